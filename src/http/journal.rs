//! The request log's way into the database: entries are masked, gathered for a moment and written together.
//!
//! A request does not wait for its entry. When the writer can't keep up, requests wait a little; what still finds no
//! room is dropped and counted, so that a slow log never stops provisioning.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;
use crate::settings::RequestLog;
use crate::store::request_log::{self, Entry};
use crate::store::{Store, StoreError, Tx, Work};

/// How many entries may wait.
const ROOM: usize = 8_192;
/// How many entries are written together.
const TOGETHER: usize = 512;
/// How long entries are gathered.
const GATHERED: Duration = Duration::from_millis(100);
/// How long a request waits for room.
const PATIENCE: Duration = Duration::from_millis(250);
/// How often old entries are deleted.
const SWEEP: Duration = Duration::from_mins(10);
/// The bytes that a character may have: a body cut short by less than these shows that it was.
const LONGEST_CHAR: usize = 4;
/// What stands in place of a secret.
const MASK: &str = "[masked]";

enum Message {
    Entry(Box<Entry>),
    Flush(oneshot::Sender<()>),
}

/// Where entries of the request log are handed in.
pub struct Journal {
    sender: Option<mpsc::Sender<Message>>,
    limits: RequestLog,
    dropped: AtomicU64,
}

impl Journal {
    /// Starts the writer.
    #[must_use]
    pub fn start(store: &Store, clock: &Clock, limits: RequestLog) -> Self {
        let sender = (limits.days > 0).then(|| {
            let (sender, receiver) = mpsc::channel(ROOM);
            tokio::spawn(write(store.clone(), clock.clone(), limits.days, receiver));
            sender
        });
        Self { sender, limits, dropped: AtomicU64::new(0) }
    }

    /// Hands in an entry; its bodies are masked and cut here.
    pub async fn hand_in(&self, mut entry: Entry, request: &[u8], response: &[u8]) {
        let Some(sender) = &self.sender else { return };
        entry.request_body = body(request, self.limits.request_bytes);
        // What is cut off an answer is not looked at: nothing before the cut tells a secret by what comes after it, as the
        // path of an operation may in a request.
        let most = self.limits.response_bytes;
        let cut = response.get(..most.saturating_add(LONGEST_CHAR)).unwrap_or(response);
        entry.response_body = if names_a_secret(cut) { body(response, most) } else { plain(cut, most) };
        entry.query = entry.query.map(|query| if names_a_secret(query.as_bytes()) { MASK.to_owned() } else { query });
        if sender.send_timeout(Message::Entry(Box::new(entry)), PATIENCE).await.is_err() {
            let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            if dropped.is_power_of_two() {
                tracing::warn!(dropped, "the request log can't keep up; entries were dropped");
            }
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
        let (mut entries, mut flushes) = (Vec::new(), Vec::new());
        sort(first, &mut entries, &mut flushes);
        let until = tokio::time::Instant::now() + GATHERED;
        while flushes.is_empty() && entries.len() < TOGETHER {
            match tokio::time::timeout_at(until, receiver.recv()).await {
                Ok(Some(message)) => sort(message, &mut entries, &mut flushes),
                Ok(None) | Err(_) => break,
            }
        }
        let count = entries.len();
        if count > 0
            && let Err(error) = store.write(Append { entries }).await
        {
            tracing::warn!(%error, count, "entries of the request log were lost");
        }
        for flush in flushes {
            let _ = flush.send(());
        }
    }
}

fn sort(message: Message, entries: &mut Vec<Entry>, flushes: &mut Vec<oneshot::Sender<()>>) {
    match message {
        Message::Entry(entry) => entries.push(*entry),
        Message::Flush(done) => flushes.push(done),
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
    before: chrono::DateTime<chrono::Utc>,
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

/// A body as it is kept: without secrets, cut at `most` bytes. None where there is none.
fn body(bytes: &[u8], most: usize) -> Option<String> {
    if !names_a_secret(bytes) {
        return plain(bytes, most);
    }
    let Ok(mut json) = serde_json::from_slice::<Value>(bytes) else {
        return Some(format!("[{} bytes that are not JSON and may hold a secret]", bytes.len()));
    };
    mask(&mut json);
    Some(shortened(&json.to_string(), most))
}

fn shortened(text: &str, most: usize) -> String {
    let cut = text.char_indices().map(|(at, _)| at).find(|at| *at >= most);
    cut.and_then(|at| text.get(..at)).map_or_else(|| text.to_owned(), |head| format!("{head}…"))
}

/// A body that names no secret, cut at `most` bytes. None where there is none.
fn plain(bytes: &[u8], most: usize) -> Option<String> {
    let cut = bytes.get(..most).unwrap_or(bytes);
    let mut text = String::from_utf8_lossy(cut).replace('\0', "\u{fffd}");
    if bytes.len() > most {
        text.push('…');
    }
    (!bytes.is_empty()).then_some(text)
}

/// Whether a secret may stand in a text: the words, or an escape that could spell them.
fn names_a_secret(bytes: &[u8]) -> bool {
    bytes.windows(8).any(|word| word.eq_ignore_ascii_case(b"password"))
        || bytes.windows(2).any(|pair| pair == b"\\u" || pair == b"%7" || pair == b"%5")
}

/// Masks the value of every member that is called `password`, and what a PATCH operation on it carries. The reader of
/// JSON takes 128 levels at the most, so that this ends.
fn mask(json: &mut Value) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(map) => {
            let is_secret = |name: &str| name.to_ascii_lowercase().contains("password");
            let on_secret = map
                .iter()
                .any(|(name, value)| name.eq_ignore_ascii_case("path") && value.as_str().is_some_and(is_secret));
            for (name, value) in map.iter_mut() {
                if is_secret(name) || (on_secret && name.eq_ignore_ascii_case("value")) {
                    *value = Value::String(MASK.to_owned());
                } else {
                    mask(value);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> String {
        body(text.as_bytes(), 10_000).unwrap()
    }

    #[test]
    fn no_password_is_kept_however_it_is_sent() {
        let cases = [
            r#"{"userName":"a","password":"hunter2"}"#,
            r#"{"PassWord":"hunter2"}"#,
            r#"{"p\u0061ssword":"hunter2"}"#,
            r#"{"Operations":[{"op":"replace","path":"password","value":"hunter2"}]}"#,
            r#"{"Operations":[{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User:password":"hunter2"}}]}"#,
            r#"{"Operations":[{"method":"POST","data":{"password":["hunter2"]}}]}"#,
            r#"{"password":"hunter2","#,
        ];
        for case in cases {
            assert!(!kept(case).contains("hunter2"), "{case}");
        }
    }

    #[test]
    fn everything_else_is_kept_as_it_was_sent() {
        let text = r#"{"userName":"a",  "x":[1,2]}"#;
        assert_eq!(kept(text), text);
        assert_eq!(body(b"", 10), None);
        assert_eq!(body("ééé".as_bytes(), 4).unwrap(), "éé…");
    }
}
