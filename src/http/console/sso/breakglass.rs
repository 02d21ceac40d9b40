//! A break-glass account: a protected Admin with a password, for the day on which the provider does not answer.

use askama::Template;

use super::super::frame::{Frame, Section, shown};
use crate::command::CommandError;
use crate::command::users::{CreateUser, RoleChoice};
use crate::domain::email::Email;
use crate::domain::role::Role;
use crate::domain::user::{Profile, UserDraft};
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::pages;
use crate::ids::UserId;
use crate::password::{self, PasswordError};
use crate::store::{StoreError, roles};

#[derive(Template)]
#[template(path = "sso/breakglass.html")]
struct Page<'a> {
    frame: &'a Frame,
    name: &'a str,
    email: &'a str,
}

/// `GET /settings/sso/break-glass/new`
pub async fn new(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SSO).await?;
    Ok(shown(frame.status(), &Page { frame: &frame, name: "", email: "" }))
}

/// Why there is no account.
enum Refused {
    /// Something that was typed can't be: the name of a text.
    Typed(&'static str),
    Trouble(Trouble),
}

impl<E: Into<Trouble>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Trouble(error.into())
    }
}

/// `POST /settings/sso/break-glass`
pub async fn create(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SSO).await?;
    let frame = match created(&asked, frame.workspace.name.as_str()).await {
        Ok(()) => return Ok(pages::redirect("/settings/sso?done=account")),
        Err(Refused::Typed(text)) => {
            let sentence = frame.say(text);
            let field = ["name", "email", "password"].into_iter().find(|field| text.ends_with(field));
            frame.wrong(sentence).at(field.unwrap_or_default())
        }
        Err(Refused::Trouble(Trouble::Command(error))) => frame.refused(error)?,
        Err(Refused::Trouble(trouble)) => return Err(trouble),
    };
    Ok(shown(frame.status(), &Page { frame: &frame, name: asked.text("name"), email: asked.text("email") }))
}

async fn created(asked: &Asked, workspace_name: &str) -> Result<(), Refused> {
    let email = Email::parse(asked.text("email")).ok_or(Refused::Typed("sso-account-bad-email"))?;
    let name = asked.text("name");
    if name.is_empty() || name.chars().count() > 100 || crate::text::printable(name) != name {
        return Err(Refused::Typed("sso-account-bad-name"));
    }
    let password = asked.field("password").unwrap_or_default().to_owned();
    let words = vec![email.as_str().to_owned(), name.to_owned(), workspace_name.to_owned()];
    let hash = password::hash_for(password, words).await.map_err(|error| match error {
        PasswordError::TooEasy => Refused::Typed("sso-account-easy-password"),
        PasswordError::TooShort | PasswordError::TooLong => Refused::Typed("sso-account-bad-password"),
        PasswordError::Hash(why) => StoreError::Statement(why).into(),
    })?;
    let workspace = asked.workspace()?;
    let all = roles::of_workspace(&mut asked.read().await?, workspace).await?;
    let admin = all.into_iter().find(Role::is_admin).ok_or(CommandError::NotFound)?;
    let command = CreateUser {
        workspace,
        id: UserId::fresh(),
        draft: UserDraft { profile: Profile::by_hand(&email, name), active: Some(true) },
        password_hash: Some(hash),
        role: RoleChoice::Id(admin.id),
        protected: true,
        provisioned: false,
    };
    asked.execute(command).await?;
    Ok(())
}
