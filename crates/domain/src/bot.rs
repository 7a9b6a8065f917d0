//! External bots: programs of the brand's that answer visitors before people do.
//!
//! A bot is told what visitors write and of changes of their identity, one call at a time, and answers with replies that run one after
//! the other. What is to be done next is one pure function ([`next`]) over what the bot knows and what waits for it. Invariants, each
//! a test below:
//! - a bot hears of a conversation once, and of its messages one by one, in their order;
//! - a visitor's new message ends a pause that is under way, and with it whatever was to follow;
//! - while it waits for an agent to take over, a bot hears and says nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::assurance::Assurance;
use crate::conversation::{Identity, LapseReason};
use crate::ids::{BotId, ProjectId};
use crate::time::Timestamp;
use crate::visitor::Visitor;

/// A program that answers visitors of a project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bot {
    /// Its id, `idOperator` in calls.
    pub id: BotId,
    /// Where it answers.
    pub project_id: ProjectId,
    /// The name visitors see.
    pub name: String,
    /// Where it is called, without a slash at the end.
    pub address: String,
    /// Whether it is called at all.
    pub enabled: bool,
    /// Since when.
    pub created_at: Timestamp,
}

/// Which bot answers a new conversation: of those that are enabled the oldest. `None`: people do.
pub fn greeter(bots: &[Bot]) -> Option<&Bot> {
    bots.iter().filter(|bot| bot.enabled).min_by_key(|bot| (bot.created_at, bot.id))
}

/// The bot that answers a conversation now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BotInCharge {
    /// Which.
    pub id: BotId,
    /// The name visitors see.
    pub name: String,
}

/// Something a bot does.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It says something.
    Say {
        /// What.
        text: String,
        /// Answers that the visitor may pick.
        choices: Vec<String>,
    },
    /// It pauses before it goes on.
    Await(Duration),
    /// It asks an agent to take over. What follows runs only if nobody has within this time.
    Transfer(Duration),
    /// It closes the conversation.
    Close,
}

/// Never what is said.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Say { text, choices } => write!(f, "Say({} bytes, {} choices)", text.len(), choices.len()),
            Self::Await(time) => write!(f, "Await({time:?})"),
            Self::Transfer(time) => write!(f, "Transfer({time:?})"),
            Self::Close => f.write_str("Close"),
        }
    }
}

/// How far a bot has come in a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// It has not been told of it.
    New,
    /// It answers.
    Talking,
    /// It has asked for an agent.
    Transferring,
}

impl Stage {
    /// The word used in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Talking => "TALKING",
            Self::Transferring => "TRANSFERRING",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::New, Self::Talking, Self::Transferring].into_iter().find(|stage| stage.as_str() == word)
    }
}

/// What is known now of who a visitor is, as a bot is told it. Anonymous once the proof has lapsed, so that whoever reads nothing but
/// the assurance is on the safe side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// How sure we are at this moment.
    pub assurance: Assurance,
    /// When the proof that holds now was verified.
    pub verified_at: Option<Timestamp>,
    /// Since when a proof that was there holds no longer, and why.
    pub lapsed: Option<(Timestamp, LapseReason)>,
}

impl Standing {
    /// Reads it off the visitor's record.
    pub fn of(visitor: &Visitor) -> Self {
        match Identity::of(visitor) {
            Identity::NotVerified => {
                let claimed = visitor.claimed_id.is_some();
                let assurance = if claimed { Assurance::Claimed } else { Assurance::Anonymous };
                Self { assurance, verified_at: None, lapsed: None }
            }
            Identity::Verified { at } => {
                Self { assurance: Assurance::Verified, verified_at: Some(at), lapsed: None }
            }
            Identity::NoLongerVerified { since, reason, .. } => {
                Self { assurance: Assurance::Anonymous, verified_at: None, lapsed: Some((since, reason)) }
            }
        }
    }

    /// What must differ for a bot to be told of it: not the age of a proof, which every page renews.
    pub const fn word(&self) -> &'static str {
        match (self.assurance, self.lapsed) {
            (_, Some((_, reason))) => reason.as_str(),
            (assurance, None) => assurance.as_str(),
        }
    }
}

/// What a bot knows of a conversation, and what waits for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// How far it has come.
    pub stage: Stage,
    /// Who the visitor is differs from what it was told.
    pub news_of_visitor: bool,
    /// The visitor wrote something that it was not told.
    pub unheard: bool,
    /// Replies of its are to be run.
    pub replies: bool,
    /// When the pause or the search for an agent that is under way ends.
    pub wait_until: Option<Timestamp>,
}

/// What to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Tell it of the conversation and of all that was written so far.
    Open,
    /// Tell it who the visitor is now.
    TellVisitor,
    /// Tell it the visitor's next message.
    TellMessage,
    /// Run its replies, as far as they go.
    Reply,
    /// No agent came in time: it goes on, with the replies that were left.
    Resume,
    /// Nothing before this moment (`None`: before something happens).
    Rest(Option<Timestamp>),
}

/// Decides what to do next in a bot's conversation.
pub fn next(turn: Turn, now: Timestamp) -> Step {
    let pause = turn.wait_until.filter(|until| *until > now);
    match turn.stage {
        Stage::New => Step::Open,
        Stage::Transferring => pause.map_or(Step::Resume, |until| Step::Rest(Some(until))),
        // Replies that wait for nothing come before the next call: they answer the one before it.
        Stage::Talking if turn.replies && turn.wait_until.is_none() => Step::Reply,
        Stage::Talking if turn.news_of_visitor => Step::TellVisitor,
        Stage::Talking if turn.unheard => Step::TellMessage,
        Stage::Talking if turn.replies => pause.map_or(Step::Reply, |until| Step::Rest(Some(until))),
        Stage::Talking => Step::Rest(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_millis(10_000);
    const LATER: Option<Timestamp> = Some(Timestamp::from_millis(10_001));
    const BEFORE: Option<Timestamp> = Some(Timestamp::from_millis(10_000));

    fn turn(stage: Stage) -> Turn {
        Turn { stage, news_of_visitor: false, unheard: false, replies: false, wait_until: None }
    }

    #[test]
    fn a_bot_is_told_of_a_conversation_first_and_once() {
        for unheard in [false, true] {
            for news_of_visitor in [false, true] {
                let turn = Turn { news_of_visitor, unheard, ..turn(Stage::New) };
                assert_eq!(next(turn, NOW), Step::Open);
                assert_ne!(next(Turn { stage: Stage::Talking, ..turn }, NOW), Step::Open);
                assert_ne!(next(Turn { stage: Stage::Transferring, ..turn }, NOW), Step::Open);
            }
        }
    }

    #[test]
    fn a_new_message_ends_a_pause_and_nothing_else() {
        let heard = Turn { replies: true, ..turn(Stage::Talking) };
        let unheard = Turn { unheard: true, ..heard };
        // What is to be said at once is said before anything else is told.
        assert_eq!(next(unheard, NOW), Step::Reply);
        assert_eq!(next(Turn { news_of_visitor: true, ..unheard }, NOW), Step::Reply);
        assert_eq!(next(Turn { wait_until: LATER, ..heard }, NOW), Step::Rest(LATER));
        assert_eq!(next(Turn { wait_until: LATER, ..unheard }, NOW), Step::TellMessage);
        assert_eq!(next(Turn { wait_until: BEFORE, ..heard }, NOW), Step::Reply);
        assert_eq!(next(Turn { wait_until: BEFORE, ..unheard }, NOW), Step::TellMessage);
    }

    #[test]
    fn who_the_visitor_is_comes_before_what_they_write() {
        let turn = Turn { news_of_visitor: true, unheard: true, wait_until: LATER, ..turn(Stage::Talking) };
        assert_eq!(next(turn, NOW), Step::TellVisitor);
        assert_eq!(next(Turn { news_of_visitor: false, ..turn }, NOW), Step::TellMessage);
    }

    #[test]
    fn while_an_agent_is_sought_a_bot_hears_and_says_nothing() {
        for unheard in [false, true] {
            for news_of_visitor in [false, true] {
                for replies in [false, true] {
                    let turn = Turn {
                        news_of_visitor,
                        unheard,
                        replies,
                        wait_until: LATER,
                        ..turn(Stage::Transferring)
                    };
                    assert_eq!(next(turn, NOW), Step::Rest(LATER));
                    assert_eq!(next(Turn { wait_until: BEFORE, ..turn }, NOW), Step::Resume);
                }
            }
        }
    }

    #[test]
    fn with_nothing_to_do_it_rests() {
        assert_eq!(next(turn(Stage::Talking), NOW), Step::Rest(None));
    }

    #[test]
    fn of_the_enabled_bots_the_oldest_greets() {
        let bot = |number: u128, created_at, enabled| Bot {
            id: BotId::from_uuid(Uuid::from_u128(number)),
            project_id: ProjectId::parse("demo").unwrap(),
            name: format!("Bot {number}"),
            address: "https://bot.example".to_owned(),
            enabled,
            created_at: Timestamp::from_millis(created_at),
        };
        let bots = [bot(1, 300, true), bot(2, 100, false), bot(3, 200, true), bot(4, 200, true)];
        assert_eq!(greeter(&bots).map(|bot| bot.name.as_str()), Some("Bot 3"));
        assert_eq!(greeter(&bots[1..2]), None);
        assert_eq!(greeter(&[]), None);
    }

    #[test]
    fn a_lapsed_proof_counts_for_nothing() {
        let visitor = |verified_at, lapsed, claimed_id: Option<&str>| Visitor {
            id: crate::VisitorId::from_uuid(Uuid::nil()),
            project_id: ProjectId::parse("demo").unwrap(),
            external_user_id: None,
            assurance: Assurance::Verified,
            verified_at,
            lapsed,
            attributes: Vec::new(),
            created_at: NOW,
            updated_at: NOW,
            claimed_id: claimed_id.map(str::to_owned),
            custom_data: crate::CustomData::default(),
            anonymized_at: None,
        };
        let lapse = Some((NOW, LapseReason::Expired));
        let words = [
            (visitor(None, None, None), Assurance::Anonymous, None, "ANONYMOUS"),
            (visitor(None, None, Some("x")), Assurance::Claimed, None, "CLAIMED"),
            (visitor(BEFORE, None, None), Assurance::Verified, BEFORE, "VERIFIED"),
            (visitor(BEFORE, lapse, None), Assurance::Anonymous, None, "EXPIRED"),
        ];
        for (visitor, assurance, verified_at, word) in words {
            let standing = Standing::of(&visitor);
            assert_eq!(
                (standing.assurance, standing.verified_at, standing.word()),
                (assurance, verified_at, word)
            );
        }
    }
}
