//! What is kept of tokens to try keys on is little, and not for long.

use std::time::Duration;

use signet_app::KeyTrial;
use signet_domain::ProjectId;
use signet_domain::access::{Role, Scope};
use signet_testkit::token_factory::TokenFactory;
use signet_token::{EncryptionKey, SigningKey};

use crate::support::{World, secured};

#[tokio::test]
async fn a_flood_of_one_kind_leaves_the_other_and_time_takes_both() {
    let world = World::new().await;
    let owner = world.new_agent("owner@desk.example", "Owner", "demo", Role::Owner).await;
    let project = ProjectId::parse("demo").unwrap();
    let access = owner.in_project(&project, Scope::KeysWrite).unwrap();
    let key = world.app.customer_keys(&project).await.unwrap()[0].id;
    let pem = world.app.platform_key_pem().unwrap().unwrap();
    let stranger = TokenFactory::new(SigningKey::generate().unwrap(), EncryptionKey::from_pem(&pem).unwrap());
    for _ in 0..3 {
        world.sign_in("jane").await;
    }
    let first = world.now();
    world.pass(Duration::from_mins(1));
    for _ in 0..120 {
        let token = stranger.token("john", world.now().as_millis()).build();
        assert!(world.activate(secured(token)).await.is_err());
    }
    let last = world.now();
    let trial =
        |tried, verified, oldest, newest| KeyTrial { tried, verified, not_triable: 0, oldest, newest };
    let tried = async || world.app.try_key(&access, key).await.unwrap();
    assert_eq!(tried().await, trial(53, 3, Some(first), Some(last)));
    for _ in 0..60 {
        world.sign_in("jane").await;
    }
    assert_eq!(tried().await, trial(100, 50, Some(last), Some(last)), "a hundred and no more");

    world.pass(Duration::from_mins(15) - Duration::from_millis(1));
    assert_eq!(tried().await.tried, 100);
    world.pass(Duration::from_millis(1));
    assert_eq!(tried().await, KeyTrial::default());
    world.app.tidy().await.unwrap();
    assert_eq!(tried().await, KeyTrial::default());
}
