//! Keeping an edge and its centre of one mind: the edge's facts go up, the centre's stays and set-up come down, once a second while the
//! centre can be reached. Cursors are in the edge's database, so a restart goes on where it was.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::routing::get;
use desk::Desk;
use scenes::parking::edge::Told;
use scenes::parking::edge::feed::Has;
use scenes::parking::edge::gather::{Gathered, gather};
use scenes::parking::edge::mirror::{self, CURSOR, FROM, PLACES, TOLD};
use serde_json::{Value, json};
use store::{Merchant, Millis};

use super::centre::{Away, Centre};
use crate::out::{Outcome, While as _, note};
use crate::stop::{self, Stop};

/// Between two rounds while all is well.
const ROUND: Duration = Duration::from_secs(1);
/// The longest wait for a centre that does not answer.
const LONGEST: Duration = Duration::from_secs(15);
/// The set-up is compared so often: it changes seldom, and the centre reads all of it to know.
const SET_UP: Duration = Duration::from_secs(5);
/// Events read at once.
const EVENTS: i64 = 200;
/// Facts are told in messages of about this size, in bytes.
const MESSAGE: usize = 1024 * 1024;

/// How it stands, for whoever asks.
#[derive(Clone, Debug, Default)]
struct Standing {
    heard_at: Option<Millis>,
    trouble: Option<String>,
    waiting: bool,
    /// When the set-up was last compared.
    set_up_at: Option<Millis>,
}

/// The exchange with the centre.
#[derive(Clone)]
pub(super) struct Sync {
    desk: Desk,
    centre: Arc<Centre>,
    standing: Arc<Mutex<Standing>>,
}

impl Sync {
    pub(super) fn new(desk: Desk, centre: Arc<Centre>) -> Sync {
        Sync { desk, centre, standing: Arc::default() }
    }

    /// Whether this database has belonged to a site before.
    pub(super) async fn knows_its_site(&self) -> Outcome<bool> {
        Ok(self.merchant().await.during("reading the database")?.is_some())
    }

    async fn merchant(&self) -> Result<Option<Merchant>, desk::Refusal> {
        Ok(self.desk.merchants().await?.first().map(|row| Merchant(row.id)))
    }

    /// Asks until the centre has told whose site this is; an edge that knows nothing can decide nothing.
    pub(super) async fn first_time(&self, stop: Stop) -> Outcome {
        let asking = async {
            let mut wait = ROUND;
            loop {
                match self.round().await {
                    Ok(_) => return Ok(()),
                    Err(away @ Away::Refused { .. }) => return Err(away).during("asking for the site"),
                    Err(away) => note(format_args!("saoma edge: {away}; asking again")),
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST);
            }
        };
        tokio::select! {
            done = asking => done,
            () = stop::asked(stop) => Ok(()),
        }
    }

    /// Goes on until the process stops.
    pub(super) async fn keep(self, stop: Stop) {
        let mut wait = ROUND;
        while !*stop.borrow() {
            match self.round().await {
                Ok(more) => wait = if more { Duration::ZERO } else { ROUND },
                Err(away) => {
                    tracing::warn!(%away, "the exchange with the centre failed");
                    let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
                    standing.trouble = Some(away.to_string());
                    wait = (wait * 2).clamp(ROUND, LONGEST);
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Tells what happened, then asks what is new. Facts go first, so that what comes back knows of them. Answers whether more waits.
    async fn round(&self) -> Result<bool, Away> {
        let mut more = false;
        if let Some(merchant) = self.merchant().await.map_err(|refusal| own(&refusal))? {
            more |= self.tell(merchant).await?;
        }
        more |= self.ask().await?;
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        standing.heard_at = Some(self.desk.now());
        (standing.trouble, standing.waiting) = (None, more);
        Ok(more)
    }

    async fn tell(&self, merchant: Merchant) -> Result<bool, Away> {
        let told = mirror::mark(&self.desk, merchant, TOLD).await.map_err(|refusal| own(&refusal))?;
        let after: i64 = told.and_then(|text| text.parse().ok()).unwrap_or(0);
        let Gathered { facts, upto, more } =
            gather(&self.desk, merchant, after, EVENTS).await.map_err(|refusal| own(&refusal))?;
        if upto == after {
            return Ok(false);
        }
        for (part, message) in messages(&facts).into_iter().enumerate() {
            // Each message has a name of its own; the facts in it have too.
            self.centre.tell(message, upto * 1000 + i64::try_from(part).unwrap_or(999)).await?;
        }
        mirror::set_mark(&self.desk, merchant, TOLD, upto.to_string())
            .await
            .map_err(|refusal| own(&refusal))?;
        Ok(more)
    }

    async fn ask(&self) -> Result<bool, Away> {
        let mut has = Has::default();
        if let Some(merchant) = self.merchant().await.map_err(|refusal| own(&refusal))? {
            let mark =
                async |name| mirror::mark(&self.desk, merchant, name).await.map_err(|refusal| own(&refusal));
            has.cursor = mark(CURSOR).await?.and_then(|text| text.parse().ok());
            has.from = mark(FROM).await?.and_then(|text| text.parse().ok());
            if self.set_up_is_due() {
                has.places = Some(mark(PLACES).await?.unwrap_or_default());
            }
        } else {
            has.places = Some(String::new());
        }
        let feed = self.centre.feed(&has).await?;
        let merchant = match (&feed.places, self.merchant().await.map_err(|refusal| own(&refusal))?) {
            (Some(places), _) => places.merchant,
            (None, Some(merchant)) => merchant,
            (None, None) => return Err(Away::Silent("it told no site".to_owned())),
        };
        mirror::apply(&self.desk, merchant, &feed).await.map_err(|refusal| own(&refusal))?;
        if has.places.is_some() {
            self.standing.lock().unwrap_or_else(PoisonError::into_inner).set_up_at = Some(self.desk.now());
        }
        Ok(feed.more)
    }

    /// Whether it is time to compare the set-up again.
    fn set_up_is_due(&self) -> bool {
        let standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        standing.set_up_at.is_none_or(|at| self.desk.now().since(at) >= SET_UP)
    }

    /// How the exchange stands, at `/edge`.
    pub(super) fn status(&self) -> axum::Router {
        let sync = self.clone();
        axum::Router::new().route("/edge", get(move || async move { Json(sync.told()) }))
    }

    fn told(&self) -> Value {
        let standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        json!({
            "centre_heard_at": standing.heard_at,
            "trouble": standing.trouble,
            "more_waiting": standing.waiting,
        })
    }
}

/// The edge's own database did not answer.
fn own(refusal: &desk::Refusal) -> Away {
    Away::Silent(format!("this edge's own database: {refusal}"))
}

/// Facts in messages of a bearable size.
fn messages(facts: &[Told]) -> Vec<&[Told]> {
    let mut messages = Vec::new();
    let (mut from, mut size) = (0, 0);
    for (at, fact) in facts.iter().enumerate() {
        let length = serde_json::to_string(fact).map_or(0, |text| text.len());
        if at > from && size + length > MESSAGE {
            messages.push(&facts[from..at]);
            (from, size) = (at, 0);
        }
        size += length;
    }
    if from < facts.len() {
        messages.push(&facts[from..]);
    }
    messages
}
