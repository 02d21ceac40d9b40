//! Everything that changes something: one file a family, one command a change, one way to run them.
//!
//! [`Commands::execute`] is that way. It opens the transaction, runs the command, writes the audit rows and outbox rows
//! that the command recorded, and commits: all of it or nothing. What the product's rules refuse is noted in the audit log
//! as well. A command checks the product's rules and never sees a
//! header or a SCIM document; who may ask was settled before.

mod asker;
mod change;
pub mod connections;
pub mod connector_work;
pub mod connectors;
pub mod conversations;
pub mod credentials;
pub mod deliveries;
pub mod delivering;
pub mod discard;
pub mod domains;
pub mod endpoints;
pub mod error;
mod evaluate;
pub mod expiry;
pub mod first_run;
pub mod grants;
pub mod groups;
mod holds;
pub mod import;
mod leaving;
pub mod login_clients;
pub mod mails;
pub mod memberships;
pub mod passwords;
pub mod people;
mod profile;
mod refusals;
mod rehearsal;
pub mod retention;
pub mod reviews;
pub mod roles;
mod rule_order;
pub mod rules;
pub mod ruleset;
mod seats;
pub mod second_factors;
pub mod sessions;
pub mod setup_links;
pub mod sign_in;
pub mod signing_keys;
pub mod teams;
pub mod throttles;
mod unchanged;
pub mod upstream;
pub mod users;
pub mod workspaces;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use asker::Asker;
pub use change::Change;
pub use error::{CommandError, OVERRULE};
use mails::Posting;
pub use refusals::Subject;
use refusals::{Refusal, Refusals, Written};
pub use rehearsal::Rehearsal;
use tokio::sync::{Notify, watch};
pub use unchanged::{Stamped, Unchanged};
use uuid::Uuid;

use crate::clock::Clock;
use crate::domain::access::Actor;
use crate::domain::event::Event;
use crate::domain::plan::Plans;
use crate::ids::{UserId, WorkspaceId};
use crate::store::{AsStoreError, Store, StoreError, Tx, Work};
use crate::telemetry;

/// One change, of whatever kind. It may be run again when its transaction has to be repeated.
pub trait Command: Send + Sync + 'static {
    /// What it gives when it is done.
    type Output: Send + 'static;

    /// The workspace that it changes.
    fn workspace(&self) -> Option<WorkspaceId>;

    /// The user with whose reading it begins.
    fn begins_with(&self) -> Option<UserId> {
        None
    }

    /// The one row that it locks, where it locks that alone and shares its transaction with nobody.
    fn alone(&self) -> Option<Uuid> {
        None
    }

    /// What it is called when it is refused: `user.create`.
    fn name(&self) -> &'static str;

    /// What it is about, as far as that is known before it ran.
    fn subject(&self) -> Subject;

    /// Makes the change.
    fn run(&self, change: &mut Change<'_>) -> impl Future<Output = Result<Self::Output, CommandError>> + Send;
}

/// Several changes of one workspace: all of them, or none where one is refused.
pub struct Together<C>(pub Vec<C>);

impl<C: Command> Command for Together<C> {
    type Output = Vec<C::Output>;

    fn workspace(&self) -> Option<WorkspaceId> {
        self.0.first().and_then(Command::workspace)
    }

    fn name(&self) -> &'static str {
        self.0.first().map_or("nothing", Command::name)
    }

    fn subject(&self) -> Subject {
        self.0.first().map_or_else(|| Subject::new("workspace", ""), Command::subject)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Self::Output, CommandError> {
        let mut outputs = Vec::with_capacity(self.0.len());
        for command in &self.0 {
            outputs.push(command.run(change).await?);
        }
        Ok(outputs)
    }
}

/// The way to change something.
#[derive(Clone)]
pub struct Commands {
    store: Store,
    clock: Clock,
    plans: Arc<Plans>,
    refusals: Arc<Refusals>,
    posting: Posting,
    bell: Arc<Notify>,
    news: watch::Sender<u64>,
    asker: Option<Asker>,
}

impl Commands {
    /// The way to change something in that store, under those plans.
    #[must_use]
    pub fn new(store: Store, clock: Clock, plans: Arc<Plans>) -> Self {
        Self {
            store,
            clock,
            plans,
            refusals: Arc::default(),
            posting: Posting::NONE,
            bell: Arc::default(),
            news: watch::Sender::new(0),
            asker: None,
        }
    }

    /// The same on behalf of somebody who may go away: what was begun is done then, and nothing more is begun.
    #[must_use]
    pub fn asked_by(&self, asker: &Asker) -> Self {
        Self { asker: Some(asker.clone()), ..self.clone() }
    }

    /// The same, which queues mail as far as this says. Without it none is.
    #[must_use]
    pub fn with_mail(self, posting: Posting) -> Self {
        Self { posting, ..self }
    }

    /// Rings when a change that was made here has queued mail.
    #[must_use]
    pub fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.bell)
    }

    /// Changes when a change that was made here has left something in the outbox. What other programs leave there it does
    /// not know of.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Makes a change on behalf of `actor`, with its audit and outbox rows, in one transaction.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was changed then.
    pub async fn execute<C: Command>(&self, actor: &Actor, command: C) -> Result<C::Output, CommandError> {
        let name = command.name();
        let is_failure = |done: &Result<C::Output, CommandError>| matches!(done, Err(CommandError::Store(_)));
        telemetry::child(name, self.execute_now(actor, command), is_failure).await
    }

    async fn execute_now<C: Command>(&self, actor: &Actor, command: C) -> Result<C::Output, CommandError> {
        let (command, rings, publishes) = (Arc::new(command), Arc::default(), Arc::default());
        let recorded = Recorded {
            command: Arc::clone(&command),
            actor: actor.clone(),
            clock: self.clock.clone(),
            plans: Arc::clone(&self.plans),
            posting: self.posting,
            trace: telemetry::traceparent(),
            asker: self.asker.clone(),
            rings: Arc::clone(&rings),
            publishes: Arc::clone(&publishes),
        };
        let done = self.store.write(recorded).await;
        if done.is_ok() && rings.load(Ordering::Relaxed) {
            self.bell.notify_one();
        }
        if done.is_ok() && publishes.load(Ordering::Relaxed) {
            self.news.send_modify(|count| *count = count.wrapping_add(1));
        }
        if let Err(error) = &done
            && error.is_refusal()
        {
            self.refused(actor, command.workspace(), command.name(), command.subject(), error.to_string()).await;
        }
        done
    }

    /// Notes in the audit log that `actor` was told no. For refusals that never reach a command, too. Whoever is told
    /// so hears the same whether or not it could be noted.
    pub async fn refused(
        &self,
        actor: &Actor,
        workspace: Option<WorkspaceId>,
        what: &'static str,
        subject: Subject,
        sentence: String,
    ) {
        let refusal = Refusal { actor: actor.clone(), workspace, what, subject, sentence, at: self.clock.now() };
        let Some(repeated) = self.refusals.count(&refusal) else { return };
        let refusal = Arc::new(refusal);
        if let Err(error) = self.store.write(Written { refusal: Arc::clone(&refusal), repeated }).await {
            self.refusals.forget(&refusal);
            tracing::warn!(%error, what, "a refusal could not be noted in the audit log");
        }
    }

    /// What would happen if the change were made: everything is done, told, and undone.
    ///
    /// # Errors
    /// [`CommandError`], as the change itself would be refused.
    pub async fn preview<C: Command>(&self, actor: &Actor, command: C) -> Result<Preview, CommandError> {
        let (actor, clock, plans) = (actor.clone(), self.clock.clone(), Arc::clone(&self.plans));
        let command = Arc::new(command);
        let (posting, rings, publishes, trace) = (Posting::NONE, Arc::default(), Arc::default(), None);
        let recorded = Recorded { command, actor, clock, plans, posting, trace, asker: None, rings, publishes };
        match self.store.write(Rehearsed(recorded)).await {
            Err(Ended::Rehearsed(preview)) => Ok(preview),
            Err(Ended::Refused(error)) => Err(error),
            Ok(never) => match never {},
        }
    }
}

/// What a change would do.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// Everything that would be told of it, in its order.
    pub events: Vec<Event>,
}

impl Preview {
    /// What would be told of users.
    pub fn of_users(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.subject_kind == "user")
    }

    /// How many sessions would end.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.events.iter().filter(|event| event.name == "session.revoked").count()
    }

    /// How many users would change.
    #[must_use]
    pub fn users(&self) -> usize {
        self.of_users().map(|event| event.subject_id.as_str()).collect::<std::collections::HashSet<_>>().len()
    }
}

/// A change that is undone in the end.
struct Rehearsed<C>(Recorded<C>);

/// How a rehearsal ends: never well, so that nothing of it stays.
enum Ended {
    Rehearsed(Preview),
    Refused(CommandError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl AsStoreError for Ended {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Rehearsed(_) => None,
            Self::Refused(error) => error.as_store_error(),
        }
    }
}

impl<C: Command> Work for Rehearsed<C> {
    type Output = std::convert::Infallible;
    type Error = Ended;

    fn workspace(&self) -> Option<WorkspaceId> {
        self.0.command.workspace()
    }

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, Ended> {
        let Recorded { command, actor, clock, plans, .. } = &self.0;
        let mut change = Change::new(tx, actor, clock.now(), plans, command.workspace()).kept();
        command.run(&mut change).await.map_err(Ended::Refused)?;
        Err(Ended::Rehearsed(Preview { events: change.into_events() }))
    }
}

/// A command with everything that its transaction needs besides.
struct Recorded<C> {
    command: Arc<C>,
    actor: Actor,
    clock: Clock,
    plans: Arc<Plans>,
    posting: Posting,
    /// The trace context of the request that it came from.
    trace: Option<String>,
    /// Without whom it is not begun.
    asker: Option<Asker>,
    /// Whether it has queued mail.
    rings: Arc<AtomicBool>,
    /// Whether it has left something in the outbox.
    publishes: Arc<AtomicBool>,
}

impl<C: Command> Work for Recorded<C> {
    type Output = C::Output;
    type Error = CommandError;

    fn workspace(&self) -> Option<WorkspaceId> {
        self.command.workspace()
    }

    fn begins_with(&self) -> Option<UserId> {
        self.command.begins_with()
    }

    fn alone(&self) -> Option<Uuid> {
        self.command.alone()
    }

    async fn run(&self, tx: &mut Tx) -> Result<C::Output, CommandError> {
        if self.asker.as_ref().is_some_and(Asker::is_gone) {
            return Err(CommandError::Abandoned);
        }
        let change = Change::new(tx, &self.actor, self.clock.now(), &self.plans, self.command.workspace());
        let mut change = change.with_mail(self.posting).with_trace(self.trace.as_deref());
        let done = self.command.run(&mut change).await;
        self.rings.fetch_or(change.rings(), Ordering::Relaxed);
        self.publishes.fetch_or(change.publishes(), Ordering::Relaxed);
        done
    }
}

/// A name that people give: 1 to 100 printable characters, without space at its ends.
fn named(attribute: &'static str, name: &str) -> Result<String, CommandError> {
    let (name, length) = (name.trim(), name.trim().chars().count());
    if length == 0 || length > 100 || crate::text::printable(name) != name {
        let detail = "has 1 to 100 printable characters".into();
        return Err(CommandError::Invalid { attribute, detail });
    }
    Ok(name.to_owned())
}

/// A description that people give: up to 1,000 characters.
fn described(attribute: &'static str, text: &str) -> Result<String, CommandError> {
    let text = text.trim();
    if text.chars().count() > 1_000 || text.contains('\0') {
        return Err(CommandError::Invalid { attribute, detail: "has up to 1,000 characters".into() });
    }
    Ok(text.to_owned())
}
