//! One group: who is in it, itself and by way of other groups, what a rule gives to them, and changing it by hand.

use askama::Template;

use super::list::{named, sources};
use crate::command::groups::{Condition, Edit, EditGroup, stamp};
use crate::command::{CommandError, Unchanged};
use crate::domain::group::{Group, GroupProfile, MemberEdit, MemberKind};
use crate::domain::rule::Rule;
use crate::domain::user::Standing;
use crate::domain::version::{Expected, Stamp};
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::Paging;
use crate::http::console::persons;
use crate::http::pages;
use crate::ids::GroupId;
use crate::store::groups::{self, members};
use crate::store::people::PersonRow;
use crate::store::rules;

/// Members on one page.
const SIZE: i64 = 50;
/// Groups that a search for a member finds at the most.
const FOUND: i64 = 5;

#[derive(Template)]
#[template(path = "groups/edit.html")]
struct Page<'a> {
    frame: &'a Frame,
    group: &'a Group,
    name: String,
    /// Of which state of the group the form is made that gives it another name.
    seen: String,
    source: String,
    is_pushed: bool,
    rule: Option<&'a Rule>,
    rows: Vec<Row>,
    paging: Paging,
    /// Whether people are shown who are in it by way of another group only.
    shows_all: bool,
    /// Whether groups are in it.
    is_nested: bool,
    search: String,
    people: Vec<PersonRow>,
    groups: Vec<Group>,
}

/// A member, or somebody who is in the group by way of another one.
pub struct Row {
    pub inside: members::InsideRow,
    pub is_group: bool,
    pub is_active: bool,
    pub because: String,
}

impl Row {
    pub fn of(frame: &Frame, rules: &[Rule], inside: members::InsideRow) -> Self {
        let source = inside.role_source.as_deref();
        Self {
            is_group: inside.kind == MemberKind::Group.name(),
            is_active: inside.standing.as_deref() == Some(Standing::Active.name()),
            because: source
                .map(|source| persons::because(frame, source, inside.role_rule_id, rules))
                .unwrap_or_default(),
            inside,
        }
    }
}

/// What was wrong.
enum Problem {
    None,
    Said(String),
    Refused(CommandError),
}

async fn page(asked: &Asked, id: GroupId, typed: Option<&str>, problem: Problem) -> Answer {
    let known = ["created", "renamed", "added", "removed"];
    let frame = Frame::of(asked, Section::GROUPS).await?.after(asked, "groups-done", &known);
    let frame = match problem {
        Problem::None => frame,
        Problem::Said(sentence) => frame.wrong(sentence).at("name"),
        Problem::Refused(error) => frame.refused(error)?,
    };
    let (workspace, search, at) = (asked.workspace()?, asked.text("search").to_owned(), Paging::asked(asked));
    let may_add = frame.may("groups:write") && frame.may("users:read") && !search.is_empty();
    let people = if may_add { persons::found(asked, workspace, &search).await? } else { Vec::new() };
    let mut conn = asked.read().await?;
    let group = groups::find(&mut conn, workspace, id).await?.ok_or(CommandError::NotFound)?;
    let is_nested = members::nested_in(&mut conn, id).await? > 0;
    let shows_all = is_nested && asked.is_on("all");
    let before = Paging::before(at, SIZE);
    let (rows, total) = if shows_all {
        members::people_page(&mut conn, id, before, SIZE).await?
    } else {
        (members::page(&mut conn, id, before, SIZE).await?, group.members)
    };
    let found = if may_add { groups::page(&mut conn, workspace, &search, 0, FOUND).await?.0 } else { Vec::new() };
    let all = rules::of_workspace(&mut conn, workspace).await?;
    let source = sources(&mut conn, &frame, workspace, &[id.0]).await?.remove(&id.to_string()).unwrap_or_default();
    let now = stamp(&group.profile);
    let mut seen = if typed.is_some() { asked.text("seen").to_owned() } else { now.to_string() };
    let stands = vec![frame.stand("groups-name", group.profile.display_name.as_str())];
    let frame = frame.overtaken(&mut seen, &now, stands);
    let path = format!("/settings/groups/{id}");
    let kept = [("all", if shows_all { "yes" } else { "" }), ("search", search.as_str())];
    let page = Page {
        frame: &frame,
        name: typed.map_or_else(|| group.profile.display_name.clone(), str::to_owned),
        seen,
        is_pushed: group.profile.external_id.is_some(),
        source,
        rule: all.iter().find(|rule| rule.group == Some(id)),
        rows: rows.into_iter().map(|row| Row::of(&frame, &all, row)).collect(),
        paging: Paging::of(&path, &kept, at, SIZE, total),
        shows_all,
        is_nested,
        people: people.into_iter().filter(|person| !person.protected).collect(),
        groups: found.into_iter().filter(|found| found.id != id).collect(),
        search,
        group: &group,
    };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/groups/{id}`
pub async fn show(asked: Asked) -> Answer {
    let id = asked.id(0, GroupId::parse)?;
    page(&asked, id, None, Problem::None).await
}

/// The page of a group that could not be deleted, or of which somebody could not be made a member.
pub async fn refuse(asked: &Asked, id: GroupId, error: CommandError) -> Answer {
    page(asked, id, None, Problem::Refused(error)).await
}

pub fn edit(asked: &Asked, edit: Edit, members: Vec<MemberEdit<Condition>>) -> Result<EditGroup, Trouble> {
    let (workspace, id) = (asked.workspace()?, asked.id(0, GroupId::parse)?);
    Ok(EditGroup { workspace, id, expected: Expected::Any, edit, members })
}

/// `POST /settings/groups/{id}`
pub async fn rename(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::GROUPS).await?;
    match named(&frame, asked.text("name")) {
        Ok(name) => {
            let renamed = move |group: &Group| {
                Ok(GroupProfile { display_name: name.clone(), external_id: group.profile.external_id.clone() })
            };
            let command = edit(&asked, Box::new(renamed), Vec::new())?;
            let (id, seen) = (asked.id(0, GroupId::parse)?, Stamp::sent(asked.text("seen")));
            match asked.execute(Unchanged { command, seen }).await {
                Ok(_) => Ok(pages::redirect(&format!("/settings/groups/{id}?done=renamed"))),
                Err(error) => page(&asked, id, asked.field("name"), Problem::Refused(error)).await,
            }
        }
        Err(problem) => {
            let id = asked.id(0, GroupId::parse)?;
            page(&asked, id, Some(asked.text("name")), Problem::Said(problem)).await
        }
    }
}
