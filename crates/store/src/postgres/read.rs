//! Reads on PostgreSQL: each reader is a thread with a connection of its own.

use tokio::runtime::Handle;
use tokio_postgres::types::ToSql;

use super::arrays::values;
use super::session::{Session, Trouble};
use super::tls::Target;
use crate::readers::Look;
use crate::sql::{Runner, Sql, SqlError, Value};

/// A reader's connection; made when it is needed, and again when it was lost.
pub(crate) struct Reader {
    pub(crate) runtime: Handle,
    pub(crate) target: Target,
    pub(crate) session: Option<Session>,
}

const BEGIN: &str = "begin isolation level repeatable read, read only";

impl Reader {
    /// One look: everything in it sees the same moment.
    pub(crate) fn look(&mut self, look: Look) {
        let mut begun = self.begin();
        if matches!(begun, Err(Trouble::Lost(_))) {
            self.session = None;
            begun = self.begin();
        }
        let mut run = Running { reader: self, failed: begun.err() };
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(&mut Sql::new(&mut run))));
        if caught.is_err() {
            tracing::error!("a read panicked");
        }
        if let Some(session) = &self.session
            && let Err(error) = self.runtime.block_on(session.client.batch_execute("rollback"))
        {
            tracing::debug!(%error, "a read ended with its connection");
            self.session = None;
        }
    }

    fn begin(&mut self) -> Result<(), Trouble> {
        let runtime = self.runtime.clone();
        runtime.block_on(async {
            if self.session.as_ref().is_none_or(|session| session.client.is_closed()) {
                self.session = Some(Session::connect(&self.target).await?);
            }
            match &self.session {
                Some(session) => Ok(session.client.batch_execute(BEGIN).await?),
                None => Ok(()),
            }
        })
    }
}

struct Running<'r> {
    reader: &'r mut Reader,
    failed: Option<Trouble>,
}

impl Runner for Running<'_> {
    fn run(&mut self, text: &str, params: Vec<Value>) -> Result<Vec<Vec<Value>>, SqlError> {
        if let Some(trouble) = &self.failed {
            return Err(trouble.clone().into());
        }
        let Some(session) = &mut self.reader.session else {
            return Err(SqlError::Gone("no connection".into()));
        };
        let rows = self.reader.runtime.block_on(query(session, text, &params))?;
        rows.iter().map(values).collect()
    }
}

/// Runs a statement and gives its rows.
pub(crate) async fn query(
    session: &mut Session,
    text: &str,
    params: &[Value],
) -> Result<Vec<tokio_postgres::Row>, Trouble> {
    let statement = session.prepare(text).await?;
    let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
    Ok(session.client.query(&statement, &params).await?)
}
