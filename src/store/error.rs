//! What can go wrong with a database, in the few kinds that a caller can do something about.

/// A database that did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Too much to do at present, or locked by somebody else: the same request will do later.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// Two transactions stood in each other's way and this one was undone.
    #[error("the transaction was undone in favour of another one: {0}")]
    Serialization(String),
    /// The connection broke, or none could be made. Whether an open transaction was committed is unknown.
    #[error("the connection to the database is lost: {0}")]
    ConnectionLost(String),
    /// No connection could be made at the start.
    #[error("the database can't be reached: {0}")]
    Unreachable(String),
    /// The database takes no writes now: a standby, or a full disk.
    #[error("the database takes no writes: {0}")]
    ReadOnly(String),
    /// A row that this program can't have written.
    #[error("a damaged row: {0}")]
    Corrupt(String),
    /// A mistake of this program's.
    #[error("the database refused a statement: {0}")]
    Statement(String),
    /// The database's schema or version does not fit this program.
    #[error("{0}")]
    Unfit(String),
}

impl StoreError {
    /// Whether the same request may succeed in a moment without anybody doing anything.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Serialization(_) | Self::ConnectionLost(_) | Self::ReadOnly(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error;
        let text = error.to_string();
        match &error {
            Error::Database(inner) => match inner.code().as_deref() {
                Some(code) if is_number(code) => sqlite(code, text),
                Some(code) => postgres(code, text),
                None => Self::Statement(text),
            },
            Error::PoolTimedOut => Self::Busy(text),
            Error::Io(_) | Error::Tls(_) | Error::PoolClosed | Error::WorkerCrashed | Error::Protocol(_) => {
                Self::ConnectionLost(text)
            }
            Error::ColumnDecode { .. } | Error::Decode(_) => Self::Corrupt(text),
            _ => Self::Statement(text),
        }
    }
}

/// SQLite's codes are numbers of up to four digits; PostgreSQL's are five characters.
fn is_number(code: &str) -> bool {
    code.len() < 5 && code.bytes().all(|b| b.is_ascii_digit())
}

/// By SQLite's primary result code, the low byte of the extended one.
fn sqlite(code: &str, text: String) -> StoreError {
    match code.parse::<u32>().unwrap_or_default() & 0xff {
        // 9: the statement took longer than it may.
        5 | 6 | 7 | 9 | 15 => StoreError::Busy(text),
        8 | 13 => StoreError::ReadOnly(text),
        10 | 14 => StoreError::ConnectionLost(text),
        11 | 26 => StoreError::Corrupt(text),
        _ => StoreError::Statement(text),
    }
}

/// By PostgreSQL's SQLSTATE.
fn postgres(code: &str, text: String) -> StoreError {
    match code {
        "40001" | "40P01" => StoreError::Serialization(text),
        "25006" | "53100" => StoreError::ReadOnly(text),
        "55P03" | "57014" | "53200" | "53300" | "53400" => StoreError::Busy(text),
        // A server that does not let us in, or does not have our database, after a failover perhaps.
        _ if code.starts_with("28") || code == "3D000" => StoreError::ConnectionLost(text),
        _ if code.starts_with("08") || code.starts_with("57P") || code.starts_with("58") => {
            StoreError::ConnectionLost(text)
        }
        _ if code.starts_with("XX") => StoreError::Corrupt(text),
        _ => StoreError::Statement(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_fall_into_the_same_kinds() {
        let kind = |error: StoreError| error.to_string().split(':').next().map(str::to_owned).unwrap_or_default();
        let busy = kind(StoreError::Busy(String::new()));
        for code in ["5", "6", "261", "517"] {
            assert_eq!(kind(sqlite(code, String::new())), busy, "{code}");
        }
        assert_eq!(kind(postgres("57014", String::new())), busy);
        for code in ["57P01", "57P03", "08006"] {
            assert!(matches!(postgres(code, String::new()), StoreError::ConnectionLost(_)), "{code}");
        }
        for code in ["40001", "40P01"] {
            assert!(matches!(postgres(code, String::new()), StoreError::Serialization(_)), "{code}");
        }
        assert!(matches!(sqlite("13", String::new()), StoreError::ReadOnly(_)));
        assert!(matches!(postgres("25006", String::new()), StoreError::ReadOnly(_)));
        assert!(!postgres("42601", String::new()).is_transient());
    }
}
