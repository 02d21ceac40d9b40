//! `user show`: one person, and why they have what they have.

use super::Who;
use crate::cli::out::write;
use crate::cli::token::when;
use crate::cli::{At, CliError};
use crate::domain::pins::Pin;
use crate::domain::team::TeamSource;
use crate::domain::user::{Standing, User};
use crate::query::explanation::{self, Explanation, TeamReason};
use crate::store::groups::members::{BelongsRow, belongings};
use crate::text::printable;

pub(super) async fn run(who: &Who, at: &At) -> Result<(), CliError> {
    let (_, user) = who.find(at).await?;
    let mut conn = at.store.read().await?;
    let explained = explanation::of(&mut conn, &user).await?;
    let groups = belongings(&mut conn, &[user.id.0]).await?;
    drop(conn);
    let mut lines = vec![user.full_name()];
    for (name, values) in facts(&user, &explained, &groups) {
        for (place, value) in values.iter().enumerate() {
            lines.push(format!("  {:<12}  {value}", if place == 0 { name } else { "" }));
        }
    }
    let lines: Vec<_> = lines.iter().map(|line| printable(line)).collect();
    write(format_args!("{}\n", lines.join("\n")))
}

/// What there is to say, each under its name; nothing to say is left out.
fn facts(user: &User, explained: &Explanation, groups: &[BelongsRow]) -> Vec<(&'static str, Vec<String>)> {
    let profile = &user.profile;
    let (kept_out, teams): (Vec<_>, Vec<_>) =
        explained.teams.iter().partition(|reason| reason.source == TeamSource::KeptOut);
    let status = match user.standing {
        Standing::Waiting => format!("waiting for a seat since {}", when(user.waiting_since)),
        standing => standing.name().to_owned(),
    };
    let keeper = match (user.protected, user.provisioned) {
        (true, _) => "nobody outside: a protected account",
        (false, true) => "an identity provider",
        (false, false) => "hand",
    };
    let group = |row: &BelongsRow| {
        if row.direct == 1 { row.display_name.clone() } else { format!("{} (through another group)", row.display_name) }
    };
    vec![
        ("email", user.email().map(|email| email.as_str().to_owned()).into_iter().collect()),
        ("userName", vec![profile.user_name.clone()]),
        ("externalId", profile.external_id.clone().into_iter().collect()),
        ("id", vec![user.id.to_string()]),
        ("status", vec![status]),
        ("kept by", vec![keeper.to_owned()]),
        ("password", vec![if user.has_password { "set" } else { "none" }.to_owned()]),
        ("available", vec![if user.is_available { "yes" } else { "no" }.to_owned()]),
        ("last login", vec![when(user.last_login_at)]),
        ("made", vec![when(Some(user.created_at))]),
        ("role", vec![explained.text.clone()]),
        ("teams", teams.into_iter().map(team).collect()),
        ("kept out of", kept_out.into_iter().map(|reason| format!("{}, by hand", reason.name)).collect()),
        ("groups", groups.iter().map(group).collect()),
        ("pinned", pins(user)),
    ]
}

fn team(reason: &TeamReason) -> String {
    let because = match reason.source {
        TeamSource::Rule => format!("because of {}", reason.groups.join(", ")),
        _ => "by hand".to_owned(),
    };
    format!("{} ({}), {because}", reason.name, reason.role.name())
}

fn pins(user: &User) -> Vec<String> {
    let pinned = |field: &str, pin: &Pin, says: Option<String>| {
        let says = says.map_or_else(|| "nothing".to_owned(), |says| format!("\"{says}\""));
        format!("{field} \"{}\" by {}, {}; the provider says {says}", pin.value, pin.by, when(Some(pin.at)))
    };
    let says = || user.profile.email().map(|email| email.as_str().to_owned());
    let name = user.pins.full_name.iter().map(|pin| pinned("full_name", pin, Some(user.profile.label())));
    let email = user.pins.email.iter().map(|pin| pinned("email", pin, says()));
    let hold = user.pins.inactive.iter().map(|hold| {
        let says = if hold.wanted { "; the provider says active" } else { "" };
        format!("inactive by {}, {}{says}", hold.by, when(Some(hold.at)))
    });
    name.chain(email).chain(hold).collect()
}
