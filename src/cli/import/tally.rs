//! What became of the things in a file, counted; and who stands in it twice.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::item::Item;
use crate::command::import::{Row, Says, UserRow, What};
use crate::domain::email::Email;
use crate::text::fold;

/// What the kinds are called, in the order in which they are told.
const KINDS: [&str; 8] =
    ["roles", "teams", "users", "managers", "groups", "rules", "group memberships", "team memberships"];

/// What became of everything.
#[derive(Debug, Default)]
pub struct Tally {
    /// Rows that were read.
    pub rows: u64,
    /// Rows that were refused.
    pub failed: u64,
    counts: HashMap<(usize, &'static str), u64>,
}

impl Tally {
    const fn place(row: &Row) -> usize {
        match row {
            Row::Role(_) => 0,
            Row::Team(_) => 1,
            Row::User(_) => 2,
            Row::Manager { .. } => 3,
            Row::Group(_) => 4,
            Row::Rule(_) => 5,
            Row::Members { .. } => 6,
            Row::Membership(_) => 7,
        }
    }

    /// Whether both are of one kind, so that they can share a batch: what names something comes after it.
    #[must_use]
    pub const fn is_alike(row: &Row, item: &Item) -> bool {
        let place = match item {
            Item::Role(_) => 0,
            Item::Team(_) => 1,
            Item::User { .. } => 2,
            Item::Manager { .. } => 3,
            Item::Group { .. } => 4,
            Item::Rule { .. } => 5,
            Item::Members { .. } => 6,
            Item::Membership { .. } => 7,
        };
        Self::place(row) == place
    }

    /// Counts a row that was brought in.
    pub fn note(&mut self, row: &Row, what: What) {
        let what = match what {
            What::Created => "created",
            What::Changed => "changed",
            What::Unchanged => "unchanged",
            What::Parked => "waiting for a seat",
        };
        self.rows += 1;
        *self.counts.entry((Self::place(row), what)).or_default() += 1;
    }

    /// Counts a row that was refused.
    pub const fn fail(&mut self) {
        self.rows += 1;
        self.failed += 1;
    }

    /// What became of everything, a line a kind.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let line = |(place, kind): (usize, &&str)| {
            let of = |what| self.counts.get(&(place, what)).map(|count| format!("{count} {what}"));
            let parts: Vec<_> =
                ["created", "waiting for a seat", "changed", "unchanged"].into_iter().filter_map(of).collect();
            (!parts.is_empty()).then(|| format!("{kind}: {}", parts.join(", ")))
        };
        let failed = (self.failed > 0).then(|| format!("failed: {}", self.failed));
        KINDS.iter().enumerate().filter_map(line).chain(failed).collect()
    }
}

/// Who stands in a file, by digests of their names.
#[derive(Debug, Default)]
pub struct Seen(HashMap<u64, u64>);

impl Seen {
    /// In what somebody is the same as an earlier line, and which line that is.
    pub fn twice(&mut self, row: &UserRow, line: u64) -> Option<(&'static str, u64)> {
        let (user_name, email, external_id) = match &row.says {
            Says::Fields { user_name, email, external_id, .. } => {
                (user_name.as_deref().map(fold), email.as_ref().map(Email::key), external_id.clone())
            }
            Says::Whole(profile) => (Some(profile.user_name_key()), profile.email_key(), profile.external_id.clone()),
        };
        let protected = row.protected.unwrap_or_default();
        let digest = |kind: &str, name: String| {
            let mut hasher = DefaultHasher::new();
            (kind, protected, name).hash(&mut hasher);
            hasher.finish()
        };
        let names = [("userName", user_name), ("email", email), ("externalId", external_id)];
        let digests: Vec<_> = names.into_iter().filter_map(|(kind, name)| Some((kind, digest(kind, name?)))).collect();
        if let Some(found) = digests.iter().find_map(|(kind, digest)| Some((*kind, *self.0.get(digest)?))) {
            return Some(found);
        }
        self.0.extend(digests.into_iter().map(|(_, digest)| (digest, line)));
        None
    }
}
