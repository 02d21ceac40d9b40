//! `token create`, `token list`, `token revoke`.

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};

use super::out::{say, write};
use super::table::table;
use super::{At, CliError, one_of};
use crate::command::CommandError;
use crate::command::credentials::{CreateToken, RevokeToken};
use crate::domain::access::{Actor, Dialect, Grant, Holder, Scope};
use crate::domain::workspace::Workspace;
use crate::ids::TokenId;
use crate::secret;
use crate::store::{tokens, users};
use crate::text::counted_as;

pub(super) const SCOPES: &[(&str, Scope)] = &[("scim:read", Scope::Read), ("scim", Scope::Write)];
pub(super) const DIALECTS: &[(&str, Dialect)] = &[("compat", Dialect::Compat), ("interop", Dialect::Interop)];

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, once and nothing else, on stdout
    Create(Create),
    /// List a workspace's tokens, without the tokens themselves
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
    /// Revoke a token; within a second it is worth nothing
    Revoke {
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// The token's id, as `token list` shows it
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct Create {
    /// The workspace that it acts in
    #[arg(long)]
    workspace: String,
    /// A name by which people know it
    #[arg(long, default_value = "scim")]
    name: String,
    /// What it allows
    #[arg(long, value_name = "scim:read|scim", default_value = "scim", value_parser = one_of(SCOPES))]
    scope: Scope,
    /// How long it lives: 90d, 12h, 1y, or never
    #[arg(long, default_value = "365d", value_parser = lifetime)]
    expires: Lifetime,
    /// How its requests are read: as Okta and Entra ID really send them, or strictly by the standard
    #[arg(long, value_name = "compat|interop", default_value = "compat", value_parser = one_of(DIALECTS))]
    profile: Dialect,
    /// The user it acts for, by userName: what /Me means to it
    #[arg(long, value_name = "USERNAME")]
    user: Option<String>,
}

/// How long a token lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(pub(super) Option<TimeDelta>);

pub(super) fn lifetime(text: &str) -> Result<Lifetime, String> {
    let wrong = || "must be a number with h, d, w or y, such as 365d, or never".to_owned();
    if text == "never" {
        return Ok(Lifetime(None));
    }
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 24 * 7,
        "y" => 24 * 365,
        _ => return Err(wrong()),
    };
    let number: i64 = number.parse().ok().filter(|number| (1..=100_000).contains(number)).ok_or_else(wrong)?;
    TimeDelta::try_hours(number * hours).map(|delta| Lifetime(Some(delta))).ok_or_else(wrong)
}

impl TokenCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
            Self::Create(create) => {
                let workspace = at.workspace(&create.workspace).await?;
                let user_id = match &create.user {
                    None => None,
                    Some(name) => {
                        let mut conn = at.store.read().await?;
                        let found =
                            users::find_by_user_name(&mut conn, workspace.id, false, &crate::text::fold(name)).await?;
                        Some(
                            found
                                .ok_or_else(|| {
                                    CliError::Said(format!("there is no user \"{name}\" in {}", create.workspace))
                                })?
                                .id,
                        )
                    }
                };
                let (token, id) = (secret::new_token()?, TokenId::fresh());
                let grant = Grant {
                    workspace_id: workspace.id,
                    holder: Holder::Token(id),
                    name: create.name,
                    scope: create.scope,
                    dialect: create.profile,
                    user_id,
                    expires_at: create.expires.0.map(|delta| at.clock.now() + delta),
                };
                let command = CreateToken { id, grant, hash: secret::hash(&token), hint: secret::hint(&token) };
                at.commands.execute(&Actor::operator(), command).await?;
                say!("{token}")?;
            }
            Self::List { workspace } => {
                let workspace = at.workspace(&workspace).await?;
                let now = at.clock.now();
                let rows = tokens::list(&mut at.store.read().await?, workspace.id).await?;
                let row = |row: &tokens::TokenRow| {
                    let state = match (row.revoked_at, row.expires_at) {
                        (Some(_), _) => "revoked".to_owned(),
                        (None, Some(end)) => left(end, now).map_or("expired".into(), |left| format!("{left} left")),
                        (None, None) => "no end".to_owned(),
                    };
                    vec![
                        row.id.to_string(),
                        row.name.clone(),
                        format!("{}…", row.hint),
                        row.scope.clone(),
                        row.dialect.clone(),
                        when(row.last_used_at),
                        state,
                    ]
                };
                let rows: Vec<_> = rows.iter().map(row).collect();
                write(format_args!(
                    "{}",
                    table(&["ID", "NAME", "TOKEN", "SCOPE", "PROFILE", "LAST USED", "STATE"], &rows)
                ))?;
            }
            Self::Revoke { workspace, id } => {
                let workspace = at.workspace(&workspace).await?;
                let id = TokenId::parse(&id)
                    .ok_or_else(|| CliError::Said(format!("\"{id}\" is no token's id; see `token list`")))?;
                let command = RevokeToken { workspace: workspace.id, id };
                at.commands
                    .execute(&Actor::operator(), command)
                    .await
                    .map_err(|error| none_living(error, "token", &id.to_string(), &workspace))?;
                say!("Revoked.")?;
            }
        }
        Ok(())
    }
}

/// What is said where there was nothing to revoke.
pub(super) fn none_living(error: CommandError, kind: &str, id: &str, workspace: &Workspace) -> CliError {
    match error {
        CommandError::NotFound => CliError::Said(format!(
            "there is no living {kind} \"{id}\" in workspace {}; `{kind} list` shows those there are",
            workspace.name.as_str()
        )),
        other => other.into(),
    }
}

/// How long it is until `end`, rounded up: days, on the last day hours. None where it is over.
pub(super) fn left(end: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    let seconds = (end - now).num_seconds() + i64::from((end - now).subsec_nanos() > 0);
    match seconds {
        ..=0 => None,
        1..=86_400 => Some(counted_as(seconds.div_euclid(3_600) + i64::from(seconds % 3_600 > 0), "hour")),
        _ => Some(counted_as(seconds.div_euclid(86_400) + i64::from(seconds % 86_400 > 0), "day")),
    }
}

/// A moment for people, to the minute.
pub(super) fn when(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| at.format("%Y-%m-%d %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_rounded_up_and_nothing_is_left_at_the_end() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let left_after = |millis: i64| left(now + TimeDelta::milliseconds(millis), now);
        let day = 86_400_000;
        for (millis, expected) in [
            (365 * day - 1, Some("365 days")),
            (2 * day, Some("2 days")),
            (day + 1, Some("2 days")),
            (day, Some("24 hours")),
            (1, Some("1 hour")),
            (0, None),
            (-1, None),
            (-5 * day, None),
        ] {
            assert_eq!(left_after(millis).as_deref(), expected, "{millis}");
        }
    }

    #[test]
    fn a_lifetime_is_a_number_with_a_unit() {
        assert_eq!(lifetime("365d").unwrap().0, TimeDelta::try_days(365));
        assert_eq!(lifetime("1y").unwrap().0, TimeDelta::try_days(365));
        assert_eq!(lifetime("never").unwrap().0, None);
        for bad in ["", "d", "-1d", "0d", "1", "1m", "999999999999999999d", "é"] {
            assert!(lifetime(bad).is_err(), "{bad}");
        }
    }
}
