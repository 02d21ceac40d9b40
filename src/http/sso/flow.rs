//! A sign-in on its way: what is kept while the browser is at the provider, and the cookie that ties it to the browser.

use axum::http::{HeaderMap, HeaderValue};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::http::App;
use crate::http::session::{self, cookie_of};
use crate::ids::{ConnectionId, WorkspaceId};
use crate::sealed::{KeyError, MasterKey};
use crate::secret;
use crate::store::login_flows::{self, FlowRow, NewFlow};
use crate::store::{StoreError, Tx, Work};

/// The cookie that a sign-in is bound to.
const NAME: &str = "__Host-aisoule-flow";
/// How long somebody may stay at the provider.
const PATIENCE: TimeDelta = TimeDelta::minutes(15);

/// What only the bridge knows of a sign-in.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    /// What the ID token has to repeat; GitHub has none.
    pub nonce: String,
    /// The PKCE verifier.
    pub verifier: String,
    /// The address that the provider was given.
    pub redirect_uri: String,
    /// How fresh the authentication has to be, in seconds.
    pub max_age: Option<u64>,
    /// Whether the provider was asked to ask again.
    pub prompted: bool,
    /// Where to go afterwards, where somebody said so.
    pub return_to: Option<String>,
}

fn place(state_hash: &[u8; 32]) -> String {
    format!("flow {}", crate::text::hex(state_hash))
}

/// The browser's cookie; a new one where it has none.
pub fn browser(headers: &HeaderMap) -> Result<(String, HeaderValue), KeyError> {
    let value = match cookie_of(headers, NAME) {
        Some(value) if secret::is_plain(value) => value.to_owned(),
        _ => secret::new_plain()?,
    };
    let cookie = session::set(NAME, &value, &format!("; Max-Age={}", PATIENCE.num_seconds()));
    Ok((value, cookie))
}

/// Where a sign-in goes, and what is kept of it.
pub struct Start<'s> {
    pub state: &'s str,
    pub browser: &'s str,
    pub connection: &'s crate::domain::connection::Connection,
    pub kept: &'s Kept,
}

/// Keeps a sign-in that begins.
pub async fn keep(app: &App, start: Start<'_>) -> Result<(), StoreError> {
    let state_hash = secret::hash(start.state);
    let sealed = serde_json::to_vec(start.kept).ok().and_then(|json| app.master.seal(&place(&state_hash), &json).ok());
    let sealed = sealed.ok_or_else(|| StoreError::Statement("a sign-in can't be sealed".into()))?;
    let now = app.clock.now();
    let flow = NewFlow {
        state_hash,
        workspace: start.connection.workspace_id,
        connection: start.connection.id,
        connection_version: start.connection.version,
        browser_hash: secret::hash(start.browser),
        sealed,
        created_at: now,
        expires_at: now + PATIENCE,
    };
    app.store.write(Keep(flow)).await
}

/// A sign-in that came back.
pub struct Back {
    /// As the connection was when it left.
    pub connection_version: i64,
    /// When it left.
    pub started_at: DateTime<Utc>,
    /// What was kept.
    pub kept: Kept,
}

/// Takes the sign-in of that state, once, for the browser that began it. None where there is none, or its time is over.
pub async fn take(
    app: &App,
    (workspace, connection): (WorkspaceId, ConnectionId),
    state: &str,
    headers: &HeaderMap,
) -> Result<Option<Back>, StoreError> {
    let Some(browser) = cookie_of(headers, NAME) else { return Ok(None) };
    let (state_hash, browser_hash) = (secret::hash(state), secret::hash(browser));
    let row = app.store.write(Take { workspace, connection, state_hash, browser_hash }).await?;
    let Some(row) = row.filter(|row| row.expires_at > app.clock.now()) else { return Ok(None) };
    Ok(Some(opened(&app.master, &state_hash, &row)?))
}

fn opened(master: &MasterKey, state_hash: &[u8; 32], row: &FlowRow) -> Result<Back, StoreError> {
    let opened = master.open(&place(state_hash), &row.sealed).ok();
    let kept = opened.and_then(|json| serde_json::from_slice(&json).ok());
    let kept = kept.ok_or_else(|| StoreError::Corrupt("a sign-in on its way".into()))?;
    Ok(Back { connection_version: row.connection_version, started_at: row.created_at, kept })
}

struct Keep(NewFlow);

impl Work for Keep {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.0.workspace)
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        login_flows::insert(tx, &self.0).await
    }
}

struct Take {
    workspace: WorkspaceId,
    connection: ConnectionId,
    state_hash: [u8; 32],
    browser_hash: [u8; 32],
}

impl Work for Take {
    type Output = Option<FlowRow>;
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    async fn run(&self, tx: &mut Tx) -> Result<Option<FlowRow>, StoreError> {
        login_flows::take(tx, self.state_hash, self.browser_hash, self.connection).await
    }
}
