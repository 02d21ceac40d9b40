//! What nobody may get from the bridge's own provider, however they ask.

use std::collections::BTreeSet;

use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::session::Door;
use aisoule_bridge::store::audit;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use futures_util::future::join_all;

use crate::provider::{acme, set_active};
use crate::support::relying::{Relying, VERIFIER, parameters};
use crate::support::{Bridge, on_both};

/// How often something stands in the audit log about a client.
async fn noted(bridge: &Bridge, relying: &Relying, action: &str) -> usize {
    let mut conn = bridge.app.store.read().await.unwrap();
    let rows = audit::of_subject(&mut conn, relying.workspace, &relying.id).await.unwrap();
    rows.iter().filter(|row| row.action == action).count()
}

async fn redeem(bridge: &Bridge, relying: &Relying, pairs: &[(&str, &str)]) -> String {
    let answer = relying.post(bridge, "/oauth/token", pairs).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.status == 200 || answer.json.get("access_token").is_none(), "{}", answer.json);
    answer.json["error"].as_str().unwrap_or("none").to_owned()
}

on_both! {
    async fn of_fifty_who_redeem_a_code_at_once_one_gets_tokens_and_then_nobody_has_any(db) {
        let bridge = db.bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let code = relying.code(&bridge, &cookie, &[]).await;
        let answers = join_all((0..50).map(|_| relying.redeem(&bridge, &code))).await;
        let given: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(given.len(), 1);
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.json["error"] == "invalid_grant"));
        for name in ["access_token", "refresh_token"] {
            assert!(!relying.is_active(&bridge, given[0].json[name].as_str().unwrap()).await);
        }
        assert_eq!(noted(&bridge, &relying, "client.token_reused").await, 1);
    }

    async fn a_refresh_token_that_is_shown_again_ends_all_that_came_of_it(db) {
        let bridge = db.bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let first = relying.tokens(&bridge, &cookie, "openid").await;
        let other = relying.tokens(&bridge, &cookie, "openid").await;
        let second = relying.refresh(&bridge, &first.refresh).await.expect(200).json;
        let third = relying.refresh(&bridge, second["refresh_token"].as_str().unwrap()).await.expect(200).json;
        assert_eq!(relying.refresh(&bridge, &first.refresh).await.expect(400).json["error"], "invalid_grant");
        for token in [&third["refresh_token"], &third["access_token"], &second["access_token"]] {
            assert!(!relying.is_active(&bridge, token.as_str().unwrap()).await);
        }
        // Another sign-in of the same person is another matter.
        other.userinfo(&bridge).await.expect(200);
        assert_eq!(noted(&bridge, &relying, "client.token_reused").await, 1);
    }

    async fn a_code_is_good_for_its_client_its_address_and_its_verifier_alone(db) {
        let bridge = db.bridge().await;
        let (workspace, user, relying) = acme(&bridge).await;
        let thief = bridge.relying(&workspace, "thief", None).await;
        let elsewhere = bridge.workspace("Other", 5, SeatPolicy::Reject).await;
        let stranger = bridge.relying(&elsewhere, "stranger", None).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let code = relying.code(&bridge, &cookie, &[]).await;
        let grant = ("grant_type", "authorization_code");
        let (code, to, verifier) = (("code", code.as_str()), ("redirect_uri", relying.redirect_uri.as_str()), ("code_verifier", VERIFIER));
        for other in [&thief, &stranger] {
            assert_eq!(redeem(&bridge, other, &[grant, code, to, verifier]).await, "invalid_grant");
        }
        let (wrong, challenge) = (VERIFIER.replace('d', "e"), Relying::challenge());
        for (pairs, error) in [
            (vec![grant, code, to, ("code_verifier", &wrong)], "invalid_grant"), (vec![grant, code, to, ("code_verifier", &challenge)], "invalid_grant"),
            (vec![grant, code, to], "invalid_grant"), (vec![grant, code, verifier], "invalid_grant"), (vec![grant, code, ("redirect_uri", "https://first.example/cb"), verifier], "invalid_grant"),
            (vec![grant, to, verifier], "invalid_request"), (vec![grant, ("code", "aisc_nothing"), to, verifier], "invalid_grant"), (vec![grant, code, code, to, verifier], "invalid_request"),
            (vec![code, to, verifier], "unsupported_grant_type"), (vec![("grant_type", "client_credentials")], "unauthorized_client"), (vec![("grant_type", "implicit"), code], "unsupported_grant_type"),
            (vec![("grant_type", "refresh_token"), ("refresh_token", code.1)], "invalid_grant"), (vec![("grant_type", "refresh_token")], "invalid_request"),
        ] {
            assert_eq!(redeem(&bridge, &relying, &pairs).await, error, "{pairs:?}");
        }
        // None of that used it up; a minute does.
        assert_eq!(redeem(&bridge, &relying, &[grant, code, to, verifier]).await, "none");
        let late = relying.code(&bridge, &cookie, &[]).await;
        bridge.later(TimeDelta::seconds(61));
        assert_eq!(relying.redeem(&bridge, &late).await.expect(400).json["error"], "invalid_grant");
        // Nor does a code pass for an access token, or one kind for another.
        let tokens = relying.tokens(&bridge, &cookie, "openid").await;
        let mistaken = crate::support::relying::Tokens { access: tokens.refresh.clone(), ..tokens.clone() };
        mistaken.userinfo(&bridge).await.expect(401);
        for other in [&thief, &stranger] {
            assert_eq!(other.refresh(&bridge, &tokens.refresh).await.expect(400).json["error"], "invalid_grant");
            assert!(!other.is_active(&bridge, &tokens.access).await);
            other.post(&bridge, "/oauth/revoke", &[("token", &tokens.refresh)]).await.expect(200);
        }
        assert!(relying.is_active(&bridge, &tokens.refresh).await);
    }

    async fn nobody_asks_for_a_client_without_its_secret(db) {
        let bridge = db.bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let tokens = relying.tokens(&bridge, &cookie, "openid").await;
        let basic = |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        for path in ["/oauth/token", "/oauth/introspect", "/oauth/revoke"] {
            let pairs = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str()), ("token", tokens.access.as_str())];
            for authorization in ["", "Bearer x", "Basic !", &basic(&relying.id, "wrong"), &basic(&relying.id, ""), &basic("nobody", &relying.secret), &basic("%00", "x")] {
                let refused = bridge.form(path, &[("authorization", authorization)], &pairs).await.expect(401);
                assert_eq!(refused.json["error"], "invalid_client", "{path} {authorization}");
            }
            let named = [&pairs[..], &[("client_id", relying.id.as_str())]].concat();
            bridge.form(path, &[], &named).await.expect(401);
            let both = [&named[..], &[("client_secret", relying.secret.as_str())]].concat();
            assert_eq!(bridge.form(path, &[("authorization", &relying.basic())], &both).await.expect(400).json["error"], "invalid_request");
        }
        // In the form it may stand, and then it works.
        let posted = [("token", tokens.access.as_str()), ("client_id", &relying.id), ("client_secret", &relying.secret)];
        assert_eq!(bridge.form("/oauth/introspect", &[], &posted).await.expect(200).json["active"], true);
        assert_eq!(relying.post(&bridge, "/oauth/introspect", &[]).await.expect(400).json["error"], "invalid_request");
        for token in ["", "x", "aisa_", &tokens.id, "aisa_\0"] {
            let answer = relying.post(&bridge, "/oauth/introspect", &[("token", token), ("x", "y")]).await;
            assert!(answer.status == 400 || answer.json == serde_json::json!({"active": false}), "{token}");
        }
        // What SCIM takes is not taken here, and the other way round.
        bridge.client(&tokens.access).get("/Users").await.expect(401);
        let nobody = bridge.client("aisb_x").with("content-type", "");
        nobody.send("GET", &format!("http://{}/oauth/userinfo", bridge.address), Vec::new()).await.expect(401);
    }

    async fn nothing_leads_to_an_address_that_is_not_registered(db) {
        let bridge = db.bridge().await;
        let (workspace, user, relying) = acme(&bridge).await;
        let other = bridge.relying(&workspace, "other", None).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let good = relying.redirect_uri.clone();
        let mut bad: Vec<String> = [
            "https://evil.example/", "//evil.example/", "/login", "javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "https://first.example/cb/", "https://first.example/CB",
            "https://first.example/cb?", "https://first.example/cb#x", "https://first.example:443/cb", "https://first.example/cb/../cb", "https://first.example/%63b", "HTTPS://first.example/cb",
            "https://first.example@evil.example/cb", "https://first.example.evil.example/cb", "https://first.example/cb\r\nset-cookie: x=y", "https://first.example/cb\0", "*", "https://*/cb", " https://first.example/cb",
        ].map(str::to_owned).into();
        bad.extend([format!("{good}&x=y"), format!("{good}/"), good.to_uppercase(), other.redirect_uri.clone()]);
        for address in bad {
            for more in [vec![], vec![("response_type", "token")], vec![("prompt", "none")], vec![("request", "x")]] {
                let query = relying.query(&[&[("redirect_uri", address.as_str())], &more[..]].concat());
                for cookie in [cookie.as_str(), ""] {
                    let answer = bridge.page(&query, cookie).await.expect(400);
                    assert!(answer.header("location").is_none(), "{address:?}");
                    let page = String::from_utf8(answer.bytes).unwrap();
                    assert!(!page.contains("evil") && !page.contains("alert"), "{page}");
                }
            }
        }
        for query in [
            relying.query(&[("client_id", "nobody")]), relying.query(&[("client_id", "")]), relying.query(&[("redirect_uri", "")]), relying.query(&[("client_id", "<script>")]),
            format!("{}&redirect_uri=https%3A%2F%2Fevil.example", relying.query(&[])), format!("{}&client_id={}", relying.query(&[]), other.id), "/oauth/authorize".into(), "/oauth/authorize?%ff=%00".into(),
        ] {
            let answer = bridge.page(&query, &cookie).await.expect(400);
            assert!(answer.header("location").is_none() && answer.header("content-security-policy").is_some());
            assert!(!String::from_utf8(answer.bytes).unwrap().contains("<script"));
        }
    }

    async fn what_is_wrong_with_a_request_is_told_to_its_client(db) {
        let bridge = db.bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let plain = URL_SAFE_NO_PAD.encode([7_u8; 32]);
        for (more, error) in [
            (vec![("response_type", "token")], "unsupported_response_type"), (vec![("response_type", "code id_token")], "unsupported_response_type"), (vec![("response_type", "")], "invalid_request"),
            (vec![("code_challenge", "")], "invalid_request"), (vec![("code_challenge_method", "plain")], "invalid_request"), (vec![("code_challenge_method", "")], "invalid_request"),
            (vec![("code_challenge", "short")], "invalid_request"), (vec![("code_challenge", &plain), ("code_challenge_method", "s256")], "invalid_request"),
            (vec![("scope", "profile")], "invalid_scope"), (vec![("scope", "")], "invalid_scope"), (vec![("request", "eyJ")], "request_not_supported"), (vec![("request_uri", "https://a.example/")], "request_uri_not_supported"),
            (vec![("registration", "{}")], "registration_not_supported"), (vec![("prompt", "none login")], "invalid_request"), (vec![("max_age", "soon")], "invalid_request"), (vec![("response_mode", "fragment")], "invalid_request"),
            (vec![("nonce", "a\0b")], "invalid_request"), (vec![("id_token_hint", "x.y.z")], "login_required"),
        ] {
            let told = relying.ask(&bridge, &cookie, &more).await;
            assert_eq!((told["error"].as_str(), told["iss"].as_str(), told["state"].as_str(), told.contains_key("code")), (error, format!("http://{}", bridge.address).as_str(), "a state & more", false), "{more:?}");
        }
        // A parameter that stands twice has no value.
        for repeated in ["state=x", "nonce=x", "scope=openid", "code_challenge=x", "unknown=1&unknown=2"] {
            let answer = bridge.page(&format!("{}&{repeated}", relying.query(&[])), &cookie).await.expect(303);
            let told = parameters(answer.header("location").unwrap());
            assert_eq!(told["error"], "invalid_request", "{repeated}");
            assert_eq!(told.contains_key("state"), repeated != "state=x");
        }
        assert_eq!(relying.ask(&bridge, "", &[("prompt", "none")]).await["error"], "login_required");
        assert_eq!(relying.ask(&bridge, "__Host-aisoule=nothing", &[("prompt", "none")]).await["error"], "login_required");
        let long = "x".repeat(2_000);
        assert_eq!(relying.ask(&bridge, "", &[("state", &long)]).await["error"], "invalid_request");
        assert_eq!(relying.ask(&bridge, &cookie, &[("state", &long)]).await["state"], long);
        let state = "\"><script>alert(1)</script>\r\nx: y";
        assert_eq!(relying.ask(&bridge, &cookie, &[("state", state)]).await["state"], state);
    }

    async fn people_of_another_workspace_get_a_page_and_no_code(db) {
        let bridge = db.bridge().await;
        let (_, _, relying) = acme(&bridge).await;
        let elsewhere = bridge.workspace("Other", 5, SeatPolicy::Reject).await;
        let stranger = bridge.user(&elsewhere, "eve@other.example", "Admin", false).await;
        let (_, cookie) = bridge.signed_in(&stranger, Door::Password).await;
        let page = bridge.page(&relying.query(&[]), &cookie).await.expect(403);
        assert!(page.header("location").is_none() && String::from_utf8_lossy(&page.bytes).contains("Not your workspace"));
        assert_eq!(relying.ask(&bridge, &cookie, &[("prompt", "none")]).await["error"], "login_required");
        assert!(noted(&bridge, &relying, "client.authorize.refused").await >= 1);
    }

    async fn whoever_is_deactivated_is_out_at_every_endpoint_at_once(db) {
        let bridge = db.bridge().await;
        let (_, user, relying) = acme(&bridge).await;
        let mut shown = BTreeSet::new();
        for round in 0..3 {
            let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
            let tokens = relying.tokens(&bridge, &cookie, "openid offline_access").await;
            let code = relying.code(&bridge, &cookie, &[]).await;
            assert!(shown.insert(tokens.access.clone()) && shown.insert(tokens.refresh.clone()) && shown.insert(code.clone()));
            set_active(&bridge, &user, false).await;
            match round {
                0 => { tokens.userinfo(&bridge).await.expect(401); }
                1 => assert!(!relying.is_active(&bridge, &tokens.access).await),
                _ => { relying.refresh(&bridge, &tokens.refresh).await.expect(400); }
            }
            relying.redeem(&bridge, &code).await.expect(400);
            assert_eq!(relying.ask(&bridge, &cookie, &[("prompt", "none")]).await["error"], "login_required");
            set_active(&bridge, &user, true).await;
        }
    }

    async fn no_secret_is_kept_or_logged(db) {
        let bridge = db.bridge().await;
        let (workspace, user, relying) = acme(&bridge).await;
        let (_, cookie) = bridge.signed_in(&user, Door::Password).await;
        let code = relying.code(&bridge, &cookie, &[]).await;
        let given = relying.redeem(&bridge, &code).await.expect(200).json;
        relying.redeem(&bridge, &code).await.expect(400);
        bridge.app.journal.flush().await;
        use aisoule_bridge::store::request_log::{self, Wanted};
        let mut conn = bridge.app.store.read().await.unwrap();
        let entries = request_log::read(&mut conn, &Wanted { last: 100, ..Wanted::default() }).await.unwrap();
        assert!(entries.iter().any(|entry| entry.note.as_deref().is_some_and(|note| note.contains("used before")) && entry.actor_id.as_ref() == Some(&relying.id)));
        let audit = audit::of_subject(&mut conn, workspace.id, &relying.id).await.unwrap();
        let kept = format!("{entries:?} {audit:?}");
        for secret in [&code, &relying.secret, VERIFIER, &cookie["__Host-aisoule=".len()..]] {
            assert!(!kept.contains(secret), "{secret}");
        }
        for name in ["access_token", "refresh_token", "id_token"] {
            assert!(!kept.contains(given[name].as_str().unwrap()), "{name}");
        }
    }
}
