//! Posting: news by the endpoint's cursor, repetitions by their schedule, the breaker between them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use store::{Event, Id, Merchant, Millis};
use tokio::sync::watch;

use super::sign::{Signed, sign};
use crate::boxed;
use crate::desk::Desk;
use crate::problem::Refusal;
use crate::rows::{Delivery, Endpoint, Standing};
use crate::settle::short;

/// What became of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// Answered with this status.
    Answered(u16),
    /// No answer, and why.
    Silent(String),
}

impl Posted {
    const fn taken(&self) -> bool {
        matches!(self, Posted::Answered(200..=299))
    }

    /// Whether it says that the endpoint is away or unwell. Some refusals are about the event alone: the endpoint read it.
    const fn away(&self) -> bool {
        !self.taken() && !matches!(self, Posted::Answered(400 | 409 | 413 | 415 | 422))
    }

    fn words(&self) -> String {
        match self {
            Posted::Answered(status) => format!("answered {status}"),
            Posted::Silent(why) => short(why),
        }
    }
}

/// The network: posts a signed body to an address, with a time limit of its own and without following redirects.
#[async_trait::async_trait]
pub trait Post: Send + Sync {
    /// Posts.
    async fn post(&self, url: &str, headers: &Signed, body: String) -> Posted;
}

/// Waits before the sixteen repetitions, as the channels do it: 15 s … 6 h, 24 hours and four minutes in all.
const REPEATS: [u64; 16] =
    [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 10_800, 10_800, 21_600];
/// How many failures, with nothing taken between them, shut an endpoint.
const SHUT_AFTER: i64 = 8;
/// How long it is left alone then.
const SHUT_FOR: Duration = Duration::from_secs(300);
/// How many new events are posted side by side, and as many repetitions with them.
const BATCH: i64 = 32;
/// How long a sender holds an endpoint; longer than a post may take.
const HELD: Duration = Duration::from_secs(60);

impl Desk {
    /// Posts the merchants' events to their endpoints until told to stop. Any number of processes may run this on one database.
    #[boxed]
    pub async fn post_events(&self, network: Arc<dyn Post>, mut stopped: watch::Receiver<bool>) {
        let mut news = self.changes();
        while !*stopped.borrow() {
            if let Err(refusal) = self.post_round(&network).await {
                tracing::warn!(%refusal, "webhooks could not be posted; they will be");
            }
            tokio::select! {
                () = tokio::time::sleep(self.settings.webhook_look) => {}
                _ = news.recv() => tokio::time::sleep(Duration::from_millis(20)).await,
                _ = stopped.changed() => return,
            }
        }
    }

    /// Posts once what is due at every endpoint.
    pub(crate) async fn post_round(&self, network: &Arc<dyn Post>) -> Result<(), Refusal> {
        let now = self.now();
        let endpoints =
            self.read(|sql| sql.rows::<Endpoint>("where standing = 'on' order by id", &[])).await?;
        let free =
            |e: &Endpoint| e.held_until.is_none_or(|t| t <= now) && e.shut_until.is_none_or(|t| t <= now);
        let rounds = endpoints.into_iter().filter(|(_, e)| free(e)).map(|(merchant, endpoint)| {
            let (desk, network) = (self.clone(), network.clone());
            tokio::spawn(async move {
                // Most looks find nothing: they write nothing either.
                let (news, again) = desk.due(merchant, &endpoint, now, 1).await?;
                if news.is_empty() && again.is_empty() {
                    return Ok(());
                }
                desk.post_to(merchant, endpoint.id, &network).await
            })
        });
        for round in rounds.collect::<Vec<_>>() {
            if let Ok(Err(refusal)) = round.await {
                tracing::warn!(%refusal, "an endpoint could not be served");
            }
        }
        Ok(())
    }

    async fn post_to(&self, merchant: Merchant, id: Id, network: &Arc<dyn Post>) -> Result<(), Refusal> {
        loop {
            let now = self.now();
            // A shut endpoint is tried with one event first, and the oldest repetition: either may be one that it never takes.
            let Some(endpoint) = self.hold(merchant, id).await? else { return Ok(()) };
            let most = if endpoint.failures >= SHUT_AFTER { 1 } else { BATCH };
            let (news, again) = self.due(merchant, &endpoint, now, most).await?;
            if news.is_empty() && again.is_empty() {
                return self.release(merchant, &endpoint).await;
            }
            let posts = news.iter().chain(again.iter().map(|(_, event)| event)).map(|event| {
                let (network, endpoint, event) = (network.clone(), endpoint.clone(), event.clone());
                tokio::spawn(
                    async move { post_one(network.as_ref(), merchant, &endpoint, &event, now).await },
                )
            });
            let mut answers = Vec::new();
            for post in posts.collect::<Vec<_>>() {
                answers.push(post.await.unwrap_or_else(|e| Posted::Silent(e.to_string())));
            }
            let (of_news, of_again) = answers.split_at(news.len());
            let taken = answers.iter().any(Posted::taken);
            let news: Vec<(i64, Posted)> = news.iter().map(|e| e.seq).zip(of_news.iter().cloned()).collect();
            let again: Vec<(i64, Posted)> =
                again.iter().map(|(d, _)| d.seq).zip(of_again.iter().cloned()).collect();
            self.note(merchant, &endpoint, news, again).await?;
            if !taken {
                return Ok(());
            }
        }
    }

    /// Takes the endpoint for this process, unless another has it.
    async fn hold(&self, merchant: Merchant, id: Id) -> Result<Option<Endpoint>, Refusal> {
        self.decide(merchant, move |view| {
            let Some(mut row) = view.get::<Endpoint>(id)? else { return Ok(None) };
            let now = view.now();
            if row.standing != Standing::On
                || row.held_until.is_some_and(|t| t > now)
                || row.shut_until.is_some_and(|t| t > now)
            {
                return Ok(None);
            }
            row.held_until = Some(now.plus(HELD));
            view.put(row.clone());
            Ok(Some(row))
        })
        .await
    }

    async fn release(&self, merchant: Merchant, held: &Endpoint) -> Result<(), Refusal> {
        let (id, token) = (held.id, held.held_until);
        self.decide(merchant, move |view| {
            if let Some(mut row) = view.get::<Endpoint>(id)?.filter(|row| row.held_until == token) {
                row.held_until = None;
                view.put(row);
            }
            Ok(())
        })
        .await
    }

    /// The events after the cursor, and earlier ones whose repetition is due; at most so many of each.
    async fn due(
        &self,
        merchant: Merchant,
        endpoint: &Endpoint,
        now: Millis,
        most: i64,
    ) -> Result<(Vec<Event>, Vec<(Delivery, Event)>), Refusal> {
        let (id, cursor) = (endpoint.id, endpoint.cursor);
        self.read(move |sql| {
            let text =
                "where merchant = $1 and endpoint = $2 and parked = 0 and due_at <= $3 order by seq limit $4";
            let mut again = Vec::new();
            for (_, row) in sql.rows::<Delivery>(text, &[&merchant.0, &id, &now, &most])? {
                let event =
                    sql.rows::<Event>("where merchant = $1 and seq = $2", &[&merchant.0, &row.seq])?;
                again.extend(event.into_iter().map(|(_, event)| (row.clone(), event)));
            }
            let news = sql.rows::<Event>(
                "where merchant = $1 and seq > $2 order by seq limit $3",
                &[&merchant.0, &cursor, &most],
            )?;
            Ok((news.into_iter().map(|(_, event)| event).collect(), again))
        })
        .await
    }

    /// Writes the answers down: the cursor moves past all that was posted, what was not taken is repeated or parked.
    async fn note(
        &self,
        merchant: Merchant,
        held: &Endpoint,
        news: Vec<(i64, Posted)>,
        again: Vec<(i64, Posted)>,
    ) -> Result<(), Refusal> {
        let (id, from, token) = (held.id, held.cursor, held.held_until);
        self.decide(merchant, move |view| {
            let Some(mut row) = view.get::<Endpoint>(id)? else { return Ok(()) };
            let now = view.now();
            let all = || news.iter().chain(&again);
            // Whoever takes anything is well: what it does not take is about the event.
            let well = all().any(|(_, answer)| answer.taken());
            let away = all().filter(|(_, answer)| answer.away()).count();
            row.failures = if well { 0 } else { row.failures + i64::try_from(away).unwrap_or(i64::MAX) };
            for (seq, answer) in all() {
                let found = view.get::<Delivery>((id, *seq))?;
                if answer.taken() {
                    if found.is_some() {
                        view.remove::<Delivery>((id, *seq));
                    }
                    continue;
                }
                let mut delivery = found.unwrap_or(Delivery {
                    endpoint: id,
                    seq: *seq,
                    created_at: now,
                    tries: 0,
                    due_at: now,
                    parked: false,
                    said: None,
                });
                delivery.said = Some(answer.words());
                match usize::try_from(delivery.tries).ok().and_then(|n| REPEATS.get(n)) {
                    Some(wait) => delivery.due_at = now.plus(Duration::from_secs(*wait)),
                    None => delivery.parked = true,
                }
                delivery.tries += 1;
                view.put(delivery);
            }
            row.shut_until = (row.failures >= SHUT_AFTER).then(|| now.plus(SHUT_FOR));
            if row.held_until == token {
                row.held_until = None;
                if let Some((last, _)) = news.last()
                    && row.cursor == from
                {
                    row.cursor = *last;
                }
            } // else a replay was asked for meanwhile, to where the cursor stood perhaps: it stays where it was set
            view.put(row);
            Ok(())
        })
        .await
    }
}

async fn post_one(
    network: &dyn Post,
    merchant: Merchant,
    endpoint: &Endpoint,
    event: &Event,
    now: Millis,
) -> Posted {
    let mut data = event.data.0.clone();
    if let Some(fields) = data.as_object_mut() {
        fields.insert("seq".to_owned(), json!(event.seq));
        fields.insert("subject".to_owned(), json!(event.subject));
    }
    let body = json!({"type": event.kind, "timestamp": event.at, "data": data}).to_string();
    let id = format!("evt_{}_{}", merchant.0, event.seq);
    network.post(&endpoint.url, &sign(&endpoint.secret, &id, now, &body), body).await
}
