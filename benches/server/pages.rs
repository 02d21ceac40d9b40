//! The pages of the console as an Admin sees them, with so many users there: how long each takes, beside one SELECT by key
//! behind axum in the same run.

use std::sync::Arc;

use serde_json::json;

use crate::load::{Maker, Target};
use crate::report::Report;
use crate::{Plan, bare, run, seed};

/// Whoever looks.
const EMAIL: &str = "root@bench.example";
const PASSWORD: &str = "violet otters 7 juggling";
/// One person reads one page at a time.
const READERS: usize = 1;
/// Requests in the log before it is looked at.
const REQUESTS: u64 = 500;

/// Every page that is measured: what it is called, and its path, in which `{id}` stands for somebody.
const PAGES: [(&str, &str); 12] = [
    ("users, first page", "/settings/users"),
    ("users, searched", "/settings/users?search=user-77"),
    ("users, inactive", "/settings/users?status=inactive"),
    ("one person", "/settings/users/{id}"),
    ("seats", "/settings/seats"),
    ("groups", "/settings/groups"),
    ("rules", "/settings/rules"),
    ("audit log", "/settings/audit"),
    ("request log", "/settings/requests"),
    ("provisioning", "/settings/provisioning"),
    ("single sign-on", "/settings/sso"),
    ("health", "/settings/health"),
];

/// A session of an Admin, as a cookie.
async fn log_in(target: &Target) -> Result<String, String> {
    let (_, cookies, page) = target.visit("/login", "", "").await?;
    let proof = page.split_once("name=\"form\" value=\"").and_then(|(_, rest)| rest.split('"').next());
    let proof = proof.ok_or("the page of logging in has no form")?;
    let form = form_urlencoded(&[("form", proof), ("email", EMAIL), ("password", PASSWORD)]);
    let (status, cookies, page) = target.visit("/login/password", &cookies, &form).await?;
    let session = cookies.split("; ").find(|cookie| cookie.starts_with("__Host-aisoule="));
    session.map(str::to_owned).ok_or_else(|| format!("nobody is logged in: {status} {page}"))
}

fn form_urlencoded(fields: &[(&str, &str)]) -> String {
    let plain =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    fields.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect::<Vec<_>>().join("&")
}

/// Every page, with so many users there.
pub async fn pages(database: &str, users: u64, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let (mut bridge, target, ..) = run::prepared(database, users).await?;
    let admin = ["user", "create", "--workspace", "Bench", "--email", EMAIL, "--name", "Root", "--role", "admin"];
    bridge.hears(&[&admin[..], &["--protected"]].concat(), PASSWORD)?;
    seed::group(&bridge.url, users.min(10_000)).await?;
    for n in 0..REQUESTS {
        let title = json!({"op": "replace", "path": "title", "value": format!("Analyst {n}")});
        let path = format!("/scim/v2/Users/{}", seed::user_id(n * 7_919 % users));
        target.ask("PATCH", &path, &run::patch(&title)).await?;
    }
    let cookie = log_in(&target).await?;
    let reader = Target { cookie, ..target };
    Report::title(&format!("{database}, {users} users: pages of the console, {READERS} at a time"));
    let mut measured = Vec::new();
    for (what, path) in PAGES {
        let path = path.replace("{id}", &seed::user_id(users / 2).to_string());
        let (status, ..) = reader.visit(&path, &reader.cookie, "").await?;
        if status != 200 {
            println!("{what:<26}{status:>12}");
            continue;
        }
        let make: Maker = Arc::new(move |_| ("GET", path.clone(), String::new()));
        measured.push((what, reader.drive(READERS, plan.seconds, make).await?));
    }
    bridge.stop();
    let reference = bare::Reference::start(&bridge.url).await?;
    let make: Maker = Arc::new(move |i| ("GET", format!("/{}", seed::user_id(i * 7_919 % users)), String::new()));
    let select = reference.target.drive(READERS, plan.seconds, make).await?.rate;
    drop(reference);
    for (what, measured) in measured {
        report.row(database, users, what, &measured, Some(select));
    }
    Ok(())
}
