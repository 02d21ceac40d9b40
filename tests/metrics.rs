//! Figures for Prometheus, and what an orchestrator asks: who may read, what they say, and that nobody can make them grow.

use std::collections::HashMap;

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::settings::Secret;
use aisoule_bridge::store::sql::Sql;
use serde_json::json;

use crate::support::{Answer, Bridge, Scim, on_both};

const TOKEN: &str = "a-token-of-whoever-watches";

fn url(bridge: &Bridge, path: &str) -> String {
    format!("http://{}{path}", bridge.address)
}

async fn figures(bridge: &Bridge, headers: &[(&str, &str)]) -> Answer {
    let client = headers.iter().fold(Scim::new(bridge.address, ""), |client, (name, value)| client.with(name, value));
    client.send("GET", &url(bridge, "/metrics"), Vec::new()).await
}

/// Every figure with its labels, and its value.
pub async fn read(bridge: &Bridge) -> HashMap<String, f64> {
    let answer = figures(bridge, &[]).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = String::from_utf8(answer.bytes).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (
                name.strip_prefix("aisoule_bridge_").unwrap_or_else(|| panic!("{line}")).to_owned(),
                value.parse().unwrap(),
            )
        })
        .collect()
}

on_both! {
    async fn figures_are_for_this_machine_and_for_nobody_behind_a_proxy(db) {
        let bridge = db.bridge().await;
        figures(&bridge, &[]).await.expect(200);
        for name in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
            let refused = figures(&bridge, &[(name, "127.0.0.1")]).await.expect(403);
            assert!(!String::from_utf8(refused.bytes).unwrap().contains("aisoule_bridge_"));
        }
    }

    async fn with_a_token_figures_are_for_whoever_has_it(db) {
        let mut settings = db.settings();
        settings.metrics.token = Some(Secret::from(TOKEN.to_owned()));
        assert!(!format!("{settings:?}").contains(TOKEN));
        let bridge = db.bridge_with(settings).await;
        for headers in [&[][..], &[("authorization", "Bearer another")], &[("authorization", TOKEN)]] {
            let refused = figures(&bridge, headers).await.expect(401);
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        }
        let bearer = format!("Bearer {TOKEN}");
        let answer = figures(&bridge, &[("authorization", &bearer), ("x-forwarded-for", "203.0.113.9")]).await.expect(200);
        assert!(!String::from_utf8(answer.bytes).unwrap().contains(TOKEN));
    }

    async fn where_they_are_switched_off_there_are_none(db) {
        let mut settings = db.settings();
        settings.metrics.enabled = false;
        let bridge = db.bridge_with(settings).await;
        figures(&bridge, &[]).await.expect(404);
    }

    async fn figures_tell_what_was_done(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 20, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let admin = bridge.admin(&workspace).await;
        for name in ["anna", "ben", "cleo"] {
            scim.user(&format!("{name}@acme.example")).await;
        }
        let anna = scim.user("dora@acme.example").await;
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        scim.patch(&format!("/Users/{anna}"), off).await.expect(200);
        scim.get("/Users/nobody").await.expect(404);
        admin.get("/users").await.expect(200);
        let told = read(&bridge).await;
        let requests = |surface: &str, route: &str, method: &str, status: &str| {
            let labels = format!("surface=\"{surface}\",route=\"{route}\",method=\"{method}\",status=\"{status}\"");
            told.get(&format!("http_requests_total{{{labels}}}")).copied()
        };
        assert_eq!(requests("scim", "/scim/v2/Users", "POST", "2xx"), Some(4.0));
        assert_eq!(requests("scim", "/scim/v2/Users/{id}", "PATCH", "2xx"), Some(1.0));
        assert_eq!(requests("scim", "/scim/v2/Users/{id}", "GET", "4xx"), Some(1.0));
        assert_eq!(requests("api", "/api/users", "GET", "2xx"), Some(1.0));
        assert_eq!(told["http_request_duration_seconds_count{surface=\"scim\"}"], 6.0);
        // Four who came, less one who left, and the Admin.
        assert_eq!((told["seats_used"], told["seats_limit"], told["workspaces"]), (4.0, 20.0, 1.0));
        assert!(told["write_commits_total"] > 5.0 && told["write_changes_total"] >= told["write_commits_total"]);
        assert_eq!((told["database_up"], told["outbox_backlog"], told["outbox_oldest_age_seconds"]), (1.0, 0.0, 0.0));
        assert_eq!((told["worker_up{name=\"hourly\"}"], told["request_log_dropped_total"]), (1.0, 0.0));
        assert_eq!(told["rows{kind=\"connector_work\",state=\"stuck\"}"], 0.0);
        assert!(told.keys().any(|name| name.starts_with("database_connections_limit")));
        assert!(told.keys().any(|name| name.starts_with("write_queue_length")));
        assert!(told[&format!("build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))] == 1.0);
        let text = String::from_utf8(figures(&bridge, &[]).await.bytes).unwrap();
        for private in ["acme", "Acme", anna.as_str(), &workspace.id.to_string()] {
            assert!(!text.contains(private), "{private}");
        }
    }

    async fn nobody_makes_the_figures_grow(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let token = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
        read(&bridge).await;
        let senders = (0..8_usize).map(|sender| {
            let scim = bridge.client(&token).with("content-type", "application/json");
            let base = format!("http://{}", bridge.address);
            tokio::spawn(async move {
                let places = ["/", "/scim/v2/", "/scim/v2/Users/", "/api/", "/api/users/", "/login/", "/oauth/", "/sso/x/", "/metrics/"];
                for i in 0..1_250 {
                    let name = format!("zz{sender}x{i}");
                    let url = format!("{base}{}{name}?{name}={name}", places[i % places.len()]);
                    let method = if i % 7 == 0 { name.to_uppercase() } else { "GET".into() };
                    let sent = scim.with("user-agent", &name).with("x-request-id", &name).attempt(&method, &url, Vec::new()).await;
                    assert!(sent.is_some_and(|answer| answer.status >= 400), "{method} {url}");
                }
            })
        });
        for sender in senders.collect::<Vec<_>>() {
            sender.await.unwrap();
        }
        let told = read(&bridge).await;
        assert!(told.len() < 250, "{}", told.len());
        assert!(!told.keys().any(|name| name.contains("zz") || name.contains("ZZ")));
        let answered: f64 = told.iter().filter(|(name, _)| name.starts_with("http_requests_total")).map(|(_, count)| count).sum();
        assert!(answered >= 10_000.0, "{answered}");
    }

    async fn the_process_lives_without_its_database_and_is_not_ready(db) {
        let url_text = db.url.clone();
        let bridge = db.bridge().await;
        let client = Scim::new(bridge.address, "");
        let ask = async |path: &str| client.send("GET", &url(&bridge, path), Vec::new()).await;
        assert_eq!((ask("/livez").await.status, ask("/readyz").await.status), (200, 200));
        bridge.app.store.close().await;
        let (alive, ready, figures) = (ask("/livez").await, ask("/readyz").await, ask("/metrics").await);
        assert_eq!((alive.status, ready.status, figures.status), (200, 503, 200));
        for answer in [alive, ready, figures] {
            let text = String::from_utf8(answer.bytes).unwrap();
            assert!(!text.contains(&url_text) && !text.contains("postgres://") && !text.contains("bridge.db"), "{text}");
            assert!(!text.contains("database_up 1"));
        }
    }

    async fn a_bridge_over_an_older_schema_is_not_ready(db) {
        let bridge = db.bridge().await;
        let client = Scim::new(bridge.address, "");
        assert_eq!(client.ready().await, Some(200));
        let mut conn = bridge.app.store.database().writer().await.unwrap();
        conn.run(Sql::build("DELETE FROM schema_migrations WHERE version > 1")).await.unwrap();
        assert_eq!(client.ready().await, Some(503));
        conn.run(Sql::build("INSERT INTO schema_migrations (version, name) VALUES (9, '0009_future')")).await.unwrap();
        assert_eq!(client.ready().await, Some(200));
    }
}
