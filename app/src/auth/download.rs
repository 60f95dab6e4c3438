//! Downloads, and the pages they belong to.

/// The page that a download belongs to; none for what is no download.
pub(super) fn page_of(next: &str) -> Option<String> {
    let (path, query) = next.split_once('?').map_or((next, None), |(path, query)| (path, Some(query)));
    let page = ["/export.csv", ".csv", ".jsonl", "/file"].iter().find_map(|end| path.strip_suffix(end))?;
    Some(query.map_or_else(|| page.to_owned(), |query| format!("{page}?{query}")))
}

#[cfg(test)]
mod tests {
    use super::page_of;

    #[test]
    fn downloads_have_pages() {
        assert_eq!(page_of("/users.csv?q=a").as_deref(), Some("/users?q=a"));
        assert_eq!(page_of("/p/deals/export.csv?q=a").as_deref(), Some("/p/deals?q=a"));
        assert_eq!(page_of("/audit.jsonl").as_deref(), Some("/audit"));
        assert_eq!(page_of("/jobs/7/file").as_deref(), Some("/jobs/7"));
        assert_eq!(page_of("/tenants/acme/users"), None);
    }
}
