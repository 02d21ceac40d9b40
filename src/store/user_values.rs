//! Statements on the values by which users are searched: a row for each element of a multi-valued attribute.

use serde_json::Value;

use super::error::StoreError;
use super::sql::{Arg, statements};
use super::tx::Tx;
use crate::domain::user::User;
use crate::ids::UserId;

statements! {
    DELETE = "DELETE FROM user_values WHERE user_id = $1";
}

/// By what a user is searched: the compared forms of their attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchKeys {
    /// Single-valued attributes, by lower-case dotted name.
    pub keys: Value,
    /// Elements of multi-valued attributes.
    pub values: Vec<SearchValue>,
}

/// One element of a multi-valued attribute, as it is searched.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchValue {
    /// The attribute's lower-case name: `emails`.
    pub attribute: String,
    /// Its place among the elements, from 0.
    pub position: i64,
    /// The compared form of `type`.
    pub type_key: Option<String>,
    /// The compared form of `value`, where it is short enough for an index.
    pub value_key: Option<String>,
    /// `primary`.
    pub is_primary: Option<bool>,
    /// The compared forms of every other sub-attribute, by lower-case name.
    pub keys: Value,
}

/// Stores the values by which a new user is searched.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, user: &User, keys: &SearchKeys) -> Result<(), StoreError> {
    let row = |value: &SearchValue| {
        vec![
            Arg::from(user.id.0),
            Arg::from(value.attribute.as_str()),
            Arg::from(value.position),
            Arg::from(user.workspace_id.0),
            Arg::from(value.type_key.clone()),
            Arg::from(value.value_key.clone()),
            Arg::from(value.is_primary),
            Arg::from(value.keys.clone()),
        ]
    };
    let start = "INSERT INTO user_values (user_id, attribute, position, workspace_id, type_key, value_key, is_primary, keys) VALUES ";
    tx.insert_many(start, keys.values.iter().map(row).collect(), "").await?;
    Ok(())
}

/// Forgets the values by which a user is searched.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<(), StoreError> {
    tx.run(DELETE.bind(id.0)).await?;
    Ok(())
}
