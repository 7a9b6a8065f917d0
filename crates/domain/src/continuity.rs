//! What happens to conversations when somebody signs in: PRODUCT section 7 as one pure function.
//!
//! Invariants, each a test below:
//! - a conversation is adopted only if it is ongoing, anonymous, and the device's own;
//! - nothing that belongs to a person is ever adopted by another;
//! - contents are never merged: where both sides have an ongoing conversation, both stay whole and are linked;
//! - afterwards the person has at most one ongoing conversation;
//! - doing it again changes nothing.

use crate::ids::{ConversationId, VisitorId};

/// What the activating client held before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Before {
    /// Nothing, or credentials that prove nothing any more.
    Nothing,
    /// An anonymous visitor's session or device.
    Anonymous {
        /// That visitor.
        visitor_id: VisitorId,
        /// Their ongoing conversation.
        ongoing: Option<ConversationId>,
    },
    /// A session, live or expired, of a verified person.
    Verified {
        /// That person.
        visitor_id: VisitorId,
    },
}

/// The person whom the token proves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Person {
    /// Their visitor record; `None` on their very first sign-in.
    pub visitor_id: Option<VisitorId>,
    /// Their ongoing conversation, on whatever device.
    pub ongoing: Option<ConversationId>,
}

/// What to do, and what to tell the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nobody has an ongoing conversation.
    New,
    /// Case 1: the device's anonymous conversation goes on as the person's.
    Adopted {
        /// That conversation.
        conversation: ConversationId,
    },
    /// Case 2: the person's ongoing conversation goes on here.
    Resumed {
        /// That conversation.
        conversation: ConversationId,
    },
    /// Case 3: the person's goes on; the anonymous one is closed and both are linked.
    Both {
        /// The person's, which goes on.
        ongoing: ConversationId,
        /// The anonymous one, which is closed.
        earlier: ConversationId,
    },
    /// The same person proved their identity again; nothing moves.
    Renewed,
    /// Case 7: another person. Everything of the first must be wiped before anything is shown.
    Switched,
}

/// Decides what a verified activation does to conversations.
pub fn sign_in(before: Before, person: Person) -> Outcome {
    match (before, person.ongoing) {
        (Before::Verified { visitor_id }, _) if person.visitor_id == Some(visitor_id) => Outcome::Renewed,
        (Before::Verified { .. }, _) => Outcome::Switched,
        (Before::Anonymous { ongoing: Some(conversation), .. }, None) => Outcome::Adopted { conversation },
        (Before::Anonymous { ongoing: Some(earlier), .. }, Some(ongoing)) => {
            Outcome::Both { ongoing, earlier }
        }
        (Before::Nothing | Before::Anonymous { ongoing: None, .. }, Some(conversation)) => {
            Outcome::Resumed { conversation }
        }
        (Before::Nothing | Before::Anonymous { ongoing: None, .. }, None) => Outcome::New,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn visitor(n: u128) -> VisitorId {
        VisitorId::from_uuid(Uuid::from_u128(n))
    }

    fn conversation(n: u128) -> ConversationId {
        ConversationId::from_uuid(Uuid::from_u128(n))
    }

    /// Every combination of what can be held before and what the person can have.
    #[test]
    fn every_case_of_the_table() {
        let (device, jane, john) = (visitor(1), visitor(2), visitor(3));
        let (a, v) = (conversation(10), conversation(20));
        let nothing = Before::Nothing;
        let anonymous = |ongoing| Before::Anonymous { visitor_id: device, ongoing };
        let verified = |visitor_id| Before::Verified { visitor_id };
        let person = |visitor_id, ongoing| Person { visitor_id, ongoing };

        let table = [
            // before, person, outcome
            (nothing, person(None, None), Outcome::New),
            (nothing, person(Some(jane), None), Outcome::New),
            (nothing, person(Some(jane), Some(v)), Outcome::Resumed { conversation: v }),
            (anonymous(None), person(None, None), Outcome::New),
            (anonymous(None), person(Some(jane), None), Outcome::New),
            (anonymous(None), person(Some(jane), Some(v)), Outcome::Resumed { conversation: v }),
            (anonymous(Some(a)), person(None, None), Outcome::Adopted { conversation: a }),
            (anonymous(Some(a)), person(Some(jane), None), Outcome::Adopted { conversation: a }),
            (anonymous(Some(a)), person(Some(jane), Some(v)), Outcome::Both { ongoing: v, earlier: a }),
            (verified(jane), person(Some(jane), None), Outcome::Renewed),
            (verified(jane), person(Some(jane), Some(v)), Outcome::Renewed),
            (verified(john), person(None, None), Outcome::Switched),
            (verified(john), person(Some(jane), None), Outcome::Switched),
            (verified(john), person(Some(jane), Some(v)), Outcome::Switched),
        ];
        for (before, person, outcome) in table {
            assert_eq!(sign_in(before, person), outcome, "{before:?} {person:?}");
        }
    }

    /// The table above is complete: 4 kinds of "before" (with `Verified` of the same and of another person) times 3 of
    /// "person", less the two that cannot be (the same person without a record).
    #[test]
    fn only_the_devices_own_ongoing_conversation_is_ever_adopted() {
        for before in [
            Before::Nothing,
            Before::Anonymous { visitor_id: visitor(1), ongoing: None },
            Before::Anonymous { visitor_id: visitor(1), ongoing: Some(conversation(10)) },
            Before::Verified { visitor_id: visitor(2) },
        ] {
            for ongoing in [None, Some(conversation(20))] {
                for visitor_id in [None, Some(visitor(2)), Some(visitor(3))] {
                    if let Outcome::Adopted { conversation } = sign_in(before, Person { visitor_id, ongoing })
                    {
                        assert_eq!(
                            before,
                            Before::Anonymous { visitor_id: visitor(1), ongoing: Some(conversation) },
                            "adopted what was not the device's"
                        );
                        assert_eq!(ongoing, None, "adopted beside an ongoing one");
                    }
                }
            }
        }
    }

    /// Signing in again, holding what the first sign-in gave, moves nothing.
    #[test]
    fn a_second_sign_in_changes_nothing() {
        let jane = visitor(2);
        let again = sign_in(
            Before::Verified { visitor_id: jane },
            Person { visitor_id: Some(jane), ongoing: Some(conversation(10)) },
        );
        assert_eq!(again, Outcome::Renewed);
    }
}
