//! A client that talks SCIM over real HTTP.

use std::net::SocketAddr;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// The body, or null where it is empty or not JSON.
    pub json: Value,
}

impl Answer {
    /// The answer itself, if it has that status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// Checks that this is an error in SCIM's form (RFC 7644 §3.12).
    #[track_caller]
    pub fn expect_error(self, status: u16, scim_type: Option<&str>) -> Self {
        assert_eq!((self.status, self.json["scimType"].as_str()), (status, scim_type), "{}", self.json);
        assert_eq!(self.json["schemas"], serde_json::json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!(self.json["status"], status.to_string());
        assert!(self.json["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{}", self.json);
        self
    }

    #[track_caller]
    pub fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.json)).to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The named string of every resource of a list.
    pub fn all(&self, name: &str) -> Vec<String> {
        let resources = self.json["Resources"].as_array().unwrap_or_else(|| panic!("no list: {}", self.json));
        resources.iter().map(|one| one[name].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// Somebody with a token.
#[derive(Clone)]
pub struct Scim {
    http: Client<HttpConnector, Body>,
    address: SocketAddr,
    token: String,
    headers: Vec<(String, String)>,
}

impl Scim {
    pub fn new(address: SocketAddr, token: &str) -> Self {
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { http, address, token: token.to_owned(), headers: Vec::new() }
    }

    /// The same, with a header on every request; an empty value takes it away.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// The same, at another bridge.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// The value of its Authorization header.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/scim/v2{path}", self.address)
    }

    pub async fn send(&self, method: &str, url: &str, body: Vec<u8>) -> Answer {
        self.attempt(method, url, body).await.unwrap_or_else(|| panic!("{method} {url} was not answered"))
    }

    /// None where the connection broke before the answer was there.
    pub async fn attempt(&self, method: &str, url: &str, body: Vec<u8>) -> Option<Answer> {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(url);
        let is_set = |name: &str| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        if !self.token.is_empty() && !is_set("authorization") {
            request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        }
        if !is_set("content-type") {
            request = request.header(CONTENT_TYPE, "application/scim+json");
        }
        for (name, value) in self.headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        let response = self.http.request(request.body(Body::from(body)).unwrap()).await.ok()?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.ok()?.to_bytes().to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, bytes, json };
        assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR.as_u16(), "{method} {url}: {}", answer.json);
        Some(answer)
    }

    /// What `/readyz` says: 200, 503, or none where nobody answers.
    pub async fn ready(&self) -> Option<u16> {
        let url = format!("http://{}/readyz", self.address);
        self.attempt("GET", &url, Vec::new()).await.map(|answer| answer.status)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", &self.url(path), Vec::new()).await
    }

    /// A list that a filter selects; `rest` are further parameters, with `&` before each.
    pub async fn find(&self, endpoint: &str, filter: &str, rest: &str) -> Answer {
        let filter = percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC);
        self.get(&format!("{endpoint}?filter={filter}{rest}")).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", &self.url(path), body.to_string().into_bytes()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", &self.url(path), body.to_string().into_bytes()).await
    }

    /// A PATCH with these operations.
    pub async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body =
            serde_json::json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
        self.send("PATCH", &self.url(path), body.to_string().into_bytes()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", &self.url(path), Vec::new()).await
    }

    /// A new user with that userName; gives the id.
    pub async fn user(&self, name: &str) -> String {
        self.post("/Users", serde_json::json!({"userName": name})).await.expect(201).id()
    }

    /// A new group with these members; gives the id.
    pub async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| serde_json::json!({"value": id})).collect();
        self.post("/Groups", serde_json::json!({"displayName": name, "members": members})).await.expect(201).id()
    }
}
