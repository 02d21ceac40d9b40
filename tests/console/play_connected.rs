//! What the workspace is connected with, changed and ended in a browser: a connection and its domain, clients, an endpoint and the
//! connector, while two providers push.

use aisoule_bridge::connector::Profile;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::connectors;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::presses::Presses;
use crate::providers::Sync;
use crate::sso_page::admin_comes_in;
use crate::support::Fresh;
use crate::support::aisoule::{Double, Options};
use crate::support::dns::Dns;
use crate::support::hooks::{self, until};
use crate::support::hostile_op::HostileOp;
use crate::support::parts::has_browser;
use crate::support::receiver::Receiver;
use crate::support::scene::connect;

pub const PRESSES: Presses = &[
    "/settings/sso/connections/{connection}/edit",
    "/settings/sso/domains",
    "/settings/sso/domains/{domain}/verify",
    "/settings/sso/domains/{domain}/connection",
    "/settings/sso/enforcement",
    "/settings/sso/clients/{client}/remove",
    "/settings/provisioning/clients/{id}/revoke",
    "/settings/webhooks/{endpoint}/edit",
    "/settings/connector/edit",
    "/settings/connector/reconcile",
    "/settings/connector/remove",
];

/// A connection gets another name, and a domain, whose people have to use it and then need not any more.
fn domain(desk: &Desk, connection: &str) -> Vec<Value> {
    vec![
        json!({"goto": desk.url(&format!("/settings/sso/connections/{connection}"))}),
        json!({"click": "a[href$='/edit']"}),
        json!({"fill": ["#name", "Works of Acme"]}),
        json!({"click": "form.panel button"}),
        json!({"at": "?done=saved"}),
        json!({"goto": desk.url("/settings/sso")}),
        json!({"fill": ["#domain", "acme.org"]}),
        json!({"click": "form[action='/settings/sso/domains'] button"}),
        json!({"at": "?done=added"}),
        json!({"tell": ["the record", "#copy-record-value"]}),
        json!({"click": "form[action$='/verify'] button"}),
        json!({"see": ".head .tag.good"}),
        json!({"select": ["#connection", connection]}),
        json!({"click": "form[action$='/connection'] button"}),
        json!({"at": "?done=given"}),
        json!({"shot": "play-domain-given"}),
        json!({"click": "a[href$='/enforcement?domain=acme.org']"}),
        json!({"click": "button[name=to][value=on]"}),
        json!({"at": "?done=enforced"}),
        json!({"shot": "play-domain-enforced"}),
        json!({"click": "a[href$='/enforcement?domain=acme.org']"}),
        json!({"shot": "play-domain-release"}),
        json!({"click": "button[name=to][value=off]"}),
        json!({"at": "?done=released"}),
    ]
}

/// AIsoule's login client and a provider's client end.
fn clients(desk: &Desk) -> Vec<Value> {
    vec![
        json!({"goto": desk.url("/settings/sso")}),
        json!({"click": "a[href^='/settings/sso/clients/']:not([href$='/new'])"}),
        json!({"shot": "play-client"}),
        json!({"click": "form[action$='/remove'] button"}),
        json!({"at": "/settings/sso?done=revoked"}),
        json!({"goto": desk.url("/settings/provisioning")}),
        json!({"click": "#clients a[href$='/revoke']"}),
        json!({"shot": "play-client-revoke"}),
        json!({"click": "button.danger"}),
        json!({"at": "?done=ended"}),
    ]
}

/// An endpoint is told of something else, and both sides of the connector are to be compared.
fn outbound(desk: &Desk, endpoint: &str) -> Vec<Value> {
    vec![
        json!({"goto": desk.url(&format!("/settings/webhooks/{endpoint}"))}),
        json!({"click": "a[href$='/edit']"}),
        json!({"fill": ["#name", "CRM of Acme"]}),
        json!({"check": "#family-team"}),
        json!({"shot": "play-endpoint-edit"}),
        json!({"click": "form.panel button"}),
        json!({"at": "?done=saved"}),
        json!({"goto": desk.url("/settings/connector")}),
        json!({"click": "form[action$='/reconcile'] button"}),
        json!({"at": "?done=asked"}),
    ]
}

/// What the comparison found, and then the connector adopts and is removed.
fn compared(desk: &Desk) -> Vec<Value> {
    vec![
        json!({"goto": desk.url("/settings/connector")}),
        json!({"click": "#connector-reports tbody a"}),
        json!({"see": "h1"}),
        json!({"shot": "play-report"}),
        json!({"goto": desk.url("/settings/connector")}),
        json!({"click": "a[href$='/edit']"}),
        json!({"check": "#adopts"}),
        json!({"shot": "play-connector-edit"}),
        json!({"click": "form.panel button"}),
        json!({"at": "?done=saved"}),
        json!({"tell": ["adopting"]}),
        json!({"click": "a[href$='/remove']"}),
        json!({"click": "button.danger"}),
        json!({"at": "?done=removed"}),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_is_given_and_enforced_clients_end_and_both_sides_are_compared_while_two_providers_push() {
    if !has_browser() {
        return;
    }
    let (fresh, dns) = (Fresh::sqlite(), Dns::start().await);
    let mut settings = fresh.settings();
    settings.sso.dns_server = Some(dns.address);
    let profile = Profile { per_minute: 0, per_second: 0, timeout_seconds: 2, ..Profile::default() };
    settings.connectors.insert("test".into(), profile);
    let desk = Desk::at(fresh.bridge_with(settings).await, 10_000, SeatPolicy::Reject).await;
    let api = desk.api().await;
    let (op, double) = (HostileOp::start(desk.bridge.app.clock.clone()).await, Double::start(Options::UNLIMITED).await);
    let connection = connect(&api, "Works", &op, json!({"auto_create_users": true})).await;
    admin_comes_in(&desk, &connection).await;
    let client = json!({"name": "AIsoule", "redirect_uris": ["https://app.aisoule.invalid/cb"]});
    api.post("/login-clients", client).await.expect(201);
    let fields = [("name", "Directory sync"), ("scope", "scim"), ("profile", "compat")];
    desk.browser.clone().post("/settings/provisioning", "/settings/provisioning/clients", &fields).await.expect(200);
    let receiver = Receiver::start().await;
    let made = hooks::create(&desk.bridge, &desk.workspace, "CRM", &receiver.url(), &["role.*"]).await.unwrap();
    let connector = json!({"profile": "test", "base_url": double.base(), "api_key": double.key()});
    api.post("/connector", connector).await.expect(201);
    let sync = Sync::start(&desk).await;
    let told = async |_: &str, text: &str| dns.set_texts("_aisoule-challenge.acme.org", &["v=spf1 -all", text]);
    let steps = [domain(&desk, &connection), clients(&desk), outbound(&desk, &made.endpoint.id.to_string())].concat();
    desk.plays_and("play-connected-asked", steps, json!({}), told).await;
    // Whoever compares while both sides change finds what is only on its way.
    sync.end().await;
    until("the comparison", async || {
        desk.bridge.later(TimeDelta::milliseconds(40));
        let mut conn = desk.bridge.app.store.read().await.unwrap();
        connectors::find(&mut conn, desk.workspace.id).await.unwrap().unwrap().wanted.is_none()
    })
    .await;
    let told = async |_: &str, _: &str| assert_eq!(api.get("/connector").await.expect(200).data()["adopts"], true);
    desk.plays_and("play-connected-end", compared(&desk), json!({}), told).await;
    desk.pressed(PRESSES);
    let connections = api.get("/connections").await.expect(200);
    assert_eq!(connections.data()["connections"][0]["name"], "Works of Acme");
    let domains = api.get("/domains").await.expect(200);
    assert_eq!(domains.data()["domains"][0]["connection_id"], json!(connection), "{}", domains.json);
    let hooks = api.get("/webhooks").await.expect(200);
    assert_eq!(hooks.data()["webhooks"][0]["events"], json!(["role.*", "team.*"]), "{}", hooks.json);
    api.get("/connector").await.refused(404, "not_found");
    desk.audited(&["sso.enforced", "sso.released", "client.revoked"]).await;
}
