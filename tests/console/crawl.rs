//! Every page of the console in the browser, with a workspace that is full of people: light and dark, English and German, wide
//! and narrow. Pages are found as people find them, by links, so that one to which nothing leads is found missing.

use std::collections::{BTreeMap, BTreeSet};

use aisoule_bridge::command::connector_work::KeepReport;
use aisoule_bridge::command::setup_links::CreateSetupLink;
use aisoule_bridge::connector::drift::{Finding, Kind, Report};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::http::browser::{Access, Route};
use aisoule_bridge::http::console;
use aisoule_bridge::ids::{ReportId, SetupLinkId};
use aisoule_bridge::secret;
use serde_json::{Value, json};

use crate::desk::{Desk, is_safe};
use crate::support::browser::Page;
use crate::support::parts::has_browser;
use crate::support::{Fresh, on_both};

/// What is followed in a stream, and what leads on at once.
const NO_PAGES: [&str; 3] = ["/settings/live", "/settings", "/logout"];
/// Pages to which nothing leads here: they are for another time, or for what happens after a while. That is looked at by
/// `webhooks_page`.
const UNLINKED: [&str; 3] =
    ["/settings/setup", "/setup/{token}", "/settings/webhooks/{endpoint}/deliveries/{delivery}"];
/// Pages in one play, so that each ends in time.
const AT_ONCE: usize = 12;

impl Desk {
    /// Fills the workspace: people with roles and teams, groups, rules, tokens, a connection, an endpoint, a review, requests
    /// that went well and some that did not.
    pub async fn furnish(&self) {
        let api = self.bridge.key(&self.workspace, None, None).await;
        let scim = self.scim().await.with("user-agent", "Okta SCIM Client 1.0.0");
        let names =
            ["Anna Abel", "Ben Öztürk", "Chiara di Lorenzo-Ehrenberg von und zu Hohenstein", "Đặng Thị Mỹ Linh", "Eve"];
        let mut ids = Vec::new();
        for n in 0..60 {
            let name = names[n % names.len()];
            let user = scim.post("/Users", json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
                "userName": format!("person{n}@acme.example"), "externalId": format!("00u{n}"), "displayName": format!("{name} {n}"),
                "name": {"givenName": name.split(' ').next().unwrap(), "familyName": format!("{n}")}, "title": "Support Engineer",
                "emails": [{"value": format!("person{n}@acme.example"), "type": "work", "primary": true}],
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Support", "employeeNumber": format!("{n}")},
                "active": n % 9 != 0,
            })).await.expect(201);
            ids.push(user.id());
        }
        let teams = [("Night", "Whoever is awake when nobody should be"), ("Billing", "")];
        let mut made = Vec::new();
        for (name, description) in teams {
            made.push(api.post("/teams", json!({"name": name, "description": description})).await.expect(201).made());
        }
        let role = api.post("/roles", json!({"name": "Auditor", "description": "Looks, and touches nothing", "permissions": ["users:read", "audit:read", "log:read"]})).await.expect(201).made();
        for (n, name) in ["Support", "Support Managers", "Everybody who works in the Vienna office or reports to it"]
            .into_iter()
            .enumerate()
        {
            let members: Vec<Value> = ids.iter().skip(n).step_by(n + 2).map(|id| json!({"value": id})).collect();
            let group = scim
                .post("/Groups", json!({"displayName": name, "externalId": format!("00g{n}"), "members": members}))
                .await
                .expect(201)
                .id();
            if n < 2 {
                let given = if n == 0 { role.clone() } else { api.role("Manager").await };
                api.post(
                    "/rules",
                    json!({"group_id": group, "role_id": given, "priority": 10 * n, "teams": [{"team_id": made[n]}]}),
                )
                .await
                .expect(201);
            }
        }
        api.post("/rules", json!({"group_name": "Not here yet", "role_id": role, "priority": 5})).await.expect(201);
        // What goes wrong at providers.
        scim.post("/Users", json!({"userName": "person1@acme.example"})).await.expect(409);
        scim.post("/Users", json!({"displayName": "Nobody", "password": "the lock of the mill"})).await.expect(400);
        scim.get("/Users/00u1").await.expect(404);
        scim.find("/Users", "userName eq", "").await.expect(400);
        for id in ids.iter().take(3) {
            scim.patch(
                &format!("/Users/{id}"),
                json!([{"op": "replace", "path": "title", "value": "Head of Support"}]),
            )
            .await
            .expect(200);
        }
        let connection = api.post("/connections", json!({"name": "Okta", "kind": "okta", "issuer": "https://acme.okta.invalid", "client_id": "0oa1", "secret": "the lock of the mill"})).await.expect(201).made();
        api.post("/domains", json!({"domain": "acme.example", "connection_id": connection})).await.expect(201);
        api.post("/reviews", json!({"name": "Autumn"})).await.expect(201);
        let hook = json!({"name": "CRM", "url": "http://127.0.0.1:18080/aisoule", "events": ["user.*"]});
        api.post("/webhooks", hook).await.expect(201);
        let client = [("name", "Directory sync"), ("scope", "scim"), ("profile", "compat")];
        let (home, mut browser) = ("/settings/provisioning", self.browser.clone());
        browser.post(home, "/settings/provisioning/clients", &client).await.expect(200);
        let login = json!({"name": "AIsoule", "redirect_uris": ["https://app.aisoule.invalid/cb"]});
        api.post("/login-clients", login).await.expect(201);
        self.api().await.post("/keys", json!({"name": "Report", "permissions": ["users:read"]})).await.expect(201);
        // Nobody listens there: what is to go over waits, and is shown.
        let connector = json!({"base_url": "http://127.0.0.1:18081/api", "api_key": "the-lock-of-the-mill"});
        api.post("/connector", connector).await.expect(201);
        self.compared(&ids).await;
        api.post("/conversations", json!({"subject": "My invoice is wrong", "assignee_id": ids[1]})).await.expect(201);
        let token = secret::new_plain().unwrap();
        let link = CreateSetupLink {
            id: SetupLinkId::fresh(),
            workspace: self.workspace.id,
            name: "Globex IT".into(),
            days: 7,
            token_hash: secret::hash(&token),
            hint: token[..4].into(),
        };
        self.bridge.app.commands.execute(&Actor::operator(), link).await.unwrap();
        self.bridge.app.journal.flush().await;
    }

    /// A comparison that found whatever one can find.
    async fn compared(&self, ids: &[String]) {
        let there = |email: &str| Some(format!("remote-{email}"));
        let finding =
            |kind, what: &str, name: &str, field: Option<&str>, values: (Option<&str>, Option<&str>)| Finding {
                kind,
                what: what.into(),
                local_id: ids[1].parse().ok().filter(|_| matches!(kind, Kind::Missing | Kind::Different)),
                remote_id: there(name).filter(|_| kind != Kind::Missing),
                name: name.into(),
                field: field.map(Into::into),
                here: values.0.map(Into::into),
                there: values.1.map(Into::into),
                note: None,
            };
        let team = Some("team-1");
        let differences = vec![
            finding(Kind::Missing, "user", "person2@acme.example", None, (None, None)),
            finding(Kind::Extra, "user", "extra@there.example", None, (None, Some("active"))),
            finding(Kind::Unclaimed, "user", "person3@acme.example", None, (None, Some("inactive"))),
            finding(Kind::Different, "user", "person1@acme.example", Some("is_active"), (Some("true"), Some("false"))),
            finding(
                Kind::Different,
                "user",
                "person1@acme.example",
                Some("full_name"),
                (Some("Ben Öztürk 1"), Some("B. Ö.")),
            ),
            finding(
                Kind::Different,
                "team",
                "Night",
                Some("assignment_strategy"),
                (Some("round_robin"), Some("manual")),
            ),
            finding(Kind::Missing, "membership", "person1@acme.example", team, (Some("agent"), None)),
        ];
        let report = Report { users: 61, accounts: 58, teams: 2, waiting: 0, differences };
        let (workspace, id) = (self.workspace.id, ReportId::fresh());
        let report = serde_json::to_value(report).unwrap();
        let keep = KeepReport { workspace, id, report, mend: Vec::new(), unsure: Vec::new(), applied: false };
        self.bridge.app.commands.execute(&Actor::system(), keep).await.unwrap();
    }

    /// The pages that links lead to, from the first page of each section on: a path with its query, by the path of the route.
    /// At most `each` of a route.
    pub async fn pages(&self, each: usize) -> BTreeMap<&'static str, BTreeSet<String>> {
        self.pages_as(|_| each, |page| is_safe(page)).await
    }

    /// The same, each checked in that way: what is harmless as text looks dangerous in a workspace full of it.
    pub async fn pages_as(
        &self,
        each: impl Fn(&str) -> usize,
        check: fn(&Page),
    ) -> BTreeMap<&'static str, BTreeSet<String>> {
        let mut browser = self.browser.clone();
        let is_open =
            |route: &&Route| route.method == "GET" && matches!(route.access, Access::Allowed(_) | Access::SignedIn);
        let routes: Vec<&Route> =
            console::ROUTES.iter().filter(is_open).filter(|route| !NO_PAGES.contains(&route.path)).collect();
        let mut waiting: Vec<String> =
            routes.iter().filter(|route| !route.path.contains('{')).map(|route| route.path.to_owned()).collect();
        let mut found: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        while let Some(path) = waiting.pop() {
            let bare = path.split(['?', '#']).next().unwrap();
            let Some(route) = routes.iter().find(|route| fits(route.path, bare)) else { continue };
            let known = found.entry(route.path).or_default();
            if known.len() >= each(route.path) || !known.insert(path.clone()) {
                continue;
            }
            let page = browser.get(&path).await;
            let kind = page.answer.header("content-type").unwrap_or_default().to_owned();
            let is_of_nothing = page.answer.status == 404 && route.path == bare;
            if page.answer.status == 303 || is_of_nothing || !kind.starts_with("text/html") {
                // It leads on, is a file, or is about something of which a workspace has one or none.
                found.get_mut(route.path).unwrap().remove(&path);
                continue;
            }
            assert_eq!(page.answer.status, 200, "{path}: {}", page.html);
            check(&page);
            for rest in page.html.split("href=\"").skip(1) {
                let to = rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
                if to.starts_with("/settings/") {
                    waiting.push(to);
                }
            }
        }
        found
    }

    /// Looks at pages in the browser, a few at a time.
    pub async fn looks_at(&self, pages: &[String], more: Value, step: impl Fn(&str) -> Vec<Value>, at_once: usize) {
        for (n, some) in pages.chunks(at_once).enumerate() {
            let steps = some.iter().flat_map(|path| step(path)).collect();
            let mut more = more.clone();
            more["name"] = Value::Null;
            self.plays(&format!("look-{n}"), steps, more).await;
        }
    }
}

/// Whether a path is one of a route's.
pub fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), path.split('/').collect());
    route.len() == path.len()
        && route.iter().zip(&path).all(|(part, there)| part == there || part.starts_with('{') && !there.is_empty())
}

/// What a picture of a page is called: by its route, so that it is called the same the next time.
fn named(path: &str) -> String {
    let (bare, query) = path.split_once(['?', '#']).unwrap_or((path, ""));
    let fitting = console::ROUTES.iter().filter(|route| route.method == "GET" && fits(route.path, bare));
    let route = fitting.map(|route| route.path).min_by_key(|route| route.matches('{').count()).unwrap_or(bare);
    let about: Vec<&str> =
        query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty()).collect();
    let name = format!("{route} {}", about.join(" "));
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { ' ' };
    name.chars().map(plain).collect::<String>().split_whitespace().collect::<Vec<_>>().join("-")
}

on_both! {
    async fn every_page_is_found_by_links_and_has_what_every_page_has(db) {
        let desk = Desk::new(db).await;
        desk.furnish().await;
        let pages = desk.pages(20).await;
        let is_wanted = |route: &&Route| route.method == "GET" && route.path.contains('{') && !UNLINKED.contains(&route.path);
        let missing: Vec<&str> = console::ROUTES.iter().filter(is_wanted).map(|route| route.path).filter(|path| !pages.contains_key(path)).collect();
        assert!(missing.is_empty(), "no link leads to {missing:?}");
        for page in pages.values().flatten() {
            let mut browser = desk.browser.with("accept-language", "de");
            let page = browser.get(page).await.expect(200);
            assert!(page.html.contains("<html lang=\"de\">") && page.html.matches("<h1").count() == 1, "{}", page.html);
        }
        // What a comparison found is said in the reader's language.
        let report = pages["/settings/connector/reports/{report}"].iter().next().unwrap();
        let html = desk.browser.with("accept-language", "de").get(report).await.expect(200).html;
        for words in ["\"Dort\">aktiv</td>", "\"Dort\">inaktiv</td>", "\"Hier\">Ja</td>", "\"Dort\">Nein</td>", "\"Hier\">Reihum</td>"] {
            assert!(html.contains(words), "{words}: {html}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_seen_in_a_browser_and_nobody_complains() {
    if !has_browser() {
        return;
    }
    let desk = Desk::new(Fresh::sqlite()).await;
    desk.furnish().await;
    let pages: Vec<String> = desk.pages(1).await.into_values().flatten().collect();
    for (dark, language) in [(false, "en"), (true, "de")] {
        let step = |path: &str| {
            vec![json!({"goto": desk.url(path)}), json!({"shot": format!("crawl-{language}-{}", named(path))})]
        };
        desk.looks_at(&pages, json!({"dark": dark, "language": language}), step, AT_ONCE).await;
    }
}

#[test]
fn a_picture_of_a_page_is_called_the_same_whatever_it_is_about() {
    let id = uuid::Uuid::now_v7();
    assert_eq!(named(&format!("/settings/users/{id}/edit")), "settings-users-id-edit");
    assert_eq!(named(&format!("/settings/rules/new?group={id}")), "settings-rules-new-group");
    assert_eq!(named("/settings/users"), "settings-users");
}

#[test]
fn a_path_is_told_by_its_route() {
    assert!(fits("/settings/users/{id}", "/settings/users/1") && !fits("/settings/users/{id}", "/settings/users/"));
    assert!(!fits("/settings/users/{id}", "/settings/users/1/edit") && fits("/settings/users", "/settings/users"));
}
