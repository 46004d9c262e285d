//! Bill download: an address that lives half a minute, behind it a zip of GBK files with the live layout.

use serde_json::json;

use super::errors::ApiError;
use super::{Answer, Call, Outcome, view};
use crate::amount::yuan;
use crate::bill::{self, Download, Kind, NoBill, Row};
use crate::clock::{self, spaced};
use crate::http::{Reply, Request};
use crate::model::Channel;
use crate::world::World;
use crate::zip;

const ADDRESS_LIVES_MS: i64 = 30_000;

const DETAIL_HEAD: &str = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注";
const SUMMARY_HEAD: &str = "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）";
const ACCOUNT_HEAD: &str = "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注";

/// `alipay.data.dataservice.bill.downloadurl.query`
pub(crate) fn query(call: &mut Call<'_>) -> Outcome {
    let kind = call.fields.need("bill_type", 20)?;
    if !matches!(kind.as_str(), "trade" | "signcustomer") {
        return Err(ApiError::parameter("bill_type", "应为trade或signcustomer"));
    }
    let date = call.fields.need("bill_date", 10)?;
    let absent =
        |sub_msg: &str| ApiError { sub_code: "isp.bill_not_exist".into(), ..ApiError::refused("", sub_msg) };
    let account = &call.merchant.alipay_app_id;
    let rows = match date.len() {
        7 => bill::of_month(call.state, Channel::Alipay, account, &date),
        _ => bill::of_day(call.state, Channel::Alipay, account, &date),
    };
    let rows = rows.map_err(|none| match none {
        NoBill::BadDate => {
            ApiError::parameter("bill_date", "应为三个月内的日期或一年内的月份，格式yyyy-MM-dd或yyyy-MM")
        }
        NoBill::TooEarly => absent("账单尚未生成，请于次日10点后下载"),
        NoBill::Empty => absent("账单不存在"),
    })?;
    let pid = &call.merchant.alipay_seller_id;
    let stem = format!("{pid}0156_{}", date.replace('-', ""));
    let files = if kind == "trade" {
        vec![
            (format!("{stem}_业务明细.csv"), detail(call, &rows, &date)),
            (format!("{stem}_业务明细(汇总).csv"), summary(call, &rows, &date)),
        ]
    } else {
        vec![(format!("{stem}_账务明细.csv"), statement(call, &rows, &date))]
    };
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let files: Vec<(Vec<u8>, Vec<u8>)> = files.iter().map(|(name, text)| (gbk(name), gbk(text))).collect();
    let download = Download {
        account: call.merchant.alipay_app_id.clone(),
        expires_base_ms: call.state.base_ms + ADDRESS_LIVES_MS,
        content_type: "application/zip",
        file_name: format!("{stem}.csv.zip"),
        bytes: zip::archive(&files),
    };
    let file_name = download.file_name.clone();
    let token = bill::offer(call.state, download);
    let url = format!(
        "{}/alipay/bill/download?downloadFileName={file_name}&fileType=csv.zip&token={token}",
        call.base_url
    );
    Ok(Answer::Done(json!({"bill_download_url": url})))
}

/// The file behind the address; the address is all that is asked for.
pub(crate) fn download(world: &World, request: &Request) -> Reply {
    let state = world.state();
    match bill::fetch(&state, &request.asked("token").unwrap_or_default()) {
        Some(found) => Reply::new(200, found.content_type, found.bytes)
            .with("content-disposition", format!("attachment; filename={}", found.file_name)),
        None => Reply::new(403, "text/html;charset=utf-8", "下载地址已失效"),
    }
}

/// Cells end with a tab, as the live file's do.
fn line(cells: &[String]) -> String {
    let cells: Vec<String> =
        cells.iter().map(|cell| format!("{}\t", cell.replace([',', '\r', '\n', '\t'], " "))).collect();
    cells.join(",") + "\r\n"
}

fn span(date: &str) -> String {
    let day = clock::day_start(date).map(|start_ms| (start_ms, start_ms + 86_400_000));
    let (start_ms, end_ms) = day.or_else(|| bill::month_span(date)).unwrap_or_default();
    let written = |ms: i64| {
        let text = spaced(ms);
        format!("{}年{}月{}日 {}", &text[..4], &text[5..7], &text[8..10], &text[11..])
    };
    format!("#起始日期：[{}]   终止日期：[{}]\r\n", written(start_ms), written(end_ms))
}

fn own(row: &Row, name: &str) -> String {
    row.trade.request.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_string()
}

/// Refund rows are negative.
fn sign(row: &Row) -> i64 {
    if row.kind == Kind::Payment { 1 } else { -1 }
}

fn detail(call: &Call<'_>, rows: &[Row], date: &str) -> String {
    let mut out = format!("#支付宝业务明细查询\r\n#账号：[{}]\r\n", call.merchant.alipay_seller_id);
    out += &span(date);
    out +=
        "#-----------------------------------------业务明细列表----------------------------------------\r\n";
    out += DETAIL_HEAD;
    out += "\r\n";
    for row in rows {
        let amount = yuan(sign(row) * row.amount_fen);
        let zero = || "0.00".to_string();
        let payer =
            view::payer(call.state, &row.trade).map(|payer| payer.logon_id.clone()).unwrap_or_default();
        let request_no = match row.kind {
            Kind::Payment => String::new(),
            _ => row
                .refund
                .as_ref()
                .map_or_else(|| row.trade.out_trade_no.clone(), |refund| refund.out_refund_no.clone()),
        };
        out += &line(&[
            row.trade.trade_no.clone().unwrap_or_default(),
            row.trade.out_trade_no.clone(),
            if row.kind == Kind::Payment { "交易".into() } else { "退款".into() },
            row.trade.subject.clone(),
            spaced(row.trade.created_ms),
            spaced(row.at_ms),
            own(row, "store_id"),
            String::new(),
            own(row, "operator_id"),
            own(row, "terminal_id"),
            payer,
            amount.clone(),
            amount,
            zero(),
            zero(),
            zero(),
            zero(),
            zero(),
            String::new(),
            zero(),
            zero(),
            request_no,
            yuan(-sign(row) * row.fee_fen()),
            zero(),
            row.refund.as_ref().and_then(|refund| refund.reason.clone()).unwrap_or_default(),
        ]);
    }
    out +=
        "#-----------------------------------------业务明细列表结束------------------------------------\r\n";
    let total = |kind: Kind| {
        let of_kind = rows.iter().filter(|row| (row.kind == Kind::Payment) == (kind == Kind::Payment));
        let (count, fen) = of_kind.fold((0, 0), |(count, fen), row| (count + 1, fen + row.amount_fen));
        (count, yuan(sign_of(kind) * fen))
    };
    let (paid, back) = (total(Kind::Payment), total(Kind::Refund));
    out += &format!("#交易合计：{}笔，商家实收共{}元，商家优惠共0.00元\r\n", paid.0, paid.1);
    out += &format!("#退款合计：{}笔，商家实收退款共{}元，商家优惠退款共0.00元\r\n", back.0, back.1);
    out + &format!("#导出时间：[{}]\r\n", spaced(call.state.now_ms))
}

fn sign_of(kind: Kind) -> i64 {
    if kind == Kind::Payment { 1 } else { -1 }
}

fn summary(call: &Call<'_>, rows: &[Row], date: &str) -> String {
    let mut out = format!("#支付宝业务汇总查询\r\n#账号：[{}]\r\n", call.merchant.alipay_seller_id);
    out += &span(date);
    out +=
        "#-----------------------------------------业务汇总列表----------------------------------------\r\n";
    out += SUMMARY_HEAD;
    out += "\r\n";
    let mut stores: Vec<String> = rows.iter().map(|row| own(row, "store_id")).collect();
    stores.sort();
    stores.dedup();
    stores.push("合计".into());
    for store in stores {
        let of_store: Vec<&Row> =
            rows.iter().filter(|row| store == "合计" || own(row, "store_id") == store).collect();
        let paid = of_store.iter().filter(|row| row.kind == Kind::Payment).count();
        let net: i64 = of_store.iter().map(|row| sign(row) * row.amount_fen).sum();
        let fees: i64 = of_store.iter().map(|row| -sign(row) * row.fee_fen()).sum();
        let zero = || "0.00".to_string();
        out += &line(&[
            store,
            String::new(),
            paid.to_string(),
            (of_store.len() - paid).to_string(),
            yuan(net),
            yuan(net),
            zero(),
            zero(),
            zero(),
            yuan(fees),
            zero(),
            yuan(net + fees),
        ]);
    }
    out +=
        "#-----------------------------------------业务汇总列表结束------------------------------------\r\n";
    out + &format!("#导出时间：[{}]\r\n", spaced(call.state.now_ms))
}

/// The account statement (`signcustomer`).
fn statement(call: &Call<'_>, rows: &[Row], date: &str) -> String {
    let mut out = format!("#支付宝账务明细查询\r\n#账号：[{}]\r\n", call.merchant.alipay_seller_id);
    out += &span(date);
    out +=
        "#-----------------------------------------账务明细列表----------------------------------------\r\n";
    out += ACCOUNT_HEAD;
    out += "\r\n";
    let (mut balance, mut came, mut went) = (0, (0, 0), (0, 0));
    for (index, row) in rows.iter().enumerate() {
        let trade_no = row.trade.trade_no.clone().unwrap_or_default();
        let payer =
            view::payer(call.state, &row.trade).map(|payer| payer.logon_id.clone()).unwrap_or_default();
        let kind = if row.kind == Kind::Payment { "在线支付" } else { "交易退款" };
        for (fen, kind) in [(sign(row) * row.amount_fen, kind), (-sign(row) * row.fee_fen(), "收费")] {
            if fen == 0 {
                continue;
            }
            balance += fen;
            let side = if fen > 0 { &mut came } else { &mut went };
            *side = (side.0 + 1, side.1 + fen);
            out += &line(&[
                format!("{trade_no}{index:04}"),
                trade_no.clone(),
                row.trade.out_trade_no.clone(),
                row.trade.subject.clone(),
                spaced(row.at_ms),
                payer.clone(),
                if fen > 0 { yuan(fen) } else { String::new() },
                if fen < 0 { yuan(fen) } else { String::new() },
                yuan(balance),
                "支付宝".into(),
                kind.into(),
                String::new(),
            ]);
        }
    }
    out +=
        "#-----------------------------------------账务明细列表结束------------------------------------\r\n";
    out += &format!("#支出合计：{}笔，共{}元\r\n", went.0, yuan(went.1));
    out += &format!("#收入合计：{}笔，共{}元\r\n", came.0, yuan(came.1));
    out + &format!("#导出时间：[{}]\r\n", spaced(call.state.now_ms))
}
