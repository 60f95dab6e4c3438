//! Records of a tenant's pipelines. Whatever reads their values takes a [`Lens`](domain::record::Lens), which says what its user sees.

mod access;
mod board;
mod define;
mod definitions;
mod expr;
mod field_type;
mod filter;
mod hops;
mod indexes;
mod links;
mod list;
mod notes;
mod read;
mod related;
mod rows;
mod shares;
mod template;
mod timeline;
mod work;
mod write;

pub use access::{
    RoleFieldRow, RoleReachRow, pipeline_links, pipelines_barred_from, reports_of, role_field_list, role_field_set, role_reach_list,
    role_reach_set, team_of,
};
pub use board::{BoardStage, record_board};
pub use define::{
    Deleted, field_insert, field_keys, field_options_set, field_set_deleted, field_update, fields_deleted, fields_order, pipeline_keys,
    pipeline_set_deleted, pipeline_update, pipelines_deleted, pipelines_lock, pipelines_order, record_counts, stage_insert,
    stage_set_archived, stage_update, stages_order,
};
pub use definitions::{
    Derived, pipeline_get, pipeline_heads, pipeline_hold, pipeline_list, pipeline_list_of, pipeline_lock, pipeline_set_derived,
    pipeline_touch,
};
pub use field_type::{
    SlotRow, StaleSlots, field_set_change, field_set_type, field_slot_new, field_slots_expire, field_slots_forget, field_slots_stale,
    record_keys_forget, record_slots_next, record_slots_set, record_slots_strip, record_values_recent,
};
pub use filter::{OwnerFilter, RecordCondition, RecordMoment};
pub use hops::{HOP_LINKS_MAX, HopFrom, HopRow, links_hop};
pub use indexes::{
    FieldIndex, IndexFound, field_index, field_index_create, field_index_drop, field_indexes, field_uses, field_uses_add, pipeline_size,
};
pub use links::{
    LinkHolder, link_delete, link_exists, link_holders, link_insert, link_insert_many, linked_newest, linked_titles, record_owner,
    relation_insert, relation_inverse,
};
pub use list::{RecordFilter, RecordPlace, list_limit, record_count, record_list, record_note_for_job};
pub use notes::{NoteRow, note_insert, note_list, note_lock, note_set_deleted, note_update};
pub use read::{record_get, record_lock};
pub use rows::RecordRecord;
pub use shares::{ShareRow, Sharee, share_delete, share_list, share_set, shared_with};
pub(crate) use template::template_apply;
pub use template::template_insert;
pub use timeline::{TimelineRow, record_is_changed, timeline_list};
pub use work::{WorkFilter, WorkFound, work_list};
pub use write::{
    KeyHolder, RecordChange, RecordDerived, RecordKey, RecordNew, record_derive_next, record_derive_set, record_insert_many,
    record_keys_clear, record_keys_delete, record_keys_drop, record_keys_fill, record_keys_find, record_keys_held, record_keys_insert,
    record_keys_known, record_set_deleted, record_update,
};
