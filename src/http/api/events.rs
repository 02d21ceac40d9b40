//! `/events`: what happened in the workspace, a page at a time or as it happens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::ACCEPT;
use axum::response::sse;
use futures_util::stream::{self, Stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::{Answer, Call, Reply, success};
use super::shape::{List, Listed};
use super::{Failure, serve};
use crate::command::CommandError;
pub use crate::delivery::Event;
use crate::delivery::filter;
use crate::delivery::schemas::ALL;
pub use crate::delivery::schemas::EventSchema;
use crate::domain::permission::Permissions;
use crate::http::App;
use crate::http::following::{Pace, streamed};
use crate::ids::WorkspaceId;
use crate::store::{Conn, outbox};

/// How often a stream looks for what is new, and whether its key may still follow.
const LOOK: Duration = Duration::from_millis(400);
/// How long it does not look after a look at which there was nothing.
const BREATH: Duration = Duration::from_millis(50);
/// Events on one page at the most, and at one look.
const MOST: i64 = 200;

/// Which events.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "EventQuery")]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Those after this one, by its `cursor`; 410 where what came after it is not kept any more. A page without it begins with the oldest, a stream with what happens next.
    after: Option<i64>,
    /// Events on a page: 200, where nothing is said, and at the most.
    limit: Option<i64>,
    /// Which events: names and patterns such as `user.*`, with commas between them; nothing said: all. Each asks for the permission to read what it is about: whoever lacks one is refused, nothing is left out silently.
    events: Option<String>,
}

/// A piece of what happened.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EventPiece")]
pub struct Pulled {
    events: Vec<Event>,
    /// How many events a piece has at the most; fewer: it is the last one.
    limit: i64,
    /// Where to go on, as `after`: also past what the filter did not want.
    cursor: i64,
}

/// Which schemas.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "EventSchemaQuery")]
#[serde(deny_unknown_fields)]
pub struct SchemaQuery {
    /// That of this event alone: `user.activated`.
    event: Option<String>,
}

impl Listed for EventSchema {
    const PLURAL: &'static str = "schemas";
}

/// `GET /events/schemas`
pub async fn schemas(call: Call) -> Answer {
    let SchemaQuery { event } = call.query()?;
    let wanted = |schema: &&EventSchema| event.as_ref().is_none_or(|event| schema.event == event);
    success(&List::whole(ALL.iter().filter(wanted).cloned().collect()))
}

/// `GET /events`: server-sent events for who accepts `text/event-stream`, else a page.
pub async fn follow(call: Call) -> Answer {
    let Query { after, limit, events } = call.query()?;
    let events = wanted(events.as_deref(), call.caller.permissions)?;
    let accepts = call.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/event-stream") {
        return follow_live(call, after, events).await;
    }
    let limit = limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(Failure::invalid(format!("limit: must be a number from 1 to {MOST}.")));
    }
    let mut conn = call.read().await?;
    let (workspace, place) = (call.workspace(), after.unwrap_or(0));
    let last = outbox::last(&mut conn, workspace).await?;
    let rows = if events.is_empty() {
        outbox::after(&mut conn, workspace, place, limit).await?
    } else {
        let names: Vec<&str> = filter::meant(&events).map(|event| event.name).collect();
        outbox::after_of(&mut conn, workspace, place, &names, limit).await?
    };
    whole(&mut conn, call.workspace(), after).await?;
    let events: Vec<Event> = rows.into_iter().map(|row| row.into_event(workspace)).collect();
    let seen = events.last().map_or(place, |event| event.cursor);
    let is_full = i64::try_from(events.len()).is_ok_and(|count| count == limit);
    success(&Pulled { events, limit, cursor: if is_full { seen } else { seen.max(last) } })
}

/// The filter that a query names; empty: all. Whoever may not read what an event is about is refused.
fn wanted(events: Option<&str>, permissions: Permissions) -> Result<Vec<String>, Failure> {
    let patterns: Vec<String> = events.map_or_else(Vec::new, |events| events.split(',').map(str::to_owned).collect());
    let patterns = filter::checked(&patterns).map_err(|error| Failure::invalid(format!("events: {error}.")))?;
    match filter::beyond(|event| filter::wants(&patterns, event), permissions) {
        None => Ok(patterns),
        Some(event) => Err(CommandError::NotToldOf { event: event.name, permission: event.permission }.into()),
    }
}

/// That nothing was forgotten that came after the place from which somebody goes on.
async fn whole(conn: &mut Conn, workspace: WorkspaceId, after: Option<i64>) -> Result<(), Failure> {
    let forgotten = outbox::forgotten(conn, workspace).await?;
    if after.is_none_or(|after| after >= forgotten) {
        return Ok(());
    }
    let said = format!(
        "Events after that one are not kept any more. Read what you need anew, then go on with after={forgotten}."
    );
    Err(Failure::new(StatusCode::GONE, "forgotten", said))
}

async fn follow_live(call: Call, after: Option<i64>, wanted: Vec<String>) -> Answer {
    let last = call.headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let after = match last.or(after) {
        Some(after) => {
            whole(&mut call.read().await?, call.workspace(), Some(after)).await?;
            after
        }
        None => outbox::last(&mut call.read().await?, call.workspace()).await?,
    };
    let (app, pace) = (Arc::clone(&call.app), Pace::new(&call.app));
    let state = Following {
        app,
        headers: call.headers.clone(),
        workspace: call.workspace(),
        after,
        wanted,
        is_new: true,
        pace,
    };
    Ok(Reply::Other(streamed(events(state))))
}

struct Following {
    app: Arc<App>,
    headers: axum::http::HeaderMap,
    workspace: WorkspaceId,
    /// The place up to which it was looked.
    after: i64,
    /// Names and patterns of events; none: all.
    wanted: Vec<String>,
    /// Whether nothing was sent yet.
    is_new: bool,
    pace: Pace,
}

/// What happens, look by look. It ends when the bridge stops, and when the key may no longer follow.
fn events(state: Following) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    let looks = stream::unfold(state, |mut state| async move {
        let found = loop {
            let before = state.after;
            let mut found: Vec<_> = look(&mut state).await?.iter().filter_map(sent).collect();
            if found.is_empty() && (state.is_new || state.after > before) {
                // Nothing to tell, but from where to go on: a browser keeps the id of an event without data.
                found.push(sse::Event::default().id(state.after.to_string()));
            }
            state.is_new = false;
            if !found.is_empty() {
                break found;
            }
            if !state.pace.next(BREATH, LOOK).await {
                return None;
            }
        };
        Some((stream::iter(found.into_iter().map(Ok).collect::<Vec<_>>()), state))
    });
    futures_util::StreamExt::flatten(looks)
}

/// What is new and wanted; none where the stream is to end. A database that does not answer is asked again.
async fn look(state: &mut Following) -> Option<Vec<Event>> {
    match serve::admit(&state.app, &state.headers).await {
        Ok(caller)
            if caller.permissions.has("events:read")
                && filter::beyond(|event| filter::wants(&state.wanted, event), caller.permissions).is_none() => {}
        Err(failure) if failure.status.is_server_error() => return Some(Vec::new()),
        _ => return None,
    }
    let Ok(mut conn) = state.app.store.read().await else { return Some(Vec::new()) };
    let rows = outbox::after(&mut conn, state.workspace, state.after, MOST).await.unwrap_or_default();
    if !rows.is_empty() {
        // Whoever reads so slowly begins again, and is told.
        whole(&mut conn, state.workspace, Some(state.after)).await.ok()?;
    }
    state.after = rows.last().map_or(state.after, |row| row.seq);
    let wanted = rows.into_iter().filter(|row| filter::wants(&state.wanted, &row.event));
    Some(wanted.map(|row| row.into_event(state.workspace)).collect())
}

fn sent(event: &Event) -> Option<sse::Event> {
    let data = serde_json::to_string(event).ok()?;
    Some(sse::Event::default().id(event.cursor.to_string()).event(event.event.clone()).data(data))
}
