//! `/users/{id}/sessions`: where somebody is logged in, and the end of that.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, done, success};
use super::shape::{List, Listed};
use crate::command::sessions::{EndAllSessions, EndSession};
use crate::domain::session::{self as domain, Stage};
use crate::ids::{SessionId, UserId};
use crate::store;

/// A session of somebody in their browser.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Session {
    id: Uuid,
    /// How they came in: `password`, `link` (in a mail) or `sso`.
    door: &'static str,
    /// Whether they gave a second factor.
    has_second_factor: bool,
    /// The address from which they logged in.
    address: Option<String>,
    /// What their browser calls itself.
    user_agent: Option<String>,
    created_at: DateTime<Utc>,
    /// To the minute.
    last_seen_at: DateTime<Utc>,
    /// When it ends, however often it is used.
    expires_at: DateTime<Utc>,
}

impl Listed for Session {
    const PLURAL: &'static str = "sessions";
}

impl From<domain::Session> for Session {
    fn from(session: domain::Session) -> Self {
        Self {
            id: session.id.0,
            door: session.door.name(),
            has_second_factor: session.has_second_factor,
            address: session.seen.address.map(|address| address.to_string()),
            user_agent: session.seen.user_agent,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
        }
    }
}

/// `GET /users/{id}/sessions`
pub async fn list(call: Call) -> Answer {
    let id = call.id(0, UserId::parse)?;
    let mut conn = call.read().await?;
    let user = store::users::find(&mut conn, call.workspace(), id).await?.ok_or_else(Failure::not_found)?;
    let (lifetime, now) = (call.app.settings.sessions.lifetime(), call.app.clock.now());
    let mut all = store::sessions::of_user(&mut conn, user.id).await?;
    all.retain(|session| session.stage == Stage::Full && !session.is_over(lifetime, now));
    success(&List::whole(all.into_iter().map(Session::from).collect()))
}

/// `DELETE /users/{id}/sessions`
pub async fn end_all(call: Call) -> Answer {
    let user = call.id(0, UserId::parse)?;
    call.execute(EndAllSessions { workspace: call.workspace(), user, except: None }).await?;
    done()
}

/// `DELETE /users/{id}/sessions/{session}`
pub async fn end(call: Call) -> Answer {
    let (user, session) = (call.id(0, UserId::parse)?, call.id(1, SessionId::parse)?);
    call.execute(EndSession { workspace: call.workspace(), user, session, reason: "revoked" }).await?;
    done()
}
