//! How far an import has come: for whoever watches, and for whoever begins it again.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::cli::out::remark;

/// Rows after which something is said where no bar can be drawn.
const SAID: u64 = 10_000;

/// What is kept beside the file while it is brought in.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
struct Kept {
    workspace: String,
    size: u64,
    line: u64,
}

/// How far an import has come.
pub struct Progress {
    bar: ProgressBar,
    is_drawn: bool,
    said: u64,
    kept: Option<(PathBuf, Kept)>,
}

impl Progress {
    /// The beginning of an import of `file`, of so many bytes. It is kept beside the file, unless it is a rehearsal.
    #[must_use]
    pub fn begin(file: &Path, size: u64, workspace: &str, rehearsal: bool) -> Self {
        let is_drawn = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let bar = ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::stderr_with_hz(5));
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {eta}") {
            bar.set_style(style);
        }
        let mut beside = file.as_os_str().to_owned();
        beside.push(".progress");
        let kept = Kept { workspace: workspace.to_owned(), size, line: 0 };
        let kept = (!rehearsal).then(|| (PathBuf::from(beside), kept));
        let progress = Self { bar, is_drawn, said: 0, kept };
        if let Some(line) = progress.earlier() {
            remark(&format!(
                "An earlier run got to line {line}; what it did is left as it is, and the rest goes on from there."
            ));
        }
        progress
    }

    /// The line to which an earlier run of the same file got.
    fn earlier(&self) -> Option<u64> {
        let (path, now) = self.kept.as_ref()?;
        let earlier: Kept = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        (earlier.workspace == now.workspace && earlier.size == now.size && earlier.line > 0).then_some(earlier.line)
    }

    /// Says how far it is: everything up to `line` is on disk.
    pub fn at(&mut self, bytes: u64, line: u64, rows: u64, failed: u64) {
        if self.is_drawn {
            self.bar.set_position(bytes);
            self.bar.set_message(format!("{rows} rows, {failed} failed"));
        } else if rows / SAID > self.said / SAID {
            remark(&format!("{rows} rows, {failed} failed, up to line {line}"));
        }
        self.said = rows;
        if let Some((path, kept)) = &mut self.kept {
            kept.line = kept.line.max(line);
            // Where nothing can be kept, a second run says less and does the same.
            let _ = replaced(path, kept);
        }
    }

    /// Says something without disturbing the bar.
    pub fn say(&self, text: &str) {
        if self.is_drawn { self.bar.suspend(|| remark(text)) } else { remark(text) }
    }

    /// The end: nothing is left to go on with.
    pub fn end(self) {
        self.bar.finish_and_clear();
        if let Some((path, _)) = self.kept {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Writes what is kept so that it is never there by half.
fn replaced(path: &Path, kept: &Kept) -> std::io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    std::fs::write(&new, serde_json::to_vec(kept)?)?;
    std::fs::rename(&new, path)
}
