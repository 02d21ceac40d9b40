//! The references: the bare database, with the same rows and the same durability, and nothing of the bridge around it.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aisoule_bridge::ids::WorkspaceId;
use aisoule_bridge::store::sql::{Arg, Sql};
use aisoule_bridge::store::{Conn, Database, Options, StoreError};
use axum::extract::{Path, State};
use axum::routing::get;
use chrono::Utc;
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use crate::load::Target;
use crate::{CONNECTIONS, seed};

async fn open(url: &str) -> Result<Database, StoreError> {
    let options = Options { url: url.to_owned(), max_connections: 16, statement_timeout: Duration::from_secs(30) };
    Database::open(&options).await
}

/// axum with one SELECT by key behind it, in a process of its own.
pub struct Reference {
    pub target: Target,
    child: Child,
}

impl Reference {
    pub async fn start(url: &str) -> Result<Self, String> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let address = free.map_err(|error| error.to_string())?;
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.env("BRIDGE_BENCH_REFERENCE", url).env("BRIDGE_BENCH_LISTEN", address.to_string()).stdin(Stdio::null());
        let child = command.spawn().map_err(|error| error.to_string())?;
        let reference = Self { target: Target { address, token: String::new(), cookie: String::new() }, child };
        for _ in 0..1_000 {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return Ok(reference);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Err("the reference does not start".into())
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The reference's own program.
pub fn serve(url: &str) -> Result<(), String> {
    let (database, url) = (std::env::var("BRIDGE_BENCH_LISTEN").map_err(|error| error.to_string())?, url.to_owned());
    let address: SocketAddr = database.parse().map_err(|_| "BRIDGE_BENCH_LISTEN is no address")?;
    let serving = async move {
        let database = open(&url).await.map_err(|error| error.to_string())?;
        let router = axum::Router::new().route("/page", get(page)).route("/{id}", get(select)).with_state(database);
        let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| error.to_string())?;
        axum::serve(listener, router).await.map_err(|error| error.to_string())
    };
    // As many threads as the bridge has.
    let threads = std::thread::spawn(|| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
        runtime.block_on(serving)
    });
    threads.join().map_err(|_| "the reference panicked")?
}

#[derive(FromRow)]
struct UserRow {
    #[allow(dead_code)]
    user_name: String,
    #[allow(dead_code)]
    external_id: Option<String>,
    attributes: String,
    #[allow(dead_code)]
    version: i64,
}

async fn select(State(database): State<Database>, Path(id): Path<Uuid>) -> Result<String, String> {
    let failed = |error: StoreError| error.to_string();
    let mut conn = database.reader().await.map_err(failed)?;
    let mut sql = Sql::build("SELECT user_name, external_id, attributes, version FROM users WHERE id = ");
    sql.push_bind(id);
    let row: Option<UserRow> = conn.opt(sql).await.map_err(failed)?;
    row.map(|row| row.attributes).ok_or_else(|| "no such user".into())
}

/// A hundred of them, in the order of their ids.
async fn page(State(database): State<Database>) -> Result<String, String> {
    let failed = |error: StoreError| error.to_string();
    let mut conn = database.reader().await.map_err(failed)?;
    let sql = "SELECT user_name, external_id, attributes, version FROM users WHERE workspace_id = \
               (SELECT id FROM workspaces ORDER BY id LIMIT 1) AND deleted_at IS NULL ORDER BY id LIMIT 100";
    let rows: Vec<UserRow> = conn.all(Sql::build(sql)).await.map_err(failed)?;
    Ok(rows.into_iter().map(|row| row.attributes).collect::<Vec<_>>().join(","))
}

/// What the bare database writes a second.
pub struct Inserts {
    /// SQLite: 16 changes a commit. PostgreSQL: 16 connections, a commit each.
    pub shared: f64,
    /// SQLite: a commit each.
    pub alone: Option<f64>,
}

/// What is written.
#[derive(Clone, Copy)]
enum Written {
    /// New users.
    Users,
    /// So many users, switched off and on.
    Standings(u64),
    /// New members of the group that has so many.
    Members(u64),
}

/// The bare database for writing.
pub struct Writes {
    database: Database,
    workspace: WorkspaceId,
    role: Uuid,
    lasting: Duration,
    next: Arc<AtomicU64>,
}

#[derive(FromRow)]
struct Owner {
    workspace_id: Uuid,
    role_id: Uuid,
}

impl Writes {
    pub async fn open(url: &str, lasting: Duration) -> Result<Self, String> {
        let failed = |error: StoreError| error.to_string();
        let database = open(url).await.map_err(failed)?;
        let mut conn = database.writer().await.map_err(failed)?;
        let owner: Owner =
            conn.one(Sql::build("SELECT workspace_id, role_id FROM users LIMIT 1")).await.map_err(failed)?;
        drop(conn);
        let next = Arc::new(AtomicU64::new(0));
        Ok(Self { database, workspace: WorkspaceId(owner.workspace_id), role: owner.role_id, lasting, next })
    }

    /// New users: the rows that a create leaves.
    pub async fn inserts(&self) -> Result<Inserts, String> {
        let alone = if self.database.is_postgres() { None } else { Some(self.rate(1, Written::Users).await?) };
        let shared = self.rate(self.shared(), Written::Users).await?;
        Ok(Inserts { shared, alone })
    }

    /// Users switched off or on: the rows that such a PATCH leaves.
    pub async fn updates(&self, users: u64) -> Result<f64, String> {
        self.rate(self.shared(), Written::Standings(users)).await
    }

    /// Users who come into the group that has so many members: the rows that adding each leaves. Those before `from` are in it.
    pub async fn joins(&self, members: u64, from: u64) -> Result<f64, String> {
        self.next.store(from, Ordering::Relaxed);
        self.rate(self.shared(), Written::Members(members)).await
    }

    /// Changes a commit.
    fn shared(&self) -> usize {
        if self.database.is_postgres() { 1 } else { CONNECTIONS }
    }

    /// Changes a second with so many a commit, on as many connections as the database can use.
    #[allow(clippy::cast_precision_loss)]
    async fn rate(&self, a_commit: usize, what: Written) -> Result<f64, String> {
        let start = Instant::now();
        let hands = if self.database.is_postgres() { CONNECTIONS } else { 1 };
        let hands: Vec<_> = (0..hands)
            .map(|_| {
                let (database, next, lasting) = (self.database.clone(), Arc::clone(&self.next), self.lasting);
                let (workspace, role) = (self.workspace.0, self.role);
                tokio::spawn(async move {
                    let mut conn = database.writer().await?;
                    let mut made = 0_u64;
                    while start.elapsed() < lasting {
                        conn.run(Sql::build(if conn.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" })).await?;
                        for _ in 0..a_commit {
                            let i = next.fetch_add(1, Ordering::Relaxed);
                            match what {
                                Written::Users => insert(&mut conn, workspace, role, i).await?,
                                Written::Standings(users) => update(&mut conn, workspace, i, users).await?,
                                Written::Members(members) => join(&mut conn, workspace, i, members).await?,
                            }
                            made += 1;
                        }
                        conn.run(Sql::build("COMMIT")).await?;
                    }
                    Ok::<u64, StoreError>(made)
                })
            })
            .collect();
        let mut made = 0;
        for hand in hands {
            made += hand.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        }
        Ok(made as f64 / start.elapsed().as_secs_f64())
    }
}

async fn row(conn: &mut Conn, start: &'static str, values: Vec<Arg>) -> Result<(), StoreError> {
    let mut sql = Sql::build(start);
    sql.push_rows([values]);
    conn.run(sql).await.map(drop)
}

async fn insert(conn: &mut Conn, workspace: Uuid, role: Uuid, i: u64) -> Result<(), StoreError> {
    let (id, now) = (Uuid::now_v7(), Utc::now());
    let body = crate::run::person(&format!("bare-{i}"));
    let (name, email) = (format!("Ada Lovelace bare-{i}"), format!("bare-{i}@example.com"));
    let keys =
        json!({"title": "analyst", "name.givenname": "ada", "name.familyname": "lovelace", "department": "support"});
    let none = Arg::Text(None);
    let start = "INSERT INTO users (id, workspace_id, user_name, user_name_key, external_id, display_name, display_name_key, email, email_key, \
                 manager_id, attributes, organization, keys, standing, waiting_since, protected, role_id, role_source, password_hash, version, \
                 created_at, updated_at) VALUES ";
    let user = vec![
        id.into(),
        workspace.into(),
        email.clone().into(),
        email.clone().into(),
        format!("bare-{i}").into(),
        name.clone().into(),
        name.to_lowercase().into(),
        email.clone().into(),
        email.clone().into(),
        Arg::Uuid(None),
        body.into(),
        String::from(r#"{"employeeNumber":"1815","department":"Support"}"#).into(),
        keys.into(),
        "active".into(),
        Arg::Time(None),
        false.into(),
        role.into(),
        "default".into(),
        none,
        1_i64.into(),
        now.into(),
        now.into(),
    ];
    row(conn, start, user).await?;
    let mut sql = Sql::build(
        "INSERT INTO user_values (user_id, attribute, position, workspace_id, type_key, value_key, is_primary, keys) VALUES ",
    );
    let value = |attribute: &str, value: String| {
        let place = [id.into(), attribute.into(), 0_i64.into(), workspace.into()];
        place.into_iter().chain([Arg::from("work"), value.into(), true.into(), json!({}).into()]).collect::<Vec<Arg>>()
    };
    sql.push_rows([value("emails", email), value("phonenumbers", "+442079460000".into())]);
    conn.run(sql).await?;
    records(conn, workspace, id, "user.created", &name).await
}

async fn update(conn: &mut Conn, workspace: Uuid, i: u64, users: u64) -> Result<(), StoreError> {
    let id = seed::user_id(i % users);
    let mut sql = Sql::build("UPDATE users SET standing = ");
    sql.push_bind(if (i / users).is_multiple_of(2) { "inactive" } else { "active" });
    sql.push(", version = version + 1, updated_at = ").push_bind(Utc::now());
    sql.push(" WHERE id = ").push_bind(id);
    conn.run(sql).await?;
    records(conn, workspace, id, "user.deactivated", "Ada Lovelace").await
}

async fn join(conn: &mut Conn, workspace: Uuid, i: u64, members: u64) -> Result<(), StoreError> {
    let (group, user) = (seed::group_id(members), seed::user_id(i));
    let start = "INSERT INTO group_members (group_id, member_id, kind, added_at) VALUES ";
    row(conn, start, vec![group.into(), user.into(), "User".into(), Utc::now().into()]).await?;
    let mut sql = Sql::build("UPDATE groups SET member_count = member_count + 1, version = version + 1, updated_at = ");
    sql.push_bind(Utc::now()).push(" WHERE id = ").push_bind(group);
    conn.run(sql).await?;
    records(conn, workspace, group, "group.updated", "Group").await
}

/// The audit row, the outbox row and the row of the request log, which every change leaves.
async fn records(conn: &mut Conn, workspace: Uuid, user: Uuid, action: &str, name: &str) -> Result<(), StoreError> {
    let (now, request) = (Utc::now(), Uuid::now_v7());
    let changes = json!({"active": [null, true], "userName": [null, name]});
    let start = "INSERT INTO audit_log (workspace_id, at, actor_kind, actor_id, actor_name, address, request_id, action, subject_kind, subject_id, \
                 subject_name, changes) VALUES ";
    let audit = vec![
        workspace.into(),
        now.into(),
        "token".into(),
        user.to_string().into(),
        "okta".into(),
        "127.0.0.1".into(),
        request.into(),
        action.into(),
        "user".into(),
        user.to_string().into(),
        name.into(),
        changes.clone().into(),
    ];
    row(conn, start, audit).await?;
    let start = "INSERT INTO outbox (id, workspace_id, at, event, subject_kind, subject_id, payload) VALUES ";
    let payload = json!({"id": user, "userName": name, "active": true, "role": "Agent"});
    let outbox = vec![
        Uuid::now_v7().into(),
        workspace.into(),
        now.into(),
        action.into(),
        "user".into(),
        user.to_string().into(),
        payload.clone().into(),
    ];
    row(conn, start, outbox).await?;
    let start = "INSERT INTO request_log (request_id, workspace_id, at, method, path, query, status, micros, actor_kind, actor_id, actor_name, address, \
                 user_agent, request_body, response_body) VALUES ";
    let body = crate::run::person(name);
    let log = vec![
        request.into(),
        workspace.into(),
        now.into(),
        "POST".into(),
        "/scim/v2/Users".into(),
        Arg::Text(None),
        201_i64.into(),
        900_i64.into(),
        "token".into(),
        user.to_string().into(),
        "okta".into(),
        "127.0.0.1".into(),
        Arg::Text(None),
        body.clone().into(),
        body.into(),
    ];
    row(conn, start, log).await
}
