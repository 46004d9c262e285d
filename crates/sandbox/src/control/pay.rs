//! What a payer does: scan, pay, answer the password prompt, show a payment code.

use serde_json::{Value, json};

use super::{Body, Outcome, Problem, shown};
use crate::alipay;
use crate::bank::{self, Refusal};
use crate::clock;
use crate::model::{Channel, Outcome as CodeOutcome, Trade, TradeState};
use crate::phone;
use crate::state::State;
use crate::world::World;

/// The trade that `{"code"}` or `{"channel", "out_trade_no"}` names.
fn find(state: &mut State, body: &Body) -> Result<Trade, Problem> {
    if let Some(code) = body.text("code") {
        return state.trade_by_code(code.trim()).ok_or_else(|| unknown_code(code.trim()));
    }
    let channel = body.need_channel()?;
    let number = body.need("out_trade_no")?;
    let account = body.text("account");
    let found = state
        .trades()
        .rev()
        .find(|trade| {
            let fits = trade.channel == channel && trade.out_trade_no == number && trade.second_of.is_none();
            fits && account.as_ref().is_none_or(|account| *account == trade.account)
        })
        .map(|trade| trade.id);
    found.and_then(|id| state.trade(id)).ok_or_else(|| {
        Problem::new(
            404,
            "unknown_trade",
            format!("{} has no order {number}. Was it created?", channel.name()),
        )
    })
}

fn unknown_code(code: &str) -> Problem {
    let digits = code.len() >= 16 && code.bytes().all(|b| b.is_ascii_digit());
    let detail = if digits {
        "This is a payment code, which a terminal scans; a wallet scans what a terminal shows."
    } else if code.starts_with("weixin://") || code.starts_with("https://qr.alipay.com/") {
        "No order of this sandbox has this code. Is it from another sandbox, or was the data folder emptied?"
    } else {
        "This is not a code of WeChat Pay (weixin://wxpay/bizpayurl?pr=…) or Alipay (https://qr.alipay.com/…)."
    };
    Problem::new(404, "unknown_code", detail)
}

/// Who acts: the payer that is named, or the first of the channel.
fn payer(state: &State, body: &Body, trade: &Trade) -> Result<String, Problem> {
    let Some(name) = body.text("payer") else {
        return Ok(trade.payer.clone().unwrap_or_else(|| bank::first_payer(state, trade.channel)));
    };
    let known =
        state.payers.iter().find(|p| p.channel == trade.channel && (p.id == name || p.user_id == name));
    known.map(|payer| payer.id.clone()).ok_or_else(|| no_payer(state, trade.channel, &name))
}

fn no_payer(state: &State, channel: Channel, name: &str) -> Problem {
    let known: Vec<&str> =
        state.payers.iter().filter(|p| p.channel == channel).map(|p| p.id.as_str()).collect();
    Problem::new(
        404,
        "unknown_payer",
        format!("{} has no payer \"{name}\"; there are {}.", channel.name(), known.join(", ")),
    )
}

fn refused(trade: &Trade, refusal: Refusal) -> Problem {
    let number = &trade.out_trade_no;
    match refusal {
        Refusal::AlreadyPaid => Problem::new(409, "already_paid", format!("Order {number} is paid already.")),
        Refusal::Ended => Problem::new(
            409,
            "order_closed",
            format!("Order {number} is {}; it can no longer be paid.", trade.state.name()),
        ),
        Refusal::Expired => Problem::new(
            409,
            "code_expired",
            format!("The code expired at {}. Ask for a new one.", clock::rfc3339(trade.expires_ms)),
        ),
        Refusal::NotEnough => {
            Problem::new(409, "not_enough_money", "The wallet has not enough money; choose another payer.")
        }
        Refusal::NotAsked => {
            Problem::new(409, "not_asked", format!("Order {number} does not ask for a password now."))
        }
        Refusal::UnknownPayer => {
            Problem::new(404, "unknown_payer", "No such payer; see GET /_sandbox/wallets.")
        }
    }
}

/// `{"jsapi": {…}}`, what a page hands to `getBrandWCPayRequest`, `{"app": {…}}`, what an application hands to the wallet's library, and
/// `{"order_string": "…"}`, what one hands to Alipay, become the code they stand for once their signature is checked.
pub(crate) fn checked_page(world: &World, mut body: Body) -> Result<Body, Problem> {
    if let Some(order) = body.text("order_string") {
        let code = alipay::take_order(world, &order).map_err(|reason| {
            Problem::new(400, "wrong_order_string", format!("The wallet refuses the order: {reason}."))
        })?;
        body.0["code"] = json!(code);
        return Ok(body);
    }
    let code = match (body.0.get("jsapi"), body.0.get("app")) {
        (Some(fields), _) => phone::prepay_id(&world.keys(), phone::from_json(fields)),
        (None, Some(fields)) => phone::app_prepay_id(&world.keys(), phone::from_json(fields)),
        (None, None) => return Ok(body),
    };
    let code = code.map_err(|reason| {
        Problem::new(400, "wrong_page_request", format!("The wallet refuses the request: {reason}."))
    })?;
    body.0["code"] = json!(code);
    Ok(body)
}

/// What the wallet tells the application that handed it an order string, beside what the control call answers.
pub(crate) fn told_app(world: &World, body: &Body, mut answer: Value) -> Value {
    if body.text("order_string").is_some()
        && let Some(trade) = body.text("code").and_then(|code| world.state().trade_by_code(&code))
    {
        answer["app_result"] = alipay::app_result(&world.keys(), &trade);
    }
    answer
}

/// `POST pay`: a wallet scans and pays.
pub(crate) fn pay(state: &mut State, body: &Body) -> Outcome {
    let trade = find(state, body)?;
    let payer = payer(state, body, &trade)?;
    let paid = bank::pay(state, trade.id, &payer).map_err(|refusal| refused(&trade, refusal))?;
    Ok(shown(state, &paid))
}

/// `POST scan`: a wallet scans and has not paid yet. From here on Alipay knows the trade.
pub(crate) fn scan(state: &mut State, body: &Body) -> Outcome {
    let mut trade = find(state, body)?;
    let refusal = match trade.state {
        TradeState::Paid => Some(Refusal::AlreadyPaid),
        TradeState::Closed | TradeState::Revoked | TradeState::Failed => Some(Refusal::Ended),
        _ if trade.expires_ms < state.now_ms => Some(Refusal::Expired),
        _ => None,
    };
    if let Some(refusal) = refusal {
        return Err(refused(&trade, refusal));
    }
    let payer = payer(state, body, &trade)?;
    bank::scan(state, &mut trade, &payer);
    Ok(shown(state, &trade))
}

/// `POST confirm`: the payer gives the password.
pub(crate) fn confirm(state: &mut State, body: &Body) -> Outcome {
    let trade = find(state, body)?;
    let paid = bank::confirm(state, trade.id).map_err(|refusal| refused(&trade, refusal))?;
    Ok(shown(state, &paid))
}

/// `POST decline`: the payer refuses to give the password.
pub(crate) fn decline(state: &mut State, body: &Body) -> Outcome {
    let trade = find(state, body)?;
    let ended = bank::decline(state, trade.id).map_err(|refusal| refused(&trade, refusal))?;
    Ok(shown(state, &ended))
}

/// `POST payer-code`: a fresh payment code.
pub(crate) fn payer_code(state: &mut State, body: &Body) -> Outcome {
    let channel = body.need_channel()?;
    let payer = match body.text("payer") {
        None => bank::first_payer(state, channel),
        Some(name) if state.payer(channel, &name).is_some() => name,
        Some(name) => return Err(no_payer(state, channel, &name)),
    };
    let wanted = body.text("outcome").unwrap_or_else(|| "00".into());
    let outcome = CodeOutcome::parse(&wanted).ok_or_else(|| {
        let known: Vec<String> =
            CodeOutcome::ALL.iter().map(|(_, digits, name)| format!("{digits} {name}")).collect();
        Problem::new(
            400,
            "unknown_outcome",
            format!("\"{wanted}\" is not an outcome; one of {}.", known.join(", ")),
        )
    })?;
    let code = bank::issue_code(state, channel, &payer, outcome);
    let view: Value = json!({
        "channel": channel.name(),
        "code": code.code,
        "payer": code.payer,
        "outcome": outcome.digits(),
        "outcome_name": outcome.name(),
        "issued_at": clock::rfc3339(code.issued_ms),
        "refresh_after_s": 60,
    });
    Ok(view)
}
