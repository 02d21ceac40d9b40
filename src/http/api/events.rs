//! `/events`: what happened in the workspace, a page at a time or as it happens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::ACCEPT;
use axum::response::sse;
use futures_util::stream::{self, Stream};
use schemars::JsonSchema;
use serde::Deserialize;

use super::call::{Answer, Call, Reply, success};
use super::shape::{List, Listed, Piece};
use super::{Failure, serve};
pub use crate::delivery::Event;
use crate::delivery::schemas::ALL;
pub use crate::delivery::schemas::EventSchema;
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
}

impl Listed for Event {
    const PLURAL: &'static str = "events";
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
    let Query { after, limit } = call.query()?;
    let accepts = call.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/event-stream") {
        return follow_live(call, after).await;
    }
    let limit = limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(Failure::invalid(format!("limit: must be a number from 1 to {MOST}.")));
    }
    let mut conn = call.read().await?;
    let rows = outbox::after(&mut conn, call.workspace(), after.unwrap_or(0), limit).await?;
    whole(&mut conn, call.workspace(), after).await?;
    let events: Vec<Event> = rows.into_iter().map(|row| row.into_event(call.workspace())).collect();
    success(&Piece { items: events, limit })
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

async fn follow_live(call: Call, after: Option<i64>) -> Answer {
    let last = call.headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let after = match last.or(after) {
        Some(after) => {
            whole(&mut call.read().await?, call.workspace(), Some(after)).await?;
            after
        }
        None => outbox::last(&mut call.read().await?, call.workspace()).await?,
    };
    let (app, pace) = (Arc::clone(&call.app), Pace::new(&call.app));
    let state = Following { app, headers: call.headers.clone(), workspace: call.workspace(), after, pace };
    Ok(Reply::Other(streamed(events(state))))
}

struct Following {
    app: Arc<App>,
    headers: axum::http::HeaderMap,
    workspace: WorkspaceId,
    after: i64,
    pace: Pace,
}

/// What happens, look by look. It ends when the bridge stops, and when the key may no longer follow.
fn events(state: Following) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    let looks = stream::unfold(state, |mut state| async move {
        let found = loop {
            let found = look(&state).await?;
            if !found.is_empty() {
                break found;
            }
            if !state.pace.next(BREATH, LOOK).await {
                return None;
            }
        };
        state.after = found.last().map_or(state.after, |event| event.cursor);
        Some((stream::iter(found.iter().filter_map(sent).map(Ok).collect::<Vec<_>>()), state))
    });
    futures_util::StreamExt::flatten(looks)
}

/// What is new; none where the stream is to end. A database that does not answer is asked again.
async fn look(state: &Following) -> Option<Vec<Event>> {
    match serve::admit(&state.app, &state.headers).await {
        Ok(caller) if caller.permissions.has("events:read") => {}
        Err(failure) if failure.status.is_server_error() => return Some(Vec::new()),
        _ => return None,
    }
    let Ok(mut conn) = state.app.store.read().await else { return Some(Vec::new()) };
    let rows = outbox::after(&mut conn, state.workspace, state.after, MOST).await.unwrap_or_default();
    if !rows.is_empty() {
        // Whoever reads so slowly begins again, and is told.
        whole(&mut conn, state.workspace, Some(state.after)).await.ok()?;
    }
    Some(rows.into_iter().map(|row| row.into_event(state.workspace)).collect())
}

fn sent(event: &Event) -> Option<sse::Event> {
    let data = serde_json::to_string(event).ok()?;
    Some(sse::Event::default().id(event.cursor.to_string()).event(event.event.clone()).data(data))
}
