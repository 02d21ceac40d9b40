//! How people sign in, on one page: connections, domains, enforcement, break-glass accounts, and AIsoule's login clients.

use askama::Template;

use super::super::frame::{Frame, Section, shown};
use super::enforcement::{Tick, ticks};
use crate::domain::connection::Connection;
use crate::domain::domains::Domain;
use crate::domain::login_client::LoginClient;
use crate::http::browser::{Answer, Asked};
use crate::store::named::{self, ProtectedRow};
use crate::store::{connections, domains, login_clients};

/// How many break-glass accounts are shown.
const MOST: i64 = 50;

#[derive(Template)]
#[template(path = "sso/overview.html")]
struct Page<'a> {
    frame: &'a Frame,
    connections: Vec<Connection>,
    domains: Vec<Domain>,
    ticks: Vec<Tick>,
    protected: Vec<ProtectedRow>,
    clients: Vec<LoginClient>,
    /// What was typed into the form of a new domain.
    typed: (&'a str, &'a str),
}

impl Page<'_> {
    fn name_of(&self, domain: &Domain) -> Option<&str> {
        let of = |connection: &&Connection| Some(connection.id) == domain.connection;
        self.connections.iter().find(of).map(|connection| connection.name.as_str())
    }

    fn may_enforce(&self) -> bool {
        self.ticks.iter().all(|tick| tick.holds)
    }

    /// Whether that connection was chosen for a new domain, or is the only one.
    fn is_chosen(&self, connection: &Connection) -> bool {
        self.typed.1 == connection.id.to_string() || (self.typed.0.is_empty() && self.connections.len() == 1)
    }
}

/// The page, with what was typed into the form of a new domain.
pub async fn page(asked: &Asked, frame: &Frame, typed: (&str, &str)) -> Answer {
    let workspace = asked.workspace()?;
    let mut conn = asked.read().await?;
    let connections = connections::of_workspace(&mut conn, workspace).await?;
    let ticks = ticks(&mut conn, frame, &connections, None).await?;
    let clients = if frame.may("clients:read") { login_clients::list(&mut conn, workspace).await? } else { Vec::new() };
    let page = Page {
        frame,
        domains: domains::of_workspace(&mut conn, workspace).await?,
        protected: named::protected(&mut conn, workspace, MOST).await?,
        clients: clients.into_iter().filter(|client| client.revoked_at.is_none()).collect(),
        connections,
        ticks,
        typed,
    };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/sso`
pub async fn show(asked: Asked) -> Answer {
    let known = ["deleted", "removed", "enforced", "released", "revoked", "account"];
    let frame = Frame::of(&asked, Section::SSO).await?.after(&asked, "sso-done", &known);
    page(&asked, &frame, ("", "")).await
}
