//! Records, as their pages show them.

use crate::{
    filter::{FILTERS, FilterWish, filter_of, limited, too_slow},
    index::uses_count,
    lens::lens_of,
    note::{may_note, notes},
    owners::{owner_choices, owner_typed, owners_by_id},
    relation::{prefilled, related},
    row::row,
    shown::typed,
    timeline::timeline,
    value::Reader,
};
use db::{
    list_views::view_list,
    tenant::records::{RecordRecord, linked_newest, record_get as get_row, record_list as list_rows},
};
use domain::{
    AppError, RecordId, UserId,
    dto::tenant::{RecordFormPage, RecordInput, RecordListPage, RecordPage},
    list::ListQuery,
    operation,
    record::Lens,
};
use kernel::{RequestCx, Result, cx::TenantTx};
use serde_json::Value;

/// What the list of a pipeline is called where its views are stored; its path is that behind a slash.
#[must_use]
pub fn list_name(pipeline: &str) -> String {
    format!("p/{pipeline}")
}

/// The most titles that a form offers for a relation.
const SUGGESTED: i64 = 50;

/// One page of the records of a pipeline, with the form of the filter that is being added, if one is.
///
/// # Errors
/// [`AppError::NotFound`] for a pipeline that the caller does not see, [`AppError::Forbidden`] without `records.view`.
pub async fn record_list(cx: &RequestCx, pipeline: &str, query: &ListQuery, wish: Option<FilterWish>) -> Result<RecordListPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_LIST).await?;
    let page = async {
        let name = list_name(pipeline);
        let views = async { Ok(view_list(&tx.conn, &name, tx.user.id.0).await?) };
        let (lens, views) = futures_util::try_join!(lens_of(&tx, pipeline), views)?;
        let reader = Reader::of(cx);
        let query = &views.opened(query, FILTERS);
        let narrowed = filter_of(&tx, &lens, &reader, query, wish).await?;
        uses_count(cx, &lens, &narrowed.filter, query);
        limited(&mut tx, &narrowed.filter, query).await?;
        let found = list_rows(&tx.conn, &lens, &narrowed.filter, query, None).await?;
        let owners = owners_by_id(&mut tx.conn, found.rows.iter().filter_map(|record| record.owner_id).collect()).await?;
        Ok(RecordListPage {
            pipeline: lens.pipeline().head.clone(),
            settings: lens.settings().clone(),
            fields: lens.fields().cloned().collect(),
            stages: lens.pipeline().stages.clone(),
            page: found.map(|record| row(&reader, &lens, &record, &owners)),
            views,
            may_create: lens.may_create(),
            sees_others: lens.sees_others(),
            has_shared: !lens.rows().shared.is_empty(),
            filters: narrowed.shown,
            adding: narrowed.adding,
        })
    }
    .await;
    tx.finish(page.map_err(too_slow)).await
}

async fn found(tx: &TenantTx, lens: &Lens, id: RecordId) -> Result<RecordRecord> {
    Ok(get_row(&tx.conn, lens, id).await?.ok_or(AppError::NotFound)?)
}

/// What the page of a record shows; of its timeline what happened before the event of that number, and of its notes those before that one,
/// where one is given.
///
/// # Errors
/// [`AppError::NotFound`] for a record that the caller does not see, [`AppError::Forbidden`] without `records.view`.
pub async fn record_get(
    cx: &RequestCx,
    pipeline: &str,
    id: RecordId,
    (before, notes_before): (Option<i64>, Option<i64>),
) -> Result<RecordPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_GET).await?;
    let page = async {
        let lens = lens_of(&tx, pipeline).await?;
        let record = found(&tx, &lens, id).await?;
        let reader = Reader::of(cx);
        let related = related(&tx, &reader, &lens, &record).await?;
        let (events, older) = timeline(&mut tx, &reader, &lens, (id, record.owner_id.map(UserId)), before).await?;
        let (notes, notes_older) = notes(&mut tx, &lens, &record, notes_before).await?;
        let people = owners_by_id(&mut tx.conn, record.owner_id.into_iter().chain(record.created_by).collect()).await?;
        Ok(RecordPage {
            pipeline: lens.pipeline().head.clone(),
            fields: lens.fields().cloned().collect(),
            stages: lens.pipeline().stages.clone(),
            row: row(&reader, &lens, &record, &people),
            version: record.version,
            created_by: record.created_by.and_then(|id| people.get(&id)).map(|user| user.name.clone()),
            may_edit: lens.may_edit(id, record.owner_id.map(UserId)),
            may_share: lens.may_share(record.owner_id.map(UserId)),
            may_delete: lens.may_delete(record.owner_id.map(UserId)),
            related,
            notes,
            notes_older,
            may_note: may_note(&lens, &record),
            is_done: done_of(&lens, &record),
            events,
            older,
        })
    }
    .await;
    tx.finish(page).await
}

/// Whether a record is done, where the caller may say that it is.
fn done_of(lens: &Lens, record: &RecordRecord) -> Option<bool> {
    let field = lens.named(lens.settings().done.as_ref())?;
    let is_writable = lens.writable().any(|known| known.id == field.id) && record.deleted_at.is_none();
    let may_say = is_writable && lens.may_edit(RecordId(record.id), record.owner_id.map(UserId));
    may_say.then(|| record.data.get(&field.slot).and_then(Value::as_bool).unwrap_or(false))
}

/// What the form of a new record shows; `links` are the records it is to be linked to, by the keys of fields.
///
/// # Errors
/// [`AppError::NotFound`] for a pipeline that the caller does not see, [`AppError::Forbidden`] without `records.edit`.
pub async fn record_new(cx: &RequestCx, pipeline: &str, links: &[(String, String)]) -> Result<RecordFormPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_NEW).await?;
    let page = async {
        let lens = lens_of(&tx, pipeline).await?;
        if !lens.may_create() {
            return Err(AppError::Forbidden.into());
        }
        let links = prefilled(&tx, &lens, links).await?;
        let mut page = form_page(cx, &mut tx, &lens, None).await?;
        for (input, (.., title)) in page.inputs.iter_mut().filter_map(|input| {
            let link = links.iter().find(|(field, ..)| field.id == input.field.id)?;
            Some((input, link))
        }) {
            input.value.clone_from(title);
        }
        Ok(RecordFormPage { links, ..page })
    }
    .await;
    tx.finish(page).await
}

/// What the form of a record shows.
///
/// # Errors
/// [`AppError::NotFound`] for a record that the caller does not see, [`AppError::Forbidden`] for one that the caller may not change.
pub async fn record_edit(cx: &RequestCx, pipeline: &str, id: RecordId) -> Result<RecordFormPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_EDIT).await?;
    let page = async {
        let lens = lens_of(&tx, pipeline).await?;
        let record = found(&tx, &lens, id).await?;
        if !lens.may_edit(id, record.owner_id.map(UserId)) {
            return Err(AppError::Forbidden.into());
        }
        form_page(cx, &mut tx, &lens, Some(record)).await
    }
    .await;
    tx.finish(page).await
}

async fn form_page(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, record: Option<RecordRecord>) -> Result<RecordFormPage> {
    let reader = Reader::of(cx);
    let owner_id = record.as_ref().map_or(Some(tx.user.id.0), |record| record.owner_id);
    let owners = owner_choices(&mut tx.conn, lens, owner_id.map(UserId)).await?;
    let people = owners_by_id(&mut tx.conn, record.iter().filter_map(|record| record.owner_id).chain([tx.user.id.0]).collect()).await?;
    let input = |field: &domain::record::Field| RecordInput {
        value: typed(&reader, field, record.as_ref().map_or_else(|| field.initial(), |record| record.data.get(&field.slot))),
        unit: reader.unit(field),
        stages: lens.pipeline().stages.iter().filter(|stage| stage.requires.contains(&field.id)).map(|stage| stage.name.clone()).collect(),
        field: field.clone(),
        suggestions: Vec::new(),
    };
    let fields = lens.writable().filter(|field| field.is_value());
    let mut inputs: Vec<RecordInput> = fields.map(input).collect();
    for input in &mut inputs {
        if let Some(related) = lens.related(&input.field) {
            input.suggestions = linked_newest(&tx.conn, &related, SUGGESTED).await?;
        }
    }
    let stage = record.as_ref().map_or_else(|| lens.pipeline().stages_open().next(), |record| lens.stage_of(record.stage_id));
    Ok(RecordFormPage {
        pipeline: lens.pipeline().head.clone(),
        inputs,
        links: Vec::new(),
        stages: lens.pipeline().stages.clone(),
        owner: owner_typed(&owners, owner_id.and_then(|id| people.get(&id))),
        owners,
        stage: stage.map(|stage| stage.key.clone()).unwrap_or_default(),
        version: record.as_ref().map_or(0, |record| record.version),
        record: record.map(|record| row(&reader, lens, &record, &people)),
    })
}
