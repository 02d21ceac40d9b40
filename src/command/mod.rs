//! Everything that changes something: one file a family, one command a change, one way to run them.
//!
//! [`Commands::execute`] is that way. It opens the transaction, runs the command, writes the audit rows and outbox rows
//! that the command recorded, and commits: all of it or nothing. A command checks the product's rules and never sees a
//! header or a SCIM document; who may ask was settled before.

mod change;
pub mod credentials;
pub mod error;
pub mod groups;
mod seats;
pub mod users;
pub mod workspaces;

use std::sync::Arc;

pub use change::Change;
pub use error::CommandError;

use crate::clock::Clock;
use crate::domain::access::Actor;
use crate::domain::plan::Plans;
use crate::ids::{UserId, WorkspaceId};
use crate::store::{Store, Tx, Work};

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

    /// Makes the change.
    fn run(&self, change: &mut Change<'_>) -> impl Future<Output = Result<Self::Output, CommandError>> + Send;
}

/// The way to change something.
#[derive(Clone)]
pub struct Commands {
    store: Store,
    clock: Clock,
    plans: Arc<Plans>,
}

impl Commands {
    /// The way to change something in that store, under those plans.
    #[must_use]
    pub const fn new(store: Store, clock: Clock, plans: Arc<Plans>) -> Self {
        Self { store, clock, plans }
    }

    /// Makes a change on behalf of `actor`, with its audit and outbox rows, in one transaction.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was changed then.
    pub async fn execute<C: Command>(&self, actor: &Actor, command: C) -> Result<C::Output, CommandError> {
        let recorded =
            Recorded { command, actor: actor.clone(), clock: self.clock.clone(), plans: Arc::clone(&self.plans) };
        self.store.write(recorded).await
    }
}

/// A command with everything that its transaction needs besides.
struct Recorded<C> {
    command: C,
    actor: Actor,
    clock: Clock,
    plans: Arc<Plans>,
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

    async fn run(&self, tx: &mut Tx) -> Result<C::Output, CommandError> {
        let mut change = Change::new(tx, &self.actor, self.clock.now(), &self.plans, self.command.workspace());
        self.command.run(&mut change).await
    }
}
