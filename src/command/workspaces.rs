//! Making workspaces and changing their plan, seats and policies.

use serde_json::json;

use super::{Change, Command, CommandError, Stamped, Subject, seats};
use crate::domain::event::{Event, difference};
use crate::domain::plan::MAX_SEATS;
use crate::domain::role::{self, Role};
use crate::domain::seat::SeatPolicy;
use crate::domain::version::Stamp;
use crate::domain::workspace::{Workspace, WorkspaceName};
use crate::ids::{RoleId, WorkspaceId};
use crate::store;

/// A hundred years: the longest that an audit log is kept, but for ever.
const MAX_DAYS: i64 = 36_500;

/// A new workspace with AIsoule's built-in roles and nobody in it.
pub struct CreateWorkspace {
    /// Its name, unique without regard to case.
    pub name: WorkspaceName,
    /// The name of a plan in the file of plans.
    pub plan: String,
    /// Seats of its own instead of the plan's.
    pub seats: Option<i64>,
    /// What happens at the limit.
    pub seat_policy: SeatPolicy,
}

impl Command for CreateWorkspace {
    type Output = Workspace;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn name(&self) -> &'static str {
        "workspace.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("workspace", self.name.as_str())
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Workspace, CommandError> {
        check_plan(change, &self.plan)?;
        check_seats(self.seats)?;
        let workspace = Workspace {
            id: WorkspaceId::fresh(),
            name: self.name.clone(),
            plan: self.plan.clone(),
            seats: self.seats,
            seat_policy: self.seat_policy,
            scim_passwords: true,
            seats_used: 0,
            users: 0,
            groups: 0,
            nested: 0,
            rules: 0,
            holds: 0,
            audit_rows: 0,
            audit_hash: None,
            audit_days: None,
            review_reminded_at: None,
            sso_enforced: false,
            created_at: change.now,
        };
        if !store::workspaces::insert(change.tx, &workspace).await? {
            return Err(CommandError::Clash { kind: "workspace", attribute: "name" });
        }
        for name in role::BUILT_IN {
            let role = Role {
                id: RoleId::fresh(),
                name: name.into(),
                description: role::built_in_description(name).into(),
                is_system: true,
                is_default: name == role::DEFAULT,
                permissions: role::built_in_permissions(name),
            };
            store::roles::insert(change.tx, workspace.id, &role).await?;
        }
        let changes = difference(&json!({}), &described(&workspace));
        change.record_in(
            Some(workspace.id),
            &Event::workspace("workspace.created", workspace.id, self.name.as_str(), changes),
        );
        Ok(workspace)
    }
}

/// Other terms for a workspace; what is `None` stays. Whoever waits for a seat that this frees gets it at once; nobody
/// loses one.
pub struct UpdateWorkspace {
    /// Which one.
    pub id: WorkspaceId,
    /// Another plan.
    pub plan: Option<String>,
    /// Seats of its own; `Some(None)`: the plan's again.
    pub seats: Option<Option<i64>>,
    /// What happens at the limit.
    pub seat_policy: Option<SeatPolicy>,
    /// Whether identity providers may set passwords.
    pub scim_passwords: Option<bool>,
    /// For how many days the audit log is kept; `Some(None)`: for ever.
    pub audit_days: Option<Option<i64>>,
}

impl Command for UpdateWorkspace {
    type Output = Workspace;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.id)
    }

    fn name(&self) -> &'static str {
        "workspace.update"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Workspace, CommandError> {
        if let Some(plan) = &self.plan {
            check_plan(change, plan)?;
        }
        check_seats(self.seats.flatten())?;
        check_days(self.audit_days.flatten())?;
        let plans = change.plans;
        let workspace = change.workspace().await?;
        let (old, before) = (described(workspace), workspace.seats(plans).level());
        workspace.plan = self.plan.clone().unwrap_or_else(|| workspace.plan.clone());
        workspace.seats = self.seats.unwrap_or(workspace.seats);
        workspace.seat_policy = self.seat_policy.unwrap_or(workspace.seat_policy);
        workspace.scim_passwords = self.scim_passwords.unwrap_or(workspace.scim_passwords);
        workspace.audit_days = self.audit_days.unwrap_or(workspace.audit_days);
        let (new, id, name) = (described(workspace), workspace.id, workspace.name.clone());
        let seats_now = workspace.seats(plans);
        if new != old {
            change.record(&Event::workspace("workspace.updated", id, name.as_str(), difference(&old, &new)));
        }
        // A smaller plan warns as the last newcomer would.
        if let Some(alarm) = seats_now.level().filter(|level| Some(*level) > before) {
            seats::tell(change, Some(seats::Limit::new(alarm, seats_now))).await?;
        }
        seats::promote(change).await?;
        Ok(change.workspace().await?.clone())
    }
}

impl Stamped for UpdateWorkspace {
    /// That of how long the audit log is kept, where it is about that; else that of the seats.
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        let workspace = change.workspace().await?;
        Ok(if self.audit_days.is_some() { retention_stamp(workspace) } else { seats_stamp(workspace) })
    }
}

/// In which state the plan of a workspace is, its own number of seats and what happens at the limit.
#[must_use]
pub fn seats_stamp(workspace: &Workspace) -> Stamp {
    Stamp::of(&json!([workspace.plan, workspace.seats, workspace.seat_policy]))
}

/// For how long a workspace keeps its audit log.
#[must_use]
pub fn retention_stamp(workspace: &Workspace) -> Stamp {
    Stamp::of(&json!({"audit_days": workspace.audit_days}))
}

fn described(workspace: &Workspace) -> serde_json::Value {
    json!({
        "name": workspace.name.as_str(),
        "plan": workspace.plan,
        "seats": workspace.seats,
        "seat_policy": workspace.seat_policy,
        "scim_passwords": workspace.scim_passwords,
        "audit_days": workspace.audit_days,
    })
}

fn check_plan(change: &Change<'_>, name: &str) -> Result<(), CommandError> {
    if change.plans.get(name).is_some() {
        return Ok(());
    }
    let known: Vec<&str> = change.plans.names().collect();
    Err(CommandError::Invalid {
        attribute: "plan",
        detail: format!("there is no plan \"{name}\"; there are {}", known.join(", ")),
    })
}

fn check_seats(seats: Option<i64>) -> Result<(), CommandError> {
    match seats {
        Some(seats) if !(0..=MAX_SEATS).contains(&seats) => {
            Err(CommandError::Invalid { attribute: "seats", detail: format!("must be a number from 0 to {MAX_SEATS}") })
        }
        _ => Ok(()),
    }
}

fn check_days(days: Option<i64>) -> Result<(), CommandError> {
    match days {
        Some(days) if !(1..=MAX_DAYS).contains(&days) => Err(CommandError::Invalid {
            attribute: "audit_days",
            detail: format!("must be a number from 1 to {MAX_DAYS}"),
        }),
        _ => Ok(()),
    }
}
