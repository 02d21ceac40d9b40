//! Making and editing an endpoint. Its secret is shown once, in the answer to the form that makes it.

use askama::Template;
use axum::response::Response;

use super::super::frame::{Frame, Section, shown};
use super::{known, place, secret};
use crate::command::endpoints::{CreateEndpoint, UpdateEndpoint};
use crate::delivery::CATALOGUE;
use crate::domain::endpoint::Endpoint;
use crate::http::browser::{Answer, Asked};
use crate::http::{pages, sealing};
use crate::settings::Secret;

/// What stands in the form.
struct Draft {
    name: String,
    /// The address: only what was typed, because what is kept may hold a secret.
    url: String,
    /// Names of events and patterns.
    events: Vec<String>,
}

/// A family of events: `user` of `user.created`.
struct Family {
    name: &'static str,
    pattern: String,
    is_ticked: bool,
    /// Its events, for whoever wants to know.
    events: Vec<&'static crate::delivery::Published>,
}

#[derive(Template)]
#[template(path = "webhooks/form.html")]
struct Page<'a> {
    frame: &'a Frame,
    endpoint: Option<&'a Endpoint>,
    draft: &'a Draft,
}

impl Page<'_> {
    fn families(&self) -> Vec<Family> {
        let mut all: Vec<Family> = Vec::new();
        for event in CATALOGUE {
            let name = event.name.split('.').next().unwrap_or_default();
            if let Some(family) = all.iter_mut().find(|family| family.name == name) {
                family.events.push(event);
            } else {
                let pattern = format!("{name}.*");
                let is_ticked = self.draft.events.contains(&pattern);
                all.push(Family { name, pattern, is_ticked, events: vec![event] });
            }
        }
        all
    }

    /// What is wanted beyond whole families, a line each.
    fn others(&self) -> String {
        let families: Vec<String> = self.families().into_iter().map(|family| family.pattern).collect();
        let others = self.draft.events.iter().filter(|event| !families.contains(*event));
        others.map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    fn action(&self) -> String {
        self.endpoint.map_or_else(|| "/settings/webhooks".to_owned(), |one| format!("{}/edit", place(one.id)))
    }

    fn back(&self) -> String {
        self.endpoint.map_or_else(|| "/settings/webhooks".to_owned(), |one| place(one.id))
    }
}

fn typed(asked: &Asked) -> Draft {
    let patterns = asked.text("patterns").split([',', ' ', '\n', '\r', '\t']).map(str::trim);
    let patterns = patterns.filter(|pattern| !pattern.is_empty());
    let events = asked.all("family").chain(patterns).map(str::to_owned).collect();
    Draft { name: asked.text("name").to_owned(), url: asked.text("url").to_owned(), events }
}

fn page(frame: &Frame, endpoint: Option<&Endpoint>, draft: &Draft) -> Response {
    shown(frame.status(), &Page { frame, endpoint, draft })
}

/// `GET /settings/webhooks/new`
pub async fn new(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?;
    Ok(page(&frame, None, &Draft { name: String::new(), url: String::new(), events: Vec::new() }))
}

/// `POST /settings/webhooks`
pub async fn create(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?;
    let draft = typed(&asked);
    let command = CreateEndpoint {
        workspace: asked.workspace()?,
        name: draft.name.clone(),
        url: Secret::from(draft.url.clone()),
        events: draft.events.clone(),
        seal: sealing::of_endpoints(&asked.app),
    };
    match asked.execute(command).await {
        Ok(made) => Ok(secret::page(&frame, &made.endpoint, &made.secret, true)),
        Err(error) => Ok(page(&frame.refused(error)?, None, &draft)),
    }
}

/// `GET /settings/webhooks/{endpoint}/edit`
pub async fn edit(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?;
    let endpoint = known(&asked).await?;
    let draft = Draft { name: endpoint.name.clone(), url: String::new(), events: endpoint.events.clone() };
    Ok(page(&frame, Some(&endpoint), &draft))
}

/// `POST /settings/webhooks/{endpoint}/edit`
pub async fn update(asked: Asked) -> Answer {
    let endpoint = known(&asked).await?;
    let draft = typed(&asked);
    let command = UpdateEndpoint {
        workspace: endpoint.workspace_id,
        id: endpoint.id,
        name: Some(draft.name.clone()),
        url: (!draft.url.is_empty()).then(|| Secret::from(draft.url.clone())),
        events: Some(draft.events.clone()),
        enabled: None,
        seal: sealing::of_endpoints(&asked.app),
    };
    match asked.execute(command).await {
        Ok(_) => Ok(pages::redirect(&format!("{}?done=saved", place(endpoint.id)))),
        Err(error) => {
            let frame = Frame::of(&asked, Section::WEBHOOKS).await?.refused(error)?;
            Ok(page(&frame, Some(&endpoint), &draft))
        }
    }
}
