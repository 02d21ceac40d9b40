//! The runs: a fresh database, the release binary over it, the load, and the bare database afterwards.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::load::{Maker, Target};
use crate::report::Report;
use crate::{CONNECTIONS, Plan, bare, postgres, seed};

const BINARY: &str = env!("CARGO_BIN_EXE_aisoule-bridge");

/// Its settings, in its folder.
const CONFIG: &str = "bridge.toml";

/// The bridge over a database of its own.
pub struct Bridge {
    pub url: String,
    address: SocketAddr,
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Bridge {
    pub async fn over(database: &str) -> Result<Self, String> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(|error| error.to_string())?;
        let url = match database {
            "sqlite" => format!("sqlite://{}", folder.path().join("bridge.db").display()),
            "postgres" => postgres::fresh_durable_database().await.ok_or("there is no PostgreSQL")?,
            other => return Err(format!("{other} is neither sqlite nor postgres")),
        };
        // One credential asks for everybody here: the limit on it counts, but never says no.
        let config =
            "[limits]\nrequests_per_second = 1000000\nburst = 1000000\napi_per_minute = 0\napi_per_second = 0\n";
        std::fs::write(folder.path().join(CONFIG), config).map_err(|error| error.to_string())?;
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        Ok(Self { url, address: free.map_err(|error| error.to_string())?, folder, child: None })
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(["--config", CONFIG]).args(words).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("BRIDGE_DATABASE_URL", &self.url).env("BRIDGE_LISTEN", self.address.to_string());
        command.env("BRIDGE_PUBLIC_URL", format!("http://{}", self.address));
        command.env("BRIDGE_MASTER_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=").env("BRIDGE_LOG", "warn");
        // Letters are not what is measured.
        command.env("BRIDGE_MAIL", "none");
        command
    }

    /// More settings, before it starts.
    pub fn set(&self, more: &str) -> Result<(), String> {
        let path = self.folder.path().join(CONFIG);
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        std::fs::write(path, format!("{text}{more}")).map_err(|error| error.to_string())
    }

    /// A command that reads a secret.
    pub fn hears(&self, words: &[&str], secret: &str) -> Result<(), String> {
        let mut child = self.command(words).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let child = child.as_mut().map_err(|error| error.to_string())?;
        let mut stdin = child.stdin.take().ok_or("no stdin")?;
        std::io::Write::write_all(&mut stdin, secret.as_bytes()).map_err(|error| error.to_string())?;
        drop(stdin);
        let status = child.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("{words:?}: {status}")) }
    }

    pub fn says(&self, words: &[&str]) -> Result<String, String> {
        let output = self.command(words).output().map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Starts it; gives how long it took until it was ready.
    pub async fn start(&mut self, token: &str) -> Result<(Target, Duration), String> {
        let started = Instant::now();
        let child = self.command(&["serve"]).stdout(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        self.child = Some(child);
        let target = Target { address: self.address, token: token.to_owned(), cookie: String::new() };
        while started.elapsed() < Duration::from_secs(10) {
            if matches!(target.ask("GET", "/readyz", "").await, Ok((200, _))) {
                return Ok((target, started.elapsed()));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err("the bridge does not start".into())
    }

    /// The REST API, with a key that may do everything.
    pub fn api(&self, scim: &Target) -> Result<Target, String> {
        let token = self.says(&["key", "create", "--workspace", "Bench", "--name", "bench"])?;
        Ok(Target { token, ..scim.clone() })
    }

    /// Resident memory, MiB.
    fn memory(&self) -> f64 {
        let of = |child: &Child| std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok();
        let status = self.child.as_ref().and_then(of).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or_default() / 1_024.0
    }

    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What an identity provider sends for a new person.
pub fn person(name: &str) -> String {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "userName": format!("{name}@example.com"),
        "externalId": format!("x-{name}"),
        "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"},
        "displayName": format!("Ada Lovelace {name}"),
        "emails": [{"value": format!("{name}@example.com"), "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "+44 20 7946 0000", "type": "work"}],
        "title": "Analyst",
        "active": true,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "1815", "department": "Support"},
    })
    .to_string()
}

pub fn patch(operation: &serde_json::Value) -> String {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}).to_string()
}

/// A number of 0 to `below` that looks like chance and is the same every time.
fn mixed(i: u64, below: u64) -> u64 {
    (i.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 17) % below
}

pub async fn prepared(database: &str, users: u64) -> Result<(Bridge, Target, Duration, f64), String> {
    let mut bridge = Bridge::over(database).await?;
    bridge.says(&["workspace", "create", "Bench", "--plan", "scale", "--seats", "10000000"])?;
    let token = bridge.says(&["token", "create", "--workspace", "Bench"])?;
    let (target, start) = bridge.start(&token).await?;
    let idle = bridge.memory();
    let (status, body) = target.ask("POST", "/scim/v2/Users", &person("seed-user")).await?;
    if status != 201 {
        return Err(format!("the first user: {status} {}", String::from_utf8_lossy(&body)));
    }
    seed::users(&bridge.url, users).await?;
    Ok((bridge, target, start, idle))
}

/// Everything about users, with so many of them there.
pub async fn users(database: &str, users: u64, plan: &Plan, first: bool, report: &mut Report) -> Result<(), String> {
    let (mut bridge, target, start, idle) = prepared(database, users).await?;
    Report::title(&format!("{database}, {users} users, {CONNECTIONS} connections"));
    if first {
        report.note(database, users, "start-up, empty", start.as_secs_f64() * 1_000.0, "ms");
        report.note(database, users, "memory, idle", idle, "MiB");
    }
    let drive = |make: Maker| target.drive(CONNECTIONS, plan.seconds, make);
    let get =
        drive(Arc::new(move |i| ("GET", format!("/scim/v2/Users/{}", seed::user_id(mixed(i, users))), String::new())))
            .await?;
    let eq = drive(Arc::new(move |i| {
        let path = format!("/scim/v2/Users?filter=userName%20eq%20%22user-{}@example.com%22", mixed(i, users));
        ("GET", path, String::new())
    }))
    .await?;
    let page = drive(Arc::new(|_| ("GET", "/scim/v2/Users?count=100".to_owned(), String::new()))).await?;
    let reactivate = drive(Arc::new(move |i| {
        // Everybody off, then everybody on, and so on: no request finds what it asks for.
        let (path, active) = (format!("/scim/v2/Users/{}", seed::user_id(i % users)), (i / users) % 2 == 1);
        ("PATCH", path, patch(&json!({"op": "replace", "value": {"active": active}})))
    }))
    .await?;
    let create = drive(Arc::new(|i| ("POST", "/scim/v2/Users".to_owned(), person(&format!("new-{i}"))))).await?;
    let memory = bridge.memory();
    bridge.stop();

    let reference = bare::Reference::start(&bridge.url).await?;
    let select = reference.target.drive(
        CONNECTIONS,
        plan.seconds,
        Arc::new(move |i| ("GET", format!("/{}", seed::user_id(mixed(i, users))), String::new())),
    );
    let select = select.await?.rate;
    let hundred = Arc::new(|_| ("GET", "/page".to_owned(), String::new()));
    let hundred = reference.target.drive(CONNECTIONS, plan.seconds, hundred).await?.rate;
    drop(reference);
    let bare = bare::Writes::open(&bridge.url, plan.seconds).await?;
    let inserts = bare.inserts().await?;
    let updates = bare.updates(users).await?;
    report.row(database, users, "GET", &get, Some(select));
    report.row(database, users, "userName eq", &eq, Some(select));
    report.row(database, users, "page of 100", &page, Some(hundred));
    report.row(database, users, "PATCH active", &reactivate, Some(updates));
    report.row(database, users, "create", &create, Some(inserts.shared));
    if let Some(alone) = inserts.alone {
        report.note(database, users, "bare, a commit each", alone, "a second");
    }
    report.note(database, users, "memory, after the load", memory, "MiB");
    Ok(())
}

/// Adding members, one a request, to a group that has so many.
pub async fn members(database: &str, members: u64, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let others = 20_000 * plan.seconds.as_secs().max(1);
    // As many again for the bare database.
    let (mut bridge, target, ..) = prepared(database, members + 2 * others).await?;
    seed::group(&bridge.url, members).await?;
    Report::title(&format!("{database}, a group of {members} members, {CONNECTIONS} connections"));
    let path = format!("/scim/v2/Groups/{}", seed::group_id(members));
    let drive = |make: Maker| target.drive(CONNECTIONS, plan.seconds, make);
    let add = drive(Arc::new(move |i| {
        let member = json!([{"value": seed::user_id(members + i).to_string()}]);
        ("PATCH", path.clone(), patch(&json!({"op": "add", "path": "members", "value": member})))
    }))
    .await?;
    bridge.stop();
    let bare = bare::Writes::open(&bridge.url, plan.seconds).await?;
    let joins = bare.joins(members, members + others).await?;
    report.row(database, members, "add a member", &add, Some(joins));
    Ok(())
}

/// How many groups have a rule, besides those that are measured.
const RULES: u64 = 1_000;

/// Another role in the rule of a group of 10, 100, … members, among 1,000 rules: it should cost what it touches.
pub async fn rules(database: &str, users: u64, report: &mut Report) -> Result<(), String> {
    let (mut bridge, scim, ..) = prepared(database, users).await?;
    let api = bridge.api(&scim)?;
    Report::title(&format!("{database}, {users} users, {RULES} groups with a rule: another role for one of them"));
    let roles = [role(&api, "First").await?, role(&api, "Second").await?];
    for n in 0..RULES {
        let members: Vec<_> = (0..10).map(|i| json!({"value": seed::user_id((n * 97 + i * 7_919) % users)})).collect();
        let group = json!({"displayName": format!("Filler {n}"), "members": members}).to_string();
        made(scim.ask("POST", "/scim/v2/Groups", &group).await?)?;
        let rule = json!({"group_name": format!("Filler {n}"), "role_id": roles[0], "priority": n}).to_string();
        made(api.ask("POST", "/api/rules", &rule).await?)?;
    }
    for members in [10, 100, 1_000, 10_000, 100_000].into_iter().filter(|members| *members <= users) {
        seed::group(&bridge.url, members).await?;
        // Ahead of all others, so that everybody in the group changes each time.
        let rule = json!({"group_id": seed::group_id(members), "role_id": roles[0], "priority": 10_000 + members});
        let rule = made(api.ask("POST", "/api/rules", &rule.to_string()).await?)?;
        let path = format!("/api/rules/{}", rule["data"]["id"].as_str().unwrap_or_default());
        let mut times = Vec::new();
        for turn in 0..5 {
            let change = json!({"role_id": roles[(turn + 1) % 2]}).to_string();
            let started = Instant::now();
            made(api.ask("PUT", &path, &change).await?)?;
            times.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        report.note(database, members, &format!("rule, {members} members"), times[2], "ms");
        report.note(database, members, "  for each of them", times[2] * 1_000.0 / members as f64, "µs");
    }
    bridge.stop();
    Ok(())
}

/// What was made, as the API tells it.
pub fn made((status, body): (u16, Vec<u8>)) -> Result<serde_json::Value, String> {
    let text = String::from_utf8_lossy(&body);
    if !(200..300).contains(&status) {
        return Err(format!("{status} {text}"));
    }
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

async fn role(api: &Target, name: &str) -> Result<String, String> {
    let body = json!({"name": name, "permissions": []}).to_string();
    id(&made(api.ask("POST", "/api/roles", &body).await?)?)
}

/// The id of what was made.
pub fn id(made: &serde_json::Value) -> Result<String, String> {
    made["data"]["id"].as_str().map(str::to_owned).ok_or_else(|| format!("no id: {made}"))
}
