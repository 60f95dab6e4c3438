//! The PostgreSQL schema of a tenant.

use crate::Slug;
use serde::Serialize;
use std::fmt;

/// A checked schema name: `^[a-z][a-z0-9_]{0,47}$` and no name of PostgreSQL's or Oneo's own.
/// 48 bytes leave room for `_<id>` below PostgreSQL's 63 (longer identifiers are cut silently).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct SchemaName(String);

/// Why a text is no schema name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaNameError {
    /// Not of the allowed form.
    #[error("Use up to 48 lower-case letters, digits and underscores, and start with a letter")]
    Form,
    /// A name of PostgreSQL's or Oneo's own.
    #[error("This schema name is reserved")]
    Reserved,
}

impl crate::FieldReason for SchemaNameError {
    fn code(&self) -> crate::Code {
        crate::Code::SchemaInvalid
    }
}

impl SchemaName {
    /// Checks a name given with `--schema`.
    ///
    /// # Errors
    /// [`SchemaNameError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SchemaNameError> {
        let reserved = ["platform", "public", "extensions", "information_schema"];
        if text.starts_with("pg_") || text.starts_with("kept_") || text.starts_with("oneo_") || reserved.contains(&text) {
            return Err(SchemaNameError::Reserved);
        }
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let well_formed = (1..=48).contains(&text.len()) && text.chars().all(allowed) && text.starts_with(|c: char| c.is_ascii_lowercase());
        if well_formed { Ok(Self(text.to_owned())) } else { Err(SchemaNameError::Form) }
    }

    /// The name a slug leads to: `tenant_<slug with _ for ->`.
    #[must_use]
    pub fn from_slug(slug: &Slug) -> Self {
        Self(format!("tenant_{}", slug.as_str().replace('-', "_")))
    }

    /// The name for a tenant whose first choice was used by another one before: `<name>_<id>`.
    #[must_use]
    pub fn with_id(&self, id: crate::TenantId) -> Self {
        Self(format!("{}_{id}", self.0))
    }

    /// The name as text, safe to stand between double quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_a_plain_name() {
        let twin = "t".repeat(70);
        for name in ["", "1a", "Acme", "a-b", "x\";DROP SCHEMA public CASCADE;--", "x'", "a\0b", "аcme", twin.as_str()] {
            assert_eq!(SchemaName::parse(name), Err(SchemaNameError::Form), "{name}");
        }
        for name in ["pg_x", "pg_catalog", "public", "platform", "extensions", "information_schema", "kept_7"] {
            assert_eq!(SchemaName::parse(name), Err(SchemaNameError::Reserved), "{name}");
        }
        assert!(SchemaName::parse(&"t".repeat(48)).is_ok());
    }

    #[test]
    fn follows_the_slug() {
        let slug = Slug::parse("north-wind").unwrap();
        assert_eq!(SchemaName::from_slug(&slug).as_str(), "tenant_north_wind");
    }
}
