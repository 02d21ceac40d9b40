//! What a first run and a customer's link have besides the way through: tests that find something, domains that are proved and
//! given up, and the end of a link, in a browser.

use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::{domains, workspaces};
use serde_json::{Value, json};

use crate::desk::{Desk, PASSWORD, is_clean};
use crate::first_run::offer;
use crate::presses::{Presses, are_just};
use crate::providers::{Like, Provider, Sync};
use crate::support::dns::Dns;
use crate::support::hostile_op::{CLIENT_ID, CLIENT_SECRET, HostileOp};
use crate::support::parts::{browse_and, has_browser};
use crate::support::{Bridge, Fresh};

pub const FIRST_RUN: Presses = &[
    "/settings/setup/connection",
    "/settings/setup/test",
    "/settings/setup/domains",
    "/settings/setup/domains/verify",
    "/settings/setup/domains/remove",
];
pub const CUSTOMER: Presses = &[
    "/setup/{token}",
    "/setup/provider",
    "/setup/connection",
    "/setup/test",
    "/setup/domains",
    "/setup/domains/verify",
    "/setup/domains/remove",
    "/setup/leave",
];
pub const REVOKED: Presses = &["/settings/setup-links", "/settings/setup-links/revoke"];

/// A bridge that asks a DNS of ours.
async fn asking(dns: &Dns) -> Bridge {
    let fresh = Fresh::sqlite();
    let mut settings = fresh.settings();
    settings.sso.dns_server = Some(dns.address);
    fresh.bridge_with(settings).await
}

/// A connection that is saved and tested, a domain that is proved, and one that is given up.
fn connected(op: &HostileOp, shot: &str) -> Vec<Value> {
    vec![
        json!({"fill": ["#name", "Works"]}),
        json!({"fill": ["#issuer", op.issuer()]}),
        json!({"fill": ["#client-id", CLIENT_ID]}),
        json!({"fill": ["#secret", CLIENT_SECRET]}),
        json!({"click": "form[action$='/connection'] button"}),
        json!({"at": "&done=connection"}),
        json!({"click": "form[action$='/test'] button"}),
        json!({"see": ".rows .tag.good"}),
        json!({"shot": format!("{shot}-tested")}),
        json!({"fill": ["#domain", "works.example"]}),
        json!({"click": "form[action$='/domains'] button"}),
        json!({"at": "&done=domain"}),
        // Nothing is there yet.
        json!({"click": "form[action$='/domains/verify'] button"}),
        json!({"see": "#problem"}),
        json!({"shot": format!("{shot}-unproved")}),
        json!({"tell": ["the record", "#challenge-1"]}),
        json!({"click": "form[action$='/domains/verify'] button"}),
        json!({"at": "&done=proved"}),
        json!({"fill": ["#domain", "other.example"]}),
        json!({"click": "form[action$='/domains'] button"}),
        json!({"see": "form[action$='/domains/verify']"}),
        json!({"click": "li:has-text('other.example') form[action$='/domains/remove'] button"}),
        json!({"at": "&done=removed"}),
        json!({"shot": format!("{shot}-proved")}),
    ]
}

/// The domains of the only workspace, with whether they are proved.
async fn known(bridge: &Bridge) -> Vec<(String, bool)> {
    let mut conn = bridge.app.store.read().await.unwrap();
    let workspace = workspaces::only(&mut conn).await.unwrap().unwrap();
    let all = domains::of_workspace(&mut conn, workspace.id).await.unwrap();
    all.into_iter().map(|domain| (domain.name, domain.proved_at.is_some())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_came_in_first_tests_the_connection_and_proves_a_domain_while_a_provider_pushes() {
    if !has_browser() {
        return;
    }
    let dns = Dns::start().await;
    let bridge = asking(&dns).await;
    let op = HostileOp::start(bridge.app.clock.clone()).await;
    let path = offer(&bridge).await.unwrap();
    let mut rita = bridge.browser();
    let fields = [
        ("workspace", "Acme"),
        ("plan", "growth"),
        ("name", "Rita Root"),
        ("email", "rita@acme.example"),
        ("password", PASSWORD),
    ];
    rita.post(&path, &path, &fields).await.expect(303);
    rita.post("/settings/setup", "/settings/setup/skip", &[]).await.expect(303);
    rita.post("/settings/setup", "/settings/setup/provider", &[("provider", "other")]).await.expect(303);
    let page = rita.post("/settings/setup", "/settings/setup/token", &[]).await.expect(200);
    let token = crate::first_run::between(&page, "<code id=\"token\">", "<").to_owned();
    let workspace = workspaces::only(&mut bridge.app.store.read().await.unwrap()).await.unwrap().unwrap();
    bridge.key(&workspace, None, None).await.put("/seats", json!({"own_limit": 1_000})).await.expect(200);
    let okta = Provider::start(Like::Okta, bridge.client(&token));
    let base = rita.origin();
    let play = json!({
        "url": format!("{base}/settings/setup?step=4"), "axe": true, "cookies": rita.cookies,
        "steps": connected(&op, "play-first-run"),
    });
    let told = async |_: &str, text: &str| dns.set_texts("_aisoule-challenge.works.example", &[text]);
    let seen = browse_and(play, told).await;
    let pushed = okta.end().await;
    is_clean(&seen);
    are_just(&[seen], &base, FIRST_RUN);
    assert!(pushed.people > 2 && pushed.refused.is_none(), "{pushed:?}");
    assert_eq!(known(&bridge).await, [("works.example".to_owned(), true)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_with_a_link_proves_a_domain_and_leaves_and_another_link_is_revoked_while_two_providers_push() {
    if !has_browser() {
        return;
    }
    let dns = Dns::start().await;
    let mut desk = Desk::at(asking(&dns).await, 10_000, SeatPolicy::Reject).await;
    let op = HostileOp::start(desk.bridge.app.clock.clone()).await;
    let path = desk.setup_link("Globex IT").await;
    let sync = Sync::start(&desk).await;
    let base = desk.browser.origin();
    let mut steps = vec![
        json!({"click": "main form button"}),
        json!({"check": "[value=other]"}),
        json!({"click": "main form button"}),
        json!({"see": "#scim-url"}),
    ];
    steps.extend(connected(&op, "play-customer"));
    steps.extend([
        json!({"click": "a.button[href$='step=3']"}),
        json!({"click": "form[action='/setup/leave'] button"}),
        json!({"see": "h1"}),
        json!({"shot": "play-customer-left"}),
    ]);
    let told = async |_: &str, text: &str| dns.set_texts("_aisoule-challenge.works.example", &[text]);
    let play = json!({"url": desk.url(&path), "axe": true, "steps": steps});
    let seen = browse_and(play, told).await;
    is_clean(&seen);
    are_just(&[seen], &base, CUSTOMER);
    assert_eq!(known(&desk.bridge).await, [("works.example".to_owned(), true)]);
    let steps = vec![
        json!({"goto": desk.url("/settings/setup-links")}),
        json!({"fill": ["#name", "Initech IT"]}),
        json!({"fill": ["#days", "3"]}),
        json!({"click": "form[action='/settings/setup-links'] button"}),
        json!({"tell": ["the link", "#made"]}),
        json!({"click": "tr:has-text('Initech') form[action$='/revoke'] button"}),
        json!({"at": "?done=revoked"}),
    ];
    let mut link = String::new();
    let told = async |_: &str, text: &str| link = text.to_owned();
    desk.plays_and("play-link-revoked", steps, json!({}), told).await;
    sync.end().await;
    desk.pressed(REVOKED);
    let path = link.strip_prefix(&base).unwrap();
    desk.bridge.browser().get(path).await.expect(410);
}
