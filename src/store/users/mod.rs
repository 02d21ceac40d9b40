//! Statements on users.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::FromRow;

mod row;
pub mod standing;

pub use row::{ShownRow, UserRow};
pub use standing::set_standing;

use super::error::StoreError;
use super::sql::{Conn, Sql, padded, statements};
use super::tx::Tx;
use super::user_values::{self, SearchKeys};
use crate::domain::user::User;
use crate::ids::{RoleId, UserId, WorkspaceId};
use crate::text;

/// What an answer shows of a user. Every column costs an answer with many users a few per cent.
macro_rules! shown {
    () => {
        "u.id, u.user_name, u.external_id, u.display_name, u.manager_id, m.display_name AS manager_name, u.attributes, u.organization, \
         u.standing, u.waiting_since, r.name AS role_name, u.role_source, \
         EXISTS (SELECT 1 FROM group_members gm WHERE gm.member_id = u.id) AS in_groups, u.version, u.created_at, u.updated_at"
    };
}
/// What a change needs to know of a user besides.
macro_rules! hidden {
    () => {
        ", u.workspace_id, u.protected, u.role_id, r.is_system AS role_is_system, r.is_default AS role_is_default, u.role_rule_id, \
         u.pins, u.provisioned, u.is_available, u.last_login_at, u.password_hash IS NOT NULL AS has_password"
    };
}
macro_rules! from {
    () => {
        " FROM users u JOIN roles r ON r.id = u.role_id LEFT JOIN users m ON m.id = u.manager_id"
    };
}
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", shown!(), hidden!(), from!(), " ", $rest)
    };
}

/// The columns of a [`ShownRow`], for statements that are put together elsewhere.
pub const COLUMNS: &str = shown!();
/// The columns of a [`UserRow`].
pub(in crate::store) const ALL_COLUMNS: &str = concat!(shown!(), hidden!());
/// Where it is read from: the user is `u`.
pub const FROM: &str = from!();

statements! {
    FIND = select!("WHERE u.workspace_id = $1 AND u.id = $2 AND u.deleted_at IS NULL");
    FIND_VISIBLE = select!("WHERE u.workspace_id = $1 AND u.id = $2 AND u.deleted_at IS NULL AND u.protected = FALSE");
    FIND_BY_EXTERNAL_ID = select!("WHERE u.workspace_id = $1 AND u.external_id = $2 AND u.deleted_at IS NULL");
    FIND_BY_USER_NAME = select!("WHERE u.workspace_id = $1 AND u.protected = $2 AND u.user_name_key = $3 AND u.deleted_at IS NULL");
    FIND_BY_NAME = select!("WHERE u.workspace_id = $1 AND u.deleted_at IS NULL AND u.id = (SELECT id FROM (\
                   SELECT id, protected FROM users WHERE workspace_id = $1 AND protected = FALSE AND user_name_key = $2 AND deleted_at IS NULL UNION ALL \
                   SELECT id, protected FROM users WHERE workspace_id = $1 AND protected = FALSE AND email_key = $2 AND deleted_at IS NULL UNION ALL \
                   SELECT id, protected FROM users WHERE workspace_id = $1 AND protected = TRUE AND user_name_key = $2 AND deleted_at IS NULL UNION ALL \
                   SELECT id, protected FROM users WHERE workspace_id = $1 AND protected = TRUE AND email_key = $2 AND deleted_at IS NULL) AS named LIMIT 1)");
    // SQLite plans anew for every value of a bare LIMIT; behind a CAST it can't look at it.
    OLDEST_WAITING = select!("WHERE u.workspace_id = $1 AND u.standing = 'waiting' ORDER BY u.waiting_since, u.id LIMIT CAST($2 AS BIGINT)");
    // One look into each of the unique indexes; an OR would look at everybody.
    CLASHES = "SELECT user_name_key, email_key, external_id FROM users WHERE workspace_id = $1 AND protected = $3 AND user_name_key = $4 \
               AND deleted_at IS NULL AND id <> $2 UNION ALL \
               SELECT user_name_key, email_key, external_id FROM users WHERE workspace_id = $1 AND protected = $3 AND email_key = $5 \
               AND email_key IS NOT NULL AND deleted_at IS NULL AND id <> $2 UNION ALL \
               SELECT user_name_key, email_key, external_id FROM users WHERE workspace_id = $1 AND external_id = $6 AND external_id IS NOT NULL \
               AND deleted_at IS NULL AND id <> $2";
    INSERT = "INSERT INTO users (id, workspace_id, user_name, user_name_key, external_id, display_name, display_name_key, email, email_key, \
              manager_id, attributes, organization, keys, standing, waiting_since, protected, role_id, role_source, password_hash, version, \
              created_at, updated_at, full_name, full_name_key, role_rule_id, pins, provisioned, is_available, welcomed_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29) \
              ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE users SET user_name = $2, user_name_key = $3, external_id = $4, display_name = $5, display_name_key = $6, email = $7, \
              email_key = $8, manager_id = $9, attributes = $10, organization = $11, keys = $12, standing = $13, waiting_since = $14, \
              role_id = $15, role_source = $16, version = $17, updated_at = $18, full_name = $19, full_name_key = $20, role_rule_id = $21, \
              pins = $22, provisioned = $23, is_available = $24 WHERE id = $1";
    DELETE = "UPDATE users SET standing = 'inactive', waiting_since = NULL, external_id = NULL, manager_id = NULL, version = version + 1, \
              updated_at = $2, deleted_at = $2 WHERE id = $1";
    WELCOME = "UPDATE users SET welcomed_at = $2 WHERE id = $1 AND welcomed_at IS NULL AND last_login_at IS NULL";
    UNWELCOME = "UPDATE users SET welcomed_at = NULL WHERE id = $1";
    FORGET_PASSWORD = "UPDATE users SET password_hash = NULL, must_change_password = FALSE WHERE id = $1 AND must_change_password = TRUE";
    FIND_BY_EMAIL = select!("WHERE u.workspace_id = $1 AND u.protected = FALSE AND u.email_key = $2 AND u.deleted_at IS NULL");
    REPORTS = select!("WHERE u.manager_id = $1 AND u.id <> $1 ORDER BY u.id");
    UNLINK_REPORTS = "UPDATE users SET manager_id = NULL, version = version + 1, updated_at = $2 WHERE manager_id = $1";
    VISIBLE_NAME = "SELECT display_name AS name FROM users WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL AND protected = FALSE";
    // Whoever has a role and may work, the first that came first.
    HOLDERS = select!("WHERE u.workspace_id = $1 AND u.role_id = $2 AND u.standing = 'active' AND u.deleted_at IS NULL ORDER BY u.id LIMIT CAST($3 AS BIGINT)");
    ACTIVE_HOLDERS = "SELECT count(*) AS n FROM users WHERE role_id = $1 AND standing = 'active' AND deleted_at IS NULL";
    OTHER_PROTECTED = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND role_id = $2 AND standing = 'active' AND deleted_at IS NULL \
                       AND protected = TRUE AND id <> $3";
    OTHER_ADMINS = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND role_id = $2 AND standing = 'active' AND deleted_at IS NULL AND id <> $3";
}

/// The user of that id, protected or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, id: UserId) -> Result<Option<User>, StoreError> {
    conn.opt::<UserRow>(FIND.bind(workspace.0).bind(id.0)).await?.map(TryInto::try_into).transpose()
}

/// The user of that id as identity providers see them: none where they are protected.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_visible(conn: &mut Conn, workspace: WorkspaceId, id: UserId) -> Result<Option<UserRow>, StoreError> {
    conn.opt(FIND_VISIBLE.bind(workspace.0).bind(id.0)).await
}

/// That `u`, found by its id, is one of a workspace's users whom identity providers see. In a form that no index answers:
/// with several ids SQLite would rather walk through the whole workspace.
pub fn push_in(sql: &mut Sql, workspace: WorkspaceId) {
    sql.push("(u.workspace_id = ").push_bind(workspace.0);
    sql.push(") IS TRUE AND u.deleted_at IS NULL AND (u.protected = FALSE) IS TRUE");
}

/// Those of these users whom identity providers see.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_all_visible(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: &[UserId],
) -> Result<Vec<UserRow>, StoreError> {
    let mut sql = Sql::build(select!("WHERE u.id IN ("));
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    sql.push_list(padded(&ids)).push(") AND ");
    push_in(&mut sql, workspace);
    conn.all(sql).await
}

/// The user that an identity provider knows by that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_by_external_id(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: &str,
) -> Result<Option<User>, StoreError> {
    conn.opt::<UserRow>(FIND_BY_EXTERNAL_ID.bind(workspace.0).bind(id)).await?.map(TryInto::try_into).transpose()
}

/// The user of that userName, among the protected or among the others.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_by_user_name(
    conn: &mut Conn,
    workspace: WorkspaceId,
    protected: bool,
    key: &str,
) -> Result<Option<User>, StoreError> {
    let sql = FIND_BY_USER_NAME.bind(workspace.0).bind(protected).bind(key);
    conn.opt::<UserRow>(sql).await?.map(TryInto::try_into).transpose()
}

/// Takes a password away that somebody else chose; false where there is none.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget_foreign_password(tx: &mut Tx, id: UserId) -> Result<bool, StoreError> {
    Ok(tx.run_of_one(id, FORGET_PASSWORD.bind(id.0)).await? == 1)
}

/// The user of that address, the protected aside.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_by_email(conn: &mut Conn, workspace: WorkspaceId, key: &str) -> Result<Option<User>, StoreError> {
    conn.opt::<UserRow>(FIND_BY_EMAIL.bind(workspace.0).bind(key)).await?.map(TryInto::try_into).transpose()
}

/// Those who have waited longest for a seat.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn oldest_waiting(conn: &mut Conn, workspace: WorkspaceId, most: i64) -> Result<Vec<User>, StoreError> {
    let rows: Vec<UserRow> = conn.all(OLDEST_WAITING.bind(workspace.0).bind(most)).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The attribute in which somebody else already has what `user` would have.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn clash(conn: &mut Conn, user: &User) -> Result<Option<&'static str>, StoreError> {
    #[derive(FromRow)]
    struct Row {
        user_name_key: String,
        email_key: Option<String>,
        external_id: Option<String>,
    }
    let (user_name, email) = (user.profile.user_name_key(), user.email_key());
    let sql = CLASHES.bind(user.workspace_id.0).bind(user.id.0).bind(user.protected).bind(user_name.as_str());
    let rows: Vec<Row> = conn.all(sql.bind(email.clone()).bind(user.profile.external_id.clone())).await?;
    let any = |clashes: &dyn Fn(&Row) -> bool| rows.iter().any(clashes);
    Ok(if any(&|row| row.user_name_key == user_name) {
        Some("userName")
    } else if any(&|row| row.external_id.is_some() && row.external_id == user.profile.external_id) {
        Some("externalId")
    } else if any(&|row| row.email_key.is_some() && row.email_key == email) {
        Some("emails")
    } else {
        None
    })
}

/// Stores a new user; false where somebody already has the userName, the address or the externalId.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(
    tx: &mut Tx,
    user: &User,
    keys: &SearchKeys,
    password_hash: Option<String>,
    welcomed_at: Option<DateTime<Utc>>,
) -> Result<bool, StoreError> {
    let sql = bind_profile(INSERT.bind(user.id.0).bind(user.workspace_id.0), user, keys);
    let sql = sql.bind(user.standing.name()).bind(user.waiting_since).bind(user.protected).bind(user.role.id.0);
    let sql = sql.bind(user.role_source.name()).bind(password_hash).bind(user.version).bind(user.created_at);
    if tx.run(bind_standing(sql.bind(user.updated_at), user).bind(welcomed_at)).await? == 0 {
        return Ok(false);
    }
    user_values::insert(tx, user, keys).await?;
    Ok(true)
}

/// Stores what changed in a user; `values_changed` says whether the rows of their multi-valued attributes did.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, user: &User, keys: &SearchKeys, values_changed: bool) -> Result<(), StoreError> {
    let sql = bind_profile(UPDATE.bind(user.id.0), user, keys);
    let sql =
        sql.bind(user.standing.name()).bind(user.waiting_since).bind(user.role.id.0).bind(user.role_source.name());
    tx.run(bind_standing(sql.bind(user.version).bind(user.updated_at), user)).await?;
    if values_changed {
        user_values::delete(tx, user.id).await?;
        user_values::insert(tx, user, keys).await?;
    }
    Ok(())
}

/// From the full name to the availability, at the end of INSERT and UPDATE.
fn bind_standing(sql: Sql, user: &User) -> Sql {
    let name = user.full_name();
    let sql = sql.bind(name.as_str()).bind(text::fold(&name)).bind(user.role_rule.map(|id| id.0));
    sql.bind(pins(user)).bind(user.provisioned).bind(user.is_available)
}

fn pins(user: &User) -> String {
    serde_json::to_string(&user.pins).unwrap_or_else(|_| "{}".into())
}

/// From userName to the search keys, in the order in which INSERT and UPDATE have them.
fn bind_profile(sql: Sql, user: &User, keys: &SearchKeys) -> Sql {
    let profile = &user.profile;
    let email = user.email();
    let text = |map: &Map<String, Value>| serde_json::to_string(map).unwrap_or_default();
    let organization = (!profile.organization.is_empty()).then(|| text(&profile.organization));
    sql.bind(profile.user_name.as_str())
        .bind(profile.user_name_key())
        .bind(profile.external_id.clone())
        .bind(profile.display_name.clone())
        .bind(profile.display_name.as_deref().map(text::fold))
        .bind(email.as_ref().map(|email| email.as_str().to_owned()))
        .bind(user.email_key())
        .bind(profile.manager.map(|id| id.0))
        .bind(text(&profile.attributes))
        .bind(organization)
        .bind(keys.keys.clone())
}

/// Notes that a user is told how they log in; false where they were, or have logged in already.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn note_welcome(tx: &mut Tx, id: UserId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(tx.run_of_one(id, WELCOME.bind(id.0).bind(at)).await? == 1)
}

/// Notes that a user was not told after all how they log in.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget_welcome(tx: &mut Tx, id: UserId) -> Result<(), StoreError> {
    tx.run_of_one(id, UNWELCOME.bind(id.0)).await?;
    Ok(())
}

/// Those whose manager a user is, themselves aside, by id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn reports(conn: &mut Conn, id: UserId) -> Result<Vec<User>, StoreError> {
    let rows: Vec<UserRow> = conn.all(REPORTS.bind(id.0)).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Takes a user out of SCIM's sight for good: nobody's manager any more, their names are free, their history stays.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, id: UserId, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(UNLINK_REPORTS.bind(id.0).bind(at)).await?;
    user_values::delete(tx, id).await?;
    tx.run(DELETE.bind(id.0).bind(at)).await?;
    Ok(())
}

#[derive(FromRow)]
struct NameRow {
    name: Option<String>,
}

/// The displayName of a user whom identity providers see; the outer `None` where they see no such user.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn visible_name(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: UserId,
) -> Result<Option<Option<String>>, StoreError> {
    Ok(conn.opt::<NameRow>(VISIBLE_NAME.bind(workspace.0).bind(id.0)).await?.map(|row| row.name))
}

/// How many active holders a role has besides one user.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn other_active_holders(conn: &mut Conn, user: &User) -> Result<i64, StoreError> {
    let sql = OTHER_ADMINS.bind(user.workspace_id.0).bind(user.role.id.0).bind(user.id.0);
    Ok(conn.one::<super::workspaces::Count>(sql).await?.n)
}

/// How many active holders a role has among the protected accounts, besides one user.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn other_protected_holders(conn: &mut Conn, user: &User) -> Result<i64, StoreError> {
    let sql = OTHER_PROTECTED.bind(user.workspace_id.0).bind(user.role.id.0).bind(user.id.0);
    Ok(conn.one::<super::workspaces::Count>(sql).await?.n)
}

/// The active holders of a role, the first that came first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn active_holders_of(
    conn: &mut Conn,
    workspace: WorkspaceId,
    role: RoleId,
    most: i64,
) -> Result<Vec<User>, StoreError> {
    let rows: Vec<UserRow> = conn.all(HOLDERS.bind(workspace.0).bind(role.0).bind(most)).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// How many active holders a role has.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn active_holders(conn: &mut Conn, role: RoleId) -> Result<i64, StoreError> {
    Ok(conn.one::<super::workspaces::Count>(ACTIVE_HOLDERS.bind(role.0)).await?.n)
}

/// The user of that userName or address; a protected account only where nobody else is called so.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_by_name(conn: &mut Conn, workspace: WorkspaceId, key: &str) -> Result<Option<User>, StoreError> {
    conn.opt::<UserRow>(FIND_BY_NAME.bind(workspace.0).bind(key)).await?.map(TryInto::try_into).transpose()
}
