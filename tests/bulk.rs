//! Bulk requests (RFC 7644 §3.7): references in any order and in circles, failures one by one.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::support::{Scim, on_both};

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

    async fn groups_in_a_circle_become_members_of_each_other(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let done = bulk(&scim, json!([make_group("a", &["b"]), make_group("b", &["c"]), make_group("c", &["a"])]), None).await;
        assert_eq!(statuses(&done), ["201", "201", "201"]);
        for one in scim.get("/Groups").await.json["Resources"].as_array().unwrap() {
            assert_eq!(one["members"].as_array().map(Vec::len), Some(1), "{one}");
        }
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
