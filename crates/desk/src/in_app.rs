//! Paying inside a wallet: what is wanted, written down before it is asked; the channel's answer, kept for the page; and two payers who
//! hold the same order apart.
//!
//! Who the payer is at the wallet stands in the attempt only while it can be paid: it goes when the attempt ends.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Stop, View};

use crate::attempt::{AttemptAsk, is_live, stop};
use crate::channel::{InAppAsk, InAppCall, InAppWay, Line, PresentAsk, Trouble};
use crate::desk::Ruled;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Attempt, AttemptsOfOrder, Order, Presentment};

/// The longest id of a payer at a wallet, in characters.
const LONGEST_PAYER_ID: usize = 128;

/// How an order is to be paid inside an app: `data` of an attempt with the presentment `in_app`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InAppPlan {
    /// `page`: a page inside the wallet. `browser`: a browser outside it. `app`: the merchant's own app.
    pub way: String,
    /// The wallet's id of the payer; `page` needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_id: Option<String>,
    /// The payer's address, for the channel's risk rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<String>,
    /// Where a browser goes after it: http or https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// Stops the payment of the same order that another payer has begun.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub take_over: bool,
}

impl InAppPlan {
    /// What the attempt keeps while it can be paid: the same ask can be made again from it.
    pub(crate) fn kept(&self) -> String {
        let kept = InAppPlan { take_over: false, ..self.clone() };
        serde_json::to_string(&kept).expect("texts are written as JSON")
    }

    fn way(&self) -> Option<InAppWay> {
        match (self.way.as_str(), &self.payer_id) {
            ("page", Some(payer_id)) => Some(InAppWay::Page { payer_id: payer_id.clone() }),
            ("browser", _) => Some(InAppWay::Browser),
            ("app", _) => Some(InAppWay::App),
            _ => None,
        }
    }
}

/// Reads the plan of an ask. Error: `invalid_request` naming the field.
pub(crate) fn planned(ask: &AttemptAsk) -> Result<Option<InAppPlan>, Refusal> {
    if ask.presentment != Presentment::InApp {
        return Ok(None);
    }
    let wrong = |what: &'static str| Err(problems::INVALID_REQUEST.with(what));
    let Ok(plan) = serde_json::from_value::<InAppPlan>(ask.data.clone()) else {
        return wrong("in_app: say the way (page, browser or app), and for a page the payer_id");
    };
    if let Some(id) = &plan.payer_id {
        let fits = (1..=LONGEST_PAYER_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return wrong("payer_id: 1 to 128 visible ASCII characters, as the wallet gave it");
        }
    }
    if plan.client_ip.as_ref().is_some_and(|ip| ip.parse::<std::net::IpAddr>().is_err()) {
        return wrong("client_ip: not an address");
    }
    let is_page = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    if plan.return_url.as_ref().is_some_and(|url| !is_page(url) || url.len() > 512) {
        return wrong("return_url: an http or https address of at most 512 characters");
    }
    match plan.way.as_str() {
        "page" if plan.payer_id.is_none() => wrong("payer_id: a page inside the wallet needs it"),
        "page" | "browser" | "app" => Ok(Some(plan)),
        _ => wrong("in_app: the way is page, browser or app"),
    }
}

/// Who pays an attempt inside a wallet, while it can be paid.
pub fn payer_of(attempt: &Attempt) -> Option<String> {
    plan_of(attempt)?.payer_id
}

fn plan_of(attempt: &Attempt) -> Option<InAppPlan> {
    if attempt.presentment != Presentment::InApp {
        return None;
    }
    serde_json::from_str(attempt.payer_code.as_deref()?).ok()
}

/// What the payer's side was given: `{"call": {…}}` or `{"address": "…"}`. Nothing before the channel answered, and for other attempts.
pub fn given(attempt: &Attempt) -> Option<Value> {
    if attempt.presentment != Presentment::InApp {
        return None;
    }
    serde_json::from_str(attempt.code.as_deref()?).ok()
}

/// Another payer's payment of the same order goes first, unless it is taken over: then it is stopped (rule 5), and what it
/// should bring all the same flows back (rule 1). Error: `attempt_in_progress`.
pub(crate) fn make_room(view: &mut View, order: &Order, wanted: &InAppPlan) -> Ruled<()> {
    if order.tries == 0 {
        return Ok(());
    }
    for other in view.by::<AttemptsOfOrder>(order.id)? {
        let Some(theirs) = plan_of(&other) else { continue };
        let stopping = matches!(other.step, crate::rows::Step::Close);
        if !is_live(&other) || stopping || theirs.payer_id == wanted.payer_id {
            continue;
        }
        if !wanted.take_over {
            return Err(Stop::Refused(
                problems::ATTEMPT_IN_PROGRESS.with("another payer has begun to pay this order"),
            ));
        }
        stop(view, other);
    }
    Ok(())
}

/// Asks the channel for what the payer needs: the text of a code, or what a page or app is told. Harmless to repeat: the same ask is made
/// from what the attempt keeps.
pub(crate) async fn present(
    line: &dyn Line,
    attempt: &Attempt,
    common: PresentAsk,
) -> Result<String, Trouble> {
    if attempt.presentment != Presentment::InApp {
        return line.present(&common).await;
    }
    let Some(plan) = plan_of(attempt) else {
        return Err(Trouble::NotSent("the attempt has ended".to_owned()));
    };
    let Some(way) = plan.way() else {
        return Err(Trouble::NotSent("the way of the attempt is not known here".to_owned()));
    };
    let client_ip = plan.client_ip.unwrap_or_else(|| "127.0.0.1".to_owned());
    let ask = InAppAsk { common, way, client_ip, return_url: plan.return_url };
    match line.in_app(&ask).await? {
        InAppCall::Parameters(call) => Ok(json!({ "call": call }).to_string()),
        InAppCall::Address(address) => Ok(json!({ "address": address }).to_string()),
    }
}
