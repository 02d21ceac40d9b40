//! Signing in through a connection, from the first click to the session: who comes in as whom, and who does not.

use aisoule_bridge::domain::seat::SeatPolicy;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::hostile_op::{CLIENT_SECRET, HostileOp, Signer};
use crate::support::on_both;
use crate::support::scene::{Scene, connect};

on_both! {
    async fn whoever_is_new_becomes_a_user_with_a_session_of_their_own(db) {
        let scene = Scene::jit(db).await;
        let browser = scene.browser();
        browser.plant("__Host-aisoule", "planted-by-somebody-else");
        browser.go(&format!("{}?return_to=/settings/users%3Fx=1", scene.login())).await;
        assert_eq!(browser.who(&scene.bridge).await.as_deref(), Some("anna@x.example"));
        assert_ne!(browser.cookie("__Host-aisoule").unwrap(), "planted-by-somebody-else");
        let users = scene.admin.get("/users?search=anna").await.expect(200).data()["users"].clone();
        assert_eq!((&users[0]["full_name"], &users[0]["role"]["name"], users.as_array().unwrap().len()), (&json!("Anna A."), &json!("Agent"), 1));
        assert!(users[0]["last_login_at"].is_string(), "{users}");
        let opened = scene.audit("session.opened").await;
        assert_eq!((opened.len(), scene.audit("identity.linked").await.len()), (1, 1));
        // The same person again is the same user, and takes no second seat.
        let used = scene.used().await;
        let (again, _) = scene.sign_in().await;
        assert_eq!(again.who(&scene.bridge).await.as_deref(), Some("anna@x.example"));
        assert_eq!((scene.used().await, scene.audit("identity.linked").await.len()), (used, 1));
        // Both are in, and each can go without the other.
        assert!(browser.who(&scene.bridge).await.is_some());
    }

    async fn who_was_provisioned_is_known_by_the_id_of_the_provider_and_nothing_of_theirs_is_overwritten(db) {
        let scene = Scene::new(db, 10, SeatPolicy::Reject, json!({})).await;
        let body = json!({"userName": "ann@acme.example", "externalId": "00u-anna", "displayName": "Ann of HR", "active": true,
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "emails": [{"value": "ann@acme.example", "primary": true}]});
        let user = scene.scim.post("/Users", body).await.expect(201).id();
        let before = scene.scim.get(&format!("/Users/{user}")).await.json;
        let (browser, _) = scene.sign_in().await;
        assert_eq!(browser.who(&scene.bridge).await.as_deref(), Some("ann@acme.example"));
        assert_eq!(scene.scim.get(&format!("/Users/{user}")).await.json, before, "a login changes nothing that was provisioned");
        assert_eq!(scene.audit("identity.linked").await[0]["changes"]["by"]["new"], "external_id");
    }

    async fn an_address_links_only_where_the_provider_vouches_for_it_and_the_domain_is_proved(db) {
        let scene = Scene::new(db, 10, SeatPolicy::Reject, json!({})).await;
        let user = scene.admin.user("anna@x.example", None).await;
        // Not in a proved domain.
        scene.sign_in().await.1.says(403, "does not vouch for your email address");
        scene.prove("x.example").await;
        for verified in [json!(false), json!("true"), json!(1), Value::Null, json!([true])] {
            scene.person("00u-anna", "anna@x.example", verified);
            scene.sign_in().await.1.says(403, "does not vouch for your email address");
        }
        scene.op.plan(|plan| plan.userinfo = vec![("email_verified", None)]);
        scene.sign_in().await.1.says(403, "does not vouch for your email address");
        // In another domain, for whoever says that it is theirs.
        scene.admin.user("ben@other.example", None).await;
        scene.person("00u-ben", "ben@other.example", json!(true));
        scene.sign_in().await.1.says(403, "does not vouch for your email address");
        scene.person("00u-anna", "Anna@X.example", json!(true));
        let (browser, _) = scene.sign_in().await;
        assert_eq!(browser.who(&scene.bridge).await.as_deref(), Some("anna@x.example"));
        assert_eq!(scene.audit("identity.linked").await[0]["subject"]["id"], json!(user));
        // From now on the subject counts, whatever becomes of the address there.
        scene.person("00u-anna", "somebody@else.example", json!(false));
        assert_eq!(scene.sign_in().await.0.who(&scene.bridge).await.as_deref(), Some("anna@x.example"));
    }

    async fn two_people_who_swap_their_addresses_keep_their_own_accounts(db) {
        let scene = Scene::jit(db).await;
        scene.person("00u-anna", "anna@x.example", json!(true));
        scene.sign_in().await;
        scene.person("00u-ben", "ben@x.example", json!(true));
        scene.sign_in().await;
        scene.prove("x.example").await;
        scene.person("00u-anna", "ben@x.example", json!(true));
        assert_eq!(scene.sign_in().await.0.who(&scene.bridge).await.as_deref(), Some("anna@x.example"));
        scene.person("00u-ben", "anna@x.example", json!(true));
        assert_eq!(scene.sign_in().await.0.who(&scene.bridge).await.as_deref(), Some("ben@x.example"));
        // Whoever gets a leaver's address is not the leaver.
        scene.person("00u-new", "anna@x.example", json!(true));
        scene.sign_in().await.1.says(403, "belongs to another account");
    }

    async fn a_new_hire_with_a_freed_address_inherits_nothing(db) {
        let scene = Scene::jit(db).await;
        scene.prove("x.example").await;
        let (browser, _) = scene.sign_in().await;
        let old = scene.admin.get("/users?search=anna").await.data()["users"][0]["id"].as_str().unwrap().to_owned();
        scene.admin.post("/conversations", json!({"subject": "Help", "assignee_id": old})).await.expect(201);
        scene.admin.delete(&format!("/users/{old}")).await.expect(200);
        assert_eq!(browser.who(&scene.bridge).await, None);
        scene.person("00u-hire", "anna@x.example", json!(true));
        let (new, _) = scene.sign_in().await;
        assert_eq!(new.who(&scene.bridge).await.as_deref(), Some("anna@x.example"));
        let user = scene.admin.get("/users?search=anna").await.data()["users"][0].clone();
        assert_ne!(user["id"], json!(old));
        let conversations = scene.admin.get("/conversations").await.data()["conversations"].clone();
        assert_eq!(conversations[0]["assignee_id"], Value::Null);
        // Nor is the leaver, who is known at the provider still, anybody here.
        scene.person("00u-anna", "old-anna@x.example", json!(true));
        scene.sign_in().await;
        let all = scene.admin.get("/users?search=anna").await.data()["users"].as_array().unwrap().len();
        assert_eq!(all, 2, "somebody new");
    }

    async fn each_reason_has_a_page_of_its_own_and_a_row_in_the_audit_log(db) {
        let scene = Scene::new(db, 2, SeatPolicy::Reject, json!({})).await;
        scene.sign_in().await.1.says(403, "You have no account here yet");
        let user = scene.scim.post("/Users", json!({"userName": "anna@x.example", "externalId": "00u-anna", "active": true,
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]})).await.expect(201).id();
        assert!(scene.sign_in().await.0.who(&scene.bridge).await.is_some());
        scene.scim.patch(&format!("/Users/{user}"), json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        scene.sign_in().await.1.says(403, "Your account is deactivated");
        // Somebody else took the seat meanwhile, and the connection makes users now.
        scene.admin.user("ben@x.example", None).await;
        scene.admin.put(&format!("/connections/{}", scene.connection), json!({"auto_create_users": true})).await.expect(200);
        scene.person("00u-cleo", "cleo@x.example", json!(true));
        scene.sign_in().await.1.says(403, "All seats are taken");
        scene.admin.put("/seats", json!({"policy": "park"})).await.expect(200);
        scene.sign_in().await.1.says(403, "You are waiting for a seat");
        scene.sign_in().await.1.says(403, "You are waiting for a seat");
        assert_eq!(scene.bridge.counters(&scene.workspace).await.3, 1, "parked once");
        scene.op.plan(|plan| { plan.subject = "00u-dan".into(); plan.userinfo = vec![("email", None)]; });
        scene.sign_in().await.1.says(403, "did not give us your email address");
        scene.admin.put(&format!("/connections/{}", scene.connection), json!({"is_enabled": false})).await.expect(200);
        scene.browser().get(&scene.login()).await.says(404, "not available");
        let refused = scene.audit("sign_in.refused").await;
        let sentences: Vec<&str> = refused.iter().map(|row| row["changes"]["refused"]["new"].as_str().unwrap()).collect();
        for expected in ["no such user", "deactivated", "no seat is free", "waits for a seat", "no email address"] {
            assert!(sentences.iter().any(|sentence| sentence.contains(expected)), "{expected}: {sentences:?}");
        }
        // A freed seat lets in who waits, without anybody doing anything.
        let ben = scene.admin.get("/users?search=ben").await.data()["users"][0]["id"].as_str().unwrap().to_owned();
        scene.admin.put(&format!("/users/{ben}"), json!({"is_active": false})).await.expect(200);
        scene.admin.put(&format!("/connections/{}", scene.connection), json!({"is_enabled": true})).await.expect(200);
        scene.person("00u-cleo", "cleo@x.example", json!(true));
        assert_eq!(scene.sign_in().await.0.who(&scene.bridge).await.as_deref(), Some("cleo@x.example"));
    }

    async fn whom_an_admin_deactivated_does_not_come_back_as_a_newcomer(db) {
        let scene = Scene::jit(db).await;
        scene.sign_in().await;
        let id = scene.admin.get("/users?search=anna").await.data()["users"][0]["id"].as_str().unwrap().to_owned();
        scene.admin.put(&format!("/users/{id}"), json!({"is_active": false})).await.expect(200);
        scene.scim.delete(&format!("/Users/{id}")).await.expect(204);
        scene.sign_in().await.1.says(403, "Your account is deactivated");
        scene.person("00u-other", "anna@x.example", json!(true));
        scene.sign_in().await.1.says(403, "Your account is deactivated");
    }

    async fn a_deactivated_user_is_out_at_once_and_a_sign_in_on_its_way_ends_nowhere(db) {
        let scene = Scene::jit(db).await;
        let (browser, _) = scene.sign_in().await;
        let id = scene.admin.get("/users?search=anna").await.data()["users"][0]["id"].as_str().unwrap().to_owned();
        // Half-way: at the provider, not back yet.
        let on_its_way = scene.browser();
        let at_provider = on_its_way.leads(&scene.login()).await;
        let back = on_its_way.leads(&at_provider).await;
        let used = scene.used().await;
        scene.scim.patch(&format!("/Users/{id}"), json!([{"op": "Replace", "path": "active", "value": "False"}])).await.expect(200);
        assert_eq!(browser.who(&scene.bridge).await, None);
        on_its_way.get(&back).await.says(403, "Your account is deactivated");
        assert_eq!(on_its_way.who(&scene.bridge).await, None);
        assert_eq!(scene.used().await, used - 1);
        // Back with the same id, they sign in as the same user.
        scene.scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "value": {"active": true}}])).await.expect(200);
        assert_eq!(browser.who(&scene.bridge).await, None, "an ended session stays ended");
        assert!(scene.sign_in().await.0.who(&scene.bridge).await.is_some());
    }

    async fn a_callback_is_good_once_and_in_the_browser_that_began(db) {
        let scene = Scene::jit(db).await;
        let (browser, other) = (scene.browser(), scene.browser());
        let at_provider = browser.leads(&scene.login()).await;
        let back = browser.leads(&at_provider).await;
        let exchanged = || scene.op.calls("token");
        // Nobody else's browser, with or without a sign-in of its own.
        other.get(&back).await.says(400, "This sign-in is over");
        other.leads(&scene.login()).await;
        other.get(&back).await.says(400, "This sign-in is over");
        let query = back.split_once('?').unwrap().1;
        for wrong in ["", "code=x", "state=x", "code=x&state=x", &format!("{query}&{query}"), &query.replace("state=", "stat=")] {
            browser.get(&format!("/sso/{}/callback?{wrong}", scene.connection)).await.says(400, "This sign-in is over");
        }
        assert_eq!(exchanged(), 0, "no code was sent anywhere");
        let sessions = {
            let many = (0..50).map(|_| browser.get(&back));
            let answers = futures_util::future::join_all(many).await;
            answers.iter().filter(|answer| answer.status == 303).count()
        };
        assert_eq!((sessions, exchanged()), (1, 1));
        browser.get(&back).await.says(400, "This sign-in is over");
        // After a quarter of an hour nobody comes back.
        let late = scene.browser();
        let at_provider = late.leads(&scene.login()).await;
        let back = late.leads(&at_provider).await;
        scene.bridge.later(TimeDelta::minutes(16));
        late.get(&back).await.says(400, "This sign-in is over");
        assert_eq!(exchanged(), 1);
    }

    async fn a_code_goes_to_the_provider_of_its_own_sign_in_and_to_no_other(db) {
        let scene = Scene::jit(db).await;
        let attacker = HostileOp::start(scene.bridge.app.clock.clone()).await;
        let theirs = connect(&scene.admin, "attacker", &attacker, json!({"auto_create_users": true})).await;
        let browser = scene.browser();
        let at_provider = browser.leads(&scene.login()).await;
        let back = browser.leads(&at_provider).await;
        // At the other connection's callback: another state, so nothing.
        let query = back.split_once('?').unwrap().1;
        browser.get(&format!("/sso/{theirs}/callback?{query}")).await.says(400, "This sign-in is over");
        // The right callback that names another issuer.
        let named = format!("{back}&iss={}", form_urlencoded::byte_serialize(attacker.issuer().as_bytes()).collect::<String>());
        browser.get(&named).await.says(400, "could not be signed in");
        // A provider that says it names itself, and does not.
        scene.op.plan(|plan| plan.discovery = vec![("authorization_response_iss_parameter_supported", Some(json!(true)))]);
        scene.bridge.later(TimeDelta::hours(2));
        let (again, page) = scene.sign_in().await;
        assert_eq!(again.who(&scene.bridge).await, None);
        page.says(400, "could not be signed in");
        assert_eq!((scene.op.calls("token"), attacker.calls("token")), (0, 0));
        // A code of one sign-in with the state of another: the verifier does not fit, and that is the end.
        scene.op.plan(|plan| plan.callback_iss = Some(scene.op.issuer()));
        let at_one = browser.leads(&scene.login()).await;
        let one = browser.leads(&at_one).await;
        let at_two = browser.leads(&scene.login()).await;
        let two = browser.leads(&at_two).await;
        let part = |url: &str, name: &str| {
            let pairs: Vec<(String, String)> = form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
            pairs.into_iter().find(|(key, _)| key == name).unwrap().1
        };
        let mixed = two.replace(&part(&two, "code"), &part(&one, "code"));
        browser.get(&mixed).await.says(400, "could not be signed in");
        assert_eq!(scene.op.calls("token"), 1);
        assert_eq!(browser.who(&scene.bridge).await, None);
    }

    async fn what_a_provider_may_not_say_gets_nobody_in_and_is_in_the_audit_log(db) {
        let scene = Scene::jit(db).await;
        for (module, code) in [
            ("oidcc-client-test-invalid-iss", "iss"), ("oidcc-client-test-missing-sub", "sub"), ("oidcc-client-test-invalid-aud", "aud"),
            ("oidcc-client-test-missing-iat", "iat"), ("oidcc-client-test-idtoken-sig-none", "alg"), ("oidcc-client-test-invalid-sig-rs256", "signature"),
            ("oidcc-client-test-nonce-invalid", "nonce"), ("oidcc-client-test-userinfo-invalid-sub", "userinfo"),
        ] {
            let op = HostileOp::start(scene.bridge.app.clock.clone()).await;
            op.play(module);
            let connection = connect(&scene.admin, module, &op, json!({"auto_create_users": true})).await;
            let browser = scene.browser();
            browser.go(&format!("/sso/{connection}/login")).await.says(400, "could not be signed in");
            assert_eq!(browser.who(&scene.bridge).await, None, "{module} {code}");
        }
        assert_eq!(scene.audit("sign_in.refused").await.len(), 8);
        assert_eq!(scene.admin.get("/users?search=anna").await.data()["total"], 0);
        // A provider with another issuer than it was entered with: nobody is even sent there.
        let op = HostileOp::start(scene.bridge.app.clock.clone()).await;
        op.play("oidcc-client-test-discovery-issuer-mismatch");
        let connection = connect(&scene.admin, "mismatch", &op, json!({})).await;
        scene.browser().get(&format!("/sso/{connection}/login")).await.says(502, "does not answer as it should");
        // What it says of an error is shown as text.
        let browser = scene.browser();
        let state = browser.leads(&scene.login()).await;
        let state = form_urlencoded::parse(state.split_once('?').unwrap().1.as_bytes()).into_owned().find(|(name, _)| name == "state").unwrap().1;
        let page = browser.get(&format!("/sso/{}/callback?state={state}&error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E&code=x", scene.connection)).await;
        assert!(page.status == 403 && !page.text().contains("<script"), "{}", page.text());
        assert_eq!(scene.op.calls("token"), 0);
    }

    async fn another_address_asks_for_the_secret_again_and_ends_what_is_on_its_way(db) {
        let scene = Scene::jit(db).await;
        let path = format!("/connections/{}", scene.connection);
        let elsewhere = HostileOp::start(scene.bridge.app.clock.clone()).await;
        let browser = scene.browser();
        let at_provider = browser.leads(&scene.login()).await;
        let back = browser.leads(&at_provider).await;
        for change in [
            json!({"issuer": elsewhere.issuer()}), json!({"endpoints": {"token": format!("{}/token", elsewhere.issuer())}}),
            json!({"endpoints": {"userinfo": format!("{}/userinfo", elsewhere.issuer())}}), json!({"kind": "okta"}),
            json!({"auth_method": "client_secret_post"}), json!({"client_id": "other"}),
        ] {
            let refused = scene.admin.put(&path, change.clone()).await.refused(400, "invalid");
            assert!(refused.json["message"].as_str().unwrap().starts_with("secret: "), "{change}: {}", refused.json);
        }
        scene.admin.put(&path, json!({"issuer": elsewhere.issuer(), "secret": CLIENT_SECRET})).await.expect(200);
        browser.get(&back).await.says(400, "This sign-in is over");
        assert_eq!((scene.op.calls("token"), elsewhere.calls("token")), (0, 0));
        assert!(scene.sign_in().await.0.who(&scene.bridge).await.is_some());
        // What does not send anything elsewhere needs no secret.
        scene.admin.put(&path, json!({"name": "renamed", "scopes": ["groups"], "groups_claim": "groups"})).await.expect(200);
        let shown = scene.admin.get(&path).await.expect(200);
        assert!(!shown.text().contains(CLIENT_SECRET) && shown.data()["has_secret"] == true);
        // Nor is it in the database as it is, or in the audit log.
        assert!(!scene.admin.get("/audit?action=connection.*").await.text().contains("t\\u00e9"));
        // Whoever is in goes out with the connection.
        let (inside, _) = scene.sign_in().await;
        scene.admin.put(&path, json!({"is_enabled": false})).await.expect(200);
        assert_eq!(inside.who(&scene.bridge).await, None);
    }

    async fn a_provider_may_begin_and_nobody_is_sent_away_from_here(db) {
        let scene = Scene::jit(db).await;
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let initiate = format!("/sso/{}/initiate", scene.connection);
        scene.browser().get(&format!("{initiate}?iss=https://evil.example")).await.says(400, "does not come from your company");
        scene.browser().get(&initiate).await.expect(400);
        for (target, lands) in [("/settings/users", "/settings/users"), ("https://evil.example/", "/account"), ("//evil.example", "/account"), ("/\\evil.example", "/account")] {
            let browser = scene.browser();
            let query = format!("?iss={}&login_hint=anna&target_link_uri={}", encode(&scene.op.issuer()), encode(target));
            let at_provider = browser.leads(&format!("{initiate}{query}")).await;
            assert!(at_provider.starts_with(&scene.op.issuer()) && at_provider.contains("login_hint=anna"), "{at_provider}");
            let back = browser.leads(&at_provider).await;
            assert_eq!(browser.leads(&back).await, browser.url(lands), "{target}");
        }
    }

    async fn the_provider_logs_people_out_by_session_and_by_person_and_nobody_else_can(db) {
        let scene = Scene::jit(db).await;
        let url = format!("http://{}/sso/{}/backchannel-logout", scene.bridge.address, scene.connection);
        let key = || Signer::Rsa(0, jsonwebtoken::Algorithm::RS256);
        let (browser, _) = scene.sign_in().await;
        let alive = async || browser.who(&scene.bridge).await.is_some();
        let gone = Some(json!("gone"));
        for (what, token) in [
            ("alg none", scene.op.logout_token(&vec![], &vec![], &Signer::Nobody)),
            ("wrong aud", scene.op.logout_token(&vec![("aud", gone.clone())], &vec![], &key())),
            ("wrong iss", scene.op.logout_token(&vec![("iss", gone.clone())], &vec![], &key())),
            ("no event", scene.op.logout_token(&vec![("events", None)], &vec![], &key())),
            ("wrong event", scene.op.logout_token(&vec![("events", Some(json!({"x": {}})))], &vec![], &key())),
            ("with nonce", scene.op.logout_token(&vec![("nonce", gone.clone())], &vec![], &key())),
            ("nobody", scene.op.logout_token(&vec![("sub", None), ("sid", None)], &vec![], &key())),
            ("old", scene.op.logout_token(&vec![("iat", Some(json!(1_000)))], &vec![], &key())),
            ("wrong key", scene.op.logout_token(&vec![], &vec![], &Signer::Rsa(1, jsonwebtoken::Algorithm::RS256))),
        ] {
            let answer = scene.op.post_logout(&url, &token).await;
            assert_eq!(answer.status, 400, "{what}");
            assert!(alive().await, "{what}");
        }
        // Of a session that is not here: nothing to do, and that is fine.
        let unknown = scene.op.logout_token(&vec![("sid", Some(json!("other"))), ("sub", None)], &vec![], &key());
        assert_eq!(scene.op.post_logout(&url, &unknown).await.status, 200);
        assert!(alive().await);
        let by_session = scene.op.logout_token(&vec![("sub", None)], &vec![], &key());
        assert_eq!(scene.op.post_logout(&url, &by_session).await.status, 200);
        assert!(!alive().await);
        assert_eq!(scene.op.post_logout(&url, &by_session).await.status, 400, "a token is good once");
        let (one, two) = (scene.sign_in().await.0, scene.sign_in().await.0);
        let by_person = scene.op.logout_token(&vec![("sid", None)], &vec![("typ", Some(json!("JWT")))], &key());
        assert_eq!(scene.op.post_logout(&url, &by_person).await.status, 200);
        assert_eq!((one.who(&scene.bridge).await, two.who(&scene.bridge).await), (None, None));
        // A connection that is switched off hears nothing.
        scene.admin.put(&format!("/connections/{}", scene.connection), json!({"is_enabled": false})).await.expect(200);
        let token = scene.op.logout_token(&vec![], &vec![], &key());
        assert_eq!(scene.op.post_logout(&url, &token).await.status, 400);
    }

    async fn nobody_of_another_workspace_is_touched(db) {
        let scene = Scene::jit(db).await;
        let other = scene.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        let victim = scene.bridge.user(&other, "anna@x.example", "Agent", false).await;
        scene.prove("x.example").await;
        let (browser, _) = scene.sign_in().await;
        let visitor = aisoule_bridge::http::session::visitor(&scene.bridge.app, &browser.headers()).await.unwrap().unwrap();
        assert_eq!(visitor.user.workspace_id, scene.workspace.id);
        assert_ne!(visitor.user.id, victim.id);
        let stranger = scene.bridge.admin(&other).await;
        let path = format!("/connections/{}", scene.connection);
        stranger.get(&path).await.refused(404, "not_found");
        stranger.put(&path, json!({"auto_create_users": true})).await.refused(404, "not_found");
        stranger.delete(&path).await.refused(404, "not_found");
        stranger.post("/domains", json!({"domain": "x.example", "connection_id": scene.connection})).await.refused(400, "invalid");
        // A domain is one workspace's.
        let add = aisoule_bridge::command::domains::AddDomain { workspace: other.id, domain: "x.example".into(), connection: None, challenge: "y".into() };
        scene.bridge.app.commands.execute(&aisoule_bridge::domain::access::Actor::operator(), add).await.unwrap();
        let prove = aisoule_bridge::command::domains::ProveDomain { workspace: other.id, domain: "x.example".into(), proof: aisoule_bridge::command::domains::Proof::Word };
        let clash = scene.bridge.app.commands.execute(&aisoule_bridge::domain::access::Actor::operator(), prove).await;
        assert!(matches!(clash, Err(aisoule_bridge::command::CommandError::Clash { .. })), "{clash:?}");
    }

    async fn signing_in_is_enforced_only_after_an_admin_came_in_that_way(db) {
        let scene = Scene::jit(db).await;
        scene.admin.put("/sso", json!({"sso_enforced": true})).await.refused(409, "sso_no_way_back");
        crate::local_login::person(&scene.bridge, &scene.workspace, "glass@acme.example", "Admin", true).await;
        scene.admin.put("/sso", json!({"sso_enforced": true})).await.refused(409, "sso_untried");
        scene.sign_in().await;
        scene.admin.put("/sso", json!({"sso_enforced": true})).await.refused(409, "sso_untried");
        let id = scene.admin.get("/users?search=anna").await.data()["users"][0]["id"].as_str().unwrap().to_owned();
        let roles = scene.admin.get("/roles").await.data()["roles"].clone();
        let role = roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap()["id"].clone();
        scene.admin.put(&format!("/users/{id}"), json!({"role_id": role})).await.expect(200);
        scene.sign_in().await;
        scene.admin.put("/sso", json!({"sso_enforced": true})).await.expect(200);
        // The only way in can't be taken away then.
        let path = format!("/connections/{}", scene.connection);
        scene.admin.put(&path, json!({"is_enabled": false})).await.refused(409, "sso_enforced");
        scene.admin.put(&path, json!({"issuer": "https://elsewhere.example", "secret": "x"})).await.refused(409, "sso_enforced");
        scene.admin.delete(&path).await.refused(409, "sso_enforced");
        scene.admin.put("/sso", json!({"sso_enforced": false})).await.expect(200);
        scene.admin.delete(&path).await.expect(200);
    }
}
