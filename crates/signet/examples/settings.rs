//! Prints the page of settings, for `cargo xtask gen`.
#![expect(clippy::print_stdout, reason = "its output is the page")]

use signet::secrets;
use signet::settings::{Commands, RateLimitSettings, Setting, Settings};

const INTRODUCTION: &str = "\
# Settings

Generated from the table in `crates/signet/src/settings.rs` by `cargo xtask gen`. How settings are given, with an example, is in
[configuration.md](configuration.md).

A setting has one name in three spellings: `rsa_queue` in the file, `SIGNET_RSA_QUEUE` in the environment, `--rsa-queue` as a flag. A flag
wins over the environment, which wins over the file. All commands read all settings from the file and the environment; those marked
*every command* are flags of all commands on the data, the others of `signet serve` alone.

Kinds: `N` is a whole number, at least 1 where nothing else is said; `BOOL` is `true` or `false`, and a flag alone says `true`;
`DURATION` is a number and a unit such as `5s`, `60m`, `24h`, `400d`, `1h 30m`.
";

const RATE_LIMITS: &str = "
## Rate limits

Each allows so many at once and refills evenly over its period. In the file they stand in the table `[rate_limits]`; as flags and
in the environment they have no prefix. `signet demo` takes them too, and multiplies those per address by ten: all its visitors come
from one address.
";

const SECRETS: &str = "
## Secrets

A secret comes from the environment or from the first line of a file; there is no flag and no setting that holds one.

| secret | environment | file named by |
| --- | --- | --- |";

fn main() {
    println!("{INTRODUCTION}");
    table(Settings::ROWS);
    println!("{RATE_LIMITS}");
    table(RateLimitSettings::ROWS);
    println!("{SECRETS}");
    for secret in secrets::ALL {
        println!("| {} | `{}` | `{}` |", secret.name, secret.variable, secret.file_setting);
    }
}

fn table(rows: &[Setting]) {
    println!("| name | kind | default | meaning | example |\n| --- | --- | --- | --- | --- |");
    for row in rows {
        let everywhere = if row.commands == Commands::Every { " *Every command.*" } else { "" };
        let Setting { name, kind, default, example, .. } = row;
        println!("| `{name}` | `{kind}` | {default} | {}{everywhere} | `{example}` |", row.meaning());
    }
}
