//! The page `/p/{pipeline}/board`.

use super::{
    cells::cell,
    filters::{Narrowing, adding, problems, record_query, wish_of},
    param, record_id,
};
use crate::{
    api::{ApiError, Framed, framed, request_cx, told},
    tenant::frame::TenantPage,
    ui::{Cell, FormView, PageHead, ReturnPath, list_url, load, number, page_redirect, search_pairs, tone},
};
use chrono::{DateTime, Utc};
use domain::{
    dto::tenant::{BoardColumn, RecordBoardPage as Data, RecordRow},
    flash::{Toast, Undo},
    list::ListQuery,
    record::{Field, OWNER, PipelineHead, PipelineSettings, STAGE, Stage, key_is_valid},
};
use leptos::prelude::*;

/// The records of a pipeline by stage, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "record_board")]
pub async fn record_board(pipeline: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_board(&cx, &pipeline, &record_query(&query), wish_of(&query)).await;
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
        Undo { action: MOVE.to_owned(), fields }
    });
    let text = format!("{} is now in {}", moved.title, moved.to);
    told(&cx, Toast::success(text).with_undo(undo).into()).await
}

const MOVE: &str = "/api/tenant/record_move";

/// Why a record was not moved, with the way to the form that asks for what it lacks.
#[component]
pub(super) fn MoveRefused(pipeline: String, fields: Vec<Field>) -> impl IntoView {
    let form = FormView::new(MOVE);
    let errors = form.errors();
    if errors.is_empty() {
        return ().into_any();
    }
    let label = |name: &str| fields.iter().find(|field| field.input() == name).map(|field| format!("{}: ", field.label));
    let lacks = errors.iter().any(|error| label(&error.field).is_some());
    let lines = errors.iter().map(|error| view! { <li>{label(&error.field)}{error.message.clone()}</li> }).collect_view();
    let (id, stage) = (form.value("id", ""), form.value("stage", ""));
    let fill = (lacks && id.parse::<i64>().is_ok() && key_is_valid(&stage)).then(|| {
        view! { <a class="btn btn-sm mt-2" href=format!("/p/{pipeline}/{id}/edit?stage={stage}")>"Fill in and move"</a> }
    });
    view! {
        <div class="error-summary" role="alert" tabindex="-1" autofocus>
            <p class="mb-1 font-semibold">"This was not moved"</p>
            <ul>{lines}</ul>
            {fill}
        </div>
    }
    .into_any()
}

/// A choice of stages and the button that moves a record there.
#[component]
pub(super) fn MoveForm(pipeline: String, row: RecordRow, stages: Vec<Stage>) -> impl IntoView {
    let label = format!("Stage of {}", row.title);
    let open = stages.into_iter().filter(|stage| !stage.is_archived || row.stage.as_ref() == Some(&stage.key));
    let options = open.map(|stage| {
        let selected = row.stage.as_ref() == Some(&stage.key);
        view! { <option value=stage.key selected=selected>{stage.name}</option> }
    });
    view! {
        <form method="post" action=MOVE class="move-form"><ReturnPath/>
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
    let query = record_query(&pairs);
    load(
        move || record_board(pipeline.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let (head, query) = (data.pipeline.clone(), query.clone());
            let (list, path) = (head.path(), format!("{}/board", head.path()));
            let new = data
                .may_create
                .then(|| view! { <a class="btn btn-primary" href=format!("{list}/new")>{format!("New {}", head.name_one)}</a> });
            let (crumbs, now) = (vec![(head.name.clone(), list.clone())], frame.now);
            let stages: Vec<Stage> = data.columns.iter().map(|column| column.stage.clone()).collect();
            // Whose they are was asked for.
            let shows_owners = data.sees_others && query.filter(OWNER).next() != Some("me");
            let columns =
                data.columns.into_iter().map(|column| view! { <BoardStage column stages=stages.clone() head=head.clone() settings=data.settings.clone() query=query.clone() shows_owners now/> });
            let columns = columns.collect_view();
            if let Some((name, value)) = data.adding.as_ref().and_then(|adding| adding.done.as_ref()) {
                page_redirect(&list_url(&path, &query, &[(name, value)]));
            }
            let as_list = list_url(&list, &query, &[]);
            let problems = problems(&path, &query, &data.filters);
            let adding = data.adding.map(|one| adding(&path, &query, &data.filters, one));
            let narrowing = Narrowing {
                path,
                query,
                filters: data.filters,
                fields: data.fields.clone(),
                stages: Vec::new(),
                sees_others: data.sees_others,
                has_shared: data.has_shared,
                sorts: Vec::new(),
            };
            let body = if stages.is_empty() {
                view! { <div class="card-box empty"><p class="font-semibold">{format!("{} have no stages", head.name)}</p></div> }
                    .into_any()
            } else {
                view! {
                    <div class="card-box mb-4">{narrowing.bar(None)}{adding}</div>
                    <div class="board" tabindex="0" role="group" aria-label="Board">{columns}</div>
                }
                .into_any()
            };
            view! {
                <TenantPage frame active=list.clone() crumbs title="Board">
                    <PageHead title=head.name.clone()><a class="btn" href=as_list>"List"</a>{new}</PageHead>
                    <MoveRefused pipeline=head.key fields=data.fields.clone()/>
                    {problems}
                    {body}
                </TenantPage>
            }
        },
    )
}

/// How long a record is in its stage.
pub(super) fn stay(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (now - since).num_days() {
        ..1 => "since today".to_owned(),
        1 => "for 1 day".to_owned(),
        days => format!("for {} days", number(days)),
    }
}

#[component]
fn BoardStage(
    column: BoardColumn,
    stages: Vec<Stage>,
    head: PipelineHead,
    settings: PipelineSettings,
    query: ListQuery,
    shows_owners: bool,
    now: DateTime<Utc>,
) -> impl IntoView {
    let stage = column.stage;
    let id = format!("stage-{}", stage.key);
    let shown = i64::try_from(column.cards.len()).unwrap_or(0);
    let more = (column.total > shown).then(|| {
        let href = list_url(&head.path(), &query, &[(STAGE, &stage.key), ("sort", "due"), ("dir", "asc")]);
        view! { <p class="p-3"><a class="link-quiet text-xs" href=href>{format!("Show all {}", number(column.total))}</a></p> }
    });
    let cards = column.cards.into_iter().map(|(row, may_edit)| {
        let text = |name: &str| match cell(&head, &settings, &[], &row, name) {
            Cell::Text(text) | Cell::Number(text) => Some(view! { <span>{text}</span> }),
            _ => None,
        };
        let (value, due) = (text("value"), text("due"));
        let late = row.is_overdue.then(|| view! { <span class="tone-error">"Overdue"</span> });
        let owner = row.owner.as_ref().filter(|_| shows_owners).map(|owner| view! { <span dir="auto">{owner.name.clone()}</span> });
        let since = row.stage_since.map(|at| view! { <span>{stay(at, now)}</span> });
        let href = format!("{}/{}", head.path(), row.id);
        let (title, key) = (row.title.clone(), head.key.clone());
        let mover = may_edit.then(|| view! { <MoveForm pipeline=key row stages=stages.clone()/> });
        view! {
            <li class="board-card" draggable=may_edit.then_some("true")>
                <a class="row-link" href=href dir="auto">{title}</a>
                <p class="work-facts">{value}{due}{late}{since}{owner}</p>
                {mover}
            </li>
        }
    });
    let cards = cards.collect_view();
    view! {
        <section class="board-stage" data-stage=stage.key.clone() aria-labelledby=id.clone()>
            <h2 id=id.clone()><span class=tone(&stage.color)>{stage.name}</span>" "<span class="text-muted text-xs tabular-nums">{number(column.total)}{column.sum.map(|sum| format!(" · {sum}"))}</span></h2>
            <ul>{cards}</ul>
            {more}
        </section>
    }
}
