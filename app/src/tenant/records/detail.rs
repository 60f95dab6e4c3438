//! The page `/p/{pipeline}/{id}`.

use super::{
    board::{MoveForm, MoveRefused, stay},
    cells::{detail, value},
    notes::Notes,
    param, record_id,
    related::RelatedCards,
    tasks::{DoneButton, SET_DONE},
    timeline::Timeline,
};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{Detail, ErrorSummary, FormView, When, load, moment, search_pairs, tone},
};
use domain::{
    dto::tenant::RecordPage as Data,
    flash::{RETURN_FIELD, Toast, Undo},
};
use leptos::prelude::*;

/// What the page of a record shows.
#[server(prefix = "/api/tenant", endpoint = "record_get")]
pub async fn record_get(
    pipeline: String,
    id: String,
    #[server(default)] before: Option<i64>,
    #[server(default)] notes: Option<i64>,
) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_get(&cx, &pipeline, record_id(&id)?, (before, notes)).await;
    framed(&cx, found).await
}

/// Moves a record to the trash.
#[server(prefix = "/api/tenant", endpoint = "record_delete")]
pub async fn record_delete(pipeline: String, id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = record_id(&id)?;
    let deleted = records::record_delete(&cx, &pipeline, id).await;
    let title = cx.answer(deleted).await?;
    let fields = vec![("pipeline".to_owned(), pipeline.clone()), ("id".to_owned(), id.to_string())];
    let undo = Undo { action: "/api/tenant/record_restore".to_owned(), fields };
    done(&cx, &format!("/p/{pipeline}"), Toast::success(format!("{title} was moved to the trash")).with_undo(undo).into()).await
}

/// Brings a record back from the trash.
#[server(prefix = "/api/tenant", endpoint = "record_restore")]
pub async fn record_restore(pipeline: String, id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = record_id(&id)?;
    let restored = records::record_restore(&cx, &pipeline, id).await;
    let title = cx.answer(restored).await?;
    done(&cx, &format!("/p/{pipeline}/{id}"), Toast::success(format!("{title} was restored")).into()).await
}

/// The page `/p/{pipeline}/{id}`.
#[component]
pub fn RecordPage() -> impl IntoView {
    let (pipeline, id) = (param("pipeline"), param("id"));
    let pairs = search_pairs();
    let number = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.parse::<i64>().ok());
    let (before, before_note, edited) = (number("before"), number("notes"), number("note"));
    load(
        move || record_get(pipeline.clone(), id.clone(), before, before_note),
        move |Framed { frame, data }| {
            let now = frame.now;
            let (head, row) = (data.pipeline.clone(), data.row.clone());
            let (path, list) = (format!("{}/{}", head.path(), row.id), head.path());
            let crumbs = vec![(head.name.clone(), list.clone())];
            let stage = row.stage.as_ref().and_then(|key| data.stages.iter().find(|stage| stage.key == *key));
            let badge = stage.map(|stage| {
                let since = row.stage_since.map(|at| view! { <span class="text-muted text-sm font-normal">{stay(at, now)}</span> });
                view! { <span class=tone(&stage.color)>{stage.name.clone()}</span>" "{since} }
            });
            let late = row.is_overdue.then(|| view! { <span class="tone-error">"Overdue"</span> });
            let is_deleted = row.deleted_at.is_some();
            let act = |name: &'static str, label: &'static str, back: String| {
                view! {
                    <form method="post" action=format!("/api/tenant/{name}")>
                        <input type="hidden" name=RETURN_FIELD value=back/>
                        <input type="hidden" name="pipeline" value=head.key.clone()/>
                        <input type="hidden" name="id" value=row.id.to_string()/>
                        <button class="btn btn-sm">{label}</button>
                    </form>
                }
            };
            let (name, label) = if is_deleted { ("record_restore", "Restore") } else { ("record_delete", "Delete") };
            let delete = data.may_delete.then(|| act(name, label, path.clone()));
            let can_edit = data.may_edit && !is_deleted;
            let edit = can_edit.then(|| view! { <a class="btn btn-sm btn-primary" href=format!("{path}/edit")>"Edit"</a> });
            let mover = (can_edit && !data.stages.is_empty())
                .then(|| view! { <MoveForm pipeline=head.key.clone() row=row.clone() stages=data.stages.clone()/> });
            let share = (data.may_share && !is_deleted).then(|| view! { <a class="btn btn-sm" href=format!("{path}/share")>"Share"</a> });
            let finish = data.is_done.map(|is_done| {
                view! { <DoneButton pipeline=head.key.clone() id=row.id.to_string() title=row.title.clone() is_done/> }
            });
            let actions = view! { {mover}{finish}{share}{delete}{edit} };
            let fields = data.fields.iter().filter(|field| field.is_value()).map(|field| {
                let shown = value(&row, &field.key).map(detail);
                let shown = shown.unwrap_or_else(|| view! { <span class="text-muted">"–"</span> }.into_any());
                view! { <Detail label=field.label.clone()>{shown}</Detail> }
            });
            let fields = fields.collect_view();
            let has_relations = data.fields.iter().any(|field| field.relation.is_some());
            let owner = row.owner.clone().map_or_else(|| "No owner".to_owned(), |owner| owner.name);
            let created_by = data.created_by.clone().map(|name| format!(" by {name}"));
            let (events, older) = (data.events, data.older);
            view! {
                <TenantPage frame active=list crumbs title=row.title.clone()>
                    <div class="page-head">
                        <div class="mr-auto min-w-0">
                            <h1 class="page-title flex flex-wrap items-center gap-3"><span dir="auto">{row.title.clone()}</span>{badge}{late}</h1>
                            <p class="text-muted mt-1">{head.name_one.clone()}" · "{owner}</p>
                        </div>
                        <div class="page-actions">{actions}</div>
                    </div>
                    <MoveRefused pipeline=head.key.clone() fields=data.fields.clone()/>
                    <ErrorSummary form=FormView::new(SET_DONE)/>
                    <ErrorSummary form=FormView::new("/api/tenant/record_restore")/>
                    {row.deleted_at.map(|at| view! { <p class="notice mb-4 text-sm">"In the trash since "{moment(at)}"."</p> })}
                    <div class="grid gap-4 xl:grid-cols-[2fr_1fr]">
                        <div class="flex min-w-0 flex-col gap-4">
                            <section class="card-box p-4" aria-labelledby="details">
                                <h2 class="font-semibold" id="details">"Details"</h2>
                                <dl class="mt-2">{fields}</dl>
                            </section>
                            {has_relations.then(|| view! { <p><a class="link-quiet text-sm" href=format!("{path}/related")>"Show everything related"</a></p> })}
                            <RelatedCards pipeline=head.key.clone() id=row.id.to_string() cards=data.related/>
                        </div>
                        <div class="flex min-w-0 flex-col gap-4">
                            <Notes pipeline=head.key.clone() id=row.id.to_string() notes=data.notes older=data.notes_older may_note=data.may_note edited now/>
                            <Timeline events older path now/>
                            <section class="card-box p-4" aria-labelledby="about">
                                <h2 class="font-semibold" id="about">"About"</h2>
                                <dl class="mt-2">
                                    <Detail label="Created"><When at=row.created_at now/>{created_by}</Detail>
                                    <Detail label="Changed"><When at=row.updated_at now/></Detail>
                                    <Detail label="Version">{data.version}</Detail>
                                    <Detail label="ID"><code>{row.id.to_string()}</code></Detail>
                                </dl>
                            </section>
                        </div>
                    </div>
                </TenantPage>
            }
        },
    )
}
