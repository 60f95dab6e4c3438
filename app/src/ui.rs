//! The design system.

mod audit_table;
mod avatar;
mod badge;
mod chart;
mod feedback;
mod form;
mod icon;
mod job;
mod known;
mod layout;
mod list;
mod load;
mod question;
mod record;
mod return_path;
mod site;
mod theme;
mod title;
mod when;

pub use audit_table::{AuditFilters, AuditTable};
pub use avatar::Avatar;
pub use badge::{ActiveBadge, MoneyMeter, QuotaMeter, StatusBadge, StorageMeter, UserBadge};
pub use chart::{Bar, BarChart};
pub use feedback::{ConfirmPanel, CopyButton, FlashMessages};
pub use form::{CheckField, ErrorSummary, FormView, RadioCards, ReauthenticationField, SelectField, Submit, TextArea, TextField};
pub use icon::{Icon, IconName};
pub use job::{JobBadge, JobView, progress};
pub use known::KnownField;
pub use layout::{CardPage, NavGroup, NavItem, PageFrame, PageHead, Tabs};
pub use list::{Chip, SortHeader, Toolbar, list_card, list_query, list_url, list_url_here, nothing_matches};
pub use load::{ErrorView, Loaded, confirm_asked, load, page_redirect, search_pairs, use_frame};
pub use question::{FactorResetQuestion, SessionEndQuestion, SignOutQuestion};
pub use record::{AuditLines, Detail, Figure};
pub use return_path::{ReturnPath, page_path};
pub use site::{BrandStyle, SiteSettings, password_least};
pub use when::{When, count, date, day, moment, number};
