//! The remote AIsoule workspace that is kept equal to this one: how it is spoken to, how often, and what is to be done to
//! make it equal. No database, no clock.

mod catalogue;
mod client;
pub mod drift;
mod limits;
pub mod plan;
pub mod profile;

pub use catalogue::{Catalogue, Unmapped, WantedRole, WantedTeam};
pub use client::{Account, Changes, Member, Remote, RemoteRole, RemoteTeam, Trouble};
pub use limits::{Limits, Permit, Registry};
pub use profile::Profile;
