//! `/settings/requests`: what identity providers asked and were answered, newest first, and why something failed.

mod entry;
pub mod why;

use askama::Template;
use axum::http::Method;
use chrono::{DateTime, NaiveDateTime, Utc};

use super::frame::{Frame, Section, shown};
use crate::http::browser::{Access, Answer, Asked, Route, routes};
use crate::http::texts::Language;
use crate::store::request_log::{self, Found, Line, Search};

/// How many rows a page has.
const PAGE: i64 = 50;
/// The statuses that can be chosen one by one.
const STATUSES: [i64; 14] = [200, 201, 204, 400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 503];
/// The methods that can be chosen.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Its pages.
#[must_use]
pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET "/settings/requests" Access::Allowed("log:read"), ["status", "text", "method", "from", "to", "before"] list;
        GET "/settings/requests/{seq}" Access::Allowed("log:read"), [] entry::show;
    })
}

/// What was chosen, as it stands in the fields.
#[derive(Default)]
struct Chosen {
    status: String,
    text: String,
    method: String,
    from: String,
    to: String,
}

impl Chosen {
    fn of(asked: &Asked) -> Self {
        let text = |name| asked.text(name).to_owned();
        Self { status: text("status"), text: text("text"), method: text("method"), from: text("from"), to: text("to") }
    }

    /// The address of the list with the same choice, before a row.
    fn at(&self, before: Option<i64>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let before = before.map(|seq| seq.to_string()).unwrap_or_default();
        let pairs = [
            ("status", &self.status),
            ("text", &self.text),
            ("method", &self.method),
            ("from", &self.from),
            ("to", &self.to),
            ("before", &before),
        ];
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { Section::REQUESTS.path.to_owned() } else { format!("{}?{query}", Section::REQUESTS.path) }
    }

    fn is_any(&self) -> bool {
        [&self.status, &self.text, &self.method, &self.from, &self.to].iter().any(|value| !value.is_empty())
    }

    /// What the database is asked, and whether a field holds something that it can't be asked.
    fn search(&self, before: Option<i64>) -> (Search, bool) {
        let (status, from, to) = (statuses(&self.status), moment(&self.from), moment(&self.to));
        let is_wrong = (status.is_none() && !self.status.is_empty())
            || (from.is_none() && !self.from.is_empty())
            || (to.is_none() && !self.to.is_empty());
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        (Search { status, text: some(&self.text), method: some(&self.method), from, to, before }, is_wrong)
    }
}

/// `failed`, a class such as `4xx`, or one status.
fn statuses(text: &str) -> Option<(i64, i64)> {
    if text == "failed" {
        return Some((400, 600));
    }
    if let Some(class) = text.strip_suffix("xx") {
        return class
            .parse::<i64>()
            .ok()
            .filter(|class| (1..=5).contains(class))
            .map(|class| (class * 100, class * 100 + 100));
    }
    text.parse::<i64>().ok().filter(|status| (100..600).contains(status)).map(|status| (status, status + 1))
}

/// A moment as a browser's field has it, taken for UTC.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()).map(|at| at.and_utc())
}

/// How long an answer took.
fn duration(language: Language, micros: i64) -> String {
    match micros / 1_000 {
        ..1 => language.say("requests-instant").into_owned(),
        millis @ 1..10_000 => language.fill("requests-millis").with("millis", millis).to_string(),
        millis => language.fill("requests-seconds").with("seconds", millis / 1_000).to_string(),
    }
}

/// One row, for people.
struct Row {
    seq: i64,
    day: String,
    clock: String,
    exact: String,
    method: String,
    target: String,
    status: i64,
    who: Option<String>,
    took: String,
    /// Why it failed.
    why: Option<String>,
}

impl Row {
    fn of(frame: &Frame, line: Line, answer: Option<&str>) -> Self {
        let told = why::Told { path: &line.path, status: line.status, answer, note: line.note.as_deref() };
        let reason = why::of(told).map(|why| sentence(frame.language, &why));
        Self {
            seq: line.seq,
            day: frame.language.day(line.at.date_naive()),
            clock: line.at.format("%H:%M:%S").to_string(),
            exact: line.at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            target: target(&line.path, line.query.as_deref()),
            method: line.method,
            status: line.status,
            who: line.actor_name,
            took: duration(frame.language, line.micros),
            why: reason,
        }
    }
}

/// The path with its query, in one line.
fn target(path: &str, query: Option<&str>) -> String {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    crate::text::printable(&format!("{path}{query}")).into_owned()
}

/// Why, in a sentence.
fn sentence(language: Language, why: &why::Why) -> String {
    language.fill(format!("why-{}", why.name)).with("what", crate::text::printable(&why.what)).to_string()
}

#[derive(Template)]
#[template(path = "requests/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    chosen: Chosen,
    rows: Vec<Row>,
    /// Whether nothing is logged at all.
    is_off: bool,
    days: u32,
    is_paused: bool,
    is_cut: bool,
    pause: Option<String>,
    older: Option<String>,
    newest: String,
}

impl Page<'_> {
    /// The statuses of the list of choices, with the one that was chosen by its address.
    fn statuses(&self) -> Vec<String> {
        let mut all: Vec<String> = STATUSES.iter().map(ToString::to_string).collect();
        let chosen = &self.chosen.status;
        if !["", "failed", "2xx", "4xx", "5xx"].contains(&chosen.as_str()) && !all.contains(chosen) {
            all.push(chosen.clone());
        }
        all
    }
}

/// `GET /settings/requests`
async fn list(asked: Asked) -> Answer {
    let mut frame = Frame::of(&asked, Section::REQUESTS).await?;
    let chosen = Chosen::of(&asked);
    let before = asked.field("before").and_then(|text| text.parse::<i64>().ok());
    let (search, is_wrong) = chosen.search(before);
    let (mut found, mut answers) = (Found::default(), std::collections::HashMap::new());
    if is_wrong {
        let said = frame.say("requests-wrong").into_owned();
        frame = frame.wrong(said);
    } else {
        let mut conn = asked.read().await?;
        found = request_log::page(&mut conn, frame.workspace.id, &search, PAGE).await?;
        let is_told = |line: &&Line| line.status >= 400 || line.path.ends_with("/Bulk");
        let failed: Vec<i64> = found.lines.iter().filter(is_told).map(|line| line.seq).collect();
        answers = request_log::answers(&mut conn, frame.workspace.id, &failed).await?;
    }
    let newest = found.lines.first().map(|line| line.seq);
    let page = Page {
        is_off: asked.app.settings.request_log.days == 0,
        days: asked.app.settings.request_log.days,
        is_paused: before.is_some(),
        is_cut: found.is_cut,
        pause: newest.map(|seq| chosen.at(Some(seq + 1))),
        older: found.older.map(|seq| chosen.at(Some(seq))),
        newest: chosen.at(None),
        rows: found
            .lines
            .into_iter()
            .map(|line| {
                let answer = answers.remove(&line.seq);
                Row::of(&frame, line, answer.as_deref())
            })
            .collect(),
        chosen,
        frame: &frame,
    };
    Ok(shown(frame.status(), &page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_statuses_is_a_number_a_class_or_whatever_failed() {
        assert_eq!(statuses("failed"), Some((400, 600)));
        assert_eq!(statuses("4xx"), Some((400, 500)));
        assert_eq!(statuses("409"), Some((409, 410)));
        for bad in ["", "9xx", "42", "abc"] {
            assert_eq!(statuses(bad), None, "{bad}");
        }
    }

    #[test]
    fn how_long_it_took_is_told_without_decimals() {
        for (micros, said) in [(400, "under 1 ms"), (1_400, "1 ms"), (9_999_999, "9999 ms"), (12_000_000, "12 s")] {
            assert_eq!(duration(Language::En, micros), said);
        }
    }
}
