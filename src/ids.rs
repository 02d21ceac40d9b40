//! Identifiers: time-ordered UUIDs (version 7), one type a noun, so that a group's id never passes for a user's.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, larger than every id made before it in this process.
            #[must_use]
            #[allow(clippy::disallowed_methods)]
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }

            /// Reads the one spelling that this bridge writes (36 characters, lower case, hyphens); every other text
            /// is nobody's id.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let canonical = text.len() == 36 && !text.bytes().any(|b| b.is_ascii_uppercase());
                if canonical { Uuid::try_parse(text).ok().map(Self) } else { None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

id! {
    /// A workspace: one customer of AIsoule.
    WorkspaceId,
    /// A person in one workspace.
    UserId,
    /// A group that an identity provider (or a hand) made in one workspace.
    GroupId,
    /// A role of one workspace.
    RoleId,
    /// A team of one workspace.
    TeamId,
    /// A rule that gives a role and teams to a group.
    RuleId,
    /// A conversation with a customer.
    ConversationId,
    /// A message or a note in a conversation.
    EntryId,
    /// A review of who has access.
    ReviewId,
    /// A key for the REST API.
    KeyId,
    /// A bearer token for SCIM.
    TokenId,
    /// A connection to a provider through which people sign in.
    ConnectionId,
    /// A domain of a workspace.
    DomainId,
    /// A link that lets somebody in without an account.
    SetupLinkId,
    /// A session of somebody in their browser.
    SessionId,
    /// What a client of the bridge's own provider was given in one sign-in.
    GrantId,
    /// A client that is to be told that a session ended.
    NoticeId,
    /// A mail that waits to be sent, or was.
    MailId,
    /// One request, as it stands in the answer's `X-Request-Id` and in every log line about it.
    RequestId,
    /// One event in the outbox: whoever is told twice knows it by this.
    EventId,
    /// An address that a workspace's events are posted to.
    EndpointId,
    /// One event on its way to one endpoint.
    DeliveryId,
    /// What somebody holds for a while, so that nobody else does the same.
    LeaseId,
    /// What a comparison with the remote side found.
    ReportId,
}

/// A new id of an OAuth client.
#[must_use]
#[allow(clippy::disallowed_methods)]
pub fn new_client_id() -> String {
    format!("client-{}", Uuid::now_v7())
}

/// A new `jti` of a JWT that the bridge signs: random, so that it tells nothing.
#[must_use]
#[allow(clippy::disallowed_methods)]
pub fn new_jwt_id() -> String {
    Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_written_spelling_is_an_id() {
        let id = UserId::fresh();
        assert_eq!(UserId::parse(&id.to_string()), Some(id));
        for other in [
            id.to_string().to_uppercase(),
            id.0.simple().to_string(),
            format!("{{{id}}}"),
            "1".into(),
            "admin".into(),
            String::new(),
        ] {
            assert_eq!(UserId::parse(&other), None, "{other}");
        }
    }

    #[test]
    fn ids_grow() {
        let ids: Vec<UserId> = (0..1000).map(|_| UserId::fresh()).collect();
        assert!(ids.is_sorted());
    }
}
