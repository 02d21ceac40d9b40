//! `/settings/health`: how the workspace is doing, and who is stuck, why, and where it is mended.

use askama::Template;
use axum::http::Method;

use super::frame::{Frame, Section, shown};
use super::provisioning::{asked, lately};
use crate::domain::seat::SeatPolicy;
use crate::http::browser::{Access, Answer, Asked, Route, routes};
use crate::query::health::{self, Connector, Datum, Health, Level, Provider, Trouble, Webhook};

#[derive(Template)]
#[template(path = "health.html")]
struct Page<'a> {
    frame: &'a Frame,
    health: &'a Health,
    rows: Vec<Row>,
    failures: usize,
    warnings: usize,
}

/// A trouble, for people.
struct Row {
    is_failure: bool,
    why: String,
    /// How long it has been so.
    span: Option<String>,
    /// What to do, where the next row does not say the same.
    next: Option<String>,
    /// Where that is done, and what the link is called.
    place: Option<(&'static str, String)>,
}

/// The section in which a trouble is mended.
fn section(kind: &str) -> Option<Section> {
    Some(match kind {
        "parked" => Section::SEATS,
        "provider" => Section::REQUESTS,
        "webhook" | "delivery" => Section::WEBHOOKS,
        "connector" => Section::CONNECTOR,
        "connection" | "domain" => Section::SSO,
        "token" => Section::PROVISIONING,
        "key" => Section::KEYS,
        _ => return None,
    })
}

impl Row {
    fn of(frame: &Frame, trouble: &Trouble, following: Option<&Trouble>) -> Self {
        let filled = |name: String| {
            trouble.matter.values.iter().fold(frame.language.fill(name), |fill, (key, value)| match value {
                // What another part of the bridge noted.
                Datum::Text(text) if *key == "problem" => fill.with(key, frame.said(text)),
                Datum::Text(text) => fill.with(key, text),
                Datum::Number(number) => fill.with(key, number),
                Datum::Moment(at) => fill.with(key, frame.moment(at)),
            })
        };
        let is_said_below = following.is_some_and(|next| next.next_step == trouble.next_step);
        let section = section(trouble.kind).filter(|section| frame.may(section.permission));
        let path = |section: Section| match trouble.kind {
            "provider" => "/settings/requests?status=failed",
            _ => section.path,
        };
        Self {
            is_failure: trouble.level == Level::Failure,
            why: filled(format!("health-why-{}", trouble.matter.name)).to_string(),
            span: trouble.since.map(|since| frame.language.span((frame.now - since).num_minutes().max(1))),
            next: (!is_said_below).then(|| filled(format!("health-next-{}", trouble.matter.name)).to_string()),
            place: section.filter(|_| !is_said_below).map(|one| (path(one), frame.say(one.title).into_owned())),
        }
    }
}

impl Page<'_> {
    /// What stands at the top.
    fn verdict(&self) -> String {
        let count = |name, count: usize| self.frame.count(name, count).to_string();
        match (self.failures, self.warnings) {
            (0, 0) => self.frame.say("health-well").into_owned(),
            (0, warnings) => count("health-warnings", warnings),
            (failures, 0) => count("health-failures", failures),
            (failures, warnings) => {
                let warnings = count("health-besides", warnings);
                format!("{} {warnings}", count("health-failures", failures))
            }
        }
    }

    fn seats(&self) -> String {
        let seats = &self.health.seats;
        let used = self.frame.fill("health-seats-used").with("used", seats.used).with("limit", seats.limit);
        let mut said = vec![used.to_string()];
        if seats.waiting > 0 {
            said.push(self.frame.count("health-seats-waiting", seats.waiting).to_string());
        }
        let free = seats.limit - seats.used;
        said.push(match (free, self.frame.workspace.seat_policy) {
            (1.., _) => self.frame.count("health-seats-free", free).to_string(),
            (_, SeatPolicy::Reject) => self.frame.say("health-seats-reject").into_owned(),
            (_, SeatPolicy::Park) => self.frame.say("health-seats-park").into_owned(),
            (_, SeatPolicy::Overage) => self.frame.say("health-seats-overage").into_owned(),
        });
        if free < 0 {
            said.push(self.frame.count("health-seats-over", -free).to_string());
        }
        said.join(" ")
    }

    fn provider(&self, one: &Provider) -> String {
        let (used, wrote) = (one.last_used_at.as_ref(), one.last_write_at.as_ref());
        let asked = asked(self.frame, used, wrote, one.requests);
        if used.is_none() && one.requests == 0 {
            return asked;
        }
        format!("{asked} {}", lately(self.frame.language, one.requests, one.errors))
    }

    fn webhook(&self, one: &Webhook) -> String {
        let mut said = vec![self.since(("health-delivered", "health-delivered-never"), one.last_success_at.as_ref())];
        said.push(self.backlog(one.waiting + one.unread, one.oldest_undelivered_at.as_ref()));
        if one.dead > 0 {
            said.push(self.frame.count("health-given-up", one.dead).to_string());
        }
        said.join(" ")
    }

    fn connector(&self, one: &Connector) -> String {
        let mut said = vec![
            self.since(("health-equal", "health-equal-never"), one.last_success_at.as_ref()),
            self.since(("health-compared", "health-compared-never"), one.reconciled_at.as_ref()),
        ];
        said.push(self.backlog(one.waiting + one.unread, one.oldest_waiting_at.as_ref()));
        if one.stuck > 0 {
            said.push(self.frame.count("health-stuck", one.stuck).to_string());
        }
        said.join(" ")
    }

    /// How long ago something was; that it never was, which is a sentence of its own.
    fn since(&self, names: (&'static str, &'static str), at: Option<&chrono::DateTime<chrono::Utc>>) -> String {
        match at {
            Some(at) => self.frame.fill(names.0).with("ago", self.frame.ago(Some(at))).to_string(),
            None => self.frame.say(names.1).into_owned(),
        }
    }

    fn backlog(&self, count: i64, oldest: Option<&chrono::DateTime<chrono::Utc>>) -> String {
        match (count, oldest) {
            (0, _) => self.frame.say("health-nothing-waits").into_owned(),
            (count, None) => self.frame.count("health-waits", count).to_string(),
            (count, Some(oldest)) => {
                self.frame.count("health-waits-since", count).with("oldest", self.frame.ago(Some(oldest))).to_string()
            }
        }
    }

    fn mail(&self) -> String {
        let mail = &self.health.mail;
        let count = |name, count| (count > 0).then(|| self.frame.count(name, count).to_string());
        let now = count("health-mail-now", mail.queued);
        let now = now.unwrap_or_else(|| self.frame.say("health-mail-none").into_owned());
        let rest = [count("health-mail-late", mail.late), count("health-mail-failed", mail.failed)];
        [Some(now)].into_iter().chain(rest).flatten().collect::<Vec<_>>().join(" ")
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
    let mut conn = asked.read().await?;
    let health = health::of(&mut conn, &frame.workspace, &asked.app.plans, frame.now).await?;
    drop(conn);
    let failures = health.troubles.iter().filter(|trouble| trouble.level == Level::Failure).count();
    let following = health.troubles.iter().skip(1).map(Some).chain([None]);
    let page = Page {
        frame: &frame,
        failures,
        warnings: health.troubles.len() - failures,
        rows: health.troubles.iter().zip(following).map(|(one, next)| Row::of(&frame, one, next)).collect(),
        health: &health,
    };
    Ok(shown(frame.status(), &page))
}
