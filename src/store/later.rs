//! Changes of single rows that need not go to the database one by one: they wait on the connection, and one statement writes
//! them all before whatever is asked next. Changes that share a commit thereby share the way to the database as well.

use uuid::Uuid;

use super::sql::{Arg, Sql, Statement};

/// Rows that one statement writes at the most; far from either database's limit on binds.
const MOST: usize = 128;

/// A statement that sets columns of a row, found by its id.
pub struct Setting {
    /// For one row: `$1` is its id, the following are the columns.
    pub one: Statement,
    /// For several: the text before `(id, columns), (id, columns), …`.
    pub start: &'static str,
    /// The text after them.
    pub end: &'static str,
}

impl Setting {
    /// The statement for several rows; `before` stands before it, for a test that has it explained.
    #[must_use]
    pub fn together(&self, before: &'static str, rows: impl IntoIterator<Item = (Uuid, Vec<Arg>)>) -> Sql {
        let mut sql = Sql::build(before);
        let rows = rows.into_iter().map(|(id, columns)| std::iter::once(Arg::from(id)).chain(columns));
        sql.push(self.start).push_rows(rows).push(self.end);
        sql
    }
}

/// What waits.
#[derive(Default)]
pub(super) struct Later {
    setting: Option<&'static Setting>,
    /// The id of each row, and its columns.
    rows: Vec<(Uuid, Vec<Arg>)>,
}

impl Later {
    /// Whether rows wait that are set in another way.
    pub fn is_of_another(&self, setting: &'static Setting) -> bool {
        !self.rows.is_empty() && !self.setting.is_some_and(|waiting| std::ptr::eq(waiting, setting))
    }

    /// Has a row wait; what waited for the same row is thereby outdated.
    pub fn add(&mut self, setting: &'static Setting, id: Uuid, columns: Vec<Arg>) {
        self.setting = Some(setting);
        match self.rows.iter_mut().find(|(waiting, _)| *waiting == id) {
            Some(row) => row.1 = columns,
            None => self.rows.push((id, columns)),
        }
    }

    /// A statement for rows that wait, which wait no longer. Numbers of rows are powers of two, so that a few prepared
    /// statements serve them all.
    pub fn next(&mut self) -> Option<Sql> {
        let (setting, count) = (self.setting?, 1 << self.rows.len().min(MOST).checked_ilog2()?);
        if count > 1 {
            return Some(setting.together("", self.rows.drain(..count)));
        }
        let (id, columns) = self.rows.pop()?;
        Some(columns.into_iter().fold(setting.one.bind(id), Sql::bind))
    }

    /// Drops what waits: the transaction is being undone.
    pub fn clear(&mut self) {
        self.rows.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SETTING: Setting =
        Setting { one: Statement { name: "one", sqlite: "ONE", postgres: "ONE" }, start: "SEVERAL ", end: " END" };

    #[test]
    fn rows_are_written_together_in_powers_of_two_and_each_as_it_was_last() {
        let mut later = Later::default();
        assert!(later.next().is_none());
        for n in 0..7_u128 {
            later.add(&SETTING, Uuid::from_u128(n % 6), vec![Arg::from(i64::try_from(n).unwrap())]);
        }
        let said: Vec<String> = std::iter::from_fn(|| later.next()).map(|sql| format!("{sql:?}")).collect();
        let texts: Vec<bool> =
            said.iter().map(|sql| sql.contains("SEVERAL (?, ?), (?, ?), (?, ?), (?, ?) END")).collect();
        assert_eq!(texts, [true, false], "{said:?}");
        assert!(said[0].contains("Int(Some(6))") && !said[0].contains("Int(Some(0))"), "{said:?}");
        later.add(&SETTING, Uuid::nil(), vec![]);
        assert!(format!("{:?}", later.next()).contains("ONE") && later.next().is_none());
        later.add(&SETTING, Uuid::nil(), vec![]);
        later.clear();
        assert!(later.next().is_none());
    }
}
