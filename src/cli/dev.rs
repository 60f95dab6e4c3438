//! `oneo dev`: everything to look at the product, from nothing.

use super::{
    output::print_line,
    run::run,
    start::{CliError, DATA, log_start, operator, read_config, start},
};
use crate::{
    config::Config,
    local_services::{LocalServices, write_private},
};
use control::{
    admins::{AdminForm, admin_count, admin_create},
    demo::{Demo, SignIn, demo_create},
};
use domain::AppError;
use kernel::{RequestCx, Services};
use secrecy::{ExposeSecret, SecretString};
use std::{fs, path::Path, sync::Arc};

/// How to serve.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// The companies to look at: name, subdomain, quota, admins, managers, salespeople.
const COMPANIES: [Demo; 2] = [
    Demo { name: "Demo", slug: "demo", max_users: 1200, admins: 9, managers: 40, salespeople: 950, records: true },
    Demo { name: "Test", slug: "test", max_users: 100, admins: 0, managers: 0, salespeople: 0, records: false },
];

pub(super) async fn dev(_args: Args) -> Result<(), CliError> {
    let _absent = dotenvy::dotenv();
    let local = if super::start::is_local() { Some(super::start::open_local().await?) } else { None };
    if let Some(local) = &local {
        local.bootstrap().await?;
    }
    let config = read_config(local.as_ref())?;
    if !config.web.is_local() {
        return Err(CliError::Other("`oneo dev` is for localhost; use `oneo serve`".to_owned()));
    }
    log_start(&config);
    let services = start(&config, true).await?;
    let report = db::migrate::tenants_migrate(&services.db).await?;
    for (slug, reason) in report.failed {
        tracing::error!(slug, reason, "a company could not be migrated");
    }
    let sign_ins = seed(&services).await?;
    serve(&config, services, &sign_ins).await?;
    drop::<Option<LocalServices>>(local);
    Ok(())
}

async fn serve(config: &Config, services: Arc<Services>, sign_ins: &str) -> Result<(), CliError> {
    let url = |host: &str| services.url_on(host, "/");
    let text = format!(
        "\n  Platform   {}\n  Demo       {}\n  Test       {}\n\n{sign_ins}\n  (kept in {DATA}/sign-ins.txt; Ctrl+C stops everything)\n",
        url("localhost"),
        url("demo.localhost"),
        url("test.localhost"),
    );
    run(config, Arc::clone(&services), move || print_line(&text)).await
}

/// Creates what is absent and gives the sign-ins of all that was ever created here.
async fn seed(services: &Arc<Services>) -> Result<String, CliError> {
    let cx = operator(services);
    let path = Path::new(DATA).join("sign-ins.txt");
    let mut text = fs::read_to_string(&path).unwrap_or_default();
    let known = text.clone();
    let admins = admin_count(&cx).await;
    if cx.answer(admins).await? == 0 {
        let sign_in = platform_admin(&cx).await?;
        text.push_str(&shown("localhost", &sign_in));
    }
    for demo in &COMPANIES {
        let made = demo_create(&cx, demo).await;
        for sign_in in cx.answer(made).await? {
            text.push_str(&shown(&format!("{}.localhost", demo.slug), &sign_in));
        }
    }
    if text != known {
        fs::create_dir_all(DATA).map_err(|error| CliError::Other(error.to_string()))?;
        write_private(&path, &text)?;
    }
    Ok(text)
}

async fn platform_admin(cx: &RequestCx) -> Result<SignIn, AppError> {
    let sign_in = SignIn {
        role: "platform admin",
        login: "admin@oneo.example".to_owned(),
        password: kernel::tokens::password_new(&*cx.services.entropy),
    };
    let password = Some(SecretString::from(sign_in.password.clone()));
    let form = AdminForm {
        email: sign_in.login.clone(),
        first_name: "Karin".to_owned(),
        last_name: "Ahlberg".to_owned(),
        role: "admin".to_owned(),
        password,
    };
    let created = admin_create(cx, form.parse(), &SecretString::from("")).await;
    cx.answer(created).await?;
    Ok(sign_in)
}

fn shown(host: &str, sign_in: &SignIn) -> String {
    let SignIn { role, login, password } = sign_in;
    let password = SecretString::from(password.clone());
    format!("  {host:<15} {role:<15} {login:<28} {}\n", password.expose_secret())
}
