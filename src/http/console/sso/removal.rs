//! The end of a domain, with whom it leads to their provider no longer spelled out before.

use askama::Template;
use axum::http::StatusCode;

use super::super::frame::{Frame, Section, shown};
use super::domain::known;
use crate::command::CommandError;
use crate::command::domains::RemoveDomain;
use crate::domain::domains::Domain;
use crate::http::browser::{Answer, Asked};
use crate::http::pages;
use crate::store::named::{self, Follower};

/// People who are named.
const NAMED: i64 = 5;

#[derive(Template)]
#[template(path = "sso/removal.html")]
struct Page<'a> {
    frame: &'a Frame,
    domain: &'a Domain,
    /// How many people sign in through the domain's connection, because of their address.
    total: i64,
    /// The first of them.
    people: Vec<Follower>,
    /// Whether it can be removed now.
    can_go: bool,
}

impl Page<'_> {
    fn rest(&self) -> i64 {
        self.total - i64::try_from(self.people.len()).unwrap_or_default()
    }
}

/// The page that asks; after a refusal it says why.
async fn page(asked: &Asked, refused: Option<CommandError>) -> Answer {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let domain = known(asked).await?;
    let command = RemoveDomain { workspace: domain.workspace_id, domain: domain.name.clone() };
    let foreseen = asked.foresees(command).await.err();
    let (can_go, mut frame) = (foreseen.is_none(), Frame::of(asked, Section::SSO).await?);
    if let Some(error) = refused.or(foreseen) {
        frame = frame.refused(error)?;
    }
    // One that is not proved leads nobody anywhere.
    let (total, people) = match domain.connection.filter(|_| domain.proved_at.is_some()) {
        Some(connection) => named::led_by(&mut asked.read().await?, connection, &domain.name, NAMED).await?,
        None => (0, Vec::new()),
    };
    Ok(shown(status, &Page { frame: &frame, domain: &domain, total, people, can_go }))
}

/// `GET /settings/sso/domains/{domain}/remove`
pub async fn ask(asked: Asked) -> Answer {
    page(&asked, None).await
}

/// `POST /settings/sso/domains/{domain}/remove`
pub async fn remove(asked: Asked) -> Answer {
    let domain = known(&asked).await?;
    match asked.execute(RemoveDomain { workspace: domain.workspace_id, domain: domain.name }).await {
        Ok(()) => Ok(pages::redirect("/settings/sso?done=removed")),
        Err(error) => page(&asked, Some(error)).await,
    }
}
