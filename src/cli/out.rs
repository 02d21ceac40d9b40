//! What a command answers, on stdout, and remarks, on stderr. Whoever reads may stop at any time, as `head` does.

use std::fmt;
use std::io::{ErrorKind, Write};

use super::CliError;

/// Writes to stdout.
///
/// # Errors
/// [`CliError::Unheard`] where nobody reads any more, which ends the command without a word.
pub fn write(text: fmt::Arguments<'_>) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_fmt(text).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => CliError::Unheard,
        _ => CliError::Io("the answer can't be written", error),
    })
}

/// Writes a line to stderr, if anybody reads there.
pub fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Writes a line to stdout: `say!("…")?`.
macro_rules! say {
    () => {
        $crate::cli::out::write(format_args!("\n"))
    };
    ($($text:tt)*) => {
        $crate::cli::out::write(format_args!("{}\n", format_args!($($text)*)))
    };
}
pub(crate) use say;
