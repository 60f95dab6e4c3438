//! The page `/tenants/{slug}/domains`.

use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    platform::tenants::{ReadOnly, TenantFrame, slug},
    ui::{
        ConfirmPanel, CopyButton, ErrorSummary, FormView, ReauthenticationField, ReturnPath, Submit, TextField, When, confirm_asked, day,
        load,
    },
};
use chrono::{DateTime, Utc};
use control::domains::DomainAct;
use domain::{
    AppError, Code, DomainId,
    dto::platform::{DomainDetail, TenantDomainsPage as Data},
    flash::Toast,
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
    let said = match (act, cx.answer(changed).await?) {
        (DomainAct::MakePrimary, (domain, None)) => Toast::success(format!("{domain} is the primary domain now")),
        (DomainAct::Remove, (domain, _)) => Toast::success(format!("{domain} was removed")),
        (DomainAct::Vouch, (domain, _)) => Toast::success(format!("{domain} was verified manually")),
        (DomainAct::Renew, (domain, _)) => Toast::success(format!("{domain} has a new token")),
        (DomainAct::MakePrimary, (domain, Some(why))) => Toast::warning(format!("{domain} is the primary domain now, but {why}")),
    };
    done(&cx, &format!("/tenants/{slug}/domains"), said.into()).await
}

/// Looks at the DNS of a claimed domain now.
#[server(prefix = "/api/platform", endpoint = "domain_check")]
pub async fn domain_check(slug: String, id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id: DomainId = id.parse().map_err(|_| ApiError(AppError::NotFound))?;
    let checked = control::domains::domain_check(&cx, &slug, id).await;
    let said = match cx.answer(checked).await? {
        (domain, None) => Toast::success(format!("{domain} is verified and now leads to this tenant")),
        (domain, Some(why)) => Toast::warning(format!("{domain} is not verified. {why}")),
    };
    done(&cx, &format!("/tenants/{slug}/domains"), said.into()).await
}

/// What is asked before something is done with a domain.
struct Question {
    act: &'static str,
    label: &'static str,
    title: String,
    body: String,
    keep: &'static str,
    confirm: &'static str,
}

/// What can be done with a domain.
fn questions(domain: &DomainDetail) -> Vec<Question> {
    let name = &domain.domain;
    let serves = domain.verified_at.is_some();
    let primary = Question {
        act: "primary",
        label: "Make primary",
        title: format!("Make {name} the primary domain?"),
        body: "From now on, links in e-mails and all other domains of this tenant lead to it. Users have to sign in again there."
            .to_owned(),
        keep: "Keep the primary domain",
        confirm: "Make primary",
    };
    let verify = Question {
        act: "vouch",
        label: "Verify manually",
        title: format!("Verify {name} manually?"),
        body: "The domain leads to this tenant without a DNS check. Do this only if you know that the domain belongs to the tenant."
            .to_owned(),
        keep: "Wait for the DNS",
        confirm: "Verify manually",
    };
    let renew = Question {
        act: "renew",
        label: "New token",
        title: format!("Create a new token for {name}?"),
        body: "The token below stops working, so the TXT record has to be updated.".to_owned(),
        keep: "Keep the token",
        confirm: "Create new token",
    };
    let remove = Question {
        act: "remove",
        label: "Remove",
        title: format!("Remove {name}?"),
        body:
            "The domain stops working at once, and so do all links that contain it. To use it again, you have to add and verify it again."
                .to_owned(),
        keep: "Keep domain",
        confirm: "Remove domain",
    };
    match (serves, domain.is_primary) {
        (true, true) => Vec::new(),
        (true, false) => vec![primary, remove],
        (false, true) => vec![verify, renew],
        (false, false) => vec![verify, renew, remove],
    }
}

/// The page `/tenants/{slug}/domains`.
#[component]
pub fn TenantDomainsPage() -> impl IntoView {
    let slug = slug();
    let asked = confirm_asked();
    load(
        move || tenant_domains(slug.clone()),
        move |Framed { frame, data }| {
            let (now, slug) = (frame.now, data.head.tenant.slug.clone());
            let path = format!("/tenants/{slug}/domains");
            let can_change = frame.may_change();
            let (add, change) = (FormView::new(ADD), FormView::new(CHANGE));
            let asked = asked.split_once('-').filter(|_| can_change);
            let question = asked.and_then(|(act, id)| {
                let domain = data.domains.iter().find(|domain| domain.id.to_string() == id)?;
                Some((domain.id, questions(domain).into_iter().find(|question| question.act == act)?))
            });
            let panel = question.map(|(id, question)| {
                let fields = [("slug", slug.clone()), ("id", id.to_string()), ("act", question.act.to_owned())];
                let fields = fields.map(|(name, value)| (name.to_owned(), value)).to_vec();
                let form = change.clone();
                view! {
                    <ConfirmPanel title=question.title body=question.body action=CHANGE fields keep=question.keep back=path.clone() confirm=question.confirm>
                        <ReauthenticationField form id="change-password"/>
                    </ConfirmPanel>
                }
            });
            view! {
                <TenantFrame frame head=data.head tab="Domains">
                    <ReadOnly/>
                    <ErrorSummary form=add.clone() password_id="add-password"/>
                    <ErrorSummary form=change password_id="change-password"/>
                    <ErrorSummary form=FormView::new(CHECK)/>
                    {panel}
                    <div class="card-box">
                        <ul class="rows">
                            {data.domains.into_iter().map(|domain| view! {
                                <li class="flex-wrap"><Line domain slug=slug.clone() can_change now/></li>
                            }).collect_view()}
                        </ul>
                    </div>
                    {can_change.then(|| view! {
                        <form method="post" action=ADD class="form-card mt-4"><ReturnPath/>
                            <input type="hidden" name="slug" value=slug.clone()/>
                            <div class="form-group">
                                <div><h2>"Add a domain"</h2><p class="text-muted text-xs">"It leads to the primary domain, so the tenant's site has only one address."</p></div>
                                <div class="form-fields">
                                    <TextField form=add.clone() name="domain" label="Domain"
                                        help=format!("One word for a subdomain of {}, or a custom domain.", data.base_domain)/>
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
fn Line(domain: DomainDetail, slug: String, can_change: bool, now: DateTime<Utc>) -> impl IntoView {
    let how = match (domain.verified_at, domain.verified_by.as_deref()) {
        (Some(at), Some("dns")) => format!("Verified by DNS on {}", day(at)),
        (Some(at), Some("operator")) => format!("Verified manually on {}", day(at)),
        (Some(at), _) => format!("Verified on {}", day(at)),
        (None, _) => "Not verified".to_owned(),
    };
    let acts = if can_change { questions(&domain) } else { Vec::new() };
    let claim = domain.claim.clone();
    let open = claim.as_ref().is_some_and(|(_, until)| *until > now);
    let id = domain.id.to_string();
    let (name_id, token_id) = (format!("name-{id}"), format!("token-{id}"));
    let acts = acts.into_iter().map(|question| {
        let label = format!("{} {}", question.label, domain.domain);
        view! { <a class="btn btn-xs btn-ghost" href=format!("/tenants/{slug}/domains?confirm={}-{id}", question.act) aria-label=label>{question.label}</a> }
    });
    let acts = acts.collect_view();
    let hidden = view! { <input type="hidden" name="slug" value=slug/><input type="hidden" name="id" value=id.clone()/> };
    view! {
        <div class="min-w-0 flex-1">
            <p class="font-semibold break-all">{domain.domain.clone()}{domain.is_primary.then(|| view! { <span class="chip ml-2">"primary"</span> })}</p>
            <p class="text-muted text-xs">{how}{domain.check_error.clone().map(|error| format!(" · {error}"))}
                {domain.checked_at.map(|at| view! { " · checked "<When at now/> })}</p>
        </div>
        <div class="flex flex-wrap gap-1">{acts}</div>
        {claim.map(|(token, until)| view! {
            <div class="notice mt-2 w-full text-sm">
                {if open {
                    view! {
                        <p>"To verify the domain, add this record to its DNS by "{day(until)}". DNS changes can take up to an hour."</p>
                        <dl class="mt-2 grid gap-1 text-xs">
                            <div class="detail"><dt class="text-muted">"Type"</dt><dd><code>"TXT"</code></dd></div>
                            <div class="detail"><dt class="text-muted">"Name"</dt>
                                <dd class="flex items-center justify-between gap-2"><code class="break-all" id=name_id.clone()>{format!("_oneo-verify.{}", domain.domain)}</code><CopyButton of=name_id what="the name"/></dd></div>
                            <div class="detail"><dt class="text-muted">"Token"</dt>
                                <dd class="flex items-center justify-between gap-2"><code class="break-all" id=token_id.clone() data-domain-token>{token}</code><CopyButton of=token_id what="the token"/></dd></div>
                        </dl>
                        {can_change.then(|| view! { <form method="post" action=CHECK class="mt-3"><ReturnPath/>{hidden}<button class="btn btn-sm btn-primary">"Check now"</button></form> })}
                    }.into_any()
                } else {
                    view! { <p>"The token has expired. Create a new token, or remove the domain."</p> }.into_any()
                }}
            </div>
        })}
    }
}
