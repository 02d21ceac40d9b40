//! `/settings/requests/{seq}`: one request with both sides of it, and why it failed.

use askama::Template;

use super::why::{self, Why};
use super::{duration, sentence, target};
use crate::command::CommandError;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::ids::UserId;
use crate::store::request_log::{self, Entry};

#[derive(Template)]
#[template(path = "requests/entry.html")]
struct Page<'a> {
    frame: &'a Frame,
    entry: Entry,
    target: String,
    exact: String,
    took: String,
    why: Option<Reason>,
    request: Option<String>,
    answer: Option<String>,
    /// Whom it is about, where the path names them.
    person: Option<String>,
    /// The rest of what the log has of the same person or group.
    same: Option<String>,
}

/// Why it failed, for people.
struct Reason {
    /// The sentence.
    said: String,
    /// What to do next.
    next: String,
    /// Where at each provider, in the order in which they are worth reading.
    places: Vec<(&'static str, String)>,
    /// What the provider was told.
    detail: String,
}

impl Reason {
    fn of(frame: &Frame, why: &Why, provider: Option<&str>) -> Self {
        let language = frame.language;
        let what = crate::text::printable(&why.what);
        let place = |(id, name): &(&str, &'static str)| {
            (*name, language.say(&format!("why-{id}-{}", why.hand.name())).into_owned())
        };
        let all = [("okta", "Okta"), ("entra", "Microsoft Entra ID")];
        let fitting = all.iter().filter(|(id, _)| provider.is_none_or(|provider| provider == *id));
        Self {
            said: sentence(language, why),
            next: language.fill(format!("why-{}-next", why.name)).with("what", what).to_string(),
            places: fitting.map(place).collect(),
            detail: why.detail.clone(),
        }
    }
}

/// JSON with its lines and indents; whatever else as it is.
fn pretty(body: &str) -> String {
    let json: Option<serde_json::Value> = serde_json::from_str(body).ok();
    json.and_then(|json| serde_json::to_string_pretty(&json).ok()).unwrap_or_else(|| body.to_owned())
}

/// The id of the user or group that a path is about.
fn subject(path: &str) -> Option<(&str, bool)> {
    let of = |list: &str| path.strip_prefix(list).filter(|id| !id.is_empty() && !id.contains(['/', '.', '%']));
    of("/scim/v2/Users/").map(|id| (id, true)).or_else(|| of("/scim/v2/Groups/").map(|id| (id, false)))
}

/// The id in the answer to what was made.
fn made(entry: &Entry) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_str(entry.response_body.as_deref()?).ok()?;
    let is_user = entry.path == "/scim/v2/Users" && entry.status == 201;
    answer.get("id").filter(|_| is_user)?.as_str().map(str::to_owned)
}

/// `GET /settings/requests/{seq}`
pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::REQUESTS).await?;
    let seq = asked.id(0, |text| text.parse::<i64>().ok())?;
    let entry = request_log::find(&mut asked.read().await?, frame.workspace.id, seq).await?;
    let entry = entry.ok_or(CommandError::NotFound)?;
    let told = why::Told {
        path: &entry.path,
        status: entry.status,
        answer: entry.response_body.as_deref(),
        note: entry.note.as_deref(),
    };
    let provider = why::provider(entry.user_agent.as_deref(), entry.actor_name.as_deref());
    let subject = subject(&entry.path);
    let user = subject.filter(|(_, is_user)| *is_user).map(|(id, _)| id.to_owned()).or_else(|| made(&entry));
    let page = Page {
        why: why::of(told).map(|why| Reason::of(&frame, &why, provider)),
        target: target(&entry.path, entry.query.as_deref()),
        exact: entry.at.format("%H:%M:%S%.3f UTC").to_string(),
        took: duration(frame.language, entry.micros),
        request: entry.request_body.as_deref().map(pretty),
        answer: entry.response_body.as_deref().map(pretty),
        person: user.and_then(|id| UserId::parse(&id)).filter(|_| frame.may("users:read")).map(|id| id.to_string()),
        same: subject.map(|(id, _)| id.to_owned()),
        entry,
        frame: &frame,
    };
    Ok(shown(frame.status(), &page))
}
