//! Bodies, paths and times as documented.

use money::Money;
use serde_json::{Value, json};
use store::Millis;

use super::{CodePay, CodePayer, CodeScene, Names, Order, Party, RecordNames, Store};
use crate::beijing::rfc3339;

fn direct() -> Party {
    Party { appid: "wx1".into(), mchid: "190".into(), sub: None }
}

fn partner() -> Party {
    Party { sub: Some(("290".into(), Some("wx2".into()))), ..direct() }
}

#[test]
fn targets_by_mode() {
    let cases = [
        (direct().order_path("native"), "/v3/pay/transactions/native"),
        (partner().order_path("codepay"), "/v3/pay/partner/transactions/codepay"),
        (direct().action_path("A1", "close"), "/v3/pay/transactions/out-trade-no/A1/close"),
        (partner().action_path("A1", "reverse"), "/v3/pay/partner/transactions/out-trade-no/A1/reverse"),
        (direct().query_target("A1"), "/v3/pay/transactions/out-trade-no/A1?mchid=190"),
        (
            partner().query_target("A1"),
            "/v3/pay/partner/transactions/out-trade-no/A1?sp_mchid=190&sub_mchid=290",
        ),
        (direct().refund_target("R1"), "/v3/refund/domestic/refunds/R1"),
        (partner().refund_target("R1"), "/v3/refund/domestic/refunds/R1?sub_mchid=290"),
    ];
    for (got, want) in cases {
        assert_eq!(got, want);
    }
}

#[test]
fn names_by_mode() {
    let names = |n: Names<'_>| serde_json::to_value(n).expect("json");
    assert_eq!(names(direct().names()), json!({"appid": "wx1", "mchid": "190"}));
    assert_eq!(names(direct().merchants()), json!({"mchid": "190"}));
    let all = json!({"sp_appid": "wx1", "sp_mchid": "190", "sub_appid": "wx2", "sub_mchid": "290"});
    assert_eq!(names(partner().names()), all);
    assert_eq!(names(partner().merchants()), json!({"sp_mchid": "190", "sub_mchid": "290"}));
}

#[test]
fn records_must_name_us_where_they_name_anybody() {
    let record = |appid: &str, mchid: &str, sp: &str, sub: &str| RecordNames {
        appid: appid.into(),
        mchid: mchid.into(),
        sp_mchid: sp.into(),
        sub_mchid: sub.into(),
    };
    let cases = [
        (direct(), record("wx1", "190", "", ""), true),
        (direct(), record("", "", "", ""), true),
        (direct(), record("wx9", "190", "", ""), false),
        (direct(), record("wx1", "191", "", ""), false),
        (partner(), record("", "", "190", "290"), true),
        (partner(), record("", "", "190", "291"), false),
        (partner(), record("", "", "191", "290"), false),
    ];
    for (party, names, want) in cases {
        assert_eq!(party.is_named_by(&names), want, "{names:?}");
    }
}

#[test]
fn bodies_as_documented() {
    let party = direct();
    let order = Order {
        names: party.names(),
        description: "茶".into(),
        out_trade_no: "A1",
        time_expire: rfc3339(Millis(1_795_316_645_678)),
        notify_url: "https://x/n",
        amount: Money::fen(1234).into(),
        payer: None,
        scene_info: None,
    };
    let want: Value = json!({
        "appid": "wx1", "mchid": "190", "description": "茶", "out_trade_no": "A1",
        "time_expire": "2026-11-22T11:04:05+08:00", "notify_url": "https://x/n",
        "amount": {"total": 1234, "currency": "CNY"},
    });
    assert_eq!(serde_json::to_value(order).expect("json"), want);
    let code = CodePay {
        names: party.names(),
        description: "茶".into(),
        out_trade_no: "A1",
        payer: CodePayer { auth_code: "130012345678901234" },
        amount: Money::fen(1).into(),
        scene_info: CodeScene { device_id: "T", device_ip: "10.0.0.1", store_info: Store { out_id: "S" } },
    };
    let want = json!({
        "appid": "wx1", "mchid": "190", "description": "茶", "out_trade_no": "A1",
        "payer": {"auth_code": "130012345678901234"}, "amount": {"total": 1, "currency": "CNY"},
        "scene_info": {"device_id": "T", "device_ip": "10.0.0.1", "store_info": {"out_id": "S"}},
    });
    assert_eq!(serde_json::to_value(code).expect("json"), want);
}
