//! A write transaction: the connection, the locked workspaces, and what will be recorded at its end.

use std::collections::{HashMap, HashSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

mod mark;

pub use mark::Mark;

use super::chain::Keeper;
use super::ending::Ending;
use super::error::StoreError;
use super::later::Setting;
use super::sql::{Arg, Conn, Record, Sql};
use super::users::{self, UserRow};
use super::{Database, audit, conversations, mails, outbox, roles, rules, statements, workspaces};
use crate::domain::role::Role;
use crate::domain::rule::Rule;
use crate::domain::workspace::Workspace;
use crate::ids::{UserId, WorkspaceId};

/// How long to go on trying connections that turn out to be dead.
const STALE: Duration = Duration::from_secs(1);

/// A write transaction. Reading goes through [`Deref`] to the connection; writing through [`Tx::run`], which notes that
/// something was written.
pub struct Tx {
    conn: Option<Conn>,
    keeper: Keeper,
    writes: usize,
    /// Workspaces whose rows are locked: as read, and as they are to be written at the end.
    locked: HashMap<WorkspaceId, (Workspace, Workspace)>,
    roles: HashMap<WorkspaceId, Vec<Role>>,
    rules: HashMap<WorkspaceId, Arc<[Rule]>>,
    /// Workspaces in which there is no conversation, API key, session, link or grant at all.
    bare: HashSet<WorkspaceId>,
    ending: Ending,
    /// Workspaces in which nobody waits for a seat: somebody looked, and nobody was parked since.
    nobody_waits: HashSet<WorkspaceId>,
    /// Users who were read ahead of the changes that begin with them, and have not been changed since.
    foreseen: HashMap<UserId, UserRow>,
}

impl Tx {
    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where no connection or no write lock is to be had in time.
    pub async fn begin(database: &Database, keeper: &Keeper) -> Result<Self, StoreError> {
        let started = Instant::now();
        let conn = loop {
            let mut conn = database.writer().await?;
            match conn.run(statements::begin(conn.is_postgres())).await {
                Ok(_) => break conn,
                // It died while it was idle. Nothing was done on it, so that another one may be tried.
                Err(StoreError::ConnectionLost(_)) if started.elapsed() < STALE => {}
                Err(error) => return Err(error),
            }
        };
        Ok(Self {
            conn: Some(conn),
            keeper: keeper.clone(),
            writes: 0,
            locked: HashMap::new(),
            roles: HashMap::new(),
            rules: HashMap::new(),
            bare: HashSet::new(),
            ending: Ending::default(),
            nobody_waits: HashSet::new(),
            foreseen: HashMap::new(),
        })
    }

    /// Runs a statement that writes; answers how many rows it touched.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn run(&mut self, sql: impl Into<Sql>) -> Result<u64, StoreError> {
        self.foreseen.clear();
        self.run_now(sql).await
    }

    /// Runs a statement that writes what no row tells but that of one user; answers how many rows it touched.
    pub(super) async fn run_of_one(&mut self, user: UserId, sql: impl Into<Sql>) -> Result<u64, StoreError> {
        self.foreseen.remove(&user);
        self.run_now(sql).await
    }

    /// Sets columns of a user together with those of others; what goes wrong is told by the next statement.
    pub(super) async fn set_later(
        &mut self,
        user: UserId,
        setting: &'static Setting,
        columns: Vec<Arg>,
    ) -> Result<(), StoreError> {
        self.foreseen.remove(&user);
        self.writes += 1;
        self.deref_mut().set_later(setting, user.0, columns).await
    }

    async fn run_now(&mut self, sql: impl Into<Sql>) -> Result<u64, StoreError> {
        let rows = self.deref_mut().run(sql).await?;
        self.writes += usize::from(rows > 0);
        Ok(rows)
    }

    /// Runs a statement that writes and has a RETURNING; gives the rows that it touched.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn returning<R: Record>(&mut self, sql: impl Into<Sql>) -> Result<Vec<R>, StoreError> {
        self.foreseen.clear();
        let rows = self.deref_mut().all(sql).await?;
        self.writes += usize::from(!rows.is_empty());
        Ok(rows)
    }

    /// The same for rows of nothing that a user who was read already shows.
    pub(super) async fn returning_beside<R: Record>(&mut self, sql: impl Into<Sql>) -> Result<Vec<R>, StoreError> {
        let rows = self.deref_mut().all(sql).await?;
        self.writes += usize::from(!rows.is_empty());
        Ok(rows)
    }

    /// Whether there is anything of which somebody has to let go who leaves.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn has_belongings(&mut self, id: WorkspaceId, user: UserId) -> Result<bool, StoreError> {
        if self.bare.contains(&id) {
            return Ok(false);
        }
        let (any, theirs) = conversations::belongings(self, id, user).await?;
        if !any {
            self.bare.insert(id);
        }
        Ok(theirs)
    }

    /// Notes that somebody has a conversation, session, link or grant from now on.
    pub fn note_belonging(&mut self) {
        self.bare.clear();
    }

    /// Inserts many rows: `start` up to VALUES, `end` after the rows.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn insert_many(
        &mut self,
        start: &'static str,
        rows: Vec<Vec<Arg>>,
        end: &'static str,
    ) -> Result<u64, StoreError> {
        // Powers of two: a few prepared statements serve every number of rows. At most 128: neither limit on binds is met.
        let (mut rows, mut inserted) = (rows.into_iter(), 0);
        while rows.len() > 0 {
            let chunk = 1 << rows.len().min(128).ilog2();
            let mut sql = Sql::build(start);
            sql.push_rows(rows.by_ref().take(chunk)).push(end);
            inserted += self.run(sql).await?;
        }
        Ok(inserted)
    }

    /// The workspace, its row locked until the end of the transaction. What is changed in it is written then.
    ///
    /// # Errors
    /// [`StoreError`], classified. `None` where there is no such workspace.
    pub async fn lock(&mut self, id: WorkspaceId) -> Result<Option<&mut Workspace>, StoreError> {
        if !self.locked.contains_key(&id) {
            let Some(workspace) = workspaces::lock(self, id).await? else { return Ok(None) };
            self.locked.insert(id, (workspace.clone(), workspace));
        }
        Ok(self.locked.get_mut(&id).map(|(_, current)| current))
    }

    /// The roles of a workspace, oldest first.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn roles(&mut self, id: WorkspaceId) -> Result<&[Role], StoreError> {
        if !self.roles.contains_key(&id) {
            // Who reads roles decides by them: nobody changes one meanwhile, in whichever bridge.
            self.lock(id).await?;
            let roles = roles::of_workspace(self, id).await?;
            self.roles.insert(id, roles);
        }
        Ok(self.roles.get(&id).map_or(&[], Vec::as_slice))
    }

    /// The rules of a workspace, the one that decides first at the front.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn rules(&mut self, id: WorkspaceId) -> Result<Arc<[Rule]>, StoreError> {
        if let Some(rules) = self.rules.get(&id) {
            return Ok(Arc::clone(rules));
        }
        self.lock(id).await?;
        let rules: Arc<[Rule]> = rules::of_workspace(self, id).await?.into();
        self.rules.insert(id, Arc::clone(&rules));
        Ok(rules)
    }

    /// Reads anew, when it is next asked for, what is known of roles, rules, conversations and keys: something changed.
    pub fn forget(&mut self) {
        self.roles.clear();
        self.rules.clear();
        self.bare.clear();
    }

    /// Reads users ahead of the changes that begin with them, a workspace at a time; it is locked from here on.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn foresee(&mut self, mut begins: Vec<(WorkspaceId, UserId)>) -> Result<(), StoreError> {
        begins.sort_unstable();
        for these in begins.chunk_by(|one, other| one.0 == other.0) {
            let (Some((workspace, _)), true) = (these.first(), these.len() > 1) else { continue };
            if self.lock(*workspace).await?.is_some() {
                let ids: Vec<UserId> = these.iter().map(|(_, id)| *id).collect();
                let rows = users::find_all_visible(self, *workspace, &ids).await?;
                self.foreseen.extend(rows.into_iter().map(|row| (UserId(row.shown.id), row)));
            }
        }
        Ok(())
    }

    /// A user of a workspace as identity providers see them: none where they are protected.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn visible_user(&mut self, id: WorkspaceId, user: UserId) -> Result<Option<UserRow>, StoreError> {
        match self.foreseen.remove(&user).filter(|row| row.workspace_id == id.0) {
            Some(row) => Ok(Some(row)),
            None => users::find_visible(self, id, user).await,
        }
    }

    /// Whether it is known that nobody waits for a seat in a workspace, which is locked.
    #[must_use]
    pub fn nobody_waits(&self, id: WorkspaceId) -> bool {
        self.nobody_waits.contains(&id)
    }

    /// Notes that nobody waits for a seat in a workspace, which is locked, or that somebody does.
    pub fn note_waiting(&mut self, id: WorkspaceId, anybody: bool) {
        if anybody {
            self.nobody_waits.remove(&id);
        } else {
            self.nobody_waits.insert(id);
        }
    }

    /// Leaves a row in the audit log.
    pub fn audit(&mut self, row: audit::Row) {
        self.ending.audit.push(row);
    }

    /// Leaves a row in the outbox.
    pub fn publish(&mut self, row: outbox::Row) {
        self.ending.outbox.push(row);
    }

    /// Leaves a mail in the queue.
    pub fn post(&mut self, row: mails::Row) {
        self.ending.mails.push(row);
    }

    /// Drops what was left to be recorded: for a rehearsal, of which nothing stays.
    pub fn unrecord(&mut self) {
        self.ending = Ending::default();
    }

    /// Undoes everything; the transaction is as good as new.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn reset(&mut self) -> Result<(), StoreError> {
        self.forgo();
        self.deref_mut().run(statements::ROLLBACK).await?;
        let begin = statements::begin(self.is_postgres());
        self.deref_mut().run(begin).await?;
        self.writes = 0;
        self.locked.clear();
        self.forget();
        self.ending = Ending::default();
        self.nobody_waits.clear();
        self.foreseen.clear();
        Ok(())
    }

    /// Undoes everything and gives the connection back, or drops it where it no longer answers.
    pub async fn abandon(mut self) {
        let Some(mut conn) = self.conn.take() else { return };
        conn.forgo();
        if !conn.is_sound() || conn.run(statements::ROLLBACK).await.is_err() {
            conn.discard();
        }
    }

    /// Writes what was left to be written and commits; where nothing was written, there is nothing to commit.
    ///
    /// # Errors
    /// [`StoreError`]; everything is undone then, except that after `ConnectionLost` nobody knows.
    pub async fn finish(mut self) -> Result<(), StoreError> {
        match self.flush_and_commit().await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.abandon().await;
                Err(error)
            }
        }
    }

    /// Numbers the rows of the audit log and hangs each on the one before it. Most workspaces are locked already; their
    /// rows are written once, with the end of the chain in them.
    async fn chain(&mut self, rows: &mut [audit::Row]) -> Result<(), StoreError> {
        let keeper = self.keeper.clone();
        for row in rows {
            let Some(id) = row.workspace_id.map(WorkspaceId) else { continue };
            let Some(workspace) = self.lock(id).await? else { continue };
            let number = workspace.audit_rows + 1;
            let (key, previous) = (keeper.key()?, workspace.last_audit_hash());
            let hash = row.expected_hash(key, previous, number).to_vec();
            let head = key.head(id.0, number, &hash);
            (row.number, row.hash) = (Some(number), Some(hash));
            (workspace.audit_rows, workspace.audit_hash) = (number, Some(head));
        }
        Ok(())
    }

    async fn flush_and_commit(&mut self) -> Result<(), StoreError> {
        let Ending { mut audit, outbox, mails } = std::mem::take(&mut self.ending);
        self.chain(&mut audit).await?;
        let changed = |(read, current): &(Workspace, Workspace)| (read != current).then(|| current.clone());
        let changed: Vec<Workspace> = self.locked.values().filter_map(changed).collect();
        for workspace in &changed {
            workspaces::update(self, workspace).await?;
        }
        audit::insert(self, audit).await?;
        outbox::insert(self, outbox).await?;
        mails::insert(self, mails).await?;
        let end = if self.writes > 0 { statements::COMMIT } else { statements::ROLLBACK };
        self.deref_mut().run(end).await?;
        // Given back only now: a connection inside a transaction must never reach the pool.
        self.conn = None;
        Ok(())
    }
}

impl Drop for Tx {
    /// A transaction that was dropped in the middle (its task was cancelled) takes its connection along.
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            conn.discard();
        }
    }
}

impl Deref for Tx {
    type Target = Conn;

    #[allow(clippy::expect_used)]
    fn deref(&self) -> &Conn {
        self.conn.as_ref().expect("a transaction has a connection until it ends")
    }
}

impl DerefMut for Tx {
    #[allow(clippy::expect_used)]
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn.as_mut().expect("a transaction has a connection until it ends")
    }
}
