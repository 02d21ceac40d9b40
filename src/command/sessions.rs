//! Sessions: their beginning, and their end, which is one function for every reason to end.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Change, Command, CommandError, Subject, grants, people};
use crate::domain::event::Event;
use crate::domain::session::{Door, Lifetime, Seen, Session, Stage};
use crate::domain::user::{Standing, User};
use crate::ids::{SessionId, UserId, WorkspaceId};
use crate::store;

/// Why a session ended that reached its limits.
const EXPIRED: &str = "expired";
/// How many sessions that are over are taken out in one transaction.
const MOST_OVER: i64 = 256;

/// How a session begins.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The door through which somebody came in.
    pub door: Door,
    /// How far they have got.
    pub stage: Stage,
    /// SHA-256 of what their browser will hold.
    pub token_hash: [u8; 32],
    /// SHA-256 of what it held before: that session ends.
    pub replaces: Option<[u8; 32]>,
    /// From where.
    pub seen: Seen,
    /// When they proved who they are.
    pub authenticated_at: DateTime<Utc>,
    /// Whether they gave a second factor.
    pub has_second_factor: bool,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// Begins a session of `user`, who was read under the workspace's lock. Whoever is not active gets none.
pub(super) async fn open(change: &mut Change<'_>, user: &User, opening: Opening) -> Result<SessionId, CommandError> {
    if user.standing != Standing::Active {
        let detail = "only somebody who is active can sign in".into();
        return Err(CommandError::Invalid { attribute: "user", detail });
    }
    if let Some(replaced) = opening.replaces
        && let Some(old) = store::sessions::find_by_token(change.tx, replaced).await?
    {
        replace(change, &old).await?;
    }
    let session = Session {
        id: SessionId::fresh(),
        workspace_id: user.workspace_id,
        user_id: user.id,
        stage: opening.stage,
        door: opening.door,
        has_second_factor: opening.has_second_factor,
        seen: opening.seen,
        created_at: change.now,
        authenticated_at: opening.authenticated_at,
        last_seen_at: change.now,
        expires_at: change.now + opening.lifetime.of(opening.stage),
    };
    store::sessions::insert(change.tx, &session, opening.token_hash).await?;
    if session.stage == Stage::Full {
        opened(change, user, &session).await?;
    }
    Ok(session.id)
}

/// Gives a session that got further the time that it has from here on.
pub(super) fn prolong(session: &mut Session, was: Stage, lifetime: Lifetime, now: DateTime<Utc>) {
    if session.stage != was {
        session.expires_at = now + lifetime.of(session.stage);
    }
}

/// Goes on with a session under another token, as far as it has got now: nobody who knew the old one has it.
pub(super) async fn go_on(
    change: &mut Change<'_>,
    user: &User,
    session: &Session,
    was: Stage,
    token_hash: [u8; 32],
) -> Result<(), CommandError> {
    store::sessions::rotate(change.tx, session, token_hash).await?;
    if session.stage == Stage::Full && was != Stage::Full {
        opened(change, user, session).await?;
    }
    Ok(())
}

async fn opened(change: &mut Change<'_>, user: &User, session: &Session) -> Result<(), CommandError> {
    store::sessions::note_login(change.tx, user.id, change.now).await?;
    let changes = json!({
        "user": {"new": user.id}, "door": {"new": session.door.name()},
        "second_factor": {"new": session.has_second_factor}, "address": {"new": session.seen.address},
    });
    record(change, "session.opened", session.id, &user.full_name(), changes);
    Ok(())
}

/// Ends the session that a browser had before: perhaps somebody else's, of another workspace.
async fn replace(change: &mut Change<'_>, old: &Session) -> Result<(), CommandError> {
    end(change, old, "replaced").await
}

/// Ends a session, for that reason. What clients were given in it ends too.
pub(super) async fn end(change: &mut Change<'_>, session: &Session, reason: &'static str) -> Result<(), CommandError> {
    store::sessions::delete(change.tx, session.id).await?;
    let name = store::sessions::owner(change.tx, session.user_id).await?;
    ended(change, session.workspace_id, session.id, session.user_id, &name, reason, session.stage).await
}

/// Ends every session of a user, for that reason; gives how many.
pub(super) async fn end_all_of(
    change: &mut Change<'_>,
    user: &User,
    reason: &'static str,
) -> Result<usize, CommandError> {
    let sessions = store::sessions::delete_of_user(change.tx, user.id).await?;
    for id in &sessions {
        ended(change, user.workspace_id, *id, user.id, &user.full_name(), reason, Stage::Full).await?;
    }
    grants::end_of_user(change, user.id, None).await?;
    Ok(sessions.len())
}

/// What follows from the end of every session.
async fn ended(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    id: SessionId,
    user: UserId,
    name: &str,
    reason: &'static str,
    stage: Stage,
) -> Result<(), CommandError> {
    if reason == EXPIRED {
        grants::end_of_limits(change, id).await?;
    } else {
        grants::end_of_session(change, id).await?;
    }
    // One that never got all the way was never told of either.
    if stage == Stage::Full {
        let changes = json!({"user": {"old": user}, "reason": {"new": reason}});
        let event = Event::of("session", "session.revoked", id.0, name, changes);
        change.record_in(Some(workspace), &event);
    }
    Ok(())
}

fn record(change: &mut Change<'_>, what: &'static str, id: SessionId, name: &str, changes: serde_json::Value) {
    change.record(&Event::credential(what, "session", id.to_string(), name, changes));
}

/// Whether whoever asks may end the sessions of a user: their own, or those of somebody who may do no more than they.
async fn may_end(change: &mut Change<'_>, workspace: WorkspaceId, user: UserId) -> Result<User, CommandError> {
    let found = people::existing(change, workspace, user).await?;
    if change.actor().kind != "user" || change.actor().id.as_deref() != Some(user.to_string().as_str()) {
        people::may_touch(change, &found).await?;
    }
    Ok(found)
}

/// The end of one session.
pub struct EndSession {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose it is.
    pub user: UserId,
    /// Which.
    pub session: SessionId,
    /// Why: `logout`, `revoked`.
    pub reason: &'static str,
}

impl Command for EndSession {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "session.revoke"
    }

    fn subject(&self) -> Subject {
        Subject::of("session", &self.session)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        may_end(change, self.workspace, self.user).await?;
        let session = store::sessions::find(change.tx, self.workspace, self.session).await?;
        let session = session.filter(|session| session.user_id == self.user).ok_or(CommandError::NotFound)?;
        end(change, &session, self.reason).await
    }
}

/// The end of every session of a user; gives how many there were.
pub struct EndAllSessions {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose.
    pub user: UserId,
    /// The one that stays.
    pub except: Option<SessionId>,
}

impl Command for EndAllSessions {
    type Output = usize;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "session.revoke"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<usize, CommandError> {
        let user = may_end(change, self.workspace, self.user).await?;
        end_all_but(change, &user, self.except, "revoked").await
    }
}

/// Ends every session of a user but one, for that reason; gives how many.
pub(super) async fn end_all_but(
    change: &mut Change<'_>,
    user: &User,
    except: Option<SessionId>,
    reason: &'static str,
) -> Result<usize, CommandError> {
    let Some(except) = except else { return end_all_of(change, user, reason).await };
    let mut count = 0;
    for session in store::sessions::of_user(change.tx, user.id).await? {
        if session.id != except {
            end(change, &session, reason).await?;
            count += 1;
        }
    }
    grants::end_of_user(change, user.id, Some(except)).await?;
    Ok(count)
}

/// Takes out sessions of a workspace that are too old, as many as one transaction should; gives how many.
pub struct EndOver {
    /// Where.
    pub workspace: WorkspaceId,
}

impl Command for EndOver {
    type Output = usize;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "session.expire"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<usize, CommandError> {
        change.workspace().await?;
        let all = store::sessions::over(change.tx, change.now, MOST_OVER).await?;
        let mine: Vec<Session> = all.into_iter().filter(|session| session.workspace_id == self.workspace).collect();
        for session in &mine {
            store::sessions::delete(change.tx, session.id).await?;
            // Nobody did anything: there is nothing to tell of it.
            ended(change, session.workspace_id, session.id, session.user_id, "", EXPIRED, Stage::SecondFactor).await?;
        }
        Ok(mine.len())
    }
}
