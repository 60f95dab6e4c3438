//! The page `/sessions`: who is signed in now. What is filtered is what is ended.

use crate::{
    api::{ApiError, Frame, Framed, done, framed, request_cx, toast},
    tenant::frame::TenantPage,
    ui::{
        Chip, ConfirmPanel, ErrorSummary, FormView, PageHead, SessionEndQuestion, Toolbar, When, confirm_asked, list_query, list_url, load,
        no_matches, number, search_pairs,
    },
};
use domain::{
    AppError, UserId,
    dto::tenant::{CompanySession, SessionListPage as Data},
    list::ListQuery,
};
use identity::sessions::FILTERS;
use leptos::prelude::*;

const PATH: &str = "/sessions";
const END: &str = "/api/tenant/session_end";
const END_MATCHING: &str = "/api/tenant/session_end_matching";

/// The open sessions of the company, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "session_list")]
pub async fn session_list(#[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::sessions::session_list(&cx, &list_query(&query, FILTERS)).await;
    framed(&cx, found).await
}

/// Ends one session of a user; `from_user` leads back to the page of that person.
#[server(prefix = "/api/tenant", endpoint = "session_end")]
pub async fn session_end(user: String, id: String, #[server(default)] from_user: bool) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let user: UserId = user.parse().map_err(|_| ApiError(AppError::NotFound))?;
    let ended = identity::sessions::session_end_of(&cx, user, &id).await;
    let name = cx.answer(ended).await?;
    let back = if from_user { format!("/users/{user}/sessions") } else { PATH.to_owned() };
    done(&cx, &back, toast(format!("A session of {name} was ended"))).await
}

/// Ends every session that matches a filter; `expected` is how many the page showed.
#[server(prefix = "/api/tenant", endpoint = "session_end_matching")]
pub async fn session_end_matching(
    #[server(default)] q: String,
    #[server(default)] role: String,
    #[server(default)] ip: String,
    expected: usize,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let pairs = [("q", q.as_str()), ("role", role.as_str()), ("ip", ip.as_str())];
    let query = ListQuery::from_pairs(pairs, FILTERS);
    let ended = identity::sessions::session_end_matching(&cx, &query, expected).await;
    let count = cx.answer(ended).await?;
    let what = if count == 1 { "1 session was ended".to_owned() } else { format!("{count} sessions were ended") };
    done(&cx, PATH, toast(what)).await
}

/// The page `/sessions`.
#[component]
pub fn SessionListPage() -> impl IntoView {
    let pairs = search_pairs();
    let query = list_query(&pairs, FILTERS);
    let asked = confirm_asked();
    load(
        move || session_list(pairs.clone()),
        move |Framed { frame, data }| {
            let (now, query) = (frame.now, query.clone());
            let Data { rows, matching, endable, open, roles } = data;
            let narrowed = query.is_narrowed();
            let shown = rows.len();
            let subtitle = if narrowed {
                format!("{} of {} open sessions match.", number(count(matching)), number(count(open)))
            } else {
                format!("Open sessions: {}.", number(count(open)))
            };
            let what = if endable == 1 { "1 session".to_owned() } else { format!("{} sessions", number(count(endable))) };
            let ask = list_url(PATH, &query, &[("confirm", "end")]);
            let button = (endable > 0).then(|| view! { <a class="btn" href=ask>{format!("End {what}")}</a> });
            let panel = (asked == "end" && endable > 0).then(|| view! { <Confirm query=query.clone() endable what=what.clone()/> });
            let back = list_url(PATH, &query, &[]);
            let one = rows
                .iter()
                .find(|row| row.session.id == asked && may_end(row, &frame))
                .map(|row| view! { <ConfirmOne row=row.clone() back=back.clone()/> });
            let more = (shown < matching).then(|| view! { <p class="text-muted p-4 text-xs">{format!("Only the {shown} most recently active sessions are shown. Narrow the list to see others.")}</p> });
            let lines = rows
                .into_iter()
                .map(|row| {
                    let ask = may_end(&row, &frame).then(|| list_url(PATH, &query, &[("confirm", &row.session.id)]));
                    view! { <Line row now ask/> }
                })
                .collect_view();
            let body = if shown == 0 {
                no_matches(PATH, &query, "No sessions match", "Try fewer words or remove filters.")
            } else {
                view! { <ul class="rows">{lines}</ul> }.into_any()
            };
            view! {
                <TenantPage frame active=PATH title="Sessions">
                    <PageHead title="Sessions" subtitle=subtitle>{button}</PageHead>
                    <ErrorSummary form=FormView::new(END_MATCHING)/>
                    <ErrorSummary form=FormView::new(END)/>
                    {panel}{one}
                    <div class="card-box"><Filters query roles/>{body}{more}</div>
                </TenantPage>
            }
        },
    )
}

/// Whether the viewer may end this session.
fn may_end(row: &CompanySession, frame: &Frame) -> bool {
    !row.outranks && !frame.is_viewer(row.user)
}

/// What ending one session means.
#[component]
fn ConfirmOne(row: CompanySession, back: String) -> impl IntoView {
    let name = if row.name.is_empty() { row.email } else { row.name };
    let fields = vec![("user".to_owned(), row.user.to_string()), ("id".to_owned(), row.session.id)];
    view! { <SessionEndQuestion name browser=row.session.browser action=END fields back/> }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What ending all that match means.
#[component]
fn Confirm(query: ListQuery, endable: usize, what: String) -> impl IntoView {
    let value = |name: &str| query.filter(name).next().unwrap_or_default().to_owned();
    let fields = vec![
        ("q".to_owned(), query.q.clone()),
        ("role".to_owned(), value("role")),
        ("ip".to_owned(), value("ip")),
        ("expected".to_owned(), endable.to_string()),
    ];
    let back = list_url(PATH, &query, &[]);
    view! {
        <ConfirmPanel title=format!("End {what}?") body="This ends every session that matches below, except your own and those of users with more rights than you. These users can sign in again immediately."
            action=END_MATCHING fields keep="Keep sessions" back confirm="End sessions"/>
    }
}

#[component]
fn Filters(query: ListQuery, roles: Vec<(String, String)>) -> impl IntoView {
    let value = |name: &str| query.filter(name).next().unwrap_or_default().to_owned();
    let (role, ip) = (value("role"), value("ip"));
    let mut chips = Vec::new();
    if !query.q.is_empty() {
        chips.push(Chip { label: format!("“{}”", query.q), href: list_url(PATH, &query, &[("q", "")]) });
    }
    if let Some((_, name)) = roles.iter().find(|(key, _)| *key == role) {
        chips.push(Chip { label: format!("role: {name}"), href: list_url(PATH, &query, &[("role", "")]) });
    }
    if !ip.is_empty() {
        chips.push(Chip { label: format!("IP address: {ip}"), href: list_url(PATH, &query, &[("ip", "")]) });
    }
    view! {
        <Toolbar path=PATH query placeholder="Search name or e-mail" chips>
            <select name="role" aria-label="Role">
                <option value="" selected=role.is_empty()>"Any role"</option>
                {roles.into_iter().map(|(key, name)| { let selected = key == role; view! { <option value=key selected=selected>{name}</option> } }).collect_view()}
            </select>
            <input type="text" name="ip" value=ip placeholder="IP address starts with" aria-label="IP address starts with"/>
        </Toolbar>
    }
}

#[component]
fn Line(row: CompanySession, now: chrono::DateTime<chrono::Utc>, ask: Option<String>) -> impl IntoView {
    let CompanySession { user, name, email, role_name, session, .. } = row;
    let browser = if session.browser.is_empty() { "An unknown browser".to_owned() } else { session.browser };
    let label = format!("Sign out {email}, {browser}");
    let name = if name.is_empty() { email.clone() } else { name };
    view! {
        <li>
            <span class="min-w-0 flex-1">
                <span class="block truncate">
                    <a class="row-link" href=format!("/users/{user}/sessions") dir="auto">{name}</a>
                    <span class="text-muted" dir="auto">" · "{role_name}</span>{session.is_this.then(|| view! { <span class="chip ml-2">"this session"</span> })}
                </span>
                <span class="text-muted block text-xs">{browser}{(!session.ip.is_empty()).then(|| format!(" · from {}", session.ip))}" · started "<When at=session.started_at now/>" · last seen "<When at=session.seen_at now/></span>
            </span>
            {ask.map(|ask| view! { <a class="btn btn-sm btn-ghost" href=ask aria-label=label>"Sign out"</a> })}
        </li>
    }
}
