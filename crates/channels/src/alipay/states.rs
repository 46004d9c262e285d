//! Alipay's codes and states, and what each means to the desk.

use desk::channel::{Decline, Receipt, RefundStanding, Reversal, Standing, Trouble};
use store::Millis;

use super::wire::{Node, yuan};
use crate::beijing::moment;
use crate::verdict::{Asked, Said, Verdict};

/// What a node's codes mean for a call. Not asked for `10000`.
pub fn verdict(asked: Asked, node: &Node) -> Verdict {
    match (node.code.as_str(), asked) {
        ("10003", Asked::Charge) => Verdict::Waiting,
        ("20000", _) => Verdict::Unknown,
        ("40004", _) => business(asked, bare(&node.sub_code)),
        ("20001" | "40001" | "40002" | "40003" | "40005" | "40006", _) => {
            gateway(asked, bare(&node.sub_code))
        }
        _ => Verdict::Unknown,
    }
}

/// A business code without its prefixes.
fn bare(sub_code: &str) -> &str {
    let code = sub_code.strip_prefix("aop.").unwrap_or(sub_code);
    code.strip_prefix("ACQ.").or_else(|| code.strip_prefix("AQC.")).unwrap_or(code)
}

/// Refused before any business was done: our request, our keys, our contract.
fn gateway(asked: Asked, code: &str) -> Verdict {
    let limited = matches!(code, "isv.app-call-limited" | "isv.method-call-limited");
    match asked {
        _ if code.starts_with("isp.") || code == "SYSTEM_ERROR" => Verdict::Unknown,
        Asked::Charge | Asked::Refund if limited => Verdict::Unknown,
        _ if limited => Verdict::Throttled,
        // A key or contract can be put right, and the refund asked for again with its number.
        Asked::Refund => Verdict::Later,
        // A refund that was asked about is never called failed for that.
        Asked::RefundQuery => Verdict::Unknown,
        _ => Verdict::Refused,
    }
}

fn business(asked: Asked, code: &str) -> Verdict {
    use Asked::{Charge, Close, Query, RefundQuery, Reverse};
    match (code, asked) {
        ("SYSTEM_ERROR", _) => Verdict::Unknown,
        ("TRADE_NOT_EXIST", Query | Close | Reverse | RefundQuery) => Verdict::Absent,
        (_, Asked::Present) => presenting(code),
        (_, Charge) => charging(code),
        (_, Close) => closing(code),
        (_, Reverse) => reversing(code),
        (_, Asked::Refund) => refunding(code),
        (_, Query) if is_ours(code) => Verdict::Refused,
        (_, Query | RefundQuery) => Verdict::Unknown,
    }
}

/// Codes that blame our own request, the same for all calls that make a trade.
fn is_ours(code: &str) -> bool {
    matches!(
        code,
        "INVALID_PARAMETER"
            | "ACCESS_FORBIDDEN"
            | "EXIST_FORBIDDEN_WORD"
            | "PARTNER_ERROR"
            | "TOTAL_FEE_EXCEED"
            | "INVALID_STORE_ID"
            | "NOW_TIME_AFTER_EXPIRE_TIME_ERROR"
    )
}

fn presenting(code: &str) -> Verdict {
    match code {
        "TRADE_HAS_SUCCESS" => Verdict::Paid,
        "TRADE_HAS_CLOSE" => Verdict::Closed,
        _ if is_ours(code) => Verdict::Refused,
        "BEYOND_PAY_RESTRICTION" | "BEYOND_PER_RECEIPT_RESTRICTION" => Verdict::Refused,
        // Includes CONTEXT_INCONSISTENT: something stands under this number already.
        _ => Verdict::Unknown,
    }
}

fn charging(code: &str) -> Verdict {
    let declined = Verdict::Declined;
    match code {
        "PAYMENT_AUTH_CODE_INVALID" | "SOUNDWAVE_PARSER_FAIL" | "PULL_MOBILE_CASHIER_FAIL" => {
            declined(Decline::CodeExpired)
        }
        "BUYER_BALANCE_NOT_ENOUGH"
        | "BUYER_BANKCARD_BALANCE_NOT_ENOUGH"
        | "NO_PAYMENT_INSTRUMENTS_AVAILABLE" => declined(Decline::NotEnoughMoney),
        "ERROR_BALANCE_PAYMENT_DISABLE"
        | "ERROR_BUYER_CERTIFY_LEVEL_LIMIT"
        | "BUYER_SELLER_EQUAL"
        | "BUYER_ENABLE_STATUS_FORBID"
        | "TRADE_BUYER_NOT_MATCH"
        | "MOBILE_PAYMENT_SWITCH_OFF"
        | "PAYMENT_FAIL"
        | "BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR"
        | "BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR"
        | "PAYMENT_REQUEST_HAS_RISK" => declined(Decline::WalletRefused),
        "BEYOND_PAY_RESTRICTION" | "BEYOND_PER_RECEIPT_RESTRICTION" => declined(Decline::MerchantRefused),
        "TRADE_HAS_SUCCESS" => Verdict::Paid,
        "TRADE_HAS_CLOSE" => Verdict::Closed,
        _ if is_ours(code) => Verdict::Refused,
        // CONTEXT_INCONSISTENT and TRADE_STATUS_ERROR speak of what stands there already: ask.
        _ => Verdict::Unknown,
    }
}

fn closing(code: &str) -> Verdict {
    match code {
        "REASON_TRADE_STATUS_INVALID"
        | "TRADE_STATUS_ERROR"
        | "REASON_ILLEGAL_STATUS"
        | "TRADE_HAS_SUCCESS"
        | "TRADE_HAS_FINISHED" => Verdict::Paid,
        "TRADE_HAS_CLOSE" => Verdict::Closed,
        _ if is_ours(code) => Verdict::Refused,
        _ => Verdict::Unknown,
    }
}

fn reversing(code: &str) -> Verdict {
    match code {
        "TRADE_CANCEL_TIME_OUT"
        | "CANCEL_NOT_ALLOWED"
        | "TRADE_HAS_FINISHED"
        | "REASON_TRADE_REFUND_FEE_ERR"
        | "REASON_TRADE_STATUS_INVALID"
        | "REASON_ILLEGAL_STATUS"
        | "TRADE_STATUS_ERROR" => Verdict::TooLate,
        "SELLER_BALANCE_NOT_ENOUGH" | "REASON_TRADE_BEEN_FREEZEN" => Verdict::Later,
        "TRADE_HAS_CLOSE" => Verdict::Closed,
        _ if is_ours(code) => Verdict::Refused,
        _ => Verdict::Unknown,
    }
}

fn refunding(code: &str) -> Verdict {
    match code {
        "SELLER_BALANCE_NOT_ENOUGH" | "REASON_TRADE_BEEN_FREEZEN" | "ACCESS_FORBIDDEN" => Verdict::Later,
        "TRADE_NOT_EXIST"
        | "TRADE_HAS_FINISHED"
        | "TRADE_STATUS_ERROR"
        | "TRADE_HAS_CLOSE"
        | "REASON_TRADE_STATUS_INVALID"
        | "TRADE_NOT_ALLOW_REFUND"
        | "REFUND_AMT_NOT_EQUAL_TOTAL"
        | "REASON_TRADE_REFUND_FEE_ERR"
        | "REFUND_FEE_ERROR"
        | "DISCORDANT_REPEAT_REQUEST"
        | "BUYER_ERROR"
        | "BUYER_NOT_EXIST" => Verdict::Failed,
        _ if is_ours(code) => Verdict::Failed,
        _ => Verdict::Unknown,
    }
}

/// A node's own words, kept as data.
pub fn said(node: &Node) -> Said {
    if node.sub_code.is_empty() {
        Said::new(node.code.as_str(), node.msg.as_str())
    } else {
        Said::new(node.sub_code.as_str(), node.sub_msg.as_str())
    }
}

/// What Alipay says of a trade, in a query or a notification.
pub struct TradeWords<'a> {
    /// `trade_status`.
    pub status: &'a str,
    /// `trade_no`.
    pub trade_no: &'a str,
    /// `total_amount`, yuan.
    pub total: &'a str,
    /// When it was paid, Beijing time; empty when it was not.
    pub paid_at: &'a str,
}

/// What a trade's status means. A closed trade that was paid before was given back in full.
pub fn standing(words: &TradeWords<'_>, now: Millis) -> Standing {
    match words.status {
        "TRADE_SUCCESS" | "TRADE_FINISHED" => paid(words, now),
        "WAIT_BUYER_PAY" => Standing::Waiting,
        "TRADE_CLOSED" if moment(words.paid_at).is_some() => Standing::Refunded(receipt(words, now)),
        "TRADE_CLOSED" => Standing::Closed,
        other => Standing::Strange(other.to_owned()),
    }
}

/// Paid, if number and amount are told.
pub fn paid(words: &TradeWords<'_>, now: Millis) -> Standing {
    match receipt(words, now) {
        Some(receipt) => Standing::Paid(receipt),
        None => Standing::Strange("paid, without a payment number or an amount".to_owned()),
    }
}

fn receipt(words: &TradeWords<'_>, now: Millis) -> Option<Receipt> {
    if words.trade_no.is_empty() {
        return None;
    }
    Some(Receipt {
        channel_txn: words.trade_no.to_owned(),
        amount: yuan(words.total).ok()?,
        paid_at: moment(words.paid_at).unwrap_or(now),
        exchange: None,
    })
}

/// What a good answer to a cancel means: `action` is close (nobody paid), refund (it was paid) or absent (there was no trade), undone in all three.
/// Error: it did something that nobody knows.
pub fn cancelled(node: &Node) -> Result<Reversal, Trouble> {
    match (node.retry_flag.as_str(), node.action.as_str()) {
        ("N" | "", "close" | "refund" | "") => Ok(Reversal::Reversed),
        ("N" | "", action) => Err(Trouble::Unknown(format!("the cancel did {action:?}"))),
        _ => Ok(Reversal::Again),
    }
}

/// What a good answer to a refund means; `None` where this request moved nothing: a repetition, or still on its way. The query tells which, since
/// `refund_fee` is cumulative.
pub fn moved(node: &Node, now: Millis) -> Option<RefundStanding> {
    (node.fund_change == "Y").then(|| RefundStanding::Succeeded {
        channel_refund: node.trade_no.clone(),
        at: moment(&node.gmt_refund_pay).unwrap_or(now),
    })
}

/// What the answer to a refund's query means. Old gateways leave `refund_status` out and only tell the amount.
pub fn refund_standing(node: &Node, now: Millis) -> RefundStanding {
    let done = || RefundStanding::Succeeded {
        channel_refund: node.trade_no.clone(),
        at: moment(&node.gmt_refund_pay).unwrap_or(now),
    };
    match node.refund_status.as_str() {
        "REFUND_SUCCESS" => done(),
        "" if !node.refund_amount.is_empty() => done(),
        "" => RefundStanding::Absent,
        "REFUND_PROCESSING" => RefundStanding::Processing,
        "REFUND_FAIL" => RefundStanding::Failed("REFUND_FAIL".to_owned()),
        other => RefundStanding::Strange(other.to_owned()),
    }
}

#[cfg(test)]
#[path = "states_tests.rs"]
mod tests;
