//! The page `/teams/{id}`.

use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::frame::TenantPage,
    ui::{ErrorSummary, FormView, PageHead, ReturnPath, TextField, load, search_pairs},
};
use domain::{
    AppError, TeamId, UserId,
    dto::tenant::{TeamMember, TeamPage as Data},
    flash::{Toast, Undo},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const UPDATE: &str = "/api/tenant/team_update";
const DELETE: &str = "/api/tenant/team_delete";
const ADD: &str = "/api/tenant/team_member_add";
const REMOVE: &str = "/api/tenant/team_member_remove";

fn team_id(text: &str) -> Result<TeamId, ApiError> {
    text.parse().map_err(|_| ApiError(AppError::NotFound))
}

/// A team with its members.
#[server(prefix = "/api/tenant", endpoint = "team_get")]
pub async fn team_get(id: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::teams::team_get(&cx, team_id(&id)?).await;
    framed(&cx, found).await
}

/// Renames a team.
#[server(prefix = "/api/tenant", endpoint = "team_update")]
pub async fn team_update(id: String, name: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = team_id(&id)?;
    let updated = identity::teams::team_update(&cx, id, &name).await;
    cx.answer(updated).await?;
    done(&cx, &format!("/teams/{id}"), toast("Saved")).await
}

/// Adds a user to a team, by e-mail address.
#[server(prefix = "/api/tenant", endpoint = "team_member_add")]
pub async fn team_member_add(id: String, member: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = team_id(&id)?;
    let added = identity::teams::team_member_add(&cx, id, &member).await;
    let name = cx.answer(added).await?;
    done(&cx, &format!("/teams/{id}"), toast(format!("{name} is in the team"))).await
}

/// Removes a user from a team.
#[server(prefix = "/api/tenant", endpoint = "team_member_remove")]
pub async fn team_member_remove(id: String, user: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = team_id(&id)?;
    let user: UserId = user.parse().map_err(|_| ApiError(AppError::NotFound))?;
    let removed = identity::teams::team_member_remove(&cx, id, user).await;
    let removed = cx.answer(removed).await?;
    let fields = vec![("id".to_owned(), id.to_string()), ("member".to_owned(), removed.email.clone())];
    let undo = removed.is_active.then(|| Undo { action: ADD.to_owned(), fields });
    let text = format!("{} is no longer in the team", removed.shown_name());
    done(&cx, &format!("/teams/{id}"), Toast::success(text).with_undo(undo).into()).await
}

/// Deletes a team.
#[server(prefix = "/api/tenant", endpoint = "team_delete")]
pub async fn team_delete(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let deleted = identity::teams::team_delete(&cx, team_id(&id)?).await;
    let name = cx.answer(deleted).await?;
    done(&cx, "/teams", toast(format!("The team {name} was deleted"))).await
}

/// The page `/teams/{id}`.
#[component]
pub fn TeamPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    let deleting = search_pairs().iter().any(|(name, value)| name == "confirm" && value == "delete");
    load(
        move || team_get(id.clone()),
        move |Framed { frame, data }| {
            let crumbs = vec![("Teams".to_owned(), "/teams".to_owned())];
            let path = format!("/teams/{}", data.id);
            let delete = data.may_change.then(|| view! { <a class="btn btn-sm" href=format!("{path}?confirm=delete")>"Delete team"</a> });
            let asks = (deleting && data.may_change).then(|| view! { <DeletePanel data=data.clone() path/> });
            let rename = data.may_change.then(|| view! { <Rename id=data.id name=data.name.clone()/> });
            view! {
                <TenantPage frame active="/teams" crumbs title=data.name.clone()>
                    <PageHead title=data.name.clone()>{delete}</PageHead>
                    {asks}
                    <div class="grid gap-4 xl:grid-cols-[2fr_1fr]"><Members data/>{rename}</div>
                </TenantPage>
            }
        },
    )
}

#[component]
fn DeletePanel(data: Data, path: String) -> impl IntoView {
    view! {
        <section class="card-box mb-4 p-4" role="group" aria-labelledby="confirm-panel">
            <h2 class="font-semibold" id="confirm-panel">"Delete the team "<span dir="auto">{data.name}</span>"?"</h2>
            <p class="text-muted mt-1 text-sm">"Its members stay. They no longer see the records of one another through this team, nor the records that were shared with it."</p>
            <form method="post" action=DELETE class="mt-3 flex gap-3"><ReturnPath/>
                <input type="hidden" name="id" value=data.id.to_string()/>
                <button class="btn btn-sm btn-error">"Delete team"</button>
                <a class="btn btn-sm btn-ghost" href=path>"Cancel"</a>
            </form>
        </section>
    }
}

#[component]
fn Members(data: Data) -> impl IntoView {
    let form = FormView::new(ADD);
    let (id, may_change) = (data.id, data.may_change);
    let row = |member: TeamMember| {
        let label = format!("Remove {}", member.name);
        let inactive = (!member.is_active).then(|| view! { <span class="tone-neutral">"Inactive"</span> });
        let remove = may_change.then(|| {
            view! {
                <form method="post" action=REMOVE><ReturnPath/>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="user" value=member.id.to_string()/>
                    <button class="btn btn-xs" aria-label=label>"Remove"</button>
                </form>
            }
        });
        view! {
            <li><a class="row-link" href=format!("/users/{}", member.id) dir="auto">{member.name}</a>
                <span class="text-muted min-w-0 flex-1 truncate text-xs">{member.email}</span>{inactive}{remove}</li>
        }
    };
    let is_empty = data.members.is_empty();
    let rows = data.members.into_iter().map(row).collect_view();
    let add = may_change.then(|| {
        view! {
            <div class="border-base-300 border-t p-4">
                <ErrorSummary form=form.clone()/>
                <form method="post" action=ADD class="flex max-w-md flex-col gap-3"><ReturnPath/>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <TextField form name="member" label="E-mail address of the user" kind="email"/>
                    <div><button class="btn btn-primary">"Add to team"</button></div>
                </form>
            </div>
        }
    });
    view! {
        <section class="card-box" aria-labelledby="members">
            <div class="card-head"><h2 id="members">"Members"</h2></div>
            {is_empty.then(|| view! { <p class="text-muted p-4 text-sm">"No members yet."</p> })}
            <ul class="rows">{rows}</ul>
            {add}
        </section>
    }
}

#[component]
fn Rename(id: TeamId, name: String) -> impl IntoView {
    let form = FormView::new(UPDATE);
    view! {
        <section class="card-box self-start p-4" aria-labelledby="team-name">
            <h2 class="font-semibold" id="team-name">"Name"</h2>
            <ErrorSummary form=form.clone()/>
            <form method="post" action=UPDATE class="mt-3 flex flex-col gap-3"><ReturnPath/>
                <input type="hidden" name="id" value=id.to_string()/>
                <TextField form name="name" label="Name of the team" value=name/>
                <div><button class="btn btn-sm">"Rename team"</button></div>
            </form>
        </section>
    }
}
