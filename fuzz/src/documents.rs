//! Answers, lists and files of the channels.

use std::collections::BTreeMap;

use channels::crypto::{Certificate, SealedBox, Signer, Verifier};
use channels::verdict::Asked;
use channels::{alipay, alipay_plus, foreign, wechat};
use desk::channel::Bill;
use serde_json::json;

use super::{NOW, keys};

/// Bodies of answers: WeChat Pay's records, Alipay's nodes, Alipay+'s words. The first byte chooses.
pub(crate) fn answers(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    match which % 4 {
        0 => {
            if let Ok(record) = serde_json::from_slice::<wechat::wire::Transaction>(rest) {
                let _ = wechat::states::standing(&record, NOW);
            }
            if let Ok(record) = serde_json::from_slice::<wechat::wire::RefundRecord>(rest) {
                let _ = wechat::states::refund_standing(&record, NOW);
            }
        }
        1 => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            let Ok(parts) = alipay::wire::parts(text, "alipay.trade.query") else { return };
            assert!(text.contains(parts.node), "the node is the text that was signed");
            if let Ok(node) = serde_json::from_str::<alipay::wire::Node>(parts.node) {
                let _ = alipay::states::verdict(Asked::Query, &node);
                let _ = alipay::states::refund_standing(&node, NOW);
                let _ = alipay::wire::yuan(&node.total_amount);
            }
        }
        2 => {
            if let Ok(told) = serde_json::from_slice::<alipay_plus::wire::Told>(rest) {
                let _ = alipay_plus::states::standing(&told, NOW);
                let _ = alipay_plus::states::paid(&told, NOW);
                let _ = alipay_plus::states::refund_standing(&told, NOW);
                let _ = alipay_plus::states::refunded(&told, NOW);
            }
        }
        _ => {
            let form = alipay::wire::read_form(rest);
            let _ = alipay::wire::signed_text(&form, &["sign"], true);
        }
    }
}

/// Messages of WeChat Pay v2. What is read and written again says the same.
pub(crate) fn xml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(fields) = foreign::xml(text) else { return };
    let _ = foreign::xml_is_signed(&fields, keys::SEALING);
    // An empty field is not written, and line ends become what XML makes of them.
    let kept: BTreeMap<String, String> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.replace("\r\n", "\n").replace('\r', "\n")))
        .collect();
    if !kept.is_empty() {
        assert_eq!(foreign::xml(&foreign::xml_text(&kept)).as_ref(), Ok(&kept));
    }
}

/// The list of certificates, as it comes and with its entries sealed by the right key; keys and certificates as people paste them.
pub(crate) fn certificates(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let Ok(sealed) = SealedBox::new(keys::SEALING.as_bytes()) else { return };
    let _ = foreign::certificates(rest, &sealed);
    if which & 1 == 1
        && let Some(ciphertext) = sealed.seal("0123456789ab", "certificate", rest)
    {
        let sealing =
            json!({"nonce": "0123456789ab", "associated_data": "certificate", "ciphertext": ciphertext});
        let list = json!({"data": [{"serial_no": "A1", "encrypt_certificate": sealing}]}).to_string();
        let _ = foreign::certificates(list.as_bytes(), &sealed);
    }
    let _ = Verifier::from_der(rest);
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let _ = Signer::from_text(text);
    let _ = Verifier::from_text(text);
    if let Ok(all) = Certificate::bundle(text) {
        let _ = Certificate::alipay_root_sn(&all);
        all.iter().for_each(|one| drop(one.verifier()));
    }
}

/// A bill says of every line either what it is, or that it is strange; nothing is lost.
fn check(bill: &Bill, lines: usize) {
    assert!(bill.rows.len() <= lines);
    assert!(bill.rows.iter().all(|row| row.amount.value >= 0), "amounts are how much moved");
}

/// Bills and statements of WeChat Pay, packed or plain.
pub(crate) fn wechat_bill(bytes: &[u8]) {
    let Ok(plain) = foreign::gunzip(bytes.to_vec()) else { return };
    let lines = plain.split(|byte| *byte == b'\n').count();
    if let Ok(funds) = wechat::funds::read("BASIC", plain.clone()) {
        assert!(funds.rows.len() <= lines);
    }
    if let Ok(bill) = wechat::bill::read(plain) {
        check(&bill, lines);
    }
}

/// Bills and statements of Alipay: a zip of GBK files, and the text in it.
pub(crate) fn alipay_bill(bytes: &[u8]) {
    // A fuzzer finds zips of zeros soon; they are bounded in the reader and slow here.
    if bytes.len() < 1 << 16 {
        let _ = alipay::bill::read(bytes);
        let _ = alipay::funds::read(bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    check(&alipay::bill::parse(&text), text.lines().count());
    assert!(alipay::funds::parse(&text).rows.len() <= text.lines().count());
}
