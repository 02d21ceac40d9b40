//! What time it is for all who share a database: leases are compared by one clock, however far those of bridges are apart.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Conn, Sql};

#[derive(FromRow)]
struct Moment {
    at: DateTime<Utc>,
}

/// The time of the server that a database is at; where it is a file, whoever has it is on one machine, and `own` is the time.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn now(conn: &mut Conn, own: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
    if !conn.is_postgres() {
        return Ok(own);
    }
    Ok(conn.one::<Moment>(Sql::build("SELECT clock_timestamp() AS at")).await?.at)
}
