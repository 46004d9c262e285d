//! The telephone: a page on the sandbox's origin with each channel's wallet, for a person who tries the platform.
//!
//! Server-rendered; every step is a link or a form. The script only looks for news, runs the camera and counts down.

mod barcode;
mod in_app;
mod look;
mod messages;
mod sheets;
mod tabs;

use serde_json::json;

use crate::bank;
use crate::http::{Reply, Request};
use crate::state::State;
use crate::world::World;
use look::Look;

pub(crate) use in_app::{app_prepay_id, from_json, prepay_id};

const STYLE: &str = include_str!("phone.css");
const SCRIPT: &str = include_str!("phone.js");
const BRIDGE: &str = include_str!("bridge.js");
const JSQR: &str = include_str!("../../assets/jsqr/jsQR.js");

/// Answers everything that is neither a channel's path nor a control call.
pub(crate) fn handle(world: &World, request: &Request) -> Reply {
    let file = |kind: &str, text: &str| Reply::new(200, kind, text).with("cache-control", "max-age=300");
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/") => redirect("/phone"),
        ("GET", "/phone/phone.css") => file("text/css; charset=utf-8", STYLE),
        ("GET", "/phone/phone.js") => file("text/javascript; charset=utf-8", SCRIPT),
        ("GET", "/phone/jsQR.js") => file("text/javascript; charset=utf-8", JSQR),
        ("GET", "/phone/bridge.js") => file("text/javascript; charset=utf-8", BRIDGE),
        ("GET", "/phone/cashier") => in_app::cashier(world, request),
        ("GET", "/phone/return") => in_app::back(world, request),
        ("GET", "/phone/live") => live(&mut world.state(), request),
        ("GET", "/favicon.ico") => Reply::empty(204),
        ("GET", "/phone") => page(world, request, tabs::render),
        ("GET", "/phone/scan") if sheets::page_of(request).is_some() => opened(world, request),
        ("GET", "/phone/scan") => page(world, request, |state, look| sheets::scanned(state, look, request)),
        ("GET", "/phone/trade") => page(world, request, |state, look| sheets::trade(state, look, request)),
        ("GET", "/cgi-bin/mmpayweb-bin/checkmweb") => in_app::h5(request),
        ("POST", "/phone/pay") => act(world, request, |state, id, payer| bank::pay(state, id, payer).is_ok()),
        ("POST", "/phone/confirm") => act(world, request, |state, id, _| bank::confirm(state, id).is_ok()),
        ("POST", "/phone/decline") => act(world, request, |state, id, _| bank::decline(state, id).is_ok()),
        _ => Reply::problem(
            404,
            "no_such_page",
            "This origin serves payment channels; for a person there is /phone.",
        ),
    }
}

/// The page of a request that a wallet refuses, for the developer who reads it.
pub(crate) fn refused(world: &World, request: &Request, reason: &str) -> Reply {
    let look = Look::of(&world.state(), request);
    shown(world, &look, &sheets::refused_page(&look, reason), None)
}

fn redirect(to: &str) -> Reply {
    Reply::empty(303).with("location", to)
}

/// A scanned page opens in the wallet's own browser, as it does on a real telephone.
fn opened(world: &World, request: &Request) -> Reply {
    let look = Look::of(&world.state(), request);
    let page = sheets::page_of(request).unwrap_or_default();
    let owner = format!("phone-payer={}; Path=/; SameSite=Lax", look.payer);
    redirect(&sheets::in_wallet(&look, &page)).with("set-cookie", owner)
}

fn page(world: &World, request: &Request, render: impl FnOnce(&mut State, &Look) -> look::Page) -> Reply {
    let mut state = world.state();
    let look = Look::of(&state, request);
    let page = render(&mut state, &look);
    drop(state);
    shown(world, &look, &page, request.asked("lang"))
}

/// The page in its frame; who looks at it and in which language is kept in cookies.
fn shown(world: &World, look: &Look, page: &look::Page, lang: Option<String>) -> Reply {
    let owner = format!("phone-payer={}; Path=/; SameSite=Lax", look.payer);
    let html = look.frame(&world.state(), page);
    let reply = Reply::html(html).with("cache-control", "no-store").with("set-cookie", owner);
    match lang {
        Some(lang) if matches!(lang.as_str(), "en" | "zh") => {
            reply.with("set-cookie", format!("phone-lang={lang}; Path=/; Max-Age=31536000; SameSite=Lax"))
        }
        _ => reply,
    }
}

/// A pressed button: does it, then shows the trade whatever came of it.
fn act(world: &World, request: &Request, perform: impl FnOnce(&mut State, u64, &str) -> bool) -> Reply {
    let form: Vec<(String, String)> = form_urlencoded::parse(&request.body).into_owned().collect();
    let field = |name: &str| {
        form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let Ok(id) = field("trade").parse::<u64>() else {
        return Reply::problem(400, "missing_field", "The form names no trade.");
    };
    let mut state = world.state();
    let payer = field("payer");
    let done = perform(&mut state, id, &payer);
    let failed = if done { "" } else { "&refused=1" };
    let back = field("return");
    let back = form_urlencoded::Serializer::new(String::new()).append_pair("return", &back).finish();
    redirect(&format!("/phone/trade?wallet={}&payer={payer}&trade={id}{failed}&{back}", field("wallet")))
}

/// What changed since the page was drawn: a version to compare, and where to go when the telephone rings.
fn live(state: &mut State, request: &Request) -> Reply {
    let look = Look::of(state, request);
    let go = tabs::ringing(state, &look, request);
    let version = match request.asked("trade").and_then(|id| id.parse().ok()) {
        Some(id) => sheets::version(state, id),
        None => tabs::version(state, &look),
    };
    Reply::json(200, &json!({"version": version, "go": go})).with("cache-control", "no-store")
}
