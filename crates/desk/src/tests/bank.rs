//! A remote channel for tests: an honest bank behind a line that loses what it is told to lose.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use money::{Currency, Money};
use store::Millis;

use crate::channel::{
    Ack, Billing, ChargeAsk, Closing, Decline, Facts, Forged, InAppAsk, InAppCall, InAppWay, Line, Notice,
    PayerCodes, PresentAsk, Receipt, RefundAsk, RefundStanding, Remote, Reversal, SettingsError, Standing,
    Trouble,
};
use crate::rows::Presentment;

/// What happens to the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mishap {
    /// Nothing: it goes well.
    None,
    /// It never reaches the bank.
    LostBefore,
    /// The bank acts on it and the answer is lost.
    LostAfter,
    /// The connection is refused.
    NotSent,
    /// The bank acts on it and the caller dies before it hears so.
    CallerDies,
    /// The bank acts on it at once; the answer arrives when [`Bank::release`] lets it.
    Held,
}

/// One payment in the bank's own books.
#[derive(Clone, Debug, Default)]
pub(super) struct Trade {
    pub(super) amount: i64,
    pub(super) scanned: bool,
    pub(super) paid_at: Option<Millis>,
    pub(super) closed: bool,
    pub(super) reversed: bool,
    pub(super) declined: bool,
    pub(super) refunds: BTreeMap<String, i64>,
}

#[derive(Default)]
struct State {
    trades: BTreeMap<String, Trade>,
    mishaps: VecDeque<Mishap>,
    calls: Vec<String>,
    strange: bool,
    takes_after_close: bool,
    no_reversal: bool,
    refunds_later: u32,
    refunds_fail: bool,
    refunds_stick: bool,
    stuck: BTreeMap<String, (String, i64)>,
    bills: BTreeMap<String, Billing>,
}

/// A bank. Payment codes carry their outcome in digits 3–4, as the sandbox's do: 00 pays, 01 asks, 02 not enough.
#[derive(Clone)]
pub(super) struct Bank {
    state: Arc<Mutex<State>>,
    held: Arc<tokio::sync::Notify>,
    facts: Arc<Facts>,
}

impl Bank {
    pub(super) fn new(code: &'static str, first: u8, unscanned_stays_open: bool) -> Bank {
        let codes: &'static [PayerCodes] =
            Box::leak(Box::new([PayerCodes { min_len: 18, max_len: 18, first, last: first }]));
        let facts = Facts {
            code,
            name_en: code,
            name_zh: code,
            presentments: &[
                Presentment::MerchantPresented,
                Presentment::CustomerPresented,
                Presentment::InApp,
            ],
            payer_codes: codes,
            currencies: &[Currency::CNY],
            code_life: Duration::from_secs(7200),
            refund_window: Duration::from_secs(365 * 24 * 3600),
            unscanned_stays_open,
        };
        Bank { state: Arc::default(), held: Arc::default(), facts: Arc::new(facts) }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    /// What happens to the next calls, in order; after them all goes well.
    pub(super) fn next(&self, mishaps: &[Mishap]) {
        self.with(|s| s.mishaps.extend(mishaps));
    }

    pub(super) fn strange(&self, on: bool) {
        self.with(|s| s.strange = on);
    }

    pub(super) fn takes_after_close(&self) {
        self.with(|s| s.takes_after_close = true);
    }

    pub(super) fn no_reversal(&self) {
        self.with(|s| s.no_reversal = true);
    }

    pub(super) fn refunds_later(&self, times: u32) {
        self.with(|s| s.refunds_later = times);
    }

    /// Whether what goes back rests until it is repaired.
    pub(super) fn refunds_stick(&self, on: bool) {
        self.with(|s| s.refunds_stick = on);
    }

    pub(super) fn refunds_fail(&self, on: bool) {
        self.with(|s| s.refunds_fail = on);
    }

    /// What it answers when asked for the bill of a day; without one it has none.
    pub(super) fn bill_of(&self, day: &str, bill: Billing) {
        self.with(|s| s.bills.insert(day.to_owned(), bill));
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.with(|s| s.calls.clone())
    }

    pub(super) fn trade(&self, no: &str) -> Option<Trade> {
        self.with(|s| s.trades.get(no).cloned())
    }

    /// What the merchant should hold at this bank: payments less refunds and reversals.
    pub(super) fn holds(&self) -> i64 {
        let of = |t: &Trade| match t.paid_at {
            Some(_) if !t.reversed => t.amount - t.refunds.values().sum::<i64>(),
            _ => 0,
        };
        self.with(|s| s.trades.values().map(of).sum())
    }

    /// The payer pays what was shown or asked. False when the bank refuses.
    pub(super) fn pay(&self, no: &str, now: Millis) -> bool {
        self.with(|s| {
            let after_close = s.takes_after_close;
            let Some(trade) = s.trades.get_mut(no) else { return false };
            if trade.paid_at.is_some() || trade.reversed || trade.declined || (trade.closed && !after_close) {
                return false;
            }
            trade.scanned = true;
            trade.paid_at = Some(now);
            true
        })
    }

    /// A refund that counts as failed is done after all.
    pub(super) fn refund_arrives(&self, no: &str, refund: &str, amount: i64) {
        self.with(|s| s.trades.get_mut(no).unwrap().refunds.insert(refund.to_owned(), amount));
    }

    /// Lets the answer that is held, or the next one, arrive.
    pub(super) fn release(&self) {
        self.held.notify_one();
    }

    /// Waits until its last call is this one.
    pub(super) async fn was_asked(&self, name: &str) {
        while self.with(|s| s.calls.last().is_none_or(|last| last != name)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// A charge whose caller has given up reaches the bank and takes the money.
    pub(super) fn charge_arrives(&self, no: &str, amount: i64, now: Millis) {
        let trade = Trade { amount, scanned: true, paid_at: Some(now), ..Trade::default() };
        self.with(|s| s.trades.insert(no.to_owned(), trade));
    }

    /// The bank takes money although it said that it had undone the payment.
    pub(super) fn pays_after_reversal(&self, no: &str, now: Millis) {
        self.with(|s| {
            let trade = s.trades.get_mut(no).unwrap();
            (trade.reversed, trade.paid_at) = (false, Some(now));
        });
    }

    /// The same number is paid by a second transaction; its receipt.
    pub(super) fn pay_again(&self, no: &str) -> Receipt {
        let receipt = self.receipt(no);
        let channel_txn = format!("again-{no}");
        let trade = Trade { refunds: BTreeMap::new(), ..self.trade(no).unwrap() };
        self.with(|s| s.trades.insert(channel_txn.clone(), trade));
        Receipt { channel_txn, ..receipt }
    }

    /// The receipt a notification would carry.
    pub(super) fn receipt(&self, no: &str) -> Receipt {
        let trade = self.trade(no).unwrap();
        Receipt {
            channel_txn: format!("T{no}"),
            amount: Money::fen(trade.amount),
            paid_at: trade.paid_at.unwrap(),
            exchange: None,
        }
    }

    /// Runs a call through its mishap.
    async fn call<T>(
        &self,
        name: &str,
        act: impl FnOnce(&mut State) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mishap = self.with(|s| {
            s.calls.push(name.to_owned());
            s.mishaps.pop_front().unwrap_or(Mishap::None)
        });
        match mishap {
            Mishap::None => self.with(act),
            Mishap::LostBefore => Err(Trouble::Unknown("no answer".to_owned())),
            Mishap::NotSent => Err(Trouble::NotSent("connection refused".to_owned())),
            Mishap::LostAfter => {
                let _ = self.with(act);
                Err(Trouble::Unknown("no answer".to_owned()))
            }
            Mishap::Held => {
                let answer = self.with(act);
                self.held.notified().await;
                answer
            }
            Mishap::CallerDies => {
                let _ = self.with(act);
                std::future::pending().await
            }
        }
    }
}

impl Remote for Bank {
    fn facts(&self) -> &Facts {
        &self.facts
    }
    fn open(&self, settings: &serde_json::Value) -> Result<Arc<dyn Line>, Vec<SettingsError>> {
        match settings.get("ok") {
            Some(_) => Ok(Arc::new(self.clone())),
            None => Err(vec![SettingsError { key: "ok".to_owned(), what: "must be there".to_owned() }]),
        }
    }
}

fn standing(s: &State, no: &str, unscanned_absent: bool) -> Standing {
    if s.strange {
        return Standing::Strange("HALF_PAID".to_owned());
    }
    match s.trades.get(no) {
        None => Standing::Absent,
        Some(t) if t.reversed => Standing::Reversed,
        Some(t) if t.declined => {
            Standing::Declined { why: Decline::NotEnoughMoney, channel_said: "NOTENOUGH".to_owned() }
        }
        Some(t) => match t.paid_at {
            Some(paid_at) => Standing::Paid(Receipt {
                channel_txn: format!("T{no}"),
                amount: Money::fen(t.amount),
                paid_at,
                exchange: None,
            }),
            None if t.closed => Standing::Closed,
            None if unscanned_absent && !t.scanned => Standing::Absent,
            None => Standing::Waiting,
        },
    }
}

#[async_trait::async_trait]
impl Line for Bank {
    async fn present(&self, ask: &PresentAsk) -> Result<String, Trouble> {
        let (no, amount) = (ask.out_trade_no.clone(), ask.amount.value);
        self.call("present", move |s| {
            s.trades.entry(no.clone()).or_insert_with(|| Trade { amount, ..Trade::default() });
            Ok(format!("bank://pay/{no}"))
        })
        .await
    }

    async fn in_app(&self, ask: &InAppAsk) -> Result<InAppCall, Trouble> {
        let (no, amount) = (ask.common.out_trade_no.clone(), ask.common.amount.value);
        let way = ask.way.clone();
        self.call("in_app", move |s| {
            if way == (InAppWay::Page { payer_id: "stranger".to_owned() }) {
                return Err(Trouble::Refused {
                    code: "OPENID_MISMATCH".to_owned(),
                    message: "not of this app".to_owned(),
                });
            }
            let trade = s.trades.entry(no.clone()).or_insert_with(|| Trade { amount, ..Trade::default() });
            trade.scanned = true; // the channel knows it from the start
            Ok(match way {
                InAppWay::Browser => InAppCall::Address(format!("bank://open/{no}")),
                _ => InAppCall::Parameters(serde_json::json!({ "prepay": no })),
            })
        })
        .await
    }

    async fn charge(&self, ask: &ChargeAsk) -> Result<Standing, Trouble> {
        let (no, amount, now) = (ask.common.out_trade_no.clone(), ask.common.amount.value, ask.common.now);
        let outcome = ask.payer_code[2..4].to_owned();
        self.call("charge", move |s| {
            assert!(!s.trades.contains_key(&no), "a charge is sent once");
            let mut trade = Trade { amount, scanned: true, ..Trade::default() };
            match outcome.as_str() {
                "00" => trade.paid_at = Some(now),
                "02" => trade.declined = true,
                _ => {}
            }
            s.trades.insert(no.clone(), trade);
            Ok(standing(s, &no, false))
        })
        .await
    }

    async fn bill(&self, day: &str, _: Millis) -> Result<Billing, Trouble> {
        Ok(self.with(|s| s.bills.get(day).cloned()).unwrap_or(Billing::None("NO_STATEMENT_EXIST".to_owned())))
    }
    async fn query(&self, no: &str, _now: Millis) -> Result<Standing, Trouble> {
        let absent = self.facts.unscanned_stays_open;
        self.call("query", |s| Ok(standing(s, no, absent))).await
    }

    async fn close(&self, no: &str, _now: Millis) -> Result<Closing, Trouble> {
        let absent = self.facts.unscanned_stays_open;
        self.call("close", |s| match s.trades.get_mut(no) {
            Some(t) if t.paid_at.is_some() => Ok(Closing::Paid),
            Some(t) if t.scanned || !absent => {
                t.closed = true;
                Ok(Closing::Closed)
            }
            _ => Ok(Closing::Absent),
        })
        .await
    }

    async fn reverse(&self, no: &str, _now: Millis) -> Result<Reversal, Trouble> {
        self.call("reverse", |s| {
            if s.no_reversal {
                return Ok(Reversal::TooLate);
            }
            match s.trades.get_mut(no) {
                Some(t) => {
                    t.reversed = true;
                    Ok(Reversal::Reversed)
                }
                None => {
                    Err(Trouble::Refused { code: "ORDERNOTEXIST".to_owned(), message: "none".to_owned() })
                }
            }
        })
        .await
    }

    async fn refund(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let ask = ask.clone();
        self.call("refund", move |s| {
            if s.refunds_fail {
                return Ok(RefundStanding::Failed("ACCOUNT_GONE".to_owned()));
            }
            if s.refunds_later > 0 {
                s.refunds_later -= 1;
                return Ok(RefundStanding::Later("NOT_ENOUGH".to_owned()));
            }
            let txn = ask.channel_txn.clone().filter(|t| t.starts_with("again-"));
            let own = txn.unwrap_or_else(|| ask.out_trade_no.clone());
            let Some(trade) = s.trades.get_mut(&own) else { return Ok(RefundStanding::Absent) };
            let others: i64 =
                trade.refunds.iter().filter(|(n, _)| **n != ask.out_refund_no).map(|(_, a)| a).sum();
            if others + ask.amount.value > trade.amount || ask.paid.value != trade.amount {
                return Err(Trouble::Refused {
                    code: "INVALID_REQUEST".to_owned(),
                    message: "too much".to_owned(),
                });
            }
            if s.refunds_stick {
                s.stuck.insert(ask.out_refund_no.clone(), (own, ask.amount.value));
                return Ok(RefundStanding::Processing);
            }
            trade.refunds.insert(ask.out_refund_no.clone(), ask.amount.value);
            Ok(RefundStanding::Succeeded { channel_refund: format!("R{}", ask.out_refund_no), at: ask.now })
        })
        .await
    }

    async fn refund_query(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let ask = ask.clone();
        self.call("refund_query", move |s| {
            if s.stuck.contains_key(&ask.out_refund_no) {
                return Ok(RefundStanding::Stuck("ABNORMAL".to_owned()));
            }
            let done = s.trades.values().any(|t| t.refunds.contains_key(&ask.out_refund_no));
            if done {
                return Ok(RefundStanding::Succeeded {
                    channel_refund: format!("R{}", ask.out_refund_no),
                    at: ask.now,
                });
            }
            Ok(RefundStanding::Absent)
        })
        .await
    }

    async fn repair(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let number = ask.out_refund_no.clone();
        self.call("repair", move |s| {
            if let Some((own, fen)) = s.stuck.remove(&number)
                && let Some(trade) = s.trades.get_mut(&own)
            {
                trade.refunds.insert(number.clone(), fen);
            }
            Ok(RefundStanding::Processing)
        })
        .await
    }

    fn notification(
        &self,
        headers: &[(String, String)],
        body: &[u8],
        _now: Millis,
    ) -> Result<Notice, Forged> {
        if !headers.iter().any(|(name, value)| name == "signature" && value == "genuine") {
            return Err(Forged("the signature is wrong".to_owned()));
        }
        let text = std::str::from_utf8(body).map_err(|e| Forged(e.to_string()))?;
        let (no, amount) = text.split_once(' ').ok_or_else(|| Forged("not a notification".to_owned()))?;
        let amount = Money::fen(amount.parse().map_err(|_| Forged("amount".to_owned()))?);
        let paid_at = self.trade(no).and_then(|t| t.paid_at).unwrap_or(Millis(0));
        let receipt = Receipt { channel_txn: format!("T{no}"), amount, paid_at, exchange: None };
        Ok(Notice::Payment { out_trade_no: no.to_owned(), standing: Standing::Paid(receipt) })
    }

    fn ack(&self) -> Ack {
        Ack { status: 200, content_type: "text/plain", body: "success".to_owned() }
    }

    fn nack(&self, why: &str) -> Ack {
        Ack { status: 400, content_type: "text/plain", body: why.to_owned() }
    }
}
