//! What was acknowledged is there, whatever happens to the process.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::visitor::new_id;
use signet_testkit::{VisitorClient, VisitorSocket, within};
use tokio::sync::watch;

use crate::fixture::{BINARY, Served, ServedProject};

/// Writers at once, and how many acknowledgements must have come before the end.
const WRITERS: usize = 12;
const ENOUGH: usize = 1_500;
/// Messages a writer has on the way at once.
const WINDOW: usize = 8;

/// A writer's report: its browser, and what was acknowledged to it.
pub(crate) struct Report {
    pub(crate) visitor: VisitorClient,
    acknowledged: Vec<String>,
}

/// Writes until the socket is gone.
pub(crate) async fn write(
    visitor: VisitorClient,
    mut socket: VisitorSocket,
    count: watch::Sender<usize>,
) -> Report {
    let mut acknowledged = Vec::new();
    let mut sent = 0_usize;
    'writing: loop {
        while sent < acknowledged.len() + WINDOW {
            let id = new_id();
            let frame = json!({ "type": "send", "clientMessageId": id, "text": format!("message {sent}") });
            if !socket.frame(&frame).await {
                break 'writing;
            }
            sent += 1;
        }
        match socket.next_or_closed("ack").await {
            Some(ack) => {
                acknowledged.push(ack["clientMessageId"].as_str().unwrap().to_owned());
                count.send_modify(|count| *count += 1);
            }
            None => break,
        }
    }
    acknowledged.extend(socket.acknowledged_until_closed().await);
    Report { visitor, acknowledged }
}

/// Every id that is stored for this browser, from its whole history.
pub(crate) async fn stored(visitor: &VisitorClient) -> (BTreeSet<String>, usize) {
    let (mut ids, mut entries) = (BTreeSet::new(), 0);
    let mut before: Option<String> = None;
    loop {
        let page = visitor.history_page(100, before.as_deref()).await.ok();
        for entry in page["entries"].as_array().unwrap() {
            if let Some(id) = entry["clientMessageId"].as_str() {
                ids.insert(id.to_owned());
                entries += 1;
            }
        }
        match &page["before"] {
            Value::String(cursor) => before = Some(cursor.clone()),
            _ => return (ids, entries),
        }
    }
}

/// Loads an installation, ends it in the middle, starts it again, and looks for every acknowledged message.
pub(crate) async fn survives(database: Option<&str>, end: impl AsyncFnOnce(&mut Served)) {
    let limits = ["--messages-per-visitor", "1000000", "--messages-per-address", "1000000"];
    let installation = Installation::new(BINARY, database);
    let project = ServedProject::create(&installation, "load").await;
    let mut served = Served::start(installation, &limits).await;
    let (count, mut counted) = watch::channel(0);
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let mut visitor = served.visitor(&project);
        if number % 2 == 0 {
            visitor.activate_anonymously().await;
        } else {
            visitor.sign_in(&served.token(&project, &format!("person-{number}")).await).await;
        }
        let mut socket = visitor.socket().await;
        socket.expect("welcome").await;
        writers.push(tokio::spawn(write(visitor, socket, count.clone())));
    }
    within("enough acknowledgements", counted.wait_for(|count| *count >= ENOUGH)).await.unwrap();
    end(&mut served).await;

    let mut reports = Vec::new();
    for writer in writers {
        reports.push(within("a writer to notice", writer).await.unwrap());
    }
    let mut served = served.restart(&limits).await;
    let mut lost = Vec::new();
    for report in &mut reports {
        report.visitor.moved_to(&served.server.url);
        let (ids, entries) = stored(&report.visitor).await;
        assert_eq!(ids.len(), entries, "no message is stored twice");
        lost.extend(report.acknowledged.iter().filter(|id| !ids.contains(*id)).cloned());
    }
    let acknowledged: usize = reports.iter().map(|report| report.acknowledged.len()).sum();
    assert!(acknowledged >= ENOUGH);
    assert_eq!(lost, Vec::<String>::new(), "of {acknowledged} acknowledged messages");
    assert!(served.server.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_acknowledged_on_sqlite() {
    survives(None, async |served| served.server.kill().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_acknowledged_on_postgresql() {
    let Some(postgres) = signet_testkit::postgres::shared() else { return };
    let database = postgres.database().await;
    survives(Some(&database), async |served| served.server.kill().await).await;
}
