//! The bounded queue between callers and a writer.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::decision::{End, Ticket};

/// Decisions that wait, and tasks that want the writer for themselves.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    /// For writers that are asynchronous.
    pub(crate) notify: Notify,
    limit: usize,
}

struct State<T> {
    tickets: VecDeque<Arc<Ticket>>,
    tasks: VecDeque<T>,
    closed: bool,
}

/// What a writer does next.
pub(crate) enum Batch<T> {
    Group(Vec<Arc<Ticket>>),
    Task(T),
    Closed,
}

impl<T> Queue<T> {
    pub(crate) fn new(limit: usize) -> Self {
        let state = State { tickets: VecDeque::new(), tasks: VecDeque::new(), closed: false };
        Queue { state: Mutex::new(state), filled: Condvar::new(), notify: Notify::new(), limit }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a decision, or answers it at once: busy, or closed.
    pub(crate) fn push(&self, ticket: Ticket) {
        let mut state = self.state();
        if state.closed {
            drop(state);
            ticket.end(End::Broken("the store is closed".into()));
        } else if state.tickets.len() >= self.limit {
            drop(state);
            ticket.end(End::Busy);
        } else {
            state.tickets.push_back(Arc::new(ticket));
            drop(state);
            self.wake();
        }
    }

    /// How many decisions wait.
    pub(crate) fn len(&self) -> usize {
        self.state().tickets.len()
    }

    /// Puts decisions back in front, in their order.
    pub(crate) fn put_back(&self, tickets: Vec<Arc<Ticket>>) {
        let mut state = self.state();
        for ticket in tickets.into_iter().rev() {
            state.tickets.push_front(ticket);
        }
        drop(state);
        self.wake();
    }

    /// Takes a task, unless the queue is closed.
    pub(crate) fn push_task(&self, task: T) -> Result<(), T> {
        let mut state = self.state();
        if state.closed {
            return Err(task);
        }
        state.tasks.push_back(task);
        drop(state);
        self.wake();
        Ok(())
    }

    fn wake(&self) {
        self.filled.notify_one();
        self.notify.notify_one();
    }

    /// The next thing to do, if there is any. Tasks go first.
    pub(crate) fn try_take(&self, limit: usize) -> Option<Batch<T>> {
        Self::next(&mut self.state(), limit)
    }

    /// The next decision, and those behind it that are of the same merchant.
    pub(crate) fn try_take_merchant(&self, limit: usize) -> Option<Batch<T>> {
        let mut state = self.state();
        let Some(merchant) = state.tickets.front().map(|ticket| ticket.merchant) else {
            return Self::next(&mut state, limit);
        };
        let (mut taken, mut left) = (Vec::new(), VecDeque::new());
        for ticket in state.tickets.drain(..) {
            if ticket.merchant == merchant && taken.len() < limit {
                taken.push(ticket);
            } else {
                left.push_back(ticket);
            }
        }
        state.tickets = left;
        Some(Batch::Group(taken))
    }

    /// Waits for the next thing to do.
    pub(crate) fn take(&self, limit: usize) -> Batch<T> {
        let mut state = self.state();
        loop {
            if let Some(batch) = Self::next(&mut state, limit) {
                return batch;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn next(state: &mut State<T>, limit: usize) -> Option<Batch<T>> {
        if let Some(task) = state.tasks.pop_front() {
            return Some(Batch::Task(task));
        }
        let count = state.tickets.len().min(limit);
        if count > 0 {
            return Some(Batch::Group(state.tickets.drain(..count).collect()));
        }
        state.closed.then_some(Batch::Closed)
    }

    /// Takes nothing more; what waits is still done.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
        self.notify.notify_waiters();
        self.notify.notify_one();
    }
}
