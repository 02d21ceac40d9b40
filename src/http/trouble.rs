//! Why a change was not made, in the words of the pages.

use std::borrow::Cow;

use super::texts::Language;
use crate::command::{CommandError, OVERRULE};

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
            let (field, detail) = (label(&called(language, "attribute", field)), language.said(detail));
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
            let field = label(&called(language, "attribute", attribute));
            language.fill("trouble-invalid").with("field", field).with("detail", language.said(detail)).to_string()
        }
        error @ (CommandError::NotAdmitted(_) | CommandError::Edit(_) | CommandError::Abandoned) => {
            language.fill("trouble-other").with("detail", language.said(&error.to_string())).to_string()
        }
    })
}

/// The name of a field as it begins a sentence; what programs call userName stays so.
fn label(name: &str) -> String {
    let mut chars = name.chars();
    let is_of_programs = name.chars().any(char::is_uppercase) && !name.contains(' ');
    match chars.next() {
        Some(first) if !is_of_programs => first.to_uppercase().chain(chars).collect(),
        _ => name.to_owned(),
    }
}

/// Why something was refused that stands in the audit log, where programs read it, in the words of the pages.
pub fn retold(language: Language, refused: &str) -> String {
    let fixed = [
        CommandError::LastAdmin,
        CommandError::LastProtected,
        CommandError::Enforced,
        CommandError::NobodyCameIn,
        CommandError::NoWayBack,
    ];
    let known = fixed.iter().find(|error| error.to_string() == refused).and_then(|error| words(language, error));
    let known = known.or_else(|| clash(language, refused)).or_else(|| in_use(language, refused));
    let known = known.or_else(|| owned(language, refused)).or_else(|| coded(language, refused));
    known.unwrap_or_else(|| language.said(refused))
}

/// `denied_by_provider: The provider did not let you in (access_denied). It says: …`, of a sign-in that failed.
fn coded(language: Language, refused: &str) -> Option<String> {
    let (code, rest) = refused.split_once(": ")?;
    let is_code = code.contains('_') && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let (sentence, words) = match rest.split_once(" It says: ") {
        Some((sentence, words)) => (sentence, Some(words)),
        None => (rest, None),
    };
    let sentence = Some(language.said(sentence)).filter(|_| is_code)?;
    Some(match words {
        Some(words) => {
            language.fill("trouble-provider-says").with("sentence", sentence).with("words", words).to_string()
        }
        None => sentence,
    })
}

/// "another user already has this externalId"
fn clash(language: Language, refused: &str) -> Option<String> {
    let (kind, attribute) = refused.strip_prefix("another ")?.split_once(" already has this ")?;
    let attribute = if attribute.ends_with("(emails)") { "emails" } else { attribute };
    let (kind, attribute) = (called(language, "kind", kind), called(language, "attribute", attribute));
    Some(language.fill("trouble-clash").with("kind", kind).with("attribute", attribute).to_string())
}

/// "the role Lead is in use: 1 user and 2 rules"
fn in_use(language: Language, refused: &str) -> Option<String> {
    let (thing, uses) = refused.strip_prefix("the ")?.rsplit_once(" is in use: ")?;
    let name = ["role ", "team "].iter().find_map(|kind| thing.strip_prefix(kind))?;
    let count = |what: &str| {
        let one = uses.split(" and ").filter_map(|part| part.split_once(' ')).find(|(_, of)| of.starts_with(what));
        one.and_then(|(count, _)| count.parse::<i64>().ok()).unwrap_or_default()
    };
    let (users, rules) = (count("user"), count("rule"));
    Some(language.fill("trouble-in-use").with("name", name).with("users", users).with("rules", rules).to_string())
}

/// "team: a rule gives this team to a group that the person is in; repeat the request with …"
fn owned(language: Language, refused: &str) -> Option<String> {
    let (_, detail) = refused.strip_suffix(OVERRULE)?.split_once(": ")?;
    Some(language.fill("trouble-was-owned").with("detail", language.said(detail)).to_string())
}

/// A word of programs as people call it, where they do.
fn called<'a>(language: Language, family: &str, word: &'a str) -> Cow<'a, str> {
    let name = word.replace(['_', ' '], "-").to_ascii_lowercase();
    language.find(&format!("trouble-{family}-{name}")).unwrap_or(Cow::Borrowed(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::Permissions;

    #[test]
    fn what_the_audit_log_says_of_a_refusal_is_said_as_the_page_said_it() {
        let errors = [
            CommandError::Clash { kind: "user", attribute: "emails" },
            CommandError::Clash { kind: "team", attribute: "name" },
            CommandError::InUse { kind: "role", name: "a is in use: b".into(), users: 0, rules: 2 },
            CommandError::InUse { kind: "team", name: "Night".into(), users: 3, rules: 1 },
            CommandError::LastAdmin,
            CommandError::Enforced,
            CommandError::NoWayBack,
        ];
        for error in errors {
            for language in Language::ALL {
                assert_eq!(Some(retold(language, &error.to_string())), words(language, &error), "{error}");
            }
        }
    }

    #[test]
    fn no_page_tells_anybody_to_repeat_a_request() {
        let detail = "a rule gives this team to a group that the person is in".to_owned();
        let told = CommandError::Owned { field: "team", detail }.to_string();
        let (en, de) = (retold(Language::En, &told), retold(Language::De, &told));
        assert!(en.starts_with("a rule gives this team") && en.contains("ticks the box"), "{en}");
        assert!(de.starts_with("eine Regel gibt") && de.contains("Häkchen"), "{de}");
        for language in Language::ALL {
            assert!(!retold(language, &told).contains("overrule"));
        }
    }

    #[test]
    fn a_sign_in_that_failed_is_told_without_its_code_and_with_what_the_provider_says() {
        let told = "denied_by_provider: The provider did not let you in (access_denied). It says: Not you.";
        let de = retold(Language::De, told);
        assert_eq!(de, "Der Anbieter hat dich nicht hineingelassen (access_denied). Er sagt: Not you.");
        assert_eq!(retold(Language::De, "not a code: x"), "not a code: x");
    }

    #[test]
    fn every_refusal_is_said_in_every_language() {
        let seats = |is_own| CommandError::SeatLimit { plan: "Growth".into(), is_own, used: 5, limit: 5 };
        let errors = [
            seats(false),
            seats(true),
            CommandError::Forbidden { missing: Permissions::ALL },
            CommandError::NotToldOf { event: "user.created", permission: "users:read" },
            CommandError::NobodyCameIn,
            CommandError::LastProtected,
        ];
        for error in errors.iter().map(ToString::to_string).chain(barred()) {
            assert_ne!(retold(Language::De, &error), error);
        }
    }

    fn barred() -> impl Iterator<Item = String> {
        use crate::domain::barred::Barred;
        let all = [
            Barred::Connection,
            Barred::Inactive,
            Barred::Waiting,
            Barred::NotAssigned,
            Barred::ForeignDomain,
            Barred::NoEmail,
            Barred::EmailUnproved,
            Barred::EmailTaken,
            Barred::OtherConnection,
            Barred::MustUseSso,
            Barred::NoSeat { plan: "Growth".into(), limit: 5 },
        ];
        all.into_iter().map(|barred| CommandError::NotAdmitted(barred).to_string())
    }
}
