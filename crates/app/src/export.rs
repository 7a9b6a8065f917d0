//! Everything about a person as one JSON document (docs/data.md), in parts of bounded size: a caller asks with the cursor of the last
//! part until there is none, and puts the texts behind each other.
//!
//! Invariants: memory is bounded by a part, whatever the person wrote; a cursor is ours, of this visitor, this caller and this hour, so
//! that no part is read without the audit log saying that an export was begun; a person gets what stands in their own
//! conversations and those that go on in them, and nothing else a guest of the same browser may have written.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use signet_domain::audit::AuditKind;
use signet_domain::{ConversationId, Project, ProjectId, Timestamp, Visitor, VisitorId};
use signet_store::{
    StoreError, Tx, audit_events, authentication_failures, conversations, messages, projects, satisfaction,
    sessions, transactions, visitors,
};
use uuid::Uuid;

use crate::audit::Actor;
use crate::erasure::DataAsker;
use crate::export_records::{
    AuditRecord, ConversationRecord, MessageRecord, ProjectRecord, SessionRecord, TransactionRecord,
    VisitorRecord,
};
use crate::{App, AppError, sealing};

/// Names the format and its version: members may be added, none is renamed.
const FORMAT: &str = "signet-visitor-export/1";
/// A part ends with the first record beyond this many bytes.
const PART_BYTES: usize = 64 * 1024;
/// Records read at once. Twenty-five of the longest messages are a megabyte.
const RECORDS: usize = 25;
/// Rows of the audit log that are looked through at once, and in a part.
const AUDIT_ROWS: usize = 500;
const AUDIT_ROWS_OF_PART: usize = 20_000;
/// Most sales of one conversation.
const SALES: usize = 10_000;
/// How long an export may take.
const CURSOR: Duration = Duration::from_hours(1);

/// A part of an export. Without `Debug`: it is what is known of somebody.
#[derive(Clone)]
pub struct ExportPart {
    /// The next piece of the document.
    pub text: String,
    /// Names the part after it; `None`: this was the last.
    pub next: Option<String>,
}

/// Where the next record stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Place {
    Profile,
    Sessions {
        after: Uuid,
    },
    Conversation {
        after: (Timestamp, ConversationId),
    },
    /// Threads still to be written before the conversation after that place; of the first, entries after a sequence. `None`: it is
    /// not begun.
    Thread {
        after: (Timestamp, ConversationId),
        threads: Vec<ConversationId>,
        sequence: Option<i64>,
    },
    Sales {
        after: (Timestamp, Uuid),
    },
    Audit {
        after: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    place: Place,
    /// The list at this place has a member already.
    begun: bool,
    /// Whose export this is.
    caller: String,
    good_until: Timestamp,
}

impl App {
    /// The first part of the document, or the one that `after` names, for whoever may erase the visitor as well. The first is
    /// recorded in the audit log. `Invalid { code: "CURSOR_INVALID" }` if `after` is of another visitor, caller or hour.
    pub async fn export_visitor(
        &self,
        asker: &DataAsker,
        id: VisitorId,
        after: Option<&str>,
        actor: &Actor,
    ) -> Result<ExportPart, AppError> {
        let now = self.env.now();
        let cursor = match after {
            None => {
                let good_until = now.after(CURSOR);
                Cursor { place: Place::Profile, begun: false, caller: asker.key(), good_until }
            }
            Some(text) => {
                let cursor: Cursor = sealing::open_cursor(&self.sealing_key, &owner(id), text)?;
                if cursor.caller != asker.key() || now >= cursor.good_until {
                    return Err(sealing::cursor_invalid());
                }
                cursor
            }
        };
        let by = asker.clone();
        let (project, visitor) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let visitor = visitors::find(tx, id).await?.ok_or(AppError::NotFound)?;
                    by.check(&visitor.project_id)?;
                    let project = projects::find(tx, &visitor.project_id).await?.ok_or(AppError::NotFound)?;
                    Ok::<_, AppError>((project, visitor))
                })
            })
            .await?;
        if after.is_none() {
            let event = actor.did(AuditKind::VisitorExported, now).in_project(&project.id);
            self.record(event.to("VISITOR", &id)).await?;
        }
        let Cursor { place, begun, caller, good_until } = cursor;
        let mut walk = Walk { text: String::new(), begun, place: Some(place), now };
        let walk = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let person = Person { project, visitor };
                    while walk.text.len() < PART_BYTES
                        && let Some(place) = walk.place.take()
                        && walk.step(tx, &person, place).await?
                    {}
                    Ok::<_, AppError>(walk)
                })
            })
            .await?;
        let next = match walk.place {
            None => None,
            Some(place) => {
                let cursor = Cursor { place, begun: walk.begun, caller, good_until };
                Some(sealing::seal_cursor(&self.sealing_key, &owner(id), &cursor)?)
            }
        };
        Ok(ExportPart { text: walk.text, next })
    }
}

/// What a cursor is bound to.
fn owner(id: VisitorId) -> Vec<u8> {
    [b"visitor export ", id.as_uuid().as_bytes().as_slice()].concat()
}

/// Whom the document is about.
struct Person {
    project: Project,
    visitor: Visitor,
}

/// The document on its way: what was written of this part, and where the next record stands.
struct Walk {
    text: String,
    begun: bool,
    place: Option<Place>,
    now: Timestamp,
}

impl Walk {
    /// Writes the records at a place and moves on. False if this part should end.
    async fn step(&mut self, tx: &mut Tx<'_>, person: &Person, place: Place) -> Result<bool, AppError> {
        let visitor_id = person.visitor.id;
        match place {
            Place::Profile => self.profile(tx, person).await?,
            Place::Sessions { after } => {
                let found = sessions::of_visitor(tx, visitor_id, after, RECORDS).await?;
                for session in &found {
                    self.member(&SessionRecord::from(session))?;
                }
                match found.last() {
                    Some(last) => self.place = Some(Place::Sessions { after: last.id.as_uuid() }),
                    None => {
                        self.next_list("conversations");
                        self.place = Some(Place::Conversation { after: BEGINNING });
                    }
                }
            }
            Place::Conversation { after } => self.conversation(tx, visitor_id, after).await?,
            Place::Thread { after, threads, sequence } => self.thread(tx, after, threads, sequence).await?,
            Place::Sales { after } => {
                let found = transactions::unattributed(tx, visitor_id, after, RECORDS).await?;
                for sale in &found {
                    self.member(&TransactionRecord::from(sale))?;
                }
                match found.last() {
                    Some(last) => self.place = Some(Place::Sales { after: (last.created_at, last.id) }),
                    None => {
                        self.next_list("auditEvents");
                        self.place = Some(Place::Audit { after: 0 });
                    }
                }
            }
            Place::Audit { after } => return self.audit(tx, person, after).await,
        }
        Ok(true)
    }

    async fn profile(&mut self, tx: &mut Tx<'_>, person: &Person) -> Result<(), AppError> {
        let guests = visitors::guests_of(tx, person.visitor.id).await?;
        let guests: Vec<_> = guests.iter().map(VisitorRecord::from).collect();
        let (project, visitor) = (ProjectRecord::from(&person.project), VisitorRecord::from(&person.visitor));
        self.say(&["{\"format\":", &json(&FORMAT)?, ",\"exportedAt\":", &json(&self.now)?]);
        self.say(&[",\"project\":", &json(&project)?, ",\"visitor\":", &json(&visitor)?]);
        self.say(&[",\"guests\":", &json(&guests)?, ",\"sessions\":["]);
        self.place = Some(Place::Sessions { after: Uuid::nil() });
        Ok(())
    }

    /// Finds the next conversation of the person's own; those that go on in it come before it.
    async fn conversation(
        &mut self,
        tx: &mut Tx<'_>,
        visitor_id: VisitorId,
        after: (Timestamp, ConversationId),
    ) -> Result<(), AppError> {
        let Some(own) = conversations::next_of_visitor(tx, visitor_id, after).await? else {
            self.next_list("transactions");
            self.place = Some(Place::Sales { after: (BEGINNING.0, Uuid::nil()) });
            return Ok(());
        };
        let mut threads: Vec<_> =
            conversations::continued_from(tx, own.id).await?.into_iter().map(|earlier| earlier.id).collect();
        threads.push(own.id);
        let after = (own.created_at, own.id);
        self.place = Some(Place::Thread { after, threads, sequence: None });
        Ok(())
    }

    async fn thread(
        &mut self,
        tx: &mut Tx<'_>,
        after: (Timestamp, ConversationId),
        mut threads: Vec<ConversationId>,
        sequence: Option<i64>,
    ) -> Result<(), AppError> {
        let Some(id) = threads.first().copied() else {
            self.place = Some(Place::Conversation { after });
            return Ok(());
        };
        let from = match sequence {
            Some(sequence) => sequence,
            None => match conversations::find(tx, id).await? {
                Some(conversation) => {
                    let answers = satisfaction::find(tx, id).await?;
                    let sales = transactions::of_conversation(tx, id, SALES).await?;
                    self.member(&ConversationRecord::new(&conversation, answers.as_ref(), &sales))?;
                    // Opened again: the messages are its last member.
                    self.text.pop();
                    self.text.push_str(",\"messages\":[");
                    0
                }
                // Retention took it between two parts.
                None => {
                    threads.remove(0);
                    self.place = Some(Place::Thread { after, threads, sequence: None });
                    return Ok(());
                }
            },
        };
        let found = messages::after(tx, id, from, RECORDS).await?;
        for (index, message) in found.iter().enumerate() {
            if index > 0 || sequence.is_some() {
                self.text.push(',');
            }
            self.text.push_str(&json(&MessageRecord::from(message))?);
        }
        let sequence = match found.last() {
            Some(last) if found.len() == RECORDS => Some(last.sequence),
            _ => {
                self.text.push_str("]}");
                threads.remove(0);
                None
            }
        };
        self.place = Some(Place::Thread { after, threads, sequence });
        Ok(())
    }

    /// Events about the person, each with the refusal that the same request came to.
    async fn audit(&mut self, tx: &mut Tx<'_>, person: &Person, after: i64) -> Result<bool, AppError> {
        let about = Subjects::of(tx, &person.visitor).await?;
        let failures = failures_by_request(tx, &person.project.id).await?;
        let (mut sequence, mut looked_at) = (after, 0);
        loop {
            let chain = person.project.id.as_str();
            let rows = audit_events::after(tx, chain, sequence, AUDIT_ROWS).await?;
            looked_at += rows.len();
            let whole = rows.len() < AUDIT_ROWS;
            for row in rows {
                let row = row.map_err(|_| StoreError::Corrupt("audit_events"))?;
                sequence = row.sequence;
                if about.contains(&row) {
                    let failure = row.correlation_id.as_ref().and_then(|id| failures.get(id));
                    self.member(&AuditRecord::new(&row, failure))?;
                }
            }
            if whole {
                self.text.push_str("]}\n");
                return Ok(false);
            }
            if looked_at >= AUDIT_ROWS_OF_PART || self.text.len() >= PART_BYTES {
                self.place = Some(Place::Audit { after: sequence });
                return Ok(false);
            }
        }
    }

    fn say(&mut self, pieces: &[&str]) {
        for piece in pieces {
            self.text.push_str(piece);
        }
    }

    /// A member of the list at this place.
    fn member(&mut self, record: &impl Serialize) -> Result<(), AppError> {
        if std::mem::replace(&mut self.begun, true) {
            self.text.push(',');
        }
        self.text.push_str(&json(record)?);
        Ok(())
    }

    fn next_list(&mut self, name: &str) {
        self.begun = false;
        self.say(&["],\"", name, "\":["]);
    }
}

/// Before every conversation.
const BEGINNING: (Timestamp, ConversationId) =
    (Timestamp::from_millis(0), ConversationId::from_uuid(Uuid::nil()));

/// The ids under which the audit log speaks of a person.
struct Subjects(HashSet<String>);

impl Subjects {
    async fn of(tx: &mut Tx<'_>, visitor: &Visitor) -> Result<Self, StoreError> {
        let mut ids = HashSet::from([visitor.id.to_string()]);
        ids.extend(visitors::guests_of(tx, visitor.id).await?.iter().map(|guest| guest.id.to_string()));
        ids.extend(sessions::ids_of_visitor(tx, visitor.id).await?.iter().map(ToString::to_string));
        ids.extend(conversations::ids_of_visitor(tx, visitor.id).await?.iter().map(ToString::to_string));
        Ok(Self(ids))
    }

    fn contains(&self, row: &audit_events::AuditRow) -> bool {
        let known = |id: &Option<String>| id.as_ref().is_some_and(|id| self.0.contains(id));
        known(&row.subject_id) || (row.actor_type == "VISITOR" && known(&row.actor_id))
    }
}

/// The refusals that are kept, by the request: they name nobody themselves.
async fn failures_by_request(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
) -> Result<HashMap<String, authentication_failures::AuthenticationFailure>, StoreError> {
    let kept = authentication_failures::all(tx, project_id).await?;
    Ok(kept.into_iter().map(|failure| (failure.correlation_id.clone(), failure)).collect())
}

fn json(record: &impl Serialize) -> Result<String, AppError> {
    serde_json::to_string(record).map_err(|error| AppError::Unavailable(Box::new(error)))
}
