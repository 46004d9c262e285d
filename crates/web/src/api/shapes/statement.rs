//! The channel's statement of its account for a day.

use desk::channel::FundRow;
use desk::{Balance, Statement};
use money::Money;
use serde::Serialize;
use store::{Id, Millis};
use utoipa::ToSchema;

use super::AmountView;

/// One account's statement of one day.
#[derive(Serialize, ToSchema)]
#[schema(as = Statement)]
pub struct StatementView<'a> {
    /// The channel account.
    #[schema(value_type = String)]
    pub account: Id,
    /// The day of the channel's calendar.
    pub date: &'a str,
    /// The channel.
    pub channel: &'a str,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<&'a str>,
    /// Whether payments, refunds and fees together are what the day's bill says; left out where the day was not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits_bill: Option<bool>,
    /// What was there before and is left after, for each of the channel's accounts.
    pub balances: Vec<FundBalanceView<'a>>,
    /// What moved, by kind.
    pub sums: Vec<FundSumView>,
    /// Every movement, oldest first.
    pub movements: Vec<FundView<'a>>,
    /// Lines that cannot be read or do not add up, word for word.
    pub strange: &'a [String],
}

/// What is on one of the channel's accounts.
#[derive(Serialize, ToSchema)]
#[schema(as = FundBalance)]
pub struct FundBalanceView<'a> {
    /// The channel's word for it; empty where it has one account.
    pub account: &'a str,
    /// Before the first movement of the day.
    #[schema(value_type = super::Amount)]
    pub opening: AmountView<'static>,
    /// After the last.
    #[schema(value_type = super::Amount)]
    pub closing: AmountView<'static>,
}

/// What moved for one reason.
#[derive(Serialize, ToSchema)]
#[schema(as = FundSum)]
pub struct FundSumView {
    /// `payment`, `refund`, `fee`, `fee_back`, `withdrawal` or `other`.
    pub kind: &'static str,
    /// Above zero it came, below it went.
    #[schema(value_type = super::Amount)]
    pub amount: AmountView<'static>,
}

/// One movement.
#[derive(Serialize, ToSchema)]
#[schema(as = Fund)]
pub struct FundView<'a> {
    /// When it was booked.
    #[schema(value_type = String, format = DateTime)]
    pub at: Millis,
    /// `payment`, `refund`, `fee`, `fee_back`, `withdrawal` or `other`.
    pub kind: &'static str,
    /// The channel's own word for that.
    pub word: &'a str,
    /// The channel's word for the account; empty where it has one.
    pub account: &'a str,
    /// The channel's number of the movement.
    pub number: &'a str,
    /// The channel's number of the payment or refund.
    pub channel_txn: &'a str,
    /// Our number as the channel repeats it.
    pub reference: &'a str,
    /// Above zero it came, below it went.
    #[schema(value_type = super::Amount)]
    pub amount: AmountView<'static>,
    /// What was left after it.
    #[schema(value_type = super::Amount)]
    pub balance: AmountView<'static>,
}

fn view(money: Money) -> AmountView<'static> {
    AmountView { value: money.value, currency: money.currency.code() }
}

impl<'a> From<&'a Statement> for StatementView<'a> {
    fn from(told: &'a Statement) -> Self {
        let balance = |one: &'a Balance| FundBalanceView {
            account: &one.account,
            opening: view(one.opening),
            closing: view(one.closing),
        };
        let sums = told.sums.iter();
        StatementView {
            account: told.account,
            date: &told.day,
            channel: &told.channel,
            said: told.said.as_deref(),
            fits_bill: told.fits_bill,
            balances: told.balances.iter().map(balance).collect(),
            sums: sums.map(|(kind, sum)| FundSumView { kind: kind.as_str(), amount: view(*sum) }).collect(),
            movements: told.rows.iter().map(FundView::from).collect(),
            strange: &told.strange,
        }
    }
}

impl<'a> From<&'a FundRow> for FundView<'a> {
    fn from(row: &'a FundRow) -> Self {
        FundView {
            at: row.at,
            kind: row.kind.as_str(),
            word: &row.word,
            account: &row.account,
            number: &row.number,
            channel_txn: &row.channel_txn,
            reference: &row.reference,
            amount: view(row.amount),
            balance: view(row.balance),
        }
    }
}
