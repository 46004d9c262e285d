//! The calls of WeChat Pay v3 behind the desk's contract, one try each.

use std::sync::Arc;

use desk::channel::{
    Ack, Billing, ChargeAsk, Closing, Forged, Funding, InAppAsk, InAppCall, Line, Notice, PresentAsk,
    RefundAsk, RefundStanding, Reversal, Standing, Trouble,
};
use reqwest::Method;
use store::Millis;

use super::account::{Account, Reply, read};
use super::in_app;
use super::states::{refund_standing, standing, verdict};
use super::wire::{
    CodePay, CodePayer, CodeScene, REFUND_PATH, RefundAmount, RefundOrder, RefundRecord, RepairOrder, Store,
    Transaction,
};
use crate::text::fit;
use crate::verdict::Asked;

/// One merchant's account at WeChat Pay.
pub(super) struct WechatLine(pub(super) Arc<Account>);

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
        let ordered = in_app::order(&self.0, ask, "native", None, None).await?;
        if ordered.code_url.is_empty() {
            return Err(Trouble::Unknown("the answer has no code_url".to_owned()));
        }
        Ok(ordered.code_url)
    }

    async fn in_app(&self, ask: &InAppAsk) -> Result<InAppCall, Trouble> {
        in_app::call(&self.0, ask).await
    }

    fn login(&self, back: &str, state: &str) -> Option<String> {
        super::login::address(&self.0, back, state)
    }

    async fn payer(&self, code: &str, now: Millis) -> Result<String, Trouble> {
        super::login::payer(&self.0, code, now).await
    }

    async fn charge(&self, ask: &ChargeAsk) -> Result<Standing, Trouble> {
        if let Some(v2) = &self.0.v2 {
            return super::v2::charge(&self.0, v2, ask).await;
        }
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
        if let Some(v2) = &self.0.v2 {
            return super::v2::reverse(&self.0, v2, out_trade_no).await;
        }
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
            transaction_id: ask.channel_txn.as_deref(),
            out_trade_no: ask.channel_txn.is_none().then_some(ask.out_trade_no.as_str()),
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

    async fn repair(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let target = self.0.party.refund_target(&ask.out_refund_no);
        let record: RefundRecord = match self.0.exchange(Method::GET, &target, Vec::new(), ask.now).await? {
            Reply::Good(body) => read(&body)?,
            Reply::Bad(said) => return Err(verdict(Asked::Query, &said).presenting(said)),
        };
        if record.status != "ABNORMAL" {
            return Ok(refund_standing(&record, ask.now));
        }
        let order = RepairOrder {
            sub_mchid: self.0.party.sub.as_ref().map(|(sub, _)| sub.as_str()),
            out_refund_no: &ask.out_refund_no,
            kind: "MERCHANT_BANK_CARD",
        };
        let path = format!("{REFUND_PATH}/{}/apply-abnormal-refund", record.refund_id);
        match self.0.post(&path, &order, ask.now).await? {
            Reply::Good(body) => self.refund_record(&body, ask),
            Reply::Bad(said) => Err(verdict(Asked::Query, &said).presenting(said)),
        }
    }

    async fn bill(&self, day: &str, now: Millis) -> Result<Billing, Trouble> {
        super::bill::fetch(&self.0, day, now).await
    }

    async fn funds(&self, day: &str, now: Millis) -> Result<Funding, Trouble> {
        super::funds::fetch(&self.0, day, now).await
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
