//! `/Me` (RFC 7644 §3.11): the user that the credential acts for. Most act for none, being a provider's.

use super::call::{Answer, Call};
use super::error::Failure;
use super::users;
use crate::scim::error::ScimError;

/// `GET /Me`
pub async fn read(call: Call) -> Answer {
    users::read(as_user(call)?).await
}

/// `PUT /Me`
pub async fn replace(call: Call) -> Answer {
    users::replace(as_user(call)?).await
}

/// `PATCH /Me`
pub async fn patch(call: Call) -> Answer {
    users::patch(as_user(call)?).await
}

/// `DELETE /Me`
pub async fn delete(call: Call) -> Answer {
    users::delete(as_user(call)?).await
}

/// `POST /Me`: nobody registers themselves here.
pub async fn create(_: Call) -> Answer {
    Err(ScimError::not_implemented("Nobody can register themselves; users are made with POST /Users.").into())
}

fn as_user(mut call: Call) -> Result<Call, Failure> {
    let Some(user) = call.grant.user_id else {
        let detail = "This credential acts for no user; make one that does with: \
            aisoule-bridge token create --workspace NAME --user USERNAME";
        return Err(ScimError::not_implemented(detail).into());
    };
    call.id = user.to_string();
    Ok(call)
}
