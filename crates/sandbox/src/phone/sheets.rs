//! One thing at a time: what was scanned, the password prompt, how a payment ended.

use maud::{Markup, PreEscaped, html};

use super::look::{Look, Page};
use super::tabs::looks_like;
use crate::bank;
use crate::clock;
use crate::http::Request;
use crate::model::{RefundState, Trade, TradeState};
use crate::rates;
use crate::state::State;

/// Changes when a trade has changed.
pub(crate) fn version(state: &mut State, id: u64) -> String {
    let refunds = state.refunds_of(id).iter().filter(|refund| refund.state == RefundState::Success).count();
    state
        .trade(id)
        .map_or_else(String::new, |trade| format!("{}-{}-{refunds}", trade.state.name(), trade.refunded_fen))
}

fn sheet(look: &Look, title: &str, body: Markup) -> Page {
    let _ = look;
    Page { title: title.into(), body, live: None, version: String::new(), sheet: true }
}

/// After a scan: what is to be paid, or why nothing can be.
pub(crate) fn scanned(state: &mut State, look: &Look, request: &Request) -> Page {
    let code = request.asked("code").unwrap_or_default();
    let code = code.trim();
    let title = look.t("Pay", "付款");
    let Some(mut trade) = state.trade_by_code(code) else { return sheet(look, title, unknown(look, code)) };
    if trade.channel != look.wallet {
        return sheet(look, title, other_wallet(look, &trade, code));
    }
    if matches!(trade.state, TradeState::Precreated | TradeState::Unpaid) {
        if trade.expires_ms < state.now_ms {
            return sheet(
                look,
                title,
                outcome(
                    look,
                    false,
                    look.t("This code has expired", "二维码已过期"),
                    look.t("Ask for a new one.", "请重新获取。"),
                    None,
                ),
            );
        }
        bank::scan(state, &mut trade, &look.payer);
        return sheet(look, title, to_pay(state, look, &trade));
    }
    trade_page(state, look, &trade, false)
}

/// A page's request that the wallet refuses, for the developer who reads it.
pub(crate) fn refused_page(look: &Look, reason: &str) -> Page {
    let what = look.t("The page asked wrongly", "支付请求有误");
    sheet(look, what, outcome(look, false, what, reason, look.back.clone()))
}

fn unknown(look: &Look, code: &str) -> Markup {
    let digits = code.len() >= 16 && code.bytes().all(|b| b.is_ascii_digit());
    let (what, todo) = if digits {
        (
            look.t("This is a payment code", "这是付款码"),
            look.t(
                "A terminal scans it; a wallet scans what a terminal shows.",
                "付款码由收款设备扫描，不能用钱包扫描。",
            ),
        )
    } else if looks_like(code).is_some() {
        (
            look.t("Nobody knows this code", "二维码无效"),
            look.t(
                "It belongs to another sandbox, or the sandbox was emptied since.",
                "它来自其他沙箱，或沙箱数据已被清空。",
            ),
        )
    } else {
        (
            look.t("This is not a payment code", "无法识别"),
            look.t(
                "WeChat Pay codes begin with weixin://, Alipay codes with https://qr.alipay.com/.",
                "微信收款码以 weixin:// 开头，支付宝以 https://qr.alipay.com/ 开头。",
            ),
        )
    };
    outcome(look, false, what, todo, None)
}

/// The web page that a scanned code opens, if it is one and no payment code.
pub(crate) fn page_of(request: &Request) -> Option<String> {
    let code = request.asked("code")?.trim().to_string();
    let page = code.starts_with("http://") || code.starts_with("https://");
    (page && looks_like(&code).is_none()).then_some(code)
}

/// The page's address with the wallet's name: a browser cannot say it by its user agent, as the real wallet does.
pub(crate) fn in_wallet(look: &Look, page: &str) -> String {
    reqwest::Url::parse(page).map_or_else(
        |_| page.to_string(),
        |mut url| {
            url.query_pairs_mut().append_pair("wallet", look.wallet.name());
            url.into()
        },
    )
}

fn other_wallet(look: &Look, trade: &Trade, code: &str) -> Markup {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("code", code).finish();
    let name = look.wallet_name(trade.channel);
    html! {
        (outcome(look, false, look.t("Another wallet's code", "这是其他钱包的收款码"), name, None))
        a.button.main.big.(trade.channel.name()) href=(format!("/phone/scan?wallet={}&payer={}&{query}", trade.channel.name(), look.payer)) {
            (look.t("Open with ", "使用")) (name)
        }
    }
}

fn to_pay(state: &State, look: &Look, trade: &Trade) -> Markup {
    let wallet = state.payer(look.wallet, &look.payer);
    let enough = wallet.is_some_and(|wallet| {
        wallet.balance_fen >= rates::convert(trade.total_fen, &trade.currency, &wallet.currency)
    });
    html! {
        section.card.sheet {
            p.to { (look.t("To", "付款给")) " " strong { (look.t("Merchant", "商户")) " " (trade.account) } }
            p.amount { (look.money(trade.total_fen, &trade.currency)) }
            dl {
                dt { (look.t("For", "商品")) } dd { (trade.subject) }
                dt { (look.t("Order", "订单号")) } dd { (trade.out_trade_no) }
                @if let Some(wallet) = wallet {
                    dt { (look.t("From", "付款方式")) }
                    dd { (look.person(wallet)) " · " (look.money(wallet.balance_fen, &wallet.currency)) }
                }
            }
            @if enough {
                (button(look, "/phone/pay", trade.id, look.t("Pay", "确认付款"), "main"))
            } @else {
                p.problem { (look.t("Not enough money in this wallet. Choose another person.", "余额不足，请更换付款人。")) }
                (richer(state, look, trade))
            }
            @let back = look.back.clone().unwrap_or_else(|| look.tab_link("scan"));
            a.button.quiet data-not-now href=(back) { (look.t("Not now", "暂不付款")) }
        }
    }
}

/// Whose telephone could pay instead.
fn richer(state: &State, look: &Look, trade: &Trade) -> Markup {
    let code = trade.codes.last().map_or("", String::as_str);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("wallet", look.wallet.name()).append_pair("code", code);
    if let Some(back) = &look.back {
        query.append_pair("return", back);
    }
    let query = query.finish();
    html! {
        @for payer in state.payers.iter().filter(|payer| payer.channel == look.wallet) {
            @if payer.balance_fen >= rates::convert(trade.total_fen, &trade.currency, &payer.currency) {
                a.button href=(format!("/phone/scan?{query}&payer={}", payer.id)) { (look.t("Pay as ", "付款人：")) (look.person(payer)) }
            }
        }
    }
}

fn button(look: &Look, action: &str, id: u64, label: &str, kind: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            input type="hidden" name="trade" value=(id);
            input type="hidden" name="wallet" value=(look.wallet.name());
            input type="hidden" name="payer" value=(look.payer);
            @if let Some(back) = &look.back { input type="hidden" name="return" value=(back); }
            button.button.big.(kind) { (label) }
        }
    }
}

/// `/phone/trade?trade=ID`
pub(crate) fn trade(state: &mut State, look: &Look, request: &Request) -> Page {
    let id: Option<u64> = request.asked("trade").and_then(|id| id.parse().ok());
    match id.and_then(|id| state.trade(id)) {
        Some(trade) => trade_page(state, look, &trade, request.asked("refused").is_some()),
        None => {
            let text = look.t("There is no such payment", "没有这笔付款");
            sheet(look, text, outcome(look, false, text, "", Some(look.tab_link("bills"))))
        }
    }
}

fn trade_page(state: &mut State, look: &Look, trade: &Trade, refused: bool) -> Page {
    let title = look.t("Payment", "付款");
    let body = match trade.state {
        TradeState::Prompted => prompt(look, trade),
        TradeState::Paid => paid(state, look, trade),
        TradeState::Revoked if trade.paid_ms.is_some() => {
            ended(look, trade, look.t("Reversed, the money is back", "已撤销，款项已退回"))
        }
        TradeState::Revoked | TradeState::Closed => {
            ended(look, trade, look.t("Closed, nothing was paid", "订单已关闭，未付款"))
        }
        TradeState::Failed => ended(look, trade, look.t("Not paid", "付款失败")),
        TradeState::Unpaid | TradeState::Precreated if refused => {
            ended(look, trade, look.t("Could not be paid", "无法付款"))
        }
        TradeState::Unpaid | TradeState::Precreated => to_pay(state, look, trade),
    };
    let live = Some(format!("&trade={}", trade.id));
    Page { title: title.into(), body, live, version: version(state, trade.id), sheet: true }
}

fn prompt(look: &Look, trade: &Trade) -> Markup {
    html! {
        section.card.sheet {
            p.to { (look.wallet_name(trade.channel)) " · " (look.t("payment password", "支付密码")) }
            p.amount { (look.money(trade.total_fen, &trade.currency)) }
            p.for { (trade.subject) }
            p.dots aria-hidden="true" { @for _ in 0..6 { i {} } }
            (button(look, "/phone/confirm", trade.id, look.t("Enter the password and pay", "输入密码并付款"), "main"))
            (button(look, "/phone/decline", trade.id, look.t("Cancel the payment", "取消付款"), "danger"))
            a.button.quiet href=(format!("/phone?{}&tab=scan&later={}", look.who(), trade.id)) { (look.t("Put the telephone away", "先不处理")) }
        }
    }
}

fn paid(state: &State, look: &Look, trade: &Trade) -> Markup {
    let refunds = state.refunds_of(trade.id);
    html! {
        section.card.sheet.done role="status" {
            (PreEscaped(TICK))
            h1 { (look.t("Paid", "支付成功")) }
            p.amount { (look.money(trade.total_fen, &trade.currency)) }
            dl {
                dt { (look.t("For", "商品")) } dd { (trade.subject) }
                dt { (look.t("When", "时间")) } dd { (clock::spaced(trade.paid_ms.unwrap_or_default())) }
                dt { (look.t("Order", "订单号")) } dd { (trade.out_trade_no) }
                @if let Some(number) = &trade.trade_no { dt { (look.t("Number", "交易号")) } dd.number { (number) } }
            }
            @if !refunds.is_empty() {
                h2 { (look.t("Given back", "退款")) }
                ul.refunds {
                    @for refund in &refunds {
                        li {
                            span { (match refund.state {
                                RefundState::Success => look.t("in the wallet", "已到账"),
                                RefundState::Processing => look.t("on its way", "处理中"),
                                RefundState::Abnormal => look.t("stuck, the merchant must act", "退款异常"),
                                RefundState::Closed => look.t("closed", "已关闭"),
                            }) small { (clock::spaced(refund.created_ms)) } }
                            (look.money(refund.amount_fen, &trade.currency))
                        }
                    }
                }
            }
            @if let Some(back) = way_back(look, trade) {
                a.button.main.big href=(back) { (look.t("Back to the page", "返回商户页面")) }
            } @else {
                a.button.main.big href=(look.tab_link("scan")) { (look.t("Done", "完成")) }
            }
            a.button.quiet href=(look.tab_link("bills")) { (look.t("All bills", "全部账单")) }
        }
    }
}

/// Where the payer goes on: the page that waits for this payment, which learns of it by a signed address where it is Alipay's.
fn way_back(look: &Look, trade: &Trade) -> Option<String> {
    let told = trade.request.get("_return_url").is_some();
    if told { Some(format!("/phone/return?trade={}", trade.id)) } else { look.back.clone() }
}

fn ended(look: &Look, trade: &Trade, text: &str) -> Markup {
    let back = look.back.clone().unwrap_or_else(|| look.tab_link("scan"));
    html! {
        section.card.sheet.outcome-card role="status" {
            (PreEscaped(CROSS))
            h1 { (text) }
            p.amount.faint { (look.money(trade.total_fen, &trade.currency)) }
            p.for { (trade.subject) }
            a.button.main.big href=(back) { (if look.back.is_some() { look.t("Back to the page", "返回商户页面") } else { look.t("Done", "完成") }) }
        }
    }
}

fn outcome(look: &Look, good: bool, what: &str, todo: &str, back: Option<String>) -> Markup {
    let back = back.unwrap_or_else(|| look.tab_link("scan"));
    html! {
        section.card.sheet.outcome-card role="status" {
            (PreEscaped(if good { TICK } else { CROSS }))
            h1 { (what) }
            p { (todo) }
            a.button.quiet href=(back) { (look.t("Back", "返回")) }
        }
    }
}

const TICK: &str = r##"<svg class="mark" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22" fill="#06724c"/><path d="M14 25l7 7 13-15" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>"##;
const CROSS: &str = r##"<svg class="mark" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22" fill="#b02f1d"/><path d="M24 13v14M24 33.500v.5" fill="none" stroke="#fff" stroke-width="4.500" stroke-linecap="round"/></svg>"##;
