//! A receiver of webhooks: it writes down what comes, and answers by a script, well or badly.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Something that came.
#[derive(Debug, Clone)]
pub struct Got {
    pub head: String,
    pub body: Vec<u8>,
    pub json: Value,
    /// The status that it was answered with; none where it was not answered well.
    pub answered: Option<u16>,
    /// How many times the same event came before.
    pub before: usize,
}

impl Got {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn id(&self) -> &str {
        self.text("/id")
    }

    pub fn event(&self) -> &str {
        self.text("/event")
    }

    /// Whom it is about.
    pub fn subject(&self) -> &str {
        self.text("/data/id")
    }

    pub fn cursor(&self) -> i64 {
        self.json["cursor"].as_i64().unwrap_or_default()
    }

    pub fn is_taken(&self) -> bool {
        self.answered.is_some_and(|status| (200..300).contains(&status))
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum Reply {
    Status(u16),
    /// With these header lines and this body.
    With(u16, String, Vec<u8>),
    /// These bytes, and the connection closes.
    Raw(Vec<u8>),
    /// The connection is reset.
    Reset,
    /// Nothing, for ever.
    Silence,
    /// That status, so much later.
    Late(u16, Duration),
    /// The head of a good answer, and then a byte every 100 ms.
    Trickle,
    /// That status, and a body that never ends.
    Flood(u16),
    /// Headers that never end.
    Headers,
}

/// What came, and how often each event.
#[derive(Default)]
struct Book {
    all: Vec<Got>,
    times: HashMap<String, usize>,
}

type Script = Arc<dyn Fn(&Got) -> Reply + Send + Sync>;

/// The receiver; dropped, it is gone.
pub struct Receiver {
    pub address: SocketAddr,
    got: Arc<Mutex<Book>>,
    script: Arc<Mutex<Script>>,
    /// Bytes of floods that somebody read.
    pub flooded: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    /// Starts one that takes everything.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Arc::new(|_: &Got| Reply::Status(200))));
        let (got, flooded) = (Arc::<Mutex<Book>>::default(), Arc::new(AtomicUsize::new(0)));
        let parts = (Arc::clone(&got), Arc::clone(&script), Arc::clone(&flooded));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, parts.clone()));
            }
        });
        Self { address, got, script, flooded, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Answers so from now on.
    pub fn answers(&self, script: impl Fn(&Got) -> Reply + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Arc::new(script);
    }

    pub fn always(&self, reply: Reply) {
        self.answers(move |_| reply.clone());
    }

    /// Everything that came, in its order.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().all.clone()
    }

    /// What was taken.
    pub fn taken(&self) -> Vec<Got> {
        self.got().into_iter().filter(Got::is_taken).collect()
    }

    pub fn count(&self) -> usize {
        self.got.lock().unwrap().all.len()
    }

    /// How much was taken.
    pub fn taken_count(&self) -> usize {
        self.got.lock().unwrap().all.iter().filter(|got| got.is_taken()).count()
    }

    /// How many events were taken, each counted once.
    pub fn events(&self) -> usize {
        let book = self.got.lock().unwrap();
        let ids = book.all.iter().filter(|got| got.is_taken()).map(Got::id);
        ids.collect::<std::collections::HashSet<_>>().len()
    }
}

type Parts = (Arc<Mutex<Book>>, Arc<Mutex<Script>>, Arc<AtomicUsize>);

async fn serve(mut socket: TcpStream, (book, script, flooded): Parts) {
    let mut buffer = Vec::new();
    while let Some((head, body)) = read(&mut socket, &mut buffer).await {
        let json: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let reply = {
            let mut book = book.lock().unwrap();
            let times = book.times.entry(json["id"].to_string()).or_default();
            let before = *times;
            *times += 1;
            let mut got = Got { head, body, json, answered: None, before };
            let script = Arc::clone(&script.lock().unwrap());
            let reply = script(&got);
            got.answered = match &reply {
                Reply::Status(status) | Reply::With(status, ..) => Some(*status),
                _ => None,
            };
            book.all.push(got);
            reply
        };
        let plain = |status: u16| format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\n{{}}").into_bytes();
        match reply {
            Reply::Status(status) => drop(socket.write_all(&plain(status)).await),
            Reply::With(status, lines, body) => {
                let head = format!("HTTP/1.1 {status} X\r\n{lines}content-length: {}\r\n\r\n", body.len());
                let _ = socket.write_all(&[head.into_bytes(), body].concat()).await;
            }
            Reply::Raw(bytes) => {
                let _ = socket.write_all(&bytes).await;
                return;
            }
            Reply::Reset => {
                let _ = socket.set_zero_linger();
                return;
            }
            Reply::Silence => {
                let _ = socket.read(&mut [0; 1]).await;
                return;
            }
            Reply::Late(status, wait) => {
                tokio::time::sleep(wait).await;
                let _ = socket.write_all(&plain(status)).await;
            }
            Reply::Trickle => {
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
                while socket.write_all(b"x").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                return;
            }
            Reply::Flood(status) => {
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 1073741824\r\n\r\n");
                let _ = socket.write_all(head.as_bytes()).await;
                let piece = [b'<'; 65_536];
                while socket.write_all(&piece).await.is_ok() {
                    flooded.fetch_add(piece.len(), Ordering::Relaxed);
                }
                return;
            }
            Reply::Headers => {
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n").await;
                while socket.write_all(b"x-more: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n").await.is_ok() {
                    flooded.fetch_add(50, Ordering::Relaxed);
                }
                return;
            }
        }
    }
}

/// The next request: its head and body. None where the connection ends.
async fn read(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            let whole = end + 4 + length.unwrap_or(0);
            if buffer.len() >= whole {
                let body = buffer[end + 4..whole].to_vec();
                buffer.drain(..whole);
                return Some((head, body));
            }
        }
        let mut piece = [0; 16_384];
        match socket.read(&mut piece).await {
            Ok(length) if length > 0 => buffer.extend_from_slice(&piece[..length]),
            _ => return None,
        }
    }
}
