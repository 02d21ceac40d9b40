//! Whether people have to sign in through a connection, everybody or those of one domain; and whether that would be safe.

use askama::Template;

use super::super::frame::{Frame, Section, shown};
use crate::command::CommandError;
use crate::command::domains::EnforceSso;
use crate::domain::connection::Connection;
use crate::domain::domains::{self as domain, Domain};
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::pages;
use crate::store::{Conn, connections, domains, passwords, roles};

/// One thing that has to be so before signing in through a connection may be enforced.
pub struct Tick {
    /// Whether it is.
    pub holds: bool,
    /// What it is.
    pub what: String,
    /// Who or what it is by, or how it becomes so.
    pub more: String,
}

/// What has to be so before everybody, or the people of a domain, have to sign in through a connection: the same that
/// [`EnforceSso`] asks for, told beforehand.
///
/// # Errors
/// [`Trouble`], classified.
pub async fn ticks(
    conn: &mut Conn,
    frame: &Frame,
    all: &[Connection],
    domain: Option<&Domain>,
) -> Result<Vec<Tick>, Trouble> {
    let mut ticks = Vec::new();
    let workspace = frame.workspace.id;
    if let Some(domain) = domain {
        let holds = domain.proved_at.is_some();
        let more = if holds { String::new() } else { frame.say("sso-tick-proved-how").into_owned() };
        ticks.push(Tick { holds, what: frame.say("sso-tick-proved").into_owned(), more });
    }
    let works = |one: &&Connection| one.enabled && one.admin_came_in_at.is_some();
    let serves = |one: &&Connection| domain.is_none_or(|domain| domain.connection == Some(one.id));
    let names: Vec<&str> = all.iter().filter(works).filter(serves).map(|one| one.name.as_str()).collect();
    let what = if domain.is_some() { "sso-tick-came-in-domain" } else { "sso-tick-came-in" };
    let more = if names.is_empty() { frame.say("sso-tick-came-in-how").into_owned() } else { names.join(", ") };
    ticks.push(Tick { holds: !names.is_empty(), what: frame.say(what).into_owned(), more });
    let admin = roles::of_workspace(conn, workspace).await?.into_iter().find(crate::domain::role::Role::is_admin);
    let count = match admin {
        Some(admin) => passwords::protected_holders(conn, workspace, admin.id).await?,
        None => 0,
    };
    let more = if count == 0 { frame.say("sso-tick-way-back-how").into_owned() } else { String::new() };
    ticks.push(Tick { holds: count > 0, what: frame.say("sso-tick-way-back").into_owned(), more });
    Ok(ticks)
}

#[derive(Template)]
#[template(path = "sso/enforcement.html")]
struct Page<'a> {
    frame: &'a Frame,
    /// Whose people; none: everybody.
    domain: Option<&'a Domain>,
    is_on: bool,
    ticks: Vec<Tick>,
    /// How many sessions would end; none: it can't be switched on.
    sessions: Option<usize>,
}

impl Page<'_> {
    fn may_enforce(&self) -> bool {
        self.ticks.iter().all(|tick| tick.holds)
    }

    fn title(&self) -> String {
        match self.domain {
            Some(domain) => self.frame.fill("sso-enforce-title-domain").with("domain", &domain.name).to_string(),
            None => self.frame.say("sso-enforce-title").into_owned(),
        }
    }
}

/// The domain that is asked about, where one is.
async fn asked_about(asked: &Asked) -> Result<Option<Domain>, Trouble> {
    let Some(text) = asked.field("domain") else { return Ok(None) };
    let name = domain::name(text).ok_or(CommandError::NotFound)?;
    let found = domains::find(&mut asked.read().await?, asked.workspace()?, &name).await?;
    Ok(Some(found.ok_or(CommandError::NotFound)?))
}

async fn page(asked: &Asked, frame: &Frame) -> Answer {
    let domain = asked_about(asked).await?;
    let workspace = frame.workspace.id;
    let is_on = domain.as_ref().map_or(frame.workspace.sso_enforced, |domain| domain.sso_enforced);
    let mut conn = asked.read().await?;
    let all = connections::of_workspace(&mut conn, workspace).await?;
    let ticks = ticks(&mut conn, frame, &all, domain.as_ref()).await?;
    drop(conn);
    let name = domain.as_ref().map(|domain| domain.name.clone());
    let is_asked = !is_on && ticks.iter().all(|tick| tick.holds) && frame.may("connections:write");
    let sessions = if is_asked {
        let foreseen = asked.foresees(EnforceSso { workspace, domain: name, enforced: true }).await;
        foreseen.ok().map(|preview| preview.sessions())
    } else {
        None
    };
    Ok(shown(frame.status(), &Page { frame, domain: domain.as_ref(), is_on, ticks, sessions }))
}

/// `GET /settings/sso/enforcement`
pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SSO).await?;
    page(&asked, &frame).await
}

/// `POST /settings/sso/enforcement`
pub async fn set(asked: Asked) -> Answer {
    let name = asked_about(&asked).await?.map(|domain| domain.name);
    let enforced = asked.field("to") == Some("on");
    let command = EnforceSso { workspace: asked.workspace()?, domain: name.clone(), enforced };
    let word = if enforced { "enforced" } else { "released" };
    match asked.execute(command).await {
        Ok(()) => Ok(pages::redirect(&match name {
            Some(name) => format!("/settings/sso/domains/{name}?done={word}"),
            None => format!("/settings/sso?done={word}"),
        })),
        Err(error) => page(&asked, &Frame::of(&asked, Section::SSO).await?.refused(error)?).await,
    }
}
