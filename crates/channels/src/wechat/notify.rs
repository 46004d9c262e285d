//! Notifications of WeChat Pay: verified, opened, read.

use std::sync::Arc;

use desk::channel::{Ack, Forged, Notice};
use store::Millis;

use super::account::Account;
use super::states::{refund_standing, standing};
use super::wire::{Envelope, RefundRecord, Transaction};

/// Checks and reads one.
pub(super) fn read(
    account: &Arc<Account>,
    headers: &[(String, String)],
    body: &[u8],
    now: Millis,
) -> Result<Notice, Forged> {
    account.check_notification(headers, body, now)?;
    let envelope: Envelope =
        serde_json::from_slice(body).map_err(|e| Forged(format!("not a notification as documented: {e}")))?;
    let sealed = &envelope.resource;
    if sealed.ciphertext.is_empty() {
        return Ok(Notice::Other(format!("{} {}", envelope.event_type, envelope.id)));
    }
    if sealed.algorithm != "AEAD_AES_256_GCM" {
        return Err(Forged(format!("sealed by {:?}, which is not known here", sealed.algorithm)));
    }
    let plain = account
        .sealed
        .open(&sealed.nonce, &sealed.associated_data, &sealed.ciphertext)
        .ok_or_else(|| Forged("it does not open with apiv3_key".to_owned()))?;
    match event(&envelope.event_type, &sealed.original_type) {
        Event::Payment => payment(account, &plain, now),
        Event::Refund => refund(account, &plain, now),
        Event::Other => Ok(Notice::Other(format!("{} {}", envelope.event_type, envelope.id))),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Payment,
    Refund,
    Other,
}

fn event(event_type: &str, original_type: &str) -> Event {
    match (event_type, original_type) {
        (kind, "transaction" | "") if kind.starts_with("TRANSACTION.") => Event::Payment,
        (kind, "refund" | "") if kind.starts_with("REFUND.") => Event::Refund,
        _ => Event::Other,
    }
}

fn payment(account: &Arc<Account>, plain: &[u8], now: Millis) -> Result<Notice, Forged> {
    let record: Transaction =
        serde_json::from_slice(plain).map_err(|e| Forged(format!("not a payment as documented: {e}")))?;
    if !account.party.is_named_by(&record.names) {
        return Err(Forged("it is about another merchant's payment".to_owned()));
    }
    if record.out_trade_no.is_empty() {
        return Err(Forged("it names no payment".to_owned()));
    }
    let standing = standing(&record, now);
    Ok(Notice::Payment { out_trade_no: record.out_trade_no, standing })
}

fn refund(account: &Arc<Account>, plain: &[u8], now: Millis) -> Result<Notice, Forged> {
    let record: RefundRecord =
        serde_json::from_slice(plain).map_err(|e| Forged(format!("not a refund as documented: {e}")))?;
    if !account.party.is_named_by(&record.names) {
        return Err(Forged("it is about another merchant's refund".to_owned()));
    }
    if record.out_refund_no.is_empty() {
        return Err(Forged("it names no refund".to_owned()));
    }
    let standing = refund_standing(&record, now);
    Ok(Notice::Refund { out_trade_no: record.out_trade_no, out_refund_no: record.out_refund_no, standing })
}

/// The answer that ends the repetitions.
pub(super) fn ack() -> Ack {
    let body = r#"{"code":"SUCCESS","message":"成功"}"#;
    Ack { status: 200, content_type: "application/json; charset=utf-8", body: body.to_owned() }
}

/// The answer that makes it come again: WeChat Pay repeats after any 4xx or 5xx.
pub(super) fn nack(why: &str) -> Ack {
    let body = serde_json::json!({ "code": "FAIL", "message": why }).to_string();
    Ack { status: 400, content_type: "application/json; charset=utf-8", body }
}

#[cfg(test)]
mod tests {
    use super::{Event, event};

    #[test]
    fn every_event_has_its_reader_and_a_new_one_is_only_noted() {
        let cases = [
            ("TRANSACTION.SUCCESS", "transaction", Event::Payment),
            ("TRANSACTION.SUCCESS", "", Event::Payment),
            ("TRANSACTION.FAIL", "transaction", Event::Payment),
            ("TRANSACTION.PAY_BACK", "transaction", Event::Payment),
            ("REFUND.SUCCESS", "refund", Event::Refund),
            ("REFUND.ABNORMAL", "refund", Event::Refund),
            ("REFUND.CLOSED", "refund", Event::Refund),
            ("VEHICLE.ENTRANCE_STATE_CHANGE", "vehicle", Event::Other),
            ("TRANSACTION.SUCCESS", "profitsharing", Event::Other),
            ("SOMETHING.NEW", "transaction", Event::Other),
            ("", "", Event::Other),
        ];
        for (event_type, original_type, want) in cases {
            assert_eq!(event(event_type, original_type), want, "{event_type} {original_type}");
        }
    }
}
