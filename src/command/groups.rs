//! Making, editing and deleting groups, and who belongs to them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::users::EditError;
use super::{Change, Command, CommandError, Stamped, Subject, evaluate};
use crate::domain::event::{Event, difference};
use crate::domain::group::{Group, GroupProfile, MemberEdit, MemberKind, NewMember};
use crate::domain::user::MAX_KEY_BYTES;
use crate::domain::version::{Expected, Stamp};
use crate::ids::{GroupId, WorkspaceId};
use crate::store::groups::{self, members};

/// How many members an event names one by one; beyond that it gives their number alone.
const MOST_NAMED: usize = 1_000;

/// What an edit makes of a group.
pub type Edit = Box<dyn Fn(&Group) -> Result<GroupProfile, EditError> + Send + Sync>;

/// A condition on a member: its id, what it is, what it is called.
pub type Condition = Arc<dyn Fn(Uuid, MemberKind, &str) -> bool + Send + Sync>;

/// A new group.
pub struct CreateGroup {
    /// Where.
    pub workspace: WorkspaceId,
    /// The id that it gets.
    pub id: GroupId,
    /// What it is called.
    pub profile: GroupProfile,
    /// Who is in it from the start.
    pub members: Vec<NewMember>,
}

impl Command for CreateGroup {
    type Output = Group;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "group.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("group", &self.profile.display_name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Group, CommandError> {
        change.workspace().await?;
        let mut group = Group {
            id: self.id,
            workspace_id: self.workspace,
            profile: self.profile.clone(),
            members: 0,
            version: 1,
            created_at: change.now,
            updated_at: change.now,
        };
        check(change, &group, None).await?;
        groups::insert(change.tx, &group).await?;
        super::rules::bind(change, self.workspace, group.id, &group.profile.display_name).await?;
        let mut moved = Moved::default();
        moved.add(change, &group, &self.members).await?;
        if moved.balance() > 0 {
            group.members = moved.balance();
            groups::update(change.tx, &group).await?;
        }
        let workspace = change.workspace().await?;
        workspace.groups += 1;
        workspace.nested += moved.nested;
        let mut changes = difference(&json!({}), &described(&group.profile));
        moved.describe(&mut changes);
        change.record(&Event::group("group.created", group.id, &group.profile.display_name, changes));
        moved.settle(change, &group).await?;
        Ok(group)
    }
}

/// A change of a group, of who is in it, or of both; it costs what it changes, not what the group holds.
pub struct EditGroup {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: GroupId,
    /// The version on which the change depends.
    pub expected: Expected,
    /// What to make of it.
    pub edit: Edit,
    /// What to make of its membership, in this order.
    pub members: Vec<MemberEdit<Condition>>,
}

impl Command for EditGroup {
    type Output = Group;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "group.update"
    }

    fn subject(&self) -> Subject {
        Subject::of("group", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Group, CommandError> {
        let old = existing(change, self.workspace, self.id, &self.expected).await?;
        let profile = (self.edit)(&old).map_err(CommandError::Edit)?;
        let mut new = Group { profile, ..old.clone() };
        if new.profile != old.profile {
            check(change, &new, Some(&old)).await?;
        }
        let mut moved = Moved::default();
        for edit in &self.members {
            moved.apply(change, &new, edit).await?;
        }
        let mut changes = difference(&described(&old.profile), &described(&new.profile));
        moved.describe(&mut changes);
        if changes == json!({}) {
            return Ok(old);
        }
        (new.version, new.updated_at) = (old.version + 1, change.now);
        new.members += moved.balance();
        groups::update(change.tx, &new).await?;
        change.workspace().await?.nested += moved.nested;
        change.record(&Event::group("group.updated", new.id, &new.profile.display_name, changes));
        moved.settle(change, &new).await?;
        Ok(new)
    }
}

impl Stamped for EditGroup {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        Ok(stamp(&existing(change, self.workspace, self.id, &Expected::Any).await?.profile))
    }
}

/// The end of a group; its members stay what they are.
pub struct DeleteGroup {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: GroupId,
    /// The version on which the change depends.
    pub expected: Expected,
}

impl Command for DeleteGroup {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "group.delete"
    }

    fn subject(&self) -> Subject {
        Subject::of("group", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let group = existing(change, self.workspace, self.id, &self.expected).await?;
        let people = if evaluate::matters(change, group.id).await? {
            evaluate::may_touch(change, group.id).await?;
            evaluate::people_in(change, group.id).await?
        } else {
            Vec::new()
        };
        let mut nested = members::nested_in(change.tx, group.id).await?;
        let removed = members::remove_all(change.tx, group.id, change.now).await?;
        nested += leave_all(change, group.id.0).await?;
        groups::delete(change.tx, group.id).await?;
        let workspace = change.workspace().await?;
        workspace.groups -= 1;
        workspace.nested -= nested;
        let mut changes = difference(&described(&group.profile), &json!({}));
        if let Some(changes) = changes.as_object_mut() {
            changes.insert("members".into(), json!({"removed_count": removed}));
        }
        change.record(&Event::group("group.deleted", group.id, &group.profile.display_name, changes));
        evaluate::evaluate(change, &people).await
    }
}

/// Takes a user or group that is about to be deleted out of every group, each of which is changed by it; answers how many
/// groups that were.
pub(super) async fn leave_all(change: &mut Change<'_>, member: Uuid) -> Result<i64, CommandError> {
    let left = members::remove_everywhere(change.tx, member, change.now).await?;
    let moved = Moved { removed: BTreeSet::from([member]), ..Moved::default() };
    for group in &left {
        let mut changes = json!({});
        moved.describe(&mut changes);
        change.record(&Event::group("group.updated", group.id, &group.profile.display_name, changes));
    }
    Ok(i64::try_from(left.len()).unwrap_or(i64::MAX))
}

async fn existing(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    id: GroupId,
    expected: &Expected,
) -> Result<Group, CommandError> {
    change.workspace().await?;
    let group = groups::find(change.tx, workspace, id).await?.ok_or(CommandError::NotFound)?;
    if expected.allows(group.version) { Ok(group) } else { Err(CommandError::VersionMismatch) }
}

/// In which state a group is, whoever is in it.
#[must_use]
pub fn stamp(profile: &GroupProfile) -> Stamp {
    Stamp::of(&described(profile))
}

fn described(profile: &GroupProfile) -> Value {
    json!({"displayName": profile.display_name, "externalId": profile.external_id})
}

/// No two groups have the same externalId. Two of one name are told apart by it: a newcomer without one, or beside a
/// namesake without one, is taken for the same group pushed twice.
async fn check(change: &mut Change<'_>, group: &Group, old: Option<&Group>) -> Result<(), CommandError> {
    let clash = |attribute| CommandError::Clash { kind: "group", attribute };
    let profile = &group.profile;
    for (attribute, length) in [
        ("displayName", profile.display_name_key().len()),
        ("externalId", profile.external_id.as_ref().map_or(0, String::len)),
    ] {
        if length > MAX_KEY_BYTES {
            return Err(CommandError::Invalid { attribute, detail: format!("longer than {MAX_KEY_BYTES} bytes") });
        }
    }
    if let Some(external_id) = &profile.external_id
        && let Some(other) = groups::find_by_external_id(change.tx, group.workspace_id, external_id).await?
        && other.id != group.id
    {
        return Err(clash("externalId"));
    }
    if old.is_some_and(|old| old.profile.display_name_key() == profile.display_name_key()) {
        return Ok(());
    }
    let namesakes = groups::namesakes(change.tx, group.workspace_id, &profile.display_name_key()).await?;
    let same =
        |other: &Group| other.id != group.id && (profile.external_id.is_none() || other.profile.external_id.is_none());
    if namesakes.iter().any(same) { Err(clash("displayName")) } else { Ok(()) }
}

/// Who came and who went.
#[derive(Default)]
struct Moved {
    added: BTreeSet<Uuid>,
    removed: BTreeSet<Uuid>,
    /// By how many the memberships of groups grew.
    nested: i64,
    /// Those of them that are groups.
    groups: BTreeSet<Uuid>,
}

impl Moved {
    async fn apply(
        &mut self,
        change: &mut Change<'_>,
        group: &Group,
        edit: &MemberEdit<Condition>,
    ) -> Result<(), CommandError> {
        match edit {
            MemberEdit::Add(wanted) => self.add(change, group, wanted).await,
            MemberEdit::Remove(ids) => self.remove(change, group, ids).await,
            MemberEdit::RemoveWhere(condition) => {
                let rows = members::of_group(change.tx, group.id).await?;
                let holds = |row: &members::MemberRow| {
                    let kind = MemberKind::parse(&row.kind).unwrap_or(MemberKind::User);
                    condition(row.member_id, kind, row.display.as_deref().unwrap_or_default())
                };
                let ids: Vec<Uuid> = rows.iter().filter(|row| holds(row)).map(|row| row.member_id).collect();
                self.remove(change, group, &ids).await
            }
            MemberEdit::Replace(wanted) => {
                let keep: HashSet<Uuid> = wanted.iter().map(|member| member.id).collect();
                let present = members::ids_of(change.tx, group.id).await?;
                let gone: Vec<Uuid> = present.iter().map(|row| row.id).filter(|id| !keep.contains(id)).collect();
                self.remove(change, group, &gone).await?;
                self.add(change, group, wanted).await
            }
        }
    }

    async fn add(&mut self, change: &mut Change<'_>, group: &Group, wanted: &[NewMember]) -> Result<(), CommandError> {
        let mut seen = HashSet::new();
        let ids: Vec<Uuid> = wanted.iter().map(|member| member.id).filter(|id| seen.insert(*id)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let found = members::existing(change.tx, group.workspace_id, &ids).await?;
        let kinds: HashMap<Uuid, MemberKind> =
            found.iter().filter_map(|row| Some((row.id, MemberKind::parse(&row.kind)?))).collect();
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            if id == group.id.0 {
                return Err(CommandError::Invalid {
                    attribute: "members",
                    detail: "a group can't be a member of itself".into(),
                });
            }
            let Some(kind) = kinds.get(&id) else {
                let detail = format!("there is no user or group with the id {id} in this workspace");
                return Err(CommandError::Invalid { attribute: "members", detail });
            };
            rows.push((id, *kind));
        }
        for (id, kind) in members::add(change.tx, group.id, &rows, change.now).await? {
            self.saw(id, kind);
            self.nested += i64::from(kind == MemberKind::Group);
            note(&mut self.added, &mut self.removed, id);
        }
        Ok(())
    }

    async fn remove(&mut self, change: &mut Change<'_>, group: &Group, ids: &[Uuid]) -> Result<(), CommandError> {
        for (id, kind) in members::remove(change.tx, group.id, ids).await? {
            self.saw(id, kind);
            self.nested -= i64::from(kind == MemberKind::Group);
            note(&mut self.removed, &mut self.added, id);
        }
        Ok(())
    }

    fn saw(&mut self, id: Uuid, kind: MemberKind) {
        if kind == MemberKind::Group {
            self.groups.insert(id);
        }
    }

    /// Gives everybody who came or went what the rules give them now, and those who left their last group a new version.
    async fn settle(&self, change: &mut Change<'_>, group: &Group) -> Result<(), CommandError> {
        self.evaluate(change, group).await?;
        let left: Vec<Uuid> = self.removed.difference(&self.groups).copied().collect();
        Ok(members::touch_groupless(change.tx, &left, change.now).await?)
    }

    async fn evaluate(&self, change: &mut Change<'_>, group: &Group) -> Result<(), CommandError> {
        if !evaluate::matters(change, group.id).await? {
            return Ok(());
        }
        evaluate::may_touch(change, group.id).await?;
        let mut people = BTreeSet::new();
        for id in self.added.union(&self.removed) {
            if self.groups.contains(id) {
                people.extend(evaluate::people_in(change, GroupId(*id)).await?);
            } else {
                people.insert(*id);
            }
        }
        evaluate::evaluate(change, &people.into_iter().collect::<Vec<_>>()).await
    }

    /// By how many members the group grew.
    fn balance(&self) -> i64 {
        let count = |ids: &BTreeSet<Uuid>| i64::try_from(ids.len()).unwrap_or(i64::MAX);
        count(&self.added) - count(&self.removed)
    }

    /// Adds what moved to the changes of an event.
    fn describe(&self, changes: &mut Value) {
        let Some(changes) = changes.as_object_mut().filter(|_| !self.added.is_empty() || !self.removed.is_empty())
        else {
            return;
        };
        let named = |ids: &BTreeSet<Uuid>| if ids.len() <= MOST_NAMED { json!(ids) } else { Value::Null };
        let members = json!({
            "added": named(&self.added), "added_count": self.added.len(),
            "removed": named(&self.removed), "removed_count": self.removed.len(),
        });
        changes.insert("members".into(), members);
    }
}

/// Notes a move; one that undoes an earlier one of the same request cancels it out.
fn note(here: &mut BTreeSet<Uuid>, opposite: &mut BTreeSet<Uuid>, id: Uuid) {
    if !opposite.remove(&id) {
        here.insert(id);
    }
}
