//! Domains of companies: several each, exactly one primary, and none serves that was not proved.

use crate::tenants::{domain_parse, head_of, hosts_of, taken};
use crate::views::{DOMAIN_LIST_NAME, views_of};
use chrono::TimeDelta;
use db::platform::{
    domains::{self, DomainChange, DomainFilter, DomainProof, DomainRecord},
    tenants::{TenantDetail, tenant_detail, tenant_detail_lock, tenant_lock_by_id},
};
use domain::{
    AppError, Code, DomainId, FieldErrors, HostName, Operation, TenantId,
    dto::platform::{DomainDetail, DomainListPage, TenantDomainsPage},
    list::ListQuery,
    operation,
    plan::{FEATURES, feature_is_on},
    text::cut,
};
use identity::auth::reauthenticate;
use kernel::{
    Error, RequestCx, Result, Services,
    actor::Actor,
    audit::{Object, entry},
    cx::PlatformTx,
    sites::hosts_changed,
    tokens::token_new,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::Arc;

/// Characters that are shown of a text that a name server gave.
const FOUND_MAX: usize = 80;
/// The filters the list knows.
pub const FILTERS: &[&str] = &["primary", "verified"];
/// How long a name may be claimed without proof.
const CLAIM_OPEN: TimeDelta = TimeDelta::days(7);
/// How often the DNS of a proved domain is looked at again.
const SEEN_GOOD: TimeDelta = TimeDelta::days(1);
/// How long it may say otherwise before the domain no longer serves: a DNS provider's bad day takes nobody out.
const FAILING_GOOD: TimeDelta = TimeDelta::days(7);
/// Domains looked at in one round.
const ROUND: i64 = 50;

/// The name under which the proof stands (security.md 6).
fn proof_name(domain: &str) -> String {
    format!("_oneo-verify.{domain}")
}

fn yes_no(query: &ListQuery, name: &str) -> Option<bool> {
    match query.filter(name).collect::<Vec<_>>().as_slice() {
        ["yes"] => Some(true),
        ["no"] => Some(false),
        _ => None,
    }
}

/// One page of all domains.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a platform admin.
pub async fn domain_list(cx: &RequestCx, query: &ListQuery) -> Result<DomainListPage> {
    list(cx, &operation::platform::DOMAIN_LIST, query).await
}

/// The next rows of the list of domains as a file.
///
/// # Errors
/// As [`domain_list`]; [`AppError::ReauthRequired`].
pub async fn domain_export(cx: &RequestCx, query: &ListQuery) -> Result<DomainListPage> {
    list(cx, &operation::platform::DOMAIN_EXPORT, &ListQuery { is_bare: false, ..query.clone() }).await
}

async fn list(cx: &RequestCx, operation: &Operation, query: &ListQuery) -> Result<DomainListPage> {
    let mut tx = cx.platform_begin(operation).await?;
    let found = async {
        let views = views_of(&mut tx, DOMAIN_LIST_NAME).await?;
        let query = &views.opened(query, FILTERS);
        let filter = DomainFilter { search: query.q.clone(), primary: yes_no(query, "primary"), verified: yes_no(query, "verified") };
        let page = domains::domain_list(&mut tx.conn, &filter, query, None).await?;
        Ok(DomainListPage { page, views })
    }
    .await;
    tx.finish(found).await
}

fn detail(record: DomainRecord) -> DomainDetail {
    let claim = record.token.zip(record.token_expires_at).filter(|_| record.verified_at.is_none());
    DomainDetail {
        id: DomainId(record.id),
        domain: record.domain,
        is_primary: record.is_primary,
        verified_at: record.verified_at,
        verified_by: record.verified_by,
        claim,
        checked_at: record.checked_at,
        check_error: record.check_error,
    }
}

/// What the page of a tenant's domains shows.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_domains(cx: &RequestCx, slug: &str) -> Result<TenantDomainsPage> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_DOMAINS).await?;
    let found = async {
        let tenant = tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        let head = head_of(cx, &mut tx, &tenant).await?;
        let records = domains::domain_details(&mut tx.conn, head.tenant.id).await?;
        let base_domain = cx.services.config.base_domain.as_str().to_owned();
        Ok(TenantDomainsPage { head, domains: records.into_iter().map(detail).collect(), base_domain })
    }
    .await;
    tx.finish(found).await
}

/// Opens the transaction of a change and locks the tenant, so that changes of its domains wait for each other.
async fn begin(cx: &RequestCx, operation: &Operation, slug: &str) -> Result<(PlatformTx, TenantDetail)> {
    let mut tx = cx.platform_begin_owner(operation).await?;
    match tenant_detail_lock(&mut tx.conn, slug).await.map_err(Error::from).and_then(|found| found.ok_or_else(|| AppError::NotFound.into()))
    {
        Ok(tenant) => Ok((tx, tenant)),
        Err(error) => tx.finish(Err(error)).await,
    }
}

async fn note(cx: &RequestCx, tx: &mut PlatformTx, tenant: TenantId, action: &'static str, domain: &str, diff: Value) -> Result<()> {
    let line = entry(cx, &tx.actor, action, Object::new("domain", domain, domain), diff);
    tx.conn.audit(Some(tenant), line);
    Ok(())
}

/// Gives a tenant a domain: one word below the base domain serves at once, another one once its DNS was seen to say so.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside `domain`, [`AppError::NotFound`],
/// [`AppError::Forbidden`] for support, [`AppError::ReauthRequired`].
pub async fn domain_add(cx: &RequestCx, slug: &str, domain: &str, reauthentication: &SecretString) -> Result<String> {
    cx.platform_permit(&operation::platform::DOMAIN_ADD).await?;
    let mut errors = FieldErrors::default();
    let parsed = errors.check_as(Code::DomainInvalid, "domain", domain_parse(domain, &cx.services.config.base_domain));
    errors.into_result()?;
    let (host, below) = parsed.ok_or(AppError::Malformed)?;
    if cx.services.config.platform_hosts.contains(&host) {
        return Err(AppError::field(Code::DomainReserved, "domain", "This domain belongs to the platform").into());
    }
    reauthenticate(cx, reauthentication).await?;
    let now = cx.services.now();
    let token = token_new(&*cx.services.entropy);
    let (mut tx, tenant) = begin(cx, &operation::platform::DOMAIN_ADD, slug).await?;
    let done = async {
        let id = TenantId(tenant.record.id);
        let allowed = feature_is_on(FEATURES, "custom_domains", &tenant.features_enabled);
        if !below && !allowed {
            return Err(AppError::conflict(
                Code::DomainNotInPlan,
                "domain",
                "Custom domains are not part of this tenant's plan. Change its features first.",
            )
            .into());
        }
        domains::domain_delete_expired(&mut tx.conn, &host, now).await?;
        let proof = if below { DomainProof::Given(now, "platform") } else { DomainProof::Claimed(&token, now + CLAIM_OPEN) };
        domains::domain_insert(&mut tx.conn, id, &host, false, proof).await.map_err(taken)?;
        note(cx, &mut tx, id, "domain.create", host.as_str(), json!({ "domain": [null, host], "verified": [null, below] })).await?;
        hosts_of(&mut tx.conn, id).await
    }
    .await;
    let hosts = tx.finish(done).await?;
    hosts_changed(&cx.services, hosts).await;
    Ok(host.as_str().to_owned())
}

/// What is done with a domain that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainAct {
    /// Links lead to it from now on.
    MakePrimary,
    /// It leads nowhere any more.
    Remove,
    /// The operator vouches for it.
    Vouch,
    /// A new text for its DNS, open for another week.
    Renew,
}

impl DomainAct {
    /// The act written as `text`, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "primary" => Some(Self::MakePrimary),
            "remove" => Some(Self::Remove),
            "vouch" => Some(Self::Vouch),
            "renew" => Some(Self::Renew),
            _ => None,
        }
    }

    const fn action(self) -> &'static str {
        match self {
            Self::MakePrimary => "domain.primary",
            Self::Remove => "domain.delete",
            Self::Vouch => "domain.vouch",
            Self::Renew => "domain.renew",
        }
    }
}

/// Does something with a domain of a tenant. Returns its name, and what keeps users from a domain that was made primary.
///
/// # Errors
/// [`AppError::Conflict`] for what its state does not allow, [`AppError::NotFound`], [`AppError::Forbidden`] for
/// support, [`AppError::ReauthRequired`].
pub async fn domain_change(
    cx: &RequestCx,
    slug: &str,
    id: DomainId,
    act: DomainAct,
    reauthentication: &SecretString,
) -> Result<(String, Option<String>)> {
    cx.platform_permit(&operation::platform::DOMAIN_CHANGE).await?;
    reauthenticate(cx, reauthentication).await?;
    let now = cx.services.now();
    let token = token_new(&*cx.services.entropy);
    let (mut tx, tenant) = begin(cx, &operation::platform::DOMAIN_CHANGE, slug).await?;
    let done = async {
        let tenant = TenantId(tenant.record.id);
        let record = domains::domain_get(&mut tx.conn, tenant, id).await?.ok_or(AppError::NotFound)?;
        // Before a removal, so that the removed one is forgotten too.
        let hosts = hosts_of(&mut tx.conn, tenant).await?;
        match act {
            DomainAct::MakePrimary if record.verified_at.is_none() => {
                return Err(AppError::conflict(Code::DomainUnverified, "", "Only a verified domain can be primary. Verify it first").into());
            }
            DomainAct::MakePrimary => domains::domain_set_primary(&mut tx.conn, tenant, id).await?,
            DomainAct::Remove => {
                if !domains::domain_delete(&mut tx.conn, tenant, id).await? {
                    return Err(AppError::conflict(
                        Code::DomainIsPrimary,
                        "",
                        "The primary domain cannot be removed. Make another domain primary first.",
                    )
                    .into());
                }
            }
            DomainAct::Vouch => {
                let change = DomainChange {
                    verified_at: Some(Some(now)),
                    verified_by: Some(Some("operator")),
                    check_error: Some(None),
                    failing_since: Some(None),
                    ..DomainChange::default()
                };
                domains::domain_update(&mut tx.conn, id, &change).await?;
            }
            DomainAct::Renew if record.verified_at.is_some() => {
                return Err(AppError::conflict(Code::DomainVerified, "", "This domain is already verified").into());
            }
            DomainAct::Renew => {
                let change =
                    DomainChange { token: Some(Some(&token)), token_expires_at: Some(Some(now + CLAIM_OPEN)), ..DomainChange::default() };
                domains::domain_update(&mut tx.conn, id, &change).await?;
            }
        }
        note(cx, &mut tx, tenant, act.action(), &record.domain, json!({})).await?;
        Ok((record.domain, hosts))
    }
    .await;
    let (domain, hosts) = tx.finish(done).await?;
    hosts_changed(&cx.services, hosts).await;
    let unreachable = if act == DomainAct::MakePrimary { address_missing(cx, &domain).await } else { None };
    Ok((domain, unreachable))
}

/// What keeps users from a domain: that its DNS leads nowhere. Names below the installation's own are not asked for.
async fn address_missing(cx: &RequestCx, domain: &str) -> Option<String> {
    if domain.ends_with(&format!(".{}", cx.services.config.base_domain.as_str())) {
        return None;
    }
    cx.turn_end();
    match cx.services.dns.has_address(domain).await {
        Ok(true) => None,
        Ok(false) => Some("its DNS has no address for it yet. Add an A, AAAA or CNAME record, or make another domain primary.".to_owned()),
        Err(error) => {
            tracing::debug!(error, domain, "a domain could not be looked up");
            Some("its DNS could not be looked up. Check that it has an A, AAAA or CNAME record.".to_owned())
        }
    }
}

/// Checks the DNS of a claimed domain now, and verifies the domain when its record holds the token. Returns the domain and, while it is
/// not verified, what was found instead.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] when the claim's time is over, [`AppError::Forbidden`] for support.
pub async fn domain_check(cx: &RequestCx, slug: &str, id: DomainId) -> Result<(String, Option<String>)> {
    let mut tx = cx.platform_begin(&operation::platform::DOMAIN_CHECK).await?;
    let found = async {
        let tenant = tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        Ok(domains::domain_get(&mut tx.conn, TenantId(tenant.record.id), id).await?.ok_or(AppError::NotFound)?)
    }
    .await;
    let record: DomainRecord = tx.finish(found).await?;
    if record.verified_at.is_some() {
        return Ok((record.domain, None));
    }
    let now = cx.services.now();
    let Some(token) = record.token.filter(|_| record.token_expires_at.is_some_and(|until| until > now)) else {
        return Err(AppError::conflict(Code::DomainClaimExpired, "", "The verification token has expired. Create a new token.").into());
    };
    // Nobody waits for a name server while holding a connection.
    cx.turn_end();
    let answer = dns_answer(&cx.services, &record.domain, &token).await;
    let proved = matches!(answer, DnsAnswer::Yes);
    let (mut tx, tenant) = begin(cx, &operation::platform::DOMAIN_CHECK, slug).await?;
    let done = async {
        let tenant = TenantId(tenant.record.id);
        // What was looked up is about the text of before: another one may have been asked for meanwhile.
        let current = domains::domain_get(&mut tx.conn, tenant, id).await?.ok_or(AppError::NotFound)?;
        if current.verified_at.is_some() || current.token.as_deref() != Some(token.as_str()) {
            return Err(db::DbError::Stale.into());
        }
        let mut change = DomainChange { checked_at: Some(Some(now)), check_error: Some(answer.error()), ..DomainChange::default() };
        if proved {
            (change.verified_at, change.verified_by) = (Some(Some(now)), Some(Some("dns")));
        }
        domains::domain_update(&mut tx.conn, id, &change).await?;
        if proved {
            note(cx, &mut tx, tenant, "domain.verify", &record.domain, json!({ "by": "dns" })).await?;
        }
        hosts_of(&mut tx.conn, tenant).await
    }
    .await;
    let hosts = tx.finish(done).await?;
    hosts_changed(&cx.services, hosts).await;
    Ok((record.domain, answer.error().map(str::to_owned)))
}

/// What the DNS of a domain says.
enum DnsAnswer {
    /// The text it was given.
    Yes,
    /// Something else, or nothing.
    No(String),
    /// Not known: a fault of the DNS or of this side's way to it.
    Unknown(String),
}

impl DnsAnswer {
    fn error(&self) -> Option<&str> {
        match self {
            Self::Yes => None,
            Self::No(why) | Self::Unknown(why) => Some(why),
        }
    }
}

async fn dns_answer(services: &Services, domain: &str, token: &str) -> DnsAnswer {
    let name = proof_name(domain);
    match services.dns.texts(&name).await {
        Ok(texts) if texts.iter().any(|text| text.trim() == token) => DnsAnswer::Yes,
        Ok(texts) if texts.is_empty() => {
            DnsAnswer::No(format!("{name} has no TXT record yet. It can take an hour until a new one is seen."))
        }
        Ok(texts) => {
            let found: String = texts.first().into_iter().flat_map(|text| text.chars()).filter(|c| !c.is_control()).collect();
            let found = cut(&found, FOUND_MAX);
            DnsAnswer::No(format!("The TXT record {name} holds “{found}”, which is not the token."))
        }
        Err(error) => {
            tracing::debug!(error, name, "a name could not be looked up");
            DnsAnswer::Unknown(format!("{name} could not be looked up. Try again in a minute."))
        }
    }
}

/// Looks again at domains that were verified by their DNS; one that has answered otherwise for a week no longer serves,
/// unless it is the primary one, which an operator is shown instead. Silence counts as nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn domains_recheck(services: &Arc<Services>) -> Result<()> {
    let now = services.now();
    let mut conn = services.db.platform().await?;
    let found = domains::domain_list_unseen(&mut conn, now - SEEN_GOOD, ROUND).await;
    for record in conn.finish(found).await? {
        let answer = dns_answer(services, &record.domain, record.token.as_deref().unwrap_or_default()).await;
        if let Err(error) = seen(services, &record, &answer).await {
            tracing::warn!(%error, domain = record.domain, "a look at the DNS of a domain was not written down");
        }
    }
    Ok(())
}

/// Writes down what was seen, unless the domain was changed or removed meanwhile.
async fn seen(services: &Arc<Services>, before: &DomainRecord, answer: &DnsAnswer) -> Result<()> {
    let now = services.now();
    let (id, tenant) = (DomainId(before.id), TenantId(before.tenant_id));
    let mut conn = services.db.owner().await?;
    let done = async {
        tenant_lock_by_id(&mut conn, tenant).await?;
        let Some(record) = domains::domain_get(&mut conn, tenant, id).await? else { return Ok(false) };
        if record.token != before.token || record.verified_by != before.verified_by {
            return Ok(false);
        }
        let failing_since = match answer {
            DnsAnswer::Yes => None,
            DnsAnswer::No(_) => Some(record.failing_since.unwrap_or(now)),
            DnsAnswer::Unknown(_) => record.failing_since,
        };
        let mut change = DomainChange {
            checked_at: Some(Some(now)),
            check_error: Some(answer.error()),
            failing_since: Some(failing_since),
            ..DomainChange::default()
        };
        let over = failing_since.is_some_and(|since| since < now - FAILING_GOOD);
        let ends = !record.is_primary && over && matches!(answer, DnsAnswer::No(_));
        if ends {
            (change.verified_at, change.verified_by) = (Some(None), Some(None));
        }
        domains::domain_update(&mut conn, id, &change).await?;
        if ends {
            let cx = RequestCx::system(Arc::clone(services), "domains");
            let object = Object::new("domain", record.domain.as_str(), record.domain.as_str());
            let line =
                entry(&cx, &Actor::System { rule: "daily look at the DNS" }, "domain.expire", object, json!({ "why": answer.error() }));
            conn.audit(Some(tenant), line);
        }
        Ok::<_, Error>(ends)
    }
    .await;
    if conn.finish(done).await? {
        hosts_changed(services, HostName::parse(&before.domain).into_iter().collect()).await;
    }
    Ok(())
}
