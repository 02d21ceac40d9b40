//! `POST /oauth/token`: client credentials (RFC 6749 §4.4) for clients that write through SCIM; codes and refresh tokens
//! for those that people sign in to.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::form::{Form, Question, Refusal, serve};
use super::grants;
use super::proof::Client;
use crate::domain::access::Scope;
use crate::http::App;
use crate::http::journal::Asked;
use crate::store::oauth::ClientRow;

/// Answers `POST /oauth/token`, and logs it.
pub async fn token(State(app): State<Arc<App>>, request: Request) -> Response {
    serve(app, Question::Token, request).await
}

/// Tokens for a client that proved who it is.
pub async fn grant(app: &App, form: &Form, client: Client, asked: &Asked<'_>) -> Result<Value, Refusal> {
    match client {
        Client::Writer(client) => credentials(app, form, &client),
        Client::Login(client) => grants::grant(app, form, client, asked).await,
    }
}

fn credentials(app: &App, form: &Form, client: &ClientRow) -> Result<Value, Refusal> {
    if form.get("grant_type") != Some("client_credentials") {
        return Err(Refusal::UnsupportedGrantType("only grant_type=client_credentials is served"));
    }
    let allowed = client.grant()?.scope;
    let scope = match form.get("scope") {
        None => allowed,
        Some(asked) => {
            let why = "the client may not have that scope; there are scim and scim:read";
            granted(asked, allowed).ok_or(Refusal::InvalidScope(why))?
        }
    };
    let seconds = app.settings.limits.access_token_seconds;
    let token = app.issuer.issue(&client.id, scope, app.clock.now(), seconds)?;
    Ok(json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": scope.name()}))
}

/// The most that is allowed of a list of scopes (RFC 6749 §3.3); none where nothing of it is, or one is not known here.
fn granted(asked: &str, allowed: Scope) -> Option<Scope> {
    let asked: Option<Vec<Scope>> = asked.split(' ').filter(|name| !name.is_empty()).map(Scope::parse).collect();
    let asked = asked?;
    [Scope::Write, Scope::Read]
        .into_iter()
        .find(|scope| asked.contains(scope) && (*scope == allowed || *scope == Scope::Read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_scopes_the_most_that_is_allowed_is_granted() {
        use Scope::{Read, Write};
        for (asked, allowed, expected) in [
            ("scim", Write, Some(Write)),
            ("scim scim:read", Write, Some(Write)),
            ("scim:read scim", Write, Some(Write)),
            ("scim:read", Write, Some(Read)),
            ("scim:read  scim", Read, Some(Read)),
            ("scim", Read, None),
            ("scim root", Write, None),
            (" ", Write, None),
        ] {
            assert_eq!(granted(asked, allowed), expected, "{asked}");
        }
    }
}
