//! The words that open and end transactions.

use super::sql::Statement;

macro_rules! plain {
    ($($name:ident = $text:literal;)*) => {$(
        #[allow(missing_docs)]
        pub const $name: Statement = Statement { name: stringify!($name), sqlite: $text, postgres: $text };
    )*};
}

plain! {
    BEGIN = "BEGIN";
    // Takes the write lock at once: a transaction that reads first and writes later would fail under competition.
    BEGIN_IMMEDIATE = "BEGIN IMMEDIATE";
    COMMIT = "COMMIT";
    ROLLBACK = "ROLLBACK";
    SAVEPOINT = "SAVEPOINT one_change";
    RELEASE = "RELEASE SAVEPOINT one_change";
    ROLLBACK_TO = "ROLLBACK TO SAVEPOINT one_change";
}

/// What opens a transaction that may write.
#[must_use]
pub const fn begin(is_postgres: bool) -> Statement {
    if is_postgres { BEGIN } else { BEGIN_IMMEDIATE }
}

/// Opens a transaction that sees the database as it is now, and goes on seeing that.
pub const SNAPSHOT: Statement =
    Statement { name: "SNAPSHOT", sqlite: "BEGIN", postgres: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" };
