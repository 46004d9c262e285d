//! Selling: quotes, orders made from them, closing and expiry.

use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use store::{Id, Json, Merchant, Millis, Param, Sql, SqlError, Stop, View};

use crate::access::{Act, Who};
use crate::attempt;
use crate::boxed;
use crate::dates::business_date;
use crate::desk::{Desk, Ruled, Whole};
use crate::foresee;
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{
    AttemptsOfOrder, FulfilmentsOfOrder, Order, OrderState, RefundsOfOrder, Site, Standing, StoredQuote,
    Subject, Terminal,
};
use crate::scene::{Quote, QuoteAsk};
use crate::settle;
use crate::trace;

/// What somebody wants to buy, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sale {
    /// The line of business.
    pub scene: String,
    /// The site; the terminal's own when left out.
    pub site: Option<Id>,
    /// The terminal.
    pub terminal: Option<Id>,
    /// The scene's own request.
    pub request: serde_json::Value,
}

/// What an order is made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum NewOrder {
    /// Priced now.
    Sale(Sale),
    /// Priced before and stored.
    Quote(Id),
}

/// A sale whose place is known and whose price has been told.
struct Priced {
    scene: String,
    site: Site,
    terminal: Option<Id>,
    request: serde_json::Value,
    quote: Quote,
    total: Money,
}

impl Desk {
    /// Prices a sale and stores the quote. Errors: `unknown_scene`, `not_found`, `terminal_off`, what the scene refuses.
    #[boxed]
    pub async fn quote(&self, who: &Who, key: &str, sale: Sale) -> Result<StoredQuote, Refusal> {
        who.need(Act::Sell)?;
        self.scene(&sale.scene)?;
        let once = Once::new(key, "quote", &sale)?;
        let currency = self.currency_of(who).await?;
        let (desk, who) = (self.clone(), who.clone());
        self.decide(who.merchant, move |view| {
            if let Some(made) = once.made(view)? {
                return view.need::<StoredQuote, Refusal>(made);
            }
            let priced = price(&desk, view, &who, &sale, currency)?;
            let quote = StoredQuote {
                id: view.id(),
                scene: priced.scene,
                site: priced.site.id,
                terminal: priced.terminal,
                request: Json(priced.request),
                lines: Json(priced.quote.lines),
                currency: priced.total.currency.code().to_owned(),
                total: priced.total.value,
                description: priced.quote.description,
                subject: priced.quote.subject,
                valid_until: priced.quote.valid_until.unwrap_or(view.now().plus(desk.settings.order_life)),
                created_at: view.now(),
                order: None,
            };
            view.add(quote.clone());
            once.record(view, quote.id);
            Ok(quote)
        })
        .await
    }

    /// Makes an order. Nothing due is legal and fulfils at once. Errors: as for [`Desk::quote`], and `quote_expired`, `subject_has_open_order`.
    #[boxed]
    pub async fn create_order(&self, who: &Who, key: &str, new: NewOrder) -> Result<Whole, Refusal> {
        who.need(Act::Sell)?;
        if let NewOrder::Sale(sale) = &new {
            self.scene(&sale.scene)?;
        }
        let currency = self.currency_of(who).await?;
        let once = Once::new(key, "order", &new)?;
        let (desk, who) = (self.clone(), who.clone());
        self.decide(who.merchant, move |view| {
            foresee::order(view, &who, &new);
            if let Some(made) = once.made(view)? {
                return whole(view, made);
            }
            let made = match &new {
                NewOrder::Sale(sale) => {
                    let priced = price(&desk, view, &who, sale, currency)?;
                    open_order(&desk, view, &who, priced)?
                }
                NewOrder::Quote(id) => {
                    let mut quote = view.need::<StoredQuote, Refusal>(*id)?;
                    let priced = from_quote(view, &quote)?;
                    let made = open_order(&desk, view, &who, priced)?;
                    quote.order = Some(made.order.id);
                    view.put(quote);
                    made
                }
            };
            once.record(view, made.order.id);
            Ok(made)
        })
        .await
    }

    /// The order with all of it. Error: `not_found`.
    #[boxed]
    pub async fn order(&self, who: &Who, id: Id) -> Result<Whole, Refusal> {
        who.need_or_payer(Act::Look, id)?;
        let merchant = who.merchant;
        let found = self.read(move |sql| read_whole(sql, merchant, id)).await?;
        found.ok_or_else(|| problems::NOT_FOUND.with(format!("no order {id}")))
    }

    /// Stops an unpaid order; its live attempts are closed at their channels, and money that comes all the same flows back (rule 1).
    /// Closing a closed order changes nothing. Error: `order_paid`.
    #[boxed]
    pub async fn close(&self, who: &Who, key: &str, id: Id) -> Result<Whole, Refusal> {
        trace::about(id, None);
        who.need(Act::Sell)?;
        let once = Once::new(key, "close", &id)?;
        self.decide(who.merchant, move |view| {
            if once.made(view)?.is_none() {
                let order = view.need::<Order, Refusal>(id)?;
                match order.state {
                    OrderState::Open => close_order(view, order, "closed")?,
                    OrderState::Closed => {}
                    _ => return Err(Stop::Refused((&problems::ORDER_PAID).into())),
                }
                once.record(view, id);
            }
            whole(view, id)
        })
        .await
    }

    /// Ends an order whose time is over, unless a payment of it is still being asked about. Answers when to look again.
    pub(crate) async fn expire(&self, merchant: Merchant, id: Id) -> Result<Option<Millis>, Refusal> {
        self.decide(merchant, move |view| {
            let Some(order) = view.get::<Order>(id)? else { return Ok(None) };
            if order.state != OrderState::Open {
                return Ok(None);
            }
            if order.expires_at > view.now() {
                return Ok(Some(order.expires_at));
            }
            if attempt::any_live(view, &order)? {
                return Ok(None); // the last of its attempts to end closes it
            }
            close_order(view, order, "expired")?;
            Ok(None)
        })
        .await
    }
}

/// The order with all of it, inside a decision.
pub(crate) fn whole(view: &mut View, id: Id) -> Ruled<Whole> {
    let order = view.need::<Order, Refusal>(id)?;
    let mut attempts = view.by::<AttemptsOfOrder>(id)?;
    let mut refunds = view.by::<RefundsOfOrder>(id)?;
    let mut fulfilments = view.by::<FulfilmentsOfOrder>(id)?;
    attempts.sort_by_key(|a| a.id);
    refunds.sort_by_key(|r| r.id);
    fulfilments.sort_by_key(|f| f.id);
    Ok(Whole { order, attempts, refunds, fulfilments })
}

/// The order with all of it, read beside the decisions. Every change of an order raises its version, so equal versions before and after
/// mean that nothing changed in between.
fn read_whole(sql: &mut Sql<'_>, merchant: Merchant, id: Id) -> Result<Option<Whole>, SqlError> {
    const OWN: &str = "where \"order\" = $1 and merchant = $2 order by id";
    let params: [&dyn Param; 2] = [&id, &merchant.0];
    let mut found = one_order(sql, &params)?;
    while let Some(order) = found {
        let attempts = rows_of(sql.rows(OWN, &params)?);
        let refunds = rows_of(sql.rows(OWN, &params)?);
        let fulfilments = rows_of(sql.rows(OWN, &params)?);
        let now = one_order(sql, &params)?;
        if now.as_ref().is_some_and(|n| n.version == order.version) {
            return Ok(Some(Whole { order, attempts, refunds, fulfilments }));
        }
        found = now;
    }
    Ok(None)
}

fn one_order(sql: &mut Sql<'_>, params: &[&dyn Param]) -> Result<Option<Order>, SqlError> {
    Ok(rows_of(sql.rows("where id = $1 and merchant = $2", params)?).pop())
}

fn rows_of<R>(rows: Vec<(Merchant, R)>) -> Vec<R> {
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The site and terminal of a sale. Errors: `not_found`, `invalid_request` when they do not fit, `terminal_off`.
fn place(view: &mut View, who: &Who, sale: &Sale) -> Ruled<(Site, Option<Terminal>)> {
    let terminal = match sale.terminal.or(who.terminal()) {
        Some(id) => Some(
            view.get::<Terminal>(id)?.ok_or_else(|| problems::NOT_FOUND.with(format!("no terminal {id}")))?,
        ),
        None => None,
    };
    if let Some(t) = &terminal
        && t.standing != Standing::On
    {
        return Err(Stop::Refused((&problems::TERMINAL_OFF).into()));
    }
    let site = match (sale.site, &terminal) {
        (Some(site), Some(t)) if t.site != site => {
            return Err(Stop::Refused(
                problems::INVALID_REQUEST
                    .with(format!("terminal {} stands at site {}, not {site}", t.id, t.site)),
            ));
        }
        (Some(site), _) => site,
        (None, Some(t)) => t.site,
        (None, None) => {
            return Err(Stop::Refused(problems::INVALID_REQUEST.with("name a site or a terminal")));
        }
    };
    let site = view.get::<Site>(site)?.ok_or_else(|| problems::NOT_FOUND.with(format!("no site {site}")))?;
    Ok((site, terminal))
}

fn price(desk: &Desk, view: &mut View, who: &Who, sale: &Sale, currency: Currency) -> Ruled<Priced> {
    let (site, terminal) = place(view, who, sale)?;
    let scene = desk.scene(&sale.scene)?;
    let ask = QuoteAsk { site: &site, terminal: terminal.as_ref(), currency, request: &sale.request };
    let quote = scene.quote(view, &ask)?;
    let amounts = quote.lines.iter().map(|l| l.amount);
    let total =
        Money::sum(quote.currency, amounts).map_err(|e| problems::INVALID_AMOUNT.with(e.to_string()))?;
    if total.value < 0 || total.value > desk.settings.max_amount {
        let limit = Money::new(desk.settings.max_amount, quote.currency);
        return Err(Stop::Refused(
            problems::INVALID_AMOUNT.with(format!("{total} is not between 0 and {limit}")),
        ));
    }
    let request = sale.request.clone();
    Ok(Priced { scene: sale.scene.clone(), site, terminal: terminal.map(|t| t.id), request, quote, total })
}

fn from_quote(view: &mut View, quote: &StoredQuote) -> Ruled<Priced> {
    if quote.valid_until <= view.now() || quote.order.is_some() {
        return Err(Stop::Refused((&problems::QUOTE_EXPIRED).into()));
    }
    let currency: Currency = quote
        .currency
        .parse()
        .map_err(|e: money::MoneyError| problems::INVALID_AMOUNT.with(e.to_string()))?;
    Ok(Priced {
        scene: quote.scene.clone(),
        site: view.need::<Site, Refusal>(quote.site)?,
        terminal: quote.terminal,
        request: quote.request.0.clone(),
        total: Money::new(quote.total, currency),
        quote: Quote {
            lines: quote.lines.0.clone(),
            currency,
            description: quote.description.clone(),
            subject: quote.subject.clone(),
            valid_until: Some(quote.valid_until),
        },
    })
}

fn open_order(desk: &Desk, view: &mut View, who: &Who, priced: Priced) -> Ruled<Whole> {
    let id = view.id();
    if let Some(subject) = &priced.quote.subject {
        claim_subject(view, &priced.scene, subject, id)?;
    }
    let now = view.now();
    let mut order = Order {
        id,
        site: priced.site.id,
        terminal: priced.terminal,
        operator: who.operator(),
        subject: priced.quote.subject,
        currency: priced.total.currency.code().to_owned(),
        due: priced.total.value,
        description: priced.quote.description,
        lines: Json(priced.quote.lines),
        request: Json(priced.request),
        secret: view.bytes(16),
        business_date: business_date(now, &priced.site.zone, priced.site.cut_off_minutes),
        created_at: now,
        expires_at: priced.quote.valid_until.unwrap_or(now.plus(desk.settings.order_life)),
        scene: priced.scene,
        state: OrderState::Open,
        paid: 0,
        refunded: 0,
        reserved: 0,
        kept: None,
        tries: 0,
        paid_at: None,
        closed_at: None,
        version: 1,
    };
    let mut fulfilments = Vec::new();
    if order.due == 0 {
        order.paid_at = Some(now);
        free_subject(view, &order)?;
        fulfilments = settle::hand_out(desk, view, &mut order)?;
    }
    view.add(order.clone());
    view.emit("order.created", id, serde_json::json!({"version": 1}));
    if order.state != OrderState::Open {
        view.emit("order.paid", id, serde_json::json!({"version": order.version}));
    } else if order.expires_at != now.plus(desk.settings.order_life) {
        view.job(store::NewJob {
            kind: crate::work::EXPIRE,
            subject: id,
            run_at: order.expires_at,
            priority: 0,
            payload: serde_json::Value::Null,
            held_for: None,
        });
    }
    Ok(Whole { order, attempts: Vec::new(), refunds: Vec::new(), fulfilments })
}

/// One open order a subject: the row is read first, so two at once cannot both win.
fn claim_subject(view: &mut View, scene: &str, subject: &str, order: Id) -> Ruled<()> {
    let name = format!("{scene}/{subject}");
    match view.get::<Subject>(name.clone())? {
        None => view.add(Subject { name, order: Some(order) }),
        Some(mut row) => {
            if let Some(open) = row.order {
                return Err(Stop::Refused(
                    problems::SUBJECT_HAS_ORDER.with(format!("order {open} is open for {subject}")),
                ));
            }
            row.order = Some(order);
            view.put(row);
        }
    }
    Ok(())
}

/// Frees the subject of an order that ended.
pub(crate) fn free_subject(view: &mut View, order: &Order) -> Ruled<()> {
    if let Some(subject) = &order.subject
        && let Some(mut row) = view.get::<Subject>(format!("{}/{subject}", order.scene))?
        && row.order == Some(order.id)
    {
        row.order = None;
        view.put(row);
    }
    Ok(())
}

/// Closes an open order and winds its live attempts down.
pub(crate) fn close_order(view: &mut View, mut order: Order, why: &'static str) -> Ruled<()> {
    attempt::wind_down(view, &order, None)?;
    free_subject(view, &order)?;
    order.state = OrderState::Closed;
    order.closed_at = Some(view.now());
    order.version += 1;
    view.emit("order.closed", order.id, serde_json::json!({"version": order.version, "why": why}));
    view.put(order);
    Ok(())
}
