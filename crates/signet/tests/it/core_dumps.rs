//! Memory with keys in it is not written down (D47).

#![cfg(target_os = "linux")]

use std::os::unix::fs::MetadataExt as _;

use signet_testkit::TestServer;
use signet_testkit::server::Installation;

use crate::fixture::BINARY;

/// Files below `/proc/PID` are root's when the process may not be dumped, and its user's otherwise (proc(5)). Where the tests run as root
/// both are the same; that the process is not dumpable, a unit test of `hardening` asks the process itself.
#[tokio::test]
async fn d47_a_process_with_keys_leaves_no_core_dump() {
    let installation = Installation::new(BINARY, None);
    let server = TestServer::serve(BINARY, &installation, &[]).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(line.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"], "{line}");
    let owner = std::fs::metadata(format!("/proc/{}/environ", server.id())).unwrap().uid();
    assert_eq!(owner, 0);
}

#[test]
fn d47_the_systemd_unit_forbids_core_dumps() {
    let unit =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/signet.service"));
    assert!(unit.unwrap().lines().any(|line| line == "LimitCORE=0"));
}
