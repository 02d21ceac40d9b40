//! How somebody logs in: with a password, with their company's account, or either.

use crate::domain::domains;
use crate::domain::letter::WaysIn;
use crate::domain::user::User;
use crate::store::sql::Conn;
use crate::store::{StoreError, ways_in as store};

/// How `user` logs in now. An enabled connection serves whoever has an address of a domain that is proved and bound to
/// it; where signing in through a connection is enforced, nobody but protected accounts has another way.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn ways_in(conn: &mut Conn, user: &User) -> Result<WaysIn, StoreError> {
    let email = user.email().map(|email| email.key());
    let domain = email.as_deref().and_then(domains::of_email).unwrap_or_default();
    let row = store::find(conn, user.workspace_id, &domain).await?;
    let Some(row) = row.filter(|_| !user.protected) else { return Ok(WaysIn { password: true, connection: None }) };
    let enforced = row.sso_enforced || row.domain_enforced.unwrap_or_default();
    let connection = row.connection.or(row.other.filter(|_| enforced));
    Ok(WaysIn { password: !enforced, connection })
}
