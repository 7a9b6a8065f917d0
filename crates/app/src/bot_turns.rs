//! What happens next in a bot's conversation, and what comes of it.
//!
//! Invariants:
//! - what to do is decided and written with the conversation locked; only a call leaves the transaction, and what came of it is
//!   written under the claim that was taken for it, or not at all;
//! - a call may be made twice (the process died before its outcome was written), its outcome is written once;
//! - whatever goes wrong with a bot, the visitor's messages are where they were, and an agent sees that somebody waits.

use std::time::Duration;

use signet_domain::bot::{self, Reply, Stage, Standing, Step, Turn};
use signet_domain::conversation::CloseReason;
use signet_domain::{
    Author, Bot, BotInCharge, Conversation, ConversationId, Env, EventKind, MessageBody, MessageId,
    MessageText, Notice, Timestamp, limits,
};
use signet_store::bot_conversations::{self, BotConversation};
use signet_store::events::{self, NewEvent};
use signet_store::messages::{self, NewMessage};
use signet_store::{StoreError, Tx, bots, conversations, visitors};
use tokio::sync::watch;
use uuid::Uuid;

use crate::bot_calls::{self, Call, CallFailure};
use crate::endings::Line;
use crate::{App, AppError};

/// How long others stay away from a conversation whose bot is being called: longer than a call can take.
const CLAIM: Duration = Duration::from_secs(15);

/// What is to be done next.
enum Next {
    /// Nothing now.
    Idle,
    /// Look again: something was done, and there may be more.
    Again,
    /// A call.
    Call(Box<Pending>),
}

/// A call that is to be made, and the claim under which its outcome is written.
struct Pending {
    conversation_id: ConversationId,
    claim: Uuid,
    bot: Bot,
    sealed_secret: Vec<u8>,
    standing: Standing,
    call: Call,
}

impl App {
    /// Does whatever is to be done in a bot's conversation. Ends early once `stopping` says so; then whoever comes next goes on.
    pub(crate) async fn advance_bot(
        &self,
        id: ConversationId,
        mut stopping: watch::Receiver<bool>,
    ) -> Result<(), AppError> {
        loop {
            let (env, claim) = (self.env.clone(), self.env.uuid_v7());
            let decided =
                self.store.write(move |tx| Box::pin(async move { decide(tx, id, claim, &env).await })).await;
            let pending = match decided? {
                Next::Idle => return Ok(()),
                Next::Again => continue,
                Next::Call(pending) => *pending,
            };
            let outcome = tokio::select! {
                outcome = self.call_bot(&pending) => Some(outcome?),
                _ = stopping.wait_for(|stopping| *stopping) => None,
            };
            let env = self.env.clone();
            match outcome {
                None => return self.give_up_claim(id, claim).await,
                Some(outcome) => {
                    self.store
                        .write(move |tx| Box::pin(async move { hear(tx, &pending, outcome, &env).await }))
                        .await?;
                }
            }
        }
    }

    async fn call_bot(&self, pending: &Pending) -> Result<Result<Vec<Reply>, CallFailure>, AppError> {
        let Pending { conversation_id, bot, standing, call, .. } = pending;
        let secret = crate::bots::open(&self.sealing_key, bot.id, &pending.sealed_secret)?;
        let told = (*conversation_id, call);
        let outcome = bot_calls::make(&self.outbound, (bot, &secret), told, standing, self.env.now()).await;
        let code = outcome.as_ref().map_or_else(|failure| failure.code(), |_| "SUCCESS");
        metrics::counter!("signet_bot_calls_total", "code" => code).increment(1);
        if let Err(failure) = outcome {
            tracing::warn!(
                project = %bot.project_id,
                bot = %bot.id,
                conversation = %conversation_id,
                code = failure.code(),
                detail = ?failure,
                "a call to a bot failed"
            );
        }
        Ok(outcome)
    }

    async fn give_up_claim(&self, id: ConversationId, claim: Uuid) -> Result<(), AppError> {
        self.store
            .write(move |tx| Box::pin(async move { Ok(bot_conversations::release(tx, id, claim).await?) }))
            .await
    }
}

/// Decides what is next, and does it unless it is a call. Locks the conversation.
async fn decide(tx: &mut Tx<'_>, id: ConversationId, claim: Uuid, env: &Env) -> Result<Next, AppError> {
    let now = env.now();
    conversations::lock(tx, id).await?;
    let Some(state) = bot_conversations::find_due(tx, id, now).await? else { return Ok(Next::Idle) };
    let Some(conversation) = answered_by_bot(tx, &state).await? else {
        bot_conversations::end(tx, id).await?;
        return Ok(Next::Idle);
    };
    let Some((bot, sealed_secret)) = bots::find(tx, state.bot_id).await?.filter(|(bot, _)| bot.enabled)
    else {
        // Switched off or removed. While an agent is sought the visitor waits for one already.
        match conversation.bot {
            Some(bot) => give_up(tx, id, &author(&bot), None, env).await?,
            None => bot_conversations::end(tx, id).await?,
        }
        return Ok(Next::Idle);
    };
    let visitor = visitors::find(tx, conversation.visitor_id).await?.ok_or(AppError::NotFound)?;
    let standing = Standing::of(&visitor);
    let most = if state.stage == Stage::New { limits::PAGE } else { 1 };
    let mut unheard = messages::next_of_visitor(tx, id, state.told_sequence, most).await?;
    let turn = Turn {
        stage: state.stage,
        news_of_visitor: state.told_standing != standing.word(),
        unheard: !unheard.is_empty(),
        replies: !state.replies.is_empty(),
        wait_until: state.wait_until,
    };
    let call = match bot::next(turn, now) {
        Step::Open => Call::Open(unheard),
        Step::TellVisitor => Call::Visitor,
        Step::TellMessage => match unheard.pop() {
            Some(message) => Call::Message(Box::new(message)),
            None => return Ok(Next::Idle),
        },
        Step::Reply => return reply(tx, state, &bot, env).await,
        Step::Resume => return resume(tx, state, &bot, env).await,
        Step::Rest(until) => {
            bot_conversations::save(tx, &state, until).await?;
            return Ok(Next::Idle);
        }
    };
    bot_conversations::claim(tx, id, claim, now.after(CLAIM)).await?;
    Ok(Next::Call(Box::new(Pending { conversation_id: id, claim, bot, sealed_secret, standing, call })))
}

/// The conversation, if the bot still has something to do in it.
async fn answered_by_bot(
    tx: &mut Tx<'_>,
    state: &BotConversation,
) -> Result<Option<Conversation>, StoreError> {
    let found = conversations::find(tx, state.conversation_id).await?;
    Ok(found.filter(|conversation| {
        let answers = conversation.bot.as_ref().is_some_and(|bot| bot.id == state.bot_id);
        let asks = state.stage == Stage::Transferring && conversation.agent.is_none();
        conversation.state.is_ongoing() && (answers || asks)
    }))
}

/// Writes what came of a call. Nothing, if the claim holds no longer: an agent took over, or somebody else goes on.
async fn hear(
    tx: &mut Tx<'_>,
    pending: &Pending,
    outcome: Result<Vec<Reply>, CallFailure>,
    env: &Env,
) -> Result<(), AppError> {
    let Pending { conversation_id: id, claim, bot, standing, call, .. } = pending;
    let now = env.now();
    conversations::lock(tx, *id).await?;
    let Some(mut state) = bot_conversations::find_claimed(tx, *id, *claim).await? else { return Ok(()) };
    standing.word().clone_into(&mut state.told_standing);
    match (call, outcome) {
        // A bot may know nothing of this call: every message says the same again. What it was about to say it goes on to say.
        (Call::Visitor, Err(_)) => {}
        (Call::Visitor, Ok(replies)) if replies.is_empty() => {}
        (_, Ok(replies)) => {
            state.stage = Stage::Talking;
            if let Some(last) = call.messages().last() {
                state.told_sequence = last.sequence;
            }
            state.replies = replies;
            state.wait_until = None;
        }
        (_, Err(_)) => {
            let since = call.messages().first().map(|message| message.created_at);
            return give_up(tx, *id, &author_of(bot), since, env).await;
        }
    }
    Ok(bot_conversations::save(tx, &state, Some(now)).await?)
}

/// Runs replies up to a pause, or to the end.
async fn reply(tx: &mut Tx<'_>, mut state: BotConversation, bot: &Bot, env: &Env) -> Result<Next, AppError> {
    let (id, now) = (state.conversation_id, env.now());
    state.wait_until = None;
    let mut replies = std::mem::take(&mut state.replies).into_iter();
    for reply in replies.by_ref() {
        match reply {
            Reply::Say { text, choices } => say(tx, id, bot, &text, &choices, env).await?,
            Reply::Await(pause) => {
                state.wait_until = Some(now.after(pause));
                break;
            }
            Reply::Transfer(timeout) => {
                state.replies = replies.collect();
                state.wait_until = Some(now.after(timeout));
                transfer(tx, state, bot, env).await?;
                return Ok(Next::Idle);
            }
            Reply::Close => {
                if conversations::close(tx, id, CloseReason::Bot, None, now).await? {
                    let kind = EventKind::ConversationClosed;
                    line(env, author_of(bot), Notice::ConversationClosed, kind).write(tx, id).await?;
                }
                return Ok(Next::Idle);
            }
        }
    }
    state.replies = replies.collect();
    bot_conversations::save(tx, &state, Some(now)).await?;
    Ok(Next::Again)
}

async fn say(
    tx: &mut Tx<'_>,
    id: ConversationId,
    bot: &Bot,
    text: &str,
    choices: &[String],
    env: &Env,
) -> Result<(), AppError> {
    let now = env.now();
    let lines = choices.iter().map(|choice| format!("\n• {choice}"));
    let text = std::iter::once(text.to_owned()).chain(lines).collect();
    let entry = NewMessage {
        id: MessageId::generate(env),
        author: author_of(bot),
        // Parsed when it came.
        body: MessageBody::Text(MessageText::from_storage(text)),
        assurance: None,
        verified_at: None,
        session_id: None,
        client_message_id: None,
        created_at: now,
        copied_from: None,
    };
    let Some((message, conversation)) = messages::append(tx, id, entry).await? else { return Ok(()) };
    metrics::counter!("signet_messages_total", "author" => "bot").increment(1);
    let event = NewEvent::of_conversation(EventKind::MessageSent, conversation, now);
    Ok(events::append(tx, event.with(message)).await?)
}

/// Lets the visitor wait for an agent. With replies left the bot comes back if there is none in time.
async fn transfer(tx: &mut Tx<'_>, mut state: BotConversation, bot: &Bot, env: &Env) -> Result<(), AppError> {
    let id = state.conversation_id;
    bot_conversations::hand_over(tx, id, env.now()).await?;
    if state.replies.is_empty() {
        bot_conversations::end(tx, id).await?;
    } else {
        state.stage = Stage::Transferring;
        bot_conversations::save(tx, &state, state.wait_until).await?;
    }
    let kind = EventKind::ConversationUpdated;
    line(env, author_of(bot), Notice::BotTransferred, kind).write(tx, id).await.map(drop)
}

/// No agent came in time: the bot goes on.
async fn resume(tx: &mut Tx<'_>, mut state: BotConversation, bot: &Bot, env: &Env) -> Result<Next, AppError> {
    let id = state.conversation_id;
    bot_conversations::put_in_charge(tx, id, bot.id).await?;
    state.stage = Stage::Talking;
    state.wait_until = None;
    bot_conversations::save(tx, &state, Some(env.now())).await?;
    let kind = EventKind::ConversationUpdated;
    line(env, author_of(bot), Notice::BotResumed, kind).write(tx, id).await?;
    Ok(Next::Again)
}

/// The bot can't answer: an agent has to, to whom the visitor has spoken since then (`None`: now).
async fn give_up(
    tx: &mut Tx<'_>,
    id: ConversationId,
    bot: &Author,
    since: Option<Timestamp>,
    env: &Env,
) -> Result<(), AppError> {
    bot_conversations::end(tx, id).await?;
    bot_conversations::hand_over(tx, id, since.unwrap_or_else(|| env.now())).await?;
    let kind = EventKind::ConversationUpdated;
    line(env, bot.clone(), Notice::BotFailed, kind).write(tx, id).await.map(drop)
}

/// A line by a bot.
pub(crate) fn line(env: &Env, author: Author, notice: Notice, kind: EventKind) -> Line<'static> {
    Line { author, ..Line::plain(MessageId::generate(env), notice, kind, env.now()) }
}

pub(crate) fn author_of(bot: &Bot) -> Author {
    Author::Bot { id: bot.id, name: bot.name.clone() }
}

fn author(bot: &BotInCharge) -> Author {
    Author::Bot { id: bot.id, name: bot.name.clone() }
}
