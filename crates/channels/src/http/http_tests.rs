//! What goes wrong on the way, and whether it can have had an effect.

use std::time::Duration;

use desk::channel::Trouble;
use reqwest::{Method, Url};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Answer, Call, Http, HttpSettings};

/// A server that answers every connection with these bytes after its first read, and counts connections.
async fn server(answer: &'static [u8]) -> (Url, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = Url::parse(&format!("http://{}/x", listener.local_addr().expect("an address"))).expect("a url");
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
                if answer == b"hang" {
                    tokio::time::sleep(Duration::from_secs(30)).await;
                }
                let _ = stream.write_all(answer).await;
            });
        }
    });
    (url, count)
}

async fn get(url: Url) -> Result<Answer, Trouble> {
    let http = Http::new(HttpSettings { max_body: 16, ..HttpSettings::default() });
    let timeout = Duration::from_millis(300);
    http.send(Call { method: Method::GET, url, headers: &[], body: Vec::new(), timeout, max_body: None })
        .await
}

#[tokio::test]
async fn nothing_is_assumed_once_a_connection_was_made() {
    let cases: &[(&'static [u8], &str)] = &[
        (b"hang", "timed out"),
        (b"", ""),
        (b"rubbish\r\n\r\n", ""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", ""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n01234567890123456", "longer than 16"),
    ];
    for (answer, words) in cases {
        let (url, count) = server(answer).await;
        match get(url).await {
            Err(Trouble::Unknown(what)) => assert!(what.contains(words), "{what}"),
            other => panic!("{:?} gave {other:?}", String::from_utf8_lossy(answer)),
        }
        assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1, "no call is repeated");
    }
}

#[tokio::test]
async fn a_connection_never_made_had_no_effect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = Url::parse(&format!("http://{}/", listener.local_addr().expect("an address"))).expect("a url");
    drop(listener);
    assert!(matches!(get(url).await, Err(Trouble::NotSent(_))));
}

#[tokio::test]
async fn every_status_is_an_answer_and_redirects_are_not_followed() {
    let cases: &[(&'static [u8], u16)] = &[
        (b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok", 200),
        (b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok", 302),
        (b"HTTP/1.1 500 No\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok", 500),
    ];
    for (bytes, status) in cases {
        let (url, _) = server(bytes).await;
        let answer = get(url).await.expect("an answer");
        assert_eq!(
            (answer.status, answer.body.as_slice(), answer.header("x-a")),
            (*status, b"ok".as_slice(), "b")
        );
        assert_eq!(answer.header("x-b"), "");
    }
}
