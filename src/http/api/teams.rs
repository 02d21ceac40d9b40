//! `/teams` and their members.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, created, done, named, success};
use super::shape::{Listed, Overrule, Page, Paging};
use crate::command::teams::{AddToTeam, CreateTeam, DeleteTeam, ReleaseFromTeam, RemoveFromTeam, UpdateTeam};
use crate::domain::team::{self, Strategy, TeamRole};
use crate::ids::{TeamId, UserId};
use crate::query::explanation::TeamReason;
use crate::store::teams as rows;

/// A team.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Team {
    id: Uuid,
    name: String,
    description: String,
    /// `round_robin`, `load_balanced` or `manual`.
    assignment_strategy: &'static str,
    /// Whether conversations are dealt out to it at all.
    is_active: bool,
    member_count: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Listed for Team {
    const PLURAL: &'static str = "teams";
}

impl From<(team::Team, i64)> for Team {
    fn from((team, member_count): (team::Team, i64)) -> Self {
        Self {
            id: team.id.0,
            name: team.name,
            description: team.description,
            assignment_strategy: team.strategy.name(),
            is_active: team.is_active,
            member_count,
            created_at: team.created_at,
            updated_at: team.updated_at,
        }
    }
}

/// A new team.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTeam {
    /// 1 to 100 characters, unique in any case.
    name: String,
    #[serde(default)]
    description: String,
    /// `round_robin`, `load_balanced` or `manual`; `round_robin`, where nothing is said.
    assignment_strategy: Option<String>,
}

/// What to change of a team; what is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "TeamChange")]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    name: Option<String>,
    description: Option<String>,
    /// `round_robin`, `load_balanced` or `manual`.
    assignment_strategy: Option<String>,
    is_active: Option<bool>,
}

/// A member of a team.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TeamMember")]
pub struct Member {
    team_id: Uuid,
    user_id: Uuid,
    full_name: String,
    email: String,
    /// `agent` or `manager`.
    role: String,
    /// Why they are a member: `hand` or `rule`.
    source: String,
    is_active: bool,
    /// Whether conversations are dealt out to them: active, and available.
    is_available: bool,
    added_at: DateTime<Utc>,
}

impl Listed for Member {
    const PLURAL: &'static str = "members";
}

impl From<rows::MemberRow> for Member {
    fn from(row: rows::MemberRow) -> Self {
        Self {
            team_id: row.team_id,
            user_id: row.user_id,
            full_name: row.name,
            email: row.email,
            role: row.kind,
            source: row.source,
            is_active: row.is_active,
            is_available: row.is_active && row.is_available,
            added_at: row.added_at,
        }
    }
}

/// Somebody to be put into a team.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewTeamMember")]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    user_id: String,
    /// `agent` or `manager`; `agent`, where nothing is said.
    role: Option<String>,
}

/// Why somebody is in a team, or kept out of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TeamReason")]
pub struct Reason {
    team_id: Uuid,
    name: String,
    role: &'static str,
    /// `hand`, `rule`, or `kept_out`.
    source: &'static str,
    /// The groups because of which rules give it.
    groups: Vec<String>,
}

impl From<&TeamReason> for Reason {
    fn from(reason: &TeamReason) -> Self {
        Self {
            team_id: reason.team.0,
            name: reason.name.clone(),
            role: reason.role.name(),
            source: reason.source.name(),
            groups: reason.groups.clone(),
        }
    }
}

fn strategy(name: &str) -> Result<Strategy, Failure> {
    let said = "assignment_strategy: must be round_robin, load_balanced or manual.";
    Strategy::parse(name).ok_or_else(|| Failure::invalid(said))
}

/// What somebody is to be in a team.
pub(super) fn team_role(name: Option<&str>) -> Result<TeamRole, Failure> {
    let name = name.unwrap_or(TeamRole::Agent.name());
    TeamRole::parse(name).ok_or_else(|| Failure::invalid("role: must be agent or manager."))
}

/// `GET /teams`
pub async fn list(call: Call) -> Answer {
    let Paging { page, limit } = call.query()?;
    let page = Page::of(page, limit)?;
    let teams = rows::of_workspace(&mut call.read().await?, call.workspace()).await?;
    success(&page.cut(teams.into_iter().map(Team::from).collect()))
}

/// `GET /teams/{id}`
pub async fn read(call: Call) -> Answer {
    let id = call.id(0, TeamId::parse)?;
    success(&shown(&call, id).await?)
}

async fn shown(call: &Call, id: TeamId) -> Result<Team, Failure> {
    let found = rows::find(&mut call.read().await?, call.workspace(), id).await?;
    Ok(found.ok_or_else(Failure::not_found)?.into())
}

/// `POST /teams`
pub async fn create(call: Call) -> Answer {
    let new: NewTeam = call.body()?;
    let command = CreateTeam {
        workspace: call.workspace(),
        id: TeamId::fresh(),
        name: new.name,
        description: new.description,
        strategy: new.assignment_strategy.as_deref().map_or(Ok(Strategy::RoundRobin), strategy)?,
    };
    created(&Team::from((call.execute(command).await?, 0)))
}

/// `PUT /teams/{id}`
pub async fn update(call: Call) -> Answer {
    let id = call.id(0, TeamId::parse)?;
    let wanted: Change = call.body()?;
    let command = UpdateTeam {
        workspace: call.workspace(),
        id,
        name: wanted.name,
        description: wanted.description,
        strategy: wanted.assignment_strategy.as_deref().map(strategy).transpose()?,
        is_active: wanted.is_active,
    };
    call.execute(command).await?;
    success(&shown(&call, id).await?)
}

/// `DELETE /teams/{id}`
pub async fn delete(call: Call) -> Answer {
    let id = call.id(0, TeamId::parse)?;
    call.execute(DeleteTeam { workspace: call.workspace(), id }).await?;
    done()
}

/// `GET /teams/{id}/members`
pub async fn members(call: Call) -> Answer {
    let Paging { page, limit } = call.query()?;
    let (page, id) = (Page::of(page, limit)?, call.id(0, TeamId::parse)?);
    shown(&call, id).await?;
    let members = rows::members(&mut call.read().await?, id).await?;
    success(&page.cut(members.into_iter().map(Member::from).collect()))
}

/// `POST /teams/{id}/members`
pub async fn add(call: Call) -> Answer {
    let team = call.id(0, TeamId::parse)?;
    let new: NewMember = call.body()?;
    let user = named("user_id", &new.user_id, UserId::parse)?;
    let role = team_role(new.role.as_deref())?;
    call.execute(AddToTeam { workspace: call.workspace(), team, user, role }).await?;
    let members = rows::members(&mut call.read().await?, team).await?;
    let added = members.into_iter().find(|row| row.user_id == user.0).ok_or_else(Failure::not_found)?;
    created(&Member::from(added))
}

/// `DELETE /teams/{id}/members/{user_id}`
pub async fn remove(call: Call) -> Answer {
    let Overrule { overrule } = call.query()?;
    let (team, user) = (call.id(0, TeamId::parse)?, call.id(1, UserId::parse)?);
    call.execute(RemoveFromTeam { workspace: call.workspace(), team, user, overrule }).await?;
    done()
}

/// `DELETE /teams/{id}/members/{user_id}/pin`
pub async fn release(call: Call) -> Answer {
    let (team, user) = (call.id(0, TeamId::parse)?, call.id(1, UserId::parse)?);
    call.execute(ReleaseFromTeam { workspace: call.workspace(), team, user }).await?;
    done()
}
