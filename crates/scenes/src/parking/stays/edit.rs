//! What people change: a car let in or out by hand, a plate or an entry time put right, a card handed over, a validation, a
//! pass. Every change leaves a trace with who and why.

use desk::access::Act;
use desk::dates::business_date;
use desk::once::Once;
use desk::rows::{Site, Standing};
use desk::{Desk, Refusal, Ruled, Who};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Id, Json, Millis, Stop, View};

use super::enter::{self, Entering, Leaving};
use super::{keys, need, need_inside, tariffs};
use crate::parking::problem;
use crate::parking::rows::{
    Card, Change, Pass, PassPlate, Shop, Stay, Validation, ValidationsOfStay, Voucher,
};
use crate::parking::tariff::Vehicle;

/// Longest reason that is kept, in characters.
const REASON: usize = 200;

/// A car let in by hand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ByHand {
    /// The car park.
    pub site: Id,
    /// The plate; empty where there is none.
    pub plate: String,
    /// When it came, if that was before now.
    pub entered_at: Option<Millis>,
    /// What is known of the vehicle, in the tariff's words.
    pub vehicle: String,
    /// Why by hand.
    pub reason: String,
}

/// A plate to be put right.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Correction {
    /// The stay.
    pub stay: Id,
    /// The right plate.
    pub plate: String,
    /// Why.
    pub reason: String,
}

/// A validation to be given.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewValidation {
    /// The stay.
    #[schema(value_type = String)]
    pub stay: Id,
    /// The tariff's code.
    pub code: String,
    /// The shop that gives it, where one does.
    #[schema(value_type = Option<String>)]
    pub shop: Option<Id>,
    /// The number of the voucher or receipt: it counts once at a car park.
    pub serial: Option<String>,
    /// Receipts in minor units, for tariffs that count money.
    #[serde(default)]
    pub receipts: Vec<i64>,
}

/// A pass to be added.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPass {
    /// Whose it is, in the office's words; never a person's name.
    pub name: String,
    /// The pass in the tariff's words.
    pub code: String,
    /// Its plates.
    pub plates: Vec<String>,
    /// The car parks where it holds; all of the merchant's when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub sites: Vec<Id>,
    /// How many of its cars may stand inside at once.
    pub cars: i64,
    /// First moment.
    #[schema(value_type = String)]
    pub valid_from: Millis,
    /// First moment it no longer holds.
    #[schema(value_type = String)]
    pub valid_until: Millis,
}

pub(crate) fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err((&problem::REASON_MISSING).into());
    }
    Ok(text.chars().filter(|c| !c.is_control()).take(REASON).collect())
}

struct Trace<'a> {
    what: &'a str,
    before: String,
    after: String,
    reason: String,
}

fn trace(view: &mut View, who: &Who, stay: &Stay, trace: Trace<'_>) {
    let id = view.id();
    view.log(Change {
        id,
        stay: stay.id,
        site: stay.site,
        what: trace.what.to_owned(),
        before: trace.before,
        after: trace.after,
        reason: trace.reason,
        operator: who.operator(),
        terminal: who.terminal(),
        at: view.now(),
    });
    view.emit("parking.changed", stay.id, json!({"what": trace.what, "version": stay.version}));
}

/// Lets a car in by hand: no camera saw it, or it saw nothing. `entered_at` may lie in the past, with a reason.
/// Errors: `parking_plate_inside`, `parking_times_contradict`, `parking_reason_missing`, `parking_no_car_park`.
pub async fn enter_by_hand(desk: &Desk, who: &Who, key: &str, new: ByHand) -> Result<Stay, Refusal> {
    who.need(Act::Sell)?;
    let once = Once::new(key, "parking.enter", &new)?;
    let ByHand { site, plate, entered_at, vehicle, reason: why } = new;
    let why = if entered_at.is_some() { reason(&why)? } else { why.chars().take(REASON).collect() };
    Vehicle::parse(&vehicle)
        .map_err(|what| desk::problem::desk::INVALID_REQUEST.with(format!("vehicle: {what}")))?;
    let (plate, who) = (keys::plain(&plate), who.clone());
    desk.decide(who.merchant, move |view| {
        if let Some(made) = once.made(view)? {
            return need(view, made);
        }
        let at = entered_at.unwrap_or(view.now());
        if at > view.now() {
            return Err(Stop::Refused(problem::TIMES_CONTRADICT.with("entered_at: lies in the future")));
        }
        if let Some(inside) = enter::present(view, site, &plate)?.and_then(|p| p.stay) {
            return Err(Stop::Refused(problem::PLATE_INSIDE.with(format!("stay {inside}"))));
        }
        let car = Entering {
            id: None,
            site,
            plate_seen: plate.clone(),
            plate: plate.clone(),
            vehicle: vehicle.clone(),
            at,
            lane: None,
            sighting: None,
            photo: None,
            flags: vec!["manual".to_owned()],
        };
        let stay = enter::enter(view, &car)?;
        let of = Trace { what: "entered", before: String::new(), after: at.to_string(), reason: why.clone() };
        trace(view, &who, &stay, of);
        once.record(view, stay.id);
        Ok(stay)
    })
    .await
}

/// Ends a stay that no camera saw leaving, or takes one back that never was (`void`). Errors: `parking_stay_ended`, `parking_reason_missing`.
pub async fn end_by_hand(
    desk: &Desk,
    who: &Who,
    key: &str,
    id: Id,
    void: bool,
    why: &str,
) -> Result<Stay, Refusal> {
    who.need(if void { Act::Refund } else { Act::Sell })?;
    let once = Once::new(key, "parking.end", &(id, void, why))?;
    let (why, who) = (reason(why)?, who.clone());
    desk.decide(who.merchant, move |view| {
        if once.made(view)?.is_some() {
            return need(view, id);
        }
        let stay = need_inside(view, id)?;
        let of = Trace {
            what: if void { "voided" } else { "ended" },
            before: stay.state.to_string(),
            after: view.now().to_string(),
            reason: why.clone(),
        };
        trace(view, &who, &stay, of);
        once.record(view, id);
        if void {
            return enter::void(view, stay);
        }
        let out = Leaving { flags: vec!["missing_exit".to_owned()], ..Leaving::default() };
        let now = view.now();
        enter::leave(view, stay, now, &out)
    })
    .await
}

/// Puts a plate right. The reading of the camera stays as it was. Errors: `parking_plate_invalid`, `parking_plate_inside`,
/// `parking_stay_ended`, `parking_reason_missing`.
pub async fn correct_plate(desk: &Desk, who: &Who, key: &str, ask: Correction) -> Result<Stay, Refusal> {
    who.need(Act::Sell)?;
    let once = Once::new(key, "parking.correct", &ask)?;
    let why = reason(&ask.reason)?;
    let plate = keys::plain(&ask.plate);
    crate::parking::plate::Plate::parse(&plate).map_err(|e| problem::PLATE_INVALID.with(e.to_string()))?;
    let who = who.clone();
    desk.decide(who.merchant, move |view| {
        if once.made(view)?.is_some() {
            return need(view, ask.stay);
        }
        let mut stay = need_inside(view, ask.stay)?;
        let known = enter::present(view, stay.site, &plate)?;
        if let Some(other) = known.and_then(|p| p.stay).filter(|other| *other != stay.id) {
            return Err(Stop::Refused(problem::PLATE_INSIDE.with(format!("stay {other}"))));
        }
        if plate != stay.plate {
            let before = stay.plate.clone();
            enter::replate(view, &mut stay, &plate)?;
            stay.flags.retain(|f| f != "impossible_plate" && f != "unread");
            stay.flag("corrected");
            stay.version += 1;
            view.put(stay.clone());
            let after = plate.clone();
            trace(view, &who, &stay, Trace { what: "plate", before, after, reason: why.clone() });
        }
        once.record(view, stay.id);
        Ok(stay)
    })
    .await
}

/// Puts the moment of entry right, or notes a lost ticket. Errors: `parking_times_contradict`, `parking_stay_ended`, `parking_reason_missing`.
pub async fn set_entry_time(
    desk: &Desk,
    who: &Who,
    key: &str,
    id: Id,
    entered_at: Millis,
    why: &str,
) -> Result<Stay, Refusal> {
    who.need(Act::Sell)?;
    let once = Once::new(key, "parking.entry_time", &(id, entered_at, why))?;
    let (why, who) = (reason(why)?, who.clone());
    desk.decide(who.merchant, move |view| {
        let mut stay = need_inside(view, id)?;
        if once.made(view)?.is_some() {
            return Ok(stay);
        }
        if entered_at > view.now() {
            return Err(Stop::Refused(problem::TIMES_CONTRADICT.with("entered_at: lies in the future")));
        }
        let before = std::mem::replace(&mut stay.entered_at, entered_at).to_string();
        stay.flag("corrected");
        stay.version += 1;
        view.put(stay.clone());
        let after = entered_at.to_string();
        trace(view, &who, &stay, Trace { what: "entry_time", before, after, reason: why.clone() });
        once.record(view, id);
        Ok(stay)
    })
    .await
}

/// Hands an IC card to a stay: its printed code means this stay until it ends. A card of no stay, or of one that ended, may be
/// issued again. Errors: `parking_card_taken`, `parking_stay_ended`, `invalid_request`.
pub async fn issue_card(desk: &Desk, who: &Who, key: &str, id: Id, code: &str) -> Result<Card, Refusal> {
    who.need(Act::Sell)?;
    let once = Once::new(key, "parking.card", &(id, code))?;
    let code = card_code(code)?;
    desk.decide(who.merchant, move |view| {
        let mut stay = need_inside(view, id)?;
        let found = view.get::<Card>((stay.site, code.clone()))?;
        let (now, known) = (view.now(), found.is_some());
        let mut card = found.unwrap_or_else(|| new_card(stay.site, &code, now));
        if once.made(view)?.is_some() {
            return Ok(card);
        }
        if card.standing != Standing::On {
            return Err(Stop::Refused(problem::CARD_UNKNOWN.with("the card was switched off")));
        }
        if let Some(other) = card.stay.filter(|other| *other != id) {
            return Err(Stop::Refused(problem::CARD_TAKEN.with(format!("stay {other}"))));
        }
        (card.stay, card.issued_at) = (Some(id), Some(now));
        stay.card = Some(code.clone());
        stay.version += 1;
        view.put(stay);
        if known {
            view.put(card.clone());
        } else {
            view.add(card.clone());
        }
        once.record(view, id);
        Ok(card)
    })
    .await
}

pub(crate) fn new_card(site: Id, code: &str, created_at: Millis) -> Card {
    Card { site, code: code.to_owned(), created_at, stay: None, issued_at: None, standing: Standing::On }
}

/// A printed code in its one way of writing. Error: `invalid_request`.
pub(crate) fn card_code(text: &str) -> Result<String, Refusal> {
    let code = text.trim().to_uppercase();
    let fits = (3..=32).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits {
        return Ok(code);
    }
    Err(desk::problem::desk::INVALID_REQUEST.with("card: 3 to 32 letters, figures and dashes"))
}

/// Gives a validation for a stay. A voucher or receipt counts once, a shop gives at most what it may.
/// Errors: `parking_validation_used`, `parking_validation_unknown`, `parking_shop_limit`, `parking_stay_ended`.
pub async fn validate(desk: &Desk, who: &Who, key: &str, new: NewValidation) -> Result<Validation, Refusal> {
    who.need(Act::Sell)?;
    let once = Once::new(key, "parking.validation", &new)?;
    let who = who.clone();
    desk.decide(who.merchant, move |view| {
        if let Some(made) = once.made(view)? {
            return view.need::<Validation, Refusal>(made);
        }
        let stay = need_inside(view, new.stay)?;
        let row = give(view, &stay, &new, who.operator())?;
        once.record(view, row.id);
        Ok(row)
    })
    .await
}

/// Gives a validation inside a decision.
pub(crate) fn give(
    view: &mut View,
    stay: &Stay,
    new: &NewValidation,
    operator: Option<Id>,
) -> Ruled<Validation> {
    check_code(view, stay, &new.code)?;
    let id = view.id();
    if let Some(serial) = &new.serial {
        let name = (stay.site, new.code.clone(), serial.clone());
        if let Some(used) = view.get::<Voucher>(name)? {
            return Err(Stop::Refused(
                problem::VALIDATION_USED.with(format!("{serial:?} was used at {}", used.used_at)),
            ));
        }
        let (code, serial) = (new.code.clone(), serial.clone());
        view.add(Voucher { site: stay.site, code, serial, used_at: view.now(), validation: id });
    }
    if let Some(shop) = new.shop {
        count_at_shop(view, stay, shop, &new.code)?;
    }
    let row = Validation {
        id,
        stay: stay.id,
        site: stay.site,
        shop: new.shop,
        code: new.code.clone(),
        serial: new.serial.clone(),
        receipts: Json(new.receipts.clone()),
        created_at: view.now(),
        operator,
        revoked_at: None,
    };
    view.add(row.clone());
    view.emit("parking.validated", stay.id, json!({"validation": id, "shop": new.shop}));
    Ok(row)
}

/// The tariff of the stay must know the code. Error: `parking_validation_unknown`.
pub(crate) fn check_code(view: &mut View, stay: &Stay, code: &str) -> Ruled<()> {
    let tariff = tariffs::in_force(view, stay.site, stay.entered_at)?;
    if tariff.validations.iter().any(|v| v.code == code) {
        return Ok(());
    }
    let known: Vec<&str> = tariff.validations.iter().map(|v| v.code.as_str()).collect();
    Err(Stop::Refused(
        problem::VALIDATION_UNKNOWN.with(format!("{code:?} is not one of {}", known.join(", "))),
    ))
}

fn count_at_shop(view: &mut View, stay: &Stay, id: Id, code: &str) -> Ruled<()> {
    let mut shop = view.need::<Shop, Refusal>(id)?;
    if shop.standing != Standing::On || shop.site != stay.site || !shop.codes.iter().any(|c| c == code) {
        return Err(Stop::Refused(problem::SHOP_LIMIT.with(format!("this shop gives no {code:?} here"))));
    }
    let site = view.need::<Site, Refusal>(stay.site)?;
    let today = business_date(view.now(), &site.zone, site.cut_off_minutes);
    if shop.day != today {
        (shop.day, shop.given) = (today, 0);
    }
    if let Some(most) = shop.limits.per_day.filter(|most| shop.given >= *most) {
        return Err(Stop::Refused(problem::SHOP_LIMIT.with(format!("{most} a day, all given today"))));
    }
    if let Some(most) = shop.limits.per_stay {
        let own = view.by::<ValidationsOfStay>(stay.id)?;
        let given = own.iter().filter(|v| v.shop == Some(id) && v.revoked_at.is_none()).count();
        if i64::try_from(given).unwrap_or(i64::MAX) >= most {
            return Err(Stop::Refused(problem::SHOP_LIMIT.with(format!("{most} a car, given already"))));
        }
    }
    shop.given += 1;
    view.put(shop);
    Ok(())
}

/// Adds a pass. Errors: `parking_pass_invalid`, `parking_plate_invalid`.
pub async fn add_pass(desk: &Desk, who: &Who, key: &str, new: NewPass) -> Result<Pass, Refusal> {
    who.need(Act::ManageCatalogue)?;
    let once = Once::new(key, "parking.pass", &new)?;
    if new.cars < 1 || new.valid_until <= new.valid_from || new.plates.is_empty() || new.plates.len() > 50 {
        let detail = "cars: at least one; valid_until after valid_from; 1 to 50 plates";
        return Err(problem::PASS_INVALID.with(detail));
    }
    let mut plates = Vec::new();
    for text in &new.plates {
        let plate = crate::parking::plate::Plate::parse(text);
        plates.push(plate.map_err(|e| problem::PLATE_INVALID.with(e.to_string()))?.as_str().to_owned());
    }
    desk.decide(who.merchant, move |view| {
        if let Some(made) = once.made(view)? {
            return view.need::<Pass, Refusal>(made);
        }
        let pass = Pass {
            id: view.id(),
            created_at: view.now(),
            name: new.name.clone(),
            code: new.code.clone(),
            plates: Json(plates.clone()),
            sites: Json(new.sites.clone()),
            cars: new.cars,
            inside: Json(Vec::new()),
            valid_from: new.valid_from,
            valid_until: new.valid_until,
            standing: Standing::On,
            version: 1,
        };
        for plate in &plates {
            view.put(PassPlate { plate: plate.clone(), pass: pass.id });
        }
        view.add(pass.clone());
        once.record(view, pass.id);
        Ok(pass)
    })
    .await
}
