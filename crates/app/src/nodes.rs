//! Several processes over one database: what is written in one reaches those who watch in the others.
//!
//! After its commits a process says which projects it wrote in and how far they have come; the others read what they have not told yet and
//! tell their watchers. Word carries ids and places, never a content, and no promise depends on it: at each reconnect, and every
//! [`LOOK`] whatever was heard, a process compares the places of all projects with what it has told. Desks get the events that were read; a
//! visitor's socket is only told that there is something, and reads by its own cursor, so that it never shows an older state over a newer.

use std::sync::Arc;
use std::time::Duration;

use signet_domain::{Event, EventKind, ProjectId};
use signet_realtime::{Outgoing, Published, Signal, Topic, Typing};
use signet_store::{Bus, agents, events};
use tokio::time::{MissedTickBehavior, interval};

use crate::{App, AppError};

/// How often a process looks for what it was not told of: how late a watcher hears of something when a word was lost.
const LOOK: Duration = Duration::from_secs(5);
/// How often a broken connection is made anew.
const RETRY: Duration = Duration::from_secs(1);
/// Events read at a time.
const BATCH: usize = 200;

/// Tells the other processes what this one writes, and this one's watchers what the others write.
pub struct NodeRelay {
    app: Arc<App>,
    bus: Bus,
    /// Names this process in its words.
    node: String,
    /// What could not be said before the connection broke.
    unsaid: Vec<String>,
}

enum Step {
    Heard(Option<String>),
    Say(Outgoing),
    Look,
}

impl App {
    /// Joins the processes that share the database. To be called before the first watcher comes. `None` where there can be no others.
    pub async fn join_nodes(self: &Arc<Self>) -> Result<Option<NodeRelay>, AppError> {
        let Some(mut bus) = self.store.bus() else { return Ok(None) };
        // Listening before reading: what is written in between is heard.
        bus.connect().await?;
        self.hub.relay().begin(self.places().await?);
        let node = self.env.uuid_v7().to_string();
        Ok(Some(NodeRelay { app: Arc::clone(self), bus, node, unsaid: Vec::new() }))
    }

    async fn places(&self) -> Result<Vec<(ProjectId, i64)>, AppError> {
        self.store
            .read(|tx| Box::pin(async move { Ok::<_, AppError>(events::latest_of_all(tx).await?) }))
            .await
    }
}

impl NodeRelay {
    /// Runs until the future is dropped.
    pub async fn run(mut self) {
        let app = Arc::clone(&self.app);
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            let step = tokio::select! {
                word = self.bus.hear() => Step::Heard(word),
                outgoing = app.hub.relay().outgoing() => Step::Say(outgoing),
                _ = looks.tick() => Step::Look,
            };
            let outcome = match step {
                Step::Heard(Some(word)) => self.take(&word).await,
                Step::Heard(None) => self.reconnect().await,
                Step::Say(outgoing) => self.say(outgoing).await,
                Step::Look => self.look().await,
            };
            match outcome {
                Ok(()) => failing = false,
                // Once an outage: whatever failed is made up for by the next look.
                Err(error) if !failing => {
                    failing = true;
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "word of the other nodes is lost for now"
                    );
                }
                Err(_) => {}
            }
        }
    }

    async fn reconnect(&mut self) -> Result<(), AppError> {
        metrics::counter!("signet_node_reconnects_total").increment(1);
        if let Err(error) = self.bus.connect().await {
            tokio::time::sleep(RETRY).await;
            return Err(error.into());
        }
        tracing::info!("listening to the other nodes again");
        let unsaid = std::mem::take(&mut self.unsaid);
        self.speak(unsaid).await?;
        self.catch_up().await
    }

    async fn say(&mut self, outgoing: Outgoing) -> Result<(), AppError> {
        let written =
            outgoing.written.iter().map(|(project_id, place)| format!("wrote {project_id} {place}"));
        let typing = outgoing.typing.iter().map(|typing| match typing {
            Typing::Agent { visitor_id, conversation_id, agent_id } => {
                format!("agent {visitor_id} {conversation_id} {agent_id}")
            }
            Typing::Visitor { project_id, conversation_id, visitor_id } => {
                format!("visitor {project_id} {conversation_id} {visitor_id}")
            }
        });
        let words = words(&self.node, written.chain(typing));
        self.speak(words).await
    }

    async fn speak(&mut self, words: Vec<String>) -> Result<(), AppError> {
        let said = self.bus.say(&words).await;
        if said.is_err() {
            self.unsaid = words;
        }
        Ok(said?)
    }

    async fn take(&self, word: &str) -> Result<(), AppError> {
        let mut lines = word.lines();
        if lines.next() == Some(&self.node) {
            return Ok(());
        }
        let mut ends = false;
        for line in lines {
            // Another version may say more than this one understands.
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["wrote", project, place] => {
                    if let (Ok(project_id), Ok(place)) = (ProjectId::parse(project), place.parse()) {
                        ends |= self.follow(&project_id, place).await?;
                    }
                }
                ["agent", visitor, conversation, agent] => {
                    if let (Ok(visitor_id), Ok(conversation_id), Ok(agent_id)) =
                        (visitor.parse(), conversation.parse(), agent.parse())
                    {
                        self.pass_on(Typing::Agent { visitor_id, conversation_id, agent_id }).await?;
                    }
                }
                ["visitor", project, conversation, visitor] => {
                    if let (Ok(project_id), Ok(conversation_id), Ok(visitor_id)) =
                        (ProjectId::parse(project), conversation.parse(), visitor.parse())
                    {
                        self.pass_on(Typing::Visitor { project_id, conversation_id, visitor_id }).await?;
                    }
                }
                _ => {}
            }
        }
        if ends { self.app.take_in_revocations().await } else { Ok(()) }
    }

    async fn pass_on(&self, typing: Typing) -> Result<(), AppError> {
        let hub = &self.app.hub;
        match typing {
            Typing::Visitor { project_id, conversation_id, visitor_id } => {
                let signal = Signal::VisitorTyping { conversation_id, visitor_id };
                hub.publish(&Topic::Project(project_id), &signal);
            }
            Typing::Agent { visitor_id, conversation_id, agent_id } => {
                let topic = Topic::Visitor(visitor_id);
                if !hub.is_watched(&topic) {
                    return Ok(());
                }
                let found = self.app.store.read(move |tx| {
                    Box::pin(async move { Ok::<_, AppError>(agents::find(tx, agent_id).await?) })
                });
                if let Some(agent) = found.await? {
                    let name = Arc::from(agent.name.as_str());
                    hub.publish(&topic, &Signal::AgentTyping { conversation_id, name });
                }
            }
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), AppError> {
        self.bus.check().await?;
        self.catch_up().await
    }

    async fn catch_up(&self) -> Result<(), AppError> {
        for (project_id, reached) in self.app.places().await? {
            self.follow(&project_id, reached).await?;
        }
        Ok(())
    }

    /// Tells what was written elsewhere, as far as the project has come. True if a session may have ended with it.
    async fn follow(&self, project_id: &ProjectId, reached: i64) -> Result<bool, AppError> {
        let relay = self.app.hub.relay();
        let mut ends = false;
        while let Some(told) = relay.behind(project_id, reached) {
            let project = project_id.clone();
            let found = self.app.store.read(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(events::after(tx, &project, told, BATCH).await?) })
            });
            let found = found.await?;
            if found.is_empty() {
                // The word of a database that was restored since.
                break;
            }
            for event in found {
                ends |= matches!(event.kind, EventKind::VisitorAuthenticated | EventKind::VisitorSignedOut);
                if relay.read(project_id, event.sequence) {
                    self.tell(event);
                }
            }
        }
        Ok(ends)
    }

    fn tell(&self, event: Event) {
        let hub = &self.app.hub;
        if let (Some(visitor_id), Some(conversation)) = (event.visitor_id, &event.conversation) {
            let sequence = event.message.as_ref().map(|message| message.sequence);
            let signal = Signal::Written { conversation_id: conversation.id, sequence };
            hub.publish(&Topic::Visitor(visitor_id), &signal);
        }
        let topic = Topic::Project(event.project_id.clone());
        hub.publish(&topic, &Signal::Event(Arc::new(Published::new(event))));
    }
}

/// Lines in as few words as they fit into, each after the name of who says it.
fn words(node: &str, lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for line in lines {
        match words.last_mut().filter(|word| word.len() + line.len() < Bus::LONGEST) {
            Some(word) => *word += &["\n", &line].concat(),
            None => words.push([node, "\n", &line].concat()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_never_longer_than_the_database_takes() {
        let words = words("node", (0..1_000).map(|number| format!("wrote project-{number} {number}")));
        assert!(words.len() > 1 && words.iter().all(|word| word.len() <= Bus::LONGEST));
        assert!(words.iter().all(|word| word.starts_with("node\nwrote project-")));
        assert_eq!(words.iter().map(|word| word.lines().count() - 1).sum::<usize>(), 1_000);
    }
}
