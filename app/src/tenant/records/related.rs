//! What a record is linked to: cards on its page, and the page `/p/{pipeline}/{id}/link/{field}`.

use super::{param, record_id};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{ErrorSummary, FormView, PageHead, ReturnPath, load, number, search_pairs, tone},
};
use domain::{
    dto::tenant::{RecordLinkPage as Data, RecordRelated, RelatedRow},
    flash::{Toast, Undo},
    list::Count,
};
use leptos::prelude::*;

const LINK: &str = "/api/tenant/record_link";
const UNLINK: &str = "/api/tenant/record_unlink";

/// What a record can be linked to by a relation that leads to several.
#[server(prefix = "/api/tenant", endpoint = "record_link_list")]
pub async fn record_link_list(pipeline: String, id: String, field: String, #[server(default)] q: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_link_list(&cx, &pipeline, record_id(&id)?, &field, &q).await;
    framed(&cx, found).await
}

/// Links a record to another one.
#[server(prefix = "/api/tenant", endpoint = "record_link")]
pub async fn record_link(pipeline: String, id: String, field: String, other: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let (id, other_id) = (record_id(&id)?, record_id(&other)?);
    let linked = records::record_link(&cx, &pipeline, id, &field, other_id).await;
    let linked = cx.answer(linked).await?;
    let toast = Toast::success(format!("{} was linked to {}", linked.other, linked.title));
    let toast = toast.with_undo(undo(UNLINK, &pipeline, &id.to_string(), &field, &other));
    done(&cx, &format!("/p/{pipeline}/{id}"), toast.into()).await
}

/// Removes the link between two records.
#[server(prefix = "/api/tenant", endpoint = "record_unlink")]
pub async fn record_unlink(pipeline: String, id: String, field: String, other: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let (id, other_id) = (record_id(&id)?, record_id(&other)?);
    let linked = records::record_unlink(&cx, &pipeline, id, &field, other_id).await;
    let linked = cx.answer(linked).await?;
    let toast = Toast::success(format!("{} is no longer linked to {}", linked.other, linked.title));
    let toast = toast.with_undo(undo(LINK, &pipeline, &id.to_string(), &field, &other));
    done(&cx, &format!("/p/{pipeline}/{id}"), toast.into()).await
}

fn names(pipeline: &str, id: &str, field: &str, other: &str) -> [(&'static str, String); 4] {
    [("pipeline", pipeline), ("id", id), ("field", field), ("other", other)].map(|(name, value)| (name, value.to_owned()))
}

fn undo(action: &str, pipeline: &str, id: &str, field: &str, other: &str) -> Undo {
    let fields = names(pipeline, id, field, other).into_iter().map(|(name, value)| (name.to_owned(), value));
    Undo { action: action.to_owned(), fields: fields.collect() }
}

/// One card for each relation of a record that leads to several.
#[component]
pub(super) fn RelatedCards(
    /// The key of the pipeline of the record.
    pipeline: String,
    /// The record.
    id: String,
    /// What it is linked to.
    cards: Vec<RecordRelated>,
) -> impl IntoView {
    let cards = cards.into_iter().map(|card| view! { <Card pipeline=pipeline.clone() id=id.clone() card/> });
    view! { <ErrorSummary form=FormView::new(LINK)/><ErrorSummary form=FormView::new(UNLINK)/>{cards.collect_view()} }
}

#[component]
fn Card(pipeline: String, id: String, card: RecordRelated) -> impl IntoView {
    let RecordRelated { field, rows, total, may_link, may_create } = card;
    let end = field.relation.clone()?;
    let heading = format!("related-{}", field.key);
    let label = heading.clone();
    let total = match total {
        Count::Exact(total) => number(total),
        Count::Many => "many".to_owned(),
    };
    let all = format!("{}?field.{}.is={id}", end.head.path(), end.inverse_key);
    let lines = rows.into_iter().map(|RelatedRow { id: other, title, sub, stage, is_overdue, may_unlink }| {
        let stage = stage.map(|stage| view! { <span class=tone(&stage.color)>{stage.name}</span> });
        let late = is_overdue.then(|| view! { <span class="tone-error">"Overdue"</span> });
        let remove = may_unlink.then(|| {
            let hidden = names(&pipeline, &id, &field.key, &other.to_string());
            let hidden = hidden.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
            let label = format!("Unlink {title}");
            view! { <form method="post" action=UNLINK><ReturnPath/>{hidden}<button class="btn btn-xs btn-ghost" aria-label=label>"Unlink"</button></form> }
        });
        view! {
            <li>
                <span class="min-w-0 flex-1">
                    <a class="link-quiet font-medium break-words" dir="auto" href=format!("{}/{other}", end.head.path())>{title}</a>
                    <span class="text-muted block text-xs break-words" dir="auto">{sub}</span>
                </span>
                {late}{stage}{remove}
            </li>
        }
    });
    let lines: Vec<_> = lines.collect();
    let is_empty = lines.is_empty();
    let lines = lines.collect_view();
    let link = may_link.then(|| {
        let (hint, label) = (format!("Search {}", end.head.name), format!("Link {}", field.label));
        view! { <a class="btn btn-sm btn-ghost" href=format!("/p/{pipeline}/{id}/link/{}", field.key) data-palette=hint aria-label=label>"Link"</a> }
    });
    let new = may_create.then(|| {
        let label = format!("New {}", end.head.name_one);
        let href = format!("{}/new?link.{}={id}", end.head.path(), end.inverse_key);
        view! { <a class="btn btn-sm" href=href aria-label=label>"New"</a> }
    });
    Some(view! {
        <section class="card-box" aria-labelledby=label>
            <div class="card-head"><h2 id=heading class="mr-auto">{field.label.clone()}" "<span class="text-muted text-sm font-normal">{total}</span></h2>{link}{new}</div>
            {is_empty.then(|| view! { <p class="text-muted p-4 text-sm">"Nothing linked yet."</p> })}
            <ul class="rows">{lines}</ul>
            {(!is_empty).then(|| view! { <p class="px-4 py-3 text-sm"><a class="link-quiet" href=all>"Show in list"</a></p> })}
        </section>
    })
}

/// The page `/p/{pipeline}/{id}/link/{field}`.
#[component]
pub fn RecordLinkPage() -> impl IntoView {
    let (pipeline, id, field) = (param("pipeline"), param("id"), param("field"));
    let q = search_pairs().into_iter().find(|(name, _)| name == "q").map(|(_, q)| q).unwrap_or_default();
    let asked = q.clone();
    load(
        move || record_link_list(pipeline.clone(), id.clone(), field.clone(), asked.clone()),
        move |Framed { frame, data }| {
            let q = q.clone();
            let (head, list) = (data.pipeline.clone(), data.pipeline.path());
            let path = format!("{list}/{}", data.id);
            let Some(end) = data.field.relation.clone() else { return ().into_any() };
            let crumbs = vec![(head.name.clone(), list.clone()), (data.title.clone(), path.clone())];
            let title = format!("Link {}", data.field.label);
            let placeholder = format!("Search {}", end.head.name);
            let is_empty = data.hits.is_empty();
            let hits = data.hits.into_iter().map(|hit| {
                let hidden = names(&head.key, &data.id.to_string(), &data.field.key, &hit.id.to_string());
                let hidden = hidden.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
                view! {
                    <li><form method="post" action=LINK>{hidden}
                        <button><span dir="auto">{hit.title}</span><small dir="auto">{hit.sub}</small></button>
                    </form></li>
                }
            });
            let hits = hits.collect_view();
            let body = if is_empty {
                view! { <p class="search-none">"No matches. Try fewer or different words."</p> }.into_any()
            } else {
                view! { <ul class="search-hits">{hits}</ul> }.into_any()
            };
            view! {
                <TenantPage frame active=list crumbs title=title.clone()>
                    <PageHead title subtitle=data.title/>
                    <ErrorSummary form=FormView::new(LINK)/>
                    <div class="card-box search-page">
                        <form method="get" action=format!("{path}/link/{}", data.field.key) role="search" class="toolbar">
                            <input class="input toolbar-search" type="search" name="q" value=q placeholder=placeholder.clone() aria-label=placeholder autofocus/>
                            <button class="btn">"Search"</button>
                        </form>
                        <div id="hits">{body}</div>
                    </div>
                </TenantPage>
            }
            .into_any()
        },
    )
}
