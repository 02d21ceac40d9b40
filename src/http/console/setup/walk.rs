//! `/settings/setup` and `/setup`: the steps from the first login, or from a customer's link, to a connected provider. Where
//! somebody stands follows from what is there, so that they go on after a reload or the next day.

use std::borrow::Cow;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::arrived;
use super::connect::{self, Typed};
use super::plain::{Plain, Step};
use crate::command::CommandError;
use crate::command::setup_links::{Act, ThroughLink};
use crate::domain::setup_link::{Kind, Provider, SetupLink};
use crate::domain::workspace::Workspace;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::shown;
use crate::http::console::guides::Guide;
use crate::http::pages;
use crate::ids::WorkspaceId;
use crate::store::{second_factors, setup_links, workspaces};

/// The five steps of the first run.
pub const STEPS: [&str; 5] =
    ["setup-step-account", "setup-step-factor", "setup-step-provider", "setup-step-connect", "setup-step-arrived"];
/// Those of a customer's link.
const CUSTOMERS: [&str; 3] = ["setup-step-provider", "setup-step-connect", "setup-step-arrived"];

/// Somebody on the way: whoever came in first, or whoever has a customer's link.
pub struct Walker {
    /// The link that they came by.
    pub link: SetupLink,
    /// The workspace that they set up.
    pub workspace: WorkspaceId,
}

impl Walker {
    /// Whoever asks.
    ///
    /// # Errors
    /// [`CommandError::NotFound`] where the workspace did not begin with a first run, or that is over.
    pub async fn of(asked: &Asked) -> Result<Self, Trouble> {
        let link = if let Some(link) = &asked.setup {
            link.clone()
        } else {
            let found = setup_links::first_run_of(&mut asked.read().await?, asked.workspace()?).await?;
            found.filter(|link| link.finished_at.is_none()).ok_or(CommandError::NotFound)?
        };
        let workspace = link.workspace.ok_or(CommandError::NotFound)?;
        Ok(Self { link, workspace })
    }

    /// Whether they have no account.
    #[must_use]
    pub fn is_customer(&self) -> bool {
        self.link.kind == Kind::Customer
    }

    /// The path of their pages.
    #[must_use]
    pub fn base(&self) -> &'static str {
        if self.is_customer() { "/setup" } else { "/settings/setup" }
    }

    /// The number of the step in which the provider is connected; that of what arrived is the next.
    #[must_use]
    pub fn connecting(&self) -> usize {
        if self.is_customer() { 2 } else { 4 }
    }

    /// The guide of the provider, where there is one.
    #[must_use]
    pub fn guide(&self, asked: &Asked, frame: &Plain) -> Option<Guide> {
        let token_at = format!("{}?step={}#provisioning", self.base(), self.connecting());
        Guide::of(frame.language, self.link.provider?.name(), &asked.app.scim_url, Some(token_at))
    }

    /// Does something on the way.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn act(&mut self, asked: &Asked, act: Act) -> Result<(), CommandError> {
        let command = ThroughLink { workspace: self.workspace, link: self.link.id, act };
        self.link = asked.execute(command).await?;
        Ok(())
    }

    /// The frame of a step, numbered from 1.
    #[must_use]
    pub fn frame(&self, asked: &Asked, current: usize) -> Plain {
        let mut frame = Plain::of(asked, "");
        // Also where a form led here: a step is always looked at anew.
        frame.here = format!("{}?step={current}", self.base());
        let (names, reached): (&[&str], usize) = if self.is_customer() {
            (&CUSTOMERS, if self.link.provider.is_some() { 3 } else { 1 })
        } else {
            (&STEPS, if self.link.provider.is_some() { 5 } else { 3 })
        };
        for (number, name) in (1..).zip(names) {
            // The account is made: nobody goes back there.
            let is_open = number <= reached && (self.is_customer() || number > 1);
            frame.part.steps.push(Step {
                label: frame.language.say(name),
                path: (is_open && number != current).then(|| format!("{}?step={number}", self.base())),
                is_current: number == current,
                is_done: number < current,
            });
        }
        frame
    }
}

#[derive(Template)]
#[template(path = "setup/factor.html")]
struct Factor {
    frame: Plain,
    has_factor: bool,
}

#[derive(Template)]
#[template(path = "setup/provider.html")]
struct Choice {
    frame: Plain,
    base: &'static str,
    workspace: String,
    chosen: Option<Provider>,
    is_customer: bool,
    name: String,
    until: DateTime<Utc>,
}

impl Choice {
    // As a loop of the template has it.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn title(&self, provider: &Provider) -> Cow<'static, str> {
        self.frame.say(&format!("setup-provider-{}", provider.name()))
    }
}

/// `GET /settings/setup`, `GET /setup`
pub async fn show(asked: Asked) -> Answer {
    let walker = match Walker::of(&asked).await {
        Ok(walker) => walker,
        // There was no first run, or it is over: Admins find everything in its section.
        Err(Trouble::Command(CommandError::NotFound)) => return Ok(pages::redirect("/settings/users")),
        Err(error) => return Err(error),
    };
    let wanted = asked.field("step").and_then(|step| step.parse::<usize>().ok());
    if walker.is_customer() {
        let step = wanted.unwrap_or(if walker.link.provider.is_some() { 2 } else { 1 });
        return match step {
            2 if walker.link.provider.is_some() => connect::page(&asked, &walker, Typed::default()).await,
            3 if walker.link.provider.is_some() => arrived::page(&asked, &walker).await,
            _ => choice(&asked, &walker, walker.frame(&asked, 1)).await,
        };
    }
    let has_factor = has_factor(&asked).await?;
    let step = wanted.unwrap_or(match &walker.link {
        link if !has_factor && link.skipped_at.is_none() => 2,
        link if link.provider.is_none() => 3,
        link if link.token.is_none() => 4,
        _ => 5,
    });
    match step {
        4 if walker.link.provider.is_some() => connect::page(&asked, &walker, Typed::default()).await,
        5 if walker.link.provider.is_some() => arrived::page(&asked, &walker).await,
        3..=5 => choice(&asked, &walker, walker.frame(&asked, 3)).await,
        _ => Ok(shown(StatusCode::OK, &Factor { frame: walker.frame(&asked, 2), has_factor })),
    }
}

async fn has_factor(asked: &Asked) -> Result<bool, Trouble> {
    let found = second_factors::find(&mut asked.read().await?, asked.visitor()?.user.id).await?;
    Ok(found.is_some_and(|factor| factor.confirmed_at.is_some()))
}

/// The workspace that somebody sets up.
///
/// # Errors
/// [`Trouble`]
pub async fn workspace(asked: &Asked, id: WorkspaceId) -> Result<Workspace, Trouble> {
    Ok(workspaces::find(&mut asked.read().await?, id).await?.ok_or(CommandError::NotFound)?)
}

async fn choice(asked: &Asked, walker: &Walker, frame: Plain) -> Answer {
    let status = frame.status();
    let page = Choice {
        base: walker.base(),
        workspace: workspace(asked, walker.workspace).await?.name.as_str().to_owned(),
        chosen: walker.link.provider,
        is_customer: walker.is_customer(),
        name: walker.link.name.clone(),
        until: walker.link.expires_at,
        frame,
    };
    Ok(shown(status, &page))
}

/// `POST /settings/setup/skip`
pub async fn skip(asked: Asked) -> Answer {
    Walker::of(&asked).await?.act(&asked, Act::SkipFactor).await?;
    Ok(pages::redirect("/settings/setup?step=3"))
}

/// `POST /settings/setup/finish`
pub async fn finish(asked: Asked) -> Answer {
    match Walker::of(&asked).await {
        Ok(mut walker) => walker.act(&asked, Act::Finish).await?,
        // Whoever says so twice is done, too.
        Err(Trouble::Command(CommandError::NotFound)) => {}
        Err(error) => return Err(error),
    }
    Ok(pages::redirect("/settings"))
}

/// `POST /settings/setup/provider`, `POST /setup/provider`
pub async fn choose(asked: Asked) -> Answer {
    let mut walker = Walker::of(&asked).await?;
    let number = if walker.is_customer() { 1 } else { 3 };
    let Some(provider) = asked.field("provider").and_then(Provider::parse) else {
        let frame = walker.frame(&asked, number);
        let sentence = frame.say("setup-wrong-provider");
        return choice(&asked, &walker, frame.wrong(sentence)).await;
    };
    match walker.act(&asked, Act::Choose(provider)).await {
        Ok(()) => Ok(onward(&walker, number + 1)),
        Err(error) => {
            let frame = walker.frame(&asked, number).refused(error)?;
            choice(&asked, &walker, frame).await
        }
    }
}

fn onward(walker: &Walker, step: usize) -> Response {
    pages::redirect(&format!("{}?step={step}", walker.base()))
}
