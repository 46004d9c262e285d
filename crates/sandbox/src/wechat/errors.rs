//! The channel's own errors: HTTP status, code, message, and the detail that points at a field.

use serde_json::{Value, json};

use crate::http::Reply;

/// An error as WeChat Pay words it.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    detail: Option<Value>,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        ApiError { status, code, message: message.into(), detail: None }
    }

    /// A field of the body (a JSON pointer) is wrong.
    pub(crate) fn param(field: &str, value: &Value, issue: &str) -> Self {
        let name = field.rsplit('/').next().unwrap_or(field);
        ApiError {
            status: 400,
            code: "PARAM_ERROR",
            message: format!("参数错误：{name}，{issue}"),
            detail: Some(json!({"field": field, "value": value, "issue": issue, "location": "body"})),
        }
    }

    /// A value of the query is wrong.
    pub(crate) fn asked(name: &str, value: &Value, issue: &str) -> Self {
        let mut error = ApiError::param(name, value, issue);
        error.detail = Some(json!({"field": name, "value": value, "issue": issue, "location": "query"}));
        error
    }

    /// The request's signature is wrong; `message` is what the server signed over, cut short.
    pub(crate) fn sign(issue: &str, method: &str, url: &str, message: &str) -> Self {
        let cut: String = message.chars().take(256).collect();
        ApiError {
            status: 401,
            code: "SIGN_ERROR",
            message: "错误的签名，验签失败".into(),
            detail: Some(json!({
                "field": "signature",
                "location": "authorization",
                "issue": issue,
                "sign_information": {
                    "method": method,
                    "url": url,
                    "truncated_sign_message": cut.replace('\n', "\\n\n"),
                    "sign_message_length": message.len(),
                },
            })),
        }
    }

    pub(crate) fn no_such_api() -> Self {
        ApiError::new(404, "RESOURCE_NOT_EXISTS", "无可用的接口，请检查请求路径与方法")
    }

    pub(crate) fn order_not_exist() -> Self {
        ApiError::new(404, "ORDER_NOT_EXIST", "订单不存在")
    }

    pub(crate) fn invalid(message: &str) -> Self {
        ApiError::new(400, "INVALID_REQUEST", message)
    }

    pub(crate) fn reply(&self) -> Reply {
        let mut body = json!({"code": self.code, "message": self.message});
        if let Some(detail) = &self.detail {
            body["detail"] = detail.clone();
        }
        Reply::json(self.status, &body)
    }
}
