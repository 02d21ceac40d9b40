//! Nobody learns which addresses have an account: whoever is asked about, the answer is the same byte for byte, but for the
//! address and the proof of the form, and as many hashes are compared. No test here asks how long anything took.

use std::collections::BTreeMap;
use std::time::Instant;

use aisoule_bridge::command::people::ByHand;
use aisoule_bridge::command::users::{CreateUser, RoleChoice};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::password_link::Purpose;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::user::{Profile, UserDraft};
use aisoule_bridge::ids::UserId;
use aisoule_bridge::secret;
use chrono::TimeDelta;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::local_login::{OTHER, PASSWORD, edit, link, person};
use crate::support::browser::{Browser, Page};
use crate::support::scene::Scene;
use crate::support::{Bridge, Fresh, on_both};

/// The addresses: all as long as each other, so that not even the length of an answer differs.
const KNOWN: [&str; 6] = [
    "anna@x.example", // of a domain that a connection serves, provisioned, without a password
    "ben1@y.example", // with a password
    "carl@y.example", // deactivated
    "dora@y.example", // without a password
    "emma@y.example", // protected
    "fred@y.example", // in two workspaces
];
const UNKNOWN: [&str; 2] = ["nora@x.example", "otto@y.example"];

async fn scene(db: Fresh) -> Scene {
    let scene = Scene::new(db, 20, SeatPolicy::Reject, json!({})).await;
    scene.prove("x.example").await;
    scene.admin.post("/domains", json!({"domain": "x.example", "connection_id": scene.connection})).await.expect(201);
    let (bridge, acme) = (&scene.bridge, &scene.workspace);
    let provisioned = CreateUser {
        workspace: acme.id,
        id: UserId::fresh(),
        draft: UserDraft { profile: Profile { user_name: KNOWN[0].into(), ..Profile::default() }, active: Some(true) },
        password_hash: None,
        role: RoleChoice::Named("Agent".into()),
        protected: false,
        provisioned: true,
    };
    bridge.app.commands.execute(&Actor::operator(), provisioned).await.unwrap();
    person(bridge, acme, KNOWN[1], "Agent", false).await;
    let carl = person(bridge, acme, KNOWN[2], "Agent", false).await;
    edit(bridge, &carl, ByHand { is_active: Some(false), ..ByHand::default() }).await;
    bridge.user(acme, KNOWN[3], "Agent", false).await;
    person(bridge, acme, KNOWN[4], "Admin", true).await;
    person(bridge, acme, KNOWN[5], "Agent", false).await;
    let other = bridge.workspace("Other", 10, SeatPolicy::Reject).await;
    person(bridge, &other, KNOWN[5], "Agent", false).await;
    scene
}

/// All that somebody hears who asked about an address: status, headers, and what the page says.
type Heard = (u16, BTreeMap<String, String>, String);

fn heard(page: &Page, email: &str) -> Heard {
    let named = ["date", "x-request-id", "set-cookie"];
    let headers = page.answer.headers.iter().filter(|(name, _)| !named.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let cookies: Vec<&str> = page.set_cookies().iter().map(|cookie| cookie.split('=').next().unwrap()).collect();
    let headers = headers.chain([("cookies".to_owned(), cookies.join(" "))]).collect();
    let encoded = utf8_percent_encode(email, NON_ALPHANUMERIC).to_string();
    let text = page.anybodys().replace(email, "@").replace(&encoded, "@");
    (page.answer.status, headers, text)
}

/// What is heard of each address at a page, and how many hashes were compared for it.
async fn ask(bridge: &Bridge, from: &str, path: &str, email: &str, more: &[(&str, &str)]) -> (Heard, u64) {
    let mut browser: Browser = bridge.browser();
    let before = bridge.app.verifier.count();
    let page = browser.post(from, path, &[&[("email", email)], more].concat()).await;
    (heard(&page, email), bridge.app.verifier.count() - before)
}

on_both! {
    async fn where_an_address_leads_says_nothing_of_whether_anybody_has_it(db) {
        let scene = scene(db).await;
        let named = scene.workspace.id.to_string();
        for workspace in ["", "acme", "Other", named.as_str(), "no such workspace"] {
            for domain in ["x.example", "y.example"] {
                let of_it = KNOWN.iter().chain(&UNKNOWN).filter(|email| email.ends_with(domain));
                let mut all = Vec::new();
                for email in of_it {
                    all.push(ask(&scene.bridge, "/login", "/login", email, &[("workspace", workspace)]).await);
                }
                assert!(all.len() > 1 && all.iter().all(|one| *one == all[0]), "{workspace} {domain}: {all:#?}");
                assert_eq!((all[0].0.0, all[0].1), (200, 0), "{workspace} {domain}");
                let is_theirs = workspace.is_empty() || workspace == "acme" || workspace == named;
                let leads_away = all[0].0.2.contains(&format!("url=/sso/{}/login", scene.connection));
                assert_eq!(leads_away, domain == "x.example" && is_theirs, "{workspace} {domain}");
            }
        }
    }

    async fn a_wrong_password_says_nothing_either_and_costs_two_hashes_whoever_it_is_for(db) {
        let scene = scene(db).await;
        let mut all = Vec::new();
        for workspace in ["", "acme", "Other", "no such workspace"] {
            let before = all.len();
            for email in KNOWN.iter().chain(&UNKNOWN) {
                let (heard, hashes) = ask(&scene.bridge, "/login?prompt=login", "/login/password", email, &[("workspace", workspace), ("password", "not the password")]).await;
                assert_eq!((heard.0, hashes), (422, 2), "{email} {workspace}");
                all.push(heard);
            }
            assert!(all[before..].iter().all(|one| *one == all[before]), "{workspace}: {all:#?}");
            scene.bridge.later(TimeDelta::hours(2));
        }
        // The right password of whoever may not come in is a wrong one.
        let (refused, hashes) = ask(&scene.bridge, "/login?prompt=login", "/login/password", KNOWN[2], &[("password", PASSWORD)]).await;
        assert_eq!((refused == all[0], hashes), (true, 2));
        // And who has to wait, waits as long for somebody as for nobody.
        let mut waits = Vec::new();
        for email in [KNOWN[1], KNOWN[2], UNKNOWN[1]] {
            scene.bridge.later(TimeDelta::hours(2));
            let mut statuses = Vec::new();
            for _ in 0..7 {
                // However long the machine takes, it is the same moment for the bridge.
                let began = Instant::now();
                let ((status, headers, _), hashes) = ask(&scene.bridge, "/login?prompt=login", "/login/password", email, &[("password", "a guess")]).await;
                statuses.push((status, hashes, headers.contains_key("retry-after")));
                scene.bridge.later(-TimeDelta::milliseconds(began.elapsed().as_millis() as i64));
            }
            waits.push(statuses);
        }
        assert!(waits.iter().all(|one| *one == waits[0]) && waits[0][6].0 == 429 && waits[0][6].1 == 0, "{waits:#?}");
    }

    async fn who_forgot_a_password_hears_the_same_whoever_they_are(db) {
        let scene = scene(db).await;
        for workspace in ["", "acme", "no such workspace"] {
            let mut all = Vec::new();
            for email in KNOWN.iter().chain(&UNKNOWN) {
                all.push(ask(&scene.bridge, "/password/forgot", "/password/forgot", email, &[("workspace", workspace)]).await);
            }
            assert!(all.iter().all(|one| *one == all[0]), "{workspace}: {all:#?}");
            assert_eq!((all[0].0.0, all[0].1), (200, 0), "{workspace}");
            scene.bridge.later(TimeDelta::hours(3));
        }
    }

    async fn a_link_that_is_no_good_says_nothing_of_why(db) {
        let scene = scene(db).await;
        let (bridge, acme) = (&scene.bridge, &scene.workspace);
        let gus = person(bridge, acme, "gus@y.example", "Agent", false).await;
        let old = link(bridge, &gus, Purpose::Reset).await;
        bridge.later(TimeDelta::hours(200));
        let used = link(bridge, &gus, Purpose::Reset).await;
        bridge.browser().post("/login", "/password/new", &[("token", &used), ("password", OTHER)]).await.expect(303);
        let hanna = person(bridge, acme, "hanna@y.example", "Agent", false).await;
        let away = link(bridge, &hanna, Purpose::Reset).await;
        edit(bridge, &hanna, ByHand { is_active: Some(false), ..ByHand::default() }).await;
        let never = secret::new_plain().unwrap();
        let (mut shown, mut sent) = (Vec::new(), Vec::new());
        for token in [old.as_str(), &used, &away, &never, "nonsense", ""] {
            let before = bridge.app.verifier.count();
            let mut browser = bridge.browser();
            shown.push(heard(&browser.get(&format!("/password/new?token={token}")).await.expect(410), "no address"));
            sent.push(heard(&browser.post("/login", "/password/new", &[("token", token), ("password", OTHER)]).await.expect(410), "no address"));
            assert_eq!(bridge.app.verifier.count(), before);
            assert!(!shown.last().unwrap().2.contains("y.example"));
            bridge.later(TimeDelta::hours(1));
        }
        assert!(shown.iter().all(|one| *one == shown[0]), "{shown:#?}");
        assert!(sent.iter().all(|one| *one == sent[0]), "{sent:#?}");
    }
}
