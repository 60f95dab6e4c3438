//! The page `/p/{pipeline}/{id}/share`.

use super::{param, record_id};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::frame::TenantPage,
    ui::{ErrorSummary, FormView, PageHead, ReturnPath, SelectField, TextField, load},
};
use domain::{
    AppError,
    dto::tenant::RecordSharePage as Data,
    flash::{Toast, Undo},
};
use leptos::prelude::*;

const SHARE: &str = "/api/tenant/record_share";

/// Who a record is shared with.
#[server(prefix = "/api/tenant", endpoint = "record_share_list")]
pub async fn record_share_list(pipeline: String, id: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_share_list(&cx, &pipeline, record_id(&id)?).await;
    framed(&cx, found).await
}

/// Shares a record with a user or a team, or changes how it is shared.
#[server(prefix = "/api/tenant", endpoint = "record_share")]
pub async fn record_share(pipeline: String, id: String, with: String, #[server(default)] access: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = record_id(&id)?;
    let shared = records::record_share(&cx, &pipeline, id, &with, access == "edit").await;
    let name = cx.answer(shared).await?;
    done(&cx, &format!("/p/{pipeline}/{id}/share"), toast(format!("Shared with {name}"))).await
}

/// Ends a share of a record.
#[server(prefix = "/api/tenant", endpoint = "record_unshare")]
pub async fn record_unshare(pipeline: String, id: String, share: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = record_id(&id)?;
    let share = share.parse().map_err(|_| ApiError(AppError::NotFound))?;
    let ended = records::record_unshare(&cx, &pipeline, id, share).await;
    let ended = cx.answer(ended).await?;
    let access = if ended.can_edit { "edit" } else { "view" };
    let fields = [("pipeline", pipeline.clone()), ("id", id.to_string()), ("with", ended.with), ("access", access.to_owned())];
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let undo = Undo { action: SHARE.to_owned(), fields };
    let text = format!("No longer shared with {}", ended.name);
    done(&cx, &format!("/p/{pipeline}/{id}/share"), Toast::success(text).with_undo(undo).into()).await
}

/// The page `/p/{pipeline}/{id}/share`.
#[component]
pub fn RecordSharePage() -> impl IntoView {
    let (pipeline, id) = (param("pipeline"), param("id"));
    load(
        move || record_share_list(pipeline.clone(), id.clone()),
        |Framed { frame, data }| {
            let (head, row) = (data.pipeline.clone(), data.row.clone());
            let (list, path) = (head.path(), format!("{}/{}", head.path(), row.id));
            let crumbs = vec![(head.name.clone(), list.clone()), (row.title.clone(), path)];
            view! {
                <TenantPage frame active=list crumbs title="Share">
                    <PageHead title=format!("Share {}", row.title) subtitle="Users and teams you share this with see it even if their role does not reach it. Fields that are hidden from their role stay hidden."/>
                    <div class="grid gap-4 xl:grid-cols-2"><Shares data=data.clone()/><New data/></div>
                </TenantPage>
            }
        },
    )
}

#[component]
fn Shares(data: Data) -> impl IntoView {
    let (pipeline, id) = (data.pipeline.key, data.row.id);
    let is_empty = data.shares.is_empty();
    let rows = data.shares.into_iter().map(|share| {
        let label = format!("Stop sharing with {}", share.name);
        let access = if share.can_edit { "Can edit" } else { "Can view" };
        view! {
            <li><span class="min-w-0 flex-1 truncate font-medium" dir="auto">{share.name}</span><span class="text-muted text-xs">{access}</span>
                <form method="post" action="/api/tenant/record_unshare"><ReturnPath/>
                    <input type="hidden" name="pipeline" value=pipeline.clone()/>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="share" value=share.id.to_string()/>
                    <button class="btn btn-xs" aria-label=label>"Stop sharing"</button>
                </form></li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section class="card-box self-start" aria-labelledby="shares">
            <div class="card-head"><h2 id="shares">"Shared with"</h2></div>
            {is_empty.then(|| view! { <p class="text-muted p-4 text-sm">"Not shared with anyone."</p> })}
            <ul class="rows">{rows}</ul>
        </section>
    }
}

#[component]
fn New(data: Data) -> impl IntoView {
    let form = FormView::new(SHARE);
    let with = match data.choices {
        Some(choices) => {
            let choices = std::iter::once((String::new(), "Choose one".to_owned())).chain(choices).collect();
            view! { <SelectField form=form.clone() name="with" label="User or team" choices/> }.into_any()
        }
        None => {
            let help = "Enter an e-mail address or the name of a team.";
            view! { <TextField form=form.clone() name="with" label="User or team" help/> }.into_any()
        }
    };
    let access = [("view", "View"), ("edit", "View and edit")].map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec();
    view! {
        <section class="card-box p-4" aria-labelledby="share">
            <h2 class="font-semibold" id="share">"Share with a user or a team"</h2>
            <ErrorSummary form=form.clone()/>
            <form method="post" action=SHARE class="mt-3 flex max-w-md flex-col gap-3"><ReturnPath/>
                <input type="hidden" name="pipeline" value=data.pipeline.key/>
                <input type="hidden" name="id" value=data.row.id.to_string()/>
                {with}
                <SelectField form name="access" label="They can" choices=access value="view"/>
                <div><button class="btn btn-primary">"Share"</button></div>
            </form>
        </section>
    }
}
