//! One SQL text for both databases: text with `$1` binds, and typed arguments.
//!
//! Text is `&'static str` piece by piece, so that nothing a client sends can become SQL; it only ever becomes a bind.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
pub use sqlx::FromRow;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::types::Json;
use sqlx::{Arguments, AssertSqlSafe, SqlSafeStr, SqlStr};
use uuid::Uuid;

pub use super::conn::{Conn, Record};
use super::error::StoreError;

/// One value for a `$n`, with its type also where it is NULL.
#[derive(Debug, Clone)]
pub enum Arg {
    /// BOOLEAN
    Bool(Option<bool>),
    /// BIGINT
    Int(Option<i64>),
    /// TEXT
    Text(Option<String>),
    /// BLOB, BYTEA
    Bytes(Option<Vec<u8>>),
    /// UUID
    Uuid(Option<Uuid>),
    /// TIMESTAMPTZ, microseconds
    Time(Option<DateTime<Utc>>),
    /// JSON, JSONB
    Json(Option<serde_json::Value>),
}

macro_rules! arg_from {
    ($($kind:ident: $type:ty),* $(,)?) => {$(
        impl From<$type> for Arg {
            fn from(value: $type) -> Self {
                Self::$kind(Some(value))
            }
        }
        impl From<Option<$type>> for Arg {
            fn from(value: Option<$type>) -> Self {
                Self::$kind(value)
            }
        }
    )*};
}
arg_from!(Bool: bool, Int: i64, Text: String, Bytes: Vec<u8>, Uuid: Uuid, Time: DateTime<Utc>, Json: serde_json::Value);

impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

/// A statement that is the same text on both databases but for row locks, which only PostgreSQL has and needs.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// What the test that prepares them all calls it.
    pub name: &'static str,
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

/// Declares a file's statements: a constant each, and `ALL`, from which one test prepares them on both databases.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr $(, $lock:ident)?;)*) => {
        $($(#[$doc])* const $name: crate::store::sql::Statement = crate::store::sql::Statement {
            name: concat!(module_path!(), "::", stringify!($name)),
            sqlite: $text,
            postgres: crate::store::sql::locked!($text $(, $lock)?),
        };)*
        /// Every statement of this file.
        pub const ALL: &[crate::store::sql::Statement] = &[$($name),*];
    };
}
macro_rules! locked {
    ($text:expr) => {
        $text
    };
    ($text:expr, for_update) => {
        const_str::concat!($text, " FOR UPDATE")
    };
    ($text:expr, skip_locked) => {
        const_str::concat!($text, " FOR UPDATE SKIP LOCKED")
    };
}
pub(crate) use {locked, statements};

/// A statement with its arguments, ready to run on either database.
#[derive(Debug, Clone)]
pub struct Sql {
    text: Text,
    args: Vec<Arg>,
}

#[derive(Debug, Clone)]
enum Text {
    Fixed(Statement),
    /// With `?` for each argument, in order. PostgreSQL gets `$n` instead; SQLite looks a numbered name up among all others,
    /// which for the many arguments of many rows costs more than the rows.
    Built(String),
}

impl From<Statement> for Sql {
    fn from(statement: Statement) -> Self {
        Self { text: Text::Fixed(statement), args: Vec::new() }
    }
}

impl Statement {
    /// The statement with its first argument.
    #[must_use]
    pub fn bind(self, value: impl Into<Arg>) -> Sql {
        Sql::from(self).bind(value)
    }
}

impl Sql {
    /// The beginning of a statement that is put together piece by piece.
    #[must_use]
    pub fn build(start: &'static str) -> Self {
        Self { text: Text::Built(start.to_owned()), args: Vec::new() }
    }

    /// The value for the next `$n` of a fixed statement.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Arg>) -> Self {
        self.args.push(value.into());
        self
    }

    /// More text of a built statement.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        if let Text::Built(built) = &mut self.text {
            built.push_str(text);
        }
        self
    }

    /// A value in a built statement: a new argument in the text.
    pub fn push_bind(&mut self, value: impl Into<Arg>) -> &mut Self {
        self.args.push(value.into());
        if let Text::Built(built) = &mut self.text {
            built.push('?');
        }
        self
    }

    /// `(values, …), (values, …)` for an INSERT of several rows.
    pub fn push_rows<R>(&mut self, rows: impl IntoIterator<Item = R>) -> &mut Self
    where
        R: IntoIterator<Item = Arg>,
    {
        for (i, row) in rows.into_iter().enumerate() {
            self.push(if i == 0 { "(" } else { ", (" });
            self.push_list(row);
            self.push(")");
        }
        self
    }

    /// `$1, $2, …`.
    pub fn push_list(&mut self, values: impl IntoIterator<Item = Arg>) -> &mut Self {
        for (i, value) in values.into_iter().enumerate() {
            if i > 0 {
                self.push(", ");
            }
            self.push_bind(value);
        }
        self
    }

    /// The text as the given database gets it.
    #[must_use]
    pub fn text(&self, postgres: bool) -> Cow<'_, str> {
        match &self.text {
            Text::Fixed(statement) => Cow::Borrowed(if postgres { statement.postgres } else { statement.sqlite }),
            Text::Built(text) if postgres => Cow::Owned(numbered(text)),
            Text::Built(text) => Cow::Borrowed(text),
        }
    }

    /// The text alone, for a database that is to check it.
    pub(super) fn unbound(&self, postgres: bool) -> SqlStr {
        self.text.clone().into_sql(postgres)
    }

    pub(super) fn into_sqlite(self) -> Result<(SqlStr, SqliteArguments), StoreError> {
        let mut args = SqliteArguments::default();
        for arg in self.args {
            match arg {
                Arg::Bool(value) => args.add(value),
                Arg::Int(value) => args.add(value),
                Arg::Text(value) => args.add(value),
                Arg::Bytes(value) => args.add(value),
                Arg::Uuid(value) => args.add(value),
                Arg::Time(value) => args.add(value),
                Arg::Json(value) => args.add(value.map(Json)),
            }
            .map_err(|error| StoreError::Statement(error.to_string()))?;
        }
        Ok((self.text.into_sql(false), args))
    }

    pub(super) fn into_postgres(self) -> Result<(SqlStr, PgArguments), StoreError> {
        let mut args = PgArguments::default();
        for arg in self.args {
            match arg {
                Arg::Bool(value) => args.add(value),
                Arg::Int(value) => args.add(value),
                Arg::Text(value) => args.add(value),
                Arg::Bytes(value) => args.add(value),
                Arg::Uuid(value) => args.add(value),
                Arg::Time(value) => args.add(value),
                Arg::Json(value) => args.add(value.map(Json)),
            }
            .map_err(|error| StoreError::Statement(error.to_string()))?;
        }
        Ok((self.text.into_sql(true), args))
    }
}

impl Text {
    fn into_sql(self, postgres: bool) -> SqlStr {
        match self {
            Self::Fixed(statement) if postgres => statement.postgres.into_sql_str(),
            Self::Fixed(statement) => statement.sqlite.into_sql_str(),
            // The text was put together from `&'static str` alone: see `Sql::build`, `push`, `push_bind`.
            Self::Built(text) => AssertSqlSafe(if postgres { numbered(&text) } else { text }).into_sql_str(),
        }
    }
}

/// The text with `$1`, `$2`, … for its question marks, of which there are no others in it.
fn numbered(text: &str) -> String {
    let mut numbered = String::with_capacity(text.len() + text.len() / 4);
    for (i, piece) in text.split('?').enumerate() {
        if i > 0 {
            numbered.push('$');
            numbered.push_str(&i.to_string());
        }
        numbered.push_str(piece);
    }
    numbered
}

/// Repeats the last id up to the next power of two, so that a few prepared statements serve every number of ids.
pub fn padded(ids: &[Uuid]) -> impl Iterator<Item = Arg> {
    let length = ids.len().next_power_of_two();
    let last = ids.last().copied().unwrap_or_default();
    ids.iter().copied().chain(std::iter::repeat(last)).take(length).map(Arg::from)
}

/// The LIKE pattern for "contains `text`", with `\` as its escape character.
#[must_use]
pub fn like_contains(text: &str) -> String {
    format!("%{}%", like_literal(text))
}

/// `text` with the signs that LIKE gives a meaning escaped by `\`.
#[must_use]
pub fn like_literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            literal.push('\\');
        }
        literal.push(c);
    }
    literal
}
