//! Customer keys, and which keys are in use.

use signet_domain::{CustomerKeyId, KeyProof, KeyState, ProjectId};
use signet_store::customer_key_sets::{self, CustomerKeySet};
use signet_store::customer_keys::{self, CustomerKey, ONE_OWNER};
use signet_store::key_uses::{self, KeyUse};
use signet_store::{StoreError, projects};
use uuid::Uuid;

use crate::harness::{Database, at, both_engines, demo, project, read, write};

both_engines!(
    keys_live_and_are_revoked,
    a_proved_key_has_one_owner,
    uses_add_up_by_the_day,
    a_set_is_fetched_by_one_at_a_time
);

fn key(number: u128, project_id: &ProjectId, created_at: i64) -> CustomerKey {
    CustomerKey {
        id: CustomerKeyId::from_uuid(Uuid::from_u128(number)),
        project_id: project_id.clone(),
        fingerprint: format!("print {number}"),
        key_id: (number == 1).then(|| "brand-key".to_owned()),
        public_key: vec![0, 1, 255],
        algorithm: (number == 1).then(|| "PS256".to_owned()),
        state: KeyState::Pending,
        created_at: at(created_at),
        proof: None,
        challenge: Some(("sign this".to_owned(), at(created_at + 5))),
        activated_at: None,
        retiring_at: None,
        revoked_at: None,
    }
}

async fn insert(db: &Database, key: &CustomerKey) -> Result<(), StoreError> {
    let key = key.clone();
    write!(db, |tx| customer_keys::insert(tx, &key).await)
}

async fn update(db: &Database, key: &CustomerKey, was: KeyState) -> Result<bool, StoreError> {
    let key = key.clone();
    write!(db, |tx| customer_keys::update(tx, &key, was).await)
}

async fn with_projects(db: &Database) -> ProjectId {
    let other = ProjectId::parse("other").unwrap();
    write!(db, |tx| {
        projects::insert(tx, &project("demo")).await?;
        projects::insert(tx, &project("other")).await
    })
    .unwrap();
    other
}

async fn keys_live_and_are_revoked(db: Database) {
    let other = with_projects(&db).await;
    let (first, second) = (key(2, &demo(), 10), key(1, &demo(), 20));
    insert(&db, &second).await.unwrap();
    insert(&db, &first).await.unwrap();
    let list = async || read!(db, |tx| customer_keys::list(tx, &demo()).await).unwrap();
    assert_eq!(list().await, [first.clone(), second.clone()]);

    let changed = CustomerKey {
        state: KeyState::Active,
        proof: Some((KeyProof::Challenge, at(12))),
        challenge: None,
        activated_at: Some(at(13)),
        retiring_at: Some(at(14)),
        revoked_at: Some(at(15)),
        ..first.clone()
    };
    assert!(!update(&db, &changed, KeyState::Revoked).await.unwrap(), "it is in another state");
    assert!(update(&db, &changed, KeyState::Pending).await.unwrap());
    assert_eq!(list().await, [changed.clone(), second.clone()]);
    let (id, elsewhere) = (first.id, other.clone());
    assert_eq!(read!(db, |tx| customer_keys::find(tx, &demo(), id).await).unwrap(), Some(changed));
    assert_eq!(read!(db, |tx| customer_keys::find(tx, &elsewhere, id).await).unwrap(), None);

    let again = CustomerKey { id: CustomerKeyId::from_uuid(Uuid::from_u128(9)), ..first };
    let taken = insert(&db, &again).await;
    assert!(matches!(taken, Err(StoreError::Conflict(name)) if name == "customer_keys_once_per_project"));
    assert!(write!(db, |tx| customer_keys::delete(tx, id).await).unwrap());
    assert!(!write!(db, |tx| customer_keys::delete(tx, id).await).unwrap());
    assert_eq!(list().await, [second]);
}

async fn a_proved_key_has_one_owner(db: Database) {
    let other = with_projects(&db).await;
    let proved = |key: &CustomerKey, proof| CustomerKey { proof: Some((proof, at(1))), ..key.clone() };
    let (ours, theirs) =
        (key(1, &demo(), 1), CustomerKey { fingerprint: "print 1".into(), ..key(2, &other, 1) });
    insert(&db, &ours).await.unwrap();
    insert(&db, &theirs).await.unwrap();
    let elsewhere = async |of: ProjectId| {
        read!(db, |tx| customer_keys::is_proved_elsewhere(tx, "print 1", &of).await).unwrap()
    };
    assert!(!elsewhere(other.clone()).await, "registering alone claims nothing");
    assert!(update(&db, &proved(&ours, KeyProof::Challenge), KeyState::Pending).await.unwrap());
    assert!(elsewhere(other).await);
    assert!(!elsewhere(demo()).await);
    for proof in [KeyProof::Challenge, KeyProof::KeySet] {
        let taken = update(&db, &proved(&theirs, proof), KeyState::Pending).await;
        assert!(matches!(taken, Err(StoreError::Conflict(name)) if name == ONE_OWNER), "{proof:?}");
    }
    assert!(update(&db, &proved(&theirs, KeyProof::Operator), KeyState::Pending).await.unwrap());
}

async fn uses_add_up_by_the_day(db: Database) {
    const DAY: i64 = 86_400_000;
    let used = |customer: &str, platform: &str, uses, first, last| KeyUse {
        project_id: demo(),
        customer_key: customer.to_owned(),
        platform_key: platform.to_owned(),
        uses,
        first_at: at(first),
        last_at: at(last),
    };
    for batch in [
        vec![used("a", "p", 2, 10, 20), used("b", "p", 1, 15, 15)],
        vec![used("a", "p", 3, 5, 12), used("a", "q", 1, DAY + 1, DAY + 1)],
        vec![used("a", "p", 1, 3 * DAY, 3 * DAY)],
    ] {
        write!(db, |tx| key_uses::add_all(tx, &batch).await).unwrap();
    }
    let sum = async |since| {
        let mut found = read!(db, |tx| key_uses::sum(tx, &demo(), at(since)).await).unwrap();
        found.sort_by_key(|entry| (entry.customer_key.clone(), entry.platform_key.clone()));
        found
    };
    let all = [used("a", "p", 6, 5, 3 * DAY), used("a", "q", 1, DAY + 1, DAY + 1), used("b", "p", 1, 15, 15)];
    assert_eq!(sum(0).await, all);
    assert_eq!(sum(DAY - 1).await, all, "days are whole");
    let late = sum(2 * DAY + 5).await;
    assert_eq!(late.iter().map(|entry| entry.uses).collect::<Vec<_>>(), [1, 0, 0]);
    assert_eq!(late[0].first_at, at(5), "the first use ever");
    let nowhere = read!(db, |tx| key_uses::sum(tx, &ProjectId::parse("x").unwrap(), at(0)).await).unwrap();
    assert!(nowhere.is_empty());
}

async fn a_set_is_fetched_by_one_at_a_time(db: Database) {
    with_projects(&db).await;
    let set = CustomerKeySet {
        project_id: demo(),
        address: "https://brand.example/jwks.json".into(),
        created_at: at(1),
        proved_at: None,
        challenge: Some(("sign this".into(), at(9))),
        attempted_at: Some(at(1)),
        fetched_at: None,
        failure: Some("ADDRESS_UNREACHABLE".into()),
        ignored: vec![("kid".into(), "KEY_TOO_SMALL".into())],
    };
    let find = async || read!(db, |tx| customer_key_sets::find(tx, &demo()).await).unwrap();
    let put = async |set: &CustomerKeySet| {
        let set = set.clone();
        write!(db, |tx| customer_key_sets::put(tx, &set).await).unwrap();
    };
    let demand = async |now, before| {
        write!(db, |tx| customer_key_sets::demand(tx, &demo(), at(now), at(before)).await).unwrap()
    };
    let claim = async |now, before| {
        write!(db, |tx| customer_key_sets::claim(tx, &demo(), at(now), at(before)).await).unwrap()
    };
    let stale = async |before| read!(db, |tx| customer_key_sets::stale(tx, at(before)).await).unwrap();
    assert_eq!(find().await, None);
    assert!(!demand(1, 1).await);
    put(&set).await;
    assert_eq!(find().await, Some(set.clone()));
    assert!(!demand(100, 100).await && !claim(100, 100).await && stale(100).await.is_empty(), "not proved");
    let proved =
        CustomerKeySet { proved_at: Some(at(3)), challenge: None, failure: None, ignored: vec![], ..set };
    put(&proved).await;
    assert_eq!(find().await, Some(proved.clone()));
    assert!(demand(100, 40).await);
    assert!(!demand(159, 99).await);
    put(&proved).await;
    assert!(!demand(159, 99).await, "a fetch for another reason changes nothing about it");
    assert!(demand(160, 100).await);
    assert!(stale(0).await.is_empty());
    assert_eq!(stale(1).await, [demo()]);
    assert!(claim(600, 1).await);
    assert!(!claim(600, 599).await);
    assert_eq!(find().await.unwrap().attempted_at, Some(at(600)));
    assert!(write!(db, |tx| customer_key_sets::delete(tx, &demo()).await).unwrap());
    assert!(!write!(db, |tx| customer_key_sets::delete(tx, &demo()).await).unwrap());
}
