//! Live updates (SSE): one order as it changes, and which orders of a merchant change.
//!
//! A stream listens before it looks, so nothing is missed in between; it also looks again every few seconds, in case the change was
//! made by another process whose word was lost. A client that reconnects simply gets the present state again.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use desk::Whole;
use desk::access::{Act, Who};
use desk::rows::{AttemptState, FulfilmentState, OrderState, RefundState};
use futures_util::stream;
use serde::Serialize;
use store::{Change, Id};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use utoipa::ToSchema;

use super::shapes::OrderView;
use crate::AppState;
use crate::auth::Caller;
use crate::json::PathId;
use crate::problem::Failure;

/// How long a stream trusts what it heard before it looks again.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How long a settled order is still followed.
const LINGER: Duration = Duration::from_secs(60);
/// How often a silent stream says that it is there, so that no proxy cuts it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The shortest time between two looks at a busy order.
const BREATHE: Duration = Duration::from_millis(20);

/// The order as it changes (SSE).
///
/// Every message holds the whole order, the first one at once. Some time after everything is settled the stream says `event: end` and ends.
#[utoipa::path(get, path = "/v1/orders/{order}/events", tag = "orders", params(("order" = String, Path)),
    responses((status = 200, body = OrderView, content_type = "text/event-stream")))]
pub(super) async fn order(
    State(state): State<AppState>,
    caller: Caller,
    PathId(order): PathId,
) -> Result<Response, Failure> {
    follow(state, caller.who, order).await
}

struct Follow {
    state: AppState,
    who: Who,
    order: Id,
    changes: Receiver<Change>,
    stop: watch::Receiver<bool>,
    seen: Option<Whole>,
    fresh: bool,
    settled_at: Option<Instant>,
    ended: bool,
}

/// A stream of one order. Errors: those of looking at it.
pub(super) async fn follow(state: AppState, who: Who, order: Id) -> Result<Response, Failure> {
    let changes = state.desk.changes();
    let whole = state.desk.order(&who, order).await?;
    let stop = state.stop.clone();
    let seen = Some(whole);
    let follow =
        Follow { state, who, order, changes, stop, seen, fresh: true, settled_at: None, ended: false };
    let events = stream::unfold(follow, |mut follow| async move {
        follow.next().await.map(|event| (Ok::<_, Infallible>(event), follow))
    });
    Ok(sse(events))
}

/// Waits until the process is asked to stop. A browser that sees its stream end connects again: to another process, or to this one once it is back.
async fn stopping(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await; // nobody can ask
    }
}

fn sse<S>(events: S) -> Response
where
    S: futures_util::Stream<Item = Result<Event, Infallible>> + Send + 'static,
{
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // Proxies that buffer would turn "live" into "late".
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response
}

impl Follow {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.ended {
                return None;
            }
            if std::mem::take(&mut self.fresh)
                && let Some(event) = self.event()
            {
                return Some(event);
            }
            if self.settled_at.is_some_and(|at| at.elapsed() >= LINGER) {
                self.ended = true;
                return Some(Event::default().event("end").data("{}"));
            }
            self.wait().await;
            if !self.ended {
                self.look().await;
            }
        }
    }

    fn event(&mut self) -> Option<Event> {
        let whole = self.seen.as_ref()?;
        self.settled_at = is_settled(whole).then(|| self.settled_at.unwrap_or_else(Instant::now));
        let pay_url = self.state.desk.pay_url(&whole.order);
        Event::default().json_data(OrderView::of(whole, &pay_url)).ok()
    }

    /// Until this order changed, or until it is time to look anyway.
    async fn wait(&mut self) {
        let order = self.order;
        let heard = async {
            loop {
                match self.changes.recv().await {
                    Ok(change) if change.subject == order => break,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => sleep(LOOK_EVERY).await,
                }
            }
        };
        tokio::select! {
            biased;
            () = stopping(&mut self.stop) => self.ended = true,
            heard = timeout(LOOK_EVERY, heard) => if heard.is_ok() {
                sleep(BREATHE).await;
            },
        }
    }

    async fn look(&mut self) {
        if let Ok(whole) = self.state.desk.order(&self.who, self.order).await
            && self.seen.as_ref() != Some(&whole)
        {
            self.seen = Some(whole);
            self.fresh = true;
        }
    }
}

/// True once nothing more is expected to happen to an order.
fn is_settled(whole: &Whole) -> bool {
    matches!(whole.order.state, OrderState::Fulfilled | OrderState::Closed)
        && !whole.attempts.iter().any(|a| matches!(a.state, AttemptState::Pending | AttemptState::InDoubt))
        && !whole.refunds.iter().any(|r| r.state == RefundState::Processing)
        && !whole.fulfilments.iter().any(|f| f.state == FulfilmentState::Pending)
}

/// Something of the merchant's changed.
#[derive(Serialize, ToSchema)]
pub(super) struct Changed {
    /// The event's number: `/v1/events?after=` continues there.
    seq: i64,
    /// The event's kind: `attempt.succeeded`.
    kind: String,
    /// The order, or what else the event is about.
    #[schema(value_type = String)]
    subject: Id,
}

/// Which of the merchant's orders change (SSE).
///
/// Every message names one event. `event: again` means that some were skipped: look at everything anew.
#[utoipa::path(get, path = "/v1/stream", tag = "events", responses((status = 200, body = Changed, content_type = "text/event-stream")))]
pub(super) async fn merchant(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    caller.who.need(Act::Look)?;
    let changes = state.desk.changes();
    let merchant = caller.who.merchant;
    let streams = (changes, state.stop.clone());
    let events = stream::unfold(streams, move |(mut changes, mut stop)| async move {
        loop {
            let heard = tokio::select! {
                biased;
                () = stopping(&mut stop) => return None,
                heard = changes.recv() => heard,
            };
            let event = match heard {
                Ok(change) if change.merchant == merchant => {
                    let changed =
                        Changed { seq: change.seq, kind: change.kind.to_string(), subject: change.subject };
                    Event::default().json_data(changed).ok()?
                }
                Ok(_) => continue,
                Err(RecvError::Lagged(_)) => Event::default().event("again").data("{}"),
                Err(RecvError::Closed) => return None,
            };
            return Some((Ok::<_, Infallible>(event), (changes, stop)));
        }
    });
    Ok(sse(events))
}
