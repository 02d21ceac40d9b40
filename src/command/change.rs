//! What a command works with: the transaction, the moment, the actor, and the record of what it does.

use chrono::{DateTime, Utc};

use super::error::CommandError;
use super::mails::Posting;
use crate::domain::access::Actor;
use crate::domain::event::Event;
use crate::domain::permission::Permissions;
use crate::domain::plan::Plans;
use crate::domain::workspace::Workspace;
use crate::ids::WorkspaceId;
use crate::store::{Tx, audit, mails, outbox};

/// One change in the making.
pub struct Change<'t> {
    /// The transaction.
    pub tx: &'t mut Tx,
    /// The moment at which it happens, microseconds.
    pub now: DateTime<Utc>,
    /// The plans.
    pub plans: &'t Plans,
    actor: &'t Actor,
    workspace: Option<WorkspaceId>,
    posting: Posting,
    /// The trace context of the request that it came from.
    trace: Option<&'t str>,
    /// Whether mail was queued.
    rings: bool,
    /// Whether there is something in the outbox.
    publishes: bool,
    /// How much was recorded.
    recorded: usize,
    /// What was recorded, for who wants to see it before it is done.
    events: Option<Vec<Event>>,
}

impl<'t> Change<'t> {
    pub(super) const fn new(
        tx: &'t mut Tx,
        actor: &'t Actor,
        now: DateTime<Utc>,
        plans: &'t Plans,
        workspace: Option<WorkspaceId>,
    ) -> Self {
        Self {
            tx,
            now,
            plans,
            actor,
            workspace,
            posting: Posting::NONE,
            trace: None,
            rings: false,
            publishes: false,
            recorded: 0,
            events: None,
        }
    }

    /// The workspace of the change, locked until the transaction ends: from here on nobody else takes or frees a seat in
    /// it, or changes a user or group of it.
    ///
    /// # Errors
    /// [`CommandError::NotFound`] where there is no such workspace.
    pub async fn workspace(&mut self) -> Result<&mut Workspace, CommandError> {
        let id = self.workspace.ok_or(CommandError::NotFound)?;
        self.tx.lock(id).await?.ok_or(CommandError::NotFound)
    }

    /// Goes on in a workspace that this change has made.
    pub(super) const fn enter(&mut self, workspace: WorkspaceId) {
        self.workspace = Some(workspace);
    }

    /// The same change, which keeps what is recorded for [`into_events`](Self::into_events).
    pub(super) fn kept(self) -> Self {
        Self { events: Some(Vec::new()), ..self }
    }

    /// The same change, which queues mail as far as this says.
    pub(super) fn with_mail(self, posting: Posting) -> Self {
        Self { posting, ..self }
    }

    /// The same change, which leaves this trace context for whoever delivers what it publishes.
    pub(super) fn with_trace(self, trace: Option<&'t str>) -> Self {
        Self { trace, ..self }
    }

    /// What is written to people in this change.
    pub(super) const fn posting(&self) -> Posting {
        self.posting
    }

    /// Decides whether those who are new in this change are told how they log in, as far as anybody is.
    pub(super) const fn set_welcome(&mut self, welcome: bool) {
        self.posting.welcome = self.posting.welcome && welcome;
    }

    /// Leaves a mail in the queue.
    pub(super) fn post(&mut self, row: mails::Row) {
        self.tx.post(row);
        self.ring();
    }

    /// Notes that there is mail to be sent, which somebody is to look for after the commit.
    pub(super) const fn ring(&mut self) {
        self.rings = true;
    }

    /// Whether there is.
    pub(super) const fn rings(&self) -> bool {
        self.rings
    }

    /// Notes that there is something to be delivered, which somebody is to look for after the commit.
    pub(super) const fn wake(&mut self) {
        self.publishes = true;
    }

    /// Whether there is something in the outbox that somebody is to look for after the commit.
    pub(super) const fn publishes(&self) -> bool {
        self.publishes
    }

    /// What was recorded.
    pub(super) fn into_events(self) -> Vec<Event> {
        self.events.unwrap_or_default()
    }

    /// How much was recorded up to now.
    pub(super) const fn recorded(&self) -> usize {
        self.recorded
    }

    /// Who makes the change.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        self.actor
    }

    /// Refuses where somebody would give what they do not have themselves.
    ///
    /// # Errors
    /// [`CommandError::Forbidden`]
    pub fn may_grant(&self, permissions: Permissions) -> Result<(), CommandError> {
        let missing = permissions.without(self.actor.powers);
        if missing == Permissions::NONE {
            return Ok(());
        }
        Err(CommandError::Forbidden { missing })
    }

    /// Notes what happened: a row in the audit log and, where the outside is to be told, one in the outbox.
    pub fn record(&mut self, event: &Event) {
        self.record_in(self.workspace, event);
    }

    /// Notes everything of this that happened.
    pub fn record_all<'e>(&mut self, events: impl IntoIterator<Item = &'e Event>) {
        for event in events {
            self.record(event);
        }
    }

    /// Notes what happened in a workspace that did not exist when the change began.
    pub fn record_in(&mut self, workspace: Option<WorkspaceId>, event: &Event) {
        self.recorded += 1;
        if let Some(events) = &mut self.events {
            events.push(event.clone());
        }
        self.tx.audit(audit::Row::new(workspace, self.now, self.actor, event));
        if let (true, Some(workspace)) = (event.published, workspace) {
            self.tx.publish(outbox::Row::new(workspace, self.now, event, self.trace));
            self.publishes = true;
        }
    }
}
