//! The words on a receipt.

use crate::i18n::Text;

const fn text(key: &'static str, en: &'static str, zh: &'static str) -> Text {
    Text { key, en, zh }
}

pub(super) static TITLE: Text = text("receipt.title", "Receipt", "小票");
pub(super) static COPY: Text = text("receipt.copy", "COPY", "副本");
pub(super) static NUMBER: Text = text("receipt.number", "No.", "单号");
pub(super) static TIME: Text = text("receipt.time", "Time", "时间");
pub(super) static TOTAL: Text = text("receipt.total", "Total", "合计");
pub(super) static PAID: Text = text("receipt.paid", "Paid by", "支付方式");
pub(super) static TENDERED: Text = text("receipt.tendered", "Cash received", "实收现金");
pub(super) static CHANGE: Text = text("receipt.change", "Change", "找零");
pub(super) static REFUNDED: Text = text("receipt.refunded", "Refunded", "已退款");
pub(super) static TXN: Text = text("receipt.txn", "Payment no.", "交易号");
pub(super) static FOLLOW: Text = text("receipt.follow", "Scan to see this order", "扫码查看订单");
