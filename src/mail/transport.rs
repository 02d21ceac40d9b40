//! The ways by which mail goes out, as one.

use std::path::{Path, PathBuf};

use super::folder;
use super::message::{Message, Sender};
use super::smtp::Server;
use crate::settings::{Mail, Way};

/// What is wrong with the settings of mail, or with a mail.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The settings.
    #[error("{0}")]
    Settings(String),
    /// An address to which, or from which, no mail can be sent.
    #[error("no mail can be sent to this address")]
    Address,
    /// The letter could not be put together.
    #[error("the letter could not be put together: {0}")]
    Content(String),
}

/// Why a mail did not go out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// It never will.
    #[error("{0}")]
    Never(String),
    /// It may later.
    #[error("{0}")]
    Later(String),
}

/// By which way mail goes out, and from whom.
pub struct Transport {
    way: Route,
    /// From whom.
    pub sender: Sender,
}

enum Route {
    Folder(PathBuf),
    Smtp(Box<Server>),
}

impl Transport {
    /// The way that the settings name; none where none is to be taken. `database` is the database's file, where it is one.
    ///
    /// # Errors
    /// [`MailError::Settings`], [`MailError::Address`]
    pub fn open(mail: &Mail, database: Option<&Path>, public_url: &str) -> Result<Option<Self>, MailError> {
        let way = match mail.transport {
            Way::None => return Ok(None),
            Way::Folder => Route::Folder(mail.folder(database)),
            Way::Smtp => Route::Smtp(Box::new(Server::new(mail)?)),
        };
        let (name, email) = mail.sender().ok_or_else(|| MailError::Settings("mail.from is no address".into()))?;
        let sender = Sender::new(name, &email, public_url)?;
        Ok(Some(Self { way, sender }))
    }

    /// Lets a mail go; `name` is what its file is called, where it becomes one.
    ///
    /// # Errors
    /// [`Undelivered`]
    pub async fn send(&self, name: String, message: Message) -> Result<(), Undelivered> {
        match &self.way {
            Route::Smtp(server) => server.send(&message).await,
            Route::Folder(folder) => {
                let folder = folder.clone();
                let later = |error: &dyn std::fmt::Display| Undelivered::Later(format!("the folder of mails: {error}"));
                let written = tokio::task::spawn_blocking(move || folder::write(&folder, &name, &message)).await;
                written.map_err(|error| later(&error))?.map_err(|error| later(&error))
            }
        }
    }

    /// By which way, for people.
    #[must_use]
    pub fn described(&self) -> String {
        match &self.way {
            Route::Folder(folder) => format!("into the folder {}", folder.display()),
            Route::Smtp(server) => format!("to the mail server {}", server.named()),
        }
    }
}
