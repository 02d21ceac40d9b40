//! Every essential act with scripts switched off, and what it did.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::Fresh;

/// People and seats.
fn people(desk: &Desk, anna: &str, manager: &str) -> Vec<Value> {
    vec![
        json!({"goto": desk.url("/settings/users/new")}),
        json!({"fill": ["#full_name", "Bea Brand"]}),
        json!({"fill": ["#email", "bea@acme.example"]}),
        json!({"click": "main form button"}),
        json!({"expect": "The user was created."}),
        json!({"goto": desk.url(&format!("/settings/users/{anna}/edit"))}),
        json!({"select": ["#role", manager]}),
        json!({"click": "main form button"}),
        json!({"expect": "The changes are saved"}),
        json!({"goto": desk.url("/settings/users")}),
        json!({"check": format!("#choose-{anna}")}),
        json!({"click": "button[value=deactivate]"}),
        json!({"expect": "Deactivate 1 person?"}),
        json!({"click": "main form button"}),
        json!({"expect": "1 person was deactivated."}),
        json!({"goto": desk.url(&format!("/settings/users/{anna}/activate"))}),
        json!({"click": "main form button"}),
        json!({"expect": "Active again"}),
        json!({"goto": desk.url("/settings/seats")}),
        json!({"fill": ["#own_limit", "42"]}),
        json!({"check": "[name=policy][value=park]"}),
        json!({"click": "main form button"}),
        json!({"expect": "of 42 seats in use"}),
    ]
}

/// A token, a rule by name, one from a group's page, and an endpoint.
fn connected(desk: &Desk, group: &str, manager: &str) -> Vec<Value> {
    vec![
        json!({"goto": desk.url("/settings/provisioning")}),
        json!({"fill": ["#new [name=name]", "no script"]}),
        json!({"click": "#new button"}),
        json!({"see": "#secret"}),
        json!({"goto": desk.url(&format!("/settings/groups/{group}"))}),
        json!({"click": "a[href*='/settings/rules/new']"}),
        json!({"select": ["#role", manager]}),
        json!({"fill": ["#priority", "3"]}),
        json!({"click": "button[value=look]"}),
        json!({"expect": "1 person changes."}),
        json!({"click": "button[value=save]"}),
        json!({"expect": "The rule was created"}),
        json!({"goto": desk.url("/settings/rules/new")}),
        json!({"fill": ["#name", "Not here yet"]}),
        json!({"select": ["#role", manager]}),
        json!({"fill": ["#priority", "9"]}),
        json!({"click": "button[value=look]"}),
        json!({"click": "button[value=save]"}),
        json!({"expect": "The rule was created"}),
        json!({"goto": desk.url("/settings/webhooks/new")}),
        json!({"fill": ["#name", "CRM"]}),
        json!({"fill": ["#url", "http://127.0.0.1:65009/"]}),
        json!({"check": "#family-user"}),
        json!({"click": "form.panel button"}),
        json!({"see": "#secret"}),
    ]
}

/// A review, from its beginning to its end.
fn reviewed(desk: &Desk) -> Vec<Value> {
    vec![
        json!({"goto": desk.url("/settings/reviews")}),
        json!({"fill": ["#name", "Autumn"]}),
        json!({"click": "main form button"}),
        json!({"check": "fieldset:has-text('Bea Brand') [value=deactivate]"}),
        json!({"click": "button[value=keep-rest]"}),
        json!({"expect": "4 of 4 decided"}),
        json!({"click": "a[href$='/summary']"}),
        json!({"click": "button.danger"}),
        json!({"click": "form[action$='/close'] button"}),
        json!({"expect": "This review is closed"}),
    ]
}

pub const PRESSES: Presses = &[
    "/settings/users/new",
    "/settings/users/{id}/edit",
    "/settings/users/bulk?user",
    "/settings/users/bulk?act",
    "/settings/users/bulk?role",
    "/settings/users/bulk",
    "/settings/users/{id}/activate",
    "/settings/seats",
    "/settings/provisioning/tokens",
    "/settings/rules/new",
    "/settings/webhooks",
    "/settings/reviews",
    "/settings/reviews/{id}/decide",
    "/settings/reviews/{id}/apply",
    "/settings/reviews/{id}/close",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_without_a_script() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let (api, scim) = (desk.api().await, desk.scim().await);
    let anna = desk.person("anna@acme.example", "Anna Arnold", "Agent").await.id.to_string();
    let cleo = scim.user("cleo@acme.example").await;
    let group = scim.group("Support", &[&cleo]).await;
    let manager = api.role("Manager").await;
    let steps = [people(&desk, &anna, &manager), connected(&desk, &group, &manager), reviewed(&desk)].concat();
    if desk.plays("play-bare", steps, json!({"script": false, "axe": false})).await.is_none() {
        return;
    }
    assert_eq!((api.role_of(&anna).await, api.role_of(&cleo).await), ("Manager".into(), "Manager".into()));
    let found = api.get("/users?search=bea").await.expect(200);
    assert_eq!(found.data()["users"][0]["status"], "inactive", "{}", found.json);
    let seats = api.get("/seats").await.expect(200);
    assert_eq!((&seats.data()["own_limit"], &seats.data()["policy"]), (&json!(42), &json!("park")));
    for (path, list, count) in [("/tokens", "tokens", 2), ("/rules", "rules", 2), ("/webhooks", "webhooks", 1)] {
        let answer = api.get(path).await.expect(200);
        assert_eq!(answer.data()[list].as_array().unwrap().len(), count, "{path}: {}", answer.json);
    }
    desk.pressed(PRESSES);
}
