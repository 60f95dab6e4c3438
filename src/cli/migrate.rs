//! `oneo migrate`: the platform, then every company that is behind.

use super::{
    output::print_line,
    start::{CliError, is_local, open_local, read_config},
};
use std::process::ExitCode;

/// Migrates. The exit code tells whether every company is up to date.
///
/// # Errors
/// When the configuration is not complete, PostgreSQL cannot be used or the platform's own migration fails.
pub(super) async fn migrate() -> Result<ExitCode, CliError> {
    let _absent = dotenvy::dotenv();
    let local = if is_local() { Some(open_local().await?) } else { None };
    if let Some(local) = &local {
        local.bootstrap().await?;
    }
    let config = read_config(local.as_ref())?;
    let owner = config.database.owner_url.as_ref().ok_or_else(|| CliError::Other("DATABASE_OWNER_URL is missing".to_owned()))?;
    let platform = db::migrate::platform_migrate(owner, config.log.debug).await?;
    for name in &platform {
        print_line(&format!("platform: {name}"));
    }
    let db = db::Db::connect(&config.database.pools(config.log.debug)).await?;
    let report = db::migrate::tenants_migrate(&db).await?;
    for (slug, reason) in &report.failed {
        print_line(&format!("{slug}: failed, still at its old version: {reason}"));
    }
    print_line(&format!("{} companies migrated, {} failed, in {:.2} s", report.migrated, report.failed.len(), report.took.as_secs_f64()));
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
