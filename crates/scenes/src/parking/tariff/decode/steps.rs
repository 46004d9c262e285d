//! Reading prices: steps, flat amounts, free minutes and ceilings.

use std::sync::Arc;

use super::super::model::{Every, FOREVER, Free, Price, Step, Units};
use super::super::node::{Item, Table};
use super::super::words::{self, DAY_S, show_duration};
use super::Reader;

/// When a single amount comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Each {
    /// Once a stay.
    Visit,
    /// Each time the window comes.
    Window,
    /// Each calendar day.
    Day,
}

/// What a rate or window charges.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) steps: Vec<Step>,
    /// The only price is one amount, each time that comes.
    pub(super) each: Option<Each>,
}

/// A ceiling before the windows are known by number.
#[derive(Clone, Debug)]
pub(super) struct CapSpec {
    pub(super) name: Option<String>,
    pub(super) limits: Vec<i64>,
    pub(super) per: Every,
    pub(super) windows: Vec<String>,
    pub(super) all_visits: bool,
    pub(super) span: std::ops::Range<usize>,
    pub(super) path: String,
}

const PRICE_KEYS: [&str; 4] = ["price", "flat", "total", "steps"];

impl Reader<'_, '_> {
    /// The price keys of a rate or window, if it has any.
    pub(super) fn body(&self, table: &Table<'_, '_>) -> Option<Body> {
        let given = PRICE_KEYS.iter().filter(|key| table.get(key).is_some()).count();
        for key in ["per", "round", "tolerance"] {
            table.get(key);
        }
        if given > 1 {
            table.wrong::<()>("write either steps, or a single price, or flat");
        }
        if let Some(item) = table.any(&["steps", "step"]) {
            return self.steps(&item);
        }
        if given == 0 {
            return None;
        }
        let mut each = None;
        let price = self.price(table, &mut each)?;
        if matches!(price, Price::Flat(_)) && each.is_none() {
            each = Some(Each::Window);
        }
        let step = Step { name: Arc::from(""), until_s: FOREVER, price };
        Some(Body { steps: vec![step], each })
    }

    fn steps(&self, item: &Item<'_, '_>) -> Option<Body> {
        let (mut steps, mut last, mut ends) = (Vec::new(), 0, true);
        let mut each = None;
        let members = item.list();
        for (i, member) in members.iter().enumerate() {
            let Some(table) = member.table() else { continue };
            let length = table.get("length").and_then(|i| i.read(words::duration).map(|s| last + s));
            let until = table.any(&["up_to", "until"]).and_then(|i| i.read(words::duration)).or(length);
            let name = table.text("name");
            let price = self.price(&table, &mut each);
            table.finish();
            let until_s = match until {
                Some(until) if until <= last => {
                    table.wrong::<()>(format!(
                        "this step ends at {}, and the one before at {}: steps stand in order, each with a later up_to",
                        show_duration(until),
                        show_duration(last)
                    ));
                    continue;
                }
                Some(until) => until,
                None if i + 1 < members.len() => {
                    table.wrong::<()>("only the last step may be without up_to: say how far this one goes");
                    continue;
                }
                None => {
                    ends = false;
                    FOREVER
                }
            };
            let name = name.unwrap_or_else(|| match until {
                Some(until) => format!("up to {}", show_duration(until)),
                None if last == 0 => String::new(),
                None => format!("over {}", show_duration(last)),
            });
            steps.push(Step { name: name.into(), until_s, price: price? });
            last = until_s;
        }
        if members.is_empty() {
            return item.wrong("a list of steps needs at least one: { up_to = \"1h\", flat = 5 }");
        }
        if ends && !steps.is_empty() {
            steps.push(Step {
                name: format!("over {}", show_duration(last)).into(),
                until_s: FOREVER,
                price: Price::Flat(0),
            });
        }
        if each.is_some_and(|e| e != Each::Visit) && steps.len() > 1 {
            item.wrong::<()>("a price per day or per window stands alone: write it without steps, or as a window of its own");
        }
        let each = if steps.len() == 1 { each } else { None };
        Some(Body { steps, each })
    }

    /// `flat`, `total`, `free` or `price` with `per`, `round`, `tolerance`, `rise`.
    fn price(&self, table: &Table<'_, '_>, each: &mut Option<Each>) -> Option<Price> {
        let given = ["flat", "total", "price"].iter().filter(|k| table.has(k)).count();
        let free = table.has("free")
            && ["up_to", "until", "length"].iter().any(|k| table.has(k))
            && table.flag("free").unwrap_or(false);
        if given + usize::from(free) != 1 {
            return table.wrong(
                "a step needs exactly one of flat (once), total (all so far), price with per, or free = true",
            );
        }
        if free {
            return Some(Price::Flat(0));
        }
        if let Some(item) = table.get("total") {
            return Some(Price::Total(item.read(|t| self.money(t))?));
        }
        if let Some(item) = table.get("flat") {
            let amount = item.read(|t| self.money(t))?;
            *each = self.each(table)?;
            return Some(Price::Flat(amount));
        }
        let amount = table.get("price")?.read(|t| self.money(t))?;
        if amount < 0 {
            return table.wrong("a price is not negative");
        }
        let Some(per) = table.get("per") else {
            return table.wrong("say what the price is for: per = \"1h\" (or \"30min\", \"day\", \"visit\")");
        };
        if per.is_number() {
            return per.wrong("say the unit too: per = \"60min\"");
        }
        let word = per.text()?;
        if let Some(kind) = each_word(&word) {
            *each = Some(kind);
            return Some(Price::Flat(amount));
        }
        let per_s = per.read(words::duration)?;
        if per_s == 0 {
            return per.wrong("a unit cannot be nothing long");
        }
        self.units(table, amount, per_s).map(Price::Units)
    }

    fn each(&self, table: &Table<'_, '_>) -> Option<Option<Each>> {
        let Some(item) = table.get("per") else { return Some(None) };
        let word = item.text()?;
        match each_word(&word) {
            Some(each) => Some(Some(each)),
            None => item.wrong("a flat amount is per \"visit\", \"window\" or \"day\"; for units of time write price instead of flat"),
        }
    }

    fn units(&self, table: &Table<'_, '_>, amount: i64, per_s: i64) -> Option<Units> {
        let round = table.any(&["round", "rounding"]);
        let word = round.as_ref().map_or(Some("up".to_owned()), Item::text)?;
        let tolerance = table.duration("tolerance");
        let mut unit_s = per_s;
        let mut counts_from_s = match word.as_str() {
            "up" | "started" | "向上" => 1,
            "down" | "completed" | "full" | "向下" => per_s,
            "nearest" | "half" => per_s.div_euclid(2).max(1),
            "minute" | "per_minute" | "minutes" => {
                unit_s = 60;
                1
            }
            "minute_down" | "full_minute" => {
                unit_s = 60;
                60
            }
            "second" | "exact" => {
                unit_s = 1;
                1
            }
            other => {
                let say = "write \"up\" (a started unit counts), \"down\" (only full units), \"nearest\", \"minute\" \
                           (by the started minute), \"minute_down\" or \"second\"";
                return round?.wrong(format!("{other:?} is not a way to round: {say}"));
            }
        };
        if let Some(tolerance) = tolerance {
            if counts_from_s != 1 || tolerance >= unit_s {
                return table.wrong("a tolerance goes with round = \"up\" and is shorter than the unit");
            }
            counts_from_s = tolerance + 1;
        }
        let rise = table.get("rise").and_then(|i| i.read(|t| self.money(t))).unwrap_or(0);
        let rise_to = table.get("rise_to").and_then(|i| i.read(|t| self.money(t)));
        if rise < 0 || rise_to.is_some_and(|to| to < amount) {
            return table.wrong("a price can only rise unit by unit: for one that falls, write steps");
        }
        let rise_to = rise_to.unwrap_or(1_000_000_000);
        let (num, den) = if unit_s == per_s { (amount, 1) } else { (amount * unit_s, per_s) };
        Some(Units { unit_s, counts_from_s, num, den, rise, rise_to, said: (amount, per_s) })
    }

    /// `free = "30min"` or a table.
    pub(super) fn free(&self, item: &Item<'_, '_>) -> Option<Free> {
        let plain = |length_s| Free {
            length_s,
            clawed_back: false,
            inclusive: true,
            again: Every::Stay,
            charged_time: false,
            visits_a_day: i64::MAX,
        };
        if !item.is_table() {
            return item.read(words::duration).map(plain);
        }
        let table = item.table()?;
        let length = table.any(&["length", "minutes", "time", "first"]);
        let mut free = plain(length.and_then(|i| i.read(words::duration)).unwrap_or(0));
        let mode = [("deducted", false), ("clawed_back", true), ("threshold", true), ("up_to", true)];
        free.clawed_back = table.flag("clawed_back").or_else(|| table.choice("mode", &mode)).unwrap_or(false);
        free.inclusive = table.flag("inclusive").unwrap_or(true);
        free.again = table.read("again", every_word).unwrap_or(Every::Stay);
        free.charged_time = table.choice("counts", &[("entry", false), ("charged", true)]).unwrap_or(false);
        free.visits_a_day = table.count("visits_a_day").unwrap_or(i64::MAX);
        table.finish();
        if free.length_s == 0 {
            return item.wrong("say how long is free: free = { length = \"30min\" }");
        }
        match free.again {
            Every::Window | Every::Week | Every::Month => {
                return item.wrong("free minutes come again after a length of time or each day: again = \"24h\", \"day\" or \"never\"");
            }
            Every::Seconds(n) if n < free.length_s => {
                return item.wrong("the free minutes come again before they are over");
            }
            again if free.charged_time && again != Every::Stay => {
                return item.wrong(
                    "free minutes counted in charged time cannot come again: leave out again or counts",
                );
            }
            _ => {}
        }
        Some(free)
    }

    /// `cap = "20 per 24h"`, a table, or a list of them. `default` is what a bare number means.
    pub(super) fn caps(&self, item: &Item<'_, '_>, default: Option<Every>) -> Vec<CapSpec> {
        item.list().iter().filter_map(|i| self.cap(i, default)).collect()
    }

    fn cap(&self, item: &Item<'_, '_>, default: Option<Every>) -> Option<CapSpec> {
        let spec = |limits, per| CapSpec {
            name: None,
            limits,
            per,
            windows: Vec::new(),
            all_visits: false,
            span: item.span.clone(),
            path: item.path.clone(),
        };
        let ask = "say per what: cap = \"20 per 24h\", \"20 per day\" (calendar day), \"20 per window\" or \"20 per stay\"";
        if item.is_table() {
            let table = item.table()?;
            let limits = table.any(&["limit", "limits", "amount"]);
            let limits =
                limits.map(|i| i.list().iter().filter_map(|l| l.read(|t| self.money(t))).collect::<Vec<_>>());
            let per = table.read("per", every_word).or(default);
            let starts = table.read("day_starts", words::time_of_day);
            let within_day = table.choice("resets", &[("never", false), ("midnight", true)]).unwrap_or(false);
            let mut cap = spec(limits.unwrap_or_default(), per.unwrap_or(Every::Stay));
            cap.windows = table.get("windows").map(|i| i.texts()).unwrap_or_default();
            cap.name = table.text("name");
            cap.all_visits = table.choice("visits", &[("this", false), ("all", true)]).unwrap_or(false);
            table.finish();
            if let Some(start) = starts {
                cap.per = match cap.per {
                    Every::Day(_) if start < DAY_S => Every::Day(start),
                    _ => return item.wrong("day_starts goes with per = \"day\" and lies before 24:00"),
                };
            }
            if within_day {
                cap.per = match cap.per {
                    Every::Seconds(n) if n < DAY_S => Every::SecondsWithinDay(n),
                    _ => return item.wrong(
                        "resets = \"midnight\" goes with a period of less than a day, such as per = \"12h\"",
                    ),
                };
            }
            if cap.limits.is_empty() || cap.limits.iter().any(|l| *l < 0) {
                return item.wrong(
                    "a cap needs a limit (or limits = [30, 40, 50], one for each period), not negative",
                );
            }
            if per.is_none() {
                return item.wrong(ask);
            }
            if cap.all_visits && !matches!(cap.per, Every::Day(_) | Every::Week | Every::Month) {
                return item.wrong("visits = \"all\" goes with per = \"day\", \"week\" or \"month\"");
            }
            return Some(cap);
        }
        let text = item.text()?;
        let (amount, per) = match text.split_once(" per ").or_else(|| text.split_once('/')) {
            Some((amount, per)) => (amount.trim().to_owned(), Some(every_word(per.trim()))),
            None => (text, None),
        };
        let limit = match self.money(&amount) {
            Ok(limit) if limit >= 0 => limit,
            Ok(_) => return item.wrong("a cap is not negative"),
            Err(message) => return item.wrong(message),
        };
        match per {
            Some(Ok(per)) => Some(spec(vec![limit], per)),
            Some(Err(message)) => item.wrong(message),
            None => match default {
                Some(per) => Some(spec(vec![limit], per)),
                None => item.wrong(ask),
            },
        }
    }
}

fn each_word(word: &str) -> Option<Each> {
    Some(match word {
        "visit" | "stay" | "entry" | "次" => Each::Visit,
        "window" | "night" | "time" | "each time" => Each::Window,
        "day" | "calendar day" | "calendar_day" | "天" => Each::Day,
        _ => return None,
    })
}

/// How often something begins again: `stay`, `window`, `day`, `week`, `month`, or a length of time.
pub(super) fn every_word(word: &str) -> Result<Every, String> {
    Ok(match word {
        "stay" | "visit" | "never" | "entry" => Every::Stay,
        "window" | "night" | "time" | "each time" => Every::Window,
        "day" | "calendar day" | "calendar_day" | "midnight" => Every::Day(0),
        "week" | "calendar week" => Every::Week,
        "month" | "calendar month" => Every::Month,
        other => {
            let seconds = words::duration(other).map_err(|_| {
                format!("{other:?} is not a period: write \"24h\" (hours of the stay), \"day\" (calendar day), \"window\", \"week\", \"month\" or \"stay\"")
            })?;
            if seconds < 60 {
                return Err("a period is at least a minute long".to_owned());
            }
            Every::Seconds(seconds)
        }
    })
}
