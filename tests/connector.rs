//! A remote AIsoule workspace is kept equal to one here: by a bridge that drives another bridge, and one that drives the
//! strict double.

use std::collections::BTreeMap;
use std::time::Duration;

use aisoule_bridge::connector::Profile;
use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::settings::Settings;
use aisoule_bridge::store::{connectors, outbox};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::aisoule::{Double, Fault, Options, Rule};
use crate::support::{Api, Bridge, Fresh, Scim, on_both};

/// A bridge with a workspace that is to be brought over.
pub struct Here {
    pub bridge: Bridge,
    pub workspace: Workspace,
    pub admin: Api,
    pub scim: Scim,
}

/// Who works in a workspace: name, role, and teams with what they are there, by address.
pub type Snapshot = BTreeMap<String, (String, String, BTreeMap<String, String>)>;

impl Here {
    pub async fn new(db: Fresh) -> Self {
        Self::with(db, Profile { per_minute: 0, per_second: 0, timeout_seconds: 2, ..Profile::default() }).await
    }

    pub async fn with(db: Fresh, profile: Profile) -> Self {
        let mut settings = db.settings();
        settings.connectors.insert("test".into(), profile);
        Self::at(db, settings).await
    }

    /// With settings that have the profile `test`.
    pub async fn at(db: Fresh, settings: Settings) -> Self {
        let bridge = db.bridge_with(settings).await;
        let workspace = bridge.workspace("Acme", 10_000, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        Self { bridge, workspace, admin, scim }
    }

    pub async fn connect(&self, base_url: &str, key: &str, adopts: bool) {
        let body = json!({"profile": "test", "base_url": base_url, "api_key": key, "adopts": adopts});
        self.admin.post("/connector", body).await.expect(201);
    }

    pub async fn stands(&self) -> Value {
        self.admin.get("/connector").await.expect(200).data().clone()
    }

    /// Whether everything that was decided has arrived, but for what needs a decision.
    async fn is_settled(&self) -> bool {
        let mut conn = self.bridge.app.store.read().await.unwrap();
        let row = connectors::find(&mut conn, self.workspace.id).await.unwrap().unwrap();
        let last = outbox::last(&mut conn, self.workspace.id).await.unwrap();
        let backlog = connectors::backlog(&mut conn, self.workspace.id).await.unwrap();
        row.cursor >= last && backlog.waiting == backlog.stuck && row.wanted.is_none()
    }

    pub async fn settled(&self) {
        // Pauses after a failure are by the bridge's clock, which runs thrice as fast here; leases are still renewed in time.
        wait("everything has arrived", || async {
            self.bridge.later(TimeDelta::milliseconds(40));
            self.is_settled().await
        })
        .await;
    }

    pub async fn stuck(&self) -> Vec<String> {
        let work = self.admin.get("/connector/work").await.expect(200);
        let work = work.data()["work"].as_array().unwrap().clone();
        work.iter()
            .filter(|one| one["is_stuck"] == true)
            .map(|one| one["problem"].as_str().unwrap().to_owned())
            .collect()
    }

    pub async fn change(&self, user: &str, mut what: Value) {
        what["overrule"] = json!(true);
        self.admin.put(&format!("/users/{user}"), what).await.expect(200);
    }

    pub async fn snapshot(&self) -> Snapshot {
        snapshot(&self.admin).await
    }
}

/// Waits until something is so, for three minutes at the most: an account that may be on its way is waited for.
pub async fn wait<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    for _ in 0..9_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never came to be that {what}");
}

async fn all(api: &Api, path: &str, name: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for page in 1.. {
        let data = api.get(&format!("{path}?page={page}&limit=200")).await.expect(200).data().clone();
        all.extend(data[name].as_array().unwrap().clone());
        if all.len() as u64 >= data["total"].as_u64().unwrap() {
            break;
        }
    }
    all
}

/// Who works in a bridge's workspace.
pub async fn snapshot(api: &Api) -> Snapshot {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found = Snapshot::new();
    let mut addresses = BTreeMap::new();
    for user in all(api, "/users", "users").await.iter().filter(|user| user["is_active"] == true) {
        let email = text(&user["email"]).to_lowercase();
        addresses.insert(text(&user["id"]), email.clone());
        found.insert(email, (text(&user["full_name"]), text(&user["role"]["name"]), BTreeMap::new()));
    }
    for team in all(api, "/teams", "teams").await {
        for member in all(api, &format!("/teams/{}/members", text(&team["id"])), "members").await {
            if let Some(email) = addresses.get(&text(&member["user_id"])) {
                found.get_mut(email).unwrap().2.insert(text(&team["name"]), text(&member["role"]));
            }
        }
    }
    found
}

/// Who works in the double's workspace.
pub fn there(double: &Double) -> Snapshot {
    let mut found = Snapshot::new();
    for user in double.users().iter().filter(|user| user.is_active) {
        let teams = double.rows(|rows| rows.teams.clone());
        let teams = teams.iter().filter_map(|team| Some((team.name.clone(), team.members.get(&user.id)?.clone())));
        let role = double.role_of(&user.email).unwrap();
        let twice = found.insert(user.email.to_lowercase(), (user.full_name.clone(), role, teams.collect()));
        assert!(twice.is_none(), "{} is there twice", user.email);
    }
    found
}

/// Another bridge with an empty workspace, and a key of it that may do everything.
pub async fn remote() -> (Bridge, Api, String) {
    let bridge = Fresh::sqlite().bridge().await;
    let workspace = bridge.workspace("Remote", 10_000, SeatPolicy::Reject).await;
    let api = bridge.key(&workspace, None, None).await;
    let made = api.post("/keys", json!({"name": "connector"})).await.expect(201);
    let key = made.data()["key"].as_str().unwrap().to_owned();
    (bridge, api, key)
}

on_both! {
    async fn one_bridge_keeps_another_equal_to_itself(db) {
        let here = Here::new(db).await;
        let (remote, there, key) = remote().await;
        let role = here.admin.post("/roles", json!({"name": "Night shift", "description": "At night", "permissions": ["chat:read"]})).await.expect(201).made();
        let team = here.admin.post("/teams", json!({"name": "Support", "description": "All of it", "assignment_strategy": "manual"})).await.expect(201).made();
        let ben = here.admin.user("ben@x.example", None).await;
        let cleo = here.scim.post("/Users", json!({"userName": "cleo@x.example", "displayName": "Cleo", "active": true})).await.expect(201).id();
        let away = here.scim.post("/Users", json!({"userName": "away@x.example", "active": false})).await.expect(201).id();
        here.change(&ben, json!({"role_id": role})).await;
        here.admin.post(&format!("/teams/{team}/members"), json!({"user_id": ben, "role": "manager"})).await.expect(201);
        here.connect(&there.url("").replace("/api/", "/api"), &key, false).await;
        here.settled().await;
        assert_eq!(here.stuck().await, Vec::<String>::new());
        let expected = here.snapshot().await;
        assert_eq!(expected.len(), 3);
        assert_eq!(snapshot(&there).await, expected);
        // Whoever was never there does not come to be there in order to be inactive.
        assert_eq!(all(&there, "/users", "users").await.len(), 3);
        let teams = all(&there, "/teams", "teams").await;
        assert_eq!((&teams[0]["description"], &teams[0]["assignment_strategy"]), (&json!("All of it"), &json!("manual")));
        let roles = all(&there, "/roles", "roles").await;
        assert!(roles.iter().any(|role| role["name"] == "Night shift" && role["permissions"] == json!(["chat:read"])));

        // What changes arrives: name, address, role, teams, activation.
        here.change(&ben, json!({"full_name": "Ben the Second", "email": "ben.b@x.example"})).await;
        here.admin.post(&format!("/teams/{team}/members"), json!({"user_id": cleo})).await.expect(201);
        here.admin.delete(&format!("/teams/{team}/members/{ben}")).await.expect(200);
        here.scim.patch(&format!("/Users/{away}"), json!([{"op": "replace", "path": "active", "value": true}])).await.expect(200);
        here.settled().await;
        assert_eq!(snapshot(&there).await, here.snapshot().await);
        here.scim.patch(&format!("/Users/{cleo}"), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        here.admin.delete(&format!("/users/{ben}?overrule=true")).await.expect(200);
        here.settled().await;
        assert_eq!(snapshot(&there).await, here.snapshot().await);
        // Nobody is deleted there.
        let users = all(&there, "/users", "users").await;
        assert_eq!((users.len(), users.iter().filter(|user| user["is_active"] == true).count()), (4, 2));
        here.scim.patch(&format!("/Users/{cleo}"), json!([{"op": "replace", "path": "active", "value": true}])).await.expect(200);
        here.admin.put(&format!("/teams/{team}"), json!({"name": "Help", "description": "New"})).await.expect(200);
        here.settled().await;
        assert_eq!(snapshot(&there).await, here.snapshot().await);
        here.admin.delete(&format!("/teams/{team}")).await.expect(200);
        here.settled().await;
        let left = snapshot(&there).await;
        assert_eq!(left, here.snapshot().await);
        assert_eq!(here.stands().await["state"], "running");
        drop(remote);
    }

    async fn an_account_that_was_there_before_is_taken_over_only_when_somebody_says_so(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        double.put_user("ben@x.example", "Somebody", "Agent", true);
        let ben = here.admin.user("ben@x.example", None).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        let stuck = here.stuck().await;
        assert!(stuck.len() == 1 && stuck[0].contains("connector claim --user ben@x.example"), "{stuck:?}");
        assert_eq!(double.user("ben@x.example").unwrap().full_name, "Somebody");
        here.admin.post("/connector/claim", json!({"user_id": ben})).await.expect(200);
        here.settled().await;
        assert_eq!(here.stuck().await, Vec::<String>::new());
        assert_eq!(there(&double), here.snapshot().await);
        // What a hand did there to somebody of ours is put right with their next change.
        double.rows(|rows| rows.users.retain(|user| user.email != "ben@x.example"));
        here.change(&ben, json!({"full_name": "Ben again"})).await;
        here.settled().await;
        assert_eq!(here.stuck().await, Vec::<String>::new());
        assert_eq!(there(&double), here.snapshot().await);
        assert_eq!(double.illegal(), Vec::<String>::new());
    }

    async fn whoever_adopts_takes_over_everybody_with_an_address_of_theirs(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let old = double.put_user("BEN@x.example", "Somebody", "Admin", false);
        double.put_team("Support");
        double.put_team("Night");
        double.rows(|rows| rows.teams.iter_mut().for_each(|team| drop(team.members.insert(old, "manager".into()))));
        for name in ["Support", "Night"] {
            here.admin.post("/teams", json!({"name": name})).await.expect(201);
        }
        let ben = here.admin.user("ben@x.example", None).await;
        let teams = here.admin.get("/teams").await.expect(200);
        let team = teams.data()["teams"].as_array().unwrap().iter().find(|team| team["name"] == "Support").unwrap()["id"].clone();
        here.admin.post(&format!("/teams/{}/members", team.as_str().unwrap()), json!({"user_id": ben})).await.expect(201);
        here.connect(&double.base(), &double.key(), true).await;
        here.settled().await;
        assert_eq!(here.stuck().await, Vec::<String>::new());
        assert_eq!(there(&double), here.snapshot().await);
        assert_eq!(double.user("ben@x.example").unwrap().id, old);
        assert_eq!(double.rows(|rows| rows.teams.len()), 2);
    }

    async fn a_refused_key_stops_the_connector_and_another_one_lets_it_go_on(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let key = double.key();
        here.connect(&double.base(), &key, false).await;
        here.settled().await;
        double.revoke(&key);
        here.admin.user("ben@x.example", None).await;
        wait("it has stopped", || async { here.stands().await["state"] == "stopped" }).await;
        let stands = here.stands().await;
        assert!(stands["problem"].as_str().unwrap().contains("401") && stands["waiting"] == 1, "{stands}");
        let asked = double.heard().len();
        here.admin.user("cleo@x.example", None).await;
        here.admin.put("/connector", json!({"base_url": "https://elsewhere.invalid"})).await.refused(400, "invalid");
        here.admin.put("/connector", json!({"api_key": double.key_with(&["users:read"])})).await.expect(200);
        wait("it has stopped again", || async { here.stands().await["state"] == "stopped" }).await;
        assert!(here.stands().await["problem"].as_str().unwrap().contains("403"));
        here.admin.put("/connector", json!({"api_key": double.key()})).await.expect(200);
        here.settled().await;
        assert!(double.heard().len() > asked);
        assert_eq!(there(&double), here.snapshot().await);
        let audit = here.admin.get("/audit?action=connector.stopped").await.expect(200);
        assert_eq!(audit.data()["entries"].as_array().unwrap().len(), 2);
    }

    async fn the_limits_of_the_remote_side_are_never_exceeded(db) {
        let here = Here::with(db, Profile { per_minute: 100, per_second: 10, ..Profile::default() }).await;
        let double = Double::start(Options::STRICT).await;
        for n in 0..30 {
            here.admin.user(&format!("u{n}@x.example"), None).await;
        }
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        assert_eq!(there(&double), here.snapshot().await);
        assert_eq!((double.limited(), double.impatient()), (0, 0));
        assert!(double.most_within(Duration::from_secs(1)) <= 10);
        // Who asks for peace gets it.
        double.fail_once("POST", "/users", Fault::TooMany(2));
        here.admin.user("late@x.example", None).await;
        here.settled().await;
        assert_eq!((double.limited(), double.impatient()), (0, 0));
        assert_eq!(there(&double), here.snapshot().await);
    }

    async fn whoever_leaves_overtakes_a_backlog_of_five_hundred(db) {
        let here = Here::with(db, Profile { per_minute: 0, per_second: 20, ..Profile::default() }).await;
        let double = Double::start(Options::UNLIMITED).await;
        let leaver = here.admin.user("leaver@x.example", None).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        for n in 0..500 {
            here.scim.user(&format!("u{n}@x.example")).await;
        }
        here.change(&leaver, json!({"is_active": false})).await;
        wait("they are out", || async { !double.user("leaver@x.example").unwrap().is_active }).await;
        let waiting = here.stands().await["waiting"].as_i64().unwrap();
        assert!(waiting > 250, "only {waiting} were waiting");
    }

    async fn many_changes_of_somebody_are_one(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let ben = here.admin.user("ben@x.example", None).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        here.admin.post("/connector/pause", json!({})).await.expect(200);
        for n in 0..50 {
            here.change(&ben, json!({"full_name": format!("Ben {n}")})).await;
        }
        here.change(&ben, json!({"is_available": true})).await;
        here.admin.post("/connector/resume", json!({})).await.expect(200);
        here.settled().await;
        assert_eq!(double.count("PUT", "/users/"), 1);
        assert_eq!(double.user("ben@x.example").unwrap().full_name, "Ben 49");
        // A password goes there once, with the account, and is nobody's.
        let heard = double.heard();
        assert!(heard.iter().all(|one| one.method == "POST" || one.body.get("password").is_none()));
        assert!(heard.iter().all(|one| one.body.get("is_available").is_none()));
        let passwords: Vec<String> = heard.iter().filter_map(|one| Some(one.body.get("password")?.as_str()?.to_owned())).collect();
        assert_eq!(passwords.len(), 2);
        let audit = here.admin.get("/audit").await.expect(200).json.to_string();
        assert!(passwords.iter().all(|password| !audit.contains(password.as_str())));
    }

    async fn what_the_remote_side_will_not_do_is_said(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        // Here somebody else administers, whom the other side does not know as an Admin.
        let ben = here.admin.user("ben@x.example", None).await;
        here.settled().await;
        let admin = double.role("Admin").unwrap().id;
        let agent = double.role("Agent").unwrap().id;
        double.rows(|rows| rows.users.iter_mut().for_each(|user| user.role = if user.email.starts_with("ben") { admin } else { agent }));
        here.change(&ben, json!({"is_active": false})).await;
        let denied = || async {
            let work = here.admin.get("/connector/work").await.expect(200);
            work.data()["work"].as_array().unwrap().first().is_some_and(|one| {
                one["attempts"].as_i64() > Some(3) && one["problem"].as_str().unwrap_or_default().contains("last admin")
            })
        };
        wait("they were refused often", denied).await;
        // Nobody has to decide: it is tried again and again.
        assert_eq!(here.stuck().await, Vec::<String>::new());
        assert!(double.user("ben@x.example").unwrap().is_active);
        double.put_user("boss@there.example", "Boss", "Admin", true);
        here.admin.post("/connector/resume", json!({})).await.expect(200);
        here.settled().await;
        assert!(!double.user("ben@x.example").unwrap().is_active && here.stuck().await.is_empty());
        let nobody = here.scim.user("without-address").await;
        here.settled().await;
        assert!(here.stuck().await[0].contains("no email address"));
        here.scim.patch(&format!("/Users/{nobody}"), json!([{"op": "add", "path": "emails", "value": [{"value": "with@x.example", "type": "work"}]}])).await.expect(200);
        here.settled().await;
        assert!(here.stuck().await.is_empty() && double.user("with@x.example").is_some());
    }

    async fn the_last_admin_is_out_as_soon_as_there_is_another(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let (old, new) = (here.admin.user("old@x.example", None).await, here.admin.user("new@x.example", None).await);
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        let (admin, agent) = (double.role("Admin").unwrap().id, double.role("Agent").unwrap().id);
        double.rows(|rows| rows.users.iter_mut().for_each(|user| user.role = if user.email.starts_with("old") { admin } else { agent }));
        here.change(&old, json!({"is_active": false})).await;
        let refused = || double.heard().iter().filter(|one| one.method == "PUT" && one.status == 409).count();
        wait("they were refused often", || async { refused() >= 4 }).await;
        here.change(&new, json!({"role_id": here.admin.role("Admin").await})).await;
        here.settled().await;
        assert!(!double.user("old@x.example").unwrap().is_active);
        assert_eq!(double.role_of("new@x.example").unwrap(), "Admin");
    }

    async fn whoever_was_fired_before_their_account_was_adopted_is_out(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let claimed = here.admin.user("claimed@x.example", None).await;
        for name in ["claimed", "fired", "late"] {
            double.put_user(&format!("{name}@x.example"), name, "Agent", true);
        }
        let fired = here.admin.user("fired@x.example", None).await;
        for id in [&claimed, &fired] {
            here.change(id, json!({"is_active": false})).await;
        }
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        here.admin.post("/connector/claim", json!({"user_id": claimed})).await.expect(200);
        here.settled().await;
        assert!(!double.user("claimed@x.example").unwrap().is_active);
        // What nobody said is theirs stays, until somebody says so of everybody.
        assert!(double.user("fired@x.example").unwrap().is_active);
        here.admin.put("/connector", json!({"adopts": true})).await.expect(200);
        here.settled().await;
        assert!(!double.user("fired@x.example").unwrap().is_active);
        let late = here.scim.post("/Users", json!({"userName": "late@x.example", "active": false})).await.expect(201).id();
        here.settled().await;
        assert!(!double.user("late@x.example").unwrap().is_active, "{late}");
        assert_eq!(there(&double), here.snapshot().await);
    }

    async fn another_workspace_there_gets_everybody_and_knows_nobody(db) {
        let here = Here::new(db).await;
        let (first, second) = (Double::start(Options::UNLIMITED).await, Double::start(Options::UNLIMITED).await);
        second.put_user("cleo@x.example", "Another Cleo", "Agent", true);
        for name in ["ben", "cleo"] {
            here.admin.user(&format!("{name}@x.example"), None).await;
        }
        here.connect(&first.base(), &first.key(), false).await;
        here.settled().await;
        let asked = first.heard().len();
        here.admin.put("/connector", json!({"base_url": second.base(), "api_key": second.key()})).await.expect(200);
        here.settled().await;
        assert_eq!(first.heard().len(), asked);
        assert!(second.user("ben@x.example").is_some());
        // That the account of before is not there gives no leave to take somebody else's.
        let stuck = here.stuck().await;
        assert!(stuck.len() == 1 && stuck[0].contains("claim"), "{stuck:?}");
        assert_eq!(second.user("cleo@x.example").unwrap().full_name, "Another Cleo");
        assert_eq!(second.illegal(), Vec::<String>::new());
    }

    async fn an_address_that_was_handed_on_is_waited_for(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let ben = here.admin.user("info@x.example", None).await;
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        // The account of whoever gives it up can't be changed for a while.
        let id = double.user("info@x.example").unwrap().id;
        double.script(Rule { method: Some("PUT"), path: format!("/users/{id}"), skip: 0, times: 2, fault: Fault::ErrorBefore });
        here.change(&ben, json!({"email": "ben@x.example"})).await;
        here.admin.user("info@x.example", None).await;
        here.settled().await;
        assert_eq!(here.stuck().await, Vec::<String>::new());
        assert_eq!(there(&double), here.snapshot().await);
        assert_eq!(double.user("ben@x.example").unwrap().id, id);
    }

    async fn two_who_swap_addresses_do_not_wait_for_each_other_for_ever(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let (ben, cleo) = (here.admin.user("ben@x.example", None).await, here.admin.user("cleo@x.example", None).await);
        here.connect(&double.base(), &double.key(), false).await;
        here.settled().await;
        let ids: Vec<_> = ["ben@x.example", "cleo@x.example"].map(|email| double.user(email).unwrap().id).to_vec();
        here.admin.post("/connector/pause", json!({})).await.expect(200);
        here.change(&ben, json!({"email": "other@x.example"})).await;
        here.change(&cleo, json!({"email": "ben@x.example"})).await;
        here.change(&ben, json!({"email": "cleo@x.example"})).await;
        here.admin.post("/connector/resume", json!({})).await.expect(200);
        here.settled().await;
        assert_eq!(here.stuck().await, Vec::<String>::new());
        assert_eq!(there(&double), here.snapshot().await);
        assert_eq!((double.user("cleo@x.example").unwrap().id, double.user("ben@x.example").unwrap().id), (ids[0], ids[1]));
    }

    async fn a_new_namesake_inherits_nothing_of_whoever_left(db) {
        let here = Here::new(db).await;
        let double = Double::start(Options::UNLIMITED).await;
        let old = here.admin.user("ben@x.example", None).await;
        here.connect(&double.base(), &double.key(), true).await;
        here.settled().await;
        here.admin.delete(&format!("/users/{old}")).await.expect(200);
        let new = here.admin.user("ben@x.example", None).await;
        here.settled().await;
        let stuck = here.stuck().await;
        assert!(stuck.len() == 1 && stuck[0].contains("deleted here"), "{stuck:?}");
        assert!(!double.user("ben@x.example").unwrap().is_active);
        here.admin.post("/connector/claim", json!({"user_id": new})).await.expect(200);
        here.settled().await;
        assert_eq!(there(&double), here.snapshot().await);
    }
}
