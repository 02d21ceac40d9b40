//! The double of AIsoule is as strict as it says, and the bridge's own `/api` answers as the double does wherever the
//! contract speaks: one table of requests, asked of both.

use std::time::{Duration, Instant};

use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::support::aisoule::{Chaos, Double, EVERYTHING, Fault, Options, Rule};
use crate::support::{Answer, Api, on_both};

const PASSWORD: &str = "quartz-Lemon-47-harbour";
const NOBODY: &str = "0190a000-0000-7000-8000-000000000000";

/// A workspace of either kind, with an Admin, an Agent, a role of their own that somebody has, and a team with a member.
struct Place {
    api: Api,
    /// A key that may read users and nothing else.
    reader: Api,
    /// Nobody's key.
    stranger: Api,
    ids: Vec<(&'static str, String)>,
}

impl Place {
    async fn of(api: Api, reader: Api, stranger: Api) -> Self {
        let found = api.get("/users?search=root@acme.example").await.expect(200);
        let admin = found.data()["users"][0]["id"].as_str().unwrap().to_owned();
        let (system, agent) = (api.role("Admin").await, api.role("Agent").await);
        let role = json!({"name": "Night shift", "description": "", "permissions": ["users:read"]});
        let role = api.post("/roles", role).await.expect(201).made();
        let spare = api.post("/roles", json!({"name": "Spare", "permissions": []})).await.expect(201).made();
        let person = |email: &str, name: &str, role: &str| json!({"email": email, "full_name": name, "role_id": role, "password": PASSWORD});
        let anna = api.post("/users", person("anna@acme.example", "Anna Arndt", &role)).await.expect(201).made();
        let ben = api.post("/users", person("ben@acme.example", "Ben Berg", &agent)).await.expect(201).made();
        let team = json!({"name": "Support", "description": "", "assignment_strategy": "manual"});
        let team = api.post("/teams", team).await.expect(201).made();
        let path = format!("/teams/{team}/members");
        api.post(&path, json!({"user_id": anna, "role": "manager"})).await.expect(201);
        let nobody = NOBODY.to_owned();
        let ids = vec![
            ("{admin}", admin),
            ("{system}", system),
            ("{agent}", agent),
            ("{role}", role),
            ("{spare}", spare),
            ("{anna}", anna),
            ("{ben}", ben),
            ("{team}", team),
            ("{nobody}", nobody),
        ];
        Self { api, reader, stranger, ids }
    }

    fn filled(&self, template: &str) -> String {
        self.ids.iter().fold(template.to_owned(), |text, (name, id)| text.replace(name, id))
    }

    async fn ask(&self, ask: &Ask) -> Answer {
        let api = match ask.who {
            Who::Admin => &self.api,
            Who::Reader => &self.reader,
            Who::Stranger => &self.stranger,
        };
        let body = self.filled(ask.body).into_bytes();
        api.send(ask.method, &self.filled(ask.path), body).await
    }
}

#[derive(Clone, Copy)]
enum Who {
    Admin,
    Reader,
    Stranger,
}

/// A request, the status that the contract gives it, and what its data has to be.
struct Ask {
    who: Who,
    method: &'static str,
    path: &'static str,
    body: &'static str,
    status: u16,
    shape: &'static str,
}

/// What the contract says of a shape: names and kinds.
fn fields(shape: &str) -> &'static [(&'static str, &'static str)] {
    match shape {
        "user" => &[
            ("id", "uuid"),
            ("email", "text"),
            ("full_name", "text"),
            ("role_id", "uuid"),
            ("role", "object"),
            ("is_active", "flag"),
            ("is_available", "flag"),
            ("organization_id", "uuid"),
            ("created_at", "time"),
            ("updated_at", "time"),
        ],
        "role" => &[
            ("id", "uuid"),
            ("name", "text"),
            ("description", "text"),
            ("is_system", "flag"),
            ("is_default", "flag"),
            ("permissions", "list"),
        ],
        "team" => &[
            ("id", "uuid"),
            ("name", "text"),
            ("description", "text"),
            ("assignment_strategy", "text"),
            ("is_active", "flag"),
            ("member_count", "number"),
        ],
        "member" => &[("user_id", "uuid"), ("role", "text")],
        _ => &[],
    }
}

fn check(shape: &str, data: &Value, what: &str) {
    if let Some(one) = shape.strip_suffix('s') {
        for name in ["total", "page", "limit"] {
            assert!(data[name].is_u64(), "{what}: {data}");
        }
        let all = data[shape].as_array().unwrap_or_else(|| panic!("{what}: {data}"));
        all.iter().for_each(|data| check(one, data, what));
        return;
    }
    for (name, kind) in fields(shape) {
        let (value, text) = (&data[*name], data[*name].as_str().unwrap_or_default());
        let fits = match *kind {
            "uuid" => uuid::Uuid::parse_str(text).is_ok_and(|id| id.to_string() == text),
            "time" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
            "text" => value.is_string(),
            "flag" => value.is_boolean(),
            "number" => value.is_u64(),
            "list" => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
            _ => ["id", "name"].iter().all(|name| value[name].is_string()) && value["is_system"].is_boolean(),
        };
        assert!(fits, "{what}: {name} in {data}");
    }
}

fn table() -> Vec<Ask> {
    let ask = |who, method, path, body, status, shape| Ask { who, method, path, body, status, shape };
    let admin = |method, path, body, status, shape| ask(Who::Admin, method, path, body, status, shape);
    vec![
        ask(Who::Stranger, "GET", "/users", "", 401, ""),
        ask(Who::Stranger, "POST", "/users", "{}", 401, ""),
        ask(Who::Reader, "GET", "/users", "", 200, "users"),
        ask(Who::Reader, "POST", "/users", "{}", 403, ""),
        ask(Who::Reader, "PUT", "/users/{anna}", "{}", 403, ""),
        ask(Who::Reader, "DELETE", "/users/{anna}", "", 403, ""),
        ask(Who::Reader, "GET", "/teams", "", 403, ""),
        ask(Who::Reader, "POST", "/teams/{team}/members", "{}", 403, ""),
        admin("GET", "/users", "", 200, "users"),
        admin("GET", "/users?search=ANNA", "", 200, "users"),
        admin("GET", "/users?search=&role_id={role}", "", 200, "users"),
        admin("GET", "/users?page=2&limit=1", "", 200, "users"),
        admin("GET", "/users?page=900", "", 200, "users"),
        admin("GET", "/users?limit=100", "", 200, "users"),
        admin("GET", "/users?limit=1000", "", 400, ""),
        admin("GET", "/users?limit=0", "", 400, ""),
        admin("GET", "/users?page=0", "", 400, ""),
        admin("GET", "/users?page=one", "", 400, ""),
        admin("GET", "/users?role_id=agent", "", 400, ""),
        admin("GET", "/users?colour=red", "", 400, ""),
        admin("GET", "/users/{anna}", "", 200, "user"),
        admin("GET", "/users/{nobody}", "", 404, ""),
        admin("GET", "/users/anna", "", 404, ""),
        admin(
            "POST",
            "/users",
            r#"{"email":"ANNA@Acme.Example","full_name":"Other","role_id":"{agent}","password":"quartz-Lemon-47-harbour"}"#,
            409,
            "",
        ),
        admin(
            "POST",
            "/users",
            r#"{"email":"no address","full_name":"New","role_id":"{agent}","password":"quartz-Lemon-47-harbour"}"#,
            400,
            "",
        ),
        admin(
            "POST",
            "/users",
            r#"{"email":"new@acme.example","full_name":"","role_id":"{agent}","password":"quartz-Lemon-47-harbour"}"#,
            400,
            "",
        ),
        admin(
            "POST",
            "/users",
            r#"{"email":"new@acme.example","full_name":"New","role_id":"{agent}","password":"quartz-47-L"}"#,
            400,
            "",
        ),
        admin(
            "POST",
            "/users",
            r#"{"email":"new@acme.example","full_name":"New","role_id":"{nobody}","password":"quartz-Lemon-47-harbour"}"#,
            400,
            "",
        ),
        admin(
            "POST",
            "/users",
            r#"{"email":"new@acme.example","full_name":"New","role_id":"Agent","password":"quartz-Lemon-47-harbour"}"#,
            400,
            "",
        ),
        admin(
            "POST",
            "/users",
            r#"{"email":"new@acme.example","role_id":"{agent}","password":"quartz-Lemon-47-harbour"}"#,
            400,
            "",
        ),
        admin(
            "POST",
            "/users",
            r#"{"full_name":"New","role_id":"{agent}","password":"quartz-Lemon-47-harbour"}"#,
            400,
            "",
        ),
        admin(
            "POST",
            "/users",
            r#"{"email":"new@acme.example","full_name":"New","role_id":"{agent}","password":"quartz-Lemon-47-harbour","nickname":"N"}"#,
            400,
            "",
        ),
        admin(
            "POST",
            "/users",
            r#"{"email":7,"full_name":"New","role_id":"{agent}","password":"quartz-Lemon-47-harbour"}"#,
            400,
            "",
        ),
        admin("POST", "/users", "[]", 400, ""),
        admin("POST", "/users", "{", 400, ""),
        admin(
            "POST",
            "/users",
            r#"{"email":"New@acme.example","full_name":"New","role_id":"{agent}","password":"quartz-Lemon-47-harbour"}"#,
            201,
            "user",
        ),
        admin("PUT", "/users/{ben}", r#"{"full_name":"Benjamin Berg","email":"benjamin@acme.example"}"#, 200, "user"),
        admin("PUT", "/users/{ben}", r#"{"role_id":"{role}","is_active":false}"#, 200, "user"),
        admin("PUT", "/users/{ben}", r#"{"is_active":true,"password":"granite-Pepper-83-lantern"}"#, 200, "user"),
        admin("PUT", "/users/{ben}", r#"{"email":"Anna@acme.example"}"#, 409, ""),
        admin("PUT", "/users/{ben}", r#"{"password":"short"}"#, 400, ""),
        admin("PUT", "/users/{ben}", r#"{"is_active":"no"}"#, 400, ""),
        admin("PUT", "/users/{ben}", r#"{"role_id":"{nobody}"}"#, 400, ""),
        admin("PUT", "/users/{ben}", r#"{"full_name":""}"#, 400, ""),
        admin("PUT", "/users/{ben}", r#"{"nickname":"B"}"#, 400, ""),
        admin("PUT", "/users/{nobody}", r#"{"full_name":"Nobody"}"#, 404, ""),
        admin("PUT", "/users/{admin}", r#"{"is_active":false}"#, 409, ""),
        admin("PUT", "/users/{admin}", r#"{"role_id":"{agent}"}"#, 409, ""),
        admin("DELETE", "/users/{admin}", "", 409, ""),
        admin("DELETE", "/users/{nobody}", "", 404, ""),
        admin("GET", "/roles", "", 200, "roles"),
        admin("GET", "/roles?page=1&limit=2", "", 200, "roles"),
        admin("GET", "/roles?search=x", "", 400, ""),
        admin("GET", "/roles/{role}", "", 200, "role"),
        admin("GET", "/roles/{nobody}", "", 404, ""),
        admin("POST", "/roles", r#"{"name":"NIGHT SHIFT","permissions":[]}"#, 409, ""),
        admin("POST", "/roles", r#"{"name":"Day shift","permissions":["fly"]}"#, 400, ""),
        admin("POST", "/roles", r#"{"name":" ","permissions":[]}"#, 400, ""),
        admin("POST", "/roles", r#"{"name":"Day shift","permissions":[],"is_system":true}"#, 400, ""),
        admin(
            "POST",
            "/roles",
            r#"{"name":"Day shift","description":"By day","permissions":["users:read"]}"#,
            201,
            "role",
        ),
        admin(
            "PUT",
            "/roles/{role}",
            r#"{"description":"By night","permissions":["users:read","teams:read"]}"#,
            200,
            "role",
        ),
        admin("PUT", "/roles/{role}", r#"{"name":"day SHIFT"}"#, 409, ""),
        admin("PUT", "/roles/{system}", r#"{"name":"Boss"}"#, 400, ""),
        admin("DELETE", "/roles/{system}", "", 400, ""),
        admin("DELETE", "/roles/{role}", "", 409, ""),
        admin("DELETE", "/roles/{spare}", "", 200, ""),
        admin("DELETE", "/roles/{spare}", "", 404, ""),
        admin("GET", "/teams", "", 200, "teams"),
        admin("GET", "/teams/{team}", "", 200, "team"),
        admin("GET", "/teams/{nobody}", "", 404, ""),
        admin("POST", "/teams", r#"{"name":"support"}"#, 409, ""),
        admin("POST", "/teams", r#"{"name":"Sales","assignment_strategy":"by_mood"}"#, 400, ""),
        admin("POST", "/teams", r#"{"name":"Sales","colour":"red"}"#, 400, ""),
        admin("POST", "/teams", r#"{"name":"Sales","assignment_strategy":"load_balanced"}"#, 201, "team"),
        admin("PUT", "/teams/{team}", r#"{"description":"First line","is_active":false}"#, 200, "team"),
        admin("PUT", "/teams/{team}", r#"{"name":"SALES"}"#, 409, ""),
        admin("PUT", "/teams/{nobody}", r#"{"name":"Other"}"#, 404, ""),
        admin("GET", "/teams/{team}/members", "", 200, "members"),
        admin("GET", "/teams/{nobody}/members", "", 404, ""),
        admin("POST", "/teams/{team}/members", r#"{"user_id":"{ben}","role":"agent"}"#, 201, "member"),
        admin("POST", "/teams/{team}/members", r#"{"user_id":"{ben}","role":"manager"}"#, 201, "member"),
        admin("POST", "/teams/{team}/members", r#"{"user_id":"{ben}","role":"boss"}"#, 400, ""),
        admin("POST", "/teams/{team}/members", r#"{"user_id":"{nobody}","role":"agent"}"#, 400, ""),
        admin("POST", "/teams/{nobody}/members", r#"{"user_id":"{ben}","role":"agent"}"#, 404, ""),
        admin("DELETE", "/teams/{team}/members/{ben}", "", 200, ""),
        admin("DELETE", "/teams/{team}/members/{ben}", "", 404, ""),
        admin("DELETE", "/teams/{team}", "", 200, ""),
        admin("DELETE", "/teams/{team}", "", 404, ""),
        admin("DELETE", "/users/{ben}", "", 200, ""),
        admin("GET", "/users/{ben}", "", 404, ""),
        admin("PATCH", "/users/{anna}", "{}", 405, ""),
        admin("GET", "/nothing", "", 404, ""),
    ]
}

/// Asks everything, and gives what was other than the contract says.
async fn differences(place: &Place, of: &str) -> Vec<String> {
    let mut differences = vec![];
    for ask in table() {
        let answer = place.ask(&ask).await;
        let what = format!("{of}: {} {} {}", ask.method, ask.path, ask.body);
        if answer.status != ask.status {
            differences.push(format!("{what}: {} and not {}: {}", answer.status, ask.status, answer.json));
            continue;
        }
        match answer.status < 400 {
            true => check(ask.shape, answer.data(), &what),
            false => assert!(answer.json["message"].as_str().is_some_and(|said| !said.is_empty()), "{what}"),
        }
    }
    differences
}

fn api(double: &Double, key: &str) -> Api {
    Api::new(double.address(), key)
}

#[tokio::test]
async fn the_double_answers_as_the_contract_says() {
    let double = Double::start(Options::UNLIMITED).await;
    double.put_user("root@acme.example", "Root", "Admin", true);
    let of = |key: &str| api(&double, key);
    let reader = double.key_with(&["users:read"]);
    let place = Place::of(of(&double.key()), of(&reader), of("aisk_nobody")).await;
    assert_eq!(differences(&place, "double").await, Vec::<String>::new());
    assert_eq!(double.illegal().iter().filter(|one| one.contains("deleted")).count(), 2);
}

on_both! {
    async fn the_bridges_own_api_answers_as_the_double_does(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let reader = bridge.key(&workspace, None, Some(&["users:read"])).await;
        let stranger = Api::new(bridge.address, "aisk_nobody");
        let place = Place::of(admin, reader, stranger).await;
        assert_eq!(differences(&place, "bridge").await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_double_refuses_what_the_contract_does_not_have() {
    let double = Double::start(Options::UNLIMITED).await;
    let client = api(&double, &double.key());
    let agent = client.role("Agent").await;
    let whole = json!({"email": "a@x.example", "full_name": "A", "role_id": agent, "password": PASSWORD});
    for name in ["email", "full_name", "role_id", "password"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(name);
        client.post("/users", body).await.expect(400);
    }
    for (name, value) in [("is_active", json!(true)), ("no_welcome", json!(true)), ("is_protected", json!(false))] {
        let mut body = whole.clone();
        body[name] = value;
        client.post("/users", body).await.expect(400);
    }
    assert!(double.users().is_empty());
    let id = client.post("/users", whole).await.expect(201).made();
    client.put(&format!("/users/{id}"), json!({"overrule": true})).await.expect(400);
    client.put(&format!("/users/{id}"), json!({"full_name": null})).await.expect(400);
    client.get("/users?limit=101").await.expect(400);
    client.get("/users?status=active").await.expect(400);
    client.get("/seats").await.expect(404);
    client.with("content-type", "text/plain").post("/roles", json!({})).await.expect(415);
    assert_eq!(double.illegal(), ["GET /seats is not in the contract"]);
}

#[tokio::test]
async fn the_double_has_pages_of_50() {
    let double = Double::start(Options::UNLIMITED).await;
    for i in 0..120 {
        double.put_user(&format!("u{i:03}@x.example"), "U", "Agent", true);
    }
    let client = api(&double, &double.key());
    let mut seen = vec![];
    for (page, length) in [(1, 50), (2, 50), (3, 20), (4, 0)] {
        let found = client.get(&format!("/users?page={page}")).await.expect(200);
        assert_eq!((&found.data()["total"], &found.data()["limit"]), (&json!(120), &json!(50)));
        let users = found.data()["users"].as_array().unwrap();
        assert_eq!(users.len(), length);
        seen.extend(users.iter().map(|user| user["email"].to_string()));
    }
    seen.dedup();
    assert_eq!(seen.len(), 120);
}

#[tokio::test]
async fn the_double_limits_a_key_in_any_window_and_counts_who_runs_into_it() {
    let double = Double::start(Options { per_minute: 15, per_second: 10, chaos: None }).await;
    let client = api(&double, &double.key());
    for left in (5..15).rev() {
        let answer = client.get("/roles").await.expect(200);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("15"));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(left.to_string().as_str()));
    }
    // Ten a second: where this machine is so slow that the second is over, there is nothing to be seen.
    let refused = client.get("/roles").await;
    if refused.status == 429 {
        assert_eq!((refused.header("retry-after"), double.limited(), double.impatient()), (Some("1"), 1, 0));
        client.get("/roles").await.expect(429);
        assert_eq!((double.limited(), double.impatient()), (2, 1));
        assert!(double.heard().pop().unwrap().is_impatient);
        assert!(double.most_within(Duration::from_secs(1)) > 10);
    }
    double.limit(5, 0);
    let refused = client.get("/roles").await.expect(429);
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 50);
    api(&double, &double.key()).get("/roles").await.expect(200);
    double.limit(0, 0);
    assert_eq!(client.get("/roles").await.expect(200).header("x-ratelimit-limit"), None);
}

#[tokio::test]
async fn the_double_fails_as_it_is_told_before_or_after_the_write() {
    let double = Double::start(Options::UNLIMITED).await;
    let key = double.key();
    let client = api(&double, &key);
    let http = crate::support::Scim::new(double.address(), "")
        .with("content-type", "application/json")
        .with("x-api-key", &key);
    let agent = client.role("Agent").await;
    let url = client.url("/users");
    let cases = [
        (Fault::ResetBefore, false, None),
        (Fault::ResetAfter, true, None),
        (Fault::Truncated, true, None),
        (Fault::Unavailable(1), false, Some(503)),
        (Fault::TooMany(1), false, Some(429)),
        (Fault::WrongJson, true, Some(201)),
        (Fault::WrongShape, true, Some(201)),
        (Fault::Unauthorized, false, Some(401)),
        (Fault::Forbidden, false, Some(403)),
        (Fault::Conflict, false, Some(409)),
        (Fault::NotFound, false, Some(404)),
        (Fault::Slow(Duration::from_millis(200)), true, Some(201)),
    ];
    for (place, (fault, is_done, status)) in cases.into_iter().enumerate() {
        double.fail_once("POST", "/users", fault);
        let email = format!("u{place}@x.example");
        let body = json!({"email": email, "full_name": "U", "role_id": agent, "password": PASSWORD}).to_string();
        let started = Instant::now();
        let answer = http.attempt("POST", &url, body.into_bytes()).await;
        assert_eq!(answer.as_ref().map(|answer| answer.status), status, "{fault:?}");
        assert_eq!(double.user(&email).is_some(), is_done, "{fault:?}");
        assert!(!matches!(fault, Fault::Slow(delay) if started.elapsed() < delay));
        let heard = double.heard().pop().unwrap();
        assert_eq!((heard.fault, heard.body["email"].as_str()), (Some(fault), Some(email.as_str())));
        assert_eq!(heard.status, if is_done { 201 } else { 0 });
    }
    // The client of the tests takes a 500 for a mistake of ours; this one is none.
    for (fault, is_done) in [(Fault::ErrorBefore, false), (Fault::ErrorAfter, true)] {
        double.fail_once("POST", "/users", fault);
        let email = format!("{is_done}@x.example");
        let body = json!({"email": email, "full_name": "U", "role_id": agent, "password": PASSWORD}).to_string();
        let request = format!(
            "POST /api/users HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let answer = crate::support::wire::send(double.address(), &request, body.as_bytes(), 1).await;
        assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
        assert_eq!(double.user(&email).is_some(), is_done);
    }
    let rule = Rule { method: None, path: "/teams".into(), skip: 1, times: usize::MAX, fault: Fault::Unauthorized };
    double.script(rule);
    for status in [200, 401, 401] {
        client.get("/teams").await.expect(status);
    }
    double.heal();
    client.get("/teams").await.expect(200);
}

#[tokio::test]
async fn the_double_notes_what_nobody_should_ask_for() {
    let double = Double::start(Options::UNLIMITED).await;
    let client = api(&double, &double.key());
    let agent = client.role("Agent").await;
    let body = |email: &str| json!({"email": email, "full_name": "A", "role_id": agent, "password": PASSWORD});
    client.post("/users", body("a@x.example")).await.expect(201);
    client.post("/users", body("A@x.example")).await.expect(409);
    assert_eq!(double.illegal(), ["A@x.example was made, and is made again without having been looked up"]);
    let id = client.get("/users?search=a@x.example").await.expect(200).data()["users"][0]["id"].clone();
    client.post("/users", body("a@x.example")).await.expect(409);
    assert_eq!(double.illegal().len(), 1);
    client.delete(&format!("/users/{}", id.as_str().unwrap())).await.expect(200);
    assert_eq!(double.illegal().len(), 2);
    assert_eq!((double.count("POST", "/users"), double.count("DELETE", "/users")), (3, 1));
}

#[tokio::test]
async fn a_key_of_the_double_ends() {
    let double = Double::start(Options::STRICT).await;
    let key = double.key();
    api(&double, &key).get("/roles").await.expect(200);
    double.revoke(&key);
    api(&double, &key).get("/roles").await.expect(401);
    double.let_in("aisk_short", &EVERYTHING, Some(chrono::Utc::now()));
    api(&double, "aisk_short").get("/roles").await.expect(401);
}

#[tokio::test]
async fn what_was_there_before_is_seen_through_the_api() {
    let double = Double::start(Options::UNLIMITED).await;
    let (role, team) = (double.put_role("Night shift", &["users:read"]), double.put_team("Support"));
    double.put_user("a@x.example", "A", "Night shift", false);
    let client = api(&double, &double.key());
    assert_eq!(client.role("Night shift").await, role.to_string());
    let user = client.get("/users?search=A").await.expect(200).data()["users"][0].clone();
    assert_eq!((&user["is_active"], &user["role"]["name"]), (&json!(false), &json!("Night shift")));
    let path = format!("/teams/{team}/members");
    client.post(&path, json!({"user_id": user["id"], "role": "manager"})).await.expect(201);
    assert_eq!(double.members("Support"), [("a@x.example".to_owned(), "manager".to_owned())]);
    assert_eq!(
        (double.role_of("A@x.example").as_deref(), double.team("Support").unwrap().id),
        (Some("Night shift"), team)
    );
    double.fail_always(Fault::Unauthorized);
    client.get("/teams").await.expect(401);
}

#[tokio::test]
async fn chaos_leaves_a_workspace_that_somebody_patient_can_fill() {
    let double = Double::start(Options { chaos: Some(Chaos::of(5, 30)), ..Options::UNLIMITED }).await;
    double.chaos(None);
    let key = double.key();
    let agent = api(&double, &key).role("Agent").await;
    double.chaos(Some(Chaos {
        faults: vec![Fault::ResetBefore, Fault::ResetAfter, Fault::Truncated],
        ..Chaos::of(5, 30)
    }));
    let http = crate::support::Scim::new(double.address(), "")
        .with("content-type", "application/json")
        .with("x-api-key", &key);
    let url = format!("{}/users", double.base());
    for i in 0..20 {
        let email = format!("u{i}@x.example");
        let body = json!({"email": email, "full_name": "U", "role_id": agent, "password": PASSWORD}).to_string();
        let mut is_there = false;
        for _ in 0..50 {
            let found = http.attempt("GET", &format!("{url}?search={email}"), vec![]).await;
            let Some(found) = found.filter(|found| found.status == 200) else { continue };
            if found.json["data"]["total"] == 1 {
                is_there = true;
                break;
            }
            http.attempt("POST", &url, body.clone().into_bytes()).await;
        }
        assert!(is_there, "{email}");
    }
    assert_eq!((double.users().len(), double.illegal().len()), (20, 0));
    assert!(double.heard().iter().filter(|one| one.fault.is_some()).count() > 5);
}
