//! Cells of a CSV file of users.

use crate::domain::team::TeamRole;

/// The columns of a CSV file of users.
pub const COLUMNS: [&str; 8] =
    ["user_name", "email", "full_name", "role", "teams", "active", "external_id", "protected"];

/// Teams as a cell: `Day; Nights:manager`. What a name has of `;` and `\` gets a `\` before it.
#[must_use]
pub fn of_teams<'t>(teams: impl IntoIterator<Item = (&'t str, TeamRole)>) -> String {
    let one = |(name, role): (&str, TeamRole)| {
        let name = name.replace('\\', "\\\\").replace(';', "\\;");
        // A name that ends like a role needs one after it.
        let ends_like_a_role = name.rsplit_once(':').is_some_and(|(_, end)| TeamRole::parse(end).is_some());
        if role == TeamRole::Agent && !ends_like_a_role { name } else { format!("{name}:{}", role.name()) }
    };
    teams.into_iter().map(one).collect::<Vec<_>>().join(";")
}

/// The teams in a cell.
#[must_use]
pub fn teams(cell: &str) -> Vec<(String, TeamRole)> {
    let (mut parts, mut current, mut escaped) = (Vec::new(), String::new(), false);
    for letter in cell.chars() {
        match letter {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            ';' if !escaped => parts.push(std::mem::take(&mut current)),
            other => current.push(other),
        }
        escaped = false;
    }
    parts.push(current);
    let one = |part: &String| {
        let part = part.trim();
        match part.rsplit_once(':').map(|(name, role)| (name, TeamRole::parse(role))) {
            Some((name, Some(role))) => (name.trim().to_owned(), role),
            _ => (part.to_owned(), TeamRole::Agent),
        }
    };
    parts.iter().map(one).filter(|(name, _)| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_team_comes_back_from_its_cell(names in prop::collection::vec("[a;\\\\:]{1,4}(:agent|:manager)?", 1..4), leads: bool) {
            let role = if leads { TeamRole::Manager } else { TeamRole::Agent };
            let given: Vec<_> = names.iter().map(|name| (name.as_str(), role)).collect();
            let cell = of_teams(given.clone());
            let back = teams(&cell);
            prop_assert_eq!(back.iter().map(|(name, role)| (name.as_str(), *role)).collect::<Vec<_>>(), given);
        }
    }
}
