//! The page of a stand's printed code at `/s/{stand}`, opened by any wallet: the amount (the shop's, or typed), the wallet's own sign-in for
//! who pays, its cashier, and then the payer's page of the order.
//!
//! Two visitors never mix: what each looks at is named by the order's own token, and who each is stands sealed in each one's own browser.

pub(in crate::screens) mod ndef;
mod pay;
mod view;
mod visit;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use desk::problem::desk as problems;
use desk::rows::{OrderState, Presentment};
use desk::{Refusal, Stand, Whole};
use store::Id;

use super::kit::{Shown, go, id, query, refused_payer};
use crate::AppState;
use crate::i18n::Lang;
use view::{Show, StandPage};
use visit::{Mark, Seal, Visitor, agent};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/s/{stand}", get(page))
        .route("/s/{stand}/back", get(back))
        .route("/s/{stand}/asked", get(pay::asked))
        .route("/s/{stand}/pay", post(pay::pay))
}

/// What every handler of a stand starts from.
struct Here {
    stand: Stand,
    seal: Seal,
    visitor: Option<Visitor>,
}

impl Here {
    async fn at(state: &AppState, stand: Id, headers: &HeaderMap) -> Result<Here, Refusal> {
        let found = state.desk.stand(stand).await?;
        let seal = Seal::new(&state.desk.page_key(), stand, state.secure_cookies);
        let visitor = seal.visitor(headers, state.desk.now());
        Ok(Here { stand: found, seal, visitor })
    }

    fn id(&self) -> Id {
        self.stand.terminal.id
    }

    /// The wallet this browser is. In a demo the sandbox's phone names it in the address, because no browser can be made to say it.
    fn wallet(&self, state: &AppState, headers: &HeaderMap, uri: &Uri) -> Option<&'static str> {
        let own = state.desk.wallet_by_agent(agent(headers));
        let named = || {
            state.demo.as_ref()?;
            let name = query(uri, "wallet").or_else(|| self.visitor.as_ref().map(|v| v.channel.clone()))?;
            state.desk.wallets().find(|(code, _)| **code == name).map(|(code, _)| code)
        };
        own.or_else(named)
    }

    /// The order of a token, if it is one of this stand or waits here. Error: `not_found`.
    async fn order(&self, state: &AppState, token: &str) -> Result<(desk::Who, Whole), Refusal> {
        let (who, whole) = state.desk.order_by_token(token).await?;
        let order = &whole.order;
        let asked = self.stand.asked.as_ref().is_some_and(|asked| asked.id == order.id);
        let tried = whole.attempts.iter().any(|a| a.terminal == Some(self.id()));
        if who.merchant == self.stand.who.merchant && (order.terminal == Some(self.id()) || asked || tried) {
            Ok((who, whole))
        } else {
            Err(problems::NOT_FOUND.with("this order is not one of this stand"))
        }
    }

    /// The way to the wallet's own sign-in. Error: `channel_closed`.
    async fn to_wallet(
        &self,
        state: &AppState,
        channel: &str,
        order: Option<String>,
    ) -> Result<Response, Refusal> {
        let desk = &state.desk;
        let mark = Mark { state: desk.fresh_mark(), channel: channel.to_owned(), order };
        let back = format!("{}/s/{}/back", state.base_url, self.id());
        let to = desk.stand_login(&self.stand, channel, &back, &mark.state).await?;
        let to =
            to.ok_or_else(|| problems::CHANNEL_CLOSED.with(format!("{channel} is not set up for pages")))?;
        let to = HeaderValue::try_from(to)
            .map_err(|_| problems::CHANNEL_CLOSED.with("the sign-in address is not usable"))?;
        let cookie = self.seal.mark(&mark, desk.now());
        Ok((StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, cookie)]).into_response())
    }
}

async fn page(
    State(state): State<AppState>,
    Path(stand): Path<String>,
    lang: Lang,
    uri: Uri,
    headers: HeaderMap,
) -> Shown {
    let sorry = |refusal: Refusal| refused_payer(lang, &uri, &refusal);
    let here = Here::at(&state, id(&stand).map_err(sorry)?, &headers).await.map_err(sorry)?;
    let token = query(&uri, "o");
    let order = match &token {
        Some(token) => Some(here.order(&state, token).await.map_err(sorry)?.1),
        None => None,
    };
    if let (Some(token), Some(whole)) = (&token, &order)
        && whole.order.state != OrderState::Open
    {
        // it is over: who paid is of no more use here
        let mut response = go(&format!("/p/{token}"));
        response.headers_mut().append(SET_COOKIE, here.seal.forget());
        return Ok(response);
    }
    let wallet = here.wallet(&state, &headers, &uri);
    let ways = ways(&state, &here.stand).await.map_err(sorry)?;
    let show = match wallet {
        Some(wallet) if !ways.contains(&wallet) => Show::Closed,
        Some(wallet) => {
            let known = here.visitor.as_ref().is_some_and(|v| v.channel == wallet);
            let fresh = state.demo.is_some() && query(&uri, "wallet").is_some();
            if !known || fresh {
                match here.to_wallet(&state, wallet, token.clone()).await {
                    Ok(response) => return Ok(response),
                    Err(_) => Show::Closed,
                }
            } else {
                Show::Pay
            }
        }
        None if ways.is_empty() => Show::Closed,
        None => Show::Pay,
    };
    Ok(shown(&state, lang, &uri, &here, Drawn { wallet, ways: &ways, show, order: order.as_ref(), token }))
}

/// What a page of a stand draws.
struct Drawn<'a> {
    wallet: Option<&'static str>,
    ways: &'a [&'static str],
    show: Show,
    order: Option<&'a Whole>,
    token: Option<String>,
}

fn shown(state: &AppState, lang: Lang, uri: &Uri, here: &Here, drawn: Drawn<'_>) -> Response {
    let page = StandPage {
        stand: &here.stand,
        wallet: drawn.wallet,
        ways: drawn.ways,
        show: drawn.show,
        order: drawn.order,
        token: drawn.token,
        asked: here.stand.asked.as_ref().map(|order| (state.desk.token_of(order), order.due)),
        currency: here.stand.merchant.currency.parse().unwrap_or(money::Currency::CNY),
        max: state.desk.settings().stand_max_amount,
        payer: here.visitor.as_ref().map(|v| v.payer_id.as_str()),
        now_ms: state.desk.now().0,
        sandbox: state.demo.as_ref().map(|demo| demo.sandbox_url.clone()),
    };
    let (frame, body) = view::stand(lang, uri, &page);
    frame.show(&body)
}

/// The channels that can be paid inside a wallet or a browser here now.
async fn ways(state: &AppState, stand: &Stand) -> Result<Vec<&'static str>, Refusal> {
    let offers = state.desk.offers(&stand.who, Some(stand.terminal.id)).await?;
    let able = offers.into_iter().filter(|o| o.presentments.contains(&Presentment::InApp));
    Ok(able.map(|o| o.channel).collect())
}

/// The visitor comes back from the wallet's sign-in.
async fn back(
    State(state): State<AppState>,
    Path(stand): Path<String>,
    lang: Lang,
    uri: Uri,
    headers: HeaderMap,
) -> Shown {
    let sorry = |refusal: Refusal| refused_payer(lang, &uri, &refusal);
    let here = Here::at(&state, id(&stand).map_err(sorry)?, &headers).await.map_err(sorry)?;
    let now = state.desk.now();
    let came = query(&uri, "state").and_then(|back| here.seal.came_back(&headers, &back, now));
    let named = match &came {
        None => None,
        Some(mark) => named(&state, &here, mark, &uri).await,
    };
    let Some((mark, payer_id)) = came.zip(named) else {
        let drawn = Drawn { wallet: None, ways: &[], show: Show::Unknown, order: None, token: None };
        return Ok(shown(&state, lang, &uri, &here, drawn));
    };
    let order = mark.order.as_deref().map(|token| format!("?o={token}")).unwrap_or_default();
    let mut response = go(&format!("/s/{}{order}", here.id()));
    let visitor = Visitor { channel: mark.channel, payer_id };
    response.headers_mut().append(SET_COOKIE, here.seal.remember(&visitor, now));
    response.headers_mut().append(SET_COOKIE, here.seal.unmark());
    Ok(response)
}

/// Who the wallet says that came back.
async fn named(state: &AppState, here: &Here, mark: &Mark, uri: &Uri) -> Option<String> {
    let (_, wallet) = state.desk.wallets().find(|(code, _)| **code == mark.channel)?;
    let code = query(uri, wallet.code_field)?;
    match state.desk.stand_payer(&here.stand, &mark.channel, &code).await {
        Ok(payer) => Some(payer),
        Err(refusal) => {
            tracing::warn!(channel = mark.channel, %refusal, "a wallet did not tell who its visitor is");
            None
        }
    }
}
