//! Groups, as identity providers push them, and who belongs to them.

use std::collections::{BTreeSet, HashSet};

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

impl<W> MemberEdit<W> {
    /// Edits that come to the same, fewer of them: of additions and removals in a row one of each is left, so that a
    /// thousand changes of one member cost what one does. Everybody who was to be added still is, so that whoever does
    /// not exist is still found out.
    #[must_use]
    pub fn merged(edits: Vec<Self>) -> Vec<Self> {
        let (mut merged, mut run) = (Vec::new(), Run::default());
        for edit in edits {
            match edit {
                Self::Add(members) => run.add(members),
                Self::Remove(ids) => run.remove(ids),
                other => {
                    merged.extend(std::mem::take(&mut run).edits());
                    merged.push(other);
                }
            }
        }
        merged.extend(run.edits());
        merged
    }
}

/// Additions and removals in a row.
#[derive(Default)]
struct Run {
    added: Vec<NewMember>,
    seen: HashSet<Uuid>,
    /// Whose last change is a removal.
    removed: BTreeSet<Uuid>,
}

impl Run {
    fn add(&mut self, members: Vec<NewMember>) {
        for member in members {
            self.removed.remove(&member.id);
            if self.seen.insert(member.id) {
                self.added.push(member);
            }
        }
    }

    fn remove(&mut self, ids: Vec<Uuid>) {
        self.removed.extend(ids);
    }

    fn edits<W>(self) -> impl Iterator<Item = MemberEdit<W>> {
        let added = (!self.added.is_empty()).then_some(MemberEdit::Add(self.added));
        let removed = (!self.removed.is_empty()).then(|| MemberEdit::Remove(self.removed.into_iter().collect()));
        added.into_iter().chain(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additions_and_removals_in_a_row_become_one_of_each() {
        let id = |n: u128| Uuid::from_u128(n);
        let add =
            |ids: &[u128]| MemberEdit::<()>::Add(ids.iter().map(|n| NewMember { id: id(*n), kind: None }).collect());
        let remove = |ids: &[u128]| MemberEdit::<()>::Remove(ids.iter().map(|n| id(*n)).collect());
        for (edits, merged) in [
            (vec![], vec![]),
            (vec![add(&[]), remove(&[])], vec![]),
            (vec![add(&[1]), add(&[2]), add(&[1])], vec![add(&[1, 2])]),
            (vec![add(&[1]), remove(&[1])], vec![add(&[1]), remove(&[1])]),
            (vec![remove(&[1]), add(&[1])], vec![add(&[1])]),
            (vec![remove(&[1, 2]), add(&[1]), remove(&[3])], vec![add(&[1]), remove(&[2, 3])]),
            (
                vec![add(&[1]), MemberEdit::RemoveWhere(()), add(&[1]), remove(&[2])],
                vec![add(&[1]), MemberEdit::RemoveWhere(()), add(&[1]), remove(&[2])],
            ),
        ] {
            assert_eq!(MemberEdit::merged(edits.clone()), merged, "{edits:?}");
        }
    }
}
