//! Random histories of several devices and people, played by the rule of continuity: no message is lost, duplicated or given to
//! somebody else, doing it again changes nothing, and the order of arrival does not matter.
#![expect(clippy::unwrap_used, reason = "what goes wrong here fails the test")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use signet_domain::continuity::{Before, Outcome, Person, sign_in};
use signet_domain::{ConversationId, VisitorId};
use uuid::Uuid;

const DEVICES: usize = 4;
const PEOPLE: usize = 3;

/// What can happen.
#[derive(Clone, Copy, Debug)]
enum Step {
    Say(usize),
    SignIn(usize, usize),
    SignOut(usize),
    Close(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..DEVICES).prop_map(Step::Say),
        3 => (0..DEVICES, 0..PEOPLE).prop_map(|(device, person)| Step::SignIn(device, person)),
        1 => (0..DEVICES).prop_map(Step::SignOut),
        1 => (0..8_usize).prop_map(Step::Close),
    ]
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Thread {
    owner: VisitorId,
    open: bool,
    continued_in: Option<ConversationId>,
    /// Number and author of each message, in order.
    messages: Vec<(u32, VisitorId)>,
}

/// Every record there is, and what each device holds.
#[derive(Clone, PartialEq, Eq, Debug)]
struct World {
    threads: BTreeMap<u128, Thread>,
    /// The visitor whose session a device holds, and whether a token proved who that is.
    held: Vec<(VisitorId, bool)>,
    known: Vec<bool>,
    next: u128,
    said: u32,
    /// Who became whom: an anonymous visitor's conversation was adopted by a person.
    adopted: Vec<(VisitorId, VisitorId)>,
}

fn person(number: usize) -> VisitorId {
    VisitorId::from_uuid(Uuid::from_u128(1 + number as u128))
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            threads: BTreeMap::new(),
            held: Vec::new(),
            known: vec![false; PEOPLE],
            next: 100,
            said: 0,
            adopted: Vec::new(),
        };
        world.held = (0..DEVICES).map(|_| (world.stranger(), false)).collect();
        world
    }

    fn id(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u128(self.next)
    }

    fn stranger(&mut self) -> VisitorId {
        VisitorId::from_uuid(self.id())
    }

    fn ongoing(&self, owner: VisitorId) -> Option<ConversationId> {
        let mut found = self.threads.iter().filter(|(_, thread)| thread.open && thread.owner == owner);
        let first = found.next().map(|(id, _)| ConversationId::from_uuid(Uuid::from_u128(*id)));
        assert!(found.next().is_none(), "two ongoing conversations of one visitor");
        first
    }

    fn thread(&mut self, id: ConversationId) -> &mut Thread {
        self.threads.get_mut(&id.as_uuid().as_u128()).unwrap()
    }

    fn play(&mut self, step: Step) {
        match step {
            Step::Say(device) => {
                let (author, _) = self.held[device];
                let id = match self.ongoing(author) {
                    Some(id) => id,
                    None => {
                        let id = self.id();
                        let thread =
                            Thread { owner: author, open: true, continued_in: None, messages: Vec::new() };
                        self.threads.insert(id.as_u128(), thread);
                        ConversationId::from_uuid(id)
                    }
                };
                self.said += 1;
                let number = self.said;
                self.thread(id).messages.push((number, author));
            }
            Step::SignIn(device, number) => {
                self.sign_in(device, number);
            }
            Step::SignOut(device) => self.held[device] = (self.stranger(), false),
            Step::Close(which) => {
                if let Some(thread) = self.threads.values_mut().filter(|thread| thread.open).nth(which) {
                    thread.open = false;
                }
            }
        }
    }

    fn sign_in(&mut self, device: usize, number: usize) -> Outcome {
        let (visitor_id, verified) = self.held[device];
        let before = if verified {
            Before::Verified { visitor_id }
        } else {
            Before::Anonymous { visitor_id, ongoing: self.ongoing(visitor_id) }
        };
        let who = person(number);
        let known = self.known[number].then_some(who);
        let outcome = sign_in(before, Person { visitor_id: known, ongoing: self.ongoing(who) });
        match outcome {
            Outcome::Adopted { conversation } => {
                self.thread(conversation).owner = who;
                self.adopted.push((visitor_id, who));
            }
            Outcome::Both { ongoing, earlier } => {
                let thread = self.thread(earlier);
                thread.open = false;
                thread.continued_in = Some(ongoing);
            }
            Outcome::New | Outcome::Resumed { .. } | Outcome::Renewed | Outcome::Switched => {}
        }
        self.known[number] = true;
        self.held[device] = (who, true);
        outcome
    }

    /// Number, author and thread of every message.
    fn messages(&self) -> Vec<(u32, VisitorId)> {
        let mut all: Vec<_> = self.threads.values().flat_map(|thread| thread.messages.clone()).collect();
        all.sort_unstable();
        all
    }

    fn check(&self) {
        let numbers: Vec<u32> = self.messages().iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..=self.said).collect::<Vec<_>>(), "a message was lost or duplicated");
        for thread in self.threads.values() {
            assert!(thread.messages.is_sorted(), "messages changed places");
            for (_, author) in &thread.messages {
                let own = *author == thread.owner || self.adopted.contains(&(*author, thread.owner));
                assert!(own, "{author:?} wrote in a conversation of {:?}", thread.owner);
            }
            self.ongoing(thread.owner);
        }
    }
}

proptest! {
    #[test]
    fn no_message_is_lost_duplicated_or_given_to_somebody_else(steps in prop::collection::vec(step(), 0..60)) {
        let mut world = World::new();
        for step in steps {
            let before = world.messages();
            world.play(step);
            world.check();
            // What was written before stands as it was, under the author it had.
            let after = world.messages();
            prop_assert_eq!(&after[..before.len()], &before[..]);
        }
    }

    #[test]
    fn signing_in_again_changes_nothing(
        steps in prop::collection::vec(step(), 0..40),
        (device, number) in (0..DEVICES, 0..PEOPLE),
    ) {
        let mut world = World::new();
        for step in steps {
            world.play(step);
        }
        world.sign_in(device, number);
        let once = world.clone();
        prop_assert_eq!(world.sign_in(device, number), Outcome::Renewed);
        prop_assert_eq!(world, once);
    }

    /// One person signs in on several devices at once, in any order: one conversation goes on, on all of them, and it or what it
    /// goes on from holds every message.
    #[test]
    fn the_order_of_arrival_does_not_matter(
        steps in prop::collection::vec(step(), 0..30),
        order in Just((0..DEVICES).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut world = World::new();
        for step in steps {
            world.play(step);
        }
        for device in 0..DEVICES {
            world.play(Step::SignOut(device));
            world.play(Step::Say(device));
        }
        let fresh = world.clone();
        for device in order {
            world.sign_in(device, 0);
        }
        world.check();
        prop_assert_eq!(world.messages(), fresh.messages());
        let goes_on = world.ongoing(person(0)).unwrap();
        for device in 0..DEVICES {
            prop_assert_eq!(world.held[device], (person(0), true));
            let (guest, _) = fresh.held[device];
            let (id, _) = fresh.threads.iter().find(|(_, thread)| thread.open && thread.owner == guest).unwrap();
            let now = &world.threads[id];
            let here = *id == goes_on.as_uuid().as_u128() && now.owner == person(0);
            let linked = !now.open && now.continued_in == Some(goes_on) && now.owner == guest;
            prop_assert!(here || linked, "{:?}", now);
        }
    }
}
