//! `GET /settings/audit`: the newest entries first, those that fit a filter, and the same as a file.

use askama::Template;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::entry::Shown;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::address;
use crate::http::console::words::{Names, noun};
use crate::http::downloads;
use crate::query::export::Format;
use crate::store::audit::{self, Entry, Filter};

/// Entries on one page.
const SIZE: usize = 25;

/// The beginnings of actions that are offered.
const FAMILIES: [&str; 23] = [
    "user",
    "group",
    "role",
    "team",
    "rule",
    "review",
    "session",
    "password_link",
    "second_factor",
    "identity",
    "seat",
    "workspace",
    "token",
    "client",
    "key",
    "connection",
    "domain",
    "sso",
    "setup_link",
    "endpoint",
    "connector",
    "conversation",
    "mail",
];

#[derive(Template)]
#[template(path = "audit/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    typed: &'a Typed,
    /// Each with what it is called.
    families: Vec<(&'static str, String)>,
    entries: Vec<Shown>,
    newer: Option<String>,
    older: Option<String>,
    csv: String,
    jsonl: String,
    /// Whether these are the newest of all, which grow by themselves.
    is_live: bool,
}

/// What is asked for.
struct Typed {
    actor: String,
    action: String,
    subject: String,
    from: String,
    to: String,
}

impl Typed {
    fn of(asked: &Asked) -> Self {
        let text = |name| asked.text(name).to_owned();
        Self {
            actor: text("actor"),
            action: text("action"),
            subject: text("subject"),
            from: text("from"),
            to: text("to"),
        }
    }

    fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("actor", &self.actor),
            ("action", &self.action),
            ("subject", &self.subject),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    fn is_empty(&self) -> bool {
        self.fields().iter().all(|(_, value)| value.is_empty())
    }

    /// What fits; none where a day can't be read.
    fn filter(&self) -> Option<Filter> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Filter {
            since: day(&self.from, 0)?,
            until: day(&self.to, 1)?,
            action: some(&self.action),
            actor: some(&self.actor),
            subject: some(&self.subject),
        })
    }
}

/// The beginning of a day, so many days later; `Some(None)` where nothing was typed, none where it is no day.
#[allow(clippy::option_option)]
fn day(text: &str, later: u64) -> Option<Option<DateTime<Utc>>> {
    if text.is_empty() {
        return Some(None);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.checked_add_days(Days::new(later))?;
    Some(Some(day.and_time(NaiveTime::MIN).and_utc()))
}

/// `GET /settings/audit`
pub async fn show(asked: Asked) -> Answer {
    let mut frame = Frame::of(&asked, Section::AUDIT).await?;
    let typed = Typed::of(&asked);
    let filter = typed.filter().unwrap_or_else(|| {
        frame.error = Some(frame.say("audit-bad-day").into_owned());
        Filter::default()
    });
    let place = |name| asked.field(name).and_then(|text| text.parse::<i64>().ok());
    let (before, after) = (place("before"), place("after"));
    let (workspace, wanted) = (asked.workspace()?, i64::try_from(SIZE + 1).unwrap_or(i64::MAX));
    let mut conn = asked.read().await?;
    let mut entries: Vec<Entry> = match after {
        Some(after) => audit::page(&mut conn, workspace, &filter, Some(after), wanted).await?,
        None => audit::newest(&mut conn, workspace, &filter, before, wanted).await?,
    };
    let has_more = entries.len() > SIZE;
    entries.truncate(SIZE);
    if after.is_some() {
        entries.reverse();
    }
    let fields = typed.fields();
    let to = |name, entry: Option<&Entry>| {
        entry.map(|entry| address("/settings/audit", &fields, Some((name, &entry.seq.to_string()))))
    };
    let has_newer = if after.is_some() { has_more } else { before.is_some() };
    let has_older = after.is_some() || has_more;
    let file = |format| address("/settings/audit/export", &fields, Some(("format", format)));
    let names = Names::of(&mut conn, workspace, &entries).await?;
    let page = Page {
        frame: &frame,
        typed: &typed,
        families: FAMILIES.iter().map(|name| (*name, noun(&frame, name).unwrap_or_default())).collect(),
        newer: to("after", entries.first().filter(|_| has_newer)),
        older: to("before", entries.last().filter(|_| has_older)),
        csv: file("csv"),
        jsonl: file("jsonl"),
        is_live: before.is_none() && after.is_none() && typed.is_empty(),
        entries: entries.into_iter().map(|entry| Shown::of(&frame, &names, entry)).collect(),
    };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/audit/export`
pub async fn export(asked: Asked) -> Answer {
    let format = if asked.text("format") == "csv" { Format::Csv } else { Format::Jsonl };
    match Typed::of(&asked).filter() {
        Some(filter) => Ok(downloads::audit_log(asked.app.store.clone(), asked.workspace()?, filter, format)),
        // The page says what is wrong.
        None => show(asked).await,
    }
}
