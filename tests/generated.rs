//! Filters, users and PATCH operations out of a stream of choices: from a seed, or from bytes that proptest shrinks.

use aisoule_bridge::scim::schema::{Attribute, COMMON, Kind, Mutability, ResourceType, Returned};
use serde_json::{Map, Value, json};

pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Where choices come from. Bytes that have run out choose the first of everything.
pub enum Choices {
    Seed(u64),
    Bytes(std::vec::IntoIter<u8>),
}

impl Choices {
    pub fn of_seed(seed: u64) -> Self {
        let mut choices = Self::Seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        choices.roll(2);
        choices
    }

    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into_iter())
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        match self {
            Self::Seed(state) => {
                *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(*state >> 33).unwrap() % sides
            }
            Self::Bytes(bytes) => usize::from(bytes.next().unwrap_or(0)) % sides,
        }
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }

    /// True once in `n` times; false where there is nothing left to choose.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.roll(n) == n - 1
    }
}

const WORDS: [&str; 18] = [
    "work",
    "Work",
    "home",
    "anna",
    "ANNA",
    "élan",
    "Élan",
    "E\u{301}lan",
    "straße",
    "STRASSE",
    "a%b",
    "x\\y\"z",
    "\u{212a}",
    "k",
    "ﬁn",
    "",
    " ",
    "7",
];
const TIMES: [&str; 5] = [
    "2026-01-31T08:00:00Z",
    "2026-01-31T08:00:00.000001Z",
    "2026-01-31T09:00:00+01:00",
    "2011-05-13T04:42:34Z",
    "2030-12-31T23:59:59.999999Z",
];

/// An attribute with the text that names it.
#[derive(Clone)]
pub struct Named {
    pub text: String,
    pub attribute: &'static Attribute,
    pub sub: Option<&'static Attribute>,
}

impl Named {
    pub fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    fn is_read_only(&self) -> bool {
        self.attribute.mutability == Mutability::ReadOnly || self.leaf().mutability == Mutability::ReadOnly
    }
}

/// Every attribute and sub-attribute of a kind of resource.
pub fn names(kind: ResourceType) -> Vec<Named> {
    let mut all = Vec::new();
    let mut add = |prefix: &str, attribute: &'static Attribute| {
        all.push(Named { text: format!("{prefix}{}", attribute.name), attribute, sub: None });
        for sub in &attribute.sub_attributes {
            all.push(Named { text: format!("{prefix}{}.{}", attribute.name, sub.name), attribute, sub: Some(sub) });
        }
    };
    kind.schema().attributes.iter().for_each(|attribute| add("", attribute));
    COMMON.iter().for_each(|attribute| add("", attribute));
    for schema in kind.extensions() {
        // What is shown only where it is asked for is in no answer that is made up here.
        let shown = schema.attributes.iter().filter(|attribute| attribute.returned != Returned::Request);
        shown.for_each(|attribute| add(&format!("{}:", schema.id), attribute));
    }
    all
}

/// The generator of what concerns users.
pub struct Users {
    names: Vec<Named>,
    lists: Vec<Named>,
    writable: Vec<Named>,
}

impl Users {
    pub fn new() -> Self {
        let names = names(ResourceType::User);
        let lists =
            names.iter().filter(|one| one.sub.is_none() && one.attribute.is_list_of_complex()).cloned().collect();
        let writable = names.iter().filter(|one| !one.is_read_only()).cloned().collect();
        Self { names, lists, writable }
    }

    fn text(&self, choices: &mut Choices) -> String {
        let word = *choices.pick(&WORDS);
        if choices.once_in(4) { word.chars().take(1 + choices.roll(3)).collect() } else { word.to_owned() }
    }

    /// A value of the attribute's type.
    fn simple(&self, choices: &mut Choices, attribute: &Attribute) -> Value {
        match attribute.kind {
            Kind::Boolean => json!(choices.once_in(2)),
            Kind::DateTime => json!(choices.pick(&TIMES)),
            Kind::Binary => json!(choices.pick(&["MIID", "AAAA"])),
            Kind::Reference => json!(choices.pick(&["https://x/a", "https://x/A", "https://x/b"])),
            Kind::Integer | Kind::Decimal => json!(choices.roll(9)),
            Kind::String | Kind::Complex => json!(self.text(choices)),
        }
    }

    /// An object for a complex attribute, or one element of a list.
    fn complex(&self, choices: &mut Choices, attribute: &Attribute, rich: usize) -> Value {
        let mut map = Map::new();
        for sub in &attribute.sub_attributes {
            let wanted = sub.name == "value" || choices.once_in(rich);
            if wanted && sub.mutability != Mutability::ReadOnly {
                let value = self.simple(choices, sub);
                // Two primary elements are a case of their own; here they would only spoil the resource.
                let value = if sub.name == "primary" { json!(false) } else { value };
                map.insert(sub.name.clone(), value);
            }
        }
        Value::Object(map)
    }

    fn whole(&self, choices: &mut Choices, attribute: &Attribute) -> Value {
        if attribute.multi_valued {
            let elements = (0..=choices.roll(2)).map(|_| self.complex(choices, attribute, 2));
            let mut elements: Vec<Value> = elements.collect();
            if choices.once_in(3) && attribute.sub("primary").is_some() {
                elements[0]["primary"] = json!(true);
            }
            Value::Array(elements)
        } else if attribute.kind == Kind::Complex {
            self.complex(choices, attribute, 2)
        } else {
            self.simple(choices, attribute)
        }
    }

    /// The body of a POST.
    pub fn body(&self, choices: &mut Choices) -> Value {
        let mut body = json!({"schemas": [ResourceType::User.schema().id, ENTERPRISE], "userName": format!("u{}", self.text(choices))});
        for one in
            self.writable.iter().filter(|one| one.sub.is_none() && !["userName", "password"].contains(&&*one.text))
        {
            if choices.once_in(4) {
                let value = self.whole(choices, one.attribute);
                match one.text.strip_prefix(&format!("{ENTERPRISE}:")) {
                    Some(name) => body[ENTERPRISE][name] = value,
                    None => body[&one.text] = value,
                }
            }
        }
        body
    }

    /// What an answer has besides.
    pub fn answered(&self, choices: &mut Choices, canonical: &Map<String, Value>, number: usize) -> Map<String, Value> {
        let mut answer = canonical.clone();
        answer.remove("password");
        let schemas = if answer.contains_key(ENTERPRISE) {
            json!([ResourceType::User.schema().id, ENTERPRISE])
        } else {
            json!([ResourceType::User.schema().id])
        };
        answer.insert("schemas".into(), schemas);
        answer.insert("id".into(), json!(format!("id-{number}")));
        let (created, modified) = (*choices.pick(&TIMES), *choices.pick(&TIMES));
        answer.insert("meta".into(), json!({"resourceType": "User", "created": created, "lastModified": modified, "location": format!("https://b/Users/id-{number}"), "version": "W/\"1\""}));
        if choices.once_in(3) {
            answer.insert("groups".into(), json!([{"value": "g1", "$ref": "https://b/Groups/g1", "display": self.text(choices), "type": "direct"}]));
        }
        answer
    }

    fn literal(&self, choices: &mut Choices, attribute: &Attribute) -> String {
        if choices.once_in(12) {
            return (*choices.pick(&["null", "true", "\"True\"", "7", "\"x\"", "-1.5e3", "NULL", "\"2026\""]))
                .to_owned();
        }
        let value = if attribute.kind == Kind::Complex {
            json!(choices.pick(&["work", "MIID", "https://x/a"]))
        } else {
            self.simple(choices, attribute)
        };
        // The same string in another spelling of JSON.
        if choices.once_in(16) { value.to_string().replace('a', "\\u0061") } else { value.to_string() }
    }

    fn operator(&self, choices: &mut Choices, kind: Kind) -> &'static str {
        let equality = kind == Kind::Boolean || kind == Kind::Binary;
        if equality && !choices.once_in(12) {
            return *choices.pick(&["eq", "ne"]);
        }
        if kind == Kind::DateTime && !choices.once_in(12) {
            return *choices.pick(&["eq", "ne", "gt", "ge", "lt", "le"]);
        }
        *choices.pick(&["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ"])
    }

    fn comparison(&self, choices: &mut Choices, text: &str, leaf: &Attribute) -> String {
        if choices.once_in(6) {
            return format!("{text} pr");
        }
        // A complex attribute is compared by its value.
        let leaf = leaf.sub("value").unwrap_or(leaf);
        let operator = self.operator(choices, leaf.kind);
        format!("{text} {operator} {}", self.literal(choices, leaf))
    }

    fn named(&self, choices: &mut Choices) -> Named {
        let mut one = choices.pick(&self.names).clone();
        // Mostly what resources have, so that filters tell them apart.
        if one.is_read_only() && !choices.once_in(4) {
            one = choices.pick(&self.writable).clone();
        }
        if one.text == "password" && !choices.once_in(8) {
            one = self.names[0].clone();
        }
        match choices.roll(24) {
            21 => one.text = one.text.to_ascii_uppercase(),
            22 if !one.text.starts_with("urn") => {
                one.text.insert_str(0, &format!("{}:", ResourceType::User.schema().id))
            }
            23 => one.text.push('x'),
            _ => {}
        }
        one
    }

    /// A condition on the elements of a list.
    fn inner(&self, choices: &mut Choices, list: &Attribute, depth: usize) -> String {
        match (choices.roll(5), depth) {
            (2, 1..) => format!("not ({})", self.inner(choices, list, depth - 1)),
            (3, 1..) => format!("{} and {}", self.inner(choices, list, 0), self.inner(choices, list, depth - 1)),
            (4, 1..) => format!("({} or {})", self.inner(choices, list, 0), self.inner(choices, list, depth - 1)),
            _ => {
                let sub = choices.pick(&list.sub_attributes);
                self.comparison(choices, &sub.name, sub)
            }
        }
    }

    /// A filter over users; most can be read.
    pub fn filter(&self, choices: &mut Choices, depth: usize) -> String {
        match (choices.roll(9), depth) {
            (5, 1..) => format!("not ({})", self.filter(choices, depth - 1)),
            (6, 1..) => format!("({} and {})", self.filter(choices, depth - 1), self.filter(choices, depth - 1)),
            (7, 1..) => format!("{} or {}", self.filter(choices, depth - 1), self.filter(choices, depth - 1)),
            (8, 1..) => {
                let list = choices.pick(&self.lists).clone();
                let inner = self.inner(choices, list.attribute, 2);
                let after = if choices.once_in(6) {
                    let sub = choices.pick(&list.attribute.sub_attributes);
                    format!(".{}", self.comparison(choices, &sub.name, sub))
                } else {
                    String::new()
                };
                format!("{}[{inner}]{after}", list.text)
            }
            _ => {
                let one = self.named(choices);
                self.comparison(choices, &one.text, one.leaf())
            }
        }
    }

    /// The text with one place changed.
    pub fn broken(&self, choices: &mut Choices, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        let at = choices.roll(chars.len().max(1));
        let piece = *choices
            .pick(&['(', ')', '[', ']', '"', '\\', '.', ' ', '\t', ':', 'e', '0', '=', '$', '\u{1}', 'é', '-', ',']);
        match choices.roll(3) {
            0 if at < chars.len() => drop(chars.remove(at)),
            1 if at < chars.len() => chars[at] = piece,
            _ => chars.insert(at, piece),
        }
        chars.into_iter().collect()
    }

    /// One operation of a PATCH; most are sound.
    pub fn operation(&self, choices: &mut Choices) -> Value {
        let verb = *choices.pick(&["add", "replace", "remove"]);
        let mut operation = json!({"op": verb});
        match choices.roll(12) {
            0..4 => {
                let one = self.written(choices);
                operation["path"] = json!(one.text);
                if verb != "remove" {
                    operation["value"] = self.value_for(choices, &one);
                }
            }
            4..8 => {
                let list = self.written_list(choices);
                let inner = if choices.once_in(4) {
                    self.inner(choices, list.attribute, 1)
                } else {
                    format!("type eq {}", json!(choices.pick(&WORDS)))
                };
                let path = format!("{}[{inner}]", list.text);
                let sub = choices.pick(&list.attribute.sub_attributes);
                if choices.once_in(2) {
                    operation["path"] = json!(format!("{path}.{}", sub.name));
                    if verb != "remove" {
                        operation["value"] = self.simple(choices, sub);
                    }
                } else {
                    operation["path"] = json!(path);
                    if verb != "remove" {
                        operation["value"] = self.complex(choices, list.attribute, 2);
                    }
                }
            }
            8 | 9 if verb != "remove" => {
                let mut value = Map::new();
                for _ in 0..=choices.roll(2) {
                    let one = self.written(choices);
                    value.insert(one.text.clone(), self.value_for(choices, &one));
                }
                operation["value"] = Value::Object(value);
            }
            10 => {
                operation["path"] = json!(ENTERPRISE);
                if verb != "remove" {
                    operation["value"] =
                        json!({"department": self.text(choices), "manager": {"value": self.text(choices)}});
                }
            }
            _ => {
                let list = self.written_list(choices);
                operation["path"] = json!(list.text);
                if verb != "remove" || choices.once_in(3) {
                    operation["value"] = self.whole(choices, list.attribute);
                }
            }
        }
        operation
    }

    fn written(&self, choices: &mut Choices) -> Named {
        if choices.once_in(20) {
            return choices.pick(&self.names).clone();
        }
        choices.pick(&self.writable).clone()
    }

    fn written_list(&self, choices: &mut Choices) -> Named {
        let list = choices.pick(&self.lists).clone();
        if list.is_read_only() && !choices.once_in(6) { self.lists[0].clone() } else { list }
    }

    fn value_for(&self, choices: &mut Choices, one: &Named) -> Value {
        if choices.once_in(16) {
            return choices.pick(&[json!(null), json!([]), json!(true), json!("x"), json!(7), json!({})]).clone();
        }
        match one.sub {
            Some(sub) => self.simple(choices, sub),
            None => self.whole(choices, one.attribute),
        }
    }

    /// The body of a PATCH.
    pub fn patch(&self, choices: &mut Choices) -> Value {
        let operations: Vec<Value> =
            (0..=[0, 0, 0, 0, 1, 2][choices.roll(6)]).map(|_| self.operation(choices)).collect();
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
    }
}
