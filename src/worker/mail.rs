//! Sends the mails that are in the queue.
//!
//! A mail is leased, so that of several bridges over one database one sends it; it is sent; what became of it is noted.
//! A bridge that dies in between leaves a lease behind that runs out, and the mail is sent again under the same message
//! id: at least once, never silently not. What fails for now is tried again after longer and longer pauses.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::{broadcast, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::clock::Clock;
use crate::command::mails::{Fate, Lease, Settle};
use crate::command::passwords::IssueLink;
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::domain::letter::{Letter, WaysIn};
use crate::domain::password_link::Purpose;
use crate::domain::user::{Standing, User};
use crate::ids::{MailId, UserId, WorkspaceId};
use crate::mail::{Content, Facts, Link, MailError, Message, Transport, Undelivered, wording};
use crate::query::ways_in::ways_in;
use crate::secret;
use crate::store::mails::MailRow;
use crate::store::{Store, StoreError, mails, users, workspaces};
use crate::text;

/// How many mails are on their way at once.
const AT_ONCE: usize = 4;
/// How long a mail is this bridge's alone, seconds: longer than any attempt takes.
const LEASE: i64 = 300;
/// For how long nobody is welcomed again at the same address.
const AGAIN: TimeDelta = TimeDelta::hours(24);
/// How often the queue is looked at where nobody rings: another program may have put something in.
const LOOK: Duration = Duration::from_secs(3);
/// How long those that are on their way get when the bridge stops.
const GOODBYE: Duration = Duration::from_secs(10);
/// The first pause after a failure, and the longest, seconds.
const PAUSES: (i64, i64) = (60, 6 * 3_600);

/// What sending needs.
pub struct Office {
    /// The database.
    pub store: Store,
    /// The way to change something.
    pub commands: Commands,
    /// The time.
    pub clock: Clock,
    /// By which way.
    pub transport: Transport,
    /// Where the bridge is reached: the beginning of every link.
    pub public_url: String,
    /// Mails a second at the most.
    pub per_second: u32,
}

/// A mail that went out, for who wants to see it at once: `demo`.
#[derive(Clone)]
pub struct Posted {
    /// Which letter: `welcome`.
    pub kind: String,
    /// To whom.
    pub recipient: String,
    /// What stands above it.
    pub subject: String,
    /// The link in it. It may be worth a password: show it to nobody but whoever runs a play.
    pub link: Option<String>,
}

/// The one who sends mails; dropped, they stop at once.
pub struct Postman {
    stop: watch::Sender<bool>,
    posted: broadcast::Sender<Posted>,
    task: Mutex<Option<JoinHandle<()>>>,
    is_idle: Arc<AtomicBool>,
}

impl Drop for Postman {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl Postman {
    /// Starts sending.
    #[must_use]
    pub fn start(office: Office) -> Self {
        let (stop, stopping) = watch::channel(false);
        let (posted, _) = broadcast::channel(64);
        let is_idle = Arc::new(AtomicBool::new(false));
        let round = Round { office: Arc::new(office), posted: posted.clone(), is_idle: Arc::clone(&is_idle) };
        let task = tokio::spawn(round.run(stopping));
        Self { stop, posted, task: Mutex::new(Some(task)), is_idle }
    }

    /// Whether it runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.as_ref().is_some_and(|task| !task.is_finished())
    }

    /// What goes out from now on.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Posted> {
        self.posted.subscribe()
    }

    /// Whether nothing was due when it was last looked, and nothing is on its way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
    }

    /// Takes no further mail, and lets those that are on their way arrive, for a while.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && timeout(GOODBYE, &mut task).await.is_err()
        {
            tracing::warn!("mails were on their way when the bridge stopped; they are sent again later");
            task.abort();
        }
    }
}

struct Round {
    office: Arc<Office>,
    posted: broadcast::Sender<Posted>,
    is_idle: Arc<AtomicBool>,
}

impl Round {
    async fn run(self, mut stopping: watch::Receiver<bool>) {
        let bell = self.office.commands.bell();
        let (mut on_their_way, mut ids) = (JoinSet::new(), HashSet::new());
        let mut next = Instant::now();
        loop {
            let room = AT_ONCE.saturating_sub(on_their_way.len());
            let leased = if room > 0 && Instant::now() >= next { self.lease(room).await } else { Vec::new() };
            let (any, count) = (!leased.is_empty(), u32::try_from(leased.len()).unwrap_or(1));
            if any {
                self.is_idle.store(false, Ordering::Relaxed);
            }
            // A lease that has run out already, because the clock was set, does not send a mail twice.
            for row in leased.into_iter().filter(|row| ids.insert(row.id)) {
                let (office, posted) = (Arc::clone(&self.office), self.posted.clone());
                on_their_way.spawn(async move {
                    let id = row.id;
                    deliver(&office, &posted, row).await;
                    id
                });
            }
            if any {
                next = Instant::now() + Duration::from_secs(1) * count / self.office.per_second.max(1);
            }
            if !any && on_their_way.is_empty() {
                self.is_idle.store(true, Ordering::Relaxed);
            }
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => break,
                Some(done) = on_their_way.join_next() => {
                    if let Ok(id) = done {
                        ids.remove(&id);
                    } else {
                        ids.clear();
                    }
                }
                () = sleep_until(next), if next > Instant::now() => {}
                () = bell.notified(), if room > 0 => {}
                () = sleep(LOOK) => {}
            }
        }
        while on_their_way.join_next().await.is_some() {}
    }

    /// Takes up to so many mails that are due. Looking costs a reader; only where there is something is anything written.
    async fn lease(&self, most: usize) -> Vec<MailRow> {
        let office = &self.office;
        let lease = async || -> Result<Vec<MailRow>, CommandError> {
            if !mails::any_due(&mut office.store.read().await?, office.clock.now()).await? {
                return Ok(Vec::new());
            }
            let lease = Lease { most: i64::try_from(most).unwrap_or(1), seconds: LEASE };
            office.commands.execute(&Actor::system(), lease).await
        };
        lease().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the queue of mails can't be read; the next try is in a few seconds");
            Vec::new()
        })
    }
}

/// A letter with all that makes it a mail.
struct Written {
    user: User,
    content: Content,
    /// Whether the link in it is worth a password.
    has_secret: bool,
}

/// Why there is no mail.
enum Unwritten {
    Fate(Fate),
    Database(StoreError),
}

impl From<StoreError> for Unwritten {
    fn from(error: StoreError) -> Self {
        Self::Database(error)
    }
}

impl From<CommandError> for Unwritten {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Store(error) => Self::Database(error),
            refused => Self::Fate(Fate::Dropped(refused.to_string())),
        }
    }
}

impl From<MailError> for Unwritten {
    fn from(error: MailError) -> Self {
        Self::Fate(Fate::Failed(error.to_string()))
    }
}

async fn deliver(office: &Office, posted: &broadcast::Sender<Posted>, row: MailRow) {
    let (id, workspace) = (MailId(row.id), WorkspaceId(row.workspace_id));
    let fate = match attempt(office, posted, &row).await {
        Ok(()) => Fate::Sent,
        Err(Unwritten::Fate(fate)) => fate,
        // The lease runs out; then it is tried again.
        Err(Unwritten::Database(error)) => {
            tracing::warn!(%error, mail = %id, "a mail could not be written");
            return;
        }
    };
    match &fate {
        Fate::Sent => tracing::info!(mail = %id, kind = row.kind, "a mail went out"),
        Fate::Dropped(why) => tracing::info!(mail = %id, kind = row.kind, why, "a mail is not sent"),
        Fate::Failed(why) | Fate::Later { problem: why, .. } => {
            tracing::warn!(mail = %id, kind = row.kind, attempts = row.attempts, why, "a mail did not go out");
        }
    }
    if let Err(error) = office.commands.execute(&Actor::system(), Settle { workspace, id, fate }).await {
        tracing::warn!(%error, mail = %id, "what became of a mail could not be noted; it may be sent again");
    }
}

async fn attempt(office: &Office, posted: &broadcast::Sender<Posted>, row: &MailRow) -> Result<(), Unwritten> {
    let Written { user, content, has_secret } = write(office, row).await?;
    let to = (user.full_name(), row.recipient.as_str());
    // Who gets a letter twice may keep either. Of two with a link only the last works, so that they are not the same.
    let id = if has_secret && row.attempts > 1 { format!("{}.{}", row.id, row.attempts) } else { row.id.to_string() };
    let message = Message::compose(&office.transport.sender, (&to.0, to.1), &id, row.created_at, &content)?;
    let name = format!("{}-{}-{}", row.created_at.format("%Y%m%dT%H%M%S"), row.kind, row.id);
    office.transport.send(name, message).await.map_err(|undelivered| match undelivered {
        Undelivered::Never(problem) => Unwritten::Fate(Fate::Failed(problem)),
        Undelivered::Later(problem) => Unwritten::Fate(Fate::Later { seconds: pause(row.id, row.attempts), problem }),
    })?;
    if posted.receiver_count() > 0 {
        let link = content.action.map(|action| action.url);
        let (kind, recipient) = (row.kind.clone(), row.recipient.clone());
        let _ = posted.send(Posted { kind, recipient, subject: content.subject, link });
    }
    Ok(())
}

/// The letter, where the person is still there, still active, and still has the address.
async fn write(office: &Office, row: &MailRow) -> Result<Written, Unwritten> {
    let dropped = |why: &str| Unwritten::Fate(Fate::Dropped(why.to_owned()));
    let (workspace, user) = (WorkspaceId(row.workspace_id), row.user_id.map(UserId));
    let letter = row.letter().ok_or_else(|| Unwritten::Fate(Fate::Failed("a letter of no known kind".into())))?;
    let mut conn = office.store.read().await?;
    let user = match user {
        Some(user) => users::find(&mut conn, workspace, user).await?,
        None => None,
    };
    let user = user.ok_or_else(|| dropped("the person is not there any more"))?;
    if user.standing != Standing::Active {
        return Err(dropped("the person is not active any more"));
    }
    if !letter.is_warning() && user.email().is_none_or(|email| email.key() != text::fold(&row.recipient)) {
        return Err(dropped("the person has another address now"));
    }
    if letter.is_for_admins() && !user.role.is_admin() {
        return Err(dropped("the person is no Admin any more"));
    }
    let since = office.clock.now() - AGAIN;
    if letter == Letter::Welcome && mails::was_welcomed(&mut conn, workspace, &row.recipient, since).await? {
        return Err(dropped("this address had a welcome within a day"));
    }
    let name = workspaces::find(&mut conn, workspace).await?.map(|workspace| workspace.name.as_str().to_owned());
    let ways = ways_in(&mut conn, &user).await?;
    drop(conn);
    if letter == Letter::Reset && !ways.password {
        return Err(dropped("the person logs in with their company account, not with a password"));
    }
    let link = link(office, row, &letter, &user, &ways).await?;
    let has_secret = link.is_some();
    let facts = Facts {
        name: &user.full_name(),
        address: &row.recipient,
        workspace: name.as_deref().unwrap_or("AIsoule"),
        public_url: &office.public_url,
        ways: &ways,
        has_password: user.has_password,
        link,
    };
    let content = wording::content(&letter, &facts);
    Ok(Written { user, content, has_secret })
}

/// A new link to set a password, where the letter needs one.
async fn link(
    office: &Office,
    row: &MailRow,
    letter: &Letter,
    user: &User,
    ways: &WaysIn,
) -> Result<Option<Link>, Unwritten> {
    if !Facts::needs_link(letter, ways, user.has_password) {
        return Ok(None);
    }
    let purpose = if *letter == Letter::Reset { Purpose::Reset } else { Purpose::Welcome };
    let unlucky = |_| Unwritten::Fate(Fate::Later { seconds: PAUSES.0, problem: "no random bytes".into() });
    let token = secret::new_plain().map_err(unlucky)?;
    let (workspace, token_hash) = (user.workspace_id, secret::hash(&token));
    let email_key = text::fold(&row.recipient);
    let issue = IssueLink { workspace, user: user.id, email_key, purpose, token_hash };
    match office.commands.execute(&Actor::system(), issue).await {
        Ok(until) => Ok(Some(Link { url: format!("{}/password/new?token={token}", office.public_url), until })),
        Err(CommandError::NotFound) => {
            Err(Unwritten::Fate(Fate::Dropped("no password can be set for the person at this address".into())))
        }
        Err(error) => Err(error.into()),
    }
}

/// How many seconds to wait after the attempt of that number: twice as long each time, and never quite the same for two
/// mails, so that a server that comes back is not overrun.
fn pause(id: uuid::Uuid, attempts: i64) -> i64 {
    let (first, longest) = PAUSES;
    let doubled = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or_default();
    let pause = first.saturating_mul(1_i64 << doubled).min(longest);
    let spread = i64::from(crc32fast::hash(&[id.as_bytes().as_slice(), &attempts.to_be_bytes()].concat()) % 200);
    pause - pause * spread / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_a_minute_to_six_hours_and_differ() {
        let ids: Vec<uuid::Uuid> = (0..50).map(|_| MailId::fresh().0).collect();
        for (attempts, longest) in [(0, 60), (1, 60), (2, 120), (5, 960), (10, 21_600), (1_000, 21_600)] {
            let pauses: Vec<i64> = ids.iter().map(|id| pause(*id, attempts)).collect();
            assert!(pauses.iter().all(|pause| (longest * 4 / 5..=longest).contains(pause)), "{attempts}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{attempts}");
        }
    }
}
