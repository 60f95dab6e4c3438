//! What an operator may set for a company besides its quota: features and billing.

use crate::typed_json::{Kind, Known};

/// The known keys of `tenants.features_enabled`.
pub const FEATURES: &[Known] = &[
    Known {
        key: "custom_domains",
        label: "Custom domains",
        sentence: "The tenant can use custom domains in addition to its subdomain.",
        kind: Kind::Flag(true),
    },
    Known {
        key: "ai",
        label: "AI",
        sentence: "The tenant can use AI with its own provider and key, up to its monthly limit.",
        kind: Kind::Flag(true),
    },
];

/// Whether a known feature is on.
#[must_use]
pub fn feature_is_on(known: &[Known], key: &str, features: &serde_json::Value) -> bool {
    known.iter().find(|known| known.key == key).is_some_and(|known| known.is_on(features))
}

/// The known keys of `tenants.billing_settings`.
pub const BILLING: &[Known] = &[
    Known {
        key: "plan",
        label: "Plan",
        sentence: "The plan in the tenant's contract.",
        kind: Kind::Choice(&[("free", "Free"), ("team", "Team"), ("business", "Business"), ("enterprise", "Enterprise")]),
    },
    Known { key: "billing_email", label: "Billing e-mail", sentence: "Invoices are sent to this address.", kind: Kind::Email },
    Known {
        key: "currency",
        label: "Currency",
        sentence: "Used for prices and invoices (ISO 4217).",
        kind: Kind::Choice(&[("EUR", "EUR"), ("USD", "USD"), ("GBP", "GBP"), ("CHF", "CHF"), ("SEK", "SEK"), ("PLN", "PLN")]),
    },
    Known { key: "price_per_user", label: "Price per user per month", sentence: "Excluding tax.", kind: Kind::Money },
    Known { key: "renews_on", label: "Renews on", sentence: "The date on which the contract renews.", kind: Kind::Date },
    Known { key: "tax_number", label: "Tax number", sentence: "As shown on invoices.", kind: Kind::Text(40) },
];
