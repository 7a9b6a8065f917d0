//! The published form of the vectors, and the request and answer of the HTTP contract.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The files of `conformance/vectors`, in order, with the prefix of their ids.
pub(crate) const FILES: [(&str, &str); 6] = [
    ("accepted", "ACC"),
    ("envelope", "ENV"),
    ("decryption", "DEC"),
    ("signature", "SIG"),
    ("claims", "CLM"),
    ("strict", "STR"),
];

/// One vector.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Vector {
    /// Never reused.
    pub(crate) id: String,
    pub(crate) title: String,
    /// Where the rule comes from.
    pub(crate) reference: String,
    /// What differs from the default policy.
    pub(crate) policy: Value,
    /// Names in `keys.json`: the platform's private keys.
    pub(crate) platform_keys: Vec<String>,
    /// Names in `keys.json`: the project's active keys.
    pub(crate) project_keys: Vec<String>,
    pub(crate) site_id: String,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    pub(crate) token: String,
    pub(crate) expect: Answer,
}

/// What a verifier says of a token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum Answer {
    /// It is believed. In a vector: members the answer must have with these values.
    Accepted { claims: BTreeMap<String, Value> },
    /// It is refused.
    Refused { code: String, fine_code: String },
}

impl Answer {
    /// Whether `found` is what this expectation asks for.
    pub(crate) fn is_met_by(&self, found: &Self) -> bool {
        match (self, found) {
            (Self::Accepted { claims: expected }, Self::Accepted { claims }) => {
                expected.iter().all(|(name, value)| claims.get(name) == Some(value))
            }
            (
                Self::Refused { code: expected, fine_code: expected_fine },
                Self::Refused { code, fine_code },
            ) => expected == code && expected_fine == fine_code,
            _ => false,
        }
    }
}

/// One file of vectors.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VectorFile {
    pub(crate) specification: String,
    pub(crate) vectors: Vec<Vector>,
}

/// `keys.json`: JWKs by name, private ones of the platform, public and private ones of the customers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KeyFile {
    pub(crate) comment: String,
    pub(crate) platform: BTreeMap<String, Value>,
    pub(crate) customers: BTreeMap<String, CustomerKey>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CustomerKey {
    /// As the project registers it: without `kid` where it is registered without a key id.
    pub(crate) public: Value,
    pub(crate) private: Value,
}

/// Keys and vectors.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) keys: KeyFile,
    /// By the names of [`FILES`].
    pub(crate) vectors: Vec<(String, Vec<Vector>)>,
}

impl Suite {
    /// The published suite's folder.
    pub(crate) fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance")
    }

    /// Reads a suite.
    pub(crate) fn read(folder: &Path) -> Self {
        let text = |path: &Path| {
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let keys = serde_json::from_str(&text(&folder.join("keys.json"))).expect("keys.json");
        let vectors = FILES
            .iter()
            .map(|(name, _)| {
                let path = folder.join("vectors").join(format!("{name}.json"));
                let file: VectorFile = serde_json::from_str(&text(&path)).expect("vector file");
                ((*name).to_owned(), file.vectors)
            })
            .collect();
        Self { keys, vectors }
    }

    /// Every vector.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Vector> {
        self.vectors.iter().flat_map(|(_, vectors)| vectors)
    }

    /// The body of `POST /verify` for a vector.
    pub(crate) fn request(&self, vector: &Vector) -> Value {
        let platform: Vec<&Value> =
            vector.platform_keys.iter().map(|name| &self.keys.platform[name.as_str()]).collect();
        let project: Vec<&Value> =
            vector.project_keys.iter().map(|name| &self.keys.customers[name.as_str()].public).collect();
        json!({
            "policy": vector.policy,
            "platformKeys": platform,
            "projectKeys": project,
            "siteId": vector.site_id,
            "now": vector.now,
            "token": vector.token,
        })
    }
}
