//! What identity providers fill in is text, whatever it looks like: every payload of `payloads.txt` in every field that they can
//! fill by SCIM, and then every page that shows any of them, in the browser.

use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::request_log::{self, Entry, Wanted};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::desk::Desk;
use crate::support::parts::has_browser;
use crate::support::{Fresh, Scim, on_both};

const USER: &str = include_str!("../../schemas/user.json");
const ENTERPRISE: &str = include_str!("../../schemas/enterprise_user.json");
const GROUP: &str = include_str!("../../schemas/group.json");

/// What is not filled with a payload as it is, and why.
const EXCEPT: [(&str, &str); 8] = [
    ("emails.value", "has to be an address, in which what an address may hold of the payload stands"),
    ("password", "is shown to nobody, and stands in no page"),
    ("x509Certificates.value", "has to be base64, which the payload is in"),
    ("manager.value", "has to be somebody's id, whose name is a payload"),
    ("manager.$ref", "is written by the bridge"),
    ("members.value", "has to be somebody's id"),
    ("members.$ref", "is written by the bridge"),
    ("members.type", "is written by the bridge"),
];

/// The payloads, each in a line of its own.
pub fn payloads() -> Vec<&'static str> {
    include_str!("payloads.txt").lines().collect()
}

fn schema(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// As much of a payload as the part of an address before the `@` may hold.
fn local(payload: &str) -> String {
    let may = |c: &char| !(c.is_whitespace() || c.is_control() || "<>\",;@＠".contains(*c));
    payload.chars().filter(may).collect()
}

/// A payload in every attribute that may be written of a schema, or of a part of it that lies below `above`.
fn filled(attributes: &Value, above: &str, n: usize, payload: &str) -> Map<String, Value> {
    let mut all = Map::new();
    for attribute in attributes.as_array().unwrap() {
        if attribute["mutability"] == "readOnly" {
            continue;
        }
        let name = attribute["name"].as_str().unwrap();
        let path = format!("{above}{name}");
        let value = match (path.as_str(), attribute["type"].as_str().unwrap()) {
            ("userName", _) => json!(format!("p{n}-{payload}")),
            ("displayName", _) => json!(format!("d{n} {payload}")),
            ("password", _) => json!(format!("violet otters 7 juggling {payload}")),
            ("emails.value", _) => json!(format!("p{n}+{}@acme.example", local(payload))),
            ("active", _) => json!(!n.is_multiple_of(7)),
            ("members" | "manager", _) => continue,
            (_, "boolean") => json!(true),
            (_, "binary") => json!(STANDARD.encode(payload)),
            (_, "complex") => {
                let parts = Value::Object(filled(&attribute["subAttributes"], &format!("{path}."), n, payload));
                if attribute["multiValued"] == true { json!([parts]) } else { parts }
            }
            (_, "string" | "reference") => json!(payload),
            (_, kind) => panic!("nothing is known of {path}, a {kind}"),
        };
        all.insert(name.to_owned(), value);
    }
    all
}

/// Somebody who is nothing but a payload, and the boss of somebody else.
fn somebody(n: usize, payload: &str, boss: Option<&str>) -> Value {
    let (core, enterprise) = (schema(USER), schema(ENTERPRISE));
    let mut user = filled(&core["attributes"], "", n, payload);
    user.insert("externalId".into(), json!(format!("x{n}-{payload}")));
    user.insert("schemas".into(), json!([core["id"], enterprise["id"]]));
    let mut extension = filled(&enterprise["attributes"], "", n, payload);
    extension.extend(boss.map(|boss| ("manager".into(), json!({"value": boss, "$ref": payload}))));
    user.insert(enterprise["id"].as_str().unwrap().into(), Value::Object(extension));
    Value::Object(user)
}

/// The paths of a schema that hold text and may be written.
fn writable(attributes: &Value, above: &str, found: &mut Vec<String>) {
    for attribute in attributes.as_array().unwrap() {
        if attribute["mutability"] == "readOnly" {
            continue;
        }
        let path = format!("{above}{}", attribute["name"].as_str().unwrap());
        match attribute["type"].as_str().unwrap() {
            "complex" => writable(&attribute["subAttributes"], &format!("{path}."), found),
            "boolean" => {}
            _ => found.push(path),
        }
    }
}

/// What a resource has at a path, of a list the first.
fn at<'r>(resource: &'r Value, path: &str) -> &'r Value {
    path.split('.').fold(resource, |value, name| match &value[name] {
        Value::Array(all) => &all[0],
        one => one,
    })
}

/// Fills one payload into every field that a provider has; gives the ids of the person and of the group, where there is one.
async fn provision(scim: &Scim, n: usize, payload: &str, boss: Option<&str>) -> (String, Option<String>) {
    let whole = somebody(n, payload, boss);
    let made = scim.post("/Users", whole.clone()).await;
    let id = if made.status == 201 {
        made.id()
    } else {
        // Something of it is refused, which the request log shows as it was sent. What is left is taken, one by one.
        assert_eq!(made.status, 400, "{payload}: {}", made.json);
        let name = format!("d{n} {payload}");
        let rest = json!({"schemas": whole["schemas"], "userName": format!("p{n}@acme.example"), "displayName": name});
        let id = scim.post("/Users", rest).await.expect(201).id();
        let others = whole
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| !["schemas", "userName", "displayName"].contains(&name.as_str()));
        for (name, value) in others {
            let operation = json!([{"op": "replace", "value": {(name.as_str()): value}}]);
            scim.patch(&format!("/Users/{id}"), operation).await;
        }
        id
    };
    let group = json!({"displayName": format!("g{n} {payload}"), "externalId": format!("y{n}-{payload}"), "members": [{"value": id, "display": payload}]});
    let group = scim.post("/Groups", group).await;
    assert!([201, 400].contains(&group.status), "{payload}: {}", group.status);
    scim.patch(
        &format!("/Users/{id}"),
        json!([{"op": "replace", "path": "title", "value": format!("t{n} {payload}")}]),
    )
    .await;
    // Refused, and logged: an address that is none, a body that is none, a filter that is none, a path that is none.
    scim.post("/Users", json!({"schemas": whole["schemas"], "userName": format!("q{n}"), "emails": [{"value": payload, "primary": true}], "active": false})).await;
    let agent = if payload.is_ascii() { scim.with("user-agent", payload) } else { scim.clone() };
    agent.send("POST", &agent.url("/Users"), payload.as_bytes().to_vec()).await;
    let encoded = utf8_percent_encode(payload, NON_ALPHANUMERIC).to_string();
    agent.get(&format!("/Users?filter={encoded}&attributes={encoded}")).await;
    agent.get(&format!("/Users/{encoded}")).await;
    (id, (group.status == 201).then(|| group.id()))
}

/// A workspace in which every field of everybody is a payload, with the ids of people and groups. There are fewer seats than
/// people: some wait.
async fn hostile(db: Fresh, most: usize) -> (Desk, Vec<(String, Option<String>)>) {
    let people = payloads().len().min(most);
    let desk = Desk::with(db, i64::try_from(people * 2 / 3).unwrap(), SeatPolicy::Park).await;
    let scim = desk.scim().await;
    let mut made: Vec<(String, Option<String>)> = Vec::new();
    for (n, payload) in payloads().into_iter().enumerate().take(most) {
        let boss = made.last().map(|(id, _)| id.clone());
        made.push(provision(&scim, n, payload, boss.as_deref()).await);
    }
    desk.bridge.app.journal.flush().await;
    let waiting = desk.bridge.counters(&desk.workspace).await.3;
    assert!(waiting > 5, "{waiting} wait");
    (desk, made)
}

/// How many pages of a route are looked at besides those of every person and every group.
fn most(route: &str) -> usize {
    match route {
        "/settings/audit" => 20,
        _ => 8,
    }
}

/// Does this with each of some pages, a hundred at a time.
pub async fn seen(desk: &Desk, pages: Vec<Vec<Value>>) {
    for some in pages.chunks(100) {
        desk.plays("payloads", some.concat(), json!({"name": null, "axe": false})).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_text_that_a_provider_can_write_is_filled_with_a_payload() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let (scim, payload) = (desk.scim().await, "<img src=x onerror='alert(1)'>");
    let boss = scim.post("/Users", somebody(0, payload, None)).await.expect(201).id();
    let made = scim.post("/Users", somebody(1, payload, Some(&boss))).await.expect(201);
    let user = scim.get(&format!("/Users/{}", made.id())).await.expect(200).json;
    let group = json!({"displayName": payload, "members": [{"value": made.id()}]});
    let group = scim.post("/Groups", group).await.expect(201).json;
    for (text, resource) in
        [(USER, &user), (ENTERPRISE, &user[schema(ENTERPRISE)["id"].as_str().unwrap()]), (GROUP, &group)]
    {
        let mut paths = Vec::new();
        writable(&schema(text)["attributes"], "", &mut paths);
        assert!(!paths.is_empty());
        for path in paths.iter().filter(|path| EXCEPT.iter().all(|(known, _)| known != path)) {
            let value = at(resource, path);
            assert!(value.as_str().is_some_and(|text| text.contains(payload)), "{path}: {value}");
        }
    }
    let manager = &user[schema(ENTERPRISE)["id"].as_str().unwrap()]["manager"]["displayName"];
    assert!(manager.as_str().is_some_and(|name| name.contains(payload)), "{user}");
    assert!(at(&user, "emails.value").as_str().unwrap().contains("onerror='alert(1)'"), "{user}");
    assert_eq!(at(&user, "x509Certificates.value"), &json!(STANDARD.encode(payload)));
}

on_both! {
    async fn whatever_providers_fill_in_stands_escaped_on_every_page(db) {
        let (desk, _) = hostile(db, 60).await;
        let pages = desk.pages_as(|_| 8, |_| ()).await;
        let mut browser = desk.browser.clone();
        for path in pages.values().flatten() {
            let html = browser.get(path).await.expect(200).html;
            for payload in payloads().into_iter().take(60).filter(|payload| payload.contains('<') && payload.len() > 8) {
                assert!(!html.contains(payload), "{path} holds {payload} as it is");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_payload_runs_in_the_browser_whichever_page_shows_it_and_each_is_read_as_the_text_that_it_is() {
    assert!(payloads().len() >= 150, "{}", payloads().len());
    if !has_browser() {
        return;
    }
    let (desk, made) = hostile(Fresh::sqlite(), usize::MAX).await;
    let mut pages: Vec<Vec<Value>> = Vec::new();
    let mut look = |path: &str, text: Option<String>| {
        let mut steps = vec![json!({"goto": desk.url(path)}), json!({"unharmed": true})];
        steps.extend(text.map(|text| json!({"shows": text})));
        pages.push(steps);
    };
    let mut groups = 0;
    for (n, (payload, (user, group))) in payloads().into_iter().zip(&made).enumerate() {
        look(&format!("/settings/users/{user}"), Some(format!("d{n} {payload}")));
        if let Some(group) = group {
            groups += 1;
            look(&format!("/settings/groups/{group}"), Some(format!("g{n} {payload}")));
        }
    }
    assert!(groups >= 140, "{groups} groups");
    for path in desk.pages_as(most, |_| ()).await.into_values().flatten() {
        look(&path, None);
    }
    // Each request whose body is a payload, as is what its client calls itself where that can be sent.
    let wanted = Wanted { workspace: Some(desk.workspace.id), status: None, text: None, after: None, last: 10_000 };
    let entries = request_log::read(&mut desk.bridge.app.store.read().await.unwrap(), &wanted).await.unwrap();
    let mut agents = 0;
    for payload in payloads() {
        let is_its = |entry: &&Entry| entry.method == "POST" && entry.user_agent.as_deref() == Some(payload);
        if let Some(entry) = entries.iter().find(is_its) {
            agents += 1;
            look(&format!("/settings/requests/{}", entry.seq), Some(payload.to_owned()));
        }
    }
    assert!(agents >= 120, "{agents} payloads are what a client calls itself");
    seen(&desk, pages).await;
}
