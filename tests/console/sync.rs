//! Pages while identity providers push: an Okta-like and an Entra-like sync run behind, and what they bring appears on the open
//! page without reloading it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::http::console;
use aisoule_bridge::ids::UserId;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::desk::Desk;
use crate::support::parts::has_browser;
use crate::support::{Fresh, Scim};

/// So many people at the most, of each provider.
const MOST: usize = 400;

/// Two providers at work, until they are told to stop.
struct Sync {
    stop: Arc<AtomicBool>,
    hands: Vec<JoinHandle<usize>>,
}

impl Sync {
    async fn start(desk: &Desk) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut hands = Vec::new();
        for kind in ["okta", "entra"] {
            let token = desk.bridge.token(&desk.workspace, Scope::Write, Dialect::Compat).await;
            let (scim, stop) = (desk.bridge.client(&token), Arc::clone(&stop));
            hands.push(tokio::spawn(async move {
                let group = scim
                    .post(
                        "/Groups",
                        json!({"displayName": format!("{kind} people"), "externalId": format!("{kind}-g")}),
                    )
                    .await
                    .expect(201)
                    .id();
                let mut n = 0;
                while n < MOST && !stop.load(Ordering::Relaxed) {
                    if kind == "okta" {
                        okta(&scim, &group, n).await
                    } else {
                        entra(&scim, &group, n).await
                    }
                    n += 1;
                    tokio::time::sleep(Duration::from_millis(40)).await;
                }
                n
            }));
        }
        Self { stop, hands }
    }

    /// Lets them end what they have begun; gives how many people they brought.
    async fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = 0;
        for hand in self.hands {
            all += hand.await.unwrap();
        }
        all
    }
}

/// One person the way Okta does it: looked up, made, pushed into a group, changed as a whole, and some let go.
async fn okta(scim: &Scim, group: &str, n: usize) {
    let login = format!("okta{n}@acme.example");
    scim.find("/Users", &format!("userName eq \"{login}\""), "&startIndex=1&count=100").await.expect(200);
    let mut user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": login, "name": {"givenName": "Okta", "familyName": format!("{n}")},
        "emails": [{"primary": true, "value": login, "type": "work"}], "displayName": format!("Okta {n}"), "locale": "en-US",
        "externalId": format!("00o{n}"), "groups": [], "active": true
    });
    let id = scim.post("/Users", user.clone()).await.expect(201).id();
    scim.patch(
        &format!("/Groups/{group}"),
        json!([{"op": "add", "path": "members", "value": [{"value": id, "display": login}]}]),
    )
    .await
    .expect(200);
    user["title"] = json!("Agent");
    scim.put(&format!("/Users/{id}"), user).await.expect(200);
    if n % 2 == 1 {
        scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
    }
}

/// One person the way Entra ID does it: looked up, made, changed attribute by attribute, put into a group, and some let go.
async fn entra(scim: &Scim, group: &str, n: usize) {
    let login = format!("entra{n}@acme.example");
    scim.find("/Users", &format!("externalId eq \"obj-{n}\""), "").await.expect(200);
    let id = scim.post("/Users", json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "externalId": format!("obj-{n}"), "userName": login, "active": true,
        "displayName": format!("Entra {n}"), "emails": [{"primary": true, "type": "work", "value": login}], "meta": {"resourceType": "User"},
        "name": {"formatted": format!("Entra {n}"), "familyName": format!("{n}"), "givenName": "Entra"}, "roles": []
    })).await.expect(201).id();
    scim.patch(&format!("/Users/{id}"), json!([{"op": "Add", "path": "title", "value": "Agent"}])).await.expect(200);
    scim.patch(&format!("/Groups/{group}"), json!([{"op": "Add", "path": "members", "value": [{"value": id}]}]))
        .await
        .expect(200);
    if n % 2 == 1 {
        scim.patch(&format!("/Users/{id}"), json!([{"op": "Replace", "path": "active", "value": "False"}]))
            .await
            .expect(200);
    }
}

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
    assert!(sync.end().await > 5, "they were hardly at work");
    // And every form: making a set-up link while they push.
    let sync = Sync::start_again(&desk).await;
    let steps = vec![
        json!({"goto": desk.url("/settings/setup-links")}),
        json!({"fill": ["[name=name]", "While they push"]}),
        json!({"click": "main form button"}),
        json!({"see": "#made"}),
    ];
    desk.plays("sync", steps, json!({"name": null, "axe": false})).await;
    sync.end().await;
}

impl Sync {
    /// The same people again, who are there already: what is left of a sync that begins anew.
    async fn start_again(desk: &Desk) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let token = desk.bridge.token(&desk.workspace, Scope::Write, Dialect::Compat).await;
        let (scim, stopped) = (desk.bridge.client(&token), Arc::clone(&stop));
        let hand = tokio::spawn(async move {
            let mut n = 0;
            while n < MOST && !stopped.load(Ordering::Relaxed) {
                let found = scim.find("/Users", &format!("userName eq \"okta{n}@acme.example\""), "").await;
                if let Some(id) = found.all("id").first() {
                    scim.patch(
                        &format!("/Users/{id}"),
                        json!([{"op": "replace", "path": "title", "value": format!("Again {n}")}]),
                    )
                    .await;
                }
                n += 1;
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
            n
        });
        Self { stop, hands: vec![hand] }
    }
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
