//! A connection to PostgreSQL with its prepared statements, and what its errors mean.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{MaybeDone, maybe_done};
use tokio::task::JoinHandle;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{Client, Error, Statement};

use super::tls::Target;
use crate::dialect::{Dialect, Texts, WRITER_SETTINGS};
use crate::sql::SqlError;

/// What an error means for a group.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// The connection is gone.
    Lost(String),
    /// Nothing happened; the same again may succeed.
    Again(String),
    /// It concerns the whole database, whatever the decision.
    Whole(String),
    /// Something in the group is at fault.
    Fault(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let Some(said) = error.as_db_error() else {
            let text = describe(&error);
            return if error.is_closed() || is_io(&error) {
                Trouble::Lost(text)
            } else {
                Trouble::Fault(text)
            };
        };
        let text = describe(&error);
        let code = said.code();
        if matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) {
            return Trouble::Lost(text);
        }
        let again = [
            &SqlState::T_R_SERIALIZATION_FAILURE,
            &SqlState::T_R_DEADLOCK_DETECTED,
            &SqlState::LOCK_NOT_AVAILABLE,
            &SqlState::QUERY_CANCELED,
        ];
        if again.contains(&code) {
            return Trouble::Again(text);
        }
        match &code.code()[..2] {
            "53" => Trouble::Whole(format!("the database has no room left: free disk or memory ({text})")),
            "58" | "XX" => Trouble::Whole(format!("the database server failed ({text})")),
            "25" => Trouble::Whole(format!("the database cannot be written: it is read-only ({text})")),
            _ => Trouble::Fault(text),
        }
    }
}

fn is_io(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if inner.is::<std::io::Error>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// What was said, with the cause behind it.
fn describe(error: &Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(said), _) => {
            let detail = said.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
            format!("{} {}{detail}", said.code().code(), said.message())
        }
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

impl From<Trouble> for SqlError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Lost(text) => SqlError::Gone(text),
            Trouble::Again(text) | Trouble::Whole(text) | Trouble::Fault(text) => SqlError::Engine(text),
        }
    }
}

pub(crate) fn sql_error(error: Error) -> SqlError {
    Trouble::from(error).into()
}

/// A connection.
pub(crate) struct Session {
    pub(crate) client: Client,
    driver: JoinHandle<()>,
    statements: HashMap<String, Statement>,
    pub(crate) texts: Texts,
    /// Whether the engine can bound how long a lock is waited for.
    pub(crate) limits_waits: bool,
}

impl Session {
    /// Connects. Must be called on the engine's own runtime.
    pub(crate) async fn connect(target: &Target) -> Result<Self, Trouble> {
        let (client, connection) = target.connect().await?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
        let (statements, texts) = (HashMap::new(), Texts::new(Dialect::Postgres));
        Ok(Session { client, driver, statements, texts, limits_waits: false })
    }

    /// Connects with the settings of a writer.
    pub(crate) async fn connect_writer(target: &Target) -> Result<Self, Trouble> {
        let mut session = Session::connect(target).await?;
        for setting in WRITER_SETTINGS {
            session.limits_waits |= session.set(setting).await && setting.contains("lock_timeout");
        }
        Ok(session)
    }

    /// Makes a setting, and tells whether the engine took it: those that only speak the protocol do not know them all. None is needed to be right.
    pub(crate) async fn set(&self, setting: &str) -> bool {
        let made = self.client.batch_execute(setting).await;
        if let Err(error) = &made {
            tracing::debug!(%error, setting, "a setting was refused");
        }
        made.is_ok()
    }

    /// The statement, prepared once.
    pub(crate) async fn prepare(&mut self, text: &str) -> Result<Statement, Trouble> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text).await?;
        self.statements.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    /// The server's process behind this connection; none where the engine does not say.
    pub(crate) async fn backend(&self) -> Option<i32> {
        self.client.query_one("select pg_backend_pid()", &[]).await.and_then(|row| row.try_get(0)).ok()
    }

    /// Ends somebody else's connection.
    pub(crate) async fn end(target: &Target, backend: i32) -> Result<(), Trouble> {
        let session = Session::connect(target).await?;
        session.client.query("select pg_terminate_backend($1)", &[&backend]).await?;
        session.close().await;
        Ok(())
    }

    /// Takes leave of the server.
    pub(crate) async fn close(self) {
        let Session { client, driver, .. } = self;
        drop(client);
        // A server that does not answer any more is left.
        let _ = tokio::time::timeout(Duration::from_millis(200), driver).await;
    }
}

/// Starts the futures in order, so that their requests are sent in this order, and waits for all.
pub(crate) async fn in_order<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut all: Vec<_> = futures.into_iter().map(|future| Box::pin(maybe_done(future))).collect();
    let started = std::future::poll_fn(|context| {
        for future in &mut all {
            let _ = future.as_mut().poll(context);
        }
        std::task::Poll::Ready(())
    });
    started.await;
    let mut results = Vec::with_capacity(all.len());
    for mut future in all {
        if !matches!(*future, MaybeDone::Done(_)) {
            pin!(future.as_mut()).await;
        }
        results.extend(future.as_mut().take_output());
    }
    results
}
