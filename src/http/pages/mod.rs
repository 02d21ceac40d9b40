//! Pages for people: one layout, one style sheet, served from the program itself, and the headers that keep them safe.
//!
//! A page works without a script, and the policy of most allows none; those of the console load one of our own.

use std::fmt::Display;
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::App;
use super::around::Around;
use crate::text::hex;

const STYLE: &str = concat!(include_str!("style.css"), include_str!("console.css"));
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = include_str!("icon.svg");

/// What a page may load and do: its own style and pictures, and forms to the bridge itself. `data:` is for QR codes.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The same for a page of the console, which may load the bridge's own script and be told by the bridge what is new.
const POLICY_WITH_SCRIPT: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; \
                                  connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
                                  require-trusted-types-for 'script'; trusted-types aisoule";

/// Where something that never changes under its name is served.
fn place(name: &str, ending: &str, content: &str) -> String {
    let digest = hex(&Sha256::digest(content.as_bytes()));
    format!("/assets/{name}-{}.{ending}", digest.get(..12).unwrap_or_default())
}

static STYLE_PLACE: LazyLock<String> = LazyLock::new(|| place("style", "css", STYLE));
static SCRIPT_PLACE: LazyLock<String> = LazyLock::new(|| place("script", "js", SCRIPT));
static ICON_PLACE: LazyLock<String> = LazyLock::new(|| place("icon", "svg", ICON));

/// The path of the style sheet.
#[must_use]
pub fn style() -> &'static str {
    &STYLE_PLACE
}

/// The path of the script.
#[must_use]
pub fn script() -> &'static str {
    &SCRIPT_PLACE
}

/// The path of the icon.
#[must_use]
pub fn icon() -> &'static str {
    &ICON_PLACE
}

/// What pages are made of, below `/assets`.
pub fn assets() -> Router {
    let asset = |kind: &'static str, content: &'static str| {
        get(
            move || async move { ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")], content) },
        )
    };
    Router::new()
        .route(style(), asset("text/css; charset=utf-8", STYLE))
        .route(script(), asset("text/javascript; charset=utf-8", SCRIPT))
        .route(icon(), asset("image/svg+xml", ICON))
}

/// A page, with the headers that every page has.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => with_headers((status, html).into_response()),
        Err(error) => {
            tracing::error!(%error, "a page can't be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong inside the bridge.\n").into_response()
        }
    }
}

/// A page that loads the bridge's script.
pub fn page_with_script(status: StatusCode, template: &impl Template) -> Response {
    let mut response = page(status, template);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY_WITH_SCRIPT));
    response
}

fn with_headers(mut response: Response) -> Response {
    let fixed: [(HeaderName, &'static str); 7] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        // Never a path, which may hold a token; but an origin, without which browsers send `Origin: null` with a form.
        (REFERRER_POLICY, "strict-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    frame: &'a Around,
    title: &'a str,
    sentence: String,
    next: Option<(&'a str, &'a str)>,
}

/// A page that says one thing, and where to go next: under the title of that name a sentence, and a label's name and a path.
#[must_use]
pub fn notice(
    around: &Around,
    status: StatusCode,
    title: &str,
    sentence: impl Display,
    next: Option<(&str, &str)>,
) -> Response {
    page(status, &Notice { frame: around, title, sentence: sentence.to_string(), next })
}

/// That somebody has to wait.
#[must_use]
pub fn too_many(around: &Around, seconds: u64) -> Response {
    let span = if seconds > 90 {
        around.count("calendar-minutes", seconds.div_ceil(60))
    } else {
        around.count("calendar-seconds", seconds.max(1))
    };
    let sentence = around.fill("notice-wait").with("span", span);
    let mut response = notice(around, StatusCode::TOO_MANY_REQUESTS, "notice-wait-title", sentence, None);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}

/// That the bridge can't answer now.
#[must_use]
pub fn busy(around: &Around) -> Response {
    let (status, sentence) = (StatusCode::SERVICE_UNAVAILABLE, around.say("notice-busy"));
    let mut response = notice(around, status, "notice-busy-title", sentence, None);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// A redirect to a path of the bridge's own, by GET.
#[must_use]
pub fn redirect(path: &str) -> Response {
    let mut response = with_headers(StatusCode::SEE_OTHER.into_response());
    response.headers_mut().remove(CONTENT_TYPE);
    match HeaderValue::from_str(path) {
        Ok(path) => response.headers_mut().insert(LOCATION, path),
        Err(_) => response.headers_mut().insert(LOCATION, HeaderValue::from_static("/")),
    };
    response
}

#[derive(Template)]
#[template(path = "onward.html")]
struct Onward<'a> {
    frame: &'a Around,
    path: &'a str,
}

/// The answer to a form from which the way may lead on to another site: a page that goes to `path` by itself. A redirect
/// would count as part of the form's submission, and Chromium follows none to another site then (`form-action`).
#[must_use]
pub fn onward(around: &Around, path: &str) -> Response {
    page(StatusCode::OK, &Onward { frame: around, path })
}

/// Whether whoever asks would rather read a page than a line of text.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// What is answered where there is nothing.
pub(super) fn nowhere(around: &Around, headers: &HeaderMap) -> Response {
    if wants_page(headers) {
        return notice(around, StatusCode::NOT_FOUND, "notice-nowhere-title", around.say("notice-nowhere"), None);
    }
    (StatusCode::NOT_FOUND, "Not found.\n").into_response()
}

/// The same for an address that nobody knows.
pub(super) async fn fallback(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    nowhere(&Around::bare(&app, &headers, ""), &headers)
}

/// Tells browsers to come by TLS only, where the bridge is reached by it (RFC 6797).
pub(super) async fn by_tls(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
    response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, value);
    response
}
