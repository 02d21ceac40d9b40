//! Statements on passwords, and on who may log in with one.

use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::ids::{RoleId, UserId, WorkspaceId};

macro_rules! accounts {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.workspace_id, u.password_hash, u.full_name FROM users u JOIN workspaces w ON w.id = u.workspace_id \
             WHERE u.email_key = $1 AND u.email_key IS NOT NULL AND u.deleted_at IS NULL AND u.standing = 'active' \
             AND (u.protected = TRUE OR (w.sso_enforced = FALSE AND NOT EXISTS (SELECT 1 FROM domains d WHERE d.workspace_id = u.workspace_id \
             AND d.domain = $2 AND d.sso_enforced = TRUE AND d.proved_at IS NOT NULL))) ",
            $rest
        )
    };
}

statements! {
    ACCOUNT = accounts!("AND u.password_hash IS NOT NULL ORDER BY u.last_login_at IS NULL, u.last_login_at DESC, u.id LIMIT CAST(1 AS BIGINT)");
    ACCOUNT_IN = accounts!("AND u.password_hash IS NOT NULL AND u.workspace_id = $3 ORDER BY u.last_login_at IS NULL, u.last_login_at DESC, u.id LIMIT CAST(1 AS BIGINT)");
    REACHED = accounts!("ORDER BY u.id LIMIT CAST($3 AS BIGINT)");
    REACHED_IN = accounts!("AND u.workspace_id = $4 ORDER BY u.id LIMIT CAST($3 AS BIGINT)");
    FIND = "SELECT password_hash, must_change_password FROM users WHERE id = $1 AND deleted_at IS NULL";
    SET = "UPDATE users SET password_hash = $2, must_change_password = $3 WHERE id = $1";
    PROTECTED = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND role_id = $2 AND standing = 'active' AND deleted_at IS NULL \
                 AND protected = TRUE AND password_hash IS NOT NULL";
    SET_MUST_CHANGE = "UPDATE users SET must_change_password = TRUE WHERE id = $1";
}

/// Somebody active whom an address reaches, and who may use a password.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Account {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub password_hash: Option<String>,
    pub full_name: String,
}

impl Account {
    /// Who it is.
    #[must_use]
    pub const fn user(&self) -> UserId {
        UserId(self.id)
    }

    /// Where.
    #[must_use]
    pub const fn workspace(&self) -> WorkspaceId {
        WorkspaceId(self.workspace_id)
    }
}

/// Of those whom an address reaches and who have a password, the one who logged in last.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn account(
    conn: &mut Conn,
    email_key: &str,
    workspace: Option<WorkspaceId>,
) -> Result<Option<Account>, StoreError> {
    let domain = domain_of(email_key);
    match workspace {
        Some(workspace) => conn.opt(ACCOUNT_IN.bind(email_key).bind(domain).bind(workspace.0)).await,
        None => conn.opt(ACCOUNT.bind(email_key).bind(domain)).await,
    }
}

/// Everybody active whom an address reaches and who may use a password, `most` of them.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn reached(
    conn: &mut Conn,
    email_key: &str,
    workspace: Option<WorkspaceId>,
    most: i64,
) -> Result<Vec<Account>, StoreError> {
    let domain = domain_of(email_key);
    match workspace {
        Some(workspace) => conn.all(REACHED_IN.bind(email_key).bind(domain).bind(most).bind(workspace.0)).await,
        None => conn.all(REACHED.bind(email_key).bind(domain).bind(most)).await,
    }
}

fn domain_of(email_key: &str) -> String {
    crate::domain::domains::of_email(email_key).unwrap_or_default()
}

/// What is kept of somebody's password.
#[derive(Debug, Clone, FromRow)]
pub struct Kept {
    /// Its hash.
    pub password_hash: Option<String>,
    /// Whether somebody else chose it.
    pub must_change_password: bool,
}

/// What is kept of a user's password; none where there is no such user.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, user: UserId) -> Result<Option<Kept>, StoreError> {
    conn.opt(FIND.bind(user.0)).await
}

/// Stores the hash of a user's password, and whether somebody else chose it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set(tx: &mut Tx, user: UserId, hash: &str, must_change: bool) -> Result<(), StoreError> {
    tx.run(SET.bind(user.0).bind(hash).bind(must_change)).await?;
    Ok(())
}

/// Notes that somebody else chose a user's password.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_must_change(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    tx.run(SET_MUST_CHANGE.bind(user.0)).await?;
    Ok(())
}

/// How many active protected accounts of a role have a password.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn protected_holders(conn: &mut Conn, workspace: WorkspaceId, role: RoleId) -> Result<i64, StoreError> {
    Ok(conn.one::<super::workspaces::Count>(PROTECTED.bind(workspace.0).bind(role.0)).await?.n)
}
