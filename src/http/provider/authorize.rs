//! `/oauth/authorize`: whoever is signed in comes back to the client with a code (OpenID Connect Core §3.1.2).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::command::grants::Authorize;
use crate::command::{CommandError, Subject};
use crate::domain::access::Actor;
use crate::domain::login_client::LoginClient;
use crate::domain::permission::Permissions;
use crate::http::around::Around;
use crate::http::journal::Asked;
use crate::http::session::{Visitor, held, visitor};
use crate::http::{App, body, pages};
use crate::ids::GrantId;
use crate::provider::authorize::{Lost, PATH, Parameters, Refusal, with_parameters};
use crate::provider::tokens;
use crate::secret::{self, CODE_PREFIX};
use crate::store::{StoreError, login_clients};

/// The largest form, in bytes.
const MOST: usize = 16_384;
/// The longest path that the login page leads back to, in bytes.
const LONGEST_WAY_BACK: usize = 2_000;

/// Answers `GET` and `POST /oauth/authorize`.
pub async fn authorize(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // What is wrong with a request is said, and repeated nowhere: it came from elsewhere.
    let around = Around::bare(&app, &parts.headers, "");
    let Some(parameters) = parameters(&app, &parts, body).await else {
        return wrong(&around, "signin-wrong-unreadable");
    };
    // With what another site posts, browsers send no cookie of ours; with a redirect they do.
    if parts.method == Method::POST && held(&parts.headers).is_none() {
        return pages::redirect(&parameters.at(PATH));
    }
    answer(&app, &around, &parts, &parameters).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "an authorization request could not be answered");
        pages::busy(&around)
    })
}

/// The parameters of a query or a form; none where there is no reading them.
pub(super) async fn parameters(app: &App, parts: &Parts, mut body: axum::body::Body) -> Option<Parameters> {
    if parts.method != Method::POST {
        return Some(Parameters::parse(parts.uri.query().unwrap_or_default().as_bytes()));
    }
    let limit = Duration::from_secs(app.settings.limits.body_seconds);
    body::read(&mut body, MOST, limit).await.ok().map(|form| Parameters::parse(&form))
}

async fn answer(app: &App, around: &Around, parts: &Parts, parameters: &Parameters) -> Result<Response, StoreError> {
    let (id, redirect_uri) = match parameters.target() {
        Ok(target) => target,
        Err(Lost::Client) => return Ok(wrong(around, "signin-wrong-program")),
        Err(Lost::Address) => return Ok(wrong(around, "signin-wrong-no-address")),
    };
    let found = login_clients::find(&mut app.store.read().await?, id).await?.map(|kept| kept.client);
    let Some(client) = found.filter(|client| client.revoked_at.is_none()) else {
        return Ok(wrong(around, "signin-wrong-unknown"));
    };
    // From here on, and not before, its address may be trusted with an answer.
    if !client.redirect_uris.iter().any(|known| known == redirect_uri) {
        return Ok(wrong(around, "signin-wrong-address"));
    }
    let back = Back { app, around, redirect_uri, state: parameters.state() };
    match code(app, around, parts, parameters, &client, redirect_uri).await {
        Ok(code) => Ok(back.with(&[("code", Some(&code))])),
        Err(Stop::Refused(Refusal { error, description })) => {
            Ok(back.with(&[("error", Some(error)), ("error_description", Some(description))]))
        }
        Err(Stop::Page(page)) => Ok(page),
        Err(Stop::Unavailable(error)) => {
            tracing::warn!(%error, "no code could be given");
            Ok(back.with(&[("error", Some("temporarily_unavailable"))]))
        }
    }
}

/// Why there is no code.
enum Stop {
    /// The client is told.
    Refused(Refusal),
    /// The person is shown something first, or goes elsewhere.
    Page(Response),
    /// The database.
    Unavailable(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}

async fn code(
    app: &App,
    around: &Around,
    parts: &Parts,
    parameters: &Parameters,
    client: &LoginClient,
    redirect_uri: &str,
) -> Result<String, Stop> {
    let request = parameters.request().map_err(Stop::Refused)?;
    let (now, asked) = (app.clock.now(), Asked::of(parts, &parts.headers));
    let refuse = |description| Stop::Refused(Refusal { error: "login_required", description });
    let found = visitor(app, &parts.headers).await?;
    // Whoever is signed in already sees the login page all the same, where they must do so anew; and so does their
    // provider ask again.
    let is_anew = found.is_some() || request.prompt.login;
    let is_fresh = |visitor: &Visitor| !request.wants_login(visitor.session.authenticated_at, now);
    let Some(visitor) = found.filter(is_fresh) else {
        if request.prompt.none {
            return Err(refuse("nobody is signed in, or it is too long ago"));
        }
        let back = parameters.after_login(now, is_anew);
        if back.len() > LONGEST_WAY_BACK {
            let description = "the request is too long to be carried through the login page; shorten state";
            return Err(Stop::Refused(Refusal { error: "invalid_request", description }));
        }
        let hint = request.login_hint.as_deref();
        let workspace = client.workspace_id.to_string();
        let whither = [
            ("return_to", Some(back.as_str())),
            ("workspace", Some(&workspace)),
            ("email", hint),
            ("prompt", is_anew.then_some("login")),
        ];
        let login = with_parameters("/login", &whither);
        return Err(Stop::Page(pages::redirect(&login)));
    };
    if visitor.session.workspace_id != client.workspace_id {
        let sentence = "somebody of another workspace was signed in";
        // Who they are is no business of this workspace's.
        let actor = Actor {
            kind: "visitor",
            id: None,
            name: String::new(),
            request_id: asked.request_id,
            address: asked.address,
            powers: Permissions::NONE,
        };
        let subject = Subject::of("client", &client.id);
        let workspace = Some(client.workspace_id);
        app.commands.refused(&actor, workspace, "client.authorize", subject, sentence.into()).await;
        if request.prompt.none {
            return Err(refuse("somebody else is signed in"));
        }
        let sentence = around.fill("signin-elsewhere").with("program", &client.name);
        let back = parameters.after_login(now, true);
        let workspace = client.workspace_id.to_string();
        let whither = [("prompt", Some("login")), ("workspace", Some(workspace.as_str())), ("return_to", Some(&back))];
        let other = with_parameters("/login", &whither);
        let next = Some(if back.len() > LONGEST_WAY_BACK {
            ("signout-do", "/oauth/logout")
        } else {
            ("signin-elsewhere-next", other.as_str())
        });
        let page = pages::notice(around, StatusCode::FORBIDDEN, "signin-elsewhere-title", sentence, next);
        return Err(Stop::Page(page));
    }
    if let Some(hint) = &request.id_token_hint {
        let hint = tokens::hint(&app.ring, &app.public_url, hint, now).await;
        if hint.is_none_or(|hint| hint.aud != client.id || hint.sub != visitor.user.id) {
            return Err(refuse("id_token_hint is about somebody else, or is no ID token of this client's"));
        }
    }
    let random = |error: crate::sealed::KeyError| StoreError::Statement(error.to_string());
    let code = secret::new_with(CODE_PREFIX).map_err(random)?;
    let authorize = Authorize {
        workspace: client.workspace_id,
        client: client.id.clone(),
        user: visitor.user.id,
        session: visitor.session.id,
        id: GrantId::fresh(),
        code_hash: secret::hash(&code),
        redirect_uri: redirect_uri.to_owned(),
        scope: request.scope,
        challenge: request.challenge,
        nonce: request.nonce,
    };
    let actor = visitor.actor(asked.request_id, asked.address);
    match app.commands.execute(&actor, authorize).await {
        Ok(()) => Ok(code),
        Err(CommandError::Store(error)) => Err(error.into()),
        // The session or the client came to its end this very moment.
        Err(_) => Err(Stop::Refused(Refusal { error: "access_denied", description: "the session has just ended" })),
    }
}

/// The way back to the client.
struct Back<'a> {
    app: &'a App,
    around: &'a Around,
    redirect_uri: &'a str,
    state: Option<&'a str>,
}

impl Back<'_> {
    fn with(&self, parameters: &[(&str, Option<&str>)]) -> Response {
        // Which provider answers (RFC 9207).
        let fixed = [("state", self.state), ("iss", Some(self.app.public_url.as_str()))];
        leave(self.around, &with_parameters(self.redirect_uri, &[parameters, &fixed].concat()))
    }
}

/// A redirect to a client. The address was compared with those that are known.
pub(super) fn leave(around: &Around, to: &str) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else { return pages::busy(around) };
    let headers = [
        (LOCATION, to),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// What the person sees where nobody else may be told.
fn wrong(around: &Around, what: &str) -> Response {
    let sentence = around.fill("signin-wrong").with("what", around.say(what));
    pages::notice(around, StatusCode::BAD_REQUEST, "signin-wrong-title", sentence, None)
}
