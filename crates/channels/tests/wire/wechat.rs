//! WeChat Pay: every call, every magic payment code, every way of signing.

use std::sync::Arc;

use desk::channel::{
    BillKind, Billing, Closing, Decline, FundKind, Funding, InAppAsk, InAppCall, InAppWay, Line, Notice,
    RefundStanding, Reversal, Standing, Trouble,
};
use serde_json::json;

use crate::rig::{Rig, now, open, receipt, refunded};

#[tokio::test]
async fn a_shown_code_is_paid_told_and_given_back_in_every_key_mode() {
    for keys in ["certificate", "public_key", "both"] {
        let rig = Rig::start().await;
        let line = open("wechat", &rig.wechat_settings(keys)).unwrap();
        let ask = rig.ask(1234);
        let code = line.present(&ask).await.unwrap();
        assert!(code.starts_with("weixin://wxpay/bizpayurl"), "{code}");
        assert!(line.present(&ask).await.is_ok(), "presenting again is harmless");
        assert_eq!(line.query(&ask.out_trade_no, now()).await, Ok(Standing::Waiting));
        rig.control("pay", json!({ "code": code })).await;
        let paid = receipt(line.query(&ask.out_trade_no, now()).await.unwrap());
        assert_eq!(paid.amount, ask.amount);
        match &rig.notices(&line, 1).await[0] {
            Notice::Payment { out_trade_no, standing } => {
                assert_eq!(out_trade_no, &ask.out_trade_no);
                assert_eq!(standing, &Standing::Paid(paid.clone()), "with {keys}");
            }
            other => panic!("{other:?}"),
        }
        let part = rig.refund(&ask.out_trade_no, 234, 1234);
        assert_eq!(line.refund_query(&part).await, Ok(RefundStanding::Absent));
        assert!(matches!(
            line.refund(&part).await,
            Ok(RefundStanding::Processing | RefundStanding::Succeeded { .. })
        ));
        let number = refunded(&line, &part).await;
        assert!(
            matches!(line.refund(&part).await, Ok(RefundStanding::Succeeded { .. })),
            "the same number again"
        );
        match line.query(&ask.out_trade_no, now()).await {
            Ok(Standing::Refunded(Some(receipt))) => assert_eq!(receipt, paid),
            other => panic!("{other:?}"),
        }
        let told = rig.notices(&line, 2).await;
        let Notice::Refund { out_trade_no, out_refund_no, standing } = &told[1] else { panic!("{told:?}") };
        assert_eq!((out_trade_no, out_refund_no), (&ask.out_trade_no, &part.out_refund_no));
        assert!(
            matches!(standing, RefundStanding::Succeeded { channel_refund, .. } if *channel_refund == number)
        );
        let too_much = rig.refund(&ask.out_trade_no, 1001, 1234);
        assert!(matches!(line.refund(&too_much).await, Ok(RefundStanding::Failed(_))));
        let rest = rig.refund(&ask.out_trade_no, 1000, 1234);
        line.refund(&rest).await.unwrap();
        refunded(&line, &rest).await;
    }
}

#[tokio::test]
async fn every_magic_payment_code_ends_as_it_says() {
    let rig = Rig::start().await;
    for keys in ["certificate", "v2"] {
        let line = open("wechat", &rig.wechat_settings(keys)).unwrap();
        for outcome in ["00", "01", "02", "03", "04", "05", "06"] {
            magic(&rig, &line, outcome).await;
        }
    }
}

async fn magic(rig: &Rig, line: &Arc<dyn Line>, outcome: &str) {
    let ask = rig.charge(500, &rig.payer_code("wechat", outcome).await);
    let no = ask.common.out_trade_no.clone();
    let answer = line.charge(&ask).await;
    let stands = line.query(&no, now()).await.unwrap();
    match outcome {
        "00" => assert_eq!(receipt(answer.unwrap()), receipt(stands)),
        "01" => {
            assert_eq!((answer, stands), (Ok(Standing::Waiting), Standing::Waiting));
            rig.control("confirm", json!({"channel": "wechat", "out_trade_no": no})).await;
            assert_eq!(receipt(line.query(&no, now()).await.unwrap()).amount, ask.common.amount);
            assert_eq!(line.reverse(&no, now()).await, Ok(Reversal::Reversed), "a paid one is undone");
            assert_eq!(line.query(&no, now()).await, Ok(Standing::Reversed));
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
            assert_eq!(line.query(&no, now()).await, Ok(Standing::Reversed), "{outcome}");
            assert_eq!(line.reverse(&no, now()).await, Ok(Reversal::Reversed), "{outcome} again");
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
async fn a_payer_who_says_no_is_a_decline() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    let ask = rig.charge(500, &rig.payer_code("wechat", "01").await);
    assert_eq!(line.charge(&ask).await, Ok(Standing::Waiting));
    let no = &ask.common.out_trade_no;
    rig.control("decline", json!({"channel": "wechat", "out_trade_no": no})).await;
    declined(line.query(no, now()).await, Decline::PayerCancelled);
}

#[tokio::test]
async fn closing_and_asking_for_what_is_not_there() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    assert_eq!(line.query("NOBODY0001", now()).await, Ok(Standing::Absent));
    assert_eq!(line.close("NOBODY0001", now()).await, Ok(Closing::Absent));
    assert_eq!(line.reverse("NOBODY0001", now()).await, Ok(Reversal::Reversed));
    let ask = rig.ask(100);
    line.present(&ask).await.unwrap();
    assert_eq!(line.close(&ask.out_trade_no, now()).await, Ok(Closing::Closed));
    assert_eq!(line.close(&ask.out_trade_no, now()).await, Ok(Closing::Closed));
    assert_eq!(line.query(&ask.out_trade_no, now()).await, Ok(Standing::Closed));
    let ask = rig.ask(100);
    let code = line.present(&ask).await.unwrap();
    rig.control("pay", json!({ "code": code })).await;
    assert_eq!(line.close(&ask.out_trade_no, now()).await, Ok(Closing::Paid));
    assert!(
        matches!(line.reverse(&ask.out_trade_no, now()).await, Err(Trouble::Refused { .. })),
        "only scans"
    );
    let other = rig.refund("NOBODY0001", 1, 1);
    assert!(matches!(line.refund(&other).await, Ok(RefundStanding::Failed(_))));
}

#[tokio::test]
async fn a_service_provider_sells_for_its_sub_merchant() {
    let rig = Rig::start().await;
    let mut settings = rig.wechat_settings("public_key");
    settings["sub_mchid"] = json!(rig.sandbox.json.wechat.sub_mchid);
    let line = open("wechat", &settings).unwrap();
    let ask = rig.ask(100);
    let code = line.present(&ask).await.unwrap();
    rig.control("pay", json!({ "code": code })).await;
    receipt(line.query(&ask.out_trade_no, now()).await.unwrap());
    assert!(matches!(&rig.notices(&line, 1).await[0], Notice::Payment { standing: Standing::Paid(_), .. }));
    let refund = rig.refund(&ask.out_trade_no, 100, 100);
    line.refund(&refund).await.unwrap();
    refunded(&line, &refund).await;
    let scan = rig.charge(100, &rig.payer_code("wechat", "00").await);
    receipt(line.charge(&scan).await.unwrap());
    assert_eq!(line.reverse(&scan.common.out_trade_no, now()).await, Ok(Reversal::Reversed));
    let direct = rig.wechat();
    assert_eq!(direct.query(&ask.out_trade_no, now()).await, Ok(Standing::Absent), "not ours");
    // The provider's own sale is in its bill and not in its sub-merchant's.
    direct.charge(&rig.charge(300, &rig.payer_code("wechat", "00").await)).await.unwrap();
    for (line, rows) in [(&line, 4), (&direct, 5)] {
        let Billing::Ready(bill) = line.bill(&rig.today(), now()).await.unwrap() else { panic!("no bill") };
        assert_eq!((bill.rows.len(), bill.strange), (rows, vec![]));
    }
    let refused = line.funds(&rig.today(), now()).await;
    assert!(matches!(refused, Err(Trouble::Refused { code, .. }) if code == "NOT_OFFERED"));
}

#[tokio::test]
async fn what_is_not_genuine_is_not_believed() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    let ask = rig.ask(100);
    let code = line.present(&ask).await.unwrap();
    rig.control("pay", json!({ "code": code })).await;
    let (headers, body) = rig.callbacks(1).await.remove(0);
    assert!(line.notification(&headers, &body, now()).is_ok());
    let five_minutes = std::time::Duration::from_secs(301);
    assert!(line.notification(&headers, &body, now().plus(five_minutes)).is_err(), "too old");
    assert!(line.notification(&headers, &body, now().minus(five_minutes)).is_err(), "from the future");
    let mut changed = body.clone();
    let at = changed.iter().position(|b| *b == b':').unwrap();
    changed.insert(at + 1, b' ');
    assert!(line.notification(&headers, &changed, now()).is_err(), "a changed body");
    for name in ["wechatpay-signature", "wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial"] {
        let without: Vec<_> = headers.iter().filter(|(n, _)| n != name).cloned().collect();
        assert!(line.notification(&without, &body, now()).is_err(), "without {name}");
    }
    let mut other = rig.wechat_settings("public_key");
    let second = &rig.sandbox.json.accounts[1].wechat;
    other["mchid"] = json!(second.mchid);
    other["appid"] = json!(second.appid);
    let stranger = open("wechat", &other).unwrap();
    assert!(stranger.notification(&headers, &body, now()).is_err(), "another merchant's");
    assert_eq!(line.ack().status, 200);
    assert!(line.nack("no").status >= 400);
}

#[tokio::test]
async fn paying_inside_wechat_in_a_browser_and_in_an_app() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    let page = InAppWay::Page { payer_id: rig.sandbox.json.wechat.openid.clone() };
    for way in [page, InAppWay::Browser, InAppWay::App] {
        let ask = InAppAsk {
            common: rig.ask(100),
            way: way.clone(),
            client_ip: "10.0.0.1".into(),
            return_url: None,
        };
        let no = &ask.common.out_trade_no;
        match (line.in_app(&ask).await.unwrap(), &way) {
            (InAppCall::Parameters(call), InAppWay::Page { .. }) => {
                let text = |key: &str| call[key].as_str().unwrap();
                assert!(text("package").starts_with("prepay_id=wx"), "{call}");
                let key = std::fs::read_to_string(&rig.sandbox.json.wechat.merchant_private_key).unwrap();
                let lines: String =
                    ["appId", "timeStamp", "nonceStr", "package"].map(|k| format!("{}\n", text(k))).concat();
                let ours = channels::crypto::Signer::from_text(&key).unwrap().verifier();
                assert!(ours.verify(&[lines.as_bytes()], text("paySign")), "the payer's side is signed for");
            }
            (InAppCall::Parameters(call), InAppWay::App) => assert_eq!(call["package"], "Sign=WXPay"),
            (InAppCall::Address(address), InAppWay::Browser) => {
                assert!(address.starts_with("http"), "{address}");
            }
            (other, _) => panic!("{way:?}: {other:?}"),
        }
        rig.control("pay", json!({"channel": "wechat", "out_trade_no": no})).await;
        receipt(line.query(no, now()).await.unwrap());
    }
}

#[tokio::test]
async fn the_bill_of_a_day_tells_what_happened() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    let today = rig.today();
    assert!(matches!(line.bill(&today, now()).await, Ok(Billing::None(_))), "nothing yet");
    let kept = rig.charge(1000, &rig.payer_code("wechat", "00").await);
    let undone = rig.charge(500, &rig.payer_code("wechat", "00").await);
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
    assert!(matches!(line.bill("1999-01-01", now()).await, Err(Trouble::Refused { .. })));
}

#[tokio::test]
async fn the_statement_of_a_day_tells_fees_and_what_is_left() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    let today = rig.today();
    assert!(matches!(line.funds(&today, now()).await, Ok(Funding::None(_))), "nothing yet");
    let ask = rig.charge(1000, &rig.payer_code("wechat", "00").await);
    line.charge(&ask).await.unwrap();
    let refund = rig.refund(&ask.common.out_trade_no, 300, 1000);
    line.refund(&refund).await.unwrap();
    let Funding::Ready(funds) = line.funds(&today, now()).await.unwrap() else { panic!("no statement") };
    assert!(funds.strange.is_empty(), "{:?}", funds.strange);
    let rows: Vec<_> =
        funds.rows.iter().map(|r| (r.kind, r.reference.as_str(), r.amount.value, r.balance.value)).collect();
    let (paid, back) = (ask.common.out_trade_no.as_str(), refund.out_refund_no.as_str());
    let want = [
        (FundKind::Payment, paid, 1000, 1000),
        (FundKind::Fee, paid, -6, 994),
        (FundKind::Refund, back, -300, 694),
        (FundKind::FeeBack, back, 2, 696),
    ];
    assert_eq!(rows, want);
    assert!(funds.rows.iter().all(|row| row.account == "BASIC"), "the other accounts have none");
    assert!(matches!(line.funds("1999-01-01", now()).await, Err(Trouble::Refused { .. })));
}

#[test]
fn every_wrong_setting_is_named_at_once() {
    let wrong = json!({
        "base_url": "not an address", "mchid": "", "merchant_private_key": "rubbish", "apiv3_key": "short",
        "platform_public_key_id": "KEY_1", "timeout_ms": 1, "colour": "green", "sub_appid": "wx",
    });
    let Err(errors) = open("wechat", &wrong) else { panic!("opened") };
    let mut keys: Vec<&str> = errors.iter().map(|e| e.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let want = [
        "apiv3_key",
        "appid",
        "base_url",
        "colour",
        "mchid",
        "merchant_cert_serial",
        "merchant_private_key",
        "platform_public_key",
        "platform_public_key_id",
        "sub_mchid",
        "timeout_ms",
    ];
    assert_eq!(keys, want);
}
