//! One delivery: what became of it, what was answered, and having it delivered again.

use askama::Template;

use super::super::frame::{Frame, Section, shown};
use super::{known, place};
use crate::command::CommandError;
use crate::domain::endpoint::Endpoint;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::ids::DeliveryId;
use crate::store::deliveries::{self, Delivery};

#[derive(Template)]
#[template(path = "webhooks/delivery.html")]
struct Page<'a> {
    frame: &'a Frame,
    endpoint: &'a Endpoint,
    row: &'a Delivery,
}

impl Page<'_> {
    fn place(&self) -> String {
        place(self.endpoint.id)
    }

    /// What to say of having it delivered again: the name of a text.
    fn again(&self) -> &'static str {
        match self.row.state.as_str() {
            "waiting" => "webhooks-replay-now",
            _ => "webhooks-replay-one",
        }
    }

    /// Whether it can be delivered again: a test that arrived is over.
    fn may_be_again(&self) -> bool {
        self.row.origin != "test" || matches!(self.row.state.as_str(), "waiting" | "dead")
    }

    fn milliseconds(&self) -> Option<i64> {
        self.row.micros.map(|micros| micros / 1_000)
    }
}

/// The page of a delivery of the endpoint in the path.
pub async fn page(asked: &Asked, frame: &Frame, id: DeliveryId) -> Answer {
    let endpoint = known(asked).await?;
    let found = deliveries::find(&mut asked.read().await?, endpoint.workspace_id, id).await?;
    let of_this = |row: &Delivery| row.endpoint_id == endpoint.id.0;
    let row = found.filter(of_this).ok_or(Trouble::Command(CommandError::NotFound))?;
    Ok(shown(frame.status(), &Page { frame, endpoint: &endpoint, row: &row }))
}

/// `GET /settings/webhooks/{endpoint}/deliveries/{delivery}`
pub async fn show(asked: Asked) -> Answer {
    let words = ["sent", "replayed", "discarded"];
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?.after(&asked, "webhooks-delivery-done", &words);
    let id = asked.id(1, DeliveryId::parse)?;
    page(&asked, &frame, id).await
}
