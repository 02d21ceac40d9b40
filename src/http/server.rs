//! The server: accepts connections within limits, speaks HTTP/1.1, and stops without dropping a request.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use super::forwarded;
use crate::settings::{Limits, Network};

/// How long to wait after the system refused a connection (out of files, for instance).
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop` is done, then lets running requests end for as long as the limits say. Gives whether all did.
pub async fn serve(listener: TcpListener, router: Router, limits: &Limits, stop: impl Future<Output = ()>) -> bool {
    let mut builder = Builder::new();
    // The time for a header runs from the first moment of a connection, and between two requests too.
    let header = Duration::from_secs(limits.header_seconds);
    builder.timer(TokioTimer::new()).header_read_timeout(header).keep_alive(true);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    let trusted: Arc<[Network]> = limits.trusted_proxies.clone().into();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let Some((stream, address, place)) = accepted else { continue };
        let (router, trusted) = (router.clone(), Arc::clone(&trusted));
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(axum::body::Body::new);
            let sender = forwarded::sender(address, request.headers(), &trusted);
            request.extensions_mut().insert(ConnectInfo(sender));
            router.clone().oneshot(request)
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended badly");
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::time::timeout(Duration::from_secs(limits.shutdown_seconds), graceful.shutdown()).await.is_ok()
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => {
            // Answers are small and complete: nothing is gained by waiting for more.
            let _ = stream.set_nodelay(true);
            Some((stream, address, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(BREATH).await;
            None
        }
    }
}
