//! Which tariff a stay is priced by. Texts are parsed once; parsing is a pure function of the text, so what it gave is kept.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use desk::Refusal;
use store::{Id, Millis, Stop, View};

use crate::parking::problem;
use crate::parking::rows::TariffsOfSite;
use crate::parking::tariff::{Calendars, Tariff};

/// Parsed texts that are kept at once.
const KEPT: usize = 512;

static CALENDARS: LazyLock<Calendars> = LazyLock::new(Calendars::built_in);
static PARSED: LazyLock<Mutex<HashMap<String, Arc<Tariff>>>> = LazyLock::new(Mutex::default);

/// Reads a tariff's text. Error: `parking_tariff_invalid` naming every mistake with its line.
pub(crate) fn parse(text: &str) -> Result<Arc<Tariff>, Refusal> {
    let mut known = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(text) {
        return Ok(found.clone());
    }
    let tariff = Tariff::parse(text, &CALENDARS).map_err(|wrong| {
        let all: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        problem::TARIFF_INVALID.with(all.join("; "))
    })?;
    let tariff = Arc::new(tariff);
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(text.to_owned(), tariff.clone());
    Ok(tariff)
}

/// The tariff in force at a car park for a stay that begins at this moment. Errors: `parking_no_tariff`, `parking_tariff_invalid`.
pub(crate) fn in_force(view: &mut View, site: Id, entered_at: Millis) -> Result<Arc<Tariff>, Stop<Refusal>> {
    let versions = view.by::<TariffsOfSite>(site)?;
    let usable = versions.iter().filter(|v| v.withdrawn_at.is_none());
    let newest =
        usable.filter(|v| v.applies_from <= entered_at).max_by_key(|v| (v.applies_from, v.id)).ok_or_else(
            || problem::NO_TARIFF.with(format!("no tariff of the site {site} applies at {entered_at}")),
        )?;
    Ok(parse(&newest.toml)?)
}
