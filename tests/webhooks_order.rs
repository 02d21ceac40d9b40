//! Webhooks in order and at least once, whatever happens to the bridges that post them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aisoule_bridge::app::{open_store, plans, unlock};
use aisoule_bridge::clock::Clock;
use aisoule_bridge::command::Commands;
use aisoule_bridge::command::endpoints::{CreateEndpoint, Seal};
use aisoule_bridge::command::users::{CreateUser, RoleChoice};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::endpoint::Endpoint;
use aisoule_bridge::domain::user::{Profile, UserDraft};
use aisoule_bridge::ids::{UserId, WorkspaceId};
use aisoule_bridge::settings::Secret;
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::{Store, outbox, workspaces};
use chrono::TimeDelta;
use futures_util::future::join_all;
use sqlx::FromRow;

use crate::filters::Dice;
use crate::support::hooks::{Hooks, endpoint, log, until};
use crate::support::load::{Load, times};
use crate::support::program::Program;
use crate::support::receiver::{Got, Receiver, Reply};
use crate::support::{Bridge, Fresh, On, on_both};

/// That of each lane what is later came later, and that what came twice is the same.
fn in_order(taken: &[Got]) {
    let mut last: HashMap<String, i64> = HashMap::new();
    let mut bodies: HashMap<&str, &[u8]> = HashMap::new();
    for got in taken {
        let body = bodies.entry(got.id()).or_insert(&got.body);
        assert_eq!(*body, got.body.as_slice(), "what comes again is the same");
        let newest = last.entry(got.subject().to_owned()).or_default();
        assert!(got.cursor() >= *newest, "{} {} after {newest}", got.event(), got.cursor());
        *newest = got.cursor();
    }
}

#[derive(FromRow)]
struct Event {
    id: uuid::Uuid,
}

/// The ids of everything that an endpoint has to be told.
async fn published(store: &Store, workspace: WorkspaceId, after: i64) -> BTreeSet<String> {
    let mut conn = store.read().await.unwrap();
    let mut sql = Sql::build("SELECT id FROM outbox WHERE workspace_id = ");
    sql.push_bind(workspace.0).push(" AND seq > ").push_bind(after);
    let rows: Vec<Event> = conn.all(sql).await.unwrap();
    rows.into_iter().map(|row| row.id.to_string()).collect()
}

fn ids(got: &[Got]) -> BTreeSet<String> {
    got.iter().map(|got| got.id().to_owned()).collect()
}

/// How much memory a process has, in KiB; none where that is not told.
fn resident(process: u32) -> Option<i64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// One more bridge over the same database.
async fn another(bridge: &Bridge) -> Bridge {
    let on = if bridge.app.store.database().is_postgres() { On::Postgres } else { On::Sqlite };
    Fresh::over(on, bridge.app.settings.database_url.reveal().to_owned()).bridge().await
}

/// A workspace with a receiver, and two bridges.
async fn two(db: Fresh) -> (Hooks, Bridge) {
    let hooks = Hooks::new(db).await;
    let other = another(&hooks.bridge).await;
    (hooks, other)
}

async fn held(bridge: &Bridge) -> usize {
    let rows: Vec<Lane> = {
        let mut conn = bridge.app.store.read().await.unwrap();
        conn.all(Sql::build("SELECT lane FROM delivery_lanes WHERE lease IS NOT NULL")).await.unwrap()
    };
    rows.into_iter().filter(|row| !row.lane.is_empty()).count()
}

#[derive(FromRow)]
struct Lane {
    lane: String,
}

on_both! {
    // Row F06.
    async fn each_user_is_told_of_in_order_under_retries_by_two_bridges(db) {
        let (hooks, other) = two(db).await;
        let tries = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&tries);
        // Every third request fails, in one way or another.
        hooks.receiver.answers(move |got| match counter.fetch_add(1, Ordering::Relaxed) % 3 {
            0 if got.before < 2 => [Reply::Status(500), Reply::Reset, Reply::Status(429)][got.body.len() % 3].clone(),
            _ => Reply::Status(200),
        });
        let mut users = Vec::new();
        for n in 0..12 {
            users.push(hooks.scim.user(&format!("u{n}")).await);
        }
        let hands = users.iter().enumerate().map(|(n, user)| {
            let bridge = if n % 2 == 0 { &hooks.bridge } else { &other };
            let scim = hooks.scim.at(bridge.address);
            let user = user.clone();
            async move {
                for active in [false, true, false, true] {
                    let operations = serde_json::json!([{"op": "replace", "path": "active", "value": active}]);
                    scim.patch(&format!("/Users/{user}"), operations).await.expect(200);
                }
            }
        });
        join_all(hands).await;
        let all = published(&hooks.bridge.app.store, hooks.workspace.id, 0).await;
        let started = Instant::now();
        while hooks.counts().await.waiting > 0 || hooks.log().await.len() < 60 {
            assert!(started.elapsed() < Duration::from_secs(60), "{} wait", hooks.counts().await.waiting);
            // Retries are due in time, on both.
            for bridge in [&hooks.bridge, &other] {
                bridge.later(TimeDelta::seconds(20));
                bridge.app.courier.look();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let taken = hooks.receiver.taken();
        in_order(&taken);
        assert!(ids(&taken).is_subset(&all));
        assert_eq!(ids(&taken).len(), 60);
        assert!(taken.len() < 70, "{} for 60 events", taken.len());
        assert!(tries.load(Ordering::Relaxed) > 65, "some failed");
    }

    // Row F07.
    async fn what_a_dead_bridge_held_another_one_delivers_when_its_lease_is_over(db) {
        let (hooks, other) = two(db).await;
        // The file is the first one's, who does nothing here.
        hooks.bridge.app.courier.stop().await;
        hooks.receiver.always(Reply::Silence);
        for n in 0..5 {
            hooks.scim.user(&format!("u{n}")).await;
        }
        until("five on their way", async || hooks.receiver.count() == 5).await;
        assert_eq!(held(&hooks.bridge).await, 5);
        // It dies without a word: of those that it holds, some may have arrived.
        drop(other);
        hooks.receiver.always(Reply::Status(200));
        let third = another(&hooks.bridge).await;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert_eq!(hooks.receiver.taken().len(), 0, "they are somebody's still");
        third.later(TimeDelta::seconds(61));
        third.app.courier.look();
        until("all of them", async || hooks.log().await.iter().all(|one| one.state == "delivered")).await;
        let taken = hooks.receiver.taken();
        assert_eq!((taken.len(), hooks.receiver.count()), (5, 10), "each came twice at the most");
        let all = published(&third.app.store, hooks.workspace.id, 0).await;
        assert!(ids(&taken).is_subset(&all));
    }

    // Row F07.
    async fn a_clock_that_is_set_loses_nothing_and_doubles_nothing(db) {
        let hooks = Hooks::new(db).await;
        hooks.receiver.answers(|_| Reply::Late(200, Duration::from_millis(700)));
        for n in 0..6 {
            hooks.scim.user(&format!("u{n}")).await;
        }
        until("some on their way", async || hooks.receiver.count() >= 6).await;
        // Every lease is over at once, and every one of its holders is still at it.
        for by in [TimeDelta::hours(2), TimeDelta::hours(-3), TimeDelta::minutes(10)] {
            hooks.later(by);
            hooks.scim.user(&format!("x{}", by.num_minutes())).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        for _ in 0..60 {
            if hooks.log().await.len() == 9 && hooks.counts().await.waiting == 0 {
                break;
            }
            hooks.later(TimeDelta::minutes(5));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        hooks.drained().await;
        assert_eq!((hooks.receiver.count(), ids(&hooks.receiver.got()).len()), (9, 9));
    }

    // Row F07: several bridges that all look at the same rows.
    async fn two_bridges_make_one_delivery_of_one_event(db) {
        let (hooks, other) = two(db).await;
        let third = another(&other).await;
        let users = join_all((0..60).map(|n| {
            let bridge = [&hooks.bridge, &other, &third][n % 3];
            let scim = hooks.scim.at(bridge.address);
            async move { scim.user(&format!("u{n}")).await }
        }))
        .await;
        until("all of them", async || hooks.log().await.iter().filter(|one| one.state == "delivered").count() == 60).await;
        let got = hooks.receiver.got();
        assert_eq!((got.len(), ids(&got).len()), (60, 60));
        assert_eq!(got.iter().map(|got| got.subject().to_owned()).collect::<BTreeSet<_>>(), users.into_iter().collect());
    }

    // Rows F07 and A10: who gives each of several endpoints its share never waits for one who does so the other way round.
    async fn several_endpoints_at_two_bridges_are_in_nobodys_way(db) {
        let (hooks, other) = two(db).await;
        let receivers = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
        for (n, receiver) in receivers.iter().enumerate() {
            hooks.add(&format!("more {n}"), &receiver.url(), &["user.created"]).await;
        }
        for round in 0..5 {
            join_all((0..40).map(|n| {
                let scim = hooks.scim.at([&hooks.bridge, &other][n % 2].address);
                async move { scim.user(&format!("u{round}-{n}")).await }
            }))
            .await;
        }
        for receiver in &receivers {
            until("all of them", async || ids(&receiver.taken()).len() == 200).await;
        }
        for bridge in [&hooks.bridge, &other] {
            assert_eq!(bridge.app.store.writes().failed.get(), 0);
        }
        until("an end", async || held(&other).await == 0).await;
        for receiver in &receivers {
            assert_eq!(receiver.count(), 200, "each once");
        }
    }

    // Row H04.
    async fn a_bridge_that_stops_lets_go_of_what_it_holds(db) {
        let (hooks, other) = two(db).await;
        other.app.courier.stop().await;
        hooks.receiver.answers(|got| if got.subject().len() % 2 == 0 && got.before == 0 { Reply::Silence } else { Reply::Status(200) });
        for n in 0..4 {
            hooks.scim.user(&format!("u{n}")).await;
        }
        until("four on their way", async || hooks.receiver.count() == 4).await;
        assert_eq!(held(&other).await, 4);
        let started = Instant::now();
        hooks.bridge.app.courier.stop().await;
        assert!(started.elapsed() < Duration::from_secs(9), "{:?}", started.elapsed());
        assert_eq!(held(&other).await, 0);
        let third = another(&other).await;
        until("all of them", async || log(&third, hooks.id).await.iter().filter(|one| one.state == "delivered").count() == 4).await;
    }

    // Row F12. `BRIDGE_TEST_BACKLOG` makes it 50,000 events in the heavy suite.
    async fn a_day_without_a_receiver_costs_a_place_in_the_outbox_and_everything_comes_afterwards(db) {
        let events = times("BRIDGE_TEST_BACKLOG", 1_500);
        let most = if events > 20_000 { 10_000 } else { 300 };
        let mut settings = db.settings();
        settings.webhooks.most_waiting = most;
        let hooks = Hooks::at(db.bridge_with(settings).await, &["user.created"]).await;
        hooks.receiver.always(Reply::Status(503));
        let mut told = 0;
        for batch in 0..events.div_ceil(100) {
            let made = (0..100).map(|n| {
                let user_name = format!("u{batch}-{n}");
                let create = CreateUser {
                    workspace: hooks.workspace.id,
                    id: UserId::fresh(),
                    draft: UserDraft { profile: Profile { user_name, ..Profile::default() }, active: Some(true) },
                    password_hash: None,
                    role: RoleChoice::Named("Agent".into()),
                    protected: false,
                    provisioned: true,
                };
                let commands = hooks.bridge.app.commands.clone();
                async move { commands.execute(&Actor::operator(), create).await.map(|_| ()).unwrap() }
            });
            join_all(made).await;
            if batch % 5 == 0 {
                hooks.later(TimeDelta::minutes(30));
                // Whoever provisions notices nothing of it.
                let user = hooks.scim.user(&format!("scim{batch}")).await;
                hooks.set_active(&user, false).await;
                hooks.set_active(&user, true).await;
                hooks.scim.get("/Users?count=1").await.expect(200);
                told += 1;
                assert!(hooks.counts().await.waiting <= most);
            }
        }
        until("as much as may wait", async || hooks.counts().await.waiting == most.min(i64::try_from(events).unwrap())).await;
        let events = events + told;
        let asked = hooks.receiver.count();
        assert!(asked < 200, "a dead receiver is asked seldom: {asked}");
        hooks.receiver.always(Reply::Status(200));
        hooks.later(TimeDelta::hours(1));
        let started = Instant::now();
        while hooks.receiver.taken_count() < events {
            assert!(started.elapsed() < Duration::from_secs(60 + events as u64 / 20), "{} of {events}", hooks.receiver.taken_count());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        hooks.drained().await;
        let taken = hooks.receiver.taken();
        assert_eq!((taken.len(), ids(&taken).len()), (events, events));
        // Oldest first, but for those that are on their way side by side.
        let cursors: Vec<i64> = taken.iter().map(|got| got.cursor()).collect();
        let mut newest = 0;
        for (n, cursor) in cursors.iter().enumerate() {
            newest = newest.max(*cursor);
            assert!(newest - cursor < 600, "{cursor} comes {} after {newest}, as number {n}", newest - cursor);
        }
    }

    // Row F12: in a process of its own, because those who test beside this one take memory as well.
    async fn a_receiver_that_is_dead_costs_the_bridge_no_memory_and_no_provisioning(db) {
        let people = times("BRIDGE_TEST_DEAD_RECEIVER", 1_000);
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000000"]);
        let token = program.says(&["token", "create", "--workspace", "Acme"]);
        let receiver = Receiver::start().await;
        receiver.always(Reply::Status(503));
        program.says(&["webhook", "add", "--workspace", "Acme", "--name", "crm", "--url", &receiver.url()]);
        let server = program.serve().await;
        let make = async |from: usize, to: usize| {
            for start in (from..to).step_by(20) {
                let all = (start..start + 20).map(|n| {
                    let scim = program.client(token.trim());
                    async move {
                        let user = scim.user(&format!("u{n}")).await;
                        let operations = serde_json::json!([{"op": "replace", "path": "active", "value": false}]);
                        scim.patch(&format!("/Users/{user}"), operations).await.expect(200);
                    }
                });
                join_all(all).await;
            }
        };
        make(0, 200).await;
        let before = resident(server.process());
        make(200, 200 + people).await;
        if let (Some(before), Some(after)) = (before, resident(server.process())) {
            assert!(after - before < 64 * 1_024, "{before} KiB, then {after} KiB");
        }
        assert!(receiver.count() < 200, "a dead receiver is asked seldom: {}", receiver.count());
        assert!(receiver.count() > 2 && receiver.taken_count() == 0);
    }

    // Row F01. `BRIDGE_TEST_HOOK_KILLS` makes it 40 on each database in `.ci/run`, 250 in `.ci/run full`.
    async fn nothing_is_lost_and_nothing_invented_however_often_the_program_is_killed(db) {
        let kills = times("BRIDGE_TEST_HOOK_KILLS", 4);
        let (settings, url, on) = (db.settings(), db.url.clone(), db.on);
        let Watched { program, token, receiver, store, workspace, made } = watched(&db).await;
        let mut dice = Dice(7);
        for _ in 0..kills {
            let scim = program.client(token.trim());
            let mut server = program.serve().await;
            assert!(server.is_ready(&scim).await, "{}", server.log());
            let load = Load::start(&scim, 4);
            load.begun().await;
            tokio::time::sleep(Duration::from_millis(u64::try_from(dice.roll(200)).unwrap())).await;
            server.kill();
            load.end().await;
        }
        // A bridge whose clock is ahead need not wait for the leases of the dead.
        let last = Fresh::over(on, url).bridge_with(settings).await;
        let all = published(&store, workspace, made.cursor).await;
        assert!(all.len() > kills, "{}", all.len());
        let started = Instant::now();
        while receiver.events() < all.len() {
            assert!(started.elapsed() < Duration::from_secs(120 + all.len() as u64 / 20), "{} of {}", receiver.events(), all.len());
            last.later(TimeDelta::seconds(30));
            last.app.courier.look();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let taken = receiver.taken();
        assert_eq!(ids(&taken), all, "what was committed and nothing else");
        assert_eq!(endpoint(&last, made.id).await.cursor, outbox::last(&mut store.read().await.unwrap(), workspace).await.unwrap());
        let mut often: BTreeMap<&str, usize> = BTreeMap::new();
        taken.iter().for_each(|got| *often.entry(got.id()).or_default() += 1);
        let doubled = often.values().filter(|times| **times > 1).count();
        assert!(doubled <= kills * 8, "{doubled} came more than once, for {kills} kills");
        store.close().await;
    }

    // Row H04. `BRIDGE_TEST_TERMS` makes it 100 on each database in `.ci/run full`.
    async fn a_program_that_is_told_to_end_under_load_ends_well_and_loses_nothing(db) {
        let terms = times("BRIDGE_TEST_TERMS", 20);
        let (settings, url, on) = (db.settings(), db.url.clone(), db.on);
        let Watched { program, token, receiver, store, workspace, made } = watched(&db).await;
        let (mut dice, mut tallies, mut slowest) = (Dice(11), Vec::new(), Duration::ZERO);
        for _ in 0..terms {
            let scim = program.client(token.trim());
            let mut server = program.serve().await;
            assert!(server.is_ready(&scim).await, "{}", server.log());
            let load = Load::start(&scim, 4);
            load.begun().await;
            tokio::time::sleep(Duration::from_millis(u64::try_from(dice.roll(60)).unwrap())).await;
            let started = Instant::now();
            let (code, log) = tokio::task::spawn_blocking(|| server.terminate()).await.unwrap();
            slowest = slowest.max(started.elapsed());
            assert_eq!(code, Some(0), "{log}");
            tallies.push(load.end().await);
            // What it held it has let go of: nobody has to wait for a lease.
            let mut conn = store.read().await.unwrap();
            let leased: Vec<Lane> = conn.all(Sql::build("SELECT lane FROM delivery_lanes WHERE lease IS NOT NULL")).await.unwrap();
            assert!(leased.is_empty(), "{} lanes are held still", leased.len());
        }
        assert!(slowest < Duration::from_secs(20), "{slowest:?}");
        let last = Fresh::over(on, url).bridge_with(settings).await;
        let all = published(&store, workspace, made.cursor).await;
        let started = Instant::now();
        while receiver.events() < all.len() {
            assert!(started.elapsed() < Duration::from_secs(60 + all.len() as u64 / 20), "{} of {}", receiver.events(), all.len());
            last.later(TimeDelta::seconds(10));
            last.app.courier.look();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let taken = receiver.taken();
        assert_eq!(ids(&taken), all, "what was committed and nothing else");
        in_order(&taken);
        let scim = last.client(token.trim());
        let mut acknowledged = 0;
        for tally in &tallies {
            tally.is_kept(&scim).await;
            acknowledged += tally.acknowledged.len();
        }
        assert!(acknowledged >= terms, "{acknowledged}");
        crate::support::load::holds_together(&store).await;
        store.close().await;
    }

    // Row F07: leases of lanes are by each bridge's own clock. That of one may be far from that of the other.
    async fn a_bridge_whose_clock_is_ten_minutes_off_doubles_but_loses_and_disorders_nothing(db) {
        let (hooks, other) = two(db).await;
        let mut expected = 0;
        for by in [TimeDelta::minutes(10), TimeDelta::minutes(-20)] {
            other.later(by);
            let tries = AtomicUsize::new(0);
            hooks.receiver.answers(move |got| match tries.fetch_add(1, Ordering::Relaxed) % 5 {
                0 if got.before < 2 => Reply::Status(500),
                1 | 2 => Reply::Late(200, Duration::from_millis(150)),
                _ => Reply::Status(200),
            });
            let hands = (0..8).map(|n| {
                let scim = hooks.scim.at([&hooks.bridge, &other][n % 2].address);
                async move {
                    let user = scim.user(&format!("u{n}-{}", by.num_minutes())).await;
                    for active in [false, true, false, true] {
                        let operations = serde_json::json!([{"op": "replace", "path": "active", "value": active}]);
                        scim.patch(&format!("/Users/{user}"), operations).await.expect(200);
                    }
                }
            });
            join_all(hands).await;
            expected += 40;
            let started = Instant::now();
            while hooks.counts().await.waiting > 0 || hooks.log().await.len() < expected {
                assert!(started.elapsed() < Duration::from_secs(60), "{} wait", hooks.counts().await.waiting);
                for bridge in [&hooks.bridge, &other] {
                    bridge.later(TimeDelta::seconds(10));
                    bridge.app.courier.look();
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        let got = hooks.receiver.got();
        let all = published(&hooks.bridge.app.store, hooks.workspace.id, 0).await;
        assert!(ids(&got).is_subset(&all) && ids(&got).len() == expected && hooks.counts().await.dead == 0);
        // Whoever passes over the ids that they have sees each user's events in their order.
        let mut seen = BTreeSet::new();
        let first: Vec<Got> = got.into_iter().filter(|got| seen.insert(got.id().to_owned())).collect();
        in_order(&first);
    }
}

/// The program with a workspace whose endpoint is at a receiver that breaks off now and then.
struct Watched {
    program: Program,
    token: String,
    receiver: Receiver,
    store: Store,
    workspace: WorkspaceId,
    made: Endpoint,
}

async fn watched(db: &Fresh) -> Watched {
    let settings = db.settings();
    let program = Program::new(db);
    program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000000"]);
    let token = program.says(&["token", "create", "--workspace", "Acme"]);
    let receiver = Receiver::start().await;
    let store = open_store(&settings).await.unwrap();
    let master = unlock(&settings, &store).await.unwrap();
    let workspace = workspaces::list(&mut store.read().await.unwrap()).await.unwrap().remove(0).id;
    let commands = Commands::new(store.clone(), Clock::real(), Arc::new(plans(&settings).unwrap()));
    let seal = Seal { master, loopback: true };
    let url = Secret::from(receiver.url());
    let create = CreateEndpoint { workspace, name: "crm".into(), url, events: vec![], seal };
    let made = commands.execute(&Actor::operator(), create).await.unwrap().endpoint;
    let tries = AtomicUsize::new(0);
    let breaks_off = move || tries.fetch_add(1, Ordering::Relaxed).is_multiple_of(7);
    receiver.answers(move |_| if breaks_off() { Reply::Reset } else { Reply::Status(200) });
    Watched { program, token, receiver, store, workspace, made }
}
