//! Seats: the plan, how many of its seats are taken, who waits for one, and how it was.

mod chart;

use std::borrow::Cow;

use askama::Template;
use axum::http::Method;
use chrono::TimeDelta;

use chart::Chart;

use crate::command::Unchanged;
use crate::command::workspaces::{UpdateWorkspace, seats_stamp};
use crate::domain::plan::{MAX_SEATS, Plans};
use crate::domain::seat::{Alarm, SeatPolicy, Seats};
use crate::domain::version::Stamp;
use crate::http::browser::{Access, Answer, Asked, Route, Trouble, routes};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::pages;
use crate::store::seat_days::{self, Day, day_of};
use crate::store::{Conn, people};

/// How many of those who wait are shown.
const MOST: i64 = 50;
/// How many days the chart shows.
const DAYS: i64 = 90;

/// The pages and forms of this section.
pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/seats" Access::Allowed("seats:read"), ["done"] show;
        POST "/settings/seats" Access::Allowed("seats:write"), ["plan", "own_limit", "policy", "seen"] update;
    })
}

#[derive(Template)]
#[template(path = "seats/seats.html")]
struct Page<'a> {
    frame: &'a Frame,
    seats: Seats,
    plan: String,
    gauge: String,
    warning: Option<Cow<'static, str>>,
    forecast: String,
    waiting: i64,
    queue: Vec<Waiting>,
    plans: Vec<Plan>,
    own_limit: String,
    /// Of which state of them the form is made.
    seen: String,
    policies: Vec<Policy>,
    is_wrong: bool,
    chart: Chart,
}

/// Somebody who waits.
struct Waiting {
    id: String,
    name: String,
    since: String,
}

/// A plan to choose.
struct Plan {
    name: String,
    label: String,
    is_chosen: bool,
}

/// What can happen at the limit.
struct Policy {
    name: &'static str,
    label: Cow<'static, str>,
    hint: Cow<'static, str>,
    is_chosen: bool,
}

impl Policy {
    fn of(frame: &Frame, policy: SeatPolicy, chosen: &str) -> Self {
        let (label, hint) = match policy {
            SeatPolicy::Reject => ("seats-policy-reject", "seats-policy-reject-hint"),
            SeatPolicy::Park => ("seats-policy-park", "seats-policy-park-hint"),
            SeatPolicy::Overage => ("seats-policy-overage", "seats-policy-overage-hint"),
        };
        let name = policy.name();
        Self { name, label: frame.say(label), hint: frame.say(hint), is_chosen: name == chosen }
    }
}

/// What comes next, in a sentence.
fn forecast(frame: &Frame, seats: Seats, waiting: i64) -> String {
    let next = match (frame.workspace.seat_policy, seats.free()) {
        (_, free) if free > 0 => frame.count("seats-next-free", free).to_string(),
        (SeatPolicy::Reject, _) => frame.say("seats-next-reject").into_owned(),
        (SeatPolicy::Park, _) => frame.say("seats-next-park").into_owned(),
        (SeatPolicy::Overage, _) => frame.say("seats-next-overage").into_owned(),
    };
    let mut all = vec![next];
    if waiting > 0 {
        all.push(frame.count("seats-next-waiting", waiting).to_string());
    }
    if seats.used > seats.limit {
        all.push(frame.count("seats-next-beyond", seats.used - seats.limit).to_string());
    }
    all.join(" ")
}

/// What was chosen, as it is now.
fn stands(frame: &Frame, plans: &Plans) -> Vec<(Cow<'static, str>, String)> {
    let workspace = &frame.workspace;
    let policy = Policy::of(frame, workspace.seat_policy, "").label.into_owned();
    vec![
        frame.stand("seats-plan", workspace.plan_title(plans)),
        frame.stand("seats-own", workspace.seats.map(|seats| seats.to_string()).unwrap_or_default()),
        frame.stand("seats-policy", policy),
    ]
}

/// What is worth a warning.
fn warning(frame: &Frame, seats: Seats) -> Option<Cow<'static, str>> {
    let name = match seats.level()? {
        Alarm::Most => "seats-warning-most",
        Alarm::All => "seats-warning-all",
        Alarm::Beyond => "seats-warning-beyond",
    };
    Some(frame.say(name))
}

/// The days of the chart, the present one as it is now.
async fn days(conn: &mut Conn, frame: &Frame, today: Day) -> Result<Vec<Day>, Trouble> {
    let from = today.day - TimeDelta::days(DAYS - 1);
    let mut days = seat_days::since(conn, frame.workspace.id, from, DAYS).await?;
    match days.last_mut() {
        Some(last) if last.day == today.day => *last = last.and(today),
        _ => days.push(today),
    }
    Ok(days)
}

/// `GET /settings/seats`
async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SEATS).await?.after(&asked, "seats-done", &["saved"]);
    page(&asked, frame).await
}

async fn page(asked: &Asked, frame: Frame) -> Answer {
    let mut conn = asked.read().await?;
    let is_typed = asked.fields.iter().any(|(name, _)| name == "plan");
    let now = seats_stamp(&frame.workspace);
    let mut seen = if is_typed { asked.text("seen").to_owned() } else { now.to_string() };
    let stands = stands(&frame, &asked.app.plans);
    let frame = &frame.overtaken(&mut seen, &now, stands);
    let (workspace, plans) = (&frame.workspace, &asked.app.plans);
    let seats = workspace.seats(plans);
    let waiting = people::count_waiting(&mut conn, workspace.id).await?;
    let queue = people::waiting(&mut conn, workspace.id, MOST).await?;
    let today = Day { day: day_of(frame.now), used: seats.used, seats: seats.limit, waiting };
    let days = days(&mut conn, frame, today).await?;
    let chosen = |name: &str, now: &str| if is_typed { asked.text(name).to_owned() } else { now.to_owned() };
    let (plan, policy) = (chosen("plan", &workspace.plan), chosen("policy", workspace.seat_policy.name()));
    let own = workspace.seats.map(|seats| seats.to_string()).unwrap_or_default();
    let choice = |name: &str| {
        let found = plans.get(name);
        let title = found.map_or(name, |plan| plan.title.as_str()).to_owned();
        let count = found.map_or(0, |plan| plan.seats);
        let label = frame.count("seats-plan-label", count).with("plan", title).to_string();
        Plan { is_chosen: name == plan, name: name.to_owned(), label }
    };
    let policies = [SeatPolicy::Reject, SeatPolicy::Park, SeatPolicy::Overage];
    let page = Page {
        plan: workspace.plan_title(plans).to_owned(),
        gauge: frame.fill("seats-gauge").with("used", seats.used).with("limit", seats.limit).to_string(),
        warning: warning(frame, seats),
        forecast: forecast(frame, seats, waiting),
        waiting,
        queue: queue
            .into_iter()
            .map(|row| Waiting {
                id: row.id.to_string(),
                name: row.full_name,
                since: frame.ago(row.waiting_since.as_ref()),
            })
            .collect(),
        plans: plans.names().map(choice).collect(),
        own_limit: chosen("own_limit", &own),
        seen,
        policies: policies.map(|one| Policy::of(frame, one, &policy)).into(),
        is_wrong: frame.error.is_some(),
        chart: Chart::of(frame, &days, today.day, DAYS),
        seats,
        frame,
    };
    Ok(shown(frame.status(), &page))
}

/// `POST /settings/seats`
async fn update(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SEATS).await?;
    let own = match asked.text("own_limit") {
        "" => None,
        text => match text.parse::<i64>() {
            Ok(number) if (0..=MAX_SEATS).contains(&number) => Some(number),
            _ => {
                let sentence = frame.say("seats-wrong-number").into_owned();
                return page(&asked, frame.wrong(sentence)).await;
            }
        },
    };
    let command = UpdateWorkspace {
        id: frame.workspace.id,
        plan: asked.field("plan").map(str::to_owned),
        seats: Some(own),
        seat_policy: asked.field("policy").and_then(SeatPolicy::parse),
        scim_passwords: None,
        audit_days: None,
    };
    match asked.execute(Unchanged { command, seen: Stamp::sent(asked.text("seen")) }).await {
        Ok(_) => Ok(pages::redirect("/settings/seats?done=saved")),
        Err(error) => page(&asked, Frame::of(&asked, Section::SEATS).await?.refused(error)?).await,
    }
}
