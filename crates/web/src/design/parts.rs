//! Components: money, chips, banners, fields, facts, tables, codes, countdowns, the empty state.

use maud::{Markup, PreEscaped, Render, html};
use money::{Currency, Money};

use super::icon::{self, Icon};
pub use super::page::languages;
use crate::i18n::{Lang, c};

/// How a state looks: its colour everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Money is there, things are well.
    Paid,
    /// Something is under way or unclear.
    Check,
    /// Something did not happen, or needs a person.
    Stop,
    /// Something to know.
    Tell,
    /// Neither good nor bad.
    Plain,
}

impl Tone {
    /// The class of the tone.
    pub const fn class(self) -> &'static str {
        match self {
            Tone::Paid => "paid",
            Tone::Check => "check",
            Tone::Stop => "stop",
            Tone::Tell => "tell",
            Tone::Plain => "",
        }
    }

    /// The sign that goes with it, so that colour is never alone.
    pub const fn icon(self) -> Icon {
        match self {
            Tone::Paid => icon::TICK,
            Tone::Check => icon::CLOCK,
            Tone::Stop => icon::ALERT,
            Tone::Tell | Tone::Plain => icon::INFO,
        }
    }
}

/// The sign of a currency before its figures.
pub fn currency_sign(currency: Currency) -> &'static str {
    match currency {
        Currency::CNY => "¥",
        Currency::HKD => "HK$",
        Currency::TWD => "NT$",
        Currency::USD => "US$",
        Currency::EUR => "€",
        Currency::GBP => "£",
        Currency::SGD => "S$",
        Currency::JPY => "JP¥",
        Currency::KRW => "₩",
        other => other.code(),
    }
}

/// An amount as text: `¥1,234.50`, with a true minus sign.
pub fn money_text(amount: Money) -> String {
    let (minus, whole, minor) = money_pieces(amount);
    format!("{minus}{}{whole}{minor}", currency_sign(amount.currency))
}

/// Sign, grouped whole part, minor part with its point.
fn money_pieces(amount: Money) -> (&'static str, String, String) {
    let digits = amount.currency.digits() as usize;
    let unsigned = amount.value.unsigned_abs();
    let per_major = u64::try_from(amount.currency.minor_per_major()).unwrap_or(1);
    let whole = (unsigned / per_major).to_string();
    let mut grouped = String::new();
    for (i, figure) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(figure);
    }
    let minor = if digits == 0 { String::new() } else { format!(".{:0digits$}", unsigned % per_major) };
    (if amount.value < 0 { "−" } else { "" }, grouped, minor)
}

/// An amount, set so that the figures carry.
pub fn money(amount: Money) -> Markup {
    money_sized(amount, "")
}

/// An amount in a size: `"big"` or `"huge"`.
pub fn money_sized(amount: Money, size: &str) -> Markup {
    let (minus, whole, minor) = money_pieces(amount);
    html! {
        span.money.(size) { (minus) span.sign { (currency_sign(amount.currency)) } (whole) @if !minor.is_empty() { span.minor { (minor) } } }
    }
}

/// The house's name and sign, linking to `href`.
pub fn mark(lang: Lang, href: Option<&str>) -> Markup {
    let words = html! { (icon::mark()) span { (lang.pick("Saoma", "扫码")) } @if lang == Lang::En { span.zh lang="zh-CN" { "扫码" } } };
    html! {
        @match href {
            Some(href) => a.mark href=(href) { (words) },
            None => span.mark { (words) },
        }
    }
}

/// A state in a word.
pub fn chip(tone: Tone, words: &str) -> Markup {
    html! { span.chip.(tone.class()) { (words) } }
}

/// What happened, what happens now and what to do.
pub fn banner(tone: Tone, title: &str, say: Option<&str>, more: Option<Markup>) -> Markup {
    let role = if tone == Tone::Stop { "alert" } else { "status" };
    html! {
        div.banner.(tone.class()) role=(role) {
            (tone.icon())
            strong { (title) }
            @if let Some(say) = say { p { (say) } }
            @if let Some(more) = more { (more) }
        }
    }
}

/// The glyph on a channel's badge.
fn channel_glyph(code: &str) -> &'static str {
    match code {
        "wechat" => "微",
        "alipay" | "alipay_plus" => "支",
        "ecny" => "数",
        "cash" => "¥",
        _ => "•",
    }
}

/// A channel with its badge.
pub fn channel(code: &str, name: &str) -> Markup {
    html! { span.channel.(code) { i aria-hidden="true" { (channel_glyph(code)) } span { (name) } } }
}

/// The name of a channel in words of the table, or its code.
pub fn channel_named(lang: Lang, code: &str) -> Markup {
    channel(code, &crate::i18n::code(lang, "channel", code))
}

/// One pair of a list of facts.
pub fn fact(label: &str, value: impl Render) -> Markup {
    html! { dt { (label) } dd { (value.render()) } }
}

/// A text field with its label, hint and what is wrong with it.
pub struct Field<'a> {
    /// The name in the form.
    pub name: &'a str,
    /// What it is.
    pub label: &'a str,
    /// The value it starts with.
    pub value: &'a str,
    /// `text`, `password`, `date`, …
    pub kind: &'a str,
    /// A sentence of help.
    pub hint: Option<&'a str>,
    /// What is wrong with it.
    pub wrong: Option<&'a str>,
    /// Whether it must be filled in.
    pub required: bool,
    /// `autocomplete`.
    pub complete: &'a str,
}

impl<'a> Field<'a> {
    /// A required line of text.
    pub fn text(name: &'a str, label: &'a str, value: &'a str) -> Field<'a> {
        Field { name, label, value, kind: "text", hint: None, wrong: None, required: true, complete: "off" }
    }
}

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let id = format!("f-{}", self.name);
        let hint_id = format!("{id}-hint");
        let described = self.hint.is_some() || self.wrong.is_some();
        html! {
            div.field {
                label for=(id) { (self.label) }
                input.input id=(id) name=(self.name) type=(self.kind) value=(self.value) required[self.required] autocomplete=(self.complete)
                    inputmode=[(self.kind == "number").then_some("decimal")] aria-invalid=[self.wrong.map(|_| "true")]
                    aria-describedby=[described.then_some(&hint_id)];
                @if described {
                    span id=(hint_id) class=(if self.wrong.is_some() { "wrong" } else { "hint" }) { (self.wrong.or(self.hint).unwrap_or_default()) }
                }
            }
        }
    }
}

/// A choice: value and words of each.
pub fn select(name: &str, label: &str, choices: &[(String, String)], chosen: &str) -> Markup {
    html! {
        div.field {
            label for={ "f-" (name) } { (label) }
            select.input id={ "f-" (name) } name=(name) {
                @for (value, words) in choices { option value=(value) selected[value == chosen] { (words) } }
            }
        }
    }
}

/// A box to tick.
pub fn tick(name: &str, label: &str, value: &str, ticked: bool) -> Markup {
    html! { label.check-line { input type="checkbox" name=(name) value=(value) checked[ticked]; span { (label) } } }
}

/// Nothing is here yet, and what to do about it.
pub fn empty(title: &str, say: &str) -> Markup {
    html! { div.empty { (icon::EMPTY) h3 { (title) } p { (say) } } }
}

/// A code to scan. The text of it is drawn as SVG; too long a text is written out instead.
pub fn code(text: &str, label: &str) -> Markup {
    html! { div.code role="img" aria-label=(label) { (PreEscaped(qr_svg(text).unwrap_or_default())) } }
}

/// The SVG of a QR code, one path, without a quiet zone (the frame around it keeps one). `None` when the text is too long for a code.
pub fn qr_svg(text: &str) -> Option<String> {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (row, modules) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        while column < width {
            let run = modules[column..].iter().take_while(|m| **m == qrcode::Color::Dark).count();
            if run > 0 {
                path.push_str(&format!("M{column} {row}h{run}v1h-{run}z"));
            }
            column += run.max(1);
        }
    }
    Some(format!(
        r##"<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {width}" shape-rendering="crispEdges"><rect width="{width}" height="{width}" fill="#fff"/><path d="{path}" fill="#0a1512"/></svg>"##
    ))
}

/// Time running out: a ring and the time left, moved by `core.js`; without scripts it says until when.
pub fn countdown(lang: Lang, from_ms: i64, until_ms: i64, until_text: &str) -> Markup {
    html! {
        span.countdown data-from=(from_ms) data-until=(until_ms) role="timer" aria-label=(c::TIME.say(lang)) {
            svg viewBox="0 0 36 36" aria-hidden="true" { circle cx="18" cy="18" r="15" {} circle cx="18" cy="18" r="15" pathLength="100" stroke-dasharray="100" {} }
            span.left { (until_text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_people_read_them() {
        let check = |value, currency, want: &str| assert_eq!(money_text(Money::new(value, currency)), want);
        check(0, Currency::CNY, "¥0.00");
        check(5, Currency::CNY, "¥0.05");
        check(123_456, Currency::CNY, "¥1,234.56");
        check(-100_000_000, Currency::CNY, "−¥1,000,000.00");
        check(1_500, Currency::JPY, "JP¥1,500");
        check(1_500, Currency::KWD, "KWD1.500");
        check(i64::MIN, Currency::JPY, "−JP¥9,223,372,036,854,775,808");
    }

    #[test]
    fn a_code_is_drawn_and_too_long_a_text_is_not() {
        let svg = qr_svg("weixin://wxpay/bizpayurl?pr=abc").unwrap();
        assert!(svg.contains("M0 0h7v1h-7z"), "the finder's first row is one run of seven");
        assert!(qr_svg(&"x".repeat(5000)).is_none());
    }

    #[test]
    fn text_is_escaped() {
        assert!(!banner(Tone::Stop, "<b>", None, None).into_string().contains("<b>"));
    }
}
