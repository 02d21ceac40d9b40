//! What the service says of itself, and `/Me`.

use aisoule_bridge::command::workspaces::UpdateWorkspace;
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::json;

use crate::support::on_both;

on_both! {
    async fn the_service_says_what_it_can_do(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let config = scim.get("/ServiceProviderConfig").await.expect(200).json;
        for feature in ["patch", "bulk", "filter", "sort", "etag", "changePassword"] {
            assert_eq!(config[feature]["supported"], true, "{feature}");
        }
        assert_eq!(config.get("documentationUri"), None);
        assert_eq!((&config["pagination"]["cursor"], &config["pagination"]["index"]), (&json!(true), &json!(true)));
        let schemas = scim.get("/Schemas").await.expect(200);
        assert_eq!(schemas.json["totalResults"], 7);
        for id in schemas.all("id") {
            assert_eq!(scim.get(&format!("/Schemas/{id}")).await.expect(200).json["id"], id);
        }
        for name in scim.get("/ResourceTypes").await.expect(200).all("name") {
            let one = scim.get(&format!("/ResourceTypes/{name}")).await.expect(200).json;
            assert_eq!(one["meta"]["location"], scim.url(&format!("/ResourceTypes/{name}")));
        }
        scim.get("/Schemas/urn:nothing").await.expect_error(404, None);
        for path in ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"] {
            scim.find(path, "id pr", "").await.expect_error(403, None);
        }
    }

    // Row C42.
    async fn what_describes_the_service_is_read_and_not_written_or_searched(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for path in ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "/ResourceTypes/User"] {
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                assert_eq!(scim.send(method, &scim.url(path), b"{}".to_vec()).await.expect_error(405, None).header("allow"), Some("GET"), "{method} {path}");
            }
            for parameter in ["filter=id%20pr", "Filter=x", "filter="] {
                scim.get(&format!("{path}?{parameter}")).await.expect_error(403, None);
            }
            scim.post(&format!("{path}/.search"), json!({"filter": "id pr"})).await.expect(if path.matches('/').count() == 1 && path != "/ServiceProviderConfig" { 405 } else { 404 });
            let head = scim.send("HEAD", &scim.url(path), Vec::new()).await.expect(200);
            assert!(head.bytes.is_empty());
        }
        for (method, path, allowed) in [("PUT", "/Bulk", "POST"), ("GET", "/Users/.search", "POST"), ("DELETE", "/Users", "GET, POST"), ("PATCH", "", "GET"), ("TRACE", "/Users", "GET, POST"), ("OPTIONS", "/Groups", "GET, POST")] {
            let refused = scim.send(method, &scim.url(path), b"{}".to_vec()).await;
            assert_eq!((refused.status, refused.header("allow")), (405, Some(allowed)), "{method} {path}");
        }
    }

    async fn a_workspace_that_refuses_passwords_says_so(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        assert_eq!(scim.get("/ServiceProviderConfig").await.expect(200).json["changePassword"]["supported"], true);
        let set = UpdateWorkspace { id: workspace.id, plan: None, seats: None, seat_policy: None, scim_passwords: Some(false), audit_days: None };
        bridge.app.commands.execute(&Actor::operator(), set).await.unwrap();
        assert_eq!(scim.get("/ServiceProviderConfig").await.expect(200).json["changePassword"]["supported"], false);
    }

    async fn me_is_whom_the_token_acts_for(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let provider = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        for answer in [provider.get("/Me").await, provider.post("/Me", json!({})).await, provider.delete("/Me").await] {
            answer.expect_error(501, None);
        }
        let user = bridge.user(&workspace, "me@acme.example", "agent", false).await;
        let me = bridge.client(&bridge.token_until(&workspace, Scope::Write, Dialect::Compat, None, Some(user.id)).await);
        assert_eq!(me.get("/Me").await.expect(200).json["userName"], "me@acme.example");
        assert_eq!(me.patch("/Me", json!([{"op": "add", "path": "title", "value": "x"}])).await.expect(200).json["title"], "x");
        provider.patch(&format!("/Users/{}", user.id), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
        me.get("/Me").await.expect_error(401, None);
    }

    async fn health_is_told_without_a_token(db) {
        let bridge = db.bridge().await;
        let anybody = bridge.client("");
        for path in ["/livez", "/readyz"] {
            anybody.send("GET", &format!("http://{}{path}", bridge.address), Vec::new()).await.expect(200);
        }
        anybody.send("GET", &format!("http://{}/nothing", bridge.address), Vec::new()).await.expect(404);
    }
}
