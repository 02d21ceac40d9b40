//! Lists: one page of users, of groups, or (at the root) of both (RFC 7644 §3.4.2, §3.4.3; RFC 9865).

use std::collections::HashMap;

use axum::http::StatusCode;
use uuid::Uuid;

use super::call::{Answer, Call, Reply};
use super::error::Failure;
use super::render;
use crate::domain::group::Group;
use crate::query::filter::Scope;
use crate::query::mixed::Mixed;
use crate::query::{self, Page, Start};
use crate::scim::compare::key;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::{Filter, Literal, Op};
use crate::scim::list::SearchRequest;
use crate::scim::projection::Projection;
use crate::scim::schema::{AISOULE_TEAMS, ResourceType};
use crate::store::groups::{GroupRow, members};
use crate::store::lookups::{Found, Key};
use crate::store::sql::Conn;
use crate::store::teams::belongings;
use crate::store::users::ShownRow;

/// One page of one kind of resource.
pub async fn page(call: &Call, kind: ResourceType, request: &SearchRequest) -> Answer {
    let mut listing = Listing::new(call, request)?;
    let start = match &request.cursor {
        Some(cursor) => Start::Cursor(cursor),
        None => Start::Index(request.start_index),
    };
    let filter = listing.filter(kind)?;
    if let (ResourceType::User, Some(filter)) = (kind, &filter)
        && let Some(name) = listing.only_name(filter)
    {
        listing.look_up(name).await?;
        return Ok(listing.reply());
    }
    let mut conn = call.app.store.read().await?;
    listing.add(&mut conn, kind, filter.as_ref(), start).await?;
    Ok(listing.reply())
}

/// `GET /` (RFC 7644 §3.4.2.1)
pub async fn list(call: Call) -> Answer {
    let read = |kind| SearchRequest::from_query(kind, &call.query, call.profile());
    everything(&call, ResourceType::ALL.map(read)).await
}

/// `POST /.search`
pub async fn search(call: Call) -> Answer {
    let body = call.json()?;
    let read = |kind| SearchRequest::from_body(kind, &body, call.profile());
    everything(&call, ResourceType::ALL.map(read)).await
}

/// Users, then groups; where they are sorted, each where it belongs. What a filter or an order names that only one of them
/// has, the other has no value of: it is not found, and stands where those stand who have none.
async fn everything(call: &Call, request: [Result<SearchRequest, ScimError>; 2]) -> Answer {
    let without_order = |request: &SearchRequest| SearchRequest { sort_by: None, ..request.clone() };
    let [users, groups] = match request {
        [Ok(users), Ok(groups)] => [users, groups],
        [Ok(users), Err(_)] => [users.clone(), without_order(&users)],
        [Err(_), Ok(groups)] => [without_order(&groups), groups],
        [Err(error), Err(_)] => return Err(error.into()),
    };
    if users.cursor.is_some() {
        return Err(ScimError::invalid_cursor("Cursors are for /Users and /Groups; here use startIndex.").into());
    }
    let mut listing = Listing::new(call, &users)?;
    let (mut kinds, mut refusal) = (Vec::new(), None);
    for (kind, request) in ResourceType::ALL.into_iter().zip([&users, &groups]) {
        match listing.filter(kind) {
            Ok(filter) => kinds.push((kind, request, filter)),
            Err(error) if error.scim_type == Some(ScimType::InvalidFilter) && refusal.is_none() => {
                refusal = Some(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut conn = call.app.store.read().await?;
    let mut skip = users.start_index - 1;
    if users.sort_by.is_some() || groups.sort_by.is_some() {
        listing.add_sorted(&mut conn, &kinds, skip).await?;
        return Ok(listing.reply());
    }
    for (kind, request, filter) in &kinds {
        listing.request = request;
        let found = listing.add(&mut conn, *kind, filter.as_ref(), Start::Index(skip + 1)).await?;
        skip = (skip - found).max(0);
    }
    Ok(listing.reply())
}

/// A `ListResponse` in the making.
struct Listing<'a> {
    call: &'a Call,
    request: &'a SearchRequest,
    count: i64,
    total: i64,
    next: Option<String>,
    resources: Vec<Vec<u8>>,
}

impl<'a> Listing<'a> {
    fn new(call: &'a Call, request: &'a SearchRequest) -> Result<Self, Failure> {
        let limits = &call.app.settings.limits;
        let count = request.count.unwrap_or(limits.page);
        if request.cursor.is_some() && count > limits.page_most {
            let detail = format!("A page has {} resources at the most; ask for so many or fewer.", limits.page_most);
            return Err(ScimError::invalid_count(detail).into());
        }
        let count = count.clamp(0, limits.page_most);
        Ok(Self { call, request, count, total: 0, next: None, resources: Vec::new() })
    }

    fn filter(&self, kind: ResourceType) -> Result<Option<Filter>, ScimError> {
        self.request.filter.as_deref().map(|text| Filter::parse(kind, text, self.call.profile())).transpose()
    }

    fn projection(&self, kind: ResourceType) -> Result<Projection, ScimError> {
        Projection::parse(
            kind,
            self.request.attributes.as_deref(),
            self.request.excluded.as_deref(),
            self.call.profile(),
        )
    }

    /// The compared form of the userName, where the search is for the one user who has it: what providers ask before they
    /// create somebody.
    fn only_name(&self, filter: &Filter) -> Option<String> {
        let from_start = self.request.cursor.as_ref().map_or(self.request.start_index == 1, String::is_empty);
        let Filter::Compare { path, op: Op::Eq, value: Literal::Text(name) } = filter else { return None };
        let is_user_name = path.extension.is_none() && path.sub.is_none() && path.attribute.name == "userName";
        let only = is_user_name && from_start && self.count > 0 && self.request.sort_by.is_none();
        only.then(|| key(path.leaf(), name).into_owned())
    }

    /// Adds the user of that name, where there is one.
    async fn look_up(&mut self, name: String) -> Result<(), Failure> {
        let projection = self.projection(ResourceType::User)?;
        let wants_groups = projection.wants("groups");
        let found = self.call.app.store.look_up(self.call.workspace(), Key::UserName(name), wants_groups).await?;
        if let Some(Found { row, groups }) = found {
            let mut teams = Vec::new();
            if projection.wants(AISOULE_TEAMS) {
                teams = belongings(&mut self.call.app.store.read().await?, &[row.id]).await?;
            }
            let rendered = render::user_row(&row, &groups, self.call.base());
            self.resources.push(render::project_user(rendered, &projection, &teams));
            self.total = 1;
        }
        Ok(())
    }

    /// Adds a page; answers how many there are on all pages.
    async fn add(
        &mut self,
        conn: &mut Conn,
        kind: ResourceType,
        filter: Option<&Filter>,
        start: Start<'_>,
    ) -> Result<i64, Failure> {
        let base = self.call.base();
        let asked = query::Request {
            scope: Scope { kind, workspace: self.call.workspace(), base, postgres: conn.is_postgres() },
            filter,
            filter_text: self.request.filter.as_deref().unwrap_or_default(),
            sort_by: self.request.sort_by.as_ref(),
            descending: self.request.descending,
            start,
            count: self.count - i64::try_from(self.resources.len()).unwrap_or_default(),
        };
        let projection = self.projection(kind)?;
        let (cursors, now) = (&self.call.app.cursors, self.call.app.clock.now());
        let (total, next) = match kind {
            ResourceType::User => {
                let page: Page<ShownRow> = query::page::read(conn, &asked, cursors, now).await?;
                self.users(conn, &page, &projection, base).await?;
                (page.total, page.next)
            }
            ResourceType::Group => {
                let page: Page<GroupRow> = query::page::read(conn, &asked, cursors, now).await?;
                let (total, next) = (page.total, page.next.clone());
                self.groups(conn, page, &projection, base).await?;
                (total, next)
            }
        };
        self.total += total;
        self.next = next;
        Ok(total)
    }

    /// Adds a page of several kinds in one order.
    async fn add_sorted(
        &mut self,
        conn: &mut Conn,
        kinds: &[(ResourceType, &SearchRequest, Option<Filter>)],
        skip: i64,
    ) -> Result<(), Failure> {
        let (base, workspace, postgres) = (self.call.base(), self.call.workspace(), conn.is_postgres());
        let scope = |kind| Scope { kind, workspace, base, postgres };
        let descending = kinds.iter().any(|(_, request, _)| request.descending);
        let parts: Vec<query::Request<'_>> = kinds
            .iter()
            .map(|(kind, request, filter)| query::Request {
                scope: scope(*kind),
                filter: filter.as_ref(),
                filter_text: request.filter.as_deref().unwrap_or_default(),
                sort_by: request.sort_by.as_ref(),
                descending,
                start: Start::Index(1),
                count: self.count,
            })
            .collect();
        let Mixed { total, places } = query::mixed::read(conn, &parts, (skip, self.count), descending).await?;
        let of = |kind| places.iter().filter(|(one, _)| *one == kind).map(|(_, id)| *id).collect::<Vec<_>>();
        let mut rendered: HashMap<Uuid, Vec<u8>> = HashMap::new();
        let rows: Vec<ShownRow> = query::page::rows(conn, scope(ResourceType::User), &of(ResourceType::User)).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let projection = self.projection(ResourceType::User)?;
        self.users(conn, &Page { total, rows, next: None }, &projection, base).await?;
        rendered.extend(ids.into_iter().zip(self.resources.drain(..)));
        let rows: Vec<GroupRow> = query::page::rows(conn, scope(ResourceType::Group), &of(ResourceType::Group)).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let projection = self.projection(ResourceType::Group)?;
        self.groups(conn, Page { total, rows, next: None }, &projection, base).await?;
        rendered.extend(ids.into_iter().zip(self.resources.drain(..)));
        self.resources = places.iter().filter_map(|(_, id)| rendered.remove(id)).collect();
        self.total = total;
        Ok(())
    }

    async fn users(
        &mut self,
        conn: &mut Conn,
        page: &Page<ShownRow>,
        projection: &Projection,
        base: &str,
    ) -> Result<(), Failure> {
        let ids: Vec<_> = page.rows.iter().filter(|row| row.in_groups).map(|row| row.id).collect();
        let groups = if projection.wants("groups") { members::belongings(conn, &ids).await? } else { Vec::new() };
        let everybody: Vec<_> = page.rows.iter().map(|row| row.id).collect();
        let teams = if projection.wants(AISOULE_TEAMS) { belongings(conn, &everybody).await? } else { Vec::new() };
        for row in &page.rows {
            // Sorted by user: theirs stand together.
            let from = groups.partition_point(|belongs| belongs.user_id < row.id);
            let to = groups.partition_point(|belongs| belongs.user_id <= row.id);
            let theirs = groups.get(from..to).unwrap_or_default();
            let from = teams.partition_point(|belongs| belongs.user_id < row.id);
            let to = teams.partition_point(|belongs| belongs.user_id <= row.id);
            let in_teams = teams.get(from..to).unwrap_or_default();
            let rendered = render::user_row(row, theirs, base);
            self.resources.push(render::project_user(rendered, projection, in_teams));
        }
        Ok(())
    }

    async fn groups(
        &mut self,
        conn: &mut Conn,
        page: Page<GroupRow>,
        projection: &Projection,
        base: &str,
    ) -> Result<(), Failure> {
        let groups: Vec<Group> = page.rows.into_iter().map(Into::into).collect();
        let ids: Vec<_> = groups.iter().map(|group| group.id.0).collect();
        let all = if projection.wants("members") { members::of_groups(conn, &ids).await? } else { Vec::new() };
        for group in &groups {
            let from = all.partition_point(|member| member.group_id < group.id.0);
            let to = all.partition_point(|member| member.group_id <= group.id.0);
            let rendered = render::group(group, all.get(from..to), base);
            self.resources.push(render::project(rendered, projection));
        }
        Ok(())
    }

    fn reply(self) -> Reply {
        // A cursor has no index (RFC 9865 §2).
        let start = self.request.cursor.is_none().then_some(self.request.start_index);
        Reply::json(StatusCode::OK, render::list(self.total, start, self.next.as_deref(), &self.resources))
    }
}
