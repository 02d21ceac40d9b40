//! Whether the audit log is whole, and for how long its entries are kept.

use askama::Template;

use crate::command::CommandError;
use crate::command::workspaces::retention_stamp;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
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
    /// Of which state of that the form is made.
    seen: String,
}

/// What was typed and not taken.
pub struct Refused {
    pub keeps_all: bool,
    pub days: String,
    pub seen: String,
    pub error: Option<CommandError>,
}

/// The page, also after what was typed was not taken or a look found something.
pub async fn page(asked: &Asked, refused: Option<Refused>, found: Option<Found>) -> Answer {
    let mut frame = Frame::of(asked, Section::AUDIT).await?.after(asked, "audit-done", &["kept"]);
    let kept = frame.workspace.audit_days;
    let mut typed = (kept.is_none(), kept.map(|days| days.to_string()).unwrap_or_default());
    let now = retention_stamp(&frame.workspace);
    let mut seen = now.to_string();
    if let Some(Refused { keeps_all, days, seen: sent, error }) = refused {
        (typed, seen) = ((keeps_all, days), sent);
        frame = match error {
            None | Some(CommandError::Invalid { .. }) => {
                let sentence = frame.say("audit-bad-days").into_owned();
                frame.wrong(sentence)
            }
            Some(error) => frame.refused(error)?,
        };
    }
    let stands = kept.map_or_else(|| frame.say("audit-keep-all").into_owned(), |days| days.to_string());
    let stands = vec![frame.stand("audit-days", stands)];
    let frame = frame.overtaken(&mut seen, &now, stands);
    let (mut head, mut walked) = (String::new(), String::new());
    match &found {
        Some(Found::Whole(whole)) => head = whole.head.as_deref().map(hex).unwrap_or_default(),
        Some(Found::SoFar(stretch)) => walked = serde_json::to_string(stretch).unwrap_or_default(),
        Some(Found::Broken(_)) | None => {}
    }
    let page = Page { frame: &frame, found, head, walked, keeps_all: typed.0, days: typed.1, seen };
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
