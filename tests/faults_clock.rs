//! A clock that jumps, and ids that must not care.
//!
//! Whether a token has expired is a comparison with the clock and nothing else: where the clock goes back to before the
//! token's end, the token is in time again, as it was. Nothing else comes back: what was revoked stays revoked.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use aisoule_bridge::app::open_store;
use aisoule_bridge::command::credentials::RevokeToken;
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::UserId;
use aisoule_bridge::store::tokens;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::load::holds_together;
use crate::support::program::Program;
use crate::support::tools::missing_unless;
use crate::support::{Fresh, on_both};

on_both! {
    // Row G16.
    async fn no_jump_of_the_clock_breaks_anything_or_brings_back_what_was_revoked(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let for_ever = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let hour = Some(TimeDelta::hours(1));
        let short = bridge.client(&bridge.token_until(&workspace, Scope::Write, Dialect::Compat, hour, None).await);
        let revoked = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let mut conn = bridge.app.store.read().await.unwrap();
        let id = tokens::list(&mut conn, workspace.id).await.unwrap().iter().map(|token| token.id).max().unwrap();
        drop(conn);
        let revoke = RevokeToken { workspace: workspace.id, id: aisoule_bridge::ids::TokenId(id) };
        bridge.app.commands.execute(&Actor::operator(), revoke).await.unwrap();
        let days = TimeDelta::days;
        let mut away = TimeDelta::zero();
        let jumps = [TimeDelta::hours(2), TimeDelta::hours(-2), days(30), days(-31), days(-3_650), days(3_700), days(5_000), days(20_000), days(-25_000)];
        for (i, jump) in jumps.into_iter().enumerate() {
            bridge.later(jump);
            away += jump;
            let made = for_ever.user(&format!("u{i}")).await;
            for_ever.patch(&format!("/Users/{made}"), json!([{"op": "add", "path": "title", "value": "t"}])).await.expect(200);
            let seen = for_ever.get("/Users?sortBy=meta.created").await.expect(200).all("userName");
            assert_eq!(seen.len(), i + 1);
            let expected = if away < TimeDelta::hours(1) { 200 } else { 401 };
            assert_eq!(short.get("/Users?count=1").await.status, expected, "{jump}");
            assert_eq!(revoked.get("/Users?count=1").await.status, 401, "{jump}");
        }
        assert_eq!(bridge.counters(&workspace).await, (9, 9, 0, 0));
        holds_together(&bridge.app.store).await;
    }
}

// Row G16: the whole program, its real clock set by libfaketime while it runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_outlives_every_setting_of_the_clock_and_its_ids_grow() {
    let libraries = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
        .map(|machine| format!("/usr/lib/{machine}/faketime/libfaketimeMT.so.1"));
    let library = libraries.iter().find(|library| Path::new(library).exists());
    missing_unless(library.is_some(), "libfaketime");
    let Some(library) = library else { return };
    let fresh = Fresh::sqlite();
    let program = Program::new(&fresh);
    program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000"]);
    let scim = program.client(program.says(&["token", "create", "--workspace", "Acme", "--expires", "99y"]).trim());
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    let file = clock.display().to_string();
    let set = |text: &str| std::fs::write(&clock, format!("{text}\n")).unwrap();
    set("+0");
    let environment = [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", &file),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("BRIDGE_LOG", "warn"),
    ];
    let mut server = program.start(&[], &environment);
    assert!(server.is_ready(&program.client("")).await, "{}", server.log());
    let mut ids = Vec::new();
    for time in [
        "+0",
        "+1h",
        "-1h",
        "-10y",
        "@2038-01-19 03:14:06",
        "@2016-12-31 23:59:59",
        "+30d",
        "@2106-02-07 06:28:14",
        "+0",
    ] {
        set(time);
        for _ in 0..5 {
            let name = format!("u{}", ids.len());
            let made = tokio::time::timeout(Duration::from_secs(10), scim.user(&name)).await;
            ids.push(made.unwrap_or_else(|_| panic!("{time} stops the server: {}", server.log())));
        }
    }
    assert!(ids.is_sorted(), "{ids:#?}");
    let (code, log) = server.terminate();
    assert!(code == Some(0) && !log.contains("panicked"), "{log}");
    let store = open_store(&fresh.settings()).await.unwrap();
    holds_together(&store).await;
}

// Row G18: of the 122 bits that are not fixed, 74 are random or count; the first 48 are the time.
#[test]
fn a_million_ids_from_many_threads_are_all_different() {
    let hands: Vec<_> =
        (0..4).map(|_| std::thread::spawn(|| (0..250_000).map(|_| UserId::fresh()).collect::<Vec<UserId>>())).collect();
    let mut all = HashSet::new();
    for hand in hands {
        let ids = hand.join().unwrap();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| id.0.get_version_num() == 7));
        all.extend(ids);
    }
    assert_eq!(all.len(), 1_000_000);
    // What follows the time and the counter can't be guessed from the neighbours.
    let tails: HashSet<Vec<u8>> = all.iter().take(10_000).map(|id| id.0.as_bytes()[12..].to_vec()).collect();
    assert!(tails.len() > 9_990, "{} different tails", tails.len());
}
