//! What will happen, before it does: the change is rehearsed, and what it would tell of is put into words.

use crate::command::people::{ByHand, EditByHand};
use crate::command::{Command, CommandError, Preview};
use crate::domain::user::User;
use crate::domain::version::Expected;
use crate::http::browser::{Asked, Trouble};
use crate::http::console::frame::Frame;
use crate::http::trouble;
use crate::ids::{UserId, WorkspaceId};

/// How many names are spelled out.
const NAMED: usize = 10;

/// What a change would do, beyond itself.
#[derive(Default)]
pub struct Fate {
    /// Conversations that nobody would have any more.
    pub conversations: usize,
    /// Sessions that would end.
    pub sessions: usize,
    /// The names of API keys that would be void.
    pub keys: Vec<String>,
    /// The names of those who wait and would get a seat.
    pub promoted: Vec<String>,
}

impl Fate {
    /// What the rehearsal of a change of somebody told.
    pub fn of(user: UserId, preview: &Preview) -> Self {
        let mut fate = Self::default();
        for event in &preview.events {
            match event.name {
                "conversation.unassigned" => fate.conversations += 1,
                "session.revoked" => fate.sessions += 1,
                "key.revoked" => fate.keys.push(event.subject_name.clone()),
                "user.activated" if event.subject_id != user.to_string() => {
                    fate.promoted.push(event.subject_name.clone());
                }
                _ => {}
            }
        }
        fate
    }

    /// Adds what another change would do.
    pub fn add(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.sessions += other.sessions;
        self.keys.extend(other.keys);
        self.promoted.extend(other.promoted);
    }

    /// It, in sentences. What stays is not said.
    pub fn sentences(&self, frame: &Frame) -> Vec<String> {
        let mut all = vec![frame.count("users-fate-conversations", self.conversations).to_string()];
        all.push(frame.count("users-fate-sessions", self.sessions).to_string());
        if !self.keys.is_empty() {
            let keys = frame.count("users-fate-keys", self.keys.len()).with("names", named(&self.keys));
            all.push(keys.to_string());
        }
        all
    }

    /// Who gets the seat that is freed, in a sentence.
    pub fn heir(&self, frame: &Frame) -> Option<String> {
        let (count, names) = (self.promoted.len(), named(&self.promoted));
        (count > 0).then(|| frame.count("users-fate-promoted", count).with("names", names).to_string())
    }
}

/// Names, in one line.
fn named(names: &[String]) -> String {
    let more = if names.len() > NAMED { ", …" } else { "" };
    let names: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    format!("{}{more}", names.join(", "))
}

/// Rehearses a change of somebody; the sentence is why it would be refused.
///
/// # Errors
/// [`Trouble`], where that is no refusal.
pub async fn foretold<C: Command>(
    asked: &Asked,
    frame: &Frame,
    user: UserId,
    command: C,
) -> Result<Result<Fate, CommandError>, Trouble> {
    match asked.app.commands.preview(&asked.actor(), command).await {
        Ok(preview) => Ok(Ok(Fate::of(user, &preview))),
        Err(error) if trouble::words(frame.language, &error).is_some() => Ok(Err(error)),
        Err(error) => Err(error.into()),
    }
}

/// The change of whether somebody may work.
pub fn activation(user: &User, is_active: bool, overrule: bool) -> EditByHand {
    change(user.workspace_id, user.id, ByHand { is_active: Some(is_active), ..ByHand::default() }, overrule)
}

/// A change by hand.
pub const fn change(workspace: WorkspaceId, id: UserId, changes: ByHand, overrule: bool) -> EditByHand {
    EditByHand { workspace, id, expected: Expected::Any, changes, overrule }
}
