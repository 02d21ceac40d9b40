//! A change on its way through the write path: what it is to whoever makes it, and to the lane that runs it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::error::StoreError;
use super::tx::Tx;
use crate::ids::{UserId, WorkspaceId};

/// A change to be made in a transaction. It may be run again when the transaction has to be repeated, and has no effect
/// but through the transaction.
pub trait Work: Send + Sync + 'static {
    /// What it gives when it is done.
    type Output: Send + 'static;
    /// What it says when it is refused or fails.
    type Error: From<StoreError> + AsStoreError + Send + 'static;

    /// The workspace that it changes; its row is locked for whoever takes or frees a seat. None for what belongs to no
    /// workspace.
    fn workspace(&self) -> Option<WorkspaceId>;

    /// The user of that workspace with whose reading the change begins: those of all changes that share a transaction
    /// are read together.
    fn begins_with(&self) -> Option<UserId> {
        None
    }

    /// The one row that it locks, where it locks that alone: on PostgreSQL it shares its transaction with nobody, so that no
    /// two transactions ever wait for each other's.
    fn alone(&self) -> Option<Uuid> {
        None
    }

    /// Makes the change.
    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// Tells a refusal, which is an answer, from a failure of the database, which may pass.
pub trait AsStoreError {
    /// The database's failure, where this is one.
    fn as_store_error(&self) -> Option<&StoreError>;
}

impl AsStoreError for StoreError {
    fn as_store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

/// How one run of a change ended.
pub(super) enum Outcome {
    Done,
    Refused,
    Failed(StoreError),
}

/// A change that waits in a lane, whatever it is.
pub(super) trait Queued: Send {
    fn workspace(&self) -> Option<WorkspaceId>;
    fn begins_with(&self) -> Option<UserId>;
    fn is_alone(&self) -> bool;
    fn is_awaited(&self) -> bool;
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Outcome>;
    fn fail(&mut self, error: StoreError);
    fn reply(self: Box<Self>);
}

/// A change, what came of it, and who waits for that.
pub(super) struct Call<W: Work> {
    work: W,
    result: Option<Result<W::Output, W::Error>>,
    reply: oneshot::Sender<Result<W::Output, W::Error>>,
}

impl<W: Work> Call<W> {
    /// The change, and where its outcome goes.
    pub(super) const fn new(work: W, reply: oneshot::Sender<Result<W::Output, W::Error>>) -> Self {
        Self { work, result: None, reply }
    }
}

impl<W: Work> Queued for Call<W> {
    fn workspace(&self) -> Option<WorkspaceId> {
        self.work.workspace()
    }

    fn begins_with(&self) -> Option<UserId> {
        self.work.begins_with()
    }

    fn is_alone(&self) -> bool {
        self.work.alone().is_some()
    }

    fn is_awaited(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let Ok(result) = AssertUnwindSafe(self.work.run(tx)).catch_unwind().await else {
                self.result = None;
                return Outcome::Failed(StoreError::Statement("the change panicked".into()));
            };
            let outcome = match &result {
                Ok(_) => Outcome::Done,
                Err(error) => error.as_store_error().map_or(Outcome::Refused, |error| Outcome::Failed(error.clone())),
            };
            self.result = Some(result);
            outcome
        })
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error.into()));
    }

    fn reply(self: Box<Self>) {
        let lost = || Err(StoreError::Statement("the change was never run".into()).into());
        let _ = self.reply.send(self.result.unwrap_or_else(lost));
    }
}
