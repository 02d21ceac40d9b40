//! The pages of the console as an Admin sees them, with so many users there: how long each takes, beside one SELECT by key
//! behind axum in the same run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::load::{Maker, Measured, Target};
use crate::report::Report;
use crate::{Plan, bare, run, seed};

/// Whoever looks.
const EMAIL: &str = "root@bench.example";
const PASSWORD: &str = "violet otters 7 juggling";
/// Requests in the log before it is looked at.
const REQUESTS: u64 = 500;

/// Every page that is measured: what it is called, its path, in which `{user}` and so on stand for something that is there, and
/// what its form holds where it is one that looks ahead and changes nothing.
const PAGES: [(&str, &str, &str); 28] = [
    ("users, first page", "/settings/users", ""),
    ("users, page 1,000", "/settings/users?page=1000", ""),
    ("users, searched", "/settings/users?search=user-77", ""),
    ("users, inactive", "/settings/users?status=inactive", ""),
    ("one person", "/settings/users/{user}", ""),
    ("before deactivating", "/settings/users/{user}/deactivate", ""),
    ("before a bulk of 50", "/settings/users/bulk?act=deactivate{fifty}", ""),
    ("seats", "/settings/seats", ""),
    ("roles", "/settings/roles", ""),
    ("one role", "/settings/roles/{role}", ""),
    ("teams", "/settings/teams", ""),
    ("one team", "/settings/teams/{team}", ""),
    ("groups", "/settings/groups", ""),
    ("one group", "/settings/groups/{group}", ""),
    ("rules", "/settings/rules", ""),
    ("one rule", "/settings/rules/{rule}", ""),
    ("who would change", "/settings/rules/{rule}/delete", "step=look"),
    ("audit log", "/settings/audit", ""),
    ("audit log, one action", "/settings/audit?action=user.updated", ""),
    ("request log", "/settings/requests", ""),
    ("request log, refused", "/settings/requests?status=400", ""),
    ("provisioning", "/settings/provisioning", ""),
    ("API keys", "/settings/keys", ""),
    ("single sign-on", "/settings/sso", ""),
    ("webhooks", "/settings/webhooks", ""),
    ("one review", "/settings/reviews/{review}", ""),
    ("its summary", "/settings/reviews/{review}/summary", ""),
    ("health", "/settings/health", ""),
];

/// What a page's form carries to show that it is ours.
fn proof(page: &str) -> Result<&str, String> {
    let proof = page.split_once("name=\"form\" value=\"").and_then(|(_, rest)| rest.split('"').next());
    proof.ok_or_else(|| "the page has no form".into())
}

/// A session of an Admin, as a cookie.
async fn log_in(target: &Target) -> Result<String, String> {
    let (_, cookies, page) = target.visit("/login", "", "").await?;
    let form = form_urlencoded(&[("form", proof(&page)?), ("email", EMAIL), ("password", PASSWORD)]);
    let (status, cookies, page) = target.visit("/login/password", &cookies, &form).await?;
    let session = cookies.split("; ").find(|cookie| cookie.starts_with("__Host-aisoule="));
    session.map(str::to_owned).ok_or_else(|| format!("nobody is logged in: {status} {page}"))
}

fn form_urlencoded(fields: &[(&str, &str)]) -> String {
    let plain =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    fields.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect::<Vec<_>>().join("&")
}

/// What the pages are about: the words of [`PAGES`] and what stands for each.
async fn furnished(bridge: &run::Bridge, scim: &Target, users: u64) -> Result<Vec<(&'static str, String)>, String> {
    let members = users.min(10_000);
    seed::group(&bridge.url, members).await?;
    for n in 0..REQUESTS {
        let title = json!({"op": "replace", "path": "title", "value": format!("Analyst {n}")});
        let path = format!("/scim/v2/Users/{}", seed::user_id(n * 7_919 % users));
        scim.ask("PATCH", &path, &run::patch(&title)).await?;
    }
    let api = bridge.api(scim)?;
    let make = async |path: &str, body: Value| run::id(&run::made(api.ask("POST", path, &body.to_string()).await?)?);
    let role = make("/api/roles", json!({"name": "Bench", "permissions": ["users:read"]})).await?;
    let team = make("/api/teams", json!({"name": "Bench"})).await?;
    let group = seed::group_id(members).to_string();
    let rule = json!({"group_id": group, "role_id": role, "teams": [{"team_id": team}], "priority": 5});
    let rule = make("/api/rules", rule).await?;
    let review = make("/api/reviews", json!({"name": "Bench"})).await?;
    let fifty: Vec<String> = (0..50).map(|n| format!("&user={}", seed::user_id(n))).collect();
    let user = seed::user_id(users / 2).to_string();
    Ok(vec![
        ("{user}", user),
        ("{fifty}", fifty.concat()),
        ("{role}", role),
        ("{team}", team),
        ("{group}", group),
        ("{rule}", rule),
        ("{review}", review),
    ])
}

/// How long a page takes, asked for again and again.
async fn read(reader: &Target, path: &str, form: &str, lasting: Duration) -> Result<Measured, String> {
    let (started, mut taken) = (Instant::now(), Vec::new());
    while started.elapsed() < lasting {
        let asked = Instant::now();
        let (status, _, page) = reader.visit(path, &reader.cookie, form).await?;
        taken.push(asked.elapsed());
        if status != 200 {
            return Err(format!("{path} answered {status}: {page}"));
        }
    }
    Measured::of(taken, started.elapsed())
}

/// Every page, with so many users there.
pub async fn pages(database: &str, users: u64, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let (mut bridge, target, ..) = run::prepared(database, users).await?;
    let admin = ["user", "create", "--workspace", "Bench", "--email", EMAIL, "--name", "Root", "--role", "admin"];
    bridge.hears(&[&admin[..], &["--protected"]].concat(), PASSWORD)?;
    let words = furnished(&bridge, &target, users).await?;
    let cookie = log_in(&target).await?;
    let reader = Target { cookie, ..target };
    let (_, _, page) = reader.visit("/settings/rules/new", &reader.cookie, "").await?;
    let proof = form_urlencoded(&[("form", proof(&page)?)]);
    Report::title(&format!("{database}, {users} users: pages of the console, one after the other"));
    let mut measured = Vec::new();
    for (what, path, form) in PAGES {
        let path = words.iter().fold(path.to_owned(), |path, (word, value)| path.replace(word, value));
        let form = if form.is_empty() { String::new() } else { format!("{proof}&{form}") };
        measured.push((what, read(&reader, &path, &form, plan.seconds).await?));
    }
    bridge.stop();
    let reference = bare::Reference::start(&bridge.url).await?;
    let select = reference.target.clone();
    let make: Maker = Arc::new(move |i| ("GET", format!("/{}", seed::user_id(i * 7_919 % users)), String::new()));
    let select = select.drive(1, plan.seconds, make).await?.rate;
    drop(reference);
    for (what, measured) in &measured {
        report.row(database, users, what, measured, Some(select));
    }
    let slowest = measured.iter().max_by_key(|(_, measured)| measured.p50).ok_or("no page was measured")?;
    println!(
        "The slowest is \"{}\"; half of its answers took no more than {:.1} ms.",
        slowest.0,
        slowest.1.p50.as_secs_f64() * 1_000.0
    );
    Ok(())
}
