//! News between processes: each tells the others by NOTIFY of which merchants it wrote events, and looks itself now and
//! then in case a message was lost. Sent after the commit: inside it, NOTIFY would make all commits wait for one another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_postgres::{AsyncMessage, Client};

use super::session::sql_error;
use super::tls::Target;
use crate::changes::{Change, Hub};
use crate::dialect::{EVENTS_AFTER, HEADS};
use crate::sql::SqlError;
use crate::value::{Id, Merchant};

const CHANNEL: &str = "store_events";
/// A process looks at all merchants this often, whatever it was told.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Commits of so long are told of together.
const GATHER: Duration = Duration::from_millis(5);
/// More merchants than this are not listed (a message has 8000 bytes): look at all.
const LISTED: usize = 200;

pub(crate) struct News {
    pub(crate) target: Target,
    pub(crate) hub: Arc<Hub>,
    /// This process in messages, so that it does not listen to itself.
    pub(crate) instance: String,
    /// What this process committed.
    pub(crate) outbox: UnboundedReceiver<(Merchant, i64)>,
}

/// What the loop waits for.
enum Wake {
    Wrote(Merchant, i64),
    Told(String),
    Lagging,
    Look,
    Closed,
    Lost,
}

impl News {
    /// Works until the store closes, through lost connections.
    pub(crate) async fn run(mut self) {
        let mut wait = Duration::from_millis(50);
        loop {
            let (told, inbox) = unbounded_channel();
            match self.connect(told).await {
                Ok(client) => {
                    wait = Duration::from_millis(50);
                    match self.serve(&client, inbox).await {
                        Ok(()) => return,
                        Err(error) => tracing::warn!(%error, "news from other processes is interrupted"),
                    }
                }
                Err(error) => tracing::debug!(%error, "no news from other processes yet"),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(2));
            if self.outbox.is_closed() && self.outbox.is_empty() {
                return;
            }
        }
    }

    async fn connect(&self, told: UnboundedSender<String>) -> Result<Client, SqlError> {
        let (client, mut connection) = self.target.connect().await.map_err(sql_error)?;
        tokio::spawn(async move {
            loop {
                match std::future::poll_fn(|context| connection.poll_message(context)).await {
                    Some(Ok(AsyncMessage::Notification(note))) => {
                        // The listener is gone only when the connection is to end.
                        let _ = told.send(note.payload().to_owned());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                }
            }
        });
        client.batch_execute(&format!("listen {CHANNEL}")).await.map_err(sql_error)?;
        Ok(client)
    }

    async fn serve(&mut self, client: &Client, mut inbox: UnboundedReceiver<String>) -> Result<(), SqlError> {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let wake = tokio::select! {
                wrote = self.outbox.recv() => wrote.map_or(Wake::Closed, |(m, seq)| Wake::Wrote(m, seq)),
                told = inbox.recv() => told.map_or(Wake::Lost, Wake::Told),
                () = self.hub.lagging.notified() => Wake::Lagging,
                _ = looks.tick() => Wake::Look,
            };
            match wake {
                Wake::Wrote(merchant, seq) => self.announce(client, merchant, seq).await?,
                Wake::Told(text) => self.told(client, &text).await?,
                Wake::Lagging => self.read_on(client, self.hub.behind()).await?,
                Wake::Look => self.look(client).await?,
                Wake::Closed => return Ok(()),
                Wake::Lost => return Err(SqlError::Gone("the connection ended".into())),
            }
        }
    }

    /// Tells the others of this commit and of those right after it.
    async fn announce(&mut self, client: &Client, merchant: Merchant, seq: i64) -> Result<(), SqlError> {
        tokio::time::sleep(GATHER).await;
        let mut heads = BTreeMap::from([(merchant, seq)]);
        while let Ok((merchant, seq)) = self.outbox.try_recv() {
            let head = heads.entry(merchant).or_insert(seq);
            *head = seq.max(*head);
        }
        let mut text = self.instance.clone();
        if heads.len() <= LISTED {
            for (Merchant(Id(merchant)), seq) in heads {
                text += &format!(" {merchant}:{seq}");
            }
        }
        client.execute("select pg_notify($1, $2)", &[&CHANNEL, &text]).await.map(|_| ()).map_err(sql_error)
    }

    async fn told(&self, client: &Client, text: &str) -> Result<(), SqlError> {
        let mut words = text.split(' ');
        if words.next() == Some(self.instance.as_str()) {
            return Ok(());
        }
        let heads: Vec<(Merchant, i64)> = words
            .filter_map(|word| {
                let (merchant, seq) = word.split_once(':')?;
                Some((Merchant(Id(merchant.parse().ok()?)), seq.parse().ok()?))
            })
            .collect();
        if heads.is_empty() {
            self.look(client).await
        } else {
            self.read_on(client, self.hub.unread(&heads)).await
        }
    }

    /// Looks at all merchants. Before the tables exist there is nothing to see.
    async fn look(&self, client: &Client) -> Result<(), SqlError> {
        let rows = match client.query(HEADS, &[]).await {
            Ok(rows) => rows,
            Err(error) if error.as_db_error().is_some() => return Ok(()),
            Err(error) => return Err(sql_error(error)),
        };
        let heads: Vec<_> = rows.iter().map(|row| (Merchant(Id(row.get(0))), row.get::<_, i64>(1))).collect();
        if self.hub.has_start() {
            self.read_on(client, self.hub.unread(&heads)).await
        } else {
            self.hub.start_from(heads);
            Ok(())
        }
    }

    async fn read_on(&self, client: &Client, after: Vec<(Merchant, i64)>) -> Result<(), SqlError> {
        for (Merchant(Id(merchant)), seq) in after {
            let rows = client.query(EVENTS_AFTER, &[&merchant, &seq]).await.map_err(sql_error)?;
            let change = |row: &tokio_postgres::Row| Change {
                merchant: Merchant(Id(row.get(0))),
                seq: row.get(1),
                kind: row.get::<_, &str>(2).into(),
                subject: Id(row.get(3)),
            };
            self.hub.tell(rows.iter().map(change).collect());
        }
        Ok(())
    }
}
