//! `GET /settings/reviews`: every review with how far it is, and starting one.

use askama::Template;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use crate::command::CommandError;
use crate::command::reviews::StartReview;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::Paging;
use crate::http::pages;
use crate::ids::ReviewId;
use crate::store::reviews::{self, RecentRow};

/// Reviews on one page. There are four a year, and each may be about everybody.
const SIZE: i64 = 12;

#[derive(Template)]
#[template(path = "reviews/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    rows: Vec<Row>,
    paging: Paging,
    typed: Typed,
}

struct Row {
    review: RecentRow,
    people: i64,
    decided: i64,
}

/// What stands in the form.
#[derive(Default)]
struct Typed {
    name: String,
    as_of: String,
    due: String,
}

async fn page(asked: &Asked, frame: Frame, typed: Typed) -> Answer {
    let at = Paging::asked(asked);
    let mut conn = asked.read().await?;
    let (all, total) = reviews::recent(&mut conn, asked.workspace()?, Paging::before(at, SIZE), SIZE).await?;
    let ids: Vec<_> = all.iter().map(|review| review.id).collect();
    let progress = reviews::progress(&mut conn, &ids).await?;
    let row = |review: RecentRow| {
        let (people, decided) = progress.get(&review.id).copied().unwrap_or_default();
        Row { review, people, decided }
    };
    let paging = Paging::of("/settings/reviews", &[], at, SIZE, total);
    let page = Page { frame: &frame, rows: all.into_iter().map(row).collect(), paging, typed };
    Ok(shown(frame.status(), &page))
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
        let as_of_is_wrong = end(&typed.as_of).is_none();
        let sentence = frame.say("audit-bad-day").into_owned();
        let field = if as_of_is_wrong { "as_of" } else { "due" };
        return page(&asked, frame.wrong(sentence).at(field), typed).await;
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
            page(&asked, frame.wrong(sentence).at("as_of"), typed).await
        }
        Err(error) => page(&asked, frame.refused(error)?, typed).await,
    }
}
