//! The end of a connection, with what it will do spelled out before.

use askama::Template;
use axum::http::StatusCode;

use super::super::frame::{Frame, Section, shown};
use super::{kept, place};
use crate::command::CommandError;
use crate::command::connections::DeleteConnection;
use crate::domain::connection::Connection;
use crate::domain::domains::Domain;
use crate::http::browser::{Answer, Asked};
use crate::http::pages;
use crate::store::{domains, named};

#[derive(Template)]
#[template(path = "sso/deletion.html")]
struct Page<'a> {
    frame: &'a Frame,
    connection: &'a Connection,
    serves: Vec<Domain>,
    /// How many people are known by it.
    people: i64,
    /// How many of their sessions would end; none: it can't be deleted now.
    sessions: Option<usize>,
}

impl Page<'_> {
    fn place(&self) -> String {
        place(self.connection)
    }

    fn names(&self) -> String {
        self.serves.iter().map(|domain| domain.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The page that asks; after a refusal it says why.
async fn page(asked: &Asked, refused: Option<CommandError>) -> Answer {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let connection = kept(asked).await?.connection;
    let command = DeleteConnection { workspace: connection.workspace_id, id: connection.id };
    let (frame, foreseen) = (Frame::of(asked, Section::SSO).await?, asked.foresees(command).await);
    let (sessions, refused) = match foreseen {
        Ok(preview) => (Some(preview.sessions()), refused),
        Err(error) => (None, Some(error)),
    };
    let frame = match refused {
        Some(error) => frame.refused(error)?,
        None => frame,
    };
    let mut conn = asked.read().await?;
    let serves = domains::of_connection(&mut conn, connection.id).await?;
    let people = named::identities(&mut conn, connection.id).await?;
    Ok(shown(status, &Page { frame: &frame, connection: &connection, serves, people, sessions }))
}

/// `GET /settings/sso/connections/{connection}/delete`
pub async fn ask(asked: Asked) -> Answer {
    page(&asked, None).await
}

/// `POST /settings/sso/connections/{connection}/delete`
pub async fn delete(asked: Asked) -> Answer {
    let connection = kept(&asked).await?.connection;
    let command = DeleteConnection { workspace: connection.workspace_id, id: connection.id };
    match asked.execute(command).await {
        Ok(()) => Ok(pages::redirect("/settings/sso?done=deleted")),
        Err(error) => page(&asked, Some(error)).await,
    }
}
