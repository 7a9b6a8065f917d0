//! What the demo says when its doors are open.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use crate::demo::folder::DemoFolder;
use crate::demo::manifest::Manifest;
use crate::demo::people::{ADMIN, AGENTS, DeskUser, SHOP_USERS};
use crate::demo::setup::BRAND;

/// Prints addresses, credentials and what to try first.
pub(super) fn print(manifest: &Manifest, file: Option<&Path>, folder: &DemoFolder) -> io::Result<()> {
    let stdout = io::stdout();
    let style = Style { on: stdout.is_terminal() };
    let mut out = stdout.lock();
    write(&mut out, &style, manifest, file, folder)?;
    out.flush()
}

struct Style {
    on: bool,
}

impl Style {
    fn strong(&self, text: &str) -> String {
        if self.on { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn write(
    out: &mut impl Write,
    style: &Style,
    manifest: &Manifest,
    file: Option<&Path>,
    folder: &DemoFolder,
) -> io::Result<()> {
    writeln!(
        out,
        "\n{} is running: the platform, and {BRAND}, a shop that uses it.\n",
        style.strong("Signet")
    )?;
    let addresses =
        [("Shop", &manifest.shop_url), ("Desk", &manifest.desk_url), ("GraphQL", &manifest.graphql_url)];
    for (name, url) in addresses {
        writeln!(out, "  {name:<10}{}", style.strong(url))?;
    }

    writeln!(out, "\n  {:<19}{:<26}{:<18}password", "who", "signs in as", "where")?;
    for user in &SHOP_USERS {
        let name = format!("{} {}", user.customer.first_name, user.customer.last_name);
        writeln!(out, "  {name:<19}{:<26}{:<18}{}", user.login, "shop", user.password)?;
    }
    let mut desk = |user: &DeskUser, place: &str| {
        writeln!(out, "  {:<19}{:<26}{place:<18}{}", user.name, user.email, user.password)
    };
    for agent in &AGENTS {
        desk(agent, "desk")?;
    }
    desk(&ADMIN, "desk (owner)")?;

    let (shopper, agent) = (&SHOP_USERS[0], &AGENTS[0]);
    writeln!(out, "\n{}", style.strong("Try this"))?;
    writeln!(out, "  1. Open the desk in one window and sign in as {}.", agent.email)?;
    writeln!(
        out,
        "  2. Open the shop in another, open the chat and write something. The desk says: Not verified."
    )?;
    writeln!(out, "  3. Answer from the desk.")?;
    writeln!(
        out,
        "  4. Sign in at the shop as {}, password {}. The conversation goes on, and the padlock closes.\n",
        shopper.login, shopper.password
    )?;
    if let Some(file) = file {
        writeln!(out, "Addresses and credentials are in {}.", file.display())?;
    }
    let fate = if folder.stays() { "stays" } else { "is removed at exit" };
    writeln!(out, "Data is in {} and {fate}. Stop with Ctrl-C.", folder.path().display())
}
