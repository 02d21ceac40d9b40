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

/// What the administrators are told when somebody took a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    /// Four fifths of the seats are taken.
    Most,
    /// All of them are.
    All,
    /// More than there are.
    Beyond,
}

impl Alarm {
    /// The event that tells of it.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::Most => "seat.warning",
            Self::All => "seat.limit_reached",
            Self::Beyond => "seat.overage",
        }
    }
}

impl Seats {
    /// What the taking of the last of the used seats is worth telling of.
    #[must_use]
    pub const fn alarm(self) -> Option<Alarm> {
        if self.used > self.limit {
            Some(Alarm::Beyond)
        } else if self.used == self.limit {
            Some(Alarm::All)
        } else if self.is_most(self.used) && !self.is_most(self.used - 1) {
            Some(Alarm::Most)
        } else {
            None
        }
    }

    /// How far the seats are taken: nothing to tell of, four fifths, all, more than there are.
    #[must_use]
    pub const fn level(self) -> Option<Alarm> {
        if self.used > self.limit {
            Some(Alarm::Beyond)
        } else if self.used == self.limit {
            Some(Alarm::All)
        } else if self.is_most(self.used) {
            Some(Alarm::Most)
        } else {
            None
        }
    }

    const fn is_most(self, used: i64) -> bool {
        used.saturating_mul(5) >= self.limit.saturating_mul(4)
    }

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

/// What comes next, in a sentence.
#[must_use]
pub fn forecast(seats: Seats, waiting: i64, policy: SeatPolicy) -> String {
    let parked = if waiting > 0 { format!("{waiting} parked, ") } else { String::new() };
    let next = match (policy, seats.free()) {
        (_, free) if free > 0 => format!("{free} free"),
        (SeatPolicy::Reject, _) => "none free: the next one is refused".into(),
        (SeatPolicy::Park, _) => "none free: the next one waits, and comes in when a seat frees".into(),
        (SeatPolicy::Overage, _) => "none free: the next one comes in beyond the plan".into(),
    };
    let over = seats.used - seats.limit;
    let over = if over > 0 { format!("; {over} more than the plan has") } else { String::new() };
    format!("{parked}{next}{over}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forecast_says_who_waits_and_what_is_free() {
        let said = |limit, used, waiting, policy| forecast(Seats { limit, used }, waiting, policy);
        assert_eq!(said(5, 4, 4, SeatPolicy::Park), "4 parked, 1 free");
        assert_eq!(said(5, 5, 0, SeatPolicy::Reject), "none free: the next one is refused");
        assert!(said(5, 7, 0, SeatPolicy::Overage).ends_with("; 2 more than the plan has"));
    }

    #[test]
    fn administrators_hear_of_four_fifths_once_and_of_the_last_seat() {
        let alarms = |limit| (1..=limit + 1).map(move |used| Seats { limit, used }.alarm()).collect::<Vec<_>>();
        assert_eq!(alarms(1), [Some(Alarm::All), Some(Alarm::Beyond)]);
        assert_eq!(alarms(5), [None, None, None, Some(Alarm::Most), Some(Alarm::All), Some(Alarm::Beyond)]);
        let of_ten = alarms(10);
        assert_eq!(of_ten.iter().flatten().count(), 3);
        assert_eq!(of_ten.get(7), Some(&Some(Alarm::Most)));
    }

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
