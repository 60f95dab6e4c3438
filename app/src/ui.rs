//! The design system.

mod badge;
mod feedback;
mod form;
mod icon;
mod layout;
mod list;
mod load;
mod record;
mod title;
mod when;

pub use badge::{ActiveBadge, QuotaMeter, StatusBadge};
pub use feedback::{ConfirmPanel, FlashMessages};
pub use form::{ErrorSummary, FormView, RadioCards, Submit, TextField};
pub use icon::{Icon, IconName};
pub use layout::{CardPage, NavItem, PageFrame, PageHead};
pub use list::{Chip, SortHeader, Toolbar, list_card, list_query, list_url};
pub use load::{ErrorView, load, page_redirect, search_pairs};
pub use record::{AuditLines, Detail, Figure};
pub use when::{When, day};
