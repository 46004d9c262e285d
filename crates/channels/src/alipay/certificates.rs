//! Certificate mode: the names sent with every request, and the keys of Alipay's own certificates. One that nobody knows yet is fetched by its number,
//! and believed only if it was issued, directly or through a certificate that comes with it, by one of the roots in the settings.

use std::collections::HashMap;
use std::sync::RwLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use desk::channel::Trouble;
use serde::{Deserialize, Serialize};
use store::Millis;

use super::client::AlipayLine;
use super::wire::parts;
use crate::crypto::{Certificate, Verifier};

const DOWNLOAD: &str = "alipay.open.app.alipaycert.download";

/// What certificate mode needs.
pub(super) struct Certificates {
    /// The name of our own.
    pub(super) app: String,
    /// The names of Alipay's roots.
    pub(super) root: String,
    roots: Vec<Certificate>,
    known: RwLock<HashMap<String, Verifier>>,
}

#[derive(Serialize)]
struct Wanted<'a> {
    alipay_cert_sn: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Given {
    code: String,
    sub_code: String,
    sub_msg: String,
    alipay_cert_content: String,
}

impl Certificates {
    /// From the three certificates of the settings. Error: Alipay's holds no RSA key.
    pub(super) fn new(
        app: &Certificate,
        roots: Vec<Certificate>,
        alipay: &Certificate,
    ) -> Result<Self, String> {
        let known = HashMap::from([(alipay.alipay_sn(), alipay.verifier()?)]);
        Ok(Certificates {
            app: app.alipay_sn(),
            root: Certificate::alipay_root_sn(&roots),
            roots,
            known: RwLock::new(known),
        })
    }

    /// The key of one of Alipay's certificates.
    pub(super) fn key(&self, sn: &str) -> Option<Verifier> {
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(sn).cloned()
    }

    /// Takes a certificate in, with whatever stands between it and a root. Error: why it is not believed.
    fn take(&self, sn: &str, pem: &str, now: Millis) -> Result<(), String> {
        let chain = Certificate::bundle(pem)?;
        let found = chain.iter().find(|c| c.alipay_sn() == sn).ok_or("it is not among what was given")?;
        if !(found.not_before_ms..=found.not_after_ms).contains(&now.0) {
            return Err("it is not valid now".to_owned());
        }
        let by_root = |one: &Certificate| self.roots.iter().any(|root| one.is_issued_by(root));
        let between =
            || chain.iter().any(|one| one.alipay_sn() != sn && by_root(one) && found.is_issued_by(one));
        if !by_root(found) && !between() {
            return Err("none of the roots in alipay_root_cert issued it".to_owned());
        }
        let verifier = found.verifier()?;
        self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(sn.to_owned(), verifier);
        Ok(())
    }
}

/// Fetches a certificate by its number. Its own chain vouches for it; the answer may be signed by the very certificate that is asked for.
pub(super) async fn fetch(
    line: &AlipayLine,
    certificates: &Certificates,
    sn: &str,
    now: Millis,
) -> Result<(), Trouble> {
    let unknown = |what: String| Trouble::Unknown(format!("Alipay's certificate {sn} was not taken: {what}"));
    let content =
        serde_json::to_string(&Wanted { alipay_cert_sn: sn }).map_err(|e| unknown(e.to_string()))?;
    let text = line.post(line.params(DOWNLOAD, content, None, now)).await?;
    let node = parts(&text, DOWNLOAD).map_err(unknown)?.node.to_owned();
    let given: Given = serde_json::from_str(&node).map_err(|e| unknown(e.to_string()))?;
    if given.code != "10000" {
        return Err(unknown(format!("{} {}", given.sub_code, given.sub_msg)));
    }
    let pem =
        BASE64.decode(given.alipay_cert_content.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pem = pem.ok_or_else(|| unknown("it is not base64 of a PEM text".to_owned()))?;
    certificates.take(sn, &pem, now).map_err(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn a_certificate_is_believed_by_who_issued_it() {
        let own = Certificate::from_pem(fixtures::CERTIFICATE).unwrap();
        let now = Millis(own.not_before_ms + 1);
        let sn = own.alipay_sn();
        let with = |roots: Vec<Certificate>| Certificates::new(&own, roots, &own).unwrap();
        let cases = [
            ("issued by a root", vec![own.clone()], sn.as_str(), now, true),
            ("no root", vec![], &sn, now, false),
            ("another number", vec![own.clone()], "00", now, false),
            ("too old", vec![own.clone()], &sn, Millis(own.not_after_ms + 1), false),
        ];
        for (what, roots, sn, now, good) in cases {
            assert_eq!(with(roots).take(sn, fixtures::CERTIFICATE, now).is_ok(), good, "{what}");
        }
    }
}
