//! `GET /settings/teams`, and making a team.

use askama::Template;

use crate::command::CommandError;
use crate::command::teams::{CreateTeam, stamp};
use crate::domain::team::{Strategy, Team};
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::paging::Paging;
use crate::http::pages;
use crate::ids::TeamId;
use crate::store::teams;

/// Teams on one page.
const SIZE: i64 = 50;

#[derive(Template)]
#[template(path = "teams/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    rows: Vec<Row>,
    paging: Paging,
}

struct Row {
    team: Team,
    members: i64,
    strategy: String,
}

#[derive(Template)]
#[template(path = "teams/new.html")]
struct New<'a> {
    frame: &'a Frame,
    typed: &'a Typed,
    strategies: Vec<(&'static str, String)>,
}

/// What stands in the form.
pub struct Typed {
    pub name: String,
    pub description: String,
    pub strategy: Strategy,
    pub is_active: bool,
    /// Of which state of the team it was made.
    pub seen: String,
}

impl Typed {
    pub fn of(asked: &Asked) -> Self {
        Self {
            name: asked.text("name").to_owned(),
            description: asked.text("description").to_owned(),
            strategy: Strategy::parse(asked.text("strategy")).unwrap_or(Strategy::RoundRobin),
            is_active: asked.is_on("active"),
            seen: asked.text("seen").to_owned(),
        }
    }

    pub fn from(team: &Team) -> Self {
        let (name, description) = (team.name.clone(), team.description.clone());
        let seen = stamp(team).to_string();
        Self { name, description, strategy: team.strategy, is_active: team.is_active, seen }
    }
}

/// The ways of dealing out conversations, each with its name.
pub fn strategies(frame: &Frame) -> Vec<(&'static str, String)> {
    [Strategy::RoundRobin, Strategy::LoadBalanced, Strategy::Manual].map(|one| (one.name(), called(frame, one))).into()
}

/// What a way of dealing out conversations is called.
pub fn called(frame: &Frame, strategy: Strategy) -> String {
    let name = match strategy {
        Strategy::RoundRobin => "teams-round-robin",
        Strategy::LoadBalanced => "teams-load-balanced",
        Strategy::Manual => "teams-manual",
    };
    frame.say(name).into_owned()
}

/// `GET /settings/teams`
pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::TEAMS).await?.after(&asked, "teams-done", &["deleted"]);
    let at = Paging::asked(&asked);
    let before = Paging::before(at, SIZE);
    let (all, total) = teams::page(&mut asked.read().await?, asked.workspace()?, before, SIZE).await?;
    let row = |(team, members): (Team, i64)| Row { strategy: called(&frame, team.strategy), team, members };
    let paging = Paging::of("/settings/teams", &[], at, SIZE, total);
    let page = Page { frame: &frame, rows: all.into_iter().map(row).collect(), paging };
    Ok(shown(frame.status(), &page))
}

async fn new(asked: &Asked, typed: &Typed, error: Option<CommandError>) -> Answer {
    let mut frame = Frame::of(asked, Section::TEAMS).await?;
    if let Some(error) = error {
        frame = frame.refused(error)?;
    }
    let page = New { frame: &frame, typed, strategies: strategies(&frame) };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/teams/new`
pub async fn blank(asked: Asked) -> Answer {
    new(&asked, &Typed::of(&asked), None).await
}

/// `POST /settings/teams/new`
pub async fn create(asked: Asked) -> Answer {
    let typed = Typed::of(&asked);
    let command = CreateTeam {
        workspace: asked.workspace()?,
        id: TeamId::fresh(),
        name: typed.name.clone(),
        description: typed.description.clone(),
        strategy: typed.strategy,
    };
    match asked.execute(command).await {
        Ok(team) => Ok(pages::redirect(&format!("/settings/teams/{}?done=created", team.id))),
        Err(error) => new(&asked, &typed, Some(error)).await,
    }
}
