//! Seats: every active user takes one, and this file alone decides whether there is one to take.

use serde::{Deserialize, Serialize};

/// What happens when somebody is to be active and every seat is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeatPolicy {
    /// Refuse, and say so.
    Reject,
    /// Keep the person, inactive and waiting; activate them, oldest first, when a seat frees.
    Park,
    /// Allow it, flag it and tell the administrators.
    Overage,
}

impl SeatPolicy {
    /// The policy's name in the database and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Park => "park",
            Self::Overage => "overage",
        }
    }

    /// The policy of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Reject, Self::Park, Self::Overage].into_iter().find(|policy| policy.name() == name)
    }
}

/// The seats of one workspace at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Seats {
    /// How many active users the plan allows.
    pub limit: i64,
    /// How many active users there are; more than `limit` after a downgrade or under [`SeatPolicy::Overage`].
    pub used: i64,
}

/// What somebody who is to be active gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// A seat.
    Seat,
    /// A seat beyond the limit, which the workspace's policy allows.
    Overage,
    /// A place in the queue.
    Wait,
    /// Nothing: every seat is taken.
    Refuse,
}

impl Seats {
    /// Seats that nobody has.
    #[must_use]
    pub const fn free(self) -> i64 {
        if self.limit > self.used { self.limit - self.used } else { 0 }
    }

    /// What the next person who is to be active gets.
    #[must_use]
    pub const fn next(self, policy: SeatPolicy) -> Grant {
        match policy {
            _ if self.free() > 0 => Grant::Seat,
            SeatPolicy::Overage => Grant::Overage,
            SeatPolicy::Park => Grant::Wait,
            SeatPolicy::Reject => Grant::Refuse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_person_gets_what_the_policy_says() {
        use Grant::{Overage, Refuse, Seat, Wait};
        let cases = [
            (5, 4, [Seat, Seat, Seat]),
            (5, 5, [Refuse, Wait, Overage]),
            (5, 8, [Refuse, Wait, Overage]),
            (0, 0, [Refuse, Wait, Overage]),
        ];
        for (limit, used, expected) in cases {
            let seats = Seats { limit, used };
            let got = [SeatPolicy::Reject, SeatPolicy::Park, SeatPolicy::Overage].map(|policy| seats.next(policy));
            assert_eq!(got, expected, "{used} of {limit}");
        }
    }
}
