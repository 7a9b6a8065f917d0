//! Agents, API clients, tokens, keys and devices.

use signet_domain::access::{Agent, ApiClient, Role, Scope, Scopes};
use signet_domain::{DeviceId, ProjectId};
use signet_store::access_tokens::{self, NewToken, TokenOwner, TokenUse};
use signet_store::groups::{self, Group};
use signet_store::{
    PageRequest, StoreError, agents, api_clients, devices, invitations, projects, second_factors,
};
use uuid::Uuid;

use crate::harness::{Database, agent, at, both_engines, demo, project, read, visitor, write};

both_engines!(
    agents_are_found_by_id_and_email,
    clients_read_back,
    tokens_live_and_die,
    people_are_administrated,
    links_and_second_factors_are_used_once,
    groups_have_members,
    devices_are_revoked,
);

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
    assert_eq!(found.map(|(account, hash)| (account.agent, hash)), Some((jane, "$argon2id$".to_owned())));
    assert!(read!(db, |tx| agents::find_by_email(tx, "nobody@example.test").await).unwrap().is_none());

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
    let (record, hashes) = read!(db, |tx| api_clients::find(tx, "crm").await).unwrap().unwrap();
    assert_eq!((&record.client, hashes.current, hashes.previous), (&client, [7; 32], None));
    assert!(read!(db, |tx| api_clients::find(tx, "CRM").await).unwrap().is_none());
    assert_eq!(read!(db, |tx| api_clients::list(tx, &demo()).await).unwrap(), [record]);

    let fewer = ApiClient { name: "CRM 2".into(), scopes: Scopes::NONE, ..client.clone() };
    write!(db, |tx| {
        api_clients::update(tx, &fewer).await?;
        api_clients::rotate(tx, "crm", &[9; 32], at(50)).await?;
        api_clients::used(tx, "crm", at(7)).await?;
        assert!(api_clients::revoke(tx, "crm", at(8)).await?);
        assert!(!api_clients::revoke(tx, "crm", at(9)).await?);
        Ok(())
    })
    .unwrap();
    let (record, hashes) = read!(db, |tx| api_clients::find(tx, "crm").await).unwrap().unwrap();
    assert_eq!((hashes.current, hashes.previous), ([9; 32], Some(([7; 32], at(50)))));
    assert_eq!((record.client.name.as_str(), record.client.scopes), ("CRM 2", Scopes::NONE));
    assert_eq!((record.last_used_at, record.revoked_at), (Some(at(7)), Some(at(8))));
    let twice = write!(db, |tx| api_clients::insert(tx, &client, &[8; 32], at(1)).await);
    assert!(matches!(twice, Err(StoreError::Conflict(name)) if name == "api_clients_pkey"));
}

fn token(byte: u8, owner: &TokenOwner, usage: TokenUse, expires_at: i64) -> NewToken {
    NewToken {
        hash: [byte; 32],
        id: Uuid::from_u128(byte.into()),
        owner: owner.clone(),
        usage,
        created_at: at(10),
        expires_at: at(expires_at),
        address: Some("203.0.113.7".into()),
        user_agent: None,
    }
}

async fn tokens_live_and_die(db: Database) {
    with_project(&db).await;
    let client =
        ApiClient { id: "crm".into(), name: "CRM".into(), project_id: demo(), scopes: Scopes::all() };
    let few = Scopes::NONE.with(Scope::ProjectsRead);
    let (of_agent, of_client) = (TokenOwner::Agent(agent(1).id), TokenOwner::Client("crm".into(), few));
    let tokens = [
        token(1, &of_agent, TokenUse::Cookie, 100),
        token(2, &of_client, TokenUse::Bearer, 200),
        token(3, &of_agent, TokenUse::Bearer, 300),
        token(4, &of_agent, TokenUse::Cookie, 300),
    ];
    let twice = tokens[0].clone();
    write!(db, |tx| {
        agents::insert(tx, &agent(1), "", at(0)).await?;
        api_clients::insert(tx, &client, &[0; 32], at(0)).await?;
        for token in &tokens {
            access_tokens::insert(tx, token).await?;
        }
        Ok(())
    })
    .unwrap();

    let find = async |byte: u8, usage, now| {
        let found = read!(db, |tx| access_tokens::find(tx, &[byte; 32], usage, at(now)).await).unwrap();
        found.map(|found| (found.owner, found.expires_at))
    };
    assert_eq!(find(1, TokenUse::Cookie, 99).await, Some((of_agent.clone(), at(100))));
    assert_eq!(find(1, TokenUse::Bearer, 99).await, None);
    assert_eq!(find(1, TokenUse::Cookie, 100).await, None);
    assert_eq!(find(2, TokenUse::Bearer, 99).await, Some((of_client, at(200))));
    assert_eq!(find(9, TokenUse::Bearer, 99).await, None);

    write!(db, |tx| access_tokens::touch(tx, &[1; 32], at(60)).await).unwrap();
    let listed = read!(db, |tx| access_tokens::list(tx, agent(1).id, at(50)).await).unwrap();
    let shown: Vec<_> = listed.iter().map(|token| (token.id.as_u128(), token.last_used_at)).collect();
    assert_eq!(shown, [(4, at(10)), (3, at(10)), (1, at(60))], "newest first, and only the agent's");

    let taken = write!(db, |tx| access_tokens::insert(tx, &twice).await);
    assert!(matches!(taken, Err(StoreError::Conflict(name)) if name == "access_tokens_pkey"));
    assert_eq!(write!(db, |tx| access_tokens::delete_expired(tx, at(100)).await).unwrap(), 1);
    assert_eq!(write!(db, |tx| access_tokens::delete_expired(tx, at(100)).await).unwrap(), 0);
    assert!(find(2, TokenUse::Bearer, 99).await.is_some());
    write!(db, |tx| access_tokens::delete(tx, &[2; 32]).await).unwrap();
    assert_eq!(find(2, TokenUse::Bearer, 99).await, None);
    let one = |agent, id| async move { (agent, Uuid::from_u128(id)) };
    let (owner, id) = one(agent(1).id, 3).await;
    assert!(!write!(db, |tx| access_tokens::delete_one(tx, agent(2).id, id).await).unwrap(), "not theirs");
    assert!(write!(db, |tx| access_tokens::delete_one(tx, owner, id).await).unwrap());
    let kept = Uuid::from_u128(4);
    assert_eq!(write!(db, |tx| access_tokens::delete_of_agent(tx, owner, Some(kept)).await).unwrap(), 0);
    assert_eq!(write!(db, |tx| access_tokens::delete_of_agent(tx, owner, None).await).unwrap(), 1);
}

async fn people_are_administrated(db: Database) {
    with_project(&db).await;
    let (one, two) = (agent(1), agent(2));
    let owner = Agent { platform_owner: true, roles: Vec::new(), ..agent(3) };
    let (first, second, third) = (one.id, two.id, owner.id);
    assert!(!read!(db, |tx| agents::any(tx).await).unwrap());
    write!(db, |tx| {
        agents::insert(tx, &two, "hash", at(2)).await?;
        agents::insert(tx, &one, "", at(1)).await?;
        agents::insert(tx, &owner, "hash", at(3)).await?;
        agents::set_role(tx, second, &demo(), Some(Role::Auditor)).await?;
        agents::set_disabled(tx, second, Some(at(9))).await?;
        agents::set_name(tx, second, "Dora").await?;
        agents::seen(tx, second, at(8)).await?;
        agents::set_password(tx, first, "new").await
    })
    .unwrap();
    assert!(read!(db, |tx| agents::any(tx).await).unwrap());
    let owner = read!(db, |tx| agents::find(tx, third).await).unwrap().unwrap();
    assert_eq!(owner.roles, [(demo(), Role::Owner)], "of every project");
    let page = |limit| PageRequest { limit, after: None, before: None, from_end: false };
    let listed = read!(db, |tx| agents::list(tx, &demo(), &page(9)).await).unwrap();
    let shown: Vec<_> = listed
        .items
        .iter()
        .map(|(_, a)| (a.agent.id, a.agent.roles[0].1, a.disabled_at, a.last_seen_at, a.agent.name.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            (first, Role::Agent, None, None, "Agent 1"),
            (second, Role::Auditor, Some(at(9)), Some(at(8)), "Dora")
        ]
    );
    let first_page = read!(db, |tx| agents::list(tx, &demo(), &page(1)).await).unwrap();
    assert!(first_page.has_next);
    let next = PageRequest { after: Some(first_page.items[0].0.clone()), ..page(1) };
    let second_page = read!(db, |tx| agents::list(tx, &demo(), &next).await).unwrap();
    assert_eq!(second_page.items[0].1.agent.id, second);
    write!(db, |tx| agents::set_role(tx, second, &demo(), None).await).unwrap();
    assert_eq!(read!(db, |tx| agents::list(tx, &demo(), &page(9)).await).unwrap().items.len(), 1);
}

async fn links_and_second_factors_are_used_once(db: Database) {
    with_project(&db).await;
    let id = agent(1).id;
    write!(db, |tx| {
        agents::insert(tx, &agent(1), "", at(0)).await?;
        invitations::replace(tx, &[1; 32], Some(id), at(0), at(50)).await?;
        invitations::replace(tx, &[2; 32], Some(id), at(0), at(50)).await?;
        invitations::replace(tx, &[3; 32], None, at(0), at(50)).await
    })
    .unwrap();
    let find =
        async |byte: u8, now| read!(db, |tx| invitations::find(tx, &[byte; 32], at(now)).await).unwrap();
    assert_eq!(find(1, 10).await, None, "replaced");
    assert_eq!(find(2, 10).await, Some(Some(id)));
    assert_eq!(find(2, 50).await, None, "too late");
    assert_eq!(find(3, 10).await, Some(None));
    write!(db, |tx| invitations::delete(tx, Some(id)).await).unwrap();
    assert_eq!((find(2, 10).await, find(3, 10).await), (None, Some(None)));

    assert!(write!(db, |tx| second_factors::begin(tx, id, b"first").await).unwrap());
    assert!(write!(db, |tx| second_factors::begin(tx, id, b"second").await).unwrap(), "begun anew");
    write!(db, |tx| second_factors::confirm(tx, id, at(5)).await).unwrap();
    assert!(!write!(db, |tx| second_factors::begin(tx, id, b"third").await).unwrap(), "in use");
    let use_step = async |step| write!(db, |tx| second_factors::use_step(tx, id, step).await).unwrap();
    assert_eq!(
        (use_step(7).await, use_step(7).await, use_step(6).await, use_step(8).await),
        (true, false, false, true)
    );
    let found = read!(db, |tx| second_factors::find(tx, id).await).unwrap().unwrap();
    assert_eq!(
        (found.secret.as_slice(), found.confirmed_at, found.last_step),
        (b"second".as_slice(), Some(at(5)), 8)
    );
    write!(db, |tx| second_factors::replace_codes(tx, id, &[[1; 32], [2; 32]]).await).unwrap();
    let use_code =
        async |byte: u8| write!(db, |tx| second_factors::use_code(tx, id, &[byte; 32]).await).unwrap();
    assert_eq!((use_code(1).await, use_code(1).await, use_code(3).await), (true, false, false));
    assert_eq!(read!(db, |tx| second_factors::count_codes(tx, id).await).unwrap(), 1);
    write!(db, |tx| second_factors::delete(tx, id).await).unwrap();
    assert_eq!(read!(db, |tx| second_factors::find(tx, id).await).unwrap(), None);
    assert_eq!(read!(db, |tx| second_factors::count_codes(tx, id).await).unwrap(), 0);

    write!(db, |tx| second_factors::remember_browser(tx, &[8; 32], id, at(100)).await).unwrap();
    let known =
        async |now| read!(db, |tx| second_factors::find_browser(tx, &[8; 32], at(now)).await).unwrap();
    assert_eq!((known(99).await, known(100).await), (Some(id), None));
    assert_eq!(write!(db, |tx| second_factors::forget_old_browsers(tx, at(100)).await).unwrap(), 1);
}

async fn groups_have_members(db: Database) {
    with_project(&db).await;
    let group = |number: u128, name: &str, members: &[u128]| Group {
        id: Uuid::from_u128(number),
        project_id: demo(),
        name: name.to_owned(),
        created_at: at(1),
        members: members.iter().map(|number| agent(*number).id).collect(),
    };
    let (sales, care) = (group(1, "Sales", &[1]), group(2, "Care", &[1, 2]));
    let stored = [sales.clone(), care.clone()];
    write!(db, |tx| {
        agents::insert(tx, &agent(1), "", at(0)).await?;
        agents::insert(tx, &agent(2), "", at(0)).await?;
        for group in &stored {
            groups::insert(tx, group).await?;
        }
        Ok(())
    })
    .unwrap();
    let list = async || read!(db, |tx| groups::list(tx, &demo()).await).unwrap();
    assert_eq!(list().await, [care.clone(), sales]);
    let taken = write!(db, |tx| groups::insert(tx, &group(3, "Care", &[])).await);
    assert!(matches!(taken, Err(StoreError::Conflict(name)) if name == "agent_groups_name"));
    let changed = group(1, "Advice", &[2]);
    write!(db, |tx| {
        groups::update(tx, &group(1, "Advice", &[2])).await?;
        groups::leave(tx, &demo(), agent(1).id).await
    })
    .unwrap();
    assert_eq!(list().await, [changed, group(2, "Care", &[2])]);
    write!(db, |tx| groups::delete(tx, Uuid::from_u128(2)).await).unwrap();
    assert_eq!(read!(db, |tx| groups::find(tx, Uuid::from_u128(2)).await).unwrap(), None);
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
    assert!(read!(db, |tx| devices::is_revoked(tx, device(1), visitor(9)).await).unwrap());
    assert!(!read!(db, |tx| devices::is_revoked(tx, device(3), visitor(9)).await).unwrap());
}
