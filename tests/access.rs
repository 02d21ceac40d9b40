//! Who may do what: matrices over every endpoint, generated from the table that the router is built from.

use aisoule_bridge::command::credentials::RevokeToken;
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::http::scim::ENDPOINTS;
use aisoule_bridge::ids::TokenId;
use aisoule_bridge::store::tokens;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
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
        let mistyped = format!("{}{}", &good[..good.len() - 1], if good.ends_with('x') { 'y' } else { 'x' });
        let headers = [String::new(), good.clone(), format!("Basic {good}"), format!("Bearer {good} x"), format!("Bearer {revoked}"),
            format!("Bearer {expired}"), format!("Bearer {mistyped}"), format!("Bearer {}", "a".repeat(4000)), "Bearer a.b.c".to_owned(),
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.".to_owned(), format!("Token {good}")];
        for (method, path, _) in matrix("01a20c03-4d7e-7016-a0ea-6f6854c049cf").into_iter().chain([("GET".into(), "/Nothing".into(), Scope::Read), ("GET".into(), "/".into(), Scope::Read), ("GET".into(), "//Users".into(), Scope::Read), ("TRACE".into(), "/Users".into(), Scope::Read)]) {
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

/// A token's checksum, so that a guess is looked up and not refused for its spelling.
fn with_checksum(body: &str) -> String {
    let mut number = crc32fast::hash(body.as_bytes());
    let mut sum = [b'0'; 6];
    for digit in sum.iter_mut().rev() {
        *digit = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(number % 62) as usize];
        number /= 62;
    }
    format!("aisb_{body}{}", std::str::from_utf8(&sum).unwrap())
}

/// Welch's t of two samples, the slowest tenth of each left out.
fn welch(mut samples: [Vec<f64>; 2]) -> f64 {
    let [(mean_a, part_a), (mean_b, part_b)] = [0, 1].map(|i| {
        let sample = &mut samples[i];
        sample.sort_by(f64::total_cmp);
        sample.truncate(sample.len() * 9 / 10);
        let count = f64::from(u32::try_from(sample.len()).unwrap());
        let mean = sample.iter().sum::<f64>() / count;
        let variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    });
    (mean_a - mean_b) / (part_a + part_b).sqrt()
}

on_both! {
    // Row C06.
    async fn a_token_is_kept_as_a_hash_alone_and_two_of_them_live_side_by_side(db) {
        let (on, url) = (db.on, db.url.clone());
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let (old, new) = (bridge.token(&workspace, Scope::Write, Dialect::Compat).await, bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        assert!(old.starts_with("aisb_") && old.len() == 54, "a scanner for leaked secrets finds it, and 256 bits are in it");
        let mistyped = old.replacen(|c: char| c.is_ascii_digit(), "z", 1);
        assert!(!aisoule_bridge::secret::is_well_formed(&mistyped) && aisoule_bridge::secret::is_well_formed(&old));
        // Rotation: both are good until the old one is withdrawn.
        for token in [&old, &new, &old] {
            bridge.client(token).get("/Users").await.expect(200);
        }
        let rows = { let mut conn = bridge.app.store.read().await.unwrap(); tokens::list(&mut conn, workspace.id).await.unwrap() };
        assert_eq!(rows.len(), 2);
        let first = rows.iter().find(|row| old.starts_with(&row.hint)).unwrap();
        assert!(first.hint.len() == 9);
        bridge.app.commands.execute(&Actor::operator(), RevokeToken { workspace: workspace.id, id: TokenId(first.id) }).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        bridge.client(&old).get("/Users").await.expect_error(401, None);
        bridge.client(&new).get("/Users").await.expect(200);
        let used = { let mut conn = bridge.app.store.read().await.unwrap(); tokens::list(&mut conn, workspace.id).await.unwrap() };
        assert!(used.iter().all(|row| row.last_used_at.is_some()));
        // Nothing of a token but its hint stands anywhere in the database, in the request log and the audit log neither.
        bridge.app.journal.flush().await;
        let dump = crate::support::many::dump(&bridge, on, &url).await;
        for token in [&old, &new] {
            let hash: String = aisoule_bridge::secret::hash(token).iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(dump.to_ascii_lowercase().contains(&hash), "the hash is what is kept");
            assert!(!dump.contains(&token[9..]) && !dump.contains(&token[5..25]));
        }
    }

    // Row C07.
    async fn a_guess_that_begins_like_a_token_takes_as_long_as_any_other(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let token = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
        bridge.client(&token).get("/Users").await.expect(200);
        let body = &token[5..48];
        assert_eq!(with_checksum(body), token);
        let near = with_checksum(&format!("{}{}", &body[..42], if body.ends_with('A') { 'B' } else { 'A' }));
        let far = with_checksum(&body.chars().rev().collect::<String>());
        let guesses = [near, far].map(|guess| HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {guess}").parse().unwrap())]));
        let mut smallest = f64::MAX;
        // A busy machine has its moments; a real difference is there every time.
        for _ in 0..5 {
            let mut took = [Vec::new(), Vec::new()];
            for i in 0..3_000 {
                for which in if i % 2 == 0 { [0, 1] } else { [1, 0] } {
                    let started = std::time::Instant::now();
                    assert!(bridge.app.gate.admit(&guesses[which]).await.is_err());
                    took[which].push(started.elapsed().as_secs_f64());
                }
            }
            smallest = smallest.min(welch(took).abs());
            if smallest < 2.58 {
                break;
            }
        }
        assert!(smallest < 2.58, "t = {smallest}");
    }

    // Rows C09 and C10.
    async fn what_a_provider_may_not_write_is_ignored_or_refused_and_never_written(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 50, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let aisoule = "urn:aisoule:params:scim:schemas:extension:1.0:User";
        let group = scim.group("Admins", &[]).await;
        let forged = |name: &str| json!({
            "userName": name, "id": "00000000-0000-7000-8000-000000000000", "meta": {"created": "2001-01-01T00:00:00Z", "version": "W/\"99\"", "location": "https://evil"}, "groups": [{"value": group}], "isAdmin": true, "admin": true, "role": "Admin", "role_id": "x",
            "tenant_id": "x", "workspace_id": "x", "workspaceId": "x", "password_hash": "$argon2id$x", "passwordHash": "x", "emailVerified": true, "protected": true, "standing": "active", "version": 99, "deleted_at": null, "__proto__": {"isAdmin": true},
            "urn:example:unknown:1.0:User": {"isAdmin": true}, aisoule: {"role": "Admin", "roleSource": "manual", "seat": "overage", "waitingSince": "2001-01-01T00:00:00Z"}, format!("{aisoule}:role"): "Admin", "urn:ietf:params:scim:schemas:core:2.0:User:groups": [{"value": group}],
        });
        let made = scim.post("/Users", forged("m")).await.expect(201);
        let path = format!("/Users/{}", made.id());
        let check = |user: &Value| {
            let mut members: Vec<&String> = user.as_object().unwrap().keys().collect();
            members.sort();
            assert_eq!(members, ["active", "id", "meta", "schemas", aisoule, "userName"]);
            assert_eq!(user[aisoule], json!({"role": "Agent", "roleSource": "default", "seat": "active"}));
            assert!(user["meta"]["created"].as_str().unwrap() > "2020" && user["id"] == made.id().as_str());
        };
        check(&made.json);
        check(&scim.put(&path, forged("m")).await.expect(200).json);
        check(&scim.patch(&path, json!([{"op": "replace", "value": forged("m")}])).await.expect(200).json);
        check(&scim.patch(&path, json!([{"op": "add", "value": forged("m")}])).await.expect(200).json);
        for (name, scim_type) in [("id", "mutability"), ("meta", "mutability"), ("meta.version", "mutability"), ("schemas", "mutability"), ("groups", "mutability"), ("groups.value", "mutability"), ("isAdmin", "invalidPath"), ("password_hash", "invalidPath"), ("workspace_id", "invalidPath"), ("protected", "invalidPath"), ("role", "invalidPath"),
            ("urn:example:unknown:1.0:User:isAdmin", "invalidPath")] {
            for op in ["add", "replace", "remove"] {
                scim.patch(&path, json!([{"op": op, "path": name, "value": "x"}])).await.expect_error(400, Some(scim_type));
            }
        }
        for name in [aisoule.to_owned(), format!("{aisoule}:role"), format!("{aisoule}:seat"), "groups[value pr]".into()] {
            scim.patch(&path, json!([{"op": "replace", "path": name, "value": "Admin"}])).await.expect_error(400, Some("mutability"));
        }
        check(&scim.get(&path).await.json);
        assert!(scim.get(&format!("/Groups/{group}")).await.json.get("members").is_none());
        let forged = scim.post("/Groups", json!({"displayName": "g", "id": "x", "meta": {"version": "W/\"9\""}, "member_count": 99, "workspace_id": "x", "role": "Admin"})).await.expect(201).json;
        assert_eq!((&forged["meta"]["version"], forged.get("role"), forged.get("members")), (&json!("W/\"1\""), None, None));
        // Rows C12 and C13: nor can what is hidden be found out by asking whether it begins like this.
        scim.put(&path, json!({"userName": "m", "password": "hunter2-canary"})).await.expect(200);
        for filter in ["password pr", "password sw \"$argon2\"", "not (password sw \"$argon2\")", "userName pr and password co \"a\"", "emails[password pr]", "has_password eq true", "workspace_id pr", "role_id pr", "token.hash sw \"a\"", "users.password_hash pr", "`password` pr", "\"password\" pr", "password_hash\u{ff0e}x pr"] {
            scim.find("/Users", filter, "").await.expect_error(400, Some("invalidFilter"));
        }
        bridge.workspace("Other", 5, SeatPolicy::Reject).await;
        for (filter, total) in [("roles.value pr", 0), ("roles[value sw \"A\"] or userName pr", 1), ("userName eq \"m\\\" or 1=1 --\"", 0), ("userName eq \"' OR ''='\"", 0), ("userName sw \"%\"", 0), ("userName co \"_\"", 0)] {
            assert_eq!(scim.find("/Users", filter, "").await.expect(200).json["totalResults"], total, "{filter}");
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
