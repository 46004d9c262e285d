//! What a device must do is acknowledged here (rule 6): done once; a device that failed leaves it claimable.

use serde_json::json;
use store::{Id, Stop};

use crate::access::{Act, Who};
use crate::boxed;
use crate::desk::Desk;
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Fulfilment, FulfilmentState, FulfilmentsOfOrder, Order, OrderState};
use crate::settle::short;

impl Desk {
    /// A device says that it handed something out, or could not. What failed can still be acknowledged as done later, at this or another device.
    /// Errors: `not_found`, `fulfilment_revoked`.
    #[boxed]
    pub async fn acknowledge(
        &self,
        who: &Who,
        key: &str,
        id: Id,
        done: bool,
        note: Option<String>,
    ) -> Result<Fulfilment, Refusal> {
        who.need(Act::Sell)?;
        let once = Once::new(key, &format!("acknowledge/{id}"), &(done, &note))?;
        self.decide(who.merchant, move |view| {
            let mut row = view.need::<Fulfilment, Refusal>(id)?;
            if once.made(view)?.is_some() {
                return Ok(row);
            }
            match row.state {
                FulfilmentState::Pending | FulfilmentState::Failed => {}
                FulfilmentState::Done => return Ok(row),
                _ => return Err(Stop::Refused((&problems::FULFILMENT_REVOKED).into())),
            }
            row.state = if done { FulfilmentState::Done } else { FulfilmentState::Failed };
            row.done_at = done.then(|| view.now());
            row.note = note.as_deref().map(short);
            let mut order = view.need::<Order, Refusal>(row.order)?;
            let others = view.by::<FulfilmentsOfOrder>(row.order)?;
            let waiting = others
                .iter()
                .any(|f| f.id != id && matches!(f.state, FulfilmentState::Pending | FulfilmentState::Failed));
            order.version += 1;
            if done && !waiting && order.state == OrderState::Paid {
                order.state = OrderState::Fulfilled;
            }
            let kind = if done { "fulfilment.done" } else { "fulfilment.failed" };
            view.emit(
                kind,
                order.id,
                json!({"fulfilment": id, "state": order.state.as_str(), "version": order.version}),
            );
            view.put(order);
            view.put(row.clone());
            once.record(view, id);
            Ok(row)
        })
        .await
    }

    /// One thing that was handed out. Error: `not_found`.
    #[boxed]
    pub async fn fulfilment(&self, who: &Who, id: Id) -> Result<Fulfilment, Refusal> {
        let row = self.decide(who.merchant, move |view| view.need::<Fulfilment, Refusal>(id)).await?;
        who.need_or_payer(Act::Look, row.order)?;
        Ok(row)
    }
}
