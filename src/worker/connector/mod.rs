//! Keeps remote AIsoule workspaces equal to those here.
//!
//! What happens is turned into a set of work: whom the other side has to be made equal in. Whoever holds a connector's
//! lease takes what is due, those who leave first, and makes the other side what the directory is at that moment. What
//! changes meanwhile stays in the set. A bridge that dies leaves a lease behind that runs out, and everything that it had
//! not settled is done again: each step may be repeated.

mod gather;
pub mod reconcile;
mod runner;
mod team;
pub mod turn;
mod user;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::clock::Clock;
use crate::command::Commands;
use crate::command::connector_work::KeepLink;
use crate::command::error::CommandError;
use crate::connector::{Catalogue, Profile, Registry, Remote, Trouble};
use crate::domain::access::Actor;
use crate::ids::WorkspaceId;
use crate::outbound::{Outbound, OutboundSettings, Patience};
use crate::sealed::MasterKey;
use crate::settings::{Secret, Settings};
use crate::store::connector_links::LinkRow;
use crate::store::connectors::{self, ConnectorRow};
use crate::store::{Store, StoreError, moment};

/// How often it is looked for what other programs left.
const LOOK: Duration = Duration::from_secs(1);
/// How long what is on its way gets when the bridge stops.
const GOODBYE: Duration = Duration::from_secs(10);
/// For how many seconds a connector is one bridge's alone.
/// Longer than a request may take, so that nobody else begins what is still on its way.
const LEASE: i64 = 45;

/// What connectors need.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The way to change something.
    pub commands: Commands,
    /// The time.
    pub clock: Clock,
    /// What keys are sealed with.
    pub master: MasterKey,
    /// The profiles.
    pub settings: Settings,
    /// How the outside is reached.
    pub outbound: OutboundSettings,
    /// The limits of keys.
    pub limits: Registry,
}

impl Parts {
    /// The remote side of a connector.
    ///
    /// # Errors
    /// Why it can't be spoken to, in words.
    pub fn remote(&self, row: &ConnectorRow) -> Result<Remote, String> {
        let workspace = WorkspaceId(row.workspace_id);
        let missing = || format!("the settings have no profile connectors.{}", row.profile);
        let profile: Arc<Profile> = Arc::new(self.settings.connector(&row.profile).ok_or_else(missing)?);
        let key = self.master.open(&connectors::place(workspace, &row.base_url), &row.api_key);
        let key = key.map_err(|error| error.to_string())?;
        let key = String::from_utf8(key).map_err(|_| "its key is no text".to_owned())?;
        let total = Duration::from_secs(profile.timeout_seconds);
        let patience = Patience { total, ..self.outbound.patience };
        // Into the company's own networks leads the operator's word alone, not that of whoever connects a workspace.
        let is_operators = row.base_url == profile.base_url;
        let networks = if is_operators { self.outbound.networks.clone() } else { Vec::new() };
        let outbound = Outbound::new(&OutboundSettings { networks, patience, ..self.outbound.clone() });
        let outbound = outbound.map_err(|error| error.to_string())?;
        let limits = self.limits.of(&row.base_url, &key, &profile);
        Ok(Remote::new(outbound, profile, row.base_url.clone(), Secret::from(key), limits))
    }
}

/// A connector at work.
struct Session {
    parts: Arc<Parts>,
    row: ConnectorRow,
    remote: Remote,
    catalogue: Catalogue,
    holder: Uuid,
}

impl Session {
    const fn workspace(&self) -> WorkspaceId {
        WorkspaceId(self.row.workspace_id)
    }

    /// Whether it works under the terms that stand there now.
    fn is_current(&self, row: &ConnectorRow) -> bool {
        // Whoever changes the terms, or resumes it, begins anew: nothing is held back for what failed before.
        (self.row.updated_at, &self.row.api_key) == (row.updated_at, &row.api_key)
    }

    /// Notes what is known of a link, before something is done that depends on its being known.
    async fn keep(&self, of: (&'static str, Uuid), link: Option<LinkRow>) -> Result<(), Bad> {
        let command = KeepLink { workspace: self.workspace(), of, link, lease: (self.holder, LEASE) };
        if self.parts.commands.execute(&Actor::system(), command).await? { Ok(()) } else { Err(Bad::Unleased) }
    }
}

/// Why something was not done.
#[derive(Debug)]
enum Bad {
    /// The other side.
    Trouble(Trouble),
    /// Somebody has to decide.
    Stuck(String),
    /// The other side says no for as long as something else there is as it is: that of somebody who leaves is asked for again and again.
    Denied(String),
    /// It is too early.
    Wait(String),
    /// Another bridge has the connector by now, or it does not run any more.
    Unleased,
    /// Our own database.
    Here(String),
}

impl From<Trouble> for Bad {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::NotOurs => Self::Unleased,
            other => Self::Trouble(other),
        }
    }
}

impl From<StoreError> for Bad {
    fn from(error: StoreError) -> Self {
        Self::Here(error.to_string())
    }
}

impl From<CommandError> for Bad {
    fn from(error: CommandError) -> Self {
        Self::Here(error.to_string())
    }
}

impl From<crate::connector::Unmapped> for Bad {
    fn from(unmapped: crate::connector::Unmapped) -> Self {
        match unmapped {
            crate::connector::Unmapped::Trouble(trouble) => trouble.into(),
            crate::connector::Unmapped::Stuck(why) => Self::Stuck(why),
        }
    }
}

/// All connectors of this bridge; dropped, they stop at once.
pub struct Connectors {
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Connectors {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl Connectors {
    /// Starts them.
    #[must_use]
    pub fn start(parts: Arc<Parts>) -> Self {
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(run(parts, stopping));
        Self { stop, task: Mutex::new(Some(task)) }
    }

    /// Whether it runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.as_ref().is_some_and(|task| !task.is_finished())
    }

    /// Begins nothing new, and lets what is on its way arrive, for a while.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && timeout(GOODBYE, &mut task).await.is_err()
        {
            tracing::warn!("a remote workspace was being changed when the bridge stopped; that is done again later");
            task.abort();
        }
    }
}

/// Starts a runner for each connector that runs and has none here.
async fn run(parts: Arc<Parts>, mut stopping: watch::Receiver<bool>) {
    let mut runners: BTreeMap<Uuid, tokio::task::AbortHandle> = BTreeMap::new();
    let mut tasks = JoinSet::new();
    loop {
        match running(&parts).await {
            Ok((rows, now)) => {
                runners.retain(|_, runner| !runner.is_finished());
                for row in rows.into_iter().filter(|row| !row.is_held(now)) {
                    let (workspace, parts, stopping) = (row.workspace_id, Arc::clone(&parts), stopping.clone());
                    runners.entry(workspace).or_insert_with(|| {
                        tasks.spawn(async move { runner::run(parts, WorkspaceId(workspace), stopping).await })
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "connectors can't be read; the next try is in a second"),
        }
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => break,
            Some(_) = tasks.join_next() => {}
            () = sleep(LOOK) => {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// The connectors that run, and what time it is for whoever has them.
async fn running(parts: &Parts) -> Result<(Vec<ConnectorRow>, DateTime<Utc>), StoreError> {
    let (mut conn, own) = (parts.store.read().await?, parts.clock.now());
    let rows = connectors::running(&mut conn).await?;
    let now = if rows.is_empty() { own } else { moment::now(&mut conn, own).await? };
    Ok((rows, now))
}

impl ConnectorRow {
    /// Whether somebody has it.
    fn is_held(&self, now: DateTime<Utc>) -> bool {
        self.leased_until.is_some_and(|until| self.lease.is_some() && until > now)
    }
}
