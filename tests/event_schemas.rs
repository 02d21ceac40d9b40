//! What is published is what `schemas/events/` says: every event that can happen happens here, and nothing is in it that is
//! not written there. Row F14.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use aisoule_bridge::command::domains::{Proof, ProveDomain};
use aisoule_bridge::command::reviews::RemindOfReview;
use aisoule_bridge::delivery::{self, schemas};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::settings::{Tls, Way};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::scene::{Scene, connect};
use crate::support::smtp::SmtpServer;
use crate::support::{Api, on_both};

/// What must never be in an event.
const PASSWORDS: [&str; 3] = ["first-Battery-staple-9", "second-Battery-staple-9", "third-Battery-staple-9"];
/// What everything that says something about a person has in it here.
const PERSONAL: &str = "Canary";

/// A schema and whatever it is put together from.
fn parts<'s>(root: &'s Value, schema: &'s Value, found: &mut Vec<&'s Value>) {
    found.push(schema);
    if let Some(target) = schema["$ref"].as_str() {
        parts(root, root.pointer(target.trim_start_matches('#')).expect(target), found);
    }
    for word in ["allOf", "anyOf"] {
        for part in schema[word].as_array().into_iter().flatten() {
            parts(root, part, found);
        }
    }
}

/// What of a value no schema names, and what of it is personal and not marked so.
fn unsaid(root: &Value, schemas: &[&Value], value: &Value, (path, marked): (&str, bool), faults: &mut Vec<String>) {
    let mut all = Vec::new();
    for schema in schemas {
        parts(root, schema, &mut all);
    }
    let marked = marked || all.iter().any(|schema| schema["x-pii"] == true);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = format!("{path}.{name}");
                let of_member: Vec<&Value> = all.iter().filter_map(|schema| schema["properties"].get(name)).collect();
                if of_member.is_empty() {
                    faults.push(format!("{path} is in no schema"));
                }
                unsaid(root, &of_member, member, (&path, marked), faults);
            }
        }
        Value::Array(elements) => {
            let items: Vec<&Value> = all.iter().filter_map(|schema| schema.get("items")).collect();
            for element in elements {
                unsaid(root, &items, element, (path, marked), faults);
            }
        }
        Value::String(text) if text.contains(PERSONAL) && !marked => faults.push(format!("{path} is personal: {text}")),
        _ => {}
    }
}

async fn everything(api: &Api) -> Vec<Value> {
    let (mut after, mut all) = (0, Vec::new());
    loop {
        let page = api.get(&format!("/events?after={after}")).await.expect(200);
        let events = page.data()["events"].as_array().unwrap().clone();
        let Some(last) = events.last() else { return all };
        after = last["cursor"].as_i64().unwrap();
        all.extend(events);
    }
}

/// Somebody with every attribute that there is.
fn everything_about(name: &str, password: &str) -> Value {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let many = |value: &str| json!([{"value": value, "display": "Canary", "type": "work", "primary": true}]);
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise],
        "userName": format!("Canary.{name}@acme.example"), "externalId": format!("Canary-{name}"), "displayName": "Canary One",
        "name": {"formatted": "Dr Canary", "familyName": "Canary", "givenName": "Canary", "middleName": "Canary", "honorificPrefix": "Canary", "honorificSuffix": "Canary"},
        "nickName": "Canary", "profileUrl": "https://people.example/Canary", "title": "Canary", "userType": "Canary",
        "preferredLanguage": "en", "locale": "en-GB", "timezone": "Europe/Prague", "active": true, "password": password,
        "emails": many(&format!("Canary.{name}@acme.example")), "phoneNumbers": many("tel:+1-201-555-0123"), "ims": many("Canary"),
        "photos": many("https://people.example/Canary.png"), "entitlements": [{"value": "vpn"}], "roles": [{"value": "lead"}],
        "addresses": [{"formatted": "Canary", "streetAddress": "Canary 1", "locality": "Canary", "region": "Canary", "postalCode": "Canary", "country": "CZ", "type": "home", "primary": true}],
        "x509Certificates": [{"value": "Q2FuYXJ5"}],
        enterprise: {"employeeNumber": "Canary", "costCenter": "1", "organization": "Acme", "division": "East", "department": "Sales"},
    })
}

/// People, groups, roles, teams and rules, by SCIM and by hand.
async fn directory(scene: &Scene) {
    let (scim, admin) = (&scene.scim, &scene.admin);
    let anna = scim.post("/Users", everything_about("zoe", PASSWORDS[0])).await.expect(201).id();
    let boss = scim.post("/Users", everything_about("boss", PASSWORDS[0])).await.expect(201).id();
    let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
    scim.patch(&format!("/Users/{anna}"), json!([{"op": "add", "path": manager, "value": {"value": boss}}]))
        .await
        .expect(200);
    scim.patch(&format!("/Users/{anna}"), json!([{"op": "replace", "path": "password", "value": PASSWORDS[1]}]))
        .await
        .expect(200);
    // Written ahead, and bound.
    let lead = json!({"name": "Lead", "description": "Leads", "permissions": ["users:read"]});
    let lead = admin.post("/roles", lead).await.expect(201).made();
    let night = admin.post("/teams", json!({"name": "Night", "description": "Late"})).await.expect(201).made();
    let rule = json!({"group_name": "Leads", "role_id": lead, "priority": 3, "teams": [{"team_id": night, "role": "manager"}]});
    let rule = admin.post("/rules", rule).await.expect(201).made();
    let inner = scim.group("Inner", &[&anna]).await;
    let group = json!({"displayName": "Leads", "externalId": "g-1", "members": [{"value": inner}]});
    let group = scim.post("/Groups", group).await.expect(201).id();
    scim.patch(&format!("/Groups/{group}"), json!([{"op": "add", "path": "members", "value": [{"value": boss}]}]))
        .await
        .expect(200);
    scim.patch(&format!("/Groups/{group}"), json!([{"op": "replace", "path": "displayName", "value": "Leaders"}]))
        .await
        .expect(200);
    admin.put(&format!("/rules/{rule}"), json!({"priority": 4})).await.expect(200);
    admin
        .put(&format!("/roles/{lead}"), json!({"permissions": ["users:read", "chat:read"], "is_default": true}))
        .await
        .expect(200);
    admin
        .put(&format!("/teams/{night}"), json!({"assignment_strategy": "manual", "is_active": false}))
        .await
        .expect(200);
    admin.post(&format!("/teams/{night}/members"), json!({"user_id": boss})).await.expect(201);
    admin.delete(&format!("/rules/{rule}")).await.expect(200);
    // By hand, against what the provider says.
    let by_hand =
        json!({"full_name": "Canary Two", "email": "Canary.two@acme.example", "is_available": true, "overrule": true});
    admin.put(&format!("/users/{anna}"), by_hand).await.expect(200);
    admin.put(&format!("/users/{anna}"), json!({"is_active": false, "overrule": true})).await.expect(200);
    admin.put(&format!("/users/{anna}"), json!({"is_active": true, "overrule": true})).await.expect(200);
    admin.delete(&format!("/users/{anna}/pins/full_name")).await.expect(200);
    let agent = admin.role("Agent").await;
    admin.put(&format!("/users/{anna}"), json!({"role_id": agent})).await.expect(200);
    admin.put(&format!("/users/{anna}"), json!({"password": PASSWORDS[2]})).await.expect(200);
    admin.put(&format!("/roles/{agent}"), json!({"is_default": true})).await.expect(200);
    admin.delete(&format!("/roles/{lead}")).await.expect(200);
    // What somebody who leaves lets go of.
    let conversation = admin.post("/conversations", json!({"subject": "Where is it?"})).await.expect(201).made();
    admin.put(&format!("/conversations/{conversation}"), json!({"assignee_id": anna})).await.expect(200);
    admin.post(&format!("/conversations/{conversation}/notes"), json!({"body": "Canary"})).await.expect(201);
    admin.post(&format!("/conversations/{conversation}/messages"), json!({"body": "Canary"})).await.expect(201);
    scim.patch(&format!("/Users/{anna}"), json!([{"op": "replace", "path": "active", "value": false}]))
        .await
        .expect(200);
    scim.patch(&format!("/Users/{anna}"), json!([{"op": "replace", "path": "active", "value": true}]))
        .await
        .expect(200);
    scim.delete(&format!("/Users/{boss}")).await.expect(204);
    admin.delete(&format!("/teams/{night}")).await.expect(200);
    scim.delete(&format!("/Groups/{group}")).await.expect(204);
}

async fn seats(scene: &Scene) {
    let (scim, admin) = (&scene.scim, &scene.admin);
    let terms = async |terms: Value| admin.put("/seats", terms).await.expect(200);
    let used = terms(json!({"policy": "park"})).await.data()["used"].as_i64().unwrap();
    terms(json!({"own_limit": used + 5})).await;
    for n in 0..6 {
        scim.user(&format!("Canary.{n}@acme.example")).await;
    }
    terms(json!({"own_limit": used + 6})).await;
    terms(json!({"policy": "overage"})).await;
    scim.user("Canary.beyond@acme.example").await;
    terms(json!({"policy": "reject", "own_limit": 1_000})).await;
}

async fn signing_in(scene: &Scene) {
    let admin = &scene.admin;
    let browser = scene.admin_comes_in().await;
    assert!(browser.who(&scene.bridge).await.is_some());
    let token = admin.post("/tokens", json!({"name": "okta"})).await.expect(201).made();
    admin.delete(&format!("/tokens/{token}")).await.expect(200);
    let second = connect(admin, "second", &scene.op, json!({"scopes": ["email"], "groups_claim": "groups"})).await;
    let other = json!({"endpoints": {"token": "https://id.invalid/token"}, "secret": "another", "trusts_email": true});
    admin.put(&format!("/connections/{second}"), other).await.expect(200);
    scene.prove("acme.example").await;
    admin.post("/domains", json!({"domain": "acme.example", "connection_id": scene.connection})).await.expect(201);
    look(scene, "acme.example", Proof::Nothing("the name server does not answer".into())).await;
    let glass = json!({"email": "Canary.glass@acme.example", "full_name": "Canary", "password": PASSWORDS[0], "role_id": admin.role("Admin").await, "is_protected": true});
    admin.post("/users", glass).await.expect(201);
    for enforced in [true, false] {
        admin.put("/sso", json!({"sso_enforced": enforced})).await.expect(200);
        admin.put("/sso", json!({"sso_enforced": enforced, "domain": "acme.example"})).await.expect(200);
    }
    admin.delete("/domains/acme.example").await.expect(200);
    admin.delete(&format!("/connections/{second}")).await.expect(200);
    let users = admin.get("/users?search=anna").await.expect(200);
    for user in users.data()["users"].as_array().unwrap() {
        admin.delete(&format!("/users/{}/sessions", user["id"].as_str().unwrap())).await.expect(200);
    }
}

async fn look(scene: &Scene, domain: &str, proof: Proof) {
    let look = ProveDomain { workspace: scene.workspace.id, domain: domain.into(), proof };
    scene.bridge.app.commands.execute(&Actor::operator(), look).await.unwrap();
}

/// A domain whose record was there, and is gone for good.
async fn lapse(scene: &Scene) {
    let made = scene.admin.post("/domains", json!({"domain": "gone.example"})).await.expect(201);
    look(scene, "gone.example", Proof::Records(vec![made.data()["record_value"].as_str().unwrap().to_owned()])).await;
    for days in [1, 15] {
        scene.bridge.later(TimeDelta::days(days));
        look(scene, "gone.example", Proof::Records(Vec::new())).await;
    }
}

async fn reviews(scene: &Scene) {
    let admin = &scene.admin;
    let user = admin.user("Canary.review@acme.example", None).await;
    let review = admin.post("/reviews", json!({"name": "Autumn"})).await.expect(201).made();
    let people = admin.get(&format!("/reviews/{review}/people?limit=200")).await.expect(200);
    let decide = |one: &Value| {
        let id = &one["user_id"];
        json!({"user_id": id, "decision": if *id == json!(user) { "deactivate" } else { "keep" }, "comment": "Canary"})
    };
    let decisions: Vec<Value> = people.data()["people"].as_array().unwrap().iter().map(decide).collect();
    admin.put(&format!("/reviews/{review}/decisions"), json!({"decisions": decisions})).await.expect(200);
    admin.post(&format!("/reviews/{review}/apply"), json!({})).await.expect(200);
    admin.post(&format!("/reviews/{review}/close"), json!({})).await.expect(200);
    scene.bridge.later(TimeDelta::days(100));
    let remind = RemindOfReview { workspace: scene.workspace.id };
    assert!(scene.bridge.app.commands.execute(&Actor::system(), remind).await.unwrap());
}

/// A mail that nobody takes.
async fn mail(scene: &Scene, smtp: &SmtpServer) {
    smtp.answer("550 there is no mailbox Canary.mail@acme.example here");
    scene.admin.user("Canary.mail@acme.example", None).await;
    let started = Instant::now();
    while scene.audit("mail.failed").await.is_empty() {
        assert!(started.elapsed() < Duration::from_secs(20), "no mail failed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

on_both! {
    async fn every_event_is_as_its_schema_says_and_no_schema_is_of_one_that_never_happens(db) {
        let smtp = SmtpServer::plain();
        let mut settings = db.settings();
        let post = &mut settings.mail;
        (post.transport, post.smtp_host, post.smtp_port) = (Way::Smtp, Some("127.0.0.1".into()), Some(smtp.port));
        (post.smtp_tls, post.allow_plain_loopback, post.per_second) = (Tls::Plain, true, 1_000);
        let scene = Scene::at(db.bridge_with(settings).await, 1_000, SeatPolicy::Reject, json!({"auto_create_users": true})).await;
        directory(&scene).await;
        seats(&scene).await;
        signing_in(&scene).await;
        // What waits goes out first, so that the refusal is for the mail that is meant.
        let started = Instant::now();
        while smtp.got().len() < 2 {
            assert!(started.elapsed() < Duration::from_secs(20), "no mail goes out");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        mail(&scene, &smtp).await;
        reviews(&scene).await;
        lapse(&scene).await;
        let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
        let all = everything(&scene.admin).await;
        for event in &all {
            let name = event["event"].as_str().unwrap();
            let Some(of) = schemas::ALL.iter().find(|schema| schema.event == name) else {
                faults.push(format!("{name} has no schema: {event}"));
                continue;
            };
            seen.insert(of.event);
            let validator = jsonschema::options().should_validate_formats(true).build(&of.schema).unwrap();
            faults.extend(validator.iter_errors(event).map(|error| format!("{name} {}: {error} in {event}", error.instance_path())));
            unsaid(&of.schema, &[&of.schema], event, (name, false), &mut faults);
        }
        assert!(faults.is_empty(), "{} faults: {:#?}", faults.len(), &faults[..faults.len().min(20)]);
        let never: Vec<&str> = schemas::names().filter(|name| !seen.contains(name) && *name != delivery::TEST.name).collect();
        assert!(never.is_empty(), "never happened: {never:?}");
        // The test of an endpoint is in no outbox: it is made for its delivery alone.
        let test = delivery::Event {
            id: uuid::Uuid::now_v7(), event: delivery::TEST.name.into(), version: delivery::VERSION, cursor: 0, timestamp: scene.bridge.app.clock.now(),
            workspace_id: scene.workspace.id.0, data: delivery::Data { kind: "endpoint".into(), id: uuid::Uuid::now_v7().to_string(), changes: json!({}) },
        };
        let of_test = schemas::ALL.iter().find(|schema| schema.event == delivery::TEST.name).unwrap();
        jsonschema::validate(&of_test.schema, &serde_json::to_value(&test).unwrap()).unwrap();
        let text = serde_json::to_string(&all).unwrap();
        for secret in PASSWORDS.iter().copied().chain([crate::support::hostile_op::CLIENT_SECRET, "another", "$argon2", "aisk_", "aiss_", "whsec_"]) {
            assert!(!text.contains(secret), "an event holds {secret}");
        }
    }

    async fn whoever_has_a_key_can_ask_what_an_event_looks_like(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let nothing = bridge.key(&workspace, None, Some(&[])).await;
        let all = nothing.get("/events/schemas").await.expect(200);
        assert_eq!(all.data()["total"], json!(schemas::names().count()));
        let one = nothing.get("/events/schemas?event=user.parked").await.expect(200);
        let one = &one.data()["schemas"][0];
        assert_eq!((&one["event"], &one["version"], &one["holds_personal_data"]), (&json!("user.parked"), &json!(1), &json!(true)));
        jsonschema::meta::validate(&one["schema"]).unwrap();
        assert_eq!(nothing.get("/events/schemas?event=user.flown").await.expect(200).data()["total"], 0);
    }
}

#[test]
fn the_folder_of_schemas_has_a_file_for_every_event_and_no_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/events");
    let found: BTreeSet<String> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let expected: BTreeSet<String> = schemas::names().chain(["event"]).map(|name| format!("{name}.v1.json")).collect();
    assert_eq!(found, expected);
    for schema in schemas::ALL.iter() {
        jsonschema::meta::validate(&schema.schema).unwrap_or_else(|error| panic!("{}: {error}", schema.event));
    }
}
