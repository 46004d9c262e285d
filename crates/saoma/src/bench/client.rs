//! A lean HTTP/1.1 client over one kept connection: its own cost counts against what is measured, so it does no more than it must.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One kept connection.
pub(super) struct Client {
    stream: TcpStream,
    address: String,
    sent: Vec<u8>,
    got: Vec<u8>,
}

/// An answer: its status and where its body is in the buffer.
pub(super) struct Answer<'a> {
    /// The status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: &'a [u8],
}

impl Client {
    /// Connects.
    pub(super) async fn connect(address: SocketAddr) -> Result<Client> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, address: address.to_string(), sent: Vec::new(), got: Vec::with_capacity(4096) })
    }

    /// Posts a JSON body and reads the answer.
    pub(super) async fn post(
        &mut self,
        path: &str,
        key: &str,
        idempotency: &str,
        body: &str,
    ) -> Result<Answer<'_>> {
        self.begin("POST ", path);
        self.add(&["\r\nauthorization: Bearer ", key, "\r\nidempotency-key: ", idempotency]);
        self.finish(body).await
    }

    /// Posts a JSON body with these headers.
    pub(super) async fn post_with(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer<'_>> {
        self.begin("POST ", path);
        for (name, value) in headers {
            self.add(&["\r\n", name, ": ", value]);
        }
        self.finish(body).await
    }

    /// Gets.
    pub(super) async fn get(&mut self, path: &str, key: &str) -> Result<Answer<'_>> {
        self.begin("GET ", path);
        self.add(&["\r\nauthorization: Bearer ", key, "\r\n\r\n"]);
        self.stream.write_all(&self.sent).await?;
        self.answer().await
    }

    fn begin(&mut self, method: &str, path: &str) {
        self.sent.clear();
        let address = std::mem::take(&mut self.address);
        self.add(&[method, path, " HTTP/1.1\r\nhost: ", &address]);
        self.address = address;
    }

    fn add(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.sent.extend_from_slice(part.as_bytes()));
    }

    async fn finish(&mut self, body: &str) -> Result<Answer<'_>> {
        let length = body.len().to_string();
        self.add(&["\r\ncontent-type: application/json\r\ncontent-length: ", &length, "\r\n\r\n", body]);
        self.stream.write_all(&self.sent).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer<'_>> {
        self.got.clear();
        loop {
            if let Some((status, head, length)) = head(&self.got)? {
                while self.got.len() < head + length {
                    self.more().await?;
                }
                return Ok(Answer { status, body: &self.got[head..head + length] });
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.got).await? {
            0 => Err(Error::new(ErrorKind::UnexpectedEof, "the server closed the connection")),
            _ => Ok(()),
        }
    }
}

/// Status, length of the head and length of the body, once the head is complete.
fn head(bytes: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let odd = || Error::new(ErrorKind::InvalidData, "an answer that is not HTTP");
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| odd())?;
    let mut lines = text.split("\r\n");
    let status =
        lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).ok_or_else(odd)?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .ok_or_else(odd)?;
    Ok(Some((status, end + 4, length)))
}

/// The first value of a text field in a JSON body, as it stands there: enough for ids and states.
pub(super) fn field<'a>(body: &'a [u8], name: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(body).ok()?;
    let from = text.find(&format!("\"{name}\":\""))? + name.len() + 4;
    let rest = &text[from..];
    rest.find('"').map(|end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_they_come() {
        let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        assert_eq!(head(whole).unwrap(), Some((201, whole.len() - 2, 2)));
        assert_eq!(head(&whole[..30]).unwrap(), None);
        assert!(head(b"HTTP/1.1 201 Created\r\n\r\n").is_err(), "an answer without a length");
    }

    #[test]
    fn fields_of_a_body() {
        let body = br#"{"id":"0AK","state":"open","lines":[{"id":"x"}]}"#;
        assert_eq!(field(body, "id"), Some("0AK"));
        assert_eq!(field(body, "state"), Some("open"));
        assert_eq!(field(body, "none"), None);
    }
}
