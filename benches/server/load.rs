//! The load: connections that are kept open, each with one request under way at a time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a load came to.
pub struct Measured {
    /// Requests answered a second.
    pub rate: f64,
    /// Half of the answers took no longer.
    pub p50: Duration,
    /// 99 of a hundred took no longer.
    pub p99: Duration,
}

/// The `i`-th request of a connection: method, path and body.
pub type Maker = Arc<dyn Fn(u64) -> (&'static str, String, String) + Send + Sync>;

/// A server to be driven.
#[derive(Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub token: String,
    /// What a browser holds; empty where it holds nothing.
    pub cookie: String,
}

impl Target {
    /// One request; gives status and body.
    pub async fn ask(&self, method: &str, path: &str, body: &str) -> Result<(u16, Vec<u8>), String> {
        let mut connection = Connection::open(self.address).await?;
        connection.ask(&self.head(method, path, body)).await?;
        Ok((connection.status, connection.body().to_vec()))
    }

    /// What a browser does that holds these cookies: opens a page, or sends a form. Gives the status, the cookies that it holds
    /// then, and the page.
    pub async fn visit(&self, path: &str, cookies: &str, form: &str) -> Result<(u16, String, String), String> {
        let mut connection = Connection::open(self.address).await?;
        let (method, length) = (if form.is_empty() { "GET" } else { "POST" }, form.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\ncookie: {cookies}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}",
            self.address
        );
        connection.ask(request.as_bytes()).await?;
        let head = String::from_utf8_lossy(connection.read.get(..connection.head).unwrap_or_default()).into_owned();
        let set = head.lines().filter_map(|line| line.split_once(": "));
        let set = set.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let set = set.filter_map(|(_, value)| value.split(';').next());
        let held: Vec<&str> = cookies.split("; ").chain(set).filter(|cookie| !cookie.is_empty()).collect();
        Ok((connection.status, held.join("; "), String::from_utf8_lossy(connection.body()).into_owned()))
    }

    fn head(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let Self { address, token, cookie } = self;
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nx-api-key: {token}\r\ncookie: {cookie}\r\n\
             content-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// Drives the server from `connections` connections for a while. Requests are numbered through all connections.
    /// Every answer must be a success.
    pub async fn drive(&self, connections: usize, lasting: Duration, make: Maker) -> Result<Measured, String> {
        let (next, start) = (Arc::new(std::sync::atomic::AtomicU64::new(0)), Instant::now());
        let hands: Vec<_> = (0..connections)
            .map(|_| {
                let (target, make, next) = (self.clone(), Arc::clone(&make), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut connection = Connection::open(target.address).await?;
                    let mut taken = Vec::new();
                    while start.elapsed() < lasting {
                        let (method, path, body) = make(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
                        let request = target.head(method, &path, &body);
                        let asked = Instant::now();
                        connection.ask(&request).await?;
                        taken.push(asked.elapsed());
                        if !(200..300).contains(&connection.status) {
                            let body = String::from_utf8_lossy(connection.body()).into_owned();
                            return Err(format!("{method} {path} answered {}: {body}", connection.status));
                        }
                    }
                    Ok::<_, String>(taken)
                })
            })
            .collect();
        let mut taken = Vec::new();
        for hand in hands {
            taken.extend(hand.await.map_err(|error| error.to_string())??);
        }
        Measured::of(taken, start.elapsed())
    }
}

impl Measured {
    /// From how long each took and how long all took together.
    #[allow(clippy::cast_precision_loss)]
    pub fn of(mut taken: Vec<Duration>, together: Duration) -> Result<Self, String> {
        taken.sort_unstable();
        let at = |hundredth: usize| taken.get(taken.len() * hundredth / 100).copied().ok_or("nothing was answered");
        Ok(Self { rate: taken.len() as f64 / together.as_secs_f64(), p50: at(50)?, p99: at(99)? })
    }
}

/// One kept connection and the answer that was read from it last.
struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
    status: u16,
    head: usize,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self { stream, read: Vec::with_capacity(256 * 1024), status: 0, head: 0 })
    }

    fn body(&self) -> &[u8] {
        self.read.get(self.head..).unwrap_or_default()
    }

    async fn ask(&mut self, request: &[u8]) -> Result<(), String> {
        let failed = |error: std::io::Error| error.to_string();
        self.stream.write_all(request).await.map_err(failed)?;
        self.read.clear();
        self.head = 0;
        let mut expected = usize::MAX;
        while self.read.len() < expected {
            if self.stream.read_buf(&mut self.read).await.map_err(failed)? == 0 {
                return Err("the server closed the connection".into());
            }
            if self.head == 0
                && let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n")
            {
                let head = String::from_utf8_lossy(&self.read[..end]).to_ascii_lowercase();
                self.status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                self.head = end + 4;
                expected = self.head + length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            }
        }
        Ok(())
    }
}
