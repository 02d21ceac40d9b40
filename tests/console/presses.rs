//! Which forms plays press: each says it in a constant, each is held to it, and together they press all that there are.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use aisoule_bridge::http::browser::Route;
use aisoule_bridge::http::{console, login};
use serde_json::Value;

use crate::crawl::fits;
use crate::support::parts::has_browser;

/// What plays say that they press: a route of a form that changes something, as it stands in the table (`/settings/users/new`), or
/// a form that looks for something with one of its fields (`/settings/audit?actor`).
pub type Presses = &'static [&'static str];

/// Every play's.
const ALL: &[Presses] = &[
    crate::again::PRESSES,
    crate::audit::PRESSES,
    crate::bulk::PRESSES,
    crate::connector_page::PRESSES,
    crate::domains_page::PRESSES,
    crate::first_run::PRESSES,
    crate::first_run::BARE,
    crate::groups::PRESSES,
    crate::keys::PRESSES,
    crate::overtaken::PRESSES,
    crate::play_account::PRESSES,
    crate::play_bare::PRESSES,
    crate::play_connected::PRESSES,
    crate::play_files::PRESSES,
    crate::play_lists::PRESSES,
    crate::play_people::ENDED,
    crate::play_people::GIVEN,
    crate::play_phone::PRESSES,
    crate::play_provider::PRESSES,
    crate::play_review::PRESSES,
    crate::play_setup::FIRST_RUN,
    crate::play_setup::CUSTOMER,
    crate::play_setup::REVOKED,
    crate::play_structure::PRESSES,
    crate::portions::PRESSES,
    crate::provisioning::PRESSES,
    crate::requests_seen::PRESSES,
    crate::reviews::PRESSES,
    crate::roles::PRESSES,
    crate::rules::PRESSES,
    crate::seats::PRESSES,
    crate::setup_link::PRESSES,
    crate::setup_link::CUSTOMER,
    crate::sso_page::PRESSES,
    crate::teams::PRESSES,
    crate::users_seen::MADE,
    crate::users_seen::SWITCHED,
    crate::users_seen::PINNED,
    crate::webhooks_page::PRESSES,
];

/// The pages and forms of the console, and those of one's own account.
fn routes() -> impl Iterator<Item = &'static Route> {
    console::ROUTES.iter().chain(login::ROUTES.iter())
}

/// The path of the route that an address leads to.
fn route(method: &str, address: &str, base: &str) -> Option<&'static str> {
    let path = address.strip_prefix(base)?;
    let routes = routes().filter(|route| route.method == method);
    // One that has a name of its own goes before one for any name, as in the router.
    let fitting = routes.map(|route| route.path).filter(|route| fits(route, path));
    fitting.min_by_key(|route| route.matches('{').count())
}

/// What was pressed at a bridge, and not answered by an error, in a play that has come to its end.
fn pressed(seen: &Value, base: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for post in seen["posts"].as_array().unwrap() {
        let is_good = post["status"].as_u64().unwrap() < 400;
        all.extend(route("POST", post["to"].as_str().unwrap(), base).filter(|_| is_good).map(str::to_owned));
    }
    for get in seen["gets"].as_array().unwrap() {
        let Some((address, query)) = get.as_str().unwrap().split_once('?') else { continue };
        let fields = form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty());
        let route = route("GET", address, base);
        all.extend(fields.filter_map(|(name, _)| Some(format!("{}?{name}", route?))));
    }
    all
}

/// What was pressed at a desk so far.
#[derive(Default)]
pub struct Pressed(Mutex<BTreeSet<String>>);

impl Pressed {
    /// Notes what a play pressed.
    pub fn note(&self, seen: &Value, base: &str) {
        self.0.lock().unwrap().extend(pressed(seen, base));
    }

    /// Checks that it was just this, and begins anew.
    #[track_caller]
    pub fn is_just(&self, wanted: Presses) {
        let wanted: BTreeSet<String> = wanted.iter().map(|one| (*one).to_owned()).collect();
        let is = std::mem::take(&mut *self.0.lock().unwrap());
        if has_browser() {
            assert_eq!(is, wanted, "what was pressed, and what the play says that it presses");
        }
    }
}

impl Drop for Pressed {
    fn drop(&mut self) {
        let left = std::mem::take(self.0.get_mut().unwrap());
        assert!(left.is_empty() || std::thread::panicking(), "a play says nowhere that it presses {left:?}");
    }
}

/// Checks that plays pressed just this at a bridge.
#[track_caller]
pub fn are_just(plays: &[Value], base: &str, wanted: Presses) {
    let all = Pressed::default();
    for seen in plays {
        all.note(seen, base);
    }
    all.is_just(wanted);
}

/// The templates below a folder.
fn templates(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            templates(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "html") {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// What stands between quotes after this.
fn quoted<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    text.split_once(before)?.1.split('"').next()
}

/// Every field of every form that looks for something, as the templates have them: what is written into an address stands for any
/// part of a path.
fn looked_for() -> BTreeSet<String> {
    let mut all = Vec::new();
    templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/console"), &mut all);
    let mut fields = BTreeSet::new();
    for form in all.iter().flat_map(|template| template.split("<form").skip(1)) {
        let form = form.split("</form>").next().unwrap();
        if !form.contains("method=\"get\"") {
            continue;
        }
        let action = quoted(form, "action=\"").unwrap();
        let parts: Vec<&str> = action.split('/').map(|part| if part.contains("{{") { "any" } else { part }).collect();
        let route = route("GET", &parts.join("/"), "").unwrap_or_else(|| panic!("no page is at {action}"));
        // A field, and not what is only hidden in the form.
        for tag in form
            .split('<')
            .filter(|tag| ["input", "select", "textarea", "button"].iter().any(|one| tag.starts_with(one)))
        {
            if let Some(name) = quoted(tag, " name=\"").filter(|_| !tag.contains("type=\"hidden\"")) {
                fields.insert(format!("{route}?{name}"));
            }
        }
    }
    fields
}

#[test]
fn every_form_of_the_console_is_pressed_in_a_browser_with_every_field_that_narrows_a_list() {
    let pressed: BTreeSet<&str> = ALL.iter().flat_map(|presses| presses.iter().copied()).collect();
    let routes = routes().filter(|route| route.method == "POST").map(|route| route.path.to_owned());
    let fields = looked_for();
    assert!(fields.len() > 15, "{fields:?}");
    let wanted: BTreeSet<String> = routes.chain(fields).collect();
    let left: Vec<&String> = wanted.iter().filter(|one| !pressed.contains(one.as_str())).collect();
    assert!(left.is_empty(), "nobody presses {left:#?}");
    let strange: Vec<&&str> = pressed.iter().filter(|one| !wanted.contains(**one)).collect();
    assert!(strange.is_empty(), "there is no {strange:?}");
}
