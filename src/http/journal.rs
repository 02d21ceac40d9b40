//! The request log's way into the database: entries are masked, gathered for a moment and written together.
//!
//! A request does not wait for its entry. When the writer can't keep up, requests wait a little; what still finds no
//! room is dropped and counted, so that a slow log never stops provisioning.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use prometheus_client::metrics::counter::Counter;
use serde_json::Value;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::masking;
use crate::clock::Clock;
use crate::domain::access::Grant;
use crate::ids::RequestId;
use crate::settings::RequestLog;
use crate::store::request_log::{self, Entry};
use crate::store::{Store, StoreError, Tx, Work};

/// How many entries may wait.
const ROOM: usize = 8_192;
/// How many KiB of entries may wait or be on their way to the disk: a database that stands still must not fill the memory.
const ROOM_KIB: usize = 32 * 1_024;
/// How many entries are written together.
const TOGETHER: usize = 512;
/// How many KiB are written together: changes share the write path, and none should wait long for the log.
const TOGETHER_KIB: u32 = 2 * 1_024;
/// How long entries are gathered.
const GATHERED: Duration = Duration::from_millis(100);
/// How often is looked for further ones meanwhile.
const GLANCE: Duration = Duration::from_millis(5);
/// How long a request waits for room.
const PATIENCE: Duration = Duration::from_millis(250);
/// How often old entries are deleted.
const SWEEP: Duration = Duration::from_mins(10);
/// How many characters are kept of a path or query that came without a credential.
const STRANGERS: usize = 200;
/// How much of a User-Agent is kept.
const LONGEST_AGENT: usize = 200;

/// A request line and headers, as the log wants them.
pub struct Asked<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path, as it was sent.
    pub path: &'a str,
    /// The query, as it was sent.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The other end of the connection.
    pub address: Option<IpAddr>,
    /// The request's id.
    pub request_id: RequestId,
}

impl<'a> Asked<'a> {
    /// What the log wants to know of a request.
    #[must_use]
    pub fn of(parts: &'a Parts, headers: &'a HeaderMap) -> Self {
        Self {
            method: &parts.method,
            path: parts.uri.path(),
            query: parts.uri.query(),
            headers,
            address: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip()),
            request_id: parts.extensions.get::<RequestId>().copied().unwrap_or_else(RequestId::fresh),
        }
    }

    /// The entry of its answer, yet without bodies.
    #[must_use]
    pub fn entry(&self, at: DateTime<Utc>, status: StatusCode, micros: i64, grant: Option<&Grant>) -> Entry {
        // Strangers get less room: their requests tell nothing but that they came.
        let longest = if grant.is_some() { 10_000 } else { STRANGERS };
        let agent = self.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        Entry {
            seq: 0,
            request_id: self.request_id.0,
            workspace_id: grant.map(|grant| grant.workspace_id.0),
            at,
            method: cut(self.method.as_str(), 16),
            path: cut(self.path, longest.min(2_000)),
            query: self.query.map(|query| cut(query, longest)),
            status: i64::from(status.as_u16()),
            micros,
            actor_kind: grant.map(|grant| grant.holder.kind().to_owned()),
            actor_id: grant.map(|grant| grant.holder.id()),
            actor_name: grant.map(|grant| grant.name.clone()),
            address: self.address.map(|address| address.to_string()),
            user_agent: agent.map(|agent| cut(agent, LONGEST_AGENT)),
            request_body: None,
            response_body: None,
            note: None,
        }
    }
}

/// The first `most` characters.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most { text.to_owned() } else { text.chars().take(most).collect() }
}

enum Message {
    /// With the room that it takes.
    Entry(Box<Entry>, OwnedSemaphorePermit),
    Flush(oneshot::Sender<()>),
}

/// Where entries of the request log are handed in.
pub struct Journal {
    sender: Option<mpsc::Sender<Message>>,
    /// Free room, in KiB.
    room: Arc<Semaphore>,
    limits: RequestLog,
    dropped: Counter,
}

impl Journal {
    /// Starts the writer. `dropped` counts what finds no room.
    #[must_use]
    pub fn start(store: &Store, clock: &Clock, limits: RequestLog, dropped: Counter) -> Self {
        let sender = (limits.days > 0).then(|| {
            let (sender, receiver) = mpsc::channel(ROOM);
            tokio::spawn(write(store.clone(), clock.clone(), limits.days, receiver));
            sender
        });
        Self { sender, room: Arc::new(Semaphore::new(ROOM_KIB)), limits, dropped }
    }

    /// Hands in the entry of a SCIM request; its query and bodies are masked and cut here.
    pub async fn hand_in(&self, mut entry: Entry, request: &[u8], response: &[u8]) {
        let Some(sender) = &self.sender else { return };
        entry.query = entry.query.as_deref().map(masking::query);
        entry.request_body = masking::request(request, self.limits.request_bytes);
        entry.response_body = masking::answer(response, self.limits.response_bytes);
        self.send(sender, entry).await;
    }

    /// Hands in the entry of a token request: a form, answered by JSON.
    pub async fn hand_in_form(&self, mut entry: Entry, form: &[u8], answer: &Value) {
        let Some(sender) = &self.sender else { return };
        entry.query = entry.query.as_deref().map(masking::form);
        let form = masking::form(&String::from_utf8_lossy(form));
        entry.request_body = masking::plain(form.as_bytes(), self.limits.request_bytes);
        entry.response_body = masking::plain(masking::token_answer(answer).as_bytes(), self.limits.response_bytes);
        self.send(sender, entry).await;
    }

    async fn send(&self, sender: &mpsc::Sender<Message>, entry: Entry) {
        if !self.handed_in(sender, entry).await {
            let dropped = self.dropped.inc() + 1;
            if dropped.is_power_of_two() {
                tracing::warn!(dropped, "the request log can't keep up; entries were dropped");
            }
        }
    }

    /// Whether there was room. Where there is, nothing is waited for, and no time limit set.
    async fn handed_in(&self, sender: &mpsc::Sender<Message>, entry: Entry) -> bool {
        let size = size(&entry);
        let room = match Arc::clone(&self.room).try_acquire_many_owned(size) {
            Ok(room) => room,
            Err(_) => match tokio::time::timeout(PATIENCE, Arc::clone(&self.room).acquire_many_owned(size)).await {
                Ok(Ok(room)) => room,
                _ => return false,
            },
        };
        match sender.try_send(Message::Entry(Box::new(entry), room)) {
            Ok(()) => true,
            Err(TrySendError::Full(message)) => sender.send_timeout(message, PATIENCE).await.is_ok(),
            Err(TrySendError::Closed(_)) => false,
        }
    }

    /// Waits until everything that was handed in is on disk.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if let Some(sender) = &self.sender
            && sender.send(Message::Flush(done)).await.is_ok()
        {
            let _ = wait.await;
        }
    }
}

async fn write(store: Store, clock: Clock, days: u32, mut receiver: mpsc::Receiver<Message>) {
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let first = tokio::select! {
            message = receiver.recv() => message,
            _ = sweep.tick() => {
                let before = clock.now() - TimeDelta::days(i64::from(days));
                while matches!(store.write(Purge { before }).await, Ok(deleted) if deleted > 0) {}
                continue;
            }
        };
        let Some(first) = first else { return };
        let Gathered { entries, room, flushes, .. } = gather(first, &mut receiver).await;
        let count = entries.len();
        if count > 0
            && let Err(error) = store.write(Append { entries }).await
        {
            tracing::warn!(%error, count, "entries of the request log were lost");
        }
        drop(room);
        for flush in flushes {
            let _ = flush.send(());
        }
    }
}

/// How much room an entry takes, in KiB; never more than there is.
fn size(entry: &Entry) -> u32 {
    let texts = [&entry.query, &entry.request_body, &entry.response_body];
    let bytes: usize = texts.into_iter().flatten().map(String::len).sum();
    u32::try_from((bytes / 1_024 + 1).min(ROOM_KIB)).unwrap_or(1)
}

/// What is written together.
#[derive(Default)]
struct Gathered {
    entries: Vec<Entry>,
    room: Vec<OwnedSemaphorePermit>,
    flushes: Vec<oneshot::Sender<()>>,
    kib: u32,
}

impl Gathered {
    fn add(&mut self, message: Message) {
        match message {
            Message::Entry(entry, room) => {
                self.kib += size(&entry);
                self.entries.push(*entry);
                self.room.push(room);
            }
            Message::Flush(done) => self.flushes.push(done),
        }
    }

    fn is_full(&self) -> bool {
        !self.flushes.is_empty() || self.entries.len() >= TOGETHER || self.kib >= TOGETHER_KIB
    }
}

/// Everything that comes in for a moment. It is looked at now and then: to be woken for every entry would cost more than
/// the entry.
async fn gather(first: Message, receiver: &mut mpsc::Receiver<Message>) -> Gathered {
    let until = tokio::time::Instant::now() + GATHERED;
    let mut gathered = Gathered::default();
    gathered.add(first);
    loop {
        while !gathered.is_full()
            && let Ok(message) = receiver.try_recv()
        {
            gathered.add(message);
        }
        if gathered.is_full() || receiver.is_closed() || tokio::time::Instant::now() >= until {
            return gathered;
        }
        tokio::time::sleep(GLANCE).await;
    }
}

struct Append {
    entries: Vec<Entry>,
}

impl Work for Append {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<crate::ids::WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        request_log::insert(tx, &self.entries).await
    }
}

struct Purge {
    before: DateTime<Utc>,
}

impl Work for Purge {
    type Output = u64;
    type Error = StoreError;

    fn workspace(&self) -> Option<crate::ids::WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        request_log::purge(tx, self.before).await
    }
}
