//! One-time links: whose they are, and the password that is set by one.

use super::{device::tries_names, note::sign_in_note, password::password_judge, session::session_start};
use crate::principal::{Account, AccountConn, signed_in};
use domain::{AppError, Code, FieldErrors, dto::LinkStatus};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    error::retry,
    passwords::Verdict,
    tokens::{LinkPurpose, token_hash},
};
use secrecy::{ExposeSecret, SecretString};

/// Who opened a one-time link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The first name, to greet.
    pub first_name: String,
    /// The address to sign in with.
    pub email: String,
    /// The address of another user who is signed in in this browser.
    pub signed_in: Option<String>,
}

/// Whose open one-time link this is; of one that is not open, what became of it.
///
/// # Errors
/// When the database does not answer.
pub async fn link_get(cx: &RequestCx, purpose: LinkPurpose, token: &str) -> Result<std::result::Result<Invited, LinkStatus>> {
    let (hash, now) = (token_hash(token), cx.services.now());
    let mut conn = AccountConn::open(cx).await?;
    let found = async {
        if let Some(account) = conn.find_by_token(purpose, &hash, now).await? {
            let other = match cx.auth.as_ref().filter(|auth| auth.subject != account.id) {
                Some(auth) => signed_in(conn.get(auth.subject).await?, auth).ok().map(|other| other.email),
                None => None,
            };
            return Ok(Ok(Invited { first_name: account.first_name, email: account.email, signed_in: other }));
        }
        let status = conn.token_status(purpose, &hash, now).await?.map_or(LinkStatus::Unknown, |(_, status)| status);
        // An open link of a user who is not active opens nothing.
        Ok(Err(if status == LinkStatus::Open { LinkStatus::Revoked } else { status }))
    }
    .await;
    conn.finish(found).await
}

/// Sets a password by a one-time link and uses the link up. An invitation signs in as well; after a reset the
/// person signs in with the new password, so that a second factor is asked for as always.
///
/// # Errors
/// [`AppError::NotFound`] as for [`link_get`], [`AppError::Validation`] for a password that is not good enough.
pub async fn link_accept(
    cx: &RequestCx,
    purpose: LinkPurpose,
    token: &str,
    password: &SecretString,
    repeated: &SecretString,
) -> Result<()> {
    let hash = token_hash(token);
    let now = cx.services.now();
    let mut conn = AccountConn::open(cx).await?;
    let found = conn.find_by_token(purpose, &hash, now).await;
    let account = conn.finish(found).await?.ok_or(AppError::NotFound)?;
    let mut errors = FieldErrors::default();
    errors.check_as(Code::PasswordWeak, "password", password_judge(cx, &account, password));
    if errors.0.is_empty() && password.expose_secret() != repeated.expose_secret() {
        errors.push(Code::PasswordMismatch, "password_repeated", "The passwords do not match");
    }
    errors.into_result()?;
    if account.must_change_password {
        let mut conn = AccountConn::open(cx).await?;
        let known = conn.password_hash(account.id).await;
        let known = conn.finish(known).await?;
        let same = cx.passwords().verify(password, known.as_deref()).await?;
        if same != Verdict::Wrong {
            return Err(AppError::field(Code::PasswordSame, "password", "Choose a password that differs from your current one").into());
        }
    }
    let new_hash = cx.passwords().hash(password).await?;
    retry(|| link_use(cx, purpose, &hash, &account, &new_hash)).await?;
    if purpose == LinkPurpose::Invite {
        return session_start(cx, account.id, account.session_epoch + 1).await;
    }
    // The holder of the link is not the one who was guessing.
    for name in tries_names(cx, account.id) {
        cx.services.redis.account_clear(cx.site.key(), &name).await?;
    }
    Ok(cx.services.redis.locked_forget(cx.site.key(), account.id).await?)
}

/// Uses the link up and sets the password. The user comes before the link, as for everything that locks both.
async fn link_use(cx: &RequestCx, purpose: LinkPurpose, token_hash: &[u8], account: &Account, new_hash: &str) -> Result<()> {
    let now = cx.services.now();
    let mut conn = AccountConn::open(cx).await?;
    let done = async {
        conn.set_password(account.id, new_hash, now).await?;
        if !conn.use_token(token_hash, now).await? {
            return Err(AppError::NotFound.into());
        }
        if purpose == LinkPurpose::Invite {
            return sign_in_note(cx, &mut conn, account, "one-time link").await;
        }
        let actor = conn.actor(account);
        let object = Object::new("user", account.id, account.email.clone());
        conn.audit(entry(cx, &actor, "password.reset", object, serde_json::json!({ "by": "one-time link" })));
        Ok(())
    }
    .await;
    conn.finish(done).await
}
