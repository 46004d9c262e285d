//! Orders with search and filters, a page at a time.

use axum::extract::State;
use desk::rows::{Order, OrderState, Site, Terminal};
use desk::{OrderFilter, Refusal};
use maud::{Markup, Render, html};
use store::Id;

use super::Staff;
use super::frame::Section;
use crate::AppState;
use crate::design::{Field, empty, money, select, tick};
use crate::i18n::{self, c, k};
use crate::screens::kit::{Clock, Shown, amount, encoded, order_chip, query};

/// How many orders a page holds.
const PAGE: u32 = 30;
const STATES: [&str; 4] = ["open", "paid", "fulfilled", "closed"];

/// What the address asks for, as text for the form and read for the desk.
struct Asked {
    text: String,
    state: String,
    site: String,
    terminal: String,
    from: String,
    to: String,
    attention: bool,
    after: Option<Id>,
}

impl Asked {
    fn of(staff: &Staff) -> Asked {
        let get = |name| query(&staff.uri, name).unwrap_or_default();
        Asked {
            text: get("q"),
            state: get("state"),
            site: get("site"),
            terminal: get("terminal"),
            from: get("from"),
            to: get("to"),
            attention: !get("attention").is_empty(),
            after: get("after").parse().ok(),
        }
    }

    /// Days are days of the merchant's first site.
    fn filter(&self, sites: &[Site]) -> OrderFilter {
        let (zone, cut) =
            sites.first().map_or(("Asia/Shanghai", 0), |s| (s.zone.as_str(), s.cut_off_minutes));
        let day = |text: &str| desk::dates::day_bounds(text, zone, cut).ok();
        OrderFilter {
            text: Some(self.text.trim().to_owned()).filter(|t| !t.is_empty()),
            state: Some(self.state.as_str()).filter(|s| STATES.contains(s)).map(OrderState::parse),
            site: self.site.parse().ok(),
            terminal: self.terminal.parse().ok(),
            from: day(&self.from).map(|(start, _)| start),
            to: day(&self.to).map(|(_, end)| end),
            needs_attention: self.attention,
            after: self.after,
            limit: PAGE,
        }
    }

    /// The same search, further on.
    fn after(&self, id: Id) -> String {
        let mut address = format!("/orders?after={id}");
        let fields = [
            ("q", &self.text),
            ("state", &self.state),
            ("site", &self.site),
            ("terminal", &self.terminal),
            ("from", &self.from),
            ("to", &self.to),
        ];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            address.push_str(&format!("&{name}={}", encoded(value)));
        }
        if self.attention {
            address.push_str("&attention=1");
        }
        address
    }

    fn any(&self) -> bool {
        let texts = [&self.text, &self.state, &self.site, &self.terminal, &self.from, &self.to];
        self.attention || texts.iter().any(|text| !text.is_empty())
    }
}

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = list(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(staff.show(&state, Section::Orders, staff.say(&k::ORDERS), &body))
}

async fn list(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let desk = &state.desk;
    let asked = Asked::of(staff);
    let sites = desk.sites(staff.who()).await?;
    let terminals = desk.terminals(staff.who()).await?;
    let orders = desk.orders(staff.who(), &asked.filter(&sites)).await?;
    let clock = staff.clock(state).await?;
    let more = orders.last().filter(|_| orders.len() >= PAGE as usize).map(|order| asked.after(order.id));
    Ok(html! {
        div.stack {
            h1 { (staff.say(&k::ORDERS)) }
            (search(staff, &asked, &sites, &terminals))
            section.card.flush data-live="" {
                @if orders.is_empty() { (empty(staff.say(&k::NO_ORDERS), staff.say(&k::NO_ORDERS_SAY))) }
                @else { (table(staff, &clock, &orders)) }
            }
            div.row.between {
                @if asked.after.is_some() { a.button href="/orders" { (staff.say(&k::NEWEST)) } } @else { span {} }
                @if let Some(more) = more { a.button href=(more) { (staff.say(&k::OLDER)) } }
            }
        }
    })
}

fn search(staff: &Staff, asked: &Asked, sites: &[Site], terminals: &[Terminal]) -> Markup {
    let any = |words: &'static i18n::Text| vec![(String::new(), staff.say(words).to_owned())];
    let mut states = any(&k::ANY_STATE);
    states.extend(STATES.iter().map(|s| ((*s).to_owned(), i18n::code(staff.lang, "order", s))));
    let mut places = any(&k::ANY_SITE);
    places.extend(sites.iter().map(|s| (s.id.to_string(), s.name.clone())));
    let mut devices = any(&k::ANY_TERMINAL);
    devices.extend(terminals.iter().map(|t| (t.id.to_string(), t.name.clone())));
    let date = |name, words, value| {
        Field { kind: "date", required: false, ..Field::text(name, staff.say(words), value) }.render()
    };
    html! {
        form.search.card method="get" action="/orders" role="search" {
            div.words { (Field { kind: "search", required: false, hint: Some(staff.say(&k::SEARCH_HINT)), ..Field::text("q", staff.say(&k::SEARCH), &asked.text) }.render()) }
            (select("state", staff.say(&c::STATE), &states, &asked.state))
            (select("site", staff.say(&k::SITE), &places, &asked.site))
            (select("terminal", staff.say(&k::TERMINAL), &devices, &asked.terminal))
            (date("from", &k::FROM, asked.from.as_str()))
            (date("to", &k::TO, asked.to.as_str()))
            div.row.last {
                (tick("attention", staff.say(&k::ONLY_ATTENTION), "1", asked.attention))
                button.button.main type="submit" { (crate::design::icon::SEARCH) (staff.say(&k::FILTER)) }
                @if asked.any() { a.button.quiet href="/orders" { (staff.say(&k::CLEAR_FILTER)) } }
            }
        }
    }
}

/// Orders as a table; on a phone as cards.
pub(super) fn table(staff: &Staff, clock: &Clock, orders: &[Order]) -> Markup {
    html! {
        table.table.cards {
            thead { tr {
                th { (staff.say(&c::TIME)) } th { (staff.say(&k::DESCRIPTION)) } th { (staff.say(&c::STATE)) } th.right { (staff.say(&c::AMOUNT)) } th.right { (staff.say(&k::GIVEN_BACK)) }
            } }
            tbody {
                @for order in orders {
                    tr {
                        td.nowrap.muted { (clock.element(order.created_at, &clock.day_minute(order.created_at))) }
                        td { a.cover href={ "/orders/" (order.id) } { (order.description) } " " span.small.muted.mono { (order.id) } }
                        td { (order_chip(staff.lang, order)) }
                        td.right data-label=(staff.say(&c::AMOUNT)) { strong { (money(amount(&order.currency, order.due))) } }
                        td.right data-label=(staff.say(&k::GIVEN_BACK)) { @if order.refunded > 0 { (money(amount(&order.currency, order.refunded))) } @else { span.muted { (staff.say(&c::NONE)) } } }
                    }
                }
            }
        }
    }
}
