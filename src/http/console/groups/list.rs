//! `GET /settings/groups`, and making a group by hand.

use std::collections::HashMap;

use askama::Template;
use uuid::Uuid;

use crate::command::CommandError;
use crate::command::groups::CreateGroup;
use crate::domain::group::{Group, GroupProfile};
use crate::domain::rule::Rule;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::Paging;
use crate::http::pages;
use crate::ids::{GroupId, WorkspaceId};
use crate::store::{Conn, StoreError, audit, groups, rules};

/// Groups on one page.
const SIZE: i64 = 50;

#[derive(Template)]
#[template(path = "groups/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    search: &'a str,
    rows: Vec<Row>,
    paging: Paging,
}

struct Row {
    group: Group,
    source: String,
    rule: Option<Rule>,
}

#[derive(Template)]
#[template(path = "groups/new.html")]
struct New<'a> {
    frame: &'a Frame,
    name: &'a str,
}

/// Who made each of these groups, as far as the audit log still knows, in words.
pub async fn sources(
    conn: &mut Conn,
    frame: &Frame,
    workspace: WorkspaceId,
    ids: &[Uuid],
) -> Result<HashMap<String, String>, StoreError> {
    let rows = audit::firsts(conn, workspace, ids).await?;
    let told = |row: audit::FirstRow| {
        let name = match (row.action.as_str(), row.actor_kind.as_str()) {
            ("group.created", "token" | "client") => "groups-pushed-by",
            ("group.created", "connection") => "groups-claimed-by",
            ("group.created", "user" | "key" | "operator") => "groups-made-by",
            _ => return (row.subject_id, frame.say("groups-unknown-source").into_owned()),
        };
        (row.subject_id, frame.fill(name).with("name", row.actor_name).to_string())
    };
    Ok(rows.into_iter().map(told).collect())
}

/// Whether an identity provider keeps a group: it gave it an id of its own, or made it.
pub async fn is_kept_elsewhere(conn: &mut Conn, workspace: WorkspaceId, group: &Group) -> Result<bool, StoreError> {
    if group.profile.external_id.is_some() {
        return Ok(true);
    }
    let firsts = audit::firsts(conn, workspace, &[group.id.0]).await?;
    let is_providers = |row: &audit::FirstRow| matches!(row.actor_kind.as_str(), "token" | "client" | "connection");
    Ok(firsts.iter().any(|row| row.action == "group.created" && is_providers(row)))
}

/// `GET /settings/groups`
pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::GROUPS).await?.after(&asked, "groups-done", &["deleted"]);
    let (workspace, search, at) = (asked.workspace()?, asked.text("search"), Paging::asked(&asked));
    let mut conn = asked.read().await?;
    let (found, total) = groups::page(&mut conn, workspace, search, Paging::before(at, SIZE), SIZE).await?;
    let ids: Vec<Uuid> = found.iter().map(|group| group.id.0).collect();
    let sources = sources(&mut conn, &frame, workspace, &ids).await?;
    let mut bound: HashMap<GroupId, Rule> = HashMap::new();
    for rule in rules::of_workspace(&mut conn, workspace).await? {
        if let Some(group) = rule.group {
            bound.insert(group, rule);
        }
    }
    let row = |group: Group| Row {
        source: sources.get(&group.id.to_string()).cloned().unwrap_or_default(),
        rule: bound.remove(&group.id),
        group,
    };
    let page = Page {
        frame: &frame,
        search,
        rows: found.into_iter().map(row).collect(),
        paging: Paging::of("/settings/groups", &[("search", search)], at, SIZE, total),
    };
    Ok(shown(frame.status(), &page))
}

/// What people may call a group.
pub fn named(frame: &Frame, name: &str) -> Result<String, String> {
    let is_good = !name.is_empty() && name.chars().count() <= 100 && crate::text::printable(name) == name;
    if is_good { Ok(name.to_owned()) } else { Err(frame.say("groups-bad-name").into_owned()) }
}

async fn new(asked: &Asked, name: &str, problem: Option<String>, error: Option<CommandError>) -> Answer {
    let mut frame = Frame::of(asked, Section::GROUPS).await?;
    if let Some(problem) = problem {
        frame = frame.wrong(problem).at("name");
    }
    if let Some(error) = error {
        frame = frame.refused(error)?;
    }
    Ok(shown(frame.status(), &New { frame: &frame, name }))
}

/// `GET /settings/groups/new`
pub async fn blank(asked: Asked) -> Answer {
    new(&asked, "", None, None).await
}

/// `POST /settings/groups/new`
pub async fn create(asked: Asked) -> Answer {
    let name = asked.text("name");
    let frame = Frame::of(&asked, Section::GROUPS).await?;
    let display_name = match named(&frame, name) {
        Ok(name) => name,
        Err(problem) => return new(&asked, name, Some(problem), None).await,
    };
    let command = CreateGroup {
        workspace: asked.workspace()?,
        id: GroupId::fresh(),
        profile: GroupProfile { display_name, external_id: None },
        members: Vec::new(),
    };
    match asked.execute(command).await {
        Ok(group) => Ok(pages::redirect(&format!("/settings/groups/{}?done=created", group.id))),
        Err(error) => new(&asked, name, None, Some(error)).await,
    }
}
