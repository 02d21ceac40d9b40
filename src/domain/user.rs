//! A person in a workspace: who they are, whether they may work, what they may do.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::email::Email;
use super::pins::Pins;
use super::role::{RoleRef, RoleSource};
use crate::ids::{RuleId, UserId, WorkspaceId};
use crate::text;

/// The longest compared form of a userName or an indexed value, in bytes: what an index of either database takes.
pub const MAX_KEY_BYTES: usize = 1_536;

/// A person in one workspace.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::struct_excessive_bools)]
pub struct User {
    /// Their id, which stays through renames, deactivation and reactivation.
    pub id: UserId,
    /// Where they belong.
    pub workspace_id: WorkspaceId,
    /// What they are called and how they are reached.
    pub profile: Profile,
    /// The displayName of whom they report to.
    pub manager_name: Option<String>,
    /// Whether they may work now.
    pub standing: Standing,
    /// Since when they wait for a seat, where they do.
    pub waiting_since: Option<DateTime<Utc>>,
    /// A break-glass account: no identity provider can see or change it.
    pub protected: bool,
    /// What they may do.
    pub role: RoleRef,
    /// Why they may do it.
    pub role_source: RoleSource,
    /// The rule that gave it, where one did.
    pub role_rule: Option<RuleId>,
    /// What was decided by hand against what a provider says.
    pub pins: Pins,
    /// Whether a provider keeps them: what it says of them, nobody else changes without being told so.
    pub provisioned: bool,
    /// Whether they take conversations now.
    pub is_available: bool,
    /// When they last logged in.
    pub last_login_at: Option<DateTime<Utc>>,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether they are a member of any group.
    pub in_groups: bool,
    /// Counts the changes of what people may change, from 1.
    pub version: i64,
    /// When they were made.
    pub created_at: DateTime<Utc>,
    /// When `version` last grew.
    pub updated_at: DateTime<Utc>,
}

impl User {
    /// What colleagues see.
    #[must_use]
    pub fn full_name(&self) -> String {
        self.pins.full_name.as_ref().map_or_else(|| self.profile.label(), |pin| pin.value.clone())
    }

    /// The address that they log in with.
    #[must_use]
    pub fn email(&self) -> Option<Email> {
        self.pins.email.as_ref().and_then(|pin| Email::parse(&pin.value)).or_else(|| self.profile.email())
    }

    /// The address as it must be unique; none where they hold none any more.
    #[must_use]
    pub fn email_key(&self) -> Option<String> {
        match &self.pins.email {
            Some(pin) => Email::parse(&pin.value).map(|email| email.key()),
            None => self.profile.email_key(),
        }
    }
}

/// Whether a person may work now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// May log in; takes a seat.
    Active,
    /// May not log in; everything of theirs is kept.
    Inactive,
    /// Is to be active, and waits for a seat; inactive until then.
    Waiting,
}

impl Standing {
    /// The standing's name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Waiting => "waiting",
        }
    }

    /// The standing of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Inactive, Self::Waiting].into_iter().find(|standing| standing.name() == name)
    }
}

/// What a person is called and how they are reached: everything that an identity provider, an administrator or the
/// person may write, apart from activation and password.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// Unique in the workspace without regard to case; 1 to 255 characters.
    pub user_name: String,
    /// The identity provider's own id for the person: Okta's user id, Entra's object id.
    pub external_id: Option<String>,
    /// As colleagues see them.
    pub display_name: Option<String>,
    /// Whom they report to: a user of the same workspace.
    pub manager: Option<UserId>,
    /// Every other attribute of a user (name, emails, phoneNumbers, …) in canonical form.
    pub attributes: Map<String, Value>,
    /// The attributes of a member of an organisation (department, costCenter, …), the manager aside.
    pub organization: Map<String, Value>,
}

impl Profile {
    /// The profile of somebody whom a hand makes, whose address is their userName.
    #[must_use]
    pub fn by_hand(email: &Email, full_name: &str) -> Self {
        let emails = serde_json::json!([{"value": email.as_str(), "type": "work", "primary": true}]);
        Self {
            user_name: email.as_str().to_owned(),
            display_name: Some(full_name.to_owned()),
            attributes: Map::from_iter([("emails".to_owned(), emails)]),
            ..Self::default()
        }
    }

    /// The userName as it is compared.
    #[must_use]
    pub fn user_name_key(&self) -> String {
        text::fold(&self.user_name)
    }

    /// What follows the 32 hexadecimal digits that Entra ID puts before the userName of a person it has deleted softly.
    /// Such a name is no new address, and it no longer keeps anybody else from the old one.
    #[must_use]
    pub fn tombstone(&self) -> Option<&str> {
        let (digits, rest) = self.user_name.split_at_checked(32)?;
        (!rest.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(rest)
    }

    /// The address as it must be unique; none where the person holds none any more.
    #[must_use]
    pub fn email_key(&self) -> Option<String> {
        if self.tombstone().is_some() { None } else { self.email().map(|email| email.key()) }
    }

    /// The address the person logs in with: the primary one, else the first, else a userName that is an address.
    #[must_use]
    pub fn email(&self) -> Option<Email> {
        let user_name = self.tombstone().unwrap_or(&self.user_name);
        let emails = self.attributes.get("emails").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let primary = emails.iter().find(|email| email.get("primary") == Some(&Value::Bool(true)));
        let value = |email: &Value| email.get("value").and_then(Value::as_str).and_then(Email::parse);
        primary.and_then(value).or_else(|| emails.iter().find_map(value)).or_else(|| Email::parse(user_name))
    }

    /// What to call the person in a list: displayName, else the formatted or composed name, else the userName.
    #[must_use]
    pub fn label(&self) -> String {
        if let Some(name) = &self.display_name {
            return name.clone();
        }
        let name = self.attributes.get("name");
        let part = |key| name.and_then(|name| name.get(key)).and_then(Value::as_str);
        match (part("formatted"), part("givenName"), part("familyName")) {
            (Some(formatted), _, _) => formatted.to_owned(),
            (None, Some(given), Some(family)) => format!("{given} {family}"),
            (None, Some(one), None) | (None, None, Some(one)) => one.to_owned(),
            (None, None, None) => self.user_name.clone(),
        }
    }
}

/// What an edit may change about a person, all at once.
#[derive(Debug, Clone, PartialEq)]
pub struct UserDraft {
    /// What they are called and how they are reached.
    pub profile: Profile,
    /// Whether they are to be active; nothing said means: as it is (a new user: active).
    pub active: Option<bool>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile(user_name: &str, attributes: Value) -> Profile {
        let Value::Object(attributes) = attributes else { unreachable!() };
        Profile { user_name: user_name.into(), attributes, ..Profile::default() }
    }

    #[test]
    fn a_tombstone_keeps_its_address_and_holds_it_no_longer() {
        let dead = profile("0123456789abcdef0123456789ABCDEFanna@x.org", json!({}));
        assert_eq!(dead.email().map(|email| email.as_str().to_owned()).as_deref(), Some("anna@x.org"));
        assert_eq!(dead.email_key(), None);
        assert_eq!(profile("0123456789abcdef0123456789abcdef", json!({})).tombstone(), None);
        assert_eq!(profile("anna@x.org", json!({})).email_key().as_deref(), Some("anna@x.org"));
    }

    #[test]
    fn the_login_address_is_the_primary_one_else_the_first_else_the_user_name() {
        let address = |profile: Profile| profile.email().map(|email| email.as_str().to_owned());
        let two = json!({"emails": [{"value": "a@x"}, {"value": "b@x", "primary": true}]});
        assert_eq!(address(profile("n", two)).as_deref(), Some("b@x"));
        assert_eq!(
            address(profile("n", json!({"emails": [{"type": "work"}, {"value": "c@x"}]}))).as_deref(),
            Some("c@x")
        );
        assert_eq!(address(profile("n@x", json!({}))).as_deref(), Some("n@x"));
        assert_eq!(address(profile("n", json!({}))), None);
    }
}
