//! Bills: layouts, hashes, packing, expiring downloads, and a day whose file does not match.

use std::io::Read as _;

use crate::common::alipay::Alipay;
use crate::common::wechat::Wechat;
use crate::common::{Fixture, start, start_with};
use serde_json::{Value, json};

pub async fn today(fixture: &Fixture) -> String {
    fixture.get("clock").await["now"].as_str().unwrap()[..10].to_string()
}

/// Asks for a bill, downloads it with a signature, checks the hash.
pub async fn bill(wechat: &Wechat, target: &str) -> String {
    let offer = wechat.call("GET", target, Value::Null).await;
    assert_eq!(offer.status, 200, "{}", offer.text);
    let url =
        offer.json["download_url"].as_str().unwrap().strip_prefix(&wechat.base_url).unwrap().to_string();
    let draft = wechat.draft("GET", &url, &Value::Null);
    let request = reqwest::Client::new()
        .get(format!("{}{url}", wechat.base_url))
        .header("user-agent", "tests")
        .header("authorization", wechat.authorization(&draft));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.headers().get("wechatpay-signature").is_none(), "the file itself is unsigned");
    let mut bytes = response.bytes().await.unwrap().to_vec();
    if target.contains("GZIP") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
        bytes = plain;
    }
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((&offer.json["hash_type"], &offer.json["hash_value"]), (&json!("SHA1"), &json!(hex)));
    String::from_utf8(bytes).unwrap().strip_prefix('\u{feff}').expect("a byte order mark").to_string()
}

/// Two sales, one partly refunded; a reversed code payment.
async fn trade_a_little(fixture: &Fixture, wechat: &Wechat) -> [String; 3] {
    let numbers = [wechat.number(), wechat.number(), wechat.number()];
    for number in &numbers[..2] {
        let code = wechat.create(number, 10_000, "http://127.0.0.1:9/x").await;
        fixture.ok("pay", json!({"code": code})).await;
    }
    wechat.refund(&numbers[0], "BILLREFUND", 2_500, 10_000, None).await;
    wechat.codepay(&numbers[2], 500, &format!("1300{:014}", crate::common::unique())).await;
    wechat.reverse(&numbers[2]).await;
    fixture.ok("clock", json!({"advance_ms": 1_000})).await; // the refund has arrived
    numbers
}

#[tokio::test]
async fn wechat_trade_bills() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let date = today(&fixture).await;
    let empty = wechat.call("GET", &format!("/v3/bill/tradebill?bill_date={date}"), Value::Null).await;
    assert_eq!((empty.status, empty.json["code"].as_str().unwrap()), (400, "NO_STATEMENT_EXIST"));
    let numbers = trade_a_little(&fixture, &wechat).await;
    // kind, columns, rows, summary columns
    for (kind, columns, rows, sums) in [("ALL", 27, 5, 7), ("SUCCESS", 20, 3, 4), ("REFUND", 29, 2, 7)] {
        for packed in ["", "&tar_type=GZIP"] {
            let text =
                bill(&wechat, &format!("/v3/bill/tradebill?bill_date={date}&bill_type={kind}{packed}")).await;
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), rows + 3, "{kind}: {text}");
            assert_eq!(lines[0].split(',').count(), columns, "{kind}");
            for line in &lines[1..=rows] {
                assert_eq!(line.split(',').count(), columns, "{line}");
                assert!(line.split(',').all(|cell| cell.starts_with('`')), "{line}");
            }
            assert_eq!(lines[rows + 2].split(',').count(), sums);
        }
    }
    let text = bill(&wechat, &format!("/v3/bill/tradebill?bill_date={date}")).await;
    let of = |number: &str, state: &str| {
        let line =
            text.lines().find(|line| line.contains(number) && line.contains(&format!("`{state},"))).unwrap();
        line.split(',').map(|cell| cell.trim_start_matches('`').to_string()).collect::<Vec<_>>()
    };
    let sale = of(&numbers[0], "SUCCESS");
    assert_eq!(
        (sale[12].as_str(), sale[14].as_str(), sale[22].as_str(), sale[24].as_str()),
        ("100.00", "0", "0.60000", "100.00")
    );
    let refund = of(&numbers[0], "REFUND");
    assert_eq!(
        (refund[12].as_str(), refund[15].as_str(), refund[16].as_str()),
        ("0.00", "BILLREFUND", "25.00")
    );
    assert_eq!((refund[22].as_str(), refund[25].as_str()), ("-0.15000", "25.00"));
    of(&numbers[2], "REVOKED");
    let total = text.lines().last().unwrap();
    assert_eq!(total, "`5,`205.00,`30.00,`0.00,`1.05000,`205.00,`30.00");
    let funds = bill(&wechat, &format!("/v3/bill/fundflowbill?bill_date={date}")).await;
    assert!(funds.lines().all(|line| [11, 5].contains(&line.split(',').count())), "{funds}");
    assert!(funds.contains("扣除交易手续费") && funds.contains("退还交易手续费"));
}

#[tokio::test]
async fn a_made_bill_stays_and_carries_its_fault() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let date = today(&fixture).await;
    trade_a_little(&fixture, &wechat).await;
    let target = format!("/v3/bill/tradebill?bill_date={date}");
    let whole = bill(&wechat, &target).await;
    let account = &wechat.json.mchid;
    for (fault, change) in [("row_missing", -1), ("row_twice", 1), ("row_altered", 0), ("row_late", -1)] {
        fixture.ok("faults", json!({"channel": "wechat", "fault": fault, "next": 1})).await;
        fixture.ok("bill", json!({"channel": "wechat", "date": date, "account": account})).await;
        let faulty = bill(&wechat, &target).await;
        assert_eq!(faulty.lines().count() as i64 - whole.lines().count() as i64, change, "{fault}");
        assert_ne!(faulty, whole, "{fault}");
        assert_eq!(bill(&wechat, &target).await, faulty, "made once");
    }
    let made = fixture.ok("bill", json!({"channel": "wechat", "date": date})).await;
    assert_eq!(made["bills"].as_array().unwrap().len(), 2);
    assert_eq!(bill(&wechat, &target).await, whole);
}

#[tokio::test]
async fn strict_makes_bills_the_day_after() {
    let fixture = start_with(true).await;
    let wechat = Wechat::new(&fixture, 0);
    let date = today(&fixture).await;
    let code = wechat.create(&wechat.number(), 100, "http://127.0.0.1:9/x").await;
    fixture.ok("pay", json!({"code": code})).await;
    let target = format!("/v3/bill/tradebill?bill_date={date}");
    assert_eq!(wechat.call("GET", &target, Value::Null).await.json["code"], "STATEMENT_CREATING");
    fixture.ok("clock", json!({"advance_ms": 36 * 3_600_000})).await;
    assert_eq!(bill(&wechat, &target).await.lines().count(), 4);
}

#[tokio::test]
async fn alipay_bill_is_a_zip_of_gbk() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    let date = today(&fixture).await;
    let method = "alipay.data.dataservice.bill.downloadurl.query";
    let none = alipay.call(method, json!({"bill_type": "trade", "bill_date": date})).await;
    assert_eq!((&none["code"], &none["sub_code"]), (&json!("40004"), &json!("isp.bill_not_exist")));
    let number = alipay.number();
    alipay.pay(&number, "10.00", "280077778888999900").await;
    alipay
        .call(
            "alipay.trade.refund",
            json!({"out_trade_no": number, "refund_amount": "4.00", "out_request_no": "RB1"}),
        )
        .await;
    for (kind, files) in [("trade", 2), ("signcustomer", 1)] {
        let node = alipay.call(method, json!({"bill_type": kind, "bill_date": date})).await;
        let url = node["bill_download_url"].as_str().unwrap();
        let bytes = reqwest::get(url).await.unwrap().bytes().await.unwrap();
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        assert_eq!(zip.len(), files);
        let mut first = Vec::new();
        zip.by_index(0).unwrap().read_to_end(&mut first).unwrap();
        let text = encoding_rs::GBK.decode(&first).0.into_owned();
        assert!(text.starts_with("#支付宝"), "{text}");
        if kind == "signcustomer" {
            continue;
        }
        let name = encoding_rs::GBK.decode(zip.by_index(0).unwrap().name_raw()).0.into_owned();
        assert_eq!(name, format!("{}0156_{}_业务明细.csv", alipay.json.seller_id, date.replace('-', "")));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[4].split(',').count(), 25);
        let cells = |line: &str| line.split(',').map(|cell| cell.trim().to_string()).collect::<Vec<_>>();
        let (sale, refund) = (cells(lines[5]), cells(lines[6]));
        assert_eq!(
            (sale.len(), sale[1].as_str(), sale[2].as_str(), sale[11].as_str()),
            (25, number.as_str(), "交易", "10.00")
        );
        assert_eq!((refund[2].as_str(), refund[11].as_str(), refund[21].as_str()), ("退款", "-4.00", "RB1"));
        assert!(text.contains("#交易合计：1笔，商家实收共10.00元"), "{text}");
    }
}
