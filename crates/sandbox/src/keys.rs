//! Keys and certificates of the channels and of their merchants: made once, kept in `DATA/keys`, read at every start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXUPPER;
use rcgen::{CertificateParams, DnType, KeyPair, SerialNumber};

use crate::Error;
use crate::clock::{self, Clock};
use crate::crypto::{self, RsaKey};

/// A key with a certificate over it.
#[derive(Debug)]
pub(crate) struct Certified {
    pub(crate) key: RsaKey,
    pub(crate) certificate_pem: String,
    /// 40 upper-case hexadecimal digits.
    pub(crate) serial: String,
    pub(crate) not_before_ms: i64,
    pub(crate) not_after_ms: i64,
    /// `md5hex(issuer + decimal serial)`, Alipay's name of a certificate.
    pub(crate) alipay_sn: String,
}

/// One merchant: an account at each channel.
#[derive(Debug)]
pub(crate) struct Merchant {
    pub(crate) wechat_appid: String,
    pub(crate) wechat_mchid: String,
    pub(crate) wechat_sub_mchid: String,
    pub(crate) wechat_app_secret: String,
    pub(crate) apiv3_key: String,
    pub(crate) apiv2_key: String,
    pub(crate) openid: String,
    pub(crate) wechat: Certified,
    pub(crate) alipay_app_id: String,
    pub(crate) alipay_seller_id: String,
    /// With this token another application of the sandbox acts for this merchant.
    pub(crate) alipay_auth_token: String,
    /// AES key of encrypted contents, base64.
    pub(crate) alipay_encrypt_key: String,
    pub(crate) alipay: Certified,
    pub(crate) ams_client_id: String,
    pub(crate) ams: RsaKey,
}

/// Everything with a private half.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) folder: PathBuf,
    /// Oldest first; the last one is current.
    pub(crate) wechat_platform: Vec<Certified>,
    pub(crate) wechat_public: RsaKey,
    pub(crate) wechat_public_id: String,
    pub(crate) alipay: Certified,
    pub(crate) alipay_root_sn: String,
    pub(crate) ams: RsaKey,
    /// Signs what a stranger would send (fault `callback_forged`).
    pub(crate) stranger: RsaKey,
    pub(crate) merchants: Vec<Merchant>,
}

impl Keys {
    /// Reads the folder, making what is missing. Fresh keys are made side by side: they are the slow part of a first start.
    pub(crate) fn load_or_make(data: &Path, merchants: usize, clock: &Arc<dyn Clock>) -> Result<Self, Error> {
        let folder = data.join("keys");
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let mut names: Vec<String> =
            ["wechat_platform_0", "wechat_public", "alipay", "alipay_root", "ams", "stranger"]
                .map(String::from)
                .to_vec();
        for index in 0..merchants {
            names.extend(
                ["wechat_merchant", "alipay_app", "ams_client"].map(|kind| format!("{kind}_{index}")),
            );
        }
        make_missing(&folder, &names)?;
        let now_ms = clock.now_ms();
        let root = certified(&folder, "alipay_root", "Saoma Sandbox Alipay Root", None, now_ms)?;
        let mut platform = vec![certified(&folder, "wechat_platform_0", "Tenpay.com sign", None, now_ms)?];
        for index in 1.. {
            let name = format!("wechat_platform_{index}");
            if !folder.join(format!("{name}_key.pem")).exists() {
                break;
            }
            platform.push(certified(&folder, &name, "Tenpay.com sign", None, now_ms)?);
        }
        let merchants = (0..merchants)
            .map(|index| merchant(&folder, index, &root, now_ms))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Keys {
            wechat_public: key(&folder, "wechat_public")?,
            wechat_public_id: format!("PUB_KEY_ID_{}", "0119000000012026060100"),
            wechat_platform: platform,
            alipay: certified(&folder, "alipay", "Saoma Sandbox Alipay", Some(&root), now_ms)?,
            alipay_root_sn: root.alipay_sn,
            ams: key(&folder, "ams")?,
            stranger: key(&folder, "stranger")?,
            merchants,
            folder,
        })
    }

    /// Makes the next WeChat platform certificate; it becomes the current one.
    pub(crate) fn rotate(&mut self, now_ms: i64) -> Result<(), Error> {
        let name = format!("wechat_platform_{}", self.wechat_platform.len());
        make_missing(&self.folder, std::slice::from_ref(&name))?;
        self.wechat_platform.push(certified(&self.folder, &name, "Tenpay.com sign", None, now_ms)?);
        Ok(())
    }
}

fn merchant(folder: &Path, index: usize, root: &Certified, now_ms: i64) -> Result<Merchant, Error> {
    let wechat =
        certified(folder, &format!("wechat_merchant_{index}"), &format!("Merchant {index}"), None, now_ms)?;
    let alipay = certified(
        folder,
        &format!("alipay_app_{index}"),
        &format!("Application {index}"),
        Some(root),
        now_ms,
    )?;
    // Secrets of the merchant follow from its key, so that they too are made once and differ between sandboxes.
    let secret = |label: &str| {
        let text = [label.as_bytes(), wechat.key.pkcs8()].concat();
        crypto::md5_hex(&text)
    };
    Ok(Merchant {
        wechat_appid: format!("wx5a0f{:012x}", 0x00c0_ffee_0001_u64 + index as u64),
        wechat_mchid: format!("{}", 1_900_000_001 + index),
        wechat_sub_mchid: format!("{}", 1_900_100_001 + index),
        wechat_app_secret: secret("app"),
        apiv3_key: secret("v3"),
        apiv2_key: secret("v2"),
        openid: "oSaomaWang000000000000000001".into(),
        alipay_app_id: format!("{}", 2_021_000_100_000_001_u64 + index as u64),
        alipay_auth_token: format!("202606BB{}", secret("token")),
        alipay_encrypt_key: crypto::encode64(&secret("aes").as_bytes()[..16]),
        alipay_seller_id: format!("{}", 2_088_000_100_000_001_u64 + index as u64),
        ams_client_id: format!("SANDBOX_{}", 5_000_000_000_000_001_u64 + index as u64),
        ams: key(folder, &format!("ams_client_{index}"))?,
        wechat,
        alipay,
    })
}

fn make_missing(folder: &Path, names: &[String]) -> Result<(), Error> {
    let missing: Vec<&String> =
        names.iter().filter(|name| !folder.join(format!("{name}_key.pem")).exists()).collect();
    std::thread::scope(|scope| {
        let makers: Vec<_> = missing.iter().map(|_| scope.spawn(RsaKey::generate)).collect();
        for (name, maker) in missing.iter().zip(makers) {
            let key =
                maker.join().map_err(|_| Error::Keys("a key maker failed".into()))?.map_err(Error::Keys)?;
            write(&folder.join(format!("{name}_key.pem")), &key.private_pem())?;
            write(&folder.join(format!("{name}_public_key.pem")), &key.public_pem())?;
        }
        Ok(())
    })
}

fn key(folder: &Path, name: &str) -> Result<RsaKey, Error> {
    let path = folder.join(format!("{name}_key.pem"));
    let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    let der =
        crypto::unpem(&text).ok_or_else(|| Error::Keys(format!("{} is no PEM file", path.display())))?;
    RsaKey::from_pkcs8(&der).map_err(|reason| Error::Keys(format!("{}: {reason}", path.display())))
}

fn certified(
    folder: &Path,
    name: &str,
    common_name: &str,
    by: Option<&Certified>,
    now_ms: i64,
) -> Result<Certified, Error> {
    let key = key(folder, name)?;
    let path = folder.join(format!("{name}_cert.pem"));
    if !path.exists() {
        write(&path, &certificate(&key, common_name, by, now_ms)?)?;
    }
    let certificate_pem = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    let damaged = || Error::Keys(format!("{} is no certificate", path.display()));
    let der = crypto::unpem(&certificate_pem).ok_or_else(damaged)?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).map_err(|_| damaged())?;
    let serial = HEXUPPER.encode(&parsed.tbs_certificate.serial.to_bytes_be());
    let text = format!("{}{}", issuer_text(parsed.issuer()), parsed.tbs_certificate.serial);
    Ok(Certified {
        key,
        serial,
        not_before_ms: parsed.validity().not_before.timestamp() * 1000,
        not_after_ms: parsed.validity().not_after.timestamp() * 1000,
        alipay_sn: crypto::md5_hex(text.as_bytes()),
        certificate_pem,
    })
}

/// `CN=…,OU=…,O=…,C=…`: the issuer as Alipay's libraries write it, last part first.
fn issuer_text(name: &x509_parser::x509::X509Name<'_>) -> String {
    let parts: Vec<String> = name
        .iter_attributes()
        .map(|part| {
            let short = match part.attr_type().to_id_string().as_str() {
                "2.5.4.3" => "CN",
                "2.5.4.6" => "C",
                "2.5.4.10" => "O",
                _ => "OU",
            };
            format!("{short}={}", part.as_str().unwrap_or_default())
        })
        .collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(",")
}

/// A certificate of five years over `key`, signed by `by` or by itself.
fn certificate(
    key: &RsaKey,
    common_name: &str,
    by: Option<&Certified>,
    now_ms: i64,
) -> Result<String, Error> {
    let failed = |e: rcgen::Error| Error::Keys(format!("no certificate could be made: {e}"));
    let pair = pair_of(key)?;
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    params.distinguished_name = distinguished_name(common_name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    // The first byte stays below 0x80 and above 0, so that the serial has exactly 40 digits.
    let mut serial = crypto::sha1(&[key.pkcs8(), common_name.as_bytes()].concat());
    serial[0] = 0x40 | (serial[0] & 0x3f);
    params.serial_number = Some(SerialNumber::from(serial));
    let date: jiff::civil::Date = clock::day(now_ms - 86_400_000).parse().expect("our own date parses");
    params.not_before = rcgen::date_time_ymd(i32::from(date.year()), date.month() as u8, date.day() as u8);
    params.not_after =
        rcgen::date_time_ymd(i32::from(date.year()) + 5, date.month() as u8, date.day().min(28) as u8);
    let certificate = match by {
        None => params.self_signed(&pair).map_err(failed)?,
        Some(root) => {
            let root_pair = pair_of(&root.key)?;
            let issuer = rcgen::Issuer::from_ca_cert_pem(&root.certificate_pem, root_pair).map_err(failed)?;
            params.signed_by(&pair, &issuer).map_err(failed)?
        }
    };
    Ok(certificate.pem())
}

fn distinguished_name(common_name: &str) -> rcgen::DistinguishedName {
    let mut name = rcgen::DistinguishedName::new();
    name.push(DnType::CountryName, "CN");
    name.push(DnType::OrganizationName, "Saoma Sandbox");
    name.push(DnType::OrganizationalUnitName, "Payment");
    name.push(DnType::CommonName, common_name);
    name
}

fn pair_of(key: &RsaKey) -> Result<KeyPair, Error> {
    KeyPair::from_pkcs8_pem_and_sign_algo(&key.private_pem(), &rcgen::PKCS_RSA_SHA256)
        .map_err(|e| Error::Keys(format!("no certificate key: {e}")))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(Error::file(path))
}
