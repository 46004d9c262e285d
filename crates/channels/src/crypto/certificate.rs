//! X.509 certificates: their key, their time, and the names channels give them.

use data_encoding::HEXUPPER;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Verifier, md5_hex, pem};

/// What is used of a certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The serial number in upper-case hexadecimal without leading zero bytes: how WeChat Pay names it.
    pub serial: String,
    /// First moment of validity, epoch milliseconds.
    pub not_before_ms: i64,
    /// Last moment of validity, epoch milliseconds.
    pub not_after_ms: i64,
    serial_decimal: String,
    issuer: String,
    rsa_signed: bool,
    spki: Vec<u8>,
    der: Vec<u8>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text, or bare base64. Error: what is wrong.
    pub fn from_pem(text: &str) -> Result<Certificate, String> {
        Certificate::from_der(&pem::der_of(text, &["CERTIFICATE"])?)
    }

    /// Reads every certificate of a PEM bundle. Error: the first that cannot be read, or none.
    pub fn bundle(text: &str) -> Result<Vec<Certificate>, String> {
        let blocks = pem::blocks(text);
        let certificates = blocks
            .iter()
            .filter(|(label, _)| *label == "CERTIFICATE")
            .map(|(_, body)| Certificate::from_der(&pem::decode(body)?))
            .collect::<Result<Vec<_>, String>>()?;
        if certificates.is_empty() {
            return Err("no PEM block CERTIFICATE was found".to_owned());
        }
        Ok(certificates)
    }

    fn from_der(der: &[u8]) -> Result<Certificate, String> {
        let (_, parsed) = X509Certificate::from_der(der).map_err(|e| format!("not a certificate ({e})"))?;
        let issuer: Vec<String> = parsed
            .issuer()
            .iter_attributes()
            .map(|a| {
                let registry = x509_parser::objects::oid_registry();
                let name = x509_parser::objects::oid2abbrev(a.attr_type(), registry)
                    .map_or_else(|_| a.attr_type().to_id_string(), str::to_owned);
                format!("{name}={}", a.as_str().unwrap_or_default())
            })
            .collect();
        let ms = |t: x509_parser::time::ASN1Time| t.timestamp().saturating_mul(1000);
        Ok(Certificate {
            serial: serial_hex(parsed.raw_serial()),
            not_before_ms: ms(parsed.validity().not_before),
            not_after_ms: ms(parsed.validity().not_after),
            serial_decimal: parsed.tbs_certificate.serial.to_string(),
            issuer: issuer.into_iter().rev().collect::<Vec<_>>().join(","),
            rsa_signed: parsed.signature_algorithm.algorithm.to_id_string().starts_with("1.2.840.113549.1.1"),
            spki: parsed.public_key().raw.to_vec(),
            der: der.to_vec(),
        })
    }

    /// The key that verifies what its owner signed. Error: not RSA.
    pub fn verifier(&self) -> Result<Verifier, String> {
        Verifier::from_der(&self.spki)
    }

    /// Whether `issuer` names and signed it, with RSA and SHA-256. A certificate that signed itself is issued by itself.
    pub fn is_issued_by(&self, issuer: &Certificate) -> bool {
        let (Ok((_, own)), Ok((_, by))) =
            (X509Certificate::from_der(&self.der), X509Certificate::from_der(&issuer.der))
        else {
            return false;
        };
        const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";
        let named = own.issuer().as_raw() == by.subject().as_raw();
        let rsa = own.signature_algorithm.algorithm.to_id_string() == SHA256_WITH_RSA;
        let signed = || {
            issuer
                .verifier()
                .is_ok_and(|key| key.verify_bytes(own.tbs_certificate.as_ref(), &own.signature_value.data))
        };
        named && rsa && signed()
    }

    /// How Alipay names it: MD5 over the issuer's name and the decimal serial number.
    pub fn alipay_sn(&self) -> String {
        md5_hex(format!("{}{}", self.issuer, self.serial_decimal).as_bytes())
    }

    /// How Alipay names a bundle of roots: the names of those signed with RSA, joined by `_`.
    pub fn alipay_root_sn(bundle: &[Certificate]) -> String {
        let names: Vec<_> = bundle.iter().filter(|c| c.rsa_signed).map(Certificate::alipay_sn).collect();
        names.join("_")
    }
}

fn serial_hex(raw: &[u8]) -> String {
    let start = raw.iter().position(|b| *b != 0).unwrap_or(raw.len());
    HEXUPPER.encode(&raw[start..])
}
