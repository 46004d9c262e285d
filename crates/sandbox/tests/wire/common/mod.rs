//! What the wire tests share: a sandbox in its own folder, a client for each channel, a receiver of callbacks.

pub mod alipay;
pub mod receiver;
pub mod wechat;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use aws_lc_rs::rsa::KeyPair;
use base64::Engine as _;
use sandbox::{Options, Running, Sandbox};
use serde_json::Value;

pub struct SystemClock;

impl sandbox::Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        now_ms()
    }
}

pub fn now_ms() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64
}

/// A number no other call of this process returned.
pub fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Removed with the last fixture that has it.
pub struct Folder(PathBuf);

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder() -> PathBuf {
    let path = std::env::temp_dir().join(format!("saoma-sandbox-{}-{}", std::process::id(), unique()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Keys are made once a test binary and copied: making them is the slow part.
async fn shared_keys() -> &'static Path {
    static KEYS: OnceLock<PathBuf> = OnceLock::new();
    static MAKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _making = MAKING.lock().await;
    if let Some(keys) = KEYS.get() {
        return keys;
    }
    let data = folder();
    Sandbox::start(options(&data, false)).await.unwrap().stop().await;
    KEYS.get_or_init(|| data.join("keys"))
}

pub fn options(data: &Path, strict: bool) -> Options {
    let mut options = Options::new("127.0.0.1:0".parse().unwrap(), data, Arc::new(SystemClock));
    options.strict = strict;
    options
}

/// A sandbox and a client for its control calls.
pub struct Fixture {
    pub running: Running,
    pub data: Arc<Folder>,
    pub http: reqwest::Client,
}

pub async fn start() -> Fixture {
    start_with(false).await
}

pub async fn start_with(strict: bool) -> Fixture {
    let data = Arc::new(Folder(folder()));
    copy_keys(&data).await;
    let running = Sandbox::start(options(&data, strict)).await.unwrap();
    Fixture { running, data, http: reqwest::Client::builder().no_proxy().build().unwrap() }
}

pub async fn copy_keys(data: &Path) {
    std::fs::create_dir_all(data.join("keys")).unwrap();
    for entry in std::fs::read_dir(shared_keys().await).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), data.join("keys").join(entry.file_name())).unwrap();
    }
}

impl Fixture {
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base_url)
    }

    /// A control call: status and body.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method: reqwest::Method = method.parse().unwrap();
        let request =
            self.http.request(method, self.url(&format!("/_sandbox/{path}"))).body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    /// A control call that must succeed.
    pub async fn ok(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.control("POST", path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.control("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
}

pub fn private_key(path: &str) -> KeyPair {
    KeyPair::from_pkcs8(&unpem(&std::fs::read_to_string(path).unwrap())).unwrap()
}

pub fn unpem(text: &str) -> Vec<u8> {
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(body).unwrap()
}

pub fn sign(key: &KeyPair, message: &[u8]) -> String {
    let mut signature = vec![0; key.public_modulus_len()];
    let rng = aws_lc_rs::rand::SystemRandom::new();
    key.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &rng, message, &mut signature).unwrap();
    base64::engine::general_purpose::STANDARD.encode(signature)
}

/// Whether `signature` over `message` is that of the public key or certificate in the PEM file.
pub fn verifies(pem_path: &str, message: &[u8], signature: &str) -> bool {
    let text = std::fs::read_to_string(pem_path).unwrap();
    let der = unpem(&text);
    let spki = if text.contains("CERTIFICATE") {
        x509_parser::parse_x509_certificate(&der).unwrap().1.public_key().raw.to_vec()
    } else {
        der
    };
    let key =
        aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256, spki);
    let Ok(signature) = base64::engine::general_purpose::STANDARD.decode(signature) else { return false };
    key.verify(message, &signature).is_ok()
}
