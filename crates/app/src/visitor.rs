//! What a visitor does: write, read, leave.

use signet_domain::audit::AuditKind;
use signet_domain::{
    Assurance, Author, ClientMessageId, Conversation, ConversationId, Env, EventKind, Message, MessageBody,
    MessageId, MessageText, Notice, SessionEnd, Timestamp, Visibility, bot,
};
use signet_realtime::{Signal, Topic, Typing};
use signet_store::events::{self, NewEvent};
use signet_store::messages::{self, HistoryCursor, NewMessage};
use signet_store::{Tx, audit_events, bot_conversations, bots, conversations, devices, sessions, visitors};

use crate::audit::Actor;
use crate::bot_turns::{author_of, line};
use crate::endings::Ending;
use crate::session_token::{DEVICE_CREDENTIAL, VisitorSession};
use crate::{App, AppError, RequestContext};

/// A message is stored durably.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Where.
    pub conversation_id: ConversationId,
    /// Its place.
    pub sequence: i64,
    /// The client's id for it.
    pub client_message_id: ClientMessageId,
    /// When.
    pub created_at: Timestamp,
    /// It had been stored before: this was a retry.
    pub duplicate: bool,
}

/// The visitor's ongoing conversation (or the one last closed that the client still shows) from a cursor on.
#[derive(Debug, Clone)]
pub struct Thread {
    /// The conversation; `None` if there is none.
    pub conversation: Option<Conversation>,
    /// Entries for the visitor's eyes, ascending.
    pub entries: Vec<Message>,
    /// The client must forget what it held: the entries are the newest ones.
    pub reset: bool,
}

/// A page of a visitor's history.
#[derive(Debug, Clone)]
pub struct History {
    /// Entries for the visitor's eyes, ascending.
    pub entries: Vec<Message>,
    /// The conversations they stand in.
    pub conversations: Vec<Conversation>,
    /// Where the next older page begins.
    pub before: Option<HistoryCursor>,
}

/// How many missed entries a client is sent before it is told to start over with the newest page.
const CATCH_UP: usize = 100;
/// The newest page.
pub(crate) const NEWEST: usize = 50;
/// How often a first message is tried again when another tab's came between.
const ATTEMPTS: usize = 5;

impl App {
    /// Stores a visitor's message and answers after the durable commit. Starts a conversation if none is ongoing.
    pub async fn visitor_send(
        &self,
        session: &VisitorSession,
        client_message_id: ClientMessageId,
        text: MessageText,
        context: &RequestContext,
    ) -> Result<Acknowledgement, AppError> {
        self.check_live(session)?;
        self.limits.message(session, context.address)?;
        let now = self.env.now();
        let message = NewMessage {
            id: MessageId::generate(&self.env),
            author: Author::Visitor(session.visitor_id),
            body: MessageBody::Text(text),
            assurance: Some(session.assurance),
            verified_at: session.verified_at,
            session_id: Some(session.session_id),
            client_message_id: Some(client_message_id),
            created_at: now,
            copied_from: None,
        };
        let new_conversation = ConversationId::generate(&self.env);
        let mut attempt = 1;
        loop {
            let (session, message, env) = (session.clone(), message.clone(), self.env.clone());
            let result = self
                .store
                .write(move |tx| {
                    Box::pin(
                        async move { store_message(tx, &session, message, new_conversation, &env).await },
                    )
                })
                .await;
            match result {
                // Another tab's first message, or the retry of this one, came between: look again.
                Err(AppError::Exists(_)) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
                Ok(Stored { message: stored, duplicate, for_bot }) => {
                    if for_bot {
                        self.bot_bell.notify_one();
                    }
                    metrics::counter!("signet_messages_total", "author" => "visitor")
                        .increment(u64::from(!duplicate));
                    return Ok(Acknowledgement {
                        conversation_id: stored.conversation_id,
                        sequence: stored.sequence,
                        client_message_id,
                        created_at: stored.created_at,
                        duplicate,
                    });
                }
            }
        }
    }

    /// What a client that holds entries up to `known` must be told.
    pub async fn visitor_thread(
        &self,
        session: &VisitorSession,
        known: Option<(ConversationId, i64)>,
    ) -> Result<Thread, AppError> {
        self.check_live(session)?;
        let visitor_id = session.visitor_id;
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let ongoing = conversations::find_ongoing(tx, visitor_id).await?;
                    let shown = match known {
                        Some((id, _)) if ongoing.is_none() => conversations::find(tx, id)
                            .await?
                            .filter(|conversation| conversation.visitor_id == visitor_id),
                        _ => ongoing,
                    };
                    let Some(conversation) = shown else {
                        return Ok(Thread {
                            conversation: None,
                            entries: Vec::new(),
                            reset: known.is_some(),
                        });
                    };
                    let from = known.filter(|(id, _)| *id == conversation.id).map(|(_, sequence)| sequence);
                    let (mut entries, reset) = entries_from(tx, &conversation, from).await?;
                    entries.retain(|entry| entry.visibility() == Visibility::Everyone);
                    Ok::<_, AppError>(Thread { conversation: Some(conversation), entries, reset })
                })
            })
            .await
    }

    /// Whether a conversation has nothing after this place.
    pub(crate) async fn ends_at(&self, id: ConversationId, sequence: i64) -> Result<bool, AppError> {
        let found = self
            .store
            .read(move |tx| Box::pin(async move { Ok::<_, AppError>(conversations::find(tx, id).await?) }));
        Ok(found.await?.is_some_and(|conversation| conversation.last_sequence == sequence))
    }

    /// A page of earlier entries, 1 to 100.
    pub async fn visitor_history(
        &self,
        session: &VisitorSession,
        before: Option<HistoryCursor>,
        limit: usize,
    ) -> Result<History, AppError> {
        self.check_live(session)?;
        let limit = limit.clamp(1, signet_domain::limits::PAGE);
        let visitor_id = session.visitor_id;
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let mut entries = messages::history(tx, visitor_id, before, limit + 1).await?;
                    // One more than asked tells whether there is an older page; it is the oldest, so it goes.
                    let more = entries.len() > limit;
                    if more {
                        entries.remove(0);
                    }
                    let before = entries.first().filter(|_| more).map(|oldest| HistoryCursor {
                        conversation_id: oldest.conversation_id,
                        sequence: oldest.sequence,
                    });
                    let mut ids: Vec<_> = entries.iter().map(|entry| entry.conversation_id).collect();
                    ids.dedup();
                    let mut found = Vec::with_capacity(ids.len());
                    for id in ids {
                        found.extend(conversations::find(tx, id).await?);
                    }
                    Ok::<_, AppError>(History { entries, conversations: found, before })
                })
            })
            .await
    }

    /// The visitor has seen everything up to here.
    pub async fn visitor_read(
        &self,
        session: &VisitorSession,
        conversation_id: ConversationId,
        sequence: i64,
    ) -> Result<(), AppError> {
        self.check_live(session)?;
        let (visitor_id, now) = (session.visitor_id, self.env.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let conversation = conversations::find(tx, conversation_id).await?;
                    let own = conversation.filter(|conversation| conversation.visitor_id == visitor_id);
                    let conversation = own.ok_or(AppError::NotFound)?;
                    let seen = sequence.min(conversation.last_sequence);
                    if conversations::mark_read_by_visitor(tx, conversation_id, seen).await? {
                        let marked = Conversation { read_by_visitor: seen, ..conversation };
                        conversation_updated(tx, marked, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Tells agents that the visitor types.
    pub fn visitor_typing(&self, session: &VisitorSession, conversation_id: ConversationId) {
        if self.check_live(session).is_ok() {
            let topic = Topic::Project(session.project_id.clone());
            let (project_id, visitor_id) = (session.project_id.clone(), session.visitor_id);
            self.hub.publish(&topic, &Signal::VisitorTyping { conversation_id, visitor_id });
            self.hub.relay().types(Typing::Visitor { project_id, conversation_id, visitor_id });
        }
    }

    /// Ends the session that a token, live or expired, or a sign-out handle names; idempotent. Its sockets close; for an anonymous
    /// one, the device credential proves nothing any more.
    pub async fn logout(&self, credential: &str, context: &RequestContext) -> Result<(), AppError> {
        let now = self.env.now();
        let held = self.sessions.read(credential).map(|session| VisitorSession::clone(&session));
        let Some(session) = held.or_else(|| self.sessions.to_sign_out(credential, now)) else {
            return Ok(());
        };
        if session.assurance == Assurance::Verified {
            let (id, notice_id) = (session.session_id, MessageId::generate(&self.env));
            let (correlation_id, actor) =
                (context.correlation_id.clone(), Actor::visitor(session.visitor_id, context));
            let ended = self
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        let Some(session) = sessions::find(tx, id).await? else { return Ok(None) };
                        let correlation_id = Some(correlation_id.as_str());
                        let reason = SessionEnd::LoggedOut;
                        if (Ending { reason, notice_id, correlation_id, now }).end(tx, &session).await? {
                            let event = actor.did(AuditKind::VisitorSignedOut, now);
                            let event = event.in_project(&session.project_id);
                            audit_events::record(tx, event.to("VISITOR_SESSION", &session.id));
                        }
                        Ok::<_, AppError>(Some(session))
                    })
                })
                .await?;
            if let Some(ended) = ended {
                self.sessions.end_session(ended.id, ended.expires_at.max(session.expires_at));
                self.end_session_sockets(&ended);
            }
        } else if let Some(device) = session.device_id {
            let (project_id, visitor_id) = (session.project_id.clone(), session.visitor_id);
            let until = now.after(DEVICE_CREDENTIAL);
            self.store
                .write(move |tx| {
                    Box::pin(async move {
                        Ok::<_, AppError>(
                            devices::revoke(tx, device, &project_id, visitor_id, now, until).await?,
                        )
                    })
                })
                .await?;
            self.sessions.end_device(device, until);
            self.end_visitor_sockets(session.visitor_id);
        }
        tracing::info!(
            project = %session.project_id,
            session = %session.session_id,
            correlation_id = %context.correlation_id,
            "visitor signed out"
        );
        Ok(())
    }
}

/// A message that is stored.
struct Stored {
    message: Message,
    /// It was before.
    duplicate: bool,
    /// A bot is to be told.
    for_bot: bool,
}

/// The whole message path: find a retry, find or start the conversation, take the next sequence, store, tell.
async fn store_message(
    tx: &mut Tx<'_>,
    session: &VisitorSession,
    message: NewMessage,
    new_conversation: ConversationId,
    env: &Env,
) -> Result<Stored, AppError> {
    if let Some(id) = message.client_message_id
        && let Some(stored) = messages::find_by_client_id(tx, &message.author, id).await?
    {
        return Ok(Stored { message: stored, duplicate: true, for_bot: false });
    }
    let now = message.created_at;
    let mut greeter = None;
    let (conversation_id, kind) = match conversations::find_ongoing(tx, session.visitor_id).await? {
        Some(conversation) => (conversation.id, EventKind::MessageSent),
        None => {
            if session.assurance != Assurance::Verified {
                visitors::ensure_anonymous(tx, session.visitor_id, &session.project_id, now).await?;
                if let Some(claimed_id) = &session.claimed_id {
                    visitors::claim(tx, session.visitor_id, claimed_id).await?;
                }
            }
            // Anonymised at this very moment.
            if !visitors::hold(tx, session.visitor_id).await? {
                return Err(AppError::SessionEnded);
            }
            conversations::insert(tx, new_conversation, &session.project_id, session.visitor_id, now).await?;
            greeter = bot::greeter(&bots::list(tx, &session.project_id).await?).cloned();
            if let Some(bot) = &greeter {
                bot_conversations::start(tx, new_conversation, bot.id, now).await?;
            }
            (new_conversation, EventKind::ConversationStarted)
        }
    };
    // `None` only if an agent closed it between the two statements: the next attempt starts a new one.
    let appended = messages::append(tx, conversation_id, message).await?;
    let (stored, conversation) =
        appended.ok_or_else(|| AppError::Exists("conversations_one_ongoing".into()))?;
    let for_bot = conversation.bot.is_some();
    let event = NewEvent::of_conversation(kind, conversation, now).with(stored.clone());
    events::append(tx, event).await?;
    if let Some(bot) = greeter {
        let kind = EventKind::ConversationUpdated;
        line(env, author_of(&bot), Notice::BotAnswers, kind).write(tx, conversation_id).await?;
    }
    Ok(Stored { message: stored, duplicate: false, for_bot })
}

async fn entries_from(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    from: Option<i64>,
) -> Result<(Vec<Message>, bool), AppError> {
    if let Some(sequence) = from
        && conversation.last_sequence.saturating_sub(sequence) <= CATCH_UP as i64
    {
        return Ok((messages::after(tx, conversation.id, sequence, CATCH_UP).await?, false));
    }
    Ok((messages::newest(tx, conversation.id, NEWEST).await?, true))
}

pub(crate) async fn conversation_updated(
    tx: &mut Tx<'_>,
    conversation: Conversation,
    now: Timestamp,
) -> Result<(), AppError> {
    let event = NewEvent::of_conversation(EventKind::ConversationUpdated, conversation, now);
    Ok(events::append(tx, event).await?)
}
