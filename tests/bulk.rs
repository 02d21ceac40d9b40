//! Bulk requests (RFC 7644 §3.7): references in any order and in circles, failures one by one.

use std::time::{Duration, Instant};

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::sql::Sql;
use serde_json::{Value, json};
use sqlx::FromRow;

use crate::support::{Scim, on_both};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[derive(FromRow)]
struct Action {
    action: String,
}

async fn bulk(scim: &Scim, operations: Value, fail_on_errors: Option<i64>) -> Vec<Value> {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "failOnErrors": fail_on_errors, "Operations": operations});
    let done = scim.post("/Bulk", body).await.expect(200).json;
    assert_eq!(done["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    done["Operations"].as_array().unwrap().clone()
}

fn statuses(done: &[Value]) -> Vec<&str> {
    done.iter().map(|one| one["status"].as_str().unwrap()).collect()
}

fn make_user(bulk_id: &str) -> Value {
    json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {"userName": bulk_id}})
}

fn make_group(bulk_id: &str, members: &[&str]) -> Value {
    let members: Vec<Value> =
        members.iter().map(|member| json!({"type": "User", "value": format!("bulkId:{member}")})).collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": {"displayName": bulk_id, "members": members}})
}

on_both! {
    async fn what_refers_to_what_comes_later_is_put_together(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let manager = json!({"method": "POST", "path": "/Users", "bulkId": "report",
            "data": {"userName": "report", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "bulkId:boss"}}}});
        let rename = json!({"method": "PATCH", "path": "/Groups/bulkId:team", "data": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "displayName", "value": "Team"}]}});
        let done = bulk(&scim, json!([rename, make_group("team", &["report", "boss"]), manager, make_user("boss")]), None).await;
        assert_eq!(statuses(&done), ["200", "201", "201", "201"]);
        assert!(done[1]["location"].as_str().unwrap().starts_with(&scim.url("/Groups/")));
        assert_eq!((&done[3]["bulkId"], &done[3]["method"], &done[3]["version"]), (&json!("boss"), &json!("POST"), &json!("W/\"1\"")));
        let group = scim.find("/Groups", "displayName eq \"Team\"", "").await.json["Resources"][0].clone();
        assert_eq!(group["members"].as_array().unwrap().len(), 2);
        assert_eq!(scim.find("/Users", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager pr", "").await.all("userName"), ["report"]);
    }

    async fn what_a_request_has_no_time_for_is_told_and_not_tried(db) {
        let mut settings = db.settings();
        settings.limits.request_seconds = 4;
        let bridge = db.bridge_with(settings).await;
        let scim = bridge.scim().await;
        // Passwords are hashed, which takes long: of 900 of them most have to wait for another request.
        let slow = |bulk_id: &str, manager: Option<String>| {
            let mut data = json!({"userName": bulk_id, "password": "hunter2-canary-slow"});
            if let Some(manager) = manager {
                data[ENTERPRISE] = json!({"manager": {"value": format!("bulkId:{manager}")}});
            }
            json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data})
        };
        let mut operations: Vec<Value> = vec![make_user("quick"), make_group("g", &["quick"])];
        operations.extend((0..900).map(|i| slow(&format!("s{i}"), None)));
        operations.extend([make_group("a", &["b"]), make_group("b", &["a"])]);
        let done = bulk(&scim, json!(operations), None).await;
        let told = statuses(&done);
        assert_eq!((done.len(), &told[..3]), (904, &["201", "201", "201"][..]));
        let made = told.iter().take_while(|status| **status == "201").count();
        assert!(made < 800 && told[made..].iter().all(|status| *status == "503"), "{made} of {told:?}");
        let untold = &done[made];
        assert!(untold["response"]["detail"].as_str().unwrap().contains("was not tried") && untold.get("location").is_none(), "{untold}");
        let users = scim.get("/Users?count=0").await.json["totalResults"].clone();
        assert_eq!((users, scim.get("/Groups").await.all("displayName")), (json!(made - 1), vec!["g".to_owned()]));
        // What was told to be sent again is sent again.
        let again = bulk(&scim, json!([operations[made], operations[902], operations[903]]), None).await;
        assert_eq!(statuses(&again), ["201", "201", "201"]);
        // A circle of which there was no time for a part is taken back as a whole.
        let circle: Vec<Value> = (0..300).map(|i| slow(&format!("c{i}"), Some(format!("c{}", (i + 1) % 300)))).collect();
        let done = bulk(&scim, json!(circle), None).await;
        assert_eq!(done.len(), 300);
        assert!(done.iter().all(|one| ["409", "503"].contains(&one["status"].as_str().unwrap())), "{done:?}");
        assert_eq!(scim.find("/Users", "userName sw \"c\"", "").await.json["totalResults"], 0);
    }

    async fn groups_in_a_circle_become_members_of_each_other(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let done = bulk(&scim, json!([make_group("a", &["b"]), make_group("b", &["c"]), make_group("c", &["a"])]), None).await;
        assert_eq!(statuses(&done), ["201", "201", "201"]);
        for one in scim.get("/Groups").await.json["Resources"].as_array().unwrap() {
            assert_eq!(one["members"].as_array().map(Vec::len), Some(1), "{one}");
        }
    }

    async fn what_can_not_be_completed_is_taken_back_and_reported_as_failed(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let broken = |bulk_id: &str, member: &str| json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": {"members": [{"value": format!("bulkId:{member}")}]}});
        let groups = async || { let mut all = scim.get("/Groups").await.all("displayName"); all.sort(); all };
        scim.group("c", &[]).await;
        for fail_on_errors in [None, Some(1)] {
            let done = bulk(&scim, json!([make_group("a", &["b"]), broken("b", "a")]), fail_on_errors).await;
            assert_eq!(statuses(&done), ["409", "400"], "{done:?}");
            assert!(done[0].get("location").is_none() && done[0]["response"]["detail"].as_str().unwrap().contains("failed"), "{done:?}");
            assert_eq!(groups().await, ["c"]);
        }
        // A group in itself.
        let done = bulk(&scim, json!([make_group("self", &["self"])]), None).await;
        assert_eq!(statuses(&done), ["400"]);
        assert!(done[0]["response"]["detail"].as_str().unwrap().contains("member of itself"), "{done:?}");
        assert_eq!(groups().await, ["c"]);
        // Whoever refers to what is taken back is taken back as well; the reason of what fails by itself is its own.
        let done = bulk(&scim, json!([make_group("x", &["y"]), broken("y", "z"), make_group("z", &["x"]), make_group("w", &["z"])]), None).await;
        assert_eq!(statuses(&done), ["409", "400", "409", "409"], "{done:?}");
        assert_eq!(groups().await, ["c"]);
        let done = bulk(&scim, json!([broken("p", "q"), make_group("q", &["p"])]), None).await;
        assert_eq!(statuses(&done), ["400", "409"], "{done:?}");
        assert_eq!(bridge.counters(&workspace).await, (0, 0, 1, 0));
        // Both the making and the taking back are in the trail.
        let mut conn = bridge.app.store.read().await.unwrap();
        let all: Vec<Action> = conn.all(Sql::build("SELECT action FROM audit_log WHERE action LIKE 'group.%' ORDER BY seq")).await.unwrap();
        let count = |action: &str| all.iter().filter(|one| one.action == action).count();
        assert_eq!(count("group.created"), count("group.deleted") + 1);
        assert!(count("group.deleted") >= 4);
    }

    async fn a_circle_is_closed_although_another_failure_stops_the_request(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let rename = |bulk_id: &str, name: Value| json!({"method": "PATCH", "path": format!("/Groups/bulkId:{bulk_id}"), "data": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "displayName", "value": name}]}});
        let done = bulk(&scim, json!([make_group("a", &["b"]), make_group("b", &["a"]), rename("a", json!(7)), rename("b", json!("late"))]), Some(1)).await;
        assert_eq!(statuses(&done), ["201", "201", "400"], "{done:?}");
        assert_eq!(scim.get("/Groups").await.json["totalResults"], 2);
        for one in scim.get("/Groups").await.json["Resources"].as_array().unwrap() {
            assert_eq!(one["members"].as_array().map(Vec::len), Some(1), "{one}");
        }
        // A user of the circle who was there before the request stays, whatever becomes of the circle.
        let boss = |bulk_id: &str, manager: &str, body: Value| {
            let mut data = json!({"userName": bulk_id, "externalId": bulk_id, ENTERPRISE: {"manager": {"value": format!("bulkId:{manager}")}}});
            data.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data})
        };
        let back = scim.post("/Users", json!({"userName": "back", "externalId": "back", "active": false})).await.expect(201).id();
        let done = bulk(&scim, json!([boss("back", "other", json!({})), boss("other", "back", json!({"active": "x"}))]), None).await;
        assert_eq!(statuses(&done), ["409", "400"], "{done:?}");
        assert!(done[0]["location"].as_str().unwrap().ends_with(&back), "{done:?}");
        scim.get(&format!("/Users/{back}")).await.expect(200);
        let done = bulk(&scim, json!([boss("new", "other", json!({})), boss("other", "new", json!({"active": "x"}))]), None).await;
        assert_eq!(statuses(&done), ["409", "400"], "{done:?}");
        assert_eq!(scim.find("/Users", "userName eq \"new\"", "").await.json["totalResults"], 0);
    }

    async fn a_request_full_of_references_is_answered_at_once(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let request = |operations: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}).to_string();
        let names: Vec<String> = (0..60_000).map(|i| format!("bulkId:{i}")).collect();
        let full = request(json!([{"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"displayName": "g", "x": names}}]));
        assert!((800_000..1_048_576).contains(&full.len()), "{}", full.len());
        let started = Instant::now();
        let refused = scim.send("POST", &scim.url("/Bulk"), full.into_bytes()).await.expect_error(413, None);
        assert!(refused.json["detail"].as_str().unwrap().contains("10000 references"), "{}", refused.json);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        // As many as are taken, over a circle of as many operations as are taken, each waiting for the next.
        let link = |i: usize| {
            let names = vec![format!("bulkId:{}", (i + 1) % 1_000); 10];
            json!({"method": "POST", "path": "/Groups", "bulkId": i.to_string(), "data": {"displayName": "", "x": names}})
        };
        let circle = request((0..1_000).map(link).collect());
        let started = Instant::now();
        let done = scim.send("POST", &scim.url("/Bulk"), circle.into_bytes()).await.expect(200).json;
        let done = done["Operations"].as_array().unwrap();
        assert!(done.len() == 1_000 && done.iter().all(|one| one["status"] == "400" || one["status"] == "409"));
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    }

    async fn each_failure_stands_in_its_place_and_takes_only_its_own_with_it(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 3, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let many: Vec<Value> = (0..10).map(|i| make_user(&format!("u{i}"))).collect();
        let done = bulk(&scim, json!(many), None).await;
        assert_eq!(statuses(&done), ["201", "201", "201", "403", "403", "403", "403", "403", "403", "403"]);
        assert!(done[3]["response"]["detail"].as_str().unwrap().contains("3 seats"));
        assert_eq!(bridge.counters(&workspace).await, (3, 3, 0, 0));
        let done = bulk(&scim, json!([make_user("x"), make_group("g", &["x"]), make_group("h", &["nobody"]), {"method": "GET", "path": "/Users"}, make_group("ok", &[])]), None).await;
        assert_eq!(statuses(&done), ["403", "409", "400", "400", "201"]);
        let stopped = bulk(&scim, json!([make_user("y"), make_user("z"), make_group("never", &[])]), Some(2)).await;
        assert_eq!(statuses(&stopped), ["403", "403"]);
        assert_eq!(scim.get("/Groups").await.all("displayName"), ["ok"]);
    }

    async fn versions_and_deletions_are_heeded(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (a, b) = (scim.user("a").await, scim.user("b").await);
        let patch = |version: &str| json!({"method": "PATCH", "path": format!("/Users/{a}"), "version": version, "data": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "title", "value": "x"}]}});
        let done = bulk(&scim, json!([patch("W/\"9\""), patch("W/\"1\""), {"method": "DELETE", "path": format!("/Users/{b}")}, {"method": "DELETE", "path": format!("/Users/{b}")}]), None).await;
        assert_eq!(statuses(&done), ["412", "200", "204", "404"]);
        assert_eq!(done[1]["version"], "W/\"2\"");
    }

    // Row C39; the limits and the circle of the standard are in rfc7644.rs.
    async fn a_path_leads_to_a_user_or_group_of_ones_own_and_nowhere_else(db) {
        let bridge = db.bridge().await;
        let (ours, theirs) = (bridge.workspace("Ours", 50, SeatPolicy::Reject).await, bridge.workspace("Theirs", 50, SeatPolicy::Reject).await);
        let scim = bridge.client(&bridge.token(&ours, Scope::Write, Dialect::Compat).await);
        let foreign = bridge.client(&bridge.token(&theirs, Scope::Write, Dialect::Compat).await).user("foreign").await;
        let own = scim.user("own").await;
        let nested = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [make_user("n")]});
        for (path, status) in [("/Bulk".to_owned(), "400"), ("/Me".into(), "400"), ("/Schemas".into(), "400"), ("/Users/.search".into(), "400"), ("/.search".into(), "400"), ("//Users".into(), "400"), ("Users".into(), "400"), ("/users".into(), "400"), ("https://evil.example/Users".into(), "400"),
            ("/Users/../Groups".into(), "400"), ("".into(), "400"), ("/scim/v2/Users".into(), "400")] {
            let done = bulk(&scim, json!([{"method": "POST", "path": path, "bulkId": "x", "data": nested}]), None).await;
            assert_eq!(statuses(&done), [status], "{path}");
        }
        for (path, status) in [(format!("/Users/{foreign}"), "404"), ("/Users/bulkId:nobody".into(), "400"), (format!("/Groups/{own}"), "404"), (format!("/Users/{own}%00"), "404"), (format!("/Users/{own}/x"), "400"), (format!("/Users/{own}?x=1"), "404"), ("/Users/.".into(), "404"), (format!("/Users/bulkId:{own}"), "400")] {
            assert_eq!(statuses(&bulk(&scim, json!([{"method": "DELETE", "path": path}]), None).await), [status], "{path}");
        }
        let own_made = bulk(&scim, json!([make_user("m"), {"method": "PUT", "path": "/Users/bulkId:m", "data": {"userName": "renamed"}}, {"method": "DELETE", "path": "/Users/bulkId:m"}]), Some(1)).await;
        assert_eq!(statuses(&own_made), ["201", "200", "204"]);
        assert_eq!(scim.get("/Users").await.all("userName"), ["own"]);
        let reader = bridge.client(&bridge.token(&ours, Scope::Read, Dialect::Compat).await);
        reader.post("/Bulk", nested).await.expect_error(403, None);
    }

    async fn a_request_beyond_the_limits_is_refused_whole(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let many: Vec<Value> = (0..1001).map(|i| make_user(&format!("u{i}"))).collect();
        scim.post("/Bulk", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": many})).await.expect_error(413, None);
        scim.post("/Bulk", json!({"Operations": []})).await.expect_error(400, Some("invalidSyntax"));
        assert_eq!(scim.get("/Users").await.json["totalResults"], 0);
    }
}
