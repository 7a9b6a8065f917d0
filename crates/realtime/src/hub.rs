//! The hub: topics of this process and their subscribers.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use signet_domain::{ConversationId, Event, ProjectId, SessionId, VisitorId};
use tokio::sync::mpsc;

use crate::Relay;

/// What can be watched.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Topic {
    /// Everything in a project, for its agents.
    Project(ProjectId),
    /// Everything that concerns a visitor, for their own sockets.
    Visitor(VisitorId),
}

/// A stored event on its way to readers, with room for its encoded form so that it is encoded once.
#[derive(Debug)]
pub struct Published {
    /// What happened.
    pub event: Event,
    visitor_frames: OnceLock<Vec<Bytes>>,
}

impl Published {
    /// Wraps a stored event.
    pub fn new(event: Event) -> Self {
        Self { event, visitor_frames: OnceLock::new() }
    }

    /// The frames a visitor's socket sends for it, encoded by the first reader and shared by the others.
    pub fn visitor_frames(&self, encode: impl FnOnce(&Event) -> Vec<Bytes>) -> &[Bytes] {
        self.visitor_frames.get_or_init(|| encode(&self.event))
    }
}

/// What a subscriber may hear.
#[derive(Clone, Debug)]
pub enum Signal {
    /// A stored event.
    Event(Arc<Published>),
    /// Another process stored something of this visitor's: to be read from the database.
    Written {
        /// Where.
        conversation_id: ConversationId,
        /// The new entry, if there is one.
        sequence: Option<i64>,
    },
    /// An agent types. Not stored.
    AgentTyping {
        /// Where.
        conversation_id: ConversationId,
        /// The name visitors see.
        name: Arc<str>,
    },
    /// The visitor types. Not stored.
    VisitorTyping {
        /// Where, as the visitor's client says.
        conversation_id: ConversationId,
        /// Who.
        visitor_id: VisitorId,
    },
    /// A visitor session ended: its sockets must close.
    SessionEnded(SessionId),
    /// Every session under this visitor id ended.
    VisitorEnded,
}

/// The next thing a subscriber receives.
#[derive(Debug)]
pub enum Received {
    /// A signal.
    Signal(Signal),
    /// The queue overflowed; signals were dropped. Resume from the cursor or close.
    TooSlow,
    /// The hub was closed: the process is going down.
    Closed,
}

/// Signals a subscriber may have waiting before it counts as too slow.
const QUEUE: usize = 256;
const SHARDS: usize = 64;

#[derive(Debug)]
struct Subscriber {
    id: u64,
    sender: mpsc::Sender<Signal>,
    overflowed: Arc<AtomicBool>,
}

type Shard = HashMap<Topic, Vec<Subscriber>>;

/// Topics and their subscribers. Share it in an [`Arc`].
#[derive(Debug)]
pub struct Hub {
    shards: Vec<Mutex<Shard>>,
    next_id: AtomicU64,
    relay: Relay,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            next_id: AtomicU64::new(0),
            relay: Relay::default(),
        }
    }
}

impl Hub {
    /// Watches a topic from now on. Dropping the subscription ends it.
    pub fn subscribe(self: &Arc<Self>, topic: Topic) -> Subscription {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let overflowed = Arc::new(AtomicBool::new(false));
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.shard(&topic).entry(topic.clone()).or_default().push(Subscriber {
            id,
            sender,
            overflowed: Arc::clone(&overflowed),
        });
        Subscription { hub: Arc::clone(self), topic, id, receiver, overflowed }
    }

    /// Hands a signal to everybody who watches the topic. Never waits.
    pub fn publish(&self, topic: &Topic, signal: &Signal) {
        let mut shard = self.shard(topic);
        let Some(subscribers) = shard.get_mut(topic) else { return };
        // A full queue ends the subscription: its reader drains what is there and then learns that it was too slow.
        subscribers.retain(|subscriber| match subscriber.sender.try_send(signal.clone()) {
            Ok(()) => true,
            Err(_) => {
                subscriber.overflowed.store(true, Ordering::Release);
                metrics::counter!("signet_realtime_overflows_total").increment(1);
                false
            }
        });
        if subscribers.is_empty() {
            shard.remove(topic);
        }
    }

    /// What this process owes the others that share its database.
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Whether anybody watches the topic.
    pub fn is_watched(&self, topic: &Topic) -> bool {
        self.shard(topic).contains_key(topic)
    }

    /// How many subscriptions there are, for metrics and tests.
    pub fn subscriptions(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).values().map(Vec::len).sum::<usize>()).sum()
    }

    /// Ends every subscription: readers get [`Received::Closed`] after what waits.
    pub fn close(&self) {
        for shard in &self.shards {
            lock(shard).clear();
        }
    }

    fn shard(&self, topic: &Topic) -> MutexGuard<'_, Shard> {
        let mut hasher = DefaultHasher::new();
        topic.hash(&mut hasher);
        lock(&self.shards[hasher.finish() as usize % SHARDS])
    }

    fn unsubscribe(&self, topic: &Topic, id: u64) {
        let mut shard = self.shard(topic);
        if let Some(subscribers) = shard.get_mut(topic) {
            subscribers.retain(|subscriber| subscriber.id != id);
            if subscribers.is_empty() {
                shard.remove(topic);
            }
        }
    }
}

/// A panic while a shard was locked can only have happened between two whole operations on the map, so going on is sound.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in a topic's audience.
#[derive(Debug)]
pub struct Subscription {
    hub: Arc<Hub>,
    topic: Topic,
    id: u64,
    receiver: mpsc::Receiver<Signal>,
    overflowed: Arc<AtomicBool>,
}

impl Subscription {
    /// Waits for the next signal. Cancel safe.
    pub async fn receive(&mut self) -> Received {
        match self.receiver.recv().await {
            Some(signal) => Received::Signal(signal),
            None if self.overflowed.load(Ordering::Acquire) => Received::TooSlow,
            None => Received::Closed,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.unsubscribe(&self.topic, self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic() -> Topic {
        Topic::Visitor(VisitorId::from_uuid(uuid::Uuid::from_u128(1)))
    }

    #[tokio::test]
    async fn signals_reach_those_who_watch_and_nobody_else() {
        let hub = Arc::new(Hub::default());
        let mut watching = hub.subscribe(topic());
        let mut elsewhere = hub.subscribe(Topic::Visitor(VisitorId::from_uuid(uuid::Uuid::from_u128(2))));
        hub.publish(&topic(), &Signal::VisitorEnded);
        assert!(matches!(watching.receive().await, Received::Signal(Signal::VisitorEnded)));
        hub.close();
        assert!(matches!(elsewhere.receive().await, Received::Closed));
    }

    #[tokio::test]
    async fn a_slow_reader_gets_what_fitted_and_then_the_truth() {
        let hub = Arc::new(Hub::default());
        let mut slow = hub.subscribe(topic());
        let mut quick = hub.subscribe(topic());
        for _ in 0..=QUEUE {
            hub.publish(&topic(), &Signal::VisitorEnded);
            assert!(matches!(quick.receive().await, Received::Signal(_)));
        }
        for _ in 0..QUEUE {
            assert!(matches!(slow.receive().await, Received::Signal(_)));
        }
        assert!(matches!(slow.receive().await, Received::TooSlow));
        assert_eq!(hub.subscriptions(), 1);
    }

    #[test]
    fn dropping_a_subscription_leaves_nothing_behind() {
        let hub = Arc::new(Hub::default());
        drop(hub.subscribe(topic()));
        assert_eq!(hub.subscriptions(), 0);
    }
}
