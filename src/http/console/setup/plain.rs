//! What stands around the pages of setting up, which somebody sees before there is a workspace, or without an account.

use std::borrow::Cow;

use crate::http::around::Around;
use crate::http::browser::Asked;

/// A step on the way, as it stands above each page.
pub struct Step {
    /// What it is called.
    pub label: Cow<'static, str>,
    /// Where it leads, where one can go there.
    pub path: Option<String>,
    /// Whether one is there.
    pub is_current: bool,
    /// Whether it is done.
    pub is_done: bool,
}

/// What only a page of setting up has around it.
#[derive(Default)]
pub struct Way {
    /// The steps.
    pub steps: Vec<Step>,
}

/// What stands around a page of setting up, which extends `setup/layout.html`.
pub type Plain = Around<Way>;

impl Plain {
    /// That of a page; from the answer to a form somebody comes back to `home`.
    #[must_use]
    pub fn of(asked: &Asked, home: &str) -> Self {
        Self::with(asked, home, Way::default())
    }
}
