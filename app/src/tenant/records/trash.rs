//! The page `/p/{pipeline}/trash`.

use super::param;
use crate::{
    api::{ApiError, Framed, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{
        Cell, Chip, Column, PageHead, ReturnPath, Table, Title, Toolbar, list_card, list_query, list_url, load, nothing_matches,
        search_pairs,
    },
};
use domain::dto::tenant::RecordTrashPage as Data;
use leptos::prelude::*;

/// The records of a pipeline in the trash, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "record_trash")]
pub async fn record_trash(pipeline: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_trash(&cx, &pipeline, &list_query(&query, &[])).await;
    framed(&cx, found).await
}

/// The page `/p/{pipeline}/trash`.
#[component]
pub fn RecordTrashPage() -> impl IntoView {
    let pipeline = param("pipeline");
    let pairs = search_pairs();
    let query = list_query(&pairs, &[]);
    load(
        move || record_trash(pipeline.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let (now, query, head) = (frame.now, query.clone(), data.pipeline.clone());
            let list_path = head.path();
            let path = format!("{list_path}/trash");
            let found =
                (!query.q.is_empty()).then(|| Chip { label: format!("search: {}", query.q), href: list_url(&path, &query, &[("q", "")]) });
            let filters =
                view! { <Toolbar path=path.clone() query=query.clone() placeholder="Search the trash" chips=found.into_iter().collect()/> };
            let rows = {
                let (path, list_path, query, key) = (path.clone(), list_path.clone(), query.clone(), head.key.clone());
                move |rows| {
                    let columns = vec![
                        Column::new("title", head.name_one.clone()),
                        Column::new("owner", "Owner").labelled(),
                        Column::new("deleted", "Moved to the trash").labelled(),
                        Column::new("restore", "Restore").quiet(),
                    ];
                    let table = Table { caption: "Trash".into(), path: &path, query: &query, columns, ticks: None, is_dense: false, now };
                    table.plain(rows, |(row, may_restore): &(domain::dto::tenant::RecordRow, bool), column| match column {
                        "title" => Title::link(format!("{list_path}/{}", row.id), row.title.clone()).into(),
                        "owner" => row.owner.as_ref().map_or(Cell::Empty, |owner| owner.name.clone().into()),
                        "deleted" => row.deleted_at.map_or(Cell::Empty, Cell::When),
                        _ if *may_restore => {
                            let (key, id, label) = (key.clone(), row.id.to_string(), format!("Restore {}", row.title));
                            Cell::View(
                                view! {
                                    <form method="post" action="/api/tenant/record_restore"><ReturnPath/>
                                        <input type="hidden" name="pipeline" value=key/><input type="hidden" name="id" value=id/>
                                        <button class="btn btn-xs" aria-label=label>"Restore"</button></form>
                                }
                                .into_any(),
                            )
                        }
                        _ => Cell::Empty,
                    })
                }
            };
            let empty = {
                let (path, query) = (path.clone(), query.clone());
                move || nothing_matches(&path, &query, "Try fewer words.")
            };
            let list = list_card(&path, &query, data.page, filters, rows, empty);
            let crumbs = vec![(data.pipeline.name.clone(), list_path.clone())];
            view! {
                <TenantPage frame active=list_path crumbs title="Trash">
                    <PageHead title="Trash" subtitle="Deleted records stay here and can be restored."/>
                    {list}
                </TenantPage>
            }
        },
    )
}
