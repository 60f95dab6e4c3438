//! The page `/tenants/{slug}/domains`.

use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    platform::tenants::{ReadOnly, TenantFrame, slug},
    ui::{ErrorSummary, FormView, ReauthenticationField, ReturnPath, Submit, TextField, When, day, load},
};
use chrono::{DateTime, Utc};
use control::domains::DomainAct;
use domain::{
    AppError, Code, DomainId,
    dto::platform::{DomainDetail, TenantDomainsPage as Data},
};
use leptos::prelude::*;
use secrecy::SecretString;

const ADD: &str = "/api/platform/domain_add";
const CHANGE: &str = "/api/platform/domain_change";
const CHECK: &str = "/api/platform/domain_check";

/// A tenant's domains with their proofs.
#[server(prefix = "/api/platform", endpoint = "tenant_domains")]
pub async fn tenant_domains(slug: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::domains::tenant_domains(&cx, &slug).await;
    framed(&cx, found).await
}

/// Gives a tenant a domain: one word for a subdomain, or a whole domain, which serves once its DNS says so.
#[server(prefix = "/api/platform", endpoint = "domain_add")]
pub async fn domain_add(slug: String, domain: String, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let added = control::domains::domain_add(&cx, &slug, &domain, &SecretString::from(password)).await;
    let domain = cx.answer(added).await?;
    done(&cx, &format!("/tenants/{slug}/domains"), toast(format!("{domain} was added"))).await
}

/// Does something with a domain: `act` is `primary`, `remove`, `vouch` or `renew`.
#[server(prefix = "/api/platform", endpoint = "domain_change")]
pub async fn domain_change(slug: String, id: String, act: String, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id: DomainId = id.parse().map_err(|_| ApiError(AppError::NotFound))?;
    let act = DomainAct::parse(&act).ok_or_else(|| ApiError(AppError::field(Code::FieldUnknownChoice, "", "Choose what to do")))?;
    let changed = control::domains::domain_change(&cx, &slug, id, act, &SecretString::from(password)).await;
    let domain = cx.answer(changed).await?;
    let text = match act {
        DomainAct::MakePrimary => format!("Links lead to {domain} now"),
        DomainAct::Remove => format!("{domain} was removed"),
        DomainAct::Vouch => format!("{domain} serves, by your word"),
        DomainAct::Renew => format!("{domain} has a new text to prove it by"),
    };
    done(&cx, &format!("/tenants/{slug}/domains"), toast(text)).await
}

/// Looks at the DNS of a claimed domain now.
#[server(prefix = "/api/platform", endpoint = "domain_check")]
pub async fn domain_check(slug: String, id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id: DomainId = id.parse().map_err(|_| ApiError(AppError::NotFound))?;
    let checked = control::domains::domain_check(&cx, &slug, id).await;
    let text = if cx.answer(checked).await? { "The domain is proved and serves" } else { "The DNS does not say so yet" };
    done(&cx, &format!("/tenants/{slug}/domains"), toast(text)).await
}

/// The page `/tenants/{slug}/domains`.
#[component]
pub fn TenantDomainsPage() -> impl IntoView {
    let slug = slug();
    load(
        move || tenant_domains(slug.clone()),
        |Framed { frame, data }| {
            let (now, slug) = (frame.now, data.head.tenant.slug.clone());
            let can_change = frame.may_change();
            let (add, change) = (FormView::new(ADD), FormView::new(CHANGE));
            view! {
                <TenantFrame frame head=data.head tab="Domains">
                    <ReadOnly/>
                    <ErrorSummary form=add.clone() password_id="add-password"/>
                    <ErrorSummary form=change.clone() password_id=format!("password-{}", change.value("id", ""))/>
                    <ErrorSummary form=FormView::new(CHECK)/>
                    <div class="card-box">
                        <ul class="rows">
                            {data.domains.into_iter().map(|domain| view! {
                                <li class="flex-wrap"><Line domain slug=slug.clone() can_change form=change.clone() now/></li>
                            }).collect_view()}
                        </ul>
                    </div>
                    {can_change.then(|| view! {
                        <form method="post" action=ADD class="form-card mt-4"><ReturnPath/>
                            <input type="hidden" name="slug" value=slug.clone()/>
                            <div class="form-group">
                                <div><h2>"Another domain"</h2><p class="text-muted text-xs">"It leads to the primary one, so that everything has one address."</p></div>
                                <div class="form-fields">
                                    <TextField form=add.clone() name="domain" label="Domain"
                                        help=format!("One word for a name below {}, or a domain of the company's own.", data.base_domain)/>
                                    <ReauthenticationField form=add id="add-password"/>
                                </div>
                            </div>
                            <div class="form-actions"><Submit label="Add domain"/></div>
                        </form>
                    })}
                </TenantFrame>
            }
        },
    )
}

#[component]
fn Line(domain: DomainDetail, slug: String, can_change: bool, form: FormView, now: DateTime<Utc>) -> impl IntoView {
    let serves = domain.verified_at.is_some();
    let how = match (domain.verified_at, domain.verified_by.as_deref()) {
        (Some(at), Some("dns")) => format!("proved by its DNS on {}", day(at)),
        (Some(at), Some("operator")) => format!("an operator vouches for it since {}", day(at)),
        (Some(at), _) => format!("serves since {}", day(at)),
        (None, _) => "does not serve yet".to_owned(),
    };
    let claim = domain.claim.clone();
    let open = claim.as_ref().is_some_and(|(_, until)| *until > now);
    let id = domain.id.to_string();
    let field_id = format!("password-{id}");
    let hidden = {
        let (slug, id) = (slug.clone(), id.clone());
        move || view! { <input type="hidden" name="slug" value=slug.clone()/><input type="hidden" name="id" value=id.clone()/> }
    };
    let button = |act: &'static str, label: &'static str| view! { <button class="btn btn-sm btn-ghost justify-start" name="act" value=act>{label}</button> };
    let refused = form.value("id", "") == id;
    let menu = can_change && !(domain.is_primary && serves);
    view! {
        <div class="min-w-0 flex-1">
            <p class="font-semibold break-all">{domain.domain.clone()}{domain.is_primary.then(|| view! { <span class="chip ml-2">"primary"</span> })}</p>
            <p class="text-muted text-xs">{how}{domain.check_error.clone().map(|error| format!(" · {error}"))}
                {domain.checked_at.map(|at| view! { " · looked at "<When at now/> })}</p>
        </div>
        {menu.then(|| view! {
            <details class="row-menu" open=refused>
                <summary class="btn btn-xs" aria-label=format!("Change {}", domain.domain)>"Change"</summary>
                <form method="post" action=CHANGE class="row-menu-box card-box"><ReturnPath/>
                    {hidden()}
                    // What Enter in the field presses: nothing is done by accident.
                    <button class="sr-only" name="act" value="" tabindex="-1" aria-hidden="true">"Choose below"</button>
                    <ReauthenticationField form=form id=field_id/>
                    {(serves && !domain.is_primary).then(|| button("primary", "Make primary"))}
                    {(!serves).then(|| button("vouch", "Vouch for it"))}
                    {(!serves).then(|| button("renew", "New text"))}
                    {(!domain.is_primary).then(|| button("remove", "Remove"))}
                </form>
            </details>
        })}
        {claim.map(|(token, until)| view! {
            <div class="notice mt-2 w-full text-sm">
                {if open {
                    view! {
                        <p>"To prove it, add this record where the domain's DNS is kept, by "{day(until)}". It may take a while until everybody sees it."</p>
                        <dl class="mt-2 grid gap-1 text-xs">
                            <div class="detail"><dt class="text-muted">"Type"</dt><dd><code>"TXT"</code></dd></div>
                            <div class="detail"><dt class="text-muted">"Name"</dt><dd><code class="break-all">{format!("_oneo-verify.{}", domain.domain)}</code></dd></div>
                            <div class="detail"><dt class="text-muted">"Text"</dt><dd><code class="break-all" data-domain-token>{token}</code></dd></div>
                        </dl>
                        {can_change.then(|| view! { <form method="post" action=CHECK class="mt-3"><ReturnPath/>{hidden()}<button class="btn btn-sm btn-primary">"Check now"</button></form> })}
                    }.into_any()
                } else {
                    view! { <p>"The time to prove it is over. Ask for a new text, or remove it."</p> }.into_any()
                }}
            </div>
        })}
    }
}
