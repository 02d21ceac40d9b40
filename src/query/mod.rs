//! Reading: lists, pages and single resources. A SCIM filter becomes SQL here; nothing is filtered, sorted or paged in
//! memory.

pub mod cursor;
pub mod explanation;
pub mod export;
pub mod filter;
pub mod health;
pub mod mixed;
mod order;
pub mod page;
pub mod people;
pub mod review_export;
pub mod ways_in;

pub use page::{Page, Request, Start};
