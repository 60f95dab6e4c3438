//! Settings of a tenant, as its admins change them.

mod change;
mod free;
mod logo;
mod page;

pub use change::{SettingsForm, setting_reset, setting_set};
pub use free::{FreeForm, SettingFreeSet, setting_free_delete, setting_free_list, setting_free_set};
pub use logo::{LOGO_BYTES_MAX, logo, logo_remove, logo_set, settings_may};
pub use page::{setting_history, setting_list};
