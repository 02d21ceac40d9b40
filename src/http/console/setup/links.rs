//! `/settings/setup-links`: the links with which companies connect their own provider.

use std::borrow::Cow;

use askama::Template;
use chrono::{DateTime, Utc};

use crate::command::CommandError;
use crate::command::setup_links::{CreateSetupLink, RevokeSetupLink};
use crate::domain::setup_link::{MOST_DAYS, SetupLink};
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::Paging;
use crate::http::pages;
use crate::ids::SetupLinkId;
use crate::secret;
use crate::store::setup_links;

/// Links on one page.
const SIZE: i64 = 50;
/// Days that are suggested.
const DAYS: i64 = 7;

#[derive(Template)]
#[template(path = "setup/links.html")]
struct Page<'a> {
    frame: &'a Frame,
    links: Vec<SetupLink>,
    paging: Paging,
    /// The address of a link that was just made.
    made: Option<String>,
    name: &'a str,
    days: i64,
    most: i64,
}

impl Page<'_> {
    /// How a link stands.
    fn state(&self, link: &SetupLink) -> Cow<'static, str> {
        let state = match link {
            link if link.revoked_at.is_some() => "revoked",
            link if link.expires_at <= self.frame.now => "expired",
            link if link.used_at.is_some() => "opened",
            _ => "waiting",
        };
        self.frame.say(&format!("setup-links-state-{state}"))
    }

    fn is_open(&self, link: &SetupLink) -> bool {
        link.is_open(self.frame.now)
    }

    fn ago(&self, at: &DateTime<Utc>) -> String {
        self.frame.ago(Some(at))
    }
}

async fn page(asked: &Asked, frame: Frame, made: Option<String>) -> Answer {
    let (at, mut conn) = (Paging::asked(asked), asked.read().await?);
    let before = Paging::before(at, SIZE);
    let (links, total) = setup_links::of_workspace(&mut conn, asked.workspace()?, before, SIZE).await?;
    let status = frame.status();
    let is_again = frame.error.is_some();
    let page = Page {
        frame: &frame,
        links,
        paging: Paging::of("/settings/setup-links", &[], at, SIZE, total),
        made,
        name: if is_again { asked.text("name") } else { "" },
        days: asked.text("days").parse().unwrap_or(DAYS),
        most: MOST_DAYS,
    };
    Ok(shown(status, &page))
}

/// `GET /settings/setup-links`
pub async fn list(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SETUP_LINKS).await?.after(&asked, "setup-links-done", &["revoked"]);
    page(&asked, frame, None).await
}

/// `POST /settings/setup-links`
pub async fn create(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SETUP_LINKS).await?;
    let Ok(days) = asked.text("days").parse() else {
        let sentence = frame.say("setup-links-wrong-days");
        return page(&asked, frame.wrong(sentence).at("days"), None).await;
    };
    let token = secret::new_plain()?;
    let command = CreateSetupLink {
        id: SetupLinkId::fresh(),
        workspace: asked.workspace()?,
        name: asked.text("name").to_owned(),
        days,
        token_hash: secret::hash(&token),
        hint: token.chars().take(4).collect(),
    };
    match asked.execute(command).await {
        Ok(_) => page(&asked, frame, Some(format!("{}/setup/{token}", asked.app.public_url))).await,
        Err(error) => page(&asked, frame.refused(error)?, None).await,
    }
}

/// `POST /settings/setup-links/revoke`
pub async fn revoke(asked: Asked) -> Answer {
    let id = asked.field("link").and_then(SetupLinkId::parse).ok_or(CommandError::NotFound)?;
    match asked.execute(RevokeSetupLink { workspace: asked.workspace()?, id }).await {
        Ok(()) => Ok(pages::redirect("/settings/setup-links?done=revoked")),
        Err(error) => {
            let frame = Frame::of(&asked, Section::SETUP_LINKS).await?.refused(error)?;
            page(&asked, frame, None).await
        }
    }
}
