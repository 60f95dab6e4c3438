//! Pictures that people upload: read with limits, made small, written anew.

use crate::{Error, RequestCx, Result};
use domain::{AppError, Code};
use image::{ImageFormat, ImageReader, Limits, imageops::FilterType};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use tokio::sync::Semaphore;

/// The most pixels to a side of what is read, and the most bytes that reading may take.
const READ_SIDE_MAX: u32 = 6000;
const READ_BYTES_MAX: u64 = 80 * 1024 * 1024;

/// Pictures read at once: each may take that much memory.
static PERMITS: Semaphore = Semaphore::const_new(2);
/// Pictures of one person in an hour.
const PER_HOUR: u32 = 30;

/// Counts a picture of the signed-in user, before any of it is read.
///
/// # Errors
/// [`AppError::RateLimited`] after too many in an hour.
pub async fn picture_count(cx: &RequestCx) -> Result<()> {
    let user = cx.user_id().ok_or(AppError::Unauthenticated)?;
    let hour = cx.services.redis.window_count(cx.site.key(), &format!("picture:{user}"), PER_HOUR, 3600).await?;
    hour.map_or(Ok(()), |retry_after| Err(AppError::RateLimited { retry_after }.into()))
}

/// A picture as PNG, its longer side at most `side` pixels. What a file says besides its pixels (place, camera, text) is gone.
///
/// # Errors
/// [`AppError::Validation`] beside `file` for what is no PNG, JPEG or WebP, or far too large.
pub async fn picture_small(file: Vec<u8>, side: u32) -> Result<Vec<u8>> {
    let permit = PERMITS.acquire().await.map_err(|error| Error::Fault(error.to_string()))?;
    // The permit ends with the work, whether anybody still waits for it or not.
    let work = tokio::task::spawn_blocking(move || {
        let _turn = permit;
        small(&file, side)
    });
    work.await.map_err(|error| Error::Fault(format!("a picture: {error}")))?
}

/// What an address names a picture by, so that browsers may keep it: half of its SHA-256, in hexadecimal digits.
pub fn picture_hash(png: &[u8]) -> String {
    hex::encode(Sha256::digest(png)).chars().take(32).collect()
}

fn small(file: &[u8], side: u32) -> Result<Vec<u8>> {
    let unread = || AppError::field(Code::FileUnreadable, "file", "Choose a PNG, JPEG or WebP picture that is not too large");
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(|_| unread())?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) {
        return Err(unread().into());
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(READ_SIDE_MAX), Some(READ_SIDE_MAX));
    limits.max_alloc = Some(READ_BYTES_MAX);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| unread())?;
    let picture = if picture.width().max(picture.height()) > side { picture.resize(side, side, FilterType::Lanczos3) } else { picture };
    let mut png = Vec::new();
    let written = picture.to_rgba8().write_to(&mut Cursor::new(&mut png), ImageFormat::Png);
    written.map_err(|error| Error::Fault(format!("a picture: {error}")))?;
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut file = Vec::new();
        image::RgbImage::from_pixel(width, height, image::Rgb([200, 30, 30])).write_to(&mut Cursor::new(&mut file), format).unwrap();
        file
    }

    #[test]
    fn pictures_become_small() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let png = small(&picture(800, 200, format), 160).unwrap();
            let read = image::load_from_memory(&png).unwrap();
            assert_eq!((read.width(), read.height()), (160, 40), "{format:?}");
        }
        let kept = image::load_from_memory(&small(&picture(20, 30, ImageFormat::Png), 160).unwrap()).unwrap();
        assert_eq!((kept.width(), kept.height()), (20, 30), "never made larger");
    }

    #[test]
    fn nothing_else_is_taken() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let mut cut = picture(100, 100, ImageFormat::Png);
        cut.truncate(60);
        let wide = picture(6001, 1, ImageFormat::Png);
        for bad in [&svg[..], b"", b"GIF89a", &cut, &wide] {
            assert!(small(bad, 160).is_err());
        }
    }
}
