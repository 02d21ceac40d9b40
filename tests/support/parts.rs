//! Real parts for signing in, as programs: providers, a client, a browser. `tests/signing_in/setup.sh` installs them.
//!
//! Each has its time, is ended by its id, and ends by itself when its input closes, as when the test program dies.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::tools::missing_unless;

/// How long a part may take to say that it is ready, or whatever else is waited for.
const PATIENCE: Duration = Duration::from_secs(240);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/signing_in")
}

fn installed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/signing-in")
}

/// Where pictures of pages go.
pub fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots")
}

/// Whether the provider and the client from npm can be run here.
pub fn has_node_parts() -> bool {
    missing_unless(folder().join("node_modules/oidc-provider").exists(), "oidc-provider (tests/signing_in/setup.sh)")
}

/// Whether canaille can be run here.
pub fn has_canaille() -> bool {
    missing_unless(installed().join("venv/bin/canaille").exists(), "canaille (tests/signing_in/setup.sh)")
}

/// Whether there is a browser here.
pub fn has_browser() -> bool {
    let known = [
        "/usr/bin/chromium-headless-shell",
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];
    let named = std::env::var("BRIDGE_TEST_CHROMIUM").is_ok_and(|path| Path::new(&path).exists());
    missing_unless(named || known.iter().any(|path| Path::new(path).exists()), "Chromium (tests/signing_in/setup.sh)")
}

/// A port that nobody listens at.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running program that says things, a line each.
pub struct Part {
    name: &'static str,
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Drop for Part {
    fn drop(&mut self) {
        // It ends by itself then; else it is ended.
        drop(self.child.stdin.take());
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(3) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Part {
    fn start(name: &'static str, command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let (sender, lines) = mpsc::unbounded_channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { name, child, lines }
    }

    /// What it says next.
    pub async fn line(&mut self) -> String {
        let said = tokio::time::timeout(PATIENCE, self.lines.recv()).await;
        let said = said.unwrap_or_else(|_| panic!("{} says nothing", self.name));
        said.unwrap_or_else(|| panic!("{} has ended", self.name))
    }

    async fn ready(mut self) -> Self {
        while self.line().await != "ready" {}
        self
    }
}

/// A provider that runs.
pub struct RealProvider {
    /// Its issuer.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: String,
    _part: Part,
    _folder: Option<tempfile::TempDir>,
}

const SECRET: &str = "a-secret-of-the-tests";

impl RealProvider {
    /// The body of a request for a connection to it.
    pub fn connection(port: u16, name: &str) -> Value {
        json!({
            "name": name, "kind": "oidc", "issuer": format!("http://127.0.0.1:{port}"), "client_id": "bridge", "secret": SECRET,
            "auto_create_users": true,
        })
    }
}

/// npm's oidc-provider with a client that comes back to `redirect`, at a port; `more` are further members of the client or, under
/// `provider`, of its settings. None where it can't be run.
pub async fn op(port: u16, redirect: &str, more: Value) -> Option<RealProvider> {
    if !has_node_parts() {
        return None;
    }
    let mut client = json!({"client_id": "bridge", "client_secret": SECRET, "redirect_uris": [redirect]});
    let mut settings = json!({});
    for (name, value) in more.as_object().into_iter().flatten() {
        if name == "provider" {
            settings = value.clone();
        } else {
            client[name] = value.clone();
        }
    }
    settings["clients"] = json!([client]);
    let mut command = Command::new("node");
    command.arg(folder().join("op.mjs")).arg(port.to_string()).arg(settings.to_string());
    let part = Part::start("oidc-provider", &mut command).ready().await;
    let issuer = format!("http://127.0.0.1:{port}");
    let (client_id, client_secret) = ("bridge".into(), SECRET.into());
    Some(RealProvider { issuer, client_id, client_secret, _part: part, _folder: None })
}

/// Canaille at a port, with a client that comes back to `redirect`, and Anna (`anna`, `correct horse battery`). None where it can't
/// be run.
pub async fn canaille(port: u16, redirect: &str, post_logout: &str) -> Option<RealProvider> {
    if !has_canaille() {
        return None;
    }
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("bash");
    command.arg(folder().join("canaille.sh")).arg(port.to_string()).arg(home.path()).arg(redirect).arg(post_logout);
    let part = Part::start("canaille", &mut command).ready().await;
    let issuer = format!("http://127.0.0.1:{port}");
    let (client_id, client_secret) = ("bridge".into(), SECRET.into());
    Some(RealProvider { issuer, client_id, client_secret, _part: part, _folder: Some(home) })
}

/// A client of AIsoule's (npm's openid-client), which waits for somebody to come back from signing in.
pub struct RealClient {
    /// Where a browser begins.
    pub authorize: String,
    part: Part,
}

impl RealClient {
    /// None where it can't be run. The settings are explained in `client.mjs`.
    pub async fn start(settings: Value) -> Option<Self> {
        if !has_node_parts() {
            return None;
        }
        let mut command = Command::new("node");
        command.arg(folder().join("client.mjs")).arg(settings.to_string());
        let mut part = Part::start("openid-client", &mut command);
        let said: Value = serde_json::from_str(&part.line().await).unwrap();
        assert_eq!(said["event"], "authorize", "{said}");
        Some(Self { authorize: said["url"].as_str().unwrap().to_owned(), part })
    }

    /// What it has to say in the end.
    pub async fn outcome(mut self) -> Value {
        serde_json::from_str(&self.part.line().await).unwrap()
    }
}

/// The browser, which all plays of a program share: started with the first of them, ended with the program.
struct Stage {
    stdin: Mutex<ChildStdin>,
    /// Whoever waits for what a play says, until the browser has ended.
    plays: Mutex<Option<HashMap<u64, mpsc::UnboundedSender<Value>>>>,
}

static STAGE: Mutex<Option<Arc<Stage>>> = Mutex::new(None);
static PLAYS: AtomicU64 = AtomicU64::new(0);

impl Stage {
    /// The one that runs, or a new one.
    fn running() -> Arc<Self> {
        let mut stage = STAGE.lock().unwrap();
        if let Some(running) = stage.as_ref().filter(|stage| stage.plays.lock().unwrap().is_some()) {
            return Arc::clone(running);
        }
        let mut command = Command::new("node");
        command.arg(folder().join("browser.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("Chromium: {error}"));
        let stdin = Mutex::new(child.stdin.take().unwrap());
        let started = Arc::new(Self { stdin, plays: Mutex::new(Some(HashMap::new())) });
        let hearing = Arc::clone(&started);
        std::thread::spawn(move || hearing.hear(child));
        *stage = Some(Arc::clone(&started));
        started
    }

    /// Tells each play what it says.
    fn hear(&self, mut child: Child) {
        let stdout = BufReader::new(child.stdout.take().unwrap());
        for line in stdout.lines().map_while(Result::ok) {
            let said: Value = serde_json::from_str(&line).unwrap();
            let plays = self.plays.lock().unwrap();
            let play = plays.as_ref().and_then(|plays| plays.get(&said["id"].as_u64()?));
            // Whoever waited may have given up.
            let _ = play.map(|play| play.send(said));
        }
        self.plays.lock().unwrap().take();
        let _ = child.wait();
    }

    fn tell(&self, what: &Value) -> std::io::Result<()> {
        let mut stdin = self.stdin.lock().unwrap();
        writeln!(stdin, "{what}")?;
        stdin.flush()
    }
}

/// A play that runs; whoever drops it ends it.
struct Playing {
    stage: Arc<Stage>,
    id: u64,
    says: mpsc::UnboundedReceiver<Value>,
}

impl Playing {
    fn begin(play: &Value) -> Self {
        let (stage, id) = (Stage::running(), PLAYS.fetch_add(1, Ordering::Relaxed));
        let (sender, says) = mpsc::unbounded_channel();
        stage.plays.lock().unwrap().as_mut().expect("Chromium has ended").insert(id, sender);
        stage.tell(&json!({"id": id, "play": play})).unwrap();
        Self { stage, id, says }
    }

    /// What it says next.
    async fn says(&mut self) -> Value {
        let said = tokio::time::timeout(PATIENCE, self.says.recv()).await;
        said.expect("Chromium says nothing").expect("Chromium has ended")
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        if let Some(plays) = self.stage.plays.lock().unwrap().as_mut() {
            plays.remove(&self.id);
        }
        let _ = self.stage.tell(&json!({"id": self.id, "over": true}));
    }
}

/// Plays in the browser; the play and what comes of it are explained in `browser.mjs`.
pub async fn browse(play: Value) -> Value {
    browse_and(play, async |word, _| panic!("nobody is to be told of {word}")).await
}

/// The same, with what is done when the play tells of something: a word, and what a place of the page says.
pub async fn browse_and(mut play: Value, mut told: impl AsyncFnMut(&str, &str)) -> Value {
    play["shots"] = json!(screenshots());
    let mut playing = Playing::begin(&play);
    loop {
        let said = playing.says().await;
        let Some(tells) = said["tells"].as_array() else { return said };
        told(tells[0].as_str().unwrap(), tells[1].as_str().unwrap()).await;
    }
}

/// The steps of a login at [`op`].
pub fn at_op(login: &str) -> Vec<Value> {
    vec![
        json!({"fill": ["[name=login]", login]}),
        json!({"fill": ["[name=password]", "whatever"]}),
        json!({"click": "button[type=submit]"}),
    ]
}

/// The steps of Anna's login at [`canaille`].
pub fn at_canaille() -> Vec<Value> {
    vec![
        json!({"fill": ["[name=login]", "anna"]}),
        json!({"click": "form button[type=submit]"}),
        json!({"fill": ["[name=password]", "correct horse battery"]}),
        json!({"click": "form button[type=submit]"}),
    ]
}
