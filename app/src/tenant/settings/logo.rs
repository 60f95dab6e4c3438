//! The logo on the page `/settings`.

use super::origin::Origin;
use crate::{
    api::{ApiError, done, request_cx, toast},
    ui::{ErrorSummary, FormView, ReturnPath},
};
use chrono::{DateTime, Utc};
use domain::{
    dto::tenant::SettingsPage as Data,
    setting::{LOGO, Setting},
};
use leptos::prelude::*;

const SET: &str = "/api/tenant/logo_set";
const REMOVE: &str = "/api/tenant/logo_remove";

/// Takes the logo away.
#[server(prefix = "/api/tenant", endpoint = "logo_remove")]
pub async fn logo_remove() -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let removed = identity::settings::logo_remove(&cx).await;
    cx.answer(removed).await?;
    done(&cx, "/settings", toast("The logo was removed")).await
}

/// The logo, and the forms that change it: a file cannot go along with the others.
#[component]
pub(super) fn Logo(data: Data, now: DateTime<Utc>) -> impl IntoView {
    let form = FormView::new(SET);
    let error = form.error("file");
    let set_at = data.rows.iter().find(|row| row.key == LOGO).and_then(|row| row.set_at);
    let invalid = error.is_some();
    let logo = data.logo;
    let has_logo = logo.is_some();
    Setting::find(LOGO).map(|setting| view! {
        <ErrorSummary form=form/>
        <section class="form-card mb-4" aria-labelledby="logo">
            <div class="form-group border-b-0">
                <div><h2 id="logo">{setting.known.label}</h2><Origin setting set_at now/></div>
                <div class="form-fields">
                    {logo.map(|hash| view! { <img class="logo-preview" src=format!("/branding/logo?v={hash}") alt="The logo as it is now"/> })}
                    <form method="post" action=SET enctype="multipart/form-data" class="flex flex-wrap items-start gap-2 max-sm:flex-col max-sm:items-stretch">
                        <div class="field flex-1">
                            <label class="sr-only" for="file">"Picture"</label>
                            <input class="file-input w-full" class:input-error=invalid type="file" id="file" name="file" accept="image/png,image/jpeg,image/webp" required
                                aria-invalid=invalid.then_some("true") aria-describedby=if invalid { "file-error logo-help" } else { "logo-help" }/>
                            {error.map(|text| view! { <p class="field-error" id="file-error">{text}</p> })}
                            <p class="field-help" id="logo-help">{setting.known.sentence}</p>
                        </div>
                        <button class="btn">{if has_logo { "Change logo" } else { "Upload logo" }}</button>
                    </form>
                    {has_logo.then(|| view! { <form method="post" action=REMOVE><ReturnPath/><button class="btn btn-sm">"Remove the logo"</button></form> })}
                </div>
            </div>
        </section>
    })
}
