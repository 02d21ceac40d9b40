//! How the connector stands: what waits, what is stuck and what helps, what comparisons found.

use askama::Template;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::frame::{Frame, Section, shown};
use super::report::Summary;
use crate::command::CommandError;
use crate::command::connectors::{ClaimAccount, Switch, SwitchConnector};
use crate::connector::plan;
use crate::domain::email::Email;
use crate::http::browser::{Answer, Asked};
use crate::http::pages;
use crate::ids::UserId;
use crate::store::connectors::{self, Backlog, ConnectorRow, WorkRow};
use crate::store::{connector_links, named, users};

/// How many pieces of work are shown.
const MOST: i64 = 50;
/// How many comparisons are kept, and shown.
const REPORTS: i64 = 10;

/// Somebody or something that has not arrived on the other side.
#[allow(clippy::struct_excessive_bools)]
pub struct Line {
    id: Uuid,
    is_user: bool,
    /// What people know them by.
    name: String,
    email: Option<String>,
    is_urgent: bool,
    is_stuck: bool,
    since: DateTime<Utc>,
    due_at: DateTime<Utc>,
    attempts: i64,
    /// What is in the way, in a sentence; in pieces, with whether each is a command.
    problem: Vec<(bool, String)>,
    /// The language of that, where it is not the page's.
    lang: Option<&'static str>,
    /// Whether it is solved by saying that the account there is theirs.
    is_claimable: bool,
}

#[derive(Template)]
#[template(path = "connector/show.html")]
struct Page<'a> {
    frame: &'a Frame,
    row: Option<&'a ConnectorRow>,
    backlog: Backlog,
    lines: Vec<Line>,
    reports: Vec<Summary>,
}

impl Page<'_> {
    fn state(&self) -> &str {
        self.row.map_or("", |row| row.state.as_str())
    }
}

/// A sentence in pieces, with whether each is a command.
fn pieces(said: &str) -> Vec<(bool, String)> {
    said.split('`').enumerate().map(|(place, piece)| (place % 2 == 1, piece.to_owned())).collect()
}

async fn lines(asked: &Asked, frame: &Frame, work: Vec<WorkRow>) -> Result<Vec<Line>, CommandError> {
    let mut conn = asked.read().await?;
    let of = |kind: &str| work.iter().filter(|row| row.kind == kind).map(|row| row.local_id).collect::<Vec<_>>();
    let workspace = work.first().map(|row| crate::ids::WorkspaceId(row.workspace_id));
    let Some(workspace) = workspace else { return Ok(Vec::new()) };
    let people = named::users(&mut conn, workspace, &of("user")).await?;
    let teams = named::teams(&mut conn, workspace, &of("team")).await?;
    let line = |row: WorkRow| {
        let is_user = row.kind == "user";
        let (name, email) = match people.get(&row.local_id) {
            Some((name, email)) => (name.clone(), email.clone()),
            None => (teams.get(&row.local_id).cloned().unwrap_or_else(|| row.local_id.to_string()), None),
        };
        let problem = row.problem.unwrap_or_default();
        // The button stands for the command.
        let said = plan::without_claim(&problem);
        Line {
            id: row.local_id,
            is_user,
            name,
            email,
            is_urgent: row.rank == 0,
            is_stuck: row.is_stuck,
            since: row.since,
            due_at: row.due_at,
            attempts: row.attempts,
            is_claimable: is_user && row.is_stuck && plan::is_for_claim(&problem),
            problem: pieces(&frame.said(said)),
            lang: frame.other(said),
        }
    };
    Ok(work.into_iter().map(line).collect())
}

/// The page, as things stand.
pub async fn page(asked: &Asked, frame: &Frame) -> Answer {
    let workspace = asked.workspace()?;
    let mut conn = asked.read().await?;
    let row = connectors::find(&mut conn, workspace).await?;
    let (mut backlog, mut work, mut reports) = (Backlog::default(), Vec::new(), Vec::new());
    if row.is_some() {
        backlog = connectors::backlog(&mut conn, workspace).await?;
        work = connectors::list(&mut conn, workspace, false, MOST).await?;
        reports = connector_links::reports(&mut conn, workspace, REPORTS).await?;
    }
    drop(conn);
    let lines = lines(asked, frame, work).await?;
    let reports = reports.iter().filter_map(Summary::of).collect();
    Ok(shown(frame.status(), &Page { frame, row: row.as_ref(), backlog, lines, reports }))
}

/// `GET /settings/connector`
pub async fn show(asked: Asked) -> Answer {
    let words = ["created", "saved", "removed", "paused", "resumed", "claimed", "asked", "mending"];
    let frame = Frame::of(&asked, Section::CONNECTOR).await?.after(&asked, "connector-done", &words);
    page(&asked, &frame).await
}

/// `POST /settings/connector/switch`
pub async fn switch(asked: Asked) -> Answer {
    let is_on = asked.field("to") == Some("on");
    let (to, word) = if is_on { (Switch::Resume, "resumed") } else { (Switch::Pause, "paused") };
    match asked.execute(SwitchConnector { workspace: asked.workspace()?, to }).await {
        Ok(_) => Ok(pages::redirect(&format!("/settings/connector?done={word}"))),
        Err(error) => page(&asked, &Frame::of(&asked, Section::CONNECTOR).await?.refused(error)?).await,
    }
}

/// `POST /settings/connector/claim`: by whom somebody is, or by the address that both sides know them by.
pub async fn claim(asked: Asked) -> Answer {
    match claimed(&asked).await {
        Ok(()) => Ok(pages::redirect("/settings/connector?done=claimed")),
        Err(error) => page(&asked, &Frame::of(&asked, Section::CONNECTOR).await?.refused(error)?).await,
    }
}

async fn claimed(asked: &Asked) -> Result<(), CommandError> {
    let workspace = asked.visitor().map(|visitor| visitor.user.workspace_id).map_err(|_| CommandError::NotFound)?;
    let user = if let Some(user) = asked.field("user").and_then(UserId::parse) {
        user
    } else {
        let email = Email::parse(asked.text("email")).ok_or(CommandError::NotFound)?;
        let found = users::find_by_email(&mut asked.read().await?, workspace, &email.key()).await?;
        found.ok_or(CommandError::NotFound)?.id
    };
    asked.execute(ClaimAccount { workspace, user }).await
}
