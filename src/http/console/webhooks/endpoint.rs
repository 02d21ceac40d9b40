//! One endpoint: how it stands, what it was told, switching it on and off, trying it out, and its end.

use askama::Template;

use super::super::frame::{Frame, Section, shown};
use super::{known, place};
use crate::command::deliveries::SendTest;
use crate::command::endpoints::{DeleteEndpoint, UpdateEndpoint};
use crate::domain::endpoint::{Endpoint, EndpointState};
use crate::http::browser::{Answer, Asked};
use crate::http::{pages, sealing};
use crate::store::deliveries::{self, Counts, Delivery, STATES, Wanted};

/// How many deliveries stand on a page.
const MOST: i64 = 50;

#[derive(Template)]
#[template(path = "webhooks/endpoint.html")]
struct Page<'a> {
    frame: &'a Frame,
    endpoint: &'a Endpoint,
    counts: Counts,
    rows: Vec<Delivery>,
    state: &'a str,
    event: &'a str,
    /// Whether these are not the newest.
    is_older: bool,
    /// Where the next page begins.
    next: Option<i64>,
    /// What was typed into the form that delivers a span of time again.
    span: (&'a str, &'a str),
}

impl Page<'_> {
    fn is_disabled(&self) -> bool {
        self.endpoint.state == EndpointState::Disabled
    }

    /// Until when its old secret is good; none: it is not.
    fn old_until(&self) -> Option<String> {
        let until = self.endpoint.old_secret_until.filter(|until| *until > self.frame.now)?;
        Some(self.frame.moment(&until))
    }

    /// The address of the list from a place on, with the same filter.
    fn list(&self, before: Option<&i64>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("state", self.state), ("event", self.event)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        format!("{}?{}", place(self.endpoint.id), query.finish())
    }
}

/// The page of the endpoint in the path.
pub async fn page(asked: &Asked, frame: &Frame) -> Answer {
    let endpoint = known(asked).await?;
    let state = asked.field("state").filter(|state| STATES.contains(state));
    let (event, before) = (asked.field("event"), asked.field("before").and_then(|place| place.parse().ok()));
    let mut conn = asked.read().await?;
    let counts = deliveries::counts(&mut conn, endpoint.id).await?;
    let wanted = Wanted { state, event, before };
    // One more than is shown says whether there are more.
    let mut rows = deliveries::list(&mut conn, endpoint.id, &wanted, MOST + 1).await?;
    let most = usize::try_from(MOST).unwrap_or_default();
    let next = if rows.len() > most {
        rows.truncate(most);
        rows.last().map(|row| row.place)
    } else {
        None
    };
    let page = Page {
        frame,
        endpoint: &endpoint,
        counts,
        rows,
        state: state.unwrap_or_default(),
        event: event.unwrap_or_default(),
        is_older: before.is_some(),
        next,
        span: (asked.text("from"), asked.text("to")),
    };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/webhooks/{endpoint}`
pub async fn show(asked: Asked) -> Answer {
    let words = ["saved", "enabled", "disabled", "replayed", "nothing", "discarded"];
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?.after(&asked, "webhooks-endpoint-done", &words);
    page(&asked, &frame).await
}

/// `POST /settings/webhooks/{endpoint}/switch`
pub async fn switch(asked: Asked) -> Answer {
    let endpoint = known(&asked).await?;
    let is_on = asked.field("to") == Some("on");
    let command = UpdateEndpoint {
        workspace: endpoint.workspace_id,
        id: endpoint.id,
        name: None,
        url: None,
        events: None,
        enabled: Some(is_on),
        seal: sealing::of_endpoints(&asked.app),
    };
    let word = if is_on { "enabled" } else { "disabled" };
    match asked.execute(command).await {
        Ok(_) => Ok(pages::redirect(&format!("{}?done={word}", place(endpoint.id)))),
        Err(error) => page(&asked, &Frame::of(&asked, Section::WEBHOOKS).await?.refused(error)?).await,
    }
}

/// `POST /settings/webhooks/{endpoint}/test`
pub async fn test(asked: Asked) -> Answer {
    let endpoint = known(&asked).await?;
    match asked.execute(SendTest { workspace: endpoint.workspace_id, endpoint: endpoint.id }).await {
        Ok(id) => Ok(pages::redirect(&format!("{}/deliveries/{id}?done=sent", place(endpoint.id)))),
        Err(error) => page(&asked, &Frame::of(&asked, Section::WEBHOOKS).await?.refused(error)?).await,
    }
}

#[derive(Template)]
#[template(path = "webhooks/deletion.html")]
struct Deletion<'a> {
    frame: &'a Frame,
    endpoint: &'a Endpoint,
    counts: Counts,
}

/// `GET /settings/webhooks/{endpoint}/delete`
pub async fn ask(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?;
    let endpoint = known(&asked).await?;
    let counts = deliveries::counts(&mut asked.read().await?, endpoint.id).await?;
    Ok(shown(frame.status(), &Deletion { frame: &frame, endpoint: &endpoint, counts }))
}

/// `POST /settings/webhooks/{endpoint}/delete`
pub async fn delete(asked: Asked) -> Answer {
    let endpoint = known(&asked).await?;
    asked.execute(DeleteEndpoint { workspace: endpoint.workspace_id, id: endpoint.id }).await?;
    Ok(pages::redirect("/settings/webhooks?done=deleted"))
}
