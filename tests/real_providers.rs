//! Real providers, a real client and a real browser: against each other, and with the bridge between them.

use aisoule_bridge::command::login_clients::CreateLoginClient;
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::{ids, secret};
use serde_json::{Value, json};

use crate::support::parts::{
    RealClient, RealProvider, at_canaille, at_op, browse, canaille, free_port, has_browser, op,
};
use crate::support::{Api, Bridge, Fresh};

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
    let Some(provider) = op(free_port(), &redirect, json!({})).await.filter(|_| has_browser()) else { return };
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
    let Some(provider) = canaille(free_port(), &redirect, "").await.filter(|_| has_browser()) else { return };
    let Some(client) = client_of(&provider, &redirect, json!({})).await else { return };
    let seen = browse(play(&client.authorize, "real-canaille", at_canaille(), &redirect)).await;
    assert_eq!(seen["ok"], true, "{seen}");
    let done = client.outcome().await;
    assert_eq!((&done["event"], &done["userinfo"]["email"]), (&json!("done"), &json!("anna@acme.example")), "{done}");
}

/// A bridge with a connection to a provider that is still to be started at a port.
struct Scene {
    bridge: Bridge,
    workspace: Workspace,
    admin: Api,
    connection: String,
    port: u16,
    /// Where the bridge is.
    base: String,
}

impl Scene {
    async fn new() -> Self {
        let bridge = Fresh::sqlite().bridge().await;
        let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let (admin, port) = (bridge.admin(&workspace).await, free_port());
        let body = RealProvider::connection(port, "company");
        let connection = admin.post("/connections", body).await.expect(201).made();
        let base = format!("http://{}", bridge.address);
        Self { bridge, workspace, admin, connection, port, base }
    }

    /// Where a provider sends the browser whose session it ended.
    fn logged_out(&self) -> String {
        format!("{}/sso/{}/logged-out", self.base, self.connection)
    }

    /// Somebody signs in by those steps, and once more without being asked anything, for the company knows them by now; then
    /// logs out here, by further steps there; and is asked who they are at the next sign-in.
    async fn logs_out_everywhere(&self, name: &str, mut steps: Vec<Value>, there: Vec<Value>) {
        let (account, provider) = (format!("{}/account", self.base), format!("http://127.0.0.1:{}/", self.port));
        let login = format!("{}/sso/{}/login", self.base, self.connection);
        steps.extend([json!({"arrive": account}), json!({"goto": login}), json!({"arrive": account})]);
        steps.extend([json!({"goto": format!("{}/logout", self.base)}), json!({"click": "form button"})]);
        steps.extend(there);
        steps.extend([
            json!({"arrive": self.logged_out()}),
            json!({"expect": "Here and at your company"}),
            json!({"shot": name}),
        ]);
        steps.extend([json!({"goto": account}), json!({"arrive": format!("{}/login", self.base)})]);
        steps.extend([
            json!({"goto": login}),
            json!({"arrive": provider}),
            json!({"see": "[name=login], [name=password]"}),
        ]);
        let play = json!({"url": login, "steps": steps});
        let mut seen = browse(play.clone()).await;
        // Canaille now and then has its own database locked when it is asked for a token; then everything begins anew.
        for _ in 0..2 {
            if !seen["text"].as_str().unwrap_or_default().contains("internal_server_error") {
                break;
            }
            seen = browse(play.clone()).await;
        }
        assert_eq!(seen["ok"], true, "{seen}");
        assert!(seen["url"].as_str().unwrap().starts_with(&provider), "{seen}");
        self.is_clean(&seen);
        self.is_known("anna@acme.example").await;
    }

    fn callback(&self) -> String {
        format!("{}/sso/{}/callback", self.base, self.connection)
    }

    /// The bridge's own pages ask nothing of anybody else, and break none of their own rules.
    fn is_clean(&self, seen: &Value) {
        for kind in ["csp", "external", "console"] {
            let ours =
                seen[kind].as_array().unwrap().iter().filter(|one| one["on"].as_str().unwrap().starts_with(&self.base));
            assert_eq!(ours.count(), 0, "{kind}: {seen}");
        }
        assert_eq!(seen["overflow"], json!([]), "{seen}");
    }

    async fn is_known(&self, email: &str) {
        let users = self.admin.get(&format!("/users?search={email}")).await.expect(200).data()["users"].clone();
        assert_eq!(users.as_array().unwrap().len(), 1, "{users}");
        assert!(users[0]["last_login_at"].is_string(), "{users}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_logs_in_to_the_bridge_through_a_certified_provider() {
    let scene = Scene::new().await;
    let Some(_op) = op(scene.port, &scene.callback(), json!({})).await.filter(|_| has_browser()) else { return };
    let account = format!("{}/account", scene.base);
    let url = format!("{}/sso/{}/login", scene.base, scene.connection);
    let seen = browse(play(&url, "login-oidc-provider", at_op("anna"), &account)).await;
    assert_eq!(seen["ok"], true, "{seen}");
    assert!(seen["text"].as_str().unwrap().contains("anna@acme.example"), "{seen}");
    scene.is_clean(&seen);
    scene.is_known("anna@acme.example").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_logs_in_to_the_bridge_through_canaille() {
    let scene = Scene::new().await;
    let Some(_canaille) = canaille(scene.port, &scene.callback(), "").await.filter(|_| has_browser()) else { return };
    let account = format!("{}/account", scene.base);
    let url = format!("{}/sso/{}/login", scene.base, scene.connection);
    let seen = browse(play(&url, "login-canaille", at_canaille(), &account)).await;
    assert_eq!(seen["ok"], true, "{seen}");
    assert!(seen["text"].as_str().unwrap().contains("anna@acme.example"), "{seen}");
    scene.is_clean(&seen);
    scene.is_known("anna@acme.example").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_out_ends_the_session_at_a_certified_provider_too() {
    let scene = Scene::new().await;
    let more = json!({"post_logout_redirect_uris": [scene.logged_out()]});
    let Some(_op) = op(scene.port, &scene.callback(), more).await.filter(|_| has_browser()) else { return };
    let there = vec![json!({"click": "button[name=logout]"})];
    scene.logs_out_everywhere("logout-oidc-provider", at_op("anna"), there).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_out_ends_the_session_at_canaille_too() {
    let scene = Scene::new().await;
    let provider = canaille(scene.port, &scene.callback(), &scene.logged_out()).await;
    let Some(_canaille) = provider.filter(|_| has_browser()) else { return };
    scene.logs_out_everywhere("logout-canaille", at_canaille(), Vec::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_aisoule_signs_somebody_in_through_the_bridge_at_their_company() {
    let scene = Scene::new().await;
    let Some(_op) = op(scene.port, &scene.callback(), json!({})).await.filter(|_| has_browser()) else { return };
    let redirect = format!("http://127.0.0.1:{}/cb", free_port());
    let (id, password) = (ids::new_client_id(), secret::new_with(secret::CLIENT_PREFIX).unwrap());
    let create = CreateLoginClient {
        workspace: scene.workspace.id,
        id: id.clone(),
        name: "AIsoule".into(),
        secret_hash: secret::hash(&password),
        redirect_uris: vec![redirect.clone()],
        post_logout_uris: Vec::new(),
        backchannel_logout_uri: None,
    };
    scene.bridge.app.commands.execute(&Actor::operator(), create).await.unwrap();
    let settings = json!({
        "issuer": scene.base, "client_id": id, "client_secret": password, "redirect_uri": redirect,
        "scope": "openid email profile offline_access", "reuse": true,
    });
    let Some(client) = RealClient::start(settings).await else { return };
    let cookies = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::remove_file(&cookies).unwrap();
    let account = format!("{}/account", scene.base);
    let url = format!("{}/sso/{}/login", scene.base, scene.connection);
    let mut first = play(&url, "chain-company", at_op("anna"), &account);
    first["state"] = json!(cookies.to_str());
    let seen = browse(first).await;
    assert_eq!(seen["ok"], true, "{seen}");
    let mut second = play(&client.authorize, "chain-client", Vec::new(), &redirect);
    second["state"] = json!(cookies.to_str());
    let seen = browse(second).await;
    assert_eq!(seen["ok"], true, "{seen}");
    scene.is_clean(&seen);
    let done = client.outcome().await;
    assert_eq!((&done["event"], &done["userinfo"]["email"]), (&json!("done"), &json!("anna@acme.example")), "{done}");
    assert_eq!(
        (&done["refreshed"], &done["rotated"], &done["reused"]),
        (&json!(true), &json!(true), &json!("invalid_grant")),
        "{done}"
    );
}
