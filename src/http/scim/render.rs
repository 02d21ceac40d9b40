//! Users and groups as SCIM resources. Attributes that are stored as JSON text are copied, not parsed.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::group::Group;
use crate::domain::user::{Standing, User};
use crate::scim::projection::Projection;
use crate::scim::schema::{AISOULE_USER, ENTERPRISE_USER, GROUP, USER};
use crate::store::groups::members::{BelongsRow, MemberRow};
use crate::store::teams::BelongsRow as BelongsInTeam;
use crate::store::users::ShownRow;

/// What an answer shows of a user, from wherever it comes.
struct View<'a> {
    id: Uuid,
    user_name: &'a str,
    external_id: Option<&'a str>,
    display_name: Option<&'a str>,
    standing: &'a str,
    waiting_since: Option<DateTime<Utc>>,
    /// JSON objects as text.
    attributes: &'a str,
    organization: Option<&'a str>,
    manager: Option<(Uuid, Option<&'a str>)>,
    role: &'a str,
    role_source: &'a str,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A user as stored, with the groups they are in.
#[must_use]
pub fn user_row(row: &ShownRow, groups: &[BelongsRow], base: &str) -> Vec<u8> {
    let view = View {
        id: row.id,
        user_name: &row.user_name,
        external_id: row.external_id.as_deref(),
        display_name: row.display_name.as_deref(),
        standing: &row.standing,
        waiting_since: row.waiting_since,
        attributes: &row.attributes,
        organization: row.organization.as_deref(),
        manager: row.manager_id.map(|id| (id, row.manager_name.as_deref())),
        role: &row.role_name,
        role_source: &row.role_source,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    view.render(groups, base)
}

/// A user as a command left them, with the groups they are in.
#[must_use]
pub fn user(user: &User, groups: &[BelongsRow], base: &str) -> Vec<u8> {
    let profile = &user.profile;
    let text = |map: &Map<String, Value>| serde_json::to_string(map).unwrap_or_else(|_| "{}".into());
    let organization = (!profile.organization.is_empty()).then(|| text(&profile.organization));
    let view = View {
        id: user.id.0,
        user_name: &profile.user_name,
        external_id: profile.external_id.as_deref(),
        display_name: profile.display_name.as_deref(),
        standing: user.standing.name(),
        waiting_since: user.waiting_since,
        attributes: &text(&profile.attributes),
        organization: organization.as_deref(),
        manager: profile.manager.map(|id| (id.0, user.manager_name.as_deref())),
        role: &user.role.name,
        role_source: user.role_source.name(),
        version: user.version,
        created_at: user.created_at,
        updated_at: user.updated_at,
    };
    view.render(groups, base)
}

impl View<'_> {
    fn render(&self, groups: &[BelongsRow], base: &str) -> Vec<u8> {
        let mut out = Writer::with_capacity(self.attributes.len() + 1_024);
        let in_organization = self.organization.is_some() || self.manager.is_some();
        out.raw("{\"schemas\":[\"").raw(USER).raw("\",\"");
        if in_organization {
            out.raw(ENTERPRISE_USER).raw("\",\"");
        }
        out.raw(AISOULE_USER).raw("\"],\"id\":\"").id(self.id).raw("\"");
        if let Some(external_id) = self.external_id {
            out.raw(",\"externalId\":").json(external_id);
        }
        out.raw(",\"userName\":").json(self.user_name);
        if let Some(display_name) = self.display_name {
            out.raw(",\"displayName\":").json(display_name);
        }
        out.raw(",\"active\":").raw(if self.standing == Standing::Active.name() { "true" } else { "false" });
        out.members(self.attributes);
        for (i, group) in groups.iter().enumerate() {
            out.raw(if i == 0 { ",\"groups\":[{\"value\":\"" } else { ",{\"value\":\"" }).id(group.group_id);
            out.raw("\",\"$ref\":\"")
                .raw(base)
                .raw("/Groups/")
                .id(group.group_id)
                .raw("\",\"display\":")
                .json(&group.display_name);
            out.raw(",\"type\":\"").raw(if group.direct == 1 { "direct" } else { "indirect" }).raw("\"}");
        }
        out.raw(if groups.is_empty() { "" } else { "]" });
        if in_organization {
            out.raw(",\"").raw(ENTERPRISE_USER).raw("\":{");
            let mut first = true;
            if let Some((manager, name)) = self.manager {
                out.raw("\"manager\":{\"value\":\"")
                    .id(manager)
                    .raw("\",\"$ref\":\"")
                    .raw(base)
                    .raw("/Users/")
                    .id(manager)
                    .raw("\"");
                if let Some(name) = name {
                    out.raw(",\"displayName\":").json(name);
                }
                out.raw("}");
                first = false;
            }
            let rest = self.organization.map_or("", inner);
            out.raw(if first || rest.is_empty() { "" } else { "," }).raw(rest).raw("}");
        }
        out.raw(",\"")
            .raw(AISOULE_USER)
            .raw("\":{\"role\":")
            .json(self.role)
            .raw(",\"roleSource\":")
            .json(self.role_source);
        out.raw(",\"seat\":").json(self.standing);
        if let Some(since) = self.waiting_since {
            out.raw(",\"waitingSince\":\"").time(since).raw("\"");
        }
        out.raw("}");
        out.meta("User", base, "/Users/", self.id, self.version, self.created_at, self.updated_at);
        out.raw("}");
        out.0
    }
}

/// A group, with its members where they are to be shown.
#[must_use]
pub fn group(group: &Group, members: Option<&[MemberRow]>, base: &str) -> Vec<u8> {
    let mut out = Writer::with_capacity(512 + members.map_or(0, |members| members.len() * 192));
    out.raw("{\"schemas\":[\"").raw(GROUP).raw("\"],\"id\":\"").id(group.id.0).raw("\"");
    if let Some(external_id) = &group.profile.external_id {
        out.raw(",\"externalId\":").json(external_id);
    }
    out.raw(",\"displayName\":").json(&group.profile.display_name);
    let members = members.unwrap_or_default();
    for (i, member) in members.iter().enumerate() {
        out.raw(if i == 0 { ",\"members\":[{\"value\":\"" } else { ",{\"value\":\"" }).id(member.member_id);
        out.raw("\",\"$ref\":\"").raw(base).raw("/").raw(&member.kind).raw("s/").id(member.member_id);
        if let Some(display) = &member.display {
            out.raw("\",\"display\":").json(display).raw(",\"type\":\"").raw(&member.kind).raw("\"}");
        } else {
            out.raw("\",\"type\":\"").raw(&member.kind).raw("\"}");
        }
    }
    out.raw(if members.is_empty() { "" } else { "]" });
    out.meta("Group", base, "/Groups/", group.id.0, group.version, group.created_at, group.updated_at);
    out.raw("}");
    out.0
}

/// A resource with only the attributes that were asked for.
#[must_use]
pub fn project(resource: Vec<u8>, projection: &Projection) -> Vec<u8> {
    if projection.is_default() {
        return resource;
    }
    let Ok(mut map) = serde_json::from_slice::<Map<String, Value>>(&resource) else { return resource };
    projection.apply(&mut map);
    serde_json::to_vec(&map).unwrap_or(resource)
}

/// A user with only the attributes that were asked for; `teams` are theirs, where they were.
#[must_use]
pub fn project_user(resource: Vec<u8>, projection: &Projection, teams: &[BelongsInTeam]) -> Vec<u8> {
    if projection.is_default() || teams.is_empty() {
        return project(resource, projection);
    }
    let Ok(mut map) = serde_json::from_slice::<Map<String, Value>>(&resource) else { return resource };
    if let Some(ours) = map.get_mut(AISOULE_USER).and_then(Value::as_object_mut) {
        let shown = |team: &BelongsInTeam| json!({"value": team.team_id, "display": team.name, "type": team.kind});
        ours.insert("teams".into(), teams.iter().map(shown).collect());
    }
    projection.apply(&mut map);
    serde_json::to_vec(&map).unwrap_or(resource)
}

/// A `ListResponse` (RFC 7644 §3.4.2) around resources that are rendered already.
#[must_use]
pub fn list(total: i64, start: Option<i64>, next: Option<&str>, resources: &[Vec<u8>]) -> Vec<u8> {
    let size: usize = resources.iter().map(|resource| resource.len() + 1).sum();
    let mut out = Writer::with_capacity(size + 256);
    out.raw("{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],\"totalResults\":")
        .raw(&total.to_string());
    if let Some(start) = start {
        out.raw(",\"startIndex\":").raw(&start.to_string());
    }
    out.raw(",\"itemsPerPage\":").raw(&resources.len().to_string());
    if let Some(next) = next {
        out.raw(",\"nextCursor\":").json(next);
    }
    out.raw(",\"Resources\":[");
    for (i, resource) in resources.iter().enumerate() {
        out.raw(if i == 0 { "" } else { "," }).0.extend_from_slice(resource);
    }
    out.raw("]}");
    out.0
}

/// What stands between the braces of a JSON object.
fn inner(object: &str) -> &str {
    object.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default().trim()
}

struct Writer(Vec<u8>);

impl Writer {
    fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> &mut Self {
        // Writing into memory does not fail.
        let _ = serde_json::to_writer(&mut self.0, value);
        self
    }

    fn id(&mut self, id: Uuid) -> &mut Self {
        let mut buffer = Uuid::encode_buffer();
        let text = id.hyphenated().encode_lower(&mut buffer);
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn time(&mut self, time: DateTime<Utc>) -> &mut Self {
        self.raw(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    /// The members of a JSON object after other members.
    fn members(&mut self, object: &str) -> &mut Self {
        let inner = inner(object);
        self.raw(if inner.is_empty() { "" } else { "," }).raw(inner)
    }

    #[allow(clippy::too_many_arguments)]
    fn meta(
        &mut self,
        kind: &str,
        base: &str,
        endpoint: &str,
        id: Uuid,
        version: i64,
        created: DateTime<Utc>,
        modified: DateTime<Utc>,
    ) {
        self.raw(",\"meta\":{\"resourceType\":\"").raw(kind).raw("\",\"created\":\"").time(created);
        self.raw("\",\"lastModified\":\"").time(modified).raw("\",\"version\":\"W/\\\"").raw(&version.to_string());
        self.raw("\\\"\",\"location\":\"").raw(base).raw(endpoint).id(id).raw("\"}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::group::GroupProfile;
    use crate::ids::{GroupId, WorkspaceId};

    #[test]
    fn a_group_is_json_whatever_its_name() {
        let id = GroupId::fresh();
        let at = DateTime::UNIX_EPOCH;
        let profile = GroupProfile { display_name: "a\"\\\u{7}b".into(), external_id: None };
        let the_group = Group {
            id,
            workspace_id: WorkspaceId::fresh(),
            profile,
            members: 2,
            version: 3,
            created_at: at,
            updated_at: at,
        };
        let member = |display: Option<&str>| MemberRow {
            group_id: id.0,
            member_id: id.0,
            kind: "User".into(),
            display: display.map(Into::into),
        };
        let rendered = group(&the_group, Some(&[member(Some("x\"y")), member(None)]), "http://h/scim/v2");
        let json: Value = serde_json::from_slice(&rendered).unwrap();
        assert_eq!(json["displayName"], "a\"\\\u{7}b");
        assert_eq!(json["members"][0]["display"], "x\"y");
        assert_eq!(json["meta"]["version"], "W/\"3\"");
        assert_eq!(json["meta"]["location"], format!("http://h/scim/v2/Groups/{id}"));
    }

    #[test]
    fn a_list_is_json_with_and_without_resources() {
        for resources in [vec![], vec![b"{}".to_vec()], vec![b"{}".to_vec(), b"{\"a\":1}".to_vec()]] {
            let json: Value = serde_json::from_slice(&list(9, Some(1), Some("c"), &resources)).unwrap();
            assert_eq!(json["itemsPerPage"], resources.len());
            assert_eq!(json["Resources"].as_array().unwrap().len(), resources.len());
        }
    }
}
