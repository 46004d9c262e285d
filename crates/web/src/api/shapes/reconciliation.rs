//! A day's bill beside the ledger, and what does not match.

use desk::rows::{Difference, Reconciliation};
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use utoipa::ToSchema;

use super::AmountView;

/// Which bill to fetch and compare now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconcileBody {
    /// The channel account.
    #[schema(value_type = String)]
    pub account: Id,
    /// The day of the channel's calendar.
    #[schema(example = "2026-11-22")]
    pub date: String,
}

/// Why a difference is there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainBody {
    /// For whoever looks next; no personal data.
    #[schema(max_length = 500)]
    pub note: String,
}

/// One account's bill of one day.
#[derive(Serialize, ToSchema)]
#[schema(as = Reconciliation)]
pub struct ReconciliationView<'a> {
    /// The channel account.
    #[schema(value_type = String)]
    pub account: Id,
    /// The day of the channel's calendar.
    pub date: &'a str,
    /// The channel.
    pub channel: &'a str,
    /// `waiting`, `no_bill`, `agrees` or `differs`.
    pub state: &'a str,
    /// What there is to add, such as why there is no bill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<&'a str>,
    /// Rows of the bill.
    pub rows: i64,
    /// Rows that are in the ledger.
    pub matched: i64,
    /// What the bill says came in, minor units.
    pub paid: i64,
    /// What it says went back, minor units.
    pub back: i64,
    /// The channel's fees, thousandths of minor units.
    pub fees_thousandths: i64,
    /// Differences nobody has explained.
    pub open: i64,
    /// When it was last compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub looked_at: Option<Millis>,
    /// What does not match; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Vec<DifferenceView<'a>>>,
}

impl<'a> ReconciliationView<'a> {
    /// A day, with its differences where they were asked for.
    pub fn of(row: &'a Reconciliation, differences: Option<&'a [Difference]>) -> Self {
        ReconciliationView {
            account: row.account,
            date: &row.day,
            channel: &row.channel,
            state: row.state.as_str(),
            said: row.said.as_deref(),
            rows: row.rows,
            matched: row.matched,
            paid: row.paid,
            back: row.back,
            fees_thousandths: row.fees_thousandths,
            open: row.open,
            looked_at: row.looked_at,
            differences: differences.map(|all| all.iter().map(DifferenceView::from).collect()),
        }
    }
}

/// Something that does not match.
#[derive(Serialize, ToSchema)]
#[schema(as = Difference)]
pub struct DifferenceView<'a> {
    /// Its name within the day; the same at every comparison.
    pub name: &'a str,
    /// `missing_here`, `missing_there`, `amount`, `state`, `twice` or `unreadable`.
    pub kind: &'a str,
    /// `open`, `explained` or `cleared`.
    pub state: &'a str,
    /// The order it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub order: Option<Id>,
    /// Our number of the payment.
    pub out_trade_no: &'a str,
    /// The channel's number of the payment.
    pub channel_txn: &'a str,
    /// Our number of the refund.
    pub out_refund_no: &'a str,
    /// What the bill says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::Amount>)]
    pub billed: Option<AmountView<'a>>,
    /// What the ledger says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::Amount>)]
    pub booked: Option<AmountView<'a>>,
    /// In words.
    pub said: &'a str,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub owner: Option<Id>,
    /// Why it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    /// When it was found.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
}

impl<'a> From<&'a Difference> for DifferenceView<'a> {
    fn from(row: &'a Difference) -> Self {
        let amount = |value: Option<i64>| value.map(|value| AmountView { value, currency: &row.currency });
        DifferenceView {
            name: &row.name,
            kind: row.kind.as_str(),
            state: row.state.as_str(),
            order: row.order,
            out_trade_no: &row.out_trade_no,
            channel_txn: &row.channel_txn,
            out_refund_no: &row.out_refund_no,
            billed: amount(row.billed),
            booked: amount(row.booked),
            said: &row.said,
            owner: row.owner,
            note: row.note.as_deref(),
            created_at: row.created_at,
        }
    }
}
