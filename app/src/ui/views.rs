//! The columns and the saved views of a list.

use super::{CheckField, Column, FormView, Icon, IconName, ReturnPath, TextField, list_url, list_url_here, search_pairs};
use crate::lists::{kept, with_view};
use domain::list::{ListQuery, ListViews, VIEW_ALL};
use leptos::prelude::*;
use std::borrow::Cow;

/// The views of a list and what its viewer may do with them.
#[derive(Clone, Debug)]
pub struct Views {
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// What the list is called where its views are stored; its path is that behind a slash.
    list: Cow<'static, str>,
    /// What the viewer has.
    found: ListViews,
    /// Whether the viewer may share views.
    may_share: bool,
    /// Whether the panel is open.
    is_open: bool,
}

impl Views {
    /// The views of a list; the address says whether the panel is open.
    #[must_use]
    pub fn new(api: &'static str, list: impl Into<Cow<'static, str>>, found: ListViews, may_share: bool) -> Self {
        let is_open = search_pairs().iter().any(|(name, value)| name == "edit" && value == "view");
        Self { api, list: list.into(), found, may_share, is_open }
    }

    /// The columns of the list as the viewer reads them: those of `all` that the layout names, in its order; without one those
    /// that are shown by themselves. The first one is always there.
    #[must_use]
    pub fn columns(&self, query: &ListQuery, all: Vec<Column>) -> Vec<Column> {
        let chosen = &self.found.layout_of(query.view).columns;
        if chosen.is_empty() {
            return all.into_iter().filter(|column| !column.is_extra()).collect();
        }
        let first = all.first().cloned();
        let rest = chosen.iter().filter_map(|name| all.iter().skip(1).find(|column| column.name == *name).cloned());
        // Buttons are no column that one chooses.
        let quiet = all.iter().skip(1).filter(|column| column.is_quiet()).cloned();
        first.into_iter().chain(rest).chain(quiet).collect()
    }

    /// Whether rows are low.
    #[must_use]
    pub fn is_dense(&self, query: &ListQuery) -> bool {
        self.found.layout_of(query.view).is_dense
    }

    /// The tabs above the list, and the panel where it is open.
    #[must_use]
    pub fn view(&self, query: &ListQuery, all: &[Column]) -> AnyView {
        let path = format!("/{}", self.list);
        let panel = self.is_open.then(|| self.panel(query, all));
        let tabs = (!self.found.views.is_empty()).then(|| {
            // With a view that the list opens with, all rows are asked for by name.
            let all = if self.found.opens.is_some() { format!("{path}?view={VIEW_ALL}") } else { path.clone() };
            let current = |view: Option<i64>| (query.view.filter(|view| *view != VIEW_ALL) == view).then_some("page");
            let views = self.found.views.iter().map(|view| {
                let href = format!("{path}?{}", with_view(&view.query, view.id));
                let shared = view.is_shared.then(|| view! { <span class="sr-only">" (shared)"</span> });
                view! { <li><a href=href aria-current=current(Some(view.id)) dir="auto">{view.name.clone()}{shared}</a></li> }
            });
            view! { <nav class="tab-line" aria-label="Views"><ul><li><a href=all aria-current=current(None)>"All"</a></li>{views.collect_view()}</ul></nav> }
        });
        view! { {tabs}{panel} }.into_any()
    }

    /// The link that opens the panel.
    #[must_use]
    pub fn button(&self, query: &ListQuery) -> AnyView {
        let href = list_url_here(&format!("/{}", self.list), query, &[("edit", "view")]);
        view! { <a class="btn btn-sm btn-ghost" href=href aria-label="Columns & views" title="Columns & views"><Icon name=IconName::Columns/>"Views"</a> }.into_any()
    }

    fn panel(&self, query: &ListQuery, all: &[Column]) -> AnyView {
        let (api, list) = (self.api, self.list.clone());
        let path = format!("/{list}");
        let layout = self.found.layout_of(query.view);
        // A view of one's own has its columns changed; a shared one of another user is only looked at.
        let opened = self.found.views.iter().find(|view| view.is_own && Some(view.id) == query.view);
        let columns_of = opened.map_or_else(|| "Columns".to_owned(), |view| format!("Columns of {}", view.name));
        let view = opened.map(|view| view.id.to_string());
        let shown = self.columns(query, all.to_vec());
        let place = |name: &str| shown.iter().position(|column| column.name == name);
        let mut columns: Vec<&Column> = all.iter().skip(1).filter(|column| !column.is_quiet()).collect();
        columns.sort_by_key(|column| place(&column.name).unwrap_or(usize::MAX));
        let columns = columns.into_iter().enumerate().map(|(index, column)| {
            let (name, label) = (column.name.clone(), column.label.clone());
            let is_shown = place(&name).is_some();
            let position = format!("Position of {label}");
            view! {
                <li>
                    <label class="check-field flex-1"><input class="checkbox checkbox-primary checkbox-sm" type="checkbox" name=format!("shown[{name}]") value="true" checked=is_shown/><span>{label}</span></label>
                    <input class="input input-sm w-16" type="number" min="1" max="99" name=format!("position[{name}]") value=(index + 1).to_string() aria-label=position/>
                </li>
            }
        });
        let columns = columns.collect_view();
        let form = FormView::new(&format!("{api}/list_view_save"));
        let pairs = kept(query);
        let saved = self.found.views.iter().map(|view| {
            let shared = if view.is_shared { "shared" } else { "private" };
            let is_default = self.found.opens == Some(view.id);
            let (id, open, open_label) = if is_default {
                (String::new(), "Unset default", format!("Unset default: {}", view.name))
            } else {
                (view.id.to_string(), "Set as default", format!("Set as default: {}", view.name))
            };
            let delete = (view.is_own || self.may_share).then(|| {
                let label = format!("Delete the view {}", view.name);
                view! {
                    <form method="post" action=format!("{api}/list_view_delete")><ReturnPath/>
                        <input type="hidden" name="list" value=list.clone()/>
                        <input type="hidden" name="id" value=view.id.to_string()/>
                        <button class="btn btn-xs" aria-label=label>"Delete"</button>
                    </form>
                }
            });
            view! {
                <li>
                    <span class="min-w-0 flex-1 truncate" dir="auto">{view.name.clone()}</span>
                    <span class="text-muted text-xs">{shared}{is_default.then_some(", default")}</span>
                    <form method="post" action=format!("{api}/list_view_open_set")><ReturnPath/>
                        <input type="hidden" name="list" value=list.clone()/>
                        <input type="hidden" name="id" value=id/>
                        <button class="btn btn-xs" aria-label=open_label>{open}</button>
                    </form>
                    {delete}
                </li>
            }
        });
        let saved = saved.collect_view();
        let has_saved = !self.found.views.is_empty();
        let close = list_url(&path, query, &[]);
        view! {
            <section class="card-box view-panel" aria-labelledby="view-panel">
                <div class="card-head"><h2 id="view-panel">"Columns & views"</h2><a class="btn btn-sm btn-ghost" href=close>"Close"</a></div>
                <div class="view-forms">
                    <form method="post" action=format!("{api}/list_layout_set")><ReturnPath/>
                        <input type="hidden" name="list" value=list.clone()/>
                        <input type="hidden" name="query" value=pairs.clone()/>
                        {view.clone().map(|id| view! { <input type="hidden" name="view" value=id/> })}
                        <h3>{columns_of}</h3>
                        <p class="text-muted text-xs">"Select the columns to show and number them in the order you want. The first column is always shown."</p>
                        <ul>{columns}</ul>
                        <label class="check-field"><input class="checkbox checkbox-primary checkbox-sm" type="checkbox" name="is_dense" value="true" checked=layout.is_dense/><span>"Compact rows"</span></label>
                        <button class="btn btn-sm btn-primary">"Save columns"</button>
                    </form>
                    <div>
                        <form method="post" action=format!("{api}/list_view_save")><ReturnPath/>
                            <input type="hidden" name="list" value=list.clone()/>
                            <input type="hidden" name="query" value=pairs/>
                            <input type="hidden" name="layout" value=layout.columns.join(",")/>
                            {layout.is_dense.then(|| view! { <input type="hidden" name="is_dense" value="true"/> })}
                            <h3>"Save this view"</h3>
                            <p class="text-muted text-xs">"A view saves the current search, filters, sort order and columns. If you use an existing name, that view is replaced."</p>
                            <TextField form=form.clone() name="name" label="Name"/>
                            {self.may_share.then(|| view! { <CheckField form name="is_shared" label="Share with all users who can see this list" checked=false/> })}
                            <button class="btn btn-sm btn-primary">"Save view"</button>
                        </form>
                        {has_saved.then(|| view! { <h3>"Saved views"</h3><p class="text-muted text-xs">"The list opens with your default view."</p><ul>{saved}</ul> })}
                        <form method="post" action=format!("{api}/list_layout_set")><ReturnPath/>
                            <input type="hidden" name="list" value=list.clone()/>
                            <input type="hidden" name="query" value=kept(query)/>
                            {view.map(|id| view! { <input type="hidden" name="view" value=id/> })}
                            <button class="btn btn-sm">"Reset columns to default"</button>
                        </form>
                    </div>
                </div>
            </section>
        }
        .into_any()
    }
}
