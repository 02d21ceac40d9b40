//! The section `[provider]`: the bridge as the OpenID Provider of AIsoule.

use chrono::TimeDelta;
use serde::Deserialize;

use super::SettingsError;

/// The bridge as an OpenID Provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provider {
    /// Days after which another key signs tokens.
    pub signing_key_days: u32,
}

impl Default for Provider {
    fn default() -> Self {
        Self { signing_key_days: 90 }
    }
}

impl Provider {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if (2..=3_650).contains(&self.signing_key_days) {
            return Ok(());
        }
        // A key is published a day before it signs.
        let problem = "must be 2 to 3650".to_owned();
        Err(SettingsError::Value { name: "provider.signing_key_days", problem })
    }

    /// How old a key gets until another one is made.
    #[must_use]
    pub fn key_age(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.signing_key_days))
    }
}
