//! The page `/users`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{
        Avatar, Chip, PageHead, SortHeader, Toolbar, UserBadge, When, count, list_card, list_query, list_url, list_url_here, load, number,
        search_pairs,
    },
};
use domain::{
    bulk::BulkAct,
    dto::tenant::{RoleChoice, UserListPage as Data, UserRow},
    list::ListQuery,
};
use identity::users::FILTERS;
use leptos::prelude::*;

const PATH: &str = "/users";

/// A filter: its name, its label, and what can be chosen, the choice of everything first.
type Choices = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
const CHOICES: [Choices; 4] = [
    (
        "status",
        "Status",
        &[
            ("", "Any status"),
            ("active", "Active"),
            ("invited", "Invited"),
            ("invitation_expired", "Invitation expired"),
            ("not_invited", "Not invited"),
            ("locked", "Locked"),
            ("deactivated", "Deactivated"),
            ("deleted", "Deleted"),
        ],
    ),
    ("mfa", "Second factor", &[("", "Any second factor"), ("on", "With second factor"), ("off", "Without second factor")]),
    (
        "seen",
        "Last sign-in",
        &[
            ("", "Any last sign-in"),
            ("7_days", "Seen in 7 days"),
            ("30_days", "Seen in 30 days"),
            ("not_90_days", "Not seen in 90 days"),
            ("never", "Never signed in"),
        ],
    ),
    (
        "created",
        "Created",
        &[
            ("", "Created any time"),
            ("today", "Created today"),
            ("7_days", "Created in 7 days"),
            ("month", "Created this month"),
            ("year", "Created this year"),
        ],
    ),
];

/// One page of the list of users, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "user_list")]
pub async fn user_list(#[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let query = list_query(&query, FILTERS);
    let found = identity::users::user_list(&cx, &query).await;
    framed(&cx, found).await
}

/// The page `/users`.
#[component]
pub fn UserListPage() -> impl IntoView {
    let pairs = search_pairs();
    let query = list_query(&pairs, FILTERS);
    let ticked = pairs.iter().any(|(name, value)| name == "select" && value == "page");
    load(
        move || user_list(pairs.clone()),
        move |Framed { frame, data }| {
            let now = frame.now;
            let query = query.clone();
            let export = list_url("/users.csv", &query, &[]);
            let filters = view! { <Filters query=query.clone() roles=data.roles/> };
            let can_create = frame.permissions.can_create_users();
            let can_change = can_create && frame.permissions.can_manage_users();
            let (ticks, all) = (can_change, data.page.total);
            let rows = |rows| view! { <Rows rows query=query.clone() now ticks ticked all/> }.into_any();
            let list = list_card(PATH, &query, data.page, filters, rows, nobody);
            let subtitle = format!("{} of {} seats used", number(data.quota.active_users.into()), number(data.quota.max_users.into()));
            view! {
                <TenantPage frame active=PATH title="Users">
                    <PageHead title="Users" subtitle>
                        <a class="btn btn-ghost" href=export>"Export"</a>
                        {can_change.then(|| view! { <a class="btn" href="/users/import">"Import"</a> })}
                        {can_create.then(|| view! { <a class="btn btn-primary" href="/users/new">"New user"</a> })}
                    </PageHead>
                    {list}
                </TenantPage>
            }
        },
    )
}

/// There is always an owner, so an empty list is one that was narrowed too far.
fn nobody() -> AnyView {
    view! {
        <div class="empty">
            <p class="font-semibold">"Nobody matches"</p>
            <p class="text-muted mt-1">"Try fewer words or filters."</p>
            <a class="btn btn-sm mt-4" href=PATH>"Clear all"</a>
        </div>
    }
    .into_any()
}

#[component]
fn Filters(query: ListQuery, roles: Vec<RoleChoice>) -> impl IntoView {
    let value = |name: &str| query.filter(name).next().unwrap_or_default().to_owned();
    let role = value("role");
    let mut chips = Vec::new();
    if !query.q.is_empty() {
        chips.push(Chip { label: format!("search: {}", query.q), href: list_url(PATH, &query, &[("q", "")]) });
    }
    if !role.is_empty() {
        let all = query.filter("role").collect::<Vec<_>>().join(", ");
        chips.push(Chip { label: format!("role: {all}"), href: list_url(PATH, &query, &[("role", "")]) });
    }
    for (name, _, choices) in CHOICES {
        if let Some((_, label)) = choices.iter().find(|(key, _)| !key.is_empty() && *key == value(name)) {
            chips.push(Chip { label: (*label).to_owned(), href: list_url(PATH, &query, &[(name, "")]) });
        }
    }
    let selects = CHOICES.map(|(name, label, choices)| {
        let chosen = value(name);
        let options = choices.iter().map(|(key, text)| {
            let selected = *key == chosen;
            view! { <option value=*key selected=selected>{*text}</option> }
        });
        let options = options.collect_view();
        view! { <select class="select select-sm w-40" name=name aria-label=label>{options}</select> }
    });
    let selects = selects.collect_view();
    view! {
        <Toolbar path=PATH query placeholder="Name, e-mail or username" chips>
            <select class="select select-sm w-36" name="role" aria-label="Role">
                <option value="" selected=role.is_empty()>"Any role"</option>
                {roles.into_iter().map(|choice| { let selected = choice.key == role; view! { <option value=choice.key selected=selected>{choice.name}</option> } }).collect_view()}
            </select>
            {selects}
        </Toolbar>
    }
}

/// The list; where the viewer may change people, each can be ticked for an act for many.
#[component]
fn Rows(
    rows: Vec<UserRow>,
    query: ListQuery,
    now: chrono::DateTime<chrono::Utc>,
    ticks: bool,
    ticked: bool,
    all: domain::list::Count,
) -> impl IntoView {
    let head = |name: &'static str, label: &'static str| view! { <SortHeader path=PATH query=query.clone() name label/> };
    let shown = rows.len();
    let lines = rows.into_iter().map(|row| {
        let name = if row.name.is_empty() { row.username.clone() } else { row.name.clone() };
        let tick = ticks.then(|| view! {
            <td class="tick" data-label="Choose"><input class="checkbox checkbox-primary checkbox-sm" type="checkbox" form="many" name="id" value=row.id.to_string() checked=ticked aria-label=format!("Choose {name}")/></td>
        });
        view! {
            <tr>
                {tick}
                <th scope="row">
                    <span class="person">
                        <Avatar name=name.clone() photo=row.photo/>
                        <span class="min-w-0">
                            <a class="row-link" href=format!("/users/{}", row.id) dir="auto">{name}</a>
                            <span class="text-muted block truncate text-xs">{row.username}</span>
                        </span>
                    </span>
                </th>
                <td data-label="E-mail">{row.email}</td>
                <td data-label="Role" dir="auto">{row.role_name}</td>
                <td data-label="Status"><UserBadge state=row.state/></td>
                <td data-label="Last sign-in">
                    {match row.last_login { Some(at) => view! { <When at now/> }.into_any(), None => view! { <span class="text-muted">"never"</span> }.into_any() }}
                </td>
                <td data-label="Created"><When at=row.created_at now/></td>
            </tr>
        }
    });
    let lines = lines.collect_view();
    let toggle = list_url_here(PATH, &query, &[("select", if ticked { "" } else { "page" })]);
    let toggled = if ticked { "Choose nobody".to_owned() } else { format!("Choose all {shown} of this page") };
    view! {
        {ticks.then(|| view! { <p class="toolbar"><a class="link-quiet" href=toggle>{toggled}</a></p> })}
        <div class="table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Users"</caption>
                <thead>
                    <tr>
                        {ticks.then(|| view! { <th scope="col" class="tick"><span class="sr-only">"Choose"</span></th> })}
                        {head("name", "Name")}{head("email", "E-mail")}{head("role", "Role")}<th scope="col">"Status"</th>
                        {head("last_login", "Last sign-in")}{head("created", "Created")}
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
        {ticks.then(|| view! { <Many query all/> })}
    }
}

/// What can be done for those who are ticked, or for all who match: there once the first is ticked. It asks before anything is done.
#[component]
fn Many(query: ListQuery, all: domain::list::Count) -> impl IntoView {
    // Where the page begins and how it is sorted says nothing of whom is meant.
    let narrowed = ListQuery { sort: String::new(), desc: false, after: None, before: None, size: domain::list::SIZE_DEFAULT, ..query };
    let hidden = narrowed.pairs().into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    let matching = format!("all {} that match", count(all));
    view! {
        <form method="get" action="/users/bulk" id="many" class="toolbar bulk-bar">
            {hidden}
            <span class="bulk-count text-sm font-semibold">" selected"</span>
            <select class="select select-sm w-56" name="act" aria-label="What to do" required>
                <option value="">"Choose an action"</option>
                {BulkAct::ALL.into_iter().map(|act| view! { <option value=act.as_str()>{act.label()}</option> }).collect_view()}
            </select>
            <select class="select select-sm w-52" name="who" aria-label="For whom">
                <option value="ticked">"selected users"</option>
                <option value="all">{matching}</option>
            </select>
            <button class="btn btn-sm">"Apply"</button>
        </form>
    }
}
