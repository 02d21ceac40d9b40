//! What is left to be written at the end of a transaction: rows of the audit log, of the outbox, and mails.

use super::{audit, mails, outbox};

/// The rows, in the order in which they were left.
#[derive(Default)]
pub(super) struct Ending {
    pub(super) audit: Vec<audit::Row>,
    pub(super) outbox: Vec<outbox::Row>,
    pub(super) mails: Vec<mails::Row>,
}

/// How many rows there were of each at some point.
#[derive(Clone, Copy)]
pub(super) struct Lengths(usize, usize, usize);

impl Ending {
    pub(super) const fn lengths(&self) -> Lengths {
        Lengths(self.audit.len(), self.outbox.len(), self.mails.len())
    }

    /// Whether anything was left since.
    pub(super) const fn grew_since(&self, then: Lengths) -> bool {
        self.audit.len() > then.0 || self.outbox.len() > then.1 || self.mails.len() > then.2
    }

    /// Drops what was left since.
    pub(super) fn truncate(&mut self, then: Lengths) {
        self.audit.truncate(then.0);
        self.outbox.truncate(then.1);
        self.mails.truncate(then.2);
    }
}
