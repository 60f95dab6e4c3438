//! Use cases of a tenant's records: their lists, their pages, and every change of them.

mod board;
mod bulk;
mod command;
mod convert;
mod define;
mod derived;
mod export;
mod filter;
mod import;
mod index;
mod lens;
mod matching;
mod note;
mod owners;
mod read;
mod relation;
mod row;
mod save;
mod search;
mod share;
mod shown;
mod task;
mod timeline;
mod trash;
mod value;
mod work;
mod write;

pub use board::{Moved, record_board, record_move};
pub use bulk::{BulkForm, bulk_run, bulk_undo_run, record_bulk, record_bulk_ask, record_bulk_undo};
pub use command::{RecordForm, typed_alike};
pub use convert::{convert_run, slots_strip};
pub use define::{
    PipelineNew, field_create, field_delete, field_move, field_restore, field_type_change, field_type_get, field_type_undo, field_update,
    pipeline_create, pipeline_definition, pipeline_definition_list, pipeline_delete, pipeline_move, pipeline_restore, pipeline_update,
    relation_create, stage_archive, stage_create, stage_move, stage_restore, stage_update,
};
pub use derived::{derive, derive_all, derive_in, derive_resume, derive_run, keys_of};
pub use export::record_export;
pub use filter::{FILTERS, FilterWish};
pub use import::{
    ImportRules, import_run, import_undo_run, record_import_admit, record_import_begin, record_import_check, record_import_get,
    record_import_new, record_import_read, record_import_run, record_import_undo,
};
pub use index::{index_run, indexes_advise, uses_write};
pub use note::{note_create, note_delete, note_restore, note_update};
pub use read::{list_name, record_edit, record_get, record_list, record_new};
pub use relation::{Linked, record_hops, record_link, record_link_list, record_unlink};
pub use save::{record_create, record_update};
pub use search::record_search;
pub use share::{Unshared, record_share, record_share_list, record_unshare};
pub use task::{task_list, task_set_done};
pub use trash::{record_delete, record_restore, record_trash};
pub use value::{RATING_MAX, Reader, ValueError};
pub use work::record_work;
