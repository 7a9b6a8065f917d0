//! Going down in good order.

use signet_testkit::TestServer;

use crate::durability::survives;
use crate::fixture::{BINARY, demo};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_nothing_acknowledged() {
    survives(None, async |served| {
        let status = served.server.stop().await;
        assert_eq!(status.code(), Some(0));
    })
    .await;
}

#[tokio::test]
async fn sockets_are_told_and_the_demos_folder_is_gone() {
    let mut server = demo().await;
    let folder = server.said("Data is in /").await;
    let folder = folder.trim_start_matches("Data is in ").split(' ').next().unwrap().to_owned();
    assert!(std::path::Path::new(&folder).join("keystore.json").is_file());
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    let mut events = crate::fixture::watch(&server.graphql(), "demo").await;
    server.terminate();
    assert_eq!(socket.closed().await, Some(1001));
    assert!(events.ended().await);
    assert_eq!(server.stop().await.code(), Some(0));
    assert!(!std::path::Path::new(&folder).exists(), "{folder}");
}

#[tokio::test]
async fn a_taken_port_is_told_in_words() {
    let server = demo().await;
    let port = server.url.rsplit(':').next().unwrap().to_owned();
    let arguments = ["demo", "--port", &port, "--shop-port", "0"];
    let output = tokio::process::Command::new(BINARY).args(arguments).output().await.unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("port {port} is taken by another program")), "{said}");
    drop::<TestServer>(server);
}
