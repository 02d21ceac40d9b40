//! Bringing the schema up to date: every migration that is missing, in order, in one transaction under a lock.
//!
//! Two bridges that start together wait for each other; one that is killed in the middle leaves nothing behind; one that
//! is older than the schema refuses to start.

use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Arg, Conn, Sql};
use super::{Database, statements};

struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }
    };
}

const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_directory"),
    migration!(2, "0002_management"),
    migration!(3, "0003_signing_in"),
    migration!(4, "0004_delivery"),
    migration!(5, "0005_console"),
];

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)";

/// Any number, the same in every bridge: whoever migrates a PostgreSQL database holds this lock.
const LOCK: &str = "SELECT pg_advisory_xact_lock(4155937264418230)";

#[derive(FromRow)]
struct Applied {
    version: i64,
    name: String,
}

/// What [`run`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The schema's version now.
    pub version: i64,
    /// The migrations that were applied just now.
    pub applied: Vec<&'static str>,
}

/// Brings the schema up to date.
///
/// # Errors
/// [`StoreError::Unfit`] where the schema is newer than this program or was made by another one.
pub async fn run(database: &Database) -> Result<Report, StoreError> {
    let mut conn = database.writer().await?;
    let begin = if conn.is_postgres() { statements::BEGIN } else { statements::BEGIN_IMMEDIATE };
    conn.run(begin).await?;
    let outcome = match apply(&mut conn).await {
        Ok(report) => conn.run(statements::COMMIT).await.map(|_| report),
        Err(error) => Err(error),
    };
    if outcome.is_err() && (!conn.is_sound() || conn.run(statements::ROLLBACK).await.is_err()) {
        conn.discard();
    }
    outcome
}

async fn apply(conn: &mut Conn) -> Result<Report, StoreError> {
    if conn.is_postgres() {
        // Whoever waits here waits for a whole migration, not for a statement.
        // That a table is there already is no news.
        conn.script(
            "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL client_min_messages = warning",
        )
        .await?;
        conn.script(LOCK).await?;
    }
    conn.script(TABLE).await?;
    let applied: Vec<Applied> =
        conn.all(Sql::build("SELECT version, name FROM schema_migrations ORDER BY version")).await?;
    check(&applied)?;
    let mut report = Report { version: MIGRATIONS.last().map_or(0, |last| last.version), applied: Vec::new() };
    for migration in MIGRATIONS.iter().skip(applied.len()) {
        conn.script(if conn.is_postgres() { migration.postgres } else { migration.sqlite }).await?;
        let mut record = Sql::build("INSERT INTO schema_migrations (version, name) VALUES ");
        record.push_rows([[Arg::from(migration.version), Arg::from(migration.name)]]);
        conn.run(record).await?;
        report.applied.push(migration.name);
    }
    Ok(report)
}

#[derive(FromRow)]
struct Newest {
    version: Option<i64>,
}

/// Whether the schema is as new as this program. A newer one it is: another bridge has brought it there meanwhile.
///
/// # Errors
/// [`StoreError::Unfit`] where it is not; other kinds where the database does not answer.
pub async fn check_now(conn: &mut Conn) -> Result<(), StoreError> {
    let found: Newest = conn.one(Sql::build("SELECT max(version) AS version FROM schema_migrations")).await?;
    let wanted = MIGRATIONS.last().map_or(0, |last| last.version);
    match found.version {
        Some(version) if version >= wanted => Ok(()),
        found => {
            let found = found.unwrap_or(0);
            let text = format!("the database has schema version {found}, and this program needs {wanted}");
            Err(StoreError::Unfit(text))
        }
    }
}

fn check(applied: &[Applied]) -> Result<(), StoreError> {
    for (i, found) in applied.iter().enumerate() {
        match MIGRATIONS.get(i) {
            Some(known) if known.version == found.version && known.name == found.name => {}
            Some(known) => {
                let text = format!(
                    "the schema holds \"{}\" where \"{}\" belongs: not a database of this bridge",
                    found.name, known.name
                );
                return Err(StoreError::Unfit(text));
            }
            None => {
                let newest = MIGRATIONS.last().map_or(0, |last| last.version);
                let text = format!(
                    "the database has schema version {}, this program knows up to {newest}: it was opened by a newer \
                     aisoule-bridge. Start that one, or restore a backup from before the upgrade. Nothing was changed.",
                    applied.last().map_or(0, |last| last.version)
                );
                return Err(StoreError::Unfit(text));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_up_from_one() {
        let versions: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        assert_eq!(versions, (1..).take(MIGRATIONS.len()).collect::<Vec<i64>>());
    }

    #[test]
    fn a_newer_or_foreign_schema_is_refused_in_words() {
        let row = |version, name: &str| Applied { version, name: name.into() };
        let known: Vec<Applied> = MIGRATIONS.iter().map(|m| row(m.version, m.name)).collect();
        assert!(check(&known).is_ok());
        let newer: Vec<Applied> = known.into_iter().chain([row(99, "0099_future")]).collect();
        assert!(check(&newer).unwrap_err().to_string().contains("newer aisoule-bridge"));
        assert!(check(&[row(1, "0001_other")]).unwrap_err().to_string().contains("not a database of this bridge"));
    }
}
