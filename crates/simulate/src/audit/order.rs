//! What must hold of an order after every step: rules 1, 2, 3, 6, 7 and 8, against the banks' books and what people were told.

use store::Id;

use super::rows::{AttemptRow, Family, RefundRow};
use crate::bank::{Bank, Stand, Trade, key_of, txn_of};
use crate::sim::Sim;

/// The bank of an attempt, if a bank moves its money.
pub(super) fn bank_of<'a>(sim: &'a Sim, attempt: &AttemptRow) -> Option<&'a Bank> {
    sim.banks.iter().find(|b| b.facts.code == attempt.channel).map(AsRef::as_ref)
}

fn trade(sim: &Sim, attempt: &AttemptRow) -> Option<Trade> {
    let key = key_of(&attempt.no, attempt.txn.as_deref());
    bank_of(sim, attempt).and_then(|bank| bank.books().trades.get(&key).cloned())
}

/// Sums refunds of an attempt in a state.
pub(super) fn sum(refunds: &[RefundRow], attempt: Id, state: &str) -> i64 {
    refunds.iter().filter(|r| r.attempt == attempt && r.state == state).map(|r| r.amount).sum()
}

/// Checks an order as it is now, and against what it was.
pub(super) fn check(sim: &Sim, before: Option<&Family>, now: &Family, made: usize) {
    let order = &now.order;
    let wrong = |rule: u8, what: String| sim.world.wrong(rule, Some(order.visit), what);
    first_success(now, &wrong);
    for attempt in &now.attempts {
        let was = before.and_then(|f| f.attempts.iter().find(|a| a.id == attempt.id));
        backed_by_bank(sim, attempt, &wrong);
        ended(sim, was, attempt, &wrong);
        told(sim, now, attempt, &wrong);
        reserved(now, attempt, &wrong);
        refunds_at_bank(sim, now, attempt, &wrong);
    }
    handed_out(sim, now, &wrong);
    keys(sim, now, made, &wrong);
    if let Some(before) = before {
        unchanged(before, now, &wrong);
    }
}

/// Rule 1: paid at most once, net; what came besides flows back.
fn first_success(f: &Family, wrong: &dyn Fn(u8, String)) {
    let (order, id) = (&f.order, f.order.id);
    let received: i64 = f.attempts.iter().map(|a| a.received).sum();
    if order.paid != received {
        wrong(1, format!("order {id} says paid {}, its attempts received {received}", order.paid));
    }
    let is_paid = matches!(order.state.as_str(), "paid" | "fulfilled");
    let kept = f.attempts.iter().find(|a| Some(a.id) == order.kept);
    match kept {
        Some(a) if a.state != "succeeded" || a.received != order.due || !is_paid => {
            let what =
                format!("order {id} is {} and keeps attempt {} that is {}", order.state, a.id, a.state);
            wrong(1, what);
        }
        None if order.kept.is_some() => wrong(1, format!("order {id} keeps an attempt that is not there")),
        None if is_paid && order.due > 0 => wrong(6, format!("order {id} is {} without money", order.state)),
        _ => {}
    }
    for a in f.attempts.iter().filter(|a| a.received > 0 && Some(a.id) != order.kept) {
        let opened: i64 = f.refunds.iter().filter(|r| r.attempt == a.id).map(|r| r.amount).sum();
        if opened < a.received {
            let what = format!("attempt {} brought {} besides, and {opened} flows back", a.id, a.received);
            wrong(1, what);
        }
    }
}

/// Rules 2 and 4: what counts as paid is paid in the bank's books, under the same number, for the same amount.
fn backed_by_bank(sim: &Sim, attempt: &AttemptRow, wrong: &dyn Fn(u8, String)) {
    let (id, state) = (attempt.id, attempt.state.as_str());
    if (state == "succeeded") != (attempt.received > 0) {
        wrong(2, format!("attempt {id} is {state} and received {}", attempt.received));
    }
    if state != "succeeded" || attempt.channel == "cash" {
        return;
    }
    match trade(sim, attempt) {
        Some(t) if t.stand == Stand::Paid => {
            if t.amount != attempt.received
                || attempt.txn != Some(txn_of(&key_of(&attempt.no, attempt.txn.as_deref())))
            {
                wrong(4, format!("attempt {id} received {}, the bank took {}", attempt.received, t.amount));
            }
        }
        Some(t) if t.stand == Stand::Reversed => {
            wrong(6, format!("attempt {id} counts as paid, and the bank has reversed it"));
        }
        other => {
            let stand = other.map(|t| t.stand);
            wrong(4, format!("attempt {id} counts as paid, the bank says {stand:?}"));
        }
    }
}

/// Rules 2 and 3: an attempt ends unpaid only after the bank said so, and a reversal has happened.
fn ended(sim: &Sim, was: Option<&AttemptRow>, attempt: &AttemptRow, wrong: &dyn Fn(u8, String)) {
    let id = attempt.id;
    let state = attempt.state.as_str();
    if was.is_some_and(|w| w.state == attempt.state) || attempt.is_live() || state == "succeeded" {
        return;
    }
    let Some(bank) = bank_of(sim, attempt) else { return };
    let said = bank.books().said.get(&attempt.no).copied().unwrap_or_default();
    let backed = match state {
        "declined" => said.declined,
        "closed" | "reversed" => said.nothing_taken,
        other => return wrong(2, format!("attempt {id} is {other:?}, which is no state")),
    };
    if !backed {
        wrong(2, format!("attempt {id} is {state}, and the bank never said so"));
    }
    if state == "closed" && attempt.is_scan() {
        wrong(3, format!("attempt {id} is a scan and is closed"));
    }
    if let Some(t) = trade(sim, attempt)
        && t.stand == Stand::Paid
        && t.refunds.is_empty()
        && attempt.is_scan()
        && said.absent_at.is_none_or(|at| t.paid_at.is_some_and(|paid| paid < at))
    {
        wrong(3, format!("attempt {id} is {state}, and the bank took the money"));
    }
}

/// Rule 3: what a terminal was told stays true: paid stays paid, and what was told as not paid is not kept.
fn told(sim: &Sim, f: &Family, attempt: &AttemptRow, wrong: &dyn Fn(u8, String)) {
    let Some(word) = sim.outside().told.get(&attempt.id).cloned() else { return };
    let id = attempt.id;
    match word.as_str() {
        "succeeded" if attempt.state != "succeeded" => {
            wrong(3, format!("the terminal heard that attempt {id} succeeded; it is {}", attempt.state));
        }
        "declined" | "reversed" if f.order.kept == Some(id) && attempt.is_scan() => {
            wrong(3, format!("the terminal heard that attempt {id} was {word}; its money is kept"));
        }
        _ => {}
    }
}

/// Rule 7: refunded and reserved are what the refunds say, and never more than was paid.
fn reserved(f: &Family, attempt: &AttemptRow, wrong: &dyn Fn(u8, String)) {
    let id = attempt.id;
    let done = sum(&f.refunds, id, "succeeded");
    let under_way = sum(&f.refunds, id, "processing");
    if (attempt.refunded, attempt.reserved) != (done, under_way) {
        let (r, s) = (attempt.refunded, attempt.reserved);
        wrong(
            7,
            format!(
                "attempt {id} says {r} refunded and {s} reserved; its refunds say {done} and {under_way}"
            ),
        );
    }
    if done + under_way > attempt.received {
        wrong(7, format!("attempt {id} gives back {} of {}", done + under_way, attempt.received));
    }
}

/// Rule 7 at the bank: only refunds the platform knows, for their amounts; what it says of them is so.
fn refunds_at_bank(sim: &Sim, f: &Family, attempt: &AttemptRow, wrong: &dyn Fn(u8, String)) {
    let Some(t) = trade(sim, attempt) else { return };
    for (no, row) in &t.refunds {
        let known = f.refunds.iter().find(|r| &r.no == no);
        if known.is_none_or(|r| r.amount != row.amount || r.attempt != attempt.id) {
            wrong(
                7,
                format!("the bank refunds {} of attempt {} as {no}, unknown here", row.amount, attempt.id),
            );
        }
    }
    if t.refunded() > t.amount {
        wrong(7, format!("the bank gave back {} of {}", t.refunded(), t.amount));
    }
    for r in f.refunds.iter().filter(|r| r.attempt == attempt.id) {
        let done = t.refunds.get(&r.no).is_some_and(|row| row.done_at.is_some());
        if r.state == "succeeded" && !done {
            wrong(7, format!("refund {} counts as done, and the bank has not done it", r.id));
        }
    }
}

/// Rule 6: what is handed out is paid for, and what is paid for is handed out with the payment or flows back.
fn handed_out(sim: &Sim, f: &Family, wrong: &dyn Fn(u8, String)) {
    let (order, id) = (&f.order, f.order.id);
    let is_paid = matches!(order.state.as_str(), "paid" | "fulfilled");
    if !f.handouts.is_empty() && !is_paid {
        wrong(6, format!("order {id} is {} and something was handed out", order.state));
    }
    let gives_up = f.refunds.iter().any(|r| r.cause == "fulfilment_failed");
    if f.handouts.is_empty() && is_paid && !gives_up {
        wrong(6, format!("order {id} is {} and nothing was handed out", order.state));
    }
    if f.handouts.len() > 1 {
        wrong(6, format!("order {id} was handed out {} times", f.handouts.len()));
    }
    let waits = f.handouts.iter().any(|h| matches!(h.state.as_str(), "pending" | "failed"));
    if order.state == "fulfilled" && waits {
        wrong(6, format!("order {id} is fulfilled, and a device must still act"));
    }
    for h in &f.handouts {
        let times = sim.outside().handed.get(&h.id).copied().unwrap_or(0);
        if times > 1 {
            wrong(6, format!("fulfilment {} was handed out {times} times by its device", h.id));
        }
    }
}

/// Rule 8: never more orders, attempts or refunds than there were keys for them.
fn keys(sim: &Sim, f: &Family, made: usize, wrong: &dyn Fn(u8, String)) {
    let (visit, order) = (f.order.visit, f.order.id.to_string());
    let refunds = f.refunds.iter().filter(|r| r.cause == "requested").count();
    // A number that the bank let be paid twice has a row of its own for the second payment: nobody asked for it.
    let twice = |a: &&AttemptRow| a.txn.as_deref().is_some_and(|txn| key_of(&a.no, Some(txn)) != a.no);
    let attempts = f.attempts.len() - f.attempts.iter().filter(twice).count();
    let cases = [
        ("order", visit.to_string(), made),
        ("attempt", order.clone(), attempts),
        ("refund", order, refunds),
    ];
    for (what, about, rows) in cases {
        let sent = sim.outside().keys(what, &about);
        if rows > sent {
            wrong(8, format!("{rows} {what} rows of {about} were made with {sent} keys"));
        }
    }
}

/// What never changes: numbers, amounts, the money an order keeps, an end that is final, versions that only grow.
fn unchanged(before: &Family, now: &Family, wrong: &dyn Fn(u8, String)) {
    let (was, is) = (&before.order, &now.order);
    if was.kept.is_some() && was.kept != is.kept {
        wrong(1, format!("order {} kept one payment and now keeps another", is.id));
    }
    let done = |state: &str| matches!(state, "paid" | "fulfilled" | "closed");
    let back =
        was.state == "closed" && is.state != "closed" || was.state == "fulfilled" && is.state != "fulfilled";
    if back || done(&was.state) && !done(&is.state) {
        wrong(1, format!("order {} went from {} to {}", is.id, was.state, is.state));
    }
    if is.version < was.version || is.due != was.due {
        wrong(10, format!("order {} went back from version {} to {}", is.id, was.version, is.version));
    }
    for a in &before.attempts {
        match now.attempts.iter().find(|b| b.id == a.id) {
            None => wrong(11, format!("attempt {} is gone", a.id)),
            Some(b) if a.state == "succeeded" && b.state != "succeeded" => {
                wrong(2, format!("attempt {} succeeded and is now {}", a.id, b.state));
            }
            Some(b) if !a.is_live() && b.is_live() => {
                wrong(2, format!("attempt {} was {} and is now {}", a.id, a.state, b.state));
            }
            Some(b) if a.no != b.no || a.amount != b.amount => {
                wrong(7, format!("attempt {} changed its number or amount", a.id));
            }
            Some(_) => {}
        }
    }
    for r in &before.refunds {
        match now.refunds.iter().find(|q| q.id == r.id) {
            None => wrong(7, format!("refund {} is gone", r.id)),
            Some(q) if q.no != r.no || q.amount != r.amount => {
                wrong(7, format!("refund {} changed its number or amount", r.id));
            }
            Some(q) if r.state == "succeeded" && q.state != "succeeded" => {
                wrong(7, format!("refund {} succeeded and is now {}", r.id, q.state));
            }
            Some(_) => {}
        }
    }
}
