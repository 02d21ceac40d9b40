//! SQLite's file as others see it: copied while it is written, locked by somebody else, damaged.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aisoule_bridge::app::open_store;
use aisoule_bridge::store::sqlite_file;
use serde_json::json;
use sqlx::{Connection, SqliteConnection};

use crate::filters::Dice;
use crate::support::load::{Load, heals, holds_together, is_busy, times};
use crate::support::program::Program;
use crate::support::{Fresh, On};

fn set_up(fresh: &Fresh) -> (Program, String) {
    let program = Program::new(fresh);
    program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000000"]);
    let token = program.says(&["token", "create", "--workspace", "Acme"]).trim().to_owned();
    (program, token)
}

fn log_of(file: &Path) -> PathBuf {
    file.with_extension("db-wal")
}

// Row G06: the server is halted at a random instant, so that its files stand as a power cut would leave them; the copy
// has everything that was acknowledged before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_copied_at_any_instant_hold_what_was_acknowledged() {
    let fresh = Fresh::sqlite();
    let file = sqlite_file(&fresh.url).unwrap();
    let (program, token) = set_up(&fresh);
    let mut server = program.start(&[], &[("BRIDGE_LOG", "warn")]);
    assert!(server.is_ready(&program.client("")).await, "{}", server.log());
    let scim = program.client(&token);
    let mut dice = Dice(6);
    for _ in 0..times("BRIDGE_TEST_COPIES", 3) {
        let load = Load::start(&scim, 4);
        tokio::time::sleep(Duration::from_millis(100 + dice.roll(200) as u64)).await;
        let before = load.end().await;
        let load = Load::start(&scim, 4);
        tokio::time::sleep(Duration::from_micros(dice.roll(60_000) as u64)).await;
        assert!(server.signal("-STOP"));
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("bridge.db");
        std::fs::copy(&file, &copy).unwrap();
        std::fs::copy(log_of(&file), log_of(&copy)).unwrap();
        assert!(server.signal("-CONT"));
        load.end().await;
        let bridge = Fresh::over(On::Sqlite, format!("sqlite://{}", copy.display())).bridge().await;
        holds_together(&bridge.app.store).await;
        before.is_kept(&bridge.client(&token)).await;
    }
}

// Row G08.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_elses_lock_is_waited_for_and_then_said_to_be_passing() {
    let fresh = Fresh::sqlite();
    let url = fresh.url.clone();
    let (program, token) = set_up(&fresh);
    let mut server = program.start(&[], &[("BRIDGE_LOG", "warn")]);
    assert!(server.is_ready(&program.client("")).await, "{}", server.log());
    let scim = program.client(&token);
    scim.user("anna").await;
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let waits = tokio::spawn({
        let scim = scim.clone();
        async move { scim.post("/Users", json!({"userName": "ben"})).await }
    });
    scim.get("/Users").await.expect(200);
    let started = Instant::now();
    is_busy(&waits.await.unwrap());
    assert!(started.elapsed() < Duration::from_secs(15));
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    heals(&scim).await;
    drop(server);
    let store = open_store(&fresh.settings()).await.unwrap();
    holds_together(&store).await;
}

// Row G08: somebody who reads for long holds the write-ahead log open only as long as they read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_write_ahead_log_stops_growing_when_a_long_reader_ends() {
    let fresh = Fresh::sqlite();
    let (url, log) = (fresh.url.clone(), log_of(&sqlite_file(&fresh.url).unwrap()));
    let bridge = fresh.bridge().await;
    let scim = bridge.scim().await;
    scim.user("anna").await;
    let mut reader = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT COUNT(*) FROM users").execute(&mut reader).await.unwrap();
    let length = Duration::from_secs(times("BRIDGE_TEST_WAL_SECONDS", 1) as u64);
    let size = || std::fs::metadata(&log).unwrap().len();
    let load = Load::start(&scim, 6);
    tokio::time::sleep(length).await;
    load.end().await;
    let held = size();
    sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
    for _ in 0..2 {
        let load = Load::start(&scim, 6);
        tokio::time::sleep(length).await;
        load.end().await;
    }
    // 4,000 pages are written between two checkpoints, and a transaction may go past that.
    let most = held + 2 * 4_000 * 4_120;
    assert!(size() <= most, "{} bytes, {held} when the reader ended", size());
    holds_together(&bridge.app.store).await;
}

/// A file with users in it whose server was killed, so that its log is still there.
async fn used(fresh: &Fresh) -> (Program, PathBuf) {
    let (program, token) = set_up(fresh);
    let mut server = program.start(&[], &[("BRIDGE_LOG", "warn")]);
    assert!(server.is_ready(&program.client("")).await, "{}", server.log());
    let load = Load::start(&program.client(&token), 4);
    tokio::time::sleep(Duration::from_millis(300)).await;
    load.end().await;
    server.kill();
    (program, sqlite_file(&fresh.url).unwrap())
}

// Row G17: whatever the log ends with, the transactions before it count and the rest does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncated_log_is_read_up_to_its_last_whole_transaction() {
    let fresh = Fresh::sqlite();
    let (_, file) = used(&fresh).await;
    let (main, log) = (std::fs::read(&file).unwrap(), std::fs::read(log_of(&file)).unwrap());
    let mut dice = Dice(17);
    for _ in 0..times("BRIDGE_TEST_COPIES", 4) {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("bridge.db");
        std::fs::write(&copy, &main).unwrap();
        std::fs::write(log_of(&copy), &log[..log.len() / 2 + dice.roll(log.len() / 2)]).unwrap();
        let bridge = Fresh::over(On::Sqlite, format!("sqlite://{}", copy.display())).bridge().await;
        holds_together(&bridge.app.store).await;
    }
}

// Row G17: damage is refused, or told by `doctor`, and the file is never made anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_or_missing_file_is_not_replaced_by_an_empty_one() {
    let fresh = Fresh::sqlite();
    let (program, file) = used(&fresh).await;
    let log = std::fs::read(log_of(&file)).unwrap();
    std::fs::rename(&file, file.with_extension("away")).unwrap();
    let refused = program.run(&["serve"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("is missing or empty"), "{said}");
    assert!(!file.exists() && std::fs::read(log_of(&file)).unwrap() == log);
    std::fs::rename(file.with_extension("away"), &file).unwrap();
    // The log goes into the file, and the file alone is left.
    program.says(&["doctor"]);
    let whole = std::fs::read(&file).unwrap();
    let pages = whole.len() / 4_096;
    assert!(pages > 20 && !log_of(&file).exists());
    let mut damaged = whole.clone();
    damaged[..4_096].fill(0x5a);
    let mut half = whole.clone();
    half.truncate(whole.len() / 2);
    for (bytes, what) in [(damaged, "first page"), (half, "half a file")] {
        std::fs::write(&file, &bytes).unwrap();
        let ran = program.run(&["doctor"]);
        assert!(!ran.status.success(), "{what}: {}", String::from_utf8_lossy(&ran.stdout));
        assert_eq!(std::fs::read(&file).unwrap()[..4_096], bytes[..4_096], "{what}");
        for ending in ["db-wal", "db-shm"] {
            let _ = std::fs::remove_file(file.with_extension(ending));
        }
    }
    std::fs::write(&file, whole).unwrap();
    program.says(&["doctor"]);
}
