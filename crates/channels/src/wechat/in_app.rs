//! Orders of WeChat Pay that are not scans of a payer's code: the code to show, and paying inside WeChat (JSAPI), in a browser (H5) and in
//! an app, with what the payer's side has to be given.

use std::sync::Arc;

use desk::channel::{InAppAsk, InAppCall, InAppWay, PresentAsk, Trouble};
use serde_json::json;

use super::account::{Account, Reply, read};
use super::states::verdict;
use super::wire::{H5Info, Order, OrderScene, Ordered, Payer};
use crate::beijing::rfc3339;
use crate::text::fit;
use crate::verdict::Asked;

/// Makes an order of a product: `native`, `jsapi`, `h5`, `app`.
pub(super) async fn order(
    account: &Arc<Account>,
    ask: &PresentAsk,
    product: &str,
    payer: Option<Payer<'_>>,
    scene: Option<OrderScene<'_>>,
) -> Result<Ordered, Trouble> {
    let party = &account.party;
    let order = Order {
        names: party.names(),
        description: fit(&ask.description, 127, "商品"),
        out_trade_no: &ask.out_trade_no,
        time_expire: rfc3339(ask.expires_at),
        notify_url: &ask.notify_url,
        amount: ask.amount.into(),
        payer,
        scene_info: scene,
    };
    match account.post(&party.order_path(product), &order, ask.now).await? {
        Reply::Good(body) => read::<Ordered>(&body),
        Reply::Bad(said) => Err(verdict(Asked::Present, &said).presenting(said)),
    }
}

/// Makes the order and what the payer's side needs to open the cashier.
pub(super) async fn call(account: &Arc<Account>, ask: &InAppAsk) -> Result<InAppCall, Trouble> {
    let common = &ask.common;
    let device = Some(common.terminal.as_str()).filter(|t| !t.is_empty());
    let scene = |h5_info| OrderScene { payer_client_ip: &ask.client_ip, device_id: device, h5_info };
    match &ask.way {
        InAppWay::Page { payer_id } => {
            let id = Some(payer_id.as_str());
            let payer = match account.party.sub {
                None => Payer { openid: id, ..Payer::default() },
                Some(_) => Payer { sp_openid: id, ..Payer::default() },
            };
            let made = order(account, common, "jsapi", Some(payer), Some(scene(None))).await?;
            Ok(InAppCall::Parameters(page(account, &prepay(&made)?, common)))
        }
        InAppWay::Browser => {
            let made = order(account, common, "h5", None, Some(scene(Some(H5Info { kind: "Wap" })))).await?;
            if made.h5_url.is_empty() {
                return Err(Trouble::Unknown("the answer has no h5_url".to_owned()));
            }
            Ok(InAppCall::Address(returning(made.h5_url, ask.return_url.as_deref())))
        }
        InAppWay::App => {
            let made = order(account, common, "app", None, Some(scene(None))).await?;
            Ok(InAppCall::Parameters(app(account, &prepay(&made)?, common)))
        }
    }
}

/// The address with the page that the browser goes back to.
fn returning(h5_url: String, back: Option<&str>) -> String {
    match (reqwest::Url::parse(&h5_url), back) {
        (Ok(mut url), Some(back)) => {
            url.query_pairs_mut().append_pair("redirect_url", back);
            url.into()
        }
        _ => h5_url,
    }
}

fn prepay(made: &Ordered) -> Result<String, Trouble> {
    if made.prepay_id.is_empty() {
        return Err(Trouble::Unknown("the answer has no prepay_id".to_owned()));
    }
    Ok(made.prepay_id.clone())
}

/// The four lines the payer's side shows WeChat, signed by the merchant.
fn sign(account: &Account, seconds: &str, nonce: &str, last: &str) -> String {
    let lf = b"\n".as_slice();
    let lines = [account.party.appid.as_str(), seconds, nonce, last];
    account.signer.sign(&lines.map(|l| [l.as_bytes(), lf]).concat())
}

/// For `WeixinJSBridge.invoke("getBrandWCPayRequest", …)` and `wx.requestPayment`.
fn page(account: &Account, prepay_id: &str, ask: &PresentAsk) -> serde_json::Value {
    let (seconds, nonce) = (ask.now.0.div_euclid(1000).to_string(), account.nonces.next());
    let package = format!("prepay_id={prepay_id}");
    let signature = sign(account, &seconds, &nonce, &package);
    json!({
        "appId": account.party.appid, "timeStamp": seconds, "nonceStr": nonce, "package": package,
        "signType": "RSA", "paySign": signature,
    })
}

/// For the library inside an app.
fn app(account: &Account, prepay_id: &str, ask: &PresentAsk) -> serde_json::Value {
    let (seconds, nonce) = (ask.now.0.div_euclid(1000).to_string(), account.nonces.next());
    let signature = sign(account, &seconds, &nonce, prepay_id);
    json!({
        "appid": account.party.appid, "partnerid": account.party.mchid, "prepayid": prepay_id,
        "package": "Sign=WXPay", "noncestr": nonce, "timestamp": seconds, "sign": signature,
    })
}
