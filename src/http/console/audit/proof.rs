//! Whether the audit log is whole, and for how long its entries are kept.

use askama::Template;

use crate::command::CommandError;
use crate::command::workspaces::UpdateWorkspace;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::pages;
use crate::http::portion::Portion;
use crate::store::chain::{self, Found, Stretch};
use crate::text::hex;

#[derive(Template)]
#[template(path = "audit/proof.html")]
struct Page<'a> {
    frame: &'a Frame,
    /// What a look found.
    found: Option<Found>,
    head: String,
    /// How far it came, as the form says that goes on.
    walked: String,
    keeps_all: bool,
    days: String,
}

/// What was typed and not taken.
struct Refused {
    keeps_all: bool,
    days: String,
    error: Option<CommandError>,
}

async fn page(asked: &Asked, refused: Option<Refused>, found: Option<Found>) -> Answer {
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
    let (mut head, mut walked) = (String::new(), String::new());
    match &found {
        Some(Found::Whole(whole)) => head = whole.head.as_deref().map(hex).unwrap_or_default(),
        Some(Found::SoFar(stretch)) => walked = serde_json::to_string(stretch).unwrap_or_default(),
        Some(Found::Broken(_)) | None => {}
    }
    let page = Page { frame: &frame, found, head, walked, keeps_all: typed.0, days: typed.1 };
    Ok(shown(frame.status(), &page))
}

/// `POST /settings/audit/verify`: a portion of the log, from where the portion before ended.
pub async fn verify(asked: Asked) -> Answer {
    let before: Option<Stretch> = asked.field("walked").and_then(|walked| serde_json::from_str(walked).ok());
    let (portion, workspace) = (Portion::begin(&asked.app), asked.workspace()?);
    let key = asked.app.store.keeper().key()?;
    let mut conn = asked.read().await?;
    let found = chain::verify_on(&mut conn, key, workspace, before, || portion.is_over()).await?;
    drop(conn);
    page(&asked, None, Some(found)).await
}

/// `GET /settings/audit/proof`
pub async fn show(asked: Asked) -> Answer {
    page(&asked, None, None).await
}

/// `POST /settings/audit/retention`
pub async fn retain(asked: Asked) -> Answer {
    let keeps_all = asked.text("keep") == "all";
    let days = asked.text("days").to_owned();
    let parsed = days.parse::<i64>().ok();
    if !keeps_all && parsed.is_none() {
        return page(&asked, Some(Refused { keeps_all, days, error: None }), None).await;
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
        Err(error) => page(&asked, Some(Refused { keeps_all, days, error: Some(error) }), None).await,
    }
}
