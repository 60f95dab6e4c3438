//! The page `/p/{pipeline}/board`.

use super::{cells::cell, list::owner_filters, param, record_id};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{Cell, Chip, PageHead, ReturnPath, Toolbar, list_query, list_url, load, number, search_pairs, tone},
};
use domain::{
    dto::tenant::{BoardColumn, RecordBoardPage as Data, RecordRow},
    flash::{Toast, Undo},
    list::ListQuery,
    record::{OWNER, Stage},
};
use leptos::prelude::*;
use records::FILTERS;

/// The records of a pipeline by stage, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "record_board")]
pub async fn record_board(pipeline: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_board(&cx, &pipeline, &list_query(&query, FILTERS)).await;
    framed(&cx, found).await
}

/// Moves a record to another stage.
#[server(prefix = "/api/tenant", endpoint = "record_move")]
pub async fn record_move(pipeline: String, id: String, stage: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = record_id(&id)?;
    let moved = records::record_move(&cx, &pipeline, id, &stage).await;
    let moved = cx.answer(moved).await?;
    let undo = moved.from.filter(|from| *from != stage).map(|from| {
        let fields = [("pipeline", pipeline.clone()), ("id", id.to_string()), ("stage", from)];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Undo { action: "/api/tenant/record_move".to_owned(), fields }
    });
    let text = format!("{} is now in {}", moved.title, moved.to);
    done(&cx, &format!("/p/{pipeline}/board"), Toast::success(text).with_undo(undo).into()).await
}

/// A choice of stages and the button that moves a record there.
#[component]
pub(super) fn MoveForm(pipeline: String, row: RecordRow, stages: Vec<Stage>) -> impl IntoView {
    let label = format!("Stage of {}", row.title);
    let options = stages.into_iter().map(|stage| {
        let selected = row.stage.as_ref() == Some(&stage.key);
        view! { <option value=stage.key selected=selected>{stage.name}</option> }
    });
    view! {
        <form method="post" action="/api/tenant/record_move" class="move-form"><ReturnPath/>
            <input type="hidden" name="pipeline" value=pipeline/>
            <input type="hidden" name="id" value=row.id.to_string()/>
            <select class="select select-xs" name="stage" aria-label=label>{options.collect_view()}</select>
            <button class="btn btn-xs">"Move"</button>
        </form>
    }
}

/// The page `/p/{pipeline}/board`.
#[component]
pub fn RecordBoardPage() -> impl IntoView {
    let pipeline = param("pipeline");
    let pairs = search_pairs();
    let query = list_query(&pairs, FILTERS);
    load(
        move || record_board(pipeline.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let (head, query) = (data.pipeline.clone(), query.clone());
            let (list, path) = (head.path(), format!("{}/board", head.path()));
            let new = data
                .may_create
                .then(|| view! { <a class="btn btn-primary" href=format!("{list}/new")>{format!("New {}", head.name_one)}</a> });
            let crumbs = vec![(head.name.clone(), list.clone())];
            let stages: Vec<Stage> = data.columns.iter().map(|column| column.stage.clone()).collect();
            let columns =
                data.columns.iter().map(|column| view! { <BoardStage data=data.clone() column=column.clone() stages=stages.clone()/> });
            let body = if stages.is_empty() {
                view! { <div class="card-box empty"><p class="font-semibold">{format!("{} have no stages", head.name)}</p></div> }
                    .into_any()
            } else {
                view! {
                    <div class="card-box mb-4"><Filters path query sees_others=data.sees_others has_shared=data.has_shared/></div>
                    <div class="board" tabindex="0" role="group" aria-label="Board">{columns.collect_view()}</div>
                }
                .into_any()
            };
            view! {
                <TenantPage frame active=list.clone() crumbs title="Board">
                    <PageHead title=head.name.clone()><a class="btn" href=list>"List"</a>{new}</PageHead>
                    {body}
                </TenantPage>
            }
        },
    )
}

#[component]
fn Filters(path: String, query: ListQuery, sees_others: bool, has_shared: bool) -> impl IntoView {
    let owner = query.filter(OWNER).next().unwrap_or_default().to_owned();
    let mut chips = Vec::new();
    if !query.q.is_empty() {
        chips.push(Chip { label: format!("search: {}", query.q), href: list_url(&path, &query, &[("q", "")]) });
    }
    let owners = owner_filters(has_shared);
    if let Some((_, label)) = owners.iter().find(|(key, _)| *key == owner) {
        chips.push(Chip { label: format!("Owner: {label}"), href: list_url(&path, &query, &[(OWNER, "")]) });
    }
    let options =
        owners.into_iter().map(|(key, label)| view! { <option value=key selected={key == owner}>{label}</option> }).collect_view();
    let owner =
        sees_others.then(|| view! { <select name=OWNER aria-label="Owner"><option value="">"Any owner"</option>{options}</select> });
    view! { <Toolbar path query placeholder="Search" chips>{owner}</Toolbar> }
}

#[component]
fn BoardStage(data: Data, column: BoardColumn, stages: Vec<Stage>) -> impl IntoView {
    let (stage, head) = (column.stage, data.pipeline.clone());
    let id = format!("stage-{}", stage.key);
    let shown = i64::try_from(column.cards.len()).unwrap_or(0);
    let more = (column.total > shown).then(|| {
        let href = format!("{}?stage={}&sort=due&dir=asc", head.path(), stage.key);
        view! { <p class="p-3"><a class="link-quiet text-xs" href=href>{format!("Show all {}", number(column.total))}</a></p> }
    });
    let cards = column.cards.into_iter().map(|(row, may_edit)| {
        let text = |name: &str| match cell(&head, &data.settings, &[], &row, name) {
            Cell::Text(text) => Some(view! { <span>{text}</span> }),
            _ => None,
        };
        let (value, due) = (text("value"), text("due"));
        let late = row.is_overdue.then(|| view! { <span class="tone-error">"Overdue"</span> });
        let owner = row.owner.as_ref().filter(|_| data.sees_others).map(|owner| view! { <span dir="auto">{owner.name.clone()}</span> });
        let href = format!("{}/{}", head.path(), row.id);
        let (title, key) = (row.title.clone(), head.key.clone());
        let mover = may_edit.then(|| view! { <MoveForm pipeline=key row stages=stages.clone()/> });
        view! {
            <li class="board-card">
                <a class="row-link" href=href dir="auto">{title}</a>
                <p class="work-facts">{value}{due}{late}{owner}</p>
                {mover}
            </li>
        }
    });
    let cards = cards.collect_view();
    view! {
        <section class="board-stage" aria-labelledby=id.clone()>
            <h2 id=id.clone()><span class=tone(&stage.color)>{stage.name}</span>" "<span class="text-muted text-xs tabular-nums">{number(column.total)}{column.sum.map(|sum| format!(" · {sum}"))}</span></h2>
            <ul>{cards}</ul>
            {more}
        </section>
    }
}
