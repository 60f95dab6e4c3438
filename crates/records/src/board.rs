//! The board of a pipeline: its records by stage, and moving them from one to another.

use crate::{
    filter::{FilterWish, filter_of, limited, too_slow},
    lens::{lens_of, lens_to_write},
    owners::owners_by_id,
    row::{row, titled},
    value::Reader,
    write::{Put, deleted, editable, put},
};
use db::tenant::records::record_board as board_rows;
use domain::{
    AppError, Code, RecordId, UserId,
    dto::tenant::{BoardColumn, RecordBoardPage},
    list::ListQuery,
    operation,
    record::STAGE,
};
use kernel::{RequestCx, Result, error::retry};

/// Cards of one stage.
const CARDS: i64 = 50;

/// The records of a pipeline by stage, narrowed as its list is, with the form of the filter that is being added, if one is.
///
/// # Errors
/// [`AppError::NotFound`] for a pipeline that the caller does not see, [`AppError::Forbidden`] without `records.view`.
pub async fn record_board(cx: &RequestCx, pipeline: &str, query: &ListQuery, wish: Option<FilterWish>) -> Result<RecordBoardPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_BOARD).await?;
    let page = async {
        let lens = lens_of(&tx, pipeline).await?;
        let reader = Reader::of(cx);
        let narrowed = filter_of(&tx, &lens, &reader, query, wish).await?;
        limited(&mut tx, &narrowed.filter, query).await?;
        let stages: Vec<i64> = lens.pipeline().stages.iter().map(|stage| stage.id).collect();
        let found = board_rows(&tx.conn, &lens, &narrowed.filter, &stages, CARDS).await?;
        let owners = found.iter().flat_map(|stage| &stage.rows).filter_map(|record| record.owner_id).collect();
        let owners = owners_by_id(&mut tx.conn, owners).await?;
        let has_value = lens.settings().value.is_some() && !lens.is_late();
        let columns = found.into_iter().filter_map(|found| {
            let sum = found.sum.filter(|_| has_value);
            // An archived stage is shown as long as records are in it.
            let stage = lens.stage_of(Some(found.stage)).filter(|stage| !stage.is_archived || found.total > 0)?;
            Some(BoardColumn {
                stage: stage.clone(),
                cards: found
                    .rows
                    .iter()
                    .map(|record| (row(&reader, &lens, record, &owners), lens.may_edit(RecordId(record.id), record.owner_id.map(UserId))))
                    .collect(),
                total: found.total,
                sum: sum.map(|sum| reader.amount(&sum)),
            })
        });
        Ok(RecordBoardPage {
            pipeline: lens.pipeline().head.clone(),
            settings: lens.settings().clone(),
            fields: lens.fields().cloned().collect(),
            columns: columns.collect(),
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

/// Moves a record to another stage. Gives what it is called, and the keys of the stage before and of the new one.
///
/// # Errors
/// [`AppError::Validation`] for a stage that there is not, and beside fields that the record lacks in it, [`AppError::Conflict`] for a record in the trash, [`AppError::NotFound`],
/// [`AppError::Forbidden`].
pub async fn record_move(cx: &RequestCx, pipeline: &str, id: RecordId, stage: &str) -> Result<Moved> {
    retry(|| move_once(cx, pipeline, id, stage)).await
}

/// A record that was moved.
#[derive(Clone, Debug)]
pub struct Moved {
    /// What it is called.
    pub title: String,
    /// The key of the stage it came from; none for a record that was in none.
    pub from: Option<String>,
    /// The name of the stage it is in.
    pub to: String,
}

async fn move_once(cx: &RequestCx, pipeline: &str, id: RecordId, key: &str) -> Result<Moved> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_MOVE).await?;
    let done = async {
        let lens = lens_to_write(&mut tx, pipeline).await?;
        let record = editable(&mut tx, &lens, id).await?;
        if record.deleted_at.is_some() {
            return Err(deleted(&lens).into());
        }
        let unknown = || AppError::field(Code::FieldUnknownChoice, STAGE, "This stage no longer exists. Choose another one.");
        let stage = lens.stage(key).filter(|stage| !stage.is_archived).ok_or_else(unknown)?;
        let from = lens.stage_of(record.stage_id).map(|stage| stage.key.clone());
        let title = titled(&lens, &record);
        let moved = Moved { title, from: from.clone(), to: stage.name.clone() };
        if record.stage_id == Some(stage.id) {
            return Ok(moved);
        }
        let owner = record.owner_id.map(UserId);
        put(cx, &mut tx, &lens, &record, Put { values: Vec::new(), owner, stage: Some(stage.id) }).await?;
        Ok(moved)
    }
    .await;
    tx.finish(done).await
}
