//! SQLite on a disk that fails: killed at each system call, flushes that fail, no space, files that go away.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use aisoule_bridge::app::open_store;
use serde_json::json;

use crate::support::load::{Load, holds_together, is_busy, times};
use crate::support::program::{Program, Server};
use crate::support::tools::{has_strace, missing_unless};
use crate::support::{Fresh, On};

/// A workspace and a token over a fresh file.
fn set_up(fresh: &Fresh) -> (Program, String) {
    let program = Program::new(fresh);
    program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000000"]);
    let token = program.says(&["token", "create", "--workspace", "Acme"]).trim().to_owned();
    (program, token)
}

/// Starts the server under strace with one fault, or several.
fn faulty(program: &Program, injections: &[String]) -> Server {
    let mut by = vec!["strace", "-f", "-qq", "-e", "trace=pwrite64,write,fdatasync,fsync,ftruncate"];
    by.extend(["-e", "signal=none", "-o", "/dev/null"]);
    for injection in injections {
        by.extend(["-e", injection]);
    }
    program.start(&by, &[("BRIDGE_LOG", "warn")])
}

async fn is_whole(fresh: &Fresh) {
    let store = open_store(&fresh.settings()).await.unwrap();
    holds_together(&store).await;
    store.close().await;
}

// Row G02: strace counts the calls of each thread; the one that writes the database makes nearly all of these.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_write_or_flush_loses_nothing_acknowledged() {
    if !has_strace() {
        return;
    }
    let calls = times("BRIDGE_TEST_KILL_POINTS", 3);
    let mut killed = 0;
    for call in ["fdatasync,fsync", "pwrite64", "ftruncate"] {
        for n in 1..=calls {
            // Small numbers each, then further apart: the first are of the start, later ones of the load.
            let n = if n <= 6 { n } else { 6 + (n - 6) * 5 };
            let fresh = Fresh::sqlite();
            let (program, token) = set_up(&fresh);
            let scim = program.client(&token);
            let mut server = faulty(&program, &[format!("inject={call}:signal=KILL:when={n}")]);
            server.is_ready(&scim).await;
            let load = Load::start(&scim, 2);
            for _ in 0..40 {
                if server.has_ended() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            killed += usize::from(server.has_ended());
            drop(server);
            let tally = load.end().await;
            let mut server = program.start(&[], &[("BRIDGE_LOG", "warn")]);
            assert!(server.is_ready(&scim).await, "{call} {n}: {}", server.log());
            tally.is_kept(&scim).await;
            drop(server);
            is_whole(&fresh).await;
        }
    }
    assert!(killed >= calls, "only {killed} kills");
}

// Row G02: a kill during the very first start leaves a file with which the next start works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_call_of_the_first_start_leaves_a_file_that_starts() {
    if !has_strace() {
        return;
    }
    for call in ["pwrite64", "fdatasync,fsync"] {
        for n in 1..=times("BRIDGE_TEST_KILL_POINTS", 4) {
            let fresh = Fresh::sqlite();
            let program = Program::new(&fresh);
            let scim = program.client("");
            let mut server = faulty(&program, &[format!("inject={call}:signal=KILL:when={n}")]);
            let started = server.is_ready(&scim).await;
            drop(server);
            let mut server = program.start(&[], &[]);
            assert!(server.is_ready(&scim).await, "{call} {n}: {}", server.log());
            drop(server);
            is_whole(&fresh).await;
            if started {
                break;
            }
        }
    }
}

// Row G03.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_that_fails_is_no_success_and_spoils_none_that_follows() {
    if !has_strace() {
        return;
    }
    for when in ["6", "6+"] {
        let fresh = Fresh::sqlite();
        let (program, token) = set_up(&fresh);
        let scim = program.client(&token);
        let mut server = faulty(&program, &[format!("inject=fdatasync,fsync:error=EIO:when={when}")]);
        assert!(server.is_ready(&scim).await, "{}", server.log());
        let load = Load::start(&scim, 3);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let tally = load.end().await;
        assert!(tally.refused + tally.unanswered > 0, "{when}: no flush failed");
        if when == "6" {
            assert!(!tally.acknowledged.is_empty(), "{when}: nothing was acknowledged");
        }
        drop(server);
        let mut server = program.start(&[], &[]);
        assert!(server.is_ready(&scim).await, "{}", server.log());
        tally.is_kept(&scim).await;
        drop(server);
        is_whole(&fresh).await;
    }
}

/// A file system of a few megabytes; taken away when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(on: &Path) -> Option<Self> {
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m,nosuid,nodev", "none"]).arg(on).output();
        let mounted = mounted.is_ok_and(|output| output.status.success());
        missing_unless(mounted, "a small file system (mount -t tmpfs, as root)").then(|| Self(on.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

// Row G04.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_writing_and_nothing_else_until_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else { return };
    let fresh = Fresh::over(On::Sqlite, format!("sqlite://{}", disk.0.join("bridge.db").display()));
    let (program, token) = set_up(&fresh);
    let scim = program.client(&token);
    let mut server = program.start(&[], &[("BRIDGE_LOG", "warn")]);
    assert!(server.is_ready(&scim).await, "{}", server.log());
    let id = scim.user("anna").await;
    let (filler, full) = (disk.0.join("filler"), vec![0_u8; 4_194_304]);
    assert!(std::fs::write(&filler, &full).is_err(), "the disk is not small");
    let load = Load::start(&scim, 3);
    tokio::time::sleep(Duration::from_millis(700)).await;
    let tally = load.end().await;
    assert!(tally.refused > 0, "the disk was never full");
    is_busy(&scim.post("/Users", json!({"userName": "ben", "title": "x".repeat(4_000)})).await);
    scim.get(&format!("/Users/{id}")).await.expect(200);
    assert_eq!(scim.ready().await, Some(200));
    assert!(server.log().contains("the database takes no writes"), "{}", server.log());
    std::fs::remove_file(&filler).unwrap();
    scim.user("carla").await;
    tally.is_kept(&scim).await;
    assert!(!server.has_ended());
    drop(server);
    is_whole(&fresh).await;
}

// Row G05.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_into_a_file_that_is_gone() {
    let fresh = Fresh::sqlite();
    let file = aisoule_bridge::store::sqlite_file(&fresh.url).unwrap();
    let (away, log) = (file.with_extension("away"), file.with_extension("db-wal"));
    let bridge = fresh.bridge().await;
    let scim = bridge.scim().await;
    let id = scim.user("anna").await;
    for path in [&file, &log] {
        std::fs::rename(path, &away).unwrap();
        is_busy(&scim.post("/Users", json!({"userName": "ben"})).await);
        assert_eq!(scim.ready().await, Some(503));
        scim.get(&format!("/Users/{id}")).await.expect(200);
        std::fs::rename(&away, path).unwrap();
        assert_eq!(scim.ready().await, Some(200));
        scim.user(&format!("back-{}", path.display())).await;
    }
    std::fs::rename(&file, &away).unwrap();
    std::fs::copy(&away, &file).unwrap();
    is_busy(&scim.post("/Users", json!({"userName": "ben"})).await);
    std::fs::rename(&away, &file).unwrap();
    scim.user("ben").await;
    holds_together(&bridge.app.store).await;
}

// Row G05: no file descriptors.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_without_free_files_recovers_when_there_are_some() {
    let fresh = Fresh::sqlite();
    let (program, token) = set_up(&fresh);
    let scim = program.client(&token);
    let mut server = program.start(&["sh", "-c", "ulimit -n 40; exec \"$@\"", "sh"], &[("BRIDGE_LOG", "warn")]);
    assert!(server.is_ready(&scim).await, "{}", server.log());
    scim.user("anna").await;
    let mut crowd = Vec::new();
    for _ in 0..80 {
        crowd.push(std::net::TcpStream::connect(program.address).unwrap());
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(server.log().contains("could not be accepted"), "{}", server.log());
    drop(crowd);
    let another = program.client(&token);
    let made = tokio::time::timeout(Duration::from_secs(10), another.user("ben")).await;
    assert!(made.is_ok(), "the server does not recover: {}", server.log());
    assert!(!server.has_ended());
    drop(server);
    is_whole(&fresh).await;
}

// Row G05: no right to write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_may_not_be_written_is_refused_at_the_start() {
    let fresh = Fresh::sqlite();
    let (program, _) = set_up(&fresh);
    let file = aisoule_bridge::store::sqlite_file(&fresh.url).unwrap();
    let before = std::fs::read(&file).unwrap();
    let read_only = format!("{}?mode=ro", fresh.url);
    let refused = program.command(&["serve"]).env("BRIDGE_DATABASE_URL", read_only).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("takes no writes"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}
