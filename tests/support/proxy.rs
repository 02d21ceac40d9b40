//! A bad network between the bridge and PostgreSQL: a TCP proxy whose weather a test changes while it runs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of connections and bytes.
#[derive(Debug, Clone)]
pub struct Weather {
    /// Where new connections lead.
    pub target: SocketAddr,
    /// How long each piece takes, in each direction.
    pub latency: Duration,
    /// How many bytes are passed on at a time.
    pub piece: usize,
    /// Nothing gets through; nothing is closed either.
    pub stalled: bool,
    /// New connections are reset at once.
    pub refuse: bool,
    /// A connection is reset after so many bytes of the server's.
    pub cut: Option<u64>,
    /// Every so-manyeth piece resets its connection; 0: none does.
    pub reset_every: u64,
    /// Connections with a smaller number are silent for ever: the other end is gone and nobody says so.
    silent_below: u64,
    /// Connections with a smaller number are reset.
    reset_below: u64,
}

/// The proxy; it ends with the test's runtime.
pub struct ChaosProxy {
    weather: watch::Sender<Weather>,
    connections: Arc<AtomicU64>,
}

impl ChaosProxy {
    /// A proxy to the server of a URL, and the URL through the proxy.
    pub async fn before(url: &str) -> (Self, String) {
        let target = server_of(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let weather = Weather {
            target,
            latency: Duration::ZERO,
            piece: 65_536,
            stalled: false,
            refuse: false,
            cut: None,
            reset_every: 0,
            silent_below: 0,
            reset_below: 0,
        };
        let (sender, receiver) = watch::channel(weather);
        let connections = Arc::new(AtomicU64::new(0));
        tokio::spawn(accept(listener, receiver, Arc::clone(&connections)));
        let through = url.replace(&target.to_string(), &address.to_string());
        (Self { weather: sender, connections }, through)
    }

    /// Changes the weather.
    pub fn set(&self, change: impl FnOnce(&mut Weather)) {
        self.weather.send_modify(change);
    }

    /// Resets every open connection (RST, not FIN).
    pub fn reset_all(&self) {
        let number = self.connections.load(Ordering::Relaxed);
        self.set(|weather| weather.reset_below = number);
    }

    /// Open connections never say anything again and are not closed; new ones are well.
    pub fn silence_all(&self) {
        let number = self.connections.load(Ordering::Relaxed);
        self.set(|weather| weather.silent_below = number);
    }
}

/// Host and port of a URL.
pub fn server_of(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once("://").unwrap();
    let server = rest.split('/').next().unwrap();
    server.rsplit('@').next().unwrap().parse().expect("a loopback address and a port")
}

async fn accept(listener: TcpListener, weather: watch::Receiver<Weather>, connections: Arc<AtomicU64>) {
    let pieces = Arc::new(AtomicU64::new(0));
    while let Ok((client, _)) = listener.accept().await {
        let number = connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(connection(client, number, weather.clone(), Arc::clone(&pieces)));
    }
}

async fn connection(client: TcpStream, number: u64, mut weather: watch::Receiver<Weather>, pieces: Arc<AtomicU64>) {
    let target = {
        let now = weather.borrow();
        (!now.refuse).then_some(now.target)
    };
    // Closing a socket with zero linger sends RST.
    let _ = client.set_zero_linger();
    let Some(target) = target else { return };
    let Ok(server) = TcpStream::connect(target).await else { return };
    let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let up = pump(from_client, to_server, number, weather.clone(), None, &pieces);
    let down = pump(from_server, to_client, number, weather.clone(), Some(0), &pieces);
    tokio::select! {
        () = up => {}
        () = down => {}
        _ = weather.wait_for(|now| number < now.reset_below) => {}
    }
}

/// Passes bytes on until either end is closed or the weather resets the connection. `counted`: bytes that count for `cut`.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: u64,
    mut weather: watch::Receiver<Weather>,
    mut counted: Option<u64>,
    pieces: &AtomicU64,
) {
    let mut buffer = vec![0; 65_536];
    loop {
        let most = weather.borrow().piece.clamp(1, buffer.len());
        let Ok(read @ 1..) = from.read(&mut buffer[..most]).await else { return };
        let now = match weather.wait_for(|now| !now.stalled && number >= now.silent_below).await {
            Ok(now) => now.clone(),
            Err(_) => return,
        };
        if !now.latency.is_zero() {
            tokio::time::sleep(now.latency).await;
        }
        let piece = pieces.fetch_add(1, Ordering::Relaxed) + 1;
        if now.reset_every > 0 && piece.is_multiple_of(now.reset_every) {
            return;
        }
        let mut passed = read;
        if let (Some(counted), Some(cut)) = (&mut counted, now.cut) {
            passed = read.min(usize::try_from(cut.saturating_sub(*counted)).unwrap_or(usize::MAX));
            *counted += read as u64;
        }
        if to.write_all(&buffer[..passed]).await.is_err() || passed < read {
            return;
        }
    }
}
