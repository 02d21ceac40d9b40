//! What leaves the bridge: how events look to those who are told of them, and which order they have to keep. Pure.

mod event;

pub use event::{Data, Event, VERSION, lane};
