//! Connections to a SQLite file: as many as they are allowed to be, each with a limit on how long it works on one
//! statement.
//!
//! PostgreSQL ends a slow statement by itself; SQLite works on until it is done, whether or not anybody still waits, and
//! four of them would be all that read. So every connection asks from within, every few thousand steps, whether its time
//! is over, and one whose caller went away in the middle is closed and its statement ended.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::StoreError;
use crate::metrics::InUse;

/// How many steps of SQLite's machine pass between two looks at the clock: about a millisecond.
const STEPS: i32 = 20_000;
/// No limit.
const NEVER: u64 = u64::MAX;

/// The connections.
#[derive(Clone)]
pub struct FilePool(Arc<Inner>);

struct Inner {
    options: SqliteConnectOptions,
    /// How long a statement may take.
    limit: Duration,
    /// How long to wait for a connection.
    patience: Duration,
    places: Arc<Semaphore>,
    most: u32,
    free: Mutex<Vec<Watched>>,
    start: Instant,
}

/// A connection and the moment, in milliseconds since the pool was made, at which its statement ends.
struct Watched {
    conn: SqliteConnection,
    end: Arc<AtomicU64>,
}

/// A connection in somebody's hands.
pub struct Borrowed {
    watched: Option<Watched>,
    pool: FilePool,
    _place: OwnedSemaphorePermit,
}

impl FilePool {
    /// A pool with its first connection open.
    ///
    /// # Errors
    /// [`StoreError`] where the file can't be opened.
    pub async fn open(
        options: SqliteConnectOptions,
        most: u32,
        limit: Duration,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let places = Arc::new(Semaphore::new(most as usize));
        let free = Mutex::default();
        let pool = Self(Arc::new(Inner { options, limit, patience, places, most, free, start: Instant::now() }));
        drop(pool.acquire().await?);
        Ok(pool)
    }

    /// A connection.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where none is free in time, [`StoreError::ConnectionLost`] once the pool is closed.
    pub async fn acquire(&self) -> Result<Borrowed, StoreError> {
        let place = tokio::time::timeout(self.0.patience, Arc::clone(&self.0.places).acquire_owned()).await;
        let place = place
            .map_err(|_| StoreError::Busy("every connection to the file is in use".into()))?
            .map_err(|_| StoreError::ConnectionLost("the database is closed".into()))?;
        let free = self.free().pop();
        let watched = match free {
            Some(watched) => watched,
            None => self.connect().await?,
        };
        Ok(Borrowed { watched: Some(watched), pool: self.clone(), _place: place })
    }

    /// Connections in somebody's hands, and how many there may be.
    pub fn in_use(&self, pool: &'static str) -> InUse {
        let most = self.0.most as usize;
        InUse { pool, used: most.saturating_sub(self.0.places.available_permits()), most }
    }

    async fn connect(&self) -> Result<Watched, StoreError> {
        let mut conn = self.0.options.connect().await?;
        let (end, start) = (Arc::new(AtomicU64::new(NEVER)), self.0.start);
        let seen = Arc::clone(&end);
        let in_time = move || millis(start.elapsed()) <= seen.load(Ordering::Relaxed);
        conn.lock_handle().await?.set_progress_handler(STEPS, in_time);
        Ok(Watched { conn, end })
    }

    /// Closes what is free now and whatever comes back, within `patience`.
    pub async fn close(&self) {
        let everybody = Arc::clone(&self.0.places).acquire_many_owned(self.0.most);
        let _ = tokio::time::timeout(self.0.patience, everybody).await;
        self.0.places.close();
        let free = std::mem::take(&mut *self.free());
        for watched in free {
            if let Err(error) = watched.conn.close().await {
                tracing::warn!(%error, "a connection to the file was not closed well");
            }
        }
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Watched>> {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Borrowed {
    /// A statement begins: it has as long as the pool allows.
    pub fn begins(&self) {
        let end = self.pool.0.start.elapsed().saturating_add(self.pool.0.limit);
        self.ends_at(millis(end));
    }

    /// The statement has ended, or what follows has no limit.
    pub fn unlimited(&self) {
        self.ends_at(NEVER);
    }

    /// Closes the connection instead of giving it back, and ends what it works on.
    pub fn discard(mut self) {
        self.ends_at(0);
        self.watched = None;
    }

    fn ends_at(&self, moment: u64) {
        if let Some(watched) = &self.watched {
            watched.end.store(moment, Ordering::Relaxed);
        }
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(watched) = self.watched.take()
            && !self.pool.0.places.is_closed()
        {
            self.pool.free().push(watched);
        }
    }
}

impl Deref for Borrowed {
    type Target = SqliteConnection;

    #[allow(clippy::expect_used)]
    fn deref(&self) -> &SqliteConnection {
        &self.watched.as_ref().expect("a connection is there until it is given back").conn
    }
}

impl DerefMut for Borrowed {
    #[allow(clippy::expect_used)]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.watched.as_mut().expect("a connection is there until it is given back").conn
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(NEVER - 1)
}
