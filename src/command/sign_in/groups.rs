//! The groups that a provider names when somebody signs in, for people whom nothing provisions.

use std::collections::BTreeSet;

use super::SignIn;
use crate::command::groups::{Condition, EditGroup};
use crate::command::{Change, Command, CommandError, evaluate};
use crate::domain::connection::Connection;
use crate::domain::group::{MemberEdit, MemberKind, NewMember};
use crate::domain::user::User;
use crate::domain::version::Expected;
use crate::ids::{GroupId, UserId, WorkspaceId};
use crate::store::{self, claimed};
use crate::text;

impl SignIn {
    /// The groups of the workspace that the provider names: by the provider's id for them, else by their name, where one
    /// alone is called so. None where it did not say, or names too many for a token.
    pub(super) async fn named_groups(
        &self,
        change: &mut Change<'_>,
    ) -> Result<Option<BTreeSet<GroupId>>, CommandError> {
        let Some(names) = &self.person.groups else { return Ok(None) };
        let mut found = BTreeSet::new();
        for name in names {
            if let Some(group) = store::groups::find_by_external_id(change.tx, self.workspace, name).await? {
                found.insert(group.id);
                continue;
            }
            let namesakes = store::groups::namesakes(change.tx, self.workspace, &text::fold(name)).await?;
            if let [group] = namesakes.as_slice() {
                found.insert(group.id);
            }
        }
        Ok(Some(found))
    }

    /// Puts somebody into the groups that their provider names, and takes them out of those that it named before and no
    /// longer does. Where the provider says nothing, all stays. What makes an Admin is no claim's to give, and the last Admin
    /// no claim's to take. Where provisioning says who is in which group, or the connection asks for no groups any more, what
    /// logins gave is taken back.
    pub(super) async fn follow_groups(
        &self,
        change: &mut Change<'_>,
        user: User,
        connection: &Connection,
    ) -> Result<User, CommandError> {
        if user.protected {
            return Ok(user);
        }
        let is_followed = !user.provisioned && (connection.groups_claim.is_some() || connection.roles_claim.is_some());
        let named = if is_followed { self.named_groups(change).await? } else { Some(BTreeSet::new()) };
        let Some(named) = named else { return Ok(user) };
        let had: BTreeSet<GroupId> = claimed::of_user(change.tx, user.id, self.connection).await?.into_iter().collect();
        if named.is_empty() && had.is_empty() {
            return Ok(user);
        }
        for group in &named {
            let member = NewMember { id: user.id.0, kind: Some(MemberKind::User) };
            if !evaluate::gives_everything(change, *group).await?
                && self.edit(change, *group, MemberEdit::Add(vec![member])).await?
            {
                claimed::insert(change.tx, user.id, *group, self.connection).await?;
            }
        }
        for group in had.difference(&named) {
            let is_last = user.role.is_admin() && store::users::active_holders(change.tx, user.role.id).await? <= 1;
            if is_last && evaluate::gives_everything(change, *group).await? {
                continue;
            }
            self.edit(change, *group, MemberEdit::Remove(vec![user.id.0])).await?;
            claimed::delete(change.tx, user.id, *group).await?;
        }
        Ok(store::users::find(change.tx, self.workspace, user.id).await?.unwrap_or(user))
    }

    /// Whether the group was changed by it.
    async fn edit(
        &self,
        change: &mut Change<'_>,
        group: GroupId,
        edit: MemberEdit<Condition>,
    ) -> Result<bool, CommandError> {
        moved(change, self.workspace, group, edit).await
    }
}

/// Takes somebody out of a group in which they are because a provider named it.
pub(in crate::command) async fn take_back(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    user: UserId,
    group: GroupId,
) -> Result<(), CommandError> {
    moved(change, workspace, group, MemberEdit::Remove(vec![user.0])).await.map(|_| ())
}

async fn moved(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    group: GroupId,
    edit: MemberEdit<Condition>,
) -> Result<bool, CommandError> {
    let before = change.recorded();
    let edit = EditGroup {
        workspace,
        id: group,
        expected: Expected::Any,
        edit: Box::new(|group| Ok(group.profile.clone())),
        members: vec![edit],
    };
    edit.run(change).await?;
    Ok(change.recorded() > before)
}
