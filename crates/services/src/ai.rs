//! AI of companies: whose service they use with which key, what they may spend, and what they did spend.

mod config;
mod endpoint;
mod protocol;
mod spend;

pub(crate) use config::moved;
pub use config::{AiForm, tenant_ai, tenant_ai_forget, tenant_ai_set, tenant_ai_test};
pub use endpoint::AiClient;
pub use spend::{Charge, charge, months_close, tenant_ai_charge, tenant_ai_reset};
