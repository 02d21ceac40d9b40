//! The catalogue of permissions, by what they are about and in the language of whoever reads.

use super::frame::Frame;
use crate::domain::permission::{CATALOGUE, Permission, Permissions};

/// The permissions on one kind of thing.
pub struct Group {
    /// What they are about: `Users`.
    pub label: String,
    /// They, in the order of the catalogue.
    pub lines: Vec<Line>,
}

/// One permission.
pub struct Line {
    /// `users:read`.
    pub name: &'static str,
    /// Its name where only letters and `-` may stand.
    pub id: String,
    /// What it lets somebody do.
    pub label: String,
    /// Whether the role that is shown has it.
    pub is_on: bool,
    /// Whether whoever reads has it, without which they can't give it.
    pub is_own: bool,
}

/// The whole catalogue, ticked as far as `on` has it.
pub fn groups(frame: &Frame, on: Permissions) -> Vec<Group> {
    let mut groups: Vec<(&str, Group)> = Vec::new();
    for one in CATALOGUE {
        let about = one.name.split(':').next().unwrap_or_default();
        if groups.last().is_none_or(|(last, _)| *last != about) {
            let label = frame.say(&format!("permission-on-{about}")).into_owned();
            groups.push((about, Group { label, lines: Vec::new() }));
        }
        if let Some((_, group)) = groups.last_mut() {
            group.lines.push(line(frame, one, on));
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Those of the catalogue that whoever reads has, and so may give.
pub fn own(frame: &Frame, on: Permissions) -> Vec<Group> {
    let mut groups = groups(frame, on);
    for group in &mut groups {
        group.lines.retain(|line| line.is_own);
    }
    groups.retain(|group| !group.lines.is_empty());
    groups
}

/// One of the catalogue.
pub fn line(frame: &Frame, one: &Permission, on: Permissions) -> Line {
    let id = one.name.replace(':', "-");
    let label = frame.say(&format!("permission-{id}")).into_owned();
    Line { name: one.name, label, is_on: on.has(one.name), is_own: frame.permissions.has(one.name), id }
}
