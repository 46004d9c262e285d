//! One account's day: the bill is fetched and read, the ledger is read, and what came of it is written. Everything before the last decision can be
//! repeated; what was matched is marked in pieces, so that a large day is no large decision.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::json;
use store::{Id, Merchant, Millis, View};

use super::compare::{Compared, Found, Ledger, compare, undoes};
use super::read::read_ledger;
use crate::access::{Act, Who};
use crate::boxed;
use crate::channel::{Bill, BillKind, BillRow, Billing, Channel, Notice, Receipt, Standing, Trouble};
use crate::dates::{business_date, day_bounds};
use crate::desk::{Desk, Ruled};
use crate::problem::{Refusal, desk as problems};
use crate::rows::{
    AttemptState, Billed, ChannelAccount, Difference, DifferenceState, Reconciliation, ReconciliationState,
};
use crate::settle::short;

/// How many movements are marked in one decision.
const MARKED: usize = 500;
/// How long after a day's end its bill may still come, milliseconds.
pub(super) const COMES_WITHIN_MS: i64 = 48 * 3_600_000;

impl Desk {
    /// Fetches an account's bill of a day (`2026-11-22`, the channel's calendar) and compares it with the ledger. Repeating it is harmless.
    ///
    /// Errors: `forbidden`, `not_found`, `invalid_request`, `channel_unavailable`, `channel_refused`.
    #[boxed]
    pub async fn reconcile(&self, who: &Who, account: Id, day: &str) -> Result<Reconciliation, Refusal> {
        who.need(Act::Refund)?;
        let merchant = who.merchant;
        let row = self.decide(merchant, move |view| view.need::<ChannelAccount, Refusal>(account)).await?;
        let zone = self.bill_zone(&row.channel)?;
        let (from, to) = day_bounds(day, zone, 0)?;
        let line = self.line(merchant, account).await?;
        let (bill, said) = match line.bill(day, self.now()).await {
            Ok(Billing::Ready(bill)) => (Some(bill), None),
            Ok(Billing::None(said)) => (None, Some(said)),
            Err(Trouble::Refused { code, message }) if code == "NOT_OFFERED" => {
                let none = self.nothing(&row, day, ReconciliationState::NoBill, &message);
                return self.write_down(merchant, none, Compared::default(), Vec::new()).await;
            }
            Err(Trouble::Refused { code, message }) => {
                return Err(problems::CHANNEL_REFUSED.with(format!("{code}: {message}")));
            }
            Err(trouble) => return Err(problems::CHANNEL_UNAVAILABLE.with(trouble.to_string())),
        };
        let read = || {
            let (known, zone) = (bill.clone().unwrap_or_default(), zone.to_owned());
            self.read(move |sql| read_ledger(sql, merchant, account, &zone, from, to, &known))
        };
        let mut ledger = read().await?;
        if self.hear(merchant, account, bill.as_ref(), &ledger).await? {
            ledger = read().await?;
        }
        let quiet = ledger.paid.is_empty() && ledger.back.is_empty();
        let is_late = self.now().since(to) > std::time::Duration::from_millis(COMES_WITHIN_MS.unsigned_abs());
        if let Some(said) = said.filter(|_| quiet || !is_late) {
            let state = if quiet { ReconciliationState::NoBill } else { ReconciliationState::Waiting };
            let none = self.nothing(&row, day, state, &said);
            return self.write_down(merchant, none, Compared::default(), Vec::new()).await;
        }
        let before = business_date(Millis(from.0 - 1), self.bill_zone(&row.channel)?, 0);
        let bill = bill.unwrap_or_default();
        let compared = compare(day, &before, &bill, &ledger);
        self.mark(merchant, account, day, &compared, &ledger).await?;
        let kept = self.kept_differences(merchant, account, day).await?;
        let open = compared.found.len() + compared.more;
        let summary = Reconciliation {
            rows: bill.rows.len() as i64,
            matched: compared.matched.len() as i64,
            paid: compared.paid,
            back: compared.back,
            fees_thousandths: compared.fees_thousandths,
            said: (compared.more > 0)
                .then(|| format!("{open} differences; the first {} are kept", compared.found.len())),
            ..self.nothing(&row, day, ReconciliationState::Agrees, "")
        };
        self.write_down(merchant, summary, compared, kept).await
    }

    /// A bill is proof of money too, where every callback was lost and no question could tell: what it says of our own attempts is taken in as if
    /// the channel had told it by itself, so a second payment or one that came too late flows back (rule 1). Whether anything was.
    async fn hear(
        &self,
        merchant: Merchant,
        account: Id,
        bill: Option<&Bill>,
        ledger: &Ledger,
    ) -> Result<bool, Refusal> {
        let rows: Vec<&BillRow> = bill.map(|bill| unheard(bill, ledger)).unwrap_or_default();
        let mut heard = false;
        for row in rows {
            let receipt = Receipt {
                channel_txn: row.channel_txn.clone(),
                amount: row.amount,
                paid_at: row.at,
                exchange: None,
            };
            let standing = Standing::Paid(receipt);
            let notice = Notice::Payment { out_trade_no: row.out_trade_no.clone(), standing };
            match self.take_notice(merchant, account, notice).await {
                Ok(()) => heard = true,
                Err(refusal) => {
                    tracing::info!(%account, %refusal, "a row of a bill does not fit its attempt");
                }
            }
        }
        Ok(heard)
    }

    /// The zone of a channel's calendar. Error: `invalid_request` for a channel that has no bills.
    pub(super) fn bill_zone(&self, channel: &str) -> Result<&'static str, Refusal> {
        match self.channel(channel)? {
            Channel::Remote(remote) => Ok(remote.bill_zone()),
            Channel::Value(_) => Err(problems::INVALID_REQUEST.with(format!("{channel} has no bills"))),
        }
    }

    fn nothing(
        &self,
        account: &ChannelAccount,
        day: &str,
        state: ReconciliationState,
        said: &str,
    ) -> Reconciliation {
        Reconciliation {
            state,
            said: Some(short(said)).filter(|said| !said.is_empty()),
            looked_at: Some(self.now()),
            ..waiting(account, day, self.now())
        }
    }

    /// Marks what stands in this bill.
    async fn mark(
        &self,
        merchant: Merchant,
        account: Id,
        day: &str,
        compared: &Compared,
        ledger: &Ledger,
    ) -> Result<(), Refusal> {
        let fresh: Vec<String> =
            compared.matched.iter().filter(|name| !ledger.billed.contains_key(*name)).cloned().collect();
        for names in fresh.chunks(MARKED) {
            let (names, day) = (names.to_vec(), day.to_owned());
            self.decide(merchant, move |view| {
                for name in &names {
                    view.put(Billed { account, name: name.clone(), day: day.clone() });
                }
                Ok(())
            })
            .await?;
        }
        for names in compared.gone.chunks(MARKED) {
            let names = names.to_vec();
            self.decide(merchant, move |view| {
                for name in &names {
                    view.remove::<Billed>((account, name.clone()));
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// The names of the differences that a day has.
    async fn kept_differences(
        &self,
        merchant: Merchant,
        account: Id,
        day: &str,
    ) -> Result<Vec<String>, Refusal> {
        let day = day.to_owned();
        let text = "where account = $1 and day = $2 and merchant = $3";
        let rows = self.read(move |sql| sql.rows::<Difference>(text, &[&account, &day, &merchant.0])).await?;
        Ok(rows.into_iter().map(|(_, row)| row.name).collect())
    }

    /// Writes the day down: what is new, what is gone, and the whole.
    async fn write_down(
        &self,
        merchant: Merchant,
        summary: Reconciliation,
        compared: Compared,
        kept: Vec<String>,
    ) -> Result<Reconciliation, Refusal> {
        self.decide(merchant, move |view| {
            let (account, day) = (summary.account, summary.day.clone());
            let mut names: BTreeSet<String> = kept.iter().cloned().collect();
            names.extend(compared.found.iter().map(|found| found.name.clone()));
            let keys: Vec<_> = names.iter().map(|name| (account, day.clone(), name.clone())).collect();
            let before = view.get::<Reconciliation>((account, day.clone()))?;
            let mut known: BTreeMap<String, Difference> = view
                .all::<Difference>(keys)?
                .into_iter()
                .flatten()
                .map(|row| (row.name.clone(), row))
                .collect();
            clear_elsewhere(view, account, &compared.clears)?;
            let mut open = compared.more as i64;
            for found in &compared.found {
                open += note_found(view, account, &day, found, known.remove(&found.name));
            }
            for gone in known.into_values().filter(|row| row.state != DifferenceState::Cleared) {
                clear(view, gone);
            }
            let mut row = Reconciliation { open, ..summary.clone() };
            if row.state == ReconciliationState::Agrees && !compared.found.is_empty() {
                row.state = ReconciliationState::Differs;
            }
            if before.as_ref().is_none_or(|b| (&b.state, b.rows, b.open) != (&row.state, row.rows, row.open))
            {
                let data =
                    json!({"day": day, "state": row.state.as_str(), "rows": row.rows, "open": row.open});
                view.emit("reconciliation.done", account, data);
            }
            row.created_at = before.map_or(row.created_at, |b| b.created_at);
            view.put(row.clone());
            Ok(row)
        })
        .await
    }
}

/// Payments of the bill that belong to an attempt of ours and that it does not know of.
fn unheard<'b>(bill: &'b Bill, ledger: &Ledger) -> Vec<&'b BillRow> {
    let ours: HashSet<&str> = ledger.paid.iter().map(|p| p.out_trade_no.as_str()).collect();
    let known: HashSet<(&str, &str)> = ledger
        .paid
        .iter()
        .filter(|p| p.state == AttemptState::Succeeded)
        .map(|p| (p.out_trade_no.as_str(), p.channel_txn.as_str()))
        .collect();
    let undone: BTreeSet<&str> =
        bill.rows.iter().filter(|row| undoes(row)).map(|row| row.out_trade_no.as_str()).collect();
    let rows = bill.rows.iter().filter(|row| row.kind == BillKind::Payment);
    rows.filter(|row| {
        let number = row.out_trade_no.as_str();
        ours.contains(number)
            && !undone.contains(number)
            && !known.contains(&(number, row.channel_txn.as_str()))
    })
    .collect()
}

/// One that was found: new, there still, or there again. One if somebody should look.
fn note_found(view: &mut View, account: Id, day: &str, found: &Found, known: Option<Difference>) -> i64 {
    let is_new = known.as_ref().is_none_or(|row| row.state == DifferenceState::Cleared);
    let row = match known {
        Some(known) => Difference {
            billed: found.billed,
            booked: found.booked,
            said: found.said.clone(),
            state: if is_new { DifferenceState::Open } else { known.state.clone() },
            ended_at: if is_new { None } else { known.ended_at },
            ..known
        },
        None => Difference {
            account,
            day: day.to_owned(),
            name: found.name.clone(),
            kind: found.kind.clone(),
            order: found.order,
            out_trade_no: found.out_trade_no.clone(),
            channel_txn: found.channel_txn.clone(),
            out_refund_no: found.out_refund_no.clone(),
            currency: found.currency.clone(),
            created_at: view.now(),
            billed: found.billed,
            booked: found.booked,
            said: found.said.clone(),
            state: DifferenceState::Open,
            owner: None,
            note: None,
            ended_at: None,
        },
    };
    if is_new {
        let subject = row.order.unwrap_or(account);
        view.emit(
            "difference.found",
            subject,
            json!({"account": account, "day": day, "name": row.name, "kind": row.kind.as_str()}),
        );
    }
    let open = i64::from(row.state == DifferenceState::Open);
    view.put(row);
    open
}

fn clear(view: &mut View, row: Difference) {
    let subject = row.order.unwrap_or(row.account);
    view.emit(
        "difference.cleared",
        subject,
        json!({"account": row.account, "day": row.day, "name": row.name, "kind": row.kind.as_str()}),
    );
    view.put(Difference { state: DifferenceState::Cleared, ended_at: Some(view.now()), ..row });
}

/// Differences of other days that this bill explains.
fn clear_elsewhere(view: &mut View, account: Id, clears: &[(String, String)]) -> Ruled<()> {
    let keys = clears.iter().map(|(day, name)| (account, day.clone(), name.clone()));
    let rows: Vec<Difference> =
        view.all::<Difference>(keys.collect::<Vec<_>>())?.into_iter().flatten().collect();
    for row in rows.into_iter().filter(|row| row.state != DifferenceState::Cleared) {
        let was_open = row.state == DifferenceState::Open;
        let day = view.get::<Reconciliation>((account, row.day.clone()))?;
        clear(view, row);
        if let Some(mut day) = day.filter(|_| was_open) {
            day.open -= 1;
            if day.open == 0 {
                day.state = ReconciliationState::Agrees;
            }
            view.put(day);
        }
    }
    Ok(())
}

/// A day that waits for its bill.
pub(super) fn waiting(account: &ChannelAccount, day: &str, now: Millis) -> Reconciliation {
    Reconciliation {
        account: account.id,
        day: day.to_owned(),
        channel: account.channel.clone(),
        created_at: now,
        state: ReconciliationState::Waiting,
        said: None,
        rows: 0,
        matched: 0,
        paid: 0,
        back: 0,
        fees_thousandths: 0,
        open: 0,
        looked_at: None,
    }
}
