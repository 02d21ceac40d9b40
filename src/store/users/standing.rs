//! Whether a user may work: what changes most often, and of many users at once.

use super::pins;
use crate::domain::user::User;
use crate::store::error::StoreError;
use crate::store::later::Setting;
use crate::store::sql::statements;
use crate::store::tx::Tx;

statements! {
    SET_STANDING = "UPDATE users SET standing = $2, waiting_since = $3, version = $4, updated_at = $5, pins = $6 WHERE id = $1";
}

/// [`set_standing`] for several.
pub static STANDINGS: Setting = Setting {
    one: SET_STANDING,
    start: "WITH new (id, standing, waiting_since, version, updated_at, pins) AS (VALUES ",
    end: ") UPDATE users SET standing = new.standing, waiting_since = new.waiting_since, version = new.version, \
          updated_at = new.updated_at, pins = new.pins FROM new WHERE users.id = new.id",
};

/// Stores whether a user may work, and nothing else of them.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_standing(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    let columns = vec![
        user.standing.name().into(),
        user.waiting_since.into(),
        user.version.into(),
        user.updated_at.into(),
        pins(user).into(),
    ];
    tx.set_later(user.id, &STANDINGS, columns).await
}
