//! Which page of a list: the numbers, and the addresses of the pages beside it.

use crate::http::browser::Asked;

/// A page of a list, as the template `paging.html` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// Which page, from 1.
    pub page: i64,
    /// How many there are, 1 at the least.
    pub pages: i64,
    /// How many elements are on all pages.
    pub total: i64,
    /// The address of the page before.
    pub previous: Option<String>,
    /// The address of the page after.
    pub next: Option<String>,
}

impl Paging {
    /// The page that an address asks for, from 1.
    #[must_use]
    pub fn asked(asked: &Asked) -> i64 {
        asked.text("page").parse().unwrap_or(1).clamp(1, 1_000_000)
    }

    /// How many elements stand on the pages before.
    #[must_use]
    pub const fn before(page: i64, size: i64) -> i64 {
        (page - 1) * size
    }

    /// That page of `total` elements, `size` on each; `kept` are the other fields of the address.
    #[must_use]
    pub fn of(path: &str, kept: &[(&str, &str)], page: i64, size: i64, total: i64) -> Self {
        let pages = ((total + size - 1) / size).max(1);
        let to = |page: i64| address(path, kept, Some(("page", &page.to_string())));
        let previous = (page > 1).then(|| to((page - 1).min(pages)));
        let next = (page < pages).then(|| to(page + 1));
        Self { page, pages, total, previous, next }
    }
}

/// An address with those fields that are not empty.
#[must_use]
pub fn address(path: &str, kept: &[(&str, &str)], more: Option<(&str, &str)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let fields = kept.iter().copied().chain(more).filter(|(_, value)| !value.is_empty());
    query.extend_pairs(fields);
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_beside_one_keep_what_was_searched() {
        let page = Paging::of("/x", &[("search", "a&b"), ("role", "")], 2, 25, 60);
        assert_eq!((page.pages, page.total), (3, 60));
        assert_eq!(page.previous.as_deref(), Some("/x?search=a%26b&page=1"));
        assert_eq!(page.next.as_deref(), Some("/x?search=a%26b&page=3"));
        let only = Paging::of("/x", &[], 1, 25, 0);
        assert_eq!((only.pages, only.previous, only.next), (1, None, None));
    }
}
