//! How the seats of every workspace stand today, for the chart of them; and the end of what is too old for it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::plan::Plans;
use crate::ids::WorkspaceId;
use crate::store::seat_days::{self, Day, day_of};
use crate::store::{Store, StoreError, Tx, Work, people, workspaces};

/// For how many days it is known how the seats stood.
pub const KEPT: i64 = 400;
/// How many workspaces are noted in one transaction.
const TOGETHER: usize = 100;

/// Notes how the seats of every workspace stand at that moment; gives how many workspaces that were.
///
/// # Errors
/// [`StoreError`]; what was not noted is so the next time.
pub async fn note(store: &Store, plans: &Plans, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let mut conn = store.read().await?;
    let mut days = Vec::new();
    for workspace in workspaces::list(&mut conn).await? {
        let seats = workspace.seats(plans);
        let waiting = people::count_waiting(&mut conn, workspace.id).await?;
        days.push((workspace.id, Day { day: day_of(now), used: seats.used, seats: seats.limit, waiting }));
    }
    drop(conn);
    for days in days.chunks(TOGETHER) {
        store.write(Note(days.to_vec())).await?;
    }
    Ok(days.len())
}

/// Days that are to be noted.
struct Note(Vec<(WorkspaceId, Day)>);

impl Work for Note {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for (workspace, day) in &self.0 {
            seat_days::note(tx, *workspace, *day).await?;
            seat_days::forget(tx, *workspace, day.day - TimeDelta::days(KEPT)).await?;
        }
        Ok(())
    }
}
