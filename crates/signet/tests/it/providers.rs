//! The kits of `providers/` and `signet token issue` make what `providers/vectors.json` says, and Signet accepts it.
//!
//! Each kit runs as a program of its own language. A language that is missing is named and passed over; with `CI=true` that
//! fails. `providers/README.md` says what the programs read and write.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};
use signet_testkit::server::Installation;
use signet_testkit::{GraphqlClient, now_unix_ms};
use signet_token::{DecryptionKey, base64url};

use crate::fixture::{BINARY, Served, ServedProject};
use crate::openssl::{Keys, OpensslKeys, openssl};

/// What a language answered to a case it must refuse.
const REFUSED: &str = "refused";

/// A kit: its name, and how its program is started, if its language is there. The folder is for what has to be compiled.
struct Kit {
    name: &'static str,
    program: fn(&Path) -> Option<Command>,
}

const KITS: [Kit; 7] = [
    Kit { name: "javascript", program: javascript },
    Kit { name: "python", program: python },
    Kit { name: "java", program: java },
    Kit { name: "go", program: go },
    Kit { name: "php", program: php },
    Kit { name: "ruby", program: ruby },
    Kit { name: "rust", program: rust },
];

pub(crate) fn providers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../providers")
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn javascript(_: &Path) -> Option<Command> {
    let mut node = Command::new("node");
    node.arg(providers().join("javascript/vectors.mjs"));
    succeeds(Command::new("node").arg("--version")).then_some(node)
}

/// The Python that has what the kit needs.
pub(crate) fn python_program() -> PathBuf {
    let prepared = || providers().join("../interop/python/.venv/bin/python");
    std::env::var_os("SIGNET_INTEROP_PYTHON").map_or_else(prepared, PathBuf::from)
}

fn python(_: &Path) -> Option<Command> {
    let mut python = Command::new(python_program());
    python.env("PYTHONDONTWRITEBYTECODE", "1").arg(providers().join("python/vectors.py"));
    succeeds(Command::new(python_program()).args(["-c", "import joserfc"])).then_some(python)
}

fn java(folder: &Path) -> Option<Command> {
    if !succeeds(Command::new("javac").arg("-version")) {
        return None;
    }
    let sources = ["SignetToken.java", "Vectors.java"].map(|name| providers().join("java").join(name));
    let mut compiler = Command::new("javac");
    let output =
        compiler.args(["-Xlint:all", "-Werror", "-encoding", "UTF-8", "-d"]).arg(folder).args(sources);
    let output = output.output().unwrap();
    assert!(output.status.success(), "javac: {}", String::from_utf8_lossy(&output.stderr));
    let mut java = Command::new("java");
    java.arg("-cp").arg(folder).arg("Vectors");
    Some(java)
}

fn go(_: &Path) -> Option<Command> {
    let mut go = Command::new("go");
    go.args(["run", "./vectors"]).current_dir(providers().join("go")).env("GOPROXY", "off");
    succeeds(Command::new("go").arg("version")).then_some(go)
}

fn php(_: &Path) -> Option<Command> {
    let mut php = Command::new("php");
    php.arg(providers().join("php/vectors.php"));
    let library = ["/usr/share/php/phpseclib3/autoload.php"].map(PathBuf::from);
    let there =
        library.iter().chain([&providers().join("php/vendor/autoload.php")]).any(|file| file.is_file());
    (there && succeeds(Command::new("php").arg("--version"))).then_some(php)
}

fn ruby(_: &Path) -> Option<Command> {
    let mut ruby = Command::new("ruby");
    ruby.arg("-w").arg(providers().join("ruby/vectors.rb"));
    succeeds(Command::new("ruby").args(["-ropenssl", "-rbase64", "-e", ""])).then_some(ruby)
}

/// Builds into the folder of this very build, where the kit's dependencies are found built.
fn rust(_: &Path) -> Option<Command> {
    let target = Path::new(BINARY).parent().unwrap().parent().unwrap();
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--quiet", "--locked", "--example", "vectors", "--manifest-path"]);
    cargo.arg(providers().join("rust/Cargo.toml")).arg("--target-dir").arg(target);
    succeeds(Command::new("cargo").arg("--version")).then_some(cargo)
}

/// The programs of every kit whose language is there.
pub(crate) fn available(folder: &Path) -> Vec<(&'static str, Command)> {
    let mut found = Vec::new();
    for kit in KITS {
        match (kit.program)(folder) {
            Some(command) => found.push((kit.name, command)),
            None => {
                assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", kit.name);
                let _ =
                    writeln!(std::io::stderr(), "SKIPPED: the {} kit, for its language is missing", kit.name);
            }
        }
    }
    found
}

/// One case of the vectors, its long strings written out.
#[derive(Clone)]
pub(crate) struct Case(pub(crate) Value);

impl Case {
    fn all() -> (i64, Vec<Self>) {
        let text = std::fs::read_to_string(providers().join("vectors.json")).unwrap();
        let vectors: Value = serde_json::from_str(&text).unwrap();
        let cases: Vec<Self> =
            vectors["cases"].as_array().unwrap().iter().map(|case| Self(written_out(case))).collect();
        assert!(cases.iter().any(Self::is_refused) && cases.iter().any(|case| !case.is_refused()));
        (vectors["clock"].as_i64().unwrap(), cases)
    }

    fn name(&self) -> &str {
        self.0["name"].as_str().unwrap()
    }

    fn is_refused(&self) -> bool {
        self.0["refused"] == true
    }

    fn option(&self, name: &str) -> Option<String> {
        match &self.0["options"][name] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    fn options(&self) -> impl Iterator<Item = (String, String)> {
        let names = ["issuer", "lifetime", "audience", "keyId", "platformKeyId", "claimPrefix"];
        names.into_iter().filter_map(|name| Some((name.to_owned(), self.option(name)?)))
    }

    fn visitor_data(&self) -> Map<String, Value> {
        self.0["visitorData"].as_object().unwrap().clone()
    }

    /// The case as a kit's program reads it.
    pub(crate) fn lines(&self, keys: &Keys, clock: Option<i64>) -> String {
        let mut lines = vec![
            ("privateKey".to_owned(), keys.private.clone()),
            ("platformKey".to_owned(), keys.platform.clone()),
            ("userId".to_owned(), self.0["userId"].as_str().unwrap().to_owned()),
        ];
        lines.extend(self.options());
        lines.extend(clock.map(|clock| ("clock".to_owned(), clock.to_string())));
        let data = self.visitor_data();
        lines.extend(
            data.iter().map(|(name, value)| (format!("data.{name}"), value.as_str().unwrap().to_owned())),
        );
        let line = |(name, value): (String, String)| format!("{name} {}\n", base64(&value));
        lines.into_iter().map(line).collect()
    }
}

/// `{"repeat": x, "times": n}` as the string it stands for, at any depth.
fn written_out(value: &Value) -> Value {
    match value {
        Value::Object(members) => match (members.get("repeat"), members.get("times")) {
            (Some(Value::String(text)), Some(times)) => {
                text.repeat(usize::try_from(times.as_u64().unwrap()).unwrap()).into()
            }
            _ => members.iter().map(|(name, value)| (name.clone(), written_out(value))).collect(),
        },
        other => other.clone(),
    }
}

/// Base64 with padding (RFC 4648 section 4), which every language has.
fn base64(text: &str) -> String {
    let encoded = base64url::encode(text).replace('-', "+").replace('_', "/");
    let padding = "=".repeat(encoded.len().wrapping_neg() % 4);
    encoded + &padding
}

/// Runs a kit's program over the cases. Gives what it wrote, a line for each.
pub(crate) fn run(name: &str, command: &mut Command, cases: &[String]) -> Vec<String> {
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("{name}: {error}"));
    // The programs read everything before they write anything.
    child.stdin.take().unwrap().write_all(cases.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {errors}");
    let lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), cases.len(), "{name}: {errors}");
    lines
}

/// Holds tokens against what the cases want. With no clock the times are held against the system's.
fn hold(keys: &OpensslKeys, who: &str, cases: &[Case], answers: &[String], clock: Option<i64>) {
    let mut seen = HashSet::new();
    for (case, answer) in cases.iter().zip(answers) {
        let what = format!("{who}: {}", case.name());
        if case.is_refused() {
            assert_eq!(answer, REFUSED, "{what}");
            continue;
        }
        assert_ne!(answer, REFUSED, "{what}");
        let (outer, inner, mut claims) = keys.open(answer);
        assert_eq!((&outer, &inner), (&case.0["outerHeader"], &case.0["innerHeader"]), "{what}");
        let id = claims.as_object_mut().unwrap().remove("jti").expect("jti");
        let id = id.as_str().expect("jti is a string").to_owned();
        assert!((16..=255).contains(&id.len()), "{what}: {id}");
        assert!(seen.insert(id), "{what}: a jti came twice");
        let mut expected = case.0["claims"].clone();
        if clock.is_none() {
            let issued_at = claims["iat"].as_i64().unwrap();
            assert!((now_unix_ms() / 1_000 - issued_at).abs() <= 60, "{what}: {issued_at}");
            let lifetime = expected["exp"].as_i64().unwrap() - expected["iat"].as_i64().unwrap();
            expected["iat"] = issued_at.into();
            expected["exp"] = (issued_at + lifetime).into();
        }
        assert_eq!(claims, expected, "{what}");
    }
}

#[test]
fn kits_make_what_the_vectors_say() {
    let folder = tempfile::tempdir().unwrap();
    let keys = OpensslKeys::make(folder.path());
    let (clock, cases) = Case::all();
    for (name, mut command) in available(folder.path()) {
        for private in [&keys.customer.private, &keys.traditional] {
            let given = Keys { private: private.clone(), ..keys.customer.clone() };
            let lines: Vec<String> = cases.iter().map(|case| case.lines(&given, Some(clock))).collect();
            hold(&keys, name, &cases, &run(name, &mut command, &lines), Some(clock));
        }
    }
}

/// Runs `signet token issue` for a case, with visitorData from standard input.
fn issue(case: &Case, private: &Path, platform: &Path) -> String {
    let mut command = Command::new(BINARY);
    command
        .args(["token", "issue", "--data-file", "-", "--key"])
        .arg(private)
        .arg("--platform-key")
        .arg(platform);
    command.args(["--user-id", case.0["userId"].as_str().unwrap()]);
    for (name, flag, unit) in [
        ("issuer", "--issuer", ""),
        ("lifetime", "--lifetime", "s"),
        ("audience", "--audience", ""),
        ("keyId", "--key-id", ""),
        ("claimPrefix", "--claim-prefix", ""),
    ] {
        if let Some(value) = case.option(name) {
            command.arg(flag).arg(format!("{value}{unit}"));
        }
    }
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.unwrap();
    // A command that has refused its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(json!(case.visitor_data()).to_string().as_bytes());
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.success(), !case.is_refused(), "signet token issue, {}: {errors}", case.name());
    if case.is_refused() {
        REFUSED.to_owned()
    } else {
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

#[test]
fn the_command_line_makes_what_the_vectors_say() {
    let folder = tempfile::tempdir().unwrap();
    let keys = OpensslKeys::make(folder.path());
    let (_, cases) = Case::all();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    // With a key id the platform's key is given as its key set has it, else as PEM.
    let jwk = DecryptionKey::from_pem(&keys.platform_private).unwrap().to_public_jwk_json();
    let mut jwk: Value = serde_json::from_str(&jwk).unwrap();
    jwk["kid"] = "platform-1".into();
    let set = file("jwks.json", &json!({ "keys": [jwk] }).to_string());
    let pem = file("platform-public.pem", &keys.customer.platform);
    for private in [file("pkcs8.pem", &keys.customer.private), file("traditional.pem", &keys.traditional)] {
        let platform = |case: &Case| if case.option("platformKeyId").is_some() { &set } else { &pem };
        let tokens: Vec<String> = cases.iter().map(|case| issue(case, &private, platform(case))).collect();
        hold(&keys, "signet token issue", &cases, &tokens, None);
    }
}

/// The projects that between them accept every case.
struct Projects {
    served: Served,
    compatible: (ServedProject, GraphqlClient),
    strict: (ServedProject, GraphqlClient),
    prefixed: (ServedProject, GraphqlClient),
    platform_key: String,
    platform_key_id: String,
}

impl Projects {
    async fn start(prefix: &str) -> Self {
        let installation = Installation::new(BINARY, None);
        let mut projects = Vec::new();
        for id in ["compatible", "strict", "prefixed"] {
            projects.push(ServedProject::create(&installation, id).await);
        }
        installation.run(&["project", "set", "strict", "--profile", "strict"]).await;
        installation.run(&["project", "set", "prefixed", "--claim-prefix", prefix]).await;
        let served = Served::start(installation, &[]).await;
        let get = async |path: &str| {
            let request = signet_testkit::client::plain().get(format!("{}{path}", served.server.url));
            request.send().await.unwrap().text().await.unwrap()
        };
        let platform_key = get("/keys/platform.pem").await;
        let set: Value = serde_json::from_str(&get("/.well-known/jwks.json").await).unwrap();
        let mut with_clients = Vec::new();
        for project in projects {
            let client = served.graphql(&project).await;
            with_clients.push((project, client));
        }
        let [compatible, strict, prefixed] = with_clients.try_into().ok().unwrap();
        let rsa = set["keys"].as_array().unwrap().iter().find(|key| key["kty"] == "RSA").unwrap();
        let platform_key_id = rsa["kid"].as_str().unwrap().to_owned();
        Self { served, compatible, strict, prefixed, platform_key, platform_key_id }
    }

    fn of(&self, case: &Case) -> &(ServedProject, GraphqlClient) {
        match (case.option("claimPrefix"), case.0["profile"].as_str()) {
            (Some(_), _) => &self.prefixed,
            (None, Some("strict")) => &self.strict,
            _ => &self.compatible,
        }
    }

    fn keys(&self, case: &Case) -> Keys {
        Keys { private: self.of(case).0.private_key.clone(), platform: self.platform_key.clone() }
    }

    /// The case with this installation's key ids and site id, and with a person of the kit's own, so that kits cannot stand in
    /// for each other.
    fn localised(&self, case: &Case, who: &str) -> Case {
        let mut case = case.clone();
        let project = self.of(&case).0.id.clone();
        let options = case.0["options"].as_object_mut().unwrap();
        for (name, value) in
            [("keyId", "test-1"), ("platformKeyId", &self.platform_key_id), ("audience", &project)]
        {
            if let Some(option) = options.get_mut(name) {
                *option = value.into();
            }
        }
        let user_id = case.0["userId"].as_str().unwrap();
        if user_id.chars().count() < 200 {
            case.0["userId"] = format!("{who}: {user_id}").into();
        }
        case
    }

    /// Activates as the page would, then asks GraphQL who that was.
    async fn verifies(&self, who: &str, case: &Case, token: &str) {
        let what = format!("{who}: {}", case.name());
        let (project, graphql) = self.of(case);
        let activated = self.served.visitor(project).try_token(token).await.body;
        assert_eq!(activated["session"]["assurance"], "VERIFIED", "{what}: {activated}");
        let query = "query($project: ID!, $user: String!) {
            visitors(projectId: $project, first: 2, filter: { externalUserId: $user }) {
                nodes { externalUserId assurance attributes { name value source } } } }";
        let user = &case.0["userId"];
        let data = graphql.data(query, json!({ "project": project.id, "user": user })).await;
        let [visitor] = &data["visitors"]["nodes"].as_array().unwrap()[..] else { panic!("{what}: {data}") };
        assert_eq!((&visitor["externalUserId"], &visitor["assurance"]), (user, &json!("VERIFIED")), "{what}");
        let attributes = visitor["attributes"].as_array().unwrap();
        assert!(attributes.iter().all(|attribute| attribute["source"] == "TOKEN"), "{what}: {data}");
        let pair =
            |attribute: &Value| (attribute["name"].as_str().unwrap().to_owned(), attribute["value"].clone());
        assert_eq!(attributes.iter().map(pair).collect::<Map<_, _>>(), case.visitor_data(), "{what}");
    }
}

#[tokio::test]
async fn tokens_of_every_kit_open_a_verified_session() {
    let (_, cases) = Case::all();
    let cases: Vec<Case> = cases.into_iter().filter(|case| !case.is_refused()).collect();
    let prefix = cases.iter().find_map(|case| case.option("claimPrefix")).unwrap();
    let projects = Projects::start(&prefix).await;
    let folder = tempfile::tempdir().unwrap();
    for (name, mut command) in available(folder.path()) {
        let cases: Vec<Case> = cases.iter().map(|case| projects.localised(case, name)).collect();
        let lines: Vec<String> = cases.iter().map(|case| case.lines(&projects.keys(case), None)).collect();
        let tokens = run(name, &mut command, &lines);
        for (case, token) in cases.iter().zip(&tokens) {
            projects.verifies(name, case, token).await;
        }
    }
}

#[tokio::test]
async fn keys_of_openssl_can_be_registered_and_ours_read_by_openssl() {
    let installation = Installation::new(BINARY, None);
    installation.run(&["project", "create", "shop", "--name", "Shop"]).await;
    let folder = installation.folder().join("openssl");
    std::fs::create_dir(&folder).unwrap();
    let keys = OpensslKeys::make(&folder);
    std::fs::write(folder.join("spki.pem"), &keys.customer_public).unwrap();
    openssl(&folder, &["rsa", "-in", "platform.pem", "-RSAPublicKey_out", "-out", "traditional.pem"]);
    for name in ["spki.pem", "traditional.pem"] {
        let path = folder.join(name);
        let added = installation.run(&["keys", "add", path.to_str().unwrap(), "--project", "shop"]).await;
        assert_eq!(added["state"], "ACTIVE", "{name}");
    }
    let (private, public) = installation.generate_key("ours").await;
    let checked = openssl(&folder, &["pkey", "-in", private.to_str().unwrap(), "-check", "-noout"]);
    assert!(checked.contains("Key is valid"), "{checked}");
    let derived = openssl(&folder, &["rsa", "-in", private.to_str().unwrap(), "-pubout"]);
    assert_eq!(
        derived,
        std::fs::read_to_string(public).unwrap(),
        "byte for byte what openssl would have written"
    );
}
