//! Lists that are narrowed by every field that they have, and what is done to what is left on them, while two providers push.

use aisoule_bridge::domain::seat::SeatPolicy;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::presses::Presses;
use crate::providers::Sync;
use crate::support::Fresh;
use crate::support::hooks::{self, until};
use crate::support::parts::has_browser;
use crate::support::receiver::Receiver;

pub const PRESSES: Presses = &[
    "/settings/users?search",
    "/settings/users?role",
    "/settings/users?team",
    "/settings/users?status",
    "/settings/users/bulk?user",
    "/settings/users/bulk?act",
    "/settings/users/bulk?role",
    "/settings/users/bulk",
    "/settings/users/{id}/release",
    "/settings/audit?actor",
    "/settings/audit?action",
    "/settings/audit?subject",
    "/settings/audit?from",
    "/settings/audit?to",
    "/settings/requests?status",
    "/settings/requests?text",
    "/settings/requests?method",
    "/settings/requests?from",
    "/settings/requests?to",
    "/settings/webhooks/{endpoint}?state",
    "/settings/webhooks/{endpoint}?event",
];

/// One of the four people of ours by all of the fields; two who are activated together; one whose role is given back to the rules.
fn people(desk: &Desk, ids: &[String], manager: &str, night: &str) -> Vec<Value> {
    vec![
        json!({"goto": desk.url("/settings/users")}),
        json!({"fill": ["#search", "ours"]}),
        json!({"select": ["#role", manager]}),
        json!({"select": ["#team", night]}),
        json!({"select": ["#status", "active"]}),
        json!({"click": ".filter-go button"}),
        json!({"see": "#people tbody tr:only-child a:has-text('Anna Ours')"}),
        json!({"shot": "play-users-narrowed"}),
        json!({"click": "#people tbody a"}),
        json!({"click": "form[action$='/release'] button"}),
        json!({"at": "?done=released"}),
        json!({"goto": desk.url("/settings/users")}),
        json!({"fill": ["#search", "ours"]}),
        json!({"select": ["#status", "inactive"]}),
        json!({"press": "Enter"}),
        json!({"at": "status=inactive"}),
        json!({"check": format!("#choose-{}", ids[1])}),
        json!({"check": format!("#choose-{}", ids[2])}),
        json!({"click": "button[value=activate]"}),
        json!({"see": "#fate tbody tr:nth-child(2)"}),
        json!({"shot": "play-bulk-activate"}),
        json!({"click": "main form button"}),
        json!({"see": "p.done"}),
    ]
}

/// Entries of the audit log and of the request log, and deliveries.
fn logs(desk: &Desk, anna: &str, endpoint: &str) -> Vec<Value> {
    let now = desk.bridge.app.clock.now();
    let day = |days: i64| (now + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let minute = |minutes: i64| (now + TimeDelta::minutes(minutes)).format("%Y-%m-%dT%H:%M").to_string();
    vec![
        json!({"goto": desk.url("/settings/audit")}),
        json!({"fill": ["#actor", "root"]}),
        json!({"fill": ["#action", "user.*"]}),
        json!({"fill": ["#subject", anna]}),
        json!({"fill": ["#from", day(-1)]}),
        json!({"fill": ["#to", day(1)]}),
        json!({"click": "form.filters button"}),
        json!({"at": "actor=root"}),
        json!({"see": format!("#entries a[href='/settings/users/{anna}']")}),
        json!({"shot": "play-audit-narrowed"}),
        // A day on which nothing had happened yet.
        json!({"fill": ["#to", day(-1)]}),
        json!({"click": "form.filters button"}),
        json!({"see": "#entries .empty"}),
        json!({"goto": desk.url("/settings/requests")}),
        json!({"select": ["#status", "4xx"]}),
        json!({"fill": ["#text", "nobody-of-ours"]}),
        json!({"select": ["#method", "GET"]}),
        json!({"fill": ["#from", minute(-60)]}),
        json!({"fill": ["#to", minute(60)]}),
        json!({"click": "form.filters button"}),
        json!({"see": "#requests tbody tr:only-child a:has-text('nobody-of-ours')"}),
        json!({"shot": "play-requests-narrowed"}),
        json!({"fill": ["#to", minute(-59)]}),
        json!({"click": "form.filters button"}),
        json!({"see": "#requests .empty"}),
        json!({"goto": desk.url(&format!("/settings/webhooks/{endpoint}"))}),
        // It is sent as soon as it is chosen.
        json!({"select": ["#state", "delivered"]}),
        json!({"at": "state=delivered"}),
        json!({"fill": ["#event", "team.created"]}),
        json!({"press": "Enter"}),
        json!({"at": "event=team.created"}),
        json!({"see": "#webhook-deliveries tbody tr:only-child a:has-text('team.created')"}),
        json!({"shot": "play-deliveries-narrowed"}),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_narrowed_by_every_field_and_what_is_left_is_acted_upon_while_two_providers_push() {
    if !has_browser() {
        return;
    }
    let desk = Desk::with(Fresh::sqlite(), 10_000, SeatPolicy::Reject).await;
    let (api, scim, receiver) = (desk.api().await, desk.scim().await, Receiver::start().await);
    let endpoint =
        hooks::create(&desk.bridge, &desk.workspace, "CRM", &receiver.url(), &["team.*", "role.*"]).await.unwrap();
    let manager = api.role("Manager").await;
    let mut ids = Vec::new();
    for (name, role) in [("Anna", "Agent"), ("Ben", "Agent"), ("Cleo", "Manager"), ("Dora", "Manager")] {
        let email = format!("{}@acme.example", name.to_lowercase());
        ids.push(desk.person(&email, &format!("{name} Ours"), role).await.id.to_string());
    }
    let night = api.post("/teams", json!({"name": "Night", "assignment_strategy": "manual"})).await.expect(201).made();
    api.post("/roles", json!({"name": "Lead", "permissions": ["users:read"]})).await.expect(201);
    api.put(&format!("/users/{}", ids[0]), json!({"role_id": manager})).await.expect(200);
    for id in &ids[..2] {
        api.post(&format!("/teams/{night}/members"), json!({"user_id": id})).await.expect(201);
    }
    for id in &ids[1..3] {
        api.put(&format!("/users/{id}"), json!({"is_active": false})).await.expect(200);
    }
    scim.get("/Users/nobody-of-ours").await.expect(404);
    until("the deliveries", async || receiver.count() >= 2).await;
    desk.bridge.app.journal.flush().await;
    let sync = Sync::start(&desk).await;
    let steps =
        [people(&desk, &ids, &manager, &night), logs(&desk, &ids[0], &endpoint.endpoint.id.to_string())].concat();
    desk.plays("play-lists-end", steps, json!({})).await;
    sync.end().await;
    desk.pressed(PRESSES);
    for id in &ids[1..3] {
        assert_eq!(api.get(&format!("/users/{id}")).await.expect(200).data()["is_active"], true);
    }
    let anna = api.get(&format!("/users/{}", ids[0])).await.expect(200);
    assert_ne!(anna.data()["role_source"], "manual", "{}", anna.json);
}
