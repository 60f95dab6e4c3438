//! The page `/p/{pipeline}`.

use super::{
    cells::{cell, column_of},
    filters::{Narrowing, adding, problems, record_query, wish_of},
    param,
};
use crate::{
    api::{ApiError, Framed, TENANT_API, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{
        BulkBar, Column, PageHead, Table, Ticks, Views, are_ticked, list_card, list_url, list_url_here, load, no_matches, number,
        page_redirect, search_pairs, ticks_toggle,
    },
};
use domain::{
    Permission,
    dto::tenant::{RecordListPage as Data, RecordRow},
    list::{Count, ListQuery},
    record::{FieldKind, RecordAct, STAGE},
};
use leptos::prelude::*;
use records::{FILTERS, list_name};

/// One page of the records of a pipeline, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "record_list")]
pub async fn record_list(pipeline: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_list(&cx, &pipeline, &record_query(&query), wish_of(&query)).await;
    framed(&cx, found).await
}

/// The page `/p/{pipeline}`.
#[component]
pub fn RecordListPage() -> impl IntoView {
    let pipeline = param("pipeline");
    let pairs = search_pairs();
    let query = record_query(&pairs);
    let ticked = are_ticked(&pairs);
    load(
        move || record_list(pipeline.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let now = frame.now;
            let query = data.views.opened(&query, FILTERS);
            let (head, path) = (data.pipeline.clone(), data.pipeline.path());
            let views = Views::new(TENANT_API, list_name(&head.key), data.views.clone(), frame.permissions.can_manage_users());
            let columns = columns(&data);
            let above = views.view(&query, &columns);
            if let Some((name, value)) = data.adding.as_ref().and_then(|adding| adding.done.as_ref()) {
                page_redirect(&list_url(&path, &query, &[(name, value)]));
            }
            let narrowing = Narrowing {
                path: path.clone(),
                query: query.clone(),
                filters: data.filters.clone(),
                fields: data.fields.clone(),
                stages: data.stages.clone(),
                sees_others: data.sees_others,
                has_shared: data.has_shared,
                sorts: columns
                    .iter()
                    .filter(|column| column.is_sorted())
                    .map(|column| (column.name.to_string(), column.label.to_string()))
                    .collect(),
            };
            let adding = data.adding.clone().map(|one| adding(&path, &query, &data.filters, one));
            let problems = problems(&path, &query, &data.filters);
            let filters = view! { {narrowing.bar(Some(views.button(&query)))}{adding} };
            let query_here = query.clone();
            let board = list_url(
                &format!("{path}/board"),
                &ListQuery { sort: String::new(), desc: false, then: Vec::new(), view: None, size: 0, ..query.clone() },
                &[(STAGE, "")],
            );
            let new = format!("New {}", head.name_one);
            let customizes = frame.permissions.has(Permission::SettingsManage);
            let (may_create, has_stages) = (data.may_create, !data.stages.is_empty());
            let all = data.page.total;
            let total = match all {
                Count::Exact(total) => number(total),
                Count::Many => format!("More than {}", number(query.count_max())),
            };
            let subtitle = if data.sees_others { total } else { format!("{total} of yours") };
            let empty = {
                let (head, query, new) = (head.clone(), query.clone(), new.clone());
                move || nothing(&head, &query, may_create.then_some(new))
            };
            let rows = {
                let (data, query, views, path) = (data.clone(), query.clone(), views.clone(), path.clone());
                move |rows: Vec<RecordRow>| {
                    let (shown, is_dense) = (views.columns(&query, columns.clone()), views.is_dense(&query));
                    let table = Table {
                        caption: data.pipeline.name.clone().into(),
                        path: &path,
                        query: &query,
                        columns: shown,
                        ticks: may_create.then(|| Ticks { all: ticked, toggle: ticks_toggle(&path, &query, ticked) }),
                        is_dense,
                        now,
                    };
                    let shown = rows.len();
                    let table = table.view(
                        rows,
                        |row: &RecordRow| (row.id.to_string(), row.title.clone()),
                        |row, column| cell(&data.pipeline, &data.settings, &data.stages, row, column),
                    );
                    if !may_create {
                        return table;
                    }
                    let acts = RecordAct::ALL.into_iter().filter(|act| *act != RecordAct::Move || has_stages);
                    let acts = acts.filter(|act| *act != RecordAct::Assign || data.sees_others).map(|act| (act.as_str(), act.label()));
                    let noun = data.pipeline.name.clone();
                    let here = list_url_here("", &query, &[]);
                    let back = here.strip_prefix('?').unwrap_or_default().to_owned();
                    view! { <form method="get" action=format!("{path}/bulk")>{table}<BulkBar query=query.clone() back shown all noun acts=acts.collect()/></form> }
                        .into_any()
                }
            };
            let list = list_card(&path, &query, data.page, filters, rows, empty);
            view! {
                <TenantPage frame active=path.clone() title=head.name.clone()>
                    <PageHead title=head.name.clone() subtitle>
                        {has_stages.then(|| view! { <a class="btn" href=board>"Board"</a> })}
                        {customizes.then(|| view! { <a class="btn" href=format!("/settings/pipelines/{}/fields", head.key)>"Customize"</a> })}
                        {may_create.then(|| view! { <a class="btn" href=format!("{path}/import")>"Import"</a> })}
                        <a class="btn" href=list_url(&format!("{path}/export.csv"), &query_here, &[])>"Export"</a>
                        <a class="btn" href=format!("{path}/trash")>"Trash"</a>
                        {may_create.then(|| view! { <a class="btn btn-primary" href=format!("{path}/new")>{new}</a> })}
                    </PageHead>
                    {above}
                    {problems}
                    {list}
                </TenantPage>
            }
        },
    )
}

/// The columns there are: those that the pipeline names first, the rest for who chooses them.
fn columns(data: &Data) -> Vec<Column> {
    let settings = &data.settings;
    let in_title = |key: &String| settings.title.contains(key);
    let stage = (!data.stages.is_empty()).then(|| Column::new("stage", "Stage"));
    let fields = data.fields.iter().filter(|field| !in_title(&field.key) && field.is_value()).map(|field| {
        let name = column_of(settings, field);
        let column = Column::new(name, field.label.clone());
        // The titles of what records are linked to have no order here.
        let column = if field.relation.is_some() { column } else { column.sorted() };
        match field.kind {
            FieldKind::Text
            | FieldKind::Relation
            | FieldKind::LongText
            | FieldKind::Select
            | FieldKind::MultiSelect
            | FieldKind::Email
            | FieldKind::Phone
            | FieldKind::Url => column,
            _ => column.labelled(),
        }
    });
    // Who sees own records alone knows whose they are.
    let owner = data.sees_others.then(|| Column::new("owner", "Owner").labelled());
    let updated = Column::new("updated", "Changed").sorted().labelled();
    let created = Column::new("created", "Created").sorted().labelled();
    let all: Vec<Column> = stage.into_iter().chain(fields).chain(owner).chain([updated, created]).collect();
    let (shown, rest): (Vec<Column>, Vec<Column>) =
        all.into_iter().partition(|column| settings.columns.iter().any(|name| *name == column.name));
    let mut shown = shown;
    shown.sort_by_key(|column| settings.columns.iter().position(|name| *name == column.name));
    let title = Column::new("title", data.pipeline.name_one.clone()).sorted();
    std::iter::once(title).chain(shown).chain(rest.into_iter().map(Column::extra)).collect()
}

fn nothing(head: &domain::record::PipelineHead, query: &ListQuery, new: Option<String>) -> AnyView {
    let path = head.path();
    if query.is_narrowed() {
        return no_matches(&path, query, "No matches", "Try fewer words or remove filters.");
    }
    view! {
        <div class="empty"><p class="font-semibold">{format!("{} will appear here", head.name)}</p>
            {new.map(|label| view! { <a class="btn btn-sm btn-primary mt-4" href=format!("{path}/new")>{label}</a> })}</div>
    }
    .into_any()
}
