//! Making, editing and deleting webhook endpoints, and replacing their secrets.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Change, Command, CommandError, Stamped, Subject};
use crate::delivery::schedule::is_open;
use crate::delivery::{filter, sign};
use crate::domain::endpoint::{Endpoint, EndpointState, shown};
use crate::domain::event::{Event, difference};
use crate::domain::version::Stamp;
use crate::ids::{EndpointId, WorkspaceId};
use crate::outbound;
use crate::sealed::{KeyError, MasterKey};
use crate::settings::Secret;
use crate::store::endpoints::{self, Kept, secret_place, url_place};
use crate::store::{StoreError, deliveries, delivery_lanes, outbox};

/// How many endpoints a workspace has at the most.
const MOST: i64 = 50;
/// For how many hours an old secret is signed with too, at the most.
pub const LONGEST_OVERLAP: i64 = 168;
/// Ports above 1023 at which services listen that speak no HTTP and must not be spoken to.
const OTHER_SERVICES: [u16; 14] =
    [1_433, 1_521, 2_049, 2_375, 2_379, 3_306, 3_389, 5_432, 5_672, 5_900, 6_379, 11_211, 27_017, 50_000];

/// With what the address and the secrets of an endpoint are sealed, and where it may be.
#[derive(Clone)]
pub struct Seal {
    /// The key.
    pub master: MasterKey,
    /// Whether addresses on this machine are allowed.
    pub loopback: bool,
}

/// A new endpoint.
pub struct CreateEndpoint {
    /// Where.
    pub workspace: WorkspaceId,
    /// What people call it; once a workspace.
    pub name: String,
    /// Where events are posted to.
    pub url: Secret,
    /// Names of events and patterns; none: all.
    pub events: Vec<String>,
    /// With what it is sealed.
    pub seal: Seal,
}

/// What was made: the secret is not shown again.
pub struct NewEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What its deliveries are signed with.
    pub secret: Secret,
}

impl Command for CreateEndpoint {
    type Output = NewEndpoint;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "endpoint.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("endpoint", &self.name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<NewEndpoint, CommandError> {
        change.workspace().await?;
        let (id, now) = (EndpointId::fresh(), change.now);
        let name = super::named("name", &self.name)?;
        let (url, shown_url) = located(&self.seal, id, &self.url)?;
        let events = filtered(&self.events)?;
        may_be_told(change, |event| filter::wants(&events, event))?;
        if endpoints::count(change.tx, self.workspace).await? >= MOST {
            let detail = format!("this workspace has {MOST} endpoints, which is the most");
            return Err(CommandError::Invalid { attribute: "name", detail });
        }
        let secret = sign::new_secret().map_err(unlucky)?;
        let endpoint = Endpoint {
            id,
            workspace_id: self.workspace,
            name,
            shown_url,
            events,
            // What happened before is not told; a replay is for that.
            cursor: outbox::last(change.tx, self.workspace).await?,
            state: EndpointState::Active,
            problem: None,
            strikes: 0,
            due_at: None,
            failing_since: None,
            last_success_at: None,
            last_failure_at: None,
            old_secret_until: None,
            created_at: now,
            updated_at: now,
        };
        let kept = Kept { endpoint, url, secret: sealed(&self.seal, id, &secret)?, old_secret: None };
        if !endpoints::insert(change.tx, &kept).await? {
            return Err(CommandError::Clash { kind: "endpoint", attribute: "name" });
        }
        let endpoint = kept.endpoint;
        record(change, "endpoint.created", &endpoint, difference(&json!({}), &described(&endpoint)));
        Ok(NewEndpoint { endpoint, secret })
    }
}

/// Other terms for an endpoint; what is none stays.
pub struct UpdateEndpoint {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: EndpointId,
    /// Another name.
    pub name: Option<String>,
    /// Another address.
    pub url: Option<Secret>,
    /// Other events.
    pub events: Option<Vec<String>>,
    /// Whether it is told anything. What happens while it is not is told when it is again, as far as it is still kept.
    pub enabled: Option<bool>,
    /// With what it is sealed.
    pub seal: Seal,
}

impl Command for UpdateEndpoint {
    type Output = Endpoint;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "endpoint.update"
    }

    fn subject(&self) -> Subject {
        Subject::of("endpoint", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Endpoint, CommandError> {
        let old = existing(change, self.workspace, self.id).await?.endpoint;
        let mut new = old.clone();
        if let Some(name) = &self.name {
            new.name = super::named("name", name)?;
        }
        if let Some(events) = &self.events {
            new.events = filtered(events)?;
        }
        let is_disabled = old.state == EndpointState::Disabled;
        match self.enabled {
            Some(false) if !is_disabled => {
                (new.state, new.problem) = (EndpointState::Disabled, Some("switched off by hand".into()));
            }
            Some(true) if is_disabled => {
                // It begins anew, with everything that waits.
                (new.state, new.problem, new.strikes) = (EndpointState::Active, None, 0);
                (new.due_at, new.failing_since) = (None, None);
            }
            Some(true) if old.state == EndpointState::Failing || is_open(&old) => {
                // Whoever says so expects it to answer again.
                new.due_at = Some(change.now);
            }
            _ => {}
        }
        let moves = self.url.is_some();
        // Somewhere else is told, or more.
        may_be_told(change, |event| {
            filter::wants(&new.events, event) && (moves || !filter::wants(&old.events, event))
        })?;
        if moves {
            // What waits goes there, also of events that the filter does not want any more.
            let waiting = deliveries::events_waiting(change.tx, self.id).await?;
            may_be_told(change, |event| waiting.iter().any(|name| name == event))?;
        }
        let mut moved = None;
        if let Some(url) = &self.url {
            let (sealed, shown_url) = located(&self.seal, self.id, url)?;
            // Whoever stands there now has not failed yet; and whoever has to be asked is asked at once.
            (new.strikes, new.due_at, new.failing_since) = (0, None, None);
            if new.state == EndpointState::Failing {
                (new.state, new.problem) = (EndpointState::Active, None);
            }
            new.shown_url.clone_from(&shown_url);
            moved = Some((sealed, shown_url));
        }
        if new == old && moved.is_none() {
            return Ok(old);
        }
        new.updated_at = change.now;
        if !endpoints::update(change.tx, &new).await? {
            return Err(CommandError::Clash { kind: "endpoint", attribute: "name" });
        }
        let mut changes = difference(&described(&old), &described(&new));
        let moved = if let Some((url, shown_url)) = moved {
            endpoints::relocate(change.tx, self.id, url, &shown_url).await?;
            if let Some(changes) = changes.as_object_mut() {
                changes.insert("url".into(), json!({"old": old.shown_url, "new": shown_url}));
            }
            true
        } else {
            false
        };
        if moved || self.enabled == Some(true) {
            delivery_lanes::begin_all_anew(change.tx, self.id).await?;
            delivery_lanes::hasten_all(change.tx, self.id, change.now).await?;
        }
        if new.due_at.is_some()
            && new.due_at != old.due_at
            && let Some(changes) = changes.as_object_mut()
        {
            changes.insert("due_at".into(), json!({"old": old.due_at, "new": new.due_at}));
        }
        change.wake();
        record(change, "endpoint.updated", &new, changes);
        Ok(new)
    }
}

impl Stamped for UpdateEndpoint {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        Ok(stamp(&existing(change, self.workspace, self.id).await?))
    }
}

/// Another secret for an endpoint.
pub struct RotateSecret {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: EndpointId,
    /// For how many hours the old one is signed with too: 0 to [`LONGEST_OVERLAP`].
    pub overlap_hours: i64,
    /// With what it is sealed.
    pub seal: Seal,
}

impl Command for RotateSecret {
    type Output = Secret;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "endpoint.rotate_secret"
    }

    fn subject(&self) -> Subject {
        Subject::of("endpoint", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Secret, CommandError> {
        let kept = existing(change, self.workspace, self.id).await?;
        let invalid = |detail: String| CommandError::Invalid { attribute: "overlap_hours", detail };
        if !(0..=LONGEST_OVERLAP).contains(&self.overlap_hours) {
            return Err(invalid(format!("must be 0 to {LONGEST_OVERLAP}")));
        }
        let under_way = kept.endpoint.old_secret_until.filter(|until| *until > change.now);
        if let (Some(until), true) = (under_way, self.overlap_hours > 0) {
            // A third secret would end the first, which some receiver may still know alone.
            let until = until.format("%Y-%m-%d %H:%M UTC");
            return Err(invalid(format!(
                "the secret was replaced already, and the old one is good until {until}; with 0 both end now"
            )));
        }
        let secret = sign::new_secret().map_err(unlucky)?;
        let until = change.now + TimeDelta::hours(self.overlap_hours);
        let old = (self.overlap_hours > 0).then(|| (kept.secret.clone(), until));
        let sealed = sealed(&self.seal, self.id, &secret)?;
        endpoints::set_secrets(change.tx, self.id, sealed, old, change.now).await?;
        let mut changes = json!({"secret": {"old": "***", "new": "***"}});
        if self.overlap_hours > 0
            && let Some(changes) = changes.as_object_mut()
        {
            changes.insert("old_secret_until".into(), json!({"new": until}));
        }
        record(change, "endpoint.secret_rotated", &kept.endpoint, changes);
        Ok(secret)
    }
}

/// The end of an endpoint, and of all that waits. Its log, which nobody sees any more, goes in pages afterwards.
pub struct DeleteEndpoint {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: EndpointId,
}

impl Command for DeleteEndpoint {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "endpoint.delete"
    }

    fn subject(&self) -> Subject {
        Subject::of("endpoint", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let old = existing(change, self.workspace, self.id).await?.endpoint;
        endpoints::delete(change.tx, self.id).await?;
        record(change, "endpoint.deleted", &old, difference(&described(&old), &json!({})));
        Ok(())
    }
}

/// The endpoint of that id in that workspace, both locked.
///
/// # Errors
/// [`CommandError::NotFound`]
pub(super) async fn existing(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    id: EndpointId,
) -> Result<Kept, CommandError> {
    change.workspace().await?;
    let kept = endpoints::lock(change.tx, id).await?.ok_or(CommandError::NotFound)?;
    if kept.endpoint.workspace_id == workspace { Ok(kept) } else { Err(CommandError::NotFound) }
}

/// Notes what became of an endpoint. For the audit log alone: endpoints are not told of themselves.
pub(super) fn record(change: &mut Change<'_>, what: &'static str, endpoint: &Endpoint, changes: Value) {
    let id = endpoint.id.to_string();
    change.record(&Event::credential(what, "endpoint", id, &endpoint.name, changes));
}

/// An address that may be called, sealed, and as people may see it.
fn located(seal: &Seal, id: EndpointId, url: &Secret) -> Result<(Vec<u8>, String), CommandError> {
    let invalid = |detail: String| CommandError::Invalid { attribute: "url", detail };
    let checked = outbound::check(url.reveal(), seal.loopback).map_err(|error| invalid(error.to_string()))?;
    if checked.port().is_some_and(|port| OTHER_SERVICES.contains(&port)) {
        return Err(invalid("the address has the port of another service".into()));
    }
    let sealed = seal.master.seal(&url_place(id), checked.as_str().as_bytes()).map_err(unlucky)?;
    Ok((sealed, shown(&checked)))
}

fn sealed(seal: &Seal, id: EndpointId, secret: &Secret) -> Result<Vec<u8>, CommandError> {
    seal.master.seal(&secret_place(id), secret.reveal().as_bytes()).map_err(unlucky)
}

fn filtered(events: &[String]) -> Result<Vec<String>, CommandError> {
    filter::checked(events).map_err(|error| CommandError::Invalid { attribute: "events", detail: error.to_string() })
}

/// That whoever makes the change may read themselves what somebody is told by it.
pub(super) fn may_be_told(change: &Change<'_>, is_told: impl Fn(&str) -> bool) -> Result<(), CommandError> {
    filter::beyond(is_told, change.actor().powers)
        .map_or(Ok(()), |event| Err(CommandError::NotToldOf { event: event.name, permission: event.permission }))
}

/// The system gives no random bytes.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unlucky(error: KeyError) -> CommandError {
    CommandError::Store(StoreError::Statement(error.to_string()))
}

/// In which state the settings of an endpoint are, with its address as it is sealed.
#[must_use]
pub fn stamp(kept: &Kept) -> Stamp {
    Stamp::of(&json!([kept.endpoint.name, kept.url, kept.endpoint.events]))
}

/// What the audit log shows of an endpoint.
fn described(endpoint: &Endpoint) -> Value {
    let e = endpoint;
    json!({"name": e.name, "url": e.shown_url, "events": e.events, "state": e.state})
}
