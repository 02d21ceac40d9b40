//! Traces: from a request to the webhook that it ends in, one trace, by OpenTelemetry.
//!
//! Where they are switched off, nobody here does anything: what is measured runs as it is. Where they are on, a task knows
//! the span that it works in; a command knows it, too, when it writes to the outbox, and leaves it there, so that whoever
//! delivers goes on in the same trace. A span says what kind of thing was done and how it ended: nothing of whom or what it
//! was about, which is in the request log and the audit log.

mod context;
mod export;

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use opentelemetry::trace::{
    Link, Span, SpanBuilder, SpanKind, Status, TraceContextExt, TraceId, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SamplingDecision, SamplingResult, SdkTracer, SdkTracerProvider,
    ShouldSample,
};

use crate::outbound::{Chosen, OutboundError, Patience};
use crate::settings;

/// How long a collector has to answer.
const PATIENCE: Patience = Patience { connect: Duration::from_secs(3), total: Duration::from_secs(10) };
/// How long spans are gathered.
const GATHERED: Duration = Duration::from_secs(1);
/// How many spans may wait for the collector; further ones are lost.
const ROOM: usize = 4_096;
/// How long those that wait get when the bridge stops.
const GOODBYE: Duration = Duration::from_secs(3);

/// Why there can be no traces.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The way to the collector.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The form in which spans go there.
    #[error("traces can't be sent to the collector: {0}")]
    Exporter(String),
}

/// What makes spans.
#[derive(Clone)]
pub struct Telemetry {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// The span that a task works in.
#[derive(Clone)]
struct Here {
    tracer: SdkTracer,
    context: Context,
}

tokio::task_local! {
    static HERE: Here;
}

/// What came of a request: a status of 500 and more is a failure of ours.
pub type Ended = u16;

impl Telemetry {
    /// Starts sending spans to the collector of the settings; none where there is none.
    ///
    /// # Errors
    /// [`TelemetryError`]
    pub fn start(settings: &settings::Telemetry) -> Result<Option<Self>, TelemetryError> {
        let Some(address) = settings.address() else { return Ok(None) };
        let headers = settings.headers.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned()));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(export::Carrier::new(Chosen::new(PATIENCE)?))
            .with_headers(headers.collect::<HashMap<_, _>>())
            .with_endpoint(address)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(PATIENCE.total)
            .build()
            .map_err(|error| TelemetryError::Exporter(error.to_string()))?;
        let batches = BatchConfigBuilder::default().with_scheduled_delay(GATHERED).with_max_queue_size(ROOM).build();
        let resource = Resource::builder_empty()
            .with_service_name(settings.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
            .with_sampler(Part(Sampler::TraceIdRatioBased(settings.sample_ratio)))
            .with_resource(resource)
            .build();
        let tracer = provider.tracer("aisoule-bridge");
        Ok(Some(Self { provider, tracer }))
    }

    /// Sends what waits, for a while, and ends.
    pub async fn stop(&self) {
        let provider = self.provider.clone();
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(GOODBYE)).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(%error, "traces were lost when the bridge stopped");
        }
    }

    /// Sends what waits.
    pub async fn flush(&self) {
        let provider = self.provider.clone();
        let _ = tokio::task::spawn_blocking(move || provider.force_flush()).await;
    }

    /// Does `work`, which answers a request, in a span. `parent`: its `traceparent`, which is honoured where it is valid.
    /// `ended` tells the status from what came of it.
    pub async fn request<T>(
        &self,
        parent: Option<&str>,
        method: &'static str,
        route: &'static str,
        work: impl Future<Output = T>,
        ended: impl FnOnce(&T) -> Ended,
    ) -> T {
        let attributes = [KeyValue::new("http.request.method", method), KeyValue::new("http.route", route)];
        let span =
            SpanBuilder::from_name(format!("{method} {route}")).with_kind(SpanKind::Server).with_attributes(attributes);
        let parent = parent.and_then(context::read);
        let context = parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        within(&self.tracer, span, &context, work, |span, done| {
            let status = ended(done);
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
            status >= 500
        })
        .await
    }

    /// Does `work`, which delivers an event that came from the span `parent`, in a span of the same trace; and tells there
    /// how long the event waited in the outbox, at its first attempt. `ended`: the status that was answered, 0 where none
    /// was.
    pub async fn delivery<T>(
        &self,
        parent: &str,
        event: &'static str,
        attempt: i64,
        (since, now): (DateTime<Utc>, DateTime<Utc>),
        work: impl Future<Output = T>,
        ended: impl FnOnce(&T) -> Ended,
    ) -> T {
        let Some(parent) = context::read(parent) else { return work.await };
        let context = Context::new().with_remote_span_context(parent);
        let kind = || KeyValue::new("event.name", event);
        if attempt <= 1 {
            let waited = SpanBuilder::from_name("outbox").with_kind(SpanKind::Producer).with_attributes([kind()]);
            let mut waited = waited.with_start_time(SystemTime::from(since)).start_with_context(&self.tracer, &context);
            waited.end_with_timestamp(SystemTime::from(now.max(since)));
        }
        let span = SpanBuilder::from_name("deliver webhook")
            .with_kind(SpanKind::Client)
            .with_attributes([kind(), KeyValue::new("delivery.attempt", attempt)]);
        within(&self.tracer, span, &context, work, |span, done| {
            let status = ended(done);
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
            !(200..300).contains(&status)
        })
        .await
    }
}

async fn within<T>(
    tracer: &SdkTracer,
    span: SpanBuilder,
    context: &Context,
    work: impl Future<Output = T>,
    failed: impl FnOnce(&opentelemetry::trace::SpanRef<'_>, &T) -> bool,
) -> T {
    let context = context.with_span(tracer.build_with_context(span, context));
    let done = HERE.scope(Here { tracer: tracer.clone(), context: context.clone() }, work).await;
    let span = context.span();
    if failed(&span, &done) {
        span.set_status(Status::error(""));
    }
    span.end();
    done
}

/// Does `work` in a span of that name inside the one that this task works in; where there is none, just does it.
/// `failed` tells whether what came of it is a failure.
pub async fn child<T>(name: &'static str, work: impl Future<Output = T>, failed: impl FnOnce(&T) -> bool) -> T {
    match HERE.try_with(Here::clone) {
        Err(_) => work.await,
        Ok(here) => {
            let span = SpanBuilder::from_name(name).with_kind(SpanKind::Internal);
            within(&here.tracer, span, &here.context, work, |_, done| failed(done)).await
        }
    }
}

/// The same work for a task of its own, which works in the span that this one works in.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let here = HERE.try_with(Here::clone).ok();
    async move {
        match here {
            Some(here) => HERE.scope(here, work).await,
            None => work.await,
        }
    }
}

/// The `traceparent` of the span that this task works in; none where there are no traces.
#[must_use]
pub fn traceparent() -> Option<String> {
    HERE.try_with(|here| context::written(here.context.span().span_context())).ok().flatten()
}

/// Keeps a part of the traces, which the trace's own id decides: so every span of a trace is kept, or none, on whichever
/// bridge; and nobody who sends a `traceparent` has more kept than that. What somebody before did not keep is not kept here.
#[derive(Debug, Clone)]
struct Part(Sampler);

impl ShouldSample for Part {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let is_left_out = parent.is_some_and(|parent| {
            let span = parent.span();
            span.span_context().is_valid() && !span.span_context().is_sampled()
        });
        let sampler = if is_left_out { &Sampler::AlwaysOff } else { &self.0 };
        let mut result = sampler.should_sample(None, trace, name, kind, attributes, links);
        result.decision = match result.decision {
            SamplingDecision::RecordOnly => SamplingDecision::Drop,
            decision => decision,
        };
        result
    }
}
