//! Calls to the centre: what an edge asks and tells, with a time limit.

use std::time::Duration;

use channels::http::built;
use reqwest::{Client, StatusCode, redirect};
use scenes::parking::edge::feed::Has;
use scenes::parking::edge::{Feed, Told};

use crate::out::{Failed, Outcome, While as _};

/// How long a call may take; photos go with it.
const LIMIT: Duration = Duration::from_secs(20);

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Away {
    /// No answer, or an answer of something in between: it is asked again.
    #[error("the centre cannot be reached: {0}")]
    Silent(String),
    /// The centre refuses: somebody has to look.
    #[error("the centre refuses ({status}): {said}")]
    Refused {
        /// The status.
        status: u16,
        /// Its words.
        said: String,
    },
}

/// The centre.
pub(super) struct Centre {
    client: Client,
    url: String,
    key: String,
}

impl Centre {
    /// Calls to this address with this key. Error: the address is none.
    pub(super) fn new(url: &str, key: String) -> Outcome<Centre> {
        let parsed = reqwest::Url::parse(url).during(format_args!("--centre {url}"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(Failed::call(format!(
                "--centre {url}: write an address that begins with https:// or http://"
            )));
        }
        let prepared = || {
            Client::builder()
                .timeout(LIMIT)
                .connect_timeout(Duration::from_secs(3))
                .redirect(redirect::Policy::none())
                .user_agent(concat!("saoma-edge/", env!("CARGO_PKG_VERSION")))
                .no_proxy()
        };
        let client = built(prepared).during("preparing calls to the centre")?;
        Ok(Centre { client, url: url.trim_end_matches('/').to_owned(), key })
    }

    /// What comes next.
    pub(super) async fn feed(&self, has: &Has) -> Result<Feed, Away> {
        let mut asked = Vec::new();
        asked.extend(has.places.clone().map(|places| ("places", places)));
        asked.extend(has.cursor.map(|cursor| ("cursor", cursor.to_string())));
        asked.extend(has.from.map(|from| ("from", from.to_string())));
        let call = self.client.get(format!("{}/v1/parking/edge/feed", self.url)).query(&asked);
        let body = self.call(call).await?;
        serde_json::from_slice(&body)
            .map_err(|error| Away::Silent(format!("its answer cannot be read: {error}")))
    }

    /// Tells facts. `upto` names the batch: telling it again is the same write.
    pub(super) async fn tell(&self, facts: &[Told], upto: i64) -> Result<(), Away> {
        let body = serde_json::json!({ "facts": facts }).to_string();
        let call = self
            .client
            .post(format!("{}/v1/parking/edge/facts", self.url))
            .header("content-type", "application/json")
            .header("idempotency-key", format!("facts-{upto}"))
            .body(body);
        self.call(call).await.map(drop)
    }

    async fn call(&self, call: reqwest::RequestBuilder) -> Result<Vec<u8>, Away> {
        let silent = |error: reqwest::Error| Away::Silent(error.without_url().to_string());
        let answer = call.bearer_auth(&self.key).send().await.map_err(silent)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(silent)?.to_vec();
        if status.is_success() {
            return Ok(body);
        }
        let said: String = String::from_utf8_lossy(&body).chars().take(300).collect();
        if status.is_server_error()
            || status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::REQUEST_TIMEOUT
        {
            return Err(Away::Silent(format!("{status}: {said}")));
        }
        Err(Away::Refused { status: status.as_u16(), said })
    }
}
