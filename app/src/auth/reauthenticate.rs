//! The page `/reauthenticate`: who asks, once more, before something is given out that leaves by itself.

use super::{download::page_of, functions::ReauthenticateData};
use crate::{
    api::{ApiResult, local_path},
    ui::{CardPage, ErrorSummary, FormView, ReauthenticationField, ReturnPath, Submit, load, page_redirect, search_pairs},
};
use leptos::prelude::*;

/// The page `/reauthenticate`.
#[component]
pub fn ReauthenticatePage<F>(
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// The server function of the page.
    fetch: fn() -> F,
) -> impl IntoView
where
    F: Future<Output = ApiResult<ReauthenticateData>> + Send + 'static,
{
    let pairs = search_pairs();
    let next = pairs.iter().find(|(name, _)| name == "next").map(|(_, value)| value.as_str()).unwrap_or_default();
    let next = local_path(next).to_owned();
    load(fetch, move |ReauthenticateData { brand, needed }| {
        let action = format!("{api}/reauthenticate");
        let form = FormView::new(&action);
        if !needed && page_of(&next).is_none() {
            page_redirect(&next);
        }
        let (next, back) = (next.clone(), page_of(&next).unwrap_or_else(|| next.clone()));
        let body = if needed {
            view! {
                <h1 class="text-lg font-semibold">"Confirm your password"</h1>
                <p class="text-muted">"Enter your password again before data leaves this site. We won't ask again for ten minutes."</p>
                <ErrorSummary form=form.clone()/>
                <form method="post" action=action class="mt-4 flex flex-col gap-4"><ReturnPath/>
                    <input type="hidden" name="next" value=next/>
                    <ReauthenticationField form always=true id="password"/>
                    <Submit label="Continue"/>
                </form>
            }
            .into_any()
        } else {
            view! {
                <h1 class="text-lg font-semibold">"Your file is ready"</h1>
                <p class="text-muted">"Download it within the next ten minutes."</p>
                <p class="mt-4"><a class="btn btn-primary w-full" href=next>"Download"</a></p>
            }
            .into_any()
        };
        view! {
            <CardPage brand title="Confirm your password" tenant=api == crate::api::TENANT_API>
                {body}
                <p class="mt-4 text-center text-xs"><a class="link-quiet" href=back>"Back"</a></p>
            </CardPage>
        }
    })
}
