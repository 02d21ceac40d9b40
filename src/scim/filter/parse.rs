//! Reads filters and PATCH paths: a descent whose depth is counted, over tokens.

use super::lex::{Placed, Token, lex, refuse};
use super::literal::typed;
use super::{Filter, MAX_COMPARISONS, MAX_DEPTH, Op};
use crate::scim::Profile;
use crate::scim::error::{ScimError, echo};
use crate::scim::path::{self, AttrRef};
use crate::scim::schema::{Attribute, ResourceType, Returned};

/// Where names are looked up.
#[derive(Clone, Copy)]
enum Scope {
    Resource(ResourceType),
    /// Inside `attr[…]`.
    Element(&'static Attribute),
}

struct Parser<'t> {
    text: &'t str,
    tokens: std::vec::IntoIter<Placed<'t>>,
    depth: usize,
    comparisons: usize,
    profile: Profile,
}

/// Reads a whole filter.
pub(super) fn filter(kind: ResourceType, text: &str, profile: Profile) -> Result<Filter, ScimError> {
    let mut parser = Parser::new(text, profile)?;
    let filter = parser.any_of(Scope::Resource(kind))?;
    match parser.next() {
        None => Ok(filter),
        Some(extra) => Err(parser.refuse(extra.at, "the filter should end here, or go on with and, or")),
    }
}

/// A PATCH path with brackets: `attr[filter]` or `attr[filter].sub` (RFC 7644 §3.5.2, figure 7).
pub(crate) fn patch_path(
    kind: ResourceType,
    text: &str,
    profile: Profile,
) -> Result<(AttrRef, Filter, Option<&'static Attribute>), ScimError> {
    let mut parser = Parser::new(text, profile)?;
    let Some(Placed { token: Token::Word(name), at }) = parser.next() else {
        return Err(ScimError::invalid_path("The path does not begin with the name of an attribute."));
    };
    let path = path::attribute(kind, name)
        .ok_or_else(|| ScimError::invalid_path(format!("The path names the unknown attribute \"{}\".", echo(name))))?;
    parser.expect(&Token::OpenBracket, "a [ belongs here")?;
    let (list, inner) = parser.bracketed(path, at)?;
    let sub = match parser.next().map(|one| one.token) {
        None => None,
        Some(Token::Word(word)) => {
            let sub = word.strip_prefix('.').and_then(|name| list.attribute.sub(name));
            let why = || ScimError::invalid_path(format!("{list} has no sub-attribute \"{}\".", echo(word)));
            Some(sub.ok_or_else(why)?)
        }
        Some(_) => return Err(ScimError::invalid_path("The path goes on after its ].")),
    };
    if parser.next().is_some() {
        return Err(ScimError::invalid_path("The path goes on after its end."));
    }
    Ok((list, inner, sub))
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, profile: Profile) -> Result<Self, ScimError> {
        Ok(Self { text, tokens: lex(text)?.into_iter(), depth: 0, comparisons: 0, profile })
    }

    fn next(&mut self) -> Option<Placed<'t>> {
        self.tokens.next()
    }

    fn peek(&self) -> Option<&Token<'t>> {
        self.tokens.as_slice().first().map(|placed| &placed.token)
    }

    fn refuse(&self, at: usize, why: &str) -> ScimError {
        refuse(self.text, at, why)
    }

    /// The place of the next token, or of the end.
    fn place(&self) -> usize {
        self.tokens.as_slice().first().map_or(self.text.len(), |placed| placed.at)
    }

    fn expect(&mut self, token: &Token<'_>, why: &str) -> Result<(), ScimError> {
        let at = self.place();
        match self.next() {
            Some(found) if found.token == *token => Ok(()),
            _ => Err(self.refuse(at, why)),
        }
    }

    /// Takes the word `keyword`, whatever its case, where it comes next.
    fn take(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.next();
        }
        found
    }

    fn deeper(&mut self) -> Result<(), ScimError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ScimError::invalid_filter(format!("The filter is nested deeper than {MAX_DEPTH} levels.")));
        }
        Ok(())
    }

    fn any_of(&mut self, scope: Scope) -> Result<Filter, ScimError> {
        let mut parts = vec![self.all_of(scope)?];
        while self.take("or") {
            parts.push(self.all_of(scope)?);
        }
        Ok(single(parts, Filter::Or))
    }

    fn all_of(&mut self, scope: Scope) -> Result<Filter, ScimError> {
        let mut parts = vec![self.one(scope)?];
        while self.take("and") {
            parts.push(self.one(scope)?);
        }
        Ok(single(parts, Filter::And))
    }

    fn one(&mut self, scope: Scope) -> Result<Filter, ScimError> {
        let at = self.place();
        match self.next().map(|placed| placed.token) {
            Some(Token::Open) => self.group(scope),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("not") && self.peek() == Some(&Token::Open) => {
                self.next();
                Ok(Filter::Not(Box::new(self.group(scope)?)))
            }
            Some(Token::Word(word)) => self.expression(scope, word, at),
            _ => Err(self.refuse(at, "the name of an attribute belongs here")),
        }
    }

    /// What follows an opened parenthesis.
    fn group(&mut self, scope: Scope) -> Result<Filter, ScimError> {
        self.deeper()?;
        let inner = self.any_of(scope)?;
        self.expect(&Token::Close, "a ) belongs here")?;
        self.depth -= 1;
        Ok(inner)
    }

    fn expression(&mut self, scope: Scope, name: &str, at: usize) -> Result<Filter, ScimError> {
        let path = match scope {
            Scope::Resource(kind) => path::attribute(kind, name),
            Scope::Element(list) => list.sub(name).map(|attribute| AttrRef { extension: None, attribute, sub: None }),
        };
        let path = path.ok_or_else(|| self.refuse(at, &format!("there is no attribute \"{}\"", echo(name))))?;
        if path.attribute.returned == Returned::Never || path.leaf().returned == Returned::Never {
            return Err(self.refuse(at, &format!("{path} may not be searched")));
        }
        if matches!(scope, Scope::Resource(_)) && self.peek() == Some(&Token::OpenBracket) {
            self.next();
            return self.value_path(path, at);
        }
        self.comparison(path)
    }

    /// The operator after `path`, and the literal.
    fn comparison(&mut self, path: AttrRef) -> Result<Filter, ScimError> {
        self.comparisons += 1;
        if self.comparisons > MAX_COMPARISONS {
            return Err(ScimError::invalid_filter(format!("The filter has more than {MAX_COMPARISONS} comparisons.")));
        }
        let at = self.place();
        let Some(Token::Word(word)) = self.next().map(|placed| placed.token) else {
            return Err(self.refuse(at, "an operator belongs here"));
        };
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let op = Op::named(word).ok_or_else(|| self.refuse(at, &format!("there is no operator \"{}\"", echo(word))))?;
        let path = path.or_value();
        let at = self.place();
        let Some(literal) = self.next() else {
            return Err(self.refuse(at, "a value belongs here"));
        };
        let value = typed(&path, op, &literal.token, self.profile).map_err(|why| self.refuse(at, &why))?;
        Ok(Filter::Compare { path, op, value })
    }

    /// The filter after `path[`, up to and with the `]`.
    fn bracketed(&mut self, path: AttrRef, at: usize) -> Result<(AttrRef, Filter), ScimError> {
        if path.sub.is_some() || !path.attribute.is_list_of_complex() {
            return Err(self.refuse(at, &format!("{path} is no multi-valued complex attribute, so [ cannot follow")));
        }
        self.deeper()?;
        let inner = self.any_of(Scope::Element(path.attribute))?;
        self.expect(&Token::CloseBracket, "a ] belongs here")?;
        self.depth -= 1;
        Ok((path, inner))
    }

    fn value_path(&mut self, path: AttrRef, at: usize) -> Result<Filter, ScimError> {
        let (path, mut inner) = self.bracketed(path, at)?;
        let at = self.place();
        if let Some(Token::Word(word)) = self.peek()
            && let Some(name) = word.strip_prefix('.')
        {
            let attribute = path.attribute.sub(name);
            let attribute = attribute.ok_or_else(|| self.refuse(at, &format!("{path} has no such sub-attribute")))?;
            self.next();
            if matches!(inner, Filter::Or(_)) {
                // It goes into brackets of its own, as deep as those of the list.
                self.depth += 1;
                self.deeper()?;
                self.depth -= 2;
            }
            let last = self.comparison(AttrRef { extension: None, attribute, sub: None })?;
            inner = match inner {
                Filter::And(mut parts) => {
                    parts.push(last);
                    Filter::And(parts)
                }
                other => Filter::And(vec![other, last]),
            };
        }
        Ok(Filter::Each { path, filter: Box::new(inner) })
    }
}

/// The only part, or the parts under `join`.
fn single(mut parts: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}
