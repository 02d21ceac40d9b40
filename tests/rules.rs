//! Rules: what a group gives to those who are in it, and what nothing that a provider does can make of it.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::UserId;
use serde_json::{Value, json};

use crate::support::{Api, Bridge, Scim, on_both};

async fn workspace(bridge: &Bridge) -> (Workspace, Api, Scim) {
    let workspace = bridge.workspace("Acme", 1_000, SeatPolicy::Reject).await;
    let admin = bridge.admin(&workspace).await;
    let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
    (workspace, admin, scim)
}

/// A custom role of that name; gives its id.
async fn role(admin: &Api, name: &str) -> String {
    admin.post("/roles", json!({"name": name, "permissions": ["chat:read"]})).await.expect(201).made()
}

async fn team(admin: &Api, name: &str) -> String {
    admin.post("/teams", json!({"name": name})).await.expect(201).made()
}

/// A rule for the group of that name; gives its id.
async fn rule(admin: &Api, group: &str, role: &str, priority: i64) -> String {
    let body = json!({"group_name": group, "role_id": role, "priority": priority});
    admin.post("/rules", body).await.expect(201).made()
}

async fn members(scim: &Scim, group: &str, op: &str, users: &[&str]) {
    let values: Vec<Value> = users.iter().map(|id| json!({"value": id})).collect();
    let operations = json!([{"op": op, "path": "members", "value": values}]);
    scim.patch(&format!("/Groups/{group}"), operations).await.expect(200);
}

async fn why(admin: &Api, user: &str) -> String {
    let answer = admin.get(&format!("/users/{user}/explanation")).await.expect(200);
    answer.data()["text"].as_str().unwrap().to_owned()
}

/// The teams that somebody is in, by name.
async fn teams_of(admin: &Api, user: &str) -> Vec<String> {
    let answer = admin.get(&format!("/users/{user}/explanation")).await.expect(200);
    let teams = answer.data()["teams"].as_array().unwrap().clone();
    let mut names: Vec<String> = teams
        .iter()
        .filter(|team| team["source"] != "kept_out")
        .map(|team| format!("{} {}", team["name"].as_str().unwrap(), team["role"].as_str().unwrap()))
        .collect();
    names.sort();
    names
}

on_both! {
    async fn a_group_gives_its_role_and_teams_while_one_is_in_it(db) {
        let bridge = db.bridge().await;
        let (_, admin, scim) = workspace(&bridge).await;
        let (lead, night, day) = (role(&admin, "Lead").await, team(&admin, "Night").await, team(&admin, "Day").await);
        let user = scim.user("anna@acme.example").await;
        let group = scim.group("Leads", &[&user]).await;
        let body = json!({"group_id": group, "role_id": lead, "priority": 5, "teams": [{"team_id": night, "role": "manager"}, {"team_id": day}]});
        let made = admin.post("/rules", body.clone()).await.expect(201);
        assert_eq!((&made.data()["group_name"], &made.data()["priority"]), (&json!("Leads"), &json!(5)));
        admin.post("/rules", body).await.refused(409, "duplicate");
        assert_eq!(admin.role_of(&user).await, "Lead");
        assert_eq!(why(&admin, &user).await, "Lead, because group Leads, rule with priority 5");
        assert_eq!(teams_of(&admin, &user).await, ["Day agent", "Night manager"]);
        let aisoule = "urn:aisoule:params:scim:schemas:extension:1.0:User";
        let listed = json!([{"value": day, "display": "Day", "type": "agent"}, {"value": night, "display": "Night", "type": "manager"}]);
        let asked = format!("/Users/{user}?attributes={aisoule}:teams");
        assert_eq!(scim.get(&asked).await.json[aisoule], json!({"teams": listed}));
        assert!(scim.get(&format!("/Users/{user}")).await.json[aisoule].get("teams").is_none(), "only where it is asked for");
        for filter in [
            format!("{aisoule}:teams.display eq \"night\""),
            format!("{aisoule}:teams[value eq \"{day}\" and type eq \"agent\"]"),
            format!("{aisoule}:teams.type eq \"manager\" and userName eq \"anna@acme.example\""),
        ] {
            let found = scim.find("/Users", &filter, &format!("&attributes={aisoule}:teams")).await;
            assert_eq!(found.json["totalResults"], 1, "{filter}");
            assert_eq!(found.json["Resources"][0][aisoule], json!({"teams": listed}), "{filter}");
        }
        assert_eq!(scim.get(&format!("/Users/{user}")).await.json["urn:aisoule:params:scim:schemas:extension:1.0:User"]["role"], "Lead");
        members(&scim, &group, "remove", &[&user]).await;
        assert_eq!((admin.role_of(&user).await, teams_of(&admin, &user).await), ("Agent".into(), vec![]));
        members(&scim, &group, "add", &[&user]).await;
        assert_eq!(teams_of(&admin, &user).await, ["Day agent", "Night manager"]);
        admin.put(&format!("/rules/{}", made.made()), json!({"role_id": "", "teams": [{"team_id": day, "role": "manager"}]})).await.expect(200);
        assert_eq!((admin.role_of(&user).await, teams_of(&admin, &user).await), ("Agent".into(), vec!["Day manager".to_owned()]));
        scim.delete(&format!("/Groups/{group}")).await.expect(204);
        assert_eq!(teams_of(&admin, &user).await, Vec::<String>::new());
        admin.delete(&format!("/teams/{day}")).await.refused(409, "in_use");
        admin.delete(&format!("/roles/{lead}")).await.expect(200);
        admin.delete(&format!("/rules/{}", made.made())).await.expect(200);
        admin.delete(&format!("/teams/{day}")).await.expect(200);
    }

    async fn the_highest_priority_decides_and_of_equals_the_oldest(db) {
        let bridge = db.bridge().await;
        let (_, admin, scim) = workspace(&bridge).await;
        let user = scim.user("anna@acme.example").await;
        let (low, high, equal) = (role(&admin, "Low").await, role(&admin, "High").await, role(&admin, "Equal").await);
        for (group, role, priority) in [("L", &low, 1), ("H", &high, 2), ("E", &equal, 2)] {
            rule(&admin, group, role, priority).await;
        }
        let (l, h, e) = (scim.group("L", &[&user]).await, scim.group("H", &[&user]).await, scim.group("E", &[&user]).await);
        assert_eq!(admin.role_of(&user).await, "High");
        let reasons = admin.get(&format!("/users/{user}/explanation")).await;
        let told: Vec<_> = reasons.data()["rules"].as_array().unwrap().iter().map(|rule| (rule["group_name"].as_str().unwrap().to_owned(), rule["decides"] == true)).collect();
        assert_eq!(told, [("H".to_owned(), true), ("E".to_owned(), false), ("L".to_owned(), false)]);
        members(&scim, &h, "remove", &[&user]).await;
        assert_eq!(admin.role_of(&user).await, "Equal");
        members(&scim, &e, "remove", &[&user]).await;
        assert_eq!(admin.role_of(&user).await, "Low");
        members(&scim, &h, "add", &[&user]).await;
        members(&scim, &l, "remove", &[&user]).await;
        assert_eq!(admin.role_of(&user).await, "High");
    }

    async fn a_rule_for_a_name_binds_once_and_renames_namesakes_and_revenants_gain_nothing(db) {
        // D13, D14, D15
        let bridge = db.bridge().await;
        let (_, admin, scim) = workspace(&bridge).await;
        let (lead, user) = (role(&admin, "Lead").await, scim.user("anna@acme.example").await);
        // Renamed into the name before the rule's group is there: nothing.
        let interns = scim.group("Interns", &[&user]).await;
        let id = rule(&admin, "Leads", &lead, 1).await;
        assert_eq!(admin.get(&format!("/rules/{id}")).await.data()["group_id"], Value::Null);
        scim.patch(&format!("/Groups/{interns}"), json!([{"op": "replace", "path": "displayName", "value": "Leads"}])).await.expect(200);
        assert_eq!(admin.role_of(&user).await, "Agent");
        scim.patch(&format!("/Groups/{interns}"), json!([{"op": "replace", "path": "displayName", "value": "Interns"}])).await.expect(200);
        // The first group that is made with the name, in any case, has the rule; and keeps it under any name.
        let body = json!({"displayName": "LEADS", "externalId": "g1", "members": [{"value": user}]});
        let group = scim.post("/Groups", body).await.expect(201).id();
        assert_eq!(admin.get(&format!("/rules/{id}")).await.data()["group_id"], json!(group));
        assert_eq!(admin.role_of(&user).await, "Lead");
        scim.patch(&format!("/Groups/{group}"), json!([{"op": "replace", "path": "displayName", "value": "Chiefs"}])).await.expect(200);
        assert_eq!(admin.role_of(&user).await, "Lead");
        // A namesake of what the rule's group was called, and one of what it is called now, have nothing.
        let other = scim.user("ben@acme.example").await;
        for (name, external) in [("Leads", "g2"), ("Chiefs", "g3"), ("Ｌｅａｄｓ", "g4")] {
            scim.post("/Groups", json!({"displayName": name, "externalId": external, "members": [{"value": other}]})).await.expect(201);
        }
        scim.patch(&format!("/Groups/{interns}"), json!([{"op": "replace", "path": "displayName", "value": "Lead s"}])).await.expect(200);
        assert_eq!(admin.role_of(&other).await, "Agent");
        // The group goes, and its namesake with the same externalId comes: a rule is nobody's legacy.
        scim.delete(&format!("/Groups/{group}")).await.expect(204);
        assert_eq!(admin.role_of(&user).await, "Agent");
        scim.post("/Groups", json!({"displayName": "LEADS", "externalId": "g1", "members": [{"value": user}]})).await.expect(201);
        assert_eq!(admin.role_of(&user).await, "Agent");
        assert_eq!(admin.get(&format!("/rules/{id}")).await.data()["group_id"], json!(group));
    }

    async fn a_role_set_by_hand_is_pinned_until_it_is_released(db) {
        let bridge = db.bridge().await;
        let (_, admin, scim) = workspace(&bridge).await;
        let (lead, manager, user) = (role(&admin, "Lead").await, admin.role("Manager").await, scim.user("anna@acme.example").await);
        rule(&admin, "Leads", &lead, 1).await;
        let group = scim.group("Leads", &[]).await;
        admin.put(&format!("/users/{user}"), json!({"role_id": manager})).await.expect(200);
        members(&scim, &group, "add", &[&user]).await;
        assert_eq!(admin.role_of(&user).await, "Manager");
        let shown = admin.get(&format!("/users/{user}")).await;
        assert_eq!((&shown.data()["role_source"], &shown.data()["pinned"]), (&json!("manual"), &json!(["role"])));
        assert_eq!(why(&admin, &user).await, "Manager, because somebody set it by hand");
        let released = admin.delete(&format!("/users/{user}/pins/role")).await.expect(200);
        assert_eq!((&released.data()["role"]["name"], &released.data()["role_source"]), (&json!("Lead"), &json!("rule")));
        admin.delete(&format!("/users/{user}/pins/shoe")).await.refused(404, "not_found");
    }

    async fn a_rule_to_admin_is_said_twice_and_its_group_can_t_lose_the_last_admin(db) {
        // D12
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 1_000, SeatPolicy::Reject).await;
        let operator = bridge.key(&workspace, None, None).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let admins = operator.role("Admin").await;
        let body = |sure| json!({"group_name": "Admins", "role_id": admins, "grants_admin": sure});
        let refused = operator.post("/rules", body(false)).await.refused(400, "invalid");
        assert!(refused.json["message"].as_str().unwrap().contains("grants_admin"));
        let id = operator.post("/rules", body(true)).await.expect(201).made();
        let (one, two) = (scim.user("one@acme.example").await, scim.user("two@acme.example").await);
        let group = scim.group("Admins", &[&one, &two]).await;
        assert_eq!(operator.role_of(&two).await, "Admin");
        members(&scim, &group, "remove", &[&two]).await;
        // Nobody else is an Admin: no door takes the last one away.
        let remove = json!([{"op": "remove", "path": format!("members[value eq \"{one}\"]")}]);
        scim.patch(&format!("/Groups/{group}"), remove).await.expect_error(403, None);
        scim.patch(&format!("/Groups/{group}"), json!([{"op": "replace", "path": "members", "value": []}])).await.expect_error(403, None);
        scim.put(&format!("/Groups/{group}"), json!({"displayName": "Admins"})).await.expect_error(403, None);
        scim.delete(&format!("/Groups/{group}")).await.expect_error(403, None);
        scim.patch(&format!("/Users/{one}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect_error(403, None);
        scim.delete(&format!("/Users/{one}")).await.expect_error(403, None);
        let agent = operator.role("Agent").await;
        operator.put(&format!("/rules/{id}"), json!({"role_id": agent})).await.refused(409, "last_admin");
        operator.delete(&format!("/rules/{id}")).await.refused(409, "last_admin");
        operator.put(&format!("/users/{one}"), json!({"role_id": agent})).await.refused(409, "last_admin");
        assert_eq!((operator.role_of(&one).await, scim.get(&format!("/Groups/{group}")).await.json["members"].as_array().unwrap().len()), ("Admin".into(), 1));
        // A break-glass account keeps the house, and everything is possible again.
        bridge.user(&workspace, "root@acme.example", "Admin", true).await;
        scim.delete(&format!("/Groups/{group}")).await.expect(204);
        assert_eq!(operator.role_of(&one).await, "Agent");
    }

    async fn who_is_no_admin_makes_none_by_groups_rules_roles_users_or_keys(db) {
        // D16
        let bridge = db.bridge().await;
        let (workspace, admin, scim) = workspace(&bridge).await;
        let clerk = admin.post("/roles", json!({"name": "Clerk", "permissions": [
            "users:read", "users:write", "users:delete", "roles:read", "roles:write", "roles:delete", "groups:read", "groups:write", "groups:delete",
            "rules:read", "rules:write", "keys:read", "keys:write", "tokens:write", "chat:read"]})).await.expect(201).made();
        let (admins, manager) = (admin.role("Admin").await, admin.role("Manager").await);
        let mallory_id = admin.user("mallory@acme.example", Some(&clerk)).await;
        let mallory = bridge.key(&workspace, Some(UserId::parse(&mallory_id).unwrap()), None).await;
        let chief = admin.user("chief@acme.example", Some(&admins)).await;
        admin.post("/rules", json!({"group_name": "Admins", "role_id": admins, "grants_admin": true})).await.expect(201);
        let group = scim.group("Admins", &[]).await;
        let mine = mallory.post("/groups", json!({"display_name": "Mine", "members": [mallory_id]})).await.expect(201).made();
        for refused in [
            mallory.post(&format!("/groups/{group}/members"), json!({"member_id": mallory_id})).await,
            mallory.post(&format!("/groups/{group}/members"), json!({"member_id": mine})).await,
            mallory.delete(&format!("/groups/{group}")).await,
            mallory.put(&format!("/users/{mallory_id}"), json!({"role_id": admins})).await,
            mallory.put(&format!("/users/{mallory_id}"), json!({"role_id": manager})).await,
            mallory.put(&format!("/users/{chief}"), json!({"password": "mallory was here"})).await,
            mallory.put(&format!("/users/{chief}"), json!({"email": "mallory2@acme.example"})).await,
            mallory.put(&format!("/users/{chief}"), json!({"is_active": false})).await,
            mallory.delete(&format!("/users/{chief}")).await,
            mallory.post("/users", json!({"email": "m@x.example", "full_name": "M", "role_id": admins})).await,
            mallory.post("/rules", json!({"group_id": mine, "role_id": admins, "grants_admin": true})).await,
            mallory.post("/roles", json!({"name": "God", "permissions": ["audit:read"]})).await,
            mallory.put(&format!("/roles/{clerk}"), json!({"permissions": ["audit:read"]})).await,
        ] {
            refused.refused(403, "forbidden");
        }
        mallory.post("/keys", json!({"name": "k", "permissions": ["audit:read"]})).await.refused(400, "invalid");
        // A provider's token fills groups, and so would make an Admin; nor is another one's taken away.
        mallory.post("/tokens", json!({"name": "t"})).await.refused(403, "forbidden");
        mallory.post("/tokens", json!({"name": "t", "scope": "scim:read"})).await.expect(201);
        let token = admin.post("/tokens", json!({"name": "okta"})).await.expect(201).made();
        mallory.delete(&format!("/tokens/{token}")).await.refused(403, "forbidden");
        for body in [json!({"name": "chief's"}), json!({"name": "narrow", "permissions": ["users:read"]})] {
            let key = admin.post("/keys", body).await.expect(201).made();
            mallory.delete(&format!("/keys/{key}")).await.refused(403, "forbidden");
        }
        let own = mallory.post("/keys", json!({"name": "mine", "permissions": ["users:read"]})).await.expect(201).made();
        mallory.delete(&format!("/keys/{own}")).await.expect(200);
        mallory.post("/users", json!({"email": "p@x.example", "full_name": "P", "is_protected": true})).await.refused(403, "forbidden");
        // What they have themselves they may give.
        mallory.post("/users", json!({"email": "m@x.example", "full_name": "M", "role_id": clerk})).await.expect(201);
        mallory.post("/rules", json!({"group_id": mine, "role_id": clerk})).await.expect(201);
        assert_eq!(admin.role_of(&mallory_id).await, "Clerk");
    }

    async fn groups_in_groups_hand_on_what_they_give(db) {
        let bridge = db.bridge().await;
        let (_, admin, scim) = workspace(&bridge).await;
        let (lead, user, other) = (role(&admin, "Lead").await, scim.user("anna@acme.example").await, scim.user("ben@acme.example").await);
        rule(&admin, "Top", &lead, 1).await;
        let bottom = scim.group("Bottom", &[&user]).await;
        let middle = scim.group("Middle", &[&bottom]).await;
        let top = scim.group("Top", &[&middle]).await;
        assert_eq!(admin.role_of(&user).await, "Lead");
        members(&scim, &bottom, "add", &[&other]).await;
        assert_eq!(admin.role_of(&other).await, "Lead");
        // A circle ends.
        members(&scim, &bottom, "add", &[&top]).await;
        members(&scim, &bottom, "remove", &[&top]).await;
        assert_eq!(admin.role_of(&user).await, "Lead");
        members(&scim, &middle, "remove", &[&bottom]).await;
        assert_eq!((admin.role_of(&user).await, admin.role_of(&other).await), ("Agent".into(), "Agent".into()));
        members(&scim, &middle, "add", &[&bottom]).await;
        scim.delete(&format!("/Groups/{middle}")).await.expect(204);
        assert_eq!(admin.role_of(&user).await, "Agent");
    }

    async fn who_is_away_follows_the_rules_and_comes_back_to_what_they_should_have(db) {
        let bridge = db.bridge().await;
        let (_, admin, scim) = workspace(&bridge).await;
        let (lead, user) = (role(&admin, "Lead").await, scim.user("anna@acme.example").await);
        let id = rule(&admin, "Leads", &lead, 1).await;
        let group = scim.group("Leads", &[&user]).await;
        scim.patch(&format!("/Users/{user}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        members(&scim, &group, "remove", &[&user]).await;
        scim.patch(&format!("/Users/{user}"), json!([{"op": "replace", "value": {"active": true}}])).await.expect(200);
        assert_eq!(admin.role_of(&user).await, "Agent");
        scim.patch(&format!("/Users/{user}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        members(&scim, &group, "add", &[&user]).await;
        let manager = admin.role("Manager").await;
        admin.put(&format!("/rules/{id}"), json!({"role_id": manager})).await.expect(200);
        scim.patch(&format!("/Users/{user}"), json!([{"op": "replace", "value": {"active": true}}])).await.expect(200);
        assert_eq!(admin.role_of(&user).await, "Manager");
        // D20: nobody can be put into a group who is not there yet.
        let values = json!([{"op": "add", "path": "members", "value": [{"value": UserId::fresh()}]}]);
        scim.patch(&format!("/Groups/{group}"), values).await.expect_error(400, Some("invalidValue"));
    }

    async fn a_preview_tells_what_will_happen_and_does_nothing(db) {
        let bridge = db.bridge().await;
        let (workspace, admin, scim) = workspace(&bridge).await;
        let (lead, group) = (role(&admin, "Lead").await, scim.group("Leads", &[]).await);
        for n in 0..7 {
            let user = scim.user(&format!("u{n}@acme.example")).await;
            members(&scim, &group, "add", &[&user]).await;
        }
        let body = json!({"group_id": group, "role_id": lead, "priority": 1});
        let rows = async || {
            let mut conn = bridge.app.store.read().await.unwrap();
            aisoule_bridge::store::outbox::after(&mut conn, workspace.id, 0, 200).await.unwrap().len()
        };
        let before = rows().await;
        let preview = admin.post("/rules/preview", body.clone()).await.expect(200);
        assert_eq!((&preview.data()["text"], &preview.data()["users"]), (&json!("7 people change"), &json!(7)));
        assert_eq!(preview.data()["changes"][0]["changes"]["role"], json!({"old": "Agent", "new": "Lead"}));
        assert_eq!((rows().await, admin.get("/rules").await.data()["total"].clone()), (before, json!(0)));
        let id = admin.post("/rules", body).await.expect(201).made();
        assert_eq!(admin.get(&format!("/users?role_id={lead}")).await.data()["total"], 7);
        let manager = admin.role("Manager").await;
        let preview = admin.post(&format!("/rules/{id}/preview"), json!({"role_id": manager})).await.expect(200);
        assert_eq!(preview.data()["users"], 7);
        let preview = admin.post(&format!("/rules/{id}/preview-deletion"), json!({})).await.expect(200);
        assert_eq!(preview.data()["changes"][6]["changes"]["role"], json!({"old": "Lead", "new": "Agent"}));
        assert_eq!(admin.get(&format!("/users?role_id={lead}")).await.data()["total"], 7);
        admin.post("/rules/preview", json!({"group_id": group, "role_id": lead})).await.refused(409, "duplicate");
    }

    async fn a_team_membership_by_hand_outlives_the_rules_and_a_removal_by_hand_is_said_twice(db) {
        let bridge = db.bridge().await;
        let (_, admin, scim) = workspace(&bridge).await;
        let (night, user, other) = (team(&admin, "Night").await, scim.user("anna@acme.example").await, scim.user("ben@acme.example").await);
        let group = scim.group("Nights", &[&user]).await;
        admin.post("/rules", json!({"group_id": group, "teams": [{"team_id": night}]})).await.expect(201);
        let member = format!("/teams/{night}/members/{user}");
        let refused = admin.delete(&member).await.refused(409, "kept_elsewhere");
        assert!(refused.json["message"].as_str().unwrap().contains("overrule"));
        admin.delete(&format!("{member}?overrule=true")).await.expect(200);
        admin.delete(&format!("{member}?overrule=true")).await.refused(404, "not_found");
        members(&scim, &group, "remove", &[&user]).await;
        members(&scim, &group, "add", &[&user]).await;
        assert_eq!(teams_of(&admin, &user).await, Vec::<String>::new());
        admin.delete(&format!("{member}/pin")).await.expect(200);
        assert_eq!(teams_of(&admin, &user).await, ["Night agent"]);
        // By hand, and more than the rule gives.
        admin.post(&format!("/teams/{night}/members"), json!({"user_id": user, "role": "manager"})).await.expect(201);
        admin.post(&format!("/teams/{night}/members"), json!({"user_id": other})).await.expect(201);
        scim.delete(&format!("/Groups/{group}")).await.expect(204);
        assert_eq!((teams_of(&admin, &user).await, teams_of(&admin, &other).await), (vec!["Night manager".to_owned()], vec!["Night agent".to_owned()]));
    }

    async fn any_order_of_the_same_changes_ends_in_the_same_roles(db) {
        // D18, D21
        let bridge = db.bridge().await;
        let mut outcomes = std::collections::BTreeSet::new();
        for round in 0..6_usize {
            let workspace = bridge.workspace(&format!("W{round}"), 1_000, SeatPolicy::Reject).await;
            let admin = bridge.admin(&workspace).await;
            let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
            let (a, b) = (role(&admin, "A").await, role(&admin, "B").await);
            let (red, blue) = (team(&admin, "Red").await, team(&admin, "Blue").await);
            let mut users = Vec::new();
            for n in 0..6 {
                users.push(scim.user(&format!("u{n}@acme.example")).await);
            }
            let groups = [scim.group("G0", &[]).await, scim.group("G1", &[]).await, scim.group("G2", &[]).await];
            let rules = [
                json!({"group_id": groups[0], "role_id": a, "priority": 1, "teams": [{"team_id": red}]}),
                json!({"group_id": groups[1], "role_id": b, "priority": 2, "teams": [{"team_id": red, "role": "manager"}, {"team_id": blue}]}),
                json!({"group_id": groups[2], "teams": [{"team_id": blue, "role": "manager"}]}),
            ];
            let mut steps: Vec<(usize, usize)> = (0..users.len()).flat_map(|user| (0..3).filter(move |group| (user + group) % 3 != 0).map(move |group| (user, group))).collect();
            // Another order each round, rules before, between and after.
            let spin = round * 5 % steps.len();
            steps.rotate_left(spin);
            if round % 2 == 1 {
                steps.reverse();
            }
            for (place, (user, group)) in steps.iter().enumerate() {
                if place % 4 == round % 4 && place / 4 < 3 {
                    admin.post("/rules", rules[place / 4].clone()).await.expect(201);
                }
                members(&scim, &groups[*group], "add", &[&users[*user]]).await;
            }
            let mut state = Vec::new();
            for user in &users {
                state.push((admin.role_of(user).await, teams_of(&admin, user).await));
            }
            outcomes.insert(state);
        }
        assert_eq!(outcomes.len(), 1, "{outcomes:#?}");
    }
}
