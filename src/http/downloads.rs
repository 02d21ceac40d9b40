//! Files that are written as they are read: the audit log and access reviews, for the REST API and the console alike.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, Stream};

use crate::ids::{ReviewId, WorkspaceId};
use crate::query::{export, review_export};
use crate::store::audit::{self, Filter};
use crate::store::{Store, StoreError};

/// Entries in one piece of the audit log.
const PIECE: i64 = 500;

fn file(name: &str, kind: &str, pieces: impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, &disposition), (CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(pieces)).into_response()
}

/// The entries of an audit log that fit, the oldest first.
#[must_use]
pub fn audit_log(store: Store, workspace: WorkspaceId, filter: Filter, format: export::Format) -> Response {
    let start = (store, filter, None, Some(format.heading()));
    let pieces = stream::unfold(start, move |(store, filter, after, head)| async move {
        let read = async {
            let mut conn = store.read().await?;
            audit::page(&mut conn, workspace, &filter, after, PIECE).await
        };
        match read.await {
            Ok(entries) => {
                let last = entries.last().map(|entry| entry.seq).or(after);
                let lines = entries.iter().map(|entry| format.line(entry));
                let text: String = head.clone().into_iter().chain(lines).collect();
                let is_over = entries.is_empty() && head.is_none();
                (!is_over).then(|| (Ok(Bytes::from(text)), (store, filter, last, None)))
            }
            Err(error) => Some((Err(error), (store, filter, after, None))),
        }
    });
    let ending = match format {
        export::Format::Jsonl => "jsonl",
        export::Format::Csv => "csv",
    };
    file(&format!("audit-log.{ending}"), format.content_type(), pieces)
}

/// Everybody in an access review, with what was decided.
#[must_use]
pub fn review(store: Store, id: ReviewId, format: review_export::Format) -> Response {
    let lines = review_export::Lines::of(id, format);
    let pieces = stream::unfold((store, lines), |(store, mut lines)| async move {
        let piece = match store.read().await {
            Ok(mut conn) => lines.next(&mut conn).await,
            Err(error) => Err(error),
        };
        match piece {
            Ok(None) => None,
            Ok(Some(text)) => Some((Ok(Bytes::from(text)), (store, lines))),
            Err(error) => Some((Err(error), (store, lines))),
        }
    });
    file(&format!("access-review-{id}.{}", format.name()), format.media_type(), pieces)
}
