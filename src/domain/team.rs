//! Teams: who answers which conversations, and how they are dealt out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{TeamId, WorkspaceId};

/// A team of one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Where it belongs.
    pub workspace_id: WorkspaceId,
    /// Its name, unique in the workspace without regard to case.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How conversations are dealt out to its members.
    pub strategy: Strategy,
    /// Whether conversations are dealt out to it at all.
    pub is_active: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed, membership aside.
    pub updated_at: DateTime<Utc>,
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$each])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Its name in the database and on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The one of that name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                [$(Self::$variant),*].into_iter().find(|one| one.name() == name)
            }
        }
    };
}

named! {
    /// How conversations are dealt out to a team's members.
    Strategy {
        /// To each in turn.
        RoundRobin "round_robin",
        /// To whoever has the fewest.
        LoadBalanced "load_balanced",
        /// By hand.
        Manual "manual",
    }
}

named! {
    /// What a member is in a team. The greater of two counts.
    TeamRole {
        /// Answers conversations.
        Agent "agent",
        /// Leads the team.
        Manager "manager",
    }
}

named! {
    /// Why somebody is, or is not, a member of a team.
    TeamSource {
        /// Somebody added them by hand; no rule takes them out.
        Hand "hand",
        /// A rule added them, because of a group.
        Rule "rule",
        /// Somebody took them out by hand; they are no member, and no rule adds them.
        KeptOut "kept_out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_what_they_name() {
        assert_eq!(Strategy::parse(Strategy::LoadBalanced.name()), Some(Strategy::LoadBalanced));
        assert_eq!(TeamRole::parse("manager"), Some(TeamRole::Manager));
        assert_eq!(TeamSource::parse("kept_out"), Some(TeamSource::KeptOut));
        assert_eq!(TeamRole::parse("Agent"), None);
        assert!(TeamRole::Manager > TeamRole::Agent);
    }
}
