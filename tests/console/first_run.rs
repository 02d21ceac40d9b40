//! The first run: a link that `serve` prints makes the first workspace and its Admin, once, and walks to a connected provider.

use aisoule_bridge::command::first_run::{Offer, OfferFirstRun};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::SetupLinkId;
use aisoule_bridge::secret;
use aisoule_bridge::store::{audit, setup_links, users, workspaces};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::desk::{PASSWORD, is_clean, is_safe};
use crate::presses::{Presses, are_just};
use crate::providers::{Like, Provider};
use crate::support::browser::{Browser, Page};
use crate::support::parts::{browse, browse_and, has_browser};
use crate::support::program::Program;
use crate::support::{Bridge, Fresh, On, Scim, on_both};

/// The path of a link such as `serve` prints; none where there is nothing to set up.
pub async fn offer(bridge: &Bridge) -> Option<String> {
    let token = secret::new_plain().unwrap();
    let (token_hash, hint) = (secret::hash(&token), token.chars().take(4).collect());
    let command = OfferFirstRun { id: SetupLinkId::fresh(), token_hash, hint };
    let offered = bridge.app.commands.execute(&Actor::system(), command).await.unwrap();
    (offered == Offer::Made).then(|| format!("/setup/{token}"))
}

const FIRST: [(&str, &str); 5] = [
    ("workspace", "Acme"),
    ("plan", "growth"),
    ("name", "Rita Root"),
    ("email", "rita@acme.example"),
    ("password", PASSWORD),
];

/// What acts of a first run make.
const MADE: [&str; 4] = [
    "SELECT count(*) AS n FROM audit_log",
    "SELECT count(*) AS n FROM tokens",
    "SELECT count(*) AS n FROM connections",
    "SELECT count(*) AS n FROM domains",
];

/// What stands between two marks of a page.
pub fn between<'p>(page: &'p Page, start: &str, end: &str) -> &'p str {
    let rest = page.html.split_once(start).unwrap_or_else(|| panic!("no {start} in {}", page.html)).1;
    rest.split(end).next().unwrap()
}

on_both! {
    async fn the_link_makes_the_first_workspace_and_its_protected_admin_and_walks_to_a_connected_provider(db) {
        let bridge = db.bridge().await;
        let path = offer(&bridge).await.unwrap();
        let mut browser = bridge.browser();
        // Looking uses nothing up, whoever looks.
        for _ in 0..3 {
            let page = bridge.browser().get(&path).await.expect(200);
            is_safe(&page);
            assert!(page.html.contains("Growth: 5 seats") && page.html.contains("aria-current=\"step\""), "{}", page.html);
        }
        // What was wrong is said, and what was typed stays.
        for (field, value, words) in [
            ("password", "short", "12 characters or more"),
            ("password", "rita root acme", "too easy"),
            ("email", "nobody", "an email address"),
            ("name", " ", "1 to 255 characters"),
            ("workspace", " ", "1 to 100 printable"),
            ("plan", "golden", "there is no plan"),
        ] {
            let fields: Vec<_> = FIRST.iter().map(|(name, good)| (*name, if *name == field { value } else { *good })).collect();
            let page = browser.post(&path, &path, &fields).await.expect(422);
            is_safe(&page);
            assert!(page.html.contains(words), "{field}: {}", page.html);
            assert!(field == "email" || page.html.contains("value=\"rita@acme.example\""), "{}", page.html);
            assert!(!page.html.contains(PASSWORD));
        }
        assert!(!workspaces::is_any(&mut bridge.app.store.read().await.unwrap()).await.unwrap());
        let page = browser.post(&path, &path, &FIRST).await.expect(303);
        assert_eq!(page.leads_to(), Some("/settings/setup"));
        // The second factor: to be set up, or left for later.
        let page = browser.get("/settings/setup").await.expect(200);
        is_safe(&page);
        assert!(page.html.contains("/account/second-factor") && page.html.contains("Without a second factor"), "{}", page.html);
        assert_eq!(browser.post("/settings/setup", "/settings/setup/skip", &[]).await.leads_to(), Some("/settings/setup?step=3"));
        // The next day it goes on where it stood, also from the front door.
        browser.cookies.clear();
        browser.log_in("rita@acme.example", PASSWORD).await.expect(303);
        assert_eq!(browser.get("/settings").await.leads_to(), Some("/settings/setup"));
        let page = browser.get("/settings/setup").await.expect(200);
        assert!(page.html.contains("name=\"provider\" value=\"okta\""), "{}", page.html);
        browser.post("/settings/setup", "/settings/setup/provider", &[("provider", "golden")]).await.expect(422);
        let page = browser.post("/settings/setup", "/settings/setup/provider", &[("provider", "okta")]).await;
        assert_eq!(page.leads_to(), Some("/settings/setup?step=4"));
        // Provisioning.
        let page = browser.get("/settings/setup").await.expect(200);
        is_safe(&page);
        assert!(page.html.contains(&bridge.app.scim_url) && page.html.contains("/callback"), "{}", page.html);
        let page = browser.post("/settings/setup", "/settings/setup/token", &[]).await.expect(200);
        let token = between(&page, "<code id=\"token\">", "<").to_owned();
        assert!(!browser.get("/settings/setup?step=4").await.html.contains(&token), "it is shown once");
        let scim = Scim::new(bridge.address, &token);
        // Signing in.
        let connection = [("name", "okta"), ("issuer", "https://acme.okta.invalid"), ("client_id", "0oa1"), ("secret", "the lock of the mill")];
        let page = browser.post("/settings/setup?step=4", "/settings/setup/connection", &connection[..3]).await.expect(422);
        assert!(page.html.contains("Enter the client secret") && page.html.contains("value=\"0oa1\""), "{}", page.html);
        let wrong = [("name", "okta"), ("issuer", "http://acme.okta.invalid"), ("client_id", "0oa1"), ("secret", "x")];
        browser.post("/settings/setup?step=4", "/settings/setup/connection", &wrong).await.expect(422);
        let page = browser.post("/settings/setup?step=4", "/settings/setup/connection", &connection).await;
        assert_eq!(page.leads_to(), Some("/settings/setup?step=4&done=connection"));
        let page = browser.post("/settings/setup?step=4", "/settings/setup/test", &[]).await.expect(200);
        assert!(page.html.contains("Failed") && !page.html.contains("the lock of the mill"), "{}", page.html);
        // What arrives.
        let page = browser.get("/settings/setup").await.expect(200);
        assert!(page.html.contains("id=\"arrived\"") && page.html.contains("waiting"), "{}", page.html);
        scim.user("anna@acme.example").await;
        bridge.app.journal.flush().await;
        let page = browser.get("/settings/setup").await.expect(200);
        assert!(page.html.contains("1 person") && !between(&page, "id=\"arrived\"", "id=\"after\"").contains(">waiting<"), "{}", page.html);
        assert_eq!(browser.post("/settings/setup", "/settings/setup/finish", &[]).await.leads_to(), Some("/settings"));
        assert_eq!(browser.get("/settings").await.leads_to(), Some("/settings/users"));
        // It is over: whoever comes back is led to the sections, and nothing is done there any more.
        let before = bridge.counts(&MADE).await;
        let domain = [("domain", "acme.example")];
        for step in ["", "?step=2", "?step=4", "?step=5"] {
            assert_eq!(browser.get(&format!("/settings/setup{step}")).await.leads_to(), Some("/settings/users"));
        }
        for (act, fields) in [
            ("skip", &[][..]),
            ("provider", &[("provider", "entra")][..]),
            ("token", &[][..]),
            ("connection", &connection[..]),
            ("test", &[][..]),
            ("domains", &domain[..]),
            ("domains/verify", &domain[..]),
            ("domains/remove", &domain[..]),
        ] {
            browser.post("/settings/users", &format!("/settings/setup/{act}"), fields).await.expect(404);
        }
        assert_eq!(browser.post("/settings/users", "/settings/setup/finish", &[]).await.leads_to(), Some("/settings"));
        assert_eq!(bridge.counts(&MADE).await, before, "nothing was done");
        // What that made.
        let mut conn = bridge.app.store.read().await.unwrap();
        let workspace = workspaces::only(&mut conn).await.unwrap().unwrap();
        assert_eq!((workspace.name.as_str(), workspace.plan.as_str()), ("Acme", "growth"));
        let rita = users::find_by_name(&mut conn, workspace.id, "rita@acme.example").await.unwrap().unwrap();
        assert!(rita.protected && rita.role.name == "Admin" && rita.has_password);
        let link = setup_links::first_run_of(&mut conn, workspace.id).await.unwrap().unwrap();
        let told = audit::of_subject(&mut conn, workspace.id, &link.id.to_string()).await.unwrap();
        assert!(told.iter().any(|row| row.action == "setup_link.used" && row.actor_kind == "setup_link"), "{told:?}");
        // And the link is dead.
        for page in [bridge.browser().get(&path).await, bridge.browser().post(&path, &path, &FIRST).await] {
            assert!([410, 403].contains(&page.answer.status), "{}", page.html);
        }
        assert!(bridge.browser().get(&path).await.expect(410).html.contains("used already"));
    }

    async fn of_two_browsers_with_the_same_link_one_wins_and_the_other_is_told_so(db) {
        let bridge = db.bridge().await;
        let path = offer(&bridge).await.unwrap();
        let all: Vec<_> = (0..4).map(|n| {
            let (mut browser, path) = (bridge.browser(), path.clone());
            tokio::spawn(async move {
                let (name, email) = (format!("Acme {n}"), format!("rita{n}@acme.example"));
                let fields = [("workspace", name.as_str()), ("plan", "growth"), ("name", "Rita"), ("email", email.as_str()), ("password", PASSWORD)];
                let page = browser.post(&path, &path, &fields).await;
                (page.answer.status, page.html, browser.is_in().await)
            })
        }).collect();
        let mut winners = 0;
        for one in all {
            let (status, html, is_in) = one.await.unwrap();
            if status == 303 {
                winners += 1;
                assert!(is_in);
            } else {
                assert!(status == 410 && html.contains("used already") && !is_in, "{status} {html}");
            }
        }
        assert_eq!(winners, 1);
        let mut conn = bridge.app.store.read().await.unwrap();
        assert_eq!(workspaces::list(&mut conn).await.unwrap().len(), 1);
    }

    async fn a_link_is_dead_once_it_is_replaced_once_it_is_old_and_once_there_is_a_workspace(db) {
        let bridge = db.bridge().await;
        let old = offer(&bridge).await.unwrap();
        assert_eq!(offer(&bridge).await, None, "whoever started at the same time prints none");
        bridge.browser().get(&old).await.expect(200);
        bridge.later(TimeDelta::minutes(2));
        let path = offer(&bridge).await.unwrap();
        bridge.browser().get(&old).await.expect(410);
        bridge.browser().get(&path).await.expect(200);
        let mut browser = bridge.browser();
        browser.get(&path).await.expect(200);
        let proof = browser.get(&path).await.hidden("form").unwrap();
        bridge.later(TimeDelta::hours(25));
        browser.raw(&path, &[&[("form", proof.as_str())], &FIRST[..]].concat()).await.expect(410);
        let path = offer(&bridge).await.unwrap();
        let proof = browser.get(&path).await.expect(200).hidden("form").unwrap();
        bridge.workspace("Other", 5, SeatPolicy::Reject).await;
        browser.raw(&path, &[&[("form", proof.as_str())], &FIRST[..]].concat()).await.expect(410);
        assert_eq!(offer(&bridge).await, None, "there is nothing to set up any more");
        for path in ["/setup/x", "/setup/0000000000000000000000000000000000000000000"] {
            bridge.browser().get(path).await.expect(410);
        }
        // A workspace that began otherwise has no first run.
        let desk = crate::desk::Desk::at(bridge, 5, SeatPolicy::Reject).await;
        let mut root = desk.browser;
        assert_eq!(root.get("/settings/setup").await.leads_to(), Some("/settings/users"));
        root.post("/settings/health", "/settings/setup/token", &[]).await.expect(404);
    }

    async fn of_several_bridges_that_start_together_one_prints_a_link_and_the_others_say_that_one_did(db) {
        let starts = match db.on {
            // One process has the file at a time.
            On::Sqlite => Vec::new(),
            On::Postgres => vec![2, 2, 3],
        };
        for bridges in starts {
            let Some(fresh) = Fresh::postgres().await else { return };
            let programs: Vec<Program> = (0..bridges).map(|_| Program::new(&fresh)).collect();
            let servers: Vec<_> = programs.iter().map(|program| program.start(&[], &[])).collect();
            let mut logs = Vec::new();
            for server in &servers {
                for _ in 0..1_000 {
                    if server.log().contains("There is no workspace yet.") {
                        break;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
                logs.push(server.log());
            }
            assert_eq!(logs.iter().filter(|log| log.contains("/setup/")).count(), 1, "{logs:#?}");
            assert_eq!(logs.iter().filter(|log| log.contains("printed the link")).count(), bridges - 1, "{logs:#?}");
        }
        let bridge = db.bridge().await;
        let offers = futures_util::future::join_all((0..6).map(|_| offer(&bridge))).await;
        assert_eq!(offers.iter().flatten().count(), 1, "{offers:?}");
    }

    async fn the_server_prints_the_link_once_for_the_operator_and_never_again(db) {
        for format in ["pretty", "json"] {
            let fresh = if format == "json" { Fresh::sqlite() } else { Fresh::over(db.on, db.url.clone()) };
            let program = Program::new(&fresh);
            let server = program.serve_with(&[("BRIDGE_LOG", "debug"), ("BRIDGE_LOG_FORMAT", format)]).await;
            let mut log = server.log();
            for _ in 0..500 {
                if log.contains("/setup/") {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                log = server.log();
            }
            let lines: Vec<&str> = log.lines().filter(|line| line.contains("/setup/")).collect();
            assert_eq!(lines.len(), 1, "{log}");
            let token: String = lines[0].split_once("/setup/").unwrap().1.chars().take_while(char::is_ascii_alphanumeric).collect();
            let mut browser = Browser::new(program.address);
            let path = format!("/setup/{token}");
            browser.get(&path).await.expect(200);
            browser.post(&path, &path, &FIRST).await.expect(303);
            browser.get(&path).await.expect(410);
            let (_, log) = server.terminate();
            assert_eq!(log.matches(&token).count(), 1, "{log}");
            // It is a line for the operator, and no entry of the log.
            assert!(log.lines().any(|line| line.ends_with(&token) && line.starts_with("There is no workspace yet.")), "{log}");
            let again = program.serve_with(&[]).await;
            let (_, log) = again.terminate();
            assert!(!log.contains("/setup/"), "{log}");
        }
    }
}

pub const PRESSES: Presses = &[
    "/setup/{token}",
    "/settings/setup/skip",
    "/settings/setup/provider",
    "/settings/setup/token",
    "/settings/setup/connection",
    "/settings/setup/domains",
    "/settings/setup/finish",
];
pub const BARE: Presses =
    &["/setup/{token}", "/settings/setup/skip", "/settings/setup/provider", "/settings/setup/token"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_sets_the_bridge_up_in_a_browser_and_sees_what_arrives_without_reloading() {
    if !has_browser() {
        return;
    }
    let bridge = Fresh::sqlite().bridge().await;
    let path = offer(&bridge).await.unwrap();
    let base = bridge.browser().origin();
    let state = tempfile::tempdir().unwrap();
    let state = state.path().join("state.json");
    let steps = vec![
        json!({"shot": "setup-first"}),
        json!({"fill": ["[name=workspace]", "Acme"]}),
        json!({"fill": ["[name=name]", "Rita Root"]}),
        json!({"fill": ["[name=email]", "rita@acme.example"]}),
        json!({"fill": ["[name=password]", "rita root acme"]}),
        json!({"click": "main form button"}),
        json!({"expect": "too easy to guess"}),
        json!({"shot": "setup-first-refused"}),
        json!({"fill": ["[name=password]", PASSWORD]}),
        json!({"click": "main form button"}),
        json!({"arrive": format!("{base}/settings/setup")}),
        json!({"shot": "setup-factor"}),
        json!({"click": "button.danger"}),
        json!({"see": "[name=provider]"}),
        json!({"shot": "setup-provider"}),
        json!({"check": "[value=entra]"}),
        json!({"click": "main form button"}),
        json!({"see": "#scim-url"}),
        json!({"click": "form[action$=token] button"}),
        json!({"see": "#token"}),
        json!({"shot": "setup-token"}),
        json!({"click": "button[data-copy=token]"}),
        json!({"shot": "setup-copied"}),
        json!({"copied": "#token"}),
        json!({"tell": ["token", "#token"]}),
        json!({"click": "#guide summary"}),
        json!({"see": "#step-3 :text('Tenant URL')"}),
        json!({"shot": "setup-guide"}),
    ];
    // In two plays, because one has but so much time.
    let mut play = json!({"url": format!("{base}{path}"), "axe": true, "steps": steps, "state": state});
    let mut token = String::new();
    let first = browse_and(play.clone(), async |_, text| token = text.to_owned()).await;
    is_clean(&first);
    let workspace = workspaces::only(&mut bridge.app.store.read().await.unwrap()).await.unwrap().unwrap();
    bridge.key(&workspace, None, None).await.put("/seats", json!({"own_limit": 1000})).await.expect(200);
    let steps = vec![
        json!({"fill": ["[name=issuer]", "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0"]}),
        json!({"fill": ["[name=client_id]", "0d9f1c4e"]}),
        json!({"fill": ["[name=secret]", "the lock of the mill"]}),
        json!({"click": "form[action$=connection] button"}),
        json!({"expect": "The connection is saved"}),
        json!({"fill": ["[name=domain]", "acme.example"]}),
        json!({"click": "form[action$=domains] button"}),
        json!({"expect": "_aisoule-challenge.acme.example"}),
        json!({"shot": "setup-connected"}),
        json!({"click": "a.button[href$='step=5']"}),
        json!({"see": "#arrived"}),
        json!({"shot": "setup-arrived"}),
        // The provider begins, with the token that was copied.
        json!({"mark": true}),
        json!({"tell": ["begin"]}),
        json!({"see": "#arrived li:nth-child(1) .tag.good"}),
        json!({"see": "#arrived li:nth-child(2) .tag.good"}),
        json!({"see": "#arrived li:nth-child(3) .tag.good"}),
        json!({"marked": true}),
        json!({"shot": "setup-arriving"}),
    ];
    (play["url"], play["steps"]) = (json!(format!("{base}/settings/setup?step=4")), json!(steps));
    let mut okta = None;
    let begin = async |_: &str, _: &str| okta = Some(Provider::start(Like::Okta, bridge.client(&token)));
    let second = browse_and(play.clone(), begin).await;
    is_clean(&second);
    play["url"] = json!(format!("{base}/settings/setup?step=5"));
    (play["dark"], play["language"]) = (json!(true), json!("de"));
    play["steps"] = json!([
        {"see": "#arrived"},
        {"expect": "Personen"},
        {"shot": "setup-arrived-de"},
        {"goto": format!("{base}/settings/setup?step=4")},
        {"shot": "setup-connect-de"},
        {"goto": format!("{base}/settings/setup?step=2")},
        {"shot": "setup-factor-de"},
        {"goto": format!("{base}/settings/setup?step=5")},
        {"click": "form.foot button"},
        {"arrive": format!("{base}/settings")},
    ]);
    play["name"] = Value::Null;
    let seen = browse(play).await;
    let pushed = okta.unwrap().end().await;
    assert!(pushed.people > 2 && pushed.refused.is_none(), "{pushed:?}");
    assert_eq!(bridge.counters(&workspace).await.1, i64::try_from(pushed.people).unwrap());
    assert_eq!(seen["ok"], true, "{seen:#}");
    for what in ["csp", "external", "overflow", "axe", "dialogs"] {
        assert_eq!(seen[what], json!([]), "{what}: {:#}", seen[what]);
    }
    are_just(&[first, second, seen], &base, PRESSES);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_run_goes_without_a_script() {
    if !has_browser() {
        return;
    }
    let bridge = Fresh::sqlite().bridge().await;
    let path = offer(&bridge).await.unwrap();
    let base = bridge.browser().origin();
    let steps = json!([
        {"fill": ["[name=workspace]", "Acme"]},
        {"fill": ["[name=name]", "Rita Root"]},
        {"fill": ["[name=email]", "rita@acme.example"]},
        {"fill": ["[name=password]", PASSWORD]},
        {"click": "main form button"},
        {"arrive": format!("{base}/settings/setup")},
        {"click": "button.danger"},
        {"check": "[value=okta]"},
        {"click": "main form button"},
        {"click": "form[action$=token] button"},
        {"see": "#token"},
        {"click": "a.button[href$='step=5']"},
        {"see": "#arrived"},
    ]);
    let seen = browse(json!({"url": format!("{base}{path}"), "script": false, "steps": steps})).await;
    is_clean(&seen);
    are_just(&[seen], &base, BARE);
}
