//! Backups taken while the bridge works, and what a restored one holds.

use std::process::Command;
use std::time::Duration;

use sqlx::{Connection, SqliteConnection};

use crate::support::load::{Load, holds_together};
use crate::support::postgres::program;
use crate::support::proxy::server_of;
use crate::support::tools::missing_unless;
use crate::support::{Bridge, Fresh, On, Scim};

/// A bridge over the restored database serves with the same token, and has whatever was acknowledged before the backup.
async fn is_good(restored: Fresh, token: &str, before: Vec<(String, Option<String>)>) {
    let bridge = restored.bridge().await;
    let scim = bridge.client(token);
    for (path, title) in before {
        let found = scim.get(&path).await.expect(200).json;
        if let Some(title) = title {
            assert_eq!(found["title"], title);
        }
    }
    scim.user("after-the-restore").await;
    holds_together(&bridge.app.store).await;
}

async fn working(bridge: &Bridge) -> (Scim, String) {
    use aisoule_bridge::domain::{access, seat::SeatPolicy};
    let workspace = bridge.workspace("Acme", 1_000_000, SeatPolicy::Reject).await;
    let token = bridge.token(&workspace, access::Scope::Write, access::Dialect::Compat).await;
    (bridge.client(&token), token)
}

// Row G15: `VACUUM INTO` is SQLite's own backup of a file in use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_by_sqlite_under_load_is_a_whole_database() {
    let fresh = Fresh::sqlite();
    let url = fresh.url.clone();
    let bridge = fresh.bridge().await;
    let (scim, token) = working(&bridge).await;
    let load = Load::start(&scim, 3);
    load.begun().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = load.end().await.acknowledged;
    let load = Load::start(&scim, 3);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    let vacuum = format!("VACUUM INTO '{}'", copy.display());
    sqlx::raw_sql(sqlx::AssertSqlSafe(vacuum)).execute(&mut conn).await.unwrap();
    load.end().await;
    assert!(!before.is_empty());
    is_good(Fresh::over(On::Sqlite, format!("sqlite://{}", copy.display())), &token, before).await;
}

// Row G15: `pg_dump` is PostgreSQL's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_of_postgresql_under_load_restores_to_a_whole_database() {
    let (Ok(dump), Ok(restore)) = (program("pg_dump"), program("pg_restore")) else {
        missing_unless(false, "pg_dump");
        return;
    };
    let (Some(fresh), Some(other)) = (Fresh::postgres().await, Fresh::postgres().await) else { return };
    let url = fresh.url.clone();
    let bridge = fresh.bridge().await;
    let (scim, token) = working(&bridge).await;
    let load = Load::start(&scim, 3);
    load.begun().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = load.end().await.acknowledged;
    let load = Load::start(&scim, 3);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump");
    let run = |program: String, arguments: &[&str], database: &str| {
        let server = server_of(database);
        let mut command = Command::new(program);
        command.args(["-h", &server.ip().to_string(), "-p", &server.port().to_string(), "-U", "postgres"]);
        let name = database.rsplit('/').next().unwrap();
        let output = command.args(arguments).args(["-d", name]).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let dumped = {
        let (url, file) = (url.clone(), file.clone());
        let arguments = ["-Fc", "-f", &file.display().to_string()].map(str::to_owned);
        run(dump, &arguments.each_ref().map(String::as_str), &url)
    };
    assert!(dumped.0, "{}", dumped.1);
    load.end().await;
    assert!(!before.is_empty());
    let restored = run(restore, &["--exit-on-error", &file.display().to_string()], &other.url);
    assert!(restored.0, "{}", restored.1);
    is_good(other, &token, before).await;
}
