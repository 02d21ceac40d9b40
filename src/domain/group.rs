//! Groups, as identity providers push them, and who belongs to them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::ids::{GroupId, WorkspaceId};
use crate::text;

/// A group of one workspace. Its members are rows of their own and never part of it: a group of 100,000 is as light as
/// a group of ten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id, which stays through every rename.
    pub id: GroupId,
    /// Where it belongs.
    pub workspace_id: WorkspaceId,
    /// What people may change about it.
    pub profile: GroupProfile,
    /// How many users and groups are members of it themselves.
    pub members: i64,
    /// Counts its changes, membership included, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed, membership included.
    pub updated_at: DateTime<Utc>,
}

/// What people may change about a group, its members aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupProfile {
    /// Its name, not necessarily unique.
    pub display_name: String,
    /// The identity provider's own id for it.
    pub external_id: Option<String>,
}

impl GroupProfile {
    /// The name as it is compared.
    #[must_use]
    pub fn display_name_key(&self) -> String {
        text::fold(&self.display_name)
    }
}

/// What a member of a group can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberKind {
    /// A person.
    User,
    /// Another group, whose people count as members too.
    Group,
}

impl MemberKind {
    /// The kind's name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::User, Self::Group].into_iter().find(|kind| kind.name() == name)
    }
}

/// Somebody to be added to a group, as the asker named them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// The id of a user or a group.
    pub id: Uuid,
    /// Which of the two, where the asker said.
    pub kind: Option<MemberKind>,
}

/// One change of a group's membership.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberEdit<W> {
    /// Add these; who is a member already stays one.
    Add(Vec<NewMember>),
    /// Remove these; who is none already stays none.
    Remove(Vec<Uuid>),
    /// Remove whoever the condition holds for.
    RemoveWhere(W),
    /// Have exactly these.
    Replace(Vec<NewMember>),
}
