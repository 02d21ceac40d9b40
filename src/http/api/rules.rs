//! `/rules`: what a group gives to those who are in it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::call::{Answer, Call, created, done, named, success};
use super::shape::{List, Listed};
use super::{Failure, teams};
use crate::command::rules::{CreateRule, DeleteRule, ForGroup, UpdateRule};
use crate::command::{Command, Preview as Foreseen};
use crate::domain::rule;
use crate::domain::team::TeamRole;
use crate::ids::{GroupId, RoleId, RuleId, TeamId};
use crate::store;

/// A rule.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rule {
    id: Uuid,
    /// The group; none: it waits for the first one of its name.
    group_id: Option<Uuid>,
    /// The name that a group is to have to be bound, or had when it was.
    group_name: String,
    role_id: Option<Uuid>,
    /// Of several rules with a role, the one with the highest priority decides; of equals, the oldest.
    priority: i64,
    teams: Vec<TeamGiven>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Listed for Rule {
    const PLURAL: &'static str = "rules";
}

/// A team that a rule gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TeamGiven {
    team_id: Uuid,
    /// `agent` or `manager`.
    role: &'static str,
}

impl From<&rule::Rule> for Rule {
    fn from(rule: &rule::Rule) -> Self {
        Self {
            id: rule.id.0,
            group_id: rule.group.map(|id| id.0),
            group_name: rule.group_name.clone(),
            role_id: rule.role.map(|id| id.0),
            priority: rule.priority,
            teams: rule.teams.iter().map(|(id, role)| TeamGiven { team_id: id.0, role: role.name() }).collect(),
            created_at: rule.created_at,
            updated_at: rule.updated_at,
        }
    }
}

/// A new rule: for a group by its id, or by a name that the first group to have it answers to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRule {
    group_id: Option<String>,
    group_name: Option<String>,
    /// The role that it gives.
    role_id: Option<String>,
    /// Of several rules with a role, the one with the highest priority decides.
    #[serde(default)]
    priority: i64,
    /// The teams that it gives.
    #[serde(default)]
    teams: Vec<TeamWanted>,
    /// That a rule which makes everybody in the group an Admin is meant.
    #[serde(default)]
    grants_admin: bool,
}

/// A team that a rule is to give.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamWanted {
    team_id: String,
    /// `agent` or `manager`; `agent`, where nothing is said.
    role: Option<String>,
}

/// What to change of a rule; what is left out stays. The group stays for ever.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "RuleChange")]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// Another role; an empty text: none.
    role_id: Option<String>,
    priority: Option<i64>,
    teams: Option<Vec<TeamWanted>>,
    /// That a rule which makes everybody in the group an Admin is meant.
    grants_admin: bool,
}

/// Who would change.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Preview {
    /// "7 people change".
    text: String,
    /// How many users change.
    users: usize,
    /// Who changes how, 1,000 at the most.
    changes: Vec<Foretold>,
}

/// One user who would change.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Foretold {
    user_id: String,
    full_name: String,
    /// `{"role": {"old": …, "new": …}}`.
    changes: Value,
}

fn teams_of(wanted: &[TeamWanted]) -> Result<BTreeMap<TeamId, TeamRole>, Failure> {
    let one = |team: &TeamWanted| {
        Ok((named("team_id", &team.team_id, TeamId::parse)?, teams::team_role(team.role.as_deref())?))
    };
    wanted.iter().map(one).collect()
}

fn creation(call: &Call) -> Result<CreateRule, Failure> {
    let new: NewRule = call.body()?;
    let group = match (&new.group_id, new.group_name) {
        (Some(id), None) => ForGroup::Id(named("group_id", id, GroupId::parse)?),
        (None, Some(name)) => ForGroup::Name(name),
        _ => return Err(Failure::invalid("A rule is for a group_id or for a group_name: one of the two.")),
    };
    Ok(CreateRule {
        workspace: call.workspace(),
        id: RuleId::fresh(),
        group,
        role: new.role_id.as_deref().map(|id| named("role_id", id, RoleId::parse)).transpose()?,
        priority: new.priority,
        teams: teams_of(&new.teams)?,
        grants_admin: new.grants_admin,
    })
}

fn change(call: &Call) -> Result<UpdateRule, Failure> {
    let id = call.id(0, RuleId::parse)?;
    let wanted: Change = call.body()?;
    let role = match wanted.role_id.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(id) => Some(Some(named("role_id", id, RoleId::parse)?)),
    };
    Ok(UpdateRule {
        workspace: call.workspace(),
        id,
        role,
        priority: wanted.priority,
        teams: wanted.teams.as_deref().map(teams_of).transpose()?,
        grants_admin: wanted.grants_admin,
    })
}

/// `GET /rules`
pub async fn list(call: Call) -> Answer {
    let rules = store::rules::of_workspace(&mut call.read().await?, call.workspace()).await?;
    success(&List::whole(rules.iter().map(Rule::from).collect()))
}

/// `GET /rules/{id}`
pub async fn read(call: Call) -> Answer {
    let id = call.id(0, RuleId::parse)?;
    let rules = store::rules::of_workspace(&mut call.read().await?, call.workspace()).await?;
    success(&Rule::from(rules.iter().find(|rule| rule.id == id).ok_or_else(Failure::not_found)?))
}

/// `POST /rules`
pub async fn create(call: Call) -> Answer {
    let command = creation(&call)?;
    created(&Rule::from(&call.execute(command).await?))
}

/// `PUT /rules/{id}`
pub async fn update(call: Call) -> Answer {
    let command = change(&call)?;
    success(&Rule::from(&call.execute(command).await?))
}

/// `DELETE /rules/{id}`
pub async fn delete(call: Call) -> Answer {
    let id = call.id(0, RuleId::parse)?;
    call.execute(DeleteRule { workspace: call.workspace(), id }).await?;
    done()
}

/// `POST /rules/preview`
pub async fn preview(call: Call) -> Answer {
    let command = creation(&call)?;
    foresee(&call, command).await
}

/// `POST /rules/{id}/preview`
pub async fn preview_change(call: Call) -> Answer {
    let command = change(&call)?;
    foresee(&call, command).await
}

/// `POST /rules/{id}/preview-deletion`
pub async fn preview_deletion(call: Call) -> Answer {
    let id = call.id(0, RuleId::parse)?;
    foresee(&call, DeleteRule { workspace: call.workspace(), id }).await
}

async fn foresee<C: Command>(call: &Call, command: C) -> Answer {
    let foreseen: Foreseen = call.app.commands.preview(&call.actor, command).await?;
    let users = foreseen.users();
    let told = |event: &&crate::domain::event::Event| Foretold {
        user_id: event.subject_id.clone(),
        full_name: event.subject_name.clone(),
        changes: event.changes.clone(),
    };
    let changes = foreseen.of_users().take(1_000).collect::<Vec<_>>();
    success(&Preview {
        text: if users == 1 { "1 person changes".into() } else { format!("{users} people change") },
        users,
        changes: changes.iter().map(told).collect(),
    })
}
