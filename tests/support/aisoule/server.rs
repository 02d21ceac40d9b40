//! The way of a request through the double: fault, key, rate, contract, answer.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use chrono::Utc;
use futures_util::stream;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::faults::Fault;
use super::rate::Standing;
use super::rows::Asked;
use super::{Heard, Inner, State};

/// The largest body that is read.
const MOST: usize = 1_048_576;

pub async fn serve(listener: TcpListener, inner: Arc<Inner>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let Some((stream, other)) = twice(stream) else { continue };
        let (inner, other) = (Arc::clone(&inner), Arc::new(other));
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let (inner, other) = (Arc::clone(&inner), Arc::clone(&other));
            async move {
                let (parts, body) = request.into_parts();
                let body = Limited::new(body, MOST).collect().await.map(http_body_util::Collected::to_bytes);
                let body = body.map_err(|_| io::Error::other("no whole body"))?;
                let answered = answer(&inner, &parts.method, &parts.uri, &parts.headers, &body).await;
                // Closed with nothing sent, and at once: to the other side that is a reset.
                answered.ok_or_else(|| other.set_zero_linger().err().unwrap_or_else(|| io::Error::other("a reset")))
            }
        });
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// A connection, and another hand on it.
fn twice(stream: TcpStream) -> Option<(TcpStream, TcpStream)> {
    let stream = stream.into_std().ok()?;
    let other = stream.try_clone().ok()?;
    Some((TcpStream::from_std(stream).ok()?, TcpStream::from_std(other).ok()?))
}

/// The answer; none where there is none to be.
async fn answer(
    inner: &Inner,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Option<Response<Body>> {
    let (mut response, fault) = {
        let mut state = inner.state();
        state.hear(method, uri, headers, body)
    };
    match fault {
        Some(Fault::Slow(delay)) => tokio::time::sleep(delay).await,
        Some(Fault::ResetBefore | Fault::ResetAfter) => return None,
        Some(Fault::Truncated) => response = truncated(response).await,
        _ => {}
    }
    Some(response)
}

/// The first half of an answer that says that it is whole.
async fn truncated(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let whole = body.collect().await.unwrap_or_default().to_bytes();
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let half = whole.slice(..whole.len() / 2);
    let pieces = [Ok(half), Err(io::Error::other("cut"))];
    // The first half is on its way before the connection breaks.
    let pieces = stream::unfold(pieces.into_iter(), |mut pieces| async move {
        let piece = pieces.next()?;
        if piece.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some((piece, pieces))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

fn with(status: u16, body: &Value) -> Response<Body> {
    raw(status, body.to_string().into_bytes())
}

fn raw(status: u16, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn error(status: u16, message: &str) -> Response<Body> {
    with(status, &json!({"status": "error", "message": message}))
}

impl State {
    fn hear(
        &mut self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> (Response<Body>, Option<Fault>) {
        let path = uri.path().strip_prefix("/api").unwrap_or(uri.path()).to_owned();
        let whole = uri.query().map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
        let fault = self.faults.next(method.as_str(), &whole);
        let at = Instant::now();
        let key = headers.get("x-api-key").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
        let is_impatient = self.keys.get(&key).and_then(|key| key.not_before).is_some_and(|until| at < until);
        self.impatient += usize::from(is_impatient);
        let (mut response, mut status) = (error(500, "out of order"), 0);
        if fault.is_none_or(Fault::does_it) {
            response = self.serve(method, uri, headers, body, &key, at);
            status = response.status().as_u16();
        }
        let wait = match fault {
            Some(Fault::ErrorAfter) => {
                response = error(500, "out of order, afterwards");
                None
            }
            Some(Fault::WrongJson) => {
                response = raw(status, b"{\"status\": \"success\", \"data\": {\"id\": 7,,".to_vec());
                None
            }
            Some(Fault::WrongShape) => {
                response = with(status, &json!({"result": "done"}));
                None
            }
            Some(Fault::Unavailable(seconds)) => {
                response = error(503, "not now");
                Some(seconds)
            }
            Some(Fault::TooMany(seconds)) => {
                response = error(429, "too many requests");
                Some(seconds)
            }
            Some(Fault::Unauthorized) => {
                response = error(401, "this key is not known");
                None
            }
            Some(Fault::Forbidden) => {
                response = error(403, "this key may not");
                None
            }
            Some(Fault::Conflict) => {
                response = error(409, "a conflict");
                None
            }
            Some(Fault::Page404) => {
                response = raw(404, b"<h1>default backend - 404</h1>".to_vec());
                None
            }
            Some(Fault::Gateway404) => {
                response = with(404, &json!({"message": "no Route matched with those values"}));
                None
            }
            Some(Fault::NotFound) => {
                response = error(404, "not found");
                None
            }
            _ => None,
        };
        if let Some(seconds) = wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            self.pause(&key, at + Duration::from_secs(seconds));
        }
        let (method, json) = (method.to_string(), serde_json::from_slice(body).unwrap_or(Value::Null));
        self.heard.push(Heard { method, path: whole, body: json, at, fault, status, is_impatient });
        (response, fault)
    }

    fn pause(&mut self, key: &str, until: Instant) {
        if let Some(key) = self.keys.get_mut(key) {
            key.not_before = Some(until);
        }
    }

    fn serve(
        &mut self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        key: &str,
        at: Instant,
    ) -> Response<Body> {
        let (per_minute, per_second) = (self.options.per_minute, self.options.per_second);
        let known = self.keys.get_mut(key).filter(|key| key.ends.is_none_or(|end| Utc::now() < end));
        let Some(known) = known else { return error(401, "this key is not known, or its time is over") };
        let standing = known.passed.ask(per_minute, per_second, at);
        let mut response = if let Some(wait) = standing.wait {
            self.limited += 1;
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            // Whoever waits until one more is free has waited long enough, though the header can only say whole seconds.
            self.pause(key, at + wait);
            let mut refusal = error(429, "too many requests");
            refusal.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            refusal
        } else {
            let permissions = known.permissions.clone();
            self.do_it(method, uri, headers, body, |name| permissions.contains(name))
        };
        limits(&mut response, &standing);
        response
    }

    fn do_it(
        &mut self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        may: impl Fn(&str) -> bool,
    ) -> Response<Body> {
        let Some(path) = uri.path().strip_prefix("/api/") else { return error(404, "not found") };
        let takes_body = method == Method::POST || method == Method::PUT;
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if takes_body && kind.split(';').next().is_none_or(|kind| kind.trim() != "application/json") {
            return error(415, "the body must be application/json");
        }
        if (method == Method::GET || method == Method::DELETE) && !body.is_empty() {
            return error(400, "no body belongs here");
        }
        let query: HashMap<String, String> =
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let asked = Asked { method: method.as_str(), path: path.split('/').collect(), query, body };
        match self.rows.answer(&asked, may) {
            Ok((status, mut data)) => {
                if let Some(distort) = self.distort {
                    distort(&mut data);
                }
                with(status, &json!({"status": "success", "data": data}))
            }
            Err((status, message)) => error(status, &message),
        }
    }
}

fn limits(response: &mut Response<Body>, standing: &Standing) {
    if standing.limit == 0 {
        return;
    }
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-limit", HeaderValue::from(standing.limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(standing.remaining));
    headers.insert("x-ratelimit-reset", HeaderValue::from(standing.reset.as_secs() + 1));
}
