//! The real program, as an operator runs it.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use super::{Fresh, Scim};

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
        let env = vec![("BRIDGE_MASTER_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned())];
        Self { url: fresh.url.clone(), address: free, folder: tempfile::tempdir().unwrap(), env }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aisoule-bridge"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("BRIDGE_DATABASE_URL", &self.url).env("BRIDGE_LISTEN", self.address.to_string());
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
        let child =
            self.command(&["serve"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        for _ in 0..400 {
            if tokio::net::TcpStream::connect(self.address).await.is_ok() {
                let server = Server(Some(child));
                // It listens before it serves.
                self.client("").send("GET", &format!("http://{}/livez", self.address), Vec::new()).await.expect(200);
                return server;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server does not listen");
    }

    pub fn client(&self, token: &str) -> Scim {
        Scim::new(self.address, token)
    }
}

/// A running server; dropped, it is killed.
pub struct Server(Option<Child>);

impl Server {
    /// SIGKILL.
    pub fn kill(mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM; gives the exit code and what was logged.
    pub fn terminate(mut self) -> (Option<i32>, String) {
        let child = self.0.take().unwrap();
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
