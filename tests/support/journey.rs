//! A browser without a window that goes wherever it is sent: to a provider and back.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

use aisoule_bridge::http::session;
use axum::body::Body;
use http_body_util::BodyExt;
use hyper::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT};
use hyper::{HeaderMap, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::{Answer, Bridge};

/// The most redirects that are followed.
const MOST: usize = 12;

/// A browser.
pub struct Journey {
    http: Client<HttpConnector, Body>,
    base: String,
    jar: Mutex<BTreeMap<String, String>>,
}

impl Journey {
    /// One that has never been anywhere.
    pub fn at(bridge: &Bridge) -> Self {
        Self::of(bridge.address)
    }

    /// The same, at a bridge that is another program.
    pub fn of(address: SocketAddr) -> Self {
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { http, base: format!("http://{address}"), jar: Mutex::default() }
    }

    /// The address of a path at the bridge; a whole address stays.
    pub fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    /// Puts a cookie in, as somebody else might have.
    pub fn plant(&self, name: &str, value: &str) {
        self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// The headers that it sends along to the bridge.
    pub fn headers(&self) -> HeaderMap {
        let jar = self.jar.lock().unwrap();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = HeaderMap::new();
        if !cookies.is_empty() {
            headers.insert(COOKIE, cookies.join("; ").parse().unwrap());
        }
        headers
    }

    /// One page, without following where it leads.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// One page, and wherever it leads.
    pub async fn go(&self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..MOST {
            let Some(next) = answer.header("location").map(str::to_owned) else { return answer };
            answer = self.get(&next).await;
        }
        panic!("{path} leads nowhere");
    }

    /// Where a page leads.
    pub async fn leads(&self, path: &str) -> String {
        let answer = self.get(path).await;
        let said = String::from_utf8_lossy(&answer.bytes).into_owned();
        answer.header("location").unwrap_or_else(|| panic!("{path} leads nowhere: {} {said}", answer.status)).to_owned()
    }

    /// A form, without following where it leads.
    pub async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.send("POST", path, Some(form)).await
    }

    async fn send(&self, method: &str, path: &str, form: Option<String>) -> Answer {
        let url = self.url(path);
        let mut request = Request::builder().method(method).uri(&url).header(USER_AGENT, "Test/1.0");
        if url.starts_with(&self.base) {
            for (name, value) in &self.headers() {
                request = request.header(name, value);
            }
        }
        if form.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").header(ORIGIN, &self.base);
        }
        let body = Body::from(form.unwrap_or_default());
        let response = self.http.request(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        if url.starts_with(&self.base) {
            self.keep(&parts.headers);
        }
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        assert!(parts.status != 500, "{method} {url}: {}", String::from_utf8_lossy(&bytes));
        let mut headers = parts.headers;
        // As a browser does: a path is one of the same host.
        if let Some(location) =
            headers.get(LOCATION).and_then(|value| value.to_str().ok()).filter(|to| to.starts_with('/'))
        {
            let host = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            let whole = format!("{host}{location}").parse().unwrap();
            headers.insert(LOCATION, whole);
        }
        Answer { status: parts.status.as_u16(), headers, bytes, json }
    }

    fn keep(&self, headers: &HeaderMap) {
        let mut jar = self.jar.lock().unwrap();
        for cookie in headers.get_all(SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (pair, flags) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').unwrap();
            assert!(name.starts_with("__Host-") && flags.contains("Secure") && flags.contains("HttpOnly"), "{text}");
            if value.is_empty() || flags.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The address of whoever is signed in here.
    pub async fn who(&self, bridge: &Bridge) -> Option<String> {
        let visitor = session::visitor(&bridge.app, &self.headers()).await.unwrap();
        visitor.map(|visitor| visitor.user.email().map(|email| email.as_str().to_owned()).unwrap_or_default())
    }
}

impl Answer {
    /// The page as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Checks the status of a page, and that it says something.
    #[track_caller]
    pub fn says(&self, status: u16, words: &str) {
        assert!(self.status == status && self.text().contains(words), "{} {}", self.status, self.text());
    }
}
