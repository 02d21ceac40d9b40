//! Whether the audit log is whole, and for how long its entries are kept.

use askama::Template;

use crate::command::CommandError;
use crate::command::workspaces::UpdateWorkspace;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::pages;
use crate::store::chain::{self, Whole};
use crate::text::hex;

#[derive(Template)]
#[template(path = "audit/proof.html")]
struct Page<'a> {
    frame: &'a Frame,
    /// What a look found: the chain, or what is wrong with it in words.
    found: Option<Result<Whole, String>>,
    head: String,
    keeps_all: bool,
    days: String,
}

/// What was typed and not taken.
struct Refused {
    keeps_all: bool,
    days: String,
    error: Option<CommandError>,
}

async fn page(asked: &Asked, refused: Option<Refused>) -> Answer {
    let mut frame = Frame::of(asked, Section::AUDIT).await?.after(asked, "audit-done", &["kept"]);
    let kept = frame.workspace.audit_days;
    let mut typed = (kept.is_none(), kept.map(|days| days.to_string()).unwrap_or_default());
    if let Some(Refused { keeps_all, days, error }) = refused {
        typed = (keeps_all, days);
        frame = match error {
            None | Some(CommandError::Invalid { .. }) => {
                let sentence = frame.say("audit-bad-days").into_owned();
                frame.wrong(sentence)
            }
            Some(error) => frame.refused(error)?,
        };
    }
    let found = if asked.is_on("verify") { Some(verified(asked).await?) } else { None };
    let head = match &found {
        Some(Ok(whole)) => whole.head.as_deref().map(hex).unwrap_or_default(),
        _ => String::new(),
    };
    let page = Page { frame: &frame, found, head, keeps_all: typed.0, days: typed.1 };
    Ok(shown(frame.status(), &page))
}

async fn verified(asked: &Asked) -> Result<Result<Whole, String>, Trouble> {
    let key = asked.app.store.keeper().key()?;
    let found = chain::verify(&mut asked.read().await?, key, asked.workspace()?).await?;
    Ok(found.map_err(|broken| broken.to_string()))
}

/// `GET /settings/audit/proof`
pub async fn show(asked: Asked) -> Answer {
    page(&asked, None).await
}

/// `POST /settings/audit/retention`
pub async fn retain(asked: Asked) -> Answer {
    let keeps_all = asked.text("keep") == "all";
    let days = asked.text("days").to_owned();
    let parsed = days.parse::<i64>().ok();
    if !keeps_all && parsed.is_none() {
        return page(&asked, Some(Refused { keeps_all, days, error: None })).await;
    }
    let command = UpdateWorkspace {
        id: asked.workspace()?,
        plan: None,
        seats: None,
        seat_policy: None,
        scim_passwords: None,
        audit_days: Some(parsed.filter(|_| !keeps_all)),
    };
    match asked.execute(command).await {
        Ok(_) => Ok(pages::redirect("/settings/audit/proof?done=kept")),
        Err(error) => page(&asked, Some(Refused { keeps_all, days, error: Some(error) })).await,
    }
}
