//! The contract that clients are written against.

#[test]
fn the_code_keeps_the_committed_contract() {
    let committed = include_str!("../schema.graphql");
    assert!(
        signet_graphql::sdl() == committed,
        "the schema changed. If that is meant: cargo run -p signet-graphql --example sdl > crates/graphql/schema.graphql"
    );
}
