//! A CSV file of users.

use std::fs::File;
use std::io::BufReader;

use csv::{Reader, StringRecord};

use super::item::{Item, Source};
use crate::cli::{CliError, cell};
use crate::command::import::{Says, UserRow};
use crate::domain::email::Email;

/// A CSV file.
pub struct Table {
    reader: Reader<BufReader<File>>,
    /// Which of [`cell::COLUMNS`] each column is.
    columns: Vec<&'static str>,
    record: StringRecord,
    /// Whether something can't be read, so that nothing after it is.
    ended: bool,
}

impl Table {
    /// Reads the heading.
    ///
    /// # Errors
    /// A column that nobody knows, or none that says who somebody is.
    pub fn open(file: BufReader<File>) -> Result<Self, CliError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let heading =
            reader.headers().map_err(|error| CliError::Said(format!("the heading can't be read: {error}")))?;
        let known = |name: &str| {
            let name = name.trim_start_matches('\u{feff}').trim();
            let found = cell::COLUMNS.into_iter().find(|column| column.eq_ignore_ascii_case(name));
            found.ok_or_else(|| {
                let columns = cell::COLUMNS.join(", ");
                let name = crate::text::printable(name);
                CliError::Said(format!("line 1: there is no column \"{name}\"; there are {columns}"))
            })
        };
        let columns = heading.iter().map(known).collect::<Result<Vec<_>, _>>()?;
        if !columns.contains(&"email") && !columns.contains(&"user_name") {
            return Err(CliError::Said("line 1: a column email or user_name says who somebody is".into()));
        }
        Ok(Self { reader, columns, record: StringRecord::new(), ended: false })
    }

    fn user(&self) -> Result<Item, String> {
        let (cells, columns) = (self.record.len(), self.columns.len());
        if cells != columns {
            return Err(format!("has {cells} cells, the heading has {columns}"));
        }
        let of = |name: &str| {
            let place = self.columns.iter().position(|column| *column == name)?;
            let text = crate::csv::text(self.record.get(place)?);
            (!text.is_empty()).then_some(text)
        };
        let text = |name: &str| match of(name) {
            Some(text) if text.chars().count() > 255 => Err(format!("{name}: has up to 255 characters")),
            Some(text) if text.contains('\0') => Err(format!("{name}: has the character U+0000")),
            text => Ok(text.map(str::to_owned)),
        };
        let yes_or_no = |name: &str| match of(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(text) => Err(format!("{name}: \"{}\" is neither true nor false", crate::text::printable(text))),
        };
        let email = text("email")?.map(|text| {
            Email::parse(&text)
                .ok_or_else(|| format!("email: \"{}\" is no email address", crate::text::printable(&text)))
        });
        let (email, user_name) = (email.transpose()?, text("user_name")?);
        if email.is_none() && user_name.is_none() {
            return Err("has neither an email nor a user_name".into());
        }
        let row = UserRow {
            says: Says::Fields { user_name, email, full_name: text("full_name")?, external_id: text("external_id")? },
            active: yes_or_no("active")?,
            role: text("role")?,
            teams: of("teams").map(cell::teams),
            protected: yes_or_no("protected")?,
            kept: None,
        };
        Ok(Item::User { id: None, row: Box::new(row) })
    }
}

impl Source for Table {
    fn next(&mut self) -> Option<(u64, Result<Vec<Item>, String>)> {
        if self.ended {
            return None;
        }
        match self.reader.read_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => {
                let line = self.record.position().map_or(0, csv::Position::line);
                Some((line, self.user().map(|item| vec![item])))
            }
            Err(error) if error.is_io_error() => {
                self.ended = true;
                Some((self.reader.position().line(), Err(error.to_string())))
            }
            Err(error) => {
                let line = error.position().map_or_else(|| self.reader.position().line(), csv::Position::line);
                Some((line, Err("is no UTF-8 text".into())))
            }
        }
    }

    fn position(&self) -> u64 {
        self.reader.position().byte()
    }
}
