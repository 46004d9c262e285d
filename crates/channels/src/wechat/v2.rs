//! The older code payment of WeChat Pay (v2, XML): for merchants whose number is not admitted to v3 code payment. Only the scan and its
//! reversal go this way; questions and refunds of the same payment go through v3.

mod xml;

use std::sync::Arc;

use desk::channel::{ChargeAsk, Receipt, Reversal, Standing, Trouble};
use money::Money;
use reqwest::Method;
use store::Millis;

use super::account::Account;
use super::states::verdict;
use crate::beijing::compact_moment;
use crate::http::{Call, Http};
use crate::text::fit;
use crate::verdict::{Asked, Said, Verdict};

pub(super) use xml::{Fields, SignType};
pub(crate) use xml::{is_signed, parse, write};

/// What v2 needs beside v3's settings.
pub(super) struct V2 {
    pub(super) key: String,
    pub(super) sign_type: SignType,
    /// A client that shows the merchant's certificate, which the live gateway asks for to reverse.
    pub(super) certified: Arc<Http>,
}

/// The fields every request has, signed by [`exchange`].
fn common(account: &Account, out_trade_no: &str) -> Fields {
    let party = &account.party;
    let mut fields = Fields::new();
    let mut put = |key: &str, value: &str| fields.insert(key.to_owned(), value.to_owned());
    put("appid", &party.appid);
    put("mch_id", &party.mchid);
    put("nonce_str", &account.nonces.next());
    put("out_trade_no", out_trade_no);
    if let Some((sub_mchid, sub_appid)) = &party.sub {
        put("sub_mch_id", sub_mchid);
        put("sub_appid", sub_appid.as_deref().unwrap_or_default());
    }
    fields
}

/// One exchange. Answers the signed fields, or the refusal of the message itself.
async fn exchange(
    account: &Account,
    v2: &V2,
    http: &Http,
    path: &str,
    mut fields: Fields,
) -> Result<Result<Fields, Said>, Trouble> {
    fields.insert("sign_type".to_owned(), v2.sign_type.as_str().to_owned());
    let sign = xml::sign(&fields, &v2.key, v2.sign_type);
    fields.insert("sign".to_owned(), sign);
    let call = Call {
        method: Method::POST,
        url: account.url(path)?,
        headers: &[("content-type", "text/xml; charset=utf-8")],
        body: xml::write(&fields).into_bytes(),
        timeout: account.timeout,
        max_body: None,
    };
    let answer = http.send(call).await?;
    if answer.status != 200 {
        return Err(Trouble::Unknown(answer.excerpt()));
    }
    let text =
        String::from_utf8(answer.body).map_err(|_| Trouble::Unknown("the answer is not UTF-8".to_owned()))?;
    let told = xml::parse(&text).map_err(Trouble::Unknown)?;
    let field = |key: &str| told.get(key).map_or("", String::as_str);
    if field("return_code") != "SUCCESS" {
        return refused_message(field("return_msg"));
    }
    if !xml::is_signed(&told, &v2.key) {
        return Err(Trouble::Unknown("the answer is not believed: its signature is wrong".to_owned()));
    }
    Ok(Ok(told))
}

/// The message itself was refused, unsigned. Only what surely comes before any business is taken as a refusal.
fn refused_message(words: &str) -> Result<Result<Fields, Said>, Trouble> {
    let certain = ["签名错误", "不匹配", "不存在", "格式错误"].iter().any(|w| words.contains(w));
    if certain { Ok(Err(Said::new("SIGN_ERROR", words))) } else { Err(Trouble::Unknown(words.to_owned())) }
}

/// What the business layer said went wrong.
fn failure(told: &Fields) -> Said {
    let field = |key: &str| told.get(key).map_or("", String::as_str);
    Said::new(field("err_code"), field("err_code_des"))
}

/// Debits a payer's code by `micropay`.
pub(super) async fn charge(account: &Account, v2: &V2, ask: &ChargeAsk) -> Result<Standing, Trouble> {
    let common_ask = &ask.common;
    let mut fields = common(account, &common_ask.out_trade_no);
    let mut put = |key: &str, value: String| fields.insert(key.to_owned(), value);
    put("body", fit(&common_ask.description, 127, "商品"));
    put("total_fee", common_ask.amount.value.to_string());
    put("spbill_create_ip", account.device_ip.clone());
    put("device_info", common_ask.terminal.clone());
    put("auth_code", ask.payer_code.clone());
    let told = match exchange(account, v2, &account.http, "/pay/micropay", fields).await? {
        Ok(told) => told,
        Err(said) => return Verdict::Refused.standing(said),
    };
    if told.get("result_code").map(String::as_str) != Some("SUCCESS") {
        let said = failure(&told);
        return verdict(Asked::Charge, &said).standing(said);
    }
    if told.get("out_trade_no") != Some(&common_ask.out_trade_no) {
        return Err(Trouble::Unknown("the answer is about another payment".to_owned()));
    }
    Ok(match receipt(&told, common_ask.now) {
        Some(receipt) => Standing::Paid(receipt),
        None => Standing::Strange("paid, without a payment number or an amount".to_owned()),
    })
}

fn receipt(told: &Fields, now: Millis) -> Option<Receipt> {
    let field = |key: &str| told.get(key).map_or("", String::as_str);
    let currency = Some(field("fee_type")).filter(|c| !c.is_empty()).unwrap_or("CNY").parse().ok()?;
    let channel_txn = Some(field("transaction_id")).filter(|t| !t.is_empty())?.to_owned();
    let amount = Money::new(field("total_fee").parse().ok()?, currency);
    Some(Receipt {
        channel_txn,
        amount,
        paid_at: compact_moment(field("time_end")).unwrap_or(now),
        exchange: None,
    })
}

/// Undoes a code payment; `recall` asks to call again.
pub(super) async fn reverse(account: &Account, v2: &V2, out_trade_no: &str) -> Result<Reversal, Trouble> {
    let fields = common(account, out_trade_no);
    let told = match exchange(account, v2, &v2.certified, "/secapi/pay/reverse", fields).await? {
        Ok(told) => told,
        Err(said) => return Verdict::Refused.reversal(said),
    };
    undone(&told)
}

/// What the answer to a reversal means: `recall` says whether to call again.
fn undone(told: &Fields) -> Result<Reversal, Trouble> {
    let field = |key: &str| told.get(key).map_or("", String::as_str);
    match (field("recall"), field("result_code")) {
        ("Y", _) => Ok(Reversal::Again),
        (_, "SUCCESS") => Ok(Reversal::Reversed),
        _ => {
            let said = failure(told);
            verdict(Asked::Reverse, &said).reversal(said)
        }
    }
}

#[cfg(test)]
#[path = "v2_tests.rs"]
mod tests;
