//! What people do about machines: fill the hoppers, empty the cassette, pay slips, look at both.

use money::Money;
use store::{Id, Stop};

use super::rows::{CashMachine, CashSlip, Pieces, Print, Printed};
use super::till::{Till, drawer, total};
use crate::access::{Act, Who};
use crate::boxed;
use crate::dates::business_date;
use crate::desk::Desk;
use crate::ledger::{AccountKey, Cause, Class, transfer};
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Fulfilment, Site, Standing, Terminal};

impl Desk {
    /// Puts pieces into the hoppers, out of the safe. What was wrong with those hoppers counts as looked after. Errors: `invalid_amount`.
    #[boxed]
    pub async fn machine_fill(
        &self,
        who: &Who,
        key: &str,
        terminal: Id,
        pieces: Pieces,
    ) -> Result<Money, Refusal> {
        who.need(Act::WorkShift)?;
        if pieces.iter().any(|(value, count)| *value <= 0 || !(0..=100_000).contains(count)) {
            return Err(problems::INVALID_AMOUNT.with("pieces: counts of values, not below zero"));
        }
        let once = Once::new(key, &format!("machine_fill/{terminal}"), &pieces)?;
        let currency = self.currency_of(who).await?;
        let desk = self.clone();
        self.decide(who.merchant, move |view| {
            if once.made(view)?.is_some() {
                return Ok(Money::new(total(&pieces), currency));
            }
            let mut till = Till::open(&desk, view, terminal, currency)?;
            let filled = till.safe(&pieces, true)?;
            for (value, count) in &pieces {
                *till.machine.hoppers.0.entry(*value).or_default() += count;
                let unit = format!("hopper_{value}");
                till.clear("empty", &unit);
                till.clear("jam", &unit);
            }
            till.keep();
            once.record(view, terminal);
            Ok(filled)
        })
        .await
    }

    /// Takes what is in the cassette out, into the safe; jams and slips count as looked after. Errors: `machine_busy` while somebody's money is in it.
    #[boxed]
    pub async fn machine_empty(&self, who: &Who, key: &str, terminal: Id) -> Result<Money, Refusal> {
        who.need(Act::WorkShift)?;
        let once = Once::new(key, &format!("machine_empty/{terminal}"), &())?;
        let currency = self.currency_of(who).await?;
        let desk = self.clone();
        self.decide(who.merchant, move |view| {
            if once.made(view)?.is_some() {
                return Ok(Money::zero(currency));
            }
            let mut till = Till::open(&desk, view, terminal, currency)?;
            if till.credit.as_ref().is_some_and(|c| c.ended_at.is_none() && c.stacked + c.escrow > 0) {
                return Err(Stop::Refused((&problems::MACHINE_BUSY).into()));
            }
            let boxed = std::mem::take(&mut till.machine.boxed.0);
            let emptied = till.safe(&boxed, false)?;
            till.machine.alarms.0.retain(|a| a.unit != "notes" && a.unit != "machine" && a.code != "lost");
            till.touch();
            till.keep();
            once.record(view, terminal);
            Ok(emptied)
        })
        .await
    }

    /// Pays a slip out of the drawer of a staffed terminal, once. Errors: `not_found`, `slip_redeemed`, `cash_not_taken`, `drawer_lacks`.
    #[boxed]
    pub async fn redeem_slip(
        &self,
        who: &Who,
        key: &str,
        code: &str,
        terminal: Id,
    ) -> Result<CashSlip, Refusal> {
        who.need(Act::TakeCash)?;
        let once = Once::new(key, &format!("redeem_slip/{code}"), &terminal)?;
        let (desk, by, code) = (self.clone(), who.operator(), code.to_owned());
        self.decide(who.merchant, move |view| {
            let mut slip = view.need::<CashSlip, Refusal>(code.clone())?;
            if once.made(view)?.is_some() {
                return Ok(slip);
            }
            if let Some(at) = slip.redeemed_at {
                return Err(problems::SLIP_REDEEMED.with(format!("it was paid at {at}")).into());
            }
            let row = view.need::<Terminal, Refusal>(terminal)?;
            let staffed = row.shift.is_some() || row.unattended;
            if row.standing != Standing::On || !staffed {
                return Err(problems::CASH_NOT_TAKEN.with("no shift is open at this terminal").into());
            }
            let site = view.need::<Site, Refusal>(row.site)?;
            let currency = slip
                .currency
                .parse()
                .map_err(|e: money::MoneyError| problems::CURRENCY_MISMATCH.with(e.to_string()))?;
            let amount = Money::new(slip.amount, currency);
            drawer(&desk)?.hand_over(view, terminal, amount)?;
            let business_date = business_date(view.now(), &site.zone, site.cut_off_minutes);
            let cause = Cause { word: "slip_paid", subject: slip.credit, business_date };
            let owed = AccountKey::new(slip.terminal, Class::Deposits, currency);
            transfer(view, amount, owed, AccountKey::new(terminal, Class::Drawer, currency), &cause)?;
            slip.redeemed_at = Some(view.now());
            slip.redeemed_by = by;
            slip.drawer = Some(terminal);
            view.put(slip.clone());
            view.emit("cash.slip_paid", slip.terminal, serde_json::json!({"credit": slip.credit}));
            once.record(view, slip.credit);
            Ok(slip)
        })
        .await
    }

    /// Sends a receipt to the printer beside the terminal. The first printing is the original, every other is marked as a copy. Error: `not_found`.
    #[boxed]
    pub async fn machine_print(
        &self,
        who: &Who,
        key: &str,
        terminal: Id,
        fulfilment: Id,
    ) -> Result<Print, Refusal> {
        who.need(Act::Sell)?;
        super::own(who, terminal)?;
        let once = Once::new(key, &format!("machine_print/{terminal}"), &fulfilment)?;
        let currency = self.currency_of(who).await?;
        let desk = self.clone();
        self.decide(who.merchant, move |view| {
            view.need::<Fulfilment, Refusal>(fulfilment)?;
            let now = view.now();
            let blank = Printed { fulfilment, created_at: now, count: 0 };
            let mut printed = view.get::<Printed>(fulfilment)?.unwrap_or(blank);
            if let Some(id) = once.made(view)? {
                return Ok(Print { id, fulfilment, copy: printed.count > 1 });
            }
            let job = Print { id: view.id(), fulfilment, copy: printed.count > 0 };
            printed.count += 1;
            view.put(printed);
            let mut till = Till::open(&desk, view, terminal, currency)?;
            till.machine.prints.0.push(job);
            till.touch();
            till.keep();
            once.record(view, job.id);
            Ok(job)
        })
        .await
    }

    /// Slips, newest first.
    #[boxed]
    pub async fn slips(&self, who: &Who) -> Result<Vec<CashSlip>, Refusal> {
        who.need(Act::Look)?;
        let merchant = who.merchant;
        let rows = self
            .read(move |sql| {
                sql.rows::<CashSlip>("where merchant = $1 order by created_at desc limit 500", &[&merchant.0])
            })
            .await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// The merchant's machines.
    #[boxed]
    pub async fn machines(&self, who: &Who) -> Result<Vec<CashMachine>, Refusal> {
        who.need(Act::Look)?;
        let merchant = who.merchant;
        let rows = self
            .read(move |sql| {
                sql.rows::<CashMachine>("where merchant = $1 order by terminal limit 500", &[&merchant.0])
            })
            .await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }
}
