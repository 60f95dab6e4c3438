//! The page `/teams`.

use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::frame::TenantPage,
    ui::{Cell, Column, ErrorSummary, FormView, PageHead, ReturnPath, Table, TextField, Title, load},
};
use domain::{dto::tenant::TeamListPage as Data, list::ListQuery};
use leptos::prelude::*;

const CREATE: &str = "/api/tenant/team_create";

/// All teams.
#[server(prefix = "/api/tenant", endpoint = "team_list")]
pub async fn team_list() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::teams::team_list(&cx).await;
    framed(&cx, found).await
}

/// Creates a team.
#[server(prefix = "/api/tenant", endpoint = "team_create")]
pub async fn team_create(name: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let created = identity::teams::team_create(&cx, &name).await;
    let id = cx.answer(created).await?;
    done(&cx, &format!("/teams/{id}"), toast(format!("The team {} was created", name.trim()))).await
}

/// The page `/teams`.
#[component]
pub fn TeamListPage() -> impl IntoView {
    load(team_list, |Framed { frame, data }| {
        let now = frame.now;
        let form = FormView::new(CREATE);
        let columns = vec![Column::new("team", "Team"), Column::new("members", "Members").labelled()];
        let table =
            Table { caption: "Teams".into(), path: "/teams", query: &ListQuery::default(), columns, ticks: None, is_dense: false, now };
        let body = if data.rows.is_empty() {
            view! { <div class="empty"><p class="font-semibold">"No teams yet"</p>
            <p class="text-muted mt-1">"Put users who work on the same records in a team."</p></div> }
            .into_any()
        } else {
            table.plain(data.rows, |row, column| match column {
                "team" => Title::link(format!("/teams/{}", row.id), row.name.clone()).into(),
                "members" => format!("{} {}", row.members, if row.members == 1 { "user" } else { "users" }).into(),
                _ => Cell::Empty,
            })
        };
        let create = data.may_change.then(|| {
            view! {
                <section class="card-box mt-4 p-4" aria-labelledby="new-team">
                    <h2 class="font-semibold" id="new-team">"New team"</h2>
                    <ErrorSummary form=form.clone()/>
                    <form method="post" action=CREATE class="mt-3 flex max-w-md flex-col gap-3"><ReturnPath/>
                        <TextField form name="name" label="Name"/>
                        <div><button class="btn btn-primary">"Create team"</button></div>
                    </form>
                </section>
            }
        });
        view! {
            <TenantPage frame active="/teams" title="Teams">
                <PageHead title="Teams" subtitle="Users whose role reaches their team see the records of everyone in the same teams, and of everyone who reports to them."/>
                <div class="card-box">{body}</div>
                {create}
            </TenantPage>
        }
    })
}
