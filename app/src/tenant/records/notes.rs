//! Notes on the page of a record.

use super::record_id;
use crate::{
    api::{ApiError, done, request_cx, toast},
    ui::{ErrorSummary, FormView, ReturnPath, TextArea, When},
};
use chrono::{DateTime, Utc};
use domain::{
    AppError, NoteId,
    dto::tenant::RecordNote,
    flash::{RETURN_FIELD, Toast, Undo},
};
use leptos::prelude::*;

const CREATE: &str = "/api/tenant/note_create";
const UPDATE: &str = "/api/tenant/note_update";
const DELETE: &str = "/api/tenant/note_delete";
const RESTORE: &str = "/api/tenant/note_restore";

fn note_id(text: &str) -> Result<NoteId, ApiError> {
    text.parse().map_err(|_| ApiError(AppError::NotFound))
}

fn page_of(pipeline: &str, id: &str) -> String {
    format!("/p/{pipeline}/{id}")
}

/// Writes a note about a record.
#[server(prefix = "/api/tenant", endpoint = "note_create")]
pub async fn note_create(pipeline: String, id: String, body: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let written = records::note_create(&cx, &pipeline, record_id(&id)?, &body).await;
    cx.answer(written).await?;
    done(&cx, &page_of(&pipeline, &id), toast("The note was added")).await
}

/// Changes a note; `version` is the one the form was filled from.
#[server(prefix = "/api/tenant", endpoint = "note_update")]
pub async fn note_update(pipeline: String, id: String, note: String, version: i32, body: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let written = records::note_update(&cx, &pipeline, record_id(&id)?, note_id(&note)?, version, &body).await;
    cx.answer(written).await?;
    done(&cx, &page_of(&pipeline, &id), toast("The note was saved")).await
}

/// Deletes a note.
#[server(prefix = "/api/tenant", endpoint = "note_delete")]
pub async fn note_delete(pipeline: String, id: String, note: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let deleted = records::note_delete(&cx, &pipeline, record_id(&id)?, note_id(&note)?).await;
    cx.answer(deleted).await?;
    let path = page_of(&pipeline, &id);
    let fields = [("pipeline", pipeline), ("id", id), ("note", note)].map(|(name, value)| (name.to_owned(), value)).to_vec();
    let undo = Undo { action: RESTORE.to_owned(), fields };
    done(&cx, &path, Toast::success("The note was deleted").with_undo(undo).into()).await
}

/// Brings a note back that was deleted.
#[server(prefix = "/api/tenant", endpoint = "note_restore")]
pub async fn note_restore(pipeline: String, id: String, note: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let restored = records::note_restore(&cx, &pipeline, record_id(&id)?, note_id(&note)?).await;
    cx.answer(restored).await?;
    done(&cx, &page_of(&pipeline, &id), toast("The note was restored")).await
}

/// What users wrote about a record, with the form of a new note.
#[component]
pub(super) fn Notes(
    /// The key of the pipeline of the record.
    pipeline: String,
    /// The record.
    id: String,
    /// The notes, the newest first.
    notes: Vec<RecordNote>,
    /// The number before which older notes begin.
    older: Option<i64>,
    /// Whether the viewer may write notes.
    may_note: bool,
    /// The note that is changed.
    edited: Option<i64>,
    /// The time at which the page was made.
    now: DateTime<Utc>,
) -> impl IntoView {
    let path = page_of(&pipeline, &id);
    let is_empty = notes.is_empty() && !may_note;
    // One form at a time: both call their field the same.
    let is_edited = |note: &RecordNote| note.may_edit && edited == Some(note.id.0);
    let form = (may_note && !notes.iter().any(is_edited)).then(|| {
        let form = FormView::new(CREATE);
        view! {
            <ErrorSummary form=form.clone()/>
            <form method="post" action=CREATE class="note-form" data-guard>
                <input type="hidden" name=RETURN_FIELD value=path.clone()/>
                <input type="hidden" name="pipeline" value=pipeline.clone()/>
                <input type="hidden" name="id" value=id.clone()/>
                <TextArea form name="body" label="New note" rows=3 prose=true help="Mention users with @username to send them an e-mail."/>
                <div><button class="btn btn-sm btn-primary">"Add note"</button></div>
            </form>
        }
    });
    let rows = notes.into_iter().map(|note| {
        let is_edited = is_edited(&note);
        view! { <Note pipeline=pipeline.clone() id=id.clone() note is_edited now/> }
    });
    let rows = rows.collect_view();
    view! {
        <section class="card-box" aria-labelledby="notes">
            <div class="card-head"><h2 id="notes">"Notes"</h2></div>
            <ErrorSummary form=FormView::new(DELETE)/>
            <ErrorSummary form=FormView::new(RESTORE)/>
            {form}
            {is_empty.then(|| view! { <p class="text-muted p-4 text-sm">"No notes."</p> })}
            <ol class="record-timeline">{rows}</ol>
            {older.map(|before| view! { <p class="p-4"><a class="link-quiet" href=format!("{path}?notes={before}#notes")>"Show older notes"</a></p> })}
        </section>
    }
}

#[component]
fn Note(pipeline: String, id: String, note: RecordNote, is_edited: bool, now: DateTime<Utc>) -> impl IntoView {
    let path = page_of(&pipeline, &id);
    let anchor = format!("note-{}", note.id);
    let hidden = || {
        let fields = [("pipeline", pipeline.clone()), ("id", id.clone()), ("note", note.id.to_string())];
        fields.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()
    };
    if is_edited {
        let form = FormView::new(UPDATE);
        let version = form.version(note.version);
        return view! {
            <li id=anchor>
                <ErrorSummary form=form.clone()/>
                <form method="post" action=UPDATE class="flex flex-col gap-2" data-guard><ReturnPath/>
                    {hidden()}
                    <input type="hidden" name="version" value=version/>
                    <TextArea form name="body" label="Note" value=note.body rows=5 prose=true/>
                    <div class="flex gap-2"><button class="btn btn-sm btn-primary">"Save note"</button><a class="btn btn-sm btn-ghost" href=path>"Cancel"</a></div>
                </form>
            </li>
        }
        .into_any();
    }
    let edit = note.may_edit.then(|| {
        view! { <a class="link-quiet" href=format!("{path}?note={}#{anchor}", note.id) aria-label="Edit note">"Edit"</a> }
    });
    let delete = note.may_delete.then(|| {
        view! { <form method="post" action=DELETE><input type="hidden" name=RETURN_FIELD value=path.clone()/>{hidden()}<button class="link-quiet text-xs" aria-label="Delete note">"Delete"</button></form> }
    });
    let changed = note.is_changed.then_some("edited");
    let author = note.author.clone().unwrap_or_else(|| "A former user".to_owned());
    view! {
        <li id=anchor>
            <p class="whitespace-pre-wrap break-words" dir="auto">{note.body.clone()}</p>
            <p class="text-muted flex flex-wrap items-center gap-x-3 text-xs"><span class="font-medium" dir="auto">{author}</span><When at=note.created_at now/>{changed}{edit}{delete}</p>
        </li>
    }
    .into_any()
}
