//! A provider is connected, mapped, given another token and turned away, in a browser, while it and another one push.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::presses::Presses;
use crate::providers::{Like, Provider};
use crate::support::Fresh;

/// A rule for a group, made on its page.
fn rule(desk: &Desk, group: &str, role: &str, priority: &str) -> Vec<Value> {
    vec![
        json!({"goto": desk.url("/settings/rules/new")}),
        json!({"fill": ["#name", group]}),
        json!({"select": ["#role", role]}),
        json!({"fill": ["#priority", priority]}),
        json!({"click": "text=See who would change"}),
        json!({"see": ".verdict"}),
        json!({"click": "button[value=save]"}),
        json!({"expect": "The rule was created and is in effect."}),
    ]
}

pub const PRESSES: Presses = &[
    "/settings/provisioning/tokens",
    "/settings/provisioning/tokens/{id}/rotate",
    "/settings/provisioning/tokens/{id}/revoke",
    "/settings/rules/new",
    "/settings/rules/order",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_made_copied_rotated_and_revoked_and_groups_mapped_while_two_providers_push() {
    let desk = Desk::with(Fresh::sqlite(), 10_000, SeatPolicy::Reject).await;
    let (api, scim) = (desk.api().await, desk.scim().await);
    let anna = scim.user("anna@acme.example").await;
    let leads = scim.group("Leads", &[&anna]).await;
    let lead = api.post("/roles", json!({"name": "Lead", "permissions": ["users:read"]})).await.expect(201).made();
    let manager = api.role("Manager").await;
    api.post("/rules", json!({"group_id": leads, "role_id": lead, "priority": 5})).await.expect(201);
    let doomed = desk.bridge.token(&desk.workspace, Scope::Write, Dialect::Compat).await;
    let entra = Provider::start(Like::Entra, desk.bridge.client(&doomed));
    let (mut okta, mut copied) = (None, Vec::new());
    let made = |name: &str| {
        vec![
            json!({"see": "#secret"}),
            json!({"click": "button[data-copy=secret]"}),
            json!({"copied": "#secret"}),
            json!({"tell": [name, "#secret"]}),
        ]
    };
    let home = desk.url("/settings/provisioning");
    let mut steps = vec![
        json!({"goto": home}),
        json!({"fill": ["#new [name=name]", "Okta of Acme"]}),
        json!({"click": "#new button"}),
    ];
    steps.extend(made("first"));
    // It arrives, and its group is mapped.
    steps.extend([
        json!({"goto": desk.url("/settings/groups?search=okta")}),
        json!({"see": "#groups a:has-text('okta people')"}),
        json!({"goto": desk.url(&format!("/settings/users/{anna}"))}),
        json!({"tell": ["grouped"]}),
        json!({"see": "#person .tag:has-text('okta people')"}),
    ]);
    steps.extend(rule(&desk, "okta people", &manager, "10"));
    // Anna is in both groups, and what was higher becomes lower.
    steps.extend([
        json!({"goto": desk.url("/settings/rules")}),
        json!({"fill": ["tr:has-text('Leads') input.place", "20"]}),
        json!({"click": "text=See who would change"}),
        json!({"expect": "1 person: Manager becomes Lead"}),
        json!({"shot": "play-priority"}),
        json!({"click": "text=Save the order"}),
        json!({"expect": "The order was saved and is in effect."}),
        json!({"goto": home}),
        json!({"click": "tr:has-text('Okta of Acme') a[href$='/rotate']"}),
        json!({"click": "main form button"}),
    ]);
    steps.extend(made("second"));
    steps.extend([
        json!({"click": "a.button:not(.quiet)"}),
        // The page says by itself that the new token is in use.
        json!({"see": "#rotation .done"}),
        json!({"click": "#rotation button.danger"}),
        json!({"expect": "The token is revoked."}),
        json!({"click": "tr:has(th:has-text('test')) a[href$='/revoke']"}),
        json!({"expect": "Whoever uses this token"}),
        json!({"click": "button.danger"}),
        json!({"expect": "The token is revoked."}),
        json!({"shot": "play-provider"}),
    ]);
    let told = async |word: &str, text: &str| match word {
        "first" => {
            copied.push(text.to_owned());
            okta = Some(Provider::start(Like::Okta, desk.bridge.client(text)));
        }
        "second" => {
            copied.push(text.to_owned());
            *okta.as_ref().unwrap().client.lock().unwrap() = desk.bridge.client(text);
        }
        _ => {
            let groups = api.get("/groups?search=okta").await.expect(200);
            let group = groups.data()["groups"][0]["id"].as_str().unwrap().to_owned();
            api.post(&format!("/groups/{group}/members"), json!({"member_id": anna})).await.expect(200);
        }
    };
    if desk.plays_and("play-provider-end", steps, json!({}), told).await.is_none() {
        return;
    }
    let (okta, entra) = (okta.unwrap().end().await, entra.end().await);
    assert!(okta.people > 2 && okta.refused.is_none(), "{okta:?}");
    assert!(entra.people > 2 && entra.refused == Some(401), "{entra:?}");
    assert_ne!(copied[0], copied[1]);
    desk.bridge.client(&copied[0]).get("/Users").await.expect(401);
    let found = desk.bridge.client(&copied[1]).find("/Users", "userName eq \"okta0@acme.example\"", "").await;
    assert_eq!(api.role_of(&found.expect(200).all("id")[0]).await, "Manager");
    assert_eq!(api.role_of(&anna).await, "Lead");
    desk.bridge.counters(&desk.workspace).await;
    desk.pressed(PRESSES);
}
