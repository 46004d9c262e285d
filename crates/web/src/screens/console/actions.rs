//! What an operator does to an order: give money back, try a failed refund again or have one repaired, close.
//!
//! The key of each write follows from the form: the order's version when the page was made. So a form sent twice is done once (rule 8),
//! and a page that is too old says so instead of doing something else.

use axum::extract::{Path, State};
use desk::RefundRequest;
use desk::problem::desk as problems;
use money::{Currency, Money};
use store::Id;

use super::Staff;
use crate::AppState;
use crate::screens::kit::{Instead, Posted, Shown, after, id, wrong};

pub(super) async fn refund(
    State(state): State<AppState>,
    Path(order): Path<String>,
    staff: Staff,
    form: Posted,
) -> Shown {
    let path = format!("/orders/{order}");
    staff.check(&form, &path)?;
    let order = id(&order).map_err(|refusal| staff.refused(&refusal))?;
    let currency: Currency = match form.get("currency").parse() {
        Ok(currency) => currency,
        Err(_) => return Ok(wrong(&path, problems::CURRENCY_MISMATCH.code)),
    };
    let Ok(amount) = Money::parse_decimal(&plain(form.get("amount")), currency) else {
        return Ok(wrong(&path, problems::INVALID_AMOUNT.code));
    };
    let key = format!("console/refund/{order}/{}", form.get("version"));
    let ask = RefundRequest { amount: Some(amount), reason: form.get("reason").to_owned() };
    Ok(after(state.desk.refund(staff.who(), &key, order, ask).await, &path, "refund_started"))
}

/// An amount as people type it: with a currency sign, spaces, commas between thousands, figures of full width.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
        '．' | '。' => '.',
        other => other,
    };
    let noise = |c: &char| !(c.is_whitespace() || matches!(c, ',' | '，' | '¥' | '￥'));
    text.chars().filter(noise).map(narrow).collect()
}

pub(super) async fn retry(
    State(state): State<AppState>,
    Path(order): Path<String>,
    staff: Staff,
    form: Posted,
) -> Shown {
    let (path, refund, key) = refund_of(&staff, &form, &order, "retry")?;
    Ok(after(state.desk.retry_refund(staff.who(), &key, refund).await, &path, "refund_started"))
}

pub(super) async fn repair(
    State(state): State<AppState>,
    Path(order): Path<String>,
    staff: Staff,
    form: Posted,
) -> Shown {
    let (path, refund, key) = refund_of(&staff, &form, &order, "repair")?;
    Ok(after(state.desk.repair_refund(staff.who(), &key, refund).await, &path, "refund_started"))
}

/// What a form says that does something with a refund: the page to go back to, the refund, and the key of doing it once.
fn refund_of(staff: &Staff, form: &Posted, order: &str, deed: &str) -> Result<(String, Id, String), Instead> {
    let path = format!("/orders/{order}");
    staff.check(form, &path)?;
    let refund = id(form.get("refund")).map_err(|refusal| staff.refused(&refusal))?;
    let key = format!("console/{deed}/{refund}/{}", form.get("version"));
    Ok((path, refund, key))
}

pub(super) async fn close(
    State(state): State<AppState>,
    Path(order): Path<String>,
    staff: Staff,
    form: Posted,
) -> Shown {
    let path = format!("/orders/{order}");
    staff.check(&form, &path)?;
    let order = id(&order).map_err(|refusal| staff.refused(&refusal))?;
    let key = format!("console/close/{order}");
    Ok(after(state.desk.close(staff.who(), &key, order).await, &path, "closed_now"))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn amounts_as_people_type_them() {
        for (typed, want) in
            [("12.50", "12.50"), (" ¥1,234.5 ", "1234.5"), ("１２。５", "12.5"), ("abc", "abc"), ("-3", "-3")]
        {
            assert_eq!(plain(typed), want);
        }
    }
}
