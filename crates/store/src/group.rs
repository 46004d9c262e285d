//! A group of decisions: run, told what to load, run again until none lacks anything, then ready to be written.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::cache::AnyTable;
use crate::changes::{Change, Event};
use crate::decision::{End, Ticket, Verdict};
use crate::jobs::JobRow;
use crate::value::{Json, Merchant, Millis};
use crate::view::{Tools, Trouble, View};
use crate::watch::Watch;
use crate::witness::Committed;

/// A decision that is not through after so many rounds of loading is broken.
const ROUND_LIMIT: u32 = 100;

pub(crate) struct Group {
    tickets: Vec<Arc<Ticket>>,
    ends: Vec<Option<End>>,
    view: View,
    tools: Arc<Tools>,
    rounds: u32,
}

impl Group {
    pub(crate) fn new(tickets: Vec<Arc<Ticket>>, tools: &Arc<Tools>) -> Self {
        let ends = vec![None; tickets.len()];
        Group { tickets, ends, view: View::new(tools.clone()), tools: tools.clone(), rounds: 0 }
    }

    pub(crate) fn tickets(&self) -> &[Arc<Ticket>] {
        &self.tickets
    }

    /// Runs every unfinished decision in order; true if none lacks anything any more.
    ///
    /// After the first decision of a merchant that lacks something, the later ones of that merchant only discover what
    /// they lack themselves: they run again once it has run, and see what it did.
    pub(crate) fn pass(&mut self, watch: &Watch) -> bool {
        self.rounds += 1;
        let mut waiting: HashSet<Merchant> = HashSet::new();
        for at in 0..self.tickets.len() {
            if self.ends[at].is_some() || watch.is_stale() {
                continue;
            }
            watch.enter(at);
            let merchant = self.tickets[at].merchant;
            let end = self.run(at);
            let stands = end.is_some() && !waiting.contains(&merchant);
            if stands && matches!(end, Some((_, true))) {
                self.view.keep();
            } else {
                self.view.undo();
            }
            match end {
                Some((end, _)) if stands => self.ends[at] = Some(end),
                _ if self.rounds >= ROUND_LIMIT => {
                    let text = format!("the decision lacks rows after {ROUND_LIMIT} rounds of loading");
                    self.ends[at] = Some(End::Broken(text));
                }
                _ => {
                    waiting.insert(merchant);
                }
            }
            watch.leave();
        }
        waiting.is_empty()
    }

    /// One run of one decision: how it ends and whether its changes stand, or `None` if it lacks something.
    fn run(&mut self, at: usize) -> Option<(End, bool)> {
        let ticket = self.tickets[at].clone();
        let end = self.run_once(&ticket);
        if self.tools.force_reruns && matches!(end, Some((End::Settled, _))) {
            let first = self.view.describe();
            self.view.undo();
            let again = self.run_once(&ticket);
            let second = self.view.describe();
            if !matches!(again, Some((End::Settled, _))) || first != second {
                let text = format!("the decision does not do the same at every run:\n{first}\n--\n{second}");
                return Some((End::Broken(text), false));
            }
            return again;
        }
        end
    }

    fn run_once(&mut self, ticket: &Ticket) -> Option<(End, bool)> {
        self.view.begin(ticket);
        let verdict = ticket.run(&mut self.view);
        match (self.view.leave(ticket), verdict) {
            ((_, Some(Trouble::TooSlow)), _) => Some((End::TooSlow, false)),
            ((_, Some(Trouble::Broken(text))), _) => Some((End::Broken(text), false)),
            // What a function makes of a row that is not loaded is not its word yet.
            ((true, None), _) | (_, Verdict::Missing) => None,
            (_, Verdict::Panicked(text)) => Some((End::Panicked(text), false)),
            (_, Verdict::Refused) => Some((End::Settled, false)),
            (_, Verdict::Done) => Some((End::Settled, true)),
        }
    }

    /// The tables, to load what is wanted and to write what has changed.
    pub(crate) fn tables(&mut self) -> impl Iterator<Item = &mut Box<dyn AnyTable>> {
        self.view.tables.iter_mut()
    }

    /// The merchants that have new events: their heads are needed.
    pub(crate) fn merchants_with_events(&self) -> BTreeSet<Merchant> {
        self.view.events.iter().map(|event| event.merchant).collect()
    }

    /// Numbers the new events after `heads` (the last number of each merchant), and moves the heads on.
    pub(crate) fn number_events(&mut self, heads: &mut BTreeMap<Merchant, i64>) -> Vec<Change> {
        let mut changes = Vec::with_capacity(self.view.events.len());
        for event in std::mem::take(&mut self.view.events) {
            let head = heads.entry(event.merchant).or_insert(0);
            *head += 1;
            let row = Event {
                seq: *head,
                at: event.at,
                kind: event.kind.to_owned(),
                subject: event.subject,
                data: Json(event.data),
            };
            changes.push(Change {
                merchant: event.merchant,
                seq: row.seq,
                kind: event.kind.into(),
                subject: row.subject,
            });
            self.view.tables.of::<Event>().log(event.merchant, row);
        }
        changes
    }

    /// When the first of the jobs that the group wrote is due.
    pub(crate) fn first_job(&mut self) -> Option<Millis> {
        self.view
            .tables
            .of::<JobRow>()
            .written()
            .filter(|job| job.parked.is_none())
            .map(|job| job.run_at)
            .min()
    }

    /// The group is durable (or had nothing to write): everyone is answered, and whoever watches is told.
    pub(crate) fn settle(mut self) {
        for (ticket, end) in self.tickets.iter().zip(self.ends) {
            ticket.end(end.unwrap_or_else(|| End::Broken("a decision was left unfinished".into())));
        }
        if let Some(witness) = &self.tools.witness {
            let decisions = self.tickets.len();
            witness.committed(&mut Committed { decisions, tables: &mut self.view.tables });
        }
    }

    /// The group came to nothing, or nobody knows: everyone is told so.
    pub(crate) fn fail(self, end: &End) {
        self.tickets.iter().for_each(|ticket| ticket.end(end.clone()));
    }
}
