//! The star of a tenant.

use crate::{
    api::{ApiError, request_cx, toast, told},
    ui::{Icon, IconName, ReturnPath},
};
use leptos::prelude::*;

const SET: &str = "/api/platform/tenant_favourite_set";

/// Marks a tenant as a favourite of the caller, or no longer.
#[server(prefix = "/api/platform", endpoint = "tenant_favourite_set")]
pub async fn tenant_favourite_set(slug: String, #[server(default)] is_favourite: bool) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let set = control::tenants::tenant_favourite_set(&cx, &slug, is_favourite).await;
    let row = cx.answer(set).await?;
    let text = if is_favourite { format!("{} is a favourite now", row.name) } else { format!("{} is no favourite any more", row.name) };
    told(&cx, toast(text)).await
}

/// The star of a tenant, which marks it as a favourite or no longer.
#[component]
pub(super) fn Favourite(slug: String, is_favourite: bool) -> impl IntoView {
    let label = if is_favourite { "Remove from favourites" } else { "Add to favourites" };
    view! {
        <form method="post" action=SET><ReturnPath/>
            <input type="hidden" name="slug" value=slug/>
            {(!is_favourite).then(|| view! { <input type="hidden" name="is_favourite" value="true"/> })}
            <button class="btn btn-xs btn-ghost" aria-label=label title=label><Icon name=IconName::Star class=if is_favourite { "star-on" } else { "" }/></button>
        </form>
    }
}
