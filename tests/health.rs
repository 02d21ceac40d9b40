//! How a workspace is doing: each kind of trouble, made for real, is told in a sentence with the next step, at every door
//! alike, and goes when it is over.

use std::time::{Duration, Instant};

use aisoule_bridge::command::domains::{Proof, ProveDomain};
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::session::Door;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::settings::{Tls, Way};
use aisoule_bridge::store::sql::{Arg, Sql};
use aisoule_bridge::store::{StoreError, Tx, Work};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::cli_users::Office;
use crate::local_login::person;
use crate::support::inbox::Inbox;
use crate::support::scene::Scene;
use crate::support::smtp::SmtpServer;
use crate::support::{Api, Bridge, on_both};

async fn health(api: &Api) -> Value {
    api.get("/health").await.expect(200).data().clone()
}

/// The troubles of a kind.
async fn troubles(api: &Api, kind: &str) -> Vec<Value> {
    let health = health(api).await;
    let all = health["troubles"].as_array().unwrap().iter();
    all.filter(|trouble| trouble["kind"] == kind).cloned().collect()
}

#[track_caller]
fn told(trouble: &Value, level: &str, about: &str, why: &str, next: &str) {
    assert_eq!((&trouble["level"], &trouble["about"]), (&json!(level), &json!(about)), "{trouble}");
    let (said, step) = (trouble["why"].as_str().unwrap(), trouble["next_step"].as_str().unwrap());
    assert!(said.contains(why) && said.ends_with('.'), "{said}");
    assert!(step.contains(next), "{step}");
}

async fn office(bridge: &Bridge, seats: i64) -> (Workspace, Api) {
    let workspace = bridge.workspace("Acme", seats, SeatPolicy::Park).await;
    let admin = bridge.admin(&workspace).await;
    (workspace, admin)
}

/// A statement of somebody who has the database.
struct ByHand(Vec<Sql>);

impl Work for ByHand {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<aisoule_bridge::ids::WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for sql in &self.0 {
            tx.run(sql.clone()).await?;
        }
        Ok(())
    }
}

/// Waits until something holds, moving the clock on.
async fn until(bridge: &Bridge, by: TimeDelta, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(40), "{what} did not come about");
        bridge.later(by);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

on_both! {
    async fn who_waits_for_a_seat_is_named_with_why_and_what_to_do(db) {
        let bridge = db.bridge().await;
        let (workspace, admin) = office(&bridge, 2).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let anna = scim.user("anna@acme.example").await;
        let well = health(&admin).await;
        assert_eq!((&well["is_well"], &well["troubles"], &well["seats"]["used"], &well["workspace"]), (&json!(true), &json!([]), &json!(2), &json!("Acme")));
        scim.user("ben@acme.example").await;
        let waits = troubles(&admin, "parked").await;
        assert_eq!(waits.len(), 1);
        told(&waits[0], "warning", "ben@acme.example", "ben@acme.example waits for a seat: all seats are taken (2 of 2, plan Growth)", "workspace set Acme --seats N");
        assert!(waits[0]["since"].is_string() && health(&admin).await["seats"]["waiting"] == 1);
        scim.patch(&format!("/Users/{anna}"), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        assert_eq!(troubles(&admin, "parked").await, Vec::<Value>::new());
        for n in 0..25 {
            scim.user(&format!("u{n}@acme.example")).await;
        }
        let waits = troubles(&admin, "parked").await;
        assert_eq!(waits.len(), 21);
        told(&waits[20], "warning", "and more", "5 more wait for a seat behind them", "seats show --workspace Acme");
    }

    async fn the_last_sync_of_a_provider_and_its_errors_come_from_the_request_log(db) {
        let bridge = db.bridge().await;
        let (workspace, admin) = office(&bridge, 50).await;
        let other = bridge.workspace("Other", 10, SeatPolicy::Park).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let silent = health(&admin).await["providers"][0].clone();
        assert_eq!((&silent["last_used_at"], &silent["last_write_at"], &silent["requests"]), (&Value::Null, &Value::Null, &json!(0)));
        for n in 0..5 {
            scim.user(&format!("u{n}@acme.example")).await;
        }
        bridge.app.journal.flush().await;
        let good = health(&admin).await["providers"][0].clone();
        assert_eq!((&good["kind"], &good["requests"], &good["errors"], &good["error_rate"]), (&json!("token"), &json!(5), &json!(0), &json!(0.0)));
        let wrote = good["last_write_at"].clone();
        assert!(wrote.is_string());
        // What is read, searched or refused is no sync.
        bridge.later(TimeDelta::minutes(1));
        scim.get("/Users").await.expect(200);
        scim.post("/Users/.search", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]})).await.expect(200);
        for _ in 0..5 {
            scim.post("/Users", json!({"userName": "u1@acme.example"})).await.expect_error(409, Some("uniqueness"));
        }
        bridge.app.journal.flush().await;
        let bad = health(&admin).await;
        let provider = &bad["providers"][0];
        assert_eq!((&provider["requests"], &provider["errors"], &provider["error_rate"], &provider["last_write_at"]), (&json!(12), &json!(5), &json!(0.416), &wrote));
        assert!(provider["last_used_at"].is_string() && bad["is_well"] == true);
        let trouble = troubles(&admin, "provider").await;
        told(&trouble[0], "warning", provider["name"].as_str().unwrap(), "5 of the 12 requests", "log --workspace Acme --status 4xx --bodies");
        let stranger = bridge.key(&other, None, None).await;
        let none = health(&stranger).await;
        assert_eq!((&none["providers"], &none["troubles"], &none["workspace"]), (&json!([]), &json!([]), &json!("Other")));
        bridge.later(TimeDelta::minutes(70));
        assert_eq!(troubles(&admin, "provider").await, Vec::<Value>::new());
    }

    async fn an_endpoint_that_takes_nothing_is_told_of_with_its_backlog_until_it_heals(db) {
        let bridge = db.bridge().await;
        let (_, admin) = office(&bridge, 50).await;
        let receiver = Inbox::start().await;
        let made = admin.post("/webhooks", json!({"name": "crm", "url": receiver.url()})).await.expect(201).made();
        admin.user("anna@acme.example", None).await;
        receiver.until("the first", |came| came.len() == 1).await;
        until(&bridge, TimeDelta::zero(), "nothing that waits", async || health(&admin).await["webhooks"][0]["waiting"] == 0).await;
        let well = health(&admin).await["webhooks"][0].clone();
        assert!(well["last_success_at"].is_string() && well["oldest_undelivered_at"].is_null() && well["unread"] == 0, "{well}");
        receiver.answers(503);
        admin.user("ben@acme.example", None).await;
        until(&bridge, TimeDelta::seconds(30), "failing", async || health(&admin).await["webhooks"][0]["state"] == "failing").await;
        let health_now = health(&admin).await;
        let webhook = &health_now["webhooks"][0];
        assert!(webhook["waiting"] == 1 && webhook["oldest_undelivered_at"].is_string() && health_now["is_well"] == false, "{health_now}");
        let trouble = troubles(&admin, "webhook").await;
        told(&trouble[0], "failure", "crm", "crm takes nothing: ", "webhook test crm --workspace Acme");
        assert!(trouble[0]["since"].is_string());
        receiver.answers(204);
        until(&bridge, TimeDelta::minutes(1), "healing", async || health(&admin).await["is_well"] == true).await;
        assert_eq!(health(&admin).await["webhooks"][0]["waiting"], 0);
        // Switched off by hand is no trouble; gone by itself is one.
        admin.put(&format!("/webhooks/{made}"), json!({"is_enabled": false})).await.expect(200);
        assert_eq!(troubles(&admin, "webhook").await, Vec::<Value>::new());
        admin.put(&format!("/webhooks/{made}"), json!({"is_enabled": true})).await.expect(200);
        receiver.answers(410);
        admin.user("cleo@acme.example", None).await;
        until(&bridge, TimeDelta::seconds(10), "being gone", async || health(&admin).await["webhooks"][0]["state"] == "disabled").await;
        told(&troubles(&admin, "webhook").await[0], "failure", "crm", "crm was switched off: ", "webhook update crm --workspace Acme --enable");
    }

    async fn what_the_connector_can_not_do_by_itself_is_named(db) {
        let bridge = db.bridge().await;
        let (workspace, admin) = office(&bridge, 50).await;
        assert_eq!(health(&admin).await["connector"], Value::Null);
        let anna = admin.user("anna@acme.example", None).await;
        let id = aisoule_bridge::ids::UserId::parse(&anna).unwrap();
        let (last, now) = (aisoule_bridge::store::outbox::last(&mut bridge.app.store.read().await.unwrap(), workspace.id).await.unwrap(), bridge.app.clock.now());
        let mut connector = Sql::build("INSERT INTO connectors (workspace_id, profile, base_url, api_key, adopts, state, cursor, created_at, updated_at) VALUES (");
        connector.push_bind(workspace.id.0).push(", 'aisoule', 'https://app.example/api', ").push_bind(vec![1_u8]).push(", FALSE, 'paused', ").push_bind(last).push(", ").push_bind(now).push(", ").push_bind(now).push(")");
        let mut stuck = Sql::build("INSERT INTO connector_work (workspace_id, kind, local_id, rank, seq, since, due_at, attempts, is_stuck, problem) VALUES (");
        stuck.push_bind(workspace.id.0).push(", 'user', ").push_bind(id.0).push(", 1, 1, ").push_bind(now).push(", ").push_bind(now).push(", 3, TRUE, ");
        stuck.push_bind(Arg::from("another account there has this address")).push(")");
        bridge.app.store.write(ByHand(vec![connector, stuck])).await.unwrap();
        let found = health(&admin).await["connector"].clone();
        assert_eq!((&found["state"], &found["stuck"], &found["waiting"], &found["unread"]), (&json!("paused"), &json!(1), &json!(0), &json!(0)));
        let trouble = troubles(&admin, "connector").await;
        assert_eq!(trouble.len(), 2);
        told(&trouble[0], "failure", "anna", "The user anna is not in AIsoule as they are here: another account there has this address", "connector resume --workspace Acme");
        told(&trouble[1], "warning", "the connector to https://app.example/api", "somebody paused the connector", "connector resume --workspace Acme");
        let mut stop = Sql::build("UPDATE connectors SET state = 'stopped', problem = 'the key is not known there (401)' WHERE workspace_id = ");
        stop.push_bind(workspace.id.0);
        bridge.app.store.write(ByHand(vec![stop])).await.unwrap();
        let trouble = troubles(&admin, "connector").await;
        assert!(trouble.iter().any(|one| one["why"].as_str().unwrap().contains("the key is not known there (401)") && one["level"] == "failure"), "{trouble:?}");
    }

    async fn a_mail_that_nobody_got_names_whom_it_was_for(db) {
        let smtp = SmtpServer::plain();
        let mut settings = db.settings();
        let post = &mut settings.mail;
        (post.transport, post.smtp_host, post.smtp_port) = (Way::Smtp, Some("127.0.0.1".into()), Some(smtp.port));
        (post.smtp_tls, post.allow_plain_loopback, post.per_second) = (Tls::Plain, true, 1_000);
        let bridge = db.bridge_with(settings).await;
        let workspace = bridge.workspace("Acme", 50, SeatPolicy::Park).await;
        let admin = bridge.key(&workspace, None, None).await;
        smtp.answer("550 no such mailbox here");
        admin.user("anna@acme.example", None).await;
        until(&bridge, TimeDelta::zero(), "a failed mail", async || health(&admin).await["mail"]["failed"] == 1).await;
        told(&troubles(&admin, "mail").await[0], "warning", "anna@acme.example", "The mail \"welcome\" did not reach anna@acme.example: ", "mail retry --workspace Acme ");
    }

    async fn a_connection_that_fails_and_a_domain_whose_record_is_gone_are_told_of_until_they_are_well(db) {
        let scene = Scene::jit(db).await;
        let admin = &scene.admin;
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let dead = json!({"name": "dead", "kind": "oidc", "issuer": format!("http://{free}"), "client_id": "x", "secret": "x"});
        let dead = admin.post("/connections", dead).await.expect(201).made();
        scene.browser().get(&format!("/sso/{dead}/login")).await.expect(502);
        let trouble = troubles(admin, "connection").await;
        assert_eq!(trouble.len(), 1);
        told(&trouble[0], "warning", "dead", "The last sign-in through dead failed: provider_unreachable: ", "sso test dead --workspace Acme");
        admin.put(&format!("/connections/{dead}"), json!({"is_enabled": false})).await.expect(200);
        assert_eq!(troubles(admin, "connection").await, Vec::<Value>::new());
        // One that is mended is well with the first who comes in.
        scene.op.plan(|plan| plan.token = vec![("id_token", None)]);
        let (browser, page) = scene.sign_in().await;
        assert!(page.status >= 400 && browser.who(&scene.bridge).await.is_none());
        assert_eq!(troubles(admin, "connection").await.len(), 1);
        scene.op.plan(|plan| plan.token = Vec::new());
        scene.bridge.later(TimeDelta::seconds(1));
        scene.sign_in().await;
        assert_eq!(troubles(admin, "connection").await, Vec::<Value>::new());
        let made = admin.post("/domains", json!({"domain": "acme.example"})).await.expect(201);
        let look = async |records: Vec<String>| {
            let look = ProveDomain { workspace: scene.workspace.id, domain: "acme.example".into(), proof: Proof::Records(records) };
            scene.bridge.app.commands.execute(&Actor::operator(), look).await.unwrap();
        };
        let value = made.data()["record_value"].as_str().unwrap().to_owned();
        look(Vec::new()).await;
        told(&troubles(admin, "domain").await[0], "warning", "acme.example", "acme.example is not proved yet: ", &value);
        look(vec![value.clone()]).await;
        assert_eq!(troubles(admin, "domain").await, Vec::<Value>::new());
        look(Vec::new()).await;
        told(&troubles(admin, "domain").await[0], "warning", "acme.example", "The record that proves acme.example is missing: ", "sso domain verify acme.example --workspace Acme");
    }

    async fn tokens_and_keys_that_end_are_told_of_before_and_after(db) {
        let bridge = db.bridge().await;
        let (_, admin) = office(&bridge, 50).await;
        let end = |days: i64| bridge.app.clock.now() + TimeDelta::days(days);
        for (path, name, days) in [("/tokens", "okta", 10), ("/tokens", "later", 100), ("/keys", "script", 5)] {
            admin.post(path, json!({"name": name, "expires_at": end(days)})).await.expect(201);
        }
        let soon: Vec<Value> = health(&admin).await["expiring"].as_array().unwrap().clone();
        assert_eq!(soon.iter().map(|one| one["name"].as_str().unwrap()).collect::<Vec<_>>(), ["script", "okta"]);
        told(&troubles(&admin, "token").await[0], "warning", "okta", "The token okta (", "token create");
        assert!(health(&admin).await["is_well"] == true);
        bridge.later(TimeDelta::days(11));
        told(&troubles(&admin, "token").await[0], "failure", "okta", ") expired at ", "enter it at the provider");
        told(&troubles(&admin, "key").await[0], "warning", "script", ") expired at ", "key create");
        assert!(health(&admin).await["is_well"] == false);
        bridge.later(TimeDelta::days(8));
        assert_eq!(health(&admin).await["expiring"], json!([]));
    }

    async fn a_token_by_which_a_provider_came_is_missed_until_it_comes_by_another(db) {
        let bridge = db.bridge().await;
        let (_, admin) = office(&bridge, 50).await;
        let make = async |name: &str, days: i64| {
            let end = bridge.app.clock.now() + TimeDelta::days(days);
            let made = admin.post("/tokens", json!({"name": name, "expires_at": end})).await.expect(201);
            made.data()["token"].as_str().unwrap().to_owned()
        };
        bridge.client(&make("okta", 40).await).get("/Users").await.expect(200);
        // Another provider's, which takes nobody's place.
        bridge.later(TimeDelta::days(1));
        bridge.client(&make("entra", 1_000).await).get("/Users").await.expect(200);
        bridge.later(TimeDelta::days(80));
        until(&bridge, TimeDelta::zero(), "a token that is missed", async || !troubles(&admin, "token").await.is_empty()).await;
        told(&troubles(&admin, "token").await[0], "failure", "okta", ") expired at ", "enter it at the provider");
        assert!(health(&admin).await["is_well"] == false);
        let next = make("okta again", 365).await;
        assert_eq!(troubles(&admin, "token").await.len(), 1, "nobody uses it yet");
        bridge.client(&next).get("/Users").await.expect(200);
        // That it was used is noted a moment later.
        until(&bridge, TimeDelta::zero(), "a token in the place of the other", async || troubles(&admin, "token").await.is_empty()).await;
    }

    async fn the_page_is_for_whoever_may_see_it_and_says_the_same(db) {
        let bridge = db.bridge().await;
        let (workspace, admin) = office(&bridge, 2).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let agent = person(&bridge, &workspace, "anna@acme.example", "Agent", false).await;
        scim.post("/Users", json!({"userName": "<b>ben@acme.example"})).await.expect(201);
        let users = admin.get("/users?search=root").await.expect(200);
        let root = aisoule_bridge::ids::UserId::parse(users.data()["users"][0]["id"].as_str().unwrap()).unwrap();
        let root = aisoule_bridge::store::users::find(&mut bridge.app.store.read().await.unwrap(), workspace.id, root).await.unwrap().unwrap();
        let (_, cookie) = bridge.signed_in(&root, Door::Password).await;
        let page = bridge.page("/settings/health", &cookie).await.expect(200);
        let text = String::from_utf8(page.bytes.clone()).unwrap();
        assert!(text.contains("Health of Acme") && text.contains("waits for a seat: all are taken (2 of 2 in use, plan Growth)"), "{text}");
        assert!(text.contains("href=\"/settings/seats\"") && !text.contains("<b>") && text.matches("<script").count() == 1, "{text}");
        assert_eq!((page.header("x-frame-options"), page.header("cache-control")), (Some("DENY"), Some("no-store")));
        assert!(String::from_utf8(bridge.page("/account", &cookie).await.bytes).unwrap().contains("href=\"/settings\""));
        let (_, cookie) = bridge.signed_in(&agent, Door::Password).await;
        let barred = bridge.page("/settings/health", &cookie).await.expect(403);
        assert!(!String::from_utf8(barred.bytes).unwrap().contains("waits for"));
        assert!(!String::from_utf8(bridge.page("/account", &cookie).await.bytes).unwrap().contains("/settings/health"));
        let nobody = bridge.page("/settings/health", "").await.expect(303);
        assert_eq!(nobody.header("location"), Some("/login?return_to=%2Fsettings%2Fhealth"));
    }

    async fn doctor_says_who_is_stuck_with_the_next_step_and_as_json(db) {
        let office = Office::open(&db, "1", "park");
        let well: Value = serde_json::from_str(&office.0.says(&["doctor", "--json"])).unwrap();
        assert_eq!((&well["failed"], &well["workspaces"][0]["workspace"], &well["workspaces"][0]["is_well"]), (&json!(0), &json!("Acme"), &json!(true)));
        assert!(well["checks"].as_array().unwrap().iter().all(|check| check["outcome"] == "ok"), "{well}");
        office.user("anna@acme.example", "Anna", "agent", &[]);
        let said = office.0.says(&["doctor"]);
        let line = said.lines().find(|line| line.starts_with("warn")).unwrap();
        assert_eq!(line, "warn Acme: Anna waits for a seat: all seats are taken (1 of 1, plan Growth). Next: deactivate somebody, or raise the seats (`workspace set Acme --seats N`); then they come in by themselves, oldest first.");
        office.says(&["webhook", "add", "--name", "crm", "--url", "https://hooks.example/"]);
        assert!(office.0.says(&["doctor"]).contains("ok   Acme: webhook crm is active, last success never; 0 waiting, 0 given up"));
        let told: Value = serde_json::from_str(&office.0.says(&["doctor", "--json"])).unwrap();
        assert_eq!(told["workspaces"][0]["troubles"][0]["kind"], "parked");
    }
}
