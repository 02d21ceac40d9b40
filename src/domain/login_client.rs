//! A login client: a program that people sign in to through the bridge, such as AIsoule.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use chrono::{DateTime, Utc};
use url::{Host, Url};

use crate::ids::WorkspaceId;

/// How many addresses of a kind a client may have.
pub const MOST_ADDRESSES: usize = 20;
/// How long an address may be, in bytes.
const LONGEST: usize = 1_000;

/// A program that people sign in to through the bridge, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginClient {
    /// Its id, which it shows with its secret.
    pub id: String,
    /// Whose people sign in to it.
    pub workspace_id: WorkspaceId,
    /// What people call it: "AIsoule".
    pub name: String,
    /// Where the browser may be sent with a code.
    pub redirect_uris: Vec<String>,
    /// Where it may be sent after signing out.
    pub post_logout_uris: Vec<String>,
    /// Where it is told that a session ended.
    pub backchannel_logout_uri: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last got a token.
    pub last_used_at: Option<DateTime<Utc>>,
    /// From when on it is worth nothing.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What a client asks to know, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)]
pub struct Scopes {
    /// Who it is.
    pub openid: bool,
    /// Their name.
    pub profile: bool,
    /// Their address.
    pub email: bool,
    /// Role, permissions, teams and workspace, in the ID token too.
    pub aisoule: bool,
    /// Access beyond the limits of the session.
    pub offline_access: bool,
}

impl Scopes {
    /// The names of all there are.
    pub const NAMES: [&'static str; 5] = ["openid", "profile", "email", "aisoule", "offline_access"];

    /// Those of a list of names that are known here; the others ask for nothing (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub fn parse(names: &str) -> Self {
        let mut scopes = Self::default();
        for name in names.split(' ') {
            match name {
                "openid" => scopes.openid = true,
                "profile" => scopes.profile = true,
                "email" => scopes.email = true,
                "aisoule" => scopes.aisoule = true,
                "offline_access" => scopes.offline_access = true,
                _ => {}
            }
        }
        scopes
    }

    const fn flags(self) -> [bool; 5] {
        [self.openid, self.profile, self.email, self.aisoule, self.offline_access]
    }

    /// Whether everything of `other` is in it.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.flags().into_iter().zip(other.flags()).all(|(mine, wanted)| mine || !wanted)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Self::NAMES.into_iter().zip(self.flags()).filter(|(_, set)| *set).map(|(name, _)| name);
        f.write_str(&names.collect::<Vec<_>>().join(" "))
    }
}

/// Whether a client may be reached at an address: https, or http on the machine itself; nothing in it that stands for
/// something else. It is compared character by character from then on (RFC 9700 §2.1).
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_address(text: &str) -> Result<(), &'static str> {
    if text.len() > LONGEST {
        return Err("is longer than 1,000 characters");
    }
    if !text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)) {
        return Err("holds a character that no address has; write it percent-encoded");
    }
    if text.contains('*') {
        return Err("holds a *: an address is compared as it stands, and there are no wildcards");
    }
    if text.contains('#') {
        return Err("has a fragment (#)");
    }
    let url = Url::parse(text).map_err(|_| "is no absolute address")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password");
    }
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_here => Ok(()),
        "http" => Err("is not https; http is for 127.0.0.1, [::1] and localhost"),
        _ => Err("is neither https nor http to the machine itself"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_on_the_machine_itself() {
        for good in [
            "https://app.aisoule.com/api/auth/sso/custom/callback",
            "https://a.example/?x=1",
            "http://127.0.0.1:7/cb",
            "http://[::1]/",
            "http://localhost:3000/cb",
        ] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "/callback",
            "http://app.example/cb",
            "http://localhost.evil.example/",
            "http://127.0.0.1@evil.example/",
            "https://user@a.example/",
            "https://a.example/#x",
            "https://*.example/cb",
            "https://a.example/*",
            "com.example.app:/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://a.example/\r\nx: y",
            "https://a.example/ b",
            "https://",
            "https://a.example\\@evil.example/",
        ] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
        assert!(check_address(&format!("https://a.example/{}", "x".repeat(1_000))).is_err());
    }

    #[test]
    fn scopes_that_are_not_known_ask_for_nothing() {
        let some = Scopes::parse("email openid  phone offline_access email");
        assert_eq!(some.to_string(), "openid email offline_access");
        assert!(some.covers(Scopes::parse("openid")) && !some.covers(Scopes::parse("profile")));
        assert_eq!(Scopes::parse(&some.to_string()), some);
    }
}
