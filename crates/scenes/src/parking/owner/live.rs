//! Pages of what is happening: roads and queues (P22), occupancy, the map of the site with its kiosks (P28).

use axum::extract::State;
use desk::Refusal;
use desk::rows::Site;
use maud::{Markup, html};
use web::AppState;
use web::design::{Tone, banner, chip, empty};
use web::i18n::code;
use web::screens::kit::{Clock, Shown, Staff, query};

use super::{figure, roads, sheet, words as w};
use crate::parking::pages::map::{Spot, draw};
use crate::parking::places;
use crate::parking::rows::{Lane, Park, RoadState, Staffing};

/// A car park of the merchant with its site.
pub(super) struct Own {
    pub(super) park: Park,
    pub(super) site: Site,
}

impl Own {
    pub(super) fn clock(&self, staff: &Staff) -> Clock {
        Clock::new(&self.site.zone, staff.lang)
    }

    pub(super) fn name(&self, staff: &Staff) -> &str {
        staff.lang.pick(&self.park.name_en, &self.park.name_zh)
    }
}

/// The car parks of the merchant; those with lanes first, then the largest.
pub(super) async fn own_parks(state: &AppState, staff: &Staff) -> Result<Vec<Own>, Refusal> {
    let sites = state.desk.sites(staff.who()).await?;
    let mut parks = places::parks(&state.desk, staff.who()).await?;
    parks.sort_by_key(|park| std::cmp::Reverse(park.spaces));
    let with = |park: Park| sites.iter().find(|s| s.id == park.site).map(|s| Own { site: s.clone(), park });
    Ok(parks.into_iter().filter_map(with).collect())
}

/// The car park that the address names, or the first.
pub(super) async fn chosen(state: &AppState, staff: &Staff) -> Result<(Vec<Own>, Option<usize>), Refusal> {
    let parks = own_parks(state, staff).await?;
    let wanted = query(&staff.uri, "park");
    let at = parks.iter().position(|own| Some(own.site.id.to_string()) == wanted);
    let first = (!parks.is_empty()).then_some(0);
    Ok((parks, at.or(first)))
}

/// The choice between car parks, where there are several.
pub(super) fn choice(staff: &Staff, parks: &[Own], at: usize) -> Markup {
    let path = staff.uri.path();
    html! {
        @if parks.len() > 1 {
            nav.parks-choice { @for (n, own) in parks.iter().enumerate() {
                a.button href={ (path) "?park=" (own.site.id) } aria-current=[(n == at).then_some("true")] { (own.name(staff)) }
            } }
        }
    }
}

pub(super) fn nothing(staff: &Staff) -> Markup {
    empty(staff.say(&w::NO_PARK), staff.say(&w::NO_PARK_SAY))
}

pub(super) async fn roads_page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = roads_body(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(sheet(&state, &staff, &w::C_ROADS, &w::ROADS_SAY, &body))
}

/// A gate's name in words where it is one of the four.
pub(super) fn gate_name(staff: &Staff, gate: &str) -> String {
    let words = code(staff.lang, "po", &format!("gate_{gate}"));
    if words.starts_with("gate_") { gate.to_owned() } else { words }
}

async fn roads_body(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let (parks, Some(at)) = chosen(state, staff).await? else { return Ok(nothing(staff)) };
    let own = &parks[at];
    let gates = roads::now(&state.desk, staff.who(), own.site.id, &own.site.zone).await?;
    let clock = own.clock(staff);
    let advised = roads::advice(&gates).map(|g| gate_name(staff, &g.name));
    Ok(html! {
        (choice(staff, &parks, at))
        div data-live="" {
            @match advised {
                Some(gate) => (banner(Tone::Paid, &w::TAKE_EXIT.fill(staff.lang, &[("gate", &gate)]), Some(staff.say(&w::TAKE_EXIT_SAY)), None)),
                None => (banner(Tone::Check, staff.say(&w::NO_ADVICE), Some(staff.say(&w::NO_ADVICE_SAY)), None)),
            }
            div.gates { @for gate in &gates { (gate_card(staff, gate, &clock)) } }
            @if gates.is_empty() { (empty(staff.say(&w::NO_LANES), staff.say(&w::NO_PARK_SAY))) }
        }
    })
}

fn gate_card(staff: &Staff, gate: &roads::Gate, clock: &Clock) -> Markup {
    let (tone, words) = match &gate.road {
        Some(RoadState::Clear) => (Tone::Paid, &w::ROAD_CLEAR),
        Some(RoadState::Slow) => (Tone::Check, &w::ROAD_SLOW),
        Some(_) => (Tone::Stop, &w::ROAD_JAMMED),
        None => (Tone::Plain, &w::ROAD_UNKNOWN),
    };
    let exit = match &gate.exit {
        Some(Staffing::Staffed) => Some((Tone::Paid, &w::EXIT_STAFFED)),
        Some(Staffing::Closed) => Some((Tone::Stop, &w::EXIT_CLOSED)),
        Some(_) => Some((Tone::Tell, &w::EXIT_UNSTAFFED)),
        None => None,
    };
    html! {
        section.card.gate {
            header { h2 { (gate_name(staff, &gate.name)) } (chip(tone, staff.say(words))) }
            p { (w::CARS_WAITING.fill(staff.lang, &[("n", &gate.waiting.to_string())])) }
            @if let Some((tone, words)) = exit { (chip(tone, staff.say(words))) }
            p.small.muted {
                @match &gate.last {
                    Some(last) => {
                        (staff.say(&w::SEEN_AT)) " " (clock.element(last.seen_at, &clock.day_minute(last.seen_at)))
                        @if !last.source.is_empty() { " · " (last.source) } @if !last.note.is_empty() { " · " (last.note) }
                    },
                    None => (staff.say(&w::NEVER_SEEN)),
                }
            }
        }
    }
}

pub(super) async fn occupancy_page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = occupancy(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(sheet(&state, &staff, &w::OCCUPANCY, &w::OCCUPANCY_SAY, &body))
}

async fn occupancy(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let parks = own_parks(state, staff).await?;
    if parks.is_empty() {
        return Ok(nothing(staff));
    }
    Ok(html! {
        div.gates data-live="" {
            @for own in &parks {
                @let (inside, spaces) = (own.park.inside.max(0), own.park.spaces.max(1));
                @let share = (inside * 1000 / spaces).min(1000);
                section.card.gate {
                    header { h2 { (own.name(staff)) } }
                    span.money.big { (inside) " / " (own.park.spaces) }
                    svg.bar.cash viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" { rect.ground width="1000" height="10" {} rect.value width=(share) height="10" {} }
                    p.small.muted { (w::FREE_N.fill(staff.lang, &[("n", &(own.park.spaces - inside).max(0).to_string())])) }
                }
            }
        }
    })
}

pub(super) async fn map_page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = map_body(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(sheet(&state, &staff, &w::SITE_MAP, &w::SITE_MAP_SAY, &body))
}

async fn map_body(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let (parks, Some(at)) = chosen(state, staff).await? else { return Ok(nothing(staff)) };
    let own = &parks[at];
    let lanes = places::lanes(&state.desk, staff.who(), own.site.id).await?;
    let mut spots: Vec<(String, Spot)> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for lane in lanes.iter().filter(|l| (l.latitude, l.longitude) != (0, 0)) {
        if !seen.contains(&lane.gate.as_str()) {
            seen.push(&lane.gate);
            spots.push((gate_name(staff, &lane.gate), spot_of(lane)));
        }
    }
    for point in &own.park.options.points {
        let name = staff.lang.pick(&point.name_en, &point.name_zh).to_owned();
        spots.push((name, Spot { latitude: point.latitude, longitude: point.longitude }));
    }
    if spots.is_empty() {
        spots.push((own.name(staff).to_owned(), Spot::of(&own.park)));
    }
    let pins: Vec<(String, &str, Spot)> =
        spots.iter().map(|(name, spot)| ("#list".to_owned(), name.as_str(), *spot)).collect();
    Ok(html! {
        (choice(staff, &parks, at))
        section.card.site-map { (draw(staff.say(&w::SITE_MAP), &pins, None)) }
        ol.points #list { @for (n, (name, _)) in spots.iter().enumerate() { li { b { (n + 1) } " " (name) } } }
        (figure(staff.say(&w::SPACES), &html! { (own.park.spaces) }, own.name(staff), ""))
    })
}

fn spot_of(lane: &Lane) -> Spot {
    Spot { latitude: lane.latitude, longitude: lane.longitude }
}
