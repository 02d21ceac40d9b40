//! A workspace with many people and large groups, written straight into the database: what the API would take minutes for.

use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::WorkspaceId;
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::{StoreError, Tx, Work};
use uuid::Uuid;

use super::{Bridge, On, Scim};

/// Statements of a test's own.
pub struct Raw(pub Vec<String>);

impl Work for Raw {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for text in &self.0 {
            tx.run(Sql::build(Box::leak(text.clone().into_boxed_str()))).await?;
        }
        Ok(())
    }
}

/// The id of the `i`-th person of [`people`].
pub fn id(i: u64) -> String {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(i)).to_string()
}

/// The rows 0 to `count` as `n(i)`, in pieces that no statement's time limit cuts short.
fn numbers(on: On, count: u64) -> impl Iterator<Item = String> {
    (0..count).step_by(10_000).map(move |from| {
        let to = count.min(from + 10_000);
        match on {
            On::Sqlite => {
                format!("WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {to})")
            }
            On::Postgres => format!("WITH n(i) AS (SELECT * FROM generate_series({from}::bigint, {to}::bigint - 1))"),
        }
    })
}

const fn id_of_row(on: On) -> &'static str {
    match on {
        On::Sqlite => "unhex(printf('0190000000007000%016x', -9223372036854775808 + n.i))",
        On::Postgres => "('0190000000007000' || lpad(to_hex((-9223372036854775808)::bigint + n.i), 16, '0'))::uuid",
    }
}

/// Makes so many people, copies of one whom the bridge made, in its only workspace; [`id`] gives their ids.
pub async fn people(bridge: &Bridge, on: On, scim: &Scim, count: u64) {
    scim.user("seed").await;
    let id = id_of_row(on);
    let copy = |numbers: String| {
        format!(
            "INSERT INTO users (id, workspace_id, user_name, user_name_key, attributes, organization, keys, standing, protected, role_id, role_source, \
         version, created_at, updated_at) {numbers} SELECT {id}, workspace_id, 'many-' || n.i, 'many-' || n.i, attributes, organization, keys, \
         standing, protected, role_id, role_source, 1, created_at, updated_at FROM n CROSS JOIN users WHERE user_name = 'seed'"
        )
    };
    let counters = format!("UPDATE workspaces SET users = users + {count}, seats_used = seats_used + {count}");
    for statement in numbers(on, count).map(copy).chain([counters]) {
        bridge.app.store.write(Raw(vec![statement])).await.unwrap();
    }
    if on == On::Postgres {
        // What the server's own autovacuum would do within a minute.
        bridge
            .app
            .store
            .write(Raw(vec!["UPDATE workspaces SET users = users".into(), "ANALYZE users".into()]))
            .await
            .unwrap();
    }
}

/// Makes the first `count` of them members of an empty group.
pub async fn join(bridge: &Bridge, on: On, group: &str, count: u64) {
    let id = id_of_row(on);
    let group = match on {
        On::Sqlite => format!("unhex('{}')", group.replace('-', "")),
        On::Postgres => format!("'{group}'::uuid"),
    };
    let joined = |numbers: String| {
        format!(
            "INSERT INTO group_members (group_id, member_id, kind, added_at) {numbers} SELECT {group}, {id}, 'User', g.created_at \
         FROM n CROSS JOIN groups g WHERE g.id = {group}"
        )
    };
    let counted = format!("UPDATE groups SET member_count = {count} WHERE id = {group}");
    for statement in numbers(on, count).map(joined).chain([counted]) {
        bridge.app.store.write(Raw(vec![statement])).await.unwrap();
    }
}

#[derive(sqlx::FromRow)]
struct Line {
    line: String,
}

/// Every row of every table as text; what is bytes, in hexadecimal too.
pub async fn dump(bridge: &Bridge, on: On, url: &str) -> String {
    let mut conn = bridge.app.store.read().await.unwrap();
    if on == On::Sqlite {
        let file = url.trim_start_matches("sqlite://");
        let mut bytes = std::fs::read(file).unwrap();
        bytes.extend(std::fs::read(format!("{file}-wal")).unwrap_or_default());
        let hashes: Vec<Line> = conn.all(Sql::build("SELECT lower(hex(hash)) AS line FROM tokens")).await.unwrap();
        let hashes: Vec<String> = hashes.into_iter().map(|row| row.line).collect();
        return String::from_utf8_lossy(&bytes).into_owned() + &hashes.join("\n");
    }
    let tables = "SELECT tablename AS line FROM pg_tables WHERE schemaname = 'public'";
    let tables: Vec<Line> = conn.all(Sql::build(tables)).await.unwrap();
    let mut lines = Vec::new();
    for table in tables {
        let rows = format!("SELECT CAST(t AS TEXT) AS line FROM {} t", table.line);
        let rows: Vec<Line> = conn.all(Sql::build(Box::leak(rows.into_boxed_str()))).await.unwrap();
        lines.extend(rows.into_iter().map(|row| row.line));
    }
    lines.join("\n")
}

/// A workspace with room for everybody, and its client.
pub async fn roomy(bridge: &Bridge) -> (Workspace, Scim) {
    use aisoule_bridge::domain::access::{Dialect, Scope};
    let workspace = bridge.workspace("Acme", 1_000_000, aisoule_bridge::domain::seat::SeatPolicy::Reject).await;
    let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
    (workspace, scim)
}
