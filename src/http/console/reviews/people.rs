//! `GET /settings/reviews/{id}`: the people of a review in batches, and deciding about many at once.

use std::collections::HashMap;

use askama::Template;
use uuid::Uuid;

use super::item::Item;
use crate::command::reviews::Decide;
use crate::command::{CommandError, Together};
use crate::domain::review::Decision;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::{Paging, address};
use crate::http::pages;
use crate::ids::{ReviewId, UserId};
use crate::store::reviews::{self, ReviewRow, Which};

/// People on one page: as many as the form has places for.
const SIZE: i64 = 25;

/// Which people can be looked at, by the word in the address and the name of the text.
const SIEVES: [(&str, &str, Which); 7] = [
    ("undecided", "reviews-which-undecided", Which::Undecided),
    ("", "reviews-which-all", Which::All),
    ("admins", "reviews-which-admins", Which::Admins),
    ("dormant", "reviews-which-dormant", Which::Dormant),
    ("unexplained", "reviews-which-unexplained", Which::Unexplained),
    ("deactivate", "reviews-which-deactivate", Which::Deactivate),
    ("keep", "reviews-which-keep", Which::Keep),
];

#[derive(Template)]
#[template(path = "reviews/people.html")]
struct Page<'a> {
    frame: &'a Frame,
    review: ReviewRow,
    sieves: Vec<Sieve>,
    which: &'a str,
    items: Vec<Item>,
    paging: Paging,
    may_decide: bool,
}

struct Sieve {
    label: String,
    path: String,
    is_current: bool,
}

/// What was chosen about somebody.
struct Chosen {
    user: UserId,
    /// What was decided when the page was made.
    shown: String,
    decision: String,
    note: String,
}

/// What the form says, by its places.
fn chosen(asked: &Asked) -> Vec<Chosen> {
    let one = |place: i64| {
        let text = |letter: &str| asked.text(&format!("{letter}{place}")).to_owned();
        Some(Chosen { user: UserId::parse(&text("u"))?, shown: text("s"), decision: text("d"), note: text("n") })
    };
    (0..SIZE).filter_map(one).collect()
}

fn sieve(asked: &Asked) -> (&'static str, Which) {
    let word = asked.text("which");
    SIEVES.iter().find(|(name, _, _)| *name == word).map_or(("", Which::All), |(name, _, which)| (name, *which))
}

async fn page(asked: &Asked, id: ReviewId, typed: &[Chosen], error: Option<CommandError>) -> Answer {
    let known = ["started", "decided"];
    let mut frame = Frame::of(asked, Section::REVIEWS).await?.after(asked, "reviews-done", &known);
    if let Some(error) = error {
        frame = refused(frame, error)?;
    }
    let (workspace, (word, which), at) = (asked.workspace()?, sieve(asked), Paging::asked(asked));
    let mut conn = asked.read().await?;
    let review = reviews::find(&mut conn, workspace, id).await?.ok_or(CommandError::NotFound)?;
    let (rows, total) = reviews::page(&mut conn, id, which, Paging::before(at, SIZE), SIZE).await?;
    let path = format!("/settings/reviews/{id}");
    let of = |(name, label, _): &(&str, &'static str, Which)| Sieve {
        label: frame.say(label).into_owned(),
        path: address(&path, &[("which", name)], None),
        is_current: *name == word,
    };
    let item = |row| {
        let mut item = Item::of(&frame, row);
        if let Some(chosen) = typed.iter().find(|chosen| chosen.user == item.user) {
            (item.decision, item.comment) = (chosen.decision.clone(), chosen.note.clone());
        }
        item
    };
    let page = Page {
        frame: &frame,
        sieves: SIEVES.iter().map(of).collect(),
        which: word,
        items: rows.into_iter().map(item).collect(),
        paging: Paging::of(&path, &[("which", word)], at, SIZE, total),
        may_decide: frame.may("reviews:decide") && review.closed_at.is_none(),
        review,
    };
    Ok(shown(frame.status(), &page))
}

/// The frame, with why something was not done.
pub fn refused(frame: Frame, error: CommandError) -> Result<Frame, Trouble> {
    let name = match &error {
        CommandError::Invalid { attribute: "review", detail } if detail == "is closed" => "reviews-is-closed",
        CommandError::Invalid { attribute: "review", .. } => "reviews-not-yet",
        CommandError::Invalid { attribute: "decision", .. } => "reviews-is-done",
        _ => return frame.refused(error),
    };
    let sentence = frame.say(name).into_owned();
    Ok(frame.wrong(sentence))
}

/// `GET /settings/reviews/{id}`
pub async fn show(asked: Asked) -> Answer {
    let id = asked.id(0, ReviewId::parse)?;
    page(&asked, id, &[], None).await
}

/// `POST /settings/reviews/{id}/decide`: what differs from what was decided before.
pub async fn decide(asked: Asked) -> Answer {
    let (workspace, review) = (asked.workspace()?, asked.id(0, ReviewId::parse)?);
    let (typed, keeps_rest) = (chosen(&asked), asked.text("step") == "keep-rest");
    let ids: Vec<Uuid> = typed.iter().map(|chosen| chosen.user.0).collect();
    let mut conn = asked.read().await?;
    reviews::brief(&mut conn, workspace, review).await?.ok_or(CommandError::NotFound)?;
    let stored: HashMap<Uuid, (Option<String>, String)> = reviews::items_of(&mut conn, review, &ids)
        .await?
        .into_iter()
        .map(|row| (row.user_id, (row.decision, row.comment.unwrap_or_default())))
        .collect();
    drop(conn);
    let (mut decisions, mut is_overtaken) = (Vec::new(), false);
    for chosen in &typed {
        let decision = match Decision::parse(&chosen.decision) {
            None if keeps_rest => Some(Decision::Keep),
            decision => decision,
        };
        let before = stored.get(&chosen.user.0);
        if before.is_some_and(|(old, _)| old.as_deref().unwrap_or_default() != chosen.shown) {
            // Somebody else decided meanwhile: what they said stays, and is shown.
            is_overtaken |= chosen.decision != chosen.shown;
            continue;
        }
        let is_same = before
            .is_some_and(|(old, comment)| old.as_deref() == decision.map(Decision::name) && *comment == chosen.note);
        if !is_same {
            let comment = Some(chosen.note.clone());
            decisions.push(Decide { workspace, review, user: chosen.user, decision, comment });
        }
    }
    if !decisions.is_empty()
        && let Err(error) = asked.execute(Together(decisions)).await
    {
        return page(&asked, review, &typed, Some(error)).await;
    }
    if is_overtaken {
        return page(&asked, review, &[], Some(CommandError::VersionMismatch)).await;
    }
    // Of those about whom nothing was decided the next ones have moved up.
    let at = if sieve(&asked).0 == "undecided" { "" } else { asked.text("page") };
    let kept = [("which", sieve(&asked).0), ("page", at)];
    let next = address(&format!("/settings/reviews/{review}"), &kept, Some(("done", "decided")));
    // Whoever goes by keyboard goes on with the first of the next people.
    Ok(pages::redirect(&format!("{next}#people")))
}
