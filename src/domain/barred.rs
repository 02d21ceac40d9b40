//! Why somebody whom a provider vouches for is not let in all the same: each reason with a name, and in words for the audit log.

use std::fmt;

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Barred {
    /// The connection is gone, switched off, or was changed while they were at the provider.
    Connection,
    /// They were deactivated.
    Inactive,
    /// They wait for a seat.
    Waiting,
    /// There is no seat for a newcomer.
    NoSeat {
        /// "Growth".
        plan: String,
        /// How many seats there are.
        limit: i64,
    },
    /// Nobody knows them, and the connection makes no users.
    NotAssigned,
    /// The connection makes users, but not of this domain.
    ForeignDomain,
    /// The provider gives no address, and without one there is no user.
    NoEmail,
    /// The address is somebody's, and the provider does not vouch for it.
    EmailUnproved,
    /// The address is somebody's whom the provider calls differently.
    EmailTaken,
    /// Their domain signs in through another connection.
    OtherConnection,
    /// They have a password, and have to come in through a connection.
    MustUseSso,
}

impl Barred {
    /// A short name for the audit log.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Connection => "connection_unavailable",
            Self::Inactive => "deactivated",
            Self::Waiting => "waiting_for_seat",
            Self::NoSeat { .. } => "no_seat",
            Self::NotAssigned => "not_assigned",
            Self::ForeignDomain => "foreign_domain",
            Self::NoEmail => "no_email",
            Self::EmailUnproved => "email_not_verified",
            Self::EmailTaken => "email_taken",
            Self::OtherConnection => "other_connection",
            Self::MustUseSso => "must_use_sso",
        }
    }
}

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSeat { plan, limit } => write!(f, "no seat is free: {plan} has {limit}"),
            other => f.write_str(match other {
                Self::Connection => "the connection was switched off or changed",
                Self::Inactive => "the user is deactivated",
                Self::Waiting => "the user waits for a seat",
                Self::NotAssigned => "there is no such user, and the connection makes none",
                Self::ForeignDomain => "the connection makes no users of that domain",
                Self::NoEmail => "the provider gives no email address",
                Self::EmailUnproved => "the provider does not vouch for the email address, or may not",
                Self::OtherConnection => "the user's domain has to sign in through another connection",
                Self::MustUseSso => "the user has to sign in through a connection",
                _ => "the email address belongs to a user whom the provider calls differently",
            }),
        }
    }
}
