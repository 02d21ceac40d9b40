//! Having deliveries made again, and having nobody reminded of those that were given up.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::super::frame::{Frame, Section};
use super::{delivery, endpoint, known, place};
use crate::command::CommandError;
use crate::command::deliveries::{Replay, Replayed};
use crate::command::discard::{Discard, Discarded};
use crate::http::browser::{Answer, Asked};
use crate::http::pages;
use crate::ids::DeliveryId;

/// A moment as a browser sends it, in UTC.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let read = |form: &str| NaiveDateTime::parse_from_str(text, form).ok();
    read("%Y-%m-%dT%H:%M").or_else(|| read("%Y-%m-%dT%H:%M:%S")).map(|at| at.and_utc())
}

/// The delivery that a form names; none: it names none.
fn named(asked: &Asked) -> Result<Option<DeliveryId>, CommandError> {
    let id = asked.field("delivery");
    id.map(|id| DeliveryId::parse(id).ok_or(CommandError::NotFound)).transpose()
}

/// The page from which a form came, with why it was refused.
async fn refused(asked: &Asked, frame: &Frame, one: Option<DeliveryId>) -> Answer {
    match one {
        Some(id) => delivery::page(asked, frame, id).await,
        None => endpoint::page(asked, frame).await,
    }
}

/// `POST /settings/webhooks/{endpoint}/replay`: one delivery, a span of time, or all that were given up.
pub async fn replay(asked: Asked) -> Answer {
    let here = known(&asked).await?;
    let (one, from, to) = (named(&asked)?, asked.field("from"), asked.field("to"));
    let frame = Frame::of(&asked, Section::WEBHOOKS).await?;
    let what = match (one, from, to) {
        (Some(id), _, _) => Replayed::Delivery(id),
        (None, None, None) => Replayed::Dead,
        (None, from, to) => {
            if let (Some(from), Some(to)) = (from.and_then(moment), to.and_then(moment)) {
                Replayed::Range { from, to }
            } else {
                let sentence = frame.say("webhooks-bad-span");
                return refused(&asked, &frame.wrong(sentence), None).await;
            }
        }
    };
    match asked.execute(Replay { workspace: here.workspace_id, endpoint: here.id, what }).await {
        Ok(_) if one.is_some() => Ok(pages::redirect(&delivered(&place(here.id), one, "replayed"))),
        Ok(0) => Ok(pages::redirect(&format!("{}?done=nothing", place(here.id)))),
        Ok(_) => Ok(pages::redirect(&format!("{}?done=replayed", place(here.id)))),
        Err(error) => refused(&asked, &frame.refused(error)?, one).await,
    }
}

/// `POST /settings/webhooks/{endpoint}/discard`: one delivery, or all that were given up.
pub async fn discard(asked: Asked) -> Answer {
    let here = known(&asked).await?;
    let one = named(&asked)?;
    let what = one.map_or(Discarded::Dead, Discarded::Delivery);
    match asked.execute(Discard { workspace: here.workspace_id, endpoint: here.id, what }).await {
        Ok(_) => Ok(pages::redirect(&delivered(&place(here.id), one, "discarded"))),
        Err(error) => refused(&asked, &Frame::of(&asked, Section::WEBHOOKS).await?.refused(error)?, one).await,
    }
}

/// Where somebody goes from what was done with one delivery, or with several.
fn delivered(place: &str, one: Option<DeliveryId>, word: &str) -> String {
    match one {
        Some(id) => format!("{place}/deliveries/{id}?done={word}"),
        None => format!("{place}?done={word}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_what_a_browser_sends() {
        let at = moment("2026-11-26T03:15").unwrap();
        assert_eq!(at.to_rfc3339(), "2026-11-26T03:15:00+00:00");
        assert_eq!(moment("2026-11-26T03:15:00"), Some(at));
        for bad in ["", "2026-11-26", "26.11.2026 03:15", "2026-13-01T00:00"] {
            assert_eq!(moment(bad), None, "{bad}");
        }
    }
}
