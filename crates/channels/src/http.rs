//! The one way out to a gateway: time limits, a bound on answers, connections kept, no redirects, no repetition. What
//! went wrong is told apart by whether it can have had an effect at the other side.

use std::sync::OnceLock;
use std::time::Duration;

use desk::channel::Trouble;
use reqwest::{Client, ClientBuilder, Method, Url};

/// How calls to gateways are bounded.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Longest time to make a connection, TLS included.
    pub connect_timeout: Duration,
    /// Longest time of a whole call, unless the account's settings say otherwise.
    pub timeout: Duration,
    /// Most bytes of an answer that are read.
    pub max_body: usize,
    /// Longest time an idle connection is kept.
    pub idle: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        HttpSettings {
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
            max_body: 1024 * 1024,
            idle: Duration::from_secs(55),
        }
    }
}

/// A client shared by all lines. It is built at the first call: reading the system's root certificates takes a while.
pub struct Http {
    client: OnceLock<Result<Client, String>>,
    settings: HttpSettings,
    /// A certificate and its key in PEM, shown to gateways that ask for one.
    identity: Option<String>,
}

/// A client as `prepared`. On a machine without certificates of authorities plain HTTP works all the same and HTTPS is refused.
pub fn built(prepared: impl Fn() -> ClientBuilder) -> reqwest::Result<Client> {
    prepared().build().or_else(|_| prepared().tls_certs_only([]).build())
}

/// One request.
pub struct Call<'a> {
    /// GET or POST.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Header lines beside those the client makes.
    pub headers: &'a [(&'static str, &'a str)],
    /// The exact bytes.
    pub body: Vec<u8>,
    /// Longest time of the whole call.
    pub timeout: Duration,
    /// Most bytes read, when more than the client's own bound are expected (bills).
    pub max_body: Option<usize>,
}

/// One answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    headers: reqwest::header::HeaderMap,
    /// The raw bytes.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's text, empty when it is absent or not ASCII.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The body as text, shortened, for messages about what was answered.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        format!("HTTP {} {}", self.status, text.chars().take(200).collect::<String>())
    }
}

impl Http {
    /// A client with these bounds.
    pub const fn new(settings: HttpSettings) -> Http {
        Http { client: OnceLock::new(), settings, identity: None }
    }

    /// The same with a certificate and its private key (PEM, one after the other). Error: what is wrong with them.
    pub fn with_identity(settings: HttpSettings, pem: String) -> Result<Http, String> {
        reqwest::Identity::from_pem(pem.as_bytes()).map_err(|e| chain(&e))?;
        Ok(Http { client: OnceLock::new(), settings, identity: Some(pem) })
    }

    /// The bounds.
    pub const fn settings(&self) -> &HttpSettings {
        &self.settings
    }

    fn client(&self) -> Result<&Client, Trouble> {
        let build = || {
            let pem = self.identity.as_ref().map(|pem| reqwest::Identity::from_pem(pem.as_bytes()));
            let identity = pem.transpose().map_err(|e| chain(&e))?;
            let prepared = || {
                let builder = match &identity {
                    Some(identity) => Client::builder().identity(identity.clone()),
                    None => Client::builder(),
                };
                builder
                    .connect_timeout(self.settings.connect_timeout)
                    .pool_idle_timeout(self.settings.idle)
                    .pool_max_idle_per_host(64)
                    .redirect(reqwest::redirect::Policy::none())
                    .retry(reqwest::retry::never())
                    .referer(false)
                    .no_proxy()
                    .tcp_nodelay(true)
                    .user_agent(concat!("saoma/", env!("CARGO_PKG_VERSION")))
            };
            built(prepared).map_err(|e| chain(&e))
        };
        self.client.get_or_init(build).as_ref().map_err(|e| Trouble::NotSent(e.clone()))
    }

    /// Sends once. Errors: [`Trouble::NotSent`] when no connection was made, [`Trouble::Unknown`] for everything after that.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, Trouble> {
        let mut request = self.client()?.request(call.method, call.url).timeout(call.timeout).body(call.body);
        for (name, value) in call.headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send().await.map_err(|e| trouble(&e))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let bound = call.max_body.unwrap_or(self.settings.max_body);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| trouble(&e))? {
            if body.len() + chunk.len() > bound {
                return Err(Trouble::Unknown(format!("the answer is longer than {bound} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

fn trouble(error: &reqwest::Error) -> Trouble {
    let what = chain(error);
    if error.is_connect() || error.is_builder() { Trouble::NotSent(what) } else { Trouble::Unknown(what) }
}

/// An error with all its causes, without the address (its query may hold numbers that do not belong into logs).
fn chain(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { String::new() };
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    if text.is_empty() { "the call failed".to_owned() } else { text }
}

#[cfg(test)]
mod http_tests;
