//! Making and editing an endpoint. Its secret is shown once, in the answer to the form that makes it.

use askama::Template;
use axum::response::Response;

use super::super::frame::{Frame, Section, shown};
use super::{kept, place, secret};
use crate::command::Unchanged;
use crate::command::endpoints::{CreateEndpoint, UpdateEndpoint, stamp};
use crate::delivery::CATALOGUE;
use crate::domain::endpoint::Endpoint;
use crate::domain::version::Stamp;
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
    /// Of which state of the endpoint it was made; empty where it is yet to be made.
    seen: String,
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
    let [name, url, seen] = ["name", "url", "seen"].map(|field| asked.text(field).to_owned());
    Draft { name, url, events, seen }
}

fn page(frame: &Frame, endpoint: Option<&Endpoint>, draft: &Draft) -> Response {
    shown(frame.status(), &Page { frame, endpoint, draft })
}

/// `GET /settings/webhooks/new`
pub async fn new(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?;
    Ok(page(&frame, None, &typed(&asked)))
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
    let kept = kept(&asked).await?;
    let (seen, endpoint) = (stamp(&kept).to_string(), kept.endpoint);
    let draft = Draft { name: endpoint.name.clone(), url: String::new(), events: endpoint.events.clone(), seen };
    Ok(page(&frame, Some(&endpoint), &draft))
}

/// `POST /settings/webhooks/{endpoint}/edit`
pub async fn update(asked: Asked) -> Answer {
    let endpoint = kept(&asked).await?.endpoint;
    let mut draft = typed(&asked);
    let command = UpdateEndpoint {
        workspace: endpoint.workspace_id,
        id: endpoint.id,
        name: Some(draft.name.clone()),
        url: (!draft.url.is_empty()).then(|| Secret::from(draft.url.clone())),
        events: Some(draft.events.clone()),
        enabled: None,
        seal: sealing::of_endpoints(&asked.app),
    };
    match asked.execute(Unchanged { command, seen: Stamp::sent(&draft.seen) }).await {
        Ok(_) => Ok(pages::redirect(&format!("{}?done=saved", place(endpoint.id)))),
        Err(error) => {
            let frame = Frame::of(&asked, Section::WEBHOOKS).await?.refused(error)?;
            let kept = kept(&asked).await?;
            let stands = vec![
                frame.stand("webhooks-field-name", kept.endpoint.name.as_str()),
                frame.stand("webhooks-field-url", kept.endpoint.shown_url.as_str()),
                frame.stand("webhooks-field-events", kept.endpoint.events.join(", ")),
            ];
            let frame = frame.overtaken(&mut draft.seen, &stamp(&kept), stands);
            Ok(page(&frame, Some(&kept.endpoint), &draft))
        }
    }
}
