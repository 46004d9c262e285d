//! Who opened a page inside a wallet: the OAuth redirects of WeChat and Alipay, and WeChat's exchange of the code.
//! (Alipay exchanges it at the gateway, `alipay.system.oauth.token`.)

use serde_json::{Value, json};

use crate::bank;
use crate::http::{Reply, Request};
use crate::model::Channel;
use crate::state::State;
use crate::world::World;

/// A code that was handed to a page and not exchanged yet.
#[derive(Clone, Debug)]
pub(crate) struct AuthCode {
    pub(crate) channel: Channel,
    pub(crate) app_id: String,
    pub(crate) payer: String,
    pub(crate) expires_base_ms: i64,
}

const CODE_LIVES_MS: i64 = 300_000;

/// Whether the path is one of these.
pub(crate) fn serves(path: &str) -> bool {
    matches!(
        path,
        "/connect/oauth2/authorize" | "/sns/oauth2/access_token" | "/oauth2/publicAppAuthorize.htm"
    )
}

/// Answers one request.
pub(crate) fn handle(world: &World, request: &Request) -> Reply {
    match request.path.as_str() {
        "/connect/oauth2/authorize" => authorize(world, request, Channel::Wechat, "appid", "code"),
        "/oauth2/publicAppAuthorize.htm" => authorize(world, request, Channel::Alipay, "app_id", "auth_code"),
        _ => Reply::json(200, &access_token(world, request)),
    }
}

/// Sends the browser back to the page with a code. The person is `payer`, or whoever the telephone belongs to.
fn authorize(world: &World, request: &Request, channel: Channel, id_field: &str, code_field: &str) -> Reply {
    let app_id = request.asked(id_field).unwrap_or_default();
    let known = world.keys().merchants.iter().any(|merchant| match channel {
        Channel::Wechat => merchant.wechat_appid == app_id,
        _ => merchant.alipay_app_id == app_id,
    });
    let back = request.asked("redirect_uri").and_then(|uri| reqwest::Url::parse(&uri).ok());
    let Some(mut back) = back.filter(|_| known) else {
        return Reply::problem(
            400,
            "invalid_authorization",
            &format!("Send a known {id_field} and an absolute redirect_uri."),
        );
    };
    let cookie = request.header("cookie").unwrap_or_default();
    let owner = cookie.split(';').find_map(|part| part.trim().strip_prefix("phone-payer=").map(String::from));
    let mut state = world.state();
    let payer = request
        .asked("payer")
        .or(owner)
        .filter(|id| state.payer(channel, id).is_some())
        .unwrap_or_else(|| bank::first_payer(&state, channel));
    let code = state.random.letters(32);
    let expires_base_ms = state.base_ms + CODE_LIVES_MS;
    let held = AuthCode { channel, app_id: app_id.clone(), payer, expires_base_ms };
    state.auth_codes.insert(code.clone(), held);
    let mut query = back.query_pairs_mut();
    query.append_pair(code_field, &code);
    if channel == Channel::Alipay {
        query.append_pair("app_id", &app_id).append_pair("source", "alipay_wallet");
        query.append_pair("scope", &request.asked("scope").unwrap_or_else(|| "auth_base".into()));
    }
    if let Some(kept) = request.asked("state") {
        query.append_pair("state", &kept);
    }
    drop(query);
    Reply::empty(302).with("location", back.as_str())
}

/// Exchanges a code once; the payer's id at the channel.
pub(crate) fn exchange(state: &mut State, channel: Channel, app_id: &str, code: &str) -> Option<String> {
    let held = state.auth_codes.remove(code)?;
    let good = held.channel == channel && held.app_id == app_id && held.expires_base_ms >= state.base_ms;
    state.payer(channel, &held.payer).filter(|_| good).map(|payer| payer.user_id.clone())
}

/// `GET /sns/oauth2/access_token?appid&secret&code&grant_type=authorization_code`
fn access_token(world: &World, request: &Request) -> Value {
    let asked = |name: &str| request.asked(name).unwrap_or_default();
    let refuse = |code: i32, text: &str| json!({"errcode": code, "errmsg": text});
    let app_id = asked("appid");
    let secret =
        world.keys().merchants.iter().find(|m| m.wechat_appid == app_id).map(|m| m.wechat_app_secret.clone());
    match secret {
        None => return refuse(40013, "invalid appid"),
        Some(secret) if secret != asked("secret") => return refuse(40125, "invalid appsecret"),
        Some(_) if asked("grant_type") != "authorization_code" => return refuse(40002, "invalid grant_type"),
        Some(_) => {}
    }
    let mut state = world.state();
    match exchange(&mut state, Channel::Wechat, &app_id, &asked("code")) {
        None => refuse(40029, "invalid code"),
        Some(openid) => json!({
            "access_token": state.random.letters(64),
            "expires_in": 7200,
            "refresh_token": state.random.letters(64),
            "openid": openid,
            "scope": "snsapi_base",
        }),
    }
}
