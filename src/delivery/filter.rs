//! Which events an endpoint is told of: names and patterns such as `user.*`; none means all.

use super::catalogue::{CATALOGUE, Published};
use crate::domain::permission::Permissions;

/// The most that a filter may have.
const MOST: usize = 100;

/// Why a filter can't be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Nothing is called so.
    #[error("there is no event {0}: the names are listed in docs/webhooks.md, and user.* means all that begin so")]
    Unknown(String),
    /// Too much.
    #[error("has at most 100 names and patterns")]
    TooMany,
}

/// A filter in its order, each once, that names what there is.
///
/// # Errors
/// [`FilterError`]
pub fn checked(patterns: &[String]) -> Result<Vec<String>, FilterError> {
    if patterns.len() > MOST {
        return Err(FilterError::TooMany);
    }
    let mut kept: Vec<String> = Vec::with_capacity(patterns.len());
    for pattern in patterns.iter().map(|pattern| pattern.trim()) {
        if !CATALOGUE.iter().any(|published| is_meant(pattern, published.name)) {
            return Err(FilterError::Unknown(crate::text::printable(pattern).chars().take(100).collect()));
        }
        if !kept.iter().any(|known| known == pattern) {
            kept.push(pattern.to_owned());
        }
    }
    Ok(kept)
}

/// Whether an endpoint with that filter is told of an event.
#[must_use]
pub fn wants(patterns: &[String], event: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| is_meant(pattern, event))
}

/// The events that a filter means.
pub fn meant(patterns: &[String]) -> impl Iterator<Item = &'static Published> {
    CATALOGUE.iter().filter(|published| wants(patterns, published.name))
}

/// The first of those events that somebody must not be told of: they may not read what it is about.
pub fn beyond(is_told: impl Fn(&str) -> bool, permissions: Permissions) -> Option<&'static Published> {
    CATALOGUE.iter().find(|published| is_told(published.name) && !permissions.has(published.permission))
}

fn is_meant(pattern: &str, event: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        // `user.*`, not `us*`: whoever writes the latter means something else than they get.
        Some(start) => start.ends_with('.') && event.starts_with(start),
        None => pattern == event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(|pattern| (*pattern).to_owned()).collect()
    }

    #[test]
    fn a_filter_means_names_and_beginnings() {
        for (patterns, event, wanted) in [
            (vec![], "user.created", true),
            (vec!["*"], "user.created", true),
            (vec!["user.*"], "user.created", true),
            (vec!["user.*"], "group.created", false),
            (vec!["user.created"], "user.created", true),
            (vec!["user.created"], "user.created_twice", false),
            (vec!["group.*", "user.deleted"], "user.deleted", true),
            (vec!["us*"], "user.created", false),
        ] {
            assert_eq!(wants(&texts(&patterns), event), wanted, "{patterns:?} {event}");
        }
    }

    #[test]
    fn nobody_is_told_what_they_may_not_read() {
        let reads = Permissions::of(["users:read", "seats:read"]).unwrap();
        for (patterns, first) in [
            (vec!["user.*", "seat.warning", "mail.failed"], None),
            (vec!["user.created", "group.deleted", "role.*"], Some("group.deleted")),
            (vec!["session.revoked"], Some("session.revoked")),
            (vec!["*"], Some("group.created")),
            (vec![], Some("group.created")),
        ] {
            let patterns = texts(&patterns);
            assert_eq!(beyond(|event| wants(&patterns, event), reads).map(|one| one.name), first, "{patterns:?}");
        }
        assert_eq!(beyond(|_| true, Permissions::ALL), None);
    }

    #[test]
    fn a_filter_names_what_there_is() {
        assert_eq!(checked(&texts(&["user.*", " user.* ", "seat.overage"])), Ok(texts(&["user.*", "seat.overage"])));
        assert_eq!(checked(&[]), Ok(Vec::new()));
        for bad in ["user.creatd", "users.*", "user", "us*", "", "user.*.x", "endpoint.test"] {
            assert_eq!(checked(&texts(&[bad])), Err(FilterError::Unknown(bad.to_owned())), "{bad}");
        }
        assert_eq!(checked(&vec!["user.*".to_owned(); 101]), Err(FilterError::TooMany));
    }
}
