//! A sandbox, lines to it, and a place where callbacks come in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use desk::channel::{
    Channel, ChargeAsk, Line, Notice, PresentAsk, Receipt, RefundAsk, RefundStanding, Standing,
};
use money::Money;
use sandbox::{Clock, Options, Running, Sandbox};
use serde_json::{Value, json};
use store::Millis;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

struct Wall;

impl Clock for Wall {
    fn now_ms(&self) -> i64 {
        now().0
    }
}

/// Now, by the wall clock that the sandbox goes by too.
pub(crate) fn now() -> Millis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Millis(i64::try_from(since.as_millis()).unwrap())
}

/// Making keys takes long: one set serves every test of this run.
static KEYS: tokio::sync::OnceCell<PathBuf> = tokio::sync::OnceCell::const_new();
static COUNT: AtomicU32 = AtomicU32::new(0);

fn fresh_folder() -> PathBuf {
    let count = COUNT.fetch_add(1, Ordering::SeqCst);
    let folder = std::env::temp_dir().join(format!("saoma-channels-{}-{count}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

async fn start_in(folder: PathBuf) -> Running {
    Sandbox::start(Options::new("127.0.0.1:0".parse().unwrap(), folder, Arc::new(Wall))).await.unwrap()
}

/// Headers and body of a callback.
pub(crate) type Callback = (Vec<(String, String)>, Vec<u8>);

pub(crate) struct Rig {
    pub(crate) sandbox: Running,
    pub(crate) notify_url: String,
    callbacks: Arc<Mutex<Vec<Callback>>>,
    folder: PathBuf,
    numbers: AtomicU32,
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Rig {
    pub(crate) async fn start() -> Rig {
        let keys = KEYS
            .get_or_init(|| async {
                let folder = fresh_folder();
                start_in(folder.clone()).await.stop().await;
                folder.join("keys")
            })
            .await;
        let folder = fresh_folder();
        std::fs::create_dir_all(folder.join("keys")).unwrap();
        for file in std::fs::read_dir(keys).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.join("keys").join(file.file_name())).unwrap();
        }
        let sandbox = start_in(folder.clone()).await;
        let callbacks = Arc::new(Mutex::new(Vec::new()));
        let notify_url = receive(Arc::clone(&callbacks)).await;
        Rig { sandbox, notify_url, callbacks, folder, numbers: AtomicU32::new(0) }
    }

    /// WeChat Pay's settings; `keys` is `certificate`, `public_key`, `both`, or `v2` for code payments the old way.
    pub(crate) fn wechat_settings(&self, keys: &str) -> Value {
        let of = &self.sandbox.json.wechat;
        let mut settings = json!({
            "base_url": self.sandbox.base_url, "appid": of.appid, "mchid": of.mchid,
            "merchant_private_key_file": of.merchant_private_key, "merchant_cert_serial": of.merchant_cert_serial,
            "apiv3_key": of.apiv3_key, "timeout_ms": 3000,
            "app_secret": of.app_secret, "oauth_url": of.authorize_url,
            "oauth_token_url": format!("{}/sns/oauth2/access_token", self.sandbox.base_url),
        });
        if keys != "certificate" {
            settings["platform_public_key_id"] = json!(of.platform_public_key_id);
            settings["platform_public_key_file"] = json!(of.platform_public_key);
        }
        if keys == "v2" {
            settings["code_payment"] = json!("v2");
            settings["apiv2_key"] = json!(of.apiv2_key);
            settings["merchant_certificate_file"] = json!(of.merchant_certificate);
        }
        if keys == "both" {
            settings["platform_certificate_file"] = json!(of.platform_certificate);
        }
        settings
    }

    /// Alipay's settings; `keys` is `public_key` or `certificate`, with `v3` for that protocol.
    pub(crate) fn alipay_settings(&self, keys: &str) -> Value {
        let of = &self.sandbox.json.alipay;
        let mut settings = json!({
            "gateway_url": of.gateway_url, "app_id": of.app_id, "seller_id": of.seller_id,
            "app_private_key_file": of.app_private_key, "timeout_ms": 3000, "oauth_url": of.authorize_url,
        });
        if keys.contains("v3") {
            settings["protocol"] = json!("v3");
            settings["v3_endpoint"] = json!(of.v3_endpoint);
        }
        if keys.contains("certificate") {
            settings["app_cert_file"] = json!(of.app_certificate);
            settings["alipay_cert_file"] = json!(of.alipay_certificate);
            settings["alipay_root_cert_file"] = json!(of.alipay_root_certificate);
        } else {
            settings["alipay_public_key_file"] = json!(of.alipay_public_key);
        }
        settings
    }

    /// Alipay+'s settings.
    pub(crate) fn alipay_plus_settings(&self) -> Value {
        let of = &self.sandbox.json.alipay_plus;
        json!({
            "gateway_url": of.gateway_url, "client_id": of.client_id, "client_private_key_file": of.client_private_key,
            "alipay_plus_public_key_file": of.alipay_plus_public_key, "merchant_id": "M1", "merchant_name": "Tea House",
            "merchant_mcc": "5499", "settlement_currency": "CNY", "timeout_ms": 3000,
        })
    }

    pub(crate) fn wechat(&self) -> Arc<dyn Line> {
        open("wechat", &self.wechat_settings("certificate")).unwrap()
    }

    pub(crate) fn alipay(&self) -> Arc<dyn Line> {
        open("alipay", &self.alipay_settings("public_key")).unwrap()
    }

    /// The channel's calendar day now.
    pub(crate) fn today(&self) -> String {
        let beijing = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
        jiff::Timestamp::from_millisecond(now().0).unwrap().to_zoned(beijing).strftime("%Y-%m-%d").to_string()
    }

    /// A number not used before in this sandbox.
    pub(crate) fn number(&self) -> String {
        format!("T{:08}", self.numbers.fetch_add(1, Ordering::SeqCst))
    }

    pub(crate) fn ask(&self, fen: i64) -> PresentAsk {
        PresentAsk {
            out_trade_no: self.number(),
            amount: Money::fen(fen),
            description: "热茶 Tea 🍵".into(),
            expires_at: now().plus(Duration::from_secs(300)),
            notify_url: self.notify_url.clone(),
            terminal: "0TERMINAL0001".into(),
            site: "0SITE00000001".into(),
            now: now(),
        }
    }

    pub(crate) fn charge(&self, fen: i64, payer_code: &str) -> ChargeAsk {
        ChargeAsk { common: self.ask(fen), payer_code: payer_code.into() }
    }

    pub(crate) fn refund(&self, out_trade_no: &str, fen: i64, paid: i64) -> RefundAsk {
        RefundAsk {
            out_trade_no: out_trade_no.into(),
            channel_txn: None,
            out_refund_no: format!("R{}", self.number()),
            amount: Money::fen(fen),
            paid: Money::fen(paid),
            reason: "退货 returned".into(),
            notify_url: self.notify_url.clone(),
            now: now(),
        }
    }

    /// A control call that must succeed.
    pub(crate) async fn control(&self, call: &str, body: Value) -> Value {
        let url = format!("{}/_sandbox/{call}", self.sandbox.base_url);
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(url);
        let answer =
            request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{call} {body}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn payer_code(&self, channel: &str, outcome: &str) -> String {
        let answer = self.control("payer-code", json!({"channel": channel, "outcome": outcome})).await;
        answer["code"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn fault(&self, channel: &str, fault: &str, delay_ms: Option<i64>) {
        let body = json!({"channel": channel, "fault": fault, "next": 1, "delay_ms": delay_ms});
        self.control("faults", body).await;
    }

    /// The callbacks so far, once there are at least `count`; waits at most ten seconds.
    pub(crate) async fn callbacks(&self, count: usize) -> Vec<Callback> {
        for _ in 0..500 {
            let all = self.callbacks.lock().unwrap().clone();
            if all.len() >= count {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} of {count} callbacks came", self.callbacks.lock().unwrap().len());
    }

    /// What the callbacks say, once there are at least `count`.
    pub(crate) async fn notices(&self, line: &Arc<dyn Line>, count: usize) -> Vec<Notice> {
        let all = self.callbacks(count).await;
        all.iter().map(|(headers, body)| line.notification(headers, body, now()).unwrap()).collect()
    }
}

/// A line of the channel with this code.
pub(crate) fn open(code: &str, settings: &Value) -> Result<Arc<dyn Line>, Vec<desk::channel::SettingsError>> {
    let all = channels::all(channels::Settings { nonce_seed: [9; 32], ..channels::Settings::default() });
    let by_code: BTreeMap<&str, Channel> = all.into_iter().map(|c| (c.facts().code, c)).collect();
    match &by_code[code] {
        Channel::Remote(remote) => remote.open(settings),
        Channel::Value(_) => panic!("{code} is no remote channel"),
    }
}

/// Listens for callbacks, keeps them and answers `success`.
async fn receive(kept: Arc<Mutex<Vec<Callback>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/notify", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                let callback = loop {
                    let mut chunk = [0; 8192];
                    let read = stream.read(&mut chunk).await.unwrap_or(0);
                    if read == 0 {
                        return;
                    }
                    bytes.extend_from_slice(&chunk[..read]);
                    if let Some(callback) = whole(&bytes) {
                        break callback;
                    }
                };
                kept.lock().unwrap().push(callback);
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nsuccess")
                    .await;
            });
        }
    });
    url
}

fn whole(bytes: &[u8]) -> Option<Callback> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(n, _)| n == "content-length").map_or(0, |(_, v)| v.parse().unwrap());
    let body = &bytes[end + 4..];
    (body.len() >= length).then(|| (headers, body.to_vec()))
}

/// The receipt of a payment that must be one.
pub(crate) fn receipt(standing: Standing) -> Receipt {
    match standing {
        Standing::Paid(receipt) => {
            assert!(!receipt.channel_txn.is_empty());
            assert!(receipt.paid_at.0.abs_diff(now().0) < 10_000, "paid at {}", receipt.paid_at);
            receipt
        }
        other => panic!("{other:?} is not paid"),
    }
}

/// Asks until a refund is done.
pub(crate) async fn refunded(line: &Arc<dyn Line>, ask: &RefundAsk) -> String {
    for _ in 0..100 {
        match line.refund_query(ask).await.unwrap() {
            RefundStanding::Succeeded { channel_refund, .. } => return channel_refund,
            RefundStanding::Processing => tokio::time::sleep(Duration::from_millis(50)).await,
            other => panic!("{other:?}"),
        }
    }
    panic!("the refund is never done");
}
