//! `/settings/keys`: keys for the REST API, which act as whoever makes them.

use askama::Template;
use axum::http::Method;

use super::frame::{Frame, Section, shown};
use super::lifetimes::{self, SOON};
use super::permissions::{self, Group};
use super::provisioning::refused;
use crate::command::CommandError;
use crate::command::credentials::{CreateKey, RevokeKey};
use crate::domain::permission::{CATALOGUE, Permissions};
use crate::http::browser::{Access, Answer, Asked, Route, routes};
use crate::http::console::again;
use crate::http::{pages, return_to};
use crate::ids::KeyId;
use crate::secret;
use crate::store::api_keys::{self as rows, KeyRow};

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/keys" Access::Allowed("keys:read"), ["done", "name", "may", "permission*", "lifetime"] list;
        POST "/settings/keys" Access::Allowed("keys:write"), ["name", "may", "permission*", "lifetime"] create;
        GET  "/settings/keys/{id}/revoke" Access::Allowed("keys:write"), [] confirm;
        POST "/settings/keys/{id}/revoke" Access::Allowed("keys:write"), [] revoke;
    })
}

/// What stands in the fields of the form.
struct New {
    name: String,
    /// `all` or `some`.
    may: String,
    chosen: Vec<String>,
    lifetime: String,
}

/// A key, for people.
struct Line {
    id: String,
    name: String,
    hint: String,
    /// Whom it acts as; none: the workspace itself.
    user: Option<String>,
    /// Whether that person is not active any more.
    is_dead: bool,
    /// None: whatever its user may do.
    permissions: Option<Vec<permissions::Line>>,
    used: String,
    ends: String,
    /// Whether it ended, or will soon.
    is_ending: bool,
}

impl Line {
    fn of(frame: &Frame, row: &KeyRow) -> Self {
        let (end, now) = (row.expires_at, frame.now);
        let ends = match (end, row.revoked_at) {
            (_, Some(at)) => frame.fill("provisioning-revoked").with("when", frame.ago(Some(&at))).to_string(),
            (None, None) => frame.say("provisioning-no-end").into_owned(),
            (Some(end), None) if end <= now => {
                frame.fill("provisioning-ended").with("when", frame.ago(Some(&end))).to_string()
            }
            (Some(end), None) => frame.fill("provisioning-ends").with("when", frame.ago(Some(&end))).to_string(),
        };
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            hint: format!("{}…", row.hint),
            user: row.user_name.clone(),
            is_dead: row.user_id.is_some() && row.user_standing.as_deref() != Some("active"),
            permissions: row.permissions.as_deref().and_then(|json| may(frame, json)),
            used: frame.ago(row.last_used_at.as_ref()),
            ends,
            is_ending: end.is_some_and(|end| end <= now + SOON),
        }
    }
}

/// What a key may do at most, in words.
fn may(frame: &Frame, stored: &str) -> Option<Vec<permissions::Line>> {
    let names: Vec<String> = serde_json::from_str(stored).ok()?;
    let known = CATALOGUE.iter().filter(|one| names.iter().any(|name| name == one.name));
    Some(known.map(|one| permissions::line(frame, one, Permissions::ALL)).collect())
}

#[derive(Template)]
#[template(path = "keys/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    url: String,
    keys: Vec<Line>,
    revoked: Vec<Line>,
    may_write: bool,
    /// What whoever reads may do, and so may give.
    own: Vec<Group>,
    lifetimes: Vec<(String, String)>,
    new: New,
    /// The key that was just made, which no other page shows.
    made: Option<&'a str>,
    /// Where whoever makes one has to prove first who they are.
    again: Option<String>,
}

async fn listed(asked: &Asked, frame: Frame, new: New, made: Option<&str>) -> Answer {
    let all = rows::of_workspace(&mut asked.read().await?, frame.workspace.id).await?;
    let (revoked, keys): (Vec<_>, Vec<_>) = all.iter().rev().partition(|row| row.revoked_at.is_some());
    let page = Page {
        url: format!("{}/api", asked.app.public_url),
        keys: keys.into_iter().map(|row| Line::of(&frame, row)).collect(),
        revoked: revoked.into_iter().map(|row| Line::of(&frame, row)).collect(),
        may_write: frame.may("keys:write"),
        own: permissions::own(&frame, Permissions::known(new.chosen.iter().map(String::as_str))),
        lifetimes: lifetimes::choices(frame.language),
        again: again::first(asked, &new.path())?,
        new,
        made,
        frame: &frame,
    };
    Ok(shown(frame.status(), &page))
}

impl New {
    fn fresh() -> Self {
        Self { name: String::new(), may: "some".into(), chosen: Vec::new(), lifetime: "365".into() }
    }

    /// As a form or an address has it.
    fn of(asked: &Asked) -> Self {
        let text = |name| asked.text(name).to_owned();
        let chosen = asked.all("permission").map(str::to_owned).collect();
        Self { name: text("name"), may: text("may"), chosen, lifetime: text("lifetime") }
    }

    /// The page with what is typed here.
    fn path(&self) -> String {
        let fields = [("name", &self.name), ("may", &self.may), ("lifetime", &self.lifetime)];
        let chosen = self.chosen.iter().map(|permission| ("permission", permission));
        let fields: Vec<_> =
            fields.into_iter().chain(chosen).map(|(name, value)| (name, Some(value.as_str()))).collect();
        return_to::with("/settings/keys", &fields)
    }

    /// What it may do at most, where that was chosen one by one; an error where nothing was, or something that is not known.
    fn permissions(&self) -> Result<Option<Permissions>, ()> {
        match self.may.as_str() {
            "all" => Ok(None),
            "some" if !self.chosen.is_empty() => Permissions::of(&self.chosen).map(Some).map_err(|_| ()),
            _ => Err(()),
        }
    }
}

/// `GET /settings/keys`
async fn list(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::KEYS).await?.after(&asked, "keys-done", &["revoked"]);
    let new = if asked.field("may").is_some() { New::of(&asked) } else { New::fresh() };
    listed(&asked, frame, new, None).await
}

/// `POST /settings/keys`
async fn create(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::KEYS).await?;
    let new = New::of(&asked);
    if let Some(login) = again::first(&asked, &new.path())? {
        return Ok(pages::redirect(&login));
    }
    let (Ok(permissions), Some(expires_at)) = (new.permissions(), lifetimes::end(&new.lifetime, frame.now)) else {
        let said = frame.say("keys-choose").into_owned();
        let wrong = if lifetimes::end(&new.lifetime, frame.now).is_none() { "lifetime" } else { "" };
        return listed(&asked, frame.wrong(said).at(wrong), new, None).await;
    };
    let (key, id) = (secret::new_key()?, KeyId::fresh());
    let stored = rows::NewKey {
        id,
        workspace: frame.workspace.id,
        name: new.name.clone(),
        hash: secret::hash(&key),
        hint: secret::hint(&key),
        user: Some(frame.user),
        permissions: None,
        created_at: frame.now,
        expires_at,
    };
    match asked.execute(CreateKey { key: stored, permissions }).await {
        Ok(()) => {
            let mut frame = frame;
            frame.done = Some(frame.say("keys-once").into_owned());
            listed(&asked, frame, New::fresh(), Some(&key)).await
        }
        Err(error) => listed(&asked, refused(frame, error)?, new, None).await,
    }
}

#[derive(Template)]
#[template(path = "keys/revoke.html")]
struct Revocation<'a> {
    frame: &'a Frame,
    line: Line,
}

/// `GET /settings/keys/{id}/revoke`
async fn confirm(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::KEYS).await?;
    confirming(&asked, frame).await
}

async fn confirming(asked: &Asked, frame: Frame) -> Answer {
    let id = asked.id(0, KeyId::parse)?;
    let row = rows::find(&mut asked.read().await?, frame.workspace.id, id).await?;
    let row = row.filter(|row| row.revoked_at.is_none()).ok_or(CommandError::NotFound)?;
    let line = Line::of(&frame, &row);
    Ok(shown(frame.status(), &Revocation { frame: &frame, line }))
}

/// `POST /settings/keys/{id}/revoke`
async fn revoke(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::KEYS).await?;
    let id = asked.id(0, KeyId::parse)?;
    match asked.execute(RevokeKey { workspace: frame.workspace.id, id }).await {
        Ok(()) => Ok(pages::redirect("/settings/keys?done=revoked")),
        Err(CommandError::NotFound) => Err(CommandError::NotFound.into()),
        Err(error) => confirming(&asked, refused(frame, error)?).await,
    }
}
