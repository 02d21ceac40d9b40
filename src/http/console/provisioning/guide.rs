//! `/settings/provisioning/okta` and `/settings/provisioning/entra`: the way through the provider's screens, field by field.
//!
//! What stands on the provider's screens stands here in its own English words, in every language of the console; the
//! sentences around it are texts, `guide-{provider}-{step}` and so on.

use std::borrow::Cow;

use askama::Template;

use super::{Line, State, lines};
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::requests::why;

/// What is entered in a field.
enum Value {
    /// The address of the SCIM service.
    Url,
    /// These words, as they are.
    Words(&'static str),
    /// What the text of that name says.
    Said(&'static str),
}

/// A field of the provider's screen, as it is called there, and what is entered.
type Field = (&'static str, Value);

/// A step, with the fields of its screen.
struct Step {
    /// Its place on the provider's screens; empty: none.
    screen: &'static str,
    fields: &'static [Field],
}

/// A provider's guide.
struct Guide {
    /// `okta`
    id: &'static str,
    name: &'static str,
    steps: &'static [Step],
    /// How many lines the table of what is seen has.
    seen: usize,
    /// What the provider shows of a typical mistake, and which reason of the request log that is.
    mistakes: &'static [(&'static str, &'static str)],
}

use Value::{Said, Url, Words};

const OKTA: Guide = Guide {
    id: "okta",
    name: "Okta",
    steps: &[
        Step { screen: "", fields: &[] },
        Step { screen: "Applications → Applications", fields: &[] },
        Step {
            screen: "Provisioning → Integration → Edit",
            fields: &[
                ("SCIM connector base URL", Url),
                ("Unique identifier field for users", Words("userName")),
                ("Supported provisioning actions", Words("Push New Users, Push Profile Updates, Push Groups")),
                ("Authentication Mode", Words("HTTP Header")),
                ("Authorization: Bearer", Said("guide-the-token")),
            ],
        },
        Step { screen: "Test Connector Configuration", fields: &[] },
        Step {
            screen: "Provisioning → To App → Edit",
            fields: &[
                ("Create Users", Said("guide-on")),
                ("Update User Attributes", Said("guide-on")),
                ("Deactivate Users", Said("guide-on")),
                ("Sync Password", Said("guide-off")),
            ],
        },
        Step {
            screen: "Provisioning → To App → Attribute Mappings",
            fields: &[
                ("userName", Words("Application username (user.login)")),
                ("givenName", Words("user.firstName")),
                ("familyName", Words("user.lastName")),
                ("email", Words("user.email")),
                ("displayName", Words("user.displayName")),
                ("externalId", Said("guide-okta-external-id")),
                ("manager, managerValue", Said("guide-okta-manager")),
            ],
        },
        Step { screen: "Assignments → Assign", fields: &[] },
        Step { screen: "Push Groups → Push Groups → Find groups by name", fields: &[] },
    ],
    seen: 7,
    mistakes: &[
        ("401 This token is not known here; …", "token-unknown"),
        ("401 This token expired; …", "token-expired"),
        ("403 This token may only read (scope scim:read); …", "read-only"),
        ("403 No seat is free: …", "seats"),
        ("404 There is nothing at a path with two slashes; …", "two-slashes"),
        ("409 Another user already has this userName.", "taken-user-name"),
        ("409 Another user already has this email address (emails).", "taken-email"),
        ("409 Another user already has this externalId.", "taken-external-id"),
        ("409 Another group already has this displayName.", "taken-group-name"),
        ("400 members: there is no user or group with …", "member-missing"),
        ("400 password: a password has 12 characters or more.", "password-weak"),
    ],
};

const ENTRA: Guide = Guide {
    id: "entra",
    name: "Microsoft Entra ID",
    steps: &[
        Step { screen: "", fields: &[] },
        Step { screen: "Enterprise applications → New application → Create your own application", fields: &[] },
        Step {
            screen: "Provisioning → New configuration",
            fields: &[
                ("Select authentication method", Words("Bearer authentication")),
                ("Tenant URL", Url),
                ("Secret token", Said("guide-the-token")),
            ],
        },
        Step { screen: "Test connection → Create", fields: &[] },
        Step {
            screen: "Provisioning → Attribute mapping → Provision Microsoft Entra ID Users",
            fields: &[
                ("userName", Words("userPrincipalName")),
                ("active", Words("Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")")),
                ("displayName", Words("displayName")),
                ("emails[type eq \"work\"].value", Words("mail")),
                ("name.givenName", Words("givenName")),
                ("name.familyName", Words("surname")),
                ("externalId", Words("objectId")),
                ("manager", Said("guide-entra-manager")),
            ],
        },
        Step {
            screen: "Provisioning → Attribute mapping → Provision Microsoft Entra ID Groups",
            fields: &[
                ("displayName", Words("displayName")),
                ("externalId", Words("objectId")),
                ("members", Words("members")),
            ],
        },
        Step { screen: "Provisioning", fields: &[("Scope", Words("Sync only assigned users and groups"))] },
        Step { screen: "Users and groups → Add user/group", fields: &[] },
        Step { screen: "Provisioning → Provision on demand", fields: &[] },
        Step { screen: "Provisioning → Overview → Start provisioning", fields: &[] },
    ],
    seen: 7,
    mistakes: &[
        ("401 This token is not known here; …", "token-unknown"),
        ("401 This token expired; …", "token-expired"),
        ("403 No seat is free: …", "seats"),
        ("409 Another user already has this userName.", "taken-user-name"),
        ("409 Another user already has this email address (emails).", "taken-email"),
        ("409 Another user already has this externalId.", "taken-external-id"),
        ("400 Operation 1: There is no attribute \"…\".", "no-such-attribute"),
        ("400 … can't be changed by a client.", "not-changeable"),
        ("400 manager: there is no such user …", "manager-missing"),
        ("400 members: there is no user or group with …", "member-missing"),
        ("400 active has to be true or false.", "not-a-switch"),
    ],
};

/// A step, for people.
struct Shown {
    place: usize,
    title: Cow<'static, str>,
    body: Cow<'static, str>,
    screen: &'static str,
    fields: Vec<(&'static str, String, bool)>,
}

/// A typical mistake, for people.
struct Mistake {
    sign: &'static str,
    means: String,
    next: String,
}

#[derive(Template)]
#[template(path = "provisioning/guide.html")]
struct Page<'a> {
    frame: &'a Frame,
    id: &'static str,
    name: &'static str,
    scim_url: &'a str,
    steps: Vec<Shown>,
    seen: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    mistakes: Vec<Mistake>,
    tokens: Vec<Line>,
}

/// `GET /settings/provisioning/okta`
pub async fn okta(asked: Asked) -> Answer {
    guide(asked, &OKTA).await
}

/// `GET /settings/provisioning/entra`
pub async fn entra(asked: Asked) -> Answer {
    guide(asked, &ENTRA).await
}

async fn guide(asked: Asked, guide: &'static Guide) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    let (tokens, _, _) = lines(&asked, &frame).await?;
    let say = |rest: String| frame.say(&format!("guide-{}-{rest}", guide.id));
    let value = |(label, value): &'static Field| match value {
        Url => (*label, asked.app.scim_url.clone(), true),
        Words(words) => (*label, (*words).to_owned(), true),
        Said(name) => (*label, frame.say(name).into_owned(), false),
    };
    let step = |(before, step): (usize, &'static Step)| Shown {
        place: before + 1,
        title: say(format!("{}-title", before + 1)),
        body: say((before + 1).to_string()),
        screen: step.screen,
        fields: step.fields.iter().map(value).collect(),
    };
    let mistake = |(sign, name): &(&'static str, &str)| Mistake {
        sign,
        means: frame.language.fill(format!("why-{name}")).with("what", "…").to_string(),
        next: frame.language.fill(format!("why-{name}-next")).with("what", "…").to_string(),
    };
    debug_assert!(guide.mistakes.iter().all(|(_, name)| why::names().any(|known| known == *name)));
    let page = Page {
        id: guide.id,
        name: guide.name,
        scim_url: &asked.app.scim_url,
        steps: guide.steps.iter().enumerate().map(step).collect(),
        seen: (1..=guide.seen).map(|line| (say(format!("see-{line}")), say(format!("see-{line}-here")))).collect(),
        mistakes: guide.mistakes.iter().map(mistake).collect(),
        tokens,
        frame: &frame,
    };
    Ok(shown(frame.status(), &page))
}
