//! Trade bills and fund-flow bills: the offer with its hash, the signed download, the files' layouts.

use std::io::Write as _;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::errors::ApiError;
use super::{Answer, Call, Outcome, view};
use crate::amount::yuan;
use crate::bill::{self, Download, Kind, NoBill, Row};
use crate::clock::spaced;
use crate::crypto;
use crate::http::Reply;
use crate::keys::Merchant;
use crate::model::Channel;
use crate::state::State;

/// How long a download address lives.
const ADDRESS_LIVES_MS: i64 = 300_000;

const HEAD: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额";
const REFUND_PART: &str = "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态";
const TAIL: &str = "商品名称,商户数据包,手续费,费率,订单金额";

/// Which rows and columns a trade bill has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    All,
    Success,
    Refund,
    /// Refunds of vouchers that somebody had paid in before. The sandbox has none, so these bills hold no rows.
    RechargeRefund,
}

impl Layout {
    /// By its name in a call.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "ALL" => Some(Layout::All),
            "SUCCESS" => Some(Layout::Success),
            "REFUND" => Some(Layout::Refund),
            "RECHARGE_REFUND" => Some(Layout::RechargeRefund),
            _ => None,
        }
    }

    fn shows(self, row: &Row) -> bool {
        match self {
            Layout::All => true,
            Layout::Success => row.kind == Kind::Payment,
            Layout::Refund => row.kind != Kind::Payment,
            Layout::RechargeRefund => false,
        }
    }
}

/// The rows of the asked day; an integrator may ask for those of one sub-merchant.
fn rows_of(call: &mut Call<'_>, date_name: &str) -> Result<Vec<Row>, ApiError> {
    let missing = || ApiError::asked(date_name, &Value::Null, "is required");
    let date = call.request.asked(date_name).ok_or_else(missing)?;
    let absent = || ApiError::new(400, "NO_STATEMENT_EXIST", "账单文件不存在");
    let rows = bill::of_day(call.state, Channel::Wechat, &call.merchant.wechat_mchid, &date);
    let mut rows = rows.map_err(|none| match none {
        NoBill::BadDate => {
            ApiError::asked(date_name, &date.clone().into(), "应为三个月内的日期，格式yyyy-MM-dd")
        }
        NoBill::TooEarly => ApiError::new(400, "STATEMENT_CREATING", "账单生成中，请稍后再试"),
        NoBill::Empty => absent(),
    })?;
    if let Some(sub) = call.request.asked("sub_mchid") {
        super::order::known_sub(call, &sub)?;
        rows.retain(|row| row.trade.account == sub);
    }
    if rows.is_empty() { Err(absent()) } else { Ok(rows) }
}

/// `GET /v3/bill/tradebill`
pub(crate) fn trade_bill(call: &mut Call<'_>) -> Outcome {
    let kind = call.request.asked("bill_type").unwrap_or_else(|| "ALL".into());
    let layout = Layout::parse(&kind).ok_or_else(|| {
        ApiError::asked("bill_type", &kind.into(), "should be ALL, SUCCESS, REFUND or RECHARGE_REFUND")
    })?;
    let rows = rows_of(call, "bill_date")?;
    let text = trade_text(call.state, call.merchant, &rows, layout);
    offer(call, &text)
}

/// `GET /v3/bill/fundflowbill`
pub(crate) fn fund_flow_bill(call: &mut Call<'_>) -> Outcome {
    let account = call.request.asked("account_type").unwrap_or_else(|| "BASIC".into());
    if !matches!(account.as_str(), "BASIC" | "OPERATION" | "FEES") {
        return Err(ApiError::asked("account_type", &account.into(), "should be BASIC, OPERATION or FEES"));
    }
    let rows = rows_of(call, "bill_date")?;
    if account != "BASIC" {
        return Err(ApiError::new(400, "NO_STATEMENT_EXIST", "账单文件不存在"));
    }
    offer(call, &fund_text(&rows))
}

/// The address of a file and its hash, which is over the plain file also when it travels packed.
fn offer(call: &mut Call<'_>, text: &str) -> Outcome {
    let plain = marked(text);
    let hash = HEXLOWER.encode(&crypto::sha1(&plain));
    let packed = match call.request.asked("tar_type").as_deref() {
        None | Some("") => false,
        Some("GZIP") => true,
        Some(other) => return Err(ApiError::asked("tar_type", &other.into(), "should be GZIP")),
    };
    let bytes = if packed { gzip(&plain) } else { plain };
    let download = Download {
        account: call.merchant.wechat_mchid.clone(),
        expires_base_ms: call.state.base_ms + ADDRESS_LIVES_MS,
        content_type: if packed { "application/x-gzip" } else { "text/plain; charset=utf-8" },
        file_name: String::new(),
        bytes,
    };
    let token = bill::offer(call.state, download);
    let more = if packed { "&tartype=gzip" } else { "" };
    let url = format!("{}/v3/billdownload/file?token={token}{more}", call.base_url);
    Ok(Answer::Json(200, json!({"hash_type": "SHA1", "hash_value": hash, "download_url": url})))
}

/// `GET /v3/billdownload/file?token=`: the file as it is, unsigned; the caller signs as always.
pub(crate) fn download(call: &mut Call<'_>) -> Outcome {
    let token = call.request.asked("token").unwrap_or_default();
    let found = bill::fetch(call.state, &token).filter(|found| found.account == call.merchant.wechat_mchid);
    let found = found.ok_or_else(|| ApiError::invalid("下载地址已失效，请重新申请账单"))?;
    Ok(Answer::File(Reply::new(200, found.content_type, found.bytes)))
}

/// With the byte order mark that every bill begins with.
pub(crate) fn marked(text: &str) -> Vec<u8> {
    [b"\xef\xbb\xbf", text.as_bytes()].concat()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

/// A line whose every cell begins with a backtick.
fn line(cells: &[String]) -> String {
    let cells: Vec<String> =
        cells.iter().map(|cell| format!("`{}", cell.replace([',', '\r', '\n', '`'], " "))).collect();
    cells.join(",") + "\r\n"
}

/// Five decimals, as fees are written.
fn fee(fen: i64) -> String {
    format!("{}000", yuan(fen))
}

/// A trade bill's lines.
pub(crate) fn trade_text(state: &State, merchant: &Merchant, rows: &[Row], layout: Layout) -> String {
    let head = match layout {
        Layout::All => format!("{HEAD},{REFUND_PART},{TAIL},申请退款金额,费率备注"),
        Layout::Success => format!("{HEAD},{TAIL},费率备注"),
        Layout::Refund | Layout::RechargeRefund => {
            format!("{HEAD},退款申请时间,退款成功时间,{REFUND_PART},{TAIL},申请退款金额,费率备注")
        }
    };
    let mut out = head + "\r\n";
    let rows: Vec<&Row> = rows.iter().filter(|row| layout.shows(row)).collect();
    for row in &rows {
        out += &line(&trade_cells(state, merchant, row, layout));
    }
    let sum = |kind: Option<Kind>, what: fn(&Row) -> i64| -> i64 {
        rows.iter().filter(|row| kind.is_none_or(|kind| row.kind == kind)).map(|row| what(row)).sum()
    };
    let paid = sum(Some(Kind::Payment), |row| row.amount_fen);
    let back = sum(None, |row| row.amount_fen) - paid;
    let fees = sum(None, |row| if row.kind == Kind::Payment { row.fee_fen() } else { -row.fee_fen() });
    let count = rows.len().to_string();
    out + &match layout {
        Layout::Success => {
            "总交易单数,应结订单总金额,手续费总金额,订单总金额\r\n".to_string()
                + &line(&[count, yuan(paid), fee(fees), yuan(paid)])
        }
        _ => {
            "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n"
                .to_string()
                + &line(&[count, yuan(paid), yuan(back), "0.00".into(), fee(fees), yuan(paid), yuan(back)])
        }
    }
}

fn trade_cells(state: &State, merchant: &Merchant, row: &Row, layout: Layout) -> Vec<String> {
    let trade = &row.trade;
    let payment = row.kind == Kind::Payment;
    let openid = trade
        .payer
        .as_deref()
        .and_then(|id| state.payer(Channel::Wechat, id))
        .map(|payer| payer.user_id.clone());
    let device = trade.request.pointer("/scene_info/device_id").and_then(Value::as_str).unwrap_or_default();
    let sub = if trade.partner.is_some() { trade.account.clone() } else { "0".into() };
    let trade_state = match row.kind {
        Kind::Payment => "SUCCESS",
        Kind::Refund => "REFUND",
        Kind::Reversal => "REVOKED",
    };
    let in_amount = if payment { yuan(row.amount_fen) } else { "0.00".into() };
    let out_amount = if payment { "0.00".into() } else { yuan(row.amount_fen) };
    let mut cells: Vec<String> = vec![
        spaced(row.at_ms),
        merchant.wechat_appid.clone(),
        merchant.wechat_mchid.clone(),
        sub,
        device.into(),
        trade.trade_no.clone().unwrap_or_default(),
        trade.out_trade_no.clone(),
        openid.unwrap_or_default(),
        view::trade_type(trade).into(),
        trade_state.into(),
        "OTHERS".into(),
        trade.currency.clone(),
        in_amount.clone(),
        "0.00".into(),
    ];
    let refund = row.refund.as_ref();
    if layout == Layout::Refund {
        cells.push(spaced(row.at_ms));
        cells
            .push(refund.map_or(Some(row.at_ms), |refund| refund.settled_ms).map(spaced).unwrap_or_default());
    }
    if layout != Layout::Success {
        let kind_and_state = match (row.kind, refund) {
            (Kind::Payment, _) => ("", ""),
            (_, Some(refund)) => ("ORIGINAL", view::refund_state(refund)),
            (_, None) => ("ORIGINAL", "SUCCESS"),
        };
        cells.extend([
            refund.map_or("0".into(), |refund| refund.refund_no.clone()),
            refund.map_or("0".into(), |refund| refund.out_refund_no.clone()),
            out_amount.clone(),
            "0.00".into(),
            kind_and_state.0.into(),
            kind_and_state.1.into(),
        ]);
    }
    let signed_fee = if payment { row.fee_fen() } else { -row.fee_fen() };
    cells.extend([
        trade.subject.clone(),
        trade.attach.clone().unwrap_or_default(),
        fee(signed_fee),
        "0.60%".into(),
        in_amount,
    ]);
    if layout != Layout::Success {
        cells.push(out_amount);
    }
    cells.push(String::new());
    cells
}

/// Fund flow of the basic account: the money and its fee, each way.
pub(crate) fn fund_text(rows: &[Row]) -> String {
    let mut out = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号\r\n".to_string();
    let (mut balance, mut income, mut spent) = (0i64, (0usize, 0i64), (0usize, 0i64));
    let mut number = 0;
    for row in rows {
        let (main, main_kind, fee_kind, sign) = match row.kind {
            Kind::Payment => ("交易", "交易", "扣除交易手续费", 1),
            Kind::Refund => ("退款", "退款", "退还交易手续费", -1),
            Kind::Reversal => ("撤销", "退款", "退还交易手续费", -1),
        };
        for (name, kind, fen) in
            [(main, main_kind, sign * row.amount_fen), (main, fee_kind, -sign * row.fee_fen())]
        {
            if fen == 0 {
                continue;
            }
            number += 1;
            balance += fen;
            let bucket = if fen > 0 { &mut income } else { &mut spent };
            *bucket = (bucket.0 + 1, bucket.1 + fen.abs());
            let voucher = row.refund.as_ref().map_or(&row.trade.out_trade_no, |refund| &refund.out_refund_no);
            out += &line(&[
                spaced(row.at_ms),
                row.refund.as_ref().map_or(row.trade.trade_no.clone().unwrap_or_default(), |refund| {
                    refund.refund_no.clone()
                }),
                format!("{}{number:06}", row.trade.trade_no.as_deref().unwrap_or_default()),
                name.into(),
                kind.into(),
                if fen > 0 { "收入".into() } else { "支出".into() },
                yuan(fen.abs()),
                yuan(balance),
                "system".into(),
                String::new(),
                voucher.clone(),
            ]);
        }
    }
    out += "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n";
    let total = (income.0 + spent.0).to_string();
    out + &line(&[total, income.0.to_string(), yuan(income.1), spent.0.to_string(), yuan(spent.1)])
}
