//! The way through an identity provider's screens, field by field: for Admins in Provisioning, and for whoever sets up.
//!
//! What stands on the provider's screens stands here in its own English words, in every language of the console; the
//! sentences around it are texts, `guide-{provider}-{step}` and so on.

use std::borrow::Cow;

use super::requests::why as reasons;
use crate::http::texts::Language;

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
struct Source {
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

const OKTA: Source = Source {
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

const ENTRA: Source = Source {
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
pub struct Shown {
    /// Its number.
    pub place: usize,
    /// What is done.
    pub title: Cow<'static, str>,
    /// How.
    pub body: Cow<'static, str>,
    /// Its place on the provider's screens; empty: none.
    pub screen: &'static str,
    /// Fields, with what is entered in each, and whether that is copied as it is.
    pub fields: Vec<(&'static str, String, bool)>,
}

/// A typical mistake, for people.
pub struct Mistake {
    /// What the provider shows.
    pub sign: &'static str,
    /// What that means.
    pub means: String,
    /// What is to be done.
    pub next: String,
}

/// A provider's guide, for people: `guide_steps.html` and `guide_after.html` show it as `guide`.
pub struct Guide {
    /// What the provider is called.
    pub name: &'static str,
    /// The address of the SCIM service.
    pub scim_url: String,
    /// Where the token is made, for whoever may.
    pub token_at: Option<String>,
    /// The way through the screens.
    pub steps: Vec<Shown>,
    /// What is seen at the provider, and here.
    pub seen: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// What goes wrong.
    pub mistakes: Vec<Mistake>,
}

impl Guide {
    /// The guide for `okta` or `entra`; none for others.
    #[must_use]
    pub fn of(language: Language, provider: &str, scim_url: &str, token_at: Option<String>) -> Option<Self> {
        let source = [&OKTA, &ENTRA].into_iter().find(|source| source.id == provider)?;
        let say = |rest: String| language.say(&format!("guide-{}-{rest}", source.id));
        let value = |(label, value): &'static Field| match value {
            Url => (*label, scim_url.to_owned(), true),
            Words(words) => (*label, (*words).to_owned(), true),
            Said(name) => (*label, language.say(name).into_owned(), false),
        };
        let step = |(before, step): (usize, &'static Step)| Shown {
            place: before + 1,
            title: say(format!("{}-title", before + 1)),
            body: say((before + 1).to_string()),
            screen: step.screen,
            fields: step.fields.iter().map(value).collect(),
        };
        // What is wrong is another thing each time.
        let why = |name: String| language.fill(name).with("what", "…").to_string().replace("….", "…");
        let mistake = |(sign, name): &(&'static str, &str)| Mistake {
            sign,
            means: why(format!("why-{name}")),
            next: why(format!("why-{name}-next")),
        };
        debug_assert!(source.mistakes.iter().all(|(_, name)| reasons::names().any(|known| known == *name)));
        Some(Self {
            name: source.name,
            scim_url: scim_url.to_owned(),
            token_at,
            steps: source.steps.iter().enumerate().map(step).collect(),
            seen: (1..=source.seen).map(|line| (say(format!("see-{line}")), say(format!("see-{line}-here")))).collect(),
            mistakes: source.mistakes.iter().map(mistake).collect(),
        })
    }
}
