//! Who has opened a page inside WeChat: the silent redirect (`snsapi_base`) and the exchange of its code for the openid.
//!
//! The redirect's fields stand in the order that WeChat's own page wants; the app's secret travels only between the two servers.

use desk::channel::Trouble;
use reqwest::{Method, Url};
use serde::Deserialize;
use store::Millis;

use super::account::Account;
use crate::http::Call;
use crate::settings::Reader;

/// Where WeChat says who a visitor is, and the secret that it asks for.
pub(super) struct Login {
    authorize: Url,
    token: Url,
    secret: String,
}

/// Reads what is needed for it; nothing where the app's secret is not set.
pub(super) fn settings(r: &mut Reader<'_>) -> Option<Login> {
    let authorize = r.url("oauth_url", "https://open.weixin.qq.com/connect/oauth2/authorize");
    let token = r.url("oauth_token_url", "https://api.weixin.qq.com/sns/oauth2/access_token");
    let secret = r.optional_secret("app_secret", "app_secret_file");
    Some(Login { authorize: authorize?, token: token?, secret: secret? })
}

/// Where the page sends its visitor.
pub(super) fn address(account: &Account, back: &str, state: &str) -> Option<String> {
    let login = account.login.as_ref()?;
    let mut url = login.authorize.clone();
    url.query_pairs_mut()
        .append_pair("appid", &account.party.appid)
        .append_pair("redirect_uri", back)
        .append_pair("response_type", "code")
        .append_pair("scope", "snsapi_base")
        .append_pair("state", state);
    url.set_fragment(Some("wechat_redirect"));
    Some(url.into())
}

/// The answer to the exchange; what is absent is empty. A refusal comes with HTTP 200 too.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    openid: String,
    errcode: i64,
    errmsg: String,
}

/// Turns the code into the visitor's openid of this app. Errors: `Refused` with WeChat's own number.
pub(super) async fn payer(account: &Account, code: &str, _now: Millis) -> Result<String, Trouble> {
    let refused = |code: String, message: &str| Trouble::Refused { code, message: message.to_owned() };
    let login =
        account.login.as_ref().ok_or_else(|| refused("NOT_SET".to_owned(), "app_secret is not set"))?;
    let mut url = login.token.clone();
    url.query_pairs_mut()
        .append_pair("appid", &account.party.appid)
        .append_pair("secret", &login.secret)
        .append_pair("code", code)
        .append_pair("grant_type", "authorization_code");
    let headers = [("accept", "application/json")];
    let (body, timeout) = (Vec::new(), account.timeout);
    let call = Call { method: Method::GET, url, headers: &headers, body, timeout, max_body: None };
    let answer = account.http.send(call).await?;
    if answer.status != 200 {
        return Err(Trouble::Unknown(answer.excerpt()));
    }
    let told: Told = serde_json::from_slice(&answer.body)
        .map_err(|_| Trouble::Unknown("the answer about the visitor is not as documented".to_owned()))?;
    match (told.errcode, told.openid.is_empty()) {
        (0, false) => Ok(told.openid),
        (0, true) => Err(Trouble::Unknown("the answer names no openid".to_owned())),
        (number, _) => Err(refused(number.to_string(), &told.errmsg)),
    }
}
