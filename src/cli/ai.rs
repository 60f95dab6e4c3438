//! `oneo tenant ai`: what a company may spend on AI, and with which service.

use super::{
    ask::secret_line,
    output::print_line,
    start::{CliError, operator, started},
};
use control::ai::{AiForm, Charge, tenant_ai, tenant_ai_charge, tenant_ai_reset, tenant_ai_set};
use domain::{
    Money,
    dto::ai::{AiConfigState, AiSpending},
};
use secrecy::SecretString;

/// Commands on a company's AI.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Set service, key, limit, or any of them; what is not named stays
    Set {
        /// The company's short name
        slug: String,
        /// openai, anthropic or openai-compatible
        #[arg(long)]
        provider: Option<String>,
        /// The model
        #[arg(long)]
        model: Option<String>,
        /// The address of the service, where it is not the provider's own
        #[arg(long)]
        base_url: Option<String>,
        /// Read the key from the first line of the input
        #[arg(long)]
        key_stdin: bool,
        /// Whether the company may use AI: true or false
        #[arg(long)]
        enabled: Option<bool>,
        /// The most it may spend in a month
        #[arg(long)]
        limit: Option<String>,
    },
    /// Show service, limit and what was spent; of the key its end alone
    Show {
        /// The company's short name
        slug: String,
    },
    /// Charge the company for something by hand; refused when that would pass its limit
    Charge {
        /// The company's short name
        slug: String,
        /// What it cost, such as 0.0125
        #[arg(long)]
        cost: String,
        /// What it was for
        #[arg(long)]
        what: String,
        /// The model, instead of the configured one
        #[arg(long, default_value = "")]
        model: String,
        /// Tokens sent
        #[arg(long, default_value_t = 0)]
        tokens_in: u32,
        /// Tokens received
        #[arg(long, default_value_t = 0)]
        tokens_out: u32,
    },
    /// Begin the month of spending anew, today
    Reset {
        /// The company's short name
        slug: String,
    },
}

pub(super) async fn ai(command: Command) -> Result<(), CliError> {
    let started = started().await?;
    let cx = operator(&started.services);
    match command {
        Command::Set { slug, provider, model, base_url, key_stdin, enabled, limit } => {
            let found = tenant_ai(&cx, &slug).await;
            let page = cx.answer(found).await?;
            let old = match page.ai.config {
                AiConfigState::Some(config) => Some(config),
                _ => None,
            };
            let form = AiForm {
                provider: provider.or(old.as_ref().map(|old| old.provider.as_str().to_owned())).unwrap_or_default(),
                model: model.or(old.as_ref().map(|old| old.model.clone())).unwrap_or_default(),
                base_url: base_url.or(old.map(|old| old.base_url)).unwrap_or_default(),
                key: if key_stdin { secret_line("Key")? } else { SecretString::from("") },
                enabled: enabled.unwrap_or(page.ai.spending.enabled),
            };
            let limit = limit.unwrap_or_else(|| page.ai.spending.limit.typed());
            let set = tenant_ai_set(&cx, &slug, page.head.version, &form, &limit, &SecretString::from("")).await;
            cx.answer(set).await?;
            print_line("saved");
        }
        Command::Show { slug } => {
            let found = tenant_ai(&cx, &slug).await;
            let page = cx.answer(found).await?;
            match page.ai.config {
                AiConfigState::None => print_line("no service is configured"),
                AiConfigState::Unreadable => print_line("the configuration cannot be decrypted with any of SECRET_KEYS"),
                AiConfigState::Some(config) => {
                    let address =
                        if config.base_url.is_empty() { config.provider.base_url().unwrap_or_default() } else { &config.base_url };
                    print_line(&format!("{} {} at {address}, key …{}", config.provider.label(), config.model, config.key_end));
                }
            }
            spending(&page.ai.spending);
        }
        Command::Charge { slug, cost, what, model, tokens_in, tokens_out } => {
            let cost = Money::parse(&cost, 6).map_err(|error| CliError::Other(format!("--cost: {error}")))?;
            let charged = tenant_ai_charge(&cx, &slug, &Charge { what, model, tokens_in, tokens_out, cost }).await;
            spending(&cx.answer(charged).await?);
        }
        Command::Reset { slug } => {
            let reset = tenant_ai_reset(&cx, &slug).await;
            cx.answer(reset).await?;
            print_line("the month of spending begins anew today");
        }
    }
    Ok(())
}

fn spending(spending: &AiSpending) {
    let state = if spending.enabled { "on" } else { "off" };
    print_line(&format!(
        "AI is {state}; {} of {} spent since {}, until {}",
        spending.used.exact(),
        spending.limit,
        spending.since,
        spending.until
    ));
}
