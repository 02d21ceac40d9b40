//! The values that labels have.

use prometheus_client::encoding::EncodeLabelSet;

/// A part of what is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Surface {
    /// Identity providers push people.
    Scim,
    /// AIsoule's own API.
    Api,
    /// The bridge as an OpenID Provider, and tokens of machines.
    Oauth,
    /// People sign in.
    Login,
    /// Everything else.
    Other,
}

impl Surface {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Scim, Self::Api, Self::Oauth, Self::Login, Self::Other];

    /// To which a route belongs.
    #[must_use]
    pub fn of(route: &str) -> Self {
        let first = route.trim_start_matches('/').split('/').next().unwrap_or_default();
        match first {
            // AIsoule's own callback path of a sign-in.
            "api" if route.starts_with("/api/auth/") => Self::Login,
            "scim" => Self::Scim,
            "api" => Self::Api,
            "oauth" | ".well-known" => Self::Oauth,
            "login" | "logout" | "password" | "sso" | "account" => Self::Login,
            _ => Self::Other,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scim => "scim",
            Self::Api => "api",
            Self::Oauth => "oauth",
            Self::Login => "login",
            Self::Other => "other",
        }
    }
}

/// A kind of method: those that mean something here, and all others together.
#[must_use]
pub fn method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// The class of a status.
pub(super) const fn class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// What became of an attempt to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// The endpoint did not want it.
    Refused,
    /// The endpoint took nothing.
    Failed,
    /// The endpoint is gone for good.
    Gone,
    /// There was nothing to be sent any more.
    Lost,
}

/// An attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Delivery {
    outcome: &'static str,
    event: &'static str,
}

impl Delivery {
    /// Of an event of that kind, which must be one of the catalogue's.
    #[must_use]
    pub const fn new(outcome: Outcome, event: &'static str) -> Self {
        let outcome = match outcome {
            Outcome::Delivered => "delivered",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
            Outcome::Gone => "gone",
            Outcome::Lost => "lost",
        };
        Self { outcome, event }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_belongs_to_a_part_of_what_is_served() {
        for (route, surface) in [
            ("/scim/v2/Users/{id}", Surface::Scim),
            ("/api/users", Surface::Api),
            ("/api/auth/sso/{connection}/callback", Surface::Login),
            ("/oauth/token", Surface::Oauth),
            ("/.well-known/jwks.json", Surface::Oauth),
            ("/login", Surface::Login),
            ("/sso/{connection}/login", Surface::Login),
            ("/livez", Surface::Other),
            ("", Surface::Other),
        ] {
            assert_eq!(Surface::of(route), surface, "{route}");
        }
    }

    #[test]
    fn methods_and_statuses_are_few() {
        assert_eq!((method("GET"), method("get"), method("BREW")), ("GET", "other", "other"));
        assert_eq!(
            (class(100), class(204), class(302), class(404), class(503), class(999)),
            ("1xx", "2xx", "3xx", "4xx", "5xx", "5xx")
        );
    }
}
