//! What the workspace holds, and what each endpoint of the contract does with it: the table of endpoints, and users.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::fields::{Done, Fields, Refused, not_found, page, refused, same};
use super::things::{role_json, team_json};

/// Every permission that an endpoint of the contract needs.
pub const EVERYTHING: [&str; 9] = [
    "users:read",
    "users:write",
    "users:delete",
    "roles:read",
    "roles:write",
    "roles:delete",
    "teams:read",
    "teams:write",
    "teams:delete",
];

/// The built-in roles with what they allow, from the most powerful to the least; the last is the default.
const BUILT_IN: [(&str, &[&str]); 3] = [
    ("Admin", &EVERYTHING),
    ("Manager", &["users:read", "teams:read", "teams:write", "chat:read", "chat:write"]),
    ("Agent", &["users:read", "teams:read", "chat:read", "chat:write"]),
];

#[derive(Debug, Clone)]
pub struct User {
    pub id: Uuid,
    pub email: String,
    pub full_name: String,
    pub password: String,
    pub role: Uuid,
    pub is_active: bool,
    pub created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    /// Made through the API, and not seen by anybody since.
    pub unseen: bool,
}

#[derive(Debug, Clone)]
pub struct Role {
    pub id: Uuid,
    pub name: String,
    pub description: String,
    pub is_system: bool,
    pub is_default: bool,
    pub permissions: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Team {
    pub id: Uuid,
    pub name: String,
    pub description: String,
    pub strategy: String,
    pub is_active: bool,
    /// Who is in it, as what.
    pub members: BTreeMap<Uuid, String>,
}

/// A workspace.
pub struct Rows {
    pub organization: Uuid,
    pub users: Vec<User>,
    pub roles: Vec<Role>,
    pub teams: Vec<Team>,
    /// What nobody should ask for.
    pub illegal: Vec<String>,
}

/// A request that was let in.
pub struct Asked<'a> {
    pub method: &'a str,
    /// The path below `/api`, by its segments.
    pub path: Vec<&'a str>,
    pub query: HashMap<String, String>,
    pub body: &'a [u8],
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

impl Rows {
    pub fn new() -> Self {
        let role = |(place, (name, permissions)): (usize, (&str, &[&str]))| Role {
            id: Uuid::new_v4(),
            name: name.into(),
            description: String::new(),
            is_system: true,
            is_default: place == BUILT_IN.len() - 1,
            permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        };
        let roles = BUILT_IN.into_iter().enumerate().map(role).collect();
        Self { organization: Uuid::new_v4(), users: vec![], roles, teams: vec![], illegal: vec![] }
    }

    /// Answers a request whose key was checked. The permission that it needs is told before anything is done.
    pub fn answer(&mut self, asked: &Asked<'_>, may: impl Fn(&str) -> bool) -> Done {
        let path: Vec<&str> = asked.path.iter().map(|part| if is_id(part) { "{id}" } else { *part }).collect();
        let action = match asked.method {
            "GET" => "read",
            "DELETE" if path.len() == 2 => "delete",
            _ => "write",
        };
        let needed = format!("{}:{action}", path.first().copied().unwrap_or_default());
        let known = matches!(
            (asked.method, path.as_slice()),
            ("GET" | "POST", ["users" | "roles" | "teams"] | ["teams", "{id}", "members"])
                | ("GET" | "PUT" | "DELETE", ["users" | "roles" | "teams", "{id}"])
                | ("DELETE", ["teams", "{id}", "members", "{id}"])
        );
        if known && !may(&needed) {
            return refused(403, format!("missing permission {needed}"));
        }
        let id = |place: usize| Uuid::parse_str(asked.path[place]).unwrap();
        let allowed: &[&str] = match (asked.method, path.as_slice()) {
            ("GET", ["users"]) => &["search", "role_id", "page", "limit"],
            ("GET", ["roles" | "teams"] | ["teams", "{id}", "members"]) => &["page", "limit"],
            _ => &[],
        };
        if let Some(name) = asked.query.keys().find(|name| known && !allowed.contains(&name.as_str())) {
            return refused(400, format!("unknown parameter {name}"));
        }
        match (asked.method, path.as_slice()) {
            ("GET", ["users"]) => self.list_users(asked),
            ("POST", ["users"]) => self.create_user(asked.body),
            ("GET", ["users", _]) if known => self.read_user(id(1)),
            ("PUT", ["users", _]) if known => self.update_user(id(1), asked.body),
            ("DELETE", ["users", _]) if known => self.delete_user(id(1)),
            ("GET", ["roles"]) => page(asked, "roles", self.roles.iter().map(role_json).collect()),
            ("POST", ["roles"]) => self.put_role(None, asked.body),
            ("GET", ["roles", _]) if known => Ok((200, role_json(self.role(id(1))?))),
            ("PUT", ["roles", _]) if known => self.put_role(Some(id(1)), asked.body),
            ("DELETE", ["roles", _]) if known => self.delete_role(id(1)),
            ("GET", ["teams"]) => page(asked, "teams", self.teams.iter().map(team_json).collect()),
            ("POST", ["teams"]) => self.put_team(None, asked.body),
            ("GET", ["teams", _]) if known => Ok((200, team_json(self.team(id(1))?))),
            ("PUT", ["teams", _]) if known => self.put_team(Some(id(1)), asked.body),
            ("DELETE", ["teams", _]) if known => {
                let team = self.team(id(1))?.id;
                self.teams.retain(|other| other.id != team);
                Ok((200, Value::Null))
            }
            ("GET", ["teams", _, "members"]) if known => self.list_members(asked, id(1)),
            ("POST", ["teams", _, "members"]) if known => self.add_member(id(1), asked.body),
            ("DELETE", ["teams", _, "members", _]) if known => {
                let team = self.teams.iter_mut().find(|team| team.id == id(1)).ok_or_else(not_found)?;
                team.members.remove(&id(3)).map(|_| (200, Value::Null)).ok_or_else(not_found)
            }
            (method, ["users" | "roles" | "teams", ..]) if method == "PATCH" || method == "PUT" || method == "POST" => {
                self.illegal.push(format!("{method} /{} is not in the contract", path.join("/")));
                refused(405, "no such method here")
            }
            (method, _) => {
                self.illegal.push(format!("{method} /{} is not in the contract", path.join("/")));
                Err(not_found())
            }
        }
    }

    pub fn role(&self, id: Uuid) -> Result<&Role, Refused> {
        self.roles.iter().find(|role| role.id == id).ok_or_else(not_found)
    }

    pub fn team(&self, id: Uuid) -> Result<&Team, Refused> {
        self.teams.iter().find(|team| team.id == id).ok_or_else(not_found)
    }

    fn known_role(&self, id: Uuid) -> Result<Uuid, Refused> {
        if self.roles.iter().any(|role| role.id == id) {
            Ok(id)
        } else {
            refused(400, "role_id: there is no such role")
        }
    }

    fn user_json(&self, user: &User) -> Value {
        let role = self.role(user.role).unwrap();
        json!({
            "id": user.id, "email": user.email, "full_name": user.full_name, "role_id": role.id,
            "role": {"id": role.id, "name": role.name, "is_system": role.is_system},
            "is_active": user.is_active, "is_available": false, "organization_id": self.organization,
            "created_at": time(user.created), "updated_at": time(user.updated),
        })
    }

    fn list_users(&mut self, asked: &Asked<'_>) -> Done {
        let search = asked.query.get("search").map(|text| text.to_lowercase());
        let role = asked.query.get("role_id").map(|id| Uuid::parse_str(id)).transpose();
        let role = role.map_err(|_| (400, "role_id must be a UUID".to_owned()))?;
        let fits = |user: &User| {
            let text = format!("{}\n{}", user.email, user.full_name).to_lowercase();
            search.as_ref().is_none_or(|search| text.contains(search)) && role.is_none_or(|role| user.role == role)
        };
        let found: Vec<Value> = self.users.iter().filter(|user| fits(user)).map(|user| self.user_json(user)).collect();
        let listed = page(asked, "users", found)?;
        for shown in listed.1["users"].as_array().unwrap() {
            let user = self.users.iter_mut().find(|user| shown["id"] == user.id.to_string()).unwrap();
            user.unseen = false;
        }
        Ok(listed)
    }

    fn read_user(&mut self, id: Uuid) -> Done {
        let user = self.users.iter_mut().find(|user| user.id == id).ok_or_else(not_found)?;
        user.unseen = false;
        let user = user.clone();
        Ok((200, self.user_json(&user)))
    }

    fn create_user(&mut self, body: &[u8]) -> Done {
        let known = ["email", "password", "full_name", "role_id"];
        let fields = Fields::of(body, &known, &known)?;
        let (email, password) = (fields.email()?.unwrap(), fields.password()?.unwrap());
        let (full_name, role) = (fields.name("full_name")?.unwrap(), self.known_role(fields.id("role_id")?.unwrap())?);
        if let Some(user) = self.users.iter().find(|user| same(&user.email, &email)) {
            if user.unseen {
                self.illegal.push(format!("{email} was made, and is made again without having been looked up"));
            }
            return refused(409, "this email is in use");
        }
        let id = self.put(&email, &full_name, role, true);
        let user = self.users.last_mut().filter(|user| user.id == id).unwrap();
        (user.password, user.unseen) = (password, true);
        let user = user.clone();
        Ok((201, self.user_json(&user)))
    }

    /// A user, whoever makes them.
    pub fn put(&mut self, email: &str, full_name: &str, role: Uuid, is_active: bool) -> Uuid {
        let (id, now) = (Uuid::new_v4(), Utc::now());
        let (email, full_name, password) = (email.to_owned(), full_name.to_owned(), String::new());
        self.users.push(User {
            id,
            email,
            full_name,
            password,
            role,
            is_active,
            created: now,
            updated: now,
            unseen: false,
        });
        id
    }

    /// Whether nobody else could administer the workspace.
    fn is_last_admin(&self, id: Uuid) -> bool {
        let admin = self.roles[0].id;
        let mut admins = self.users.iter().filter(|user| user.is_active && user.role == admin);
        admins.next().is_some_and(|user| user.id == id) && admins.next().is_none()
    }

    fn update_user(&mut self, id: Uuid, body: &[u8]) -> Done {
        let fields = Fields::of(body, &["email", "password", "full_name", "role_id", "is_active"], &[])?;
        let old = self.users.iter().find(|user| user.id == id).ok_or_else(not_found)?;
        let mut new = old.clone();
        new.email = fields.email()?.unwrap_or(new.email);
        new.password = fields.password()?.unwrap_or(new.password);
        new.full_name = fields.name("full_name")?.unwrap_or(new.full_name);
        new.role = fields.id("role_id")?.map(|id| self.known_role(id)).transpose()?.unwrap_or(new.role);
        new.is_active = fields.flag("is_active")?.unwrap_or(new.is_active);
        if self.users.iter().any(|user| user.id != id && same(&user.email, &new.email)) {
            return refused(409, "this email is in use");
        }
        if self.is_last_admin(id) && (!new.is_active || new.role != old.role) {
            return refused(409, "the last admin can't be deactivated or given another role");
        }
        (new.updated, new.unseen) = (Utc::now(), false);
        let shown = self.user_json(&new);
        *self.users.iter_mut().find(|user| user.id == id).unwrap() = new;
        Ok((200, shown))
    }

    fn delete_user(&mut self, id: Uuid) -> Done {
        let user = self.users.iter().find(|user| user.id == id).ok_or_else(not_found)?;
        self.illegal.push(format!("{} was to be deleted", user.email));
        if self.is_last_admin(id) {
            return refused(409, "the last admin can't be deleted");
        }
        self.users.retain(|user| user.id != id);
        self.teams.iter_mut().for_each(|team| drop(team.members.remove(&id)));
        Ok((200, Value::Null))
    }
}

fn is_id(part: &str) -> bool {
    Uuid::parse_str(part).is_ok_and(|id| id.to_string() == part)
}
