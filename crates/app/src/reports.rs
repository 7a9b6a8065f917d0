//! What a page reports of its visitor beside messages: sales, and answers to the survey.
//!
//! Nothing is stored of an anonymous visitor who has not written anything.

use std::time::Duration;

use signet_domain::access::Caller;
use signet_domain::conversation::CloseReason;
use signet_domain::{ConversationId, ConversationState, EventKind, Timestamp, VisitorId, limits};
use signet_store::events::{self, NewEvent, Trace};
use signet_store::satisfaction::{self, Satisfaction};
use signet_store::transactions::{self, Transaction};
use signet_store::{conversations, visitors};

use crate::conversations::readable;
use crate::session_token::VisitorSession;
use crate::{App, AppError, RequestContext};

/// How long after its end a conversation still gets the credit for a sale.
const ATTRIBUTED: Duration = Duration::from_hours(48);
/// The largest amount either way, in whole units.
const AMOUNT: f64 = 1_000_000_000.0;
const MILLIONTHS: f64 = 1_000_000.0;
/// Longest comment, in characters.
const COMMENT: usize = 1_000;

/// A sale as a page reports it.
#[derive(Clone)]
pub struct NewTransaction {
    external_id: String,
    amount_millionths: i64,
}

impl NewTransaction {
    /// `Invalid { code: "TRANSACTION_INVALID" }` unless the id has 1 to 255 characters and the amount is a number of at most
    /// 1,000,000,000 either way. It is kept to six decimals.
    pub fn parse(id: &str, amount: f64) -> Result<Self, AppError> {
        let named =
            (1..=limits::NAME_CHARACTERS).contains(&id.chars().count()) && !id.contains(char::is_control);
        if !named || !amount.is_finite() || amount.abs() > AMOUNT {
            return Err(AppError::Invalid {
                code: "TRANSACTION_INVALID",
                message:
                    "a transaction has an id of 1 to 255 characters and an amount of at most 1,000,000,000"
                        .to_owned(),
            });
        }
        Ok(Self { external_id: id.to_owned(), amount_millionths: (amount * MILLIONTHS).round() as i64 })
    }
}

/// What became of a report of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedTransaction {
    /// It is stored, now or since before.
    pub stored: bool,
    /// That id had been reported before.
    pub duplicate: bool,
    /// The conversation that gets the credit.
    pub conversation_id: Option<ConversationId>,
}

/// Checks answers to the survey: 1 to 5, 0 to 10, 1 to 1,000 characters, at least one of them.
fn check(answers: &Satisfaction) -> Result<(), AppError> {
    let fits = |value: Option<i64>, range: std::ops::RangeInclusive<i64>| {
        value.is_none_or(|value| range.contains(&value))
    };
    let comment = answers.comment.as_ref();
    let good = fits(answers.customer_satisfaction, 1..=5)
        && fits(answers.net_promoter_score, 0..=10)
        && comment.is_none_or(|comment| (1..=COMMENT).contains(&comment.trim().chars().count()))
        && *answers != Satisfaction::default();
    if good {
        return Ok(());
    }
    let message = "an answer is customerSatisfaction 1 to 5, netPromoterScore 0 to 10 or a comment of 1 to 1,000 characters";
    Err(AppError::Invalid { code: "SATISFACTION_INVALID", message: message.to_owned() })
}

impl App {
    /// Stores a sale once, attributed to the visitor's ongoing conversation or the one closed in the last 48 h.
    pub async fn record_transaction(
        &self,
        session: &VisitorSession,
        reported: NewTransaction,
        context: &RequestContext,
    ) -> Result<RecordedTransaction, AppError> {
        self.check_live(session)?;
        self.limits.message(session, context.address)?;
        let (session, now, id) = (session.clone(), self.env.now(), self.env.uuid_v7());
        let correlation_id = context.correlation_id.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let visitor_id = session.visitor_id;
                    if !visitors::hold(tx, visitor_id).await? {
                        return Ok(RecordedTransaction {
                            stored: false,
                            duplicate: false,
                            conversation_id: None,
                        });
                    }
                    let conversation =
                        conversations::find_latest(tx, visitor_id, now.before(ATTRIBUTED)).await?;
                    let conversation_id = conversation.as_ref().map(|conversation| conversation.id);
                    let transaction = Transaction {
                        id,
                        project_id: session.project_id.clone(),
                        external_id: reported.external_id,
                        visitor_id,
                        conversation_id,
                        amount_millionths: reported.amount_millionths,
                        created_at: now,
                    };
                    if !transactions::insert(tx, &transaction).await? {
                        // Whose it was is nobody else's business.
                        return Ok(RecordedTransaction {
                            stored: true,
                            duplicate: true,
                            conversation_id: None,
                        });
                    }
                    if let Some(conversation) = conversation {
                        let kind = EventKind::TransactionAttributed;
                        let event = NewEvent::of_conversation(kind, conversation, now);
                        let trace = Trace { correlation_id: Some(&correlation_id), subject: Some(id) };
                        events::append_traced(tx, event, trace).await?;
                    }
                    Ok::<_, AppError>(RecordedTransaction { stored: true, duplicate: false, conversation_id })
                })
            })
            .await
    }

    /// Stores answers to the survey after an agent closed a conversation of this visitor.
    pub async fn answer_survey(
        &self,
        session: &VisitorSession,
        id: ConversationId,
        answers: Satisfaction,
        context: &RequestContext,
    ) -> Result<(), AppError> {
        self.check_live(session)?;
        check(&answers)?;
        self.limits.message(session, context.address)?;
        let (visitor_id, now) = (session.visitor_id, self.env.now());
        let correlation_id = context.correlation_id.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    // Whoever anonymises it waits, and then finds these answers.
                    conversations::lock(tx, id).await?;
                    let found = conversations::find(tx, id).await?;
                    let own = found.filter(|conversation| {
                        conversation.visitor_id == visitor_id && conversation.anonymized_at.is_none()
                    });
                    let conversation = own.ok_or(AppError::NotFound)?;
                    match conversation.state {
                        ConversationState::Closed { reason: CloseReason::ContinuedInVerified, .. } => {
                            return Err(AppError::Conflict {
                                code: "CONVERSATION_CONTINUED",
                                message: "the conversation goes on in another one".to_owned(),
                            });
                        }
                        ConversationState::Closed { .. } => {}
                        ConversationState::Ongoing => {
                            return Err(AppError::Conflict {
                                code: "CONVERSATION_ONGOING",
                                message: "the conversation is not over".to_owned(),
                            });
                        }
                    }
                    satisfaction::answer(tx, id, &conversation.project_id, &answers, now).await?;
                    let event = NewEvent::of_conversation(EventKind::SatisfactionAnswered, conversation, now);
                    let trace = Trace { correlation_id: Some(&correlation_id), subject: None };
                    Ok(events::append_traced(tx, event, trace).await?)
                })
            })
            .await
    }

    /// What the visitor of a conversation answered to the survey, and when last, for a caller who may read it.
    pub async fn satisfaction(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<Option<(Satisfaction, Timestamp)>, AppError> {
        let caller = caller.clone();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    match readable(tx, &caller, id).await? {
                        Some(_) => Ok(satisfaction::find(tx, id).await?),
                        None => Ok(None),
                    }
                })
            })
            .await
    }

    /// The newest 100 sales attributed to a conversation, for a caller who may read it.
    pub async fn transactions_of_conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<Vec<Transaction>, AppError> {
        let caller = caller.clone();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    match readable(tx, &caller, id).await? {
                        Some(_) => Ok(transactions::of_conversation(tx, id, limits::PAGE).await?),
                        None => Ok(Vec::new()),
                    }
                })
            })
            .await
    }

    /// The newest 100 sales to a visitor, for a caller who may read the visitor.
    pub async fn transactions_of_visitor(
        &self,
        caller: &Caller,
        id: VisitorId,
    ) -> Result<Vec<Transaction>, AppError> {
        if self.visitor(caller, id).await?.is_none() {
            return Ok(Vec::new());
        }
        self.store
            .read(move |tx| {
                Box::pin(async move { Ok(transactions::of_visitor(tx, id, limits::PAGE).await?) })
            })
            .await
    }
}
