//! What operators see of bills and differences, and what they do with one: say why it is there.

use store::Id;

use crate::access::{Act, Who};
use crate::boxed;
use crate::desk::Desk;
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Difference, DifferenceState, Reconciliation, ReconciliationState};

/// Which days to list.
#[derive(Clone, Debug, Default)]
pub struct ReconciliationFilter {
    /// Only this day.
    pub day: Option<String>,
    /// What comes after this day and account: the cursor of a page.
    pub after: Option<(String, Id)>,
    /// How many at most; 1 to 200.
    pub limit: u32,
}

impl Desk {
    /// Compared days, newest first. Error: `invalid_request` for a limit out of range.
    #[boxed]
    pub async fn reconciliations(
        &self,
        who: &Who,
        filter: &ReconciliationFilter,
    ) -> Result<Vec<Reconciliation>, Refusal> {
        who.need(Act::Look)?;
        if !(1..=200).contains(&filter.limit) {
            return Err(problems::INVALID_REQUEST.with("limit: 1 to 200"));
        }
        let (merchant, limit) = (who.merchant, i64::from(filter.limit));
        let (low, high) = match &filter.day {
            Some(day) => (day.clone(), day.clone()),
            None => (String::new(), "9999".to_owned()),
        };
        let (before, behind) = filter.after.clone().unwrap_or_else(|| ("9999".to_owned(), Id(0)));
        let text = "where merchant = $1 and day >= $2 and day <= $3 and (day < $4 or (day = $4 and account > $5)) order by day desc, account limit $6";
        let rows = self
            .read(move |sql| {
                sql.rows::<Reconciliation>(text, &[&merchant.0, &low, &high, &before, &behind, &limit])
            })
            .await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// One account's day with everything that does not match. Error: `not_found`.
    #[boxed]
    pub async fn reconciliation(
        &self,
        who: &Who,
        account: Id,
        day: &str,
    ) -> Result<(Reconciliation, Vec<Difference>), Refusal> {
        who.need(Act::Look)?;
        let (merchant, own) = (who.merchant, day.to_owned());
        let row = self
            .decide(merchant, move |view| view.need::<Reconciliation, Refusal>((account, own.clone())))
            .await?;
        let day = day.to_owned();
        let text = "where account = $1 and day = $2 and merchant = $3 order by created_at, name";
        let rows = self.read(move |sql| sql.rows::<Difference>(text, &[&account, &day, &merchant.0])).await?;
        Ok((row, rows.into_iter().map(|(_, row)| row).collect()))
    }

    /// Somebody says why a difference is there, and answers for it. Errors: `forbidden`, `not_found`, `invalid_request` for an empty note.
    #[boxed]
    pub async fn explain_difference(
        &self,
        who: &Who,
        key: &str,
        of: (Id, String, String),
        note: &str,
    ) -> Result<Difference, Refusal> {
        who.need(Act::Refund)?;
        let note = note.trim().chars().take(500).collect::<String>();
        if note.is_empty() {
            return Err(problems::INVALID_REQUEST.with("note: say why the difference is there"));
        }
        let once = Once::new(key, "explain_difference", &(&of.0, &of.1, &of.2, &note))?;
        let owner = who.operator();
        self.decide(who.merchant, move |view| {
            let mut row = view.need::<Difference, Refusal>(of.clone())?;
            if once.made(view)?.is_some() {
                return Ok(row);
            }
            let mut day = view.need::<Reconciliation, Refusal>((of.0, of.1.clone()))?;
            if row.state == DifferenceState::Open {
                day.open -= 1;
                row.state = DifferenceState::Explained;
            }
            if day.open == 0 && day.state == ReconciliationState::Differs {
                view.emit("reconciliation.explained", of.0, serde_json::json!({ "day": of.1 }));
            }
            (row.owner, row.note) = (owner, Some(note.clone()));
            view.put(day);
            view.put(row.clone());
            once.record(view, of.0);
            Ok(row)
        })
        .await
    }
}
