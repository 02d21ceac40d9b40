//! `/account`: who somebody is here, and where they are logged in.

use askama::Template;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};

use crate::command::sessions::{EndAllSessions, EndSession};
use crate::domain::session::{Door, Session, Stage};
use crate::http::around::Around;
use crate::http::browser::{Answer, Asked};
use crate::http::texts::Language;
use crate::http::{agent, pages};
use crate::ids::SessionId;
use crate::store::{second_factors, sessions, workspaces};
use crate::text::printable;

#[derive(Template)]
#[template(path = "account.html")]
#[allow(clippy::struct_excessive_bools)]
struct Page<'a> {
    frame: Around,
    name: &'a str,
    email: &'a str,
    workspace: &'a str,
    role: &'a str,
    has_password: bool,
    has_factor: bool,
    /// Recovery codes that are left.
    codes: usize,
    /// Whether this is an account that should have a second factor and has none.
    is_urgent: bool,
    /// Whether there is anything for them in the console.
    sees_settings: bool,
    sessions: Vec<Line>,
}

/// A session, for people.
struct Line {
    id: String,
    is_this: bool,
    browser: String,
    details: String,
}

impl Line {
    fn of(frame: &Around, session: &Session, this: SessionId) -> Self {
        let door = frame.say(match session.door {
            Door::Password => "users-door-password",
            Door::Link => "users-door-link",
            Door::Sso(_) => "account-door-sso",
        });
        let (began, used) = (frame.moment(&session.created_at), used(frame, session.last_seen_at));
        let details = match session.seen.address {
            Some(address) => frame.fill("account-session-from").with("address", address.to_string()),
            None => frame.fill("account-session"),
        };
        let details = details.with("door", door).with("began", began).with("used", used).to_string();
        let agent = session.seen.user_agent.as_deref().unwrap_or_default();
        Self {
            id: session.id.to_string(),
            is_this: session.id == this,
            browser: browser(frame.language, agent),
            details,
        }
    }
}

/// When a session was last used, for people.
fn used(frame: &Around, at: DateTime<Utc>) -> String {
    match (frame.now - at).num_minutes() {
        ..2 => frame.say("account-used-now").into_owned(),
        minutes @ 2..120 => frame.count("account-used-minutes", minutes).to_string(),
        minutes => frame.count("account-used-hours", minutes / 60).to_string(),
    }
}

/// What people call the browser behind a User-Agent; what is not known stands as it was sent.
fn browser(language: Language, agent: &str) -> String {
    match agent::known(agent) {
        (Some(name), Some(system)) => {
            language.fill("users-browser").with("name", name).with("system", system).to_string()
        }
        (Some(name), None) => name.to_owned(),
        _ if agent.is_empty() => language.say("users-browser-unknown").into_owned(),
        _ => printable(agent).chars().take(60).collect(),
    }
}

/// `GET /`
pub async fn home(_: Asked) -> Answer {
    Ok(pages::redirect("/account"))
}

/// `GET /account`
pub async fn show(asked: Asked) -> Answer {
    let visitor = asked.visitor()?;
    let (app, user) = (&asked.app, &visitor.user);
    let mut conn = app.store.read().await?;
    let workspace = workspaces::find(&mut conn, user.workspace_id).await?;
    let factor = second_factors::find(&mut conn, user.id).await?.filter(|factor| factor.confirmed_at.is_some());
    let (now, lifetime) = (app.clock.now(), app.settings.sessions.lifetime());
    let mut all = sessions::of_user(&mut conn, user.id).await?;
    all.retain(|session| session.stage == Stage::Full && !session.is_over(lifetime, now));
    all.sort_by_key(|session| (session.id != visitor.session.id, std::cmp::Reverse(session.last_seen_at)));
    let frame = Around::plain(&asked, "/account");
    let frame = frame.after(&asked, "account-done", &["password", "session", "sessions", "factor-removed"]);
    let email = user.email().map(|email| email.as_str().to_owned()).unwrap_or_default();
    let page = Page {
        name: &user.full_name(),
        email: &email,
        workspace: workspace.as_ref().map_or("", |workspace| workspace.name.as_str()),
        role: &user.role.name,
        has_password: user.has_password,
        has_factor: factor.is_some(),
        codes: factor.as_ref().map_or(0, |factor| factor.codes().len()),
        is_urgent: user.protected && factor.is_none(),
        sees_settings: visitor.permissions.names().any(|name| name.ends_with(":read") && name != "chat:read"),
        sessions: all.iter().map(|session| Line::of(&frame, session, visitor.session.id)).collect(),
        frame,
    };
    Ok(pages::page(StatusCode::OK, &page))
}

/// `POST /account/sessions/end`
pub async fn end_one(asked: Asked) -> Answer {
    let visitor = asked.visitor()?;
    let Some(session) = asked.field("session").and_then(SessionId::parse) else {
        return Err(crate::command::CommandError::NotFound.into());
    };
    let (workspace, user) = (visitor.user.workspace_id, visitor.user.id);
    asked.execute(EndSession { workspace, user, session, reason: "revoked" }).await?;
    Ok(pages::redirect("/account?done=session"))
}

/// `POST /account/sessions/end-others`
pub async fn end_others(asked: Asked) -> Answer {
    let visitor = asked.visitor()?;
    let (workspace, user) = (visitor.user.workspace_id, visitor.user.id);
    asked.execute(EndAllSessions { workspace, user, except: Some(visitor.session.id) }).await?;
    Ok(pages::redirect("/account?done=sessions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_called_what_people_call_them() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            ("curl/8.0", "curl/8.0"),
            ("", "Unknown browser"),
        ] {
            assert_eq!(browser(Language::En, agent), name);
        }
    }
}
