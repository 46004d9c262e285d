//! Paying inside Alipay: a trade made for a payer who is known there, or a signed request that the payer's browser or app carries to Alipay.

use desk::channel::{InAppAsk, InAppCall, InAppWay, Trouble};
use serde::Serialize;
use serde_json::json;

use super::client::AlipayLine;
use super::states::{said, verdict};
use super::wire::{Trade, signed_form};
use crate::verdict::Asked;

#[derive(Serialize)]
struct ForBuyer<'a> {
    #[serde(flatten)]
    trade: Trade<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer_open_id: Option<&'a str>,
}

/// Makes the trade, or the request for it, and what the payer's side needs.
pub(super) async fn call(line: &AlipayLine, ask: &InAppAsk) -> Result<InAppCall, Trouble> {
    match &ask.way {
        InAppWay::Page { payer_id } => for_buyer(line, ask, payer_id).await,
        InAppWay::Browser => {
            let form = carried(line, ask, "alipay.trade.wap.pay", "QUICK_WAP_WAY")?;
            Ok(InAppCall::Address(format!("{}?{form}", line.gateway)))
        }
        InAppWay::App => {
            let form = carried(line, ask, "alipay.trade.app.pay", "QUICK_MSECURITY_PAY")?;
            Ok(InAppCall::Parameters(json!({ "orderString": form })))
        }
    }
}

/// A trade for a known payer; `AlipayJSBridge.call("tradePay", …)` opens its cashier.
async fn for_buyer(line: &AlipayLine, ask: &InAppAsk, payer_id: &str) -> Result<InAppCall, Trouble> {
    let old = payer_id.len() == 16 && payer_id.starts_with("2088");
    let content = ForBuyer {
        trade: line.trade(&ask.common),
        buyer_id: Some(payer_id).filter(|_| old),
        buyer_open_id: Some(payer_id).filter(|_| !old),
    };
    let common = &ask.common;
    let node = line.exchange("alipay.trade.create", &content, Some(&common.notify_url), common.now).await?;
    if node.code != "10000" {
        return Err(verdict(Asked::Present, &node).presenting(said(&node)));
    }
    if node.trade_no.is_empty() || node.out_trade_no != common.out_trade_no {
        return Err(Trouble::Unknown("the answer is about another payment".to_owned()));
    }
    Ok(InAppCall::Parameters(json!({ "tradeNO": node.trade_no })))
}

/// A signed request that the payer's side carries: no call of ours.
fn carried(
    line: &AlipayLine,
    ask: &InAppAsk,
    method: &str,
    product_code: &'static str,
) -> Result<String, Trouble> {
    let content = Trade { product_code, ..line.trade(&ask.common) };
    let content = serde_json::to_string(&content).map_err(|e| Trouble::NotSent(e.to_string()))?;
    let mut params = line.params(method, content, Some(&ask.common.notify_url), ask.common.now);
    if let Some(back) = &ask.return_url {
        params.insert("return_url".to_owned(), back.clone());
    }
    Ok(signed_form(params, &line.signer))
}
