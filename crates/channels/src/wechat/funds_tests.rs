//! Statements as WeChat Pay lays them out.

use desk::channel::{FundKind, FundRow, Funds};
use money::Money;
use store::Millis;

use super::{kind, parse};

const HEADER: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
const PAID: &str = "`2026-11-22 11:04:05,`4200001,`F1,`交易,`交易,`收入,`1.00,`5.00,`system,`,`A1";
const FEE: &str = "`2026-11-22 11:04:05,`4200001,`F2,`交易,`扣除交易手续费,`支出,`0.01,`4.99,`system,`,`A1";
const BACK: &str = "`2026-11-22 11:04:06,`5030001,`F3,`退款,`退款,`支出,`0.40,`4.59,`190API,`退款总金额0.40元;含手续费0.00元,`R1";
const TOTALS: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

fn file(lines: &[&str]) -> Funds {
    parse("BASIC", &format!("\u{feff}{}\r\n", lines.join("\r\n")))
}

fn base() -> FundRow {
    FundRow {
        account: "BASIC".into(),
        at: Millis(1_795_316_645_000),
        number: "F1".into(),
        channel_txn: "4200001".into(),
        reference: "A1".into(),
        kind: FundKind::Payment,
        word: "交易".into(),
        amount: Money::fen(100),
        balance: Money::fen(500),
    }
}

#[test]
fn movements_of_every_kind() {
    let want = vec![
        base(),
        FundRow {
            number: "F2".into(),
            kind: FundKind::Fee,
            word: "扣除交易手续费".into(),
            amount: Money::fen(-1),
            balance: Money::fen(499),
            ..base()
        },
        FundRow {
            at: Millis(1_795_316_646_000),
            number: "F3".into(),
            channel_txn: "5030001".into(),
            reference: "R1".into(),
            kind: FundKind::Refund,
            word: "退款".into(),
            amount: Money::fen(-40),
            balance: Money::fen(459),
            ..base()
        },
    ];
    let sums = "`3,`1,`1.00,`2,`0.41";
    assert_eq!(file(&[HEADER, PAID, FEE, BACK, TOTALS, sums]), Funds { rows: want.clone(), strange: vec![] });
    assert_eq!(file(&[HEADER, BACK, FEE, PAID, TOTALS, sums]).rows, want, "newest first");
    let marked = HEADER.split(',').map(|name| format!("`{name}")).collect::<Vec<_>>().join(",");
    assert_eq!(file(&[&marked, PAID, FEE, BACK, TOTALS, sums]).rows, want, "a marked header");
}

#[test]
fn what_cannot_be_read_is_kept_word_for_word() {
    let odd = PAID.replace("收入", "冻结");
    let one = "`1,`1,`1.00,`0,`0.00";
    let cases: &[(&[&str], usize, &[&str])] = &[
        (&[HEADER, PAID, TOTALS, one], 1, &[]),
        (&[HEADER, TOTALS, "`0,`0,`0.00,`0,`0.00"], 0, &[]),
        (&[HEADER, PAID, &odd, TOTALS, "`2,`2,`2.00,`0,`0.00"], 1, &["冻结"]),
        (&[HEADER, "`2026-11-22 11:04:05,`4200001", TOTALS, one], 0, &["4200001"]),
        (&[HEADER, PAID, "free text", TOTALS, one], 1, &["free text", "does not add up"]),
        (&[HEADER, PAID, FEE, TOTALS, one], 2, &["does not add up"]),
        (&[HEADER, PAID, TOTALS, "`1,`1,`1.01,`0,`0.00"], 1, &["does not add up"]),
        (&[HEADER, PAID, TOTALS, "`1,`1,`1.00,`0,`0.01"], 1, &["does not add up"]),
        (&[HEADER, PAID], 1, &["ends without"]),
        (&[], 0, &["ends without"]),
    ];
    for (lines, rows, strange) in cases {
        let funds = file(lines);
        assert_eq!(funds.rows.len(), *rows, "{lines:?}");
        assert_eq!(funds.strange.len(), strange.len(), "{:?}", funds.strange);
        for (found, want) in funds.strange.iter().zip(*strange) {
            assert!(found.contains(want), "{found}");
        }
    }
}

#[test]
fn every_kind_of_movement_has_its_meaning() {
    for (word, want) in [
        ("交易", FundKind::Payment),
        ("退款", FundKind::Refund),
        ("扣除交易手续费", FundKind::Fee),
        ("退还交易手续费", FundKind::FeeBack),
        ("提现", FundKind::Withdrawal),
        ("分账", FundKind::Other),
        ("", FundKind::Other),
    ] {
        assert_eq!(kind(word), want, "{word}");
    }
}
