//! The first owner of a new company, and the one-time link that lets the owner in.

use super::form::Owner;
use db::{
    TenantRef,
    tenant::{
        records::template_insert,
        roles,
        tokens::{self, TokenInsert},
        users,
    },
};
use domain::{AppError, Code, SiteKey, UserId, flash::OneTimeLink, record::Template, role::OWNER};
use identity::{
    roles::is_staff,
    users::{Delivery, Handed, require_mail},
};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    cx::PlatformTx,
    failpoint,
    mail::{LinkMail, NewMail, invitation, mail_entry},
    tokens::{INVITE_OPEN, token_hash, token_new},
};
use secrecy::SecretString;
use serde_json::json;

/// Hashes the password of an owner, where one was given.
pub(crate) async fn owner_hash(cx: &RequestCx, password: Option<&SecretString>, owner: Option<Owner>) -> Result<Option<Owner>> {
    Ok(match (owner, password) {
        (Some(owner), Some(password)) => Some(Owner { hash: Some(cx.passwords().hash(password).await?), ..owner }),
        (owner, _) => owner,
    })
}

/// Refuses to mail the owner's invitation where it cannot work: a link to a host that is not verified leads nowhere, or to another
/// server.
pub(super) async fn owner_require_mail(cx: &RequestCx, owner: Option<&Owner>, serves: bool) -> Result<()> {
    let Some(owner) = owner.filter(|owner| owner.delivery == Delivery::Mail) else { return Ok(()) };
    if !serves {
        let sentence = "The domain is not verified yet, so a link to it does not work. Show a one-time link, and hand it over once it is.";
        return Err(AppError::conflict(Code::DomainUnverified, "invite", sentence).into());
    }
    require_mail(cx, owner.email.as_str()).await
}

/// Steps down into the new schema of a company with a host and a name, adds roles and owner there, and commits. Gives how the
/// owner's link is handed over; none where there is a password.
pub(super) async fn owner_create(
    cx: &RequestCx,
    tx: PlatformTx,
    (tenant, host, company): (&TenantRef, &str, &str),
    owner: &Owner,
) -> Result<(UserId, Option<Handed>)> {
    let now = cx.services.now();
    let actor = tx.actor;
    let mut conn = tx.conn.into_tenant(tenant).await?;
    let done = async {
        roles::role_insert_system(&mut conn).await?;
        template_insert(&mut conn, &Template::crm().map_err(|error| Error::Fault(error.to_string()))?).await?;
        failpoint::reach("tenant_create.roles")?;
        let insert = users::UserInsert {
            username: &owner.username,
            email: &owner.email,
            first_name: &owner.first_name,
            last_name: &owner.last_name,
            role: OWNER,
            is_staff: is_staff(OWNER),
            password_hash: owner.hash.as_deref(),
            metadata: serde_json::json!({}),
            now,
        };
        let ids = users::user_insert_many(&mut conn, &[insert]).await?;
        let id = ids.first().copied().ok_or_else(|| Error::Fault("an insert gave no id".to_owned()))?;
        failpoint::reach("tenant_create.owner")?;
        let handed = if owner.hash.is_none() { Some(invite(cx, &mut conn, id, (tenant, host, company), owner).await?) } else { None };
        let values = json!({ "email": [null, owner.email], "user_type": [null, OWNER] });
        let line = entry(cx, &actor, "user.create", Object::new("user", id, owner.email.as_str()), values);
        conn.audit(line);
        failpoint::reach("tenant_create.commit")?;
        Ok((id, handed))
    }
    .await;
    conn.finish(done).await
}

async fn invite(
    cx: &RequestCx,
    conn: &mut db::TenantConn,
    id: UserId,
    (tenant, host, company): (&TenantRef, &str, &str),
    owner: &Owner,
) -> Result<Handed> {
    let (now, token, email) = (cx.services.now(), token_new(&*cx.services.entropy), owner.email.as_str());
    let hash = token_hash(&token);
    let by_mail = owner.delivery == Delivery::Mail;
    let insert = TokenInsert {
        user: id,
        purpose: "invite",
        hash: &hash,
        now,
        expires_at: now + INVITE_OPEN,
        by_mail,
        made_by: None,
        keeps_handed: false,
    };
    let row = tokens::token_insert(conn, &insert).await?;
    let url = cx.services.url_on(host, &format!("/invite/{token}"));
    if !by_mail {
        return Ok(Handed::Link(OneTimeLink { label: email.to_owned(), url, hours: 72 }));
    }
    let name = format!("{} {}", owner.first_name.as_str(), owner.last_name.as_str());
    let message = invitation(&LinkMail { name: name.trim(), email, brand: company, url: &url }, None);
    let mail = NewMail { token: Some(row), expires_at: now + INVITE_OPEN, message };
    conn.mail(mail_entry(&cx.services, SiteKey::Tenant(tenant.id), &mail)?);
    Ok(Handed::Mailed(email.to_owned()))
}
