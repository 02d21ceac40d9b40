//! The request log: every request with both bodies, masked, kept for a set time.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::request_log::{self, Entry, Wanted};
use serde_json::json;

use crate::support::{Bridge, on_both};

async fn log(bridge: &Bridge, wanted: Wanted) -> Vec<Entry> {
    bridge.app.journal.flush().await;
    request_log::read(&mut bridge.app.store.read().await.unwrap(), &wanted).await.unwrap()
}

on_both! {
    async fn an_admin_sees_what_was_sent_and_what_was_answered(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 1, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await).with("user-agent", "Okta SCIM Client 1.0.0");
        scim.post("/Users", json!({"userName": "anna", "password": "canary-1-long"})).await.expect(201);
        let refused = scim.post("/Users", json!({"userName": "ben"})).await.expect_error(403, None);
        scim.send("POST", &scim.url("/Users"), b"{\"password\":\"canary-2\",".to_vec()).await.expect_error(400, Some("invalidSyntax"));
        scim.find("/Users", "password eq \"canary-3\"", "").await.expect_error(400, Some("invalidFilter"));
        bridge.client("aisb_nobody").get("/Users").await.expect_error(401, None);
        let all = log(&bridge, Wanted { last: 100, ..Wanted::default() }).await;
        let lines: Vec<(&str, &str, i64)> = all.iter().map(|entry| (entry.method.as_str(), entry.path.as_str(), entry.status)).collect();
        assert_eq!(lines, [("POST", "/scim/v2/Users", 201), ("POST", "/scim/v2/Users", 403), ("POST", "/scim/v2/Users", 400), ("GET", "/scim/v2/Users", 400), ("GET", "/scim/v2/Users", 401)]);
        let full = &all[1];
        assert_eq!(full.request_body.as_deref(), Some("{\"userName\":\"ben\"}"));
        assert_eq!(full.response_body.as_deref().unwrap().as_bytes(), refused.bytes);
        assert_eq!((full.actor_kind.as_deref(), full.actor_name.as_deref(), full.user_agent.as_deref()), (Some("token"), Some("test"), Some("Okta SCIM Client 1.0.0")));
        assert_eq!((full.workspace_id, full.address.as_deref()), (Some(workspace.id.0), Some("127.0.0.1")));
        assert_eq!(full.request_id.to_string(), refused.header("x-request-id").unwrap());
        assert!(full.micros > 0);
        assert!(!format!("{all:?}").contains("canary"), "{all:?}");
        let failed = log(&bridge, Wanted { workspace: Some(workspace.id), status: Some((400, 500)), last: 100, ..Wanted::default() }).await;
        assert_eq!(failed.len(), 3);
        let found = log(&bridge, Wanted { text: Some("\"ben\"".into()), last: 100, ..Wanted::default() }).await;
        assert_eq!(found.len(), 1);
        let newest = log(&bridge, Wanted { last: 2, ..Wanted::default() }).await;
        assert_eq!(newest.iter().map(|entry| entry.status).collect::<Vec<_>>(), [400, 401]);
    }

    async fn entries_are_kept_for_as_long_as_the_settings_say(db) {
        let (on, url) = (db.on, db.url.clone());
        let mut settings = db.settings();
        settings.request_log.days = 7;
        let bridge = db.bridge_with(settings.clone()).await;
        let scim = bridge.scim().await;
        scim.user("old").await;
        bridge.app.journal.flush().await;
        bridge.later(chrono::TimeDelta::days(6));
        scim.user("new").await;
        let paths = |entries: &[Entry]| entries.iter().filter_map(|entry| entry.request_body.clone()).collect::<Vec<_>>();
        let everything = Wanted { last: 100, ..Wanted::default() };
        assert_eq!(paths(&log(&bridge, everything.clone()).await), ["{\"userName\":\"old\"}", "{\"userName\":\"new\"}"]);
        // A server that starts later sweeps at once, and every ten minutes from then on.
        let later = aisoule_bridge::clock::Clock::from_fn(|| chrono::Utc::now() + chrono::TimeDelta::days(8));
        let second = crate::support::Fresh::over(on, url);
        let app = aisoule_bridge::app::App::start(settings, later, "127.0.0.1:9".parse().unwrap()).await.unwrap();
        for _ in 0..100 {
            if log(&bridge, everything.clone()).await.len() == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(paths(&log(&bridge, everything).await), ["{\"userName\":\"new\"}"]);
        app.stop().await;
        drop(second);
    }

    async fn nothing_is_logged_where_the_log_is_off(db) {
        let mut settings = db.settings();
        settings.request_log.days = 0;
        let bridge = db.bridge_with(settings).await;
        bridge.scim().await.user("u").await;
        assert!(log(&bridge, Wanted { last: 100, ..Wanted::default() }).await.is_empty());
    }

    async fn a_filter_is_shown_and_found_as_it_was_meant(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        scim.find("/Users", "emails[type eq \"work\" and value eq \"Anna@Acme.example\"]", "&count=2").await.expect(200);
        scim.find("/Users", "password eq \"canary\"", "&count=2").await.expect_error(400, Some("invalidFilter"));
        scim.post("/Users/.search", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "password eq \"canary\""})).await.expect_error(400, Some("invalidFilter"));
        scim.get("/ServiceProviderConfig").await.expect(200);
        let all = log(&bridge, Wanted { last: 100, ..Wanted::default() }).await;
        let queries: Vec<Option<&str>> = all.iter().map(|entry| entry.query.as_deref()).collect();
        assert_eq!(queries, [Some("filter=emails[type eq \"work\" and value eq \"Anna@Acme.example\"]&count=2"), Some("filter=[masked]&count=2"), None, None]);
        assert!(!format!("{all:?}").contains("canary"), "{all:?}");
        assert!(all[3].response_body.as_deref().unwrap().contains("\"changePassword\":{\"supported\":true}"), "{all:?}");
        for text in ["anna@acme.EXAMPLE", "VALUE EQ", "serviceproviderconfig"] {
            let found = log(&bridge, Wanted { text: Some(text.into()), last: 100, ..Wanted::default() }).await;
            assert!(!found.is_empty(), "{text}");
        }
        assert!(log(&bridge, Wanted { text: Some("anna_acme".into()), last: 100, ..Wanted::default() }).await.is_empty());
    }

    async fn reading_on_from_an_entry_leaves_none_out(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for _ in 0..7 {
            scim.get("/Users").await.expect(200);
        }
        let first = log(&bridge, Wanted { last: 100, ..Wanted::default() }).await[0].seq;
        let (mut after, mut seen) = (first, Vec::new());
        loop {
            let next = log(&bridge, Wanted { after: Some(after), last: 2, ..Wanted::default() }).await;
            let Some(last) = next.last() else { break };
            after = last.seq;
            seen.extend(next.iter().map(|entry| entry.seq));
        }
        assert_eq!(seen, (first + 1..first + 7).collect::<Vec<_>>());
    }

    async fn strangers_cannot_fill_the_log(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let stranger = bridge.client("aisb_nobody");
        let mut told = 0;
        for _ in 0..1_100 {
            let answer = stranger.get("/Users").await;
            if answer.status == 429 {
                assert!(answer.header("retry-after").is_some() && answer.json["detail"].as_str().unwrap().contains("not known here"));
                told += 1;
            } else {
                answer.expect_error(401, None);
            }
        }
        assert!(told > 0);
        let form = stranger.with("content-type", "application/x-www-form-urlencoded");
        let token = form.send("POST", &format!("http://{}/oauth/token", bridge.address), b"grant_type=client_credentials".to_vec()).await;
        assert_eq!((token.status, token.header("retry-after").is_some()), (429, true));
        scim.get("/Users").await.expect(200);
        let kept = log(&bridge, Wanted { last: 10_000, ..Wanted::default() }).await;
        assert_eq!(kept.len(), 1_100 - told + 1);
    }

    async fn long_bodies_are_cut_and_the_log_can_be_switched_off(db) {
        let mut settings = db.settings();
        (settings.request_log.request_bytes, settings.request_log.response_bytes) = (20, 30);
        let bridge = db.bridge_with(settings).await;
        let scim = bridge.scim().await;
        scim.post("/Users", json!({"userName": "é".repeat(100)})).await.expect(201);
        let all = log(&bridge, Wanted { last: 1, ..Wanted::default() }).await;
        assert!(all[0].request_body.as_ref().unwrap().chars().count() <= 22);
        assert!(all[0].response_body.as_ref().unwrap().ends_with('…'));
    }
}
