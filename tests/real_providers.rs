//! The real parts against each other: what the other tests of signing in lean on holds without the bridge.

use serde_json::{Value, json};

use crate::support::parts::{
    RealClient, RealProvider, at_canaille, at_op, browse, canaille, free_port, has_browser, op,
};

async fn client_of(provider: &RealProvider, redirect: &str, more: Value) -> Option<RealClient> {
    let mut settings = json!({
        "issuer": provider.issuer, "client_id": provider.client_id, "client_secret": provider.client_secret,
        "redirect_uri": redirect, "scope": "openid email profile groups",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        settings[name] = value.clone();
    }
    RealClient::start(settings).await
}

fn play(url: &str, name: &str, mut steps: Vec<Value>, arrive: &str) -> Value {
    steps.push(json!({"arrive": arrive}));
    json!({"url": url, "name": name, "steps": steps})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_signs_in_to_a_certified_provider() {
    let redirect = format!("http://127.0.0.1:{}/cb", free_port());
    let Some(provider) = op(&redirect, json!({})).await.filter(|_| has_browser()) else { return };
    let more = json!({"scope": "openid email profile groups offline_access", "parameters": {"prompt": "consent"}});
    let Some(client) = client_of(&provider, &redirect, more).await else { return };
    let mut steps = at_op("anna");
    steps.extend([json!({"expect": "offline access"}), json!({"click": "button[type=submit]"})]);
    let seen = browse(play(&client.authorize, "real-oidc-provider", steps, &redirect)).await;
    assert_eq!(seen["ok"], true, "{seen}");
    let done = client.outcome().await;
    assert_eq!((&done["event"], &done["claims"]["sub"]), (&json!("done"), &json!("anna")), "{done}");
    assert_eq!(
        (&done["userinfo"]["email"], &done["userinfo"]["groups"]),
        (&json!("anna@acme.example"), &json!(["Support", "Everyone"]))
    );
    assert_eq!(
        (&done["refreshed"], &done["introspection"]["active"], &done["revoked"]),
        (&json!(true), &json!(true), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_signs_in_to_canaille() {
    let redirect = format!("http://127.0.0.1:{}/cb", free_port());
    let Some(provider) = canaille(&redirect, "").await.filter(|_| has_browser()) else { return };
    let Some(client) = client_of(&provider, &redirect, json!({})).await else { return };
    let seen = browse(play(&client.authorize, "real-canaille", at_canaille(), &redirect)).await;
    assert_eq!(seen["ok"], true, "{seen}");
    let done = client.outcome().await;
    assert_eq!((&done["event"], &done["userinfo"]["email"]), (&json!("done"), &json!("anna@acme.example")), "{done}");
}
