//! The design system.

mod audit_table;
mod avatar;
mod badge;
mod browser;
mod bulk;
mod chart;
mod delivery;
mod feedback;
mod form;
mod icon;
mod import;
mod job;
mod known;
mod layout;
mod list;
mod load;
mod nav;
mod question;
mod record;
mod return_path;
mod search;
mod site;
mod table;
mod theme;
mod title;
mod views;
mod when;

pub use audit_table::{AuditFilters, AuditTable};
pub use avatar::Avatar;
pub use badge::{Badge, BadgeText, MoneyMeter, QuotaMeter, StorageMeter, tone};
pub use browser::shortcuts_are_on;
pub use bulk::{BulkBar, are_ticked, bulk_who, ticks_toggle};
pub use chart::{Bar, BarChart};
pub use delivery::DeliveryChoice;
pub use feedback::{ConfirmPanel, CopyButton, FlashMessages};
pub use form::{
    CheckField, CheckGroup, ErrorSummary, FormView, RadioCards, ReauthenticationField, SelectField, Submit, TextArea, TextField,
};
pub use icon::{ICONS_PATH, ICONS_VERSION, Icon, IconName};
pub use import::{ImportPreview, ImportReadingForm, ImportUpload, import_columns, import_subtitle};
pub use job::{JobView, job_table};
pub use known::KnownField;
pub use layout::{CardPage, PageFrame, PageHead, Tabs};
pub use list::{Chip, SortHeader, Toolbar, list_card, list_query, list_url, list_url_here, no_matches, nothing_matches};
pub use load::{ErrorFrame, ErrorView, Loaded, confirm_asked, load, page_redirect, search_pairs, use_frame};
pub use nav::{NavGroup, NavItem};
pub use question::{FactorResetQuestion, SessionEndQuestion, SignOutQuestion};
pub use record::{AttentionList, AuditLines, Detail, Figure};
pub use return_path::{ReturnPath, page_path};
pub use search::{Hit, HitGroup, SearchResults, page_hits};
pub use site::{BrandStyle, SiteSettings, currency, money, password_least};
pub use table::{Cell, Column, Table, Ticks, Title};
pub use views::Views;
pub use when::{Exactly, When, count, date, day, moment, number};
