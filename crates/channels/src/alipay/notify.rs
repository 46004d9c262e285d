//! Notifications of Alipay: a signed form. They carry no freshness rule (the last comes a day later), so what keeps a
//! repeated one harmless is that payments and refunds only ever move forward.

use desk::channel::{Ack, Forged, Notice, RefundStanding};
use store::Millis;

use super::client::AlipayLine;
use super::states::{TradeWords, standing};
use super::wire::{is_signed, read_form};
use crate::beijing::moment;

/// Checks and reads one.
pub(super) fn read(line: &AlipayLine, body: &[u8], now: Millis) -> Result<Notice, Forged> {
    let params = read_form(body);
    let field = |key: &str| params.get(key).map_or("", String::as_str);
    if !matches!(field("sign_type"), "RSA2" | "") {
        return Err(Forged(format!("the signature type {:?} is not used here", field("sign_type"))));
    }
    if !is_signed(&params, &line.key) {
        return Err(Forged("its signature is wrong".to_owned()));
    }
    if field("app_id") != line.app_id && field("auth_app_id") != line.app_id {
        return Err(Forged("it is about another app's payment".to_owned()));
    }
    if line.seller_id.as_ref().is_some_and(|seller| seller != field("seller_id")) {
        return Err(Forged("it is about another seller's payment".to_owned()));
    }
    let (out_trade_no, status) = (field("out_trade_no"), field("trade_status"));
    if out_trade_no.is_empty() || status.is_empty() {
        return Ok(Notice::Other(format!("{} {}", field("notify_type"), field("notify_id"))));
    }
    let refunded_at = moment(field("gmt_refund"));
    // A cancel gives back under no number of ours: then the payment's own standing is told below.
    let ours = !matches!(field("out_biz_no"), "" | "0") && field("out_biz_no") != out_trade_no;
    if let (Some(at), true) = (refunded_at, ours) {
        return Ok(Notice::Refund {
            out_trade_no: out_trade_no.to_owned(),
            out_refund_no: field("out_biz_no").to_owned(),
            standing: RefundStanding::Succeeded { channel_refund: field("trade_no").to_owned(), at },
        });
    }
    let words = TradeWords {
        status,
        trade_no: field("trade_no"),
        total: field("total_amount"),
        paid_at: field("gmt_payment"),
    };
    Ok(Notice::Payment { out_trade_no: out_trade_no.to_owned(), standing: standing(&words, now) })
}

/// The answer that ends the repetitions: these seven letters and nothing else.
pub(super) fn ack() -> Ack {
    Ack { status: 200, content_type: "text/plain; charset=utf-8", body: "success".to_owned() }
}

/// Any other answer makes it come again.
pub(super) fn nack(_why: &str) -> Ack {
    Ack { status: 400, content_type: "text/plain; charset=utf-8", body: "failure".to_owned() }
}
