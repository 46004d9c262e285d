//! The throughput page: the survey's model with figures that can be changed, and the queue it leads to.

use std::time::Duration;

use axum::extract::State;
use desk::Refusal;
use maud::{Markup, html};
use web::AppState;
use web::design::{Tone, banner};
use web::i18n::Text;
use web::screens::kit::{Shown, Staff};

use super::flow::{Mix, Queue, queue, ratio_hundredths};
use super::{figure, hundredths, number, number_field, sheet, tenths, words as w};
use super::{live, log};

/// Bounds of what can be typed.
const MOST_CARS: i64 = 100_000;
const MOST_SECONDS: i64 = 3_600;
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Asked {
    before: Mix,
    after: Mix,
    arrivals: i64,
}

fn asked(staff: &Staff) -> Asked {
    let take = |name, usual, least, most| number(&staff.uri, name, usual, least, most);
    let cars = take("cars", Mix::BEFORE.cars, 1, MOST_CARS);
    let paying_s = take("paying_s", Mix::BEFORE.paying_s, 1, MOST_SECONDS);
    let free_s = take("free_s", Mix::BEFORE.free_s, 1, MOST_SECONDS);
    let mix = |paying: i64| Mix { cars, paying: paying.min(cars), paying_s, free_s };
    Asked {
        before: mix(take("before", Mix::BEFORE.paying, 0, MOST_CARS)),
        after: mix(take("after", Mix::AFTER.paying, 0, MOST_CARS)),
        arrivals: take("arrivals", 180, 0, MOST_CARS),
    }
}

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let asked = asked(&staff);
    let real = measured(&state, &staff, asked.arrivals).await.map_err(|refusal| staff.refused(&refusal))?;
    let body = html! {
        (real)
        section.stack {
            h2 { (staff.say(&w::MODEL)) }
            div.halves {
                (side(&staff, &w::BEFORE, asked.before, asked.arrivals))
                (side(&staff, &w::AFTER, asked.after, asked.arrivals))
            }
            (faster(&staff, &asked))
            (form(&staff, &asked))
        }
    };
    Ok(sheet(&state, &staff, &w::THROUGHPUT, &w::THROUGHPUT_SAY, &body))
}

/// What the exits of the first car park did in the last day, in place of the assumptions.
async fn measured(state: &AppState, staff: &Staff, arrivals: i64) -> Result<Markup, Refusal> {
    let (parks, Some(at)) = live::chosen(state, staff).await? else { return Ok(html! {}) };
    let since = state.desk.now().minus(DAY);
    let exits = log::count(&log::passages(&state.desk, staff.who(), parks[at].site.id, since).await?);
    let busiest = exits.busiest.map_or(0, |(cars, _)| cars).to_string();
    let with =
        [("cars", exits.cars.to_string()), ("paying", exits.at_lane.to_string()), ("busiest", busiest)];
    let with: Vec<(&str, &str)> = with.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let title = staff.say(&w::MEASURED);
    Ok(html! {
        section.stack {
            h2 { (title) " · " (parks[at].name(staff)) }
            (live::choice(staff, &parks, at))
            @match exits.measured(Mix::BEFORE) {
                Some(mix) => { p.muted { (w::MEASURED_SAY.fill(staff.lang, &with)) } (side(staff, &w::MEASURED, mix, arrivals)) },
                None => (banner(Tone::Tell, staff.say(&w::MEASURED_NONE), Some(staff.say(&w::MEASURED_NONE_SAY)), None)),
            }
        }
    })
}

fn side(staff: &Staff, title: &'static Text, mix: Mix, arrivals: i64) -> Markup {
    let free = (mix.cars - mix.paying).to_string();
    let how = w::TOTAL_HOW.fill(
        staff.lang,
        &[
            ("paying", &mix.paying.to_string()),
            ("paying_s", &mix.paying_s.to_string()),
            ("free", &free),
            ("free_s", &mix.free_s.to_string()),
        ],
    );
    let total = w::SECONDS_N.fill(staff.lang, &[("n", &mix.seconds().to_string())]);
    let an_hour = mix.cars_per_hour().map_or_else(|| "—".to_owned(), |n| n.to_string());
    html! {
        section.card.stack {
            header { h3 { (staff.say(title)) } }
            div.glance.two {
                (figure(staff.say(&w::TOTAL_TIME), &html! { (total) }, &how, ""))
                (figure(staff.say(&w::PER_HOUR), &html! { (an_hour) }, "", ""))
            }
            (queued(staff, mix, arrivals))
        }
    }
}

/// Minutes and seconds in words.
pub(super) fn spell(staff: &Staff, seconds: i64) -> String {
    let (m, s) = (seconds / 60, seconds % 60);
    if m == 0 {
        return w::SECONDS_N.fill(staff.lang, &[("n", &s.to_string())]);
    }
    w::MINUTES_SECONDS.fill(staff.lang, &[("m", &m.to_string()), ("s", &s.to_string())])
}

/// What becomes of the queue at this many arrivals.
pub(super) fn queued(staff: &Staff, mix: Mix, arrivals: i64) -> Markup {
    let lang = staff.lang;
    let at = w::QUEUE_AT.fill(lang, &[("n", &arrivals.to_string())]);
    let (tone, title, say) = match queue(mix, arrivals) {
        None => return banner(Tone::Tell, staff.say(&w::Q_NONE), None, None),
        Some(Queue::Grows { an_hour, last_waits_s }) => (
            Tone::Stop,
            w::Q_GROWS.fill(lang, &[("n", &an_hour.to_string())]),
            w::Q_GROWS_SAY.fill(lang, &[("wait", &spell(staff, last_waits_s))]),
        ),
        Some(Queue::Steady { busy, wait_tenths, cars_hundredths }) => (
            Tone::Paid,
            w::Q_STEADY.fill(lang, &[("wait", &tenths(wait_tenths))]),
            w::Q_STEADY_SAY.fill(lang, &[("cars", &hundredths(cars_hundredths)), ("busy", &tenths(busy))]),
        ),
    };
    html! { div.stack.tight { p.small.muted { (at) } (banner(tone, &title, Some(&say), None)) } }
}

fn faster(staff: &Staff, asked: &Asked) -> Markup {
    let Some(ratio) = ratio_hundredths(asked.before, asked.after) else { return html! {} };
    let (before, after) = (asked.before.seconds().to_string(), asked.after.seconds().to_string());
    let how = w::FASTER_HOW.fill(staff.lang, &[("before", &before), ("after", &after)]);
    figure(staff.say(&w::FASTER), &html! { (hundredths(ratio)) }, &how, "hero")
}

fn form(staff: &Staff, asked: &Asked) -> Markup {
    html! {
        form.card.fields method="get" action="/parking/throughput" {
            (number_field("cars", staff.say(&w::CARS), asked.before.cars))
            (number_field("arrivals", staff.say(&w::ARRIVALS), asked.arrivals))
            (number_field("before", staff.say(&w::PAY_BEFORE), asked.before.paying))
            (number_field("after", staff.say(&w::PAY_AFTER), asked.after.paying))
            (number_field("paying_s", staff.say(&w::PAYING_S), asked.before.paying_s))
            (number_field("free_s", staff.say(&w::FREE_S), asked.before.free_s))
            button.button.main type="submit" { (staff.say(&w::CALCULATE)) }
        }
    }
}
