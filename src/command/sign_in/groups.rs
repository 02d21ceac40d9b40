//! The groups that a provider names when somebody signs in, for people whom nothing provisions.

use std::collections::BTreeSet;

use super::SignIn;
use crate::command::groups::EditGroup;
use crate::command::{Change, Command, CommandError};
use crate::domain::group::{MemberEdit, MemberKind, NewMember};
use crate::domain::user::User;
use crate::domain::version::Expected;
use crate::ids::GroupId;
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
    /// longer does. Where provisioning says who is in which group, and where the provider says nothing, all stays.
    pub(super) async fn follow_groups(&self, change: &mut Change<'_>, user: User) -> Result<User, CommandError> {
        if user.provisioned || user.protected {
            return Ok(user);
        }
        let Some(named) = self.named_groups(change).await? else { return Ok(user) };
        let had: BTreeSet<GroupId> = claimed::of_user(change.tx, user.id, self.connection).await?.into_iter().collect();
        for group in &named {
            let member = NewMember { id: user.id.0, kind: Some(MemberKind::User) };
            if self.edit(change, *group, MemberEdit::Add(vec![member])).await? {
                claimed::insert(change.tx, user.id, *group, self.connection).await?;
            }
        }
        for group in had.difference(&named) {
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
        edit: MemberEdit<crate::command::groups::Condition>,
    ) -> Result<bool, CommandError> {
        let before = change.recorded();
        let edit = EditGroup {
            workspace: self.workspace,
            id: group,
            expected: Expected::Any,
            edit: Box::new(|group| Ok(group.profile.clone())),
            members: vec![edit],
        };
        edit.run(change).await?;
        Ok(change.recorded() > before)
    }
}
