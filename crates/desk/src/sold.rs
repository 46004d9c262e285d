//! A sale that happened where the centre could not be asked: a fact, taken once, with the numbers and the day it had there.

use money::Money;
use serde_json::{Value, json};
use store::{Id, Stop, View};

use crate::attempt;
use crate::channel::{Channel, Receipt, TakeAsk};
use crate::desk::{Desk, Ruled};
use crate::ledger::{AccountKey, Class};
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Attempt, AttemptState, Order, OrderState, Site, Step};
use crate::settle;

/// What became of a sale that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It was known already.
    Known,
    /// It stands in the books. Where the drawer could not be moved as told, why: its next count shows the difference.
    Taken(Option<Refusal>),
}

impl Desk {
    /// Takes in a sale that was paid elsewhere in money that a value channel keeps, such as a drawer at a site that was cut off. The order and
    /// its attempt keep their ids; what was bought is handed out here too. Cash that lies in the drawer is a fact: it is booked even if the
    /// drawer's own rules would have refused it. Errors: `channel_closed` for a channel that holds no money of ours, `not_found` for another site.
    pub fn record_sale(&self, view: &mut View, order: &Order, attempt: &Attempt) -> Ruled<Recorded> {
        if view.get::<Order>(order.id)?.is_some() {
            return Ok(Recorded::Known);
        }
        view.need::<Site, Refusal>(order.site)?;
        if attempt.order != order.id || attempt.amount != order.due {
            return Err(Stop::Refused(problems::INVALID_REQUEST.with("the attempt is not the order's")));
        }
        let mut order = unpaid(order);
        let mut attempt = untried(attempt);
        let (holds, strange) = self.taken(view, &order, &mut attempt)?;
        let receipt = Receipt {
            channel_txn: attempt.out_trade_no.clone(),
            amount: attempt::due(&order)?,
            paid_at: attempt.paid_at.unwrap_or(attempt.created_at),
            exchange: None,
        };
        view.emit("order.created", order.id, json!({"version": 1, "told": true}));
        settle::paid(self, view, &mut order, &mut attempt, &receipt, holds)?;
        view.add(order);
        view.add(attempt);
        Ok(Recorded::Taken(strange))
    }

    /// Moves the drawer; where it refuses, the money counts all the same.
    fn taken(
        &self,
        view: &mut View,
        order: &Order,
        attempt: &mut Attempt,
    ) -> Ruled<(AccountKey, Option<Refusal>)> {
        let Channel::Value(value) = self.channel(&attempt.channel)? else {
            let detail = format!("{} keeps no money of ours", attempt.channel);
            return Err(Stop::Refused(problems::CHANNEL_CLOSED.with(detail)));
        };
        let (tendered, change, details) = (attempt.tendered, attempt.change, attempt.details.clone());
        let data = pieces(details.as_deref());
        match value.take(view, TakeAsk { order, attempt: &mut *attempt, data: &data }) {
            Ok(holds) => Ok((holds, None)),
            Err(Stop::Refused(why)) => {
                (attempt.tendered, attempt.change, attempt.details) = (tendered, change, details);
                let terminal: Id = attempt.terminal.ok_or_else(|| why.clone())?;
                let currency = Money::new(0, settle::currency(order)?).currency;
                Ok((AccountKey::new(terminal, Class::Drawer, currency), Some(why)))
            }
            Err(missing) => Err(missing),
        }
    }
}

/// The order as it was before its money came.
fn unpaid(order: &Order) -> Order {
    Order {
        state: OrderState::Open,
        paid: 0,
        refunded: 0,
        reserved: 0,
        kept: None,
        tries: 1,
        paid_at: None,
        closed_at: None,
        version: 1,
        ..order.clone()
    }
}

/// The attempt as it was before its money came.
fn untried(attempt: &Attempt) -> Attempt {
    Attempt {
        account: None,
        state: AttemptState::Pending,
        step: Step::Present,
        received: 0,
        refunded: 0,
        reserved: 0,
        ended_at: None,
        business_date: None,
        job: None,
        ..attempt.clone()
    }
}

/// The pieces that were handed over, as the drawer there counted them.
fn pieces(details: Option<&str>) -> Value {
    let details: Option<Value> = details.and_then(|text| serde_json::from_str(text).ok());
    let taken = details.as_ref().and_then(|d| d.get("taken")).cloned();
    json!({ "pieces": taken })
}
