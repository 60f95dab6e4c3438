//! The page `/tenants/{slug}`.

use super::frame::{TenantFrame, slug};
use crate::{
    api::{ApiError, Framed, framed, request_cx},
    ui::{AuditLines, Detail, Figure, QuotaMeter, When, load},
};
use domain::{dto::platform::TenantPage as Data, format::size, list::grouped};
use leptos::prelude::*;

/// What the page of a tenant shows.
#[server(prefix = "/api/platform", endpoint = "tenant_get")]
pub async fn tenant_get(slug: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::tenants::tenant_get(&cx, &slug).await;
    framed(&cx, found).await
}

/// The page `/tenants/{slug}`.
#[component]
pub fn TenantOverviewPage() -> impl IntoView {
    let slug = slug();
    load(
        move || tenant_get(slug.clone()),
        |Framed { frame, data }| {
            let now = frame.now;
            let (head, tenant) = (data.head.clone(), data.head.tenant);
            let version = match (data.schema_version, data.pending) {
                (None, _) => "no schema yet".to_owned(),
                (Some(version), 0) => format!("{version}, up to date"),
                (Some(version), pending) => format!("{version}, {pending} pending"),
            };
            let known = |value: Option<String>| value.unwrap_or_else(|| "not measured yet".to_owned());
            view! {
                <TenantFrame frame head tab="Overview">
                    {data.last_error.map(|error| view! { <div class="error-summary" role="alert"><p class="font-semibold">"The schema has an error"</p><p class="mt-1 font-mono text-xs">{error}</p></div> })}
                    <div class="grid grid-cols-2 gap-3 lg:grid-cols-5">
                        <Figure label="Active users" value=grouped(tenant.user_count.into()) note=format!("of {} allowed", grouped(tenant.max_users.into()))/>
                        <Figure label="Active sessions" value=known(data.sessions.map(|count| grouped(i64::try_from(count).unwrap_or(i64::MAX))))/>
                        <Figure label="Database size" value=known(data.bytes.map(|bytes| size(u64::try_from(bytes).unwrap_or(0)))) note="indexes included"/>
                        <Figure label="Requests, last 24 hours" value=data.requests.map_or_else(|| "not measured yet".to_owned(), |count| grouped(count.requests))
                            note=data.requests.map_or_else(String::new, |count| format!("{} errors", grouped(count.errors)))/>
                        <div class="card-box p-4">
                            <p class="text-muted text-xs">"Last activity"</p>
                            <p class="mt-1 text-2xl font-semibold">{match data.last_activity { Some(at) => view! { <When at now/> }.into_any(), None => "none yet".into_any() }}</p>
                            <p class="text-muted mt-1 text-xs">"latest sign-in of any user"</p>
                        </div>
                    </div>
                    <div class="mt-4 grid gap-4 xl:grid-cols-[2fr_1fr]">
                        <section class="card-box" aria-labelledby="recent">
                            <div class="card-head"><h2 id="recent">"Recent changes"</h2></div>
                            <AuditLines lines=data.audit now empty="Nothing has happened yet."/>
                        </section>
                        <section class="card-box p-4" aria-labelledby="details">
                            <h2 class="font-semibold" id="details">"Details"</h2>
                            <dl class="mt-2">
                                <Detail label="Owner">{if data.owners.is_empty() { "none yet".to_owned() } else { data.owners.join(", ") }}</Detail>
                                <Detail label="Domains">
                                    {data.domains.into_iter().map(|row| view! {
                                        <span class="block">{row.domain}{(!row.verified).then_some(" (not verified)")}</span>
                                    }).collect_view()}
                                </Detail>
                                <Detail label="Short name"><code>{tenant.slug}</code></Detail>
                                <Detail label="Schema version">{version}</Detail>
                                <Detail label="Users"><QuotaMeter used=tenant.user_count.into() most=tenant.max_users.into()/></Detail>
                            </dl>
                        </section>
                    </div>
                </TenantFrame>
            }
        },
    )
}
