//! Lists, searches and reports: ordinary reads beside the decisions.

use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::Serialize;
use store::{Event, Id, IdMaker, Merchant, Millis, Param, Sql, SqlError};

use crate::access::{Act, Actor, Who};
use crate::boxed;
use crate::dates::{business_date, day_bounds};
use crate::desk::{Desk, Whole};
use crate::problem::{Refusal, desk as problems};
use crate::retention;
use crate::rows::{Attempt, Entry, Order, OrderState, Refund};

/// Which orders to list.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// An id of an order, attempt or refund, a channel's number, or a part of the description; words are looked for in the newest
    /// five thousand orders before `to`.
    pub text: Option<String>,
    /// Only in this state.
    pub state: Option<OrderState>,
    /// Only of this site.
    pub site: Option<Id>,
    /// Only of this terminal.
    pub terminal: Option<Id>,
    /// Created from this moment on.
    pub from: Option<Millis>,
    /// Created before this moment.
    pub to: Option<Millis>,
    /// Only those with an automatic or failed refund, or a payment in doubt.
    pub needs_attention: bool,
    /// Older than this order: the cursor.
    pub after: Option<Id>,
    /// How many at most; 1 to 200.
    pub limit: u32,
}

/// An order's books and events.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// Ledger entries, oldest first.
    pub entries: Vec<Entry>,
    /// Events, oldest first.
    pub events: Vec<Event>,
}

/// Something an operator should look at.
#[derive(Clone, Debug, Serialize)]
pub struct Attention {
    /// `refund_automatic`, `refund_failed`, `refund_stuck`, `attempt_in_doubt`, `job_parked`.
    pub kind: String,
    /// The order it belongs to, if it does.
    pub order: Option<Id>,
    /// Why, as a stable word or the channel's own words.
    pub why: String,
    /// Since when.
    pub at: Millis,
}

/// What one channel brought today, in minor units.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelDay {
    /// The channel.
    pub channel: String,
    /// How many payments.
    pub count: i64,
    /// How much came in.
    pub gross: i64,
    /// How much of it went back.
    pub refunded: i64,
}

/// A merchant's day at a glance, in minor units.
#[derive(Clone, Debug, Serialize)]
pub struct Today {
    /// The local day.
    pub business_date: String,
    /// Orders made.
    pub orders: i64,
    /// Orders paid.
    pub paid_orders: i64,
    /// Money that came in.
    pub gross: i64,
    /// Money that went back.
    pub refunded: i64,
    /// By channel.
    pub by_channel: Vec<ChannelDay>,
    /// Payments under way.
    pub open_attempts: i64,
    /// Payments in doubt.
    pub in_doubt: i64,
    /// Refunds on their way.
    pub refunds_processing: i64,
    /// Refunds that failed.
    pub refunds_failed: i64,
    /// Jobs set aside.
    pub parked_jobs: i64,
    /// What to look at, newest first.
    pub attention: Vec<Attention>,
}

/// How far the time in an order's id may be ahead of its moment.
const AHEAD: Duration = Duration::from_secs(3600);

/// How many orders a search by words looks through: the newest, or the newest before the end of the asked time.
const SEARCHED: i64 = 5_000;

impl Desk {
    /// Orders, newest first. Error: `invalid_request` for a limit out of range.
    #[boxed]
    pub async fn orders(&self, who: &Who, filter: &OrderFilter) -> Result<Vec<Order>, Refusal> {
        who.need(Act::Look)?;
        if !(1..=200).contains(&filter.limit) {
            return Err(problems::INVALID_REQUEST.with("limit: 1 to 200"));
        }
        let (merchant, filter) = (who.merchant, filter.clone());
        self.read(move |sql| {
            if let Some(id) = filter.text.as_deref().and_then(|t| t.trim().to_uppercase().parse::<Id>().ok())
            {
                return order_of_any_id(sql, merchant, id);
            }
            list(sql, merchant, &filter)
        })
        .await
    }

    /// What happened, in order, after a number. The cursor never misses one (rule 10).
    #[boxed]
    pub async fn events(&self, who: &Who, after: i64, limit: u32) -> Result<Vec<Event>, Refusal> {
        who.need(Act::Look)?;
        let (merchant, limit) = (who.merchant, i64::from(limit.clamp(1, 1000)));
        let (rows, forgotten) = self
            .read(move |sql| {
                let rows = sql.rows::<Event>(
                    "where merchant = $1 and seq > $2 order by seq limit $3",
                    &[&merchant.0, &after, &limit],
                )?;
                let gap = rows.first().is_some_and(|(_, first)| first.seq != after + 1);
                let forgotten = if gap { retention::forgotten(sql, merchant)? } else { 0 };
                Ok((rows, forgotten))
            })
            .await?;
        if after > 0 && after < forgotten {
            let detail = format!("events up to {forgotten} are no longer kept");
            return Err(problems::CURSOR_TOO_OLD.with(detail));
        }
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// The books and events of one order.
    #[boxed]
    pub async fn timeline(&self, who: &Who, order: Id) -> Result<Timeline, Refusal> {
        who.need(Act::Look)?;
        let merchant = who.merchant;
        self.read(move |sql| {
            let entries = sql.rows::<Entry>(
                "where subject = $1 and merchant = $2 order by id limit 1000",
                &[&order, &merchant.0],
            )?;
            let events = sql.rows::<Event>(
                "where subject = $1 and merchant = $2 order by seq limit 1000",
                &[&order, &merchant.0],
            )?;
            Ok(Timeline {
                entries: entries.into_iter().map(|(_, row)| row).collect(),
                events: events.into_iter().map(|(_, row)| row).collect(),
            })
        })
        .await
    }

    /// The merchant's local day at a glance, by the first site's zone and cut-off (or the one named). Error: `not_found`.
    #[boxed]
    pub async fn today(&self, who: &Who, site: Option<Id>) -> Result<Today, Refusal> {
        who.need(Act::Look)?;
        let sites = self.sites(who).await?;
        let place = match site {
            Some(id) => Some(sites.iter().find(|s| s.id == id).ok_or(&problems::NOT_FOUND)?),
            None => sites.first(),
        };
        let (zone, cut) = place.map_or(("Asia/Shanghai", 0), |s| (s.zone.as_str(), s.cut_off_minutes));
        let date = business_date(self.now(), zone, cut);
        let (from, to) = day_bounds(&date, zone, cut)?;
        let merchant = who.merchant;
        self.read(move |sql| today(sql, merchant, site, date, from, to)).await
    }

    /// The order of a payer's address and who may look at it. Error: `not_found`, whatever part is wrong.
    #[boxed]
    pub async fn order_by_token(&self, token: &str) -> Result<(Who, Whole), Refusal> {
        let nothing = || problems::NOT_FOUND.with("this address belongs to no order");
        let (id, secret) = token.split_at_checked(13).ok_or_else(nothing)?;
        let id: Id = id.parse().map_err(|_| nothing())?;
        let rows = self.read(move |sql| sql.rows::<Order>("where id = $1", &[&id])).await?;
        let (merchant, order) = rows.into_iter().next().ok_or_else(nothing)?;
        let right = HEXLOWER.encode(&order.secret);
        if aws_lc_rs::constant_time::verify_slices_are_equal(right.as_bytes(), secret.as_bytes()).is_err() {
            return Err(nothing());
        }
        let who = Who { merchant, role: crate::rows::Role::Auditor, actor: Actor::Payer(id) };
        let whole = self.order(&who, id).await?;
        Ok((who, whole))
    }

    /// The secret part of a payer's address: the order's id and 128 random bits.
    pub fn token_of(&self, order: &Order) -> String {
        format!("{}{}", order.id, HEXLOWER.encode(&order.secret))
    }

    /// The payer's page of an order.
    pub fn pay_url(&self, order: &Order) -> String {
        format!("{}/p/{}", self.settings.base_url, self.token_of(order))
    }
}

fn order_of_any_id(sql: &mut Sql<'_>, merchant: Merchant, id: Id) -> Result<Vec<Order>, SqlError> {
    let mut order = id;
    if let Some((_, a)) =
        sql.rows::<Attempt>("where id = $1 and merchant = $2", &[&id, &merchant.0])?.into_iter().next()
    {
        order = a.order;
    } else if let Some((_, r)) =
        sql.rows::<Refund>("where id = $1 and merchant = $2", &[&id, &merchant.0])?.into_iter().next()
    {
        order = r.order;
    }
    let rows = sql.rows::<Order>("where id = $1 and merchant = $2", &[&order, &merchant.0])?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// A `where` that grows: conditions with their parameters in order of appearance.
struct Where<'a> {
    text: String,
    params: Vec<&'a dyn Param>,
}

impl<'a> Where<'a> {
    /// Adds a condition; `?` stands for the parameter.
    fn and(&mut self, condition: &str, param: &'a dyn Param) {
        self.params.push(param);
        let number = format!("${}", self.params.len());
        self.text.push_str(if self.text.is_empty() { "where " } else { " and " });
        self.text.push_str(&condition.replace('?', &number));
    }
}

fn list(sql: &mut Sql<'_>, merchant: Merchant, filter: &OrderFilter) -> Result<Vec<Order>, SqlError> {
    let mut by = Where { text: String::new(), params: Vec::new() };
    by.and("merchant = ?", &merchant.0);
    if let Some(after) = &filter.after {
        by.and("id < ?", after);
    }
    match &filter.state {
        // In so many words: there is a small index of these.
        Some(OrderState::Open) => by.text.push_str(" and state = 'open'"),
        Some(state) => by.and("state = ?", state),
        None => {}
    }
    if let Some(site) = &filter.site {
        by.and("site = ?", site);
    }
    if let Some(terminal) = &filter.terminal {
        by.and("terminal = ?", terminal);
    }
    // Ids are ordered by time, so they bound what is looked through; an id may run a little ahead of its order's moment.
    let oldest = filter.from.map(IdMaker::first_at);
    let newest = filter.to.map(|to| IdMaker::first_at(to.plus(AHEAD)));
    if let (Some(from), Some(oldest)) = (&filter.from, &oldest) {
        by.and("created_at >= ?", from);
        by.and("id >= ?", oldest);
    }
    if let (Some(to), Some(newest)) = (&filter.to, &newest) {
        by.and("created_at < ?", to);
        by.and("id < ?", newest);
    }
    let like = filter.text.as_deref().map(|t| format!("%{}%", t.trim().replace(['%', '_', '\\'], "")));
    let floor = match &like {
        Some(_) => oldest_searched(sql, merchant, newest.unwrap_or(Id(i64::MAX)))?,
        None => Id(0),
    };
    if let Some(like) = &like {
        by.and("id >= ?", &floor);
        // A channel's number has figures and no spaces; other words need no look at every payment.
        let numbered = like.contains(|c: char| c.is_ascii_digit()) && !like.contains(' ');
        let condition = if numbered {
            "(description like ? or exists (select 1 from attempts a \
             where a.\"order\" = orders.id and a.merchant = orders.merchant and a.channel_txn like ?))"
        } else {
            "description like ?"
        };
        by.and(condition, like);
    }
    if filter.needs_attention {
        // Few orders do, of many: they are found from their side. A payment in doubt has a job.
        by.text.push_str(
            " and id in (select r.\"order\" from refunds r where r.merchant = $1 and (r.state = 'failed' or r.cause <> 'requested') \
             union all select d.\"order\" from store_jobs j, attempts d where j.merchant = $1 and j.kind = 'attempt' and d.id = j.subject \
             and d.merchant = j.merchant and d.state = 'in_doubt')",
        );
    }
    let limit = i64::from(filter.limit);
    by.params.push(&limit);
    let text = format!("{} order by id desc limit ${}", by.text, by.params.len());
    let rows = sql.rows::<Order>(&text, &by.params)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn oldest_searched(sql: &mut Sql<'_>, merchant: Merchant, before: Id) -> Result<Id, SqlError> {
    let text = "select id from orders where merchant = $1 and id < $2 order by id desc limit 1 offset $3";
    let rows = sql.query(text, &[&merchant.0, &before, &SEARCHED])?;
    rows.first().map_or(Ok(Id(0)), |row| row.get(0))
}

fn today(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    site: Option<Id>,
    date: String,
    from: Millis,
    to: Millis,
) -> Result<Today, SqlError> {
    let (any, one) = (i64::from(site.is_none()), site.unwrap_or(Id(0)));
    // As in the list: ids are ordered by time and bound the scan.
    let (oldest, newest) = (IdMaker::first_at(from), IdMaker::first_at(to.plus(AHEAD)));
    let made = sql.query(
        "select count(*), count(paid_at) from orders where merchant = $1 and id >= $2 and id < $3 and created_at >= $4 and created_at < $5 \
         and ($6 = 1 or site = $7)",
        &[&merchant.0, &oldest, &newest, &from, &to, &any, &one],
    )?;
    let (orders, paid_orders) = match made.first() {
        Some(row) => (row.get::<i64>(0)?, row.get::<i64>(1)?),
        None => (0, 0),
    };
    let by_channel = channels_of_day(sql, merchant, site, &date)?;
    let refunded: i64 = by_channel.iter().map(|c| c.refunded).sum();
    let gross = by_channel.iter().map(|c| c.gross).sum();
    let count = |sql: &mut Sql<'_>, text: &str| -> Result<i64, SqlError> {
        sql.query(text, &[&merchant.0])?.first().map_or(Ok(0), |row| row.get(0))
    };
    Ok(Today {
        orders,
        paid_orders,
        gross,
        refunded,
        by_channel,
        open_attempts: count(
            sql,
            "select count(*) from attempts a, store_jobs j where j.merchant = $1 and j.kind = 'attempt' and a.id = j.subject and a.merchant = j.merchant and a.state = 'pending'",
        )?,
        in_doubt: count(
            sql,
            "select count(*) from attempts a, store_jobs j where j.merchant = $1 and j.kind = 'attempt' and a.id = j.subject and a.merchant = j.merchant and a.state = 'in_doubt'",
        )?,
        refunds_processing: count(
            sql,
            "select count(*) from refunds where merchant = $1 and state = 'processing'",
        )?,
        refunds_failed: count(sql, "select count(*) from refunds where merchant = $1 and state = 'failed'")?,
        parked_jobs: count(
            sql,
            "select count(*) from store_jobs where merchant = $1 and parked is not null",
        )?,
        attention: attention(sql, merchant)?,
        business_date: date,
    })
}

fn channels_of_day(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    site: Option<Id>,
    date: &str,
) -> Result<Vec<ChannelDay>, SqlError> {
    // An index of its own holds all that is added up here; only a site's part has to be looked up in the orders.
    let sums = "select a.channel, count(*), cast(sum(a.received) as bigint), cast(sum(a.refunded) as bigint) from attempts a";
    let which = "a.merchant = $1 and a.business_date = $2 and a.state = 'succeeded'";
    let rows = if let Some(site) = site {
        let text = format!(
            "{sums}, orders o where {which} and o.id = a.\"order\" and o.merchant = a.merchant and o.site = $3 \
             group by a.channel order by a.channel"
        );
        sql.query(&text, &[&merchant.0, &date, &site])?
    } else {
        let text = format!("{sums} where {which} group by a.channel order by a.channel");
        sql.query(&text, &[&merchant.0, &date])?
    };
    rows.iter()
        .map(|row| {
            Ok(ChannelDay {
                channel: row.get(0)?,
                count: row.get(1)?,
                gross: row.get(2)?,
                refunded: row.get(3)?,
            })
        })
        .collect()
}

fn attention(sql: &mut Sql<'_>, merchant: Merchant) -> Result<Vec<Attention>, SqlError> {
    let mut found = Vec::new();
    let refunds = sql.rows::<Refund>(
        "where merchant = $1 and (state = 'failed' or cause <> 'requested' or (state = 'processing' and advice is not null)) order by id desc limit 50",
        &[&merchant.0],
    )?;
    for (_, r) in refunds {
        let failed = r.state == crate::rows::RefundState::Failed;
        let stuck = r.state == crate::rows::RefundState::Processing && r.advice.is_some();
        let kind = match (failed, stuck) {
            (true, _) => "refund_failed",
            (_, true) => "refund_stuck",
            _ => "refund_automatic",
        };
        let why =
            if failed || stuck { r.channel_said.unwrap_or_default() } else { r.cause.as_str().to_owned() };
        found.push(Attention { kind: kind.to_owned(), order: Some(r.order), why, at: r.created_at });
    }
    let doubt = sql.query(
        "select a.\"order\", a.channel_said, a.created_at from attempts a, store_jobs j where j.merchant = $1 and j.kind = 'attempt' \
         and a.id = j.subject and a.merchant = j.merchant and a.state = 'in_doubt' order by a.id desc limit 50",
        &[&merchant.0],
    )?;
    for row in doubt {
        let why: Option<String> = row.get(1)?;
        found.push(Attention {
            kind: "attempt_in_doubt".to_owned(),
            order: row.get(0)?,
            why: why.unwrap_or_default(),
            at: row.get(2)?,
        });
    }
    let parked = sql.query(
        "select kind, parked, created_at from store_jobs where merchant = $1 and parked is not null order by id desc limit 50",
        &[&merchant.0],
    )?;
    for row in parked {
        let (kind, why): (String, String) = (row.get(0)?, row.get(1)?);
        found.push(Attention {
            kind: "job_parked".to_owned(),
            order: None,
            why: format!("{kind}: {why}"),
            at: row.get(2)?,
        });
    }
    found.sort_by_key(|a| std::cmp::Reverse(a.at));
    Ok(found)
}
