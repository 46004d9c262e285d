//! The payer's page of one order at `/p/{token}`: what, how much, which wallet, a code or a link into the app, and how it ended.
//! It works without scripts: choosing a wallet is a form, and the page loads itself again.

mod view;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::routing::{get, post};
use desk::rows::{Attempt, AttemptState, OrderState, Presentment};
use desk::{AttemptAsk, Offer, Refusal, Who, Whole};
use serde_json::Value;

use super::kit::{Clock, Posted, Shown, encoded, go, own_form, query, refused_payer, worded, wrong};
use crate::AppState;
use crate::i18n::{self, Lang};
use view::PayerPage;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/p/{token}", get(page)).route("/p/{token}/pay", post(pay))
}

/// The attempt whose code is shown: the latest of the chosen channel, or the latest at all that waits.
fn shown<'a>(whole: &'a Whole, channel: Option<&str>) -> Option<&'a Attempt> {
    let live =
        |a: &&Attempt| a.state == AttemptState::Pending && a.presentment == Presentment::MerchantPresented;
    whole.attempts.iter().rev().filter(live).find(|a| channel.is_none_or(|c| a.channel == c))
}

/// The wallets a payer can choose on this page.
async fn wallets(state: &AppState, who: &Who) -> Result<Vec<Offer>, Refusal> {
    let offers = state.desk.offers(who, None).await?;
    Ok(offers.into_iter().filter(|o| o.presentments.contains(&Presentment::MerchantPresented)).collect())
}

async fn page(State(state): State<AppState>, Path(token): Path<String>, lang: Lang, uri: Uri) -> Shown {
    let sorry = |refusal: Refusal| refused_payer(lang, &uri, &refusal);
    let desk = &state.desk;
    let (who, whole) = desk.order_by_token(&token).await.map_err(sorry)?;
    let wallets = wallets(&state, &who).await.map_err(sorry)?;
    // names and zones are the merchant's own; a payer sees no more of it than this page tells
    let house = Who::system(who.merchant);
    let merchant = desk.merchant(&house).await.map_err(sorry)?;
    let sites = desk.sites(&house).await.map_err(sorry)?;
    let site = sites.iter().find(|site| site.id == whole.order.site);
    let chosen = query(&uri, "w");
    let attempt = match (chosen.as_deref(), whole.order.state == OrderState::Open) {
        (Some("none"), _) | (_, false) => None,
        (channel, true) => shown(&whole, channel),
    };
    let problem = query(&uri, "wrong").and_then(|code| i18n::by_key(&format!("problem.{code}")));
    let page = PayerPage {
        token: &token,
        merchant: &merchant.name,
        site: site.map_or("", |s| s.name.as_str()),
        whole: &whole,
        wallets: &wallets,
        attempt,
        clock: Clock::new(site.map_or("Asia/Shanghai", |s| s.zone.as_str()), lang),
        now_ms: desk.now().0,
        problem: problem.map(|text| text.say(lang)),
        phone: state.demo.as_ref().map(|demo| format!("{}/phone", demo.sandbox_url)),
    };
    let (frame, body) = view::payer(lang, &uri, &page);
    Ok(frame.show(&body))
}

/// Chooses a wallet: makes its code, or shows the one that is live.
async fn pay(
    State(state): State<AppState>,
    Path(token): Path<String>,
    lang: Lang,
    uri: Uri,
    headers: HeaderMap,
    form: Posted,
) -> Shown {
    let sorry = |refusal: Refusal| refused_payer(lang, &uri, &refusal);
    own_form(&headers).map_err(sorry)?;
    let (who, whole) = state.desk.order_by_token(&token).await.map_err(sorry)?;
    let channel = form.get("channel").to_owned();
    let back = format!("/p/{token}?w={}", encoded(&channel));
    if shown(&whole, Some(&channel)).is_some_and(|a| a.code.is_some()) {
        return Ok(go(&back));
    }
    // the same press sent twice is the same attempt; one made later is another
    let before = whole.attempts.iter().filter(|a| a.channel == channel).count();
    let key = format!("payer-page/{}/{channel}/{before}", whole.order.id);
    let ask = AttemptAsk {
        presentment: Presentment::MerchantPresented,
        channel: Some(channel),
        payer_code: None,
        tendered: None,
        terminal: None,
        data: Value::Null,
    };
    let answer = match state.desk.attempt(&who, &key, whole.order.id, ask).await {
        Ok(_) => go(&back),
        Err(refusal) => {
            tracing::info!(
                code = refusal.code(),
                words = worded(Lang::En, &refusal),
                "a payer could not start"
            );
            wrong(&format!("/p/{token}?w=none"), refusal.code())
        }
    };
    Ok(answer)
}
