//! What happens to money, the same for every channel: a wallet pays, is asked, refuses; a trade ends; money goes back.

use crate::model::{
    Channel, NoticeKind, Outcome, Payer, PayerCode, Product, Refund, RefundState, Trade, TradeState,
};
use crate::notices;
use crate::rates;
use crate::state::{State, Timer};

/// Why a payment, an answer or an end was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    AlreadyPaid,
    Ended,
    Expired,
    NotEnough,
    NotAsked,
    UnknownPayer,
}

/// How long a refund is on its way, in channel milliseconds.
const REFUND_TAKES_MS: i64 = 800;
/// How long after a close the money of `pays_after_close` comes, in real milliseconds.
const LATE_MONEY_MS: i64 = 1_000;

/// The people of a fresh sandbox. The first at each channel pays when nobody is named.
pub(crate) fn first_payers() -> Vec<Payer> {
    let people = [
        ("wang", "Wang Fang", "王芳", 1_000_000_000),
        ("li", "Li Qiang", "李强", 200_000),
        ("chen", "Chen Bo", "陈博", 50),
    ];
    let mut payers = Vec::new();
    for channel in Channel::ALL {
        for (index, (id, name, name_zh, balance_fen)) in people.into_iter().enumerate() {
            let user_id = match channel {
                Channel::Wechat => format!("oSaoma{}{:018}", ["Wang", "LiQ_", "Chen"][index], index + 1),
                Channel::Alipay => format!("208810000000000{}", index + 1),
                Channel::AlipayPlus => format!("2160000000000000{}", index + 1),
            };
            payers.push(Payer {
                id: id.into(),
                channel,
                name: name.into(),
                name_zh: name_zh.into(),
                user_id,
                logon_id: format!("{}***@example.com", &id[..2]),
                currency: if channel == Channel::AlipayPlus { "HKD".into() } else { "CNY".into() },
                balance_fen,
            });
        }
    }
    payers
}

/// Does everything that was due by now.
pub(crate) fn run_due(state: &mut State) {
    while let Some(timer) = state.take_due_timer() {
        match timer {
            Timer::SettleRefund(id) => settle_refund(state, id),
            Timer::PayAfterClose(id) => {
                if let Some(mut trade) = state.trade(id) {
                    trade.pays_at_ms = None;
                    state.save_trade(&trade);
                    if trade.state != TradeState::Paid {
                        trade.paid_by_fault = true;
                        let payer = trade.payer.clone().unwrap_or_else(|| first_payer(state, trade.channel));
                        take_money(state, trade, &payer);
                    }
                }
            }
        }
    }
}

/// Who pays when nobody is named.
pub(crate) fn first_payer(state: &State, channel: Channel) -> String {
    state
        .payers
        .iter()
        .find(|payer| payer.channel == channel)
        .map_or_else(String::new, |payer| payer.id.clone())
}

/// The channel learns of an Alipay code: from the scan on there is a trade.
pub(crate) fn scan(state: &mut State, trade: &mut Trade, payer: &str) {
    if trade.state == TradeState::Precreated {
        trade.state = TradeState::Unpaid;
        trade.trade_no = Some(new_trade_no(state, trade.channel));
        trade.payer = Some(payer.to_string());
        trade.created_ms = state.now_ms;
        trade.expires_ms = crate::alipay::expiry_after_scan(&trade.request, state.now_ms);
        state.save_trade(trade);
    }
}

/// A wallet pays the trade.
pub(crate) fn pay(state: &mut State, id: u64, payer: &str) -> Result<Trade, Refusal> {
    let mut trade = state.trade(id).ok_or(Refusal::Ended)?;
    match trade.state {
        TradeState::Paid if trade.paid_by_fault => {
            trade.paid_by_fault = false;
            state.save_trade(&trade);
            return Ok(trade);
        }
        TradeState::Paid => return Err(Refusal::AlreadyPaid),
        TradeState::Failed => return Err(Refusal::Ended),
        TradeState::Closed | TradeState::Revoked => {
            let open = trade.pays_at_ms.is_some() || state.fires(trade.channel, "pays_after_close").is_some();
            if !open {
                return Err(Refusal::Ended);
            }
            trade.pays_at_ms = None;
        }
        TradeState::Precreated | TradeState::Unpaid | TradeState::Prompted => {
            let code_is_dead = trade.code_dies_ms.is_some_and(|dies_ms| dies_ms < state.now_ms);
            if trade.expires_ms < state.now_ms || code_is_dead {
                return Err(Refusal::Expired);
            }
        }
    }
    let wallet = state.payer(trade.channel, payer).ok_or(Refusal::UnknownPayer)?.clone();
    scan(state, &mut trade, payer);
    if wallet.balance_fen < rates::convert(trade.total_fen, &trade.currency, &wallet.currency) {
        return Err(Refusal::NotEnough);
    }
    let paid = take_money(state, trade, payer);
    if state.fires(paid.channel, "pays_twice").is_some() {
        let id = state.next_id();
        let second =
            Trade { id, trade_no: None, second_of: Some(paid.id), codes: Vec::new(), ..paid.clone() };
        take_money(state, second, payer);
    }
    Ok(paid)
}

/// Moves the money and tells the merchant.
fn take_money(state: &mut State, mut trade: Trade, payer: &str) -> Trade {
    move_balance(state, &trade, payer, -trade.total_fen);
    if trade.trade_no.is_none() || trade.channel == Channel::Wechat {
        trade.trade_no = Some(new_trade_no(state, trade.channel));
    }
    trade.state = TradeState::Paid;
    trade.payer = Some(payer.to_string());
    trade.paid_ms = Some(state.now_ms);
    trade.ended_ms = None;
    state.save_trade(&trade);
    notices::enqueue_payment(state, &trade);
    trade
}

/// Moves an amount in the trade's currency into or out of a wallet, which may hold another one.
fn move_balance(state: &mut State, trade: &Trade, payer: &str, by_fen: i64) {
    if let Some(mut wallet) = state.payer(trade.channel, payer).cloned() {
        wallet.balance_fen += rates::convert(by_fen, &trade.currency, &wallet.currency);
        state.save_payer(&wallet);
    }
}

/// The channel's own number of a trade.
pub(crate) fn new_trade_no(state: &mut State, channel: Channel) -> String {
    let day = crate::clock::compact(state.now_ms)[..8].to_string();
    match channel {
        Channel::Wechat => format!("42000{}{day}{}", state.random.digits(5), state.random.digits(10)),
        Channel::Alipay => format!("{day}22001{}", state.random.digits(15)),
        Channel::AlipayPlus => format!("{day}1940108{}", state.random.digits(21)),
    }
}

/// The payer gives the password.
pub(crate) fn confirm(state: &mut State, id: u64) -> Result<Trade, Refusal> {
    let trade = asked(state, id)?;
    let payer = trade.payer.clone().unwrap_or_else(|| first_payer(state, trade.channel));
    pay(state, id, &payer)
}

/// The payer refuses.
pub(crate) fn decline(state: &mut State, id: u64) -> Result<Trade, Refusal> {
    let begun = |trade: &Trade| {
        // inside a wallet the cashier asks without a prompt of its own
        trade.state == TradeState::Unpaid
            && matches!(trade.product, Product::InApp | Product::Page | Product::App)
    };
    let mut trade = match state.trade(id).filter(begun) {
        Some(trade) => trade,
        None => asked(state, id)?,
    };
    // WeChat keeps a failed payment; Alipay lets the trade wait, but a code is used up, so nobody can pay it any more.
    trade.state = if trade.channel == Channel::Wechat { TradeState::Failed } else { TradeState::Closed };
    trade.ended_ms = Some(state.now_ms);
    state.save_trade(&trade);
    Ok(trade)
}

fn asked(state: &mut State, id: u64) -> Result<Trade, Refusal> {
    let trade = state.trade(id).ok_or(Refusal::Ended)?;
    match trade.state {
        TradeState::Prompted => Ok(trade),
        TradeState::Paid => Err(Refusal::AlreadyPaid),
        TradeState::Precreated | TradeState::Unpaid => Err(Refusal::NotAsked),
        TradeState::Closed | TradeState::Revoked | TradeState::Failed => Err(Refusal::Ended),
    }
}

/// Ends an unpaid trade as `into`; with `pays_after_close` the money comes all the same.
pub(crate) fn end(state: &mut State, trade: &mut Trade, into: TradeState) {
    trade.state = into;
    trade.ended_ms = Some(state.now_ms);
    if let Some(fired) = state.fires(trade.channel, "pays_after_close") {
        let delay = fired.delay_ms.unwrap_or(LATE_MONEY_MS) as f64 * state.time.scale;
        trade.pays_at_ms = Some(state.now_ms + delay as i64);
    }
    state.save_trade(trade);
}

/// Undoes a paid trade at once: the whole of what is left goes back without a refund of its own.
pub(crate) fn undo(state: &mut State, trade: &mut Trade, into: TradeState) {
    let back_fen = trade.total_fen - trade.refunded_fen;
    if let Some(payer) = trade.payer.clone() {
        move_balance(state, trade, &payer, back_fen);
    }
    trade.refunded_fen = trade.total_fen;
    trade.state = into;
    trade.ended_ms = Some(state.now_ms);
    state.save_trade(trade);
}

/// What a refund is asked for with; the amount was checked.
pub(crate) struct NewRefund {
    pub(crate) out_refund_no: String,
    pub(crate) amount_fen: i64,
    pub(crate) reason: Option<String>,
    pub(crate) notify_url: Option<String>,
    pub(crate) request: serde_json::Value,
    pub(crate) public_key: bool,
}

/// Takes a refund on; WeChat's settles a moment later, the others at once.
pub(crate) fn refund(state: &mut State, trade: &mut Trade, new: NewRefund) -> Refund {
    let id = state.next_id();
    let refund_no = match trade.channel {
        Channel::Wechat => {
            format!("503{}{}", &crate::clock::compact(state.now_ms)[..14], state.random.digits(15))
        }
        _ => format!("{}{}", &crate::clock::compact(state.now_ms)[..8], state.random.digits(20)),
    };
    let takes_ms = if trade.channel == Channel::Wechat { REFUND_TAKES_MS } else { 0 };
    let refund = Refund {
        id,
        trade: trade.id,
        channel: trade.channel,
        account: trade.account.clone(),
        out_refund_no: new.out_refund_no,
        refund_no,
        amount_fen: new.amount_fen,
        reason: new.reason,
        notify_url: new.notify_url,
        state: RefundState::Processing,
        created_ms: state.now_ms,
        settles_at_ms: state.now_ms + takes_ms,
        settled_ms: None,
        request: new.request,
        public_key: new.public_key,
    };
    trade.refunded_fen += refund.amount_fen;
    state.save_trade(trade);
    state.save_refund(&refund);
    if takes_ms == 0 {
        settle_refund(state, id);
    }
    state.refund(id).cloned().unwrap_or(refund)
}

fn settle_refund(state: &mut State, id: u64) {
    let Some(mut refund) = state.refund(id).cloned() else { return };
    if refund.state != RefundState::Processing {
        return;
    }
    // Only WeChat Pay lets a refund rest until somebody repairs it, or closes it; the others are through with it when they answer.
    let wechat = refund.channel == Channel::Wechat;
    refund.state = if wechat && state.fires(refund.channel, "refund_abnormal").is_some() {
        RefundState::Abnormal
    } else if wechat && state.fires(refund.channel, "refund_closed").is_some() {
        RefundState::Closed
    } else {
        RefundState::Success
    };
    refund.settled_ms = (refund.state == RefundState::Success).then_some(state.now_ms);
    state.save_refund(&refund);
    let Some(mut trade) = state.trade(refund.trade) else { return };
    if refund.state == RefundState::Closed {
        trade.refunded_fen -= refund.amount_fen;
        state.save_trade(&trade);
    }
    if refund.state == RefundState::Success
        && let Some(payer) = &trade.payer
    {
        move_balance(state, &trade, payer, refund.amount_fen);
    }
    notices::enqueue_refund(state, &trade, &refund);
}

/// Repairs an abnormal refund: it goes on its way again.
pub(crate) fn repair_refund(state: &mut State, mut refund: Refund) -> Refund {
    refund.state = RefundState::Processing;
    refund.settles_at_ms = state.now_ms + REFUND_TAKES_MS;
    state.save_refund(&refund);
    refund
}

/// A fresh payment code for a payer.
pub(crate) fn issue_code(state: &mut State, channel: Channel, payer: &str, outcome: Outcome) -> PayerCode {
    let (prefix, length) = match channel {
        Channel::Wechat => ("13", 14),
        Channel::Alipay => ("28", 14),
        Channel::AlipayPlus => ("28", 15),
    };
    let code = format!("{prefix}{}{}", outcome.digits(), state.random.digits(length));
    let code = PayerCode { code, channel, payer: payer.into(), issued_ms: state.now_ms, used_for: None };
    state.save_code(&code);
    code
}

/// Why a scanned code is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadCode {
    /// Not of this wallet, or not a number the wallet would show.
    Malformed,
    /// Was scanned before.
    Used,
    /// Older than the telephone shows it (strict), or asked to be so.
    Expired,
}

/// Whether this is what a wallet of the channel shows; Alipay also looks faces up, under `fp` and a number.
pub(crate) fn is_code(channel: Channel, code: &str) -> bool {
    if channel == Channel::Alipay && code.starts_with("fp") {
        return code.is_ascii() && code.len() >= 16;
    }
    let fits = match channel {
        Channel::Wechat => {
            code.len() == 18 && matches!(code.get(..2), Some("10" | "11" | "12" | "13" | "14" | "15"))
        }
        Channel::Alipay | Channel::AlipayPlus => {
            (16..=24).contains(&code.len())
                && matches!(code.get(..2), Some("25" | "26" | "27" | "28" | "29" | "30"))
        }
    };
    fits && code.bytes().all(|b| b.is_ascii_digit())
}

/// Scans a payment code for a trade number: who pays and what happens. A code is good once, whatever comes of it.
pub(crate) fn use_code(
    state: &mut State,
    channel: Channel,
    code: &str,
    out_trade_no: &str,
) -> Result<(String, Outcome), BadCode> {
    if !is_code(channel, code) {
        return Err(BadCode::Malformed);
    }
    let face = code.starts_with("fp");
    let outcome = Outcome::parse(&code[2..4]).or(face.then_some(Outcome::Pays)).ok_or(BadCode::Malformed)?;
    let known = state.payer_code(code).cloned();
    let mut used = known.unwrap_or_else(|| PayerCode {
        code: code.into(),
        channel,
        payer: first_payer(state, channel),
        issued_ms: state.now_ms,
        used_for: None,
    });
    if used.used_for.is_some() {
        return Err(BadCode::Used);
    }
    used.used_for = Some(out_trade_no.to_string());
    state.save_code(&used);
    let old = state.strict && state.now_ms - used.issued_ms > 120_000;
    if old || outcome == Outcome::Expired {
        return Err(BadCode::Expired);
    }
    Ok((used.payer, outcome))
}

/// Marks a trade as waiting for the payer's password.
pub(crate) fn ask(state: &mut State, trade: &mut Trade, payer: &str) {
    trade.state = TradeState::Prompted;
    trade.payer = Some(payer.to_string());
    state.save_trade(trade);
}

/// Whether a callback of this kind exists for the trade.
pub(crate) fn tells(trade: &Trade, kind: NoticeKind) -> bool {
    match (trade.channel, kind) {
        (Channel::Wechat, NoticeKind::Payment) => trade.product != Product::Code,
        _ => true,
    }
}
