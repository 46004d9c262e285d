//! Readers of foreign bytes that are otherwise hidden behind an exchange with a gateway: what machines throw bad input at (`fuzz/`).

use std::collections::BTreeMap;

use crate::crypto::{Certificate, SealedBox};
use crate::wechat::{keys, v2, wire};

/// Reads a flat message of WeChat Pay v2. Error: what is wrong with it.
pub fn xml(text: &str) -> Result<BTreeMap<String, String>, String> {
    v2::parse(text)
}

/// Writes one.
pub fn xml_text(fields: &BTreeMap<String, String>) -> String {
    v2::write(fields)
}

/// Whether one is signed by `key`.
pub fn xml_is_signed(fields: &BTreeMap<String, String>, key: &str) -> bool {
    v2::is_signed(fields, key)
}

/// Reads the list of WeChat Pay's certificates and opens them with the APIv3 key. Error: what is not as documented.
pub fn certificates(list: &[u8], sealed: &SealedBox) -> Result<Vec<Certificate>, String> {
    let list: wire::CertificateList = serde_json::from_slice(list).map_err(|e| e.to_string())?;
    keys::open_list(&list, sealed)
}

/// Unpacks a bill as WeChat Pay packs it. Error: damaged, or too long.
pub fn gunzip(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    crate::bill::gunzip(bytes)
}
