//! How a workspace is doing, and who is stuck and why: one look, which `doctor`, the REST API and the console show.

mod matter;
mod part;
mod trouble;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;

pub use matter::{Datum, Matter};
pub use part::{Connector, Expiring, Mail, Provider, Seats, Webhook};
pub use trouble::{Level, Trouble};

use crate::domain::plan::Plans;
use crate::domain::workspace::Workspace;
use crate::ids::WorkspaceId;
use crate::store::{Conn, StoreError};

/// How long ago counts as lately.
const LATELY: TimeDelta = TimeDelta::hours(1);
/// How many of a kind are told one by one.
const NAMED: i64 = 20;

/// How a workspace is doing.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Health {
    /// Its name.
    pub workspace: String,
    /// When somebody looked.
    pub at: DateTime<Utc>,
    /// Whether nothing is broken; there may be warnings all the same.
    pub is_well: bool,
    /// What is wrong or soon will be, and what to do about it; the worst at the front.
    pub troubles: Vec<Trouble>,
    /// Who provisions it.
    pub providers: Vec<Provider>,
    /// The endpoints that are told what happens.
    pub webhooks: Vec<Webhook>,
    /// What keeps AIsoule equal to it; null: there is none.
    pub connector: Option<Connector>,
    /// Its seats.
    pub seats: Seats,
    /// Its mail.
    pub mail: Mail,
    /// Tokens and keys that end within thirty days, or ended within the last seven; and tokens that ended before, by which a
    /// provider came, until it comes by one that was made about then or later.
    pub expiring: Vec<Expiring>,
}

/// How a workspace is doing at a moment.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of(
    conn: &mut Conn,
    workspace: &Workspace,
    plans: &Plans,
    now: DateTime<Utc>,
) -> Result<Health, StoreError> {
    let id = workspace.id;
    let mut health = Health {
        workspace: workspace.name.as_str().to_owned(),
        at: now,
        is_well: true,
        troubles: Vec::new(),
        providers: part::providers(conn, id, now - LATELY).await?,
        webhooks: part::webhooks(conn, id).await?,
        connector: part::connector(conn, id).await?,
        seats: part::seats(conn, workspace, plans).await?,
        mail: part::mail(conn, id).await?,
        expiring: part::expiring(conn, id, now).await?,
    };
    let mut troubles = trouble::seen(&health, now);
    troubles.extend(trouble::parked(conn, workspace, plans).await?);
    troubles.extend(trouble::mails(conn, workspace).await?);
    troubles.extend(trouble::stuck(conn, workspace).await?);
    troubles.extend(trouble::signing_in(conn, workspace, now).await?);
    // Stable: within a level the order stays.
    troubles.sort_by_key(|trouble| trouble.level);
    health.is_well = troubles.iter().all(|trouble| trouble.level != Level::Failure);
    health.troubles = troubles;
    Ok(health)
}

/// Who provisions a workspace, and how lately.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn providers(
    conn: &mut Conn,
    workspace: WorkspaceId,
    now: DateTime<Utc>,
) -> Result<Vec<Provider>, StoreError> {
    part::providers(conn, workspace, now - LATELY).await
}
