//! Posts webhooks over the real network: a time limit, no redirects, a bounded look at the answer.

use std::time::Duration;

use desk::hooks::{Post, Posted, Signed};

/// How long an endpoint may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// The network behind the desk's webhooks.
pub(crate) struct Poster(reqwest::Client);

impl Poster {
    /// A client that keeps its connections.
    pub(crate) fn new() -> Result<Poster, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(LIMIT)
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("saoma/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .build()?;
        Ok(Poster(client))
    }
}

#[async_trait::async_trait]
impl Post for Poster {
    async fn post(&self, url: &str, headers: &Signed, body: String) -> Posted {
        let request = self
            .0
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &headers.id)
            .header("webhook-timestamp", headers.timestamp.to_string())
            .header("webhook-signature", &headers.signature)
            .body(body);
        match request.send().await {
            Ok(answer) => Posted::Answered(answer.status().as_u16()),
            Err(error) => Posted::Silent(error.without_url().to_string()),
        }
    }
}
