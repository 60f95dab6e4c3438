//! Definitions of pipelines: what they are called, their fields and their stages.

mod detail;
mod field_type;
mod fields;
mod frame;
mod list;
mod relations;
mod stages;

pub use detail::PipelinePage;
pub use field_type::FieldTypePage;
pub use fields::FieldListPage;
pub use list::PipelineListPage;
pub use relations::RelationListPage;
pub use stages::StageListPage;
