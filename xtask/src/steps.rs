//! Steps that run one after the other and a summary that says what each took.

use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// Closing lines of a step's runner, such as `Tests 34 passed (34)`.
pub(crate) type Closing = Vec<String>;

struct Done {
    name: &'static str,
    took: Duration,
    closing: Closing,
}

/// Runs steps, stops at the first that fails.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Done>,
}

impl Steps {
    /// Runs one step. On failure prints the summary and returns the error.
    pub(crate) fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<Closing>) -> Result<()> {
        println!("\n==> {name}");
        let (outcome, took) = timed(step);
        match outcome {
            Ok(closing) => {
                self.done.push(Done { name, took, closing });
                Ok(())
            }
            Err(error) => {
                self.print();
                println!("  FAILED  {name} after {}", seconds(took));
                println!("{} steps passed, 1 failed, the rest was not run", self.done.len());
                Err(error).with_context(|| format!("step `{name}`"))
            }
        }
    }

    /// Prints the summary of a run without failures.
    pub(crate) fn finish(&self) {
        self.print();
        println!(
            "{} steps passed in {}",
            self.done.len(),
            seconds(self.done.iter().map(|step| step.took).sum())
        );
    }

    fn print(&self) {
        println!("\n==> summary");
        for Done { name, took, closing } in &self.done {
            println!("  ok      {name} ({})", seconds(*took));
            for line in closing {
                println!("            {line}");
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch for people; nothing depends on it")]
fn timed<T>(step: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let outcome = step();
    (outcome, start.elapsed())
}

fn seconds(took: Duration) -> String {
    let whole = took.as_secs();
    if whole < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}
