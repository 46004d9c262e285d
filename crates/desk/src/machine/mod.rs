//! Machines that take and give cash beside an unattended terminal: what is put in is credit until *pay* is pressed, *cancel* gives it back.
//!
//! The machine tells facts ([`Fact`], numbered, taken once) and is told what to do ([`Told`]): which pieces to take, what becomes of the note in
//! escrow, which pieces to give. Both are the state of rows, so whoever was gone goes on where it was. `facts` is what follows from a fact, `plan`
//! which pieces are taken, `till` the moves in books and stock, `slips` what people do about it.

mod facts;
mod plan;
mod rows;
mod slips;
mod till;

use money::Currency;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Id, Merchant, Stop, View};

use crate::AttemptAsk;
use crate::access::{Act, Who};
use crate::attempt;
use crate::boxed;
use crate::desk::{Desk, Ruled};
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Order, OrderState, Presentment};
use plan::Situation;
use till::{Till, drawer, total};

pub use facts::{Fact, Unit};
pub use plan::Plan;
pub(crate) use rows::MIGRATION;
pub use rows::{
    Alarm, CashCredit, CashMachine, CashPayout, CashSlip, CreditState, Equipment, EscrowWish, Pieces, Print,
    Printed,
};

/// A machine that was silent for so long takes no money.
const AWAY_AFTER_MS: i64 = 15_000;
/// How often it is written down that a machine is still there.
const SEEN_EVERY_MS: i64 = 5_000;

/// What a machine tells in one call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Numbers begin anew with another epoch: the machine's own memory was lost or replaced.
    pub epoch: i64,
    /// What it consists of, when that is known.
    pub equipment: Option<Equipment>,
    /// What happened, in order.
    #[serde(default)]
    pub facts: Vec<Numbered>,
}

/// A fact with its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbered {
    /// Rises by one.
    pub number: i64,
    /// What happened.
    pub fact: Fact,
}

/// Pieces a machine shall give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Give {
    /// The payout's number, the same at every telling.
    pub payout: Id,
    /// Pieces by value.
    pub pieces: Pieces,
}

/// What a machine shall do now. The same until something changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Up to this fact everything was taken.
    pub heard: i64,
    /// Which values to take.
    pub take: Vec<i64>,
    /// What becomes of the note in escrow.
    pub escrow: EscrowWish,
    /// What to give.
    pub give: Vec<Give>,
    /// What to print.
    pub print: Vec<Print>,
}

/// What a screen shows of a machine.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The machine.
    pub machine: CashMachine,
    /// Whether it was heard lately.
    pub online: bool,
    /// The money in it, or the last that was.
    pub credit: Option<CashCredit>,
    /// What is due on the order asked about, or the credit's.
    pub due: i64,
    /// What it takes.
    pub plan: Plan,
    /// Pieces still to come.
    pub waiting: i64,
}

impl Desk {
    /// A machine tells what happened and asks what to do. Facts that were told before are not taken again. Errors: `forbidden` for anybody but the
    /// terminal itself, `cash_not_taken`.
    #[boxed]
    pub async fn machine_report(&self, who: &Who, report: Report) -> Result<Told, Refusal> {
        who.need(Act::TakeCash)?;
        let terminal = who
            .terminal()
            .ok_or_else(|| problems::FORBIDDEN.with("only a terminal's own key speaks for its machine"))?;
        let currency = self.currency_of(who).await?;
        let ready = self
            .at_till(who.merchant, terminal, currency, move |till| {
                take_in(till, &report)?;
                watch(till)?;
                Ok(till.credit.as_ref().is_some_and(ready_to_pay))
            })
            .await?;
        if ready {
            self.complete(who, terminal).await?;
        }
        let desk = self.clone();
        self.decide(who.merchant, move |view| {
            let till = Till::open(&desk, view, terminal, currency)?;
            told(till)
        })
        .await
    }

    /// Begins to take cash for an order. Errors: `machine_away`, `machine_busy`, `order_not_open`, `not_found`.
    #[boxed]
    pub async fn machine_begin(
        &self,
        who: &Who,
        key: &str,
        terminal: Id,
        order: Id,
    ) -> Result<Shown, Refusal> {
        who.need(Act::TakeCash)?;
        own(who, terminal)?;
        let once = Once::new(key, &format!("machine_begin/{terminal}"), &order)?;
        let currency = self.currency_of(who).await?;
        let desk = self.clone();
        self.decide(who.merchant, move |view| {
            if once.made(view)?.is_none() {
                let row = view.need::<Order, Refusal>(order)?;
                if row.state != OrderState::Open || row.expires_at <= view.now() {
                    let state = row.state.as_str();
                    return Err(problems::ORDER_NOT_OPEN.with(format!("the order is {state}")).into());
                }
                let mut till = Till::open(&desk, view, terminal, currency)?;
                let made = start(&mut till, &row)?;
                till.keep();
                once.record(view, made);
            }
            Ok(())
        })
        .await?;
        self.machine(who, terminal, Some(order)).await
    }

    /// Pays the order with what was put in; the change comes out. While a note must still go down the credit is `paying`. Errors: `credit_too_little`.
    #[boxed]
    pub async fn machine_pay(&self, who: &Who, terminal: Id) -> Result<Shown, Refusal> {
        who.need(Act::TakeCash)?;
        own(who, terminal)?;
        let currency = self.currency_of(who).await?;
        let ready = self
            .at_till(who.merchant, terminal, currency, |till| {
                let due = due(till)?;
                let Some(credit) = &mut till.credit else {
                    return Err(Stop::Refused((&problems::CREDIT_TOO_LITTLE).into()));
                };
                if credit.state == CreditState::Open {
                    if credit.stacked + credit.escrow < due {
                        return Err(Stop::Refused((&problems::CREDIT_TOO_LITTLE).into()));
                    }
                    credit.state = CreditState::Paying;
                    credit.wish = EscrowWish::Stack;
                    till.touch();
                }
                Ok(till.credit.as_ref().is_some_and(ready_to_pay))
            })
            .await?;
        if ready {
            self.complete(who, terminal).await?;
        }
        self.machine(who, terminal, None).await
    }

    /// Gives everything back that was put in and not paid with. Nothing in it is no harm.
    #[boxed]
    pub async fn machine_cancel(&self, who: &Who, terminal: Id) -> Result<Shown, Refusal> {
        who.need(Act::Sell)?;
        own(who, terminal)?;
        let currency = self.currency_of(who).await?;
        self.at_till(who.merchant, terminal, currency, |till| cancel(till, "cancelled")).await?;
        self.machine(who, terminal, None).await
    }

    /// What a screen shows of the terminal's machine; with an order, what would be taken for it.
    #[boxed]
    pub async fn machine(&self, who: &Who, terminal: Id, order: Option<Id>) -> Result<Shown, Refusal> {
        who.need(Act::Look)?;
        let currency = self.currency_of(who).await?;
        let desk = self.clone();
        self.decide(who.merchant, move |view| {
            let mut till = Till::open(&desk, view, terminal, currency)?;
            let due = match order {
                Some(order) => till.view.need::<Order, Refusal>(order)?.due,
                None => due(&mut till)?,
            };
            let waiting = waiting(&mut till)?;
            let open = till.credit.as_ref().filter(|c| c.state == CreditState::Open);
            let stacked = open.map_or(0, |c| c.stacked + c.escrow);
            let plan = planned(&till, due, stacked);
            let online = online(&till);
            Ok(Shown { machine: till.machine, online, credit: till.credit, due, plan, waiting })
        })
        .await
    }

    /// Everything lies in the box: the order is paid with it, and the change ordered, in one decision. Where the order cannot be paid any more
    /// the money goes back.
    async fn complete(&self, who: &Who, terminal: Id) -> Result<(), Refusal> {
        let (desk, by) = (self.clone(), who.clone());
        let currency = self.currency_of(who).await?;
        let paid = self.decide(who.merchant, move |view| pay(&desk, view, &by, terminal, currency)).await;
        let Err(refusal) = paid else { return Ok(()) };
        tracing::warn!(%terminal, %refusal, "cash that was put in could not pay its order; it goes back");
        self.at_till(who.merchant, terminal, currency, |till| cancel(till, "not_payable")).await
    }

    /// Does something at a terminal's machine, in one decision, and writes down what changed.
    async fn at_till<T: Send + 'static>(
        &self,
        merchant: Merchant,
        terminal: Id,
        currency: Currency,
        deed: impl Fn(&mut Till<'_>) -> Ruled<T> + Send + Sync + 'static,
    ) -> Result<T, Refusal> {
        let desk = self.clone();
        self.decide(merchant, move |view| {
            let mut till = Till::open(&desk, view, terminal, currency)?;
            let done = deed(&mut till)?;
            till.keep();
            Ok(done)
        })
        .await
    }
}

/// A terminal works its own machine only. Error: `forbidden`.
fn own(who: &Who, terminal: Id) -> Result<(), Refusal> {
    match who.terminal() {
        Some(id) if id != terminal => {
            Err(problems::FORBIDDEN.with("this machine stands at another terminal"))
        }
        _ => Ok(()),
    }
}

const fn ready_to_pay(credit: &CashCredit) -> bool {
    matches!(credit.state, CreditState::Paying) && credit.escrow == 0
}

/// The new facts, and that the machine is there.
fn take_in(till: &mut Till<'_>, report: &Report) -> Ruled<()> {
    let now = till.view.now();
    if report.epoch != till.machine.epoch {
        till.machine.epoch = report.epoch;
        till.machine.heard = 0;
        till.touch();
    }
    if let Some(equipment) = &report.equipment
        && till.machine.equipment.0 != *equipment
    {
        till.machine.equipment.0 = equipment.clone();
        till.touch();
    }
    for numbered in &report.facts {
        if numbered.number > till.machine.heard {
            till.hear(&numbered.fact)?;
            till.machine.heard = numbered.number;
            till.touch();
        }
    }
    if now.0 - till.machine.seen_at.0 >= SEEN_EVERY_MS {
        till.machine.seen_at = now;
        till.touch();
    }
    Ok(())
}

/// Looks after an open credit: an order that can no longer be paid gives the money back; a note that does not complete the amount goes down.
fn watch(till: &mut Till<'_>) -> Ruled<()> {
    let Some(credit) = &till.credit else { return Ok(()) };
    let (Some(order), CreditState::Open) = (credit.order, &credit.state) else { return Ok(()) };
    let row = till.view.need::<Order, Refusal>(order)?;
    if row.state != OrderState::Open || row.expires_at <= till.view.now() {
        return cancel(till, "order_over");
    }
    let Some(credit) = &mut till.credit else { return Ok(()) };
    if credit.escrow > 0 && credit.wish == EscrowWish::Hold && credit.stacked + credit.escrow < row.due {
        credit.wish = EscrowWish::Stack;
        till.touch();
    }
    Ok(())
}

fn online(till: &Till<'_>) -> bool {
    till.view.now().0 - till.machine.seen_at.0 < AWAY_AFTER_MS
}

fn start(till: &mut Till<'_>, order: &Order) -> Ruled<Id> {
    if !online(till) {
        return Err(Stop::Refused((&problems::MACHINE_AWAY).into()));
    }
    if let Some(credit) = &till.credit
        && credit.ended_at.is_none()
    {
        if credit.order == Some(order.id) && credit.state == CreditState::Open {
            return Ok(credit.id);
        }
        let empty = credit.stacked == 0 && credit.escrow == 0 && credit.state == CreditState::Open;
        if !empty {
            return Err(Stop::Refused((&problems::MACHINE_BUSY).into()));
        }
    }
    let (id, at) = (till.view.id(), till.view.now());
    let credit = facts::credit(id, till.machine.terminal, Some(order.id), at, &order.currency);
    till.view.add(credit.clone());
    till.machine.credit = Some(id);
    till.credit = Some(credit);
    till.touch();
    Ok(id)
}

/// What is due on the credit's order.
fn due(till: &mut Till<'_>) -> Ruled<i64> {
    match till.credit.as_ref().and_then(|c| c.order) {
        Some(order) => Ok(till.view.need::<Order, Refusal>(order)?.due),
        None => Ok(0),
    }
}

fn planned(till: &Till<'_>, due: i64, stacked: i64) -> Plan {
    const STOPS: &[&str] = &["jam", "cassette_full", "cassette_out", "broken", "silent"];
    let now = Situation {
        due,
        stacked,
        hoppers: &till.machine.hoppers.0,
        equipment: &till.machine.equipment.0,
        notes: !till.alarmed("notes", STOPS),
        coins: !till.alarmed("coins", STOPS),
    };
    plan::plan(&now, &|amount, stock| till.can_make(amount, stock))
}

fn waiting(till: &mut Till<'_>) -> Ruled<i64> {
    let mut waiting = 0;
    for id in till.machine.payouts.0.clone() {
        let row = till.view.need::<CashPayout, Refusal>(id)?;
        waiting += row.pieces.0.values().sum::<i64>() - row.given.0.values().sum::<i64>();
    }
    Ok(waiting)
}

fn cancel(till: &mut Till<'_>, why: &str) -> Ruled<()> {
    let Some(credit) = &mut till.credit else { return Ok(()) };
    if !matches!(credit.state, CreditState::Open | CreditState::Paying) {
        return Ok(());
    }
    credit.state = CreditState::Returning;
    credit.wish = EscrowWish::Return;
    credit.note = Some(why.to_owned());
    let stacked = credit.stacked;
    till.touch();
    till.give_back(stacked)?;
    till.settle();
    Ok(())
}

fn told(mut till: Till<'_>) -> Ruled<Told> {
    let heard = till.machine.heard;
    let mut give = Vec::new();
    for payout in till.machine.payouts.0.clone() {
        let row = till.view.need::<CashPayout, Refusal>(payout)?;
        let left = row.pieces.0.iter().filter(|(value, _)| !row.finished.0.contains(value));
        give.push(Give { payout, pieces: left.map(|(v, n)| (*v, *n)).collect() });
    }
    let due = due(&mut till)?;
    let print = till.machine.prints.0.clone();
    let Some(credit) = &till.credit else {
        return Ok(Told { heard, take: Vec::new(), escrow: EscrowWish::Hold, give, print });
    };
    let open = credit.state == CreditState::Open && credit.escrow == 0;
    let take = if open { planned(&till, due, credit.stacked).take } else { Vec::new() };
    Ok(Told { heard, take, escrow: credit.wish.clone(), give, print })
}

fn pay(desk: &Desk, view: &mut View, who: &Who, terminal: Id, currency: Currency) -> Ruled<()> {
    let mut till = Till::open(desk, view, terminal, currency)?;
    let Some(credit) = till.credit.clone() else { return Ok(()) };
    let (true, Some(order)) = (ready_to_pay(&credit), credit.order) else { return Ok(()) };
    let due = due(&mut till)?;
    if credit.stacked < due {
        return Err(Stop::Refused((&problems::CREDIT_TOO_LITTLE).into()));
    }
    let change = credit.stacked - due;
    let given = till.most(change, &till.machine.hoppers.0);
    let rest = change - total(&given);
    till.release(&credit.pieces.0, "cash_paid_with")?;
    let ask = AttemptAsk {
        presentment: Presentment::Cash,
        channel: None,
        payer_code: None,
        tendered: None,
        terminal: Some(terminal),
        data: json!({"pieces": credit.pieces.0, "given": given}),
    };
    let code = drawer(desk)?.facts().code;
    let attempt = attempt::begin(desk, till.view, who, order, &ask, code, None)?;
    if let Some(credit) = &mut till.credit {
        credit.state = CreditState::Paid;
        credit.attempt = Some(attempt.id);
    }
    till.order_out(given);
    till.owe(rest, "change_owed")?;
    till.slip(rest, "no_change")?;
    till.touch();
    till.settle();
    till.keep();
    Ok(())
}
