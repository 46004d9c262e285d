//! Lines of a fee as lines of a quote: a code for every reason, parameters to word it, and a name in both languages for
//! screens that know no parking.

use desk::scene::QuoteLine;
use jiff::tz::TimeZone;
use money::Money;
use serde_json::{Map, Value, json};
use store::Millis;

use super::fee::Priced;
use crate::parking::tariff::{Line, Note, Tariff};

/// The code of the line that takes off what was paid before.
pub(crate) const PAID_BEFORE: &str = "parking.paid_before";

/// Code, English and Chinese word of a reason.
fn reason(note: &Note) -> (&'static str, String, String) {
    let word = |code, en: &str, zh: &str| (code, en.to_owned(), zh.to_owned());
    match note {
        Note::FreeMinutes => word("parking.free_minutes", "free minutes", "免费时长"),
        Note::FreeWindow => word("parking.free_window", "free at this time", "免费时段"),
        Note::Outside => word("parking.outside", "outside the charged hours", "非收费时段"),
        Note::Pass => word("parking.pass", "covered by the pass", "月卡有效"),
        Note::Exempt => word("parking.exempt", "exempt", "免收"),
        Note::ValidatedTime => word("parking.validated_time", "validated time", "商户减免时长"),
        Note::Away => word("parking.away", "away", "离场时间"),
        Note::Units { count, unit_s, price, per_s } => {
            let (unit, per) = (minutes_en(*unit_s), minutes_en(*per_s));
            let (unit_zh, per_zh) = (minutes_zh(*unit_s), minutes_zh(*per_s));
            let price = price.decimal();
            (
                "parking.units",
                format!("{count} × {unit} at {price} per {per}"),
                format!("{count} × {unit_zh}，每 {per_zh} {price} 元"),
            )
        }
        Note::PaidFor => word("parking.paid_for", "included above", "已含在上项"),
        Note::Flat => word("parking.flat", "flat", "定额"),
        Note::Total => word("parking.total", "in total up to this length", "时段内总额"),
        Note::Cap { limit } => {
            ("parking.cap", format!("at most {}", limit.decimal()), format!("封顶 {} 元", limit.decimal()))
        }
        Note::Percent(_) => ("parking.percent", note.to_string(), note.to_string()),
        Note::Amount => word("parking.amount", "", ""),
        Note::Minimum => word("parking.minimum", "least there is to pay", "最低收费"),
        Note::Replaced => word("parking.replaced", "replaces the fee above", "替代以上费用"),
        Note::ChargedBefore => {
            word("parking.charged_before", "charged for the earlier visit", "上次入场已收")
        }
        Note::LostTicket => word("parking.lost_ticket", "lost ticket", "遗失凭证"),
        Note::Late => word("parking.late", "paid late", "逾期"),
        Note::Bays(count) => ("parking.bays", format!("{count} places"), format!("占 {count} 个车位")),
        Note::TooLong => word("parking.too_long", "longer than allowed", "超时停放"),
        Note::Rounding => word("parking.rounding", "rounded", "取整"),
    }
}

fn minutes_en(seconds: i64) -> String {
    match seconds {
        s if s % 3600 == 0 => format!("{} h", s / 3600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

fn minutes_zh(seconds: i64) -> String {
    match seconds {
        s if s % 3600 == 0 => format!("{} 小时", s / 3600),
        s if s % 60 == 0 => format!("{} 分钟", s / 60),
        s => format!("{s} 秒"),
    }
}

fn quote_line(tariff: &Tariff, line: &Line, zone: &TimeZone) -> QuoteLine {
    let (code, en, zh) = reason(&line.note);
    let local = |at: jiff::Timestamp| at.to_zoned(zone.clone());
    let (from, to) = (local(line.from), local(line.to));
    let short = if from.date() == to.date() { "%H:%M" } else { "%m-%d %H:%M" };
    let time = if line.from == line.to {
        String::new()
    } else {
        format!(" {}–{}", from.strftime(short), to.strftime(short))
    };
    let name = |word: &str, language: &str| {
        let rule = tariff.rule_in(&line.rule, language);
        // a rule that is called what it does needs no second word
        let word = if word.is_empty() || word == rule { String::new() } else { format!(" · {word}") };
        format!("{rule}{time}{word}")
    };
    let mut params = object(json!({
        "name_en": name(&en, "en"), "name_zh": name(&zh, "zh"), "rule": &*line.rule,
        "from": from.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), "to": to.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "minutes": line.minutes,
    }));
    if let Note::Units { count, unit_s, price, per_s } = &line.note {
        params.insert(
            "units".to_owned(),
            json!({"count": count, "unit_s": unit_s, "price": price, "per_s": per_s}),
        );
    }
    QuoteLine { code: code.to_owned(), params, amount: line.amount }
}

/// The lines of a priced stay; their sum is what is due. The first carries the moment the price was told for.
pub(crate) fn quote_lines(priced: &Priced, zone: &TimeZone) -> Vec<QuoteLine> {
    let fee = &priced.fee;
    let mut lines: Vec<QuoteLine> =
        fee.lines.iter().map(|line| quote_line(&priced.tariff, line, zone)).collect();
    let before = fee.paid.value.min(fee.total.value).max(0);
    if before > 0 {
        let params = object(json!({"name_en": "Paid before", "name_zh": "已付"}));
        let amount = Money::new(-before, fee.total.currency);
        lines.push(QuoteLine { code: PAID_BEFORE.to_owned(), params, amount });
    }
    if lines.is_empty() {
        let params = object(json!({"name_en": "Parking", "name_zh": "停车"}));
        lines.push(QuoteLine {
            code: "parking.nothing".to_owned(),
            params,
            amount: Money::zero(fee.total.currency),
        });
    }
    lines[0].params.insert("priced_at".to_owned(), json!(priced.at));
    lines
}

/// The moment the price of these lines was told for.
pub(crate) fn priced_at(lines: &[QuoteLine]) -> Option<Millis> {
    lines.iter().find_map(|line| line.params.get("priced_at")?.as_str()?.parse().ok())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
