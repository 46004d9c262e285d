//! The tables of a group, by row type.

use std::any::TypeId;

use crate::cache::{AnyTable, TableCache};
use crate::rows::Row;

#[derive(Default)]
pub(crate) struct Tables {
    all: Vec<(TypeId, Box<dyn AnyTable>)>,
}

impl Tables {
    /// The table of `R`, made on first use.
    pub(crate) fn of<R: Row>(&mut self) -> &mut TableCache<R> {
        let id = TypeId::of::<R>();
        let at = match self.all.iter().position(|(known, _)| *known == id) {
            Some(at) => at,
            None => {
                self.all.push((id, Box::new(TableCache::<R>::new())));
                self.all.len() - 1
            }
        };
        self.all[at].1.as_any().downcast_mut().expect("a table is kept under its own type")
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Box<dyn AnyTable>> {
        self.all.iter_mut().map(|(_, table)| table)
    }

    pub(crate) fn keep(&mut self) {
        self.iter_mut().for_each(|table| table.keep());
    }

    pub(crate) fn undo(&mut self) {
        self.iter_mut().for_each(|table| table.undo());
    }

    /// Describes what the running decision changed.
    pub(crate) fn describe(&self) -> String {
        let mut out = String::new();
        self.all.iter().for_each(|(_, table)| table.describe(&mut out));
        out
    }
}
