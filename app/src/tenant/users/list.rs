//! The page `/users`.

use super::fields::{field_cell, field_chips, field_columns, field_filters};
use crate::{
    api::{ApiError, Framed, TENANT_API, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{
        BadgeText, BulkBar, Cell, Chip, Column, PageHead, Table, Ticks, Title, Toolbar, Views, are_ticked, list_card, list_query, list_url,
        load, no_matches, number, search_pairs, ticks_toggle,
    },
};
use domain::{
    bulk::BulkAct,
    dto::tenant::{RoleChoice, UserListPage as Data, UserRow},
    list::ListQuery,
    user_field::UserField,
};
use identity::users::{FILTERS, USER_LIST_NAME};
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
            ("7_days", "Signed in within 7 days"),
            ("30_days", "Signed in within 30 days"),
            ("not_90_days", "No sign-in within 90 days"),
            ("never", "Never signed in"),
        ],
    ),
    (
        "created",
        "Created",
        &[
            ("", "Created any time"),
            ("today", "Created today"),
            ("7_days", "Created within 7 days"),
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
    let ticked = are_ticked(&pairs);
    let more = pairs.iter().any(|(name, value)| name == "filters" && value == "all");
    load(
        move || user_list(pairs.clone()),
        move |Framed { frame, data }| {
            let now = frame.now;
            let query = data.views.opened(&query, FILTERS);
            let export = list_url("/users.csv", &query, &[]);
            let views = Views::new(TENANT_API, USER_LIST_NAME, data.views, frame.permissions.can_manage_users());
            let fields = data.fields;
            let filters = view! { <Filters query=query.clone() roles=data.roles fields=fields.clone() more tools=views.button(&query)/> };
            let above = views.view(&query, &columns(&fields));
            let can_create = frame.permissions.can_create_users();
            let can_change = can_create && frame.permissions.can_manage_users();
            let (ticks, all) = (can_change, data.page.total);
            let rows =
                |rows| view! { <Rows rows query=query.clone() views=views.clone() fields=fields.clone() now ticks ticked all/> }.into_any();
            // There is always an owner, so an empty list is one that was narrowed too far.
            let nobody = || no_matches(PATH, &query, "No users match", "Try fewer words or remove filters.");
            let list = list_card(PATH, &query, data.page, filters, rows, nobody);
            let subtitle = format!("{} of {} seats used", number(data.quota.active_users.into()), number(data.quota.max_users.into()));
            view! {
                <TenantPage frame active=PATH title="Users">
                    <PageHead title="Users" subtitle>
                        <a class="btn" href=export>"Export"</a>
                        {can_change.then(|| view! { <a class="btn" href="/users/import">"Import"</a> })}
                        {can_create.then(|| view! { <a class="btn btn-primary" href="/users/new">"New user"</a> })}
                    </PageHead>
                    {above}
                    {list}
                </TenantPage>
            }
        },
    )
}

#[component]
fn Filters(query: ListQuery, roles: Vec<RoleChoice>, fields: Vec<UserField>, more: bool, tools: AnyView) -> impl IntoView {
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
    chips.extend(field_chips(PATH, &fields, &query));
    let is_shown = |name: &str| more || name == "status" || !value(name).is_empty();
    let has_rest = CHOICES.iter().any(|(name, ..)| !is_shown(name)) || (!more && !fields.is_empty());
    let rest = has_rest.then(|| list_url(PATH, &query, &[("filters", "all")]));
    let selects = CHOICES.into_iter().filter(|(name, ..)| is_shown(name)).map(|(name, label, choices)| {
        let chosen = value(name);
        let options = choices.iter().map(|(key, text)| {
            let selected = *key == chosen;
            view! { <option value=*key selected=selected>{*text}</option> }
        });
        let options = options.collect_view();
        view! { <select name=name aria-label=label>{options}</select> }
    });
    let selects = selects.collect_view();
    let custom = field_filters(&fields, &query, more);
    view! {
        <Toolbar path=PATH query tools=Some(tools) more=rest placeholder="Name, e-mail or username" chips>
            <select name="role" aria-label="Role">
                <option value="" selected=role.is_empty()>"Any role"</option>
                {roles.into_iter().map(|choice| { let selected = choice.key == role; view! { <option value=choice.key selected=selected>{choice.name}</option> } }).collect_view()}
            </select>
            {selects}{custom}
        </Toolbar>
    }
}

/// The columns there are.
fn columns(fields: &[UserField]) -> Vec<Column> {
    let own = [
        Column::new("name", "Name").sorted(),
        Column::new("email", "E-mail").sorted(),
        Column::new("role", "Role").sorted(),
        Column::new("status", "Status"),
        Column::new("last_login", "Last sign-in").sorted().labelled(),
        Column::new("created", "Created").sorted().labelled().extra(),
    ];
    own.into_iter().chain(field_columns(fields)).collect()
}

/// The list; where the viewer may change people, each can be ticked for an act for many.
#[component]
fn Rows(
    rows: Vec<UserRow>,
    query: ListQuery,
    views: Views,
    fields: Vec<UserField>,
    now: chrono::DateTime<chrono::Utc>,
    ticks: bool,
    ticked: bool,
    all: domain::list::Count,
) -> impl IntoView {
    let toggle = ticks_toggle(PATH, &query, ticked);
    let (columns, is_dense) = (views.columns(&query, columns(&fields)), views.is_dense(&query));
    let shown = rows.len();
    let table = Table {
        caption: "Users".into(),
        path: PATH,
        query: &query,
        columns,
        ticks: ticks.then_some(Ticks { all: ticked, toggle }),
        is_dense,
        now,
    };
    let table = table.view(
        rows,
        |row| (row.id.to_string(), name_of(row).to_owned()),
        |row, column| match column {
            "name" => Cell::from(Title {
                photo: row.photo.clone(),
                is_person: true,
                ..Title::link(format!("/users/{}", row.id), name_of(row).to_owned()).below(row.username.clone())
            }),
            "email" => row.email.clone().into(),
            "role" => row.role_name.clone().into(),
            "status" => BadgeText::from(row.state).into(),
            "last_login" => Cell::when_or_never(row.last_login),
            "created" => Cell::When(row.created_at),
            other => field_cell(&fields, other, &row.fields),
        },
    );
    if !ticks {
        return table;
    }
    let acts = BulkAct::ALL.map(|act| (act.as_str(), act.label())).to_vec();
    view! { <form method="get" action="/users/bulk">{table}<BulkBar query shown all noun="users" acts/></form> }.into_any()
}

fn name_of(row: &UserRow) -> &str {
    if row.name.is_empty() { &row.username } else { &row.name }
}
