//! The calls of Alipay+ (AMS) behind the desk's contract: signed JSON both ways, one try each.

use std::sync::Arc;
use std::time::Duration;

use desk::channel::{
    Ack, ChargeAsk, Closing, Forged, Line, Notice, PresentAsk, RefundAsk, RefundStanding, Reversal, Standing,
    Trouble,
};
use reqwest::{Method as HttpMethod, Url};
use serde::Serialize;
use store::Millis;

use super::states::{paid, refund_standing, refunded, said, standing, verdict};
use super::wire::{
    Factor, Merchant, Method, Order, Pay, PaymentRef, RefundOrder, RefundRef, Seller, Settlement, Shop, Told,
    is_signed, signature_header, signed_text,
};
use crate::beijing::rfc3339;
use crate::crypto::{Signer, Verifier};
use crate::http::{Call, Http};
use crate::text::fit;
use crate::verdict::{Asked, Verdict};

/// One client of Alipay+.
pub(super) struct AlipayPlusLine {
    pub(super) client_id: String,
    pub(super) key_version: String,
    pub(super) signer: Signer,
    pub(super) key: Verifier,
    pub(super) agent_token: Option<String>,
    pub(super) merchant: Merchant,
    pub(super) store_name: String,
    pub(super) settlement_currency: Option<String>,
    /// Address with the prefix of all calls.
    pub(super) base: Url,
    pub(super) timeout: Duration,
    pub(super) http: Arc<Http>,
}

impl AlipayPlusLine {
    async fn exchange<B: Serialize>(&self, call: &str, body: &B, now: Millis) -> Result<Told, Trouble> {
        let body = serde_json::to_vec(body).map_err(|e| Trouble::NotSent(e.to_string()))?;
        let url = Url::parse(&format!("{}/payments/{call}", self.base.as_str().trim_end_matches('/')))
            .map_err(|e| Trouble::NotSent(format!("bad address: {e}")))?;
        let (path, time) = (url.path().to_owned(), rfc3339(now));
        let signature = signature_header(
            &self.signer,
            &self.key_version,
            &signed_text(&path, &self.client_id, &time, &body),
        );
        let mut headers = vec![
            ("content-type", "application/json; charset=UTF-8"),
            ("client-id", self.client_id.as_str()),
            ("request-time", time.as_str()),
            ("signature", signature.as_str()),
        ];
        if let Some(token) = &self.agent_token {
            headers.push(("agent-token", token));
        }
        let call = Call {
            method: HttpMethod::POST,
            url,
            headers: &headers,
            body,
            timeout: self.timeout,
            max_body: None,
        };
        let answer = self.http.send(call).await?;
        if answer.status != 200 {
            return Err(Trouble::Unknown(answer.excerpt()));
        }
        let text = signed_text(&path, &self.client_id, answer.header("response-time"), &answer.body);
        if !is_signed(&self.key, answer.header("signature"), &text) {
            return Err(Trouble::Unknown(format!("the answer is not believed: {}", answer.excerpt())));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|e| Trouble::Unknown(format!("the answer is not as documented: {e}")))
    }

    fn pay<'a>(&'a self, ask: &'a PresentAsk, code: Option<&'a str>) -> Pay<'a> {
        let scenario = if code.is_some() { "PaymentCode" } else { "OrderCode" };
        Pay {
            product_code: "IN_STORE_PAYMENT",
            payment_request_id: &ask.out_trade_no,
            order: Order {
                reference_order_id: &ask.out_trade_no,
                order_description: fit(&ask.description, 256, "Goods"),
                order_amount: ask.amount.into(),
                merchant: Seller {
                    merchant: &self.merchant,
                    store: Shop {
                        reference_store_id: &ask.site,
                        store_name: &self.store_name,
                        store_mcc: &self.merchant.merchant_mcc,
                        store_terminal_id: &ask.terminal,
                    },
                },
            },
            payment_amount: ask.amount.into(),
            payment_method: Method { payment_method_type: "CONNECT_WALLET", payment_method_id: code },
            payment_factor: Factor { in_store_payment_scenario: scenario },
            payment_notify_url: &ask.notify_url,
            payment_expiry_time: rfc3339(ask.expires_at),
            settlement_strategy: self
                .settlement_currency
                .as_deref()
                .map(|settlement_currency| Settlement { settlement_currency }),
        }
    }

    async fn inquire(&self, out_trade_no: &str, now: Millis) -> Result<Told, Trouble> {
        let told =
            self.exchange("inquiryPayment", &PaymentRef { payment_request_id: out_trade_no }, now).await?;
        same(&told.payment_request_id, out_trade_no)?;
        Ok(told)
    }

    async fn cancel(&self, out_trade_no: &str, now: Millis) -> Result<Told, Trouble> {
        let told = self.exchange("cancel", &PaymentRef { payment_request_id: out_trade_no }, now).await?;
        same(&told.payment_request_id, out_trade_no)?;
        Ok(told)
    }
}

fn is_good(told: &Told) -> bool {
    told.result.result_status == "S"
}

fn same(theirs: &str, ours: &str) -> Result<(), Trouble> {
    if theirs.is_empty() || theirs == ours {
        Ok(())
    } else {
        Err(Trouble::Unknown("the answer is about another payment".to_owned()))
    }
}

#[async_trait::async_trait]
impl Line for AlipayPlusLine {
    async fn present(&self, ask: &PresentAsk) -> Result<String, Trouble> {
        let told = self.exchange("pay", &self.pay(ask, None), ask.now).await?;
        let verdict = verdict(Asked::Present, &told.result);
        if !is_good(&told) && verdict != Verdict::Waiting {
            return Err(verdict.presenting(said(&told.result)));
        }
        same(&told.payment_request_id, &ask.out_trade_no)?;
        let codes = told.order_code_form.unwrap_or_default().code_details;
        let text = codes.iter().find(|c| c.display_type == "TEXT").or(codes.first());
        match text {
            Some(code) if !code.code_value.is_empty() => Ok(code.code_value.clone()),
            _ => Err(Trouble::Unknown("the answer has no order code".to_owned())),
        }
    }

    async fn charge(&self, ask: &ChargeAsk) -> Result<Standing, Trouble> {
        let common = &ask.common;
        let told = self.exchange("pay", &self.pay(common, Some(&ask.payer_code)), common.now).await?;
        same(&told.payment_request_id, &common.out_trade_no)?;
        if is_good(&told) {
            return Ok(paid(&told, common.now));
        }
        verdict(Asked::Charge, &told.result).standing(said(&told.result))
    }

    async fn query(&self, out_trade_no: &str, now: Millis) -> Result<Standing, Trouble> {
        let told = self.inquire(out_trade_no, now).await?;
        if is_good(&told) {
            return Ok(standing(&told, now));
        }
        verdict(Asked::Query, &told.result).standing(said(&told.result))
    }

    /// There is only one call to stop a payment, and it gives back what was paid: so the payment is asked about first.
    async fn close(&self, out_trade_no: &str, now: Millis) -> Result<Closing, Trouble> {
        match self.query(out_trade_no, now).await? {
            Standing::Paid(_) | Standing::Refunded(_) => return Ok(Closing::Paid),
            Standing::Absent => return Ok(Closing::Absent),
            Standing::Closed | Standing::Reversed | Standing::Declined { .. } => return Ok(Closing::Closed),
            Standing::Waiting | Standing::Strange(_) => {}
        }
        let told = self.cancel(out_trade_no, now).await?;
        if is_good(&told) {
            return Ok(Closing::Closed);
        }
        verdict(Asked::Close, &told.result).closing(said(&told.result))
    }

    async fn reverse(&self, out_trade_no: &str, now: Millis) -> Result<Reversal, Trouble> {
        let told = self.cancel(out_trade_no, now).await?;
        if is_good(&told) {
            return Ok(Reversal::Reversed);
        }
        verdict(Asked::Reverse, &told.result).reversal(said(&told.result))
    }

    async fn refund(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let payment_id = match &ask.channel_txn {
            Some(id) => id.clone(),
            None => self.inquire(&ask.out_trade_no, ask.now).await?.payment_id,
        };
        let order = RefundOrder {
            refund_request_id: &ask.out_refund_no,
            payment_id: &payment_id,
            refund_amount: ask.amount.into(),
            refund_reason: fit(&ask.reason, 256, "Refund"),
        };
        let told = self.exchange("refund", &order, ask.now).await?;
        same(&told.refund_request_id, &ask.out_refund_no)?;
        if is_good(&told) {
            return Ok(refunded(&told, ask.now));
        }
        verdict(Asked::Refund, &told.result).refund(said(&told.result))
    }

    async fn refund_query(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let told = self
            .exchange("inquiryRefund", &RefundRef { refund_request_id: &ask.out_refund_no }, ask.now)
            .await?;
        same(&told.refund_request_id, &ask.out_refund_no)?;
        if is_good(&told) {
            return Ok(refund_standing(&told, ask.now));
        }
        verdict(Asked::RefundQuery, &told.result).refund(said(&told.result))
    }

    fn notification(&self, headers: &[(String, String)], body: &[u8], now: Millis) -> Result<Notice, Forged> {
        super::notify::read(self, headers, body, now)
    }

    fn ack(&self) -> Ack {
        super::notify::answer(200, "SUCCESS", "S", "success")
    }

    fn nack(&self, why: &str) -> Ack {
        super::notify::answer(400, "PROCESS_FAIL", "F", why)
    }
}
