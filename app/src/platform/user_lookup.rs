//! The page `/users`: a user looked up by address, in every company.

use super::frame::PlatformPage;
use crate::{
    api::{ApiError, Framed, framed, request_cx},
    ui::{BadgeText, Cell, Column, PageHead, Table, Title, load, search_pairs},
};
use chrono::{DateTime, Utc};
use domain::{
    TenantId,
    dto::platform::{UserFindPage as Data, UserFound, UserHit},
    list::ListQuery,
};
use leptos::prelude::*;

const PATH: &str = "/users";

/// Looks for an address in every company, or in those from the one on whose id is `from`; an empty one looks for nobody.
#[server(prefix = "/api/platform", endpoint = "user_find")]
pub async fn user_find(#[server(default)] q: String, #[server(default)] from: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let from = from.parse().unwrap_or(TenantId(0));
    let found = control::user_lookup::user_find_page(&cx, &q, from).await;
    framed(&cx, found).await
}

/// The page `/users`.
#[component]
pub fn UserFindPage() -> impl IntoView {
    let pairs = search_pairs();
    let value = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap_or_default();
    let (q, from) = (value("q"), value("from"));
    load(
        move || user_find(q.clone(), from.clone()),
        |Framed { frame, data }| {
            let now = frame.now;
            let invalid = data.error.is_some();
            view! {
                <PlatformPage frame active=PATH title="Users">
                    <PageHead title="Users" subtitle="Find every tenant that has a user with an e-mail address. Each lookup is logged."/>
                    <form method="get" action=PATH class="card-box flex flex-wrap items-end gap-3 p-4" role="search">
                        <div class="field min-w-0 flex-1">
                            <label class="field-label" for="q">"E-mail"</label>
                            <input class="input w-full" class:input-error=invalid type="text" inputmode="email" id="q" name="q" value=data.q.clone() autocomplete="off" required
                                aria-invalid=invalid.then_some("true") aria-describedby=invalid.then_some("q-error")/>
                            {data.error.map(|text| view! { <p class="field-error" id="q-error">{text}</p> })}
                        </div>
                        <button class="btn btn-primary">"Look up"</button>
                    </form>
                    {data.found.map(|found| view! { <Found q=data.q found now/> })}
                </PlatformPage>
            }
        },
    )
}

#[component]
fn Found(q: String, found: UserFound, now: DateTime<Utc>) -> impl IntoView {
    let reach = found.reach();
    let rest = found.next.map(|next| {
        let query = serde_urlencoded::to_string([("q", q.as_str()), ("from", &next.to_string())]).unwrap_or_default();
        view! { " "<a class="link" href=format!("{PATH}?{query}")>"Search the remaining tenants"</a> }
    });
    let body = if found.hits.is_empty() {
        view! { <div class="empty"><p class="font-semibold">"No user has this address"</p></div> }.into_any()
    } else {
        rows(found.hits, now)
    };
    view! { <div class="card-box mt-4">{body}</div><p class="text-muted mt-2 text-xs">{reach}{rest}</p> }
}

fn rows(hits: Vec<UserHit>, now: DateTime<Utc>) -> AnyView {
    let columns = vec![
        Column::new("tenant", "Tenant"),
        Column::new("name", "Name"),
        Column::new("role", "Role"),
        Column::new("status", "Status"),
        Column::new("last_login", "Last sign-in").labelled(),
    ];
    let table = Table {
        caption: "Users with this address".into(),
        path: PATH,
        query: &ListQuery::default(),
        columns,
        ticks: None,
        is_dense: false,
        now,
    };
    table.plain(hits, |hit, column| match column {
        "tenant" => {
            let query = serde_urlencoded::to_string([("q", hit.email.as_str())]).unwrap_or_default();
            Title::link(format!("/tenants/{}/users?{query}", hit.slug), hit.tenant.clone()).into()
        }
        "name" => hit.name.clone().into(),
        "role" => hit.role.clone().into(),
        "status" => BadgeText::of_account(hit.is_active, false).into(),
        "last_login" => Cell::when_or_never(hit.last_login),
        _ => Cell::Empty,
    })
}
