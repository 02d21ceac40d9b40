//! Why a change was not made, in the words of the pages.

use std::borrow::Cow;

use super::texts::Language;
use crate::command::CommandError;

/// What is said of an error that whoever asks can do something about; none for one of ours, which is another page.
pub fn words(language: Language, error: &CommandError) -> Option<String> {
    Some(match error {
        CommandError::Store(_) => return None,
        CommandError::NotFound => language.say("trouble-not-found").into_owned(),
        CommandError::Clash { kind, attribute } => {
            let (kind, attribute) = (called(language, "kind", kind), called(language, "attribute", attribute));
            language.fill("trouble-clash").with("kind", kind).with("attribute", attribute).to_string()
        }
        CommandError::SeatLimit { plan, used, limit, .. } => {
            language.fill("trouble-seats").with("plan", plan).with("used", used).with("limit", limit).to_string()
        }
        CommandError::VersionMismatch => language.say("trouble-changed").into_owned(),
        CommandError::LastAdmin => language.say("trouble-last-admin").into_owned(),
        CommandError::LastProtected => language.say("trouble-last-protected").into_owned(),
        CommandError::Forbidden { missing } => {
            let missing = missing.names().collect::<Vec<_>>().join(", ");
            language.fill("trouble-forbidden").with("missing", missing).to_string()
        }
        CommandError::NotToldOf { event, permission } => {
            language.fill("trouble-not-told-of").with("event", *event).with("permission", *permission).to_string()
        }
        CommandError::Owned { field, detail } => {
            let (field, detail) = (called(language, "attribute", field), language.said(detail));
            language.fill("trouble-owned").with("field", field).with("detail", detail).to_string()
        }
        CommandError::InUse { name, users, rules, .. } => {
            language.fill("trouble-in-use").with("name", name).with("users", users).with("rules", rules).to_string()
        }
        CommandError::Enforced => language.say("trouble-enforced").into_owned(),
        CommandError::NobodyCameIn => language.say("trouble-nobody-came-in").into_owned(),
        CommandError::NoWayBack => language.say("trouble-no-way-back").into_owned(),
        CommandError::Invalid { attribute: "name", detail } if detail.starts_with("has 1 to 100") => {
            language.say("trouble-name").into_owned()
        }
        CommandError::Invalid { attribute, detail } => {
            let detail = format!("{}: {}", called(language, "attribute", attribute), language.said(detail));
            language.fill("trouble-other").with("detail", detail).to_string()
        }
        error @ (CommandError::NotAdmitted(_) | CommandError::Edit(_)) => {
            language.fill("trouble-other").with("detail", language.said(&error.to_string())).to_string()
        }
    })
}

/// A word of programs as people call it, where they do.
fn called<'a>(language: Language, family: &str, word: &'a str) -> Cow<'a, str> {
    let name = word.replace(['_', ' '], "-").to_ascii_lowercase();
    language.find(&format!("trouble-{family}-{name}")).unwrap_or(Cow::Borrowed(word))
}
