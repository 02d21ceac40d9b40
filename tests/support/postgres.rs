//! A throwaway PostgreSQL cluster: one a test program, a database of its own for each test.
//!
//! `BRIDGE_TEST_POSTGRES_URL` names a server to use instead. The cluster runs as a user other than root, listens on
//! loopback alone, and ends with the test program: it is the child of a shell whose input closes then.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::sync::OnceCell;

static CLUSTER: OnceCell<Option<Cluster>> = OnceCell::const_new();
/// Whether the cluster writes to disk what it says it wrote: for measuring. Tests of behaviour go without and are quicker.
static DURABLE: AtomicBool = AtomicBool::new(false);
static NEXT: AtomicU32 = AtomicU32::new(0);

struct Cluster {
    /// The URL of its maintenance database.
    url: String,
    _shell: Option<Child>,
}

/// The URL of a new, empty database.
pub async fn fresh_database() -> Option<String> {
    let cluster = CLUSTER.get_or_init(start).await.as_ref()?;
    let name = format!("bridge_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&cluster.url).await.expect("the test cluster answers");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(create).execute(&mut admin).await.expect("a database can be made");
    let (server, _) = cluster.url.rsplit_once('/').expect("a URL with a database");
    Some(format!("{server}/{name}"))
}

#[allow(dead_code)]
/// The same, on a cluster that survives a power cut.
pub async fn fresh_durable_database() -> Option<String> {
    DURABLE.store(true, Ordering::Relaxed);
    fresh_database().await
}

async fn start() -> Option<Cluster> {
    if let Ok(url) = std::env::var("BRIDGE_TEST_POSTGRES_URL") {
        return Some(Cluster { url, _shell: None });
    }
    match launch().await {
        Ok(cluster) => Some(cluster),
        Err(why) => {
            let required = std::env::var_os("BRIDGE_TEST_REQUIRE_POSTGRES").is_some();
            assert!(!required, "PostgreSQL is required and can't be started: {why}");
            eprintln!("\n*** POSTGRESQL WAS NOT TESTED: {why} ***\n");
            None
        }
    }
}

/// A program of PostgreSQL's, on the path or where Debian puts it.
fn program(name: &str) -> Result<String, String> {
    let debian = (13..=20).rev().map(|version| format!("/usr/lib/postgresql/{version}/bin/{name}"));
    let on_path = std::env::var("PATH").unwrap_or_default();
    let on_path: Vec<String> = on_path.split(':').map(|folder| format!("{folder}/{name}")).collect();
    on_path
        .into_iter()
        .chain(debian)
        .find(|path| Path::new(path).exists())
        .ok_or_else(|| format!("{name} is not installed"))
}

/// A user who is not root, where we are root.
fn other_user() -> Option<(u32, u32)> {
    let us = std::fs::metadata("/proc/self").map_or(1, |meta| std::os::unix::fs::MetadataExt::uid(&meta));
    if us != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"].into_iter().find_map(|name| {
        let fields: Vec<&str> = users.lines().find(|line| line.split(':').next() == Some(name))?.split(':').collect();
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    })
}

async fn launch() -> Result<Cluster, String> {
    let (initdb, postgres) = (program("initdb")?, program("postgres")?);
    let folder =
        tempfile::Builder::new().prefix("bridge-postgres-").tempdir().map_err(|error| error.to_string())?.keep();
    let owner = other_user();
    let become_owner = |command: &mut Command| {
        if let Some((user, group)) = owner {
            command.uid(user).gid(group);
        }
        command.current_dir(&folder).env("LC_ALL", "C");
    };
    if let Some((user, group)) = owner {
        chown(&folder, Some(user), Some(group)).map_err(|error| error.to_string())?;
    }
    let mut init = Command::new(initdb);
    init.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "-D"]).arg(folder.join("data"));
    become_owner(&mut init);
    let made = init.output().map_err(|error| error.to_string())?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned());
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .map_err(|error| error.to_string())?
        .port();
    let mut shell = Command::new("sh");
    let script = r#""$0" -D "$1/data" -p "$2" -k "$1" -c listen_addresses=127.0.0.1 -c fsync="$3" -c max_connections=300 \
        -c shared_buffers="$4" >"$1/log" 2>&1 & server=$!; read -r _; kill -QUIT $server; wait $server; cd /; rm -rf "$1""#;
    shell.arg("-c").arg(script).arg(postgres).arg(&folder).arg(port.to_string());
    shell.args(if DURABLE.load(Ordering::Relaxed) { ["on", "1GB"] } else { ["off", "64MB"] });
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    become_owner(&mut shell);
    let shell = shell.spawn().map_err(|error| error.to_string())?;
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    for _ in 0..200 {
        if PgConnection::connect(&url).await.is_ok() {
            return Ok(Cluster { url, _shell: Some(shell) });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(std::fs::read_to_string(folder.join("log")).unwrap_or_default())
}
