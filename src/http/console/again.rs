//! Who makes a credential has proved who they are within the last minutes: neither a page that was left open nor a session that
//! somebody stole is enough.

use crate::http::browser::{Asked, Trouble};
use crate::http::return_to;

/// Where whoever asks proves again who they are before they go on at `back`, a path with what they have typed so far; none
/// where they did so a moment ago.
///
/// # Errors
/// [`Trouble::Internal`] where the route lets anybody in.
pub fn first(asked: &Asked, back: &str) -> Result<Option<String>, Trouble> {
    let visitor = asked.visitor()?;
    if visitor.session.is_fresh(asked.app.clock.now()) {
        return Ok(None);
    }
    let workspace = visitor.user.workspace_id.to_string();
    let email = visitor.user.profile.email().map(|email| email.as_str().to_owned());
    // What is too long to be carried along is typed again.
    let back = return_to::local(back).unwrap_or_else(|| back.split('?').next().unwrap_or_default().to_owned());
    let parameters = [
        ("prompt", Some("login")),
        ("workspace", Some(workspace.as_str())),
        ("email", email.as_deref()),
        ("return_to", Some(back.as_str())),
    ];
    Ok(Some(return_to::with("/login", &parameters)))
}
