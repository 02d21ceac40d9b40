//! `/settings/health`: how the workspace is doing, and who is stuck and why.

use askama::Template;
use axum::http::Method;
use chrono::{DateTime, Utc};

use super::frame::{Frame, Section, shown};
use crate::command::CommandError;
use crate::http::browser::{Access, Answer, Asked, Route, routes};
use crate::query::health::{self, Connector, Health, Level, Provider, Trouble, Webhook};
use crate::store::workspaces;
use crate::text::counted_as;

#[derive(Template)]
#[template(path = "health.html")]
struct Page<'a> {
    frame: &'a Frame,
    health: &'a Health,
    rows: Vec<Row<'a>>,
    at: String,
    failures: usize,
    warnings: usize,
    now: DateTime<Utc>,
}

/// A trouble, for people.
struct Row<'a> {
    trouble: &'a Trouble,
    /// How long it has been so.
    span: Option<String>,
    /// What to do, where the next row does not say the same: in pieces, with whether each is a command.
    next: Vec<(bool, &'a str)>,
}

impl<'a> Row<'a> {
    fn all(troubles: &'a [Trouble], now: DateTime<Utc>) -> Vec<Self> {
        let following = troubles.iter().skip(1).map(Some).chain([None]);
        let row = |(trouble, following): (&'a Trouble, Option<&'a Trouble>)| {
            let is_said_below = following.is_some_and(|next| next.next_step == trouble.next_step);
            let next = if is_said_below { Vec::new() } else { pieces(&trouble.next_step) };
            Row { trouble, span: trouble.since.map(|since| span((now - since).num_minutes().max(1))), next }
        };
        troubles.iter().zip(following).map(row).collect()
    }
}

/// The pieces of a text, with whether each stood between backticks.
fn pieces(text: &str) -> Vec<(bool, &str)> {
    text.split('`').enumerate().map(|(place, piece)| (place % 2 == 1, piece)).collect()
}

impl Page<'_> {
    /// What stands at the top.
    fn verdict(&self) -> String {
        match (self.failures, self.warnings) {
            (0, 0) => "Everything is well.".to_owned(),
            (0, warnings) => format!("Nothing is broken; {} to look at.", counted_as(warnings, "thing")),
            (failures, 0) => format!("{} to mend.", counted_as(failures, "thing")),
            (failures, warnings) => {
                format!("{} to mend, {} to look at.", counted_as(failures, "thing"), counted_as(warnings, "thing"))
            }
        }
    }

    fn ago(&self, at: Option<&DateTime<Utc>>) -> String {
        at.map_or_else(|| "never".to_owned(), |at| ago(*at, self.now))
    }

    fn provider(&self, one: &Provider) -> String {
        let asked = match (one.requests, one.errors) {
            (0, _) => "nothing in the last hour".to_owned(),
            (requests, 0) => format!("{} in the last hour, none failed", counted_as(requests, "request")),
            (requests, errors) => format!("{} in the last hour, {errors} failed", counted_as(requests, "request")),
        };
        format!(
            "Last asked {}, last changed something {}; {asked}.",
            self.ago(one.last_used_at.as_ref()),
            self.ago(one.last_write_at.as_ref())
        )
    }

    fn webhook(&self, one: &Webhook) -> String {
        let backlog = match (one.waiting + one.unread, &one.oldest_undelivered_at) {
            (0, _) => "nothing waits".to_owned(),
            (count, None) => format!("{} on the way", counted_as(count, "event")),
            (count, Some(oldest)) => {
                format!("{} on the way, the oldest from {}", counted_as(count, "event"), ago(*oldest, self.now))
            }
        };
        let dead = if one.dead > 0 { format!(", {} given up", one.dead) } else { String::new() };
        format!("Last delivered {}; {backlog}{dead}.", self.ago(one.last_success_at.as_ref()))
    }

    fn connector(&self, one: &Connector) -> String {
        let backlog = match (one.waiting + one.unread, &one.oldest_waiting_at) {
            (0, _) => "nothing waits".to_owned(),
            (count, None) => format!("{} on the way", counted_as(count, "change")),
            (count, Some(oldest)) => {
                format!("{} on the way, the oldest from {}", counted_as(count, "change"), ago(*oldest, self.now))
            }
        };
        let stuck = if one.stuck > 0 { format!(", {} stuck", one.stuck) } else { String::new() };
        let compared = self.ago(one.reconciled_at.as_ref());
        format!("Last success {}; {backlog}{stuck}; compared {compared}.", self.ago(one.last_success_at.as_ref()))
    }
}

/// So many minutes, as people tell them.
fn span(minutes: i64) -> String {
    match minutes {
        ..120 => counted_as(minutes, "minute"),
        120..2_880 => counted_as(minutes / 60, "hour"),
        _ => counted_as(minutes / 1_440, "day"),
    }
}

/// How long ago something was, or how long it is until then.
fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (now - at).num_minutes();
    match minutes {
        0 => "just now".to_owned(),
        1.. => format!("{} ago", span(minutes)),
        _ => format!("in {}", span(-minutes)),
    }
}

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET "/settings/health" Access::Allowed("health:read"), [] show;
    })
}

/// `GET /settings/health`
async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::HEALTH).await?;
    let (app, workspace) = (&asked.app, asked.visitor()?.user.workspace_id);
    let mut conn = app.store.read().await?;
    let workspace = workspaces::find(&mut conn, workspace).await?.ok_or(CommandError::NotFound)?;
    let now = app.clock.now();
    let health = health::of(&mut conn, &workspace, &app.plans, now).await?;
    let failures = health.troubles.iter().filter(|trouble| trouble.level == Level::Failure).count();
    let page = Page {
        frame: &frame,
        at: now.format("%-d %B %Y, %H:%M UTC").to_string(),
        failures,
        warnings: health.troubles.len() - failures,
        rows: Row::all(&health.troubles, now),
        health: &health,
        now,
    };
    Ok(shown(frame.status(), &page))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_stands_between_backticks_is_a_command() {
        assert_eq!(
            pieces("see `log`, then `x`."),
            [(false, "see "), (true, "log"), (false, ", then "), (true, "x"), (false, ".")]
        );
        assert_eq!(pieces("wait"), [(false, "wait")]);
    }

    #[test]
    fn a_moment_is_told_as_people_tell_it() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for (minutes, expected) in [
            (0, "just now"),
            (1, "1 minute ago"),
            (119, "119 minutes ago"),
            (180, "3 hours ago"),
            (3 * 1_440, "3 days ago"),
            (-90, "in 90 minutes"),
            (-20 * 1_440, "in 20 days"),
        ] {
            assert_eq!(ago(now - TimeDelta::minutes(minutes), now), expected);
        }
    }
}
