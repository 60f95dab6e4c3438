//! Records of a tenant's pipelines. Whatever reads their values takes a [`Lens`](domain::record::Lens), which says what its user sees.

mod access;
mod board;
mod definitions;
mod list;
mod read;
mod rows;
mod template;
mod timeline;
mod work;
mod write;

pub use access::{RoleReachRow, pipeline_links, role_reach_list, role_reach_set, team_of};
pub use board::{BoardStage, record_board};
pub use definitions::{pipeline_get, pipeline_heads, pipeline_list};
pub use list::{OwnerFilter, RecordFilter, RecordPlace, record_list};
pub use read::{record_get, record_lock};
pub use rows::RecordRecord;
pub(crate) use template::template_apply;
pub use template::template_insert;
pub use timeline::{TimelineRow, timeline_list};
pub use work::{WorkFilter, WorkFound, work_list};
pub use write::{
    KeyHolder, RecordChange, RecordDerived, RecordKey, RecordNew, record_insert, record_insert_many, record_keys_delete, record_keys_held,
    record_keys_insert, record_set_deleted, record_update,
};
