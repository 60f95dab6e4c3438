//! `oneo tenant show` and `oneo tenant set`: what an operator sets for a company.

use super::{
    output::print_line,
    start::{CliError, operator, started},
};
use control::tenants::{
    GeneralForm, ObjectChange, QuotaForm, Settings, tenant_general, tenant_general_set, tenant_get, tenant_object, tenant_object_set,
    tenant_quota, tenant_quota_set,
};
use kernel::RequestCx;

/// What of a company is to be changed; what is not named stays.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The company's short name
    slug: String,
    /// The company's name
    #[arg(long)]
    name: Option<String>,
    /// The most active users
    #[arg(long)]
    max_users: Option<String>,
    /// The most megabytes in files
    #[arg(long)]
    max_storage_mb: Option<String>,
    /// Whether purging may drop the schema: true or false
    #[arg(long)]
    auto_drop_schema: Option<bool>,
    /// All features, as a JSON object
    #[arg(long)]
    features: Option<String>,
    /// The whole agreement on billing, as a JSON object
    #[arg(long)]
    billing: Option<String>,
}

pub(super) async fn set(args: Args) -> Result<(), CliError> {
    let started = started().await?;
    let cx = operator(&started.services);
    let slug = args.slug;
    if args.name.is_some() || args.auto_drop_schema.is_some() {
        let found = tenant_general(&cx, &slug).await;
        let page = cx.answer(found).await?;
        let form = GeneralForm {
            name: args.name.unwrap_or(page.head.tenant.name),
            auto_drop_schema: args.auto_drop_schema.unwrap_or(page.auto_drop_schema),
        };
        let set = tenant_general_set(&cx, &slug, page.head.version, form.parse()).await;
        cx.answer(set).await?;
    }
    if args.max_users.is_some() || args.max_storage_mb.is_some() {
        let found = tenant_quota(&cx, &slug).await;
        let page = cx.answer(found).await?;
        let form = QuotaForm {
            max_users: args.max_users.unwrap_or_else(|| page.head.tenant.max_users.to_string()),
            max_storage_mb: args.max_storage_mb.unwrap_or_default(),
        };
        let set = tenant_quota_set(&cx, &slug, page.head.version, form.parse()).await;
        cx.answer(set).await?;
    }
    for (which, json) in [(Settings::Features, args.features), (Settings::Billing, args.billing)] {
        let Some(json) = json else { continue };
        let found = tenant_object(&cx, &slug, which).await;
        let version = cx.answer(found).await?.head.version;
        let set = tenant_object_set(&cx, &slug, version, which, &ObjectChange::Whole(json)).await;
        cx.answer(set).await?;
    }
    show_of(&cx, &slug).await
}

pub(super) async fn show(slug: &str) -> Result<(), CliError> {
    let started = started().await?;
    show_of(&operator(&started.services), slug).await
}

async fn show_of(cx: &RequestCx, slug: &str) -> Result<(), CliError> {
    let found = tenant_get(cx, slug).await;
    let page = cx.answer(found).await?;
    let tenant = page.head.tenant;
    let line = |label: &str, value: String| print_line(&format!("{label:<16} {value}"));
    let known = |value: Option<String>| value.unwrap_or_else(|| "not measured yet".to_owned());
    line("name", tenant.name);
    line("status", tenant.status.as_str().to_owned());
    line("address", page.head.url);
    line(
        "schema",
        format!("{} ({})", tenant.schema_name, page.schema_version.map_or("none yet".to_owned(), |version| version.to_string())),
    );
    line("owners", page.owners.join(", "));
    line("users", format!("{} of {}", tenant.user_count, tenant.max_users));
    line("sessions", known(page.sessions.map(|count| count.to_string())));
    line("bytes", known(page.bytes.map(|bytes| bytes.to_string())));
    line("requests, 24 h", known(page.requests.map(|count| format!("{}, {} errors", count.requests, count.errors))));
    for (label, which) in [("features", Settings::Features), ("billing", Settings::Billing)] {
        let found = tenant_object(cx, slug, which).await;
        line(label, cx.answer(found).await?.object.to_string());
    }
    Ok(())
}
