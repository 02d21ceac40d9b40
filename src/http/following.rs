//! Following what happens over one connection: when to look again, how what is seen is sent, and how many may follow at once.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderValue;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use tokio::sync::watch;

use super::App;
use crate::ids::{SessionId, WorkspaceId};

/// How often something is sent where nothing happens, so that nobody on the way takes the connection for dead.
const ALIVE: Duration = Duration::from_secs(15);
/// Streams of one session.
const MOST_OF_SESSION: usize = 10;
/// Streams of one workspace.
const MOST_OF_WORKSPACE: usize = 500;

/// When to look again.
pub struct Pace {
    news: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
}

impl Pace {
    /// That of a stream of this bridge.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self { news: app.commands.news(), stopping: app.stopping.subscribe() }
    }

    /// Waits until there may be something new: as soon as this bridge changes something, but not within `least`, and after
    /// `most` where others may have. False where the bridge is about to stop.
    pub async fn next(&mut self, least: Duration, most: Duration) -> bool {
        tokio::select! {
            _ = self.stopping.wait_for(|is_stopping| *is_stopping) => return false,
            () = tokio::time::sleep(least) => {}
        }
        tokio::select! {
            _ = self.stopping.wait_for(|is_stopping| *is_stopping) => false,
            Ok(()) = self.news.changed() => true,
            () = tokio::time::sleep(most.saturating_sub(least)) => true,
        }
    }
}

/// The answer in which events are sent as they come.
pub fn streamed(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response();
    // A proxy that gathers an answer before it sends it on would hold up all of it.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// How many follow, by session and by workspace.
#[derive(Default)]
pub struct Followers(Arc<Mutex<HashMap<uuid::Uuid, usize>>>);

impl Followers {
    /// A place for one more; none where there are too many.
    #[must_use]
    pub fn enter(&self, session: SessionId, workspace: WorkspaceId) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |id, most| counts.get(&id).is_some_and(|count| *count >= most);
        if is_full(session.0, MOST_OF_SESSION) || is_full(workspace.0, MOST_OF_WORKSPACE) {
            return None;
        }
        let ids = [session.0, workspace.0];
        for id in ids {
            *counts.entry(id).or_default() += 1;
        }
        Some(Place { counts: Arc::clone(&self.0), ids })
    }

    /// How many follow in a workspace.
    #[must_use]
    pub fn of_workspace(&self, workspace: WorkspaceId) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&workspace.0).copied().unwrap_or_default()
    }
}

/// A place among those who follow, given back when it is dropped.
pub struct Place {
    counts: Arc<Mutex<HashMap<uuid::Uuid, usize>>>,
    ids: [uuid::Uuid; 2],
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for id in self.ids {
            if let Some(count) = counts.get_mut(&id) {
                *count = count.saturating_sub(1);
            }
        }
        counts.retain(|_, count| *count > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_session_and_one_workspace_have_only_so_many_places_and_get_them_back() {
        let followers = Followers::default();
        let (session, workspace) = (SessionId::fresh(), WorkspaceId::fresh());
        let mut places: Vec<Place> = (0..MOST_OF_SESSION).filter_map(|_| followers.enter(session, workspace)).collect();
        assert_eq!(places.len(), MOST_OF_SESSION);
        assert!(followers.enter(session, workspace).is_none());
        let others: Vec<Place> =
            (0..MOST_OF_WORKSPACE).filter_map(|_| followers.enter(SessionId::fresh(), workspace)).collect();
        assert_eq!(others.len(), MOST_OF_WORKSPACE - MOST_OF_SESSION);
        assert!(followers.enter(SessionId::fresh(), WorkspaceId::fresh()).is_some());
        drop(others);
        places.pop();
        places.extend(followers.enter(session, workspace));
        assert_eq!(places.len(), MOST_OF_SESSION);
        drop(places);
        assert!(followers.0.lock().unwrap().is_empty());
    }
}
