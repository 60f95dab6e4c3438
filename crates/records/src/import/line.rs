//! What one line of a file does.

use super::{ID, Plan, fields};
use crate::{
    command::RecordForm,
    matching::records_by_keys,
    row::titled,
    save::{Created, create, update},
    value::{Reader, value_keys},
    write::put,
};
use db::tenant::records::{RecordCondition, RecordFilter, RecordRecord, record_list as list_rows, record_lock};
use domain::{
    AppError, Code, FieldErrors, RecordId, UserId,
    import::ImportMode,
    list::ListQuery,
    record::{Field, Lens, OWNER, STAGE},
    text::{cut, fold},
};
use kernel::{RequestCx, Result, cx::TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most characters of a cell that an error repeats.
const QUOTED_MAX: usize = 60;
/// The records that an error names.
const NAMED: u16 = 5;

/// What became of a line.
pub(super) enum Outcome {
    /// It made a record.
    Created(Created),
    /// It changed one.
    Updated(Before),
    /// The record had these values already.
    Unchanged,
}

/// What a record was before an import changed it, and its version after that.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Before {
    pub record: RecordId,
    pub version: i32,
    pub owner: Option<UserId>,
    pub stage: Option<i64>,
    /// The fields that changed: their keys, their slots, and what they held.
    pub values: Vec<(String, String, Option<Value>)>,
}

/// The cell that fills a target, if the line has it.
pub(super) fn cell<'a>(plan: &Plan, cells: &'a [String], target: &str) -> Option<&'a str> {
    plan.columns.get(target).and_then(|column| cells.get(*column)).map(|cell| cell.trim())
}

/// The field that existing records are found by, and the values of the line in the form in which they are compared.
///
/// # Errors
/// [`AppError::Validation`] beside the field.
pub(super) fn match_keys<'a>(lens: &'a Lens, plan: &Plan, reader: &Reader, cells: &[String]) -> Result<Option<(&'a Field, Vec<String>)>> {
    let Some(field) = fields(lens).find(|field| field.column() == plan.key) else { return Ok(None) };
    let text = cell(plan, cells, &plan.key).unwrap_or_default();
    let mut errors = FieldErrors::default();
    let value = errors.check(&field.input(), reader.parse(&Field { is_required: false, ..field.clone() }, text)).flatten();
    errors.into_result()?;
    Ok(Some((field, value.map(|value| value_keys(field, &value)).unwrap_or_default())))
}

/// The record that a line is about, locked; none for one to be made.
async fn existing(tx: &mut TenantTx, lens: &Lens, plan: &Plan, reader: &Reader, cells: &[String]) -> Result<Option<RecordRecord>> {
    let found = if plan.key == ID {
        let text = cell(plan, cells, ID).unwrap_or_default();
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.trim_start_matches('#').parse::<i64>().ok();
        let not = || AppError::field(Code::FieldUnknownChoice, "", format!("“{}” is not a record number", cut(text, QUOTED_MAX)));
        let filter = RecordFilter { conditions: vec![RecordCondition::Ids(vec![number.ok_or_else(not)?])], ..RecordFilter::default() };
        list_rows(&tx.conn, lens, &filter, &ListQuery { size: 1, ..ListQuery::default() }, Some(0)).await?.rows
    } else {
        match match_keys(lens, plan, reader, cells)? {
            Some((field, keys)) if !keys.is_empty() => records_by_keys(&tx.conn, lens, field, &keys, NAMED).await?,
            _ => return Ok(None),
        }
    };
    match found.as_slice() {
        [] if plan.key == ID => {
            Err(AppError::field(Code::FieldUnknownChoice, "", "No record has this number, or you cannot see it").into())
        }
        [] => Ok(None),
        [one] => Ok(record_lock(&mut tx.conn, lens, RecordId(one.id)).await?),
        several => {
            let named: Vec<String> = several.iter().map(|record| format!("{} #{}", titled(lens, record), record.id)).collect();
            Err(AppError::field(Code::RecordValueTaken, "", format!("Several records match: {}", named.join(", "))).into())
        }
    }
}

/// The key of the stage of that name or key.
fn stage_of(lens: &Lens, text: &str) -> Result<String> {
    let folded = fold(text);
    let open = || lens.pipeline().stages.iter().filter(|stage| !stage.is_archived);
    let stage = open().find(|stage| fold(&stage.name) == folded).or_else(|| open().find(|stage| stage.key == text));
    let text = || format!("There is no stage “{}”", cut(text, QUOTED_MAX));
    Ok(stage.map(|stage| stage.key.clone()).ok_or_else(|| AppError::field(Code::FieldUnknownChoice, STAGE, text()))?)
}

/// What the line says, as the form of a record would. An empty cell leaves its field as it is, unless fields are to be cleared.
pub(super) fn form_of(lens: &Lens, plan: &Plan, cells: &[String], before: Option<&RecordRecord>) -> Result<RecordForm> {
    let filled = |target: &str| cell(plan, cells, target).filter(|text| !text.is_empty());
    let typed = fields(lens).filter_map(|field| {
        let target = field.column();
        // A record keeps what it was found by, such as its other addresses.
        let is_key = before.is_some() && target == plan.key;
        let text = if before.is_some() && plan.clears { cell(plan, cells, &target) } else { filled(&target) };
        text.filter(|_| !is_key).map(|text| (field.key.clone(), text.to_owned()))
    });
    Ok(RecordForm {
        version: before.map_or(0, |record| record.version),
        fields: typed.collect(),
        allows_duplicates: true,
        owner: filled(OWNER).map(str::to_owned),
        stage: filled(STAGE).map(|text| stage_of(lens, text)).transpose()?,
        ..RecordForm::default()
    })
}

/// Does what a line says, with all rules of a form.
///
/// # Errors
/// Those of a form, and [`AppError::Conflict`] for a record that is not to be made or changed.
pub(super) async fn line_apply(
    cx: &RequestCx,
    tx: &mut TenantTx,
    lens: &Lens,
    plan: &Plan,
    reader: &Reader,
    cells: &[String],
) -> Result<Outcome> {
    let head = &lens.pipeline().head;
    match existing(tx, lens, plan, reader, cells).await? {
        Some(record) if plan.mode == ImportMode::Create => {
            let text = format!("This {} exists already: {} #{}", head.name_one, titled(lens, &record), record.id);
            Err(AppError::conflict(Code::RecordValueTaken, "", text).into())
        }
        None if plan.mode == ImportMode::Update => {
            Err(AppError::conflict(Code::RecordValueTaken, "", format!("No {} matches this row", head.name_one)).into())
        }
        None => Ok(Outcome::Created(create(cx, tx, lens, reader, &form_of(lens, plan, cells, None)?).await?)),
        Some(record) => {
            let (id, owner) = (RecordId(record.id), record.owner_id.map(UserId));
            if !lens.may_edit(id, owner) {
                return Err(AppError::Forbidden.into());
            }
            let form = form_of(lens, plan, cells, Some(&record))?;
            let becomes = update(tx, lens, reader, &record, &form).await?;
            let had = |field: &Field| (field.key.clone(), field.slot.clone(), record.data.get(&field.slot).cloned());
            let values = becomes.values.iter().map(|(field, _)| had(field)).collect();
            let before = Before { record: id, version: record.version + 1, owner, stage: record.stage_id, values };
            let is_changed = put(cx, tx, lens, &record, becomes).await?.is_changed;
            Ok(if is_changed { Outcome::Updated(before) } else { Outcome::Unchanged })
        }
    }
}
