//! Medians and percentiles, and whether two samples can be told apart.

use anyhow::{Context as _, Result};
use aws_lc_rs::rand;

/// The absolute t from which dudect calls two classes distinguishable.
pub(crate) const THRESHOLD: f64 = 4.5;
/// The share of the slowest samples that is left out: interruptions by other processes.
pub(crate) const TRIMMED: f64 = 0.1;

/// The middle value; the mean of the two middle ones for an even number. NaN without values.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// The value below which `share` (0 to 1) of the values lie (nearest rank). NaN without values.
pub(crate) fn percentile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * share).ceil() as usize;
    values[rank.clamp(1, values.len()) - 1]
}

/// Ratios of two series, round by round.
pub(crate) fn ratios(over: &[f64], under: &[f64]) -> Vec<f64> {
    over.iter().zip(under).map(|(over, under)| over / under).collect()
}

/// `median (lowest to highest)` with two decimals.
pub(crate) fn spread(values: &[f64]) -> String {
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{:.2} ({lowest:.2} to {highest:.2})", median(values))
}

/// Prints one line of a table: name, figure, what is wanted.
pub(crate) fn line(name: &str, figure: &str, wanted: &str) {
    println!("{name:<46} {figure:<34} {wanted}");
}

/// Fisher and Yates, so that no class always follows the same other.
pub(crate) fn shuffle(order: &mut [usize]) -> Result<()> {
    let mut random = [0_u8; 16];
    rand::fill(&mut random).ok().context("no randomness")?;
    for last in (1..order.len()).rev() {
        order.swap(last, usize::from(random[last]) % (last + 1));
    }
    Ok(())
}

/// Welch's t of two samples, both cut at the same bound.
pub(crate) fn welch(first: &[f64], second: &[f64]) -> f64 {
    let mut all: Vec<f64> = first.iter().chain(second).copied().collect();
    let bound = percentile(&mut all, 1.0 - TRIMMED);
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
