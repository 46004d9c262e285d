//! A car in front of an entry: one rule for each case (docs/parking.md has the table).

use std::time::Duration;

use desk::Ruled;
use desk::rows::Standing;
use store::{Id, Millis, View};

use super::barrier::{self, Opening};
use super::see::{Scene, Verdict};
use super::{Passed, passed};
use crate::parking::plate::Plate;
use crate::parking::rows::{Pass, PassesOfPlate, Staffing, Stay};
use crate::parking::stays::enter::{self, Entering, Leaving};
use crate::parking::stays::need;

/// Decides.
pub(super) fn rules(view: &mut View, scene: &mut Scene) -> Ruled<Verdict> {
    let plate = scene.sighting.plate.clone();
    let known = enter::present(view, scene.lane.site, &plate)?;
    let inside = match known.as_ref().and_then(|p| p.stay) {
        Some(id) => Some(need(view, id)?),
        None => None,
    };
    let second = Duration::from_secs(u64::try_from(scene.park.options.second_camera_s).unwrap_or(0));
    if let Some(stay) = &inside
        && stay.entered_at.since(scene.sighting.at).max(scene.sighting.at.since(stay.entered_at)) < second
    {
        let id = stay.id;
        return Ok(open(view, scene, "second_camera", Some(id), "second_camera"));
    }
    if scene.live
        && let Some(cause) = kept_out(view, scene, &plate)?
    {
        return Ok(refuse(view, scene, cause));
    }
    if let Some(stay) = inside {
        missed_exit(view, stay, scene.sighting.at)?;
    }
    let orphan = known.and_then(|p| p.orphan_at.zip(p.orphan)).filter(|(at, _)| *at >= scene.sighting.at);
    let stay = enter::enter(view, &entering(scene))?;
    scene.park = enter::park(view, scene.lane.site)?;
    if let Some((left_at, sighting)) = orphan {
        // The exit was told before the entry: both are known now, and the stay is over.
        let out =
            Leaving { sighting: Some(sighting), flags: vec!["wrong_order".to_owned()], ..Leaving::default() };
        let id = enter::leave(view, stay, left_at, &out)?.id;
        return Ok(scene.ends("recorded", Some(id)));
    }
    let cause = if scene.sighting.plate.is_empty() { "entry_unread" } else { "entry" };
    Ok(open(view, scene, "opened", Some(stay.id), cause))
}

fn entering(scene: &Scene) -> Entering {
    Entering {
        id: None,
        site: scene.lane.site,
        plate: scene.sighting.plate.clone(),
        plate_seen: scene.sighting.plate_seen.clone(),
        vehicle: scene.sighting.vehicle.clone(),
        at: scene.sighting.at,
        lane: Some(scene.lane.id),
        sighting: Some(scene.sighting.id),
        photo: scene.photo,
        flags: scene.sighting.flags.0.clone(),
    }
}

/// Why a car stays outside.
fn kept_out(view: &mut View, scene: &Scene, plate: &str) -> Ruled<Option<&'static str>> {
    if scene.staffing == Staffing::Closed {
        return Ok(Some("closed"));
    }
    let options = &scene.park.options;
    let full = options.refuse_when_full && scene.park.inside >= scene.park.spaces;
    if !full && !options.passes_only || always(plate) || holds_pass(view, scene, plate)? {
        return Ok(None);
    }
    Ok(Some(if full { "full" } else { "passes_only" }))
}

/// Police, army and rescue get in.
fn always(plate: &str) -> bool {
    let first = |classes: &[&str]| {
        classes.iter().any(|c| ["police", "army", "armed_police", "emergency"].contains(c))
    };
    Plate::parse(plate).is_ok_and(|plate| first(plate.classes()))
}

fn holds_pass(view: &mut View, scene: &Scene, plate: &str) -> Ruled<bool> {
    let ids: Vec<Id> = view.by::<PassesOfPlate>(plate.to_owned())?.into_iter().map(|p| p.pass).collect();
    let at = scene.sighting.at;
    let holds = |pass: &Pass| {
        pass.standing == Standing::On
            && (pass.valid_from..pass.valid_until).contains(&at)
            && (pass.sites.is_empty() || pass.sites.contains(&scene.lane.site))
    };
    Ok(view.all::<Pass>(ids)?.iter().flatten().any(holds))
}

/// The same plate is inside: nobody saw it leave. The old stay ends now, and the list of differences has it.
fn missed_exit(view: &mut View, stay: Stay, at: Millis) -> Ruled<()> {
    let out = Leaving { flags: vec!["missing_exit".to_owned()], ..Leaving::default() };
    enter::leave(view, stay, at, &out)?;
    Ok(())
}

fn open(view: &mut View, scene: &mut Scene, outcome: &str, stay: Option<Id>, cause: &str) -> Verdict {
    let mut verdict = scene.ends(outcome, stay);
    if scene.live {
        let why = Opening { stay, sighting: Some(scene.sighting.id), ..Opening::of(cause) };
        verdict.command = Some(barrier::open(view, &mut scene.lane, &why));
    }
    verdict
}

fn refuse(view: &mut View, scene: &mut Scene, cause: &'static str) -> Verdict {
    let what = Passed {
        lane: &scene.lane,
        stay: None,
        sighting: Some(scene.sighting.id),
        command: None,
        opened: false,
        cause,
        note: "",
        operator: None,
        terminal: None,
    };
    passed(view, &what);
    scene.ends(cause, None)
}
