//! Connecting a remote AIsoule workspace, pausing that, and ending it.

use serde_json::{Value, json};

use super::mails::{Letter, post_to_admins};
use super::{Change, Command, CommandError, Stamped, Subject};
use crate::connector::profile::check_base_url;
use crate::domain::event::{Event, difference};
use crate::domain::permission::Permissions;
use crate::domain::version::Stamp;
use crate::ids::{UserId, WorkspaceId};
use crate::store;
use crate::store::connector_links::LinkRow;
use crate::store::connectors::{self, ConnectorRow, NewWork};

/// What a connector gets to see and hands on.
const SEES: [&str; 3] = ["users:read", "roles:read", "teams:read"];

/// A new connector. Everybody who may work is brought over.
pub struct CreateConnector {
    /// Where.
    pub workspace: WorkspaceId,
    /// The name of a profile of the settings.
    pub profile: String,
    /// Where the API is.
    pub base_url: String,
    /// Its key, sealed for [`connectors::place`].
    pub api_key: Vec<u8>,
    /// Whether every remote account with somebody's address becomes theirs.
    pub adopts: bool,
    /// Whether an address on this machine is allowed.
    pub loopback: bool,
}

impl Command for CreateConnector {
    type Output = ConnectorRow;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connector.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("connector", &self.base_url)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<ConnectorRow, CommandError> {
        change.workspace().await?;
        may_connect(change)?;
        checked(&self.base_url, self.loopback)?;
        let row = ConnectorRow {
            workspace_id: self.workspace.0,
            profile: self.profile.clone(),
            base_url: self.base_url.clone(),
            api_key: self.api_key.clone(),
            adopts: self.adopts,
            state: "running".into(),
            problem: None,
            cursor: store::outbox::last(change.tx, self.workspace).await?,
            lease: None,
            leased_until: None,
            last_success_at: None,
            reconciled_at: None,
            wanted: None,
            created_at: change.now,
            updated_at: change.now,
        };
        if !connectors::insert(change.tx, &row).await? {
            return Err(CommandError::Clash { kind: "connector", attribute: "workspace" });
        }
        change.record(&event("connector.created", &row, difference(&json!({}), &described(&row))));
        Ok(row)
    }
}

/// Other terms for a connector.
pub struct UpdateConnector {
    /// Where.
    pub workspace: WorkspaceId,
    /// Another profile.
    pub profile: Option<String>,
    /// Another address, for which the key has to be given again: it must not go anywhere else than it was given for.
    pub base_url: Option<String>,
    /// Another key, sealed for [`connectors::place`] of the address that is to be.
    pub api_key: Option<Vec<u8>>,
    /// Whether every remote account with somebody's address becomes theirs.
    pub adopts: Option<bool>,
    /// Whether an address on this machine is allowed.
    pub loopback: bool,
}

impl Command for UpdateConnector {
    type Output = ConnectorRow;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connector.update"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<ConnectorRow, CommandError> {
        let old = existing(change, self.workspace).await?;
        may_connect(change)?;
        let mut new = old.clone();
        new.profile = self.profile.clone().unwrap_or(new.profile);
        new.adopts = self.adopts.unwrap_or(new.adopts);
        new.base_url = self.base_url.clone().unwrap_or(new.base_url);
        checked(&new.base_url, self.loopback)?;
        if self.api_key.is_none() && (&new.base_url, &new.profile) != (&old.base_url, &old.profile) {
            let detail = "has to be given again when the address or the profile changes";
            return Err(CommandError::Invalid { attribute: "api_key", detail: detail.into() });
        }
        new.api_key = self.api_key.clone().unwrap_or(new.api_key);
        new.updated_at = change.now;
        let is_elsewhere = new.base_url != old.base_url;
        if is_elsewhere {
            // Who is who there is not who was who elsewhere, and whoever still works there must note nothing here.
            store::connector_links::forget_all(change.tx, self.workspace).await?;
            connectors::free(change.tx, self.workspace).await?;
        }
        connectors::update(change.tx, &new).await?;
        if is_elsewhere || new.profile != old.profile || (new.adopts && !old.adopts) {
            connectors::fill(change.tx, self.workspace).await?;
            connectors::retry_all(change.tx, self.workspace, change.now).await?;
        } else if self.api_key.is_some() && old.wanted.is_none() {
            // Whether it is the same workspace that another key opens shows in a comparison alone.
            connectors::set_wanted(change.tx, self.workspace, "compare").await?;
            new.wanted = Some("compare".into());
        }
        let mut changes = difference(&described(&old), &described(&new));
        if let (Some(_), Some(changes)) = (&self.api_key, changes.as_object_mut()) {
            changes.insert("api_key".into(), json!({"old": "***", "new": "***"}));
            // Another key may be what it was stopped for.
            if old.state == "stopped" {
                resume(change, &old).await?;
                connectors::set_state(change.tx, self.workspace, "running", old.problem.clone(), change.now).await?;
                new.state = "running".into();
            }
        }
        change.record(&event("connector.updated", &new, changes));
        Ok(new)
    }
}

impl Stamped for UpdateConnector {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        Ok(stamp(&existing(change, self.workspace).await?))
    }
}

/// What is to become of a connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch {
    /// Nothing is sent until somebody resumes it; what changes is remembered.
    Pause,
    /// It goes on, also with what was stuck.
    Resume,
    /// The other side refuses the key: in words, and which key, as it is sealed. Where it has another by now, it goes on.
    Stop {
        /// Why.
        why: String,
        /// The sealed key.
        key: Vec<u8>,
    },
}

/// Whether a connector runs.
pub struct SwitchConnector {
    /// Where.
    pub workspace: WorkspaceId,
    /// What is to become of it.
    pub to: Switch,
}

impl Command for SwitchConnector {
    type Output = ConnectorRow;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connector.switch"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<ConnectorRow, CommandError> {
        let old = existing(change, self.workspace).await?;
        let (name, state, problem) = match &self.to {
            // Why it was stopped holds until a comparison shows that it works again.
            Switch::Pause => ("connector.paused", "paused", old.problem.clone()),
            Switch::Resume => ("connector.resumed", "running", old.problem.clone()),
            // Of several requests that are refused at once only the first is told of.
            Switch::Stop { key, .. } if old.state != "running" || *key != old.api_key => return Ok(old),
            Switch::Stop { why, .. } => ("connector.stopped", "stopped", Some(why.clone())),
        };
        if self.to == Switch::Resume {
            resume(change, &old).await?;
            if old.problem.is_some() && old.wanted.is_none() {
                connectors::set_wanted(change.tx, self.workspace, "compare").await?;
            }
        }
        let new = ConnectorRow { state: state.to_owned(), problem: problem.clone(), ..old.clone() };
        connectors::set_state(change.tx, self.workspace, state, problem.clone(), change.now).await?;
        change.record(&event(name, &new, difference(&described(&old), &described(&new))));
        // Whoever tries in vain is told once.
        if let (Switch::Stop { .. }, Some(problem), None) = (&self.to, problem, &old.problem) {
            post_to_admins(change, Letter::ConnectorStopped { url: old.base_url, problem }).await?;
        }
        Ok(new)
    }
}

/// The end of a connector. Nothing changes there.
pub struct RemoveConnector {
    /// Where.
    pub workspace: WorkspaceId,
}

impl Command for RemoveConnector {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connector.remove"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let old = existing(change, self.workspace).await?;
        connectors::delete(change.tx, self.workspace).await?;
        change.record(&event("connector.removed", &old, difference(&described(&old), &json!({}))));
        Ok(())
    }
}

/// That the remote account with a user's address is theirs.
pub struct ClaimAccount {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose it is.
    pub user: UserId,
}

impl Command for ClaimAccount {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connector.claim"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let row = existing(change, self.workspace).await?;
        let user = store::users::find(change.tx, self.workspace, self.user).await?.ok_or(CommandError::NotFound)?;
        let link = store::connector_links::find(change.tx, self.workspace, "user", self.user.0).await?;
        let link = link.unwrap_or_else(|| LinkRow::new(self.workspace, "user", self.user.0));
        if link.remote_id.is_some() {
            let detail = "they have a remote account already";
            return Err(CommandError::Invalid { attribute: "user", detail: detail.into() });
        }
        store::connector_links::put(change.tx, &LinkRow { claimed: true, ..link }).await?;
        let work = NewWork { kind: "user", local_id: self.user.0, rank: 1, seq: row.cursor, since: change.now };
        connectors::put(change.tx, self.workspace, &[work], change.now).await?;
        let address = user.email().map(|email| email.as_str().to_owned());
        let changes = json!({"user": {"new": self.user}, "address": {"new": address}});
        change.record(&event("connector.claimed", &row, changes));
        Ok(())
    }
}

/// That both sides are to be compared, and what is found mended where `apply` says so. A running server does it.
pub struct AskForComparison {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whether to mend.
    pub apply: bool,
}

impl Command for AskForComparison {
    type Output = ConnectorRow;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connector.reconcile"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<ConnectorRow, CommandError> {
        let row = existing(change, self.workspace).await?;
        let wanted = if self.apply { "apply" } else { "compare" };
        connectors::set_wanted(change.tx, self.workspace, wanted).await?;
        let changes = json!({"reconcile": {"new": wanted}});
        change.record(&event("connector.reconcile_asked", &row, changes));
        Ok(ConnectorRow { wanted: Some(wanted.into()), ..row })
    }
}

pub(super) async fn existing(change: &mut Change<'_>, workspace: WorkspaceId) -> Result<ConnectorRow, CommandError> {
    change.workspace().await?;
    connectors::find(change.tx, workspace).await?.ok_or(CommandError::NotFound)
}

/// Tries everything again. Where what happened may be forgotten by now, everybody is looked at.
async fn resume(change: &mut Change<'_>, old: &ConnectorRow) -> Result<(), CommandError> {
    let workspace = WorkspaceId(old.workspace_id);
    let oldest = store::outbox::oldest(change.tx, workspace).await?;
    if old.cursor > 0 && (oldest == 0 || oldest > old.cursor) {
        connectors::fill(change.tx, workspace).await?;
    }
    connectors::retry_all(change.tx, workspace, change.now).await?;
    Ok(())
}

/// Whoever connects a workspace hands on what the connector sees.
fn may_connect(change: &Change<'_>) -> Result<(), CommandError> {
    change.may_grant(Permissions::known(SEES))
}

fn checked(base_url: &str, loopback: bool) -> Result<(), CommandError> {
    check_base_url(base_url, loopback)
        .map_err(|problem| CommandError::Invalid { attribute: "base_url", detail: problem.into() })
}

pub(super) fn event(name: &'static str, row: &ConnectorRow, changes: Value) -> Event {
    Event::credential(name, "connector", row.workspace_id.to_string(), &row.base_url, changes)
}

/// In which state the settings of a connector are, with its key as it is sealed.
#[must_use]
pub fn stamp(row: &ConnectorRow) -> Stamp {
    Stamp::of(&json!([row.profile, row.base_url, row.adopts, row.api_key]))
}

fn described(row: &ConnectorRow) -> Value {
    json!({
        "profile": row.profile, "base_url": row.base_url, "adopts": row.adopts, "state": row.state, "problem": row.problem,
    })
}
