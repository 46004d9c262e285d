//! Reads on PostgreSQL: each reader is a thread with a connection of its own.

use futures_util::future::join;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::arrays::values;
use super::own_runtime;
use super::session::{Session, Trouble};
use super::tls::Target;
use crate::readers::Look;
use crate::sql::{Runner, Sql, SqlError, Value};

/// A reader and its connection, which is made when it is needed, and again when it was lost. The connection is driven by the reader's
/// own thread: an answer wakes nobody else first.
pub(crate) struct Reader {
    runtime: Runtime,
    target: Target,
    session: Option<Session>,
}

const BEGIN: &str = "begin isolation level repeatable read, read only";

impl Reader {
    /// A reader without a connection yet.
    pub(crate) fn new(target: Target) -> Result<Reader, SqlError> {
        Ok(Reader { runtime: own_runtime()?, target, session: None })
    }

    /// One look: everything in it sees the same moment.
    pub(crate) fn look(&mut self, look: Look) {
        let mut run = Running { reader: self, begun: false, failed: None };
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(&mut Sql::new(&mut run))));
        let begun = run.begun;
        if caught.is_err() {
            tracing::error!("a read panicked");
        }
        if begun
            && let Some(session) = &self.session
            && let Err(error) = self.runtime.block_on(session.client.batch_execute("rollback"))
        {
            tracing::debug!(%error, "a read ended with its connection");
            self.session = None;
        }
    }

    /// Begins with the first question: both are sent at once. A connection that turns out to be lost is made anew.
    async fn first(
        target: &Target,
        slot: &mut Option<Session>,
        text: &str,
        params: &[Value],
    ) -> Result<Vec<Row>, Trouble> {
        let mut again = slot.is_some();
        loop {
            let mut session = match slot.take() {
                Some(session) if !session.client.is_closed() => session,
                _ => Session::connect(target).await?,
            };
            match begin_with(&mut session, text, params).await {
                Err(Trouble::Lost(_)) if again => again = false,
                answer => {
                    *slot = Some(session);
                    return answer;
                }
            }
        }
    }
}

async fn begin_with(session: &mut Session, text: &str, params: &[Value]) -> Result<Vec<Row>, Trouble> {
    let statement = session.prepare(text).await?;
    let (begun, rows) = join(session.client.batch_execute(BEGIN), ask(session, &statement, params)).await;
    begun?;
    rows
}

struct Running<'r> {
    reader: &'r mut Reader,
    begun: bool,
    failed: Option<Trouble>,
}

impl Runner for Running<'_> {
    fn run(&mut self, text: &str, params: Vec<Value>) -> Result<Vec<Vec<Value>>, SqlError> {
        if let Some(trouble) = &self.failed {
            return Err(trouble.clone().into());
        }
        let Reader { runtime, target, session } = &mut *self.reader;
        let rows = match (self.begun, &mut *session) {
            (true, Some(session)) => runtime.block_on(query(session, text, &params)),
            _ => {
                let rows = runtime.block_on(Reader::first(target, session, text, &params));
                self.begun = true;
                self.failed = rows.as_ref().err().cloned();
                rows
            }
        };
        rows?.iter().map(values).collect()
    }
}

/// Runs a statement and gives its rows.
pub(crate) async fn query(session: &mut Session, text: &str, params: &[Value]) -> Result<Vec<Row>, Trouble> {
    let statement = session.prepare(text).await?;
    ask(session, &statement, params).await
}

async fn ask(session: &Session, statement: &Statement, params: &[Value]) -> Result<Vec<Row>, Trouble> {
    let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
    Ok(session.client.query(statement, &params).await?)
}
