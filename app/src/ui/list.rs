//! Lists: search and filters in a GET form, sort by header, paging by links. Everything stands in the URL.

use super::{Icon, IconName, count, number};
use domain::list::{Count, LAST_PAGE, ListPage, ListQuery, SEARCH_MAX, SIZES, VIEW_ALL};
use leptos::prelude::*;
use std::borrow::Cow;

/// The address of the same list with some pairs replaced; a replacement by nothing leaves the pair out.
#[must_use]
pub fn list_url(path: &str, query: &ListQuery, changes: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(String, String)> =
        query.pairs().into_iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name)).collect();
    pairs.extend(changes.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    match serde_urlencoded::to_string(&pairs) {
        Ok(text) if !text.is_empty() => format!("{path}?{text}"),
        _ => path.to_owned(),
    }
}

/// The address of the same page of a list with more pairs: [`list_url`] alone leads to the first page.
#[must_use]
pub fn list_url_here(path: &str, query: &ListQuery, changes: &[(&str, &str)]) -> String {
    let cursor = [("after", query.after.as_deref()), ("before", query.before.as_deref())];
    let cursor = cursor.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let changes: Vec<_> = cursor.chain(changes.iter().copied()).collect();
    list_url(path, query, &changes)
}

/// What the pairs of an address ask of a list with these filters.
#[must_use]
pub fn list_query(pairs: &[(String, String)], filters: &[&str]) -> ListQuery {
    ListQuery::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())), filters)
}

/// The box of a list: filters, rows or what to say without any, and the footer.
pub fn list_card<T>(
    path: &str,
    query: &ListQuery,
    page: ListPage<T>,
    filters: impl IntoView + 'static,
    rows: impl FnOnce(Vec<T>) -> AnyView,
    empty: impl FnOnce() -> AnyView,
) -> AnyView {
    let ListPage { rows: found, total, offset, before, after, cursor_ignored } = page;
    let shown = found.len();
    let ignored =
        cursor_ignored.then(|| view! { <p class="notice mb-3 text-sm">"That page no longer exists. This is the first page."</p> });
    let cut = query.q_is_cut.then(|| {
        let text =
            format!("Your search is too long. Only the first {} characters were used.", number(i64::try_from(SEARCH_MAX).unwrap_or(0)));
        view! { <p class="notice mb-3 text-sm">{text}</p> }
    });
    let body = match found.is_empty() {
        true if query.has_cursor() && !cursor_ignored => page_is_gone(path, query),
        true => empty(),
        false => rows(found),
    };
    view! {
        {ignored}
        {cut}
        <div class="card-box">
            {filters}
            {body}
            <ListFooter path=path.to_owned() query=query.clone() offset shown total before after/>
        </div>
    }
    .into_any()
}

/// What a list says on a page whose rows were deleted meanwhile.
fn page_is_gone(path: &str, query: &ListQuery) -> AnyView {
    let href = list_url(path, query, &[("before", LAST_PAGE)]);
    view! {
        <div class="empty"><p class="font-semibold">"This page has no more rows"</p>
            <p class="text-muted mt-1">"The rows have been deleted or changed since you opened the list."</p>
            <a class="btn btn-sm mt-4" href=href>"Go to the last page"</a></div>
    }
    .into_any()
}

/// The list without search, filters and view. Where a view is open, the address says that all rows are wanted: without it, the list may
/// open with that view again.
fn all_url(path: &str, query: &ListQuery) -> String {
    if query.view.is_some() { format!("{path}?view={VIEW_ALL}") } else { path.to_owned() }
}

/// What a list says when nothing of it matches, or when it has no rows yet.
pub fn nothing_matches(path: &str, query: &ListQuery, hint: &'static str) -> AnyView {
    if query.is_narrowed() {
        return no_matches(path, query, "No matches", hint);
    }
    view! { <div class="empty"><p class="font-semibold">"No entries yet"</p></div> }.into_any()
}

/// What a list says that was narrowed too far.
pub fn no_matches(path: &str, query: &ListQuery, title: &'static str, hint: &'static str) -> AnyView {
    let href = all_url(path, query);
    view! {
        <div class="empty"><p class="font-semibold">{title}</p>
            <p class="text-muted mt-1">{hint}</p><a class="btn btn-sm mt-4" href=href>"Clear all"</a></div>
    }
    .into_any()
}

/// An applied filter, with a link that removes it.
#[derive(Clone, Debug)]
pub struct Chip {
    /// What is applied.
    pub label: String,
    /// The list without it.
    pub href: String,
}

/// Search, filters and applied filters above a table.
#[component]
pub fn Toolbar(
    /// The list's path.
    #[prop(into)]
    path: String,
    /// What was asked for.
    query: ListQuery,
    /// What the search box looks through; without it there is none.
    #[prop(default = "")]
    placeholder: &'static str,
    /// The filters set.
    chips: Vec<Chip>,
    /// What stands at the end.
    #[prop(default = None)]
    tools: Option<AnyView>,
    /// The address that shows further filters.
    #[prop(default = None)]
    more: Option<String>,
    /// The filters.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let sort = query.sort.clone();
    let narrowed = query.is_narrowed();
    // Who asked for further filters sees them on a phone too.
    let shows_all = super::search_pairs().iter().any(|(name, value)| name == "filters" && value == "all");
    let all = all_url(&path, &query);
    view! {
        <form method="get" action=path class="toolbar" role="search">
            {(!placeholder.is_empty()).then(|| view! {
                <label class="input input-sm toolbar-search">
                    <Icon name=IconName::Search/>
                    <input type="search" name="q" value=query.q.clone() placeholder=placeholder aria-label=placeholder enterkeyhint="search"/>
                </label>
            })}
            {match children {
                Some(children) => view! {
                    <label class="btn btn-sm toolbar-more"><input class="sr-only" type="checkbox" checked=shows_all/>"Filters"</label>
                    <div class="toolbar-filters">
                        {children()}
                        {more.map(|href| view! { <a class="link-quiet text-xs" href=href>"More filters"</a> })}
                        <button class="btn btn-sm">"Filter"</button>
                    </div>
                }.into_any(),
                None => view! { <button class="btn btn-sm">"Search"</button> }.into_any(),
            }}
            {(!sort.is_empty()).then(|| view! {
                <input type="hidden" name="sort" value=sort/>
                <input type="hidden" name="dir" value=if query.desc { "desc" } else { "asc" }/>
            })}
            {query.view.map(|view| view! { <input type="hidden" name="view" value=view.to_string()/> })}
            {(query.size != domain::list::SIZE_DEFAULT).then(|| view! { <input type="hidden" name="size" value=query.size.to_string()/> })}
            {tools.map(|tools| view! { <span class="toolbar-tools">{tools}</span> })}
            {narrowed.then(|| view! {
                <span class="chips">
                    {chips.into_iter().map(|chip| view! {
                        <a class="chip" href=chip.href>
                            <span class="sr-only">"Remove filter "</span>{chip.label}<Icon name=IconName::Close class="size-3"/>
                        </a>
                    }).collect_view()}
                    <a class="link-quiet text-xs" href=all>"Clear all"</a>
                </span>
            })}
        </form>
    }
}

/// The head of a column that can be sorted by: none, ascending, descending, none.
#[component]
pub fn SortHeader(
    /// The list's path.
    #[prop(into)]
    path: String,
    /// What was asked for.
    query: ListQuery,
    /// The column, as the URL names it.
    name: Cow<'static, str>,
    /// The column, as a person reads it.
    label: Cow<'static, str>,
) -> impl IntoView {
    let active = query.sort == name;
    let (sorted, changes, icon) = match (active, query.desc) {
        (false, _) => (None, [("sort", &*name), ("dir", "asc")], None),
        (true, false) => (Some("ascending"), [("sort", &*name), ("dir", "desc")], Some(IconName::ArrowUp)),
        (true, true) => (Some("descending"), [("sort", ""), ("dir", "")], Some(IconName::ArrowDown)),
    };
    let href = list_url(&path, &query, &changes);
    view! {
        <th scope="col" aria-sort=sorted>
            <a href=href>{label}{icon.map(|name| view! { <Icon name class="size-3.5"/> })}</a>
        </th>
    }
}

/// What is shown of how many, the page sizes, and the ways back and on.
#[component]
fn ListFooter(
    /// The list's path.
    #[prop(into)]
    path: String,
    /// What was asked for.
    query: ListQuery,
    /// Rows before the first one shown.
    offset: i64,
    /// Rows shown.
    shown: usize,
    /// Rows in all.
    total: Count,
    /// The cursor of the page before.
    before: Option<String>,
    /// The cursor of the page after.
    after: Option<String>,
) -> impl IntoView {
    let (shown, total) = (i64::try_from(shown).unwrap_or(0), count(total));
    let range =
        if shown == 0 { format!("0 of {total}") } else { format!("{}–{} of {total}", number(offset + 1), number(offset + shown)) };
    let sizes = SIZES.into_iter().map(|size| {
        let text = size.to_string();
        let href = list_url(&path, &query, &[("size", if size == domain::list::SIZE_DEFAULT { "" } else { &text })]);
        view! { <a href=href aria-current=(query.size == size).then_some("true")>{text}</a> }
    });
    let sizes = sizes.collect_view();
    let step = |label: &'static str, name: &'static str, cursor: Option<String>| {
        match cursor {
        Some(cursor) => view! { <a href=list_url(&path, &query, &[(name, cursor.as_str())]) rel=if name == "after" { "next" } else { "prev" }>{label}</a> }.into_any(),
        None => view! { <span aria-disabled="true">{label}</span> }.into_any(),
    }
    };
    view! {
        <div class="list-footer">
            <span>{range}</span>
            <span>"Rows"{sizes}</span>
            <nav aria-label="Pages">{step("Previous", "before", before)}{step("Next", "after", after)}</nav>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_keep_what_is_not_changed() {
        let query = ListQuery::from_pairs([("q", "a&b"), ("status", "active"), ("sort", "name"), ("dir", "desc")], &["status"]);
        assert_eq!(list_url("/t", &query, &[("after", "x")]), "/t?q=a%26b&status=active&sort=name&dir=desc&after=x");
        assert_eq!(list_url("/t", &query, &[("sort", ""), ("dir", ""), ("status", ""), ("q", "")]), "/t");
    }
}
