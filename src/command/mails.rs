//! Queueing mail, and noting what became of it.
//!
//! A letter is queued in the transaction that it tells of, to the address that is stored then. What is secret in it, a
//! link to set a password, is made when it is sent, so that the queue holds no secret.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Change, Command, CommandError, Subject};
use crate::domain::event::Event;
pub use crate::domain::letter::Letter;
use crate::domain::password_link::Purpose;
use crate::domain::user::{Standing, User};
use crate::ids::{MailId, UserId, WorkspaceId};
use crate::store;
use crate::store::mails::{self, MailRow, Row};

/// How many hours a mail is tried before it is given up.
const PATIENCE: i64 = 48;
/// For how many hours Admins are not told the same again.
const AGAIN: i64 = 24;
/// How often they are told within that time that an endpoint is failing, or that the connector stopped or goes on.
const MOST_OF_ENDPOINTS: i64 = 5;
/// How many Admins of a workspace are told something.
const MOST_ADMINS: i64 = 50;

/// What is written at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// Whether there is any way to send mail.
    pub enabled: bool,
    /// Whether newcomers are told how they log in.
    pub welcome: bool,
}

impl Posting {
    /// Nothing.
    pub const NONE: Self = Self { enabled: false, welcome: false };
}

/// Queues a letter to a user, to the address that is stored now. Somebody without an address gets none.
///
/// # Errors
/// [`CommandError`]; today none.
#[allow(clippy::unused_async, reason = "whoever queues letters need not know that the row is written later")]
pub(super) async fn post(change: &mut Change<'_>, to: &User, letter: Letter) -> Result<(), CommandError> {
    let Some(email) = to.email().filter(|_| change.posting().enabled) else { return Ok(()) };
    let (now, give_up_at) = (change.now, patience(change.now));
    change.post(Row::new(to.workspace_id, to.id, email.as_str(), &letter, now, give_up_at));
    Ok(())
}

/// Whether somebody new is told how they log in: who may, and can be written to.
pub(super) fn is_welcomed(change: &Change<'_>, user: &User) -> bool {
    let posting = change.posting();
    user.standing == Standing::Active && posting.enabled && posting.welcome && user.email().is_some()
}

/// Tells somebody who may work from now on how they log in, unless they were told before or know it.
///
/// # Errors
/// [`CommandError`]
pub(super) async fn welcome(change: &mut Change<'_>, user: &User) -> Result<(), CommandError> {
    if is_welcomed(change, user) && store::users::note_welcome(change.tx, user.id, change.now).await? {
        post(change, user, Letter::Welcome).await?;
    }
    Ok(())
}

/// Tells somebody at the address that was theirs that it is no longer.
///
/// # Errors
/// [`CommandError`]
pub(super) async fn readdressed(change: &mut Change<'_>, old: &User, new: &User) -> Result<(), CommandError> {
    let is_another = old.email().map(|email| email.key()) != new.email().map(|email| email.key());
    if is_another && new.standing == Standing::Active {
        post(change, old, Letter::AddressChanged).await?;
    }
    Ok(())
}

/// Queues a letter to every active Admin of the workspace, unless they had enough of its kind within a day.
///
/// # Errors
/// [`CommandError`]
pub(super) async fn post_to_admins(change: &mut Change<'_>, letter: Letter) -> Result<(), CommandError> {
    if !change.posting().enabled {
        return Ok(());
    }
    let workspace = change.workspace().await?.id;
    let admin = change.tx.roles(workspace).await?.iter().find(|role| role.is_admin()).map(|role| role.id);
    let Some(admin) = admin else { return Ok(()) };
    let since = change.now - TimeDelta::hours(AGAIN);
    let most = match letter {
        // Of each token they are told thrice, and of no day more than once already.
        Letter::TokenExpires { .. } => i64::MAX,
        // Once each time that one begins to fail, but not for ever where one comes and goes.
        Letter::EndpointFailing { .. }
        | Letter::EndpointDisabled { .. }
        | Letter::ConnectorStopped { .. }
        | Letter::ConnectorResumed { .. } => MOST_OF_ENDPOINTS,
        _ => 1,
    };
    for user in store::users::active_holders_of(change.tx, workspace, admin, MOST_ADMINS).await? {
        if mails::lately(change.tx, user.id, letter.kind(), since).await? < most {
            post(change, &user, letter.clone()).await?;
        }
    }
    Ok(())
}

/// Until when a mail that is queued now is tried.
fn patience(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::hours(PATIENCE)
}

/// A change in which those who are new are not told how they log in.
pub struct Unwelcomed<C>(pub C);

impl<C: Command> Command for Unwelcomed<C> {
    type Output = C::Output;

    fn workspace(&self) -> Option<WorkspaceId> {
        self.0.workspace()
    }

    fn begins_with(&self) -> Option<UserId> {
        self.0.begins_with()
    }

    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn subject(&self) -> Subject {
        self.0.subject()
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<C::Output, CommandError> {
        change.set_welcome(false);
        self.0.run(change).await
    }
}

/// Takes mails that are due, for one sender: until `until` nobody else gets them.
pub struct Lease {
    /// How many at the most.
    pub most: i64,
    /// For how long, seconds.
    pub seconds: i64,
}

impl Command for Lease {
    type Output = Vec<MailRow>;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn name(&self) -> &'static str {
        "mail.lease"
    }

    fn subject(&self) -> Subject {
        Subject::new("mail", "")
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Vec<MailRow>, CommandError> {
        let until = change.now + TimeDelta::seconds(self.seconds);
        Ok(mails::lease(change.tx, change.now, until, self.most).await?)
    }
}

/// How an attempt to send a mail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The next server has it.
    Sent,
    /// There is nobody to whom it should go any more, or nothing to say.
    Dropped(String),
    /// It will never be taken.
    Failed(String),
    /// Not now; so many seconds later, where there is time until then.
    Later {
        /// After how many seconds.
        seconds: i64,
        /// What went wrong.
        problem: String,
    },
}

/// Notes how an attempt to send a mail ended.
pub struct Settle {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: MailId,
    /// How.
    pub fate: Fate,
}

impl Command for Settle {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "mail.settle"
    }

    fn subject(&self) -> Subject {
        Subject::of("mail", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let (id, now) = (self.id, change.now);
        let problem = match &self.fate {
            Fate::Sent => return settled(mails::settle(change.tx, id, "sent", None, now).await),
            Fate::Dropped(why) => return dropped(change, id, why).await,
            Fate::Failed(problem) => problem.clone(),
            Fate::Later { seconds, problem } => {
                let Some(mail) = mails::find(change.tx, id).await? else { return Ok(()) };
                let due = now + TimeDelta::seconds(*seconds);
                if due < mail.give_up_at {
                    return Ok(mails::postpone(change.tx, id, due, problem).await?);
                }
                format!("given up after {PATIENCE} hours: {problem}")
            }
        };
        if !mails::settle(change.tx, id, "failed", Some(&problem), now).await? {
            return Ok(());
        }
        let Some(mail) = mails::find(change.tx, id).await? else { return Ok(()) };
        let changes = json!({"letter": {"new": mail.kind}, "user": {"new": mail.user_id}, "problem": {"new": problem}});
        change.record(&Event::of("mail", "mail.failed", id.0, &mail.recipient, changes));
        Ok(())
    }
}

/// Notes that a mail goes to nobody. Whoever was to be welcomed by it is welcomed when they next become active.
async fn dropped(change: &mut Change<'_>, id: MailId, why: &str) -> Result<(), CommandError> {
    let now = change.now;
    if mails::settle(change.tx, id, "dropped", Some(why), now).await?
        && let Some(mail) = mails::find(change.tx, id).await?
        && let (Some(Letter::Welcome), Some(user)) = (mail.letter(), mail.user_id)
    {
        store::users::forget_welcome(change.tx, UserId(user)).await?;
    }
    Ok(())
}

fn settled(done: Result<bool, store::StoreError>) -> Result<(), CommandError> {
    Ok(done.map(|_| ())?)
}

/// Queues mails anew that failed, or lets those that wait for their next try wait no longer; gives how many.
pub struct Retry {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which; all of the workspace's where none is named.
    pub id: Option<MailId>,
}

impl Command for Retry {
    type Output = u64;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "mail.retry"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<u64, CommandError> {
        let name = change.workspace().await?.name.as_str().to_owned();
        let (now, give_up_at) = (change.now, patience(change.now));
        let resets_since = now - Purpose::Reset.lifetime();
        let count = mails::requeue(change.tx, self.workspace, self.id, now, give_up_at, resets_since).await?;
        if count > 0 {
            let changes = json!({"mails": {"new": count}, "mail": {"new": self.id}});
            let event = Event::workspace("mail.retried", self.workspace, &name, changes);
            change.record(&Event { published: false, ..event });
            change.ring();
        } else if self.id.is_some() {
            return Err(CommandError::NotFound);
        }
        Ok(count)
    }
}

/// Forgets mails that were done with so many days ago, [`MOST`](Self::MOST) at a time; gives how many that were.
pub struct Forget {
    /// How many days.
    pub days: i64,
}

impl Forget {
    /// How many are forgotten in one transaction.
    pub const MOST: u64 = 1_000;
}

impl Command for Forget {
    type Output = u64;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn name(&self) -> &'static str {
        "mail.forget"
    }

    fn subject(&self) -> Subject {
        Subject::new("mail", "")
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<u64, CommandError> {
        Ok(mails::purge(change.tx, change.now - TimeDelta::days(self.days), i64::try_from(Self::MOST).unwrap_or(1))
            .await?)
    }
}
