//! One's own account, the same for users of a tenant and admins of the platform.

mod factor;
mod own;
mod photo;
mod sessions;
mod sign_ins;

pub use factor::{codes_renew, factor, factor_begin, factor_confirm, factor_remove};
pub use own::{AccountSet, Look, account, account_set, password_set, theme_set};
pub use photo::{PHOTO_BYTES_MAX, photo, photo_remove, photo_set};
pub(crate) use sessions::session_row;
pub use sessions::{session_end, sessions};
pub(crate) use sign_ins::sign_in_row;
pub use sign_ins::sign_ins;
