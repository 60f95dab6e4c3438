//! Notes: what users write about records, and who is mentioned in them.

use crate::{
    lens::lens_to_write,
    owners::owners_by_id,
    value::long_text,
    write::{deleted, noted},
};
use chrono::TimeDelta;
use db::tenant::{
    records::{
        NoteRow, RecordRecord, note_insert, note_list, note_lock, note_set_deleted, note_update as update_row, record_get as get_row,
    },
    users,
};
use domain::{AppError, Code, NoteId, RecordId, UserId, Username, dto::tenant::RecordNote, operation, record::Lens};
use kernel::{
    RequestCx, Result,
    cx::TenantTx,
    error::retry,
    mail::{LinkMail, NewMail, mail_entry, mention},
};
use serde_json::Map;

/// Notes on one page.
const NOTES: i64 = 20;
/// The most users that a note mentions by e-mail.
const MENTIONS_MAX: usize = 10;
/// How long an e-mail about a note is of use.
const MAIL_OPEN: TimeDelta = TimeDelta::days(3);
/// The field of the form.
const BODY: &str = "body";

/// The newest notes of a record, and the number before which older ones begin.
pub(crate) async fn notes(
    tx: &mut TenantTx,
    lens: &Lens,
    record: &RecordRecord,
    before: Option<i64>,
) -> Result<(Vec<RecordNote>, Option<i64>)> {
    let mut rows = note_list(&tx.conn, lens, RecordId(record.id), before, NOTES + 1).await?;
    let has_more = rows.len() > usize::try_from(NOTES).unwrap_or(usize::MAX);
    if has_more {
        rows.pop();
    }
    let authors = owners_by_id(&mut tx.conn, rows.iter().filter_map(|note| note.author_id).collect()).await?;
    let older = rows.last().filter(|_| has_more).map(|note| note.id);
    let is_live = record.deleted_at.is_none();
    let shown = |note: NoteRow| RecordNote {
        id: NoteId(note.id),
        author: note.author_id.and_then(|id| authors.get(&id)).map(|author| author.name.clone()),
        may_edit: is_live && is_author(tx, &note),
        may_delete: is_live && may_delete(tx, lens, record, &note),
        is_changed: note.version > 1,
        version: note.version,
        created_at: note.created_at,
        body: note.body,
    };
    Ok((rows.into_iter().map(shown).collect(), older))
}

fn is_author(tx: &TenantTx, note: &NoteRow) -> bool {
    tx.maker().is_some() && note.author_id.map(UserId) == tx.maker()
}

fn may_delete(tx: &TenantTx, lens: &Lens, record: &RecordRecord, note: &NoteRow) -> bool {
    is_author(tx, note) || lens.may_delete(record.owner_id.map(UserId))
}

/// Whether the caller may write notes about a record: like any other change of it.
pub(crate) fn may_note(lens: &Lens, record: &RecordRecord) -> bool {
    record.deleted_at.is_none() && lens.may_edit(RecordId(record.id), record.owner_id.map(UserId))
}

fn body_parse(typed: &str) -> Result<String> {
    let read = long_text(typed).map_err(|error| AppError::field(Code::FieldInvalid, BODY, error.to_string()))?;
    Ok(read.ok_or_else(|| AppError::field(Code::FieldRequired, BODY, "Write something first"))?)
}

/// The record that a note is about, if it is not in the trash.
async fn about(tx: &mut TenantTx, pipeline: &str, id: RecordId) -> Result<(Lens, RecordRecord)> {
    let lens = lens_to_write(tx, pipeline).await?;
    let record = get_row(&tx.conn, &lens, id).await?.ok_or(AppError::NotFound)?;
    if record.deleted_at.is_some() { Err(deleted(&lens).into()) } else { Ok((lens, record)) }
}

/// Adds a change of a note to the timeline of its record, without the text of the note.
fn done(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, record: &RecordRecord, action: &'static str) {
    noted(cx, tx, lens, action, (RecordId(record.id), record.version, record.owner_id.map(UserId)), Map::new());
}

/// Writes a note about a record.
///
/// # Errors
/// [`AppError::Validation`] beside `body`; [`AppError::NotFound`] for a record that the caller does not see, [`AppError::Forbidden`] for one
/// that the caller may not change, [`AppError::Conflict`] for one in the trash.
pub async fn note_create(cx: &RequestCx, pipeline: &str, id: RecordId, body: &str) -> Result<()> {
    retry(|| create_once(cx, pipeline, id, body)).await
}

async fn create_once(cx: &RequestCx, pipeline: &str, id: RecordId, body: &str) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::NOTE_CREATE).await?;
    let written = async {
        let (lens, record) = about(&mut tx, pipeline, id).await?;
        if !may_note(&lens, &record) {
            return Err(AppError::Forbidden.into());
        }
        let (body, by) = (body_parse(body)?, tx.maker());
        note_insert(&mut tx.conn, id, by, &body, cx.services.now()).await?;
        mentioned(cx, &mut tx, &lens, id, &body, "").await?;
        done(cx, &mut tx, &lens, &record, "note.create");
        Ok(())
    }
    .await;
    tx.finish(written).await
}

/// Changes a note of the caller; `version` is the one the form was filled from.
///
/// # Errors
/// As [`note_create`]; [`AppError::Forbidden`] for a note of another user; [`AppError::Conflict`] when it was changed elsewhere meanwhile.
pub async fn note_update(cx: &RequestCx, pipeline: &str, id: RecordId, note: NoteId, version: i32, body: &str) -> Result<()> {
    retry(|| update_once(cx, pipeline, id, (note, version), body)).await
}

async fn update_once(cx: &RequestCx, pipeline: &str, id: RecordId, (note, version): (NoteId, i32), body: &str) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::NOTE_UPDATE).await?;
    let written = async {
        let (lens, record) = about(&mut tx, pipeline, id).await?;
        let before = note_lock(&mut tx.conn, &lens, id, note).await?.filter(|note| note.deleted_at.is_none()).ok_or(AppError::NotFound)?;
        if !is_author(&tx, &before) {
            return Err(AppError::Forbidden.into());
        }
        let body = body_parse(body)?;
        if before.body == body {
            return Ok(());
        }
        if before.version != version {
            let text = "This note was changed in another window. Copy your text, then reload the page.";
            return Err(AppError::conflict(Code::RecordChanged, BODY, text).into());
        }
        update_row(&mut tx.conn, note, &body, cx.services.now()).await?;
        mentioned(cx, &mut tx, &lens, id, &body, &before.body).await?;
        done(cx, &mut tx, &lens, &record, "note.update");
        Ok(())
    }
    .await;
    tx.finish(written).await
}

/// Deletes a note: its author may, and those who may delete the record.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`], [`AppError::Conflict`] for a record in the trash.
pub async fn note_delete(cx: &RequestCx, pipeline: &str, id: RecordId, note: NoteId) -> Result<()> {
    retry(|| set_deleted_once(cx, pipeline, id, note, true)).await
}

/// Brings a note back that was deleted.
///
/// # Errors
/// As [`note_delete`].
pub async fn note_restore(cx: &RequestCx, pipeline: &str, id: RecordId, note: NoteId) -> Result<()> {
    retry(|| set_deleted_once(cx, pipeline, id, note, false)).await
}

async fn set_deleted_once(cx: &RequestCx, pipeline: &str, id: RecordId, note: NoteId, is_deleted: bool) -> Result<()> {
    let operation = if is_deleted { &operation::tenant::NOTE_DELETE } else { &operation::tenant::NOTE_RESTORE };
    let mut tx = cx.tenant_begin(operation).await?;
    let written = async {
        let (lens, record) = about(&mut tx, pipeline, id).await?;
        let before = note_lock(&mut tx.conn, &lens, id, note).await?.ok_or(AppError::NotFound)?;
        if !may_delete(&tx, &lens, &record, &before) {
            return Err(AppError::Forbidden.into());
        }
        if before.deleted_at.is_some() == is_deleted {
            return Ok(());
        }
        note_set_deleted(&mut tx.conn, note, is_deleted.then(|| cx.services.now())).await?;
        done(cx, &mut tx, &lens, &record, if is_deleted { "note.delete" } else { "note.restore" });
        Ok(())
    }
    .await;
    tx.finish(written).await
}

/// The user names that a text mentions, such as `@ada`, each once.
fn mentions(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('@') {
        before = head.chars().next_back().unwrap_or(before);
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        let end = tail.find(|c: char| !is_name(c)).unwrap_or(tail.len());
        let (name, _) = tail.split_at(end);
        // What ends a sentence does not belong to a name, and an address is no mention.
        let name = Username::parse(name.trim_end_matches(['.', '-']));
        if let Ok(name) = name
            && !before.is_alphanumeric()
            && !names.contains(&name.key())
        {
            names.push(name.key());
        }
        before = '@';
        rest = tail;
    }
    names.truncate(MENTIONS_MAX);
    names
}

/// Tells users that they are mentioned, but for those whom the text before mentioned already. The e-mail names the author and leads to the
/// record; what that is, and what the note says, stands on the page for those who see it.
async fn mentioned(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, id: RecordId, body: &str, before: &str) -> Result<()> {
    let known = mentions(before);
    let new: Vec<String> = mentions(body).into_iter().filter(|name| !known.contains(name)).collect();
    if new.is_empty() || !cx.services.mail.is_on() {
        return Ok(());
    }
    let site = cx.tenant_site()?;
    let url = cx.services.url_on(&site.primary_domain, &format!("{}/{id}#notes", lens.pipeline().head.path()));
    let expires_at = cx.services.now() + MAIL_OPEN;
    for user in users::user_find_many(&mut tx.conn, &[], &new).await? {
        if !user.is_active || Some(UserId(user.id)) == tx.maker() {
            continue;
        }
        let (name, author) = (user.shown_name(), tx.user.viewer.name.clone());
        let link = LinkMail { name: &name, email: &user.email, brand: cx.brand(), url: &url };
        let message = mention(&link, &author);
        tx.conn.mail(mail_entry(&cx.services, cx.site.key(), &NewMail { token: None, expires_at, message })?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn mentions_are_user_names_behind_an_at_sign() {
        let of = |text: &str| mentions(text).join(" ");
        assert_eq!(of("@ada, ask @Bob-2 and (@eve.m)."), "ada bob-2 eve.m");
        assert_eq!(of("Write to ada@example.com or call @ada.\n@ada @@ada @"), "ada");
        assert_eq!(of("nothing"), "");
        let many: String = (0..20).map(|n| format!("@user{n} ")).collect();
        assert_eq!(mentions(&many).len(), super::MENTIONS_MAX);
    }
}
