//! The secret of an endpoint: shown once, and replaced with some time in which both are signed with.

use askama::Template;
use axum::response::Response;

use super::super::frame::{Frame, Section, shown};
use super::{known, place};
use crate::command::endpoints::RotateSecret;
use crate::domain::endpoint::Endpoint;
use crate::http::browser::{Answer, Asked};
use crate::http::sealing;
use crate::settings::Secret;

#[derive(Template)]
#[template(path = "webhooks/secret.html")]
struct Shown<'a> {
    frame: &'a Frame,
    endpoint: &'a Endpoint,
    secret: &'a str,
    /// Whether the endpoint is new.
    is_new: bool,
}

#[derive(Template)]
#[template(path = "webhooks/rotation.html")]
struct Ask<'a> {
    frame: &'a Frame,
    endpoint: &'a Endpoint,
    hours: &'a str,
}

impl Ask<'_> {
    /// Until when the secret before is still signed with; none: it is not.
    fn under_way(&self) -> Option<String> {
        let until = self.endpoint.old_secret_until.filter(|until| *until > self.frame.now)?;
        Some(self.frame.moment(&until))
    }
}

/// The one page that shows a secret.
pub fn page(frame: &Frame, endpoint: &Endpoint, secret: &Secret, is_new: bool) -> Response {
    shown(frame.status(), &Shown { frame, endpoint, secret: secret.reveal(), is_new })
}

/// `GET /settings/webhooks/{endpoint}/secret`
pub async fn ask(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?;
    let endpoint = known(&asked).await?;
    Ok(shown(frame.status(), &Ask { frame: &frame, endpoint: &endpoint, hours: "24" }))
}

/// `POST /settings/webhooks/{endpoint}/secret`
pub async fn rotate(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?;
    let endpoint = known(&asked).await?;
    let hours = asked.text("hours");
    let command = RotateSecret {
        workspace: endpoint.workspace_id,
        id: endpoint.id,
        // What is no number is none that is allowed.
        overlap_hours: hours.parse().unwrap_or(-1),
        seal: sealing::of_endpoints(&asked.app),
    };
    match asked.execute(command).await {
        Ok(secret) => Ok(page(&frame, &known(&asked).await?, &secret, false)),
        Err(error) => {
            let frame = frame.refused(error)?;
            Ok(shown(frame.status(), &Ask { frame: &frame, endpoint: &endpoint, hours }))
        }
    }
}

impl Shown<'_> {
    fn place(&self) -> String {
        place(self.endpoint.id)
    }

    /// Until when the secret before is still signed with; none: it is not.
    fn until(&self) -> Option<String> {
        Some(self.frame.moment(&self.endpoint.old_secret_until?))
    }
}
