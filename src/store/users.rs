//! Statements on users.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, Sql, statements};
use super::tx::Tx;
use super::user_values::{self, SearchKeys};
use crate::domain::role::{RoleRef, RoleSource};
use crate::domain::user::{Profile, Standing, User};
use crate::ids::{RoleId, RuleId, UserId, WorkspaceId};
use crate::text;

/// What is read of a user, whoever asks.
macro_rules! columns {
    () => {
        "u.id, u.workspace_id, u.user_name, u.external_id, u.display_name, u.manager_id, m.display_name AS manager_name, \
         u.attributes, u.organization, u.standing, u.waiting_since, u.protected, u.role_id, r.name AS role_name, \
         r.is_system AS role_is_system, r.is_default AS role_is_default, u.role_source, u.role_rule_id, \
         u.pins, u.provisioned, u.is_available, u.last_login_at, u.password_hash IS NOT NULL AS has_password, \
         EXISTS (SELECT 1 FROM group_members gm WHERE gm.member_id = u.id) AS in_groups, u.version, u.created_at, u.updated_at"
    };
}
macro_rules! from {
    () => {
        " FROM users u JOIN roles r ON r.id = u.role_id LEFT JOIN users m ON m.id = u.manager_id"
    };
}
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), from!(), " ", $rest)
    };
}

/// What is read of a user, for statements that are put together elsewhere.
pub const COLUMNS: &str = columns!();
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
    OLDEST_WAITING = select!("WHERE u.workspace_id = $1 AND u.standing = 'waiting' ORDER BY u.waiting_since, u.id LIMIT $2");
    // One look into each of the unique indexes; an OR would look at everybody.
    CLASHES = "SELECT user_name_key, email_key, external_id FROM users WHERE workspace_id = $1 AND protected = $3 AND user_name_key = $4 \
               AND deleted_at IS NULL AND id <> $2 UNION ALL \
               SELECT user_name_key, email_key, external_id FROM users WHERE workspace_id = $1 AND protected = $3 AND email_key = $5 \
               AND email_key IS NOT NULL AND deleted_at IS NULL AND id <> $2 UNION ALL \
               SELECT user_name_key, email_key, external_id FROM users WHERE workspace_id = $1 AND external_id = $6 AND external_id IS NOT NULL \
               AND deleted_at IS NULL AND id <> $2";
    INSERT = "INSERT INTO users (id, workspace_id, user_name, user_name_key, external_id, display_name, display_name_key, email, email_key, \
              manager_id, attributes, organization, keys, standing, waiting_since, protected, role_id, role_source, password_hash, version, \
              created_at, updated_at, full_name, full_name_key, role_rule_id, pins, provisioned, is_available) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28) \
              ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE users SET user_name = $2, user_name_key = $3, external_id = $4, display_name = $5, display_name_key = $6, email = $7, \
              email_key = $8, manager_id = $9, attributes = $10, organization = $11, keys = $12, standing = $13, waiting_since = $14, \
              role_id = $15, role_source = $16, version = $17, updated_at = $18, full_name = $19, full_name_key = $20, role_rule_id = $21, \
              pins = $22, provisioned = $23, is_available = $24 WHERE id = $1";
    SET_STANDING = "UPDATE users SET standing = $2, waiting_since = $3, version = $4, updated_at = $5, pins = $6 WHERE id = $1";
    SET_PASSWORD = "UPDATE users SET password_hash = $2 WHERE id = $1";
    DELETE = "UPDATE users SET standing = 'inactive', waiting_since = NULL, external_id = NULL, manager_id = NULL, version = version + 1, \
              updated_at = $2, deleted_at = $2 WHERE id = $1";
    REPORTS = select!("WHERE u.manager_id = $1 AND u.id <> $1 ORDER BY u.id");
    UNLINK_REPORTS = "UPDATE users SET manager_id = NULL, version = version + 1, updated_at = $2 WHERE manager_id = $1";
    VISIBLE_NAME = "SELECT display_name AS name FROM users WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL AND protected = FALSE";
    ACTIVE_HOLDERS = "SELECT count(*) AS n FROM users WHERE role_id = $1 AND standing = 'active' AND deleted_at IS NULL";
    OTHER_PROTECTED = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND role_id = $2 AND standing = 'active' AND deleted_at IS NULL \
                       AND protected = TRUE AND id <> $3";
    OTHER_ADMINS = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND role_id = $2 AND standing = 'active' AND deleted_at IS NULL AND id <> $3";
}

/// A user as stored; attributes stay text until somebody needs to look inside.
#[derive(Debug, Clone, FromRow)]
// The columns are the fields of `User`, where each is explained.
#[allow(missing_docs, clippy::struct_excessive_bools)]
pub struct UserRow {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub user_name: String,
    pub external_id: Option<String>,
    pub display_name: Option<String>,
    pub manager_id: Option<Uuid>,
    /// The manager's displayName.
    pub manager_name: Option<String>,
    /// [`Profile::attributes`], as text.
    pub attributes: String,
    /// [`Profile::organization`], as text; NULL where it is empty.
    pub organization: Option<String>,
    pub standing: String,
    pub waiting_since: Option<DateTime<Utc>>,
    pub protected: bool,
    pub role_id: Uuid,
    pub role_name: String,
    pub role_is_system: bool,
    pub role_is_default: bool,
    pub role_source: String,
    pub role_rule_id: Option<Uuid>,
    pub pins: String,
    pub provisioned: bool,
    pub is_available: bool,
    pub last_login_at: Option<DateTime<Utc>>,
    pub has_password: bool,
    /// Whether they are a member of any group: who is in none needs no search for groups.
    pub in_groups: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("user {}: {what}", row.id));
        let object = |json: &str| serde_json::from_str::<Map<String, Value>>(json);
        let organization = row.organization.as_deref().map(object).transpose();
        Ok(Self {
            id: UserId(row.id),
            workspace_id: WorkspaceId(row.workspace_id),
            profile: Profile {
                attributes: object(&row.attributes).map_err(|_| corrupt("attributes"))?,
                organization: organization.map_err(|_| corrupt("organization"))?.unwrap_or_default(),
                user_name: row.user_name,
                external_id: row.external_id,
                display_name: row.display_name,
                manager: row.manager_id.map(UserId),
            },
            standing: Standing::parse(&row.standing).ok_or_else(|| corrupt("standing"))?,
            manager_name: row.manager_name,
            waiting_since: row.waiting_since,
            protected: row.protected,
            role_source: RoleSource::parse(&row.role_source).ok_or_else(|| corrupt("role_source"))?,
            role: RoleRef {
                id: RoleId(row.role_id),
                name: row.role_name,
                is_system: row.role_is_system,
                is_default: row.role_is_default,
            },
            role_rule: row.role_rule_id.map(RuleId),
            pins: serde_json::from_str(&row.pins).map_err(|_| corrupt("pins"))?,
            provisioned: row.provisioned,
            is_available: row.is_available,
            last_login_at: row.last_login_at,
            has_password: row.has_password,
            in_groups: row.in_groups,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
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
) -> Result<bool, StoreError> {
    let sql = bind_profile(INSERT.bind(user.id.0).bind(user.workspace_id.0), user, keys);
    let sql = sql.bind(user.standing.name()).bind(user.waiting_since).bind(user.protected).bind(user.role.id.0);
    let sql = sql.bind(user.role_source.name()).bind(password_hash).bind(user.version).bind(user.created_at);
    if tx.run(bind_standing(sql.bind(user.updated_at), user)).await? == 0 {
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

/// Stores whether a user may work, and nothing else of them.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_standing(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    let sql = SET_STANDING.bind(user.id.0).bind(user.standing.name()).bind(user.waiting_since).bind(user.version);
    tx.run(sql.bind(user.updated_at).bind(pins(user))).await?;
    Ok(())
}

/// Stores the hash of a user's password.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_password(tx: &mut Tx, id: UserId, hash: &str) -> Result<(), StoreError> {
    tx.run(SET_PASSWORD.bind(id.0).bind(hash)).await?;
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
