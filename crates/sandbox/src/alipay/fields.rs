//! Reading `biz_content` with the documented limits. Numbers written as JSON numbers are taken as text: some clients send them.

use serde_json::Value;

use super::errors::ApiError;
use crate::amount;

/// The business fields of a call.
pub(crate) struct Fields {
    pub(crate) body: Value,
}

/// Largest amount, 100,000,000.00 yuan.
const MOST_FEN: i64 = 10_000_000_000;

impl Fields {
    pub(crate) fn read(content: &str) -> Result<Self, ApiError> {
        let body: Value = serde_json::from_str(content).map_err(|_| {
            ApiError::invalid("isv.invalid-parameter", "参数无效：biz_content 不是有效的JSON")
        })?;
        if body.is_object() {
            return Ok(Fields { body });
        }
        Err(ApiError::invalid("isv.invalid-parameter", "参数无效：biz_content 应为JSON对象"))
    }

    /// A field as text; empty counts as missing.
    pub(crate) fn raw(&self, name: &str) -> Option<String> {
        match self.body.get(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(crate) fn text(&self, name: &str, longest: usize) -> Result<Option<String>, ApiError> {
        match self.raw(name) {
            Some(text) if text.chars().count() > longest => {
                Err(ApiError::parameter(name, &format!("长度不得超过{longest}")))
            }
            text => Ok(text),
        }
    }

    pub(crate) fn need(&self, name: &str, longest: usize) -> Result<String, ApiError> {
        self.text(name, longest)?.ok_or_else(|| ApiError::parameter(name, "不能为空"))
    }

    /// The merchant's number of a trade.
    pub(crate) fn out_trade_no(&self) -> Result<String, ApiError> {
        let number = self.need("out_trade_no", 64)?;
        let fits = number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if fits {
            Ok(number)
        } else {
            Err(ApiError::parameter("out_trade_no", "只支持字母、数字和下划线"))
        }
    }

    /// Yuan with at most two decimals, 0.01 to 100,000,000.
    pub(crate) fn yuan(&self, name: &str) -> Result<i64, ApiError> {
        let text = self.need(name, 16)?;
        match amount::parse_yuan(&text) {
            Some(fen) if (1..=MOST_FEN).contains(&fen) => Ok(fen),
            Some(fen) if fen > MOST_FEN => {
                Err(ApiError::refused("TOTAL_FEE_EXCEED", "订单总金额不在允许范围内"))
            }
            _ => Err(ApiError::parameter(name, "应为0.01至100000000.00、最多两位小数的金额")),
        }
    }
}
