//! The calls of WeChat Pay v3 behind the desk's contract: signed requests, verified answers, one try each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use desk::channel::{
    Ack, ChargeAsk, Closing, Forged, Line, Notice, PresentAsk, RefundAsk, RefundStanding, Reversal, Standing,
    Trouble,
};
use reqwest::{Method, Url};
use serde::Serialize;
use store::Millis;

use super::keys::{Doubt, PlatformKeys, open_list};
use super::states::{refund_standing, standing, verdict};
use super::wire::{
    CERTIFICATES_PATH, CertificateList, CodePay, CodePayer, CodeScene, ErrorBody, Order, Ordered, Party,
    REFUND_PATH, RefundAmount, RefundOrder, RefundRecord, SCHEME, Store, Transaction, beijing_rfc3339,
    request_text,
};
use crate::crypto::{Nonces, SealedBox, Signer};
use crate::http::{Answer, Call, Http};
use crate::text::fit;
use crate::verdict::{Asked, Said};

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
    pub(super) http: Arc<Http>,
    pub(super) nonces: Arc<Nonces>,
    pub(super) fetching: tokio::sync::Mutex<()>,
    pub(super) fetched_ms: AtomicI64,
    pub(super) refreshing: AtomicBool,
}

/// One merchant's account at WeChat Pay.
pub(super) struct WechatLine(pub(super) Arc<Account>);

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
        let text = request_text(method.as_str(), &target, &seconds, &nonce, &body);
        let signature = self.signer.sign(&text);
        let authorization = format!(
            "{SCHEME} mchid=\"{}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{seconds}\",serial_no=\"{}\"",
            self.party.mchid, self.serial
        );
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

    async fn post<B: Serialize>(
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

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body)
        .map_err(|e| Trouble::Unknown(format!("the answer is not as documented: {e}")))
}

impl WechatLine {
    /// Reads a payment's record and makes sure it is about this payment of this account.
    fn record(&self, body: &[u8], out_trade_no: &str, now: Millis) -> Result<Standing, Trouble> {
        let record: Transaction = read(body)?;
        let other = !record.out_trade_no.is_empty() && record.out_trade_no != out_trade_no;
        if other || !self.0.party.is_named_by(&record.names) {
            return Err(Trouble::Unknown("the answer is about another payment".to_owned()));
        }
        Ok(standing(&record, now))
    }

    fn refund_record(&self, body: &[u8], ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let record: RefundRecord = read(body)?;
        if record.out_refund_no != ask.out_refund_no {
            return Err(Trouble::Unknown("the answer is about another refund".to_owned()));
        }
        Ok(refund_standing(&record, ask.now))
    }
}

#[async_trait::async_trait]
impl Line for WechatLine {
    async fn present(&self, ask: &PresentAsk) -> Result<String, Trouble> {
        let party = &self.0.party;
        let order = Order {
            names: party.names(),
            description: fit(&ask.description, 127, "商品"),
            out_trade_no: &ask.out_trade_no,
            time_expire: beijing_rfc3339(ask.expires_at),
            notify_url: &ask.notify_url,
            amount: ask.amount.into(),
            payer: None,
            scene_info: None,
        };
        match self.0.post(&party.order_path("native"), &order, ask.now).await? {
            Reply::Good(body) => match read::<Ordered>(&body)?.code_url {
                url if url.is_empty() => Err(Trouble::Unknown("the answer has no code_url".to_owned())),
                url => Ok(url),
            },
            Reply::Bad(said) => Err(verdict(Asked::Present, &said).presenting(said)),
        }
    }

    async fn charge(&self, ask: &ChargeAsk) -> Result<Standing, Trouble> {
        let party = &self.0.party;
        let common = &ask.common;
        let order = CodePay {
            names: party.names(),
            description: fit(&common.description, 127, "商品"),
            out_trade_no: &common.out_trade_no,
            payer: CodePayer { auth_code: &ask.payer_code },
            amount: common.amount.into(),
            scene_info: CodeScene {
                device_id: &common.terminal,
                device_ip: &self.0.device_ip,
                store_info: Store { out_id: &common.site },
            },
        };
        match self.0.post(&party.order_path("codepay"), &order, common.now).await? {
            Reply::Good(body) => self.record(&body, &common.out_trade_no, common.now),
            Reply::Bad(said) => verdict(Asked::Charge, &said).standing(said),
        }
    }

    async fn query(&self, out_trade_no: &str, now: Millis) -> Result<Standing, Trouble> {
        let target = self.0.party.query_target(out_trade_no);
        match self.0.exchange(Method::GET, &target, Vec::new(), now).await? {
            Reply::Good(body) => self.record(&body, out_trade_no, now),
            Reply::Bad(said) => verdict(Asked::Query, &said).standing(said),
        }
    }

    async fn close(&self, out_trade_no: &str, now: Millis) -> Result<Closing, Trouble> {
        let party = &self.0.party;
        let path = party.action_path(out_trade_no, "close");
        match self.0.post(&path, &party.merchants(), now).await? {
            Reply::Good(_) => Ok(Closing::Closed),
            Reply::Bad(said) => verdict(Asked::Close, &said).closing(said),
        }
    }

    async fn reverse(&self, out_trade_no: &str, now: Millis) -> Result<Reversal, Trouble> {
        let party = &self.0.party;
        let path = party.action_path(out_trade_no, "reverse");
        match self.0.post(&path, &party.names(), now).await? {
            Reply::Good(_) => Ok(Reversal::Reversed),
            Reply::Bad(said) => verdict(Asked::Reverse, &said).reversal(said),
        }
    }

    async fn refund(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let order = RefundOrder {
            sub_mchid: self.0.party.sub.as_ref().map(|(sub, _)| sub.as_str()),
            out_trade_no: &ask.out_trade_no,
            out_refund_no: &ask.out_refund_no,
            reason: fit(&ask.reason, 80, "退款"),
            notify_url: &ask.notify_url,
            amount: RefundAmount {
                refund: ask.amount.value,
                total: ask.paid.value,
                currency: ask.amount.currency.code(),
            },
        };
        match self.0.post(REFUND_PATH, &order, ask.now).await? {
            Reply::Good(body) => self.refund_record(&body, ask),
            Reply::Bad(said) => verdict(Asked::Refund, &said).refund(said),
        }
    }

    async fn refund_query(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let target = self.0.party.refund_target(&ask.out_refund_no);
        match self.0.exchange(Method::GET, &target, Vec::new(), ask.now).await? {
            Reply::Good(body) => self.refund_record(&body, ask),
            Reply::Bad(said) => verdict(Asked::RefundQuery, &said).refund(said),
        }
    }

    fn notification(&self, headers: &[(String, String)], body: &[u8], now: Millis) -> Result<Notice, Forged> {
        super::notify::read(&self.0, headers, body, now)
    }

    fn ack(&self) -> Ack {
        super::notify::ack()
    }

    fn nack(&self, why: &str) -> Ack {
        super::notify::nack(why)
    }
}
