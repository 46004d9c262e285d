//! A car comes in and goes out, inside a decision: the stay, its keys, its pass and card, and the count of the car park.

use desk::Refusal;
use desk::rows::Standing;
use serde_json::json;
use store::{Id, Json, Millis, Stop, View};

use super::keys::{self, UNREAD};
use crate::parking::plate::Plate;
use crate::parking::problem;
use crate::parking::rows::{Card, Park, Pass, PassesOfPlate, Present, Stay, StayKey, StayState};

/// A car that comes in.
#[derive(Clone, Debug)]
pub(crate) struct Entering {
    /// The stay's id, where an edge gave it one; a fresh one otherwise.
    pub(crate) id: Option<Id>,
    pub(crate) site: Id,
    /// As it was read or typed; empty where nothing could be read.
    pub(crate) plate: String,
    pub(crate) plate_seen: String,
    pub(crate) vehicle: String,
    pub(crate) at: Millis,
    pub(crate) lane: Option<Id>,
    pub(crate) sighting: Option<Id>,
    pub(crate) photo: Option<Id>,
    pub(crate) flags: Vec<String>,
}

/// A car that goes out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaving {
    pub(crate) lane: Option<Id>,
    pub(crate) sighting: Option<Id>,
    pub(crate) photo: Option<Id>,
    pub(crate) flags: Vec<String>,
}

/// The car park of a site. Error: `parking_no_car_park`.
pub(crate) fn park(view: &mut View, site: Id) -> Result<Park, Stop<Refusal>> {
    let found = view.get::<Park>(site)?;
    found.ok_or_else(|| Stop::Refused(problem::NO_PARK.with(format!("site {site}"))))
}

/// Whether a plate was read whole, so that the same text means the same car.
pub(crate) fn certain(plate: &str) -> bool {
    !plate.is_empty() && !plate.contains(UNREAD)
}

/// What is known of a plate here; nothing for a plate that was not read whole.
pub(crate) fn present(view: &mut View, site: Id, plate: &str) -> Result<Option<Present>, Stop<Refusal>> {
    if !certain(plate) {
        return Ok(None);
    }
    Ok(view.get::<Present>((site, plate.to_owned()))?)
}

/// A stay of which nothing is known but its plate.
pub(crate) fn fresh(now: Millis, id: Id, site: Id, plate: &str) -> Stay {
    Stay {
        id,
        site,
        created_at: now,
        plate: plate.to_owned(),
        plate_seen: plate.to_owned(),
        vehicle: String::new(),
        entered_at: now,
        entry_lane: None,
        entry_sighting: None,
        entry_photo: None,
        left_at: None,
        exit_lane: None,
        exit_sighting: None,
        exit_photo: None,
        state: StayState::Inside,
        paid: 0,
        payments: Json(Vec::new()),
        paid_until: None,
        card: None,
        pass: None,
        previous: None,
        flags: Json(Vec::new()),
        version: 1,
    }
}

/// Begins a stay. The caller has seen to it that no other stay of the plate is inside.
pub(crate) fn enter(view: &mut View, car: &Entering) -> Result<Stay, Stop<Refusal>> {
    let mut park = park(view, car.site)?;
    let known = present(view, car.site, &car.plate)?;
    let id = car.id.unwrap_or_else(|| view.id());
    let mut stay = Stay {
        plate_seen: car.plate_seen.clone(),
        vehicle: car.vehicle.clone(),
        entered_at: car.at,
        entry_lane: car.lane,
        entry_sighting: car.sighting,
        entry_photo: car.photo,
        previous: known.as_ref().and_then(|p| p.last),
        flags: Json(car.flags.clone()),
        ..fresh(view.now(), id, car.site, &car.plate)
    };
    if !certain(&car.plate) {
        stay.flag("unread");
    } else if Plate::parse(&car.plate).is_err() {
        stay.flag("impossible_plate");
    }
    take_pass(view, &mut stay)?;
    if certain(&car.plate) {
        let last = known.and_then(|p| p.last);
        let (site, plate) = (car.site, car.plate.clone());
        view.put(Present { site, plate, stay: Some(id), last, orphan: None, orphan_at: None });
    }
    add_keys(view, &stay);
    park.inside += 1;
    park.version += 1;
    view.put(park);
    view.add(stay.clone());
    view.emit("parking.entered", id, json!({"site": stay.site, "lane": stay.entry_lane, "version": 1}));
    Ok(stay)
}

/// Ends a stay. The moment is never before the entry.
pub(crate) fn leave(
    view: &mut View,
    mut stay: Stay,
    at: Millis,
    out: &Leaving,
) -> Result<Stay, Stop<Refusal>> {
    if at < stay.entered_at {
        stay.flag("exit_before_entry");
    }
    stay.left_at = Some(at.max(stay.entered_at));
    (stay.exit_lane, stay.exit_sighting, stay.exit_photo) = (out.lane, out.sighting, out.photo);
    out.flags.iter().for_each(|flag| stay.flag(flag));
    end(view, stay, StayState::Left, "parking.left")
}

/// Takes a stay back that never was.
pub(crate) fn void(view: &mut View, stay: Stay) -> Result<Stay, Stop<Refusal>> {
    end(view, stay, StayState::Void, "parking.voided")
}

fn end(
    view: &mut View,
    mut stay: Stay,
    state: StayState,
    event: &'static str,
) -> Result<Stay, Stop<Refusal>> {
    if stay.state == StayState::Inside {
        release(view, &stay, &state)?;
    }
    stay.state = state;
    stay.version += 1;
    view.put(stay.clone());
    view.emit(event, stay.id, json!({"site": stay.site, "lane": stay.exit_lane, "version": stay.version}));
    Ok(stay)
}

/// Takes a stay that ends in this state out of all that counts who is inside: the car park, its plate, its pass, its card.
pub(crate) fn release(view: &mut View, stay: &Stay, ends: &StayState) -> Result<(), Stop<Refusal>> {
    let mut park = park(view, stay.site)?;
    park.inside = (park.inside - 1).max(0);
    park.version += 1;
    view.put(park);
    forget_plate(view, stay, *ends == StayState::Left)?;
    give_back_pass(view, stay)?;
    if let Some(code) = &stay.card
        && let Some(mut card) = view.get::<Card>((stay.site, code.clone()))?
        && card.stay == Some(stay.id)
    {
        card.stay = None;
        view.put(card);
    }
    Ok(())
}

/// Gives a stay another plate, and makes it findable by it. The caller has seen to it that no other stay of that plate is inside.
pub(crate) fn replate(view: &mut View, stay: &mut Stay, plate: &str) -> Result<(), Stop<Refusal>> {
    forget_plate(view, stay, false)?;
    let last = present(view, stay.site, plate)?.and_then(|p| p.last);
    plate.clone_into(&mut stay.plate);
    if certain(plate) {
        let (site, plate) = (stay.site, plate.to_owned());
        view.put(Present { site, plate, stay: Some(stay.id), last, orphan: None, orphan_at: None });
    }
    add_keys(view, stay);
    stay.previous = stay.previous.or(last);
    take_pass(view, stay)
}

/// Takes a stay's plate out of what is inside.
pub(crate) fn forget_plate(view: &mut View, stay: &Stay, visited: bool) -> Result<(), Stop<Refusal>> {
    if let Some(mut known) = present(view, stay.site, &stay.plate)?
        && known.stay == Some(stay.id)
    {
        known.stay = None;
        if visited {
            known.last = Some(stay.id);
        }
        view.put(known);
    }
    for part in keys::stored(&stay.plate) {
        view.want::<StayKey>((stay.site, part, stay.id));
    }
    for part in keys::stored(&stay.plate) {
        view.remove::<StayKey>((stay.site, part, stay.id));
    }
    Ok(())
}

/// Makes a stay findable by its plate.
pub(crate) fn add_keys(view: &mut View, stay: &Stay) {
    for part in keys::stored(&stay.plate) {
        view.add(StayKey { site: stay.site, part, stay: stay.id, plate: stay.plate.clone() });
    }
}

/// Lets a pass of the plate cover the stay, where one holds and has room for another of its cars.
pub(crate) fn take_pass(view: &mut View, stay: &mut Stay) -> Result<(), Stop<Refusal>> {
    if !certain(&stay.plate) || stay.pass.is_some() {
        return Ok(());
    }
    let ids: Vec<Id> = view.by::<PassesOfPlate>(stay.plate.clone())?.into_iter().map(|p| p.pass).collect();
    for mut pass in view.all::<Pass>(ids)?.into_iter().flatten() {
        let here = pass.sites.is_empty() || pass.sites.contains(&stay.site);
        let on = pass.standing == Standing::On;
        if !here || !on || stay.entered_at < pass.valid_from || stay.entered_at >= pass.valid_until {
            continue;
        }
        if i64::try_from(pass.inside.len()).unwrap_or(i64::MAX) >= pass.cars {
            stay.flag("pass_full");
            continue;
        }
        pass.inside.push(stay.id);
        pass.version += 1;
        stay.pass = Some(pass.id);
        view.put(pass);
        return Ok(());
    }
    Ok(())
}

/// Makes room in the pass again. The stay keeps its pass, so that its price can be told later.
fn give_back_pass(view: &mut View, stay: &Stay) -> Result<(), Stop<Refusal>> {
    if let Some(id) = stay.pass
        && let Some(mut pass) = view.get::<Pass>(id)?
        && pass.inside.contains(&stay.id)
    {
        pass.inside.retain(|inside| *inside != stay.id);
        pass.version += 1;
        view.put(pass);
    }
    Ok(())
}
