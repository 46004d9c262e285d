//! Sockets: reads requests, picks the channel, lets its faults happen, answers or cuts the line.
//!
//! HTTP is spoken with hyper alone, because a lost answer must really be a connection that closes without one, and because
//! a request target may be absolute and must be signed exactly as it was sent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::http::{Reply, Request};
use crate::model::Channel;
use crate::world::World;
use crate::{alipay, ams, control, oauth, phone, wechat};

/// Largest body taken; the channels' own limits are far below.
const BODY_LIMIT: usize = 1 << 20;
/// How long a fault keeps a caller waiting before the line is cut, unless it says otherwise.
const TIMEOUT_MS: i64 = 15_000;
/// How long a lost answer of a magic payment code takes: long enough to look like a network, short enough to try.
const LOST_ANSWER_MS: u64 = 1_000;
const SLOW_MS: i64 = 2_000;

/// Serves until the task is aborted.
pub(crate) fn serve(listener: TcpListener, world: Arc<World>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let _ = stream.set_nodelay(true);
                        let world = Arc::clone(&world);
                        connections.spawn(async move {
                            let service = service_fn(move |request| answer(Arc::clone(&world), request));
                            let served = hyper::server::conn::http1::Builder::new()
                                .serve_connection(TokioIo::new(stream), service)
                                .await;
                            if let Err(e) = served {
                                tracing::debug!("connection ended: {e}");
                            }
                        });
                    }
                    Err(e) => {
                        tracing::warn!("accept failed: {e}");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    })
}

/// The line is cut on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the answer is lost")]
struct Lost;

async fn answer(
    world: Arc<World>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Lost> {
    let (parts, body) = request.into_parts();
    let reply = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => {
            let request = Request {
                method: parts.method.as_str().to_string(),
                path: parts.uri.path().to_string(),
                query: parts.uri.query().map(String::from),
                headers: parts.headers,
                body: body.to_bytes(),
            };
            handle(&world, &request).await
        }
        Err(_) => Reply::problem(
            413,
            "body_too_large",
            "The body is larger than one mebibyte, or it never came to its end.",
        ),
    };
    world.wake.notify_one();
    if reply.lost {
        return Err(Lost);
    }
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    response.body(Full::new(Bytes::from(reply.body))).map_err(|_| Lost)
}

/// Which channel a path belongs to.
fn channel_of(path: &str) -> Option<Channel> {
    if path.starts_with("/v3/alipay/") || path.starts_with("/gateway.do") || path.starts_with("/alipay/") {
        Some(Channel::Alipay)
    } else if path.starts_with("/v3/")
        || path.starts_with("/pay/")
        || path.starts_with("/secapi/")
        || path.starts_with("/tools/")
        || path.starts_with("/sandboxnew/")
    {
        Some(Channel::Wechat)
    } else if path.starts_with("/ams/") {
        Some(Channel::AlipayPlus)
    } else {
        None
    }
}

async fn handle(world: &Arc<World>, request: &Request) -> Reply {
    let Some(channel) = channel_of(&request.path) else {
        return match request.path.as_str() {
            path if path.starts_with("/_sandbox/") => control::handle(world, request),
            path if oauth::serves(path) => oauth::handle(world, request),
            _ => phone::handle(world, request),
        };
    };
    let plan = plan(world, channel, request);
    if let Some(ms) = plan.wait_ms {
        sleep(ms).await;
    }
    match plan.before {
        Some(Instead::Error(status)) => return failure(world, channel, request, status),
        Some(Instead::Refusal(code)) => return refusal(world, channel, request, &code),
        Some(Instead::Silence(ms)) => return silence(ms).await,
        None => {}
    }
    let reply = dispatch(world, channel, request);
    match plan.after {
        Some(Instead::Error(status)) => failure(world, channel, request, status),
        Some(Instead::Refusal(code)) => refusal(world, channel, request, &code),
        Some(Instead::Silence(ms)) => silence(ms).await,
        None => {
            if reply.lost {
                tokio::time::sleep(Duration::from_millis(LOST_ANSWER_MS)).await;
            }
            reply
        }
    }
}

fn dispatch(world: &World, channel: Channel, request: &Request) -> Reply {
    match channel {
        Channel::Wechat => wechat::handle(world, request),
        Channel::Alipay => alipay::handle(world, request),
        Channel::AlipayPlus => ams::handle(world, request),
    }
}

/// What comes instead of the answer.
enum Instead {
    Error(u16),
    Refusal(String),
    Silence(i64),
}

/// The faults of one call, drawn before it runs.
struct Plan {
    wait_ms: Option<i64>,
    before: Option<Instead>,
    after: Option<Instead>,
}

fn plan(world: &World, channel: Channel, request: &Request) -> Plan {
    let mut plan = Plan { wait_ms: None, before: None, after: None };
    if request.path == "/v3/certificates" {
        return plan; // clients fetch it by themselves; a counted fault is meant for a call of the test
    }
    let mut state = world.state();
    if let Some(fired) = state.fires(channel, "certificate_rotation") {
        let (now_ms, _) = (state.base_ms, fired);
        drop(state);
        if let Err(e) = world.keys_mut().rotate(now_ms) {
            tracing::error!("no new certificate: {e}");
        }
        state = world.state();
    }
    if let Some(fired) = state.fires(channel, "slow") {
        plan.wait_ms = Some(fired.delay_ms.unwrap_or(SLOW_MS));
    }
    if state.fires(channel, "error_before").is_some() {
        plan.before = Some(Instead::Error(500));
    } else if let Some(code) = state.fires(channel, "refused_as").and_then(|fired| fired.code) {
        plan.before = Some(Instead::Refusal(code));
    } else if state.fires(channel, "rate_limited").is_some() {
        plan.before = Some(Instead::Error(429));
    } else if let Some(fired) = state.fires(channel, "timeout_before") {
        plan.before = Some(Instead::Silence(fired.delay_ms.unwrap_or(TIMEOUT_MS)));
    } else if state.fires(channel, "error_after").is_some() {
        plan.after = Some(Instead::Error(500));
    } else if let Some(fired) = state.fires(channel, "timeout_after") {
        plan.after = Some(Instead::Silence(fired.delay_ms.unwrap_or(TIMEOUT_MS)));
    }
    plan
}

fn failure(world: &World, channel: Channel, request: &Request, status: u16) -> Reply {
    match channel {
        Channel::Wechat => wechat::failure(world, request, status),
        Channel::Alipay => alipay::failure(world, request, status),
        Channel::AlipayPlus => ams::failure(world, request, status),
    }
}

fn refusal(world: &World, channel: Channel, request: &Request, code: &str) -> Reply {
    match channel {
        Channel::Wechat => wechat::refusal(world, request, code),
        Channel::Alipay => alipay::refusal(world, request, code),
        Channel::AlipayPlus => ams::refusal(world, request, code),
    }
}

async fn silence(ms: i64) -> Reply {
    sleep(ms).await;
    Reply::lost()
}

async fn sleep(ms: i64) {
    tokio::time::sleep(Duration::from_millis(ms.max(0).unsigned_abs())).await;
}
