//! How a payment and a refund look in answers and callbacks.

use serde_json::{Value, json};

use super::Ending;
use crate::clock::rfc3339;
use crate::model::{Channel, Refund, Trade, TradeState};
use crate::rates;
use crate::state::State;

/// An amount: minor units as text.
pub(crate) fn money(minor: i64, currency: &str) -> Value {
    json!({"currency": currency, "value": minor.to_string()})
}

/// The currency the merchant is settled in.
fn settlement_currency(trade: &Trade) -> String {
    let asked = trade.request.pointer("/settlementStrategy/settlementCurrency").and_then(Value::as_str);
    asked.filter(|currency| rates::known(currency)).unwrap_or("CNY").to_string()
}

/// SUCCESS, FAIL, PROCESSING or CANCELLED.
pub(crate) fn payment_status(trade: &Trade) -> &'static str {
    match trade.state {
        TradeState::Paid => "SUCCESS",
        TradeState::Precreated | TradeState::Unpaid | TradeState::Prompted => "PROCESSING",
        TradeState::Closed | TradeState::Revoked => "CANCELLED",
        TradeState::Failed => "FAIL",
    }
}

/// The numbers and, once paid, the money on both sides with its rate.
pub(crate) fn payment(state: &State, trade: &Trade) -> Value {
    let mut view = json!({
        "paymentRequestId": trade.out_trade_no,
        "paymentId": trade.trade_no,
        "paymentAmount": money(trade.total_fen, &trade.currency),
        "paymentCreateTime": rfc3339(trade.created_ms),
    });
    if trade.state == TradeState::Failed {
        view["paymentResultCode"] = json!("PROCESS_FAIL");
        view["paymentResultMessage"] = json!("A general business failure occurred.");
    }
    let Some(paid_ms) = trade.paid_ms else { return view };
    view["paymentTime"] = json!(rfc3339(paid_ms));
    let settlement = settlement_currency(trade);
    view["settlementAmount"] =
        money(rates::convert(trade.total_fen, &trade.currency, &settlement), &settlement);
    view["grossSettlementAmount"] = view["settlementAmount"].clone();
    view["settlementQuote"] = quote(&trade.currency, &settlement);
    if let Some(payer) = trade.payer.as_deref().and_then(|id| state.payer(Channel::AlipayPlus, id)) {
        view["customerAmount"] =
            money(rates::convert(trade.total_fen, &trade.currency, &payer.currency), &payer.currency);
        view["customerQuote"] = quote(&trade.currency, &payer.currency);
        // Later releases of the documents have other names for the same; libraries read one or the other.
        view["actualPaymentAmount"] = view["customerAmount"].clone();
        view["paymentQuote"] = view["customerQuote"].clone();
        view["pspCustomerInfo"] = json!({
            "pspName": "AlipayHK", "pspCustomerId": payer.user_id, "displayCustomerId": payer.logon_id,
        });
        view["walletBrandName"] = json!("ALIPAY_HK");
    }
    view
}

fn quote(from: &str, to: &str) -> Value {
    json!({
        "guaranteed": "true",
        "quoteId": format!("SANDBOX{from}{to}"),
        "quoteCurrencyPair": format!("{from}/{to}"),
        "quotePrice": rates::price(from, to),
    })
}

/// What a payment callback tells.
pub(crate) fn payment_payload(state: &State, trade: &Trade) -> Value {
    let mut view = payment(state, trade);
    view["notifyType"] = json!("PAYMENT_RESULT");
    view["result"] = Ending::success().json();
    view
}

/// The numbers and money of a refund.
pub(crate) fn refund(trade: &Trade, refund: &Refund) -> Value {
    let settlement = settlement_currency(trade);
    json!({
        "refundRequestId": refund.out_refund_no,
        "refundId": refund.refund_no,
        "paymentId": trade.trade_no,
        "refundAmount": money(refund.amount_fen, &trade.currency),
        "refundTime": rfc3339(refund.settled_ms.unwrap_or(refund.created_ms)),
        "settlementAmount": money(rates::convert(refund.amount_fen, &trade.currency, &settlement), &settlement),
        "settlementQuote": quote(&trade.currency, &settlement),
    })
}

/// What a refund callback tells.
pub(crate) fn refund_payload(_state: &State, trade: &Trade, one: &Refund) -> Value {
    let mut view = refund(trade, one);
    view["notifyType"] = json!("REFUND_RESULT");
    view["refundStatus"] = json!("SUCCESS");
    view["result"] = Ending::success().json();
    view
}
