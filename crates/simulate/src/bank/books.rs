//! A bank's books: payments, refunds, and what it ever said about them.

use std::collections::BTreeMap;
use std::time::Duration;

use desk::channel::{
    BillKind, BillRow, Closing, Decline, Receipt, RefundStanding, Reversal, Standing, Trouble,
};
use money::Money;
use store::Millis;

/// Where a payment stands in the bank's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    Waiting,
    Paid,
    Closed,
    Reversed,
    Declined(Decline),
}

/// A payer who was about to pay may get through for so long after a close; what comes later only a bill can tell.
const AFTER_CLOSE: Duration = Duration::from_secs(90);

/// Under what the second payment of a number is kept.
pub(super) fn second_of(no: &str) -> String {
    format!("{no}#2")
}

/// Our number of what is kept under a key.
pub(super) fn number_of(key: &str) -> &str {
    key.trim_end_matches("#2")
}

/// The bank's number of a payment.
pub(crate) fn txn_of(key: &str) -> String {
    match key.strip_suffix("#2") {
        Some(no) => format!("T{no}-2"),
        None => format!("T{key}"),
    }
}

/// Under what the payment is kept that has this number of ours and of the bank.
pub(crate) fn key_of(no: &str, txn: Option<&str>) -> String {
    let second = second_of(no);
    if txn == Some(txn_of(&second).as_str()) { second } else { no.to_owned() }
}

/// One refund.
#[derive(Clone, Debug)]
pub(crate) struct BankRefund {
    pub(crate) amount: i64,
    pub(crate) done_at: Option<Millis>,
    pub(crate) failed: bool,
    /// How often it is still put off.
    pub(crate) later: u32,
    /// Taken in, no longer put off.
    pub(crate) accepted: bool,
}

/// One payment.
#[derive(Clone, Debug)]
pub(crate) struct Trade {
    pub(crate) account: String,
    pub(crate) visit: u32,
    pub(crate) amount: i64,
    pub(crate) created: Millis,
    pub(crate) expires: Millis,
    pub(crate) notify_url: String,
    pub(crate) stand: Stand,
    pub(crate) paid_at: Option<Millis>,
    pub(crate) closed_at: Option<Millis>,
    pub(crate) refunds: BTreeMap<String, BankRefund>,
}

impl Trade {
    /// What went back of it.
    pub(crate) fn refunded(&self) -> i64 {
        self.refunds.values().filter(|r| r.done_at.is_some()).map(|r| r.amount).sum()
    }

    /// What of it is neither refunded nor about to be.
    fn left(&self) -> i64 {
        self.amount - self.refunds.values().filter(|r| !r.failed).map(|r| r.amount).sum::<i64>()
    }
}

/// What the bank has ever let the platform know about a payment, heard or not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    /// That nothing was taken: absent, closed or reversed; or the call surely never left.
    pub(crate) nothing_taken: bool,
    /// That it was declined or refused.
    pub(crate) declined: bool,
    /// When it last said that it knows no such payment.
    pub(crate) absent_at: Option<Millis>,
}

/// A movement on a merchant's account.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub(crate) account: String,
    pub(crate) amount: i64,
}

/// What came of scanning a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scanned {
    Paid,
    /// The same number, paid once more.
    Twice,
    Looked,
    Refused,
}

/// The books.
pub(crate) struct Books {
    number: usize,
    pub(crate) trades: BTreeMap<String, Trade>,
    /// Codes that were given out and that nobody has scanned yet (an Alipay code is no trade before).
    codes: BTreeMap<String, Trade>,
    pub(crate) said: BTreeMap<String, Said>,
    visits: BTreeMap<String, u32>,
    /// What each merchant account holds.
    pub(crate) held: BTreeMap<String, i64>,
    /// What each payer has more or less than in the morning.
    pub(crate) wallets: BTreeMap<u32, i64>,
    pub(crate) moves: Vec<Move>,
}

fn refused<T>(code: &str) -> Result<T, Trouble> {
    Err(Trouble::Refused { code: code.to_owned(), message: "refused".to_owned() })
}

impl Books {
    pub(super) fn new(number: usize) -> Books {
        Books {
            number,
            trades: BTreeMap::new(),
            codes: BTreeMap::new(),
            said: BTreeMap::new(),
            visits: BTreeMap::new(),
            held: BTreeMap::new(),
            wallets: BTreeMap::new(),
            moves: Vec::new(),
        }
    }

    fn unscanned_is_absent(&self) -> bool {
        self.number == 1
    }

    pub(crate) fn visit_of(&self, no: &str) -> u32 {
        self.visits.get(no).copied().unwrap_or(0)
    }

    /// The wire knows which visit a number belongs to, even if the call never arrives.
    pub(super) fn heard_of(&mut self, no: &str, description: &str) {
        if let Some(visit) = description.strip_prefix("visit ").and_then(|v| v.parse().ok()) {
            self.visits.insert(no.to_owned(), visit);
        }
    }

    pub(super) fn said(&mut self, no: &str) -> &mut Said {
        self.said.entry(no.to_owned()).or_default()
    }

    fn transfer(&mut self, account: &str, visit: u32, amount: i64) {
        *self.held.entry(account.to_owned()).or_default() += amount;
        *self.wallets.entry(visit).or_default() -= amount;
        self.moves.push(Move { account: account.to_owned(), amount });
    }

    /// One like Alipay closes by itself what nobody paid in time.
    fn time_out(&mut self, no: &str, now: Millis) {
        if let Some(trade) = self.trades.get_mut(no)
            && self.number == 1
            && trade.stand == Stand::Waiting
            && now >= trade.expires
        {
            trade.stand = Stand::Closed;
        }
    }

    fn pay(&mut self, no: &str, now: Millis) {
        let Some(trade) = self.trades.get_mut(no) else { return };
        trade.stand = Stand::Paid;
        trade.paid_at = Some(now);
        let (account, visit, amount) = (trade.account.clone(), trade.visit, trade.amount);
        self.transfer(&account, visit, amount);
    }

    /// Gives out a code to show.
    pub(super) fn present(&mut self, no: &str, trade: Trade) -> Result<String, Trouble> {
        if self.unscanned_is_absent() {
            if !self.trades.contains_key(no) {
                self.codes.insert(no.to_owned(), trade);
            }
        } else {
            match self.trades.get(no).map(|t| t.stand) {
                None => drop(self.trades.insert(no.to_owned(), trade)),
                Some(Stand::Waiting) => {}
                Some(Stand::Paid) => {
                    self.said(no).declined = true;
                    return refused("ORDERPAID");
                }
                Some(_) => {
                    self.said(no).declined = true;
                    return refused("ORDERCLOSED");
                }
            }
        }
        Ok(format!("code:{no}"))
    }

    /// Debits a payer's code: digits 3–4 say what the payer's side does.
    pub(super) fn charge(&mut self, no: &str, mut trade: Trade, code: &str, now: Millis) -> Standing {
        trade.stand = match code.get(2..4) {
            Some("02") => Stand::Declined(Decline::NotEnoughMoney),
            Some("03") => Stand::Declined(Decline::CodeExpired),
            _ => Stand::Waiting,
        };
        self.trades.insert(no.to_owned(), trade);
        if code.get(2..4) == Some("00") {
            self.pay(no, now);
        }
        self.standing(no, now)
    }

    /// A payer scans a code that was shown.
    pub(super) fn scan(
        &mut self,
        no: &str,
        now: Millis,
        pays: bool,
        after_close: bool,
        twice: bool,
    ) -> Scanned {
        if let Some(code) = self.codes.get(no)
            && now < code.expires
            && !self.trades.contains_key(no)
        {
            let trade = code.clone();
            self.trades.insert(no.to_owned(), trade);
        }
        let Some(trade) = self.trades.get(no) else { return Scanned::Refused };
        let second = second_of(no);
        if trade.stand == Stand::Paid
            && pays
            && twice
            && now < trade.expires
            && !self.trades.contains_key(&second)
        {
            let again = Trade { refunds: BTreeMap::new(), stand: Stand::Waiting, ..trade.clone() };
            self.trades.insert(second.clone(), again);
            self.pay(&second, now);
            return Scanned::Twice;
        }
        let open = match trade.stand {
            Stand::Waiting => now < trade.expires,
            Stand::Closed => after_close && trade.closed_at.is_some_and(|at| now < at.plus(AFTER_CLOSE)),
            _ => false,
        };
        if !open {
            return Scanned::Refused;
        }
        if pays {
            self.pay(no, now);
            return Scanned::Paid;
        }
        Scanned::Looked
    }

    /// The payer answers the password prompt of a scan. Whether money was taken.
    pub(super) fn answer(&mut self, no: &str, now: Millis, yes: bool) -> bool {
        self.time_out(no, now);
        match self.trades.get_mut(no) {
            Some(trade) if trade.stand == Stand::Waiting && !yes => {
                trade.stand = Stand::Declined(Decline::PayerCancelled);
                false
            }
            Some(trade) if trade.stand == Stand::Waiting => {
                self.pay(no, now);
                true
            }
            _ => false,
        }
    }

    pub(crate) fn receipt(no: &str, trade: &Trade) -> Receipt {
        Receipt {
            channel_txn: txn_of(no),
            amount: Money::fen(trade.amount),
            paid_at: trade.paid_at.unwrap_or(Millis(0)),
            exchange: None,
        }
    }

    /// What it says of a payment. What it says is remembered.
    pub(super) fn standing(&mut self, no: &str, now: Millis) -> Standing {
        self.time_out(no, now);
        let whole_back = |t: &Trade| t.refunded() == t.amount;
        let standing = match self.trades.get(no) {
            None => Standing::Absent,
            Some(trade) => match trade.stand {
                Stand::Waiting => Standing::Waiting,
                Stand::Closed => Standing::Closed,
                Stand::Reversed => Standing::Reversed,
                Stand::Declined(why) => Standing::Declined { why, channel_said: "DECLINED".to_owned() },
                Stand::Paid if trade.refunded() == 0 => Standing::Paid(Self::receipt(no, trade)),
                Stand::Paid if self.number == 1 && whole_back(trade) => Standing::Refunded(None),
                Stand::Paid if self.number == 1 => Standing::Paid(Self::receipt(no, trade)),
                Stand::Paid => Standing::Refunded(Some(Self::receipt(no, trade))),
            },
        };
        let said = self.said(no);
        match &standing {
            Standing::Closed | Standing::Reversed | Standing::Absent => said.nothing_taken = true,
            Standing::Declined { .. } => said.declined = true,
            _ => {}
        }
        standing
    }

    /// The same, noting when it said that it knows nothing.
    pub(super) fn query(&mut self, no: &str, now: Millis) -> Standing {
        let standing = self.standing(no, now);
        if standing == Standing::Absent {
            self.said(no).absent_at = Some(now);
        }
        standing
    }

    pub(super) fn close(&mut self, no: &str, now: Millis) -> Closing {
        self.time_out(no, now);
        let closing = match self.trades.get_mut(no) {
            None => Closing::Absent,
            Some(trade) if trade.stand == Stand::Paid => return Closing::Paid,
            Some(trade) => {
                if trade.stand == Stand::Waiting {
                    trade.stand = Stand::Closed;
                    trade.closed_at = Some(now);
                }
                Closing::Closed
            }
        };
        let said = self.said(no);
        said.nothing_taken = true;
        if closing == Closing::Absent {
            said.absent_at = Some(now);
        }
        closing
    }

    /// Undoes a scan. `busy` is a bank that asks to come again, after acting or not.
    pub(super) fn reverse(&mut self, no: &str, now: Millis, busy: Option<bool>) -> Result<Reversal, Trouble> {
        if busy == Some(false) {
            return Ok(Reversal::Again);
        }
        let Some(trade) = self.trades.get_mut(no) else { return refused("ORDERNOTEXIST") };
        if self.number == 1 && local_day(trade.created) != local_day(now) && trade.stand != Stand::Reversed {
            return Ok(Reversal::TooLate);
        }
        if !trade.refunds.is_empty() {
            return refused("TRADE_HAS_REFUND");
        }
        let back = trade.stand == Stand::Paid;
        trade.stand = Stand::Reversed;
        let (account, visit, amount) = (trade.account.clone(), trade.visit, trade.amount);
        if back {
            self.transfer(&account, visit, -amount);
        }
        if busy.is_some() {
            return Ok(Reversal::Again);
        }
        self.said(no).nothing_taken = true;
        Ok(Reversal::Reversed)
    }

    /// Takes a refund in: the same number is the same refund. `kind` is how a new one goes: done at once or not, how often put off, or failed.
    pub(super) fn refund(
        &mut self,
        no: &str,
        refund: &str,
        amount: i64,
        now: Millis,
        kind: (bool, u32, bool),
    ) -> Result<RefundStanding, Trouble> {
        let Some(trade) = self.trades.get_mut(no) else { return refused("ORDERNOTEXIST") };
        if trade.stand != Stand::Paid {
            return refused("TRADE_NOT_PAID");
        }
        if let Some(known) = trade.refunds.get_mut(refund) {
            if known.later > 0 {
                known.later -= 1;
                return Ok(RefundStanding::Later("NOT_ENOUGH".to_owned()));
            }
            if known.failed && known.amount <= trade.left() {
                // Asked for again after it failed: now it goes through.
                if let Some(known) = trade.refunds.get_mut(refund) {
                    known.failed = false;
                }
            }
        } else {
            if amount > trade.left() {
                return refused("REFUND_EXCEEDS");
            }
            let (_, later, failed) = kind;
            trade.refunds.insert(
                refund.to_owned(),
                BankRefund { amount, done_at: None, failed, later, accepted: false },
            );
            if later > 0 {
                return Ok(RefundStanding::Later("NOT_ENOUGH".to_owned()));
            }
        }
        if let Some(row) = trade_refund(&mut self.trades, no, refund) {
            row.accepted = true;
        }
        if kind.0 {
            self.complete(no, refund, now);
        }
        Ok(self.refund_standing(no, refund))
    }

    /// A refund's money arrives. Whether it did now.
    pub(super) fn complete(&mut self, no: &str, refund: &str, now: Millis) -> bool {
        let Some(trade) = self.trades.get_mut(no) else { return false };
        let (account, visit) = (trade.account.clone(), trade.visit);
        let Some(row) = trade.refunds.get_mut(refund) else { return false };
        if row.done_at.is_some() || row.failed || !row.accepted {
            return false;
        }
        row.done_at = Some(now);
        let amount = row.amount;
        self.transfer(&account, visit, -amount);
        true
    }

    pub(super) fn refund_standing(&self, no: &str, refund: &str) -> RefundStanding {
        match self.trades.get(no).and_then(|t| t.refunds.get(refund)) {
            None => RefundStanding::Absent,
            Some(row) if !row.accepted => RefundStanding::Absent,
            Some(row) if row.failed => RefundStanding::Failed("ABNORMAL".to_owned()),
            Some(row) => match row.done_at {
                Some(at) => RefundStanding::Succeeded { channel_refund: format!("R{refund}"), at },
                None => RefundStanding::Processing,
            },
        }
    }

    /// The movements of an account on a day of the calendar.
    pub(super) fn bill(&self, account: &str, day: &str) -> Vec<BillRow> {
        let on = |at: Option<Millis>| at.filter(|at| crate::audit::day(at.0, 0) == day);
        let mut rows = Vec::new();
        let paid = |trade: &&Trade| trade.account == account && trade.stand == Stand::Paid;
        for (key, trade) in self.trades.iter().filter(|(_, trade)| paid(trade)) {
            let row = |kind, at, refund: &str, amount| BillRow {
                kind,
                at,
                out_trade_no: number_of(key).to_owned(),
                channel_txn: txn_of(key),
                out_refund_no: refund.to_owned(),
                channel_refund: String::new(),
                amount: Money::fen(amount),
                fee_thousandths: 0,
                state: "SUCCESS".to_owned(),
            };
            rows.extend(on(trade.paid_at).map(|at| row(BillKind::Payment, at, "", trade.amount)));
            for (no, refund) in &trade.refunds {
                rows.extend(on(refund.done_at).map(|at| row(BillKind::Refund, at, no, refund.amount)));
            }
        }
        rows
    }

    /// Payments the platform may still be asked to believe paid: numbers and amounts, for those who would like to forge.
    pub(crate) fn open(&self) -> Vec<(String, Trade)> {
        let waiting = self.trades.iter().filter(|(_, t)| t.stand == Stand::Waiting);
        let unscanned = self.codes.iter().filter(|(no, _)| !self.trades.contains_key(*no));
        waiting.chain(unscanned).map(|(no, t)| (no.clone(), t.clone())).collect()
    }
}

fn trade_refund<'a>(
    trades: &'a mut BTreeMap<String, Trade>,
    no: &str,
    refund: &str,
) -> Option<&'a mut BankRefund> {
    trades.get_mut(no)?.refunds.get_mut(refund)
}

/// The day in Shanghai, counted from 1970.
pub(crate) fn local_day(at: Millis) -> i64 {
    (at.0 + 8 * 3_600_000).div_euclid(86_400_000)
}
