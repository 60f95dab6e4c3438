//! AI of companies: whose service they use with which key, what they may spend, and what they did spend.

mod company;
mod config;
mod platform;
mod protocol;
mod spend;
mod stored;

pub use company::{company_ai, company_ai_forget, company_ai_set, company_ai_test};
pub use config::AiForm;
pub use platform::{tenant_ai, tenant_ai_forget, tenant_ai_set, tenant_ai_test};
pub use spend::{Charge, charge, months_close, tenant_ai_charge, tenant_ai_reset};
pub(crate) use stored::reseal;
