//! The index of attacks that must fail: `docs/attacks.md`, written from the names of the tests.
//!
//! A test says in its name which attack it is (`d01_…` in Rust, `D01 …` or `D1 …` in a browser test); the page is what those
//! names say, so it cannot promise a test that is not there.

use crate::workspace::Workspace;
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Where the page lies.
pub(crate) const FILE: &str = "docs/attacks.md";

const HEAD: &str = "\
# Attacks that must fail

Every row is an attack, and the tests that carry it out and want it refused. The names come from the tests: this page is
written by `cargo xtask gen`, and the test command fails when it is not current. An attack without a row has no test yet.

| # | attack | tests |
| --- | --- | --- |
";

/// What each number stands for.
const ATTACKS: [&str; 52] = [
    "a token that is encrypted and not signed",
    "a token that is signed and not encrypted",
    "another signature algorithm than the key's",
    "another key management or content encryption than the profile's",
    "RSA PKCS#1 v1.5 key unwrap",
    "telling failures of decryption apart, by bytes or by time",
    "truncated tags, wrong initialisation vectors, flipped bits",
    "compressed content that explodes",
    "iteration counts that burn the processor",
    "ephemeral keys that are no point of their curve",
    "key ids that are paths, queries or another project's",
    "keys brought along in a header",
    "critical headers and unencoded payloads",
    "duplicate members and other oddities of JSON",
    "claims of another type",
    "second spellings of one token",
    "a token used twice",
    "tokens that live too long, or know no time",
    "a token for another audience, encrypted anew",
    "a customer key that is somebody else's",
    "one kind of token in place of another",
    "weak keys, and private ones pasted by mistake",
    "a flood of tokens to decrypt",
    "keeping the anonymous session after its visitor signed in",
    "a planted conversation that becomes somebody's own",
    "a page that signs the visitor in as somebody else",
    "two people at one browser",
    "sessions that outlive sign-out or revocation",
    "proving identity again as another person",
    "another project's records",
    "races of activations and first messages",
    "a stolen session token",
    "markup and scripts in what visitors write",
    "window messages from hostile frames",
    "foreign origins on sockets and APIs",
    "forged requests with the desk's cookie",
    "framing the desk",
    "personal data in storage, addresses, referrers and logs",
    "finding out which users or keys exist",
    "verification as a decryption oracle",
    "hostile uploads",
    "a padlock drawn by the visitor",
    "requests to private addresses",
    "poisoned key sets",
    "forged webhooks",
    "queries that cost too much",
    "trouble with the key vault",
    "comparing secrets in variable time",
    "roles and scopes in a visitor token",
    "changed audit rows",
    "a changed tag",
    "floods of anonymous visitors",
];

/// Writes the page from the tests as they are.
pub(crate) fn page(workspace: &Workspace) -> Result<String> {
    let mut tests: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for folder in ["crates", "web/e2e/tests"] {
        for file in sources(&workspace.path(folder))? {
            let text = std::fs::read_to_string(&file)?;
            let place = file.strip_prefix(workspace.path(""))?.display().to_string();
            for (numbers, name) in text.lines().filter_map(named) {
                for number in numbers {
                    tests.entry(number).or_default().push(format!("[{name}](../{place})"));
                }
            }
        }
    }
    let mut page = HEAD.to_owned();
    for (number, names) in &mut tests {
        names.sort();
        names.dedup();
        let attack = ATTACKS.get(number.wrapping_sub(1)).copied().unwrap_or("not described");
        writeln!(page, "| D{number} | {attack} | {} |", names.join("<br>"))?;
    }
    Ok(page)
}

/// Reads `fn d01_name(` of Rust, which may be about several (`fn d01_d02_name(`), and `test("D1 name"` of a browser test.
fn named(line: &str) -> Option<(Vec<usize>, String)> {
    let line = line.trim_start();
    if let Some((_, after)) = line.split_once("fn d") {
        let (name, _) = after.split_once('(')?;
        let number = |digits: &str| digits.parse().ok().filter(|_| digits.len() == 2);
        let (digits, mut rest) = name.split_once('_')?;
        let mut numbers = vec![number(digits)?];
        while let Some((digits, after)) = rest.strip_prefix('d').and_then(|rest| rest.split_once('_')) {
            let Some(another) = number(digits) else { break };
            numbers.push(another);
            rest = after;
        }
        return Some((numbers, rest.replace('_', " ")));
    }
    let title = line.strip_prefix("test(\"D").or_else(|| line.strip_prefix("await t.test(\"D"))?;
    let (title, _) = title.split_once('"')?;
    let (digits, rest) = title.split_once(' ')?;
    Some((vec![digits.parse().ok()?], rest.to_owned()))
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !matches!(name, "node_modules" | "target" | "dist") {
            found.extend(sources(&path)?);
        } else if matches!(path.extension().and_then(|kind| kind.to_str()), Some("rs" | "mjs")) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn names_of_tests_are_read() {
        assert_eq!(
            named("async fn d01_encrypted_but_unsigned() {"),
            Some((vec![1], "encrypted but unsigned".into()))
        );
        assert_eq!(
            named("async fn d19_d20_decoys_of_one_project() {"),
            Some((vec![19, 20], "decoys of one project".into()))
        );
        assert_eq!(
            named("    test(\"D34 commands of a sibling\", async () => {"),
            Some((vec![34], "commands of a sibling".into()))
        );
        assert_eq!(named("fn decode(text: &str) {"), None);
        assert_eq!(named("fn d1_short() {"), None);
    }
}
