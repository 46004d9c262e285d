//! The overview: the five concerns that owners named, each with the page that answers it (P30).

use axum::extract::State;
use maud::{Markup, html};
use web::AppState;
use web::design::icon::{self, Icon};
use web::i18n::Text;
use web::screens::kit::{Shown, Staff};

use super::{sheet, words as w};

/// A concern: its sign, what it is, what the page says about it, and the pages.
struct Concern {
    sign: Icon,
    title: &'static Text,
    say: &'static Text,
    pages: &'static [(&'static str, &'static Text)],
}

const CONCERNS: [Concern; 5] = [
    Concern {
        sign: icon::CAR,
        title: &w::C_TRAFFIC,
        say: &w::C_TRAFFIC_SAY,
        pages: &[
            ("/parking/throughput", &w::THROUGHPUT),
            ("/parking/occupancy", &w::OCCUPANCY),
            ("/parking/map", &w::SITE_MAP),
        ],
    },
    Concern {
        sign: icon::CASH,
        title: &w::C_MONEY,
        say: &w::C_MONEY_SAY,
        pages: &[("/parking/money", &w::MONEY), ("/shifts", &web::i18n::k::SHIFTS)],
    },
    Concern {
        sign: icon::PEOPLE,
        title: &w::C_STAFF,
        say: &w::C_STAFF_SAY,
        pages: &[("/parking/staffing", &w::STAFFING), ("/parking/costs", &w::COSTS)],
    },
    Concern {
        sign: icon::BASKET,
        title: &w::C_SHOPS,
        say: &w::C_SHOPS_SAY,
        pages: &[("/parking/validation", &w::SHOPS)],
    },
    Concern {
        sign: icon::PLACE,
        title: &w::C_ROADS,
        say: &w::C_ROADS_SAY,
        pages: &[("/parking/roads", &w::ROADS)],
    },
];

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = html! { ul.concerns { @for concern in &CONCERNS { (card(&staff, concern)) } } };
    Ok(sheet(&state, &staff, &w::PARKING, &w::CONCERNS_SAY, &body))
}

fn card(staff: &Staff, concern: &Concern) -> Markup {
    html! {
        li.card.concern {
            (concern.sign)
            div.stack.tight {
                h2 { (staff.say(concern.title)) }
                p.muted { (staff.say(concern.say)) }
                div.row { @for (path, words) in concern.pages { a.button href=(path) { (staff.say(words)) } } }
            }
        }
    }
}
