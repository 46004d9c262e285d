//! A channel to measure with: the sandbox in this process, and what RSA alone allows on this machine.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::RsaKeyPair;
use channels::signatures::{Case, cases};
use desk::{Desk, NewChannel};
use sandbox::{Running, Sandbox};
use store::{Id, Merchant};

use super::figures::{Figure, Laps, Window, figure};
use super::world::Caller;
use crate::demo::wechat_settings;
use crate::out::{Failed, Outcome, While as _};
use crate::ports::SystemClock;

/// Accounts at the sandbox: making keys is slow, and merchants may share an account.
const ACCOUNTS: usize = 2;

/// A sandbox on a free port.
pub(super) async fn sandbox(folder: &Path) -> Outcome<Running> {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut options = sandbox::Options::new(listen, folder.join("sandbox"), Arc::new(SystemClock));
    options.merchants = ACCOUNTS;
    Sandbox::start(options).await.map_err(|error| Failed::call(format!("the sandbox did not start: {error}")))
}

/// A merchant's account at the channel.
pub(super) struct Account {
    /// Whose it is.
    pub(super) merchant: Merchant,
    /// Ours.
    pub(super) id: Id,
    /// The sandbox's.
    pub(super) place: usize,
}

/// Gives every merchant of the callers an account at the sandbox's WeChat Pay.
pub(super) async fn accounts(desk: &Desk, sandbox: &Running, callers: &[Caller]) -> Outcome<Vec<Account>> {
    let mut made: Vec<Account> = Vec::new();
    for caller in callers {
        if made.iter().any(|account| account.merchant == caller.who.merchant) {
            continue;
        }
        let place = made.len() % sandbox.json.accounts.len();
        let new = NewChannel {
            channel: "wechat".to_owned(),
            name: "WeChat Pay (sandbox)".to_owned(),
            settings: wechat_settings(&sandbox.json.accounts[place]),
        };
        let id = desk.set_channel(&caller.who, new).await.during("setting the channel up")?.id;
        made.push(Account { merchant: caller.who.merchant, id, place });
    }
    Ok(made)
}

/// What RSA alone allows, on all cores: the platform signs a request, the sandbox checks it, signs its answer, the platform checks that.
pub(super) async fn signatures(callers: usize, seconds: u64) -> Outcome<Figure> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).during("making a key")?;
    let key: Pkcs8V1Der<'_> = pair.as_der().during("writing the key")?;
    let key: Arc<[u8]> = key.as_ref().into();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let window = Window::of(seconds);
    let load = (0..threads).map(|_| {
        let key = key.clone();
        tokio::task::spawn_blocking(move || rounds(&key, window))
    });
    let load: Vec<_> = load.collect();
    let busy = window.busy_at_start().await;
    let mut laps = Vec::new();
    for thread in load {
        laps.push(thread.await.during("the signatures")??);
    }
    Ok(figure("signatures", "none", callers, window, busy, &laps))
}

fn rounds(key: &[u8], window: Window) -> Outcome<Laps> {
    let all: Vec<Case> = cases(key).map_err(Failed::call)?;
    let ours: Vec<&Case> = all.iter().filter(|case| case.channel == "wechat v3").collect();
    let mut laps = Laps::default();
    while window.goes_on() {
        let began = Instant::now();
        // Once for each side.
        for _ in 0..2 {
            if !ours.iter().all(|case| (case.bare)()) {
                return Err(Failed::call("a signature that was made is not good"));
            }
        }
        window.lap(began, &mut laps);
    }
    Ok(laps)
}
