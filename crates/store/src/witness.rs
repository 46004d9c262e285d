//! Whoever watches a store: told of every group after its commit and its answers, for metrics. It sees rows and changes nothing.

use crate::rows::Row;
use crate::tables::Tables;

/// Told of groups. It is called on the writer's thread, so it counts and does nothing that takes time.
pub trait Witness: Send + Sync {
    /// A group is durable.
    fn committed(&self, group: &mut Committed<'_>);
}

/// A group that is durable.
pub struct Committed<'g> {
    pub(crate) decisions: usize,
    pub(crate) tables: &'g mut Tables,
}

impl Committed<'_> {
    /// How many decisions were answered together.
    pub fn decisions(&self) -> usize {
        self.decisions
    }

    /// The rows of a table that the group wrote, each with what it was before.
    pub fn written<R: Row>(&mut self) -> impl Iterator<Item = (Option<&R>, &R)> {
        self.tables.of::<R>().written_over()
    }
}
