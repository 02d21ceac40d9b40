//! One team: its terms, its members with why each is one, and whoever is kept out of it.

use std::borrow::Cow;

use askama::Template;

use super::list::{Typed, called, strategies};
use crate::command::teams::{DeleteTeam, UpdateTeam, membership_stamp, stamp};
use crate::command::{CommandError, Unchanged};
use crate::domain::rule::Rule;
use crate::domain::team::{Team, TeamRole, TeamSource};
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::Paging;
use crate::http::console::persons;
use crate::http::pages;
use crate::ids::{TeamId, UserId, WorkspaceId};
use crate::store::people::PersonRow;
use crate::store::teams::{self, MemberRow};
use crate::store::{Conn, rules, users};

/// Members on one page.
const SIZE: i64 = 25;

#[derive(Template)]
#[template(path = "teams/edit.html")]
struct Page<'a> {
    frame: &'a Frame,
    team: &'a Team,
    count: i64,
    typed: &'a Typed,
    strategies: Vec<(&'static str, String)>,
    rules: Vec<&'a Rule>,
    members: Vec<Member>,
    kept_out: Vec<MemberRow>,
    paging: Paging,
    search: String,
    found: Vec<Found>,
    /// Of whom the rules say that they are a member, and who is to be taken out all the same.
    overruled: Option<MemberRow>,
}

impl Page<'_> {
    /// Of which state of a membership a form is made.
    fn seen(row: &MemberRow) -> Stamp {
        membership_stamp(TeamRole::parse(&row.kind).zip(TeamSource::parse(&row.source)))
    }
}

struct Member {
    row: MemberRow,
    kind: String,
    /// Why they are one.
    because: String,
    is_by_hand: bool,
}

/// Somebody who can be added.
struct Found {
    person: PersonRow,
    /// What they are here already.
    is_member: bool,
    /// Of which state of that the form is made.
    seen: Stamp,
}

/// What a page is to say besides.
#[derive(Default)]
pub struct Said {
    pub typed: Option<Typed>,
    pub error: Option<CommandError>,
    /// Whose membership it is about.
    pub member: Option<UserId>,
    /// Whom a rule has in this team.
    pub owned: Option<uuid::Uuid>,
}

pub fn kind(frame: &Frame, kind: &str) -> String {
    let name = if kind == TeamRole::Manager.name() { "teams-manager" } else { "teams-agent" };
    frame.say(name).into_owned()
}

async fn explained(
    conn: &mut Conn,
    frame: &Frame,
    team: TeamId,
    rules: &[Rule],
    rows: Vec<MemberRow>,
) -> Result<Vec<Member>, Trouble> {
    let ids: Vec<_> = rows.iter().map(|row| row.user_id).collect();
    let groups = persons::groups_of(conn, frame.workspace.id, &ids).await?;
    let member = |row: MemberRow| {
        let is_by_hand = row.source == TeamSource::Hand.name();
        let inside = groups.get(&row.user_id).map_or(&[][..], Vec::as_slice);
        let giving = rules
            .iter()
            .filter(|rule| rule.teams.contains_key(&team) && rule.group.is_some_and(|group| inside.contains(&group.0)));
        let names: Vec<&str> = giving.map(|rule| rule.group_name.as_str()).collect();
        let because = match (is_by_hand, names.is_empty()) {
            (true, _) => frame.say("teams-by-hand").into_owned(),
            (false, true) => frame.say("because-gone").into_owned(),
            (false, false) => frame.fill("teams-by-group").with("groups", names.join(", ")).to_string(),
        };
        Member { kind: kind(frame, &row.kind), because, is_by_hand, row }
    };
    Ok(rows.into_iter().map(member).collect())
}

pub async fn page(asked: &Asked, id: TeamId, said: Said) -> Answer {
    let known = ["created", "saved", "added", "removed", "released"];
    let mut frame = Frame::of(asked, Section::TEAMS).await?.after(asked, "teams-done", &known);
    if let Some(error) = said.error {
        frame = frame.refused(error)?;
    }
    let workspace = asked.workspace()?;
    let search = asked.text("search").to_owned();
    let people = persons::found(asked, workspace, &search).await?;
    let mut conn = asked.read().await?;
    let (team, count) = teams::find(&mut conn, workspace, id).await?.ok_or(CommandError::NotFound)?;
    let at = Paging::asked(asked);
    let rows = teams::members_page(&mut conn, id, Paging::before(at, SIZE), SIZE).await?;
    let all = rules::of_workspace(&mut conn, workspace).await?;
    let ids: Vec<_> = people.iter().map(|person| person.id).collect();
    let memberships = teams::of_users(&mut conn, &ids).await?;
    let found = |person: PersonRow| {
        let here = |row: &&teams::Membership| row.user_id == person.id && row.team_id == id.0;
        let membership = memberships.iter().find(here).map(|row| (row.role(), row.source()));
        let is_member = membership.is_some_and(|(_, source)| source != TeamSource::KeptOut);
        Found { person, is_member, seen: membership_stamp(membership) }
    };
    let mut typed = said.typed.unwrap_or_else(|| Typed::from(&team));
    let stands = match said.member {
        Some(user) if frame.is_overtaken => vec![stand_of_member(&mut conn, &frame, workspace, id, user).await?],
        _ => vec![
            frame.stand("teams-name", team.name.as_str()),
            frame.stand("teams-description", team.description.as_str()),
            frame.stand("teams-strategy", called(&frame, team.strategy)),
            frame.stand("teams-active", frame.yes(team.is_active)),
        ],
    };
    let frame = frame.overtaken(&mut typed.seen, &stamp(&team), stands);
    let overruled = rows.iter().find(|row| Some(row.user_id) == said.owned).cloned();
    let page = Page {
        frame: &frame,
        team: &team,
        count,
        strategies: strategies(&frame),
        rules: all.iter().filter(|rule| rule.teams.contains_key(&id)).collect(),
        members: explained(&mut conn, &frame, id, &all, rows).await?,
        kept_out: teams::kept_out(&mut conn, id, 50).await?,
        paging: Paging::of(&format!("/settings/teams/{id}"), &[("search", &search)], at, SIZE, count),
        found: people.into_iter().map(found).collect(),
        search,
        typed: &typed,
        overruled,
    };
    Ok(shown(frame.status(), &page))
}

/// What somebody is in a team now.
async fn stand_of_member(
    conn: &mut Conn,
    frame: &Frame,
    workspace: WorkspaceId,
    team: TeamId,
    user: UserId,
) -> Result<(Cow<'static, str>, String), Trouble> {
    let name = users::find(conn, workspace, user).await?.map(|user| user.full_name()).unwrap_or_default();
    let said = match teams::membership(conn, team, user).await? {
        Some(row) if row.source() == TeamSource::KeptOut => frame.say("teams-kept-out").into_owned(),
        Some(row) => kind(frame, &row.kind),
        None => frame.say("teams-not-a-member").into_owned(),
    };
    Ok((name.into(), said))
}

/// `GET /settings/teams/{id}`
pub async fn show(asked: Asked) -> Answer {
    let id = asked.id(0, TeamId::parse)?;
    page(&asked, id, Said::default()).await
}

/// `POST /settings/teams/{id}`
pub async fn save(asked: Asked) -> Answer {
    let (id, typed) = (asked.id(0, TeamId::parse)?, Typed::of(&asked));
    let command = UpdateTeam {
        workspace: asked.workspace()?,
        id,
        name: Some(typed.name.clone()),
        description: Some(typed.description.clone()),
        strategy: Some(typed.strategy),
        is_active: Some(typed.is_active),
    };
    match asked.execute(Unchanged { command, seen: Stamp::sent(&typed.seen) }).await {
        Ok(_) => Ok(pages::redirect(&format!("/settings/teams/{id}?done=saved"))),
        Err(error) => page(&asked, id, Said { typed: Some(typed), error: Some(error), ..Said::default() }).await,
    }
}

/// `POST /settings/teams/{id}/delete`
pub async fn delete(asked: Asked) -> Answer {
    let id = asked.id(0, TeamId::parse)?;
    match asked.execute(DeleteTeam { workspace: asked.workspace()?, id }).await {
        Ok(()) => Ok(pages::redirect("/settings/teams?done=deleted")),
        Err(error) => page(&asked, id, Said { error: Some(error), ..Said::default() }).await,
    }
}
