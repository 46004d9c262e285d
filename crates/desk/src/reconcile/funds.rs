//! The channel's statement of its account, read for whoever asks: what came, what went, what the channel kept, what is left; and whether that is the
//! money the day's bill tells of. Nothing of it is kept: the channel has it for months.

use std::collections::BTreeMap;

use money::Money;
use store::Id;

use crate::access::{Act, Who};
use crate::boxed;
use crate::channel::{FundKind, FundRow, Funding, Funds, Trouble};
use crate::dates::day_bounds;
use crate::desk::Desk;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{ChannelAccount, Reconciliation, ReconciliationState};

/// One account's statement of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The channel account.
    pub account: Id,
    /// The channel.
    pub channel: String,
    /// The day of the channel's calendar.
    pub day: String,
    /// Why there is none, where there is none.
    pub said: Option<String>,
    /// Every movement, oldest first.
    pub rows: Vec<FundRow>,
    /// What could not be read or does not add up.
    pub strange: Vec<String>,
    /// What moved, by kind; above zero it came.
    pub sums: Vec<(FundKind, Money)>,
    /// Each of the channel's accounts with what was there before the day and what is left after it.
    pub balances: Vec<Balance>,
    /// Payments, refunds and fees together are what the day's bill says; nothing where the day was not compared.
    pub fits_bill: Option<bool>,
}

/// What is on one of the channel's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The channel's word for the account; empty where it has one.
    pub account: String,
    /// Before the first movement of the day.
    pub opening: Money,
    /// After the last.
    pub closing: Money,
}

impl Desk {
    /// Fetches an account's statement of a day (`2026-11-22`, the channel's calendar).
    ///
    /// Errors: `forbidden`, `not_found`, `invalid_request`, `channel_unavailable`, `channel_refused`.
    #[boxed]
    pub async fn statement(&self, who: &Who, account: Id, day: &str) -> Result<Statement, Refusal> {
        who.need(Act::Refund)?;
        let key = (account, day.to_owned());
        let (row, bill) = self
            .decide(who.merchant, move |view| {
                let bill = view.get::<Reconciliation>(key.clone())?;
                Ok((view.need::<ChannelAccount, Refusal>(account)?, bill))
            })
            .await?;
        day_bounds(day, self.bill_zone(&row.channel)?, 0)?;
        let line = self.line(who.merchant, account).await?;
        let (funds, said) = match line.funds(day, self.now()).await {
            Ok(Funding::Ready(funds)) => (funds, None),
            Ok(Funding::None(said)) => (Funds::default(), Some(said)),
            Err(Trouble::Refused { code, message }) if code == "NOT_OFFERED" => {
                (Funds::default(), Some(message))
            }
            Err(Trouble::Refused { code, message }) => {
                return Err(problems::CHANNEL_REFUSED.with(format!("{code}: {message}")));
            }
            Err(trouble) => return Err(problems::CHANNEL_UNAVAILABLE.with(trouble.to_string())),
        };
        let compared = |bill: &Reconciliation| {
            matches!(bill.state, ReconciliationState::Agrees | ReconciliationState::Differs)
        };
        let fits_bill = bill.filter(compared).filter(|_| said.is_none()).map(|bill| fits(&funds.rows, &bill));
        Ok(Statement {
            account,
            channel: row.channel,
            day: day.to_owned(),
            said,
            sums: sums(&funds.rows),
            balances: balances(&funds.rows),
            rows: funds.rows,
            strange: funds.strange,
            fits_bill,
        })
    }
}

/// What moved, by kind and currency.
fn sums(rows: &[FundRow]) -> Vec<(FundKind, Money)> {
    let mut sums: BTreeMap<(FundKind, &str), Money> = BTreeMap::new();
    for row in rows {
        let sum =
            sums.entry((row.kind, row.amount.currency.code())).or_insert(Money { value: 0, ..row.amount });
        sum.value = sum.value.saturating_add(row.amount.value);
    }
    sums.into_iter().map(|((kind, _), sum)| (kind, sum)).collect()
}

fn balances(rows: &[FundRow]) -> Vec<Balance> {
    let mut balances: BTreeMap<&str, Balance> = BTreeMap::new();
    for row in rows {
        let before = Money { value: row.balance.value.saturating_sub(row.amount.value), ..row.balance };
        balances.entry(&row.account).and_modify(|known| known.closing = row.balance).or_insert_with(|| {
            Balance { account: row.account.clone(), opening: before, closing: row.balance }
        });
    }
    balances.into_values().collect()
}

/// Whether payments, refunds and fees together are what the bill says. A bill writes fees finer than a minor unit, so each fee may be off by half
/// of one. Only the sum is compared: some channels take the fee they give back off the refund.
fn fits(rows: &[FundRow], bill: &Reconciliation) -> bool {
    let of_trade: Vec<&FundRow> = rows.iter().filter(|row| row.kind.is_trade()).collect();
    let moved: i128 = of_trade.iter().map(|row| i128::from(row.amount.value) * 1000).sum();
    let billed = (i128::from(bill.paid) - i128::from(bill.back)) * 1000 - i128::from(bill.fees_thousandths);
    (moved - billed).abs() <= 500 * i128::from(bill.rows)
}

#[cfg(test)]
#[path = "funds_tests.rs"]
mod tests;
