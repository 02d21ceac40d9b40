//! What the rules give, put into effect for whomever a change concerned.
//!
//! The outcome depends on who is in which group now, and on nothing else: not on the order in which groups changed.
//! Inactive people follow the rules too, so that whoever comes back has what they should have.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Change, CommandError};
use crate::domain::event::Event;
use crate::domain::permission::Permissions;
use crate::domain::role::{Role, RoleSource};
use crate::domain::rule::{self, Given};
use crate::domain::team::{TeamRole, TeamSource};
use crate::domain::user::Standing;
use crate::ids::{GroupId, RoleId, RuleId, TeamId, UserId};
use crate::store::rules::Holder;
use crate::store::teams::{self, Membership};
use crate::store::{self, groups::members, rules};

/// How many users are decided about at a time.
const CHUNK: usize = 256;

/// Whether a change of who is in that group can change what anybody is given: it has a rule, or it may be in one that has.
pub async fn matters(change: &mut Change<'_>, group: GroupId) -> Result<bool, CommandError> {
    let workspace = change.workspace().await?;
    if workspace.rules == 0 {
        return Ok(false);
    }
    let (id, nested) = (workspace.id, workspace.nested > 0);
    Ok(nested || change.tx.rules(id).await?.iter().any(|rule| rule.group == Some(group)))
}

/// Refuses where whoever changes who is in that group lacks what a rule gives to those in it, or in a group that it is
/// in: also where nobody's role changes by it now.
pub async fn may_touch(change: &mut Change<'_>, group: GroupId) -> Result<(), CommandError> {
    let powers = powers_of(change, group).await?;
    change.may_grant(powers)
}

/// Whether a rule makes those in that group, or in a group that it is in, Admins.
pub async fn gives_everything(change: &mut Change<'_>, group: GroupId) -> Result<bool, CommandError> {
    Ok(powers_of(change, group).await?.covers(Permissions::ALL))
}

async fn powers_of(change: &mut Change<'_>, group: GroupId) -> Result<Permissions, CommandError> {
    let workspace = change.workspace().await?;
    let (id, nested) = (workspace.id, workspace.nested > 0);
    let rules = change.tx.rules(id).await?;
    let mut groups = BTreeSet::from([group]);
    if nested {
        let above = rules::belongings(change.tx, id, &[group.0], nested).await?;
        groups.extend(above.into_iter().map(|row| GroupId(row.group_id)));
    }
    let roles = change.tx.roles(id).await?;
    let given =
        rule::concerning(&rules, &groups).filter_map(|rule| roles.iter().find(|role| Some(role.id) == rule.role));
    Ok(given.fold(Permissions::NONE, |all, role| all.union(role.permissions)))
}

/// Everybody in a group, also through groups in it.
pub async fn people_in(change: &mut Change<'_>, group: GroupId) -> Result<Vec<Uuid>, CommandError> {
    Ok(members::users_in(change.tx, group).await?)
}

/// Gives these users what the rules give them now.
pub async fn evaluate(change: &mut Change<'_>, users: &[Uuid]) -> Result<(), CommandError> {
    if users.is_empty() {
        return Ok(());
    }
    let workspace = change.workspace().await?;
    let (id, nested) = (workspace.id, workspace.nested > 0);
    let mut outcome = Outcome { roles: change.tx.roles(id).await?.to_vec(), ..Outcome::default() };
    let rules = change.tx.rules(id).await?;
    for chunk in users.chunks(CHUNK) {
        let holders = rules::holders(change.tx, chunk).await?;
        let mut groups: HashMap<Uuid, BTreeSet<GroupId>> = HashMap::new();
        if !rules.is_empty() {
            for row in rules::belongings(change.tx, id, chunk, nested).await? {
                groups.entry(row.user_id).or_default().insert(GroupId(row.group_id));
            }
        }
        let mut held: HashMap<Uuid, Vec<Membership>> = HashMap::new();
        for row in teams::of_users(change.tx, chunk).await? {
            held.entry(row.user_id).or_default().push(row);
        }
        for holder in &holders {
            let given = groups.get(&holder.id).map_or_else(Given::default, |groups| rule::given(&rules, groups));
            outcome.decide_role(holder, given.role);
            outcome.decide_teams(holder, &given.teams, held.get(&holder.id).map_or(&[][..], Vec::as_slice));
        }
        change.may_grant(outcome.powers)?;
        outcome.store(change).await?;
    }
    let admin = outcome.roles.iter().find(|role| role.is_admin()).map(|role| role.id);
    if let (true, Some(admin)) = (outcome.lost_an_admin, admin)
        && store::users::active_holders(change.tx, admin).await? == 0
    {
        return Err(CommandError::LastAdmin);
    }
    Ok(())
}

/// Who gets what, before it is stored.
#[derive(Default)]
struct Outcome {
    roles: Vec<Role>,
    /// Role and rule, and who gets them.
    gives: BTreeMap<(RoleId, Option<RuleId>), Vec<Uuid>>,
    joins: Vec<(TeamId, Uuid, TeamRole)>,
    leaves: BTreeMap<TeamId, Vec<Uuid>>,
    /// User, name and what changed of their role.
    role_changes: Vec<(Uuid, String, Value)>,
    team_changes: Vec<TeamChange>,
    lost_an_admin: bool,
    /// What whoever makes the change must have themselves: everything that a role allows which it gives or takes.
    powers: Permissions,
}

/// Who joins and leaves which teams.
struct TeamChange {
    user: Uuid,
    name: String,
    joined: BTreeMap<TeamId, TeamRole>,
    left: BTreeSet<TeamId>,
}

impl Outcome {
    fn role(&self, id: RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
    }

    fn decide_role(&mut self, holder: &Holder, given: Option<(RuleId, RoleId)>) {
        if holder.role_source == RoleSource::Manual.name() {
            return;
        }
        let default = self.roles.iter().find(|role| role.is_default).map(|role| role.id);
        let (rule, Some(role)) = (given.map(|(rule, _)| rule), given.map(|(_, role)| role).or(default)) else { return };
        let source = if rule.is_some() { RoleSource::Rule } else { RoleSource::Default };
        let old = RoleId(holder.role_id);
        if old == role && holder.role_source == source.name() && holder.role_rule_id == rule.map(|id| id.0) {
            return;
        }
        self.gives.entry((role, rule)).or_default().push(holder.id);
        let powers = |id| self.role(id).map_or(Permissions::NONE, |role| role.permissions);
        self.powers = self.powers.union(powers(old)).union(powers(role));
        let name = |id| self.role(id).map(|role| role.name.clone());
        let mut changes = json!({});
        let mut note = |key: &str, old: Value, new: Value| {
            if old != new
                && let Some(changes) = changes.as_object_mut()
            {
                changes.insert(key.into(), json!({"old": old, "new": new}));
            }
        };
        note("role", json!(name(old)), json!(name(role)));
        note("roleSource", json!(holder.role_source), json!(source.name()));
        note("rule", json!(holder.role_rule_id), json!(rule));
        self.role_changes.push((holder.id, holder.name.clone(), changes));
        let is_admin = |id| self.role(id).is_some_and(Role::is_admin);
        self.lost_an_admin |= holder.standing == Standing::Active.name() && is_admin(old) && !is_admin(role);
    }

    fn decide_teams(&mut self, holder: &Holder, given: &BTreeMap<TeamId, TeamRole>, held: &[Membership]) {
        let (mut joined, mut left) = (BTreeMap::new(), BTreeSet::new());
        for (team, role) in given {
            let now = held.iter().find(|row| row.team_id == team.0);
            if now.is_none_or(|row| row.source() == TeamSource::Rule && row.role() != *role) {
                self.joins.push((*team, holder.id, *role));
                joined.insert(*team, *role);
            }
        }
        for row in held.iter().filter(|row| row.source() == TeamSource::Rule) {
            let team = TeamId(row.team_id);
            if !given.contains_key(&team) {
                self.leaves.entry(team).or_default().push(holder.id);
                left.insert(team);
            }
        }
        if !joined.is_empty() || !left.is_empty() {
            self.team_changes.push(TeamChange { user: holder.id, name: holder.name.clone(), joined, left });
        }
    }

    async fn store(&mut self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let now = change.now;
        for ((role, rule), users) in std::mem::take(&mut self.gives) {
            let source = if rule.is_some() { RoleSource::Rule } else { RoleSource::Default };
            rules::give(change.tx, &users, role, source.name(), rule, now).await?;
        }
        for (team, users) in std::mem::take(&mut self.leaves) {
            teams::remove_many(change.tx, team, &users).await?;
        }
        teams::put_many(change.tx, &std::mem::take(&mut self.joins), now).await?;
        for (user, name, changes) in self.role_changes.drain(..) {
            let event = if changes.get("role").is_some() { "user.role_changed" } else { "user.updated" };
            change.record(&Event::user(event, UserId(user), &name, changes));
        }
        for moved in std::mem::take(&mut self.team_changes) {
            change.record(&team_change(UserId(moved.user), &moved.name, &moved.joined, &moved.left));
        }
        Ok(())
    }
}

/// That somebody joined teams, or left them.
pub fn team_change(user: UserId, name: &str, joined: &BTreeMap<TeamId, TeamRole>, left: &BTreeSet<TeamId>) -> Event {
    let joined: Vec<Value> = joined.iter().map(|(team, role)| json!({"id": team, "role": role})).collect();
    Event::user("user.team_changed", user, name, json!({"teams": {"joined": joined, "left": left}}))
}
