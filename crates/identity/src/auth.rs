//! Signing in and out, the first sign-in by a one-time link, and reauthentication.

pub(crate) mod device;
mod enter;
pub mod factor;
mod forgot;
mod link;
pub(crate) mod note;
pub(crate) mod password;
mod rate_limits;
mod reauthentication;
mod second;
pub(crate) mod session;
mod sign_in;

pub use device::DEVICE_SECONDS;
pub(crate) use device::{device_new, tries_names};
pub use enter::{enter, enter_url, entrance_is_open};
pub use forgot::{forgot, invite_ask};
pub use link::{Invited, link_accept, link_get};
pub(crate) use password::password_judge;
pub use rate_limits::address_name;
pub(crate) use reauthentication::password_check;
pub use reauthentication::{
    Reauthenticated, reauthenticate, reauthenticate_now, reauthentication_ask, reauthentication_check, reauthentication_settle,
    signed_in_check,
};
pub use second::{SECOND_SECONDS, second_is_open, sign_in_code};
pub(crate) use session::{session_change, session_restart};
pub use sign_in::{SignedIn, sign_in, sign_out};
