//! Linking records where a relation leads to several.

use super::{link_noted, link_title};
use crate::{
    lens::{lens_to_write, lenses_related},
    row::titled,
    write::{Put, deleted, editable, noted, put},
};
use db::tenant::records::{RecordRecord, link_delete, link_insert, pipeline_hold, record_get, record_lock};
use domain::{
    AppError, Code, RecordId, UserId, operation,
    record::{Field, Lens, RelationEnd},
};
use kernel::{RequestCx, Result, cx::TenantTx, error::retry};
use serde_json::{Map, json};
use std::collections::HashMap;

/// Two records that were linked, or are not linked any more.
#[derive(Clone, Debug)]
pub struct Linked {
    /// What the one is called on whose page it was done.
    pub title: String,
    /// What the other one is called.
    pub other: String,
}

/// Links a record to another one by a relation that leads to several.
///
/// # Errors
/// [`AppError::NotFound`] for a record or a field that the caller does not see, and for a field that leads to one record;
/// [`AppError::Forbidden`] for a record that the caller may not change; [`AppError::Conflict`] for one in the trash.
pub async fn record_link(cx: &RequestCx, pipeline: &str, id: RecordId, field: &str, other: RecordId) -> Result<Linked> {
    retry(|| set_linked(cx, pipeline, id, (field, other), true)).await
}

/// Removes the link between two records.
///
/// # Errors
/// As [`record_link`]; [`AppError::Conflict`] when the other record may not be without it.
pub async fn record_unlink(cx: &RequestCx, pipeline: &str, id: RecordId, field: &str, other: RecordId) -> Result<Linked> {
    retry(|| set_linked(cx, pipeline, id, (field, other), false)).await
}

async fn set_linked(cx: &RequestCx, pipeline: &str, id: RecordId, (field, other_id): (&str, RecordId), is_linked: bool) -> Result<Linked> {
    let operation = if is_linked { &operation::tenant::RECORD_LINK } else { &operation::tenant::RECORD_UNLINK };
    let mut tx = cx.tenant_begin(operation).await?;
    let done = async {
        let lens = lens_to_write(&mut tx, pipeline).await?;
        let field = lens.writable().find(|known| known.key == field && !known.is_value()).ok_or(AppError::NotFound)?;
        let end = field.relation.as_ref().ok_or(AppError::NotFound)?;
        pipeline_hold(&mut tx.conn, &end.head.key).await?;
        let others = lenses_related(&tx, &lens).await?;
        let other_lens = others.iter().find(|other| other.pipeline().id == end.pipeline).ok_or(AppError::NotFound)?;
        let (record, other) = if end.is_inverse_one {
            // It is a field of the other record that changes.
            let record = record_get(&tx.conn, &lens, id).await?.ok_or(AppError::NotFound)?;
            let other = editable(&mut tx, other_lens, other_id).await?;
            (record, other)
        } else {
            let record = editable(&mut tx, &lens, id).await?;
            let other = record_lock(&mut tx.conn, other_lens, other_id).await?.ok_or(AppError::NotFound)?;
            (record, other)
        };
        for (record, lens) in [(&record, &lens), (&other, other_lens)] {
            if record.deleted_at.is_some() {
                return Err(deleted(lens).into());
            }
        }
        if end.is_inverse_one {
            put_other(cx, &mut tx, other_lens, end, &other, &record, is_linked).await?;
        } else {
            let near = (id, record.version, record.owner_id.map(UserId));
            if set_both(cx, &mut tx, end, id, other_id, is_linked).await? {
                let pair = if is_linked { json!([null, [other_id]]) } else { json!([[other_id], null]) };
                let action = if is_linked { "record.link" } else { "record.unlink" };
                noted(cx, &mut tx, &lens, action, near, Map::from_iter([(field.key.clone(), pair)]));
            }
        }
        Ok(Linked { title: titled(&lens, &record), other: link_title(end, other_id, &other.title) })
    }
    .await;
    tx.finish(done).await
}

/// Changes the field of the other record, with all its rules.
async fn put_other(
    cx: &RequestCx,
    tx: &mut TenantTx,
    lens: &Lens,
    end: &RelationEnd,
    other: &RecordRecord,
    record: &RecordRecord,
    is_linked: bool,
) -> Result<()> {
    let field = lens.writable().find(|field| field.id == end.inverse).ok_or(AppError::Forbidden)?;
    let held = other.data.get(&field.slot).and_then(super::link_of).map(|(id, _)| id);
    let is_here = held == Some(RecordId(record.id));
    if is_linked == is_here {
        return Ok(());
    }
    if !is_linked && field.is_required {
        let text = format!("{} is required in {}. Choose another one there instead.", field.label, lens.pipeline().head.name);
        return Err(AppError::conflict(Code::FieldRequired, "", text).into());
    }
    let value = is_linked.then(|| super::link_value(RecordId(record.id), &record.title));
    let values = vec![(field, value)];
    put(cx, tx, lens, other, Put { values, owner: other.owner_id.map(UserId), stage: other.stage_id }).await?;
    Ok(())
}

/// Links two records that may both have several links, or removes the link. `false` when it is so already.
async fn set_both(cx: &RequestCx, tx: &mut TenantTx, end: &RelationEnd, id: RecordId, other: RecordId, is_linked: bool) -> Result<bool> {
    let is_changed = if is_linked {
        link_insert(&mut tx.conn, end, id, other).await?
    } else {
        !link_delete(&mut tx.conn, end, id, Some(other)).await?.is_empty()
    };
    if is_changed {
        link_noted(cx, tx, end, other, id, is_linked).await?;
    }
    Ok(is_changed)
}

/// Links a record that was just created to those that its form was opened for, by relations that lead to several.
///
/// # Errors
/// [`AppError::Validation`] for a record that the caller does not see or, where a field of it changes, may not change.
pub(crate) async fn links_created(
    cx: &RequestCx,
    tx: &mut TenantTx,
    lens: &Lens,
    links: &HashMap<String, String>,
    id: RecordId,
) -> Result<()> {
    let wanted = lens.writable().filter(|field| !field.is_value() && links.contains_key(&field.key));
    let wanted: Vec<&Field> = wanted.collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let others = lenses_related(tx, lens).await?;
    for field in wanted {
        let gone = || AppError::field(Code::FieldUnknownChoice, "", format!("The record to link in {} no longer exists", field.label));
        let end = field.relation.as_ref().ok_or(AppError::NotFound)?;
        let other_lens = others.iter().find(|other| other.pipeline().id == end.pipeline).ok_or_else(gone)?;
        let other_id = links.get(&field.key).and_then(|id| id.parse().ok().map(RecordId)).ok_or_else(gone)?;
        pipeline_hold(&mut tx.conn, &end.head.key).await?;
        let other = record_lock(&mut tx.conn, other_lens, other_id).await?.filter(|other| other.deleted_at.is_none()).ok_or_else(gone)?;
        if !end.is_inverse_one {
            set_both(cx, tx, end, id, other_id, true).await?;
        } else if other_lens.may_edit(other_id, other.owner_id.map(UserId)) {
            let record = record_get(&tx.conn, lens, id).await?.ok_or(AppError::NotFound)?;
            put_other(cx, tx, other_lens, end, &other, &record, true).await?;
        } else {
            return Err(gone().into());
        }
    }
    Ok(())
}
