//! For how long the entries of the audit log are kept: first a look at what would go at once, where something would.

use askama::Template;

use super::proof::{self, Refused};
use crate::command::retention::oldest_kept;
use crate::command::workspaces::UpdateWorkspace;
use crate::command::{CommandError, Unchanged};
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::rules::form::Step;
use crate::http::pages;
use crate::store::chain::{self, Outdated};

#[derive(Template)]
#[template(path = "audit/retention.html")]
struct Page<'a> {
    frame: &'a Frame,
    days: i64,
    seen: &'a str,
    gone: Outdated,
}

/// What would be taken out at once, where the log was kept for only so many days.
async fn outdated(asked: &Asked, frame: &Frame, days: i64) -> Result<Option<Outdated>, Trouble> {
    let Some(before) = oldest_kept(frame.now, days) else { return Ok(None) };
    let (workspace, mut conn) = (&frame.workspace, asked.read().await?);
    Ok(chain::outdated(&mut conn, workspace.id, workspace.audit_rows, before).await?)
}

async fn refuse(asked: &Asked, error: Option<CommandError>) -> Answer {
    let (keeps_all, days) = (asked.text("keep") == "all", asked.text("days").to_owned());
    let refused = Refused { keeps_all, days, seen: asked.text("seen").to_owned(), error };
    proof::page(asked, Some(refused), None).await
}

/// `POST /settings/audit/retention`: what would go at once, and then doing it; at once where nothing would.
pub async fn retain(asked: Asked) -> Answer {
    let days = match (asked.text("keep"), asked.text("days").parse::<i64>()) {
        ("all", _) => None,
        (_, Ok(days)) => Some(days),
        (_, Err(_)) => return refuse(&asked, None).await,
    };
    let (id, seen) = (asked.workspace()?, asked.text("seen"));
    let change = || {
        let command = UpdateWorkspace {
            id,
            plan: None,
            seats: None,
            seat_policy: None,
            scim_passwords: None,
            audit_days: Some(days),
        };
        Unchanged { command, seen: Stamp::sent(seen) }
    };
    if let (Some(days), Step::Look) = (days, Step::of(&asked)) {
        if let Err(error) = asked.foresees(change()).await {
            return refuse(&asked, Some(error)).await;
        }
        let frame = Frame::of(&asked, Section::AUDIT).await?;
        // Whoever keeps them longer deletes nothing that is not deleted anyhow.
        let is_shorter = frame.workspace.audit_days.is_none_or(|kept| days < kept);
        let gone = if is_shorter { outdated(&asked, &frame, days).await? } else { None };
        if let Some(gone) = gone {
            return Ok(shown(frame.status(), &Page { frame: &frame, days, seen, gone }));
        }
    }
    match asked.execute(change()).await {
        Ok(_) => Ok(pages::redirect("/settings/audit/proof?done=kept")),
        Err(error) => refuse(&asked, Some(error)).await,
    }
}
