//! Going back to a point in a transaction.

use std::collections::HashMap;

use super::Tx;
use crate::domain::workspace::Workspace;
use crate::ids::WorkspaceId;
use crate::store::ending::Lengths;

/// A point in a transaction that it can go back to.
pub struct Mark {
    writes: usize,
    locked: HashMap<WorkspaceId, Workspace>,
    ending: Lengths,
}

impl Tx {
    /// Where the transaction stands now.
    #[must_use]
    pub fn mark(&self) -> Mark {
        let locked = self.locked.iter().map(|(id, (_, current))| (*id, current.clone())).collect();
        Mark { writes: self.writes, locked, ending: self.ending.lengths() }
    }

    /// Whether anything was written, or left to be written, since.
    #[must_use]
    pub fn wrote_since(&self, mark: &Mark) -> bool {
        let changed = |(id, (read, current)): (&WorkspaceId, &(Workspace, Workspace))| {
            mark.locked.get(id).unwrap_or(read) != current
        };
        self.writes > mark.writes || self.ending.grew_since(mark.ending) || self.locked.iter().any(changed)
    }

    /// Forgets what was left to be written since, after the database has gone back to its savepoint.
    pub fn restore(&mut self, mark: Mark) {
        self.forget();
        self.writes = mark.writes;
        self.ending.truncate(mark.ending);
        self.nobody_waits.clear();
        self.foreseen.clear();
        // Row locks outlive a rollback to a savepoint on SQLite but not on PostgreSQL: what was locked since is let go.
        self.locked.retain(|id, _| mark.locked.contains_key(id));
        for (id, workspace) in mark.locked {
            self.locked.entry(id).and_modify(|(_, current)| *current = workspace);
        }
    }
}
