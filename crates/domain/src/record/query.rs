//! What a list of records is asked for: conditions on fields, and the fields it is sorted by.

use super::{Field, FieldKind, Related, key_is_valid, slot_is_valid};
use crate::{RecordId, list::PERIODS};
use bigdecimal::BigDecimal;

/// The most conditions of a list.
pub const CONDITIONS_MAX: usize = 20;

/// The points in time that every record has, as addresses name them and as a person reads them.
pub const MOMENTS: [(&str, &str); 2] = [("created", "Created"), ("updated", "Changed")];

/// How a condition compares what a field holds with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// It is the value; on the day, for points in time.
    Is,
    /// It is not the value.
    IsNot,
    /// The value occurs in it.
    Contains,
    /// The value does not occur in it.
    Lacks,
    /// It begins with the value.
    Begins,
    /// It is the value or more.
    AtLeast,
    /// It is more than the value.
    Over,
    /// It is the value or less.
    AtMost,
    /// It is less than the value.
    Under,
    /// It is one of the values.
    AnyOf,
    /// It is none of the values.
    NoneOf,
    /// It lies in the period.
    Within,
    /// The field has no value.
    Empty,
    /// The field has a value.
    Filled,
}

impl Op {
    /// Every operator, as addresses name it, as a person reads it of a value, and of a point in time.
    const ALL: [(Self, &'static str, &'static str, &'static str); 14] = [
        (Self::Is, "is", "is", "is on"),
        (Self::IsNot, "is_not", "is not", "is not on"),
        (Self::Contains, "contains", "contains", "contains"),
        (Self::Lacks, "contains_not", "does not contain", "does not contain"),
        (Self::Begins, "begins", "begins with", "begins with"),
        (Self::AtLeast, "gte", "is at least", "is on or after"),
        (Self::Over, "gt", "is more than", "is after"),
        (Self::AtMost, "lte", "is at most", "is on or before"),
        (Self::Under, "lt", "is less than", "is before"),
        (Self::AnyOf, "any", "is any of", "is any of"),
        (Self::NoneOf, "none", "is none of", "is none of"),
        (Self::Within, "within", "is", "is"),
        (Self::Empty, "empty", "is empty", "is empty"),
        (Self::Filled, "filled", "is not empty", "is not empty"),
    ];

    /// Reads the name in an address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, ..)| *name == text).map(|(op, ..)| op)
    }

    /// As addresses name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(op, ..)| *op == self).map_or("", |(_, name, ..)| name)
    }

    /// As a person reads it between a field of that kind and a value.
    #[must_use]
    pub fn label(self, kind: FieldKind) -> &'static str {
        let is_time = matches!(kind, FieldKind::Date | FieldKind::DateTime);
        let found = Self::ALL.into_iter().find(|(op, ..)| *op == self);
        found.map_or("", |(.., of_value, of_time)| if is_time { of_time } else { of_value })
    }

    /// Whether it compares with a value that its user gives.
    #[must_use]
    pub const fn has_value(self) -> bool {
        !matches!(self, Self::Empty | Self::Filled)
    }
}

impl FieldKind {
    /// The operators that fields of this kind have; the first one applies where an address names none.
    #[must_use]
    pub const fn ops(self) -> &'static [Op] {
        match self {
            Self::Text | Self::LongText | Self::Email | Self::Url => {
                &[Op::Contains, Op::Lacks, Op::Is, Op::IsNot, Op::Begins, Op::Empty, Op::Filled]
            }
            Self::Phone => &[Op::Contains, Op::Lacks, Op::Empty, Op::Filled],
            Self::Number | Self::Money | Self::Percent | Self::Rating | Self::Duration => {
                &[Op::AtLeast, Op::AtMost, Op::Over, Op::Under, Op::Is, Op::IsNot, Op::Empty, Op::Filled]
            }
            Self::Date | Self::DateTime => &[Op::Is, Op::AtLeast, Op::AtMost, Op::Over, Op::Under, Op::Within, Op::Empty, Op::Filled],
            Self::Checkbox => &[Op::Is],
            Self::Select | Self::MultiSelect => &[Op::AnyOf, Op::NoneOf, Op::Empty, Op::Filled],
            Self::Relation => &[Op::Contains, Op::Lacks, Op::Is, Op::IsNot, Op::Empty, Op::Filled],
        }
    }
}

impl FieldKind {
    /// The comparisons that a form offers for fields of this kind, as its values name them and as a person reads them: the name of an
    /// operator, with the value behind a colon where it is the same for everyone.
    #[must_use]
    pub fn comparisons(self) -> Vec<(String, String)> {
        let one = |op: Op| match (op, self) {
            (Op::Within, _) => PERIODS.into_iter().map(|(name, label)| (format!("within:{name}"), format!("is {label}"))).collect(),
            (Op::Is, Self::Checkbox) => {
                vec![("is:yes".to_owned(), "is ticked".to_owned()), ("is:no".to_owned(), "is not ticked".to_owned())]
            }
            // A link is followed to one record; a form asks for a part of its name.
            (Op::Is | Op::IsNot, Self::Relation) => Vec::new(),
            _ => vec![(op.as_str().to_owned(), op.label(self).to_owned())],
        };
        self.ops().iter().flat_map(|op| one(*op)).collect()
    }
}

/// A field that a query may name. Only a [`Lens`](super::Lens) makes one, of a field that its user sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRef {
    slot: String,
    kind: FieldKind,
    options: Vec<String>,
    related: Option<Box<Related>>,
}

impl FieldRef {
    pub(super) fn of(field: &Field, related: Option<Related>) -> Option<Self> {
        // Queries spell out slots and keys of options.
        let options = field.options.iter().map(|option| option.key.clone()).filter(|key| key_is_valid(key)).collect();
        slot_is_valid(&field.slot).then(|| Self { slot: field.slot.clone(), kind: field.kind, options, related: related.map(Box::new) })
    }

    /// What its values stand under: only characters that need no quoting in SQL.
    #[must_use]
    pub fn slot(&self) -> &str {
        &self.slot
    }

    /// What it holds.
    #[must_use]
    pub const fn kind(&self) -> FieldKind {
        self.kind
    }

    /// The keys of its options, in order.
    #[must_use]
    pub fn options(&self) -> &[String] {
        &self.options
    }

    /// What it leads to, if it is a relation.
    #[must_use]
    pub fn related(&self) -> Option<&Related> {
        self.related.as_deref()
    }
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The same.
    Equal,
    /// More than it.
    More,
    /// It or more.
    AtLeast,
    /// Less than it.
    Less,
    /// It or less.
    AtMost,
}

/// What a field is tested for. An empty field passes none but [`Test::Empty`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// A text occurs in it, in whatever case.
    Contains(String),
    /// It is that text, in whatever case.
    Equals(String),
    /// It begins with that text, in whatever case.
    Begins(String),
    /// It compares so with a number; amounts in the company's currency.
    Number(Compare, BigDecimal),
    /// It lies from the first until before the second, as days and moments are stored.
    Span(Option<String>, Option<String>),
    /// One of these options is chosen.
    AnyOf(Vec<String>),
    /// It is ticked.
    Ticked,
    /// It leads to this record.
    Linked(RecordId),
    /// It has no value.
    Empty,
}

/// A condition on a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The field.
    pub field: FieldRef,
    /// What it is tested for.
    pub test: Test,
    /// Whether it must fail the test. Records with an empty field remain then.
    pub negated: bool,
}
