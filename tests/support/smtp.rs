//! A small mail server: takes what it is given, or refuses, is silent, speaks TLS or does not, as a test says.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
    /// How somebody logged in before they sent it, where they did.
    pub logged_in: Option<&'static str>,
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
    tls: Option<Mutex<Arc<ServerConfig>>>,
    /// Whether TLS begins with the connection.
    from_the_beginning: bool,
    /// Whether STARTTLS is refused, which is offered all the same.
    refuses_tls: AtomicBool,
    /// Who has to log in, and by which mechanisms.
    guard: Mutex<Option<Guard>>,
    /// Passwords that were given.
    tried: Mutex<Vec<String>>,
}

#[derive(Clone)]
struct Guard {
    user: String,
    password: String,
    mechanisms: &'static str,
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

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/smtp")
}

/// The certificate by which the server's own is known.
pub fn authority() -> PathBuf {
    folder().join("ca.pem")
}

/// The one by which the certificate of another name is.
pub fn other_authority() -> PathBuf {
    folder().join("other-ca.pem")
}

impl SmtpServer {
    /// One without TLS.
    pub fn plain() -> Self {
        Self::start(State::default())
    }

    /// One that offers STARTTLS.
    pub fn starttls() -> Self {
        Self::start(State { tls: Some(Mutex::new(own())), ..State::default() })
    }

    /// One that speaks TLS from the beginning, as at port 465.
    pub fn tls() -> Self {
        Self::start(State { tls: Some(Mutex::new(own())), from_the_beginning: true, ..State::default() })
    }

    /// Has a certificate of `mail.acme.example` from now on, from [`other_authority`]; or its own again.
    pub fn be_another(&self, another: bool) {
        let other = || config(&folder().join("other.pem"), &folder().join("other.key"));
        *self.state.tls.as_ref().unwrap().lock().unwrap() = if another { other() } else { own() };
    }

    /// Whether STARTTLS is refused from now on.
    pub fn refuse_tls(&self, refuses: bool) {
        self.state.refuses_tls.store(refuses, Ordering::Relaxed);
    }

    /// From now on only this user sends anything, with that password, by one of these mechanisms.
    pub fn guard(&self, user: &str, password: &str, mechanisms: &'static str) {
        let guard = Guard { user: user.to_owned(), password: password.to_owned(), mechanisms };
        *self.state.guard.lock().unwrap() = Some(guard);
    }

    /// The passwords that were given.
    pub fn tried(&self) -> Vec<String> {
        self.state.tried.lock().unwrap().clone()
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

/// How a server speaks TLS that has this certificate.
fn config(certificate: &Path, key: &Path) -> Arc<ServerConfig> {
    let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap())
}

/// With the certificate of `localhost` and 127.0.0.1, from [`authority`].
fn own() -> Arc<ServerConfig> {
    config(&folder().join("server.pem"), &folder().join("server.key"))
}

fn serve(mut stream: TcpStream, state: &State) {
    state.connections.fetch_add(1, Ordering::Relaxed);
    if state.is_silent.load(Ordering::Relaxed) {
        // Until the other side gives up.
        let _ = stream.read(&mut [0]);
        return;
    }
    let config = state.tls.as_ref().map(|config| Arc::clone(&config.lock().unwrap()));
    if state.from_the_beginning {
        let mut stream = StreamOwned::new(ServerConnection::new(config.unwrap()).unwrap(), stream);
        if say(&mut stream, "220 tests ESMTP").is_some() {
            talk(&mut stream, state, true);
        }
        return;
    }
    if say(&mut stream, "220 tests ESMTP").is_none() || talk(&mut stream, state, false) != Some(true) {
        return;
    }
    let Some(config) = config else { return };
    talk(&mut StreamOwned::new(ServerConnection::new(config).unwrap(), stream), state, true);
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

/// What somebody says in base64.
fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text.trim()).unwrap_or_default()
}

/// Reads whose user and password follow `AUTH`.
fn credentials(stream: &mut (impl Read + Write), said: &str) -> Option<(&'static str, String, String)> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let mut words = said.split(' ').skip(1);
    if words.next()?.eq_ignore_ascii_case("PLAIN") {
        let all = text(decoded(words.next().unwrap_or_default()));
        let mut parts = all.split('\0').skip(1).map(str::to_owned);
        return Some(("PLAIN", parts.next()?, parts.next()?));
    }
    say(stream, "334 VXNlcm5hbWU6")?;
    let user = text(decoded(&line(stream)?));
    say(stream, "334 UGFzc3dvcmQ6")?;
    Some(("LOGIN", user, text(decoded(&line(stream)?))))
}

/// One conversation; true where it goes on under TLS.
fn talk(stream: &mut (impl Read + Write), state: &State, over_tls: bool) -> Option<bool> {
    let mut mail = Got { from: String::new(), to: Vec::new(), data: String::new(), over_tls, logged_in: None };
    loop {
        let said = line(stream)?;
        let word = said.to_ascii_uppercase();
        if word.starts_with("EHLO") {
            let starttls = if state.tls.is_some() && !over_tls { "250-STARTTLS\r\n" } else { "" };
            let guard = state.guard.lock().unwrap().clone().filter(|_| over_tls);
            let auth = guard.map(|guard| format!("250-AUTH {}\r\n", guard.mechanisms)).unwrap_or_default();
            say(stream, &format!("250-tests\r\n{starttls}{auth}250 8BITMIME"))?;
        } else if word.starts_with("AUTH ") {
            let (how, user, password) = credentials(stream, &said)?;
            state.tried.lock().unwrap().push(password.clone());
            let guard = state.guard.lock().unwrap().clone();
            let is_right = guard.is_some_and(|guard| guard.user == user && guard.password == password);
            mail.logged_in = is_right.then_some(how);
            say(stream, if is_right { "235 welcome" } else { "535 5.7.8 who are you?" })?;
        } else if mail.logged_in.is_none() && word.starts_with("MAIL") && state.guard.lock().unwrap().is_some() {
            say(stream, "530 5.7.0 log in first")?;
        } else if word == "STARTTLS" && state.refuses_tls.load(Ordering::Relaxed) {
            say(stream, "454 4.7.0 no TLS at the moment")?;
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
