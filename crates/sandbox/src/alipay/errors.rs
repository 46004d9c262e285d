//! Gateway and business errors: code, message, sub code, sub message.

use serde_json::{Value, json};

/// An error as the gateway words it.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) code: &'static str,
    pub(crate) msg: &'static str,
    pub(crate) sub_code: String,
    pub(crate) sub_msg: String,
}

impl ApiError {
    fn new(code: &'static str, msg: &'static str, sub_code: &str, sub_msg: &str) -> Self {
        ApiError { code, msg, sub_code: sub_code.into(), sub_msg: sub_msg.into() }
    }

    /// 40001: something needed is not there.
    pub(crate) fn missing(sub_code: &str, sub_msg: &str) -> Self {
        ApiError::new("40001", "Missing Required Arguments", sub_code, sub_msg)
    }

    /// 40002: something is wrong with the call itself.
    pub(crate) fn invalid(sub_code: &str, sub_msg: &str) -> Self {
        ApiError::new("40002", "Invalid Arguments", sub_code, sub_msg)
    }

    /// 20001: the token of whom the call is made for.
    pub(crate) fn token() -> Self {
        ApiError::new(
            "20001",
            "Insufficient Token Permissions",
            "aop.invalid-app-auth-token",
            "无效的应用授权令牌",
        )
    }

    /// 40002: the content is not sealed with the application's AES key.
    pub(crate) fn sealed() -> Self {
        ApiError::invalid("isv.decryption-error", "解密出错，请检查内容加密密钥")
    }

    /// 40004: the business refuses; `reason` without the `ACQ.` prefix.
    pub(crate) fn refused(reason: &str, sub_msg: &str) -> Self {
        ApiError::new("40004", "Business Failed", &format!("ACQ.{reason}"), sub_msg)
    }

    /// 20000: nobody knows; query.
    pub(crate) fn unavailable() -> Self {
        ApiError::new("20000", "Service Currently Unavailable", "isp.unknow-error", "系统繁忙")
    }

    /// Too many calls.
    pub(crate) fn limited() -> Self {
        ApiError::new("40005", "Call Limited", "isv.app-call-limited", "应用调用次数超限，包含调用频率超限")
    }

    /// Any error by its sub code.
    pub(crate) fn named(code: &str) -> Self {
        let text = "沙箱按要求返回此错误";
        match code {
            _ if code.starts_with("isv.") => ApiError::invalid(code, text),
            _ if code.starts_with("isp.") => {
                ApiError { sub_code: code.into(), sub_msg: text.into(), ..ApiError::unavailable() }
            }
            _ => ApiError::refused(code.strip_prefix("ACQ.").unwrap_or(code), text),
        }
    }

    pub(crate) fn parameter(name: &str, issue: &str) -> Self {
        ApiError::refused("INVALID_PARAMETER", &format!("参数无效：{name} {issue}"))
    }

    pub(crate) fn no_trade() -> Self {
        ApiError::refused("TRADE_NOT_EXIST", "交易不存在")
    }

    pub(crate) fn node(&self) -> Value {
        json!({"code": self.code, "msg": self.msg, "sub_code": self.sub_code, "sub_msg": self.sub_msg})
    }
}
