//! Who may use a route of the browser's, and where whoever may not is sent.

use axum::http::{Method, Uri};

use super::session::Visitor;
use crate::domain::session::Stage;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Anybody,
    /// Whoever has a session, however far they have got.
    Begun,
    /// Whoever has a session in which that is missing.
    Missing(Stage),
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in and has that permission.
    Allowed(&'static str),
    /// Whoever has begun to use a set-up link of a customer. They act in its name, whoever else they are.
    SetUp,
}

/// Where somebody is sent who may not use a route now.
pub(super) fn misplaced(access: Access, method: &Method, visitor: Option<&Visitor>, uri: &Uri) -> Option<String> {
    let stage = visitor.map(|visitor| visitor.session.stage);
    let may = match access {
        Access::Anybody | Access::SetUp => true,
        Access::Begun => stage.is_some(),
        Access::Missing(missing) => stage == Some(missing),
        Access::SignedIn | Access::Allowed(_) => stage == Some(Stage::Full),
    };
    if may {
        return None;
    }
    Some(match stage {
        Some(Stage::SecondFactor) => "/login/second-factor".to_owned(),
        Some(Stage::NewPassword) => "/login/new-password".to_owned(),
        Some(Stage::Full) => "/account".to_owned(),
        None if *method == Method::GET && matches!(access, Access::SignedIn | Access::Allowed(_)) => {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            let path = percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC);
            format!("/login?return_to={path}")
        }
        None => "/login".to_owned(),
    })
}
