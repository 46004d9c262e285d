//! Machines that take and give cash, beside a terminal's screen: what they tell, what they are told, what the screen shows and presses.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::machine::{Alarm, CashCredit, CashSlip, Equipment, Give, Pieces, Print, Report, Shown, Told};
use money::Money;
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use utoipa::{IntoParams, ToSchema};

use super::shapes::{Amount, Page};
use crate::AppState;
use crate::auth::Caller;
use crate::json::{Body, Key, Path, PathId, Query, created, ok};
use crate::problem::Failure;

/// What the machine shall do now.
#[derive(Serialize, ToSchema)]
#[schema(as = MachineTold)]
struct ToldView {
    /// Facts up to this number were taken.
    heard: i64,
    /// Values to take, minor units; all others are refused.
    take: Vec<i64>,
    /// What becomes of the note in escrow: `hold`, `stack`, `return`.
    escrow: String,
    /// What to give. The same payout is told until it has ended.
    give: Vec<GiveView>,
    /// What to print.
    print: Vec<PrintView>,
}

/// Pieces to give.
#[derive(Serialize, ToSchema)]
#[schema(as = MachineGive)]
struct GiveView {
    /// The payout's number.
    payout: String,
    /// Pieces by value.
    pieces: Pieces,
}

/// Something to print.
#[derive(Serialize, ToSchema)]
#[schema(as = MachinePrint)]
struct PrintView {
    /// The job's number.
    id: String,
    /// The receipt.
    #[schema(value_type = String)]
    fulfilment: Id,
    /// Marked as a copy: it was printed before.
    copy: bool,
}

impl From<Told> for ToldView {
    fn from(told: Told) -> Self {
        let give = |g: Give| GiveView { payout: g.payout.0.to_string(), pieces: g.pieces };
        let print = |p: Print| PrintView { id: p.id.to_string(), fulfilment: p.fulfilment, copy: p.copy };
        ToldView {
            heard: told.heard,
            take: told.take,
            escrow: told.escrow.as_str().to_owned(),
            give: told.give.into_iter().map(give).collect(),
            print: told.print.into_iter().map(print).collect(),
        }
    }
}

/// What a screen shows of a machine.
#[derive(Serialize, ToSchema)]
#[schema(as = Machine)]
struct MachineView {
    /// Heard within the last seconds: it can take cash.
    online: bool,
    /// What is due on the order asked about.
    due: i64,
    /// Values taken now.
    take: Vec<i64>,
    /// Values it knows and does not take: their change is not there.
    refuse: Vec<i64>,
    /// Only exact money is taken.
    exact: bool,
    /// What is put in may come back as a slip if the person cancels.
    slip: bool,
    /// Pieces still on their way out.
    waiting: i64,
    /// The money in it, or the last that was.
    credit: Option<CreditView>,
    /// What a person must look after.
    #[schema(value_type = Vec<Object>)]
    alarms: Vec<Alarm>,
    /// What it consists of.
    #[schema(value_type = Object)]
    equipment: Equipment,
    /// What it can give, by value.
    hoppers: Pieces,
    /// What lies in its cassette, by value.
    boxed: Pieces,
}

/// Money that somebody put in.
#[derive(Serialize, ToSchema)]
#[schema(as = MachineCredit)]
struct CreditView {
    #[schema(value_type = String)]
    id: Id,
    /// The order it is for; none for money that came when nobody was paying.
    #[schema(value_type = Option<String>)]
    order: Option<Id>,
    /// `open`, `paying`, `paid`, `returning`, `returned`, `owed`.
    state: String,
    /// What lies in the machine, minor units.
    stacked: i64,
    /// The note that is held and can still go back.
    escrow: i64,
    /// What went back or came out as change.
    back: i64,
    /// What could not be given and stands on a slip.
    owed: i64,
    /// The slip's code.
    slip: Option<String>,
    /// Why it went back, or what went wrong.
    note: Option<String>,
    #[schema(value_type = Option<String>)]
    ended_at: Option<Millis>,
}

impl From<CashCredit> for CreditView {
    fn from(c: CashCredit) -> Self {
        CreditView {
            id: c.id,
            order: c.order,
            state: c.state.as_str().to_owned(),
            stacked: c.stacked,
            escrow: c.escrow,
            back: c.back,
            owed: c.owed,
            slip: c.slip,
            note: c.note,
            ended_at: c.ended_at,
        }
    }
}

impl From<Shown> for MachineView {
    fn from(s: Shown) -> Self {
        MachineView {
            online: s.online,
            due: s.due,
            take: s.plan.take,
            refuse: s.plan.refuse,
            exact: s.plan.exact,
            slip: s.plan.slip,
            waiting: s.waiting,
            credit: s.credit.map(Into::into),
            alarms: s.machine.alarms.0,
            equipment: s.machine.equipment.0,
            hoppers: s.machine.hoppers.0,
            boxed: s.machine.boxed.0,
        }
    }
}

/// For which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct For {
    /// An order that cash may be taken for.
    #[param(value_type = Option<String>)]
    order: Option<Id>,
}

/// What a machine takes, holds and needs.
#[utoipa::path(get, path = "/v1/terminals/{terminal}/machine", tag = "machines", params(("terminal" = String, Path), For),
    responses((status = 200, body = MachineView)))]
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    Query(which): Query<For>,
) -> Result<Response, Failure> {
    let shown = state.desk.machine(&caller.who, terminal, which.order).await?;
    Ok(ok(MachineView::from(shown)).into_response())
}

/// A machine tells what happened and hears what to do.
///
/// Facts carry numbers; those that were taken before are passed over. Called with the terminal's own key, at least every few seconds.
#[utoipa::path(post, path = "/v1/machine/report", tag = "machines", request_body = Object, responses((status = 200, body = ToldView)))]
pub(super) async fn report(
    State(state): State<AppState>,
    caller: Caller,
    _key: Key,
    Body(report): Body<Report>,
) -> Result<Response, Failure> {
    let told = state.desk.machine_report(&caller.who, report).await?;
    Ok(ok(ToldView::from(told)).into_response())
}

/// An order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BeginBody {
    /// What the cash is for.
    #[schema(value_type = String)]
    order: Id,
}

/// Begins to take cash for an order.
#[utoipa::path(post, path = "/v1/terminals/{terminal}/machine/begin", tag = "machines", params(("terminal" = String, Path)), request_body = BeginBody,
    responses((status = 200, body = MachineView)))]
pub(super) async fn begin(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    Key(key): Key,
    Body(body): Body<BeginBody>,
) -> Result<Response, Failure> {
    let shown = state.desk.machine_begin(&caller.who, &key, terminal, body.order).await?;
    Ok(ok(MachineView::from(shown)).into_response())
}

/// Pays with what was put in. Harmless to repeat: what was paid with is not there any more.
#[utoipa::path(post, path = "/v1/terminals/{terminal}/machine/pay", tag = "machines", params(("terminal" = String, Path)),
    responses((status = 200, body = MachineView)))]
pub(super) async fn pay(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    _key: Key,
) -> Result<Response, Failure> {
    let shown = state.desk.machine_pay(&caller.who, terminal).await?;
    Ok(ok(MachineView::from(shown)).into_response())
}

/// Gives everything back that was put in. Harmless to repeat.
#[utoipa::path(post, path = "/v1/terminals/{terminal}/machine/cancel", tag = "machines", params(("terminal" = String, Path)),
    responses((status = 200, body = MachineView)))]
pub(super) async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    _key: Key,
) -> Result<Response, Failure> {
    let shown = state.desk.machine_cancel(&caller.who, terminal).await?;
    Ok(ok(MachineView::from(shown)).into_response())
}

/// Pieces put into hoppers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FillBody {
    /// Counts by value in minor units.
    #[schema(value_type = Object)]
    pieces: BTreeMap<i64, i64>,
}

/// What moved.
#[derive(Serialize, ToSchema)]
#[schema(as = MachineMoved)]
struct Moved {
    /// How much.
    #[schema(value_type = Amount)]
    amount: Money,
}

/// Fills hoppers out of the safe.
#[utoipa::path(post, path = "/v1/terminals/{terminal}/machine/fill", tag = "machines", params(("terminal" = String, Path)), request_body = FillBody,
    responses((status = 200, body = Moved)))]
pub(super) async fn fill(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    Key(key): Key,
    Body(body): Body<FillBody>,
) -> Result<Response, Failure> {
    let amount = state.desk.machine_fill(&caller.who, &key, terminal, body.pieces).await?;
    Ok(ok(Moved { amount }).into_response())
}

/// Empties the cassette into the safe.
#[utoipa::path(post, path = "/v1/terminals/{terminal}/machine/empty", tag = "machines", params(("terminal" = String, Path)),
    responses((status = 200, body = Moved)))]
pub(super) async fn empty(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    Key(key): Key,
) -> Result<Response, Failure> {
    let amount = state.desk.machine_empty(&caller.who, &key, terminal).await?;
    Ok(ok(Moved { amount }).into_response())
}

/// A receipt to print.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PrintBody {
    /// The fulfilment of kind `receipt`.
    #[schema(value_type = String)]
    fulfilment: Id,
}

/// Sends a receipt to the printer beside the machine. The first printing is the original; every other is marked as a copy.
#[utoipa::path(post, path = "/v1/terminals/{terminal}/machine/print", tag = "machines", params(("terminal" = String, Path)), request_body = PrintBody,
    responses((status = 201, body = PrintView)))]
pub(super) async fn print(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    Key(key): Key,
    Body(body): Body<PrintBody>,
) -> Result<Response, Failure> {
    let job = state.desk.machine_print(&caller.who, &key, terminal, body.fulfilment).await?;
    let view = PrintView { id: job.id.to_string(), fulfilment: job.fulfilment, copy: job.copy };
    Ok(created(view).into_response())
}

/// A slip that a machine owes on.
#[derive(Serialize, ToSchema)]
#[schema(as = CashSlip)]
struct SlipView {
    /// Its code, as printed.
    code: String,
    #[schema(value_type = String)]
    terminal: Id,
    amount: i64,
    currency: String,
    /// `hoppers_empty`, `no_change`, `note_jammed`, `note_missing`.
    why: String,
    #[schema(value_type = String)]
    created_at: Millis,
    #[schema(value_type = Option<String>)]
    redeemed_at: Option<Millis>,
    #[schema(value_type = Option<String>)]
    redeemed_by: Option<Id>,
}

impl From<CashSlip> for SlipView {
    fn from(s: CashSlip) -> Self {
        SlipView {
            code: s.code,
            terminal: s.terminal,
            amount: s.amount,
            currency: s.currency,
            why: s.why,
            created_at: s.created_at,
            redeemed_at: s.redeemed_at,
            redeemed_by: s.redeemed_by,
        }
    }
}

/// Slips, newest first.
#[utoipa::path(get, path = "/v1/slips", tag = "machines", responses((status = 200, body = Page<SlipView>)))]
pub(super) async fn slips(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    let slips = state.desk.slips(&caller.who).await?;
    Ok(ok(Page::whole(slips.into_iter().map(SlipView::from).collect())).into_response())
}

/// Where a slip is paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedeemBody {
    /// The terminal whose drawer pays.
    #[schema(value_type = String)]
    terminal: Id,
}

/// Pays a slip out of a drawer, once.
#[utoipa::path(post, path = "/v1/slips/{code}/redeem", tag = "machines", params(("code" = String, Path)), request_body = RedeemBody,
    responses((status = 200, body = SlipView)))]
pub(super) async fn redeem(
    State(state): State<AppState>,
    caller: Caller,
    Path(code): Path<String>,
    Key(key): Key,
    Body(body): Body<RedeemBody>,
) -> Result<Response, Failure> {
    let slip = state.desk.redeem_slip(&caller.who, &key, &code, body.terminal).await?;
    Ok(ok(SlipView::from(slip)).into_response())
}
