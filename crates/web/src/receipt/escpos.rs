//! A receipt as ESC/POS bytes: two columns on narrow paper, Chinese in GB18030, a code to the payer's page, a cut.

use std::cell::RefCell;

use encoding_rs::GB18030;
use escpos::driver::Driver;
use escpos::errors::{PrinterError, Result as Printed};
use escpos::printer::Printer;
use escpos::utils::{Encoder, JustifyMode, Protocol, QRCodeCorrectionLevel, QRCodeModel, QRCodeOption};
use money::Money;

use super::{Receipt, words};
use crate::i18n::Lang;
use crate::problem::{Failure, http};

/// Takes the bytes that would go to a device.
#[derive(Default)]
struct Paper(RefCell<Vec<u8>>);

impl Driver for Paper {
    fn name(&self) -> String {
        "bytes".to_owned()
    }

    fn write(&self, data: &[u8]) -> Printed<()> {
        self.0.borrow_mut().extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _: &mut [u8]) -> Printed<usize> {
        Ok(0)
    }

    fn flush(&self) -> Printed<()> {
        Ok(())
    }
}

/// `FS &`: the printer reads two-byte characters.
const CHINESE_ON: &[u8] = &[0x1c, b'&'];

/// The bytes of a receipt on paper of `columns` characters a line.
pub(super) fn bytes(receipt: &Receipt, lang: Lang, columns: usize) -> Result<Vec<u8>, Failure> {
    print(receipt, lang, columns).map_err(|e: PrinterError| http::INTERNAL.with(e.to_string()).into())
}

fn print(receipt: &Receipt, lang: Lang, columns: usize) -> Printed<Vec<u8>> {
    let body = &receipt.body;
    let mut paper = Printer::new(Paper::default(), Protocol::new(Encoder::new(GB18030)), None);
    paper.init()?.custom(CHINESE_ON)?.justify(JustifyMode::CENTER)?;
    paper.bold(true)?.size(2, 2)?.writeln(&clean(&body.site))?.reset_size()?;
    paper.writeln(words::TITLE.say(lang))?.bold(false)?;
    if receipt.copy {
        paper.bold(true)?.writeln(&format!("*** {} ***", words::COPY.say(lang)))?.bold(false)?;
    }
    paper.justify(JustifyMode::LEFT)?;
    paper.writeln(&pair(words::NUMBER.say(lang), &body.number, columns))?;
    paper.writeln(&pair(words::TIME.say(lang), &body.at, columns))?;
    let rule = "-".repeat(columns);
    paper.writeln(&rule)?;
    for line in &body.lines {
        for row in bought(line, lang, columns) {
            paper.writeln(&row)?;
        }
    }
    paper.writeln(&rule)?;
    paper.bold(true)?.writeln(&pair(words::TOTAL.say(lang), &amount(body.total), columns))?.bold(false)?;
    for row in paid(receipt, lang, columns) {
        paper.writeln(&row)?;
    }
    let code = QRCodeOption::new(QRCodeModel::Model2, 6, QRCodeCorrectionLevel::M);
    paper.feed()?.justify(JustifyMode::CENTER)?.qrcode_option(&receipt.pay_url, code)?;
    paper.writeln(words::FOLLOW.say(lang))?.feeds(3)?.print_cut()?;
    Ok(paper.driver().0.into_inner())
}

fn bought(line: &super::ReceiptLine, lang: Lang, columns: usize) -> Vec<String> {
    let name = clean(line.name(lang));
    match line.unit_price {
        Some(price) if line.quantity != 1 => {
            let count = format!("  {} x {}", line.quantity, price.decimal());
            let mut rows = wrap(&name, columns);
            rows.push(pair(&count, &line.amount.decimal(), columns));
            rows
        }
        _ => {
            let sum = line.amount.decimal();
            let mut rows = wrap(&name, columns.saturating_sub(sum.len() + 1));
            let last = rows.pop().unwrap_or_default();
            rows.push(pair(&last, &sum, columns));
            rows
        }
    }
}

fn paid(receipt: &Receipt, lang: Lang, columns: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut say = |text: &crate::i18n::Text, value: &str| rows.push(pair(text.say(lang), value, columns));
    for payment in &receipt.payments {
        say(&words::PAID, &crate::i18n::code(lang, "channel", &payment.channel));
        if let Some((tendered, change)) = payment.cash {
            say(&words::TENDERED, &amount(tendered));
            say(&words::CHANGE, &amount(change));
        }
        if let Some(txn) = &payment.channel_txn {
            say(&words::TXN, txn);
        }
    }
    if !receipt.refunded.is_zero() {
        say(&words::REFUNDED, &amount(receipt.refunded));
    }
    rows
}

/// The full-width yuan sign has two bytes in GB18030, which every printer knows; the narrow one has four, which few do.
fn amount(money: Money) -> String {
    let sign = if money.currency == money::Currency::CNY { "￥" } else { money.currency.code() };
    format!("{sign}{}", money.decimal())
}

/// Text without control characters: nothing that is printed may command the printer.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Columns a text takes: one for ASCII, two for everything else.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// Left and right on one line, or on two where they do not fit.
fn pair(left: &str, right: &str, columns: usize) -> String {
    let right = clean(right);
    let used = width(left) + width(&right);
    if used < columns {
        format!("{left}{}{right}", " ".repeat(columns - used))
    } else {
        format!("{left}\n{}{right}", " ".repeat(columns.saturating_sub(width(&right))))
    }
}

/// Breaks a text into lines of at most `columns`.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = if c.is_ascii() { 1 } else { 2 };
        if used + wide > columns {
            rows.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(row) = rows.last_mut() {
            row.push(c);
        }
    }
    rows
}

#[cfg(test)]
#[path = "escpos_tests.rs"]
mod tests;
