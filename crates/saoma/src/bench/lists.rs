//! How long the lists take that people look at: newest, rare, found, deep, the day. Each is asked several times over HTTP; the first one pays for cold
//! pages.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use desk::access::Who;
use desk::rows::Role;
use serde::Serialize;
use store::{Clock as _, IdMaker, Merchant};

use super::client::Client;
use super::figures::round;
use super::ground::Serving;
use crate::out::{Failed, Out, Outcome, While as _};
use crate::platform::Platform;
use crate::ports::SystemClock;

/// How often each is asked.
const TIMES: usize = 9;

/// One list.
#[derive(Serialize)]
struct Figure {
    path: String,
    first_ms: f64,
    middle_ms: f64,
    slowest_ms: f64,
}

/// Measures the lists of the oldest merchant of the database.
pub(super) async fn measure(platform: Platform, out: Out) -> Outcome {
    let all = platform.desk.merchants().await.during("reading the merchants")?;
    let oldest =
        all.iter().min_by_key(|merchant| merchant.id).ok_or_else(|| Failed::call("an empty database"))?;
    let who = Who::system(Merchant(oldest.id));
    let key = platform.desk.create_key(&who, "bench", Role::Owner).await.during("making a key")?;
    let sites = platform.desk.sites(&who).await.during("reading the sites")?;
    let site = sites.first().map(|site| site.id.to_string()).unwrap_or_default();
    let node = Serving::start(platform).await?;
    for path in paths(&site) {
        let figure = list(node.address, &key, path).await?;
        let text = format!(
            "{:<52} first {:>8.2} ms   middle {:>8.2} ms   slowest {:>8.2} ms",
            figure.path, figure.first_ms, figure.middle_ms, figure.slowest_ms
        );
        out.result("list", &figure, text);
    }
    node.stop().await
}

fn paths(site: &str) -> Vec<String> {
    let now = SystemClock.now();
    let ago = |hours: u64| now.minus(Duration::from_secs(hours * 3600));
    let deep = IdMaker::first_at(ago(72));
    vec![
        "/v1/orders?limit=50".to_owned(),
        format!("/v1/orders?limit=50&after={deep}"),
        "/v1/orders?limit=50&state=open".to_owned(),
        format!("/v1/orders?limit=50&site={site}"),
        "/v1/orders?limit=50&needs_attention=true".to_owned(),
        "/v1/orders?limit=50&text=tea".to_owned(),
        "/v1/orders?limit=50&text=nothing%20like%20it".to_owned(),
        format!("/v1/orders?limit=50&from={}&to={}", ago(72), ago(71)),
        format!("/v1/orders?limit=50&to={}", ago(72)),
        "/v1/today".to_owned(),
        format!("/v1/today?site={site}"),
        "/v1/events?limit=100".to_owned(),
    ]
}

async fn list(address: SocketAddr, key: &str, path: String) -> Outcome<Figure> {
    let mut client = Client::connect(address).await.during("connecting")?;
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let began = Instant::now();
        let answer = client.get(&path, key).await.during("a list")?;
        if answer.status != 200 {
            let said = String::from_utf8_lossy(answer.body).into_owned();
            return Err(Failed::call(format!("{path} was answered with {} {said}", answer.status)));
        }
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    let first = took[0];
    took.sort_by(f64::total_cmp);
    let (middle, slowest) = (took[TIMES / 2], took[TIMES - 1]);
    let ms = |value| round(value, 100.0);
    Ok(Figure { path, first_ms: ms(first), middle_ms: ms(middle), slowest_ms: ms(slowest) })
}
