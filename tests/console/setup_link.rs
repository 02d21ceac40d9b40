//! The customer's set-up link: a company's IT admin connects their own provider without an account, limited to that.

use aisoule_bridge::command::connections::{EditConnection, Terms};
use aisoule_bridge::command::setup_links::CreateSetupLink;
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::http::browser::Access;
use aisoule_bridge::http::{api, console, login};
use aisoule_bridge::ids::{ConnectionId, SetupLinkId};
use aisoule_bridge::secret;
use aisoule_bridge::store::{audit, connections, domains, setup_links, tokens};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::desk::{Desk, is_clean, is_safe};
use crate::first_run::between;
use crate::presses::{Presses, are_just};
use crate::providers::{Like, Provider};
use crate::support::browser::{Browser, Page};
use crate::support::dns::Dns;
use crate::support::parts::{browse_and, has_browser};
use crate::support::program::Program;
use crate::support::{Fresh, Scim, on_both};

const LINKS: &str = "/settings/setup-links";

impl Desk {
    /// The path of a new link.
    pub async fn setup_link(&mut self, name: &str) -> String {
        let page = self.sends(LINKS, LINKS, &[("name", name), ("days", "7")]).await.expect(200);
        is_safe(&page);
        let url = between(&page, "<code id=\"made\">", "<").to_owned();
        url.strip_prefix(&self.browser.origin()).unwrap().to_owned()
    }

    /// Somebody without an account who has begun to use a link.
    pub async fn customer(&self, path: &str) -> Browser {
        let mut browser = self.bridge.browser();
        let page = browser.post(path, path, &[]).await.expect(303);
        assert_eq!(page.leads_to(), Some("/setup"));
        browser
    }
}

const OKTA: [(&str, &str); 4] = [
    ("name", "Globex"),
    ("issuer", "https://globex.okta.invalid"),
    ("client_id", "0oa1"),
    ("secret", "the lock of the mill"),
];

/// Chooses a provider, and makes the connection.
async fn connect(browser: &mut Browser) {
    browser.post("/setup", "/setup/provider", &[("provider", "okta")]).await.expect(303);
    let page = browser.post("/setup", "/setup/connection", &OKTA).await;
    assert_eq!(page.leads_to(), Some("/setup?step=2&done=connection"), "{}", page.html);
}

async fn token(browser: &mut Browser) -> String {
    let page = browser.post("/setup", "/setup/token", &[]).await.expect(200);
    is_safe(&page);
    between(&page, "<code id=\"token\">", "<").to_owned()
}

async fn audited(desk: &Desk, id: &str) -> Vec<audit::Entry> {
    audit::of_subject(&mut desk.bridge.app.store.read().await.unwrap(), desk.workspace.id, id).await.unwrap()
}

/// The connection that was made through the only link.
async fn connection(desk: &Desk) -> connections::Kept {
    let mut conn = desk.bridge.app.store.read().await.unwrap();
    let link = setup_links::of_workspace(&mut conn, desk.workspace.id, 0, 50).await.unwrap().0.remove(0);
    connections::find(&mut conn, link.connection.unwrap()).await.unwrap().unwrap()
}

on_both! {
    async fn links_stand_on_pages_the_newest_first(db) {
        let mut desk = Desk::new(db).await;
        for n in 0..52 {
            let (id, name) = (SetupLinkId::fresh(), format!("Company {n:02}"));
            let token_hash = secret::hash(&name);
            let command = CreateSetupLink { id, workspace: desk.workspace.id, name, days: 7, token_hash, hint: "abcd".into() };
            desk.bridge.app.commands.execute(&Actor::operator(), command).await.unwrap();
        }
        let html = desk.shows(LINKS).await;
        // What revoking one does is said beside the buttons that do it.
        assert!(html.contains("can’t go on with it from that moment. What they connected stays") && html.contains("aria-describedby=\"revoke-hint\""), "{html}");
        assert!(html.contains("Company 51") && html.contains("Company 02") && !html.contains("Company 01") && html.contains("Page 1 of 2"), "{html}");
        let html = desk.shows(&format!("{LINKS}?page=2")).await;
        assert!(html.contains("Company 01") && html.contains("Company 00") && !html.contains("Company 02"), "{html}");
    }

    async fn an_it_admin_connects_their_provider_by_a_link_and_everything_is_audited(db) {
        let dns = Dns::start().await;
        let mut settings = db.settings();
        settings.sso.dns_server = Some(dns.address);
        let mut desk = Desk::at(db.bridge_with(settings).await, 100, SeatPolicy::Reject).await;
        let path = desk.setup_link("Globex IT").await;
        let html = desk.shows(LINKS).await;
        assert!(html.contains("Globex IT") && html.contains("not opened yet") && !html.contains(&path), "{html}");
        // Looking uses nothing up.
        for _ in 0..3 {
            let page = desk.bridge.browser().get(&path).await.expect(200);
            is_safe(&page);
            assert!(page.html.contains("Acme") && page.html.contains("Root") && page.set_cookies().iter().all(|cookie| !cookie.contains("setup")), "{}", page.html);
        }
        assert!(desk.shows(LINKS).await.contains("not opened yet"));
        let mut browser = desk.bridge.browser();
        let page = browser.post(&path, &path, &[]).await.expect(303);
        assert!(page.set_cookies().iter().any(|cookie| cookie.starts_with("__Host-aisoule-setup=") && cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax")));
        assert!(desk.shows(LINKS).await.contains(">opened<"));
        let page = browser.get("/setup").await.expect(200);
        is_safe(&page);
        // A connection needs its provider first, a domain its connection.
        assert_eq!(browser.post("/setup", "/setup/connection", &OKTA).await.leads_to(), Some("/setup"));
        connect(&mut browser).await;
        let kept = connection(&desk).await;
        let c = &kept.connection;
        assert_eq!((c.name.as_str(), c.jit, c.default_role, &c.roles_claim, &c.groups_claim, c.trusts_email), ("Globex", false, None, &None, &None, false));
        assert!(audited(&desk, &c.id.to_string()).await.iter().any(|row| row.action == "connection.created" && row.actor_kind == "setup_link" && row.actor_name == "Globex IT"));
        let page = browser.get("/setup").await.expect(200);
        assert!(page.html.contains("https://globex.okta.invalid") && !page.html.contains("the lock of the mill"), "{}", page.html);
        // It is edited; the secret stays, unless it would go elsewhere.
        browser.post("/setup", "/setup/connection", &[("name", "Globex Okta"), OKTA[1], OKTA[2], ("secret", "")]).await.expect(303);
        let page = browser.post("/setup", "/setup/connection", &[OKTA[0], ("issuer", "https://other.invalid"), OKTA[2], ("secret", "")]).await.expect(422);
        assert!(page.html.contains("https://other.invalid"), "what was typed stays: {}", page.html);
        let page = browser.post("/setup", "/setup/test", &[]).await.expect(200);
        assert!(page.html.contains("What the test found"), "{}", page.html);
        // Domains.
        browser.post("/setup", "/setup/domains", &[("domain", "nothing at all")]).await.expect(422);
        browser.post("/setup", "/setup/domains", &[("domain", "globex.example")]).await.expect(303);
        let verify = [("domain", "globex.example")];
        let page = browser.post("/setup", "/setup/domains/verify", &verify).await.expect(422);
        assert!(page.html.contains("The record was not found yet"), "{}", page.html);
        let found = domains::find(&mut desk.bridge.app.store.read().await.unwrap(), desk.workspace.id, "globex.example").await.unwrap().unwrap();
        assert_eq!(found.connection, Some(c.id));
        dns.set_texts(&format!("{}.", found.record_name()), &[&found.record_value()]);
        dns.set_texts(&found.record_name(), &[&found.record_value()]);
        assert_eq!(browser.post("/setup", "/setup/domains/verify", &verify).await.leads_to(), Some("/setup?step=2&done=proved"));
        browser.post("/setup", "/setup/domains", &[("domain", "old.example")]).await.expect(303);
        browser.post("/setup", "/setup/domains/remove", &[("domain", "old.example")]).await.expect(303);
        // One token: a new one ends the one before it, and none other; but not one that keeps the company going.
        let others = desk.scim().await;
        let first = token(&mut browser).await;
        let second = token(&mut browser).await;
        Scim::new(desk.bridge.address, &first).get("/Users").await.expect(401);
        Scim::new(desk.bridge.address, &second).user("anna@globex.example").await;
        let page = browser.post("/setup", "/setup/token", &[]).await.expect(422);
        assert!(page.html.contains("is in use or was revoked"), "{}", page.html);
        others.get("/Users").await.expect(200);
        let all = tokens::list(&mut desk.bridge.app.store.read().await.unwrap(), desk.workspace.id).await.unwrap();
        assert_eq!(all.iter().filter(|row| row.name == "Globex IT" && row.revoked_at.is_none()).count(), 1);
        assert!(!browser.get("/setup").await.html.contains(&second), "it is shown once");
        let entries = desk.api_entries().await;
        for action in ["setup_link.opened", "domain.added", "domain.proved", "domain.removed", "token.created", "token.revoked"] {
            assert!(entries.iter().any(|entry| entry["action"] == action && entry["actor"]["kind"] == "setup_link" && entry["actor"]["name"] == "Globex IT"), "{action}");
        }
        // Nobody signs in through it before an Admin says so, and from then on the link does not say where it leads.
        assert!(!connection(&desk).await.connection.enabled);
        assert!(browser.get("/setup?step=2").await.html.contains("an Admin of Acme switches it on"));
        let admin = desk.bridge.key(&desk.workspace, None, None).await;
        admin.put(&format!("/connections/{}", c.id), json!({"is_enabled": true})).await.expect(200);
        let page = browser.post("/setup", "/setup/connection", &[OKTA[0], ("issuer", "https://other.invalid"), OKTA[2], OKTA[3]]).await.expect(422);
        assert!(page.html.contains("was changed by an Admin"), "{}", page.html);
        // Nor does it say whom the proved domain leads to it. Another one can be added, and goes as long as it is not proved.
        let page = browser.post("/setup", "/setup/domains/remove", &verify).await.expect(422);
        assert!(page.html.contains("an Admin of the workspace removes it under Single sign-on"), "{}", page.html);
        let kept = domains::find(&mut desk.bridge.app.store.read().await.unwrap(), desk.workspace.id, "globex.example").await.unwrap();
        assert!(kept.is_some_and(|kept| kept.proved_at.is_some()));
        browser.post("/setup", "/setup/domains", &[("domain", "new.example")]).await.expect(303);
        browser.post("/setup", "/setup/domains/remove", &[("domain", "new.example")]).await.expect(303);
        // Whoever leaves takes nothing along; whoever opens the link again goes on.
        browser.post("/setup", "/setup/leave", &[]).await.expect(200);
        browser.get("/setup").await.expect(410);
        let mut again = desk.customer(&path).await;
        assert!(again.get("/setup").await.expect(200).html.contains("globex.example"));
        assert!(browser.get(&path).await.expect(200).html.contains("Acme"), "several people can use it");
    }

    async fn a_link_changes_its_own_connection_and_domains_and_no_other(db) {
        let mut desk = Desk::new(db).await;
        let api = desk.bridge.key(&desk.workspace, None, None).await;
        let theirs = api.post("/connections", json!({"name": "ours", "kind": "oidc", "issuer": "https://id.invalid", "client_id": "x", "secret": "y"})).await.expect(201).made();
        api.post("/domains", json!({"domain": "acme.example", "connection_id": theirs})).await.expect(201);
        api.post("/domains", json!({"domain": "free.example"})).await.expect(201);
        let path = desk.setup_link("Globex").await;
        let mut browser = desk.customer(&path).await;
        connect(&mut browser).await;
        // The name of another connection, another's domain, a domain that is nobody's yet.
        let page = browser.post("/setup", "/setup/connection", &[("name", "ours"), OKTA[1], OKTA[2], OKTA[3]]).await.expect(422);
        assert!(page.html.contains("already"), "{}", page.html);
        for domain in ["acme.example", "ACME.example.", "free.example"] {
            browser.post("/setup", "/setup/domains", &[("domain", domain)]).await.expect(422);
            browser.post("/setup", "/setup/domains/verify", &[("domain", domain)]).await.expect(404);
            let page = browser.post("/setup", "/setup/domains/remove", &[("domain", domain)]).await;
            assert!([404, 422].contains(&page.answer.status), "{}", page.html);
        }
        let known = domains::find(&mut desk.bridge.app.store.read().await.unwrap(), desk.workspace.id, "acme.example").await.unwrap().unwrap();
        assert_eq!(known.connection, ConnectionId::parse(&theirs));
        let html = browser.get("/setup").await.html;
        assert!(!html.contains("https://id.invalid") && !html.contains("free.example"), "it shows nothing of others: {html}");
        // What an Admin has given it since, nobody uses to come in as somebody else.
        let id = connection(&desk).await.connection.id;
        let edit = EditConnection { workspace: desk.workspace.id, id, edit: Box::new(|terms: &mut Terms| terms.jit = true), secret: None, loopback: false };
        desk.bridge.app.commands.execute(&Actor::operator(), edit).await.unwrap();
        let elsewhere = [OKTA[0], ("issuer", "https://evil.invalid"), OKTA[2], ("secret", "z")];
        let page = browser.post("/setup", "/setup/connection", &elsewhere).await.expect(422);
        assert!(page.html.contains("by them alone"), "{}", page.html);
        let kept = connection(&desk).await.connection;
        assert_eq!((kept.jit, kept.issuer.as_str()), (true, "https://globex.okta.invalid"));
    }

    async fn a_link_ends_at_once_when_it_is_revoked_and_when_its_time_is_over(db) {
        let mut desk = Desk::new(db).await;
        let path = desk.setup_link("Globex").await;
        let mut browser = desk.customer(&path).await;
        connect(&mut browser).await;
        let made = token(&mut browser).await;
        let proof = browser.get("/setup").await.hidden("form").unwrap();
        let id = setup_links::of_workspace(&mut desk.bridge.app.store.read().await.unwrap(), desk.workspace.id, 0, 50).await.unwrap().0[0].id.to_string();
        assert_eq!(desk.sends(LINKS, "/settings/setup-links/revoke", &[("link", &id)]).await.leads_to(), Some("/settings/setup-links?done=revoked"));
        for page in [browser.get("/setup").await, browser.raw("/setup/token", &[("form", &proof)]).await, browser.get(&path).await] {
            assert!(page.answer.status == 410 && page.html.contains("does not work any more"), "{}", page.html);
        }
        assert!(desk.shows("/settings/setup-links?done=revoked").await.contains("The link is revoked"));
        desk.sends(LINKS, "/settings/setup-links/revoke", &[("link", &id)]).await.expect(422);
        Scim::new(desk.bridge.address, &made).get("/Users").await.expect(200);
        let path = desk.setup_link("Initech").await;
        let mut browser = desk.customer(&path).await;
        browser.get("/setup").await.expect(200);
        desk.bridge.later(TimeDelta::days(8));
        browser.get("/setup").await.expect(410);
        browser.get(&path).await.expect(410);
        // A cookie that somebody made themselves is nobody's.
        for cookie in [id.clone(), format!("{id}.0"), format!("{id}.{}", "0".repeat(64)), "x".into()] {
            let mut forger = desk.bridge.browser();
            forger.cookies.insert("__Host-aisoule-setup".into(), cookie);
            forger.get("/setup").await.expect(410);
        }
    }

    async fn the_cookie_of_a_link_opens_nothing_else_and_no_session_opens_a_link(db) {
        let mut desk = Desk::new(db).await;
        let path = desk.setup_link("Globex").await;
        let mut browser = desk.customer(&path).await;
        connect(&mut browser).await;
        let proof = browser.get("/setup").await.hidden("form").unwrap();
        let id = "01900000-0000-7000-8000-000000000000";
        let mut tried = 0;
        for route in console::ROUTES.iter().chain(login::ROUTES.iter()) {
            if matches!(route.access, Access::SetUp | Access::Anybody) {
                continue;
            }
            tried += 1;
            let at: String = route.path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect::<Vec<_>>().join("/");
            let page = if route.method == "GET" { browser.get(&at).await } else { browser.raw(&at, &[("form", &proof)]).await };
            assert!(page.answer.status == 303 && page.leads_to().is_some_and(|path| path.starts_with("/login")), "{} {at}: {}", route.method, page.answer.status);
        }
        assert!(tried > 20, "{tried}");
        for endpoint in api::ENDPOINTS.iter() {
            let at: String = endpoint.path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect::<Vec<_>>().join("/");
            let page = browser.send(endpoint.method.as_str(), &format!("/api{at}"), "application/json", b"{}".to_vec()).await;
            assert!([401, 403].contains(&page.answer.status), "{} {at}: {}", endpoint.method, page.answer.status);
        }
        for at in ["/scim/v2/Users", "/scim/v2/Groups", "/scim/v2/Me"] {
            assert!([401, 404].contains(&browser.get(at).await.answer.status), "{at}");
        }
        let mut root = desk.browser.clone();
        root.get("/setup").await.expect(410);
        // Who has both acts by the link on its pages, and as themselves on theirs.
        root.cookies.extend(browser.cookies.clone().into_iter().filter(|(name, _)| name == "__Host-aisoule-setup"));
        root.post("/setup", "/setup/domains", &[("domain", "globex.example")]).await.expect(303);
        let entries = desk.api_entries().await;
        let added = entries.iter().find(|entry| entry["action"] == "domain.added").unwrap();
        assert_eq!(added["actor"]["kind"], "setup_link");
        let page = root.get("/settings/health").await.expect(200);
        assert!(page.html.contains(">Root<"));
    }

    async fn only_whoever_may_do_everything_makes_a_link(db) {
        let mut desk = Desk::new(db).await;
        let api = desk.bridge.key(&desk.workspace, None, None).await;
        api.post("/roles", json!({"name": "Half", "permissions": ["connections:read", "connections:write", "tokens:write"]})).await.expect(201);
        desk.person("half@acme.example", "Half", "Half").await;
        let mut half = desk.browser_of("half@acme.example").await;
        let page = half.post(LINKS, LINKS, &[("name", "Globex"), ("days", "7")]).await.expect(422);
        assert!(page.html.contains("users:write") && page.html.contains("value=\"Globex\""), "{}", page.html);
        for (name, days) in [("", "7"), ("Globex", "0"), ("Globex", "15"), ("Globex", "x"), ("Globex", "")] {
            desk.sends(LINKS, LINKS, &[("name", name), ("days", days)]).await.expect(422);
        }
        assert!(desk.shows(LINKS).await.contains("There is none yet"));
    }
}

impl Desk {
    async fn api_entries(&self) -> Vec<Value> {
        let api = self.bridge.key(&self.workspace, None, None).await;
        api.get("/audit?limit=100").await.expect(200).data()["entries"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_makes_lists_and_revokes_links() {
    let fresh = Fresh::sqlite();
    let program = Program::new(&fresh);
    program.says(&["workspace", "create", "Acme", "--plan", "growth"]);
    let url = program.says(&["setup-link", "create", "--workspace", "Acme", "--name", "Globex", "--days", "3"]);
    let server = program.serve().await;
    let path = url.trim().strip_prefix(&format!("http://{}", program.address)).unwrap().to_owned();
    let page: Page = Browser::new(program.address).get(&path).await.expect(200);
    assert!(page.html.contains("Globex"));
    let listed = program.says(&["setup-link", "list", "--workspace", "Acme"]);
    assert!(listed.contains("Globex") && listed.contains("open") && !listed.contains(&path), "{listed}");
    let id = listed.lines().nth(2).unwrap().split_whitespace().next().unwrap().to_owned();
    program.says(&["setup-link", "revoke", "--workspace", "Acme", &id]);
    Browser::new(program.address).get(&path).await.expect(410);
    assert!(program.fails(&["setup-link", "revoke", "--workspace", "Acme", &id]).contains("no living"));
    program.fails(&["setup-link", "create", "--workspace", "Acme", "--name", "Globex", "--days", "15"]);
    let (_, log) = server.terminate();
    assert!(!log.contains(&path), "{log}");
}

pub const PRESSES: Presses = &["/settings/setup-links"];
pub const CUSTOMER: Presses =
    &["/setup/{token}", "/setup/provider", "/setup/token", "/setup/connection", "/setup/test", "/setup/domains"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_made_and_used_in_a_browser() {
    if !has_browser() {
        return;
    }
    let mut desk = Desk::with(Fresh::sqlite(), 1000, SeatPolicy::Reject).await;
    let steps = vec![
        json!({"goto": desk.url(LINKS)}),
        json!({"fill": ["[name=name]", "Globex IT"]}),
        json!({"click": "main form button"}),
        json!({"see": "#made"}),
        json!({"shot": "setup-links-made"}),
    ];
    desk.plays("setup-links", steps, json!({})).await;
    desk.pressed(PRESSES);
    let mut plays = Vec::new();
    for (dark, language) in [(false, "en"), (true, "de")] {
        let path = desk.setup_link("Initech").await;
        let provider = if dark { "other" } else { "okta" };
        let mut steps = vec![
            json!({"shot": format!("setup-welcome-{language}")}),
            json!({"click": "main form button"}),
            json!({"see": "[name=provider]"}),
            json!({"shot": format!("setup-customer-{language}")}),
            json!({"check": format!("[value={provider}]")}),
            json!({"click": "main form button"}),
            json!({"see": "#scim-url"}),
            // Two companies' connections are not called alike.
            json!({"fill": ["[name=name]", format!("initech-{language}")]}),
            json!({"fill": ["[name=issuer]", "https://id.invalid"]}),
            json!({"fill": ["[name=client_id]", "aisoule"]}),
            json!({"fill": ["[name=secret]", "the lock of the mill"]}),
            json!({"click": "form[action$=connection] button"}),
            json!({"see": "form[action$=test]"}),
            json!({"click": "form[action$=test] button"}),
            json!({"see": ".tag.bad"}),
            json!({"shot": format!("setup-test-{language}")}),
        ];
        if !dark {
            steps.extend(brought());
        }
        let play = json!({"url": desk.url(&path), "axe": true, "dark": dark, "language": language, "steps": steps});
        let (mut token, mut okta) = (String::new(), None);
        let told = async |word: &str, text: &str| match word {
            "token" => token = text.to_owned(),
            _ => okta = Some(Provider::start(Like::Okta, desk.bridge.client(&token))),
        };
        let seen = browse_and(play, told).await;
        is_clean(&seen);
        plays.push(seen);
        if let Some(okta) = okta {
            let pushed = okta.end().await;
            assert!(pushed.people > 2 && pushed.refused.is_none(), "{pushed:?}");
            assert_eq!(desk.bridge.counters(&desk.workspace).await.1, i64::try_from(pushed.people).unwrap());
        }
    }
    are_just(&plays, &desk.browser.origin(), CUSTOMER);
}

/// From the connection to what arrives, in the customer's browser.
fn brought() -> Vec<Value> {
    vec![
        json!({"fill": ["[name=domain]", "initech.example"]}),
        json!({"click": "form[action$=domains] button"}),
        json!({"click": "button[data-copy=record-1]"}),
        json!({"copied": "#record-1"}),
        json!({"click": "button[data-copy=challenge-1]"}),
        json!({"copied": "#challenge-1"}),
        json!({"click": "form[action$=token] button"}),
        json!({"click": "button[data-copy=token]"}),
        json!({"copied": "#token"}),
        json!({"tell": ["token", "#token"]}),
        json!({"click": "#guide summary"}),
        json!({"see": "#step-3 :text('SCIM connector base URL')"}),
        json!({"shot": "setup-customer-guide"}),
        json!({"click": "a.button[href$='step=3']"}),
        json!({"see": "#arrived"}),
        json!({"mark": true}),
        json!({"tell": ["begin"]}),
        json!({"see": "#arrived li:nth-child(1) .tag.good"}),
        json!({"see": "#arrived li:nth-child(2) .tag.good"}),
        json!({"marked": true}),
        json!({"shot": "setup-customer-arrived"}),
    ]
}
