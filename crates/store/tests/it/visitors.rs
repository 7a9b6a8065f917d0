//! Visitors.

use signet_domain::conversation::LapseReason;
use signet_domain::{
    Assurance, Attribute, AttributeName, AttributeSource, CustomData, CustomDataType, Visitor,
};
use signet_store::visitors::{self, Verified};

use crate::harness::{Database, at, both_engines, demo, read, visitor, write};

both_engines!(
    anonymous_visitors_are_recorded_once,
    a_person_is_verified_again_and_again,
    what_a_page_says_stands_below_the_token,
    an_identity_lapses_once
);

fn attribute(name: AttributeName, value: &str, source: AttributeSource, millis: i64) -> Attribute {
    Attribute { name, value: value.to_owned(), source, updated_at: at(millis) }
}

async fn verify(db: &Database, new: u128, attributes: Vec<Attribute>, now: i64) -> Verified {
    write!(db, |tx| visitors::verify(tx, || visitor(new), &demo(), "jane", &attributes, at(now)).await)
        .unwrap()
}

async fn find(db: &Database, number: u128) -> Option<Visitor> {
    read!(db, |tx| visitors::find(tx, visitor(number)).await).unwrap()
}

async fn anonymous_visitors_are_recorded_once(db: Database) {
    for now in [10, 20] {
        write!(db, |tx| visitors::ensure_anonymous(tx, visitor(1), &demo(), at(now)).await).unwrap();
    }
    let expected = Visitor {
        id: visitor(1),
        project_id: demo(),
        external_user_id: None,
        assurance: Assurance::Anonymous,
        verified_at: None,
        lapsed: None,
        attributes: Vec::new(),
        created_at: at(10),
        updated_at: at(10),
        claimed_id: None,
        custom_data: CustomData::default(),
        anonymized_at: None,
    };
    assert_eq!(find(&db, 1).await, Some(expected));
    assert_eq!(find(&db, 2).await, None);
    write!(db, |tx| visitors::ensure_anonymous(tx, visitor(2), &demo(), at(1)).await).unwrap();
    let many = |numbers: Vec<u128>| {
        let ids: Vec<_> = numbers.into_iter().map(visitor).collect();
        read_ids(&db, ids)
    };
    assert_eq!(many(vec![2, 1, 7]).await, [visitor(1), visitor(2)]);
    assert_eq!(many(vec![]).await, []);
}

async fn read_ids(db: &Database, ids: Vec<signet_domain::VisitorId>) -> Vec<signet_domain::VisitorId> {
    let found = read!(db, |tx| visitors::find_many(tx, &ids).await).unwrap();
    let mut found: Vec<_> = found.iter().map(|visitor| visitor.id).collect();
    found.sort();
    found
}

async fn a_person_is_verified_again_and_again(db: Database) {
    use AttributeName::{City, Email, FirstName};
    use AttributeSource::Token;
    let Verified { visitor: jane, new, lapsed } = verify(
        &db,
        1,
        vec![attribute(Email, "j@example.test", Token, 10), attribute(FirstName, "Jane \"J\"", Token, 10)],
        10,
    )
    .await;
    assert_eq!((new, lapsed), (true, None));
    assert_eq!(jane.id, visitor(1));
    assert_eq!((jane.assurance, jane.verified_at, jane.lapsed), (Assurance::Verified, Some(at(10)), None));
    assert_eq!(jane.external_user_id.as_deref(), Some("jane"));
    assert_eq!(jane.attribute(FirstName), Some("Jane \"J\""));
    assert_eq!(find(&db, 1).await, Some(jane.clone()));

    assert!(write!(db, |tx| visitors::lapse(tx, visitor(1), LapseReason::Expired, at(15)).await).unwrap());
    let since = Some((at(15), LapseReason::Expired));
    assert_eq!(find(&db, 1).await.unwrap().lapsed, since);
    let again = vec![attribute(FirstName, "Jane \"J\"", Token, 20), attribute(City, "Nantes", Token, 20)];
    let Verified { visitor: renewed, new, lapsed } = verify(&db, 2, again, 20).await;
    assert_eq!((new, lapsed), (false, since));
    assert_eq!(renewed.id, visitor(1), "the same person");
    assert_eq!((renewed.verified_at, renewed.lapsed, renewed.updated_at), (Some(at(20)), None, at(20)));
    assert_eq!(renewed.created_at, at(10));
    // The e-mail is gone with the token that brought it; the name has its value since the first.
    let expected = [attribute(FirstName, "Jane \"J\"", Token, 10), attribute(City, "Nantes", Token, 20)];
    assert_eq!(renewed.attributes, expected);
    assert_eq!(find(&db, 1).await, Some(renewed.clone()));
    assert_eq!(find(&db, 2).await, None);

    let by_user = async |id: &'static str| {
        read!(db, |tx| visitors::find_by_external_user_id(tx, &demo(), id).await).unwrap()
    };
    assert_eq!(by_user("jane").await, Some(renewed));
    assert_eq!(by_user("Jane").await, None);

    // What others wrote stays, unless the token speaks of it.
    db.tamper(
        r#"UPDATE visitors SET attributes = '[{"name":"city","value":"Rennes","source":"AGENT","updated_at":25},
           {"name":"country","value":"FR","source":"PAGE","updated_at":26}]'"#,
    )
    .await;
    let Verified { visitor: mixed, .. } = verify(&db, 3, vec![attribute(City, "Brest", Token, 30)], 30).await;
    let country = attribute(AttributeName::Country, "FR", AttributeSource::Page, 26);
    assert_eq!(mixed.attributes, [attribute(City, "Brest", Token, 30), country]);
    assert_eq!(find(&db, 1).await, Some(mixed.clone()));

    let same = verify(&db, 4, vec![attribute(City, "Brest", Token, 40)], 40).await;
    assert_eq!(
        same,
        Verified { visitor: Visitor { verified_at: Some(at(40)), ..mixed }, new: false, lapsed: None }
    );
    assert_eq!(find(&db, 1).await, Some(same.visitor), "nothing is newer but the proof");
}

async fn what_a_page_says_stands_below_the_token(db: Database) {
    let say = async |members: &[(&str, &str)], now: i64| {
        let members =
            members.iter().map(|(key, value)| ((*key).into(), CustomDataType::String, (*value).into()));
        let said = CustomData::parse(members, at(now)).unwrap();
        let held = find(&db, 1).await.unwrap();
        write!(db, |tx| visitors::set_custom_data(tx, &held, said, at(now)).await).unwrap()
    };
    write!(db, |tx| visitors::ensure_anonymous(tx, visitor(1), &demo(), at(10)).await).unwrap();
    let claims = [("cust_email", "page@example.test"), ("plan", "gold \u{0}\"")];
    assert!(say(&claims, 20).await);
    assert!(!say(&claims, 30).await, "nothing new");
    let guest = find(&db, 1).await.unwrap();
    let email = attribute(AttributeName::Email, "page@example.test", AttributeSource::Page, 20);
    assert_eq!((guest.updated_at, guest.attributes.as_slice()), (at(20), [email].as_slice()));
    let keys: Vec<_> = guest.custom_data.as_slice().iter().map(|one| one.key.as_str()).collect();
    assert_eq!(keys, ["cust_email", "plan"]);
    assert_eq!(guest.custom_data.as_slice()[1].value, "gold \u{0}\"");
    assert_eq!(guest.attribute(AttributeName::Email), Some("page@example.test"));
    assert!(say(&[], 40).await);
    let nothing = find(&db, 1).await.unwrap();
    assert_eq!((nothing.custom_data, nothing.attributes), (CustomData::default(), vec![]));
}

async fn an_identity_lapses_once(db: Database) {
    write!(db, |tx| visitors::ensure_anonymous(tx, visitor(9), &demo(), at(1)).await).unwrap();
    verify(&db, 1, vec![], 10).await;
    let lapse = async |number, reason, now| {
        write!(db, |tx| visitors::lapse(tx, visitor(number), reason, at(now)).await).unwrap()
    };
    assert!(!lapse(9, LapseReason::Expired, 20).await, "never proved");
    assert!(!lapse(8, LapseReason::Expired, 20).await, "no such visitor");
    assert!(lapse(1, LapseReason::SignedOut, 20).await);
    assert!(!lapse(1, LapseReason::Revoked, 30).await);
    let visitor = find(&db, 1).await.unwrap();
    assert_eq!(visitor.lapsed, Some((at(20), LapseReason::SignedOut)));
    assert_eq!((visitor.assurance, visitor.updated_at), (Assurance::Verified, at(20)));
}
