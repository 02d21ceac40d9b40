//! One attempt: what is sent to an endpoint, and what its answer means.

use std::cmp::Reverse;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::percent_decode_str;
use serde_json::json;
use url::Url;

use super::Depot;
use crate::command::delivering::{Attempt, Job};
use crate::delivery::schedule::Outcome;
use crate::delivery::{Data, Event, VERSION, listed, sign};
use crate::ids::{EndpointId, WorkspaceId};
use crate::outbound::{Answer, OutboundError, Request};
use crate::sealed::MasterKey;
use crate::settings::Secret;
use crate::store::endpoints::{Kept, secret_place, url_place};
use crate::telemetry;
use crate::text::printable;

/// How much of an answer is read, in bytes.
const READ: usize = 65_536;
/// How many characters of an answer are kept.
const KEPT: usize = 300;
/// From how many characters on a piece of an address is a secret that is looked for in an answer.
const SECRET: usize = 4;

/// An endpoint, opened.
pub(super) struct Door {
    url: Secret,
    secret: Secret,
    old: Option<(Secret, DateTime<Utc>)>,
}

impl Door {
    /// Opens what is sealed of an endpoint; none where that is not possible.
    pub(super) fn open(master: &MasterKey, kept: &Kept) -> Option<Self> {
        let id: EndpointId = kept.endpoint.id;
        let open = |place: &str, sealed: &[u8]| {
            let opened = master.open(place, sealed).ok()?;
            String::from_utf8(opened).ok().map(Secret::from)
        };
        let old = match (&kept.old_secret, kept.endpoint.old_secret_until) {
            (Some(sealed), Some(until)) => Some((open(&secret_place(id), sealed)?, until)),
            _ => None,
        };
        Some(Self { url: open(&url_place(id), &kept.url)?, secret: open(&secret_place(id), &kept.secret)?, old })
    }

    /// What an endpoint said, without what only it and its owner know: some receivers repeat whatever they are asked.
    fn redacted(&self, mut text: String) -> String {
        let url = Url::parse(self.url.reveal()).ok();
        let mut secrets: Vec<String> = vec![self.url.reveal().to_owned()];
        for secret in [Some(&self.secret), self.old.as_ref().map(|(old, _)| old)].into_iter().flatten() {
            secrets.extend([secret.reveal().to_owned(), secret.reveal().trim_start_matches("whsec_").to_owned()]);
        }
        if let Some(url) = &url {
            secrets.extend([url.path().to_owned(), url.username().to_owned()]);
            secrets.extend(url.query().map(str::to_owned));
            secrets.extend(url.password().map(str::to_owned));
            secrets.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
            for piece in
                url.path_segments().into_iter().flatten().chain(url.query().into_iter().flat_map(|q| q.split('&')))
            {
                secrets.extend([piece.to_owned(), percent_decode_str(piece).decode_utf8_lossy().into_owned()]);
            }
        }
        secrets.retain(|secret| secret.chars().count() >= SECRET);
        secrets.sort_unstable_by_key(|secret| Reverse(secret.len()));
        for secret in &secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), "***");
            }
        }
        text
    }

    fn request(&self, job: &Job, event: &Event, now: DateTime<Utc>) -> Result<Request, serde_json::Error> {
        let body = serde_json::to_vec(event)?;
        let old = self.old.as_ref().filter(|(_, until)| *until > now).map(|(old, _)| old.reveal());
        let (id, timestamp) = (job.delivery.event_id.to_string(), now.timestamp());
        let headers = sign::headers(self.secret.reveal(), old, &id, timestamp, &body);
        let mut request = Request::post(self.url.reveal(), "application/json", body).reading(READ);
        for (name, value) in &headers {
            request = request.with(*name, value);
        }
        let stored = || job.told.as_ref().and_then(|told| told.trace.clone());
        if let Some(trace) = telemetry::traceparent().or_else(stored) {
            request = request.with("traceparent", &trace);
        }
        Ok(request)
    }
}

/// What an endpoint is told: what happened, or that somebody tries it.
fn event_of(job: &Job) -> Option<Event> {
    let delivery = &job.delivery;
    let workspace = WorkspaceId(delivery.workspace_id);
    if delivery.origin != "test" {
        return job.told.clone().map(|told| told.into_event(workspace));
    }
    let id = delivery.endpoint_id.to_string();
    Some(Event {
        id: delivery.event_id,
        event: delivery.event.clone(),
        version: VERSION,
        cursor: 0,
        timestamp: delivery.happened_at,
        workspace_id: delivery.workspace_id,
        data: Data { kind: "endpoint".into(), id, changes: json!({}) },
    })
}

/// Sends what is to be sent, in the trace of the request that it came from, and says what came of it.
pub(super) async fn attempt(depot: &Depot, door: Option<&Door>, job: Job) -> Attempt {
    let told = job.told.as_ref().and_then(|told| Some((told.trace.clone()?, told.at)));
    let (Some(telemetry), Some((trace, at))) = (&depot.telemetry, told) else {
        return attempt_now(depot, door, job).await;
    };
    let (event, number, now) = (listed(&job.delivery.event), job.delivery.attempts + 1, depot.clock.now());
    let status = |attempt: &Attempt| attempt.status.and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
    let work = attempt_now(depot, door, job);
    telemetry.delivery(&trace, event, number, (at, now), work, status).await
}

async fn attempt_now(depot: &Depot, door: Option<&Door>, job: Job) -> Attempt {
    let (started, now) = (Instant::now(), depot.clock.now());
    let ended = |job, outcome, status: Option<u16>, problem| {
        let said = None;
        let micros = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
        Attempt { job, outcome, status: status.map(i64::from), micros, problem, said }
    };
    let Some(event) = event_of(&job) else {
        return ended(job, Outcome::Lost, None, Some("the event itself is not kept any more".into()));
    };
    let Some(door) = door else {
        let problem = "its address or secret can't be opened with the bridge's master key".into();
        return ended(job, Outcome::Failed(None), None, Some(problem));
    };
    let request = match door.request(&job, &event, now) {
        Ok(request) => request,
        Err(error) => return ended(job, Outcome::Lost, None, Some(error.to_string())),
    };
    match depot.outbound.send(request).await {
        Ok(answer) => {
            let outcome = Outcome::of(answer.status, rest(&answer, now));
            let (problem, said) = match outcome {
                Outcome::Taken => (None, None),
                _ => (Some(told(&answer)), said(door, &answer)),
            };
            Attempt { said, ..ended(job, outcome, Some(answer.status), problem) }
        }
        Err(error) => ended(job, Outcome::Failed(None), None, Some(explained(&error))),
    }
}

/// How long an endpoint asks to be left alone: seconds, or until a moment (RFC 9110 §10.2.3).
fn rest(answer: &Answer, now: DateTime<Utc>) -> Option<TimeDelta> {
    let value = answer.header("retry-after")?.trim();
    let rest = match value.parse::<u32>() {
        Ok(seconds) => TimeDelta::seconds(i64::from(seconds)),
        Err(_) => DateTime::parse_from_rfc2822(value).ok()?.with_timezone(&Utc) - now,
    };
    (rest > TimeDelta::zero()).then_some(rest)
}

/// What an endpoint answered, for whoever mends it.
fn told(answer: &Answer) -> String {
    let moved = if (300..400).contains(&answer.status) { ", and redirects are not followed" } else { "" };
    format!("it answered {}{moved}", answer.status)
}

/// What it said to that, for the log of deliveries alone.
fn said(door: &Door, answer: &Answer) -> Option<String> {
    let text = String::from_utf8_lossy(&answer.body);
    let said: String = door.redacted(printable(text.trim()).to_string()).chars().take(KEPT).collect();
    (!said.is_empty()).then_some(said)
}

/// Why there was no answer. No address is in it but a host's name.
fn explained(error: &OutboundError) -> String {
    error.to_string().replace("sso.extra_ca_file", "extra_ca_file of [sso]")
}
