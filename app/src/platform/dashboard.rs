//! The platform's first page.

use super::PlatformPage;
use crate::{
    api::{ApiError, Framed, request_cx},
    ui::{AuditLines, Figure, PageHead, QuotaMeter, StatusBadge, When, load},
};
use domain::{TenantStatus, dto::platform::DashboardPage as Data, list::grouped};
use leptos::prelude::*;

/// What the dashboard shows.
#[server(prefix = "/api/platform", endpoint = "dashboard")]
pub async fn dashboard() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = services::dashboard::platform_dashboard(&cx).await;
    let (viewer, data) = cx.answer(found).await?;
    Ok(Framed { frame: super::frame(&cx, viewer).await?, data })
}

/// The page `/`.
#[component]
pub fn DashboardPage() -> impl IntoView {
    load(dashboard, |Framed { frame, data }| {
        let now = frame.now;
        let tenants = data.tenants;
        let total: i64 = tenants.iter().map(|(_, count)| count).sum();
        let count = move |status| tenants.iter().find(|(known, _)| *known == status).map_or(0, |(_, count)| *count);
        view! {
            <PlatformPage frame active="/" title="Dashboard">
                <PageHead title="Dashboard"><a class="btn btn-primary" href="/tenants/new">"New tenant"</a></PageHead>
                <div class="grid grid-cols-2 gap-3 lg:grid-cols-4">
                    <Figure label="Active tenants" value=grouped(count(TenantStatus::Active)) note=format!("of {} in all", grouped(total))/>
                    <Figure label="Suspended" value=grouped(count(TenantStatus::Suspended)) note="nobody signs in there"/>
                    <Figure label="Archived" value=grouped(count(TenantStatus::Archived)) note="hidden, restorable"/>
                    <Figure label="Active users" value=grouped(data.users) note=format!("of {} allowed", grouped(data.users_max))/>
                </div>
                <div class="mt-4 grid gap-4 xl:grid-cols-2">
                    <section class="card-box" aria-labelledby="newest">
                        <div class="card-head"><h2 id="newest">"Newest tenants"</h2><a class="link-quiet" href="/tenants?sort=created&dir=desc">"All tenants"</a></div>
                        {if data.newest.is_empty() {
                            view! { <p class="text-muted p-4 text-sm">"No company yet. Create the first one."</p> }.into_any()
                        } else {
                            view! {
                                <ul class="rows">
                                    {data.newest.into_iter().map(|row| view! {
                                        <li>
                                            <span class="min-w-0 flex-1">
                                                <a class="row-link" href=format!("/tenants/{}", row.slug) dir="auto">{row.name}</a>
                                                <span class="text-muted block truncate text-xs">{row.domain}</span>
                                            </span>
                                            <StatusBadge status=row.status has_schema=row.has_schema/>
                                            <span class="max-2xl:hidden"><QuotaMeter used=row.user_count.into() most=row.max_users.into()/></span>
                                            <span class="text-muted w-20 text-right text-xs whitespace-nowrap max-sm:hidden"><When at=row.created_on now/></span>
                                        </li>
                                    }).collect_view()}
                                </ul>
                            }.into_any()
                        }}
                    </section>
                    <section class="card-box" aria-labelledby="recent">
                        <div class="card-head"><h2 id="recent">"Recent changes"</h2></div>
                        <AuditLines lines=data.audit now empty="Nothing has happened yet."/>
                    </section>
                </div>
            </PlatformPage>
        }
    })
}
