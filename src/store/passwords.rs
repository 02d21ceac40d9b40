//! Statements on passwords, and on who may log in with one.

use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::ids::{RoleId, UserId, WorkspaceId};

macro_rules! must_use_sso {
    () => {
        "(u.protected = FALSE AND (w.sso_enforced = TRUE OR EXISTS (SELECT 1 FROM domains d WHERE d.workspace_id = u.workspace_id \
         AND d.domain = $2 AND d.sso_enforced = TRUE AND d.proved_at IS NOT NULL)))"
    };
}
macro_rules! accounts {
    ($standing:literal, $($rest:expr),+) => {
        concat!(
            "SELECT u.id, u.workspace_id, u.password_hash, u.full_name FROM users u JOIN workspaces w ON w.id = u.workspace_id \
             WHERE u.email_key = $1 AND u.email_key IS NOT NULL AND u.deleted_at IS NULL AND u.standing ", $standing, " ", $($rest),+
        )
    };
}

statements! {
    LIKELIEST = accounts!("= 'active'", "AND u.password_hash IS NOT NULL ORDER BY CASE WHEN ", must_use_sso!(),
        " THEN 1 ELSE 0 END, u.last_login_at IS NULL, u.last_login_at DESC, u.id LIMIT CAST(1 AS BIGINT)");
    IN_WORKSPACE = accounts!("= 'active'", "AND u.password_hash IS NOT NULL AND u.workspace_id = $2 ORDER BY u.protected DESC, u.id LIMIT CAST(2 AS BIGINT)");
    DORMANT = accounts!("<> 'active'", "AND u.password_hash IS NOT NULL ORDER BY u.id LIMIT CAST(2 AS BIGINT)");
    DORMANT_IN = accounts!("<> 'active'", "AND u.password_hash IS NOT NULL AND u.workspace_id = $2 ORDER BY u.id LIMIT CAST(2 AS BIGINT)");
    REACHED = accounts!("= 'active'", "AND NOT ", must_use_sso!(), " ORDER BY u.id LIMIT CAST($3 AS BIGINT)");
    REACHED_IN = accounts!("= 'active'", "AND NOT ", must_use_sso!(), " AND u.workspace_id = $4 ORDER BY u.id LIMIT CAST($3 AS BIGINT)");
    FIND = "SELECT password_hash, must_change_password FROM users WHERE id = $1 AND deleted_at IS NULL";
    SET = "UPDATE users SET password_hash = $2, must_change_password = $3 WHERE id = $1";
    PROTECTED = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND role_id = $2 AND standing = 'active' AND deleted_at IS NULL \
                 AND protected = TRUE AND password_hash IS NOT NULL";
    SET_MUST_CHANGE = "UPDATE users SET must_change_password = TRUE WHERE id = $1";
}

/// Somebody whom an address reaches.
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

/// Those of one workspace whom an address reaches and who have a password: two at the most, a protected account and another
/// user, the protected one first. Where no workspace is given it is that of whoever logged in last, of those who may use a
/// password where there are any. Whoever must sign in through a connection is among them: whether they may get in is not
/// decided here.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn accounts(
    conn: &mut Conn,
    email_key: &str,
    workspace: Option<WorkspaceId>,
) -> Result<Vec<Account>, StoreError> {
    let workspace = if let Some(workspace) = workspace {
        workspace.0
    } else {
        let likeliest: Option<Account> = conn.opt(LIKELIEST.bind(email_key).bind(domain_of(email_key))).await?;
        likeliest.map(|account| account.workspace_id).unwrap_or_default()
    };
    conn.all(IN_WORKSPACE.bind(email_key).bind(workspace)).await
}

/// Those with a password whom an address reaches, and who were deactivated or wait for a seat.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn dormant(
    conn: &mut Conn,
    email_key: &str,
    workspace: Option<WorkspaceId>,
) -> Result<Vec<Account>, StoreError> {
    match workspace {
        Some(workspace) => conn.all(DORMANT_IN.bind(email_key).bind(workspace.0)).await,
        None => conn.all(DORMANT.bind(email_key)).await,
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
