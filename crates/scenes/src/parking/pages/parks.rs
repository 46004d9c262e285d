//! Choosing a car park: on the map, by list, by search, nearest first where the phone tells its place (P3, P4).

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use desk::rows::Site;
use desk::{Refusal, Who};
use maud::{Markup, html};
use web::AppState;
use web::design::empty;
use web::design::icon;
use web::i18n::Lang;
use web::screens::kit::query;

use super::map::{self, Spot, metres};
use super::{frame, refused, words as w};
use crate::parking::rows::Park;

/// The most car parks on one page.
const MOST: usize = 60;

pub(super) async fn page(State(state): State<AppState>, lang: Lang, uri: Uri) -> Response {
    match parks(&state, &uri).await {
        Ok(found) => frame(lang, &uri, w::TITLE.say(lang), None, &body(lang, &uri, &found)),
        Err(refusal) => refused(lang, &uri, &refusal, "/park"),
    }
}

/// A car park as the list shows it.
struct Entry {
    park: Park,
    site: Site,
    metres: Option<i64>,
}

/// The phone's place in millionths of a degree, where the address tells it.
fn own_place(uri: &Uri) -> Option<Spot> {
    let of = |name| query(uri, name)?.parse::<i64>().ok();
    let spot = Spot { latitude: of("lat")?, longitude: of("lon")? };
    spot.is_on_earth().then_some(spot)
}

/// The car parks that the search names, nearest or fullest of space first.
async fn parks(state: &AppState, uri: &Uri) -> Result<Vec<Entry>, Refusal> {
    let rows = state.desk.read(|sql| sql.rows::<Park>("order by site limit 500", &[])).await?;
    let (own, wanted) = (own_place(uri), query(uri, "q").unwrap_or_default().to_lowercase());
    let mut merchants: Vec<_> = rows.iter().map(|(merchant, _)| *merchant).collect();
    merchants.sort_unstable();
    merchants.dedup();
    let mut sites = Vec::new();
    for merchant in merchants {
        sites.extend(state.desk.sites(&Who::system(merchant)).await?);
    }
    let mut found: Vec<Entry> = Vec::new();
    for (_, park) in rows {
        let Some(site) = sites.iter().find(|s| s.id == park.site) else { continue };
        let text = format!("{} {} {} {}", park.name_en, park.name_zh, site.name, site.address).to_lowercase();
        if wanted.split_whitespace().all(|word| text.contains(word)) {
            let metres = own.map(|own| metres(own, Spot::of(&park)));
            found.push(Entry { metres, site: site.clone(), park });
        }
    }
    found.sort_by_key(|e| (e.metres.unwrap_or(i64::MAX), e.park.name_zh.clone()));
    found.truncate(MOST);
    Ok(found)
}

fn body(lang: Lang, uri: &Uri, found: &[Entry]) -> Markup {
    let asked = query(uri, "q").unwrap_or_default();
    let spots: Vec<(String, &str, Spot)> = found
        .iter()
        .map(|e| {
            (format!("/park/{}", e.park.site), lang.pick(&e.park.name_en, &e.park.name_zh), Spot::of(&e.park))
        })
        .collect();
    html! {
        section.state.stack {
            div.stack.tight { h1 { (w::CHOOSE.say(lang)) } p.muted { (w::CHOOSE_SAY.say(lang)) } }
            form.find method="get" action="/park" role="search" {
                input.input.touch type="search" name="q" value=(asked) aria-label=(w::SEARCH.say(lang)) placeholder=(w::SEARCH.say(lang));
                button.button.touch type="submit" { (icon::SEARCH) span.sr { (w::SEARCH_DO.say(lang)) } }
            }
            button.button.touch data-near="" type="button" hidden { (icon::PLACE) span { (w::NEAR_ME.say(lang)) } }
            div data-near-said="" role="status" {}
            @if found.is_empty() { (empty(w::NO_PARKS.say(lang), w::NO_PARKS_SAY.say(lang))) }
            @else { (map::draw(w::MAP.say(lang), &spots, own_place(uri).map(|own| (own, w::YOU.say(lang))))) }
            ol.parks { @for (n, entry) in found.iter().enumerate() { (row(lang, n + 1, entry)) } }
        }
    }
}

/// How far away, as people say it.
fn distance(lang: Lang, metres: i64) -> String {
    if metres < 1000 {
        return w::METRES.fill(lang, &[("n", &(metres / 10 * 10).to_string())]);
    }
    w::KILOMETRES.fill(lang, &[("n", &format!("{}.{}", metres / 1000, metres / 100 % 10))])
}

fn row(lang: Lang, n: usize, entry: &Entry) -> Markup {
    let free = (entry.park.spaces - entry.park.inside).max(0);
    let free = if free == 0 {
        w::FULL.say(lang).to_owned()
    } else {
        w::FREE_SPACES.fill(lang, &[("n", &free.to_string())])
    };
    html! {
        li {
            a.place href={ "/park/" (entry.park.site) } {
                b aria-hidden="true" { (n) }
                span.grow { strong { (lang.pick(&entry.park.name_en, &entry.park.name_zh)) } small { (entry.site.address) } }
                span.far { @if let Some(metres) = entry.metres { strong { (distance(lang, metres)) } } small { (free) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p4_a_place_is_read_from_the_address_or_not_at_all() {
        let check = |uri: &str, want: Option<(i64, i64)>| {
            let spot = own_place(&uri.parse().unwrap());
            assert_eq!(spot.map(|s| (s.latitude, s.longitude)), want, "{uri}");
        };
        check("/park", None);
        check("/park?lat=22543099&lon=114057868", Some((22_543_099, 114_057_868)));
        check("/park?lat=22543099", None);
        check("/park?lat=x&lon=1", None);
        check("/park?lat=95000000&lon=1", None);
        assert_eq!(distance(Lang::En, 437), "430 m");
        assert_eq!(distance(Lang::Zh, 12_345), "12.3 公里");
    }
}
