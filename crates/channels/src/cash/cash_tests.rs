//! The drawer inside decisions: paying, change, giving back, counting.

use std::sync::Arc;

use desk::channel::{TakeAsk, Value};
use desk::ledger::{AccountKey, Class};
use desk::problem::Refusal;
use desk::rows::{
    Attempt, AttemptState, Order, OrderState, Presentment, Refund, RefundCause, RefundState, Standing, Step,
    Terminal,
};
use money::{Currency, Money};
use serde_json::{Value as Data, json};
use store::testing::{ManualClock, SeededRandom};
use store::{Db, Fail, Id, Json, Merchant, Millis, Options, Stop, View};

use super::pieces::Pieces;
use super::{Cash, MIGRATIONS, count, read};

const MERCHANT: Merchant = Merchant(Id(5));
const TERMINAL: Id = Id(7);
const CNY: Currency = Currency::CNY;

async fn db() -> Db {
    let mut options =
        Options::new("memory:", Arc::new(ManualClock::default()), Arc::new(SeededRandom::new(1)));
    options.force_reruns = true;
    let db = Db::open(&options).expect("opened");
    db.migrate(&[desk::MIGRATIONS, MIGRATIONS]).await.expect("migrated");
    db
}

async fn decide<T: Send + 'static>(
    db: &Db,
    rule: impl Fn(&mut View) -> Result<T, Stop<Refusal>> + Send + Sync + 'static,
) -> Result<T, Refusal> {
    match db.decide(MERCHANT, rule).await {
        Ok(value) => Ok(value),
        Err(Fail::Refused(refusal)) => Err(refusal),
        Err(fail) => panic!("{fail}"),
    }
}

fn terminal(capabilities: &str, unattended: bool, shift: Option<Id>) -> Terminal {
    Terminal {
        id: TERMINAL,
        site: Id(6),
        created_at: Millis(0),
        name: "till".into(),
        kind: "BOM".into(),
        capabilities: Json(capabilities.split(' ').map(str::to_owned).collect()),
        unattended,
        standing: Standing::On,
        shift,
        seen_at: None,
    }
}

fn order() -> Order {
    Order {
        id: Id(1),
        scene: "retail".into(),
        site: Id(6),
        terminal: Some(TERMINAL),
        operator: None,
        subject: None,
        currency: "CNY".into(),
        due: 0,
        description: String::new(),
        lines: Json(Vec::new()),
        request: Json(Data::Null),
        secret: Vec::new(),
        business_date: String::new(),
        created_at: Millis(0),
        expires_at: Millis(0),
        state: OrderState::Open,
        paid: 0,
        refunded: 0,
        reserved: 0,
        kept: None,
        tries: 0,
        paid_at: None,
        closed_at: None,
        version: 0,
    }
}

fn attempt(amount: i64, tendered: Option<i64>, terminal: Option<Id>) -> Attempt {
    Attempt {
        id: Id(2),
        order: Id(1),
        channel: "cash".into(),
        account: None,
        terminal,
        operator: None,
        presentment: Presentment::Cash,
        currency: "CNY".into(),
        amount,
        out_trade_no: "A1".into(),
        created_at: Millis(0),
        expires_at: Millis(0),
        trace: None,
        state: AttemptState::Pending,
        step: Step::Done,
        payer_code: None,
        code: None,
        reason: None,
        channel_said: None,
        channel_txn: None,
        paid_at: None,
        received: 0,
        refunded: 0,
        reserved: 0,
        tendered,
        change: None,
        details: None,
        asked: 0,
        reversing_until: None,
        ended_at: None,
        business_date: None,
        job: None,
    }
}

fn refund(amount: i64) -> Refund {
    Refund {
        id: Id(3),
        order: Id(1),
        attempt: Id(2),
        currency: "CNY".into(),
        amount,
        out_refund_no: "R1".into(),
        cause: RefundCause::Requested,
        reason: String::new(),
        operator: None,
        terminal: Some(TERMINAL),
        created_at: Millis(0),
        state: RefundState::Processing,
        channel_refund: None,
        channel_said: None,
        advice: None,
        asked: 0,
        ended_at: None,
        business_date: None,
        job: None,
    }
}

async fn with_drawer(terminal: Terminal, stock: &Data) -> Db {
    let db = db().await;
    let (stock, has_stock) = (stock.clone(), !stock.is_null());
    decide(&db, move |view| {
        view.add(terminal.clone());
        if has_stock {
            Cash.load(view, TERMINAL, CNY, &stock)?;
        }
        Ok(())
    })
    .await
    .expect("a drawer");
    db
}

async fn pay(db: &Db, paying: Attempt, data: Data) -> Result<Attempt, Refusal> {
    decide(db, move |view| {
        let mut attempt = paying.clone();
        let account = Cash.take(view, TakeAsk { order: &order(), attempt: &mut attempt, data: &data })?;
        assert_eq!(account, AccountKey::new(TERMINAL, Class::Drawer, CNY));
        Ok(attempt)
    })
    .await
}

async fn stock(db: &Db) -> Data {
    let pieces = decide(db, |view| read(view, TERMINAL, CNY)).await.expect("a stock");
    json!(pieces)
}

/// A payment: what is in the drawer, what is due, what is handed over; then the change and the drawer, or the refusal.
struct Case {
    name: &'static str,
    stock: Data,
    due: i64,
    tendered: Option<i64>,
    pieces: Data,
    want: Result<(i64, Data), (&'static str, &'static str)>,
}

fn case(name: &'static str, stock: Data, due: i64, tendered: Option<i64>) -> Case {
    Case { name, stock, due, tendered, pieces: Data::Null, want: Err(("", "")) }
}

impl Case {
    fn of(self, pieces: Data) -> Case {
        Case { pieces, ..self }
    }
    fn gives(self, change: i64, stock: Data) -> Case {
        Case { want: Ok((change, stock)), ..self }
    }
    fn refused(self, code: &'static str, words: &'static str) -> Case {
        Case { want: Err((code, words)), ..self }
    }
}

fn cases() -> Vec<Case> {
    let float = || json!({"1000": 2, "500": 1, "100": 4, "10": 9});
    vec![
        case("exact", float(), 1500, Some(1500)).gives(0, json!({"1000": 3, "500": 2, "100": 4, "10": 9})),
        case("nothing tendered is exact", Data::Null, 1234, None)
            .gives(0, json!({"1000": 1, "200": 0, "100": 2, "20": 1, "10": 1, "2": 2})),
        case("fewest pieces", float(), 1230, Some(2000))
            .gives(770, json!({"2000": 1, "1000": 2, "100": 2, "10": 2})),
        case("handed-over pieces may go back", Data::Null, 100, Some(600))
            .of(json!({"500": 1, "100": 1}))
            .gives(500, json!({"100": 1})),
        case("counted pieces", json!({"5000": 1}), 5000, Some(10_000))
            .of(json!({"2000": 5}))
            .gives(5000, json!({"2000": 5})),
        case("too little", float(), 1500, Some(1499))
            .refused("tendered_too_little", "CNY 15.00 is due and CNY 14.99"),
        case("no change", float(), 1230, Some(10_000))
            .refused("no_change", "CNY 87.70 cannot be given back; CNY 42.20"),
        case("empty drawer", Data::Null, 1230, Some(2000)).refused("no_change", "CNY 12.30 can be paid"),
        case("pieces and amount differ", float(), 100, Some(500))
            .of(json!({"100": 4}))
            .refused("invalid_request", "add up"),
        case("no such note", float(), 100, Some(300))
            .of(json!({"300": 1}))
            .refused("invalid_amount", "300 is no"),
        case("negative count", float(), 100, None)
            .of(json!({"100": -1}))
            .refused("invalid_amount", "-1 of 100"),
        case("not pieces", float(), 100, None)
            .of(json!([100]))
            .refused("invalid_amount", "write denominations"),
    ]
}

#[tokio::test]
async fn paying_by_table() {
    for case in cases() {
        let before = if case.stock.is_null() { json!({}) } else { case.stock.clone() };
        let db = with_drawer(terminal("takes_cash gives_change", true, None), &case.stock).await;
        let data = json!({ "pieces": case.pieces });
        match (pay(&db, attempt(case.due, case.tendered, Some(TERMINAL)), data).await, case.want) {
            (Ok(paid), Ok((change, mut left))) => {
                assert_eq!(paid.change, Some(change), "{}", case.name);
                assert_eq!(paid.tendered, Some(case.due + change), "{}", case.name);
                let details: Data = serde_json::from_str(&paid.details.expect("details")).expect("json");
                let sum = |v: &Data| {
                    v.as_object()
                        .expect("pieces")
                        .iter()
                        .map(|(k, n)| k.parse::<i64>().expect("a number") * n.as_i64().expect("a count"))
                        .sum::<i64>()
                };
                assert_eq!(sum(&details["given"]), change, "{}", case.name);
                assert_eq!(sum(&details["taken"]), case.due + change, "{}", case.name);
                left.as_object_mut().expect("pieces").retain(|_, n| n != 0);
                assert_eq!(stock(&db).await, left, "{}", case.name);
                assert_eq!(sum(&left), sum(&before) + case.due, "{}", case.name);
            }
            (Err(refusal), Err((code, words))) => {
                assert_eq!(refusal.code(), code, "{}: {refusal}", case.name);
                assert!(refusal.detail.contains(words), "{}: {refusal}", case.name);
                assert_eq!(stock(&db).await, before, "{} left something behind", case.name);
            }
            (got, want) => panic!("{}: {got:?} instead of {want:?}", case.name),
        }
    }
}

#[tokio::test]
async fn a_drawer_needs_its_terminal() {
    let shift = Some(Id(9));
    let all = "takes_cash gives_change";
    let off = Terminal { standing: Standing::Off, ..terminal(all, true, None) };
    let cases = [
        ("open shift", terminal(all, false, shift), Some(TERMINAL), "ok"),
        ("no shift", terminal(all, false, None), Some(TERMINAL), "cash_not_taken"),
        ("takes none", terminal("shows_code", true, None), Some(TERMINAL), "cash_not_taken"),
        ("off", off, Some(TERMINAL), "cash_not_taken"),
        ("no terminal", terminal(all, true, None), None, "cash_not_taken"),
        ("unknown", terminal(all, true, None), Some(Id(99)), "cash_not_taken"),
        ("gives no change", terminal("takes_cash", true, None), Some(TERMINAL), "no_change"),
    ];
    for (name, terminal, at, want) in cases {
        let db = with_drawer(terminal, &json!({"100": 9})).await;
        let got = pay(&db, attempt(100, Some(200), at), Data::Null).await;
        let code = got.as_ref().map_or_else(Refusal::code, |_| "ok");
        assert_eq!(code, want, "{name}: {got:?}");
    }
}

#[tokio::test]
async fn giving_back_takes_pieces_or_says_what_is_missing() {
    let cases = [
        (700, json!({"500": 1, "100": 4}), Ok(json!({"100": 2}))),
        (900, json!({"500": 1, "100": 4}), Ok(json!({}))),
        (1000, json!({"500": 1, "100": 4}), Err("the nearest below is CNY 9.00")),
        (50, json!({"500": 1}), Err("the nearest below is CNY 0.00")),
    ];
    for (amount, before, want) in cases {
        let db = with_drawer(terminal("takes_cash gives_change", true, None), &before).await;
        let got = decide(&db, move |view| {
            Cash.give_back(view, &attempt(2000, None, Some(TERMINAL)), &refund(amount), Some(TERMINAL))
        })
        .await;
        match (got, want) {
            (Ok(account), Ok(left)) => {
                assert_eq!(account, AccountKey::new(TERMINAL, Class::Drawer, CNY));
                assert_eq!(stock(&db).await, left, "{amount}");
            }
            (Err(refusal), Err(words)) => {
                assert_eq!(refusal.code(), "drawer_lacks");
                assert!(refusal.detail.contains(words), "{refusal}");
                assert_eq!(stock(&db).await, before);
            }
            (got, want) => panic!("{amount}: {got:?} instead of {want:?}"),
        }
    }
}

#[tokio::test]
async fn a_drawer_is_filled_counted_and_emptied() {
    let db = with_drawer(terminal("takes_cash", true, None), &json!({"100": 3, "50": 0})).await;
    let filled = decide(&db, |view| Cash.load(view, TERMINAL, CNY, &json!({"100": 1, "500": 2}))).await;
    assert_eq!(filled, Ok(Money::fen(1100)));
    assert_eq!(stock(&db).await, json!({"100": 4, "500": 2}));
    let counted: Pieces = [(500, 2), (100, 3)].into();
    let difference = decide(&db, move |view| count(view, TERMINAL, CNY, counted.clone())).await;
    assert_eq!(difference, Ok(Money::fen(-100)));
    decide(&db, |view| Cash.unload(view, TERMINAL, CNY)).await.expect("emptied");
    assert_eq!(stock(&db).await, json!({}));
    let too_much = decide(&db, |view| {
        let million = json!({"10000": 1_000_000});
        (0..200).try_for_each(|_| Cash.load(view, TERMINAL, CNY, &million).map(drop))
    })
    .await;
    assert_eq!(too_much.map_err(|r| r.code()), Err("invalid_amount"));
}
