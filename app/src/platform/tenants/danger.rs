//! The page `/tenants/{slug}/danger`: suspending, archiving, and what would be lost.

use super::frame::{ReadOnly, TenantFrame, slug};
use crate::{
    api::{ApiError, ApiResult, Framed, done, framed, request_cx, toast},
    ui::{CheckField, ConfirmPanel, ErrorSummary, FormView, ReauthenticationField, ReturnPath, TextField, day, load, search_pairs},
};
use chrono::{DateTime, Utc};
use control::transfer::PurgeForm;
use domain::{
    TenantStatus,
    dto::platform::{Inventory, TenantDangerPage as Data, TenantRow},
    flash::{RETURN_FIELD, Toast, Undo},
    format::size,
    list::grouped,
};
use islands::ConfirmDialog;
use leptos::prelude::*;
use secrecy::SecretString;

const PURGE: &str = "/api/platform/tenant_purge";
/// The other steps in the life of a tenant. One may be refused when another user took a step meanwhile.
const STEPS: [&str; 4] =
    ["/api/platform/tenant_suspend", "/api/platform/tenant_resume", "/api/platform/tenant_archive", "/api/platform/tenant_restore"];

/// What the page of a tenant's end shows.
#[server(prefix = "/api/platform", endpoint = "tenant_danger")]
pub async fn tenant_danger(slug: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::tenants::tenant_danger(&cx, &slug).await;
    framed(&cx, found).await
}

/// Suspends a tenant: its people are signed out, its data stays.
#[server(prefix = "/api/platform", endpoint = "tenant_suspend")]
pub async fn tenant_suspend(slug: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let set = control::tenants::tenant_suspend(&cx, &slug).await;
    let row = cx.answer(set).await?;
    changed(&row, "is suspended, and all its users are signed out", "tenant_resume").await
}

/// Lets the people of a suspended tenant in again.
#[server(prefix = "/api/platform", endpoint = "tenant_resume")]
pub async fn tenant_resume(slug: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let set = control::tenants::tenant_resume(&cx, &slug).await;
    let row = cx.answer(set).await?;
    changed(&row, "is active again", "tenant_suspend").await
}

/// Archives a tenant: hidden and restorable.
#[server(prefix = "/api/platform", endpoint = "tenant_archive")]
pub async fn tenant_archive(slug: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let set = control::tenants::tenant_archive(&cx, &slug).await;
    let row = cx.answer(set).await?;
    changed(&row, "is archived", "tenant_restore").await
}

/// Takes a tenant out of the archive.
#[server(prefix = "/api/platform", endpoint = "tenant_restore")]
pub async fn tenant_restore(slug: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let set = control::tenants::tenant_restore(&cx, &slug).await;
    let row = cx.answer(set).await?;
    changed(&row, "is restored and active", "tenant_archive").await
}

/// Ends an archived tenant, as a job: a last dump, then registry, schema and role go.
#[server(prefix = "/api/platform", endpoint = "tenant_purge")]
pub async fn tenant_purge(
    slug: String,
    name: String,
    #[server(default)] drop_schema: bool,
    #[server(default)] at_once: bool,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = PurgeForm { name, drop_schema, at_once };
    let asked = control::transfer::tenant_purge(&cx, &slug, &form, &SecretString::from(password)).await;
    let id = cx.answer(asked).await?;
    done(&cx, &format!("/jobs/{id}"), toast("The tenant is being purged")).await
}

async fn changed(row: &TenantRow, what: &str, back: &str) -> ApiResult<()> {
    let cx = request_cx().await?;
    let undo = Undo { action: format!("/api/platform/{back}"), fields: vec![("slug".to_owned(), row.slug.clone())] };
    let toast = Toast::success(format!("{} {what}", row.name)).with_undo(undo);
    done(&cx, &format!("/tenants/{}/danger", row.slug), toast.into()).await
}

/// An act of this page that asks first.
struct Act {
    key: &'static str,
    action: &'static str,
    title: String,
    body: String,
    keep: &'static str,
    confirm: &'static str,
}

fn acts(tenant: &TenantRow, sessions: u64, grace_days: u32) -> Vec<Act> {
    let name = &tenant.name;
    let signs_out = match sessions {
        0 => "0 active sessions.".to_owned(),
        1 => "Signs out 1 session.".to_owned(),
        count => format!("Signs out {} sessions.", grouped(i64::try_from(count).unwrap_or(i64::MAX))),
    };
    let suspend = Act {
        key: "suspend",
        action: "/api/platform/tenant_suspend",
        title: format!("Suspend {name}?"),
        body: format!("{signs_out} Users see a page that says so. All data stays, and you can resume the tenant at any time."),
        keep: "Keep it active",
        confirm: "Suspend tenant",
    };
    let archive = Act {
        key: "archive",
        action: "/api/platform/tenant_archive",
        title: format!("Archive {name}?"),
        body: format!(
            "{signs_out} The tenant disappears from all lists and its site goes offline. You can restore it; after {grace_days} days it is purged automatically."
        ),
        keep: "Keep tenant",
        confirm: "Archive tenant",
    };
    match tenant.status {
        TenantStatus::Active => vec![suspend, archive],
        TenantStatus::Suspended => vec![archive],
        TenantStatus::Archived | TenantStatus::Purging => Vec::new(),
    }
}

/// The page `/tenants/{slug}/danger`.
#[component]
pub fn TenantDangerPage() -> impl IntoView {
    let slug = slug();
    let asked = search_pairs().into_iter().find(|(name, _)| name == "confirm").map(|(_, value)| value).unwrap_or_default();
    load(
        move || tenant_danger(slug.clone()),
        move |Framed { frame, data }| {
            let (tenant, purge_after, now) = (data.head.tenant.clone(), data.head.purge_after, frame.now);
            let path = format!("/tenants/{}/danger", tenant.slug);
            let fields = vec![("slug".to_owned(), tenant.slug.clone()), (RETURN_FIELD.to_owned(), path.clone())];
            let sessions = data.inventory.as_ref().map_or(0, |inventory| inventory.sessions);
            let can_change = frame.may_change();
            let acts = if can_change { acts(&tenant, sessions, data.grace_days) } else { Vec::new() };
            let panel = acts.iter().find(|act| act.key == asked).map(|act| view! {
                <ConfirmPanel title=act.title.clone() body=act.body.clone() action=act.action fields=fields.clone() keep=act.keep back=path.clone() confirm=act.confirm/>
            });
            let back = match tenant.status {
                TenantStatus::Suspended if can_change => {
                    Some(("/api/platform/tenant_resume", "Resume", "Its users can sign in again. All data is unchanged."))
                }
                TenantStatus::Archived if can_change => {
                    Some(("/api/platform/tenant_restore", "Restore", "The tenant becomes active again, with its users, data and domains."))
                }
                _ => None,
            };
            let back = back.map(|(action, label, about)| view! {
                <div class="danger-line">
                    <div class="min-w-0"><h2 class="font-semibold">{label}</h2><p class="text-muted text-sm">{about}</p></div>
                    <form method="post" action=action><ReturnPath/><input type="hidden" name="slug" value=tenant.slug.clone()/><button class="btn btn-sm btn-primary">{label}</button></form>
                </div>
            });
            view! {
                <TenantFrame frame head=data.head tab="Danger zone">
                    <ReadOnly/>
                    {STEPS.into_iter().map(|action| view! { <ErrorSummary form=FormView::new(action)/> }).collect_view()}
                    {panel}
                    <section class="card-box empty:hidden" aria-label="Actions">
                        {back}
                        {acts.into_iter().map(|act| view! {
                            <div class="danger-line">
                                <div class="min-w-0 max-w-2xl"><h2 class="font-semibold">{act.confirm}</h2><p class="text-muted text-sm">{act.body.clone()}</p></div>
                                <ConfirmDialog label=act.confirm.to_owned() href=format!("{path}?confirm={}", act.key) title=act.title body=act.body
                                    action=act.action.to_owned() fields=fields.clone() keep=act.keep.to_owned() confirm=act.confirm.to_owned()/>
                            </div>
                        }).collect_view()}
                    </section>
                    {(can_change && tenant.status == TenantStatus::Archived).then(|| view! {
                        <PurgePanel tenant=tenant.clone() purge_after auto_drop_schema=data.auto_drop_schema now/>
                    })}
                    {data.inventory.map(|inventory| view! { <Loss inventory/> })}
                </TenantFrame>
            }
        },
    )
}

/// The end of a company: its name typed, and the password where it is needed again.
#[component]
fn PurgePanel(tenant: TenantRow, purge_after: Option<DateTime<Utc>>, auto_drop_schema: bool, now: DateTime<Utc>) -> impl IntoView {
    let form = FormView::new(PURGE);
    let waits = purge_after.filter(|after| *after > now);
    view! {
        <ErrorSummary form=form.clone() password_id="purge-password"/>
        <form method="post" action=PURGE class="form-card danger-card mt-4"><ReturnPath/>
            <input type="hidden" name="slug" value=tenant.slug/>
            <div class="form-group">
                <div><h2>"Purge permanently"</h2><p class="text-muted text-xs">"The tenant loses everything below. A final dump is written first; the platform keeps it."</p></div>
                <div class="form-fields">
                    <TextField form=form.clone() name="name" label=format!("To confirm, type the tenant's name: {}", tenant.name)/>
                    <CheckField form=form.clone() name="drop_schema" label="Drop the schema" checked=auto_drop_schema
                        help="Otherwise the tables stay in the database under another name that no tenant can access."/>
                    {waits.map(|after| view! {
                        <CheckField form=form.clone() name="at_once" label="Do not wait for the grace period" checked=false help=format!("It ends on {}.", day(after))/>
                    })}
                    <ReauthenticationField form id="purge-password"/>
                    <div><button class="btn btn-error" type="submit">"Purge tenant"</button></div>
                </div>
            </div>
        </form>
    }
}

/// What would be lost.
#[component]
fn Loss(inventory: Inventory) -> impl IntoView {
    let sessions = i64::try_from(inventory.sessions).unwrap_or(i64::MAX);
    let figures = [
        ("Users", grouped(inventory.users)),
        ("Records", grouped(inventory.rows)),
        ("Database size", size(u64::try_from(inventory.bytes).unwrap_or(0))),
        ("Domains", inventory.domains.join(", ")),
        ("Active sessions", grouped(sessions)),
    ];
    view! {
        <section class="card-box mt-4" aria-labelledby="loss">
            <div class="card-head"><h2 id="loss">"Data of this tenant"</h2></div>
            <dl class="px-4 pb-2">
                {figures.into_iter().map(|(label, value)| view! { <div class="detail"><dt class="text-muted">{label}</dt><dd class="min-w-0">{value}</dd></div> }).collect_view()}
            </dl>
            <details class="border-base-300 border-t px-4 py-3">
                <summary class="cursor-pointer text-sm">"Records of each table"</summary>
                <dl class="mt-2">
                    {inventory.tables.into_iter().map(|(table, rows)| view! { <div class="detail"><dt><code>{table}</code></dt><dd class="tabular-nums">{grouped(rows)}</dd></div> }).collect_view()}
                </dl>
            </details>
        </section>
    }
}
