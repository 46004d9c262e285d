//! The control API under `/_sandbox/`: what a person's telephone and a test may do to the channels' other side.

mod lists;
mod pay;
mod settings;

use serde_json::{Value, json};

use crate::clock;
use crate::http::{Reply, Request};
use crate::model::{Channel, Trade};
use crate::state::State;
use crate::world::World;

/// A refused control call: status, stable code, what to do.
pub(crate) struct Problem {
    status: u16,
    code: &'static str,
    detail: String,
}

impl Problem {
    fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Problem { status, code, detail: detail.into() }
    }
}

type Outcome = Result<Value, Problem>;

/// The JSON body of a control call.
struct Body(Value);

impl Body {
    fn read(request: &Request) -> Result<Self, Problem> {
        if request.body.is_empty() {
            return Ok(Body(json!({})));
        }
        match serde_json::from_slice::<Value>(&request.body) {
            Ok(Value::Null) => Ok(Body(json!({}))),
            Ok(body) if body.is_object() => Ok(Body(body)),
            Ok(_) => Err(Problem::new(400, "not_an_object", "Send a JSON object.")),
            Err(e) => Err(Problem::new(400, "not_json", format!("The body is not JSON: {e}."))),
        }
    }

    /// A text field; a number counts as its digits.
    fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn need(&self, name: &str) -> Result<String, Problem> {
        self.text(name).ok_or_else(|| Problem::new(400, "missing_field", format!("Send \"{name}\".")))
    }

    /// A channel, if one is named; `all` is none.
    fn channel(&self) -> Result<Option<Channel>, Problem> {
        match self.text("channel").as_deref() {
            None | Some("all") => Ok(None),
            Some(name) => Channel::parse(name).map(Some).ok_or_else(|| {
                let known: Vec<&str> = Channel::ALL.iter().map(|channel| channel.name()).collect();
                Problem::new(
                    400,
                    "unknown_channel",
                    format!("\"{name}\" is not a channel; one of {}.", known.join(", ")),
                )
            }),
        }
    }

    fn need_channel(&self) -> Result<Channel, Problem> {
        self.channel()?.ok_or_else(|| Problem::new(400, "missing_field", "Send \"channel\"."))
    }
}

/// Answers one control call.
pub(crate) fn handle(world: &World, request: &Request) -> Reply {
    match route(world, request) {
        Ok(body) => Reply::json(200, &body),
        Err(problem) => Reply::problem(problem.status, problem.code, &problem.detail),
    }
}

fn route(world: &World, request: &Request) -> Outcome {
    let path = request.path.strip_prefix("/_sandbox/").unwrap_or_default();
    let body = Body::read(request)?;
    match (request.method.as_str(), path) {
        ("POST", "pay") => {
            let body = pay::checked_page(world, body)?;
            let paid = pay::pay(&mut world.state(), &body)?;
            Ok(pay::told_app(world, &body, paid))
        }
        ("POST", "scan") => pay::scan(&mut world.state(), &body),
        ("POST", "confirm") => pay::confirm(&mut world.state(), &body),
        ("POST", "decline") => pay::decline(&mut world.state(), &body),
        ("POST", "payer-code") => pay::payer_code(&mut world.state(), &body),
        ("POST", "faults") => settings::set_fault(&mut world.state(), &body),
        ("GET", "faults") => settings::faults(&world.state()),
        ("DELETE", "faults") => settings::clear_faults(&mut world.state(), request, &body),
        ("POST", "clock") => settings::set_clock(&mut world.state(), &body),
        ("GET", "clock") => settings::clock(&world.state()),
        ("POST", "bill") => settings::make_bill(world, &body),
        ("POST", "certificates") => settings::certificates(world, &body),
        ("POST", "repair-refunds") => Ok(settings::repair_refunds(&mut world.state())),
        ("GET", "open-codes") => lists::open_codes(&mut world.state(), request),
        ("GET", "wallets") => lists::wallets(&world.state()),
        ("GET", "prompts") => lists::prompts(&mut world.state(), request),
        ("GET", "history") => lists::history(&world.state(), request),
        ("GET", "trades") => lists::trades(&world.state(), request),
        ("GET", "notifications") => lists::notifications(&world.state(), request),
        (_, known) if CALLS.contains(&known) => Err(Problem::new(
            405,
            "wrong_method",
            format!("{} is not a method of /_sandbox/{known}.", request.method),
        )),
        _ => Err(Problem::new(
            404,
            "no_such_call",
            format!("There is no {path}; there are {}.", CALLS.join(", ")),
        )),
    }
}

const CALLS: [&str; 16] = [
    "pay",
    "scan",
    "confirm",
    "decline",
    "payer-code",
    "faults",
    "bill",
    "clock",
    "certificates",
    "repair-refunds",
    "open-codes",
    "wallets",
    "prompts",
    "history",
    "trades",
    "notifications",
];

/// A trade as control calls show it.
fn shown(state: &State, trade: &Trade) -> Value {
    let money = |fen: i64| json!({"value": fen, "currency": trade.currency});
    let payer = trade.payer.as_deref().and_then(|id| state.payer(trade.channel, id));
    json!({
        "channel": trade.channel.name(),
        "account": trade.account,
        "out_trade_no": trade.out_trade_no,
        "trade_no": trade.trade_no,
        "state": trade.state.name(),
        "amount": money(trade.total_fen),
        "refunded": money(trade.refunded_fen),
        "description": trade.subject,
        "payer": payer.map(|payer| &payer.id),
        "payer_name": payer.map(|payer| &payer.name),
        "payer_name_zh": payer.map(|payer| &payer.name_zh),
        "code": trade.codes.last(),
        "created_at": clock::rfc3339(trade.created_ms),
        "expires_at": clock::rfc3339(trade.expires_ms),
        "paid_at": trade.paid_ms.map(clock::rfc3339),
    })
}
