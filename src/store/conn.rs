//! A connection to either database, and what becomes of it when something goes wrong on it.
//!
//! A connection goes back to its pool only when it is known to be sound. One that met an error of the disk or the network
//! is closed instead, and so is one to PostgreSQL that did not answer in time, whether or not its caller still waits:
//! PostgreSQL ends a slow statement itself, so that silence beyond that means a dead network. One to SQLite whose caller
//! left in the middle is closed too, which ends its statement.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, FromRow, Postgres};
use uuid::Uuid;

use super::error::StoreError;
use super::file_pool::Borrowed;
use super::later::{Later, Setting};
use super::sql::{Arg, Sql};

/// How long a script may take: a migration, which no statement timeout ends.
const SCRIPT: Duration = Duration::from_mins(30);

/// A row that both databases can be read into.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// A connection to either database.
pub struct Conn {
    /// None once it is being given up.
    link: Option<Link>,
    /// Whether something was asked that has not been answered yet.
    midway: bool,
    /// Whether it broke; nothing mends it.
    lost: bool,
    /// Changes that are written before anything else is asked.
    later: Later,
}

enum Link {
    Sqlite(Borrowed),
    /// With how long to wait for an answer.
    Postgres(PoolConnection<Postgres>, Duration),
}

/// Asks one database or the other the same thing, and notes whether the connection is sound afterwards.
macro_rules! ask {
    ($self:ident, $sql:expr, |$text:ident, $args:ident, $on:ident| $call:expr) => {{
        let sql: Sql = $sql.into();
        match &mut $self.link {
            Some(Link::Sqlite($on)) => {
                let ($text, $args) = sql.into_sqlite()?;
                $self.midway = true;
                $on.begins();
                let answer = $call.await;
                $on.unlimited();
                $self.noted(answer.map_err(StoreError::from))
            }
            Some(Link::Postgres($on, patience)) => {
                let ($text, $args) = sql.into_postgres()?;
                $self.midway = true;
                let answer = answered(*patience, $call).await;
                $self.noted(answer)
            }
            None => Err(gone()),
        }
    }};
}

impl Conn {
    pub(super) fn sqlite(conn: Borrowed) -> Self {
        Self::over(Link::Sqlite(conn))
    }

    /// `patience`: how long to wait for an answer; longer than the server works on a statement.
    pub(super) fn postgres(conn: PoolConnection<Postgres>, patience: Duration) -> Self {
        Self::over(Link::Postgres(conn, patience))
    }

    fn over(link: Link) -> Self {
        Self { link: Some(link), midway: false, lost: false, later: Later::default() }
    }

    /// Every row of the answer.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn all<R: Record>(&mut self, sql: impl Into<Sql>) -> Result<Vec<R>, StoreError> {
        self.catch_up().await?;
        ask!(self, sql, |text, args, on| sqlx::query_as_with::<_, R, _>(text, args).fetch_all(&mut **on))
    }

    /// The first row of the answer, where there is one.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn opt<R: Record>(&mut self, sql: impl Into<Sql>) -> Result<Option<R>, StoreError> {
        self.catch_up().await?;
        ask!(self, sql, |text, args, on| sqlx::query_as_with::<_, R, _>(text, args).fetch_optional(&mut **on))
    }

    /// The one row of the answer.
    ///
    /// # Errors
    /// [`StoreError`], classified; `Corrupt` where there is no row.
    pub async fn one<R: Record>(&mut self, sql: impl Into<Sql>) -> Result<R, StoreError> {
        self.opt(sql).await?.ok_or_else(|| StoreError::Corrupt("a row that must exist is missing".into()))
    }

    /// Runs a statement; answers how many rows it touched.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn run(&mut self, sql: impl Into<Sql>) -> Result<u64, StoreError> {
        self.catch_up().await?;
        self.run_now(sql).await
    }

    async fn run_now(&mut self, sql: impl Into<Sql>) -> Result<u64, StoreError> {
        ask!(self, sql, |text, args, on| async {
            sqlx::query_with(text, args).execute(&mut **on).await.map(|done| done.rows_affected())
        })
    }

    /// Sets columns of a row together with those of others, before anything else is asked of this connection; what goes wrong
    /// is told then.
    ///
    /// # Errors
    /// [`StoreError`], classified, of what waited before.
    pub(super) async fn set_later(
        &mut self,
        setting: &'static Setting,
        id: Uuid,
        columns: Vec<Arg>,
    ) -> Result<(), StoreError> {
        if self.later.is_of_another(setting) {
            self.catch_up().await?;
        }
        self.later.add(setting, id, columns);
        Ok(())
    }

    /// Writes what waits.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        while let Some(sql) = self.later.next() {
            self.run_now(sql).await?;
        }
        Ok(())
    }

    /// Drops what waits to be written, with the transaction to which it belongs.
    pub(super) fn forgo(&mut self) {
        self.later.clear();
    }

    /// Runs a script of several statements without arguments.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn script(&mut self, text: &'static str) -> Result<(), StoreError> {
        let answer = match &mut self.link {
            Some(Link::Sqlite(on)) => {
                self.midway = true;
                sqlx::raw_sql(text).execute(&mut **on).await.map(drop).map_err(StoreError::from)
            }
            Some(Link::Postgres(on, _)) => {
                self.midway = true;
                answered(SCRIPT, async { sqlx::raw_sql(text).execute(&mut **on).await.map(drop) }).await
            }
            None => Err(gone()),
        };
        self.noted(answer)
    }

    /// Has the database check a statement without running it.
    ///
    /// # Errors
    /// [`StoreError::Statement`] with what the database finds wrong.
    pub async fn prepare(&mut self, sql: &Sql) -> Result<(), StoreError> {
        use sqlx::Executor;
        let text = sql.unbound(self.is_postgres());
        match &mut self.link {
            Some(Link::Sqlite(on)) => (&mut **on).prepare(text).await.map(drop)?,
            Some(Link::Postgres(on, _)) => (&mut **on).prepare(text).await.map(drop)?,
            None => return Err(gone()),
        }
        Ok(())
    }

    /// Whether the connection can go on being used.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        !self.midway && !self.lost
    }

    /// Closes the connection instead of giving it back to its pool.
    pub fn discard(mut self) {
        self.lost = true;
    }

    /// Whether this is PostgreSQL.
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self.link, Some(Link::Postgres(..)))
    }

    fn noted<T>(&mut self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        self.midway = false;
        self.lost |= matches!(answer, Err(StoreError::ConnectionLost(_)));
        answer
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        match self.link.take() {
            Some(Link::Sqlite(conn)) if self.lost || self.midway => conn.discard(),
            Some(Link::Postgres(conn, _)) if self.lost => drop(conn.detach()),
            Some(Link::Postgres(conn, patience)) if self.midway => caught_up(conn, patience),
            _ => {}
        }
    }
}

/// Waits for the rest of an answer that nobody wants any more. The connection keeps its place in the pool meanwhile, so
/// that clients who come and go can't make the bridge open more connections than it may.
fn caught_up(mut conn: PoolConnection<Postgres>, patience: Duration) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return drop(conn.detach()) };
    runtime.spawn(async move {
        match tokio::time::timeout(patience, conn.ping()).await {
            Ok(Ok(())) => drop(conn),
            _ => drop(conn.detach()),
        }
    });
}

async fn answered<T>(patience: Duration, ask: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(patience, ask).await {
        Ok(answer) => answer.map_err(StoreError::from),
        Err(_) => Err(StoreError::ConnectionLost(format!("no answer within {} s", patience.as_secs()))),
    }
}

fn gone() -> StoreError {
    StoreError::ConnectionLost("the connection was given up".into())
}
