//! Posts webhooks over the real network: a time limit, no redirects, no answer's body is read.

use std::sync::OnceLock;
use std::time::Duration;

use channels::http::built;
use desk::hooks::{Post, Posted, Signed};
use reqwest::{Client, redirect};

/// How long an endpoint may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// The network behind the desk's webhooks. Its client is built at the first post: reading the system's root certificates takes a while.
#[derive(Default)]
pub(crate) struct Poster(OnceLock<Option<Client>>);

impl Poster {
    fn client(&self) -> Option<&Client> {
        let prepared = || {
            Client::builder()
                .timeout(LIMIT)
                .connect_timeout(Duration::from_secs(5))
                .redirect(redirect::Policy::none())
                .user_agent(concat!("saoma/", env!("CARGO_PKG_VERSION")))
                .no_proxy()
        };
        let build =
            || built(prepared).inspect_err(|error| tracing::error!(%error, "no webhook can be sent")).ok();
        self.0.get_or_init(build).as_ref()
    }
}

#[async_trait::async_trait]
impl Post for Poster {
    async fn post(&self, url: &str, headers: &Signed, body: String) -> Posted {
        let Some(client) = self.client() else {
            return Posted::Silent("this process cannot make connections; its log says why".to_owned());
        };
        let request = client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &headers.id)
            .header("webhook-timestamp", headers.timestamp)
            .header("webhook-signature", &headers.signature)
            .body(body);
        match request.send().await {
            Ok(answer) => Posted::Answered(answer.status().as_u16()),
            Err(error) => Posted::Silent(error.without_url().to_string()),
        }
    }
}
