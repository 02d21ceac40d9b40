//! Requests that mean harm or are broken: bodies, strings, paths; what is answered, and what is not said.

use std::time::{Duration, Instant};

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::scim::Profile;
use aisoule_bridge::scim::patch::Patch;
use aisoule_bridge::scim::schema::ResourceType;
use aisoule_bridge::store::{audit, outbox};
use serde_json::{Value, json};

use crate::support::many::Raw;
use crate::support::program::Program;
use crate::support::{Scim, on_both, wire};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn send(scim: &Scim, method: &str, path: &str, body: impl Into<Vec<u8>>) -> crate::support::Answer {
    scim.send(method, &scim.url(path), body.into()).await
}

on_both! {
    // Row C28.
    async fn a_body_that_is_not_plain_json_is_refused_at_every_door(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (user, group) = (scim.user("there").await, scim.group("g", &[]).await);
        let nested = |depth: usize| format!("{{\"userName\":\"u\",\"x\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        let utf16: Vec<u8> = "{\"userName\":\"u\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bodies: Vec<(&str, Vec<u8>)> = vec![
            ("empty", b"".to_vec()), ("cut", b"{\"userName\":".to_vec()), ("depth 33", nested(33).into()), ("depth 129", nested(129).into()),
            ("endless", "[".repeat(1_000_000).into()), ("objects", "{\"a\":".repeat(100_000).into()),
            ("active twice", br#"{"userName":"u","active":true,"active":false}"#.to_vec()), ("ACTIVE and active", br#"{"userName":"u","ACTIVE":true,"active":false}"#.to_vec()),
            ("twice inside", br#"{"userName":"u","name":{"givenName":"a","GivenName":"b"}}"#.to_vec()), ("twice by escape", br#"{"userName":"u","active":true,"\u0061ctive":false}"#.to_vec()),
            ("lone surrogate", br#"{"userName":"\ud800"}"#.to_vec()), ("surrogates turned round", br#"{"userName":"\udc00\ud800"}"#.to_vec()), ("not UTF-8", b"{\"userName\":\"\xff\"}".to_vec()),
            ("byte order mark", b"\xef\xbb\xbf{\"userName\":\"u\"}".to_vec()), ("UTF-16", utf16), ("NaN", br#"{"userName":"u","x":NaN}"#.to_vec()), ("Infinity", br#"{"userName":"u","x":-Infinity}"#.to_vec()),
            ("1e400", br#"{"userName":"u","x":1e400}"#.to_vec()), ("trailing garbage", br#"{"userName":"u"} x"#.to_vec()), ("two bodies", br#"{"userName":"u"}{"userName":"v"}"#.to_vec()),
            ("comment", b"{\"userName\":\"u\"/**/}".to_vec()), ("trailing comma", br#"{"userName":"u",}"#.to_vec()), ("single quotes", b"{'userName':'u'}".to_vec()), ("a raw control character", b"{\"userName\":\"a\nb\"}".to_vec()),
        ];
        let doors = [("POST", "/Users".to_owned()), ("PUT", format!("/Users/{user}")), ("PATCH", format!("/Users/{user}")), ("POST", "/Groups".into()), ("PATCH", format!("/Groups/{group}")), ("POST", "/Users/.search".into()), ("POST", "/.search".into()), ("POST", "/Bulk".into())];
        let before = scim.get("").await.expect(200).bytes;
        for (method, path) in &doors {
            for (what, body) in &bodies {
                let refused = send(&scim, method, path, body.clone()).await;
                assert_eq!((refused.status, refused.json["scimType"].as_str()), (400, Some("invalidSyntax")), "{what} to {method} {path}: {}", refused.json);
            }
        }
        // A string of 10 MB is refused by its size, before it is read.
        let head = format!("POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: application/json\r\ncontent-length: 10000013\r\n\r\n{{\"userName\":\"", scim.authorization());
        let heard = wire::send(bridge.address, &head, &[b'a'; 100_000], 100).await;
        assert!(heard.starts_with("HTTP/1.1 413") && heard.contains("\"status\":\"413\"") && heard.to_ascii_lowercase().contains("connection: close"), "{heard}");
        assert_eq!(scim.get("").await.bytes, before);
    }

    // Row C29.
    async fn the_character_nul_is_refused_wherever_it_stands(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (user, group) = (scim.user("there").await, scim.group("g", &[]).await);
        let before = scim.get("").await.bytes;
        for body in [json!({"userName": "a\0b"}), json!({"userName": "u", "title": "\0"}), json!({"userName": "u", "externalId": "\0"}), json!({"userName": "u", "emails": [{"value": "a\0@b"}]}), json!({"userName": "u", "unknown\0": 1}),
            json!({"userName": "u", "unknown": {"deep": ["\0"]}}), json!({"userName": "u", ENTERPRISE: {"department": "\0"}}), json!({"userName": "u", "password": "a\0b"}), json!({"userName": "u", "photos": [{"value": "https://x/\0"}]})] {
            for (method, path) in [("POST", "/Users".to_owned()), ("PUT", format!("/Users/{user}"))] {
                send(&scim, method, &path, body.to_string()).await.expect_error(400, Some("invalidValue"));
            }
        }
        scim.post("/Groups", json!({"displayName": "a\0"})).await.expect_error(400, Some("invalidValue"));
        for operation in [json!({"op": "add", "path": "title", "value": "\0"}), json!({"op": "add", "path": "title\0", "value": "x"}), json!({"op": "add", "value": {"title": "\0"}}), json!({"op": "add", "path": "emails[type eq \"\0\"].value", "value": "x"}), json!({"op": "add\0", "path": "title", "value": "x"})] {
            scim.patch(&format!("/Users/{user}"), json!([operation])).await.expect_error(400, Some("invalidValue"));
        }
        scim.patch(&format!("/Groups/{group}"), json!([{"op": "add", "path": "members", "value": [{"value": "\0"}]}])).await.expect_error(400, Some("invalidValue"));
        scim.post("/Users/.search", json!({"filter": "userName eq \"\0\""})).await.expect_error(400, Some("invalidValue"));
        for (path, scim_type) in [("/Users?filter=userName%20eq%20%22%00%22", "invalidValue"), ("/Users?filter=userName%20eq%20%22%5Cu0000%22", "invalidFilter"), ("/Users?sortBy=%00", "invalidValue"), ("/Users?x=%00", "invalidValue"), ("/Users?cursor=%00", "invalidValue")] {
            scim.get(path).await.expect_error(400, Some(scim_type));
        }
        for path in ["/Users/%00", "/Groups/a%00b", "/Schemas/%00"] {
            scim.get(path).await.expect_error(404, None);
        }
        scim.post("/Bulk", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [{"method": "POST", "path": "/Users", "bulkId": "\0", "data": {"userName": "x"}}]})).await.expect_error(400, Some("invalidValue"));
        assert_eq!(scim.get("").await.bytes, before);
    }

    // Row C30; the media types are in access.rs.
    async fn a_body_without_an_end_is_cut_off_and_a_compressed_one_is_not_unpacked(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let head = |more: &str| format!("POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n{more}\r\n\r\n", scim.authorization());
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 65_536], b"\r\n"].concat();
        let started = Instant::now();
        let heard = wire::send(bridge.address, &head("content-type: application/scim+json\r\ntransfer-encoding: chunked"), &chunk, 100_000).await;
        assert!(heard.starts_with("HTTP/1.1 413") && heard.contains("1048576 bytes"), "{heard}");
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        // A refusal that comes before the body is read is heard too.
        for (more, status) in [("content-type: application/scim+json\r\ncontent-encoding: gzip", "415"), ("content-type: text/plain", "415"), ("x: y", "415"), ("content-type: application/json; charset=utf-16", "415")] {
            let heard = wire::send(bridge.address, &head(&format!("{more}\r\ntransfer-encoding: chunked")), &chunk, 1_000).await;
            assert!(heard.starts_with(&format!("HTTP/1.1 {status}")) && heard.contains("\"detail\""), "{more}: {heard}");
        }
        let exactly = format!("{{\"userName\":\"u\",\"x\":\"{}\"}}", "x".repeat(1_048_576 - 23));
        assert_eq!(exactly.len(), 1_048_576);
        send(&scim, "POST", "/Users", exactly.clone()).await.expect(201);
        send(&scim, "POST", "/Users", exactly + " ").await.expect_error(413, None);
        assert_eq!(scim.get("/Users").await.json["totalResults"], 1);
    }

    // Row C27.
    async fn active_is_true_or_false_and_nothing_else(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = format!("/Users/{}", scim.user("u").await);
        let before = scim.get(&path).await.bytes;
        for bad in [json!(null), json!(0), json!(1), json!("yes"), json!(""), json!({}), json!([]), json!("0"), json!([true, false]), json!({"value": true}), json!(1.5)] {
            scim.post("/Users", json!({"userName": "v", "active": bad})).await.expect_error(400, Some("invalidValue"));
            scim.put(&path, json!({"userName": "u", "active": bad})).await.expect_error(400, Some("invalidValue"));
            for op in ["add", "replace"] {
                scim.patch(&path, json!([{"op": op, "path": "active", "value": bad}])).await.expect_error(400, Some("invalidValue"));
                scim.patch(&path, json!([{"op": op, "value": {"active": bad}}])).await.expect_error(400, Some("invalidValue"));
            }
            assert_eq!(scim.get(&path).await.bytes, before, "{bad}");
        }
        assert_eq!(scim.get("/Users").await.json["totalResults"], 1);
    }

    // Row C32.
    async fn values_have_a_greatest_length_and_lists_a_greatest_number(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let name = |length: usize| "n".repeat(length);
        for (body, status) in [
            (json!({"userName": ""}), 400), (json!({"userName": "a"}), 201), (json!({"userName": name(255)}), 201), (json!({"userName": name(256)}), 400), (json!({"userName": name(100_000)}), 400),
            (json!({"userName": "b", "displayName": name(255)}), 201), (json!({"userName": "c", "displayName": name(256)}), 400), (json!({"userName": "c", "title": name(4096)}), 201), (json!({"userName": "d", "title": name(4097)}), 400),
            (json!({"userName": "d", "emails": (0..100).map(|i| json!({"value": format!("e{i}@x")})).collect::<Vec<_>>()}), 201), (json!({"userName": "e", "emails": (0..101).map(|i| json!({"value": format!("f{i}@x")})).collect::<Vec<_>>()}), 400),
            (json!({"userName": "e", "emails": (0..1000).map(|i| json!({"value": format!("f{i}@x")})).collect::<Vec<_>>()}), 400), (json!({"userName": "e", "phoneNumbers": [{"value": name(1024)}]}), 201), (json!({"userName": "f", "phoneNumbers": [{"value": name(1025)}]}), 400),
            (json!({"userName": "f", "photos": [{"value": format!("data:image/png;base64,{}", name(16_000))}]}), 201), (json!({"userName": "g", "photos": [{"value": format!("data:image/png;base64,{}", name(17_000))}]}), 400),
            (json!({"userName": "g", "photos": [{"value": format!("data:image/png;base64,{}", name(2_000_000))}]}), 413), (json!({"userName": "g", "externalId": name(4097)}), 400), (json!({"userName": "g", "password": name(5_000)}), 400),
        ] {
            let answer = scim.post("/Users", body.clone()).await;
            let shown: String = body.to_string().chars().take(80).collect();
            assert_eq!(answer.status, status, "{shown}: {}", answer.json);
        }
        scim.post("/Groups", json!({"displayName": name(255)})).await.expect(201);
        scim.post("/Groups", json!({"displayName": name(256)})).await.expect_error(400, Some("invalidValue"));
    }

    // Row C33.
    async fn elements_are_kept_once_and_only_one_of_them_is_primary(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let user = |emails: Value| json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "u", "emails": emails});
        let two = json!([{"value": "a@x", "primary": true}, {"value": "b@x", "primary": true}]);
        scim.post("/Users", user(two.clone())).await.expect_error(400, Some("invalidValue"));
        let made = scim.post("/Users", user(json!([{"value": "a@x", "type": "work"}, {"value": "a@x", "type": "work", "primary": true}, {"value": "a@x", "type": "home"}, {"type": "other"}, {"value": ""}]))).await.expect(201);
        assert_eq!(made.json["emails"], json!([{"value": "a@x", "type": "work", "primary": true}, {"value": "a@x", "type": "home"}]));
        let path = format!("/Users/{}", made.id());
        scim.put(&path, user(two.clone())).await.expect_error(400, Some("invalidValue"));
        scim.patch(&path, json!([{"op": "replace", "path": "emails", "value": two}])).await.expect_error(400, Some("invalidValue"));
        // Among those that a PATCH adds, the last that says so is primary.
        let patched = scim.patch(&path, json!([{"op": "add", "path": "emails", "value": [{"value": "c@x", "primary": true}]}])).await.expect(200).json;
        let primary: Vec<&Value> = patched["emails"].as_array().unwrap().iter().filter(|email| email["primary"] == true).map(|email| &email["value"]).collect();
        assert_eq!(primary, [&json!("c@x")]);
        let strict = { let workspace = bridge.workspace("Strict", 5, SeatPolicy::Reject).await; bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Interop).await) };
        strict.post("/Users", user(json!([{"type": "work"}]))).await.expect_error(400, Some("invalidValue"));
    }

    // Rows C22 and C23.
    async fn a_patch_that_fails_at_its_end_leaves_no_trace_of_its_beginning(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 50, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let (user, a) = (scim.user("u").await, scim.user("a").await);
        let group = scim.group("g", &[&a]).await;
        let good = json!({"op": "replace", "path": "displayName", "value": "x"});
        let traces = async |id: &str| {
            let mut conn = bridge.app.store.read().await.unwrap();
            (audit::of_subject(&mut conn, workspace.id, id).await.unwrap().len(), outbox::of_subject(&mut conn, workspace.id, id).await.unwrap().len())
        };
        for (path, id, bad, scim_type) in [
            (format!("/Users/{user}"), &user, json!({"op": "replace", "path": "active", "value": "x"}), "invalidValue"),
            (format!("/Users/{user}"), &user, json!({"op": "remove"}), "noTarget"),
            (format!("/Users/{user}"), &user, json!({"op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": "00000000-0000-7000-8000-000000000000"}), "invalidValue"),
            (format!("/Groups/{group}"), &group, json!({"op": "add", "path": "members", "value": [{"value": "00000000-0000-7000-8000-000000000000"}]}), "invalidValue"),
            (format!("/Groups/{group}"), &group, json!({"op": "remove"}), "noTarget"),
        ] {
            let (before, traced) = (scim.get(&path).await.bytes, traces(id).await);
            scim.patch(&path, json!([good, good, good, {"op": "replace", "path": "externalId", "value": "e"}, bad])).await.expect_error(400, Some(scim_type));
            assert_eq!((scim.get(&path).await.bytes, traces(id).await), (before, traced), "{bad}");
        }
        // Row C23: everybody goes only where that is what was said; an addition beside a removal stays.
        let (path, b) = (format!("/Groups/{group}"), scim.user("b").await);
        let members = async || scim.get(&path).await.json["members"].as_array().map_or(0, Vec::len);
        scim.patch(&path, json!([{"op": "remove", "path": "members", "value": []}])).await.expect(200);
        scim.patch(&path, json!([{"op": "add", "path": "members", "value": []}])).await.expect(200);
        assert_eq!(members().await, 1);
        scim.patch(&path, json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": [{"value": a}, {"value": b}]}])).await.expect(200);
        assert_eq!(members().await, 2);
        scim.patch(&path, json!([{"op": "replace", "path": "members", "value": []}])).await.expect(200);
        assert_eq!(members().await, 0);
    }

    // Row C43: what the router does not know nobody gets anything from, and what it knows asks for a credential.
    async fn no_spelling_of_a_path_goes_round_the_credential(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let user = scim.user("victim").await;
        let stranger = bridge.client("");
        let tricks = ["//scim/v2/Users", "/scim//v2/Users", "/scim/v2//Users", "/scim/v2/./Users", "/scim/v2/../v2/Users", "/scim/v2/Users/", "/scim/v2/Users/%2e%2e/Users", "/scim/v2/%2e%2e/v2/Users", "/scim/v2/Users%2f", "/scim/v2/%55sers",
            "/scim/v2/users", "/SCIM/V2/Users", "/scim/v2/Users;x=1", "/scim/v2;x/Users", "/scim/v2/Users%00", "/scim/v2/Users%0a", "/scim/v2/Users/.search/", "/scim/v2/Users%3Fcount=1", "/scim/v2/Users\\", "/livez/../scim/v2/Users", "/oauth/token/../../scim/v2/Users"];
        for trick in tricks.into_iter().map(str::to_owned).chain([format!("/scim/v2/Users//{user}"), format!("/scim/v2/Users/./{user}"), format!("/scim/v2/Users/{user}/"), format!("/scim/v2/Users/{user}%2f"), format!("/scim/v2/Users/{user};x"), format!("/scim/v2/Groups/../Users/{user}")]) {
            for client in [&stranger, &scim] {
                for (name, value) in [("x", "y"), ("x-http-method-override", "DELETE"), ("x-original-url", "/scim/v2/Users"), ("x-rewrite-url", "/scim/v2/Users"), ("x-forwarded-prefix", "/scim/v2")] {
                    let request = format!("GET {trick} HTTP/1.1\r\nhost: x\r\n{}: {value}\r\n{}connection: close\r\n\r\n", name, if std::ptr::eq(client, &scim) { format!("authorization: {}\r\n", scim.authorization()) } else { String::new() });
                    let heard = wire::send(bridge.address, &request, b"", 0).await;
                    let status = heard.get(9..12).unwrap_or_default().to_owned();
                    assert!(["400", "401", "404"].contains(&status.as_str()) && !heard.contains("victim"), "{trick} {name}: {heard}");
                }
            }
        }
        let overridden = stranger.with("x-http-method-override", "GET").with("x-forwarded-user", "root").get("/Users").await;
        overridden.expect_error(401, None);
        scim.with("x-http-method-override", "DELETE").post(&format!("/Users/{user}"), json!({})).await.expect_error(405, None);
        scim.get(&format!("/Users/{user}")).await.expect(200);
    }

    // Row C44.
    async fn an_error_says_nothing_of_the_database_and_repeats_no_value(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let user = scim.user("u").await;
        let canary = "c4nary<script>alert(1)</script>";
        for answer in [
            scim.post("/Users", json!({"userName": {"x": canary}})).await, scim.post("/Users", json!({"userName": "v", "active": canary})).await, scim.post("/Users", json!({"userName": "v", "profileUrl": [canary, canary]})).await,
            scim.post("/Users", json!({"userName": "v", "x509Certificates": [{"value": canary}]})).await, scim.post("/Users", json!({"userName": canary.repeat(20)})).await, send(&scim, "POST", "/Users", format!("{{\"userName\":\"{canary}\"")).await,
            send(&scim, "POST", "/Users", format!("\"{canary}\"")).await, scim.patch(&format!("/Users/{user}"), json!([{"op": "add", "path": "active", "value": canary}])).await, scim.patch(&format!("/Users/{user}"), json!([{"op": canary, "path": "title", "value": "x"}])).await,
            scim.find("/Users", &format!("active eq \"{canary}\""), "").await, scim.find("/Users", &format!("meta.created gt \"{canary}\""), "").await, scim.get(&format!("/Users/{canary}").replace(['<', '>'], "x")).await, scim.get("/Users?count=c4nary").await, scim.get("/Users?cursor=c4nary").await,
        ] {
            assert!((400..500).contains(&answer.status), "{}", answer.json);
            assert_eq!(answer.json["status"], answer.status.to_string());
            assert!(!String::from_utf8_lossy(&answer.bytes).contains("c4nary"), "{}", answer.json);
        }
        // The name of an attribute is repeated, so that somebody can mend a mapping: short, and printable.
        let named = scim.patch(&format!("/Users/{user}"), json!([{"op": "add", "path": format!("a\u{7}\u{202e}{}", "b".repeat(500)), "value": "x"}])).await.expect_error(400, Some("invalidPath"));
        let detail = named.json["detail"].as_str().unwrap();
        assert!(detail.chars().count() < 120 && !detail.contains(['\u{7}', '\u{202e}']), "{detail}");
        // The database breaks in the middle of it all.
        // (A change that touches no row is not committed.)
        bridge.app.store.write(Raw(vec!["UPDATE workspaces SET plan = plan".into(), "ALTER TABLE user_values RENAME TO user_values_gone".into(), "ALTER TABLE users RENAME TO users_gone".into()])).await.unwrap();
        for (method, path, body) in [("GET", format!("/scim/v2/Users/{user}"), ""), ("GET", "/scim/v2/Users?filter=userName%20eq%20%22x%22".into(), ""), ("POST", "/scim/v2/Users".into(), "{\"userName\":\"w\"}"), ("DELETE", format!("/scim/v2/Users/{user}"), "")] {
            let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", scim.authorization(), body.len());
            let heard = wire::send(bridge.address, &request, b"", 0).await;
            let (head, json) = heard.split_once("\r\n\r\n").unwrap_or_default();
            let json: Value = serde_json::from_str(json).unwrap_or_default();
            assert!(head.starts_with("HTTP/1.1 500") && head.contains("application/scim+json"), "{heard}");
            assert_eq!((&json["status"], &json["schemas"]), (&json!("500"), &json!(["urn:ietf:params:scim:api:messages:2.0:Error"])));
            for word in ["users", "relation", "table", "SELECT", "sql", "panicked", "src/"] {
                assert!(!json["detail"].as_str().unwrap().contains(word), "{heard}");
            }
        }
    }

    // Row C45.
    async fn what_is_searched_for_is_in_no_line_of_the_access_log(db) {
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "growth"]);
        let token = program.says(&["token", "create", "--workspace", "Acme"]);
        for level in ["info", "debug"] {
            let server = program.serve_with(&[("BRIDGE_LOG", level)]).await;
            let scim = program.client(token.trim());
            scim.find("/Users", "emails.value eq \"c4nary@x.org\"", "&x=c4nary").await.expect(200);
            scim.post("/Users/.search", json!({"filter": "userName eq \"c4nary\""})).await.expect(200);
            let made = scim.post("/Users", json!({"userName": format!("c4nary-{level}"), "password": "c4nary-secret"})).await.expect(201).id();
            scim.patch(&format!("/Users/{made}"), json!([{"op": "add", "path": "title", "value": "c4nary"}])).await.expect(200);
            scim.find("/Users", "c4nary eq 1", "").await.expect_error(400, Some("invalidFilter"));
            let (code, log) = server.terminate();
            assert_eq!(code, Some(0), "{log}");
            assert!(log.contains("\"/scim/v2/Users\"") && log.contains(&made), "{log}");
            assert!(!log.contains("c4nary") && !log.contains(token.trim()), "{log}");
        }
    }

    // Row C46, in a small form: what Entra ID sends at its first synchronisation comes through, none of it slowly.
    async fn twenty_five_requests_a_second_are_all_answered_in_time(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let mut slowest = Duration::ZERO;
        for second in 0..4 {
            let all: Vec<_> = (0..25).map(|i| {
                let scim = scim.clone();
                tokio::spawn(async move {
                    let (name, started) = (format!("e{second}-{i}"), Instant::now());
                    scim.find("/Users", &format!("userName eq \"{name}\""), "").await.expect(200);
                    scim.user(&name).await;
                    started.elapsed()
                })
            }).collect();
            for one in all {
                slowest = slowest.max(one.await.unwrap());
            }
        }
        assert_eq!(scim.get("/Users?count=0").await.json["totalResults"], 100);
        assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    }
}

// Row C14, for the paths of a PATCH: the same reader, the same bounds.
#[test]
fn a_path_beyond_all_measure_is_refused_at_once() {
    for path in [
        format!("emails[{}type eq \"x\"{}]", "(".repeat(100_000), ")".repeat(100_000)),
        format!("emails[{}type eq \"x\"{}]", "not (".repeat(100), ")".repeat(100)),
        format!("emails[{}]", vec!["type eq \"x\""; 10_000].join(" or ")),
        "emails[".repeat(10_000),
        "emails[type eq \"x\"][type eq \"y\"]".into(),
        "emails[emails[type eq \"x\"]]".into(),
        "a".repeat(1_000_000),
    ] {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "remove", "path": path}]});
        let started = Instant::now();
        let refused = Patch::parse(ResourceType::User, &body, Profile::Compat).unwrap_err();
        assert!(started.elapsed() < Duration::from_millis(250), "{:?}", started.elapsed());
        assert!(refused.status == 400 && refused.detail.len() < 300, "{}", refused.detail);
    }
}
