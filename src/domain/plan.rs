//! Plans: how many agent seats a customer has paid for (`config/plans.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;

/// The plans that ship with the bridge.
const SHIPPED: &str = include_str!("../../config/plans.toml");

/// The largest number of seats that a plan or a workspace may carry.
pub const MAX_SEATS: i64 = 10_000_000;

/// One plan, by its name in the file (`growth`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// As people say it: "Free Trial".
    pub title: String,
    /// Agent seats, 0 to [`MAX_SEATS`].
    pub seats: i64,
}

/// Every plan that a workspace can be on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plans(BTreeMap<String, Plan>);

/// Why a file of plans is refused.
#[derive(Debug, thiserror::Error)]
pub enum PlansError {
    /// Not TOML, or not of the expected shape.
    #[error("the file of plans can't be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A number of seats that can't be meant.
    #[error("plan \"{name}\": seats = {seats}, but it must be a whole number from 0 to {MAX_SEATS}")]
    Seats {
        /// The plan's name in the file.
        name: String,
        /// What stands there.
        seats: i64,
    },
    /// A file with no plan at all.
    #[error("the file of plans names no plan")]
    Empty,
}

impl Plans {
    /// The plans that ship with the bridge.
    ///
    /// # Errors
    /// Never, unless the shipped file was edited into something invalid before the build.
    pub fn shipped() -> Result<Self, PlansError> {
        Self::parse(SHIPPED)
    }

    /// Reads a file of plans.
    ///
    /// # Errors
    /// [`PlansError`] where the text is not TOML, names no plan, or gives a number of seats outside 0 to [`MAX_SEATS`].
    pub fn parse(text: &str) -> Result<Self, PlansError> {
        let plans: BTreeMap<String, Plan> = toml::from_str(text)?;
        if plans.is_empty() {
            return Err(PlansError::Empty);
        }
        for (name, plan) in &plans {
            if !(0..=MAX_SEATS).contains(&plan.seats) {
                return Err(PlansError::Seats { name: name.clone(), seats: plan.seats });
            }
        }
        Ok(Self(plans))
    }

    /// The plan of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Plan> {
        self.0.get(name)
    }

    /// The names in the file, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_plans_are_those_of_aisoule() {
        let plans = Plans::shipped().unwrap();
        let seats = |name| plans.get(name).map(|plan| plan.seats);
        assert_eq!((seats("free-trial"), seats("growth"), seats("scale")), (Some(1), Some(5), Some(10)));
    }

    #[test]
    fn a_number_of_seats_that_cannot_be_meant_stops_the_start() {
        for seats in ["-1", "nan", "inf", "\"5\"", "null", "1.5", "99999999999999999999", "10000001", ""] {
            let text = format!("[growth]\ntitle = \"Growth\"\nseats = {seats}\n");
            assert!(Plans::parse(&text).is_err(), "{seats}");
        }
        assert!(Plans::parse("[growth]\ntitle = \"Growth\"\n").is_err());
        assert!(Plans::parse("").is_err());
    }
}
