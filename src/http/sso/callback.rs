//! Back from the provider: one code, once, to the token endpoint of the connection with which the sign-in began.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{LOGIN, Usable, actor, busy, flow, usable};
use crate::command::sign_in::{Outcome, Person, SignIn};
use crate::command::{CommandError, Subject};
use crate::domain::barred::Barred;
use crate::domain::connection::{Connection, Kind};
use crate::domain::session::Upstream;
use crate::http::around::Around;
use crate::http::journal::Asked;
use crate::http::turned_away::not_admitted;
use crate::http::{App, pages, session};
use crate::secret;
use crate::sso::{Callback, Flow, Groups, SsoError, TokenFault, VerifiedClaims};
use crate::store::StoreError;
use crate::text::printable;
use crate::upstream::hint_place;

/// How far the provider's clock may be off.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// How many groups and roles are noted, and how much of the name of each, in characters.
const MOST_NAMES: usize = 50;
const LONGEST_NAME: usize = 200;
/// How much of what a provider says in its own words is noted, in characters.
const LONGEST_WORDS: usize = 300;

/// `GET /sso/{connection}/callback`
pub async fn callback(State(app): State<Arc<App>>, Path(connection): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let asked = Asked::of(&parts, &parts.headers);
    let around = Around::bare(&app, &parts.headers, "/login");
    match come_back(&app, &around, &connection, &asked).await {
        Ok(page) | Err(page) => page,
    }
}

async fn come_back(app: &App, around: &Around, connection: &str, asked: &Asked<'_>) -> Result<Response, Response> {
    let over = || pages::notice(around, StatusCode::BAD_REQUEST, "signin-over-title", around.say("signin-over"), LOGIN);
    let usable = usable(app, around, connection).await?;
    let workspace = usable.connection.workspace_id;
    let callback = Callback::parse(asked.query.unwrap_or_default()).map_err(|_| over())?;
    let state = callback.state.as_deref().ok_or_else(over)?;
    let flow = flow::take(app, (workspace, usable.connection.id), state, asked.headers).await;
    let back = flow.map_err(|error| busy(around, &error))?.ok_or_else(over)?;
    if back.connection_version != usable.connection.version {
        return Err(barred(around, &Barred::Connection));
    }
    let flow = Flow {
        redirect_uri: back.kept.redirect_uri.clone(),
        nonce: back.kept.nonce.clone(),
        verifier: back.kept.verifier.clone().into(),
        max_age: back.kept.max_age,
        started_at: back.started_at,
    };
    let claims = match app.relying.finish(&usable.provider, &flow, &callback).await {
        Ok(claims) => claims,
        Err(error) => {
            let words = callback.error_description.as_deref().filter(|_| matches!(error, SsoError::Denied(_)));
            return Err(refused((app, around), &usable, asked, &error, words).await);
        }
    };
    sign_in((app, around), &usable, asked, &back, claims).await
}

async fn sign_in(
    (app, around): (&App, &Around),
    usable: &Usable,
    asked: &Asked<'_>,
    back: &flow::Back,
    claims: VerifiedClaims,
) -> Result<Response, Response> {
    let failed = |error: &dyn std::fmt::Display| busy(around, &StoreError::Statement(error.to_string()));
    let token = secret::new_plain().map_err(|error| failed(&error))?;
    let connection = &usable.connection;
    let sealed = claims
        .id_token
        .as_ref()
        .and_then(|hint| app.master.seal(&hint_place(connection.id, &claims.subject), hint.reveal().as_bytes()).ok());
    let authenticated_at = match proved_at(app, connection.kind, back, &claims) {
        Ok(at) => at,
        Err(error) => return Err(refused((app, around), usable, asked, &error, None).await),
    };
    let command = SignIn {
        workspace: connection.workspace_id,
        connection: connection.id,
        connection_version: back.connection_version,
        upstream: Upstream {
            connection: connection.id,
            issuer: claims.issuer.clone(),
            subject: claims.subject.clone(),
            sid: claims.sid.clone(),
            id_token: sealed,
            email_vouched: false,
        },
        token_hash: secret::hash(&token),
        replaces: session::held(asked.headers),
        seen: session::seen(asked.headers, asked.address),
        authenticated_at,
        lifetime: app.settings.sessions.lifetime(),
        person: Person {
            issuer: claims.issuer,
            subject: claims.subject,
            external_id: claims.external_id,
            email: claims.email,
            email_is_verified: claims.email_is_verified,
            name: claims.name,
            given_name: claims.given_name,
            family_name: claims.family_name,
            hosted_domain: claims.hosted_domain,
            belongs_to: noted(&claims.groups, &claims.roles),
            groups: named(connection, &claims.groups, &claims.roles),
        },
    };
    match app.commands.execute(&actor(connection, asked), command).await {
        Ok(Outcome::In(_)) => {
            let wanted = back.kept.return_to.as_deref().unwrap_or("/account");
            let location = HeaderValue::from_str(wanted).map_err(|error| failed(&error))?;
            let cookie = session::cookie(&token);
            Ok((StatusCode::SEE_OTHER, [(LOCATION, location), (SET_COOKIE, cookie)]).into_response())
        }
        Ok(Outcome::Waits) => Err(barred(around, &Barred::Waiting)),
        Err(CommandError::NotAdmitted(why)) => Err(barred(around, &why)),
        Err(CommandError::Store(error)) => Err(busy(around, &error)),
        Err(error) => Err(failed(&error)),
    }
}

/// When somebody proved who they are. Where they were to do so anew, what the provider says of when has to bear that out;
/// one that says nothing was asked at least, but for GitHub, which has no way of asking.
fn proved_at(app: &App, kind: Kind, back: &flow::Back, claims: &VerifiedClaims) -> Result<DateTime<Utc>, SsoError> {
    match claims.auth_time {
        Some(at) if back.kept.prompted && at < back.started_at - SKEW => Err(SsoError::IdToken(TokenFault::Stale)),
        Some(at) => Ok(at),
        None if back.kept.prompted && kind == Kind::Github => Err(SsoError::CannotAskAgain),
        None => Ok(app.clock.now()),
    }
}

/// The groups and roles that a provider names, where the connection asks for any and all of them are known.
fn named(connection: &Connection, groups: &Groups, roles: &Groups) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let asked = [(&connection.groups_claim, groups), (&connection.roles_claim, roles)];
    let mut asked = asked.into_iter().filter(|(claim, _)| claim.is_some()).peekable();
    asked.peek()?;
    for (_, said) in asked {
        match said {
            // Providers leave the claim out where there is nothing to say.
            Groups::Unsaid => {}
            Groups::Listed(listed) => all.extend(listed.iter().cloned()),
            Groups::TooMany => return None,
        }
    }
    Some(all)
}

/// The groups and roles that a provider names, for the audit log.
fn noted(groups: &Groups, roles: &Groups) -> Option<Value> {
    let mut all = Map::new();
    for (name, said) in [("groups", groups), ("roles", roles)] {
        let new = match said {
            Groups::Unsaid => continue,
            Groups::Listed(listed) => {
                let short = |one: &String| printable(one).chars().take(LONGEST_NAME).collect::<String>();
                json!(listed.iter().take(MOST_NAMES).map(short).collect::<Vec<_>>())
            }
            Groups::TooMany => json!("too many for the token; the groups that provisioning sends count"),
        };
        all.insert(name.to_owned(), json!({"new": new}));
    }
    if all.is_empty() { None } else { Some(Value::Object(all)) }
}

/// Why somebody is not let in, for them.
fn barred(around: &Around, why: &Barred) -> Response {
    let status = match why {
        Barred::Connection => StatusCode::BAD_REQUEST,
        _ => StatusCode::FORBIDDEN,
    };
    not_admitted(around, status, why, Some(("signin-another-way", "/login")))
}

/// That what the provider said is not accepted; noted in the audit log.
async fn refused(
    (app, around): (&App, &Around),
    usable: &Usable,
    asked: &Asked<'_>,
    error: &SsoError,
    words: Option<&str>,
) -> Response {
    let connection = &usable.connection;
    tracing::warn!(%error, code = error.code(), connection = %connection.id, request_id = %asked.request_id, "a sign-in failed");
    let subject = Subject { kind: "connection", id: connection.id.to_string(), name: connection.name.clone() };
    let mut sentence = format!("{}: {error}", error.code());
    if let Some(words) = words {
        let words: String = printable(words).chars().take(LONGEST_WORDS).collect();
        sentence = format!("{sentence} It says: {words}");
    }
    let actor = actor(connection, asked);
    app.commands.refused(&actor, Some(connection.workspace_id), "sign_in", subject, sentence).await;
    if matches!(error, SsoError::Denied(name) if name == "access_denied") {
        let sentence = around.say("signin-denied");
        return pages::notice(around, StatusCode::FORBIDDEN, "signin-denied-title", sentence, LOGIN);
    }
    let status = if error.is_passing() { StatusCode::BAD_GATEWAY } else { StatusCode::BAD_REQUEST };
    let sentence = around.fill("signin-failed").with("why", around.language.said(&error.to_string()));
    pages::notice(around, status, "signin-failed-title", sentence, LOGIN)
}
