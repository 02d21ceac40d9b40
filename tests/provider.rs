//! The bridge as AIsoule's OpenID Provider: a whole sign-in as a client sees it, what it is told, and for how long.

use std::time::{Duration, Instant};

use aisoule_bridge::command::people::{ByHand, EditByHand};
use aisoule_bridge::command::sessions::EndSession;
use aisoule_bridge::command::users::{CreateUser, RoleChoice};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::email::Email;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::session::{Door, Stage, Upstream};
use aisoule_bridge::domain::user::{Profile, User, UserDraft};
use aisoule_bridge::domain::version::Expected;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::{ConnectionId, UserId};
use aisoule_bridge::outbound::Outbound;
use aisoule_bridge::provider::ring::Kind;
use aisoule_bridge::worker::provider::{Parts, Rotation, rotate, see_to_age};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::browser::Page;
use crate::support::program::Program;
use crate::support::relying::{Relying, Tokens, parameters};
use crate::support::{Bridge, Fresh, on_both};

pub async fn acme(bridge: &Bridge) -> (Workspace, User, Relying) {
    let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
    let user = bridge.user(&workspace, "anna@acme.example", "Agent", false).await;
    let relying = bridge.relying(&workspace, "aisoule", None).await;
    (workspace, user, relying)
}

pub async fn set_active(bridge: &Bridge, user: &User, is_active: bool) {
    let edit = EditByHand {
        workspace: user.workspace_id,
        id: user.id,
        expected: Expected::Any,
        changes: ByHand { is_active: Some(is_active), ..ByHand::default() },
        overrule: true,
    };
    bridge.app.commands.execute(&Actor::operator(), edit).await.unwrap();
}

fn by_sso() -> Door {
    let upstream = Upstream {
        connection: ConnectionId::fresh(),
        issuer: "https://idp.example".into(),
        subject: "x".into(),
        sid: None,
        id_token: None,
        email_vouched: true,
    };
    Door::Sso(upstream)
}

on_both! {
    async fn a_client_signs_somebody_in_from_what_discovery_says(db) {
        let bridge = db.bridge().await;
        let (workspace, user, relying) = acme(&bridge).await;
        let admin = bridge.admin(&workspace).await;
        let team = admin.post("/teams", json!({"name": "Support"})).await.expect(201).made();
        admin.post(&format!("/teams/{team}/members"), json!({"user_id": user.id, "role": "manager"})).await.expect(201);
        let base = format!("http://{}", bridge.address);
        let found = bridge.page("/.well-known/openid-configuration", "").await.expect(200).json;
        assert_eq!((&found["issuer"], &found["authorization_response_iss_parameter_supported"]), (&json!(base), &json!(true)));
        for (name, path) in [("authorization_endpoint", "/oauth/authorize"), ("token_endpoint", "/oauth/token"), ("userinfo_endpoint", "/oauth/userinfo"),
            ("introspection_endpoint", "/oauth/introspect"), ("revocation_endpoint", "/oauth/revoke"), ("end_session_endpoint", "/oauth/logout"), ("jwks_uri", "/.well-known/jwks.json")] {
            assert_eq!(found[name], format!("{base}{path}"));
        }
        // Nobody is signed in yet: the way leads over the login page and back to the same request.
        let login = bridge.page(&relying.query(&[("login_hint", "anna@acme.example")]), "").await.expect(303);
        let login = parameters(login.header("location").filter(|to| to.starts_with("/login?")).unwrap());
        assert_eq!((login["email"].as_str(), login["workspace"].as_str()), ("anna@acme.example", workspace.id.to_string().as_str()));
        let (session, cookie) = bridge.signed_in(&user, Door::Password).await;
        let back = bridge.page(&login["return_to"], &cookie).await.expect(303);
        assert_eq!((back.header("cache-control"), back.header("referrer-policy")), (Some("no-store"), Some("no-referrer")));
        let back = back.header("location").unwrap().to_owned();
        assert!(back.starts_with(&format!("{}&code=aisc_", relying.redirect_uri)), "{back}");
        let back = parameters(&back);
        assert_eq!((back["state"].as_str(), back["iss"].as_str(), back["kept"].as_str()), ("a state & more", base.as_str(), "1"));
        let given = relying.redeem(&bridge, &back["code"]).await.expect(200);
        assert_eq!((given.header("cache-control"), &given.json["token_type"], &given.json["expires_in"], &given.json["scope"]),
            (Some("no-store"), &json!("Bearer"), &json!(300), &json!("openid profile email")));
        let tokens = Tokens::of(&given);
        let (header, claims) = bridge.read_jwt(&tokens.id, &relying.id).await;
        assert_eq!((&header["typ"], header["kid"].is_string()), (&json!("JWT"), true));
        assert_eq!((&claims["sub"], &claims["nonce"], &claims["sid"], &claims["amr"], &claims["name"], &claims["email"]),
            (&json!(user.id), &json!("n-1"), &json!(session), &json!(["pwd"]), &json!(user.full_name()), &json!("anna@acme.example")));
        assert!(claims.get("role").is_none() && claims.get("email_verified").is_none() && claims["auth_time"].is_i64() && claims["at_hash"].is_string());
        let told = tokens.userinfo(&bridge).await.expect(200).json;
        assert_eq!((&told["sub"], &told["role"], &told["workspace"]["name"], &told["teams"][0]["name"], &told["teams"][0]["role"]),
            (&json!(user.id), &json!("Agent"), &json!("Acme"), &json!("Support"), &json!("manager")));
        assert_eq!(told["permissions"], json!(["users:read", "teams:read", "chat:read", "chat:write"]));
        // Nobody has shown that the address is theirs.
        assert!(told.get("email_verified").is_none());
        let worth = relying.post(&bridge, "/oauth/introspect", &[("token", &tokens.access)]).await.expect(200).json;
        assert_eq!((&worth["active"], &worth["sub"], &worth["client_id"], &worth["scope"]), (&json!(true), &json!(user.id), &json!(relying.id), &json!("openid profile email")));
        let audit = admin.get("/audit?action=client.authorized").await.expect(200);
        assert_eq!(audit.data()["entries"].as_array().or(audit.data()["items"].as_array()).map(Vec::len), Some(1), "{}", audit.json);
    }

    async fn somebody_logs_in_by_the_page_and_comes_back_to_the_client(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let relying = bridge.relying(&workspace, "aisoule", None).await;
        let password = "correct horse, battery staple";
        let create = CreateUser {
            workspace: workspace.id,
            id: UserId::fresh(),
            draft: UserDraft { profile: Profile::by_hand(&Email::parse("anna@acme.example").unwrap(), "Anna"), active: Some(true) },
            password_hash: Some(aisoule_bridge::password::hash(password.into()).await.unwrap()),
            role: RoleChoice::Default,
            protected: false,
            provisioned: false,
        };
        let user = bridge.app.commands.execute(&Actor::operator(), create).await.unwrap();
        let mut browser = bridge.browser();
        let to = |page: &Page| page.leads_to().unwrap_or_else(|| panic!("leads nowhere: {}", page.answer.status)).to_owned();
        let login = to(&browser.get(&relying.query(&[("login_hint", "anna@acme.example")])).await);
        let asked = parameters(&login);
        let fields = [("workspace", asked["workspace"].as_str()), ("return_to", asked["return_to"].as_str()), ("email", "anna@acme.example")];
        let page = browser.post(&login, "/login/password", &[&[("password", password)], &fields[..]].concat()).await;
        assert!(page.answer.status < 400, "{}", page.answer.status);
        let back = to(&browser.get(&asked["return_to"]).await);
        assert!(back.starts_with(&relying.redirect_uri), "{back}");
        let tokens = Tokens::of(&relying.redeem(&bridge, &parameters(&back)["code"]).await.expect(200));
        assert_eq!(tokens.userinfo(&bridge).await.expect(200).json["sub"], json!(user.id));
        // Whoever is signed in needs no page any more, but where the client wants one.
        assert!(to(&browser.get(&relying.query(&[])).await).contains("code="));
        let again = to(&browser.get(&relying.query(&[("prompt", "login")])).await);
        assert!(browser.get(&again).await.hidden("form").is_some());
    }

    async fn the_directory_is_asked_at_each_request(db) {
        let bridge = db.bridge().await;
        let (workspace, user, relying) = acme(&bridge).await;
        let admin = bridge.admin(&workspace).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let tokens = relying.tokens(&bridge, &cookie, "openid aisoule").await;
        let (_, claims) = bridge.read_jwt(&tokens.id, &relying.id).await;
        assert_eq!((&claims["role"], claims.get("email"), claims.get("name")), (&json!("Agent"), None, None));
        let manager = admin.role("Manager").await;
        admin.put(&format!("/users/{}", user.id), json!({"role_id": manager})).await.expect(200);
        let told = tokens.userinfo(&bridge).await.expect(200).json;
        assert!(told["role"] == "Manager" && told["permissions"].as_array().unwrap().contains(&json!("teams:write")));
    }

    async fn an_address_is_called_verified_where_it_was_shown_to_be_theirs(db) {
        let bridge = db.bridge().await;
        let (workspace, user, relying) = acme(&bridge).await;
        let admin = bridge.admin(&workspace).await;
        let told = async |cookie: &str| relying.tokens(&bridge, cookie, "openid email").await.userinfo(&bridge).await.expect(200).json;
        let (_, by_link) = bridge.signed_in(&user, Door::Link).await;
        assert_eq!(told(&by_link).await["email_verified"], true);
        let (_, by_sso) = bridge.signed_in(&user, by_sso()).await;
        assert!(told(&by_sso).await.get("email_verified").is_none());
        // Another address is not the one that was shown to be theirs.
        let tokens = relying.tokens(&bridge, &by_link, "openid email").await;
        admin.put(&format!("/users/{}", user.id), json!({"email": "other@acme.example"})).await.expect(200);
        let other = tokens.userinfo(&bridge).await.expect(200).json;
        assert_eq!((&other["email"], other.get("email_verified")), (&json!("other@acme.example"), None));
        assert!(told(&by_link).await.get("email_verified").is_none());
    }

    async fn a_refresh_token_turns_into_the_next_one_and_less_may_be_asked_for(db) {
        let bridge = db.bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let first = relying.tokens(&bridge, &cookie, "openid email").await;
        bridge.later(TimeDelta::seconds(301));
        first.userinfo(&bridge).await.expect(401);
        let second = Tokens::of(&relying.refresh(&bridge, &first.refresh).await.expect(200));
        assert!(second.refresh != first.refresh && second.access != first.access);
        second.userinfo(&bridge).await.expect(200);
        let (_, claims) = bridge.read_jwt(&second.id, &relying.id).await;
        assert!(claims.get("nonce").is_none() && claims["sub"] == json!(user.id));
        let more = [("grant_type", "refresh_token"), ("refresh_token", second.refresh.as_str()), ("scope", "openid aisoule")];
        assert_eq!(relying.post(&bridge, "/oauth/token", &more).await.expect(400).json["error"], "invalid_scope");
        let less = [("grant_type", "refresh_token"), ("refresh_token", second.refresh.as_str()), ("scope", "email")];
        let third = relying.post(&bridge, "/oauth/token", &less).await.expect(200).json;
        assert_eq!((&third["scope"], third.get("id_token")), (&json!("email"), None));
        let refused = bridge.client(third["access_token"].as_str().unwrap()).with("content-type", "");
        let refused = refused.send("GET", &format!("http://{}/oauth/userinfo", bridge.address), Vec::new()).await.expect(403);
        assert!(refused.header("www-authenticate").unwrap().contains("insufficient_scope"));
        // The refresh token is good for all that was given.
        let fourth = relying.refresh(&bridge, third["refresh_token"].as_str().unwrap()).await.expect(200).json;
        assert_eq!(fourth["scope"], "openid email");
    }

    async fn access_goes_as_far_as_the_session_and_offline_access_beyond(db) {
        let bridge = db.bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let bound = relying.tokens(&bridge, &cookie, "openid").await;
        let offline = relying.tokens(&bridge, &cookie, "openid offline_access").await;
        // Nobody uses the session for longer than it may rest.
        bridge.later(TimeDelta::hours(9));
        assert!(!relying.is_active(&bridge, &bound.refresh).await && relying.is_active(&bridge, &offline.refresh).await);
        assert_eq!(relying.refresh(&bridge, &bound.refresh).await.expect(400).json["error"], "invalid_grant");
        let next = Tokens::of(&relying.refresh(&bridge, &offline.refresh).await.expect(200));
        bridge.later(TimeDelta::days(29));
        let next = Tokens::of(&relying.refresh(&bridge, &next.refresh).await.expect(200));
        // Thirty days after the sign-in it ends, however often it was renewed.
        bridge.later(TimeDelta::days(1));
        relying.refresh(&bridge, &next.refresh).await.expect(400);
        next.userinfo(&bridge).await.expect(401);
    }

    async fn everything_dies_with_the_session_by_hand_and_with_the_person(db) {
        let bridge = db.bridge().await;
        let (workspace, user, relying) = acme(&bridge).await;
        for scope in ["openid", "openid offline_access"] {
            let (session, cookie) = bridge.signed_in(&user, Door::Password).await;
            let tokens = relying.tokens(&bridge, &cookie, scope).await;
            let end = EndSession { workspace: workspace.id, user: user.id, session, reason: "logout" };
            bridge.app.commands.execute(&Actor::operator(), end).await.unwrap();
            tokens.userinfo(&bridge).await.expect(401);
            relying.refresh(&bridge, &tokens.refresh).await.expect(400);
        }
        // An Admin's new password for somebody ends it too.
        let admin = bridge.admin(&workspace).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let tokens = relying.tokens(&bridge, &cookie, "openid offline_access").await;
        admin.put(&format!("/users/{}", user.id), json!({"password": "another horse, another battery"})).await.expect(200);
        tokens.userinfo(&bridge).await.expect(401);
        relying.refresh(&bridge, &tokens.refresh).await.expect(400);
        // Also where the session has been over for long.
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let tokens = relying.tokens(&bridge, &cookie, "openid offline_access").await;
        let code = relying.code(&bridge, &cookie, &[]).await;
        bridge.later(TimeDelta::seconds(30));
        set_active(&bridge, &user, false).await;
        assert!(!relying.is_active(&bridge, &tokens.access).await);
        tokens.userinfo(&bridge).await.expect(401);
        relying.refresh(&bridge, &tokens.refresh).await.expect(400);
        relying.redeem(&bridge, &code).await.expect(400);
        bridge.page(&relying.query(&[]), &cookie).await.expect(303).header("location").filter(|to| to.starts_with("/login?")).unwrap();
        // And it stays dead when they come back.
        set_active(&bridge, &user, true).await;
        relying.refresh(&bridge, &tokens.refresh).await.expect(400);
        tokens.userinfo(&bridge).await.expect(401);
    }

    async fn a_revoked_token_is_worth_nothing_and_a_revoked_refresh_token_takes_all_with_it(db) {
        let bridge = db.bridge().await;
        let (workspace, user, relying) = acme(&bridge).await;
        let admin = bridge.admin(&workspace).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let tokens = relying.tokens(&bridge, &cookie, "openid").await;
        assert!(relying.post(&bridge, "/oauth/revoke", &[("token", &tokens.access)]).await.expect(200).bytes.is_empty());
        assert!(!relying.is_active(&bridge, &tokens.access).await && relying.is_active(&bridge, &tokens.refresh).await);
        relying.post(&bridge, "/oauth/revoke", &[("token", &tokens.refresh), ("token_type_hint", "access_token")]).await.expect(200);
        assert!(!relying.is_active(&bridge, &tokens.refresh).await);
        relying.post(&bridge, "/oauth/revoke", &[("token", "aisr_nothing")]).await.expect(200);
        // A client that is revoked itself has nothing any more.
        let tokens = relying.tokens(&bridge, &cookie, "openid").await;
        admin.delete(&format!("/login-clients/{}", relying.id)).await.expect(200);
        tokens.userinfo(&bridge).await.expect(401);
        relying.post(&bridge, "/oauth/introspect", &[("token", &tokens.access)]).await.expect(401);
        bridge.page(&relying.query(&[]), &cookie).await.expect(400);
    }

    async fn whoever_must_sign_in_anew_does_so_once(db) {
        let bridge = db.bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let (_, old) = bridge.signed_in(&user, Door::Password).await;
        bridge.later(TimeDelta::seconds(90));
        relying.code(&bridge, &old, &[("max_age", "120")]).await;
        for more in [("prompt", "login"), ("max_age", "60"), ("max_age", "0"), ("prompt", "select_account")] {
            let login = bridge.page(&relying.query(&[more]), &old).await.expect(303);
            let login = parameters(login.header("location").filter(|to| to.starts_with("/login?")).unwrap());
            assert_eq!(login["prompt"], "login");
            // The session from before does not do, however the way back is taken.
            let again = bridge.page(&login["return_to"], &old).await.expect(303);
            assert!(again.header("location").unwrap().starts_with("/login?"));
            let (_, new) = bridge.signed_in(&user, Door::Password).await;
            let back = bridge.page(&login["return_to"], &new).await.expect(303);
            assert!(back.header("location").unwrap().contains("code="), "{more:?}");
        }
        let refused = relying.ask(&bridge, &old, &[("prompt", "none"), ("max_age", "60")]).await;
        assert_eq!(refused["error"], "login_required");
        assert!(relying.ask(&bridge, &old, &[("prompt", "none")]).await.contains_key("code"));
        let (_, half) = bridge.signed_in_as_far_as(&user, Door::Password, Stage::SecondFactor).await;
        assert_eq!(relying.ask(&bridge, &half, &[("prompt", "none")]).await["error"], "login_required");
    }

    async fn a_client_signs_somebody_out_from_their_own_session_and_asks_first_otherwise(db) {
        let bridge = db.bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let tokens = relying.tokens(&bridge, &cookie, "openid").await;
        let path = |pairs: &[(&str, &str)]| format!("/oauth/logout?{}", crate::support::relying::encoded(pairs));
        let bye = ("post_logout_redirect_uri", "https://aisoule.example/bye");
        // Somebody else's hint, or none: the person is asked.
        let (_, other) = bridge.signed_in(&user, Door::Password).await;
        let asked = bridge.page(&path(&[bye, ("id_token_hint", &tokens.id), ("state", "<s>\"&")]), &other).await.expect(200);
        let page = String::from_utf8(asked.bytes.clone()).unwrap();
        assert!(page.contains("Sign out?") && !page.contains("<s>") && page.contains("&#60;s&#62;&#34;&#38;"), "{page}");
        let proof = page.split("name=\"proof\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let origin = format!("http://{}", bridge.address);
        let fields = [bye, ("id_token_hint", tokens.id.as_str()), ("state", "s"), ("proof", proof)];
        // A form of another site does nothing, nor one without its proof.
        for (headers, fields) in [
            (vec![("cookie", other.as_str()), ("origin", "https://evil.example")], &fields[..]),
            (vec![("cookie", other.as_str()), ("origin", origin.as_str())], &fields[..3]),
        ] {
            let refused = bridge.form("/oauth/logout", &headers, fields).await.expect(200);
            assert!(String::from_utf8_lossy(&refused.bytes).contains("Sign out?"));
        }
        let out = bridge.form("/oauth/logout", &[("cookie", &other), ("origin", &origin)], &fields).await.expect(200);
        let page = String::from_utf8(out.bytes.clone()).unwrap();
        assert!(page.contains("https://aisoule.example/bye?state=s") && out.header("set-cookie").unwrap().contains("Max-Age=0"), "{page}");
        assert!(bridge.page(&relying.query(&[]), &other).await.header("location").unwrap().starts_with("/login"));
        // Their own session's hint needs no question, also when it expired.
        bridge.later(TimeDelta::hours(1));
        let out = bridge.page(&path(&[bye, ("id_token_hint", &tokens.id), ("state", "x")]), &cookie).await.expect(303);
        assert_eq!(out.header("location"), Some("https://aisoule.example/bye?state=x"));
        tokens.userinfo(&bridge).await.expect(401);
        assert!(bridge.page(&relying.query(&[]), &cookie).await.header("location").unwrap().starts_with("/login"));
        // Whoever is out already just goes on; nobody goes where the client does not say so beforehand.
        bridge.page(&path(&[bye, ("client_id", &relying.id)]), "").await.expect(303);
        for bad in ["https://evil.example/", "https://aisoule.example/bye/", "https://aisoule.example/bye?x=1", "javascript:alert(1)"] {
            bridge.page(&path(&[("post_logout_redirect_uri", bad), ("id_token_hint", &tokens.id)]), "").await.expect(400);
        }
        bridge.page(&path(&[bye]), "").await.expect(400);
        bridge.page(&path(&[bye, ("id_token_hint", &tokens.id), ("client_id", "other")]), "").await.expect(400);
        // With what another site posts comes no cookie: the same request comes back as a GET.
        let posted = bridge.form("/oauth/logout", &[], &[bye, ("id_token_hint", &tokens.id)]).await.expect(303);
        assert!(posted.header("location").unwrap().starts_with("/oauth/logout?"));
    }

    async fn a_request_may_be_posted(db) {
        let bridge = db.bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let query = relying.query(&[]);
        let pairs: Vec<(String, String)> = parameters(&query).into_iter().collect();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let elsewhere = bridge.form("/oauth/authorize", &[], &pairs).await.expect(303);
        let again = bridge.page(elsewhere.header("location").unwrap(), &cookie).await.expect(303);
        assert!(again.header("location").unwrap().contains("code="));
        let here = bridge.form("/oauth/authorize", &[("cookie", &cookie)], &pairs).await.expect(303);
        assert!(here.header("location").unwrap().contains("code="));
    }

    async fn a_new_key_is_published_a_day_before_it_signs_and_an_old_one_until_all_is_over(db) {
        let (on, url) = (db.on, db.url.clone());
        let bridge = db.bridge().await;
        let other = Fresh::over(on, url).bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let kids = async |bridge: &Bridge| -> Vec<String> {
            let keys = bridge.page("/.well-known/jwks.json", "").await.expect(200).json;
            keys["keys"].as_array().unwrap().iter().map(|key| {
                assert!(key.get("d").is_none() && key["alg"] == "ES256");
                key["kid"].as_str().unwrap().to_owned()
            }).collect()
        };
        let signed_by = async |bridge: &Bridge| {
            let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
            let tokens = relying.tokens(bridge, &cookie, "openid").await;
            (bridge.read_jwt(&tokens.id, &relying.id).await.0["kid"].as_str().unwrap().to_owned(), tokens)
        };
        assert_eq!(kids(&bridge).await, ["key-1"]);
        let parts = parts(&bridge);
        see_to_age(&parts).await.unwrap();
        assert_eq!(kids(&bridge).await, ["key-1"]);
        for bridge in [&bridge, &other] {
            bridge.later(TimeDelta::days(89));
        }
        // Two bridges see to it, and one key is made.
        see_to_age(&parts).await.unwrap();
        see_to_age(&self::parts(&other)).await.unwrap();
        assert_eq!(kids(&bridge).await, ["key-2", "key-1"]);
        let (signed, tokens) = signed_by(&bridge).await;
        assert_eq!(signed, "key-1");
        for bridge in [&bridge, &other] {
            bridge.later(TimeDelta::hours(25));
        }
        assert_eq!(signed_by(&bridge).await.0, "key-2");
        assert_eq!((signed_by(&other).await.0, kids(&other).await), ("key-2".to_owned(), vec!["key-2".to_owned(), "key-1".to_owned()]));
        bridge.read_jwt(&tokens.id, &relying.id).await;
        bridge.later(TimeDelta::hours(24));
        assert_eq!(kids(&bridge).await, ["key-2"]);
        see_to_age(&parts).await.unwrap();
        // One that signs at once is found by a bridge that has not heard of it, when it meets a token of it.
        let now = bridge.app.clock.now();
        let rotation = |longest_token| Rotation { older_than: None, signs_from: now, longest_token };
        assert!(rotate(&bridge.app.ring, &bridge.app.commands, rotation(Some(TimeDelta::minutes(5))), now).await.unwrap());
        let (signed, tokens) = signed_by(&bridge).await;
        assert_eq!(signed, "key-3");
        // It looks for new keys again a moment after its last look, and not at each token.
        let started = Instant::now();
        while other.app.ring.verify::<Value>(Kind::Id, &tokens.id, now).await.is_none() {
            assert!(started.elapsed() < Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // One that may have leaked is good for nothing at once, and what was to sign tomorrow never does.
        let later = Rotation { signs_from: now + TimeDelta::days(1), ..rotation(Some(TimeDelta::minutes(5))) };
        assert!(rotate(&bridge.app.ring, &bridge.app.commands, later, now).await.unwrap());
        assert!(rotate(&bridge.app.ring, &bridge.app.commands, rotation(None), now).await.unwrap());
        assert_eq!((kids(&bridge).await, signed_by(&bridge).await.0), (vec!["key-5".to_owned()], "key-5".to_owned()));
        let now = bridge.app.clock.now();
        assert!(bridge.app.ring.verify::<Value>(Kind::Id, &tokens.id, now).await.is_none());
        bridge.later(TimeDelta::days(2));
        assert_eq!(signed_by(&bridge).await.0, "key-5");
    }

    async fn a_client_is_made_on_the_command_line_and_shown_with_the_others(db) {
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "growth"]);
        let writer = program.says(&["client", "add", "--workspace", "Acme", "--name", "entra"]);
        let made = program.says(&["client", "add", "--workspace", "Acme", "--name", "AIsoule", "--redirect-uri", "https://app.aisoule.com/cb", "--redirect-uri", "http://127.0.0.1:7/cb",
            "--post-logout-redirect-uri", "https://app.aisoule.com/", "--backchannel-logout-uri", "https://app.aisoule.com/out"]);
        let (id, secret) = made.trim_end().split_once('\n').unwrap();
        assert!(id.starts_with("client-") && secret.starts_with("aiss_"), "{made}");
        for bad in ["http://app.aisoule.com/cb", "https://app.aisoule.com/cb#x", "https://*.aisoule.com/cb", "aisoule://cb", "/cb"] {
            let refused = program.fails(&["client", "add", "--workspace", "Acme", "--name", "x", "--redirect-uri", bad]);
            assert!(refused.contains("redirect_uris: "), "{refused}");
        }
        program.fails(&["client", "add", "--workspace", "Acme", "--name", "x", "--backchannel-logout-uri", "https://a.example/"]);
        program.fails(&["client", "add", "--workspace", "Acme", "--name", "x", "--redirect-uri", "https://a.example/", "--scope", "scim"]);
        let list = program.says(&["client", "list", "--workspace", "Acme"]);
        assert!(list.contains("sign-in") && list.contains("entra") && !list.contains(secret), "{list}");
        assert!(program.says(&["doctor"]).contains("2 OAuth clients"));
        for client in [id, writer.lines().next().unwrap()] {
            program.says(&["client", "revoke", "--workspace", "Acme", client]);
            assert!(program.fails(&["client", "revoke", "--workspace", "Acme", client]).contains("there is no living client"));
        }
        assert!(program.says(&["keys", "list"]).lines().count() <= 3);
        assert!(program.says(&["keys", "rotate", "--now"]).contains("signs from"));
        let keys = program.says(&["keys", "list"]);
        assert!(keys.contains("key-2") && keys.contains("signs") && keys.contains("over"), "{keys}");
    }

    async fn clients_are_made_and_revoked_over_the_rest_api(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let made = admin.post("/login-clients", json!({"name": "AIsoule", "redirect_uris": ["https://a.example/cb"]})).await.expect(201);
        assert!(made.data()["secret"].as_str().unwrap().starts_with("aiss_") && made.data()["issuer"] == format!("http://{}", bridge.address));
        let listed = admin.get("/login-clients").await.expect(200);
        assert!(!listed.json.to_string().contains("aiss_") && listed.data()["login_clients"][0]["redirect_uris"] == json!(["https://a.example/cb"]), "{}", listed.json);
        for bad in [json!([]), json!(["http://a.example/"]), json!(["https://a.example/#"]), json!(vec!["https://a.example/"; 21])] {
            admin.post("/login-clients", json!({"name": "x", "redirect_uris": bad})).await.refused(400, "invalid");
        }
        admin.post("/login-clients", json!({"name": "x", "redirect_uris": ["https://a.example/"], "backchannel_logout_uri": "ftp://x"})).await.refused(400, "invalid");
        let path = format!("/login-clients/{}", made.made());
        admin.delete(&path).await.expect(200);
        admin.delete(&path).await.refused(404, "not_found");
    }
}

/// What the work by the clock needs, for a test that takes a step of it by itself.
pub fn parts(bridge: &Bridge) -> Parts {
    let app = &bridge.app;
    Parts {
        store: app.store.clone(),
        commands: app.commands.clone(),
        clock: app.clock.clone(),
        ring: std::sync::Arc::clone(&app.ring),
        issuer: app.public_url.clone(),
        outbound: Outbound::new(&app.settings.outbound()).unwrap(),
        key_age: app.settings.provider.key_age(),
        longest_token: TimeDelta::minutes(5),
    }
}
