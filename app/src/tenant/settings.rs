//! Settings of the company.

mod ai;
mod custom;
mod fields;
mod frame;
mod group;
mod history;
mod logo;
mod origin;
mod reach;

pub(super) use frame::{SettingsFrame, path_of};

pub use ai::AiPage;
pub use custom::CustomPage;
pub use fields::FieldsPage;
pub use group::{CompanyPage, SecurityPage};
pub use history::HistoryPage;
