//! `[sessions]`: how long people stay signed in.

use chrono::TimeDelta;
use serde::Deserialize;

use super::SettingsError;
use crate::domain::session::Lifetime;

/// How long people stay signed in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Minutes without a request after which a session is over.
    pub idle_minutes: u32,
    /// Hours after which a session is over, however much it is used.
    pub absolute_hours: u32,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { idle_minutes: 480, absolute_hours: 24 }
    }
}

impl Sessions {
    /// How long a session lives.
    #[must_use]
    pub fn lifetime(&self) -> Lifetime {
        let absolute = TimeDelta::hours(i64::from(self.absolute_hours));
        Lifetime { idle: TimeDelta::minutes(i64::from(self.idle_minutes)), absolute }
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let wrong = |name, problem: &str| Err(SettingsError::Value { name, problem: problem.to_owned() });
        if !(1..=43_200).contains(&self.idle_minutes) {
            return wrong("sessions.idle_minutes", "must be 1 to 43200, which are 30 days");
        }
        if !(1..=720).contains(&self.absolute_hours) {
            return wrong("sessions.absolute_hours", "must be 1 to 720, which are 30 days");
        }
        Ok(())
    }
}
