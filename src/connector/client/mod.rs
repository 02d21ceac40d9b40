//! The remote side's REST API: what is there, and changing it. Every outcome is one of a few kinds, so that whoever asks
//! knows whether to ask again, to look first, or to leave it.

mod wire;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use tokio::time::Instant;

use wire::Ask;
pub use wire::Trouble;

use super::{Limits, Profile};
use crate::outbound::Outbound;
use crate::settings::Secret;
use crate::text;

/// An account there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id there.
    pub id: String,
    /// The address with which it logs in.
    pub email: String,
    /// What colleagues see.
    pub full_name: String,
    /// The id of its role there.
    pub role_id: Option<String>,
    /// Whether it may log in.
    pub is_active: bool,
    /// When it was made, where that is told.
    pub created_at: Option<DateTime<Utc>>,
}

/// A role there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RemoteRole {
    pub id: String,
    pub name: String,
}

/// A team there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RemoteTeam {
    pub id: String,
    pub name: String,
    pub description: String,
    pub assignment_strategy: String,
}

/// A member of a team there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Member {
    pub user_id: String,
    /// `agent` or `manager`.
    pub role: String,
}

/// What is to change of an account; what is none stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Changes {
    pub email: Option<String>,
    pub full_name: Option<String>,
    pub role_id: Option<String>,
    pub is_active: Option<bool>,
}

/// What the other side said the time was, and when it did.
type Told = (DateTime<Utc>, Instant);

/// The remote side, with the key and its limits.
#[derive(Clone)]
pub struct Remote {
    outbound: Outbound,
    profile: Arc<Profile>,
    base_url: String,
    key: Secret,
    limits: Arc<Limits>,
    urgent: Arc<AtomicBool>,
    /// Until when whoever speaks to it may begin a change; none: always.
    until: Option<Arc<Mutex<Instant>>>,
    /// What the other side said the time was, and when.
    told: Arc<Mutex<Option<Told>>>,
}

impl Remote {
    /// The remote side at an address.
    #[must_use]
    pub fn new(outbound: Outbound, profile: Arc<Profile>, base_url: String, key: Secret, limits: Arc<Limits>) -> Self {
        Self { outbound, profile, base_url, key, limits, urgent: Arc::default(), until: None, told: Arc::default() }
    }

    /// The same for something that goes before everything else as long as `urgent` says so.
    #[must_use]
    pub fn urgent(&self, urgent: Arc<AtomicBool>) -> Self {
        Self { urgent, ..self.clone() }
    }

    /// Makes urgent what is on its way already.
    pub fn hurry(&self, urgent: &AtomicBool) {
        if !urgent.swap(true, Ordering::Relaxed) {
            self.limits.look_again();
        }
    }

    /// The same for whoever may change something only until a moment that can be moved.
    #[must_use]
    pub fn until(self, until: Arc<Mutex<Instant>>) -> Self {
        Self { until: Some(until), ..self }
    }

    /// Whether a change that is begun now is over before another bridge may begin one.
    fn is_ours(&self) -> bool {
        let longest = Duration::from_secs(self.profile.timeout_seconds);
        let until = self.until.as_ref().map(|until| *until.lock().unwrap_or_else(PoisonError::into_inner));
        until.is_none_or(|until| Instant::now() + longest < until)
    }

    /// How it is spoken to.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What time it is there, as far as it has told.
    #[must_use]
    pub fn now(&self) -> Option<DateTime<Utc>> {
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.map(|(date, at)| date + TimeDelta::from_std(at.elapsed()).unwrap_or_default())
    }

    /// The account of that id.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn user(&self, id: &str) -> Result<Account, Trouble> {
        self.account(&self.ask(Ask::Get, &one(&self.profile.paths.users, id)).await?)
    }

    /// The account with that address, where there is one.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn by_address(&self, email: &str) -> Result<Option<Account>, Trouble> {
        let query = format!("{}={}&", self.profile.fields.search, encoded(email));
        let is_it = |account: &Account| text::same(&account.email, email);
        let found = self
            .list(&self.profile.paths.users, &query, &self.profile.envelope.users, |value| self.account(value).ok());
        Ok(found.await?.into_iter().find(is_it))
    }

    /// Every account.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn users(&self) -> Result<Vec<Account>, Trouble> {
        let (paths, envelope) = (&self.profile.paths, &self.profile.envelope);
        let all = self.list(&paths.users, "", &envelope.users, |value| self.account(value).ok()).await?;
        // Pages shift while people come and go: nobody is there twice.
        let all: BTreeMap<String, Account> = all.into_iter().map(|account| (account.id.clone(), account)).collect();
        Ok(all.into_values().collect())
    }

    /// Makes an account; it is active.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn create_user(
        &self,
        email: &str,
        full_name: &str,
        role_id: &str,
        password: &Secret,
    ) -> Result<Account, Trouble> {
        let fields = &self.profile.fields;
        let body = object([
            (&fields.email, email.into()),
            (&fields.full_name, full_name.into()),
            (&fields.role_id, role_id.into()),
            (&fields.password, password.reveal().into()),
        ]);
        let made = self.ask(Ask::Post(&body), &self.profile.paths.users).await.map_err(|trouble| match trouble {
            // What was secret comes back in nobody's words.
            Trouble::Invalid(said) => Trouble::Invalid(said.replace(password.reveal(), "***")),
            other => other,
        })?;
        self.account(&made).map_err(|_| Trouble::Uncertain("it does not say which account it made".into()))
    }

    /// Changes an account.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn update_user(&self, id: &str, changes: &Changes) -> Result<(), Trouble> {
        let fields = &self.profile.fields;
        let told = [
            (&fields.email, changes.email.clone().map(Value::from)),
            (&fields.full_name, changes.full_name.clone().map(Value::from)),
            (&fields.role_id, changes.role_id.clone().map(Value::from)),
            (&fields.is_active, changes.is_active.map(Value::from)),
        ];
        let body = object(told.into_iter().filter_map(|(name, value)| Some((name, value?))));
        self.ask(Ask::Put(&body), &one(&self.profile.paths.users, id)).await.map(drop)
    }

    /// Every role.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn roles(&self) -> Result<Vec<RemoteRole>, Trouble> {
        let (paths, envelope) = (&self.profile.paths, &self.profile.envelope);
        self.list(&paths.roles, "", &envelope.roles, |value| self.role(value)).await
    }

    /// Makes a role.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn create_role(
        &self,
        name: &str,
        description: &str,
        permissions: &[&str],
    ) -> Result<RemoteRole, Trouble> {
        let fields = &self.profile.fields;
        let body = object([
            (&fields.name, name.into()),
            (&fields.description, description.into()),
            (&fields.permissions, permissions.into()),
        ]);
        let made = self.ask(Ask::Post(&body), &self.profile.paths.roles).await?;
        self.role(&made).ok_or_else(|| Trouble::Uncertain("it does not say which role it made".into()))
    }

    /// Every team.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn teams(&self) -> Result<Vec<RemoteTeam>, Trouble> {
        let (paths, envelope) = (&self.profile.paths, &self.profile.envelope);
        self.list(&paths.teams, "", &envelope.teams, |value| self.team(value)).await
    }

    /// Makes a team, or with an id changes that one.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn put_team(
        &self,
        id: Option<&str>,
        name: &str,
        description: &str,
        strategy: &str,
    ) -> Result<RemoteTeam, Trouble> {
        let fields = &self.profile.fields;
        let body = object([
            (&fields.name, name.into()),
            (&fields.description, description.into()),
            (&fields.assignment_strategy, strategy.into()),
        ]);
        let put = match id {
            Some(id) => self.ask(Ask::Put(&body), &one(&self.profile.paths.teams, id)).await?,
            None => self.ask(Ask::Post(&body), &self.profile.paths.teams).await?,
        };
        self.team(&put).ok_or_else(|| Trouble::Uncertain("it does not say which team it is".into()))
    }

    /// Who is in a team.
    ///
    /// # Errors
    /// [`Trouble`]; [`Trouble::Missing`] where there is no such team.
    pub async fn members(&self, team: &str) -> Result<Vec<Member>, Trouble> {
        let fields = &self.profile.fields;
        let member = |value: &Value| {
            let role = value.get(&fields.member_role).and_then(Value::as_str).unwrap_or("agent").to_owned();
            Some(Member { user_id: id_of(value, &fields.user_id)?, role })
        };
        self.pages(&self.members_of(team), "", &self.profile.envelope.members, member).await
    }

    /// Puts an account into a team.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn add_member(&self, team: &str, user: &str, role: &str) -> Result<(), Trouble> {
        let fields = &self.profile.fields;
        let body = object([(&fields.user_id, user.into()), (&fields.member_role, role.into())]);
        self.ask(Ask::Post(&body), &self.members_of(team)).await.map(drop)
    }

    /// Takes an account out of a team.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn remove_member(&self, team: &str, user: &str) -> Result<(), Trouble> {
        self.ask(Ask::Delete, &one(&self.members_of(team), user)).await.map(drop)
    }

    fn members_of(&self, team: &str) -> String {
        self.profile.paths.members.replace("{id}", &encoded(team))
    }

    fn account(&self, value: &Value) -> Result<Account, Trouble> {
        let fields = &self.profile.fields;
        let said = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = id_of(value, &fields.id).ok_or_else(|| Trouble::Invalid("an account without an id".into()))?;
        let role_id = id_of(value, &fields.role_id).or_else(|| id_of(value.get("role")?, &fields.id));
        let created_at = value.get(&fields.created_at).and_then(Value::as_str);
        Ok(Account {
            id,
            email: said(&fields.email).unwrap_or_default(),
            full_name: said(&fields.full_name).unwrap_or_default(),
            role_id,
            is_active: value.get(&fields.is_active).and_then(Value::as_bool).unwrap_or(true),
            created_at: created_at.and_then(|at| at.parse().ok()),
        })
    }

    fn role(&self, value: &Value) -> Option<RemoteRole> {
        let fields = &self.profile.fields;
        Some(RemoteRole { id: id_of(value, &fields.id)?, name: value.get(&fields.name)?.as_str()?.to_owned() })
    }

    fn team(&self, value: &Value) -> Option<RemoteTeam> {
        let fields = &self.profile.fields;
        let said = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(RemoteTeam {
            id: id_of(value, &fields.id)?,
            name: value.get(&fields.name)?.as_str()?.to_owned(),
            description: said(&fields.description),
            assignment_strategy: said(&fields.assignment_strategy),
        })
    }
}

/// Everything but what never needs to be encoded (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn one(path: &str, id: &str) -> String {
    format!("{path}/{}", encoded(id))
}

/// An id, which some write as a number.
fn id_of(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(id) if (1..=200).contains(&id.len()) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn object<'n>(fields: impl IntoIterator<Item = (&'n String, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.clone(), value)).collect::<Map<_, _>>())
}
