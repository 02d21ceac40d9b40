//! Where both sides differ is found, told, and mended when somebody says so.

use aisoule_bridge::connector::Profile;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::connector::{Here, there, wait};
use crate::support::aisoule::{Double, Options};
use crate::support::on_both;
use crate::support::program::Program;

/// What a comparison finds.
pub async fn compared(here: &Here, apply: bool) -> Vec<String> {
    let before = here.admin.get("/connector/reconcile").await.expect(200).data()["total"].clone();
    here.admin.post("/connector/reconcile", json!({"apply": apply})).await.expect(200);
    wait("both sides are compared", || async { here.stands().await["reconcile_wanted"].is_null() }).await;
    let reports = here.admin.get("/connector/reconcile").await.expect(200);
    assert!(reports.data()["total"].as_i64() > before.as_i64() || before == 10);
    told(&reports.data()["reports"][0]["report"])
}

fn told(report: &Value) -> Vec<String> {
    let one = |one: &Value| {
        format!("{} {} {}", one["kind"].as_str().unwrap(), one["what"].as_str().unwrap(), one["name"].as_str().unwrap())
    };
    let mut told: Vec<String> = report["differences"].as_array().unwrap().iter().map(one).collect();
    told.sort();
    told
}

on_both! {
    async fn differences_are_found_and_mended_only_when_somebody_says_so(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let team = here.admin.post("/teams", json!({"name": "Support"})).await.expect(201).made();
        for name in ["ben", "cleo", "dora"] {
            let id = here.admin.user(&format!("{name}@x.example"), None).await;
            here.admin.post(&format!("/teams/{team}/members"), json!({"user_id": id})).await.expect(201);
        }
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        assert_eq!(compared(&here, false).await, Vec::<String>::new());
        // Somebody works there by hand.
        let (ben, cleo) = (double.user("ben@x.example").unwrap().id, double.user("cleo@x.example").unwrap().id);
        double.rows(|rows| {
            rows.users.retain(|user| user.id != ben);
            rows.teams[0].members.remove(&ben);
            rows.teams[0].members.remove(&cleo);
            rows.teams[0].description = "By hand".into();
            rows.users.iter_mut().filter(|user| user.id == cleo).for_each(|user| user.full_name = "Cleopatra".into());
        });
        double.put_user("extra@there.example", "Extra", "Agent", true);
        let expected = [
            "different team Support",
            "different user cleo@x.example",
            "extra user extra@there.example",
            "missing membership cleo@x.example",
            "missing user ben@x.example",
        ];
        let writes = || double.count("PUT", "") + double.count("POST", "");
        let before = (there(&double), writes());
        assert_eq!(compared(&here, false).await, expected);
        assert_eq!((there(&double), writes()), before);
        assert_eq!(compared(&here, true).await, expected);
        here.settled().await;
        assert_eq!(compared(&here, false).await, ["extra user extra@there.example"]);
        let mut left = there(&double);
        left.remove("extra@there.example");
        assert_eq!(left, here.snapshot().await);
        for _ in 0..9 {
            compared(&here, false).await;
        }
        let reports = here.admin.get("/connector/reconcile").await.expect(200);
        assert_eq!(reports.data()["total"], 10);
        assert_eq!(double.illegal(), Vec::<String>::new());
    }

    async fn both_sides_are_compared_once_a_day_and_mended_where_the_settings_say_so(db) {
        let profile = Profile { per_minute: 0, per_second: 0, reconcile_applies: true, ..Profile::default() };
        let here = Here::with(db, profile).await;
        let double = Double::start(Options::UNLIMITED).await;
        here.admin.user("ben@x.example", None).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        double.rows(|rows| rows.users.iter_mut().for_each(|user| user.full_name = "By hand".into()));
        assert!(here.stands().await["reconciled_at"].is_null());
        here.bridge.later(TimeDelta::hours(25));
        wait("they are compared", || async { !here.stands().await["reconciled_at"].is_null() }).await;
        here.settled().await;
        assert_eq!(there(&double), here.snapshot().await);
    }

    async fn the_command_line_tells_and_deactivates_who_should_not_be_there(db) {
        let double = Double::start(Options::UNLIMITED).await;
        double.put_user("boss@there.example", "Boss", "Admin", true);
        double.put_user("extra@there.example", "Extra", "Agent", true);
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "growth"]);
        let missing = program.fails(&["connector", "show", "--workspace", "Acme"]);
        assert!(missing.contains("has no connector"), "{missing}");
        let base = double.base();
        let added = program.tell(&["connector", "add", "--workspace", "Acme", "--base-url", &base], &double.key());
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let shown = program.says(&["connector", "show", "--workspace", "Acme"]);
        assert!(shown.contains(&base) && shown.contains("running"), "{shown}");
        let table = program.says(&["connector", "reconcile", "--workspace", "Acme"]);
        assert!(table.contains("extra") && table.contains("extra@there.example"), "{table}");
        let report: Value = serde_json::from_str(&program.says(&["connector", "reconcile", "--workspace", "Acme", "--json"])).unwrap();
        assert_eq!(told(&report), ["extra user boss@there.example", "extra user extra@there.example"]);
        assert_eq!(there(&double).len(), 2);
        program.says(&["connector", "reconcile", "--workspace", "Acme", "--apply", "--deactivate-extra"]);
        // An Admin stays: the key may be theirs.
        assert_eq!(there(&double).into_keys().collect::<Vec<_>>(), ["boss@there.example"]);
        // Whoever is here is not extra, though nobody said yet whose the account is; nor is an Admin by the settings' word.
        let ben = ["user", "create", "--workspace", "Acme", "--email", "ben@x.example", "--name", "Ben", "--role", "agent"];
        assert!(program.tell(&ben, "correct horse battery\n").status.success());
        double.put_user("ben@x.example", "Ben", "Agent", true);
        let chief = double.put_role("Chief", &["users:read"]);
        double.put_user("chief@there.example", "Chief", "Chief", true);
        let config = program.folder.path().join("bridge.toml");
        std::fs::write(&config, format!("[connectors.aisoule.roles]\nAdmin = \"{chief}\"\n")).unwrap();
        let config = config.display().to_string();
        program.says(&["--config", &config, "connector", "reconcile", "--workspace", "Acme", "--apply", "--deactivate-extra"]);
        let left: Vec<String> = there(&double).into_keys().collect();
        assert_eq!(left, ["ben@x.example", "boss@there.example", "chief@there.example"]);
        assert_eq!(double.illegal(), Vec::<String>::new());
        let work = program.says(&["connector", "work", "--workspace", "Acme"]);
        assert!(work.contains("PROBLEM"), "{work}");
        program.says(&["connector", "pause", "--workspace", "Acme"]);
        program.says(&["connector", "resume", "--workspace", "Acme"]);
        program.says(&["connector", "remove", "--workspace", "Acme"]);
        assert_eq!(double.users().len(), 4);
    }
}
