//! What rules are called in other languages: the tariff's own table `[names.zh]`, and words for the names that the engine makes itself.

use std::collections::{BTreeMap, BTreeSet};

use super::model::Tariff;
use super::node::{Table, distance};
use super::words;

/// The languages a bill is written in.
const LANGUAGES: [&str; 2] = ["en", "zh"];

/// Language → name in the file → name in that language.
pub(crate) type RuleNames = BTreeMap<&'static str, BTreeMap<String, String>>;

/// Names the engine makes itself, with their Chinese words.
const MADE: [(&str, &str); 17] = [
    ("all day", "全天"),
    ("away", "离场"),
    ("cap over all zones", "各区合计封顶"),
    ("earlier visit", "上次入场"),
    ("exempt", "免收"),
    ("free", "免费"),
    ("further places", "多占车位"),
    ("longest stay", "超时停放"),
    ("lost ticket", "遗失凭证"),
    ("most for a stay", "单次封顶"),
    ("outside", "非收费时段"),
    ("parking", "停车"),
    ("pass", "月卡"),
    ("rounding", "取整"),
    ("tariff", "收费标准"),
    ("validation", "商户减免"),
    ("after that", "之后"),
];

/// Beginnings of names the engine makes itself: `late payment 2`.
const NUMBERED: [(&str, &str); 6] = [
    ("discount ", "优惠"),
    ("late payment ", "逾期"),
    ("offer ", "套餐"),
    ("rate ", "费率"),
    ("surcharge ", "附加费"),
    ("validation ", "商户减免"),
];

/// Ceilings without a name of their own.
const CAPS: [(&str, &str); 5] = [
    ("cap per stay", "单次封顶"),
    ("cap per window", "时段封顶"),
    ("cap per day", "每日封顶"),
    ("cap per week", "每周封顶"),
    ("cap per month", "每月封顶"),
];

/// Reads `[names.zh]` and `[names.en]`.
pub(super) fn read(table: &Table<'_, '_>) -> RuleNames {
    let mut names = RuleNames::new();
    let Some(of) = table.get("names").and_then(|item| item.table()) else { return names };
    for language in LANGUAGES {
        let Some(own) = of.get(language).and_then(|item| item.table()) else { continue };
        let words = own.entries().into_iter().filter_map(|(name, item)| Some((name, item.text()?)));
        names.insert(language, words.collect());
    }
    of.finish();
    names
}

/// Every name in the table belongs to a rule; one that does not is a slip of the pen.
pub(super) fn check(table: &Table<'_, '_>, tariff: &Tariff) {
    let known = known(tariff);
    for (language, words) in &tariff.names {
        for name in words.keys().filter(|name| !known.contains(name.as_str())) {
            let near = known.iter().min_by_key(|k| distance(k, name)).copied().unwrap_or_default();
            table.wrong::<()>(format!(
                "names.{language}: no rule is called {name:?}; the nearest one is {near:?}"
            ));
        }
    }
}

/// The names of a tariff's rules, and the parts of those that are made of two.
fn known(tariff: &Tariff) -> BTreeSet<&str> {
    let mut known: BTreeSet<&str> = MADE.iter().chain(&CAPS).map(|(name, _)| *name).collect();
    known.insert(&tariff.name);
    for rate in &tariff.rates {
        known.insert(&rate.name);
        known.extend(rate.caps.iter().map(|cap| &*cap.name));
        for window in &rate.windows {
            known.insert(&window.name);
            known.extend(window.steps.iter().map(|step| &*step.name));
        }
    }
    known.extend(tariff.caps.iter().map(|cap| &*cap.name));
    known.extend(tariff.adjusts.iter().map(|adjust| &*adjust.name));
    known.extend(tariff.validations.iter().map(|validation| &*validation.name));
    known.extend(tariff.passes.iter().map(|pass| &*pass.name));
    known.extend(tariff.late.iter().map(|late| &*late.name));
    known.extend(tariff.exempt.iter().map(|(name, _)| &**name));
    let parts: Vec<&str> =
        known.iter().filter_map(|name| name.split_once(": ")).flat_map(|(a, b)| [a, b]).collect();
    known.extend(parts);
    known
}

impl Tariff {
    /// A rule's name in a language (`en`, `zh`): as the file's own table says; a name the engine made, in its words; else as it is written.
    pub fn rule_in(&self, rule: &str, language: &str) -> String {
        let own = self.names.get(language);
        if let Some(name) = own.and_then(|names| names.get(rule)) {
            return name.clone();
        }
        if let Some((window, step)) = rule.split_once(": ") {
            let colon = if language == "zh" { "：" } else { ": " };
            return format!("{}{colon}{}", self.rule_in(window, language), self.rule_in(step, language));
        }
        let made = if language == "zh" { chinese(rule) } else { None };
        made.unwrap_or_else(|| rule.to_owned())
    }
}

/// A name the engine made, in Chinese.
fn chinese(rule: &str) -> Option<String> {
    if let Some((_, word)) = MADE.iter().chain(&CAPS).find(|(name, _)| *name == rule) {
        return Some((*word).to_owned());
    }
    let length = |text: &str| words::duration(text).ok().map(length_zh);
    if let Some(text) = rule.strip_prefix("up to ") {
        return Some(format!("{}以内", length(text)?));
    }
    if let Some(text) = rule.strip_prefix("over ") {
        return Some(format!("超过 {}", length(text)?));
    }
    if let Some(text) = rule.strip_prefix("cap per ") {
        let (text, of_day) = text.strip_suffix(" of a day").map_or((text, ""), |text| (text, "（当日）"));
        return Some(format!("每 {}封顶{of_day}", length(text)?));
    }
    let (word, number) = NUMBERED.iter().find_map(|(name, word)| Some((word, rule.strip_prefix(name)?)))?;
    number.parse::<u32>().ok().map(|number| format!("{word} {number}"))
}

/// A length of time as Chinese bills say it.
fn length_zh(seconds: i64) -> String {
    let mut out = String::new();
    let mut rest = seconds;
    for (unit_s, word) in [(86_400, "天"), (3600, "小时"), (60, "分钟"), (1, "秒")] {
        let unit_s = if seconds == 86_400 && unit_s == 86_400 { continue } else { unit_s };
        if rest >= unit_s {
            let space = if out.is_empty() { "" } else { " " };
            out.push_str(&format!("{space}{} {word}", rest / unit_s));
            rest %= unit_s;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Calendars;
    use super::*;

    fn tariff(more: &str) -> Result<Tariff, String> {
        let text = format!(
            "currency = \"CNY\"\ntimezone = \"Asia/Shanghai\"\n{more}\n[[window]]\nname = \"daytime\"\ntime = \"08:00-20:00\"\n\
             steps = [{{ up_to = \"2h\", flat = 10 }}, {{ price = 3, per = \"30min\" }}]\ncap = \"40 per 24h\"\n\
             [[window]]\nname = \"夜间\"\ntime = \"20:00-08:00\"\nprice = 2\nper = \"1h\"\n"
        );
        Tariff::parse(&text, &Calendars::built_in())
            .map_err(|all| all.iter().map(|p| format!("{p}\n")).collect())
    }

    #[test]
    fn a_rule_is_called_by_the_files_words_then_by_ours() {
        let tariff = tariff("[names.zh]\ndaytime = \"日间\"\n[names.en]\n\"夜间\" = \"night\"").unwrap();
        let check = |rule: &str, en: &str, zh: &str| {
            assert_eq!(
                (tariff.rule_in(rule, "en"), tariff.rule_in(rule, "zh")),
                (en.to_owned(), zh.to_owned()),
                "{rule}"
            );
        };
        check("daytime", "daytime", "日间");
        check("daytime: up to 2h", "daytime: up to 2h", "日间：2 小时以内");
        check("daytime: over 1h 30min", "daytime: over 1h 30min", "日间：超过 1 小时 30 分钟");
        check("夜间", "night", "夜间");
        check("夜间: over 2h", "night: over 2h", "夜间：超过 2 小时");
        check("cap per 24h", "cap per 24h", "每 24 小时封顶");
        check("cap per 12h of a day", "cap per 12h of a day", "每 12 小时封顶（当日）");
        check("cap per day", "cap per day", "每日封顶");
        check("free", "free", "免费");
        check("late payment 2", "late payment 2", "逾期 2");
        check("rate to the pier", "rate to the pier", "rate to the pier");
    }

    #[test]
    fn a_name_of_no_rule_is_told_with_the_nearest() {
        let told = tariff("[names.zh]\ndaytme = \"日间\"").unwrap_err();
        assert!(told.contains("no rule is called \"daytme\"") && told.contains("\"daytime\""), "{told}");
        let told = tariff("[names.fr]\ndaytime = \"jour\"").unwrap_err();
        assert!(told.contains("names.fr"), "{told}");
    }
}
