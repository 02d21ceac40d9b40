//! What a power cut would leave: an answer must not be quicker than the disk.

use std::time::Duration;

use crate::support::Fresh;
use crate::support::program::Program;
use crate::support::tools::has_strace;

// Row G06: no answer is sent while what it acknowledges is not on disk yet. One client works, so that the order of the
// server's system calls tells: write to the log, flush it, answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_to_a_change_follows_the_flush_of_that_change() {
    if !has_strace() {
        return;
    }
    let fresh = Fresh::sqlite();
    let program = Program::new(&fresh);
    program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000"]);
    let token = program.says(&["token", "create", "--workspace", "Acme"]).trim().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let (calls, settings) = (folder.path().join("calls"), folder.path().join("bridge.toml"));
    std::fs::write(&settings, "[request_log]\ndays = 0\n").unwrap();
    let traced = "trace=pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg";
    let by =
        ["strace", "-f", "-y", "-qq", "-s", "64", "-e", traced, "-o", &calls.display().to_string()].map(str::to_owned);
    let by: Vec<&str> = by.iter().map(String::as_str).collect();
    let settings = settings.display().to_string();
    let mut server = program.start_as(&["serve", "--config", &settings], &by, &[("BRIDGE_LOG", "warn")]);
    assert!(server.is_ready(&program.client("")).await, "{}", server.log());
    let scim = program.client(&token);
    scim.get("/Users").await.expect(200);
    tokio::time::sleep(Duration::from_millis(300)).await;
    for i in 0..20 {
        scim.user(&format!("u{i}")).await;
    }
    drop(server);
    let (mut written, mut flushes, mut answers) = (false, 0, 0);
    for line in std::fs::read_to_string(calls).unwrap().lines() {
        if line.contains("pwrite64(") && line.contains("bridge.db-wal>") {
            written = true;
        } else if line.contains("sync") && line.trim_end().ends_with("= 0") {
            (written, flushes) = (false, flushes + 1);
        } else if line.contains("HTTP/1.1 201") {
            assert!(!written && flushes > 0, "an answer before its flush: {line}");
            (answers, flushes) = (answers + 1, 0);
        }
    }
    assert_eq!(answers, 20);
}
