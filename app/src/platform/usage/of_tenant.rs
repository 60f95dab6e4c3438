//! The page `/tenants/{slug}/usage`.

use super::{day_bars, hour_bars, requests_bar};
use crate::{
    api::{ApiError, Framed, framed, request_cx},
    platform::tenants::{TenantFrame, slug},
    ui::{BarChart, Figure, When, load},
};
use domain::{dto::platform::TenantUsagePage as Data, format::size, list::grouped};
use leptos::prelude::*;

/// How much a company uses.
#[server(prefix = "/api/platform", endpoint = "tenant_usage")]
pub async fn tenant_usage(slug: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::usage::tenant_usage(&cx, &slug).await;
    framed(&cx, found).await
}

/// The page `/tenants/{slug}/usage`.
#[component]
pub fn TenantUsagePage() -> impl IntoView {
    let slug = slug();
    load(
        move || tenant_usage(slug.clone()),
        |Framed { frame, data }| {
            let now = frame.now;
            let known = |value: Option<String>| value.unwrap_or_else(|| "not measured yet".to_owned());
            let total = |of: fn(&domain::dto::platform::Requests) -> i64| -> i64 { data.hours.iter().map(|(_, count)| of(count)).sum() };
            let counted = !data.hours.is_empty();
            let (requests, errors) = (total(|count| count.requests), total(|count| count.errors));
            let days = data.days.iter().map(|day| requests_bar(day.day.to_string(), day.requests)).collect();
            let tables = data.size.clone().map(|size| view! {
                <section class="card-box mt-4" aria-labelledby="records">
                    <div class="card-head"><h2 id="records">"Records by table"</h2><span class="text-muted text-xs">"measured "<When at=size.measured_at now/></span></div>
                    <ul class="rows">
                        {size.tables.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| view! {
                            <li><code class="flex-1 text-xs">{name}</code><span class="tabular-nums">{grouped(count)}</span></li>
                        }).collect_view()}
                    </ul>
                </section>
            });
            view! {
                <TenantFrame frame head=data.head tab="Usage">
                    <div class="grid grid-cols-2 gap-3 lg:grid-cols-4">
                        <Figure label="Requests, last 24 hours" value=known(counted.then(|| grouped(requests))) note=if counted { format!("{} errors", grouped(errors)) } else { String::new() }/>
                        <Figure label="Users seen today" value=known(data.days.last().map(|day| grouped(day.people))) note="made a request while signed in"/>
                        <Figure label="Database size" value=known(data.size.as_ref().map(|known| size(u64::try_from(known.bytes).unwrap_or(0)))) note="indexes included"/>
                        <Figure label="Records" value=known(data.size.as_ref().map(|known| grouped(known.rows))) note="in all tables"/>
                    </div>
                    <div class="mt-4 grid gap-4 xl:grid-cols-2">
                        <div class="card-box p-4"><BarChart id="hours" title="Requests by hour, errors in red" heads=("Hour (UTC)", "Requests") bars=hour_bars(&data.hours) empty="No requests in the last 24 hours."/></div>
                        <div class="card-box p-4"><BarChart id="people" title="Users seen by day" heads=("Day (UTC)", "Users") bars=day_bars(&data.days) empty="No users were seen in the last 30 days."/></div>
                        <div class="card-box p-4 xl:col-span-2"><BarChart id="days" title="Requests by day, errors in red" heads=("Day (UTC)", "Requests") bars=days empty="No requests in the last 30 days."/></div>
                    </div>
                    {tables}
                </TenantFrame>
            }
        },
    )
}
