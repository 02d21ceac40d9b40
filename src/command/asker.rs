//! Whether whoever asked for a change is still there to hear of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Somebody who waits for what comes of a change; every copy is the same one.
#[derive(Debug, Clone, Default)]
pub struct Asker(Arc<AtomicBool>);

impl Asker {
    /// Notes that they went away.
    pub fn leave(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether they did.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
