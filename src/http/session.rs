//! Who is at a browser: the cookie, the session behind it, and the proof that a form came from a page of ours.

use std::net::IpAddr;

use axum::http::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::App;
use crate::domain::access::Actor;
use crate::domain::permission::Permissions;
use crate::domain::session::{Seen, Session, Stage};
use crate::domain::setup_link::{Kind, SetupLink};
use crate::domain::user::User;
use crate::ids::{RequestId, SessionId, SetupLinkId};
use crate::sealed::MasterKey;
use crate::secret;
use crate::store::{StoreError, Tx, Work, sessions, setup_links};
use crate::text;

/// The cookie of a session.
pub const NAME: &str = "__Host-aisoule";
/// The cookie to which the forms of people are bound who have no session.
pub const FORM: &str = "__Host-aisoule-form";
/// The cookie of somebody who has begun to use a set-up link.
pub const SETUP: &str = "__Host-aisoule-setup";
/// The header with which a page of the console says that it asks by itself.
const BY_ITSELF: &str = "x-aisoule-by-itself";
/// How long after its last use a session's use is noted again, in seconds.
const NOTED: i64 = 60;
/// How much of a User-Agent is kept.
const LONGEST_AGENT: usize = 200;

/// The keys under which what browsers hold is signed.
pub struct Keys {
    form: [u8; 32],
    device: [u8; 32],
    setup: [u8; 32],
}

impl Keys {
    /// Those that come from a master key.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        Self {
            form: master.derive("browser form"),
            device: master.derive("browser device"),
            setup: master.derive("browser set-up link"),
        }
    }

    /// The proof that a form carries: bound to a session, or to the cookie of somebody who has none.
    #[must_use]
    pub fn form(&self, anchor: &str) -> String {
        text::hex(&mac(&self.form, anchor))
    }

    /// Whether a proof belongs to that anchor.
    #[must_use]
    pub fn is_form(&self, anchor: &str, proof: &str) -> bool {
        bool::from(self.form(anchor).as_bytes().ct_eq(proof.as_bytes()))
    }

    /// The seal under what a browser remembers of an account.
    #[must_use]
    pub fn device(&self, what: &str) -> String {
        text::hex(&mac(&self.device, what))
    }

    /// What the cookie of somebody holds who has begun to use a set-up link.
    #[must_use]
    pub fn setup(&self, link: SetupLinkId) -> String {
        format!("{link}.{}", text::hex(&mac(&self.setup, &link.to_string())))
    }

    /// The link for which such a cookie was made.
    fn setup_of(&self, cookie: &str) -> Option<SetupLinkId> {
        let id = SetupLinkId::parse(cookie.split('.').next()?)?;
        bool::from(self.setup(id).as_bytes().ct_eq(cookie.as_bytes())).then_some(id)
    }
}

fn mac(key: &[u8; 32], text: &str) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return [0; 32] };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Somebody with a session.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Their session.
    pub session: Session,
    /// Who they are; active.
    pub user: User,
    /// What they may do now.
    pub permissions: Permissions,
    /// SHA-256 of what their cookie holds.
    pub token_hash: [u8; 32],
    /// Whether their password was chosen by somebody else.
    pub must_change_password: bool,
}

impl Visitor {
    /// Who makes a change, for the audit log.
    #[must_use]
    pub fn actor(&self, request_id: RequestId, address: Option<IpAddr>) -> Actor {
        let powers = if self.session.stage == Stage::Full { self.permissions } else { Permissions::NONE };
        Actor {
            kind: "user",
            id: Some(self.user.id.to_string()),
            name: self.user.full_name(),
            request_id,
            address,
            powers,
        }
    }
}

/// Whoever is signed in, all the way, at the browser that sent these headers. Nothing is remembered: the database is
/// asked at each request, so that whoever was deactivated or signed out is out at once, on every bridge.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn visitor(app: &App, headers: &HeaderMap) -> Result<Option<Visitor>, StoreError> {
    Ok(anybody(app, headers).await?.filter(|visitor| visitor.session.stage == Stage::Full))
}

/// The same, also where a second factor or a new password is missing: for the pages that ask for these, and no others.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn anybody(app: &App, headers: &HeaderMap) -> Result<Option<Visitor>, StoreError> {
    let visitor = present(app, headers).await?;
    // A page that renews itself is not somebody who uses it.
    if let Some(visitor) = visitor.as_ref().filter(|_| !headers.contains_key(BY_ITSELF)) {
        note_use(app, visitor.session.id, visitor.session.last_seen_at);
    }
    Ok(visitor)
}

/// The same, without noting that the session is used: for what looks again and again by itself.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn present(app: &App, headers: &HeaderMap) -> Result<Option<Visitor>, StoreError> {
    let Some(token_hash) = held(headers) else { return Ok(None) };
    let present = sessions::present(&mut app.store.read().await?, token_hash).await?;
    let now = app.clock.now();
    let Some(present) = present.filter(|one| !one.session.is_over(app.settings.sessions.lifetime(), now)) else {
        return Ok(None);
    };
    let sessions::Present { session, user, permissions, must_change_password } = present;
    Ok(Some(Visitor { session, user, permissions, token_hash, must_change_password }))
}

/// The link that somebody has begun to use at the browser that sent these headers, as long as it opens anything.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_up(app: &App, headers: &HeaderMap) -> Result<Option<SetupLink>, StoreError> {
    let Some(id) = cookie_of(headers, SETUP).and_then(|cookie| app.browser_keys.setup_of(cookie)) else {
        return Ok(None);
    };
    let link = setup_links::find(&mut app.store.read().await?, id).await?;
    Ok(link.filter(|link| link.kind == Kind::Customer && link.is_open(app.clock.now())))
}

/// Notes that a session is used now, unless that was done within the last minute. It must not be over.
pub(super) fn note_use(app: &App, id: SessionId, last_seen_at: DateTime<Utc>) {
    let now = app.clock.now();
    if (now - last_seen_at).num_seconds() < NOTED {
        return;
    }
    let (store, touch) = (app.store.clone(), Touch { id, at: now });
    tokio::spawn(async move {
        if let Err(error) = store.write(touch).await {
            tracing::warn!(%error, "the last use of a session was not noted");
        }
    });
}

/// SHA-256 of the session cookie, where there is one: of a session, or of nothing that is known.
#[must_use]
pub fn held(headers: &HeaderMap) -> Option<[u8; 32]> {
    cookie_of(headers, NAME).map(secret::hash)
}

/// A cookie's value; none where it stands twice, which no browser of ours makes.
#[must_use]
pub fn cookie_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut named = all.filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name);
    match (named.next(), named.next()) {
        (Some((_, value)), None) if !value.is_empty() && value.len() <= 512 => Some(value),
        _ => None,
    }
}

/// `Set-Cookie` for a session: sent by TLS alone, seen by no script, not sent along with what other sites post.
#[must_use]
pub fn cookie(token: &str) -> HeaderValue {
    set(NAME, token, "")
}

/// `Set-Cookie` that takes a session's cookie away.
#[must_use]
pub fn cleared() -> HeaderValue {
    set(NAME, "", "; Max-Age=0")
}

/// `Set-Cookie` with the flags that all of ours have.
pub(super) fn set(name: &str, value: &str, more: &str) -> HeaderValue {
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{more}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// An answer that sets a cookie.
#[must_use]
pub(super) fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

/// Whether a request that changes something came from a page of ours, as far as the browser says: from our origin, and as
/// a form. Where a browser says nothing, the form's own proof decides alone.
#[must_use]
pub fn same_origin(headers: &HeaderMap, app: &App) -> bool {
    let one = |name: &str| {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value.to_str().map(Some).map_err(drop),
            _ => Err(()),
        }
    };
    let (Ok(origin), Ok(site), Ok(kind)) = (one(ORIGIN.as_str()), one("sec-fetch-site"), one(CONTENT_TYPE.as_str()))
    else {
        return false;
    };
    let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    origin.is_none_or(|origin| origin == origin_of(&app.public_url))
        && site.is_none_or(|site| site == "same-origin" || site == "none")
        && essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The origin of an address (RFC 6454 §6.2).
#[must_use]
pub fn origin_of(address: &str) -> String {
    url::Url::parse(address).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// From where somebody signs in.
#[must_use]
pub fn seen(headers: &HeaderMap, address: Option<IpAddr>) -> Seen {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    Seen { address, user_agent: agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect()) }
}

/// Notes that a session was used.
struct Touch {
    id: SessionId,
    at: DateTime<Utc>,
}

impl Work for Touch {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<crate::ids::WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        sessions::touch(tx, self.id, self.at).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in cookies {
            headers.append(COOKIE, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_counts_where_it_stands_once() {
        assert_eq!(cookie_of(&headers(&["a=1; __Host-aisoule=x; b=2"]), NAME), Some("x"));
        assert_eq!(cookie_of(&headers(&["a=1", "__Host-aisoule=x"]), NAME), Some("x"));
        for bad in
            [&["__Host-aisoule=x; __Host-aisoule=y"][..], &["__Host-aisoule="], &["aisoule=x"], &["__host-aisoule=x"]]
        {
            assert_eq!(cookie_of(&headers(bad), NAME), None, "{bad:?}");
        }
    }

    #[test]
    fn a_cookie_is_for_this_host_by_tls_and_for_no_script() {
        let flags = "; Path=/; Secure; HttpOnly; SameSite=Lax";
        assert_eq!(cookie("abc").to_str().unwrap(), format!("__Host-aisoule=abc{flags}"));
        assert_eq!(cleared().to_str().unwrap(), format!("__Host-aisoule={flags}; Max-Age=0"));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (address, origin) in [
            ("https://b.example", "https://b.example"),
            ("https://B.example:443/x", "https://b.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(origin_of(address), origin);
        }
    }
}
