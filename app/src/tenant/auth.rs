//! Signing in and out of a company.

use crate::{
    api::ApiError,
    auth::{self, LinkData, LoginData},
};
use leptos::prelude::*;
use services::tokens::LinkPurpose;

/// What the sign-in page shows.
#[server(prefix = "/api/tenant", endpoint = "login")]
pub async fn login() -> Result<LoginData, ApiError> {
    auth::login_data().await
}

/// Signs a user in, by e-mail or user name.
#[server(prefix = "/api/tenant", endpoint = "sign_in")]
pub async fn sign_in(login: String, password: String, #[server(default)] next: String) -> Result<(), ApiError> {
    auth::sign_in(login, password, next).await
}

/// Signs out.
#[server(prefix = "/api/tenant", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), ApiError> {
    auth::sign_out().await
}

/// Whose one-time link this is.
#[server(prefix = "/api/tenant", endpoint = "invite")]
pub async fn invite(token: String) -> Result<LinkData, ApiError> {
    auth::link_data(LinkPurpose::Invite, token).await
}

/// Sets the first password by a one-time link.
#[server(prefix = "/api/tenant", endpoint = "invite_accept")]
pub async fn invite_accept(token: String, password: String, password_repeated: String) -> Result<(), ApiError> {
    auth::link_accept(LinkPurpose::Invite, token, password, password_repeated).await
}

/// Whose reset link this is.
#[server(prefix = "/api/tenant", endpoint = "reset")]
pub async fn reset(token: String) -> Result<LinkData, ApiError> {
    auth::link_data(LinkPurpose::Reset, token).await
}

/// Sets a new password by a reset link.
#[server(prefix = "/api/tenant", endpoint = "reset_accept")]
pub async fn reset_accept(token: String, password: String, password_repeated: String) -> Result<(), ApiError> {
    auth::link_accept(LinkPurpose::Reset, token, password, password_repeated).await
}

/// Keeps the theme of this browser.
#[server(prefix = "/api/tenant", endpoint = "theme_set")]
pub async fn theme_set(theme: String) -> Result<(), ApiError> {
    auth::theme_set(theme).await
}
