//! Webhooks: who is told what, in which form, signed how; and what people do with endpoints.

use std::collections::BTreeSet;

use aisoule_bridge::command::CommandError;
use aisoule_bridge::command::deliveries::{Replay, Replayed, SendTest};
use aisoule_bridge::command::endpoints::{DeleteEndpoint, RotateSecret, UpdateEndpoint};
use aisoule_bridge::delivery::sign::{Unverified, verify, verify_aisoule};
use aisoule_bridge::delivery::{CATALOGUE, TEST, is_published};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::endpoint::EndpointState;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::{DeliveryId, EndpointId};
use aisoule_bridge::settings::Secret;
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::{deliveries, endpoints, outbox};
use aisoule_bridge::worker::webhooks::{Kept, forget};
use chrono::TimeDelta;
use serde_json::json;
use sqlx::FromRow;

use crate::support::hooks::{Hooks, create, endpoint, log, seal, until};
use crate::support::receiver::{Got, Receiver, Reply};
use crate::support::rows::Statement;
use crate::support::{On, on_both};

fn verified(secret: &str, got: &Got, hooks: &Hooks) -> Result<(), Unverified> {
    let header = |name| got.header(name).unwrap_or_default();
    let headers = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    verify(secret, headers, &got.body, hooks.bridge.app.clock.now())
}

fn signed_by_aisoule(secret: &str, got: &Got) -> bool {
    verify_aisoule(secret, got.header("x-webhook-signature").unwrap_or_default(), &got.body)
}

async fn update(hooks: &Hooks, change: impl FnOnce(&mut UpdateEndpoint)) -> Result<(), CommandError> {
    let mut update = UpdateEndpoint {
        workspace: hooks.workspace.id,
        id: hooks.id,
        name: None,
        url: None,
        events: None,
        enabled: None,
        seal: seal(&hooks.bridge),
    };
    change(&mut update);
    hooks.bridge.app.commands.execute(&Actor::operator(), update).await.map(|_| ())
}

async fn rotate(hooks: &Hooks, overlap_hours: i64) -> Result<String, CommandError> {
    let rotate = RotateSecret { workspace: hooks.workspace.id, id: hooks.id, overlap_hours, seal: seal(&hooks.bridge) };
    hooks.bridge.app.commands.execute(&Actor::operator(), rotate).await.map(|secret| secret.reveal().to_owned())
}

async fn replay(hooks: &Hooks, what: Replayed) -> Result<u64, CommandError> {
    let replay = Replay { workspace: hooks.workspace.id, endpoint: hooks.id, what };
    hooks.bridge.app.commands.execute(&Actor::operator(), replay).await
}

#[derive(FromRow)]
struct Text {
    value: String,
}

on_both! {
    // Row F02.
    async fn whoever_wants_to_know_is_told_in_a_signed_form(db) {
        let hooks = Hooks::new(db).await;
        let user = hooks.scim.user("anna@acme.example").await;
        until("a delivery", async || hooks.receiver.count() == 1).await;
        let got = hooks.receiver.got().remove(0);
        assert_eq!((got.event(), got.subject(), got.text("/data/kind")), ("user.created", user.as_str(), "user"));
        assert_eq!(got.header("webhook-id"), Some(got.id()));
        assert_eq!(got.header("content-type"), Some("application/json"));
        assert!(got.json["timestamp"].is_string() && got.json["version"] == 1 && got.cursor() > 0, "{}", got.json);
        assert_eq!(verified(&hooks.secret, &got, &hooks), Ok(()));
        assert!(signed_by_aisoule(&hooks.secret, &got));
        hooks.drained().await;
        let log = hooks.log().await;
        assert_eq!((log.len(), log[0].state.as_str(), log[0].status, log[0].attempts, log[0].origin.as_str()), (1, "delivered", Some(200), 1, "event"));
        // The same form as in pages of events.
        let page = hooks.admin.get(&format!("/events?after={}", got.cursor() - 1)).await.expect(200);
        assert_eq!(page.data()["events"][0], got.json);
        let endpoint = hooks.endpoint().await;
        assert!(endpoint.last_success_at.is_some() && endpoint.failing_since.is_none());
    }

    // Row F02.
    async fn a_secret_is_replaced_without_a_moment_in_which_nobody_can_verify(db) {
        let hooks = Hooks::new(db).await;
        let old = hooks.secret.clone();
        let new = rotate(&hooks, 24).await.unwrap();
        assert!(new.starts_with("whsec_") && new != old);
        hooks.scim.user("one").await;
        until("a delivery", async || hooks.receiver.count() == 1).await;
        let got = hooks.receiver.got().remove(0);
        assert_eq!(got.header("webhook-signature").unwrap().split(' ').count(), 2);
        for secret in [&old, &new] {
            assert_eq!(verified(secret, &got, &hooks), Ok(()));
        }
        assert!(signed_by_aisoule(&old, &got) && !signed_by_aisoule(&new, &got), "the one header has the old one until it ends");
        // A third would end the first, which somebody may still know alone.
        assert!(matches!(rotate(&hooks, 24).await, Err(CommandError::Invalid { attribute: "overlap_hours", .. })));
        assert!(matches!(rotate(&hooks, 1_000).await, Err(CommandError::Invalid { attribute: "overlap_hours", .. })));
        hooks.later(TimeDelta::hours(25));
        hooks.scim.user("two").await;
        until("another", async || hooks.receiver.count() == 2).await;
        let got = hooks.receiver.got().remove(1);
        assert_eq!(verified(&old, &got, &hooks), Err(Unverified::Signature));
        assert_eq!(verified(&new, &got, &hooks), Ok(()));
        assert!(signed_by_aisoule(&new, &got));
        let last = rotate(&hooks, 0).await.unwrap();
        hooks.scim.user("three").await;
        until("a third", async || hooks.receiver.count() == 3).await;
        let got = hooks.receiver.got().remove(2);
        assert_eq!((verified(&new, &got, &hooks), verified(&last, &got, &hooks)), (Err(Unverified::Signature), Ok(())));
        assert_eq!(hooks.audit("endpoint.secret_rotated").await.len(), 2);
    }

    async fn each_endpoint_is_told_what_its_filter_wants_and_of_its_workspace_alone(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.deactivated", "group.*"]).await;
        let other = hooks.bridge.workspace("Other", 100, SeatPolicy::Reject).await;
        let theirs = Receiver::start().await;
        create(&hooks.bridge, &other, "crm", &theirs.url(), &[]).await.unwrap();
        let user = hooks.scim.user("anna").await;
        hooks.set_active(&user, false).await;
        let group = hooks.scim.group("Support", &[]).await;
        hooks.set_active(&user, true).await;
        hooks.scim.delete(&format!("/Groups/{group}")).await.expect(204);
        until("three", async || hooks.receiver.count() >= 3).await;
        hooks.drained().await;
        let mut told: Vec<String> = hooks.receiver.got().iter().map(|got| got.event().to_owned()).collect();
        told.sort();
        assert_eq!(told, ["group.created", "group.deleted", "user.deactivated"]);
        assert_eq!(theirs.count(), 0);
        update(&hooks, |update| update.events = Some(vec!["user.created".into()])).await.unwrap();
        hooks.scim.user("bert").await;
        until("a fourth", async || hooks.receiver.count() == 4).await;
        assert_eq!(hooks.receiver.got()[3].event(), "user.created");
        assert!(matches!(update(&hooks, |update| update.events = Some(vec!["user.made".into()])).await, Err(CommandError::Invalid { attribute: "events", .. })));
    }

    async fn what_is_published_is_in_the_catalogue_and_told(db) {
        let hooks = Hooks::new(db).await;
        let (scim, admin) = (&hooks.scim, &hooks.admin);
        let user = scim.user("anna@acme.example").await;
        let group = scim.group("Support", &[&user]).await;
        let role = admin.post("/roles", json!({"name": "Lead", "permissions": ["users:read"]})).await.expect(201).made();
        let team = admin.post("/teams", json!({"name": "Night"})).await.expect(201).made();
        let rule = admin.post("/rules", json!({"group_id": group, "role_id": role, "priority": 1})).await.expect(201).made();
        let conversation = admin.post("/conversations", json!({"subject": "Refund", "assignee_id": user})).await.expect(201).made();
        admin.post(&format!("/conversations/{conversation}/notes"), json!({"body": "hello"})).await.expect(201);
        hooks.set_active(&user, false).await;
        hooks.set_active(&user, true).await;
        admin.delete(&format!("/rules/{rule}")).await.expect(200);
        admin.delete(&format!("/teams/{team}")).await.expect(200);
        scim.delete(&format!("/Groups/{group}")).await.expect(204);
        scim.delete(&format!("/Users/{user}")).await.expect(204);
        let mut conn = hooks.bridge.app.store.read().await.unwrap();
        let last = outbox::last(&mut conn, hooks.workspace.id).await.unwrap();
        drop(conn);
        until("all", async || hooks.endpoint().await.cursor == last).await;
        hooks.drained().await;
        let told: BTreeSet<String> = hooks.receiver.got().iter().map(|got| got.event().to_owned()).collect();
        for name in ["user.created", "group.created", "role.created", "team.created", "rule.created", "user.role_changed", "conversation.written",
            "conversation.unassigned", "user.deactivated", "user.activated", "rule.deleted", "team.deleted", "group.deleted", "user.deleted"] {
            assert!(told.contains(name), "{name}: {told:?}");
        }
        assert!(told.iter().all(|name| is_published(name)), "{told:?}");
        assert!(CATALOGUE.len() > 40 && !is_published(TEST.name));
    }

    // Row F08: what shows without asking anybody is refused at once.
    async fn an_endpoint_can_only_be_where_somebody_elses_receiver_can_be(db) {
        let mut settings = db.settings();
        settings.sso.allow_loopback = Some(false);
        let hooks_of = db.bridge_with(settings).await;
        let workspace = hooks_of.workspace("Acme", 10, SeatPolicy::Reject).await;
        for url in [
            "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.1/", "https://0177.1/", "https://0.0.0.0/", "https://[::]/", "https://[::1]/",
            "https://[::ffff:127.0.0.1]/", "https://[::127.0.0.1]/", "https://[64:ff9b::a9fe:a9fe]/", "https://[2002:7f00:1::]/", "https://[2001:0:7f00:1::]/",
            "https://[fe80::1]/", "https://[fc00::1]/", "https://100.64.0.1/", "https://169.254.169.254/latest", "https://10.0.0.1/", "https://localhost/", "https://localhost./",
            "http://hooks.example/", "http://127.0.0.1/", "unix:/run/x.sock", "file:///etc/passwd", "gopher://x/", "ftp://x/", "javascript:1", "data:,x", "", "//x", "https://",
            "https://hooks.example:22/", "https://hooks.example:25/", "https://hooks.example:6379/", "https://hooks.example:5432/", "https://u:canary@hooks.example/",
            "https://canary@hooks.example/", "https://hooks.example/ x", "https://a\\@b/",
        ] {
            let error = create(&hooks_of, &workspace, "crm", url, &[]).await.map(|_| ()).unwrap_err();
            assert!(matches!(&error, CommandError::Invalid { attribute: "url", .. }), "{url}: {error}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
        let made = create(&hooks_of, &workspace, "crm", "https://hooks.example:8443/in", &["user.*"]).await.unwrap();
        assert_eq!((made.endpoint.shown_url.as_str(), made.endpoint.events.as_slice()), ("https://hooks.example:8443/in", ["user.*".to_owned()].as_slice()));
        assert!(matches!(create(&hooks_of, &workspace, "crm", "https://hooks.example/", &[]).await, Err(CommandError::Clash { kind: "endpoint", .. })));
        assert!(matches!(create(&hooks_of, &workspace, " ", "https://hooks.example/", &[]).await, Err(CommandError::Invalid { attribute: "name", .. })));
        assert!(matches!(create(&hooks_of, &workspace, "x", "https://hooks.example/", &["nothing"]).await, Err(CommandError::Invalid { attribute: "events", .. })));
        let other = hooks_of.workspace("Other", 10, SeatPolicy::Reject).await;
        let mut conn = hooks_of.app.store.read().await.unwrap();
        assert!(endpoints::find(&mut conn, other.id, made.endpoint.id).await.unwrap().is_none());
        assert!(endpoints::find(&mut conn, workspace.id, made.endpoint.id).await.unwrap().is_some());
        assert!(endpoints::by_name(&mut conn, workspace.id, "crm").await.unwrap().is_some());
        assert_eq!(endpoints::list(&mut conn, other.id).await.unwrap().len(), 0);
        drop(conn);
        let theirs = DeleteEndpoint { workspace: other.id, id: made.endpoint.id };
        assert!(matches!(hooks_of.app.commands.execute(&Actor::operator(), theirs).await, Err(CommandError::NotFound)));
    }

    // Row F11.
    async fn what_is_secret_in_an_address_or_about_an_endpoint_stands_nowhere_in_the_clear(db) {
        let (on, folder) = (db.on, db.folder().to_owned());
        let hooks = Hooks::new(db).await;
        let url = format!("{}?key=canary-in-the-query", hooks.receiver.url());
        hooks.add("second", &url, &[]).await;
        update(&hooks, |update| update.url = Some(Secret::from(format!("{url}2")))).await.unwrap();
        assert!(hooks.endpoint().await.shown_url.ends_with("/hook?…"));
        // Some receivers repeat whatever they are asked.
        let echo = format!("nobody at {url}2 under {} for anna", hooks.secret);
        hooks.receiver.answers(move |got| if got.head.contains("query2") { Reply::With(500, String::new(), echo.clone().into_bytes()) } else { Reply::Status(500) });
        hooks.scim.user("anna").await;
        until("both", async || hooks.receiver.count() == 2).await;
        assert!(hooks.receiver.got().iter().all(|got| got.head.contains("canary-in-the-query")), "it is sent where it belongs");
        hooks.tried(1).await;
        assert_eq!(hooks.endpoint().await.problem.as_deref(), Some("it answered 500"), "what it said is for the log alone");
        let said = hooks.log().await.remove(0).problem.unwrap();
        assert!(said.starts_with("it answered 500: nobody at ") && said.contains("*** for anna") && !said.contains(&hooks.secret[6..]), "{said}");
        let mut conn = hooks.bridge.app.store.read().await.unwrap();
        for sql in ["SELECT CAST(changes AS TEXT) AS value FROM audit_log", "SELECT shown_url || coalesce(problem, '') AS value FROM endpoints", "SELECT coalesce(problem, '') AS value FROM deliveries",
            "SELECT CAST(payload AS TEXT) AS value FROM outbox"] {
            let rows: Vec<Text> = conn.all(Sql::build(sql)).await.unwrap();
            assert!(!rows.is_empty());
            assert!(rows.iter().all(|row| !row.value.contains("canary") && !row.value.contains("whsec_")), "{sql}");
        }
        drop(conn);
        if on == On::Sqlite {
            for file in ["bridge.db", "bridge.db-wal"] {
                let bytes = std::fs::read(folder.join(file)).unwrap();
                for word in ["canary-in-the-query", hooks.secret.as_str()] {
                    assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{file}");
                }
            }
        }
        let printed = format!("{:?} {:?}", hooks.endpoint().await, Secret::from(url));
        assert!(!printed.contains("canary"));
    }

    async fn the_test_button_tells_whether_an_endpoint_is_reached(db) {
        let hooks = Hooks::at(db.bridge().await, &["group.*"]).await;
        let test = async || hooks.bridge.app.commands.execute(&Actor::operator(), SendTest { workspace: hooks.workspace.id, endpoint: hooks.id }).await;
        let found = async |id: DeliveryId| deliveries::find(&mut hooks.bridge.app.store.read().await.unwrap(), hooks.workspace.id, id).await.unwrap().unwrap();
        let id = test().await.unwrap();
        until("the test", async || found(id).await.state == "delivered").await;
        let got = hooks.receiver.got().remove(0);
        assert_eq!((got.event(), got.subject(), got.cursor()), (TEST.name, hooks.id.to_string().as_str(), 0));
        assert_eq!(verified(&hooks.secret, &got, &hooks), Ok(()));
        // Nobody waits for a second try of a test.
        hooks.receiver.always(Reply::With(503, String::new(), b"down for today".to_vec()));
        let id = test().await.unwrap();
        until("the end of it", async || found(id).await.state == "dead").await;
        assert_eq!(found(id).await.problem.as_deref(), Some("it answered 503: down for today"));
        assert_eq!(hooks.endpoint().await.strikes, 0);
        // It goes out although the circuit is open, and closes it where it arrives.
        for n in 0..4 {
            hooks.scim.group(&format!("G{n}"), &[]).await;
        }
        until("an open circuit", async || hooks.endpoint().await.strikes >= 3).await;
        hooks.receiver.always(Reply::Status(204));
        let id = test().await.unwrap();
        until("the test", async || found(id).await.state == "delivered").await;
        hooks.drained().await;
        assert_eq!(hooks.audit("endpoint.tested").await.len(), 3);
        update(&hooks, |update| update.enabled = Some(false)).await.unwrap();
        assert!(matches!(test().await, Err(CommandError::Invalid { attribute: "endpoint", .. })));
    }

    async fn what_arrived_or_was_given_up_is_delivered_again_when_somebody_asks(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        let before = hooks.bridge.app.clock.now();
        for name in ["a", "b", "c"] {
            hooks.scim.user(name).await;
        }
        until("three", async || hooks.receiver.count() == 3).await;
        hooks.drained().await;
        let first = hooks.log().await.pop().unwrap();
        assert_eq!(replay(&hooks, Replayed::Delivery(DeliveryId(first.id))).await.unwrap(), 1);
        until("a fourth", async || hooks.receiver.count() == 4).await;
        assert_eq!(hooks.receiver.got()[3].id(), first.event_id.to_string(), "it is known by the same id");
        hooks.later(TimeDelta::hours(1));
        let middle = hooks.bridge.app.clock.now();
        hooks.scim.user("d").await;
        until("a fifth", async || hooks.receiver.count() == 5).await;
        hooks.drained().await;
        let to = middle - TimeDelta::minutes(30);
        assert_eq!(replay(&hooks, Replayed::Range { from: before, to }).await.unwrap(), 3);
        until("all again", async || hooks.receiver.count() == 8).await;
        hooks.drained().await;
        assert_eq!(replay(&hooks, Replayed::Range { from: to, to: middle + TimeDelta::minutes(1) }).await.unwrap(), 1);
        assert_eq!(replay(&hooks, Replayed::Range { from: before - TimeDelta::days(2), to: before - TimeDelta::days(1) }).await.unwrap(), 0);
        assert!(replay(&hooks, Replayed::Range { from: to, to: before }).await.is_err());
        until("the fourth again", async || hooks.receiver.count() == 9).await;
        hooks.drained().await;
        assert_eq!(hooks.log().await.iter().filter(|one| one.origin == "replay").count(), 5);
        // Dead letters.
        hooks.receiver.always(Reply::Status(422));
        hooks.scim.user("e").await;
        for attempts in 1..=4 {
            until("an attempt", async || hooks.log().await[0].attempts >= attempts).await;
            hooks.later(TimeDelta::minutes(6));
        }
        until("a dead letter", async || hooks.counts().await.dead == 1).await;
        assert_eq!(hooks.log().await[0].attempts, 4);
        hooks.receiver.always(Reply::Status(200));
        assert_eq!(replay(&hooks, Replayed::Dead).await.unwrap(), 1);
        hooks.drained().await;
        assert_eq!((hooks.counts().await.dead, hooks.log().await[0].state.as_str()), (0, "delivered"));
        assert_eq!(replay(&hooks, Replayed::Dead).await.unwrap(), 0);
        assert!(matches!(replay(&hooks, Replayed::Delivery(DeliveryId::fresh())).await, Err(CommandError::NotFound)));
        let nobody = Replay { workspace: hooks.workspace.id, endpoint: EndpointId::fresh(), what: Replayed::Dead };
        assert!(matches!(hooks.bridge.app.commands.execute(&Actor::operator(), nobody).await, Err(CommandError::NotFound)));
        assert_eq!(hooks.audit("endpoint.replayed").await.len(), 4);
    }

    async fn what_happens_while_an_endpoint_is_switched_off_waits_for_it(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.*"]).await;
        update(&hooks, |update| update.enabled = Some(false)).await.unwrap();
        let user = hooks.scim.user("anna").await;
        hooks.set_active(&user, false).await;
        let other = Receiver::start().await;
        let second = hooks.add("second", &other.url(), &[]).await;
        hooks.scim.user("bert").await;
        until("the other's", async || other.count() == 1).await;
        assert_eq!((hooks.receiver.count(), hooks.state().await), (0, EndpointState::Disabled));
        update(&hooks, |update| update.enabled = Some(true)).await.unwrap();
        until("all of it", async || hooks.receiver.count() == 3).await;
        hooks.drained().await;
        let states: Vec<_> = hooks.audit("endpoint.updated").await.iter().map(|entry| entry["changes"]["state"]["new"].clone()).collect();
        assert_eq!(states.len(), 2, "{states:?}");
        // Another address takes over what waits for the one before.
        hooks.receiver.always(Reply::Status(500));
        hooks.scim.user("cora").await;
        until("an attempt", async || hooks.log().await[0].attempts == 1).await;
        update(&hooks, |update| update.url = Some(Secret::from(other.url()))).await.unwrap();
        hooks.drained().await;
        assert_eq!(endpoint(&hooks.bridge, second).await.state, EndpointState::Active);
        hooks.bridge.app.commands.execute(&Actor::operator(), DeleteEndpoint { workspace: hooks.workspace.id, id: hooks.id }).await.unwrap();
        // Its log goes in pages, whenever the rest goes that is over.
        let kept = Kept { deliveries: TimeDelta::days(30), events: TimeDelta::days(30) };
        forget(&hooks.bridge.app.store, kept, hooks.bridge.app.clock.now()).await.unwrap();
        assert_eq!(log(&hooks.bridge, hooks.id).await.len(), 0);
        hooks.scim.user("dora").await;
        until("the other's", async || log(&hooks.bridge, second).await.iter().filter(|one| one.state == "delivered").count() == 3).await;
    }

    // Row F14.
    async fn nothing_that_opens_a_door_is_ever_posted(db) {
        let hooks = Hooks::new(db).await;
        let canary = "Canary-pass-phrase-17!";
        let user = hooks.scim.post("/Users", json!({"userName": "anna@acme.example", "password": canary})).await.expect(201).id();
        hooks.scim.patch(&format!("/Users/{user}"), json!([{"op": "replace", "path": "password", "value": format!("{canary}2")}])).await.expect(200);
        let key = hooks.admin.post("/keys", json!({"name": "canary key"})).await.expect(201);
        let token = hooks.admin.post("/tokens", json!({"name": "canary token"})).await.expect(201);
        hooks.admin.put(&format!("/users/{user}"), json!({"password": format!("{canary}3")})).await;
        let connection = json!({"name": "op", "kind": "oidc", "issuer": "https://op.example", "client_id": "c", "secret": format!("{canary}4")});
        hooks.admin.post("/connections", connection).await.expect(201);
        rotate(&hooks, 24).await.unwrap();
        hooks.set_active(&user, false).await;
        let mut conn = hooks.bridge.app.store.read().await.unwrap();
        let last = outbox::last(&mut conn, hooks.workspace.id).await.unwrap();
        drop(conn);
        until("all", async || hooks.endpoint().await.cursor == last).await;
        hooks.drained().await;
        let got = hooks.receiver.got();
        assert!(got.iter().any(|got| got.event() == "connection.created") && got.iter().any(|got| got.event() == "user.deactivated"));
        let secrets = [canary, key.data()["key"].as_str().unwrap(), token.data()["token"].as_str().unwrap_or("aisb_"), "whsec_", "aisk_", "aisb_", "argon2"];
        for got in got {
            let body = String::from_utf8(got.body.clone()).unwrap();
            for secret in secrets {
                assert!(!body.contains(secret), "{secret}: {body}");
            }
            assert_eq!(got.json["version"], 1);
        }
    }

    async fn what_is_over_is_forgotten_and_what_somebody_still_needs_is_not(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.*"]).await;
        for n in 0..5 {
            hooks.scim.user(&format!("u{n}")).await;
        }
        until("five", async || hooks.receiver.count() == 5).await;
        hooks.drained().await;
        let store = hooks.bridge.app.store.clone();
        let kept = Kept { deliveries: TimeDelta::days(30), events: TimeDelta::days(30) };
        let count = async || {
            let mut conn = store.read().await.unwrap();
            let events = outbox::after(&mut conn, hooks.workspace.id, 0, 1_000).await.unwrap().len();
            (hooks.log().await.len(), events)
        };
        let all = count().await;
        assert_eq!(all.0, 5);
        forget(&store, kept, hooks.bridge.app.clock.now() + TimeDelta::days(29)).await.unwrap();
        assert_eq!(count().await, all);
        // A connector that is behind holds events, until it is stopped.
        let mut connector = Sql::build(
            "INSERT INTO connectors (workspace_id, profile, base_url, api_key, adopts, state, cursor, created_at, updated_at) VALUES (",
        );
        let now = hooks.bridge.app.clock.now();
        connector.push_bind(hooks.workspace.id.0).push(", 'aisoule', 'https://x.example', ").push_bind(vec![0_u8]);
        connector.push(", FALSE, 'running', 0, ").push_bind(now).push(", ").push_bind(now).push(")");
        store.write(Statement(connector)).await.unwrap();
        forget(&store, kept, now + TimeDelta::days(31)).await.unwrap();
        assert_eq!(count().await, (0, all.1));
        forget(&store, kept, now + TimeDelta::days(3_650)).await.unwrap();
        assert_eq!(count().await, (0, all.1), "a clock that is far ahead takes nothing from anybody");
        store.write(Statement(Sql::build("UPDATE connectors SET state = 'stopped'"))).await.unwrap();
        // Nor does it from whoever has a delivery waiting.
        hooks.receiver.always(Reply::Status(500));
        hooks.scim.user("waits").await;
        hooks.tried(1).await;
        forget(&store, kept, now + TimeDelta::days(3_650)).await.unwrap();
        assert_eq!((hooks.counts().await.waiting, count().await.1 > 0), (1, true));
        hooks.receiver.always(Reply::Status(200));
        hooks.later(TimeDelta::seconds(12));
        hooks.drained().await;
        assert_eq!(hooks.counts().await.dead, 0);
        let end = hooks.endpoint().await.cursor;
        until("the cursor", async || outbox::last(&mut store.read().await.unwrap(), hooks.workspace.id).await.unwrap() == end).await;
        forget(&store, kept, now + TimeDelta::days(3_650)).await.unwrap();
        assert_eq!(count().await, (0, 0));
        // What waits for an endpoint that is switched off waits for as long as events are kept.
        hooks.receiver.always(Reply::Status(500));
        hooks.scim.user("waits too").await;
        hooks.tried(1).await;
        update(&hooks, |update| update.enabled = Some(false)).await.unwrap();
        forget(&store, kept, now + TimeDelta::days(29)).await.unwrap();
        assert_eq!(hooks.counts().await.waiting, 1);
        forget(&store, kept, now + TimeDelta::days(40)).await.unwrap();
        assert_eq!(hooks.counts().await.waiting, 0);
        hooks.receiver.always(Reply::Status(200));
        update(&hooks, |update| update.enabled = Some(true)).await.unwrap();
        let cursor = hooks.endpoint().await.cursor;
        hooks.scim.user("last").await;
        until("the cursor", async || hooks.endpoint().await.cursor > cursor).await;
    }
}
