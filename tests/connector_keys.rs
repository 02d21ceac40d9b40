//! The key of a remote workspace, whose it is to use at a moment, and what becomes of a connector that was refused.

use std::time::Duration;

use aisoule_bridge::connector::Profile;
use aisoule_bridge::settings::Way;
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::{connectors, mails, outbox};
use aisoule_bridge::worker::webhooks::{Kept, forget};
use chrono::TimeDelta;
use serde_json::json;

use crate::connector::{Here, there, wait};
use crate::support::aisoule::{Chaos, Double, Fault, Options};
use crate::support::program::Program;
use crate::support::rows::Statement;
use crate::support::{Bridge, Fresh, On, on_both};

fn slow(millis: u64) -> Option<Chaos> {
    Some(Chaos { seed: 1, percent: 100, faults: vec![Fault::Slow(Duration::from_millis(millis))] })
}

fn quick() -> Profile {
    Profile { per_minute: 0, per_second: 0, timeout_seconds: 2, ..Profile::default() }
}

async fn mails_of(here: &Here, kind: &str) -> Vec<String> {
    let mut conn = here.bridge.app.store.read().await.unwrap();
    let all = mails::list(&mut conn, here.workspace.id, None, 1_000).await.unwrap();
    all.into_iter().filter(|mail| mail.kind == kind).map(|mail| mail.parameters).collect()
}

/// One more bridge over the same database.
async fn another(bridge: &Bridge) -> Bridge {
    let on = if bridge.app.store.database().is_postgres() { On::Postgres } else { On::Sqlite };
    let settings = bridge.app.settings.clone();
    Fresh::over(on, settings.database_url.reveal().to_owned()).bridge_with(settings).await
}

async fn holder(here: &Here) -> Option<uuid::Uuid> {
    let mut conn = here.bridge.app.store.read().await.unwrap();
    connectors::find(&mut conn, here.workspace.id).await.unwrap().unwrap().lease
}

async fn stopped(here: &Here) {
    wait("it has stopped", || async { here.stands().await["state"] == "stopped" }).await;
}

on_both! {
    async fn the_refusal_of_a_key_that_was_replaced_stops_nothing(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let key = double.key();
        let ben = here.admin.user("ben@x.example", None).await;
        here.connect(&double.base(), &key, false).await;
        here.settled().await;
        let before = double.heard().len();
        double.chaos(slow(1_000));
        double.revoke(&key);
        here.change(&ben, json!({"full_name": "Ben again"})).await;
        wait("somebody asks with the old key", || async { double.heard().len() > before }).await;
        here.admin.put("/connector", json!({"api_key": double.key()})).await.expect(200);
        double.chaos(None);
        here.settled().await;
        assert!(double.heard().iter().any(|one| one.status == 401), "the old one was refused");
        assert_eq!((here.stands().await["state"].clone(), there(&double)), (json!("running"), here.snapshot().await));
        let audit = here.admin.get("/audit?action=connector.stopped").await.expect(200);
        assert_eq!(audit.data()["entries"], json!([]));
    }

    async fn after_a_stop_so_long_that_events_were_forgotten_everybody_is_looked_at(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let key = double.key();
        let team = here.admin.post("/teams", json!({"name": "Support"})).await.expect(201).made();
        let old = here.admin.post("/teams", json!({"name": "Old"})).await.expect(201).made();
        let mut users = Vec::new();
        for name in ["ben", "cleo", "dora", "emil"] {
            let id = here.admin.user(&format!("{name}@x.example"), None).await;
            here.admin.post(&format!("/teams/{old}/members"), json!({"user_id": id})).await.expect(201);
            users.push(id);
        }
        here.connect(&double.base(), &key, false).await;
        here.settled().await;
        double.revoke(&key);
        here.change(&users[3], json!({"full_name": "Emil E"})).await;
        stopped(&here).await;
        here.change(&users[0], json!({"full_name": "Ben B", "is_active": false})).await;
        here.admin.delete(&format!("/users/{}?overrule=true", users[1])).await.expect(200);
        here.admin.post(&format!("/teams/{team}/members"), json!({"user_id": users[2]})).await.expect(201);
        here.admin.delete(&format!("/teams/{old}")).await.expect(200);
        here.admin.user("new@x.example", None).await;
        let kept = Kept { deliveries: TimeDelta::days(30), events: TimeDelta::days(30) };
        let store = here.bridge.app.store.clone();
        forget(&store, kept, here.bridge.app.clock.now() + TimeDelta::days(31)).await.unwrap();
        assert_eq!(outbox::oldest(&mut store.read().await.unwrap(), here.workspace.id).await.unwrap(), 0);
        // One event since: what came before it is not known.
        here.change(&users[3], json!({"full_name": "Emil F"})).await;
        here.admin.put("/connector", json!({"api_key": double.key()})).await.expect(200);
        here.settled().await;
        assert_eq!((here.stuck().await, there(&double)), (vec![], here.snapshot().await));
        assert_eq!(double.members("Old"), vec![]);
        assert_eq!(double.illegal(), Vec::<String>::new());
    }

    async fn admins_hear_once_that_the_connector_stopped_and_once_that_it_works_again(db) {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = db.settings();
        (settings.mail.transport, settings.mail.folder) = (Way::Folder, Some(folder.path().to_owned()));
        settings.connectors.insert("test".into(), quick());
        let here = Here::at(db, settings).await;
        let double = Double::start(Options::UNLIMITED).await;
        let key = double.key();
        let ben = here.admin.user("ben@x.example", None).await;
        here.connect(&double.base(), &key, false).await;
        here.settled().await;
        double.revoke(&key);
        for n in 0..3 {
            here.change(&ben, json!({"full_name": format!("Ben {n}")})).await;
        }
        stopped(&here).await;
        let told = mails_of(&here, "connector_stopped").await;
        assert_eq!(told.len(), 1, "one Admin, one mail");
        assert!(told[0].contains("401") && told[0].contains("connector key") && told[0].contains("connector resume") && !told[0].contains(&key), "{}", told[0]);
        // Whoever tries in vain is not told again, and nobody is told that it works.
        for _ in 0..3 {
            here.admin.post("/connector/resume", json!({})).await.expect(200);
            stopped(&here).await;
        }
        here.admin.put("/connector", json!({"api_key": double.key_with(&["users:read"])})).await.expect(200);
        stopped(&here).await;
        assert_eq!((mails_of(&here, "connector_stopped").await.len(), mails_of(&here, "connector_resumed").await.len()), (1, 0));
        let good = double.key();
        here.admin.put("/connector", json!({"api_key": good})).await.expect(200);
        here.settled().await;
        let stands = here.stands().await;
        assert_eq!((&stands["state"], &stands["problem"]), (&json!("running"), &json!(null)));
        assert_eq!((mails_of(&here, "connector_stopped").await.len(), mails_of(&here, "connector_resumed").await.len()), (1, 1));
        assert_eq!(there(&double), here.snapshot().await);
        // The next time is another story; so is one that somebody mended there.
        double.revoke(&good);
        here.change(&ben, json!({"full_name": "Ben at last"})).await;
        stopped(&here).await;
        double.let_in(&good, &crate::support::aisoule::EVERYTHING, None);
        here.admin.post("/connector/resume", json!({})).await.expect(200);
        here.settled().await;
        assert_eq!((mails_of(&here, "connector_stopped").await.len(), mails_of(&here, "connector_resumed").await.len()), (2, 2));
        assert_eq!(there(&double), here.snapshot().await);
    }

    async fn what_a_dead_bridge_had_another_one_takes_when_its_lease_is_over_and_not_before(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let ben = here.admin.user("ben@x.example", None).await;
        let other = another(&here.bridge).await;
        // The file is the first one's, which does nothing here.
        here.bridge.app.connectors.stop().await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        let dead = holder(&here).await;
        assert!(dead.is_some());
        drop(other);
        let third = another(&here.bridge).await;
        let before = double.heard().len();
        here.change(&ben, json!({"full_name": "Ben again"})).await;
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert_eq!((double.heard().len(), holder(&here).await), (before, dead), "it is somebody's still");
        if third.app.store.database().is_postgres() {
            third.app.store.write(Statement(Sql::build("UPDATE connectors SET leased_until = leased_until - INTERVAL '46 seconds'"))).await.unwrap();
        } else {
            third.later(TimeDelta::seconds(46));
        }
        here.settled().await;
        assert_eq!(there(&double), here.snapshot().await);
        assert!(holder(&here).await.is_some_and(|one| Some(one) != dead));
    }

    // Row F07: whose a connector is by the clock of the database, not by that of a bridge.
    async fn a_bridge_whose_clock_is_wrong_takes_nobodys_connector(db) {
        if db.on == On::Sqlite {
            // Whoever has one file is on one machine, with one clock.
            return;
        }
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let ben = here.admin.user("ben@x.example", None).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        let first = holder(&here).await;
        let others = [another(&here.bridge).await, another(&here.bridge).await];
        others[0].later(TimeDelta::minutes(10));
        others[1].later(TimeDelta::minutes(-10));
        double.chaos(slow(200));
        for n in 0..8 {
            here.change(&ben, json!({"full_name": format!("Ben {n}"), "is_active": n % 2 == 1})).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(holder(&here).await, first);
        }
        here.settled().await;
        assert_eq!(there(&double), here.snapshot().await);
        // Nor does one that is behind leave it to nobody.
        here.bridge.app.connectors.stop().await;
        others[0].app.connectors.stop().await;
        here.change(&ben, json!({"full_name": "Ben at last"})).await;
        here.settled().await;
        assert_eq!(there(&double), here.snapshot().await);
        assert_eq!(double.illegal(), Vec::<String>::new());
    }

    async fn the_command_line_and_a_server_ask_no_more_together_than_one_may(db) {
        let double = Double::start(Options { per_minute: 50, per_second: 10, chaos: None }).await;
        let program = Program::new(&db);
        let config = program.folder.path().join("bridge.toml");
        std::fs::write(&config, "[connectors.few]\nper_minute = 50\nper_second = 10\n").unwrap();
        let config = config.display().to_string();
        let with = |arguments: &[&str]| -> Vec<String> {
            ["--config", &config].iter().chain(arguments).map(|one| (*one).to_owned()).collect()
        };
        let says = |arguments: &[&str]| {
            let all = with(arguments);
            program.says(&all.iter().map(String::as_str).collect::<Vec<_>>())
        };
        says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000"]);
        let token = says(&["token", "create", "--workspace", "Acme", "--scope", "scim"]);
        let add = with(&["connector", "add", "--workspace", "Acme", "--profile", "few", "--base-url", &double.base()]);
        let added = program.tell(&add.iter().map(String::as_str).collect::<Vec<_>>(), &double.key());
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let server = program.start_as(&["--config", &config, "serve"], &[], &[]);
        let scim = program.client(token.trim());
        wait("it serves", || async { scim.ready().await == Some(200) }).await;
        for n in 0..14 {
            scim.user(&format!("u{n}@x.example")).await;
        }
        wait("it is at work", || async { double.count("POST", "/users") > 3 }).await;
        let compare = ["connector", "reconcile", "--workspace", "Acme"];
        for _ in 0..3 {
            assert!(says(&compare).contains("compared."));
        }
        let all = with(&[&compare[..], &["--apply", "--deactivate-extra"]].concat());
        let refused = program.fails(&all.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(refused.contains("a running server asks with the same key") && refused.contains("connector pause --workspace Acme"), "{refused}");
        wait("all are there", || async { double.users().len() == 14 }).await;
        let (code, log) = tokio::task::spawn_blocking(|| server.terminate()).await.unwrap();
        assert_eq!(code, Some(0), "{log}");
        // Without a server it asks by itself, and knows from the answers what was asked before.
        for _ in 0..3 {
            assert!(says(&compare).contains("Both sides are equal."));
        }
        assert_eq!((double.limited(), double.impatient()), (0, 0));
        assert!(double.most_within(Duration::from_secs(60)) <= 50 && double.most_within(Duration::from_secs(1)) <= 10);
        assert_eq!(double.illegal(), Vec::<String>::new());
    }
}
