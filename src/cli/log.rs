//! `log`: what identity providers sent and what they were told.

use std::fmt::Write;
use std::time::Duration;

use clap::Args;

use super::out::{remark, say};
use super::{At, CliError};
use crate::store::request_log::{self, Entry, Wanted};
use crate::text::printable;

/// How often `--follow` looks for more.
const LOOK: Duration = Duration::from_millis(500);
/// How many entries `--follow` reads at once.
const BATCH: i64 = 500;

#[derive(Debug, Args)]
pub struct Log {
    /// Of this workspace only
    #[arg(long)]
    workspace: Option<String>,
    /// With this status only: 409, or 4xx for all from 400 to 499
    #[arg(long, value_parser = statuses)]
    status: Option<(i64, i64)>,
    /// With this text in path, query or bodies, A to Z in any case: a userName, an id, an externalId
    #[arg(long)]
    text: Option<String>,
    /// So many at the most, the newest of them
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    last: i64,
    /// With both bodies
    #[arg(long)]
    bodies: bool,
    /// As JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Go on as requests come in
    #[arg(long)]
    follow: bool,
}

fn statuses(text: &str) -> Result<(i64, i64), String> {
    if let Some(class) =
        text.strip_suffix("xx").and_then(|class| class.parse::<i64>().ok()).filter(|class| (1..=5).contains(class))
    {
        return Ok((class * 100, class * 100 + 100));
    }
    let status: Option<i64> = text.parse().ok().filter(|status| (100..600).contains(status));
    status
        .map(|status| (status, status + 1))
        .ok_or_else(|| "must be a status such as 409, or a class such as 4xx".into())
}

impl Log {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let workspace = match &self.workspace {
            Some(name) => Some(at.workspace(name).await?.id),
            None => None,
        };
        let mut wanted =
            Wanted { workspace, status: self.status, text: self.text.clone(), after: None, last: self.last };
        let mut stopped = std::pin::pin!(super::serve::stopped());
        loop {
            let entries = request_log::read(&mut at.store.read().await?, &wanted).await?;
            for entry in &entries {
                say!("{}", self.shown(entry))?;
            }
            if !self.follow {
                if entries.is_empty() {
                    remark("Nothing was logged that fits.");
                }
                return Ok(());
            }
            let there_may_be_more = wanted.after.is_some() && !entries.is_empty();
            wanted.after = entries.last().map(|entry| entry.seq).or(wanted.after).or(Some(0));
            wanted.last = BATCH;
            tokio::select! {
                () = std::future::ready(()), if there_may_be_more => {}
                () = tokio::time::sleep(LOOK) => {}
                () = &mut stopped => return Ok(()),
            }
        }
    }

    fn shown(&self, entry: &Entry) -> String {
        if self.json {
            return serde_json::to_string(entry).unwrap_or_default();
        }
        let query = entry.query.as_deref().map(|query| format!("?{}", printable(query))).unwrap_or_default();
        let at = entry.at.format("%Y-%m-%d %H:%M:%S%.3f");
        let millis = f64::from(i32::try_from(entry.micros).unwrap_or(i32::MAX)) / 1_000.0;
        let actor = entry.actor_name.as_deref().unwrap_or("nobody");
        let mut shown =
            format!("{at}  {}  {:<6} {}{query}  {millis:.1} ms  {actor}", entry.status, entry.method, entry.path);
        let told = entry.response_body.as_deref().filter(|_| entry.status >= 400).and_then(detail);
        for why in told.iter().chain(&entry.note) {
            let _ = write!(shown, "\n      {why}");
        }
        if self.bodies {
            for (arrow, body) in [("->", &entry.request_body), ("<-", &entry.response_body)] {
                if let Some(body) = body {
                    let _ = write!(shown, "\n   {arrow} {body}");
                }
            }
        }
        shown.lines().map(|line| printable(line).into_owned()).collect::<Vec<_>>().join("\n")
    }
}

/// The sentence in an error's body, SCIM's or OAuth's.
fn detail(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.get("detail").or_else(|| body.get("error_description"))?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_number_or_a_class() {
        assert_eq!(statuses("409"), Ok((409, 410)));
        assert_eq!(statuses("4xx"), Ok((400, 500)));
        for bad in ["", "xx", "9xx", "42", "600", "abc"] {
            assert!(statuses(bad).is_err(), "{bad}");
        }
    }
}
