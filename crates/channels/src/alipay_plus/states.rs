//! Alipay+'s result codes and states, and what each means to the desk.

use desk::channel::{Decline, Exchange, Exchanged, Receipt, RefundStanding, Standing};
use store::Millis;

use super::wire::{Amount, Ending, Quote, Told};
use crate::verdict::{Asked, Said, Verdict};

/// What an ending that is not `S` means for a call.
pub fn verdict(asked: Asked, ending: &Ending) -> Verdict {
    match (ending.result_status.as_str(), ending.result_code.as_str(), asked) {
        ("U", "PAYMENT_IN_PROCESS", Asked::Charge | Asked::Present | Asked::Query) => Verdict::Waiting,
        ("U", "REFUND_IN_PROCESS", Asked::Refund | Asked::RefundQuery) => Verdict::Waiting,
        ("U", "REQUEST_TRAFFIC_EXCEED_LIMIT", Asked::Charge | Asked::Refund) => Verdict::Unknown,
        ("U", "REQUEST_TRAFFIC_EXCEED_LIMIT", _) => Verdict::Throttled,
        // A cancel that is unclear is called again.
        ("U", _, Asked::Reverse) => Verdict::Later,
        ("F", code, _) => failed(asked, code),
        _ => Verdict::Unknown,
    }
}

fn failed(asked: Asked, code: &str) -> Verdict {
    match (code, asked) {
        ("SYSTEM_ERROR" | "UNKNOWN_EXCEPTION", _) => Verdict::Unknown,
        ("ORDER_NOT_EXIST", Asked::Query | Asked::Close | Asked::Reverse) => Verdict::Absent,
        ("REFUND_NOT_EXIST" | "ORDER_NOT_EXIST", Asked::RefundQuery) => Verdict::Absent,
        (_, Asked::RefundQuery) => Verdict::Unknown,
        (code, Asked::Charge) => charging(code),
        (code, Asked::Refund) => refunding(code),
        ("ORDER_STATUS_INVALID" | "CANCEL_WINDOW_EXCEED" | "CANCEL_NOT_ALLOWED", Asked::Reverse) => {
            Verdict::TooLate
        }
        ("ORDER_STATUS_INVALID", Asked::Close) => Verdict::Paid,
        ("ORDER_IS_CANCELED" | "ORDER_IS_CLOSED", Asked::Present) => Verdict::Closed,
        ("ORDER_IS_CANCELED" | "ORDER_IS_CLOSED", _) => Verdict::Reversed,
        ("REPEAT_REQ_INCONSISTENT", _) => Verdict::Unknown,
        (code, _) if is_ours(code) => Verdict::Refused,
        _ => Verdict::Unknown,
    }
}

/// Codes that blame our request, key or contract.
fn is_ours(code: &str) -> bool {
    matches!(
        code,
        "PARAM_ILLEGAL"
            | "INVALID_SIGNATURE"
            | "INVALID_CLIENT"
            | "UNKNOWN_CLIENT"
            | "KEY_NOT_FOUND"
            | "ACCESS_DENIED"
            | "CLIENT_FORBIDDEN_ACCESS_API"
            | "INVALID_API"
            | "NO_INTERFACE_DEF"
            | "METHOD_NOT_SUPPORTED"
            | "MEDIA_TYPE_NOT_ACCEPTABLE"
            | "OAUTH_FAILED"
            | "CURRENCY_NOT_SUPPORT"
            | "INVALID_CONTRACT"
            | "INVALID_MERCHANT_STATUS"
            | "SETTLE_CONTRACT_NOT_MATCH"
            | "MERCHANT_KYB_NOT_QUALIFIED"
            | "KYB_NOT_QUALIFIED"
    )
}

fn charging(code: &str) -> Verdict {
    let declined = Verdict::Declined;
    match code {
        "EXPIRED_CODE" | "INVALID_CODE" | "PAYMENT_NOT_EXIST" => declined(Decline::CodeExpired),
        "USER_BALANCE_NOT_ENOUGH" | "NO_PAY_OPTIONS" => declined(Decline::NotEnoughMoney),
        "RISK_REJECT"
        | "USER_AMOUNT_EXCEED_LIMIT"
        | "USER_STATUS_ABNORMAL"
        | "USER_NOT_EXIST"
        | "USER_KYC_NOT_QUALIFIED"
        | "PAYMENT_AMOUNT_EXCEED_LIMIT"
        | "PAYMENT_COUNT_EXCEED_LIMIT"
        | "PAYMENT_PROHIBITED" => declined(Decline::WalletRefused),
        "USER_CANCEL" => declined(Decline::PayerCancelled),
        "PROCESS_FAIL" => declined(Decline::Other),
        "ORDER_IS_CANCELED" | "ORDER_IS_CLOSED" => Verdict::Reversed,
        code if is_ours(code) => Verdict::Refused,
        // ORDER_STATUS_INVALID and REPEAT_REQ_INCONSISTENT speak of what stands there already: ask.
        _ => Verdict::Unknown,
    }
}

fn refunding(code: &str) -> Verdict {
    match code {
        "MERCHANT_BALANCE_NOT_ENOUGH" | "PROCESS_FAIL" => Verdict::Later,
        "REFUND_AMOUNT_EXCEED"
        | "REFUND_WINDOW_EXCEED"
        | "REFUND_NOT_SUPPORTED"
        | "MULTIPLE_REFUNDS_NOT_SUPPORTED"
        | "PARTIAL_REFUND_NOT_SUPPORTED"
        | "ORDER_STATUS_INVALID"
        | "ORDER_NOT_EXIST"
        | "REPEAT_REQ_INCONSISTENT"
        | "CURRENCY_NOT_SUPPORT"
        | "PARAM_ILLEGAL" => Verdict::Failed,
        code if is_ours(code) => Verdict::Later,
        _ => Verdict::Unknown,
    }
}

/// The channel's own words.
pub fn said(ending: &Ending) -> Said {
    Said::new(ending.result_code.as_str(), ending.result_message.as_str())
}

/// Where a payment stands by its status (inquiry), with the reason of a failure.
pub fn standing(told: &Told, now: Millis) -> Standing {
    match told.payment_status.to_ascii_uppercase().as_str() {
        "SUCCESS" => paid(told, now),
        "PROCESSING" | "PENDING" => Standing::Waiting,
        "CANCELLED" => Standing::Reversed,
        "FAIL" => {
            let said = Said::new(told.payment_result_code.as_str(), told.payment_result_message.as_str());
            let why = match charging(&said.code) {
                Verdict::Declined(why) => why,
                Verdict::Refused => Decline::MerchantRefused,
                _ => Decline::Other,
            };
            Standing::Declined { why, channel_said: said.line() }
        }
        _ => Standing::Strange(told.payment_status.clone()),
    }
}

/// Paid, if number and amount are told.
pub fn paid(told: &Told, now: Millis) -> Standing {
    let amount = told.payment_amount.as_ref().and_then(Amount::money);
    match (amount, told.payment_id.as_str()) {
        (None, _) | (_, "") => Standing::Strange("paid, without a payment number or an amount".to_owned()),
        (Some(amount), id) => Standing::Paid(Receipt {
            channel_txn: id.to_owned(),
            amount,
            paid_at: told.payment_time.parse().unwrap_or(now),
            exchange: exchange(told),
        }),
    }
}

fn exchange(told: &Told) -> Option<Exchange> {
    let side = |amount: Option<&Amount>, quote: Option<&Quote>| {
        let amount = amount?.money()?;
        let quote = quote.cloned().unwrap_or_default();
        Some(Exchanged { amount, rate: quote.quote_price, pair: quote.quote_currency_pair })
    };
    let settled = side(
        told.settlement_amount.as_ref().or(told.gross_settlement_amount.as_ref()),
        told.settlement_quote.as_ref(),
    );
    let payer = side(
        told.customer_amount.as_ref().or(told.actual_payment_amount.as_ref()),
        told.customer_quote.as_ref().or(told.payment_quote.as_ref()),
    );
    (settled.is_some() || payer.is_some()).then_some(Exchange { settled, payer })
}

/// Where a refund stands by its status (inquiry). A success without a status tells of no refund.
pub fn refund_standing(told: &Told, now: Millis) -> RefundStanding {
    match told.refund_status.to_ascii_uppercase().as_str() {
        "SUCCESS" => refunded(told, now),
        "PROCESSING" => RefundStanding::Processing,
        "FAIL" => RefundStanding::Failed("FAIL".to_owned()),
        "" if told.refund_id.is_empty() => RefundStanding::Absent,
        _ => RefundStanding::Strange(told.refund_status.clone()),
    }
}

/// A refund that is done.
pub fn refunded(told: &Told, now: Millis) -> RefundStanding {
    RefundStanding::Succeeded {
        channel_refund: told.refund_id.clone(),
        at: told.refund_time.parse().unwrap_or(now),
    }
}

#[cfg(test)]
#[path = "states_tests.rs"]
mod tests;
