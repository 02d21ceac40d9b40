//! An inbox for webhooks on this machine, which notes what comes and gives the same answer to all of it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;

/// What came.
#[derive(Debug, Clone)]
pub struct Came {
    pub headers: HeaderMap,
    pub body: Bytes,
    pub event: Value,
}

impl Came {
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap().to_owned()
    }
}

#[derive(Default)]
struct Inner {
    came: Vec<Came>,
    status: u16,
}

/// An inbox.
#[derive(Clone)]
pub struct Inbox {
    pub address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

impl Inbox {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Mutex::new(Inner { came: Vec::new(), status: 204 }));
        let router = Router::new().fallback(take).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inner }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// From now on it answers that.
    pub fn answers(&self, status: u16) {
        self.inner.lock().unwrap().status = status;
    }

    /// Everything that came, in its order.
    pub fn came(&self) -> Vec<Came> {
        self.inner.lock().unwrap().came.clone()
    }

    /// Waits until so much came that this holds, for 20 seconds at the most.
    pub async fn until(&self, what: &str, holds: impl Fn(&[Came]) -> bool) -> Vec<Came> {
        let started = Instant::now();
        loop {
            let came = self.came();
            if holds(&came) {
                return came;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "{what} did not come: {} came", came.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn take(State(inner): State<Arc<Mutex<Inner>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut inner = inner.lock().unwrap();
    let event = serde_json::from_slice(&body).unwrap_or_default();
    inner.came.push(Came { headers, body, event });
    StatusCode::from_u16(inner.status).unwrap()
}
