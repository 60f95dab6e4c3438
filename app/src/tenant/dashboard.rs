//! A company's first page.

use super::{
    frame::TenantPage,
    records::{Work, record_work},
};
use crate::{
    api::{ApiError, ApiResult, Framed, done, framed, request_cx},
    ui::{AttentionList, AuditLines, Figure, Icon, IconName, PageHead, QuotaMeter, ReturnPath, load, number},
};
use domain::{
    Flash, Permission,
    dto::tenant::{DashboardPage as Data, Onboarding, WorkPage},
};
use leptos::prelude::*;

/// What the dashboard shows.
#[server(prefix = "/api/tenant", endpoint = "dashboard")]
pub async fn dashboard() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::dashboard::tenant_dashboard(&cx).await;
    framed(&cx, found).await
}

/// The dashboard, with what waits for those who work with records.
async fn home() -> ApiResult<Framed<(Data, Option<WorkPage>)>> {
    let Framed { frame, data } = dashboard().await?;
    let work = if frame.permissions.has(Permission::RecordsView) { Some(record_work().await?.data) } else { None };
    Ok(Framed { frame, data: (data, work) })
}

/// Puts the list of first things away, for every owner.
#[server(prefix = "/api/tenant", endpoint = "onboarding_dismiss")]
pub async fn onboarding_dismiss() -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let gone = identity::onboarding::onboarding_dismiss(&cx).await;
    cx.answer(gone).await?;
    done(&cx, "/", Flash::default()).await
}

/// What a new company's owner does first.
#[component]
fn FirstThings(list: Onboarding) -> impl IntoView {
    let line = |is_done: bool, label: &'static str, why: &'static str, href: &'static str, act: &'static str| {
        view! {
            <li>
                <Icon name=if is_done { IconName::Check } else { IconName::Person } class=if is_done { "size-4 text-success" } else { "size-4 opacity-60" }/>
                <span class="min-w-0 flex-1">
                    <span class="block">{label}{is_done.then(|| view! { <span class="text-muted">" (done)"</span> })}</span>
                    <span class="text-muted block text-xs">{why}</span>
                </span>
                {(!is_done).then(|| view! { <a class="btn btn-sm" href=href>{act}</a> })}
            </li>
        }
    };
    view! {
        <section class="card-box mb-4" aria-labelledby="first">
            <div class="card-head">
                <h2 id="first">"Get started"</h2>
                <form method="post" action="/api/tenant/onboarding_dismiss"><ReturnPath/><button class="btn btn-xs btn-ghost">"Dismiss"</button></form>
            </div>
            <ul class="rows first-things">
                {line(list.colleagues, "Add your colleagues", "Users cannot register. You or an admin creates each account.", "/users/new", "Add a colleague")}
                {line(list.second_owner, "Add a second owner", "Your company should not depend on one user's account.", "/users/new", "Add an owner")}
                {line(list.second_factor, "Set up a second factor", "A stolen password is then not enough to sign in.", "/account/mfa", "Set up")}
            </ul>
        </section>
    }
}

/// The page `/`.
#[component]
pub fn DashboardPage() -> impl IntoView {
    load(home, |Framed { frame, data: (data, work) }| {
        let now = frame.now;
        let brand = frame.brand.clone();
        let sees_users = frame.permissions.has(Permission::UsersView);
        let sees_others = frame.permissions.can_view_all_data();
        let can_create = frame.permissions.can_create_users();
        let people = sees_users.then(|| {
            view! {
                <div class="grid grid-cols-2 gap-3 lg:grid-cols-4">
                    <Figure href="/users?status=active" label="Active users" value=number(data.quota.active_users.into()) note=format!("of {} allowed", number(data.quota.max_users.into()))/>
                    <Figure href="/users?seen=7_days&status=active" label="Signed in, last 7 days" value=number(data.signed_in_7_days) note="active users"/>
                    <Figure href="/users?seen=never" label="Never signed in" value=number(data.waiting) note="invited or recently created"/>
                    <div class="card-box p-4">
                        <p class="text-muted text-xs">"Seats used"</p>
                        <p class="meter-tile mt-3"><QuotaMeter used=data.quota.active_users.into() most=data.quota.max_users.into()/></p>
                    </div>
                </div>
            }
        });
        let roles = (!data.roles.is_empty()).then(|| {
            view! {
                <section class="card-box" aria-labelledby="roles">
                    <div class="card-head"><h2 id="roles">"Active users by role"</h2><a class="link-quiet" href="/users">"All users"</a></div>
                    <ul class="rows">
                        {data.roles.iter().map(|(name, count)| view! {
                            <li><span class="flex-1" dir="auto">{name.clone()}</span><span class="tabular-nums">{number(*count)}</span></li>
                        }).collect_view()}
                    </ul>
                </section>
            }
        });
        let audit = data.audit.map(|lines| {
            view! {
                <section class="card-box" aria-labelledby="recent">
                    <div class="card-head"><h2 id="recent">"Recent changes"</h2></div>
                    <AuditLines lines now empty="Nothing has happened yet."/>
                </section>
            }
        });
        let plain = (!sees_users && work.is_none()).then(|| {
            view! { <div class="card-box empty"><p class="font-semibold">"You are signed in"</p><p class="text-muted mt-1">"Ask an admin if you need access to your company's records."</p></div> }
        });
        let greeting = if frame.first_name.is_empty() { "Welcome".to_owned() } else { format!("Welcome, {}", frame.first_name) };
        view! {
            <TenantPage frame active="/" title="Dashboard">
                <PageHead title=greeting subtitle=brand>
                    {can_create.then(|| view! { <a class="btn btn-primary" href="/users/new">"New user"</a> })}
                </PageHead>
                {data.onboarding.map(|list| view! { <FirstThings list/> })}
                <AttentionList lines=data.attention/>
                {work.map(|work| view! { <Work work now sees_others/> })}
                {people}
                <div class="mt-4 grid gap-4 xl:grid-cols-[1fr_2fr]">{roles}{audit}</div>
                {plain}
            </TenantPage>
        }
    })
}
