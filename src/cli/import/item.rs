//! What a file says, before it is known which ids its things have here.

use crate::command::import::{RoleRow, RuleRow, TeamRow, UserRow};
use crate::domain::group::GroupProfile;
use crate::domain::team::TeamRole;

/// One thing in a file. Ids are the file's own: they hold between its things and nowhere else.
#[derive(Debug, Clone)]
pub enum Item {
    /// A role.
    Role(RoleRow),
    /// A team.
    Team(TeamRow),
    /// A person.
    User {
        /// Their id in the file.
        id: Option<String>,
        /// Who they are.
        row: Box<UserRow>,
    },
    /// To whom somebody reports.
    Manager {
        /// Who.
        user: String,
        /// To whom.
        manager: String,
    },
    /// A group.
    Group {
        /// Its id in the file.
        id: Option<String>,
        /// What it is called.
        profile: GroupProfile,
    },
    /// A rule; its group is that of the id, else one of the name.
    Rule {
        /// The group's id in the file.
        group: Option<String>,
        /// The rest.
        row: RuleRow,
    },
    /// Members of a group.
    Members {
        /// The group's id in the file.
        group: String,
        /// Their ids in the file.
        members: Vec<String>,
    },
    /// Somebody in a team by hand, or kept out of it.
    Membership {
        /// The team's name.
        team: String,
        /// The user's id in the file.
        user: String,
        /// What they are there.
        role: TeamRole,
        /// Whether they are kept out.
        kept_out: bool,
    },
}

/// What is read from a file: things, each with its line, and what is wrong with a line.
pub trait Source {
    /// The next one; several where one line says several things.
    fn next(&mut self) -> Option<(u64, Result<Vec<Item>, String>)>;

    /// How many bytes were read.
    fn position(&self) -> u64;
}
