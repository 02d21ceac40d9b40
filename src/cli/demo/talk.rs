//! How the demo's providers talk to the bridge: real HTTP, every request and answer shown in a line.

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::cli::CliError;
use crate::cli::out::say;

/// How many columns the play is wide.
pub(super) const WIDTH: usize = 120;

/// An identity provider.
pub struct Provider {
    name: &'static str,
    token: String,
    base: String,
    client: Client<HttpConnector, Body>,
    spoken: usize,
}

impl Provider {
    /// A provider that knows the address of a SCIM service and a token for it.
    pub fn new(name: &'static str, base: &str, token: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { name, token: token.to_owned(), base: base.to_owned(), client, spoken: 0 }
    }

    /// How many requests it has made.
    pub fn spoken(&self) -> usize {
        self.spoken
    }

    /// Asks for what a filter finds.
    pub async fn find(&mut self, endpoint: &str, filter: &str) -> Result<Value, CliError> {
        let encoded = percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC);
        self.ask(Method::GET, &format!("{endpoint}?filter={encoded}"), &format!("{endpoint}?filter={filter}"), None)
            .await
    }

    /// Sends a document.
    pub async fn send(&mut self, method: Method, path: &str, body: &Value) -> Result<Value, CliError> {
        self.ask(method, path, path, Some(body)).await
    }

    /// Reads a resource.
    pub async fn read(&mut self, path: &str) -> Result<Value, CliError> {
        self.ask(Method::GET, path, path, None).await
    }

    async fn ask(&mut self, method: Method, path: &str, shown: &str, body: Option<&Value>) -> Result<Value, CliError> {
        let failed = |error: &dyn std::fmt::Display| CliError::Demo(error.to_string());
        let request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(CONTENT_TYPE, "application/scim+json")
            .body(Body::from(body.map(Value::to_string).unwrap_or_default()))
            .map_err(|error| failed(&error))?;
        let response = self.client.request(request).await.map_err(|error| failed(&error))?;
        let status = response.status();
        let bytes: Bytes = response.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        self.spoken += 1;
        say!("  {:<5} → {method} {}", self.name, shortened(shown))?;
        if let Some(body) = body {
            say!("          {}", cut(&without_schemas(body).to_string(), WIDTH - 10))?;
        }
        say!("        ← {} {}", status.as_u16(), wrapped(&said(&answer), 14))?;
        Ok(answer)
    }
}

/// What an answer says, in a few words.
fn said(answer: &Value) -> String {
    if let Some(detail) = answer["detail"].as_str() {
        return detail.to_owned();
    }
    if let Some(total) = answer["totalResults"].as_i64() {
        return format!("{total} found");
    }
    let name = answer["userName"].as_str().or_else(|| answer["displayName"].as_str()).unwrap_or_default();
    match answer["active"].as_bool() {
        Some(true) => format!("{name}, active"),
        Some(false) => format!("{name}, inactive"),
        None => name.to_owned(),
    }
}

/// Ids as their last four digits, which tell the demo's apart.
fn shortened(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((before, id)) if id.len() >= 36 && id.chars().nth(8) == Some('-') => format!("{before}/…{}", &id[32..]),
        _ => path.to_owned(),
    }
}

/// A body without `schemas`, which would be all that fits into a line.
fn without_schemas(body: &Value) -> Value {
    let mut shown = body.clone();
    if let Some(members) = shown.as_object_mut() {
        members.shift_remove("schemas");
    }
    shown
}

/// A text whose lines end between words, at [`WIDTH`]; all but the first are indented.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let mut shown = String::new();
    let mut column = indent;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > WIDTH {
            shown.push('\n');
            shown.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            shown.push(' ');
            column += 1;
        }
        shown.push_str(word);
        column += length;
    }
    shown
}

pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}
