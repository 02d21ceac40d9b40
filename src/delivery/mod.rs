//! What leaves the bridge: how events look to those who are told of them, which order they have to keep, who wants which,
//! how they are signed and when they are tried again. Pure.

mod catalogue;
mod event;
pub mod filter;
pub mod schedule;
pub mod schemas;
pub mod sign;

pub use catalogue::{CATALOGUE, Published, TEST, is_published, listed};
pub use event::{Data, Event, VERSION, lane};
