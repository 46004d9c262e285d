//! The staffing calculator: a roster for each gate, before and after, and what a year costs less.

use axum::extract::State;
use desk::Refusal;
use maud::{Markup, html};
use money::{Currency, Money};
use web::AppState;
use web::design::{Tone, banner, money, money_text};
use web::i18n::Text;
use web::screens::kit::{Shown, Staff};

use super::staffing::{MALL, Post, compare};
use super::{amount, amount_field, currency, figure, number, sheet, words as w};

/// The most shifts and people of a shift that make sense.
const MOST: i64 = 999;

struct Gate {
    name: &'static Text,
    key: &'static str,
    before: Post,
    after: Post,
}

fn gates(staff: &Staff) -> Vec<Gate> {
    let of = |key: &str, side: &str, usual: Post| Post {
        shifts: number(&staff.uri, &format!("{key}_{side}_shifts"), usual.shifts, 0, MOST),
        heads: number(&staff.uri, &format!("{key}_{side}_heads"), usual.heads, 0, MOST),
    };
    let names = [&w::EAST, &w::SOUTH, &w::WEST, &w::NORTH];
    let each = MALL.iter().zip(names);
    each.map(|((key, before, after), name)| Gate {
        name,
        key,
        before: of(key, "before", *before),
        after: of(key, "after", *after),
    })
    .collect()
}

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = body(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(sheet(&state, &staff, &w::STAFFING, &w::STAFFING_SAY, &body))
}

async fn body(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let currency: Currency = currency(state, staff).await?;
    let usual = Money::new(2500 * currency.minor_per_major(), currency);
    let pay = amount(&staff.uri, "pay", usual);
    let gates = gates(staff);
    Ok(html! {
        (result(staff, &gates, pay))
        form.card.stack method="get" action="/parking/staffing" {
            div.posts {
                @for gate in &gates { (post(staff, gate)) }
            }
            div.fields {
                (amount_field("pay", staff.say(&w::MONTHLY_PAY), pay))
                button.button.main.end type="submit" { (staff.say(&w::CALCULATE)) }
            }
        }
    })
}

fn result(staff: &Staff, gates: &[Gate], pay: Money) -> Markup {
    let posts: Vec<(Post, Post)> = gates.iter().map(|g| (g.before, g.after)).collect();
    let Ok(saved) = compare(&posts, pay) else {
        return banner(Tone::Stop, staff.say(&w::TOO_LARGE), None, None);
    };
    let (before, after) = (saved.before.to_string(), saved.after.to_string());
    let fewer = (saved.before - saved.after).to_string();
    let with = [("n", fewer.as_str()), ("pay", &money_text(pay))];
    let change = w::FROM_TO.fill(staff.lang, &[("before", &before), ("after", &after)]);
    html! {
        div.glance.three {
            (figure(staff.say(&w::FEWER_PEOPLE), &html! { (fewer) }, &change, ""))
            (figure(staff.say(&w::SAVED_MONTH), &money(saved.a_month), &w::SAVED_MONTH_HOW.fill(staff.lang, &with), ""))
            (figure(staff.say(&w::SAVED_YEAR), &money(saved.a_year), &w::SAVED_HOW.fill(staff.lang, &with), "hero"))
        }
    }
}

fn post(staff: &Staff, gate: &Gate) -> Markup {
    let field = |side: &str, what: &str, label: &'static Text, value: i64| {
        let name = format!("{}_{side}_{what}", gate.key);
        html! {
            label.mini { span { (staff.say(label)) }
                input.input type="number" min="0" max=(MOST) inputmode="numeric" name=(name) value=(value); }
        }
    };
    let side = |side: &str, title: &'static Text, post: Post| {
        html! {
            div.side {
                h3 { (staff.say(title)) }
                (field(side, "shifts", &w::SHIFTS, post.shifts))
                (field(side, "heads", &w::HEADS, post.heads))
                p.sum { (staff.say(&w::PEOPLE)) strong { (post.people()) } }
            }
        }
    };
    html! {
        fieldset.post {
            legend { (staff.say(gate.name)) }
            (side("before", &w::BEFORE, gate.before))
            (side("after", &w::AFTER, gate.after))
        }
    }
}
