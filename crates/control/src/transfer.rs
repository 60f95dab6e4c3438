//! Whole companies: copied, taken out as a file, made of such a file, ended. All of it as jobs.

mod archive;
mod ask;
mod build;
mod export;
mod purge;
mod row;

pub use ask::{
    CloneForm, ImportForm, ImportWish, PurgeForm, import_begin, import_may, import_take, tenant_clone, tenant_copies, tenant_export,
    tenant_import, tenant_import_new, tenant_purge, uploads_sweep,
};
pub(crate) use build::{clone_run, import_run};
pub(crate) use export::export_run;
pub use purge::purge_due;
pub(crate) use purge::{purge_release, purge_run};
