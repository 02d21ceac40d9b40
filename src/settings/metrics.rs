//! The section `[metrics]`: figures for Prometheus.

use serde::Deserialize;

use super::{Secret, SettingsError};

/// Figures for Prometheus, at `/metrics`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Whether there are any.
    pub enabled: bool,
    /// Whoever has this token may read them. Without one: whoever asks from this machine, and was not handed on by a proxy.
    pub token: Option<Secret>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { enabled: true, token: None }
    }
}

impl Metrics {
    /// The shortest token, in bytes.
    const SHORTEST: usize = 16;

    pub(super) fn overlay(&mut self, env: impl Fn(&str) -> Option<String>) {
        self.token = env("BRIDGE_METRICS_TOKEN").map(Secret).or(self.token.take());
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let is_short = |token: &Secret| token.reveal().len() < Self::SHORTEST;
        if self.token.as_ref().is_some_and(is_short) {
            let problem = format!("must have {} characters or more, or not be set", Self::SHORTEST);
            return Err(SettingsError::Value { name: "metrics.token (BRIDGE_METRICS_TOKEN)", problem });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_can_be_guessed_is_refused_and_the_environment_goes_before_the_file() {
        let set = |token: &str| Metrics { token: Some(Secret::from(token.to_owned())), ..Metrics::default() };
        assert!(Metrics::default().check().is_ok() && set("0123456789abcdef").check().is_ok());
        let said = set("prometheus").check().unwrap_err().to_string();
        assert!(said.contains("BRIDGE_METRICS_TOKEN") && !said.contains("prometheus"), "{said}");
        let mut metrics = set("0123456789abcdef");
        metrics.overlay(|name| (name == "BRIDGE_METRICS_TOKEN").then(|| "fedcba9876543210".to_owned()));
        assert_eq!(metrics.token.unwrap().reveal(), "fedcba9876543210");
    }
}
