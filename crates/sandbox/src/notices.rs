//! Callbacks: queued with their faults drawn, delivered on each channel's documented schedule in the channel's time.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::model::{Channel, Delivery, Notice, NoticeKind, NoticeState, Refund, Trade};
use crate::state::State;
use crate::world::World;
use crate::{alipay, ams, bank, wechat};

/// Seconds between the tries of WeChat Pay.
const WECHAT_RETRY_S: [i64; 15] =
    [15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600, 10_800, 10_800, 10_800, 21_600, 21_600];
/// Seconds between the tries of Alipay.
const ALIPAY_RETRY_S: [i64; 7] = [240, 600, 600, 3_600, 7_200, 21_600, 54_000];
/// Seconds between the tries of Alipay+.
const ALIPAY_PLUS_RETRY_S: [i64; 7] = [120, 600, 600, 3_600, 7_200, 21_600, 54_000];

/// Real milliseconds a callback of `callback_late` waits unless the fault says otherwise.
const LATE_MS: i64 = 5_000;
/// Real milliseconds a held callback waits at most for a later one.
const HELD_MS: i64 = 3_000;
/// The receiver's time to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

fn schedule(channel: Channel) -> &'static [i64] {
    match channel {
        Channel::Wechat => &WECHAT_RETRY_S,
        Channel::Alipay => &ALIPAY_RETRY_S,
        Channel::AlipayPlus => &ALIPAY_PLUS_RETRY_S,
    }
}

/// A callback ready to be sent.
pub(crate) struct Outgoing {
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// Queues the callback of a payment, if the trade has one.
pub(crate) fn enqueue_payment(state: &mut State, trade: &Trade) {
    let Some(url) = trade.notify_url.clone().filter(|_| bank::tells(trade, NoticeKind::Payment)) else {
        return;
    };
    let payload = match trade.channel {
        Channel::Wechat => wechat::payment_payload(state, trade),
        Channel::Alipay => alipay::payment_payload(state, trade),
        Channel::AlipayPlus => ams::payment_payload(state, trade),
    };
    enqueue(state, trade, NoticeKind::Payment, trade.public_key, url, payload);
}

/// Queues the callback of a refund, if it asked for one.
pub(crate) fn enqueue_refund(state: &mut State, trade: &Trade, refund: &Refund) {
    let Some(url) = refund.notify_url.clone().filter(|_| bank::tells(trade, NoticeKind::Refund)) else {
        return;
    };
    let payload = match trade.channel {
        Channel::Wechat => wechat::refund_payload(state, trade, refund),
        Channel::AlipayPlus => ams::refund_payload(state, trade, refund),
        Channel::Alipay => alipay::refund_payload(state, trade, refund),
    };
    enqueue(state, trade, NoticeKind::Refund, refund.public_key, url, payload);
}

fn enqueue(
    state: &mut State,
    trade: &Trade,
    kind: NoticeKind,
    public_key: bool,
    url: String,
    payload: Value,
) {
    let channel = trade.channel;
    let mut notice = Notice {
        id: state.next_id(),
        event_id: match channel {
            Channel::Wechat => state.random.uuid(),
            _ => state.random.digits(34),
        },
        channel,
        kind,
        trade: trade.id,
        out_trade_no: trade.out_trade_no.clone(),
        url,
        payload,
        created_ms: state.now_ms,
        due_ms: state.now_ms,
        state: NoticeState::Pending,
        deliveries: Vec::new(),
        again: state.fires(channel, "callback_twice").is_some(),
        held: false,
        public_key,
        forged: state.fires(channel, "callback_forged").is_some(),
        signtest: channel == Channel::Wechat && state.fires(channel, "signtest").is_some(),
    };
    let scaled = |state: &State, ms: i64| (ms as f64 * state.time.scale) as i64;
    if state.fires(channel, "callback_lost").is_some() {
        notice.state = NoticeState::Lost;
    } else if let Some(fired) = state.fires(channel, "callback_late") {
        notice.due_ms += scaled(state, fired.delay_ms.unwrap_or(LATE_MS));
    } else if let Some(fired) = state.fires(channel, "callback_reordered") {
        notice.held = true;
        notice.due_ms += scaled(state, fired.delay_ms.unwrap_or(HELD_MS));
    }
    state.save_notice(&notice);
}

/// Delivers what is due, for as long as the sandbox runs.
pub(crate) async fn run(world: Arc<World>) {
    let prepared = || {
        let client = reqwest::Client::builder().timeout(ANSWER_WITHIN).no_proxy();
        client.redirect(reqwest::redirect::Policy::none())
    };
    // Without certificates of authorities on the machine, callbacks over plain HTTP work all the same.
    let client = prepared().build().or_else(|_| prepared().tls_certs_only([]).build());
    let client = client.expect("a plain client can be built");
    let mut sending = tokio::task::JoinSet::new();
    loop {
        while sending.try_join_next().is_some() {}
        let (due, wait_ms) = look(&world);
        if due.is_empty() {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
                () = world.wake.notified() => {}
            }
            continue;
        }
        for id in due {
            let (world, client) = (Arc::clone(&world), client.clone());
            sending.spawn(async move { deliver(&world, &client, id).await });
        }
    }
}

/// The callbacks to send now (marked as under way), or how long nothing is to do.
fn look(world: &World) -> (Vec<u64>, u64) {
    let mut state = world.state();
    let now_ms = state.now_ms;
    let due: Vec<Notice> =
        state.pending_notices().filter(|notice| notice.due_ms <= now_ms).cloned().collect();
    for notice in &due {
        // Not due again before this try is over, whatever the clock does.
        let mut under_way = notice.clone();
        under_way.due_ms = i64::MAX;
        state.hold_notice(under_way);
    }
    let wait_ms = match state.next_due_ms() {
        Some(at) if at < i64::MAX => state.time.real_wait_ms(state.base_ms, at).clamp(1, 1_000),
        _ => 1_000,
    };
    (due.iter().map(|notice| notice.id).collect(), wait_ms.unsigned_abs())
}

async fn deliver(world: &World, client: &reqwest::Client, id: u64) {
    let Some(notice) = world.state().notice(id).cloned() else { return };
    if notice.forged && notice.deliveries.is_empty() {
        let status = send(client, &notice, prepare(world, &notice, true)).await;
        note(
            world,
            id,
            Delivery { at_ms: 0, status: status.as_ref().map(|(s, _)| *s), taken: false, forged: true },
        );
    }
    let signtest = notice.signtest && !notice.deliveries.iter().any(|delivery| !delivery.forged);
    let answer = send(client, &notice, prepare(world, &notice, false)).await;
    let taken =
        answer.as_ref().is_some_and(|(status, body)| !signtest && accepted(notice.channel, *status, body));
    let status = answer.map(|(status, _)| status);
    note(world, id, Delivery { at_ms: 0, status, taken, forged: false });
    settle(world, id, taken);
}

fn prepare(world: &World, notice: &Notice, forged: bool) -> Outgoing {
    match notice.channel {
        Channel::Wechat => wechat::outgoing(world, notice, forged),
        Channel::Alipay => alipay::outgoing(world, notice, forged),
        Channel::AlipayPlus => ams::outgoing(world, notice, forged),
    }
}

async fn send(client: &reqwest::Client, notice: &Notice, outgoing: Outgoing) -> Option<(u16, String)> {
    let mut request =
        client.post(&notice.url).header("content-type", outgoing.content_type).body(outgoing.body);
    for (name, value) in outgoing.headers {
        request = request.header(name, value);
    }
    match request.send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            Some((status, response.text().await.unwrap_or_default()))
        }
        Err(e) => {
            tracing::debug!("callback to {} failed: {e}", notice.url);
            None
        }
    }
}

/// What each channel takes for an acknowledgement.
fn accepted(channel: Channel, status: u16, body: &str) -> bool {
    match channel {
        // The older callbacks are answered in XML, whose word counts.
        Channel::Wechat if body.trim_start().starts_with("<xml") => status == 200 && body.contains("SUCCESS"),
        Channel::Wechat => status == 200 || status == 204,
        Channel::Alipay => status == 200 && body.trim() == "success",
        Channel::AlipayPlus => {
            let answer: Value = serde_json::from_str(body).unwrap_or_default();
            status == 200 && answer["result"]["resultStatus"] == "S"
        }
    }
}

fn note(world: &World, id: u64, mut delivery: Delivery) {
    let mut state = world.state();
    if let Some(mut notice) = state.notice(id).cloned() {
        delivery.at_ms = state.now_ms;
        notice.deliveries.push(delivery);
        state.save_notice(&notice);
    }
}

/// After a real try: done, once more, later, or never again.
fn settle(world: &World, id: u64, taken: bool) {
    let mut state = world.state();
    let Some(mut notice) = state.notice(id).cloned() else { return };
    let tries = notice.deliveries.iter().filter(|delivery| !delivery.forged).count();
    if taken && notice.again {
        notice.again = false;
        notice.due_ms = state.now_ms;
    } else if taken {
        notice.state = NoticeState::Delivered;
    } else if let Some(wait_s) = schedule(notice.channel).get(tries - 1) {
        notice.due_ms = state.now_ms + wait_s * 1_000;
    } else {
        notice.state = NoticeState::GivenUp;
    }
    notice.held = false;
    state.save_notice(&notice);
    let overtaken: Vec<Notice> = state
        .pending_notices()
        .filter(|other| other.held && other.channel == notice.channel && other.id < notice.id)
        .cloned()
        .collect();
    for mut other in overtaken {
        other.held = false;
        other.due_ms = state.now_ms;
        state.save_notice(&other);
    }
    drop(state);
    world.wake.notify_one();
}
