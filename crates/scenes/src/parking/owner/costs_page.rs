//! The cost table: what each way to pay costs, where the printed totals went wrong, and when a kiosk has paid for itself.

use axum::extract::State;
use desk::Refusal;
use maud::{Markup, html};
use money::{Currency, Money, Rate, Rounding};
use web::AppState;
use web::design::{Tone, banner, money, money_text};
use web::i18n::{Text, code};
use web::screens::kit::{Shown, Staff};

use super::costs::{Item, Way, payback_tenths, survey, total};
use super::{amount, amount_field, currency, figure, number, sheet, tenths, words as w};

/// What wallets keep, in hundredths of a percent.
const FEE_POINTS: (i64, i64) = (60, 100);

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = body(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(sheet(&state, &staff, &w::COSTS, &w::COSTS_SAY, &body))
}

/// The survey's table with what the address changes of it.
fn ways(staff: &Staff, currency: Currency) -> Vec<Way> {
    let changed = |way: &str, item: Item| {
        let unit = Money::new(item.unit.value, currency);
        Item {
            unit: amount(&staff.uri, &format!("{way}_{}_unit", item.what), unit),
            count: number(&staff.uri, &format!("{way}_{}_count", item.what), item.count, 0, 9_999),
            ..item
        }
    };
    let mut all = survey();
    for way in &mut all {
        let own = way.items.clone();
        way.items = own.iter().map(|item| changed(way.way, *item)).collect();
        // the printed total belongs to the survey's figures only
        let same =
            own.iter().zip(&way.items).all(|(a, b)| a.unit.value == b.unit.value && a.count == b.count);
        way.printed = way.printed.filter(|_| same && currency == Currency::CNY);
    }
    all
}

async fn body(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let currency = currency(state, staff).await?;
    let major = |value: i64| Money::new(value * currency.minor_per_major(), currency);
    let earned = amount(&staff.uri, "earned", major(15_000));
    let turnover = amount(&staff.uri, "turnover", major(100_000));
    let ways = ways(staff, currency);
    let kiosk = ways.iter().find(|way| way.way == "kiosk").and_then(|way| total(&way.items).ok());
    Ok(html! {
        @if let Some(cost) = kiosk { (payback(staff, cost, earned)) }
        form.stack method="get" action="/parking/costs" {
            @for way in &ways { (table(staff, way, turnover)) }
            div.card.fields {
                (amount_field("earned", staff.say(&w::EARNED), earned))
                (amount_field("turnover", staff.say(&w::TURNOVER), turnover))
                button.button.main type="submit" { (staff.say(&w::CALCULATE)) }
            }
        }
    })
}

fn payback(staff: &Staff, cost: Money, earned: Money) -> Markup {
    let how = w::PAYBACK_HOW.fill(staff.lang, &[("cost", &money_text(cost)), ("month", &money_text(earned))]);
    match payback_tenths(cost, earned) {
        Some(months) => {
            let title = w::PAYBACK.fill(staff.lang, &[("n", &tenths(months))]);
            figure(staff.say(&w::WAY_KIOSK), &html! { (title) }, &how, "hero")
        }
        None => banner(Tone::Tell, staff.say(&w::PAYBACK_NEVER), None, None),
    }
}

fn table(staff: &Staff, way: &Way, turnover: Money) -> Markup {
    let lang = staff.lang;
    let name = |group: &str, key: &str| code(lang, "po", &format!("{group}_{key}"));
    let cell = |what: &'static Text| staff.say(what);
    html! {
        section.card.flush {
            header { h2 { (name("way", way.way)) } }
            table.table.cards.costs {
                thead { tr { th { (cell(&w::POSITION)) } th { (cell(&w::UNIT)) } th { (cell(&w::COUNT)) } th.right { (cell(&w::SUM)) } } }
                tbody {
                    @for item in &way.items { tr {
                        td { (name("it", item.what)) }
                        td data-label=(cell(&w::UNIT)) { input.input name={ (way.way) "_" (item.what) "_unit" } inputmode="decimal" aria-label=(cell(&w::UNIT)) value=(item.unit.decimal()); }
                        td data-label=(cell(&w::COUNT)) { input.input name={ (way.way) "_" (item.what) "_count" } inputmode="numeric" aria-label=(cell(&w::COUNT)) value=(item.count); }
                        td.right data-label=(cell(&w::SUM)) { @if let Ok(sum) = item.unit.times(item.count) { (money(sum)) } @else { "—" } }
                    } }
                    tr.whole { td colspan="3" { strong { (cell(&w::RIGHT_TOTAL)) } } td.right data-label=(cell(&w::RIGHT_TOTAL)) {
                        @if let Ok(sum) = total(&way.items) { strong { (money(sum)) } } @else { (cell(&w::TOO_LARGE)) }
                    } }
                }
            }
            (remark(staff, way, turnover))
        }
    }
}

/// What has to be known beside the figures.
fn remark(staff: &Staff, way: &Way, turnover: Money) -> Markup {
    let lang = staff.lang;
    if let (Some(printed), Some(first), Ok(right)) = (way.printed, way.items.first(), total(&way.items)) {
        let title = w::PRINTED_WRONG.fill(lang, &[("printed", &money_text(printed))]);
        let why = w::PRINTED_WHY.fill(
            lang,
            &[
                ("unit", &money_text(first.unit)),
                ("count", &first.count.to_string()),
                ("right", &money_text(right)),
            ],
        );
        return html! { div.remark { (banner(Tone::Check, &title, Some(&why), None)) } };
    }
    if !matches!(way.way, "alipay" | "wechat") {
        return html! {};
    }
    let fee = |points| {
        Rate::basis_points(points).of(turnover, Rounding::HalfUp).map_or_else(|_| "—".to_owned(), money_text)
    };
    let (low, high) = (fee(FEE_POINTS.0), fee(FEE_POINTS.1));
    let say =
        w::ONLINE_SAY.fill(lang, &[("low", &low), ("high", &high), ("turnover", &money_text(turnover))]);
    html! { div.remark { p.small.muted { (say) } } }
}
