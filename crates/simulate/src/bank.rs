//! The simulated acquirers: honest banks with books of their own behind wires that lose, delay, repeat and reorder. One behaves like WeChat
//! Pay, one like Alipay.

mod books;
mod line;
mod notices;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use desk::channel::{Bill, Facts, PayerCodes};
use desk::rows::Presentment;
use money::{Currency, Money};

pub(crate) use books::{Books, Scanned, Stand, Trade, key_of, txn_of};
pub(crate) use line::SimRemote;
pub(crate) use notices::{Notification, signed, understood};

use crate::sim::Sim;
use crate::world::World;

const WAYS: &[Presentment] =
    &[Presentment::MerchantPresented, Presentment::CustomerPresented, Presentment::InApp];
const DAY: u64 = 24 * 3600;

/// The codes of the two channels, by their number.
pub(crate) const CODES: [&str; 2] = ["wechat", "alipay"];

const FIRST: [&[PayerCodes]; 2] = [
    &[PayerCodes { min_len: 18, max_len: 18, first: 10, last: 15 }],
    &[PayerCodes { min_len: 18, max_len: 24, first: 25, last: 30 }],
];

/// One acquirer.
pub(crate) struct Bank {
    /// 0 behaves like WeChat Pay, 1 like Alipay.
    pub(crate) number: usize,
    pub(crate) facts: Facts,
    books: Mutex<Books>,
}

impl Bank {
    pub(crate) fn new(number: usize) -> Bank {
        let facts = Facts {
            code: CODES[number],
            name_en: CODES[number],
            name_zh: CODES[number],
            presentments: WAYS,
            payer_codes: FIRST[number],
            currencies: &[Currency::CNY],
            code_life: Duration::from_secs(2 * 3600),
            refund_window: Duration::from_secs(365 * DAY),
            unscanned_stays_open: number == 1,
        };
        Bank { number, facts, books: Mutex::new(Books::new(number)) }
    }

    /// Its books.
    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A payer scans a code that was shown to them, and pays or only looks.
    pub(crate) fn scan(self: &Arc<Self>, sim: &Arc<Sim>, out_trade_no: &str, pays: bool) -> Scanned {
        let now = sim.world.now();
        let after_close = !sim.world.is_calm() && {
            let visit = self.books().visit_of(out_trade_no);
            sim.world.dice("after close", u64::from(visit)).chance(sim.world.plan.mood.after_close)
        };
        let visit = self.books().visit_of(out_trade_no);
        let twice = !sim.world.is_calm()
            && sim.world.dice("twice", u64::from(visit)).chance(sim.world.plan.mood.twice);
        let scanned = self.books().scan(out_trade_no, now, pays, after_close, twice);
        sim.world.note(Some(visit), &format!("{} payer scans {out_trade_no}: {scanned:?}", self.facts.code));
        match scanned {
            Scanned::Paid => notices::payment(sim, self, out_trade_no),
            Scanned::Twice => notices::payment(sim, self, &books::second_of(out_trade_no)),
            Scanned::Looked | Scanned::Refused => {}
        }
        scanned
    }

    /// The bill of an account's day. Some bills leave a line out, have one twice, or another amount in one; the same bill is the same at every look.
    pub(crate) fn bill(&self, world: &World, account: &str, day: &str) -> Bill {
        let mut rows = self.books().bill(account, day);
        let name = format!("{account} {day}");
        let number = name.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let mut dice = world.dice("bill", number);
        // A payment that nobody was told of is proved by its line alone.
        let first: Vec<usize> = (0..rows.len()).filter(|at| !rows[*at].channel_txn.ends_with("-2")).collect();
        if dice.chance(world.plan.mood.bills) && !first.is_empty() {
            let at = dice.pick(&first);
            match dice.below(3) {
                0 => drop(rows.remove(at)),
                1 => rows.insert(at, rows[at].clone()),
                _ => rows[at].amount = Money::fen(rows[at].amount.value + 1),
            }
        }
        Bill { rows, strange: Vec::new() }
    }

    /// The payer answers the password prompt.
    pub(crate) fn answer(self: &Arc<Self>, sim: &Arc<Sim>, out_trade_no: &str, yes: bool) {
        let (now, visit) = (sim.world.now(), self.books().visit_of(out_trade_no));
        let paid = self.books().answer(out_trade_no, now, yes);
        let word = if yes { "confirms" } else { "declines" };
        sim.world.note(Some(visit), &format!("{} payer {word} {out_trade_no}: {paid}", self.facts.code));
        sim.world.touch(out_trade_no);
        if paid {
            notices::payment(sim, self, out_trade_no);
        }
    }
}
