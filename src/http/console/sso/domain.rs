//! One domain: its record, whether it is found, and who serves it.

use askama::Template;

use super::super::frame::{Frame, Section, shown};
use super::overview;
use crate::command::domains::{AddDomain, Proof, ProveDomain, stamp};
use crate::command::{CommandError, Unchanged};
use crate::domain::connection::Connection;
use crate::domain::domains::{self as domain, Domain};
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::sso::Copied;
use crate::http::{looking, pages};
use crate::ids::ConnectionId;
use crate::secret;
use crate::store::{connections, domains};

/// Of what a domain without its record is warned.
const PATIENCE_DAYS: i64 = 14;

#[derive(Template)]
#[template(path = "sso/domain.html")]
struct Page<'a> {
    frame: &'a Frame,
    domain: &'a Domain,
    connections: Vec<Connection>,
    copies: Vec<Copied>,
    /// What was found now; none: nobody has looked now.
    found: Option<&'a [String]>,
    /// The connection that somebody chose in vain.
    chosen: Option<ConnectionId>,
}

impl Page<'_> {
    /// How many days are left before it counts no longer, where its record is missing.
    fn days_left(&self) -> Option<i64> {
        let since = self.domain.missing_since.filter(|_| self.domain.proved_at.is_some())?;
        Some((PATIENCE_DAYS - (self.frame.now - since).num_days()).max(0))
    }

    fn is_served_by(&self, connection: &Connection) -> bool {
        self.domain.connection == Some(connection.id)
    }

    /// Whether it is the one that is chosen in the form.
    fn is_chosen(&self, connection: &Connection) -> bool {
        self.chosen.map_or_else(|| self.is_served_by(connection), |chosen| chosen == connection.id)
    }

    /// Of which state the form is made.
    fn seen(&self) -> Stamp {
        stamp(self.domain)
    }
}

/// The domain of the path.
pub async fn known(asked: &Asked) -> Result<Domain, Trouble> {
    let name = asked.path.first().and_then(|text| domain::name(text)).ok_or(CommandError::NotFound)?;
    let found = domains::find(&mut asked.read().await?, asked.workspace()?, &name).await?;
    Ok(found.ok_or(CommandError::NotFound)?)
}

async fn page(asked: &Asked, mut frame: Frame, domain: &Domain, found: Option<&[String]>) -> Answer {
    let connections = connections::of_workspace(&mut asked.read().await?, domain.workspace_id).await?;
    let chosen = asked.field("connection").and_then(ConnectionId::parse);
    if frame.is_overtaken {
        let serves = connections.iter().find(|one| domain.connection == Some(one.id)).map(|one| one.name.clone());
        let serves = serves.unwrap_or_else(|| frame.say("sso-domain-nobody").into_owned());
        frame.stands = vec![frame.stand("sso-serves", serves)];
    }
    let frame = &frame;
    let copies = vec![
        Copied::named(frame, "record-name", domain.record_name()),
        Copied::named(frame, "record-value", domain.record_value()),
    ];
    Ok(shown(frame.status(), &Page { frame, domain, connections, copies, found, chosen }))
}

async fn again(asked: &Asked, error: CommandError) -> Answer {
    let domain = known(asked).await?;
    let frame = Frame::of(asked, Section::SSO).await?.refused(error)?;
    page(asked, frame, &domain, None).await
}

/// `POST /settings/sso/domains`
pub async fn add(asked: Asked) -> Answer {
    let connection = asked.field("connection").map(|id| ConnectionId::parse(id).ok_or(CommandError::NotFound));
    let command = AddDomain {
        workspace: asked.workspace()?,
        domain: asked.text("domain").to_owned(),
        connection: connection.transpose()?,
        challenge: secret::new_plain()?,
    };
    match asked.execute(command).await {
        Ok(domain) => Ok(pages::redirect(&format!("/settings/sso/domains/{}?done=added", domain.name))),
        Err(error) => {
            let frame = Frame::of(&asked, Section::SSO).await?.refused(error)?;
            overview::page(&asked, &frame, (asked.text("domain"), asked.text("connection"))).await
        }
    }
}

/// `GET /settings/sso/domains/{domain}`
pub async fn show(asked: Asked) -> Answer {
    let known_words = ["added", "given", "enforced", "released"];
    let frame = Frame::of(&asked, Section::SSO).await?.after(&asked, "sso-domain-done", &known_words);
    let domain = known(&asked).await?;
    page(&asked, frame, &domain, None).await
}

/// `POST /settings/sso/domains/{domain}/verify`
pub async fn verify(asked: Asked) -> Answer {
    let domain = known(&asked).await?;
    let proof = looking::record(&asked.app, &domain).await;
    let found = match &proof {
        Proof::Records(records) => records.clone(),
        _ => Vec::new(),
    };
    let command = ProveDomain { workspace: domain.workspace_id, domain: domain.name, proof };
    match asked.execute(command).await {
        Ok(domain) => {
            let frame = Frame::of(&asked, Section::SSO).await?;
            page(&asked, frame, &domain, Some(&found)).await
        }
        Err(error) => again(&asked, error).await,
    }
}

/// `POST /settings/sso/domains/{domain}/connection`
pub async fn give(asked: Asked) -> Answer {
    let domain = known(&asked).await?;
    let connection = asked.field("connection").and_then(ConnectionId::parse).ok_or(CommandError::NotFound)?;
    let command = AddDomain {
        workspace: domain.workspace_id,
        domain: domain.name,
        connection: Some(connection),
        challenge: domain.challenge,
    };
    match asked.execute(Unchanged { command, seen: Stamp::sent(asked.text("seen")) }).await {
        Ok(domain) => Ok(pages::redirect(&format!("/settings/sso/domains/{}?done=given", domain.name))),
        Err(error) => again(&asked, error).await,
    }
}
