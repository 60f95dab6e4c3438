//! What lists and boards of records are narrowed by: the bar above them, and the form of one more filter.

use crate::ui::{Chip, Toolbar, list_query, list_url};
use domain::{
    dto::tenant::{FilterAdding, FilterShown},
    list::{ListQuery, then_text},
    record::{Field, FieldKind, MATCH, MOMENTS, OWNER, Op, STAGE, Stage},
};
use leptos::prelude::*;
use records::{FILTERS, FilterWish};

/// What an address asks of a list of records.
pub(super) fn record_query(pairs: &[(String, String)]) -> ListQuery {
    list_query(pairs, FILTERS)
}

/// The filter that the form of an address adds, if it does.
pub(super) fn wish_of(pairs: &[(String, String)]) -> Option<FilterWish> {
    let all = |wanted: &'static str| {
        pairs.iter().filter(move |(name, value)| name == wanted && !value.is_empty()).map(|(_, value)| value.clone())
    };
    let name = all("add").next()?;
    Some(FilterWish { name, op: all("add_op").next().unwrap_or_default(), values: all("add_value").collect() })
}

/// What the bar above a list or a board narrows.
#[derive(Clone)]
pub(super) struct Narrowing {
    /// The page it leads to.
    pub path: String,
    /// What was asked for.
    pub query: ListQuery,
    /// What is said of each filter.
    pub filters: Vec<FilterShown>,
    /// The fields that can be filtered by.
    pub fields: Vec<Field>,
    /// The stages to choose from, where there is a choice.
    pub stages: Vec<Stage>,
    /// Whether records of others are seen.
    pub sees_others: bool,
    /// Whether records were shared with the viewer.
    pub has_shared: bool,
    /// The columns that the list can be sorted by, as addresses name them and as a person reads them.
    pub sorts: Vec<(String, String)>,
}

impl Narrowing {
    /// The bar with what stands at its end.
    pub(super) fn bar(self, tools: Option<AnyView>) -> AnyView {
        let Self { path, query, filters, fields, stages, sees_others, has_shared, sorts } = self;
        let search =
            (!query.q.is_empty()).then(|| Chip { label: format!("search: {}", query.q), href: list_url(&path, &query, &[("q", "")]) });
        let any = query.filter(MATCH).next() == Some("any");
        let chips = filters.iter().enumerate().map(|(place, filter)| {
            let or = if any && place > 0 { "or " } else { "" };
            Chip { label: format!("{or}{}", filter.text), href: list_url(&path, &query, &[(&filter.name, "")]) }
        });
        let chips = search.into_iter().chain(chips).collect();
        let shared = has_shared.then_some(("shared", "Shared with me"));
        let owners = [("me", "My own"), ("none", "No owner")].into_iter().chain(shared);
        let owners: Vec<_> = owners.map(|(key, label)| (key.to_owned(), label.to_owned())).collect();
        let stages: Vec<_> = stages.into_iter().map(|stage| (stage.key, stage.name)).collect();
        let chosen = |name: &str| query.filter(name).collect::<Vec<_>>().join(",");
        let stage = (!stages.is_empty()).then(|| select(STAGE, "Stage", "Any stage", stages, &chosen(STAGE)));
        let owner = sees_others.then(|| select(OWNER, "Owner", "Any owner", owners, &chosen(OWNER)));
        let fields = fields.into_iter().map(|field| (field.column(), field.label));
        let moments = MOMENTS.map(|(name, label)| (name.to_owned(), label.to_owned()));
        let add = select("add", "Add filter", "Add filter…", fields.chain(moments).collect(), "");
        let any = chosen(MATCH);
        let any = (filters.len() > 1 || !any.is_empty())
            .then(|| select(MATCH, "Match", "Match all", vec![("any".to_owned(), "Match any".to_owned())], &any));
        let then = thens(&query, &sorts);
        // What no control of the bar stands for stays.
        let kept = query.filters.iter().filter(|(name, _)| ![OWNER, STAGE, MATCH].contains(&name.as_str())).cloned();
        let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
        view! { <Toolbar path query tools placeholder="Search" chips>{stage}{owner}{add}{any}{then}{kept}</Toolbar> }.into_any()
    }
}

fn select(name: &'static str, label: &'static str, any: &'static str, options: Vec<(String, String)>, chosen: &str) -> AnyView {
    // What a link chose otherwise than the control can stays chosen.
    let other =
        (!chosen.is_empty() && options.iter().all(|(key, _)| key != chosen)).then(|| (chosen.to_owned(), format!("{label}: as filtered")));
    let options = options.into_iter().chain(other).map(|(key, text)| {
        let selected = key == chosen;
        view! { <option value=key selected=selected>{text}</option> }
    });
    view! { <select name=name aria-label=label><option value="">{any}</option>{options.collect_view()}</select> }.into_any()
}

/// Further columns to sort by, where the list is sorted by one.
fn thens(query: &ListQuery, sorts: &[(String, String)]) -> Option<AnyView> {
    if query.sort.is_empty() || sorts.is_empty() {
        return None;
    }
    let texts: Vec<String> = query.then.iter().map(|(name, desc)| then_text(name, *desc)).collect();
    let one = |place: usize| {
        let before = texts.get(..place).unwrap_or_default();
        let is_free = |name: &String| *name != query.sort && before.iter().all(|text| text.trim_start_matches('-') != name);
        let free = sorts.iter().filter(|(name, _)| is_free(name));
        let both =
            free.flat_map(|(name, label)| [(name.clone(), format!("then {label} ↑")), (then_text(name, true), format!("then {label} ↓"))]);
        select("then", "Then sort by", "Then sort by…", both.collect(), texts.get(place).map_or("", String::as_str))
    };
    let second = (!texts.is_empty()).then(|| one(1));
    Some(view! { {one(0)}{second} }.into_any())
}

/// What is wrong with filters, where nothing is shown for it.
pub(super) fn problems(path: &str, query: &ListQuery, filters: &[FilterShown]) -> AnyView {
    let lines = filters.iter().filter_map(|filter| {
        let problem = filter.problem.as_ref()?;
        let href = list_url(path, query, &[(&filter.name, "")]);
        Some(view! { <li>{format!("{}: {problem}. ", filter.text)}<a class="link" href=href>"Remove this filter"</a></li> })
    });
    let lines = lines.collect_view();
    if lines.is_empty() {
        return ().into_any();
    }
    view! { <div class="notice mb-3 text-sm"><p>"A filter of this list cannot be applied, and no record matches it."</p><ul class="list-disc pl-5">{lines}</ul></div> }
        .into_any()
}

/// The form of one more filter.
pub(super) fn adding(path: &str, query: &ListQuery, filters: &[FilterShown], adding: FilterAdding) -> AnyView {
    let FilterAdding { name, label, kind, further, options, op, values, problem, .. } = adding;
    let cancel = list_url(path, query, &[]);
    // An address holds each comparison of a field once.
    let there = filters.iter().filter(|filter| filter.name == name || filter.name.starts_with(&format!("{name}.")));
    let there = there.map(|filter| filter.text.as_str()).collect::<Vec<_>>().join(", ");
    let there = (!there.is_empty())
        .then(|| view! { <p class="field-help w-full">{format!("Filtered already: {there}. The same comparison replaces it.")}</p> });
    let kept = query.pairs().into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    let is_moment = MOMENTS.iter().any(|(moment, _)| *moment == name);
    let comparisons = kind.comparisons().into_iter().filter(|(op, _)| !is_moment || Op::parse(op).is_none_or(Op::has_value));
    let comparisons = comparisons.map(|(value, label)| {
        let selected = value == op;
        view! { <option value=value selected=selected>{label}</option> }
    });
    let comparisons = comparisons.collect_view();
    let further_links = further.iter().map(|(name, label)| {
        let mark = if cancel.contains('?') { '&' } else { '?' };
        view! { <a class="link" href=format!("{cancel}{mark}add={name}#add-filter")>{label.clone()}</a>" " }
    });
    let further_links = further_links.collect_view();
    let further = (!further.is_empty()).then(|| view! { <p class="field-help w-full">"Or filter by: "{further_links}</p> });
    let (invalid, described) = (problem.is_some().then_some("true"), problem.is_some().then_some("add-error"));
    let typed = values.join(",");
    let kind_of = |kind: FieldKind| if matches!(kind, FieldKind::Date | FieldKind::DateTime) { "date" } else { "text" };
    let value = match kind {
        FieldKind::Checkbox => None,
        FieldKind::Select | FieldKind::MultiSelect => {
            let boxes = options.into_iter().map(|option| {
                let checked = values.contains(&option.key);
                view! { <label class="check-field"><input class="checkbox checkbox-primary checkbox-sm" type="checkbox" name="add_value" value=option.key checked=checked/><span>{option.label}</span></label> }
            });
            Some(view! { <fieldset class="check-group" aria-label=label.clone() aria-describedby=described>{boxes.collect_view()}</fieldset> }.into_any())
        }
        kind => Some(view! { <input class="input input-sm" type=kind_of(kind) name="add_value" value=typed aria-label="Value" aria-invalid=invalid aria-describedby=described/> }.into_any()),
    };
    view! {
        <form method="get" action=path.to_owned() class="filter-form" id="add-filter">
            {kept}
            <input type="hidden" name="add" value=name/>
            <span class="font-semibold">{label}</span>
            <select class="select select-sm" name="add_op" aria-label="Comparison" autofocus>{comparisons}</select>
            {value}
            <button class="btn btn-sm btn-primary">"Add filter"</button>
            <a class="btn btn-sm btn-ghost" href=cancel>"Cancel"</a>
            {there}
            {further}
            {problem.map(|problem| view! { <p class="field-error w-full" id="add-error">{problem}</p> })}
        </form>
    }
    .into_any()
}
