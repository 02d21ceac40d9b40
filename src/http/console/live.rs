//! `/settings/live`: which kinds of things changed in the workspace, as they change (server-sent events). A page that shows
//! one of them asks for itself anew; nothing but the names of topics ever goes over this.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Method};
use axum::response::sse::Event;
use chrono::TimeDelta;
use futures_util::stream::{self, Stream};
use tokio::time::Instant;

use crate::domain::permission::Permissions;
use crate::domain::session::Stage;
use crate::http::around::Around;
use crate::http::browser::{Access, Answer, Asked, Route, routes};
use crate::http::following::{Pace, Place, streamed};
use crate::http::{App, pages, session};
use crate::ids::{SessionId, WorkspaceId};
use crate::store::{StoreError, live};

/// How long nobody is told anything after something was told: four times a second at the most.
const APART: Duration = Duration::from_millis(250);
/// How long nobody looks after a look at which there was nothing.
const BREATH: Duration = Duration::from_millis(200);
/// How often is looked for what other bridges changed.
const LOOK: Duration = Duration::from_millis(800);
/// Changes at one look; where there are more, everything counts as changed.
const MOST: i64 = 500;
/// What happened just before a page began to follow, it may have been made too early to show.
const JUST_NOW: TimeDelta = TimeDelta::seconds(5);
/// When workers have probably done what follows from a change.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// Every topic, with the permission that its pages need.
const TOPICS: [(&str, &str); 14] = [
    ("users", "users:read"),
    ("roles", "roles:read"),
    ("teams", "teams:read"),
    ("groups", "groups:read"),
    ("rules", "rules:read"),
    ("seats", "seats:read"),
    ("requests", "log:read"),
    ("tokens", "tokens:read"),
    ("sso", "connections:read"),
    ("webhooks", "webhooks:read"),
    ("connector", "connector:read"),
    ("audit", "audit:read"),
    ("reviews", "reviews:read"),
    ("conversations", "chat:read"),
];

/// What a page hears whose reader may see something else now, or whose session has ended.
const READER: &str = "reader";

/// The topics that a change touches, by what the audit log calls it.
fn touched(action: &str) -> &'static [&'static str] {
    // What was refused has changed nothing.
    if action.ends_with(".refused") {
        return &["audit"];
    }
    let (noun, verb) = action.split_once('.').unwrap_or((action, ""));
    match (noun, verb) {
        ("user", "created" | "activated" | "deactivated" | "parked" | "deleted" | "updated") => {
            &["audit", "users", "seats", "roles", "teams", "groups", "conversations"]
        }
        ("user", "role_changed") => &["audit", "users", "roles", "rules"],
        ("user", "team_changed") => &["audit", "users", "teams", "rules"],
        ("group", _) => &["audit", "groups", "rules", "users"],
        ("role", _) => &["audit", "roles", "rules", "users"],
        ("team", _) => &["audit", "teams", "rules", "users"],
        ("rule", _) => &["audit", "rules", "groups", "users"],
        ("workspace", _) => &["audit", "seats", "sso"],
        ("seat", _) => &["audit", "seats"],
        ("conversation", _) => &["audit", "conversations", "users"],
        ("review", _) => &["audit", "reviews"],
        ("token" | "client" | "key", _) => &["audit", "tokens"],
        ("setup_link", _) => &["audit", "sso", "tokens"],
        ("connection" | "domain" | "sso", _) => &["audit", "sso"],
        ("login_client", _) => &["audit", "sso"],
        ("endpoint", _) => &["audit", "webhooks"],
        ("connector", _) => &["audit", "connector"],
        ("user" | "session" | "identity" | "second_factor" | "password_link", _) => &["audit", "users"],
        _ => &["audit"],
    }
}

/// A set of topics: a bit for each place in [`TOPICS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Topics(u16);

impl Topics {
    const ALL: Self = Self((1 << TOPICS.len()) - 1);

    fn add(&mut self, name: &str) {
        for (place, (topic, _)) in TOPICS.iter().enumerate() {
            self.0 |= u16::from(*topic == name) << place;
        }
    }

    fn add_all(&mut self, names: &[&str]) {
        for name in names {
            self.add(name);
        }
    }

    /// Those that somebody with these permissions may see.
    fn seen_by(self, permissions: Permissions) -> Self {
        let mut seen = self;
        for (place, (_, permission)) in TOPICS.iter().enumerate() {
            if !permissions.has(permission) {
                seen.0 &= !(1 << place);
            }
        }
        seen
    }

    fn names(self) -> Vec<&'static str> {
        TOPICS.iter().enumerate().filter(|(place, _)| self.0 & (1 << place) != 0).map(|(_, (name, _))| *name).collect()
    }
}

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET "/settings/live" Access::SignedIn, [] follow;
    })
}

/// `GET /settings/live`
async fn follow(asked: Asked) -> Answer {
    let visitor = asked.visitor()?;
    let (session, workspace, permissions) = (visitor.session.id, visitor.user.workspace_id, visitor.permissions);
    let Some(place) = asked.app.followers.enter(session, workspace) else {
        return Ok(pages::too_many(&Around::plain(&asked, ""), 60));
    };
    let last = asked.headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(Cursor::parse);
    let following = Following {
        pace: Pace::new(&asked.app),
        app: Arc::clone(&asked.app),
        headers: asked.headers,
        session,
        workspace,
        permissions,
        cursor: last,
        rest: None,
        follows: None,
        is_over: false,
        _place: place,
    };
    Ok(streamed(events(following)))
}

/// How far somebody has followed: a place in the audit log, one in the request log, and how many rows there are near that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cursor {
    audit: i64,
    requests: i64,
    near: i64,
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').map(|part| part.parse().ok());
        let cursor = Self { audit: parts.next()??, requests: parts.next()??, near: parts.next()?? };
        parts.next().is_none().then_some(cursor)
    }
}

/// Somebody who follows.
struct Following {
    app: Arc<App>,
    headers: HeaderMap,
    session: SessionId,
    workspace: WorkspaceId,
    permissions: Permissions,
    /// None before the first look.
    cursor: Option<Cursor>,
    pace: Pace,
    /// How long to wait before the next look; none before the first.
    rest: Option<Duration>,
    /// When what follows from a change is told of.
    follows: Option<Instant>,
    /// Whether the last was told that there is to tell.
    is_over: bool,
    _place: Place,
}

/// What happens, look by look. It ends when the bridge stops; and when the session does, or allows something else, of which
/// the page is told last: by the topic that everybody may hear of.
fn events(following: Following) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(following, |mut state| async move {
        loop {
            if state.is_over {
                return None;
            }
            if let Some(rest) = state.rest
                && !state.pace.next(rest, LOOK).await
            {
                return None;
            }
            let is_first = state.rest.is_none();
            let topics = state.look().await.unwrap_or_else(|| {
                state.is_over = true;
                vec![READER]
            });
            state.rest = Some(if topics.is_empty() { BREATH } else { APART });
            if is_first || !topics.is_empty() {
                return Some((Ok(state.event(&topics)), state));
            }
        }
    })
}

impl Following {
    /// An event with these topics; without any, one by which the browser learns from where to go on.
    fn event(&self, topics: &[&str]) -> Event {
        let Cursor { audit, requests, near } = self.cursor.unwrap_or_default();
        let event = Event::default().id(format!("{audit}-{requests}-{near}"));
        if topics.is_empty() { event } else { event.event("topics").data(topics.join(" ")) }
    }

    /// What is new; none where the stream is to end. A database that does not answer is asked again.
    async fn look(&mut self) -> Option<Vec<&'static str>> {
        match session::present(&self.app, &self.headers).await {
            Ok(Some(now)) => {
                let is_same = now.session.id == self.session && now.session.stage == Stage::Full;
                if !is_same || now.permissions != self.permissions {
                    return None;
                }
            }
            Ok(None) => return None,
            Err(_) => return Some(Vec::new()),
        }
        let mut topics = self.changed().await.unwrap_or_default();
        if topics != Topics::default() {
            self.follows = Some(Instant::now() + AFTERWARDS);
        } else if self.follows.is_some_and(|at| at <= Instant::now()) {
            // What is on its way to the outside has probably arrived.
            self.follows = None;
            topics.add_all(&["webhooks", "connector"]);
        }
        Some(topics.seen_by(self.permissions).names())
    }

    async fn changed(&mut self) -> Result<Topics, StoreError> {
        let mut conn = self.app.store.read().await?;
        let mut topics = Topics::default();
        let request = live::last_request(&mut conn, self.workspace).await?;
        let (requests, near) = request.map_or((0, 0), |place| (place.seq, place.near));
        let recently = self.app.clock.now() - JUST_NOW;
        let audit = if let Some(cursor) = self.cursor {
            let rows = live::after(&mut conn, self.workspace, cursor.audit, MOST).await?;
            for row in &rows {
                topics.add_all(touched(&row.action));
            }
            // Rows below the last are those that were committed late; they become fewer only where old ones are purged.
            if requests > cursor.requests || (requests == cursor.requests && near > cursor.near) {
                topics.add("requests");
            }
            if i64::try_from(rows.len()).unwrap_or(MOST) < MOST {
                rows.last().map_or(cursor.audit, |row| row.seq)
            } else {
                topics = Topics::ALL;
                live::latest(&mut conn, self.workspace, 1).await?.first().map_or(cursor.audit, |row| row.seq)
            }
        } else {
            let rows = live::latest(&mut conn, self.workspace, 50).await?;
            let new = rows.iter().filter(|row| row.at >= recently);
            new.for_each(|row| topics.add_all(touched(&row.action)));
            if request.is_some_and(|place| place.at >= recently) {
                topics.add("requests");
            }
            rows.first().map_or(0, |row| row.seq)
        };
        self.cursor = Some(Cursor { audit, requests, near });
        Ok(topics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::CATALOGUE;

    #[test]
    fn somebody_is_told_of_what_they_may_see() {
        let reads = Permissions::of(["users:read", "log:read"]).unwrap();
        assert_eq!(Topics::ALL.seen_by(reads).names(), ["users", "requests"]);
        assert_eq!(Topics::ALL.seen_by(Permissions::NONE).names(), Vec::<&str>::new());
        assert_eq!(Topics::ALL.seen_by(Permissions::ALL), Topics::ALL);
    }

    #[test]
    fn every_change_touches_the_audit_log_and_every_topic_is_one() {
        let known: Vec<&str> = TOPICS.iter().map(|(name, _)| *name).collect();
        for published in CATALOGUE {
            let topics = touched(published.name);
            assert!(topics.contains(&"audit") && topics.iter().all(|topic| known.contains(topic)), "{topics:?}");
            assert!(topics.len() > 1 || published.name.starts_with("mail."), "nobody hears of {}", published.name);
        }
        assert_eq!(touched("user.create.refused"), ["audit"]);
        let mut topics = Topics::default();
        topics.add_all(touched("user.deactivated"));
        assert!(topics.names().contains(&"seats"));
    }

    #[test]
    fn a_place_is_read_as_it_is_written() {
        assert_eq!(Cursor::parse("12-3-2"), Some(Cursor { audit: 12, requests: 3, near: 2 }));
        for bad in ["", "12", "12-3", "a-b-c", "1-2-", "--", "1-2-3-4"] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }
}
