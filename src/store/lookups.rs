//! Looking users up by a name that is theirs alone: whoever asks while a look-up is under way shares the next statement
//! with everybody else who does.
//!
//! What a statement costs is the way to the database and back; another row costs next to nothing. So a few clerks take
//! whatever waits and ask for all of it at once. Nobody waits for company: a clerk who is free goes at once. A statement
//! begins after everybody in it has asked, so that each sees whatever was committed before.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use sqlx::FromRow;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::Database;
use super::error::StoreError;
use super::groups::members::{BelongsRow, belongings};
use super::sql::{Arg, Conn, Sql};
use super::users::{self, ShownRow};
use crate::ids::{UserId, WorkspaceId};

/// How many look-ups may be under way.
const CLERKS: usize = 2;
/// How many may share a statement.
const MOST_SHARED: usize = 32;
/// How many may wait; beyond that askers wait for room.
const MOST_WAITING: usize = 256;

/// By what a user is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Their id.
    Id(UserId),
    /// The compared form of their userName.
    UserName(String),
}

/// A user as identity providers see them.
#[derive(Debug, Clone)]
pub struct Found {
    /// The user.
    pub row: ShownRow,
    /// The groups they are in, where those were asked for.
    pub groups: Vec<BelongsRow>,
}

struct Ask {
    workspace: WorkspaceId,
    key: Key,
    groups: bool,
    reply: oneshot::Sender<Result<Option<Found>, StoreError>>,
}

/// Where look-ups are asked for.
#[derive(Clone)]
pub struct Lookups(mpsc::Sender<Ask>);

impl Lookups {
    /// Starts the clerks; they end with the last of those who could ask.
    #[must_use]
    pub fn start(database: &Database) -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..CLERKS {
            tokio::spawn(work(database.clone(), Arc::clone(&receiver)));
        }
        Self(sender)
    }

    /// The user of that name as identity providers see them, with their groups where `groups` says so; none where they
    /// are protected.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn find(&self, workspace: WorkspaceId, key: Key, groups: bool) -> Result<Option<Found>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let gone = || StoreError::ConnectionLost("the look-up was given up".into());
        self.0.send(Ask { workspace, key, groups, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

async fn work(database: Database, receiver: Arc<Mutex<mpsc::Receiver<Ask>>>) {
    loop {
        let mut asks = Vec::new();
        if receiver.lock().await.recv_many(&mut asks, MOST_SHARED).await == 0 {
            return;
        }
        asks.retain(|ask| !ask.reply.is_closed());
        if AssertUnwindSafe(answer(&database, asks)).catch_unwind().await.is_err() {
            tracing::error!("a look-up panicked");
        }
    }
}

/// Answers everybody, a statement for each workspace and kind of name.
async fn answer(database: &Database, mut asks: Vec<Ask>) {
    while let Some(first) = asks.first() {
        let (workspace, kind) = (first.workspace, std::mem::discriminant(&first.key));
        let fits = |ask: &Ask| ask.workspace == workspace && std::mem::discriminant(&ask.key) == kind;
        let (these, others) = asks.into_iter().partition(fits);
        asks = others;
        let Err((these, error)) = answer_together(database, these).await else { continue };
        let of_one = matches!(error, StoreError::Statement(_) | StoreError::Corrupt(_)) && these.len() > 1;
        for ask in these {
            // What is wrong with one of them is no concern of the others.
            let failed =
                if of_one { answer_together(database, vec![ask]).await } else { Err((vec![ask], error.clone())) };
            if let Err((these, error)) = failed {
                for ask in these {
                    let _ = ask.reply.send(Err(error.clone()));
                }
            }
        }
    }
}

/// Answers those who ask for the same kind of name in the same workspace, or gives them back with what went wrong.
async fn answer_together(database: &Database, mut asks: Vec<Ask>) -> Result<(), (Vec<Ask>, StoreError)> {
    let found = match read(database, &asks).await {
        Ok(found) => found,
        Err(error) => return Err((asks, error)),
    };
    let (mut rows, groups) = found;
    while let Some(ask) = asks.pop() {
        let at = rows.iter().position(|named| named.is(&ask.key));
        let shared = asks.iter().any(|other| other.key == ask.key);
        let row = at.and_then(|at| if shared { rows.get(at).cloned() } else { Some(rows.swap_remove(at)) });
        let found = row.map(|Named { row, .. }| {
            let theirs = groups.iter().filter(|belongs| ask.groups && belongs.user_id == row.id);
            Found { groups: theirs.cloned().collect(), row }
        });
        let _ = ask.reply.send(Ok(found));
    }
    Ok(())
}

/// A user with the name by which they are told from the others.
#[derive(Clone, FromRow)]
struct Named {
    #[sqlx(flatten)]
    row: ShownRow,
    user_name_key: String,
}

impl Named {
    fn is(&self, key: &Key) -> bool {
        match key {
            Key::Id(id) => self.row.id == id.0,
            Key::UserName(name) => self.user_name_key == *name,
        }
    }
}

async fn read(database: &Database, asks: &[Ask]) -> Result<(Vec<Named>, Vec<BelongsRow>), StoreError> {
    let Some(first) = asks.first() else { return Ok((Vec::new(), Vec::new())) };
    let mut conn: Conn = database.reader().await?;
    let keys: Vec<&Key> = asks.iter().map(|ask| &ask.key).collect();
    let rows: Vec<Named> = conn.all(statement(first.workspace, &keys)).await?;
    let wanted = |named: &&Named| named.row.in_groups && asks.iter().any(|ask| ask.groups && named.is(&ask.key));
    let in_groups: Vec<_> = rows.iter().filter(wanted).map(|named| named.row.id).collect();
    let groups = belongings(&mut conn, &in_groups).await?;
    Ok((rows, groups))
}

fn statement(workspace: WorkspaceId, keys: &[&Key]) -> Sql {
    let mut sql = Sql::build("SELECT ");
    sql.push(users::COLUMNS).push(", u.user_name_key").push(users::FROM);
    push_where(&mut sql, workspace, keys);
    sql
}

/// ` WHERE …`: that the user `u` has one of these names, all of one kind.
pub fn push_where(sql: &mut Sql, workspace: WorkspaceId, keys: &[&Key]) {
    // Repeated up to a power of two, so that a few prepared statements serve every number.
    let length = keys.len().next_power_of_two();
    if matches!(keys.first(), Some(Key::Id(_))) {
        let ids = keys.iter().filter_map(|key| if let Key::Id(id) = key { Some(Arg::from(id.0)) } else { None });
        sql.push(" WHERE u.id IN (").push_list(ids.cycle().take(length)).push(") AND ");
        users::push_in(sql, workspace);
    } else {
        let names =
            keys.iter().filter_map(|key| if let Key::UserName(name) = key { Some(name.as_str()) } else { None });
        sql.push(" WHERE u.workspace_id = ").push_bind(workspace.0);
        sql.push(" AND u.deleted_at IS NULL AND u.protected = FALSE AND u.user_name_key IN (");
        sql.push_list(names.map(Arg::from).cycle().take(length)).push(")");
    }
}
