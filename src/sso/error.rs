//! Why a sign-in through a provider came to nothing, in a sentence for a person and a code for the audit log.

use super::fault::TokenFault;
use crate::outbound::OutboundError;

/// Why a sign-in through a provider came to nothing. No token, no code and no secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SsoError {
    /// The connection itself can't be used as it is set up.
    #[error("The connection is not set up completely: {0}.")]
    Connection(String),
    /// The issuer is no issuer.
    #[error("The issuer of the connection can't be used: {0}.")]
    Issuer(String),
    /// Entra's issuer names no tenant.
    #[error(
        "The issuer must name one tenant: https://login.microsoftonline.com/TENANT-ID/v2.0, with the directory's id in \
         place of TENANT-ID and not common, organizations or consumers."
    )]
    Tenant,
    /// The provider can't be reached.
    #[error("The provider can't be reached ({what}): {error}.")]
    Unreachable {
        /// What was asked for.
        what: &'static str,
        /// Why not.
        error: OutboundError,
    },
    /// The provider answers with an error of its own.
    #[error("The provider answered with an error ({what}: HTTP {status}).")]
    Status {
        /// What was asked for.
        what: &'static str,
        /// The status.
        status: u16,
    },
    /// The provider answers with something else than it has to.
    #[error("The provider's answer can't be used: {what} {problem}.")]
    Answer {
        /// What was asked for.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The discovery document is another issuer's.
    #[error(
        "The provider calls itself by another issuer than the connection does; both must agree in every character."
    )]
    OtherIssuer,
    /// The provider says no.
    #[error("The provider did not let you in ({0}).")]
    Denied(String),
    /// The callback has no code.
    #[error("The provider sent no code.")]
    NoCode,
    /// The callback comes from another provider (RFC 9207).
    #[error("The answer comes from another provider than the one that was asked.")]
    CallbackIssuer,
    /// The callback does not say from whom it comes, though this provider always says so (RFC 9207).
    #[error("The answer does not say from which provider it comes, though this provider always does.")]
    CallbackIssuerMissing,
    /// The provider does not take the bridge's credentials.
    #[error("The provider does not accept the client id or secret of the connection.")]
    Client,
    /// The provider does not take the code.
    #[error("The provider does not accept the code ({0}). Signing in again may help.")]
    Code(String),
    /// The ID token does not hold.
    #[error("The provider's ID token was refused: {0}.")]
    IdToken(TokenFault),
    /// The logout token does not hold.
    #[error("The logout token was refused: {0}.")]
    LogoutToken(TokenFault),
    /// The provider has no way of asking for the password again.
    #[error("This provider can't be asked to let somebody sign in anew, which was wanted here.")]
    CannotAskAgain,
    /// Userinfo is about somebody else.
    #[error("The provider's userinfo is about another person than its ID token.")]
    UserinfoSubject,
}

impl SsoError {
    /// A short name that stays the same, for the audit log.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Connection(_) => "connection_incomplete",
            Self::Issuer(_) => "issuer_unusable",
            Self::Tenant => "tenant_not_named",
            Self::Unreachable { .. } => "provider_unreachable",
            Self::Status { .. } => "provider_error",
            Self::Answer { .. } => "provider_answer",
            Self::OtherIssuer => "issuer_mismatch",
            Self::Denied(_) => "denied_by_provider",
            Self::NoCode => "code_missing",
            Self::CallbackIssuer => "callback_issuer",
            Self::CallbackIssuerMissing => "callback_issuer_missing",
            Self::Client => "client_refused",
            Self::Code(_) => "code_refused",
            Self::IdToken(fault) | Self::LogoutToken(fault) => fault.code(),
            Self::CannotAskAgain => "cannot_ask_again",
            Self::UserinfoSubject => "userinfo_subject",
        }
    }

    /// Whether it may be otherwise in a while without anybody changing anything.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Status { status: 429 | 500..=599, .. })
    }

    pub(super) fn answer(what: &'static str, problem: impl Into<String>) -> Self {
        Self::Answer { what, problem: problem.into() }
    }
}

/// The name of an error as a provider writes it, as far as it is one (RFC 6749 §4.1.2.1).
pub(super) fn error_name(text: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name: String = text.chars().filter(is_plain).take(64).collect();
    if name.is_empty() { "unnamed error".to_owned() } else { name }
}
