//! One rule: making it, changing it, and who is in its group with why they have their role.

use askama::Template;
use uuid::Uuid;

use super::form::{Choices, Step, Typed, refused};
use super::look::{self, BELOW, Change};
use crate::command::rules::{CreateRule, ForGroup, UpdateRule, stamp};
use crate::command::{CommandError, Unchanged};
use crate::domain::group::Group;
use crate::domain::rule::Rule;
use crate::domain::team::TeamRole;
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::Paging;
use crate::http::console::persons;
use crate::http::pages;
use crate::ids::{GroupId, RoleId, RuleId, TeamId, WorkspaceId};
use crate::store::groups::members::{self, InsideRow};
use crate::store::{Conn, groups, rules};

/// People on one page.
const SIZE: i64 = 25;
/// Names of groups that are offered.
const OFFERED: i64 = 50;

#[derive(Template)]
#[template(path = "rules/edit.html")]
struct Page<'a> {
    frame: &'a Frame,
    rule: Option<&'a Rule>,
    typed: &'a Typed,
    choices: &'a Choices,
    /// The group, where the form was opened from one.
    group: Option<Group>,
    offered: Vec<Group>,
    people: Vec<(InsideRow, String)>,
    paging: Paging,
    may_edit: bool,
}

impl Page<'_> {
    /// The name of the role that a rule gives.
    fn role_of(&self, rule: &Rule) -> &str {
        self.choices.role(rule.role)
    }

    /// The name of a team.
    fn team_of(&self, id: &TeamId) -> &str {
        self.choices.team(*id)
    }

    /// Whether a role is chosen.
    fn is_role(&self, id: &RoleId) -> bool {
        self.typed.role == id.to_string()
    }

    /// Whether a team is chosen, and as what.
    fn is_team(&self, id: &Uuid, kind: &str) -> bool {
        self.typed.teams.iter().any(|team| *team == format!("{id}:{kind}"))
    }
}

async fn new(asked: &Asked, frame: Frame, typed: &Typed) -> Answer {
    let workspace = asked.workspace()?;
    let mut conn = asked.read().await?;
    let group = match GroupId::parse(&typed.group) {
        Some(id) => Some(groups::find(&mut conn, workspace, id).await?.ok_or(CommandError::NotFound)?),
        None => None,
    };
    let choices = Choices::of(&mut conn, workspace).await?;
    let page = Page {
        frame: &frame,
        rule: None,
        typed,
        choices: &choices,
        offered: groups::page(&mut conn, workspace, "", 0, OFFERED).await?.0,
        group,
        people: Vec::new(),
        paging: Paging::of("", &[], 1, SIZE, 0),
        may_edit: true,
    };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/rules/new`
pub async fn blank(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::RULES).await?;
    let typed = Typed { priority: "10".into(), ..Typed::of(&asked) };
    new(&asked, frame, &typed).await
}

fn bad_priority(frame: Frame) -> Frame {
    let sentence = frame.say("rules-bad-priority").into_owned();
    frame.wrong(sentence).at("priority")
}

/// The rules as they stand, by what a reason needs.
pub async fn reasons(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<(RuleId, String, i64)>, Trouble> {
    let all = rules::of_workspace(conn, workspace).await?;
    Ok(all.into_iter().map(|rule| (rule.id, rule.group_name, rule.priority)).collect())
}

/// `POST /settings/rules/new`
pub async fn create(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::RULES).await?;
    let (typed, step, workspace) = (Typed::of(&asked), Step::of(&asked), asked.workspace()?);
    let Some(meant) = typed.meant() else { return new(&asked, bad_priority(frame), &typed).await };
    if step == Step::Back {
        return new(&asked, frame, &typed).await;
    }
    let (id, priority) = (RuleId::fresh(), meant.priority);
    let (role, teams, grants_admin) = (meant.role, meant.teams, typed.grants_admin);
    let by_id = matches!(meant.group, ForGroup::Id(_));
    let command = CreateRule { workspace, id, group: meant.group, role, priority, teams, grants_admin };
    let outcome = if step == Step::Save {
        match asked.execute(command).await {
            Ok(rule) => return Ok(pages::redirect(&format!("/settings/rules/{}?done=created", rule.id))),
            Err(error) => Err(error),
        }
    } else {
        asked.foresees(command).await
    };
    let preview = match outcome {
        Ok(preview) => preview,
        Err(error) => return new(&asked, refused(frame, error)?, &typed).await,
    };
    let told = preview.events.iter().find(|event| event.name == "rule.created");
    let name = told.map_or_else(|| typed.name.clone(), |event| event.subject_name.clone());
    let is_bound = told.is_some_and(|event| event.changes.get("group").is_some_and(|group| !group["new"].is_null()));
    let mut conn = asked.read().await?;
    let choices = Choices::of(&mut conn, workspace).await?;
    let mut after = reasons(&mut conn, workspace).await?;
    after.push((id, name.clone(), priority));
    let sentence = if is_bound { "rules-look-new" } else { "rules-look-ahead" };
    let mut fields = typed.fields();
    fields.push(if by_id { ("group", typed.group.clone()) } else { ("name", typed.name.clone()) });
    let change = Change {
        below: BELOW,
        sentence: frame.fill(sentence).with("group", name).with("role", given(&frame, choices.role(role))).to_string(),
        action: "/settings/rules/new".into(),
        fields,
        button: frame.say("rules-create").into_owned(),
        is_danger: false,
        back: None,
        rules: after,
        edited: None,
    };
    look::page(&frame, &choices, &preview, &change)
}

fn given(frame: &Frame, role: &str) -> String {
    if role.is_empty() { frame.say("rules-no-role").into_owned() } else { role.to_owned() }
}

async fn one(asked: &Asked, frame: Frame, id: RuleId, typed: Option<Typed>) -> Answer {
    let workspace = asked.workspace()?;
    let mut conn = asked.read().await?;
    let all = rules::of_workspace(&mut conn, workspace).await?;
    let rule = all.iter().find(|rule| rule.id == id).ok_or(CommandError::NotFound)?;
    let mut typed = typed.unwrap_or_else(|| Typed::from(rule));
    let choices = Choices::of(&mut conn, workspace).await?;
    let in_team = |(team, role): (&TeamId, &TeamRole)| {
        let role = frame.say(match role {
            TeamRole::Agent => "teams-agent",
            TeamRole::Manager => "teams-manager",
        });
        format!("{} ({role})", choices.team(*team))
    };
    let teams: Vec<String> = rule.teams.iter().map(in_team).collect();
    let stands = vec![
        frame.stand("rules-role", given(&frame, choices.role(rule.role))),
        frame.stand("rules-priority", rule.priority.to_string()),
        frame.stand("rules-teams", teams.join(", ")),
    ];
    let frame = frame.overtaken(&mut typed.seen, &stamp(rule), stands);
    let at = Paging::asked(asked);
    let (rows, total) = match rule.group {
        Some(group) => members::people_page(&mut conn, group, Paging::before(at, SIZE), SIZE).await?,
        None => (Vec::new(), 0),
    };
    let explained = |row: InsideRow| {
        let source = row.role_source.as_deref().unwrap_or_default();
        (persons::because(&frame, source, row.role_rule_id, &all), row)
    };
    let page = Page {
        frame: &frame,
        rule: Some(rule),
        typed: &typed,
        choices: &choices,
        group: None,
        offered: Vec::new(),
        people: rows.into_iter().map(explained).map(|(because, row)| (row, because)).collect(),
        paging: Paging::of(&format!("/settings/rules/{id}"), &[], at, SIZE, total),
        may_edit: frame.may("rules:write"),
    };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/rules/{id}`
pub async fn show(asked: Asked) -> Answer {
    let id = asked.id(0, RuleId::parse)?;
    let frame = Frame::of(&asked, Section::RULES).await?.after(&asked, "rules-done", &["created", "saved"]);
    one(&asked, frame, id, None).await
}

/// The page of a rule that could not be deleted.
pub async fn refuse(asked: &Asked, id: RuleId, error: CommandError) -> Answer {
    let frame = Frame::of(asked, Section::RULES).await?;
    one(asked, refused(frame, error)?, id, None).await
}

/// `POST /settings/rules/{id}`
pub async fn save(asked: Asked) -> Answer {
    let id = asked.id(0, RuleId::parse)?;
    let frame = Frame::of(&asked, Section::RULES).await?;
    let (typed, step, workspace) = (Typed::of(&asked), Step::of(&asked), asked.workspace()?);
    let Some(meant) = typed.meant() else { return one(&asked, bad_priority(frame), id, Some(typed)).await };
    if step == Step::Back {
        return one(&asked, frame, id, Some(typed)).await;
    }
    let (role, priority) = (meant.role, meant.priority);
    let (new_role, new_priority, teams) = (Some(role), Some(priority), Some(meant.teams));
    let grants_admin = typed.grants_admin;
    let command = UpdateRule { workspace, id, role: new_role, priority: new_priority, teams, grants_admin };
    let command = Unchanged { command, seen: Stamp::sent(&typed.seen) };
    let outcome = if step == Step::Save {
        match asked.execute(command).await {
            Ok(_) => return Ok(pages::redirect(&format!("/settings/rules/{id}?done=saved"))),
            Err(error) => Err(error),
        }
    } else {
        asked.foresees(command).await
    };
    let preview = match outcome {
        Ok(preview) => preview,
        Err(error) => return one(&asked, refused(frame, error)?, id, Some(typed)).await,
    };
    let mut conn = asked.read().await?;
    let choices = Choices::of(&mut conn, workspace).await?;
    let mut after = reasons(&mut conn, workspace).await?;
    let mut name = String::new();
    for (rule, group, now) in &mut after {
        if *rule == id {
            (*now, name) = (priority, group.clone());
        }
    }
    let role = given(&frame, choices.role(role));
    let change = Change {
        below: BELOW,
        sentence: frame.fill("rules-look-new").with("group", name).with("role", role).to_string(),
        action: format!("/settings/rules/{id}"),
        fields: typed.fields(),
        button: frame.say("frame-save").into_owned(),
        is_danger: false,
        back: None,
        rules: after,
        edited: Some(id),
    };
    look::page(&frame, &choices, &preview, &change)
}
