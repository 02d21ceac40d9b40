//! `/login`: the address first, then the password. Whatever is wrong, the answer is the same.

use std::borrow::Cow;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::way::{Button, Way, buttons, route_of};
use super::{NOT_TAKEN, device, failures, is_bare, onward, password_keys, turns, wanted, with_cookie};
use crate::command::CommandError;
use crate::command::passwords::SignIn;
use crate::command::throttles::Keys;
use crate::domain::email::Email;
use crate::domain::session::{Door, Stage};
use crate::http::around::Around;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::turned_away::not_admitted;
use crate::http::{pages, return_to};
use crate::ids::WorkspaceId;
use crate::store::passwords::{Account, accounts};
use crate::store::workspaces;
use crate::text;

/// The value of `way` with which somebody uses their password, although their address leads to a connection: protected
/// accounts, when the provider does not answer.
const PASSWORD: &str = "password";
/// What is said of every attempt that failed.
const FAILED: &str = "login-failed";

#[derive(Template)]
#[template(path = "login.html")]
struct EmailPage<'a> {
    frame: Around,
    workspace: &'a str,
    return_to: &'a str,
    email: &'a str,
    problem: Option<Cow<'static, str>>,
    /// "Log in with …"
    buttons: &'a [Button],
    /// `login` where whoever is signed in already is asked again, at their provider too.
    prompt: &'a str,
    /// Whether somebody wants to use their password, although their address leads elsewhere.
    by_password: bool,
    /// Where somebody says so.
    password_instead: &'a str,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    frame: Around,
    workspace: &'a str,
    return_to: &'a str,
    email: &'a str,
    problem: Option<Cow<'static, str>>,
    /// The address at which a workspace's people log in.
    own_address: &'a str,
    /// Where somebody goes who forgot it.
    forgot: &'a str,
    /// Where another address is entered.
    other: &'a str,
}

/// Where somebody begins again, with what they gave.
fn home(asked: &Asked) -> String {
    let back = wanted(asked);
    let given = ["workspace", "email", "prompt", "way"].map(|name| (name, asked.field(name)));
    return_to::with("/login", &[&given[..], &[("return_to", back.as_deref())]].concat())
}

async fn email_page(asked: &Asked, status: StatusCode, problem: Option<&str>) -> Answer {
    let return_to = wanted(asked).unwrap_or_default();
    let (workspace, email) = (asked.field("workspace").unwrap_or_default(), asked.field("email").unwrap_or_default());
    let mut buttons = match place(asked).await?.workspace() {
        Ok(workspace) => buttons(&asked.app, workspace).await?,
        Err(Nobody) => Vec::new(),
    };
    let back = wanted(asked);
    for button in &mut buttons {
        button.path = return_to::with(&button.path, &[("return_to", back.as_deref()), ("prompt", prompt(asked))]);
    }
    let by_password = asked.field("way") == Some(PASSWORD);
    let parameters = [("way", Some(PASSWORD)), ("workspace", asked.field("workspace")), ("return_to", back.as_deref())];
    let password_instead = &return_to::with("/login", &parameters);
    let frame = Around::plain(asked, &home(asked));
    let page = EmailPage {
        workspace,
        return_to: &return_to,
        email,
        problem: problem.map(|name| frame.say(name)),
        buttons: &buttons,
        prompt: asked.field("prompt").unwrap_or_default(),
        by_password,
        password_instead,
        frame,
    };
    Ok(pages::page(status, &page))
}

fn password_page(asked: &Asked, status: StatusCode, problem: Option<&str>) -> Response {
    let return_to = wanted(asked).unwrap_or_default();
    let (workspace, email) = (asked.field("workspace").unwrap_or_default(), asked.field("email").unwrap_or_default());
    let own_address = format!("{}/login?workspace=NAME", asked.app.public_url);
    let own_address = own_address.as_str();
    let named = asked.field("workspace");
    let forgot = return_to::with("/password/forgot", &[("workspace", named)]);
    let other = return_to::with("/login", &[("workspace", named), ("return_to", wanted(asked).as_deref())]);
    let frame = Around::plain(asked, &home(asked));
    let page = PasswordPage {
        workspace,
        return_to: &return_to,
        email,
        problem: problem.map(|name| frame.say(name)),
        own_address,
        forgot: &forgot,
        other: &other,
        frame,
    };
    pages::page(status, &page)
}

/// How much a provider is to ask.
fn prompt(asked: &Asked) -> Option<&str> {
    asked.field("prompt").filter(|prompt| *prompt == "login")
}

/// `GET /login`
pub async fn ask(asked: Asked) -> Answer {
    let is_in = asked.visitor.as_ref().is_some_and(|visitor| visitor.session.stage == Stage::Full);
    if is_in && asked.field("prompt") != Some("login") {
        return Ok(pages::redirect(wanted(&asked).as_deref().unwrap_or("/account")));
    }
    email_page(&asked, StatusCode::OK, None).await
}

/// `POST /login`
pub async fn lead(asked: Asked) -> Answer {
    let Some(email) = asked.field("email").map(str::trim).and_then(Email::parse) else {
        return email_page(&asked, NOT_TAKEN, Some("login-no-email")).await;
    };
    if asked.field("way") == Some(PASSWORD) {
        return Ok(password_page(&asked, StatusCode::OK, None));
    }
    let way = match place(&asked).await?.workspace() {
        Ok(workspace) => route_of(&asked.app, &email, workspace).await?,
        Err(Nobody) => Way::Password,
    };
    match way {
        Way::Password => Ok(password_page(&asked, StatusCode::OK, None)),
        Way::Connection { path } => {
            let (hint, back) = (Some(email.as_str()), wanted(&asked));
            let parameters = [("login_hint", hint), ("return_to", back.as_deref()), ("prompt", prompt(&asked))];
            let path = return_to::with(&path, &parameters);
            Ok(pages::onward(&Around::plain(&asked, ""), &path))
        }
    }
}

/// In which workspaces to look for an account.
#[derive(Debug, Clone, Copy)]
pub(super) enum Where {
    Anywhere,
    In(WorkspaceId),
    Nowhere,
}

/// There is no such workspace, and so nobody in it.
pub(super) struct Nobody;

impl Where {
    /// The workspace, where there is to be but one.
    pub(super) const fn workspace(self) -> Result<Option<WorkspaceId>, Nobody> {
        match self {
            Self::Anywhere => Ok(None),
            Self::In(workspace) => Ok(Some(workspace)),
            Self::Nowhere => Err(Nobody),
        }
    }
}

/// The workspace that a page is for, by its name or id.
pub(super) async fn place(asked: &Asked) -> Result<Where, Trouble> {
    let Some(named) = asked.field("workspace") else { return Ok(Where::Anywhere) };
    let mut conn = asked.app.store.read().await?;
    let found = match WorkspaceId::parse(named) {
        Some(id) => workspaces::find(&mut conn, id).await?,
        None => workspaces::find_by_name(&mut conn, &text::fold(named)).await?,
    };
    Ok(found.map_or(Where::Nowhere, |workspace| Where::In(workspace.id)))
}

/// `POST /login/password`
pub async fn log_in(asked: Asked) -> Answer {
    let typed = asked.field("email").unwrap_or_default().trim().to_owned();
    let key = text::fold(&typed);
    let place = place(&asked).await?;
    let found = match place.workspace() {
        Ok(workspace) => accounts(&mut asked.app.store.read().await?, &key, workspace).await?,
        Err(Nobody) => Vec::new(),
    };
    let mut keys: Vec<Keys> = found.iter().map(|one| password_keys(&asked, &key, Some(one.user()))).collect();
    if keys.is_empty() {
        keys.push(password_keys(&asked, &key, None));
    }
    let may = match turns(&asked, keys.clone()).await? {
        Ok(may) => may,
        Err(wait) => return Ok(*wait),
    };
    // Those that are compared: whoever has to wait is not.
    let mut tried = found.iter().zip(keys).zip(may).filter(|(_, may)| *may).map(|(one, _)| one);
    let tried = [tried.next(), tried.next()];
    let hashes = tried.each_ref().map(|one| one.as_ref().and_then(|(account, _)| account.password_hash.clone()));
    let password = asked.field("password").unwrap_or_default().to_owned();
    let Ok(right) = asked.app.verifier.verify_either(hashes, password).await else {
        return Ok(pages::busy(&Around::plain(&asked, &home(&asked))));
    };
    let (one, other) = match (right, tried) {
        (Some(0), [Some(one), other]) | (Some(1), [other, Some(one)]) => (one, other),
        (_, tried) => {
            let wrong = tried.into_iter().flatten().map(|(account, _)| account.clone()).collect();
            failures::password(&asked, key, place, wrong);
            return Ok(password_page(&asked, NOT_TAKEN, Some(FAILED)));
        }
    };
    let (account, keys) = match other {
        Some((_, others)) => (one.0, one.1.apart_from(&others)),
        None => one,
    };
    signed_in(&asked, account, keys).await
}

/// Begins the session of somebody whose password was right.
async fn signed_in(asked: &Asked, account: &Account, keys: Keys) -> Answer {
    let (opening, token) = asked.opening(Door::Password, Stage::SecondFactor)?;
    let actor = asked.acting("user", Some(account.user().to_string()), &account.full_name);
    let (workspace, user) = (account.workspace(), account.user());
    let password_hash = account.password_hash.clone().unwrap_or_default();
    let command = SignIn { workspace, user, password_hash, opening, keys };
    let stage = match asked.app.commands.execute(&actor, command).await {
        Ok(Some(stage)) => stage,
        Ok(None) => return Ok(password_page(asked, NOT_TAKEN, Some(FAILED))),
        // Only whoever knows the password hears this.
        Err(CommandError::NotAdmitted(why)) => {
            let named = workspace.to_string();
            let back = wanted(asked);
            let parameters = [("workspace", Some(named.as_str())), ("return_to", back.as_deref())];
            let next = return_to::with("/login", &parameters);
            let next = Some(("login-title", next.as_str()));
            return Ok(not_admitted(&Around::plain(asked, "/login"), StatusCode::FORBIDDEN, &why, next));
        }
        Err(error) => return Err(error.into()),
    };
    let bare = stage == Stage::Full && is_bare(asked, workspace, user).await?;
    let response = onward(asked, stage, &token, bare);
    // Who has a second factor is known here once they have given it.
    if stage == Stage::SecondFactor {
        return Ok(response);
    }
    Ok(with_cookie(response, device::known(&asked.app, &asked.headers, user)?))
}
