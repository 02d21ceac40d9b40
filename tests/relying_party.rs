//! The relying party against a hostile provider: the modules of the OpenID Foundation's plans by name, and the attacks of
//! the catalogue. No database: what the engine says is what counts.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use aisoule_bridge::clock::Clock;
use aisoule_bridge::domain::connection::{Endpoints, Kind};
use aisoule_bridge::outbound::{Outbound, OutboundSettings};
use aisoule_bridge::settings::Secret;
use aisoule_bridge::sso::{
    Ask, Begun, Callback, Flow, Groups, Prompt, Proof, Provider, Relying, SigningAlgorithm, SsoError, VerifiedClaims,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::support::hostile_op::{
    CLIENT_ID, CLIENT_SECRET, Changes, HostileOp, Plan, Reply, Signer, ec_jwk, private_pem, public_as_secret, rsa_jwk,
};

pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/sso/1/callback";

pub(crate) struct Stage {
    pub(crate) op: HostileOp,
    pub(crate) relying: Relying,
    pub(crate) provider: Provider,
    clock: Clock,
    moved: Arc<AtomicI64>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::of(Kind::Oidc, "").await
    }

    pub(crate) async fn of(kind: Kind, path: &str) -> Self {
        let moved = Arc::new(AtomicI64::new(0));
        let seen = Arc::clone(&moved);
        let clock = Clock::from_fn(move || Utc::now() + TimeDelta::seconds(seen.load(Ordering::SeqCst)));
        let op = if path.is_empty() {
            HostileOp::start(clock.clone()).await
        } else {
            HostileOp::start_at(clock.clone(), path).await
        };
        let settings = OutboundSettings { allow_loopback: true, ..OutboundSettings::default() };
        let relying = Relying::new(Outbound::new(&settings).unwrap(), clock.clone());
        let provider = Provider {
            key: "1".into(),
            kind,
            issuer: op.issuer(),
            client_id: CLIENT_ID.into(),
            proof: Proof::Basic(Secret::from(CLIENT_SECRET.to_owned())),
            endpoints: Endpoints::default(),
            scopes: vec![],
            groups_claim: Some("groups".into()),
            roles_claim: Some("realm_access.roles".into()),
        };
        Self { op, relying, provider, clock, moved }
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.moved.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn begin_with(&self, ask: Ask) -> Result<(Begun, Flow), SsoError> {
        let begun = self.relying.begin(&self.provider, CALLBACK, &ask).await?;
        let flow = Flow {
            redirect_uri: CALLBACK.into(),
            nonce: begun.nonce.clone(),
            verifier: begun.verifier.clone(),
            max_age: ask.max_age,
            started_at: self.clock.now(),
        };
        Ok((begun, flow))
    }

    pub(crate) async fn begin(&self) -> Result<(Begun, Flow), SsoError> {
        self.begin_with(Ask { state: "state-1".into(), ..Ask::default() }).await
    }

    /// What the browser brings back.
    fn back(&self, begun: &Begun) -> Callback {
        let address = self.op.authorize(&begun.url);
        Callback::parse(address.split_once('?').unwrap().1).unwrap()
    }

    pub(crate) async fn sign_in(&self) -> Result<VerifiedClaims, SsoError> {
        let (begun, flow) = self.begin().await?;
        self.relying.finish(&self.provider, &flow, &self.back(&begun)).await
    }

    async fn refused(&self) -> &'static str {
        match self.sign_in().await {
            Ok(claims) => panic!("came in as {}", claims.subject),
            Err(error) => {
                let told = error.to_string();
                assert!(told.ends_with('.') && !told.contains("eyJ") && !told.contains(CLIENT_SECRET), "{told}");
                error.code()
            }
        }
    }

    /// The outcome of one sign-in with a provider that does this.
    async fn with(&self, change: impl FnOnce(&mut Plan)) -> Result<VerifiedClaims, SsoError> {
        let mut before = None;
        self.op.plan(|plan| {
            before = Some(plan.clone());
            change(plan);
        });
        let outcome = self.sign_in().await;
        self.op.plan(|plan| *plan = before.unwrap());
        outcome
    }

    async fn with_claims(&self, claims: Changes) -> Result<(), &'static str> {
        self.with(|plan| plan.claims = claims).await.map(|_| ()).map_err(|error| error.code())
    }

    /// With an ID token that is changed at last; the signature stays.
    async fn mangled(&self, mangle: impl Fn(String) -> String + Send + Sync + 'static) -> Result<(), &'static str> {
        let outcome = self.with(|plan| plan.mangle = Some(Arc::new(mangle))).await;
        outcome.map(|_| ()).map_err(|error| error.code())
    }
}

/// One sign-in a module: its code, or that somebody comes in. Of a token that is refused userinfo is never asked.
macro_rules! modules {
    ($($name:ident, $module:literal => $expected:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let stage = Stage::new().await;
            stage.op.play($module);
            let expected: Result<(), &str> = $expected;
            let outcome = stage.sign_in().await;
            assert_eq!(outcome.as_ref().map(|_| ()).map_err(SsoError::code), expected, "{outcome:?}");
            let asked = usize::from(!expected.is_err_and(|code| code.starts_with("token_")));
            assert_eq!((stage.op.calls("token"), stage.op.calls("userinfo")), (1, asked));
        }
    )*};
}

modules! {
    oidcc_client_test, "oidcc-client-test" => Ok(());
    oidcc_client_test_invalid_iss, "oidcc-client-test-invalid-iss" => Err("token_issuer");
    oidcc_client_test_missing_sub, "oidcc-client-test-missing-sub" => Err("token_claim_missing");
    oidcc_client_test_invalid_aud, "oidcc-client-test-invalid-aud" => Err("token_audience");
    oidcc_client_test_missing_aud, "oidcc-client-test-missing-aud" => Err("token_claim_missing");
    oidcc_client_test_missing_iat, "oidcc-client-test-missing-iat" => Err("token_claim_missing");
    oidcc_client_test_kid_absent_single_jwks, "oidcc-client-test-kid-absent-single-jwks" => Ok(());
    oidcc_client_test_kid_absent_multiple_jwks, "oidcc-client-test-kid-absent-multiple-jwks" => Err("token_key_ambiguous");
    oidcc_client_test_idtoken_sig_rs256, "oidcc-client-test-idtoken-sig-rs256" => Ok(());
    oidcc_client_test_idtoken_sig_none, "oidcc-client-test-idtoken-sig-none" => Err("token_algorithm");
    oidcc_client_test_invalid_sig_rs256, "oidcc-client-test-invalid-sig-rs256" => Err("token_signature");
    oidcc_client_test_invalid_sig_es256, "oidcc-client-test-invalid-sig-es256" => Err("token_signature");
    oidcc_client_test_invalid_sig_hs256, "oidcc-client-test-invalid-sig-hs256" => Err("token_algorithm");
    oidcc_client_test_userinfo_invalid_sub, "oidcc-client-test-userinfo-invalid-sub" => Err("userinfo_subject");
    oidcc_client_test_nonce_invalid, "oidcc-client-test-nonce-invalid" => Err("token_nonce");
    oidcc_client_test_scope_userinfo_claims, "oidcc-client-test-scope-userinfo-claims" => Ok(());
    oidcc_client_test_client_secret_basic, "oidcc-client-test-client-secret-basic" => Ok(());
    oidcc_client_test_discovery_openid_config, "oidcc-client-test-discovery-openid-config" => Ok(());
    oidcc_client_test_discovery_jwks_uri_keys, "oidcc-client-test-discovery-jwks-uri-keys" => Ok(());
    oidcc_client_test_ignores_unparseable_key_in_jwks, "oidcc-client-test-ignores-unparseable-key-in-jwks" => Ok(());
}

/// Declares tests without a database.
macro_rules! tests {
    ($($(#[$meta:meta])* async fn $name:ident() $body:block)*) => {$(
        $(#[$meta])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() $body
    )*};
}

tests! {
    async fn a_sign_in_gives_what_the_provider_says_and_nothing_else() {
        let stage = Stage::new().await;
        stage.op.plan(|plan| {
            plan.claims = vec![("groups", Some(json!(["a", "b", 7]))), ("realm_access", Some(json!({"roles": ["r"]}))), ("name", Some(json!("From the token")))];
        });
        let who = stage.sign_in().await.unwrap();
        assert_eq!((who.issuer.as_str(), who.subject.as_str(), who.external_id.as_str()), (stage.op.issuer().as_str(), "00u-anna", "00u-anna"));
        assert_eq!((who.email.as_deref(), who.email_is_verified, who.name.as_deref()), (Some("anna@x.example"), true, Some("From the token")));
        assert_eq!((who.given_name.as_deref(), who.family_name.as_deref(), who.hosted_domain), (Some("Anna"), Some("A."), None));
        assert_eq!((who.groups, who.roles), (Groups::Listed(vec!["a".into(), "b".into()]), Groups::Listed(vec!["r".into()])));
        assert_eq!((who.sid.as_deref(), who.auth_time.is_some(), who.id_token.is_some()), (Some("sid-1"), true, true));
        assert_eq!((stage.op.calls("discovery"), stage.op.calls("jwks"), stage.op.calls("token"), stage.op.calls("userinfo")), (1, 1, 1, 1));
    }

    async fn the_address_of_a_sign_in_asks_for_what_was_wanted() {
        let mut stage = Stage::new().await;
        stage.provider.scopes = vec!["groups".into(), "email".into()];
        let ask = Ask { state: "st&1".into(), login_hint: Some("anna@x.example".into()), prompt: Some(Prompt::Login), max_age: Some(60) };
        let (begun, _) = stage.begin_with(ask).await.unwrap();
        let (place, query) = begun.url.split_once('?').unwrap();
        assert_eq!(place, format!("{}/authorize", stage.op.issuer()));
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let one = |name: &str| { let all: Vec<_> = pairs.iter().filter(|(known, _)| known == name).collect(); assert_eq!(all.len(), 1, "{name}"); all[0].1.clone() };
        for (name, value) in [("response_type", "code"), ("client_id", CLIENT_ID), ("redirect_uri", CALLBACK), ("scope", "openid profile email groups"), ("state", "st&1"), ("login_hint", "anna@x.example"), ("prompt", "login"), ("max_age", "60"), ("code_challenge_method", "S256")] {
            assert_eq!(one(name), value, "{name}");
        }
        assert_eq!(one("nonce"), begun.nonce);
        assert_eq!(one("code_challenge").len(), 43);
        assert!(!begun.url.contains(begun.verifier.reveal()) && !format!("{begun:?}").contains(begun.verifier.reveal()));
    }

    async fn a_client_proves_itself_in_each_of_the_three_ways() {
        let mut stage = Stage::new().await;
        let secret = || Secret::from(CLIENT_SECRET.to_owned());
        let key = |rsa| { let pem = Secret::from(private_pem(rsa)); Proof::PrivateKey { algorithm: SigningAlgorithm::of(&pem).unwrap(), pem, kid: Some("bridge".into()) } };
        // Entra ID knows a key by the certificate that stands beside it.
        let certificate = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/certificates/server.pem")).unwrap();
        let certified = { let pem = Secret::from(format!("{certificate}\n{}", private_pem(true))); Proof::PrivateKey { algorithm: SigningAlgorithm::of(&pem).unwrap(), pem, kid: None } };
        for proof in [Proof::Basic(secret()), Proof::Post(secret()), key(false), key(true), certified] {
            let told = format!("{proof:?}");
            assert!(!told.contains(CLIENT_SECRET) && !told.contains("PRIVATE"), "{told}");
            stage.provider.proof = proof;
            assert_eq!(stage.sign_in().await.unwrap().subject, "00u-anna", "{told}");
        }
        let asked: Vec<_> = stage.op.heard().into_iter().filter(|one| one.endpoint == "token").collect();
        assert!(asked[0].authorization.is_some() && !asked[0].pairs.contains_key("client_secret"));
        assert!(asked[1].authorization.is_none() && asked[1].pairs["client_secret"] == CLIENT_SECRET);
        let ids: HashSet<_> = asked[2..].iter().map(|one| { let payload = one.pairs["client_assertion"].split('.').nth(1).unwrap().to_owned(); serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()["jti"].to_string() }).collect();
        assert_eq!(ids.len(), 3, "each assertion has an id of its own");
        let headers: Vec<_> = asked[2..].iter().map(|one| jsonwebtoken::decode_header(&one.pairs["client_assertion"]).unwrap()).collect();
        assert_eq!(headers.iter().map(|header| header.kid.as_deref()).collect::<Vec<_>>(), [Some("bridge"), Some("bridge"), None]);
        assert!(headers[0].x5t_s256.is_none() && headers[2].x5t_s256.as_ref().is_some_and(|print| print.len() == 43));
        stage.provider.proof = Proof::Post(Secret::from("wrong".to_owned()));
        assert_eq!(stage.refused().await, "client_refused");
        assert_eq!(SigningAlgorithm::of(&Secret::from("-----BEGIN EC PRIVATE KEY-----".to_owned())).unwrap_err().code(), "connection_incomplete");
    }

    /// A13.
    async fn an_absent_nonce_is_no_nonce() {
        let stage = Stage::new().await;
        assert_eq!(stage.with_claims(vec![("nonce", None)]).await, Err("token_claim_missing"));
        for other in [json!(""), json!(null), json!(7), json!(["x"])] {
            assert_eq!(stage.with_claims(vec![("nonce", Some(other))]).await, Err("token_nonce"));
        }
        assert_eq!(stage.op.calls("userinfo"), 0);
    }

    /// A16.
    async fn oidcc_client_test_discovery_issuer_mismatch() {
        let mut stage = Stage::new().await;
        stage.op.play("oidcc-client-test-discovery-issuer-mismatch");
        assert_eq!(stage.begin().await.unwrap_err().code(), "issuer_mismatch");
        stage.op.plan(|plan| plan.discovery.clear());
        let honest = stage.provider.issuer.clone();
        stage.provider.issuer = format!("{honest}/");
        assert_eq!(stage.begin().await.unwrap_err().code(), "issuer_mismatch", "a slash at the end counts");
        stage.provider.issuer = honest.replace("http", "HTTP");
        assert_eq!(stage.begin().await.unwrap_err().code(), "issuer_mismatch");
        stage.op.plan(|plan| plan.discovery = vec![("issuer", None)]);
        stage.provider.issuer = honest;
        assert_eq!(stage.begin().await.unwrap_err().code(), "provider_answer");
        assert_eq!((stage.op.calls("authorize"), stage.op.calls("token")), (0, 0));
    }

    async fn oidcc_client_test_signing_key_rotation() {
        let stage = Stage::new().await;
        stage.op.play("oidcc-client-test-signing-key-rotation");
        stage.sign_in().await.unwrap();
        stage.op.rotate();
        stage.sign_in().await.unwrap();
        assert_eq!(stage.op.calls("jwks"), 2);
    }

    async fn oidcc_client_test_signing_key_rotation_just_before_signing() {
        let stage = Stage::new().await;
        stage.sign_in().await.unwrap();
        stage.op.play("oidcc-client-test-signing-key-rotation-just-before-signing");
        stage.sign_in().await.unwrap();
        assert_eq!((stage.op.calls("jwks"), stage.op.calls("token")), (2, 2), "one look at the keys more, and no other request");
    }

    /// A20 to A26.
    async fn a_logout_token_is_taken_only_as_the_standard_has_it() {
        let stage = Stage::new().await;
        let rsa = Signer::Rsa(0, Algorithm::RS256);
        let now = stage.clock.now().timestamp();
        let taken = async |claims: Changes, header: Changes, signer: &Signer| {
            let token = stage.op.logout_token(&claims, &header, signer);
            stage.relying.logout_token(&stage.provider, &token).await.map_err(|error| error.code())
        };
        let good = taken(vec![], vec![], &rsa).await.unwrap();
        assert_eq!((good.sub.as_deref(), good.sid.as_deref()), (Some("00u-anna"), Some("sid-1")));
        assert!(good.expires_at >= good.iat + 300 && !good.jti.is_empty());
        for typ in [Some(json!("JWT")), Some(json!("application/logout+jwt")), Some(json!("LOGOUT+JWT")), None] {
            taken(vec![], vec![("typ", typ)], &rsa).await.unwrap();
        }
        taken(vec![("sid", None)], vec![], &rsa).await.unwrap();
        taken(vec![("sub", None)], vec![], &rsa).await.unwrap();
        taken(vec![("exp", None)], vec![], &rsa).await.unwrap();
        let event = |name: &str, value: Value| Some(json!({name: value}));
        const EVENT: &str = crate::support::hostile_op::EVENT;
        let cases: Vec<(&str, Changes, Changes, Signer, &str)> = vec![
            ("oidcc-client-test-rp-backchannel-rpinitlogout-alg-none", vec![], vec![("kid", None)], Signer::Nobody, "token_algorithm"),
            ("oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg", vec![], vec![("kid", None)], Signer::Hmac(CLIENT_SECRET.into()), "token_algorithm"),
            ("an algorithm that the provider does not announce", vec![], vec![], Signer::Rsa(0, Algorithm::PS256), "token_algorithm"),
            ("oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud", vec![("aud", Some(json!("another")))], vec![], rsa.clone(), "token_audience"),
            ("oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss", vec![("iss", Some(json!("https://attacker.example")))], vec![], rsa.clone(), "token_issuer"),
            ("oidcc-client-test-rp-backchannel-rpinitlogout-no-event", vec![("events", None)], vec![], rsa.clone(), "token_kind"),
            ("oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event", vec![("events", event("http://schemas.openid.net/event/other", json!({})))], vec![], rsa.clone(), "token_kind"),
            ("oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce", vec![("nonce", Some(json!("n")))], vec![], rsa.clone(), "token_kind"),
            ("the event is no object", vec![("events", event(EVENT, json!("yes")))], vec![], rsa.clone(), "token_claim_form"),
            ("neither sub nor sid", vec![("sub", None), ("sid", None)], vec![], rsa.clone(), "token_claim_missing"),
            ("no jti", vec![("jti", None)], vec![], rsa.clone(), "token_claim_missing"),
            ("jti a number", vec![("jti", Some(json!(7)))], vec![], rsa.clone(), "token_claim_form"),
            ("no iat", vec![("iat", None)], vec![], rsa.clone(), "token_claim_missing"),
            ("iat 10 minutes old", vec![("iat", Some(json!(now - 600)))], vec![], rsa.clone(), "token_expired"),
            ("exp over", vec![("exp", Some(json!(now - 61)))], vec![], rsa.clone(), "token_expired"),
            ("exp a text", vec![("exp", Some(json!("soon")))], vec![], rsa.clone(), "token_claim_form"),
            ("iat in 10 minutes", vec![("iat", Some(json!(now + 600)))], vec![], rsa.clone(), "token_early"),
            ("sub empty", vec![("sub", Some(json!("")))], vec![], rsa.clone(), "token_subject"),
            ("typ of an access token", vec![], vec![("typ", Some(json!("at+jwt")))], rsa.clone(), "token_kind"),
            ("wrong signature", vec![], vec![], Signer::Broken(Box::new(rsa.clone())), "token_signature"),
            ("another's key", vec![], vec![], Signer::Rsa(1, Algorithm::RS256), "token_signature"),
        ];
        for (module, claims, header, signer, code) in cases {
            assert_eq!(taken(claims, header, &signer).await.unwrap_err(), code, "{module}");
        }
    }

    /// A24.
    async fn an_id_token_is_no_logout_token_and_the_other_way_round() {
        let stage = Stage::new().await;
        let who = stage.sign_in().await.unwrap();
        let id_token = who.id_token.unwrap();
        let outcome = stage.relying.logout_token(&stage.provider, id_token.reveal()).await;
        assert_eq!(outcome.unwrap_err().code(), "token_kind");
        let logout = stage.op.logout_token(&vec![], &vec![], &Signer::Rsa(0, Algorithm::RS256));
        assert_eq!(stage.mangled(move |_| logout.clone()).await, Err("token_kind"));
        // The same with a nonce that would be right, and a typ that says nothing.
        let event = json!({crate::support::hostile_op::EVENT: {}});
        assert_eq!(stage.with_claims(vec![("events", Some(event))]).await, Err("token_kind"));
        let typed = stage.with(|plan| plan.header = vec![("typ", Some(json!("logout+jwt")))]).await;
        assert_eq!(typed.unwrap_err().code(), "token_kind");
    }

    /// A30.
    async fn a_code_of_one_sign_in_does_not_finish_another() {
        let stage = Stage::new().await;
        let (first, _) = stage.begin().await.unwrap();
        let (_, second) = stage.begin().await.unwrap();
        let back = stage.back(&first);
        let outcome = stage.relying.finish(&stage.provider, &second, &back).await;
        assert_eq!(outcome.unwrap_err().code(), "code_refused");
        assert_eq!(stage.op.calls("token"), 1, "nothing is tried again");
    }

    /// A31, A32.
    async fn the_answer_of_another_provider_is_refused_before_its_code_is_used() {
        let (stage, attacker) = (Stage::new().await, Stage::new().await);
        let (begun, flow) = stage.begin().await.unwrap();
        let mut back = stage.back(&begun);
        for iss in [attacker.op.issuer(), format!("{}/", stage.op.issuer()), String::from("x")] {
            back.iss = Some(iss);
            let outcome = stage.relying.finish(&stage.provider, &flow, &back).await;
            assert_eq!(outcome.unwrap_err().code(), "callback_issuer");
        }
        back.iss = Some(stage.op.issuer());
        stage.relying.finish(&stage.provider, &flow, &back).await.unwrap();
        assert_eq!(stage.op.calls("token"), 1);

        let strict = Stage::new().await;
        strict.op.plan(|plan| plan.discovery = vec![("authorization_response_iss_parameter_supported", Some(json!(true)))]);
        assert_eq!(strict.refused().await, "callback_issuer_missing");
        assert_eq!(strict.op.calls("token"), 0);
        strict.op.plan(|plan| plan.callback_iss = Some(strict.op.issuer()));
        strict.sign_in().await.unwrap();
        // A code goes to the provider of the connection, whoever it came from.
        let (begun, flow) = stage.begin().await.unwrap();
        let back = attacker.back(&begun);
        assert_eq!(stage.relying.finish(&stage.provider, &flow, &back).await.unwrap_err().code(), "code_refused");
        assert_eq!(attacker.op.calls("token"), 0);
    }

    /// A33, A34.
    async fn every_sign_in_has_a_verifier_of_its_own_and_s256() {
        let stage = Stage::new().await;
        for methods in [Some(json!(["S256"])), None, Some(json!(["plain"])), Some(json!([]))] {
            let fresh = Stage::new().await;
            fresh.op.plan(|plan| plan.discovery = vec![("code_challenge_methods_supported", methods)]);
            let (begun, _) = fresh.begin().await.unwrap();
            assert!(begun.url.contains("code_challenge_method=S256"));
            fresh.sign_in().await.unwrap();
        }
        let (mut verifiers, mut nonces) = (HashSet::new(), HashSet::new());
        for _ in 0..1_000 {
            let (begun, _) = stage.begin().await.unwrap();
            assert!(begun.url.contains("code_challenge_method=S256") && begun.verifier.reveal().len() >= 43 && begun.nonce.len() >= 22);
            assert!(verifiers.insert(begun.verifier.reveal().to_owned()) && nonces.insert(begun.nonce));
        }
        assert_eq!(stage.op.calls("discovery"), 1);
    }

    /// A35.
    async fn a_public_key_is_nobodys_secret() {
        let stage = Stage::new().await;
        for spelling in ["pem", "der", "ec", "jwk"] {
            for kid in [Some("rsa-1"), Some("ec-1"), None] {
                let outcome = stage.with(|plan| { plan.signer = Signer::Hmac(public_as_secret(spelling)); plan.kid = kid; }).await;
                assert_eq!(outcome.unwrap_err().code(), "token_algorithm", "{spelling}");
            }
        }
        let symmetric = json!({"kty": "oct", "kid": "oct-1", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode("secret-secret-secret")});
        let outcome = stage.with(|plan| { plan.keys.push(symmetric); plan.signer = Signer::Hmac(b"secret-secret-secret".to_vec()); plan.kid = Some("oct-1"); }).await;
        assert_eq!(outcome.unwrap_err().code(), "token_algorithm", "not even where the provider publishes one");
    }

    /// A36.
    async fn an_algorithm_is_one_of_the_list_and_fits_its_key() {
        let stage = Stage::new().await;
        for alg in [json!("nOnE"), json!("NONE"), json!("none"), json!(""), json!(7), json!(["RS256"]), json!("RS256 "), json!("rs256"), json!("ES256K"), json!("HS256"), Value::Null] {
            let changes = vec![("alg", Some(alg.clone()))];
            let outcome = stage.with(|plan| plan.header = changes).await;
            assert_eq!(outcome.unwrap_err().code(), "token_algorithm", "{alg}");
        }
        for (signer, alg, kid, code) in [
            (Signer::Ec(0), "RS256", Some("ec-1"), "token_key_unknown"), (Signer::Ec(0), "RS256", Some("rsa-1"), "token_signature"),
            (Signer::Rsa(0, Algorithm::RS256), "ES256", Some("rsa-1"), "token_key_unknown"), (Signer::Rsa(0, Algorithm::RS256), "ES256", Some("ec-1"), "token_signature"),
            (Signer::EcDer(0), "ES256", Some("ec-1"), "token_signature"), (Signer::Rsa(0, Algorithm::PS256), "PS256", Some("rsa-1"), "token_algorithm"),
        ] {
            let fresh = Stage::new().await;
            fresh.op.plan(|plan| { plan.signer = signer; plan.header = vec![("alg", Some(json!(alg)))]; plan.kid = kid; });
            assert_eq!(fresh.refused().await, code, "{alg} {kid:?}");
        }
        stage.with(|plan| { plan.signer = Signer::Ec(0); plan.kid = Some("ec-1"); }).await.unwrap();
        // A key that says for what it is serves nothing else, and every other algorithm serves where it is announced.
        let fresh = Stage::new().await;
        fresh.op.plan(|plan| { plan.signer = Signer::Rsa(0, Algorithm::PS256); plan.discovery = vec![("id_token_signing_alg_values_supported", None)]; });
        assert_eq!(fresh.refused().await, "token_key_unknown");
        let fresh = Stage::new().await;
        fresh.op.plan(|plan| { plan.signer = Signer::Rsa(0, Algorithm::PS256); plan.discovery = vec![("id_token_signing_alg_values_supported", Some(json!(["PS256"])))]; plan.keys[0].as_object_mut().unwrap().remove("alg"); });
        fresh.sign_in().await.unwrap();
    }

    /// A37.
    async fn a_token_does_not_say_with_whose_key_it_is_checked() {
        let (stage, canary) = (Stage::new().await, Stage::new().await);
        let place = format!("{}/jwks", canary.op.issuer());
        let own = rsa_jwk(1, "rsa-1");
        for (name, value) in [("jwk", own.clone()), ("jku", json!(place)), ("x5u", json!(place)), ("x5c", json!(["MIIB"]))] {
            let changes = vec![(name, Some(value.clone()))];
            let outcome = stage.with(|plan| { plan.header = changes; plan.signer = Signer::Rsa(1, Algorithm::RS256); }).await;
            assert_eq!(outcome.unwrap_err().code(), "token_signature", "{name}");
            stage.with(|plan| plan.header = vec![(name, Some(value))]).await.unwrap();
        }
        assert!(canary.op.heard().is_empty());
    }

    /// A38.
    async fn only_the_compact_form_is_read_and_in_one_spelling() {
        let stage = Stage::new().await;
        for header in [
            vec![("crit", Some(json!(["exp"])))], vec![("crit", Some(json!([])))], vec![("b64", Some(json!(false)))], vec![("b64", Some(json!(false))), ("crit", Some(json!(["b64"])))],
            vec![("enc", Some(json!("A128GCM")))], vec![("zip", Some(json!("DEF")))], vec![("kid", Some(json!(7)))], vec![("typ", Some(json!({})))],
        ] {
            let told = format!("{header:?}");
            let outcome = stage.with(|plan| plan.header = header).await;
            assert_eq!(outcome.unwrap_err().code(), "token_malformed", "{told}");
        }
        type Mangle = (&'static str, fn(String) -> String);
        let mangles: Vec<Mangle> = vec![
            ("two parts", |token| token.rsplit_once('.').unwrap().0.to_owned()), ("four parts", |token| format!("{token}.x")), ("five parts", |token| format!("{token}.a.b")),
            ("an empty part before", |token| format!(".{token}")), ("padding", |token| format!("{token}==")), ("padding inside", |token| token.replacen('.', "=.", 1)),
            ("a line break", |token| format!("{token}\n")), ("a blank before", |token| format!(" {token}")), ("plain base64", |token| token.replace('.', "+.")),
            ("JSON serialisation", |token| { let mut parts = token.split('.'); json!({"protected": parts.next(), "payload": parts.next(), "signature": parts.next()}).to_string() }),
            ("nothing", |_| String::new()), ("three dots", |_| "...".into()), ("dots", |_| "..".into()),
        ];
        for (what, mangle) in mangles {
            assert_eq!(stage.mangled(mangle).await, Err("token_malformed"), "{what}");
        }
        // Of the last character of a 256-byte signature the lowest bits say nothing, and must be zero.
        let tail = |token: String| { let (rest, last) = token.split_at(token.len() - 1); let next = char::from(last.as_bytes()[0] + 1); format!("{rest}{next}") };
        assert_eq!(stage.mangled(tail).await, Err("token_malformed"));
    }

    /// A39.
    async fn a_time_of_another_type_is_not_an_absent_time() {
        let stage = Stage::new().await;
        let now = stage.clock.now().timestamp();
        for name in ["exp", "nbf", "iat"] {
            for value in [json!(now.to_string()), json!(now as f64 + 100.5), json!(-1), json!(1e308), json!("NaN"), Value::Null, json!([now]), json!({"a": 1}), json!(true), json!(u64::MAX), json!(253_402_300_800_i64)] {
                assert_eq!(stage.with_claims(vec![(name, Some(value.clone()))]).await, Err("token_claim_form"), "{name} {value}");
            }
        }
        // But for the moment of the login, which nothing but its age depends on: canaille gives it with parts of a second.
        assert_eq!(stage.with_claims(vec![("auth_time", Some(json!(now as f64 - 0.5)))]).await, Ok(()));
        assert_eq!(stage.with_claims(vec![("exp", None)]).await, Err("token_claim_missing"));
        assert_eq!(stage.with_claims(vec![("iat", None)]).await, Err("token_claim_missing"));
        assert_eq!(stage.with_claims(vec![("nbf", None)]).await, Ok(()));
    }

    /// A40.
    async fn clocks_may_differ_by_a_minute() {
        let stage = Stage::new().await;
        for (name, offset, expected) in [
            ("exp", -50, Ok(())), ("exp", -61, Err("token_expired")), ("exp", -3_600, Err("token_expired")), ("nbf", 59, Ok(())), ("nbf", 600, Err("token_early")),
            ("iat", 59, Ok(())), ("iat", 600, Err("token_early")),
        ] {
            let moment = stage.clock.now().timestamp() + offset;
            assert_eq!(stage.with_claims(vec![(name, Some(json!(moment)))]).await, expected, "{name} {offset}");
        }
    }

    /// A41.
    async fn a_token_is_for_us_and_for_nobody_besides() {
        let stage = Stage::new().await;
        for (aud, azp, expected) in [
            (json!([CLIENT_ID]), None, Ok(())), (json!([CLIENT_ID, CLIENT_ID]), None, Ok(())), (json!(CLIENT_ID), Some(json!(CLIENT_ID)), Ok(())),
            (json!([CLIENT_ID, "unknown"]), None, Err("token_audience")), (json!([CLIENT_ID, "unknown"]), Some(json!(CLIENT_ID)), Err("token_audience")),
            (json!(CLIENT_ID), Some(json!("unknown")), Err("token_audience")), (json!(CLIENT_ID), Some(json!(7)), Err("token_claim_form")), (json!([]), None, Err("token_audience")),
            (json!([7]), None, Err("token_audience")), (json!(7), None, Err("token_claim_form")), (Value::Null, None, Err("token_claim_form")), (json!(CLIENT_ID.to_uppercase()), None, Err("token_audience")),
            (json!({"a": CLIENT_ID}), None, Err("token_claim_form")),
        ] {
            let told = format!("{aud} {azp:?}");
            let changes = [vec![("aud", Some(aud))], azp.map(|azp| ("azp", Some(azp))).into_iter().collect()].concat();
            assert_eq!(stage.with_claims(changes).await, expected, "{told}");
        }
    }

    /// A42.
    async fn claims_that_two_readers_could_read_differently_are_refused_at_once() {
        let stage = Stage::new().await;
        let signer = Signer::Rsa(0, Algorithm::RS256);
        let now = stage.clock.now().timestamp();
        let (header, issuer) = (json!({"kid": "rsa-1"}), stage.op.issuer());
        let base = format!("\"iss\":\"{issuer}\",\"aud\":{},\"iat\":{now},\"exp\":{},\"sub\":\"a\"", json!(CLIENT_ID), now + 300);
        let deep = format!("{{{base},\"x\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        for claims in [format!("{{{base},\"sub\":\"b\"}}"), format!("{{{base},\"s\\u0075b\":\"b\"}}"), format!("{{{base},\"x\":{{\"y\":1,\"y\":2}}}}"), format!("\u{feff}{{{base}}}"), deep, format!("{{{base}}}{{}}"), format!("[{base}]"), "\"text\"".into(), "null".into()] {
            let token = crate::support::hostile_op::seal(&header, &claims, &signer);
            let started = Instant::now();
            assert_eq!(stage.mangled(move |_| token.clone()).await, Err("token_malformed"), "{}", &claims[..40.min(claims.len())].escape_debug());
            assert!(started.elapsed() < Duration::from_secs(2));
        }
        let huge = format!("{{{base},\"x\":\"{}\"}}", "a".repeat(700_000));
        let token = crate::support::hostile_op::seal(&header, &huge, &signer);
        assert_eq!(stage.mangled(move |_| token.clone()).await, Err("token_malformed"));
        assert_eq!(stage.with_claims(vec![("sub", Some(json!("00u-anna"))), ("a", Some(json!({"b": [{"c": 1}]})))]).await, Ok(()));
    }

    /// A43.
    async fn what_comes_with_the_token_belongs_to_it() {
        let stage = Stage::new().await;
        for hash in [json!("AAAAAAAAAAAAAAAAAAAAAA"), json!(""), Value::Null, json!(7)] {
            assert_eq!(stage.with_claims(vec![("at_hash", Some(hash))]).await, Err("token_at_hash"));
        }
        assert_eq!(stage.with_claims(vec![("at_hash", None)]).await, Ok(()));
        let userinfo = json!({"sub": "00u-anna"}).to_string().into_bytes();
        let signed = stage.op.logout_token(&vec![], &vec![], &Signer::Rsa(1, Algorithm::RS256)).into_bytes();
        for (kind, body, status) in [
            ("application/jwt", signed, 200), ("text/html", userinfo.clone(), 200), ("text/plain; x=application/json", userinfo.clone(), 200), ("application/json", b"{\"sub\":\"00u-anna\",\"sub\":\"00u-anna\"}".to_vec(), 200),
            ("application/json", b"[]".to_vec(), 200), ("application/json", userinfo.clone(), 500), ("application/json", vec![b' '; 2_000_000], 200),
        ] {
            let reply = Reply { status, kind, body, ..Reply::default() };
            let outcome = stage.with(|plan| { plan.replies.insert("userinfo", reply); }).await;
            assert!(outcome.is_err(), "{kind} {status}");
        }
        for sub in [None, Some(json!(null)), Some(json!("00u-ANNA")), Some(json!(["00u-anna"]))] {
            let outcome = stage.with(|plan| plan.userinfo = vec![("sub", sub)]).await;
            assert_eq!(outcome.unwrap_err().code(), "userinfo_subject");
        }
        for (changes, code) in [
            (vec![("id_token", None)], "provider_answer"), (vec![("id_token", Some(json!(7)))], "provider_answer"), (vec![("access_token", None)], "provider_answer"), (vec![("access_token", Some(json!("a\r\nb")))], "provider_answer"),
            (vec![("token_type", Some(json!("mac")))], "provider_answer"), (vec![("token_type", None)], "provider_answer"), (vec![("error", Some(json!("server_error")))], "code_refused"),
        ] {
            let told = format!("{changes:?}");
            let outcome = stage.with(|plan| plan.token = changes).await;
            assert_eq!(outcome.unwrap_err().code(), code, "{told}");
        }
    }

    async fn the_token_counts_before_userinfo_and_an_address_is_verified_where_it_stands() {
        let stage = Stage::new().await;
        let address = async |claims: Changes, userinfo: Changes| {
            let who = stage.with(|plan| { plan.claims = claims; plan.userinfo = userinfo; }).await.unwrap();
            (who.email.unwrap_or_default(), who.email_is_verified)
        };
        let set = |email: &str, verified: Value| vec![("email", Some(json!(email))), ("email_verified", Some(verified))];
        assert_eq!(address(set("t@x", json!(false)), vec![]).await, ("t@x".into(), false));
        assert_eq!(address(vec![("email", Some(json!("t@x")))], set("u@x", json!(true))).await, ("t@x".into(), false), "verified is another address");
        assert_eq!(address(vec![("email", Some(json!("u@x")))], set("u@x", json!(true))).await, ("u@x".into(), true));
        assert_eq!(address(set("u@x", json!(false)), set("u@x", json!(true))).await, ("u@x".into(), false), "the token counts");
        for almost in [json!("true"), json!(1), json!(null), json!([true]), json!("1")] {
            assert_eq!(address(set("t@x", almost.clone()), vec![("email_verified", Some(almost))]).await, ("t@x".into(), false));
        }
        assert_eq!(address(vec![], vec![("email_verified", None)]).await, ("anna@x.example".into(), false));
    }

    /// A44.
    async fn a_flood_of_unknown_keys_is_one_look_at_the_keys() {
        let stage = Arc::new(Stage::new().await);
        stage.sign_in().await.unwrap();
        let mut all = tokio::task::JoinSet::new();
        for number in 0..1_000 {
            let stage = Arc::clone(&stage);
            let token = stage.op.logout_token(&vec![], &vec![("kid", Some(json!(format!("random-{number}"))))], &Signer::Ec(1));
            all.spawn(async move { stage.relying.logout_token(&stage.provider, &token).await.map_err(|error| error.code()) });
        }
        while let Some(outcome) = all.join_next().await {
            assert_eq!(outcome.unwrap(), Err("token_key_unknown"));
        }
        assert_eq!(stage.op.calls("jwks"), 2, "the first, and one more");
        stage.sign_in().await.unwrap();
        stage.op.rotate();
        assert_eq!(stage.refused().await, "token_key_unknown", "within the half minute nothing is fetched");
        stage.later(31);
        stage.sign_in().await.unwrap();
        assert_eq!((stage.op.calls("jwks"), stage.op.calls("discovery")), (3, 1));
    }

    /// A45.
    async fn a_key_that_is_not_for_this_is_never_used_and_hurts_nobody() {
        let stage = Stage::new().await;
        let with = |name: &str, value: Value| { let mut key = rsa_jwk(0, "rsa-1"); key[name] = value; key };
        for (what, keys, expected) in [
            ("for encryption", vec![with("use", json!("enc"))], Err("token_key_unknown")), ("to encrypt", vec![with("key_ops", json!(["encrypt"]))], Err("token_key_unknown")), ("a use that is no text", vec![with("use", json!(1))], Err("token_key_unknown")),
            ("for another algorithm", vec![with("alg", json!("RS512"))], Err("token_key_unknown")), ("small", vec![json!({"kty": "RSA", "kid": "rsa-1", "n": URL_SAFE_NO_PAD.encode([255_u8; 128]), "e": "AQAB"})], Err("token_key_unknown")),
            ("exponent 1", vec![with("e", json!("AQ"))], Err("token_key_unknown")), ("a point that is none", vec![json!({"kty": "EC", "crv": "P-256", "kid": "rsa-1", "x": URL_SAFE_NO_PAD.encode([1_u8; 32]), "y": URL_SAFE_NO_PAD.encode([1_u8; 32])})], Err("token_key_unknown")),
            ("to verify", vec![with("key_ops", json!(["verify"]))], Ok(())), ("broken ones before it", vec![json!(null), json!({}), json!({"kty": 7}), json!({"kty": "RSA", "kid": "rsa-1", "n": "!", "e": "AQAB"}), with("use", json!("enc")), rsa_jwk(0, "rsa-1")], Ok(())),
            ("two of one name", vec![rsa_jwk(1, "rsa-1"), rsa_jwk(0, "rsa-1")], Ok(())), ("none", vec![], Err("token_key_unknown")), ("another kind of the same name", vec![ec_jwk(0, "rsa-1"), rsa_jwk(0, "rsa-1")], Ok(())),
        ] {
            let fresh = Stage::new().await;
            fresh.op.plan(|plan| plan.keys = keys);
            let outcome = fresh.sign_in().await;
            assert_eq!(outcome.map(|_| ()).map_err(|error| error.code()), expected, "{what}");
        }
        for body in ["", "[]", "{}", "{\"keys\":{}}", "<html>"] {
            let fresh = Stage::new().await;
            fresh.op.plan(|plan| { plan.replies.insert("jwks", Reply { status: 200, kind: "application/json", body: body.into(), ..Reply::default() }); });
            assert_eq!(fresh.refused().await, "provider_answer", "{body}");
        }
        let many: Vec<Value> = (0..100_000).map(|_| json!({})).collect();
        stage.op.plan(|plan| plan.keys.extend(many));
        stage.sign_in().await.unwrap();
    }

    /// A46.
    async fn a_provider_that_says_no_is_heard_and_nothing_goes_on() {
        let stage = Stage::new().await;
        let (begun, flow) = stage.begin().await.unwrap();
        let code = stage.back(&begun).code.unwrap();
        for query in ["error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E", &format!("error=access_denied&code={code}"), "error=%3Cscript%3E"] {
            let back = Callback::parse(query).unwrap();
            let error = stage.relying.finish(&stage.provider, &flow, &back).await.unwrap_err();
            assert_eq!(error.code(), "denied_by_provider");
            assert!(!error.to_string().contains('<'), "{error}");
        }
        assert_eq!(stage.relying.finish(&stage.provider, &flow, &Callback::default()).await.unwrap_err().code(), "code_missing");
        assert_eq!(stage.op.calls("token"), 0);
    }

    /// A52.
    async fn an_issuer_is_an_encrypted_place_on_the_internet() {
        let mut stage = Stage::new().await;
        let honest = stage.op.issuer();
        let strict = Relying::new(Outbound::new(&OutboundSettings::default()).unwrap(), stage.clock.clone());
        for issuer in [
            "http://login.example.com", "https://login.example.com/?a=b", "https://login.example.com/#x", "https://169.254.169.254", "https://[::1]", "https://127.0.0.1", "https://10.0.0.1", "https://u:p@login.example.com", "ftp://x", "file:///etc/passwd", "login.example.com", "", "https://",
            "https://login.example.com:22", "https://2130706433", "https://0x7f.1", "https://[::ffff:10.0.0.1]", "https://login.example.com\n", honest.as_str(),
        ] {
            stage.provider.issuer = issuer.into();
            let outcome = strict.begin(&stage.provider, CALLBACK, &Ask::default()).await;
            assert_eq!(outcome.unwrap_err().code(), "issuer_unusable", "{issuer}");
        }
        stage.provider.issuer = honest.clone();
        for (name, code) in [("authorization_endpoint", "provider_answer"), ("token_endpoint", "provider_answer"), ("userinfo_endpoint", "provider_answer"), ("jwks_uri", "provider_answer")] {
            for url in ["javascript:alert(1)", "http://10.0.0.1/x", "https://169.254.169.254/", "data:x", "//x", "/relative", "http://example.com/"] {
                let fresh = Stage::new().await;
                fresh.op.plan(|plan| plan.discovery = vec![(name, Some(json!(url)))]);
                assert_eq!(fresh.begin().await.unwrap_err().code(), code, "{name} {url}");
            }
        }
        let canary = Stage::new().await;
        for endpoint in ["discovery", "jwks", "token", "userinfo"] {
            let fresh = Stage::new().await;
            let location = format!("{}/.well-known/openid-configuration", canary.op.issuer());
            fresh.op.plan(|plan| { plan.replies.insert(endpoint, Reply { status: 302, kind: "text/plain", headers: vec![("location", location)], ..Reply::default() }); });
            assert!(fresh.sign_in().await.is_err(), "{endpoint}");
        }
        assert!(canary.op.heard().is_empty(), "no redirect is followed");
        // Addresses of the connection's own are held to the same.
        stage.provider.endpoints.token = Some("https://10.0.0.1/token".into());
        assert_eq!(stage.begin().await.unwrap_err().code(), "connection_incomplete");
    }

    async fn a_proof_of_who_somebody_is_is_as_fresh_as_was_asked_for() {
        let stage = Stage::new().await;
        let outcome = async |auth_time: Option<Value>| {
            stage.op.plan(|plan| plan.claims = vec![("auth_time", auth_time)]);
            let (begun, flow) = stage.begin_with(Ask { max_age: Some(300), ..Ask::default() }).await.unwrap();
            stage.relying.finish(&stage.provider, &flow, &stage.back(&begun)).await.map(|_| ()).map_err(|error| error.code())
        };
        let now = stage.clock.now().timestamp();
        assert_eq!(outcome(Some(json!(now))).await, Ok(()));
        assert_eq!(outcome(Some(json!(now - 300))).await, Ok(()));
        assert_eq!(outcome(Some(json!(now - 500))).await, Err("token_auth_time"));
        assert_eq!(outcome(Some(json!(now + 500))).await, Err("token_early"));
        assert_eq!(outcome(None).await, Err("token_claim_missing"));
        assert_eq!(outcome(Some(json!("now"))).await, Err("token_claim_form"));
    }

    /// B06.
    async fn a_subject_is_a_text_and_compared_as_it_stands() {
        let stage = Stage::new().await;
        for sub in [Value::Null, json!(""), json!(12), json!(true), json!(["a"]), json!("null"), json!("a".repeat(256)), json!("a\u{0}b"), json!("a\nb")] {
            assert_eq!(stage.with_claims(vec![("sub", Some(sub.clone()))]).await, Err("token_subject"), "{sub}");
        }
        for sub in [" anna", "anna ", "ANNA", "ａnna", "12", &"a".repeat(255)] {
            let who = stage.with(|plan| plan.subject = sub.into()).await.unwrap();
            assert_eq!((who.subject.as_str(), who.external_id.as_str()), (sub, sub));
        }
    }

    /// B03.
    async fn entra_is_one_tenant_and_its_oid_is_the_person() {
        const TENANT: &str = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
        let stage = Stage::of(Kind::Entra, &format!("/{TENANT}/v2.0")).await;
        let entra = |tid: Value, oid: Value| vec![("tid", Some(tid)), ("oid", Some(oid)), ("email", Some(json!("anna@x.example"))), ("email_verified", Some(json!(true)))];
        let who = stage.with(|plan| plan.claims = entra(json!(TENANT), json!("oid-1"))).await.unwrap();
        assert_eq!((who.external_id.as_str(), who.subject.as_str(), who.email_is_verified), ("oid-1", "00u-anna", false));
        let verified = async |mark: Option<Value>| {
            let marked = [entra(json!(TENANT), json!("oid-1")), vec![("xms_edov", mark)]].concat();
            stage.with(|plan| plan.claims = marked).await.unwrap().email_is_verified
        };
        for yes in [json!(true), json!("1"), json!(1), json!("true")] {
            assert!(verified(Some(yes.clone())).await, "{yes}");
        }
        for no in [
            json!(false), json!("0"), json!(0), json!("false"), json!(""), json!("True"), json!(" 1"), json!("yes"), json!("11"), json!(1.0), json!(-1), json!(2),
            json!([true]), json!(["1"]), json!({"value": true}), Value::Null,
        ] {
            assert!(!verified(Some(no.clone())).await, "{no}");
        }
        assert!(!verified(None).await);
        for (tid, oid, code) in [
            (json!("00000000-8b86-d011-b42d-00c04fc964ff"), json!("oid-1"), "token_tenant"), (Value::Null, json!("oid-1"), "token_tenant"), (json!(TENANT.to_uppercase()), json!("oid-1"), "token_tenant"),
            (json!(TENANT), Value::Null, "token_claim_form"), (json!(TENANT), json!(7), "token_claim_form"),
        ] {
            assert_eq!(stage.with_claims(entra(tid, oid)).await, Err(code));
        }
        let many = [entra(json!(TENANT), json!("oid-1")), vec![("_claim_names", Some(json!({"groups": "src1"}))), ("_claim_sources", Some(json!({"src1": {"endpoint": "https://graph.windows.net/x"}})))]].concat();
        assert_eq!(stage.with(|plan| plan.claims = many).await.unwrap().groups, Groups::TooMany);
        let mut provider = stage.provider.clone();
        for issuer in ["common/v2.0", "organizations/v2.0", "consumers/v2.0", "{tenantid}/v2.0", TENANT, &format!("{TENANT}/v2.0/"), "contoso.onmicrosoft.com/v2.0"] {
            provider.issuer = format!("https://login.microsoftonline.com/{issuer}");
            assert_eq!(stage.relying.check(&provider).unwrap_err().code(), "tenant_not_named", "{issuer}");
        }
        provider.issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
        stage.relying.check(&provider).unwrap();
    }

    async fn google_names_the_company_and_only_google_does() {
        let hosted = || vec![("hd", Some(json!("x.example")))];
        let stage = Stage::of(Kind::Google, "").await;
        assert_eq!(stage.with(|plan| plan.claims = hosted()).await.unwrap().hosted_domain.as_deref(), Some("x.example"));
        let stage = Stage::of(Kind::Oidc, "").await;
        assert_eq!(stage.with(|plan| plan.claims = hosted()).await.unwrap().hosted_domain, None);
    }

    async fn github_names_the_person_by_a_number_and_a_verified_address() {
        let mut stage = Stage::of(Kind::Github, "").await;
        let who = stage.sign_in().await.unwrap();
        assert_eq!((who.subject.as_str(), who.external_id.as_str(), who.name.as_deref()), ("4711", "4711", Some("Anna A.")));
        assert_eq!((who.email.as_deref(), who.email_is_verified, who.id_token), (Some("anna@x.example"), true, None));
        assert_eq!((stage.op.calls("discovery"), stage.op.calls("jwks"), stage.op.calls("token")), (0, 0, 1));
        let asked = stage.op.heard().into_iter().find(|one| one.endpoint == "token").unwrap();
        assert!(asked.authorization.is_none() && asked.pairs["code_verifier"].len() >= 43);
        let (begun, _) = stage.begin().await.unwrap();
        assert!(begun.url.contains("scope=read%3Auser+user%3Aemail") && begun.url.contains("code_challenge_method=S256"), "{}", begun.url);
        for id in [json!("4711"), json!(0), json!(-1), json!(1.5), Value::Null] {
            let outcome = stage.with(|plan| plan.userinfo = vec![("id", Some(id))]).await;
            assert_eq!(outcome.unwrap_err().code(), "provider_answer");
        }
        let unverified = json!([{"email": "anna@x.example", "primary": true, "verified": false}, {"email": "b@x.example", "primary": false, "verified": true}]);
        let reply = Reply { status: 200, kind: "application/json", body: unverified.to_string().into_bytes(), ..Reply::default() };
        let who = stage.with(|plan| { plan.replies.insert("github_emails", reply); }).await.unwrap();
        assert_eq!((who.email, who.email_is_verified), (None, false));
        stage.provider.proof = Proof::Post(Secret::from("wrong".to_owned()));
        assert_eq!(stage.refused().await, "client_refused");
    }

    async fn the_end_of_a_session_is_asked_for_where_the_provider_says() {
        let stage = Stage::new().await;
        let hint = Secret::from("eyJ.a.b".to_owned());
        let url = stage.relying.end_session_url(&stage.provider, Some(&hint), "https://b.example/logout/done", "s 1").await.unwrap();
        let (place, query) = url.split_once('?').unwrap();
        assert_eq!(place, format!("{}/end_session", stage.op.issuer()));
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let expected = [("id_token_hint", "eyJ.a.b"), ("client_id", CLIENT_ID), ("post_logout_redirect_uri", "https://b.example/logout/done"), ("state", "s 1")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let fresh = Stage::new().await;
        fresh.op.plan(|plan| plan.discovery = vec![("end_session_endpoint", Some(json!("javascript:alert(1)")))]);
        assert_eq!(fresh.relying.end_session_url(&fresh.provider, None, "https://b.example/", "s").await, None);
        fresh.sign_in().await.unwrap();
    }
}
