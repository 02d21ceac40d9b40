//! Many changes that are made one after the other, each seeing those before it, and undone in the end.

use std::sync::Arc;

use super::{Change, Command, CommandError, Commands};
use crate::clock::Clock;
use crate::domain::access::Actor;
use crate::domain::plan::Plans;
use crate::store::{Tx, statements};

/// A transaction that will be undone. As long as it lasts, it keeps others from changing the same workspace, on SQLite
/// any workspace.
pub struct Rehearsal {
    tx: Tx,
    actor: Actor,
    clock: Clock,
    plans: Arc<Plans>,
}

impl Commands {
    /// Begins a rehearsal of changes by `actor`.
    ///
    /// # Errors
    /// [`CommandError::Store`] where no transaction is to be had.
    pub async fn rehearse(&self, actor: &Actor) -> Result<Rehearsal, CommandError> {
        let tx = Tx::begin(self.store.database(), self.store.keeper()).await?;
        Ok(Rehearsal { tx, actor: actor.clone(), clock: self.clock.clone(), plans: Arc::clone(&self.plans) })
    }
}

impl Rehearsal {
    /// Makes a change for those that follow to see.
    ///
    /// # Errors
    /// [`CommandError`], as the change itself would be refused; nothing of it is seen by those that follow.
    pub async fn run<C: Command>(&mut self, command: &C) -> Result<C::Output, CommandError> {
        let mark = self.tx.mark();
        self.tx.run(statements::SAVEPOINT).await?;
        let now = self.clock.now();
        let mut change = Change::new(&mut self.tx, &self.actor, now, &self.plans, command.workspace());
        let outcome = command.run(&mut change).await;
        if outcome.is_err() {
            self.tx.run(statements::ROLLBACK_TO).await?;
        }
        self.tx.run(statements::RELEASE).await?;
        if outcome.is_err() {
            self.tx.restore(mark);
        }
        self.tx.unrecord();
        outcome
    }

    /// Undoes everything.
    pub async fn end(self) {
        self.tx.abandon().await;
    }
}
