//! D6: whether the time of a refusal tells one failure of key unwrap or decryption from another.
//!
//! After dudect (Reparaz, Balasch, Verbauwhede 2017): two classes of input in random order, Welch's t-test of their
//! times; an absolute t above 4.5 says that the classes can be told apart by somebody who measures as well as this does.
//! A t below it shows that these many samples on this machine did not tell them apart, and nothing more: not that the time
//! is constant, nor what a better clock or more samples would find. The attacker behind a network measures worse
//! than this, which calls the function in process.
//!
//! The classes differ in what is wrong, never in what is computed with: every token is made and damaged anew, with an ephemeral
//! key of its own where there is one, so that no branch predictor or cache learns one token. All tokens of a round are made and read first, in an order of their own:
//! making one right before its measurement left its traces in caches, by which even equal classes were told apart.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use futures_util::FutureExt;
use signet_testkit::token_factory::{Part, TokenFactory, with_part};
use signet_token::{
    AgreementKey, Curve, DecryptionKey, EncryptionKey, KeyManagement, KeyUnwrap, Policy, ReceivedToken,
    SignatureAlgorithm, SigningKey,
};

use crate::stats::{self, THRESHOLD, TRIMMED, shuffle, welch};

#[derive(Args, Clone, Copy)]
pub(crate) struct Samples {
    /// How many samples of each class.
    #[arg(long, default_value_t = 100_000)]
    samples: usize,
}

/// One way to fail, as a change to a good token.
struct Class {
    name: &'static str,
    content_key: &'static [u8],
    part: Part,
    /// Which byte is changed, or to which length the part is cut.
    change: Change,
}

#[derive(Clone, Copy)]
enum Change {
    Byte(usize),
    Length(usize),
}

impl Class {
    /// A token that fails in this way, never the same twice.
    fn sample(&self, factory: &TokenFactory, round: usize) -> String {
        let token =
            factory.token("jane", 1_795_176_271_000).strict("demo", "1").content_key(self.content_key);
        with_part(&token.build(), self.part, |bytes| match self.change {
            Change::Byte(at) => bytes[at] ^= (round % 255) as u8 + 1,
            Change::Length(length) => {
                bytes.resize(length, 0);
                if let Some(last) = bytes.last_mut() {
                    *last = (round % 256) as u8;
                }
            }
        })
    }
}

/// Measures RSA and both key agreements.
pub(crate) fn run(Samples { samples }: Samples) -> Result<()> {
    println!(
        "timing of refusals: Welch's t against the first class, slowest {:.0} % left out",
        TRIMMED * 100.0
    );
    println!("{samples} samples a class; above {THRESHOLD} the classes can be told apart\n");
    let policy = Policy {
        signature_algorithms: SignatureAlgorithm::ALL.to_vec(),
        key_management: KeyManagement::ALL.to_vec(),
        ..Policy::strict()
    };
    let rsa = DecryptionKey::generate()?;
    measure("RSA-OAEP-256", &rsa, &rsa.to_public_jwk_json(), 256, &policy, samples)?;
    for (name, curve) in [("ECDH-ES+A256KW, P-256", Curve::P256), ("ECDH-ES+A256KW, X25519", Curve::X25519)] {
        let key = AgreementKey::generate(curve)?;
        measure(name, &key, &key.to_public_jwk_json(), 40, &policy, samples)?;
    }
    Ok(())
}

fn measure(
    title: &str,
    key: &dyn KeyUnwrap,
    public_jwk: &str,
    wrapped: usize,
    policy: &Policy,
    samples: usize,
) -> Result<()> {
    let signing_key = SigningKey::generate_for(SignatureAlgorithm::EdDsa)?;
    let factory = TokenFactory::new(signing_key, EncryptionKey::from_jwk(public_jwk)?);
    let class = |name, part, change| Class { name, content_key: &[7; 32], part, change };
    let classes = [
        class("bad tag", Part::Tag, Change::Byte(15)),
        // The same as the first, to see what the method makes of no difference.
        class("bad tag, again", Part::Tag, Change::Byte(15)),
        class("bad wrapped key", Part::EncryptedKey, Change::Byte(wrapped - 8)),
        class("bad ciphertext", Part::Ciphertext, Change::Byte(40)),
        class("bad vector", Part::Iv, Change::Byte(5)),
        class("short tag", Part::Tag, Change::Length(12)),
        class("short wrapped key", Part::EncryptedKey, Change::Length(wrapped - 8)),
        Class {
            name: "content key of 16 bytes",
            content_key: &[7; 16],
            part: Part::Tag,
            change: Change::Byte(15),
        },
    ];
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(samples); classes.len()];
    let mut order: Vec<usize> = (0..classes.len()).collect();
    for round in 0..samples {
        let mut received: Vec<Option<ReceivedToken>> = classes.iter().map(|_| None).collect();
        shuffle(&mut order)?;
        for index in &order {
            received[*index] = Some(ReceivedToken::parse(&classes[*index].sample(&factory, round), policy)?);
        }
        shuffle(&mut order)?;
        for index in &order {
            let token = received[*index].take().context("every class has a token in a round")?;
            times[*index].push(time_of(key, token)?);
        }
    }
    println!("{title}");
    for (class, sample) in classes.iter().zip(&times) {
        let t = welch(&times[0], sample);
        let verdict = if t.abs() > THRESHOLD { "DISTINGUISHABLE" } else { "not told apart" };
        let figure = format!("t {t:>7.2}, median {:.0} ns", stats::median(sample));
        stats::line(&format!("  {}", class.name), &figure, verdict);
    }
    println!();
    Ok(())
}

/// The time of one refusal, in nanoseconds.
fn time_of(key: &dyn KeyUnwrap, token: ReceivedToken) -> Result<f64> {
    let start = Instant::now();
    let result = token.decrypt(key).now_or_never();
    let nanoseconds = start.elapsed().as_nanos() as f64;
    let refused = black_box(result).context("the key is in memory")?.is_err();
    anyhow::ensure!(refused, "a damaged token was decrypted");
    Ok(nanoseconds)
}
