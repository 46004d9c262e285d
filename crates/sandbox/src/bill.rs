//! What happened on a Beijing day, as rows that each channel writes into its own file; and the faults of bills.
//!
//! A bill that was made (by the control call, or by the first question about a past day) stays as it is, as live ones do.
//! Without `--strict` a bill of today can be asked for at any time and shows what there is so far.

use std::collections::HashMap;

use crate::clock;
use crate::model::{Channel, Refund, Trade, TradeState};
use crate::state::State;

/// What a row tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Payment,
    Refund,
    /// A paid trade that was undone as a whole.
    Reversal,
}

/// One movement of money.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) at_ms: i64,
    pub(crate) trade: Trade,
    pub(crate) refund: Option<Refund>,
    /// Minor units, always positive.
    pub(crate) amount_fen: i64,
}

impl Row {
    /// The channel's fee on it, in fen: 0.60 %, half up; given back with a refund.
    pub(crate) fn fee_fen(&self) -> i64 {
        (self.amount_fen * FEE_BASIS_POINTS + 5_000) / 10_000
    }
}

/// The merchant's rate.
const FEE_BASIS_POINTS: i64 = 60;

/// Made bills by channel, owner and day; and rows that were held back for the day after.
#[derive(Debug, Default)]
pub(crate) struct Bills {
    made: HashMap<(Channel, String, String), Vec<Row>>,
    late: HashMap<(Channel, String, String), Vec<Row>>,
}

/// Why there is no bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoBill {
    /// Not a date, in the future, or older than three months.
    BadDate,
    /// Strict: it is still being made.
    TooEarly,
    /// Nothing happened on that day.
    Empty,
}

/// Who a trade's money belongs to: the integrator or the merchant itself.
fn owner(trade: &Trade) -> &str {
    trade.partner.as_deref().unwrap_or(&trade.account)
}

/// Everything of a day, in the order it happened.
fn collect(state: &State, channel: Channel, account: &str, date: &str) -> Vec<Row> {
    let Some(start_ms) = clock::day_start(date) else { return Vec::new() };
    let day = start_ms..start_ms + 86_400_000;
    let mut rows = Vec::new();
    for trade in state.trades().filter(|trade| trade.channel == channel && owner(trade) == account) {
        let Some(paid_ms) = trade.paid_ms else { continue };
        let row = |kind, at_ms, refund: Option<&Refund>, amount_fen| Row {
            kind,
            at_ms,
            trade: trade.clone(),
            refund: refund.cloned(),
            amount_fen,
        };
        if day.contains(&paid_ms) {
            rows.push(row(Kind::Payment, paid_ms, None, trade.total_fen));
        }
        for refund in state.refunds_of(trade.id).iter().filter(|refund| day.contains(&refund.created_ms)) {
            rows.push(row(Kind::Refund, refund.created_ms, Some(refund), refund.amount_fen));
        }
        let ended_ms = trade.ended_ms.unwrap_or_default();
        if trade.state == TradeState::Revoked && day.contains(&ended_ms) {
            rows.push(row(Kind::Reversal, ended_ms, None, trade.total_fen));
        }
    }
    rows.sort_by_key(|row| row.at_ms);
    rows
}

/// Makes the bill of a day and keeps it; faults of bills happen here.
pub(crate) fn make(state: &mut State, channel: Channel, account: &str, date: &str) -> Vec<Row> {
    let key = (channel, account.to_string(), date.to_string());
    let mut rows = state.bills.late.remove(&key).unwrap_or_default();
    rows.extend(collect(state, channel, account, date));
    for name in ["row_missing", "row_twice", "row_altered", "row_late"] {
        if rows.is_empty() || state.fires(channel, name).is_none() {
            continue;
        }
        let index = state.random.below(rows.len() as u64) as usize;
        match name {
            "row_missing" => {
                rows.remove(index);
            }
            "row_twice" => rows.insert(index, rows[index].clone()),
            "row_altered" => rows[index].amount_fen += 1,
            _ => {
                let row = rows.remove(index);
                let next = clock::day(clock::day_start(date).unwrap_or_default() + 86_400_000);
                state.bills.late.entry((channel, account.to_string(), next)).or_default().push(row);
            }
        }
    }
    state.bills.made.insert(key, rows.clone());
    rows
}

/// The bill of a day, if the channel would hand one out.
pub(crate) fn of_day(
    state: &mut State,
    channel: Channel,
    account: &str,
    date: &str,
) -> Result<Vec<Row>, NoBill> {
    let start_ms = clock::day_start(date).filter(|_| date.len() == 10).ok_or(NoBill::BadDate)?;
    let now_ms = state.now_ms;
    if start_ms > now_ms || now_ms - start_ms > 93 * 86_400_000 {
        return Err(NoBill::BadDate);
    }
    let made = state.bills.made.get(&(channel, account.to_string(), date.to_string())).cloned();
    let rows = match made {
        Some(rows) => rows,
        None if state.strict && now_ms < start_ms + 86_400_000 + 10 * 3_600_000 => {
            return Err(NoBill::TooEarly);
        }
        None if start_ms + 86_400_000 > now_ms => collect(state, channel, account, date),
        None => make(state, channel, account, date),
    };
    if rows.is_empty() { Err(NoBill::Empty) } else { Ok(rows) }
}

/// The bills of a month (`2026-06`) one after the other; days without one are left out.
pub(crate) fn of_month(
    state: &mut State,
    channel: Channel,
    account: &str,
    month: &str,
) -> Result<Vec<Row>, NoBill> {
    let (start_ms, end_ms) = month_span(month).ok_or(NoBill::BadDate)?;
    if start_ms > state.now_ms || state.now_ms - start_ms > 366 * 86_400_000 {
        return Err(NoBill::BadDate);
    }
    if state.strict && state.now_ms < end_ms {
        return Err(NoBill::TooEarly);
    }
    let mut rows = Vec::new();
    let mut day_ms = start_ms;
    while day_ms < end_ms.min(state.now_ms) {
        let date = clock::day(day_ms);
        let made = state.bills.made.get(&(channel, account.to_string(), date.clone())).cloned();
        rows.extend(made.unwrap_or_else(|| collect(state, channel, account, &date)));
        day_ms += 86_400_000;
    }
    if rows.is_empty() { Err(NoBill::Empty) } else { Ok(rows) }
}

/// The first moment of a month (`2026-06`) and of the one after it.
pub(crate) fn month_span(month: &str) -> Option<(i64, i64)> {
    let start_ms = clock::day_start(&format!("{month}-01")).filter(|_| month.len() == 7)?;
    let next = clock::day(start_ms + 32 * 86_400_000);
    Some((start_ms, clock::day_start(&format!("{}-01", &next[..7]))?))
}

/// A file behind an expiring address.
#[derive(Clone, Debug)]
pub(crate) struct Download {
    pub(crate) account: String,
    /// By the base clock: an address dies in real time.
    pub(crate) expires_base_ms: i64,
    pub(crate) content_type: &'static str,
    pub(crate) file_name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Keeps a file for a while; the token of its address.
pub(crate) fn offer(state: &mut State, download: Download) -> String {
    let base_ms = state.base_ms;
    state.downloads.retain(|_, old| old.expires_base_ms >= base_ms);
    let token = state.random.letters(40);
    state.downloads.insert(token.clone(), download);
    token
}

/// The file, unless its time is over.
pub(crate) fn fetch(state: &State, token: &str) -> Option<Download> {
    state.downloads.get(token).filter(|download| download.expires_base_ms >= state.base_ms).cloned()
}
