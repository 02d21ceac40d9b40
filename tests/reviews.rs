//! Access reviews: who has access and why, decided by somebody, carried out, and kept as evidence.

use aisoule_bridge::command::reviews::RemindOfReview;
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::http::session;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::scene::Scene;
use crate::support::{Api, on_both};

async fn person(admin: &Api, review: &str, which: &str, name: &str) -> Option<Value> {
    let page = admin.get(&format!("/reviews/{review}/people?{which}")).await.expect(200);
    page.data()["people"].as_array().unwrap().iter().find(|item| item["full_name"] == name).cloned()
}

on_both! {
    async fn a_review_tells_who_has_access_and_why_and_what_nobody_explains(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let lead = admin.post("/roles", json!({"name": "Lead", "permissions": []})).await.expect(201).made();
        let (anna, ben) = (scim.user("anna").await, scim.user("ben").await);
        let group = scim.group("Leads", &[&anna]).await;
        admin.post("/rules", json!({"group_id": group, "role_id": lead, "priority": 3})).await.expect(201);
        let hand = admin.user("cleo@acme.example", None).await;
        let away = scim.user("dora").await;
        scim.patch(&format!("/Users/{away}"), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        bridge.later(TimeDelta::days(100));
        let young = scim.user("emil").await;
        let review = admin.post("/reviews", json!({"name": "Autumn"})).await.expect(201);
        assert_eq!((&review.data()["people"], &review.data()["undecided"]), (&json!(5), &json!(5)));
        let id = review.made();
        let facts = async |name: &str| person(&admin, &id, "", name).await.unwrap()["facts"].clone();
        let of_anna = facts("anna").await;
        assert_eq!((&of_anna["role"], &of_anna["because"], &of_anna["is_unexplained"], &of_anna["is_dormant"]), (&json!("Lead"), &json!("group Leads, rule with priority 3"), &json!(false), &json!(true)));
        assert_eq!((&facts("ben").await["is_unexplained"], &facts("emil").await["is_dormant"]), (&json!(false), &json!(false)));
        assert_eq!((&facts("cleo").await["is_unexplained"], &facts("cleo").await["last_login_at"]), (&json!(true), &Value::Null));
        let root = person(&admin, &id, "which=admins", "root@acme.example").await.unwrap();
        assert_eq!((&root["facts"]["is_admin"], &root["facts"]["is_protected"]), (&json!(true), &json!(true)));
        assert!(person(&admin, &id, "", "dora").await.is_none());
        assert!(person(&admin, &id, "which=dormant", "emil").await.is_none());
        assert!(person(&admin, &id, "which=unexplained", "cleo").await.is_some());
        let _ = (ben, hand, young);
    }

    async fn whoever_logged_in_is_not_dormant_and_an_open_session_has_their_role_of_now(db) {
        let scene = Scene::jit(db).await;
        let (browser, _) = scene.sign_in().await;
        let id = scene.admin.get("/users?search=anna").await.data()["users"][0]["id"].as_str().unwrap().to_owned();
        let dormant = async |name: &str| {
            let review = scene.admin.post("/reviews", json!({"name": name})).await.expect(201).made();
            let facts = person(&scene.admin, &review, "", "Anna A.").await.unwrap()["facts"].clone();
            assert!(facts["last_login_at"].is_string(), "{facts}");
            facts["is_dormant"].clone()
        };
        scene.bridge.later(TimeDelta::days(100));
        assert_eq!(dormant("Before").await, true);
        assert_eq!(browser.who(&scene.bridge).await, None, "the session is over");
        let (browser, _) = scene.sign_in().await;
        assert_eq!(dormant("After").await, false);
        // Another role holds at the next request of the session that is open, without a new login.
        let may = async |permission: &str| {
            let visitor = session::visitor(&scene.bridge.app, &browser.headers()).await.unwrap().unwrap();
            visitor.permissions.has(permission)
        };
        assert!(!may("chat:assign").await);
        let manager = scene.admin.role("Manager").await;
        scene.admin.put(&format!("/users/{id}"), json!({"role_id": manager})).await.expect(200);
        assert!(may("chat:assign").await);
    }

    async fn a_review_of_a_past_date_shows_what_was_then(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let manager = admin.role("Manager").await;
        let (anna, ben) = (admin.user("anna@acme.example", Some(&manager)).await, admin.user("ben@acme.example", None).await);
        bridge.later(TimeDelta::days(10));
        let then = bridge.app.clock.now();
        bridge.later(TimeDelta::days(10));
        let agent = admin.role("Agent").await;
        admin.put(&format!("/users/{anna}"), json!({"role_id": agent})).await.expect(200);
        admin.put(&format!("/users/{anna}"), json!({"is_active": false})).await.expect(200);
        admin.delete(&format!("/users/{ben}")).await.expect(200);
        admin.user("cleo@acme.example", None).await;
        let id = admin.post("/reviews", json!({"name": "Then", "as_of": then})).await.expect(201).made();
        let people = admin.get(&format!("/reviews/{id}/people")).await.expect(200);
        let told: Vec<(&str, &str)> = people.data()["people"].as_array().unwrap().iter().map(|item| (item["full_name"].as_str().unwrap(), item["facts"]["role"].as_str().unwrap())).collect();
        assert_eq!(told, [("anna", "Manager"), ("ben", "Agent"), ("root@acme.example", "Admin")]);
        admin.post("/reviews", json!({"name": "Future", "as_of": bridge.app.clock.now() + TimeDelta::days(1)})).await.refused(400, "invalid");
    }

    async fn decisions_are_made_together_carried_out_one_by_one_and_exported(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let (anna, ben) = (admin.user("anna@acme.example", None).await, admin.user("ben@acme.example", None).await);
        let users = admin.get("/users?search=root").await;
        let root = users.data()["users"][0]["id"].clone();
        let id = admin.post("/reviews", json!({"name": "Autumn"})).await.expect(201).made();
        let decide = async |list: Value| admin.put(&format!("/reviews/{id}/decisions"), json!({"decisions": list})).await;
        // One that can't be undoes them all.
        decide(json!([{"user_id": anna, "decision": "deactivate"}, {"user_id": "0198f2a4-7c1e-7d5b-9a0e-3c5f6b7a8d90", "decision": "keep"}])).await.refused(404, "not_found");
        decide(json!([{"user_id": anna, "decision": "fire"}])).await.refused(400, "invalid");
        let after = decide(json!([
            {"user_id": anna, "decision": "deactivate", "comment": "=left in May"}, {"user_id": ben, "decision": "keep"}, {"user_id": root, "decision": "deactivate"},
        ])).await.expect(200);
        assert_eq!((&after.data()["undecided"], &after.data()["to_deactivate"], &after.data()["kept"]), (&json!(0), &json!(2), &json!(1)));
        admin.post(&format!("/reviews/{id}/close"), json!({})).await.refused(400, "invalid");
        let applied = admin.post(&format!("/reviews/{id}/apply"), json!({})).await.expect(200);
        assert_eq!(applied.data()["deactivated"], 1);
        // The last Admin stays, and the review says why.
        assert_eq!(applied.data()["refused"][0]["user_id"], root);
        assert!(applied.data()["refused"][0]["because"].as_str().unwrap().contains("last active Admin"));
        assert_eq!(admin.get(&format!("/users/{anna}")).await.data()["is_active"], false);
        decide(json!([{"user_id": anna, "decision": "keep"}])).await.refused(400, "invalid");
        decide(json!([{"user_id": root, "decision": "keep"}])).await.expect(200);
        let again = admin.post(&format!("/reviews/{id}/apply"), json!({})).await.expect(200);
        assert_eq!(again.data()["deactivated"], 0);
        admin.post(&format!("/reviews/{id}/close"), json!({})).await.expect(200);
        admin.post(&format!("/reviews/{id}/close"), json!({})).await.refused(400, "invalid");
        decide(json!([{"user_id": ben, "decision": null}])).await.refused(400, "invalid");
        let csv = admin.raw(&format!("/reviews/{id}/export")).await.expect(200);
        assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
        let text = String::from_utf8(csv.bytes).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!((lines.len(), lines[0].starts_with("user_id,full_name,email,role,")), (5, true));
        assert!(text.contains(",deactivate,'=left in May,root@acme.example (key test),"), "{text}");
        let jsonl = admin.raw(&format!("/reviews/{id}/export?format=jsonl")).await.expect(200);
        let lines: Vec<Value> = String::from_utf8(jsonl.bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((lines.len(), &lines[1]["comment"], &lines[1]["outcome"]), (3, &json!("=left in May"), &json!("deactivated")));
        let trail = aisoule_bridge::store::audit::of_subject(&mut bridge.app.store.read().await.unwrap(), workspace.id, &id).await.unwrap();
        let actions: Vec<&str> = trail.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["review.started", "review.decided", "review.decided", "review.decided", "review.applied", "review.decided", "review.closed"]);
    }

    async fn a_workspace_is_reminded_once_a_quarter(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let remind = async || bridge.app.commands.execute(&Actor::system(), RemindOfReview { workspace: workspace.id }).await.unwrap();
        assert!(!remind().await);
        bridge.later(TimeDelta::days(91));
        assert!(remind().await && !remind().await);
        bridge.later(TimeDelta::days(90));
        admin.post("/reviews", json!({"name": "Spring"})).await.expect(201);
        bridge.later(TimeDelta::days(2));
        assert!(!remind().await);
        bridge.later(TimeDelta::days(90));
        assert!(remind().await);
        let events = admin.get("/events").await;
        assert_eq!(events.data()["events"].as_array().unwrap().iter().filter(|event| event["event"] == "review.due").count(), 2);
    }
}
