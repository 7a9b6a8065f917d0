//! Agents, programs, and what one project's people can know of another's.

use signet_app::{Activity, Actor, AppError, NewApiClient, SendAsAgent, SignInAttempt};
use signet_domain::access::{Caller, Role};
use signet_domain::{MessageText, Scope, Scopes};

use crate::support::{PASSWORD, World, all, context, items};

fn attempt<'a>(email: &'a str, password: &'a str) -> SignInAttempt<'a> {
    SignInAttempt { email, password, code: None, known_browser: None, user_agent: None }
}

#[tokio::test]
async fn passwords_cookies_and_bearer_tokens_open_only_their_own_door() {
    let world = World::new().await;
    let desk = world.app.desk_sign_in(attempt("Amira@Desk.example", PASSWORD), &context()).await.unwrap();
    let token = world.app.password_grant("amira@desk.example", PASSWORD, &context()).await.unwrap();
    assert_eq!(world.app.desk_cookie(&desk.cookie, Activity::Active).await.unwrap().caller, world.agent);
    assert_eq!(world.app.bearer(&token.access_token).await.unwrap().caller, world.agent);
    assert!(matches!(world.app.bearer(&desk.cookie).await, Err(AppError::Unauthenticated)));
    assert!(matches!(
        world.app.desk_cookie(&token.access_token, Activity::Active).await,
        Err(AppError::Unauthenticated)
    ));
    world.app.desk_sign_out(&desk.cookie, &context()).await.unwrap();
    assert!(matches!(
        world.app.desk_cookie(&desk.cookie, Activity::Active).await,
        Err(AppError::Unauthenticated)
    ));
    for (email, password) in [("amira@desk.example", "wrong password"), ("nobody@desk.example", PASSWORD)] {
        let refused = world.app.desk_sign_in(attempt(email, password), &context()).await.err().unwrap();
        assert!(matches!(refused, AppError::CredentialsInvalid));
    }
    world.pass(std::time::Duration::from_hours(24));
    assert!(matches!(world.app.bearer(&token.access_token).await, Err(AppError::Unauthenticated)));
}

#[tokio::test]
async fn a_program_has_the_scopes_it_asked_for_and_no_more() {
    let world = World::new().await;
    let new = NewApiClient {
        name: "CRM".into(),
        project_id: "demo".parse().unwrap(),
        scopes: Scopes::NONE.with(Scope::ConversationsRead).with(Scope::VisitorsRead),
    };
    let (client, secret) = world.app.create_api_client(new, &Actor::system()).await.unwrap();
    let grant = |scope: Option<&'static str>| {
        let (app, id, secret) = (world.app.clone(), client.id.clone(), secret.clone());
        async move { app.client_credentials_grant(&id, &secret, scope, &context()).await }
    };
    let all_scopes = grant(None).await.unwrap();
    assert_eq!(all_scopes.scopes, client.scopes);
    let fewer = grant(Some("visitors:read")).await.unwrap();
    let caller = world.app.bearer(&fewer.access_token).await.unwrap().caller;
    assert!(caller.in_project(&client.project_id, Scope::ConversationsRead).is_none());
    assert_eq!(grant(Some("visitors:authenticate")).await.err().unwrap().code(), "SCOPE_INVALID");
    let wrong = world.app.client_credentials_grant(&client.id, "sgs_wrong", None, &context()).await;
    assert!(matches!(wrong, Err(AppError::CredentialsInvalid)));
}

#[tokio::test]
async fn d30_another_projects_records_are_missing() {
    let world = World::new().await;
    world.project("other").await;
    let stranger = world.new_agent("eve@desk.example", "Eve", "other", Role::Owner).await;
    let jane = world.sign_in("jane").await;
    let conversation = world.say(&jane, "Hello").await.conversation_id;

    assert!(world.app.conversation(&stranger, conversation).await.unwrap().is_none());
    assert!(world.app.visitor(&stranger, jane.session.visitor_id).await.unwrap().is_none());
    assert!(world.app.project(&stranger, &jane.project.id).await.unwrap().is_none());
    assert!(stranger.in_project(&jane.project.id, Scope::ConversationsRead).is_none());
    let (filter, page) = (signet_app::ConversationFilter::default(), all());
    let wanted = Some(vec![jane.project.id.clone()]);
    let listed = world.app.conversations(&stranger, wanted, filter, false, &page).await.unwrap();
    assert!(items(listed).is_empty());
    let text = MessageText::parse("x").unwrap();
    let send = SendAsAgent { conversation_id: conversation, text, client_message_id: None };
    let refusals = [
        world.app.send_as_agent(&stranger, send, &context()).await.err(),
        world.app.close_conversation(&stranger, conversation).await.err(),
        world.app.agent_read(&stranger, conversation, 1).await.err(),
        world.app.agent_typing(&stranger, conversation).await.err(),
        world.app.messages(&stranger, conversation, &all()).await.err(),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Some(AppError::NotFound)), "{refusal:?}");
    }
    assert_eq!(world.script(conversation).await, ["VERIFIED: Hello"]);
}

#[tokio::test]
async fn an_auditor_reads_and_changes_nothing() {
    let world = World::new().await;
    let auditor = world.new_agent("ada@desk.example", "Ada", "demo", Role::Auditor).await;
    let jane = world.sign_in("jane").await;
    let conversation = world.say(&jane, "Hello").await.conversation_id;
    assert!(world.app.conversation(&auditor, conversation).await.unwrap().is_some());
    let refused = world.app.close_conversation(&auditor, conversation).await.err();
    assert!(matches!(refused, Some(AppError::PermissionDenied)));
}

#[tokio::test]
async fn an_agent_who_answers_takes_charge_and_ends_the_wait() {
    let world = World::new().await;
    let guest = world.guest().await;
    let said = world.say(&guest, "Hello").await;
    let waiting = world.conversation(said.conversation_id).await.conversation;
    assert_eq!((waiting.waiting_since, waiting.unread_count, waiting.agent), (Some(world.now()), 1, None));
    world.reply(said.conversation_id, "Hi").await;
    let answered = world.conversation(said.conversation_id).await.conversation;
    assert_eq!((answered.waiting_since, answered.unread_count), (None, 0));
    let Caller::Agent(agent) = &world.agent else { unreachable!("the world's agent is one") };
    assert_eq!(answered.agent.map(|charge| charge.id), Some(agent.id));
}
