//! `GET /settings/reviews/{id}`: the people of a review in batches, and deciding about many at once.

use std::collections::HashMap;

use askama::Template;
use uuid::Uuid;

use super::item::Item;
use crate::command::reviews::{Decide, stamp};
use crate::command::{CommandError, Together, Unchanged};
use crate::domain::review::Decision;
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::{Paging, address};
use crate::http::pages;
use crate::ids::{ReviewId, UserId};
use crate::store::Conn;
use crate::store::reviews::{self, ItemRow, ReviewRow, Which};

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
    /// Of which state of the decision and the note the form was made.
    seen: Stamp,
    decision: String,
    note: String,
}

impl Chosen {
    /// Whether something else was typed than the form showed.
    fn is_touched(&self) -> bool {
        let decision = Decision::parse(&self.decision).map(Decision::name);
        stamp(decision, &self.note) != self.seen
    }
}

/// What the form says, by its places.
fn chosen(asked: &Asked) -> Vec<Chosen> {
    let one = |place: i64| {
        let text = |letter: &str| asked.text(&format!("{letter}{place}")).to_owned();
        let (user, seen) = (UserId::parse(&text("u"))?, Stamp::sent(&text("s")));
        Some(Chosen { user, seen, decision: text("d"), note: text("n") })
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
    // What was typed is shown with those about whom it was, wherever they stand by now.
    let rows = if typed.is_empty() { rows } else { of_form(&mut conn, id, typed).await? };
    drop(conn);
    let (keeps_rest, mut stands) = (asked.text("step") == "keep-rest", Vec::new());
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let mut item = Item::of(&frame, row);
        if let Some(chosen) = typed.iter().find(|chosen| chosen.user == item.user) {
            let (is_touched, is_same) = (chosen.is_touched(), chosen.seen.to_string() == item.seen);
            // The rest are kept as well, unless somebody said something of them.
            let is_meant = is_touched || (keeps_rest && !item.is_decided);
            if frame.is_overtaken && !is_same && is_meant {
                stands.push((item.name.clone().into(), item.stands(&frame)));
            }
            if is_touched {
                // Whoever sends an overtaken form again has seen what stands now.
                if !frame.is_overtaken {
                    item.seen = chosen.seen.to_string();
                }
                (item.decision, item.comment) = (chosen.decision.clone(), chosen.note.clone());
            }
        }
        items.push(item);
    }
    frame.stands = stands;
    let path = format!("/settings/reviews/{id}");
    let of = |(name, label, _): &(&str, &'static str, Which)| Sieve {
        label: frame.say(label).into_owned(),
        path: address(&path, &[("which", name)], None),
        is_current: *name == word,
    };
    let page = Page {
        frame: &frame,
        sieves: SIEVES.iter().map(of).collect(),
        which: word,
        items,
        paging: Paging::of(&path, &[("which", word)], at, SIZE, total),
        may_decide: frame.may("reviews:decide") && review.closed_at.is_none(),
        review,
    };
    Ok(shown(frame.status(), &page))
}

/// Those about whom a form was, in its order.
async fn of_form(conn: &mut Conn, review: ReviewId, typed: &[Chosen]) -> Result<Vec<ItemRow>, Trouble> {
    let ids: Vec<Uuid> = typed.iter().map(|chosen| chosen.user.0).collect();
    let mut rows = reviews::items_of(conn, review, &ids).await?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.user_id));
    Ok(rows)
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

/// `POST /settings/reviews/{id}/decide`: what was typed that the form did not show, as long as nobody else changed it
/// since. Else nothing, so that everything that was typed can be sent again.
pub async fn decide(asked: Asked) -> Answer {
    let (workspace, review) = (asked.workspace()?, asked.id(0, ReviewId::parse)?);
    let (typed, keeps_rest) = (chosen(&asked), asked.text("step") == "keep-rest");
    let ids: Vec<Uuid> = typed.iter().map(|chosen| chosen.user.0).collect();
    let mut conn = asked.read().await?;
    reviews::brief(&mut conn, workspace, review).await?.ok_or(CommandError::NotFound)?;
    let rows: HashMap<Uuid, ItemRow> =
        reviews::items_of(&mut conn, review, &ids).await?.into_iter().map(|row| (row.user_id, row)).collect();
    drop(conn);
    let mut decisions = Vec::new();
    for chosen in &typed {
        let decision = Decision::parse(&chosen.decision);
        let row = rows.get(&chosen.user.0);
        // About whom somebody else decided meanwhile is none of the rest.
        let is_rest = keeps_rest && decision.is_none() && row.is_some_and(|row| row.decision.is_none());
        let is_meant = chosen.is_touched() || is_rest;
        let decision = if is_meant && keeps_rest { decision.or(Some(Decision::Keep)) } else { decision };
        // What stands already is not written once more.
        let is_so = |row: &ItemRow| Item::seen(row) == stamp(decision.map(Decision::name), &chosen.note);
        if is_meant && !row.is_some_and(is_so) {
            let comment = Some(chosen.note.clone());
            let command = Decide { workspace, review, user: chosen.user, decision, comment };
            decisions.push(Unchanged { command, seen: chosen.seen.clone() });
        }
    }
    if !decisions.is_empty()
        && let Err(error) = asked.execute(Together(decisions)).await
    {
        return page(&asked, review, &typed, Some(error)).await;
    }
    // Of those about whom nothing was decided the next ones have moved up.
    let at = if sieve(&asked).0 == "undecided" { "" } else { asked.text("page") };
    let kept = [("which", sieve(&asked).0), ("page", at)];
    let next = address(&format!("/settings/reviews/{review}"), &kept, Some(("done", "decided")));
    // Whoever goes by keyboard goes on with the first of the next people.
    Ok(pages::redirect(&format!("{next}#people")))
}
