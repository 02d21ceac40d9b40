//! How a deployment of AIsoule is spoken to, as far as deployments could differ: a section `[connectors.<name>]` of the
//! settings. What is not said there is as AIsoule's published API has it.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::{Host, Url};

/// How a deployment is spoken to.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// Where its API is, unless a connector says otherwise.
    pub base_url: String,
    /// The header in which the key is sent.
    pub header: String,
    /// What stands before the key in it: `Bearer `.
    pub header_prefix: String,
    /// Requests a minute of one key; 0: no limit.
    pub per_minute: u32,
    /// Requests a second of one key; 0: no limit.
    pub per_second: u32,
    /// How much of that is kept for people who leave, in percent.
    pub urgent_percent: u32,
    /// How long a request may take, in seconds.
    pub timeout_seconds: u64,
    /// How many elements of a list are asked for at once.
    pub page_limit: u32,
    /// Every so many hours both sides are compared; 0: never.
    pub reconcile_hours: u32,
    /// Whether what such a comparison finds is mended.
    pub reconcile_applies: bool,
    /// Ids of remote roles by the names of roles here; others are found by their name.
    pub roles: BTreeMap<String, String>,
    /// Where things stand in an answer.
    pub envelope: Envelope,
    /// Paths below the address.
    pub paths: Paths,
    /// Names of fields.
    pub fields: Fields,
}

/// Where things stand in an answer. An empty name: the answer itself.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Envelope {
    /// What was asked for.
    pub data: String,
    /// Where an error says that it is one; an empty name: nowhere.
    pub status: String,
    /// What stands there.
    pub failed: String,
    /// Why it failed, in words.
    pub message: String,
    /// Why it failed, for programs, where it says so.
    pub code: String,
    /// Codes of a 403 that concern one request and not the key: every seat is taken.
    pub not_the_key: Vec<String>,
    /// Lists.
    pub users: String,
    /// Lists.
    pub roles: String,
    /// Lists.
    pub teams: String,
    /// Lists.
    pub members: String,
    /// How many elements all pages of a list have.
    pub total: String,
}

/// Paths below the address; `{id}` stands for an id.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct Paths {
    pub users: String,
    pub roles: String,
    pub teams: String,
    pub members: String,
}

/// Names of fields.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct Fields {
    pub id: String,
    pub email: String,
    pub full_name: String,
    pub password: String,
    pub role_id: String,
    pub is_active: String,
    pub created_at: String,
    pub name: String,
    pub description: String,
    pub permissions: String,
    pub assignment_strategy: String,
    pub user_id: String,
    pub member_role: String,
    pub search: String,
    pub page: String,
    pub limit: String,
}

/// The name of the profile that ships with the bridge.
pub const SHIPPED: &str = "aisoule";

impl Default for Profile {
    fn default() -> Self {
        Self {
            base_url: "https://app.aisoule.com/api".into(),
            header: "X-API-Key".into(),
            header_prefix: String::new(),
            per_minute: 100,
            per_second: 10,
            urgent_percent: 20,
            timeout_seconds: 15,
            page_limit: 50,
            reconcile_hours: 24,
            reconcile_applies: false,
            roles: BTreeMap::new(),
            envelope: Envelope::default(),
            paths: Paths::default(),
            fields: Fields::default(),
        }
    }
}

macro_rules! named {
    ($type:ident { $($field:ident: $value:literal,)* } $($rest:tt)*) => {
        impl Default for $type {
            fn default() -> Self {
                Self { $($field: $value.into(),)* $($rest)* }
            }
        }
    };
}

named! { Envelope {
    data: "data",
    status: "status",
    failed: "error",
    message: "message",
    code: "code",
    users: "users",
    roles: "roles",
    teams: "teams",
    members: "members",
    total: "total",
} not_the_key: vec!["seat_limit".into()] }

named! { Paths {
    users: "/users",
    roles: "/roles",
    teams: "/teams",
    members: "/teams/{id}/members",
} }

named! { Fields {
    id: "id",
    email: "email",
    full_name: "full_name",
    password: "password",
    role_id: "role_id",
    is_active: "is_active",
    created_at: "created_at",
    name: "name",
    description: "description",
    permissions: "permissions",
    assignment_strategy: "assignment_strategy",
    user_id: "user_id",
    member_role: "role",
    search: "search",
    page: "page",
    limit: "limit",
} }

impl Profile {
    /// What is wrong with it, where something is.
    ///
    /// # Errors
    /// The field, and what is wrong with it.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if self.header.is_empty() || !is_name(&self.header) {
            return Err(("header", "must be the name of a header"));
        }
        if !(1..=30).contains(&self.timeout_seconds) {
            return Err(("timeout_seconds", "must be 1 to 30"));
        }
        if self.page_limit == 0 {
            return Err(("page_limit", "must be more than 0"));
        }
        if self.urgent_percent > 90 {
            return Err(("urgent_percent", "must be 90 at the most"));
        }
        if self.per_minute == 1 || self.per_second == 1 {
            return Err(("per_minute, per_second", "must be 2 or more, or 0 for no limit"));
        }
        if !self.paths.members.contains("{id}") {
            return Err(("paths.members", "must have {id} in it"));
        }
        check_base_url(&self.base_url, true).map_err(|problem| ("base_url", problem))
    }
}

/// Whether an address can be that of an API: https, or http on this machine where `loopback` allows it, and nothing in
/// it that does not belong there.
///
/// # Errors
/// What is wrong with it.
pub fn check_base_url(text: &str, loopback: bool) -> Result<(), &'static str> {
    let url = Url::parse(text).map_err(|_| "is no address with a scheme and a host")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user name or a password in it");
    }
    if url.query().is_some() || url.fragment().is_some() || text.ends_with('/') || text.len() > 1_000 {
        return Err("must have no query, no fragment and no slash at its end");
    }
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err("has no host"),
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback && is_here => Ok(()),
        _ => Err("must begin with https://"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_profile_is_as_the_api_is_published() {
        let shipped = Profile::default();
        assert_eq!(shipped.check(), Ok(()));
        assert_eq!((shipped.per_minute, shipped.per_second, shipped.header.as_str()), (100, 10, "X-API-Key"));
    }

    #[test]
    fn an_address_is_encrypted_or_here() {
        for (text, loopback, fine) in [
            ("https://app.aisoule.com/api", false, true),
            ("http://app.aisoule.com/api", true, false),
            ("http://127.0.0.1:8080/api", true, true),
            ("http://127.0.0.1:8080/api", false, false),
            ("https://u:p@app.aisoule.com/api", false, false),
            ("https://app.aisoule.com/api/", false, false),
            ("https://app.aisoule.com/api?x=1", false, false),
            ("nonsense", true, false),
        ] {
            assert_eq!(check_base_url(text, loopback).is_ok(), fine, "{text}");
        }
    }

    #[test]
    fn a_profile_that_can_not_be_is_refused() {
        for profile in [
            Profile { header: "X API".into(), ..Profile::default() },
            Profile { timeout_seconds: 0, ..Profile::default() },
            Profile { page_limit: 0, ..Profile::default() },
            Profile { urgent_percent: 100, ..Profile::default() },
            Profile { paths: Paths { members: "/members".into(), ..Paths::default() }, ..Profile::default() },
        ] {
            assert!(profile.check().is_err(), "{profile:?}");
        }
    }
}
