//! Who has opened a page inside Alipay: the silent redirect (`auth_base`) and the exchange of its code at the gateway.
//!
//! The exchange's answer carries no business code when it went well; newer apps are told an `open_id` instead of the user's number.

use desk::channel::Trouble;
use store::Millis;

use super::client::AlipayLine;
use super::states::said;

/// The method of the exchange.
const METHOD: &str = "alipay.system.oauth.token";

/// Where the page sends its visitor.
pub(super) fn address(line: &AlipayLine, back: &str, state: &str) -> String {
    let mut url = line.authorize.clone();
    url.query_pairs_mut()
        .append_pair("app_id", &line.app_id)
        .append_pair("scope", "auth_base")
        .append_pair("redirect_uri", back)
        .append_pair("state", state);
    url.into()
}

/// Turns the code into Alipay's id of the visitor. Errors: `Refused` with the gateway's own code.
pub(super) async fn payer(line: &AlipayLine, code: &str, now: Millis) -> Result<String, Trouble> {
    let mut params = line.params(METHOD, String::new(), None, now);
    params.remove("biz_content");
    params.insert("grant_type".to_owned(), "authorization_code".to_owned());
    params.insert("code".to_owned(), code.to_owned());
    let node = line.send(METHOD, params, now).await?;
    let id = if node.user_id.is_empty() { &node.open_id } else { &node.user_id };
    match (node.code.as_str(), id.is_empty()) {
        ("" | "10000", false) => Ok(id.clone()),
        ("" | "10000", true) => Err(Trouble::Unknown("the answer names no user".to_owned())),
        ("20000", _) => Err(Trouble::Unknown("the gateway is busy".to_owned())),
        _ => {
            let said = said(&node);
            Err(Trouble::Refused { code: said.code, message: said.message })
        }
    }
}
