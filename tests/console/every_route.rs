//! What holds for every page and form of the console: made from its table of routes, so that a new one is tried as soon as it
//! stands there.

use std::collections::BTreeSet;

use aisoule_bridge::command::people::{ByHand, EditByHand};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::permission::CATALOGUE;
use aisoule_bridge::domain::version::Expected;
use aisoule_bridge::http::browser::{Access, Route};
use aisoule_bridge::http::console;
use aisoule_bridge::ids::RoleId;
use serde_json::json;

use crate::desk::Desk;
use crate::support::browser::{Browser, Page};
use crate::support::on_both;

const NOBODYS: &str = "01900000-0000-7000-8000-000000000000";
const FORM: &str = "application/x-www-form-urlencoded";

/// The path of a route, with an id that is nobody's in every place for one.
pub fn place(route: &Route) -> String {
    let parts = route.path.split('/').map(|part| if part.starts_with('{') { NOBODYS } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Everything that a forged form could have changed: there is no change that leaves nothing in one of these.
const STATE: [&str; 11] = [
    "SELECT count(*) AS n FROM audit_log",
    "SELECT count(*) AS n FROM outbox",
    "SELECT count(*) AS n FROM sessions",
    "SELECT count(*) AS n FROM users",
    "SELECT count(*) AS n FROM tokens",
    "SELECT count(*) AS n FROM connections",
    "SELECT count(*) AS n FROM domains",
    "SELECT count(*) AS n FROM setup_links",
    "SELECT count(*) AS n FROM setup_links WHERE used_at IS NULL AND provider IS NULL",
    "SELECT count(*) AS n FROM mails",
    "SELECT count(*) AS n FROM workspaces",
];

/// The fields of a route's form, each with something in it.
fn filled(route: &Route, proof: &str) -> Vec<(String, String)> {
    let fields = route.fields.iter().map(|name| (name.trim_end_matches('*').to_owned(), "x".to_owned()));
    std::iter::once(("form".to_owned(), proof.to_owned())).chain(fields).collect()
}

async fn send(browser: &Browser, path: &str, fields: &[(String, String)], kind: &str) -> Page {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    browser.clone().send("POST", path, kind, form.finish().into_bytes()).await
}

on_both! {
    async fn a_forged_form_changes_nothing_whichever_it_is(db) {
        let mut desk = Desk::new(db).await;
        desk.person("anna@acme.example", "Anna", "Admin").await;
        let link = desk.setup_link("Globex").await;
        let customer = desk.customer(&link).await;
        let mut nobody = desk.bridge.browser();
        nobody.get("/login").await;
        let foreign = desk.browser_of("anna@acme.example").await.get("/settings/health").await.hidden("form").unwrap();
        let before = desk.bridge.counts(&STATE).await;
        let mut tried = 0;
        for route in console::ROUTES.iter().filter(|route| route.method == "POST") {
            tried += 1;
            let path = place(route);
            let (mut browser, page) = match route.access {
                Access::Anybody => (nobody.clone(), "/login"),
                Access::SetUp => (customer.clone(), "/setup"),
                _ => (desk.browser.clone(), "/settings/health"),
            };
            let proof = browser.get(page).await.hidden("form").unwrap();
            let good = filled(route, &proof);
            let mut cookieless = browser.clone();
            cookieless.cookies.clear();
            for (what, browser, fields, kind) in [
                ("no proof", browser.clone(), good[1..].to_vec(), FORM),
                ("an empty proof", browser.clone(), filled(route, ""), FORM),
                ("another session's proof", browser.clone(), filled(route, &foreign), FORM),
                ("no cookie", cookieless, good.clone(), FORM),
                ("text/plain", browser.clone(), good.clone(), "text/plain"),
                ("JSON", browser.clone(), good.clone(), "application/json"),
                ("multipart", browser.clone(), good.clone(), "multipart/form-data; boundary=x"),
                ("another origin", browser.with("origin", "https://evil.example"), good.clone(), FORM),
                ("a null origin", browser.with("origin", "null"), good.clone(), FORM),
                ("the origin with another port", browser.with("origin", "http://127.0.0.1:1"), good.clone(), FORM),
                ("cross-site", browser.with("sec-fetch-site", "cross-site"), good.clone(), FORM),
                ("same-site", browser.with("sec-fetch-site", "same-site"), good.clone(), FORM),
            ] {
                let page = send(&browser, &path, &fields, kind).await;
                assert_eq!(page.answer.status, 403, "{path}: {what}");
                page.is_safe();
            }
            for method in ["PUT", "DELETE", "PATCH"] {
                let page = browser.clone().send(method, &path, FORM, Vec::new()).await;
                assert_eq!(page.answer.status, 405, "{method} {path}");
            }
            // By GET, with everything in the address: a page at the most.
            let query: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(&good).finish();
            browser.get(&format!("{path}?{query}")).await;
            let extra = [good.clone(), vec![("isAdmin".to_owned(), "true".to_owned())]].concat();
            assert_eq!(send(&browser, &path, &extra, FORM).await.answer.status, 400, "{path}: a field that is not its own");
            let twice = [good.clone(), good.clone()].concat();
            assert_eq!(send(&browser, &path, &twice, FORM).await.answer.status, 400, "{path}: everything twice");
            assert_eq!(desk.bridge.counts(&STATE).await, before, "{path}");
        }
        assert!(tried > 10, "{tried}");
    }

    async fn no_page_and_no_form_opens_to_somebody_who_is_not_logged_in(db) {
        let desk = Desk::new(db).await;
        let before = desk.bridge.counts(&STATE).await;
        let mut nobody = desk.bridge.browser();
        let proof = nobody.get("/login").await.hidden("form").unwrap();
        for route in console::ROUTES.iter() {
            let path = place(route);
            let page = if route.method == "GET" {
                nobody.get(&path).await
            } else {
                nobody.raw(&path, &[("form", &proof)]).await
            };
            match route.access {
                Access::SetUp => assert_eq!(page.answer.status, 410, "{} {path}", route.method),
                Access::Anybody => assert!(!page.html.contains("Acme"), "{} {path}: {}", route.method, page.html),
                _ => {
                    assert_eq!(page.answer.status, 303, "{} {path}", route.method);
                    let to = page.leads_to().unwrap();
                    assert!(if route.method == "GET" { to.starts_with("/login?return_to=") } else { to == "/login" }, "{to}");
                }
            }
            page.is_safe();
        }
        assert_eq!(desk.bridge.counts(&STATE).await, before);
    }

    async fn whoever_has_every_permission_but_the_one_of_a_route_is_barred_from_it(db) {
        let desk = Desk::new(db).await;
        let mia = desk.person("mia@acme.example", "Mia", "Agent").await;
        let mut browser = desk.browser_of("mia@acme.example").await;
        let api = desk.bridge.key(&desk.workspace, None, None).await;
        let needed: BTreeSet<&str> = console::ROUTES.iter().filter_map(|route| match route.access {
            Access::Allowed(permission) => Some(permission),
            _ => None,
        }).collect();
        for permission in needed {
            assert!(CATALOGUE.iter().any(|known| known.name == permission), "there is no permission {permission}");
            let others: Vec<&str> = CATALOGUE.iter().map(|known| known.name).filter(|name| *name != permission).collect();
            let role = api.post("/roles", json!({"name": format!("No {permission}"), "permissions": others})).await.expect(201).made();
            let changes = ByHand { role: RoleId::parse(&role), ..ByHand::default() };
            let edit = EditByHand { workspace: mia.workspace_id, id: mia.id, expected: Expected::Any, changes, overrule: true };
            desk.bridge.app.commands.execute(&Actor::operator(), edit).await.unwrap();
            let proof = browser.get("/account/password").await.expect(200).hidden("form").unwrap();
            let before = desk.bridge.counts(&STATE).await;
            for route in console::ROUTES.iter().filter(|route| route.access == Access::Allowed(permission)) {
                let path = place(route);
                let page = if route.method == "GET" { browser.get(&path).await } else { browser.raw(&path, &[("form", &proof)]).await };
                assert_eq!(page.answer.status, 403, "{} {path}", route.method);
                assert!(page.html.contains(permission), "{} {path}: {}", route.method, page.html);
                page.is_safe();
            }
            assert_eq!(desk.bridge.counts(&STATE).await, before, "{permission}");
            // And nothing in the menu leads there.
            let page = browser.get("/settings/health").await;
            for section in console::frame::Section::ALL.iter().filter(|section| section.permission == permission) {
                assert!(!page.html.contains(&format!("href=\"{}\"", section.path)), "{}", section.path);
            }
        }
    }
}

#[test]
fn what_changes_something_is_a_form_and_needs_more_than_to_see_it() {
    let mut seen = BTreeSet::new();
    for route in console::ROUTES.iter() {
        assert!(route.method == "GET" || route.method == "POST", "{} {}", route.method, route.path);
        assert!(seen.insert((route.method.as_str(), route.path)), "{} {} stands twice", route.method, route.path);
        if let (true, Access::Allowed(permission)) = (route.method == "POST", route.access) {
            // A rehearsal, a test or a proof changes nothing, and so may be for whoever reads.
            let tries = ["preview", "test", "check", "explain", "verify"].iter().any(|word| route.path.ends_with(word));
            assert!(!permission.ends_with(":read") || tries, "{} asks for {permission} alone", route.path);
        }
    }
}
