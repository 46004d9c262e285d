//! The calls of Alipay's gateway behind the desk's contract: signed forms, verified nodes, one try each.

use std::sync::Arc;
use std::time::Duration;

use desk::channel::{
    Ack, Billing, ChargeAsk, Closing, Forged, Funding, InAppAsk, InAppCall, Line, Notice, PresentAsk,
    RefundAsk, RefundStanding, Reversal, Standing, Trouble,
};
use reqwest::{Method, Url};
use serde::Serialize;
use store::Millis;

use super::certificates::Certificates;
use super::states::{TradeWords, cancelled, moved, paid, refund_standing, said, standing, verdict};
use super::wire::{Node, Params, RefundOrder, RefundRef, Trade, TradeRef, parts, signed_form};
use crate::beijing::wall;
use crate::crypto::{Nonces, Signer, Verifier};
use crate::http::{Call, Http};
use crate::text::fit;
use crate::verdict::Asked;

/// One merchant's app at Alipay.
pub(super) struct AlipayLine {
    pub(super) app_id: String,
    pub(super) app_auth_token: Option<String>,
    pub(super) seller_id: Option<String>,
    pub(super) signer: Signer,
    pub(super) key: Verifier,
    pub(super) certificates: Option<Certificates>,
    pub(super) gateway: Url,
    /// Where pages inside Alipay learn who their visitor is.
    pub(super) authorize: Url,
    /// Set where the v3 protocol is spoken instead of the gateway's.
    pub(super) rest: Option<Url>,
    pub(super) nonces: Arc<Nonces>,
    pub(super) timeout: Duration,
    pub(super) http: Arc<Http>,
}

/// An answer whose signature was looked at.
enum Signed {
    /// Good.
    Node(Box<Node>),
    /// By one of Alipay's certificates that nobody knows here yet.
    By(String),
}

impl AlipayLine {
    pub(super) fn params(
        &self,
        method: &str,
        content: String,
        notify_url: Option<&str>,
        now: Millis,
    ) -> Params {
        let mut params = Params::new();
        let mut put = |key: &str, value: &str| params.insert(key.to_owned(), value.to_owned());
        put("app_id", &self.app_id);
        put("method", method);
        put("format", "JSON");
        put("charset", "utf-8");
        put("sign_type", "RSA2");
        put("timestamp", &wall(now));
        put("version", "1.0");
        if let Some(url) = notify_url {
            put("notify_url", url);
        }
        if let Some(token) = &self.app_auth_token {
            put("app_auth_token", token);
        }
        if let Some(names) = &self.certificates {
            put("app_cert_sn", &names.app);
            put("alipay_root_cert_sn", &names.root);
        }
        params.insert("biz_content".to_owned(), content);
        params
    }

    /// One exchange: answers the node once its signature was checked over its raw text.
    pub(super) async fn exchange<B: Serialize>(
        &self,
        method: &str,
        content: &B,
        notify_url: Option<&str>,
        now: Millis,
    ) -> Result<Node, Trouble> {
        if let Some(endpoint) = &self.rest {
            return super::rest::exchange(self, endpoint, method, content, notify_url, now).await;
        }
        let content = serde_json::to_string(content).map_err(|e| Trouble::NotSent(e.to_string()))?;
        self.send(method, self.params(method, content, notify_url, now), now).await
    }

    /// One exchange of ready parameters with the gateway.
    pub(super) async fn send(&self, method: &str, params: Params, now: Millis) -> Result<Node, Trouble> {
        let text = self.post(params).await?;
        let mut read = self.node(&text, method)?;
        if let (Signed::By(sn), Some(certificates)) = (&read, &self.certificates) {
            tracing::info!(sn, "an answer is signed by an unknown certificate of Alipay");
            super::certificates::fetch(self, certificates, sn, now).await?;
            read = self.node(&text, method)?;
        }
        match read {
            Signed::Node(node) => Ok(*node),
            Signed::By(sn) => {
                Err(Trouble::Unknown(format!("the answer is signed by {sn}, which is not known here")))
            }
        }
    }

    /// Signs and sends to the gateway once; the text of the answer.
    pub(super) async fn post(&self, params: Params) -> Result<String, Trouble> {
        let form = signed_form(params, &self.signer);
        let headers = [
            ("content-type", "application/x-www-form-urlencoded;charset=utf-8"),
            ("accept", "application/json"),
        ];
        let call = Call {
            method: Method::POST,
            url: self.gateway.clone(),
            headers: &headers,
            body: form.into_bytes(),
            timeout: self.timeout,
            max_body: None,
        };
        let answer = self.http.send(call).await?;
        if answer.status != 200 {
            return Err(Trouble::Unknown(answer.excerpt()));
        }
        String::from_utf8(answer.body).map_err(|_| Trouble::Unknown("the answer is not UTF-8".to_owned()))
    }

    /// Takes the node out of an answer and checks its signature.
    fn node(&self, text: &str, method: &str) -> Result<Signed, Trouble> {
        let unknown = |what: String| Trouble::Unknown(what);
        let parts = parts(text, method).map_err(unknown)?;
        let node: Node = serde_json::from_str(parts.node)
            .map_err(|e| unknown(format!("the answer is not as documented: {e}")))?;
        let named = self.certificates.as_ref().filter(|_| !parts.cert_sn.is_empty());
        let by_name = named.map(|certificates| certificates.key(&parts.cert_sn));
        let key = match &by_name {
            Some(Some(key)) => key,
            Some(None) => return Ok(Signed::By(parts.cert_sn)),
            None => &self.key,
        };
        if key.verify(&[parts.node.as_bytes()], &parts.sign) {
            return Ok(Signed::Node(Box::new(node)));
        }
        // The gateway's own refusals may come unsigned; they can only ever say that nothing was done.
        if parts.is_error && parts.sign.is_empty() && is_refusal(&node) {
            return Ok(Signed::Node(Box::new(node)));
        }
        Err(unknown("the answer is not believed: its signature is wrong".to_owned()))
    }

    pub(super) fn trade<'a>(&'a self, ask: &'a PresentAsk) -> Trade<'a> {
        Trade {
            out_trade_no: &ask.out_trade_no,
            total_amount: ask.amount.decimal(),
            subject: subject(&ask.description),
            product_code: "FACE_TO_FACE_PAYMENT",
            time_expire: wall(ask.expires_at),
            store_id: &ask.site,
            terminal_id: &ask.terminal,
            seller_id: self.seller_id.as_deref(),
            qr_code_timeout_express: None,
            scene: None,
            auth_code: None,
        }
    }
}

/// Characters the subject must not hold become blanks.
fn subject(text: &str) -> String {
    fit(&text.replace(['/', '=', '&'], " "), 256, "商品")
}

/// Whether an error node can only mean that the request was refused at the door.
fn is_refusal(node: &Node) -> bool {
    matches!(node.code.as_str(), "40001" | "40002" | "40003" | "40006") && node.sub_code.starts_with("isv.")
}

/// Minutes from now to the end, rounded up, as `15m`; at least one.
fn minutes_left(ask: &PresentAsk) -> String {
    let left_ms = (ask.expires_at.0 - ask.now.0).max(0);
    format!("{}m", left_ms.div_euclid(60_000) + i64::from(left_ms % 60_000 > 0 || left_ms == 0))
}

fn same(theirs: &str, ours: &str) -> Result<(), Trouble> {
    if theirs.is_empty() || theirs == ours {
        Ok(())
    } else {
        Err(Trouble::Unknown("the answer is about another payment".to_owned()))
    }
}

fn is_good(node: &Node) -> bool {
    node.code == "10000"
}

#[async_trait::async_trait]
impl Line for AlipayLine {
    async fn present(&self, ask: &PresentAsk) -> Result<String, Trouble> {
        let content = Trade { qr_code_timeout_express: Some(minutes_left(ask)), ..self.trade(ask) };
        let node = self.exchange("alipay.trade.precreate", &content, Some(&ask.notify_url), ask.now).await?;
        if !is_good(&node) {
            return Err(verdict(Asked::Present, &node).presenting(said(&node)));
        }
        same(&node.out_trade_no, &ask.out_trade_no)?;
        if node.qr_code.is_empty() {
            return Err(Trouble::Unknown("the answer has no qr_code".to_owned()));
        }
        Ok(node.qr_code)
    }

    async fn in_app(&self, ask: &InAppAsk) -> Result<InAppCall, Trouble> {
        super::in_app::call(self, ask).await
    }

    fn login(&self, back: &str, state: &str) -> Option<String> {
        Some(super::login::address(self, back, state))
    }

    async fn payer(&self, code: &str, now: Millis) -> Result<String, Trouble> {
        super::login::payer(self, code, now).await
    }

    async fn charge(&self, ask: &ChargeAsk) -> Result<Standing, Trouble> {
        let common = &ask.common;
        let content =
            Trade { scene: Some("bar_code"), auth_code: Some(&ask.payer_code), ..self.trade(common) };
        let node = self.exchange("alipay.trade.pay", &content, Some(&common.notify_url), common.now).await?;
        same(&node.out_trade_no, &common.out_trade_no)?;
        if !is_good(&node) {
            return verdict(Asked::Charge, &node).standing(said(&node));
        }
        let words = TradeWords {
            status: "TRADE_SUCCESS",
            trade_no: &node.trade_no,
            total: &node.total_amount,
            paid_at: &node.gmt_payment,
        };
        Ok(paid(&words, common.now))
    }

    async fn query(&self, out_trade_no: &str, now: Millis) -> Result<Standing, Trouble> {
        let node = self.exchange("alipay.trade.query", &TradeRef { out_trade_no }, None, now).await?;
        same(&node.out_trade_no, out_trade_no)?;
        if !is_good(&node) {
            return verdict(Asked::Query, &node).standing(said(&node));
        }
        let words = TradeWords {
            status: &node.trade_status,
            trade_no: &node.trade_no,
            total: &node.total_amount,
            paid_at: &node.send_pay_date,
        };
        Ok(standing(&words, now))
    }

    async fn close(&self, out_trade_no: &str, now: Millis) -> Result<Closing, Trouble> {
        let node = self.exchange("alipay.trade.close", &TradeRef { out_trade_no }, None, now).await?;
        same(&node.out_trade_no, out_trade_no)?;
        if is_good(&node) { Ok(Closing::Closed) } else { verdict(Asked::Close, &node).closing(said(&node)) }
    }

    async fn reverse(&self, out_trade_no: &str, now: Millis) -> Result<Reversal, Trouble> {
        let node = self.exchange("alipay.trade.cancel", &TradeRef { out_trade_no }, None, now).await?;
        same(&node.out_trade_no, out_trade_no)?;
        if !is_good(&node) {
            return verdict(Asked::Reverse, &node).reversal(said(&node));
        }
        cancelled(&node)
    }

    async fn refund(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let content = RefundOrder {
            trade_no: ask.channel_txn.as_deref(),
            out_trade_no: &ask.out_trade_no,
            refund_amount: ask.amount.decimal(),
            out_request_no: &ask.out_refund_no,
            refund_reason: fit(&ask.reason, 256, "退款"),
        };
        let node = self.exchange("alipay.trade.refund", &content, None, ask.now).await?;
        same(&node.out_trade_no, &ask.out_trade_no)?;
        if !is_good(&node) {
            return verdict(Asked::Refund, &node).refund(said(&node));
        }
        if let Some(done) = moved(&node, ask.now) {
            return Ok(done);
        }
        match self.refund_query(ask).await? {
            RefundStanding::Absent => Ok(RefundStanding::Processing),
            standing => Ok(standing),
        }
    }

    async fn refund_query(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let content = RefundRef {
            trade_no: ask.channel_txn.as_deref(),
            out_trade_no: &ask.out_trade_no,
            out_request_no: &ask.out_refund_no,
            query_options: ["gmt_refund_pay"],
        };
        let node = self.exchange("alipay.trade.fastpay.refund.query", &content, None, ask.now).await?;
        same(&node.out_trade_no, &ask.out_trade_no)?;
        same(&node.out_request_no, &ask.out_refund_no)?;
        if is_good(&node) {
            Ok(refund_standing(&node, ask.now))
        } else {
            verdict(Asked::RefundQuery, &node).refund(said(&node))
        }
    }

    async fn bill(&self, day: &str, now: Millis) -> Result<Billing, Trouble> {
        super::bill::fetch(self, day, now).await
    }

    async fn funds(&self, day: &str, now: Millis) -> Result<Funding, Trouble> {
        super::funds::fetch(self, day, now).await
    }

    fn notification(
        &self,
        _headers: &[(String, String)],
        body: &[u8],
        now: Millis,
    ) -> Result<Notice, Forged> {
        super::notify::read(self, body, now)
    }

    fn ack(&self) -> Ack {
        super::notify::ack()
    }

    fn nack(&self, why: &str) -> Ack {
        super::notify::nack(why)
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
