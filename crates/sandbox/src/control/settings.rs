//! What a test sets: faults, the clock, certificates.

use serde_json::{Value, json};

use super::{Body, Outcome, Problem};
use crate::bill;
use crate::clock;
use crate::faults::{Fault, Faults, NAMES};
use crate::http::Request;
use crate::model::Channel;
use crate::state::{CallbackKey, State};
use crate::world::World;

/// `POST faults`: `{"channel"?, "fault", "rate" or "next", "delay_ms"?}`
pub(crate) fn set_fault(state: &mut State, body: &Body) -> Outcome {
    let channel = body.channel()?;
    let name = body.need("fault")?;
    let fault = Faults::known(&name).ok_or_else(|| {
        let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        Problem::new(400, "unknown_fault", format!("\"{name}\" is not a fault; one of {}.", known.join(", ")))
    })?;
    let wrong = |detail: &str| Problem::new(400, "invalid_fault", detail);
    if let Some((only, asked)) = Faults::only_of(fault).zip(channel).filter(|(only, asked)| only != asked) {
        return Err(wrong(&format!("{fault} happens at {} only, not at {}.", only.name(), asked.name())));
    }
    let rate = match body.0.get("rate").filter(|value| !value.is_null()) {
        None => None,
        Some(value) => Some(
            value
                .as_f64()
                .filter(|rate| (0.0..=1.0).contains(rate))
                .ok_or_else(|| wrong("\"rate\" is a number from 0 to 1."))?,
        ),
    };
    let next = match body.0.get("next").filter(|value| !value.is_null()) {
        None => None,
        Some(value) => Some(
            value
                .as_u64()
                .and_then(|next| u32::try_from(next).ok())
                .filter(|next| *next >= 1)
                .ok_or_else(|| wrong("\"next\" is a whole number of at least 1."))?,
        ),
    };
    if rate.is_some() == next.is_some() {
        return Err(wrong("Send either \"rate\" (0 to 1) or \"next\" (how many times)."));
    }
    let delay_ms = match body.0.get("delay_ms").filter(|value| !value.is_null()) {
        None => None,
        Some(value) => Some(
            value
                .as_i64()
                .filter(|ms| fault == "clock_skew" || (0..=86_400_000).contains(ms))
                .ok_or_else(|| wrong("\"delay_ms\" is a whole number of milliseconds, at most a day."))?,
        ),
    };
    let code = body.text("code").filter(|code| !code.is_empty());
    if code.is_some() != (fault == "refused_as") {
        return Err(wrong(
            "\"code\" is the error that \"refused_as\" answers with, such as RULE_LIMIT; other faults have none.",
        ));
    }
    let set = state.faults.set(Fault { id: 0, channel, fault, rate, next, delay_ms, code, happened: 0 });
    Ok(json!(set))
}

/// `GET faults`: those that are set, and all that exist.
pub(crate) fn faults(state: &State) -> Outcome {
    let known: Vec<Value> = NAMES.iter().map(|(name, what)| json!({"fault": name, "what": what})).collect();
    Ok(json!({"faults": state.faults.all, "known": known}))
}

/// `DELETE faults`: all, or those of `?channel=` and `?fault=` (also taken from a body).
pub(crate) fn clear_faults(state: &mut State, request: &Request, body: &Body) -> Outcome {
    let asked = |name: &str| request.asked(name).or_else(|| body.text(name));
    let channel =
        match asked("channel").as_deref() {
            None | Some("all") => None,
            Some(name) => Some(Channel::parse(name).ok_or_else(|| {
                Problem::new(400, "unknown_channel", format!("\"{name}\" is not a channel."))
            })?),
        };
    let cleared = state.faults.clear(channel, asked("fault").as_deref());
    Ok(json!({"cleared": cleared, "faults": state.faults.all}))
}

/// `GET clock`
pub(crate) fn clock(state: &State) -> Outcome {
    Ok(json!({"now": clock::rfc3339(state.now_ms), "now_ms": state.now_ms, "scale": state.time.scale}))
}

/// `POST clock`: `{"scale"}` and/or `{"now"}` (RFC 3339 or milliseconds) and/or `{"advance_ms"}`.
pub(crate) fn set_clock(state: &mut State, body: &Body) -> Outcome {
    let wrong = |detail: &str| Problem::new(400, "invalid_clock", detail);
    let mut time = state.time;
    let mut named = false;
    if let Some(scale) = body.0.get("scale") {
        let scale = scale
            .as_f64()
            .filter(|scale| (0.001..=1_000_000.0).contains(scale))
            .ok_or_else(|| wrong("\"scale\" is a number from 0.001 to 1000000."))?;
        time.rescale(state.base_ms, scale);
        named = true;
    }
    if let Some(now) = body.0.get("now") {
        let now_ms = now.as_i64().or_else(|| now.as_str().and_then(clock::parse_rfc3339));
        time.jump(
            state.base_ms,
            now_ms.ok_or_else(|| wrong("\"now\" is a time like 2026-06-01T08:00:00+08:00."))?,
        );
        named = true;
    }
    if let Some(ms) = body.0.get("advance_ms") {
        let ms = ms.as_i64().ok_or_else(|| wrong("\"advance_ms\" is a whole number of milliseconds."))?;
        time.jump(state.base_ms, time.at(state.base_ms) + ms);
        named = true;
    }
    if !named {
        return Err(wrong("Send \"scale\", \"now\" or \"advance_ms\"."));
    }
    state.save_time(time);
    crate::bank::run_due(state);
    clock(state)
}

/// `POST certificates`: WeChat Pay's platform certificate changes now, and the old one stays listed; or, with
/// `{"callbacks": "certificate" | "public_key" | "mixed" | "as_asked"}` and `{"answers": …}`, which key signs them from now on.
pub(crate) fn certificates(world: &World, body: &Body) -> Outcome {
    let mut set = serde_json::Map::new();
    for what in ["callbacks", "answers"] {
        let Some(name) = body.text(what) else { continue };
        let key = match name.as_str() {
            "as_asked" => CallbackKey::AsAsked,
            "certificate" => CallbackKey::Certificate,
            "public_key" => CallbackKey::PublicKey,
            "mixed" => CallbackKey::Mixed,
            _ => {
                let detail = format!("\"{what}\" is certificate, public_key, mixed or as_asked.");
                return Err(Problem::new(400, "invalid_key", detail));
            }
        };
        let mut state = world.state();
        if what == "answers" {
            state.answer_key = key;
        } else {
            state.callback_key = key;
        }
        set.insert(what.into(), json!(name));
    }
    if !set.is_empty() {
        return Ok(Value::Object(set));
    }
    let now_ms = world.base_ms();
    let mut keys = world.keys_mut();
    keys.rotate(now_ms).map_err(|e| Problem::new(500, "no_certificate", e.to_string()))?;
    Ok(json!({"serials": keys.wechat_platform.iter().map(|certified| &certified.serial).collect::<Vec<_>>()}))
}

/// `POST bill`: makes a day's bill for every merchant of the channel (or `account`); faults of bills happen here.
pub(crate) fn make_bill(world: &World, body: &Body) -> Outcome {
    let channel = body.need_channel()?;
    let keys = world.keys(); // always before the state
    let mut state = world.state();
    let date = body.text("date").unwrap_or_else(|| clock::day(state.now_ms));
    if date.len() != 10 || clock::day_start(&date).is_none() {
        return Err(Problem::new(400, "invalid_date", format!("\"{date}\" is not a date like 2026-06-01.")));
    }
    let wanted = body.text("account");
    let mut bills = Vec::new();
    for merchant in &keys.merchants {
        let account = match channel {
            Channel::Wechat => &merchant.wechat_mchid,
            Channel::Alipay => &merchant.alipay_app_id,
            Channel::AlipayPlus => &merchant.ams_client_id,
        };
        if wanted.as_ref().is_none_or(|wanted| wanted == account) {
            let rows = bill::make(&mut state, channel, account, &date).len();
            bills.push(json!({"account": account, "rows": rows}));
        }
    }
    if bills.is_empty() {
        return Err(Problem::new(404, "unknown_account", "No merchant of this channel has this account."));
    }
    Ok(json!({"channel": channel.name(), "date": date, "bills": bills}))
}

/// `POST repair-refunds`: somebody at WeChat Pay's console sends every abnormal refund on its way again.
pub(crate) fn repair_refunds(state: &mut State) -> Value {
    let abnormal = state.abnormal_refunds();
    let repaired = abnormal.len();
    for refund in abnormal {
        crate::bank::repair_refund(state, refund);
    }
    json!({ "repaired": repaired })
}
