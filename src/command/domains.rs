//! Domains of a workspace: adding, proving, giving to a connection; and whether signing in through one is enforced.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Change, Command, CommandError, Stamped, Subject, connections, sessions};
use crate::domain::domains::{self, Domain};
use crate::domain::event::Event;
use crate::domain::permission::Permissions;
use crate::domain::user::User;
use crate::domain::version::Stamp;
use crate::ids::{ConnectionId, DomainId, WorkspaceId};
use crate::store;

/// For how long a domain counts whose record is missing: a mistake in somebody's DNS must lock nobody out.
const PATIENCE: TimeDelta = TimeDelta::days(14);

/// A new domain, not proved yet. One that is there already gets the connection, and keeps its challenge.
pub struct AddDomain {
    /// Where.
    pub workspace: WorkspaceId,
    /// Its name, as somebody wrote it.
    pub domain: String,
    /// The connection that serves it.
    pub connection: Option<ConnectionId>,
    /// What its record will have to say: random, made outside.
    pub challenge: String,
}

impl Command for AddDomain {
    type Output = Domain;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "domain.add"
    }

    fn subject(&self) -> Subject {
        Subject::new("domain", &self.domain)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Domain, CommandError> {
        change.workspace().await?;
        change.may_grant(Permissions::ALL)?;
        let Some(name) = domains::name(&self.domain) else {
            let detail = "is a domain such as acme.org".into();
            return Err(CommandError::Invalid { attribute: "domain", detail });
        };
        if let Some(connection) = self.connection {
            let found = connections::existing(change, self.workspace, connection).await;
            found.map_err(|error| missing(error, "connection_id", "there is no such connection in this workspace"))?;
        }
        if let Some(mut known) = store::domains::find(change.tx, self.workspace, &name).await? {
            if self.connection.is_some() && known.connection != self.connection {
                may_move(&known)?;
                let changes = json!({"connection_id": {"old": known.connection, "new": self.connection}});
                known.connection = self.connection;
                store::domains::update(change.tx, &known).await?;
                change.record(&Event::of("domain", "domain.updated", known.id.0, &name, changes));
            }
            return Ok(known);
        }
        let domain = Domain {
            id: DomainId::fresh(),
            workspace_id: self.workspace,
            name,
            connection: self.connection,
            challenge: self.challenge.clone(),
            sso_enforced: false,
            proved_at: None,
            checked_at: None,
            problem: None,
            missing_since: None,
            vouched: false,
            created_at: change.now,
        };
        store::domains::insert(change.tx, &domain).await?;
        let changes = json!({"connection_id": {"new": domain.connection}});
        change.record(&Event::of("domain", "domain.added", domain.id.0, &domain.name, changes));
        Ok(domain)
    }
}

impl Stamped for AddDomain {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        Ok(stamp(&known(change, self.workspace, &self.domain).await?))
    }
}

/// In which state it is to which connection a domain leads.
#[must_use]
pub fn stamp(domain: &Domain) -> Stamp {
    Stamp::of(&json!([domain.connection]))
}

/// How somebody shows that a domain is the workspace's.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The TXT records that were found.
    Records(Vec<String>),
    /// None was found, for this reason.
    Nothing(String),
    /// Nobody answered.
    Unknown(String),
    /// Whoever runs the bridge says so.
    Word,
}

/// The outcome of looking for a domain's record.
pub struct ProveDomain {
    /// Where.
    pub workspace: WorkspaceId,
    /// Its name.
    pub domain: String,
    /// What was found.
    pub proof: Proof,
}

impl Command for ProveDomain {
    type Output = Domain;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "domain.prove"
    }

    fn subject(&self) -> Subject {
        Subject::new("domain", &self.domain)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Domain, CommandError> {
        let mut domain = known(change, self.workspace, &self.domain).await?;
        change.may_grant(Permissions::ALL)?;
        let old = domain.clone();
        let (is_proved, by) = match &self.proof {
            Proof::Records(records) => (domain.is_proved_by(records), "TXT record"),
            Proof::Nothing(_) | Proof::Unknown(_) => (false, ""),
            Proof::Word => (true, "the operator's word"),
        };
        domain.checked_at = Some(change.now);
        domain.problem = match &self.proof {
            _ if is_proved => None,
            Proof::Nothing(why) | Proof::Unknown(why) => Some(why.clone()),
            _ => Some(format!("{} does not say \"{}\"", domain.record_name(), domain.record_value())),
        };
        if is_proved && domain.proved_at.is_none() {
            if let Some(other) = store::domains::proved(change.tx, &domain.name).await?
                && other.workspace_id != self.workspace
            {
                return Err(CommandError::Clash { kind: "workspace", attribute: "domain" });
            }
            (domain.proved_at, domain.missing_since) = (Some(change.now), None);
            domain.vouched = matches!(self.proof, Proof::Word);
            let changes = json!({"proved_by": {"new": by}});
            change.record(&Event::of("domain", "domain.proved", domain.id.0, &domain.name, changes));
        } else if self.lapses(&mut domain, is_proved, change.now) {
            let changes =
                json!({"proved_at": {"old": old.proved_at, "new": null}, "missing_since": {"old": old.missing_since}});
            change.record(&Event::of("domain", "domain.lapsed", domain.id.0, &domain.name, changes));
        } else if domain.problem != old.problem {
            let changes = json!({"problem": {"old": old.problem, "new": domain.problem}});
            change.record(&Event::of("domain", "domain.checked", domain.id.0, &domain.name, changes));
        }
        store::domains::update(change.tx, &domain).await?;
        Ok(domain)
    }
}

impl ProveDomain {
    /// Whether the domain counts no longer, because its record has been missing for too long: it may be somebody else's by
    /// now. One whose people have to sign in through their connection goes on counting, or they would be shut out.
    fn lapses(&self, domain: &mut Domain, is_proved: bool, now: DateTime<Utc>) -> bool {
        domain.vouched |= matches!(self.proof, Proof::Word);
        if is_proved || domain.vouched {
            domain.missing_since = None;
        }
        if is_proved || domain.proved_at.is_none() || domain.vouched {
            return false;
        }
        if matches!(self.proof, Proof::Unknown(_)) {
            return false;
        }
        let since = *domain.missing_since.get_or_insert(now);
        if domain.sso_enforced || now - since < PATIENCE {
            return false;
        }
        // That it is missing stays noted, so that it is looked for again.
        domain.proved_at = None;
        true
    }
}

/// The end of a domain.
pub struct RemoveDomain {
    /// Where.
    pub workspace: WorkspaceId,
    /// Its name.
    pub domain: String,
}

impl Command for RemoveDomain {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "domain.remove"
    }

    fn subject(&self) -> Subject {
        Subject::new("domain", &self.domain)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let domain = known(change, self.workspace, &self.domain).await?;
        change.may_grant(Permissions::ALL)?;
        may_move(&domain)?;
        store::domains::delete(change.tx, domain.id).await?;
        change.record(&Event::of("domain", "domain.removed", domain.id.0, &domain.name, json!({})));
        Ok(())
    }
}

/// Whether people have to sign in through a connection: everybody, or those of one domain. Protected accounts never have
/// to: they are the way in when the provider does not answer.
pub struct EnforceSso {
    /// Where.
    pub workspace: WorkspaceId,
    /// The domain; none: everybody.
    pub domain: Option<String>,
    /// Whether.
    pub enforced: bool,
}

impl Command for EnforceSso {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "sso.enforce"
    }

    fn subject(&self) -> Subject {
        match &self.domain {
            Some(domain) => Subject::new("domain", domain),
            None => Subject::of("workspace", &self.workspace),
        }
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        change.may_grant(Permissions::ALL)?;
        if self.enforced {
            self.has_way_back(change).await?;
        }
        let mut works = store::connections::of_workspace(change.tx, self.workspace).await?;
        works.retain(|connection| connection.enabled && connection.admin_came_in_at.is_some());
        let event = if self.enforced { "sso.enforced" } else { "sso.released" };
        let changes = json!({"sso_enforced": {"old": !self.enforced, "new": self.enforced}});
        let Some(domain) = &self.domain else {
            if self.enforced && works.is_empty() {
                return Err(CommandError::NobodyCameIn);
            }
            let workspace = change.workspace().await?;
            let (id, name, was) = (workspace.id, workspace.name.clone(), workspace.sso_enforced);
            workspace.sso_enforced = self.enforced;
            if was != self.enforced {
                change.record(&Event::workspace(event, id, name.as_str(), changes));
                self.end_others(change).await?;
            }
            return Ok(());
        };
        let found = known(change, self.workspace, domain).await;
        let mut domain =
            found.map_err(|error| missing(error, "domain", "this workspace has no such domain; add it first"))?;
        if self.enforced {
            if domain.proved_at.is_none() {
                let detail = "has to be proved first".into();
                return Err(CommandError::Invalid { attribute: "domain", detail });
            }
            if !works.iter().any(|connection| Some(connection.id) == domain.connection) {
                return Err(CommandError::NobodyCameIn);
            }
        }
        if domain.sso_enforced != self.enforced {
            domain.sso_enforced = self.enforced;
            store::domains::update(change.tx, &domain).await?;
            change.record(&Event::of("domain", event, domain.id.0, &domain.name, changes));
            self.end_others(change).await?;
        }
        Ok(())
    }
}

impl EnforceSso {
    /// Refuses where nobody could get in when the provider does not answer.
    async fn has_way_back(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let admin = change.tx.roles(self.workspace).await?.iter().find(|role| role.is_admin()).map(|role| role.id);
        let admin = admin.ok_or(CommandError::NoWayBack)?;
        let count = store::passwords::protected_holders(change.tx, self.workspace, admin).await?;
        if count == 0 { Err(CommandError::NoWayBack) } else { Ok(()) }
    }

    /// Whoever came in by a door that is shut for them now goes out.
    async fn end_others(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        if !self.enforced {
            return Ok(());
        }
        for session in store::sessions::of_workspace(change.tx, self.workspace).await? {
            let found = store::users::find(change.tx, self.workspace, session.user_id).await?;
            let Some(user) = found else { continue };
            let is_shut = match session.upstream() {
                Some(upstream) => wants_another(change, &user, upstream.connection).await?,
                None => must_use_sso(change, &user).await?,
            };
            if is_shut {
                sessions::end(change, &session, "single sign-on enforced").await?;
            }
        }
        Ok(())
    }
}

/// That something which was named besides the subject is not there.
fn missing(error: CommandError, attribute: &'static str, detail: &str) -> CommandError {
    match error {
        CommandError::NotFound => CommandError::Invalid { attribute, detail: detail.into() },
        other => other,
    }
}

/// Whether somebody has to sign in through a connection, so that their password opens nothing. The protected never have to.
///
/// # Errors
/// [`CommandError::Store`]
pub(super) async fn must_use_sso(change: &mut Change<'_>, user: &User) -> Result<bool, CommandError> {
    if user.protected {
        return Ok(false);
    }
    if change.workspace().await?.sso_enforced {
        return Ok(true);
    }
    let Some(name) = user.email().and_then(|email| domains::of_email(&email.key())) else { return Ok(false) };
    let domain = store::domains::find(change.tx, user.workspace_id, &name).await?;
    Ok(domain.is_some_and(|domain| domain.sso_enforced && domain.proved_at.is_some()))
}

/// Whether somebody has to sign in through another connection than this one. The protected never have to.
///
/// # Errors
/// [`CommandError::Store`]
pub(super) async fn wants_another(
    change: &mut Change<'_>,
    user: &User,
    connection: ConnectionId,
) -> Result<bool, CommandError> {
    let name = user.email().and_then(|email| domains::of_email(&email.key()));
    let (Some(name), false) = (name, user.protected) else { return Ok(false) };
    let domain = store::domains::find(change.tx, user.workspace_id, &name).await?;
    Ok(domain.is_some_and(|domain| {
        domain.sso_enforced && domain.proved_at.is_some() && domain.connection != Some(connection)
    }))
}

/// Refuses to take a domain away whose people could not sign in any more.
const fn may_move(domain: &Domain) -> Result<(), CommandError> {
    if domain.sso_enforced { Err(CommandError::Enforced) } else { Ok(()) }
}

async fn known(change: &mut Change<'_>, workspace: WorkspaceId, domain: &str) -> Result<Domain, CommandError> {
    change.workspace().await?;
    let name = domains::name(domain).ok_or(CommandError::NotFound)?;
    store::domains::find(change.tx, workspace, &name).await?.ok_or(CommandError::NotFound)
}
