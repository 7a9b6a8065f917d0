//! D6 (c): whether the time of a refusal tells one failure of decryption from another. Slow, so run on purpose:
//! `cargo test -p signet-token --release -- --ignored d06_`. `SIGNET_TIMING_SAMPLES` sets the samples a class.

use std::hint::black_box;
use std::time::Instant;

use signet_token::{Policy, ReceivedToken};

use crate::support::{FIXTURE, good};
use crate::token_factory::{Part, with_part};

/// The time of one refusal in nanoseconds.
#[expect(clippy::disallowed_methods, reason = "the attack is about real time")]
fn time_of(runtime: &tokio::runtime::Runtime, token: &str) -> f64 {
    let received = ReceivedToken::parse(token, &Policy::default()).unwrap();
    let start = Instant::now();
    let result = runtime.block_on(received.decrypt(&FIXTURE.platform));
    let nanoseconds = start.elapsed().as_nanos() as f64;
    assert!(black_box(result).is_err());
    nanoseconds
}

/// Welch's t of two samples, both cut at the same upper bound to leave out interruptions.
fn welch(first: &[f64], second: &[f64]) -> f64 {
    let mut all: Vec<f64> = first.iter().chain(second).copied().collect();
    all.sort_by(f64::total_cmp);
    let bound = all[all.len() * 9 / 10];
    let moments = |sample: &[f64]| {
        let kept: Vec<f64> = sample.iter().copied().filter(|value| *value <= bound).collect();
        let count = kept.len() as f64;
        let mean = kept.iter().sum::<f64>() / count;
        let variance = kept.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((first, first_error), (second, second_error)) = (moments(first), moments(second));
    (first - second) / (first_error + second_error).sqrt()
}

/// The medians of the first class and of another, in nanoseconds.
fn medians(times: &[Vec<f64>], index: usize) -> [f64; 2] {
    [0, index].map(|index| {
        let mut sample = times[index].clone();
        sample.sort_by(f64::total_cmp);
        sample[sample.len() / 2]
    })
}

#[test]
#[ignore = "statistical, takes minutes: nightly"]
fn d06_failures_of_decryption_take_the_same_time() {
    let samples = std::env::var("SIGNET_TIMING_SAMPLES").map_or(100_000, |text| text.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let token = good().build();
    let classes = [
        ("bad tag", token.clone(), Part::Tag, 15_usize),
        ("bad OAEP", token.clone(), Part::EncryptedKey, 200),
        ("bad ciphertext", token.clone(), Part::Ciphertext, 40),
        ("content key of 16 bytes", good().content_key(&[7; 16]).build(), Part::Tag, 15),
        ("bad vector", token, Part::Iv, 5),
    ];
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(samples); classes.len()];
    for round in 0..samples {
        // The order moves on, so that no class always follows the same other.
        for step in 0..classes.len() {
            let index = (round * 3 + step * (1 + round % 4)) % classes.len();
            let (_, token, part, at) = &classes[index];
            let changed = with_part(token, *part, |bytes| bytes[*at] ^= (round % 255) as u8 + 1);
            times[index].push(time_of(&runtime, &changed));
        }
    }
    let mut worst: f64 = 0.0;
    for (index, (name, ..)) in classes.iter().enumerate().skip(1) {
        let t = welch(&times[0], &times[index]);
        eprintln!(
            "{name}: t = {t:.2} over {} samples, medians {:?}",
            times[index].len(),
            medians(&times, index)
        );
        worst = worst.max(t.abs());
    }
    assert!(worst < 4.5, "failures of decryption can be told apart by their time: t = {worst:.2}");
}
