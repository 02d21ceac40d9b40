//! The health page: the same troubles as `doctor`, in both languages, with the page on which each is mended.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::query::health::{self, Datum};
use chrono::TimeDelta;
use serde_json::json;

use crate::desk::Desk;
use crate::support::on_both;

const HOME: &str = "/settings/health";

/// A workspace in which a lot is wrong.
async fn troubled(desk: &Desk) {
    let api = desk.api_of_root().await;
    let scim = desk.scim().await;
    scim.post("/Users", json!({"userName": "<b>ben@acme.example"})).await.expect(201);
    for n in 0..6 {
        scim.get(&format!("/Users/{n}")).await.expect(404);
    }
    let day = |days| Some(TimeDelta::days(days));
    for lifetime in [day(-3), day(20)] {
        desk.bridge.token_until(&desk.workspace, Scope::Write, Dialect::Compat, lifetime, None).await;
    }
    let end = |days| desk.bridge.app.clock.now() + TimeDelta::days(days);
    api.post("/keys", json!({"name": "script", "expires_at": end(5)})).await.expect(201);
    api.post("/webhooks", json!({"name": "crm", "url": "https://crm.example/hook", "events": ["user.*"]})).await;
    desk.bridge.app.journal.flush().await;
}

on_both! {
    async fn a_workspace_that_is_well_says_so_in_both_languages(db) {
        let mut desk = Desk::new(db).await;
        let html = desk.shows(HOME).await;
        for words in ["Health of Acme", "Everything is well.", "1 of 100 seats in use. 99 are free.", "Nobody provisions", "There is no connector", "There is no endpoint", "data-live="] {
            assert!(html.contains(words), "{words}: {html}");
        }
        let german = desk.browser.with("accept-language", "de").get(HOME).await.expect(200).html;
        for words in ["Zustand von Acme", "Alles ist in Ordnung.", "1 von 100 Plätzen belegt. 99 sind frei.", "Stand: "] {
            assert!(german.contains(words), "{words}: {german}");
        }
    }

    async fn every_trouble_is_said_in_both_languages_and_leads_to_where_it_is_mended(db) {
        let mut desk = Desk::with(db, 1, SeatPolicy::Park).await;
        troubled(&desk).await;
        let html = desk.shows(HOME).await;
        for words in [
            "waits for a seat: all are taken (1 of 1 in use, plan Growth).",
            "6 of the 7 requests of test in the last hour were refused or failed.",
            ") expired at ",
            ") ends at ",
            "The API key script (",
            "href=\"/settings/seats\"",
            "href=\"/settings/requests?status=failed\"",
            "href=\"/settings/provisioning\"",
            "href=\"/settings/keys\"",
            "&#60;b&#62;ben@acme.example",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert!(!html.contains("workspace set") && !html.contains("token create") && !html.contains("<b>ben"), "{html}");
        let german = desk.browser.with("accept-language", "de").get(HOME).await.expect(200).html;
        for words in ["wartet auf einen Platz", "6 der 7 Anfragen von test", "ist abgelaufen", "läuft bald ab", "zu beheben."] {
            assert!(german.contains(words), "{words}: {german}");
        }
        assert!(!german.contains("health-") && !german.contains(" waits for"), "{german}");
        // Doctor and the API say what they always did.
        let api = desk.api_of_root().await.get("/health").await.expect(200);
        let troubles = api.json["data"]["troubles"].to_string();
        assert!(troubles.contains("workspace set Acme --seats N") && !troubles.contains("matter"), "{troubles}");
    }

    async fn whoever_may_not_go_there_gets_no_link(db) {
        let mut desk = Desk::with(db, 3, SeatPolicy::Park).await;
        troubled(&desk).await;
        let api = desk.api_of_root().await;
        api.post("/roles", json!({"name": "Watcher", "permissions": ["health:read"]})).await.expect(201);
        desk.person("w@acme.example", "W", "Watcher").await;
        let mut watcher = desk.browser_of("w@acme.example").await;
        let html = watcher.get(HOME).await.expect(200).html;
        assert!(html.contains(") expired at ") && !html.contains("/settings/provisioning") && !html.contains("/settings/requests"), "{html}");
        let _ = desk.shows(HOME).await;
    }

    async fn every_trouble_has_a_matter_with_its_values(db) {
        let desk = Desk::with(db, 1, SeatPolicy::Park).await;
        troubled(&desk).await;
        let mut conn = desk.bridge.app.store.read().await.unwrap();
        let workspace = aisoule_bridge::store::workspaces::find(&mut conn, desk.workspace.id).await.unwrap().unwrap();
        let now = desk.bridge.app.clock.now();
        let health = health::of(&mut conn, &workspace, &desk.bridge.app.plans, now).await.unwrap();
        assert!(health.troubles.len() >= 5);
        for trouble in &health.troubles {
            assert!(!trouble.matter.name.is_empty(), "{trouble:?}");
            for (key, value) in &trouble.matter.values {
                assert!(!key.is_empty() && *value != Datum::Text(String::new()), "{trouble:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_seen_in_a_browser() {
    let desk = Desk::with(crate::support::Fresh::sqlite(), 1, SeatPolicy::Park).await;
    troubled(&desk).await;
    for (dark, language) in [(false, "en"), (true, "de")] {
        let steps = vec![json!({"goto": desk.url(HOME)}), json!({"shot": format!("health-{language}")})];
        desk.plays(&format!("health-end-{language}"), steps, json!({"dark": dark, "language": language})).await;
    }
}
