//! The pages `/users/{id}/sessions`, `/users/{id}/sign-ins` and `/users/{id}/audit`.

use super::frame::{UserFrame, id_of_page, user_id};
use crate::{
    account::SignInTable,
    api::{ApiError, Framed, framed, request_cx},
    ui::{
        AuditFilters, AuditTable, ErrorSummary, FormView, SessionEndQuestion, When, confirm_asked, list_card, list_query, load,
        nothing_matches, search_pairs,
    },
};
use domain::dto::{
    account::SignInRow,
    tenant::{SignInListPage, UserAuditPage, UserSessionsPage},
};
use identity::users::AUDIT_FILTERS;
use leptos::prelude::*;

const END: &str = "/api/tenant/session_end";

/// The open sessions of a user.
#[server(prefix = "/api/tenant", endpoint = "user_sessions")]
pub async fn user_sessions(id: String) -> Result<Framed<UserSessionsPage>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::sessions::user_sessions(&cx, user_id(&id)?).await;
    framed(&cx, found).await
}

/// How a user signed in, or tried to.
#[server(prefix = "/api/tenant", endpoint = "user_sign_ins")]
pub async fn user_sign_ins(id: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<SignInListPage>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::users::user_sign_ins(&cx, user_id(&id)?, &list_query(&query, &[])).await;
    framed(&cx, found).await
}

/// What was done to a user.
#[server(prefix = "/api/tenant", endpoint = "user_audit")]
pub async fn user_audit(id: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<UserAuditPage>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::users::user_audit(&cx, user_id(&id)?, &list_query(&query, AUDIT_FILTERS)).await;
    framed(&cx, found).await
}

/// The page `/users/{id}/sessions`.
#[component]
pub fn UserSessionsPage() -> impl IntoView {
    let id = id_of_page();
    let asked = confirm_asked();
    load(
        move || user_sessions(id.clone()),
        move |Framed { frame, data }| {
            let (now, head) = (frame.now, data.head);
            let can_end = !frame.is_viewer(head.user.id) && frame.permissions.covers(&head.permissions);
            let user = head.user.id.to_string();
            let path = format!("/users/{user}/sessions");
            let chosen = data.rows.iter().find(|row| can_end && row.id == asked);
            let panel = chosen.map(|row| {
                let fields = [("user", user.clone()), ("id", row.id.clone()), ("from_user", "true".to_owned())];
                let fields = fields.map(|(name, value)| (name.to_owned(), value)).to_vec();
                view! {
                    <SessionEndQuestion name=head.user.name.clone() browser=row.browser.clone() action=END fields back=path.clone()/>
                }
            });
            let body = if data.rows.is_empty() {
                view! { <div class="empty"><p class="font-semibold">"No active sessions"</p></div> }.into_any()
            } else {
                let lines = data.rows.into_iter().map(|row| {
                    let browser = if row.browser.is_empty() { "An unknown browser".to_owned() } else { row.browser };
                    let label = format!("Sign out {browser}");
                    let end = can_end.then(|| view! { <a class="btn btn-sm btn-ghost" href=format!("{path}?confirm={}", row.id) aria-label=label>"Sign out"</a> });
                    view! {
                        <li>
                            <span class="min-w-0 flex-1">
                                <span class="block truncate">{browser}{row.is_this.then(|| view! { <span class="chip ml-2">"this session"</span> })}</span>
                                <span class="text-muted block text-xs">{(!row.ip.is_empty()).then(|| format!("from {} · ", row.ip))}"started "<When at=row.started_at now/>" · last seen "<When at=row.seen_at now/></span>
                            </span>
                            {end}
                        </li>
                    }
                });
                let lines = lines.collect_view();
                view! { <ul class="rows">{lines}</ul> }.into_any()
            };
            view! {
                <UserFrame frame head tab="Sessions">
                    <ErrorSummary form=FormView::new(END)/>
                    {panel}
                    <div class="card-box">{body}</div>
                </UserFrame>
            }
        },
    )
}

/// The page `/users/{id}/sign-ins`.
#[component]
pub fn UserSignInsPage() -> impl IntoView {
    let id = id_of_page();
    let pairs = search_pairs();
    let query = list_query(&pairs, &[]);
    load(
        move || user_sign_ins(id.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let now = frame.now;
            let path = format!("/users/{}/sign-ins", data.head.user.id);
            let rows = move |rows: Vec<SignInRow>| view! { <SignInTable rows now/> }.into_any();
            let empty = || view! { <div class="empty"><p class="font-semibold">"No sign-in attempts yet"</p></div> }.into_any();
            let list = list_card(&path, &query, data.page, (), rows, empty);
            view! { <UserFrame frame head=data.head tab="Sign-ins">{list}</UserFrame> }
        },
    )
}

/// The page `/users/{id}/audit`.
#[component]
pub fn UserAuditPage() -> impl IntoView {
    let id = id_of_page();
    let pairs = search_pairs();
    let query = list_query(&pairs, AUDIT_FILTERS);
    load(
        move || user_audit(id.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let (now, query) = (frame.now, query.clone());
            let path = format!("/users/{}/audit", data.head.user.id);
            let filters = view! { <AuditFilters path=path.clone() query=query.clone() by_tenant=false/> };
            let rows = move |lines| view! { <AuditTable lines now/> }.into_any();
            let list =
                list_card(&path, &query, data.page, filters, rows, || nothing_matches(&path, &query, "Try another actor, action or time."));
            view! { <UserFrame frame head=data.head tab="Audit">{list}</UserFrame> }
        },
    )
}
