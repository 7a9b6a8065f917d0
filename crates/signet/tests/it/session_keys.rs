//! `signet keys session rotate`: sessions outlive it, unless they are meant to end.

use serde_json::json;
use signet_testkit::server::Installation;

use crate::fixture::{BINARY, Served, ServedProject};
use crate::keystore_passphrase::audit_events;

const ROTATE: [&str; 3] = ["keys", "session", "rotate"];

#[tokio::test]
async fn sessions_outlive_a_new_session_key_unless_the_former_one_has_leaked() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let mut served = Served::start(installation, &[]).await;
    let (mut jane, mut guest) = (served.visitor(&project), served.visitor(&project));
    jane.sign_in(&served.token(&project, "jane").await).await;
    guest.activate_anonymously().await;
    guest.send("hello").await;
    let sign = ["audit", "sign", "--data-dir", served.installation.folder().to_str().unwrap()];
    assert!(std::process::Command::new(BINARY).args(sign).output().unwrap().status.success());

    let rotated = served.installation.run(&ROTATE).await;
    assert_eq!(rotated["formerTokensGood"], true);
    assert_ne!(rotated["keyId"], rotated["formerKeyId"]);
    assert!(served.server.stop().await.success());
    let mut served = served.restart(&[]).await;
    for visitor in [&mut jane, &mut guest] {
        visitor.moved_to(&served.server.url);
        assert_eq!(visitor.history().await.status, 200);
    }
    let mut john = served.visitor(&project);
    john.sign_in(&served.token(&project, "john").await).await;

    let replaced = served.installation.run(&[&ROTATE[..], &["--end-sessions"]].concat()).await;
    assert_eq!((&replaced["formerKeyId"], &replaced["formerTokensGood"]), (&rotated["keyId"], &json!(false)));
    assert!(served.server.stop().await.success());
    let served = served.restart(&[]).await;
    for visitor in [&mut jane, &mut guest, &mut john] {
        visitor.moved_to(&served.server.url);
        assert_eq!(visitor.history().await.status, 401, "signed with a key that may have leaked");
    }
    let mut anew = served.visitor(&project);
    anew.sign_in(&served.token(&project, "jane").await).await;
    assert_eq!(anew.history().await.status, 200);

    // What a former key signed of the audit log is still known to be the platform's.
    assert_eq!(served.installation.run(&["audit", "verify"]).await["intact"], true);
    let events = audit_events(&served.installation);
    let noted = events.iter().filter(|event| event["kind"] == "SESSION_KEY_ROTATED");
    let noted: Vec<_> =
        noted.map(|event| (&event["subject"]["id"], &event["details"]["sessionsEnd"])).collect();
    assert_eq!(noted, [(&rotated["keyId"], &json!("false")), (&replaced["keyId"], &json!("true"))]);
}
