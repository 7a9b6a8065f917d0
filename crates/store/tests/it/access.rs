//! Agents, API clients, tokens, keys and devices.

use signet_domain::access::{ApiClient, Role, Scope, Scopes};
use signet_domain::{DeviceId, ProjectId};
use signet_store::access_tokens::{self, TokenOwner, TokenUse};
use signet_store::{StoreError, agents, api_clients, devices, projects};
use uuid::Uuid;

use crate::harness::{Database, agent, at, both_engines, demo, project, read, visitor, write};

both_engines!(agents_are_found_by_id_and_email, clients_read_back, tokens_live_and_die, devices_are_revoked);

async fn with_project(db: &Database) {
    write!(db, |tx| projects::insert(tx, &project("demo")).await).unwrap();
}

async fn agents_are_found_by_id_and_email(db: Database) {
    with_project(&db).await;
    let other = ProjectId::parse("another").unwrap();
    let mut jane = agent(1);
    jane.roles = vec![(other, Role::Auditor), (demo(), Role::Supervisor)];
    let stored = jane.clone();
    write!(db, |tx| {
        projects::insert(tx, &project("another")).await?;
        agents::insert(tx, &stored, "$argon2id$", at(5)).await
    })
    .unwrap();

    jane.email = jane.email.to_lowercase();
    let id = jane.id;
    assert_eq!(read!(db, |tx| agents::find(tx, id).await).unwrap(), Some(jane.clone()));
    assert_eq!(read!(db, |tx| agents::find(tx, agent(2).id).await).unwrap(), None);
    let found = read!(db, |tx| agents::find_by_email(tx, "AGENT1@example.TEST").await).unwrap();
    assert_eq!(found, Some((jane, "$argon2id$".to_owned())));
    assert_eq!(read!(db, |tx| agents::find_by_email(tx, "nobody@example.test").await).unwrap(), None);

    let mut twin = agent(2);
    twin.email = "agent1@EXAMPLE.test".into();
    let taken = write!(db, |tx| agents::insert(tx, &twin, "", at(6)).await);
    assert!(matches!(taken, Err(StoreError::Conflict(name)) if name == "agents_email"));
    assert_eq!(read!(db, |tx| agents::find(tx, agent(2).id).await).unwrap(), None);
}

async fn clients_read_back(db: Database) {
    with_project(&db).await;
    let client = ApiClient {
        id: "crm".into(),
        name: "CRM".into(),
        project_id: demo(),
        scopes: Scopes::NONE.with(Scope::VisitorsRead).with(Scope::ConversationsRead),
    };
    let stored = client.clone();
    write!(db, |tx| api_clients::insert(tx, &stored, &[7; 32], at(1)).await).unwrap();
    assert_eq!(read!(db, |tx| api_clients::find(tx, "crm").await).unwrap(), Some((client.clone(), [7; 32])));
    assert_eq!(read!(db, |tx| api_clients::find(tx, "CRM").await).unwrap(), None);
    let twice = write!(db, |tx| api_clients::insert(tx, &client, &[8; 32], at(1)).await);
    assert!(matches!(twice, Err(StoreError::Conflict(name)) if name == "api_clients_pkey"));
}

async fn tokens_live_and_die(db: Database) {
    with_project(&db).await;
    let client =
        ApiClient { id: "crm".into(), name: "CRM".into(), project_id: demo(), scopes: Scopes::all() };
    let few = Scopes::NONE.with(Scope::ProjectsRead);
    let (of_agent, of_client) = (TokenOwner::Agent(agent(1).id), TokenOwner::Client("crm".into(), few));
    let (a, c) = (of_agent.clone(), of_client.clone());
    write!(db, |tx| {
        agents::insert(tx, &agent(1), "", at(0)).await?;
        api_clients::insert(tx, &client, &[0; 32], at(0)).await?;
        access_tokens::insert(tx, &[1; 32], &a, TokenUse::Cookie, at(10), at(100)).await?;
        access_tokens::insert(tx, &[2; 32], &c, TokenUse::Bearer, at(10), at(200)).await
    })
    .unwrap();

    let find = async |byte: u8, usage, now| {
        read!(db, |tx| access_tokens::find(tx, &[byte; 32], usage, at(now)).await).unwrap()
    };
    assert_eq!(find(1, TokenUse::Cookie, 99).await, Some((of_agent.clone(), at(100))));
    assert_eq!(find(1, TokenUse::Bearer, 99).await, None);
    assert_eq!(find(1, TokenUse::Cookie, 100).await, None);
    assert_eq!(find(2, TokenUse::Bearer, 99).await, Some((of_client, at(200))));
    assert_eq!(find(3, TokenUse::Bearer, 99).await, None);

    let twice =
        write!(db, |tx| access_tokens::insert(tx, &[1; 32], &of_agent, TokenUse::Cookie, at(1), at(2)).await);
    assert!(matches!(twice, Err(StoreError::Conflict(name)) if name == "access_tokens_pkey"));
    assert_eq!(write!(db, |tx| access_tokens::delete_expired(tx, at(100)).await).unwrap(), 1);
    assert_eq!(write!(db, |tx| access_tokens::delete_expired(tx, at(100)).await).unwrap(), 0);
    assert!(find(2, TokenUse::Bearer, 99).await.is_some());
    write!(db, |tx| access_tokens::delete(tx, &[2; 32]).await).unwrap();
    assert_eq!(find(2, TokenUse::Bearer, 99).await, None);
}

async fn devices_are_revoked(db: Database) {
    let device = |number| DeviceId::from_uuid(Uuid::from_u128(number));
    let revoke = async |number, now, expires| {
        write!(db, |tx| devices::revoke(tx, device(number), &demo(), visitor(1), at(now), at(expires)).await)
            .unwrap();
    };
    revoke(1, 10, 100).await;
    revoke(2, 10, 200).await;
    revoke(1, 20, 50).await; // once is enough: nothing changes
    let revoked = async |now| read!(db, |tx| devices::revoked(tx, at(now)).await).unwrap();
    assert_eq!(revoked(0).await, [(device(1), at(100)), (device(2), at(200))]);
    assert_eq!(revoked(100).await, [(device(2), at(200))]);
    assert!(read!(db, |tx| devices::is_revoked(tx, device(1)).await).unwrap());
    assert!(!read!(db, |tx| devices::is_revoked(tx, device(3)).await).unwrap());
}
