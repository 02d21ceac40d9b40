//! The real program, as an operator runs it.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{Fresh, Scim};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// The program over one database.
pub struct Program {
    url: String,
    pub address: SocketAddr,
    pub folder: tempfile::TempDir,
    /// The environment besides.
    pub env: Vec<(&'static str, String)>,
}

impl Program {
    pub fn new(fresh: &Fresh) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
        let env = vec![("BRIDGE_MASTER_KEY", key.to_owned()), ("BRIDGE_MAIL", "none".to_owned())];
        Self { url: fresh.url.clone(), address: free, folder: tempfile::tempdir().unwrap(), env }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aisoule-bridge"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("BRIDGE_DATABASE_URL", &self.url).env("BRIDGE_LISTEN", self.address.to_string());
        // Those who are called are on this machine, as it says by this.
        command.env("BRIDGE_PUBLIC_URL", format!("http://{}", self.address));
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs a command that must succeed; gives its stdout.
    #[track_caller]
    pub fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail; gives its stderr.
    #[track_caller]
    pub fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs a command with text on its stdin.
    pub fn tell(&self, arguments: &[&str], text: &str) -> Output {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Starts the server and waits until it serves.
    // The one who gets the server waits for it.
    #[allow(clippy::zombie_processes)]
    pub async fn serve(&self) -> Server {
        self.serve_with(&[]).await
    }

    /// The same, with more environment variables.
    pub async fn serve_with(&self, environment: &[(&str, &str)]) -> Server {
        let server = self.start(&[], environment);
        assert!(self.listens().await, "the server does not listen: {}", server.log());
        // It listens before it serves.
        self.client("").send("GET", &format!("http://{}/livez", self.address), Vec::new()).await.expect(200);
        server
    }

    /// Starts the server as the last arguments of another program, such as strace.
    pub fn start(&self, by: &[&str], environment: &[(&str, &str)]) -> Server {
        self.start_as(&["serve"], by, environment)
    }

    /// The same, with further arguments of the server's.
    pub fn start_as(&self, arguments: &[&str], by: &[&str], environment: &[(&str, &str)]) -> Server {
        let bare = self.command(arguments);
        let mut command = by.first().map_or_else(|| Command::new(bare.get_program()), Command::new);
        command.args(by.iter().skip(1)).args((!by.is_empty()).then(|| bare.get_program())).args(bare.get_args());
        command.current_dir(self.folder.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(bare.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.envs(environment.iter().copied());
        let log = self.folder.path().join(format!("log-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        let file = std::fs::File::create(&log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Server { child: Some(child), log }
    }

    /// Waits until the server listens; false where it does not within ten seconds.
    async fn listens(&self) -> bool {
        for _ in 0..1_000 {
            if tokio::net::TcpStream::connect(self.address).await.is_ok() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    pub fn client(&self, token: &str) -> Scim {
        Scim::new(self.address, token)
    }
}

/// A running server; dropped, it is killed.
pub struct Server {
    child: Option<Child>,
    log: PathBuf,
}

impl Server {
    /// What was logged up to now.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The server's own process, also where another program started it.
    pub fn process(&self) -> u32 {
        let id = self.child.as_ref().map_or(0, Child::id);
        let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        let below = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let traced = name.trim() == "strace";
        below.split_whitespace().next().filter(|_| traced).and_then(|id| id.parse().ok()).unwrap_or(id)
    }

    /// Waits until the server is ready; false where it ends before, or is not within ten seconds.
    pub async fn is_ready(&mut self, scim: &Scim) -> bool {
        for _ in 0..1_000 {
            if self.has_ended() {
                return false;
            }
            if scim.ready().await == Some(200) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    pub fn signal(&self, signal: &str) -> bool {
        Command::new("kill").arg(signal).arg(self.process().to_string()).status().is_ok_and(|status| status.success())
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.end("-KILL");
    }

    /// SIGTERM; gives the exit code and what was logged.
    pub fn terminate(mut self) -> (Option<i32>, String) {
        let code = self.end("-TERM");
        (code, self.log())
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| matches!(child.try_wait(), Ok(Some(_))))
    }

    /// Waits for its end; gives the exit code, none where a signal ended it.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.take().unwrap().wait().unwrap().code()
    }

    fn end(&mut self, signal: &str) -> Option<i32> {
        self.signal(signal);
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.signal("-KILL");
            self.wait();
        }
    }
}
