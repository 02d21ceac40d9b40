//! The endpoints of the workspace, and how each stands.

use askama::Template;

use super::super::frame::{Frame, Section, shown};
use crate::domain::endpoint::{Endpoint, EndpointState};
use crate::http::browser::{Answer, Asked};
use crate::store::deliveries::{self, Counts};
use crate::store::endpoints;

#[derive(Template)]
#[template(path = "webhooks/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    endpoints: Vec<(Endpoint, Counts)>,
}

/// `GET /settings/webhooks`
pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?.after(&asked, "webhooks-done", &["deleted"]);
    let mut conn = asked.read().await?;
    let mut all = Vec::new();
    for endpoint in endpoints::list(&mut conn, asked.workspace()?).await? {
        let counts = deliveries::counts(&mut conn, endpoint.id).await?;
        all.push((endpoint, counts));
    }
    Ok(shown(frame.status(), &Page { frame: &frame, endpoints: all }))
}
