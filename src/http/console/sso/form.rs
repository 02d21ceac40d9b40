//! Making and editing a connection.

use std::borrow::Cow;

use askama::Template;
use axum::response::Response;

use super::super::frame::{Frame, Section, shown};
use super::draft::{self, Draft};
use super::{Copied, addresses, kept, place};
use crate::command::connections::{CreateConnection, EditConnection, Terms, stamp};
use crate::command::{CommandError, Unchanged};
use crate::domain::connection::{AuthMethod, Connection, Kind};
use crate::domain::role::Role;
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::{pages, sealing};
use crate::ids::ConnectionId;
use crate::store::roles;

/// The fields that are typed anew each time, each with its label.
const SECRETS: [(&str, &str); 2] = [("secret", "sso-field-secret"), ("private_key", "sso-field-key")];

#[derive(Template)]
#[template(path = "sso/kinds.html")]
struct Kinds<'a> {
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "sso/form.html")]
struct Page<'a> {
    frame: &'a Frame,
    /// What is edited; none: it is new.
    connection: Option<&'a Connection>,
    id: ConnectionId,
    draft: &'a Draft,
    roles: Vec<Role>,
    copies: Vec<Copied>,
}

impl Page<'_> {
    fn kind(&self) -> &'static str {
        self.draft.kind.name()
    }

    fn has_secret(&self) -> bool {
        self.connection.is_some_and(|connection| connection.has_secret)
    }

    fn action(&self) -> String {
        self.connection.map_or_else(|| "/settings/sso/connections".to_owned(), |one| format!("{}/edit", place(one)))
    }

    fn back(&self) -> String {
        self.connection.map_or_else(|| "/settings/sso".to_owned(), place)
    }

    /// Ways in which the bridge proves who it is, each in words, and with whether it is the one.
    fn ways(&self) -> Vec<(&'static str, Cow<'static, str>, bool)> {
        let all = [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost, AuthMethod::PrivateKeyJwt];
        let may = |way: &AuthMethod| self.draft.kind != Kind::Github || *way != AuthMethod::PrivateKeyJwt;
        let said = |way: AuthMethod| self.frame.say(&way_text(way));
        let way = |way: AuthMethod| (way.name(), said(way), way == self.draft.auth_method);
        all.into_iter().filter(may).map(way).collect()
    }
}

/// The name of the text that says in which way the bridge proves who it is.
fn way_text(way: AuthMethod) -> String {
    format!("sso-way-{}", way.name().replace('_', "-"))
}

async fn page(
    asked: &Asked,
    frame: &Frame,
    connection: Option<&Connection>,
    id: ConnectionId,
    draft: &Draft,
) -> Result<Response, Trouble> {
    let roles = roles::of_workspace(&mut asked.read().await?, asked.workspace()?).await?;
    let copies = addresses(frame, &asked.app.public_url, id);
    Ok(shown(frame.status(), &Page { frame, connection, id, draft, roles, copies }))
}

/// `GET /settings/sso/connections/new`: first the kind, then the form for it.
pub async fn new(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SSO).await?;
    match Kind::parse(asked.text("kind")) {
        Some(kind) => page(&asked, &frame, None, ConnectionId::fresh(), &Draft::fresh(kind)).await,
        None => Ok(shown(frame.status(), &Kinds { frame: &frame })),
    }
}

/// `POST /settings/sso/connections`
pub async fn create(asked: Asked) -> Answer {
    let kind = Kind::parse(asked.text("kind")).ok_or(CommandError::NotFound)?;
    // The id was on the page already, so that its addresses could be entered at the provider.
    let id = asked.field("id").and_then(ConnectionId::parse).ok_or(CommandError::NotFound)?;
    let draft = Draft::typed(&asked, kind);
    match created(&asked, id, &draft).await {
        Ok(connection) => Ok(pages::redirect(&format!("{}?done=created", place(&connection)))),
        Err(error) => {
            let frame = Frame::of(&asked, Section::SSO).await?.refused(error)?.retyping(&asked, &SECRETS);
            page(&asked, &frame, None, id, &draft).await
        }
    }
}

async fn created(asked: &Asked, id: ConnectionId, draft: &Draft) -> Result<Connection, CommandError> {
    let workspace = asked.visitor().map(|visitor| visitor.user.workspace_id).map_err(|_| CommandError::NotFound)?;
    let terms = draft.terms(true)?;
    let Some(secret) = draft::secret(asked) else {
        return Err(CommandError::Invalid { attribute: "secret", detail: "has to be entered".into() });
    };
    let secret = Some(sealing::connection_secret(&asked.app, id, &secret)?);
    let loopback = asked.app.allows_loopback();
    asked.execute(CreateConnection { id, workspace, terms, secret, loopback }).await
}

/// `GET /settings/sso/connections/{connection}/edit`
pub async fn edit(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SSO).await?;
    let connection = kept(&asked).await?.connection;
    page(&asked, &frame, Some(&connection), connection.id, &Draft::of(&connection)).await
}

/// `POST /settings/sso/connections/{connection}/edit`
pub async fn update(asked: Asked) -> Answer {
    let connection = kept(&asked).await?.connection;
    let draft = Draft::typed(&asked, connection.kind);
    match updated(&asked, &connection, &draft).await {
        Ok(()) => Ok(pages::redirect(&format!("{}?done=saved", place(&connection)))),
        Err(error) => {
            let frame = Frame::of(&asked, Section::SSO).await?.refused(error)?.retyping(&asked, &SECRETS);
            refused(&asked, frame, draft).await
        }
    }
}

/// The form again, of the connection as it is now.
async fn refused(asked: &Asked, frame: Frame, mut draft: Draft) -> Answer {
    let connection = kept(asked).await?.connection;
    let now = Draft::of(&connection);
    let roles = roles::of_workspace(&mut asked.read().await?, asked.workspace()?).await?;
    let role = roles.into_iter().find(|role| Some(role.id) == connection.default_role).map(|role| role.name);
    let role = role.unwrap_or_else(|| frame.say("sso-role-default").into_owned());
    let way = frame.say(&way_text(now.auth_method)).into_owned();
    let [jit, trusts] = [now.jit, now.trusts_email].map(|is_so| frame.yes(is_so));
    let fields = [
        ("sso-field-name", now.name),
        ("sso-field-issuer", now.issuer),
        ("sso-field-client", now.client_id),
        ("sso-field-jit", jit),
        ("sso-field-role", role),
        ("sso-field-trust", trusts),
        ("sso-field-groups", now.groups_claim),
        ("sso-field-roles", now.roles_claim),
        ("sso-field-way", way),
        ("sso-field-key-id", now.key_id),
        ("sso-field-scopes", now.scopes),
        ("sso-field-authorization", now.authorization),
        ("sso-field-token", now.token),
        ("sso-field-userinfo", now.userinfo),
    ];
    let stands = fields.into_iter().map(|(label, value)| frame.stand(label, value)).collect();
    let frame = frame.overtaken(&mut draft.seen, &stamp(&connection), stands);
    page(asked, &frame, Some(&connection), connection.id, &draft).await
}

async fn updated(asked: &Asked, connection: &Connection, draft: &Draft) -> Result<(), CommandError> {
    let wanted = draft.terms(connection.enabled)?;
    let secret = draft::secret(asked);
    let secret = secret.map(|secret| sealing::connection_secret(&asked.app, connection.id, &secret)).transpose()?;
    // Whether it is enabled is another form's to say.
    let edit = move |terms: &mut Terms| *terms = Terms { enabled: terms.enabled, ..wanted.clone() };
    let command = EditConnection {
        workspace: connection.workspace_id,
        id: connection.id,
        edit: Box::new(edit),
        secret,
        loopback: asked.app.allows_loopback(),
    };
    asked.execute(Unchanged { command, seen: Stamp::sent(&draft.seen) }).await.map(|_| ())
}
