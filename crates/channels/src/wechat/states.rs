//! WeChat Pay's states and error codes, and what each means to the desk. v2 and v3 write many codes with and without underscores:
//! they are compared without.

use desk::channel::{Decline, Receipt, RefundStanding, Standing};
use money::Money;
use store::Millis;

use super::wire::{RefundRecord, Transaction};
use crate::verdict::{Asked, Said, Verdict};

/// What an error code means for a call.
pub fn verdict(asked: Asked, said: &Said) -> Verdict {
    use Asked::{Charge, Close, Present, Query, Refund, RefundQuery, Reverse};
    use Verdict::{
        Absent, Closed, Failed, Later, Paid, Refused, Reversed, Throttled, TooLate, Unknown, Waiting,
    };
    let code: String = said.code.chars().filter(|c| *c != '_').collect();
    match (code.as_str(), asked) {
        // The gateway or a bank stumbled: it may have happened.
        ("SYSTEMERROR" | "BANKERROR", _) => Unknown,
        (
            "FREQUENCYLIMITED" | "RATELIMITEXCEEDED" | "FREQUENCYLIMIT" | "INVALIDREQTOOMUCH",
            Charge | Refund,
        ) => Unknown,
        ("FREQUENCYLIMITED" | "RATELIMITEXCEEDED" | "FREQUENCYLIMIT" | "INVALIDREQTOOMUCH", _) => Throttled,
        // What stands there already.
        ("ORDERPAID", Refund | RefundQuery) => Unknown,
        ("ORDERPAID", _) => Paid,
        ("ORDERCLOSED", Refund) => Failed,
        ("ORDERCLOSED", RefundQuery) => Unknown,
        ("ORDERCLOSED", _) => Closed,
        ("ORDERREVERSED", Refund) => Failed,
        ("ORDERREVERSED", RefundQuery) => Unknown,
        ("ORDERREVERSED", _) => Reversed,
        ("USERPAYING", Charge | Query | Reverse) => Waiting,
        ("USERPAYING", _) => Unknown,
        ("OUTTRADENOUSED", _) => Unknown,
        ("ORDERNOTEXIST", Query | Close | Reverse) => Absent,
        ("ORDERNOTEXIST" | "RESOURCENOTEXISTS" | "REFUNDNOTEXIST", RefundQuery) => Absent,
        ("ORDERNOTEXIST" | "RESOURCENOTEXISTS", Refund) => Failed,
        // The payer's side.
        ("NOTENOUGH", Charge) => Verdict::Declined(Decline::NotEnoughMoney),
        ("NOTENOUGH", Refund) => Later,
        ("AUTHCODEEXPIRE" | "AUTHCODEEXPIRED" | "AUTHCODEERROR" | "AUTHCODEINVALID", Charge) => {
            Verdict::Declined(Decline::CodeExpired)
        }
        ("RULELIMIT" | "ACCOUNTERROR" | "NOTSUPORTCARD" | "NOTSUPPORTCARD" | "BUYERMISMATCH", Charge) => {
            Verdict::Declined(Decline::WalletRefused)
        }
        ("TRADEERROR", Charge) => Verdict::Declined(Decline::Other),
        ("RULELIMIT", Refund) => Later,
        ("ACCOUNTERROR" | "USERACCOUNTABNORMAL" | "TRADEERROR" | "TRADEOVERDUE", Refund) => Failed,
        ("RULELIMIT" | "ACCOUNTERROR" | "OPENIDMISMATCH", Present) => Refused,
        ("REVERSEEXPIRE", Reverse) => TooLate,
        // Our own request or account. A refund that was asked about is never called failed for that.
        ("INVALIDREQUEST" | "PARAMERROR", Charge) => by_words(&said.message),
        ("INVALIDREQUEST", Present) if is_repeated(&said.message) => Unknown,
        ("INVALIDREQUEST" | "PARAMERROR", Refund) => Failed,
        ("TRADEERROR", Close | Reverse) => Refused,
        ("INVALIDTRANSACTIONID" | "OPENIDMISMATCH", Charge | Refund) => Unknown,
        (code, Refund) if is_ours(code) => Later,
        (_, RefundQuery) => Unknown,
        (code, _) if is_ours(code) => Refused,
        _ => Unknown,
    }
}

/// Codes that blame our own request, keys or contract.
fn is_ours(code: &str) -> bool {
    matches!(
        code,
        "PARAMERROR"
            | "INVALIDREQUEST"
            | "SIGNERROR"
            | "NOAUTH"
            | "APPIDMCHIDNOTMATCH"
            | "MCHNOTEXISTS"
            | "MCHIDNOTEXIST"
            | "APPIDNOTEXIST"
            | "INVALIDTRANSACTIONID"
            | "OPENIDMISMATCH"
            | "LACKPARAMS"
            | "NOTUTF8"
            | "XMLFORMATERROR"
            | "REQUIREPOSTMETHOD"
            | "POSTDATAEMPTY"
    )
}

/// "This number was used before": then the first request may have done its work.
fn is_repeated(message: &str) -> bool {
    message.contains("重复") || message.contains("duplicate")
}

/// The generic refusals of a code payment, told apart by their words: the names v3 gives to bad payment codes are not documented.
fn by_words(message: &str) -> Verdict {
    if is_repeated(message) {
        Verdict::Unknown
    } else if ["付款码", "授权码", "auth_code"].iter().any(|w| message.contains(w)) {
        Verdict::Declined(Decline::CodeExpired)
    } else {
        Verdict::Refused
    }
}

/// What a payment's record means. `now` stands in for a success time that is missing or unreadable.
pub fn standing(record: &Transaction, now: Millis) -> Standing {
    let state = record.trade_state.as_str();
    match state {
        "SUCCESS" => match receipt(record, now) {
            Some(receipt) => Standing::Paid(receipt),
            None => Standing::Strange("SUCCESS without a payment number or an amount".to_owned()),
        },
        "REFUND" => Standing::Refunded(receipt(record, now)),
        "NOTPAY" | "USERPAYING" | "ACCEPT" => Standing::Waiting,
        "CLOSED" => Standing::Closed,
        "REVOKED" => Standing::Reversed,
        "PAYERROR" => Standing::Declined {
            why: Decline::PayerCancelled,
            channel_said: Said::new(state, record.trade_state_desc.as_str()).line(),
        },
        _ => Standing::Strange(Said::new(state, record.trade_state_desc.as_str()).line()),
    }
}

fn receipt(record: &Transaction, now: Millis) -> Option<Receipt> {
    let amount = record.amount.as_ref()?;
    let currency = match amount.currency.as_str() {
        "" => money::Currency::CNY,
        code => code.parse().ok()?,
    };
    if record.transaction_id.is_empty() {
        return None;
    }
    Some(Receipt {
        channel_txn: record.transaction_id.clone(),
        amount: Money::new(amount.total?, currency),
        paid_at: record.success_time.parse().unwrap_or(now),
        exchange: None,
    })
}

/// What a refund's record means. ABNORMAL (the bank gave it back) can still be repaired under the same number, so it is not a failure.
pub fn refund_standing(record: &RefundRecord, now: Millis) -> RefundStanding {
    match record.status.as_str() {
        "SUCCESS" => RefundStanding::Succeeded {
            channel_refund: record.refund_id.clone(),
            at: record.success_time.parse().unwrap_or(now),
        },
        "PROCESSING" => RefundStanding::Processing,
        "CLOSED" => RefundStanding::Failed("CLOSED".to_owned()),
        "ABNORMAL" => RefundStanding::Stuck(
            "ABNORMAL: the payer's bank did not take it; repair it here or in the WeChat Pay console"
                .to_owned(),
        ),
        other => RefundStanding::Strange(other.to_owned()),
    }
}

#[cfg(test)]
#[path = "states_tests.rs"]
mod tests;
