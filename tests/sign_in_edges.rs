//! Signing in where it is crowded, where it goes on elsewhere, and as an operator sets it up.

use aisoule_bridge::domain::seat::SeatPolicy;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use crate::cli_users::Office;
use crate::local_login::{PASSWORD, person};
use crate::support::on_both;
use crate::support::relying::{encoded, parameters};
use crate::support::scene::Scene;

on_both! {
    async fn signing_out_at_aisoule_ends_the_session_at_the_company_too(db) {
        let scene = Scene::jit(db).await;
        let relying = scene.bridge.relying(&scene.workspace, "app", None).await;
        let (browser, _) = scene.sign_in().await;
        let held = browser.headers()["cookie"].to_str().unwrap().to_owned();
        let code = relying.code(&scene.bridge, &held, &[]).await;
        let given = relying.redeem(&scene.bridge, &code).await.expect(200).json;
        let hint = given["id_token"].as_str().unwrap();
        let query = encoded(&[("id_token_hint", hint), ("post_logout_redirect_uri", "https://app.example/bye"), ("state", "s 1")]);
        let page = scene.bridge.page(&format!("/oauth/logout?{query}"), &held).await.expect(303);
        let onward = page.header("location").unwrap();
        assert!(onward.starts_with(&format!("{}/end_session?", scene.op.issuer())), "{onward}");
        assert_eq!(browser.who(&scene.bridge).await, None);
        let back = browser.leads(onward).await;
        assert!(back.contains(&format!("/sso/{}/logged-out?", scene.connection)), "{back}");
        let last = scene.bridge.page(&back, "").await.expect(303);
        assert_eq!(last.header("location"), Some("https://app.example/bye?state=s+1"));
        // Nobody can have somebody sent on to where they like.
        let state = parameters(&back)["state"].clone();
        let (proof, _) = state.split_once('.').unwrap();
        for forged in [format!("{proof}.aHR0cHM6Ly9ldmlsLmV4YW1wbGU"), proof.to_owned(), format!("{state}A"), format!("x{state}")] {
            let path = format!("/sso/{}/logged-out?{}", scene.connection, encoded(&[("state", &forged)]));
            scene.bridge.page(&path, "").await.expect(400);
        }
    }

    async fn sign_ins_that_begin_and_never_come_back_are_bounded_and_hold_up_nobody_else(db) {
        let scene = Scene::jit(db).await;
        let (mut begun, mut last) = (0, 303);
        while begun < 600 && last == 303 {
            let path = scene.login();
            let many = join_all((0..50).map(|_| scene.bridge.page(&path, ""))).await;
            begun += many.iter().filter(|page| page.status == 303).count();
            if let Some(refused) = many.iter().find(|page| page.status != 303) {
                assert!(refused.header("retry-after").is_some());
                refused.says(429, "Very many sign-ins began");
                last = refused.status;
            }
        }
        assert_eq!((last, begun < 600), (429, true), "{begun}");
        scene.scim.user("somebody").await;
        scene.bridge.page("/login", "").await.expect(200);
    }

    // Row H08, and guesses from 500 addresses at one account.
    async fn five_hundred_guesses_at_once_lock_nobody_out_and_leave_scim_alone(db) {
        let mut settings = db.settings();
        settings.limits.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        let bridge = db.bridge_with(settings).await;
        let acme = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&acme, aisoule_bridge::domain::access::Scope::Write, aisoule_bridge::domain::access::Dialect::Compat).await);
        person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        let mut owner = bridge.browser();
        owner.log_in("anna@acme.example", PASSWORD).await.expect(303);
        let before = bridge.app.verifier.count();
        let guesses = join_all((0..500_u32).map(|i| {
            let from = format!("10.{}.{}.{}", i % 7, i / 256, i % 256);
            let mut stranger = bridge.browser().with("x-forwarded-for", &from);
            async move { stranger.log_in("anna@acme.example", "a guess").await.answer.status }
        }));
        let working = async {
            for i in 0..20 {
                scim.user(&format!("u{i}")).await;
            }
        };
        let (answers, ()) = tokio::join!(guesses, working);
        // 403: they had to do without the form, because there was no room for them.
        assert!(answers.iter().all(|status| matches!(status, 403 | 422 | 429 | 503)), "{answers:?}");
        let hashed = bridge.app.verifier.count() - before;
        assert!(hashed < 200, "{hashed} guesses were compared");
        // Whoever has been here before is not held up by what strangers did.
        owner.cookies.remove("__Host-aisoule");
        owner.log_in("anna@acme.example", PASSWORD).await.expect(303);
    }

    async fn a_proof_lapses_two_weeks_after_its_record_is_gone_and_not_where_people_depend_on_it(db) {
        use crate::support::dns::{Dns, Named};
        let dns = Dns::start().await;
        let mut settings = db.settings();
        settings.sso.dns_server = Some(dns.address);
        let scene = Scene::at(db.bridge_with(settings).await, 10, SeatPolicy::Reject, json!({})).await;
        let app = &scene.bridge.app;
        let look = async || aisoule_bridge::worker::domains::look(&app.store, &app.commands, &app.resolver, &app.clock).await.unwrap();
        scene.prove("word.example").await;
        let made = scene.admin.post("/domains", json!({"domain": "x.example"})).await.expect(201).data().clone();
        let (name, value) = (made["record_name"].as_str().unwrap(), made["record_value"].as_str().unwrap());
        dns.set_texts(name, &[value]);
        scene.admin.post("/domains/x.example/verify", json!({})).await.expect(200);
        let proved = async |domain: &str| {
            let all = scene.admin.get("/domains").await.expect(200).data()["domains"].clone();
            let found = all.as_array().unwrap().iter().find(|one| one["domain"] == domain).cloned().unwrap();
            found["is_proved"].as_bool().unwrap()
        };
        dns.set(name, Named::default());
        for days in 0..15 {
            assert!(proved("x.example").await, "day {days}");
            scene.bridge.later(TimeDelta::hours(25));
            look().await;
            // Found again for a day, and all begins anew.
            if days == 7 {
                dns.set_texts(name, &[value]);
                scene.bridge.later(TimeDelta::hours(25));
                look().await;
                dns.set(name, Named::default());
            }
        }
        for _ in 0..8 {
            scene.bridge.later(TimeDelta::hours(25));
            look().await;
        }
        assert_eq!((proved("x.example").await, proved("word.example").await), (false, true));
        assert_eq!(scene.audit("domain.lapsed").await.len(), 1);
    }

    async fn an_operator_sets_signing_in_up_on_the_command_line(db) {
        let office = Office::open(&db, "10", "reject");
        let add = ["sso", "add", "--workspace", "Acme", "--name", "okta", "--kind", "okta", "--issuer", "https://acme.okta.com", "--client-id", "0oa1", "--domain", "acme.org", "--key-id", "k1"];
        let made = office.0.tell(&add, "s3cret-of-the-client\n");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let id = String::from_utf8(made.stdout).unwrap();
        assert_eq!(id.trim().len(), 36, "{id}");
        let listed = office.says(&["sso", "list"]);
        assert!(listed.contains("okta") && listed.contains("https://acme.okta.com") && !listed.contains("s3cret"), "{listed}");
        let again = office.0.tell(&add, "another\n");
        assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("name"), "{again:?}");
        let domains = office.says(&["sso", "domain", "list"]);
        assert!(domains.contains("acme.org") && domains.contains("_aisoule-challenge.acme.org"), "{domains}");
        office.says(&["sso", "domain", "verify", "acme.org", "--trust"]);
        office.refuses(&["sso", "enforce", "--domain", "acme.org"], "come in");
        office.says(&["sso", "disable", "okta"]);
        office.says(&["sso", "enable", "okta"]);
        let secret = office.0.tell(&["sso", "secret", "okta", "--workspace", "Acme"], "a-new-secret\n");
        assert!(secret.status.success(), "{}", String::from_utf8_lossy(&secret.stderr));
        office.refuses(&["sso", "test", "elsewhere"], "elsewhere");
        office.says(&["sso", "domain", "remove", "acme.org"]);
        office.says(&["sso", "remove", "okta"]);
        assert!(!office.says(&["sso", "list"]).contains("okta"));
        let audit = office.says(&["audit", "list"]);
        assert!(audit.contains("connection.created") && audit.contains("connection.deleted") && !audit.contains("s3cret"), "{audit}");
    }
}
