//! Mail: what letters say, how they look, and the ways by which they go out. It knows no database; `worker::mail` takes
//! letters from the queue and sends them by this.

mod folder;
mod message;
mod smtp;
pub mod transport;
pub mod wording;

pub use message::Message;
pub use transport::{MailError, Transport, Undelivered};
pub use wording::{Content, Facts, Link};
