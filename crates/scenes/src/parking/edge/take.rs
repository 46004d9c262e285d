//! At the centre: facts of an edge are taken once and never refused. What contradicts is listed, with what was told.

use desk::access::Act;
use desk::{Desk, Recorded, Refusal, Ruled, Who};
use serde::Serialize;
use serde_json::{Value, json};
use store::{Id, Json, Stop, View};

use super::{Told, What, row};
use crate::parking::rows::{
    BarrierCommand, Card, Change, Contradiction, Direction, Fact, Lane, Passage, Photo, PhotoBytes, Sighting,
    Stay, StayState, Validation, Voucher,
};
use crate::parking::stays::enter::{self, Entering, Leaving};
use crate::parking::stays::{self, Besides};

/// What became of facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Facts that were new.
    pub new: usize,
    /// Facts that were known.
    pub known: usize,
    /// Facts among the new ones that contradict something.
    pub contradicting: usize,
}

/// The edge that tells, and its site.
#[derive(Clone, Copy, Debug)]
pub struct Teller {
    /// The edge's terminal.
    pub edge: Id,
    /// Its site.
    pub site: Id,
}

/// Takes facts in the order they are told. Errors: only the desk's own (`busy`, `unknown_outcome`, `forbidden`): tell them again then.
pub async fn take(desk: &Desk, who: &Who, teller: Teller, facts: &[Value]) -> Result<Taken, Refusal> {
    who.need(Act::Sell)?;
    let mut taken = Taken::default();
    for told in facts {
        let (new, contradictions) = match one(desk, who, teller, told).await {
            Ok(done) => done,
            Err(why) if why.code() == "busy" || why.code() == "unknown_outcome" => return Err(why),
            // The rule that did not allow it is listed with the fact: nothing that happened is dropped.
            Err(why) => aside(desk, who, teller, told, &why).await?,
        };
        if new {
            taken.new += 1;
        } else {
            taken.known += 1;
        }
        taken.contradicting += usize::from(contradictions > 0);
    }
    Ok(taken)
}

/// The name under which a fact is kept; what has none is named by its text.
fn name_of(teller: Teller, told: &Value) -> String {
    let name: String =
        told.get("name").and_then(Value::as_str).unwrap_or_default().chars().take(80).collect();
    format!("edge:{}:{name}", teller.edge)
}

async fn one(desk: &Desk, who: &Who, teller: Teller, told: &Value) -> Result<(bool, usize), Refusal> {
    let name = name_of(teller, told);
    let told: Told = serde_json::from_value(told.clone())
        .map_err(|error| desk::problem::desk::INVALID_REQUEST.with(error.to_string()))?;
    let inner = desk.clone();
    desk.decide(who.merchant, move |view| {
        if view.get::<Fact>(name.clone())?.is_some() {
            return Ok((false, 0));
        }
        let mut taking = Taking { desk: &inner, teller, told: &told, name: &name, contradictions: 0 };
        taking.apply(view)?;
        let contradictions = taking.contradictions;
        keep(view, &name);
        Ok((true, contradictions))
    })
    .await
}

fn keep(view: &mut View, name: &str) {
    let made = view.id();
    view.add(Fact { name: name.to_owned(), made, at: view.now() });
}

/// Lists a fact that could not be carried out.
async fn aside(
    desk: &Desk,
    who: &Who,
    teller: Teller,
    told: &Value,
    why: &Refusal,
) -> Result<(bool, usize), Refusal> {
    let (name, told, why) = (name_of(teller, told), told.clone(), why.clone());
    desk.decide(who.merchant, move |view| {
        if view.get::<Fact>(name.clone())?.is_some() {
            return Ok((false, 0));
        }
        let what = if why.code() == "invalid_request" { "unreadable" } else { why.code() };
        let detail = json!({"told": told, "why": why.to_string()});
        list(view, teller, &name, what, Odd { stay: None, amount: None, detail });
        keep(view, &name);
        Ok((true, 1))
    })
    .await
}

/// What is odd about a fact.
struct Odd {
    stay: Option<Id>,
    amount: Option<i64>,
    detail: Value,
}

fn list(view: &mut View, teller: Teller, fact: &str, what: &str, odd: Odd) {
    let id = view.id();
    view.add(Contradiction {
        id,
        site: teller.site,
        edge: teller.edge,
        fact: fact.to_owned(),
        what: what.to_owned(),
        stay: odd.stay,
        amount: odd.amount,
        detail: Json(odd.detail),
        at: view.now(),
        settled_at: None,
        operator: None,
        note: None,
    });
    view.emit(
        "parking.contradiction",
        odd.stay.unwrap_or(teller.site),
        json!({"contradiction": id, "what": what}),
    );
}

struct Taking<'a> {
    desk: &'a Desk,
    teller: Teller,
    told: &'a Told,
    name: &'a str,
    contradictions: usize,
}

impl Taking<'_> {
    fn odd(&mut self, view: &mut View, what: &str, odd: Odd) {
        self.contradictions += 1;
        list(view, self.teller, self.name, what, odd);
    }

    fn apply(&mut self, view: &mut View) -> Ruled<()> {
        match &self.told.what {
            What::Entered { stay } => self.entered(view, &self.own(stay)?).map(drop),
            What::Ended { stay } => self.ended(view, &self.own(stay)?),
            What::Changed { stay, changes } => self.changed(view, &self.own(stay)?, changes),
            What::Passed { passage } => self.passed(view, row(passage)?),
            What::Seen { sighting } => self.seen(view, row(sighting)?),
            What::Answered { command } => {
                let command: BarrierCommand = row(command)?;
                self.here(command.site)?;
                view.put(command);
                Ok(())
            }
            What::Validated { validation } => self.validated(view, row(validation)?),
            What::Photo { photo, bytes } => {
                let (photo, bytes): (Photo, PhotoBytes) = (row(photo)?, row(bytes)?);
                self.here(photo.site)?;
                if view.get::<Photo>(photo.id)?.is_none() && photo.id == bytes.id {
                    view.add(photo);
                    view.log(bytes);
                }
                Ok(())
            }
            What::Sold { order, attempt } => self.sold(view, &row(order)?, &row(attempt)?),
        }
    }

    /// An edge speaks for its own site only.
    fn here(&self, site: Id) -> Result<(), Refusal> {
        if site == self.teller.site {
            return Ok(());
        }
        Err(desk::problem::desk::FORBIDDEN.with("an edge tells what happened at its own site"))
    }

    fn own(&self, stay: &Value) -> Result<Stay, Refusal> {
        let stay: Stay = row(stay)?;
        self.here(stay.site)?;
        Ok(stay)
    }

    /// The stay as it is here, begun if it was not known.
    fn entered(&mut self, view: &mut View, told: &Stay) -> Ruled<Stay> {
        if let Some(known) = view.get::<Stay>(told.id)? {
            return Ok(known);
        }
        if let Some(other) = enter::present(view, told.site, &told.plate)?.and_then(|p| p.stay) {
            let before = stays::need(view, other)?;
            let at = told.entered_at.max(before.entered_at);
            let out = Leaving { flags: vec!["missing_exit".to_owned()], ..Leaving::default() };
            enter::leave(view, before, at, &out)?;
            let detail = json!({"entered": told.id});
            self.odd(view, "entered_while_inside", Odd { stay: Some(other), amount: None, detail });
        }
        let car = Entering {
            id: Some(told.id),
            site: told.site,
            plate: told.plate.clone(),
            plate_seen: told.plate_seen.clone(),
            vehicle: told.vehicle.clone(),
            at: told.entered_at,
            lane: told.entry_lane,
            sighting: told.entry_sighting,
            photo: told.entry_photo,
            flags: told.flags.0.clone(),
        };
        let mut stay = enter::enter(view, &car)?;
        if told.pass.is_some() && stay.pass != told.pass {
            let detail = json!({"told": told.pass, "here": stay.pass});
            self.odd(view, "pass_differs", Odd { stay: Some(stay.id), amount: None, detail });
        }
        if let Some(code) = &told.card {
            self.card(view, &mut stay, code)?;
            view.put(stay.clone());
        }
        Ok(stay)
    }

    fn card(&self, view: &mut View, stay: &mut Stay, code: &str) -> Ruled<()> {
        let known = view.get::<Card>((stay.site, code.to_owned()))?;
        let mut card = known.unwrap_or_else(|| stays::new_card(stay.site, code, self.told.occurred_at));
        (card.stay, card.issued_at) = (Some(stay.id), Some(self.told.occurred_at));
        stay.card = Some(code.to_owned());
        view.put(card);
        Ok(())
    }

    fn ended(&mut self, view: &mut View, told: &Stay) -> Ruled<()> {
        let stay = self.entered(view, told)?;
        if stay.state != StayState::Inside {
            if stay.left_at != told.left_at {
                let detail = json!({"here": stay.left_at, "told": told.left_at});
                self.odd(view, "ended_twice", Odd { stay: Some(stay.id), amount: None, detail });
            }
            return Ok(());
        }
        if told.state == StayState::Void {
            return enter::void(view, stay).map(drop);
        }
        let at = told.left_at.unwrap_or(self.told.occurred_at);
        let owed = match stays::price(view, &stay, at, &Besides::default()) {
            Ok(priced) => priced.fee.due.value,
            Err(Stop::Refused(why)) => {
                let odd = Odd { stay: Some(stay.id), amount: None, detail: json!({"why": why.to_string()}) };
                self.odd(view, "no_price", odd);
                0
            }
            Err(missing) => return Err(missing),
        };
        let out = Leaving {
            lane: told.exit_lane,
            sighting: told.exit_sighting,
            photo: told.exit_photo,
            flags: told.flags.0.clone(),
        };
        let left = enter::leave(view, stay, at, &out)?;
        if owed > 0 {
            let odd =
                Odd { stay: Some(left.id), amount: Some(owed), detail: json!({"left_at": left.left_at}) };
            self.odd(view, "left_unpaid", odd);
        }
        Ok(())
    }

    fn changed(&mut self, view: &mut View, told: &Stay, changes: &[Value]) -> Ruled<()> {
        let mut stay = self.entered(view, told)?;
        if stay.state == StayState::Inside {
            if stay.plate != told.plate {
                let taken = enter::present(view, stay.site, &told.plate)?.and_then(|p| p.stay);
                if let Some(other) = taken.filter(|other| *other != stay.id) {
                    let detail = json!({"other": other});
                    self.odd(view, "plate_inside", Odd { stay: Some(stay.id), amount: None, detail });
                } else {
                    enter::replate(view, &mut stay, &told.plate)?;
                }
            }
            if let Some(code) = told.card.as_ref().filter(|code| stay.card.as_ref() != Some(*code)) {
                self.card(view, &mut stay, code)?;
            }
            stay.entered_at = told.entered_at;
            told.flags.iter().for_each(|flag| stay.flag(flag));
            stay.version += 1;
            view.put(stay);
        }
        for change in changes {
            let change: Change = row(change)?;
            if view.get::<Change>(change.id)?.is_none() {
                view.log(change);
            }
        }
        Ok(())
    }

    fn seen(&mut self, view: &mut View, sighting: Sighting) -> Ruled<()> {
        self.here(sighting.site)?;
        let mut lane = view.need::<Lane, Refusal>(sighting.lane)?;
        lane.last_sighting = Some(sighting.id);
        lane.last_plate.clone_from(&sighting.plate);
        lane.last_at = Some(sighting.at);
        view.put(lane);
        if view.get::<Sighting>(sighting.id)?.is_none() {
            view.add(sighting);
        }
        Ok(())
    }

    fn passed(&mut self, view: &mut View, passage: Passage) -> Ruled<()> {
        self.here(passage.site)?;
        let mut lane = view.need::<Lane, Refusal>(passage.lane)?;
        if passage.opened {
            (lane.waiting, lane.waiting_since, lane.waiting_cause) = (None, None, None);
        } else if lane.direction == Direction::Exit && passage.stay.is_some() {
            lane.waiting = passage.stay;
            lane.waiting_since = Some(passage.at);
            lane.waiting_cause = Some(passage.cause.clone());
        }
        lane.version += 1;
        view.put(lane);
        let kind = if passage.opened { "parking.opened" } else { "parking.refused" };
        let data = json!({"stay": passage.stay, "cause": passage.cause, "passage": passage.id, "site": passage.site});
        view.emit(kind, passage.lane, data);
        view.log(passage);
        Ok(())
    }

    fn validated(&mut self, view: &mut View, told: Validation) -> Ruled<()> {
        self.here(told.site)?;
        if view.get::<Validation>(told.id)?.is_some() {
            return Ok(());
        }
        if let Some(serial) = &told.serial {
            let key = (told.site, told.code.clone(), serial.clone());
            match view.get::<Voucher>(key)? {
                Some(used) if used.validation != told.id => {
                    let detail = json!({"used_at": used.used_at, "by": used.validation});
                    self.odd(view, "voucher_used_twice", Odd { stay: Some(told.stay), amount: None, detail });
                }
                Some(_) => {}
                None => view.add(Voucher {
                    site: told.site,
                    code: told.code.clone(),
                    serial: serial.clone(),
                    used_at: told.created_at,
                    validation: told.id,
                }),
            }
        }
        view.emit("parking.validated", told.stay, json!({"validation": told.id, "shop": told.shop}));
        view.add(told);
        Ok(())
    }

    fn sold(
        &mut self,
        view: &mut View,
        order: &desk::rows::Order,
        attempt: &desk::rows::Attempt,
    ) -> Ruled<()> {
        self.here(order.site)?;
        let stay = stays::of_subject(order.subject.as_deref());
        if let Recorded::Taken(Some(why)) = self.desk.record_sale(view, order, attempt)? {
            let detail = json!({"order": order.id, "why": why.to_string()});
            self.odd(view, "drawer_differs", Odd { stay, amount: Some(order.due), detail });
        }
        let Some(id) = stay else { return Ok(()) };
        let Some(stay) = view.get::<Stay>(id)? else { return Ok(()) };
        if stay.payments.iter().filter(|p| p.amount > 0).count() > 1 {
            let priced = stays::price(view, &stay, self.told.occurred_at, &Besides::default())?;
            let over = stay.paid - priced.fee.total.value;
            if over > 0 {
                let odd = Odd { stay: Some(id), amount: Some(over), detail: json!({"order": order.id}) };
                self.odd(view, "sold_beside", odd);
            }
        }
        Ok(())
    }
}
