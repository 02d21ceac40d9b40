//! A whole set of rules, as a file states it: put into effect in one transaction, or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rules::{CreateRule, DeleteRule, ForGroup, UpdateRule};
use super::{Change, Command, CommandError, Subject};
use crate::domain::rule::Rule;
use crate::domain::team::TeamRole;
use crate::ids::{RoleId, RuleId, TeamId, WorkspaceId};
use crate::store;
use crate::text;

/// One rule as it is to be.
#[derive(Debug, Clone)]
pub struct WantedRule {
    /// Where it stands, for whoever reads a refusal: "rule 2 (line 9)".
    pub label: String,
    /// For whom. A name means the rule that was made for it, whatever the group is called now.
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

/// Makes the rules of a workspace those of a list. What is so already is left alone.
pub struct ApplyRules {
    /// Where.
    pub workspace: WorkspaceId,
    /// The rules as they are to be.
    pub rules: Vec<WantedRule>,
    /// Whether rules that the list does not name are deleted.
    pub prune: bool,
}

/// What applying a list did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// Rules made.
    pub created: usize,
    /// Rules changed.
    pub changed: usize,
    /// Rules deleted.
    pub deleted: usize,
}

/// Why one rule of a list can't be.
#[derive(Debug, thiserror::Error)]
#[error("{label}: {error}")]
struct Refused {
    label: String,
    error: CommandError,
}

impl Command for ApplyRules {
    type Output = Applied;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "rules.apply"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Applied, CommandError> {
        change.workspace().await?;
        let present = change.tx.rules(self.workspace).await?;
        let admin = change.tx.roles(self.workspace).await?.iter().find(|role| role.is_admin()).map(|role| role.id);
        let mut claimed: BTreeMap<RuleId, &str> = BTreeMap::new();
        let mut steps = Vec::with_capacity(self.rules.len());
        for wanted in &self.rules {
            let rule = matching(change, &present, wanted).await.map_err(|error| labelled(wanted, error))?;
            if let Some(first) = rule.and_then(|rule| claimed.insert(rule.id, &wanted.label)) {
                let detail = format!("is for the same group as {first}");
                return Err(labelled(wanted, CommandError::Invalid { attribute: "group", detail }));
            }
            steps.push((wanted, rule));
        }
        // Nobody is without an Admin between two steps who has one at the end.
        steps.sort_by_key(|(wanted, _)| wanted.role.is_none() || wanted.role != admin);
        let mut applied = Applied::default();
        for (wanted, rule) in steps {
            self.step(change, wanted, rule, &mut applied).await.map_err(|error| labelled(wanted, error))?;
        }
        for rule in present.iter().filter(|rule| self.prune && !claimed.contains_key(&rule.id)) {
            DeleteRule { workspace: self.workspace, id: rule.id }.run(change).await?;
            applied.deleted += 1;
        }
        Ok(applied)
    }
}

impl ApplyRules {
    async fn step(
        &self,
        change: &mut Change<'_>,
        wanted: &WantedRule,
        rule: Option<&Rule>,
        applied: &mut Applied,
    ) -> Result<(), CommandError> {
        let (workspace, grants_admin) = (self.workspace, wanted.grants_admin);
        let (role, priority, teams) = (wanted.role, wanted.priority, wanted.teams.clone());
        let Some(old) = rule else {
            let (id, group) = (RuleId::fresh(), wanted.group.clone());
            CreateRule { workspace, id, group, role, priority, teams, grants_admin }.run(change).await?;
            applied.created += 1;
            return Ok(());
        };
        let (id, role, priority, teams) = (old.id, Some(role), Some(priority), Some(teams));
        let new = UpdateRule { workspace, id, role, priority, teams, grants_admin }.run(change).await?;
        applied.changed += usize::from(new != *old);
        Ok(())
    }
}

/// The rule that is there already for the same group.
async fn matching<'r>(
    change: &mut Change<'_>,
    present: &'r [Rule],
    wanted: &WantedRule,
) -> Result<Option<&'r Rule>, CommandError> {
    let bound = |group| present.iter().find(|rule| rule.group == Some(group));
    let name = match &wanted.group {
        ForGroup::Id(id) => return Ok(bound(*id)),
        ForGroup::Name(name) => name.trim(),
    };
    let mut called = present.iter().filter(|rule| text::same(&rule.group_name, name));
    match (called.next(), called.next()) {
        (Some(rule), None) => Ok(Some(rule)),
        (Some(_), Some(_)) => {
            let detail = format!("several rules are for groups called \"{name}\"; say which by group_id");
            Err(CommandError::Invalid { attribute: "group", detail })
        }
        (None, _) => {
            let workspace = change.workspace().await?.id;
            let groups = store::groups::namesakes(change.tx, workspace, &text::fold(name)).await?;
            Ok(if let [group] = groups.as_slice() { bound(group.id) } else { None })
        }
    }
}

/// A refusal that says which rule it is about.
fn labelled(wanted: &WantedRule, error: CommandError) -> CommandError {
    match error {
        CommandError::Store(error) => CommandError::Store(error),
        error => CommandError::Edit(Arc::new(Refused { label: wanted.label.clone(), error })),
    }
}
