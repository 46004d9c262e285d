//! Bills as Alipay lays them out.

use desk::channel::{Bill, BillKind, BillRow};
use money::Money;
use store::Millis;

use super::parse;

const TOP: &str = "#支付宝业务明细查询\r\n#账号：[2088]\r\n#起始日期：[2026年11月22日 00:00:00]   终止日期：[2026年11月23日 00:00:00]\r\n#----业务明细列表----\r\n支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注\r\n";

fn line(kind: &str, no: &str, amount: &str, request: &str, fee: &str) -> String {
    format!(
        "2026001\t,{no}\t,{kind}\t,茶\t,2026-11-22 11:04:00\t,2026-11-22 11:04:05\t,S\t,\t,\t,T\t,a***\t,{amount}\t,{amount}\t,0.00\t,0.00\t,0.00\t,0.00\t,0.00\t,\t,0.00\t,0.00\t,{request}\t,{fee}\t,0.00\t,\t\r\n"
    )
}

fn end(paid: usize, back: usize) -> String {
    format!(
        "#----业务明细列表结束----\r\n#交易合计：{paid}笔，商家实收共1.00元，商家优惠共0.00元\r\n#退款合计：{back}笔，商家实收退款共-0.40元，商家优惠退款共0.00元\r\n#导出时间：[2026年11月23日 10:00:00]\r\n"
    )
}

#[test]
fn rows_of_every_kind() {
    let text = [
        TOP.to_owned(),
        line("交易", "A1", "1.00", "", "-0.01"),
        line("退款", "A1", "-0.40", "R1", "0.00"),
        line("退款", "A2", "-2.00", "A2", "0.01"),
        end(1, 2),
    ];
    let paid = BillRow {
        kind: BillKind::Payment,
        at: Millis(1_795_316_645_000),
        out_trade_no: "A1".into(),
        channel_txn: "2026001".into(),
        out_refund_no: String::new(),
        channel_refund: String::new(),
        amount: Money::fen(100),
        fee_thousandths: 1000,
        state: "交易".into(),
    };
    let back = BillRow {
        kind: BillKind::Refund,
        out_refund_no: "R1".into(),
        amount: Money::fen(40),
        fee_thousandths: 0,
        state: "退款".into(),
        ..paid.clone()
    };
    let undone = BillRow {
        kind: BillKind::Reversal,
        out_trade_no: "A2".into(),
        out_refund_no: String::new(),
        amount: Money::fen(200),
        fee_thousandths: -1000,
        ..back.clone()
    };
    assert_eq!(parse(&text.concat()), Bill { rows: vec![paid, back, undone], strange: vec![] });
}

#[test]
fn what_cannot_be_read_is_kept_word_for_word() {
    let paid = line("交易", "A1", "1.00", "", "-0.01");
    let cases = [
        (format!("{TOP}{paid}{}", end(1, 0)), 1, None),
        (format!("{TOP}{}", end(0, 0)), 0, None),
        (format!("{TOP}{paid}{paid}{}", end(1, 0)), 2, Some("do not add up")),
        (format!("{TOP}{}{}", line("冻结", "A1", "1.00", "", "0"), end(1, 0)), 0, Some("冻结")),
        (format!("{TOP}{}{}", line("交易", "A1", "much", "", "0"), end(1, 0)), 0, Some("much")),
        (format!("{TOP}{paid}"), 1, Some("without its totals")),
        (String::new(), 0, Some("without its totals")),
    ];
    for (text, rows, strange) in cases {
        let bill = parse(&text);
        assert_eq!(bill.rows.len(), rows, "{text}");
        assert_eq!(bill.strange.len(), usize::from(strange.is_some()), "{:?}", bill.strange);
        assert!(
            bill.strange.iter().zip(strange).all(|(found, want)| found.contains(want)),
            "{:?}",
            bill.strange
        );
    }
}

#[test]
fn which_codes_say_that_there_is_no_bill() {
    for (code, absent) in [
        ("isp.bill_not_exist", true),
        ("ACQ.BILL_NOT_EXIST", true),
        ("isp.bill-not-exist", true),
        ("isp.unknow-error", false),
        ("", false),
    ] {
        assert_eq!(super::is_absent(code), absent, "{code}");
    }
}
