//! One account's exchanges with WeChat Pay v3: signed requests, verified answers, platform certificates fetched when they are needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use desk::channel::{Forged, Trouble};
use reqwest::{Method, Url};
use serde::Serialize;
use store::Millis;

use super::keys::{Doubt, PlatformKeys, open_list};
use super::wire::{CERTIFICATES_PATH, CertificateList, ErrorBody, Party, Request, authorization};
use crate::crypto::{Nonces, SealedBox, Signer};
use crate::http::{Answer, Call, Http};
use crate::verdict::Said;

/// Certificates are asked for again after this time, milliseconds.
const CERTIFICATES_FRESH_MS: i64 = 12 * 3600 * 1000;
/// An unknown serial number makes us ask at most this often, milliseconds.
const CERTIFICATES_PAUSE_MS: i64 = 10_000;

/// Everything one account needs.
pub(super) struct Account {
    pub(super) party: Party,
    pub(super) serial: String,
    pub(super) signer: Signer,
    pub(super) sealed: SealedBox,
    pub(super) keys: PlatformKeys,
    pub(super) base: Url,
    pub(super) device_ip: String,
    pub(super) timeout: Duration,
    /// Set where code payments go the old way.
    pub(super) v2: Option<super::v2::V2>,
    /// Set where pages inside WeChat may learn who their visitor is.
    pub(super) login: Option<super::login::Login>,
    pub(super) http: Arc<Http>,
    pub(super) nonces: Arc<Nonces>,
    pub(super) fetching: tokio::sync::Mutex<()>,
    pub(super) fetched_ms: AtomicI64,
    pub(super) refreshing: AtomicBool,
}

/// A checked answer: a success with its body, or the channel's error.
pub(super) enum Reply {
    /// 2xx, its signature verified.
    Good(Vec<u8>),
    /// Anything else.
    Bad(Said),
}

impl Account {
    /// The address of a target under the base address.
    pub(super) fn url(&self, target: &str) -> Result<Url, Trouble> {
        let base = self.base.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{target}")).map_err(|e| Trouble::NotSent(format!("bad address: {e}")))
    }

    /// Signs and sends once; answers whatever came.
    pub(super) async fn send(
        &self,
        method: Method,
        url: Url,
        body: Vec<u8>,
        now: Millis,
        max: Option<usize>,
    ) -> Result<Answer, Trouble> {
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let seconds = now.0.div_euclid(1000).to_string();
        let nonce = self.nonces.next();
        let request = Request { method: method.as_str(), target: &target, seconds: &seconds, body: &body };
        let authorization = authorization(&self.signer, &self.party.mchid, &self.serial, &nonce, &request);
        let mut headers = vec![("accept", "application/json"), ("authorization", authorization.as_str())];
        if method == Method::POST {
            headers.push(("content-type", "application/json"));
        }
        if let Some(id) = self.keys.public_key_id() {
            headers.push(("wechatpay-serial", id));
        }
        let call = Call { method, url, headers: &headers, body, timeout: self.timeout, max_body: max };
        self.http.send(call).await
    }

    /// One exchange: send, verify every 2xx, read errors. An answer that cannot be verified is no answer.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        method: Method,
        target: &str,
        body: Vec<u8>,
        now: Millis,
    ) -> Result<Reply, Trouble> {
        let answer = self.send(method, self.url(target)?, body, now, None).await?;
        if !(200..300).contains(&answer.status) {
            return Ok(Reply::Bad(said(&answer)));
        }
        let mut checked = self.keys.check(|name| answer.header(name), &answer.body, now.0);
        if let Err(Doubt::UnknownSerial(serial)) = &checked {
            tracing::info!(serial, "an answer is signed by an unknown platform certificate");
            self.fetch_certificates(now).await?;
            checked = self.keys.check(|name| answer.header(name), &answer.body, now.0);
        } else if self.keys.uses_certificates()
            && now.0 - self.fetched_ms.load(Ordering::Relaxed) > CERTIFICATES_FRESH_MS
        {
            self.refresh_later(now);
        }
        match checked {
            Ok(()) => Ok(Reply::Good(answer.body)),
            Err(doubt) => Err(Trouble::Unknown(format!("the answer is not believed: {}", doubt.words()))),
        }
    }

    pub(super) async fn post<B: Serialize>(
        self: &Arc<Self>,
        path: &str,
        body: &B,
        now: Millis,
    ) -> Result<Reply, Trouble> {
        let body = serde_json::to_vec(body).map_err(|e| Trouble::NotSent(e.to_string()))?;
        self.exchange(Method::POST, path, body, now).await
    }

    /// Fetches the list of platform certificates, one caller at a time; the others wait and use what it found. The
    /// list is signed by one of its own certificates, which only opens with our key.
    async fn fetch_certificates(self: &Arc<Self>, now: Millis) -> Result<(), Trouble> {
        let _one_at_a_time = self.fetching.lock().await;
        if now.0 - self.fetched_ms.load(Ordering::Relaxed) < CERTIFICATES_PAUSE_MS {
            return Ok(());
        }
        let answer = self.send(Method::GET, self.url(CERTIFICATES_PATH)?, Vec::new(), now, None).await?;
        self.fetched_ms.store(now.0, Ordering::Relaxed);
        if answer.status != 200 {
            return Err(Trouble::Unknown(format!(
                "the platform certificates were not given: {}",
                answer.excerpt()
            )));
        }
        let unreadable = |what: String| Trouble::Unknown(format!("the platform certificates: {what}"));
        let list: CertificateList =
            serde_json::from_slice(&answer.body).map_err(|e| unreadable(e.to_string()))?;
        let certificates = open_list(&list, &self.sealed).map_err(unreadable)?;
        let fresh = PlatformKeys::new(None, &certificates).map_err(unreadable)?;
        let by_itself = fresh.check(|name| answer.header(name), &answer.body, now.0);
        let by_known = || self.keys.check(|name| answer.header(name), &answer.body, now.0);
        if let Err(doubt) = by_itself.or_else(|_| by_known()) {
            return Err(unreadable(doubt.words()));
        }
        self.keys.add(&certificates).map_err(unreadable)
    }

    /// Starts a fetch beside the present work, if none runs and a runtime is there.
    fn refresh_later(self: &Arc<Self>, now: Millis) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.refreshing.swap(true, Ordering::AcqRel) {
            return;
        }
        let account = Arc::clone(self);
        runtime.spawn(async move {
            if let Err(trouble) = account.fetch_certificates(now).await {
                tracing::warn!(%trouble, "the platform certificates could not be fetched");
            }
            account.refreshing.store(false, Ordering::Release);
        });
    }

    /// Checks a notification; an unknown certificate is fetched for its next delivery.
    pub(super) fn check_notification(
        self: &Arc<Self>,
        headers: &[(String, String)],
        body: &[u8],
        now: Millis,
    ) -> Result<(), Forged> {
        let header = |name: &str| {
            headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, v)| v.as_str())
        };
        self.keys.check(header, body, now.0).map_err(|doubt| {
            if matches!(doubt, Doubt::UnknownSerial(_)) {
                self.refresh_later(now);
            }
            Forged(doubt.words())
        })
    }
}

fn said(answer: &Answer) -> Said {
    match serde_json::from_slice::<ErrorBody>(&answer.body) {
        Ok(body) if !body.code.is_empty() => Said::new(body.code, body.message),
        _ => Said::new("", answer.excerpt()),
    }
}

/// Reads an answer's body.
pub(super) fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body)
        .map_err(|e| Trouble::Unknown(format!("the answer is not as documented: {e}")))
}
