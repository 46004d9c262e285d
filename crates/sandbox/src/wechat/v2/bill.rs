//! The older bills: the file itself is the answer, and only a refusal is XML.

use super::xml::Fields;
use super::{Answer, Call, Outcome};
use crate::bill::{self, NoBill, Row};
use crate::http::Reply;
use crate::model::Channel;
use crate::wechat::bill::{Layout, fund_text, gzip, marked, trade_text};

/// `return_code` FAIL with the number of the reason.
fn refuse(text: &str, number: &str) -> Outcome {
    let pairs = [("return_code", "FAIL"), ("return_msg", text), ("error_code", number)];
    let fields: Fields = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    Ok(Answer::Unsigned(fields))
}

/// `20260601` becomes `2026-06-01`.
fn day(text: &str) -> Option<String> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
}

fn rows(call: &mut Call<'_>) -> Result<Vec<Row>, Outcome> {
    let date = call.fields.get("bill_date").and_then(|text| day(text));
    let Some(date) = date else { return Err(refuse("invalid bill_date", "20001")) };
    let (account, partner) = call.account();
    let owner = partner.unwrap_or_else(|| account.clone());
    match bill::of_day(call.state, Channel::Wechat, &owner, &date) {
        Ok(mut rows) => {
            let sub = call.fields.get("sub_mch_id").is_some_and(|sub| !sub.is_empty());
            rows.retain(|row| !sub || row.trade.account == account);
            if rows.is_empty() { Err(refuse("No Bill Exist", "20002")) } else { Ok(rows) }
        }
        Err(NoBill::BadDate) => Err(refuse("invalid bill_date", "20001")),
        Err(NoBill::TooEarly) => Err(refuse("Bill Creating", "20003")),
        Err(NoBill::Empty) => Err(refuse("No Bill Exist", "20002")),
    }
}

fn file(call: &Call<'_>, text: &str) -> Outcome {
    let plain = marked(text);
    match call.fields.get("tar_type").map(String::as_str) {
        None | Some("") => Ok(Answer::File(Reply::new(200, "text/plain; charset=utf-8", plain))),
        Some("GZIP") => Ok(Answer::File(Reply::new(200, "application/x-gzip", gzip(&plain)))),
        Some(_) => refuse("invalid tar_type", "20001"),
    }
}

/// `POST /pay/downloadbill`
pub(super) fn trades(call: &mut Call<'_>) -> Outcome {
    let kind = call.fields.get("bill_type").cloned().unwrap_or_else(|| "ALL".into());
    let Some(layout) = Layout::parse(&kind) else { return refuse("invalid bill_type", "20001") };
    match rows(call) {
        Ok(rows) => file(call, &trade_text(call.state, call.merchant, &rows, layout)),
        Err(refused) => refused,
    }
}

/// `POST /pay/downloadfundflow`
pub(super) fn funds(call: &mut Call<'_>) -> Outcome {
    let kind = call.fields.get("account_type").cloned().unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "basic" => {}
        "operation" | "fees" => return refuse("No Bill Exist", "20002"),
        _ => return refuse("invalid account_type", "20001"),
    }
    match rows(call) {
        Ok(rows) => file(call, &fund_text(&rows)),
        Err(refused) => refused,
    }
}
