//! Tabs of a wallet: scan, my payment code, bills. (Messages are in `messages`.)

use maud::{Markup, PreEscaped, html};

use super::look::{Look, Page};
use super::{barcode, messages};
use crate::bank;
use crate::clock;
use crate::http::Request;
use crate::model::{Channel, Outcome, Product, Trade, TradeState};
use crate::state::State;

/// A telephone shows a new code this often.
const CODE_LIVES_S: u32 = 60;
/// Longest list on a telephone.
const MOST: usize = 30;

/// The page of the tab that is open.
pub(crate) fn render(state: &mut State, look: &Look) -> Page {
    let version = version(state, look);
    match look.tab.as_str() {
        "code" => code(state, look, version),
        "bills" => bills(state, look, version),
        "messages" => messages::render(state, look, version),
        _ => scan(state, look, version),
    }
}

/// Changes when what a tab lists has changed.
pub(crate) fn version(state: &State, look: &Look) -> String {
    match look.tab.as_str() {
        "code" => "code".into(),
        "messages" => messages::version(state, look),
        "bills" => {
            let sum: i64 = own(state, look).map(|trade| trade.refunded_fen + trade.total_fen).sum();
            format!("bills-{}-{sum}", own(state, look).count())
        }
        _ => {
            let open: Vec<String> = open(state).map(|trade| trade.id.to_string()).collect();
            format!("scan-{}", open.join("."))
        }
    }
}

/// Where the telephone jumps to: a password prompt, or the payment its shown code was used for.
pub(crate) fn ringing(state: &mut State, look: &Look, request: &Request) -> Option<String> {
    let asks = |trade: &&Trade| {
        let mine = trade.channel == look.wallet && trade.payer.as_deref() == Some(look.payer.as_str());
        mine && trade.state == TradeState::Prompted && look.later != Some(trade.id)
    };
    let asking = state.trades().rev().find(asks).map(|trade| trade.id);
    let shown: Option<u64> = request.asked("trade").and_then(|id| id.parse().ok());
    if let Some(id) = asking {
        return (shown != Some(id)).then(|| format!("/phone/trade?{}&trade={id}", look.who()));
    }
    let code = request.asked("code")?;
    let number = state.payer_code(&code)?.used_for.clone()?;
    let used =
        state.trades().rev().find(|trade| trade.channel == look.wallet && trade.out_trade_no == number)?.id;
    Some(format!("/phone/trade?{}&trade={used}", look.who()))
}

/// What any wallet could scan now, newest first.
fn open(state: &State) -> impl Iterator<Item = &Trade> {
    let now_ms = state.now_ms;
    state.trades().rev().filter(move |trade| {
        let waits = matches!(trade.state, TradeState::Precreated | TradeState::Unpaid);
        waits && trade.product != Product::Code && trade.expires_ms >= now_ms && !trade.codes.is_empty()
    })
}

/// What this person paid with this wallet, newest first.
pub(super) fn own<'a>(state: &'a State, look: &'a Look) -> impl Iterator<Item = &'a Trade> {
    state.trades().rev().filter(move |trade| {
        trade.channel == look.wallet
            && trade.paid_ms.is_some()
            && trade.payer.as_deref() == Some(look.payer.as_str())
    })
}

fn scan(state: &State, look: &Look, version: String) -> Page {
    let list: Vec<&Trade> = open(state).take(MOST).collect();
    let body = html! {
        section.card {
            div.camera data-camera hidden {
                video playsinline muted {}
                button.button.quiet type="button" data-camera-stop { (look.t("Stop the camera", "关闭摄像头")) }
            }
            p.problem data-camera-problem hidden
                data-text=(look.t("The camera cannot be used here. Choose a code below, or paste what it holds.", "无法使用摄像头。请在下方选择或粘贴二维码内容。")) {}
            button.button.main.big type="button" data-camera-start hidden { (look.t("Scan with the camera", "用摄像头扫一扫")) }
            form.paste action="/phone/scan" {
                input type="hidden" name="wallet" value=(look.wallet.name());
                input type="hidden" name="payer" value=(look.payer);
                label for="code" { (look.t("Or paste what the code holds", "或粘贴二维码内容")) }
                div.line {
                    input #code name="code" required placeholder="weixin://…  https://qr.alipay.com/…" autocomplete="off" autocapitalize="off" spellcheck="false";
                    button.button { (look.t("Open", "打开")) }
                }
            }
        }
        h2 { (look.t("Codes on screens now", "正在展示的收款码")) }
        @if list.is_empty() {
            p.empty { (look.t("No code is shown anywhere. Sell something: its code appears here.", "还没有收款码。发起一笔收款后会显示在这里。")) }
        }
        ul.list {
            @for trade in list { (open_code(look, trade, state.now_ms)) }
        }
    };
    Page { title: look.t("Scan", "扫一扫").into(), body, live: Some(String::new()), version, sheet: false }
}

fn open_code(look: &Look, trade: &Trade, now_ms: i64) -> Markup {
    let code = trade.codes.last().cloned().unwrap_or_default();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("code", &code).finish();
    let minutes = (trade.expires_ms - now_ms) / 60_000;
    html! {
        li {
            a.item href=(format!("/phone/scan?{}&{query}", look.who())) {
                span.dot.(trade.channel.name()) aria-hidden="true" {}
                span.what {
                    strong { (trade.subject) }
                    small {
                        (look.wallet_name(trade.channel)) " · "
                        @if minutes < 120 { (minutes.max(1)) " " (look.t("min left", "分钟内有效")) } @else { (trade.out_trade_no) }
                    }
                }
                (look.money(trade.total_fen, &trade.currency))
            }
        }
    }
}

fn code(state: &mut State, look: &Look, version: String) -> Page {
    let outcome = Outcome::parse(&look.outcome).unwrap_or(Outcome::Pays);
    let payer = look.payer.clone();
    let shown = bank::issue_code(state, look.wallet, &payer, outcome).code;
    let groups: Vec<&str> =
        shown.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap_or_default()).collect();
    let body = html! {
        section.card.paycode data-refresh=(CODE_LIVES_S) {
            div.bars { (PreEscaped(barcode::code128_svg(&shown))) }
            p.digits data-code=(shown) { @for group in groups { span { (group) } } }
            div.qr { (PreEscaped(barcode::qr_svg(&shown))) }
            p.countdown {
                (look.t("Good for one payment. New code in ", "仅可使用一次，")) b data-countdown { (CODE_LIVES_S) } (look.t(" s.", " 秒后刷新。"))
            }
            a.button href=(format!("{}&outcome={}", look.tab_link("code"), outcome.digits())) { (look.t("New code", "刷新")) }
        }
        form.card.outcome action="/phone" {
            input type="hidden" name="wallet" value=(look.wallet.name());
            input type="hidden" name="payer" value=(look.payer);
            input type="hidden" name="tab" value="code";
            label for="outcome" { (look.t("What happens when it is scanned", "被扫后的结果")) }
            div.line {
                select #outcome name="outcome" data-submit {
                    @for (each, digits, _) in Outcome::ALL {
                        option value=(digits) selected[each == outcome] { (digits) " · " (outcome_words(look, each)) }
                    }
                }
                button.button { (look.t("Set", "应用")) }
            }
        }
    };
    let live = Some(format!("&code={shown}"));
    Page { title: look.t("My code", "付款码").into(), body, live, version, sheet: false }
}

fn outcome_words(look: &Look, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pays => look.t("pays at once", "直接支付成功"),
        Outcome::AsksPassword => look.t("asks for the password", "需要输入密码"),
        Outcome::NotEnough => look.t("not enough money", "余额不足"),
        Outcome::Expired => look.t("the code has expired", "付款码已过期"),
        Outcome::LostPaid => look.t("answer lost, but paid", "应答丢失，已支付"),
        Outcome::LostUnpaid => look.t("answer lost, not paid", "应答丢失，未支付"),
        Outcome::NeverAnswered => look.t("asks, nobody answers", "一直无人输入密码"),
    }
}

fn bills(state: &State, look: &Look, version: String) -> Page {
    let list: Vec<&Trade> = own(state, look).take(MOST).collect();
    let body = html! {
        h2 { (look.t("Paid with this wallet", "支付记录")) }
        @if list.is_empty() {
            p.empty { (look.t("Nothing yet. What this person pays and gets back is listed here.", "暂无记录。支付与退款会显示在这里。")) }
        }
        ul.list {
            @for trade in list { (bill(look, trade)) }
        }
    };
    Page { title: look.t("Bills", "账单").into(), body, live: Some(String::new()), version, sheet: false }
}

fn bill(look: &Look, trade: &Trade) -> Markup {
    let when = clock::spaced(trade.paid_ms.unwrap_or_default());
    html! {
        li {
            a.item href=(format!("/phone/trade?{}&trade={}", look.who(), trade.id)) {
                span.dot.(trade.channel.name()) aria-hidden="true" {}
                span.what {
                    strong { (trade.subject) }
                    small { (when) }
                    @if trade.refunded_fen > 0 {
                        small.back { (look.t("back: ", "已退回：")) (look.money(trade.refunded_fen, &trade.currency)) }
                    }
                }
                (look.money(-trade.total_fen, &trade.currency))
            }
        }
    }
}

/// The wallet a code belongs to, by its shape alone.
pub(crate) fn looks_like(code: &str) -> Option<Channel> {
    if code.starts_with("weixin://") {
        Some(Channel::Wechat)
    } else if code.starts_with("https://qr.alipay.com/") {
        Some(Channel::Alipay)
    } else if code.starts_with("https://global.alipay.com/") {
        Some(Channel::AlipayPlus)
    } else {
        None
    }
}
