//! What is there: open codes, wallets, prompts, history, callbacks.

use serde_json::{Value, json};

use super::{Outcome, Problem, shown};
use crate::clock;
use crate::http::Request;
use crate::model::{Channel, Product, Refund, RefundState, Trade, TradeState};
use crate::state::State;

/// Longest list.
const MOST: usize = 200;

fn channel(request: &Request) -> Result<Option<Channel>, Problem> {
    match request.asked("channel").filter(|name| name != "all") {
        None => Ok(None),
        Some(name) => Channel::parse(&name)
            .map(Some)
            .ok_or_else(|| Problem::new(400, "unknown_channel", format!("\"{name}\" is not a channel."))),
    }
}

/// `GET open-codes`: what a wallet could scan and pay now, newest first.
pub(crate) fn open_codes(state: &mut State, request: &Request) -> Outcome {
    let channel = channel(request)?;
    let now_ms = state.now_ms;
    let open = |trade: &&Trade| {
        let waits = matches!(trade.state, TradeState::Precreated | TradeState::Unpaid);
        let wanted = channel.is_none_or(|channel| channel == trade.channel);
        waits
            && wanted
            && trade.product != Product::Code
            && trade.expires_ms >= now_ms
            && !trade.codes.is_empty()
    };
    let codes: Vec<Value> =
        state.trades().rev().filter(open).take(MOST).map(|trade| shown(state, trade)).collect();
    Ok(json!({"codes": codes}))
}

/// `GET wallets`: everybody with a wallet, with what is in it.
pub(crate) fn wallets(state: &State) -> Outcome {
    let wallets: Vec<Value> = state
        .payers
        .iter()
        .map(|payer| {
            json!({
                "channel": payer.channel.name(),
                "payer": payer.id,
                "name": payer.name,
                "name_zh": payer.name_zh,
                "user_id": payer.user_id,
                "balance": {"value": payer.balance_fen, "currency": payer.currency},
            })
        })
        .collect();
    Ok(json!({"wallets": wallets}))
}

/// `GET prompts`: telephones that ask for a password.
pub(crate) fn prompts(state: &mut State, request: &Request) -> Outcome {
    let channel = channel(request)?;
    let ids: Vec<u64> =
        state.trades().filter(|trade| trade.state == TradeState::Prompted).map(|trade| trade.id).collect();
    let trades: Vec<Trade> = ids.into_iter().filter_map(|id| state.trade(id)).collect();
    let prompts: Vec<Value> = trades
        .iter()
        .filter(|trade| {
            trade.state == TradeState::Prompted && channel.is_none_or(|channel| channel == trade.channel)
        })
        .map(|trade| shown(state, trade))
        .collect();
    Ok(json!({"prompts": prompts}))
}

fn shown_refund(refund: &Refund) -> Value {
    let state = match refund.state {
        RefundState::Processing => "processing",
        RefundState::Success => "succeeded",
        RefundState::Abnormal => "abnormal",
        RefundState::Closed => "closed",
    };
    json!({
        "out_refund_no": refund.out_refund_no,
        "refund_no": refund.refund_no,
        "amount_fen": refund.amount_fen,
        "state": state,
        "reason": refund.reason,
        "created_at": clock::rfc3339(refund.created_ms),
    })
}

/// A list of trades of the asked channel, payer and account, newest first, with their refunds.
fn list(state: &State, request: &Request, wanted: impl Fn(&Trade) -> bool) -> Result<Vec<Value>, Problem> {
    let channel = channel(request)?;
    let (payer, account, number) =
        (request.asked("payer"), request.asked("account"), request.asked("out_trade_no"));
    let fits = |trade: &&Trade| {
        channel.is_none_or(|channel| channel == trade.channel)
            && payer.as_ref().is_none_or(|payer| trade.payer.as_ref() == Some(payer))
            && account.as_ref().is_none_or(|account| *account == trade.account)
            && number.as_ref().is_none_or(|number| *number == trade.out_trade_no)
            && wanted(trade)
    };
    let limit = request.asked("limit").and_then(|limit| limit.parse().ok()).unwrap_or(MOST);
    Ok(state
        .trades()
        .rev()
        .filter(fits)
        .take(limit)
        .map(|trade| {
            let mut view = shown(state, trade);
            view["refunds"] = state.refunds_of(trade.id).iter().map(shown_refund).collect();
            view
        })
        .collect())
}

/// `GET history`: what a payer paid and got back.
pub(crate) fn history(state: &State, request: &Request) -> Outcome {
    Ok(json!({"history": list(state, request, |trade| trade.paid_ms.is_some())?}))
}

/// `GET trades`: everything the channels know, and what it comes to.
pub(crate) fn trades(state: &State, request: &Request) -> Outcome {
    let trades = list(state, request, |_| true)?;
    let mut totals = serde_json::Map::new();
    for channel in Channel::ALL {
        let of_channel =
            || state.trades().filter(move |trade| trade.channel == channel && trade.paid_ms.is_some());
        let paid: i64 = of_channel().map(|trade| trade.total_fen).sum();
        let refunded: i64 = of_channel().map(|trade| trade.refunded_fen).sum();
        totals.insert(
            channel.name().into(),
            json!({"count": of_channel().count(), "paid": paid, "refunded": refunded}),
        );
    }
    Ok(json!({"trades": trades, "totals": totals}))
}

/// `GET notifications`: callbacks and every try to deliver them, newest first.
pub(crate) fn notifications(state: &State, request: &Request) -> Outcome {
    let channel = channel(request)?;
    let number = request.asked("out_trade_no");
    let list: Vec<Value> = state
        .notices()
        .rev()
        .filter(|notice| channel.is_none_or(|channel| channel == notice.channel))
        .filter(|notice| number.as_ref().is_none_or(|number| *number == notice.out_trade_no))
        .take(MOST)
        .map(|notice| {
            let pending = notice.state == crate::model::NoticeState::Pending && notice.due_ms < i64::MAX;
            json!({
                "id": notice.event_id,
                "channel": notice.channel.name(),
                "kind": notice.kind,
                "out_trade_no": notice.out_trade_no,
                "url": notice.url,
                "state": notice.state,
                "next_at": pending.then(|| clock::rfc3339(notice.due_ms)),
                "deliveries": notice.deliveries.iter().map(|delivery| json!({
                    "at": clock::rfc3339(delivery.at_ms),
                    "status": delivery.status,
                    "taken": delivery.taken,
                    "forged": delivery.forged,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(json!({"notifications": list}))
}
