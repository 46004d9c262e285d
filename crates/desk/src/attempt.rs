//! Attempts: which channel and presentment, written down before anything is asked, and wound down when they are no longer wanted.

use std::time::Duration;

use money::Money;
use serde::{Deserialize, Serialize};
use store::{Id, Millis, NewJob, Stop, View};

use crate::access::{Act, Who};
use crate::boxed;
use crate::channel::{Channel, Facts, Receipt, TakeAsk};
use crate::desk::{Desk, Ruled};
use crate::foresee;
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{
    Attempt, AttemptState, AttemptsOfOrder, ChannelAccount, ChannelUse, Order, OrderState, Presentment,
    Standing, Step, Terminal,
};
use crate::{in_app, settle, trace, work};

/// How somebody wants to pay.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttemptAsk {
    /// How payer and terminal meet.
    pub presentment: Presentment,
    /// Through which channel; found by the payer's code, or `cash`, when left out.
    pub channel: Option<String>,
    /// What the terminal scanned.
    pub payer_code: Option<String>,
    /// The cash handed over.
    pub tendered: Option<Money>,
    /// The terminal where it happens; the order's own when left out.
    pub terminal: Option<Id>,
    /// More for the channel: the pieces handed over; for `in_app` an [`InAppPlan`](crate::in_app::InAppPlan).
    #[serde(default)]
    pub data: serde_json::Value,
}

/// A remote attempt is first driven by the process that made it; if that dies, another takes it after this long.
pub(crate) const HELD: Duration = Duration::from_secs(20);

/// The gaps left between the first attempts of a payer and the desk: nothing is asked before it is written down.
struct Plan<'a> {
    facts: &'a Facts,
    account: Option<Id>,
    terminal: Option<Id>,
}

impl Desk {
    /// Tries to pay an order. A value channel answers at once; a scan answers when it is settled or after `answer_wait`; a shown code answers when the
    /// channel has given it. Errors: see the problems it names.
    #[boxed]
    pub async fn attempt(
        &self,
        who: &Who,
        key: &str,
        order: Id,
        ask: AttemptAsk,
    ) -> Result<Attempt, Refusal> {
        trace::about(order, None);
        let act = if ask.presentment == Presentment::Cash { Act::TakeCash } else { Act::Sell };
        if matches!(ask.presentment, Presentment::MerchantPresented | Presentment::InApp) {
            who.need_or_payer(act, order)?;
        } else {
            who.need(act)?;
        }
        let once = Once::new(key, &format!("attempt/{order}"), &ask)?;
        let channel = self.route(&ask)?;
        let (desk, by, ask, trace) = (self.clone(), who.clone(), ask, trace::kept());
        let (attempt, fresh) = self
            .decide(who.merchant, move |view| {
                view.want::<Order>(order);
                if let Some(terminal) = ask.terminal.or(by.terminal()) {
                    view.want::<Terminal>(terminal);
                }
                if let Some(made) = once.made(view)? {
                    return Ok((view.need::<Attempt, Refusal>(made)?, None));
                }
                let attempt = begin(&desk, view, &by, order, &ask, &channel, trace.as_deref())?;
                once.record(view, attempt.id);
                Ok((attempt, Some(view.need::<Order, Refusal>(order)?)))
            })
            .await?;
        match fresh {
            Some(order) if attempt.job.is_some() => self.first_drive(who, order, attempt).await,
            _ => Ok(attempt),
        }
    }

    /// Drives a new remote attempt at once and answers with what is known when the wait is over; the driving goes on.
    async fn first_drive(&self, who: &Who, order: Order, attempt: Attempt) -> Result<Attempt, Refusal> {
        let (desk, merchant, id) = (self.clone(), who.merchant, attempt.id);
        let order_id = attempt.order;
        let wait = if attempt.step == Step::Charge { self.settings.answer_wait } else { HELD };
        let driving = tokio::spawn(async move { desk.drive_fresh(merchant, &order, attempt).await });
        let driven = match tokio::time::timeout(wait, driving).await {
            Ok(Ok(Ok(driven))) => driven,
            Ok(Ok(Err(refusal))) => {
                tracing::warn!(attempt = %id, order = %order_id, %refusal, "the first drive of an attempt failed; the job goes on");
                None
            }
            Ok(Err(_)) | Err(_) => None,
        };
        let now = match driven {
            Some(now) => now,
            None => self.decide(merchant, move |view| view.need::<Attempt, Refusal>(id)).await?,
        };
        if matches!(now.presentment, Presentment::MerchantPresented | Presentment::InApp)
            && now.code.is_none()
            && now.state != AttemptState::Succeeded
        {
            let said = now.channel_said.clone().unwrap_or_else(|| "no answer yet".to_owned());
            let problem = if now.state == AttemptState::Declined {
                &problems::CHANNEL_REFUSED
            } else {
                &problems::CHANNEL_UNAVAILABLE
            };
            return Err(problem.with(said));
        }
        Ok(now)
    }

    /// The channel of an ask. Errors: `unknown_channel`, `payer_code_invalid`, `payer_code_unknown_wallet`, `presentment_unsupported`.
    fn route(&self, ask: &AttemptAsk) -> Result<String, Refusal> {
        if let Presentment::Other(word) = &ask.presentment {
            return Err(problems::PRESENTMENT_UNSUPPORTED.with(format!("{word:?} is not a presentment")));
        }
        let code = match (&ask.presentment, &ask.channel, &ask.payer_code) {
            (Presentment::CustomerPresented, named, Some(code)) => self.wallet_of(code, named.as_deref())?,
            (Presentment::CustomerPresented, _, None) => {
                return Err(problems::PAYER_CODE_INVALID.with("payer_code is missing"));
            }
            (_, _, Some(_)) => {
                return Err(problems::INVALID_REQUEST.with("payer_code goes with customer_presented only"));
            }
            (_, Some(code), None) => code.clone(),
            (Presentment::Cash, None, None) => "cash".to_owned(),
            (_, None, None) => return Err(problems::UNKNOWN_CHANNEL.with("name the channel")),
        };
        let facts = self.channel(&code)?.facts();
        if !facts.presentments.contains(&ask.presentment) {
            let can: Vec<&str> = facts.presentments.iter().map(Presentment::as_str).collect();
            return Err(problems::PRESENTMENT_UNSUPPORTED.with(format!("{code} can do {}", can.join(", "))));
        }
        if ask.tendered.is_some() && ask.presentment != Presentment::Cash {
            return Err(problems::INVALID_REQUEST.with("tendered goes with cash only"));
        }
        Ok(code)
    }

    /// The wallet a payment code belongs to.
    fn wallet_of(&self, code: &str, named: Option<&str>) -> Result<String, Refusal> {
        let all = self.channels.values().map(Channel::facts);
        let found = all.clone().find(|f| f.payer_codes.iter().any(|p| p.matches(code)));
        if let Some(named) = named
            && all.clone().any(|f| f.code == named && f.payer_codes.iter().any(|p| p.matches(code)))
        {
            return Ok(named.to_owned()); // several wallets may share a range of codes
        }
        if let Some(facts) = found {
            if named.is_some_and(|n| n != facts.code) {
                return Err(problems::PAYER_CODE_INVALID.with(format!("this code belongs to {}", facts.code)));
            }
            return Ok(facts.code.to_owned());
        }
        let looks_like_a_code = (16..=24).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
        let prefix = code.get(..2).and_then(|p| p.parse::<u8>().ok());
        let prefix_known =
            all.flat_map(|f| f.payer_codes).any(|p| prefix.is_some_and(|n| (p.first..=p.last).contains(&n)));
        if looks_like_a_code && !prefix_known {
            return Err((&problems::PAYER_CODE_UNKNOWN_WALLET).into());
        }
        Err(problems::PAYER_CODE_INVALID
            .with(format!("{} characters do not make a payment code", code.chars().count())))
    }
}

/// Where several wallets share a range of payment codes and none is named: the first that takes the order's currency and is set up.
fn shared_wallet(
    desk: &Desk,
    view: &mut View,
    order: &Order,
    ask: &AttemptAsk,
) -> Ruled<Option<&'static str>> {
    let (None, Some(code)) = (&ask.channel, &ask.payer_code) else { return Ok(None) };
    let matching: Vec<_> = desk
        .channels
        .values()
        .map(Channel::facts)
        .filter(|f| f.payer_codes.iter().any(|p| p.matches(code)))
        .map(|f| (f.code, f.currencies.iter().any(|c| c.code() == order.currency)))
        .collect();
    if matching.len() < 2 {
        return Ok(None);
    }
    for (code, takes_currency) in matching {
        let set_up = view.get::<ChannelUse>(code.to_owned())?.is_some_and(|u| u.account.is_some());
        if takes_currency && set_up {
            return Ok(Some(code));
        }
    }
    Ok(None)
}

/// Writes an attempt down, and for a value channel carries it out.
pub(crate) fn begin(
    desk: &Desk,
    view: &mut View,
    who: &Who,
    id: Id,
    ask: &AttemptAsk,
    channel: &str,
    trace: Option<&str>,
) -> Ruled<Attempt> {
    let order = view.need::<Order, Refusal>(id)?;
    foresee::attempt(desk, view, who, &order, ask, channel)?;
    let channel = shared_wallet(desk, view, &order, ask)?.unwrap_or(channel);
    payable(desk, view, &order)?;
    let in_app = in_app::planned(ask)?;
    let plan = plan(desk, view, who, &order, ask, channel)?;
    if let Some(wanted) = &in_app {
        in_app::make_room(view, &order, wanted)?;
    }
    if order.tries > 0 {
        make_room(view, &order, ask, channel)?;
    }
    let mut attempt = blank(view, &order, ask, channel, &plan, who);
    attempt.trace = trace.map(str::to_owned);
    if let Some(wanted) = &in_app {
        attempt.payer_code = Some(wanted.kept());
    }
    let mut order = order;
    order.tries += 1;
    match desk.channel(channel)? {
        Channel::Value(value) => {
            let data = TakeAsk { order: &order, attempt: &mut attempt, data: &ask.data };
            let holds = value.take(view, data)?;
            let receipt = Receipt {
                channel_txn: attempt.out_trade_no.clone(),
                amount: due(&order)?,
                paid_at: view.now(),
                exchange: None,
            };
            settle::paid(desk, view, &mut order, &mut attempt, &receipt, holds)?;
            view.add(attempt.clone());
        }
        Channel::Remote(_) => {
            let job = driving(attempt.id, view.now(), Some(HELD));
            attempt.job = Some(view.job(job));
            order.version += 1;
            view.add(attempt.clone());
            view.emit(
                "attempt.created",
                order.id,
                serde_json::json!({"attempt": attempt.id, "version": order.version}),
            );
        }
    }
    view.put(order);
    Ok(attempt)
}

/// The job that drives an attempt.
pub(crate) fn driving(attempt: Id, run_at: Millis, held_for: Option<Duration>) -> NewJob {
    NewJob {
        kind: work::ATTEMPT,
        subject: attempt,
        run_at,
        priority: 5,
        payload: serde_json::Value::Null,
        held_for,
    }
}

/// What is due on an order. Error: `currency_mismatch` for a currency this release does not know.
pub(crate) fn due(order: &Order) -> Result<Money, Refusal> {
    Ok(Money::new(order.due, settle::currency(order)?))
}

fn payable(desk: &Desk, view: &View, order: &Order) -> Result<(), Refusal> {
    match order.state {
        OrderState::Open => {}
        OrderState::Paid | OrderState::Fulfilled => return Err((&problems::ORDER_PAID).into()),
        _ => return Err(problems::ORDER_NOT_OPEN.with(format!("the order is {}", order.state.as_str()))),
    }
    if order.expires_at <= view.now() {
        return Err(problems::ORDER_EXPIRED.with(format!("it could be paid until {}", order.expires_at)));
    }
    if usize::try_from(order.tries).unwrap_or(usize::MAX) >= desk.settings.max_attempts {
        return Err((&problems::TOO_MANY_ATTEMPTS).into());
    }
    Ok(())
}

/// The capability a presentment needs of the terminal.
pub(crate) const fn capability(presentment: &Presentment) -> Option<&'static str> {
    match presentment {
        Presentment::MerchantPresented => Some("shows_code"),
        Presentment::CustomerPresented => Some("scans_code"),
        Presentment::Tap | Presentment::OfflineTap => Some("taps"),
        Presentment::Cash => Some("takes_cash"),
        _ => None,
    }
}

fn plan<'a>(
    desk: &'a Desk,
    view: &mut View,
    who: &Who,
    order: &Order,
    ask: &AttemptAsk,
    channel: &str,
) -> Ruled<Plan<'a>> {
    let channel_row = desk.channel(channel)?;
    let facts = channel_row.facts();
    let own_phone = matches!(who.actor, crate::access::Actor::Payer(_));
    let terminal = match own_phone {
        // a payer stands at no terminal, unless a stand's code was scanned
        true => ask.terminal.filter(|_| ask.presentment == Presentment::InApp),
        false => ask.terminal.or(who.terminal()).or(order.terminal),
    };
    if let Some(id) = terminal {
        let row =
            view.get::<Terminal>(id)?.ok_or_else(|| problems::NOT_FOUND.with(format!("no terminal {id}")))?;
        able(&row, &ask.presentment)?;
        if ask.presentment == Presentment::Cash && !row.unattended && row.shift.is_none() {
            return Err(Stop::Refused(problems::CASH_NOT_TAKEN.with("no shift is open at this terminal")));
        }
    } else if ask.presentment == Presentment::Cash {
        return Err(Stop::Refused(problems::CASH_NOT_TAKEN.with("cash needs a terminal with a drawer")));
    }
    let due = due(order)?;
    if !facts.currencies.contains(&due.currency) {
        return Err(Stop::Refused(
            problems::CURRENCY_MISMATCH.with(format!("{channel} does not take {}", due.currency)),
        ));
    }
    if let Some(tendered) = ask.tendered
        && tendered.currency != due.currency
    {
        return Err(Stop::Refused(
            problems::CURRENCY_MISMATCH.with(format!("the order is in {}", due.currency)),
        ));
    }
    let account = match channel_row {
        Channel::Value(_) => None,
        Channel::Remote(_) => Some(open_account(view, channel)?),
    };
    Ok(Plan { facts, account, terminal })
}

fn able(terminal: &Terminal, presentment: &Presentment) -> Result<(), Refusal> {
    if terminal.standing != Standing::On {
        return Err((&problems::TERMINAL_OFF).into());
    }
    let Some(needed) = capability(presentment) else { return Ok(()) };
    if terminal.capabilities.0.iter().any(|c| c == needed) {
        return Ok(());
    }
    let has = terminal.capabilities.0.join(", ");
    if *presentment == Presentment::Cash {
        return Err(problems::CASH_NOT_TAKEN.with(format!("it has {has}, not takes_cash")));
    }
    Err(problems::PRESENTMENT_UNSUPPORTED.with(format!(
        "{} needs {needed}; terminal {} has {has}",
        presentment.as_str(),
        terminal.id
    )))
}

/// The merchant's account at a remote channel. Error: `channel_closed`.
fn open_account(view: &mut View, channel: &str) -> Ruled<Id> {
    let account = view.get::<ChannelUse>(channel.to_owned())?.and_then(|u| u.account);
    let Some(id) = account else {
        return Err(Stop::Refused(problems::CHANNEL_CLOSED.with(format!("{channel} is not set up"))));
    };
    match view.get::<ChannelAccount>(id)? {
        Some(row) if row.standing == Standing::On => Ok(id),
        _ => Err(Stop::Refused(problems::CHANNEL_CLOSED.with(format!("{channel} is switched off")))),
    }
}

/// Before another attempt: a scan whose outcome is unclear must end first; a shown code of the same channel is replaced (rule 5).
fn make_room(view: &mut View, order: &Order, ask: &AttemptAsk, channel: &str) -> Ruled<()> {
    for other in view.by::<AttemptsOfOrder>(order.id)? {
        if !is_live(&other) {
            continue;
        }
        if other.presentment == Presentment::CustomerPresented {
            if ask.presentment == Presentment::MerchantPresented {
                continue;
            }
            return Err(Stop::Refused(problems::ATTEMPT_IN_PROGRESS.with(format!(
                "attempt {} is {}",
                other.id,
                other.state.as_str()
            ))));
        }
        if other.channel == channel && other.presentment == ask.presentment {
            stop(view, other);
        }
    }
    Ok(())
}

/// Sends a live attempt to its end: a shown code is closed, a scan reversed. The driver does it now.
pub(crate) fn stop(view: &mut View, mut attempt: Attempt) {
    attempt.step =
        if attempt.presentment == Presentment::CustomerPresented { Step::Reverse } else { Step::Close };
    attempt.asked = 0;
    if let Some(job) = attempt.job {
        view.job_later(job, view.now(), None);
    }
    view.put(attempt);
}

/// Stops every live attempt of an order that is being closed, or that was paid by the attempt `but` (rule 5).
pub(crate) fn wind_down(view: &mut View, order: &Order, but: Option<Id>) -> Ruled<()> {
    if order.tries == 0 {
        return Ok(());
    }
    for attempt in view.by::<AttemptsOfOrder>(order.id)? {
        let stopping = matches!(attempt.step, Step::Close | Step::Reverse);
        if is_live(&attempt) && !stopping && but != Some(attempt.id) {
            stop(view, attempt);
        }
    }
    Ok(())
}

/// Whether a payment of the order may still be under way.
pub(crate) fn any_live(view: &mut View, order: &Order) -> Ruled<bool> {
    Ok(order.tries > 0 && view.by::<AttemptsOfOrder>(order.id)?.iter().any(is_live))
}

/// Whether the attempt's outcome is still open.
pub(crate) const fn is_live(attempt: &Attempt) -> bool {
    matches!(attempt.state, AttemptState::Pending | AttemptState::InDoubt)
}

fn blank(
    view: &mut View,
    order: &Order,
    ask: &AttemptAsk,
    channel: &str,
    plan: &Plan<'_>,
    who: &Who,
) -> Attempt {
    let id = view.id();
    let now: Millis = view.now();
    let scan = ask.presentment == Presentment::CustomerPresented;
    Attempt {
        id,
        order: order.id,
        channel: channel.to_owned(),
        account: plan.account,
        terminal: plan.terminal,
        operator: who.operator(),
        presentment: ask.presentment.clone(),
        currency: order.currency.clone(),
        amount: order.due,
        out_trade_no: id.to_string(),
        created_at: now,
        expires_at: order.expires_at.min(now.plus(plan.facts.code_life)),
        trace: None,
        state: AttemptState::Pending,
        step: if scan { Step::Charge } else { Step::Present },
        payer_code: ask.payer_code.clone(),
        code: None,
        reason: None,
        channel_said: None,
        channel_txn: None,
        paid_at: None,
        received: 0,
        refunded: 0,
        reserved: 0,
        tendered: ask.tendered.map(|m| m.value),
        change: None,
        details: None,
        asked: 0,
        reversing_until: None,
        ended_at: None,
        business_date: None,
        job: None,
    }
}
