//! What a command answers, on stdout, and remarks, on stderr. Whoever reads may stop at any time, as `head` does.

use std::fmt;
use std::io::{ErrorKind, Read, Write};

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

/// A secret on stdin, without the line's end; `most` bytes of it.
///
/// # Errors
/// [`CliError::Io`] where stdin can't be read.
pub fn stdin_secret(most: usize) -> Result<String, CliError> {
    let mut text = String::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(3);
    std::io::stdin()
        .take(most)
        .read_to_string(&mut text)
        .map_err(|error| CliError::Io("the secret can't be read from stdin", error))?;
    let secret = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(secret.to_owned())
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
