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

/// Everything of an answer but what names the request: status, headers, body, the id that was asked for taken out.
fn told(answer: &crate::support::Answer, id: &str) -> (u16, Vec<(String, String)>, String) {
    let headers =
        answer.headers.iter().filter(|(name, _)| !["x-request-id", "date", "content-length"].contains(&name.as_str()));
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (answer.status, headers, String::from_utf8_lossy(&answer.bytes).replace(id, "ID"))
}

on_both! {
    // Row C01.
    async fn nobody_comes_in_without_a_living_token(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let good = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
        let revoked = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
        let id = only_token(&bridge, workspace.id).await;
        bridge.app.commands.execute(&Actor::operator(), RevokeToken { workspace: workspace.id, id }).await.unwrap();
        let expired = bridge.token_until(&workspace, Scope::Write, Dialect::Compat, Some(TimeDelta::seconds(-1)), None).await;
        let mistyped = format!("{}x", &good[..good.len() - 1]);
        let headers = ["".to_owned(), good.clone(), format!("Basic {good}"), format!("Bearer {good} x"), format!("Bearer {revoked}"),
            format!("Bearer {expired}"), format!("Bearer {mistyped}"), format!("Bearer {}", "a".repeat(4000)), "Bearer a.b.c".to_owned(),
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.".to_owned(), format!("Token {good}")];
        for (method, path, _) in matrix("01a20c03-4d7e-7016-a0ea-6f6854c049cf").into_iter().chain([("GET".into(), "/Nothing".into(), Scope::Read), ("TRACE".into(), "/Users".into(), Scope::Read)]) {
            for header in &headers {
                // A token that lives counts nowhere but in its header: not in a cookie, another header, the query or twice.
                let stranger = bridge.client("").with("authorization", header).with("cookie", &format!("session={good}; token={good}")).with("x-api-key", &good).with("x-auth-token", &good).with("proxy-authorization", &format!("Bearer {good}"));
                let refused = ask(&stranger, &method, &format!("{path}?access_token={good}")).await.expect_error(401, None);
                assert!(refused.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")), "{method} {path}");
                assert!(!String::from_utf8_lossy(&refused.bytes).contains(&good[..20]));
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

    // Row C05; a token has one of two scopes, and none that is for users or groups alone.
    async fn a_reading_token_writes_nothing(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let reader = bridge.client(&bridge.token(&workspace, Scope::Read, Dialect::Compat).await);
        for (method, path, scope) in matrix("01a20c03-4d7e-7016-a0ea-6f6854c049cf") {
            let answer = ask(&reader, &method, &path).await;
            if scope == Scope::Write {
                answer.expect_error(403, None);
            } else {
                assert!(![401, 403].contains(&answer.status), "{method} {path}");
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

    // Rows C02 and C03.
    async fn a_foreign_id_is_answered_as_one_that_never_was_to_the_byte(db) {
        let bridge = db.bridge().await;
        let (ours, theirs) = (bridge.workspace("Ours", 50, SeatPolicy::Reject).await, bridge.workspace("Theirs", 50, SeatPolicy::Reject).await);
        let owner = bridge.client(&bridge.token(&ours, Scope::Write, Dialect::Compat).await);
        let stranger = bridge.client(&bridge.token(&theirs, Scope::Write, Dialect::Compat).await);
        let (user, own) = (owner.user("a").await, stranger.user("own").await);
        let (group, mine) = (owner.group("g", &[&user]).await, stranger.group("mine", &[]).await);
        let before = (owner.get("").await.bytes, stranger.get("").await.bytes);
        let nowhere = "01a20c03-4d7e-7016-a0ea-6f6854c049cf";
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let answers = async |id: &str| {
            let mut all = Vec::new();
            let patch = |operation: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
            for endpoint in ["/Users", "/Groups"] {
                let path = format!("{endpoint}/{id}");
                all.push(stranger.get(&path).await);
                all.push(stranger.with("if-none-match", "*").get(&format!("{path}?attributes=userName,members")).await);
                all.push(stranger.put(&path, json!({"userName": "x", "displayName": "x"})).await);
                all.push(stranger.send("PATCH", &stranger.url(&path), patch(json!({"op": "remove", "path": "externalId"})).to_string().into()).await);
                all.push(stranger.with("if-match", "W/\"1\"").delete(&path).await);
                all.push(stranger.send("HEAD", &stranger.url(&path), Vec::new()).await);
                for filter in [format!("id eq \"{id}\""), format!("meta.location ew \"{id}\""), format!("not (id ne \"{id}\")")] {
                    all.push(stranger.find(endpoint, &filter, "").await);
                    all.push(stranger.post(&format!("{endpoint}/.search"), json!({"filter": filter})).await);
                    all.push(stranger.post("/.search", json!({"filter": filter})).await);
                }
            }
            for filter in [format!("members eq \"{id}\""), format!("members.$ref ew \"{id}\""), format!("members[value eq \"{id}\" or type pr]")] {
                all.push(stranger.find("/Groups", &filter, "").await);
            }
            for filter in [format!("groups.value eq \"{id}\""), format!("{enterprise}:manager.value eq \"{id}\"")] {
                all.push(stranger.find("/Users", &filter, "").await);
            }
            for member in [json!({"value": id}), json!({"value": id, "type": "Group"}), json!({"$ref": owner.url(&format!("/Users/{id}"))}), json!({"$ref": format!("../Groups/{id}")})] {
                all.push(stranger.post("/Groups", json!({"displayName": "new", "members": [member]})).await);
                all.push(stranger.put(&format!("/Groups/{mine}"), json!({"displayName": "mine", "members": [member]})).await);
                all.push(stranger.patch(&format!("/Groups/{mine}"), json!([{"op": "add", "path": "members", "value": [member]}])).await);
                all.push(stranger.patch(&format!("/Groups/{mine}"), json!([{"op": "replace", "value": {"members": [member]}}])).await);
                all.push(stranger.patch(&format!("/Groups/{mine}"), json!([{"op": "remove", "path": "members", "value": [member]}])).await);
            }
            for manager in [json!({"value": id}), json!(id), json!({"$ref": owner.url(&format!("/Users/{id}"))})] {
                all.push(stranger.post("/Users", json!({"userName": "new", enterprise: {"manager": manager}})).await);
                all.push(stranger.put(&format!("/Users/{own}"), json!({"userName": "own", enterprise: {"manager": manager}})).await);
                all.push(stranger.patch(&format!("/Users/{own}"), json!([{"op": "add", "path": format!("{enterprise}:manager"), "value": manager}])).await);
            }
            for (method, path, data) in [("PUT", format!("/Users/{id}"), json!({"userName": "x"})), ("PATCH", format!("/Groups/{id}"), patch(json!({"op": "remove", "path": "members"}))), ("DELETE", format!("/Users/{id}"), Value::Null), ("DELETE", format!("/Groups/{id}"), Value::Null),
                ("PATCH", format!("/Groups/{mine}"), patch(json!({"op": "add", "path": "members", "value": [{"value": id}]})))] {
                all.push(stranger.post("/Bulk", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [{"method": method, "path": path, "data": data}]})).await);
            }
            all
        };
        let never = answers(nowhere).await;
        for id in [&user, &group] {
            for (i, (foreign, never)) in answers(id).await.iter().zip(&never).enumerate() {
                assert_eq!(told(foreign, id), told(never, nowhere), "answer {i}");
            }
        }
        assert_eq!((owner.get("").await.bytes, stranger.get("").await.bytes), before);
        // The time that it takes tells nothing either.
        let mut took = [Vec::new(), Vec::new()];
        for _ in 0..300 {
            for (times, id) in took.iter_mut().zip([user.as_str(), nowhere]) {
                let started = std::time::Instant::now();
                stranger.get(&format!("/Users/{id}")).await;
                times.push(started.elapsed().as_nanos());
            }
        }
        let [foreign, never] = took.map(|mut times| { times.sort_unstable(); times[times.len() / 2] });
        assert!(foreign < never * 3 / 2 && never < foreign * 3 / 2, "{foreign} ns and {never} ns");
    }

    // Row C04.
    async fn the_id_in_the_path_is_the_only_one_that_counts(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (a, b) = (scim.user("a").await, scim.user("b").await);
        let (g, h) = (scim.group("g", &[&a]).await, scim.group("h", &[&b]).await);
        let untouched = async || (scim.get(&format!("/Users/{b}")).await.bytes, scim.get(&format!("/Groups/{h}")).await.bytes);
        let before = untouched().await;
        let put = scim.put(&format!("/Users/{a}?id={b}"), json!({"id": b, "userName": "a", "title": "1", "meta": {"location": scim.url(&format!("/Users/{b}"))}})).await.expect(200).json;
        assert_eq!((&put["id"], &put["title"]), (&json!(a), &json!("1")));
        let patched = scim.patch(&format!("/Users/{a}?id={b}"), json!([{"op": "replace", "value": {"id": b, "title": "2"}}])).await.expect(200).json;
        assert_eq!((&patched["id"], &patched["title"]), (&json!(a), &json!("2")));
        scim.patch(&format!("/Users/{a}"), json!([{"op": "replace", "path": "id", "value": b}])).await.expect_error(400, Some("mutability"));
        let made = scim.post("/Users", json!({"id": b, "userName": "c"})).await.expect(201).id();
        assert!(made != b && made != a);
        let put = scim.put(&format!("/Groups/{g}"), json!({"id": h, "displayName": "g", "members": []})).await.expect(200).json;
        assert_eq!((&put["id"], put.get("members")), (&json!(g), None));
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
            {"method": "PUT", "path": format!("/Users/{a}"), "id": b, "bulkId": b, "data": {"id": b, "userName": "a", "title": "3"}}, {"method": "DELETE", "path": format!("/Groups/{g}"), "data": {"id": h}}]});
        assert_eq!(scim.post("/Bulk", bulk).await.expect(200).json["Operations"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect::<Vec<_>>(), ["200", "204"]);
        assert_eq!(scim.get(&format!("/Users/{a}")).await.json["title"], "3");
        assert_eq!(untouched().await, before);
    }

    // Rows C46 and "429 with Retry-After per token".
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
        for path in ["/Nothing", "/users", "/Users/", "//Users", "/Users/..%2fGroups", "/Users/%00", "/Users/a/b", "/Users;x=1", "/", "/Users/.search/x"] {
            ask(&scim, "GET", path).await.expect_error(404, None);
        }
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
