//! The page `/users/{id}/permissions`: what a user may do, and where each permission comes from.

use super::frame::{UserFrame, id_of_page, user_id};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::roles::{reach, sentence_of},
    ui::{ErrorSummary, FormView, ReturnPath, Submit, load, use_frame},
};
use domain::{
    Scope,
    access::{Override, Source},
    dto::tenant::{FurtherRole, PermissionRow, UserAccessPage as Data},
};
use identity::users::AccessForm;
use leptos::prelude::*;
use std::collections::HashMap;

const SET: &str = "/api/tenant/user_set_access";

/// What the page of a user's permissions shows.
#[server(prefix = "/api/tenant", endpoint = "user_access")]
pub async fn user_access(id: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let found = identity::users::user_access(&cx, id).await;
    framed(&cx, found).await
}

/// Gives a user further roles and decides single permissions: `own`, `all` or `deny` by the permission's name.
#[server(prefix = "/api/tenant", endpoint = "user_set_access")]
pub async fn user_set_access(
    id: String,
    version: i64,
    #[server(default)] further: HashMap<String, String>,
    #[server(default)] permissions: HashMap<String, String>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let set = identity::users::user_set_access(&cx, id, &AccessForm { further, permissions }.parse(version)).await;
    cx.answer(set).await?;
    done(&cx, &format!("/users/{id}/permissions"), toast("Saved. The user has to sign in again.")).await
}

/// The page `/users/{id}/permissions`.
#[component]
pub fn UserAccessPage() -> impl IntoView {
    let id = id_of_page();
    load(
        move || user_access(id.clone()),
        |Framed { frame, data }| {
            let Data { head, rows, further, is_owner } = data;
            let form = FormView::new(SET);
            let can_manage = frame.may_manage(&head);
            let can_change = can_manage && !is_owner;
            // A refused form stays on the version it was filled from: what another user changed is looked at first.
            let (id, version) = (head.user.id.to_string(), form.version(head.version));
            let word = match (is_owner, can_manage) {
                (true, _) => Some("An owner has every permission. You cannot deny any of them."),
                (false, false) => Some("Your role does not allow you to change this user."),
                (false, true) => None,
            };
            let rows = rows.into_iter().map(|row| view! { <Line row form=form.clone() can_change/> }).collect_view();
            let table = view! {
                <div class="card-box">
                    <div class="table-scroll">
                        <table class="list-table">
                            <caption class="sr-only">"Effective permissions"</caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Permission"</th><th scope="col">"Effective"</th><th scope="col">"Comes from"</th>
                                    {can_change.then(|| view! { <th scope="col">"For this user"</th> })}
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </div>
            };
            let body = if can_change {
                view! {
                    <ErrorSummary form=form.clone()/>
                    <form method="post" action=SET class="flex flex-col gap-4"><ReturnPath/>
                        <input type="hidden" name="id" value=id/>
                        <input type="hidden" name="version" value=version/>
                        <Further form further/>
                        {table}
                        <div class="flex flex-wrap items-center gap-3">
                            <Submit label="Save changes"/>
                            <p class="text-muted text-xs">"Saving signs the user out everywhere."</p>
                        </div>
                    </form>
                }
                .into_any()
            } else {
                table.into_any()
            };
            view! {
                <UserFrame frame head tab="Permissions">
                    {word.map(|text| view! { <p class="notice mb-4 text-sm">{text}</p> })}
                    {body}
                </UserFrame>
            }
        },
    )
}

/// Roles besides the primary one.
#[component]
fn Further(form: FormView, further: Vec<FurtherRole>) -> impl IntoView {
    let held = use_frame().map(|frame| frame.permissions).unwrap_or_default();
    let boxes = further.into_iter().map(|FurtherRole { role, is_held }| {
        let name = format!("further[{}]", role.key);
        let checked = if form.is_refused() { form.value(&name, "") == "true" } else { is_held };
        let disabled = !held.covers(&role.permissions) && !is_held;
        view! {
            <label class="check-field">
                <input class="checkbox checkbox-primary checkbox-sm" type="checkbox" name=name value="true" checked=checked disabled=disabled/>
                <span class="min-w-0">
                    <span class="block" dir="auto">{role.name}</span>
                    <span class="text-muted block text-xs" dir="auto">{if disabled { "This role has permissions that you do not have".to_owned() } else { role.sentence }}</span>
                </span>
            </label>
        }
    });
    let boxes = boxes.collect_view();
    view! {
        <fieldset class="card-box p-4">
            <legend class="sr-only">"Additional roles"</legend>
            <p class="font-semibold" aria-hidden="true">"Additional roles"</p>
            <p class="text-muted mt-1 text-xs">"These add to the primary role, which is set on the Overview tab."</p>
            <div class="mt-3 grid gap-3 sm:grid-cols-2 xl:grid-cols-4">{boxes}</div>
        </fieldset>
    }
}

fn source_text(source: Source) -> String {
    let own = |scope: Scope| if scope == Scope::Own { ", own only" } else { "" };
    match source {
        Source::Role(name, scope) => format!("{name}{}", own(scope)),
        Source::With(permission, scope) => format!("included in {}{}", permission.as_str(), own(scope)),
        Source::Granted(scope) => format!("granted to this user{}", own(scope)),
        Source::Denied => "denied to this user".to_owned(),
        Source::Without(permission) => format!("has no effect without {}", permission.as_str()),
    }
}

#[component]
fn Line(row: PermissionRow, form: FormView, can_change: bool) -> impl IntoView {
    let PermissionRow { permission, effective, sources, decided } = row;
    let grantable = use_frame().and_then(|frame| frame.permissions.scope(permission));
    let class = if effective.is_some() { "font-medium" } else { "text-muted" };
    let chips = sources.into_iter().map(|source| view! { <span class="chip" dir="auto">{source_text(source)}</span> }).collect_view();
    view! {
        <tr>
            <th scope="row">{sentence_of(permission)}</th>
            <td data-label="Effective" class=class>{reach(permission, effective)}</td>
            <td data-label="Comes from"><span class="flex flex-wrap gap-1">{chips}</span></td>
            {can_change.then(|| view! { <td data-label="For this user"><Decide form permission decided grantable/></td> })}
        </tr>
    }
}

/// What is decided for this person about one permission.
#[component]
fn Decide(form: FormView, permission: domain::Permission, decided: Override, grantable: Option<Scope>) -> impl IntoView {
    if permission == domain::Permission::CompanyOwn {
        return view! { <span class="text-muted text-xs">"only through the owner role"</span> }.into_any();
    }
    let name = format!("permissions[{}]", permission.as_str());
    let chosen = form.value(&name, decided.as_str());
    let mut choices = vec![("", "Inherit", true)];
    if permission.is_scoped() {
        choices.extend([("own", "Granted, own only", grantable.is_some()), ("all", "Granted, all", grantable == Some(Scope::All))]);
    } else {
        choices.push(("all", "Granted", grantable.is_some()));
    }
    choices.push(("deny", "Denied", true));
    let options = choices.into_iter().map(|(value, label, allowed)| {
        let selected = value == chosen;
        view! { <option value=value selected=selected disabled=!allowed && !selected>{label}</option> }
    });
    let options = options.collect_view();
    let label = format!("{} for this user", permission.sentence());
    view! { <select class="select select-sm w-44" name=name aria-label=label>{options}</select> }.into_any()
}
