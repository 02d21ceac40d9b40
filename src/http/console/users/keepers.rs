//! Who keeps what of somebody: an identity provider, a rule, or a hand; and giving back what a hand holds.

use super::parts;
use super::person;
use crate::command::CommandError;
use crate::command::people::{ByHand, Pinned, Release};
use crate::domain::pins::Pin;
use crate::domain::role::RoleSource;
use crate::domain::user::{Standing, User};
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::Frame;
use crate::query::explanation::Explanation;

/// Who keeps a field.
pub struct Keeper {
    /// What it is called.
    pub field: String,
    /// What it is now.
    pub value: String,
    /// Who keeps it, in a sentence.
    pub kept: String,
    /// The field's name where it can be given back.
    pub release: Option<&'static str>,
    /// What the button says.
    pub button: String,
}

fn keeper(frame: &Frame, field: &str, value: String, kept: String) -> Keeper {
    Keeper { field: frame.say(field).into_owned(), value, kept, release: None, button: String::new() }
}

fn given_back(keeper: Keeper, frame: &Frame, field: &'static str, button: &str) -> Keeper {
    Keeper { release: Some(field), button: frame.say(button).into_owned(), ..keeper }
}

fn plain(frame: &Frame, user: &User) -> String {
    frame.say(if user.provisioned { "users-kept-provider" } else { "users-kept-here" }).into_owned()
}

fn pinned(frame: &Frame, pin: &Pin, says: &str) -> String {
    let says = if says.is_empty() { frame.say("users-nothing").into_owned() } else { says.to_owned() };
    frame
        .fill("users-kept-pin")
        .with("by", pin.by.as_str())
        .with("at", frame.moment(&pin.at))
        .with("provider", says)
        .to_string()
}

/// Who keeps the name.
pub fn name(frame: &Frame, user: &User) -> Keeper {
    match &user.pins.full_name {
        Some(pin) => {
            let kept = keeper(frame, "users-full-name", user.full_name(), pinned(frame, pin, &user.profile.label()));
            given_back(kept, frame, "full_name", "users-release")
        }
        None => keeper(frame, "users-full-name", user.full_name(), plain(frame, user)),
    }
}

/// Who keeps the address.
pub fn email(frame: &Frame, user: &User) -> Keeper {
    let says = user.profile.email().map(|email| email.as_str().to_owned()).unwrap_or_default();
    match &user.pins.email {
        Some(pin) => {
            let kept = keeper(frame, "users-email", parts::email_of(user), pinned(frame, pin, &says));
            given_back(kept, frame, "email", "users-release")
        }
        None => keeper(frame, "users-email", parts::email_of(user), plain(frame, user)),
    }
}

/// Who keeps the role: why they have it, in words.
pub fn role(frame: &Frame, user: &User, explanation: &Explanation) -> Keeper {
    let kept = match user.role_source {
        RoleSource::Manual if user.protected => frame.say("users-why-protected").into_owned(),
        RoleSource::Manual => frame.say("users-why-manual").into_owned(),
        RoleSource::Default if explanation.rules.is_empty() => frame.say("users-why-no-rule").into_owned(),
        RoleSource::Default => frame.say("users-why-no-role").into_owned(),
        RoleSource::Rule => match explanation.rules.iter().find(|reason| reason.decides) {
            Some(reason) => frame
                .fill("users-why-rule")
                .with("group", reason.rule.group_name.as_str())
                .with("priority", reason.rule.priority)
                .to_string(),
            None => frame.say("users-why-some-rule").into_owned(),
        },
    };
    let keeper = keeper(frame, "users-role", user.role.name.clone(), kept);
    let is_pinned = user.role_source == RoleSource::Manual && !user.protected;
    if is_pinned { given_back(keeper, frame, "role", "users-release-role") } else { keeper }
}

/// Who decides whether they may work.
pub fn active(frame: &Frame, user: &User) -> Keeper {
    let value = parts::standing(frame, user.standing).0.into_owned();
    match &user.pins.inactive {
        Some(hold) => {
            let says = if hold.wanted { "users-kept-hold-active" } else { "users-kept-hold-inactive" };
            let says = if user.provisioned { says } else { "users-kept-hold" };
            let kept = frame.fill(says).with("by", hold.by.as_str()).with("at", frame.moment(&hold.at));
            let keeper = keeper(frame, "users-status", value, kept.to_string());
            // Whom nobody else keeps is activated, not given back.
            if user.provisioned { given_back(keeper, frame, "active", "users-release") } else { keeper }
        }
        None if user.standing == Standing::Waiting => {
            let since = frame.ago(user.waiting_since.as_ref());
            keeper(frame, "users-status", value, frame.fill("users-kept-waiting").with("since", since).to_string())
        }
        None => keeper(frame, "users-status", value, plain(frame, user)),
    }
}

/// `POST /settings/users/{id}/release`
pub async fn release(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    let field = match asked.field("field") {
        Some("full_name") => Pinned::FullName,
        Some("email") => Pinned::Email,
        Some("role") => Pinned::Role,
        Some("active") => Pinned::Active,
        _ => return Err(CommandError::NotFound.into()),
    };
    let command = Release { workspace: user.workspace_id, id: user.id, field };
    person::after(&asked, &user, asked.execute(command).await, "released").await
}

/// `POST /settings/users/{id}/pin-role`: the role that they have stays, whatever the rules say.
pub async fn pin_role(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    let changes = ByHand { role: Some(user.role.id), ..ByHand::default() };
    let command = super::fate::change(user.workspace_id, user.id, changes, false);
    person::after(&asked, &user, asked.execute(command).await, "pinned").await
}
