//! The section `[telemetry]`: traces for a collector of OpenTelemetry.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;

use super::{Secret, SettingsError};

/// Traces for a collector of OpenTelemetry, by OTLP over HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// The collector's address, such as `http://127.0.0.1:4318`; none: there are no traces.
    pub otlp_endpoint: Option<String>,
    /// What the bridge is called there.
    pub service_name: String,
    /// Of a thousand traces, how many are kept, as a part of one.
    pub sample_ratio: f64,
    /// Headers for the collector. They may hold a key.
    pub headers: BTreeMap<String, Secret>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { otlp_endpoint: None, service_name: "aisoule-bridge".into(), sample_ratio: 1.0, headers: BTreeMap::new() }
    }
}

impl Telemetry {
    pub(super) fn overlay(&mut self, env: impl Fn(&str) -> Option<String>) {
        self.otlp_endpoint = env("BRIDGE_OTLP_ENDPOINT").or(self.otlp_endpoint.take());
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let wrong = |name, problem: &str| Err(SettingsError::Value { name, problem: problem.to_owned() });
        let is_address = |text: &String| {
            Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty())
        };
        if self.otlp_endpoint.as_ref().is_some_and(|endpoint| !is_address(endpoint)) {
            return wrong("telemetry.otlp_endpoint (BRIDGE_OTLP_ENDPOINT)", "must be an http:// or https:// address");
        }
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            return wrong("telemetry.sample_ratio", "must be 0.0 to 1.0");
        }
        if self.service_name.trim().is_empty() {
            return wrong("telemetry.service_name", "must not be empty");
        }
        let is_field = |(name, value): (&String, &Secret)| {
            let is_token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
            is_token && !name.is_empty() && value.reveal().bytes().all(|byte| (0x20..0x7f).contains(&byte))
        };
        if self.headers.iter().all(is_field) {
            return Ok(());
        }
        wrong("telemetry.headers", "must be names and values of HTTP headers")
    }

    /// Where traces are posted to.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        let endpoint = self.otlp_endpoint.as_deref()?.trim_end_matches('/');
        let path = "/v1/traces";
        Some(if endpoint.ends_with(path) { endpoint.to_owned() } else { format!("{endpoint}{path}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_called_by_its_base_or_by_its_whole_address() {
        let at = |endpoint: &str| Telemetry { otlp_endpoint: Some(endpoint.into()), ..Telemetry::default() };
        for endpoint in ["http://collector:4318", "http://collector:4318/", "http://collector:4318/v1/traces"] {
            assert!(at(endpoint).check().is_ok());
            assert_eq!(at(endpoint).address().unwrap(), "http://collector:4318/v1/traces");
        }
        assert_eq!(Telemetry::default().address(), None);
        for endpoint in ["collector:4318", "grpc://collector", "http://user:password@collector"] {
            assert!(at(endpoint).check().is_err(), "{endpoint}");
        }
        assert!(Telemetry { sample_ratio: f64::NAN, ..Telemetry::default() }.check().is_err());
        let headers = BTreeMap::from([("x-key".to_owned(), Secret::from("a\nb".to_owned()))]);
        assert!(Telemetry { headers, ..Telemetry::default() }.check().is_err());
    }
}
