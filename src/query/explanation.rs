//! Why somebody has the role and the teams that they have.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::role::RoleSource;
use crate::domain::rule::{self, Rule};
use crate::domain::team::{TeamRole, TeamSource};
use crate::domain::user::User;
use crate::ids::{GroupId, TeamId};
use crate::store::{Conn, StoreError, roles, rules, teams, workspaces};

/// Why somebody has what they have.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// In a sentence.
    pub text: String,
    /// The rules that concern them, the one that decides first at the front.
    pub rules: Vec<RuleReason>,
    /// Their teams, and those that they are kept out of.
    pub teams: Vec<TeamReason>,
}

/// A rule that concerns somebody.
#[derive(Debug, Clone)]
pub struct RuleReason {
    /// The rule.
    pub rule: Rule,
    /// The name of the role that it gives.
    pub role: Option<String>,
    /// Whether it is the one that decided.
    pub decides: bool,
}

/// A membership, and why it is one.
#[derive(Debug, Clone)]
pub struct TeamReason {
    /// The team.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// What they are there.
    pub role: TeamRole,
    /// Why.
    pub source: TeamSource,
    /// The groups because of which rules give it.
    pub groups: Vec<String>,
}

/// Why a user has what they have.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of(conn: &mut Conn, user: &User) -> Result<Explanation, StoreError> {
    let workspace = user.workspace_id;
    let nested = workspaces::find(conn, workspace).await?.is_some_and(|workspace| workspace.nested > 0);
    let all = rules::of_workspace(conn, workspace).await?;
    let rows = rules::belongings(conn, workspace, &[user.id.0], nested).await?;
    let groups: BTreeSet<GroupId> = rows.into_iter().map(|row| GroupId(row.group_id)).collect();
    let roles = roles::of_workspace(conn, workspace).await?;
    let concerning: Vec<Rule> = rule::concerning(&all, &groups).cloned().collect();
    let reasons: Vec<RuleReason> = concerning
        .iter()
        .map(|rule| RuleReason {
            role: roles.iter().find(|role| Some(role.id) == rule.role).map(|role| role.name.clone()),
            decides: user.role_source == RoleSource::Rule && user.role_rule == Some(rule.id),
            rule: rule.clone(),
        })
        .collect();
    let names: BTreeMap<_, _> =
        teams::names(conn, workspace).await?.into_iter().map(|team| (TeamId(team.id), team.name)).collect();
    let team = |row: teams::Membership| {
        let id = TeamId(row.team_id);
        let giving = concerning.iter().filter(|rule| rule.teams.contains_key(&id));
        TeamReason {
            team: id,
            name: names.get(&id).cloned().unwrap_or_default(),
            role: row.role(),
            source: row.source(),
            groups: giving.map(|rule| rule.group_name.clone()).collect(),
        }
    };
    let teams = teams::of_user(conn, user.id).await?.into_iter().map(team).collect();
    Ok(Explanation { text: sentence(user, &reasons), rules: reasons, teams })
}

fn sentence(user: &User, reasons: &[RuleReason]) -> String {
    let role = &user.role.name;
    match user.role_source {
        RoleSource::Manual => format!("{role}, because somebody set it by hand"),
        RoleSource::Default if reasons.is_empty() => format!("{role}, because no rule concerns them: the default role"),
        RoleSource::Default => format!("{role}, because no rule of their groups gives a role: the default role"),
        RoleSource::Rule => match reasons.iter().position(|reason| reason.decides) {
            Some(place) => {
                let group = reasons.get(place).map(|reason| reason.rule.group_name.clone()).unwrap_or_default();
                let rule = reasons.get(place).map(|reason| reason.rule.priority).unwrap_or_default();
                format!("{role}, because group {group}, rule with priority {rule}")
            }
            None => format!("{role}, because of a rule"),
        },
    }
}
