//! What every page says around what it is about, with an account or without one: in which language, where one comes back to,
//! and what was just done or was not.

use std::borrow::Cow;
use std::ops::Deref;

use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};

use super::browser::{Asked, Trouble};
use super::texts::{Fill, Language, Value};
use super::{App, return_to, trouble};
use crate::command::CommandError;
use crate::domain::version::Stamp;

/// What stands around a page; `P` is what only pages of that kind have, and is reached as if it stood here. A template has it
/// as `frame`.
pub struct Around<P = ()> {
    /// The language.
    pub language: Language,
    /// What every form carries in the hidden field `form`; empty on a page that has no form.
    pub proof: String,
    /// Whether it is the answer to a form, which can't be fetched once more.
    pub is_answer: bool,
    /// The address of the page, to which somebody comes back who chose another language.
    pub here: String,
    /// What was just done.
    pub done: Option<String>,
    /// Why something was not done.
    pub error: Option<String>,
    /// What field that is about, as commands call it, where it is about one.
    pub wrong_field: Option<String>,
    /// Whether that is because somebody else changed the thing meanwhile.
    pub is_overtaken: bool,
    /// What the thing is now, then: the label of each of its fields, and its value.
    pub stands: Vec<(Cow<'static, str>, String)>,
    /// What was typed and is not repeated, because it is secret: the labels of the fields.
    pub retype: Vec<Cow<'static, str>>,
    /// The time of the page.
    pub now: DateTime<Utc>,
    /// What only such pages have.
    pub part: P,
}

/// Fields of forms that commands call otherwise.
const FIELDS: [(&str, &str); 10] = [
    ("authorization", "authorization_url"),
    ("token", "token_url"),
    ("userinfo", "userinfo_url"),
    ("default_role", "default_role_id"),
    ("role", "role_id"),
    ("email", "emails"),
    ("connection", "connection_id"),
    ("post_logout_uris", "post_logout_redirect_uris"),
    ("patterns", "events"),
    ("hours", "overlap_hours"),
];

impl<P> Deref for Around<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.part
    }
}

impl Around {
    /// That of a page that has nothing more around it; from the answer to a form somebody comes back to `home`.
    #[must_use]
    pub fn plain(asked: &Asked, home: &str) -> Self {
        Self::with(asked, home, ())
    }

    /// That of a page without a form, which needs nothing but the headers of whoever asks. It leads to where a language is
    /// chosen, and from there back to `here`.
    #[must_use]
    pub fn bare(app: &App, headers: &HeaderMap, here: &str) -> Self {
        Self {
            language: Language::of(headers),
            proof: String::new(),
            is_answer: false,
            here: here.to_owned(),
            done: None,
            error: None,
            wrong_field: None,
            is_overtaken: false,
            stands: Vec::new(),
            retype: Vec::new(),
            now: app.clock.now(),
            part: (),
        }
    }
}

impl<P> Around<P> {
    /// That of a page; from the answer to a form somebody comes back to `home`.
    #[must_use]
    pub fn with(asked: &Asked, home: &str, part: P) -> Self {
        let is_answer = asked.here.is_empty();
        Self {
            language: Language::of(&asked.headers),
            proof: asked.proof.clone(),
            is_answer,
            here: if is_answer { home.to_owned() } else { asked.here.clone() },
            done: None,
            error: None,
            wrong_field: None,
            is_overtaken: false,
            stands: Vec::new(),
            retype: Vec::new(),
            now: asked.app.clock.now(),
            part,
        }
    }

    /// Where a language is chosen for whoever reads a page without a form.
    #[must_use]
    pub fn languages(&self) -> String {
        return_to::with("/language", &[("at", Some(self.here.as_str()).filter(|here| !here.is_empty()))])
    }

    /// With what was just done, where the address says so: `?done=deactivated` is the text `users-done-deactivated`
    /// of the prefix `users-done`. A page names the words that it knows, so that an address can't make it say others.
    #[must_use]
    pub fn after(mut self, asked: &Asked, prefix: &str, known: &[&str]) -> Self {
        let word = asked.field("done").filter(|word| known.contains(word));
        self.done = word.map(|word| self.language.say(&format!("{prefix}-{word}")).into_owned());
        self
    }

    /// With why something was not done. An error of ours is none that this page could show.
    ///
    /// # Errors
    /// [`Trouble`]
    pub fn refused(mut self, error: CommandError) -> Result<Self, Trouble> {
        match trouble::words(self.language, &error) {
            Some(words) => {
                self.error = Some(words);
                self.wrong_field = match &error {
                    CommandError::Invalid { attribute, .. } | CommandError::Clash { attribute, .. } => {
                        Some((*attribute).to_owned())
                    }
                    CommandError::Owned { field, .. } => Some((*field).to_owned()),
                    _ => None,
                };
                self.is_overtaken = matches!(error, CommandError::VersionMismatch);
                Ok(self)
            }
            None => Err(error.into()),
        }
    }

    /// Where somebody else changed a thing since a form was made of it: with what it is now beside what was typed. From now
    /// on the form is of that, so that whoever sends it again has seen both.
    #[must_use]
    pub fn overtaken(mut self, seen: &mut String, now: &Stamp, stands: Vec<(Cow<'static, str>, String)>) -> Self {
        if self.is_overtaken {
            *seen = now.to_string();
            self.stands = stands;
        }
        self
    }

    /// Where something was not done: with what was typed into fields that stay empty, because what they hold is secret. Of
    /// each its name, and that of its label among the texts.
    #[must_use]
    pub fn retyping(mut self, asked: &Asked, fields: &[(&str, &str)]) -> Self {
        if self.error.is_some() {
            let typed = fields.iter().filter(|(field, _)| asked.field(field).is_some());
            self.retype = typed.map(|(_, label)| self.language.say(label)).collect();
        }
        self
    }

    /// What is to be typed once more.
    #[must_use]
    pub fn to_retype(&self) -> String {
        self.fill("frame-retype").with("fields", self.retype.join(", ")).to_string()
    }

    /// A line of what a thing is now: the name of a label among the texts, and a value.
    #[must_use]
    pub fn stand(&self, label: &str, value: impl Into<String>) -> (Cow<'static, str>, String) {
        (self.say(label), value.into())
    }

    /// Yes or no.
    #[must_use]
    pub fn yes(&self, is_so: bool) -> String {
        self.say(if is_so { "frame-yes" } else { "frame-no" }).into_owned()
    }

    /// Whether what is wrong is in that field of a form, which is marked then, and described by what is said.
    #[must_use]
    pub fn is_wrong(&self, field: &str) -> bool {
        self.wrong_field.as_deref().is_some_and(|wrong| {
            wrong == field || FIELDS.iter().any(|(of_form, of_command)| *of_form == field && *of_command == wrong)
        })
    }

    /// With the field of the form that is wrong.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.wrong_field = Some(field.to_owned());
        self
    }

    /// With a sentence that says what is wrong with what was typed.
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

    /// What another layer says in English.
    #[must_use]
    pub fn said(&self, english: &str) -> String {
        self.language.said(english)
    }

    /// The language in which that is shown, where it is not the page's.
    #[must_use]
    pub fn other(&self, english: &str) -> Option<&'static str> {
        let is_left = self.language != Language::En && self.said(english) == english;
        is_left.then_some(Language::En.tag())
    }

    /// A moment, in full.
    #[must_use]
    pub fn moment(&self, at: &DateTime<Utc>) -> String {
        self.language.moment(*at)
    }

    /// How long ago something was; "never" where it was not.
    #[must_use]
    pub fn ago(&self, at: Option<&DateTime<Utc>>) -> String {
        match at {
            Some(at) => self.language.ago(*at, self.now),
            None => self.language.say("calendar-never").into_owned(),
        }
    }
}
