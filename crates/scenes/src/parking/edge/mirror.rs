//! On the edge: what the centre told becomes rows here. What happens at the site is the edge's own and stays as it is; money, passes and
//! set-up are the centre's.

use desk::rows::{Login, MerchantRow, Operator, Site, Terminal, Token};
use desk::{Desk, Refusal, Ruled};
use store::{Id, Merchant, Row, View};

use super::feed::{Carried, Feed, Places, StayCopy};
use super::row;
use crate::parking::lanes;
use crate::parking::rows::{
    BarrierCommand, Card, EdgeMark, Lane, Park, ParkTariff, Pass, PassPlate, Present, Shop, Stay, StayState,
    Validation,
};
use crate::parking::stays::enter::{self, Leaving};

/// Where the centre's cursor is kept.
pub const CURSOR: &str = "cursor";
/// Where the version of the set-up is kept.
pub const PLACES: &str = "places";
/// Where the number of the last event the centre has taken is kept.
pub const TOLD: &str = "told";
/// Where the first reading goes on, while it does.
pub const FROM: &str = "from";

/// A mark of this edge.
pub async fn mark(desk: &Desk, merchant: Merchant, name: &'static str) -> Result<Option<String>, Refusal> {
    desk.decide(merchant, move |view| Ok(view.get::<EdgeMark>(name.to_owned())?.map(|mark| mark.value))).await
}

/// Sets a mark of this edge.
pub async fn set_mark(
    desk: &Desk,
    merchant: Merchant,
    name: &'static str,
    value: String,
) -> Result<(), Refusal> {
    desk.decide(merchant, move |view| {
        view.put(EdgeMark { name: name.to_owned(), value: value.clone() });
        Ok(())
    })
    .await
}

/// Writes what the centre told. The cursor moves last, so a feed that was half written is written again.
/// Errors: `invalid_request` for rows that cannot be read, and the desk's own.
pub async fn apply(desk: &Desk, merchant: Merchant, feed: &Feed) -> Result<(), Refusal> {
    if let Some(places) = &feed.places {
        set_up(desk, places).await?;
    }
    for copy in &feed.stays {
        let copy = copy.clone();
        desk.decide(merchant, move |view| stay(view, &copy)).await?;
    }
    for command in &feed.commands {
        let command: BarrierCommand = row(command)?;
        desk.decide(merchant, move |view| {
            if view.get::<BarrierCommand>(command.id)?.is_none() {
                view.add(command.clone());
            }
            Ok(())
        })
        .await?;
    }
    let (cursor, from) = (feed.cursor.clone(), feed.from.map(|id| id.to_string()).unwrap_or_default());
    desk.decide(merchant, move |view| {
        view.put(EdgeMark { name: CURSOR.to_owned(), value: cursor.clone() });
        view.put(EdgeMark { name: FROM.to_owned(), value: from.clone() });
        Ok(())
    })
    .await
}

async fn set_up(desk: &Desk, places: &Places) -> Result<(), Refusal> {
    let rows = places.directory.clone();
    desk.decide(Merchant::DIRECTORY, move |view| {
        rows.iter().try_for_each(|carried| directory(view, carried))
    })
    .await?;
    let (rows, version) = (places.rows.clone(), places.version.clone());
    desk.decide(places.merchant, move |view| {
        rows.iter().try_for_each(|carried| place(view, carried))?;
        view.put(EdgeMark { name: PLACES.to_owned(), value: version.clone() });
        Ok(())
    })
    .await
}

/// Writes a row as it came.
fn plain<R: Row>(view: &mut View, carried: &Carried) -> Ruled<()> {
    let new: R = row(&carried.row)?;
    if view.get::<R>(new.key())?.as_ref() != Some(&new) {
        view.put(new);
    }
    Ok(())
}

/// Writes a row that holds something of the edge's own besides.
fn merged<R: Row>(view: &mut View, carried: &Carried, merge: impl FnOnce(&mut R, Option<&R>)) -> Ruled<()> {
    let mut new: R = row(&carried.row)?;
    let own = view.get::<R>(new.key())?;
    merge(&mut new, own.as_ref());
    if own.as_ref() != Some(&new) {
        view.put(new);
    }
    Ok(())
}

fn directory(view: &mut View, carried: &Carried) -> Ruled<()> {
    match carried.table.as_str() {
        "merchants_dir" => plain::<MerchantRow>(view, carried),
        "tokens" => plain::<Token>(view, carried),
        "logins" => merged::<Login>(view, carried, |new, own| {
            if let Some(own) = own {
                (new.failed, new.locked_until) = (own.failed, own.locked_until);
            }
        }),
        // A table this release does not know is another release's affair.
        _ => Ok(()),
    }
}

fn place(view: &mut View, carried: &Carried) -> Ruled<()> {
    match carried.table.as_str() {
        "sites" => plain::<Site>(view, carried),
        "operators" => plain::<Operator>(view, carried),
        "parking_tariffs" => plain::<ParkTariff>(view, carried),
        "parking_pass_plates" => plain::<PassPlate>(view, carried),
        "terminals" => merged::<Terminal>(view, carried, |new, own| {
            if let Some(own) = own {
                (new.shift, new.seen_at) = (own.shift, own.seen_at);
            }
        }),
        "parking_parks" => merged::<Park>(view, carried, |new, own| {
            // Here the barriers are told.
            new.options.edge = false;
            if let Some(own) = own {
                (new.inside, new.version) = (own.inside, own.version);
            }
        }),
        "parking_lanes" => merged::<Lane>(view, carried, |new, own| {
            if let Some(own) = own {
                (new.waiting, new.waiting_since) = (own.waiting, own.waiting_since);
                new.waiting_cause.clone_from(&own.waiting_cause);
                (new.last_sighting, new.last_at) = (own.last_sighting, own.last_at);
                new.last_plate.clone_from(&own.last_plate);
                new.version = own.version;
            }
        }),
        "parking_passes" => merged::<Pass>(view, carried, |new, own| {
            if let Some(own) = own {
                new.inside.clone_from(&own.inside);
                new.version = own.version;
            }
        }),
        "parking_cards" => merged::<Card>(view, carried, |new, own| {
            if let Some(own) = own {
                (new.stay, new.issued_at) = (own.stay, own.issued_at);
            }
        }),
        "parking_shops" => merged::<Shop>(view, carried, |new, own| {
            if let Some(own) = own {
                new.day.clone_from(&own.day);
                new.given = own.given;
            }
        }),
        _ => Ok(()),
    }
}

/// A stay as the centre has it. A car that was paid for while it waits at an exit here is let out at once.
fn stay(view: &mut View, copy: &StayCopy) -> Ruled<()> {
    let told: Stay = row(&copy.stay)?;
    for validation in &copy.validations {
        let validation: Validation = row(validation)?;
        if view.get::<Validation>(validation.id)?.as_ref() != Some(&validation) {
            view.put(validation);
        }
    }
    let Some(own) = view.get::<Stay>(told.id)? else { return begin(view, told) };
    let was_paid = own.paid;
    let mut own = join(view, own, &told)?;
    view.put(own.clone());
    if own.state != StayState::Inside {
        return Ok(());
    }
    match told.state {
        StayState::Left => {
            let out = Leaving { lane: told.exit_lane, flags: told.flags.0.clone(), ..Leaving::default() };
            let at = told.left_at.unwrap_or(own.entered_at);
            quietly_end(view, &mut own, at, &out, StayState::Left)
        }
        StayState::Void => quietly_end(view, &mut own, told.entered_at, &Leaving::default(), StayState::Void),
        _ if own.paid > was_paid => lanes::open_if_waiting(view, &own),
        _ => Ok(()),
    }
}

/// A stay this edge has not seen. It is findable, but no event of the edge's: the centre told it.
fn begin(view: &mut View, told: Stay) -> Ruled<()> {
    if told.state == StayState::Inside {
        present(view, &told, Some(told.id))?;
        enter::add_keys(view, &told);
        let mut park = enter::park(view, told.site)?;
        park.inside += 1;
        park.version += 1;
        view.put(park);
        hold_pass(view, &told)?;
        hold_card(view, &told)?;
    }
    view.add(told);
    Ok(())
}

/// What of a stay is the centre's is taken over: money, plate, card, pass, flags.
fn join(view: &mut View, own: Stay, told: &Stay) -> Ruled<Stay> {
    let mut joined = own;
    for part in told.payments.iter() {
        match joined.payments.iter_mut().find(|p| p.order == part.order) {
            Some(known) => *known = part.clone(),
            None => joined.payments.push(part.clone()),
        }
    }
    joined.paid = joined.payments.iter().map(|p| p.amount).sum();
    let own_sale = joined.payments.iter().any(|p| !told.payments.iter().any(|t| t.order == p.order));
    joined.paid_until = if own_sale { joined.paid_until.max(told.paid_until) } else { told.paid_until };
    told.flags.iter().for_each(|flag| joined.flag(flag));
    if joined.state != StayState::Inside {
        return Ok(joined);
    }
    if told.state == StayState::Inside && told.version > joined.version {
        joined.entered_at = told.entered_at;
        if told.plate != joined.plate {
            enter::replate(view, &mut joined, &told.plate)?;
        }
    }
    if told.card.is_some() {
        joined.card.clone_from(&told.card);
        hold_card(view, &joined)?;
    }
    if told.pass.is_some() && joined.pass != told.pass {
        joined.pass = told.pass;
        hold_pass(view, &joined)?;
    }
    joined.version = joined.version.max(told.version);
    Ok(joined)
}

/// Ends a stay as the centre ended it: no event of the edge's, which would be told back.
fn quietly_end(
    view: &mut View,
    stay: &mut Stay,
    at: store::Millis,
    out: &Leaving,
    state: StayState,
) -> Ruled<()> {
    enter::release(view, stay, &state)?;
    stay.left_at = (state == StayState::Left).then_some(at.max(stay.entered_at));
    stay.exit_lane = out.lane;
    stay.state = state;
    stay.version += 1;
    view.put(stay.clone());
    Ok(())
}

fn present(view: &mut View, stay: &Stay, id: Option<Id>) -> Ruled<()> {
    if !enter::certain(&stay.plate) {
        return Ok(());
    }
    let known = enter::present(view, stay.site, &stay.plate)?;
    let last = known.as_ref().and_then(|p| p.last).or(stay.previous);
    let (site, plate) = (stay.site, stay.plate.clone());
    view.put(Present { site, plate, stay: id, last, orphan: None, orphan_at: None });
    Ok(())
}

fn hold_pass(view: &mut View, stay: &Stay) -> Ruled<()> {
    let Some(id) = stay.pass else { return Ok(()) };
    let Some(mut pass) = view.get::<Pass>(id)? else { return Ok(()) };
    if !pass.inside.contains(&stay.id) {
        pass.inside.push(stay.id);
        pass.version += 1;
        view.put(pass);
    }
    Ok(())
}

fn hold_card(view: &mut View, stay: &Stay) -> Ruled<()> {
    let Some(code) = &stay.card else { return Ok(()) };
    if let Some(mut card) = view.get::<Card>((stay.site, code.clone()))?
        && card.stay != Some(stay.id)
    {
        card.stay = Some(stay.id);
        view.put(card);
    }
    Ok(())
}
