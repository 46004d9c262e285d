//! What the wallet writes to its owner: a receipt for every payment, and a message when money comes back or gets stuck.

use maud::{Markup, html};

use super::look::{Look, Page};
use super::tabs;
use crate::clock;
use crate::model::{Refund, RefundState, Trade, TradeState};
use crate::state::State;

/// Longest list on a telephone.
const MOST: usize = 40;

/// One message: when, of which payment, and what happened to it.
struct Message {
    at_ms: i64,
    trade: Trade,
    what: What,
}

enum What {
    Paid,
    Reversed,
    Refund(Box<Refund>),
}

/// All of this person's messages in this wallet, newest first.
fn all(state: &State, look: &Look) -> Vec<Message> {
    let mut list = Vec::new();
    for trade in tabs::own(state, look) {
        let mut add = |at_ms: i64, what: What| list.push(Message { at_ms, trade: trade.clone(), what });
        add(trade.paid_ms.unwrap_or_default(), What::Paid);
        if trade.state == TradeState::Revoked {
            add(trade.ended_ms.unwrap_or_default(), What::Reversed);
        }
        for refund in state.refunds_of(trade.id) {
            add(refund.settled_ms.unwrap_or(refund.created_ms), What::Refund(Box::new(refund)));
        }
    }
    list.sort_by_key(|message| std::cmp::Reverse(message.at_ms));
    list.truncate(MOST);
    list
}

/// Changes when a message comes, or a refund moves on.
pub(super) fn version(state: &State, look: &Look) -> String {
    let list = all(state, look);
    let settled =
        list.iter().filter(|message| matches!(&message.what, What::Refund(r) if r.settled_ms.is_some()));
    format!("messages-{}-{}", list.len(), settled.count())
}

/// The tab.
pub(super) fn render(state: &State, look: &Look, version: String) -> Page {
    let list = all(state, look);
    let body = html! {
        @if list.is_empty() {
            p.empty { (look.t("Nothing yet. The wallet writes here when this person pays and when money comes back.", "暂无消息。付款与退款的通知会显示在这里。")) }
        }
        ul.messages { @for message in &list { li { (shown(look, message)) } } }
    };
    Page {
        title: look.t("Messages", "消息").into(), body, live: Some(String::new()), version, sheet: false
    }
}

fn shown(look: &Look, message: &Message) -> Markup {
    let trade = &message.trade;
    let (title, fen) = match &message.what {
        What::Paid => (look.t("Payment receipt", "支付凭证"), -trade.total_fen),
        What::Reversed => (look.t("Payment reversed", "支付撤销通知"), trade.total_fen),
        What::Refund(refund) => (
            match refund.state {
                RefundState::Success => look.t("Refund arrived", "退款到账通知"),
                RefundState::Processing => look.t("Refund on its way", "退款发起通知"),
                RefundState::Abnormal => look.t("Refund stuck", "退款异常提醒"),
                RefundState::Closed => look.t("Refund closed", "退款关闭通知"),
            },
            refund.amount_fen,
        ),
    };
    let stuck = matches!(&message.what, What::Refund(refund) if refund.state == RefundState::Abnormal);
    html! {
        a.message.stuck[stuck] href=(format!("/phone/trade?{}&trade={}", look.who(), trade.id)) {
            h2 { (title) small { (clock::spaced(message.at_ms)) } }
            p.amount { (look.money(fen, &trade.currency)) }
            dl {
                dt { (look.t("Merchant", "商户")) } dd { (trade.account) }
                dt { (look.t("For", "商品")) } dd { (trade.subject) }
                @if let What::Refund(refund) = &message.what {
                    @if let Some(reason) = &refund.reason { dt { (look.t("Reason", "退款原因")) } dd { (reason) } }
                    dt { (look.t("Goes to", "退回账户")) }
                    dd { (if stuck { look.t("nowhere yet; the merchant must act", "尚未退回，需商户处理") } else { look.t("this wallet", "钱包余额") }) }
                }
            }
        }
    }
}
