//! A remote AIsoule for the connector to talk to, stricter than any: it answers as AISOULE.md's contract says and refuses
//! everything that the contract does not have. It can be made slow, broken and unfriendly, writes down what it is asked,
//! and counts what nobody should ask for.

mod faults;
mod fields;
mod rate;
mod rows;
mod server;
mod things;

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use faults::{Chaos, Fault, Rule};
pub use rows::{EVERYTHING, Role, Rows, Team, User};

/// How it is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Requests of one key in any 60 seconds; 0: no limit.
    pub per_minute: u32,
    /// Requests of one key in any second; 0: no limit.
    pub per_second: u32,
    /// Faults by chance.
    pub chaos: Option<Chaos>,
}

impl Options {
    /// As AIsoule limits a key: 100 a minute and 10 a second.
    pub const STRICT: Self = Self { per_minute: 100, per_second: 10, chaos: None };
    /// Without limits.
    pub const UNLIMITED: Self = Self { per_minute: 0, per_second: 0, chaos: None };
}

/// A request that came, and what became of it.
#[derive(Debug, Clone)]
pub struct Heard {
    pub method: String,
    /// With the query, below `/api`.
    pub path: String,
    /// The body, where it is JSON, else null.
    pub body: Value,
    pub at: Instant,
    /// What went wrong on purpose.
    pub fault: Option<Fault>,
    /// The status that the contract gives it, also where a fault hid that; 0: it was never looked at.
    pub status: u16,
    /// Sent although the last answer said to wait longer.
    pub is_impatient: bool,
}

struct Key {
    permissions: HashSet<String>,
    ends: Option<DateTime<Utc>>,
    passed: rate::Passed,
    not_before: Option<Instant>,
}

struct State {
    rows: Rows,
    keys: HashMap<String, Key>,
    options: Options,
    faults: faults::Faults,
    heard: Vec<Heard>,
    limited: usize,
    impatient: usize,
    /// What is made of the data of an answer that went well.
    distort: Option<fn(&mut Value)>,
}

struct Inner {
    address: SocketAddr,
    state: Mutex<State>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The double. It ends with the test's runtime.
#[derive(Clone)]
pub struct Double(Arc<Inner>);

impl Double {
    /// A workspace with the built-in roles and nobody in it.
    pub async fn start(options: Options) -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut faults = faults::Faults::default();
        faults.chaos.clone_from(&options.chaos);
        let (rows, keys, heard) = (Rows::new(), HashMap::new(), vec![]);
        let state = Mutex::new(State { rows, keys, options, faults, heard, limited: 0, impatient: 0, distort: None });
        let inner = Arc::new(Inner { address, state });
        tokio::spawn(server::serve(listener, Arc::clone(&inner)));
        Self(inner)
    }

    /// The base URL, as a connector's profile has it.
    pub fn base(&self) -> String {
        format!("http://{}/api", self.0.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// A key that may do everything.
    pub fn key(&self) -> String {
        self.key_with(&EVERYTHING)
    }

    /// A key that may do this.
    pub fn key_with(&self, permissions: &[&str]) -> String {
        let key = format!("aisk_{}", Uuid::new_v4().simple());
        self.let_in(&key, permissions, None);
        key
    }

    /// A key of that text, that may do this until then.
    pub fn let_in(&self, key: &str, permissions: &[&str], ends: Option<DateTime<Utc>>) {
        let permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
        let key_state = Key { permissions, ends, passed: rate::Passed::default(), not_before: None };
        self.0.state().keys.insert(key.to_owned(), key_state);
    }

    /// From now on the key is nobody's: 401.
    pub fn revoke(&self, key: &str) {
        self.0.state().keys.remove(key);
    }

    /// Other limits from now on; 0: none.
    pub fn limit(&self, per_minute: u32, per_second: u32) {
        let mut state = self.0.state();
        (state.options.per_minute, state.options.per_second) = (per_minute, per_second);
    }

    /// Goes wrong with the next request of that method in whose path (with query) this stands.
    pub fn fail_once(&self, method: &'static str, path: &str, fault: Fault) {
        self.script(Rule { method: Some(method), path: path.into(), skip: 0, times: 1, fault });
    }

    /// Goes wrong with every request from now on.
    pub fn fail_always(&self, fault: Fault) {
        self.script(Rule { method: None, path: String::new(), skip: 0, times: usize::MAX, fault });
    }

    pub fn script(&self, rule: Rule) {
        self.0.state().faults.add(rule);
    }

    pub fn chaos(&self, chaos: Option<Chaos>) {
        self.0.state().faults.chaos = chaos;
    }

    /// Answers otherwise from now on than the contract says.
    pub fn distort(&self, distort: Option<fn(&mut Value)>) {
        self.0.state().distort = distort;
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.0.state().faults.clear();
    }

    /// What somebody does there without the API: reads and changes of all rows.
    pub fn rows<T>(&self, with: impl FnOnce(&mut Rows) -> T) -> T {
        with(&mut self.0.state().rows)
    }

    /// Somebody who was there before; gives their id.
    pub fn put_user(&self, email: &str, full_name: &str, role: &str, is_active: bool) -> Uuid {
        let role = self.role(role).unwrap_or_else(|| panic!("no role {role}")).id;
        self.rows(|rows| rows.put(email, full_name, role, is_active))
    }

    /// A role that was there before; gives its id.
    pub fn put_role(&self, name: &str, permissions: &[&str]) -> Uuid {
        let body = serde_json::json!({"name": name, "permissions": permissions}).to_string();
        let made = self.rows(|rows| rows.put_role(None, body.as_bytes())).unwrap().1;
        Uuid::parse_str(made["id"].as_str().unwrap()).unwrap()
    }

    /// A team that was there before; gives its id.
    pub fn put_team(&self, name: &str) -> Uuid {
        let body = serde_json::json!({"name": name}).to_string();
        let made = self.rows(|rows| rows.put_team(None, body.as_bytes())).unwrap().1;
        Uuid::parse_str(made["id"].as_str().unwrap()).unwrap()
    }

    pub fn users(&self) -> Vec<User> {
        self.rows(|rows| rows.users.clone())
    }

    /// Whoever has that address, in any case.
    pub fn user(&self, email: &str) -> Option<User> {
        self.users().into_iter().find(|user| user.email.eq_ignore_ascii_case(email))
    }

    /// The name of a user's role.
    pub fn role_of(&self, email: &str) -> Option<String> {
        let user = self.user(email)?;
        self.rows(|rows| rows.roles.iter().find(|role| role.id == user.role).map(|role| role.name.clone()))
    }

    pub fn role(&self, name: &str) -> Option<Role> {
        self.rows(|rows| rows.roles.iter().find(|role| role.name == name).cloned())
    }

    pub fn team(&self, name: &str) -> Option<Team> {
        self.rows(|rows| rows.teams.iter().find(|team| team.name == name).cloned())
    }

    /// Who is in a team, by address, as what; in the order of addresses.
    pub fn members(&self, team: &str) -> Vec<(String, String)> {
        let team = self.team(team).unwrap_or_else(|| panic!("no team {team}"));
        let users = self.users();
        let email = |id: &Uuid| users.iter().find(|user| user.id == *id).unwrap().email.clone();
        let mut members: Vec<_> = team.members.iter().map(|(id, role)| (email(id), role.clone())).collect();
        members.sort();
        members
    }

    /// Every request, in the order in which they came.
    pub fn heard(&self) -> Vec<Heard> {
        self.0.state().heard.clone()
    }

    /// How many requests there were of that method in whose path (with query) this stands.
    pub fn count(&self, method: &str, path: &str) -> usize {
        self.0.state().heard.iter().filter(|one| one.method == method && one.path.contains(path)).count()
    }

    /// What nobody should have asked for: the deletion of a person, the creation of somebody who was made already without a
    /// look whether they are there, an endpoint that does not exist.
    pub fn illegal(&self) -> Vec<String> {
        self.rows(|rows| rows.illegal.clone())
    }

    /// How often somebody ran into a limit.
    pub fn limited(&self) -> usize {
        self.0.state().limited
    }

    /// How many requests came before a `Retry-After` that their key had been given was over.
    pub fn impatient(&self) -> usize {
        self.0.state().impatient
    }

    /// The most requests that came within any window of that length, those that were refused too.
    pub fn most_within(&self, window: Duration) -> usize {
        let moments: Vec<Instant> = self.0.state().heard.iter().map(|one| one.at).collect();
        rate::most_within(&moments, window)
    }
}
