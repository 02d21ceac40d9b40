//! `GET /settings/reviews/{id}/summary`: what will happen, carrying it out, ending the review, and the review as a file.

use askama::Template;
use uuid::Uuid;

use super::item::Item;
use super::people::refused;
use crate::command::CommandError;
use crate::command::reviews::CloseReview;
use crate::domain::seat::Seats;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::Paging;
use crate::http::portion::Portion;
use crate::http::{downloads, pages, reviewing};
use crate::ids::{ReviewId, UserId, WorkspaceId};
use crate::query::review_export::Format;
use crate::store::reviews::{self, ReviewRow, ToGo, Which};
use crate::store::{Conn, StoreError, conversations, people};

/// People on one page.
const SIZE: i64 = 25;
/// Heirs that are named.
const NAMED: i64 = 5;

#[derive(Template)]
#[template(path = "reviews/summary.html")]
struct Page<'a> {
    frame: &'a Frame,
    undecided: i64,
    to_go: i64,
    conversations: i64,
    /// API keys that would be revoked.
    keys: i64,
    /// The first of those who wait and would get a seat, and how many they are.
    heirs: (Vec<String>, i64),
    items: Vec<Item>,
    paging: Paging,
    review: ReviewRow,
    /// After whom the next portion begins, where one ended before all was done.
    rest_after: Option<Uuid>,
}

impl Page<'_> {
    /// Who gets a seat that is freed, in a sentence.
    fn heir(&self) -> String {
        let (names, count) = &self.heirs;
        let more = if names.len() < usize::try_from(*count).unwrap_or_default() { ", …" } else { "" };
        self.frame.count("users-fate-promoted", *count).with("names", format!("{}{more}", names.join(", "))).to_string()
    }
}

/// Those who wait, the longest first, as far as there is a seat for them when so many are free.
async fn heirs(
    conn: &mut Conn,
    seats: Seats,
    workspace: WorkspaceId,
    freed: i64,
) -> Result<(Vec<String>, i64), StoreError> {
    let free = seats.limit - (seats.used - freed);
    if freed == 0 || free <= 0 {
        return Ok((Vec::new(), 0));
    }
    let count = people::count_waiting(conn, workspace).await?.min(free);
    let first = people::waiting(conn, workspace, count.min(NAMED)).await?;
    Ok((first.into_iter().map(|person| person.full_name).collect(), count))
}

async fn page(asked: &Asked, id: ReviewId, frame: Frame, rest_after: Option<Uuid>) -> Answer {
    let (workspace, at) = (asked.workspace()?, Paging::asked(asked));
    let mut conn = asked.read().await?;
    let review = reviews::find(&mut conn, workspace, id).await?.ok_or(CommandError::NotFound)?;
    let (rows, total) = reviews::page(&mut conn, id, Which::Deactivate, Paging::before(at, SIZE), SIZE).await?;
    let ToGo { keys, seats } = reviews::to_go(&mut conn, id).await?;
    let heirs = heirs(&mut conn, frame.workspace.seats(&asked.app.plans), workspace, seats).await?;
    let page = Page {
        frame: &frame,
        undecided: review.people - review.kept - review.refused,
        to_go: review.refused - review.applied,
        conversations: conversations::count_to_go(&mut conn, id).await?,
        keys,
        heirs,
        items: rows.into_iter().map(|row| Item::of(&frame, row)).collect(),
        rest_after,
        paging: Paging::of(&format!("/settings/reviews/{id}/summary"), &[], at, SIZE, total),
        review,
    };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/reviews/{id}/summary`
pub async fn show(asked: Asked) -> Answer {
    let id = asked.id(0, ReviewId::parse)?;
    let frame = Frame::of(&asked, Section::REVIEWS).await?.after(&asked, "reviews-done", &["applied", "closed"]);
    page(&asked, id, frame, None).await
}

/// `POST /settings/reviews/{id}/apply`: what takes longer than a portion is gone on with from the page that says how far it
/// came, after the last person about whom something was tried.
pub async fn apply(asked: Asked) -> Answer {
    let (workspace, id) = (asked.workspace()?, asked.id(0, ReviewId::parse)?);
    reviews::brief(&mut asked.read().await?, workspace, id).await?.ok_or(CommandError::NotFound)?;
    let mut frame = Frame::of(&asked, Section::REVIEWS).await?;
    let after = UserId::parse(asked.text("after")).map_or_else(Uuid::nil, |user| user.0);
    let portion = Portion::begin(&asked.app);
    let done = match reviewing::apply(&asked.app, &asked.actor(), (workspace, id), after, Some(portion)).await {
        Ok(done) => done,
        Err(error) => return page(&asked, id, refused(frame, error)?, None).await,
    };
    let now = reviews::find(&mut asked.read().await?, workspace, id).await?.ok_or(CommandError::NotFound)?;
    if done.rest_after.is_some() {
        frame.done = Some(frame.count("reviews-portion", now.applied).to_string());
        return page(&asked, id, frame, done.rest_after).await;
    }
    // Everybody was tried: whoever is left was refused, in this portion or in an earlier one.
    match now.refused - now.applied {
        0 => Ok(pages::redirect(&format!("/settings/reviews/{id}/summary?done=applied"))),
        left => {
            let sentence = frame.count("reviews-refused", left).to_string();
            page(&asked, id, frame.wrong(sentence), None).await
        }
    }
}

/// `POST /settings/reviews/{id}/close`
pub async fn close(asked: Asked) -> Answer {
    let (workspace, id) = (asked.workspace()?, asked.id(0, ReviewId::parse)?);
    match asked.execute(CloseReview { workspace, review: id }).await {
        Ok(()) => Ok(pages::redirect(&format!("/settings/reviews/{id}/summary?done=closed"))),
        Err(error) => {
            let frame = refused(Frame::of(&asked, Section::REVIEWS).await?, error)?;
            page(&asked, id, frame, None).await
        }
    }
}

/// `GET /settings/reviews/{id}/export`
pub async fn export(asked: Asked) -> Answer {
    let (workspace, id) = (asked.workspace()?, asked.id(0, ReviewId::parse)?);
    reviews::brief(&mut asked.read().await?, workspace, id).await?.ok_or(CommandError::NotFound)?;
    let format = Format::parse(asked.text("format")).unwrap_or(Format::Csv);
    Ok(downloads::review(asked.app.store.clone(), id, format))
}
