//! `saoma bench settle`: callbacks of a channel. Codes are shown first, then every callback is signed and sealed as the channel does, and what is
//! measured is from the first callback to the last answer: signature checked, opened, settled, durable. The signing is not counted.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use channels::crypto::{SealedBox, Signer};
use channels::wechat::wire::answer_text;
use sandbox::Running;
use serde_json::json;
use store::{Clock as _, Id};

use super::channel::{self, Account};
use super::client::{Client, field};
use super::figures::{Figure, Laps, busy_seconds, counted};
use super::ground::{Ground, Serving};
use super::load::{PRICE_FEN, apart, fresh_key, order_body};
use super::summary::Summary;
use super::world::{self, Caller};
use crate::out::{Failed, Out, Outcome, While as _};
use crate::platform::Platform;
use crate::ports::SystemClock;

/// Callbacks for a second of the time that was asked for.
const A_SECOND: usize = 1500;

/// A callback as it will be posted.
struct Callback {
    path: String,
    headers: [(&'static str, String); 4],
    body: String,
}

/// Measures at a number of callers.
pub(super) async fn at(ground: &Ground, callers: usize, out: Out, summary: &mut Summary) -> Outcome {
    if ground.wants("settle") {
        summary.tell(out, settle(ground, callers, out).await?);
    }
    Ok(())
}

async fn settle(ground: &Ground, callers: usize, out: Out) -> Outcome<Figure> {
    let sandbox = channel::sandbox(&ground.folder.join(format!("settle_{callers}"))).await?;
    let mut plan = ground.plan(&format!("settle_{callers}"))?;
    // The callbacks are what is measured, and not how we ask ourselves meanwhile.
    plan.desk.code_polls = vec![std::time::Duration::from_secs(3600)];
    let platform = Platform::open(&plan).await?;
    let world = world::set_up(&platform, ground.args.merchants, callers).await?;
    let accounts = Arc::new(channel::accounts(&platform.desk, &sandbox, &world).await?);
    let node = Serving::start(platform).await?;
    let address = node.address;
    let each = (usize::try_from(ground.args.seconds).unwrap_or(1) * A_SECOND / callers).max(1);
    out.progress(format_args!("showing {} codes", each * callers));
    let shown = apart(world, move |caller| async move { show(address, &caller, each).await }).await?;
    let mut waiting = Vec::new();
    for (caller, numbers) in shown {
        let account = accounts.iter().find(|account| account.merchant == caller.who.merchant);
        let account = account.ok_or_else(|| Failed::call("a caller without an account"))?;
        let signed = Channel::of(&sandbox, account)?;
        let callbacks: VecDeque<Callback> = numbers.iter().map(|number| signed.callback(number)).collect();
        waiting.push((caller, Arc::new(std::sync::Mutex::new(callbacks))));
    }
    let queues: Vec<_> = waiting.iter().map(|(_, queue)| queue.clone()).collect();
    let callers_again: Vec<Caller> =
        waiting.into_iter().enumerate().map(|(number, (caller, _))| Caller { number, ..caller }).collect();
    let (began, busy) = (Instant::now(), busy_seconds());
    let laps = apart(callers_again, move |caller| {
        let queue = queues[caller.number].clone();
        async move { call_back(address, &queue).await }
    })
    .await?;
    let figure = counted("settle", ground.engine(), callers, began, busy, &laps);
    node.stop().await?;
    sandbox.stop().await;
    Ok(figure)
}

/// Shows `count` codes and answers the numbers of their payments.
async fn show(
    address: std::net::SocketAddr,
    caller: &Caller,
    count: usize,
) -> Outcome<(Caller, Vec<String>)> {
    let mut client = Client::connect(address).await.during("connecting")?;
    let order = order_body(caller);
    let ask = json!({"presentment": "merchant_presented", "channel": "wechat", "terminal": caller.terminal});
    let ask = ask.to_string();
    let mut numbers = Vec::new();
    for _ in 0..count {
        let made = client.post("/v1/orders", &caller.key, &fresh_key(), &order).await.during("an order")?;
        let id = field(made.body, "id").unwrap_or_default().to_owned();
        let path = format!("/v1/orders/{id}/attempts");
        let shown = client.post(&path, &caller.key, &fresh_key(), &ask).await.during("a code")?;
        match (shown.status, field(shown.body, "id")) {
            (201, Some(number)) => numbers.push(number.to_owned()),
            (status, _) => {
                let said = String::from_utf8_lossy(shown.body).into_owned();
                return Err(Failed::call(format!("a code was answered with {status} {said}")));
            }
        }
    }
    Ok((caller.clone(), numbers))
}

async fn call_back(
    address: std::net::SocketAddr,
    queue: &std::sync::Mutex<VecDeque<Callback>>,
) -> Outcome<Laps> {
    let mut client = Client::connect(address).await.during("connecting")?;
    let mut laps = Laps::default();
    let next = || queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop_front();
    while let Some(callback) = next() {
        let began = Instant::now();
        let headers: Vec<(&str, &str)> = callback.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let taken = client.post_with(&callback.path, &headers, &callback.body).await.during("a callback")?;
        if taken.status != 200 {
            let said = String::from_utf8_lossy(taken.body).into_owned();
            return Err(Failed::call(format!("a callback was answered with {} {said}", taken.status)));
        }
        laps.push(began.elapsed());
    }
    Ok(laps)
}

/// The channel's side of one account: what it signs and seals with.
struct Channel {
    account: Id,
    names: (String, String),
    serial: String,
    signer: Signer,
    sealed: SealedBox,
}

impl Channel {
    fn of(sandbox: &Running, account: &Account) -> Outcome<Channel> {
        let own = &sandbox.json.accounts[account.place].wechat;
        // The private key lies beside the public one.
        let path = own.platform_public_key.replace("_public_key.pem", "_key.pem");
        let key = std::fs::read_to_string(&path).during(format_args!("reading {path}"))?;
        Ok(Channel {
            account: account.id,
            names: (own.appid.clone(), own.mchid.clone()),
            serial: own.platform_public_key_id.clone(),
            signer: Signer::from_text(&key).map_err(Failed::call)?,
            sealed: SealedBox::new(own.apiv3_key.as_bytes()).map_err(Failed::call)?,
        })
    }

    /// That a payment was made.
    fn callback(&self, number: &str) -> Callback {
        let now = SystemClock.now();
        let paid = json!({
            "appid": self.names.0, "mchid": self.names.1, "out_trade_no": number, "transaction_id": format!("42{number}"),
            "trade_type": "NATIVE", "trade_state": "SUCCESS", "success_time": now.to_string(),
            "amount": {"total": PRICE_FEN, "payer_total": PRICE_FEN, "currency": "CNY", "payer_currency": "CNY"},
        });
        let nonce = &number[number.len() - 12..];
        let ciphertext = self.sealed.seal(nonce, "transaction", paid.to_string().as_bytes());
        let body = json!({
            "id": number, "event_type": "TRANSACTION.SUCCESS", "resource_type": "encrypt-resource",
            "resource": {
                "algorithm": "AEAD_AES_256_GCM", "original_type": "transaction", "associated_data": "transaction",
                "nonce": nonce, "ciphertext": ciphertext,
            },
        })
        .to_string();
        let seconds = (now.0 / 1000).to_string();
        let signature = self.signer.sign(&answer_text(&seconds, number, body.as_bytes()));
        let headers = [
            ("wechatpay-timestamp", seconds),
            ("wechatpay-nonce", number.to_owned()),
            ("wechatpay-serial", self.serial.clone()),
            ("wechatpay-signature", signature),
        ];
        Callback { path: format!("/v1/notify/wechat/{}", self.account), headers, body }
    }
}
