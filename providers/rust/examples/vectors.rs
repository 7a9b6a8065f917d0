//! Makes a token for each case on standard input. See ../../README.md for what is read and written.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read as _;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use signet_token_provider::{Error as ProviderError, Options, TokenProvider};

static CLOCK: AtomicU64 = AtomicU64::new(0);

fn main() -> Result<(), Box<dyn Error>> {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    for text in input.trim().split("\n\n") {
        let mut fields = BTreeMap::new();
        for line in text.lines() {
            let (name, value) = line.split_once(' ').unwrap_or((line, ""));
            fields.insert(name, String::from_utf8(STANDARD.decode(value)?)?);
        }
        match answer(&fields) {
            Err(error) if matches!(error.downcast_ref(), Some(ProviderError::Invalid(_))) => {
                println!("refused")
            }
            token => println!("{}", token?),
        }
    }
    Ok(())
}

fn answer(fields: &BTreeMap<&str, String>) -> Result<String, Box<dyn Error>> {
    let mut options = Options::new(&fields["issuer"]);
    options.audience = fields.get("audience").cloned();
    options.key_id = fields.get("keyId").cloned();
    options.platform_key_id = fields.get("platformKeyId").cloned();
    if let Some(prefix) = fields.get("claimPrefix") {
        options.claim_prefix.clone_from(prefix);
    }
    if let Some(lifetime) = fields.get("lifetime") {
        options.lifetime = lifetime.parse()?;
    }
    if let Some(clock) = fields.get("clock") {
        CLOCK.store(clock.parse()?, Ordering::Relaxed);
        options.clock = || CLOCK.load(Ordering::Relaxed);
    }
    let provider = TokenProvider::new(&fields["privateKey"], &fields["platformKey"], options)?;
    let data: Vec<(&str, &str)> = fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("data.")?, value.as_str())))
        .collect();
    Ok(provider.issue(&fields["userId"], &data)?)
}
