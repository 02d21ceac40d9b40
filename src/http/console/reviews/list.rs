//! `GET /settings/reviews`: every review with how far it is, and starting one.

use askama::Template;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use crate::command::CommandError;
use crate::command::reviews::StartReview;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::pages;
use crate::ids::ReviewId;
use crate::store::reviews::{self, ReviewRow};

/// Reviews that are shown. There are four a year.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "reviews/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    rows: Vec<ReviewRow>,
    typed: Typed,
}

/// What stands in the form.
#[derive(Default)]
struct Typed {
    name: String,
    as_of: String,
    due: String,
}

async fn page(asked: &Asked, frame: Frame, typed: Typed) -> Answer {
    let mut rows = reviews::of_workspace(&mut asked.read().await?, asked.workspace()?).await?;
    rows.truncate(MOST);
    Ok(shown(frame.status(), &Page { frame: &frame, rows, typed }))
}

/// `GET /settings/reviews`
pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::REVIEWS).await?.after(&asked, "reviews-done", &["closed"]);
    page(&asked, frame, Typed::default()).await
}

/// The end of a day; `Some(None)` where nothing was typed, none where it is no day.
#[allow(clippy::option_option)]
fn end(text: &str) -> Option<Option<DateTime<Utc>>> {
    if text.is_empty() {
        return Some(None);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.checked_add_days(Days::new(1))?;
    Some(Some(day.and_time(NaiveTime::MIN).and_utc()))
}

/// `POST /settings/reviews`
pub async fn start(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::REVIEWS).await?;
    let text = |name| asked.text(name).to_owned();
    let typed = Typed { name: text("name"), as_of: text("as_of"), due: text("due") };
    let (Some(as_of), Some(due_at)) = (end(&typed.as_of), end(&typed.due)) else {
        let sentence = frame.say("audit-bad-day").into_owned();
        return page(&asked, frame.wrong(sentence), typed).await;
    };
    // Of today as it is now: the day is not over.
    let is_today = as_of.is_some_and(|at| at > frame.now && (at - frame.now).num_days() < 1);
    let command = StartReview {
        workspace: asked.workspace()?,
        id: ReviewId::fresh(),
        name: typed.name.clone(),
        as_of: as_of.filter(|_| !is_today),
        due_at,
    };
    match asked.execute(command).await {
        Ok(review) => Ok(pages::redirect(&format!("/settings/reviews/{}?done=started&which=undecided", review.id))),
        Err(CommandError::Invalid { attribute: "as_of", detail }) => {
            let name = if detail.contains("future") { "reviews-future" } else { "reviews-too-early" };
            let sentence = frame.say(name).into_owned();
            page(&asked, frame.wrong(sentence), typed).await
        }
        Err(error) => page(&asked, frame.refused(error)?, typed).await,
    }
}
