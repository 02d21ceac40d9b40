//! A small mail server: takes what it is given, or refuses, is silent, speaks TLS or does not, as a test says.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A mail as the server got it.
#[derive(Debug, Clone)]
pub struct Got {
    pub from: String,
    pub to: Vec<String>,
    pub data: String,
    pub over_tls: bool,
}

impl Got {
    /// The headers, each on one line.
    pub fn headers(&self) -> String {
        self.data.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ").replace("\r\n\t", " ")
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let start = format!("{}:", name.to_ascii_lowercase());
        let headers = self.headers();
        let line = headers.lines().find(|line| line.to_ascii_lowercase().starts_with(&start))?;
        Some(line[start.len()..].trim().to_owned())
    }

    /// The text and the HTML, as they were before they were encoded.
    pub fn parts(&self) -> (String, String) {
        let boundary =
            self.data.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary");
        let parts: Vec<&str> = self.data.split(&format!("--{boundary}")).collect();
        let part = |kind: &str| {
            let part =
                parts.iter().find(|part| part.contains(kind)).unwrap_or_else(|| panic!("no {kind}: {}", self.data));
            let (head, body) = part.split_once("\r\n\r\n").expect("a part has a head");
            if head.to_ascii_lowercase().contains("quoted-printable") { unquoted(body) } else { body.to_owned() }
        };
        (part("text/plain"), part("text/html"))
    }
}

/// Quoted-printable text, read.
fn unquoted(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let (mut bytes, mut rest) = (Vec::new(), joined.as_bytes());
    while let [first, tail @ ..] = rest {
        let digits = (*first == b'=').then(|| tail.get(..2)).flatten();
        let byte = digits.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[derive(Default)]
struct State {
    got: Mutex<Vec<Got>>,
    /// What the next recipients are answered; nothing left: that they are fine.
    answers: Mutex<VecDeque<&'static str>>,
    connections: AtomicUsize,
    is_silent: AtomicBool,
    ends: AtomicBool,
    tls: Option<Arc<ServerConfig>>,
}

pub struct SmtpServer {
    pub port: u16,
    state: Arc<State>,
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.state.ends.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// The certificate by which the server's own is known.
pub fn authority() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/smtp/ca.pem")
}

impl SmtpServer {
    /// One without TLS.
    pub fn plain() -> Self {
        Self::start(State::default())
    }

    /// One that offers STARTTLS.
    pub fn starttls() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/smtp");
        let chain = vec![CertificateDer::from_pem_file(folder.join("server.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        Self::start(State { tls: Some(Arc::new(config)), ..State::default() })
    }

    fn start(state: State) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, state) = (listener.local_addr().unwrap().port(), Arc::new(state));
        let theirs = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if theirs.ends.load(Ordering::Relaxed) {
                    return;
                }
                let state = Arc::clone(&theirs);
                thread::spawn(move || serve(stream, &state));
            }
        });
        Self { port, state }
    }

    pub fn got(&self) -> Vec<Got> {
        self.state.got.lock().unwrap().clone()
    }

    /// How often somebody has connected.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// What the next recipient is answered.
    pub fn answer(&self, answer: &'static str) {
        self.state.answers.lock().unwrap().push_back(answer);
    }

    /// Whether whoever connects from now on is left waiting for a greeting.
    pub fn be_silent(&self, silent: bool) {
        self.state.is_silent.store(silent, Ordering::Relaxed);
    }
}

fn serve(mut stream: TcpStream, state: &State) {
    state.connections.fetch_add(1, Ordering::Relaxed);
    if state.is_silent.load(Ordering::Relaxed) {
        // Until the other side gives up.
        let _ = stream.read(&mut [0]);
        return;
    }
    if say(&mut stream, "220 tests ESMTP").is_none() || talk(&mut stream, state, false) != Some(true) {
        return;
    }
    let Some(config) = &state.tls else { return };
    let connection = ServerConnection::new(Arc::clone(config)).unwrap();
    talk(&mut StreamOwned::new(connection, stream), state, true);
}

fn say(stream: &mut impl Write, line: &str) -> Option<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).and_then(|()| stream.flush()).ok()
}

/// A line, read byte by byte, so that nothing of what follows STARTTLS is taken.
fn line(stream: &mut impl Read) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
        if bytes.ends_with(b"\r\n") {
            return String::from_utf8(bytes[..bytes.len() - 2].to_vec()).ok();
        }
    }
}

/// One conversation; true where it goes on under TLS.
fn talk(stream: &mut (impl Read + Write), state: &State, over_tls: bool) -> Option<bool> {
    let mut mail = Got { from: String::new(), to: Vec::new(), data: String::new(), over_tls };
    loop {
        let said = line(stream)?;
        let word = said.to_ascii_uppercase();
        if word.starts_with("EHLO") {
            let offer = state.tls.is_some() && !over_tls;
            say(stream, if offer { "250-tests\r\n250-8BITMIME\r\n250 STARTTLS" } else { "250-tests\r\n250 8BITMIME" })?;
        } else if word == "STARTTLS" {
            say(stream, "220 go on")?;
            return Some(true);
        } else if word.starts_with("MAIL FROM:") {
            mail.from = said[10..].to_owned();
            say(stream, "250 ok")?;
        } else if word.starts_with("RCPT TO:") {
            let answer = state.answers.lock().unwrap().pop_front().unwrap_or("250 ok");
            if answer.starts_with('2') {
                mail.to.push(said[8..].trim_matches(['<', '>']).to_owned());
            }
            say(stream, answer)?;
        } else if word == "DATA" {
            say(stream, "354 go on")?;
            loop {
                let text = line(stream)?;
                if text == "." {
                    break;
                }
                mail.data.push_str(text.strip_prefix('.').unwrap_or(&text));
                mail.data.push_str("\r\n");
            }
            state.got.lock().unwrap().push(mail.clone());
            say(stream, "250 taken")?;
        } else if word == "QUIT" {
            say(stream, "221 bye")?;
            return Some(false);
        } else {
            say(stream, "500 what?")?;
        }
    }
}
