//! Projects.

use std::time::Duration;

use signet_domain::origin::{AllowedOrigins, Origin};
use signet_domain::{AuthenticatedMode, ProjectId, TokenProfile};
use signet_store::{Cursor, PageRequest, StoreError, projects};

use crate::harness::{Database, both_engines, project, read, write};

both_engines!(projects_read_back, projects_are_listed_in_pages);

async fn projects_read_back(db: Database) {
    let mut demo = project("demo");
    demo.issuers = vec!["https://a.example".into(), "b \"quoted\"".into()];
    demo.allowed_origins =
        AllowedOrigins { origins: vec![Origin::parse("https://shop.example").unwrap()], any_loopback: true };
    let stored = demo.clone();
    write!(db, |tx| projects::insert(tx, &stored).await).unwrap();
    let id = demo.id.clone();
    let find = async || {
        let id = id.clone();
        read!(db, |tx| projects::find(tx, &id).await).unwrap()
    };
    assert_eq!(find().await, Some(demo.clone()));

    let again = demo.clone();
    let twice = write!(db, |tx| projects::insert(tx, &again).await);
    assert!(matches!(twice, Err(StoreError::Conflict(name)) if name == "projects_pkey"));

    demo.name = "Ünïcode & Søns".into();
    demo.authenticated_mode = AuthenticatedMode::Observe;
    demo.token_profile = TokenProfile::Strict;
    demo.claim_prefix = "urn:x".into();
    demo.issuers.clear();
    demo.session_lifetime = Duration::from_mins(7);
    demo.token_max_lifetime = Duration::from_mins(2);
    demo.token_leeway = Duration::from_secs(30);
    demo.requires_session_key = true;
    demo.signature_algorithms = vec!["ES256".into(), "EdDSA".into()];
    demo.key_management = vec!["ECDH-ES+A256KW/X25519".into()];
    demo.allowed_origins = AllowedOrigins::default();
    let changed = demo.clone();
    assert!(write!(db, |tx| projects::update(tx, &changed).await).unwrap());
    assert_eq!(find().await, Some(demo));
    assert!(!write!(db, |tx| projects::update(tx, &project("other")).await).unwrap());
    let other = read!(db, |tx| projects::find(tx, &ProjectId::parse("other").unwrap()).await);
    assert_eq!(other.unwrap(), None);
}

async fn projects_are_listed_in_pages(db: Database) {
    // Byte order, whatever the database's locale: capitals before small letters.
    let ids = ["B", "Z-1", "a", "b", "b.2"];
    write!(db, |tx| {
        for id in ids.iter().rev() {
            projects::insert(tx, &project(id)).await?;
        }
        projects::insert(tx, &project("hidden")).await
    })
    .unwrap();
    let all = read!(db, |tx| projects::all(tx).await).unwrap();
    let all: Vec<_> = all.iter().map(|project| project.id.as_str()).collect();
    assert_eq!(all, ["B", "Z-1", "a", "b", "b.2", "hidden"]);

    let list = async |limit, after: Option<&str>, before: Option<&str>, from_end| {
        let cursor = |id: &str| Cursor { key: 0, id: id.to_owned() };
        let page = PageRequest { limit, after: after.map(cursor), before: before.map(cursor), from_end };
        let mut among: Vec<_> = ids.iter().map(|id| ProjectId::parse(id).unwrap()).collect();
        among.push(ProjectId::parse("missing").unwrap());
        let page = read!(db, |tx| projects::list(tx, &among, &page).await).unwrap();
        let found: Vec<_> = page
            .items
            .iter()
            .map(|(cursor, project)| {
                assert_eq!(cursor.id, project.id.as_str());
                project.id.as_str().to_owned()
            })
            .collect();
        (found.join(" "), page.has_previous, page.has_next)
    };
    assert_eq!(list(2, None, None, false).await, ("B Z-1".into(), false, true));
    assert_eq!(list(2, Some("Z-1"), None, false).await, ("a b".into(), true, true));
    assert_eq!(list(2, Some("b"), None, false).await, ("b.2".into(), true, false));
    assert_eq!(list(2, None, None, true).await, ("b b.2".into(), true, false));
    assert_eq!(list(2, None, Some("a"), true).await, ("B Z-1".into(), false, true));
    assert_eq!(list(9, Some("B"), Some("b.2"), false).await, ("Z-1 a b".into(), true, true));
}
