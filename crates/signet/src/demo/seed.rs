//! Plays the stories through the use cases, with a clock that is moved from one moment of the past to the next.
//!
//! Nothing is written past the product's rules: what the desk shows could have happened, and every invariant of the
//! database holds. The steps of all stories are played in the order of their time, as they would have been.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use signet_app::{ActivationOption, ActivationOutcome, ActivationRequest, App, RequestContext, SendAsAgent};
use signet_domain::access::{Agent, Caller};
use signet_domain::env::ManualClock;
use signet_domain::{ClientMessageId, ConversationId, MessageText, ProjectId, Timestamp, limits};
use signet_token::TokenProvider;

use crate::demo::people::Customer;
use crate::demo::stories::{self, Step, Story};
use crate::demo::stories_closed;

/// Life of the tokens in the stories.
const TOKEN_LIFETIME: Duration = Duration::from_mins(1);

/// Everything that plays the stories.
pub(super) struct Seeding<'a> {
    app: &'a Arc<App>,
    clock: &'a ManualClock,
    provider: &'a TokenProvider,
    agents: Vec<Caller>,
    project_id: &'a ProjectId,
    now: Timestamp,
}

/// What a story's visitor holds, as their browser would.
#[derive(Default)]
struct Browser {
    session: Option<String>,
    device: Option<String>,
    conversation: Option<ConversationId>,
    last_answer: Option<i64>,
}

/// Something that happens at a moment.
enum Happening {
    Step {
        story: usize,
        step: &'static Step,
    },
    /// A session that nobody renewed runs out.
    Sweep,
}

impl<'a> Seeding<'a> {
    pub(super) fn new(
        app: &'a Arc<App>,
        clock: &'a ManualClock,
        provider: &'a TokenProvider,
        agents: &[Agent],
        project_id: &'a ProjectId,
        now: Timestamp,
    ) -> Self {
        let agents = agents.iter().cloned().map(Caller::Agent).collect();
        Self { app, clock, provider, agents, project_id, now }
    }

    /// Plays everything.
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let stories: Vec<&'static Story> = stories_closed::ALL.iter().chain(stories::ALL).collect();
        let mut browsers: Vec<Browser> = stories.iter().map(|_| Browser::default()).collect();
        for (moment, happening) in self.timetable(&stories) {
            self.clock.set(moment);
            match happening {
                Happening::Sweep => {
                    self.app.expire_sessions().await.context("end a session of the past")?;
                }
                Happening::Step { story, step } => {
                    self.play(&mut browsers[story], step).await.with_context(|| {
                        format!("play {:?} of the story {:?}", step.name(), stories[story].title)
                    })?;
                }
            }
        }
        self.clock.set(self.now);
        Ok(())
    }

    fn timetable(&self, stories: &[&'static Story]) -> Vec<(Timestamp, Happening)> {
        let mut happenings = Vec::new();
        for (index, story) in stories.iter().enumerate() {
            let mut moment =
                Timestamp::from_millis(self.now.as_millis() - i64::from(story.minutes_ago) * 60_000);
            for step in story.steps {
                moment = moment.after(Duration::from_secs(u64::from(step.seconds())));
                debug_assert!(moment <= self.now, "the story {:?} lies in the future", story.title);
                happenings.push((moment, Happening::Step { story: index, step }));
                let overdue = moment.after(limits::SESSION_LIFETIME).after(Duration::from_secs(1));
                if matches!(step, Step::SignsIn(..)) && overdue <= self.now {
                    happenings.push((overdue, Happening::Sweep));
                }
            }
        }
        happenings.sort_by_key(|(moment, _)| *moment);
        happenings
    }

    async fn play(&self, browser: &mut Browser, step: &Step) -> anyhow::Result<()> {
        match step {
            Step::Says(_, text) => self.say(browser, text).await,
            Step::SignsIn(_, customer) => self.sign_in(browser, customer).await,
            Step::SignsOut(_) => {
                let session = browser.session.take().context("nobody is here")?;
                browser.device = None;
                Ok(self.app.logout(&session, &context()).await?)
            }
            Step::Answers(_, agent, text) => {
                let conversation_id = browser.conversation.context("there is no conversation")?;
                let message =
                    SendAsAgent { conversation_id, text: MessageText::parse(text)?, client_message_id: None };
                let sent = self.app.send_as_agent(&self.agents[*agent], message, &context()).await?;
                self.app.agent_read(&self.agents[*agent], conversation_id, sent.sequence).await?;
                browser.last_answer = Some(sent.sequence);
                Ok(())
            }
            Step::Closes(_, agent) => {
                let id = browser.conversation.context("there is no conversation")?;
                self.app.close_conversation(&self.agents[*agent], id).await?;
                Ok(())
            }
        }
    }

    async fn say(&self, browser: &mut Browser, text: &str) -> anyhow::Result<()> {
        if browser.session.is_none() {
            self.activate(browser, ActivationOption::Anonymous).await?;
        }
        let token = browser.session.as_deref().context("the activation gave no session")?;
        let session = self.app.visitor_session(token)?;
        if let (Some(id), Some(sequence)) = (browser.conversation, browser.last_answer.take()) {
            self.app.visitor_read(&session, id, sequence).await?;
        }
        let id = ClientMessageId::generate(self.app.env());
        let sent = self.app.visitor_send(&session, id, MessageText::parse(text)?, &context()).await?;
        browser.conversation = Some(sent.conversation_id);
        Ok(())
    }

    async fn sign_in(&self, browser: &mut Browser, customer: &Customer) -> anyhow::Result<()> {
        let token = self.provider.issue(&customer.claims(self.app.env().now(), TOKEN_LIFETIME))?;
        self.activate(browser, ActivationOption::Secured { token }).await
    }

    async fn activate(&self, browser: &mut Browser, option: ActivationOption) -> anyhow::Result<()> {
        let request = ActivationRequest {
            project_id: self.project_id.to_string(),
            origin: None,
            option: Some(option),
            session: browser.session.take(),
            device: browser.device.take(),
            browser: None,
            hand_over: None,
            claimed_id: None,
            proof_key: None,
            proof: None,
        };
        let activated = self
            .app
            .activate(request, &context())
            .await
            .map_err(|failure| anyhow::anyhow!("activation failed: {}", failure.code.as_str()))?;
        browser.session = Some(activated.session.access_token);
        browser.device = activated.device;
        if activated.outcome == ActivationOutcome::Both {
            // Case 3: what this browser showed is closed, and the person's own conversation goes on.
            browser.conversation = None;
            browser.last_answer = None;
        }
        Ok(())
    }
}

fn context() -> RequestContext {
    RequestContext { correlation_id: "demo".to_owned(), address: IpAddr::V4(Ipv4Addr::LOCALHOST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<&'static Story> {
        stories_closed::ALL.iter().chain(stories::ALL).collect()
    }

    #[test]
    fn every_story_lies_in_the_past() {
        for story in all() {
            let length: u32 = story.steps.iter().map(Step::seconds).sum();
            assert!(length < story.minutes_ago * 60, "{} ends in the future", story.title);
        }
    }

    #[test]
    fn the_shops_own_customers_have_no_conversation_yet() {
        for story in all() {
            for step in story.steps {
                if let Step::SignsIn(_, customer) = step {
                    let taken = crate::demo::people::SHOP_USERS
                        .iter()
                        .any(|user| user.customer.user_id == customer.user_id);
                    assert!(!taken, "{}", story.title);
                }
            }
        }
    }

    #[test]
    fn there_is_enough_to_look_at() {
        assert!(all().len() >= 18);
    }
}
