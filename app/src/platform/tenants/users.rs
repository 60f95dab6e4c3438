//! The page `/tenants/{slug}/users`: who is there, and a few ways to help them.

use super::frame::{ReadOnly, TenantFrame, slug};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    platform::ReauthenticatePanel,
    ui::{
        BadgeText, Cell, Chip, Column, ErrorSummary, FactorResetQuestion, FormView, ReauthenticationField, ReturnPath, SignOutQuestion,
        Table, Title, Toolbar, confirm_asked, list_card, list_query, list_url, list_url_here, load, search_pairs,
    },
};
use domain::{
    AppError, Flash, UserId,
    dto::platform::{TenantUserRow, TenantUsersPage as Data},
    list::ListQuery,
};
use leptos::prelude::*;
use secrecy::SecretString;

const SIGN_OUT: &str = "/api/platform/tenant_sign_out";
const SIGN_OUT_ONE: &str = "/api/platform/tenant_user_sign_out";
const FACTOR: &str = "/api/platform/tenant_user_mfa_reset";
const LINK: &str = "/api/platform/tenant_user_link";

/// One page of the people of a tenant, as asked for by the query of an address.
#[server(prefix = "/api/platform", endpoint = "tenant_users")]
pub async fn tenant_users(slug: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let query = list_query(&query, &[]);
    let found = control::tenants::tenant_users(&cx, &slug, &query).await;
    framed(&cx, found).await
}

fn user_id(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| ApiError(AppError::NotFound))
}

/// Makes a one-time link for a user of a tenant: an invitation, or a reset where there is a password.
#[server(prefix = "/api/platform", endpoint = "tenant_user_link")]
pub async fn tenant_user_link(slug: String, id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let made = control::tenants::tenant_user_link(&cx, &slug, user_id(&id)?).await;
    let link = cx.answer(made).await?;
    done(&cx, &format!("/tenants/{slug}/users"), Flash { link: Some(link), ..Flash::default() }).await
}

/// Ends all sessions of a user of a tenant.
#[server(prefix = "/api/platform", endpoint = "tenant_user_sign_out")]
pub async fn tenant_user_sign_out(slug: String, id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let ended = control::tenants::tenant_user_sign_out(&cx, &slug, user_id(&id)?).await;
    let name = cx.answer(ended).await?;
    done(&cx, &format!("/tenants/{slug}/users"), toast(format!("{name} is signed out everywhere"))).await
}

/// Ends all sessions of all people of a tenant.
#[server(prefix = "/api/platform", endpoint = "tenant_sign_out")]
pub async fn tenant_sign_out(slug: String, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let ended = control::tenants::tenant_sign_out(&cx, &slug, &SecretString::from(password)).await;
    let name = cx.answer(ended).await?;
    done(&cx, &format!("/tenants/{slug}/users"), toast(format!("All users of {name} are signed out"))).await
}

/// Takes the second factor of a user of a tenant away who has lost it.
#[server(prefix = "/api/platform", endpoint = "tenant_user_mfa_reset")]
pub async fn tenant_user_mfa_reset(slug: String, id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let reset = control::tenants::tenant_user_mfa_reset(&cx, &slug, user_id(&id)?).await;
    let name = cx.answer(reset).await?;
    done(&cx, &format!("/tenants/{slug}/users"), toast(format!("{name} can now sign in without a second factor"))).await
}

/// The page `/tenants/{slug}/users`.
#[component]
pub fn TenantUsersPage() -> impl IntoView {
    let slug = slug();
    let pairs = search_pairs();
    let query = list_query(&pairs, &[]);
    let asked = confirm_asked();
    load(
        move || tenant_users(slug.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let now = frame.now;
            let query = query.clone();
            let path = format!("/tenants/{}/users", data.head.tenant.slug);
            let (slug, can_change) = (data.head.tenant.slug.clone(), frame.may_change());
            let everybody = slug.clone();
            let can_link = can_change && !frame.must_reauthenticate;
            let narrowed = query.is_narrowed();
            let mut chips = Vec::new();
            if !query.q.is_empty() {
                chips.push(Chip { label: format!("search: {}", query.q), href: list_url(&path, &query, &[("q", "")]) });
            }
            let filters = view! { <Toolbar path=path.clone() query=query.clone() placeholder="Name, e-mail or username" chips/> };
            let panel = can_change.then(|| question(&asked, &data.page.rows, &slug, list_url_here(&path, &query, &[])));
            let (list_path, narrowed_by) = (path.clone(), query.clone());
            let rows = move |rows| view! { <Rows rows path=list_path query=narrowed_by slug can_change can_link now/> }.into_any();
            let empty = move || {
                view! { <div class="empty"><p class="font-semibold">{if narrowed { "No users match" } else { "No users yet" }}</p></div> }
                    .into_any()
            };
            let list = list_card(&path, &query, data.page, filters, rows, empty);
            view! {
                <TenantFrame frame head=data.head tab="Users">
                    <ReadOnly/>
                    {[LINK, SIGN_OUT_ONE, FACTOR].map(|action| view! { <ErrorSummary form=FormView::new(action)/> })}
                    {panel}
                    <ErrorSummary form=FormView::new(SIGN_OUT) password_id="everybody-password"/>
                    {can_change.then(|| {
                        let form = FormView::new(SIGN_OUT);
                        let refused = form.is_refused();
                        view! {
                            <details class="card-box mb-4" open=refused>
                                <summary class="cursor-pointer p-4 font-semibold">"Sign out all users"</summary>
                                <form method="post" action=SIGN_OUT class="border-base-300 flex max-w-md flex-col gap-4 border-t p-4"><ReturnPath/>
                                    <input type="hidden" name="slug" value=everybody/>
                                    <p class="text-sm">"All sessions of this tenant end immediately. Users can sign in again, and no data is lost."</p>
                                    <ReauthenticationField form id="everybody-password"/>
                                    <div><button class="btn btn-sm btn-error">"Sign out all users"</button></div>
                                </form>
                            </details>
                        }
                    })}
                    {(can_change && !can_link).then(|| view! { <ReauthenticatePanel next=path.clone() why="Anyone with a one-time link can take over the account. To create a link or reset a second factor, enter your password again."/> })}
                    {list}
                </TenantFrame>
            }
        },
    )
}

#[component]
fn Rows(
    rows: Vec<TenantUserRow>,
    path: String,
    query: ListQuery,
    slug: String,
    can_change: bool,
    can_link: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> impl IntoView {
    let ask = list_url_here(&path, &query, &[]);
    let ask = if ask.contains('?') { format!("{ask}&") } else { format!("{ask}?") };
    let mut columns = vec![
        Column::new("name", "Name").sorted(),
        Column::new("role", "Role").sorted(),
        Column::new("status", "Status"),
        Column::new("last_login", "Last sign-in").sorted().labelled(),
        Column::new("sessions", "Sessions").labelled(),
    ];
    if can_change {
        columns.push(Column::new("acts", "Actions").quiet());
    }
    let table = Table { caption: "Users".into(), path: &path, query: &query, columns, ticks: None, is_dense: false, now };
    table.plain(rows, |row, column| match column {
        "name" => Title { text: row.name.clone(), ..Title::default() }.below(row.email.clone()).into(),
        "role" => row.role_name.clone().into(),
        "status" => BadgeText::from(row.state).into(),
        "last_login" => Cell::when_or_never(row.last_login),
        "sessions" => row.sessions.to_string().into(),
        "acts" => Cell::View(view! { <Acts row=row.clone() slug=slug.clone() ask=ask.clone() can_link/> }.into_any()),
        _ => Cell::Empty,
    })
}

/// What can be done for one user. What cannot be taken back asks first.
#[component]
fn Acts(row: TenantUserRow, slug: String, ask: String, can_link: bool) -> impl IntoView {
    let name = row.email.clone();
    let ask = move |act: &str, label: &'static str| {
        view! { <a class="btn btn-xs" href=format!("{ask}confirm={act}-{}", row.id) aria-label=format!("{label}: {name}")>{label}</a> }
    };
    let link = if row.has_password { "Create reset link" } else { "Create link" };
    view! {
        <div class="flex justify-end gap-1">
            {(can_link && row.is_active).then(|| view! {
                <form method="post" action=LINK><ReturnPath/>
                    <input type="hidden" name="slug" value=slug/>
                    <input type="hidden" name="id" value=row.id.to_string()/>
                    <button class="btn btn-xs">{link}</button>
                </form>
            })}
            {(row.has_factor && can_link).then(|| ask("factor", "Reset second factor"))}
            {(row.sessions > 0).then(|| ask("sign_out", "Sign out"))}
        </div>
    }
}

/// What is asked before an act for one user: `asked` names both, as `?confirm=` does.
fn question(asked: &str, rows: &[TenantUserRow], slug: &str, back: String) -> Option<AnyView> {
    let (act, id) = asked.split_once('-')?;
    let row = rows.iter().find(|row| row.id.to_string() == id)?;
    let fields = vec![("slug".to_owned(), slug.to_owned()), ("id".to_owned(), id.to_owned())];
    let name = row.name.clone();
    match act {
        "sign_out" => Some(view! { <SignOutQuestion name sessions=row.sessions action=SIGN_OUT_ONE fields back/> }.into_any()),
        "factor" => Some(view! { <FactorResetQuestion name action=FACTOR fields back/> }.into_any()),
        _ => None,
    }
}
