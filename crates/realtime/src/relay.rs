//! What the processes that share a database owe each other: which events of which project have been told in this one, and what
//! the others are to be told.
//!
//! Every project counts its events without holes. A process knows the place up to which all of them were told here, and which of its own came
//! after that; what lies between was written elsewhere and is still to be read. Word from the others names a project and a place, never
//! a content, and losing it loses nothing: the place says later what was missed. Nothing here grows with traffic: what
//! waits to be said is one place for each project, and a bounded number of marks of who types.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use signet_domain::{AgentId, ConversationId, ProjectId, VisitorId};
use tokio::sync::Notify;

/// Marks of who types that may wait to be said. They are worth nothing a moment later.
const TYPING: usize = 1_024;

/// Somebody types. Not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typing {
    /// An agent, in a conversation of this visitor.
    Agent {
        /// Whose conversation.
        visitor_id: VisitorId,
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        agent_id: AgentId,
    },
    /// A visitor.
    Visitor {
        /// In which project.
        project_id: ProjectId,
        /// Where, as the visitor's client says.
        conversation_id: ConversationId,
        /// Who.
        visitor_id: VisitorId,
    },
}

/// What the other processes are to be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// Projects in which this process wrote, and the place of the newest event.
    pub written: Vec<(ProjectId, i64)>,
    /// Who types.
    pub typing: Vec<Typing>,
}

/// How far the events of a project were told in this process.
#[derive(Debug, Default)]
struct Place {
    /// All up to here.
    told: i64,
    /// Own ones after that.
    ahead: BTreeSet<i64>,
}

impl Place {
    fn reach(&mut self, sequence: i64) {
        self.told = self.told.max(sequence);
        while let Some(first) = self.ahead.first().copied().filter(|first| *first <= self.told + 1) {
            self.ahead.remove(&first);
            self.told = self.told.max(first);
        }
    }
}

#[derive(Debug, Default)]
struct State {
    places: HashMap<ProjectId, Place>,
    written: HashMap<ProjectId, i64>,
    typing: VecDeque<Typing>,
}

/// See the module's description. Does nothing until [`Relay::begin`]: a process alone has nobody to tell.
#[derive(Debug, Default)]
pub struct Relay {
    begun: AtomicBool,
    state: Mutex<State>,
    news: Notify,
}

impl Relay {
    /// From now on there are others. `places` are the newest events of all projects, read while their word is listened to already: whoever
    /// watches from then on has read what came before.
    pub fn begin(&self, places: impl IntoIterator<Item = (ProjectId, i64)>) {
        let mut state = self.lock();
        for (project_id, told) in places {
            state.places.entry(project_id).or_default().reach(told);
        }
        self.begun.store(true, Ordering::Release);
    }

    /// This process has written an event, and tells its own watchers.
    pub fn wrote(&self, project_id: &ProjectId, sequence: i64) {
        if !self.begun.load(Ordering::Acquire) {
            return;
        }
        let mut state = self.lock();
        let place = state.places.entry(project_id.clone()).or_default();
        if sequence > place.told {
            place.ahead.insert(sequence);
            let told = place.told;
            place.reach(told);
        }
        let newest = state.written.entry(project_id.clone()).or_default();
        *newest = sequence.max(*newest);
        drop(state);
        self.news.notify_one();
    }

    /// Somebody types here.
    pub fn types(&self, typing: Typing) {
        if !self.begun.load(Ordering::Acquire) {
            return;
        }
        let mut state = self.lock();
        if state.typing.len() == TYPING {
            state.typing.pop_front();
        }
        state.typing.push_back(typing);
        drop(state);
        self.news.notify_one();
    }

    /// Waits until there is something to tell the others, and takes it. Cancel safe.
    pub async fn outgoing(&self) -> Outgoing {
        loop {
            let outgoing = {
                let mut state = self.lock();
                Outgoing {
                    written: state.written.drain().collect(),
                    typing: state.typing.drain(..).collect(),
                }
            };
            if outgoing != Outgoing::default() {
                return outgoing;
            }
            self.news.notified().await;
        }
    }

    /// A project has come as far as `reached`: after which place its events must be read, `None` if all of them were told here.
    pub fn behind(&self, project_id: &ProjectId, reached: i64) -> Option<i64> {
        let told = self.lock().places.get(project_id).map_or(0, |place| place.told);
        (told < reached).then_some(told)
    }

    /// An event was read. True if it is still to be told here; from now on it counts as told.
    pub fn read(&self, project_id: &ProjectId, sequence: i64) -> bool {
        let mut state = self.lock();
        let place = state.places.entry(project_id.clone()).or_default();
        let untold = sequence > place.told && !place.ahead.contains(&sequence);
        place.reach(sequence);
        untold
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one whole step, so a panic elsewhere left nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo() -> ProjectId {
        ProjectId::parse("demo").unwrap()
    }

    fn begun(told: i64) -> Relay {
        let relay = Relay::default();
        relay.begin([(demo(), told)]);
        relay
    }

    #[test]
    fn what_was_written_here_needs_no_reading() {
        let relay = begun(5);
        relay.wrote(&demo(), 6);
        assert_eq!(relay.behind(&demo(), 6), None);
        assert_eq!(relay.behind(&demo(), 7), Some(6));
    }

    #[test]
    fn what_lies_between_own_events_is_read_and_told_once() {
        let relay = begun(0);
        relay.wrote(&demo(), 3);
        relay.wrote(&demo(), 2);
        assert_eq!(relay.behind(&demo(), 4), Some(0));
        let told: Vec<bool> = (1..=4).map(|sequence| relay.read(&demo(), sequence)).collect();
        assert_eq!(told, [true, false, false, true]);
        assert_eq!(relay.behind(&demo(), 4), None);
        assert!(!relay.read(&demo(), 4), "a second reader");
        relay.wrote(&demo(), 4);
        assert_eq!(relay.behind(&demo(), 4), None, "news of an own commit that was read before");
    }

    #[test]
    fn a_project_made_later_begins_at_its_beginning() {
        assert_eq!(begun(5).behind(&ProjectId::parse("new").unwrap(), 2), Some(0));
    }

    #[tokio::test]
    async fn a_burst_is_one_word() {
        let relay = begun(0);
        for sequence in 1..=10_000 {
            relay.wrote(&demo(), sequence);
        }
        assert_eq!(relay.outgoing().await.written, [(demo(), 10_000)]);
        let typing = |number| Typing::Agent {
            visitor_id: VisitorId::from_uuid(uuid::Uuid::nil()),
            conversation_id: ConversationId::from_uuid(uuid::Uuid::from_u128(number)),
            agent_id: AgentId::from_uuid(uuid::Uuid::nil()),
        };
        for number in 0..2_000 {
            relay.types(typing(number));
        }
        let told = relay.outgoing().await;
        assert_eq!((told.typing.len(), told.typing.last()), (TYPING, Some(&typing(1_999))));
        relay.wrote(&demo(), 10_001);
        assert_eq!(relay.outgoing().await.written.len(), 1);
    }

    #[test]
    fn a_process_alone_keeps_nothing() {
        let relay = Relay::default();
        relay.wrote(&demo(), 1);
        assert!(relay.lock().places.is_empty());
    }
}
