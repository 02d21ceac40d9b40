//! What each letter says, in English. Text and HTML are made from the same words.

use chrono::{DateTime, Utc};

use crate::domain::letter::{Letter, WaysIn};
use crate::text::{counted_as, printable};

/// How many characters of a name are repeated in a letter.
const LONGEST_NAME: usize = 64;

/// What a letter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// In a list of mails.
    pub subject: String,
    /// Above the letter.
    pub title: String,
    /// To whom.
    pub greeting: String,
    /// What there is to say before the button.
    pub before: Vec<String>,
    /// The one link.
    pub action: Option<Action>,
    /// What there is to say after it.
    pub after: Vec<String>,
    /// Why they get it.
    pub footer: String,
}

/// The one link in a letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Action {
    /// What it does.
    pub label: &'static str,
    /// Where it leads.
    pub url: String,
}

impl std::fmt::Debug for Action {
    /// Without the address, which may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Action").field("label", &self.label).finish_non_exhaustive()
    }
}

/// A link that was made for the letter, which sets a password.
#[derive(Clone)]
pub struct Link {
    /// Its address.
    pub url: String,
    /// Until when it works.
    pub until: DateTime<Utc>,
}

/// What the words depend on besides the letter itself.
pub struct Facts<'a> {
    /// What the person is called.
    pub name: &'a str,
    /// The address that they log in with.
    pub address: &'a str,
    /// The workspace's name.
    pub workspace: &'a str,
    /// Where the bridge is reached, without a slash at its end.
    pub public_url: &'a str,
    /// How they log in.
    pub ways: &'a WaysIn,
    /// Whether a password of theirs is set.
    pub has_password: bool,
    /// The link, for letters that have one.
    pub link: Option<Link>,
}

impl Facts<'_> {
    /// Whether a letter to them needs a link to set a password.
    #[must_use]
    pub const fn needs_link(letter: &Letter, ways: &WaysIn, has_password: bool) -> bool {
        match letter {
            Letter::Reset => ways.password,
            Letter::Welcome => ways.password && ways.connection.is_none() && !has_password,
            _ => false,
        }
    }

    fn login(&self, label: &'static str) -> Action {
        Action { label, url: format!("{}/login", self.public_url) }
    }
}

/// What a letter says to somebody.
#[must_use]
pub fn content(letter: &Letter, facts: &Facts<'_>) -> Content {
    let workspace = facts.workspace;
    match letter {
        Letter::Welcome => welcome(facts),
        Letter::Reset => reset(facts),
        Letter::PasswordChanged => Content {
            before: vec![
                format!("The password of {} for AIsoule ({workspace}) was changed just now.", facts.address),
                "If that was you, there is nothing to do.".into(),
            ],
            after: vec![
                "If it was not, set another password at once with \"Forgot your password?\" on the login page, and tell an \
                 administrator of your workspace."
                    .into(),
            ],
            action: Some(facts.login("Go to the login page")),
            ..plain(facts, "Your AIsoule password was changed".into(), "Your password was changed")
        },
        Letter::AddressChanged => Content {
            before: vec![
                format!(
                    "The account in AIsoule ({workspace}) that had the address {} has another address now. Mail about it, \
                     and links to set its password, go there from now on.",
                    facts.address
                ),
                "If you know of that, there is nothing to do.".into(),
            ],
            after: vec!["If you don't, tell an administrator of your workspace at once.".into()],
            ..plain(facts, "Your AIsoule account has another address".into(), "Your address was changed")
        },
        Letter::SecondFactorChanged { enabled } => {
            let (subject, title, said) = if *enabled {
                ("Your AIsoule login needs a code from now on", "Second step set up", "was set up or replaced")
            } else {
                ("Your AIsoule login no longer needs a code", "Second step removed", "was removed")
            };
            Content {
                before: vec![
                    format!(
                        "The second step of logging in as {} to AIsoule ({workspace}) {said} just now.",
                        facts.address
                    ),
                    "If that was you, there is nothing to do.".into(),
                ],
                after: vec!["If it was not, tell an administrator of your workspace at once.".into()],
                ..plain(facts, subject.into(), title)
            }
        }
        Letter::SeatsAlmostFull { used, limit } => seats(
            facts,
            format!("{used} of {} in {workspace} are taken", counted_as(*limit, "seat")),
            "Almost all seats are taken",
            format!("{used} people are active in {workspace}, which has {}.", counted_as(*limit, "seat")),
        ),
        Letter::SeatsFull { limit, .. } => seats(
            facts,
            format!("Every seat in {workspace} is taken"),
            "Every seat is taken",
            format!("{workspace} has {}, and somebody active has each of them.", counted_as(*limit, "seat")),
        ),
        Letter::SeatsExceeded { used, limit } => seats(
            facts,
            format!("{workspace} uses more seats than it has"),
            "More people than seats",
            format!(
                "{used} people are active in {workspace}, which has {}. Nobody loses access.",
                counted_as(*limit, "seat")
            ),
        ),
        Letter::TokenExpires { name, hint, at, days } => token(facts, (name, hint), *at, *days),
        Letter::EndpointFailing { name, url, problem, since } => failing(facts, name, (url, problem), *since),
        Letter::EndpointDisabled { name, url, problem } => switched_off(facts, name, url, problem),
        Letter::ConnectorStopped { url, problem } => connector(facts, url, Some(problem)),
        Letter::ConnectorResumed { url } => connector(facts, url, None),
        Letter::ReviewDue { last } => {
            let since = last.map_or_else(
                || "Nobody has reviewed yet who has access".to_owned(),
                |last| format!("Who has access was last reviewed on {}", last.format("%-d %B %Y")),
            );
            Content {
                before: vec![
                    format!("{since} to {workspace}. A review a quarter finds those who no longer need it."),
                    "A review lists everybody with access, who has not logged in for long, who is an Admin, and whose \
                     access no group explains."
                        .into(),
                ],
                ..to_admins(facts, format!("Time to review who has access to {workspace}"), "Review who has access")
            }
        }
    }
}

fn failing(facts: &Facts<'_>, name: &str, (url, problem): (&str, &str), since: DateTime<Utc>) -> Content {
    let workspace = facts.workspace;
    Content {
        before: vec![
            format!(
                "The webhook endpoint {} of {workspace} ({}) has taken nothing since {}. The last time: {}",
                one_line(name),
                harmless(url),
                moment(since),
                harmless(problem)
            ),
            "Nothing is lost: what it is to be told waits, and goes out by itself when it answers again. If it takes \
             nothing for seven days, it is switched off."
                .into(),
        ],
        ..to_admins(
            facts,
            format!("The webhook endpoint {} of {workspace} does not answer", one_line(name)),
            "A webhook endpoint is failing",
        )
    }
}

fn switched_off(facts: &Facts<'_>, name: &str, url: &str, problem: &str) -> Content {
    let workspace = facts.workspace;
    Content {
        before: vec![
            format!(
                "The webhook endpoint {} of {workspace} ({}) was switched off: {}",
                one_line(name),
                harmless(url),
                harmless(problem)
            ),
            "What happens from now on waits for it, for as long as events are kept. Mend the endpoint, then enable it: \
             it is told everything that waits."
                .into(),
        ],
        ..to_admins(
            facts,
            format!("The webhook endpoint {} of {workspace} is switched off", one_line(name)),
            "A webhook endpoint was switched off",
        )
    }
}

fn connector(facts: &Facts<'_>, url: &str, problem: Option<&str>) -> Content {
    let (workspace, url) = (facts.workspace, harmless(url));
    let Some(problem) = problem else {
        let said = format!("The connector of {workspace} to AIsoule ({url}) works again.");
        let before = vec![said, "What changed meanwhile arrives now; there is nothing to do.".into()];
        let subject = format!("The connector of {workspace} works again");
        return Content { before, ..to_admins(facts, subject, "The connector works again") };
    };
    let said = format!("The connector of {workspace} to AIsoule ({url}) stopped: {}.", harmless(problem));
    let lost = "Until it goes on, nobody is added or deactivated there. Nothing is lost: what changes is remembered.";
    let subject = format!("The connector of {workspace} stopped");
    Content { before: vec![said, lost.into()], ..to_admins(facts, subject, "The connector stopped") }
}

/// What the letter says that tries out the way by which mail goes out.
#[must_use]
pub fn trial(public_url: &str) -> Content {
    Content {
        subject: "A test of AIsoule's mail".into(),
        title: "Mail works".into(),
        greeting: "Hello,".into(),
        before: vec![format!("This was sent by the bridge at {public_url}, because somebody asked it to try.")],
        action: None,
        after: Vec::new(),
        footer: "Sent by `aisoule-bridge mail test`.".into(),
    }
}

fn welcome(facts: &Facts<'_>) -> Content {
    let workspace = facts.workspace;
    let account = format!("There is an account for you in AIsoule, in the workspace {workspace}.");
    let with = format!("You log in with the address {}.", facts.address);
    let (before, action, after) = match (&facts.ways.connection, &facts.link) {
        (Some(connection), _) => {
            let company = format!(
                "Log in with your company account, through {}: there is no password to set.",
                one_line(connection)
            );
            (vec![account, company, with], Some(facts.login("Log in with your company account")), Vec::new())
        }
        (None, Some(link)) => {
            let until = format!(
                "The link works once, until {}. After that, \"Forgot your password?\" on the login page sends another.",
                moment(link.until)
            );
            let action = Action { label: "Set your password", url: link.url.clone() };
            (vec![account, with, "Set your password, and you are in:".into()], Some(action), vec![until])
        }
        (None, None) if facts.ways.password => {
            let given = "A password is set for you: the one that you know already, or one that your administrator will give you. \
                         \"Forgot your password?\" on the login page lets you choose another.";
            (vec![account, with], Some(facts.login("Log in")), vec![given.into()])
        }
        (None, None) => {
            let ask = "How to log in, an administrator of your workspace can tell you.";
            (vec![account, with, ask.into()], Some(facts.login("Go to the login page")), Vec::new())
        }
    };
    let footer = format!("You get this because somebody in {workspace} made an account for {}.", facts.address);
    Content {
        before,
        action,
        after,
        footer,
        ..plain(facts, format!("Welcome to AIsoule: {workspace}"), "Welcome to AIsoule")
    }
}

fn reset(facts: &Facts<'_>) -> Content {
    let asked = format!("Somebody asked for another password for {} in AIsoule ({}).", facts.address, facts.workspace);
    let ignore = "If that was not you, there is nothing to do: your password stays as it is.".to_owned();
    let until = facts.link.as_ref().map(|link| format!("The link works once, until {}.", moment(link.until)));
    Content {
        before: vec![asked],
        action: facts.link.as_ref().map(|link| Action { label: "Choose another password", url: link.url.clone() }),
        after: until.into_iter().chain([ignore]).collect(),
        ..plain(facts, "Choose another password for AIsoule".into(), "Choose another password")
    }
}

fn seats(facts: &Facts<'_>, subject: String, title: &str, said: String) -> Content {
    let advice = "Deactivating people who have left frees their seats; a larger plan has more. Deactivated people keep \
                  everything of theirs and don't count.";
    Content { before: vec![said, advice.into()], ..to_admins(facts, subject, title) }
}

fn token(facts: &Facts<'_>, (name, hint): (&str, &str), at: DateTime<Utc>, days: i64) -> Content {
    let (workspace, token) = (facts.workspace, format!("the SCIM token {} ({}…)", one_line(name), one_line(hint)));
    let make = "Make another token, and enter it at the identity provider.";
    if days == 0 {
        let said = format!(
            "At {} {token} of {workspace} expired. An identity provider that uses it no longer reaches AIsoule: nobody \
             is added or deactivated by it.",
            moment(at)
        );
        let subject = format!("A SCIM token of {workspace} has expired");
        return Content { before: vec![said, make.into()], ..to_admins(facts, subject, "A SCIM token has expired") };
    }
    let said = format!(
        "At {} {token} of {workspace} expires. An identity provider that still uses it then no longer reaches AIsoule.",
        moment(at)
    );
    let subject = format!("A SCIM token of {workspace} expires within {}", counted_as(days, "day"));
    Content { before: vec![said, make.into()], ..to_admins(facts, subject, "A SCIM token expires") }
}

fn plain(facts: &Facts<'_>, subject: String, title: &str) -> Content {
    Content {
        subject,
        title: title.into(),
        greeting: greeting(facts.name),
        before: Vec::new(),
        action: None,
        after: Vec::new(),
        footer: format!(
            "You get this because {} has an account in the AIsoule workspace {}.",
            facts.address, facts.workspace
        ),
    }
}

fn to_admins(facts: &Facts<'_>, subject: String, title: &str) -> Content {
    let footer = format!("You get this because you are an Admin of the AIsoule workspace {}.", facts.workspace);
    Content { footer, ..plain(facts, subject, title) }
}

/// Whatever somebody else calls the person; nothing that could pass for a link, or for more than a name.
fn greeting(name: &str) -> String {
    let name = one_line(name);
    let suspicious = name.contains(['/', '@', '\\']) || name.to_ascii_lowercase().contains("www.");
    if name.is_empty() || suspicious || name.chars().count() > LONGEST_NAME {
        return "Hello,".into();
    }
    format!("Hello {name},")
}

/// A text on one line, without anything that a mail client could act on.
fn one_line(text: &str) -> String {
    printable(text.trim()).replace('\u{fffd}', " ")
}

/// Words that come from somewhere else, such that no mail client makes a link of them.
fn harmless(text: &str) -> String {
    one_line(text).replace("://", ": //")
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests;
