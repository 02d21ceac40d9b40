//! What stands around the pages of setting up, which somebody sees before there is a workspace, or without an account.

use std::borrow::Cow;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};

use crate::command::CommandError;
use crate::http::browser::{Asked, Trouble};
use crate::http::console::texts::{Fill, Language, Value};
use crate::http::console::trouble;

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

/// What stands around a page of setting up. A template has it as `frame`, and extends `setup/layout.html`.
pub struct Plain {
    /// The language.
    pub language: Language,
    /// What every form carries in the hidden field `form`.
    pub proof: String,
    /// The address to which somebody comes back who chose another language.
    pub here: String,
    /// The steps.
    pub steps: Vec<Step>,
    /// What was just done.
    pub done: Option<String>,
    /// Why something was not done.
    pub error: Option<String>,
}

impl Plain {
    /// That of a page.
    #[must_use]
    pub fn of(asked: &Asked) -> Self {
        Self {
            language: Language::of(&asked.headers),
            proof: asked.proof.clone(),
            here: asked.here.clone(),
            steps: Vec::new(),
            done: None,
            error: None,
        }
    }

    /// The same, with what was just done, where the address says so.
    #[must_use]
    pub fn after(mut self, asked: &Asked, prefix: &str, known: &[&str]) -> Self {
        let word = asked.field("done").filter(|word| known.contains(word));
        self.done = word.map(|word| self.language.say(&format!("{prefix}-{word}")).into_owned());
        self
    }

    /// The same, with why something was not done. An error of ours is none that this page could show.
    ///
    /// # Errors
    /// [`Trouble`]
    pub fn refused(mut self, error: CommandError) -> Result<Self, Trouble> {
        match trouble::words(self.language, &error) {
            Some(words) => {
                self.error = Some(words);
                Ok(self)
            }
            None => Err(error.into()),
        }
    }

    /// The same, with a sentence that says what is wrong with what was typed.
    #[must_use]
    pub fn wrong(mut self, sentence: impl Into<String>) -> Self {
        self.error = Some(sentence.into());
        self
    }

    /// The status of a page with this frame: 200, or 422 where something was not done.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        if self.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    /// A sentence.
    #[must_use]
    pub fn say(&self, name: &str) -> Cow<'static, str> {
        self.language.say(name)
    }

    /// A sentence with values.
    #[must_use]
    pub fn fill(&self, name: &'static str) -> Fill {
        self.language.fill(name)
    }

    /// A sentence that says how many, with the value `count`.
    #[must_use]
    pub fn count(&self, name: &'static str, count: impl Value) -> Fill {
        self.language.fill(name).with("count", count)
    }

    /// A moment, in full.
    #[must_use]
    pub fn moment(&self, at: &DateTime<Utc>) -> String {
        self.language.moment(*at)
    }
}
