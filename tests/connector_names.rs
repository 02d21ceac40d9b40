//! Lists, names, roles and addresses of the remote side, however it tells them and whatever becomes of them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aisoule_bridge::connector::Profile;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::connector::{Here, there, wait};
use crate::reconcile::compared;
use crate::support::aisoule::{Chaos, Double, Fault, Options, Rule};
use crate::support::{Fresh, on_both};

fn without(data: &mut Value, names: &[&str]) {
    if let Some(object) = data.as_object_mut() {
        object.retain(|name, _| !names.contains(&name.as_str()));
    }
}

fn total(data: &mut Value, total: u64) {
    if data.get("total").is_some() {
        data["total"] = json!(total);
    }
}

fn small() -> Profile {
    Profile { per_minute: 0, per_second: 0, timeout_seconds: 2, page_limit: 5, ..Profile::default() }
}

/// Has teams be called otherwise, all at once, by way of other names.
async fn renamed(here: &Here, teams: &[(&str, &str)]) {
    here.admin.post("/connector/pause", json!({})).await.expect(200);
    for (n, (team, _)) in teams.iter().enumerate() {
        here.admin.put(&format!("/teams/{team}"), json!({"name": format!("Between {n}")})).await.expect(200);
    }
    for (team, name) in teams {
        here.admin.put(&format!("/teams/{team}"), json!({"name": name})).await.expect(200);
    }
    here.admin.post("/connector/resume", json!({})).await.expect(200);
    here.settled().await;
}

on_both! {
    async fn a_list_without_a_total_or_with_a_wrong_one_is_read_to_its_end(db) {
        let here = Here::with(db, small()).await;
        let double = Double::start(Options::UNLIMITED).await;
        for n in 0..12 {
            here.admin.user(&format!("u{n}@x.example"), None).await;
        }
        for n in 0..6 {
            here.admin.post("/teams", json!({"name": format!("Team {n}")})).await.expect(201);
        }
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        let everybody = double.users().len();
        assert_eq!((everybody, double.rows(|rows| rows.teams.len())), (13, 6));
        let ways: [fn(&mut Value); 7] = [
            |_| {},
            |data| without(data, &["total"]),
            |data| without(data, &["total", "limit", "page"]),
            |data| total(data, 0),
            |data| total(data, 5),
            |data| total(data, 1_000_000),
            |data| { total(data, 3); without(data, &["limit"]); },
        ];
        for (n, way) in ways.into_iter().enumerate() {
            double.distort(Some(way));
            let before = double.count("GET", "/users?");
            assert_eq!(compared(&here, false).await, Vec::<String>::new(), "{n}");
            let report = here.admin.get("/connector/reconcile").await.expect(200).data()["reports"][0]["report"].clone();
            assert_eq!(report["accounts"], json!(everybody), "{n}");
            let asked = double.count("GET", "/users?") - before;
            assert!((3..=4).contains(&asked), "{asked} pages of three, {n}");
        }
        assert_eq!(double.illegal(), Vec::<String>::new());
    }

    async fn a_team_of_the_same_name_is_adopted_in_whatever_case_it_is_written(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let ids = ["SUPPORT", "\u{e9}QUIPE S\u{c3}O"].map(|name| double.put_team(name));
        let names = ["Support", "\u{c9}quipe S\u{e3}o"];
        for name in names {
            here.admin.post("/teams", json!({"name": name, "description": "Ours"})).await.expect(201);
        }
        // What only looks alike is another one.
        here.admin.post("/teams", json!({"name": "Supp\u{f6}rt"})).await.expect(201);
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        assert_eq!((here.stuck().await, double.rows(|rows| rows.teams.len())), (vec![], 3));
        for (name, id) in names.into_iter().zip(ids) {
            let team = double.team(name).unwrap();
            assert_eq!((team.id, team.description.as_str()), (id, "Ours"));
        }
        assert_eq!(compared(&here, false).await, Vec::<String>::new());
    }

    async fn teams_that_pass_their_names_round_make_way_for_each_other(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let names = ["Alpha", "Beta", "Gamma", "Delta", "Omega"];
        let mut teams = Vec::new();
        for name in names {
            teams.push(here.admin.post("/teams", json!({"name": name})).await.expect(201).made());
        }
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        let ids = names.map(|name| double.team(name).unwrap().id);
        let team = |n: usize| teams[n].as_str();
        // Two who swap, and three in a circle.
        renamed(&here, &[(team(0), "Beta"), (team(1), "Alpha"), (team(2), "Delta"), (team(3), "Omega"), (team(4), "Gamma")]).await;
        assert_eq!(here.stuck().await, Vec::<String>::new());
        let now = ["Beta", "Alpha", "Delta", "Omega", "Gamma"].map(|name| double.team(name).unwrap().id);
        assert_eq!(now, ids);
        let names = double.heard().into_iter().filter(|one| one.method == "PUT" && one.path.starts_with("/teams/"));
        let names: Vec<String> = names.filter_map(|one| Some(one.body["name"].as_str()?.to_owned())).collect();
        let aside: Vec<&String> = names.iter().filter(|name| name.starts_with("moving-")).collect();
        assert!(!aside.is_empty() && aside.iter().all(|name| name.len() < 50), "{names:?}");
        assert_eq!(aside.iter().collect::<BTreeSet<_>>().len(), aside.len(), "each has a name of its own");
        assert_eq!(compared(&here, false).await, Vec::<String>::new());
        // A line of them is no circle: nobody makes way, each waits for the next.
        renamed(&here, &[(team(0), "Alpha"), (team(1), "Free")]).await;
        assert_eq!((double.team("Alpha").unwrap().id, double.team("Free").unwrap().id), (ids[0], ids[1]));
        let after = double.heard().iter().filter(|one| one.body["name"].as_str().is_some_and(|name| name.starts_with("moving-"))).count();
        assert_eq!(after, aside.len());
        assert_eq!(double.illegal(), Vec::<String>::new());
    }

    async fn a_name_that_another_team_there_has_needs_somebodys_decision(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let team = here.admin.post("/teams", json!({"name": "Support"})).await.expect(201).made();
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        double.put_team("Sales");
        here.admin.put(&format!("/teams/{team}"), json!({"name": "sales"})).await.expect(200);
        here.settled().await;
        let stuck = here.stuck().await;
        assert!(stuck.len() == 1 && stuck[0].contains("another remote team has the name sales"), "{stuck:?}");
        double.rows(|rows| rows.teams.iter_mut().filter(|team| team.name == "Sales").for_each(|team| team.name = "Old sales".into()));
        here.admin.post("/connector/resume", json!({})).await.expect(200);
        here.settled().await;
        assert!(here.stuck().await.is_empty() && double.team("sales").is_some());
    }

    async fn three_who_pass_their_addresses_round_make_way_for_each_other(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let names = ["ben", "cleo", "dora"];
        let mut users = Vec::new();
        for name in names {
            users.push(here.admin.user(&format!("{name}@x.example"), None).await);
        }
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        let ids = names.map(|name| double.user(&format!("{name}@x.example")).unwrap().id);
        here.admin.post("/connector/pause", json!({})).await.expect(200);
        for (n, user) in users.iter().enumerate() {
            here.change(user, json!({"email": format!("between{n}@x.example")})).await;
        }
        for (n, user) in users.iter().enumerate() {
            here.change(user, json!({"email": format!("{}@x.example", names[(n + 1) % 3])})).await;
        }
        here.admin.post("/connector/resume", json!({})).await.expect(200);
        here.settled().await;
        assert_eq!((here.stuck().await, there(&double)), (vec![], here.snapshot().await));
        assert_eq!([1, 2, 0].map(|n| double.user(&format!("{}@x.example", names[n])).unwrap().id), ids);
    }

    async fn a_role_keeps_its_people_whatever_either_side_calls_it(db) {
        let double = Double::start(Options::UNLIMITED).await;
        let chief = double.put_role("Boss", &["users:read"]);
        let mut profile = Profile { per_minute: 0, per_second: 0, timeout_seconds: 2, ..Profile::default() };
        profile.roles.insert("Chief".into(), chief.to_string());
        let here = Here::with(db, profile).await;
        let role = async |name: &str| here.admin.post("/roles", json!({"name": name, "permissions": ["chat:read"]})).await.expect(201).made();
        let (night, chiefs) = (role("Night shift").await, role("Chief").await);
        let (ben, cleo) = (here.admin.user("ben@x.example", None).await, here.admin.user("cleo@x.example", None).await);
        here.change(&ben, json!({"role_id": night})).await;
        here.change(&cleo, json!({"role_id": chiefs})).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        let held = || ["ben@x.example", "cleo@x.example"].map(|email| double.user(email).unwrap().role);
        let (before, roles) = (held(), double.rows(|rows| rows.roles.len()));
        assert_eq!((before[1], double.role("Night shift").unwrap().id), (chief, before[0]));
        // Here: neither what was found by its name nor what the settings name is made anew.
        here.admin.put(&format!("/roles/{night}"), json!({"name": "Late shift"})).await.expect(200);
        here.admin.put(&format!("/roles/{chiefs}"), json!({"name": "Director"})).await.expect(200);
        here.settled().await;
        here.admin.put(&format!("/roles/{chiefs}"), json!({"name": "Head"})).await.expect(200);
        here.settled().await;
        assert_eq!((held(), double.rows(|rows| rows.roles.len())), (before, roles));
        assert_eq!(compared(&here, true).await, Vec::<String>::new());
        // There: the same, also where another one gets the name that it has here.
        double.rows(|rows| rows.roles.iter_mut().filter(|role| role.id == before[0]).for_each(|role| role.name = "Nachtschicht".into()));
        double.put_role("Late shift", &["users:read", "users:write"]);
        assert_eq!(compared(&here, true).await, Vec::<String>::new());
        for (user, name) in [(&ben, "Ben B"), (&cleo, "Cleo C")] {
            here.change(user, json!({"full_name": name})).await;
        }
        here.settled().await;
        assert_eq!((held(), double.user("ben@x.example").unwrap().full_name.as_str()), (before, "Ben B"));
        // Whoever has a role here of the name that theirs has there does not get theirs for it.
        let other = role("Nachtschicht").await;
        let dora = here.admin.user("dora@x.example", None).await;
        here.settled().await;
        here.change(&dora, json!({"role_id": other})).await;
        here.settled().await;
        let stuck = here.stuck().await;
        assert!(stuck.len() == 1 && stuck[0].contains("the remote role Nachtschicht is the counterpart of another role here"), "{stuck:?}");
        assert_eq!(double.role_of("dora@x.example").unwrap(), "Agent");
        assert_eq!(double.illegal(), Vec::<String>::new());
    }

    async fn a_comparison_that_fails_half_way_tells_nothing_and_comes_again_later(db) {
        let here = Here::with(db, small()).await;
        let double = Double::start(Options::UNLIMITED).await;
        for n in 0..12 {
            here.admin.user(&format!("u{n}@x.example"), None).await;
        }
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        double.script(Rule { method: Some("GET"), path: "/users?page=2".into(), skip: 0, times: 1, fault: Fault::ErrorBefore });
        here.admin.post("/connector/reconcile", json!({"apply": true})).await.expect(200);
        here.settled().await;
        let reports = here.admin.get("/connector/reconcile").await.expect(200);
        assert_eq!((&reports.data()["total"], &reports.data()["reports"][0]["report"]["differences"]), (&json!(1), &json!([])));
        let second: Vec<Instant> = double.heard().iter().filter(|one| one.path.starts_with("/users?page=2")).map(|one| one.at).collect();
        assert_eq!(second.len(), 2);
        assert!(second[1].duration_since(second[0]) >= Duration::from_secs(4), "it waits before it asks again");
        // What is on its way to be changed is no difference.
        double.chaos(Some(Chaos { seed: 1, percent: 100, faults: vec![Fault::Slow(Duration::from_millis(300))] }));
        let team = here.admin.post("/teams", json!({"name": "New"})).await.expect(201).made();
        here.admin.put(&format!("/teams/{team}"), json!({"name": "Newer"})).await.expect(200);
        assert_eq!(compared(&here, false).await, Vec::<String>::new());
        double.chaos(None);
        here.settled().await;
        assert_eq!(there(&double), here.snapshot().await);
    }

    async fn whoever_changes_on_their_way_is_looked_at_again_and_whoever_leaves_then_goes_at_once(db) {
        let profile = Profile { per_minute: 100, per_second: 0, urgent_percent: 80, timeout_seconds: 5, ..Profile::default() };
        let here = Here::with(db, profile).await;
        let double = Double::start(Options::UNLIMITED).await;
        let ben = here.admin.user("ben@x.example", None).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        double.script(Rule { method: Some("PUT"), path: "/users/".into(), skip: 0, times: 1, fault: Fault::Slow(Duration::from_millis(1_500)) });
        here.change(&ben, json!({"full_name": "First"})).await;
        wait("they are on their way", || async { double.count("PUT", "/users/") == 1 }).await;
        here.change(&ben, json!({"full_name": "Second"})).await;
        here.settled().await;
        assert_eq!((double.user("ben@x.example").unwrap().full_name.as_str(), double.count("PUT", "/users/")), ("Second", 2));
        // What everybody may ask in this minute is asked.
        let mut others = Vec::new();
        for n in 0..30 {
            others.push(here.scim.user(&format!("u{n}@x.example")).await);
        }
        wait("they wait", || async { double.heard().len() >= 19 }).await;
        here.change(&ben, json!({"full_name": "Third"})).await;
        let started = Instant::now();
        here.change(&ben, json!({"is_active": false})).await;
        wait("they are out", || async { !double.user("ben@x.example").unwrap().is_active }).await;
        assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
        assert!(here.stands().await["waiting"].as_i64().unwrap() > 5);
        // Whoever is on their way and waits like everybody does so no longer when they leave.
        for id in &others {
            here.scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        }
        wait("nobody waits", || async { here.stands().await["waiting"] == 0 }).await;
        assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
        assert_eq!(there(&double), here.snapshot().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_never_ends_is_given_up() {
    let here = Here::with(Fresh::sqlite(), Profile { page_limit: 1, ..small() }).await;
    let double = Double::start(Options::UNLIMITED).await;
    here.connect(&double.base(), &double.key(), false).await;
    here.settled().await;
    double.distort(Some(|data| {
        if let Some(users) = data.get_mut("users").and_then(Value::as_array_mut) {
            *users = vec![json!({"id": Uuid::new_v4(), "email": "x@x.example", "full_name": "X", "is_active": true})];
        }
    }));
    here.admin.post("/connector/reconcile", json!({"apply": true})).await.expect(200);
    wait("it was read for long", || async { double.count("GET", "/users?") >= 5_000 }).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(double.count("GET", "/users?"), 5_000);
    let reports = here.admin.get("/connector/reconcile").await.expect(200);
    assert_eq!(reports.data()["total"], 0);
}
