//! What the page says of its visitor (`window.idzCustomData`), kept for the agents as what it is: a claim.
//!
//! Nothing is stored of an anonymous visitor who has not written anything. Every page view may say the same again, so that costs a
//! read and nothing more.

use signet_domain::{Assurance, CustomData, CustomDataType, EventKind, InvalidCustomData, Visitor};
use signet_store::events::{self, NewEvent, Trace};
use signet_store::{Tx, conversations, visitors};

use crate::session_token::VisitorSession;
use crate::{App, AppError, RequestContext};

impl App {
    /// Replaces what the page says of this visitor, members by name. False for an anonymous visitor who has not written anything: nothing is
    /// stored of them. `Invalid { code: "CUSTOM_DATA_INVALID" }` when a limit is passed.
    pub async fn set_custom_data(
        &self,
        session: &VisitorSession,
        members: Vec<(String, CustomDataType, String)>,
        context: &RequestContext,
    ) -> Result<bool, AppError> {
        self.check_live(session)?;
        let now = self.env.now();
        let said = CustomData::parse(members, now).map_err(refused)?;
        self.limits.custom_data(session.visitor_id)?;
        let (session, correlation_id) = (session.clone(), context.correlation_id.clone());
        let visitor_id = session.visitor_id;
        let held =
            self.store.read(move |tx| Box::pin(async move { visitors::find(tx, visitor_id).await })).await?;
        let Some(held) = held.filter(|held| held.anonymized_at.is_none()) else { return Ok(false) };
        if says_the_same(&held, &session, &said) {
            return Ok(true);
        }
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if !visitors::hold(tx, visitor_id).await? {
                        return Ok(false);
                    }
                    let Some(held) = visitors::find(tx, visitor_id).await? else { return Ok(false) };
                    let claimed = claim(tx, &held, &session).await?;
                    let changed = visitors::set_custom_data(tx, &held, said, now).await?;
                    if claimed || changed {
                        let Some(conversation) = conversations::find_ongoing(tx, visitor_id).await? else {
                            return Ok(true);
                        };
                        let event = NewEvent {
                            project_id: session.project_id,
                            kind: EventKind::ConversationUpdated,
                            visitor_id,
                            conversation: Some(conversation),
                            message: None,
                            created_at: now,
                        };
                        let trace = Trace { correlation_id: Some(&correlation_id), subject: None };
                        events::append_traced(tx, event, trace).await?;
                    }
                    Ok::<_, AppError>(true)
                })
            })
            .await
    }
}

/// The page may have begun to name its guest after the conversation began.
async fn claim(tx: &mut Tx<'_>, held: &Visitor, session: &VisitorSession) -> Result<bool, AppError> {
    match &session.claimed_id {
        Some(claimed_id) if names_anew(held, session) => {
            Ok(visitors::claim(tx, session.visitor_id, claimed_id).await?)
        }
        _ => Ok(false),
    }
}

fn names_anew(held: &Visitor, session: &VisitorSession) -> bool {
    session.assurance == Assurance::Claimed && held.claimed_id != session.claimed_id
}

fn says_the_same(held: &Visitor, session: &VisitorSession, said: &CustomData) -> bool {
    let data = said.clone().following(&held.custom_data);
    !names_anew(held, session)
        && data == held.custom_data
        && data.claims_beside(&held.attributes) == held.attributes
}

fn refused(error: InvalidCustomData) -> AppError {
    AppError::Invalid { code: "CUSTOM_DATA_INVALID", message: error.to_string() }
}
