//! Notifications of Alipay+: signed over the path of our own address.

use std::time::Duration;

use desk::channel::{Ack, Forged, Notice, Standing};
use store::Millis;

use super::client::AlipayPlusLine;
use super::states::{paid, said, verdict};
use super::wire::{Told, is_signed, signed_text};
use crate::verdict::Asked;

/// How far the time a notification was sent may be from ours.
const FRESH: Duration = Duration::from_secs(30 * 60);

/// Checks and reads one.
pub(super) fn read(
    line: &AlipayPlusLine,
    headers: &[(String, String)],
    body: &[u8],
    now: Millis,
) -> Result<Notice, Forged> {
    let header = |name: &str| {
        headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, v)| v.as_str())
    };
    if header("client-id") != line.client_id {
        return Err(Forged("it is for another client".to_owned()));
    }
    let time = header("request-time");
    let text = signed_text(header(":path"), &line.client_id, time, body);
    if !is_signed(&line.key, header("signature"), &text) {
        return Err(Forged("its signature is wrong".to_owned()));
    }
    let Ok(sent) = time.parse::<Millis>() else {
        return Err(Forged("its time cannot be read".to_owned()));
    };
    if now.since(sent) > FRESH || sent.since(now) > FRESH {
        return Err(Forged(format!("it was sent at {sent}, too far from now")));
    }
    let told: Told =
        serde_json::from_slice(body).map_err(|e| Forged(format!("not a notification as documented: {e}")))?;
    if told.notify_type != "PAYMENT_RESULT" || told.payment_request_id.is_empty() {
        // A refund's notification does not name the payment by our number: refunds are asked about instead.
        return Ok(Notice::Other(format!("{} {}", told.notify_type, told.payment_id)));
    }
    let standing = match told.result.result_status.as_str() {
        "S" => paid(&told, now),
        _ => verdict(Asked::Charge, &told.result)
            .standing(said(&told.result))
            .unwrap_or_else(|trouble| Standing::Strange(trouble.to_string())),
    };
    Ok(Notice::Payment { out_trade_no: told.payment_request_id, standing })
}

/// What Alipay+ wants to hear.
pub(super) fn answer(status: u16, code: &str, result_status: &str, message: &str) -> Ack {
    let result = serde_json::json!({
        "result": {"resultCode": code, "resultStatus": result_status, "resultMessage": message},
    });
    Ack { status, content_type: "application/json; charset=utf-8", body: result.to_string() }
}
