//! Where somebody is logged in, and the end of that.

use super::parts;
use super::person;
use crate::command::CommandError;
use crate::command::sessions::{EndAllSessions, EndSession};
use crate::domain::session::{Door, Session, Stage};
use crate::domain::user::User;
use crate::http::agent;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::Frame;
use crate::ids::SessionId;
use crate::store::{self, Conn};
use crate::text::printable;

/// How much is shown of what an unknown browser calls itself.
const LONGEST: usize = 60;

/// A session, for people.
pub struct Line {
    /// Which.
    pub id: String,
    /// "Firefox on Linux".
    pub browser: String,
    /// How they came in, from where and when.
    pub details: String,
    /// Whether it is the reader's own, in this browser.
    pub is_this: bool,
}

impl Line {
    fn of(frame: &Frame, session: &Session, this: SessionId) -> Self {
        let door = match session.door {
            Door::Password => frame.say("users-door-password"),
            Door::Link => frame.say("users-door-link"),
            Door::Sso(_) => frame.say("users-door-sso"),
        };
        let address = session.seen.address.map_or_else(|| "–".to_owned(), |address| address.to_string());
        let details = frame
            .fill("users-session")
            .with("door", door)
            .with("address", address)
            .with("began", frame.moment(&session.created_at))
            .with("used", frame.ago(Some(&session.last_seen_at)));
        Self {
            id: session.id.to_string(),
            browser: browser(frame, session.seen.user_agent.as_deref().unwrap_or_default()),
            details: details.to_string(),
            is_this: session.id == this,
        }
    }
}

fn browser(frame: &Frame, header: &str) -> String {
    match agent::known(header) {
        (Some(name), Some(system)) => frame.fill("users-browser").with("name", name).with("system", system).to_string(),
        (Some(name), None) => name.to_owned(),
        _ if header.is_empty() => frame.say("users-browser-unknown").into_owned(),
        _ => printable(header).chars().take(LONGEST).collect(),
    }
}

/// The living sessions of somebody, the one used last at the front; none where whoever reads may not see them.
///
/// # Errors
/// [`Trouble`], classified.
pub async fn of(asked: &Asked, conn: &mut Conn, frame: &Frame, user: &User) -> Result<Vec<Line>, Trouble> {
    if !frame.may("users:write") {
        return Ok(Vec::new());
    }
    let (lifetime, now) = (asked.app.settings.sessions.lifetime(), frame.now);
    let mut all = store::sessions::of_user(conn, user.id).await?;
    all.retain(|session| session.stage == Stage::Full && !session.is_over(lifetime, now));
    all.sort_by_key(|session| std::cmp::Reverse(session.last_seen_at));
    let this = asked.visitor()?.session.id;
    Ok(all.iter().map(|session| Line::of(frame, session, this)).collect())
}

/// `POST /settings/users/{id}/sessions/end`
pub async fn end(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    let session = asked.field("session").and_then(SessionId::parse).ok_or(CommandError::NotFound)?;
    let command = EndSession { workspace: user.workspace_id, user: user.id, session, reason: "revoked" };
    person::after(&asked, &user, asked.execute(command).await, "session").await
}

/// `POST /settings/users/{id}/sessions/end-all`: of one's own the one in this browser stays.
pub async fn end_all(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    let visitor = asked.visitor()?;
    let except = (visitor.user.id == user.id).then_some(visitor.session.id);
    let command = EndAllSessions { workspace: user.workspace_id, user: user.id, except };
    person::after(&asked, &user, asked.execute(command).await, "sessions").await
}
