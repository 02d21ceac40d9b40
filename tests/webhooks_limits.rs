//! What one endpoint, one workspace or one wish may take up, and that the figures tell what is there.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aisoule_bridge::command::CommandError;
use aisoule_bridge::command::deliveries::{Replay, Replayed};
use aisoule_bridge::command::endpoints::UpdateEndpoint;
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::endpoint::EndpointState;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::EndpointId;
use aisoule_bridge::store::outbox;
use aisoule_bridge::store::sql::{Arg, Sql};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::FromRow;

use crate::metrics::read;
use crate::support::hooks::{Hooks, create, endpoint, seal, until};
use crate::support::on_both;
use crate::support::receiver::{Receiver, Reply};
use crate::support::rows::Statement;

#[derive(FromRow)]
struct Count {
    n: i64,
}

/// How many rows there are of what a statement says after FROM.
async fn rows(hooks: &Hooks, what: &'static str) -> i64 {
    let mut conn = hooks.bridge.app.store.read().await.unwrap();
    let mut sql = Sql::build("SELECT count(*) AS n FROM ");
    sql.push(what);
    conn.one::<Count>(sql).await.unwrap().n
}

/// Has that event stand so often in the outbox, at a moment.
async fn happened(hooks: &Hooks, times: i64, event: &'static str, at: DateTime<Utc>) {
    let store = &hooks.bridge.app.store;
    let (id, payload) = if store.database().is_postgres() {
        ("gen_random_uuid()", "CAST('{}' AS JSONB)")
    } else {
        ("randomblob(16)", "'{}'")
    };
    let mut sql = Sql::build("INSERT INTO outbox (id, workspace_id, at, event, subject_kind, subject_id, payload) ");
    sql.push("WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < CAST(");
    sql.push_bind(times).push(" AS BIGINT)) SELECT ").push(id).push(", ").push_bind(hooks.workspace.id.0);
    sql.push(", ").push_bind(at).push(", ").push_bind(Arg::from(event)).push(", 'user', 'u' || i, ").push(payload);
    sql.push(" FROM numbers");
    store.write(Statement(sql)).await.unwrap();
}

async fn replay(hooks: &Hooks, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<u64, CommandError> {
    let replay = Replay { workspace: hooks.workspace.id, endpoint: hooks.id, what: Replayed::Range { from, to } };
    hooks.bridge.app.commands.execute(&Actor::operator(), replay).await
}

async fn filter(hooks: &Hooks, events: &[&str]) {
    let update = UpdateEndpoint {
        workspace: hooks.workspace.id,
        id: hooks.id,
        name: None,
        url: None,
        events: Some(events.iter().map(|event| (*event).to_owned()).collect()),
        enabled: None,
        seal: seal(&hooks.bridge),
    };
    hooks.bridge.app.commands.execute(&Actor::operator(), update).await.unwrap();
}

async fn set_events(hooks: &Hooks, id: EndpointId, events: &'static str) {
    let mut sql = Sql::build("UPDATE endpoints SET events = ");
    sql.push_bind(Arg::from(events)).push(" WHERE id = ").push_bind(id.0);
    hooks.bridge.app.store.write(Statement(sql)).await.unwrap();
}

on_both! {
    // Row F05: trouble of the bridge's own with one endpoint.
    async fn trouble_with_one_endpoint_holds_up_no_other(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        let (other, bad) = (hooks.bridge.workspace("Other", 100, SeatPolicy::Reject).await, Receiver::start().await);
        let scim = hooks.bridge.client(&hooks.bridge.token(&other, Scope::Write, Dialect::Compat).await);
        let troubled = create(&hooks.bridge, &other, "crm", &bad.url(), &["user.created"]).await.unwrap().endpoint.id;
        let beside = hooks.add("beside", &bad.url(), &["user.created"]).await;
        // Something is on its way already when it becomes unreadable.
        bad.always(Reply::Status(500));
        scim.user("first").await;
        until("an attempt", async || bad.count() == 1).await;
        for id in [troubled, beside] {
            set_events(&hooks, id, "unreadable").await;
        }
        bad.always(Reply::Status(200));
        hooks.later(TimeDelta::minutes(2));
        scim.user("second").await;
        for n in 0..20 {
            hooks.scim.user(&format!("u{n}")).await;
        }
        until("all of the others", async || hooks.receiver.taken_count() == 20).await;
        assert_eq!(bad.taken_count(), 0);
        let failed = hooks.bridge.app.store.writes().failed.get();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let tries = hooks.bridge.app.store.writes().failed.get() - failed;
        assert!(tries < 12, "it is left alone for a moment, not tried {tries} times a second");
        for id in [troubled, beside] {
            set_events(&hooks, id, "[\"user.created\"]").await;
        }
        until("everything", async || { hooks.later(TimeDelta::seconds(5)); bad.taken_count() == 22 }).await;
    }

    async fn a_replay_of_too_much_is_refused_in_words_and_nothing_of_it_is_done(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        let start = hooks.bridge.app.clock.now();
        let at = |hours: i64| start + TimeDelta::hours(hours);
        hooks.later(TimeDelta::hours(5));
        happened(&hooks, 50_001, "team.updated", at(1)).await;
        happened(&hooks, 10_001, "user.updated", at(2)).await;
        happened(&hooks, 3, "user.updated", at(3)).await;
        happened(&hooks, 9_998, "user.updated", at(4)).await;
        // All of it is told already.
        let told = Sql::build("UPDATE endpoints SET cursor = (SELECT max(seq) FROM outbox)");
        hooks.bridge.app.store.write(Statement(told)).await.unwrap();
        filter(&hooks, &["user.updated"]).await;
        let half = TimeDelta::minutes(30);
        for (from, to, why) in [
            (at(2) - half, at(2) + half, "more than 10,000 deliveries would wait"),
            (at(1) - half, at(2) - half, "more than 50,000 events of all kinds lie between"),
            (at(0), at(4), "more than"),
            (at(3), at(2), "must be after from"),
        ] {
            match replay(&hooks, from, to).await {
                Err(CommandError::Invalid { attribute: "to", detail }) => assert!(detail.contains(why), "{detail}"),
                other => panic!("{other:?}"),
            }
            let body = json!({"from": from, "to": to});
            let refused = hooks.admin.post(&format!("/webhooks/{}/replay", hooks.id), body).await;
            assert_eq!(refused.status, 400, "{}", refused.json);
            assert!(refused.json.to_string().contains(why), "{}", refused.json);
        }
        assert_eq!((rows(&hooks, "deliveries").await, rows(&hooks, "delivery_lanes").await, hooks.receiver.count()), (0, 0, 0));
        assert_eq!(hooks.audit("endpoint.replayed").await.len(), 0);
        assert_eq!(replay(&hooks, at(3) - half, at(3) + half).await.unwrap(), 3);
        hooks.drained().await;
        assert_eq!(hooks.receiver.taken_count(), 3);
        // With some waiting already there is room for fewer.
        hooks.receiver.always(Reply::Status(500));
        assert_eq!(replay(&hooks, at(4) - half, at(4) + half).await.unwrap(), 9_998);
        assert!(replay(&hooks, at(3) - half, at(3) + half).await.is_err());
        assert_eq!(hooks.counts().await.waiting, 9_998);
        assert_eq!(hooks.audit("endpoint.replayed").await.len(), 2);
    }

    async fn what_health_and_the_figures_tell_is_what_the_rows_say(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created", "user.updated"]).await;
        let (other, gone) = (Receiver::start().await, Receiver::start().await);
        hooks.add("other", &other.url(), &["user.created"]).await;
        hooks.add("gone", &gone.url(), &["user.created"]).await;
        gone.always(Reply::Status(410));
        other.answers(|got| if got.cursor() % 2 == 0 { Reply::Status(422) } else { Reply::Status(200) });
        hooks.receiver.always(Reply::Status(503));
        for n in 0..12 {
            hooks.scim.user(&format!("u{n}")).await;
        }
        let dead = "deliveries WHERE state = 'dead'";
        until("something is given up", async || {
            hooks.later(TimeDelta::minutes(3));
            rows(&hooks, dead).await >= 4 && rows(&hooks, "endpoints WHERE state = 'disabled'").await == 1
        }).await;
        let now = hooks.bridge.app.clock.now();
        let mut connector = Sql::build("INSERT INTO connectors (workspace_id, profile, base_url, api_key, adopts, state, cursor, created_at, updated_at) VALUES (");
        connector.push_bind(hooks.workspace.id.0).push(", 'aisoule', 'https://app.example/api', ").push_bind(vec![1_u8]);
        connector.push(", FALSE, 'paused', 0, ").push_bind(now).push(", ").push_bind(now).push(")");
        hooks.bridge.app.store.write(Statement(connector)).await.unwrap();
        for (stuck, filter) in [("TRUE", "user_name IN ('u0', 'u1')"), ("FALSE", "user_name IN ('u2', 'u3', 'u4')")] {
            let mut work = Sql::build("INSERT INTO connector_work (workspace_id, kind, local_id, rank, seq, since, due_at, attempts, is_stuck, problem) SELECT ");
            work.push("workspace_id, 'user', id, 1, 1, created_at, created_at, 0, ").push(stuck).push(", 'x' FROM users WHERE ").push(filter);
            hooks.bridge.app.store.write(Statement(work)).await.unwrap();
        }
        // Nothing is sent while both are read.
        hooks.bridge.app.courier.stop().await;
        hooks.scim.user("late").await;
        let told = read(&hooks.bridge).await;
        for (kind, state, what) in [
            ("endpoint", "active", "endpoints WHERE state = 'active'"),
            ("endpoint", "failing", "endpoints WHERE state = 'failing'"),
            ("endpoint", "disabled", "endpoints WHERE state = 'disabled'"),
            ("connector", "running", "connectors WHERE state = 'running'"),
            ("connector", "paused", "connectors WHERE state = 'paused'"),
            ("connector_work", "due", "connector_work WHERE NOT is_stuck"),
            ("connector_work", "stuck", "connector_work WHERE is_stuck"),
            ("delivery", "waiting", "deliveries d JOIN endpoints e ON e.id = d.endpoint_id WHERE d.state = 'waiting' AND e.state <> 'disabled'"),
            ("delivery", "dead", dead),
        ] {
            let figure = told[&format!("rows{{kind=\"{kind}\",state=\"{state}\"}}")];
            assert!((figure - f64::from(i32::try_from(rows(&hooks, what).await).unwrap())).abs() < 0.5, "{kind} {state}: {figure}");
        }
        let health = hooks.admin.get("/health").await.expect(200).data().clone();
        let mut waiting = 0;
        for webhook in health["webhooks"].as_array().unwrap() {
            let id = EndpointId::parse(webhook["id"].as_str().unwrap()).unwrap();
            let counted = aisoule_bridge::store::deliveries::counts(&mut hooks.bridge.app.store.read().await.unwrap(), id).await.unwrap();
            assert_eq!((webhook["waiting"].as_i64(), webhook["dead"].as_i64()), (Some(counted.waiting), Some(counted.dead)), "{webhook}");
            let cursor = endpoint(&hooks.bridge, id).await.cursor;
            let mut conn = hooks.bridge.app.store.read().await.unwrap();
            let unread = outbox::after(&mut conn, hooks.workspace.id, cursor, 100).await.unwrap().len();
            let unread = if webhook["state"] == "disabled" { 0 } else { unread };
            assert_eq!(webhook["unread"], json!(unread), "{webhook}");
            waiting += if webhook["state"] == "disabled" { 0 } else { counted.waiting };
        }
        assert!((told["rows{kind=\"delivery\",state=\"waiting\"}"] - f64::from(i32::try_from(waiting).unwrap())).abs() < 0.5);
        let connector = &health["connector"];
        assert_eq!((&connector["stuck"], &connector["waiting"]), (&json!(2), &json!(3)), "{connector}");
    }

    async fn one_workspace_has_no_more_than_thirty_two_requests_on_their_way(db) {
        let hooks = Hooks::at(db.bridge().await, &["group.created"]).await;
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let mut receivers = Vec::new();
        for n in 0..7 {
            let (receiver, book) = (Receiver::start().await, Arc::clone(&arrived));
            receiver.answers(move |_| {
                book.lock().unwrap().push(Instant::now());
                Reply::Late(200, Duration::from_millis(600))
            });
            hooks.add(&format!("slow {n}"), &receiver.url(), &["user.created"]).await;
            receivers.push(receiver);
        }
        let other = hooks.bridge.workspace("Other", 100, SeatPolicy::Reject).await;
        let quick = Receiver::start().await;
        create(&hooks.bridge, &other, "quick", &quick.url(), &["user.created"]).await.unwrap();
        let scim = hooks.bridge.client(&hooks.bridge.token(&other, Scope::Write, Dialect::Compat).await);
        join_all((0..20).map(|n| { let scim = hooks.scim.clone(); async move { scim.user(&format!("u{n}")).await } })).await;
        // Whoever is in another workspace has room.
        let started = Instant::now();
        scim.user("anna").await;
        until("the other's", async || quick.taken_count() == 1).await;
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        until("all of them", async || arrived.lock().unwrap().len() >= 140).await;
        let mut all = arrived.lock().unwrap().clone();
        all.sort();
        // Whatever came within less than an answer takes was on its way together.
        let together = all.iter().enumerate().map(|(n, at)| {
            all[n..].iter().take_while(|other| other.duration_since(*at) < Duration::from_millis(550)).count()
        });
        let most = together.max().unwrap();
        assert!((17..=32).contains(&most), "{most}");
    }

    async fn another_address_begins_anew_and_loses_nothing_of_what_waits(db) {
        let mut settings = db.settings();
        settings.webhooks.timeout_seconds = 2;
        let hooks = Hooks::at(db.bridge_with(settings).await, &["user.created"]).await;
        hooks.receiver.always(Reply::Status(500));
        let mut users = BTreeSet::new();
        for n in 0..10 {
            users.insert(hooks.scim.user(&format!("u{n}")).await);
        }
        until("the mark", async || {
            hooks.later(TimeDelta::minutes(5));
            hooks.state().await == EndpointState::Failing
        }).await;
        let before = hooks.endpoint().await;
        assert!(before.strikes > 0 && before.failing_since.is_some() && before.problem.is_some());
        let waiting: BTreeSet<_> = hooks.log().await.into_iter().filter(|one| one.state == "waiting").map(|one| one.id).collect();
        assert_eq!(waiting.len(), 10);
        let new = Receiver::start().await;
        new.always(Reply::Silence);
        hooks.admin.put(&format!("/webhooks/{}", hooks.id), json!({"url": new.url()})).await.expect(200);
        let after = hooks.endpoint().await;
        assert_eq!((after.state, after.strikes, after.failing_since, after.due_at, after.problem), (EndpointState::Active, 0, None, None, None));
        assert!(hooks.log().await.iter().all(|one| one.state == "waiting" && one.attempts == 0));
        until("eight at once", async || new.count() == 8).await;
        let asked = hooks.receiver.count();
        new.always(Reply::Status(200));
        until("all of them", async || { hooks.later(TimeDelta::seconds(5)); new.taken().iter().map(|got| got.subject().to_owned()).collect::<BTreeSet<_>>() == users }).await;
        hooks.drained().await;
        assert_eq!(hooks.receiver.count(), asked, "the old one hears nothing more");
        let arrived: BTreeSet<_> = hooks.log().await.into_iter().filter(|one| one.state == "delivered").map(|one| one.id).collect();
        assert_eq!((arrived, hooks.counts().await.dead), (waiting, 0));
    }
}
