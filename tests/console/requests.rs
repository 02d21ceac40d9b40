//! The request log: found, filtered, paged, masked, and why something failed, against what the bridge really answers.

use std::collections::BTreeSet;

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::http::console::requests::why::{self, Told};
use aisoule_bridge::http::texts::Language;
use aisoule_bridge::ids::{TokenId, WorkspaceId};
use aisoule_bridge::secret;
use aisoule_bridge::store::request_log::{self, Entry};
use aisoule_bridge::store::{StoreError, Tx, Work, tokens};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::support::{Answer, Bridge, Scim, on_both};

pub const HOME: &str = "/settings/requests";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

fn somebody(name: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": true})
}

/// The numbers of the rows of a page, newest first.
fn rows(html: &str) -> Vec<i64> {
    let links = html.split("href=\"/settings/requests/").skip(1);
    links.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
}

impl Desk {
    /// The page of the newest request.
    async fn newest(&mut self) -> String {
        self.bridge.app.journal.flush().await;
        let html = self.shows(HOME).await;
        let seq = rows(&html)[0];
        self.shows(&format!("{HOME}/{seq}")).await
    }

    /// Sends a body as it is.
    async fn raw(&self, scim: &Scim, method: &str, path: &str, body: &str) -> Answer {
        scim.send(method, &scim.url(path), body.as_bytes().to_vec()).await
    }
}

/// Entries that are written as they are.
struct Fill(Vec<Entry>);

impl Work for Fill {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        request_log::insert(tx, &self.0).await
    }
}

impl Bridge {
    /// A token that can be revoked by its id.
    async fn revocable(&self, workspace: &Workspace) -> (String, TokenId) {
        let token = self.token(workspace, Scope::Write, Dialect::Compat).await;
        let mut conn = self.app.store.read().await.unwrap();
        let row = tokens::find_by_hash(&mut conn, secret::hash(&token)).await.unwrap().unwrap();
        (token, TokenId(row.id))
    }

    /// So many rows in the log, of which the oldest has a needle in its query.
    async fn fill_log(&self, workspace: &Workspace, count: usize) {
        let entry = |place: usize| Entry {
            seq: 0,
            request_id: uuid::Uuid::now_v7(),
            workspace_id: Some(workspace.id.0),
            at: self.app.clock.now(),
            method: "GET".into(),
            path: "/scim/v2/Users".into(),
            query: Some(if place == 0 { "needle" } else { "hay" }.into()),
            status: 200,
            micros: 1_000,
            actor_kind: None,
            actor_id: None,
            actor_name: None,
            address: None,
            user_agent: None,
            request_body: None,
            response_body: None,
            note: None,
        };
        self.app.store.write(Fill((0..count).map(entry).collect())).await.unwrap();
    }
}

/// A text as a page has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;").replace('\'', "&#39;")
}

on_both! {
    async fn every_refusal_is_explained_in_both_languages_with_what_to_do(db) {
        let mut settings = db.settings();
        settings.limits.body_bytes = 100_000;
        let mut desk = Desk::at(db.bridge_with(settings).await, 6, SeatPolicy::Reject).await;
        let scim = desk.scim().await;
        let anna = scim.post("/Users", json!({"userName": "anna@acme.example", "externalId": "00u1", "emails": [{"value": "anna@acme.example", "type": "work"}]})).await.expect(201).id();
        let group = scim.post("/Groups", json!({"displayName": "Support"})).await.expect(201).id();
        let user = format!("/Users/{anna}");
        let patch = |operation: Value| json!({"schemas": [PATCH], "Operations": [operation]}).to_string();
        let op = |op: &str, path: &str, value: Value| patch(json!({"op": op, "path": path, "value": value}));
        let operations = vec![json!({"op": "remove", "path": "title"}); 1_100];
        let deep = format!("{}userName pr{}", "(".repeat(60), ")".repeat(60));
        let find = |filter: &str| format!("/Users?filter={}", percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC));
        let many = (0..300).map(|n| format!("title eq \"{n}\"")).collect::<Vec<_>>().join(" or ");
        let bulk = |operations: Value| json!({"schemas": [BULK], "Operations": operations}).to_string();
        let cases: Vec<(&str, u16, &str, String, String)> = vec![
            ("user-gone", 404, "GET", "/Users/019a0000-0000-7000-8000-000000000000".into(), String::new()),
            ("group-gone", 404, "GET", "/Groups/019a0000-0000-7000-8000-000000000000".into(), String::new()),
            ("nothing-here", 404, "GET", "/People".into(), String::new()),
            ("two-slashes", 404, "GET", "//Users".into(), String::new()),
            ("no-such-method", 405, "DELETE", "/Users".into(), String::new()),
            ("no-filter-here", 403, "GET", "/Schemas?filter=id%20eq%20%22x%22".into(), String::new()),
            ("taken-user-name", 409, "POST", "/Users".into(), somebody("anna@acme.example").to_string()),
            ("taken-email", 409, "POST", "/Users".into(), json!({"userName": "b@acme.example", "emails": [{"value": "ANNA@acme.example"}]}).to_string()),
            ("taken-external-id", 409, "POST", "/Users".into(), json!({"userName": "c@acme.example", "externalId": "00u1"}).to_string()),
            ("taken-group-name", 409, "POST", "/Groups".into(), json!({"displayName": "support"}).to_string()),
            ("filter-unreadable", 400, "GET", find("userName eq"), String::new()),
            ("filter-large", 400, "GET", find(&many), String::new()),
            ("filter-large", 400, "GET", find(&deep), String::new()),
            ("filter-attribute", 400, "GET", find("shoeSize eq \"44\""), String::new()),
            ("sorted-by", 400, "GET", "/Users?sortBy=shoeSize".into(), String::new()),
            ("no-such-attribute", 400, "PATCH", user.clone(), op("Replace", "shoeSize", json!("44"))),
            ("no-target", 400, "PATCH", user.clone(), op("replace", "emails[value co \"nobody\"].display", json!("x"))),
            ("not-changeable", 400, "PATCH", user.clone(), op("replace", "id", json!("x"))),
            ("password-weak", 400, "POST", "/Users".into(), json!({"userName": "d@acme.example", "password": "short"}).to_string()),
            ("manager-missing", 400, "PATCH", user.clone(), op("add", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", json!("019a0000-0000-7000-8000-000000000000"))),
            ("member-missing", 400, "PATCH", format!("/Groups/{group}"), op("add", "members", json!([{"value": "019a0000-0000-7000-8000-000000000000"}]))),
            ("member-of-itself", 400, "PATCH", format!("/Groups/{group}"), op("add", "members", json!([{"value": group, "type": "Group"}]))),
            ("not-a-switch", 400, "PATCH", user.clone(), op("replace", "active", json!("perhaps"))),
            ("value-missing", 400, "POST", "/Users".into(), json!({"displayName": "Nobody"}).to_string()),
            ("value-long", 400, "PATCH", user.clone(), op("replace", "title", json!("x".repeat(20_000)))),
            ("two-primary", 400, "PATCH", user.clone(), op("replace", "emails", json!([{"value": "x@acme.example", "primary": true}, {"value": "y@acme.example", "primary": true}]))),
            ("value-wrong", 400, "PATCH", user.clone(), op("replace", "name", json!("Anna"))),
            ("not-json", 400, "POST", "/Users".into(), "{\"userName\": ".into()),
            ("named-twice", 400, "POST", "/Users".into(), "{\"userName\": \"a\", \"USERNAME\": \"b\"}".into()),
            ("no-op", 400, "PATCH", user.clone(), op("move", "title", json!("x"))),
            ("message-wrong", 400, "PATCH", user.clone(), json!({"schemas": [PATCH], "Operations": []}).to_string()),
            ("cursor", 400, "GET", "/Users?cursor=nonsense".into(), String::new()),
            ("too-many-operations", 413, "PATCH", user.clone(), json!({"schemas": [PATCH], "Operations": operations}).to_string()),
            ("too-large", 413, "POST", "/Users".into(), json!({"userName": "x".repeat(101_000)}).to_string()),
            ("not-served", 501, "POST", "/Me".into(), somebody("me@acme.example").to_string()),
            ("bulk-part", 200, "POST", "/Bulk".into(), bulk(json!([{"method": "DELETE", "path": "/Users/019a0000-0000-7000-8000-000000000000"}]))),
        ];
        let mut wrong = Vec::new();
        for (name, status, method, path, body) in &cases {
            let answer = desk.raw(&scim, method, path, body).await;
            let (path, said) = (format!("/scim/v2{}", path.split('?').next().unwrap()), answer.json.to_string());
            let told = Told { path: &path, status: answer.status.into(), answer: Some(&said), note: None };
            if answer.status != *status || why::of(told).is_none_or(|why| why.name != *name) {
                wrong.push(format!("{name}: {method} {path}: {said} is {:?}", why::of(told)));
            } else {
                desk.explains(name, &answer).await;
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        let changed = scim.with("if-match", "W/\"99\"").patch(&user, json!([{"op": "replace", "path": "title", "value": "x"}])).await.expect(412);
        desk.explains("changed", &changed).await;
        for (kind, header, value) in [("media-type", "content-type", "text/plain"), ("compressed", "content-encoding", "gzip")] {
            let answer = scim.with(header, value).post("/Users", somebody("x@acme.example")).await.expect(415);
            desk.explains(kind, &answer).await;
        }
        let strict = desk.bridge.client(&desk.bridge.token(&desk.workspace, Scope::Write, Dialect::Interop).await);
        let answer = strict.patch(&user, json!([{"op": "replace", "value": {"title": "x"}}])).await;
        desk.explains("strict", &answer.expect(400)).await;
        let reader = desk.bridge.client(&desk.bridge.token(&desk.workspace, Scope::Read, Dialect::Compat).await);
        let answer = reader.post("/Users", somebody("x@acme.example")).await.expect(403);
        desk.explains("read-only", &answer).await;
        let expired = desk.bridge.token_until(&desk.workspace, Scope::Write, Dialect::Compat, Some(TimeDelta::seconds(-1)), None).await;
        let answer = desk.bridge.client(&expired).get("/Users").await.expect(401);
        desk.explains("token-expired", &answer).await;
        let (token, id) = desk.bridge.revocable(&desk.workspace).await;
        let revoke = format!("/settings/provisioning/tokens/{id}/revoke");
        desk.sends(&revoke, &revoke, &[]).await.expect(303);
        let answer = desk.bridge.client(&token).get("/Users").await.expect(401);
        desk.explains("token-revoked", &answer).await;
        // All six seats are taken then.
        for n in 0..4 {
            scim.post("/Users", somebody(&format!("seat{n}@acme.example"))).await.expect(201);
        }
        let answer = scim.post("/Users", somebody("late@acme.example")).await.expect(403);
        desk.explains("seats", &answer).await;
    }

    async fn what_belongs_to_nobody_is_explained_too_and_shown_to_nobody(db) {
        let mut desk = Desk::new(db).await;
        let none = Scim::new(desk.bridge.address, "");
        let strange = desk.bridge.client("aisb_0000000000000000000000000000000000000000000000000");
        for (name, scim) in [("token-missing", none), ("token-unknown", strange)] {
            let answer = scim.with("user-agent", "stranger/1").get("/Users").await.expect(401);
            let body = answer.json.to_string();
            let told = Told { path: "/scim/v2/Users", status: 401, answer: Some(&body), note: None };
            assert_eq!(why::of(told).unwrap().name, name);
        }
        desk.bridge.app.journal.flush().await;
        let html = desk.shows(HOME).await;
        assert!(rows(&html).is_empty() && html.contains("belong to no workspace"), "{html}");
    }

    async fn rows_are_found_by_status_text_method_and_time_and_paged_without_gaps(db) {
        let mut desk = Desk::new(db).await;
        let scim = desk.scim().await;
        let anna = scim.post("/Users", somebody("anna@acme.example")).await.expect(201).id();
        scim.post("/Users", somebody("anna@acme.example")).await.expect(409);
        desk.bridge.later(TimeDelta::hours(5));
        for _ in 0..60 {
            scim.get("/Users?count=0").await.expect(200);
        }
        scim.get(&format!("/Users/{anna}")).await.expect(200);
        desk.bridge.app.journal.flush().await;
        let all = 63;
        let html = desk.shows(HOME).await;
        let first = rows(&html);
        assert!(first.len() == 50 && first.is_sorted_by(|a, b| a > b) && html.contains("data-live=\"requests\""), "{html}");
        let older = html.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"").unwrap().1.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        // Whatever comes meanwhile, what is older stays where it is.
        scim.get("/Users?count=0").await.expect(200);
        desk.bridge.app.journal.flush().await;
        let html = desk.shows(&older).await;
        let second = rows(&html);
        assert!(!html.contains("data-live=\"requests\"") && html.contains("Paused") && !html.contains("rel=\"next\""), "{html}");
        let both: BTreeSet<i64> = first.iter().chain(&second).copied().collect();
        assert_eq!((both.len(), first.len() + second.len()), (all, all));
        let now = desk.bridge.app.clock.now();
        let minutes = |minutes: i64| (now - TimeDelta::minutes(minutes)).format("%Y-%m-%dT%H%%3A%M").to_string();
        for (query, count) in [
            ("status=failed".to_owned(), 1),
            ("status=409".to_owned(), 1),
            ("status=4xx".to_owned(), 1),
            ("status=5xx".to_owned(), 0),
            ("status=201".to_owned(), 1),
            ("method=POST".to_owned(), 2),
            ("method=PUT".to_owned(), 0),
            ("text=ANNA%40acme".to_owned(), 3),
            (format!("text={anna}"), 2),
            ("text=anna%40acme&status=failed".to_owned(), 1),
            ("text=%25".to_owned(), 0),
            (format!("to={}", minutes(60)), 2),
            (format!("from={}&method=POST", minutes(60)), 0),
            (format!("from={}&to={}", minutes(400), minutes(200)), 2),
            (format!("from={}&to={}", minutes(800), minutes(600)), 0),
        ] {
            let html = desk.shows(&format!("{HOME}?{query}")).await;
            assert_eq!(rows(&html).len(), count, "{query}: {html}");
        }
        for bad in ["status=9xx", "from=yesterday", "to=1"] {
            let page = desk.browser.get(&format!("{HOME}?{bad}")).await.expect(422);
            assert!(page.html.contains("can&#39;t be read") || page.html.contains("can't be read"), "{}", page.html);
        }
        assert_eq!(desk.browser.get(&format!("{HOME}?before=nonsense&utm_source=x")).await.answer.status, 200);
    }

    async fn a_search_looks_at_no_more_than_it_may_and_says_where_to_go_on(db) {
        let mut desk = Desk::new(db).await;
        desk.bridge.fill_log(&desk.workspace, 2_300).await;
        let html = desk.shows(&format!("{HOME}?text=needle")).await;
        assert!(rows(&html).is_empty() && html.contains("only a part of the log"), "{html}");
        let older = html.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"").unwrap().1.split('"').next().unwrap().replace("&#38;", "&");
        let html = desk.shows(&older).await;
        assert!(rows(&html).len() == 1 && !html.contains("only a part of the log"), "{html}");
    }

    async fn nobody_sees_what_another_workspace_was_asked_or_lacks_the_permission_for(db) {
        let mut desk = Desk::new(db).await;
        let other = desk.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        let theirs = desk.bridge.client(&desk.bridge.token(&other, Scope::Write, Dialect::Compat).await);
        theirs.post("/Users", somebody("secret@other.example")).await.expect(201);
        desk.bridge.app.journal.flush().await;
        let mut conn = desk.bridge.app.store.read().await.unwrap();
        let page = request_log::page(&mut conn, other.id, &Default::default(), 50).await.unwrap();
        drop(conn);
        let seq = page.lines[0].seq;
        desk.browser.get(&format!("{HOME}/{seq}")).await.expect(404);
        desk.browser.get(&format!("{HOME}/0")).await.expect(404);
        desk.browser.get(&format!("{HOME}/x")).await.expect(404);
        for query in ["", "?text=secret", "?status=201", "?before=999999"] {
            let html = desk.shows(&format!("{HOME}{query}")).await;
            assert!(rows(&html).is_empty() && !html.contains("other.example"), "{html}");
        }
        desk.person("anna@acme.example", "Anna", "Agent").await;
        let mut anna = desk.browser_of("anna@acme.example").await;
        anna.get(HOME).await.expect(403);
        anna.get(&format!("{HOME}/{seq}")).await.expect(403);
    }

    async fn what_a_provider_writes_is_text_and_secrets_are_masked(db) {
        let mut desk = Desk::new(db).await;
        let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
        let token = desk.scim().await;
        let scim = token.with("user-agent", "<b>agent</b> onerror=alert(3)");
        let body = json!({"userName": format!("{evil}@acme.example"), "displayName": evil, "password": "violet otters 7 juggling"});
        scim.post("/Users", body).await.expect(201);
        let html = desk.newest().await;
        assert!(!html.contains("<script>") && !html.contains("<img") && !html.contains("<b>agent"), "{html}");
        assert!(html.contains("&#60;b&#62;agent") && html.contains("[masked]") && !html.contains("violet otters"), "{html}");
        assert!(!html.contains(token.authorization().trim_start_matches("Bearer ")), "{html}");
        let path = format!("/Users?filter={}", percent_encoding::utf8_percent_encode(&format!("userName eq \"{}\"", evil.replace('"', "")), percent_encoding::NON_ALPHANUMERIC));
        scim.get(&path).await;
        let html = desk.newest().await;
        assert!(!html.contains("<script>") && !html.contains("<img"), "{html}");
        desk.bridge.app.journal.flush().await;
        let html = desk.shows(&format!("{HOME}?text=%3Cscript%3E")).await;
        assert!(rows(&html).len() == 2 && !html.contains("<script>") && html.contains("value=\"&#60;script&#62;\""), "{html}");
    }

    async fn the_refusals_of_a_client_say_what_only_the_bridge_knows(db) {
        let mut desk = Desk::new(db).await;
        let fields = [("name", "idp"), ("scope", "scim:read"), ("profile", "compat"), ("keys", "")];
        let made = desk.sends("/settings/provisioning", "/settings/provisioning/clients", &fields).await.expect(200);
        let part = |id: &str| made.html.split_once(&format!("id=\"{id}\">")).unwrap().1.split('<').next().unwrap().to_owned();
        let (id, held) = (part("client-id"), part("secret"));
        let http = Scim::new(desk.bridge.address, "").with("content-type", "application/x-www-form-urlencoded");
        let url = format!("{}/oauth/token", desk.browser.origin());
        for (rest, status, name) in [
            ("grant_type=client_credentials&client_secret=wrong".to_owned(), 401, "client-secret"),
            (format!("grant_type=password&client_secret={held}"), 400, "client-grant-type"),
            (format!("grant_type=client_credentials&scope=scim&client_secret={held}"), 400, "client-scope"),
        ] {
            http.send("POST", &url, format!("client_id={id}&{rest}").into_bytes()).await.expect(status);
            let html = desk.newest().await;
            let said = Language::En.say(&format!("why-{name}"));
            assert!(html.contains(&escaped(&said)) && !html.contains(&held), "{name}: {html}");
        }
    }
}

impl Desk {
    /// Checks that the newest request, which was answered so, is explained by that reason in both languages.
    async fn explains(&mut self, name: &str, answer: &Answer) {
        let html = self.newest().await;
        for (language, html) in [
            (Language::En, html),
            (Language::De, {
                let seq = rows(&self.shows(HOME).await)[0];
                self.browser.with("accept-language", "de").get(&format!("{HOME}/{seq}")).await.expect(200).html
            }),
        ] {
            for text in [format!("why-{name}"), format!("why-{name}-next")] {
                // The value in it is no constant.
                let said = language.say(&text);
                let said = said.split('{').next().unwrap();
                assert!(html.contains(&escaped(said)), "{name}, {}: {said} is not in {html}", language.tag());
            }
            if answer.status >= 400 {
                let detail = answer.json["detail"].as_str().unwrap();
                assert!(html.contains(&escaped(detail)), "{name}: {detail} in {html}");
            }
            assert!(html.contains("Okta") && html.contains("Microsoft Entra ID") && !html.contains(">why-"), "{html}");
        }
        let list = self.shows(HOME).await;
        let said = Language::En.say(&format!("why-{name}"));
        assert!(list.contains(&escaped(said.split('{').next().unwrap())), "{name}: {list}");
    }
}
