//! What an asker knows of a thing's version, when a change depends on it.

/// On which version of a thing a change depends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Expected {
    /// On none.
    #[default]
    Any,
    /// On its being one of these.
    OneOf(Vec<i64>),
    /// On its being none of these.
    NoneOf(Vec<i64>),
    /// On the thing's not existing.
    Absent,
}

impl Expected {
    /// Whether a thing of that version may be changed.
    #[must_use]
    pub fn allows(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
            Self::NoneOf(versions) => !versions.contains(&version),
            Self::Absent => false,
        }
    }
}
