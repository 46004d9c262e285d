//! `saoma reconcile`: fetches every account's bill of a day and compares it with the ledger, now instead of by the daily job. Ends with 1 where
//! something does not match. `--kind statement` lists what moved on the channels' accounts instead.

use desk::access::Who;
use desk::rows::{ChannelAccount, Difference, DifferenceState, Reconciliation};
use desk::{Desk, Refusal};
use serde::Serialize;
use serde_json::{Value, json};
use store::Merchant;

use crate::cli;
use crate::config::{self, COMMAND_LINE_NODE};
use crate::out::{Failed, Out, Outcome, While as _};
use crate::platform::{Plan, Platform};
use crate::verify_cmd::address;

/// What all accounts came to.
#[derive(Default, Serialize)]
struct Summary {
    accounts: usize,
    rows: i64,
    matched: i64,
    /// Differences nobody has explained.
    open: i64,
    /// Accounts whose bill could not be fetched.
    failed: usize,
    ok: bool,
}

/// Fetches, compares, tells; ends with 0 or 1.
pub(crate) async fn run(args: cli::Reconcile) -> Outcome {
    crate::logs::start("error", false);
    let out = Out::new(args.json);
    let mut plan = Plan { node: COMMAND_LINE_NODE, ..Plan::new(address(&args.place)?) };
    if let Some(path) = &args.place.config {
        plan.desk = config::need(path)?.desk;
    }
    let platform = Platform::open(&plan).await?;
    let told = all(&platform, &args, out).await;
    platform.db.close().await;
    let summary = told?;
    let text = format!(
        "{} accounts, {} rows, {} matched, {} differences open, {} bills not fetched",
        summary.accounts, summary.rows, summary.matched, summary.open, summary.failed
    );
    out.summary(&summary, text);
    if summary.ok { Ok(()) } else { Err(Failed::wrong()) }
}

async fn all(platform: &Platform, args: &cli::Reconcile, out: Out) -> Outcome<Summary> {
    let desk = &platform.desk;
    let merchants: Vec<Merchant> = match args.merchant {
        Some(id) => {
            let who = Who::system(Merchant(id));
            desk.merchant(&who).await.during(format_args!("merchant {id}"))?;
            vec![who.merchant]
        }
        None => {
            let rows = desk.merchants().await.during("reading the merchants")?;
            rows.into_iter().map(|row| Merchant(row.id)).collect()
        }
    };
    let mut summary = Summary::default();
    for merchant in merchants {
        let who = Who::system(merchant);
        for account in desk.channel_accounts(&who).await.during("reading the accounts")? {
            if args.channel.as_ref().is_some_and(|channel| *channel != account.channel) {
                continue;
            }
            out.progress(format_args!("{} of {} …", account.channel, args.date));
            summary.accounts += 1;
            let day = Day { desk, who: &who, account: &account, date: &args.date, out };
            match args.kind {
                cli::ReconcileKind::Bill => day.bill(&mut summary).await?,
                cli::ReconcileKind::Statement => day.statement(&mut summary).await?,
            }
        }
    }
    summary.ok = summary.open == 0 && summary.failed == 0;
    Ok(summary)
}

/// An account's day.
struct Day<'a> {
    desk: &'a Desk,
    who: &'a Who,
    account: &'a ChannelAccount,
    date: &'a str,
    out: Out,
}

impl Day<'_> {
    async fn bill(&self, summary: &mut Summary) -> Outcome {
        let Day { desk, who, account, date, out } = *self;
        let row = match desk.reconcile(who, account.id, date).await {
            Ok(row) => row,
            Err(refusal) => return self.not_fetched(&refusal, summary),
        };
        let found = desk.reconciliation(who, account.id, date).await.during("reading what differs")?.1;
        for difference in found.iter().filter(|d| d.state == DifferenceState::Open) {
            out.result("difference", &told(difference), sentence(difference));
        }
        summary.rows += row.rows;
        summary.matched += row.matched;
        summary.open += row.open;
        out.result(
            "reconciliation",
            &day(&row, who),
            format!(
                "{}  {}  {}: {} rows, {} matched, {} open{}",
                row.channel,
                row.day,
                row.state.as_str(),
                row.rows,
                row.matched,
                row.open,
                row.said.as_deref().map(|said| format!(" ({said})")).unwrap_or_default()
            ),
        );
        Ok(())
    }

    fn not_fetched(&self, refusal: &Refusal, summary: &mut Summary) -> Outcome {
        let Day { who, account, date, out, .. } = *self;
        if refusal.code() == "invalid_request" {
            return Err(Failed::call(refusal.to_string()));
        }
        summary.failed += 1;
        let value = json!({"account": account.id, "channel": account.channel, "date": date, "merchant": who.merchant.0,
            "code": refusal.code(), "detail": refusal.to_string()});
        out.result("failed", &value, format!("{}  {date}  not fetched: {refusal}", account.channel));
        Ok(())
    }

    /// What moved on a channel's account; a statement that is not the bill's money, or cannot be read, counts as a difference.
    async fn statement(&self, summary: &mut Summary) -> Outcome {
        let Day { desk, who, account, date, out } = *self;
        let told = match desk.statement(who, account.id, date).await {
            Ok(told) => told,
            Err(refusal) => return self.not_fetched(&refusal, summary),
        };
        for row in &told.rows {
            let value = json!({"account": account.id, "date": date, "of": row.account, "at": row.at, "kind": row.kind.as_str(),
                "word": row.word, "number": row.number, "channel_txn": row.channel_txn, "reference": row.reference,
                "amount": row.amount, "balance": row.balance});
            let text = format!(
                "  {:<10} {:>12} {:>14}  {} {}",
                row.kind.as_str(),
                row.amount.decimal(),
                row.balance.decimal(),
                row.reference,
                row.word
            );
            out.result("movement", &value, text);
        }
        for line in &told.strange {
            out.result("strange", &json!({"account": account.id, "date": date, "line": line}), line.clone());
        }
        summary.rows += told.rows.len() as i64;
        summary.open += (told.strange.len() + usize::from(told.fits_bill == Some(false))) as i64;
        let sums: Vec<Value> =
            told.sums.iter().map(|(kind, sum)| json!({"kind": kind.as_str(), "amount": sum})).collect();
        let balances: Vec<Value> = told
            .balances
            .iter()
            .map(|one| json!({"of": one.account, "opening": one.opening, "closing": one.closing}))
            .collect();
        let value = json!({"merchant": who.merchant.0, "account": account.id, "channel": account.channel, "date": date, "said": told.said,
            "fits_bill": told.fits_bill, "sums": sums, "balances": balances, "rows": told.rows.len()});
        let beside = match (&told.said, told.fits_bill) {
            (Some(said), _) => said.as_str(),
            (None, Some(true)) => "the money of the bill",
            (None, Some(false)) => "NOT the money of the bill",
            (None, None) => "not compared with a bill",
        };
        out.result(
            "statement",
            &value,
            format!("{}  {date}  {} movements, {beside}", account.channel, told.rows.len()),
        );
        Ok(())
    }
}

fn day(row: &Reconciliation, who: &Who) -> Value {
    json!({"merchant": who.merchant.0, "account": row.account, "channel": row.channel, "date": row.day, "state": row.state.as_str(),
        "rows": row.rows, "matched": row.matched, "paid": row.paid, "back": row.back, "fees_thousandths": row.fees_thousandths,
        "open": row.open, "said": row.said})
}

fn told(row: &Difference) -> Value {
    json!({"account": row.account, "date": row.day, "name": row.name, "kind": row.kind.as_str(), "order": row.order,
        "out_trade_no": row.out_trade_no, "channel_txn": row.channel_txn, "out_refund_no": row.out_refund_no,
        "currency": row.currency, "billed": row.billed, "booked": row.booked, "said": row.said})
}

fn sentence(row: &Difference) -> String {
    let amount = |value: Option<i64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    format!(
        "  {:<13} {}  bill {}  ledger {}  {}",
        row.kind.as_str(),
        if row.out_refund_no.is_empty() { &row.out_trade_no } else { &row.out_refund_no },
        amount(row.billed),
        amount(row.booked),
        row.said
    )
}
