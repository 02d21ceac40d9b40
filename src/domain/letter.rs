//! Letters: what the bridge tells people by mail. Which, and with what in it, without a word of how it reads.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One letter. What stands in it rests in the queue, so that no secret is here: links are made when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// To somebody new: how they log in.
    Welcome,
    /// To somebody who forgot their password: a link to set another.
    Reset,
    /// That their password is another one now.
    PasswordChanged,
    /// To the address that was somebody's: that they have another one now.
    AddressChanged,
    /// That their second factor was set up, replaced or taken away.
    SecondFactorChanged {
        /// Whether they have one now.
        enabled: bool,
    },
    /// To Admins: four fifths of the seats are taken.
    SeatsAlmostFull {
        /// How many people are active.
        used: i64,
        /// How many the workspace may have.
        limit: i64,
    },
    /// To Admins: every seat is taken.
    SeatsFull {
        /// How many people are active.
        used: i64,
        /// How many the workspace may have.
        limit: i64,
    },
    /// To Admins: more people are active than the workspace has seats.
    SeatsExceeded {
        /// How many people are active.
        used: i64,
        /// How many the workspace may have.
        limit: i64,
    },
    /// To Admins: a SCIM token ends soon, or has ended.
    TokenExpires {
        /// What people call it.
        name: String,
        /// Its beginning.
        hint: String,
        /// When it ends.
        at: DateTime<Utc>,
        /// How many days before the end this is said at the latest: 14, 3 or 0.
        days: i64,
    },
    /// To Admins: a webhook endpoint has taken nothing for some minutes.
    EndpointFailing {
        /// What people call it.
        name: String,
        /// Its address, without what may be secret in it.
        url: String,
        /// What went wrong the last time.
        problem: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// To Admins: a webhook endpoint is told nothing any more.
    EndpointDisabled {
        /// What people call it.
        name: String,
        /// Its address, without what may be secret in it.
        url: String,
        /// Why.
        problem: String,
    },
    /// To Admins: the remote workspace refuses the connector, which stopped.
    ConnectorStopped {
        /// Where the remote workspace is.
        url: String,
        /// Why, and what to do.
        problem: String,
    },
    /// To Admins: the connector that had stopped works again.
    ConnectorResumed {
        /// Where the remote workspace is.
        url: String,
    },
    /// To Admins: nobody has reviewed for a quarter who has access.
    ReviewDue {
        /// When somebody last did.
        last: Option<DateTime<Utc>>,
    },
}

impl Letter {
    /// Its name in the database.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Reset => "reset",
            Self::PasswordChanged => "password_changed",
            Self::AddressChanged => "address_changed",
            Self::SecondFactorChanged { .. } => "second_factor_changed",
            Self::SeatsAlmostFull { .. } => "seats_almost_full",
            Self::SeatsFull { .. } => "seats_full",
            Self::SeatsExceeded { .. } => "seats_exceeded",
            Self::TokenExpires { .. } => "token_expires",
            Self::EndpointFailing { .. } => "endpoint_failing",
            Self::EndpointDisabled { .. } => "endpoint_disabled",
            Self::ConnectorStopped { .. } => "connector_stopped",
            Self::ConnectorResumed { .. } => "connector_resumed",
            Self::ReviewDue { .. } => "review_due",
        }
    }

    /// Whether somebody waits for it, or must hear of it before others hear of anything else.
    #[must_use]
    pub const fn is_urgent(&self) -> bool {
        matches!(self, Self::Reset | Self::PasswordChanged | Self::AddressChanged | Self::SecondFactorChanged { .. })
    }

    /// Whether it warns of a change that the person may not have made, so that it goes to the address that was theirs
    /// at the time, also where they have another one since.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(self, Self::PasswordChanged | Self::AddressChanged)
    }

    /// Whether it is about the workspace, and only for who administers it.
    #[must_use]
    pub const fn is_for_admins(&self) -> bool {
        match self {
            Self::Welcome
            | Self::Reset
            | Self::PasswordChanged
            | Self::AddressChanged
            | Self::SecondFactorChanged { .. } => false,
            Self::SeatsAlmostFull { .. }
            | Self::SeatsFull { .. }
            | Self::SeatsExceeded { .. }
            | Self::TokenExpires { .. }
            | Self::EndpointFailing { .. }
            | Self::EndpointDisabled { .. }
            | Self::ConnectorStopped { .. }
            | Self::ConnectorResumed { .. }
            | Self::ReviewDue { .. } => true,
        }
    }

    /// What stands in it, as a JSON object.
    #[must_use]
    pub fn parameters(&self) -> Value {
        let mut whole = serde_json::to_value(self).unwrap_or_default();
        if let Some(object) = whole.as_object_mut() {
            object.remove("kind");
        }
        whole
    }

    /// The letter of that name with that in it.
    #[must_use]
    pub fn parse(kind: &str, parameters: &str) -> Option<Self> {
        let mut object: Map<String, Value> = serde_json::from_str(parameters).ok()?;
        object.insert("kind".into(), json!(kind));
        serde_json::from_value(Value::Object(object)).ok()
    }
}

/// How somebody can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaysIn {
    /// Whether with a password of theirs.
    pub password: bool,
    /// The connection to their company's provider, as people know it, where one serves them.
    pub connection: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_comes_back_from_its_name_and_what_stands_in_it() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for letter in [
            Letter::Welcome,
            Letter::Reset,
            Letter::PasswordChanged,
            Letter::AddressChanged,
            Letter::SecondFactorChanged { enabled: true },
            Letter::SeatsAlmostFull { used: 4, limit: 5 },
            Letter::SeatsFull { used: 5, limit: 5 },
            Letter::SeatsExceeded { used: 6, limit: 5 },
            Letter::TokenExpires { name: "okta".into(), hint: "aisb_1234".into(), at, days: 3 },
            Letter::EndpointFailing {
                name: "crm".into(),
                url: "https://x.example/".into(),
                problem: "x".into(),
                since: at,
            },
            Letter::EndpointDisabled { name: "crm".into(), url: "https://x.example/".into(), problem: "x".into() },
            Letter::ConnectorStopped { url: "https://x.example/api".into(), problem: "x".into() },
            Letter::ConnectorResumed { url: "https://x.example/api".into() },
            Letter::ReviewDue { last: None },
        ] {
            assert_eq!(Letter::parse(letter.kind(), &letter.parameters().to_string()), Some(letter));
        }
        assert_eq!(Letter::parse("nonsense", "{}"), None);
    }
}
