//! Platform admins.

use crate::{
    RequestCx, Result,
    audit::{Object, entry},
    tokens::{INVITE_OPEN, token_hash, token_new},
};
use db::{DbError, platform::admins};
use domain::{AppError, Email, FieldErrors, PersonName, flash::OneTimeLink};
use secrecy::SecretString;

/// A platform admin to be created.
#[derive(Clone, Debug)]
pub struct AdminForm {
    /// The address to sign in with.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// A password, or none for a one-time link.
    pub password: Option<SecretString>,
}

/// Creates a platform admin.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::Conflict`] when the address is taken.
pub async fn admin_create(cx: &RequestCx, command: &AdminForm) -> Result<Option<OneTimeLink>> {
    let mut errors = FieldErrors::default();
    let email = errors.check("email", Email::parse(&command.email));
    let first_name = errors.check("first_name", PersonName::parse(&command.first_name));
    let last_name = errors.check("last_name", PersonName::parse(&command.last_name));
    if let Some(password) = &command.password {
        errors.check("password", crate::passwords::judge(password, &[&command.email, &command.first_name, &command.last_name]));
    }
    errors.into_result()?;
    let (Some(email), Some(first_name), Some(last_name)) = (email, first_name, last_name) else { return Err(AppError::Malformed.into()) };
    let hash = match &command.password {
        Some(password) => Some(cx.services.passwords.hash(password).await?),
        None => None,
    };
    let token = token_new(&*cx.services.entropy);
    let now = cx.services.now();
    let mut tx = cx.platform_begin().await?;
    let done = async {
        let id =
            admins::admin_insert(&mut tx.conn, &email, &first_name, &last_name, hash.as_deref(), now).await.map_err(
                |error| match error {
                    DbError::Unique { .. } => AppError::conflict("email", "There is an admin with this address").into(),
                    other => crate::Error::from(other),
                },
            )?;
        if hash.is_none() {
            admins::admin_token_insert(&mut tx.conn, id, "invite", &token_hash(&token), now, now + INVITE_OPEN).await?;
        }
        let object = Object::new("platform_admin", id, email.as_str());
        let line = entry(cx, &tx.actor, "platform_admin.create", object, serde_json::json!({ "email": [null, email.as_str()] }));
        Ok(db::audit_append_platform(&mut tx.conn, None, &line).await?)
    }
    .await;
    tx.finish(done).await?;
    let host = cx.services.config.base_domain.as_str();
    let url = cx.services.url_on(host, &format!("/invite/{token}"));
    Ok(hash.is_none().then(|| OneTimeLink { label: email.as_str().to_owned(), url, hours: 72 }))
}

/// How many platform admins there are.
///
/// # Errors
/// When the database does not answer.
pub async fn admin_count(cx: &RequestCx) -> Result<i64> {
    let mut tx = cx.platform_begin().await?;
    let counted = admins::admin_count(&mut tx.conn).await.map_err(crate::Error::from);
    tx.finish(counted).await
}
