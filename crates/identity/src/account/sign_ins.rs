//! How one signed in oneself, and who else tried to.

use super::sessions::browser;
use crate::principal::AccountConn;
use db::tenant::login_events::login_event_list;
use domain::{AppError, UserId, dto::account::SignInRow, list::ListPage, list::ListQuery};
use kernel::{RequestCx, Result};

/// One's own sign-ins and tries at them, newest first.
///
/// # Errors
/// [`AppError::Unauthenticated`] when nobody is signed in, [`AppError::NotFound`] on the platform.
pub async fn sign_ins(cx: &RequestCx, query: &ListQuery) -> Result<ListPage<SignInRow>> {
    cx.tenant_site()?;
    let (mut conn, account) = AccountConn::open_own(cx).await?;
    let found = async {
        conn.caller_note(cx, &account).await?;
        let AccountConn::Tenant(tenant) = &mut conn else { return Err(AppError::NotFound.into()) };
        let page = login_event_list(tenant, UserId(account.id), query).await?;
        Ok(page.map(sign_in_row))
    }
    .await;
    conn.finish(found).await
}

/// A sign-in as pages show one.
pub(crate) fn sign_in_row(event: db::tenant::login_events::LoginRecord) -> SignInRow {
    SignInRow {
        at: event.at,
        succeeded: event.succeeded,
        reason: event.reason,
        ip: event.ip.unwrap_or_default(),
        browser: browser(&event.user_agent.unwrap_or_default()),
    }
}
