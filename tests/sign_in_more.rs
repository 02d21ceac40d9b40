//! Signing in through a connection, what else there is to hold: addresses that nobody vouched for, providers that are for
//! everybody, enforcement, freshness, logging out together, and domains.

use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::session::Door;
use aisoule_bridge::settings::Way;
use aisoule_bridge::store::mails;
use aisoule_bridge::worker;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::local_login::person;
use crate::support::dns::{Dns, Named};
use crate::support::hostile_op::{CLIENT_SECRET, HostileOp, Signer};
use crate::support::relying::parameters;
use crate::support::scene::{Scene, connect, prove};
use crate::support::{Journey, on_both};

/// The `Cookie` header of a browser.
fn cookie(browser: &Journey) -> String {
    browser.headers()["cookie"].to_str().unwrap().to_owned()
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    page.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1.split('"').next().unwrap().to_owned()
}

/// Logs out at a browser; gives the address at the provider to which that leads.
async fn log_out(browser: &Journey) -> String {
    let form = hidden(&browser.get("/logout").await.text(), "form");
    let page = browser.post("/logout", &[("form", &form)]).await;
    page.says(200, "You are being taken onward");
    let link = page.text().split("href=\"").find(|rest| rest.starts_with("http")).unwrap().to_owned();
    link.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&")
}

on_both! {
    async fn nobody_takes_an_address_before_its_owner_comes(db) {
        let scene = Scene::jit(db).await;
        let other = scene.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        prove(&scene.bridge, &other, "other.example").await;
        scene.prove("x.example").await;
        for (email, verified) in [("boss@other.example", false), ("boss@other.example", true), ("anna@x.example", false)] {
            scene.person("00u-eve", email, json!(verified));
            scene.sign_in().await.1.says(403, "does not vouch for your email address");
        }
        assert_eq!(scene.admin.get("/users?search=example").await.data()["total"], 1, "the Admin alone");
        // A domain that nobody has proved: who says what of it makes no difference to anybody.
        scene.person("00u-ben", "ben@nobody.example", json!(false));
        assert_eq!(scene.sign_in().await.0.who(&scene.bridge).await.as_deref(), Some("ben@nobody.example"));
        scene.person("00u-anna", "anna@x.example", json!(true));
        assert_eq!(scene.sign_in().await.0.who(&scene.bridge).await.as_deref(), Some("anna@x.example"));
    }

    async fn whoever_made_an_account_in_advance_loses_it_to_its_owner(db) {
        let scene = Scene::jit(db).await;
        scene.person("00u-eve", "anna@x.example", json!(false));
        let (eve, _) = scene.sign_in().await;
        assert_eq!(eve.who(&scene.bridge).await.as_deref(), Some("anna@x.example"));
        scene.prove("x.example").await;
        let op = HostileOp::start(scene.bridge.app.clock.clone()).await;
        let second = connect(&scene.admin, "second", &op, json!({})).await;
        let anna = scene.browser();
        anna.go(&format!("/sso/{second}/login")).await;
        assert_eq!(anna.who(&scene.bridge).await.as_deref(), Some("anna@x.example"));
        assert_eq!(eve.who(&scene.bridge).await, None);
        scene.sign_in().await.1.says(403, "does not vouch for your email address");
        assert_eq!(scene.audit("identity.unlinked").await.len(), 1);
    }

    async fn an_address_is_called_verified_only_where_the_provider_vouched_for_it_at_this_sign_in(db) {
        let scene = Scene::jit(db).await;
        scene.prove("x.example").await;
        let relying = scene.bridge.relying(&scene.workspace, "aisoule", None).await;
        for (email, verified, told) in [("anna@x.example", true, json!(true)), ("anna@x.example", false, Value::Null), ("other@x.example", true, Value::Null)] {
            scene.person("00u-anna", email, json!(verified));
            let (browser, _) = scene.sign_in().await;
            let tokens = relying.tokens(&scene.bridge, &cookie(&browser), "openid email").await;
            let said = tokens.userinfo(&scene.bridge).await.expect(200).json;
            assert_eq!((&said["email"], &said["email_verified"]), (&json!("anna@x.example"), &told), "{email} {verified}");
        }
    }

    async fn whoever_signs_in_for_the_first_time_gets_no_link_by_mail(db) {
        let mut settings = db.settings();
        settings.public_url = Some("https://bridge.example".into());
        let mail = &mut settings.mail;
        (mail.transport, mail.smtp_host, mail.smtp_port, mail.allow_plain_loopback) = (Way::Smtp, Some("127.0.0.1".into()), Some(1), true);
        mail.smtp_tls = aisoule_bridge::settings::Tls::Plain;
        let bridge = db.bridge_with(settings).await;
        let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let key = bridge.key(&workspace, None, None).await;
        let kinds = async || {
            let rows = mails::list(&mut bridge.app.store.read().await.unwrap(), workspace.id, None, 100).await.unwrap();
            rows.into_iter().map(|row| row.kind).collect::<Vec<_>>()
        };
        let person = |email: &str| aisoule_bridge::command::sign_in::Person {
            issuer: "https://op.example".into(),
            subject: email.into(),
            external_id: email.into(),
            email: Some(email.into()),
            email_is_verified: false,
            name: None,
            given_name: None,
            family_name: None,
            hosted_domain: None,
            belongs_to: None,
            groups: None,
        };
        let body = json!({"name": "op", "kind": "oidc", "issuer": "https://op.example", "client_id": "c", "secret": "s", "auto_create_users": true});
        let connection = key.post("/connections", body).await.expect(201).made();
        let connection = aisoule_bridge::ids::ConnectionId::parse(&connection).unwrap();
        let command = aisoule_bridge::command::sign_in::SignIn {
            workspace: workspace.id,
            connection,
            connection_version: 1,
            upstream: aisoule_bridge::domain::session::Upstream {
                connection,
                issuer: "https://op.example".into(),
                subject: "anna@x.example".into(),
                sid: None,
                id_token: None,
                email_vouched: false,
            },
            token_hash: [1; 32],
            replaces: None,
            seen: aisoule_bridge::domain::session::Seen::default(),
            authenticated_at: bridge.app.clock.now(),
            lifetime: bridge.app.settings.sessions.lifetime(),
            person: person("anna@x.example"),
        };
        bridge.app.commands.execute(&aisoule_bridge::domain::access::Actor::operator(), command).await.unwrap();
        assert_eq!(kinds().await, Vec::<String>::new());
        // Whoever is added by hand does.
        key.user("ben@x.example", None).await;
        assert_eq!(kinds().await, ["welcome"]);
    }

    async fn google_adds_the_people_of_a_domain_that_it_calls_theirs_and_nobody_else(db) {
        let scene = Scene::new(db, 10, SeatPolicy::Reject, json!({"kind": "google"})).await;
        let path = format!("/connections/{}", scene.connection);
        for kind in ["google", "github"] {
            let open = json!({"name": kind, "kind": kind, "issuer": scene.op.issuer(), "client_id": "c", "secret": "s", "auto_create_users": true});
            scene.admin.post("/connections", open).await.refused(400, "invalid");
        }
        scene.admin.put(&path, json!({"auto_create_users": true})).await.refused(400, "invalid");
        scene.prove("x.example").await;
        scene.admin.post("/domains", json!({"domain": "x.example", "connection_id": scene.connection})).await.expect(201);
        scene.admin.put(&path, json!({"auto_create_users": true})).await.expect(200);
        let hosted = |domain: Option<Value>| scene.op.plan(|plan| plan.claims = vec![("hd", domain)]);
        for domain in [None, Some(json!("other.example")), Some(json!(""))] {
            hosted(domain);
            scene.sign_in().await.1.says(403, "does not vouch for your email address");
        }
        hosted(Some(json!("x.example")));
        assert_eq!(scene.sign_in().await.0.who(&scene.bridge).await.as_deref(), Some("anna@x.example"));
        scene.person("00u-ben", "ben@elsewhere.example", json!(true));
        scene.sign_in().await.1.says(403, "not in a domain from which people are added");
        // Nor once the domain is gone.
        scene.admin.delete("/domains/x.example").await.expect(200);
        scene.person("00u-cleo", "cleo@x.example", json!(true));
        scene.sign_in().await.1.says(403, "not in a domain from which people are added");
        let steps = scene.admin.post(&format!("{path}/test"), json!({})).await.expect(200).data()["steps"].clone();
        let newcomers = steps.as_array().unwrap().iter().find(|step| step["title"] == "Newcomers").cloned();
        assert_eq!(newcomers.unwrap()["outcome"], "warning");
    }

    async fn a_connection_that_goes_elsewhere_ends_what_came_through_it(db) {
        let scene = Scene::jit(db).await;
        let path = format!("/connections/{}", scene.connection);
        let (browser, _) = scene.sign_in().await;
        scene.admin.put(&path, json!({"name": "renamed"})).await.expect(200);
        assert!(browser.who(&scene.bridge).await.is_some());
        let elsewhere = HostileOp::start(scene.bridge.app.clock.clone()).await;
        scene.admin.put(&path, json!({"issuer": elsewhere.issuer(), "secret": CLIENT_SECRET})).await.expect(200);
        assert_eq!(browser.who(&scene.bridge).await, None);
    }

    async fn enforcing_needs_a_way_back_and_ends_what_came_by_a_door_that_is_shut(db) {
        let scene = Scene::jit(db).await;
        let admin = scene.admin_comes_in().await;
        let enforce = async |on: bool| scene.admin.put("/sso", json!({"sso_enforced": on})).await;
        enforce(true).await.refused(409, "sso_no_way_back");
        // Somebody protected who is no Admin is no way back.
        person(&scene.bridge, &scene.workspace, "guest@acme.example", "Agent", true).await;
        enforce(true).await.refused(409, "sso_no_way_back");
        let glass = person(&scene.bridge, &scene.workspace, "glass@acme.example", "Admin", true).await;
        let ben = person(&scene.bridge, &scene.workspace, "ben@acme.example", "Agent", false).await;
        let doors = [(&glass, Door::Password, true), (&ben, Door::Password, false), (&ben, Door::Link, false)];
        let mut sessions = Vec::new();
        for (user, door, stays) in doors {
            sessions.push((scene.bridge.signed_in(user, door).await.1, stays));
        }
        enforce(true).await.expect(200);
        for (session, stays) in sessions {
            assert_eq!(scene.bridge.page("/account", &session).await.status == 200, stays);
        }
        assert!(admin.who(&scene.bridge).await.is_some());
    }

    async fn people_of_an_enforced_domain_come_in_through_its_own_connection_alone(db) {
        let scene = Scene::jit(db).await;
        let op = HostileOp::start(scene.bridge.app.clock.clone()).await;
        let second = connect(&scene.admin, "second", &op, json!({"auto_create_users": true})).await;
        op.plan(|plan| {
            plan.subject = "00u-ben".into();
            plan.userinfo = vec![("email", Some(json!("ben@x.example"))), ("name", Some(json!("Ben"))), ("given_name", None)];
        });
        let ben = scene.browser();
        ben.go(&format!("/sso/{second}/login")).await;
        assert!(ben.who(&scene.bridge).await.is_some());
        let admin = scene.admin_comes_in().await;
        person(&scene.bridge, &scene.workspace, "glass@acme.example", "Admin", true).await;
        scene.prove("x.example").await;
        scene.admin.post("/domains", json!({"domain": "x.example", "connection_id": scene.connection})).await.expect(201);
        scene.admin.put("/sso", json!({"sso_enforced": true, "domain": "x.example"})).await.expect(200);
        assert_eq!(ben.who(&scene.bridge).await, None);
        ben.go(&format!("/sso/{second}/login")).await.says(403, "Your company signs in another way");
        assert!(admin.who(&scene.bridge).await.is_some() && scene.sign_in().await.0.who(&scene.bridge).await.is_some());
    }

    async fn an_id_says_who_somebody_is_only_where_no_other_connection_serves_them(db) {
        let scene = Scene::new(db, 10, SeatPolicy::Reject, json!({})).await;
        let op = HostileOp::start(scene.bridge.app.clock.clone()).await;
        let second = connect(&scene.admin, "second", &op, json!({})).await;
        scene.prove("acme.example").await;
        scene.admin.post("/domains", json!({"domain": "acme.example", "connection_id": second})).await.expect(201);
        scene.scim.post("/Users", json!({"userName": "ann@acme.example", "externalId": "00u-anna", "active": true,
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "emails": [{"value": "ann@acme.example", "primary": true}]})).await.expect(201);
        scene.sign_in().await.1.says(403, "You have no account here yet");
        let ann = scene.browser();
        ann.go(&format!("/sso/{second}/login")).await;
        assert_eq!(ann.who(&scene.bridge).await.as_deref(), Some("ann@acme.example"));
    }

    async fn a_fresh_sign_in_is_one_that_the_provider_says_is_fresh(db) {
        let scene = Scene::jit(db).await;
        let proved = |at: Option<i64>| {
            let at = at.map(|seconds| json!(scene.bridge.app.clock.now().timestamp() + seconds));
            scene.op.plan(|plan| plan.claims = vec![("auth_time", at)]);
        };
        let prompted = format!("{}?prompt=login", scene.login());
        for (at, plain, anew) in [(Some(-3_600), true, false), (Some(3_600), false, false), (Some(-10), true, true), (None, true, true)] {
            proved(at);
            let browsers = [(scene.login(), plain), (prompted.clone(), anew)];
            for (path, comes_in) in browsers {
                let browser = scene.browser();
                browser.go(&path).await;
                assert_eq!(browser.who(&scene.bridge).await.is_some(), comes_in, "{at:?} {path}");
            }
        }
        // What a client asks for reaches the provider, whether somebody is signed in or not.
        let relying = scene.bridge.relying(&scene.workspace, "aisoule", None).await;
        let (browser, _) = scene.sign_in().await;
        let leads = async |more: &[(&str, &str)], cookie: &str| {
            let page = scene.bridge.page(&relying.query(more), cookie).await.expect(303);
            parameters(page.header("location").filter(|to| to.starts_with("/login?")).unwrap())
        };
        for held in ["", cookie(&browser).as_str()] {
            let login = leads(&[("prompt", "login")], held).await;
            assert!(login["prompt"] == "login" && login["return_to"].contains("authenticated_after="), "{login:?}");
        }
        let login = leads(&[("max_age", "60")], "").await;
        assert!(!login.contains_key("prompt") && login["return_to"].contains("max_age=60"), "{login:?}");
        assert!(!login["return_to"].contains("authenticated_after="), "{login:?}");
        scene.bridge.later(TimeDelta::seconds(120));
        let login = leads(&[("max_age", "60")], &cookie(&browser)).await;
        assert!(login["prompt"] == "login" && login["return_to"].contains("authenticated_after="), "{login:?}");
    }

    async fn github_cannot_be_asked_to_let_somebody_sign_in_anew(db) {
        let scene = Scene::new(db, 10, SeatPolicy::Reject, json!({"kind": "github"})).await;
        scene.sign_in().await.1.says(403, "You have no account here yet");
        let browser = scene.browser();
        browser.go(&format!("{}?prompt=login", scene.login())).await.says(400, "sign in anew, which was wanted here");
        assert!(scene.audit("sign_in.refused").await.iter().any(|row| row.to_string().contains("cannot_ask_again")));
    }

    async fn groups_and_roles_that_a_provider_names_are_noted_and_give_nothing(db) {
        let more = json!({"auto_create_users": true, "groups_claim": "groups", "roles_claim": "roles"});
        let scene = Scene::new(db, 10, SeatPolicy::Reject, more).await;
        let many: Vec<String> = (0..60).map(|number| format!("group {number}")).collect();
        scene.op.plan(|plan| plan.claims = vec![("groups", Some(json!(many))), ("roles", Some(json!("Admin")))]);
        scene.sign_in().await;
        let noted = scene.audit("identity.claims").await;
        assert_eq!((&noted[0]["changes"]["groups"]["new"], &noted[0]["changes"]["roles"]["new"]), (&json!(many[..50]), &json!(["Admin"])));
        assert_eq!(scene.admin.get("/users?search=anna").await.data()["users"][0]["role"]["name"], "Agent");
        scene.op.plan(|plan| plan.claims = vec![("_claim_names", Some(json!({"groups": "src1"})))]);
        scene.sign_in().await;
        let noted = scene.audit("identity.claims").await;
        let sentences: Vec<&str> = noted.iter().filter_map(|row| row["changes"]["groups"]["new"].as_str()).collect();
        assert_eq!(sentences, ["too many for the token; the groups that provisioning sends count"]);
    }

    async fn a_logout_of_a_session_that_is_not_known_by_its_name_ends_those_that_may_be_it(db) {
        let scene = Scene::jit(db).await;
        let url = format!("http://{}/sso/{}/backchannel-logout", scene.bridge.address, scene.connection);
        scene.op.plan(|plan| plan.claims = vec![("sid", None)]);
        scene.person("00u-ben", "ben@x.example", json!(true));
        let (ben, _) = scene.sign_in().await;
        scene.person("00u-anna", "anna@x.example", json!(true));
        let (nameless, _) = scene.sign_in().await;
        scene.op.plan(|plan| plan.claims = vec![("sid", Some(json!("sid-2")))]);
        let (other, _) = scene.sign_in().await;
        let key = Signer::Rsa(0, jsonwebtoken::Algorithm::RS256);
        let token = scene.op.logout_token(&vec![], &vec![], &key);
        assert_eq!(scene.op.post_logout(&url, &token).await.status, 200);
        assert_eq!(nameless.who(&scene.bridge).await, None);
        assert!(other.who(&scene.bridge).await.is_some() && ben.who(&scene.bridge).await.is_some());
    }

    async fn whom_the_provider_turns_away_is_told_whom_to_ask(db) {
        let scene = Scene::jit(db).await;
        let browser = scene.browser();
        let at_provider = browser.leads(&scene.login()).await;
        let state = parameters(&at_provider)["state"].clone();
        let words = format!("AADSTS50105:%20not%20assigned%0A{}", "x".repeat(400));
        let page = browser.get(&format!("/sso/{}/callback?state={state}&error=access_denied&error_description={words}", scene.connection)).await;
        page.says(403, "Your company&#39;s provider did not let you in");
        let noted = scene.audit("sign_in.refused").await[0]["changes"]["refused"]["new"].as_str().unwrap().to_owned();
        assert!(noted.contains("It says: AADSTS50105: not assigned") && noted.len() < 450 && !noted.contains('\n'), "{noted}");
    }

    async fn logging_out_goes_on_to_the_provider_and_comes_back_with_the_same_state(db) {
        let scene = Scene::jit(db).await;
        for (module, state, status) in [
            ("oidcc-client-test-rp-init-logout", None, 200),
            ("oidcc-client-test-rp-init-logout-other-state", Some(Some("other".to_owned())), 400),
            ("oidcc-client-test-rp-init-logout-no-state", Some(None), 400),
        ] {
            scene.op.plan(|plan| plan.end_state = state);
            let (browser, _) = scene.sign_in().await;
            let onward = log_out(&browser).await;
            assert_eq!(browser.who(&scene.bridge).await, None, "{module}");
            let said = parameters(&onward);
            assert!(onward.starts_with(&format!("{}/end_session?", scene.op.issuer())), "{onward}");
            assert!(said["id_token_hint"].starts_with("eyJ") && said["state"].len() > 16, "{onward}");
            assert!(said["post_logout_redirect_uri"].ends_with(&format!("/sso/{}/logged-out", scene.connection)), "{onward}");
            let page = browser.go(&onward).await;
            page.says(status, if status == 200 { "You are logged out" } else { "Nothing was logged out here" });
            assert_eq!(browser.who(&scene.bridge).await, None, "{module}");
        }
    }

    async fn a_domain_is_proved_by_its_record_and_stays_so_where_the_record_is_lost(db) {
        let dns = Dns::start().await;
        let mut settings = db.settings();
        settings.sso.dns_server = Some(dns.address);
        let scene = Scene::at(db.bridge_with(settings).await, 10, SeatPolicy::Reject, json!({})).await;
        let made = scene.admin.post("/domains", json!({"domain": "X.example", "connection_id": scene.connection})).await.expect(201).data().clone();
        let (name, value) = (made["record_name"].as_str().unwrap(), made["record_value"].as_str().unwrap());
        assert_eq!((&made["domain"], &made["is_proved"]), (&json!("x.example"), &json!(false)));
        let verify = async || scene.admin.post("/domains/x.example/verify", json!({})).await.expect(200).data().clone();
        let missing = verify().await;
        assert!(missing["is_proved"] == false && missing["problem"].is_string(), "{missing}");
        dns.set_texts(name, &["aisoule-domain=something-else", "v=spf1 -all"]);
        let wrong = verify().await;
        assert!(wrong["is_proved"] == false && wrong["problem"].as_str().unwrap().contains(value), "{wrong}");
        dns.set_texts(name, &["v=spf1 -all", value]);
        let right = verify().await;
        assert!(right["is_proved"] == true && right["problem"].is_null(), "{right}");
        // Looked for again once a day: gone, and told of, and it counts all the same.
        let app = &scene.bridge.app;
        let look = async || worker::domains::look(&app.store, &app.commands, &app.resolver, &app.clock).await.unwrap();
        assert_eq!(look().await, 0);
        for (lost, is_well) in [(Named::default(), false), (Named { fails: true, ..Named::default() }, false)] {
            dns.set(name, lost);
            scene.bridge.later(TimeDelta::hours(25));
            assert_eq!(look().await, 1);
            let now = scene.admin.get("/domains").await.expect(200).data()["domains"][0].clone();
            assert_eq!((&now["is_proved"], now["problem"].is_null()), (&json!(true), is_well), "{now}");
        }
        assert!(!scene.audit("domain.checked").await.is_empty());
    }

    async fn the_login_page_leads_to_the_connection_of_an_address_and_shows_the_others(db) {
        let scene = Scene::new(db, 10, SeatPolicy::Reject, json!({})).await;
        let browser = scene.browser();
        let workspace = scene.workspace.id;
        let page = browser.get(&format!("/login?workspace={workspace}")).await;
        page.says(200, "Log in with op");
        assert!(page.text().contains(&format!("/sso/{}/login", scene.connection)), "{}", page.text());
        scene.prove("x.example").await;
        scene.admin.post("/domains", json!({"domain": "x.example", "connection_id": scene.connection})).await.expect(201);
        let form = hidden(&browser.get("/login").await.text(), "form");
        let led = browser.post("/login", &[("form", &form), ("email", "anna@X.example")]).await;
        led.says(200, &format!("/sso/{}/login?", scene.connection));
        led.says(200, "login_hint=anna");
        let led = browser.post("/login", &[("form", &form), ("email", "anna@elsewhere.example")]).await;
        led.says(200, "password");
    }

    async fn a_provider_may_begin_by_a_form_too(db) {
        let scene = Scene::jit(db).await;
        let browser = scene.browser();
        let path = format!("/sso/{}/initiate", scene.connection);
        browser.post(&path, &[("iss", "https://evil.example")]).await.says(400, "does not come from your company");
        let begun = browser.post(&path, &[("iss", &scene.op.issuer()), ("target_link_uri", "/settings/users")]).await;
        let back = browser.leads(begun.header("location").unwrap()).await;
        assert_eq!(browser.leads(&back).await, browser.url("/settings/users"));
        assert!(browser.who(&scene.bridge).await.is_some());
    }

    async fn a_stranger_at_a_client_of_another_workspace_is_not_named_there(db) {
        let scene = Scene::jit(db).await;
        let other = scene.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        let eve = person(&scene.bridge, &other, "eve@other.example", "Admin", false).await;
        let relying = scene.bridge.relying(&scene.workspace, "aisoule", None).await;
        let (_, held) = scene.bridge.signed_in(&eve, Door::Password).await;
        let page = scene.bridge.page(&relying.query(&[]), &held).await.expect(403);
        let workspace = format!("workspace={}", scene.workspace.id);
        assert!(page.text().contains("/login?prompt=login") && page.text().contains(&workspace), "{}", page.text());
        let noted = scene.audit("client.authorize.refused").await;
        let text = noted[0].to_string();
        assert!(noted[0]["actor"]["kind"] == "visitor" && !text.contains("eve") && !text.contains(&eve.id.to_string()), "{text}");
        assert!(!text.contains(&eve.full_name()), "{text}");
    }

    async fn whoever_works_in_a_client_is_not_put_out_for_being_idle(db) {
        let scene = Scene::jit(db).await;
        let relying = scene.bridge.relying(&scene.workspace, "aisoule", None).await;
        let idle = scene.bridge.app.settings.sessions.lifetime().idle;
        let (browser, _) = scene.sign_in().await;
        let mut tokens = relying.tokens(&scene.bridge, &cookie(&browser), "openid").await;
        let (apart, _) = scene.sign_in().await;
        let offline = relying.tokens(&scene.bridge, &cookie(&apart), "openid offline_access").await;
        let (mut refresh, step) = (offline.refresh, idle * 2 / 3);
        for _ in 0..2 {
            scene.bridge.later(step);
            tokens = crate::support::relying::Tokens::of(&relying.refresh(&scene.bridge, &tokens.refresh).await.expect(200));
            refresh = crate::support::relying::Tokens::of(&relying.refresh(&scene.bridge, &refresh).await.expect(200)).refresh;
        }
        assert!(browser.who(&scene.bridge).await.is_some());
        // What outlives a session keeps none alive.
        assert_eq!(apart.who(&scene.bridge).await, None);
        // Userinfo is use as well.
        let visitor = aisoule_bridge::http::session::visitor(&scene.bridge.app, &browser.headers()).await.unwrap();
        let session = visitor.unwrap().session;
        scene.bridge.later(TimeDelta::seconds(90));
        tokens.userinfo(&scene.bridge).await.expect(200);
        for _ in 0..1_000 {
            let mut conn = scene.bridge.app.store.read().await.unwrap();
            if aisoule_bridge::store::sessions::last_seen(&mut conn, session.id).await.unwrap().unwrap() > session.last_seen_at {
                return;
            }
            drop(conn);
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the use of a session was not noted");
    }
}
