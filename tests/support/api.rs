//! A client that talks to the REST API over real HTTP.

use std::net::SocketAddr;

use serde_json::Value;

use super::client::{Answer, Scim};

/// Somebody with an API key.
#[derive(Clone)]
pub struct Api {
    http: Scim,
    address: SocketAddr,
}

impl Api {
    pub fn new(address: SocketAddr, key: &str) -> Self {
        let http = Scim::new(address, "").with("content-type", "application/json").with("x-api-key", key);
        Self { http, address }
    }

    /// The same, with a header on every request; an empty value takes it away.
    pub fn with(&self, name: &str, value: &str) -> Self {
        Self { http: self.http.with(name, value), ..self.clone() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/api{path}", self.address)
    }

    pub async fn send(&self, method: &str, path: &str, body: Vec<u8>) -> Answer {
        let answer = self.http.send(method, &self.url(path), body).await;
        let status = if answer.status < 400 { "success" } else { "error" };
        assert_eq!(answer.json["status"], status, "{method} {path}: {} {}", answer.status, answer.json);
        answer
    }

    /// What is no envelope: a file.
    pub async fn raw(&self, path: &str) -> Answer {
        self.http.send("GET", &self.url(path), Vec::new()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Vec::new()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, body.to_string().into_bytes()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, body.to_string().into_bytes()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, Vec::new()).await
    }

    /// A new user with that address and the default role, or the one of that id; gives their id.
    pub async fn user(&self, email: &str, role: Option<&str>) -> String {
        let body = serde_json::json!({"email": email, "full_name": email.split('@').next(), "role_id": role});
        self.post("/users", body).await.expect(201).made()
    }

    /// The id of the role of that name.
    pub async fn role(&self, name: &str) -> String {
        let roles = self.get("/roles").await.expect(200);
        let found = roles.json["data"]["roles"].as_array().unwrap().iter().find(|role| role["name"] == name).cloned();
        found.unwrap_or_else(|| panic!("no role {name}"))["id"].as_str().unwrap().to_owned()
    }

    /// The name of a user's role.
    pub async fn role_of(&self, user: &str) -> String {
        self.get(&format!("/users/{user}")).await.expect(200).json["data"]["role"]["name"].as_str().unwrap().to_owned()
    }
}

impl Answer {
    /// The `data` of a success.
    pub fn data(&self) -> &Value {
        &self.json["data"]
    }

    /// The id of what was made.
    #[track_caller]
    pub fn made(&self) -> String {
        self.data()["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.json)).to_owned()
    }

    /// Checks that this is a refusal of the REST API with that status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "{}", self.json);
        assert!(self.json["message"].as_str().is_some_and(|said| said.len() > 10), "{}", self.json);
        self
    }
}
