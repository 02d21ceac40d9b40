//! The database behind the bridge's back: how many rows there are, every value that stands somewhere, and statements of
//! somebody who has the database.

use aisoule_bridge::ids::WorkspaceId;
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::{StoreError, Tx, Work};
use sqlx::FromRow;

use super::Bridge;

/// A statement of somebody who has the database.
pub struct Statement(pub Sql);

impl Work for Statement {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.run(self.0.clone()).await.map(drop)
    }
}

#[derive(FromRow)]
struct Count {
    n: i64,
}

#[derive(FromRow)]
struct Column {
    name: String,
    col: String,
    kind: String,
}

#[derive(FromRow)]
struct Text {
    value: String,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Shown in hex.
    Bytes,
    /// Numbers, times, ids.
    Other,
}

/// A value, as text, and the column in which it stands.
pub struct Cell {
    pub place: String,
    pub kind: Kind,
    pub value: String,
}

impl Bridge {
    /// What each of these statements counts, as `n`.
    pub async fn counts(&self, statements: &[&'static str]) -> Vec<i64> {
        let mut conn = self.app.store.read().await.unwrap();
        let mut all = Vec::new();
        for sql in statements {
            all.push(conn.one::<Count>(Sql::build(sql)).await.unwrap().n);
        }
        all
    }

    /// Every value of every column of every table, and the kinds of all columns that were looked at, also of empty ones.
    pub async fn cells(&self) -> (Vec<Kind>, Vec<Cell>) {
        let mut conn = self.app.store.read().await.unwrap();
        let columns = if conn.is_postgres() {
            "SELECT table_name::text AS name, column_name::text AS col, data_type::text AS kind FROM information_schema.columns \
             WHERE table_schema = current_schema()"
        } else {
            "SELECT m.name AS name, p.name AS col, p.type AS kind FROM sqlite_master m JOIN pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        };
        let all: Vec<Column> = conn.all(Sql::build(columns)).await.unwrap();
        let (mut kinds, mut cells) = (Vec::new(), Vec::new());
        for Column { name, col, kind } in all {
            let (shown, kind) = match kind.as_str() {
                "TEXT" | "text" | "character varying" | "jsonb" | "json" => {
                    (format!("CAST({col} AS TEXT)"), Kind::Text)
                }
                "BLOB" => (format!("lower(hex({col}))"), Kind::Bytes),
                "bytea" => (format!("encode({col}, 'hex')"), Kind::Bytes),
                _ => (format!("CAST({col} AS TEXT)"), Kind::Other),
            };
            kinds.push(kind);
            let select = format!("SELECT {shown} AS value FROM {name} WHERE {col} IS NOT NULL");
            let rows: Vec<Text> = conn.all(Sql::build(Box::leak(select.into_boxed_str()))).await.unwrap();
            let place = format!("{name}.{col}");
            cells.extend(rows.into_iter().map(|row| Cell { place: place.clone(), kind, value: row.value }));
        }
        (kinds, cells)
    }
}
