//! Rows named before they are looked at: what is named before the first of them is missing is loaded with it. A round of loading costs more than
//! a row, on PostgreSQL a round trip. Nothing depends on this being complete.

use money::Currency;
use store::{Id, View};

use crate::access::Who;
use crate::attempt::AttemptAsk;
use crate::channel::Channel;
use crate::desk::Desk;
use crate::ledger::{AccountKey, Class};
use crate::problem::Refusal;
use crate::rows::{Account, ChannelUse, Order, Site, Terminal};
use crate::sale::NewOrder;
use crate::settle;

/// For an order that is being made.
pub(crate) fn order(view: &mut View, who: &Who, new: &NewOrder) {
    let NewOrder::Sale(sale) = new else { return };
    if let Some(terminal) = sale.terminal.or(who.terminal()) {
        view.want::<Terminal>(terminal);
    }
    if let Some(site) = sale.site {
        view.want::<Site>(site);
    }
}

/// For an attempt at an order that is loaded.
pub(crate) fn attempt(
    desk: &Desk,
    view: &mut View,
    who: &Who,
    order: &Order,
    ask: &AttemptAsk,
    channel: &str,
) -> Result<(), Refusal> {
    let terminal = ask.terminal.or(who.terminal()).or(order.terminal);
    if let Some(terminal) = terminal {
        view.want::<Terminal>(terminal);
    }
    match desk.channel(channel)? {
        Channel::Remote(_) => view.want::<ChannelUse>(channel.to_owned()),
        Channel::Value(value) => {
            let currency = settle::currency(order)?;
            payment(view, order.site, currency);
            value.foresee(view, terminal, currency);
        }
    }
    Ok(())
}

/// For money that comes to a site.
pub(crate) fn payment(view: &mut View, site: Id, currency: Currency) {
    let takings = AccountKey::new(site, Class::Takings, currency);
    view.want::<Site>(site);
    view.want::<Account>((site, takings.stored_class()));
}
