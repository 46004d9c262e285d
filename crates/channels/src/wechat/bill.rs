//! WeChat Pay's trade bill: asked for, downloaded, checked by its hash, read. The file is UTF-8 with a mark at its start, every
//! data cell begins with a backtick, and the last two lines are the summary.

use std::sync::Arc;

use desk::channel::{Bill, BillKind, BillRow, Billing, Trouble};
use reqwest::{Method, Url};
use serde::Deserialize;
use store::Millis;

use super::account::{Account, Reply};
use super::states::verdict;
use crate::beijing::moment;
use crate::bill::{Columns, MOST_PACKED, gunzip, moved, thousandths};
use crate::crypto::sha1_hex;
use crate::verdict::{Asked, Said};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Offer {
    hash_type: String,
    hash_value: String,
    download_url: String,
}

/// Fetches and reads the bill of a day. A service provider asks for its sub-merchant's rows only.
pub(super) async fn fetch(account: &Arc<Account>, day: &str, now: Millis) -> Result<Billing, Trouble> {
    let of_sub = account.party.sub.as_ref().map(|(sub, _)| format!("&sub_mchid={sub}")).unwrap_or_default();
    let target = format!("/v3/bill/tradebill?bill_date={day}{of_sub}&bill_type=ALL&tar_type=GZIP");
    match download(account, &target, now).await? {
        Ok(plain) => read(plain).map(Billing::Ready).map_err(Trouble::Unknown),
        Err(none) => Ok(Billing::None(none.line())),
    }
}

/// Asks for a file, fetches and unpacks it, and checks it by its hash. Inside, the channel's word that there is none.
pub(super) async fn download(
    account: &Arc<Account>,
    target: &str,
    now: Millis,
) -> Result<Result<Vec<u8>, Said>, Trouble> {
    let offer = match account.exchange(Method::GET, target, Vec::new(), now).await? {
        Reply::Good(body) => serde_json::from_slice::<Offer>(&body)
            .map_err(|e| Trouble::Unknown(format!("the answer is not as documented: {e}")))?,
        Reply::Bad(said) if is_absent(&said.code) => return Ok(Err(said)),
        Reply::Bad(said) => return Err(verdict(Asked::Query, &said).presenting(said)),
    };
    let url = Url::parse(&offer.download_url)
        .map_err(|e| Trouble::Unknown(format!("the address of the file cannot be read: {e}")))?;
    // The file itself comes unsigned: its hash in the signed offer vouches for it.
    let answer = account.send(Method::GET, url, Vec::new(), now, Some(MOST_PACKED)).await?;
    if answer.status != 200 {
        return Err(Trouble::Unknown(format!("the file was not given: {}", answer.excerpt())));
    }
    let plain =
        gunzip(answer.body).map_err(|e| Trouble::Unknown(format!("the file cannot be unpacked: {e}")))?;
    if offer.hash_type != "SHA1" || !offer.hash_value.eq_ignore_ascii_case(&sha1_hex(&plain)) {
        return Err(Trouble::Unknown(
            "the file is not the one that was offered: its hash differs".to_owned(),
        ));
    }
    Ok(Ok(plain))
}

/// Reads the unpacked bytes of a file. Error: it is no text.
pub fn read(plain: Vec<u8>) -> Result<Bill, String> {
    let text = String::from_utf8(plain).map_err(|_| "the file is not UTF-8".to_owned())?;
    Ok(parse(&text))
}

/// Whether a code says that there is no bill, or none yet: a result, not a failure.
pub fn is_absent(code: &str) -> bool {
    matches!(code.replace('_', "").as_str(), "NOSTATEMENTEXIST" | "NOBILLEXIST" | "STATEMENTCREATING")
}

/// Reads a trade bill of any sort (ALL, SUCCESS, REFUND).
pub fn parse(text: &str) -> Bill {
    let mut bill = Bill::default();
    let mut lines = text.trim_start_matches('\u{feff}').lines().filter(|l| !l.trim().is_empty());
    let columns = Columns::new(lines.next().unwrap_or_default().split(','));
    let mut summary = None;
    for line in lines {
        if line.starts_with("总交易单数") {
            summary = Some(Columns::new(line.split(',')));
            continue;
        }
        let Some(cells) = cells(line) else {
            bill.strange.push(line.to_owned());
            continue;
        };
        match &summary {
            Some(names) => check_summary(&mut bill, names, &cells, line),
            None => match row(&columns, &cells) {
                Some(row) if cells.len() == columns.count() => bill.rows.push(row),
                _ => bill.strange.push(line.to_owned()),
            },
        }
    }
    if summary.is_none() {
        bill.strange.push("the file ends without its summary".to_owned());
    }
    bill
}

/// The cells of a data line; `None` for any other.
pub(super) fn cells(line: &str) -> Option<Vec<&str>> {
    Some(line.strip_prefix('`')?.split(",`").collect())
}

fn row(columns: &Columns, cells: &[&str]) -> Option<BillRow> {
    let cell = |names: &[&str]| columns.cell(cells, names);
    // A number that does not apply is written as 0.
    let number = |names: &[&str]| Some(cell(names)).filter(|n| *n != "0").unwrap_or_default().to_owned();
    let state = cell(&["交易状态"]);
    let paid = moved(cell(&["订单金额", "应结订单金额"]))?;
    let back = moved(Some(cell(&["申请退款金额"])).filter(|c| !c.is_empty()).unwrap_or(cell(&["退款金额"])))?;
    let (kind, amount) = match state {
        "SUCCESS" => (BillKind::Payment, paid),
        "REFUND" => (BillKind::Refund, back),
        "REVOKED" => (BillKind::Reversal, if back.is_zero() { paid } else { back }),
        _ => return None,
    };
    let refund_state = cell(&["退款状态"]);
    Some(BillRow {
        kind,
        at: moment(cell(&["交易时间"]))?,
        out_trade_no: number(&["商户订单号"]),
        channel_txn: number(&["微信订单号"]),
        out_refund_no: number(&["商户退款单号"]),
        channel_refund: number(&["微信退款单号"]),
        amount,
        fee_thousandths: thousandths(cell(&["手续费"]))?,
        state: if refund_state.is_empty() { state } else { refund_state }.to_owned(),
    })
}

/// The summary must say what the rows say; if not, both are worth a look.
fn check_summary(bill: &mut Bill, names: &Columns, cells: &[&str], line: &str) {
    let sum = |kind: fn(BillKind) -> bool| {
        let amounts = bill.rows.iter().filter(|r| kind(r.kind)).map(|r| i128::from(r.amount.value));
        amounts.sum::<i128>()
    };
    let paid = sum(|k| k == BillKind::Payment);
    let back = sum(|k| k != BillKind::Payment);
    let rows = bill.rows.len() + bill.strange.len();
    let says = |names_of: &[&str], is: i128| {
        let told = names.cell(cells, names_of);
        told.is_empty() || moved(told).is_some_and(|m| i128::from(m.value) == is)
    };
    let counted = names.cell(cells, &["总交易单数"]).parse() == Ok(rows);
    if !counted || !says(&["订单总金额"], paid) || !says(&["申请退款总金额"], back) {
        bill.strange.push(format!("the summary does not add up: {line}"));
    }
}

#[cfg(test)]
#[path = "bill_tests.rs"]
mod tests;
