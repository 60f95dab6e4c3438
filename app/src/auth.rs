//! Signing in and out, the same on both sites.

mod download;
mod functions;
mod pages;
mod reauthenticate;

pub use functions::{ForgotData, LinkData, LoginData, ReauthenticateData};
pub(crate) use functions::{
    forgot_data, forgot_send, invite_ask, link_accept, link_data, login_data, reauthenticate, reauthenticate_data, sign_in, sign_in_code,
    sign_out, theme_set,
};
pub use pages::{ForgotPage, LinkPage, LoginPage, SignOutPage};
pub use reauthenticate::ReauthenticatePage;
