//! Hands events to the observer in the order of their sequence, although they commit on many connections.
//!
//! A project's counter is locked from the moment a body takes a number until its transaction ends, so numbers commit in
//! order and without holes; but the news of two commits can reach this process the other way round. A number that a
//! body of this process has taken therefore holds back later ones until its own end is known. Whoever took a later
//! number proves that the earlier transaction is over, so the wait is short. Numbers of other processes are not waited
//! for: observers that see a hole read the log.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use signet_domain::{Event, ProjectId};

use crate::CommitObserver;

/// The numbers that bodies of this process hold, by project, with the events of those that committed out of turn.
pub(crate) struct Order {
    observer: Arc<dyn CommitObserver>,
    held: Mutex<HashMap<ProjectId, BTreeMap<i64, Option<Event>>>>,
}

impl Order {
    pub(crate) fn new(observer: Arc<dyn CommitObserver>) -> Arc<Self> {
        Arc::new(Self { observer, held: Mutex::default() })
    }

    /// Settles numbers: with an event if it committed, without if it did not. Hands on whatever is now next in turn.
    fn settle(&self, numbers: Vec<(ProjectId, i64)>, events: Vec<Event>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for (project_id, sequence) in &numbers {
            if let Some(project) = held.get_mut(project_id) {
                project.remove(sequence);
            }
        }
        let mut projects: Vec<ProjectId> = numbers.into_iter().map(|(project_id, _)| project_id).collect();
        for event in events {
            let project = held.entry(event.project_id.clone()).or_default();
            project.insert(event.sequence, Some(event));
        }
        projects.dedup();
        let mut ready = Vec::new();
        for project_id in projects {
            if let Some(project) = held.get_mut(&project_id) {
                while let Some(first) = project.first_entry().filter(|first| first.get().is_some()) {
                    ready.extend(first.remove());
                }
                if project.is_empty() {
                    held.remove(&project_id);
                }
            }
        }
        // The observer is called under the lock, or two threads could overtake each other here. It must not block.
        if !ready.is_empty() && catch_unwind(AssertUnwindSafe(|| self.observer.committed(ready))).is_err() {
            tracing::error!("the observer of commits panicked");
        }
    }
}

/// The numbers one body has taken. Dropped without [`Registered::committed`], they are given up.
pub(crate) struct Registered {
    order: Arc<Order>,
    numbers: std::cell::RefCell<Vec<(ProjectId, i64)>>,
}

impl Registered {
    pub(crate) fn new(order: Arc<Order>) -> Self {
        Self { order, numbers: std::cell::RefCell::default() }
    }

    /// Notes a number that the body has just taken, before anybody can take the next.
    pub(crate) fn add(&self, project_id: &ProjectId, sequence: i64) {
        self.numbers.borrow_mut().push((project_id.clone(), sequence));
        let mut held = self.order.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.entry(project_id.clone()).or_default().insert(sequence, None);
    }

    /// The transaction is durable: its events are due.
    pub(crate) fn committed(&self, events: Vec<Event>) {
        self.order.settle(self.numbers.take(), events);
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let numbers = self.numbers.take();
        if !numbers.is_empty() {
            self.order.settle(numbers, Vec::new());
        }
    }
}
