//! One request and its answer: sent within the limits, and what came of it told in a few kinds.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::DateTime;
use serde_json::Value;
use tokio::time::Instant;

use super::{Remote, id_of};
use crate::outbound::{Answer, OutboundError, Request};
use crate::text;

/// How long to wait where the other side is busy and does not say how long.
const BUSY: Duration = Duration::from_secs(5);
/// Pages of a list at the most; one that has more never ends.
const MOST_PAGES: u32 = 5_000;
const JSON: &str = "application/json";

/// Why something did not happen, or may not have happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Something there has this already, or something there forbids it (409).
    #[error("it answered: {said}")]
    Conflict {
        /// In its words.
        said: String,
        /// For programs, where it says so.
        code: Option<String>,
    },
    /// It is not there (404).
    #[error("it is not there any more")]
    Missing,
    /// The key is not good, or not good for this (401, 403).
    #[error("it refuses the key ({status}): {said}")]
    Refused {
        /// 401 or 403.
        status: u16,
        /// In its words.
        said: String,
    },
    /// Too many requests (429).
    #[error("it is asked too often and wants {} seconds of peace", .0.as_secs())]
    Busy(Duration),
    /// Nothing was sent.
    #[error("it can't be reached: {0}")]
    Unreachable(String),
    /// It may have happened or not: no answer in time, one that broke off, or an error of theirs (5xx).
    #[error("it gave no clear answer: {0}")]
    Uncertain(String),
    /// Nothing was sent, because another bridge may have the connector by now.
    #[error("another bridge may have the connector by now")]
    NotOurs,
    /// Not as things are there now: every seat is taken (a 403 that is not about the key).
    #[error("it answered: {0}")]
    NotNow(String),
    /// It says that the request can't be (400, …).
    #[error("it answered: {0}")]
    Invalid(String),
}

pub(super) enum Ask<'a> {
    Get,
    Post(&'a Value),
    Put(&'a Value),
    Delete,
}

impl Remote {
    /// All pages of a list that must be there.
    pub(super) async fn list<T>(
        &self,
        path: &str,
        query: &str,
        name: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, Trouble> {
        self.pages(path, query, name, read).await.map_err(|trouble| match trouble {
            Trouble::Missing => Trouble::Unreachable(format!("there is no {path} there; is the address right?")),
            other => other,
        })
    }

    pub(super) async fn pages<T>(
        &self,
        path: &str,
        query: &str,
        name: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, Trouble> {
        let (fields, most) = (&self.profile.fields, self.profile.page_limit);
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for page in 1..=MOST_PAGES {
            let url = format!("{path}?{query}{}={page}&{}={most}", fields.page, fields.limit);
            let data = self.ask(Ask::Get, &url).await?;
            let items = if data.is_array() { Some(&data) } else { data.get(name) };
            let items = items.and_then(Value::as_array);
            let items = items.ok_or_else(|| Trouble::Unreachable(format!("its answer to {path} has no {name}")))?;
            let before = seen.len();
            for item in items {
                let id = id_of(item, &fields.id).or_else(|| id_of(item, &fields.user_id));
                if seen.insert(id.unwrap_or_else(|| item.to_string())) {
                    all.extend(read(item));
                }
            }
            // A list that is not paged comes again and again: what brings nobody new is its end.
            if seen.len() == before {
                return Ok(all);
            }
            // After a full page another is asked for, whatever the list says of its length: that may be wrong.
            let number = |name: &str| data.get(name).and_then(Value::as_u64);
            let (here, limit) = (items.len() as u64, number(&fields.limit));
            let is_full = here == limit.unwrap_or_else(|| u64::from(most));
            let is_all = match (number(&self.profile.envelope.total), limit) {
                (Some(total), _) => total <= seen.len() as u64 && !is_full,
                (None, Some(limit)) => here < limit,
                (None, None) => false,
            };
            if is_all {
                return Ok(all);
            }
        }
        Err(Trouble::Unreachable(format!("its list {path} does not end")))
    }

    pub(super) async fn ask(&self, ask: Ask<'_>, path: &str) -> Result<Value, Trouble> {
        let (url, is_read) = (format!("{}{path}", self.base_url), matches!(ask, Ask::Get));
        let request = match ask {
            Ask::Get => Request::get(&url),
            Ask::Post(body) => Request::post(&url, JSON, body.to_string().into_bytes()),
            Ask::Put(body) => Request::put(&url, JSON, body.to_string().into_bytes()),
            Ask::Delete => Request::delete(&url),
        };
        let profile = &self.profile;
        let key = format!("{}{}", profile.header_prefix, self.key.reveal());
        let request = request.with(profile.header.to_ascii_lowercase(), &key).with("accept", JSON);
        let permit = self.limits.ask(|| self.urgent.load(Ordering::Relaxed)).await;
        if !self.is_ours() {
            return Err(Trouble::NotOurs);
        }
        let answer = self.outbound.send(request).await;
        drop(permit);
        let answer = answer.map_err(|error| match error {
            OutboundError::Timeout | OutboundError::Broken | OutboundError::TooLarge => {
                Trouble::Uncertain(error.to_string())
            }
            error => Trouble::Unreachable(error.to_string()),
        })?;
        self.note(&answer);
        self.judged(&answer, is_read)
    }

    /// Notes what an answer says of the time and of the limits.
    fn note(&self, answer: &Answer) {
        if let Some(date) = answer.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok()) {
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some((date.to_utc(), Instant::now()));
        }
        let number = |name: &str| answer.header(name).and_then(|text| text.parse::<u64>().ok());
        if let (Some(limit), Some(left)) = (number("x-ratelimit-limit"), number("x-ratelimit-remaining")) {
            self.limits.told(limit, left);
        }
        if answer.status != 429 && number("x-ratelimit-remaining") == Some(0) {
            let reset = number("x-ratelimit-reset").filter(|seconds| *seconds <= 120).unwrap_or(60);
            self.limits.pause(Duration::from_secs(reset));
        }
    }

    fn judged(&self, answer: &Answer, is_read: bool) -> Result<Value, Trouble> {
        let (envelope, status) = (&self.profile.envelope, answer.status);
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let part =
            |name: &str| body.as_ref().and_then(|body| if name.is_empty() { Some(body) } else { body.get(name) });
        let words = part(&envelope.message).and_then(Value::as_str).map(|said| self.cleaned(said));
        let said = words.unwrap_or_else(|| format!("status {status}"));
        let code = part(&envelope.code).and_then(Value::as_str).map(str::to_owned);
        match status {
            200..=299 if is_read => part(&envelope.data)
                .cloned()
                .ok_or_else(|| Trouble::Unreachable("its answer is not in the form that is expected".into())),
            // The page of something in between says nothing of what was done.
            200..=299 if body.is_none() && !answer.body.is_empty() => {
                Err(Trouble::Uncertain("its answer is not in the form that is expected".into()))
            }
            200..=299 => Ok(part(&envelope.data).cloned().unwrap_or_default()),
            // Only the API itself knows that something is not there, not what stands before it.
            404 | 410 if self.is_its_own(body.as_ref()) => Err(Trouble::Missing),
            404 | 410 => Err(Trouble::Unreachable(format!("status {status}, which is not the API's own answer"))),
            409 => Err(Trouble::Conflict { said, code }),
            403 if code.as_ref().is_some_and(|code| envelope.not_the_key.contains(code)) => Err(Trouble::NotNow(said)),
            401 | 403 => Err(Trouble::Refused { status, said }),
            429 => {
                let wait = self.wanted_pause(answer).unwrap_or(BUSY).max(Duration::from_secs(1));
                self.limits.pause(wait);
                Err(Trouble::Busy(wait))
            }
            408 | 500..=599 => {
                if let Some(wait) = self.wanted_pause(answer) {
                    self.limits.pause(wait);
                }
                Err(Trouble::Uncertain(said))
            }
            _ => Err(Trouble::Invalid(said)),
        }
    }

    /// For how long it wants to be left alone: in seconds, or until a date by its clock (RFC 9110 §10.2.3).
    fn wanted_pause(&self, answer: &Answer) -> Option<Duration> {
        let said = answer.header("retry-after")?.trim();
        if let Ok(seconds) = said.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = DateTime::parse_from_rfc2822(said).ok()?.to_utc();
        (until - self.now()?).to_std().ok()
    }

    /// Whether an error is the API's own: in its envelope, with words.
    fn is_its_own(&self, body: Option<&Value>) -> bool {
        let envelope = &self.profile.envelope;
        let said = |name: &str| body?.get(name)?.as_str();
        said(&envelope.message).is_some()
            && (envelope.status.is_empty() || said(&envelope.status) == Some(envelope.failed.as_str()))
    }

    /// What the other side says, as it may stand in a table or a log: short, printable, without the key.
    fn cleaned(&self, said: &str) -> String {
        let said = said.replace(self.key.reveal(), "***");
        text::printable(&said).chars().take(200).collect()
    }
}
