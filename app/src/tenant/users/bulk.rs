//! The page `/users/bulk`: the question before an act for many users.

use crate::{
    api::{ApiError, Framed, done, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{ErrorSummary, FormView, PageHead, ReauthenticationField, ReturnPath, SelectField, bulk_who, load, number, search_pairs},
};
use domain::{AppError, Flash, bulk::BulkAct, dto::tenant::BulkPage as Data, flash::Toast};
use identity::users::BulkDone;
use leptos::prelude::*;
use secrecy::SecretString;

const DO: &str = "/api/tenant/user_bulk";
/// People named of those who could not be done.
const NAMED: usize = 5;

fn act_of(text: &str) -> Result<BulkAct, ApiError> {
    BulkAct::parse(text).ok_or(ApiError(AppError::NotFound))
}

/// What an act for many is about, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "user_bulk_ask")]
pub async fn user_bulk_ask(act: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::users::user_bulk_ask(&cx, act_of(&act)?, &bulk_who(&query)).await;
    framed(&cx, found).await
}

/// Does something for many users: `query` says for whom, `expected` how many were shown.
#[server(prefix = "/api/tenant", endpoint = "user_bulk")]
pub async fn user_bulk(
    act: String,
    query: String,
    expected: i64,
    #[server(default)] user_type: String,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&query).unwrap_or_default();
    let act = act_of(&act)?;
    let command = identity::users::UserBulk::parse(act, &user_type, bulk_who(&pairs), expected);
    let went = identity::users::user_bulk(&cx, command, &SecretString::from(password)).await;
    match cx.answer(went).await? {
        BulkDone::Job(id) => done(&cx, &format!("/jobs/{id}"), Flash::default()).await,
        BulkDone::Now(count, failed) => {
            let mut text = format!("{}: {count} done", act.label());
            if !failed.is_empty() {
                let named: Vec<String> =
                    failed.iter().take(NAMED).map(|(name, why)| format!("{name} ({})", why.trim_end_matches('.'))).collect();
                text.push_str(&format!(", {} failed: {}", failed.len(), named.join(", ")));
            }
            let said = if failed.is_empty() { Toast::success(text) } else { Toast::warning(text) };
            done(&cx, "/users", said.into()).await
        }
    }
}

/// The page `/users/bulk`.
#[component]
pub fn UserBulkPage() -> impl IntoView {
    let pairs = search_pairs();
    let act =
        pairs.iter().find(|(name, _)| name == "act").map_or_else(|| BulkAct::Activate.as_str().to_owned(), |(_, value)| value.clone());
    let query = serde_urlencoded::to_string(&pairs).unwrap_or_default();
    load(
        move || user_bulk_ask(act.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let (form, query) = (FormView::new(DO), query.clone());
            let crumbs = vec![("Users".to_owned(), "/users".to_owned())];
            let users = if data.count == 1 { "1 user".to_owned() } else { format!("{} users", number(data.count)) };
            let title = data.act.sentence(&users);
            let confirm = title.clone();
            let shown = i64::try_from(data.sample.len()).unwrap_or(0);
            let more = (data.count > shown).then(|| format!("and {} more", number(data.count - shown)));
            let sample = data.sample.into_iter().map(|(id, name, email)| {
                view! { <li><a class="row-link" href=format!("/users/{id}") dir="auto">{name}</a><span class="text-muted min-w-0 truncate">{email}</span></li> }
            });
            let sample = sample.collect_view();
            let roles = data
                .roles
                .iter()
                .filter(|role| frame.permissions.covers(&role.permissions))
                .map(|role| (role.key.clone(), role.name.clone()))
                .collect();
            let consequence = data.act.consequence();
            let patience = data.as_job.then_some(" A job does this. You can follow it and stop it.");
            let nobody = data.count == 0;
            let gives_role = data.act == BulkAct::Role;
            view! {
                <TenantPage frame active="/users" crumbs title=title.clone()>
                    <PageHead title=title.clone()/>
                    <ErrorSummary form=form.clone()/>
                    {if nobody {
                        view! { <div class="card-box empty"><p class="font-semibold">"No users are selected"</p><p class="text-muted mt-1">"Select users in the list first."</p><a class="btn btn-sm mt-4" href="/users">"Back to users"</a></div> }.into_any()
                    } else {
                        view! {
                            <form method="post" action=DO class="notice flex max-w-3xl flex-col gap-4"><ReturnPath/>
                                <p>{consequence}{patience}" You are skipped, and so are users with more rights than you."</p>
                                <input type="hidden" name="act" value=data.act.as_str()/>
                                <input type="hidden" name="query" value=query.clone()/>
                                <input type="hidden" name="expected" value=data.count.to_string()/>
                                {gives_role.then(|| view! { <div class="max-w-sm"><SelectField form=form.clone() name="user_type" label="Role" choices=roles/></div> })}
                                <div class="max-w-sm"><ReauthenticationField form id="password"/></div>
                                <div class="flex flex-wrap gap-2">
                                    <a class="btn" href="/users">"Cancel"</a>
                                    <button class="btn btn-primary">{confirm}</button>
                                </div>
                            </form>
                            <section class="card-box max-w-3xl" aria-labelledby="whom">
                                <div class="card-head"><h2 id="whom">"Users affected"</h2></div>
                                <ul class="rows rows-named">{sample}{more.map(|text| view! { <li class="text-muted">{text}</li> })}</ul>
                            </section>
                        }.into_any()
                    }}
                </TenantPage>
            }
        },
    )
}
