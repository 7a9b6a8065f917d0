//! What is fetched, and above all what is not (D43).
#![expect(clippy::unwrap_used, reason = "what goes wrong here fails the test")]

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use signet_outbound::{FetchError, Fetcher, Lookup, LookupFuture, Reach};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const ANYWHERE: Reach = Reach { private_addresses: true, plain_http: true };

/// Answers every connection with the same bytes, and counts them.
async fn server(answer: Vec<u8>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4_096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
            });
        }
    });
    (port, count)
}

fn http(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

/// Says one address the first time and others later.
struct Rebinding(Mutex<Vec<Vec<IpAddr>>>);

impl Lookup for Rebinding {
    fn lookup(&self, _: String) -> LookupFuture {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn resolving(answers: &[&[&str]]) -> Arc<Rebinding> {
    let parse = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    Arc::new(Rebinding(Mutex::new(answers.iter().map(parse).collect())))
}

#[tokio::test]
async fn d43_hostile_addresses_are_refused_without_a_connection() {
    let (port, connections) = server(http("200 OK", "secret")).await;
    let hosts = [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "127.255.255.254",
        "①②⑦.⓪.⓪.①",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.0.1",
        "192.168.0.1",
        "192.168.255.255",
        "100.64.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "0251.0376.0251.0376",
        "[::ffff:169.254.169.254]",
        "169.254.170.2",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.1",
        "198.51.100.7",
        "203.0.113.9",
        "metadata",
        "metadata.google.internal",
        "printer.local",
        "router.home.arpa",
        "intranet",
        "db.localdomain",
        "kubernetes.default.svc.internal",
    ];
    let fetcher = Fetcher::new(Reach { plain_http: true, ..Reach::default() }).unwrap();
    let mut targets: Vec<String> = hosts
        .iter()
        .flat_map(|host| [format!("http://{host}:{port}/"), format!("https://{host}:{port}/")])
        .collect();
    targets.extend(
        ["user@1.1.1.1", "user:pass@1.1.1.1", "1.1.1.1/#fragment", "", "[::1", "1.1.1.1:99999"]
            .map(|rest| format!("https://{rest}")),
    );
    targets.extend(
        [
            "file:///etc/passwd",
            "ftp://1.1.1.1/",
            "gopher://127.0.0.1:6379/_x",
            "data:text/plain,x",
            "javascript:1",
            "//1.1.1.1/",
            "/etc/passwd",
            "jar:https://1.1.1.1!/",
            "https://1.1.1.1/ x",
            "https:\t//127.0.0.1/",
            "unix:/run/docker.sock",
            "ws://1.1.1.1/",
            "",
        ]
        .map(str::to_owned),
    );
    assert!(targets.len() >= 60 && hosts.len() >= 55, "{}", hosts.len());
    for target in &targets {
        let refused = fetcher.text(target).await.unwrap_err();
        assert!(
            matches!(
                refused,
                FetchError::AddressNotPublic | FetchError::AddressInvalid | FetchError::SchemeNotAllowed
            ),
            "{target}: {refused:?}"
        );
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    // Without TLS nothing at all, unless it is allowed.
    let strict = Fetcher::new(Reach::default()).unwrap();
    assert_eq!(strict.text("http://1.1.1.1/").await, Err(FetchError::SchemeNotAllowed));
}

#[tokio::test]
async fn d43_a_name_that_changes_its_address_leads_nowhere_else() {
    let (port, connections) = server(http("200 OK", "secret")).await;
    let url = format!("http://rebind.example:{port}/");
    let reach = Reach { plain_http: true, ..Reach::default() };
    for answers in [
        &[&["127.0.0.1"][..]][..],
        &[&["1.1.1.1", "127.0.0.1"]],
        &[&["::ffff:127.0.0.1"]],
        &[&["10.0.0.1", "1.1.1.1"]],
    ] {
        let fetcher = Fetcher::with_lookup(reach, resolving(answers)).unwrap();
        assert_eq!(fetcher.text(&url).await, Err(FetchError::AddressNotPublic), "{answers:?}");
    }
    // It is asked once, and what it said then is where the connection goes: to 127.0.0.2, where nobody listens.
    let fetcher = Fetcher::with_lookup(ANYWHERE, resolving(&[&["127.0.0.2"], &["127.0.0.1"]])).unwrap();
    assert_eq!(fetcher.text(&url).await, Err(FetchError::Unreachable));
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    assert_eq!(fetcher.text(&url).await.as_deref(), Ok("secret"), "the next request asks anew");
}

#[tokio::test]
async fn d43_redirects_are_not_followed_and_answers_are_bounded() {
    let fetcher = Fetcher::new(ANYWHERE).unwrap();
    let (aim, reached) = server(http("200 OK", "secret")).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let (port, _) = server(http(&format!("{status}\r\nlocation: http://127.0.0.1:{aim}/"), "")).await;
        assert_eq!(fetcher.text(&format!("http://127.0.0.1:{port}/")).await, Err(FetchError::Redirected));
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
    let cases = [
        (http("200 OK", &"x".repeat(64 * 1024)), Ok("x".repeat(64 * 1024))),
        (http("200 OK", &"x".repeat(64 * 1024 + 1)), Err(FetchError::TooLarge)),
        (http("200 OK\r\ncontent-length: 10000000000", "x"), Err(FetchError::TooLarge)),
        (http("404 Not Found", "x"), Err(FetchError::StatusNotOk)),
        (http("204 No Content", ""), Err(FetchError::StatusNotOk)),
        (b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe".to_vec(), Err(FetchError::NotText)),
        (b"nonsense\r\n\r\n".to_vec(), Err(FetchError::Unreachable)),
    ];
    for (answer, expected) in cases {
        let (port, _) = server(answer).await;
        assert_eq!(fetcher.text(&format!("http://127.0.0.1:{port}/")).await, expected);
    }
}

#[expect(clippy::disallowed_methods, reason = "the attack is about real time")]
#[tokio::test]
async fn d43_a_slow_answer_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // A byte a second keeps a connection alive for ever; the deadline is for the whole.
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4_096];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let mut ticks = tokio::time::interval(std::time::Duration::from_secs(1));
        while stream.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
    });
    let begun = std::time::Instant::now();
    let fetcher = Fetcher::new(ANYWHERE).unwrap();
    assert_eq!(fetcher.text(&format!("http://127.0.0.1:{port}/")).await, Err(FetchError::TimedOut));
    assert!(begun.elapsed().as_secs() < 15);
}
