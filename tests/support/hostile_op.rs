//! An OpenID Provider that does what it is told: honest by default, and each module of the OpenID Foundation's plans for
//! relying parties by name. It speaks HTTP on loopback, counts what it is asked, and checks clients as a real one does:
//! codes are good once, for one client, one callback and one verifier.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aisoule_bridge::clock::Clock;
use aisoule_bridge::outbound::{Answer, Outbound, OutboundSettings, Request};
use aisoule_bridge::sealed::random;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, crypto};
use p256::pkcs8::EncodePrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The client that the provider knows; id and secret have what has to be encoded.
pub const CLIENT_ID: &str = "bridge:100%+é";
pub const CLIENT_SECRET: &str = "s%c+r:t é/=&";
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

static RSA: LazyLock<[rsa::RsaPrivateKey; 2]> =
    LazyLock::new(|| [(); 2].map(|()| rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap()));
static EC: LazyLock<[p256::SecretKey; 2]> =
    LazyLock::new(|| [(); 2].map(|()| p256::SecretKey::from_slice(&random::<32>().unwrap()).unwrap()));

/// The public half of an RSA key, as it is published.
pub fn rsa_jwk(which: usize, kid: &str) -> Value {
    let part = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    json!({"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": part(RSA[which].n()), "e": part(RSA[which].e())})
}

/// The public half of a P-256 key, as it is published.
pub fn ec_jwk(which: usize, kid: &str) -> Value {
    let mut jwk: Value = serde_json::from_str(&EC[which].public_key().to_jwk_string()).unwrap();
    (jwk["kid"], jwk["use"], jwk["alg"]) = (json!(kid), json!("sig"), json!("ES256"));
    jwk
}

/// A private key in PEM, and the algorithm that it signs with.
pub fn private_pem(rsa: bool) -> String {
    if rsa {
        use rsa::pkcs8::EncodePrivateKey as _;
        RSA[1].to_pkcs8_pem(rsa::pkcs8::LineEnding::LF).unwrap().to_string()
    } else {
        EC[1].to_pkcs8_pem(p256::pkcs8::LineEnding::LF).unwrap().to_string()
    }
}

/// The bytes that an attacker may take for the secret of an HMAC: the public key in its spellings.
pub fn public_as_secret(spelling: &str) -> Vec<u8> {
    use rsa::pkcs8::EncodePublicKey as _;
    let key = RSA[0].to_public_key();
    match spelling {
        "pem" => key.to_public_key_pem(rsa::pkcs8::LineEnding::LF).unwrap().into_bytes(),
        "der" => key.to_public_key_der().unwrap().into_vec(),
        "ec" => EC[0].public_key().to_public_key_der().unwrap().into_vec(),
        _ => rsa_jwk(0, "rsa-1").to_string().into_bytes(),
    }
}

/// What a token is signed with.
#[derive(Clone)]
pub enum Signer {
    Rsa(usize, Algorithm),
    Ec(usize),
    /// ES256 with a signature in DER.
    EcDer(usize),
    Hmac(Vec<u8>),
    /// Nothing: `alg` none.
    Nobody,
    /// The right key over something else.
    Broken(Box<Signer>),
}

impl Signer {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_, Algorithm::PS256) => "PS256",
            Self::Rsa(_, Algorithm::RS512) => "RS512",
            Self::Rsa(..) => "RS256",
            Self::Ec(_) | Self::EcDer(_) => "ES256",
            Self::Hmac(_) => "HS256",
            Self::Nobody => "none",
            Self::Broken(inner) => inner.algorithm(),
        }
    }

    fn sign(&self, message: &str) -> String {
        let message = message.as_bytes();
        match self {
            Self::Rsa(which, algorithm) => {
                let der = RSA[*which].to_pkcs1_der().unwrap();
                crypto::sign(message, &EncodingKey::from_rsa_der(der.as_bytes()), *algorithm).unwrap()
            }
            Self::Ec(which) => {
                let der = EC[*which].to_pkcs8_der().unwrap();
                crypto::sign(message, &EncodingKey::from_ec_der(der.as_bytes()), Algorithm::ES256).unwrap()
            }
            Self::EcDer(which) => {
                let plain =
                    URL_SAFE_NO_PAD.decode(Self::Ec(*which).sign(std::str::from_utf8(message).unwrap())).unwrap();
                let signature = p256::ecdsa::Signature::from_slice(&plain).unwrap();
                URL_SAFE_NO_PAD.encode(signature.to_der().as_bytes())
            }
            Self::Hmac(secret) => crypto::sign(message, &EncodingKey::from_secret(secret), Algorithm::HS256).unwrap(),
            Self::Nobody => String::new(),
            Self::Broken(inner) => inner.sign("something else"),
        }
    }
}

/// A token of these parts; the header's `alg` is the signer's unless it says another.
pub fn seal(header: &Value, claims: &str, signer: &Signer) -> String {
    let mut full = json!({"alg": signer.algorithm()});
    for (name, value) in header.as_object().unwrap() {
        if value.is_null() {
            full.as_object_mut().unwrap().remove(name)
        } else {
            full.as_object_mut().unwrap().insert(name.clone(), value.clone())
        };
    }
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(full.to_string()), URL_SAFE_NO_PAD.encode(claims));
    let signature = signer.sign(&signed);
    format!("{signed}.{signature}")
}

/// Changes of an object: a value, or none for what is taken out.
pub type Changes = Vec<(&'static str, Option<Value>)>;

fn change(object: &mut Value, changes: &Changes) {
    let object: &mut Map<String, Value> = object.as_object_mut().unwrap();
    for (name, value) in changes {
        match value {
            Some(value) => object.insert((*name).to_owned(), value.clone()),
            None => object.remove(*name),
        };
    }
}

/// An answer in place of the right one.
#[derive(Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub kind: &'static str,
    pub body: Vec<u8>,
    pub headers: Vec<(&'static str, String)>,
    pub delay: Duration,
}

type Mangle = Arc<dyn Fn(String) -> String + Send + Sync>;

/// What the provider does.
#[derive(Clone)]
pub struct Plan {
    pub subject: String,
    pub claims: Changes,
    pub header: Changes,
    pub signer: Signer,
    pub kid: Option<&'static str>,
    /// What becomes of the ID token at last.
    pub mangle: Option<Mangle>,
    pub discovery: Changes,
    pub keys: Vec<Value>,
    pub jwks_path: String,
    pub userinfo: Changes,
    pub token: Changes,
    /// The `iss` of the callback: none, or this.
    pub callback_iss: Option<String>,
    /// Answers in place of the right ones, by endpoint: discovery, jwks, token, userinfo.
    pub replies: HashMap<&'static str, Reply>,
    /// The keys change when the next token is signed.
    pub rotates: bool,
    /// What comes back from the end of a session: none, or this in place of the state.
    pub end_state: Option<Option<String>>,
}

struct Asked {
    client_id: String,
    redirect_uri: String,
    nonce: Option<String>,
    challenge: String,
    method: String,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub endpoint: &'static str,
    pub authorization: Option<String>,
    pub pairs: HashMap<String, String>,
}

struct Inner {
    base: String,
    /// What follows the address in the issuer: Entra's has the tenant there.
    path: String,
    clock: Clock,
    plan: Mutex<Plan>,
    codes: Mutex<HashMap<String, Asked>>,
    access: Mutex<HashMap<String, String>>,
    heard: Mutex<Vec<Heard>>,
}

/// The provider.
#[derive(Clone)]
pub struct HostileOp(Arc<Inner>);

impl HostileOp {
    pub async fn start(clock: Clock) -> Self {
        Self::start_at(clock, "").await
    }

    /// With an issuer that ends in `path`.
    pub async fn start_at(clock: Clock, path: &str) -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let plan = Plan {
            subject: "00u-anna".into(),
            claims: vec![],
            header: vec![],
            signer: Signer::Rsa(0, Algorithm::RS256),
            kid: Some("rsa-1"),
            mangle: None,
            discovery: vec![],
            keys: vec![rsa_jwk(0, "rsa-1"), ec_jwk(0, "ec-1")],
            jwks_path: format!("/jwks-{}", hex(&random::<8>().unwrap())),
            userinfo: vec![],
            token: vec![],
            callback_iss: None,
            replies: HashMap::new(),
            rotates: false,
            end_state: None,
        };
        let inner = Arc::new(Inner {
            base,
            path: path.into(),
            clock,
            plan: Mutex::new(plan),
            codes: Mutex::default(),
            access: Mutex::default(),
            heard: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self(inner)
    }

    pub fn issuer(&self) -> String {
        format!("{}{}", self.0.base, self.0.path)
    }

    /// Changes what the provider does from now on.
    pub fn plan(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.0.plan.lock().unwrap());
    }

    /// How often an endpoint was asked: discovery, jwks, authorize, token, userinfo, end_session, other.
    pub fn calls(&self, endpoint: &str) -> usize {
        self.0.heard.lock().unwrap().iter().filter(|one| one.endpoint == endpoint).count()
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.0.heard.lock().unwrap().clone()
    }

    /// What the provider does with a browser at its authorization endpoint: signs the person in and sends them back. Gives
    /// the whole address that they are sent to.
    pub fn authorize(&self, url: &str) -> String {
        self.0.authorize(url.split_once('?').map_or("", |(_, query)| query))
    }

    /// A logout token, with changes to its claims and header; good for the person that signs in here.
    pub fn logout_token(&self, claims: &Changes, header: &Changes, signer: &Signer) -> String {
        let now = self.0.clock.now().timestamp();
        let mut body = json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": hex(&random::<8>().unwrap()),
            "sub": self.0.plan.lock().unwrap().subject, "sid": "sid-1", "events": {EVENT: {}},
        });
        change(&mut body, claims);
        let mut head = json!({"typ": "logout+jwt", "kid": "rsa-1"});
        change(&mut head, header);
        seal(&head, &body.to_string(), signer)
    }

    /// Hands a logout token over, as a provider does.
    #[allow(dead_code)]
    pub async fn post_logout(&self, url: &str, token: &str) -> Answer {
        let settings = OutboundSettings { allow_loopback: true, ..OutboundSettings::default() };
        let outbound = Outbound::new(&settings).unwrap();
        outbound.send(Request::form(url, &[("logout_token", token)])).await.unwrap()
    }

    /// Plays a module of the OpenID Foundation's plans for relying parties, by its name there.
    pub fn play(&self, module: &str) {
        let name = module.strip_prefix("oidcc-client-test").unwrap_or(module).trim_start_matches('-');
        self.plan(|plan| match name {
            ""
            | "idtoken-sig-rs256"
            | "discovery-openid-config"
            | "discovery-jwks-uri-keys"
            | "scope-userinfo-claims"
            | "client-secret-basic"
            | "nonce"
            | "signing-key-rotation" => {}
            "invalid-iss" => plan.claims = vec![("iss", Some(json!("https://attacker.example")))],
            "missing-sub" => plan.claims = vec![("sub", None)],
            "invalid-aud" => plan.claims = vec![("aud", Some(json!("another-client")))],
            "missing-aud" => plan.claims = vec![("aud", None)],
            "missing-iat" => plan.claims = vec![("iat", None)],
            "nonce-invalid" => plan.claims = vec![("nonce", Some(json!("another-nonce")))],
            "kid-absent-single-jwks" => plan.kid = None,
            "kid-absent-multiple-jwks" => {
                plan.kid = None;
                plan.keys.push(rsa_jwk(1, "rsa-2"));
            }
            "idtoken-sig-none" => {
                plan.signer = Signer::Nobody;
                plan.kid = None;
            }
            "invalid-sig-rs256" => plan.signer = Signer::Broken(Box::new(Signer::Rsa(0, Algorithm::RS256))),
            "invalid-sig-es256" => {
                plan.signer = Signer::Broken(Box::new(Signer::Ec(0)));
                plan.kid = Some("ec-1");
            }
            "invalid-sig-hs256" => plan.signer = Signer::Broken(Box::new(Signer::Hmac(CLIENT_SECRET.into()))),
            "userinfo-invalid-sub" => plan.userinfo = vec![("sub", Some(json!("somebody-else")))],
            "discovery-issuer-mismatch" => plan.discovery = vec![("issuer", Some(json!("https://attacker.example")))],
            "signing-key-rotation-just-before-signing" => plan.rotates = true,
            "ignores-unparseable-key-in-jwks" => {
                let broken = json!({"kty": "RSA", "kid": "rsa-1", "n": 7});
                plan.keys.splice(0..0, [broken, json!({"kty": "quantum", "kid": "rsa-1"}), json!("key")]);
            }
            other => panic!("no module is called {other}"),
        });
    }

    /// New keys in place of the old.
    pub fn rotate(&self) {
        self.plan(Plan::rotate);
    }
}

impl Plan {
    fn rotate(&mut self) {
        self.keys = vec![rsa_jwk(1, "rsa-2")];
        (self.signer, self.kid) = (Signer::Rsa(1, Algorithm::RS256), Some("rsa-2"));
    }
}

fn hex(bytes: &[u8]) -> String {
    aisoule_bridge::text::hex(bytes)
}

fn pairs(encoded: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn reply(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, "application/json;charset=utf-8")], body.to_string()).into_response()
}

async fn answer(State(op): State<Arc<Inner>>, _: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let path = uri.path().strip_prefix(op.path.as_str()).unwrap_or(uri.path()).to_owned();
    let endpoint = match path.as_str() {
        "/.well-known/openid-configuration" => "discovery",
        "/authorize" | "/login/oauth/authorize" => "authorize",
        "/token" | "/login/oauth/access_token" => "token",
        "/userinfo" => "userinfo",
        "/api/v3/user" => "github",
        "/api/v3/user/emails" => "github_emails",
        "/end_session" => "end_session",
        path if path.starts_with("/jwks-") => "jwks",
        _ => "other",
    };
    let query = uri.query().unwrap_or_default();
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let mut given = pairs(query.as_bytes());
    given.extend(pairs(&body));
    let heard = Heard { endpoint, authorization: authorization.clone(), pairs: given.clone() };
    op.heard.lock().unwrap().push(heard);
    let instead = op.plan.lock().unwrap().replies.get(endpoint).cloned();
    if let Some(instead) = instead {
        tokio::time::sleep(instead.delay).await;
        if instead.status > 0 {
            let mut response = (StatusCode::from_u16(instead.status).unwrap(), instead.body).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, instead.kind.parse().unwrap());
            for (name, value) in instead.headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            return response;
        }
    }
    match endpoint {
        "discovery" => op.discovery(),
        "authorize" => (StatusCode::FOUND, [(header::LOCATION, op.authorize(query))]).into_response(),
        "token" => op.token(&given, authorization.as_deref()),
        "userinfo" => op.userinfo(authorization.as_deref()),
        "jwks" if path == op.plan.lock().unwrap().jwks_path => {
            reply(200, &json!({"keys": op.plan.lock().unwrap().keys}))
        }
        "github" if op.subject_of(authorization.as_deref()).is_some() => {
            let mut user = json!({"id": 4_711, "login": "anna", "name": "Anna A."});
            change(&mut user, &op.plan.lock().unwrap().userinfo);
            reply(200, &user)
        }
        "github_emails" if op.subject_of(authorization.as_deref()).is_some() => reply(
            200,
            &json!([
                {"email": "other@x.example", "primary": false, "verified": true},
                {"email": "anna@x.example", "primary": true, "verified": true},
            ]),
        ),
        "end_session" => op.end_session(&given),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Inner {
    fn discovery(&self) -> Response {
        let (plan, issuer) = (self.plan.lock().unwrap(), format!("{}{}", self.base, self.path));
        let mut document = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}{}", plan.jwks_path), "end_session_endpoint": format!("{issuer}/end_session"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "none"],
            "code_challenge_methods_supported": ["S256"], "claims_supported": ["sub", "email", "groups"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "scopes_supported": ["openid", "profile", "email"], "backchannel_logout_supported": true,
        });
        change(&mut document, &plan.discovery);
        reply(200, &document)
    }

    fn authorize(&self, query: &str) -> String {
        let mut asked = pairs(query.as_bytes());
        let mut take = |name: &str| asked.remove(name);
        let code = hex(&random::<16>().unwrap());
        let (redirect_uri, state) = (take("redirect_uri").unwrap(), take("state").unwrap_or_default());
        let request = Asked {
            client_id: take("client_id").unwrap_or_default(),
            redirect_uri: redirect_uri.clone(),
            nonce: take("nonce"),
            challenge: take("code_challenge").unwrap_or_default(),
            method: take("code_challenge_method").unwrap_or_default(),
        };
        self.codes.lock().unwrap().insert(code.clone(), request);
        let mut back = form_urlencoded::Serializer::new(String::new());
        back.append_pair("code", &code).append_pair("state", &state);
        if let Some(iss) = &self.plan.lock().unwrap().callback_iss {
            back.append_pair("iss", iss);
        }
        format!("{redirect_uri}?{}", back.finish())
    }

    fn token(&self, form: &HashMap<String, String>, authorization: Option<&str>) -> Response {
        let error = |status, name: &str| reply(status, &json!({"error": name}));
        let empty = String::new();
        let field = |name: &str| form.get(name).unwrap_or(&empty);
        if !self.is_client(form, authorization) {
            return error(401, "invalid_client");
        }
        let Some(asked) = self.codes.lock().unwrap().remove(field("code")) else { return error(400, "invalid_grant") };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier")));
        let holds = asked.method == "S256"
            && asked.challenge == challenge
            && asked.redirect_uri == *field("redirect_uri")
            && asked.client_id == CLIENT_ID;
        if !holds || field("grant_type") != "authorization_code" {
            return error(400, "invalid_grant");
        }
        let mut plan = self.plan.lock().unwrap();
        if std::mem::take(&mut plan.rotates) {
            plan.rotate();
        }
        let access = hex(&random::<16>().unwrap());
        self.access.lock().unwrap().insert(access.clone(), plan.subject.clone());
        let now = self.clock.now().timestamp();
        let half = &Sha256::digest(&access)[..16];
        let mut claims = json!({
            "iss": format!("{}{}", self.base, self.path), "sub": plan.subject, "aud": CLIENT_ID, "iat": now, "exp": now + 300,
            "auth_time": now, "nonce": asked.nonce, "at_hash": URL_SAFE_NO_PAD.encode(half), "sid": "sid-1",
        });
        change(&mut claims, &plan.claims);
        let mut header = json!({"kid": plan.kid, "typ": "JWT"});
        change(&mut header, &plan.header);
        let mut id_token = seal(&header, &claims.to_string(), &plan.signer);
        if let Some(mangle) = &plan.mangle {
            id_token = mangle(id_token);
        }
        let mut tokens =
            json!({"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id_token});
        change(&mut tokens, &plan.token);
        reply(200, &tokens)
    }

    /// Whether the request proves the client, in one of the three ways.
    fn is_client(&self, form: &HashMap<String, String>, authorization: Option<&str>) -> bool {
        if let Some(basic) = authorization.and_then(|value| value.strip_prefix("Basic ")) {
            let pair = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
            let decoded = pair.replace(':', "&");
            let mut parts = form_urlencoded::parse(decoded.as_bytes()).map(|(name, _)| name.into_owned());
            return (parts.next().as_deref(), parts.next().as_deref()) == (Some(CLIENT_ID), Some(CLIENT_SECRET));
        }
        let is_named = form.get("client_id").is_some_and(|id| id == CLIENT_ID);
        if let Some(assertion) = form.get("client_assertion") {
            let header = jsonwebtoken::decode_header(assertion).unwrap();
            let jwk = if header.alg == Algorithm::ES256 { ec_jwk(1, "bridge") } else { rsa_jwk(1, "bridge") };
            let key = DecodingKey::from_jwk(&serde_json::from_value(jwk).unwrap()).unwrap();
            let mut rules = Validation::new(header.alg);
            rules.set_audience(&[format!("{}{}/token", self.base, self.path)]);
            rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
            rules.set_issuer(&[CLIENT_ID]);
            rules.sub = Some(CLIENT_ID.to_owned());
            let claims = jsonwebtoken::decode::<Value>(assertion, &key, &rules);
            return is_named && claims.is_ok_and(|token| token.claims["jti"].is_string());
        }
        is_named && form.get("client_secret").is_some_and(|secret| secret == CLIENT_SECRET)
    }

    fn subject_of(&self, authorization: Option<&str>) -> Option<String> {
        self.access.lock().unwrap().get(authorization?.strip_prefix("Bearer ")?).cloned()
    }

    fn userinfo(&self, authorization: Option<&str>) -> Response {
        let Some(subject) = self.subject_of(authorization) else {
            return reply(401, &json!({"error": "invalid_token"}));
        };
        let mut claims = json!({
            "sub": subject, "name": "Anna A.", "given_name": "Anna", "family_name": "A.", "email": "anna@x.example",
            "email_verified": true,
        });
        change(&mut claims, &self.plan.lock().unwrap().userinfo);
        reply(200, &claims)
    }

    fn end_session(&self, given: &HashMap<String, String>) -> Response {
        let Some(back) = given.get("post_logout_redirect_uri") else { return reply(200, &json!({})) };
        let state = match &self.plan.lock().unwrap().end_state {
            Some(other) => other.clone(),
            None => given.get("state").cloned(),
        };
        let query = state.map(|state| {
            format!("?{}", form_urlencoded::Serializer::new(String::new()).append_pair("state", &state).finish())
        });
        (StatusCode::FOUND, [(header::LOCATION, format!("{back}{}", query.unwrap_or_default()))]).into_response()
    }
}
