//! The conditions of lists of records, as SQL. Their text is made of closed pieces and of slots that a lens checked; all else is bound.

use super::{
    expr::{number_of, text, text_sorted},
    related::{linked, reaching},
};
use crate::{
    fragment::Fragment,
    keyset::{SortKey, contains_pattern, exact_pattern},
};
use chrono::{DateTime, Utc};
use diesel::sql_types::Bool;
use domain::{
    UserId,
    record::{Compare, Condition, FieldKind, FieldRef, Lens, Related, Test},
};
use std::borrow::Cow;

/// Records by whom they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerFilter {
    /// This user.
    User(UserId),
    /// No one.
    None,
    /// Anyone or no one, as long as they were shared with the user of the lens.
    Shared,
}

/// A point in time that every record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordMoment {
    /// When it was created.
    Created,
    /// When it was last changed.
    Updated,
}

/// A condition on records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordCondition {
    /// On one of their fields.
    Field(Condition),
    /// They lead to a record that meets a condition, over these relations in order; negated, to none that does.
    Path(Vec<Related>, Condition, bool),
    /// They are these.
    Ids(Vec<i64>),
    /// They are called exactly so.
    Title(String),
    /// On their owner.
    Owner(OwnerFilter),
    /// They are in one of these stages.
    Stages(Vec<i64>),
    /// On a point in time: from the first until before the second.
    Moment(RecordMoment, Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    /// None meets it: it names what is not there.
    Never,
}

fn is_list(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Email | FieldKind::Phone | FieldKind::Url)
}

/// Whether a text of the field is like a pattern.
fn like(field: &FieldRef, pattern: String) -> Fragment<Bool> {
    if !is_list(field.kind()) {
        return Fragment::new(format!("{} COLLATE \"und-x-icu\" ILIKE ", text(field))).bind(pattern);
    }
    let list = format!("records.data->'{}'", field.slot());
    // What is no list, which only an archive can have brought, has no entries.
    let entries = format!("jsonb_array_elements_text(CASE jsonb_typeof({list}) WHEN 'array' THEN {list} ELSE '[]' END)");
    Fragment::new(format!("EXISTS (SELECT FROM {entries} AS entry WHERE entry COLLATE \"und-x-icu\" ILIKE ")).bind(pattern).sql(")")
}

fn span(value: &str, from: Option<Fragment<Bool>>, until: Option<Fragment<Bool>>) -> Fragment<Bool> {
    let mut all = Fragment::new("true");
    for (sign, bound) in [(">=", from), ("<", until)] {
        if let Some(bound) = bound {
            all = all.sql(format!(" AND {value} {sign} ")).and(bound);
        }
    }
    all
}

/// Whether a record is linked to one that the user sees and that meets the rest of the condition.
fn linked_to(related: &Related, test: &Test) -> Fragment<Bool> {
    let all = Fragment::new("EXISTS (SELECT ").and(linked(related));
    match test {
        Test::Contains(needle) => all.sql(" AND t.title COLLATE \"und-x-icu\" ILIKE ").bind(contains_pattern(needle)).sql(")"),
        Test::Linked(id) => all.sql(" AND t.id = ").bind(id.0).sql(")"),
        Test::Empty => Fragment::new("NOT ").and(all).sql(")"),
        _ => Fragment::new("false"),
    }
}

fn test(field: &FieldRef, test: &Test) -> Fragment<Bool> {
    if let Some(related) = field.related() {
        return linked_to(related, test);
    }
    let bound = |text: &Option<String>| text.clone().map(|text| Fragment::new("").bind(text));
    match test {
        Test::Contains(needle) => like(field, contains_pattern(needle)),
        Test::Equals(needle) => like(field, exact_pattern(needle)),
        Test::Begins(needle) => like(field, format!("{}%", exact_pattern(needle))),
        Test::Number(compare, value) => {
            let sign = match compare {
                Compare::Equal => "=",
                Compare::More => ">",
                Compare::AtLeast => ">=",
                Compare::Less => "<",
                Compare::AtMost => "<=",
            };
            Fragment::new(format!("{} {sign} ", number_of(field))).bind(value.clone())
        }
        Test::Span(from, until) => {
            let value = format!("({} COLLATE \"C\")", text(field));
            Fragment::new(format!("{value} IS NOT NULL AND ")).and(span(&value, bound(from), bound(until)))
        }
        Test::AnyOf(keys) if field.kind() == FieldKind::MultiSelect => {
            Fragment::new(format!("records.data->'{}' ?| ", field.slot())).bind(keys.clone())
        }
        Test::AnyOf(keys) => Fragment::new(format!("{} = ANY(", text(field))).bind(keys.clone()).sql(")"),
        Test::Ticked => Fragment::new(format!("{} = 'true'", text(field))),
        // Other fields lead to no record.
        Test::Linked(_) => Fragment::new("false"),
        Test::Empty => Fragment::new(format!("NOT records.data ? '{}'", field.slot())),
    }
}

fn field_condition(condition: &Condition) -> Fragment<Bool> {
    let met = test(&condition.field, &condition.test);
    // Records with an empty field remain where a condition is negated. A plain one stays as it is, so that an index serves it.
    if condition.negated { Fragment::new("NOT coalesce(").and(met).sql(", false)").open() } else { met.open() }
}

fn condition(lens: &Lens, condition: &RecordCondition) -> Fragment<Bool> {
    match condition {
        RecordCondition::Field(condition) => field_condition(condition),
        RecordCondition::Path(path, condition, negated) => {
            let met = path.iter().rev().fold(field_condition(condition), |met, related| reaching(related, met));
            if *negated { Fragment::new("NOT (").and(met).sql(")") } else { met }
        }
        RecordCondition::Owner(OwnerFilter::User(user)) => Fragment::new("records.owner_id = ").bind(user.0),
        RecordCondition::Owner(OwnerFilter::None) => Fragment::new("records.owner_id IS NULL"),
        RecordCondition::Owner(OwnerFilter::Shared) => {
            Fragment::new("records.id = ANY(").bind(lens.rows().shared.iter().map(|id| id.0).collect::<Vec<_>>()).sql(")")
        }
        RecordCondition::Stages(stages) => Fragment::new("records.stage_id = ANY(").bind(stages.clone()).sql(")"),
        RecordCondition::Moment(moment, from, until) => {
            let column = if *moment == RecordMoment::Created { "records.created_at" } else { "records.updated_at" };
            let bound = |at: &Option<DateTime<Utc>>| at.map(|at| Fragment::new("").bind(at));
            span(column, bound(from), bound(until)).open()
        }
        RecordCondition::Ids(ids) => Fragment::new("records.id = ANY(").bind(ids.clone()).sql(")"),
        RecordCondition::Title(title) => Fragment::new("records.title COLLATE \"und-x-icu\" = ").bind(title.clone()),
        RecordCondition::Never => Fragment::new("false"),
    }
}

/// All of these conditions, or any of them; `None` where there are none.
pub(super) fn conditions(lens: &Lens, all: &[RecordCondition], any: bool) -> Option<Fragment<Bool>> {
    let mut parts = all.iter().map(|one| condition(lens, one));
    let joint = if any { ") OR (" } else { ") AND (" };
    let first = Fragment::new("((").and(parts.next()?);
    Some(parts.fold(first, |joined, part| joined.sql(joint).and(part)).sql("))"))
}

/// The sort key of a field. Options sort in their own order, lists by their first entry, empty fields last.
pub(super) fn field_sort(name: String, field: &FieldRef) -> SortKey {
    let value = text(field);
    let (expr, cast) = match field.kind() {
        FieldKind::Number | FieldKind::Money | FieldKind::Percent | FieldKind::Rating | FieldKind::Duration => {
            (number_of(field), "numeric")
        }
        FieldKind::Date | FieldKind::DateTime | FieldKind::Checkbox => (format!("({value} COLLATE \"C\")"), "text"),
        FieldKind::Select | FieldKind::MultiSelect => {
            let keys = field.options().iter().map(|key| format!("'{key}'")).collect::<Vec<_>>().join(",");
            (format!("array_position(ARRAY[{keys}]::text[], {value})"), "integer")
        }
        // Records are not sorted by what they are linked to.
        FieldKind::Relation => ("NULL::text".to_owned(), "text"),
        FieldKind::Text | FieldKind::LongText | FieldKind::Email | FieldKind::Phone | FieldKind::Url => (text_sorted(field), "text"),
    };
    SortKey { name: Cow::Owned(name), expr: Cow::Owned(expr), cast, desc: false, nullable: true }
}
