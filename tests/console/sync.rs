//! Pages while identity providers push: an Okta-like and an Entra-like sync run behind, and what they bring appears on the open
//! page without reloading it.

use std::sync::Arc;
use std::time::Duration;

use aisoule_bridge::http::console;
use aisoule_bridge::ids::UserId;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::providers::Sync;
use crate::support::Fresh;
use crate::support::parts::has_browser;

fn has(path: &str) -> bool {
    console::ROUTES.iter().any(|route| route.method == "GET" && route.path == path)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_used_while_two_providers_push() {
    if !has_browser() {
        return;
    }
    let desk = Desk::with(Fresh::sqlite(), 10_000, aisoule_bridge::domain::seat::SeatPolicy::Reject).await;
    desk.furnish().await;
    let sync = Sync::start(&desk).await;
    let pages: Vec<String> = desk.pages(2).await.into_values().flatten().collect();
    let step = |path: &str| vec![json!({"goto": desk.url(path)}), json!({"see": "h1"}), json!({"unharmed": true})];
    desk.looks_at(&pages, json!({"axe": false}), step, 30).await;
    sync.end().await;
}

/// What happens while a page is open appears on it.
async fn appears(desk: &Desk, page: &str, opened: &str, text: &str, act: impl Future<Output = ()> + Send + 'static) {
    let (app, workspace) = (Arc::clone(&desk.bridge.app), desk.workspace.id);
    let later = tokio::spawn(async move {
        // Whoever looked at the page before is gone, and somebody looks at it now.
        for is_awaited in [false, true] {
            for _ in 0..1_000 {
                if (app.followers.of_workspace(workspace) > 0) == is_awaited {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        act.await;
    });
    let steps: Vec<Value> = vec![
        json!({"goto": desk.url(page)}),
        json!({"see": opened}),
        // Whatever loads the page anew takes this away.
        json!({"mark": true}),
        json!({"expect": text}),
        json!({"marked": true}),
    ];
    desk.plays("live", steps, json!({"name": null, "axe": false})).await;
    later.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_appears_on_an_open_page_without_reloading_it() {
    if !has_browser() {
        return;
    }
    let desk = Desk::new(Fresh::sqlite()).await;
    let commands = desk.bridge.app.commands.clone();
    let (workspace, scim) = (desk.workspace.id, desk.scim().await);
    let link = async move {
        let command = aisoule_bridge::command::setup_links::CreateSetupLink {
            id: aisoule_bridge::ids::SetupLinkId::fresh(),
            workspace,
            name: "Made by somebody else".into(),
            days: 3,
            token_hash: [7; 32],
            hint: "abcd".into(),
        };
        commands.execute(&aisoule_bridge::domain::access::Actor::operator(), command).await.unwrap();
    };
    appears(&desk, "/settings/setup-links", "#links", "Made by somebody else", link).await;
    // As the pages come, each is held to it.
    let id = scim.user("anna@acme.example").await;
    if has("/settings/users") {
        let scim = scim.clone();
        let act = async move {
            scim.user("zoe-appears@acme.example").await;
        };
        appears(&desk, "/settings/users", "h1", "zoe-appears@acme.example", act).await;
    }
    if has("/settings/groups") {
        let scim = scim.clone();
        let act = async move {
            scim.post("/Groups", json!({"displayName": "Group that appears"})).await.expect(201);
        };
        appears(&desk, "/settings/groups", "h1", "Group that appears", act).await;
    }
    if has("/settings/requests") {
        let scim = scim.clone();
        let act = async move {
            scim.get("/Users/nobody-that-appears").await.expect(404);
        };
        appears(&desk, "/settings/requests", "h1", "nobody-that-appears", act).await;
    }
    if has("/settings/audit") {
        let scim = scim.clone();
        let act = async move {
            scim.user("audited-appears@acme.example").await;
        };
        appears(&desk, "/settings/audit", "h1", "audited-appears@acme.example", act).await;
    }
    if has("/settings/users/{id}") {
        let (scim, path) = (scim.clone(), format!("/Users/{id}"));
        let act = async move {
            scim.patch(&path, json!([{"op": "replace", "value": {"displayName": "Anna who appears"}}]))
                .await
                .expect(200);
        };
        appears(&desk, &format!("/settings/users/{}", UserId::parse(&id).unwrap()), "h1", "Anna who appears", act)
            .await;
    }
}
