//! "Add my earlier messages" (PRODUCT section 7, case 3): copies what a visitor wrote before they signed in into their own
//! conversation, because they asked for it.
//!
//! Invariants: only the visitor's own texts, all of them, in their order, each once; they stay anonymous, and say where they come from.
//!
//! The offer is the person's, not a page's: it stands, on every device of theirs, until they answer it or the conversation that goes on is
//! closed. Declining ends the offer alone. A page that still shows it may take it up all the same, as a changed mind may.

use signet_domain::conversation::CloseReason;
use signet_domain::message::CopiedFrom;
use signet_domain::{
    Assurance, Conversation, ConversationId, ConversationState, Env, EventKind, Message, MessageId, Notice,
    Timestamp,
};
use signet_store::events::{self, NewEvent};
use signet_store::messages::{self, NewMessage};
use signet_store::{Tx, conversations};

use crate::endings::Line;
use crate::session_token::VisitorSession;
use crate::{App, AppError, RequestContext};

/// An anonymous conversation that a sign-in closed, and whose messages its visitor has neither added nor left where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierConversation {
    /// Which.
    pub id: ConversationId,
    /// When it was closed.
    pub closed_at: Timestamp,
}

impl EarlierConversation {
    /// The one last closed because `ongoing` goes on.
    pub(crate) async fn offered(
        tx: &mut Tx<'_>,
        ongoing: Option<&Conversation>,
    ) -> Result<Option<Self>, AppError> {
        let Some(ongoing) = ongoing else { return Ok(None) };
        let found = conversations::find_messages_offered(tx, ongoing.id).await?;
        Ok(found.map(|(id, closed_at)| Self { id, closed_at }))
    }
}

/// What the visitor says to the offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierAnswer {
    /// Add them.
    Add,
    /// Leave them where they are, and ask no more.
    Decline,
}

/// What was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierMessages {
    /// Where they stand now.
    pub conversation_id: ConversationId,
    /// How many.
    pub copied: i64,
    /// The offer had been answered so before: nothing was written now.
    pub duplicate: bool,
}

impl App {
    /// Adds the messages of the anonymous conversation `id` to the one in which it goes on, if that is the visitor's and ongoing; or
    /// notes that they do not want it. What was added stays.
    pub async fn answer_earlier_messages(
        &self,
        session: &VisitorSession,
        id: ConversationId,
        answer: EarlierAnswer,
        context: &RequestContext,
    ) -> Result<EarlierMessages, AppError> {
        self.check_live(session)?;
        self.limits.message(session, context.address)?;
        if session.assurance != Assurance::Verified {
            return Err(AppError::NotFound);
        }
        let (visitor_id, env, now) = (session.visitor_id, self.env.clone(), self.env.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let found = conversations::find(tx, id).await?;
                    let (earlier, into) = found.and_then(continued).ok_or(AppError::NotFound)?;
                    let target = conversations::find(tx, into).await?;
                    let target = target.filter(|target| target.visitor_id == visitor_id);
                    let target = target.ok_or(AppError::NotFound)?;
                    if let Some(copied) = earlier.messages_added {
                        return Ok(EarlierMessages { conversation_id: into, copied, duplicate: true });
                    }
                    if answer == EarlierAnswer::Decline {
                        let duplicate = !conversations::set_messages_declined(tx, id, now).await?;
                        return Ok(EarlierMessages { conversation_id: into, copied: 0, duplicate });
                    }
                    if !target.state.is_ongoing() {
                        return Err(AppError::ConversationClosed);
                    }
                    let texts = messages::texts_of_visitor(tx, id).await?;
                    let copied = texts.len() as i64;
                    // Two requests at once: the second waits for the first here, and then looks again.
                    if !conversations::set_messages_added(tx, id, copied).await? {
                        return Ok(EarlierMessages { conversation_id: into, copied, duplicate: true });
                    }
                    if !texts.is_empty() {
                        let kind = EventKind::ConversationUpdated;
                        let line_id = MessageId::generate(&env);
                        Line::plain(line_id, Notice::EarlierMessagesAdded, kind, now).write(tx, into).await?;
                    }
                    for text in texts {
                        copy(tx, text, into, &env, now).await?;
                    }
                    Ok(EarlierMessages { conversation_id: into, copied, duplicate: false })
                })
            })
            .await
    }
}

/// A conversation that was closed by a sign-in, and the one in which it goes on.
fn continued(conversation: Conversation) -> Option<(Conversation, ConversationId)> {
    let by_sign_in = matches!(
        conversation.state,
        ConversationState::Closed { reason: CloseReason::ContinuedInVerified, .. }
    );
    let into = conversation.continued_in.filter(|_| by_sign_in)?;
    Some((conversation, into))
}

async fn copy(
    tx: &mut Tx<'_>,
    text: Message,
    into: ConversationId,
    env: &Env,
    now: Timestamp,
) -> Result<(), AppError> {
    let copied_from = CopiedFrom { conversation_id: text.conversation_id, written_at: text.created_at };
    let entry = NewMessage {
        id: MessageId::generate(env),
        author: text.author,
        body: text.body,
        assurance: Some(Assurance::Anonymous),
        verified_at: None,
        session_id: text.session_id,
        client_message_id: None,
        created_at: now,
        copied_from: Some(copied_from),
    };
    // `None` only if an agent closed it at this very moment: then all of it is undone.
    let (message, conversation) =
        messages::append(tx, into, entry).await?.ok_or(AppError::ConversationClosed)?;
    let event = NewEvent::of_conversation(EventKind::MessageSent, conversation, now);
    Ok(events::append(tx, event.with(message)).await?)
}
