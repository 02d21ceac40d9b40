//! Taking and freeing seats, for whatever command makes somebody active or inactive.

use serde_json::json;

use super::mails::{self, Letter};
use super::{Change, CommandError};
use crate::domain::event::Event;
use crate::domain::seat::{Alarm, Grant, SeatPolicy, Seats};
use crate::domain::user::{Standing, User};
use crate::store;

/// What there is to tell when a seat was taken that was one of the last, or one beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    alarm: Alarm,
    seats: Seats,
    /// Whether it was not so before.
    is_new: bool,
}

impl Limit {
    /// That the seats are taken so far now.
    pub(super) const fn new(alarm: Alarm, seats: Seats) -> Self {
        Self { alarm, seats, is_new: true }
    }
}

/// Notes that seats are taken so far now, and writes to the Admins: once when it comes to that, not for every further
/// seat beyond.
///
/// # Errors
/// [`CommandError::Store`]
pub async fn tell(change: &mut Change<'_>, limit: Option<Limit>) -> Result<(), CommandError> {
    let Some(Limit { alarm, seats, is_new }) = limit else { return Ok(()) };
    let workspace = change.workspace().await?;
    let (id, name) = (workspace.id, workspace.name.clone());
    change.record(&Event::workspace(alarm.event(), id, name.as_str(), json!({"seats": {"new": seats}})));
    if !is_new {
        return Ok(());
    }
    let Seats { used, limit } = seats;
    let letter = match alarm {
        Alarm::Most => Letter::SeatsAlmostFull { used, limit },
        Alarm::All => Letter::SeatsFull { used, limit },
        Alarm::Beyond => Letter::SeatsExceeded { used, limit },
    };
    mails::post_to_admins(change, letter).await
}

/// Gives `user` a seat, or a place in the queue, as the workspace's policy says. The caller stores the user, and then
/// calls [`tell`] with what this gives.
///
/// # Errors
/// [`CommandError::SeatLimit`] where every seat is taken and the policy is to refuse.
pub async fn take(change: &mut Change<'_>, user: &mut User) -> Result<Option<Limit>, CommandError> {
    let (now, plans) = (change.now, change.plans);
    let workspace = change.workspace().await?;
    let seats = workspace.seats(plans);
    match seats.next(workspace.seat_policy) {
        Grant::Refuse => return Err(CommandError::seat_limit(workspace, plans)),
        // A break-glass account that waits for a seat opens no door.
        Grant::Wait if user.protected => return Err(CommandError::seat_limit(workspace, plans)),
        Grant::Wait => {
            (user.standing, user.waiting_since) = (Standing::Waiting, Some(now));
            let id = workspace.id;
            change.tx.note_waiting(id, true);
            return Ok(None);
        }
        Grant::Seat | Grant::Overage => {}
    }
    (user.standing, user.waiting_since) = (Standing::Active, None);
    workspace.seats_used += 1;
    let seats = workspace.seats(plans);
    let is_new = seats.used <= seats.limit + 1;
    Ok(seats.alarm().map(|alarm| Limit { alarm, seats, is_new }))
}

/// Takes the seat of `user`, who is active, away. The caller stores the user and then calls [`promote`].
///
/// # Errors
/// [`CommandError::LastAdmin`] where nobody else could administer the workspace.
pub async fn free(change: &mut Change<'_>, user: &mut User) -> Result<(), CommandError> {
    may_lose_admin(change, user).await?;
    change.workspace().await?.seats_used -= 1;
    (user.standing, user.waiting_since) = (Standing::Inactive, None);
    Ok(())
}

/// Refuses where `user`, who is active, is the last Admin, or the last one whom no identity provider can touch.
///
/// # Errors
/// [`CommandError::LastAdmin`], [`CommandError::LastProtected`]
pub async fn may_lose_admin(change: &mut Change<'_>, user: &User) -> Result<(), CommandError> {
    change.workspace().await?;
    if !user.role.is_admin() {
        return Ok(());
    }
    if store::users::other_active_holders(change.tx, user).await? == 0 {
        return Err(CommandError::LastAdmin);
    }
    if user.protected && store::users::other_protected_holders(change.tx, user).await? == 0 {
        return Err(CommandError::LastProtected);
    }
    Ok(())
}

/// Activates those who wait, oldest first: while there are free seats or, where the policy allows more than there are,
/// all of them.
///
/// # Errors
/// [`CommandError::Store`]
pub async fn promote(change: &mut Change<'_>) -> Result<(), CommandError> {
    let plans = change.plans;
    let workspace = change.workspace().await?;
    let overage = workspace.seat_policy == SeatPolicy::Overage;
    let (id, free) = (workspace.id, if overage { i64::MAX } else { workspace.seats(plans).free() });
    if free == 0 || change.tx.nobody_waits(id) {
        return Ok(());
    }
    let waiting = store::users::oldest_waiting(change.tx, id, free).await?;
    if waiting.is_empty() {
        change.tx.note_waiting(id, false);
    }
    for mut user in waiting {
        let limit = take(change, &mut user).await?;
        (user.version, user.updated_at) = (user.version + 1, change.now);
        store::users::set_standing(change.tx, &user).await?;
        let changes = json!({"standing": {"old": Standing::Waiting.name(), "new": user.standing.name()}});
        change.record(&Event::user("user.activated", user.id, &user.full_name(), changes));
        tell(change, limit).await?;
        mails::welcome(change, &user).await?;
    }
    Ok(())
}
