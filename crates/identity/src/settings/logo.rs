//! The company's logo: whatever comes in is read as a picture and written anew, so nothing but pixels is kept.

use super::change::write_one;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use db::tenant::settings::setting_get;
use domain::{AppError, operation, setting::LOGO};
use kernel::{
    Error, RequestCx, Result,
    picture::{picture_hash, picture_small},
};
use serde_json::{Value, json};

/// The largest file taken, in bytes.
pub const LOGO_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The longer side as it is kept, in pixels: twice what is shown.
const SIDE: u32 = 320;

/// Whether the person asking may change settings, before a file is read.
///
/// # Errors
/// [`AppError::Forbidden`] without `settings.manage`.
pub async fn settings_may(cx: &RequestCx) -> Result<()> {
    cx.tenant_permit(&operation::tenant::LOGO_SET).await.map(drop)
}

/// Sets the logo.
///
/// # Errors
/// [`AppError::Validation`] beside `file` for what is no picture, [`AppError::Forbidden`] without `settings.manage`.
pub async fn logo_set(cx: &RequestCx, file: Vec<u8>) -> Result<()> {
    settings_may(cx).await?;
    let png = picture_small(file, SIDE).await?;
    write_one(cx, &operation::tenant::LOGO_SET, LOGO, Some(json!({ "sha256": picture_hash(&png), "png": STANDARD.encode(&png) }))).await
}

/// Takes the logo away.
///
/// # Errors
/// [`AppError::Forbidden`] without `settings.manage`.
pub async fn logo_remove(cx: &RequestCx) -> Result<()> {
    write_one(cx, &operation::tenant::LOGO_REMOVE, LOGO, None).await
}

/// The logo as PNG, for everybody.
///
/// # Errors
/// [`AppError::NotFound`] without one.
pub async fn logo(cx: &RequestCx) -> Result<Vec<u8>> {
    let site = cx.tenant_site()?;
    let mut conn = cx.services.db.tenant(&site.tenant).await?;
    let found = setting_get(&mut conn, LOGO).await;
    let value = conn.finish(found).await?.ok_or(AppError::NotFound)?;
    let text = value.get("png").and_then(Value::as_str).unwrap_or_default();
    STANDARD.decode(text).map_err(|error| Error::Fault(format!("a stored logo: {error}")))
}
