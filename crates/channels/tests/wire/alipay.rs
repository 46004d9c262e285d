//! Alipay's gateway: every call, every magic payment code, both ways of signing.

use std::sync::Arc;

use desk::channel::{
    BillKind, Billing, Closing, Decline, FundKind, Funding, InAppAsk, InAppCall, InAppWay, Line, Notice,
    RefundStanding, Reversal, Standing, Trouble,
};
use serde_json::json;

use crate::rig::{Rig, now, open, receipt, refunded};

#[tokio::test]
async fn a_shown_code_is_paid_told_and_given_back_in_every_mode() {
    for keys in ["public_key", "certificate", "v3 public_key", "v3 certificate"] {
        let rig = Rig::start().await;
        let line = open("alipay", &rig.alipay_settings(keys)).unwrap();
        let ask = rig.ask(1234);
        let code = line.present(&ask).await.unwrap();
        assert!(code.starts_with("https://qr.alipay.com/"), "{code}");
        let no = &ask.out_trade_no;
        assert_eq!(line.query(no, now()).await, Ok(Standing::Absent), "no trade before the scan");
        assert_eq!(line.close(no, now()).await, Ok(Closing::Absent));
        rig.control("scan", json!({ "code": code })).await;
        assert_eq!(line.query(no, now()).await, Ok(Standing::Waiting));
        rig.control("pay", json!({ "code": code })).await;
        let paid = receipt(line.query(no, now()).await.unwrap());
        assert_eq!(paid.amount, ask.amount);
        match &rig.notices(&line, 1).await[0] {
            Notice::Payment { out_trade_no, standing } => {
                assert_eq!(out_trade_no, no);
                assert_eq!(standing, &Standing::Paid(paid.clone()), "with {keys}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(line.close(no, now()).await, Ok(Closing::Paid));
        let part = rig.refund(no, 234, 1234);
        assert_eq!(line.refund_query(&part).await, Ok(RefundStanding::Absent));
        assert!(matches!(line.refund(&part).await, Ok(RefundStanding::Succeeded { .. })));
        assert!(matches!(line.refund(&part).await, Ok(RefundStanding::Succeeded { .. })), "fund_change N");
        assert_eq!(refunded(&line, &part).await, paid.channel_txn);
        assert_eq!(receipt(line.query(no, now()).await.unwrap()), paid, "still a success");
        let too_much = rig.refund(no, 1001, 1234);
        assert!(matches!(line.refund(&too_much).await, Ok(RefundStanding::Failed(_))));
        let rest = rig.refund(no, 1000, 1234);
        assert!(matches!(line.refund(&rest).await, Ok(RefundStanding::Succeeded { .. })));
        assert_eq!(line.query(no, now()).await, Ok(Standing::Refunded(Some(paid))), "all is given back");
    }
}

#[tokio::test]
async fn every_magic_payment_code_ends_as_it_says() {
    let rig = Rig::start().await;
    for keys in ["public_key", "v3 public_key"] {
        let line = open("alipay", &rig.alipay_settings(keys)).unwrap();
        for outcome in ["00", "01", "02", "03", "04", "05", "06"] {
            magic(&rig, &line, outcome).await;
        }
    }
}

async fn magic(rig: &Rig, line: &Arc<dyn Line>, outcome: &str) {
    let ask = rig.charge(500, &rig.payer_code("alipay", outcome).await);
    let no = ask.common.out_trade_no.clone();
    let answer = line.charge(&ask).await;
    let stands = line.query(&no, now()).await.unwrap();
    match outcome {
        "00" => assert_eq!(receipt(answer.unwrap()), receipt(stands)),
        "01" => {
            assert_eq!((answer, stands), (Ok(Standing::Waiting), Standing::Waiting));
            rig.control("confirm", json!({"channel": "alipay", "out_trade_no": no})).await;
            let paid = receipt(line.query(&no, now()).await.unwrap());
            assert_eq!(line.reverse(&no, now()).await, Ok(Reversal::Reversed), "a paid one is undone");
            assert_eq!(line.query(&no, now()).await, Ok(Standing::Refunded(Some(paid))));
        }
        "02" => declined(answer, Decline::NotEnoughMoney),
        "03" => declined(answer, Decline::CodeExpired),
        "04" => {
            assert!(matches!(answer, Err(Trouble::Unknown(_))), "{answer:?}");
            assert_eq!(receipt(stands).amount, ask.common.amount);
        }
        _ => {
            let unclear = matches!(answer, Ok(Standing::Waiting) | Err(Trouble::Unknown(_)));
            assert!(unclear, "{outcome}: {answer:?}");
            assert_eq!(stands, Standing::Waiting, "{outcome}");
            assert_eq!(line.reverse(&no, now()).await, Ok(Reversal::Reversed), "{outcome}");
            assert_eq!(line.query(&no, now()).await, Ok(Standing::Closed), "{outcome}");
        }
    }
}

fn declined(answer: Result<Standing, Trouble>, want: Decline) {
    match answer {
        Ok(Standing::Declined { why, .. }) => assert_eq!(why, want),
        other => panic!("{other:?} instead of {want:?}"),
    }
}

#[tokio::test]
async fn cancelling_again_too_late_and_without_a_trade() {
    let rig = Rig::start().await;
    let line = rig.alipay();
    assert_eq!(line.reverse("NOBODY0001", now()).await, Ok(Reversal::Reversed));
    let ask = rig.charge(500, &rig.payer_code("alipay", "06").await);
    let no = &ask.common.out_trade_no;
    line.charge(&ask).await.unwrap();
    rig.fault("alipay", "retry_cancel", None).await;
    assert_eq!(line.reverse(no, now()).await, Ok(Reversal::Again));
    assert_eq!(line.reverse(no, now()).await, Ok(Reversal::Reversed));
    let ask = rig.charge(500, &rig.payer_code("alipay", "00").await);
    receipt(line.charge(&ask).await.unwrap());
    rig.control("clock", json!({"advance_ms": 86_400_000})).await;
    assert_eq!(line.reverse(&ask.common.out_trade_no, now()).await, Ok(Reversal::TooLate), "after midnight");
    let back = rig.refund(&ask.common.out_trade_no, 500, 500);
    assert!(
        matches!(line.refund(&back).await, Ok(RefundStanding::Succeeded { .. })),
        "it is refunded instead"
    );
}

#[tokio::test]
async fn closing_a_scanned_code() {
    let rig = Rig::start().await;
    let line = rig.alipay();
    let ask = rig.ask(100);
    let code = line.present(&ask).await.unwrap();
    rig.control("scan", json!({ "code": code })).await;
    assert_eq!(line.close(&ask.out_trade_no, now()).await, Ok(Closing::Closed));
    assert_eq!(line.query(&ask.out_trade_no, now()).await, Ok(Standing::Closed));
}

#[tokio::test]
async fn what_is_not_genuine_is_not_believed() {
    let rig = Rig::start().await;
    let line = rig.alipay();
    let ask = rig.ask(100);
    let code = line.present(&ask).await.unwrap();
    rig.control("pay", json!({ "code": code })).await;
    let (headers, body) = rig.callbacks(1).await.remove(0);
    let text = String::from_utf8(body).unwrap();
    assert!(line.notification(&headers, text.as_bytes(), now()).is_ok());
    let spoilt = [
        text.replace("total_amount=1.00", "total_amount=0.01"),
        text.replace("TRADE_SUCCESS", "TRADE_CLOSED"),
        text.replacen("sign=", "sgin=", 1),
        format!("{text}&extra=1"),
        String::new(),
        "{}".to_owned(),
    ];
    for body in spoilt {
        assert!(body != text && line.notification(&headers, body.as_bytes(), now()).is_err(), "{body}");
    }
    let second = &rig.sandbox.json.accounts[1].alipay;
    for (key, value) in [("app_id", &second.app_id), ("seller_id", &second.seller_id)] {
        let mut settings = rig.alipay_settings("public_key");
        settings[key] = json!(value);
        let stranger = open("alipay", &settings).unwrap();
        assert!(stranger.notification(&headers, text.as_bytes(), now()).is_err(), "another {key}");
    }
    assert_eq!(line.ack().body, "success");
    assert_ne!(line.nack("no").body, "success");
}

#[tokio::test]
async fn paying_inside_alipay() {
    let rig = Rig::start().await;
    let line = rig.alipay();
    let page = InAppWay::Page { payer_id: rig.sandbox.json.alipay.buyer_id.clone() };
    let ask = InAppAsk { common: rig.ask(100), way: page, client_ip: "10.0.0.1".into(), return_url: None };
    let InAppCall::Parameters(call) = line.in_app(&ask).await.unwrap() else { panic!("parameters") };
    assert!(call["tradeNO"].as_str().unwrap().len() > 20, "{call}");
    let no = &ask.common.out_trade_no;
    assert_eq!(line.query(no, now()).await, Ok(Standing::Waiting), "there is a trade at once");
    rig.control("pay", json!({"channel": "alipay", "out_trade_no": no})).await;
    receipt(line.query(no, now()).await.unwrap());
    let browser = InAppAsk { way: InAppWay::Browser, ..ask.clone() };
    let InAppCall::Address(address) = line.in_app(&browser).await.unwrap() else { panic!("an address") };
    assert!(
        address.starts_with(&rig.sandbox.json.alipay.gateway_url) && address.contains("sign="),
        "{address}"
    );
}

/// The payer's side carries the order: what it does with the address or the order string ends in a payment like any other.
#[tokio::test]
async fn an_order_that_the_payers_side_carries_is_paid_told_and_given_back() {
    let rig = Rig::start().await;
    let line = rig.alipay();
    for (way, told) in [(InAppWay::Browser, 1), (InAppWay::App, 2)] {
        let back = Some("http://127.0.0.1:9/p/token".to_owned());
        let ask = InAppAsk { common: rig.ask(700), way, client_ip: "10.0.0.1".into(), return_url: back };
        let no = &ask.common.out_trade_no;
        match line.in_app(&ask).await.unwrap() {
            InAppCall::Address(address) => {
                assert_eq!(line.query(no, now()).await, Ok(Standing::Absent), "nobody has brought it yet");
                let cashier = reqwest::get(&address).await.unwrap();
                assert!(cashier.url().path().starts_with("/phone/"), "{}", cashier.url());
                assert_eq!(line.query(no, now()).await, Ok(Standing::Waiting));
                rig.control("pay", json!({"channel": "alipay", "out_trade_no": no})).await;
            }
            InAppCall::Parameters(call) => {
                rig.control("pay", json!({"order_string": call["orderString"]})).await;
            }
        }
        let paid = receipt(line.query(no, now()).await.unwrap());
        assert_eq!(paid.amount, ask.common.amount);
        let notices = rig.notices(&line, told).await;
        assert!(
            matches!(&notices[told - 1], Notice::Payment { out_trade_no, standing: Standing::Paid(_) } if out_trade_no == no)
        );
        let back = rig.refund(no, 700, 700);
        assert!(matches!(line.refund(&back).await, Ok(RefundStanding::Succeeded { .. })));
        assert_eq!(refunded(&line, &back).await, paid.channel_txn);
    }
}

#[tokio::test]
async fn the_bill_of_a_day_tells_what_happened() {
    let rig = Rig::start().await;
    let line = rig.alipay();
    let today = rig.today();
    assert!(matches!(line.bill(&today, now()).await, Ok(Billing::None(_))), "nothing yet");
    let kept = rig.charge(1000, &rig.payer_code("alipay", "00").await);
    let undone = rig.charge(500, &rig.payer_code("alipay", "00").await);
    for ask in [&kept, &undone] {
        line.charge(ask).await.unwrap();
    }
    let refund = rig.refund(&kept.common.out_trade_no, 300, 1000);
    line.refund(&refund).await.unwrap();
    line.reverse(&undone.common.out_trade_no, now()).await.unwrap();
    let Billing::Ready(bill) = line.bill(&today, now()).await.unwrap() else { panic!("no bill") };
    assert!(bill.strange.is_empty(), "{:?}", bill.strange);
    let mut rows: Vec<_> = bill
        .rows
        .iter()
        .map(|r| (r.kind, r.out_trade_no.as_str(), r.out_refund_no.as_str(), r.amount.value))
        .collect();
    rows.sort_unstable();
    let (kept, undone) = (kept.common.out_trade_no.as_str(), undone.common.out_trade_no.as_str());
    let want = [
        (BillKind::Payment, kept, "", 1000),
        (BillKind::Payment, undone, "", 500),
        (BillKind::Refund, kept, refund.out_refund_no.as_str(), 300),
        (BillKind::Reversal, undone, "", 500),
    ];
    assert_eq!(rows, want);
    assert!(
        bill.rows.iter().any(|r| r.kind == BillKind::Payment && r.fee_thousandths == 6000),
        "0.60 % of 10 yuan"
    );
}

#[tokio::test]
async fn the_statement_of_a_day_tells_fees_and_what_is_left() {
    let rig = Rig::start().await;
    for keys in ["public_key", "v3 public_key"] {
        let line = open("alipay", &rig.alipay_settings(keys)).unwrap();
        let before = match line.funds(&rig.today(), now()).await.unwrap() {
            Funding::Ready(funds) => funds.rows.len(),
            Funding::None(_) => 0,
        };
        let ask = rig.charge(1000, &rig.payer_code("alipay", "00").await);
        line.charge(&ask).await.unwrap();
        line.refund(&rig.refund(&ask.common.out_trade_no, 300, 1000)).await.unwrap();
        let told = line.funds(&rig.today(), now()).await.unwrap();
        let Funding::Ready(funds) = told else { panic!("no statement") };
        assert!(funds.strange.is_empty(), "{:?}", funds.strange);
        let rows: Vec<_> = funds.rows[before..].iter().map(|row| (row.kind, row.amount.value)).collect();
        let want = [
            (FundKind::Payment, 1000),
            (FundKind::Fee, -6),
            (FundKind::Refund, -300),
            (FundKind::FeeBack, 2),
        ];
        assert_eq!(rows, want, "{keys}");
        assert!(funds.rows[before..].iter().all(|row| row.reference == ask.common.out_trade_no));
    }
}

/// The settings know an older certificate of Alipay: the one that signs now is fetched by its number and believed by its root.
#[tokio::test]
async fn a_certificate_that_is_not_in_the_settings_is_fetched() {
    let rig = Rig::start().await;
    for protocol in ["certificate", "v3 certificate"] {
        let mut settings = rig.alipay_settings(protocol);
        settings["alipay_cert_file"] = json!(rig.sandbox.json.accounts[1].alipay.app_certificate);
        let line = open("alipay", &settings).unwrap();
        for _ in 0..2 {
            line.present(&rig.ask(100)).await.unwrap_or_else(|trouble| panic!("{protocol}: {trouble}"));
        }
        settings["alipay_root_cert_file"] = json!(rig.sandbox.json.wechat.platform_certificate);
        let other_root = open("alipay", &settings).unwrap();
        let answer = other_root.present(&rig.ask(100)).await;
        assert!(answer.is_err(), "{protocol}: {answer:?}");
    }
}

#[test]
fn every_wrong_setting_is_named_at_once() {
    let wrong = json!({
        "gateway_url": "ftp://x", "app_private_key_file": "/nowhere/key.pem", "app_cert": "rubbish",
        "alipay_public_key": "rubbish", "timeout_ms": "long",
    });
    let Err(errors) = open("alipay", &wrong) else { panic!("opened") };
    let mut keys: Vec<&str> = errors.iter().map(|e| e.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let want = [
        "alipay_cert",
        "alipay_public_key",
        "alipay_root_cert",
        "app_cert",
        "app_id",
        "app_private_key_file",
        "gateway_url",
        "timeout_ms",
    ];
    assert_eq!(keys, want);
    assert!(open("alipay", &json!([])).is_err());
}
