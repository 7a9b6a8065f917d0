//! Identity beyond sessions: an agent's request to prove it, messages from before it, hand-over to another domain, claims.

use std::time::Duration;

use signet_app::{
    ActivationOutcome, ActivationRequest, AppError, AuditFilter, EarlierAnswer, FailureFilter, NotConfirmed,
    SessionError,
};
use signet_domain::access::Role;
use signet_domain::conversation::{CloseReason, ConversationState};
use signet_domain::{Assurance, AttributeSource, Author, ConversationId, EventKind, Scope};

use crate::support::{SHOP, World, all, anonymous, context, items, secured};

async fn ask(world: &World, id: ConversationId) {
    world.app.request_identity_confirmation(&world.agent, id, &context()).await.unwrap();
}

async fn asked(world: &World, id: ConversationId) -> bool {
    world.conversation(id).await.conversation.identity_request.is_some()
}

#[tokio::test]
async fn an_agent_asks_and_a_fresh_proof_answers() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    let id = world.say(&jane, "Please change my address.").await.conversation_id;
    // The page holds this one back and offers it after the request.
    let issued = |now: signet_domain::Timestamp| {
        world.tokens.token("jane", now.as_millis()).claim("iat", now.as_seconds()).build()
    };
    let old = issued(world.now());
    world.pass(Duration::from_secs(30));
    ask(&world, id).await;
    ask(&world, id).await;
    let request = world.conversation(id).await.conversation.identity_request.unwrap();
    assert_eq!((request.at, request.by.name.as_str()), (world.now(), "Amira"));
    let notice = world.messages(id).await.pop().unwrap();
    assert!(
        matches!(notice.author, Author::Agent { name, .. } if name == "Amira"),
        "the thread says who asks"
    );

    let held =
        |token| ActivationRequest { session: Some(jane.session.access_token.clone()), ..secured(token) };
    assert_eq!(world.activate(held(old)).await.unwrap().outcome, ActivationOutcome::Renewed);
    assert!(asked(&world, id).await, "a token from before the request proves nothing of now");
    world.sign_in("john").await;
    assert!(asked(&world, id).await, "another person's proof");
    world.activate(held(issued(world.now()))).await.unwrap();
    assert!(!asked(&world, id).await);
    world.activate(held(issued(world.now()))).await.unwrap();
    assert_eq!(
        world.script(id).await,
        ["VERIFIED: Please change my address.", "IDENTITY_REQUESTED", "IDENTITY_CONFIRMED"]
    );
}

#[tokio::test]
async fn a_request_ends_once_whatever_ends_it() {
    let world = World::new().await;
    let (jane, john) = (world.sign_in("jane").await, world.sign_in("john").await);
    let id = world.say(&jane, "Hello").await.conversation_id;
    let decline = async |who| {
        let session = world.session(who);
        world.app.identity_not_confirmed(&session, id, NotConfirmed::Declined, &context()).await
    };
    decline(&jane).await.unwrap();
    ask(&world, id).await;
    assert!(matches!(decline(&john).await, Err(AppError::NotFound)));
    decline(&jane).await.unwrap();
    decline(&jane).await.unwrap();
    ask(&world, id).await;
    world.pass(Duration::from_secs(299));
    assert_eq!(world.app.expire_identity_requests().await.unwrap(), 0);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.app.expire_identity_requests().await.unwrap(), 1);
    assert_eq!(world.app.expire_identity_requests().await.unwrap(), 0);
    ask(&world, id).await;
    world.app.close_conversation(&world.agent, id).await.unwrap();
    assert!(!asked(&world, id).await, "a closed conversation asks nothing");
    let again = world.app.request_identity_confirmation(&world.agent, id, &context()).await;
    assert!(matches!(again, Err(AppError::ConversationClosed)));
    assert_eq!(
        world.script(id).await,
        [
            "VERIFIED: Hello",
            "IDENTITY_REQUESTED",
            "IDENTITY_NOT_CONFIRMED",
            "IDENTITY_REQUESTED",
            "IDENTITY_REQUEST_UNANSWERED",
            "IDENTITY_REQUESTED",
            "CONVERSATION_CLOSED"
        ]
    );
}

#[tokio::test]
async fn a_guest_who_is_asked_confirms_by_signing_in() {
    let world = World::new().await;
    let guest = world.guest().await;
    let id = world.say(&guest, "It is me, Jane.").await.conversation_id;
    ask(&world, id).await;
    world.sign_in_from("jane", &guest).await;
    assert_eq!(
        world.script(id).await,
        ["ANONYMOUS: It is me, Jane.", "IDENTITY_REQUESTED", "VISITOR_SIGNED_IN", "IDENTITY_CONFIRMED"]
    );
    assert!(!asked(&world, id).await);
}

#[tokio::test]
async fn only_agents_of_the_project_may_ask() {
    let world = World::new().await;
    world.project("other").await;
    let jane = world.sign_in("jane").await;
    let id = world.say(&jane, "Hello").await.conversation_id;
    let stranger = world.new_agent("x@desk.example", "X", "other", Role::Owner).await;
    let auditor = world.new_agent("y@desk.example", "Y", "demo", Role::Auditor).await;
    let ask = async |who| world.app.request_identity_confirmation(who, id, &context()).await.err().unwrap();
    assert!(matches!(ask(&stranger).await, AppError::NotFound));
    assert!(matches!(ask(&auditor).await, AppError::PermissionDenied));
}

/// Case 3: what Jane has, and the closed conversation of the guest she was.
async fn both(world: &World) -> (signet_app::Activated, ConversationId, ConversationId) {
    let at_home = world.sign_in("jane").await;
    let verified = world.say(&at_home, "My order is late.").await.conversation_id;
    let guest = world.guest().await;
    let earlier = world.say(&guest, "Do you ship to Spain?").await.conversation_id;
    world.reply(earlier, "We do.").await;
    world.pass(Duration::from_mins(1));
    world.say(&guest, "And to Portugal?").await;
    let jane = world.sign_in_from("jane", &guest).await;
    (jane, verified, earlier)
}

#[tokio::test]
async fn d25_earlier_messages_are_added_only_when_asked_and_stay_anonymous() {
    let world = World::new().await;
    let (jane, verified, earlier) = both(&world).await;
    let before = ["VERIFIED: My order is late.", "CONTINUED_FROM"];
    assert_eq!(world.script(verified).await, before, "nothing is merged unasked");

    world.pass(Duration::from_mins(1));
    let session = world.session(&jane);
    let add = async || {
        world.app.answer_earlier_messages(&session, earlier, EarlierAnswer::Add, &context()).await.unwrap()
    };
    let added = add().await;
    assert_eq!((added.conversation_id, added.copied, added.duplicate), (verified, 2, false));
    let again = add().await;
    assert_eq!((again.copied, again.duplicate), (2, true));
    let after = [
        "VERIFIED: My order is late.",
        "CONTINUED_FROM",
        "EARLIER_MESSAGES_ADDED",
        "ANONYMOUS: Do you ship to Spain?",
        "ANONYMOUS: And to Portugal?",
    ];
    assert_eq!(world.script(verified).await, after);
    let (originals, copies) = (world.messages(earlier).await, world.messages(verified).await);
    for (original, copy) in [(&originals[0], &copies[3]), (&originals[2], &copies[4])] {
        let from = copy.copied_from.unwrap();
        assert_eq!((from.conversation_id, from.written_at), (earlier, original.created_at));
        assert_eq!((&copy.author, copy.verified_at), (&original.author, None));
        assert_eq!(copy.created_at, world.now());
    }
    assert_eq!(world.conversation(earlier).await.conversation.messages_added, Some(2));
    assert_eq!(world.script(earlier).await.len(), 4, "the first conversation stays whole");
}

#[tokio::test]
async fn d25_nobody_else_adds_them() {
    let world = World::new().await;
    let (jane, verified, earlier) = both(&world).await;
    let add = async |who, id| {
        let session = world.session(who);
        world.app.answer_earlier_messages(&session, id, EarlierAnswer::Add, &context()).await.err().unwrap()
    };
    let john = world.sign_in("john").await;
    world.say(&john, "Hello").await;
    let guest = world.guest().await;
    let other = world.say(&guest, "Me too").await.conversation_id;
    for (who, id) in [(&john, earlier), (&guest, earlier), (&jane, other), (&jane, verified)] {
        assert!(matches!(add(who, id).await, AppError::NotFound));
    }
    world.app.close_conversation(&world.agent, verified).await.unwrap();
    assert!(matches!(add(&jane, earlier).await, AppError::ConversationClosed));
    assert_eq!(world.conversation(earlier).await.conversation.messages_added, None);
    let closed = world.conversation(earlier).await.conversation.state;
    assert!(matches!(closed, ConversationState::Closed { reason: CloseReason::ContinuedInVerified, .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d31_earlier_messages_asked_for_twenty_times_at_once_are_added_once() {
    // Without a server the kit has said so, or has failed in CI.
    let Some(server) = signet_testkit::postgres::shared() else { return };
    let world = World::at(&server.database().await).await;
    let (jane, verified, earlier) = both(&world).await;
    let session = world.session(&jane);
    let asked = (0..20).map(|_| {
        let (app, session) = (world.app.clone(), session.clone());
        tokio::spawn(async move {
            app.answer_earlier_messages(&session, earlier, EarlierAnswer::Add, &context()).await.unwrap()
        })
    });
    let mut first = 0;
    for answer in futures_util::future::join_all(asked).await {
        let answer = answer.unwrap();
        assert_eq!(answer.copied, 2);
        first += usize::from(!answer.duplicate);
    }
    assert_eq!(first, 1);
    assert_eq!(world.script(verified).await.len(), 5);
}

const SISTER: &str = "https://sister.example";

async fn with_sister(world: &World) {
    let mut project = world.app.all_projects().await.unwrap().remove(0);
    project.allowed_origins.origins.push(signet_domain::origin::Origin::parse(SISTER).unwrap());
    world.app.update_project(project, &signet_app::Actor::operator("test")).await.unwrap();
}

fn arriving(code: &str) -> ActivationRequest {
    ActivationRequest { origin: Some(SISTER.into()), hand_over: Some(code.into()), ..anonymous() }
}

#[tokio::test]
async fn a_conversation_goes_on_under_another_domain_once() {
    let world = World::new().await;
    with_sister(&world).await;
    let guest = world.guest().await;
    let session = world.session(&guest);
    let early = world.app.hand_over(&session, SISTER, &context()).await.err().unwrap();
    assert_eq!(early.code(), "NOTHING_TO_HAND_OVER", "nothing is stored before the first message");
    let id = world.say(&guest, "Do you ship to Spain?").await.conversation_id;
    for elsewhere in ["https://evil.example", "null", "https://sister.example.evil.tld", ""] {
        let refused = world.app.hand_over(&session, elsewhere, &context()).await.err().unwrap();
        assert_eq!(refused.code(), "ORIGIN_NOT_ALLOWED", "{elsewhere}");
    }
    let mint = async || world.app.hand_over(&session, SISTER, &context()).await.unwrap().code;

    let code = mint().await;
    assert!(!code.contains(&id.to_string()));
    let arrived = world.activate(arriving(&code)).await.unwrap();
    assert_eq!(arrived.outcome, ActivationOutcome::HandedOver);
    assert_eq!(world.say(&arrived, "And from here?").await.conversation_id, id);
    world.session(&guest);
    let stranger = |activated: &signet_app::Activated| {
        activated.outcome == ActivationOutcome::None
            && activated.session.visitor_id != guest.session.visitor_id
    };
    assert!(stranger(&world.activate(arriving(&code)).await.unwrap()), "used before");
    let code = mint().await;
    let request = ActivationRequest { origin: Some(SHOP.into()), ..arriving(&code) };
    assert!(stranger(&world.activate(request).await.unwrap()), "for another origin");
    assert!(stranger(&world.activate(arriving(&code)).await.unwrap()), "used up by the wrong one");
    let code = mint().await;
    world.pass(Duration::from_mins(1));
    assert!(stranger(&world.activate(arriving(&code)).await.unwrap()), "too old");
    for other in [id.to_string(), "sgh_".to_owned(), String::new()] {
        assert!(stranger(&world.activate(arriving(&other)).await.unwrap()), "{other}");
    }
}

#[tokio::test]
async fn d24_signing_in_on_one_domain_ends_the_anonymous_session_of_the_other() {
    let world = World::new().await;
    with_sister(&world).await;
    let guest = world.guest().await;
    let id = world.say(&guest, "Do you ship to Spain?").await.conversation_id;
    let code = world.app.hand_over(&world.session(&guest), SISTER, &context()).await.unwrap().code;
    let late = world.app.hand_over(&world.session(&guest), SISTER, &context()).await.unwrap().code;
    let request = ActivationRequest {
        origin: Some(SISTER.into()),
        hand_over: Some(code),
        ..secured(world.token("jane"))
    };
    let jane = world.activate(request).await.unwrap();
    assert_eq!(jane.outcome, ActivationOutcome::Adopted);
    assert_eq!(world.say(&jane, "It is me.").await.conversation_id, id);
    assert_eq!(world.app.visitor_session(&guest.session.access_token).unwrap_err(), SessionError::Ended);
    let after = world.activate(arriving(&late)).await.unwrap();
    assert_eq!(after.outcome, ActivationOutcome::None, "a code made before the seam opens nothing after it");
    assert_eq!(
        world.app.hand_over(&world.session(&jane), SISTER, &context()).await.err().unwrap().code(),
        "NOTHING_TO_HAND_OVER"
    );
}

#[tokio::test]
async fn a_page_may_claim_who_a_guest_is_and_never_who_a_person_is() {
    let world = World::new().await;
    let ada = world.new_agent("ada@desk.example", "Ada", "demo", Role::Administrator).await;
    let claim = |id: &str| ActivationRequest { claimed_id: Some(id.into()), ..anonymous() };
    let guest = world.activate(claim("FR-012345")).await.unwrap();
    assert_eq!(guest.session.assurance, Assurance::Claimed);
    let id = world.say(&guest, "Hello").await.conversation_id;
    assert_eq!(world.script(id).await, ["CLAIMED: Hello"]);
    let visitor = world.conversation(id).await.visitor;
    assert_eq!((visitor.claimed_id.as_deref(), visitor.external_user_id), (Some("FR-012345"), None));
    assert_eq!(visitor.assurance, Assurance::Claimed);
    for none in ["", &"x".repeat(51), "a\nb"] {
        assert_eq!(world.activate(claim(none)).await.unwrap().session.assurance, Assurance::Anonymous);
    }

    let request = ActivationRequest {
        session: Some(guest.session.access_token),
        claimed_id: Some("FR-666".into()),
        ..secured(world.token("jane"))
    };
    let jane = world.activate(request.clone()).await.unwrap();
    assert_eq!(jane.session.assurance, Assurance::Verified);
    world.say(&jane, "It is me.").await;
    world.activate(request).await.unwrap();
    let visitor = world.conversation(id).await.visitor;
    assert_eq!((visitor.external_user_id.as_deref(), visitor.claimed_id), (Some("jane"), None));
    assert!(visitor.attributes.iter().all(|attribute| attribute.source == AttributeSource::Token));
    world.app.flush_authentication_failures().await;
    let access = ada.in_project(&"demo".parse().unwrap(), Scope::VisitorsAuthenticate).unwrap();
    let lines = world.app.authentication_failures(&access, FailureFilter::default(), &all()).await.unwrap();
    let codes: Vec<_> = items(lines).into_iter().map(|line| line.fine_code).collect();
    assert_eq!(codes, ["EXT_ID_IGNORED"], "once an hour is enough");
}

#[tokio::test]
async fn d29_what_one_person_queued_is_not_sent_as_another() {
    let world = World::new().await;
    let jane = world.sign_in("jane").await;
    world.say(&jane, "Hello").await;
    world.pass(Duration::from_hours(1));
    world.app.expire_sessions().await.unwrap();
    assert!(matches!(world.try_say(&jane, "queued").await, Err(AppError::SessionExpired)));
    // The provider returns John's token; the client still holds what Jane wrote.
    let john = world.sign_in_from("john", &jane).await;
    assert_eq!(john.outcome, ActivationOutcome::Switched);
    let session = world.session(&john);
    let refused = session.check_author(Some(jane.session.visitor_id)).unwrap_err();
    assert_eq!(refused.code(), "VISITOR_CHANGED");
    session.check_author(Some(john.session.visitor_id)).unwrap();
    session.check_author(None).unwrap();
    let thread = world.app.visitor_thread(&session, None).await.unwrap();
    assert!(thread.conversation.is_none() && thread.entries.is_empty());
}

#[tokio::test]
async fn what_happens_to_an_identity_is_in_outbox_and_audit_log_under_one_id() {
    let world = World::new().await;
    let ada = world.new_agent("ada@desk.example", "Ada", "demo", Role::Administrator).await;
    let at = |id: &str| signet_app::RequestContext { correlation_id: id.into(), ..context() };
    let activate = async |request, id: &str| world.app.activate(request, &at(id)).await;
    let jane = activate(secured(world.token("jane")), "signed-in").await.unwrap();
    world.say(&jane, "Hello").await;
    let held = ActivationRequest {
        session: Some(jane.session.access_token.clone()),
        ..secured(world.token("jane"))
    };
    activate(held, "page-view").await.unwrap();
    let bad = world.tokens.token("jane", world.now().as_millis()).without_claim("exp").build();
    activate(secured(bad), "refused").await.err().unwrap();
    world.app.flush_authentication_failures().await;
    world.app.logout(&jane.session.access_token, &at("signed-out")).await.unwrap();
    let back = activate(secured(world.token("jane")), "back").await.unwrap();
    world.pass(Duration::from_hours(1));
    world.app.expire_sessions().await.unwrap();
    activate(secured(world.token("jane")), "back-again").await.unwrap();
    let actor = signet_app::Actor::caller(&ada, &at("revoked"));
    let by = signet_app::RevokeBy::User("jane".into());
    world.app.revoke_sessions(&"demo".parse().unwrap(), by, &actor).await.unwrap();
    drop(back);

    let events = world.events().await;
    let traced: Vec<_> = events
        .iter()
        .filter(|event| !matches!(event.kind, EventKind::ConversationStarted | EventKind::MessageSent))
        .map(|event| (event.kind.as_str(), event.correlation_id.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(
        traced,
        [
            ("VISITOR_AUTHENTICATED", "signed-in"),
            ("VISITOR_AUTHENTICATED", "page-view"),
            ("VISITOR_AUTHENTICATION_FAILED", "refused"),
            ("VISITOR_SIGNED_OUT", "signed-out"),
            ("VISITOR_AUTHENTICATED", "back"),
            ("VISITOR_IDENTITY_LAPSED", "-"),
            ("VISITOR_AUTHENTICATED", "back-again"),
            ("VISITOR_IDENTITY_LAPSED", "revoked"),
        ]
    );
    assert!(events.iter().all(|event| event.subject.is_some() || event.message.is_some()), "{events:?}");

    let access = ada.in_project(&"demo".parse().unwrap(), Scope::AuditRead).unwrap();
    let audit = world.app.audit_events(&access, AuditFilter::default(), &all()).await.unwrap();
    let mut rows: Vec<_> = items(audit)
        .into_iter()
        .filter(|row| row.kind.starts_with("VISITOR"))
        .map(|row| (row.sequence, row.kind, row.correlation_id.unwrap_or_else(|| "-".into())))
        .collect();
    rows.sort_unstable();
    let rows: Vec<_> = rows.iter().map(|(_, kind, id)| (kind.as_str(), id.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("VISITOR_AUTHENTICATED", "signed-in"),
            ("VISITOR_AUTHENTICATION_REFUSED", "refused"),
            ("VISITOR_SIGNED_OUT", "signed-out"),
            ("VISITOR_AUTHENTICATED", "back"),
            ("VISITOR_SESSION_EXPIRED", "-"),
            ("VISITOR_AUTHENTICATED", "back-again"),
            ("VISITOR_SESSIONS_REVOKED", "revoked"),
        ],
        "a page view is no sign-in"
    );
}
