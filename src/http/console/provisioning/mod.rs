//! `/settings/provisioning`: what identity providers need to write users and groups, and how they are doing.

mod clients;
mod guide;
mod tokens;

use std::collections::HashMap;

use askama::Template;
use axum::http::Method;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::again;
use super::frame::{Frame, Section, shown};
use super::lifetimes::{self, SOON};
use crate::command::CommandError;
use crate::http::browser::{Access, Answer, Asked, Route, Trouble, routes};
use crate::http::return_to;
use crate::http::texts::Language;
use crate::query::health::{self, Provider};
use crate::store::oauth::{self, ClientRow};
use crate::store::tokens::{self as rows, TokenRow};

/// The page.
const PATH: &str = "/settings/provisioning";
/// What `what` says where a client is to be made.
const CLIENT: &str = "client";

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/provisioning" Access::Allowed("tokens:read"), ["done", "what", "name", "scope", "profile", "lifetime", "keys"] list;
        GET  "/settings/provisioning/okta" Access::Allowed("tokens:read"), [] guide::okta;
        GET  "/settings/provisioning/entra" Access::Allowed("tokens:read"), [] guide::entra;
        POST "/settings/provisioning/tokens" Access::Allowed("tokens:write"), ["name", "scope", "profile", "lifetime"] tokens::create;
        GET  "/settings/provisioning/tokens/{id}/rotate" Access::Allowed("tokens:write"), ["new"] tokens::rotation;
        POST "/settings/provisioning/tokens/{id}/rotate" Access::Allowed("tokens:write"), [] tokens::rotate;
        GET  "/settings/provisioning/tokens/{id}/revoke" Access::Allowed("tokens:write"), [] tokens::confirm;
        POST "/settings/provisioning/tokens/{id}/revoke" Access::Allowed("tokens:write"), [] tokens::revoke;
        POST "/settings/provisioning/clients" Access::Allowed("tokens:write"), ["name", "scope", "profile", "keys"] clients::create;
        GET  "/settings/provisioning/clients/{id}/revoke" Access::Allowed("tokens:write"), [] clients::confirm;
        POST "/settings/provisioning/clients/{id}/revoke" Access::Allowed("tokens:write"), [] clients::revoke;
    })
}

/// What stands in the fields of the form for a token.
struct NewToken {
    name: String,
    scope: String,
    profile: String,
    lifetime: String,
}

/// What stands in the fields of the form for a client.
#[derive(Default)]
struct NewClient {
    name: String,
    scope: String,
    profile: String,
    keys: String,
    /// Whether it was sent, and comes back.
    is_open: bool,
}

/// What a field holds; else what stands there at first.
fn typed(asked: &Asked, field: &str, otherwise: &str) -> String {
    asked.field(field).map_or(otherwise, str::trim).to_owned()
}

impl NewToken {
    fn fresh(name: &str) -> Self {
        Self { name: name.to_owned(), scope: "scim".into(), profile: "compat".into(), lifetime: "365".into() }
    }

    /// As the address has it.
    fn of(asked: &Asked) -> Self {
        let fresh = Self::fresh(&asked.text("name").chars().take(100).collect::<String>());
        Self {
            scope: typed(asked, "scope", &fresh.scope),
            profile: typed(asked, "profile", &fresh.profile),
            lifetime: typed(asked, "lifetime", &fresh.lifetime),
            ..fresh
        }
    }

    /// The page with what is typed here.
    fn path(&self) -> String {
        let fields =
            [("name", &self.name), ("scope", &self.scope), ("profile", &self.profile), ("lifetime", &self.lifetime)];
        return_to::with(PATH, &fields.map(|(name, value)| (name, Some(value.as_str()))))
    }
}

impl NewClient {
    /// As the address has it.
    fn of(asked: &Asked) -> Self {
        let text = |name| asked.text(name).to_owned();
        Self { name: text("name"), scope: text("scope"), profile: text("profile"), keys: text("keys"), is_open: true }
    }

    /// The page with what is typed here.
    fn path(&self) -> String {
        let fields = [("name", &self.name), ("scope", &self.scope), ("profile", &self.profile), ("keys", &self.keys)];
        let fields = fields.map(|(name, value)| (name, Some(value.as_str())));
        return_to::with(PATH, &[&[("what", Some(CLIENT))], &fields[..]].concat())
    }
}

/// How a credential stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    /// It ends within thirty days.
    Ending,
    Ended,
    Revoked,
}

impl State {
    fn of(row: &TokenRow, now: DateTime<Utc>) -> Self {
        match row.expires_at {
            _ if row.is_dead() => Self::Revoked,
            Some(end) if end <= now => Self::Ended,
            Some(end) if end <= now + SOON => Self::Ending,
            _ => Self::Good,
        }
    }
}

/// A token or client, for people.
struct Line {
    id: String,
    name: String,
    /// The beginning of a token, or the id of a client.
    hint: String,
    scope: String,
    profile: String,
    state: State,
    used: String,
    wrote: String,
    /// Both in a sentence.
    asked: String,
    lately: String,
    /// Whether much of what it asked for lately failed.
    is_failing: bool,
    ends: String,
}

impl Line {
    fn token(frame: &Frame, row: &TokenRow, provider: Option<&Provider>) -> Self {
        let state = State::of(row, frame.now);
        let ends = match (&row.expires_at, row.revoked_at) {
            (_, Some(at)) => frame.fill("provisioning-revoked").with("when", frame.ago(Some(&at))).to_string(),
            (None, None) => frame.say("provisioning-no-end").into_owned(),
            (Some(end), None) if state == State::Ended => {
                frame.fill("provisioning-ended").with("when", frame.ago(Some(end))).to_string()
            }
            (Some(end), None) => frame.fill("provisioning-ends").with("when", frame.ago(Some(end))).to_string(),
        };
        let hint = format!("{}…", row.hint);
        let line = Self::of(frame, row.id.to_string(), &row.name, hint, (&row.scope, &row.dialect), provider);
        Self { state, ends, ..line.used(frame, row.last_used_at.as_ref(), provider) }
    }

    fn client(frame: &Frame, row: &ClientRow, provider: Option<&Provider>) -> Self {
        let proof = if row.keys.is_some() { "provisioning-proof-key" } else { "provisioning-proof-secret" };
        let (state, ends) = match row.revoked_at {
            Some(at) => {
                (State::Revoked, frame.fill("provisioning-revoked").with("when", frame.ago(Some(&at))).to_string())
            }
            None => (State::Good, frame.say(proof).into_owned()),
        };
        let hint = row.id.clone();
        let line = Self::of(frame, row.id.clone(), &row.name, hint, (&row.scope, &row.dialect), provider);
        Self { state, ends, ..line.used(frame, row.last_used_at.as_ref(), provider) }
    }

    fn used(self, frame: &Frame, at: Option<&DateTime<Utc>>, provider: Option<&Provider>) -> Self {
        let (wrote, requests) = provider.map_or((None, 0), |one| (one.last_write_at.as_ref(), one.requests));
        Self { used: frame.ago(at), asked: asked(frame, at, wrote, requests), ..self }
    }

    fn of(
        frame: &Frame,
        id: String,
        name: &str,
        hint: String,
        (scope, profile): (&str, &str),
        provider: Option<&Provider>,
    ) -> Self {
        let (requests, errors) = provider.map_or((0, 0), |one| (one.requests, one.errors));
        Self {
            id,
            name: name.to_owned(),
            hint,
            scope: scope.to_owned(),
            profile: profile.to_owned(),
            state: State::Good,
            used: String::new(),
            wrote: frame.ago(provider.and_then(|one| one.last_write_at.as_ref())),
            asked: String::new(),
            lately: lately(frame.language, requests, errors),
            is_failing: errors > 0,
            ends: String::new(),
        }
    }
}

/// When somebody last asked, and last changed something.
pub(super) fn asked(
    frame: &Frame,
    used: Option<&DateTime<Utc>>,
    wrote: Option<&DateTime<Utc>>,
    requests: i64,
) -> String {
    if used.is_none() && requests == 0 {
        return frame.say("health-provider-never").into_owned();
    }
    let when = match wrote {
        Some(at) => frame.fill("health-provider-when").with("wrote", frame.ago(Some(at))),
        None => frame.fill("health-provider-read"),
    };
    when.with("used", frame.ago(used)).to_string()
}

/// What was asked in the last hour.
pub(super) fn lately(language: Language, requests: i64, errors: i64) -> String {
    match (requests, errors) {
        (0, _) => language.say("health-provider-silent").into_owned(),
        (requests, 0) => language.fill("health-provider-good").with("count", requests).to_string(),
        (requests, errors) => {
            language.fill("health-provider-bad").with("count", requests).with("errors", errors).to_string()
        }
    }
}

#[derive(Template)]
#[template(path = "provisioning/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    scim_url: &'a str,
    token_url: String,
    tokens: Vec<Line>,
    revoked: Vec<Line>,
    clients: Vec<Line>,
    may_write: bool,
    lifetimes: Vec<(String, String)>,
    new: NewToken,
    client: NewClient,
    /// Where whoever makes one has to prove first who they are.
    again: Option<String>,
}

/// The credentials of a workspace, for people: tokens in use, tokens revoked, clients.
async fn lines(asked: &Asked, frame: &Frame) -> Result<(Vec<Line>, Vec<Line>, Vec<Line>), Trouble> {
    let workspace = frame.workspace.id;
    let mut conn = asked.read().await?;
    let providers = health::providers(&mut conn, workspace, frame.now).await?;
    let tokens = rows::list(&mut conn, workspace).await?;
    let clients = oauth::list_clients(&mut conn, workspace).await?;
    drop(conn);
    let of: HashMap<&str, &Provider> = providers.iter().map(|one| (one.id.as_str(), one)).collect();
    // The newest first.
    let all = tokens.iter().rev().map(|row| Line::token(frame, row, of.get(row.id.to_string().as_str()).copied()));
    let (revoked, living) = all.partition(|line| line.state == State::Revoked);
    let clients = clients.iter().rev().map(|row| Line::client(frame, row, of.get(row.id.as_str()).copied())).collect();
    Ok((living, revoked, clients))
}

/// The page, with what was typed in its forms.
async fn listed(asked: &Asked, frame: Frame, new: NewToken, client: NewClient) -> Answer {
    let (tokens, revoked, clients) = lines(asked, &frame).await?;
    let page = Page {
        scim_url: &asked.app.scim_url,
        token_url: format!("{}/oauth/token", asked.app.public_url),
        tokens,
        revoked,
        clients,
        may_write: frame.may("tokens:write"),
        lifetimes: lifetimes::choices(frame.language),
        again: again::first(asked, &if client.is_open { client.path() } else { new.path() })?,
        new,
        client,
        frame: &frame,
    };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/provisioning`
async fn list(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    let frame = frame.after(&asked, "provisioning-done", &["revoked", "ended"]);
    if asked.field("what") == Some(CLIENT) {
        return listed(&asked, frame, NewToken::fresh(""), NewClient::of(&asked)).await;
    }
    listed(&asked, frame, NewToken::of(&asked), NewClient::default()).await
}

/// The frame of a page on which a command was refused.
pub(super) fn refused(frame: Frame, error: CommandError) -> Result<Frame, Trouble> {
    if matches!(error, CommandError::Invalid { attribute: "name", .. }) {
        let said = frame.say("provisioning-name-wrong").into_owned();
        return Ok(frame.wrong(said).at("name"));
    }
    frame.refused(error)
}

/// What somebody gets to see once.
#[derive(Template)]
#[template(path = "provisioning/made.html")]
struct Made<'a> {
    frame: &'a Frame,
    name: &'a str,
    scim_url: &'a str,
    token_url: String,
    /// The id of a client; none of a token.
    client: Option<&'a str>,
    /// None of a client that signs.
    secret: Option<&'a str>,
    /// Where the rotation goes on of which this is the first step.
    onward: Option<String>,
}

/// The page that shows a secret, which no other does.
fn made(
    asked: &Asked,
    frame: &Frame,
    name: &str,
    client: Option<&str>,
    secret: Option<&str>,
    onward: Option<String>,
) -> Response {
    let token_url = format!("{}/oauth/token", asked.app.public_url);
    let page = Made { frame, name, scim_url: &asked.app.scim_url, token_url, client, secret, onward };
    shown(frame.status(), &page)
}
