//! What happens in a project, as it happens.

use std::sync::{Arc, OnceLock};

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::Stream;
use futures_util::stream::unfold;
use signet_app::{AppError, ProjectFeed, ProjectUpdate};
use signet_domain::{Event, Scope};

use crate::call::Call;
use crate::error;
use crate::model::{ConversationEvent, ConversationEventKind, ConversationNode, MessageNode};
use crate::scalars::Long;

/// Why a feed ended although its reader wants more. The socket closes with it, so that clients connect again and resume:
/// after a mere `complete` they would believe that nothing more can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// The process is going down.
    GoingAway,
    /// Storage failed.
    Unavailable,
}

/// Where a feed leaves word of its interruption for the socket it runs on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupted(Arc<OnceLock<Interruption>>);

impl Interrupted {
    /// Leaves word. The first one stands.
    fn set(&self, interruption: Interruption) {
        let _ = self.0.set(interruption);
    }

    /// What happened, if anything.
    pub(crate) fn get(&self) -> Option<Interruption> {
        self.0.get().copied()
    }
}

pub(crate) struct Subscription;

#[Subscription]
impl Subscription {
    /// Everything that happens in the project's conversations, in order. With `after`, first what came since that cursor.
    async fn conversation_events(
        &self,
        ctx: &Context<'_>,
        project_id: ID,
        after: Option<Long>,
    ) -> Result<impl Stream<Item = ConversationEvent> + use<>> {
        let call = Call::of(ctx)?.clone();
        let access = call.require(&project_id, Scope::ConversationsRead)?;
        if after.is_some_and(|cursor| cursor.0 < 0) {
            let message = "`after` must not be negative".to_owned();
            return Err(call.error(&AppError::Invalid { code: "CURSOR_INVALID", message }));
        }
        let opened = call.app.project_feed(access, after.map(|cursor| cursor.0)).await;
        let feed = opened.map_err(|error| call.error(&error))?;
        let interrupted = ctx.data::<Interrupted>()?.clone();
        Ok(unfold((feed, call, interrupted), |(mut feed, call, interrupted)| async {
            match next(&mut feed, &call).await {
                Ok(event) => Some((event, (feed, call, interrupted))),
                Err(interruption) => {
                    interrupted.set(interruption);
                    None
                }
            }
        }))
    }
}

/// The next event that concerns a conversation.
async fn next(feed: &mut ProjectFeed, call: &Call) -> Result<ConversationEvent, Interruption> {
    loop {
        let shown = match feed.next().await {
            None => return Err(Interruption::GoingAway),
            Some(Ok(ProjectUpdate::Event(published))) => Ok(stored(&published.event)),
            Some(Ok(ProjectUpdate::VisitorTyping { conversation_id })) => {
                let found = call.app.conversation(&call.caller, conversation_id).await;
                found.map(|detail| {
                    detail.map(|detail| ConversationEvent {
                        cursor: None,
                        kind: ConversationEventKind::VisitorTyping,
                        conversation: detail.into(),
                        message: None,
                        correlation_id: None,
                    })
                })
            }
            Some(Err(error)) => Err(error),
        };
        match shown {
            Ok(Some(event)) => return Ok(event),
            // A visitor without a conversation signed in or out: nothing to show in an inbox.
            Ok(None) => {}
            Err(error) => {
                error::log(&error, &call.context);
                return Err(Interruption::Unavailable);
            }
        }
    }
}

fn stored(event: &Event) -> Option<ConversationEvent> {
    let conversation = event.conversation.clone()?;
    Some(ConversationEvent {
        cursor: Some(Long(event.sequence)),
        kind: ConversationEventKind::of(event.kind)?,
        conversation: ConversationNode::from(conversation),
        message: event.message.clone().map(MessageNode),
        correlation_id: event.correlation_id.clone(),
    })
}
