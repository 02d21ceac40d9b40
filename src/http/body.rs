//! Reading the body of a request within limits of size and time.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is larger than it may be.
    TooLarge,
    /// It ended before its end.
    Cut,
    /// It took longer than it may.
    Late,
}

/// A body of `most` bytes at the most, which is there within `limit`.
///
/// # Errors
/// [`Unread`]
pub async fn read(body: &mut Body, most: usize, limit: Duration) -> Result<Bytes, Unread> {
    match tokio::time::timeout(limit, Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(Unread::TooLarge),
        Ok(Err(_)) => Err(Unread::Cut),
        Err(_) => Err(Unread::Late),
    }
}
