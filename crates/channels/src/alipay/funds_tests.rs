//! Statements as Alipay lays them out.

use desk::channel::{FundKind, FundRow, Funds};
use money::Money;
use store::Millis;

use super::{kind, parse};

const TOP: &str = "#支付宝账务明细查询\r\n#账号：[2088]\r\n#起始日期：[2026年11月22日 00:00:00]   终止日期：[2026年11月23日 00:00:00]\r\n#----账务明细列表----\r\n账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注\r\n";
const END: &str = "#----账务明细列表结束----\r\n";

fn line(number: &str, second: u8, came: &str, went: &str, balance: &str, word: &str) -> String {
    format!(
        "{number}\t,2026001\t,A1\t,茶\t,2026-11-22 11:04:0{second},a***\t,{came},{went},{balance},支付宝,{word},\r\n"
    )
}

fn totals(went: &str, came: &str) -> String {
    format!("#支出合计：{went}元\r\n#收入合计：{came}元\r\n#导出时间：[2026年11月23日 10:00:00]\r\n")
}

fn base() -> FundRow {
    FundRow {
        account: String::new(),
        at: Millis(1_795_316_645_000),
        number: "F1".into(),
        channel_txn: "2026001".into(),
        reference: "A1".into(),
        kind: FundKind::Payment,
        word: "在线支付".into(),
        amount: Money::fen(1000),
        balance: Money::fen(1500),
    }
}

#[test]
fn movements_of_every_kind() {
    let lines = [
        line("F1", 5, "10.00", "", "15.00", "在线支付"),
        line("F2", 5, "0.00", "-0.06", "14.94", "收费"),
        line("F3", 6, "", "4.00", "10.94", "交易退款"),
    ];
    let sums = totals("2笔，共-4.06", "1笔，共10.00");
    let want = vec![
        base(),
        FundRow {
            number: "F2".into(),
            kind: FundKind::Fee,
            word: "收费".into(),
            amount: Money::fen(-6),
            balance: Money::fen(1494),
            ..base()
        },
        FundRow {
            at: Millis(1_795_316_646_000),
            number: "F3".into(),
            kind: FundKind::Refund,
            word: "交易退款".into(),
            amount: Money::fen(-400),
            balance: Money::fen(1094),
            ..base()
        },
    ];
    let text = [TOP, &lines.concat(), END, &sums].concat();
    assert_eq!(parse(&text), Funds { rows: want.clone(), strange: vec![] });
    let turned: Vec<&str> = lines.iter().rev().map(String::as_str).collect();
    assert_eq!(parse(&[TOP, &turned.concat(), END].concat()).rows, want, "newest first, without totals");
}

#[test]
fn what_cannot_be_read_is_kept_word_for_word() {
    let paid = line("F1", 5, "10.00", "", "15.00", "在线支付");
    let one = totals("0笔，共0.00", "1笔，共10.00");
    let both = line("F1", 5, "10.00", "-1.00", "15.00", "在线支付");
    let much = line("F1", 5, "much", "", "15.00", "在线支付");
    let cases = [
        (format!("{TOP}{paid}{END}{one}"), 1, None),
        (format!("{TOP}{END}{}", totals("0笔，共0.00", "0笔，共0.00")), 0, None),
        (format!("{TOP}{both}{END}"), 0, Some("-1.00")),
        (format!("{TOP}{much}{END}"), 0, Some("much")),
        (format!("{TOP}{paid}short,line\r\n{END}"), 1, Some("short,line")),
        (format!("{TOP}{paid}{END}{}", totals("0笔，共0.00", "2笔，共10.00")), 1, Some("do not add up")),
        (format!("{TOP}{paid}{END}{}", totals("0笔，共0.00", "1笔，共10.01")), 1, Some("do not add up")),
        (format!("{TOP}{paid}{END}{}", totals("没有", "1笔，共10.00")), 1, Some("do not add up")),
        (format!("{TOP}{paid}"), 1, Some("end mark")),
        (String::new(), 0, Some("end mark")),
    ];
    for (text, rows, strange) in cases {
        let funds = parse(&text);
        assert_eq!(funds.rows.len(), rows, "{text}");
        assert_eq!(funds.strange.len(), usize::from(strange.is_some()), "{text}: {:?}", funds.strange);
        assert!(funds.strange.iter().zip(strange).all(|(found, want)| found.contains(want)), "{text}");
    }
}

#[test]
fn every_kind_of_movement_has_its_meaning() {
    for (word, value, want) in [
        ("在线支付", 1, FundKind::Payment),
        ("交易付款", 1, FundKind::Payment),
        ("交易退款", -1, FundKind::Refund),
        ("收费", -1, FundKind::Fee),
        ("收费", 1, FundKind::FeeBack),
        ("退费", 1, FundKind::FeeBack),
        ("提现", -1, FundKind::Withdrawal),
        ("转账", 1, FundKind::Other),
        ("", 0, FundKind::Other),
    ] {
        assert_eq!(kind(word, value), want, "{word}");
    }
}
