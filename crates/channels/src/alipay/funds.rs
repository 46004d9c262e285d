//! Alipay's statement of the merchant's account (`signcustomer`): every movement with what was left. Packed as the trade bill is; the file that lists
//! movements is told from the summary by its header, which begins with the movement's own number.

use desk::channel::{FundKind, FundRow, Funding, Funds, Trouble};
use money::{Currency, Money};
use store::Millis;

use super::bill::{detail, download};
use super::client::AlipayLine;
use crate::beijing::moment;
use crate::bill::{Columns, moved};

/// The first column: no other file of the zip has it.
const NUMBER: &str = "账务流水号";

/// Fetches and reads the statement of a day.
pub(super) async fn fetch(line: &AlipayLine, day: &str, now: Millis) -> Result<Funding, Trouble> {
    match download(line, "signcustomer", day, now).await? {
        Ok(packed) => read(&packed).map(Funding::Ready).map_err(Trouble::Unknown),
        Err(none) => Ok(Funding::None(none.line())),
    }
}

/// Reads the zip as it came. Error: it cannot be unpacked, or holds no statement.
pub fn read(packed: &[u8]) -> Result<Funds, String> {
    let is_statement = |text: &str| text.lines().any(is_header);
    detail(packed, is_statement).map(|text| parse(&text))
}

fn is_header(line: &str) -> bool {
    line.trim_start_matches('\u{feff}').starts_with(NUMBER)
}

/// Reads the file of movements. What stands before its header says whose it is and of when.
pub fn parse(text: &str) -> Funds {
    let mut funds = Funds::default();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).skip_while(|line| !is_header(line));
    let columns = Columns::new(lines.next().unwrap_or_default().trim_start_matches('\u{feff}').split(','));
    let mut ended = false;
    for line in lines {
        if let Some(note) = line.strip_prefix('#') {
            ended |= note.contains("列表结束");
            check_total(&mut funds, note, line);
            continue;
        }
        let cells: Vec<&str> = line.split(',').collect();
        match row(&columns, &cells) {
            Some(row) if cells.len() == columns.count() => funds.rows.push(row),
            _ => funds.strange.push(line.to_owned()),
        }
    }
    if !ended {
        funds.strange.push("the file ends without its end mark".to_owned());
    }
    funds.oldest_first();
    funds
}

fn row(columns: &Columns, cells: &[&str]) -> Option<FundRow> {
    let cell = |names: &[&str]| columns.cell(cells, names);
    let came = moved(cell(&["收入金额（+元）", "收入金额(+元)"]))?;
    // What went is written with its sign, or without.
    let went = moved(cell(&["支出金额（-元）", "支出金额(-元)"]))?;
    if !came.is_zero() && !went.is_zero() {
        return None;
    }
    let amount = Money { value: came.value - went.value, ..came };
    let word = cell(&["业务类型"]);
    Some(FundRow {
        account: String::new(),
        at: moment(cell(&["发生时间"]))?,
        number: cell(&[NUMBER]).to_owned(),
        channel_txn: cell(&["业务流水号"]).to_owned(),
        reference: cell(&["商户订单号"]).to_owned(),
        kind: kind(word, amount.value),
        word: word.to_owned(),
        amount,
        balance: Money::parse_decimal(cell(&["账户余额（元）", "账户余额(元)"]), Currency::CNY).ok()?,
    })
}

/// What the channel's word means for a movement of so much; a word nobody knows is kept as it is.
pub fn kind(word: &str, value: i64) -> FundKind {
    match word {
        "在线支付" | "交易付款" | "交易" => FundKind::Payment,
        "交易退款" | "退款" => FundKind::Refund,
        "收费" | "服务费" if value > 0 => FundKind::FeeBack,
        "收费" | "服务费" => FundKind::Fee,
        "退费" => FundKind::FeeBack,
        "提现" => FundKind::Withdrawal,
        _ => FundKind::Other,
    }
}

/// Compares a line of totals with the rows: `#收入合计：3笔，共12.00元`.
fn check_total(funds: &mut Funds, note: &str, line: &str) {
    let (came, rest) = match (note.strip_prefix("收入合计："), note.strip_prefix("支出合计：")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return,
    };
    let own = funds.rows.iter().filter(|row| (row.amount.value > 0) == came);
    let (count, sum) = own
        .fold((0_usize, 0_i128), |(count, sum), row| (count + 1, sum + i128::from(row.amount.value).abs()));
    let told = rest.split_once('笔').and_then(|(told, more)| {
        let yuan = more.split_once('共')?.1.split_once('元')?.0;
        Some((told.trim().parse::<usize>().ok()?, moved(yuan.trim())?))
    });
    let fits = told.is_some_and(|(told, yuan)| told == count && i128::from(yuan.value) == sum);
    if funds.strange.is_empty() && !fits {
        funds.strange.push(format!("the totals do not add up: {line}"));
    }
}

#[cfg(test)]
#[path = "funds_tests.rs"]
mod tests;
