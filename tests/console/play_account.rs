//! Somebody's own account, from a forgotten password to a second factor and back, typed in a browser.

use aisoule_bridge::command::passwords::IssueLink;
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::password_link::Purpose;
use aisoule_bridge::secret;
use aisoule_bridge::store::{second_factors, sessions};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::desk::{Desk, PASSWORD, is_clean};
use crate::languages::code;
use crate::presses::{Presses, are_just};
use crate::support::Fresh;
use crate::support::parts::{browse, has_browser};

const OWN: &str = "seven quiet lamps at sea";
const RESET: &str = "nine loud bells on shore";
const LAST: &str = "four green boats at noon";

pub const PRESSES: Presses = &[
    "/login",
    "/login/password",
    "/login/second-factor",
    "/login/new-password",
    "/language",
    "/logout",
    "/password/forgot",
    "/password/new",
    "/account/sessions/end",
    "/account/sessions/end-others",
    "/account/password",
    "/account/second-factor",
    "/account/second-factor/confirm",
    "/account/second-factor/remove",
];

/// Logs in by what is typed.
fn log_in(password: &str) -> Vec<Value> {
    vec![
        json!({"fill": ["[name=email]", "anna@acme.example"]}),
        json!({"click": "form[action='/login'] button"}),
        json!({"fill": ["[name=password]", password]}),
        json!({"click": "form[action='/login/password'] button"}),
    ]
}

/// A link leads to another password, which is typed.
fn forgotten(desk: &Desk, token: &str) -> Vec<Value> {
    vec![
        json!({"fill": ["[name=email]", "anna@acme.example"]}),
        json!({"click": "form[action='/password/forgot'] button"}),
        json!({"see": "h1"}),
        json!({"goto": desk.url(&format!("/password/new?token={token}"))}),
        json!({"fill": ["#password", PASSWORD]}),
        json!({"click": "form[action='/password/new'] button"}),
        json!({"see": "main:not(:has(#password))"}),
    ]
}

/// Others' sessions are ended; then a second factor is begun.
fn first(desk: &Desk) -> Vec<Value> {
    let mut steps = log_in(PASSWORD);
    steps.extend([
        json!({"arrive": desk.url("/account")}),
        json!({"click": "form[action='/account/sessions/end'] button"}),
        json!({"at": "/account?done=session"}),
        json!({"click": "form[action='/account/sessions/end-others'] button"}),
        json!({"at": "/account?done=sessions"}),
        json!({"goto": desk.url("/account/password")}),
        json!({"fill": ["#current", PASSWORD]}),
        json!({"fill": ["#password", OWN]}),
        json!({"click": "form[action='/account/password'] button"}),
        json!({"at": "/account?done=password"}),
        json!({"shot": "play-account"}),
        json!({"goto": desk.url("/account/second-factor")}),
        json!({"fill": ["#current", OWN]}),
        json!({"click": "form[action='/account/second-factor'] button"}),
        json!({"see": "#code"}),
    ]);
    steps
}

/// The code is confirmed; whoever logs out and in again is asked for the next one.
fn second(desk: &Desk, code: &str) -> Vec<Value> {
    let mut steps = vec![
        json!({"fill": ["#code", code]}),
        json!({"click": "form[action='/account/second-factor/confirm'] button"}),
        json!({"click": "main a.button"}),
        json!({"goto": desk.url("/logout")}),
        json!({"click": "form[action='/logout'] button"}),
        json!({"goto": desk.url("/login?prompt=login")}),
    ];
    steps.extend(log_in(OWN));
    steps.extend([
        json!({"see": "form[action='/login/second-factor']"}),
        json!({"click": "footer button[value=de]"}),
        json!({"see": "html[lang=de]"}),
    ]);
    steps
}

/// The factor goes again.
fn third(desk: &Desk, code: &str) -> Vec<Value> {
    vec![
        json!({"fill": ["#code", code]}),
        json!({"click": "form[action='/login/second-factor'] button"}),
        json!({"arrive": desk.url("/account")}),
        json!({"goto": desk.url("/account/second-factor")}),
        json!({"fill": ["#current", OWN]}),
        json!({"click": "form[action='/account/second-factor/remove'] button"}),
        json!({"at": "/account?done=factor-removed"}),
    ]
}

/// An Admin has chosen a password meanwhile, and another is chosen instead.
fn fourth(desk: &Desk) -> Vec<Value> {
    let mut steps = log_in(RESET);
    steps.extend([
        json!({"see": "form[action='/login/new-password']"}),
        json!({"shot": "play-account-new-password"}),
        json!({"fill": ["#current", RESET]}),
        json!({"fill": ["#password", LAST]}),
        json!({"click": "form[action='/login/new-password'] button"}),
        json!({"arrive": desk.url("/account")}),
    ]);
    steps
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_forgotten_and_chosen_sessions_end_and_a_second_factor_comes_and_goes() {
    if !has_browser() {
        return;
    }
    let mut desk = Desk::new(Fresh::sqlite()).await;
    let anna = desk.person("anna@acme.example", "Anna Arnold", "Agent").await;
    let (token, folder) = (secret::new_plain().unwrap(), tempfile::tempdir().unwrap());
    let issue = IssueLink {
        workspace: desk.workspace.id,
        user: anna.id,
        email_key: anna.email_key().unwrap(),
        purpose: Purpose::Reset,
        token_hash: secret::hash(&token),
    };
    desk.bridge.app.commands.execute(&Actor::system(), issue).await.unwrap();
    let mut play = json!({"axe": true, "state": folder.path().join("state.json"), "url": desk.url("/password/forgot")});
    let mut plays = Vec::new();
    play["steps"] = json!(forgotten(&desk, &token));
    plays.push(browse(play.clone()).await);
    for _ in 0..3 {
        desk.browser_of("anna@acme.example").await;
    }
    play["url"] = json!(desk.url("/login?prompt=login"));
    play["steps"] = json!(first(&desk));
    plays.push(browse(play.clone()).await);
    play["url"] = json!(desk.url("/account/second-factor"));
    play["steps"] = json!(second(&desk, &code(&desk.bridge, &anna).await));
    plays.push(browse(play.clone()).await);
    // A code is good once.
    desk.bridge.later(TimeDelta::seconds(60));
    play["url"] = json!(desk.url("/login/second-factor"));
    play["steps"] = json!(third(&desk, &code(&desk.bridge, &anna).await));
    plays.push(browse(play.clone()).await);
    let path = format!("/settings/users/{}/password", anna.id);
    desk.sends(&path, &path, &[("password", RESET)]).await.expect(303);
    play["url"] = json!(desk.url("/login?prompt=login"));
    play["steps"] = json!(fourth(&desk));
    plays.push(browse(play).await);
    plays.iter().for_each(is_clean);
    are_just(&plays, &desk.browser.origin(), PRESSES);
    let mut conn = desk.bridge.app.store.read().await.unwrap();
    assert!(second_factors::find(&mut conn, anna.id).await.unwrap().is_none());
    assert_eq!(sessions::of_user(&mut conn, anna.id).await.unwrap().len(), 1);
    drop(conn);
    let mut hers = desk.bridge.browser();
    assert_eq!(hers.log_in("anna@acme.example", LAST).await.expect(303).leads_to(), Some("/account"));
}
