//! Users, roles, teams, rules and seats on the command line, as an operator works with them.

use serde_json::json;

use crate::support::on_both;
use crate::support::program::Program;

/// A workspace with a protected Admin, and the commands of an operator in it.
pub struct Office(pub Program);

impl Office {
    pub fn open(db: &crate::support::Fresh, seats: &str, policy: &str) -> Self {
        let office = Self(Program::new(db));
        office.0.says(&["workspace", "create", "Acme", "--plan", "growth", "--seats", seats, "--seat-policy", policy]);
        office.user("root@acme.example", "Root", "admin", &["--protected"]);
        office
    }

    pub fn user(&self, email: &str, name: &str, role: &str, more: &[&str]) {
        let arguments = ["user", "create", "--workspace", "Acme", "--email", email, "--name", name, "--role", role];
        let made = self.0.tell(&[&arguments[..], more].concat(), "correct horse battery\n");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    #[track_caller]
    pub fn says(&self, arguments: &[&str]) -> String {
        self.0.says(&[arguments, &["--workspace", "Acme"]].concat())
    }

    #[track_caller]
    pub fn refuses(&self, arguments: &[&str], why: &str) {
        let said = self.0.fails(&[arguments, &["--workspace", "Acme"]].concat());
        assert!(said.contains(why), "{arguments:?}: {said}");
    }
}

/// The cells of the row of a table in which a cell is `name`; columns are two spaces apart.
fn row(table: &str, name: &str) -> Vec<String> {
    let cells = |line: &str| {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    table
        .lines()
        .map(cells)
        .find(|cells| cells.iter().any(|cell| cell == name))
        .unwrap_or_else(|| panic!("no {name} in {table}"))
}

on_both! {
    async fn users_are_listed_shown_edited_and_deleted(db) {
        let office = Office::open(&db, "10", "reject");
        office.user("anna@acme.example", "Anna Novak", "agent", &[]);
        office.user("ben@acme.example", "Ben Okafor", "manager", &[]);
        let all = office.says(&["user", "list"]);
        assert_eq!(row(&all, "Anna Novak")[..5], ["Anna Novak", "anna@acme.example", "Agent", "a hand", "active"]);
        assert!(row(&all, "Root").contains(&"active (protected)".to_owned()), "{all}");
        assert_eq!(office.says(&["user", "remove-factor", "anna@acme.example"]), "Anna Novak has no second factor.\n");
        for (arguments, count) in [
            (&["--search", "NOVAK"][..], 1), (&["--role", "admin"], 1), (&["--status", "inactive"], 0), (&["--limit", "2"], 2), (&[], 3),
        ] {
            let shown = office.says(&[&["user", "list"], arguments].concat());
            assert_eq!(shown.lines().count(), 2 + count, "{arguments:?}: {shown}");
        }
        let edited = office.says(&["user", "edit", "anna@acme.example", "--name", "Anna N.", "--email", "an@acme.example", "--role", "manager", "--available", "true"]);
        assert_eq!(edited, "Manager Anna N. (an@acme.example), active\n");
        let shown = office.says(&["user", "show", "AN@acme.example"]);
        for line in ["Anna N.", "Manager, because somebody set it by hand", "available     yes", "kept by       hand", "userName      an@acme.example"] {
            assert!(shown.contains(line), "{line}: {shown}");
        }
        assert_eq!(office.says(&["user", "deactivate", "ben@acme.example"]), "Manager Ben Okafor (ben@acme.example), inactive\n");
        assert!(office.says(&["user", "show", "ben@acme.example"]).contains("inactive by command line"));
        assert_eq!(office.says(&["user", "activate", "ben@acme.example"]), "Manager Ben Okafor (ben@acme.example), active\n");
        assert!(office.says(&["user", "release", "ben@acme.example", "role"]).starts_with("Agent Ben"));
        assert_eq!(office.says(&["user", "delete", "ben@acme.example"]), "Deleted Ben Okafor.\n");
        office.refuses(&["user", "show", "ben@acme.example"], "there is no user \"ben@acme.example\" in Acme");
        office.refuses(&["user", "deactivate", "root@acme.example"], "the last active Admin");
        office.refuses(&["user", "edit", "an@acme.example", "--role", "king"], "there is no role \"king\" in Acme; there are Admin, Manager, Agent");
        office.refuses(&["user", "edit", "an@acme.example", "--email", "x"], "is no email address");
        office.refuses(&["user", "release", "an@acme.example", "hat"], "must be one of full_name, email, role, active");
        let reset = ["user", "reset-password", "an@acme.example", "--workspace", "Acme"];
        assert!(office.0.tell(&reset, "a new long password\n").status.success());
        let short = office.0.tell(&reset, "short\n");
        assert!(!short.status.success() && String::from_utf8_lossy(&short.stderr).contains("12 characters"));
        assert!(office.0.says(&["doctor"]).lines().all(|line| line.starts_with("ok")));
    }

    async fn what_a_provider_keeps_is_changed_only_where_that_is_meant(db) {
        let office = Office::open(&db, "10", "reject");
        let token = office.says(&["token", "create"]);
        let server = office.0.serve().await;
        let scim = office.0.client(token.trim());
        scim.post("/Users", json!({"userName": "eva@acme.example", "displayName": "Eva", "externalId": "e1"})).await.expect(201);
        server.terminate();
        office.refuses(&["user", "edit", "eva@acme.example", "--name", "Eve"], "give --overrule to do it all the same");
        office.refuses(&["user", "delete", "eva@acme.example"], "give --overrule");
        office.says(&["user", "edit", "eva@acme.example", "--name", "Eve", "--overrule"]);
        let shown = office.says(&["user", "show", "eva@acme.example"]);
        assert!(shown.contains("full_name \"Eve\" by command line") && shown.contains("the provider says \"Eva\""), "{shown}");
        assert!(shown.contains("an identity provider") && shown.contains("the default role"), "{shown}");
        assert!(row(&office.says(&["user", "list"]), "Eve").contains(&"full_name".to_owned()));
        office.says(&["user", "release", "eva@acme.example", "full_name"]);
        assert!(office.says(&["user", "list"]).contains("Eva "));
        office.says(&["user", "delete", "eva@acme.example", "--overrule"]);
    }

    async fn roles_and_teams_are_made_changed_and_deleted(db) {
        let office = Office::open(&db, "10", "reject");
        assert!(office.0.says(&["role", "permissions"]).contains("users:write"));
        assert_eq!(office.says(&["role", "create", "Auditor", "--permissions", "users:read,audit:read"]), "Role Auditor: may users:read,audit:read.\n");
        office.refuses(&["role", "create", "Wizard", "--permissions", "magic:do"], "there is no permission \"magic:do\"");
        office.refuses(&["role", "create", "AUDITOR"], "another role already has this name");
        office.refuses(&["role", "edit", "Agent", "--name", "Helper"], "is built in and can't be edited");
        assert_eq!(office.says(&["role", "edit", "auditor", "--name", "Checker", "--permissions", "users:read", "--default"]), "Role Checker, the default: may users:read.\n");
        office.refuses(&["role", "delete", "Checker"], "is the default role");
        office.says(&["role", "edit", "Agent", "--default"]);
        office.user("anna@acme.example", "Anna", "Checker", &[]);
        assert_eq!(row(&office.says(&["role", "list"]), "Checker")[..3], ["Checker", "1", "0"]);
        office.refuses(&["role", "delete", "Checker"], "the role Checker is in use: 1 user");
        office.says(&["user", "edit", "anna@acme.example", "--role", "agent"]);
        assert_eq!(office.says(&["role", "delete", "Checker"]), "Deleted the role Checker.\n");

        assert_eq!(office.says(&["team", "create", "Nights", "--strategy", "load_balanced", "--description", "After ten"]), "Team Nights, load_balanced.\n");
        assert_eq!(office.says(&["team", "edit", "nights", "--name", "Night shift", "--active", "false"]), "Team Night shift, load_balanced, inactive.\n");
        assert_eq!(office.says(&["team", "add", "night shift", "anna@acme.example", "--role", "manager"]), "Anna is in Night shift as manager.\n");
        assert_eq!(row(&office.says(&["team", "members", "Night shift"]), "Anna")[1..5], ["anna@acme.example", "manager", "a hand", "unavailable"]);
        assert_eq!(row(&office.says(&["team", "list"]), "Night shift")[1..5], ["1", "0", "load_balanced", "inactive"]);
        assert!(office.says(&["user", "show", "anna@acme.example"]).contains("Night shift (manager), by hand"));
        assert_eq!(office.says(&["user", "list", "--team", "Night shift"]).lines().count(), 3);
        office.says(&["team", "remove", "Night shift", "anna@acme.example"]);
        office.refuses(&["team", "remove", "Night shift", "anna@acme.example"], "Anna is no member of Night shift");
        office.refuses(&["team", "members", "Days"], "there is no team \"Days\" in Acme; there are Night shift");
        office.says(&["team", "delete", "Night shift"]);
    }

    async fn a_rule_says_who_changes_before_it_is_made(db) {
        let office = Office::open(&db, "10", "reject");
        let token = office.says(&["token", "create"]);
        let server = office.0.serve().await;
        let scim = office.0.client(token.trim());
        let (anna, ben) = (scim.user("anna").await, scim.user("ben").await);
        scim.group("Support", &[&anna, &ben]).await;
        server.terminate();
        office.says(&["team", "create", "Day"]);
        let create = ["rule", "create", "--group", "support", "--role", "manager", "--priority", "10", "--team", "Day:manager"];
        let foreseen = office.says(&[&create[..], &["--preview"]].concat());
        assert!(foreseen.starts_with("2 people change; nothing was changed yet.\n"), "{foreseen}");
        assert_eq!(row(&foreseen, "anna")[1], "Agent → Manager, + Day (manager)");
        assert_eq!(office.says(&["rule", "list"]).lines().count(), 2);
        assert!(office.says(&create).starts_with("Made the rule for Support: "));
        assert_eq!(row(&office.says(&["rule", "list"]), "Support")[1..4], ["Manager", "10", "Day (manager)"]);
        assert!(office.says(&["user", "show", "anna"]).contains("Manager, because group Support, rule with priority 10"));
        office.refuses(&["team", "remove", "Day", "anna"], "give --overrule");
        office.says(&["team", "remove", "Day", "anna", "--overrule"]);
        assert!(office.says(&["user", "show", "anna"]).contains("kept out of   Day, by hand"));
        office.says(&["team", "release", "Day", "anna"]);
        assert!(office.says(&["user", "show", "anna"]).contains("Day (manager), because of Support"));
        let foreseen = office.says(&["rule", "edit", "Support", "--no-teams", "--preview"]);
        assert_eq!(row(&foreseen, "ben")[1], "- Day");
        assert!(office.says(&["rule", "edit", "Support", "--role", "agent", "--no-teams"]).starts_with("Changed the rule"));
        let foreseen = office.says(&["rule", "delete", "Support", "--preview"]);
        assert_eq!(row(&foreseen, "ben")[1], "keeps what they have, because of another rule");
        office.refuses(&["rule", "edit", "Support", "--role", "admin"], "give --grants-admin where that is meant");
        office.refuses(&["rule", "create", "--role", "admin"], "required arguments");
        office.refuses(&["rule", "create", "--group", "Support", "--role", "agent"], "another rule already has this group");
        assert!(office.says(&["rule", "create", "--group", "Later", "--role", "agent", "--preview"]).starts_with("0 people change"));
        assert!(office.says(&["rule", "create", "--group", "Later", "--role", "agent"]).contains("which waits for a group of that name"));
        office.says(&["rule", "delete", "Support"]);
        office.refuses(&["rule", "delete", "Support"], "there is no rule \"Support\"");
    }

    async fn the_seats_say_who_waits_and_what_comes_next(db) {
        let office = Office::open(&db, "2", "park");
        for name in ["anna", "ben", "chloe"] {
            office.user(&format!("{name}@acme.example"), name, "agent", &[]);
        }
        let shown = office.says(&["seats", "show"]);
        assert!(shown.starts_with("Acme: plan Growth, 2 of 2 seats used (a number of its own), policy park.\nForecast: 2 parked, none free: the next one waits"), "{shown}");
        assert_eq!(row(&shown, "ben")[..3], ["1", "ben", "ben@acme.example"]);
        assert_eq!(office.says(&["user", "list", "--status", "waiting"]).lines().count(), 4);
        assert!(office.says(&["user", "show", "ben@acme.example"]).contains("waiting for a seat since"));
        office.says(&["user", "deactivate", "anna@acme.example"]);
        assert!(office.says(&["seats", "show"]).contains("Forecast: 1 parked"));
        office.refuses(&["user", "activate", "nobody"], "there is no user");
    }
}

#[test]
fn every_command_teaches_by_its_help() {
    let program = Program::new(&crate::support::Fresh::sqlite());
    for (command, words) in [
        (&["user", "edit"][..], "--overrule"),
        (&["user", "list"], "--status waiting"),
        (&["user", "release"], "the rules over role"),
        (&["user", "remove-factor"], "they are told by mail"),
        (&["role", "create"], "aisoule-bridge role create Auditor"),
        (&["team", "add"], "whatever the rules say"),
        (&["rule", "create"], "--preview"),
        (&["seats", "show"], "workspace set"),
    ] {
        let help = program.says(&[command, &["--help"]].concat());
        assert!(help.contains(words) && help.contains("Example"), "{command:?}: {help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    }
}
