//! Why somebody whom a provider vouches for is not let in all the same: each reason in words for the person who meets it.

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

    /// What the page is called.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Connection => "This way of signing in is not available",
            Self::Inactive => "Your account is deactivated",
            Self::Waiting => "You are waiting for a seat",
            Self::NoSeat { .. } => "All seats are taken",
            Self::NotAssigned | Self::ForeignDomain => "You have no account here yet",
            Self::NoEmail => "Your company's provider did not give us your email address",
            Self::EmailUnproved => "Your company's provider does not vouch for your email address",
            Self::EmailTaken => "This email address belongs to another account",
            Self::OtherConnection => "Your company signs in another way",
            Self::MustUseSso => "Log in with your company account",
        }
    }

    /// What to do about it, and whom to ask.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Connection => {
                "It was switched off or changed while you were signing in. Try again; if it does not work, ask an Admin of your workspace."
            }
            Self::Inactive => {
                "An Admin of your workspace, or your company's directory, has deactivated it. Your conversations and notes are kept. Ask an Admin to activate you again."
            }
            Self::Waiting => {
                "Your account is ready, but every seat of your workspace is in use. You get in by yourself as soon as one is free: try again later, or ask an Admin of your workspace."
            }
            Self::NoSeat { .. } => {
                "Ask an Admin of your workspace to deactivate somebody who no longer needs access, or to change the plan. Then sign in again."
            }
            Self::NotAssigned => {
                "Your company signs people in here only after they were added. Ask your IT department to assign you this application, or an Admin of your workspace to add you."
            }
            Self::ForeignDomain => {
                "Your email address is not in a domain from which people are added by themselves. Ask an Admin of your workspace to add you."
            }
            Self::NoEmail => {
                "Ask your IT department to let the provider send your email address (the scope \"email\") to this application."
            }
            Self::EmailUnproved => {
                "An account has your address, or a company has shown that its domain is its own; but nobody has shown that the address is yours. Ask your IT department to have the address verified at the provider, or an Admin of your workspace."
            }
            Self::OtherConnection => {
                "Everybody with an email address of your domain signs in through one provider, and this is another. Go back and enter your email address: you are taken to the right one."
            }
            Self::MustUseSso => {
                "Your workspace signs people in through its company's provider, so a password opens nothing here. Go back and enter your email address: you are taken to the right place."
            }
            Self::EmailTaken => {
                "That account is not yours as far as your company's provider is concerned: perhaps the address was somebody else's before. Ask an Admin of your workspace."
            }
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
