//! Opening either database with the limits that keep it answering.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, PgConnection, PgPool};

use super::conn::Conn;
use super::error::StoreError;
use super::file::DatabaseFile;
use super::file_pool::FilePool;
use super::migrate;
use crate::metrics::InUse;

/// The oldest SQLite without the WAL-reset corruption race (3.7.0 to 3.51.2).
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(2);
/// How long an idle connection to PostgreSQL is trusted to be alive without asking. Under load none is idle for so long;
/// otherwise what asks by the clock would keep one trusted that died.
const FRESH: Duration = Duration::from_millis(50);
/// How long it has to answer then.
const PING: Duration = Duration::from_secs(1);
/// How much longer than its statement timeout PostgreSQL may be silent before the connection counts as lost.
const GRACE: Duration = Duration::from_secs(1);
/// How long another process may hold SQLite's write lock before we give up.
const BUSY: Duration = Duration::from_secs(5);
/// How long to wait before SQLite's file is opened again.
const AGAIN: Duration = Duration::from_millis(20);
/// How many connections read a SQLite file side by side.
const SQLITE_READERS: u32 = 4;

/// Where the database is and how much of it to use.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite://path/to/file.db` or `postgres://user:password@host/database`.
    pub url: String,
    /// Connections to PostgreSQL at the most.
    pub max_connections: u32,
    /// How long the database may work on one statement.
    pub statement_timeout: Duration,
}

/// Native pools of one of the two databases.
#[derive(Clone)]
pub enum Database {
    /// A file: one connection writes, several read.
    Sqlite {
        /// Read-only connections.
        read: FilePool,
        /// The writer.
        write: FilePool,
        /// The file itself; none where the database is in memory.
        file: Option<DatabaseFile>,
    },
    /// A server.
    Postgres {
        /// Connections.
        pool: PgPool,
        /// How long a connection may be silent.
        patience: Duration,
    },
}

impl Database {
    /// Connects, and checks that the database is one that this program can trust.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] where the URL or the version is none of ours; other kinds where it can't be reached.
    pub async fn open(options: &Options) -> Result<Self, StoreError> {
        match options.url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Self::open_sqlite(options).await,
            Some("postgres" | "postgresql") => Self::open_postgres(options).await,
            _ => Err(StoreError::Unfit("the database URL must begin with sqlite:// or postgres://".into())),
        }
    }

    async fn open_sqlite(options: &Options) -> Result<Self, StoreError> {
        let (url, limit) = (options.url.as_str(), options.statement_timeout);
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|error| StoreError::Unfit(format!("the database URL can't be read: {error}")))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: an acknowledged change survives a power cut. The write path shares one flush among many changes.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .statement_cache_capacity(256)
            // A page of users comes over in one piece.
            .row_buffer_size(512)
            .pragma("temp_store", "memory")
            .pragma("wal_autocheckpoint", "4000")
            .pragma("journal_size_limit", "67108864")
            .pragma("cache_size", "-8192")
            .pragma("mmap_size", "268435456");
        let path = sqlite_file(url);
        if let Some(path) = &path {
            DatabaseFile::check_before_opening(path)?;
            make_private(path)
                .map_err(|error| StoreError::Unfit(format!("the file {} can't be made: {error}", path.display())))?;
        }
        let started = Instant::now();
        let write = loop {
            match FilePool::open(options.clone(), 1, limit, ACQUIRE).await {
                // The step to write-ahead mode does not wait for others who take it at the same time.
                Err(StoreError::Busy(_)) if started.elapsed() < BUSY => tokio::time::sleep(AGAIN).await,
                opened => break opened?,
            }
        };
        let (version,): (String,) =
            sqlx::query_as("SELECT sqlite_version()").fetch_one(&mut *write.acquire().await?).await?;
        check_sqlite(&version)?;
        let read = FilePool::open(options.pragma("query_only", "1"), SQLITE_READERS, limit, ACQUIRE).await?;
        let file = path.map(DatabaseFile::opened).transpose()?;
        Ok(Self::Sqlite { read, write, file })
    }

    async fn open_postgres(options: &Options) -> Result<Self, StoreError> {
        let millis = |duration: Duration| duration.as_millis().to_string();
        let connect = PgConnectOptions::from_str(&options.url)
            .map_err(|error| StoreError::Unfit(format!("the database URL can't be read: {error}")))?
            .application_name("aisoule-bridge")
            .statement_cache_capacity(256)
            .options([
                ("statement_timeout", millis(options.statement_timeout)),
                ("lock_timeout", millis(options.statement_timeout)),
                ("idle_in_transaction_session_timeout", millis(options.statement_timeout * 4)),
                ("timezone", "UTC".to_owned()),
                ("tcp_keepalives_idle", "10".to_owned()),
                // Statements here are small and prepared: compiling one costs more than running it.
                ("jit", "off".to_owned()),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            // After a restart or a failover the pool is full of dead connections; whoever takes one would meet an error.
            .before_acquire(|conn, meta| {
                Box::pin(async move {
                    let trusted = meta.idle_for < FRESH;
                    Ok(trusted || matches!(tokio::time::timeout(PING, conn.ping()).await, Ok(Ok(()))))
                })
            })
            .connect_with(connect.clone());
        let pool = match pool.await {
            Ok(pool) => pool,
            // The pool has tried for a while and does not say what was wrong.
            Err(sqlx::Error::PoolTimedOut) => return Err(StoreError::Unreachable(why_not(&connect).await)),
            Err(error) => return Err(StoreError::Unreachable(error.to_string())),
        };
        let (version,): (String,) =
            sqlx::query_as("SELECT current_setting('server_version_num')").fetch_one(&pool).await?;
        if version.parse::<u32>().unwrap_or_default() < 150_000 {
            return Err(StoreError::Unfit(format!("PostgreSQL 15 or newer is needed, this server is {version}")));
        }
        Ok(Self::Postgres { pool, patience: options.statement_timeout + GRACE })
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where none is free in time.
    pub async fn reader(&self) -> Result<Conn, StoreError> {
        Ok(match self {
            Self::Sqlite { read, .. } => Conn::sqlite(read.acquire().await?),
            Self::Postgres { pool, patience } => Conn::postgres(pool.acquire().await?, *patience),
        })
    }

    /// A connection for writing: for the write path, migrations and nothing else.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where none is free in time; [`StoreError::ReadOnly`] where SQLite's file is gone.
    pub async fn writer(&self) -> Result<Conn, StoreError> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                let conn = Conn::sqlite(write.acquire().await?);
                self.in_place()?;
                conn
            }
            Self::Postgres { pool, patience } => Conn::postgres(pool.acquire().await?, *patience),
        })
    }

    /// Whether SQLite's file is where it was.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] where not.
    pub fn in_place(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { file: Some(file), .. } => file.check(),
            _ => Ok(()),
        }
    }

    /// Whether the database can serve: it answers from its own tables, which are as new as this program, and SQLite's file
    /// is where it was.
    ///
    /// # Errors
    /// [`StoreError`], with what is wrong.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.in_place()?;
        migrate::check_now(&mut self.reader().await?).await
    }

    /// Connections in somebody's hands, and how many there may be.
    #[must_use]
    pub fn in_use(&self) -> Vec<InUse> {
        match self {
            Self::Sqlite { read, write, .. } => vec![read.in_use("read"), write.in_use("write")],
            Self::Postgres { pool, .. } => {
                let used = (pool.size() as usize).saturating_sub(pool.num_idle());
                vec![InUse { pool: "all", used, most: pool.options().get_max_connections() as usize }]
            }
        }
    }

    /// Whether this is PostgreSQL.
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// The database's own name and version, for people.
    ///
    /// # Errors
    /// [`StoreError`] where it does not answer.
    pub async fn version(&self) -> Result<String, StoreError> {
        Ok(match self {
            Self::Sqlite { read, .. } => {
                let (version,): (String,) =
                    sqlx::query_as("SELECT sqlite_version()").fetch_one(&mut *read.acquire().await?).await?;
                format!("SQLite {version}")
            }
            Self::Postgres { pool, .. } => {
                let (version,): (String,) =
                    sqlx::query_as("SELECT current_setting('server_version')").fetch_one(pool).await?;
                format!("PostgreSQL {version}")
            }
        })
    }

    /// Closes every connection, after what runs on them has ended or has had its time.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres { pool, patience } => drop(tokio::time::timeout(*patience, pool.close()).await),
        }
    }
}

/// Why no connection can be made.
async fn why_not(options: &PgConnectOptions) -> String {
    match tokio::time::timeout(ACQUIRE, PgConnection::connect_with(options)).await {
        Ok(Ok(_)) => "it answers now; try again".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} seconds", ACQUIRE.as_secs()),
    }
}

/// Makes a file with its folder, where there is none, that its owner alone can read. SQLite gives the files beside it the
/// same permissions.
fn make_private(file: &Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The file that a `sqlite://` URL names; `None` for one in memory.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
    (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(decoded.as_ref()))
}

fn check_sqlite(version: &str) -> Result<(), StoreError> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    let mut next = || parts.next().unwrap_or_default();
    let found = (next(), next(), next());
    if found < OLDEST_SQLITE {
        let (major, minor, patch) = OLDEST_SQLITE;
        let text = format!(
            "SQLite {version} can damage its file in write-ahead mode; {major}.{minor}.{patch} or newer is needed"
        );
        return Err(StoreError::Unfit(text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_that_can_damage_its_file_is_refused() {
        for bad in ["3.51.2", "3.40.1", "2.99.99", "garbage"] {
            assert!(check_sqlite(bad).is_err(), "{bad}");
        }
        for good in ["3.51.3", "3.52.0", "4.0.0"] {
            assert!(check_sqlite(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn the_file_of_a_url_is_found() {
        assert_eq!(sqlite_file("sqlite://data/bridge.db"), Some(PathBuf::from("data/bridge.db")));
        assert_eq!(sqlite_file("sqlite:///var/lib/b.db?mode=rwc"), Some(PathBuf::from("/var/lib/b.db")));
        assert_eq!(sqlite_file("sqlite://my%20data/b.db"), Some(PathBuf::from("my data/b.db")));
        assert_eq!(sqlite_file("sqlite::memory:"), None);
        assert_eq!(sqlite_file("postgres://x"), None);
    }
}
