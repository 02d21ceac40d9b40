//! Roles, teams, and who is in a team.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::fields::{Done, Fields, page, refused, same};
use super::rows::{Asked, Role, Rows, Team};

impl Rows {
    pub fn put_role(&mut self, id: Option<Uuid>, body: &[u8]) -> Done {
        let needed: &[&str] = if id.is_none() { &["name", "permissions"] } else { &[] };
        let fields = Fields::of(body, &["name", "description", "permissions", "is_default"], needed)?;
        let old = id.map(|id| self.role(id).cloned()).transpose()?;
        let is_default = fields.flag("is_default")?.unwrap_or(false);
        let mut role = old.unwrap_or_else(|| Role {
            id: Uuid::new_v4(),
            name: String::new(),
            description: String::new(),
            is_system: false,
            is_default: false,
            permissions: vec![],
        });
        if role.is_system && fields.names().any(|name| name != "is_default") {
            return refused(400, "a built-in role can't be edited");
        }
        role.name = fields.name("name")?.unwrap_or(role.name);
        role.description = fields.text("description")?.unwrap_or(role.description);
        role.permissions = fields.permissions()?.unwrap_or(role.permissions);
        if self.roles.iter().any(|other| other.id != role.id && same(&other.name, &role.name)) {
            return refused(409, "this name is in use");
        }
        if is_default {
            self.roles.iter_mut().for_each(|role| role.is_default = false);
            role.is_default = true;
        }
        let shown = role_json(&role);
        match self.roles.iter_mut().find(|other| other.id == role.id) {
            Some(other) => *other = role,
            None => self.roles.push(role),
        }
        Ok((if id.is_none() { 201 } else { 200 }, shown))
    }

    pub fn delete_role(&mut self, id: Uuid) -> Done {
        let role = self.role(id)?;
        if role.is_system || role.is_default {
            return refused(400, "a built-in role and the default can't be deleted");
        }
        if self.users.iter().any(|user| user.role == id) {
            return refused(409, "this role has users");
        }
        self.roles.retain(|role| role.id != id);
        Ok((200, Value::Null))
    }

    pub fn put_team(&mut self, id: Option<Uuid>, body: &[u8]) -> Done {
        let known: &[&str] = if id.is_none() {
            &["name", "description", "assignment_strategy"]
        } else {
            &["name", "description", "assignment_strategy", "is_active"]
        };
        let fields = Fields::of(body, known, if id.is_none() { &["name"] } else { &[] })?;
        let mut team = match id {
            Some(id) => self.team(id)?.clone(),
            None => Team {
                id: Uuid::new_v4(),
                name: String::new(),
                description: String::new(),
                strategy: "round_robin".into(),
                is_active: true,
                members: BTreeMap::new(),
            },
        };
        team.name = fields.name("name")?.unwrap_or(team.name);
        team.description = fields.text("description")?.unwrap_or(team.description);
        team.strategy = fields.strategy()?.unwrap_or(team.strategy);
        team.is_active = fields.flag("is_active")?.unwrap_or(team.is_active);
        if self.teams.iter().any(|other| other.id != team.id && same(&other.name, &team.name)) {
            return refused(409, "this name is in use");
        }
        let shown = team_json(&team);
        match self.teams.iter_mut().find(|other| other.id == team.id) {
            Some(other) => *other = team,
            None => self.teams.push(team),
        }
        Ok((if id.is_none() { 201 } else { 200 }, shown))
    }

    pub fn list_members(&self, asked: &Asked<'_>, id: Uuid) -> Done {
        let member = |(user, role): (&Uuid, &String)| {
            let user = self.users.iter().find(|other| other.id == *user).unwrap();
            json!({"user_id": user.id, "full_name": user.full_name, "email": user.email, "role": role})
        };
        page(asked, "members", self.team(id)?.members.iter().map(member).collect())
    }

    pub fn add_member(&mut self, id: Uuid, body: &[u8]) -> Done {
        let fields = Fields::of(body, &["user_id", "role"], &["user_id", "role"])?;
        let (user, role) = (fields.id("user_id")?.unwrap(), fields.text("role")?.unwrap());
        self.team(id)?;
        let Some(person) = self.users.iter().find(|other| other.id == user) else {
            return refused(400, "user_id: there is no such user");
        };
        if !["agent", "manager"].contains(&role.as_str()) {
            return refused(400, "role must be agent or manager");
        }
        let shown = json!({"user_id": user, "full_name": person.full_name, "email": person.email, "role": role});
        self.teams.iter_mut().find(|team| team.id == id).unwrap().members.insert(user, role);
        Ok((201, shown))
    }
}

pub fn role_json(role: &Role) -> Value {
    json!({
        "id": role.id, "name": role.name, "description": role.description, "is_system": role.is_system,
        "is_default": role.is_default, "permissions": role.permissions,
    })
}

pub fn team_json(team: &Team) -> Value {
    json!({
        "id": team.id, "name": team.name, "description": team.description, "assignment_strategy": team.strategy,
        "is_active": team.is_active, "member_count": team.members.len(),
    })
}
