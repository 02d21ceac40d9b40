//! Settings → Single sign-on: connections, their test, enforcement, break-glass accounts and AIsoule's login clients.

use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::json;

use crate::desk::{Desk, PASSWORD, person};
use crate::presses::Presses;
use crate::support::browser::{Browser, Page};
use crate::support::hostile_op::{CLIENT_ID, CLIENT_SECRET, HostileOp};
use crate::support::{Fresh, Journey, on_both};

const SSO: &str = "/settings/sso";
/// A name that a browser must never run.
const NASTY: &str = "<img src=x onerror=alert(1)>";

/// The form of a new connection: its id and what it says.
async fn blank(desk: &mut Desk, kind: &str) -> (String, String) {
    let page = desk.browser.get(&format!("{SSO}/connections/new?kind={kind}")).await.expect(200);
    (page.hidden("id").unwrap(), page.html)
}

/// Fills in the form of a new connection and sends it.
async fn make(desk: &mut Desk, kind: &str, more: &[(&str, &str)]) -> (String, Page) {
    let (id, _) = blank(desk, kind).await;
    let from = format!("{SSO}/connections/new?kind={kind}");
    let fields = [&[("id", id.as_str()), ("kind", kind)], more].concat();
    let page = desk.sends(&from, &format!("{SSO}/connections"), &fields).await;
    (id, page)
}

/// A connection to a provider that is there, which adds people.
async fn connected(desk: &mut Desk, op: &HostileOp, name: &str) -> String {
    let issuer = op.issuer();
    let fields = [
        ("name", name),
        ("issuer", issuer.as_str()),
        ("client_id", CLIENT_ID),
        ("secret", CLIENT_SECRET),
        ("jit", "on"),
        ("auth_method", "client_secret_basic"),
    ];
    let (id, page) = make(desk, "oidc", &fields).await;
    assert_eq!(page.leads_to(), Some(format!("{SSO}/connections/{id}?done=created").as_str()), "{}", page.html);
    id
}

/// Anna comes in through a connection and is an Admin the second time.
pub async fn admin_comes_in(desk: &Desk, connection: &str) {
    let login = format!("/sso/{connection}/login");
    let api = desk.api().await;
    Journey::at(&desk.bridge).go(&login).await;
    let users = api.get("/users?search=anna").await.expect(200);
    let id = users.data()["users"][0]["id"].as_str().unwrap().to_owned();
    let role = api.role("Admin").await;
    api.put(&format!("/users/{id}"), json!({"role_id": role})).await.expect(200);
    Journey::at(&desk.bridge).go(&login).await;
}

on_both! {
    async fn a_connection_is_made_tested_changed_and_deleted(db) {
        let mut desk = Desk::new(db).await;
        let op = HostileOp::start(desk.bridge.app.clock.clone()).await;
        let issuer = op.issuer();
        let right = [("name", "Works"), ("issuer", issuer.as_str()), ("client_id", CLIENT_ID), ("auth_method", "client_secret_basic")];
        // Nothing that was typed is lost where something is missing.
        let (_, page) = make(&mut desk, "oidc", &right).await;
        let page = page.expect(422);
        assert!(page.html.contains("That is not possible. Client secret: has to be entered.") && page.html.contains("aria-describedby=\"secret-hint problem\" aria-invalid=\"true\"") && page.html.contains("value=\"Works\"") && page.html.contains(&issuer), "{}", page.html);
        let id = connected(&mut desk, &op, "Works").await;
        let here = format!("{SSO}/connections/{id}");
        let html = desk.shows(&format!("{here}?done=created")).await;
        for said in ["Test it now", "/callback</code>", "/initiate</code>", "/backchannel-logout</code>", "Are added, with the default role", "Not yet"] {
            assert!(html.contains(said), "{said}: {html}");
        }
        // The test walks the same steps as the REST API.
        let steps = desk.api().await.post(&format!("/connections/{id}/test"), json!({})).await.expect(200);
        let tested = desk.sends(&here, &format!("{here}/test"), &[]).await.expect(200).html;
        for step in steps.data()["steps"].as_array().unwrap() {
            assert!(tested.contains(step["title"].as_str().unwrap()), "{step}: {tested}");
        }
        assert!(tested.contains("Discovery") && tested.contains("made-up code"), "{tested}");
        // A name that is taken, in words; the form stays.
        let (_, page) = make(&mut desk, "oidc", &[&right[..], &[("secret", "other-secret")]].concat()).await;
        assert!(page.expect(422).html.contains("already has this name"));
        // Another address wants the secret again.
        let moved = [("name", "Works"), ("issuer", "http://127.0.0.1:9"), ("client_id", CLIENT_ID), ("auth_method", "client_secret_basic")];
        let page = desk.sends(&here, &format!("{here}/edit"), &moved).await.expect(422);
        assert!(page.html.contains("has to be entered again") && page.html.contains("http://127.0.0.1:9"), "{}", page.html);
        assert!(desk.shows(&here).await.contains(&issuer));
        let page = desk.sends(&here, &format!("{here}/edit"), &[&moved[..], &[("secret", "another-secret")]].concat()).await;
        assert_eq!(page.leads_to(), Some(format!("{here}?done=saved").as_str()));
        let broken = desk.sends(&here, &format!("{here}/test"), &[]).await.expect(200).html;
        assert!(broken.contains("Nobody can sign in: 1 problem") && broken.contains("tag bad\">Problem"), "{broken}");
        // Off and on.
        for (to, word, said) in [("off", "disabled", "tag bad\">Off"), ("on", "enabled", "tag good\">On")] {
            let page = desk.sends(&here, &format!("{here}/switch"), &[("to", to)]).await;
            assert_eq!(page.leads_to(), Some(format!("{here}?done={word}").as_str()));
            assert!(desk.shows(&here).await.contains(said));
        }
        // No secret on any page.
        for path in [SSO.to_owned(), here.clone(), format!("{here}/edit"), format!("{here}/delete")] {
            let html = desk.shows(&path).await;
            assert!(!html.contains(CLIENT_SECRET) && !html.contains("another-secret"), "{path}");
        }
        let html = desk.shows(&format!("{here}/delete")).await;
        assert!(html.contains("Nobody is known by it") && html.contains("Nobody is logged out") && html.contains("account is deleted or deactivated"), "{html}");
        assert_eq!(desk.sends(&here, &format!("{here}/delete"), &[]).await.leads_to(), Some("/settings/sso?done=deleted"));
        desk.browser.get(&here).await.expect(404);
        assert!(desk.shows("/settings/sso?done=deleted").await.contains("The connection is deleted"));
    }

    async fn each_kind_of_provider_has_its_form(db) {
        let mut desk = Desk::new(db).await;
        let html = desk.shows(&format!("{SSO}/connections/new")).await;
        let tenant = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
        for (kind, title, issuer, kept) in [
            ("okta", "Okta", "https://acme.okta.com", "https://acme.okta.com"),
            ("entra", "Microsoft Entra ID", tenant, "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0"),
            ("google", "Google Workspace", "https://accounts.google.com", "https://accounts.google.com"),
            ("github", "GitHub", "https://github.com", "https://github.com"),
            ("oidc", "OpenID Connect", "https://id.acme.example", "https://id.acme.example"),
        ] {
            assert!(html.contains(&format!("connections/new?kind={kind}")) && html.contains(title), "{kind}: {html}");
            let (id, form) = blank(&mut desk, kind).await;
            assert!(form.contains(&format!("/sso/{id}/callback</code>")) && form.contains("data-copy=\"copy-callback\""), "{kind}: {form}");
            assert_eq!(form.contains("name=\"groups_claim\""), kind != "github");
            let fields = [("name", kind), ("issuer", issuer), ("client_id", "c-1"), ("secret", "s-3cret-s"), ("auth_method", "client_secret_post")];
            let (id, page) = make(&mut desk, kind, &fields).await;
            assert_eq!(page.leads_to(), Some(format!("{SSO}/connections/{id}?done=created").as_str()), "{kind}: {}", page.html);
            assert!(desk.shows(&format!("{SSO}/connections/{id}")).await.contains(kept), "{kind}");
        }
        // What a rule refuses is said in words, and everything else stays.
        let fields = [("name", "All of Google"), ("issuer", "https://accounts.google.com"), ("client_id", "c"), ("secret", "x"), ("jit", "on"), ("auth_method", "client_secret_basic")];
        let page = make(&mut desk, "google", &fields).await.1.expect(422);
        assert!(page.html.contains("everybody on earth") && page.html.contains("value=\"All of Google\""), "{}", page.html);
        let common = [("name", "Everyone"), ("issuer", "https://login.microsoftonline.com/common/v2.0"), ("client_id", "c"), ("secret", "x"), ("auth_method", "client_secret_basic")];
        assert!(make(&mut desk, "entra", &common).await.1.expect(422).html.contains("every company"));
        desk.browser.get(&format!("{SSO}/connections/new?kind=nothing")).await.expect(200);
    }

    async fn what_belongs_to_another_workspace_is_not_there(db) {
        let mut desk = Desk::new(db).await;
        let other = desk.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        let theirs = desk.bridge.admin(&other).await;
        let body = json!({"name": "theirs", "kind": "oidc", "issuer": "https://id.other.example", "client_id": "c", "secret": "s"});
        let id = theirs.post("/connections", body).await.expect(201).made();
        let client = theirs.post("/login-clients", json!({"name": "Theirs", "redirect_uris": ["https://app.other.example/cb"]})).await.expect(201).made();
        theirs.post("/domains", json!({"domain": "other.example"})).await.expect(201);
        for path in [format!("connections/{id}"), format!("connections/{id}/edit"), format!("connections/{id}/delete"), format!("clients/{client}"), "domains/other.example".into(), "enforcement?domain=other.example".into(), "connections/x".into()] {
            desk.browser.get(&format!("{SSO}/{path}")).await.expect(404);
        }
        for path in [format!("connections/{id}/edit"), format!("connections/{id}/delete"), format!("connections/{id}/test"), format!("connections/{id}/switch"), format!("clients/{client}/remove"), "domains/other.example/verify".into(), "domains/other.example/remove".into()] {
            desk.sends(SSO, &format!("{SSO}/{path}"), &[]).await.expect(404);
        }
        let html = desk.shows(SSO).await;
        assert!(!html.contains("theirs") && !html.contains("other.example"), "{html}");
        theirs.get(&format!("/connections/{id}")).await.expect(200);
    }

    async fn names_are_shown_as_text(db) {
        let mut desk = Desk::new(db).await;
        let fields = [("name", NASTY), ("issuer", "https://id.acme.example"), ("client_id", NASTY), ("secret", "s"), ("auth_method", "client_secret_basic")];
        let (id, page) = make(&mut desk, "oidc", &fields).await;
        assert_eq!(page.answer.status, 303, "{}", page.html);
        let page = desk.sends(SSO, &format!("{SSO}/clients"), &[("name", NASTY), ("redirect_uris", "https://a.example/cb")]).await.expect(200);
        assert!(!page.html.contains("<img"), "{}", page.html);
        for path in [SSO.to_owned(), format!("{SSO}/connections/{id}"), format!("{SSO}/connections/{id}/edit"), format!("{SSO}/connections/{id}/delete")] {
            let html = desk.shows(&path).await;
            assert!(!html.contains("<img") && html.contains("&#60;img src=x onerror=alert(1)&#62;"), "{path}: {html}");
        }
    }

    async fn it_is_required_only_once_that_is_safe(db) {
        let mut desk = Desk::new(db).await;
        let there = format!("{SSO}/enforcement");
        let html = desk.shows(&there).await;
        assert!(html.contains("Let an Admin sign in through it once") && html.contains("yet, because somebody could be locked out"), "{html}");
        assert!(!html.contains("value=\"on\""), "{html}");
        let page = desk.sends(&there, &there, &[("to", "on")]).await.expect(422);
        assert!(page.html.contains("before one Admin has come in through it"), "{}", page.html);
        let op = HostileOp::start(desk.bridge.app.clock.clone()).await;
        let id = connected(&mut desk, &op, "Works").await;
        assert!(desk.shows(SSO).await.contains("t be switched on yet"));
        admin_comes_in(&desk, &id).await;
        desk.person("ben@acme.example", "Ben", "Agent").await;
        let mut ben = desk.browser_of("ben@acme.example").await;
        let html = desk.shows(&there).await;
        assert!(!html.contains(">Missing<") && html.contains("1 session that began another way ends at once"), "{html}");
        assert_eq!(desk.sends(&there, &there, &[("to", "on")]).await.leads_to(), Some("/settings/sso?done=enforced"));
        assert!(!ben.is_in().await && desk.browser.is_in().await);
        assert!(desk.shows("/settings/sso?done=enforced").await.contains("Everybody signs in through a connection now"));
        // The only way in can't go meanwhile, and that is said before anybody tries.
        let here = format!("{SSO}/connections/{id}");
        assert!(desk.browser.get(&format!("{here}/delete")).await.expect(200).html.contains("Say first that they"));
        for act in ["delete", "switch"] {
            let page = desk.sends(&here, &format!("{here}/{act}"), &[]).await;
            assert!(page.expect(422).html.contains("Say first that they"));
        }
        assert_eq!(desk.sends(&there, &there, &[("to", "off")]).await.leads_to(), Some("/settings/sso?done=released"));
        desk.bridge.browser().log_in("ben@acme.example", PASSWORD).await.expect(303);
    }

    async fn a_break_glass_account_is_the_way_back(db) {
        let mut desk = Desk::new(db).await;
        // A workspace whose only Admin is no protected one.
        let other = desk.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        person(&desk.bridge, &other, "olga@other.example", "Olga", "Admin", false).await;
        let mut olga: Browser = desk.browser_of("olga@other.example").await;
        let html = olga.get(SSO).await.expect(200).html;
        assert!(html.contains("There is none: when the provider does not answer, nobody gets in") && html.contains("Make one, or it could happen"), "{html}");
        let page = olga.post(SSO, &format!("{SSO}/enforcement"), &[("to", "on")]).await.expect(422);
        assert!(page.html.contains("before there is a way in without it"), "{}", page.html);
        let place = format!("{SSO}/break-glass");
        for (name, email, password, said) in [
            ("", "safe@other.example", "correct horse battery 9", "A name has 1 to 100"),
            ("Safe", "nobody", "correct horse battery 9", "no email address"),
            ("Safe", "safe@other.example", "short", "12 characters or more"),
            ("Safe", "safe@other.example", "aaaaaaaaaaaaaaaa", "too easy to guess"),
        ] {
            let page = olga.post(SSO, &place, &[("name", name), ("email", email), ("password", password)]).await.expect(422);
            assert!(page.html.contains(said) && page.html.contains(&format!("value=\"{email}\"")), "{said}: {}", page.html);
            assert!(!page.html.contains(password));
        }
        let fields = [("name", "Safe"), ("email", "safe@other.example"), ("password", "correct horse battery 9")];
        assert_eq!(olga.post(SSO, &place, &fields).await.leads_to(), Some("/settings/sso?done=account"));
        let html = olga.get(SSO).await.expect(200).html;
        assert!(html.contains("safe@other.example") && html.contains("never") && !html.contains("There is none"), "{html}");
        // Root, in the other workspace, has no second factor either, and that shows.
        let html = desk.shows(SSO).await;
        assert!(html.contains("root@acme.example") && html.contains("tag bad\">No") && !html.contains("safe@other.example"), "{html}");
    }

    async fn the_secret_of_a_login_client_is_shown_once(db) {
        let mut desk = Desk::new(db).await;
        let place = format!("{SSO}/clients");
        let page = desk.sends(SSO, &place, &[("name", "AIsoule"), ("redirect_uris", "http://app.example/cb")]).await.expect(422);
        assert!(page.html.contains("is not https") && page.html.contains("http://app.example/cb"), "{}", page.html);
        let fields = [("name", "AIsoule"), ("redirect_uris", "https://app.example/cb\r\nhttps://app.example/two"), ("post_logout_uris", "https://app.example/bye"), ("backchannel_logout_uri", "")];
        let made = desk.sends(SSO, &place, &fields).await.expect(200).html;
        let secret = made.split_once("<code id=\"secret\">").unwrap().1.split('<').next().unwrap().to_owned();
        assert!(secret.len() > 30, "{secret}");
        for said in ["/oauth/authorize</code>", "/oauth/token</code>", "/oauth/userinfo</code>", "Custom OIDC"] {
            assert!(made.contains(said), "{said}");
        }
        let clients = desk.api().await.get("/login-clients").await.expect(200);
        let client = &clients.data()["login_clients"][0];
        assert_eq!(client["redirect_uris"], json!(["https://app.example/cb", "https://app.example/two"]));
        let here = format!("{place}/{}", client["id"].as_str().unwrap());
        for path in [SSO, here.as_str()] {
            let html = desk.shows(path).await;
            assert!(html.contains("AIsoule") && !html.contains(&secret), "{path}");
        }
        assert_eq!(desk.sends(&here, &format!("{here}/remove"), &[]).await.leads_to(), Some("/settings/sso?done=revoked"));
        desk.browser.get(&here).await.expect(404);
    }

    async fn whoever_may_only_look_can_change_nothing(db) {
        let mut desk = Desk::new(db).await;
        let op = HostileOp::start(desk.bridge.app.clock.clone()).await;
        let id = connected(&mut desk, &op, "Works").await;
        let api = desk.api().await;
        let looks = ["connections:read", "webhooks:read", "connector:read"];
        api.post("/roles", json!({"name": "Looker", "permissions": looks})).await.expect(201);
        desk.person("lou@acme.example", "Lou", "Looker").await;
        let mut lou = desk.browser_of("lou@acme.example").await;
        for path in [SSO.to_owned(), format!("{SSO}/connections/{id}"), format!("{SSO}/enforcement"), "/settings/webhooks".into(), "/settings/connector".into()] {
            let html = lou.get(&path).await.expect(200).html;
            assert_eq!(html.matches("method=\"post\"").count(), 1, "the language alone is chosen: {path} {html}");
        }
        for path in [format!("{SSO}/connections/new"), format!("{SSO}/connections/{id}/edit"), "/settings/webhooks/new".into(), "/settings/connector/edit".into()] {
            lou.get(&path).await.expect(403);
        }
        for path in [format!("{SSO}/connections/{id}/delete"), format!("{SSO}/enforcement"), "/settings/webhooks".into(), "/settings/connector/edit".into()] {
            lou.post(SSO, &path, &[]).await.expect(403);
        }
    }
}

pub const PRESSES: Presses = &[
    "/settings/sso/connections",
    "/settings/sso/connections/{connection}/test",
    "/settings/sso/connections/{connection}/switch",
    "/settings/sso/connections/{connection}/delete",
    "/settings/sso/clients",
    "/settings/sso/break-glass",
    "/settings/sso/enforcement",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn single_sign_on_is_set_up_in_a_browser() {
    let mut desk = Desk::new(Fresh::sqlite()).await;
    let op = HostileOp::start(desk.bridge.app.clock.clone()).await;
    let steps = vec![
        json!({"goto": desk.url(SSO)}),
        json!({"shot": "sso-empty"}),
        json!({"click": "a[href='/settings/sso/connections/new']"}),
        json!({"shot": "sso-kinds"}),
        json!({"goto": desk.url(&format!("{SSO}/connections/new?kind=entra"))}),
        json!({"shot": "sso-new-entra"}),
        json!({"goto": desk.url(&format!("{SSO}/connections/new?kind=oidc"))}),
        json!({"fill": ["#name", "Works"]}),
        json!({"fill": ["#issuer", op.issuer()]}),
        json!({"fill": ["#client_id", CLIENT_ID]}),
        json!({"fill": ["#secret", CLIENT_SECRET]}),
        json!({"check": "#jit"}),
        json!({"click": "form.panel button"}),
        json!({"expect": "Test it now"}),
        json!({"click": "form[action$='/test'] button"}),
        json!({"expect": "The test"}),
        json!({"shot": "sso-tested"}),
        json!({"click": "a[href$='/edit']"}),
        json!({"fill": ["#issuer", "https://elsewhere.example"]}),
        json!({"click": "form.panel button"}),
        json!({"expect": "has to be entered again"}),
        json!({"shot": "sso-edit-refused"}),
    ];
    if desk.plays("sso-edit", steps, json!({})).await.is_none() {
        return;
    }
    let connections = desk.api().await.get("/connections").await.expect(200);
    let id = connections.data()["connections"][0]["id"].as_str().unwrap().to_owned();
    let html = desk.shows(&format!("{SSO}/enforcement")).await;
    assert!(html.contains("Missing"));
    admin_comes_in(&desk, &id).await;
    let here = format!("{SSO}/connections/{id}");
    let steps = vec![
        json!({"goto": desk.url(&format!("{SSO}/clients/new"))}),
        json!({"shot": "sso-client-new"}),
        json!({"click": "form.panel button"}),
        json!({"expect": "shown this once"}),
        json!({"shot": "sso-client-made"}),
        json!({"goto": desk.url(&format!("{SSO}/break-glass/new"))}),
        json!({"fill": ["#name", "Emergency Admin"]}),
        json!({"fill": ["#email", "emergency@acme.example"]}),
        json!({"fill": ["#password", "correct horse battery 9"]}),
        json!({"shot": "sso-break-glass"}),
        json!({"click": "form.panel button"}),
        json!({"expect": "emergency@acme.example"}),
        json!({"shot": "sso-overview"}),
        json!({"click": "a[href='/settings/sso/enforcement']"}),
        json!({"shot": "sso-enforcement"}),
        json!({"click": "button.danger"}),
        json!({"expect": "Everybody signs in through a connection now"}),
        json!({"goto": desk.url(&format!("{SSO}/enforcement"))}),
        json!({"click": "button[name=to]"}),
        json!({"expect": "Nobody has to sign in"}),
        json!({"goto": desk.url(&here)}),
        json!({"click": "form[action$='/switch'] button"}),
        json!({"expect": "Nobody can sign in through it any more"}),
        json!({"click": "form[action$='/switch'] button"}),
        json!({"click": "a[href$='/delete']"}),
        json!({"shot": "sso-delete"}),
        json!({"click": "button.danger"}),
        json!({"expect": "The connection is deleted"}),
    ];
    desk.plays("sso-deleted", steps, json!({"dark": true, "language": "en"})).await;
    let steps = vec![json!({"goto": desk.url(SSO)}), json!({"shot": "sso-overview-de"})];
    desk.plays("sso-german", steps, json!({"dark": true, "language": "de"})).await;
    desk.pressed(PRESSES);
}
