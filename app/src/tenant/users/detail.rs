//! The page `/users/{id}`.

use super::{
    acts::{ActErrors, Acts, question},
    fields::{FieldInputs, seen as seen_fields, value_shown},
    frame::{UserFrame, id_of_page, user_id},
    manager::Manager,
};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    ui::{
        AuditLines, ConfirmPanel, Detail, ErrorSummary, FormView, RadioCards, ReauthenticationField, ReturnPath, Submit, TextArea,
        TextField, When, confirm_asked, day, load, moment, number, use_frame,
    },
};
use domain::{
    Permission,
    dto::{LinkInfo, LinkStatus, MailStatus, tenant::UserPage as Data},
    flash::{RETURN_FIELD, Toast, Undo},
    user_field::FieldsTyped,
};
use identity::users::UserForm;
use islands::ConfirmDialog;
use leptos::prelude::*;
use secrecy::SecretString;
use std::collections::HashMap;

const LINK_TITLE: &str = "Create a new one-time link?";
const LINK_BODY: &str = "The previous link stops working. The new link is shown once and works for 72 hours.";

/// What the page of a user shows.
#[server(prefix = "/api/tenant", endpoint = "user_get")]
pub async fn user_get(id: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let found = identity::users::user_get(&cx, id).await;
    framed(&cx, found).await
}

/// Changes a user; `version` is the one the form was filled from, `seen` what stood in its fields then.
#[server(prefix = "/api/tenant", endpoint = "user_update")]
pub async fn user_update(
    id: String,
    version: i64,
    first_name: String,
    last_name: String,
    email: String,
    username: String,
    #[server(default)] user_type: String,
    #[server(default)] metadata: Option<String>,
    #[server(default)] seen: HashMap<String, String>,
    #[server(default)] fields: HashMap<String, String>,
    #[server(default)] boxes: HashMap<String, String>,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let form = UserForm { first_name, last_name, email, username, user_type, metadata, ..UserForm::default() };
    let typed = FieldsTyped { values: fields, boxes };
    let updated = identity::users::user_update(&cx, id, form.update(version, seen), &typed, &SecretString::from(password)).await;
    cx.answer(updated).await?;
    done(&cx, &format!("/users/{id}"), toast("Saved")).await
}

/// Deactivates a user and ends the user's sessions.
#[server(prefix = "/api/tenant", endpoint = "user_deactivate")]
pub async fn user_deactivate(id: String) -> Result<(), ApiError> {
    set_active(&id, false).await
}

/// Reactivates a user.
#[server(prefix = "/api/tenant", endpoint = "user_activate")]
pub async fn user_activate(id: String) -> Result<(), ApiError> {
    set_active(&id, true).await
}

async fn set_active(id: &str, active: bool) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(id)?;
    let set = identity::users::user_set_active(&cx, id, active).await;
    let name = cx.answer(set).await?;
    let (text, back) = if active {
        (format!("{name} is active again"), "user_deactivate")
    } else {
        (format!("{name} was deactivated and signed out"), "user_activate")
    };
    let undo = Undo { action: format!("/api/tenant/{back}"), fields: vec![("id".to_owned(), id.to_string())] };
    done(&cx, &format!("/users/{id}"), Toast::success(text).with_undo(undo).into()).await
}

/// Deletes a user: hidden, signed out, without a place, and to be brought back.
#[server(prefix = "/api/tenant", endpoint = "user_delete")]
pub async fn user_delete(id: String, #[server(default)] password: String) -> Result<(), ApiError> {
    set_deleted(&id, true, password).await
}

/// Brings a deleted user back, who is active then.
#[server(prefix = "/api/tenant", endpoint = "user_restore")]
pub async fn user_restore(id: String) -> Result<(), ApiError> {
    set_deleted(&id, false, String::new()).await
}

async fn set_deleted(id: &str, deleted: bool, password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(id)?;
    let set = identity::users::user_set_deleted(&cx, id, deleted, &SecretString::from(password)).await;
    let name = cx.answer(set).await?;
    let (text, undo) = if deleted {
        let undo = Undo { action: "/api/tenant/user_restore".to_owned(), fields: vec![("id".to_owned(), id.to_string())] };
        (format!("{name} was deleted"), Some(undo))
    } else {
        (format!("{name} was restored and is active"), None)
    };
    done(&cx, &format!("/users/{id}"), Toast::success(text).with_undo(undo).into()).await
}

/// The page `/users/{id}`.
#[component]
pub fn UserPage() -> impl IntoView {
    let id = id_of_page();
    let asked = confirm_asked();
    load(
        move || user_get(id.clone()),
        move |Framed { frame, data }| {
            let now = frame.now;
            let head = data.head.clone();
            let user = head.user.clone();
            let path = format!("/users/{}", user.id);
            let fields = vec![("id".to_owned(), user.id.to_string()), (RETURN_FIELD.to_owned(), path.clone())];
            let (can_manage, is_self) = (frame.may_manage(&head), frame.is_viewer(user.id));
            let can_link = can_manage && user.is_active && !head.has_password;
            let link = can_link.then(|| view! {
                <ConfirmDialog label="Create one-time link".to_owned() href=format!("{path}?confirm=link") title=LINK_TITLE.to_owned() body=LINK_BODY.to_owned()
                    action="/api/tenant/user_link_create".to_owned() fields=fields.clone() keep="Keep current link".to_owned() confirm="Create link".to_owned()/>
            });
            let panel = (asked == "link" && can_link).then(|| view! {
                <ConfirmPanel title=LINK_TITLE.to_owned() body=LINK_BODY.to_owned() action="/api/tenant/user_link_create" fields=fields keep="Keep current link"
                    back=path.clone() confirm="Create link"/>
            });
            let deleted = user.deleted_at.is_some();
            let switch = (can_manage && !is_self).then(|| {
                let (action, label) = match (deleted, user.is_active) {
                    (true, _) => ("/api/tenant/user_restore", "Restore"),
                    (false, true) => ("/api/tenant/user_deactivate", "Deactivate"),
                    (false, false) => ("/api/tenant/user_activate", "Reactivate"),
                };
                view! { <form method="post" action=action><ReturnPath/><input type="hidden" name="id" value=user.id.to_string()/><button class="btn btn-sm">{label}</button></form> }
            });
            let sign_in = match (head.has_password, data.has_factor) {
                (true, true) => "with a password and a second factor",
                (true, false) => "with a password",
                (false, _) => "not yet: there is no password",
            };
            let can_end_sessions = frame.permissions.has(Permission::SessionsManage);
            let acts = (can_manage && !deleted).then(|| view! { <Acts data=data.clone() is_self can_end_sessions/> });
            let question = (can_manage && !deleted).then(|| question(&asked, &data));
            let can_set_manager = can_manage && !deleted && frame.permissions.can_view_all_data();
            let actions = view! { {link}{switch}{acts} }.into_any();
            view! {
                <UserFrame frame head tab="Overview" actions>
                    {panel}{question}
                    <ActErrors/>
                    <div class="grid gap-4 xl:grid-cols-[2fr_1fr]">
                        <UserEdit data=data.clone() can_manage/>
                        <div class="flex flex-col gap-4">
                            <section class="card-box p-4" aria-labelledby="details">
                                <h2 class="font-semibold" id="details">"Details"</h2>
                                <dl class="mt-2">
                                    <Detail label="Signs in">{sign_in}</Detail>
                                    {data.link.clone().filter(|link| link.is_invite || link.status == LinkStatus::Open).map(|link| view! { <LinkDetail link now/> })}
                                    {data.must_change_password.then(|| view! { <Detail label="Password">"must be changed before anything else"</Detail> })}
                                    {data.locked_for.map(|seconds| view! { <Detail label="Locked">{locked(seconds)}</Detail> })}
                                    <Detail label="Last sign-in">{match user.last_login { Some(at) => view! { <When at now/> }.into_any(), None => "never".into_any() }}</Detail>
                                    <Detail label="Active sessions">{number(i64::try_from(data.sessions).unwrap_or(i64::MAX))}</Detail>
                                    <Detail label="Created">{day(user.created_at)}</Detail>
                                    <Detail label="ID"><code>{user.id.to_string()}</code></Detail>
                                </dl>
                            </section>
                            <Manager data=data.clone() can_change=can_set_manager/>
                            <section class="card-box" aria-labelledby="recent">
                                <div class="card-head"><h2 id="recent">"Recent changes"</h2></div>
                                <AuditLines lines=data.audit now empty="No changes to show."/>
                            </section>
                        </div>
                    </div>
                </UserFrame>
            }
        },
    )
}

/// How long signing in is refused after too many wrong passwords.
fn locked(seconds: u32) -> String {
    let minutes = seconds.div_ceil(60);
    let time = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
    format!("after too many wrong passwords, for {time} more")
}

/// What became of the newest one-time link.
#[component]
fn LinkDetail(link: LinkInfo, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let status = match link.status {
        LinkStatus::Open => format!("valid until {}", moment(link.expires_at)),
        LinkStatus::Used => "accepted".to_owned(),
        LinkStatus::Expired => "expired".to_owned(),
        LinkStatus::Revoked => "revoked".to_owned(),
        LinkStatus::Replaced | LinkStatus::Unknown => "replaced".to_owned(),
    };
    let mail = match link.mail {
        None => Some("not sent by e-mail".to_owned()),
        Some(MailStatus::Sent) => Some("sent by e-mail".to_owned()),
        Some(MailStatus::Waiting(None)) => Some("the e-mail is on its way".to_owned()),
        Some(MailStatus::Waiting(Some(why))) => Some(format!("the e-mail will be sent again: {why}")),
        Some(MailStatus::Failed(why)) => Some(format!("the e-mail could not be sent: {why}")),
    };
    view! {
        <Detail label=if link.is_invite { "Invitation" } else { "Reset link" }>
            {status}", created "<When at=link.created_at now/>
            {mail.map(|text| view! { <span class="text-muted block text-xs">{text}</span> })}
        </Detail>
    }
}

#[component]
fn UserEdit(data: Data, can_manage: bool) -> impl IntoView {
    let user = data.head.user;
    if !can_manage || user.deleted_at.is_some() {
        let fields = data.fields.into_iter().filter(|(_, value)| !value.is_empty());
        let fields = fields.map(|(field, value)| {
            let shown = value_shown(&field, &value);
            view! { <Detail label=field.label>{shown}</Detail> }
        });
        let fields = fields.collect_view();
        return view! {
            <section class="card-box p-4" aria-labelledby="identity">
                <h2 class="font-semibold" id="identity">"Identity"</h2>
                <dl class="mt-2">
                    <Detail label="Name">{user.name}</Detail>
                    <Detail label="E-mail">{user.email}</Detail>
                    <Detail label="Username">{user.username}</Detail>
                    <Detail label="Role">{user.role_name}</Detail>
                    {fields}
                </dl>
                <p class="text-muted mt-3 text-xs">{if user.deleted_at.is_some() { "This user is deleted. Restore the user before you make changes." } else { "Your role does not allow you to change this user." }}</p>
            </section>
        }
        .into_any();
    }
    let form = FormView::new("/api/tenant/user_update");
    let (needs, again) = (use_frame().is_some_and(|frame| frame.must_reauthenticate), form.clone());
    // What stands here now, so that a conflict can tell what each field was before.
    let seen = [
        ("first_name", data.first_name.clone()),
        ("last_name", data.last_name.clone()),
        ("email", user.email.clone()),
        ("username", user.username.clone()),
        ("user_type", user.role.clone()),
        ("metadata", data.metadata.clone()),
    ];
    let seen = seen.map(|(name, value)| view! { <input type="hidden" name=format!("seen[{name}]") value=value/> }).collect_view();
    let seen_fields = seen_fields(&data.fields);
    let fields = (!data.fields.is_empty()).then(|| {
        view! {
            <div class="form-group">
                <div><h2>"Details"</h2><p class="text-muted text-xs">"Your company's own user fields."</p></div>
                <div class="form-fields"><FieldInputs form=form.clone() fields=data.fields.clone()/></div>
            </div>
        }
    });
    view! {
        <div>
            <ErrorSummary form=form.clone()/>
            <form method="post" action="/api/tenant/user_update" class="form-card" data-guard><ReturnPath/>
                <input type="hidden" name="id" value=user.id.to_string()/>
                <input type="hidden" name="version" value=data.head.version.to_string()/>
                {seen}{seen_fields}
                <div class="form-group">
                    <div><h2>"Identity"</h2><p class="text-muted text-xs">"Shown to colleagues."</p></div>
                    <div class="form-fields">
                        <div class="form-pair">
                            <TextField form=form.clone() name="first_name" label="First name" value=data.first_name/>
                            <TextField form=form.clone() name="last_name" label="Last name" value=data.last_name/>
                        </div>
                        <TextField form=form.clone() name="email" label="E-mail" kind="email" value=user.email/>
                        <TextField form=form.clone() name="username" label="Username" value=user.username/>
                    </div>
                </div>
                {fields}
                <div class="form-group">
                    <div><h2>"Access"</h2><p class="text-muted text-xs">"Changing the role signs the user out."</p></div>
                    <div class="form-fields"><RadioCards form=form.clone() name="user_type" label="Role" roles=data.roles value=user.role/></div>
                </div>
                <div class="form-group">
                    <div><h2>"Advanced"</h2><p class="text-muted text-xs">"For your own tools."</p></div>
                    <div class="form-fields"><TextArea form name="metadata" label="Metadata" value=data.metadata rows=4 help="A JSON object, at most 16 KB."/></div>
                </div>
                {needs.then(|| view! {
                    <div class="form-group">
                        <div><h2>"Confirm it is you"</h2></div>
                        <div class="form-fields"><ReauthenticationField form=again id="password" only_for="Required only to change the e-mail address or to make the user an owner."/></div>
                    </div>
                })}
                <div class="form-actions">
                    <a class="btn btn-ghost" href="/users">"Cancel"</a>
                    <Submit label="Save changes"/>
                </div>
            </form>
        </div>
    }
    .into_any()
}
