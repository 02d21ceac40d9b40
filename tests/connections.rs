//! Connections that say nothing, or not enough: each has its time, and none of them keeps the server from stopping.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::support::on_both;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty SETTINGS frame.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
/// HEADERS of stream 1 without END_HEADERS.
const HEADERS: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82];
const ALIVE: &[u8] = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";

/// How long the server keeps a connection on which that is sent, a byte at a time where it is to be slow.
async fn kept(address: SocketAddr, opening: &[u8], slowly: bool) -> Duration {
    let started = Instant::now();
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    let opening = opening.to_vec();
    let writing = tokio::spawn(async move {
        for part in opening.chunks(if slowly { 1 } else { usize::MAX }) {
            if writer.write_all(part).await.is_err() {
                break;
            }
            if slowly {
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
        }
        // Open until the other side closes.
        writer
    });
    let closed = tokio::time::timeout(Duration::from_secs(20), reader.read_to_end(&mut Vec::new())).await;
    assert!(closed.is_ok(), "still open");
    let kept = started.elapsed();
    writing.abort();
    kept
}

async fn alive(stream: &mut TcpStream) {
    stream.write_all(ALIVE).await.unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\nok\n") {
        let mut buffer = [0; 1024];
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(read > 0, "closed after {}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&buffer[..read]);
    }
    assert!(heard.starts_with(b"HTTP/1.1 200"));
}

on_both! {
    async fn a_connection_that_does_not_come_to_the_point_is_closed(db) {
        let mut settings = db.settings();
        settings.limits.header_seconds = 1;
        let bridge = db.bridge_with(settings).await;
        let http2 = [PREFACE, SETTINGS].concat();
        let endless = [PREFACE, SETTINGS, HEADERS].concat();
        let openings: [(&[u8], bool); 9] = [
            (b"", false), (b"P", false), (&PREFACE[..8], false), (&PREFACE[..20], false), (&http2, false), (&endless, false),
            (b"GET /livez HTTP/1.1\r\nhost: x\r\n", false), (b"GET /livez HTTP/1.1\r\nhost: ", true), (PREFACE, true),
        ];
        let all = openings.map(|(opening, slowly)| {
            let (opening, address) = (opening.to_vec(), bridge.address);
            tokio::spawn(async move {
                let kept = kept(address, &opening, slowly).await;
                (opening, kept)
            })
        });
        for one in all {
            let (opening, kept) = one.await.unwrap();
            let opening = String::from_utf8_lossy(&opening);
            assert!(kept < Duration::from_secs(8), "{opening:?}: {kept:?}");
            assert!(kept > Duration::from_millis(900) || opening.starts_with("PRI"), "{opening:?}: {kept:?}");
        }
    }

    async fn a_connection_stays_for_further_requests(db) {
        let mut settings = db.settings();
        settings.limits.header_seconds = 2;
        let bridge = db.bridge_with(settings).await;
        let mut stream = TcpStream::connect(bridge.address).await.unwrap();
        // Longer in all than a header may take.
        for _ in 0..6 {
            alive(&mut stream).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let closed = tokio::time::timeout(Duration::from_secs(8), stream.read_to_end(&mut Vec::new())).await;
        assert!(closed.is_ok(), "an idle connection is kept for ever");
    }

    async fn connections_without_a_request_do_not_delay_the_end(db) {
        let bridge = db.bridge().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = oneshot::channel::<()>();
        let (router, limits) = (aisoule_bridge::http::router(&bridge.app), bridge.app.settings.limits.clone());
        assert!(limits.header_seconds >= 10 && limits.shutdown_seconds >= 30);
        let serving = tokio::spawn(async move {
            aisoule_bridge::http::serve(listener, router, &limits, async { drop(stopping.await) }).await
        });
        let silent = TcpStream::connect(address).await.unwrap();
        let mut used = TcpStream::connect(address).await.unwrap();
        alive(&mut used).await;
        let mut http2 = TcpStream::connect(address).await.unwrap();
        http2.write_all(&[PREFACE, SETTINGS].concat()).await.unwrap();
        let started = Instant::now();
        drop(stop);
        assert!(serving.await.unwrap(), "something was cut");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        drop((silent, used, http2));
    }
}
