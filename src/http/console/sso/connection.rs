//! One connection: what it is, what is to be entered at the provider, whether it works, and switching it on and off.

use askama::Template;

use super::super::frame::{Frame, Section, shown};
use super::{Copied, addresses, kept, place};
use crate::command::connections::{EditConnection, Terms};
use crate::domain::connection::Connection;
use crate::domain::domains::Domain;
use crate::http::browser::{Answer, Asked};
use crate::http::{looking, pages};
use crate::sso::{Outcome, Step};
use crate::store::{domains, roles};

#[derive(Template)]
#[template(path = "sso/connection.html")]
struct Page<'a> {
    frame: &'a Frame,
    connection: &'a Connection,
    serves: Vec<Domain>,
    role: Option<String>,
    copies: Vec<Copied>,
    /// What a test found; none: nobody has tested now.
    steps: Option<&'a [Step]>,
}

impl Page<'_> {
    fn place(&self) -> String {
        place(self.connection)
    }

    fn kind(&self) -> String {
        self.frame.say(&format!("sso-kind-{}", self.connection.kind.name())).into_owned()
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.steps.into_iter().flatten().filter(|step| step.outcome == outcome).count()
    }

    /// What a test comes to, in a sentence.
    fn verdict(&self) -> String {
        let (failed, warned) = (self.count(Outcome::Failed), self.count(Outcome::Warning));
        match (failed, warned) {
            (0, 0) => self.frame.say("sso-test-fine").into_owned(),
            (0, warned) => self.frame.count("sso-test-warned", warned).to_string(),
            (failed, _) => self.frame.count("sso-test-failed", failed).to_string(),
        }
    }

    fn claims(&self) -> String {
        let c = self.connection;
        [&c.groups_claim, &c.roles_claim].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

async fn page(asked: &Asked, frame: &Frame, steps: Option<&[Step]>) -> Answer {
    let connection = kept(asked).await?.connection;
    let mut conn = asked.read().await?;
    let serves = domains::of_connection(&mut conn, connection.id).await?;
    let role = match connection.default_role {
        Some(id) => roles::find(&mut conn, connection.workspace_id, id).await?.map(|role| role.name),
        None => None,
    };
    let copies = addresses(frame, &asked.app.public_url, connection.id);
    Ok(shown(frame.status(), &Page { frame, connection: &connection, serves, role, copies, steps }))
}

/// `GET /settings/sso/connections/{connection}`
pub async fn show(asked: Asked) -> Answer {
    let known = ["created", "saved", "enabled", "disabled"];
    let frame = Frame::of(&asked, Section::SSO).await?.after(&asked, "sso-connection-done", &known);
    page(&asked, &frame, None).await
}

/// `POST /settings/sso/connections/{connection}/test`
pub async fn test(asked: Asked) -> Answer {
    let kept = kept(&asked).await?;
    let frame = Frame::of(&asked, Section::SSO).await?;
    match looking::walk(&asked.app, &kept).await {
        Ok(steps) => page(&asked, &frame, Some(&steps)).await,
        Err(error) => page(&asked, &frame.refused(error)?, None).await,
    }
}

/// `POST /settings/sso/connections/{connection}/switch`
pub async fn switch(asked: Asked) -> Answer {
    let connection = kept(&asked).await?.connection;
    let enabled = asked.field("to") == Some("on");
    let command = EditConnection {
        workspace: connection.workspace_id,
        id: connection.id,
        edit: Box::new(move |terms: &mut Terms| terms.enabled = enabled),
        secret: None,
        loopback: asked.app.allows_loopback(),
    };
    match asked.execute(command).await {
        Ok(_) if enabled => Ok(pages::redirect(&format!("{}?done=enabled", place(&connection)))),
        Ok(_) => Ok(pages::redirect(&format!("{}?done=disabled", place(&connection)))),
        Err(error) => page(&asked, &Frame::of(&asked, Section::SSO).await?.refused(error)?, None).await,
    }
}
