//! Anna's browser: keeps cookies, follows where it is sent, fills in a form; every page shown in a line.

use std::collections::BTreeMap;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::cli::CliError;
use crate::cli::out::say;

/// The most pages between a click and where it leads.
const MOST: usize = 20;

/// A browser.
pub struct Browser {
    base: String,
    client: Client<HttpConnector, Body>,
    cookies: BTreeMap<String, String>,
    spoken: usize,
}

/// A page that leads nowhere else.
pub struct Page {
    /// Its path.
    pub path: String,
    /// Its heading.
    pub heading: String,
}

impl Browser {
    /// One that was never anywhere; `base` is the bridge's address.
    pub fn new(base: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { base: base.to_owned(), client, cookies: BTreeMap::new(), spoken: 0 }
    }

    /// How many requests it has made.
    pub fn spoken(&self) -> usize {
        self.spoken
    }

    /// Opens a page and goes wherever it leads; `known` are the fields that Anna can fill in.
    pub async fn open(&mut self, path: &str, known: &[(&str, &str)]) -> Result<Page, CliError> {
        let (mut path, mut form) = (path.to_owned(), None);
        for _ in 0..MOST {
            let (next, html) = self.step(&path, form.take()).await?;
            if let Some(next) = next {
                path = next;
                continue;
            }
            match filled(&html, known) {
                Some((action, fields)) => (path, form) = (action, Some(fields)),
                None => return Ok(Page { path: bare(&path).to_owned(), heading: heading(&html).to_owned() }),
            }
        }
        Err(CliError::Demo("the browser is sent in circles".into()))
    }

    /// One request: where it leads, and the page.
    async fn step(&mut self, path: &str, form: Option<String>) -> Result<(Option<String>, String), CliError> {
        let failed = |error: &dyn std::fmt::Display| CliError::Demo(error.to_string());
        let method = if form.is_some() { Method::POST } else { Method::GET };
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method.clone()).uri(format!("{}{path}", self.base));
        request = request.header(COOKIE, cookies.join("; "));
        if form.is_some() {
            request = request.header(ORIGIN, &self.base).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Body::from(form.unwrap_or_default())).map_err(|error| failed(&error))?;
        let response = self.client.request(request).await.map_err(|error| failed(&error))?;
        self.spoken += 1;
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = body.collect().await.map_err(|error| failed(&error))?.to_bytes();
        let html = String::from_utf8_lossy(&bytes).into_owned();
        let said = parts.headers.get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let next = said.or_else(|| refresh(&html)).map(|next| self.local(&next));
        let told =
            next.as_deref().map_or_else(|| format!("\"{}\"", heading(&html)), |next| format!("to {}", shown(next)));
        say!("  Anna  → {method} {}", shown(path))?;
        say!("        ← {} {told}", parts.status.as_u16())?;
        Ok((next, html))
    }

    fn local(&self, address: &str) -> String {
        address.strip_prefix(&self.base).unwrap_or(address).to_owned()
    }
}

/// A path without its query.
fn bare(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}

/// A path as it fits into a line: without its query, and of an id its last four digits.
fn shown(path: &str) -> String {
    let short = |part: &str| match part.get(part.len().saturating_sub(4)..) {
        Some(end) if part.len() == 36 => format!("…{end}"),
        _ => part.to_owned(),
    };
    bare(path).split('/').map(short).collect::<Vec<_>>().join("/")
}

/// Where a page leads by itself.
fn refresh(html: &str) -> Option<String> {
    let address = between(html, "http-equiv=\"refresh\" content=\"0; url=", "\"")?;
    Some(address.replace("&#38;", "&").replace("&amp;", "&"))
}

fn heading(html: &str) -> &str {
    between(html, "<h1>", "</h1>").unwrap_or_default()
}

/// The first form of a page, as far as it asks for nothing that is not known.
fn filled(html: &str, known: &[(&str, &str)]) -> Option<(String, String)> {
    let form = between(html, "<form method=\"post\"", "</form>")?;
    let action = between(form, "action=\"", "\"")?;
    let mut fields = form_urlencoded::Serializer::new(String::new());
    let mut asked = 0;
    for input in form.split("<input ").skip(1) {
        let name = between(input, "name=\"", "\"")?;
        if let Some((_, value)) = known.iter().find(|(known, _)| *known == name) {
            fields.append_pair(name, value);
            asked += 1;
        } else if input.starts_with("type=\"hidden\"") {
            let value = between(input, "value=\"", "\"").unwrap_or_default();
            fields.append_pair(name, &value.replace("&#38;", "&").replace("&amp;", "&"));
        } else {
            return None;
        }
    }
    (asked > 0).then(|| (action.to_owned(), fields.finish()))
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.split_once(start)?.1.split(end).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_filled_in_where_everything_is_known() {
        let html = "<h1>Log in</h1><form method=\"post\" action=\"/login\"><input type=\"hidden\" name=\"form\" value=\"a&#38;b\">\
                    <input id=\"email\" name=\"email\" type=\"email\"></form>";
        let (action, fields) = filled(html, &[("email", "a@b")]).unwrap();
        assert_eq!((action.as_str(), fields.as_str()), ("/login", "form=a%26b&email=a%40b"));
        assert!(filled(html, &[]).is_none());
        assert_eq!(
            (heading(html), shown("/sso/01a20f23-9d6a-769a-97a8-a8fd1ef50c09/login?x=1")),
            ("Log in", "/sso/…0c09/login".into())
        );
    }
}
