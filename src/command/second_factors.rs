//! Second factors: setting one up, giving it, taking it away. Codes are compared before the transaction; what they were
//! compared with is used up in it.

use serde_json::json;

use super::mails::{Letter, post};
use super::sessions;
use super::throttles::Keys;
use super::{Change, Command, CommandError, Subject, people};
use crate::domain::event::Event;
use crate::domain::session::{Lifetime, Session, Stage};
use crate::domain::user::{Standing, User};
use crate::ids::{SessionId, UserId, WorkspaceId};
use crate::store;

fn told(change: &mut Change<'_>, user: &User, what: &'static str) {
    let (id, name) = (user.id.to_string(), user.full_name());
    change.record(&Event::credential(what, "user", id, &name, json!({})));
}

/// The beginning of a second factor, which is not asked for before it is confirmed. One that is being set up is replaced.
pub struct BeginFactor {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose.
    pub user: UserId,
    /// The secret, sealed.
    pub sealed: Vec<u8>,
}

impl Command for BeginFactor {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "second_factor.begin"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let user = people::existing(change, self.workspace, self.user).await?;
        let factor = store::second_factors::find(change.tx, user.id).await?;
        if factor.is_some_and(|factor| factor.confirmed_at.is_some()) {
            let detail = "there is one already; remove it first".into();
            return Err(CommandError::Invalid { attribute: "second factor", detail });
        }
        store::second_factors::delete(change.tx, user.id).await?;
        store::second_factors::insert(change.tx, self.workspace, user.id, &self.sealed, change.now).await?;
        Ok(())
    }
}

/// The first code of a second factor, from which on it is asked for.
pub struct ConfirmFactor {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose.
    pub user: UserId,
    /// The sealed secret to which the code belongs.
    pub sealed: Vec<u8>,
    /// The step to which it belongs.
    pub step: i64,
    /// The hashes of the recovery codes, in hexadecimal.
    pub codes: Vec<String>,
    /// In which session; it goes on.
    pub session: SessionId,
    /// Under that token.
    pub token_hash: [u8; 32],
}

impl Command for ConfirmFactor {
    /// Whether it is set up.
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "second_factor.confirm"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        let user = people::existing(change, self.workspace, self.user).await?;
        let factor = store::second_factors::find(change.tx, user.id).await?;
        let Some(mut session) = own(change, &user, self.session, Stage::Full).await? else { return Ok(false) };
        if factor.is_none_or(|factor| factor.secret != self.sealed)
            || !store::second_factors::confirm(change.tx, user.id, change.now, self.step, &self.codes).await?
        {
            return Ok(false);
        }
        told(change, &user, "second_factor.added");
        post(change, &user, Letter::SecondFactorChanged { enabled: true }).await?;
        session.has_second_factor = true;
        sessions::go_on(change, &user, &session, Stage::Full, self.token_hash).await?;
        Ok(true)
    }
}

/// The end of a second factor.
pub struct RemoveFactor {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose.
    pub user: UserId,
}

impl Command for RemoveFactor {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "second_factor.remove"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let user = people::existing(change, self.workspace, self.user).await?;
        if change.actor().kind != "user" || change.actor().id.as_deref() != Some(user.id.to_string().as_str()) {
            people::may_touch(change, &user).await?;
        }
        let factor = store::second_factors::find(change.tx, user.id).await?.ok_or(CommandError::NotFound)?;
        store::second_factors::delete(change.tx, user.id).await?;
        if factor.confirmed_at.is_some() {
            told(change, &user, "second_factor.removed");
            post(change, &user, Letter::SecondFactorChanged { enabled: false }).await?;
        }
        Ok(())
    }
}

/// What somebody gives as their second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The code of a step.
    Step(i64),
    /// A recovery code, by its hash in hexadecimal.
    Recovery(String),
}

/// A session in which the second factor was given.
pub struct PassFactor {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose.
    pub user: UserId,
    /// The sealed secret with which the code was compared.
    pub sealed: Vec<u8>,
    /// What was given.
    pub proof: Proof,
    /// In which session; it goes on.
    pub session: SessionId,
    /// Under that token.
    pub token_hash: [u8; 32],
    /// What the attempt was counted under.
    pub keys: Keys,
    /// How long the session lives from then on.
    pub lifetime: Lifetime,
}

impl Command for PassFactor {
    /// How far they have got; none where the code was used before.
    type Output = Option<Stage>;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "second_factor.give"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Option<Stage>, CommandError> {
        let user = people::existing(change, self.workspace, self.user).await?;
        let Some(mut session) = own(change, &user, self.session, Stage::SecondFactor).await? else { return Ok(None) };
        let factor = store::second_factors::find(change.tx, user.id).await?;
        let Some(factor) = factor.filter(|factor| factor.confirmed_at.is_some() && factor.secret == self.sealed) else {
            return Ok(None);
        };
        let is_fresh = match &self.proof {
            Proof::Step(step) => store::second_factors::use_step(change.tx, user.id, *step).await?,
            Proof::Recovery(hash) => {
                let all = factor.codes();
                let left: Vec<String> = all.iter().filter(|code| *code != hash).cloned().collect();
                store::second_factors::set_codes(change.tx, user.id, &left).await?;
                left.len() < all.len()
            }
        };
        if !is_fresh {
            return Ok(None);
        }
        if matches!(self.proof, Proof::Recovery(_)) {
            told(change, &user, "second_factor.recovery_used");
        }
        let kept = store::passwords::find(change.tx, user.id).await?;
        let must_change = kept.is_some_and(|kept| kept.must_change_password);
        session.stage = if must_change { Stage::NewPassword } else { Stage::Full };
        (session.has_second_factor, session.authenticated_at) = (true, change.now);
        sessions::prolong(&mut session, Stage::SecondFactor, self.lifetime, change.now);
        sessions::go_on(change, &user, &session, Stage::SecondFactor, self.token_hash).await?;
        self.keys.succeeded(change.tx).await?;
        Ok(Some(session.stage))
    }
}

/// The session of that id, where it is this user's, who may work, and stands at that stage.
async fn own(
    change: &mut Change<'_>,
    user: &User,
    id: SessionId,
    stage: Stage,
) -> Result<Option<Session>, CommandError> {
    let session = store::sessions::find(change.tx, user.workspace_id, id).await?;
    let is_own = |session: &Session| session.user_id == user.id && session.stage == stage;
    Ok(session.filter(|session| user.standing == Standing::Active && is_own(session)))
}
