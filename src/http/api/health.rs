//! `/health`: how the workspace is doing, and who is stuck and why.

use super::Failure;
use super::call::{Answer, Call, success};
pub use crate::query::health::Health;
use crate::query::health::of;
use crate::store::workspaces;

/// `GET /health`
pub async fn read(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let workspace = workspaces::find(&mut conn, call.workspace()).await?.ok_or_else(Failure::not_found)?;
    success(&of(&mut conn, &workspace, &call.app.plans, call.app.clock.now()).await?)
}
