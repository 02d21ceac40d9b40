//! OAuth client credentials: a secret or a signed assertion for a short-lived access token.

use aisoule_bridge::command::credentials::{CreateClient, RevokeClient};
use aisoule_bridge::domain::access::{Actor, Dialect, Grant, Holder, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::secret;
use aisoule_bridge::store::request_log::{self, Wanted};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::SecretKey;
use p256::pkcs8::EncodePrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};

use crate::support::{Answer, Bridge, on_both};

async fn client(bridge: &Bridge, workspace: &Workspace, scope: Scope, keys: Option<Value>) -> (String, String) {
    let (id, secret) = (format!("client-{}", uuid::Uuid::new_v4()), secret::new_token().unwrap());
    let grant = Grant {
        workspace_id: workspace.id,
        holder: Holder::Client(id.clone()),
        name: "idp".into(),
        scope,
        dialect: Dialect::Interop,
        user_id: None,
        expires_at: None,
    };
    let secret_hash = keys.is_none().then(|| secret::hash(&secret));
    bridge
        .app
        .commands
        .execute(&Actor::operator(), CreateClient { id: id.clone(), grant, secret_hash, keys })
        .await
        .unwrap();
    (id, secret)
}

async fn ask(bridge: &Bridge, authorization: &str, form: &[(&str, &str)]) -> Answer {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let body = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
    let http = bridge
        .client("")
        .with("authorization", authorization)
        .with("content-type", "application/x-www-form-urlencoded");
    http.send("POST", &format!("http://{}/oauth/token", bridge.address), body.into_bytes()).await
}

fn key() -> (SecretKey, Value) {
    let key = SecretKey::from_slice(&aisoule_bridge::sealed::random::<32>().unwrap()).unwrap();
    let mut public: Value = serde_json::from_str(&key.public_key().to_jwk_string()).unwrap();
    public["kid"] = json!("k1");
    (key, json!({"keys": [public]}))
}

fn sign(key: &SecretKey, header: Header, claims: &Value) -> String {
    encode(&header, claims, &EncodingKey::from_ec_der(key.to_pkcs8_der().unwrap().as_bytes())).unwrap()
}

on_both! {
    async fn a_secret_gives_a_token_that_works_until_it_ends_or_its_client_does(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let (id, secret) = client(&bridge, &workspace, Scope::Write, None).await;
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let grant = ("grant_type", "client_credentials");
        let given = ask(&bridge, &basic, &[grant]).await.expect(200);
        assert_eq!((&given.json["token_type"], &given.json["expires_in"], &given.json["scope"]), (&json!("Bearer"), &json!(300), &json!("scim")));
        assert_eq!(given.header("cache-control"), Some("no-store"));
        let token = given.json["access_token"].as_str().unwrap();
        bridge.client(token).get("/Users").await.expect(200);
        let posted = ask(&bridge, "", &[grant, ("client_id", &id), ("client_secret", &secret), ("scope", "scim:read")]).await.expect(200).json;
        let reader = bridge.client(posted["access_token"].as_str().unwrap());
        reader.get("/Users").await.expect(200);
        reader.post("/Users", json!({"userName": "x"})).await.expect_error(403, None);
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        parts[1] = URL_SAFE_NO_PAD.encode(String::from_utf8(URL_SAFE_NO_PAD.decode(&parts[1]).unwrap()).unwrap().replace("\"scim\"", "\"root\""));
        bridge.client(&parts.join(".")).get("/Users").await.expect_error(401, None);
        bridge.later(TimeDelta::seconds(301));
        bridge.client(token).get("/Users").await.expect_error(401, None);
        let fresh = ask(&bridge, &basic, &[grant]).await.expect(200).json["access_token"].as_str().unwrap().to_owned();
        bridge.client(&fresh).get("/Users").await.expect(200);
        bridge.app.commands.execute(&Actor::operator(), RevokeClient { workspace: workspace.id, id }).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
        bridge.client(&fresh).get("/Users").await.expect_error(401, None);
        assert_eq!(ask(&bridge, &basic, &[grant]).await.expect(401).json["error"], "invalid_client");
    }

    async fn an_admin_sees_in_the_log_why_no_token_was_given(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let (id, secret) = client(&bridge, &workspace, Scope::Write, None).await;
        let grant = ("grant_type", "client_credentials");
        ask(&bridge, "", &[grant, ("client_id", &id), ("client_secret", "canary-wrong")]).await.expect(401);
        ask(&bridge, "", &[grant, ("client_id", "nobody"), ("client_secret", "canary-lost")]).await.expect(401);
        let token = ask(&bridge, "", &[grant, ("client_id", &id), ("client_secret", &secret), ("scope", "scim:read scim")]).await.expect(200).json;
        assert_eq!(token["scope"], "scim");
        ask(&bridge, &format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))), &[grant, ("scope", "root")]).await.expect(400);
        bridge.app.journal.flush().await;
        let all = request_log::read(&mut bridge.app.store.read().await.unwrap(), &Wanted { last: 100, ..Wanted::default() }).await.unwrap();
        let lines: Vec<_> = all.iter().map(|one| (one.method.as_str(), one.path.as_str(), one.status, one.actor_id.as_deref(), one.note.as_deref())).collect();
        assert_eq!(lines, [
            ("POST", "/oauth/token", 401, Some(id.as_str()), Some("the client secret is wrong")), ("POST", "/oauth/token", 401, None, Some("there is no client of that id")),
            ("POST", "/oauth/token", 200, Some(id.as_str()), None), ("POST", "/oauth/token", 400, Some(id.as_str()), None),
        ]);
        assert_eq!((all[0].workspace_id, all[0].actor_name.as_deref(), all[1].workspace_id), (Some(workspace.id.0), Some("idp"), None));
        assert_eq!(all[0].request_body.as_deref(), Some(format!("grant_type=client_credentials&client_id={id}&client_secret=[masked]").as_str()));
        assert!(all[0].response_body.as_deref().unwrap().contains("invalid_client") && all[3].response_body.as_deref().unwrap().contains("invalid_scope"));
        let kept = format!("{all:?}");
        for gone in ["canary", secret.as_str(), token["access_token"].as_str().unwrap()] {
            assert!(!kept.contains(gone), "{gone}");
        }
    }

    async fn every_asymmetric_algorithm_proves_a_client(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let part = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        let public = json!({"keys": [{"kty": "RSA", "kid": "k1", "n": part(key.n()), "e": part(key.e())}]});
        let (id, _) = client(&bridge, &workspace, Scope::Write, Some(public)).await;
        let signs = EncodingKey::from_rsa_der(key.to_pkcs1_der().unwrap().as_bytes());
        let now = bridge.app.clock.now().timestamp();
        for algorithm in [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512] {
            let claims = json!({"iss": id, "sub": id, "aud": format!("http://{}", bridge.address), "exp": now + 60, "jti": format!("{algorithm:?}")});
            let assertion = encode(&Header { kid: Some("k1".into()), ..Header::new(algorithm) }, &claims, &signs).unwrap();
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            ask(&bridge, "", &[("grant_type", "client_credentials"), ("client_assertion_type", kind), ("client_assertion", &assertion)]).await.expect(200);
        }
    }

    async fn what_is_wrong_with_a_request_is_said_in_the_terms_of_oauth(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let (id, secret) = client(&bridge, &workspace, Scope::Read, None).await;
        let grant = ("grant_type", "client_credentials");
        let proof = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
        for (form, status, error) in [
            (vec![grant], 401, "invalid_client"), (vec![grant, ("client_id", &id)], 401, "invalid_client"), (vec![grant, ("client_id", &id), ("client_secret", "wrong")], 401, "invalid_client"),
            (vec![grant, ("client_id", "nobody"), ("client_secret", &secret)], 401, "invalid_client"), (vec![("grant_type", "password"), proof[0], proof[1]], 400, "unsupported_grant_type"),
            (vec![grant, proof[0], proof[1], ("scope", "scim")], 400, "invalid_scope"), (vec![grant, proof[0], proof[1], ("scope", "root")], 400, "invalid_scope"),
            (vec![grant, grant, proof[0], proof[1]], 400, "invalid_request"),
        ] {
            assert_eq!(ask(&bridge, "", &form).await.expect(status).json["error"], error, "{form:?}");
        }
        let both = ask(&bridge, "Basic eDp5", &[grant, proof[0], proof[1]]).await.expect(400);
        assert_eq!(both.json["error"], "invalid_request");
    }

    async fn a_signed_assertion_is_good_once_and_only_as_it_was_meant(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let (private, public) = key();
        let (id, _) = client(&bridge, &workspace, Scope::Write, Some(public)).await;
        let audience = format!("http://{}/oauth/token", bridge.address);
        let now = bridge.app.clock.now().timestamp();
        let claims = |jti: &str| json!({"iss": id, "sub": id, "aud": audience, "exp": now + 60, "iat": now, "jti": jti});
        let header = || Header { kid: Some("k1".into()), ..Header::new(Algorithm::ES256) };
        let present = async |assertion: &str| {
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            ask(&bridge, "", &[("grant_type", "client_credentials"), ("client_assertion_type", kind), ("client_assertion", assertion)]).await
        };
        let good = sign(&private, header(), &claims("1"));
        let token = present(&good).await.expect(200).json["access_token"].as_str().unwrap().to_owned();
        bridge.client(&token).get("/Users").await.expect(200);
        present(&good).await.expect(401);
        let with = |name: &str, value: Value| { let mut changed = claims(&format!("x-{name}")); changed[name] = value; changed };
        let bad = vec![
            with("aud", json!("https://elsewhere.example")), with("aud", json!([audience, "https://elsewhere.example"])), with("iss", json!("somebody")), with("sub", json!("somebody")),
            with("exp", json!(now - 61)), with("exp", json!(now + 100_000)), with("exp", json!("soon")), with("exp", json!(1e308)), with("exp", Value::Null), with("nbf", json!(now + 600)), with("iat", json!(now + 600)), with("jti", json!("")), with("jti", json!(7)),
        ];
        for claims in &bad {
            assert_eq!(present(&sign(&private, header(), claims)).await.expect(401).json["error"], "invalid_client", "{claims}");
        }
        let (stranger, _) = key();
        let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}"), URL_SAFE_NO_PAD.encode(claims("n").to_string()));
        let symmetric = encode(&Header::new(Algorithm::HS256), &claims("h"), &EncodingKey::from_secret(b"k1")).unwrap();
        let other_key = Header { kid: Some("k2".into()), ..Header::new(Algorithm::ES256) };
        for bad in [sign(&stranger, header(), &claims("s")), unsigned, symmetric, sign(&private, other_key, &claims("k")), "a.b.c".into(), "x".repeat(20_000)] {
            present(&bad).await.expect(401);
        }
        present(&sign(&private, Header::new(Algorithm::ES256), &claims("2"))).await.expect(200);
    }
}
