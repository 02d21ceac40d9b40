//! What a client is told about somebody: the claims of the ID token and of userinfo.

use serde_json::{Map, Value, json};

use crate::domain::login_client::Scopes;
use crate::domain::permission::Permissions;
use crate::domain::user::{Standing, User};
use crate::ids::{UserId, WorkspaceId};
use crate::store::grants::TeamRow;
use crate::store::{self, Conn, StoreError};

/// Somebody as the directory has them now.
pub struct Subject {
    /// The person.
    pub user: User,
    /// What their role allows.
    pub permissions: Permissions,
    /// The teams that they are in.
    pub teams: Vec<TeamRow>,
    /// What their workspace is called.
    pub workspace: String,
    /// The address that they had shown to be theirs when they signed in.
    pub proved_email: Option<String>,
}

impl Subject {
    /// Somebody of a workspace, if they are active. `proved_email` is what they had shown to be theirs, as it is compared.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn load(
        conn: &mut Conn,
        workspace: WorkspaceId,
        id: UserId,
        proved_email: Option<String>,
    ) -> Result<Option<Self>, StoreError> {
        let user = store::users::find(conn, workspace, id).await?;
        let Some(user) = user.filter(|user| user.standing == Standing::Active) else { return Ok(None) };
        let role = store::roles::find(conn, workspace, user.role.id).await?;
        let teams = store::grants::teams(conn, id).await?;
        let Some(named) = store::workspaces::find(conn, workspace).await? else { return Ok(None) };
        let permissions = role.map_or(Permissions::NONE, |role| role.permissions);
        Ok(Some(Self { user, permissions, teams, workspace: named.name.as_str().to_owned(), proved_email }))
    }

    /// What userinfo says: `role`, `permissions`, `teams` and `workspace` in any case, since AIsoule asks for
    /// `openid profile email` and needs them.
    #[must_use]
    pub fn userinfo(&self, scope: Scopes) -> Map<String, Value> {
        self.claims(Scopes { aisoule: true, ..scope })
    }

    /// What the scopes allow to know.
    #[must_use]
    pub fn claims(&self, scope: Scopes) -> Map<String, Value> {
        let user = &self.user;
        let mut claims = Map::from_iter([("sub".to_owned(), json!(user.id))]);
        let mut say = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        if scope.profile {
            say("name", json!(user.full_name()));
            say("preferred_username", json!(user.profile.user_name));
        }
        if scope.email
            && let Some(email) = user.email()
        {
            say("email", json!(email.as_str()));
            // Said only where it is true; of an address that nobody has proved, nothing is said.
            if user.email_key().is_some() && user.email_key() == self.proved_email {
                say("email_verified", json!(true));
            }
        }
        if scope.aisoule {
            let team = |team: &TeamRow| json!({"id": team.id, "name": team.name, "role": team.kind});
            say("role", json!(user.role.name));
            say("permissions", json!(self.permissions));
            say("teams", self.teams.iter().map(team).collect());
            say("workspace", json!({"id": user.workspace_id, "name": self.workspace}));
        }
        claims
    }
}
