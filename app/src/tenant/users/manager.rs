//! To whom a user reports.

use super::frame::user_id;
use crate::{
    api::{ApiError, done, request_cx, toast},
    ui::{ErrorSummary, FormView, ReturnPath, TextField},
};
use domain::{UserId, dto::tenant::UserPage as Data};
use leptos::prelude::*;

const SET: &str = "/api/tenant/user_set_manager";

/// Sets to whom a user reports, by e-mail address; nothing for no one.
#[server(prefix = "/api/tenant", endpoint = "user_set_manager")]
pub async fn user_set_manager(id: String, #[server(default)] manager: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let set = identity::users::user_set_manager(&cx, id, &manager).await;
    let name = cx.answer(set).await?;
    let text =
        if manager.trim().is_empty() { format!("{name} reports to no one") } else { format!("{name} reports to {}", manager.trim()) };
    done(&cx, &format!("/users/{id}"), toast(text)).await
}

/// To whom a user reports, with a form for those who may change it.
#[component]
pub(super) fn Manager(data: Data, can_change: bool) -> impl IntoView {
    let form = FormView::new(SET);
    let manager = data.manager;
    let now = manager.as_ref().map(|(id, name, _): &(UserId, String, String)| {
        view! { <p class="mt-2">"Reports to "<a class="link" href=format!("/users/{id}") dir="auto">{name.clone()}</a></p> }
    });
    let nobody = now.is_none().then(|| view! { <p class="text-muted mt-2">"Reports to no one."</p> });
    let email = manager.map(|(.., email)| email).unwrap_or_default();
    let edit = can_change.then(|| {
        let help = "Managers whose role reaches their team see the records of everyone below them. Leave it empty for no one.";
        view! {
            <ErrorSummary form=form.clone()/>
            <form method="post" action=SET class="mt-3 flex flex-col gap-3"><ReturnPath/>
                <input type="hidden" name="id" value=data.head.user.id.to_string()/>
                <TextField form name="manager" label="E-mail of the manager" value=email optional=true kind="email" help/>
                <div><button class="btn btn-sm">"Set manager"</button></div>
            </form>
        }
    });
    view! {
        <section class="card-box p-4" aria-labelledby="manager-title">
            <h2 class="font-semibold" id="manager-title">"Manager"</h2>
            {now}{nobody}{edit}
        </section>
    }
}
