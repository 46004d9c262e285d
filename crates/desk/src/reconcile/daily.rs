//! Every day is looked at: once the channel should have made its bill, a job fetches it, and comes again until it is there or will not come.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;
use store::{Id, Job, Merchant, Millis};

use super::run::{COMES_WITHIN_MS, waiting};
use crate::access::Who;
use crate::dates::{business_date, day_bounds};
use crate::desk::Desk;
use crate::problem::Refusal;
use crate::rows::{ChannelAccount, Reconciliation, ReconciliationState, Standing};

/// Fetches an account's bill of a day.
pub(crate) const BILL: &str = "bill";

const DAY: Duration = Duration::from_secs(86_400);
/// How long after a question without an answer the bill is asked for again.
const AGAIN: Duration = Duration::from_secs(3600);

impl Desk {
    /// Puts a job for every account whose bill of the last whole day should be there and was not asked for.
    pub(crate) async fn sweep_bills(&self) -> Result<(), Refusal> {
        let accounts = self.read(|sql| sql.rows::<ChannelAccount>("where standing = 'on'", &[])).await?;
        let due: Vec<(Merchant, ChannelAccount, String)> = accounts
            .into_iter()
            .filter_map(|(merchant, account)| self.day_due(&account).map(|day| (merchant, account, day)))
            .collect();
        let days: HashSet<String> = due.iter().map(|(_, _, day)| day.clone()).collect();
        let mut known: HashSet<(Id, String)> = HashSet::new();
        for day in days {
            let rows = self.read(move |sql| sql.rows::<Reconciliation>("where day = $1", &[&day])).await?;
            known.extend(rows.into_iter().map(|(_, row)| (row.account, row.day)));
        }
        for (merchant, account, day) in due {
            if !known.contains(&(account.id, day.clone())) {
                self.ask_for_bill(merchant, account, day).await?;
            }
        }
        Ok(())
    }

    /// The last whole day of the account's channel whose bill should be there; `None` before the account's first.
    fn day_due(&self, account: &ChannelAccount) -> Option<String> {
        let zone = self.bill_zone(&account.channel).ok()?;
        let shifted = self.now().minus(self.settings.reconcile_after);
        let (start, _) = day_bounds(&business_date(shifted, zone, 0), zone, 0).ok()?;
        (account.created_at < start).then(|| business_date(Millis(start.0 - 1), zone, 0))
    }

    /// Writes the day down as waiting, with its job, unless somebody did so before.
    async fn ask_for_bill(
        &self,
        merchant: Merchant,
        account: ChannelAccount,
        day: String,
    ) -> Result<(), Refusal> {
        self.decide(merchant, move |view| {
            if view.get::<Reconciliation>((account.id, day.clone()))?.is_some() {
                return Ok(());
            }
            let now = view.now();
            view.add(waiting(&account, &day, now));
            view.job(store::NewJob {
                kind: BILL,
                subject: account.id,
                run_at: now,
                priority: -1,
                payload: json!({ "day": day }),
                held_for: None,
            });
            Ok(())
        })
        .await
    }

    /// Runs the job of a day.
    pub(crate) async fn drive_bill(&self, merchant: Merchant, job: &Job) -> Result<(), Refusal> {
        let (account, id) = (job.subject, job.id);
        let day = job.payload["day"].as_str().unwrap_or_default().to_owned();
        let who = Who::system(merchant);
        let found = self.decide(merchant, move |view| Ok(view.get::<ChannelAccount>(account)?)).await?;
        let answer = match &found {
            Some(row) if row.standing == Standing::On => Some(self.reconcile(&who, account, &day).await),
            _ => None,
        };
        let patience = Duration::from_millis(COMES_WITHIN_MS.unsigned_abs()) + DAY;
        let over = day_bounds(&day, "UTC", 0).map_or(true, |(_, to)| self.now().since(to) > patience);
        let again = match answer {
            Some(Ok(row)) if row.state == ReconciliationState::Waiting && !over => Some(row.said),
            Some(Err(refusal)) if !over => Some(Some(refusal.to_string())),
            _ => None,
        };
        self.decide(merchant, move |view| {
            match &again {
                Some(said) => {
                    let at = view.now().plus(AGAIN);
                    view.job_later(id, at, said.clone());
                }
                None => view.job_done(id),
            }
            Ok(())
        })
        .await
    }
}
