//! The keys WeChat Pay signs with: the public key of new merchants, the platform certificates of old ones, or both at
//! once while a merchant moves from one to the other. Certificates arrive sealed; they are cached by their serial numbers.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use crate::crypto::{Certificate, SealedBox, Verifier};

use super::wire::{CertificateList, SCHEME, answer_text};

/// Tolerated difference between the channel's clock and ours, seconds.
const CLOCK_SECONDS: i64 = 300;

/// Why an answer or a notification is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Signed by a certificate that is not known here: the list may have changed.
    UnknownSerial(String),
    /// Wrong in itself.
    Wrong(String),
}

impl Doubt {
    /// In words.
    pub(crate) fn words(&self) -> String {
        match self {
            Doubt::UnknownSerial(serial) => format!("signed by {serial:?}, which is not known here"),
            Doubt::Wrong(what) => what.clone(),
        }
    }
}

struct Known {
    verifier: Arc<Verifier>,
    not_after_ms: i64,
}

/// Every key an answer can be signed by.
pub(crate) struct PlatformKeys {
    public_key: Option<(String, Arc<Verifier>)>,
    certificates: RwLock<HashMap<String, Known>>,
}

impl PlatformKeys {
    /// Starts with a public key by its id, certificates given in the settings, or nothing (they are fetched then).
    pub(crate) fn new(
        public_key: Option<(String, Verifier)>,
        certificates: &[Certificate],
    ) -> Result<PlatformKeys, String> {
        let keys = PlatformKeys {
            public_key: public_key.map(|(id, verifier)| (id, Arc::new(verifier))),
            certificates: RwLock::default(),
        };
        keys.add(certificates)?;
        Ok(keys)
    }

    /// The public key's id, sent with each request so that the answer is signed by it.
    pub(crate) fn public_key_id(&self) -> Option<&str> {
        self.public_key.as_ref().map(|(id, _)| id.as_str())
    }

    /// Whether certificates are among the keys: then their list must be kept fresh.
    pub(crate) fn uses_certificates(&self) -> bool {
        !self.read().is_empty()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<String, Known>> {
        self.certificates.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn find(&self, serial: &str, now_ms: i64) -> Option<Arc<Verifier>> {
        match &self.public_key {
            Some((id, verifier)) if id == serial => Some(Arc::clone(verifier)),
            _ => self
                .read()
                .get(serial)
                .filter(|known| now_ms <= known.not_after_ms)
                .map(|known| Arc::clone(&known.verifier)),
        }
    }

    /// Adds certificates to those known. Old ones stay: both sign while they are changed.
    pub(crate) fn add(&self, certificates: &[Certificate]) -> Result<(), String> {
        let fresh = certificates
            .iter()
            .map(|c| {
                let verifier = Arc::new(c.verifier()?);
                Ok((c.serial.clone(), Known { verifier, not_after_ms: c.not_after_ms }))
            })
            .collect::<Result<Vec<_>, String>>()?;
        let mut known = self.certificates.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.extend(fresh);
        Ok(())
    }

    /// Checks the signature over raw bytes. `header` finds a header by its lower-case name, empty when absent.
    pub(crate) fn check<'h>(
        &self,
        header: impl Fn(&str) -> &'h str,
        body: &[u8],
        now_ms: i64,
    ) -> Result<(), Doubt> {
        let wrong = |what: &str| Err(Doubt::Wrong(what.to_owned()));
        let signature = header("wechatpay-signature");
        if signature.is_empty() {
            return wrong("it is not signed");
        }
        if signature.starts_with("WECHATPAY/SIGNTEST/") {
            return wrong("it is one of the channel's deliberately wrong signatures");
        }
        let scheme = header("wechatpay-signature-type");
        if !scheme.is_empty() && scheme != SCHEME {
            return Err(Doubt::Wrong(format!("the signature type {scheme:?} is not known")));
        }
        let seconds = header("wechatpay-timestamp");
        let Ok(at) = seconds.parse::<i64>() else {
            return wrong("its timestamp is not a number");
        };
        if (now_ms.div_euclid(1000)).abs_diff(at) > CLOCK_SECONDS.unsigned_abs() {
            return Err(Doubt::Wrong(format!("its timestamp {at} is more than five minutes from ours")));
        }
        let serial = header("wechatpay-serial");
        let Some(verifier) = self.find(serial, now_ms) else {
            return Err(Doubt::UnknownSerial(serial.to_owned()));
        };
        let text = answer_text(seconds, header("wechatpay-nonce"), body);
        if verifier.verify(&text, signature) { Ok(()) } else { wrong("its signature is wrong") }
    }
}

/// Opens the certificates of a list. Error: which one cannot be opened or read.
pub(crate) fn open_list(list: &CertificateList, sealed: &SealedBox) -> Result<Vec<Certificate>, String> {
    list.data
        .iter()
        .map(|entry| {
            let sealing = &entry.encrypt_certificate;
            let plain = sealed
                .open(&sealing.nonce, &sealing.associated_data, &sealing.ciphertext)
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| format!("certificate {} does not open with apiv3_key", entry.serial_no))?;
            let certificate = Certificate::from_pem(&plain)?;
            if certificate.serial != entry.serial_no {
                return Err(format!("certificate {} has another serial number", entry.serial_no));
            }
            Ok(certificate)
        })
        .collect()
}
