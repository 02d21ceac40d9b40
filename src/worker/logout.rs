//! Tells clients that a session ended: a signed logout token, posted to each (OpenID Connect Back-Channel Logout §2.5).

use chrono::TimeDelta;
use futures_util::future::join_all;

use super::provider::Parts;
use crate::command::CommandError;
use crate::command::grants::{DropNotice, Ending, LeaseNotice};
use crate::domain::access::Actor;
use crate::ids::{SessionId, UserId};
use crate::outbound::Request;
use crate::provider::tokens::logout_token;
use crate::store::logout_notices::{self, NoticeRow};

/// How many notices are taken at once.
const TOGETHER: i64 = 16;
/// How long to wait after each attempt, in seconds; longer than an attempt takes. After the last there is no other.
const WAITS: [i64; 7] = [30, 60, 300, 1_800, 7_200, 21_600, 43_200];

/// Tells whoever is to be told now; gives how many were.
///
/// # Errors
/// [`CommandError`]; who was not told is so the next time.
pub async fn tell(parts: &Parts) -> Result<usize, CommandError> {
    let due = logout_notices::due(&mut parts.store.read().await?, parts.clock.now(), TOGETHER).await?;
    let told = join_all(due.into_iter().map(|notice| tell_one(parts, notice))).await;
    told.into_iter().try_fold(0, |count, told| Ok(count + usize::from(told?)))
}

async fn tell_one(parts: &Parts, notice: NoticeRow) -> Result<bool, CommandError> {
    let (now, system) = (parts.clock.now(), Actor::system());
    let attempt = usize::try_from(notice.attempts).unwrap_or_default();
    let wait = WAITS.get(attempt).or(WAITS.last()).copied().unwrap_or(60);
    let lease = LeaseNotice { notice: notice.clone(), until: now + TimeDelta::seconds(wait) };
    if !parts.commands.execute(&system, lease).await? {
        return Ok(false);
    }
    let ending = match (&notice.uri, notice.revoked_at) {
        (Some(uri), None) => match post(parts, &notice, uri).await {
            Ok(()) => Ending::Told,
            Err(reason) => {
                tracing::warn!(
                    client = notice.client_id,
                    attempt,
                    reason,
                    "a client was not told that a session ended"
                );
                if attempt + 1 < WAITS.len() {
                    return Ok(false);
                }
                Ending::Failed(reason)
            }
        },
        // There is nobody to tell any more.
        _ => Ending::Told,
    };
    let is_told = ending == Ending::Told;
    parts.commands.execute(&system, DropNotice { notice, ending }).await?;
    Ok(is_told)
}

async fn post(parts: &Parts, notice: &NoticeRow, uri: &str) -> Result<(), String> {
    let about = (UserId(notice.user_id), SessionId(notice.session_id));
    let token = logout_token(&parts.ring, &parts.issuer, &notice.client_id, about, parts.clock.now());
    let token = token.map_err(|error| error.to_string())?;
    let request = Request::form(uri, &[("logout_token", &token)]);
    let answer = parts.outbound.send(request).await.map_err(|error| error.to_string())?;
    if answer.is_success() { Ok(()) } else { Err(format!("it answered {}", answer.status)) }
}
