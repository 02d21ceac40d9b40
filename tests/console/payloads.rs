//! What identity providers fill in is text, whatever it looks like: every payload of `payloads.txt` in every field that they can
//! fill, and then every page that shows any of them, in the browser.

use aisoule_bridge::domain::seat::SeatPolicy;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::support::parts::has_browser;
use crate::support::{Fresh, Scim, on_both};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The payloads, each in a line of its own.
fn payloads() -> Vec<&'static str> {
    include_str!("payloads.txt").lines().collect()
}

/// Fills one payload into every field that a provider has.
async fn provision(scim: &Scim, n: usize, payload: &str) {
    let whole = json!({
        "schemas": [CORE, ENTERPRISE], "userName": format!("p{n}-{payload}"), "externalId": format!("x{n}-{payload}"),
        "displayName": format!("d{n} {payload}"), "nickName": payload, "title": payload, "userType": payload,
        "name": {"formatted": payload, "givenName": payload, "familyName": payload, "middleName": payload, "honorificPrefix": payload, "honorificSuffix": payload},
        "emails": [{"value": format!("p{n}@acme.example"), "type": "work", "primary": true, "display": payload}],
        "phoneNumbers": [{"value": payload, "type": "work", "display": payload}],
        "addresses": [{"formatted": payload, "streetAddress": payload, "locality": payload, "region": payload, "postalCode": payload, "country": payload, "type": "work"}],
        "ims": [{"value": payload, "type": "other"}], "entitlements": [{"value": payload, "display": payload}], "roles": [{"value": payload, "display": payload}],
        ENTERPRISE: {"employeeNumber": payload, "costCenter": payload, "organization": payload, "division": payload, "department": payload},
        "active": !n.is_multiple_of(7),
    });
    let made = scim.post("/Users", whole).await;
    let id = if made.status == 201 {
        made.id()
    } else {
        // Something of it is refused, which the request log shows as it was sent. What is left is taken.
        assert_eq!(made.status, 400, "{payload}: {}", made.json);
        let rest = json!({"schemas": [CORE], "userName": format!("p{n}@acme.example"), "displayName": format!("d{n} {payload}"), "title": payload});
        scim.post("/Users", rest).await.expect(201).id()
    };
    let group = json!({"displayName": format!("g{n} {payload}"), "externalId": format!("y{n}-{payload}"), "members": [{"value": id, "display": payload}]});
    let status = scim.post("/Groups", group).await.status;
    assert!([201, 400].contains(&status), "{payload}: {status}");
    scim.patch(
        &format!("/Users/{id}"),
        json!([{"op": "replace", "path": "title", "value": format!("t{n} {payload}")}]),
    )
    .await;
    // Refused, and logged: an address that is none, a body that is none, a filter that is none, a path that is none.
    scim.post("/Users", json!({"schemas": [CORE], "userName": format!("q{n}"), "emails": [{"value": payload, "primary": true}], "active": false})).await;
    let agent = if payload.is_ascii() { scim.with("user-agent", payload) } else { scim.clone() };
    agent.send("POST", &agent.url("/Users"), payload.as_bytes().to_vec()).await;
    let encoded = utf8_percent_encode(payload, NON_ALPHANUMERIC).to_string();
    agent.get(&format!("/Users?filter={encoded}&attributes={encoded}")).await;
    agent.get(&format!("/Users/{encoded}")).await;
}

/// A workspace in which every field of everybody is a payload.
async fn hostile(db: Fresh, most: usize) -> Desk {
    let desk = Desk::with(db, 1_000, SeatPolicy::Park).await;
    let scim = desk.scim().await;
    let api = desk.bridge.key(&desk.workspace, None, None).await;
    for (n, payload) in payloads().into_iter().enumerate().take(most) {
        provision(&scim, n, payload).await;
        if n % 8 == 0 {
            // What Admins can fill in as well.
            let status = api.post("/tokens", json!({"name": payload})).await.status;
            assert!([201, 400].contains(&status), "{payload}: {status}");
        }
    }
    desk.bridge.app.journal.flush().await;
    desk
}

/// How many pages of a route are looked at: everybody and every group, and a few of what is about them.
fn most(route: &str) -> usize {
    match route {
        "/settings/users/{id}" | "/settings/groups/{id}" => 400,
        "/settings/requests/{seq}" => 60,
        _ => 8,
    }
}

on_both! {
    async fn whatever_providers_fill_in_stands_escaped_on_every_page(db) {
        let desk = hostile(db, 60).await;
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
async fn no_payload_runs_in_the_browser_whichever_page_shows_it() {
    assert!(payloads().len() >= 150, "{}", payloads().len());
    if !has_browser() {
        return;
    }
    let desk = hostile(Fresh::sqlite(), usize::MAX).await;
    let pages: Vec<String> = desk.pages_as(most, |_| ()).await.into_values().flatten().collect();
    let step = |path: &str| vec![json!({"goto": desk.url(path)}), json!({"unharmed": true})];
    desk.looks_at(&pages, json!({"axe": false}), step, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payload_is_read_as_the_text_that_it_is() {
    if !has_browser() {
        return;
    }
    let desk = hostile(Fresh::sqlite(), 40).await;
    let pages = desk.pages_as(most, |_| ()).await;
    // The page of a person, and the page of a group, say the whole name.
    for (route, mark) in [("/settings/users/{id}", 'd'), ("/settings/groups/{id}", 'g')] {
        let all = &pages[route];
        let mut browser = desk.browser.clone();
        let mut steps: Vec<Value> = Vec::new();
        for path in all {
            let html = browser.get(path).await.expect(200).html;
            let heading = html
                .split_once("<h1")
                .and_then(|(_, rest)| rest.split("</h1>").next().map(str::to_owned))
                .unwrap_or_default();
            for (n, payload) in payloads().into_iter().enumerate().take(40) {
                if heading.contains(&format!("{mark}{n} ")) {
                    steps.extend([json!({"goto": desk.url(path)}), json!({"shows": format!("{mark}{n} {payload}")})]);
                }
            }
        }
        assert!(steps.len() > 60, "{route}: {} steps", steps.len());
        for some in steps.chunks(60) {
            desk.plays("payload-text", some.to_vec(), json!({"name": null, "axe": false})).await;
        }
    }
}
