//! Everything the sandbox remembers, behind one lock: tables in memory, each change journalled as it is made.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use crate::Error;
use crate::bill::{Bills, Download};
use crate::clock::ChannelTime;
use crate::faults::Faults;
use crate::journal::{Journal, Kept, Record};
use crate::model::{Channel, Notice, NoticeState, Payer, PayerCode, Refund, RefundState, Trade, TradeState};
use crate::random::Random;

/// Which key signs WeChat Pay's callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallbackKey {
    /// The one that the merchant's own call asked answers with.
    AsAsked,
    Certificate,
    PublicKey,
    /// Either, at random: the week of the migration.
    Mixed,
}

impl CallbackKey {
    /// Whether the public key signs now; `asked` is what the merchant's call asked for.
    pub(crate) fn is_public(self, state: &mut State, asked: bool) -> bool {
        match self {
            CallbackKey::AsAsked => asked,
            CallbackKey::Certificate => false,
            CallbackKey::PublicKey => true,
            CallbackKey::Mixed => state.random.below(2) == 1,
        }
    }
}

/// Strict: after this WeChat Pay revokes a code payment whose payer does not answer.
const UNANSWERED_MS: i64 = 45_000;

/// How many callbacks that are over are remembered.
const MOST_NOTICES: usize = 5_000;
/// How long a used payment code is remembered; a telephone shows one for a minute.
const CODES_KEPT_MS: i64 = 7 * 86_400_000;

/// Something that happens by itself when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    PayAfterClose(u64),
    SettleRefund(u64),
}

/// The remembered world. Handlers change it through `save_*` only.
#[derive(Debug)]
pub(crate) struct State {
    journal: Journal,
    /// How often the sandbox started, this time included.
    starts: u64,
    pub(crate) random: Random,
    pub(crate) time: ChannelTime,
    /// The channel's now, fixed while the lock is held.
    pub(crate) now_ms: i64,
    /// The base clock's now, for signatures.
    pub(crate) base_ms: i64,
    pub(crate) strict: bool,
    pub(crate) faults: Faults,
    last_id: u64,
    trades: BTreeMap<u64, Trade>,
    by_number: HashMap<(Channel, String, String), Vec<u64>>,
    by_trade_no: HashMap<String, u64>,
    by_code: HashMap<String, u64>,
    refunds: BTreeMap<u64, Refund>,
    by_refund_number: HashMap<(Channel, String, String), Vec<u64>>,
    by_trade: HashMap<u64, Vec<u64>>,
    pub(crate) payers: Vec<Payer>,
    payer_codes: HashMap<String, PayerCode>,
    notices: BTreeMap<u64, Notice>,
    pending: BTreeSet<u64>,
    timers: BTreeSet<(i64, Timer)>,
    pub(crate) bills: Bills,
    /// Files behind expiring download addresses.
    pub(crate) downloads: HashMap<String, Download>,
    /// Codes of pages opened inside a wallet, until they are exchanged.
    pub(crate) auth_codes: HashMap<String, crate::oauth::AuthCode>,
    /// Which key signs WeChat's callbacks, if a control call said so.
    pub(crate) callback_key: CallbackKey,
    /// Which key signs WeChat's answers.
    pub(crate) answer_key: CallbackKey,
}

impl State {
    /// Restores the journal at `path` and starts a fresh one from it.
    pub(crate) fn open(path: &Path, seed: u64, strict: bool, payers: Vec<Payer>) -> Result<Self, Error> {
        let records = Journal::read(path)?;
        let starts = 1 + records
            .iter()
            .filter_map(|r| if let Record::Started(n) = r { Some(*n) } else { None })
            .max()
            .unwrap_or(0);
        let mut state = State {
            journal: Journal::open(path)?,
            starts,
            random: Random::new(seed ^ starts.wrapping_mul(0xA076_1D64_78BD_642F)),
            time: ChannelTime::REAL,
            now_ms: 0,
            base_ms: 0,
            strict,
            faults: Faults::default(),
            last_id: 0,
            trades: BTreeMap::new(),
            by_number: HashMap::new(),
            by_trade_no: HashMap::new(),
            by_code: HashMap::new(),
            refunds: BTreeMap::new(),
            by_refund_number: HashMap::new(),
            by_trade: HashMap::new(),
            payers,
            payer_codes: HashMap::new(),
            notices: BTreeMap::new(),
            pending: BTreeSet::new(),
            timers: BTreeSet::new(),
            bills: Bills::default(),
            downloads: HashMap::new(),
            auth_codes: HashMap::new(),
            callback_key: CallbackKey::AsAsked,
            answer_key: CallbackKey::AsAsked,
        };
        for record in records {
            state.remember(record);
        }
        for id in state.pending.clone() {
            // A try that was under way when the sandbox ended is made again.
            if let Some(notice) = state.notices.get_mut(&id).filter(|notice| notice.due_ms == i64::MAX) {
                notice.due_ms = notice.created_ms;
            }
        }
        state.compact()?;
        Ok(state)
    }

    /// Forgets what nobody asks for any more and writes the journal anew with the rest.
    fn compact(&mut self) -> Result<(), Error> {
        self.forget();
        let head = [Kept::Started(self.starts), Kept::Time(self.time)].into_iter();
        let kept = head
            .chain(self.payers.iter().map(Kept::Payer))
            .chain(self.payer_codes.values().map(Kept::Code))
            .chain(self.trades.values().map(Kept::Trade))
            .chain(self.refunds.values().map(Kept::Refund))
            .chain(self.notices.values().map(Kept::Notice));
        self.journal.rewrite(kept)
    }

    /// Callbacks that are over, but for the newest; payment codes that were used long ago.
    fn forget(&mut self) {
        let over: Vec<u64> =
            self.notices.keys().rev().filter(|id| !self.pending.contains(id)).copied().collect();
        for id in over.into_iter().skip(MOST_NOTICES) {
            self.notices.remove(&id);
        }
        let now_ms = self.now_ms;
        self.payer_codes.retain(|_, code| code.used_for.is_none() || now_ms - code.issued_ms < CODES_KEPT_MS);
    }

    fn save(&mut self, record: Record) {
        self.journal.write(&record);
        self.remember(record);
        if self.journal.is_stale()
            && let Err(error) = self.compact()
        {
            self.journal.put_off(&error);
        }
    }

    fn remember(&mut self, record: Record) {
        match record {
            Record::Started(_) => {}
            Record::Time(time) => self.time = time,
            Record::Trade(trade) => self.remember_trade(*trade),
            Record::Refund(refund) => self.remember_refund(*refund),
            Record::Payer(payer) => {
                match self.payers.iter_mut().find(|p| p.id == payer.id && p.channel == payer.channel) {
                    Some(known) => *known = payer,
                    None => self.payers.push(payer),
                }
            }
            Record::Code(code) => {
                self.payer_codes.insert(code.code.clone(), code);
            }
            Record::Notice(notice) => {
                self.last_id = self.last_id.max(notice.id);
                if notice.state == NoticeState::Pending {
                    self.pending.insert(notice.id);
                } else {
                    self.pending.remove(&notice.id);
                }
                self.notices.insert(notice.id, *notice);
            }
        }
    }

    fn remember_trade(&mut self, trade: Trade) {
        self.last_id = self.last_id.max(trade.id);
        if let Some(old) = self.trades.get(&trade.id) {
            if let Some(at) = old.pays_at_ms {
                self.timers.remove(&(at, Timer::PayAfterClose(old.id)));
            }
        } else {
            let number = (trade.channel, trade.account.clone(), trade.out_trade_no.clone());
            self.by_number.entry(number).or_default().push(trade.id);
        }
        if let Some(at) = trade.pays_at_ms {
            self.timers.insert((at, Timer::PayAfterClose(trade.id)));
        }
        if let Some(no) = &trade.trade_no {
            self.by_trade_no.insert(no.clone(), trade.id);
        }
        for code in &trade.codes {
            self.by_code.insert(code.clone(), trade.id);
        }
        self.trades.insert(trade.id, trade);
    }

    fn remember_refund(&mut self, refund: Refund) {
        self.last_id = self.last_id.max(refund.id);
        let timer = (refund.settles_at_ms, Timer::SettleRefund(refund.id));
        if refund.state == RefundState::Processing {
            self.timers.insert(timer);
        } else {
            self.timers.remove(&timer);
        }
        if !self.refunds.contains_key(&refund.id) {
            let number = (refund.channel, refund.account.clone(), refund.out_refund_no.clone());
            self.by_refund_number.entry(number).or_default().push(refund.id);
            self.by_trade.entry(refund.trade).or_default().push(refund.id);
        }
        self.refunds.insert(refund.id, refund);
    }

    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(crate) fn save_trade(&mut self, trade: &Trade) {
        self.save(Record::Trade(Box::new(trade.clone())));
    }

    /// Refunds that wait for their repair.
    pub(crate) fn abnormal_refunds(&self) -> Vec<Refund> {
        self.refunds.values().filter(|refund| refund.state == RefundState::Abnormal).cloned().collect()
    }

    pub(crate) fn save_refund(&mut self, refund: &Refund) {
        self.save(Record::Refund(Box::new(refund.clone())));
    }

    pub(crate) fn save_payer(&mut self, payer: &Payer) {
        self.save(Record::Payer(payer.clone()));
    }

    pub(crate) fn save_code(&mut self, code: &PayerCode) {
        self.save(Record::Code(code.clone()));
    }

    pub(crate) fn save_notice(&mut self, notice: &Notice) {
        self.save(Record::Notice(Box::new(notice.clone())));
    }

    pub(crate) fn save_time(&mut self, time: ChannelTime) {
        self.save(Record::Time(time));
        self.now_ms = time.at(self.base_ms);
    }

    /// The trade, ended first if it is one that its channel ends when nobody pays in time (strict: also a question for the
    /// password that nobody answers).
    pub(crate) fn trade(&mut self, id: u64) -> Option<Trade> {
        let trade = self.trades.get(&id)?;
        let waits = matches!(trade.state, TradeState::Unpaid | TradeState::Prompted);
        let (into, at_ms) = match trade.channel {
            Channel::Wechat => (TradeState::Revoked, trade.created_ms + UNANSWERED_MS),
            _ => (TradeState::Closed, trade.expires_ms),
        };
        let watched =
            trade.channel != Channel::Wechat || (self.strict && trade.state == TradeState::Prompted);
        if watched && waits && at_ms < self.now_ms {
            let mut ended = trade.clone();
            ended.state = into;
            ended.ended_ms = Some(at_ms);
            self.save_trade(&ended);
            return Some(ended);
        }
        Some(trade.clone())
    }

    /// The first trade under a merchant's number.
    pub(crate) fn trade_by_number(
        &mut self,
        channel: Channel,
        account: &str,
        out_trade_no: &str,
    ) -> Option<Trade> {
        let ids = self.by_number.get(&(channel, account.to_string(), out_trade_no.to_string()))?;
        let id = *ids.first()?;
        self.trade(id)
    }

    pub(crate) fn trade_by_trade_no(&mut self, trade_no: &str) -> Option<Trade> {
        let id = *self.by_trade_no.get(trade_no)?;
        self.trade(id)
    }

    /// The trade whose code holds exactly this text.
    pub(crate) fn trade_by_code(&mut self, code: &str) -> Option<Trade> {
        // A browser opens WeChat with an address around the prepay id.
        let inner = code.strip_prefix("weixin://wap/pay?prepayid%3D").and_then(|rest| rest.split('&').next());
        let id = *self.by_code.get(inner.unwrap_or(code))?;
        self.trade(id)
    }

    /// All trades, oldest first, as they stand (also those past their time).
    pub(crate) fn trades(&self) -> impl DoubleEndedIterator<Item = &Trade> {
        self.trades.values()
    }

    pub(crate) fn refund(&self, id: u64) -> Option<&Refund> {
        self.refunds.get(&id)
    }

    pub(crate) fn refunds(&self) -> impl DoubleEndedIterator<Item = &Refund> {
        self.refunds.values()
    }

    /// Refunds with this number under an account; Alipay's numbers are unique per trade only.
    pub(crate) fn refunds_by_number(&self, channel: Channel, account: &str, number: &str) -> Vec<Refund> {
        let key = (channel, account.to_string(), number.to_string());
        let ids = self.by_refund_number.get(&key).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.refunds.get(id)).cloned().collect()
    }

    pub(crate) fn refunds_of(&self, trade: u64) -> Vec<Refund> {
        let ids = self.by_trade.get(&trade).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.refunds.get(id)).cloned().collect()
    }

    pub(crate) fn payer(&self, channel: Channel, id: &str) -> Option<&Payer> {
        self.payers.iter().find(|payer| payer.channel == channel && payer.id == id)
    }

    pub(crate) fn payer_code(&self, code: &str) -> Option<&PayerCode> {
        self.payer_codes.get(code)
    }

    pub(crate) fn notice(&self, id: u64) -> Option<&Notice> {
        self.notices.get(&id)
    }

    pub(crate) fn notices(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.notices.values()
    }

    pub(crate) fn pending_notices(&self) -> impl Iterator<Item = &Notice> {
        self.pending.iter().filter_map(|id| self.notices.get(id))
    }

    /// Changes a callback without journalling it: a try that is under way starts again after a restart.
    pub(crate) fn hold_notice(&mut self, notice: Notice) {
        self.remember(Record::Notice(Box::new(notice)));
    }

    /// The next timer that is due.
    pub(crate) fn take_due_timer(&mut self) -> Option<Timer> {
        let &(at, timer) = self.timers.first()?;
        if at > self.now_ms {
            return None;
        }
        self.timers.remove(&(at, timer));
        Some(timer)
    }

    /// When the next timer or callback is due, in channel time.
    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        let timer = self.timers.first().map(|(at, _)| *at);
        let notice = self.pending_notices().map(|notice| notice.due_ms).min();
        [timer, notice].into_iter().flatten().min()
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
