//! Who may do what at the REST API: every endpoint, made from the table, with every kind of key.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::permission::CATALOGUE;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::http::api::{ENDPOINTS, Endpoint, openapi};
use aisoule_bridge::ids::UserId;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Bridge, on_both};

/// One of each thing that a workspace has.
struct Things {
    user: String,
    role: String,
    team: String,
    group: String,
    rule: String,
    conversation: String,
    token: String,
    key: String,
    review: String,
    connection: String,
    login_client: String,
    webhook: String,
    delivery: String,
}

impl Things {
    async fn of(admin: &Api) -> Self {
        let user = admin.user("thing@acme.example", None).await;
        let role = admin.post("/roles", json!({"name": "Thing", "permissions": []})).await.expect(201).made();
        let team = admin.post("/teams", json!({"name": "Thing"})).await.expect(201).made();
        admin.post(&format!("/teams/{team}/members"), json!({"user_id": user})).await.expect(201);
        let group = admin.post("/groups", json!({"display_name": "Thing", "members": [user]})).await.expect(201).made();
        let rule = admin.post("/rules", json!({"group_id": group, "role_id": role})).await.expect(201).made();
        let conversation = admin.post("/conversations", json!({"subject": "Thing"})).await.expect(201).made();
        let token = admin.post("/tokens", json!({"name": "thing"})).await.expect(201).made();
        let key = admin.post("/keys", json!({"name": "thing"})).await.expect(201).made();
        let review = admin.post("/reviews", json!({"name": "Thing"})).await.expect(201).made();
        let connection = json!({"name": "thing", "kind": "oidc", "issuer": "https://id.invalid", "client_id": "x", "secret": "thing"});
        let connection = admin.post("/connections", connection).await.expect(201).made();
        admin.post("/domains", json!({"domain": "thing.example"})).await.expect(201);
        let remote = json!({"base_url": "https://remote.invalid/api", "api_key": "thing"});
        admin.post("/connector", remote).await.expect(201);
        admin.post("/connector/pause", json!({})).await.expect(200);
        let login_client = json!({"name": "Thing", "redirect_uris": ["https://thing.example/cb"]});
        let login_client = admin.post("/login-clients", login_client).await.expect(201).made();
        let webhook = json!({"name": "thing", "url": "https://thing.example/hook"});
        let webhook = admin.post("/webhooks", webhook).await.expect(201).made();
        let delivery = admin.post(&format!("/webhooks/{webhook}/test"), json!({})).await.expect(200).made();
        Self {
            user,
            role,
            team,
            group,
            rule,
            conversation,
            token,
            key,
            review,
            connection,
            login_client,
            webhook,
            delivery,
        }
    }

    /// The path of an endpoint with these things in it.
    fn path(&self, endpoint: &Endpoint) -> String {
        let kind = endpoint.path.split('/').nth(1).unwrap_or_default();
        let id = match kind {
            "users" => &self.user,
            "roles" => &self.role,
            "teams" => &self.team,
            "groups" => &self.group,
            "rules" => &self.rule,
            "conversations" => &self.conversation,
            "tokens" => &self.token,
            "keys" => &self.key,
            "reviews" => &self.review,
            "login-clients" => &self.login_client,
            "connections" => &self.connection,
            "webhooks" => &self.webhook,
            _ => "",
        };
        let path = endpoint.path.replace("{id}", id).replace("{user_id}", &self.user);
        path.replace("{member_id}", &self.user)
            .replace("{field}", "role")
            .replace("{session}", &self.user)
            .replace("{delivery_id}", &self.delivery)
            .replace("{domain}", "thing.example")
    }
}

/// A body that an endpoint takes, so that what it refuses is not the body.
fn body(endpoint: &Endpoint, things: &Things) -> Value {
    match (endpoint.method.as_str(), endpoint.path) {
        ("POST", "/users") => json!({"email": "new@acme.example", "full_name": "New"}),
        ("POST", "/roles") => json!({"name": "New", "permissions": []}),
        ("POST", "/teams" | "/tokens" | "/keys" | "/reviews") => json!({"name": "New"}),
        ("POST", "/login-clients") => json!({"name": "New", "redirect_uris": ["https://new.example/cb"]}),
        ("POST", "/teams/{id}/members") => json!({"user_id": things.user}),
        ("POST", "/groups") | ("PUT", "/groups/{id}") => json!({"display_name": "New"}),
        ("POST", "/groups/{id}/members") => json!({"member_id": things.user}),
        ("POST", "/rules" | "/rules/preview") => json!({"group_name": "New", "teams": [{"team_id": things.team}]}),
        ("POST", "/conversations") => json!({"subject": "New"}),
        ("POST", "/conversations/{id}/messages" | "/conversations/{id}/notes") => json!({"body": "New"}),
        ("POST", "/connections") => {
            json!({"name": "New", "kind": "oidc", "issuer": "https://new.invalid", "client_id": "x", "secret": "new"})
        }
        ("POST", "/webhooks") => json!({"name": "New", "url": "https://new.example/hook"}),
        ("POST", "/webhooks/{id}/replay" | "/webhooks/{id}/discard") => json!({"state": "dead"}),
        ("POST", "/connector") => json!({"api_key": "new"}),
        ("POST", "/connector/claim") => json!({"user_id": things.user}),
        ("POST", "/domains") => json!({"domain": "new.example"}),
        ("PUT", "/sso") => json!({"sso_enforced": false}),
        ("PUT", "/reviews/{id}/decisions") => json!({"decisions": [{"user_id": things.user, "decision": "keep"}]}),
        _ => json!({}),
    }
}

async fn ask(api: &Api, endpoint: &Endpoint, things: &Things) -> Answer {
    let body = if endpoint.method == "GET" || endpoint.method == "DELETE" {
        Vec::new()
    } else {
        body(endpoint, things).to_string().into_bytes()
    };
    api.send(endpoint.method.as_str(), &things.path(endpoint), body).await
}

async fn workspace(bridge: &Bridge, name: &str) -> (Workspace, Api) {
    let workspace = bridge.workspace(name, 100, SeatPolicy::Reject).await;
    let admin = bridge.admin(&workspace).await;
    (workspace, admin)
}

on_both! {
    async fn no_endpoint_answers_without_a_living_key(db) {
        let bridge = db.bridge().await;
        let (workspace, admin) = workspace(&bridge, "Acme").await;
        let things = Things::of(&admin).await;
        let made = async |body: Value| admin.post("/keys", body).await.expect(201);
        let api = |key: &Value| Api::new(bridge.address, key.as_str().unwrap());
        let revoked = made(json!({"name": "revoked"})).await;
        admin.delete(&format!("/keys/{}", revoked.made())).await.expect(200);
        let expired = made(json!({"name": "expired", "expires_at": bridge.app.clock.now() + TimeDelta::hours(1)})).await;
        let away = admin.user("away@acme.example", None).await;
        let of_away = bridge.key(&workspace, Some(UserId::parse(&away).unwrap()), None).await;
        admin.put(&format!("/users/{away}"), json!({"is_active": false})).await.expect(200);
        let gone = admin.user("gone@acme.example", None).await;
        let of_gone = bridge.key(&workspace, Some(UserId::parse(&gone).unwrap()), None).await;
        admin.delete(&format!("/users/{gone}")).await.expect(200);
        let scim_token = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
        bridge.later(TimeDelta::hours(2));
        let nobodies = [
            admin.with("x-api-key", ""),
            admin.with("x-api-key", "").with("authorization", &format!("Bearer {scim_token}")),
            Api::new(bridge.address, &scim_token),
            Api::new(bridge.address, "aisk_nothing"),
            api(&revoked.data()["key"]),
            api(&expired.data()["key"]),
            of_away,
            of_gone,
        ];
        for endpoint in ENDPOINTS.iter() {
            for nobody in &nobodies {
                ask(nobody, endpoint, &things).await.refused(401, "unauthorized");
            }
        }
        // Reactivation gives back the credentials of the person; a key is made anew.
        admin.put(&format!("/users/{away}"), json!({"is_active": true})).await.expect(200);
        admin.get("/me").await.expect(200);
    }

    async fn every_endpoint_asks_for_its_permission_and_for_no_other(db) {
        let bridge = db.bridge().await;
        let (workspace, admin) = workspace(&bridge, "Acme").await;
        let things = Things::of(&admin).await;
        for endpoint in ENDPOINTS.iter().filter(|endpoint| !endpoint.permission.is_empty()) {
            assert!(CATALOGUE.iter().any(|one| one.name == endpoint.permission), "{}", endpoint.permission);
            let others: Vec<&str> = CATALOGUE.iter().map(|one| one.name).filter(|name| *name != endpoint.permission).collect();
            let without = bridge.key(&workspace, None, Some(&others)).await;
            let refused = ask(&without, endpoint, &things).await.refused(403, "forbidden");
            assert!(refused.json["message"].as_str().unwrap().contains(endpoint.permission));
        }
        // With it and nothing else, what reads is answered.
        for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.method == "GET" && !endpoint.permission.is_empty()) {
            let with = bridge.key(&workspace, None, Some(&[endpoint.permission])).await;
            if endpoint.path == "/events" {
                // Events tell of what other permissions are for.
                with.get("/events").await.refused(403, "forbidden");
            } else if endpoint.path.ends_with("/export") {
                with.raw(&things.path(endpoint)).await.expect(200);
            } else {
                ask(&with, endpoint, &things).await.expect(200);
            }
        }
    }

    async fn nothing_of_another_workspace_is_there(db) {
        let bridge = db.bridge().await;
        let (_, admin) = workspace(&bridge, "Acme").await;
        let (_, stranger) = workspace(&bridge, "Other").await;
        let things = Things::of(&admin).await;
        let before = admin.get("/events").await.expect(200);
        for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.path.contains('{')) {
            let answer = ask(&stranger, endpoint, &things).await;
            assert_eq!(answer.status, 404, "{} {}: {}", endpoint.method, endpoint.path, answer.json);
            let nobody = stranger.send(endpoint.method.as_str(), &things.path(endpoint).replace(&things.user, &UserId::fresh().to_string()), body(endpoint, &things).to_string().into_bytes()).await;
            assert_eq!(nobody.bytes, answer.bytes, "{} {}", endpoint.method, endpoint.path);
        }
        // Nor can it be named in a body.
        let mine = Things::of(&stranger).await;
        for (path, body) in [
            (format!("/teams/{}/members", mine.team), json!({"user_id": things.user})),
            (format!("/groups/{}/members", mine.group), json!({"member_id": things.user})),
            ("/rules".into(), json!({"group_id": things.group, "role_id": mine.role})),
            ("/rules".into(), json!({"group_name": "x", "role_id": things.role})),
            ("/rules".into(), json!({"group_name": "x", "teams": [{"team_id": things.team}]})),
            ("/users".into(), json!({"email": "x@x.example", "full_name": "X", "role_id": things.role})),
            ("/conversations".into(), json!({"subject": "x", "assignee_id": things.user})),
        ] {
            stranger.post(&path, body).await.refused(400, "invalid");
        }
        assert_eq!(admin.get("/events").await.expect(200).data(), before.data());
    }

    async fn what_is_not_there_is_said_in_the_form_of_the_api(db) {
        let bridge = db.bridge().await;
        let (_, admin) = workspace(&bridge, "Acme").await;
        for path in ["/nothing", "/users/", "/users/x/y/z", "/../api/users/x", "/users/%00", "/users/ADMIN", "/users/1"] {
            admin.get(path).await.refused(404, "not_found");
        }
        let other = admin.send("PATCH", "/users", Vec::new()).await.refused(405, "method_not_allowed");
        assert_eq!(other.header("allow"), Some("GET, POST"));
        admin.with("content-type", "text/plain").post("/teams", json!({"name": "x"})).await.refused(415, "unsupported_media_type");
        for bad in ["", "{", "[]", "[\"x\"]", "null", "{\"name\": 1}", "{\"name\": \"a\", \"name\": \"b\"}", "{\"name\": \"a\\u0000\"}"] {
            admin.send("POST", "/teams", bad.as_bytes().to_vec()).await.refused(400, "invalid");
        }
        admin.send("POST", "/teams", vec![b' '; 1_048_577]).await.refused(413, "too_large");
        admin.get("/rules?page=2").await.refused(400, "invalid");
        let hour = bridge.app.clock.now() + TimeDelta::hours(1);
        let short = admin.post("/keys", json!({"name": "short", "expires_at": hour})).await.expect(201);
        let short = Api::new(bridge.address, short.data()["key"].as_str().unwrap());
        short.post("/keys", json!({"name": "long"})).await.refused(400, "invalid");
        short.post("/keys", json!({"name": "same", "expires_at": hour})).await.expect(201);
        for query in ["page=0", "page=x", "limit=0", "limit=201", "limit=-1", "status=gone", "role_id=x", "colour=red"] {
            admin.get(&format!("/users?{query}")).await.refused(400, "invalid");
        }
    }

    async fn a_list_is_paged_and_found_by_what_it_says(db) {
        let bridge = db.bridge().await;
        let (_, admin) = workspace(&bridge, "Acme").await;
        let mut made = Vec::new();
        for n in 0..7 {
            made.push(admin.user(&format!("u{n}%_@acme.example"), None).await);
        }
        let page = async |query: &str| admin.get(&format!("/users?{query}")).await.expect(200).data().clone();
        let ids = |page: &Value| page["users"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let (one, two, three) = (page("search=acme&limit=3").await, page("search=acme&limit=3&page=2").await, page("search=acme&limit=3&page=3").await);
        assert_eq!((&one["total"], &one["page"], &one["limit"], &three["page"]), (&json!(8), &json!(1), &json!(3), &json!(3)));
        assert_eq!([ids(&one), ids(&two), ids(&three)].concat()[1..], made[..]);
        assert_eq!(ids(&page("search=U3%25_").await), [made[3].clone()]);
        assert_eq!(page("search=%25%25").await["total"], 0);
        assert_eq!(page("page=1000000").await["users"], json!([]));
        // As the contract writes it.
        assert_eq!(page("search=&role_id=&page=&limit=").await["total"], 8);
        assert_eq!(page("status=active").await["total"], 8);
        let agent = admin.role("Agent").await;
        assert_eq!(page(&format!("role_id={agent}")).await["total"], 7);
    }

    async fn a_key_asks_a_hundred_times_a_minute_and_ten_times_a_second(db) {
        let mut settings = db.settings();
        (settings.limits.api_per_minute, settings.limits.api_per_second) = (100, 10);
        let bridge = db.bridge_with(settings).await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let (api, other) = (bridge.key(&workspace, None, None).await, bridge.key(&workspace, None, None).await);
        let first = api.get("/me").await.expect(200);
        assert_eq!((first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")), (Some("100"), Some("99")));
        assert!(first.header("x-ratelimit-reset").unwrap().parse::<u64>().unwrap() <= 61);
        let answers = futures_util::future::join_all((0..40).map(|_| { let api = api.clone(); async move { api.get("/me").await } })).await;
        let refused: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 429).collect();
        assert!(!refused.is_empty());
        for answer in refused {
            assert_eq!((&answer.json["code"], answer.header("retry-after")), (&json!("too_many_requests"), Some("1")));
        }
        other.get("/me").await.expect(200);
    }
}

#[test]
fn the_committed_document_is_what_is_served() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/openapi.json");
    let text = serde_json::to_string_pretty(&*openapi::DOCUMENT).unwrap() + "\n";
    if std::env::var_os("BRIDGE_TEST_WRITE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "schemas/openapi.json is out of date: BRIDGE_TEST_WRITE=1 cargo test api_access::");
}

#[test]
fn the_document_has_every_endpoint_and_nothing_that_leads_nowhere() {
    let document = &*openapi::DOCUMENT;
    for endpoint in ENDPOINTS.iter() {
        let operation = &document["paths"][endpoint.path][endpoint.method.as_str().to_ascii_lowercase()];
        assert!(operation["responses"].is_object() && operation["summary"] == endpoint.summary, "{}", endpoint.path);
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"").skip(1) {
        let path = reference.split('"').next().unwrap();
        assert!(document.pointer(path.trim_start_matches('#')).is_some(), "{path} leads nowhere");
    }
}
