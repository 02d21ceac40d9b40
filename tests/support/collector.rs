//! A collector of OpenTelemetry: it takes traces by OTLP over HTTP, as protobuf, and keeps every span.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message;

/// A span, as far as tests want to know it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub service: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub name: String,
    /// Nanoseconds.
    pub start: u64,
    pub end: u64,
    /// What it says, as `name=value`.
    pub says: Vec<String>,
    pub is_failure: bool,
}

#[derive(Default)]
struct Inner {
    seen: Vec<Seen>,
    /// Everything that came, as bytes.
    raw: Vec<u8>,
    headers: Vec<HeaderMap>,
}

/// The collector.
#[derive(Clone)]
pub struct Collector {
    pub address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

fn hex(bytes: &[u8]) -> String {
    aisoule_bridge::text::hex(bytes)
}

impl Collector {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Mutex::new(Inner::default()));
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inner }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every span of a trace.
    pub fn of(&self, trace: &str) -> Vec<Seen> {
        self.all().into_iter().filter(|seen| seen.trace == trace).collect()
    }

    pub fn all(&self) -> Vec<Seen> {
        self.inner.lock().unwrap().seen.clone()
    }

    /// Whether these bytes were in anything that came.
    pub fn has(&self, text: &str) -> bool {
        let raw = &self.inner.lock().unwrap().raw;
        raw.windows(text.len()).any(|window| window == text.as_bytes())
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let inner = self.inner.lock().unwrap();
        Some(inner.headers.first()?.get(name)?.to_str().unwrap().to_owned())
    }
}

async fn take(State(inner): State<Arc<Mutex<Inner>>>, headers: HeaderMap, body: Bytes) -> (StatusCode, Vec<u8>) {
    let Ok(request) = ExportTraceServiceRequest::decode(body.as_ref()) else {
        return (StatusCode::BAD_REQUEST, Vec::new());
    };
    let mut inner = inner.lock().unwrap();
    for resource in request.resource_spans {
        let named = |value: Option<Value>| match value {
            Some(Value::StringValue(text)) => text,
            Some(Value::IntValue(number)) => number.to_string(),
            other => format!("{other:?}"),
        };
        let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        let service = attributes.into_iter().find(|pair| pair.key == "service.name");
        let service = service.and_then(|pair| pair.value).map(|value| named(value.value)).unwrap_or_default();
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            let says = span.attributes.into_iter().map(|pair| {
                let value = named(pair.value.and_then(|value| value.value));
                format!("{}={value}", pair.key)
            });
            inner.seen.push(Seen {
                service: service.clone(),
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                name: span.name,
                start: span.start_time_unix_nano,
                end: span.end_time_unix_nano,
                says: says.collect(),
                is_failure: span.status.is_some_and(|status| status.code == 2),
            });
        }
    }
    inner.raw.extend_from_slice(&body);
    inner.headers.push(headers);
    (StatusCode::OK, ExportTraceServiceResponse::default().encode_to_vec())
}
