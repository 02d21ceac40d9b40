//! The play: joiners, groups, a full house, a leaver, a mover, a promotion; first as Okta says it, then as Entra ID does.

use hyper::Method;
use serde_json::{Value, json};

use super::talk::Provider;
use crate::cli::CliError;
use crate::cli::out::say;
use crate::scim::patch::PATCH_OP_URN;
use crate::scim::schema::{AISOULE_USER, ENTERPRISE_USER, GROUP, USER};

/// Plays all scenes; gives the number of requests, and the id of Emma, who has the last seat.
pub async fn play(base: &str, okta: &str, entra: &str) -> Result<(usize, String), CliError> {
    let mut okta = Provider::new("Okta", base, okta);
    let mut entra = Provider::new("Entra", base, entra);

    say!("\n1. Okta tests the connection and pushes two joiners and a group.\n")?;
    okta.read("/Users?startIndex=1&count=2").await?;
    let anna = okta_joins(&mut okta, "00u1anna", "anna.larsson@acme.example", "Anna", "Larsson").await?;
    let ben = okta_joins(&mut okta, "00u2ben", "ben.okafor@acme.example", "Ben", "Okafor").await?;
    okta.find("/Groups", "displayName eq \"Support\"").await?;
    let members = json!([{"value": anna}, {"value": ben}]);
    let support = id(&okta
        .send(Method::POST, "/Groups", &json!({"schemas": [GROUP], "displayName": "Support", "members": members}))
        .await?);

    say!("\n2. Entra ID pushes two joiners and their department.\n")?;
    entra.find("/Users", "userName eq \"3f6c2b0e-0000-4000-8000-8d1b0f4a7c11\"").await?;
    let chloe = entra_joins(&mut entra, "chloe.martin@acme.example", "Chloé Martin", "Sales").await?;
    let dario = entra_joins(&mut entra, "dario.rossi@acme.example", "Dario Rossi", "Support").await?;

    say!("\n3. The house is full: the protected Admin and four people hold all five seats.\n")?;
    let emma = entra_body("emma.novak@acme.example", "Emma Novak", "Support");
    entra.send(Method::POST, "/Users", &emma).await?;

    say!("\n4. A leaver: Okta deactivates Ben. His seat is free at once, and Entra ID's next try succeeds.\n")?;
    let leave = json!({"schemas": [PATCH_OP_URN], "Operations": [{"op": "replace", "value": {"active": false}}]});
    okta.send(Method::PATCH, &format!("/Users/{ben}"), &leave).await?;
    let emma = id(&entra.send(Method::POST, "/Users", &emma).await?);

    say!("\n5. A mover: Chloé goes from Sales to Support, and Dario gets a manager.\n")?;
    let moves = json!({"schemas": [PATCH_OP_URN], "Operations": [
        {"op": "Replace", "path": format!("{ENTERPRISE_USER}:department"), "value": "Support"},
        {"op": "Add", "path": "emails[type eq \"other\"].value", "value": "chloe@home.example"},
        {"op": "Replace", "path": "active", "value": "True"},
    ]});
    entra.send(Method::PATCH, &format!("/Users/{chloe}"), &moves).await?;
    let manager = json!({"schemas": [PATCH_OP_URN], "Operations": [
        {"op": "Add", "path": format!("{ENTERPRISE_USER}:manager"), "value": chloe},
    ]});
    entra.send(Method::PATCH, &format!("/Users/{dario}"), &manager).await?;
    let joins = json!({"schemas": [PATCH_OP_URN], "Operations": [
        {"op": "Add", "path": "members", "value": [{"value": chloe}, {"value": dario}, {"value": &emma}]},
        {"op": "Remove", "path": "members", "value": [{"value": ben}]},
    ]});
    entra.send(Method::PATCH, &format!("/Groups/{support}"), &joins).await?;

    say!("\n6. A lost answer: Okta creates Anna once more, is told why not, and finds her.\n")?;
    okta.send(Method::POST, "/Users", &okta_body("00u1anna", "Anna.Larsson@acme.example", "Anna", "Larsson")).await?;
    okta.find("/Users", "userName eq \"ANNA.LARSSON@acme.example\"").await?;

    say!(
        "\n7. A promotion: Okta pushes the group Support leads, for which a rule is waiting. Anna is a Manager at once.\n"
    )?;
    let leads = json!({"schemas": [GROUP], "displayName": "Support leads", "members": [{"value": anna}]});
    okta.send(Method::POST, "/Groups", &leads).await?;
    let shown = okta.read(&format!("/Users/{anna}")).await?;
    let role = shown.pointer(&format!("/{AISOULE_USER}/role")).and_then(Value::as_str).unwrap_or_default().to_owned();
    if role != "Manager" {
        return Err(CliError::Demo(format!("Anna should be a Manager and is {role}")));
    }
    Ok((okta.spoken() + entra.spoken(), emma))
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap_or_default().to_owned()
}

fn okta_body(external_id: &str, email: &str, given: &str, family: &str) -> Value {
    json!({
        "schemas": [USER], "userName": email, "name": {"givenName": given, "familyName": family},
        "emails": [{"primary": true, "value": email, "type": "work"}], "displayName": format!("{given} {family}"),
        "locale": "en-US", "externalId": external_id, "groups": [], "active": true,
    })
}

async fn okta_joins(
    okta: &mut Provider,
    external_id: &str,
    email: &str,
    given: &str,
    family: &str,
) -> Result<String, CliError> {
    okta.find("/Users", &format!("userName eq \"{email}\"")).await?;
    Ok(id(&okta.send(Method::POST, "/Users", &okta_body(external_id, email, given, family)).await?))
}

fn entra_body(email: &str, name: &str, department: &str) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE_USER], "externalId": email.split('@').next(), "userName": email, "active": true,
        "displayName": name, "emails": [{"primary": true, "type": "work", "value": email}],
        ENTERPRISE_USER: {"department": department},
    })
}

async fn entra_joins(entra: &mut Provider, email: &str, name: &str, department: &str) -> Result<String, CliError> {
    entra.find("/Users", &format!("userName eq \"{email}\"")).await?;
    Ok(id(&entra.send(Method::POST, "/Users", &entra_body(email, name, department)).await?))
}
