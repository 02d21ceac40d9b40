//! Connecting a remote workspace, changing how, and disconnecting it.

use askama::Template;
use axum::response::Response;

use super::super::frame::{Frame, Section, shown};
use crate::command::connectors::{CreateConnector, RemoveConnector, UpdateConnector, stamp};
use crate::command::{CommandError, Unchanged};
use crate::connector::profile::SHIPPED;
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::{pages, sealing};
use crate::store::connectors::{self, ConnectorRow};

/// What stands in the form. A key is never among it: it is typed anew each time.
struct Draft {
    profile: String,
    base_url: String,
    adopts: bool,
    /// Of which state of the connector it was made; empty where there was none.
    seen: String,
}

impl Draft {
    fn of(row: &ConnectorRow) -> Self {
        let (profile, base_url) = (row.profile.clone(), row.base_url.clone());
        Self { profile, base_url, adopts: row.adopts, seen: stamp(row).to_string() }
    }
}

#[derive(Template)]
#[template(path = "connector/form.html")]
struct Page<'a> {
    frame: &'a Frame,
    row: Option<&'a ConnectorRow>,
    draft: &'a Draft,
    /// The profiles of the settings, each with where it leads.
    profiles: Vec<(String, String)>,
}

async fn row(asked: &Asked) -> Result<Option<ConnectorRow>, Trouble> {
    Ok(connectors::find(&mut asked.read().await?, asked.workspace()?).await?)
}

fn page(asked: &Asked, frame: &Frame, row: Option<&ConnectorRow>, draft: &Draft) -> Response {
    let settings = &asked.app.settings;
    let mut names: Vec<&str> = settings.connectors.keys().map(String::as_str).collect();
    if !names.contains(&SHIPPED) {
        names.insert(0, SHIPPED);
    }
    let address = |name: &&str| settings.connector(name).map(|profile| profile.base_url).unwrap_or_default();
    let profiles = names.iter().map(|name| ((*name).to_owned(), address(name))).collect();
    shown(frame.status(), &Page { frame, row, draft, profiles })
}

/// `GET /settings/connector/edit`
pub async fn edit(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::CONNECTOR).await?;
    let row = row(&asked).await?;
    let none = String::new;
    let fresh = || Draft { profile: SHIPPED.to_owned(), base_url: none(), adopts: false, seen: none() };
    let draft = row.as_ref().map_or_else(fresh, Draft::of);
    Ok(page(&asked, &frame, row.as_ref(), &draft))
}

/// `POST /settings/connector/edit`
pub async fn save(asked: Asked) -> Answer {
    let mut draft = Draft {
        profile: asked.field("profile").unwrap_or(SHIPPED).to_owned(),
        base_url: asked.text("base_url").to_owned(),
        adopts: asked.is_on("adopts"),
        seen: asked.text("seen").to_owned(),
    };
    let is_there = !draft.seen.is_empty() || row(&asked).await?.is_some();
    match saved(&asked, is_there, &draft).await {
        Ok(word) => Ok(pages::redirect(&format!("/settings/connector?done={word}"))),
        Err(error) => {
            let frame = Frame::of(&asked, Section::CONNECTOR).await?.refused(error)?;
            let mut frame = frame.retyping(&asked, &[("api_key", "connector-field-key")]);
            let row = row(&asked).await?;
            if let Some(row) = &row {
                let stands = vec![
                    frame.stand("connector-field-profile", row.profile.as_str()),
                    frame.stand("connector-field-url", row.base_url.as_str()),
                    frame.stand("connector-field-adopts", frame.yes(row.adopts)),
                ];
                frame = frame.overtaken(&mut draft.seen, &stamp(row), stands);
            } else {
                // Where it was removed meanwhile, the form makes another one.
                draft.seen.clear();
            }
            Ok(page(&asked, &frame, row.as_ref(), &draft))
        }
    }
}

async fn saved(asked: &Asked, is_there: bool, draft: &Draft) -> Result<&'static str, CommandError> {
    let workspace = asked.visitor().map(|visitor| visitor.user.workspace_id).map_err(|_| CommandError::NotFound)?;
    let known = sealing::connector_address(&asked.app, &draft.profile)?;
    let base_url = if draft.base_url.is_empty() { known } else { draft.base_url.clone() };
    let key = asked.field("api_key").map(str::trim);
    let key = key.map(|key| sealing::connector_key(&asked.app, workspace, &base_url, key)).transpose()?;
    let (profile, adopts, loopback) = (draft.profile.clone(), draft.adopts, asked.app.allows_loopback());
    if is_there {
        let (profile, base_url, adopts) = (Some(profile), Some(base_url), Some(adopts));
        let command = UpdateConnector { workspace, profile, base_url, api_key: key, adopts, loopback };
        asked.execute(Unchanged { command, seen: Stamp::sent(&draft.seen) }).await?;
        return Ok("saved");
    }
    let Some(api_key) = key else {
        return Err(CommandError::Invalid { attribute: "api_key", detail: "has to be entered".into() });
    };
    asked.execute(CreateConnector { workspace, profile, base_url, api_key, adopts, loopback }).await?;
    Ok("created")
}

#[derive(Template)]
#[template(path = "connector/removal.html")]
struct Removal<'a> {
    frame: &'a Frame,
    row: &'a ConnectorRow,
}

/// `GET /settings/connector/remove`
pub async fn ask(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::CONNECTOR).await?;
    let row = row(&asked).await?.ok_or(CommandError::NotFound)?;
    Ok(shown(frame.status(), &Removal { frame: &frame, row: &row }))
}

/// `POST /settings/connector/remove`
pub async fn remove(asked: Asked) -> Answer {
    asked.execute(RemoveConnector { workspace: asked.workspace()? }).await?;
    Ok(pages::redirect("/settings/connector?done=removed"))
}
