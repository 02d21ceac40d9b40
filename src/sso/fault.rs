//! What can be wrong with a signed token.

/// What is wrong with a signed token. Nothing of the token itself is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It is no signed token in the compact form.
    #[error("it {0}")]
    Malformed(&'static str),
    /// It is signed with an algorithm that is not taken, or that the provider does not announce.
    #[error("it is not signed with an algorithm that is taken and that the provider announces")]
    Algorithm,
    /// No key of the provider's fits.
    #[error("it is signed with a key that the provider does not publish")]
    KeyUnknown,
    /// It names no key, and several fit.
    #[error("it does not say which of the provider's keys it is signed with")]
    KeyAmbiguous,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// A claim that must be there is not.
    #[error("it lacks the claim {0}")]
    Missing(&'static str),
    /// A claim is not what it has to be.
    #[error("its claim {0} is not of the form that it must have")]
    Form(&'static str),
    /// It is of another issuer.
    #[error("it comes from another issuer")]
    Issuer,
    /// It is meant for another client, or for others too.
    #[error("it is meant for another client than this bridge")]
    Audience,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// Its time has not come.
    #[error("it is not valid yet; the clocks of the provider and the bridge may differ")]
    Early,
    /// It answers another request.
    #[error("it does not answer the request that this bridge made (nonce)")]
    Nonce,
    /// It was given for another access token.
    #[error("it belongs to another access token (at_hash)")]
    AccessToken,
    /// The person proved who they are longer ago than was asked for.
    #[error("the person's last proof of who they are is older than was asked for (auth_time)")]
    Stale,
    /// The subject names nobody.
    #[error("its subject is empty, longer than 255 bytes, or not a text")]
    Subject,
    /// It comes from another tenant.
    #[error("it comes from another tenant")]
    Tenant,
    /// It is a token of another kind: an ID token in place of a logout token, or the other way round.
    #[error("it is a token of another kind")]
    Kind,
}

impl TokenFault {
    /// A short name, for the audit log.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "token_malformed",
            Self::Algorithm => "token_algorithm",
            Self::KeyUnknown => "token_key_unknown",
            Self::KeyAmbiguous => "token_key_ambiguous",
            Self::Signature => "token_signature",
            Self::Missing(_) => "token_claim_missing",
            Self::Form(_) => "token_claim_form",
            Self::Issuer => "token_issuer",
            Self::Audience => "token_audience",
            Self::Expired => "token_expired",
            Self::Early => "token_early",
            Self::Nonce => "token_nonce",
            Self::AccessToken => "token_at_hash",
            Self::Stale => "token_auth_time",
            Self::Subject => "token_subject",
            Self::Tenant => "token_tenant",
            Self::Kind => "token_kind",
        }
    }
}
