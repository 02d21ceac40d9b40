//! On the way to the provider: `/sso/{connection}/login`, and `/initiate`, with which a provider begins (OpenID Connect
//! Core §4).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use super::{LOGIN, Usable, busy, flow, usable};
use crate::command::Subject;
use crate::domain::access::Actor;
use crate::domain::connection::Connection;
use crate::domain::permission::Permissions;
use crate::http::around::Around;
use crate::http::{App, pages, return_to};
use crate::ids::RequestId;
use crate::secret;
use crate::sso::{Ask, Prompt};
use crate::store::StoreError;
use crate::upstream::callback_url;

/// What a page of ours may ask for.
#[derive(Debug, Default, Deserialize)]
pub struct Wishes {
    return_to: Option<String>,
    login_hint: Option<String>,
    prompt: Option<String>,
    max_age: Option<u64>,
}

/// What a provider may say that begins by itself.
#[derive(Debug, Deserialize)]
pub struct Initiation {
    iss: String,
    login_hint: Option<String>,
    target_link_uri: Option<String>,
}

/// `GET /sso/{connection}/login`
pub async fn login(
    State(app): State<Arc<App>>,
    Path(connection): Path<String>,
    Query(wishes): Query<Wishes>,
    from: From,
    headers: HeaderMap,
) -> Response {
    let around = Around::bare(&app, &headers, "/login");
    match usable(&app, &around, &connection).await {
        Ok(usable) => go(&app, &around, &usable, wishes, (&from, &headers)).await,
        Err(page) => page,
    }
}

/// `GET /sso/{connection}/initiate`
pub async fn initiate(
    State(app): State<Arc<App>>,
    Path(connection): Path<String>,
    Query(said): Query<Initiation>,
    from: From,
    headers: HeaderMap,
) -> Response {
    initiated(&app, &connection, said, (&from, &headers)).await
}

/// `POST /sso/{connection}/initiate`
pub async fn initiate_by_form(
    State(app): State<Arc<App>>,
    Path(connection): Path<String>,
    from: From,
    headers: HeaderMap,
    Form(said): Form<Initiation>,
) -> Response {
    initiated(&app, &connection, said, (&from, &headers)).await
}

/// The other end of the connection.
type From = Option<Extension<ConnectInfo<SocketAddr>>>;

async fn initiated(app: &App, connection: &str, said: Initiation, asked: (&From, &HeaderMap)) -> Response {
    let around = &Around::bare(app, asked.1, "/login");
    let usable = match usable(app, around, connection).await {
        Ok(usable) => usable,
        Err(page) => return page,
    };
    if said.iss != usable.connection.issuer {
        let sentence = around.say("signin-foreign");
        return pages::notice(around, StatusCode::BAD_REQUEST, "signin-foreign-title", sentence, LOGIN);
    }
    let wishes = Wishes { return_to: said.target_link_uri, login_hint: said.login_hint, ..Wishes::default() };
    go(app, around, &usable, wishes, asked).await
}

/// Who it was that could not even begin.
fn nobody(connection: &Connection) -> Actor {
    let id = Some(connection.id.to_string());
    let name = connection.name.clone();
    Actor { kind: "connection", id, name, request_id: RequestId::fresh(), address: None, powers: Permissions::NONE }
}

async fn go(
    app: &App,
    around: &Around,
    usable: &Usable,
    wishes: Wishes,
    (from, headers): (&From, &HeaderMap),
) -> Response {
    if let Err(wait) =
        app.beginners.begin(from.as_ref().map(|Extension(ConnectInfo(address))| address.ip()), Instant::now())
    {
        return too_many(around, wait);
    }
    let Usable { connection, provider } = usable;
    let redirect_uri = callback_url(&app.public_url, connection.id);
    let prompt = wishes.prompt.as_deref().and_then(Prompt::parse);
    let (state, (browser, cookie)) = match (secret::new_plain(), flow::browser(headers)) {
        (Ok(state), Ok(browser)) => (state, browser),
        (Err(error), _) | (_, Err(error)) => return busy(around, &StoreError::Statement(error.to_string())),
    };
    let short = |text: &String| text.len() <= 320 && !text.chars().any(char::is_control);
    let ask =
        Ask { state: state.clone(), login_hint: wishes.login_hint.filter(short), prompt, max_age: wishes.max_age };
    let begun = match app.relying.begin(provider, &redirect_uri, &ask).await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::warn!(%error, code = error.code(), connection = %connection.id, "a sign-in could not begin");
            let subject = Subject { kind: "connection", id: connection.id.to_string(), name: connection.name.clone() };
            let (actor, sentence) = (nobody(connection), format!("{}: {error}", error.code()));
            app.commands.refused(&actor, Some(connection.workspace_id), "sign_in", subject, sentence).await;
            let sentence = around.fill("signin-no-answer").with("why", around.language.said(&error.to_string()));
            return pages::notice(around, StatusCode::BAD_GATEWAY, "signin-no-answer-title", sentence, LOGIN);
        }
    };
    let kept = flow::Kept {
        nonce: begun.nonce,
        verifier: begun.verifier.reveal().to_owned(),
        redirect_uri,
        max_age: wishes.max_age,
        prompted: prompt == Some(Prompt::Login),
        return_to: wishes.return_to.and_then(|wanted| return_to::own(&app.public_url, &wanted)),
    };
    let start = flow::Start { state: &state, browser: &browser, connection, kept: &kept };
    if let Err(error) = flow::keep(app, start).await {
        return busy(around, &error);
    }
    match HeaderValue::from_str(&begun.url) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location), (SET_COOKIE, cookie)]).into_response(),
        Err(error) => busy(around, &StoreError::Statement(error.to_string())),
    }
}

/// That too many sign-ins begin from one place.
fn too_many(around: &Around, wait: Duration) -> Response {
    let (status, sentence) = (StatusCode::TOO_MANY_REQUESTS, around.say("signin-too-many"));
    let page = pages::notice(around, status, "signin-too-many-title", sentence, LOGIN);
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1))], page).into_response()
}
