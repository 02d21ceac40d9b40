//! Programs of the system that some tests need and that are not everywhere.

use std::process::{Command, Stdio};

/// Whether a program can be run here. Where not, it is said loudly, and the test fails where
/// `BRIDGE_TEST_REQUIRE_TOOLS` is set.
pub fn has(program: &str, arguments: &[&str]) -> bool {
    let run = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let works = run.is_ok_and(|status| status.success());
    missing_unless(works, program)
}

/// The same for whatever else a test needs.
pub fn missing_unless(there: bool, what: &str) -> bool {
    let required = std::env::var_os("BRIDGE_TEST_REQUIRE_TOOLS").is_some();
    assert!(there || !required, "{what} is required and can't be used");
    if !there {
        eprintln!("\n*** NOT TESTED: {what} can't be used here ***\n");
    }
    there
}

/// Whether strace may trace here.
pub fn has_strace() -> bool {
    has("strace", &["-f", "-e", "trace=fdatasync", "-o", "/dev/null", "true"])
}
