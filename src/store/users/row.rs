//! A user as read from the database.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::FromRow;
use uuid::Uuid;

use crate::domain::role::{RoleRef, RoleSource};
use crate::domain::user::{Profile, Standing, User};
use crate::ids::{RoleId, RuleId, UserId, WorkspaceId};
use crate::store::error::StoreError;

/// What an answer shows of a user; attributes stay text.
#[derive(Debug, Clone, FromRow)]
// The columns are the fields of `User`, where each is explained.
#[allow(missing_docs)]
pub struct ShownRow {
    pub id: Uuid,
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
    pub role_name: String,
    pub role_source: String,
    /// Whether they are a member of any group: who is in none needs no search for groups.
    pub in_groups: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A user as stored; attributes stay text until somebody needs to look inside.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs, clippy::struct_excessive_bools)]
pub struct UserRow {
    /// What an answer shows.
    #[sqlx(flatten)]
    pub shown: ShownRow,
    pub workspace_id: Uuid,
    pub protected: bool,
    pub role_id: Uuid,
    pub role_is_system: bool,
    pub role_is_default: bool,
    pub role_rule_id: Option<Uuid>,
    /// [`Pins`](crate::domain::pins::Pins), as JSON.
    pub pins: String,
    pub provisioned: bool,
    pub is_available: bool,
    pub last_login_at: Option<DateTime<Utc>>,
    pub has_password: bool,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let shown = row.shown;
        let corrupt = |what: &str| StoreError::Corrupt(format!("user {}: {what}", shown.id));
        let object = |json: &str| serde_json::from_str::<Map<String, Value>>(json);
        let organization = shown.organization.as_deref().map(object).transpose();
        Ok(Self {
            id: UserId(shown.id),
            workspace_id: WorkspaceId(row.workspace_id),
            profile: Profile {
                attributes: object(&shown.attributes).map_err(|_| corrupt("attributes"))?,
                organization: organization.map_err(|_| corrupt("organization"))?.unwrap_or_default(),
                user_name: shown.user_name,
                external_id: shown.external_id,
                display_name: shown.display_name,
                manager: shown.manager_id.map(UserId),
            },
            standing: Standing::parse(&shown.standing).ok_or_else(|| corrupt("standing"))?,
            manager_name: shown.manager_name,
            waiting_since: shown.waiting_since,
            protected: row.protected,
            role_source: RoleSource::parse(&shown.role_source).ok_or_else(|| corrupt("role_source"))?,
            role: RoleRef {
                id: RoleId(row.role_id),
                name: shown.role_name,
                is_system: row.role_is_system,
                is_default: row.role_is_default,
            },
            role_rule: row.role_rule_id.map(RuleId),
            pins: serde_json::from_str(&row.pins).map_err(|_| corrupt("pins"))?,
            provisioned: row.provisioned,
            is_available: row.is_available,
            last_login_at: row.last_login_at,
            has_password: row.has_password,
            in_groups: shown.in_groups,
            version: shown.version,
            created_at: shown.created_at,
            updated_at: shown.updated_at,
        })
    }
}
