//! The platform's first page.

use super::{
    frame::PlatformPage,
    usage::{day_bars, fleet_bars, hour_bars},
};
use crate::{
    api::{ApiError, Framed, framed, request_cx},
    ui::{AttentionList, AuditLines, Badge, BadgeText, BarChart, Figure, PageHead, QuotaMeter, When, load, money},
};
use chrono::{DateTime, Datelike, Utc};
use domain::{
    Money, TenantStatus,
    dto::platform::{DashboardPage as Data, Verified},
    format::size,
    list::grouped,
};
use leptos::prelude::*;

/// What the dashboard shows.
#[server(prefix = "/api/platform", endpoint = "dashboard")]
pub async fn dashboard() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::dashboard::platform_dashboard(&cx).await;
    framed(&cx, found).await
}

/// The page `/`.
#[component]
pub fn DashboardPage() -> impl IntoView {
    load(dashboard, |Framed { frame, data }| {
        let now = frame.now;
        let tenants = data.tenants;
        let total: i64 = tenants.iter().map(|(_, count)| count).sum();
        let known = |value: Option<String>| value.unwrap_or_else(|| "not measured yet".to_owned());
        let requests: i64 = data.hours.iter().map(|(_, count)| count.requests).sum();
        let errors: i64 = data.hours.iter().map(|(_, count)| count.errors).sum();
        let stored = data.fleet.last().and_then(|day| day.bytes);
        let month = now.date_naive().with_day(1).unwrap_or_default();
        let this_month = data.fleet.iter().filter(|day| day.day >= month).map(|day| day.ai_spent.millionths()).sum();
        let spent = if data.fleet.is_empty() { None } else { Money::from_millionths(this_month) };
        let count = move |status| tenants.iter().find(|(known, _)| *known == status).map_or(0, |(_, count)| *count);
        view! {
            <PlatformPage frame active="/" title="Dashboard">
                <PageHead title="Dashboard"><a class="btn btn-primary" href="/tenants/new">"New tenant"</a></PageHead>
                <AttentionList lines=data.attention/>
                <div class="grid grid-cols-2 gap-3 lg:grid-cols-3 2xl:grid-cols-6">
                    <Figure href="/tenants?status=active" label="Active tenants" value=grouped(count(TenantStatus::Active)) note=format!("of {}, {} suspended, {} archived", grouped(total), grouped(count(TenantStatus::Suspended)), grouped(count(TenantStatus::Archived)))/>
                    <Figure href="/tenants?sort=users&dir=desc" label="Active users" value=grouped(data.users) note=format!("of {} allowed", grouped(data.users_max))/>
                    <Figure href="/usage" label="Users seen today" value=known(data.days.last().map(|day| grouped(day.people))) note="made a request while signed in"/>
                    <Figure href="/usage?sort=requests&dir=desc" label="Requests, last 24 hours" value=known((!data.hours.is_empty()).then(|| grouped(requests))) note=if data.hours.is_empty() { String::new() } else { format!("{} errors", grouped(errors)) }/>
                    <Figure href="/usage?sort=storage&dir=desc" label="Database size" value=known(stored.map(|bytes| size(u64::try_from(bytes).unwrap_or(0)))) note="all tenants, indexes included"/>
                    <Figure href="/usage" label="AI this month" value=known(spent.map(money)) note="charged to tenants"/>
                </div>
                <div class="mt-4 grid gap-4 xl:grid-cols-2">
                    <div class="card-box p-4"><BarChart id="requests" title="Requests by hour, errors in red" heads=("Hour (UTC)", "Requests") bars=hour_bars(&data.hours) empty="No requests in the last 24 hours."/></div>
                    <div class="card-box p-4"><BarChart id="people" title="Users seen by day" heads=("Day (UTC)", "Users") bars=day_bars(&data.days) empty="No users were seen in the last 30 days."/></div>
                    <div class="card-box p-4"><BarChart id="tenants" title="Tenants by day" heads=("Day (UTC)", "Tenants") bars=fleet_bars(&data.fleet, |day| (day.tenants, grouped(day.tenants))) empty="There were no tenants in the last 30 days."/></div>
                    <div class="card-box p-4"><BarChart id="ai" title="AI spending by day" heads=("Day (UTC)", "Spent") bars=fleet_bars(&data.fleet, |day| (day.ai_spent.millionths(), money(day.ai_spent.exact()))) empty="Nothing was spent in the last 30 days."/></div>
                </div>
                <div class="mt-4 grid gap-4 xl:grid-cols-2">
                    <section class="card-box" aria-labelledby="newest">
                        <div class="card-head"><h2 id="newest">"Newest tenants"</h2><a class="link-quiet" href="/tenants?sort=created&dir=desc">"All tenants"</a></div>
                        {if data.newest.is_empty() {
                            view! { <p class="text-muted p-4 text-sm">"No tenants yet. Create the first one."</p> }.into_any()
                        } else {
                            view! {
                                <ul class="rows">
                                    {data.newest.into_iter().map(|row| view! {
                                        <li>
                                            <span class="min-w-0 flex-1">
                                                <a class="row-link" href=format!("/tenants/{}", row.slug) dir="auto">{row.name}</a>
                                                <span class="text-muted block truncate text-xs">{row.domain}</span>
                                            </span>
                                            <Badge state=BadgeText::of_tenant(row.status, row.has_schema)/>
                                            <span class="max-2xl:hidden"><QuotaMeter used=row.user_count.into() most=row.max_users.into()/></span>
                                            <span class="text-muted w-20 text-right text-xs whitespace-nowrap max-sm:hidden"><When at=row.created_on now/></span>
                                        </li>
                                    }).collect_view()}
                                </ul>
                            }.into_any()
                        }}
                    </section>
                    <section class="card-box" aria-labelledby="top">
                        <div class="card-head"><h2 id="top">"Most requests today"</h2><a class="link-quiet" href="/usage?sort=requests&dir=desc">"All usage"</a></div>
                        {if data.top.is_empty() {
                            view! { <p class="text-muted p-4 text-sm">"No requests today."</p> }.into_any()
                        } else {
                            view! {
                                <ul class="rows">
                                    {data.top.into_iter().map(|(name, slug, requests)| view! {
                                        <li>
                                            <a class="row-link min-w-0 flex-1 truncate" href=format!("/tenants/{slug}/usage") dir="auto">{name}</a>
                                            <span class="tabular-nums">{grouped(requests)}</span>
                                        </li>
                                    }).collect_view()}
                                </ul>
                            }.into_any()
                        }}
                    </section>
                    <Isolation verified=data.verified now/>
                    <section class="card-box xl:col-span-2" aria-labelledby="recent">
                        <div class="card-head"><h2 id="recent">"Recent changes"</h2></div>
                        <AuditLines lines=data.audit now empty="Nothing has happened yet."/>
                    </section>
                </div>
            </PlatformPage>
        }
    })
}

/// What the daily verification of tenant isolation has found.
#[component]
fn Isolation(verified: Option<Verified>, now: DateTime<Utc>) -> impl IntoView {
    let body = match verified {
        None => view! { <p class="text-muted p-4 text-sm">"Not verified yet. Verification runs once a day and whenever an operator runs "<code>"oneo verify all"</code>"."</p> }.into_any(),
        Some(Verified { at, companies, lines, findings }) => {
            let lines = lines.map(|lines| format!(", {} audit log entries", grouped(lines))).unwrap_or_default();
            let looked = format!("{} tenants{lines}", grouped(i64::try_from(companies).unwrap_or(i64::MAX)));
            let (class, word) = if findings.is_empty() { ("tone-success", "Verified") } else { ("tone-error", "Broken") };
            view! {
                <p class="flex flex-wrap items-center gap-3 p-4 text-sm">
                    <span class=class>{word}</span>
                    <span>{looked}", "<When at now/></span>
                </p>
                {(!findings.is_empty()).then(|| view! {
                    <ul class="px-4 pb-4 text-sm">{findings.into_iter().map(|finding| view! { <li><code class="text-xs break-all">{finding}</code></li> }).collect_view()}</ul>
                })}
            }
            .into_any()
        }
    };
    view! { <section class="card-box xl:col-span-2" aria-labelledby="isolation"><div class="card-head"><h2 id="isolation">"Tenant isolation"</h2></div>{body}</section> }
}
