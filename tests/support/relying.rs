//! A client of the bridge's own provider, and people who are signed in at the bridge.

use std::collections::BTreeMap;

use aisoule_bridge::command::login_clients::CreateLoginClient;
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::session::{Door, Seen, Session, Stage};
use aisoule_bridge::domain::user::User;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::{SessionId, WorkspaceId};
use aisoule_bridge::secret;
use aisoule_bridge::store::{StoreError, Tx, Work, sessions};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Answer, Bridge};

/// The verifier that is behind the challenge of [`Relying::query`].
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A client.
#[derive(Clone)]
pub struct Relying {
    pub workspace: WorkspaceId,
    pub id: String,
    pub secret: String,
    pub redirect_uri: String,
}

/// A session that is simply there.
struct There(Session, [u8; 32]);

impl Work for There {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        sessions::insert(tx, &self.0, self.1).await
    }
}

/// Parameters as a query or form has them.
pub fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The parameters of an address.
pub fn parameters(address: &str) -> BTreeMap<String, String> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

impl Bridge {
    /// A client of a workspace, which is told of logouts where an address is given.
    pub async fn relying(&self, workspace: &Workspace, name: &str, told_at: Option<String>) -> Relying {
        let relying = Relying {
            workspace: workspace.id,
            id: aisoule_bridge::ids::new_client_id(),
            secret: secret::new_with(secret::CLIENT_PREFIX).unwrap(),
            redirect_uri: format!("https://{name}.example/callback?kept=1"),
        };
        let create = CreateLoginClient {
            workspace: workspace.id,
            id: relying.id.clone(),
            name: name.into(),
            secret_hash: secret::hash(&relying.secret),
            redirect_uris: vec!["https://first.example/cb".into(), relying.redirect_uri.clone()],
            post_logout_uris: vec![format!("https://{name}.example/bye")],
            backchannel_logout_uri: told_at,
        };
        self.app.commands.execute(&Actor::operator(), create).await.unwrap();
        relying
    }

    /// Somebody is signed in by that door, all the way; gives the session and what the browser sends.
    pub async fn signed_in(&self, user: &User, door: Door) -> (SessionId, String) {
        self.signed_in_as_far_as(user, door, Stage::Full).await
    }

    pub async fn signed_in_as_far_as(&self, user: &User, door: Door, stage: Stage) -> (SessionId, String) {
        let (token, now) = (secret::new_plain().unwrap(), self.app.clock.now());
        let session = Session {
            id: SessionId::fresh(),
            workspace_id: user.workspace_id,
            user_id: user.id,
            stage,
            door,
            has_second_factor: false,
            seen: Seen::default(),
            created_at: now,
            authenticated_at: now,
            last_seen_at: now,
            expires_at: now + TimeDelta::hours(24),
        };
        let id = session.id;
        self.app.store.write(There(session, secret::hash(&token))).await.unwrap();
        (id, format!("__Host-aisoule={token}"))
    }

    /// A page as a browser with that cookie asks for it.
    pub async fn page(&self, path: &str, cookie: &str) -> Answer {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("http://{}{path}", self.address) };
        self.client("").with("cookie", cookie).with("content-type", "").send("GET", &url, Vec::new()).await
    }

    /// A form, with further headers.
    pub async fn form(&self, path: &str, headers: &[(&str, &str)], pairs: &[(&str, &str)]) -> Answer {
        let mut http = self.client("").with("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            http = http.with(name, value);
        }
        http.send("POST", &format!("http://{}{path}", self.address), encoded(pairs).into_bytes()).await
    }

    /// What a JWT of the bridge's says, checked as a client checks it: with the published keys.
    pub async fn read_jwt(&self, token: &str, audience: &str) -> (Value, Value) {
        let keys = self.page("/.well-known/jwks.json", "").await.expect(200).json;
        let set: JwkSet = serde_json::from_value(keys).unwrap();
        let header = decode_header(token).unwrap();
        let key = set.find(header.kid.as_deref().unwrap()).expect("the key is published");
        assert_eq!(header.alg, Algorithm::ES256);
        let mut checks = Validation::new(Algorithm::ES256);
        checks.set_audience(&[audience]);
        checks.set_issuer(&[format!("http://{}", self.address)]);
        checks.validate_exp = false;
        let read = decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &checks).unwrap();
        (serde_json::to_value(read.header).unwrap(), read.claims)
    }
}

impl Relying {
    /// The challenge of PKCE.
    pub fn challenge() -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
    }

    /// An authorization request with these parameters instead of, or besides, the usual ones; an empty one is left out.
    pub fn query(&self, more: &[(&str, &str)]) -> String {
        let challenge = Self::challenge();
        let usual = [
            ("client_id", self.id.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("state", "a state & more"),
            ("nonce", "n-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let kept = usual.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let all: Vec<(&str, &str)> = kept.chain(more.iter().filter(|(_, value)| !value.is_empty())).copied().collect();
        format!("/oauth/authorize?{}", encoded(&all))
    }

    /// What the browser brings back.
    pub async fn ask(&self, bridge: &Bridge, cookie: &str, more: &[(&str, &str)]) -> BTreeMap<String, String> {
        let answer = bridge.page(&self.query(more), cookie).await.expect(303);
        let to = answer.header("location").unwrap().to_owned();
        assert!(to.starts_with(&format!("{}&", self.redirect_uri)), "{to}");
        parameters(&to)
    }

    pub async fn code(&self, bridge: &Bridge, cookie: &str, more: &[(&str, &str)]) -> String {
        let back = self.ask(bridge, cookie, more).await;
        back.get("code").unwrap_or_else(|| panic!("no code in {back:?}")).clone()
    }

    pub fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.id, self.secret)))
    }

    /// Asks something as this client.
    pub async fn post(&self, bridge: &Bridge, path: &str, pairs: &[(&str, &str)]) -> Answer {
        bridge.form(path, &[("authorization", &self.basic())], pairs).await
    }

    pub async fn redeem(&self, bridge: &Bridge, code: &str) -> Answer {
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.post(bridge, "/oauth/token", &usual).await
    }

    pub async fn refresh(&self, bridge: &Bridge, token: &str) -> Answer {
        self.post(bridge, "/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Tokens for somebody who is signed in.
    pub async fn tokens(&self, bridge: &Bridge, cookie: &str, scope: &str) -> Tokens {
        let code = self.code(bridge, cookie, &[("scope", scope)]).await;
        Tokens::of(&self.redeem(bridge, &code).await.expect(200))
    }

    pub async fn is_active(&self, bridge: &Bridge, token: &str) -> bool {
        let answer = self.post(bridge, "/oauth/introspect", &[("token", token)]).await.expect(200);
        answer.json["active"].as_bool().unwrap()
    }
}

/// What a client was given.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub id: String,
}

impl Tokens {
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let text = |name: &str| answer.json[name].as_str().unwrap_or_else(|| panic!("{}", answer.json)).to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), id: text("id_token") }
    }

    pub async fn userinfo(&self, bridge: &Bridge) -> Answer {
        let http = bridge.client(&self.access).with("content-type", "");
        http.send("GET", &format!("http://{}/oauth/userinfo", bridge.address), Vec::new()).await
    }
}
