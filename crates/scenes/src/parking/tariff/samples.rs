//! Stays made up to try a tariff: for each rate a vehicle that gets it, at moments that matter.

use jiff::Timestamp;

use super::model::{Rate, Tariff};
use super::stay::{Stay, Vehicle, ZoneFrom};
use super::words::{DAY_S, day_of_date};

/// Entries worth trying: a weekday and a weekend, at each edge of a window and some minutes before it.
pub(super) fn entries(tariff: &Tariff) -> Vec<Timestamp> {
    let year = tariff.calendar.years().last().copied().unwrap_or(2026);
    let mut first = day_of_date(jiff::civil::date(year.clamp(2003, 2097), 3, 10));
    let latest = tariff.rates.iter().map(|r| r.valid.0).filter(|d| *d != i32::MIN).max().unwrap_or(i32::MIN);
    let fits = |day: i32| tariff.valid.0 <= day && day <= tariff.valid.1;
    if !fits(first) || latest > first {
        first = latest.max(tariff.valid.0).max(first.min(tariff.valid.1.saturating_sub(10)));
    }
    let mut tods = vec![9 * 3600, 0, 22 * 3600 + 1800];
    for rate in &tariff.rates {
        tods.extend(rate.cuts.iter().flat_map(|c| [*c, (c + DAY_S - 1200) % DAY_S]));
    }
    tods.sort_unstable();
    tods.dedup();
    tods.truncate(24);
    let mut out = Vec::new();
    for day in [first, first + 3, first + 4] {
        for tod in &tods {
            let local = i64::from(day) * DAY_S + tod;
            let from = local - 15 * 3600;
            if let Ok(at) = Timestamp::from_second(tariff.clock.reach(from, local)) {
                out.push(at);
            }
        }
    }
    out
}

/// A stay of no length that the rate applies to.
pub(super) fn stay_for(tariff: &Tariff, rate: &Rate, enter: Timestamp) -> Stay {
    let when = &rate.when;
    let low = |bounds: Option<(i64, i64)>| {
        bounds.map(|(low, high)| if low == i64::MIN { high.min(1) } else { low })
    };
    let mut stay = Stay::new(enter, enter);
    stay.vehicle = Vehicle {
        classes: when.vehicle.any_of.first().into_iter().chain(&when.vehicle.all_of).cloned().collect(),
        seats: low(when.vehicle.seats),
        kilograms: low(when.vehicle.kilograms),
        length_mm: low(when.vehicle.length_mm),
        height_mm: low(when.vehicle.height_mm),
        bays: low(when.vehicle.bays),
    };
    let zone = when.zones.first().or_else(|| tariff.known_zones.iter().next());
    stay.zones.extend(zone.map(|zone| ZoneFrom { zone: zone.clone(), from: enter }));
    stay.codes.extend(when.code.first().filter(|c| tariff.codes().contains(&c.as_str())).cloned());
    stay
}
