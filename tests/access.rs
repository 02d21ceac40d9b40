//! Who may do what: matrices over every endpoint, generated from the table that the router is built from.

use aisoule_bridge::command::credentials::RevokeToken;
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::http::scim::ENDPOINTS;
use aisoule_bridge::ids::TokenId;
use aisoule_bridge::store::tokens;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Bridge, Scim, on_both};

/// Every method and path, with an id in the place of `{id}`.
fn matrix(id: &str) -> Vec<(String, String, Scope)> {
    ENDPOINTS.iter().map(|one| (one.method.to_string(), one.path.replace("{id}", id), one.scope)).collect()
}

async fn ask(scim: &Scim, method: &str, path: &str) -> crate::support::Answer {
    scim.send(method, &scim.url(path), b"{}".to_vec()).await
}

async fn only_token(bridge: &Bridge, workspace: aisoule_bridge::ids::WorkspaceId) -> TokenId {
    let mut conn = bridge.app.store.read().await.unwrap();
    TokenId(tokens::list(&mut conn, workspace).await.unwrap().last().unwrap().id)
}

on_both! {
    async fn nobody_comes_in_without_a_living_token(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let good = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
        let revoked = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
        let id = only_token(&bridge, workspace.id).await;
        bridge.app.commands.execute(&Actor::operator(), RevokeToken { workspace: workspace.id, id }).await.unwrap();
        let expired = bridge.token_until(&workspace, Scope::Write, Dialect::Compat, Some(TimeDelta::seconds(-1)), None).await;
        let mistyped = format!("{}{}", &good[..good.len() - 1], if good.ends_with('x') { 'y' } else { 'x' });
        let headers = [String::new(), good.clone(), format!("Basic {good}"), format!("Bearer {good} x"), format!("Bearer {revoked}"),
            format!("Bearer {expired}"), format!("Bearer {mistyped}"), format!("Bearer {}", "a".repeat(4000)), "Bearer a.b.c".to_owned(),
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.".to_owned(), format!("Token {good}")];
        for (method, path, _) in matrix("01a20c03-4d7e-7016-a0ea-6f6854c049cf").into_iter().chain([("GET".into(), "/Nothing".into(), Scope::Read), ("GET".into(), "/".into(), Scope::Read), ("GET".into(), "//Users".into(), Scope::Read), ("TRACE".into(), "/Users".into(), Scope::Read)]) {
            for header in &headers {
                let stranger = bridge.client("").with("authorization", header).with("cookie", "session=x").with("x-api-key", "x");
                let refused = ask(&stranger, &method, &path).await.expect_error(401, None);
                assert!(refused.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")), "{method} {path}");
            }
        }
    }

    async fn a_revoked_token_dies_within_a_second_and_says_why(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        scim.get("/Users").await.expect(200);
        let id = only_token(&bridge, workspace.id).await;
        bridge.app.commands.execute(&Actor::operator(), RevokeToken { workspace: workspace.id, id }).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
        let refused = scim.get("/Users").await.expect_error(401, None);
        assert!(refused.json["detail"].as_str().unwrap().contains("revoked"));
        let short = bridge.client(&bridge.token_until(&workspace, Scope::Write, Dialect::Compat, Some(TimeDelta::hours(1)), None).await);
        short.get("/Users").await.expect(200);
        bridge.later(TimeDelta::hours(2));
        assert!(short.get("/Users").await.expect_error(401, None).json["detail"].as_str().unwrap().contains("expired"));
    }

    async fn a_reading_token_writes_nothing(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let reader = bridge.client(&bridge.token(&workspace, Scope::Read, Dialect::Compat).await);
        for (method, path, scope) in matrix("01a20c03-4d7e-7016-a0ea-6f6854c049cf") {
            let answer = ask(&reader, &method, &path).await;
            if scope == Scope::Write {
                answer.expect_error(403, None);
            } else {
                assert_ne!((answer.status, answer.status), (401, 403), "{method} {path}");
            }
        }
        assert_eq!(bridge.counters(&workspace).await, (0, 0, 0, 0));
    }

    async fn another_workspace_is_no_different_from_nowhere(db) {
        let bridge = db.bridge().await;
        let (ours, theirs) = (bridge.workspace("Ours", 50, SeatPolicy::Reject).await, bridge.workspace("Theirs", 50, SeatPolicy::Reject).await);
        let owner = bridge.client(&bridge.token(&ours, Scope::Write, Dialect::Compat).await);
        let stranger = bridge.client(&bridge.token(&theirs, Scope::Write, Dialect::Compat).await);
        let user = owner.post("/Users", json!({"userName": "a", "externalId": "1", "emails": [{"value": "a@b"}]})).await.expect(201).id();
        let group = owner.group("g", &[&user]).await;
        let before = (owner.get(&format!("/Users/{user}")).await.json, owner.get(&format!("/Groups/{group}")).await.json);
        let nowhere = "01a20c03-4d7e-7016-a0ea-6f6854c049cf";
        let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "value": {"displayName": "x"}}]});
        for (method, path, _) in matrix("{id}").into_iter().filter(|(_, path, _)| path.contains("{id}")) {
            let body = if method == "PATCH" { patch.clone() } else { json!({"userName": "x", "displayName": "x"}) };
            for id in [&user, &group] {
                let asked = |id: &str| stranger.url(&path.replace("{id}", id));
                let theirs = stranger.send(&method, &asked(id), body.to_string().into_bytes()).await;
                let never = stranger.send(&method, &asked(nowhere), body.to_string().into_bytes()).await;
                assert_eq!((theirs.status, &theirs.bytes), (404, &never.bytes), "{method} {path}");
            }
        }
        for filter in [format!("id eq \"{user}\""), "userName eq \"a\"".into(), "externalId eq \"1\"".into(), "emails.value eq \"a@b\"".into(), format!("groups.value eq \"{group}\"")] {
            assert_eq!(stranger.find("/Users", &filter, "").await.expect(200).json["totalResults"], 0, "{filter}");
        }
        assert_eq!(stranger.find("/Groups", &format!("members eq \"{user}\""), "").await.json["totalResults"], 0);
        let body = |id: &str| json!({"displayName": "mine", "members": [{"value": id}]});
        let (foreign, never) = (stranger.post("/Groups", body(&user)).await, stranger.post("/Groups", body(nowhere)).await);
        assert_eq!((foreign.status, foreign.json.to_string().replace(&user, "")), (400, never.json.to_string().replace(nowhere, "")));
        let mine = stranger.group("mine", &[]).await;
        let add = json!([{"op": "add", "path": "members", "value": [{"value": user}]}]);
        stranger.patch(&format!("/Groups/{mine}"), add).await.expect_error(400, Some("invalidValue"));
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
            {"method": "DELETE", "path": format!("/Users/{user}")}, {"method": "PATCH", "path": format!("/Groups/{group}"), "data": patch}]});
        let done = stranger.post("/Bulk", bulk).await.expect(200).json;
        assert!(done["Operations"].as_array().unwrap().iter().all(|one| one["status"] == "404"), "{done}");
        assert_eq!((owner.get(&format!("/Users/{user}")).await.json, owner.get(&format!("/Groups/{group}")).await.json), before);
        assert_eq!(stranger.get("/Groups").await.all("displayName"), ["mine"]);
        stranger.post("/Users", json!({"userName": "a", "externalId": "1", "emails": [{"value": "a@b"}]})).await.expect(201);
    }

    async fn one_credential_that_asks_too_often_is_told_when_to_come_back(db) {
        let mut settings = db.settings();
        (settings.limits.requests_per_second, settings.limits.burst) = (1, 5);
        let bridge = db.bridge_with(settings).await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let (busy, calm) = (bridge.client(&bridge.token(&workspace, Scope::Read, Dialect::Compat).await), bridge.client(&bridge.token(&workspace, Scope::Read, Dialect::Compat).await));
        let mut refused = Vec::new();
        for _ in 0..8 {
            let answer = busy.get("/Users").await;
            if answer.status != 200 {
                refused.push(answer.expect_error(429, None));
            }
        }
        assert!((2..=3).contains(&refused.len()), "{}", refused.len());
        assert!(refused.iter().all(|answer| answer.header("retry-after") == Some("1")));
        calm.get("/Users").await.expect(200);
    }

    async fn bodies_methods_and_paths_are_taken_at_their_word(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let body = json!({"userName": "x"});
        for bad in ["text/plain", "application/xml", "application/json; charset=utf-16", "multipart/form-data"] {
            scim.with("content-type", bad).post("/Users", body.clone()).await.expect_error(415, None);
        }
        scim.with("content-type", "").post("/Users", body.clone()).await.expect_error(415, None);
        scim.with("content-encoding", "gzip").post("/Users", body.clone()).await.expect_error(415, None);
        scim.with("content-type", "application/json").post("/Users", body).await.expect(201);
        for (method, path, allowed) in [("PUT", "/Users", "GET, POST"), ("POST", "/Schemas", "GET"), ("DELETE", "/ServiceProviderConfig", "GET"), ("GET", "/Bulk", "POST")] {
            let refused = ask(&scim, method, path).await.expect_error(405, None);
            assert_eq!(refused.header("allow"), Some(allowed));
        }
        for path in ["/Nothing", "/users", "/Users/", "//Users", "/Users/..%2fGroups", "/Users/%00", "/Users/a/b", "/Users;x=1", "/Users/.search/x", "//"] {
            ask(&scim, "GET", path).await.expect_error(404, None);
        }
        assert_eq!(ask(&scim, "GET", "/").await.expect(200).json, ask(&scim, "GET", "").await.expect(200).json);
        ask(&scim, "POST", "/").await.expect_error(405, None);
        let doubled = ask(&scim, "GET", "//Users").await.expect_error(404, None);
        assert!(doubled.json["detail"].as_str().unwrap().contains("take the slash off the end of the base URL"));
        let overridden = scim.with("x-http-method-override", "DELETE").get("/Users").await.expect(200);
        assert_eq!(overridden.json["totalResults"], 1);
        for answer in [scim.get("/Users").await, scim.get("/Nothing").await] {
            assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 36));
            assert_eq!((answer.header("x-content-type-options"), answer.header("cache-control")), (Some("nosniff"), Some("no-store")));
        }
        let head = scim.send("HEAD", &scim.url("/Users"), Vec::new()).await.expect(200);
        assert!(head.bytes.is_empty());
    }

    async fn an_external_id_is_never_taken_for_an_id(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let victim = scim.user("victim").await;
        for external_id in ["1", "admin", "me", ".search", victim.as_str()] {
            let made = scim.post("/Users", json!({"userName": format!("u-{external_id}"), "externalId": external_id})).await.expect(201);
            assert_ne!(made.id(), external_id);
            if external_id == victim {
                assert_eq!(scim.get(&format!("/Users/{external_id}")).await.json["userName"], "victim");
            } else {
                assert_ne!(scim.get(&format!("/Users/{external_id}")).await.status, 200);
            }
        }
    }
}

#[test]
fn the_table_of_endpoints_is_the_one_that_was_reviewed() {
    let table: Vec<String> =
        ENDPOINTS.iter().map(|one| format!("{} {} {}", one.method, one.path, one.scope.name())).collect();
    let reviewed: Value = serde_json::from_str(include_str!("endpoints.json")).unwrap();
    assert_eq!(json!(table), reviewed, "a new endpoint is tested once it is listed in tests/endpoints.json");
}
