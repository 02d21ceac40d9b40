//! Making, editing and deleting rules: what a group gives to those who are in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

pub use super::rule_order::OrderRules;
use super::{Change, Command, CommandError, Stamped, Subject, evaluate, teams};
use crate::domain::event::{Event, difference};
use crate::domain::permission::Permissions;
use crate::domain::rule::Rule;
use crate::domain::team::TeamRole;
use crate::domain::version::Stamp;
use crate::ids::{GroupId, RoleId, RuleId, TeamId, WorkspaceId};
use crate::store;
use crate::text;

/// For which group a rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForGroup {
    /// The group of that id.
    Id(GroupId),
    /// The group of that name; where there is none, the first one to come.
    Name(String),
}

/// A new rule.
pub struct CreateRule {
    /// Where.
    pub workspace: WorkspaceId,
    /// The id that it gets.
    pub id: RuleId,
    /// For whom.
    pub group: ForGroup,
    /// The role that it gives.
    pub role: Option<RoleId>,
    /// Of several rules with a role, the one with the highest priority decides.
    pub priority: i64,
    /// The teams that it gives.
    pub teams: BTreeMap<TeamId, TeamRole>,
    /// That a rule which makes everybody in the group an Admin is meant.
    pub grants_admin: bool,
}

impl Command for CreateRule {
    type Output = Rule;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "rule.create"
    }

    fn subject(&self) -> Subject {
        match &self.group {
            ForGroup::Id(id) => Subject::of("group", id),
            ForGroup::Name(name) => Subject::new("rule", name),
        }
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Rule, CommandError> {
        change.workspace().await?;
        let (group, group_name) = self.find(change).await?;
        let rules = change.tx.rules(self.workspace).await?;
        let is_for = |rule: &Rule| match group {
            Some(group) => rule.group == Some(group),
            None => rule.group.is_none() && text::same(&rule.group_name, &group_name),
        };
        if rules.iter().any(is_for) {
            return Err(CommandError::Clash { kind: "rule", attribute: "group" });
        }
        let rule = Rule {
            id: self.id,
            workspace_id: self.workspace,
            group,
            group_name,
            role: self.role,
            priority: self.priority,
            teams: self.teams.clone(),
            created_at: change.now,
            updated_at: change.now,
        };
        check(change, &rule, self.grants_admin).await?;
        store::rules::insert(change.tx, &rule).await?;
        change.workspace().await?.rules += 1;
        let changes = difference(&json!({}), &described(change, &rule).await?);
        change.record(&event("rule.created", &rule, changes));
        concerned(change, &rule).await?;
        Ok(rule)
    }
}

impl CreateRule {
    async fn find(&self, change: &mut Change<'_>) -> Result<(Option<GroupId>, String), CommandError> {
        let invalid = |detail: String| CommandError::Invalid { attribute: "group", detail };
        match &self.group {
            ForGroup::Id(id) => {
                let group = store::groups::find(change.tx, self.workspace, *id).await?;
                let group = group.ok_or_else(|| invalid(format!("there is no group {id} in this workspace")))?;
                Ok((Some(*id), group.profile.display_name))
            }
            ForGroup::Name(name) => {
                let name = super::named("group", name)?;
                let found = store::groups::namesakes(change.tx, self.workspace, &text::fold(&name)).await?;
                match found.as_slice() {
                    [] => Ok((None, name)),
                    [group] => Ok((Some(group.id), group.profile.display_name.clone())),
                    several => {
                        let ids: Vec<String> = several.iter().map(|group| group.id.to_string()).collect();
                        Err(invalid(format!("several groups are called \"{name}\"; give an id: {}", ids.join(", "))))
                    }
                }
            }
        }
    }
}

/// Other terms for a rule; what is `None` stays. Its group stays for ever: for another one, make another rule.
pub struct UpdateRule {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: RuleId,
    /// Another role; `Some(None)`: none.
    pub role: Option<Option<RoleId>>,
    /// Another priority.
    pub priority: Option<i64>,
    /// Other teams.
    pub teams: Option<BTreeMap<TeamId, TeamRole>>,
    /// That a rule which makes everybody in the group an Admin is meant.
    pub grants_admin: bool,
}

impl Command for UpdateRule {
    type Output = Rule;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "rule.update"
    }

    fn subject(&self) -> Subject {
        Subject::of("rule", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Rule, CommandError> {
        let old = existing(change, self.workspace, self.id).await?;
        let mut new = old.clone();
        new.role = self.role.unwrap_or(old.role);
        new.priority = self.priority.unwrap_or(old.priority);
        new.teams = self.teams.clone().unwrap_or_else(|| old.teams.clone());
        if new == old {
            return Ok(old);
        }
        new.updated_at = change.now;
        let powers = permissions(change, &old).await?;
        change.may_grant(powers)?;
        check(change, &new, self.grants_admin || new.role == old.role).await?;
        store::rules::update(change.tx, &new).await?;
        let (before, after) = (described(change, &old).await?, described(change, &new).await?);
        change.record(&event("rule.updated", &new, difference(&before, &after)));
        concerned(change, &new).await?;
        Ok(new)
    }
}

impl Stamped for UpdateRule {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        Ok(stamp(&existing(change, self.workspace, self.id).await?))
    }
}

/// The end of a rule; whoever had a role or team because of it gets what the others give.
pub struct DeleteRule {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: RuleId,
}

impl Command for DeleteRule {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "rule.delete"
    }

    fn subject(&self) -> Subject {
        Subject::of("rule", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let rule = existing(change, self.workspace, self.id).await?;
        let powers = permissions(change, &rule).await?;
        change.may_grant(powers)?;
        store::rules::delete(change.tx, self.id).await?;
        change.workspace().await?.rules -= 1;
        let changes = difference(&described(change, &rule).await?, &json!({}));
        change.record(&event("rule.deleted", &rule, changes));
        concerned(change, &rule).await
    }
}

/// In which state a rule is.
#[must_use]
pub fn stamp(rule: &Rule) -> Stamp {
    let teams: Vec<_> = rule.teams.iter().map(|(team, role)| (team, role.name())).collect();
    Stamp::of(&json!([rule.role, rule.priority, teams]))
}

/// In which order rules decide.
#[must_use]
pub fn order_stamp(rules: &[Rule]) -> Stamp {
    let order: Vec<_> = rules.iter().map(|rule| (rule.id, rule.priority)).collect();
    Stamp::of(&json!(order))
}

/// Binds the rules that wait for a group of that name to one that was just made.
pub(super) async fn bind(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    group: GroupId,
    name: &str,
) -> Result<(), CommandError> {
    if change.workspace().await?.rules == 0 {
        return Ok(());
    }
    let now = change.now;
    let bound = store::rules::bind(change.tx, workspace, &text::fold(name), group, now).await?;
    for id in bound {
        let changes = json!({"group": {"old": null, "new": group}});
        change.record(&Event::of("rule", "rule.bound", id.0, name, changes));
    }
    Ok(())
}

pub(super) async fn existing(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    id: RuleId,
) -> Result<Rule, CommandError> {
    change.workspace().await?;
    let rules = change.tx.rules(workspace).await?;
    rules.iter().find(|rule| rule.id == id).cloned().ok_or(CommandError::NotFound)
}

/// What must hold for any rule: it gives something that there is, and that whoever writes it may give.
async fn check(change: &mut Change<'_>, rule: &Rule, grants_admin: bool) -> Result<(), CommandError> {
    let invalid = |attribute, detail: &str| Err(CommandError::Invalid { attribute, detail: detail.into() });
    if rule.role.is_none() && rule.teams.is_empty() {
        return invalid("rule", "a rule gives a role, or teams, or both");
    }
    let roles = change.tx.roles(rule.workspace_id).await?;
    let role = rule.role.map(|id| roles.iter().find(|role| role.id == id).cloned());
    match role {
        Some(None) => return invalid("role_id", "there is no such role in this workspace"),
        Some(Some(role)) if role.is_admin() && !grants_admin => {
            return invalid(
                "grants_admin",
                "this makes everybody in the group an Admin; say grants_admin: true where that is meant",
            );
        }
        Some(Some(role)) => change.may_grant(role.permissions)?,
        None => {}
    }
    for team in rule.teams.keys() {
        if let Err(CommandError::NotFound) = teams::existing(change, rule.workspace_id, *team).await {
            return invalid("teams", "there is no such team in this workspace");
        }
    }
    Ok(())
}

/// What a rule lets people do.
pub(super) async fn permissions(change: &mut Change<'_>, rule: &Rule) -> Result<Permissions, CommandError> {
    let roles = change.tx.roles(rule.workspace_id).await?;
    let role = roles.iter().find(|role| Some(role.id) == rule.role);
    Ok(role.map_or(Permissions::NONE, |role| role.permissions))
}

/// Puts the rules into effect for everybody in a rule's group; a rule without one concerns nobody.
async fn concerned(change: &mut Change<'_>, rule: &Rule) -> Result<(), CommandError> {
    let users: Vec<Uuid> = match rule.group {
        Some(group) => evaluate::people_in(change, group).await?,
        None => Vec::new(),
    };
    evaluate::evaluate(change, &users).await
}

pub(super) fn event(name: &'static str, rule: &Rule, changes: Value) -> Event {
    Event::of("rule", name, rule.id.0, &rule.group_name, changes)
}

async fn described(change: &mut Change<'_>, rule: &Rule) -> Result<Value, CommandError> {
    let roles = change.tx.roles(rule.workspace_id).await?;
    let role = roles.iter().find(|role| Some(role.id) == rule.role).map(|role| role.name.clone());
    Ok(json!({
        "group": rule.group,
        "group_name": rule.group_name,
        "role": role,
        "priority": rule.priority,
        "teams": rule.teams.iter().map(|(team, role)| json!({"id": team, "role": role})).collect::<Vec<_>>(),
    }))
}
