//! The pages `/signup` and `/signup/done`: a company signs up by itself.

use crate::{
    api::{ApiError, done, request_cx},
    ui::{CardPage, ErrorSummary, FormView, Loaded, ReturnPath, Submit, TextField, load, password_least},
};
use control::signup::SignupForm;
use domain::Flash;
use islands::{PasswordField, SubdomainField};
use leptos::prelude::*;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

const CREATE: &str = "/api/platform/signup_create";

/// What the page of sign-up shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignupData {
    /// The host below which companies get their subdomains; none while nobody may sign up.
    pub base_domain: Option<String>,
}

/// Whether companies may sign up by themselves.
#[server(prefix = "/api/platform", endpoint = "signup")]
pub async fn signup() -> Result<SignupData, ApiError> {
    let cx = request_cx().await?;
    let open = control::signup::signup_open(&cx);
    Ok(SignupData { base_domain: cx.answer(open).await? })
}

/// Makes a company for the caller, where the installation lets them.
#[server(prefix = "/api/platform", endpoint = "signup_create")]
pub async fn signup_create(
    name: String,
    domain: String,
    first_name: String,
    last_name: String,
    email: String,
    password: String,
    password_repeated: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let (password, password_repeated) = (SecretString::from(password), SecretString::from(password_repeated));
    let form = SignupForm { name, domain, first_name, last_name, email, password, password_repeated };
    let created = control::signup::signup_create(&cx, &form).await;
    let entrance = cx.answer(created).await?;
    done(&cx, "/signup/done", Flash { entrance: Some(entrance), ..Flash::default() }).await
}

impl Loaded for SignupData {}

/// The page `/signup`.
#[component]
pub fn SignupPage() -> impl IntoView {
    load(signup, |data: SignupData| {
        let card = match data.base_domain {
            None => view! { <Closed/> }.into_any(),
            Some(base) => view! { <Form base/> }.into_any(),
        };
        view! { <CardPage brand="Oneo" title="Sign up" tenant=false>{card}</CardPage> }
    })
}

#[component]
fn Closed() -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <h1 class="text-lg font-semibold">"Sign-up is closed"</h1>
        <p class="text-muted mt-2">"Only the operator of this platform can create a company. If your company already has a site, sign in at its address."</p>
    }
}

#[component]
fn Form(base: String) -> impl IntoView {
    let form = FormView::new(CREATE);
    view! {
        <h1 class="text-lg font-semibold">"Create your company"</h1>
        <p class="text-muted">"Your company gets its own address, and you become its owner."</p>
        <ErrorSummary form=form.clone()/>
        <form method="post" action=CREATE class="mt-4 flex flex-col gap-4"><ReturnPath/>
            <TextField form=form.clone() name="name" label="Company name" autocomplete="organization" autofocus=true/>
            <SubdomainField value=form.value("domain", "") error=form.error("domain") base/>
            <div class="grid gap-4 sm:grid-cols-2">
                <TextField form=form.clone() name="first_name" label="Your first name" autocomplete="given-name"/>
                <TextField form=form.clone() name="last_name" label="Your last name" autocomplete="family-name"/>
            </div>
            <TextField form=form.clone() name="email" label="Your e-mail" kind="email" autocomplete="username"/>
            <PasswordField name="password".to_owned() label="Password".to_owned() error=form.error("password") counted=true minimum=password_least()/>
            <PasswordField name="password_repeated".to_owned() label="Confirm password".to_owned() error=form.error("password_repeated") counted=false minimum=password_least()/>
            <Submit label="Create company"/>
        </form>
        <p class="text-muted mt-4 text-center text-xs">"Already have an account? Sign in at your company's address."</p>
    }
}

/// The page `/signup/done`.
#[component]
pub fn SignupDonePage() -> impl IntoView {
    let entrance = use_context::<Flash>().and_then(|flash| flash.entrance);
    let card = match entrance {
        Some(entrance) => view! {
            <h1 class="text-lg font-semibold" dir="auto">{entrance.company}" is ready"</h1>
            <p class="text-muted mt-2">"Your site is now at "<strong class="break-all">{entrance.host.clone()}</strong>". Save this address: all users of your company sign in there."</p>
            <p class="mt-5"><a class="btn btn-primary" href=entrance.url data-entrance>"Go to "{entrance.host}</a></p>
            <p class="text-muted mt-3 text-xs">"This link works for one minute. After that, sign in there with your password."</p>
        }
        .into_any(),
        None => view! {
            <h1 class="text-lg font-semibold">"Your company has its own address"</h1>
            <p class="text-muted mt-2">"The sign-in link is shown only once. Sign in at the address you chose with your e-mail and password."</p>
        }
        .into_any(),
    };
    view! { <CardPage brand="Oneo" title="Ready" tenant=false>{card}</CardPage> }
}
