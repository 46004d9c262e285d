//! WeChat Pay's fund-flow bill: what moved on each of the merchant's accounts there, with fees and what was left. Packed, hashed and laid out as
//! the trade bill is.

use std::sync::Arc;

use desk::channel::{FundKind, FundRow, Funding, Funds, Trouble};
use money::Money;
use store::Millis;

use super::account::Account;
use super::bill::{cells, download};
use crate::beijing::moment;
use crate::bill::{Columns, moved};

/// The accounts a merchant may have; each has a file of its own.
const ACCOUNTS: [&str; 3] = ["BASIC", "OPERATION", "FEES"];

/// Fetches and reads the statements of a day: of every account that has one.
pub(super) async fn fetch(account: &Arc<Account>, day: &str, now: Millis) -> Result<Funding, Trouble> {
    if account.party.sub.is_some() {
        return Err(Trouble::Refused {
            code: "NOT_OFFERED".to_owned(),
            message: "the service provider's statement is not its sub-merchant's".to_owned(),
        });
    }
    let (mut funds, mut found, mut absent) = (Funds::default(), false, String::new());
    for name in ACCOUNTS {
        let target = format!("/v3/bill/fundflowbill?bill_date={day}&account_type={name}&tar_type=GZIP");
        match download(account, &target, now).await {
            Ok(Ok(plain)) => {
                let one = read(name, plain).map_err(Trouble::Unknown)?;
                found = true;
                funds.rows.extend(one.rows);
                funds.strange.extend(one.strange);
            }
            Ok(Err(none)) if absent.is_empty() => absent = none.line(),
            Ok(Err(_)) => {}
            // Not every merchant has the other two; that one of them is refused takes nothing away from the first.
            Err(Trouble::Refused { .. }) if name != "BASIC" => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(if found { Funding::Ready(funds) } else { Funding::None(absent) })
}

/// Reads the unpacked bytes of one account's file. Error: it is no text.
pub fn read(account: &str, plain: Vec<u8>) -> Result<Funds, String> {
    let text = String::from_utf8(plain).map_err(|_| "the file is not UTF-8".to_owned())?;
    Ok(parse(account, &text))
}

/// Reads one account's file.
pub fn parse(account: &str, text: &str) -> Funds {
    let mut funds = Funds::default();
    let mut lines = text.trim_start_matches('\u{feff}').lines().filter(|l| !l.trim().is_empty());
    let columns = named(lines.next().unwrap_or_default());
    let mut summary: Option<Columns> = None;
    for line in lines {
        if line.trim_start_matches('`').starts_with("资金流水总笔数") {
            summary = Some(named(line));
            continue;
        }
        let Some(cells) = cells(line) else {
            funds.strange.push(line.to_owned());
            continue;
        };
        match &summary {
            Some(names) => check_summary(&mut funds, names, &cells, line),
            None => match row(account, &columns, &cells) {
                Some(row) if cells.len() == columns.count() => funds.rows.push(row),
                _ => funds.strange.push(line.to_owned()),
            },
        }
    }
    if summary.is_none() {
        funds.strange.push("the file ends without its summary".to_owned());
    }
    funds.oldest_first();
    funds
}

/// Columns by their names, which some files write with the cells' mark.
fn named(line: &str) -> Columns {
    Columns::new(line.split(',').map(|name| name.trim_start_matches('`')))
}

fn row(account: &str, columns: &Columns, cells: &[&str]) -> Option<FundRow> {
    let cell = |names: &[&str]| columns.cell(cells, names);
    let word = cell(&["业务类型"]);
    let amount = moved(cell(&["收支金额(元)", "收支金额（元）", "收支金额"]))?;
    let amount = match cell(&["收支类型"]) {
        "收入" => amount,
        "支出" => Money { value: -amount.value, ..amount },
        _ => return None,
    };
    Some(FundRow {
        account: account.to_owned(),
        at: moment(cell(&["记账时间"]))?,
        number: cell(&["资金流水单号"]).to_owned(),
        channel_txn: cell(&["微信支付业务单号"]).to_owned(),
        reference: cell(&["业务凭证号"]).to_owned(),
        kind: kind(word),
        word: word.to_owned(),
        amount,
        balance: Money::parse_decimal(
            cell(&["账户结余(元)", "账户结余（元）", "账户结余"]),
            money::Currency::CNY,
        )
        .ok()?,
    })
}

/// What the channel's word means; one that nobody knows is kept as it is.
pub fn kind(word: &str) -> FundKind {
    match word {
        "交易" => FundKind::Payment,
        "退款" => FundKind::Refund,
        "扣除交易手续费" => FundKind::Fee,
        "退还交易手续费" => FundKind::FeeBack,
        "提现" | "自动提现" => FundKind::Withdrawal,
        _ => FundKind::Other,
    }
}

/// The summary must say what the rows say; if not, both are worth a look.
fn check_summary(funds: &mut Funds, names: &Columns, cells: &[&str], line: &str) {
    let side = |came: bool| {
        let own = funds.rows.iter().filter(|row| (row.amount.value > 0) == came);
        own.fold((0_usize, 0_i128), |(count, sum), row| (count + 1, sum + i128::from(row.amount.value).abs()))
    };
    let (came, went) = (side(true), side(false));
    let counts = |name: &str, is: usize| names.cell(cells, &[name]).parse() == Ok(is);
    let sums = |name: &str, is: i128| {
        moved(names.cell(cells, &[name])).is_some_and(|sum| i128::from(sum.value) == is)
    };
    let strange = funds.strange.len();
    let fits = counts("资金流水总笔数", came.0 + went.0 + strange)
        && (strange > 0
            || (counts("收入笔数", came.0)
                && sums("收入金额", came.1)
                && counts("支出笔数", went.0)
                && sums("支出金额", went.1)));
    if !fits {
        funds.strange.push(format!("the summary does not add up: {line}"));
    }
}

#[cfg(test)]
#[path = "funds_tests.rs"]
mod tests;
