//! `token create`, `token list`, `token revoke`.

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};

use super::table::table;
use super::{At, CliError, one_of};
use crate::command::credentials::{CreateToken, RevokeToken};
use crate::domain::access::{Actor, Dialect, Grant, Holder, Scope};
use crate::ids::TokenId;
use crate::secret;
use crate::store::{tokens, users};

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
pub struct Lifetime(Option<TimeDelta>);

fn lifetime(text: &str) -> Result<Lifetime, String> {
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
                println!("{token}");
            }
            Self::List { workspace } => {
                let workspace = at.workspace(&workspace).await?;
                let now = at.clock.now();
                let rows = tokens::list(&mut at.store.read().await?, workspace.id).await?;
                let row = |row: &tokens::TokenRow| {
                    let state = match (row.revoked_at, row.expires_at) {
                        (Some(_), _) => "revoked".to_owned(),
                        (None, Some(end)) if end <= now => "expired".to_owned(),
                        (None, Some(end)) => format!("{} days left", (end - now).num_days()),
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
                print!("{}", table(&["ID", "NAME", "TOKEN", "SCOPE", "PROFILE", "LAST USED", "STATE"], &rows));
            }
            Self::Revoke { workspace, id } => {
                let workspace = at.workspace(&workspace).await?.id;
                let id = TokenId::parse(&id)
                    .ok_or_else(|| CliError::Said(format!("\"{id}\" is no token's id; see `token list`")))?;
                at.commands.execute(&Actor::operator(), RevokeToken { workspace, id }).await?;
                println!("Revoked.");
            }
        }
        Ok(())
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
    fn a_lifetime_is_a_number_with_a_unit() {
        assert_eq!(lifetime("365d").unwrap().0, TimeDelta::try_days(365));
        assert_eq!(lifetime("1y").unwrap().0, TimeDelta::try_days(365));
        assert_eq!(lifetime("never").unwrap().0, None);
        for bad in ["", "d", "-1d", "0d", "1", "1m", "999999999999999999d", "é"] {
            assert!(lifetime(bad).is_err(), "{bad}");
        }
    }
}
