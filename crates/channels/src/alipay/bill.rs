//! Alipay's trade bill: an address that lives half a minute, behind it a zip of GBK files. The file of details is told by its first line;
//! the summary is not needed.

use desk::channel::{Bill, BillKind, BillRow, Billing, Trouble};
use reqwest::{Method, Url};
use serde::Serialize;
use store::Millis;

use super::client::AlipayLine;
use super::states::{said, verdict};

use crate::beijing::moment;
use crate::bill::{Columns, MOST_PACKED, moved, thousandths, unzip};
use crate::http::Call;
use crate::verdict::{Asked, Said};

#[derive(Serialize)]
struct BillRef<'a> {
    bill_type: &'static str,
    bill_date: &'a str,
}

/// Fetches and reads the bill of a day.
pub(super) async fn fetch(line: &AlipayLine, day: &str, now: Millis) -> Result<Billing, Trouble> {
    match download(line, "trade", day, now).await? {
        Ok(packed) => read(&packed).map(Billing::Ready).map_err(Trouble::Unknown),
        Err(none) => Ok(Billing::None(none.line())),
    }
}

/// Asks for the address of a day's file of one sort and fetches the zip behind it. Inside, the channel's word that there is none.
pub(super) async fn download(
    line: &AlipayLine,
    bill_type: &'static str,
    day: &str,
    now: Millis,
) -> Result<Result<Vec<u8>, Said>, Trouble> {
    let content = BillRef { bill_type, bill_date: day };
    let node = line.exchange("alipay.data.dataservice.bill.downloadurl.query", &content, None, now).await?;
    if is_absent(&node.sub_code) {
        return Ok(Err(said(&node)));
    }
    if node.code != "10000" {
        return Err(verdict(Asked::Query, &node).presenting(said(&node)));
    }
    let url = Url::parse(&node.bill_download_url)
        .map_err(|e| Trouble::Unknown(format!("the address of the file cannot be read: {e}")))?;
    let call = Call {
        method: Method::GET,
        url,
        headers: &[],
        body: Vec::new(),
        timeout: line.timeout,
        max_body: Some(MOST_PACKED),
    };
    let answer = line.http.send(call).await?;
    if answer.status != 200 {
        return Err(Trouble::Unknown(format!("the file was not given: {}", answer.excerpt())));
    }
    Ok(Ok(answer.body))
}

/// Whether a sub code says that there is no bill, or none yet, whatever its prefix and however it is written.
pub fn is_absent(sub_code: &str) -> bool {
    sub_code.to_ascii_lowercase().replace('-', "_").ends_with("bill_not_exist")
}

/// Reads the zip as it came. Error: it cannot be unpacked, or holds no file of details.
pub fn read(packed: &[u8]) -> Result<Bill, String> {
    let is_detail = |text: &str| text.starts_with("#支付宝业务明细查询");
    detail(packed, is_detail).map(|text| parse(&text))
}

/// The text of the zip's file of details, which is told from the summary by what it says. Error: it cannot be unpacked, or holds none.
pub(super) fn detail(packed: &[u8], is_detail: impl Fn(&str) -> bool) -> Result<String, String> {
    let files = unzip(packed).map_err(|e| format!("the file cannot be unpacked: {e}"))?;
    let mut texts = files.iter().map(|bytes| encoding_rs::GBK.decode(bytes).0);
    let details = texts.find(|text| is_detail(text));
    details.map(Into::into).ok_or_else(|| "there is no file of details in the zip".to_owned())
}

/// Reads the file of details.
pub fn parse(text: &str) -> Bill {
    let mut bill = Bill::default();
    let mut columns: Option<Columns> = None;
    let mut totals = 0;
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        if let Some(note) = line.strip_prefix('#') {
            totals += usize::from(check_total(&mut bill, note, line));
            continue;
        }
        let cells: Vec<&str> = line.split(',').collect();
        let Some(names) = &columns else {
            columns = Some(Columns::new(cells.into_iter()));
            continue;
        };
        match row(names, &cells) {
            Some(row) if cells.len() == names.count() => bill.rows.push(row),
            _ => bill.strange.push(line.to_owned()),
        }
    }
    if totals < 2 {
        bill.strange.push("the file ends without its totals".to_owned());
    }
    bill
}

fn row(columns: &Columns, cells: &[&str]) -> Option<BillRow> {
    let cell = |name: &str| columns.cell(cells, &[name]);
    let state = cell("业务类型");
    let kind = match state {
        "交易" => BillKind::Payment,
        "退款" => BillKind::Refund,
        _ => return None,
    };
    let (out_trade_no, request_no) = (cell("商户订单号"), cell("退款批次号/请求号"));
    // A cancel gives back under the payment's own number, or under none.
    let undone = kind == BillKind::Refund && (request_no.is_empty() || request_no == out_trade_no);
    Some(BillRow {
        kind: if undone { BillKind::Reversal } else { kind },
        at: moment(cell("完成时间"))?,
        out_trade_no: out_trade_no.to_owned(),
        channel_txn: cell("支付宝交易号").to_owned(),
        out_refund_no: if undone { String::new() } else { request_no.to_owned() },
        channel_refund: String::new(),
        amount: moved(cell("订单金额（元）"))?,
        // Alipay writes what it keeps below zero.
        fee_thousandths: -thousandths(cell("服务费（元）"))?,
        state: state.to_owned(),
    })
}

/// Compares a line of totals with the rows. True if the line was one.
fn check_total(bill: &mut Bill, note: &str, line: &str) -> bool {
    let payments = match note.get(.."交易合计：".len()) {
        Some("交易合计：") => true,
        Some("退款合计：") => false,
        _ => return false,
    };
    let rest = &note["交易合计：".len()..];
    let told = rest.split_once('笔').and_then(|(count, _)| count.trim().parse::<usize>().ok());
    let rows = bill.rows.iter().filter(|r| (r.kind == BillKind::Payment) == payments).count();
    if bill.strange.is_empty() && told != Some(rows) {
        bill.strange.push(format!("the totals do not add up: {line}"));
    }
    true
}

#[cfg(test)]
#[path = "bill_tests.rs"]
mod tests;
