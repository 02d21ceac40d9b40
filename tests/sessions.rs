//! Sessions: their cookie, their end, and who may end them.

use aisoule_bridge::app::App;
use aisoule_bridge::clock::Clock;
use aisoule_bridge::command::people::ByHand;
use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::worker;
use chrono::TimeDelta;
use serde_json::json;
use sqlx::FromRow;

use crate::local_login::{PASSWORD, edit, person};
use crate::support::browser::Browser;
use crate::support::{Bridge, on_both};

async fn signed_in(bridge: &Bridge, email: &str) -> Browser {
    let mut browser = bridge.browser();
    browser.log_in(email, PASSWORD).await.expect(303);
    assert!(browser.is_in().await);
    browser
}

#[derive(FromRow)]
struct Stored {
    token_hash: Vec<u8>,
}

on_both! {
    async fn a_provider_that_repeats_a_password_ends_no_session(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&acme, Scope::Write, Dialect::Compat).await);
        let body = |password: &str| json!({"userName": "anna@acme.example", "password": password});
        let path = format!("/Users/{}", scim.post("/Users", body(PASSWORD)).await.expect(201).id());
        let mut anna = signed_in(&bridge, "anna@acme.example").await;
        scim.put(&path, body(PASSWORD)).await.expect(200);
        let again = json!([{"op": "replace", "path": "password", "value": PASSWORD}]);
        scim.patch(&path, again).await.expect(200);
        assert!(anna.is_in().await);
        scim.put(&path, body("another long password")).await.expect(200);
        assert!(!anna.is_in().await);
    }

    async fn the_cookie_is_random_and_only_its_hash_is_kept(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        let (one, other) = (signed_in(&bridge, "anna@acme.example").await, signed_in(&bridge, "anna@acme.example").await);
        let (one, other) = (one.session().unwrap(), other.session().unwrap());
        assert!(one != other && one.len() == 43 && one.bytes().all(|b| b.is_ascii_alphanumeric()));
        let rows: Vec<Stored> = bridge.app.store.read().await.unwrap().all(Sql::build("SELECT token_hash FROM sessions")).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.token_hash.len() == 32 && !one.as_bytes().windows(32).any(|bytes| bytes == row.token_hash)));
        assert!(rows.iter().any(|row| row.token_hash == aisoule_bridge::secret::hash(one)));
    }

    async fn a_planted_cookie_is_worth_nothing_after_the_login(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        person(&bridge, &acme, "anna@acme.example", "Agent", false).await;
        person(&bridge, &acme, "mallory@acme.example", "Agent", false).await;
        // A value that nobody gave out, and one of a session of the attacker's own.
        let mallory = signed_in(&bridge, "mallory@acme.example").await;
        for planted in ["A".repeat(43), mallory.session().unwrap().to_owned()] {
            let mut victim = bridge.browser();
            victim.cookies.insert("__Host-aisoule".into(), planted.clone());
            victim.log_in("anna@acme.example", PASSWORD).await.expect(303);
            assert_ne!(victim.session().unwrap(), planted);
            assert!(victim.get("/account").await.expect(200).html.contains("anna@acme.example"));
            let mut attacker = bridge.browser();
            attacker.cookies.insert("__Host-aisoule".into(), planted);
            assert!(!attacker.is_in().await);
        }
    }

    async fn a_session_ends_when_it_is_idle_and_when_it_is_old(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        let mut idle = signed_in(&bridge, "anna@acme.example").await;
        bridge.later(TimeDelta::minutes(479));
        assert!(idle.is_in().await);
        // That use is noted a moment later.
        for _ in 0..500 {
            bridge.later(TimeDelta::zero());
            let rows = aisoule_bridge::store::sessions::over(&mut bridge.app.store.read().await.unwrap(), bridge.app.clock.now() + TimeDelta::days(9), 9).await.unwrap();
            if rows[0].last_seen_at > rows[0].created_at { break }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        bridge.later(TimeDelta::minutes(479));
        assert!(idle.is_in().await);
        bridge.later(TimeDelta::minutes(481));
        assert!(!idle.is_in().await);
        let mut old = signed_in(&bridge, "anna@acme.example").await;
        for _ in 0..5 {
            bridge.later(TimeDelta::hours(4));
            assert!(old.is_in().await);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        bridge.later(TimeDelta::hours(4));
        assert!(!old.is_in().await);
        bridge.later(TimeDelta::days(31));
        assert!(!old.is_in().await);
        let gone = worker::sessions::forget(&bridge.app.store, &bridge.app.commands, bridge.app.clock.now()).await.unwrap();
        assert_eq!(gone, 2);
        assert_eq!(worker::sessions::forget(&bridge.app.store, &bridge.app.commands, bridge.app.clock.now()).await.unwrap(), 0);
    }

    async fn logging_out_ends_the_session_itself_and_not_only_the_cookie(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        let mut browser = signed_in(&bridge, "anna@acme.example").await;
        let mut copy = browser.clone();
        browser.get("/logout").await.expect(200).is_safe();
        assert!(browser.is_in().await);
        browser.post("/logout", "/logout", &[]).await.expect(200);
        assert!(browser.session().is_none() && !browser.is_in().await && !copy.is_in().await);
        browser.get("/logout").await.expect(200);
    }

    async fn somebody_sees_their_sessions_and_ends_them(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        person(&bridge, &acme, "ben@acme.example", "Agent", false).await;
        let mut ben = signed_in(&bridge, "ben@acme.example").await;
        let mut one = signed_in(&bridge, "anna@acme.example").await;
        let mut two = bridge.browser().with("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0<script>alert(1)</script>");
        two.log_in("anna@acme.example", PASSWORD).await.expect(303);
        let mut three = signed_in(&bridge, "anna@acme.example").await;
        let page = one.get("/account").await.expect(200);
        page.is_safe();
        assert_eq!(page.html.matches("action=\"/account/sessions/end\"").count(), 2);
        assert!(page.html.contains("Firefox on Linux") && page.html.contains("this browser"));
        // Another person's is not there to be ended.
        let theirs = one.get("/account").await.hidden("session").unwrap();
        ben.post("/account/password", "/account/sessions/end", &[("session", &theirs)]).await.expect(404);
        one.post("/account/password", "/account/sessions/end", &[("session", "nonsense")]).await.expect(404);
        let gone = page.hidden("session").unwrap();
        one.post("/account/password", "/account/sessions/end", &[("session", &gone)]).await.expect(303);
        let left = [two.is_in().await, three.is_in().await];
        assert_eq!(left.iter().filter(|is_in| **is_in).count(), 1);
        one.post("/account/password", "/account/sessions/end-others", &[]).await.expect(303);
        assert!(one.is_in().await && !two.is_in().await && !three.is_in().await && ben.is_in().await);
    }

    async fn an_admin_sees_and_ends_sessions_through_the_api(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let admin = bridge.admin(&acme).await;
        let chief = person(&bridge, &acme, "chief@acme.example", "Admin", false).await;
        let anna = person(&bridge, &acme, "anna@acme.example", "Agent", false).await;
        let (mut one, mut two, mut top) = (signed_in(&bridge, "anna@acme.example").await, signed_in(&bridge, "anna@acme.example").await, signed_in(&bridge, "chief@acme.example").await);
        let path = format!("/users/{}/sessions", anna.id);
        let list = admin.get(&path).await.expect(200);
        let sessions = list.data()["sessions"].as_array().unwrap().clone();
        assert_eq!((sessions.len(), &sessions[0]["door"], &sessions[0]["address"]), (2, &json!("password"), &json!("127.0.0.1")));
        admin.delete(&format!("{path}/{}", sessions[0]["id"].as_str().unwrap())).await.expect(200);
        assert!(!one.is_in().await && two.is_in().await);
        // A session of somebody else does not stand under this user.
        let other = admin.get(&format!("/users/{}/sessions", chief.id)).await.expect(200).data()["sessions"][0]["id"].as_str().unwrap().to_owned();
        admin.delete(&format!("{path}/{other}")).await.refused(404, "not_found");
        // Nobody throws out somebody who may do more than they.
        let weak = bridge.key(&acme, None, Some(&["users:read", "users:write"])).await;
        weak.delete(&format!("/users/{}/sessions", chief.id)).await.refused(403, "forbidden");
        assert!(top.is_in().await);
        admin.delete(&path).await.expect(200);
        assert!(!two.is_in().await);
        let actions: Vec<String> = admin.get("/audit?limit=100").await.expect(200).data()["entries"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect();
        assert!(actions.contains(&"session.opened".to_owned()) && actions.contains(&"session.revoked".to_owned()), "{actions:?}");
    }

    async fn a_deactivation_ends_sessions_on_every_bridge_at_once(db) {
        let settings = db.settings();
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        let anna = person(&bridge, &acme, "anna@acme.example", "Agent", false).await;
        let mut browser = signed_in(&bridge, "anna@acme.example").await;
        // A second bridge over the same database.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = App::start(settings, Clock::real(), address).await.unwrap();
        let (router, limits) = (aisoule_bridge::http::router(&app), app.settings.limits.clone());
        tokio::spawn(async move { aisoule_bridge::http::serve(listener, router, &limits, std::future::pending()).await });
        let mut elsewhere = Browser::new(address);
        elsewhere.cookies = browser.cookies.clone();
        assert!(browser.is_in().await && elsewhere.is_in().await);
        edit(&bridge, &anna, ByHand { is_active: Some(false), ..ByHand::default() }).await;
        assert!(!browser.is_in().await && !elsewhere.is_in().await);
        assert_eq!(bridge.counters(&acme).await.0, 1);
    }
}
