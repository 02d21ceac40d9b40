//! Rules as code: a file is planned, applied and exported.

use crate::cli_users::Office;
use crate::support::on_both;

const FILE: &str = r#"
[[rule]]
group = "Support"
role = "Agent"
priority = 10
teams = [{ name = "Night shift" }]

[[rule]]
group = "Leads"
role = "Manager"
priority = 20
teams = [{ name = "Night shift", role = "manager" }, { name = "Day", role = "agent" }]
"#;

/// An office with teams, people and groups: anna and ben in Support, ben in Leads.
async fn office(db: &crate::support::Fresh) -> Office {
    let office = Office::open(db, "10", "reject");
    for team in ["Night shift", "Day"] {
        office.says(&["team", "create", team]);
    }
    let token = office.says(&["token", "create"]);
    let server = office.0.serve().await;
    let scim = office.0.client(token.trim());
    let (anna, ben) = (scim.user("anna").await, scim.user("ben").await);
    scim.group("Support", &[&anna, &ben]).await;
    scim.group("Leads", &[&ben]).await;
    server.terminate();
    office
}

fn put(office: &Office, text: &str) {
    std::fs::write(office.0.folder.path().join("rules.toml"), text).unwrap();
}

const APPLY: [&str; 4] = ["rules", "apply", "rules.toml", "--yes"];

on_both! {
    async fn a_file_is_planned_then_applied_and_a_second_time_there_is_nothing_to_do(db) {
        let office = office(&db).await;
        put(&office, FILE);
        let plan = office.says(&["rules", "plan", "rules.toml"]);
        assert!(plan.contains("+ Support: role Agent, priority 10, teams Night shift (agent)\n"), "{plan}");
        assert!(plan.contains("2 to add, 0 to change, 0 to delete; 2 people change.\n"), "{plan}");
        assert!(plan.contains("ben   Agent → Manager, + ") && office.says(&["rule", "list"]).lines().count() == 2, "{plan}");
        office.refuses(&["rules", "apply", "rules.toml"], "give --yes where nobody can be asked");
        assert!(office.says(&APPLY).ends_with("Applied: 2 added, 0 changed, 0 deleted.\n"));
        assert!(office.says(&["user", "show", "ben"]).contains("Manager, because group Leads, rule with priority 20"));
        assert_eq!(office.says(&APPLY), "Nothing to do: the rules are what the file says.\n");

        put(&office, &FILE.replace("role = \"Manager\"", "role = \"Agent\""));
        let plan = office.says(&["rules", "plan", "rules.toml"]);
        assert!(plan.contains("~ Leads: role Manager → Agent\n") && plan.contains("1 person changes"), "{plan}");
        assert!(office.says(&APPLY).ends_with("Applied: 0 added, 1 changed, 0 deleted.\n"));
        assert_eq!(office.says(&APPLY), "Nothing to do: the rules are what the file says.\n");
    }

    async fn rules_that_the_file_does_not_name_stay_unless_they_are_pruned(db) {
        let office = office(&db).await;
        put(&office, FILE);
        office.says(&APPLY);
        put(&office, "[[rule]]\ngroup = \"Support\"\nrole = \"Agent\"\npriority = 10\nteams = [{ name = \"Night shift\" }]\n");
        let kept = office.0.run(&["rules", "plan", "rules.toml", "--workspace", "Acme"]);
        assert!(String::from_utf8_lossy(&kept.stdout).starts_with("Nothing to do"));
        assert!(String::from_utf8_lossy(&kept.stderr).contains("1 rule that the file does not name"));
        let plan = office.says(&["rules", "plan", "rules.toml", "--prune"]);
        assert!(plan.contains("- Leads: role Manager, priority 20, teams ") && plan.contains("0 to add, 0 to change, 1 to delete; 1 person changes."), "{plan}");
        assert!(office.says(&["rules", "apply", "rules.toml", "--prune", "--yes"]).ends_with("Applied: 0 added, 0 changed, 1 deleted.\n"));
        assert!(office.says(&["user", "show", "ben"]).contains("Agent, because group Support"));
    }

    async fn a_mistake_is_told_with_its_rule_and_line_and_nothing_is_applied(db) {
        let office = office(&db).await;
        for (text, why) in [
            ("[[rule]]\ngroup = \"Support\"\nrole = \"King\"\n", "rule 1 (line 1): there is no role \"King\"; there are Admin, Manager, Agent"),
            ("\n[[rule]]\ngroup = \"Leads\"\nteams = [{ name = \"Noon\" }]\n", "rule 1 (line 2): there is no team \"Noon\""),
            ("[[rule]]\ngroup = \"Leads\"\nteams = [{ name = \"Day\", role = \"boss\" }]\n", "is agent or manager, not \"boss\""),
            ("[[rule]]\ngroup = \"Leads\"\nrole = \"Agent\"\nprio = 3\n", "line 4"),
            ("[[rules]]\ngroup = \"Leads\"\n", "unknown field `rules`"),
            ("[[rule]]\nrole = \"Agent\"\n", "is for a group or for a group_id"),
            ("[[rule]]\ngroup = \"Leads\"\n", "rule 1 (line 1): rule: a rule gives a role, or teams, or both"),
            ("[[rule]]\ngroup_id = \"x\"\nrole = \"Agent\"\n", "is no id"),
        ] {
            put(&office, text);
            office.refuses(&APPLY, why);
        }
        for (second, why) in [
            ("group = \"Support\"\nrole = \"Manager\"", "another rule already has this group"),
            ("group = \"Leads\"\nrole = \"Admin\"", "rule 2 (line 5): grants_admin: "),
            ("group_id = \"0198f2a4-7c1e-7d5b-9a0e-3c5f6b7a8d90\"\nrole = \"Agent\"", "rule 2 (line 5): group: there is no group"),
        ] {
            put(&office, &format!("[[rule]]\ngroup = \"Support\"\nrole = \"Agent\"\n[[rule]]\n{second}\n").replace("\"Agent\"\n[[rule]]", "\"Agent\"\n\n[[rule]]"));
            office.refuses(&APPLY, why);
            assert_eq!(office.says(&["rule", "list"]).lines().count(), 2);
        }
        office.refuses(&["rules", "plan", "nowhere.toml"], "nowhere.toml can't be read");
    }

    async fn what_is_exported_changes_nothing_when_it_is_applied(db) {
        let office = office(&db).await;
        put(&office, &format!("{FILE}\n[[rule]]\ngroup = \"To \\\"come\\\"\"\nrole = \"Admin\"\npriority = -3\ngrants_admin = true\n"));
        office.says(&APPLY);
        let exported = office.says(&["rules", "export"]);
        assert!(exported.contains("grants_admin = true") && exported.contains("# waits for it"), "{exported}");
        put(&office, &exported);
        assert_eq!(office.says(&["rules", "apply", "rules.toml", "--prune", "--yes"]), "Nothing to do: the rules are what the file says.\n");
        assert_eq!(office.says(&["rules", "export"]), exported);
    }

    async fn a_rule_stays_with_its_group_when_that_is_renamed(db) {
        let office = office(&db).await;
        put(&office, FILE);
        office.says(&APPLY);
        let token = office.says(&["token", "create"]);
        let server = office.0.serve().await;
        let scim = office.0.client(token.trim());
        let leads = scim.find("/Groups", "displayName eq \"Leads\"", "").await.expect(200).json["Resources"][0]["id"].as_str().unwrap().to_owned();
        scim.patch(&format!("/Groups/{leads}"), serde_json::json!([{"op": "replace", "path": "displayName", "value": "Heads"}])).await.expect(200);
        scim.group("Leads", &[]).await;
        server.terminate();
        assert_eq!(office.says(&APPLY), "Nothing to do: the rules are what the file says.\n");
        assert!(office.says(&["rules", "export"]).contains("group = \"Leads\" # now called Heads"));
    }

    async fn the_example_file_can_be_applied(db) {
        let office = Office::open(&db, "10", "reject");
        for team in ["Night shift", "Day shift"] {
            office.says(&["team", "create", team]);
        }
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config/rules.example.toml");
        assert!(office.says(&["rules", "apply", example, "--yes"]).ends_with("Applied: 2 added, 0 changed, 0 deleted.\n"));
    }
}
