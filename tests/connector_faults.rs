//! Whatever goes wrong between both sides, in the end they are equal, and nobody is there twice.

use std::time::Duration;

use serde_json::json;

use crate::connector::{Here, remote, snapshot, there, wait};
use crate::filters::Dice;
use crate::support::aisoule::{Chaos, Double, Fault, Options, Rule};
use crate::support::load::times;
use crate::support::on_both;
use crate::support::program::Program;
use crate::support::proxy::ChaosProxy;

/// Random changes of whom a workspace has.
pub struct Story {
    dice: Dice,
    users: Vec<String>,
    teams: Vec<String>,
    roles: Vec<String>,
    made: usize,
}

impl Story {
    pub async fn begin(here: &Here, seed: u64) -> Self {
        let mut teams = Vec::new();
        for name in ["Support", "Sales"] {
            teams.push(here.admin.post("/teams", json!({"name": name})).await.expect(201).made());
        }
        here.admin.post("/roles", json!({"name": "Night shift", "permissions": ["chat:read"]})).await.expect(201);
        let mut roles = Vec::new();
        for name in ["Agent", "Manager", "Night shift"] {
            roles.push(here.admin.role(name).await);
        }
        Self { dice: Dice(seed), users: Vec::new(), teams, roles, made: 0 }
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.dice.roll(sides)
    }

    /// One more change.
    pub async fn go_on(&mut self, here: &Here) {
        let act = if self.users.len() < 3 { 0 } else { self.roll(10) };
        if act < 2 {
            self.made += 1;
            let email = format!("u{}@x.example", self.made);
            let id = if act == 0 { here.admin.user(&email, None).await } else { here.scim.user(&email).await };
            self.users.push(id);
            return;
        }
        let place = self.roll(self.users.len());
        let user = self.users[place].clone();
        let number = self.roll(1_000);
        match act {
            2 => here.change(&user, json!({"full_name": format!("Somebody {number}")})).await,
            3 => here.change(&user, json!({"email": format!("moved{number}-{}@x.example", self.made)})).await,
            4 => {
                let role = self.roles[number % self.roles.len()].clone();
                here.change(&user, json!({"role_id": role})).await;
            }
            5 | 6 => here.change(&user, json!({"is_active": number.is_multiple_of(2)})).await,
            7 | 8 => {
                let team = self.teams[number % self.teams.len()].clone();
                let role = if number.is_multiple_of(3) { "manager" } else { "agent" };
                if act == 7 {
                    let body = json!({"user_id": user, "role": role});
                    here.admin.post(&format!("/teams/{team}/members"), body).await.expect(201);
                } else {
                    here.admin.delete(&format!("/teams/{team}/members/{user}")).await;
                }
            }
            _ => {
                here.admin.delete(&format!("/users/{user}?overrule=true")).await.expect(200);
                self.users.remove(place);
            }
        }
    }
}

on_both! {
    async fn whatever_goes_wrong_there_both_sides_end_up_equal(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let seed = 4_711;
        let mut story = Story::begin(&here, seed).await;
        double.chaos(Some(Chaos::of(seed, 15)));
        here.connect(&double.base(), &double.key(), false).await;
        for _ in 0..times("BRIDGE_TEST_CONNECTOR_STEPS", 80) {
            story.go_on(&here).await;
        }
        double.heal();
        here.admin.post("/connector/resume", json!({})).await.expect(200);
        here.settled().await;
        assert_eq!(here.stuck().await, Vec::<String>::new());
        assert_eq!(there(&double), here.snapshot().await);
        assert_eq!(double.illegal(), Vec::<String>::new());
    }

    async fn a_bad_network_makes_nobody_twice_and_loses_nobody(db) {
        let here = Here::new(db).await;
        let (_remote, api, key) = remote().await;
        let (proxy, through) = ChaosProxy::before(api.url("").trim_end_matches('/')).await;
        let mut story = Story::begin(&here, 815).await;
        proxy.set(|weather| weather.reset_every = 9);
        here.connect(&through, &key, false).await;
        for step in 0..times("BRIDGE_TEST_CONNECTOR_STEPS", 40) {
            story.go_on(&here).await;
            match step % 20 {
                5 => proxy.reset_all(),
                10 => proxy.set(|weather| weather.stalled = true),
                14 => proxy.set(|weather| weather.stalled = false),
                _ => {}
            }
        }
        proxy.set(|weather| (weather.stalled, weather.reset_every) = (false, 0));
        here.admin.post("/connector/resume", json!({})).await.expect(200);
        here.settled().await;
        assert_eq!(here.stuck().await, Vec::<String>::new());
        assert_eq!(snapshot(&api).await, here.snapshot().await);
    }

    async fn an_account_whose_creation_nobody_heard_of_is_looked_up_and_not_made_again(db) {
        for fault in [Fault::ResetAfter, Fault::ErrorAfter, Fault::Truncated, Fault::WrongShape, Fault::Slow(Duration::from_secs(4))] {
            let double = Double::start(Options::UNLIMITED).await;
            let here = Here::new(crate::support::Fresh::sqlite()).await;
            here.connect(&double.base(), &double.key(), false).await;
            here.settled().await;
            double.fail_once("POST", "/users", fault);
            here.admin.user("ben@x.example", None).await;
            here.settled().await;
            assert_eq!(there(&double), here.snapshot().await, "{fault:?}");
            let made = double.heard().iter().filter(|one| one.method == "POST" && one.body["email"] == "ben@x.example").count();
            assert_eq!((made, double.illegal()), (1, vec![]), "{fault:?}");
        }
        drop(db);
    }

    async fn whoever_was_deactivated_while_their_account_was_on_its_way_is_out(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        double.fail_once("POST", "/users", Fault::ResetAfter);
        double.fail_once("GET", "/users", Fault::Unavailable(1));
        let ben = here.admin.user("ben@x.example", None).await;
        wait("the account is there", || async { double.user("ben@x.example").is_some() }).await;
        here.change(&ben, json!({"is_active": false, "email": "gone@x.example"})).await;
        here.settled().await;
        let left: Vec<_> = double.users().into_iter().filter(|user| user.is_active).map(|user| user.email).collect();
        assert_eq!(left, ["root@acme.example"]);
        assert_eq!(double.users().len(), 2);
    }

    async fn only_the_api_itself_says_that_somebody_is_not_there(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let mut ids = Vec::new();
        for name in ["ben", "cleo", "dora"] {
            ids.push(here.admin.user(&format!("{name}@x.example"), None).await);
        }
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        let before: Vec<_> = double.users().into_iter().map(|user| user.id).collect();
        for fault in [Fault::Page404, Fault::Gateway404] {
            double.script(Rule { method: None, path: String::new(), skip: 0, times: 4, fault });
        }
        here.change(&ids[0], json!({"is_active": false})).await;
        here.admin.delete(&format!("/users/{}?overrule=true", ids[1])).await.expect(200);
        here.change(&ids[2], json!({"full_name": "Dora D"})).await;
        here.settled().await;
        assert_eq!(here.stuck().await, Vec::<String>::new());
        assert_eq!(there(&double), here.snapshot().await);
        // Even when it says so itself, once, and does not mean it.
        double.fail_once("PUT", "/users/", Fault::NotFound);
        here.change(&ids[2], json!({"is_active": false})).await;
        here.settled().await;
        assert_eq!(there(&double), here.snapshot().await);
        assert_eq!(double.users().into_iter().map(|user| user.id).collect::<Vec<_>>(), before);
    }

    async fn an_account_that_was_refused_is_not_theirs_when_somebody_makes_it_later(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        double.script(Rule { method: Some("POST"), path: "/users".into(), skip: 0, times: 1, fault: Fault::Unauthorized });
        here.admin.user("ben@x.example", None).await;
        wait("it has stopped", || async { here.stands().await["state"] == "stopped" }).await;
        double.put_user("ben@x.example", "Somebody", "Agent", true);
        here.admin.post("/connector/resume", json!({})).await.expect(200);
        here.settled().await;
        let stuck = here.stuck().await;
        assert!(stuck.len() == 1 && stuck[0].contains("was there before"), "{stuck:?}");
        assert_eq!(double.user("ben@x.example").unwrap().full_name, "Somebody");
    }

    // Row F13.
    async fn a_kill_in_the_middle_loses_nothing_and_makes_nobody_twice(db) {
        let double = Double::start(Options::UNLIMITED).await;
        double.chaos(Some(Chaos { seed: 1, percent: 100, faults: vec![Fault::Slow(Duration::from_millis(40))] }));
        let program = Program::new(&db);
        std::fs::write(program.folder.path().join("bridge.toml"), "[connectors.fast]\nper_minute = 0\nper_second = 0\n").unwrap();
        let config = program.folder.path().join("bridge.toml").display().to_string();
        let says = |arguments: &[&str]| program.says(&[&["--config", &config], arguments].concat());
        says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000"]);
        let token = says(&["token", "create", "--workspace", "Acme", "--scope", "scim"]);
        let add = ["--config", &config, "connector", "add", "--workspace", "Acme", "--profile", "fast", "--base-url", &double.base()];
        let added = program.tell(&add, &double.key());
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let mut dice = Dice(7);
        let rounds = times("BRIDGE_TEST_CRASHES", 4);
        let mut made = 0;
        for _ in 0..rounds {
            let server = program.start_as(&["--config", &config, "serve"], &[], &[]);
            let scim = program.client(token.trim());
            wait("it serves", || async { scim.ready().await == Some(200) }).await;
            for _ in 0..6 {
                made += 1;
                scim.user(&format!("u{made}@x.example")).await;
            }
            tokio::time::sleep(Duration::from_millis(u64::try_from(dice.roll(400)).unwrap())).await;
            server.kill();
        }
        double.heal();
        let server = program.start_as(&["--config", &config, "serve"], &[], &[]);
        // A lease that was left behind runs out within a minute and a half.
        let all_there = || async { double.users().len() >= made };
        for _ in 0..3 {
            if all_there().await {
                break;
            }
            let scim = program.client(token.trim());
            let _ = scim.ready().await;
            for _ in 0..2_000 {
                if all_there().await {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let mut there: Vec<String> = double.users().into_iter().map(|user| user.email).collect();
        there.sort();
        let mut expected: Vec<String> = (1..=made).map(|n| format!("u{n}@x.example")).collect();
        expected.sort();
        assert_eq!(there, expected);
        assert_eq!(double.illegal(), Vec::<String>::new());
        server.kill();
    }
}
