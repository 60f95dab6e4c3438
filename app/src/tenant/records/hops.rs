//! The page `/p/{pipeline}/{id}/related`.

use super::{param, record_id};
use crate::{
    api::{ApiError, Framed, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{PageHead, load, search_pairs},
};
use domain::dto::tenant::{Hop, HopHit, RecordHopsPage as Data};
use leptos::prelude::*;

/// What a record has to do with, up to `depth` steps away.
#[server(prefix = "/api/tenant", endpoint = "record_hops")]
pub async fn record_hops(pipeline: String, id: String, #[server(default)] depth: Option<u8>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_hops(&cx, &pipeline, record_id(&id)?, depth).await;
    framed(&cx, found).await
}

/// The page `/p/{pipeline}/{id}/related`.
#[component]
pub fn RecordHopsPage() -> impl IntoView {
    let (pipeline, id) = (param("pipeline"), param("id"));
    let depth = search_pairs().into_iter().find(|(name, _)| name == "depth").and_then(|(_, depth)| depth.parse().ok());
    load(
        move || record_hops(pipeline.clone(), id.clone(), depth),
        |Framed { frame, data }| {
            let (head, list) = (data.pipeline.clone(), data.pipeline.path());
            let path = format!("{list}/{}", data.id);
            let crumbs = vec![(head.name.clone(), list.clone()), (data.title.clone(), path.clone())];
            let depths = (1..=data.depth_max).map(|depth| {
                let current = (depth == data.depth).then_some("true");
                let class = if depth == data.depth { "btn btn-sm btn-active" } else { "btn btn-sm" };
                view! { <a class=class href=format!("{path}/related?depth={depth}") aria-current=current aria-label=format!("Up to {}", steps(depth))>{depth}</a> }
            });
            let depths = depths.collect_view();
            let is_empty = data.hops.is_empty();
            let hops = (1..).zip(data.hops).map(|(step, hop)| view! { <Step step hop/> }).collect_view();
            view! {
                <TenantPage frame active=list crumbs title="Related">
                    <PageHead title=format!("Related to {}", data.title) subtitle="What is linked to it, and what is linked to that. Each record appears once.">
                        <span class="text-muted text-sm">"Steps"</span>{depths}
                    </PageHead>
                    {is_empty.then(|| view! { <div class="card-box empty"><p class="font-semibold">"Nothing is linked to it"</p></div> })}
                    <div class="flex flex-col gap-4">{hops}</div>
                </TenantPage>
            }
        },
    )
}

fn steps(count: u8) -> String {
    if count == 1 { "1 step".to_owned() } else { format!("{count} steps") }
}

#[component]
fn Step(step: u8, hop: Hop) -> impl IntoView {
    let id = format!("step-{step}");
    let count = hop.hits.len();
    let rows = hop.hits.into_iter().map(|HopHit { pipeline, id, title, field, source }| {
        view! {
            <li>
                <span class="min-w-0 flex-1">
                    <a class="link-quiet font-medium break-words" dir="auto" href=format!("{}/{id}", pipeline.path())>{title}</a>
                    <span class="text-muted block text-xs break-words" dir="auto">{format!("{field} of {source}")}</span>
                </span>
                <span class="text-muted text-xs">{pipeline.name_one}</span>
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section class="card-box" aria-labelledby=id.clone()>
            <div class="card-head"><h2 id=id.clone()>{format!("{} away", steps(step))}" "<span class="text-muted text-sm font-normal">{count}</span></h2></div>
            <ul class="rows">{rows}</ul>
            {hop.is_cut.then(|| view! { <p class="text-muted p-4 text-sm">"More is linked than is shown here. Open a record to see all of it."</p> })}
        </section>
    }
}
