//! Whoever makes a credential proves first who they are, unless they just did.

use chrono::TimeDelta;
use serde_json::json;

use crate::desk::{Desk, PASSWORD};
use crate::presses::Presses;
use crate::support::{Fresh, on_both};

const HOME: &str = "/settings/provisioning";
const TOKEN: &[(&str, &str)] =
    &[("name", "Okta für Wien"), ("scope", "scim:read"), ("profile", "interop"), ("lifetime", "30")];
const CLIENT: &[(&str, &str)] =
    &[("name", "Sync"), ("scope", "scim:read"), ("profile", "interop"), ("keys", "{\"keys\": []}")];
const KEY: &[(&str, &str)] = &[("name", "Report"), ("may", "some"), ("permission", "users:read"), ("lifetime", "90")];

/// Where a login leads afterwards, of an address that leads to one.
#[track_caller]
fn back(login: Option<&str>) -> String {
    let login = url::Url::parse("https://bridge.invalid").unwrap().join(login.unwrap()).unwrap();
    let given: std::collections::HashMap<_, _> = login.query_pairs().into_owned().collect();
    assert_eq!((login.path(), given["prompt"].as_str()), ("/login", "login"));
    assert_eq!(given["email"], "root@acme.example");
    given["return_to"].clone()
}

on_both! {
    async fn whoever_makes_a_credential_long_after_they_came_in_logs_in_once_more_and_types_nothing_twice(db) {
        let mut desk = Desk::new(db).await;
        desk.sends(HOME, "/settings/provisioning/tokens", TOKEN).await.expect(200);
        let html = desk.shows(HOME).await;
        let rotate = html.split("href=\"").map(|rest| rest.split('"').next().unwrap()).find(|to| to.ends_with("/rotate")).unwrap().to_owned();
        desk.bridge.later(TimeDelta::minutes(6));
        // No form stands there that would be in vain.
        for page in [HOME, rotate.as_str(), "/settings/keys"] {
            let html = desk.shows(page).await;
            assert!(html.contains("Log in once more") && !html.contains("method=\"post\" action=\"/settings"), "{page}: {html}");
        }
        // Who began to type before goes on afterwards.
        for (path, fields, kept) in [
            ("/settings/provisioning/tokens", TOKEN, &["value=\"Okta für Wien\"", "value=\"interop\" selected", "value=\"scim:read\" selected", "value=\"30\" selected"][..]),
            ("/settings/provisioning/clients", CLIENT, &["value=\"Sync\"", "value=\"interop\" selected", "{&#34;keys&#34;: []}", "id=\"new-client\" open"]),
            ("/settings/keys", KEY, &["value=\"Report\"", "value=\"users:read\" checked", "value=\"90\" selected"]),
            (rotate.as_str(), &[], &["Step 1"]),
        ] {
            desk.bridge.later(TimeDelta::minutes(6));
            let to = back(desk.sends("/account", path, fields).await.leads_to());
            desk.browser.log_in("root@acme.example", PASSWORD).await.expect(303);
            let html = desk.shows(&to).await;
            for kept in kept {
                assert!(html.contains(kept), "{to}: {kept} in {html}");
            }
        }
        let api = desk.api().await;
        let made = api.get("/audit?action=token.created").await.expect(200);
        assert_eq!(made.data()["entries"].as_array().unwrap().len(), 1, "{}", made.json);
        // What is too long to be carried along does not lead astray.
        desk.bridge.later(TimeDelta::minutes(6));
        let long = "x".repeat(5_000);
        let fields = [("name", "Sync"), ("scope", "scim"), ("profile", "compat"), ("keys", long.as_str())];
        assert_eq!(back(desk.sends("/account", "/settings/provisioning/clients", &fields).await.leads_to()), HOME);
        // Taking away needs no more than a session.
        let revoke = rotate.replace("/rotate", "/revoke");
        assert_eq!(desk.sends(&revoke, &revoke, &[]).await.leads_to(), Some("/settings/provisioning?done=revoked"));
    }
}

pub const PRESSES: Presses = &["/login", "/login/password", "/settings/provisioning/tokens"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_made_in_a_browser_after_logging_in_once_more() {
    let desk = Desk::new(Fresh::sqlite()).await;
    desk.bridge.later(TimeDelta::minutes(6));
    let steps = vec![
        json!({"goto": desk.url(HOME)}),
        json!({"shot": "again"}),
        json!({"click": "#new a.button"}),
        json!({"see": "[name=email]"}),
        json!({"shot": "again-login"}),
        json!({"click": "main form button"}),
        json!({"fill": ["[name=password]", PASSWORD]}),
        json!({"press": "Enter"}),
        // Whose password alone opens everything is asked for more than that, and goes on afterwards.
        json!({"click": "a:has-text('Later')"}),
        json!({"see": "#new #name"}),
        json!({"fill": ["#name", "Okta"]}),
        json!({"click": "#new button"}),
        json!({"see": "#secret"}),
    ];
    desk.plays("again-end", steps, json!({})).await;
    desk.pressed(PRESSES);
}
