//! The line to the platform: reports as the terminal, and receipts as bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use cash_devices::Equipment;
use channels::http::built;
use reqwest::Client;
use serde::Deserialize;
use serde_json::json;

use super::journal::Numbered;
use crate::out::{Outcome, While as _};

/// How long an answer may take; the machine stands still meanwhile.
const LIMIT: Duration = Duration::from_secs(3);
/// The most facts in one report.
const MOST_FACTS: usize = 100;

/// What the platform wants.
#[derive(Debug, Deserialize)]
pub(super) struct Orders {
    pub(super) heard: i64,
    pub(super) take: Vec<i64>,
    pub(super) escrow: String,
    #[serde(default)]
    pub(super) give: Vec<Give>,
    #[serde(default)]
    pub(super) print: Vec<Print>,
}

/// Pieces to give.
#[derive(Debug, Deserialize)]
pub(super) struct Give {
    #[serde(deserialize_with = "number")]
    pub(super) payout: u64,
    pub(super) pieces: BTreeMap<i64, u32>,
}

/// A receipt to print.
#[derive(Debug, Deserialize)]
pub(super) struct Print {
    pub(super) id: String,
    pub(super) fulfilment: String,
    pub(super) copy: bool,
}

fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// The platform, as a terminal sees it.
pub(super) struct Link {
    client: Client,
    url: String,
    key: String,
    reports: u64,
}

impl Link {
    pub(super) fn new(url: String, key: String) -> Outcome<Link> {
        let client = built(|| Client::builder().timeout(LIMIT).no_proxy()).during("making connections")?;
        Ok(Link { client, url, key, reports: 0 })
    }

    /// Tells what happened and hears what to do.
    pub(super) async fn report(
        &mut self,
        epoch: i64,
        equipment: &Equipment,
        untold: &[Numbered],
    ) -> Result<Orders, String> {
        self.reports += 1;
        let facts = &untold[..untold.len().min(MOST_FACTS)];
        let body = json!({"epoch": epoch, "equipment": equipment, "facts": facts});
        let request = self
            .client
            .post(format!("{}/v1/machine/report", self.url))
            .bearer_auth(&self.key)
            .header("content-type", "application/json")
            .header("idempotency-key", format!("report-{epoch}-{}", self.reports))
            .body(body.to_string());
        let answer = request.send().await.map_err(|e| e.without_url().to_string())?;
        let status = answer.status();
        let text = answer.text().await.map_err(|e| e.without_url().to_string())?;
        if !status.is_success() {
            return Err(format!("{status}: {text}"));
        }
        serde_json::from_str(&text).map_err(|e| e.to_string())
    }

    /// A receipt as the printer takes it.
    pub(super) async fn receipt(&self, fulfilment: &str, copy: bool) -> Result<Vec<u8>, String> {
        let request = self
            .client
            .get(format!("{}/v1/fulfilments/{fulfilment}/escpos?copy={copy}", self.url))
            .bearer_auth(&self.key);
        let answer = request.send().await.map_err(|e| e.without_url().to_string())?;
        if !answer.status().is_success() {
            return Err(answer.status().to_string());
        }
        answer.bytes().await.map(|b| b.to_vec()).map_err(|e| e.without_url().to_string())
    }
}
