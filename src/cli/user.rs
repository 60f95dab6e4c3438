//! `oneo user`: people of companies. What is done here an owner of the company could do, and stands in its audit log.

use super::{
    output::print_line,
    start::{CliError, Started, operator, operator_in, started},
};
use control::{
    tenants::tenant_user_mfa_reset,
    user_lookup::{user_find, user_find_in},
};
use domain::{AppError, FieldReason, TenantId, UserId, UserState, list::ListQuery, role::RoleKey, user_field::FieldsTyped};
use identity::{
    sessions::session_list,
    users::{
        Handed, UserForm, user_create, user_get, user_link_create, user_list, user_mail_send, user_password_expire, user_role_set,
        user_set_active, user_set_deleted, user_sign_out, user_unlock,
    },
};
use kernel::RequestCx;
use secrecy::SecretString;

/// Commands on people.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Find out in which companies an address is known
    Find {
        /// The e-mail address
        email: String,
    },
    /// List the people of a company, a hundred at a time
    List {
        /// The company's short name
        slug: String,
        /// Words that must occur in name, address or user name
        #[arg(long, default_value = "")]
        search: String,
        /// Those of that status alone
        #[arg(long, value_parser = UserState::ALL.map(UserState::as_str))]
        status: Option<String>,
        /// Go on behind the cursor that the page before gave
        #[arg(long)]
        after: Option<String>,
    },
    /// Show a user
    Show(Who),
    /// Create a user, who signs in first by a one-time link
    Create {
        /// The company's short name
        slug: String,
        /// The e-mail address
        email: String,
        /// First name
        #[arg(long)]
        first_name: String,
        /// Last name
        #[arg(long)]
        last_name: String,
        /// The key of the role
        #[arg(long, default_value = "user")]
        role: String,
        /// A custom field of the company: `--field employee_no=17`
        #[arg(long = "field", value_name = "KEY=VALUE", value_parser = field)]
        fields: Vec<(String, String)>,
        /// Send the invitation instead of printing the link
        #[arg(long)]
        mail: bool,
    },
    /// Print a one-time link: an invitation while there is no password, else a reset
    Link(Who),
    /// Send that link by mail
    Mail(Who),
    /// Give a user another primary role; owners are made by `create` or in the browser
    Role {
        #[command(flatten)]
        who: Who,
        /// The key of the role
        role: String,
    },
    /// Let a user sign in again who was deactivated
    Activate(Who),
    /// Deactivate a user, who is signed out everywhere
    Deactivate(Who),
    /// Delete a user, who can be brought back
    Delete(Who),
    /// Bring a user back who was deleted
    Restore(Who),
    /// Sign a user out everywhere
    SignOut(Who),
    /// Let a user try again who is locked out after too many wrong passwords
    Unlock(Who),
    /// Ask a user for a new password before anything else
    ExpirePassword(Who),
    /// Take the second factor of a user away who has lost it
    ResetMfa(Who),
    /// List the open sessions of a company
    Sessions {
        /// The company's short name
        slug: String,
    },
}

/// A user of a tenant.
#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// The company's short name
    slug: String,
    /// The e-mail address
    email: String,
}

/// People on one page of the list.
const PAGE: u16 = 100;

pub(super) async fn user(command: Command) -> Result<(), CliError> {
    let _absent = dotenvy::dotenv();
    let started = started().await?;
    let done = run(&started, command).await;
    // What changed the number of users is written to the registry, as a server does by and by.
    control::counters::flush(&started.services).await;
    done
}

/// Reads `key=value`.
fn field(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "write it as KEY=VALUE".to_owned())
}

async fn run(started: &Started, command: Command) -> Result<(), CliError> {
    match command {
        Command::Find { email } => find(&operator(&started.services), &email).await,
        Command::List { slug, search, status, after } => {
            let filters = status.map(|status| vec![("status".to_owned(), status)]).unwrap_or_default();
            let query = ListQuery { q: search, filters, after, size: PAGE, ..ListQuery::default() };
            list(&operator_in(&started.services, &slug, "user list").await?, &query).await
        }
        Command::Create { slug, email, first_name, last_name, role, fields, mail } => {
            let cx = operator_in(&started.services, &slug, "user create").await?;
            let invite = if mail { "mail" } else { "link" }.to_owned();
            let form = UserForm { email, first_name, last_name, user_type: role, invite, ..UserForm::default() };
            let typed = FieldsTyped { values: fields.into_iter().collect(), ..FieldsTyped::default() };
            let created = user_create(&cx, form.create(), &typed, &nothing()).await;
            handed(cx.answer(created).await?.1);
            Ok(())
        }
        Command::Sessions { slug } => sessions(&operator_in(&started.services, &slug, "user sessions").await?).await,
        Command::Show(who) => show(started, &who).await,
        Command::Link(who) => {
            let (cx, id) = whom(started, &who, "user link").await?;
            let made = user_link_create(&cx, id, &nothing()).await;
            handed(Handed::Link(cx.answer(made).await?));
            Ok(())
        }
        Command::Mail(who) => {
            let (cx, id) = whom(started, &who, "user mail").await?;
            let sent = user_mail_send(&cx, id).await;
            print_line(&format!("an e-mail is on its way to {}", cx.answer(sent).await?));
            Ok(())
        }
        Command::Role { who, role } => {
            let (cx, id) = whom(started, &who, "user role").await?;
            let role = RoleKey::parse(&role).map_err(|error| AppError::field(error.code(), "role", error.to_string()))?;
            let set = user_role_set(&cx, id, &role).await;
            cx.answer(set).await?;
            print_line("saved");
            Ok(())
        }
        Command::Activate(who) => act(started, &who, Act::Active(true)).await,
        Command::Deactivate(who) => act(started, &who, Act::Active(false)).await,
        Command::Delete(who) => act(started, &who, Act::Deleted(true)).await,
        Command::Restore(who) => act(started, &who, Act::Deleted(false)).await,
        Command::SignOut(who) => act(started, &who, Act::SignOut).await,
        Command::Unlock(who) => act(started, &who, Act::Unlock).await,
        Command::ExpirePassword(who) => act(started, &who, Act::Password).await,
        Command::ResetMfa(who) => {
            let cx = operator(&started.services);
            let hit = user_find_in(&cx, &who.slug, &who.email).await;
            let reset = tenant_user_mfa_reset(&cx, &who.slug, cx.answer(hit).await?.id).await;
            print_line(&format!("{} can now sign in without a second factor", cx.answer(reset).await?));
            Ok(())
        }
    }
}

/// What is done to one person without another word.
#[derive(Clone, Copy)]
enum Act {
    Active(bool),
    Deleted(bool),
    SignOut,
    Unlock,
    Password,
}

impl Act {
    const fn command(self) -> &'static str {
        match self {
            Self::Active(true) => "user activate",
            Self::Active(false) => "user deactivate",
            Self::Deleted(true) => "user delete",
            Self::Deleted(false) => "user restore",
            Self::SignOut => "user sign-out",
            Self::Unlock => "user unlock",
            Self::Password => "user expire-password",
        }
    }
}

async fn act(started: &Started, who: &Who, act: Act) -> Result<(), CliError> {
    let (cx, id) = whom(started, who, act.command()).await?;
    let (done, message) = match act {
        Act::Active(active) => {
            (user_set_active(&cx, id, active).await, if active { "is active" } else { "was deactivated and signed out" })
        }
        Act::Deleted(deleted) => {
            (user_set_deleted(&cx, id, deleted, &nothing()).await, if deleted { "was deleted" } else { "was restored and is active" })
        }
        Act::SignOut => (user_sign_out(&cx, id).await, "is signed out everywhere"),
        Act::Unlock => (user_unlock(&cx, id).await, "can sign in again"),
        Act::Password => (user_password_expire(&cx, id).await, "must set a new password"),
    };
    print_line(&format!("{} {message}", cx.answer(done).await?));
    Ok(())
}

/// An operator at a terminal never reauthenticates.
fn nothing() -> SecretString {
    SecretString::from("")
}

async fn whom(started: &Started, who: &Who, what: &str) -> Result<(RequestCx, UserId), CliError> {
    let platform = operator(&started.services);
    let hit = user_find_in(&platform, &who.slug, &who.email).await;
    let id = platform.answer(hit).await?.id;
    Ok((operator_in(&started.services, &who.slug, what).await?, id))
}

fn handed(handed: Handed) {
    match handed {
        Handed::Link(link) => {
            print_line(&format!("one-time link for {}, good for {} hours, shown once:", link.label, link.hours));
            print_line(&link.url);
        }
        Handed::Mailed(email) => print_line(&format!("an e-mail is on its way to {email}")),
    }
}

async fn find(cx: &RequestCx, email: &str) -> Result<(), CliError> {
    let mut from = TenantId(0);
    print_line(&format!("{:<24} {:>12} {:<32} {:<16} {:<8}", "SLUG", "USER", "NAME", "ROLE", "STATUS"));
    loop {
        let found = user_find(cx, email, from).await;
        let found = cx.answer(found).await?;
        for hit in &found.hits {
            let status = if hit.is_active { "active" } else { "deactivated" };
            print_line(&format!("{:<24} {:>12} {:<32} {:<16} {status:<8}", hit.slug, hit.id.0, hit.name, hit.role));
        }
        match found.next {
            Some(next) => from = next,
            None => {
                print_line(&found.reach());
                return Ok(());
            }
        }
    }
}

async fn list(cx: &RequestCx, query: &ListQuery) -> Result<(), CliError> {
    let found = user_list(cx, query).await;
    let page = cx.answer(found).await?;
    print_line(&format!("{:>12} {:<40} {:<32} {:<16} {:<10}", "USER", "E-MAIL", "NAME", "ROLE", "STATUS"));
    for user in &page.page.rows {
        let status = user.state.as_str();
        print_line(&format!("{:>12} {:<40} {:<32} {:<16} {status:<10}", user.id.0, user.email, user.name, user.role));
    }
    if let Some(after) = page.page.after {
        print_line(&format!("more: --after {after}"));
    }
    Ok(())
}

async fn show(started: &Started, who: &Who) -> Result<(), CliError> {
    let (cx, id) = whom(started, who, "user show").await?;
    let found = user_get(&cx, id).await;
    let page = cx.answer(found).await?;
    let user = page.head.user;
    let line = |label: &str, value: String| print_line(&format!("{label:<16} {value}"));
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    line("id", user.id.to_string());
    line("name", user.name);
    line("e-mail", user.email);
    line("user name", user.username);
    line("role", user.role);
    line("active", yes(user.is_active));
    line("deleted", yes(user.deleted_at.is_some()));
    line("password", if page.must_change_password { "must be changed".to_owned() } else { yes(page.head.has_password) });
    line("second factor", yes(page.has_factor));
    line("locked", page.locked_for.map_or_else(|| "no".to_owned(), |seconds| format!("for {seconds} s more")));
    line("sessions", page.sessions.to_string());
    line("last sign-in", user.last_login.map_or_else(|| "never".to_owned(), |at| at.to_rfc3339()));
    line("created", user.created_at.to_rfc3339());
    Ok(())
}

async fn sessions(cx: &RequestCx) -> Result<(), CliError> {
    let found = session_list(cx, &ListQuery { size: PAGE, ..ListQuery::default() }).await;
    let page = cx.answer(found).await?;
    print_line(&format!("{:<40} {:<28} {:<40} {:<26} {:<26}", "E-MAIL", "BROWSER", "ADDRESS", "BEGUN", "LAST SEEN"));
    for row in &page.rows {
        let session = &row.session;
        let (begun, seen) = (session.started_at.to_rfc3339(), session.seen_at.to_rfc3339());
        print_line(&format!("{:<40} {:<28} {:<40} {begun:<26} {seen:<26}", row.email, session.browser, session.ip));
    }
    print_line(&format!("{} of {} open sessions", page.rows.len(), page.open));
    Ok(())
}
