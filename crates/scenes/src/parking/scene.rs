//! Parking as a scene: it quotes a stay inside the decision, hands out the permission to leave with the payment, and takes it
//! back with a refund.

use std::time::Duration;

use desk::Refusal;
use desk::dates;
use desk::problem::desk as problems;
use desk::rows::{Order, Refund, Site};
use desk::scene::{Handout, Quote, QuoteAsk, QuoteLine, Scene};
use jiff::tz::TimeZone;
use money::{Currency, Money};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Id, Migration, Millis, Stop, View};
use web::receipt::{KIND, ReceiptBody, ReceiptLine, local_time};

use super::migrations::MIGRATIONS;
use super::rows::{Card, Lane, PaidPart, Stay, StayState, Voucher};
use super::stays::{self, Besides, NewValidation, Priced};
use super::{lanes, plate, problem};
use crate::parking::tariff::ValidationUse;

/// The scene's code.
pub const CODE: &str = "parking";
/// The kind of fulfilment that lets a car leave.
pub const EXIT_PERMISSION: &str = "exit_permission";

/// The scene.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parking;

/// What is to be paid: a stay by its id, by the card that was handed to it, by its plate, or the one that waits at a lane.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    stay: Option<Id>,
    card: Option<String>,
    plate: Option<String>,
    lane: Option<Id>,
    validation: Option<HandedIn>,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    lost_ticket: bool,
    /// When a handheld without a network took the money: the price of that moment counts.
    taken_at: Option<Millis>,
}

/// A validation handed in with the payment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HandedIn {
    code: String,
    serial: Option<String>,
    #[serde(default)]
    receipts: Vec<i64>,
}

impl Request {
    fn besides(&self) -> Besides {
        let used = |v: &HandedIn| ValidationUse {
            code: v.code.clone(),
            serial: v.serial.clone(),
            receipts: v.receipts.clone(),
        };
        Besides {
            validation: self.validation.as_ref().map(used),
            codes: self.codes.clone(),
            lost_ticket: self.lost_ticket,
        }
    }
}

/// Money may have been taken this long ago without a network.
const LONGEST_AWAY: Duration = Duration::from_secs(24 * 3600);

/// The moment a request is priced for: now, or when a handheld without a network took the money.
/// Errors: `parking_times_contradict`, `terminal_unable`.
fn taken_at(
    view: &View,
    ask: &QuoteAsk<'_>,
    stay: &Stay,
    request: &Request,
) -> Result<Millis, Stop<Refusal>> {
    let now = view.now();
    let Some(at) = request.taken_at else { return Ok(now) };
    if ask.terminal.is_none_or(|t| t.kind != super::handheld::KIND) {
        return Err(Stop::Refused(
            problems::TERMINAL_UNABLE.with("taken_at: only a handheld books what it took before"),
        ));
    }
    if at > now || at < now.minus(LONGEST_AWAY) || at < stay.entered_at {
        let detail = "taken_at: after the entry, not in the future, and within a day";
        return Err(Stop::Refused(problem::TIMES_CONTRADICT.with(detail)));
    }
    Ok(at)
}

/// The stay a request means. Errors: `invalid_request`, `parking_no_stay`, `parking_card_unknown`, `parking_card_not_issued`,
/// `parking_stay_ended`.
fn wanted(view: &mut View, site: Id, request: &Request) -> Result<Stay, Stop<Refusal>> {
    let id = match (request.stay, &request.card, &request.plate, request.lane) {
        (Some(stay), None, None, None) => stay,
        (None, Some(code), None, None) => of_card(view, site, code)?,
        (None, None, Some(text), None) => of_plate(view, site, text)?,
        (None, None, None, Some(lane)) => of_lane(view, lane)?,
        _ => {
            let detail = "request: name one of stay, card, plate and lane";
            return Err(Stop::Refused(problems::INVALID_REQUEST.with(detail)));
        }
    };
    // money that was taken before is booked, also when the car has left since
    let stay =
        if request.taken_at.is_some() { stays::need(view, id)? } else { stays::need_inside(view, id)? };
    if stay.site == site {
        return Ok(stay);
    }
    Err(Stop::Refused(problem::NO_STAY.with("this car stands in another car park")))
}

fn of_card(view: &mut View, site: Id, code: &str) -> Result<Id, Stop<Refusal>> {
    let code = code.trim().to_uppercase();
    let Some(card) = view.get::<Card>((site, code))? else {
        return Err(Stop::Refused((&problem::CARD_UNKNOWN).into()));
    };
    card.stay.ok_or_else(|| Stop::Refused((&problem::CARD_FREE).into()))
}

fn of_plate(view: &mut View, site: Id, text: &str) -> Result<Id, Stop<Refusal>> {
    let plate = stays::keys::plain(text);
    let known = stays::enter::present(view, site, &plate)?;
    known
        .and_then(|p| p.stay)
        .ok_or_else(|| Stop::Refused(problem::NO_STAY.with("no car with this plate is inside")))
}

fn of_lane(view: &mut View, lane: Id) -> Result<Id, Stop<Refusal>> {
    let lane = view.need::<Lane, Refusal>(lane)?;
    lane.waiting.ok_or_else(|| Stop::Refused(problem::NO_STAY.with("no car waits at this lane")))
}

impl Scene for Parking {
    fn code(&self) -> &'static str {
        CODE
    }

    fn migrations(&self) -> &'static [Migration] {
        MIGRATIONS
    }

    fn quote(&self, view: &mut View, ask: &QuoteAsk<'_>) -> Result<Quote, Stop<Refusal>> {
        let request: Request = web::json::from_value("request", ask.request)?;
        let park = stays::enter::park(view, ask.site.id)?;
        let stay = wanted(view, ask.site.id, &request)?;
        if let Some(handed) = &request.validation {
            unused(view, &stay, handed)?;
        }
        let now = taken_at(view, ask, &stay, &request)?;
        let priced = stays::price(view, &stay, now, &request.besides())?;
        if priced.fee.total.currency != ask.currency {
            let detail = format!(
                "the tariff is in {}, the merchant sells in {}",
                priced.fee.total.currency, ask.currency
            );
            return Err(Stop::Refused(problems::CURRENCY_MISMATCH.with(detail)));
        }
        let life = Duration::from_secs(u64::try_from(park.options.quote_s).unwrap_or(300));
        Ok(Quote {
            lines: stays::words::quote_lines(&priced, &zone_of(ask.site)),
            currency: ask.currency,
            description: format!("停车费 · {}", ask.site.name),
            subject: Some(stays::subject(stay.id)),
            valid_until: Some(view.now().plus(life)),
        })
    }

    fn fulfil(&self, view: &mut View, order: &Order) -> Result<Vec<Handout>, Stop<Refusal>> {
        let id = stays::of_subject(order.subject.as_deref());
        let id = id.ok_or_else(|| Stop::Refused((&problem::NO_STAY).into()))?;
        let mut stay = stays::need(view, id)?;
        if stay.state == StayState::Void {
            return Err(Stop::Refused(problem::STAY_ENDED.with(format!("stay {id} never was"))));
        }
        let request: Request = web::json::from_value("request", &order.request.0)?;
        if let Some(handed) = &request.validation {
            hand_in(view, &mut stay, handed)?;
        }
        if request.lost_ticket {
            stay.flag("lost_ticket");
        }
        let priced = paid(view, &mut stay, order, request.taken_at)?;
        view.put(stay.clone());
        view.emit(
            "parking.paid",
            stay.id,
            json!({"order": order.id, "site": stay.site, "version": stay.version}),
        );
        lanes::open_if_waiting(view, &stay)?;
        let site = view.need::<Site, Refusal>(order.site)?;
        hand_out(view, order, &stay, &site, &priced)
    }

    fn revoke(&self, view: &mut View, order: &Order, refund: &Refund) -> Result<(), Stop<Refusal>> {
        let Some(id) = stays::of_subject(order.subject.as_deref()) else { return Ok(()) };
        let Some(mut stay) = view.get::<Stay>(id)? else { return Ok(()) };
        for part in stay.payments.iter_mut().filter(|p| p.order == order.id) {
            part.amount = (part.amount - refund.amount).max(0);
        }
        stay.paid = stay.payments.iter().map(|p| p.amount).sum();
        stay.paid_until = None;
        stay.version += 1;
        view.emit(
            "parking.unpaid",
            id,
            json!({"order": order.id, "site": stay.site, "version": stay.version}),
        );
        view.put(stay);
        Ok(())
    }
}

fn zone_of(site: &Site) -> TimeZone {
    dates::zone(&site.zone).unwrap_or(TimeZone::UTC)
}

/// Error: `parking_validation_used`, `parking_validation_unknown`.
fn unused(view: &mut View, stay: &Stay, handed: &HandedIn) -> Result<(), Stop<Refusal>> {
    stays::check_code(view, stay, &handed.code)?;
    let Some(serial) = &handed.serial else { return Ok(()) };
    match view.get::<Voucher>((stay.site, handed.code.clone(), serial.clone()))? {
        None => Ok(()),
        Some(used) => Err(Stop::Refused(
            problem::VALIDATION_USED.with(format!("{serial:?} was used at {}", used.used_at)),
        )),
    }
}

/// Keeps the validation that the paid price counted on. If somebody used the voucher in between, the price stands and the stay says so.
fn hand_in(view: &mut View, stay: &mut Stay, handed: &HandedIn) -> Result<(), Stop<Refusal>> {
    let new = NewValidation {
        stay: stay.id,
        code: handed.code.clone(),
        shop: None,
        serial: handed.serial.clone(),
        receipts: handed.receipts.clone(),
    };
    match stays::give(view, stay, &new, None) {
        Ok(_) => Ok(()),
        Err(Stop::Refused(_)) => {
            stay.flag("voucher_contested");
            Ok(())
        }
        Err(missing) => Err(missing),
    }
}

/// Notes the payment on the stay; it may leave within the grace from now.
fn paid(
    view: &mut View,
    stay: &mut Stay,
    order: &Order,
    taken_at: Option<Millis>,
) -> Result<Priced, Stop<Refusal>> {
    let now = taken_at.unwrap_or(view.now());
    let priced_at = stays::words::priced_at(&order.lines).unwrap_or(order.created_at);
    if taken_at.is_some() {
        stay.flag("paid_offline");
    } else if stay.state == StayState::Left {
        stay.flag("paid_after_exit");
    }
    if order.due > 0 {
        stay.payments.push(PaidPart { order: order.id, amount: order.due, priced_at, paid_at: now });
        stay.paid += order.due;
    }
    let priced = stays::price(view, stay, priced_at, &Besides::default())?;
    if order.due > 0 {
        let until = now.plus(priced.grace());
        stay.paid_until = Some(stay.paid_until.map_or(until, |before| before.max(until)));
    }
    stay.version += 1;
    Ok(priced)
}

fn hand_out(
    view: &mut View,
    order: &Order,
    stay: &Stay,
    site: &Site,
    priced: &Priced,
) -> Result<Vec<Handout>, Stop<Refusal>> {
    let currency: Currency =
        order.currency.parse().map_err(|_| problems::CURRENCY_MISMATCH.with(order.currency.clone()))?;
    let body = ReceiptBody {
        number: order.id.to_string(),
        at: local_time(view.now(), &site.zone),
        site: site.name.clone(),
        lines: order.lines.iter().map(receipt_line).collect(),
        total: Money::new(order.due, currency),
    };
    let receipt = serde_json::to_value(body).map_err(|e| problems::INVALID_REQUEST.with(e.to_string()))?;
    let permission = json!({
        "stay": stay.id,
        "plate": plate::masked(&stay.plate),
        "entered_at": stay.entered_at,
        "leave_by": stay.paid_until,
        "grace_s": priced.grace().as_secs(),
        "site": site.id,
    });
    Ok(vec![
        Handout { kind: EXIT_PERMISSION, body: permission, device: None },
        Handout { kind: KIND, body: receipt, device: None },
    ])
}

fn receipt_line(line: &QuoteLine) -> ReceiptLine {
    let text = |name: &str| line.params.get(name).and_then(Value::as_str).unwrap_or(&line.code).to_owned();
    ReceiptLine {
        name_en: text("name_en"),
        name_zh: text("name_zh"),
        quantity: 1,
        unit_price: None,
        amount: line.amount,
    }
}
