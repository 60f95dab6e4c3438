//! Settings of a company, served from the cache.

use crate::{RequestCx, Result};
use cache::CacheValue;
use db::tenant::settings::setting_list;
use serde::{Deserialize, Serialize};

/// What everybody may read of a company's settings, before sign-in too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicSettings {
    /// `branding.name`: what the company calls itself.
    pub brand_name: Option<String>,
    /// `sign_in.message`: shown on the sign-in page.
    pub sign_in_message: Option<String>,
}

impl CacheValue for PublicSettings {
    const KIND: &'static str = "settings.public";
    const VERSION: u16 = 1;
}

/// The public settings of the site that was asked; the platform has none.
///
/// # Errors
/// When the database does not answer.
pub async fn settings_public(cx: &RequestCx) -> Result<PublicSettings> {
    let Some(site) = cx.site.tenant() else { return Ok(PublicSettings::default()) };
    cx.services
        .redis
        .get_or_compute(cx.site.key(), "all", || async {
            let mut conn = cx.services.db.tenant(&site.tenant).await?;
            let listed = setting_list(&mut conn).await;
            let rows = conn.finish(listed).await?;
            let text = |key: &str| {
                let found = rows.iter().find(|(name, _, public)| name == key && *public)?;
                found.1.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
            };
            Ok(PublicSettings { brand_name: text("branding.name"), sign_in_message: text("sign_in.message") })
        })
        .await
}
