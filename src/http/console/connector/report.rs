//! Where both sides differ: what a comparison found, as a table, and having it mended.

use askama::Template;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::frame::{Frame, Section, shown};
use crate::command::CommandError;
use crate::command::connectors::AskForComparison;
use crate::connector::drift::{Finding, Kind, Report};
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::pages;
use crate::ids::ReportId;
use crate::store::connector_links::{self, ReportRow};

/// How many differences stand on a page.
const MOST: usize = 50;
/// How many comparisons are kept.
const KEPT: i64 = 10;

/// What a comparison found, in figures.
#[allow(missing_docs)]
pub struct Summary {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub users: usize,
    pub missing: usize,
    pub extra: usize,
    pub unclaimed: usize,
    pub different: usize,
}

impl Summary {
    /// The figures of a report; none where it can't be read any more.
    pub fn of(row: &ReportRow) -> Option<Self> {
        let report: Report = serde_json::from_str(&row.report).ok()?;
        let count = |kind: Kind| report.differences.iter().filter(|one| one.kind == kind).count();
        Some(Self {
            id: row.id,
            at: row.at,
            users: report.users,
            missing: count(Kind::Missing),
            extra: count(Kind::Extra),
            unclaimed: count(Kind::Unclaimed),
            different: count(Kind::Different),
        })
    }
}

#[derive(Template)]
#[template(path = "connector/report.html")]
#[allow(clippy::struct_field_names)]
struct Page<'a> {
    frame: &'a Frame,
    id: Uuid,
    at: DateTime<Utc>,
    report: &'a Report,
    rows: &'a [Finding],
    page: usize,
    pages: usize,
    /// Whether it is the last one, which alone can be mended.
    is_last: bool,
    /// Whether one is on its way.
    is_under_way: bool,
}

impl Page<'_> {
    /// What can be mended: all but what is only there, and what somebody has to decide about first.
    fn mendable(&self) -> usize {
        let is_ours = |one: &&Finding| matches!(one.kind, Kind::Missing | Kind::Different) || one.what == "membership";
        self.report.differences.iter().filter(is_ours).filter(|one| one.note.is_none()).count()
    }

    /// What people know it by; what has no name there is told apart by its id.
    fn label(&self, one: &Finding) -> String {
        match one.remote_id.as_ref() {
            Some(id) if one.name.trim().is_empty() => {
                self.frame.fill("connector-unnamed").with("id", id.as_str()).to_string()
            }
            _ => one.name.clone(),
        }
    }

    /// In what something differs, in words where there are some.
    fn field(&self, one: &Finding) -> String {
        let Some(field) = &one.field else { return String::new() };
        let known = ["email", "full_name", "role_id", "is_active", "name", "description", "assignment_strategy"];
        if known.contains(&field.as_str()) {
            return self.frame.say(&format!("connector-differs-{}", field.replace('_', "-"))).into_owned();
        }
        field.clone()
    }

    /// What it is on one side: a word of the program in the words of people, and what somebody called something as it is.
    fn value(&self, one: &Finding, value: &str) -> String {
        let name = match (one.what.as_str(), one.field.as_deref(), value) {
            ("user", None, "active") => "connector-active",
            ("user", None, "inactive") => "connector-inactive",
            ("user", Some("is_active"), "true") => "frame-yes",
            ("user", Some("is_active"), "false") => "frame-no",
            ("team", Some("assignment_strategy"), "round_robin") => "teams-round-robin",
            ("team", Some("assignment_strategy"), "manual") => "teams-manual",
            ("team", Some("assignment_strategy"), "load_balanced") => "teams-load-balanced",
            ("membership", _, "agent") => "teams-agent",
            ("membership", _, "manager") => "teams-manager",
            _ => return value.to_owned(),
        };
        self.frame.language.find(name).map_or_else(|| value.to_owned(), std::borrow::Cow::into_owned)
    }
}

/// The report in the path, with whether it is the last.
async fn known(asked: &Asked) -> Result<(ReportRow, bool), Trouble> {
    let id = asked.id(0, ReportId::parse)?;
    let rows = connector_links::reports(&mut asked.read().await?, asked.workspace()?, KEPT).await?;
    let last = rows.first().map(|row| row.id);
    let found = rows.into_iter().find(|row| row.id == id.0).ok_or(CommandError::NotFound)?;
    let is_last = last == Some(found.id);
    Ok((found, is_last))
}

async fn page(asked: &Asked, frame: &Frame) -> Answer {
    let (row, is_last) = known(asked).await?;
    let connector = crate::store::connectors::find(&mut asked.read().await?, asked.workspace()?).await?;
    let is_under_way = connector.is_some_and(|connector| connector.wanted.is_some());
    let report: Report = serde_json::from_str(&row.report)
        .map_err(|error| Trouble::Internal(format!("a report can't be read: {error}")))?;
    let pages = report.differences.len().div_ceil(MOST).max(1);
    let page = asked.field("page").and_then(|page| page.parse().ok()).unwrap_or(1_usize).clamp(1, pages);
    let rows = report.differences.chunks(MOST).nth(page - 1).unwrap_or_default();
    let (id, at) = (row.id, row.at);
    let page = Page { frame, id, at, report: &report, rows, page, pages, is_last, is_under_way };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/connector/reports/{report}`
pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::CONNECTOR).await?;
    page(&asked, &frame).await
}

/// `POST /settings/connector/reconcile`: a comparison that changes nothing.
pub async fn compare(asked: Asked) -> Answer {
    match asked.execute(AskForComparison { workspace: asked.workspace()?, apply: false }).await {
        Ok(_) => Ok(pages::redirect("/settings/connector?done=asked")),
        Err(error) => super::show::page(&asked, &Frame::of(&asked, Section::CONNECTOR).await?.refused(error)?).await,
    }
}

/// `POST /settings/connector/reports/{report}/mend`: a comparison that mends what it finds.
pub async fn mend(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::CONNECTOR).await?;
    if !asked.is_on("sure") {
        let sentence = frame.say("connector-mend-unsure");
        return page(&asked, &frame.wrong(sentence)).await;
    }
    known(&asked).await?;
    match asked.execute(AskForComparison { workspace: asked.workspace()?, apply: true }).await {
        Ok(_) => Ok(pages::redirect("/settings/connector?done=mending")),
        Err(error) => page(&asked, &frame.refused(error)?).await,
    }
}
