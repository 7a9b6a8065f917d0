//! What keeps a process's memory, and the keys in it, from being written down or read by others.

use std::io;

/// Lets this process leave no core dump, whatever its limits say, and lets no other process of its user trace it or read its memory.
///
/// # Errors
/// What the system says. A sandbox that forbids setting limits is no error if the limit is 0 already.
#[cfg(unix)]
pub fn forbid_core_dumps() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    // Dumps that are piped to a program, as systemd-coredump has them, do not heed the limit.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if getrlimit(Resource::Core) != none {
        setrlimit(Resource::Core, none)?;
    }
    Ok(())
}

/// There are none there by default.
#[cfg(not(unix))]
pub fn forbid_core_dumps() -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    #[test]
    fn afterwards_the_process_is_not_dumpable() {
        super::forbid_core_dumps().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        super::forbid_core_dumps().unwrap();
    }
}
