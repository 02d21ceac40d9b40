//! Why nothing came of a request to the outside, in words for whoever set the address.

use std::error::Error;

use super::resolve::{Refused, Unknown};

/// Why nothing came of a request. No variant holds what was sent or a whole address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The way out can't be set up.
    #[error("requests to the outside can't be sent: {0}")]
    Setup(String),
    /// The address is none.
    #[error("the address {0}")]
    Url(&'static str),
    /// The address is not https.
    #[error("the address must begin with https://")]
    Plain,
    /// A header that can't be sent.
    #[error("a value has characters in it that can't be sent")]
    Header,
    /// It leads where the bridge does not go.
    #[error("{0} is, or leads to, an address of an internal network, where the bridge sends nothing")]
    Refused(String),
    /// The name has no address.
    #[error("the name {0} can't be resolved")]
    Unresolved(String),
    /// Nobody answers there.
    #[error("no connection could be made")]
    Unreachable,
    /// The certificate is not believed.
    #[error("the server's certificate was refused: {0}")]
    Certificate(String),
    /// It took too long.
    #[error("there was no answer in time")]
    Timeout,
    /// The answer is larger than [`super::MOST`].
    #[error("the answer is larger than 1 MiB")]
    TooLarge,
    /// The answer broke off or is no HTTP.
    #[error("the answer broke off or is not HTTP")]
    Broken,
}

impl OutboundError {
    /// What an error of the HTTP client comes from.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut source = error.source();
        while let Some(cause) = source {
            if let Some(Refused(name)) = cause.downcast_ref() {
                return Self::Refused(name.clone());
            }
            if let Some(Unknown(name)) = cause.downcast_ref() {
                return Self::Unresolved(name.clone());
            }
            if let Some(problem) = tls_problem(cause) {
                return Self::Certificate(problem);
            }
            source = cause.source();
        }
        match error {
            error if error.is_timeout() => Self::Timeout,
            error if error.is_connect() => Self::Unreachable,
            _ => Self::Broken,
        }
    }
}

/// What is wrong with the encryption, where that is the cause. An I/O error does not give what it wraps as its source, and
/// may wrap another.
fn tls_problem(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<std::io::Error>() {
        let inner: &(dyn Error + 'static) = error.get_ref()?;
        return tls_problem(inner);
    }
    cause.downcast_ref::<rustls::Error>().map(|error| match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => {
            "its issuer is not known (a company's own authority goes into the setting sso.extra_ca_file)".to_owned()
        }
        other => other.to_string(),
    })
}
