//! Filling a database with many users and groups at once: copies of one user whom the bridge itself made.

use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

/// The id of the `i`-th copy.
pub fn user_id(i: u64) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(i))
}

/// The id of the group with so many members.
pub fn group_id(members: u64) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_9000_0000_0000_0000 + u128::from(members))
}

/// What differs between the two databases.
struct Words {
    id: &'static str,
    group: &'static str,
    numbers: &'static str,
}

const SQLITE: Words = Words {
    id: "unhex(printf('0190000000007000%016x', -9223372036854775808 + n.i))",
    group: "unhex(printf('0190000000007000%016x', -8070450532247928832 + {members}))",
    numbers: "WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {to})",
};
const POSTGRES: Words = Words {
    id: "('0190000000007000' || lpad(to_hex((-9223372036854775808)::bigint + n.i), 16, '0'))::uuid",
    group: "('0190000000007000' || lpad(to_hex((-8070450532247928832)::bigint + {members}), 16, '0'))::uuid",
    numbers: "WITH n(i) AS (SELECT * FROM generate_series({from}::bigint, {to}::bigint - 1))",
};

/// Copies the user `seed-user` (SQLite runs a CROSS JOIN from left to right: looks for that user once) so that there are users 0 to `users`, named `user-0@example.com` and so on.
pub async fn users(url: &str, users: u64) -> Result<(), String> {
    let words = if url.starts_with("sqlite") { &SQLITE } else { &POSTGRES };
    let numbers = words.numbers.replace("{from}", "0").replace("{to}", &users.to_string());
    let named = |column: &str| format!("replace({column}, 'seed-user', 'user-' || n.i)");
    let copy = format!(
        "INSERT INTO users (id, workspace_id, user_name, user_name_key, external_id, display_name, display_name_key, email, email_key, manager_id, \
         attributes, organization, keys, standing, waiting_since, protected, role_id, role_source, password_hash, version, created_at, updated_at) \
         {numbers} SELECT {id}, workspace_id, {}, {}, 'x-' || n.i, {}, {}, {}, {}, NULL, {}, organization, {keys}, standing, NULL, FALSE, role_id, \
         role_source, NULL, 1, created_at, updated_at FROM users CROSS JOIN n WHERE user_name LIKE 'seed-user%'",
        named("user_name"),
        named("user_name_key"),
        named("display_name"),
        named("display_name_key"),
        named("email"),
        named("email_key"),
        named("attributes"),
        id = words.id,
        keys = if url.starts_with("sqlite") { named("keys") } else { named("keys::text") + "::jsonb" },
    );
    let values = format!(
        "INSERT INTO user_values (user_id, attribute, position, workspace_id, type_key, value_key, is_primary, keys) {numbers} \
         SELECT {id}, v.attribute, v.position, v.workspace_id, v.type_key, {}, v.is_primary, v.keys FROM users u CROSS JOIN user_values v \
         CROSS JOIN n WHERE v.user_id = u.id AND u.user_name LIKE 'seed-user%'",
        named("v.value_key"),
        id = words.id,
    );
    let counters = format!("UPDATE workspaces SET users = users + {users}, seats_used = seats_used + {users}");
    scripts(url, &[&copy, &values, &counters]).await
}

/// Makes a group of the first `members` users.
pub async fn group(url: &str, members: u64) -> Result<(), String> {
    let words = if url.starts_with("sqlite") { &SQLITE } else { &POSTGRES };
    let numbers = words.numbers.replace("{from}", "0").replace("{to}", &members.to_string());
    let group = words.group.replace("{members}", &members.to_string());
    let made = format!(
        "INSERT INTO groups (id, workspace_id, display_name, display_name_key, external_id, member_count, version, created_at, updated_at) \
         SELECT {group}, workspace_id, 'Group of {members}', 'group of {members}', NULL, {members}, 1, created_at, created_at FROM users \
         WHERE user_name LIKE 'seed-user%'"
    );
    let joined = format!(
        "INSERT INTO group_members (group_id, member_id, kind, added_at) {numbers} SELECT {group}, {id}, 'User', u.created_at \
         FROM users u CROSS JOIN n WHERE u.user_name LIKE 'seed-user%'",
        id = words.id,
    );
    scripts(url, &[&made, &joined, "UPDATE workspaces SET groups = groups + 1"]).await
}

async fn scripts(url: &str, texts: &[&str]) -> Result<(), String> {
    let failed = |error: sqlx::Error| error.to_string();
    if let Some(path) = url.strip_prefix("sqlite://") {
        let options = SqliteConnectOptions::new().filename(path).synchronous(sqlx::sqlite::SqliteSynchronous::Off);
        let mut conn = SqliteConnection::connect_with(&options).await.map_err(failed)?;
        for text in texts {
            sqlx::raw_sql(AssertSqlSafe((*text).to_owned())).execute(&mut conn).await.map_err(failed)?;
        }
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await.map_err(failed)?;
        return conn.close().await.map_err(failed);
    }
    let mut conn = PgConnection::connect(url).await.map_err(failed)?;
    for text in texts {
        sqlx::raw_sql(AssertSqlSafe((*text).to_owned())).execute(&mut conn).await.map_err(failed)?;
    }
    // What the server's own autovacuum would do within a minute.
    sqlx::raw_sql("VACUUM ANALYZE").execute(&mut conn).await.map_err(failed)?;
    sqlx::raw_sql("CHECKPOINT").execute(&mut conn).await.map_err(failed)?;
    conn.close().await.map_err(failed)
}
