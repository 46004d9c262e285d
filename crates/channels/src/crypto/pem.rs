//! PEM envelopes and bare base64, as people paste keys into settings.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// The bytes between `-----BEGIN label-----` and its end, for the first block with one of `labels`; or of the
/// whole text when it is bare base64. Error: what was found instead.
pub(super) fn der_of(text: &str, labels: &[&str]) -> Result<Vec<u8>, String> {
    if !text.contains("-----BEGIN") {
        return decode(text);
    }
    let found = blocks(text);
    match found.iter().find(|(label, _)| labels.contains(label)) {
        Some((_, body)) => decode(body),
        None => {
            let labels = labels.join(" or ");
            let found: Vec<_> = found.iter().map(|(label, _)| *label).collect();
            Err(format!("a PEM block {labels} is needed; found {}", found.join(", ")))
        }
    }
}

/// Every PEM block of a text: its label and what stands between the lines.
pub(super) fn blocks(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("-----BEGIN ") {
        rest = &rest[at + "-----BEGIN ".len()..];
        let Some((label, after)) = rest.split_once("-----") else { break };
        let Some(end) = after.find("-----END ") else { break };
        found.push((label, &after[..end]));
        rest = &after[end + "-----END ".len()..];
    }
    found
}

/// Base64 with any white space in it.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, String> {
    let packed: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    if packed.is_empty() {
        return Err("it is empty".to_owned());
    }
    BASE64.decode(packed).map_err(|e| format!("neither PEM nor base64 ({e})"))
}
