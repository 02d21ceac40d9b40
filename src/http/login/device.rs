//! By what a browser is known from which an account was used before, so that whoever tries its password elsewhere takes
//! nothing from its owner. It opens no door. The seal is on the user, not on their address, which others may have too.

use axum::http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq;

use crate::http::App;
use crate::http::session::{cookie_of, set};
use crate::ids::UserId;
use crate::sealed::KeyError;
use crate::secret;

/// The cookie.
const NAME: &str = "__Host-aisoule-device";
/// How many accounts one browser is known for.
const MOST: usize = 4;
/// For how long, in seconds: half a year.
const LIFETIME: u32 = 15_552_000;

fn sealed(app: &App, user: UserId, id: &str) -> String {
    app.browser_keys.device(&format!("{id} {user}"))
}

/// What the browser is called, where it is known for that account.
#[must_use]
pub fn of(app: &App, headers: &HeaderMap, user: UserId) -> Option<String> {
    entries(headers).find_map(|(id, seal)| {
        let expected = sealed(app, user, id);
        bool::from(expected.as_bytes().ct_eq(seal.as_bytes())).then(|| id.to_owned())
    })
}

fn entries(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let all = cookie_of(headers, NAME).unwrap_or_default().split('~');
    all.filter_map(|entry| entry.split_once('.')).filter(|(id, _)| secret::is_plain(id)).take(MOST)
}

/// `Set-Cookie` by which the browser is known for that account too.
///
/// # Errors
/// [`KeyError::Random`]
pub fn known(app: &App, headers: &HeaderMap, user: UserId) -> Result<HeaderValue, KeyError> {
    let id = match of(app, headers, user) {
        Some(id) => id,
        None => secret::new_plain()?,
    };
    let mut all = vec![format!("{id}.{}", sealed(app, user, &id))];
    let others = entries(headers).filter(|(other, _)| *other != id).take(MOST - 1);
    all.extend(others.map(|(id, seal)| format!("{id}.{seal}")));
    Ok(set(NAME, &all.join("~"), &format!("; Max-Age={LIFETIME}")))
}
