//! `/settings/users`: everybody, searched, narrowed and paged.

use std::borrow::Cow;
use std::collections::HashMap;

use askama::Template;
use form_urlencoded::Serializer;
use uuid::Uuid;

use super::parts::{self, Choice};
use crate::domain::user::Standing;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::pages;
use crate::ids::{RoleId, TeamId};
use crate::store::{self, people};

/// People on a page.
const MOST: i64 = 50;
/// The last page that can be asked for.
const LAST: i64 = 1_000_000;
/// The longest search.
const LONGEST: usize = 255;

#[derive(Template)]
#[template(path = "users/list.html")]
#[allow(clippy::struct_field_names)]
struct Page<'a> {
    frame: &'a Frame,
    search: &'a str,
    roles: Vec<Choice>,
    teams: Vec<Choice>,
    statuses: Vec<Choice>,
    rows: Vec<Row>,
    total: i64,
    /// Whether that is how many there are; else there are more than are counted.
    is_counted: bool,
    is_narrowed: bool,
    page: i64,
    pages: i64,
    previous: Option<String>,
    next: Option<String>,
}

/// Somebody in the list.
struct Row {
    id: Uuid,
    name: String,
    email: String,
    role: String,
    teams: String,
    standing: (Cow<'static, str>, &'static str),
    is_protected: bool,
    last_login: String,
}

impl Row {
    fn of(frame: &Frame, row: people::PersonRow, teams: &mut HashMap<Uuid, Vec<String>>) -> Self {
        Self {
            standing: parts::standing(frame, Standing::parse(&row.standing).unwrap_or(Standing::Inactive)),
            teams: teams.remove(&row.id).unwrap_or_default().join(", "),
            last_login: frame.ago(row.last_login_at.as_ref()),
            id: row.id,
            name: row.full_name,
            email: row.email.unwrap_or(row.user_name),
            role: row.role_name,
            is_protected: row.protected,
        }
    }
}

/// `GET /settings/users`
pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?.after(&asked, "users-done", &["deleted"]);
    let page = asked.text("page").parse::<i64>().unwrap_or(1).clamp(1, LAST);
    let search: String = asked.text("search").chars().take(LONGEST).collect();
    let wanted = people::Wanted {
        search: (!search.is_empty()).then(|| search.clone()),
        role: asked.field("role").and_then(RoleId::parse),
        team: asked.field("team").and_then(TeamId::parse),
        standing: asked.field("status").and_then(Standing::parse),
    };
    let mut conn = asked.read().await?;
    let found = people::listing(&mut conn, frame.workspace.id, &wanted, (page - 1) * MOST, MOST).await?;
    let people::Listing { rows, total, is_more } = found;
    // Of more than are counted nobody knows how many pages there are.
    let is_counted = wanted.is_everybody() || total <= people::COUNTED;
    let pages = (total + MOST - 1).div_euclid(MOST).max(1);
    if rows.is_empty() && page > 1 {
        return Ok(pages::redirect(&address(&asked, if is_counted { pages.min(page - 1) } else { 1 })));
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut belonging: HashMap<Uuid, Vec<String>> = HashMap::new();
    if frame.may("teams:read") {
        for row in store::teams::belongings(&mut conn, &ids).await? {
            belonging.entry(row.user_id).or_default().push(row.name);
        }
    }
    let of = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let status = |standing: Standing, name: &str| {
        Choice::of(standing.name().to_owned(), frame.say(name).into_owned(), asked.text("status"))
    };
    let statuses = vec![
        status(Standing::Active, "users-status-active"),
        status(Standing::Inactive, "users-status-inactive"),
        status(Standing::Waiting, "users-status-waiting"),
    ];
    let teams = if frame.may("teams:read") {
        parts::teams(&mut conn, &frame, &of(wanted.team.map(|id| id.0))).await?
    } else {
        Vec::new()
    };
    let page = Page {
        search: &search,
        roles: parts::roles(&mut conn, &frame, &of(wanted.role.map(|id| id.0))).await?,
        teams,
        statuses,
        rows: rows.into_iter().map(|row| Row::of(&frame, row, &mut belonging)).collect(),
        total,
        is_narrowed: !wanted.is_everybody(),
        is_counted,
        page,
        pages,
        previous: (page > 1).then(|| address(&asked, page - 1)),
        next: is_more.then(|| address(&asked, page + 1)),
        frame: &frame,
    };
    Ok(shown(frame.status(), &page))
}

/// The same list at another page.
fn address(asked: &Asked, page: i64) -> String {
    let mut query = Serializer::new(String::new());
    for name in ["search", "role", "team", "status"] {
        if let Some(value) = asked.field(name) {
            query.append_pair(name, value);
        }
    }
    query.append_pair("page", &page.to_string());
    format!("/settings/users?{}", query.finish())
}
