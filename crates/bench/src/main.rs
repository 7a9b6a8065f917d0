//! Benchmarks of Signet: `cargo xtask bench activation | profiles | messages | connections | timing | door`.
//!
//! Every figure is a ratio to a reference that is measured in the same, interleaved run, because machines are noisy and
//! absolute times do not last. Servers run on one core, the load generator on another. Nothing here is a test: nothing
//! fails on time.
#![expect(clippy::print_stdout, reason = "printing tables is what it is for")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures the real time")]

mod activation;
mod connections;
mod door;
mod load;
mod messages;
mod process;
mod profiles;
mod server;
mod stats;
mod timing;
mod worker;

use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Benchmarks of Signet against references measured in the same run")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A1, A2, A4, A5: opening and using a visitor session, against raw RSA-2048 operations.
    Activation {
        #[command(flatten)]
        rounds: Rounds,
        /// Only A4 and its reference.
        #[arg(long)]
        only_http: bool,
    },
    /// B2: a message in, durably stored, delivered, against Node ws with PostgreSQL.
    Messages(Rounds),
    /// C1: memory of idle sockets.
    Connections {
        /// How many sockets.
        #[arg(long, default_value_t = 10_000)]
        sockets: usize,
    },
    /// D6: whether the time of a refusal tells one failure of decryption from another.
    Timing(timing::Samples),
    /// D39: whether the time of an answer tells which people and keys exist.
    Door(door::Requests),
    /// What the strict profile costs an activation, against the compatible one.
    Profiles(profiles::Extent),
    /// One measurement in a process of its own, pinned by its parent.
    #[command(hide = true)]
    Worker {
        /// What to repeat.
        work: worker::Work,
        /// For how many milliseconds.
        #[arg(long)]
        milliseconds: u64,
        /// On how many threads.
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
}

#[derive(Args, Clone, Copy)]
struct Rounds {
    /// How many rounds; the median counts.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Length of one measurement in a round.
    #[arg(long, default_value_t = 1_000)]
    milliseconds: u64,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Activation { rounds, only_http } => load::run(activation::run(rounds, only_http)),
        Command::Messages(rounds) => load::run(messages::run(rounds)),
        Command::Connections { sockets } => load::run(connections::run(sockets)),
        Command::Profiles(extent) => load::run(profiles::run(extent)),
        Command::Door(requests) => load::run(door::run(requests)),
        Command::Timing(samples) => timing::run(samples),
        Command::Worker { work, milliseconds, threads } => worker::run(work, milliseconds, threads),
    }
}
