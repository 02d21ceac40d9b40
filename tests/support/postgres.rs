//! A throwaway PostgreSQL cluster: one a test program, a database of its own for each test.
//!
//! `BRIDGE_TEST_POSTGRES_URL` names a server to use instead. The cluster runs as a user other than root, listens on
//! loopback alone, and ends with the test program: it is the child of a shell whose input closes then.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
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
    shell: Option<Child>,
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
        return Some(Cluster { url, shell: None });
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
pub fn program(name: &str) -> Result<String, String> {
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

/// A folder with a new cluster in it, owned by whoever runs the cluster.
struct Cradle {
    folder: PathBuf,
    owner: Option<(u32, u32)>,
    port: u16,
}

impl Cradle {
    fn make() -> Result<Self, String> {
        let initdb = program("initdb")?;
        let folder =
            tempfile::Builder::new().prefix("bridge-postgres-").tempdir().map_err(|error| error.to_string())?.keep();
        let owner = other_user();
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group)).map_err(|error| error.to_string())?;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .map_err(|error| error.to_string())?
            .port();
        let cradle = Self { folder, owner, port };
        // In the order of a language, as most clusters are: what is to be compared by code points has to say so.
        let linguistic: &[&str] = &["--locale-provider=icu", "--icu-locale=en-US"];
        let mut made = Err(String::new());
        for locale in [linguistic, &[]] {
            let mut init = cradle.command(&initdb);
            init.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8"]).args(locale);
            let done = init.arg("-D").arg(cradle.folder.join("data")).output().map_err(|error| error.to_string())?;
            if done.status.success() {
                return Ok(cradle);
            }
            // A PostgreSQL without ICU. It leaves nothing behind where it did not get far.
            let _ = std::fs::remove_dir_all(cradle.folder.join("data"));
            made = Err(String::from_utf8_lossy(&done.stderr).into_owned());
        }
        made
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command.current_dir(&self.folder).env("LC_ALL", "C");
        command
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server; it is stopped at once, as by a crash, when the shell's input closes, and `then` is run.
    async fn start(&self, then: &str) -> Result<Child, String> {
        let postgres = program("postgres")?;
        let script = r#""$0" -D "$1/data" -p "$2" -k "$1" -c listen_addresses=127.0.0.1 -c fsync="$3" -c max_connections=300 \
            -c shared_buffers="$4" >"$1/log" 2>&1 & server=$!; read -r _; kill -QUIT $server; wait $server; cd /; "#;
        let mut shell = self.command("sh");
        shell.arg("-c").arg(format!("{script}{then}")).arg(postgres).arg(&self.folder).arg(self.port.to_string());
        shell.args(if DURABLE.load(Ordering::Relaxed) { ["on", "1GB"] } else { ["off", "64MB"] });
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let shell = shell.spawn().map_err(|error| error.to_string())?;
        for _ in 0..200 {
            if PgConnection::connect(&self.url()).await.is_ok() {
                return Ok(shell);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(std::fs::read_to_string(self.folder.join("log")).unwrap_or_default())
    }
}

async fn launch() -> Result<Cluster, String> {
    let cradle = Cradle::make()?;
    let shell = cradle.start(r#"rm -rf "$1""#).await?;
    Ok(Cluster { url: cradle.url(), shell: Some(shell) })
}

/// A cluster of a test's own, which it can stop as a crash would and start again.
pub struct OwnCluster {
    cradle: Cradle,
    shell: Option<Child>,
}

impl OwnCluster {
    /// None where there is no PostgreSQL, or where a server of somebody else's is to be used.
    pub async fn start() -> Option<Self> {
        CLUSTER.get_or_init(start).await.as_ref().filter(|cluster| cluster.shell.is_some())?;
        let cradle = Cradle::make().expect("a second cluster, where the first could be made");
        let mut own = Self { cradle, shell: None };
        own.restart().await;
        Some(own)
    }

    pub fn url(&self) -> String {
        self.cradle.url()
    }

    /// Stops the server in "immediate" mode: no goodbye, no checkpoint; it recovers at its next start.
    pub fn stop(&mut self) {
        if let Some(mut shell) = self.shell.take() {
            drop(shell.stdin.take());
            let _ = shell.wait();
        }
    }

    pub async fn restart(&mut self) {
        self.stop();
        self.shell = Some(self.cradle.start(":").await.expect("the cluster starts"));
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.cradle.folder);
    }
}

/// Runs a statement as the superuser, on the maintenance database of the server that a URL names.
pub async fn as_superuser(url: &str, statement: String) {
    let (server, _) = url.rsplit_once('/').expect("a URL with a database");
    let server = server.rsplit('@').next().expect("a host");
    let mut admin = PgConnection::connect(&format!("postgres://postgres@{server}/postgres")).await.expect("it answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut admin).await.expect("a statement of the test's");
}
